//! Poetry: `pyproject.toml`, `poetry.lock`, `poetry.toml`.

use toml::Value;

use super::Installs;
use super::pyproject::{BESIDE, Pyproject, locked, packages, unreadable};
use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable};

/// What `poetry install` reads in a folder; `None` where it holds no project of Poetry.
pub fn poetry(project: &Project, folder: &str) -> Option<Result<Installs, Unreadable>> {
    let manifest = match Pyproject::read(project, folder)? {
        Ok(manifest) => manifest,
        Err(error) => return Some(Err(error)),
    };
    let own = manifest.get(&["tool", "poetry"]).is_some();
    if !own && manifest.get(&["project"]).is_none() {
        return None;
    }
    let mut closure = Closure::default();
    closure.need(project, &manifest.path, "the manifest");
    let lock = manifest.beside("poetry.lock");
    closure.need_if_sent(project, &lock, "the locked versions");
    closure.need_if_sent(project, &manifest.beside("poetry.toml"), "Poetry's settings");
    if let Some(file) = manifest.license_file() {
        closure.need(project, &file, "the manifest names it");
    }
    manifest.hold_paths(&mut closure);
    path_dependencies(&manifest, &mut closure);
    match locked(project, &lock) {
        Some(Ok(lock)) => locked_paths(&lock, &mut closure),
        Some(Err(error)) => unreadable(&error, &mut closure),
        None => {}
    }
    plugins(&manifest, &mut closure);
    let package = manifest.get(&["tool", "poetry", "package-mode"]).and_then(Value::as_bool) != Some(false);
    Some(Ok(Installs { closure, without_itself: package.then_some("--no-root") }))
}

/// MC3: `name = { path = "…" }` in any group.
fn path_dependencies(manifest: &Pyproject, closure: &mut Closure) {
    let table = |keys: &[&str]| manifest.get(keys).and_then(Value::as_table).cloned().unwrap_or_default();
    let mut all = table(&["tool", "poetry", "dependencies"]);
    all.extend(table(&["tool", "poetry", "dev-dependencies"]));
    let groups = table(&["tool", "poetry", "group"]);
    let groups = groups.values().filter_map(|group| group.get("dependencies")?.as_table());
    let groups: Vec<_> = groups.cloned().collect();
    let local = |value: &Value| value.get("path").is_some();
    for (name, value) in groups.into_iter().flatten().chain(all) {
        let several = value.as_array().is_some_and(|several| several.iter().any(local));
        if local(&value) || several {
            manifest.hold_path(&name, closure);
        }
    }
}

fn locked_paths(lock: &toml::Table, closure: &mut Closure) {
    for package in packages(lock) {
        let kind = package.get("source").and_then(|source| source.get("type")?.as_str());
        if matches!(kind, Some("directory" | "file")) {
            let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
            closure.hold(Obstacle {
                id: "MC3",
                text: format!("`poetry.lock` installs `{name}` from the project's own files"),
                remedy: BESIDE.to_owned(),
            });
        }
    }
}

/// A plugin that takes the version from git wants the repository whatever is installed.
fn plugins(manifest: &Pyproject, closure: &mut Closure) {
    let versioning = ["poetry-dynamic-versioning", "poetry-version-plugin"];
    if let Some(name) = versioning.into_iter().find(|name| manifest.get(&["tool", name]).is_some()) {
        closure.hold(Obstacle {
            id: "MC1",
            text: format!("`{name}` reads the repository ({})", manifest.place(name)),
            remedy: "install the dependencies by hand before the sources are copied".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: (&str, &str) = ("pyproject.toml", "[tool.poetry]\nname = \"a\"\n");

    fn read(files: &[(&str, &str)]) -> Installs {
        let project = Project::in_memory(files.iter().copied());
        poetry(&project, "").expect("a project").expect("it can be read")
    }

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        let obstacles = read(files).closure.obstacles.into_iter();
        obstacles.map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn manifest_lock_and_settings() {
        let read = read(&[MANIFEST, ("poetry.lock", ""), ("poetry.toml", ""), ("README.md", "")]);
        assert_eq!(read.closure.paths(), ["pyproject.toml", "poetry.lock", "poetry.toml"]);
        assert_eq!(read.without_itself, Some("--no-root"));
    }

    #[test]
    fn only_dependencies_where_the_project_is_no_package() {
        let manifest = "[tool.poetry]\npackage-mode = false\n[project]\nlicense = {file = \"LICENSE\"}\n";
        let read = read(&[("pyproject.toml", manifest), ("LICENSE", "")]);
        assert_eq!(read.without_itself, None);
        assert_eq!(read.closure.paths(), ["pyproject.toml", "LICENSE"]);
    }

    #[test]
    fn paths_hold_back() {
        let group = "[tool.poetry.group.dev.dependencies]\nlib = {path = \"../lib\"}\n";
        assert_eq!(
            held(&[("pyproject.toml", group)]),
            ["MC3 `lib` is installed from the project's own files (pyproject.toml:2)"]
        );
        let lock = "[[package]]\nname = \"lib\"\n[package.source]\ntype = \"directory\"\nurl = \"lib\"\n";
        assert_eq!(
            held(&[MANIFEST, ("poetry.lock", lock)]),
            ["MC3 `poetry.lock` installs `lib` from the project's own files"]
        );
        assert!(
            held(&[("pyproject.toml", "[project]\ndependencies = [\"a @ file:///a\"]\n")])[0]
                .starts_with("MC3")
        );
    }

    #[test]
    fn a_version_from_git_holds_back() {
        let manifest = "[tool.poetry]\n[tool.poetry-dynamic-versioning]\nenable = true\n";
        assert_eq!(
            held(&[("pyproject.toml", manifest)]),
            ["MC1 `poetry-dynamic-versioning` reads the repository (pyproject.toml:2)"]
        );
    }

    #[test]
    fn a_lock_that_is_kept_by_git_alone_or_broken_holds_back() {
        assert!(held(&[MANIFEST, (".gitignore", "poetry.lock\n")])[0].starts_with("MC1"));
        assert_eq!(held(&[MANIFEST, ("poetry.lock", "<<<<")]), ["MC1 poetry.lock: is no TOML"]);
    }

    #[test]
    fn another_tool_s_file_is_not_poetry_s() {
        let project = Project::in_memory([("pyproject.toml", "[tool.black]\n")]);
        assert!(poetry(&project, "").is_none());
    }
}
