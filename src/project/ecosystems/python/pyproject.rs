//! `pyproject.toml`, as far as the tools that lock it share its meaning.

use toml::Value;

use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable, text};
use crate::project::paths::{at, join};

pub(super) const BESIDE: &str = "install it in a RUN of its own after the sources are copied";

/// The file, read.
pub(super) struct Pyproject {
    pub(super) path: String,
    pub(super) folder: String,
    text: String,
    table: toml::Table,
}

impl Pyproject {
    /// The one of a folder; `None` where none is sent.
    pub(super) fn read(project: &Project, folder: &str) -> Option<Result<Pyproject, Unreadable>> {
        let path = join(folder, "pyproject.toml").filter(|path| project.sent(path))?;
        let read = text(project, &path).and_then(|text| {
            let table = text.parse().map_err(|_| Unreadable::new(&path, "is no TOML"))?;
            Ok(Pyproject { path: path.clone(), folder: folder.to_owned(), text, table })
        });
        Some(read)
    }

    /// That of a folder whose tool asks for `[project]`, and what an install by a lock reads at least: the manifest, the
    /// lock, settings. `None` where there is no such table.
    pub(super) fn with_closure(
        project: &Project,
        folder: &str,
        files: &[(&str, &str)],
    ) -> Option<Result<(Pyproject, Closure), Unreadable>> {
        let manifest = match Pyproject::read(project, folder)? {
            Ok(manifest) => manifest,
            Err(error) => return Some(Err(error)),
        };
        manifest.get(&["project"])?;
        let mut closure = Closure::default();
        closure.need(project, &manifest.path, "the manifest");
        for (name, why) in files {
            closure.need_if_sent(project, &manifest.beside(name), why);
        }
        manifest.hold_paths(&mut closure);
        Some(Ok((manifest, closure)))
    }

    pub(super) fn get(&self, keys: &[&str]) -> Option<&Value> {
        let (last, tables) = keys.split_last()?;
        let mut table = &self.table;
        for key in tables {
            table = table.get(*key)?.as_table()?;
        }
        table.get(*last)
    }

    /// The first line that holds a text.
    pub(super) fn place(&self, needle: &str) -> String {
        at(&self.path, self.text.lines().position(|line| line.contains(needle)).map_or(1, |index| index + 1))
    }

    /// A path beside this file.
    pub(super) fn beside(&self, name: &str) -> String {
        join(&self.folder, name).unwrap_or_else(|| name.to_owned())
    }

    /// MC3: the tool asks the project's build backend for what an install needs.
    pub(super) fn hold_dynamic(&self, tool: &str, remedy: &str, closure: &mut Closure) {
        const NEEDED: &[&str] = &["dependencies", "optional-dependencies", "version"];
        let dynamic = self.get(&["project", "dynamic"]).and_then(Value::as_array);
        if dynamic.into_iter().flatten().any(|key| key.as_str().is_none_or(|key| NEEDED.contains(&key))) {
            let place = self.place("dynamic");
            closure.hold(Obstacle {
                id: "MC3",
                text: format!("{tool} asks the project's build backend for what is dynamic ({place})"),
                remedy: remedy.to_owned(),
            });
        }
    }

    /// MC3: requirements of `[project]` and of the dependency groups that are paths.
    pub(super) fn hold_paths(&self, closure: &mut Closure) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let groups = |value: Option<&Value>| {
            let table = value.and_then(Value::as_table).cloned().unwrap_or_default();
            table.values().flat_map(list).collect::<Vec<_>>()
        };
        let mut all = self.get(&["project", "dependencies"]).map(list).unwrap_or_default();
        all.extend(groups(self.get(&["project", "optional-dependencies"])));
        all.extend(groups(self.table.get("dependency-groups")));
        for requirement in all.iter().filter_map(Value::as_str) {
            if requirement.contains("file:") {
                self.hold_path(requirement, closure);
            }
        }
    }

    /// MC3: something is installed from a path.
    pub(super) fn hold_path(&self, what: &str, closure: &mut Closure) {
        closure.hold(Obstacle {
            id: "MC3",
            text: format!("`{what}` is installed from the project's own files ({})", self.place(what)),
            remedy: BESIDE.to_owned(),
        });
    }

    /// The licence file of `[project]`: Poetry reads it together with the manifest.
    pub(super) fn license_file(&self) -> Option<String> {
        let file = self.get(&["project", "license", "file"])?.as_str()?;
        Some(self.beside(file))
    }
}

/// The packages of a lock file in TOML; `None` where there is no such file.
pub(super) fn locked(project: &Project, path: &str) -> Option<Result<toml::Table, Unreadable>> {
    project.sent(path).then(|| text(project, path)?.parse().map_err(|_| Unreadable::new(path, "is no TOML")))
}

/// Each package of a lock.
pub(super) fn packages(lock: &toml::Table) -> impl Iterator<Item = &toml::Table> {
    lock.get("package").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

/// A lock that cannot be read proves nothing (MC1).
pub(super) fn unreadable(error: &Unreadable, closure: &mut Closure) {
    closure.hold(Obstacle { id: "MC1", text: error.to_string(), remedy: "make the lock anew".to_owned() });
}
