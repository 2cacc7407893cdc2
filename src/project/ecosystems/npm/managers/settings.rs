//! What a manager's settings make its install read and write.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Tool, yarn_lock};
use crate::project::Project;
use crate::project::ecosystems::npm::npmrc::Npmrc;
use crate::project::ecosystems::{Obstacle, Unreadable, text};
use crate::project::paths::join;

/// What the settings of a workspace say that matters to an install.
#[derive(Clone, Default, Debug)]
pub(super) struct Settings {
    /// Files and folders that they name, relative to the context.
    pub(super) needed: Vec<String>,
    /// What they name that cannot be followed (MC1).
    pub(super) obstacles: Vec<Obstacle>,
    /// Globs of members that stand elsewhere than in package.json.
    pub(super) members: Option<Vec<String>>,
    /// Requests in place of those of the dependencies.
    pub(super) replacements: Vec<String>,
    /// Whether dependencies are found by Plug'n'Play instead of in `node_modules`.
    pub(super) plug_n_play: bool,
    /// Whether archives of packages are kept in the project.
    pub(super) local_cache: bool,
    /// The release of the manager that they name.
    pub(super) release: Option<String>,
    /// Settings that may change what is locked, and that are not compared with the lock.
    pub(super) uncompared: Vec<String>,
    /// How densely Yarn packs archives, where it is told: `mixed` or a number.
    pub(super) compression: Option<String>,
    /// What pnpm's lock holds of its settings, where they are given.
    pub(super) locked: BTreeMap<&'static str, bool>,
}

/// Settings of pnpm that its lock holds, under the lock's own names.
const LOCKED: &[(&str, &str)] = &[
    ("auto-install-peers", "autoInstallPeers"),
    ("exclude-links-from-lockfile", "excludeLinksFromLockfile"),
];

impl Settings {
    pub(super) fn read(project: &Project, folder: &str, tool: Tool) -> Result<Settings, Unreadable> {
        let mut settings = Settings::default();
        let file = |name: &str| join(folder, name).filter(|path| project.sent(path));
        if let Some(path) = file(".npmrc").filter(|_| tool != Tool::YarnBerry) {
            let npmrc = Npmrc::read(project, &path)?;
            settings.obstacles.extend(npmrc.obstacles());
            if tool == Tool::Pnpm {
                settings.pnpm_locks(&npmrc);
            }
        }
        match tool {
            Tool::Npm => {}
            Tool::YarnClassic => {
                if let Some(path) = file(".yarnrc") {
                    settings.yarnrc(folder, &path, &text(project, &path)?)?;
                }
            }
            Tool::YarnBerry => {
                let path = file(".yarnrc.yml");
                let text = path.as_ref().map(|path| text(project, path)).transpose()?;
                settings.berry(folder, &path.unwrap_or_default(), text.as_deref())?;
            }
            Tool::Pnpm => {
                if let Some(path) = file("pnpm-workspace.yaml") {
                    settings.pnpm(folder, &path, &text(project, &path)?)?;
                }
                for path in [".pnpmfile.cjs", ".pnpmfile.mjs"].iter().filter_map(|name| file(name)) {
                    settings.hooks(&path, &text(project, &path)?);
                    settings.uncompared.push(path);
                }
            }
            Tool::Bun => {
                if let Some(path) = file("bunfig.toml") {
                    settings.bun(&path, &text(project, &path)?)?;
                }
            }
        }
        Ok(settings)
    }

    fn hold(&mut self, path: &str, key: &str) {
        self.obstacles.push(Obstacle {
            id: "MC1",
            text: format!("`{key}` of `{path}` names other files than the usual"),
            remedy: "copy what it names by hand before the install".to_owned(),
        });
    }

    fn need(&mut self, folder: &str, path: &str, key: &str, value: &str) {
        match join(folder, value).filter(|_| !value.starts_with(['/', '~'])) {
            Some(found) => self.needed.push(found),
            None => self.hold(path, key),
        }
    }

    /// Yarn 1. A key that begins with `--` is an option of the command line.
    fn yarnrc(&mut self, folder: &str, path: &str, text: &str) -> Result<(), Unreadable> {
        const HARMLESS: &[&str] = &[
            "registry",
            "network-timeout",
            "network-concurrency",
            "child-concurrency",
            "lastUpdateCheck",
            "disable-self-update-check",
            "save-prefix",
            "strict-ssl",
            "ignore-engines",
            "ignore-optional",
            "ignore-platform",
            "workspaces-experimental",
            "yarn-offline-mirror-pruning",
            "proxy",
            "https-proxy",
            "email",
            "username",
            "--install.ignore-engines",
            "--install.frozen-lockfile",
            "--install.pure-lockfile",
            "--install.network-timeout",
            "--add.exact",
        ];
        for (key, value) in yarn_lock::settings(path, text)? {
            match key.as_str() {
                "yarn-path" => {
                    self.release = release_in(&value);
                    self.need(folder, path, &key, &value);
                }
                "yarn-offline-mirror" => self.need(folder, path, &key, &value),
                _ if HARMLESS.contains(&key.as_str()) || key.ends_with(":registry") => {}
                _ => self.hold(path, &key),
            }
        }
        Ok(())
    }

    /// Yarn 2 and later.
    fn berry(&mut self, folder: &str, path: &str, text: Option<&str>) -> Result<(), Unreadable> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct File {
            yarn_path: Option<String>,
            node_linker: Option<String>,
            enable_global_cache: Option<bool>,
            compression_level: Option<String>,
            #[serde(flatten)]
            rest: BTreeMap<String, IgnoredAny>,
        }
        // Where an install reads or writes elsewhere than usual.
        const PLACES: &[&str] = &[
            "caFilePath",
            "cacheFolder",
            "httpsCaFilePath",
            "httpsCertFilePath",
            "httpsKeyFilePath",
            "installStatePath",
            "lockfileFilename",
            "nmHoistingLimits",
            "pnpDataPath",
            "virtualFolder",
            "constraintsPath",
        ];
        let file: File = match text.filter(|text| {
            text.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        }) {
            Some(text) => {
                serde_saphyr::from_str(text).map_err(|error| Unreadable::new(path, error.to_string()))?
            }
            None => File::default(),
        };
        if let Some(value) = &file.yarn_path {
            self.release = release_in(value);
            self.need(folder, path, "yarnPath", value);
        }
        for key in file.rest.keys().filter(|key| PLACES.contains(&key.as_str())) {
            self.hold(path, key);
        }
        self.uncompared.extend(file.rest.into_keys().filter(|key| !Tool::YarnBerry.is_harmless(key)));
        self.compression = file.compression_level;
        self.plug_n_play = file.node_linker.as_deref().unwrap_or("pnp") == "pnp";
        self.local_cache = file.enable_global_cache != Some(true);
        Ok(())
    }

    fn pnpm(&mut self, folder: &str, path: &str, text: &str) -> Result<(), Unreadable> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct File {
            packages: Option<Vec<String>>,
            overrides: BTreeMap<String, String>,
            patched_dependencies: BTreeMap<String, String>,
            #[serde(flatten)]
            rest: BTreeMap<String, IgnoredAny>,
        }
        const PLACES: &[&str] = &[
            "lockfileDir",
            "modulesDir",
            "virtualStoreDir",
            "storeDir",
            "pnpmfile",
            "globalPnpmfile",
            "cafile",
            "configDependencies",
        ];
        let file: Option<File> =
            serde_saphyr::from_str(text).map_err(|error| Unreadable::new(path, error.to_string()))?;
        let file = file.unwrap_or_default();
        for key in file.rest.keys().filter(|key| PLACES.contains(&key.as_str())) {
            self.hold(path, key);
        }
        for value in file.patched_dependencies.values() {
            self.need(folder, path, "patchedDependencies", value);
        }
        // Older releases do not read them here.
        let lists = [
            (file.overrides.is_empty(), "overrides"),
            (file.patched_dependencies.is_empty(), "patchedDependencies"),
        ];
        self.uncompared.extend(lists.iter().filter(|(empty, _)| !empty).map(|(_, key)| (*key).to_owned()));
        self.uncompared.extend(file.rest.into_keys().filter(|key| !Tool::Pnpm.is_harmless(key)));
        self.replacements.extend(file.overrides.into_values());
        self.members = file.packages;
        Ok(())
    }

    /// What of a `.npmrc` the lock of pnpm holds or depends on.
    fn pnpm_locks(&mut self, npmrc: &Npmrc) {
        for key in npmrc.keys() {
            let locked = LOCKED.iter().find(|(name, _)| *name == key).map(|(_, locked)| *locked);
            match (locked, npmrc.is_on(key), npmrc.is_off(key)) {
                (Some(locked), on, off) if on || off => {
                    self.locked.insert(locked, on);
                }
                _ if Tool::Pnpm.is_harmless(key) => {}
                _ => self.uncompared.push(key.to_owned()),
            }
        }
    }

    /// A hook that loads another file may need any.
    fn hooks(&mut self, path: &str, text: &str) {
        if ["require(", "require (", "import", "readFile", "fs."].iter().any(|word| text.contains(word)) {
            self.obstacles.push(Obstacle {
                id: "MC2",
                text: format!("`{path}` runs during the install and may read other files"),
                remedy: "copy what it reads by hand before the install".to_owned(),
            });
        }
    }

    fn bun(&mut self, path: &str, text: &str) -> Result<(), Unreadable> {
        let file: toml::Table =
            text.parse().map_err(|error: toml::de::Error| Unreadable::new(path, error.to_string()))?;
        let install = file.get("install").and_then(toml::Value::as_table);
        for key in ["cafile", "globalDir", "globalBinDir"] {
            if install.is_some_and(|install| install.contains_key(key)) {
                self.hold(path, key);
            }
        }
        Ok(())
    }
}

/// `1.22.19` in `.yarn/releases/yarn-1.22.19.cjs`.
fn release_in(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_prefix("yarn-")?;
    let release = name.strip_suffix(".cjs").or_else(|| name.strip_suffix(".js"))?;
    release.starts_with(|first: char| first.is_ascii_digit()).then(|| release.to_owned())
}
