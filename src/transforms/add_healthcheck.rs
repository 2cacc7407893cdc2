//! `add-healthcheck`: the engine learns whether the server answers, not only whether its process lives.

mod clients;
mod probe;
mod server;
mod timing;

use self::server::Server;
use super::checklist::Silence;
use super::checks::Checks;
use super::shipped::Shipped;
use super::writing::{continued, insert_above, insert_below};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::HealthOptions;
use crate::edit::Applicability;
use crate::images::{Facts, Shell};
use crate::project::builds::Build;
use crate::syntax::Keyword;

/// Adds a HEALTHCHECK.
pub(super) const ADD_HEALTHCHECK: Transform = Transform {
    name: "add-healthcheck",
    summary: "add a HEALTHCHECK with the proven port and a client that the image has",
    category: Category::Runtime,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3057", "CIS:4.6"],
    explain: "\
Without a health check a container counts as healthy from the moment its process starts, whether or not it answers.
The probe asks 127.0.0.1 (never `localhost`, which may mean ::1) by a client that the image already has: the language
itself, curl, BusyBox, or bash. A proven health route must answer with success; otherwise any answer at all counts.
Nothing is installed for it. Docker, compose and Swarm use it; Kubernetes ignores it and has probes of its own.
Safe when all of this is proven: HC1 the program is a server that runs on; HC2 its port; HC3 the route, or any answer
counts; HC4 the image has a client; HC5 the server speaks plain HTTP or TCP on an address that the probe reaches;
HC6 the start period is as long as the start takes; HC7 neither the file nor its base image has a health check already;
HC8 what is asked for every time is cheap; HC9 the builds of the project keep it; HC10 it exits with 0 or 1.
Where no route is proven, the check shows that something answers, even with 404 or a redirect, and no more than that.
Jobs, workers and command-line images get none. `[health]` in dockfix.toml supplies port, path, command and times.",
    examples: &[
        Example {
            files: &[(
                "server.js",
                "require('http').createServer((q, s) => s.end('x')).listen(3000)\n",
            )],
            before: "FROM node:24-bookworm-slim\nCOPY server.js /\nCMD [\"node\", \"/server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nCOPY server.js /\n\
                HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \\\n    \
                CMD [\"node\", \"-e\", \"fetch('http://127.0.0.1:3000/').then(() => process.exit(0), () => process.exit(1))\"]\n\
                CMD [\"node\", \"/server.js\"]\n",
        },
        Example {
            files: &[],
            before: "FROM node:24-bookworm-slim\nHEALTHCHECK NONE\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nHEALTHCHECK NONE\nCMD [\"node\", \"server.js\"]\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let mut fixed: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for shipped in Shipped::all(input) {
        // What a stage below gets is inherited.
        if shipped.lineage().iter().any(|stage| fixed.contains(stage)) {
            continue;
        }
        if let Ok(diagnostic) = judge(&shipped) {
            let wanted = if input.options.unproven { Applicability::Unsafe } else { Applicability::Safe };
            if diagnostic.fix.as_ref().is_some_and(|fix| fix.applicability >= wanted) {
                fixed.push(shipped.stage);
            }
            found.push(diagnostic);
        }
    }
    found
}

/// HC1: a service that starts something else would be judged by the image's health check, unless that is the same
/// server started in another way.
fn other_commands(shipped: &Shipped<'_>, facts: &Facts, server: Option<&Server>, checks: &mut Checks) {
    let is_same = |build: &Build| {
        let words = build.command.as_deref();
        words.zip(server).is_some_and(|(words, server)| server::is_started_by(shipped, facts, words, server))
    };
    let other = |build: &&Build| build.run.starts_otherwise && !build.run.own_health && !is_same(build);
    if let Some(build) = shipped.builds().find(other) {
        let text = format!("{} starts something else, which this check would call unhealthy", build.at());
        checks.misses("HC1", text, "give that service a `healthcheck:` of its own, or turn it off there");
    }
}

/// HC9: Podman and Buildah leave the check out of an image in the format of OCI, and Kubernetes never asks it.
fn kept(shipped: &Shipped<'_>, checks: &mut Checks) {
    let mut builds = shipped.builds().peekable();
    let dropped = builds.peek().is_some() && shipped.builds().all(|build| build.run.drops_health);
    match builds.next().filter(|_| dropped) {
        Some(build) => {
            let text = format!("{} makes an image of the format that has no health check", build.at());
            checks.misses("HC9", text, "build it with `--format docker`");
        }
        None => {
            checks.holds("HC9", "no build of the project leaves it out; Kubernetes has probes of its own")
        }
    }
}

/// HC4, HC10: a command of dockfix.toml is taken as it is, unless it cannot be one.
fn stated(command: &[String], facts: &Facts, checks: &mut Checks) {
    const SHELLS: &[&str] = &["sh", "/bin/sh", "bash", "/bin/bash", "ash"];
    let remedy = "write `[health] command` in dockfix.toml as the words of one program";
    let first = command.first().map_or("", String::as_str);
    if facts.shell == Some(Shell::None) && SHELLS.contains(&first) {
        checks.misses("HC4", format!("`{}` has no `{first}`", facts.family), remedy);
    }
    let operator = |word: &&String| matches!(word.as_str(), "||" | "&&" | "|" | ";" | ">");
    if first.contains(' ') || command.iter().any(|word| operator(&word)) {
        let text = format!("`{}` is no exec form: it takes a shell", command.join(" "));
        checks.misses(
            "HC10",
            text,
            "put `\"sh\", \"-c\"` before it as one word, or leave out what only a shell knows",
        );
    } else {
        checks.holds("HC10", "it is an exec form, and its exit code is taken as it is");
    }
}

/// Why nothing is said about a shipped stage.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    Shipped::all(input).iter().filter_map(|shipped| judge(shipped).err()).collect()
}

/// The one diagnostic for the shipped stage, or why there is nothing to say.
fn judge(shipped: &Shipped<'_>) -> Result<Diagnostic, Silence> {
    let input = shipped.input;
    // HC7: the last one wins, and `NONE` is the author's word.
    if let Some(at) = shipped.last(Keyword::Healthcheck) {
        let instruction = shipped.instruction(at);
        let line = instruction.lines.0;
        return Err(match instruction.text(instruction.rest).trim().eq_ignore_ascii_case("none") {
            true => Silence::NotApplicable(format!("line {line} turns health checks off")),
            false => Silence::Right(format!("HEALTHCHECK in line {line}")),
        });
    }
    let options = &input.options.health;
    let message = "nothing tells whether the server answers";
    let span = shipped.instruction(input.model.stages[shipped.stage].from()).name_span();
    let mut checks = Checks::default();
    let facts = match shipped.facts("HC4") {
        Ok(facts) => facts,
        Err(_) if shipped.names_windows() => {
            return Err(Silence::NotApplicable("it is a Windows image".to_owned()));
        }
        // The probe is the user's word, whatever the image is.
        Err(_) if options.command.is_some() => Facts::unknown(),
        // Of an image of which nothing is known, it is said only where there is a sign of a server (HC1).
        Err(missing) => {
            let sign = options != &HealthOptions::default() || shipped.last(Keyword::Expose).is_some();
            let silent = missing.clone();
            let remedy = "set `[health] command` in dockfix.toml to a probe that the image can run";
            checks.misses("HC4", missing.text, remedy);
            return if sign { Ok(checks.hold_back(span, message)) } else { Err(Silence::Unknown(silent)) };
        }
    };
    if facts.is_windows() {
        return Err(Silence::NotApplicable("it is a Windows image".to_owned()));
    }
    if facts.healthcheck == Some(true) {
        return Err(Silence::Right(format!("the base image `{}` has a health check", facts.family)));
    }
    match facts.healthcheck {
        None if options.command.is_some() => {
            checks.holds("HC7", "the command of dockfix.toml takes the place of any other");
        }
        Some(_) => checks.holds("HC7", "neither the file nor its base image has a health check"),
        None => {
            let text = format!("it is not known whether `{}` has a health check of its own", facts.family);
            checks.misses("HC7", text, "set `[health] command` in dockfix.toml, or write the HEALTHCHECK");
        }
    }
    kept(shipped, &mut checks);
    if options.command.is_some() {
        other_commands(shipped, &facts, None, &mut checks);
    }
    if let Some(command) = &options.command {
        checks.holds("HC2", "the command is set in dockfix.toml");
        stated(command, &facts, &mut checks);
        return Ok(diagnostic(shipped, &facts, None, checks, command.clone(), span, message));
    }
    let server = server::find(shipped, &facts, &mut checks).ok_or_else(|| {
        // What the base image starts is its own affair, but it is a server if it says where it listens.
        if facts.expose.is_some_and(|ports| !ports.is_empty()) {
            let text = format!("what `{}` starts is not judged", facts.family);
            return Silence::unknown(text, "set `[health] port` in dockfix.toml");
        }
        let text = "there is no sign of a server: no port in EXPOSE, the start command or the sources";
        Silence::NotApplicable(text.to_owned())
    })?;
    other_commands(shipped, &facts, server.as_ref(), &mut checks);
    let command = server.as_ref().and_then(|server| probe::command(shipped, &facts, server, &mut checks));
    if server.is_none() {
        probe::check_clients(shipped, &facts, &mut checks);
    }
    if place(shipped).is_err_and(|below| input.document.is_open(below)) {
        checks.misses(
            "open-continuation",
            "the last line continues to nowhere",
            "remove the mark at its end",
        );
        return Ok(checks.hold_back(span, message));
    }
    Ok(match command {
        None => checks.hold_back(span, message),
        Some(command) => diagnostic(shipped, &facts, server.as_ref(), checks, command, span, message),
    })
}

fn diagnostic(
    shipped: &Shipped<'_>,
    facts: &Facts,
    server: Option<&Server>,
    mut checks: Checks,
    command: Vec<String>,
    span: crate::source::Span,
    message: &str,
) -> Diagnostic {
    let input = shipped.input;
    let flags = timing::flags(shipped, facts, server, &mut checks);
    let lines = continued(input.document, &[&flags, &format!("CMD {}", crate::shell::quote_exec(&command))]);
    let edit = match place(shipped) {
        Ok(above) => insert_above(input, above, &lines),
        Err(below) => insert_below(input, below, &lines),
    };
    checks.fix(span, message, "add a health check", vec![edit], &[])
}

/// The instruction above which the health check goes: the first CMD or ENTRYPOINT that closes the stage; else the one
/// below which it goes.
fn place(shipped: &Shipped<'_>) -> Result<usize, usize> {
    let stage = shipped.input.model.stages[shipped.stage].instructions.clone();
    let starts =
        |index: &usize| matches!(shipped.instruction(*index).keyword, Keyword::Cmd | Keyword::Entrypoint);
    let closes = |index: &usize| starts(index) || shipped.instruction(*index).keyword == Keyword::Stopsignal;
    let last = stage.clone().rfind(|index| !closes(index)).unwrap_or(stage.start);
    (last + 1..stage.end).find(starts).ok_or(stage.end - 1)
}

#[cfg(test)]
mod tests;
