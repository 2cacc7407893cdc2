//! Pipenv: `Pipfile` and `Pipfile.lock`.

use toml::Value;

use super::Installs;
use super::pyproject::BESIDE;
use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable, text};
use crate::project::paths::join;

/// Tables of a Pipfile that list no packages.
const OTHER_TABLES: &[&str] = &["source", "requires", "scripts", "pipenv", "build-system"];

/// What `pipenv install` or `pipenv sync` reads in a folder; `None` where it holds no Pipfile.
pub fn pipenv(project: &Project, folder: &str) -> Option<Result<Installs, Unreadable>> {
    let path = join(folder, "Pipfile").filter(|path| project.sent(path))?;
    Some(read(project, folder, &path))
}

fn read(project: &Project, folder: &str, path: &str) -> Result<Installs, Unreadable> {
    let manifest: toml::Table =
        text(project, path)?.parse().map_err(|_| Unreadable::new(path, "is no TOML"))?;
    let mut closure = Closure::default();
    closure.need(project, path, "the manifest");
    let lock = join(folder, "Pipfile.lock").unwrap_or_default();
    closure.need_if_sent(project, &lock, "the locked versions");
    let tables = manifest.iter().filter(|(name, _)| !OTHER_TABLES.contains(&name.as_str()));
    for (name, value) in tables.filter_map(|(_, table)| table.as_table()).flatten() {
        let key = |key: &str| value.get(key).and_then(Value::as_str);
        judge(name, path, [key("path"), key("file")], value.get("editable").is_some(), &mut closure);
    }
    if project.sent(&lock) {
        let locked: serde_json::Value =
            serde_json::from_str(&text(project, &lock)?).map_err(|_| Unreadable::new(&lock, "is no JSON"))?;
        let groups = locked.as_object().into_iter().flatten().filter(|(name, _)| *name != "_meta");
        for (name, value) in groups.filter_map(|(_, group)| group.as_object()).flatten() {
            let key = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
            judge(name, &lock, [key("path"), key("file")], value.get("editable").is_some(), &mut closure);
        }
    }
    Ok(Installs { closure, without_itself: None })
}

fn judge(name: &str, at: &str, sources: [Option<&str>; 2], editable: bool, closure: &mut Closure) {
    let local = sources.into_iter().flatten().any(|source| !source.contains("://"));
    if local {
        closure.hold(Obstacle {
            id: "MC3",
            text: format!("`{name}` is installed from the project's own files ({at})"),
            remedy: BESIDE.to_owned(),
        });
    } else if editable {
        // pip clones such a repository into `src/` of its working folder, among the project's own files.
        closure.hold(Obstacle {
            id: "MC12",
            text: format!("`{name}` is installed in place ({at})"),
            remedy: "install it without `editable`".to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Closure {
        let project = Project::in_memory(files.iter().copied());
        pipenv(&project, "").expect("a Pipfile").expect("it can be read").closure
    }

    #[test]
    fn manifest_and_lock() {
        let lock = r#"{"_meta": {}, "default": {"six": {"version": "==1.0"}}, "develop": {}}"#;
        let read = read(&[("Pipfile", "[packages]\nsix = \"*\"\n"), ("Pipfile.lock", lock)]);
        assert_eq!(read.paths(), ["Pipfile", "Pipfile.lock"]);
        assert!(read.obstacles.is_empty());
    }

    #[test]
    fn paths_and_editable_repositories_hold_back() {
        let held = read(&[("Pipfile", "[dev-packages]\na = {path = \".\", editable = true}\n")]);
        assert_eq!(held.obstacles[0].id, "MC3");
        let held = read(&[("Pipfile", "[packages]\na = {git = \"https://x/a\", editable = true}\n")]);
        assert_eq!(held.obstacles[0].id, "MC12");
        let held = read(&[("Pipfile", ""), ("Pipfile.lock", r#"{"default": {"a": {"path": "./a"}}}"#)]);
        assert_eq!(held.obstacles[0].text, "`a` is installed from the project's own files (Pipfile.lock)");
    }
}
