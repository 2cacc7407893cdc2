//! `use-apt-get`: `apt` is for people, and says so; scripts have `apt-get` and `apt-cache`.

use super::checks::Checks;
use super::commands::{Call, calls, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Manager, Word};

/// Writes `apt-get` for `apt`.
pub(super) const USE_APT_GET: Transform = Transform {
    name: "use-apt-get",
    summary: "write `apt-get` for `apt`, whose interface is not stable",
    category: Category::Packages,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3027"],
    explain: "\
`apt` warns that its interface may change and that scripts should not use it; `apt-get` does the same work and stays as it is.
Rewritten are the subcommands that both have: install, update, remove, purge, autoremove, clean, autoclean, build-dep, source, download. `apt upgrade` also installs what an upgrade newly needs, so it becomes `apt-get upgrade --with-new-pkgs`; `apt full-upgrade` becomes `apt-get dist-upgrade`; what only asks (search, show, policy, depends, rdepends) becomes `apt-cache`.
`apt list`, `apt edit-sources` and whatever else has no twin stays.
Safe when all of this is proven:
PK1 the words of the command are certain and its options known to both programs, and no package is named by a pattern, which the two read differently;
PK6 nothing reads what the command prints, where the twin is `apt-cache`: its words are others.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt update && apt install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt list --installed\n",
            after: "FROM debian:12\nRUN apt list --installed\n",
        },
    ],
    run,
};

/// Subcommands of `apt` with the program and the words that do the same.
const TWINS: &[(&str, &str, Option<&str>)] = &[
    ("install", "apt-get", None),
    ("update", "apt-get", None),
    ("remove", "apt-get", None),
    ("purge", "apt-get", None),
    ("autoremove", "apt-get", None),
    ("clean", "apt-get", None),
    ("autoclean", "apt-get", None),
    ("build-dep", "apt-get", None),
    ("source", "apt-get", None),
    ("download", "apt-get", None),
    ("upgrade", "apt-get", Some("upgrade --with-new-pkgs")),
    ("full-upgrade", "apt-get", Some("dist-upgrade")),
    ("dist-upgrade", "apt-get", None),
    ("search", "apt-cache", None),
    ("show", "apt-cache", None),
    ("policy", "apt-cache", None),
    ("depends", "apt-cache", None),
    ("rdepends", "apt-cache", None),
];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    runs(input).iter().flat_map(|run| calls(run).iter().filter_map(judge).collect::<Vec<_>>()).collect()
}

fn judge(call: &Call<'_>) -> Option<Diagnostic> {
    let (install, words) = (&call.install, &call.placed.command.words);
    let program = install.unwrapped.program;
    if install.manager != Manager::Apt || words.get(program)?.literal() != Some("apt") {
        return None;
    }
    let subcommand = call.subcommand()?;
    let (name, twin, command) = TWINS.iter().find(|(name, ..)| *name == install.command)?;
    let mut edits = vec![call.replace_word(program, twin)?];
    if let Some(command) = command.filter(|_| install.option("--with-new-pkgs").is_none()) {
        edits.push(call.replace_word(subcommand, command)?);
    }
    let mut checks = Checks::default();
    let remedy = format!("write `{twin}`");
    if let Some(unknown) = install.unknown.first() {
        let option = call.run.text(words[*unknown].span);
        checks.misses("PK1", format!("whether `{twin}` knows the option `{option}` is not known"), remedy);
    } else if *twin == "apt-get" && install.operands.iter().any(|at| is_pattern(&words[*at])) {
        checks.misses("PK1", "a package is named by a pattern", remedy);
    } else if *twin == "apt-cache" && is_read(call) {
        checks.misses(
            "PK6",
            format!("what `apt {name}` prints is read, and `apt-cache` prints other words"),
            remedy,
        );
    } else {
        checks.holds("PK1", format!("`{twin} {}` does the same", command.unwrap_or(name)));
    }
    let message = "`apt` is for people; its interface is not stable";
    Some(checks.fix(call.span(), message, format!("write `{twin}` for `apt {name}`"), edits, &[]))
}

/// Whether a word names packages by a pattern: the shell leaves it as it is where no file fits. What a variable holds is
/// taken for names.
fn is_pattern(word: &Word) -> bool {
    match word.literal() {
        Some(text) => text.contains(['*', '?', '[', '^', '$']),
        None => !word.has_expansion(),
    }
}

/// Whether something else gets the command's output.
fn is_read(call: &Call<'_>) -> bool {
    let guards = call.placed.guards;
    guards.piped || guards.substitution || guards.enclosed || !call.placed.command.redirects.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back};
    use super::USE_APT_GET;

    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&USE_APT_GET, &file(before), &file(after));
    }

    fn stays(run: &str) {
        becomes(run, run);
    }

    #[test]
    fn each_subcommand_becomes_its_twin() {
        becomes("RUN apt update && apt install -y git", "RUN apt-get update && apt-get install -y git");
        becomes("RUN apt -y upgrade", "RUN apt-get -y upgrade --with-new-pkgs");
        becomes("RUN apt full-upgrade -y", "RUN apt-get dist-upgrade -y");
        becomes("RUN apt show git", "RUN apt-cache show git");
        becomes("RUN sudo apt autoremove -y", "RUN sudo apt-get autoremove -y");
        becomes("RUN apt install -y ./x.deb python$V", "RUN apt-get install -y ./x.deb python$V");
        becomes("ONBUILD RUN apt update", "ONBUILD RUN apt-get update");
    }

    #[test]
    fn comments_and_line_ends_stay() {
        check(
            &USE_APT_GET,
            "FROM a\r\nRUN apt update \\\r\n    # apt install x\r\n    && apt install \\\r\n    apt\r\n",
            "FROM a\r\nRUN apt-get update \\\r\n    # apt install x\r\n    && apt-get install \\\r\n    apt\r\n",
        );
        becomes("RUN <<EOF\napt update # apt\nEOF", "RUN <<EOF\napt-get update # apt\nEOF");
        check(
            &USE_APT_GET,
            "# escape=`\nFROM a\nRUN apt `\n  update\n",
            "# escape=`\nFROM a\nRUN apt-get `\n  update\n",
        );
    }

    #[test]
    fn what_has_no_twin_stays() {
        for run in [
            "RUN apt list",
            "RUN apt edit-sources",
            "RUN apt",
            "RUN apt-get update",
            "RUN apt-key add x",
            "RUN echo apt update",
            "RUN /usr/bin/apt update",
            "RUN cat apt install > x",
            "RUN apt $X",
        ] {
            stays(run);
        }
    }

    #[test]
    fn patterns_and_unknown_options_are_held_back() {
        for run in ["apt install -y 'lib*-dev'", "apt install -y lib*-dev", "apt install --surprise x"] {
            held_back(&USE_APT_GET, &[], &format!("FROM debian:12\nRUN {run}\n"), &["PK1"]);
        }
    }

    #[test]
    fn output_that_is_read_is_held_back() {
        for run in ["apt show git | grep Version", "V=$(apt policy git)", "apt search x > /list"] {
            held_back(&USE_APT_GET, &[], &format!("FROM debian:12\nRUN {run}\n"), &["PK6"]);
        }
    }
}
