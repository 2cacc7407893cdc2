//! Which files are Dockerfiles: by their names in folders, by their being named, and by what their text says.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::walk;

/// Names that are taken in folders; one `*` stands for any text.
pub(super) const TAKEN: &[&str] =
    &["Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile", "Containerfile.*"];

/// Names that are not taken though they look like it: ignore files, notes, backups, leftovers of merges and editors,
/// and templates.
pub(super) const NOT_TAKEN: &[&str] = &[
    "*.dockerignore",
    "*.containerignore",
    "*.md",
    "*.rst",
    "*.adoc",
    "*.bak",
    "*.backup",
    "*.old",
    "*.orig",
    "*.rej",
    "*.swp",
    "*.swo",
    "*.tmp",
    "*.diff",
    "*.patch",
    "*~",
    "*.j2",
    "*.jinja",
    "*.jinja2",
    "*.tmpl",
    "*.template",
    "*.tpl",
    "*.gotmpl",
    "*.erb",
    "*.ejs",
    "*.mustache",
    "*.hbs",
    "*.handlebars",
    "*.liquid",
    "*.mako",
    "*.m4",
    "*.in",
    "*.sha256",
    "*.sig",
    "*.asc",
];

/// Folders that hold what others wrote. Git mostly ignores them, but not everywhere.
const FOREIGN_FOLDERS: &[&str] = &["node_modules", "bower_components", "site-packages"];

/// A file to read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Whether the user named it, so that nothing but its being unreadable keeps it out.
    pub(crate) named: bool,
}

/// What a search gave.
#[derive(Default, Debug)]
pub(crate) struct Search {
    /// In the order of the paths given, each file once; those of a folder sorted by name.
    pub(crate) files: Vec<Found>,
    /// Folders of which nothing was taken.
    pub(crate) empty: Vec<PathBuf>,
    /// Folders that cannot be read, and why.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// Looks for Dockerfiles in the folders among `paths`; anything else was named and is taken.
pub(crate) fn search(paths: &[PathBuf]) -> Search {
    let mut search = Search::default();
    let mut seen = HashMap::new();
    for path in paths {
        if path.is_dir() {
            if search.walk(path, &mut seen) == 0 {
                search.empty.push(path.clone());
            }
        } else {
            search.take(Found { path: path.clone(), named: true }, &mut seen);
        }
    }
    search
}

/// Whether a file of that name is taken in folders.
pub(crate) fn is_dockerfile_name(name: &str) -> bool {
    let fits = |pattern: &&str| match pattern.split_once('*') {
        None => name == *pattern,
        Some((start, end)) => {
            name.len() >= pattern.len() - 1 && name.starts_with(start) && name.ends_with(end)
        }
    };
    TAKEN.iter().any(fits) && !NOT_TAKEN.iter().any(fits)
}

impl Search {
    /// Takes the Dockerfiles of a folder and says how many there are.
    fn walk(&mut self, folder: &Path, seen: &mut HashMap<PathBuf, usize>) -> usize {
        let mut count = 0;
        let walk = walk::builder(folder)
            .hidden(true)
            .filter_entry(|entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                let foreign = entry.file_name().to_str().is_some_and(|name| FOREIGN_FOLDERS.contains(&name));
                entry.depth() == 0 || !(is_folder && foreign)
            })
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => {
                    let is_folder = entry.file_type().is_none_or(|kind| kind.is_dir());
                    if !is_folder && entry.file_name().to_str().is_some_and(is_dockerfile_name) {
                        count += 1;
                        self.take(Found { path: entry.into_path(), named: false }, seen);
                    }
                }
                Err(error) => self.unreadable.push((error_path(&error, folder), error_text(&error))),
            }
        }
        count
    }

    /// A file that is reached in several ways counts once; that it was named stays known.
    fn take(&mut self, found: Found, seen: &mut HashMap<PathBuf, usize>) {
        let identity = std::fs::canonicalize(&found.path).unwrap_or_else(|_| found.path.clone());
        match seen.get(&identity) {
            Some(&at) => self.files[at].named |= found.named,
            None => {
                seen.insert(identity, self.files.len());
                self.files.push(found);
            }
        }
    }
}

/// The folder at which a walk failed.
fn error_path(error: &ignore::Error, folder: &Path) -> PathBuf {
    match error {
        ignore::Error::WithPath { path, .. } => path.clone(),
        ignore::Error::WithDepth { err, .. } => error_path(err, folder),
        _ => folder.to_owned(),
    }
}

fn error_text(error: &ignore::Error) -> String {
    match error.io_error() {
        Some(error) => super::read::reason(error),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::tests::folder_with;

    fn found(folder: &Path, paths: &[&str]) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| folder.join(path)).collect();
        let relative = |found: &Found| {
            let path = found.path.strip_prefix(folder).expect("inside the folder");
            let mark = if found.named { "!" } else { "" };
            format!("{mark}{}", path.to_string_lossy().replace('\\', "/"))
        };
        search(&paths).files.iter().map(relative).collect()
    }

    #[test]
    fn names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "Dockerfile.dev",
            "a.Dockerfile",
            "a.dockerfile",
            "Containerfile",
            "Containerfile.x",
        ] {
            assert!(is_dockerfile_name(name), "{name}");
        }
        for name in [
            "dockerfile",
            "Dockerfile-dev",
            "MyDockerfile",
            "Dockerfile.dockerignore",
            "Dockerfile.md",
            "Dockerfile.j2",
            "Dockerfile.bak",
            "Dockerfile.dev~",
            "Dockerfiles",
            ".dockerignore",
        ] {
            assert!(!is_dockerfile_name(name), "{name}");
        }
    }

    #[test]
    fn hooks_leave_out_the_same_names() {
        let hooks = include_str!("../../.pre-commit-hooks.yaml");
        let listed: Vec<&str> =
            hooks.split(|character: char| !character.is_alphanumeric() && character != '~').collect();
        for pattern in NOT_TAKEN {
            let ending = pattern.trim_start_matches(['*', '.']);
            assert!(listed.contains(&ending), "`{ending}` is not in `.pre-commit-hooks.yaml`");
        }
    }

    #[test]
    fn folders_are_searched_without_what_git_ignores_hidden_and_foreign_ones() {
        let folder = folder_with(&[
            (".gitignore", "dist\n*.dev\n"),
            ("Dockerfile", ""),
            ("Dockerfile.dev", ""),
            ("b/Dockerfile.d/api.Dockerfile", ""),
            ("a/Containerfile", ""),
            ("dist/Dockerfile", ""),
            (".devcontainer/Dockerfile", ""),
            ("node_modules/x/Dockerfile", ""),
            ("a/README.md", ""),
        ]);
        assert_eq!(
            found(folder.path(), &[""]),
            ["Dockerfile", "a/Containerfile", "b/Dockerfile.d/api.Dockerfile"]
        );
        assert_eq!(found(folder.path(), &[".devcontainer"]), [".devcontainer/Dockerfile"]);
        assert_eq!(found(folder.path(), &["node_modules"]), ["node_modules/x/Dockerfile"]);
    }

    #[test]
    fn what_is_named_is_taken_whatever_its_name_and_once() {
        let folder = folder_with(&[
            (".gitignore", "*.txt"),
            ("x.txt", ""),
            ("a/Dockerfile", ""),
            ("b/Dockerfile", ""),
        ]);
        assert_eq!(found(folder.path(), &["x.txt", "x.txt", "missing"]), ["!x.txt", "!missing"]);
        assert_eq!(found(folder.path(), &["b", "", "a/Dockerfile"]), ["b/Dockerfile", "!a/Dockerfile"]);
    }

    #[test]
    fn folder_without_a_dockerfile_is_told() {
        let folder = folder_with(&[("a/x", ""), ("b/Dockerfile", "")]);
        let search = search(&[folder.path().join("a"), folder.path().join("b"), folder.path().to_owned()]);
        assert_eq!(search.empty, [folder.path().join("a")]);
    }

    #[cfg(unix)]
    #[test]
    fn link_and_its_target_count_once() {
        let folder = folder_with(&[("a/Dockerfile", "")]);
        std::os::unix::fs::symlink("a/Dockerfile", folder.path().join("Dockerfile")).expect("own folder");
        assert_eq!(found(folder.path(), &[""]), ["Dockerfile"]);
    }
}
