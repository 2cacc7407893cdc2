//! `npm install` → `npm ci` (MC11): where the lock file is there and in sync, so that both install the same.

use super::super::checks::Checks;
use super::super::shipped::{Shipped, join};
use super::super::{Diagnostic, Input};
use super::commands::{Step, Steps, steps};
use super::placement::{Copy, copies, folder_at};
use crate::edit::Edit;
use crate::project::ecosystems::Verdict;
use crate::project::ecosystems::npm::{self, Package, Peers};
use crate::shell::{Action, Install, Manager, Role};
use crate::source::Span;
use crate::syntax::{JoinedSpan, Keyword};

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
pub(super) fn diagnose(input: &Input<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (stage, of) in input.model.stages.iter().enumerate() {
        for run in of.instructions.clone() {
            if input.document.instructions[run].keyword == Keyword::Run {
                found.extend(Place { input, stage, run }.diagnose());
            }
        }
    }
    found
}

struct Place<'a> {
    input: &'a Input<'a>,
    stage: usize,
    run: usize,
}

impl Place<'_> {
    fn diagnose(&self) -> Option<Diagnostic> {
        let Steps::Chain(steps) = steps(self.input, self.run)? else { return None };
        let mut folder = folder_at(self.input, self.stage, self.run)?;
        let mut target = None;
        for step in &steps {
            if let Some(change) = step.changes_folder() {
                folder = join(&folder, change);
            }
            target = target.or(step
                .install
                .as_ref()
                .filter(|install| is_install(install))
                .map(|install| (step, install)));
            if target.is_some() {
                break;
            }
        }
        let (step, install) = target?;
        let package = self.package(&folder)?;
        let lock = package.lock()?;
        let name = lock.path.rsplit('/').next().unwrap_or(&lock.path);
        // A lock that is not copied yet fixes nothing in this RUN.
        if self.origin(&format!("{}/{name}", folder.trim_end_matches('/'))).as_deref()
            != Some(lock.path.as_str())
        {
            return None;
        }
        let mut checks = Checks::default();
        let fails = self.sync(&package, install, step, &mut checks);
        self.modules(&package, &folder, &mut checks);
        let before = steps.iter().take_while(|other| !std::ptr::eq(*other, step));
        if before.filter_map(|step| step.install.as_ref()).any(installs_here) {
            checks.misses("MC11", "`npm ci` deletes what the same RUN has installed", "install once");
        }
        let word = self.word(step, install);
        let span =
            word.as_ref().map_or(self.input.document.instructions[self.run].name_span(), |(span, _)| *span);
        Some(match word.filter(|_| !fails) {
            Some((span, text)) => {
                checks.fix(span, MESSAGE, "install with `npm ci`", vec![Edit::replace(span, text)], &[])
            }
            None => checks.hold_back(span, MESSAGE),
        })
    }

    /// The package whose manifest stands in a folder of the image when the RUN begins.
    fn package(&self, folder: &str) -> Option<Package> {
        let manifest = self.origin(&format!("{}/package.json", folder.trim_end_matches('/')))?;
        let parent = manifest.rsplit_once('/').map_or("", |(parent, _)| parent);
        npm::read(self.input.project, parent)?.ok()
    }

    /// The path of the context that stands at a path of the image when the RUN begins.
    fn origin(&self, path: &str) -> Option<String> {
        let copies = copies(self.input, self.stage);
        let before = copies.iter().filter(|copy| copy.index < self.run && copy.may_touch(path));
        let mut origins = before.rev().map(|copy: &Copy| match &copy.placed {
            Some(_) => Ok(copy.origin(self.input, path)),
            // It may bring another file, and nothing is known of what was there before.
            None => Err(()),
        });
        origins.find_map(|origin| origin.transpose())?.ok()
    }

    /// Whether the lock holds all that the manifest asks for; `true` where it is certain that it does not.
    fn sync(&self, package: &Package, install: &Install, step: &Step, checks: &mut Checks) -> bool {
        let remedy = "write `npm ci` yourself, or see what differs with `npm ci --dry-run`";
        if let Some(option) =
            install.options.iter().find(|option| OTHER_MEANING.contains(&option.name.as_str()))
        {
            checks.misses("MC11", format!("`{}` means something else for `npm ci`", option.name), remedy);
        }
        if !install.is_certain() || !step.words.iter().all(Option::is_some) {
            checks.misses("MC11", "the command has words that are not understood", remedy);
        }
        if let Some(name) = self.setting() {
            checks.misses("MC11", format!("`{name}` changes what npm installs"), remedy);
        }
        let Some(version) = self.npm_version() else {
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
        match package.in_sync(version, if legacy { Peers::Legacy } else { Peers::Checked }) {
            Verdict::Holds(text) => {
                checks.holds("MC11", format!("{text}, and npm {version} or later reads it"))
            }
            Verdict::Unproven(text) => {
                checks.misses("MC11", text, "run `npm install` and commit the lock file")
            }
            Verdict::Fails(text) => {
                checks.misses("MC11", text, "run `npm install` and commit the lock file");
                return true;
            }
        }
        false
    }

    /// A variable that sets an option of npm which matters.
    fn setting(&self) -> Option<&str> {
        let names = self.input.model.variables(self.run).into_iter().map(|variable| variable.name.as_str());
        names.into_iter().find(|name| {
            let lower = name.to_ascii_lowercase();
            lower.strip_prefix("npm_config_").is_some_and(|key| !SETTINGS.contains(&key))
        })
    }

    /// `npm ci` begins by deleting `node_modules`: nothing that was put there before may be lost.
    fn modules(&self, package: &Package, folder: &str, checks: &mut Checks) {
        let modules = match package.folder.as_str() {
            "" => "node_modules".to_owned(),
            parent => format!("{parent}/node_modules"),
        };
        if self.input.project.sent(&modules) {
            checks.misses(
                "MC11",
                format!("`{modules}` is copied, and `npm ci` deletes it"),
                "add it to .dockerignore",
            );
        }
        let earlier = self.earlier().into_iter().filter(|(_, install)| installs_here(install));
        let here = earlier.filter(|(index, _)| {
            let stage = self.input.model.stage_of(*index).unwrap_or(self.stage);
            folder_at(self.input, stage, *index).is_none_or(|place| place == folder)
        });
        if here.count() > 0 {
            checks.misses("MC11", "`npm ci` deletes what an earlier install put there", "install once");
        }
    }

    /// Package managers that run before this RUN, in the stage and those below it, with their instructions.
    fn earlier(&self) -> Vec<(usize, Install)> {
        let stages = self.input.model.lineage(self.stage).into_iter();
        let indexes = stages.flat_map(|stage| self.input.model.stages[stage].instructions.clone());
        let runs = indexes.filter(|index| {
            *index < self.run && self.input.document.instructions[*index].keyword == Keyword::Run
        });
        let installs = runs.flat_map(|index| {
            let installs = match steps(self.input, index) {
                Some(Steps::Chain(steps)) => steps.into_iter().filter_map(|step| step.install).collect(),
                Some(Steps::Other(installs)) => installs,
                None => Vec::new(),
            };
            installs.into_iter().map(move |install| (index, install))
        });
        installs.collect()
    }

    /// The oldest npm that may run here, by its major release.
    fn npm_version(&self) -> Option<u64> {
        let facts = Shipped { input: self.input, stage: self.stage }.facts("MC11").ok()?;
        // Another npm, or another Node with its npm, may have been installed.
        let global =
            |(_, install): &(usize, Install)| install.manager == Manager::Npm && install.has(Role::Global);
        if facts.repository != "node"
            || self.earlier().iter().any(|found| global(found) && self.replaces_npm(found))
        {
            return None;
        }
        let major = facts.version?.split('.').next()?.parse().ok()?;
        npm::npm_of_node(major)
    }

    fn replaces_npm(&self, (index, install): &(usize, Install)) -> bool {
        let Some(Steps::Chain(steps)) = steps(self.input, *index) else { return true };
        let step = steps.iter().find(|step| step.install.as_ref() == Some(install));
        step.is_none_or(|step| {
            install.operands.iter().any(|at| {
                let word = step.words.get(*at).and_then(Option::as_deref);
                word.is_none_or(|word| ["npm", "n"].contains(&word.split('@').next().unwrap_or_default()))
            })
        })
    }

    /// The word to replace, and by what; `None` where it stands on no single line.
    fn word(&self, step: &Step, install: &Install) -> Option<(Span, String)> {
        let instruction = &self.input.document.instructions[self.run];
        let at = step.words.iter().position(|word| word.as_deref() == Some(install.command.as_str()))?;
        match instruction.exec_form() {
            Some(words) => Some((instruction.source_span(words.get(at)?.span)?, "\"ci\"".to_owned())),
            None => {
                let (shell, _) = instruction.shell_form()?;
                let span = *step.word_spans.get(at)?;
                let joined = JoinedSpan::new(shell.start() + span.start(), shell.start() + span.end());
                Some((instruction.source_span(joined)?, "ci".to_owned()))
            }
        }
    }
}

/// Whether it puts packages into the project's `node_modules`.
fn installs_here(install: &Install) -> bool {
    install.manager == Manager::Npm
        && matches!(install.action, Action::Install | Action::Ci)
        && !install.has(Role::Global)
}

/// `npm install` of the whole project.
fn is_install(install: &Install) -> bool {
    install.manager == Manager::Npm
        && install.action == Action::Install
        && install.whole_project
        && !install.has(Role::Global)
}
