//! Whether the program is a server, and where it listens: HC1, HC2, HC3, HC5.

mod environment;
mod program;
mod services;
mod settings;
mod sourced;
mod standalone;
mod surveyed;
mod variables;
mod web;

use crate::images::Facts;
use crate::project::sources::Sources;
use crate::shell::StartKind;
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped};

/// A server that a probe can ask.
pub(super) struct Server {
    pub(super) port: Port,
    /// A path that must answer with success; `None`: any answer counts.
    pub(super) path: Option<String>,
    /// Whether it is known to speak HTTP; otherwise only the port can be tried.
    pub(super) http: bool,
}

/// Where a server listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Port {
    /// The port, or what it is while the variable is not set.
    pub(super) number: u16,
    /// The variable of the environment that the server takes its port from: the probe asks it too.
    pub(super) variable: Option<String>,
}

impl Port {
    /// A port that nothing changes.
    fn fixed(number: u16) -> Port {
        Port { number, variable: None }
    }
}

const SET_PORT: &str = "set `[health] port` in dockfix.toml";
const COMMAND: &str = "set `[health] command` in dockfix.toml";

/// The server, with its preconditions checked. The outer `None` says that this is no server at all, and the inner one
/// that something is missing without which no probe can be written.
pub(super) fn find(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Option<Option<Server>> {
    let options = &shipped.input.options.health;
    let exposed = exposed(shipped);
    if !starts(shipped, facts) && options.port.is_none() {
        return None;
    }
    let program = match shipped.runs(facts, "HC1", "HC1") {
        Ok(program) => program,
        Err(missing) if options.port.is_none() => {
            // Without EXPOSE there is no sign of a server, and jobs are not to be bothered.
            exposed.first()?;
            if let Some(server) = services::find(shipped, &exposed, checks) {
                return Some(Some(server));
            }
            checks.misses(missing.id, missing.text, format!("{}; or {SET_PORT}", missing.remedy));
            return Some(None);
        }
        Err(_) => return Some(by_options(shipped, checks)),
    };
    if matches!(program.start.kind, StartKind::Worker | StartKind::Idle) && options.port.is_none() {
        return None;
    }
    let sources =
        shipped.scope(&program, facts, "HC1").map(|scope| Sources::read(shipped.input.project, &scope));
    if options.port.is_some() {
        let server = by_options(shipped, checks);
        return Some(server.map(|server| with_route(server, sources.as_ref().ok(), checks)));
    }
    if let Some(server) = web::find(shipped, &program, facts, &exposed, checks) {
        return Some(server);
    }
    if let Some(server) = standalone::find(shipped, &program, facts, &exposed, checks) {
        return Some(server.map(|server| with_route(server, None, checks)));
    }
    if let Some(server) = surveyed::find(shipped, &program, facts, &exposed, checks) {
        return Some(Some(server));
    }
    let sources = match sources {
        Ok(sources) => sources,
        Err(missing) => {
            return match program::find(shipped, &program, facts, &exposed, checks) {
                Some(server) => Some(Some(with_route(server, None, checks))),
                None if exposed.is_empty() && !program::is_server(&program) => None,
                None => {
                    let mut stated = Checks::default();
                    if let Some(server) = services::find(shipped, &exposed, &mut stated)
                        && surveyed::allows(shipped, &program, facts, &server)
                    {
                        checks.join(stated);
                        return Some(Some(server));
                    }
                    checks.misses("HC2", format!("the port is not proven: {}", missing.text), SET_PORT);
                    Some(None)
                }
            };
        }
    };
    if let Some(server) = program::find(shipped, &program, facts, &exposed, checks) {
        return Some(Some(with_route(server, Some(&sources), checks)));
    }
    if sourced::is_open(&sources)
        && let Some(server) = services::find(shipped, &exposed, checks)
    {
        return Some(Some(server));
    }
    let found = sourced::find(shipped, &program, facts, &sources, &exposed, checks);
    if found.is_none() && program::is_server(&program) {
        let text = format!("the port that `{}` is given is not plain", program.name());
        checks.misses("HC2", text, SET_PORT);
        return Some(None);
    }
    found.map(|server| server.map(|server| with_route(server, Some(&sources), checks)))
}

/// Whether other words in the place of CMD start a server that the same probe can ask: by its options, on the same port.
pub(super) fn is_started_by(shipped: &Shipped<'_>, facts: &Facts, words: &[String], server: &Server) -> bool {
    let Some(program) = shipped.with_command(words, facts, "HC1") else { return false };
    let mut checks = Checks::default();
    let found = program::find(shipped, &program, facts, &[server.port.number], &mut checks);
    let same = found.is_some_and(|found| found.port.number == server.port.number) && checks.all_hold();
    // A route is one of the program's sources, which must be the same then.
    let own = || shipped.runs(facts, "HC1", "HC1").ok();
    let one = |program: &Program| shipped.scope(program, facts, "HC1").ok().map(|scope| scope.entries);
    let runs_the_same = || own().is_some_and(|own| one(&own).is_some() && one(&own) == one(&program));
    same && (server.path.is_none() || runs_the_same())
        || own().is_some_and(|own| own.argv == program.argv && own.before == program.before)
}

/// Whether the image starts something of its own: by this file, or by its base image, if that is a web server.
fn starts(shipped: &Shipped<'_>, facts: &Facts) -> bool {
    let start = shipped.start();
    let own = |setter: Setter| matches!(setter, Setter::Instruction(_));
    let base = |words: &[String]| {
        words.first().is_some_and(|word| web::is_known(word.rsplit('/').next().unwrap_or(word)))
    };
    own(start.entrypoint) || own(start.cmd) || start.cmd == Setter::BaseImage && facts.cmd.is_some_and(base)
}

/// The port that dockfix.toml names.
fn by_options(shipped: &Shipped<'_>, checks: &mut Checks) -> Option<Server> {
    let options = &shipped.input.options.health;
    let port = options.port?;
    checks.holds("HC1", "dockfix.toml says that it is a server");
    checks.holds("HC2", format!("dockfix.toml names port {port}"));
    Some(Server { port: Port::fixed(port), path: options.path.clone(), http: true })
}

/// The ports of EXPOSE, TCP only, where they are plain numbers.
fn exposed(shipped: &Shipped<'_>) -> Vec<u16> {
    let instructions =
        shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Expose);
    let words = instructions
        .flat_map(|index| shipped.instruction(index).values().into_iter().map(move |word| (index, word)));
    let port = |(index, word): (usize, &str)| {
        let word = shipped.input.model.literal(index, word)?;
        match word.split_once('/') {
            Some((port, protocol)) => protocol.eq_ignore_ascii_case("tcp").then(|| port.parse().ok())?,
            None => word.parse().ok(),
        }
    };
    words.filter_map(port).collect()
}

/// EXPOSE and the proven port must not contradict each other.
fn agrees(port: u16, exposed: &[u16], checks: &mut Checks) -> Option<()> {
    if exposed.is_empty() || exposed.contains(&port) {
        return Some(());
    }
    checks.misses("HC2", format!("EXPOSE names {}, and the program listens on {port}", exposed[0]), SET_PORT);
    None
}

/// The server with the path that it names, or else a health route that its sources prove.
fn with_route(mut server: Server, sources: Option<&Sources>, checks: &mut Checks) -> Server {
    // The front page may ask for a login or lead elsewhere: it only tells that something answers.
    let found = sources.and_then(Sources::health_route).filter(|route| server.http && route.value != "/");
    let own = found
        .map(|found| (format!("`{}` is a route of the program ({})", found.value, found.at), found.value));
    server.path = route(server.path, own, checks);
    server
}

/// HC3: a path that dockfix.toml names, or one that is proven to be there for the reason given, must answer well; else
/// any answer counts.
fn route(named: Option<String>, proven: Option<(String, String)>, checks: &mut Checks) -> Option<String> {
    let (reason, path) = match (named, proven) {
        (Some(path), _) => (format!("dockfix.toml names the path `{path}`"), Some(path)),
        (None, Some((reason, path))) => (reason, Some(path)),
        (None, None) => ("no health route is proven, so any answer counts".to_owned(), None),
    };
    checks.holds("HC3", reason);
    path
}
