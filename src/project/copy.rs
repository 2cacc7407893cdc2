//! What a source word of a COPY, an ADD or a bind mount selects from the context.

use std::collections::HashSet;

use super::dockerignore::Pattern;
use super::glob::{Glob, below_root, has_wildcard};
use super::{Entry, EntryKind, Project};

/// What a source word selects.
#[derive(Clone, Debug)]
pub enum CopyMatch<'a> {
    /// One file.
    File(&'a Entry),
    /// A folder; its contents are copied.
    Directory {
        /// Its path; empty for the context's root.
        path: String,
        /// Every file and link below it that is sent.
        files: Vec<&'a Entry>,
    },
    /// Whatever fits a pattern. BuildKit copies nothing, and says nothing, where nothing fits.
    Wildcard {
        /// The files and folders that fit; what lies below a fitting folder comes with it and is not listed here.
        matches: Vec<&'a Entry>,
        /// Every file and link that is copied.
        files: Vec<&'a Entry>,
    },
    /// The word goes through this symbolic link, or ends at it. Where it leads is not known here.
    Symlink(&'a Entry),
    /// Nothing stands there that git knows of; the build fails.
    Missing,
    /// The ignore file keeps it back, or would if it stood there; the build fails.
    ExcludedByIgnore(&'a Pattern),
    /// The wildcard is malformed; the build fails.
    BadPattern,
}

impl<'a> CopyMatch<'a> {
    /// Every file and link that is copied.
    pub fn files(&self) -> &[&'a Entry] {
        match self {
            CopyMatch::File(entry) => std::slice::from_ref(entry),
            CopyMatch::Directory { files, .. } | CopyMatch::Wildcard { files, .. } => files,
            _ => &[],
        }
    }

    /// Whether the build gets past the word.
    pub fn is_found(&self) -> bool {
        matches!(self, CopyMatch::File(_) | CopyMatch::Directory { .. } | CopyMatch::Wildcard { .. })
    }
}

impl Project {
    /// What `word` selects: a source of a COPY, an ADD or a bind mount, after expansion, that is taken from this
    /// context (not from a stage, an image, a URL, a git repository or a heredoc).
    ///
    /// Where the tree is truncated, only what is found is certain.
    pub fn resolve(&self, word: &str) -> CopyMatch<'_> {
        if has_wildcard(word) { self.resolve_wildcard(word) } else { self.resolve_path(&below_root(word)) }
    }

    fn resolve_path(&self, path: &str) -> CopyMatch<'_> {
        if self.ignore().error().is_some() {
            return CopyMatch::Missing;
        }
        if let Some(link) = self.link_on_the_way(path) {
            return CopyMatch::Symlink(link);
        }
        match self.entry(path) {
            Some(entry) if entry.kind != EntryKind::Directory => CopyMatch::File(entry),
            None if !path.is_empty() => match self.excluded_by(path) {
                Some(pattern) => CopyMatch::ExcludedByIgnore(pattern),
                None => CopyMatch::Missing,
            },
            _ => CopyMatch::Directory { path: path.to_owned(), files: self.contents(path).collect() },
        }
    }

    fn resolve_wildcard(&self, word: &str) -> CopyMatch<'_> {
        let pattern = below_root(word);
        let Ok(glob) = Glob::parse(&pattern) else { return CopyMatch::BadPattern };
        // The folder up to the first part with a wildcard must be there; below it nothing has to fit.
        let base = literal_folder(&pattern);
        match self.resolve_path(base) {
            CopyMatch::Directory { .. } => {}
            CopyMatch::File(_) => return CopyMatch::Missing,
            other => return other,
        }
        let mut matches: Vec<&Entry> = Vec::new();
        let mut taken: HashSet<&str> = HashSet::new();
        for entry in self.entries_below(base) {
            let below_match = entry.path.match_indices('/').any(|(at, _)| taken.contains(&entry.path[..at]));
            if !below_match && glob.matches(&entry.path) {
                taken.insert(&entry.path);
                matches.push(entry);
            }
        }
        let mut files = Vec::new();
        for entry in &matches {
            match entry.kind {
                EntryKind::Directory => files.extend(self.contents(&entry.path)),
                _ => files.push(*entry),
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        CopyMatch::Wildcard { matches, files }
    }

    fn contents(&self, folder: &str) -> impl Iterator<Item = &Entry> {
        self.entries_below(folder).filter(|entry| entry.kind != EntryKind::Directory)
    }

    /// The first symbolic link among the parts of a path.
    fn link_on_the_way(&self, path: &str) -> Option<&Entry> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| self.entry(&path[..end])).find(|entry| entry.kind == EntryKind::Symlink)
    }
}

/// The leading parts of a pattern that hold no wildcard.
fn literal_folder(pattern: &str) -> &str {
    let mut end = 0;
    for (at, _) in pattern.match_indices('/') {
        if has_wildcard(&pattern[..at]) {
            break;
        }
        end = at;
    }
    &pattern[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> Project {
        Project::in_memory([
            (".dockerignore", "secret\nbuild\n!build/keep.txt\n*.log\n"),
            ("package.json", ""),
            ("package-lock.json", ""),
            ("src/a.js", ""),
            ("src/sub/b.js", ""),
            ("src-old/c.js", ""),
            ("secret/key", ""),
            ("build/keep.txt", ""),
            ("build/drop.txt", ""),
            ("x.log", ""),
            ("odd[1].txt", ""),
        ])
    }

    fn paths(found: &CopyMatch<'_>) -> Vec<String> {
        found.files().iter().map(|entry| entry.path.clone()).collect()
    }

    #[track_caller]
    fn check(word: &str, kind: &str, files: &[&str]) {
        let project = project();
        let found = project.resolve(word);
        let name = match &found {
            CopyMatch::File(_) => "file",
            CopyMatch::Directory { .. } => "directory",
            CopyMatch::Wildcard { .. } => "wildcard",
            CopyMatch::Symlink(_) => "symlink",
            CopyMatch::Missing => "missing",
            CopyMatch::ExcludedByIgnore(_) => "excluded",
            CopyMatch::BadPattern => "bad pattern",
        };
        assert_eq!((name, paths(&found)), (kind, files.iter().map(|&path| path.to_owned()).collect()));
    }

    #[test]
    fn roots_and_parents_mean_the_same_file() {
        for word in
            ["package.json", "./package.json", "/package.json", "../package.json", "src/../package.json"]
        {
            check(word, "file", &["package.json"]);
        }
        check("package.json/", "file", &["package.json"]);
    }

    #[test]
    fn folder_brings_what_is_sent_below_it() {
        check("src", "directory", &["src/a.js", "src/sub/b.js"]);
        check("./src/", "directory", &["src/a.js", "src/sub/b.js"]);
        check("build", "directory", &["build/keep.txt"]);
    }

    #[test]
    fn context_root_has_many_names() {
        let all = [
            ".dockerignore",
            "build/keep.txt",
            "odd[1].txt",
            "package-lock.json",
            "package.json",
            "src-old/c.js",
            "src/a.js",
            "src/sub/b.js",
        ];
        for word in [".", "./", "/", ".."] {
            check(word, "directory", &all);
        }
    }

    #[test]
    fn wildcard_stops_at_a_slash_and_takes_folders_whole() {
        check("*.json", "wildcard", &["package-lock.json", "package.json"]);
        check("./package*.json", "wildcard", &["package-lock.json", "package.json"]);
        check("src*", "wildcard", &["src-old/c.js", "src/a.js", "src/sub/b.js"]);
        check("src/*.js", "wildcard", &["src/a.js"]);
        check("s?c/*/b.js", "wildcard", &["src/sub/b.js"]);
        check("**/b.js", "wildcard", &[]);
        check("*.log", "wildcard", &[]);
        check("odd[[]1].txt", "wildcard", &["odd[1].txt"]);
    }

    #[test]
    fn wildcard_below_a_missing_folder_fails() {
        check("nothing/*.js", "missing", &[]);
        check("secret/*", "excluded", &[]);
        check("package.json/*", "missing", &[]);
    }

    #[test]
    fn missing_and_excluded_are_told_apart() {
        check("Package.json", "missing", &[]);
        check("secret/key", "excluded", &[]);
        check("secret/not-there", "excluded", &[]);
        check("build/drop.txt", "excluded", &[]);
        check("a[", "bad pattern", &[]);
    }

    #[test]
    fn link_is_not_followed() {
        let entry = |path: &str, kind| Entry { path: path.to_owned(), kind, executable: false };
        let tree = crate::project::Tree::new(
            vec![entry("link", EntryKind::Symlink), entry("file", EntryKind::File { size: 1 })],
            None,
            std::sync::Arc::new(NoReader),
        );
        let project = Project::new(std::sync::Arc::new(tree), Default::default());
        assert!(matches!(project.resolve("link"), CopyMatch::Symlink(_)));
        assert!(matches!(project.resolve("link/below"), CopyMatch::Symlink(_)));
        assert!(matches!(project.resolve("link/*"), CopyMatch::Symlink(_)));
        assert_eq!(paths(&project.resolve("*")), ["file", "link"]);
    }

    struct NoReader;

    impl crate::project::ReadFile for NoReader {
        fn read(&self, _: &str) -> Option<Vec<u8>> {
            None
        }
    }

    #[test]
    fn illegal_ignore_file_sends_nothing() {
        let project = Project::in_memory([(".dockerignore", "!\n"), ("a", "")]);
        assert_eq!(project.files().count(), 0);
        assert!(matches!(project.resolve("a"), CopyMatch::Missing));
        assert!(matches!(project.resolve("."), CopyMatch::Missing));
    }
}
