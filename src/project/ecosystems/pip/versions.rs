//! Which release of Python a project is meant for.

use serde::Deserialize;
use toml::Spanned;

use crate::project::ecosystems::version::VersionStatement;
use crate::project::ecosystems::version_files::{first_line, tool_versions};
use crate::project::paths::{at, join};
use crate::project::{Found, Project};

/// What the project says about its Python release, the most exact first.
pub fn versions(project: &Project, folder: &str) -> Vec<Found<VersionStatement>> {
    let mut found = Vec::new();
    found.extend(first_line(project, folder, ".python-version").map(plain));
    found.extend(tool_versions(project, folder, &["python"]));
    found.extend(first_line(project, folder, "runtime.txt").and_then(|line| {
        let version = line.value.strip_prefix("python-")?;
        Some(Found { value: VersionStatement::exact(version), at: line.at })
    }));
    found.extend(pipfile(project, folder));
    found.extend(pyproject(project, folder));
    found
}

fn plain(line: Found<String>) -> Found<VersionStatement> {
    Found { value: VersionStatement::exact(&line.value), at: line.at }
}

#[derive(Deserialize)]
struct Pipfile {
    requires: Option<Requires>,
}

#[derive(Deserialize)]
struct Requires {
    python_version: Option<Spanned<String>>,
    python_full_version: Option<Spanned<String>>,
}

fn pipfile(project: &Project, folder: &str) -> Option<Found<VersionStatement>> {
    let path = join(folder, "Pipfile")?;
    let text = project.tree().read(&path)?;
    let requires = toml::from_str::<Pipfile>(&text).ok()?.requires?;
    let version = requires.python_full_version.or(requires.python_version)?;
    Some(Found { value: VersionStatement::exact(version.get_ref()), at: at_span(&path, &text, &version) })
}

#[derive(Deserialize)]
struct Pyproject {
    project: Option<ProjectTable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ProjectTable {
    requires_python: Option<Spanned<String>>,
}

fn pyproject(project: &Project, folder: &str) -> Option<Found<VersionStatement>> {
    let path = join(folder, "pyproject.toml")?;
    let text = project.tree().read(&path)?;
    let requires = toml::from_str::<Pyproject>(&text).ok()?.project?.requires_python?;
    Some(Found { value: VersionStatement::python(requires.get_ref()), at: at_span(&path, &text, &requires) })
}

fn at_span<T>(path: &str, text: &str, value: &Spanned<T>) -> String {
    let before = text.get(..value.span().start).unwrap_or_default();
    at(path, before.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let found = versions(&Project::in_memory(files.iter().copied()), "");
        found
            .iter()
            .map(|found| format!("{:?} {}", found.value.names().map(|v| v.to_string()), found.at))
            .collect()
    }

    #[test]
    fn files_of_version_managers() {
        assert_eq!(found(&[(".python-version", "3.12\n")]), ["Some(\"3.12\") .python-version:1"]);
        assert_eq!(found(&[("runtime.txt", "python-3.11.4\n")]), ["Some(\"3.11.4\") runtime.txt:1"]);
        assert_eq!(found(&[(".python-version", "pypy3.10\n")]), ["None .python-version:1"]);
    }

    #[test]
    fn pipfile_and_pyproject_with_their_lines() {
        assert_eq!(
            found(&[("Pipfile", "[packages]\n\n[requires]\npython_version = \"3.11\"\n")]),
            ["Some(\"3.11\") Pipfile:4"]
        );
        assert_eq!(
            found(&[("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \">=3.12,<3.13\"\n")]),
            ["Some(\"3.12\") pyproject.toml:3"]
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_stands() {
        assert!(found(&[("pyproject.toml", "[tool.black]\n"), ("Pipfile", "not toml [")]).is_empty());
    }
}
