//! Where a program accepts connections: port, interface, protocol.

use super::effects::{Occurrence, receiver};
use super::facts::Effect;
use super::language::Language;
use super::lexer::Kind;
use super::reach::Unit;
use super::value::{Evaluator, Part};
use super::{Answer, Found, Gap, GapKind, Sources};

/// Which interface a listener is bound to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Interface {
    /// Every one: `0.0.0.0`, `::`, or nothing said.
    All,
    /// The container's own: a probe from inside reaches it, nobody from outside does.
    Loopback,
    /// A certain address or name.
    Other(String),
    /// The value cannot be read off the sources.
    Unknown,
}

/// A place where connections are accepted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listener {
    /// The port, or what it is while `variable` is not set; `None` where it cannot be read off the sources.
    pub port: Option<u16>,
    /// The variable of the environment that says otherwise; with a dash before it, the flag of the command line.
    pub variable: Option<String>,
    /// The interface.
    pub interface: Interface,
    /// Whether it answers plain HTTP/1, as far as the tables know; otherwise it speaks something else or is a socket
    /// in a folder (HC5).
    pub http: bool,
    /// Whether TLS is set up anywhere in the program (HC5).
    pub tls: bool,
}

/// More than these are not looked at: no program has so many, and who asks wants one.
const MOST_LISTENERS: usize = 50;

impl Sources {
    /// Every listener, in the order of the files. A listener whose port is read off the sources is certain, whatever the
    /// gaps: they only say that there may be others.
    pub fn listeners(&self) -> Answer<Listener> {
        let tls = self.occurrences.iter().any(|occurrence| occurrence.effect == Effect::Tls);
        let mut found: Vec<Found<Listener>> = Vec::new();
        let mut seen: Vec<(usize, usize)> = Vec::new();
        for occurrence in &self.occurrences {
            let http = match occurrence.effect {
                Effect::Listens => true,
                Effect::Elsewhere => false,
                _ => continue,
            };
            let Some(unit) = occurrence.unit else { continue };
            if seen.len() >= MOST_LISTENERS {
                break;
            }
            let Some(listener) = listener(occurrence, &self.reached.units[unit], http, tls) else { continue };
            if let Some(known) = seen.iter().position(|place| *place == (unit, occurrence.at)) {
                // One module says that it is HTTP, another that it need not be.
                found[known].value.http &= http;
            } else {
                seen.push((unit, occurrence.at));
                found.push(Found { value: listener, at: occurrence.place.clone() });
            }
        }
        let mut gaps = self.gaps();
        let unknown = found.iter().filter(|found| found.value.port.is_none());
        gaps.extend(unknown.map(|found| Gap {
            kind: GapKind::Computed,
            at: found.at.clone(),
            what: "the port is computed".to_owned(),
        }));
        Answer { found, gaps }
    }
}

fn listener(occurrence: &Occurrence, unit: &Unit, http: bool, tls: bool) -> Option<Listener> {
    let row = &occurrence.row;
    let is_app = !occurrence.is_method || is_app(occurrence, unit);
    let port_given = occurrence.values.first().cloned().flatten();
    let (mut port, mut host) = (port_given.clone(), occurrence.values.get(1).cloned().flatten());
    if let Some(Some(range)) = occurrence.ranges.first() {
        if is_function(unit, range.start) {
            port = None;
        }
        // Python gives both in one: ("", 8000)
        if unit.code.is(range.start, "(") && unit.code.pair(range.start) == Some(range.end - 1) {
            let parts = unit.code.arguments(range.start);
            if let [first, second] = parts.as_slice() {
                let evaluator = Evaluator::new(&unit.code, &unit.constants);
                (host, port) = (Some(evaluator.value(first.clone())), Some(evaluator.value(second.clone())));
            }
        }
    }
    let host_range = occurrence.ranges.get(1).cloned().flatten();
    if host_range.is_some_and(|range| is_function(unit, range.start)) {
        host = None;
    }
    let mut listener = match port.as_deref().map(address) {
        Some(Some(listener)) => listener,
        // Something is listened on, and it cannot be read on what: only certain on what is known to be a server.
        Some(None) => {
            if !is_app && !row.receivers.is_empty() {
                return None;
            }
            Address { port: None, variable: None, host: None }
        }
        None => {
            let named = occurrence.is_method && !is_app && !is_known_receiver(occurrence, unit);
            if named || row.port.is_none() && occurrence.is_method {
                return None;
            }
            Address { port: row.port, variable: row.variable.clone(), host: None }
        }
    };
    if listener.port.is_some() && occurrence.is_method && !row.receivers.is_empty() {
        let certain = is_app || is_known_receiver(occurrence, unit);
        certain.then_some(())?;
    }
    let host = match (host, listener.host.take()) {
        // Node.js asks the system for its address, which is that of IPv6 where there is one.
        (Some(value), _) if unit.code.language() == Language::JavaScript && is_localhost(&value) => {
            Interface::Other("localhost".to_owned())
        }
        (Some(value), _) => interface(&value),
        (None, Some(host)) => name_of_interface(&host),
        (None, None) => row.host.as_deref().map_or(Interface::All, name_of_interface),
    };
    Some(Listener { port: listener.port, variable: listener.variable, interface: host, http, tls })
}

struct Address {
    port: Option<u16>,
    variable: Option<String>,
    host: Option<String>,
}

/// A port, or an address that ends with one; `None` if the value is neither.
fn address(value: &[Part]) -> Option<Address> {
    let (last, before) = value.split_last()?;
    let (variable, text) = match last {
        Part::Text(text) => (None, text.as_str()),
        Part::Variable { name, default } => (Some(name.clone()), default.as_deref()?),
        _ => return None,
    };
    let (own_host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (Some(host), port),
        None => (None, text),
    };
    let port: u16 = port.trim().parse().ok()?;
    let mut host = String::new();
    for part in before {
        match part {
            Part::Text(text) | Part::Variable { default: Some(text), .. } => host.push_str(text),
            _ => return None,
        }
    }
    if !before.is_empty() && own_host.is_none() && !host.ends_with(':') {
        return None;
    }
    host.push_str(own_host.unwrap_or_default());
    let host = host.trim_end_matches(':').trim_matches(['[', ']']).to_owned();
    let has_host = own_host.is_some() || !before.is_empty();
    (port > 0).then_some(Address { port: Some(port), variable, host: has_host.then_some(host) })
}

fn interface(value: &[Part]) -> Interface {
    match value {
        [Part::Text(text)] if text.parse::<u32>().is_ok() => Interface::All, // a backlog
        [Part::Text(text) | Part::Variable { default: Some(text), .. }] => name_of_interface(text),
        _ => Interface::Unknown,
    }
}

fn is_localhost(value: &[Part]) -> bool {
    matches!(value, [Part::Text(text) | Part::Variable { default: Some(text), .. }] if text == "localhost")
}

fn name_of_interface(host: &str) -> Interface {
    match host {
        "" | "0.0.0.0" | "::" | "*" | "tcp" => Interface::All,
        "localhost" | "127.0.0.1" => Interface::Loopback,
        other => Interface::Other(other.to_owned()),
    }
}

/// Whether a function stands there, or the name of one.
fn is_function(unit: &Unit, at: usize) -> bool {
    let code = &unit.code;
    if code.is_any(at, &["function", "async"]) {
        return true;
    }
    let arrow =
        |open: usize| code.is(open, "(") && code.pair(open).is_some_and(|close| code.is(close + 1, "=>"));
    if arrow(at) || code.is(at + 1, "=>") {
        return true;
    }
    let Some(name) = code.word(at) else { return false };
    let declared = (0..code.len()).any(|other| code.is(other, "function") && code.is(other + 1, name));
    let assigned = unit.constants.single(name, at).is_some_and(|range| {
        code.is_any(range.start, &["function", "async"])
            || arrow(range.start)
            || code.is(range.start + 1, "=>")
    });
    declared || assigned
}

/// Whether the method is called on an object that this file makes a server of.
fn is_app(occurrence: &Occurrence, unit: &Unit) -> bool {
    name_of_receiver(occurrence, unit)
        .is_some_and(|name| unit.apps.contains(name) && !unit.constants.varies(name, occurrence.at))
}

fn is_known_receiver(occurrence: &Occurrence, unit: &Unit) -> bool {
    let names = &occurrence.row.receivers;
    name_of_receiver(occurrence, unit).is_some_and(|name| names.iter().any(|known| known == name))
}

/// The word that a method is called on, where it is one.
pub(super) fn name_of_receiver<'u>(occurrence: &Occurrence, unit: &'u Unit) -> Option<&'u str> {
    let range = receiver(&unit.code, occurrence.at)?;
    let last = range.end.checked_sub(1)?;
    (unit.code.kind(last) == Some(Kind::Word)).then(|| unit.code.text(last))
}
