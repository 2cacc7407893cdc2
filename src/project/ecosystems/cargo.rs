//! Cargo: whether a build downloads anything, and from where.
//!
//! Which files a build reads before the sources is not told: targets are found by looking for sources, and every member
//! of a workspace has to be there (recipes of the tool itself: `no targets specified in the manifest`).

use toml::Value;

use super::{Unreadable, text};
use crate::project::Project;
use crate::project::paths::join;

/// What a build with Cargo downloads.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Cargo {
    /// Whether crates come from a registry.
    pub registry: bool,
    /// Whether crates come from repositories.
    pub git: bool,
}

/// Reads the manifest of a folder, and the lock; `None` where no manifest is sent.
pub fn cargo(project: &Project, folder: &str) -> Option<Result<Cargo, Unreadable>> {
    let path = join(folder, "Cargo.toml").filter(|path| project.sent(path))?;
    Some(read(project, folder, &path))
}

fn read(project: &Project, folder: &str, path: &str) -> Result<Cargo, Unreadable> {
    let table = |path: &str| -> Result<toml::Table, Unreadable> {
        text(project, path)?.parse().map_err(|_| Unreadable::new(path, "is no TOML"))
    };
    let manifest = table(path)?;
    if replaces_sources(project, folder) {
        return Ok(Cargo::default());
    }
    let lock = join(folder, "Cargo.lock").filter(|path| project.sent(path));
    let Some(lock) = lock else { return Ok(Cargo { registry: depends(&manifest), git: false }) };
    let lock = table(&lock)?;
    let packages = lock.get("package").and_then(Value::as_array).into_iter().flatten();
    let sources: Vec<&str> = packages.filter_map(|package| package.get("source")?.as_str()).collect();
    let git = sources.iter().any(|source| source.starts_with("git+"));
    Ok(Cargo { registry: sources.iter().any(|source| !source.starts_with("git+")), git })
}

/// Whether the manifest names any dependency at all.
fn depends(manifest: &toml::Table) -> bool {
    let lists = ["dependencies", "dev-dependencies", "build-dependencies"];
    let of = |table: &toml::Table| {
        lists
            .iter()
            .any(|list| table.get(*list).and_then(Value::as_table).is_some_and(|list| !list.is_empty()))
    };
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(toml::Table::values).filter_map(Value::as_table);
    of(manifest) || manifest.contains_key("workspace") || targets.into_iter().any(of)
}

/// Whether crates are taken from a folder of the project, so that nothing is downloaded.
fn replaces_sources(project: &Project, folder: &str) -> bool {
    [".cargo/config.toml", ".cargo/config"].iter().any(|name| {
        let text = join(folder, name).and_then(|path| project.read(&path)).unwrap_or_default();
        let table: toml::Table = text.parse().unwrap_or_default();
        table
            .get("source")
            .and_then(Value::as_table)
            .is_some_and(|sources| sources.values().any(|source| source.get("replace-with").is_some()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Cargo {
        cargo(&Project::in_memory(files.iter().copied()), "").expect("a crate").expect("it can be read")
    }

    #[test]
    fn the_lock_tells_where_crates_come_from() {
        let manifest = ("Cargo.toml", "[package]\nname = \"a\"\n");
        let lock = "[[package]]\nname = \"a\"\n[[package]]\nname = \"b\"\nsource = \"git+https://x#0\"\n";
        assert_eq!(read(&[manifest, ("Cargo.lock", lock)]), Cargo { registry: false, git: true });
        assert_eq!(read(&[manifest, ("Cargo.lock", "[[package]]\nname = \"a\"\n")]), Cargo::default());
    }

    #[test]
    fn without_a_lock_the_manifest_tells() {
        assert!(read(&[("Cargo.toml", "[dependencies]\nb = \"1\"\n")]).registry);
        assert!(!read(&[("Cargo.toml", "[package]\nname = \"a\"\n")]).registry);
    }

    #[test]
    fn vendored_crates_are_not_downloaded() {
        let config = "[source.crates-io]\nreplace-with = \"vendored\"\n";
        let files = [("Cargo.toml", "[dependencies]\nb = \"1\"\n"), (".cargo/config.toml", config)];
        assert_eq!(read(&files), Cargo::default());
    }
}
