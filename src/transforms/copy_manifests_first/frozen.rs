//! `yarn install` → `yarn install --frozen-lockfile` and its like (MC11): where the lock is in sync, so that both
//! install the same today, and only the one that was tested ever after.

use super::super::Diagnostic;
use super::super::checks::Checks;
use super::super::shipped::{Shipped, join};
use super::commands::Step;
use super::lock::setting;
use super::place::{Found, Place, places};
use super::placement::below;
use super::turn::Turn;
use crate::edit::Edit;
use crate::project::ecosystems::npm::{Scripts, Tool, Workspace};
use crate::project::ecosystems::{Verdict, Version};
use crate::shell::{Action, Install, Manager, Role};

/// Options with which an install means to change the lock, or to do without.
const OTHER_MEANING: &[&str] = &[
    "--dry-run",
    "--fix-lockfile",
    "--flat",
    "--force",
    "-f",
    "--frozen-lockfile",
    "--ignore-workspace",
    "--latest",
    "--lockfile",
    "--lockfile-only",
    "--mode",
    "--no-lockfile",
    "--no-save",
    "--refresh-lockfile",
    "--save-text-lockfile",
    "--update-checksums",
    "--yarn",
];

/// Every install of Yarn, pnpm or Bun that could keep to its lock.
pub(super) fn diagnose(turn: &Turn<'_>) -> Vec<Diagnostic> {
    places(turn).filter_map(|place| judge(&place)).collect()
}

fn judge(place: &Place<'_>) -> Option<Diagnostic> {
    let found = place.find(|install| {
        let manager = matches!(install.manager, Manager::Yarn | Manager::Pnpm | Manager::Bun);
        manager && install.action == Action::Install && install.whole_project && !install.has(Role::Global)
    })?;
    let Found { install, steps, at, .. } = &found;
    let other = |name: &&str| install.option(name).is_some();
    let asks = ["--version", "-v", "--help"];
    if install.has(Role::Locked) || OTHER_MEANING.iter().chain(&asks).any(other) {
        return None;
    }
    if !["", "install", "i"].contains(&install.command.as_str()) {
        return None;
    }
    let workspace = workspace(place, &found)?;
    let flag = if workspace.tool == Tool::YarnBerry { "--immutable" } else { "--frozen-lockfile" };
    let program = workspace.tool.program();
    let message = format!("`{program} install` does not keep to the lock file");
    let mut checks = Checks::default();
    if !install.is_certain() || !steps[*at].words.iter().all(Option::is_some) {
        checks.misses(
            "MC11",
            "the command has words that are not understood",
            format!("write `{flag}` yourself"),
        );
    }
    if let Some(line) = place.changes_lock() {
        let text = format!("line {line} may remove the lock or change it");
        checks.misses("MC11", text, format!("write `{flag}` yourself"));
    }
    if let Some(name) = setting(place) {
        checks.misses(
            "MC11",
            format!("`{name}` may change what is locked"),
            format!("write `{flag}` yourself"),
        );
    }
    match which(place, &found, &workspace).and_then(|release| sync(&workspace, release)) {
        Ok(text) => checks.holds("MC11", text),
        Err(Wrong::Unproven(text)) => {
            let remedy = format!(
                "name the release in `packageManager` of package.json, run `{program} install` and commit the lock"
            );
            checks.misses("MC11", text, remedy);
        }
        // What is certain to fail is not offered.
        Err(Wrong::Certain(text)) => {
            checks.misses("MC11", text, format!("run `{program} install` and commit the lock"));
            let keyword = place.turn.input.document.instructions[place.run].name_span();
            return Some(checks.hold_back(keyword, &message));
        }
    }
    let word = if install.command.is_empty() { program } else { install.command.as_str() };
    let span = place.word_of(&steps[*at], word)?;
    let written = span.of(place.turn.input.source.text());
    let text = if place.is_exec() { format!("{written}, \"{flag}\"") } else { format!("{written} {flag}") };
    Some(checks.fix(
        span,
        &message,
        format!("keep to the lock with `{flag}`"),
        vec![Edit::replace(span, text)],
        &[],
    ))
}

enum Wrong {
    Unproven(String),
    Certain(String),
}

fn sync(workspace: &Workspace, release: Option<Version>) -> Result<String, Wrong> {
    match workspace.in_sync(release) {
        Verdict::Holds(text) => Ok(text),
        Verdict::Unproven(text) => Err(Wrong::Unproven(text)),
        Verdict::Fails(text) => Err(Wrong::Certain(text)),
    }
}

/// The workspace on which an install works, where all that it reads is copied before.
fn workspace(place: &Place<'_>, found: &Found<'_>) -> Option<Workspace> {
    let project = place.turn.input.project;
    let manifest = place.origin(&join(&found.folder, "package.json"))?;
    let folder = manifest.rsplit_once('/').map_or("", |(folder, _)| folder);
    let tool = match found.install.manager {
        Manager::Yarn => Tool::yarn(project, folder),
        Manager::Pnpm => Tool::Pnpm,
        _ => Tool::Bun,
    };
    let workspace = Workspace::read(project, folder, tool)?.ok()?;
    let closure = workspace.closure(project, Scripts::Ignored);
    if !workspace.has_lock() {
        return None;
    }
    let there = |path: &str| {
        let relative = if folder.is_empty() { Some(path) } else { below(path, folder) };
        relative.is_some_and(|relative| place.origin(&join(&found.folder, relative)).as_deref() == Some(path))
    };
    closure.files.iter().all(|needed| there(&needed.path)).then_some(workspace)
}

/// The release of the manager that runs, as far as the project, the commands before and the image tell.
fn which(place: &Place<'_>, found: &Found<'_>, workspace: &Workspace) -> Result<Option<Version>, Wrong> {
    let program = workspace.tool.program();
    let given = given(place, found);
    if let Some(named) = workspace.release() {
        return match given {
            Some(Given::Release(given)) if !given.covers(named) => Err(Wrong::Unproven(format!(
                "{program} {given} is installed, and {named} is named by the project"
            ))),
            _ => Ok(Some(named)),
        };
    }
    let release = match given {
        Some(Given::Release(release)) => Some(release),
        // The package `yarn` of npm is Yarn 1 for good.
        Some(Given::Newest) if workspace.tool == Tool::YarnClassic => Version::parse("1"),
        Some(Given::Newest | Given::Unknown) => None,
        None => shipped_with(place, workspace.tool),
    };
    match release {
        Some(release) => Ok(Some(release)),
        None => Err(Wrong::Unproven(format!("which {program} runs is not known"))),
    }
}

/// The release that the base image brings.
fn shipped_with(place: &Place<'_>, tool: Tool) -> Option<Version> {
    let facts = Shipped { input: place.turn.input, stage: place.stage }.facts("MC11").ok()?;
    let version = facts.version.as_deref().and_then(Version::parse);
    match (facts.repository.as_str(), tool) {
        ("node", Tool::YarnClassic) => {
            version.filter(|node| node.major <= 24).and_then(|_| Version::parse("1"))
        }
        ("oven/bun", Tool::Bun) => version,
        _ => None,
    }
}

/// What an earlier command installs.
enum Given {
    /// `pnpm@9`.
    Release(Version),
    /// `pnpm`.
    Newest,
    /// A tag, or what the manager is told to become.
    Unknown,
}

/// The last command that brings the manager: `npm i -g pnpm@9`, `corepack prepare yarn@4.1.0`.
fn given(place: &Place<'_>, found: &Found<'_>) -> Option<Given> {
    let program = match found.install.manager {
        Manager::Yarn => "yarn",
        Manager::Pnpm => "pnpm",
        _ => "bun",
    };
    let steps = place.earlier_steps().chain(&found.steps[..found.at]);
    let mut given = steps.filter_map(|step| {
        let install = step.install.as_ref()?;
        if install.manager == found.install.manager && install.command == "set version" {
            return Some(Given::Unknown);
        }
        let brings = install.manager == Manager::Corepack && install.command != "enable"
            || install.manager == Manager::Npm && install.has(Role::Global);
        if brings { operand(step, install, program) } else { None }
    });
    given.next_back()
}

/// What the operands of a command say about a program.
fn operand(step: &Step, install: &Install, program: &str) -> Option<Given> {
    let words = install.operands.iter().filter_map(|at| step.words.get(*at)?.as_deref());
    words.into_iter().find_map(|word| {
        let rest = word.strip_prefix(program)?;
        if rest.is_empty() {
            return Some(Given::Newest);
        }
        let version = rest.strip_prefix('@')?;
        let release = Version::parse(version.split('+').next().unwrap_or(version));
        Some(release.map_or(Given::Unknown, Given::Release))
    })
}
