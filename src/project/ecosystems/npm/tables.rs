//! The tables of facts about npm's world: programs, packages with install scripts, releases of Node.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::project::{Entry, Project};

/// A program that scripts run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Program {
    names: Vec<String>,
    /// The first arguments for which the entry holds; any when empty.
    #[serde(default)]
    words: Vec<String>,
    /// What it reads of the project.
    pub(super) reads: Reads,
    /// Names of files without which it does nothing.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// Whether it loads packages of the project's `node_modules` beside its own.
    pub(super) modules: Modules,
}

/// What a program reads of the project besides the manifest and the lock.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reads {
    /// "nothing" or "project".
    Word(ReadsWord),
    /// These paths alone.
    Paths(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ReadsWord {
    Nothing,
    Project,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Modules {
    None,
    Some,
}

/// What is known of a program under its name and first argument.
pub(super) fn program(words: &[String]) -> Option<&'static Program> {
    let name = words.first()?;
    let argument = words.get(1).map(String::as_str).unwrap_or_default();
    PROGRAMS.iter().find(|program| {
        program.names.contains(name)
            && (program.words.is_empty() || program.words.iter().any(|word| word == argument))
    })
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        program: Vec<Program>,
    }
    let table: Table =
        toml::from_str(include_str!("programs.toml")).expect("the table is part of the program and tested");
    table.program
});

/// What the install script of a package does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum InstallScript {
    /// Nothing outside its own folder and the manifest.
    Quiet,
    /// The same, and machine code comes of it.
    Native,
    /// It looks for files of these names.
    Project(&'static [String]),
    /// Not known.
    Unknown,
}

/// What is known of a package's install script.
pub(super) fn install_script(package: &str) -> InstallScript {
    let table = &*PACKAGES;
    if let Some(reader) = table.project.get(package) {
        InstallScript::Project(&reader.files)
    } else if table.quiet.iter().any(|name| name == package) {
        InstallScript::Quiet
    } else if table.native.iter().any(|name| name == package) {
        InstallScript::Native
    } else {
        InstallScript::Unknown
    }
}

/// Whether a package is known to bring machine code or a browser, by whatever way.
pub(super) fn is_native(package: &str) -> bool {
    let table = &*PACKAGES;
    table.native.iter().chain(&table.machine).any(|name| name == package)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    quiet: Vec<String>,
    native: Vec<String>,
    machine: Vec<String>,
    project: BTreeMap<String, ProjectReader>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectReader {
    files: Vec<String>,
}

static PACKAGES: LazyLock<Packages> = LazyLock::new(|| {
    toml::from_str(include_str!("packages.toml")).expect("the table is part of the program and tested")
});

/// The first path in `folder` with one of the names that would reach the builder. The repository's own `.git` is in no
/// list of files, so it counts as there unless the ignore file keeps it out.
pub(super) fn reaches_builder(project: &Project, folder: &str, names: &[String]) -> Option<String> {
    let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    if names.iter().any(|name| name == ".git") && project.excluded_by(&inside(".git")).is_none() {
        return Some(inside(".git"));
    }
    let fits = |entry: &&Entry| {
        let base = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        names.iter().any(|name| fits(name, base))
    };
    project.files_below(folder).find(fits).map(|entry| entry.path.clone())
}

fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(ending), _) => name.ends_with(ending),
        (_, Some(start)) => name.starts_with(start),
        _ => pattern == name,
    }
}

/// A release of Node.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Release {
    major: u64,
    #[serde(default)]
    lts: String,
    npm: u64,
}

/// The major release that an LTS name (`iron`) stands for.
pub(super) fn lts(name: &str) -> Option<u64> {
    RELEASES.iter().find(|release| release.lts == name).map(|release| release.major)
}

/// The oldest npm that the official images of a major release of Node came with.
pub fn npm_of_node(major: u64) -> Option<u64> {
    RELEASES.iter().find(|release| release.major == major).map(|release| release.npm)
}

static RELEASES: LazyLock<Vec<Release>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        release: Vec<Release>,
    }
    let table: Table =
        toml::from_str(include_str!("node.toml")).expect("the table is part of the program and tested");
    table.release
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_parse_and_answer() {
        assert!(program(&["echo".to_owned()]).is_some());
        assert!(program(&["playwright".to_owned(), "test".to_owned()]).is_none());
        assert_eq!(install_script("esbuild"), InstallScript::Native);
        assert_eq!(install_script("left-pad"), InstallScript::Unknown);
        assert_eq!((lts("iron"), npm_of_node(14), npm_of_node(99)), (Some(20), Some(6), None));
    }

    #[test]
    fn git_counts_as_there_unless_it_is_ignored() {
        let names = [".git".to_owned()];
        assert!(reaches_builder(&Project::in_memory([("a", "")]), "", &names).is_some());
        assert_eq!(reaches_builder(&Project::in_memory([(".dockerignore", ".git")]), "", &names), None);
    }

    #[test]
    fn names_with_a_star_match_files_below() {
        let project = Project::in_memory([("web/db/schema.prisma", "")]);
        let names = ["*.prisma".to_owned()];
        assert_eq!(reaches_builder(&project, "web", &names).as_deref(), Some("web/db/schema.prisma"));
        assert_eq!(reaches_builder(&project, "api", &names), None);
    }
}
