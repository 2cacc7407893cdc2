//! PDM: `pyproject.toml`, `pdm.lock`, `pdm.toml`.

use toml::Value;

use super::Installs;
use super::pyproject::{BESIDE, Pyproject, locked, packages, unreadable};
use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable};

/// Scripts that PDM runs around an install.
const HOOKS: &[&str] = &["pre_install", "post_install", "pre_lock", "post_lock"];

/// What `pdm install` or `pdm sync` reads in a folder; `None` where it holds no project.
pub fn pdm(project: &Project, folder: &str) -> Option<Result<Installs, Unreadable>> {
    let files = [("pdm.lock", "the locked versions"), ("pdm.toml", "PDM's settings")];
    let (manifest, mut closure) = match Pyproject::with_closure(project, folder, &files)? {
        Ok(read) => read,
        Err(error) => return Some(Err(error)),
    };
    let groups = manifest.get(&["tool", "pdm", "dev-dependencies"]).and_then(Value::as_table);
    let development = groups.into_iter().flat_map(toml::Table::values).filter_map(Value::as_array).flatten();
    for requirement in development.filter_map(Value::as_str).filter(|text| text.contains("file:")) {
        manifest.hold_path(requirement, &mut closure);
    }
    match locked(project, &manifest.beside("pdm.lock")) {
        Some(Ok(lock)) => locked_paths(&lock, &mut closure),
        Some(Err(error)) => unreadable(&error, &mut closure),
        None => {}
    }
    manifest.hold_dynamic("PDM", "write the version and the dependencies out", &mut closure);
    let scripts = manifest.get(&["tool", "pdm", "scripts"]).and_then(Value::as_table);
    for hook in HOOKS.iter().filter(|hook| scripts.is_some_and(|scripts| scripts.contains_key(**hook))) {
        closure.hold(Obstacle {
            id: "MC2",
            text: format!("script `{hook}` runs during the install ({})", manifest.place(hook)),
            remedy: "run it in a RUN of its own after the sources are copied".to_owned(),
        });
    }
    let package = manifest.get(&["tool", "pdm", "distribution"]).and_then(Value::as_bool) != Some(false);
    Some(Ok(Installs { closure, without_itself: package.then_some("--no-self") }))
}

fn locked_paths(lock: &toml::Table, closure: &mut Closure) {
    for package in packages(lock).filter(|package| package.contains_key("path")) {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        closure.hold(Obstacle {
            id: "MC3",
            text: format!("`pdm.lock` installs `{name}` from the project's own files"),
            remedy: BESIDE.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        let project = Project::in_memory(files.iter().copied());
        let read = pdm(&project, "").expect("a project").expect("it can be read");
        read.closure.obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn manifest_and_lock() {
        let project = Project::in_memory([("pyproject.toml", "[project]\nname = \"a\"\n"), ("pdm.lock", "")]);
        let read = pdm(&project, "").expect("a project").expect("it can be read");
        assert_eq!(read.closure.paths(), ["pyproject.toml", "pdm.lock"]);
        assert_eq!(read.without_itself, Some("--no-self"));
    }

    #[test]
    fn paths_hooks_and_what_is_dynamic_hold_back() {
        let manifest = "[project]\nname = \"a\"\n";
        let lock = "[[package]]\nname = \"b\"\npath = \"./b\"\n";
        assert!(held(&[("pyproject.toml", manifest), ("pdm.lock", lock)])[0].starts_with("MC3 `pdm.lock`"));
        let hooks = format!("{manifest}[tool.pdm.scripts]\npost_install = \"make\"\n");
        assert!(held(&[("pyproject.toml", &hooks)])[0].starts_with("MC2 script `post_install`"));
        let development =
            format!("{manifest}[tool.pdm.dev-dependencies]\nx = [\"-e file:///${{PROJECT_ROOT}}/b\"]\n");
        assert!(held(&[("pyproject.toml", &development)])[0].starts_with("MC3"));
        assert!(
            held(&[("pyproject.toml", "[project]\ndynamic = [\"version\"]\n")])[0].starts_with("MC3 PDM")
        );
    }
}
