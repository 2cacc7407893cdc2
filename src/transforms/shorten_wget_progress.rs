//! `shorten-wget-progress`: wget's progress takes a line for each megabyte of the log, not one for each 50 kilobytes.

use super::checks::Checks;
use super::commands::{Call, Run, calls, runs, runs_before};
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::images::Os;
use crate::shell::{Action, Manager, Placed};

/// Adds `--progress=dot:giga` to `wget`.
pub(super) const SHORTEN_WGET_PROGRESS: Transform = Transform {
    name: "shorten-wget-progress",
    summary: "keep wget's progress from filling the log",
    category: Category::Packages,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3047"],
    explain: "\
Without a terminal wget writes a line of dots for every 50 kilobytes. `--progress=dot:giga` makes that one for every 32 megabytes.
What is quiet already, or writes its log to a file, stays.
The wget of BusyBox does not know the option and would fail.
Safe when both are proven:
PK1 the words of the command are certain;
PK4 it is GNU wget: the base image is of Debian's or Red Hat's kind, or wget was installed with apk before.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN wget https://example.org/a.tar.gz\n",
            after: "FROM debian:12\nRUN wget --progress=dot:giga https://example.org/a.tar.gz\n",
        },
        Example {
            files: &[],
            before: "FROM alpine:3.20\nRUN wget https://example.org/a.tar.gz\n",
            after: "FROM alpine:3.20\nRUN wget https://example.org/a.tar.gz\n",
        },
    ],
    run,
};

/// Long options that make it quiet, choose another progress, or send the log elsewhere.
const QUIET: &[&str] = &[
    "--progress",
    "--quiet",
    "--no-verbose",
    "--output-file",
    "--append-output",
    "--show-progress",
    "--version",
    "--help",
];

/// Letters of options with a value.
const VALUES: &str = "OPtTUeiQwlARDXIB";

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let runs = runs(input);
    runs.iter()
        .flat_map(|run| {
            let commands = run.commands();
            commands.iter().filter_map(|placed| judge(run, placed)).collect::<Vec<_>>()
        })
        .collect()
}

fn judge(run: &Run<'_>, placed: &Placed<'_>) -> Option<Diagnostic> {
    let words = placed.command.effective()?.words;
    let quiet = words.iter().skip(1).any(|word| word.literal().is_some_and(is_quiet));
    // By itself the word asks for nothing: `command -v wget`, `which wget`.
    if placed.calls_function || words.first()?.literal() != Some("wget") || words.len() < 2 || quiet {
        return None;
    }
    let edit = run.insert_behind(&words[0], "--progress=dot:giga")?;
    let mut checks = Checks::default();
    checks.holds("PK1", "`wget` is certain");
    match kind(run, placed) {
        Kind::Gnu(why) => checks.holds("PK4", why),
        Kind::Busybox => {
            checks.breaks("PK4", "the wget of BusyBox knows no `--progress`", "write `wget -q`");
        }
        Kind::Unknown => checks.misses(
            "PK4",
            "which wget the image has is not known",
            "write `wget -q`, or name the image's public twin in `[images] alias` of dockfix.toml",
        ),
    }
    let message = "wget fills the log with its progress";
    Some(checks.fix(run.place(words[0].span)?, message, "shorten wget's progress", vec![edit], &[]))
}

fn is_quiet(word: &str) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        return !name.is_empty() && QUIET.iter().any(|quiet| quiet[2..].starts_with(name));
    }
    let Some(letters) = word.strip_prefix('-') else { return false };
    let mut letters = letters.chars();
    while let Some(letter) = letters.next() {
        match letter {
            'q' | 'o' | 'a' | 'V' | 'h' => return true,
            'n' if letters.next() == Some('v') => return true,
            letter if VALUES.contains(letter) => return false,
            _ => {}
        }
    }
    false
}

enum Kind {
    Gnu(String),
    Busybox,
    Unknown,
}

fn kind(run: &Run<'_>, placed: &Placed<'_>) -> Kind {
    let Some(stage) = run.stage().filter(|_| !run.is_trigger()) else { return Kind::Unknown };
    if let Some(manager) = installs_wget(run, placed) {
        return Kind::Gnu(format!("{manager} installs GNU wget before"));
    }
    let facts = Shipped { input: run.input, stage }.facts("PK4");
    match facts.map(|facts| facts.os) {
        Ok(Os::Debian | Os::Ubuntu | Os::Redhat | Os::Centos | Os::Amazonlinux | Os::Oraclelinux) => {
            Kind::Gnu("the image is of Debian's or Red Hat's kind".to_owned())
        }
        Ok(Os::Alpine | Os::Busybox | Os::Wolfi) => Kind::Busybox,
        _ if uses_apt(run, placed) => Kind::Gnu("the image has apt, so it is of Debian's kind".to_owned()),
        _ => Kind::Unknown,
    }
}

/// The manager that has surely installed a package of that name before.
fn installs_wget(run: &Run<'_>, placed: &Placed<'_>) -> Option<&'static str> {
    before(run, placed, |call| {
        let names =
            call.install.operands.iter().any(|at| call.placed.command.words[*at].literal() == Some("wget"));
        let installs = call.install.action == Action::Install && call.placed.guards.must_succeed() && names;
        match call.install.manager {
            Manager::Apk if installs => Some("apk"),
            Manager::Apt if installs => Some("apt"),
            _ => None,
        }
    })
}

fn uses_apt(run: &Run<'_>, placed: &Placed<'_>) -> bool {
    before(run, placed, |call| {
        (call.install.manager == Manager::Apt && call.placed.guards.must_succeed()).then_some(())
    })
    .is_some()
}

/// What the calls of package managers tell that have run before a command.
fn before<T>(run: &Run<'_>, placed: &Placed<'_>, tell: impl Fn(&Call<'_>) -> Option<T>) -> Option<T> {
    let here = calls(run);
    let start = placed.command.span.start();
    let earlier = here.iter().filter(|call| call.placed.command.span.start() < start);
    earlier
        .into_iter()
        .find_map(&tell)
        .or_else(|| runs_before(run).iter().find_map(|other| calls(other).iter().find_map(&tell)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back};
    use super::SHORTEN_WGET_PROGRESS;

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&SHORTEN_WGET_PROGRESS, &file(before), &file(after));
    }

    #[test]
    fn option_follows_the_program() {
        becomes("RUN wget x", "RUN wget --progress=dot:giga x");
        becomes("RUN wget -O- x | sh", "RUN wget --progress=dot:giga -O- x | sh");
        becomes("RUN sudo wget -nc -P /q x", "RUN sudo wget --progress=dot:giga -nc -P /q x");
        becomes("RUN X=$(wget -Oq x)", "RUN X=$(wget --progress=dot:giga -Oq x)");
        becomes("RUN <<EOF\nwget x\nEOF", "RUN <<EOF\nwget --progress=dot:giga x\nEOF");
    }

    #[test]
    fn packages_and_comments_of_that_name_stay() {
        let apt = "RUN apt-get update && apt-get install -y \\\n    git \\\n\n    wget \\\n    # cleanup of wget\n    && true";
        becomes(apt, apt);
        check(
            &SHORTEN_WGET_PROGRESS,
            "FROM debian:12\r\nRUN apt-get install wget && \\\r\n    # wget\r\n    wget \\\r\n    x\r\n",
            "FROM debian:12\r\nRUN apt-get install wget && \\\r\n    # wget\r\n    wget --progress=dot:giga \\\r\n    x\r\n",
        );
        check(
            &SHORTEN_WGET_PROGRESS,
            "# escape=`\nFROM debian:12\nRUN wget `\n x\n",
            "# escape=`\nFROM debian:12\nRUN wget --progress=dot:giga `\n x\n",
        );
    }

    #[test]
    fn what_is_quiet_stays() {
        for run in [
            "RUN wget -q x",
            "RUN wget -qO- x",
            "RUN wget -nv x",
            "RUN wget --no-verbose x",
            "RUN wget --quiet x",
            "RUN wget x --progress=bar",
            "RUN wget -o log x",
            "RUN which wget",
            "RUN command -v wget",
            "RUN wget",
            "RUN wget --version",
            "RUN /opt/wget x",
            "RUN [\"wget\", \"x\"]",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn gnu_wget_is_told_by_what_was_installed() {
        let text = |run: &str| format!("FROM alpine:3.20\nRUN apk add wget\nRUN {run}\n");
        check(&SHORTEN_WGET_PROGRESS, &text("wget x"), &text("wget --progress=dot:giga x"));
        let text = |run: &str| format!("FROM corp/a:1\nRUN apt-get update && {run}\n");
        check(&SHORTEN_WGET_PROGRESS, &text("wget x"), &text("wget --progress=dot:giga x"));
        held_back(&SHORTEN_WGET_PROGRESS, &[], "FROM alpine:3.20\nRUN wget x && apk add wget\n", &["PK4"]);
        held_back(&SHORTEN_WGET_PROGRESS, &[], "FROM corp/a:1\nRUN wget x\n", &["PK4"]);
        held_back(&SHORTEN_WGET_PROGRESS, &[], "FROM fedora:41\nRUN wget x\n", &["PK4"]);
        held_back(&SHORTEN_WGET_PROGRESS, &[], "FROM debian:12\nONBUILD RUN wget x\n", &["PK4"]);
    }
}
