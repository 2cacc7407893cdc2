//! Which folder is the build context of a Dockerfile, which ignore file counts, and the reading of both.
//!
//! The choice follows files that git knows of, never what happens to lie around. Knows paths, files that describe
//! builds, and ignore files; of the Dockerfile only its place and the source words that the caller hands over.

mod described;
mod folder;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use dockfix::project::builds::Build;
use dockfix::project::dockerignore::IgnoreFile;
use dockfix::project::glob::{below_root, has_wildcard};
use dockfix::project::{Project, Tree};

pub(crate) use self::described::Descriptions;
use super::walk;

/// What is known about a Dockerfile when its context is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    /// The Dockerfile.
    pub(crate) dockerfile: &'a Path,
    /// The folder that the user named with `--context`.
    pub(crate) context: Option<&'a Path>,
    /// Sources of COPY and ADD that are read from the context and hold no variable.
    pub(crate) sources: &'a [String],
    /// How far up is looked outside of a repository: the folder that the user named, or the current one.
    pub(crate) within: &'a Path,
    /// What the files of folders say about builds.
    pub(crate) descriptions: &'a Descriptions,
}

/// The context of a Dockerfile. Dockerfiles with the same folder and ignore file are one unit of work.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// The ignore file that counts, absolute.
    pub(crate) ignore: Option<PathBuf>,
    /// Why this folder, in one line.
    pub(crate) why: String,
    /// What the project says about builds of this Dockerfile in this folder; their files are named as seen from the
    /// Dockerfile.
    pub(crate) builds: Vec<Build>,
    /// Why no folder can be told, where builds disagree; nothing is then known of the context.
    pub(crate) conflict: Option<String>,
    /// The folders that the builds name, where they disagree.
    pub(crate) others: Vec<PathBuf>,
    /// What went wrong on the way without ending it: files that cannot be read, builds that disagree.
    pub(crate) notes: Vec<String>,
}

/// Finds the context of a Dockerfile.
pub(crate) fn choose(request: &Request<'_>) -> Result<Chosen> {
    let dockerfile = normal(request.dockerfile)?;
    let own = dockerfile.parent().unwrap_or(&dockerfile).to_owned();
    let top = top_folder(&own, &normal(request.within)?);
    let mut notes = Vec::new();
    let claims = find_claims(&dockerfile, &own, &top, request.descriptions, &mut notes);
    let mut conflict = None;
    let (folder, why) = match request.context {
        Some(folder) => {
            let folder = normal(folder)?;
            if !folder.is_dir() {
                bail!("`{}` is not a folder", folder.display());
            }
            (folder, "`--context` names it".to_owned())
        }
        None if claims.is_empty() => guess(&own, &top, request.sources),
        None => match agreed(&claims, &own, request.sources) {
            Ok(found) => found,
            Err(why) => {
                notes.push(why.clone());
                conflict = Some(why);
                (own.clone(), "builds disagree about it".to_owned())
            }
        },
    };
    let others = match conflict {
        Some(_) => claims.iter().map(|claim| claim.folder.clone()).collect(),
        None => Vec::new(),
    };
    let here = claims.into_iter().filter(|claim| conflict.is_some() || claim.folder == folder);
    let builds = here.map(|claim| claim.build).collect();
    let ignore = ignore_file(&folder, &dockerfile);
    Ok(Chosen { folder, ignore, why, builds, conflict, others, notes })
}

/// Reads the chosen folder and its ignore file.
pub(crate) fn read(chosen: &Chosen) -> Result<Project> {
    if let Some(conflict) = &chosen.conflict {
        return Ok(Project::new(Arc::new(Tree::unknown(conflict)), IgnoreFile::default()));
    }
    let ignore = match &chosen.ignore {
        None => IgnoreFile::default(),
        Some(path) => read_ignore(path, &chosen.folder)?,
    };
    let tree = folder::read_tree(&chosen.folder, &ignore);
    Ok(Project::new(Arc::new(tree), ignore))
}

/// The ignore file that counts: the Dockerfile's own, or else the folder's. They are never merged.
pub(crate) fn ignore_file(folder: &Path, dockerfile: &Path) -> Option<PathBuf> {
    let mut own = dockerfile.as_os_str().to_owned();
    own.push(".dockerignore");
    let own = PathBuf::from(own);
    if own.is_file() { Some(own) } else { Some(folder.join(".dockerignore")).filter(|path| path.is_file()) }
}

fn read_ignore(path: &Path, folder: &Path) -> Result<IgnoreFile> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let general = folder.join(".dockerignore");
    let file = if bytes.is_empty() && path != general && general.is_file() {
        IgnoreFile::empty_beside_general()
    } else {
        match std::str::from_utf8(&bytes) {
            Ok(text) => IgnoreFile::parse(text),
            // Bytes that are not UTF-8 match no path that is, so what they become does not matter; they are not
            // ours to change.
            Err(_) => IgnoreFile::parse(&String::from_utf8_lossy(&bytes)).without_text(),
        }
    };
    Ok(file.at(&relative(path, folder)))
}

/// A build of our Dockerfile, and the folder that it sends.
struct Claim {
    build: Build,
    folder: PathBuf,
}

/// Every build of this Dockerfile that the folders from its own upward describe, the nearest first.
fn find_claims(
    dockerfile: &Path,
    own: &Path,
    top: &Path,
    descriptions: &Descriptions,
    notes: &mut Vec<String>,
) -> Vec<Claim> {
    let mut claims = Vec::new();
    for folder in upward(own, top) {
        let described = descriptions.of(folder, folder == top);
        let name = |file: &str| relative(&folder.join(file), own);
        notes.extend(described.errors.iter().map(|error| format!("{error} (in `{}`)", name(""))));
        for build in &described.builds {
            let context = normal_join(folder, &build.context);
            if normal_join(folder, &build.dockerfile) == dockerfile && context.is_dir() {
                let build = Build { file: name(&build.file), ..build.clone() };
                claims.push(Claim { build, folder: context });
            }
        }
    }
    claims
}

/// The Dockerfiles that some build sends this folder with, as the files of the folder and of those above describe it;
/// they may lie elsewhere, and have any name. `within` is as in [`Request`].
pub(crate) fn described_for(folder: &Path, within: &Path, descriptions: &Descriptions) -> Vec<PathBuf> {
    let Ok(within) = normal(within) else { return Vec::new() };
    let top = top_folder(folder, &within);
    let mut dockerfiles = Vec::new();
    for above in upward(folder, &top) {
        let described = descriptions.of(above, above == top);
        let here = described.builds.iter().filter(|build| normal_join(above, &build.context) == folder);
        dockerfiles.extend(here.map(|build| normal_join(above, &build.dockerfile)));
    }
    dockerfiles
}

/// The folder that the builds agree about, and why. Of several, one counts alone if it is the only one in which every
/// source stands: the other builds could not succeed. Otherwise nothing is guessed.
fn agreed(claims: &[Claim], own: &Path, sources: &[String]) -> Result<(PathBuf, String), String> {
    let needed = needed(sources);
    let mut folders: Vec<&Path> = Vec::new();
    for claim in claims {
        if !folders.contains(&claim.folder.as_path()) {
            folders.push(&claim.folder);
        }
    }
    let several = folders.len() > 1;
    if several {
        folders.retain(|folder| folder::all_stand(folder, &needed));
    }
    if let [folder] = folders.as_slice()
        && let Some(claim) = claims.iter().find(|claim| claim.folder == *folder)
    {
        let mut why = format!("{} names it", claim.build.at());
        if several {
            why += ", and no other folder that a build names holds every source";
        }
        return Ok(((*folder).to_owned(), why));
    }
    let mut said: Vec<String> = Vec::new();
    let mut seen: Vec<&Path> = Vec::new();
    for claim in claims.iter().filter(|claim| folders.is_empty() || folders.contains(&claim.folder.as_path()))
    {
        if !seen.contains(&claim.folder.as_path()) {
            seen.push(&claim.folder);
            said.push(format!("{} says `{}`", claim.build.at(), relative(&claim.folder, own)));
        }
    }
    Err(format!("the build context is not known: {}; name it with `--context`", said.join(", ")))
}

/// The folder in which every literal source stands: the Dockerfile's own, or else the nearest above it.
fn guess(own: &Path, top: &Path, sources: &[String]) -> (PathBuf, String) {
    let needed = needed(sources);
    for folder in upward(own, top) {
        if folder::all_stand(folder, &needed) {
            let why = if folder == own {
                "it is the Dockerfile's own folder".to_owned()
            } else {
                format!("it is the nearest folder (`{}`) that holds every source", relative(folder, own))
            };
            return (folder.to_owned(), why);
        }
    }
    (own.to_owned(), "it is the Dockerfile's own folder, and no folder above holds every source".to_owned())
}

/// The paths at which something must stand for the sources to be found.
fn needed(sources: &[String]) -> BTreeSet<String> {
    sources.iter().filter(|word| !has_wildcard(word)).map(|word| below_root(word)).collect()
}

/// Where looking upward ends: the root of the repository, or the folder that the user named.
fn top_folder(own: &Path, within: &Path) -> PathBuf {
    match walk::repository_root(own) {
        Some(root) => root.to_owned(),
        None if own.starts_with(within) => within.to_owned(),
        None => own.to_owned(),
    }
}

fn upward<'a>(own: &'a Path, top: &'a Path) -> impl Iterator<Item = &'a Path> {
    own.ancestors().take_while(move |folder| folder.starts_with(top))
}

/// The path made absolute, with `.` and `..` taken away by their letters: links are not followed, since BuildKit
/// takes the folder that is named.
pub(super) fn normal(path: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(path).with_context(|| format!("cannot find `{}`", path.display()))?;
    Ok(normal_join(&path, ""))
}

fn normal_join(folder: &Path, path: &str) -> PathBuf {
    let mut result = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => _ = result.pop(),
            other => result.push(other),
        }
    }
    result
}

/// How `path` is called from `folder`, with `/` between parts.
pub(super) fn relative(path: &Path, folder: &Path) -> String {
    let shared = path.components().zip(folder.components()).take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    let parts: Vec<String> = up.chain(down).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

#[cfg(test)]
pub(super) mod tests;
