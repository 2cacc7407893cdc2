//! `yarn.lock` of Yarn 2 and later, which is YAML, and whether it belongs to the manifests.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Workspace;
use crate::project::ecosystems::npm::Package;
use crate::project::ecosystems::{Unreadable, Verdict};

/// A lock of Yarn 2 or later.
#[derive(Clone, Debug)]
pub(super) struct BerryLock {
    path: String,
    /// `__metadata.version`.
    pub(super) version: u64,
    /// Entries by each of what asks for them, without `npm:`: `name@range`, `name@workspace:folder`.
    entries: BTreeMap<String, Entry>,
    /// `__metadata.cacheKey`: how archives are packed, which their checksums hang on.
    cache_key: String,
}

#[derive(Clone, Default, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    /// Of `__metadata` a number, of a package its version.
    version: String,
    /// Of `__metadata` alone.
    cache_key: String,
    resolution: String,
    dependencies: BTreeMap<String, String>,
    peer_dependencies: Option<IgnoredAny>,
    peer_dependencies_meta: Option<IgnoredAny>,
    dependencies_meta: Option<IgnoredAny>,
    bin: Option<IgnoredAny>,
}

/// Requests for what lies in the project; the lock holds its checksum.
const LOCAL: &[&str] = &["file:", "portal:", "patch:", "exec:", ".", "/", "~/"];

impl BerryLock {
    pub(super) fn parse(path: &str, text: &str) -> Result<BerryLock, Unreadable> {
        let mut file: BTreeMap<String, Entry> = serde_saphyr::from_str(text)
            .map_err(|error| Unreadable::new(path, format!("not a lock file of Yarn: {error}")))?;
        let metadata = file.remove("__metadata").unwrap_or_default();
        let version = metadata.version.parse().map_err(|_| Unreadable::new(path, "has no version"))?;
        let mut entries = BTreeMap::new();
        for (keys, entry) in file {
            for key in keys.split(", ") {
                let (name, range) =
                    split(key).ok_or_else(|| Unreadable::new(path, format!("`{key}` has no range")))?;
                entries.insert(format!("{name}@{}", plain(range)), entry.clone());
            }
        }
        Ok(BerryLock { path: path.to_owned(), version, entries, cache_key: metadata.cache_key })
    }

    /// Folders of the packages that it is for; a key may also ask for a member by a range.
    pub(super) fn members(&self) -> Vec<&str> {
        let folders = self.entries.iter().filter_map(|(key, entry)| {
            let (name, range) = split(key)?;
            let folder = range.strip_prefix("workspace:")?;
            (entry.resolution == format!("{name}@workspace:{folder}")).then_some(folder)
        });
        folders.collect()
    }

    /// Names of all packages.
    pub(super) fn names(&self) -> Vec<&str> {
        self.entries.keys().filter_map(|key| split(key)).map(|(name, _)| name).collect()
    }

    /// Whether `yarn install --immutable` leaves the lock as it is (MC11).
    pub(super) fn in_sync(&self, workspace: &Workspace) -> Verdict {
        let (base, usual) = if self.version == 6 { ("8", "mixed") } else { ("10", "0") };
        let wanted = match workspace.settings.compression.as_deref().unwrap_or(usual) {
            "mixed" => base.to_owned(),
            level => format!("{base}c{level}"),
        };
        if self.cache_key != wanted {
            return Verdict::Unproven(format!("the cache key of `{}` is not `{wanted}`", self.path));
        }
        for package in workspace.packages() {
            let path = &package.manifest.path;
            if !package.manifest.replacements.is_empty() {
                return Verdict::Unproven(format!("`{path}` replaces ranges of its dependencies"));
            }
            let edges = package.manifest.edges();
            let local = |range: &str| LOCAL.iter().any(|start| range.starts_with(start));
            if let Some(name) = edges.iter().find(|(_, (_, range))| local(range)).map(|(name, _)| name) {
                return Verdict::Unproven(format!("`{name}` is a file of the project ({path})"));
            }
            if let Some(verdict) = self.differs(workspace, package) {
                return verdict;
            }
        }
        let asked = self.entries.values().flat_map(|entry| &entry.dependencies);
        let missing = asked.map(|(name, range)| format!("{name}@{}", plain(range))).find(|key| {
            let local = ["file:", "link:", "portal:", "patch:"]
                .iter()
                .any(|start| key.contains(&format!("@{start}")));
            !local && !self.entries.contains_key(key)
        });
        if let Some(key) = self.surplus(workspace) {
            return Verdict::Unproven(format!("`{}` locks `{key}`, which nothing asks for", self.path));
        }
        match missing {
            Some(key) => Verdict::Unproven(format!("`{}` locks no `{key}`", self.path)),
            None => Verdict::Holds(format!("`{}` locks every range", self.path)),
        }
    }

    /// A request that nobody makes: Yarn would take it out of the lock.
    fn surplus(&self, workspace: &Workspace) -> Option<&str> {
        let request = |name: &str, range: &str| format!("{name}@{}", plain(range));
        let locked = self.entries.values().flat_map(|entry| &entry.dependencies);
        let mut asked: BTreeSet<String> = locked.map(|(name, range)| request(name, range)).collect();
        for package in workspace.packages() {
            asked.extend(package.manifest.edges().into_iter().map(|(name, (_, range))| request(name, range)));
        }
        let is_asked = |key: &str, entry: &Entry| {
            let Some((_, range)) = split(key) else { return false };
            // A change that Yarn brings along for some packages: `patch:a@npm%3A^1#optional!builtin<compat/a>`.
            let patched = range.strip_prefix("patch:").and_then(|range| range.split_once('#'));
            let patched = patched.map(|(inner, _)| inner.replace("%3A", ":"));
            let inner = patched.as_deref().and_then(split).map(|(name, range)| request(name, range));
            asked.contains(key)
                || inner.is_some_and(|inner| asked.contains(&inner))
                || range.starts_with("workspace:") && entry.resolution == key
        };
        self.entries.iter().find(|(key, entry)| !is_asked(key, entry)).map(|(key, _)| key.as_str())
    }

    /// How the lock's copy of a package's ranges differs from its manifest.
    fn differs(&self, workspace: &Workspace, package: &Package) -> Option<Verdict> {
        let manifest = &package.manifest;
        let folder = workspace.below_root(package);
        let ending = format!("@workspace:{}", if folder.is_empty() { "." } else { folder });
        let named = |key: &str| match &manifest.name {
            Some(name) => key.strip_suffix(&ending) == Some(name),
            // Yarn makes a name of the folder's.
            None => key.starts_with("root-workspace-") && folder.is_empty(),
        };
        let entry = self.entries.iter().find(|(key, _)| key.ends_with(&ending) && named(key));
        let Some((_, entry)) = entry else {
            return Some(Verdict::Fails(format!("`{}` is not in `{}`", manifest.path, self.path)));
        };
        let more =
            [&entry.peer_dependencies, &entry.peer_dependencies_meta, &entry.dependencies_meta, &entry.bin];
        if more.into_iter().any(Option::is_some) {
            let text = format!("`{}` says more of `{}` than its ranges", self.path, manifest.path);
            return Some(Verdict::Unproven(text));
        }
        let wanted = manifest.edges().into_iter().filter(|(_, (kind, _))| !kind.is_peer());
        let wanted: BTreeMap<&str, &str> = wanted.map(|(name, (_, range))| (name, plain(range))).collect();
        let locked: BTreeMap<&str, &str> =
            entry.dependencies.iter().map(|(name, range)| (name.as_str(), plain(range))).collect();
        let different = wanted.iter().find(|(name, range)| locked.get(*name) != Some(range));
        let surplus = locked.keys().find(|name| !wanted.contains_key(*name));
        let name = different.map(|(name, _)| name).or(surplus)?;
        Some(Verdict::Fails(format!("`{name}` is not the same in `{}` and `{}`", manifest.path, self.path)))
    }
}

/// Name and range of `name@range`; the name may begin with an `@` itself.
fn split(key: &str) -> Option<(&str, &str)> {
    let end = key.get(1..)?.find('@')? + 1;
    Some((&key[..end], &key[end + 1..]))
}

/// A range without `npm:`, which later locks write where the manifest does not.
fn plain(range: &str) -> &str {
    range.strip_prefix("npm:").unwrap_or(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::managers::tests::verdict;

    const LOCK: &str = "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"b@npm:^2, b@patch:b@npm%3A^2#optional!builtin<compat/b>\":\n  version: 2.0.0\n\n\"a@npm:^1\":\n  version: 1.2.0\n  dependencies:\n    b: \"npm:^2\"\n\n\"m@workspace:*, m@workspace:p/m\":\n  version: 0.0.0-use.local\n  resolution: \"m@workspace:p/m\"\n\n\"r@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"r@workspace:.\"\n  dependencies:\n    a: \"npm:^1\"\n    m: \"workspace:*\"\n";
    const ROOT: &str = r#"{"name": "r", "packageManager": "yarn@4.1.0", "workspaces": ["p/*"],
        "dependencies": {"a": "^1"}, "devDependencies": {"m": "workspace:*"}}"#;

    fn of(root: &str, lock: &str) -> Verdict {
        verdict(
            &[("package.json", root), ("p/m/package.json", r#"{"name": "m"}"#), ("yarn.lock", lock)],
            "yarn",
        )
    }

    #[test]
    fn every_workspace_as_the_lock_has_it() {
        assert!(matches!(of(ROOT, LOCK), Verdict::Holds(_)), "{:?}", of(ROOT, LOCK));
        assert!(matches!(of(&ROOT.replace("^1", "^1.1"), LOCK), Verdict::Fails(_)));
        assert!(matches!(of(&ROOT.replace(r#""a": "^1""#, ""), LOCK), Verdict::Fails(_)));
        assert!(matches!(of(ROOT, &LOCK.replace("p/m", "p/n")), Verdict::Unproven(_)));
        assert!(matches!(of(ROOT, &LOCK.replace("\"b@npm:^2,", "\"b@npm:^3,")), Verdict::Unproven(_)));
    }

    /// What `yarn install --immutable` of 4.9 refuses, each seen with it.
    #[test]
    fn what_yarn_would_write_anew_is_held_back() {
        let unnamed = ROOT.replace(r#""name": "r", "#, "");
        assert!(!matches!(of(&unnamed, LOCK), Verdict::Holds(_)));
        assert!(matches!(
            of(&unnamed, &LOCK.replace("\"r@work", "\"root-workspace-0b6124@work")),
            Verdict::Holds(_)
        ));
        for (from, to) in [
            ("cacheKey: 10c0", "cacheKey: 9"),
            ("\"a@npm:^1\":", "\"a@npm:^1, a@npm:^1.1\":"),
            ("\"m@workspace:*, ", "\"m@workspace:*, m@workspace:^1, "),
            ("    m: \"workspace:*\"\n", "    m: \"workspace:*\"\n  peerDependencies:\n    z: 1\n"),
        ] {
            let lock = LOCK.replace(from, to);
            assert!(lock != LOCK && matches!(of(ROOT, &lock), Verdict::Unproven(_)), "{to}");
        }
        let packed = |level: &str| {
            let settings = format!("compressionLevel: {level}\n");
            let member = ("p/m/package.json", r#"{"name": "m"}"#);
            verdict(
                &[("package.json", ROOT), member, ("yarn.lock", LOCK), (".yarnrc.yml", &settings)],
                "yarn",
            )
        };
        assert!(matches!(packed("0"), Verdict::Holds(_)));
        assert!(matches!(packed("mixed"), Verdict::Unproven(_)));
        let local = ROOT.replace("^1", "file:./a");
        let lock = LOCK.replace("npm:^1\"", "file:./a\"");
        assert!(matches!(of(&local, &lock), Verdict::Unproven(_)));
    }

    #[test]
    fn another_release_of_yarn_would_write_another_lock() {
        for other in ["yarn@4.14.1", "yarn@3.2.0", "yarn@1.22.0", "pnpm@9.0.0"] {
            let root = ROOT.replace("yarn@4.1.0", other);
            assert!(!matches!(of(&root, LOCK), Verdict::Holds(_)), "{other}");
        }
        assert!(matches!(of(&ROOT.replace("packageManager", "x"), LOCK), Verdict::Unproven(_)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "a: [", "\"x@npm:1\":\n  version: 1\n", "__metadata:\n  version: 8\nx:\n  version: 1\n"]
        {
            assert!(BerryLock::parse("yarn.lock", text).is_err(), "{text}");
        }
    }
}
