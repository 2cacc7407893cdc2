//! HC2: what ENV, the project's own services and its `.env` files say about a variable that holds a port.

use super::{Port, SET_PORT};
use crate::images::Facts;
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Files of variables that are meant as an example only.
const EXAMPLES: &[&str] = &["example", "sample", "template", "dist", "test"];

/// The port of a server that takes it from a variable: `default` while nobody sets that. A probe that asks the variable
/// too is right whatever the container is given. `None` where the file gives it a value that is not plain.
pub(super) fn port(
    shipped: &Shipped<'_>,
    variable: &str,
    default: Option<u16>,
    checks: &mut Checks,
) -> Option<Port> {
    let number = match shipped.sets_variable(variable) {
        true => shipped.environment(variable).and_then(|value| value.parse().ok()),
        false => default,
    };
    let Some(number) = number else {
        checks.misses("HC2", format!("ENV gives `{variable}` no plain number"), SET_PORT);
        return None;
    };
    Some(Port { number, variable: Some(variable.to_owned()) })
}

/// The same for a server that heeds the variable without saying so in its sources: the probe asks for it where somebody
/// sets it, and for `PORT`, which platforms set.
pub(super) fn port_of_program(
    shipped: &Shipped<'_>,
    variable: &str,
    default: Option<u16>,
    checks: &mut Checks,
) -> Option<Port> {
    let mut port = port(shipped, variable, default, checks)?;
    if variable != "PORT" && sets(shipped, &[variable]).is_none() {
        port.variable = None;
    }
    Some(port)
}

/// Whether something sets one of the variables for the running container: then a port that does not follow it is not
/// proven.
pub(super) fn sets(shipped: &Shipped<'_>, variables: &[&str]) -> Option<String> {
    let by_file = variables.iter().find(|name| shipped.sets_variable(name));
    if let Some(name) = by_file {
        return Some(format!("ENV sets `{name}`"));
    }
    let builds = shipped.builds().filter(|build| !build.run.own_health);
    builds.into_iter().find_map(|build| {
        let name = variables.iter().find(|name| build.run.environment.contains_key(**name))?;
        Some(format!("{} sets `{name}`", build.at()))
    })
}

/// What stands around the program may give the variable a value for it alone, which the probe does not see.
pub(super) fn set_at_start(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    variable: &str,
) -> Option<String> {
    let start = format!("{variable}=");
    let before = &program.argv[..program.start.program];
    if before.iter().any(|word| word.starts_with(&start)) {
        return Some(format!("the start command sets `{variable}`"));
    }
    if let Some(word) = program.argv.iter().find(|word| word.starts_with("--env-file") || *word == "--env") {
        return Some(format!("`{word}` names a file of variables"));
    }
    let restarted = program.name() == "nodemon";
    if program.through.is_none() && !restarted {
        return None;
    }
    let folder = shipped.context_workdir(facts)?;
    let names = if restarted { &["package.json", "nodemon.json"][..] } else { &["package.json"] };
    names.iter().find_map(|name| {
        let path = if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
        let text = shipped.input.project.read(&path)?;
        let sets = text.contains(&start) || restarted && text.contains(&format!("\"{variable}\""));
        sets.then(|| format!("`{path}` sets `{variable}`"))
    })
}

/// A `.env` file that is sent and gives the variable another number: the server may load it, and the probe does not.
pub(super) fn contradicted(shipped: &Shipped<'_>, variable: &str, number: u16) -> Option<String> {
    let project = shipped.input.project;
    let is_settings = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let ends = name.starts_with(".env") || name.starts_with(".flaskenv") || name.ends_with(".env");
        ends && !EXAMPLES.iter().any(|part| name.contains(part))
    };
    let copies = shipped.instructions().map(|index| shipped.instruction(index));
    let unread = copies
        .filter(|instruction| matches!(instruction.keyword, Keyword::Copy | Keyword::Add))
        .flat_map(|instruction| instruction.values())
        .find(|word| is_settings(word) && !project.sent(word.trim_start_matches("./")));
    if let Some(word) = unread {
        return Some(format!("`{word}` is not there to be read, and may set `{variable}`"));
    }
    let files = project.files().filter(|entry| is_settings(&entry.path));
    files.into_iter().find_map(|entry| {
        let text = project.read(&entry.path)?;
        let value = text.lines().find_map(|line| {
            let line = line.trim_start();
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            (name.trim() == variable).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
        })?;
        (value.parse() != Ok(number)).then(|| format!("`{}` sets `{variable}`", entry.path))
    })
}
