//! HC2 of a program that is a server by its name: by its options, or by its default where nothing says otherwise.

use super::{COMMAND, Port, SET_PORT, Server, agrees, environment, settings, variables};
use crate::images::Facts;
use crate::shell::{Given, StartKind};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Programs that are servers of HTTP and nothing else, in families that are more than that.
const SERVERS: &[&str] =
    &["artisan", "http-server", "http.server", "manage.py", "next", "react-scripts", "serve", "vite"];

/// Options that name a file, which may name a port.
const SETTINGS: &[&str] = &["-c", "--config", "-C", "--paste"];

/// Options that set up TLS (HC5).
const TLS: &[&str] = &[
    "--cert",
    "--certfile",
    "--https",
    "--keyfile",
    "--ssl",
    "--ssl-cert",
    "--ssl-certfile",
    "--ssl-key",
    "--ssl-keyfile",
    "--tls",
];

/// Options that name a socket which is no port.
const SOCKETS: &[&str] = &["--fd", "--uds", "--unix-socket"];

/// Variables that many programs take their port from.
const USUAL: &[&str] = &["PORT"];

/// A server program whose options, or whose default together with what the project says, name the port.
pub(super) fn find(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Server> {
    let start = &program.start;
    if !is_server(program) || !start.unknown.is_empty() {
        return None;
    }
    let name = program.name();
    let given = |options: &[&str]| {
        let words = &program.argv[start.program..];
        words.iter().any(|word| options.contains(&word.split('=').next().unwrap_or(word)))
    };
    if given(SOCKETS) {
        return None;
    }
    let port = match (&start.port, start.default_port) {
        (Given::Known(port), _) => {
            checks.holds("HC2", format!("`{name}` is started with port {port}"));
            Port { number: *port, variable: variables::of_value(shipped, program, *port) }
        }
        (Given::Unknown, _) => {
            let variable = variables::at_the_end(program)?;
            let [number] = exposed else { return None };
            checks.holds(
                "HC2",
                format!("`{name}` takes its port from `{variable}`, and EXPOSE names {number}"),
            );
            Port { number: *number, variable: Some(variable) }
        }
        (Given::No, Some(default)) => match settings::port(shipped, program, facts, checks) {
            Some(told) => told?,
            None => by_default(shipped, program, facts, default, exposed, checks)?,
        },
        _ => return None,
    };
    agrees(port.number, exposed, checks)?;
    checks.holds("HC1", format!("`{name}` is a server"));
    match &start.host {
        _ if given(TLS) => checks.misses("HC5", format!("`{name}` is told to speak TLS"), COMMAND),
        // Node.js asks the system for its address, which is that of IPv6 where there is one.
        Given::Known(host) if host == "localhost" && program.start.kind == StartKind::Node => {
            checks.misses("HC5", format!("`{name}` may listen on `::1` only"), COMMAND);
        }
        Given::Known(host)
            if !matches!(host.as_str(), "0.0.0.0" | "::" | "[::]" | "127.0.0.1" | "localhost") =>
        {
            checks.misses("HC5", format!("`{name}` listens on `{host}` only"), COMMAND);
        }
        Given::Unknown => checks.misses("HC5", format!("the address of `{name}` is not plain"), COMMAND),
        _ => checks.holds("HC5", format!("`{name}` speaks HTTP on an address that the probe reaches")),
    }
    let path = shipped.input.options.health.path.clone();
    Some(Server { port, path, http: true })
}

/// Whether the program is a server by its name alone.
pub(super) fn is_server(program: &Program) -> bool {
    let start = &program.start;
    let by_kind = matches!(
        start.kind,
        StartKind::Flask | StartKind::Gunicorn | StartKind::Uvicorn | StartKind::Streamlit | StartKind::Rails
    );
    let shows_site = start.kind == StartKind::StaticSite && start.command.is_some();
    // Others of their commands are jobs: `queue:work`, `migrate`, `build`.
    let command = start.command.as_deref();
    let serves = match program.name() {
        "artisan" => command == Some("serve"),
        "manage.py" => matches!(command, Some("runserver" | "runserver_plus")),
        "next" => matches!(command, Some("dev" | "start")),
        name => SERVERS.contains(&name),
    };
    by_kind || shows_site || serves || start.kind == StartKind::Php && start.port != Given::No
}

/// The port of a program that is told none. A default can be overridden by a variable or a file: it is proven where the
/// variable is known and no such file is there, or where EXPOSE names the same port.
fn by_default(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    default: u16,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Port> {
    let name = program.name();
    let port = match program.start.port_variable {
        Some(variable) => environment::port_of_program(shipped, variable, Some(default), checks)?,
        None => {
            if let Some(text) = environment::sets(shipped, USUAL) {
                checks.misses(
                    "HC2",
                    format!("{text}, and it is not known whether `{name}` heeds it"),
                    SET_PORT,
                );
                return None;
            }
            Port::fixed(default)
        }
    };
    let number = port.number;
    let variable = program.start.port_variable;
    let contradicted = variable.and_then(|name| {
        environment::set_at_start(shipped, program, facts, name)
            .or_else(|| environment::contradicted(shipped, name, number))
    });
    if let Some(text) = contradicted {
        checks.misses("HC2", format!("{text}, which `{name}` may heed"), SET_PORT);
        return None;
    }
    if let Some(variable) = variable.filter(|variable| shipped.sets_variable(variable)) {
        checks.holds("HC2", format!("ENV gives `{name}` port {number} as `{variable}`"));
        return Some(port);
    }
    if let Some(text) = settings_against(shipped, program, facts, number) {
        checks.misses("HC2", text, SET_PORT);
        return None;
    }
    if exposed.contains(&number) {
        checks.holds("HC2", format!("`{name}` listens on {number} by default, and EXPOSE says the same"));
        return Some(port);
    }
    let folder = shipped.context_workdir(facts)?;
    let files = program.start.port_files?;
    let there = |file: &&String| {
        let path = if folder.is_empty() { (*file).clone() } else { format!("{folder}/{file}") };
        shipped.input.project.sent(&path)
    };
    let words = &program.argv[program.start.program..];
    let settings = words.iter().any(|word| SETTINGS.contains(&word.split('=').next().unwrap_or(word)));
    if !exposed.is_empty() || settings || files.iter().any(|file| there(&file)) {
        return None;
    }
    checks.holds("HC2", format!("`{name}` listens on {number} unless told otherwise, and nothing tells"));
    Some(port)
}

/// A file of settings that is there and speaks of a port without naming this one, or of TLS.
fn settings_against(shipped: &Shipped<'_>, program: &Program, facts: &Facts, number: u16) -> Option<String> {
    let folder = shipped.context_workdir(facts)?;
    program.start.port_files?.iter().find_map(|file| {
        let path = if folder.is_empty() { file.clone() } else { format!("{folder}/{file}") };
        // Addresses stand in comments.
        let text = shipped.input.project.read(&path)?.to_lowercase().replace("https://", "");
        let other = text.contains("dev_addr")
            || text.contains("port:")
            || text.contains("port =")
            || text.contains("port=");
        let named =
            text.split(|letter: char| !letter.is_ascii_digit()).any(|word| word.parse() == Ok(number));
        let tls = ["https", "basicssl", "mkcert", "ssl_bind"].iter().any(|word| text.contains(word));
        (other && !named || tls).then(|| format!("`{path}` may say otherwise about where it listens"))
    })
}
