//! What the manifests and lock files of a project state, ecosystem by ecosystem.
//!
//! Every fact is about files that are *sent* to the builder, except versions of the language, which are the author's
//! word wherever it stands. Knows nothing of Dockerfiles and nothing of transforms; a fact that breaks a precondition
//! is an [`Obstacle`] under that precondition's id.

mod bundler;
mod cargo;
mod composer;
mod detect;
mod dotnet;
pub mod go;
mod language;
mod maven;
mod mix;
pub mod npm;
pub mod pip;
pub mod python;
mod rust;
mod version;
mod version_files;
mod xml;

use std::fmt;

pub use self::bundler::bundler;
pub use self::cargo::{Cargo, cargo};
pub use self::composer::{Composer, composer};
pub use self::detect::{Ecosystem, Kind, detect};
pub use self::dotnet::{Dotnet, dotnet};
pub use self::language::{Language, Statements, statements};
pub use self::maven::{Maven, maven};
pub use self::mix::mix;
pub use self::version::{Version, VersionRange, VersionStatement};
use super::glob::Glob;
use super::paths::{at, join, upwards};
use super::{EntryKind, Project};

/// A file or folder that an install reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needed {
    /// Its path in the context.
    pub path: String,
    /// Whether it is a folder, needed whole.
    pub folder: bool,
    /// What reads it, in a few words.
    pub why: String,
}

/// Something that keeps a precondition from being proven.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle {
    /// The precondition's id.
    pub id: &'static str,
    /// What was found, with its place.
    pub text: String,
    /// What the user can do about it.
    pub remedy: String,
}

/// Everything that an install reads, and what speaks against running it on these files alone.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Closure {
    /// What is read, the manifest first, without repeats. Each is sent to the builder.
    pub files: Vec<Needed>,
    /// What keeps the list from being proven complete (MC1, MC2, MC3); empty when it is.
    pub obstacles: Vec<Obstacle>,
}

impl Closure {
    /// The paths alone.
    pub fn paths(&self) -> Vec<&str> {
        self.files.iter().map(|needed| needed.path.as_str()).collect()
    }

    /// Adds a file that may be there. One that is not listed, and that git ignores, may be there all the same (MC1).
    fn need_if_sent(&mut self, project: &Project, path: &str, why: &str) {
        if project.sent(path) {
            self.need(project, path, why);
        } else if project.excluded_by(path).is_none()
            && let Some(place) = maybe_untracked(project, path)
        {
            self.hold(Obstacle {
                id: "MC1",
                text: format!("git ignores `{path}` ({place}), so whether the install reads it is not known"),
                remedy: format!("keep `{path}` in git, or keep it from the builder with .dockerignore"),
            });
        }
    }

    /// Adds a file that must be there; one that is not sent is an obstacle (MC1).
    fn need(&mut self, project: &Project, path: &str, why: &str) {
        match project.entry(path).map(|entry| &entry.kind) {
            Some(EntryKind::Symlink) => self.hold(Obstacle {
                id: "MC1",
                text: format!("`{path}` is a symbolic link ({why})"),
                remedy: "put the file itself there".to_owned(),
            }),
            Some(kind) => self.add(path, matches!(kind, EntryKind::Directory), why),
            None => self.hold(missing_file(project, "MC1", path)),
        }
    }

    /// Whether a folder that is needed whole holds `path`.
    fn has_folder_of(&self, path: &str) -> bool {
        let folders = self.files.iter().filter(|needed| needed.folder);
        folders
            .into_iter()
            .any(|needed| path.strip_prefix(&needed.path).is_some_and(|rest| rest.starts_with('/')))
    }

    fn add(&mut self, path: &str, folder: bool, why: &str) {
        if !self.files.iter().any(|needed| needed.path == path) {
            self.files.push(Needed { path: path.to_owned(), folder, why: why.to_owned() });
        }
    }

    fn hold(&mut self, obstacle: Obstacle) {
        if !self.obstacles.contains(&obstacle) {
            self.obstacles.push(obstacle);
        }
    }
}

/// A precondition that fails because a file does not reach the builder.
fn missing_file(project: &Project, id: &'static str, path: &str) -> Obstacle {
    if project.tree().entry(path).is_some() {
        Obstacle {
            id,
            text: format!("`{path}` is kept from the builder by .dockerignore"),
            remedy: format!("let .dockerignore pass `{path}`"),
        }
    } else {
        Obstacle {
            id,
            text: format!("`{path}` is not in the build context"),
            remedy: format!("put `{path}` into the context and keep it in git"),
        }
    }
}

/// Whether something holds, with the one line that says why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It does; what was compared.
    Holds(String),
    /// It does not; what differs.
    Fails(String),
    /// It cannot be told; what is missing.
    Unproven(String),
}

impl Verdict {
    /// This, unless it holds and something more speaks against it.
    fn and_then(self, more: impl FnOnce() -> Option<Verdict>) -> Verdict {
        match self {
            Verdict::Holds(_) => more().unwrap_or(self),
            _ => self,
        }
    }
}

/// Where git is told to ignore a file of this name, so that it may lie in a working copy without being listed.
///
/// What is true of the tracked files must be true of the working copy too: a file that an install would read is then
/// neither there nor absent.
fn maybe_untracked(project: &Project, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    upwards(folder).find_map(|folder| {
        let file = join(folder, ".gitignore")?;
        let text = project.tree().read(&file)?;
        let relative = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
        let fits = |line: &str| {
            let pattern = line.trim().trim_end_matches('/');
            let anywhere = pattern.strip_prefix("**/").unwrap_or(pattern);
            // A slash that is not the last character ties the pattern to the folder of the file.
            let subject = if anywhere.contains('/') { relative } else { name };
            let glob = Glob::parse(anywhere.trim_start_matches('/')).ok();
            !pattern.is_empty()
                && !pattern.starts_with(['#', '!'])
                && glob.is_some_and(|glob| glob.matches(subject))
        };
        text.lines().position(fits).map(|index| at(&file, index + 1))
    })
}

/// A manifest or lock file that states nothing, since it cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// The file, with the line where there is one.
    pub at: String,
    /// What is wrong with it.
    pub why: String,
}

impl Unreadable {
    fn new(at: impl Into<String>, why: impl Into<String>) -> Unreadable {
        Unreadable { at: at.into(), why: why.into() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.why)
    }
}

/// The text of a file that is sent, without a byte-order mark.
fn text(project: &Project, path: &str) -> Result<String, Unreadable> {
    let mut text = project.read(path).ok_or_else(|| Unreadable::new(path, "cannot be read as UTF-8"))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}
