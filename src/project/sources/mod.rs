//! What the program's sources do: which files it writes and reads, where it listens, which routes it has.
//!
//! The sources are lexed, the imports followed from what is started, and every use of a module looked up in tables of
//! what modules do ([`facts`]). Comments and strings never count as code, and a plain text search proves nothing. What
//! cannot be followed — a module that no table lists, an import of a computed name, a file that cannot be read — is a
//! [`Gap`]: an [`Answer`] with gaps is not proven to be complete. Does no input or output of its own, and knows nothing
//! of Dockerfiles.

mod code;
mod effects;
mod facts;
mod files;
mod golang;
mod javascript;
mod language;
mod lexer;
mod listens;
mod names;
mod python;
mod reach;
mod routes;
mod value;

use self::effects::{Occurrence, occurrences};
pub use self::facts::Role;
pub use self::files::Grants;
pub use self::language::Language;
pub use self::listens::{Interface, Listener};
use self::reach::{External, Walked, reach};
use super::{Found, Project};

/// Where a program starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A file that is run: `node server.js`, `python app.py`. Relative to the context.
    Script(String),
    /// A module of Python: `gunicorn app:app`, `python -m app`.
    Module {
        /// Its dotted name.
        name: String,
        /// The folder that it is found from, relative to the context.
        root: String,
        /// Whether it is run as the program (`python -m`) rather than imported.
        main: bool,
    },
    /// The folder of a package of Go, relative to the context.
    Package(String),
    /// Every source file below a folder; an empty path is the whole context.
    Folder(String),
}

/// What is asked about: the sources that a start command reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    /// The language that the entries are written in.
    pub language: Language,
    /// Where the program starts.
    pub entries: Vec<Entry>,
    /// Folders that a build makes, each with the folder of its sources: `dist` from `src`.
    pub built: Vec<(String, String)>,
}

/// Why something is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum GapKind {
    /// A package is imported that no table lists.
    Unlisted,
    /// A module or a member is named by a value.
    Computed,
    /// A file that is reached is not sent to the build.
    MissingFile,
    /// A file cannot be read.
    Unreadable,
    /// Something is used in a way of which nothing is known.
    UnknownUse,
    /// Another program is started.
    StartsProgram,
    /// There is more than is read.
    TooLarge,
}

/// Something that keeps an answer from being proven complete.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// Where, as `file:line`; empty where it is nowhere in particular.
    pub at: String,
    /// What it is about: a package's name, a member, a reason.
    pub what: String,
}

impl Gap {
    /// What is not known, in one line.
    pub fn text(&self) -> String {
        let what = &self.what;
        let text = match self.kind {
            GapKind::Unlisted => format!("nothing is known of the package `{what}`"),
            GapKind::Computed => what.clone(),
            GapKind::MissingFile if self.at.is_empty() || what.starts_with('`') => what.clone(),
            GapKind::MissingFile => return format!("`{}` {what}", self.at),
            GapKind::Unreadable => format!("it cannot be read: {what}"),
            GapKind::UnknownUse => format!("nothing is known of what `{what}` does"),
            GapKind::StartsProgram => format!("`{what}` starts another program"),
            GapKind::TooLarge => format!("the build context is too large to be read whole: {what}"),
        };
        if self.at.is_empty() { text } else { format!("{text} ({})", self.at) }
    }
}

/// What was found, and what keeps it from being all there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer<T> {
    /// Each with its place.
    pub found: Vec<Found<T>>,
    /// Empty exactly when it is proven that nothing else is to be found.
    pub gaps: Vec<Gap>,
}

impl<T> Answer<T> {
    /// Whether it is proven that there is nothing of the kind.
    pub fn is_proven_empty(&self) -> bool {
        self.found.is_empty() && self.gaps.is_empty()
    }

    /// The first gap in words, with the number of the others.
    pub fn gap_text(&self) -> Option<String> {
        let first = self.gaps.first()?.text();
        match self.gaps.len() {
            1 => Some(first),
            count => Some(format!("{first}, and {} more", count - 1)),
        }
    }
}

/// What a path starts from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Base {
    /// The folder in which the program runs.
    Workdir,
    /// The build context: the path was built from the place of a source file.
    Context,
    /// The root of the file system.
    Root,
    /// The system's folders for temporary files, devices and processes, which anybody may use.
    Temporary,
    /// Unknown.
    Unknown,
}

/// A path of the running program, as far as it can be read off the sources.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Target {
    /// What the path starts from.
    pub base: Base,
    /// The path from there, without a leading `/`; empty for the base itself.
    pub path: String,
    /// Whether the path is known to its end. Otherwise it is something within the folder `path`.
    pub whole: bool,
    /// The variable of the environment that names another place where it is set.
    pub variable: Option<String>,
}

impl Target {
    /// A place of which nothing is known.
    fn unknown() -> Target {
        Target { base: Base::Unknown, path: String::new(), whole: false, variable: None }
    }

    /// Whether it lies in one of these folders: `uploads`, `/data`. A relative folder is meant from the working
    /// folder, and from the context where the path was built from the place of a source.
    pub fn is_within(&self, folders: &[String]) -> bool {
        folders.iter().any(|folder| {
            let absolute = folder.strip_prefix('/');
            let fits = match self.base {
                Base::Root => absolute.is_some(),
                Base::Workdir | Base::Context => absolute.is_none(),
                Base::Temporary | Base::Unknown => false,
            };
            let folder = absolute.unwrap_or(folder).trim_start_matches("./").trim_matches('/');
            let rest =
                if folder == "." || folder.is_empty() { Some("") } else { self.path.strip_prefix(folder) };
            fits && rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('/') || folder.is_empty() || folder == "."
            })
        })
    }
}

/// A module from outside of the project that the reached files import.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Package {
    /// The package: `@scope/name` of npm; the first part of the module in Python; the import path in Go.
    pub name: String,
    /// The module as it is imported.
    pub module: String,
    /// Whether it comes with the language.
    pub standard: bool,
}

/// The sources that a start command reaches, read once; every question is answered from them.
#[derive(Debug)]
pub struct Sources {
    reached: Walked,
    occurrences: Vec<Occurrence>,
}

impl Sources {
    /// Reads what `scope` reaches.
    pub fn read(project: &Project, scope: &Scope) -> Sources {
        let reached = reach(project, scope);
        let occurrences = occurrences(reached.reached());
        Sources { reached, occurrences }
    }

    /// The files that are reached, in the order in which they were found, and what keeps the list from being whole.
    pub fn files(&self) -> Answer<String> {
        let files = self.reached.units.iter().map(|unit| unit.code.path().to_owned());
        let found = files.map(|path| Found { value: path.clone(), at: path }).collect();
        Answer { found, gaps: self.reached.gaps.clone() }
    }

    /// The modules from outside that are imported, each where it is imported first.
    pub fn packages(&self) -> Answer<Package> {
        let packages = self
            .reached
            .externals
            .iter()
            .map(|external| Found { value: self.package(&external.module), at: external.at.clone() });
        Answer { found: packages.collect(), gaps: self.reached.gaps.clone() }
    }

    fn package(&self, module: &str) -> Package {
        let parts: Vec<&str> = module.split('/').collect();
        let name = match self.reached.language {
            Language::JavaScript if module.starts_with('@') => parts[..parts.len().min(2)].join("/"),
            Language::JavaScript => parts[0].to_owned(),
            Language::Python => module.split('.').next().unwrap_or(module).to_owned(),
            Language::Go => module.to_owned(),
        };
        let standard = self.reached.facts.is_standard(module);
        Package { name, module: module.to_owned(), standard }
    }

    /// What the program is, by the packages that it imports: the first that says so.
    pub fn roles(&self) -> Vec<Found<Role>> {
        let role = |external: &External| {
            let role = self.reached.facts.module(&external.module)?.role?;
            Some(Found { value: role, at: external.at.clone() })
        };
        self.reached.externals.iter().filter_map(role).collect()
    }

    /// What keeps any answer from being whole: files and imports that could not be followed, packages of which
    /// nothing is known.
    fn gaps(&self) -> Vec<Gap> {
        let mut gaps = self.reached.gaps.clone();
        let unlisted = self
            .reached
            .externals
            .iter()
            .filter(|external| self.reached.facts.module(&external.module).is_none());
        gaps.extend(unlisted.map(|external| Gap {
            kind: GapKind::Unlisted,
            at: external.at.clone(),
            what: external.module.clone(),
        }));
        gaps
    }
}

#[cfg(test)]
mod tests;
