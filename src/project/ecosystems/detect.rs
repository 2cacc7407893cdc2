//! Which ecosystems a folder belongs to, by the files that lie in it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::project::paths::join;
use crate::project::{Entry, EntryKind, Project};

/// A package manager or build tool whose files are recognised.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// npm; also a bare `package.json` that names no other.
    Npm,
    /// Yarn 1.
    YarnClassic,
    /// Yarn 2 and later.
    YarnBerry,
    /// pnpm.
    Pnpm,
    /// Bun.
    Bun,
    /// Deno.
    Deno,
    /// pip: requirements files, or a package that pip builds.
    Pip,
    /// Pipenv.
    Pipenv,
    /// Poetry.
    Poetry,
    /// PDM.
    Pdm,
    /// uv.
    Uv,
    /// Conda and its relatives.
    Conda,
    /// Go modules.
    Go,
    /// Cargo.
    Cargo,
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
    /// Bundler.
    Bundler,
    /// Composer.
    Composer,
    /// .NET.
    Dotnet,
    /// Mix (Elixir).
    Mix,
}

impl Kind {
    /// The name that people use.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Npm => "npm",
            Kind::YarnClassic => "Yarn 1",
            Kind::YarnBerry => "Yarn",
            Kind::Pnpm => "pnpm",
            Kind::Bun => "Bun",
            Kind::Deno => "Deno",
            Kind::Pip => "pip",
            Kind::Pipenv => "Pipenv",
            Kind::Poetry => "Poetry",
            Kind::Pdm => "PDM",
            Kind::Uv => "uv",
            Kind::Conda => "Conda",
            Kind::Go => "Go",
            Kind::Cargo => "Cargo",
            Kind::Maven => "Maven",
            Kind::Gradle => "Gradle",
            Kind::Bundler => "Bundler",
            Kind::Composer => "Composer",
            Kind::Dotnet => ".NET",
            Kind::Mix => "Mix",
        }
    }
}

/// An ecosystem that a folder belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ecosystem {
    /// Which.
    pub kind: Kind,
    /// The files that say so, relative to the context.
    pub at: Vec<String>,
}

/// The ecosystems of `folder` itself, by the files of it that are sent; folders below are not looked into.
///
/// One folder may belong to several: a Go service with a `package.json` for its pages, two lock files side by side.
pub fn detect(project: &Project, folder: &str) -> Vec<Ecosystem> {
    let mut found: BTreeMap<Kind, Vec<String>> = BTreeMap::new();
    for entry in project.folder(folder).filter(|entry| is_file(entry)) {
        let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        let by_name = MARKERS.iter().filter(|marker| marker.files.iter().any(|file| fits(file, name)));
        for kind in by_name.map(|marker| marker.kind).chain(by_content(project, &entry.path, name)) {
            found.entry(kind).or_default().push(entry.path.clone());
        }
    }
    plain_package_json(project, folder, &mut found);
    // A project that Poetry, PDM or uv locks has the tables that pip reads too.
    let other = [Kind::Poetry, Kind::Pdm, Kind::Uv].iter().any(|kind| found.contains_key(kind));
    if other && found.get(&Kind::Pip).is_some_and(|at| at.iter().all(|path| path.ends_with("pyproject.toml")))
    {
        found.remove(&Kind::Pip);
    }
    found.into_iter().map(|(kind, at)| Ecosystem { kind, at }).collect()
}

fn is_file(entry: &Entry) -> bool {
    matches!(entry.kind, EntryKind::File { .. })
}

fn fits(marker: &str, name: &str) -> bool {
    marker.strip_prefix('*').map_or(marker == name, |ending| name.ends_with(ending))
}

/// What only the text of a file tells.
fn by_content(project: &Project, path: &str, name: &str) -> Vec<Kind> {
    match name {
        "yarn.lock" => {
            let berry = project.read(path).is_some_and(|text| text.lines().any(|line| line == "__metadata:"));
            vec![if berry { Kind::YarnBerry } else { Kind::YarnClassic }]
        }
        ".yarnrc.yml" => vec![Kind::YarnBerry],
        "pyproject.toml" => pyproject(project.read(path).as_deref().unwrap_or_default()),
        _ if name.starts_with("requirements") && name.ends_with(".txt") && name != "requirements.txt" => {
            vec![Kind::Pip]
        }
        _ => Vec::new(),
    }
}

/// A `pyproject.toml` belongs to each tool that has a table in it; without any, to pip, which builds it.
fn pyproject(text: &str) -> Vec<Kind> {
    let table: toml::Table = text.parse().unwrap_or_default();
    let tools = table.get("tool").and_then(toml::Value::as_table);
    let kinds: Vec<Kind> = [("poetry", Kind::Poetry), ("pdm", Kind::Pdm), ("uv", Kind::Uv)]
        .into_iter()
        .filter(|(tool, _)| tools.is_some_and(|tools| tools.contains_key(*tool)))
        .map(|(_, kind)| kind)
        .collect();
    let builds = table.contains_key("project") || table.contains_key("build-system");
    if kinds.is_empty() && builds { vec![Kind::Pip] } else { kinds }
}

/// A `package.json` without a lock belongs to what its `packageManager` names, else to npm.
fn plain_package_json(project: &Project, folder: &str, found: &mut BTreeMap<Kind, Vec<String>>) {
    let Some(path) = join(folder, "package.json").filter(|path| project.sent(path)) else { return };
    let manifest: serde_json::Value =
        project.read(&path).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let named = manifest.get("packageManager").and_then(serde_json::Value::as_str).unwrap_or_default();
    let kind = match named.split_once('@').unwrap_or((named, "")) {
        ("npm", _) => Some(Kind::Npm),
        ("pnpm", _) => Some(Kind::Pnpm),
        ("bun", _) => Some(Kind::Bun),
        ("yarn", version) if version.starts_with("1.") => Some(Kind::YarnClassic),
        ("yarn", _) => Some(Kind::YarnBerry),
        _ => None,
    };
    let locked = [Kind::Npm, Kind::YarnClassic, Kind::YarnBerry, Kind::Pnpm, Kind::Bun];
    let locked = locked.into_iter().filter(|kind| found.contains_key(kind)).collect::<Vec<_>>();
    match kind {
        Some(kind) => found.entry(kind).or_default().insert(0, path),
        None if locked.is_empty() => found.entry(Kind::Npm).or_default().insert(0, path),
        None => {
            for kind in locked {
                found.entry(kind).or_default().insert(0, path.clone());
            }
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    kind: Kind,
    files: Vec<String>,
}

static MARKERS: LazyLock<Vec<Marker>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        marker: Vec<Marker>,
    }
    let table: Table =
        toml::from_str(include_str!("markers.toml")).expect("the table is part of the program and tested");
    table.marker
});

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(files: &[(&str, &str)]) -> Vec<Kind> {
        detect(&Project::in_memory(files.iter().copied()), "").into_iter().map(|found| found.kind).collect()
    }

    #[test]
    fn a_bare_package_json_is_npm() {
        let project = Project::in_memory([("web/package.json", "{}")]);
        assert_eq!(
            detect(&project, "web"),
            [Ecosystem { kind: Kind::Npm, at: vec!["web/package.json".to_owned()] }]
        );
        assert_eq!(detect(&project, ""), []);
    }

    #[test]
    fn yarn_is_told_apart_by_its_lock() {
        assert_eq!(
            kinds(&[("package.json", "{}"), ("yarn.lock", "# yarn lockfile v1\n")]),
            [Kind::YarnClassic]
        );
        assert_eq!(kinds(&[("package.json", "{}"), ("yarn.lock", "__metadata:\n")]), [Kind::YarnBerry]);
    }

    #[test]
    fn the_named_package_manager_counts_beside_a_lock() {
        let manifest = r#"{"packageManager": "pnpm@9.1.0"}"#;
        assert_eq!(
            kinds(&[("package.json", manifest), ("package-lock.json", "{}")]),
            [Kind::Npm, Kind::Pnpm]
        );
    }

    #[test]
    fn pyproject_by_its_tables() {
        assert_eq!(kinds(&[("pyproject.toml", "[tool.poetry]\nname = 'a'\n")]), [Kind::Poetry]);
        assert_eq!(kinds(&[("pyproject.toml", "[project]\nname = 'a'\n"), ("uv.lock", "")]), [Kind::Uv]);
        assert_eq!(kinds(&[("pyproject.toml", "[tool.black]\n")]), []);
    }

    #[test]
    fn endings_and_other_requirements() {
        assert_eq!(kinds(&[("Shop.csproj", "")]), [Kind::Dotnet]);
        assert_eq!(kinds(&[("requirements-dev.txt", "")]), [Kind::Pip]);
    }

    #[test]
    fn what_is_not_sent_does_not_count() {
        assert_eq!(kinds(&[("Cargo.toml", ""), (".dockerignore", "Cargo.toml")]), []);
    }
}
