//! HC2 of a program whose sources say where it listens.

use super::{COMMAND, Port, SET_PORT, Server, agrees, environment};
use crate::images::Facts;
use crate::project::sources::{Interface, Listener, Role, Sources};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

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
        listeners.found.iter().map(|found| in_force(shipped, &found.value, &mut unsure)).collect();
    let port = match ports.as_slice() {
        [Some(port), others @ ..] if others.iter().all(|other| other.as_ref() == Some(port)) => port.clone(),
        [None, ..] => {
            checks.misses("HC2", format!("the port is not a plain number ({})", first.at), SET_PORT);
            return Some(None);
        }
        _ => {
            checks.misses("HC2", "the program listens on several ports", SET_PORT);
            return Some(None);
        }
    };
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
    reachable(&first.value, &first.at, checks);
    let path = shipped.input.options.health.path.clone();
    Some(Some(Server { port, path, http: first.value.http }))
}

/// The port of a listener, which a variable may hold.
fn in_force(shipped: &Shipped<'_>, listener: &Listener, checks: &mut Checks) -> Option<Port> {
    match &listener.variable {
        Some(variable) => environment::port(shipped, variable, listener.port, checks),
        None => listener.port.map(Port::fixed),
    }
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
