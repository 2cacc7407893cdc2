//! `clean-package-caches`: what yum, dnf and zypper have fetched goes in the RUN that fetched it.

use std::collections::BTreeSet;

use super::checks::Checks;
use super::commands::{Call, Run, calls, later_runs, needed_in_image, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Action, Manager, Placed, Role};

/// Empties the caches of yum, dnf and zypper.
pub(super) const CLEAN_PACKAGE_CACHES: Transform = Transform {
    name: "clean-package-caches",
    summary: "empty the caches of yum, dnf and zypper in the RUN that fills them",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3032", "hadolint:DL3036", "hadolint:DL3040"],
    explain: "\
yum, dnf, microdnf, tdnf and zypper keep what they know of their repositories, and fetch it again whenever they need it.
`yum clean all` and its like are added at the end of the RUN that installs, joined as the RUN joins its other commands; in a later RUN they would free nothing.
A RUN with a cache or a tmpfs mounted there stays, one that cleans by itself, and one that installs into another root; so does a stage that is neither shipped nor built upon, where a later RUN would have to fetch again.
Safe when all of this is proven:
PK1 the words of the command are certain;
PK3 nothing later works from the cache alone;
PK6 the RUN still fails exactly if it failed before: the command runs only behind all others.",
    examples: &[
        Example {
            files: &[],
            before: "FROM almalinux:9\nRUN dnf install -y curl\n",
            after: "FROM almalinux:9\nRUN dnf install -y curl && dnf clean all\n",
        },
        Example {
            files: &[],
            before: "FROM almalinux:9\nRUN --mount=type=cache,target=/var/cache/dnf dnf install -y curl\n",
            after: "FROM almalinux:9\nRUN --mount=type=cache,target=/var/cache/dnf dnf install -y curl\n",
        },
    ],
    run,
};

/// Where the caches lie.
const FOLDERS: &[&str] =
    &["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5", "/var/cache/tdnf", "/var/cache/zypp"];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // A mount keeps the downloads out of the image, so there is nothing to clean.
    if input.options.packages.mounts() {
        return Vec::new();
    }
    runs(input).iter().filter(|run| !run.is_trigger()).filter_map(judge).collect()
}

fn judge(run: &Run<'_>) -> Option<Diagnostic> {
    let all: Vec<Call<'_>> = calls(run);
    let fills = |call: &&Call<'_>| {
        matches!(call.install.manager, Manager::Dnf | Manager::Zypper)
            && matches!(call.install.action, Action::Install | Action::Upgrade)
    };
    let filling: Vec<&Call<'_>> = all.iter().filter(fills).collect();
    let last = *filling.last()?;
    let decided = FOLDERS.iter().any(|folder| run.keeps_out(folder))
        || filling.iter().any(|call| call.install.has(Role::Root) || call.install.option("--root").is_some())
        || run.commands().iter().any(|placed| cleans(run, placed, last));
    if decided || !needed_in_image(run) && works_on(run, last.install.manager) {
        return None;
    }
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", last.name()));
    match works_from_cache(run) {
        None => checks.holds("PK3", "nothing later works from the cache alone"),
        Some(line) => {
            checks.misses(
                "PK3",
                format!("line {line} works from the cache alone"),
                "leave out `--cacheonly` there",
            );
        }
    }
    let message = format!("`{}` leaves its cache in the image", last.name());
    let Some(edit) = command(&filling).and_then(|command| run.append(&command)) else {
        let text = "nothing can be added at the end of the RUN without a change of its outcome";
        checks.misses("PK6", text, "empty the cache where it fits");
        return Some(checks.hold_back(last.span(), message));
    };
    checks.holds("PK6", "it runs behind all other commands, and only if they have gone well");
    Some(checks.fix(last.span(), message, "empty the cache of the package manager", vec![edit], &[]))
}

/// What empties the caches of these calls, each program once.
fn command(calls: &[&Call<'_>]) -> Option<String> {
    let mut commands = BTreeSet::new();
    for call in calls {
        let prefix = call.sudo()?;
        let arguments = if call.install.manager == Manager::Zypper { "clean --all" } else { "clean all" };
        commands.insert(format!("{prefix}{} {arguments}", call.program()));
    }
    Some(commands.into_iter().collect::<Vec<_>>().join(" && "))
}

/// Whether a command behind the last install empties a cache.
fn cleans(run: &Run<'_>, placed: &Placed<'_>, last: &Call<'_>) -> bool {
    if placed.command.span.start() < last.placed.command.span.start() {
        return false;
    }
    let by_manager = placed
        .command
        .install()
        .is_some_and(|install| install.manager == last.install.manager && install.action == Action::Clean);
    let words = placed.command.effective().map(|effective| effective.words).unwrap_or_default();
    let removes = words.first().and_then(|word| word.literal()) == Some("rm");
    let named = |text: &str| {
        FOLDERS.iter().any(|folder| text.starts_with(folder)) || text.starts_with("/var/cache/*")
    };
    by_manager || removes && words.iter().any(|word| named(run.text(word.span)))
}

/// Whether a later RUN of the stage uses the manager.
fn works_on(run: &Run<'_>, manager: Manager) -> bool {
    later_runs(run).iter().any(|later| calls(later).iter().any(|call| call.install.manager == manager))
}

fn works_from_cache(run: &Run<'_>) -> Option<usize> {
    let from_cache =
        |call: &Call<'_>| ["-C", "--cacheonly"].iter().any(|name| call.install.option(name).is_some());
    let later = later_runs(run);
    let found = later.iter().find(|later| calls(later).iter().any(from_cache))?;
    Some(found.instruction.lines.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back};
    use super::CLEAN_PACKAGE_CACHES;

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM almalinux:9\n{run}\n");
        check(&CLEAN_PACKAGE_CACHES, &file(before), &file(after));
    }

    #[test]
    fn each_manager_has_its_command() {
        for (before, added) in [
            ("dnf install -y x", "dnf clean all"),
            ("yum -y install x", "yum clean all"),
            ("microdnf install x", "microdnf clean all"),
            ("tdnf install -y x", "tdnf clean all"),
            ("zypper -n install x", "zypper clean --all"),
            ("sudo dnf upgrade -y", "sudo dnf clean all"),
            ("yum install -y x && dnf install -y y", "dnf clean all && yum clean all"),
        ] {
            becomes(&format!("RUN {before}"), &format!("RUN {before} && {added}"));
        }
    }

    #[test]
    fn command_is_joined_as_the_others_are() {
        check(
            &CLEAN_PACKAGE_CACHES,
            "FROM almalinux:9\r\nRUN dnf install -y x \\\r\n    # y\r\n    && make\r\n",
            "FROM almalinux:9\r\nRUN dnf install -y x \\\r\n    # y\r\n    && make \\\r\n    && dnf clean all\r\n",
        );
        becomes("RUN yum install -y x; make", "RUN yum install -y x; make && yum clean all");
        becomes(
            "RUN <<EOF\nset -e\ndnf install -y x\nEOF",
            "RUN <<EOF\nset -e\ndnf install -y x && dnf clean all\nEOF",
        );
        check(
            &CLEAN_PACKAGE_CACHES,
            "# escape=`\nFROM almalinux:9\nRUN dnf install -y `\n  x\n",
            "# escape=`\nFROM almalinux:9\nRUN dnf install -y `\n  x `\n  && dnf clean all\n",
        );
    }

    #[test]
    fn what_is_decided_stays() {
        for run in [
            "RUN dnf install -y x && dnf clean all",
            "RUN yum install -y x && rm -rf /var/cache/yum/*",
            "RUN dnf install -y x && yum clean all",
            "RUN zypper in -y x && zypper cc",
            "RUN dnf install -y --installroot /mnt x",
            "RUN --mount=type=cache,target=/var/cache/dnf dnf install -y x",
            "RUN --mount=type=cache,target=/var/cache dnf install -y x",
            "RUN dnf makecache",
            "RUN echo dnf install -y x",
            "ONBUILD RUN dnf install -y x",
        ] {
            becomes(run, run);
        }
        becomes(
            "RUN dnf clean all && dnf install -y x",
            "RUN dnf clean all && dnf install -y x && dnf clean all",
        );
    }

    #[test]
    fn what_works_from_the_cache_holds_it_back() {
        let text = "FROM almalinux:9\nRUN dnf install -y x\nRUN dnf -C list\n";
        held_back(&CLEAN_PACKAGE_CACHES, &[], text, &["PK3"]);
    }

    #[test]
    fn where_nothing_can_follow_it_is_held_back() {
        let text = "FROM almalinux:9\nRUN dnf install -y x &\n";
        held_back(&CLEAN_PACKAGE_CACHES, &[], text, &["PK6"]);
    }

    #[test]
    fn stage_that_goes_on_installing_is_not_slowed_down() {
        let text = "FROM almalinux:9 AS a\nRUN dnf install -y x\nRUN dnf install -y y && dnf clean all\nFROM scratch\nCOPY --from=a /x /\n";
        check(&CLEAN_PACKAGE_CACHES, text, text);
    }
}
