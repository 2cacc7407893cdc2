//! `package-lock.json` and `npm-shrinkwrap.json`, in the three versions of their format.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::manifest::{EdgeKind, bins, edges};
use crate::project::ecosystems::Unreadable;
use crate::project::paths::at;

/// A lock file.
#[derive(Clone, Debug)]
pub struct Lock {
    /// Path of the file in the context.
    pub path: String,
    /// `lockfileVersion`: 1, 2 or 3.
    pub version: u64,
    /// Entries by their place below the package's folder (`node_modules/a`), the package itself at the empty place.
    /// Empty in version 1.
    pub(super) packages: BTreeMap<String, Entry>,
    /// The older tree by name. Empty in version 3.
    pub(super) tree: BTreeMap<String, TreeEntry>,
}

/// One entry of `packages`.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) resolved: Option<Value>,
    /// Whether the place is a link to another place, which `resolved` names.
    pub(super) link: bool,
    /// Whether only development needs it: `--omit=dev` leaves it out.
    pub(super) dev: bool,
    pub(super) in_bundle: bool,
    pub(super) has_install_script: bool,
    pub(super) bin: Option<Value>,
    pub(super) dependencies: BTreeMap<String, String>,
    pub(super) optional_dependencies: BTreeMap<String, String>,
    pub(super) dev_dependencies: BTreeMap<String, String>,
    pub(super) peer_dependencies: BTreeMap<String, String>,
    pub(super) peer_dependencies_meta: BTreeMap<String, PeerMeta>,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default)]
pub(super) struct PeerMeta {
    pub(super) optional: bool,
}

/// One entry of the older tree.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default)]
pub(super) struct TreeEntry {
    pub(super) version: String,
    pub(super) dev: bool,
    pub(super) dependencies: BTreeMap<String, TreeEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    lockfile_version: Option<u64>,
    #[serde(default)]
    packages: BTreeMap<String, Entry>,
    #[serde(default)]
    dependencies: BTreeMap<String, TreeEntry>,
}

/// A package in the lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Locked<'l> {
    /// Its name.
    pub name: &'l str,
    /// Where it lies below the package's folder.
    pub place: &'l str,
}

impl Lock {
    pub(super) fn parse(path: &str, text: &str) -> Result<Lock, Unreadable> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| Unreadable::new(at(path, error.line()), format!("not a lock file: {error}")))?;
        let version = file.lockfile_version.unwrap_or_default();
        if !(1..=3).contains(&version) {
            return Err(Unreadable::new(path, format!("its format is version {version}, not 1, 2 or 3")));
        }
        if version > 1 && !file.packages.contains_key("") {
            return Err(Unreadable::new(path, "lacks the entry of the package itself"));
        }
        let packages = if version == 1 { BTreeMap::new() } else { file.packages };
        let tree = if version == 3 { BTreeMap::new() } else { file.dependencies };
        Ok(Lock { path: path.to_owned(), version, packages, tree })
    }

    /// Whether an npm of this major release can read it. npm 6 passes over what it does not know in version 3 and
    /// installs as if there were no lock.
    pub fn readable_by(&self, npm: u64) -> bool {
        npm >= 7 || (npm >= 5 && self.version < 3)
    }

    /// Every package that lies in the lock, by its place; of version 1, those at the top alone have a place that
    /// scripts see.
    pub(super) fn all(&self) -> Vec<Locked<'_>> {
        if self.version == 1 {
            let mut all = Vec::new();
            let mut open: Vec<&BTreeMap<String, TreeEntry>> = vec![&self.tree];
            while let Some(tree) = open.pop() {
                for (name, entry) in tree {
                    all.push(Locked { name, place: name });
                    open.push(&entry.dependencies);
                }
            }
            return all;
        }
        let installed = self.packages.iter().filter(|(place, _)| !place.is_empty());
        installed.map(|(place, entry)| Locked { name: name_of(place, entry), place }).collect()
    }

    /// Names of the packages that are needed to run the program: all but those for development alone.
    pub(super) fn for_running(&self) -> Vec<&str> {
        if self.version == 1 {
            let mut names = Vec::new();
            let mut open: Vec<&BTreeMap<String, TreeEntry>> = vec![&self.tree];
            while let Some(tree) = open.pop() {
                for (name, entry) in tree.iter().filter(|(_, entry)| !entry.dev) {
                    names.push(name.as_str());
                    open.push(&entry.dependencies);
                }
            }
            return names;
        }
        let needed = self.packages.iter().filter(|(place, entry)| !place.is_empty() && !entry.dev);
        needed.map(|(place, entry)| name_of(place, entry)).collect()
    }

    /// Packages that run a script of their own when they are installed; `None` where the format does not say
    /// (version 1).
    pub fn with_install_scripts(&self) -> Option<Vec<Locked<'_>>> {
        if self.version == 1 {
            return None;
        }
        let scripted =
            self.packages.iter().filter(|(place, entry)| !place.is_empty() && entry.has_install_script);
        Some(scripted.map(|(place, entry)| Locked { name: name_of(place, entry), place }).collect())
    }

    /// A package and one of its optional dependencies that the lock does not hold. npm leaves out those of other
    /// platforms where it makes a lock beside a `node_modules` that is there already.
    pub fn lacks_optional(&self) -> Option<(&str, &str)> {
        let packages = self.packages.iter().filter(|(place, _)| !place.is_empty());
        packages.into_iter().find_map(|(place, entry)| {
            let lacks = |name: &&String| super::sync::resolve(self, place, name).is_none();
            let name = entry.optional_dependencies.keys().find(lacks)?;
            Some((place.as_str(), name.as_str()))
        })
    }

    /// The first address of a package that is not one of the registry in `npm`'s defaults, in whose place npm takes the
    /// registry that it is told to use.
    pub fn fetches_elsewhere(&self) -> Option<&str> {
        const REGISTRY: &str = "https://registry.npmjs.org/";
        let packages = self.packages.values().filter(|entry| !entry.link);
        let mut addresses = packages.filter_map(|entry| entry.resolved.as_ref()?.as_str());
        addresses.find(|address| !address.starts_with(REGISTRY))
    }

    /// Folders that stand in `node_modules` as links, relative to the package's own.
    pub(super) fn linked(&self) -> impl Iterator<Item = &str> {
        let links = self.packages.values().filter(|entry| entry.link);
        links.filter_map(|entry| entry.resolved.as_ref()?.as_str())
    }

    /// Names of packages at the top of `node_modules` that `--omit=dev` leaves out.
    pub fn dev_only(&self) -> BTreeSet<&str> {
        if self.version == 1 {
            return self.tree.iter().filter(|(_, entry)| entry.dev).map(|(name, _)| name.as_str()).collect();
        }
        self.top().filter(|(_, entry)| entry.dev).map(|(name, _)| name).collect()
    }

    /// Who provides a program of `node_modules/.bin`: names of packages, and whether each is dev-only.
    pub(super) fn providers(&self, program: &str) -> Vec<(&str, bool)> {
        let provides = |entry: &Entry, name: &str| {
            bins(entry.bin.as_ref(), Some(entry.name.as_deref().unwrap_or(name))).contains_key(program)
        };
        let top = self.top().filter(|(name, entry)| provides(entry, name));
        top.map(|(name, entry)| (name, entry.dev)).collect()
    }

    /// Packages right below `node_modules`, by the name that they are found under.
    fn top(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.packages.iter().filter_map(|(place, entry)| {
            let name = place.strip_prefix("node_modules/")?;
            // A nested package lies below a second `node_modules`.
            (!name.contains("/node_modules/")).then_some((name, self.target(entry)))
        })
    }

    /// The entry itself, or where it links to.
    pub(super) fn target<'l>(&'l self, entry: &'l Entry) -> &'l Entry {
        let linked = entry.resolved.as_ref().and_then(Value::as_str).filter(|_| entry.link);
        linked.and_then(|place| self.packages.get(place)).unwrap_or(entry)
    }
}

impl Entry {
    pub(super) fn edges(&self) -> BTreeMap<&str, (EdgeKind, &str)> {
        let is_optional_peer =
            |name: &str| self.peer_dependencies_meta.get(name).is_some_and(|meta| meta.optional);
        edges(
            &self.peer_dependencies,
            is_optional_peer,
            [
                (EdgeKind::Prod, &self.dependencies),
                (EdgeKind::Optional, &self.optional_dependencies),
                (EdgeKind::Dev, &self.dev_dependencies),
            ],
        )
    }
}

/// The package's own name: of an alias the lock says it, of others the place does.
fn name_of<'l>(place: &'l str, entry: &'l Entry) -> &'l str {
    let placed = place.rsplit_once("node_modules/").map_or(place, |(_, name)| name);
    entry.name.as_deref().unwrap_or(placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "bin": {"run-a": "x.js"}, "hasInstallScript": true},
        "node_modules/@s/b": {"version": "1.0.0", "dev": true, "bin": {"b": "b.js"}},
        "node_modules/a/node_modules/c": {"version": "1.0.0", "dev": true}}}"#;

    #[test]
    fn version_three() {
        let lock = Lock::parse("package-lock.json", LOCK).expect("readable");
        assert_eq!(lock.dev_only(), BTreeSet::from(["@s/b"]));
        assert_eq!(lock.providers("b"), [("@s/b", true)]);
        assert_eq!(lock.providers("a"), []);
        let scripted = lock.with_install_scripts().expect("said");
        assert_eq!(scripted, [Locked { name: "a", place: "node_modules/a" }]);
        assert!(lock.readable_by(10) && !lock.readable_by(6));
    }

    #[test]
    fn version_one_says_less() {
        let text = r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.0.0", "dev": true,
            "requires": {"b": "1"}, "dependencies": {"b": {"version": "1.0.0"}}}}}"#;
        let lock = Lock::parse("package-lock.json", text).expect("readable");
        assert_eq!(lock.dev_only(), BTreeSet::from(["a"]));
        assert_eq!(lock.all().len(), 2);
        assert_eq!(lock.with_install_scripts(), None);
        assert!(lock.readable_by(6));
    }

    #[test]
    fn other_formats_are_refused() {
        for text in
            ["{}", r#"{"lockfileVersion": 4}"#, r#"{"lockfileVersion": 3, "packages": {}}"#, "<<<<<<< HEAD"]
        {
            assert!(Lock::parse("package-lock.json", text).is_err(), "{text}");
        }
    }
}
