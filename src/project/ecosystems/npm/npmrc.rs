//! The project's own `.npmrc`.

use std::collections::BTreeMap;

use crate::project::ecosystems::{Obstacle, Unreadable};
use crate::project::paths::at;
use crate::project::{Found, Project};

/// The settings of a `.npmrc`, as written.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Npmrc {
    settings: BTreeMap<String, Found<String>>,
}

/// Settings whose value is a file that npm or Node reads.
const FILES: &[&str] =
    &["cafile", "certfile", "keyfile", "userconfig", "globalconfig", "script-shell", "node-options"];

impl Npmrc {
    /// The file at `path`, if it is sent.
    pub(super) fn read(project: &Project, path: &str) -> Result<Npmrc, Unreadable> {
        if !project.sent(path) {
            return Ok(Npmrc::default());
        }
        let mut settings = BTreeMap::new();
        for (index, line) in crate::project::ecosystems::text(project, path)?.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with([';', '#', '[']) {
                continue;
            }
            // A key alone means that it is on.
            let (key, value) = line.split_once('=').unwrap_or((line, "true"));
            let value = value.trim().trim_matches(['"', '\'']).to_owned();
            settings.insert(key.trim().to_owned(), Found { value, at: at(path, index + 1) });
        }
        Ok(Npmrc { settings })
    }

    /// The names of all settings.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.settings.keys().map(String::as_str)
    }

    /// Whether a setting is on.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.settings.get(key).is_some_and(|found| found.value == "true")
    }

    /// Whether a setting is off.
    pub(super) fn is_off(&self, key: &str) -> bool {
        self.settings.get(key).is_some_and(|found| found.value == "false")
    }

    /// Settings that make an install read files of which nothing is known here (MC1).
    pub(super) fn obstacles(&self) -> impl Iterator<Item = Obstacle> {
        let reads = |key: &str| FILES.contains(&key.rsplit(':').next().unwrap_or(key));
        self.settings.iter().filter(move |(key, _)| reads(key)).map(|(key, found)| Obstacle {
            id: "MC1",
            text: format!("`{key}` names a file that the install reads ({})", found.at),
            remedy: "copy that file by hand before the install".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_comments() {
        let project = Project::in_memory([(
            ".npmrc",
            "; c\n# c\nlegacy-peer-deps = true\npackage-lock=\"false\"\nignore-scripts\n//host/:_authToken=${T}\n",
        )]);
        let npmrc = Npmrc::read(&project, ".npmrc").expect("readable");
        assert!(
            npmrc.is_on("legacy-peer-deps") && npmrc.is_on("ignore-scripts") && npmrc.is_off("package-lock")
        );
        assert_eq!(npmrc.obstacles().count(), 0);
    }

    #[test]
    fn a_setting_that_names_a_file_holds_back() {
        let project = Project::in_memory([(".npmrc", "cafile=certs/ca.pem\n//host/:keyfile=k\n")]);
        let npmrc = Npmrc::read(&project, ".npmrc").expect("readable");
        assert_eq!(npmrc.obstacles().count(), 2);
        let none = Npmrc::read(&project, "web/.npmrc").expect("none there");
        assert_eq!(none, Npmrc::default());
    }
}
