//! `npm install` → `npm ci` (MC11): where the lock file is there and in sync, so that both install the same.

use super::super::Diagnostic;
use super::super::checks::Checks;
use super::super::shipped::join;
use super::place::{Place, Target, installs_here, places};
use super::placement::folder_at;
use super::turn::Turn;
use crate::edit::Edit;
use crate::project::ecosystems::Verdict;
use crate::project::ecosystems::npm::{Lock, Peers};
use crate::shell::Action;

const MESSAGE: &str = "`npm install` does not keep to the lock file";

/// Options with which `npm install` does something else than `npm ci`.
const OTHER_MEANING: &[&str] = &[
    "--force",
    "-f",
    "--no-package-lock",
    "--package-lock",
    "--package-lock-only",
    "--prefix",
    "-C",
    "--global-style",
    "--install-strategy",
    "--install-links",
    "--legacy-bundling",
    "--link",
    "--dry-run",
    "--save",
    "-S",
    "--save-dev",
    "-D",
    "--save-prod",
    "-P",
    "--save-exact",
    "-E",
    "--save-optional",
    "-O",
    "--save-peer",
    "--save-bundle",
    "-B",
    "--before",
    "--workspace",
    "-w",
    "--workspaces",
    "-ws",
    "--dev",
    "--lockfile-version",
    "--prefer-dedupe",
];

/// Variables of npm that change nothing about what is installed.
const SETTINGS: &[&str] = &[
    "audit",
    "cache",
    "color",
    "fetch_retries",
    "fetch_retry_maxtimeout",
    "fetch_retry_mintimeout",
    "fetch_timeout",
    "fund",
    "https_proxy",
    "ignore_scripts",
    "legacy_peer_deps",
    "loglevel",
    "maxsockets",
    "noproxy",
    "omit",
    "prefer_offline",
    "prefix",
    "production",
    "progress",
    "proxy",
    "registry",
    "strict_ssl",
    "unsafe_perm",
    "update_notifier",
];

/// Every `npm install` of a file that could be `npm ci`.
pub(super) fn diagnose(turn: &Turn<'_>) -> Vec<Diagnostic> {
    places(turn).filter_map(|place| judge(&place)).collect()
}

fn judge(place: &Place<'_>) -> Option<Diagnostic> {
    let target = place.target(|install| install.action == Action::Install)?;
    let mut checks = Checks::default();
    let fails = sync(place, &target, &mut checks);
    keeps_modules(place, &target, &mut checks);
    if target.adds_lock.is_some() {
        does_for_the_image(&target, &mut checks);
    }
    let keyword = place.turn.input.document.instructions[place.run].name_span();
    Some(match place.word(&target).filter(|_| !fails) {
        Some(span) => {
            let text = if place.is_exec() { "\"ci\"" } else { "ci" };
            let title = match &target.adds_lock {
                Some(_) => "copy the lock file too, and install with `npm ci`",
                None => "install with `npm ci`",
            };
            let edits = target.adds_lock.iter().cloned().chain([Edit::replace(span, text)]).collect();
            checks.fix(span, MESSAGE, title, edits, &[])
        }
        None => checks.hold_back(keyword, MESSAGE),
    })
}

/// Whether the lock holds all that the manifest asks for; `true` where it is certain that it does not.
fn sync(place: &Place<'_>, target: &Target<'_>, checks: &mut Checks) -> bool {
    let install = target.install;
    let remedy = "write `npm ci` yourself, or see what differs with `npm ci --dry-run`";
    if let Some(option) = install.options.iter().find(|option| OTHER_MEANING.contains(&option.name.as_str()))
    {
        checks.misses("MC11", format!("`{}` means something else for `npm ci`", option.name), remedy);
    }
    if !install.is_certain() || !target.step().words.iter().all(Option::is_some) {
        checks.misses("MC11", "the command has words that are not understood", remedy);
    }
    if let Some(name) = setting(place) {
        checks.misses("MC11", format!("`{name}` changes what npm installs"), remedy);
    }
    if let Some(line) = place.changes_lock() {
        checks.misses("MC11", format!("line {line} may remove the lock or change it"), remedy);
    }
    let settings = join(&target.package.folder, ".npmrc");
    let settings = settings.trim_start_matches('/');
    let there = place.origin(&join(&target.folder, ".npmrc"));
    if target.package.leaves_peers_alone() && there.as_deref() != Some(settings) {
        checks.misses(
            "MC11",
            format!("`{settings}` leaves peers alone, and is not copied before"),
            "copy it, too",
        );
    }
    let Some(version) = place.npm_version() else {
        checks.misses(
            "MC11",
            "the npm of the image is not known",
            "use an official image of Node with a version",
        );
        return false;
    };
    if version < 6 {
        checks.misses("MC11", format!("npm {version} may have no `npm ci`"), "use a newer image of Node");
        return false;
    }
    let legacy = install.option("--legacy-peer-deps").is_some();
    match target.package.in_sync(
        place.turn.input.project,
        version,
        if legacy { Peers::Legacy } else { Peers::Checked },
    ) {
        Verdict::Holds(text) => checks.holds("MC11", format!("{text}, and npm {version} or later reads it")),
        Verdict::Unproven(text) => checks.misses("MC11", text, "run `npm install` and commit the lock file"),
        Verdict::Fails(text) => {
            checks.misses("MC11", text, "run `npm install` and commit the lock file");
            return true;
        }
    }
    false
}

/// An install that had no lock found what this platform needs, at the registry. A lock may have been made where another
/// platform's packages were not wanted, or beside another registry.
fn does_for_the_image(target: &Target<'_>, checks: &mut Checks) {
    let lock = target.package.lock();
    if lock.is_none_or(|lock| lock.version == 1) {
        let remedy = "run `npm install` of npm 7 or later and commit the lock";
        checks.misses("MC11", "version 1 of the lock does not tell what other platforms need", remedy);
        return;
    }
    if !target.package.manifest.workspaces.is_empty() {
        let text = "the members of the workspace are not copied before the install";
        checks.misses("MC11", text, "copy the manifests of the members and the lock yourself");
    }
    if let Some(address) = lock.and_then(Lock::fetches_elsewhere) {
        let text = format!("whether a build reaches `{address}` is not known");
        checks.misses("MC11", text, "copy the lock before the install yourself");
    }
    match lock.and_then(Lock::lacks_optional) {
        Some((place, name)) => checks.misses(
            "MC11",
            format!("the lock lacks `{name}`, which `{place}` takes where the platform needs it"),
            "delete `node_modules` and the lock, run `npm install` and commit the lock",
        ),
        None => checks.holds("MC11", "the lock holds what any platform may need"),
    }
}

/// A variable that sets an option which matters, of npm or of a manager that reads npm's.
pub(super) fn setting<'a>(place: &'a Place<'_>) -> Option<&'a str> {
    let names =
        place.turn.input.model.variables(place.run).into_iter().map(|variable| variable.name.as_str());
    names.into_iter().find(|name| {
        let lower = name.to_ascii_lowercase();
        lower.strip_prefix("npm_config_").is_some_and(|key| !SETTINGS.contains(&key))
    })
}

/// `npm ci` begins by deleting `node_modules`: nothing that was put there before may be lost.
fn keeps_modules(place: &Place<'_>, target: &Target<'_>, checks: &mut Checks) {
    let modules = match target.package.folder.as_str() {
        "" => "node_modules".to_owned(),
        parent => format!("{parent}/node_modules"),
    };
    if place.turn.input.project.sent(&modules) {
        checks.misses(
            "MC11",
            format!("`{modules}` is copied, and `npm ci` deletes it"),
            "add it to .dockerignore",
        );
    }
    let earlier = place.earlier().filter(|(_, install)| installs_here(install));
    let mut here = earlier.filter(|(index, _)| {
        let stage = place.turn.input.model.stage_of(*index).unwrap_or(place.stage);
        folder_at(place.turn.input, stage, *index).is_none_or(|folder| folder == target.folder)
    });
    let mut same_run = target.steps[..target.at].iter().filter_map(|step| step.install.as_ref());
    if here.next().is_some() || same_run.any(installs_here) {
        checks.misses("MC11", "`npm ci` deletes what an earlier install put there", "install once");
    }
}
