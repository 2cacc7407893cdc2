//! The files of a context folder as they lie there, before any ignore file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The largest file that is read as text, in bytes. Lock files reach a few megabytes.
pub const LARGEST_READ: u64 = 16 * 1024 * 1024;

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
    /// A tree of `entries`, in any order, whose files `reader` reads. Parent folders come by themselves.
    pub fn new(mut entries: Vec<Entry>, truncated: Option<String>, reader: Arc<dyn ReadFile>) -> Tree {
        let mut folders: BTreeSet<String> = BTreeSet::new();
        for entry in &entries {
            for (at, _) in entry.path.match_indices('/') {
                if !folders.contains(&entry.path[..at]) {
                    folders.insert(entry.path[..at].to_owned());
                }
            }
        }
        entries.extend(folders.into_iter().map(|path| Entry {
            path,
            kind: EntryKind::Directory,
            executable: false,
        }));
        // The sort is stable: of two entries at one path the one that was given stays.
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        entries.dedup_by(|later, earlier| later.path == earlier.path);
        Tree { entries, truncated, reader }
    }

    /// A tree of which nothing is known, for the reason given.
    pub fn unknown(reason: &str) -> Tree {
        Tree::new(Vec::new(), Some(reason.to_owned()), Arc::new(InMemory(BTreeMap::new())))
    }

    /// A tree of files given as path and text; their parent folders come by themselves.
    pub fn in_memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Tree {
        let files: BTreeMap<String, Vec<u8>> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
        let entry = |(path, bytes): (&String, &Vec<u8>)| Entry {
            path: path.clone(),
            kind: EntryKind::File { size: bytes.len() as u64 },
            executable: false,
        };
        let entries = files.iter().map(entry).collect();
        Tree::new(entries, None, Arc::new(InMemory(files)))
    }

    /// All paths, sorted.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What stands at `path`.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.position(path).map(|at| &self.entries[at])
    }

    /// Why the list is not the whole folder, if it is not.
    pub fn truncated(&self) -> Option<&str> {
        self.truncated.as_deref()
    }

    /// Everything below the folder at `path`, at any depth; an empty path is the context's root.
    pub fn below(&self, path: &str) -> &[Entry] {
        let range = self.range_below(path);
        &self.entries[range]
    }

    pub(super) fn range_below(&self, path: &str) -> std::ops::Range<usize> {
        if path.is_empty() {
            return 0..self.entries.len();
        }
        let prefix = format!("{path}/");
        let start = self.entries.partition_point(|entry| entry.path < prefix);
        let length = self.entries[start..].partition_point(|entry| entry.path.starts_with(&prefix));
        start..start + length
    }

    pub(super) fn position(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()
    }

    /// The text of the file at `path`: `None` where it is missing, unreadable, not UTF-8 or larger than
    /// [`LARGEST_READ`].
    pub fn read(&self, path: &str) -> Option<String> {
        String::from_utf8(self.read_bytes(path)?).ok()
    }

    /// The bytes of the file at `path`: `None` where it is missing, unreadable or larger than [`LARGEST_READ`].
    pub fn read_bytes(&self, path: &str) -> Option<Vec<u8>> {
        match self.entry(path)?.kind {
            EntryKind::File { size } if size <= LARGEST_READ => self.reader.read(path),
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
