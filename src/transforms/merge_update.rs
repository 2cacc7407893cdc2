//! `merge-update`: the lists of packages are fetched in the RUN that installs from them.

use super::checks::Checks;
use super::commands::{Run, calls};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::shell::{Action, Manager, SimpleCommand};

/// Moves `apt-get update` into the RUN that needs it.
pub(super) const MERGE_UPDATE: Transform = Transform {
    name: "merge-update",
    summary: "fetch the lists of packages in the RUN that installs from them",
    category: Category::Cache,
    effect: Effect::SameImage,
    default: true,
    fixes: &["CIS:4.7", "DBP-11"],
    explain: "\
A RUN with `apt-get update` alone is taken from the cache for months, while the install below it changes: it then asks the mirror for versions that are gone, or installs old ones.
`apt-get update` (or `apk update`) is put in front of the install that follows, joined by `&&`, and its own RUN goes.
Comments stay in their places.
Safe when all of this is proven:
PK1 the words of both commands are certain, and the first RUN does nothing but fetch the lists;
PK6 the second RUN fails where the update fails: it is one chain of `&&`;
PK7 nothing stands between the two, and neither has flags.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update\nCOPY packages.txt .\nRUN apt-get install -y $(cat packages.txt)\n",
            after: "FROM debian:12\nRUN apt-get update\nCOPY packages.txt .\nRUN apt-get install -y $(cat packages.txt)\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    (0..input.document.instructions.len().saturating_sub(1)).filter_map(|index| judge(input, index)).collect()
}

fn judge(input: &Input<'_>, index: usize) -> Option<Diagnostic> {
    let (first, second) = (Run::of(input, index)?, Run::of(input, index + 1)?);
    let plain = |run: &Run<'_>| !run.is_trigger() && !run.is_heredoc() && run.instruction.flags.is_empty();
    if !plain(&first) || !plain(&second) || first.stage() != second.stage() {
        return None;
    }
    let (manager, update) = only_update(&first)?;
    let place = first.place(update.span)?;
    let installs = calls(&second);
    let mut own = installs.iter().filter(|call| call.install.manager == manager);
    let install =
        own.clone().find(|call| matches!(call.install.action, Action::Install | Action::Upgrade))?;
    if own.any(|call| call.install.action == Action::Update) || governs(input, index) {
        return None;
    }
    let mut checks = Checks::default();
    let name = first.text(update.span);
    checks.holds("PK1", format!("the RUN above does nothing but `{name}`"));
    checks.holds("PK7", "nothing stands between the two");
    let message =
        format!("`{name}` stands in a RUN of its own, which the cache keeps when its lists are old");
    let Some(start) = second.start_of_chain() else {
        let remedy = format!("write `{name} &&` before the install");
        checks.misses("PK6", "the RUN that installs is more than a chain of `&&`", remedy);
        return Some(checks.hold_back(place, message));
    };
    checks.holds("PK6", "the RUN that installs is one chain of `&&`");
    let edits = vec![
        Edit::delete(input.document.line_span(index)),
        Edit::insert(second.start(start), format!("{name} && ")),
    ];
    let title = format!("put `{name}` before `{}`", install.name());
    Some(checks.fix(place, message, title, edits, &[]))
}

/// The update that a RUN consists of.
fn only_update<'r>(run: &'r Run<'_>) -> Option<(Manager, &'r SimpleCommand)> {
    let command = run.script()?.only_command()?;
    let install = command.install()?;
    let fetches = matches!(install.manager, Manager::Apt | Manager::Apk)
        && install.action == Action::Update
        && install.is_certain()
        && install.operands.is_empty();
    let plain = command.redirects.is_empty() && run.instruction.inner_comments.is_empty();
    (fetches && plain).then_some((install.manager, command))
}

/// Whether a comment above the RUN tells a tool something about it, which must not come to hold for another.
fn governs(input: &Input<'_>, index: usize) -> bool {
    let comments = input.document.comment_block(index).of(input.source.text());
    ["ignore", "skip=", "shell="].iter().any(|word| comments.contains(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back, same};
    use super::MERGE_UPDATE;

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&MERGE_UPDATE, &file(before), &file(after));
    }

    #[test]
    fn update_is_put_before_the_install() {
        becomes(
            "RUN apt-get update\n\nRUN a && apt-get install x",
            "\nRUN apt-get update && a && apt-get install x",
        );
        becomes(
            "RUN apt-get -qq update\nRUN sudo apt-get install x",
            "RUN apt-get -qq update && sudo apt-get install x",
        );
        becomes("RUN apk update\nRUN apk add x", "RUN apk update && apk add x");
        becomes(
            "RUN apt-get update\nRUN apt-get install -y \\\n    x \\\n && make\nRUN apt-get install y",
            "RUN apt-get update && apt-get install -y \\\n    x \\\n && make\nRUN apt-get install y",
        );
        same(&MERGE_UPDATE, "FROM a\nRUN apt-get update\nFROM a\nRUN apt-get install x\n");
    }

    #[test]
    fn comments_line_ends_and_escape_character_stay() {
        check(
            &MERGE_UPDATE,
            "FROM a\r\n# lists\r\nRUN apt-get update\r\n# tools\r\nRUN apt-get install \\\r\n    # x\r\n    x",
            "FROM a\r\n# lists\r\n# tools\r\nRUN apt-get update && apt-get install \\\r\n    # x\r\n    x",
        );
        check(
            &MERGE_UPDATE,
            "# escape=`\nFROM a\nRUN apt-get update\nRUN apt-get install `\n x\n",
            "# escape=`\nFROM a\nRUN apt-get update && apt-get install `\n x\n",
        );
    }

    #[test]
    fn what_is_more_than_an_update_stays() {
        for run in [
            "RUN apt-get update && apt-get install x\nRUN apt-get install y",
            "RUN apt-get update && apt-get upgrade -y\nRUN apt-get install y",
            "RUN apt-get update || true\nRUN apt-get install y",
            "RUN apt-get update # x\nRUN apt-get install y",
            "RUN apt-get update\nRUN apt-get update && apt-get install y",
            "RUN apt-get update\nRUN make",
            "RUN apt-get update\nUSER root\nRUN apt-get install y",
            "RUN apt-get update\nRUN apk add y",
            "RUN --mount=type=cache,target=/var/lib/apt apt-get update\nRUN apt-get install y",
            "RUN apt-get update\nRUN --network=none apt-get install y",
            "# hadolint ignore=DL3009\nRUN apt-get update\nRUN apt-get install y",
            "ONBUILD RUN apt-get update\nONBUILD RUN apt-get install y",
            "RUN apt-get update\nRUN <<EOF\napt-get install y\nEOF",
            "RUN apt-get \\\n # x\n update\nRUN apt-get install y",
            "RUN [\"apt-get\", \"update\"]\nRUN apt-get install y",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn outcome_that_would_change_holds_it_back() {
        for install in [
            "apt-get install x; make",
            "apt-get install x || true",
            "apt-get install x &",
            "! apt-get install x",
        ] {
            held_back(&MERGE_UPDATE, &[], &format!("FROM a\nRUN apt-get update\nRUN {install}\n"), &["PK6"]);
        }
    }
}
