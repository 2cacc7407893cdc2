//! How folders are walked, wherever they are walked.

use std::path::Path;

use ignore::WalkBuilder;

/// A walk in the order of names, links not followed, without what git ignores. Neither the user's own git settings nor
/// `.ignore` files of search tools count: the answer has to be the same on every machine. Outside of a repository (an
/// unpacked archive) the `.gitignore` files of the folder itself count, those above it do not.
pub(super) fn builder(folder: &Path) -> WalkBuilder {
    let absolute = std::path::absolute(folder);
    let in_repository = repository_root(absolute.as_deref().unwrap_or(folder)).is_some();
    let mut builder = WalkBuilder::new(folder);
    builder
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .parents(in_repository)
        .require_git(in_repository)
        .follow_links(false)
        .sort_by_file_name(|a, b| a.cmp(b));
    builder
}

/// The nearest folder, this one or above it, that is the root of a repository.
pub(super) fn repository_root(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}
