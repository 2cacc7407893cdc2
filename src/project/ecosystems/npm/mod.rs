//! What an npm package states: its manifest, its lock, and what an install of it reads.
//!
//! Knows nothing of Dockerfiles: which files `npm ci` reads and which scripts it runs, not how they are copied.

mod closure;
mod dev;
mod json;
mod lock;
mod managers;
mod manifest;
mod members;
mod mentions;
mod npmrc;
mod scripts;
mod spec;
mod sync;
mod tables;
mod versions;

pub use self::dev::DevNeed;
pub use self::lock::{Lock, Locked};
pub use self::managers::{Scripts, Tool, Workspace};
pub use self::manifest::Manifest;
use self::npmrc::Npmrc;
use self::scripts::Resolver;
pub use self::scripts::Run;
pub use self::sync::Peers;
pub use self::tables::npm_of_node;
pub use self::versions::versions;
use super::{Unreadable, Verdict};
use crate::project::paths::join;
use crate::project::{EntryKind, Project};

/// What is known of a package's lock.
#[derive(Clone, Debug)]
pub enum LockState {
    /// There is none.
    Missing,
    /// It lies in the context and is kept from the builder.
    Kept(String),
    /// It cannot be read.
    Unreadable(Unreadable),
    /// It is sent and was read.
    Read(Lock),
}

/// A package of the context.
#[derive(Clone, Debug)]
pub struct Package {
    /// Its folder, relative to the context; empty for the root.
    pub folder: String,
    /// Its `package.json`.
    pub manifest: Manifest,
    /// Its lock.
    pub lock: LockState,
    npmrc: Npmrc,
    /// Whether the install compiles the package itself: there is a `binding.gyp` and no script in its stead.
    builds_gyp: bool,
}

/// Lock files in the order in which npm prefers them.
const LOCKS: &[&str] = &["npm-shrinkwrap.json", "package-lock.json"];

/// The package whose `package.json` is sent in `folder`; `None` where there is none.
pub fn read(project: &Project, folder: &str) -> Option<Result<Package, Unreadable>> {
    let path = join(folder, "package.json")?;
    let is_file = matches!(project.entry(&path)?.kind, EntryKind::File { .. });
    is_file.then(|| read_package(project, folder, &path))
}

/// Whether it is known what the install script of a package does.
pub fn is_known_script(package: &str) -> bool {
    !matches!(tables::install_script(package), tables::InstallScript::Unknown)
}

fn read_package(project: &Project, folder: &str, path: &str) -> Result<Package, Unreadable> {
    let manifest = Manifest::parse(path, &super::text(project, path)?)?;
    let inside = |name: &str| join(folder, name).unwrap_or_else(|| name.to_owned());
    let npmrc = Npmrc::read(project, &inside(".npmrc"))?;
    let own_script = ["preinstall", "install"].iter().any(|name| manifest.scripts.contains_key(*name));
    let builds_gyp = project.sent(&inside("binding.gyp")) && !own_script && !manifest.refuses_gyp;
    let lock = read_lock(project, LOCKS.iter().map(|name| inside(name)).collect());
    Ok(Package { folder: folder.to_owned(), manifest, lock, npmrc, builds_gyp })
}

fn read_lock(project: &Project, paths: Vec<String>) -> LockState {
    if let Some(path) = paths.iter().find(|path| project.sent(path)) {
        let lock = super::text(project, path).and_then(|text| Lock::parse(path, &text));
        return lock.map_or_else(LockState::Unreadable, LockState::Read);
    }
    let kept = paths.into_iter().find(|path| project.tree().entry(path).is_some());
    kept.map_or(LockState::Missing, LockState::Kept)
}

impl Package {
    /// The lock, if it was read.
    pub fn lock(&self) -> Option<&Lock> {
        match &self.lock {
            LockState::Read(lock) => Some(lock),
            _ => None,
        }
    }

    /// Whether `npm ci` of a major release of npm would install what `npm install` does (MC11). A `.npmrc` that
    /// leaves peers alone counts without being named.
    pub fn in_sync(&self, project: &Project, npm: u64, peers: Peers) -> Verdict {
        let lock = match &self.lock {
            LockState::Read(lock) => lock,
            LockState::Missing => return Verdict::Fails("there is no lock file".to_owned()),
            LockState::Kept(path) => {
                return Verdict::Fails(format!("`{path}` is kept from the builder by .dockerignore"));
            }
            LockState::Unreadable(error) => return Verdict::Fails(error.to_string()),
        };
        if self.npmrc.is_off("package-lock") {
            return Verdict::Fails(format!("`.npmrc` turns off `{}`", lock.path));
        }
        let peers = if self.leaves_peers_alone() { Peers::Legacy } else { peers };
        let members = match members::members(project, &self.folder, &self.manifest.workspaces) {
            Ok(members) => members,
            Err(why) => return Verdict::Unproven(why),
        };
        sync::in_sync(&self.manifest, lock, npm, peers).and_then(|| {
            let below = |folder: &str| {
                let place = folder.strip_prefix(&self.folder).unwrap_or(folder);
                place.trim_start_matches('/').to_owned()
            };
            let listed: Vec<String> = members.iter().map(|member| below(&member.folder)).collect();
            let mut members = members.iter().zip(&listed);
            let member = members.find_map(|(member, place)| sync::member(&member.manifest, place, lock));
            let mut linked = lock.linked().filter(|place| !listed.iter().any(|listed| listed == place));
            member.or_else(|| linked.find_map(|place| self.linked(project, place, lock)))
        })
    }

    /// How the lock's copy of a folder that is depended upon (`file:./lib`) differs from what lies there.
    fn linked(&self, project: &Project, place: &str, lock: &Lock) -> Option<Verdict> {
        let package = join(&self.folder, place).and_then(|folder| read(project, &folder));
        match package {
            Some(Ok(package)) => sync::copied(&package.manifest, place, lock),
            Some(Err(error)) => Some(Verdict::Fails(error.to_string())),
            None => Some(Verdict::Unproven(format!("`{}` links to `{place}`, which is not sent", lock.path))),
        }
    }

    /// The programs that a command runs in the end, scripts and their hooks followed; or why that cannot be told.
    pub fn runs(&self, project: &Project, command: &[String]) -> Result<Vec<Run>, String> {
        self.resolver(project).runs(command)
    }

    /// Those of `names` that are scripts of the package, in their order; none where `.npmrc` says to run none.
    fn lifecycle_of<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        if self.ignores_scripts() {
            return Vec::new();
        }
        names.iter().filter(|name| self.manifest.scripts.contains_key(**name)).copied().collect()
    }

    /// Whether its `.npmrc` says not to look at what packages want beside them.
    pub fn leaves_peers_alone(&self) -> bool {
        self.npmrc.is_on("legacy-peer-deps")
    }

    fn ignores_scripts(&self) -> bool {
        self.npmrc.is_on("ignore-scripts")
    }

    /// Packages of the lock that bring machine code, by name; an empty list without a lock proves nothing.
    pub fn native(&self) -> Vec<&str> {
        let all = self.lock().map(Lock::all).unwrap_or_default();
        let mut native: Vec<&str> =
            all.into_iter().map(|locked| locked.name).filter(|name| tables::is_native(name)).collect();
        native.sort_unstable();
        native.dedup();
        native
    }

    /// Names of the packages of the lock that are needed to run the program; none without a lock.
    pub fn for_running(&self) -> Vec<&str> {
        self.lock().map(Lock::for_running).unwrap_or_default()
    }

    /// Packages needed to run the program whose install scripts are not known; `None` where the lock does not tell
    /// which have one.
    pub fn unknown_scripts(&self) -> Option<Vec<&str>> {
        let scripted = self.lock()?.with_install_scripts()?;
        let needed = self.for_running();
        let names = scripted.into_iter().map(|locked| locked.name).filter(|name| needed.contains(name));
        Some(names.filter(|name| !is_known_script(name)).collect())
    }

    /// Whether installing compiles the package itself.
    pub fn builds_itself(&self) -> bool {
        self.builds_gyp
    }

    fn script_runs(&self, project: &Project, name: &str) -> Result<Vec<Run>, String> {
        self.resolver(project).script(name)
    }

    fn resolver<'a>(&'a self, project: &'a Project) -> Resolver<'a> {
        Resolver { project, folder: &self.folder, manifest: &self.manifest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(files: &[(&str, &str)]) -> Package {
        read(&Project::in_memory(files.iter().copied()), "").expect("there").expect("readable")
    }

    const LOCK: &str =
        r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/sharp": {"version": "1.0.0"}}}"#;

    #[test]
    fn the_lock_that_the_builder_gets_counts() {
        let files = [("package.json", "{}"), ("package-lock.json", LOCK)];
        assert!(matches!(
            package(&files).in_sync(&Project::unknown(), 10, Peers::Checked),
            Verdict::Holds(_)
        ));
        let kept = package(&[files[0], files[1], (".dockerignore", "*-lock.json")]);
        assert!(matches!(&kept.lock, LockState::Kept(path) if path == "package-lock.json"));
        assert!(matches!(kept.in_sync(&Project::unknown(), 10, Peers::Checked), Verdict::Fails(_)));
        assert!(matches!(
            package(&files[..1]).in_sync(&Project::unknown(), 10, Peers::Checked),
            Verdict::Fails(_)
        ));
    }

    #[test]
    fn a_lock_that_is_turned_off_does_not_count() {
        let off = package(&[
            ("package.json", "{}"),
            ("package-lock.json", LOCK),
            (".npmrc", "package-lock=false\n"),
        ]);
        assert!(matches!(off.in_sync(&Project::unknown(), 10, Peers::Checked), Verdict::Fails(_)));
    }

    #[test]
    fn a_folder_that_is_depended_upon_is_compared_too() {
        let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"l": "file:./l"}},
            "l": {"version": "1.0.0"}, "node_modules/l": {"resolved": "l", "link": true}}}"#;
        let root = r#"{"dependencies": {"l": "file:./l"}}"#;
        let verdict = |library: &str| {
            let files = [("package.json", root), ("package-lock.json", lock), ("l/package.json", library)];
            let project = Project::in_memory(files.iter().copied().filter(|(_, text)| !text.is_empty()));
            let package = read(&project, "").expect("there").expect("readable");
            package.in_sync(&project, 10, Peers::Checked)
        };
        assert!(matches!(verdict(r#"{"version": "1.0.0"}"#), Verdict::Holds(_)));
        assert!(matches!(verdict(r#"{"dependencies": {"a": "1"}}"#), Verdict::Fails(_)));
        assert!(matches!(verdict(""), Verdict::Unproven(_)));
    }

    #[test]
    fn lifecycle_scripts_in_their_order() {
        let manifest = r#"{"scripts": {"prepare": "a", "preinstall": "b", "build": "c"}}"#;
        let names = ["preinstall", "install", "prepare"];
        assert_eq!(package(&[("package.json", manifest)]).lifecycle_of(&names), ["preinstall", "prepare"]);
        let ignored = package(&[("package.json", manifest), (".npmrc", "ignore-scripts=true\n")]);
        assert!(ignored.lifecycle_of(&names).is_empty());
    }

    #[test]
    fn native_packages_by_name() {
        assert_eq!(package(&[("package.json", "{}"), ("package-lock.json", LOCK)]).native(), ["sharp"]);
    }

    #[test]
    fn a_broken_manifest_is_named() {
        let project = Project::in_memory([("package.json", "{")]);
        assert!(read(&project, "").expect("there").is_err());
        assert!(read(&project, "web").is_none());
    }
}
