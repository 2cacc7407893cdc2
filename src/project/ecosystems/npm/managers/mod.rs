//! The managers that install packages of npm: npm itself, Yarn, pnpm and Bun, each with its lock and its settings.
//!
//! What they have in common (manifests, members of a workspace, scripts) stands once; a manager is a row of
//! `managers.toml` and a reader of its lock.

mod berry_lock;
mod bun_lock;
mod closure;
mod pnpm_lock;
mod settings;
mod yarn_lock;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use self::berry_lock::BerryLock;
use self::bun_lock::BunLock;
use self::pnpm_lock::PnpmLock;
use self::settings::Settings;
use self::yarn_lock::YarnLock;
use super::manifest::{EdgeKind, Manifest};
use super::members::members;
use super::spec::{Spec, spec};
use super::{Package, read};
use crate::project::Project;
use crate::project::ecosystems::{Unreadable, Verdict, Version, text};
use crate::project::paths::join;

pub use self::closure::Scripts;

/// A package manager.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// npm.
    Npm,
    /// Yarn 1.
    YarnClassic,
    /// Yarn 2 and later.
    YarnBerry,
    /// pnpm.
    Pnpm,
    /// Bun.
    Bun,
}

impl Tool {
    /// The program's name.
    pub fn program(self) -> &'static str {
        match self {
            Tool::Npm => "npm",
            Tool::YarnClassic | Tool::YarnBerry => "yarn",
            Tool::Pnpm => "pnpm",
            Tool::Bun => "bun",
        }
    }

    /// Names of the scripts of a package itself that an install runs, in their order.
    pub(super) fn lifecycle(self) -> Vec<&'static str> {
        self.facts().lifecycle.iter().map(String::as_str).collect()
    }

    fn facts(self) -> &'static Facts {
        &FACTS[&self]
    }

    /// Whether a setting leaves alone what a lock holds; `camelCase` and the name of a list's member are the same.
    fn is_harmless(self, setting: &str) -> bool {
        // `@scope:registry`, and what belongs to one registry alone: `//host/:_authToken`.
        if setting.ends_with(":registry") || setting.starts_with("//") {
            return true;
        }
        let name = |text: &str| text.trim_end_matches("[]").replace('-', "").to_ascii_lowercase();
        self.facts().harmless.iter().any(|known| name(known) == name(setting))
    }

    /// Which Yarn a folder is for: the later one where its lock or a file of settings of its own says so.
    pub fn yarn(project: &Project, folder: &str) -> Tool {
        let file = |name: &str| join(folder, name).and_then(|path| project.read(&path));
        let berry = file("yarn.lock").is_some_and(|text| text.lines().any(|line| line == "__metadata:"))
            || file(".yarnrc.yml").is_some()
            || named_release(file("package.json").as_deref().unwrap_or_default(), "yarn")
                .is_some_and(|version| version.major > 1);
        if berry { Tool::YarnBerry } else { Tool::YarnClassic }
    }
}

fn named_release(manifest: &str, program: &str) -> Option<Version> {
    let manifest = Manifest::parse("package.json", manifest).ok()?;
    release_of(&manifest, program)
}

/// The release of a manager that `packageManager` names: `pnpm@9.1.0+sha512.…`.
fn release_of(manifest: &Manifest, program: &str) -> Option<Version> {
    let named = &manifest.package_manager.as_ref()?.value;
    let version = named.strip_prefix(program)?.strip_prefix('@')?;
    Version::parse(version.split('+').next().unwrap_or(version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    locks: Vec<String>,
    others: Vec<String>,
    settings: Vec<String>,
    folders: Vec<String>,
    writes: Vec<String>,
    members: Vec<String>,
    lifecycle: Vec<String>,
    harmless: Vec<String>,
}

static FACTS: LazyLock<BTreeMap<Tool, Facts>> = LazyLock::new(|| {
    toml::from_str(include_str!("managers.toml")).expect("the table is part of the program and tested")
});

/// The packages that one install is about: that of a folder, and the members of its workspace.
#[derive(Debug)]
pub struct Workspace {
    /// Whose install it is.
    pub tool: Tool,
    /// The package of the folder.
    pub root: Package,
    /// The members, in the order of their paths.
    pub members: Vec<Package>,
    /// Why the members cannot be listed.
    unlisted: Option<String>,
    settings: Settings,
    lock: Lock,
}

/// The lock of a manager other than npm.
#[derive(Debug)]
enum Lock {
    None,
    /// In a format that is not read.
    Binary,
    Unreadable(Unreadable),
    YarnClassic(YarnLock),
    YarnBerry(BerryLock),
    Pnpm(PnpmLock),
    Bun(BunLock),
}

impl Workspace {
    /// The workspace whose `package.json` is sent in `folder`; `None` where there is none.
    pub fn read(project: &Project, folder: &str, tool: Tool) -> Option<Result<Workspace, Unreadable>> {
        let root = match read(project, folder)? {
            Ok(root) => root,
            Err(error) => return Some(Err(error)),
        };
        let settings = match Settings::read(project, folder, tool) {
            Ok(settings) => settings,
            Err(error) => return Some(Err(error)),
        };
        let globs = match tool {
            Tool::Pnpm => settings.members.clone().unwrap_or_default(),
            _ => root.manifest.workspaces.clone(),
        };
        let (members, unlisted) = match members(project, folder, &globs) {
            Ok(members) => (members, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let lock = read_lock(project, folder, tool);
        Some(Ok(Workspace { tool, root, members, unlisted, settings, lock }))
    }

    fn packages(&self) -> impl Iterator<Item = &Package> {
        std::iter::once(&self.root).chain(&self.members)
    }

    /// The folder of a package as seen from the root, which is empty for the root itself.
    fn below_root<'p>(&self, package: &'p Package) -> &'p str {
        let folder = package.folder.strip_prefix(&self.root.folder).unwrap_or(&package.folder);
        folder.trim_start_matches('/')
    }

    /// Whether a name is met by a member of the workspace itself.
    fn is_member(&self, name: &str, range: &str) -> bool {
        let mut named = self.members.iter().filter(|member| member.manifest.name.as_deref() == Some(name));
        named.any(|member| match spec(range) {
            Spec::Any | Spec::Foreign => true,
            Spec::Range(_) => spec(range).is_met_by(member.manifest.version.as_deref()),
            _ => false,
        })
    }

    /// Whether a lock of the manager is sent.
    pub fn has_lock(&self) -> bool {
        !matches!(self.lock, Lock::None)
    }

    /// The release of the manager that the project names.
    pub fn release(&self) -> Option<Version> {
        let by_path = self.settings.release.as_deref().and_then(Version::parse);
        by_path.or_else(|| release_of(&self.root.manifest, self.tool.program()))
    }

    /// Whether an install that must not change the lock succeeds, and installs what another would (MC11).
    /// `release` is that of the manager that runs, where the image tells it.
    pub fn in_sync(&self, release: Option<Version>) -> Verdict {
        if let Some(why) = &self.unlisted {
            return Verdict::Unproven(why.clone());
        }
        if let Some(named) = self
            .root
            .manifest
            .package_manager
            .as_ref()
            .filter(|named| !named.value.starts_with(self.tool.program()))
        {
            return Verdict::Unproven(format!("`{}` is the project's manager ({})", named.value, named.at));
        }
        let release = self.release().or(release);
        if let Some(verdict) = self.unreadable_by(release) {
            return verdict;
        }
        if let Some(folder) = self.gone() {
            return Verdict::Unproven(format!("the lock has a member `{folder}` that is not sent"));
        }
        if let Some(why) = self.not_compared() {
            return Verdict::Unproven(why);
        }
        let settings = self.settings.uncompared.first().or(self
            .root
            .manifest
            .pnpm_settings
            .iter()
            .find(|key| self.tool == Tool::Pnpm && !self.tool.is_harmless(key)));
        if let Some(key) = settings {
            return Verdict::Unproven(format!("`{key}` may change what is locked"));
        }
        match &self.lock {
            Lock::None => Verdict::Fails("there is no lock file".to_owned()),
            Lock::Binary => Verdict::Unproven("`bun.lockb` is not text".to_owned()),
            Lock::Unreadable(error) => Verdict::Fails(error.to_string()),
            Lock::YarnClassic(lock) => lock.in_sync(self),
            Lock::YarnBerry(lock) => lock.in_sync(self),
            Lock::Pnpm(lock) => lock.in_sync(self),
            Lock::Bun(lock) => lock.in_sync(self),
        }
    }

    /// What a manifest says that the lock holds too, and that is not compared here: where it differs, an install that
    /// must not change the lock fails. Yarn 1 locks none of it.
    fn not_compared(&self) -> Option<String> {
        if matches!(self.lock, Lock::None | Lock::Binary | Lock::Unreadable(_) | Lock::YarnClassic(_)) {
            return None;
        }
        let berry = matches!(self.lock, Lock::YarnBerry(_));
        self.packages().find_map(|package| {
            let manifest = &package.manifest;
            let peers = !manifest.peer_dependencies.is_empty() || !manifest.optional_peers.is_empty();
            let what = if peers && !matches!(self.lock, Lock::Bun(_)) {
                "peers"
            } else if manifest.has_dependencies_meta {
                "`dependenciesMeta`"
            } else if berry && !manifest.optional_dependencies.is_empty() {
                "optional dependencies"
            } else if berry && (!manifest.bin.is_empty() || manifest.has_bin_folder) {
                "programs"
            } else {
                return None;
            };
            Some(format!("`{}` names {what}, and whether the lock has the same is not known", manifest.path))
        })
    }

    /// A folder of which the lock holds a member that is not there.
    fn gone(&self) -> Option<&str> {
        let folders = match &self.lock {
            Lock::YarnBerry(lock) => lock.members(),
            Lock::Pnpm(lock) => lock.members(),
            Lock::Bun(lock) => lock.members(),
            _ => return None,
        };
        folders.into_iter().find(|folder| {
            let path = join(&self.root.folder, folder).unwrap_or_default();
            !self.packages().any(|package| package.folder == path)
        })
    }

    /// Why a release of the manager would not take the lock as it is: each writes a format of its own.
    fn unreadable_by(&self, release: Option<Version>) -> Option<Verdict> {
        let program = self.tool.program();
        let named = release.as_ref().map(|release| (release.major, release.minor.unwrap_or_default()));
        let (format, fits) = match &self.lock {
            Lock::YarnClassic(_) => {
                return named.filter(|(major, _)| *major != 1).map(|_| {
                    Verdict::Fails("the lock is one of Yarn 1, which a later release writes anew".to_owned())
                });
            }
            Lock::YarnBerry(lock) => (
                lock.version,
                named.map(|named| match lock.version {
                    6 => ((3, 2)..(4, 0)).contains(&named),
                    8 => ((4, 0)..(4, 14)).contains(&named),
                    9 => named == (4, 14),
                    10 => ((4, 15)..(4, 19)).contains(&named),
                    _ => false,
                }),
            ),
            Lock::Pnpm(lock) => (
                lock.version,
                named.map(|(major, _)| match lock.version {
                    6 => major == 8,
                    _ => [9, 10].contains(&major),
                }),
            ),
            Lock::Bun(lock) => (
                lock.version(),
                named.map(|named| match lock.version() {
                    0 | 1 => named >= (1, 2),
                    _ => false,
                }),
            ),
            _ => return None,
        };
        match fits {
            Some(true) => None,
            Some(false) => Some(Verdict::Unproven(format!(
                "the lock is of version {format}, which {program} {} may write anew",
                release.map(|release| release.to_string()).unwrap_or_default()
            ))),
            None => Some(Verdict::Unproven(format!("which {program} runs is not known"))),
        }
    }

    /// Names of the locked packages; of the manifests' where no lock is read.
    fn locked_names(&self) -> Vec<&str> {
        match &self.lock {
            Lock::YarnClassic(lock) => lock.names(),
            Lock::YarnBerry(lock) => lock.names(),
            Lock::Pnpm(lock) => lock.names(),
            Lock::Bun(lock) => lock.names(),
            Lock::None | Lock::Binary | Lock::Unreadable(_) => {
                self.packages().flat_map(|package| package.manifest.edges().into_keys()).collect()
            }
        }
    }
}

fn read_lock(project: &Project, folder: &str, tool: Tool) -> Lock {
    let paths = tool.facts().locks.iter().filter_map(|name| join(folder, name));
    let Some(path) = paths.into_iter().find(|path| project.sent(path)) else { return Lock::None };
    if path.ends_with(".lockb") {
        return Lock::Binary;
    }
    let read = text(project, &path).and_then(|text| match tool {
        Tool::Npm => Ok(Lock::None),
        Tool::YarnClassic => YarnLock::parse(&path, &text).map(Lock::YarnClassic),
        Tool::YarnBerry => BerryLock::parse(&path, &text).map(Lock::YarnBerry),
        Tool::Pnpm => PnpmLock::parse(&path, &text).map(Lock::Pnpm),
        Tool::Bun => BunLock::parse(&path, &text).map(Lock::Bun),
    });
    read.unwrap_or_else(Lock::Unreadable)
}

/// What a lock holds of one package of the workspace: each name, how it is depended upon, and its range.
type Copied<'l> = BTreeMap<&'l str, (EdgeKind, &'l str)>;

/// The lists of a lock's copy of a manifest as one.
fn joined<'l, D>(lists: [(EdgeKind, &'l BTreeMap<String, D>); 3], range: fn(&D) -> &str) -> Copied<'l> {
    let each = lists
        .into_iter()
        .flat_map(|(kind, list)| list.iter().map(move |(name, found)| (name.as_str(), (kind, range(found)))));
    each.collect()
}

/// Whether each manifest asks for what the lock at `path` holds of it; `copied` tells that by the folder below the
/// root.
fn compared<'l>(workspace: &Workspace, path: &str, copied: impl Fn(&str) -> Option<Copied<'l>>) -> Verdict {
    for package in workspace.packages() {
        let manifest = &package.manifest;
        let Some(locked) = copied(workspace.below_root(package)) else {
            return Verdict::Fails(format!("`{}` is not in `{path}`", manifest.path));
        };
        if let Some(name) = different(manifest, &locked) {
            return Verdict::Fails(format!("`{name}` is not the same in `{}` and `{path}`", manifest.path));
        }
    }
    Verdict::Holds(format!("`{path}` holds every range"))
}

/// The first name whose request differs between a manifest and a lock's copy of it; peers are left out.
fn different<'m>(manifest: &'m Manifest, locked: &Copied<'m>) -> Option<&'m str> {
    let wanted = manifest.edges();
    let wanted: Copied<'_> = wanted.into_iter().filter(|(_, (kind, _))| !kind.is_peer()).collect();
    let changed = wanted.iter().find(|(name, edge)| locked.get(*name) != Some(edge)).map(|(name, _)| *name);
    // Some locks hold the peers beside the rest.
    let surplus =
        |name: &&&str| !wanted.contains_key(**name) && !manifest.peer_dependencies.contains_key(**name);
    changed.or_else(|| locked.keys().find(surplus).copied())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The verdict on a lock for the workspace at the root.
    pub(super) fn verdict(files: &[(&str, &str)], program: &str) -> Verdict {
        let project = Project::in_memory(files.iter().copied());
        let tool = match program {
            "yarn" => Tool::yarn(&project, ""),
            "pnpm" => Tool::Pnpm,
            _ => Tool::Bun,
        };
        let release = (tool == Tool::Bun).then(|| Version::parse("1.2.3")).flatten();
        Workspace::read(&project, "", tool).expect("there").expect("readable").in_sync(release)
    }

    #[test]
    fn every_manager_has_its_row() {
        for tool in [Tool::Npm, Tool::YarnClassic, Tool::YarnBerry, Tool::Pnpm, Tool::Bun] {
            assert!(!tool.facts().locks.is_empty());
        }
    }

    #[test]
    fn which_yarn() {
        let tool = |files: &[(&str, &str)]| Tool::yarn(&Project::in_memory(files.iter().copied()), "");
        assert_eq!(tool(&[("yarn.lock", "# yarn lockfile v1\n")]), Tool::YarnClassic);
        assert_eq!(tool(&[("yarn.lock", "__metadata:\n  version: 8\n")]), Tool::YarnBerry);
        assert_eq!(tool(&[(".yarnrc.yml", "")]), Tool::YarnBerry);
        assert_eq!(tool(&[("package.json", r#"{"packageManager": "yarn@4.1.0"}"#)]), Tool::YarnBerry);
        assert_eq!(tool(&[("package.json", r#"{"packageManager": "yarn@1.22.0"}"#)]), Tool::YarnClassic);
    }
}
