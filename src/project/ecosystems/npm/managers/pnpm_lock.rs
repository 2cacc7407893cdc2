//! `pnpm-lock.yaml`, and whether it belongs to the manifests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Workspace, compared, joined};
use crate::project::ecosystems::npm::manifest::EdgeKind;
use crate::project::ecosystems::{Unreadable, Verdict};

/// A lock of pnpm.
#[derive(Debug)]
pub(super) struct PnpmLock {
    path: String,
    /// The whole number of `lockfileVersion`: 5, 6 or 9.
    pub(super) version: u64,
    importers: BTreeMap<String, Importer>,
    names: Vec<String>,
    /// What changes the locked versions and is not compared here.
    changed_by: Option<&'static str>,
    patched: bool,
    settings: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    settings: BTreeMap<String, Value>,
    #[serde(default)]
    importers: BTreeMap<String, Importer>,
    #[serde(flatten)]
    only: Importer,
    #[serde(default)]
    packages: BTreeMap<String, IgnoredAny>,
    overrides: Option<IgnoredAny>,
    package_extensions_checksum: Option<IgnoredAny>,
    pnpmfile_checksum: Option<IgnoredAny>,
    patched_dependencies: Option<IgnoredAny>,
    catalogs: Option<IgnoredAny>,
    ignored_optional_dependencies: Option<IgnoredAny>,
}

/// What the lock holds of one package of the workspace.
#[derive(Default, Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Importer {
    dependencies: BTreeMap<String, Dependency>,
    dev_dependencies: BTreeMap<String, Dependency>,
    optional_dependencies: BTreeMap<String, Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    specifier: String,
}

impl PnpmLock {
    pub(super) fn parse(path: &str, text: &str) -> Result<PnpmLock, Unreadable> {
        let refuse = |why: String| Unreadable::new(path, why);
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head {
            lockfile_version: String,
        }
        let head: Head = serde_saphyr::from_str(text)
            .map_err(|error| refuse(format!("not a lock file of pnpm: {error}")))?;
        let version =
            head.lockfile_version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or_default();
        if version != 6 && version != 9 {
            return Err(refuse(format!("its format is version {}, not 6 or 9", head.lockfile_version)));
        }
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| refuse(format!("not a lock file of pnpm: {error}")))?;
        let mut importers = file.importers;
        importers.entry(".".to_owned()).or_insert(file.only);
        let changes = [
            (file.overrides.is_some(), "overrides"),
            (file.package_extensions_checksum.is_some(), "packageExtensions"),
            (file.pnpmfile_checksum.is_some(), ".pnpmfile.cjs"),
            (file.catalogs.is_some(), "catalogs"),
            (file.ignored_optional_dependencies.is_some(), "ignoredOptionalDependencies"),
        ];
        Ok(PnpmLock {
            path: path.to_owned(),
            version,
            importers,
            names: file.packages.keys().filter_map(|key| name(key)).map(str::to_owned).collect(),
            changed_by: changes.into_iter().find(|(there, _)| *there).map(|(_, name)| name),
            patched: file.patched_dependencies.is_some(),
            settings: file.settings,
        })
    }

    /// Folders of the packages that it is for.
    pub(super) fn members(&self) -> Vec<&str> {
        self.importers.keys().map(String::as_str).collect()
    }

    /// Names of all packages.
    pub(super) fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }

    /// Whether `pnpm install --frozen-lockfile` takes the lock as it is (MC11).
    pub(super) fn in_sync(&self, workspace: &Workspace) -> Verdict {
        if let Some(name) = self.changed_by {
            return Verdict::Unproven(format!(
                "`{}` was made with `{name}`, which is not compared",
                self.path
            ));
        }
        if self.patched || workspace.packages().any(|package| !package.manifest.replacements.is_empty()) {
            return Verdict::Unproven("versions are replaced or patched, which is not compared".to_owned());
        }
        let given = &workspace.settings.locked;
        let wanted = |key: &str| match key {
            "autoInstallPeers" => Some(given.get(key).copied().unwrap_or(true)),
            "excludeLinksFromLockfile" => Some(given.get(key).copied().unwrap_or(false)),
            _ => None,
        };
        let other = |(key, value): &(&String, &Value)| wanted(key).map(Value::Bool).as_ref() != Some(value);
        if let Some((key, _)) = self.settings.iter().find(other) {
            return Verdict::Unproven(format!("`{}` was made with another `{key}`", self.path));
        }
        if let Some(key) = given.keys().find(|key| !self.settings.contains_key(**key)) {
            return Verdict::Unproven(format!("`{}` does not tell `{key}`", self.path));
        }
        compared(workspace, &self.path, |folder| {
            let importer = self.importers.get(if folder.is_empty() { "." } else { folder })?;
            let lists = [
                (EdgeKind::Prod, &importer.dependencies),
                (EdgeKind::Optional, &importer.optional_dependencies),
                (EdgeKind::Dev, &importer.dev_dependencies),
            ];
            Some(joined(lists, |found| found.specifier.as_str()))
        })
    }
}

/// The name in `/name@1.0.0(peer@1)` and `name@1.0.0`.
fn name(key: &str) -> Option<&str> {
    let key = key.trim_start_matches('/');
    let end = key.get(1..)?.find('@')? + 1;
    Some(&key[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::managers::tests::verdict;

    const LOCK: &str = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\nimporters:\n\n  .:\n    dependencies:\n      '@s/a':\n        specifier: ^1\n        version: 1.2.0\n\n  p/m:\n    devDependencies:\n      b:\n        specifier: '*'\n        version: 2.0.0\n\npackages:\n\n  '@s/a@1.2.0':\n    resolution: {integrity: x}\n\n  b@2.0.0:\n    resolution: {integrity: x}\n";
    const ROOT: &str = r#"{"packageManager": "pnpm@9.1.0", "dependencies": {"@s/a": "^1"}}"#;

    fn of(root: &str, lock: &str) -> Verdict {
        let member = r#"{"devDependencies": {"b": "*"}}"#;
        let workspace = "packages:\n  - 'p/*'\n";
        verdict(
            &[
                ("package.json", root),
                ("p/m/package.json", member),
                ("pnpm-workspace.yaml", workspace),
                ("pnpm-lock.yaml", lock),
            ],
            "pnpm",
        )
    }

    #[test]
    fn every_importer_as_the_lock_has_it() {
        assert!(matches!(of(ROOT, LOCK), Verdict::Holds(_)), "{:?}", of(ROOT, LOCK));
        for other in [
            ROOT.replace("^1", "^2"),
            ROOT.replace("dependencies", "devDependencies"),
            ROOT.replace("@s/a", "c"),
        ] {
            assert!(matches!(of(&other, LOCK), Verdict::Fails(_)), "{other}");
        }
        assert!(matches!(of(ROOT, &LOCK.replace("p/m", "p/n")), Verdict::Unproven(_)));
    }

    #[test]
    fn peers_and_more_about_dependencies_are_not_compared() {
        for more in [r#""peerDependencies": {"z": "1"}"#, r#""dependenciesMeta": {"z": {"injected": true}}"#]
        {
            let root = ROOT.replacen('{', &format!("{{{more}, "), 1);
            assert!(matches!(of(&root, LOCK), Verdict::Unproven(_)), "{root}");
        }
    }

    /// What `pnpm install --frozen-lockfile` of 9.15 says to each: it compares its settings with the lock's.
    #[test]
    fn settings_that_a_lock_holds_are_those_in_force() {
        let single = LOCK.replace(
            "  p/m:\n    devDependencies:\n      b:\n        specifier: '*'\n        version: 2.0.0\n\n",
            "",
        );
        let of = |lock: &str, more: (&str, &str)| {
            verdict(&[("package.json", ROOT), ("pnpm-lock.yaml", lock), more], "pnpm")
        };
        let held = |npmrc: &str| !matches!(of(&single, (".npmrc", npmrc)), Verdict::Holds(_));
        assert!(!held(
            "auto-install-peers=true\nshamefully-hoist=true\n@s:registry=https://r\n//r/:_authToken=${T}\n"
        ));
        assert!(held("auto-install-peers=false\n") && held("peers-suffix-max-length=10\n"));
        assert!(held("exclude-links-from-lockfile=true\n"));
        let off = single.replace("Peers: true", "Peers: false");
        assert!(matches!(of(&off, (".npmrc", "auto-install-peers=false\n")), Verdict::Holds(_)));
        assert!(matches!(of(&off, (".npmrc", "")), Verdict::Unproven(_)));
        assert!(matches!(of(&single, (".pnpmfile.cjs", "module.exports = {}\n")), Verdict::Unproven(_)));
        for workspace in ["overrides:\n  b: '1'\n", "autoInstallPeers: false\n"] {
            assert!(matches!(of(&single, ("pnpm-workspace.yaml", workspace)), Verdict::Unproven(_)));
        }
        assert!(matches!(
            of(&single, ("pnpm-workspace.yaml", "onlyBuiltDependencies: [b]\n")),
            Verdict::Holds(_)
        ));
        let extended = ROOT.replacen('{', r#"{"pnpm": {"packageExtensions": {"b": {}}}, "#, 1);
        let files = [("package.json", extended.as_str()), ("pnpm-lock.yaml", single.as_str())];
        assert!(matches!(verdict(&files, "pnpm"), Verdict::Unproven(_)));
    }

    #[test]
    fn what_changes_versions_is_not_compared() {
        let lock = LOCK.replace("importers:", "overrides:\n  x: 1\n\nimporters:");
        assert!(matches!(of(ROOT, &lock), Verdict::Unproven(_)));
    }

    #[test]
    fn a_single_package_of_version_six() {
        let lock = "lockfileVersion: '6.0'\n\ndependencies:\n  a:\n    specifier: ^1\n    version: 1.0.0\n\npackages:\n\n  /a@1.0.0:\n    dev: false\n";
        let holds = |manager: &str| {
            let root = format!(r#"{{"packageManager": "{manager}", "dependencies": {{"a": "^1"}}}}"#);
            matches!(verdict(&[("package.json", &root), ("pnpm-lock.yaml", lock)], "pnpm"), Verdict::Holds(_))
        };
        assert!(holds("pnpm@8.6.0") && !holds("pnpm@9.0.0"));
        assert_eq!(PnpmLock::parse("pnpm-lock.yaml", lock).expect("readable").names(), ["a"]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "lockfileVersion: 5.4\n", "lockfileVersion: '9.0'\nimporters: [", "<<<<<<< HEAD\n"] {
            assert!(PnpmLock::parse("pnpm-lock.yaml", text).is_err(), "{text}");
        }
    }
}
