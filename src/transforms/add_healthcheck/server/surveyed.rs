//! HC2 of a program whose framework says where it listens: Java, Rust, Ruby, .NET.

use super::{Port, Server, environment, route};
use crate::images::Facts;
use crate::project::Found;
use crate::project::builds::Build;
use crate::project::survey::{Family, Served};
use crate::shell::{Given, StartKind};
use crate::syntax::{Arguments, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Variables that one framework or another takes its port from.
const VARIABLES: [&str; 3] = ["SERVER_PORT", "ASPNETCORE_URLS", "PORT"];

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
    // A server of Rack listens where it is told to, not where the framework would.
    if family == Family::Ruby && program.start.kind != StartKind::Ruby {
        return None;
    }
    if options_name_port(shipped) {
        return None;
    }
    let [served] = survey.served.as_slice() else { return None };
    let (at, served) = (&served.at, &served.value);
    // Options of the program itself, and what the settings say, may tell otherwise.
    let told = program.argv.iter().any(|word| word.contains("port") || word.contains("urls"));
    if told || served.said.is_some() {
        return None;
    }
    let port = match (&served.named_variable, served.variable, served.port) {
        _ if family == Family::Dotnet => dotnet(shipped, facts, served)?,
        (Some(variable), _, default) => {
            environment::port(shipped, variable, default, &mut Checks::default())?
        }
        (None, Some(variable), default) => {
            environment::port_of_program(shipped, variable, default, &mut Checks::default())?
        }
        (None, None, Some(port)) => Port::fixed(port),
        // Set up in code: the number stands there, and it is the one port of EXPOSE.
        (None, None, None) => Port::fixed(
            exposed.first().copied().filter(|port| exposed.len() == 1 && survey.numbers.contains(port))?,
        ),
    };
    let number = port.number;
    let heeded = || served.named_variable.as_deref().into_iter().chain(served.variable).chain(VARIABLES);
    let followed = [port.variable.as_deref(), served.variable].into_iter().flatten().collect::<Vec<_>>();
    let others: Vec<&str> = heeded().filter(|name| !followed.contains(name)).collect();
    let by_dotnet = family == Family::Dotnet;
    if !by_dotnet && environment::sets(shipped, &others).is_some() {
        return None;
    }
    let elsewhere = |name: &str| {
        environment::set_at_start(shipped, program, facts, name)
            .or_else(|| environment::contradicted(shipped, name, number))
    };
    if heeded().any(|name| elsewhere(name).is_some()) {
        return None;
    }
    // What the container is given may tell otherwise, or a setting that need not be in force: then EXPOSE decides.
    let open = served.maybe || program.argv.iter().any(|word| word.contains('$'));
    if !exposed.contains(&number) && (open || !exposed.is_empty()) {
        return None;
    }
    checks.holds("HC1", format!("`{}` makes it a server ({at})", served.package));
    let why = if exposed.is_empty() { "nothing says otherwise" } else { "EXPOSE says the same" };
    checks.holds("HC2", format!("`{}` listens on {number}, and {why}", served.package));
    checks.holds("HC5", "it speaks HTTP, and nothing sets up TLS");
    let path = shipped.input.options.health.path.clone();
    let own = served.health.map(|path| (format!("`{path}` is there to be asked"), path.to_owned()));
    Some(Server { port, path: route(path, own, checks), http: true })
}

/// Whether a variable that holds options of the runtime, or a setting itself, names a port or an address.
fn options_name_port(shipped: &Shipped<'_>) -> bool {
    const OPTIONS: &[&str] = &["JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"];
    let says = |name: &str, value: &str| {
        OPTIONS.contains(&name) && value.contains("port")
            || name.starts_with("Kestrel__")
            || name.starts_with("Urls")
    };
    let by_file = shipped.instructions().any(|index| {
        let instruction = shipped.instruction(index);
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return false };
        instruction.keyword == Keyword::Env
            && pairs.iter().any(|pair| {
                let value = pair.value.map_or("", |value| instruction.text(value));
                says(instruction.text(pair.key), value)
            })
    });
    let variables = |build: &Build| {
        let mut pairs = build.run.environment.iter();
        pairs.any(|(name, value)| says(name, value.as_deref().unwrap_or("port")))
    };
    by_file || shipped.builds().filter(|build| !build.run.own_health).any(variables)
}

/// Whether the sources say nothing against a port that others name: they hold its number, or the framework has it.
pub(super) fn allows(shipped: &Shipped<'_>, program: &Program, facts: &Facts, server: &Server) -> bool {
    let Some(Ok((_, survey))) = shipped.surveyed(program, facts) else { return true };
    let number = server.port.number;
    let by_framework = |served: &Found<Served>| served.value.port == Some(number);
    survey.numbers.contains(&number) || survey.served.iter().any(by_framework)
}

/// Where ASP.NET listens: what the sources say, then the variables, then what the images of .NET set.
fn dotnet(shipped: &Shipped<'_>, facts: &Facts, served: &Served) -> Option<Port> {
    const URLS: &str = "ASPNETCORE_URLS";
    const PORTS: &str = "ASPNETCORE_HTTP_PORTS";
    let port = dotnet_alone(shipped, facts, served, URLS, PORTS)?;
    // What a service of the project sets must not tell otherwise.
    let number = port.number.to_string();
    let agrees = |build: &Build| {
        let set = |name: &str| build.run.environment.get(name);
        let value =
            |value: &Option<String>| value.as_deref().map(|text| text.rsplit(':').next() == Some(&number));
        [URLS, PORTS].iter().filter_map(|name| set(name)).all(|text| value(text) == Some(true))
    };
    shipped.builds().filter(|build| !build.run.own_health).all(agrees).then_some(port)
}

fn dotnet_alone(
    shipped: &Shipped<'_>,
    facts: &Facts,
    served: &Served,
    urls: &str,
    ports: &str,
) -> Option<Port> {
    if served.told {
        let told = match &served.named_variable {
            Some(variable) => environment::port(shipped, variable, served.port, &mut Checks::default()),
            None => served.port.map(Port::fixed),
        };
        // Addresses in the sources come before the variables, those of the settings after some of them.
        return told.filter(|_| !shipped.sets_variable(urls));
    }
    if shipped.sets_variable(urls) {
        let (host, port) = shipped.environment(urls)?.strip_prefix("http://")?.rsplit_once(':')?;
        let reached = matches!(host, "+" | "*" | "0.0.0.0" | "[::]" | "localhost" | "127.0.0.1");
        return port.parse().ok().filter(|_| reached).map(Port::fixed);
    }
    if shipped.sets_variable(ports) {
        return shipped.environment(ports)?.parse().ok().map(Port::fixed);
    }
    // Elsewhere Kestrel listens on 5000 unless told otherwise.
    let own = facts.repository.contains("dotnet/");
    match major(facts)? {
        8.. if own => Some(Port::fixed(8080)),
        ..8 if facts.repository.ends_with("/aspnet") => Some(Port::fixed(80)),
        _ => None,
    }
}

fn major(facts: &Facts) -> Option<u32> {
    facts.version.as_deref()?.split('.').next()?.parse().ok()
}
