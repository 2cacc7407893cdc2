//! Listing a folder as git and the ignore file leave it, within a budget.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::{DirEntry, Walk};

use dockfix::project::dockerignore::IgnoreFile;
use dockfix::project::{Entry, EntryKind, LARGEST_READ, ReadFile, Tree};

use crate::cli::walk;

/// How many paths are listed at most, and how many bytes their files may have together.
const MAX_ENTRIES: usize = 20_000;
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Lists the folder: neither what git ignores, nor what lies in folders that are never sent, nor the inside of `.git`.
pub(super) fn read_tree(folder: &Path, ignore: &IgnoreFile) -> Tree {
    let reader = Arc::new(Disk { folder: folder.to_owned() });
    let (entries, truncated) = list(folder, ignore, MAX_ENTRIES, MAX_BYTES);
    Tree::new(entries, truncated, reader)
}

/// Whether something that git knows of stands at each of the paths. Looks at nothing but these paths.
pub(super) fn all_stand(folder: &Path, paths: &BTreeSet<String>) -> bool {
    let mut missing: BTreeSet<String> = paths.iter().filter(|path| !path.is_empty()).cloned().collect();
    let wanted = missing.clone();
    let root = folder.to_owned();
    let walk = walk(folder, move |entry| {
        let Some(path) = path_below(entry.path(), &root) else { return false };
        wanted.iter().any(|wanted| {
            wanted.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    });
    for entry in walk.flatten() {
        if let Some(path) = path_below(entry.path(), folder) {
            missing.remove(&path);
        }
    }
    missing.is_empty()
}

/// The names of the files that stand in a folder itself and that git knows of.
pub(super) fn file_names(folder: &Path) -> BTreeSet<String> {
    if !folder.is_dir() {
        return BTreeSet::new();
    }
    let entries = walk::builder(folder).max_depth(Some(1)).build().flatten();
    let files = entries.filter(|entry| entry.depth() == 1 && entry.path().is_file());
    files.filter_map(|entry| entry.file_name().to_str().map(str::to_owned)).collect()
}

fn list(
    folder: &Path,
    ignore: &IgnoreFile,
    max_entries: usize,
    max_bytes: u64,
) -> (Vec<Entry>, Option<String>) {
    let closed: Arc<Mutex<Vec<Entry>>> = Arc::default();
    let walk = walk(folder, {
        let (closed, ignore, root) = (Arc::clone(&closed), ignore.clone(), folder.to_owned());
        move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let Some(path) = path_below(entry.path(), &root).filter(|_| is_folder) else { return true };
            let is_closed = entry.file_name() == ".git"
                || ignore.excluded_by(&path).is_some() && !ignore.may_reinclude_below(&path);
            if is_closed {
                let entry = Entry { path, kind: EntryKind::Directory, executable: false };
                closed.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
            }
            !is_closed
        }
    });
    let mut entries = Vec::new();
    let mut bytes = 0;
    let mut truncated = None;
    for found in walk {
        let entry =
            match found.map_err(|error| error.to_string()).and_then(|entry| read_entry(&entry, folder)) {
                Ok(Some(entry)) => entry,
                Ok(None) => continue,
                Err(reason) => {
                    truncated.get_or_insert(format!("a part of the build context cannot be read: {reason}"));
                    continue;
                }
            };
        if let EntryKind::File { size } = entry.kind {
            bytes += size;
        }
        if entries.len() >= max_entries {
            truncated = Some(format!("the build context holds more than {max_entries} files"));
            break;
        }
        if bytes > max_bytes {
            let mebibytes = max_bytes / (1024 * 1024);
            truncated =
                Some(format!("the files of the build context are larger than {mebibytes} MiB together"));
            break;
        }
        entries.push(entry);
    }
    entries.append(&mut closed.lock().unwrap_or_else(PoisonError::into_inner));
    (entries, truncated)
}

/// Walks a folder, hidden files too.
fn walk(folder: &Path, filter: impl Fn(&DirEntry) -> bool + Send + Sync + 'static) -> Walk {
    walk::builder(folder).filter_entry(filter).build()
}

/// What stands at an entry of the walk; nothing for the folder itself and for what BuildKit does not send (sockets).
fn read_entry(entry: &DirEntry, folder: &Path) -> Result<Option<Entry>, String> {
    if entry.depth() == 0 {
        return Ok(None);
    }
    let Some(path) = path_below(entry.path(), folder) else {
        return Err(format!("the name `{}` is not UTF-8", entry.path().to_string_lossy()));
    };
    let metadata = entry.metadata().map_err(|error| error.to_string())?;
    let kind = if metadata.is_dir() {
        EntryKind::Directory
    } else if metadata.is_symlink() {
        EntryKind::Symlink
    } else if metadata.is_file() {
        EntryKind::File { size: metadata.len() }
    } else {
        return Ok(None);
    };
    let executable = kind != EntryKind::Directory && is_executable(&metadata);
    Ok(Some(Entry { path, kind, executable }))
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// The path below the folder with `/` between parts; `None` where it is not UTF-8.
fn path_below(path: &Path, folder: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(folder).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    Some(parts?.join("/"))
}

/// Reads files of a folder from the disk.
struct Disk {
    folder: PathBuf,
}

impl ReadFile for Disk {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let file = std::fs::File::open(self.folder.join(path)).ok()?;
        let mut bytes = Vec::new();
        // The file may have grown since it was listed.
        file.take(LARGEST_READ + 1).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= LARGEST_READ).then_some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::tests::folder_with;

    fn listed(
        folder: &Path,
        ignore: &str,
        max_entries: usize,
        max_bytes: u64,
    ) -> (Vec<String>, Option<String>) {
        let (mut entries, truncated) = list(folder, &IgnoreFile::parse(ignore), max_entries, max_bytes);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        (entries.into_iter().map(|entry| entry.path).collect(), truncated)
    }

    #[test]
    fn hidden_files_are_listed_and_the_inside_of_git_is_not() {
        let folder = folder_with(&[(".git/HEAD", ""), (".env", ""), ("a/.hidden/x", "")]);
        let (paths, truncated) = listed(folder.path(), "", 100, 100);
        assert_eq!(paths, [".env", ".git", "a", "a/.hidden", "a/.hidden/x"]);
        assert_eq!(truncated, None);
    }

    #[test]
    fn what_git_ignores_is_not_listed() {
        let files = [
            (".gitignore", "node_modules\n/web/dist\n"),
            ("web/.gitignore", "*.tmp\n!keep.tmp\n"),
            ("web/.ignore", "kept\n"),
            ("web/kept", ""),
            ("web/node_modules/x/y.js", ""),
            ("web/dist/app.js", ""),
            ("web/x.tmp", ""),
            ("web/keep.tmp", ""),
        ];
        let folder = folder_with(&files);
        let web = folder.path().join("web");
        let outside = [".gitignore", ".ignore", "dist", "dist/app.js", "keep.tmp", "kept", "node_modules"];
        assert_eq!(listed(&web, "", 100, 100).0[..7], outside);
        std::fs::create_dir(folder.path().join(".git")).expect("own folder");
        assert_eq!(listed(&web, "", 100, 100).0, [".gitignore", ".ignore", "keep.tmp", "kept"]);
    }

    #[test]
    fn ignore_rules_above_the_repository_do_not_count() {
        let files = [(".gitignore", "*.txt\n"), ("repo/.git/HEAD", ""), ("repo/a.txt", "")];
        let folder = folder_with(&files);
        assert_eq!(listed(&folder.path().join("repo"), "", 100, 100).0, [".git", "a.txt"]);
    }

    #[test]
    fn folder_that_is_never_sent_is_not_entered() {
        let folder = folder_with(&[("big/x", ""), ("back/x", ""), ("back/keep", ""), ("src/x", "")]);
        let (paths, _) = listed(folder.path(), "big\nback\n!back/keep\n", 100, 100);
        assert_eq!(paths, ["back", "back/keep", "back/x", "big", "src", "src/x"]);
    }

    #[test]
    fn budget_ends_the_list_with_a_reason() {
        let folder = folder_with(&[("a", "1234"), ("b", "1234"), ("c", "1234")]);
        let (paths, truncated) = listed(folder.path(), "", 2, 100);
        assert_eq!(paths, ["a", "b"]);
        assert_eq!(truncated.as_deref(), Some("the build context holds more than 2 files"));
        let (paths, truncated) = listed(folder.path(), "", 100, 9);
        assert_eq!(paths, ["a", "b"]);
        assert!(truncated.is_some_and(|reason| reason.contains("MiB")));
    }

    #[test]
    fn tree_knows_sizes_and_reads_files() {
        let folder = folder_with(&[("a/b.txt", "hello")]);
        let tree = read_tree(folder.path(), &IgnoreFile::default());
        assert_eq!(tree.entry("a/b.txt").map(|entry| entry.kind.clone()), Some(EntryKind::File { size: 5 }));
        assert_eq!(tree.read("a/b.txt").as_deref(), Some("hello"));
        assert_eq!(tree.read("a"), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_modes_are_told() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = folder_with(&[("run.sh", "#!/bin/sh"), ("outside/x", "")]);
        let run = folder.path().join("run.sh");
        std::fs::set_permissions(run, std::fs::Permissions::from_mode(0o755)).expect("own file");
        symlink("outside", folder.path().join("link")).expect("own folder");
        let tree = read_tree(folder.path(), &IgnoreFile::default());
        assert_eq!(tree.entry("link").map(|entry| entry.kind.clone()), Some(EntryKind::Symlink));
        assert!(tree.below("link").is_empty());
        assert!(tree.entry("run.sh").is_some_and(|entry| entry.executable));
        assert!(tree.entry("outside/x").is_some_and(|entry| !entry.executable));
    }

    #[cfg(unix)]
    #[test]
    fn name_that_is_not_utf8_makes_the_list_incomplete() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = folder_with(&[("a", "")]);
        let name = std::ffi::OsStr::from_bytes(b"x\xff");
        // Some systems do not take such a name at all.
        if std::fs::write(folder.path().join(name), "").is_ok() {
            let (paths, truncated) = listed(folder.path(), "", 100, 100);
            assert_eq!(paths, ["a"]);
            assert!(truncated.is_some_and(|reason| reason.contains("UTF-8")));
        }
    }
}
