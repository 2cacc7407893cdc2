//! The rows that an ignore file may hold, and who could miss what they exclude. The facts stand in `rows.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::shell::{Action, Install, Manager, Role, install};

/// Lines of the file that are written together or not at all.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(in crate::transforms) struct Row {
    pub(in crate::transforms) patterns: Vec<String>,
    #[serde(default)]
    pub(super) otherwise: Vec<String>,
    #[serde(default)]
    pub(in crate::transforms) when: Vec<String>,
    #[serde(default)]
    pub(super) seen: Vec<String>,
    pub(super) script: Option<String>,
    pub(super) keeps: Keeps,
    pub(super) named: Option<String>,
    pub(super) remade: Option<String>,
    #[serde(default)]
    pub(super) either: bool,
    #[serde(default)]
    pub(in crate::transforms) valuable: bool,
    #[serde(default)]
    pub(in crate::transforms) minor: bool,
}

/// Which files that git knows of a row may exclude.
#[derive(Deserialize, Debug)]
#[serde(untagged)]
pub(super) enum Keeps {
    /// `any` or `none`.
    Word(KeepsWord),
    /// Those that fit one of these patterns.
    Files(Vec<String>),
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeepsWord {
    Any,
    None,
}

/// Who would miss what is excluded.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: String,
    /// What they do, to follow the place where they are found.
    pub(super) what: String,
    pub(super) words: Vec<String>,
    #[serde(default)]
    pub(super) packages: Vec<String>,
    #[serde(default)]
    pub(super) programs: Vec<String>,
    #[serde(default)]
    pub(super) lock: Vec<Lock>,
    #[serde(default)]
    pub(super) quiet: Vec<String>,
    /// The only files in which words are looked for.
    pub(super) files: Option<Vec<String>>,
    #[serde(default)]
    pub(super) javascript: bool,
    /// Whether what a browser reads counts too.
    #[serde(default)]
    pub(super) web: bool,
}

/// A manifest that says everything only together with a lock file.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    pub(super) manifest: String,
    pub(super) locks: Vec<String>,
}

/// What makes the excluded thing again.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Remade {
    name: String,
    /// What the commands do, to follow "nothing in its stage".
    pub(super) what: String,
    pub(super) marker: String,
    #[serde(default)]
    pub(super) single: bool,
    pub(super) folder: String,
    managers: Vec<Manager>,
    ways: Vec<Way>,
    #[serde(default)]
    programs: Vec<String>,
    #[serde(default)]
    pub(super) scripts: bool,
    #[serde(default)]
    dry: Vec<String>,
    pub(super) absent: Option<String>,
}

/// Programs that a container lacks.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Absent {
    name: String,
    /// What follows, in words.
    pub(super) what: String,
    pub(super) images: Vec<String>,
    pub(super) words: Vec<String>,
    pub(super) places: Vec<String>,
    named: String,
}

/// What a manager has to be told.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Way {
    action: Action,
    #[serde(default)]
    bare: bool,
    option: Option<String>,
}

impl Way {
    fn fits(&self, command: &Install) -> bool {
        self.action == command.action
            && (command.operands.is_empty() || !self.bare)
            && self.option.as_ref().is_none_or(|name| command.option(name).is_some())
    }
}

impl Remade {
    /// Whether a command makes the thing. A word that only the shell can work out is `None`.
    pub(super) fn is_made_by(&self, argv: &[Option<&str>]) -> bool {
        let words: Vec<&str> = argv.iter().copied().map_while(|word| word).collect();
        let is_program = |known: &String| {
            let known: Vec<&str> = known.split(' ').collect();
            words.starts_with(&known)
        };
        let by_manager = install(argv).is_some_and(|found| {
            self.managers.contains(&found.manager)
                && self.ways.iter().any(|way| way.fits(&found))
                && found.is_certain()
                && !found.has(Role::Global)
                && !self.dry.iter().any(|name| found.option(name).is_some())
        });
        by_manager || self.programs.iter().any(is_program)
    }
}

/// The whole table.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(in crate::transforms) struct Table {
    #[serde(rename = "row")]
    pub(in crate::transforms) rows: Vec<Row>,
    named: Vec<Named>,
    remade: Vec<Remade>,
    absent: Vec<Absent>,
}

impl Table {
    /// The table that is part of the program.
    pub(in crate::transforms) fn get() -> &'static Table {
        static TABLE: LazyLock<Table> =
            LazyLock::new(|| toml::from_str(include_str!("rows.toml")).expect("the table is tested"));
        &TABLE
    }

    /// Who would miss what the row excludes.
    pub(super) fn named(&self, row: &Row) -> Option<&Named> {
        let name = row.named.as_ref()?;
        self.named.iter().find(|named| named.name == *name)
    }

    /// What makes again what the row excludes.
    pub(super) fn remade(&self, row: &Row) -> Option<&Remade> {
        let name = row.remade.as_ref()?;
        self.remade.iter().find(|remade| remade.name == *name)
    }

    /// Without which programs nobody can use what is remade, and who would hand it to somebody else.
    pub(super) fn absent(&self, remade: &Remade) -> Option<(&Absent, &Named)> {
        let name = remade.absent.as_ref()?;
        let absent = self.absent.iter().find(|absent| absent.name == *name)?;
        Some((absent, self.named.iter().find(|named| named.name == absent.named)?))
    }

    /// The table of programs of that name.
    pub(super) fn absent_named(&self, name: &str) -> Option<&Absent> {
        self.absent.iter().find(|absent| absent.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::dockerignore::IgnoreFile;

    #[test]
    fn table_holds_together() {
        let table = Table::get();
        for row in &table.rows {
            assert_eq!(row.named.is_some(), table.named(row).is_some(), "{row:?}");
            assert_eq!(row.remade.is_some(), table.remade(row).is_some(), "{row:?}");
            let lines: Vec<&str> = row.patterns.iter().chain(&row.otherwise).map(String::as_str).collect();
            let file = IgnoreFile::parse(&lines.join("\n"));
            assert_eq!(file.error(), None);
            assert!(
                file.patterns().iter().all(|pattern| !pattern.is_negated()),
                "rows do not depend on each other"
            );
        }
        for remade in &table.remade {
            assert_eq!(remade.absent.is_some(), table.absent(remade).is_some(), "{remade:?}");
        }
    }

    #[track_caller]
    fn check(name: &str, command: &str, expected: bool) {
        let remade = Table::get().remade.iter().find(|remade| remade.name == name).expect("a known name");
        let argv: Vec<Option<&str>> =
            command.split(' ').map(|word| Some(word).filter(|word| *word != "?")).collect();
        assert_eq!(remade.is_made_by(&argv), expected, "{command}");
    }

    #[test]
    fn installs_of_single_packages_are_no_installs() {
        for command in [
            "npm ci",
            "npm install",
            "npm i --omit=dev",
            "yarn",
            "yarn --frozen-lockfile",
            "yarn install",
            "pnpm i",
        ] {
            check("npm", command, true);
        }
        for command in [
            "npm install -g pm2",
            "npm install express",
            "npm run build",
            "npm",
            "yarn build",
            "npm ci ?",
            "? ci",
            "pnpm",
        ] {
            check("npm", command, false);
        }
    }

    #[test]
    fn builds_are_known_by_their_goals() {
        check("maven", "mvn -q -DskipTests clean package", true);
        check("maven", "mvn dependency:go-offline", false);
        check("gradle", "./gradlew :app:bootJar --no-daemon", true);
        check("gradle", "gradle dependencies", false);
        check("cargo", "cargo build --release", true);
        check("cargo", "cargo install --path .", true);
        check("cargo", "cargo install cargo-watch", false);
        check("dotnet", "dotnet publish -c Release -o out", true);
        check("composer", "composer install --no-dev", true);
        check("composer", "composer update", true);
        check("composer", "composer require x/y", false);
    }
}
