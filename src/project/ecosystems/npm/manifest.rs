//! `package.json`, as far as installs and scripts depend on it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::json::json_line;
use crate::project::Found;
use crate::project::ecosystems::Unreadable;
use crate::project::paths::at;

/// A `package.json`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Manifest {
    /// Path of the file in the context.
    pub path: String,
    /// The package's name.
    pub name: Option<String>,
    /// Its version, which members of a workspace are chosen by.
    pub version: Option<String>,
    /// Whether its `.js` files are ES modules (`"type": "module"`).
    pub is_module: bool,
    /// The file that `node .` runs, as written.
    pub main: Option<String>,
    /// Scripts by name, with their places.
    pub scripts: BTreeMap<String, Found<String>>,
    /// Ranges of what it needs at run time.
    pub dependencies: BTreeMap<String, String>,
    /// Ranges of what it needs in development.
    pub dev_dependencies: BTreeMap<String, String>,
    /// Ranges of what it takes if it can be installed.
    pub optional_dependencies: BTreeMap<String, String>,
    /// Ranges of what it wants beside it; npm 7 and later install these too.
    pub peer_dependencies: BTreeMap<String, String>,
    /// Names among the peers that may be missing.
    pub optional_peers: BTreeSet<String>,
    /// Whether it replaces ranges of its dependencies' own dependencies.
    pub has_overrides: bool,
    /// What it asks for in place of what its dependencies ask for (`overrides`, `resolutions`), and where to find it.
    pub replacements: Vec<String>,
    /// Names of pnpm's settings below its own key.
    pub pnpm_settings: Vec<String>,
    /// Files of changes that are made to dependencies when they are installed, as written.
    pub patches: Vec<String>,
    /// Whether Yarn 1 is told to make no `node_modules`.
    pub plug_n_play: bool,
    /// Whether it says more of its dependencies than their ranges (`dependenciesMeta`).
    pub has_dependencies_meta: bool,
    /// Whether every file of a folder is a program that it offers.
    pub has_bin_folder: bool,
    /// Folders of workspace members, as globs.
    pub workspaces: Vec<String>,
    /// Programs that it offers, by name.
    pub bin: BTreeMap<String, String>,
    /// `engines.node`, as written.
    pub engines_node: Option<Found<String>>,
    /// `engines.npm`, as written.
    pub engines_npm: Option<Found<String>>,
    /// `volta.node`, as written.
    pub volta_node: Option<Found<String>>,
    /// `packageManager`, as written: `npm@10.2.0`.
    pub package_manager: Option<Found<String>>,
    /// Whether it says that its `binding.gyp` is not to be built.
    pub refuses_gyp: bool,
}

/// How a package is depended upon. Later kinds override earlier ones where a name stands in several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum EdgeKind {
    OptionalPeer,
    Peer,
    Prod,
    Optional,
    Dev,
}

impl EdgeKind {
    pub(super) fn is_peer(self) -> bool {
        matches!(self, EdgeKind::Peer | EdgeKind::OptionalPeer)
    }
}

type Ranges = BTreeMap<String, String>;

/// What npm makes of the lists of a manifest, or of a lock's copy of it: one range for each name.
pub(super) fn edges<'m>(
    peers: &'m Ranges,
    is_optional_peer: impl Fn(&str) -> bool,
    lists: [(EdgeKind, &'m Ranges); 3],
) -> BTreeMap<&'m str, (EdgeKind, &'m str)> {
    let mut edges = BTreeMap::new();
    for (name, range) in peers {
        let kind = if is_optional_peer(name) { EdgeKind::OptionalPeer } else { EdgeKind::Peer };
        edges.insert(name.as_str(), (kind, range.as_str()));
    }
    for (kind, list) in lists {
        edges.extend(list.iter().map(|(name, range)| (name.as_str(), (kind, range.as_str()))));
    }
    edges
}

impl Manifest {
    pub(super) fn parse(path: &str, text: &str) -> Result<Manifest, Unreadable> {
        let value: Value = serde_json::from_str(text)
            .map_err(|error| Unreadable::new(at(path, error.line()), format!("not JSON: {error}")))?;
        Reader { path, text, value: &value }.manifest()
    }

    pub(super) fn edges(&self) -> BTreeMap<&str, (EdgeKind, &str)> {
        edges(
            &self.peer_dependencies,
            |name| self.optional_peers.contains(name),
            [
                (EdgeKind::Prod, &self.dependencies),
                (EdgeKind::Optional, &self.optional_dependencies),
                (EdgeKind::Dev, &self.dev_dependencies),
            ],
        )
    }

    /// Whether a package is among the dependencies, of whichever kind.
    pub fn depends_on(&self, name: &str) -> bool {
        self.edges().contains_key(name)
    }
}

struct Reader<'a> {
    path: &'a str,
    text: &'a str,
    value: &'a Value,
}

impl Reader<'_> {
    fn manifest(&self) -> Result<Manifest, Unreadable> {
        if !self.value.is_object() {
            return Err(Unreadable::new(self.path, "holds no object"));
        }
        let scripts = self.strings("scripts")?.into_iter().map(|(name, body)| {
            let place = self.place(&["scripts", &name]);
            (name, Found { value: body, at: place })
        });
        let overrides = self.value.get("overrides").and_then(Value::as_object);
        Ok(Manifest {
            path: self.path.to_owned(),
            name: self.string("name"),
            version: self.string("version"),
            is_module: self.string("type").as_deref() == Some("module"),
            main: self.string("main"),
            scripts: scripts.collect(),
            dependencies: self.strings("dependencies")?,
            dev_dependencies: self.strings("devDependencies")?,
            optional_dependencies: self.strings("optionalDependencies")?,
            peer_dependencies: self.strings("peerDependencies")?,
            optional_peers: self.optional_peers(),
            has_overrides: overrides.is_some_and(|overrides| !overrides.is_empty()),
            replacements: self.replacements(),
            pnpm_settings: self.pnpm_settings(),
            patches: self.patches(),
            plug_n_play: self.at(&["installConfig", "pnp"]) == Some(&Value::Bool(true)),
            has_dependencies_meta: self.value.get("dependenciesMeta").is_some(),
            has_bin_folder: self.at(&["directories", "bin"]).is_some(),
            workspaces: self.workspaces(),
            bin: self.bin(),
            engines_node: self.found(&["engines", "node"]),
            engines_npm: self.found(&["engines", "npm"]),
            volta_node: self.found(&["volta", "node"]),
            package_manager: self.found(&["packageManager"]),
            refuses_gyp: self.value.get("gypfile") == Some(&Value::Bool(false)),
        })
    }

    fn place(&self, keys: &[&str]) -> String {
        json_line(self.text, keys).map_or_else(|| self.path.to_owned(), |line| at(self.path, line))
    }

    fn string(&self, key: &str) -> Option<String> {
        self.value.get(key)?.as_str().map(str::to_owned)
    }

    fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self.value, |value, key| value.get(key))
    }

    fn found(&self, keys: &[&str]) -> Option<Found<String>> {
        Some(Found { value: self.at(keys)?.as_str()?.to_owned(), at: self.place(keys) })
    }

    /// An object of strings. Anything else in its place is refused rather than read in part.
    fn strings(&self, key: &str) -> Result<BTreeMap<String, String>, Unreadable> {
        let refuse = || Unreadable::new(self.place(&[key]), format!("`{key}` is not an object of strings"));
        match self.value.get(key) {
            None | Some(Value::Null) => Ok(BTreeMap::new()),
            Some(Value::Object(map)) => map
                .iter()
                .map(|(name, value)| {
                    value.as_str().map(|value| (name.clone(), value.to_owned())).ok_or_else(refuse)
                })
                .collect(),
            Some(_) => Err(refuse()),
        }
    }

    fn optional_peers(&self) -> BTreeSet<String> {
        let meta = self.value.get("peerDependenciesMeta").and_then(Value::as_object);
        let optional =
            meta.into_iter().flatten().filter(|(_, meta)| meta.get("optional") == Some(&Value::Bool(true)));
        optional.map(|(name, _)| name.clone()).collect()
    }

    /// Every text among the replacements, which npm may nest.
    fn replacements(&self) -> Vec<String> {
        let places: [&[&str]; 3] = [&["overrides"], &["resolutions"], &["pnpm", "overrides"]];
        let mut open: Vec<&Value> = places.iter().filter_map(|keys| self.at(keys)).collect();
        let mut found = Vec::new();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => found.push(text.clone()),
                Value::Object(map) => open.extend(map.values()),
                _ => {}
            }
        }
        found.sort_unstable();
        found
    }

    fn pnpm_settings(&self) -> Vec<String> {
        let settings = self.value.get("pnpm").and_then(Value::as_object);
        settings.into_iter().flat_map(|settings| settings.keys()).cloned().collect()
    }

    /// `patchedDependencies` of Bun, and pnpm's below its own key.
    fn patches(&self) -> Vec<String> {
        let places: [&[&str]; 2] = [&["patchedDependencies"], &["pnpm", "patchedDependencies"]];
        let maps = places.iter().filter_map(|keys| self.at(keys)?.as_object());
        maps.flat_map(|map| map.values()).filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// `workspaces: […]` and Yarn's `workspaces: { packages: […] }`.
    fn workspaces(&self) -> Vec<String> {
        let workspaces = self.value.get("workspaces");
        let list = workspaces.and_then(|value| value.get("packages").unwrap_or(value).as_array());
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// `bin: "path"`, which goes by the package's name, and `bin: { name: path }`.
    fn bin(&self) -> BTreeMap<String, String> {
        bins(self.value.get("bin"), self.string("name").as_deref())
    }
}

/// The programs of a `bin` field; a bare path goes by the package's name without its scope.
pub(super) fn bins(value: Option<&Value>, package: Option<&str>) -> BTreeMap<String, String> {
    match value {
        Some(Value::String(path)) => {
            let name = package.map(|name| name.rsplit('/').next().unwrap_or(name));
            name.map(|name| (name.to_owned(), path.clone())).into_iter().collect()
        }
        Some(Value::Object(map)) => {
            let paths = map.iter().filter_map(|(name, path)| Some((name.clone(), path.as_str()?.to_owned())));
            paths.collect()
        }
        _ => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_with_their_places() {
        let text = r#"{
  "name": "@a/b", "type": "module", "main": "x.js", "bin": "cli.js",
  "scripts": { "start": "node .",
    "build": "tsc" },
  "engines": { "node": ">=20" },
  "volta": { "node": "20.1.0" },
  "packageManager": "npm@10.0.0"
}"#;
        let manifest = Manifest::parse("package.json", text).expect("readable");
        assert!(manifest.is_module);
        assert_eq!(manifest.bin["b"], "cli.js");
        assert_eq!(manifest.scripts["build"].at, "package.json:4");
        assert_eq!(manifest.engines_node.expect("there").at, "package.json:5");
        assert_eq!(manifest.volta_node.expect("there").value, "20.1.0");
    }

    #[test]
    fn later_lists_override_earlier_ones() {
        let text = r#"{"peerDependencies": {"a": "1", "p": "1"}, "dependencies": {"a": "2", "b": "2"},
            "optionalDependencies": {"b": "3"}, "devDependencies": {"c": "4", "a": "5"},
            "peerDependenciesMeta": {"p": {"optional": true}}}"#;
        let manifest = Manifest::parse("package.json", text).expect("readable");
        let edges = manifest.edges();
        assert_eq!(edges["a"], (EdgeKind::Dev, "5"));
        assert_eq!(edges["b"], (EdgeKind::Optional, "3"));
        assert_eq!(edges["p"], (EdgeKind::OptionalPeer, "1"));
    }

    #[test]
    fn faults_name_their_place() {
        let error = Manifest::parse("package.json", "{\n \"a\": }").expect_err("not JSON");
        assert_eq!(error.at, "package.json:2");
        let error = Manifest::parse("package.json", "{\n \"dependencies\": [\"a\"]}").expect_err("a list");
        assert_eq!(error.at, "package.json:2");
        assert!(Manifest::parse("package.json", "[]").is_err());
    }

    #[test]
    fn workspaces_in_both_spellings() {
        for text in [r#"{"workspaces": ["p/*"]}"#, r#"{"workspaces": {"packages": ["p/*"]}}"#] {
            assert_eq!(Manifest::parse("package.json", text).expect("readable").workspaces, ["p/*"]);
        }
    }
}
