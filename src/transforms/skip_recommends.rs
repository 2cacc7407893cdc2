//! `skip-recommends`: apt-get installs what is named and what that depends on, not what goes well with it.

use super::checks::Checks;
use super::commands::{Call, calls, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Manager, Role};

/// Adds `--no-install-recommends`.
pub(super) const SKIP_RECOMMENDS: Transform = Transform {
    name: "skip-recommends",
    summary: "install without the packages that are only recommended",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3015", "DBP-6"],
    explain: "\
apt-get also installs what a package recommends, which is often more than the package itself.
`--no-install-recommends` is added to `apt-get install`, unless the command or a setting that the file writes already says something about it.
Nobody can see from the files whether the program needs a recommended package after all: ca-certificates, fonts, a compression tool. So this is held back until that is said.
Safe when all of this is proven:
PK1 the words of the command are certain;
PK5 nothing that is recommended is needed: `recommends = false` in `[packages]` of dockfix.toml says so. `recommends = true` says that they are, and nothing is asked again.",
    examples: &[
        Example {
            files: &[("dockfix.toml", "[packages]\nrecommends = false\n")],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends curl\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
    ],
    run,
};

/// The setting that does the same for all commands.
const SETTING: &str = "APT::Install-Recommends";

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if input.options.packages.recommends == Some(true) || input.source.text().contains(SETTING) {
        return Vec::new();
    }
    runs(input).iter().flat_map(|run| calls(run).iter().filter_map(judge).collect::<Vec<_>>()).collect()
}

fn judge(call: &Call<'_>) -> Option<Diagnostic> {
    let install = &call.install;
    let apt = install.manager == Manager::Apt && matches!(call.program(), "apt-get" | "apt");
    let said = install.has(Role::NoRecommends) || install.option("--install-recommends").is_some();
    if !apt || install.command != "install" || said {
        return None;
    }
    let edit = call.add_option(call.subcommand()?, "--no-install-recommends")?;
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", call.name()));
    match call.run.input.options.packages.recommends {
        Some(false) => checks.holds("PK5", "nothing that is recommended is needed (dockfix.toml)"),
        _ => checks.misses(
            "PK5",
            "whether something that is only recommended is needed is not known",
            "say `recommends = false` in `[packages]` of dockfix.toml, or `recommends = true` to keep them",
        ),
    }
    let message = format!("`{}` installs what is only recommended, too", call.name());
    Some(checks.fix(call.span(), message, "install without what is only recommended", vec![edit], &[]))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_in, held_back, same};
    use super::SKIP_RECOMMENDS;

    const LEAVE_OUT: &[(&str, &str)] = &[("dockfix.toml", "[packages]\nrecommends = false\n")];
    const KEEP: &[(&str, &str)] = &[("dockfix.toml", "[packages]\nrecommends = true\n")];

    #[test]
    fn option_follows_the_others() {
        for (before, after) in [
            ("apt-get install -y -q git", "apt-get install -y -q --no-install-recommends git"),
            ("apt-get install git", "apt-get install --no-install-recommends git"),
            ("apt-get install -t stable git", "apt-get install --no-install-recommends -t stable git"),
            (
                "apt-get install -y \\\r\n    # tools\r\n    git",
                "apt-get install -y --no-install-recommends \\\r\n    # tools\r\n    git",
            ),
        ] {
            let newline = if before.contains('\r') { "\r\n" } else { "\n" };
            let file = |run: &str| format!("FROM debian:12{newline}RUN {run}{newline}");
            check_in(&SKIP_RECOMMENDS, LEAVE_OUT, &file(before), &file(after));
        }
    }

    #[test]
    fn what_says_so_already_stays() {
        for run in [
            "apt-get install -y --no-install-recommends git",
            "apt-get install -y --install-recommends git",
            "apt-get -o APT::Install-Recommends=0 install -y git",
            "echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/x && apt-get install git",
            "apt-get update",
            "aptitude install -y git",
            "zypper install git",
        ] {
            let text = format!("FROM debian:12\nRUN {run}\n");
            check_in(&SKIP_RECOMMENDS, LEAVE_OUT, &text, &text);
        }
    }

    #[test]
    fn it_waits_for_the_user() {
        let text = "FROM debian:12\nRUN apt-get install -y git\n";
        held_back(&SKIP_RECOMMENDS, &[], text, &["PK5"]);
        held_back(&SKIP_RECOMMENDS, KEEP, text, &[]);
        same(&SKIP_RECOMMENDS, text);
    }
}
