//! `drop-sudo`: a RUN that runs as root runs its commands as root.

use super::checks::Checks;
use super::commands::{Run, runs, runs_as_root};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::shell::{Placed, Word, plain_words};

/// Leaves out `sudo`.
pub(super) const DROP_SUDO: Transform = Transform {
    name: "drop-sudo",
    summary: "leave out sudo where the RUN runs as root",
    category: Category::Security,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3004"],
    explain: "\
As root, sudo starts the program as the user that runs it already, with another PATH and without most variables.
`sudo` and those of its options that change nothing for root (`-E`, `-H`, `-n`) are left out; variables that are set for the program stay before it. With another user, a login shell or a list of variables, sudo stays.
Safe when all of this is proven:
PK1 the words of the command are certain, and the program is no builtin of the shell, which sudo does not start;
PK4 it is the same program: one of the system, or no PATH is set by the file, so that sudo's own finds no other;
PK5 the RUN runs as root, by USER or by the base image.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN sudo apt-get update && sudo -E apt-get install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nUSER app\nRUN sudo apt-get update\n",
            after: "FROM debian:12\nUSER app\nRUN sudo apt-get update\n",
        },
    ],
    run,
};

/// Options that change nothing for root.
const IDLE: &[&str] = &[
    "-E",
    "-H",
    "-n",
    "-EH",
    "-HE",
    "-En",
    "-nE",
    "--preserve-env",
    "--set-home",
    "--non-interactive",
    "--",
];

/// Programs that lie in folders of the system alone.
const OF_THE_SYSTEM: &[&str] = &[
    "add-apt-repository",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "apt-key",
    "apt-mark",
    "bash",
    "cat",
    "chmod",
    "chown",
    "chpasswd",
    "chsh",
    "cp",
    "dnf",
    "dpkg",
    "dpkg-reconfigure",
    "gpasswd",
    "groupadd",
    "install",
    "ldconfig",
    "ln",
    "locale-gen",
    "localedef",
    "mkdir",
    "mv",
    "passwd",
    "rm",
    "rmdir",
    "rpm",
    "sed",
    "service",
    "sh",
    "tar",
    "tee",
    "touch",
    "update-alternatives",
    "update-ca-certificates",
    "update-locale",
    "useradd",
    "usermod",
    "visudo",
    "yum",
    "zypper",
];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let runs = runs(input);
    let own = runs.iter().filter(|run| !run.is_trigger());
    own.flat_map(|run| {
        let commands = run.commands();
        commands.iter().filter_map(|placed| judge(run, placed)).collect::<Vec<_>>()
    })
    .collect()
}

fn judge(run: &Run<'_>, placed: &Placed<'_>) -> Option<Diagnostic> {
    let words = &placed.command.words;
    if words.first()?.literal() != Some("sudo") || placed.calls_function {
        return None;
    }
    // One sudo may call the next.
    let mut kept = 0;
    while words.get(kept)?.literal() == Some("sudo") {
        let idle = words[kept + 1..].iter();
        let idle = idle.take_while(|word| word.literal().is_some_and(|text| IDLE.contains(&text)));
        kept += 1 + idle.count();
    }
    let program = kept + words[kept..].iter().take_while(|word| sets_variable(run, word)).count();
    let name = words.get(program)?.literal()?;
    if name.starts_with('-')
        || name == "sudo"
        || words[kept..program].iter().any(|word| word.literal().is_none())
    {
        return None;
    }
    let edit: Edit = run.take_out(words[0].span.start(), words[kept].span.start())?;
    let mut checks = Checks::default();
    checks.take(runs_as_root(run)?);
    if plain_words(name).is_ok() {
        checks.holds("PK1", format!("`{name}` is a program"));
    } else {
        checks.misses(
            "PK1",
            format!("`{name}` is also a builtin of the shell"),
            "leave out `sudo`, if that is the same",
        );
    }
    let base = name.rsplit('/').next().unwrap_or(name);
    if OF_THE_SYSTEM.contains(&base)
        || name.starts_with('/')
        || run.input.model.variable(run.index, "PATH").is_none()
    {
        checks.holds("PK4", format!("`{name}` is found in the same place"));
    } else {
        let text = format!("PATH is set by the file, and sudo may find another `{name}` than the shell");
        checks.misses("PK4", text, format!("write the whole path of `{name}`"));
    }
    let span = run.place(words[0].span)?;
    Some(checks.fix(
        span,
        "sudo is not needed as root",
        format!("leave out `sudo` before `{name}`"),
        vec![edit],
        &[],
    ))
}

/// `A=b` before the program, written so that it means the same without sudo.
fn sets_variable(run: &Run<'_>, word: &Word) -> bool {
    let text = run.text(word.span);
    let name = text.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back};
    use super::DROP_SUDO;

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&DROP_SUDO, &file(before), &file(after));
    }

    #[test]
    fn it_goes_as_root() {
        becomes("RUN sudo mkdir /x", "RUN mkdir /x");
        becomes(
            "RUN echo a | sudo tee /x && sudo -H -n sh -c 'sudo x'",
            "RUN echo a | tee /x && sh -c 'sudo x'",
        );
        becomes(
            "RUN sudo -E DEBIAN_FRONTEND=x A=1 apt-get update",
            "RUN DEBIAN_FRONTEND=x A=1 apt-get update",
        );
        becomes("USER app\nUSER 0:0\nRUN sudo make", "USER app\nUSER 0:0\nRUN make");
        becomes("RUN X=$(sudo cat /x)", "RUN X=$(cat /x)");
        becomes("RUN sudo -E sudo -H make", "RUN make");
        becomes("RUN sudo A=1 sudo make", "RUN sudo A=1 sudo make");
        becomes("ENV PATH=/x:$PATH\nRUN sudo /x/pip install y", "ENV PATH=/x:$PATH\nRUN /x/pip install y");
    }

    #[test]
    fn lines_comments_and_line_ends_stay() {
        check(
            &DROP_SUDO,
            "FROM debian:12\r\nRUN a && \\\r\n    # sudo\r\n    sudo \\\r\n    apt-get update\r\n",
            "FROM debian:12\r\nRUN a && \\\r\n    # sudo\r\n    apt-get update\r\n",
        );
        becomes("RUN sudo \\\n # why\n apt-get update", "RUN sudo \\\n # why\n apt-get update");
        becomes("RUN <<EOF\nsudo apt-get update\nEOF", "RUN <<EOF\napt-get update\nEOF");
        check(
            &DROP_SUDO,
            "# escape=`\nFROM debian:12\nRUN a && `\n sudo b\n",
            "# escape=`\nFROM debian:12\nRUN a && `\n b\n",
        );
    }

    #[test]
    fn it_stays_where_it_does_something() {
        for run in [
            "USER app\nRUN sudo apt-get update",
            "ARG U\nUSER $U\nRUN sudo apt-get update",
            "RUN sudo -u app make",
            "RUN sudo -i",
            "RUN sudo --preserve-env=A make",
            "RUN sudo $X",
            "RUN sudo \"A=b c\" make",
            "RUN sudo A=$B make",
            "RUN sudo -s",
            "RUN xargs sudo rm",
            "RUN echo sudo make",
            "RUN [\"sudo\", \"make\"]",
            "ONBUILD RUN sudo make",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn what_is_not_known_holds_it_back() {
        held_back(&DROP_SUDO, &[], "FROM corp/base:1\nRUN sudo apt-get update\n", &["PK5"]);
        held_back(&DROP_SUDO, &[], "FROM debian:12\nRUN sudo echo x\n", &["PK1"]);
        held_back(
            &DROP_SUDO,
            &[],
            "FROM debian:12\nENV PATH=/venv/bin:$PATH\nRUN sudo pip install x\n",
            &["PK4"],
        );
    }
}
