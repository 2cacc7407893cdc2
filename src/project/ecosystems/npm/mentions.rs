//! Names of dev dependencies in texts: a package can be loaded by its name alone, which no import shows.

use std::collections::BTreeSet;

use super::Package;
use super::dev::package_of;
use crate::project::paths::at;
use crate::project::{Entry, Found, Project};

/// Settings of tools that only development runs, by the start of their names.
const TOOL_FILES: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "tsconfig",
    "jsconfig",
    "nodemon.json",
    "jest",
    "renovate",
    "docker-compose",
    "compose",
    "tslint",
    "cypress",
    "lerna.json",
    "nx.json",
    "angular.json",
    "components.json",
];

/// Folders that only development reads.
const TOOL_FOLDERS: &[&str] =
    &["test", "tests", "__tests__", "spec", "cypress", "e2e", "node_modules", "docs"];

impl Package {
    /// A dev dependency that is named in one of `files`, or in a settings file of the package, as a string by itself.
    pub fn names_dev(&self, project: &Project, files: &[String]) -> Option<Found<String>> {
        let dev = self.lock()?.dev_only();
        let settings = project.files_below(&self.folder).filter(|entry| self.is_settings(entry));
        let settings = settings.map(|entry| entry.path.clone());
        files.iter().cloned().chain(settings).find_map(|path| {
            let text = project.read(&path)?;
            let (name, line) = named(&text, &dev)?;
            Some(Found { value: name, at: at(&path, line) })
        })
    }

    fn is_settings(&self, entry: &Entry) -> bool {
        let inside = if self.folder.is_empty() { &entry.path } else { &entry.path[self.folder.len() + 1..] };
        let (folders, name) = inside.rsplit_once('/').unwrap_or(("", inside));
        let data = [".json", ".json5", ".yaml", ".yml", ".toml"].iter().any(|ending| name.ends_with(ending));
        let tool = |folder: &str| folder.starts_with('.') || TOOL_FOLDERS.contains(&folder);
        data && !name.starts_with('.')
            && !TOOL_FILES.iter().any(|start| name.starts_with(start))
            && !folders.split('/').any(tool)
    }
}

/// The first quoted text that is one of the names, or a path into such a package, and its line.
fn named(text: &str, names: &BTreeSet<&str>) -> Option<(String, usize)> {
    text.lines().enumerate().find_map(|(index, line)| {
        let mut parts = line.split(['"', '\'', '`']).skip(1);
        let name = parts.find_map(|part| names.get(package_of(part)))?;
        Some(((*name).to_owned(), index + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::read;

    fn found(files: &[(&str, &str)]) -> Option<String> {
        let lock = r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/pino-pretty": {"version": "1.0.0", "dev": true}}}"#;
        let mut all = vec![("package.json", "{}"), ("package-lock.json", lock)];
        all.extend_from_slice(files);
        let project = Project::in_memory(all);
        let package = read(&project, "").expect("there").expect("readable");
        package.names_dev(&project, &["server.js".to_owned()]).map(|found| found.at)
    }

    #[test]
    fn a_name_in_a_reached_file() {
        let text = "const log = pino({\n  transport: { target: 'pino-pretty' } })\n";
        assert_eq!(found(&[("server.js", text)]).as_deref(), Some("server.js:2"));
        assert_eq!(found(&[("server.js", "// pino-pretty\n"), ("other.js", text)]), None);
    }

    #[test]
    fn a_name_in_settings() {
        assert!(found(&[("config/default.json", "{\"t\": \"pino-pretty/x\"}")]).is_some());
        assert_eq!(
            found(&[("tests/a.json", "[\"pino-pretty\"]"), ("tsconfig.json", "[\"pino-pretty\"]")]),
            None
        );
    }
}
