//! The names of a project's dependencies, as its manifests list them.

use std::collections::HashSet;

use crate::project::sources::Scope;
use crate::project::sources::language::Language;
use crate::project::{EntryKind, Project, ecosystems};

/// What the project's manifests name, those for development too. Every manifest of the context counts: a name more can
/// only hold something back.
pub(super) fn dependencies(project: &Project, scope: &Scope) -> HashSet<String> {
    match scope.language {
        Language::JavaScript => npm(project),
        Language::Python => python(project),
        Language::Go => HashSet::new(),
    }
}

fn npm(project: &Project) -> HashSet<String> {
    let mut names = HashSet::new();
    for text in manifests(project, |name| name == "package.json") {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        for table in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
            let table = value.get(table).and_then(|table| table.as_object());
            names.extend(table.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    names
}

fn python(project: &Project) -> HashSet<String> {
    let mut names = HashSet::new();
    let requirements = paths(project, |name| name.starts_with("requirements") && name.ends_with(".txt"));
    for path in requirements {
        names.extend(ecosystems::pip::requirements(project, &path).names().map(normalised));
        let text = project.tree().read(&path).unwrap_or_default();
        names.extend(text.lines().filter_map(|line| kept_at(line, "")));
    }
    for text in manifests(project, |name| matches!(name, "pyproject.toml" | "Pipfile")) {
        if let Ok(value) = text.parse::<toml::Table>() {
            collect(&toml::Value::Table(value), &mut names);
        }
    }
    names
}

/// Keys of tables of packages, and the names that begin requirements in lists.
fn collect(value: &toml::Value, names: &mut HashSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                names.insert(normalised(key));
                names.extend(value.as_str().and_then(|version| kept_at(key, version)));
                collect(value, names);
            }
        }
        toml::Value::Array(array) => array.iter().for_each(|value| collect(value, names)),
        toml::Value::String(text) => {
            let end = text.find(|next: char| !(next.is_alphanumeric() || matches!(next, '-' | '_' | '.')));
            names.insert(normalised(&text[..end.unwrap_or(text.len())]));
            names.extend(kept_at(text, ""));
        }
        _ => {}
    }
}

/// The major version that a requirement keeps a package at, as `name==2`: `name==2.5`, `name~=2.1`, `name<3`, `^2.0`.
fn kept_at(requirement: &str, version: &str) -> Option<String> {
    let end = requirement.find(|next: char| !(next.is_alphanumeric() || matches!(next, '-' | '_' | '.')));
    let (name, rest) = requirement.split_at(end.unwrap_or(requirement.len()));
    let rest = if version.is_empty() { rest } else { version };
    let major = |text: &str| {
        let digits = text.trim_start().trim_start_matches('=');
        digits.trim_start().split(|digit: char| !digit.is_ascii_digit()).next()?.parse::<u32>().ok()
    };
    let kept = ["==", "~=", "^", "~"].iter().find_map(|sign| major(rest.split_once(sign)?.1));
    let below = rest.split_once('<').and_then(|(_, text)| major(text)?.checked_sub(1));
    Some(format!("{}=={}", normalised(name), kept.or(below)?))
}

fn normalised(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

fn paths(project: &Project, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let files = project.tree().entries().iter().filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
    files
        .map(|entry| entry.path.clone())
        .filter(|path| is_wanted(path.rsplit('/').next().unwrap_or(path)) && !path.contains("node_modules/"))
        .collect()
}

fn manifests(project: &Project, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    paths(project, is_wanted).iter().filter_map(|path| project.tree().read(path)).collect()
}
