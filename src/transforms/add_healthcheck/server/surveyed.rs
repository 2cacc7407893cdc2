//! HC2 of a program whose framework says where it listens: Java, Rust, Ruby, .NET.

use super::{Port, Server, environment};
use crate::images::Facts;
use crate::project::survey::Family;
use crate::shell::Given;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// A server that a package of the project makes, on its port or on the one that ENV names, where EXPOSE says the same.
pub(super) fn find(
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
    let others: Vec<&str> = ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "SERVER_PORT", "PORT"]
        .into_iter()
        .filter(|name| Some(*name) != served.variable)
        .collect();
    if environment::sets(shipped, &others).is_some() {
        return None;
    }
    let port = match (served.variable, served.port) {
        (Some(variable), default) => {
            environment::port_of_program(shipped, variable, default, &mut Checks::default())?
        }
        (None, Some(port)) => Port::fixed(port),
        // Set up in code: the number stands there, and it is the one port of EXPOSE.
        (None, None) => Port::fixed(
            exposed.first().copied().filter(|port| exposed.len() == 1 && survey.numbers.contains(port))?,
        ),
    };
    let number = port.number;
    let heeded = served.variable.into_iter().chain(["SERVER_PORT", "ASPNETCORE_URLS", "PORT"]);
    let elsewhere = |name| {
        environment::set_at_start(shipped, program, facts, name)
            .or_else(|| environment::contradicted(shipped, name, number))
    };
    if heeded.into_iter().any(|name| elsewhere(name).is_some()) {
        return None;
    }
    if !exposed.is_empty() && !exposed.contains(&number) {
        return None;
    }
    checks.holds("HC1", format!("`{}` makes it a server ({at})", served.package));
    let why = if exposed.is_empty() { "nothing says otherwise" } else { "EXPOSE says the same" };
    checks.holds("HC2", format!("`{}` listens on {number}, and {why}", served.package));
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
