//! What is in force around a command: the shell that would run it, and what else looks at it.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Command;
use crate::images::{Facts, Shell};
use crate::shell::{self, WrapperKind};
use crate::syntax::{Arguments, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Form, Setter, Shipped};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    entrypoint: Vec<Entrypoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entrypoint {
    words: Vec<String>,
    repositories: Vec<String>,
}

static HANDING_OVER: LazyLock<Vec<Entrypoint>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("entrypoints.toml")).expect("a test reads the embedded table");
    table.entrypoint
});

/// Checks shell and entrypoint; `None` where there is nothing to say: the command never runs, or runs on Windows.
pub(super) fn check(command: &Command<'_>, checks: &mut Checks) -> Option<()> {
    let stages = in_force(command)?;
    for stage in stages {
        match stage.facts("MS16") {
            // The image may be a Windows one, or bring a SHELL of its own.
            Err(missing) => checks.take(Err(missing)),
            Ok(facts) if facts.is_windows() => return None,
            Ok(facts) => {
                shell_in_force(command, &facts, checks);
                if command.instruction.keyword == Keyword::Cmd {
                    entrypoint_before(&stage, &facts, checks)?;
                }
            }
        }
        if command.instruction.keyword == Keyword::Entrypoint {
            command_after(&stage, checks);
        }
    }
    Some(())
}

/// The stages that end with this very command. One that a later instruction of its stage replaces is dead.
fn in_force<'a>(command: &Command<'a>) -> Option<Vec<Shipped<'a>>> {
    let model = command.stage.input.model;
    let own = command.stage.stage;
    let with = |stage: usize| Shipped { stage, ..command.stage };
    let ends_with = |stage: &Shipped<'_>| {
        let start = stage.start();
        match command.instruction.keyword {
            Keyword::Cmd => start.cmd == Setter::Instruction(command.index),
            Keyword::Entrypoint => start.entrypoint == Setter::Instruction(command.index),
            _ => stage.last(Keyword::Healthcheck) == Some(command.index),
        }
    };
    let stages = (own..model.stages.len()).filter(|stage| model.lineage(*stage).contains(&own));
    let stages: Vec<Shipped<'a>> = stages.map(with).filter(ends_with).collect();
    (!stages.is_empty()).then_some(stages)
}

/// The shell that runs the command now must read nothing of its own that an exec form would miss.
fn shell_in_force(command: &Command<'_>, facts: &Facts, checks: &mut Checks) {
    let context = &command.stage.input.model.contexts[command.index];
    let Some(index) = context.shell else {
        if !matches!(facts.shell, Some(Shell::Dash | Shell::Ash | Shell::Bash | Shell::None)) {
            let text = "the shell of the base image is not known".to_owned();
            checks.misses("MS7", text, "write the command as an exec form, if it needs no shell");
        }
        return;
    };
    let line = command.stage.instruction(index).lines.0;
    let plain = match &command.stage.instruction(index).arguments {
        Arguments::Exec { words, .. } => is_plain_shell(words.iter().map(|word| &*word.value)),
        _ => false,
    };
    let remedy = "write the command as an exec form, if it needs nothing of that shell";
    if !plain {
        checks.misses("MS7", format!("it runs in the SHELL of line {line}, which may do more"), remedy);
    } else if command.stage.input.model.variable(command.index, "BASH_ENV").is_some() {
        checks.misses("MS7", "BASH_ENV makes bash read a file first".to_owned(), remedy);
    }
}

/// `["/bin/bash", "-o", "pipefail", "-c"]`: a shell that runs its argument and nothing else. A login shell (`-l`)
/// reads files that may set PATH.
fn is_plain_shell<'w>(mut words: impl Iterator<Item = &'w str>) -> bool {
    let shell = words.next().map(|word| word.rsplit('/').next().unwrap_or(word));
    let options: Vec<&str> = words.collect();
    let harmless = |option: &&str| match option.strip_prefix('-') {
        Some(letters) => !letters.is_empty() && letters.bytes().all(|letter| b"ceuxo".contains(&letter)),
        None => matches!(*option, "pipefail" | "errexit" | "nounset" | "xtrace"),
    };
    matches!(shell, Some("sh" | "bash" | "ash" | "dash"))
        && !options.is_empty()
        && options.iter().all(harmless)
}

/// A CMD is an argument of the ENTRYPOINT in force: `/bin/sh` before, the program afterwards.
fn entrypoint_before(stage: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Option<()> {
    match stage.start().entrypoint {
        Setter::Cleared => checks.holds("MS16", "there is no ENTRYPOINT"),
        Setter::Instruction(index) => {
            let line = stage.instruction(index).lines.0;
            match stage.form(index) {
                Form::Empty => checks.holds("MS16", format!("line {line} sets no ENTRYPOINT")),
                // A shell-form ENTRYPOINT takes no arguments: this CMD never runs.
                Form::Shell(_) => return None,
                Form::Exec(words) if hands_over(&words) => {
                    checks.holds("MS16", format!("the ENTRYPOINT of line {line} runs what it is given"));
                }
                Form::Exec(_) => checks.misses(
                    "MS16",
                    format!("CMD is an argument of the ENTRYPOINT in line {line}, which may look at it"),
                    "write CMD as an exec form, if the entrypoint runs it as it is",
                ),
            }
        }
        Setter::BaseImage => inherited(facts, checks),
    }
    Some(())
}

fn inherited(facts: &Facts, checks: &mut Checks) {
    let family = facts.family;
    let known = |entrypoint: &&Entrypoint| {
        entrypoint.repositories.contains(&facts.repository)
            && facts.entrypoint == Some(entrypoint.words.as_slice())
    };
    match facts.entrypoint {
        Some([]) => checks.holds("MS16", format!("`{family}` has no ENTRYPOINT")),
        Some(_) if HANDING_OVER.iter().any(|entrypoint| known(&entrypoint)) => {
            checks.holds("MS16", format!("the ENTRYPOINT of `{family}` runs what it is given"));
        }
        Some(words) => checks.misses(
            "MS16",
            format!("the ENTRYPOINT of `{family}`, `{}`, may look at the command", words.join(" ")),
            "write CMD as an exec form, if the entrypoint runs it as it is",
        ),
        None => checks.misses(
            "MS16",
            format!("it is not known which ENTRYPOINT `{family}` has"),
            "write CMD as an exec form, if the entrypoint runs it as it is",
        ),
    }
}

/// `["tini", "--"]`, `["env", "A=b"]`: programs that do nothing but run their arguments.
fn hands_over(words: &[&str]) -> bool {
    let mut argv: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).collect();
    argv.push(Some("program"));
    let harmless = |kind: &WrapperKind| {
        matches!(kind, WrapperKind::Init | WrapperKind::Environment | WrapperKind::Priority)
    };
    shell::unwrap(&argv).is_some_and(|unwrapped| {
        unwrapped.program == words.len() && unwrapped.wrappers.iter().all(|(kind, _)| harmless(kind))
    })
}

/// A shell-form ENTRYPOINT ignores CMD; as an exec form it would take it for arguments.
fn command_after(stage: &Shipped<'_>, checks: &mut Checks) {
    match arguments(stage) {
        None => checks.holds("MS16", "no CMD would become its arguments"),
        Some(index) => checks.misses(
            "MS16",
            format!(
                "the CMD of line {}, now ignored, would become its arguments",
                stage.instruction(index).lines.0
            ),
            "delete that CMD, or write ENTRYPOINT as an exec form if they are meant as arguments",
        ),
    }
}

/// Whether an ENTRYPOINT would get arguments that its shell form ignores.
pub(super) fn would_take_arguments(command: &Command<'_>) -> bool {
    command.instruction.keyword == Keyword::Entrypoint
        && in_force(command).is_some_and(|stages| stages.iter().any(|stage| arguments(stage).is_some()))
}

/// The CMD that an ENTRYPOINT of the stage gets.
fn arguments(stage: &Shipped<'_>) -> Option<usize> {
    match stage.start().cmd {
        Setter::Instruction(index) => Some(index).filter(|index| stage.form(*index) != Form::Empty),
        // An ENTRYPOINT of this file clears the CMD of the image.
        Setter::Cleared | Setter::BaseImage => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_that_only_run_their_argument_are_plain() {
        for words in [
            vec!["/bin/sh", "-c"],
            vec!["/bin/bash", "-o", "pipefail", "-c"],
            vec!["bash", "-euxo", "pipefail", "-c"],
            vec!["/bin/ash", "-ec"],
        ] {
            assert!(is_plain_shell(words.iter().copied()), "{words:?}");
        }
        for words in [
            vec!["/bin/bash", "-lc"],
            vec!["/bin/bash", "--login", "-c"],
            vec!["conda", "run", "-n", "x", "/bin/bash", "-c"],
            vec!["powershell", "-Command"],
            vec!["/bin/bash"],
            vec![],
        ] {
            assert!(!is_plain_shell(words.iter().copied()), "{words:?}");
        }
    }

    #[test]
    fn init_programs_hand_over() {
        assert!(
            hands_over(&["tini", "--"]) && hands_over(&["/usr/bin/dumb-init"]) && hands_over(&["env", "A=b"])
        );
        assert!(
            !hands_over(&["/entrypoint.sh"])
                && !hands_over(&["tini", "--", "x.sh"])
                && !hands_over(&["node"])
        );
    }

    #[test]
    fn every_entrypoint_of_the_table_is_that_of_an_image_we_know() {
        for entrypoint in HANDING_OVER.iter() {
            for repository in &entrypoint.repositories {
                let facts = crate::images::facts(repository, Some("latest"));
                let known = facts.and_then(|facts| facts.entrypoint);
                assert!(known.is_none_or(|words| words == entrypoint.words), "{repository}: {known:?}");
            }
        }
    }
}
