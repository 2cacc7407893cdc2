//! `set-pipefail`: a RUN with a pipe fails when any part of the pipe does.

mod pipes;

use super::checks::Checks;
use super::shipped::Shipped;
use super::writing::insert_above;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::images::{Facts, Shell};
use crate::suppression::{Place, Suppressions};
use crate::syntax::{Arguments, Instruction, Keyword};

/// Writes SHELL with `pipefail`.
pub(super) const SET_PIPEFAIL: Transform = Transform {
    name: "set-pipefail",
    summary: "write SHELL with `-o pipefail` above the first RUN with a pipe, where the image has a shell that knows it",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL4006"],
    explain: "\
The outcome of `curl … | tar x` is that of `tar`: where `curl` fails, the build goes on. With `pipefail` it stops.
The shell is the one that the image has: `/bin/ash` on Alpine, `/bin/bash` where the table of images says that it is there. The dash of Debian and Ubuntu has no `pipefail`, so there the RUN instructions get another shell.
Safe when all of this is proven for the stage from there on:
PL1 the image has a shell that knows `pipefail`, by the table of images;
PL2 no pipe can fail that passed before: each says `pipefail` itself, or feeds what `echo` and the like write to a program that reads it to the end. A program that is cut off by a closed pipe (`yes | …`, `… | head`) fails with `pipefail`;
PL3 the shell stays the same but for that option;
PL4 no CMD, ENTRYPOINT or HEALTHCHECK is left to a shell, which would be this one.",
    examples: &[
        Example {
            files: &[],
            before: "FROM alpine:3.22\nRUN echo a:b | chpasswd\n",
            after: "FROM alpine:3.22\nSHELL [\"/bin/ash\", \"-o\", \"pipefail\", \"-c\"]\nRUN echo a:b | chpasswd\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN curl -fsS https://example.com/a | tar x\n",
            after: "FROM debian:12\nRUN curl -fsS https://example.com/a | tar x\n",
        },
    ],
    run,
};

const MESSAGE: &str = "only the last part of its pipes decides whether the RUN fails";

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let suppressions = Suppressions::of(input.document);
    let stages = (0..input.model.stages.len()).map(|stage| Shipped { input, stage });
    stages.filter_map(|stage| judge(&stage, &suppressions)).collect()
}

fn judge(stage: &Shipped<'_>, suppressions: &Suppressions) -> Option<Diagnostic> {
    let input = stage.input;
    let all = input.model.stages[stage.stage].instructions.clone();
    // A RUN that a comment speaks for is passed over, not taken for the first.
    let kept = |index: usize| {
        let span = stage.instruction(index).span;
        let place = Place { span, edits: Vec::new(), judged: None, document: input.document };
        !suppressions.keeping(&SET_PIPEFAIL.subject(), &place).is_empty()
    };
    let mut piped = all.clone().filter(|index| pipes::of(input, *index).is_some_and(|pipes| pipes.any));
    let first = piped.find(|index| !kept(*index))?;
    if stage.names_windows() || all.clone().any(|index| stage.instruction(index).keyword == Keyword::Shell) {
        return None;
    }
    let span = stage.instruction(first).name_span();
    let mut checks = Checks::default();
    let shell = match input.model.contexts[first].shell {
        // That of the stage below, said again: nothing changes.
        Some(at) => {
            let words = stage.instruction(at).values();
            if !words.contains(&"pipefail") {
                return None;
            }
            checks.holds("PL1", "the stage below has chosen the shell");
            words.iter().map(|word| (*word).to_owned()).collect()
        }
        None => {
            let facts = match stage.facts("PL1") {
                Ok(facts) if facts.is_windows() => return None,
                Ok(facts) => facts,
                Err(missing) => {
                    checks.misses("PL1", missing.text, missing.remedy);
                    return Some(checks.hold_back(span, MESSAGE));
                }
            };
            let Some(program) = chosen(&facts, &mut checks) else {
                return Some(checks.hold_back(span, MESSAGE));
            };
            let rest = first..all.end;
            pipes::check(stage, rest.clone(), &mut checks);
            if program == "/bin/bash" && facts.shell != Some(Shell::Bash) {
                switch(stage, rest.clone(), &mut checks);
            }
            starts(stage, rest, &mut checks);
            [program, "-o", "pipefail", "-c"].map(str::to_owned).to_vec()
        }
    };
    let words: Vec<String> = shell.iter().map(|word| format!("\"{word}\"")).collect();
    let edit = insert_above(input, first, &[format!("SHELL [{}]", words.join(", "))]);
    Some(checks.fix(span, MESSAGE, "let a RUN fail when any part of a pipe does", vec![edit], &[Part::Shell]))
}

/// The shell of the image that knows `pipefail`.
fn chosen(facts: &Facts, checks: &mut Checks) -> Option<&'static str> {
    let family = facts.family;
    match (facts.shell, facts.bash) {
        (Some(Shell::Ash), _) => {
            checks.holds("PL1", format!("`/bin/sh` of `{family}` is ash, which knows `pipefail`"));
            Some("/bin/ash")
        }
        (Some(Shell::Bash), _) | (_, Some(true)) => {
            checks.holds("PL1", format!("`{family}` has bash"));
            Some("/bin/bash")
        }
        _ => {
            checks.misses(
                "PL1",
                format!("whether `{family}` has a shell that knows `pipefail` is not known"),
                "write SHELL by hand, if it has bash",
            );
            None
        }
    }
}

/// Checks PL3 where bash takes the place of dash: what both read differently is not rewritten at all.
fn switch(stage: &Shipped<'_>, rest: std::ops::Range<usize>, checks: &mut Checks) {
    let differs = rest.into_iter().find(|index| {
        let text = stage.whole_text(*index);
        stage.instruction(*index).keyword == Keyword::Run && pipes::reads_otherwise(&text)
    });
    let remedy = "write `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` by hand";
    match differs {
        Some(index) => {
            let line = stage.instruction(index).lines.0;
            checks.breaks(
                "PL3",
                format!("bash reads the RUN of line {line} otherwise than `/bin/sh` does"),
                remedy,
            );
        }
        None => checks.misses("PL3", "the RUN instructions would be run by bash, not by dash", remedy),
    }
}

/// Checks PL4.
fn starts(stage: &Shipped<'_>, mut rest: std::ops::Range<usize>, checks: &mut Checks) {
    let by_shell = |instruction: &Instruction| match (&instruction.arguments, instruction.keyword) {
        (Arguments::Shell(_), Keyword::Cmd | Keyword::Entrypoint) => true,
        (Arguments::Health { command, .. }, _) => matches!(**command, Arguments::Shell(_)),
        (_, Keyword::Onbuild) => true,
        _ => false,
    };
    match rest.find(|index| by_shell(stage.instruction(*index))) {
        Some(index) => {
            let instruction = stage.instruction(index);
            let (name, line) = (instruction.keyword.as_str(), instruction.lines.0);
            let text = format!("the {name} of line {line} would be run by this shell too");
            checks.misses("PL4", text, "write it as an exec form");
        }
        None => checks.holds("PL4", "nothing that starts later is left to a shell"),
    }
}

#[cfg(test)]
mod tests;
