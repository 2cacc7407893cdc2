//! uv: `pyproject.toml`, `uv.lock`, `uv.toml`, `.python-version`, and the manifests of a workspace's members.

use toml::Value;

use super::Installs;
use super::pyproject::{BESIDE, Pyproject, locked, packages, unreadable};
use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable};
use crate::project::paths::{join, upwards};

/// What `uv sync` reads in a folder; `None` where it holds no project. With `frozen` the lock is taken as it is, so that
/// nothing has to be asked of the project's build backend.
pub fn uv(project: &Project, folder: &str, frozen: bool) -> Option<Result<Installs, Unreadable>> {
    let files = [
        ("uv.lock", "the locked versions"),
        ("uv.toml", "uv's settings"),
        (".python-version", "the Python that uv takes"),
    ];
    let (manifest, mut closure) = match Pyproject::with_closure(project, folder, &files)? {
        Ok(read) => read,
        Err(error) => return Some(Err(error)),
    };
    let workspace = manifest.get(&["tool", "uv", "workspace"]).is_some();
    match locked(project, &manifest.beside("uv.lock")) {
        Some(Ok(lock)) => locked_paths(project, &manifest, &lock, &mut closure),
        Some(Err(error)) => unreadable(&error, &mut closure),
        None => sources(&manifest, workspace, &mut closure),
    }
    if !frozen {
        manifest.hold_dynamic("uv", "install with `--frozen`", &mut closure);
    }
    if let Some(above) = workspace_above(project, folder) {
        closure.hold(Obstacle {
            id: "MC1",
            text: format!("`{above}` may make this folder a member of its workspace"),
            remedy: "install from the workspace's folder".to_owned(),
        });
    }
    let package = manifest.get(&["tool", "uv", "package"]).and_then(Value::as_bool);
    let package = package.unwrap_or_else(|| manifest.get(&["build-system"]).is_some());
    let itself = match (workspace, package) {
        (true, _) => Some("--no-install-workspace"),
        (false, true) => Some("--no-install-project"),
        (false, false) => None,
    };
    Some(Ok(Installs { closure, without_itself: itself }))
}

/// What the lock says about packages that lie in the project. Of a workspace's members the manifests are enough;
/// anything else is needed whole (MC3).
fn locked_paths(project: &Project, manifest: &Pyproject, lock: &toml::Table, closure: &mut Closure) {
    let members = lock.get("manifest").and_then(|table| table.get("members")?.as_array());
    let members: Vec<&str> = members.into_iter().flatten().filter_map(Value::as_str).collect();
    for package in packages(lock) {
        let name = package.get("name").and_then(Value::as_str).unwrap_or_default();
        let source = package.get("source").and_then(Value::as_table);
        let path = ["editable", "virtual", "directory", "path"]
            .into_iter()
            .find_map(|kind| source?.get(kind)?.as_str());
        let Some(path) = path.filter(|path| *path != ".") else { continue };
        let file = join(&manifest.folder, path).map(|folder| format!("{folder}/pyproject.toml"));
        match file.filter(|_| members.contains(&name)) {
            Some(file) => closure.need(project, &file, "a member of the workspace"),
            None => closure.hold(Obstacle {
                id: "MC3",
                text: format!("`uv.lock` installs `{name}` from the project's own files"),
                remedy: BESIDE.to_owned(),
            }),
        }
    }
}

/// Without a lock the manifest alone tells about paths.
fn sources(manifest: &Pyproject, workspace: bool, closure: &mut Closure) {
    if workspace {
        closure.hold(Obstacle {
            id: "MC1",
            text: "the members of the workspace are not known without `uv.lock`".to_owned(),
            remedy: "make the lock with `uv lock` and keep it in git".to_owned(),
        });
    }
    let sources = manifest.get(&["tool", "uv", "sources"]).and_then(Value::as_table);
    for (name, source) in sources.into_iter().flatten() {
        let local = |value: &Value| value.get("path").is_some() || value.get("workspace").is_some();
        if local(source) || source.as_array().is_some_and(|several| several.iter().any(local)) {
            manifest.hold_path(name, closure);
        }
    }
}

/// uv looks upwards for a workspace.
fn workspace_above(project: &Project, folder: &str) -> Option<String> {
    let above = upwards(folder).skip(1).filter(|_| !folder.is_empty());
    above.filter_map(|above| Pyproject::read(project, above)?.ok()).find_map(|manifest| {
        manifest.get(&["tool", "uv", "workspace"])?;
        Some(manifest.path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: (&str, &str) = ("pyproject.toml", "[project]\nname = \"a\"\n");

    fn read(files: &[(&str, &str)]) -> Installs {
        let project = Project::in_memory(files.iter().copied());
        uv(&project, "", false).expect("a project").expect("it can be read")
    }

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        let obstacles = read(files).closure.obstacles.into_iter();
        obstacles.map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn manifest_lock_and_the_python_that_is_taken() {
        let lock = "[[package]]\nname = \"a\"\nsource = { virtual = \".\" }\n";
        let read = read(&[MANIFEST, ("uv.lock", lock), (".python-version", "3.12\n")]);
        assert_eq!(read.closure.paths(), ["pyproject.toml", "uv.lock", ".python-version"]);
        assert!(read.closure.obstacles.is_empty());
        assert_eq!(read.without_itself, None);
    }

    #[test]
    fn a_build_backend_makes_it_a_package() {
        let manifest = "[project]\nname = \"a\"\n[build-system]\nrequires = []\n";
        assert_eq!(read(&[("pyproject.toml", manifest)]).without_itself, Some("--no-install-project"));
        let manifest = format!("{manifest}[tool.uv]\npackage = false\n");
        assert_eq!(read(&[("pyproject.toml", &manifest)]).without_itself, None);
    }

    #[test]
    fn members_of_a_workspace_give_their_manifests() {
        let manifest = "[project]\nname = \"a\"\n[tool.uv.workspace]\nmembers = [\"libs/*\"]\n";
        let lock = "[manifest]\nmembers = [\"a\", \"b\"]\n[[package]]\nname = \"b\"\nsource = { editable = \"libs/b\" }\n";
        let files = [("pyproject.toml", manifest), ("uv.lock", lock), ("libs/b/pyproject.toml", "")];
        let read = read(&files);
        assert_eq!(read.closure.paths(), ["pyproject.toml", "uv.lock", "libs/b/pyproject.toml"]);
        assert_eq!(read.without_itself, Some("--no-install-workspace"));
        assert!(held(&files[..1])[0].starts_with("MC1"));
    }

    #[test]
    fn paths_and_what_is_dynamic_hold_back() {
        let lock = "[[package]]\nname = \"b\"\nsource = { editable = \"../b\" }\n";
        assert_eq!(
            held(&[MANIFEST, ("uv.lock", lock)]),
            ["MC3 `uv.lock` installs `b` from the project's own files"]
        );
        let manifest = "[project]\nname = \"a\"\n[tool.uv.sources]\nb = { path = \"b\" }\n";
        assert!(held(&[("pyproject.toml", manifest)])[0].starts_with("MC3 `b`"));
        let manifest = "[project]\nname = \"a\"\ndynamic = [\"version\"]\n";
        assert!(held(&[("pyproject.toml", manifest)])[0].ends_with("(pyproject.toml:3)"));
        let project = Project::in_memory([("pyproject.toml", manifest)]);
        let frozen = uv(&project, "", true).expect("a project").expect("it can be read");
        assert!(frozen.closure.obstacles.is_empty());
    }

    #[test]
    fn a_workspace_above_holds_back() {
        let files = [("pyproject.toml", "[tool.uv.workspace]\n"), ("api/pyproject.toml", MANIFEST.1)];
        let read = uv(&Project::in_memory(files), "api", false).expect("a project").expect("it can be read");
        assert!(read.closure.obstacles[0].text.starts_with("`pyproject.toml` may make"));
    }
}
