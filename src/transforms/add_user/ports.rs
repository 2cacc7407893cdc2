//! NR2: the ports that the container listens on, wherever they are said: EXPOSE, the start command, ENV, the base
//! image, what compose publishes, the sources.

use super::program::port_variables;
use crate::images::Facts;
use crate::project::Found;
use crate::project::compose::{self, COMPOSE_FILES};
use crate::project::sources::Sources;
use crate::project::survey::{Served, Survey};
use crate::shell::{Given, StartKind};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Ports below this one need root, or a setting that not every engine has.
pub(super) const FIRST_FREE_PORT: u16 = 1024;

/// What the file, its base image and the project's compose files say, whatever the program is.
pub(super) fn of_file(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    let configured = shipped.input.options.health.port;
    let mut low = configured.filter(is_low).map(|port| format!("port {port} is below {FIRST_FREE_PORT}"));
    let mut seen = configured.is_some();
    let exposes =
        shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Expose);
    for index in exposes {
        for word in shipped.instruction(index).values() {
            let value = shipped.input.model.literal(index, word).unwrap_or_else(|| word.to_owned());
            match exposed(&value) {
                Some(port) => {
                    seen = true;
                    let text = || format!("port {port} is below {FIRST_FREE_PORT}");
                    low = low.or_else(|| is_low(&port).then(text));
                }
                None if configured.is_some() => {}
                None => {
                    let text = format!("the port of `EXPOSE {word}` is not a plain number");
                    return checks.misses("NR2", text, "set `[health] port` in dockfix.toml");
                }
            }
        }
    }
    let low = low
        .or_else(|| of_base(facts))
        .or_else(|| of_variables(shipped, facts))
        .or_else(|| published(shipped));
    match low {
        Some(text) => low_port(shipped, text, checks),
        None if seen => checks.holds("NR2", format!("no exposed port is below {FIRST_FREE_PORT}")),
        None => {}
    }
}

/// What the start command says, or what the program does by itself where nobody says otherwise.
pub(super) fn of_program(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    survey: Option<&Survey>,
    checks: &mut Checks,
) {
    let name = program.name();
    let start = &program.start;
    let default = start.default_port.filter(|_| start.port == Given::No);
    let told = match start.port {
        Given::Known(port) => Some(port),
        _ => program.argv.iter().enumerate().find_map(|(at, word)| named(word, program.argv.get(at + 1))),
    };
    let survey_says = survey.and_then(|survey| of_survey(shipped, survey));
    if let Some(port) = told.filter(is_low) {
        low_port(shipped, format!("`{name}` is started with port {port}"), checks);
    } else if let Some(port) = default.filter(is_low) {
        low_port(shipped, format!("`{name}` listens on port {port} unless told otherwise"), checks);
    } else if start.kind == StartKind::Dotnet && told.is_none() && listens_on_80(shipped, facts) {
        let text = format!("`{}` lets ASP.NET listen on port 80 before version 8", facts.family);
        low_port(shipped, text, checks);
    } else if let Some(text) = survey_says {
        low_port(shipped, text, checks);
    }
}

/// Ports that the sources listen on.
pub(super) fn of_sources(shipped: &Shipped<'_>, sources: &Sources, checks: &mut Checks) {
    for found in sources.listeners().found {
        if let Some(port) = found.value.port.filter(is_low) {
            low_port(shipped, format!("the program listens on port {port} ({})", found.at), checks);
        }
    }
}

/// Docker lets everybody bind low ports since 20.10, by a setting that other engines and hosts need not have.
fn low_port(shipped: &Shipped<'_>, text: String, checks: &mut Checks) {
    if shipped.input.options.user.low_ports == Some(true) {
        checks.holds("NR2", format!("{text}, and dockfix.toml says that the engine allows it"));
        return;
    }
    let remedy = "listen on a higher port, such as 8080, and publish that one; or set `[user] low-ports = true` in \
                  dockfix.toml, where the engine lets everybody bind it, as Docker does since 20.10";
    checks.misses("NR2", text, remedy);
}

/// Port 0 lets the system choose a free one.
fn is_low(port: &u16) -> bool {
    (1..FIRST_FREE_PORT).contains(port)
}

/// The lowest port of a word of EXPOSE: `8080`, `8080/tcp`, `9000-9005`; of `80:8080` the builder takes the last.
fn exposed(word: &str) -> Option<u16> {
    let ports = word.split('/').next().unwrap_or_default();
    let inside = ports.rsplit(':').next().unwrap_or_default();
    inside.split('-').next().unwrap_or_default().parse().ok()
}

/// The EXPOSE of the base image.
fn of_base(facts: &Facts) -> Option<String> {
    let port = facts.expose?.iter().filter_map(|word| exposed(word)).find(is_low)?;
    Some(format!("the base image exposes port {port}, which is below {FIRST_FREE_PORT}"))
}

/// Variables by which servers are told their port, in the file or in its base image.
fn of_variables(shipped: &Shipped<'_>, facts: &Facts) -> Option<String> {
    port_variables().iter().find_map(|name| {
        let value = match shipped.sets_variable(name) {
            true => shipped.environment(name)?,
            false => facts.env.get(name.as_str())?,
        };
        let port = value.split(';').filter_map(last_number).find(is_low)?;
        Some(format!("`{name}` makes it port {port}, which is below {FIRST_FREE_PORT}"))
    })
}

/// Ports of the container that compose publishes are those that somebody listens on.
fn published(shipped: &Shipped<'_>) -> Option<String> {
    let tree = shipped.input.project.tree();
    let path = shipped.input.path.unwrap_or("Dockerfile");
    COMPOSE_FILES.iter().find_map(|file| {
        let services = compose::parse(&tree.read(file)?).ok()?;
        let own = services.iter().filter(|service| service.is_built_from(path));
        let ports = own.flat_map(|service| &service.ports);
        let port = ports.filter(|port| !port.udp).map(|port| port.first).find(is_low)?;
        Some(format!("{file} publishes port {port}, which is below {FIRST_FREE_PORT}"))
    })
}

/// `--port=80`, `--server.port 80`, `-Dserver.port=80`, `--urls http://+:80`, `--bind :80`.
fn named(word: &str, next: Option<&String>) -> Option<u16> {
    const NAMES: &[&str] = &["port", "urls", "bind", "listen", "addr"];
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, next.map(String::as_str)),
    };
    let name = name.to_ascii_lowercase();
    (name.starts_with('-') && NAMES.iter().any(|known| name.ends_with(known))).then(|| last_number(value?))?
}

/// `80`, `:80`, `0.0.0.0:80`, `http://+:80/`.
fn last_number(text: &str) -> Option<u16> {
    let address = text.trim_end_matches('/');
    address.rsplit(':').next().unwrap_or(address).parse().ok()
}

/// Whether it is the image of ASP.NET before 8, and the file names no other address.
fn listens_on_80(shipped: &Shipped<'_>, facts: &Facts) -> bool {
    let major = facts.version.as_deref().and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    facts.repository.ends_with("/aspnet")
        && major.is_none_or(|major| major < 8)
        && !port_variables().iter().any(|name| shipped.sets_variable(name))
}

/// A framework's own port, as the settings have it; or one of the two well-known ones, where no EXPOSE tells better.
fn of_survey(shipped: &Shipped<'_>, survey: &Survey) -> Option<String> {
    let low = |found: &Found<Served>| {
        let port = found.value.port.filter(is_low)?;
        Some(format!("`{}` listens on port {port} ({})", found.value.package, found.at))
    };
    if let Some(text) = survey.served.iter().find_map(low) {
        return Some(text);
    }
    // What EXPOSE or dockfix.toml names has been judged already.
    let is_told = shipped.last(Keyword::Expose).is_some() || shipped.input.options.health.port.is_some();
    if is_told || survey.served.is_empty() {
        return None;
    }
    let port = [80, 443].into_iter().find(|port| survey.numbers.contains(port))?;
    Some(format!("the project names {port}, which may be the port that it listens on"))
}
