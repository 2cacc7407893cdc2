//! What a whole context says about the release of one language, wherever it stands.
//!
//! A Dockerfile's image serves the folder that it is built for, but another folder of the same context may ask for
//! another release: both are told, apart.

use std::collections::BTreeSet;

use super::version::VersionStatement;
use super::{go, npm, pip, rust};
use crate::project::paths::parent;
use crate::project::{EntryKind, Found, Project};

/// A language whose release projects state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// Node.
    Node,
    /// Python.
    Python,
    /// Go.
    Go,
    /// Rust.
    Rust,
}

/// What the files of a context state about the release of a language.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Statements {
    /// In the folder that was asked for and in the context's root, the most exact first.
    pub own: Vec<Found<VersionStatement>>,
    /// In other folders.
    pub elsewhere: Vec<Found<VersionStatement>>,
    /// Why the list may not be whole.
    pub truncated: Option<String>,
}

/// More folders than this are not looked into.
const MAX_FOLDERS: usize = 200;

impl Language {
    /// The language of a product by its usual name: `node`, `python`, `go`, `rust`.
    pub fn named(name: &str) -> Option<Language> {
        match name {
            "node" => Some(Language::Node),
            "python" => Some(Language::Python),
            "go" => Some(Language::Go),
            "rust" => Some(Language::Rust),
            _ => None,
        }
    }

    /// The file in which a project states its release best.
    pub fn version_file(self) -> &'static str {
        match self {
            Language::Node => ".nvmrc",
            Language::Python => ".python-version",
            Language::Go => ".go-version",
            Language::Rust => "rust-toolchain.toml",
        }
    }

    /// The files that may state a release.
    fn files(self) -> &'static [&'static str] {
        match self {
            Language::Node => &[".nvmrc", ".node-version", ".tool-versions", "package.json"],
            Language::Python => {
                &[".python-version", ".tool-versions", "runtime.txt", "Pipfile", "pyproject.toml"]
            }
            Language::Go => &[".go-version", ".tool-versions", "go.mod"],
            Language::Rust => &["rust-toolchain", "rust-toolchain.toml", ".tool-versions", "Cargo.toml"],
        }
    }

    /// What one folder and the version files above it state, the most exact first.
    fn in_folder(self, project: &Project, folder: &str) -> Vec<Found<VersionStatement>> {
        match self {
            Language::Node => npm::versions(project, folder),
            Language::Python => pip::versions(project, folder),
            Language::Go => {
                let module = go::read(project, folder).and_then(Result::ok);
                go::versions(project, folder, module.as_ref().map(|module| &module.go_mod))
            }
            Language::Rust => rust::versions(project, folder),
        }
    }
}

/// Everything that the context says about a language, seen from `folder`.
pub fn statements(project: &Project, language: Language, folder: &str) -> Statements {
    let truncated = project.tree().truncated().map(str::to_owned);
    let mut found = Statements { truncated, ..Statements::default() };
    for folder in [folder, ""] {
        add(&mut found.own, language.in_folder(project, folder), &[]);
    }
    let stated = project.tree().entries().iter().filter(|entry| {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        matches!(entry.kind, EntryKind::File { .. }) && language.files().contains(&name)
    });
    // Packages that were fetched, and trees that only tests read, speak for themselves.
    let foreign = ["node_modules", "vendor", "testdata", "fixtures", "site-packages"];
    let folders: BTreeSet<&str> = stated
        .map(|entry| parent(&entry.path))
        .filter(|folder| !folder.split('/').any(|part| foreign.contains(&part)))
        .collect();
    if folders.len() > MAX_FOLDERS {
        found.truncated = Some(format!("more than {MAX_FOLDERS} folders state a version"));
    }
    for other in folders.into_iter().take(MAX_FOLDERS) {
        let (own, elsewhere) = (&found.own, &mut found.elsewhere);
        add(elsewhere, language.in_folder(project, other), own);
    }
    found
}

/// Adds what is not known yet: version files are found from every folder below them.
fn add(
    list: &mut Vec<Found<VersionStatement>>,
    more: Vec<Found<VersionStatement>>,
    known: &[Found<VersionStatement>],
) {
    for statement in more {
        if !known.contains(&statement) && !list.contains(&statement) {
            list.push(statement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &[Found<VersionStatement>]) -> Vec<String> {
        list.iter().map(|found| format!("{} {}", found.value, found.at)).collect()
    }

    #[test]
    fn the_root_and_the_folder_speak_for_the_image() {
        let project = Project::in_memory([
            (".python-version", "3.12\n"),
            ("api/pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \">=3.10\"\n"),
            ("web/.python-version", "3.9\n"),
            ("api/tests/fixtures/a/.python-version", "2.7\n"),
        ]);
        let found = statements(&project, Language::Python, "api");
        assert_eq!(texts(&found.own), ["3.12 .python-version:1", ">=3.10 api/pyproject.toml:3"]);
        assert_eq!(texts(&found.elsewhere), ["3.9 web/.python-version:1"]);
    }

    #[test]
    fn node_is_stated_in_the_manifest_too() {
        let project = Project::in_memory([("api/package.json", r#"{"engines": {"node": "20.x"}}"#)]);
        let found = statements(&project, Language::Node, "");
        assert_eq!(texts(&found.own), Vec::<String>::new());
        assert_eq!(texts(&found.elsewhere), ["20.x api/package.json:1"]);
    }

    #[test]
    fn an_unknown_context_states_nothing_and_says_so() {
        let found = statements(&Project::unknown(), Language::Go, "");
        assert!(found.own.is_empty() && found.truncated.is_some());
    }
}
