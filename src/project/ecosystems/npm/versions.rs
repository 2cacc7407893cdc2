//! Which release of Node a package is meant for.

use super::manifest::Manifest;
use super::tables::lts;
use crate::project::ecosystems::version::VersionStatement;
use crate::project::ecosystems::version_files::{first_line, tool_versions};
use crate::project::paths::join;
use crate::project::{Found, Project};

/// What the project says about its Node release, the most exact first.
pub fn versions(project: &Project, folder: &str) -> Vec<Found<VersionStatement>> {
    let mut found = Vec::new();
    for name in [".nvmrc", ".node-version"] {
        found.extend(first_line(project, folder, name).map(|line| map(line, alias_or_version)));
    }
    found.extend(tool_versions(project, folder, &["nodejs", "node"]));
    if let Some(manifest) = manifest(project, folder) {
        found.extend(manifest.volta_node.map(|volta| map(volta, VersionStatement::exact)));
        found.extend(manifest.engines_node.map(|engines| map(engines, VersionStatement::npm)));
    }
    found
}

/// The manifest of a folder, whether or not it is sent.
fn manifest(project: &Project, folder: &str) -> Option<Manifest> {
    let path = join(folder, "package.json")?;
    let text = project.tree().read(&path)?;
    Manifest::parse(&path, text.strip_prefix('\u{feff}').unwrap_or(&text)).ok()
}

fn map(found: Found<String>, read: fn(&str) -> VersionStatement) -> Found<VersionStatement> {
    Found { value: read(&found.value), at: found.at }
}

/// A version, or the name of a long-term release: `lts/iron` is 20 for good, `lts/*` moves.
fn alias_or_version(text: &str) -> VersionStatement {
    let major = text.strip_prefix("lts/").and_then(|name| lts(&name.to_ascii_lowercase()));
    VersionStatement::exact(&major.map_or_else(|| text.to_owned(), |major| major.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let project = Project::in_memory(files.iter().copied());
        let found = versions(&project, "");
        found.iter().map(|found| format!("{} {}", found.value, found.at)).collect()
    }

    #[test]
    fn every_place_in_its_order() {
        let manifest = "{\"engines\": {\"node\": \"^20\"},\n\"volta\": {\"node\": \"20.1.0\"}}";
        assert_eq!(
            found(&[("package.json", manifest), (".nvmrc", "v20.9.0\n"), (".node-version", "20")]),
            ["20.9.0 .nvmrc:1", "20 .node-version:1", "20.1.0 package.json:2", "^20 package.json:1"]
        );
    }

    #[test]
    fn names_of_long_term_releases() {
        assert_eq!(found(&[(".nvmrc", "lts/Iron\n")]), ["20 .nvmrc:1"]);
        let project = Project::in_memory([(".nvmrc", "lts/*\n")]);
        assert_eq!(versions(&project, "")[0].value, VersionStatement::Unreadable("lts/*".to_owned()));
    }
}
