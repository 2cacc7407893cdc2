//! `assume-yes`: package managers are told not to ask, since nobody is there to answer.

use super::checks::Checks;
use super::commands::{Call, calls, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Action, Manager, Role};

/// Adds `-y` where a package manager might ask.
pub(super) const ASSUME_YES: Transform = Transform {
    name: "assume-yes",
    summary: "tell apt-get, yum, dnf and zypper not to ask, since nobody is there to answer",
    category: Category::Packages,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3014", "hadolint:DL3030", "hadolint:DL3034", "hadolint:DL3038"],
    explain: "\
A package manager that asks gets no answer in a build, and fails as soon as it wants more than what was named.
`-y` is added to what installs, upgrades or removes with apt-get, apt, yum, dnf, microdnf and tdnf, and `-n` to zypper.
What has the option in any spelling stays, and so does what is told to answer no or only to show what it would do.
Safe when both are proven:
PK1 the words of the command are certain, and no option that is not known stands before its subcommand;
PK2 the command has to succeed for the RUN to succeed, so it has done its work already, and the option changes nothing but that it will.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get install curl || true\n",
            after: "FROM debian:12\nRUN apt-get install curl || true\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    runs(input).iter().flat_map(|run| calls(run).iter().filter_map(judge).collect::<Vec<_>>()).collect()
}

fn judge(call: &Call<'_>) -> Option<Diagnostic> {
    let install = &call.install;
    let asks = matches!(install.action, Action::Install | Action::Upgrade | Action::Remove);
    if !asks || install.has(Role::Yes) || answers(call) {
        return None;
    }
    let (behind, option) = match install.manager {
        Manager::Apt if call.program() != "aptitude" => (call.subcommand()?, "-y"),
        Manager::Dnf => (call.subcommand()?, "-y"),
        // One global option for all of its subcommands.
        Manager::Zypper => (install.unwrapped.program, "-n"),
        _ => return None,
    };
    let edit = call.insert_behind(behind, option)?;
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", call.name()));
    if call.placed.guards.must_succeed() {
        checks.holds("PK2", "it has to succeed for the RUN to succeed");
    } else {
        checks.misses(
            "PK2",
            format!(
                "`{}` may fail without failing the build, so it may never have done its work",
                call.name()
            ),
            format!("write `{option}`, if its work is wanted"),
        );
    }
    let message = format!("`{}` asks, and nobody answers", call.name());
    Some(checks.fix(call.span(), message, format!("add `{option}` to `{}`", call.name()), vec![edit], &[]))
}

/// Whether it is told how to answer in another way, or never gets as far as to ask.
fn answers(call: &Call<'_>) -> bool {
    const OTHERWISE: &[&str] = &[
        // Quiet twice over means yes to apt-get.
        "-qq",
        "-qqq",
        "--assume-no",
        "--assumeno",
        "-s",
        "--simulate",
        "--dry-run",
        "--print-uris",
        "-h",
    ];
    let quiet = call.install.options.iter().filter(|option| option.name == "-q").count();
    let very_quiet = call.install.options.iter().any(|option| {
        matches!(option.name.as_str(), "-q" | "--quiet")
            && option.value.as_ref().is_some_and(|value| value.text.as_deref() == Some("2"))
    });
    let is_apt = call.install.manager == Manager::Apt;
    is_apt && (quiet > 1 || very_quiet) || OTHERWISE.iter().any(|name| call.install.option(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back, same};
    use super::ASSUME_YES;

    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&ASSUME_YES, &file(before), &file(after));
    }

    fn stays(run: &str) {
        becomes(run, run);
    }

    #[test]
    fn option_follows_the_subcommand() {
        becomes("RUN apt-get install curl", "RUN apt-get install -y curl");
        becomes(
            "RUN apt-get -q install --no-install-recommends git",
            "RUN apt-get -q install -y --no-install-recommends git",
        );
        becomes("RUN a; b && apt-get upgrade", "RUN a; b && apt-get upgrade -y");
        becomes(
            "RUN yum install curl && dnf -q install git",
            "RUN yum install -y curl && dnf -q install -y git",
        );
        becomes("RUN microdnf install curl", "RUN microdnf install -y curl");
        becomes("RUN zypper install curl", "RUN zypper -n install curl");
        becomes("RUN sudo -E apt-get install curl", "RUN sudo -E apt-get install -y curl");
        becomes("RUN set -ex; apt-get install curl; make", "RUN set -ex; apt-get install -y curl; make");
        becomes(
            "RUN [ -f x ]\nRUN DEBIAN_FRONTEND=noninteractive apt-get install curl",
            "RUN [ -f x ]\nRUN DEBIAN_FRONTEND=noninteractive apt-get install -y curl",
        );
        becomes("ONBUILD RUN apt-get install curl", "ONBUILD RUN apt-get install -y curl");
    }

    #[test]
    fn lines_and_comments_stay() {
        becomes(
            "RUN apt-get update && \\\n    # tools\n    apt-get install \\\n    curl \\\n\n    wget",
            "RUN apt-get update && \\\n    # tools\n    apt-get install -y \\\n    curl \\\n\n    wget",
        );
        becomes(
            "RUN <<EOF\nset -e\napt-get install \\\n  curl\nEOF",
            "RUN <<EOF\nset -e\napt-get install -y \\\n  curl\nEOF",
        );
    }

    #[test]
    fn line_ends_and_escape_character_stay() {
        check(
            &ASSUME_YES,
            "FROM debian:12\r\nRUN apt-get install \\\r\n    curl\r\nCMD [\"x\"]\r\n",
            "FROM debian:12\r\nRUN apt-get install -y \\\r\n    curl\r\nCMD [\"x\"]\r\n",
        );
        check(
            &ASSUME_YES,
            "# escape=`\nFROM debian:12\nRUN apt-get install `\n    curl\n",
            "# escape=`\nFROM debian:12\nRUN apt-get install -y `\n    curl\n",
        );
    }

    #[test]
    fn what_answers_already_stays() {
        for run in [
            "RUN apt-get install -y curl",
            "RUN apt-get -y install curl",
            "RUN apt-get install curl --yes",
            "RUN apt-get -yqq install curl",
            "RUN apt-get -qq install curl",
            "RUN apt-get -q -q install curl",
            "RUN apt-get -q=2 install curl",
            "RUN apt-get install --assume-no curl",
            "RUN apt-get install -s curl",
            "RUN apt-get update",
            "RUN yum -y install curl",
            "RUN zypper --non-interactive install curl",
            "RUN zypper in -y curl",
        ] {
            stays(run);
        }
    }

    #[test]
    fn what_is_not_certain_stays() {
        for run in [
            "RUN $APT install curl",
            "RUN apt-get $OPTIONS install curl",
            "RUN apt-get --surprise install curl",
            "RUN eval 'apt-get install curl'",
            "RUN bash -c 'apt-get install curl'",
            "RUN apt-get() { true; }; apt-get install curl",
            "RUN echo apt-get install curl",
            "RUN apt-get inst\\\nall curl",
            "RUN [\"apt-get\", \"install\", \"curl\"]",
            "RUN cat <<EOF > /x\napt-get install curl\nEOF",
            "RUN <<EOF\n#!/usr/bin/env python3\napt-get install curl\nEOF",
            "RUN python3 <<EOF\napt-get install curl\nEOF",
            "SHELL [\"fish\", \"-c\"]\nRUN apt-get install curl",
        ] {
            stays(run);
        }
    }

    #[test]
    fn what_may_fail_is_held_back() {
        for run in ["apt-get install curl || true", "apt-get install curl; make", "apt-get remove gcc & wait"]
        {
            held_back(&ASSUME_YES, &[], &format!("FROM debian:12\nRUN {run}\n"), &["PK2"]);
        }
    }

    #[test]
    fn shell_of_windows_is_another() {
        same(&ASSUME_YES, "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN apt-get install curl\n");
    }
}
