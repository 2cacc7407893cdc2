//! The projects of `examples/` in memory, for tests that put many Dockerfiles into them.

use std::path::Path;

/// Files as path and text.
pub type Files = Vec<(String, String)>;

/// A word of the base image that a project's Dockerfiles have, and its folder.
const PROJECTS: &[(&str, &str)] = &[
    ("node", "node-api"),
    ("python", "python-flask"),
    ("golang", "go-http"),
    ("rust", "rust-service"),
    ("nginx", "static-site"),
    ("servercore", "windows"),
];

/// Some contexts with files in them.
pub struct Contexts(Vec<(&'static str, Files)>);

impl Contexts {
    /// Reads them; `root` is the folder of the repository.
    pub fn read(root: &Path) -> Contexts {
        let read = |(word, folder): &(&'static str, &str)| {
            let folder = root.join("examples").join(folder);
            let mut files = Files::new();
            collect(&folder, &folder, &mut files);
            assert!(!files.is_empty(), "{} is empty", folder.display());
            (*word, files)
        };
        Contexts(PROJECTS.iter().map(read).collect())
    }

    /// The context for a Dockerfile: that of the first base image which its text names; none where it names none.
    pub fn of(&self, text: &str) -> Option<&[(String, String)]> {
        let found = self.0.iter().find(|(word, _)| text.contains(word))?;
        Some(&found.1)
    }
}

fn collect(folder: &Path, root: &Path, files: &mut Files) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).expect("an example").flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, root, files);
            continue;
        }
        let name = path.strip_prefix(root).expect("inside").to_string_lossy().replace('\\', "/");
        if name != "Dockerfile"
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push((name, text));
        }
    }
}
