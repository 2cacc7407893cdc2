//! Files of the context that hold secrets. The facts stand in `secrets.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::project::dockerignore::IgnoreFile;
use crate::project::{EntryKind, Project};

/// How much of a file is looked at.
const MAX_FILE: u64 = 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    secret: Vec<Kind>,
}

/// A kind of file with secrets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    names: Vec<String>,
    #[serde(default)]
    safe: Vec<String>,
    #[serde(default)]
    holds: Vec<String>,
    what: String,
    form: String,
}

/// A file that holds secrets, or may by its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::transforms) struct Secret {
    pub(in crate::transforms) path: String,
    /// What it is, in words.
    pub(in crate::transforms) what: &'static str,
    /// How a build or a container gets it without keeping it.
    pub(in crate::transforms) form: &'static str,
}

static TABLE: LazyLock<Vec<(Kind, IgnoreFile, IgnoreFile)>> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("secrets.toml")).expect("the table is tested");
    let file = |names: &[String]| IgnoreFile::parse(&names.join("\n"));
    let rows = table.secret.into_iter().map(|kind| {
        let (names, safe) = (file(&kind.names), file(&kind.safe));
        (kind, names, safe)
    });
    rows.collect()
});

/// What a file of that name is, if its name says that it may hold secrets; whatever stands in it.
pub(in crate::transforms) fn named_like_a_secret(path: &str) -> Option<Secret> {
    kind(path).map(|kind| kind.found(path))
}

impl Kind {
    fn found(&'static self, path: &str) -> Secret {
        Secret { path: path.to_owned(), what: &self.what, form: &self.form }
    }
}

fn kind(path: &str) -> Option<&'static Kind> {
    let fits = |file: &IgnoreFile| file.patterns().iter().any(|pattern| pattern.matches(path));
    TABLE.iter().find(|(_, names, safe)| fits(names) && !fits(safe)).map(|(kind, ..)| kind)
}

/// The files that are sent and hold secrets.
pub(in crate::transforms) fn secrets(project: &Project) -> Vec<Secret> {
    let found = project.files().filter_map(|entry| {
        let kind = kind(&entry.path)?;
        let holds = || {
            let small = matches!(entry.kind, EntryKind::File { size } if size <= MAX_FILE);
            let text = project.tree().read_bytes(&entry.path).filter(|_| small)?;
            let text = String::from_utf8_lossy(&text).into_owned();
            Some(kind.holds.iter().any(|word| text.contains(word.as_str())))
        };
        (kind.holds.is_empty() || holds().unwrap_or(false)).then(|| kind.found(&entry.path))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: bool) {
        assert_eq!(!secrets(&Project::in_memory([(path, text)])).is_empty(), expected, "{path}");
    }

    #[test]
    fn names_and_contents_tell_secrets() {
        check("a/.env", "DB_PASSWORD=x", true);
        check(".env", "PORT=80", false);
        check(".env.example", "DB_PASSWORD=", false);
        check("certs/ca.pem", "-----BEGIN CERTIFICATE-----", false);
        check("certs/server.key", "-----BEGIN RSA PRIVATE KEY-----", true);
        check(".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}", false);
        check(".npmrc", "//registry.npmjs.org/:_authToken=npm_x", true);
        check("credentials.json", "{\"private_key\": \"x\"}", true);
        check("src/credentials.json", "{}", false);
        check("terraform.tfstate", "{}", true);
    }
}
