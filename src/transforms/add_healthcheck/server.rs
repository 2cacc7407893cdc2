//! Whether the program is a server, and where it listens: HC1, HC2, HC3, HC5.

use crate::images::Facts;
use crate::project::sources::{Interface, Listener, Role, Sources};
use crate::project::survey::Family;
use crate::shell::{Given, StartKind};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped};

/// A server that a probe can ask.
pub(super) struct Server {
    pub(super) port: u16,
    /// A path that must answer with success; `None`: any answer counts.
    pub(super) path: Option<String>,
    /// Whether it is known to speak HTTP; otherwise only the port can be tried.
    pub(super) http: bool,
}

/// Programs that are servers of HTTP and nothing else, in families that are more than that.
const SERVERS: &[&str] =
    &["artisan", "catalina.sh", "http-server", "http.server", "next", "react-scripts", "serve"];

const SET_PORT: &str = "set `[health] port` in dockfix.toml";

/// The server, with its preconditions checked. The outer `None` says that this is no server at all, and the inner one
/// that something is missing without which no probe can be written.
pub(super) fn find(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Option<Option<Server>> {
    let options = &shipped.input.options.health;
    let start = shipped.start();
    let starts = [start.entrypoint, start.cmd].iter().any(|setter| matches!(setter, Setter::Instruction(_)));
    let exposed = exposed(shipped);
    if !starts && options.port.is_none() {
        return None;
    }
    let program = match shipped.runs(facts, "HC1", "HC1") {
        Ok(program) => program,
        Err(missing) if options.port.is_none() => {
            // Without EXPOSE there is no sign of a server, and jobs are not to be bothered.
            exposed.first()?;
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
    if let Some(server) = by_survey(shipped, &program, facts, &exposed, checks) {
        return Some(Some(server));
    }
    let sources = match sources {
        Ok(sources) => sources,
        Err(missing) => {
            return match by_program(shipped, &program, &exposed, checks) {
                Some(server) => Some(Some(with_route(server, None, checks))),
                None => {
                    exposed.first()?;
                    checks.misses("HC2", format!("the port is not proven: {}", missing.text), SET_PORT);
                    Some(None)
                }
            };
        }
    };
    if let Some(server) = by_program(shipped, &program, &exposed, checks) {
        return Some(Some(with_route(server, Some(&sources), checks)));
    }
    by_sources(shipped, &sources, &exposed, checks)
        .map(|server| server.map(|server| with_route(server, Some(&sources), checks)))
}

/// The port that dockfix.toml names.
fn by_options(shipped: &Shipped<'_>, checks: &mut Checks) -> Option<Server> {
    let options = &shipped.input.options.health;
    let port = options.port?;
    checks.holds("HC1", "dockfix.toml says that it is a server");
    checks.holds("HC2", format!("dockfix.toml names port {port}"));
    Some(Server { port, path: options.path.clone(), http: true })
}

/// The ports of EXPOSE, TCP only, where they are plain numbers.
fn exposed(shipped: &Shipped<'_>) -> Vec<u16> {
    let instructions =
        shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Expose);
    let words = instructions.flat_map(|index| shipped.instruction(index).values());
    let port = |word: &str| match word.split_once('/') {
        Some((port, protocol)) => protocol.eq_ignore_ascii_case("tcp").then(|| port.parse().ok())?,
        None => word.parse().ok(),
    };
    words.filter_map(port).collect()
}

/// A server program whose options, or whose default together with EXPOSE, name the port.
fn by_program(
    shipped: &Shipped<'_>,
    program: &Program,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Server> {
    let start = &program.start;
    let is_server = matches!(
        start.kind,
        StartKind::Flask | StartKind::Gunicorn | StartKind::Uvicorn | StartKind::Streamlit | StartKind::Rails
    ) || SERVERS.contains(&program.name())
        || start.kind == StartKind::Php && start.port != Given::No;
    if !is_server || !start.unknown.is_empty() {
        return None;
    }
    let name = program.name();
    let port = match (&start.port, start.default_port) {
        (Given::Known(port), _) => {
            checks.holds("HC2", format!("`{name}` is started with port {port}"));
            *port
        }
        // A default can be overridden by a variable or a file; that EXPOSE names the same port proves it.
        (Given::No, Some(port)) if exposed.contains(&port) => {
            checks.holds("HC2", format!("`{name}` listens on {port} by default, and EXPOSE says the same"));
            port
        }
        _ => return None,
    };
    agrees(port, exposed, checks)?;
    checks.holds("HC1", format!("`{name}` is a server"));
    match &start.host {
        Given::Known(host)
            if !matches!(host.as_str(), "0.0.0.0" | "::" | "[::]" | "127.0.0.1" | "localhost") =>
        {
            checks.misses(
                "HC5",
                format!("`{name}` listens on `{host}` only"),
                "set `[health] command` in dockfix.toml",
            );
        }
        Given::Unknown => {
            checks.misses(
                "HC5",
                format!("the address of `{name}` is not plain"),
                "set `[health] command` in dockfix.toml",
            );
        }
        _ => checks.holds("HC5", format!("`{name}` speaks HTTP on an address that the probe reaches")),
    }
    let path = shipped.input.options.health.path.clone();
    Some(Server { port, path, http: true })
}

/// A server that a package of the project makes, on its port or on the one that ENV names, where EXPOSE says the same.
fn by_survey(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Server> {
    if matches!(program.start.port, Given::Known(_)) {
        return None;
    }
    let (family, survey) = shipped.surveyed(program, facts)?.ok()?;
    let [served] = survey.served.as_slice() else { return None };
    let (at, served) = (&served.at, &served.value);
    // Options of the program itself, and what the settings say, may tell otherwise.
    let told = program.argv.iter().any(|word| word.contains("port") || word.contains("urls"));
    let before_8 = family == Family::Dotnet && major(facts).is_none_or(|major| major < 8);
    if told || served.said.is_some() || before_8 {
        return None;
    }
    let variables = served.variable.into_iter().chain(["ASPNETCORE_URLS", "SERVER_PORT"]);
    let set: Vec<&str> = variables.filter(|name| shipped.sets_variable(name)).collect();
    let port = match set.as_slice() {
        [] => served.port,
        [name] if Some(*name) == served.variable => Some(shipped.environment(name)?.parse().ok()?),
        _ => return None,
    };
    let port = match port {
        Some(port) => Some(port).filter(|port| exposed.contains(port)),
        // Set up in code: the number stands there, and it is the one port of EXPOSE.
        None => exposed.first().copied().filter(|port| exposed.len() == 1 && survey.numbers.contains(port)),
    }?;
    checks.holds("HC1", format!("`{}` makes it a server ({at})", served.package));
    checks.holds("HC2", format!("`{}` listens on {port}, and EXPOSE says the same", served.package));
    checks.holds("HC5", "it speaks HTTP, and nothing sets up TLS");
    let path = shipped.input.options.health.path.clone();
    match (&path, served.health) {
        (None, Some(route)) => {
            checks.holds("HC3", format!("`{route}` is there to be asked"));
            return Some(Server { port, path: Some(route.to_owned()), http: true });
        }
        (None, None) => checks.holds("HC3", "no health route is proven, so any answer counts"),
        (Some(path), _) => checks.holds("HC3", format!("dockfix.toml names the path `{path}`")),
    }
    Some(Server { port, path, http: true })
}

fn major(facts: &Facts) -> Option<u32> {
    facts.version.as_deref()?.split('.').next()?.parse().ok()
}

/// The port that the sources listen on.
fn by_sources(
    shipped: &Shipped<'_>,
    sources: &Sources,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Option<Server>> {
    let listeners = sources.listeners();
    let Some(first) = listeners.found.first() else {
        let serves = sources.roles().iter().any(|role| role.value == Role::Server);
        let gap = listeners.gap_text();
        if !serves && gap.is_none() || exposed.is_empty() {
            return None;
        }
        let why = gap.unwrap_or_else(|| "no call that listens is found".to_owned());
        checks.misses("HC2", format!("the port is not proven: {why}"), SET_PORT);
        return Some(None);
    };
    checks.holds("HC1", format!("the program listens ({})", first.at));
    let ports: Vec<Option<u16>> =
        listeners.found.iter().map(|found| in_force(shipped, &found.value)).collect();
    let port = match ports.as_slice() {
        [Some(port), others @ ..] if others.iter().all(|other| *other == Some(*port)) => *port,
        [None, ..] => {
            checks.misses("HC2", format!("the port is not a plain number ({})", first.at), SET_PORT);
            return Some(None);
        }
        _ => {
            checks.misses("HC2", "the program listens on several ports", SET_PORT);
            return Some(None);
        }
    };
    if agrees(port, exposed, checks).is_none() {
        return Some(None);
    }
    checks.holds("HC2", format!("the program listens on port {port} ({})", first.at));
    reachable(&first.value, &first.at, checks);
    let path = shipped.input.options.health.path.clone();
    Some(Some(Server { port, path, http: first.value.http }))
}

/// The port of a listener once the file's ENV has its say.
fn in_force(shipped: &Shipped<'_>, listener: &Listener) -> Option<u16> {
    let Some(variable) = &listener.variable else { return listener.port };
    let mentions = |index: usize| {
        let instruction = shipped.instruction(index);
        instruction.keyword == Keyword::Env && instruction.values().contains(&variable.as_str())
    };
    match shipped.instructions().any(mentions) {
        true => shipped.environment(variable)?.parse().ok(),
        false => listener.port,
    }
}

/// EXPOSE and the proven port must not contradict each other.
fn agrees(port: u16, exposed: &[u16], checks: &mut Checks) -> Option<()> {
    if exposed.is_empty() || exposed.contains(&port) {
        return Some(());
    }
    checks.misses("HC2", format!("EXPOSE names {}, and the program listens on {port}", exposed[0]), SET_PORT);
    None
}

fn reachable(listener: &Listener, at: &str, checks: &mut Checks) {
    let remedy = "set `[health] command` in dockfix.toml";
    if listener.tls {
        checks.misses("HC5", format!("the program sets up TLS ({at})"), remedy);
        return;
    }
    match &listener.interface {
        Interface::All | Interface::Loopback => {
            checks.holds("HC5", format!("it listens on an address that the probe reaches ({at})"));
        }
        Interface::Other(address) => {
            checks.misses("HC5", format!("it listens on `{address}` only ({at})"), remedy);
        }
        Interface::Unknown => {
            checks.misses("HC5", format!("the address it listens on is not plain ({at})"), remedy)
        }
    }
}

/// HC3: a route that is proven to be there must answer well; else any answer counts.
fn with_route(mut server: Server, sources: Option<&Sources>, checks: &mut Checks) -> Server {
    if let Some(path) = &server.path {
        checks.holds("HC3", format!("dockfix.toml names the path `{path}`"));
        return server;
    }
    // The front page may ask for a login or lead elsewhere: it only tells that something answers.
    let route = sources.and_then(Sources::health_route).filter(|route| server.http && route.value != "/");
    match route {
        Some(route) => {
            checks.holds("HC3", format!("`{}` is a route of the program ({})", route.value, route.at));
            server.path = Some(route.value);
        }
        None => checks.holds("HC3", "no health route is proven, so any answer counts"),
    }
    server
}
