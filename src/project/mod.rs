//! What the build context offers: its files after the ignore file, and the facts that manifests and sources state.
//!
//! A [`Project`] is a value. It may be read lazily from a disk or made in memory; this module does no input or
//! output of its own and knows nothing of transforms.

pub mod dockerignore;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use self::dockerignore::IgnoreFile;

/// Gives the bytes of a file of the context. The command line reads a disk, tests read a map.
pub trait ReadFile: Send + Sync {
    /// The bytes of the file at `path` (relative to the context, `/` between parts); `None` if it cannot be read.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// What stands at a path of the context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntryKind {
    /// A regular file and its size in bytes.
    File {
        /// Size in bytes.
        size: u64,
    },
    /// A folder.
    Directory,
    /// A symbolic link, followed by nobody here.
    Symlink,
}

/// One path of the context, before the ignore file.
///
/// Paths that git ignores are not listed at all, so that a verdict cannot depend on what happens to lie around
/// (law "same everywhere").
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Relative to the context, `/` between parts, no leading `./`.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Whether the file has an executable bit (unknown systems say `false`).
    pub executable: bool,
}

/// Every path of a context folder, sorted, and a way to read its files.
#[derive(Clone)]
pub struct Tree {
    entries: Vec<Entry>,
    /// Why the list is not the whole folder (budget of files or bytes); facts that need the whole are then held
    /// back as `context-too-large`.
    truncated: Option<String>,
    reader: Arc<dyn ReadFile>,
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree({} entries)", self.entries.len())
    }
}

impl Tree {
    /// A tree of `entries`, in any order, whose files `reader` reads.
    pub fn new(mut entries: Vec<Entry>, truncated: Option<String>, reader: Arc<dyn ReadFile>) -> Tree {
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        Tree { entries, truncated, reader }
    }

    /// A tree of files given as path and text; their parent folders come by themselves.
    pub fn in_memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tree {
        let files: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
        for (path, bytes) in &files {
            for (at, _) in path.match_indices('/') {
                let folder = &path[..at];
                entries.entry(folder.to_owned()).or_insert_with(|| Entry {
                    path: folder.to_owned(),
                    kind: EntryKind::Directory,
                    executable: false,
                });
            }
            let kind = EntryKind::File { size: bytes.len() as u64 };
            entries.insert(path.clone(), Entry { path: path.clone(), kind, executable: false });
        }
        Tree::new(entries.into_values().collect(), None, Arc::new(InMemory(files)))
    }

    /// All paths, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What stands at `path`.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok().map(|at| &self.entries[at])
    }

    /// Why the list is not the whole folder, if it is not.
    pub fn truncated(&self) -> Option<&str> {
        self.truncated.as_deref()
    }

    /// The text of the file at `path`: `None` where it is missing, unreadable or not UTF-8.
    pub fn read(&self, path: &str) -> Option<String> {
        match self.entry(path)?.kind {
            EntryKind::File { .. } => String::from_utf8(self.reader.read(path)?).ok(),
            _ => None,
        }
    }
}

struct InMemory(BTreeMap<String, Vec<u8>>);

impl ReadFile for InMemory {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.0.get(path).cloned()
    }
}

/// A statement about the project and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<T> {
    /// What was found.
    pub value: T,
    /// The file that says so, relative to the context, with its line where there is one (`package.json:12`).
    pub at: String,
}

/// The build context of one Dockerfile, as its build would see it.
#[derive(Clone, Debug)]
pub struct Project {
    tree: Arc<Tree>,
    ignore: Arc<IgnoreFile>,
}

impl Project {
    /// The context `tree` seen through an ignore file.
    pub fn new(tree: Arc<Tree>, ignore: IgnoreFile) -> Project {
        Project { tree, ignore: Arc::new(ignore) }
    }

    /// A context of files given as path and text; `.dockerignore` among them is in force.
    pub fn in_memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Project {
        let tree = Tree::in_memory(files);
        let ignore =
            tree.read(".dockerignore").map_or_else(IgnoreFile::default, |text| IgnoreFile::parse(&text));
        Project::new(Arc::new(tree), ignore)
    }

    /// A context about which nothing is known: no folder was given, as on standard input.
    pub fn unknown() -> Project {
        let tree = Tree::new(
            Vec::new(),
            Some("no build context is known".to_owned()),
            Arc::new(InMemory(BTreeMap::new())),
        );
        Project::new(Arc::new(tree), IgnoreFile::default())
    }

    /// The folder before the ignore file.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The same context under another ignore file.
    pub fn with_ignore(&self, ignore: IgnoreFile) -> Project {
        Project { tree: Arc::clone(&self.tree), ignore: Arc::new(ignore) }
    }

    /// The ignore file in force.
    pub fn ignore(&self) -> &IgnoreFile {
        &self.ignore
    }
}
