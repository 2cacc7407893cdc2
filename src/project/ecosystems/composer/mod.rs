//! Composer: `composer.json`, `composer.lock`, and what repositories and plugins make of them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use super::{Closure, Obstacle, Unreadable, text};
use crate::project::paths::join;
use crate::project::{EntryKind, Project};

/// What an install without scripts and without an autoloader reads and writes.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Composer {
    /// The manifest and the locks, and what keeps the list from being proven complete.
    pub closure: Closure,
    /// The folders into which it writes.
    pub writes: Vec<String>,
}

static HARMLESS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        harmless: BTreeSet<String>,
    }
    let table: Table =
        toml::from_str(include_str!("plugins.toml")).expect("the table is part of the program and tested");
    table.harmless
});

/// Reads the manifest and the lock of a folder; `None` where no manifest is sent.
pub fn composer(project: &Project, folder: &str) -> Option<Result<Composer, Unreadable>> {
    let path = join(folder, "composer.json").filter(|path| project.sent(path))?;
    Some(read(project, folder, path))
}

fn json(project: &Project, path: &str) -> Result<Value, Unreadable> {
    serde_json::from_str(&text(project, path)?).map_err(|_| Unreadable::new(path, "is no JSON"))
}

fn read(project: &Project, folder: &str, path: String) -> Result<Composer, Unreadable> {
    let manifest = json(project, &path)?;
    let beside = |name: &str| join(folder, name).unwrap_or_default();
    let lock = beside("composer.lock");
    let mut reader = Reader { project, folder, path, found: Composer::default() };
    reader.need(&reader.path.clone(), "the manifest");
    reader.found.closure.need_if_sent(project, &lock, "the locked versions");
    reader.found.closure.need_if_sent(
        project,
        &beside("symfony.lock"),
        "the recipes that are applied already",
    );
    reader.repositories(&manifest);
    reader.folders(&manifest);
    match project.sent(&lock) {
        true => reader.locked(&json(project, &lock)?),
        false => reader.allowed(&manifest),
    }
    Ok(reader.found)
}

struct Reader<'a> {
    project: &'a Project,
    folder: &'a str,
    path: String,
    found: Composer,
}

impl Reader<'_> {
    fn repositories(&mut self, manifest: &Value) {
        let list: Vec<&Value> = match manifest.get("repositories") {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(Value::Object(map)) => map.values().collect(),
            _ => Vec::new(),
        };
        let list: Vec<&Value> = list.into_iter().filter(|repository| repository.is_object()).collect();
        for repository in &list {
            let key = |key: &str| repository.get(key).and_then(Value::as_str).unwrap_or_default();
            let (kind, url) = (key("type"), key("url"));
            match kind {
                // What a path leads to is linked or copied into `vendor`, with its sources.
                "path" => self.own(&format!("the repository `{url}`")),
                "artifact" => self.archives(url),
                "package" => {}
                _ if url.contains("://") && !url.starts_with("file:") || url.starts_with("git@") => {}
                _ => self.hold(
                    "MC1",
                    format!("the repository `{url}` may be a folder"),
                    "name it by its address",
                ),
            }
        }
        if !list.is_empty() {
            let auth = join(self.folder, "auth.json").unwrap_or_default();
            self.found.closure.need_if_sent(self.project, &auth, "what repositories ask for");
        }
    }

    fn archives(&mut self, url: &str) {
        let folder = join(self.folder, url).filter(|folder| {
            let entry = self.project.entry(folder);
            !url.starts_with('/') && entry.is_some_and(|entry| entry.kind == EntryKind::Directory)
        });
        match folder {
            Some(folder) => self.need(&folder, "a repository of archives"),
            None => {
                self.hold("MC1", format!("the archives of `{url}` are not known"), "keep them in the project")
            }
        }
    }

    fn folders(&mut self, manifest: &Value) {
        let config = |key: &str| manifest.get("config").and_then(|config| config.get(key)?.as_str());
        let folders = [Some(config("vendor-dir").unwrap_or("vendor")), config("bin-dir")];
        for written in folders.into_iter().flatten() {
            match join(self.folder, written)
                .filter(|_| !written.contains(['$', '~']) && !written.starts_with('/'))
            {
                Some(folder) => self.found.writes.push(folder),
                None => {
                    self.hold(
                        "MC5",
                        format!("where `{written}` lies is not known"),
                        "name a folder of the project",
                    );
                }
            }
        }
    }

    fn locked(&mut self, lock: &Value) {
        let lists = ["packages", "packages-dev"].into_iter().filter_map(|list| lock.get(list)?.as_array());
        for package in lists.flatten() {
            let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
            let source = |part: &str| package.get(part).and_then(|part| part.get("type")?.as_str());
            if source("dist") == Some("path") {
                self.own(&format!("`{name}`"));
            }
            if matches!(
                package.get("type").and_then(Value::as_str),
                Some("composer-plugin" | "composer-installer")
            ) {
                self.plugin(name);
            }
        }
    }

    /// Without a lock the plugins are those that the manifest allows.
    fn allowed(&mut self, manifest: &Value) {
        match manifest.get("config").and_then(|config| config.get("allow-plugins")) {
            Some(Value::Object(plugins)) => {
                let allowed = plugins.iter().filter(|(_, on)| on.as_bool() != Some(false));
                allowed.for_each(|(name, _)| self.plugin(name));
            }
            Some(Value::Bool(true)) => self.plugin("any"),
            _ => {}
        }
    }

    /// MC2: plugins run whether or not scripts do.
    fn plugin(&mut self, name: &str) {
        if !HARMLESS.contains(name) {
            let text =
                format!("the plugin `{name}` may read or write files of the project during the install");
            self.hold("MC2", text, "add `--no-plugins` to the install, or copy what it needs by hand");
        }
    }

    fn own(&mut self, what: &str) {
        let text = format!("{what} is installed from the project's own files ({})", self.path);
        self.hold("MC3", text, "copy those files by hand before the install");
    }

    fn need(&mut self, path: &str, why: &str) {
        self.found.closure.need(self.project, path, why);
    }

    fn hold(&mut self, id: &'static str, text: String, remedy: &str) {
        self.found.closure.hold(Obstacle { id, text, remedy: remedy.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Composer {
        composer(&Project::in_memory(files.iter().copied()), "").expect("a manifest").expect("it can be read")
    }

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        let obstacles = read(files).closure.obstacles.into_iter();
        obstacles.map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn manifest_and_locks() {
        let lock =
            r#"{"packages": [{"name": "symfony/flex", "type": "composer-plugin", "dist": {"type": "zip"}}]}"#;
        let found = read(&[
            ("composer.json", r#"{"config": {"bin-dir": "bin"}}"#),
            ("composer.lock", lock),
            ("symfony.lock", "{}"),
        ]);
        assert_eq!(found.closure.paths(), ["composer.json", "composer.lock", "symfony.lock"]);
        assert_eq!(found.writes, ["vendor", "bin"]);
        assert!(found.closure.obstacles.is_empty());
    }

    #[test]
    fn repositories_that_are_folders() {
        let with = |repository: &str| format!(r#"{{"repositories": [{repository}]}}"#);
        let path = with(r#"{"type": "path", "url": "packages/*"}"#);
        assert!(held(&[("composer.json", &path)])[0].starts_with("MC3"));
        let archives = with(r#"{"type": "artifact", "url": "zips"}"#);
        assert!(held(&[("composer.json", &archives)])[0].starts_with("MC1"));
        assert!(held(&[("composer.json", &archives), ("zips/a.zip", "")]).is_empty());
        let git = with(r#"{"type": "vcs", "url": "../a"}"#);
        assert!(held(&[("composer.json", &git)])[0].starts_with("MC1"));
        let network = with(r#"{"type": "vcs", "url": "https://x/a"}"#);
        assert!(held(&[("composer.json", &network)]).is_empty());
        let ignored = [("composer.json", network.as_str()), (".gitignore", "/auth.json\n")];
        assert!(held(&ignored)[0].starts_with("MC1"));
        assert!(held(&[("composer.json", "{}"), (".gitignore", "/auth.json\n")]).is_empty());
    }

    #[test]
    fn packages_of_the_project_and_plugins_hold_back() {
        let lock = r#"{"packages-dev": [{"name": "a/a", "dist": {"type": "path"}}, {"name": "b/b", "type": "composer-plugin"}]}"#;
        let held_back = held(&[("composer.json", "{}"), ("composer.lock", lock)]);
        assert!(held_back[0].starts_with("MC3 `a/a`") && held_back[1].starts_with("MC2 the plugin `b/b`"));
        let allowed =
            r#"{"config": {"allow-plugins": {"pestphp/pest-plugin": true, "c/c": true, "d/d": false}}}"#;
        assert_eq!(held(&[("composer.json", allowed)]).len(), 1);
    }
}
