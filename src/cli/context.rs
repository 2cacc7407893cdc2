//! Which folder is the build context of a Dockerfile, which ignore file counts, and the reading of both.
//!
//! The choice follows files that git knows of, never what happens to lie around. Knows paths, compose files and ignore
//! files; of the Dockerfile only its place and the source words that the caller hands over.

mod folder;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use dockfix::project::Project;
use dockfix::project::compose::{self, COMPOSE_FILES, ComposeService};
use dockfix::project::dockerignore::IgnoreFile;
use dockfix::project::glob::{below_root, has_wildcard};

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
    /// What compose says about this Dockerfile: one for each service that is built from it in this folder.
    pub(crate) services: Vec<ComposeService>,
    /// What went wrong on the way without ending it: compose files that cannot be read.
    pub(crate) notes: Vec<String>,
}

/// Finds the context of a Dockerfile.
pub(crate) fn choose(request: &Request<'_>) -> Result<Chosen> {
    let dockerfile = normal(request.dockerfile)?;
    let own = dockerfile.parent().unwrap_or(&dockerfile).to_owned();
    let top = top_folder(&own, &normal(request.within)?);
    let mut notes = Vec::new();
    let named = find_services(&dockerfile, &own, &top, &mut notes);
    let (folder, why) = match request.context {
        Some(folder) => {
            let folder = normal(folder)?;
            if !folder.is_dir() {
                bail!("`{}` is not a folder", folder.display());
            }
            (folder, "`--context` names it".to_owned())
        }
        None => match named.first() {
            Some(first) => (first.folder.clone(), first.why(&own)),
            None => guess(&own, &top, request.sources),
        },
    };
    let services = named.into_iter().filter(|named| named.folder == folder).map(|named| named.service);
    let services = services.collect();
    let ignore = ignore_file(&folder, &dockerfile);
    Ok(Chosen { folder, ignore, why, services, notes })
}

/// Reads the chosen folder and its ignore file.
pub(crate) fn read(chosen: &Chosen) -> Result<Project> {
    let ignore = match &chosen.ignore {
        None => IgnoreFile::default(),
        Some(path) => read_ignore(path, &chosen.folder)?,
    };
    let tree = folder::read_tree(&chosen.folder, &ignore);
    Ok(Project::new(Arc::new(tree), ignore))
}

/// The ignore file that counts: the Dockerfile's own, or else the folder's. They are never merged.
fn ignore_file(folder: &Path, dockerfile: &Path) -> Option<PathBuf> {
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
        // Bytes that are not UTF-8 match no path that is, so what they become does not matter.
        IgnoreFile::parse(&String::from_utf8_lossy(&bytes))
    };
    Ok(file.at(&relative(path, folder)))
}

/// A service that is built from our Dockerfile.
struct Named {
    service: ComposeService,
    folder: PathBuf,
    file: PathBuf,
}

impl Named {
    fn why(&self, own: &Path) -> String {
        format!("service `{}` of `{}` names it", self.service.name, relative(&self.file, own))
    }
}

/// The services of the nearest compose file that builds this Dockerfile, looking upward from its folder.
fn find_services(dockerfile: &Path, own: &Path, top: &Path, notes: &mut Vec<String>) -> Vec<Named> {
    for folder in upward(own, top) {
        let Some(file) = COMPOSE_FILES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
        else {
            continue;
        };
        let services = match read_compose(&file) {
            Ok(services) => services,
            Err(error) => {
                notes.push(format!("{error:#}"));
                continue;
            }
        };
        let named: Vec<Named> = services
            .into_iter()
            .filter_map(|service| {
                let context = normal_join(folder, &service.context);
                let builds_ours = normal_join(&context, &service.dockerfile) == dockerfile;
                (builds_ours && context.is_dir()).then(|| Named {
                    service,
                    folder: context,
                    file: file.clone(),
                })
            })
            .collect();
        if !named.is_empty() {
            return named;
        }
    }
    Vec::new()
}

fn read_compose(file: &Path) -> Result<Vec<ComposeService>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    compose::parse(&text).map_err(|error| anyhow::anyhow!("cannot read `{}`: {error}", file.display()))
}

/// The folder in which every literal source stands: the Dockerfile's own, or else the nearest above it.
fn guess(own: &Path, top: &Path, sources: &[String]) -> (PathBuf, String) {
    let needed: BTreeSet<String> =
        sources.iter().filter(|word| !has_wildcard(word)).map(|word| below_root(word)).collect();
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
