//! What a requirements file states, with every file that it names in turn.
//!
//! Knows nothing of Dockerfiles: which files `pip install -r` reads, not how they are copied.

mod lines;
mod requirement;
mod versions;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use self::lines::{Line, Says, lines};
pub use self::requirement::{Requirement, Source};
pub use self::versions::versions;
use super::{Closure, Obstacle};
use crate::project::paths::{at, join, parent};
use crate::project::{EntryKind, Found, Project};

/// A requirements file and all that it includes.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Requirements {
    /// The files that pip reads, and what keeps the list from being proven complete.
    pub closure: Closure,
    /// What is required, in order, the included files' too; constraints are not among them.
    pub requirements: Vec<Found<Requirement>>,
    /// Whether every requirement carries hashes; pip then demands them of all.
    pub hashed: bool,
    /// Whether every requirement names one version, so that an install later gets the same direct dependencies.
    pub pinned: bool,
}

impl Requirements {
    /// The normalised names of what is required.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.requirements.iter().filter_map(|found| found.value.name.as_deref())
    }

    /// What some of the packages are known to need of the image.
    pub fn needs(&self) -> Vec<Found<PackageNeeds>> {
        let known = self.requirements.iter().filter_map(|found| {
            let name = found.value.name.as_deref()?;
            let facts = PACKAGES.get(name)?;
            let needs = PackageNeeds { package: name.to_owned(), ..facts.clone() };
            Some(Found { value: needs, at: found.at.clone() })
        });
        known.collect()
    }
}

/// What a package is known to need of the image beside the interpreter.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PackageNeeds {
    /// The package's normalised name.
    #[serde(skip)]
    pub package: String,
    /// Shared libraries that are loaded at run time.
    pub loads: Vec<String>,
    /// Programs that it starts.
    pub calls: Vec<String>,
    /// Whether installing it compiles.
    pub compiles: bool,
    /// Whether there are no wheels for musl.
    pub glibc_only: bool,
}

static PACKAGES: LazyLock<BTreeMap<String, PackageNeeds>> = LazyLock::new(|| {
    toml::from_str(include_str!("packages.toml")).expect("the table is part of the program and tested")
});

/// Reads the requirements file at `path` (relative to the context) and whatever it includes.
pub fn requirements(project: &Project, path: &str) -> Requirements {
    let mut reader = Reader { project, read: Requirements::default(), seen: Vec::new() };
    reader.file(path, "the requirements", Role::Requirements);
    let mut read = reader.read;
    // A file that could not be read proves nothing about all of them.
    let whole = read.closure.obstacles.is_empty();
    read.hashed &= whole && !read.requirements.is_empty();
    read.pinned = whole && read.requirements.iter().all(|found| found.value.pinned);
    read
}

/// What lines that stand in another file read, as `-r` in an environment of Conda: seen from that file.
pub(super) fn listed(project: &Project, path: &str, text: &str) -> Closure {
    let mut reader = Reader { project, read: Requirements::default(), seen: Vec::new() };
    lines(text).into_iter().for_each(|line| reader.line(path, line, Role::Requirements));
    reader.read.closure
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Requirements,
    /// Lines of a constraints file install nothing.
    Constraints,
}

struct Reader<'a> {
    project: &'a Project,
    read: Requirements,
    seen: Vec<(String, bool)>,
}

impl Reader<'_> {
    fn file(&mut self, path: &str, why: &str, role: Role) {
        let key = (path.to_owned(), role == Role::Constraints);
        if self.seen.contains(&key) {
            return;
        }
        self.read.hashed |= self.seen.is_empty();
        self.seen.push(key);
        self.read.closure.need(self.project, path, why);
        if !self.project.sent(path) {
            return;
        }
        match super::text(self.project, path) {
            Ok(text) => lines(&text).into_iter().for_each(|line| self.line(path, line, role)),
            Err(error) => self.hold("MC1", error.to_string(), "save the file as UTF-8"),
        }
    }

    fn line(&mut self, path: &str, line: Line, role: Role) {
        let place = at(path, line.number);
        match line.says {
            Says::Requirement { requirement, hashed } => {
                self.source(&requirement.source, &place);
                if role == Role::Requirements {
                    self.read.hashed &= hashed;
                    self.read.requirements.push(Found { value: requirement, at: place });
                }
            }
            Says::Editable(Source::Path(path)) => self.local(&path, &place),
            // pip clones such a repository into `src/` of its working folder, among the project's own files.
            Says::Editable(source) => self.hold(
                "MC12",
                format!("`{}` is installed in place ({place})", text_of(&source)),
                "install it without `-e`",
            ),
            Says::Include(name) => self.other(path, &name, &place, role),
            Says::Constrain(name) => self.other(path, &name, &place, Role::Constraints),
            Says::FindLinks(name) => self.find_links(path, &name, &place),
            Says::Setting(_) => {}
            Says::Unreadable(why) => {
                self.hold(
                    "MC1",
                    format!("{why} ({place})"),
                    "write the line as pip's documentation shows it",
                );
            }
        }
    }

    /// MC3: a path needs the sources that lie there, so the manifest alone installs nothing.
    fn source(&mut self, source: &Source, place: &str) {
        if let Source::Path(path) = source {
            self.local(path, place);
        }
    }

    fn local(&mut self, path: &str, place: &str) {
        self.hold(
            "MC3",
            format!("`{path}` is installed from the project's own files ({place})"),
            "install it in a RUN of its own after the sources are copied",
        );
    }

    /// Another requirements or constraints file, relative to the one that names it.
    fn other(&mut self, from: &str, name: &str, place: &str, role: Role) {
        if name.contains("://") {
            self.hold(
                "MC1",
                format!("`{name}` lies on the network ({place})"),
                "keep the file in the project",
            );
            return;
        }
        match self.relative(from, name) {
            Some(path) => self.file(&path, &format!("named in {place}"), role),
            None => self.outside(name, place),
        }
    }

    fn find_links(&mut self, from: &str, name: &str, place: &str) {
        if name.contains("://") {
            return;
        }
        let Some(path) = self.relative(from, name) else { return self.outside(name, place) };
        let kind = self.project.entry(&path).map(|entry| &entry.kind);
        match kind {
            Some(EntryKind::Directory) => {
                self.read.closure.need(self.project, &path, &format!("named in {place}"));
            }
            // pip looks beside the file first and in its working folder next; only the former is known here.
            _ => self.hold(
                "MC1",
                format!("`{name}` is no folder beside the file that names it ({place})"),
                "name a folder relative to the requirements file",
            ),
        }
    }

    fn relative(&self, from: &str, name: &str) -> Option<String> {
        if name.starts_with('/') { None } else { join(parent(from), name) }
    }

    fn outside(&mut self, name: &str, place: &str) {
        self.hold(
            "MC1",
            format!("`{name}` lies outside the context ({place})"),
            "keep the file in the project",
        );
    }

    fn hold(&mut self, id: &'static str, text: String, remedy: &str) {
        self.read.closure.hold(Obstacle { id, text, remedy: remedy.to_owned() });
    }
}

fn text_of(source: &Source) -> &str {
    match source {
        Source::Index => "",
        Source::Url(text) | Source::Vcs(text) | Source::Path(text) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Requirements {
        requirements(&Project::in_memory(files.iter().copied()), "requirements.txt")
    }

    fn held(files: &[(&str, &str)]) -> String {
        let read = read(files);
        let held: Vec<_> =
            read.closure.obstacles.iter().map(|held| format!("{} {}", held.id, held.text)).collect();
        held.join("\n")
    }

    #[test]
    fn files_are_followed_relative_to_each_other_and_once() {
        let read = read(&[
            ("requirements.txt", "-r req/base.txt\nflask==3\n"),
            ("req/base.txt", "-c ../limits.txt\n-r base.txt\nsix==1\n"),
            ("limits.txt", "six<2\n"),
        ]);
        assert_eq!(read.closure.paths(), ["requirements.txt", "req/base.txt", "limits.txt"]);
        assert_eq!(read.closure.files[1].why, "named in requirements.txt:1");
        assert_eq!(read.names().collect::<Vec<_>>(), ["six", "flask"]);
        assert!(read.closure.obstacles.is_empty() && read.pinned && !read.hashed);
    }

    #[test]
    fn an_included_file_that_is_not_sent_holds_back() {
        assert!(held(&[("requirements.txt", "-r dev.txt\n")]).starts_with("MC1 `dev.txt` is not in"));
        let kept = held(&[("requirements.txt", "-r a.txt\n"), ("a.txt", ""), (".dockerignore", "a.txt")]);
        assert!(kept.contains("kept from the builder"), "{kept}");
    }

    #[test]
    fn local_paths_hold_back_with_their_line() {
        assert!(held(&[("requirements.txt", "six\n-e .\n")]).contains("MC3 `.`"));
        assert!(held(&[("requirements.txt", "six\n./lib\n")]).contains("requirements.txt:2"));
        assert_eq!(held(&[("requirements.txt", "six @ https://x/six.whl\n")]), "");
    }

    #[test]
    fn repositories_are_fine_unless_editable() {
        assert_eq!(held(&[("requirements.txt", "git+https://x/y#egg=z\n")]), "");
        assert!(held(&[("requirements.txt", "-e git+https://x/y#egg=z\n")]).starts_with("MC12"));
    }

    #[test]
    fn a_folder_of_wheels_belongs_to_the_closure() {
        let read = read(&[("requirements.txt", "-f wheels\nsix\n"), ("wheels/six.whl", "")]);
        assert!(read.closure.files[1].folder);
        assert!(held(&[("requirements.txt", "-f wheels\n")]).starts_with("MC1"));
    }

    #[test]
    fn pinned_and_hashed_are_of_all() {
        let hashed = read(&[("requirements.txt", "a==1 --hash=sha256:0\nb==1 --hash=sha256:0\n")]);
        assert!(hashed.hashed && hashed.pinned);
        let mixed = read(&[("requirements.txt", "a==1 --hash=sha256:0\nb\n")]);
        assert!(!mixed.hashed && !mixed.pinned);
    }

    #[test]
    fn known_needs_are_listed_with_their_places() {
        let needs = read(&[("requirements.txt", "six\nPsycopg2==2.9\n")]).needs();
        assert_eq!(needs[0].value.package, "psycopg2");
        assert_eq!(needs[0].value.loads, ["libpq.so.5"]);
        assert_eq!(needs[0].at, "requirements.txt:2");
        assert!(read(&[("requirements.txt", "psycopg2-binary\n")]).needs().is_empty());
    }

    #[test]
    fn names_of_the_table_are_normalised() {
        for name in PACKAGES.keys() {
            assert_eq!(requirement::normalised(name).as_deref(), Some(name.as_str()));
        }
    }
}
