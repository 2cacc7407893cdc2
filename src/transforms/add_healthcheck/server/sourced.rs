//! HC2 of a program whose sources say where it listens.

use super::{COMMAND, Port, SET_PORT, Server, agrees, environment};
use crate::images::Facts;
use crate::project::Found;
use crate::project::sources::{Interface, Listener, Role, Sources};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped};

const GRPC: &str = "let the server answer the health protocol of gRPC, put `grpc_health_probe` into the image, \
                    and set `[health] command` in dockfix.toml to it";

/// Whether nothing in the sources listens that could be read, and there is more than could be read.
pub(super) fn is_open(sources: &Sources) -> bool {
    let listeners = sources.listeners();
    listeners.found.is_empty() && listeners.gap_text().is_some()
}

/// The port that the sources listen on.
pub(super) fn find(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
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
    let mut unsure = Checks::default();
    let ports: Vec<Option<Port>> =
        listeners.found.iter().map(|found| in_force(shipped, program, &found.value, &mut unsure)).collect();
    let Some(chosen) = choose(&listeners.found, &ports, exposed) else {
        let text = match ports.iter().flatten().count() {
            0 => format!("the port is not a plain number ({})", first.at),
            _ => "the program listens on several ports".to_owned(),
        };
        checks.misses("HC2", text, SET_PORT);
        return Some(None);
    };
    let first = &listeners.found[chosen];
    let port = ports[chosen].clone()?;
    if agrees(port.number, exposed, checks).is_none() {
        return Some(None);
    }
    let variable = port.variable.as_deref();
    let contradicted = variable.and_then(|name| {
        environment::set_at_start(shipped, program, facts, name)
            .or_else(|| environment::contradicted(shipped, name, port.number))
    });
    if let Some(text) = contradicted {
        checks.misses("HC2", format!("{text}, which the program may load"), SET_PORT);
        return Some(None);
    }
    let number = port.number;
    checks.holds("HC2", format!("the program listens on port {number} ({})", first.at));
    if !first.value.http && speaks_grpc(sources) {
        let text = format!("it speaks gRPC ({}), which no client of the image does", first.at);
        checks.misses("HC5", text, GRPC);
    } else {
        reachable(&first.value, &first.at, checks);
    }
    let path = shipped.input.options.health.path.clone();
    Some(Some(Server { port, path, http: first.value.http }))
}

/// Which of the listeners is asked: the only one, or the only one of HTTP that EXPOSE names where there are more.
fn choose(found: &[Found<Listener>], ports: &[Option<Port>], exposed: &[u16]) -> Option<usize> {
    let first = ports.first()?;
    if first.is_some() && ports.iter().all(|port| port == first) {
        return Some(0);
    }
    let fits = |at: &usize| {
        let named = ports[*at].as_ref().is_some_and(|port| exposed.contains(&port.number));
        found[*at].value.http && named
    };
    let mut fitting = (0..found.len()).filter(fits);
    let chosen = fitting.next()?;
    fitting.all(|other| ports[other] == ports[chosen]).then_some(chosen)
}

/// The port of a listener, which a variable may hold, or a flag.
fn in_force(
    shipped: &Shipped<'_>,
    program: &Program,
    listener: &Listener,
    checks: &mut Checks,
) -> Option<Port> {
    match &listener.variable {
        Some(flag) if flag.starts_with('-') => {
            let open = takes_more(shipped) || program.argv.iter().any(|word| word.contains(flag.as_str()));
            listener.port.filter(|_| !open).map(Port::fixed)
        }
        Some(variable) => environment::port(shipped, variable, listener.port, checks),
        None => listener.port.map(Port::fixed),
    }
}

/// Whether who runs the image is meant to add words: an ENTRYPOINT in exec form without a CMD.
fn takes_more(shipped: &Shipped<'_>) -> bool {
    let start = shipped.start();
    matches!(start.entrypoint, Setter::Instruction(_)) && !matches!(start.cmd, Setter::Instruction(_))
}

/// Whether the program imports gRPC: an open port of such a server says nothing about its services.
fn speaks_grpc(sources: &Sources) -> bool {
    const PACKAGES: &[&str] = &["@grpc/grpc-js", "google.golang.org/grpc", "grpc", "grpclib"];
    sources.packages().found.iter().any(|package| PACKAGES.contains(&package.value.name.as_str()))
}

fn reachable(listener: &Listener, at: &str, checks: &mut Checks) {
    if listener.tls {
        checks.misses("HC5", format!("the program sets up TLS ({at})"), COMMAND);
        return;
    }
    match &listener.interface {
        Interface::All | Interface::Loopback => {
            checks.holds("HC5", format!("it listens on an address that the probe reaches ({at})"));
        }
        Interface::Other(address) => {
            checks.misses("HC5", format!("it listens on `{address}` only ({at})"), COMMAND);
        }
        Interface::Unknown => {
            checks.misses("HC5", format!("the address it listens on is not plain ({at})"), COMMAND)
        }
    }
}
