//! What the build context offers: its files after the ignore file, and the facts that manifests and sources state.
//!
//! A [`Project`] is a value. It may be read lazily from a disk or made in memory; this module does no input or
//! output of its own and knows nothing of transforms.

pub mod builds;
pub mod compose;
mod copy;
pub mod dockerignore;
pub mod ecosystems;
pub mod glob;
mod paths;
pub mod prove;
pub mod sources;
pub mod survey;
mod tree;
pub mod typescript;
pub mod webserver;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

pub use self::copy::CopyMatch;
use self::dockerignore::{FolderVerdict, IgnoreFile, Pattern};
pub use self::tree::{Entry, EntryKind, LARGEST_READ, ReadFile, Tree};

/// A statement about the project and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found<T> {
    /// What was found.
    pub value: T,
    /// The file that says so, relative to the context, with its line where there is one (`package.json:12`).
    pub at: String,
}

/// The build context of one Dockerfile, as its build would see it.
///
/// A path is *sent* when the builder gets it: it stands in the folder and the ignore file lets it pass. What the
/// builder does not get cannot be copied, whatever lies in the folder.
#[derive(Clone, Debug)]
pub struct Project {
    tree: Arc<Tree>,
    ignore: Arc<IgnoreFile>,
    /// For each entry of the tree whether it is sent; worked out when first asked for.
    sent: Arc<OnceLock<Vec<bool>>>,
}

impl Project {
    /// The context `tree` seen through an ignore file.
    pub fn new(tree: Arc<Tree>, ignore: IgnoreFile) -> Project {
        Project { tree, ignore: Arc::new(ignore), sent: Arc::default() }
    }

    /// A context of files given as path and text; `.dockerignore` among them is in force.
    pub fn in_memory<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Project {
        let tree = Tree::in_memory(files);
        let ignore = tree
            .read(".dockerignore")
            .map_or_else(IgnoreFile::default, |text| IgnoreFile::parse(&text).at(".dockerignore"));
        Project::new(Arc::new(tree), ignore)
    }

    /// A context about which nothing is known: no folder was given, as on standard input.
    pub fn unknown() -> Project {
        Project::new(Arc::new(Tree::unknown("no build context is known")), IgnoreFile::default())
    }

    /// The folder before the ignore file.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The same context under another ignore file.
    pub fn with_ignore(&self, ignore: IgnoreFile) -> Project {
        Project::new(Arc::clone(&self.tree), ignore)
    }

    /// The ignore file in force.
    pub fn ignore(&self) -> &IgnoreFile {
        &self.ignore
    }

    /// Everything that is sent, folders too, sorted by path.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries_below("")
    }

    /// Everything sent that lies below the folder at `path`, at any depth; an empty path is the context's root.
    pub fn entries_below(&self, path: &str) -> impl Iterator<Item = &Entry> {
        let range = self.tree.range_below(path);
        let flags = &self.sent_flags()[range.clone()];
        self.tree.entries()[range].iter().zip(flags).filter(|(_, sent)| **sent).map(|(entry, _)| entry)
    }

    /// The regular files that are sent, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = &Entry> {
        self.files_below("")
    }

    /// The regular files sent that lie below the folder at `path`, at any depth.
    pub fn files_below(&self, path: &str) -> impl Iterator<Item = &Entry> {
        self.entries_below(path).filter(|entry| matches!(entry.kind, EntryKind::File { .. }))
    }

    /// What is sent of the folder at `path` itself, not of the folders in it; an empty path is the context's root.
    pub fn folder(&self, path: &str) -> impl Iterator<Item = &Entry> {
        let skip = if path.is_empty() { 0 } else { path.len() + 1 };
        self.entries_below(path).filter(move |entry| !entry.path[skip..].contains('/'))
    }

    /// What is sent at `path`.
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        let at = self.tree.position(path)?;
        self.sent_flags()[at].then(|| &self.tree.entries()[at])
    }

    /// Whether something at `path` is sent.
    pub fn sent(&self, path: &str) -> bool {
        self.entry(path).is_some()
    }

    /// The pattern that keeps `path` from the builder, or would if something stood there; `None` if it would be
    /// sent. So `node_modules` can be asked about whether or not it lies around.
    pub fn excluded_by(&self, path: &str) -> Option<&Pattern> {
        self.ignore.excluded_by(path)
    }

    /// The text of a file that is sent. What is not sent is read from [`Project::tree`].
    pub fn read(&self, path: &str) -> Option<String> {
        self.entry(path)?;
        self.tree.read(path)
    }

    fn sent_flags(&self) -> &[bool] {
        self.sent.get_or_init(|| sent_flags(&self.tree, &self.ignore))
    }
}

/// Walks the tree as BuildKit does. A folder is sent when it is not excluded itself, or for the sake of what is taken
/// back in below it.
fn sent_flags(tree: &Tree, ignore: &IgnoreFile) -> Vec<bool> {
    let entries = tree.entries();
    let mut sent = vec![ignore.error().is_none(); entries.len()];
    if ignore.error().is_some() || ignore.patterns().is_empty() {
        return sent;
    }
    let root = FolderVerdict::default();
    let mut folders: HashMap<&str, (usize, FolderVerdict)> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        // A parent sorts before what lies in it, so its verdict is there.
        let parent = entry.path.rsplit_once('/').and_then(|(parent, _)| folders.get(parent));
        let verdict = ignore.verdict(&entry.path, parent.map_or(&root, |(_, verdict)| verdict));
        sent[at] = verdict.excluded_by.is_none();
        if sent[at] {
            let mut path = entry.path.as_str();
            while let Some((parent, _)) = path.rsplit_once('/')
                && let Some(&(folder, _)) = folders.get(parent)
                && !sent[folder]
            {
                sent[folder] = true;
                path = parent;
            }
        }
        if entry.kind == EntryKind::Directory {
            folders.insert(&entry.path, (at, verdict.folder));
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(ignore: &str, files: &[&str]) -> Vec<String> {
        let files = files.iter().map(|&path| (path, "")).chain([(".dockerignore", ignore)]);
        Project::in_memory(files)
            .files()
            .map(|entry| entry.path.clone())
            .filter(|path| path != ".dockerignore")
            .collect()
    }

    #[test]
    fn files_come_sorted_without_what_is_excluded() {
        assert_eq!(sent("*.log\n", &["b", "a.log", "a/x.log", "a-b"]), ["a-b", "a/x.log", "b"]);
    }

    #[test]
    fn folder_of_a_file_taken_back_in_is_sent() {
        let project = Project::in_memory([(".dockerignore", "*\n!a/b/c\n"), ("a/b/c", ""), ("a/d", "")]);
        assert!(project.sent("a") && project.sent("a/b") && project.sent("a/b/c"));
        assert!(!project.sent("a/d") && !project.sent(".dockerignore"));
        assert_eq!(project.folder("").map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(project.folder("a").map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["a/b"]);
    }

    #[test]
    fn sibling_between_a_folder_and_its_files_does_not_break_the_walk() {
        assert_eq!(sent("a\n", &["a/x", "a-b/x", "a.txt"]), ["a-b/x", "a.txt"]);
    }

    #[test]
    fn walk_differs_from_a_look_at_the_whole_path() {
        // Asked about as whole paths, both would be answered the other way round.
        assert_eq!(sent("a/**\n!a\n", &["a/a/c/b"]), Vec::<String>::new());
        assert_eq!(sent("a*\n!*/*\na*\n", &["a/c/c/a"]), ["a/c/c/a"]);
    }

    #[test]
    fn what_is_not_sent_is_read_from_the_tree_alone() {
        let project = Project::in_memory([(".dockerignore", "secret\n"), ("secret", "x"), ("open", "y")]);
        assert_eq!(project.read("secret"), None);
        assert_eq!(project.tree().read("secret").as_deref(), Some("x"));
        assert_eq!(project.read("open").as_deref(), Some("y"));
    }

    #[test]
    fn paths_that_do_not_exist_can_be_asked_about() {
        let project = Project::in_memory([(".dockerignore", "# junk\n**/node_modules\n")]);
        let pattern = project.excluded_by("web/node_modules/x/y.js").expect("it is excluded");
        assert_eq!((pattern.text(), pattern.line()), ("**/node_modules", 2));
        assert!(project.excluded_by("web/x").is_none());
        assert_eq!(project.ignore().path(), Some(".dockerignore"));
    }

    #[test]
    fn unknown_context_holds_nothing() {
        let project = Project::unknown();
        assert!(project.tree().truncated().is_some());
        assert!(!project.sent("x"));
        assert_eq!(project.ignore().path(), None);
    }
}
