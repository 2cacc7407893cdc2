//! `add-user`: the container does not run as root.
//!
//! A container that is broken into as root can write to what is mounted into it, and to more. Which user: the image's
//! ready one; else a created one where the image has the tools; else a bare number with its group.

mod checks;
mod chosen;
mod fpm;
mod kept;
mod makers;
mod mounts;
mod numeric;
mod owned;
mod ports;
mod position;
mod prepares;
mod program;
mod runs;
#[cfg(test)]
mod tests;
mod tools;
mod writes;

pub(super) use self::numeric::numbers as user_numbers;
use super::checklist::Silence;
use super::checks::Checks;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::images::Facts;
use crate::syntax::Keyword;

/// Adds a USER that is not root.
pub(super) const ADD_USER: Transform = Transform {
    name: "add-user",
    summary: "run the container as a numeric user that is not root",
    category: Category::Security,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3002", "CIS:4.1", "Kubernetes:runAsNonRoot"],
    explain: "\
A process that runs as root inside a container can write to whatever is mounted into it; almost no server needs that.
The user is the one that the image brings along for this (`node`), else one that is created where the image has the
tools for it, else a bare number; always written as a number with its group, which Kubernetes can check.
Safe when all of this is proven for this file and project:
NR1 nothing after it needs root; NR2 the server listens on port 1024 or above; NR3 the program writes to no folder that
root owns, or only to folders that can be named, which the user then gets; NR4 no VOLUME waits for root; NR7 nothing is
kept under /root; NR8 no entrypoint script needs root; NR9 the program is no daemon that needs root; NR10 the base image
and the file do not ask for another user; NR11 the program needs no home folder, or has one; NR12 the image can make the
user; NR15 no platform chooses the user. A USER that is a name already becomes its number where that is certain (NR13:
the same groups as before). An image that starts nothing is there to be built on and is left alone.
Held back otherwise, naming what is missing. In dockfix.toml, `[user]` supplies it: `writable`, `id`, `group`, `style`,
`start`, `low-ports`; and `run-as-root = \"why\"` ends the matter.",
    examples: &[
        Example {
            files: &[
                ("package.json", "{\"name\": \"a\", \"version\": \"1.0.0\"}"),
                ("server.js", "require('http').createServer((q, s) => s.end('x')).listen(3000)\n"),
            ],
            before: "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY server.js ./\nEXPOSE 3000\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY server.js ./\nEXPOSE 3000\nUSER 1000:1000\nCMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[],
            before: "FROM node:24-bookworm-slim\nUSER node\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nUSER 1000:1000\nCMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[],
            before: "FROM node:24-bookworm-slim\nUSER 1000\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nUSER 1000\nCMD [\"node\", \"server.js\"]\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    Shipped::all(input).iter().filter_map(|shipped| judge(shipped).ok()).collect()
}

/// Why nothing is said about a shipped stage.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    Shipped::all(input).iter().filter_map(|shipped| judge(shipped).err()).collect()
}

/// The one diagnostic for the shipped stage, or why there is nothing to say.
fn judge(shipped: &Shipped<'_>) -> Result<Diagnostic, Silence> {
    let input = shipped.input;
    let options = &input.options.user;
    if let Some(why) = &options.run_as_root {
        return Err(Silence::NotApplicable(format!("dockfix.toml says why root is needed: {why}")));
    }
    if let Some(user) = own_user(shipped) {
        return numeric::fix(shipped).ok_or(user);
    }
    let message = "the container runs as root";
    let span = shipped.instruction(input.model.stages[shipped.stage].from()).name_span();
    let mut checks = Checks::default();
    let facts = match shipped.facts("NR10") {
        Ok(facts) => facts,
        Err(_) if shipped.names_windows() => {
            return Err(Silence::NotApplicable("it is a Windows image".to_owned()));
        }
        // The number that the user gives needs nothing of the image: only what it starts and writes is left to ask.
        Err(_) if options.id.is_some() => Facts::unknown(),
        Err(missing) => {
            checks.misses("NR10", missing.text, "set `[user] id` in dockfix.toml to the number to run as");
            return Ok(checks.hold_back(span, message));
        }
    };
    if facts.is_windows() {
        return Err(Silence::NotApplicable("it is a Windows image".to_owned()));
    }
    if let Some(why) = facts.keep_root {
        return Err(Silence::NotApplicable(format!("`{}` must begin as root: {why}", facts.family)));
    }
    if facts.runs_as_root() == Some(false) {
        return Err(Silence::Right(format!("the base image `{}` does not run as root", facts.family)));
    }
    if !program::starts(shipped, &facts) && options.id.is_none() {
        // MS12: an image that starts nothing of its own is there to be built on, and who does so needs root.
        return Err(Silence::NotApplicable("the image starts nothing of its own".to_owned()));
    }
    if facts.runs_as_root().is_none() && options.id.is_none() {
        let text = format!("it is not known which user `{}` runs as", facts.family);
        checks.misses("NR10", text, "set `[user] id` in dockfix.toml to the number to run as");
    }
    let demands = checks::all(shipped, &facts, &mut checks);
    if let position::Position::Below(index) = position::of(shipped)
        && input.document.is_open(index)
    {
        checks.misses(
            "open-continuation",
            "the last line continues to nowhere",
            "remove the mark at its end",
        );
        return Ok(checks.hold_back(span, message));
    }
    Ok(match chosen::choose(shipped, &facts, demands, &mut checks) {
        None => checks.hold_back(span, message),
        Some(user) => {
            let edits = user.edits(shipped);
            checks.fix(span, message, user.title(), edits, &[Part::User])
        }
    })
}

/// The number that a variable stands for, by the file's ENV or by its base image: `$APP_UID`.
fn number_of(shipped: &Shipped<'_>, written: &str) -> Option<u32> {
    let name = written.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(name);
    let by_file = || shipped.environment(name).map(str::to_owned);
    let by_base = || shipped.facts("NR10").ok()?.env.get(name).map(|value| (*value).to_owned());
    let value = if shipped.sets_variable(name) { by_file() } else { by_base() };
    value?.parse().ok()
}

/// The user with which the file itself already ends, if that is not root.
fn own_user(shipped: &Shipped<'_>) -> Option<Silence> {
    let user = shipped.user()?;
    let name = user.split(':').next().unwrap_or_default().trim_matches(['"', '\'']);
    let line = shipped.instruction(shipped.last(Keyword::User)?).lines.0;
    match name {
        "root" | "0" => None,
        name if number_of(shipped, name).is_some_and(|number| number != 0) => {
            Some(Silence::Right(format!("`USER {user}` in line {line}, which is a number")))
        }
        name if name.contains('$') => Some(Silence::unknown(
            format!("`USER {user}` in line {line} depends on a variable"),
            "write the number of the user",
        )),
        _ => Some(Silence::Right(format!("`USER {user}` in line {line}"))),
    }
}
