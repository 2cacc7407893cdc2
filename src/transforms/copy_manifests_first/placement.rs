//! Which files of the build context stand where in the image, as the COPY and ADD of a stage put them there.
//!
//! Paths of the image are absolute. Where the base image's working folder is not known they stand below [`BASE`], so
//! that paths relative to it can still be compared with each other, and with nothing else.

use super::super::Input;
use super::super::shipped::{Shipped, join};
use crate::model::Workdir;
use crate::project::{CopyMatch, EntryKind};
use crate::syntax::Keyword;

/// Stands for a working folder of the base image that is not known; no path of a Dockerfile can hold it.
const BASE: &str = "/\u{1}";

/// Something of the context and where it stands in the image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Placed {
    /// A folder whose contents lie in a folder of the image.
    Folder { from: String, to: String },
    /// One file.
    File { from: String, to: String },
}

/// A COPY or ADD of the stage.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    /// Its index among the instructions.
    pub(super) index: usize,
    /// What it puts where; `None` where that cannot be told, or where it comes from elsewhere than the context.
    pub(super) placed: Option<Vec<Placed>>,
    /// Its destination without a slash at the end; `None` where it depends on a variable.
    pub(super) destination: Option<String>,
}

/// The working folder when an instruction begins; `None` where it depends on a variable.
pub(super) fn folder_at(input: &Input<'_>, stage: usize, index: usize) -> Option<String> {
    match &input.model.contexts[index].workdir {
        Workdir::Path(path) => Some(path.clone()),
        Workdir::BaseRelative(path) => {
            let base = Shipped { input, stage }.facts("MC7").ok().and_then(|facts| facts.workdir);
            Some(join(base.unwrap_or(BASE), path))
        }
        Workdir::Unknown => None,
    }
}

/// Whether a path of the image can be written into a Dockerfile as it is.
pub(super) fn is_known(path: &str) -> bool {
    !path.starts_with(BASE)
}

/// What of `path` lies below `folder`: empty for the folder itself.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    if folder == "/" {
        return path.strip_prefix('/');
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// A path of the context below one of its folders.
pub(super) fn inside(folder: &str, relative: &str) -> String {
    match (folder, relative) {
        ("", relative) => relative.to_owned(),
        (folder, "") => folder.to_owned(),
        (folder, relative) => format!("{folder}/{relative}"),
    }
}

/// The COPY and ADD of a stage and of the stages below it, in the order of the build.
pub(super) fn copies(input: &Input<'_>, stage: usize) -> Vec<Copy> {
    let stages = input.model.lineage(stage).into_iter().rev();
    let indexes = stages.flat_map(|stage| input.model.stages[stage].instructions.clone());
    let is_copy =
        |index: &usize| matches!(input.document.instructions[*index].keyword, Keyword::Copy | Keyword::Add);
    indexes.filter(is_copy).map(|index| read(input, stage, index)).collect()
}

fn read(input: &Input<'_>, stage: usize, index: usize) -> Copy {
    let instruction = &input.document.instructions[index];
    let unknown = Copy { index, placed: None, destination: None };
    let words = instruction.values();
    let Some((written, sources)) = words.split_last() else { return unknown };
    let Some((word, folder)) = input.model.literal(index, written).zip(folder_at(input, stage, index)) else {
        return unknown;
    };
    let destination = join(&folder, &word);
    let from_context = instruction.flag("from").is_none() && instruction.heredocs.is_empty();
    let plain = ["parents", "exclude"].iter().all(|flag| instruction.flag(flag).is_none());
    // Where the working folder itself is the destination it is there already, so files go into it.
    let into_folder =
        word.ends_with('/') || word.ends_with("/.") || destination == folder || sources.len() > 1;
    let placed = (from_context && plain)
        .then(|| {
            let placed = sources.iter().map(|source| {
                let literal = input.model.literal(index, source)?;
                place(input, &literal, &destination, into_folder)
            });
            placed.collect::<Option<Vec<_>>>()
        })
        .flatten();
    Copy { index, placed: placed.map(|placed| placed.concat()), destination: Some(destination) }
}

fn place(input: &Input<'_>, source: &str, destination: &str, into_folder: bool) -> Option<Vec<Placed>> {
    let to_folder = |path: &str| Placed::Folder { from: path.to_owned(), to: destination.to_owned() };
    let to_file = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        Placed::File { from: path.to_owned(), to: join(destination, name) }
    };
    match input.project.resolve(source) {
        CopyMatch::Directory { path, .. } => Some(vec![to_folder(&path)]),
        CopyMatch::File(entry) if into_folder => Some(vec![to_file(&entry.path)]),
        CopyMatch::Wildcard { matches, .. } => {
            let placed = matches.iter().map(|entry| match entry.kind {
                EntryKind::Directory => to_folder(&entry.path),
                _ => to_file(&entry.path),
            });
            let placed: Vec<Placed> = placed.collect();
            (into_folder || placed.iter().all(|placed| matches!(placed, Placed::Folder { .. })))
                .then_some(placed)
        }
        // One file to a name without a slash: a file of that name, unless a folder of that name is there.
        _ => None,
    }
}

impl Placed {
    /// The path of the context that stands at a path of the image, if this puts it there.
    pub(super) fn origin(&self, path: &str) -> Option<String> {
        match self {
            Placed::Folder { from, to } => below(path, to).map(|relative| inside(from, relative)),
            Placed::File { from, to } => (path == to).then(|| from.clone()),
        }
    }
}

impl Copy {
    /// The only folder that it copies, when it copies nothing else: from the context, to the image.
    pub(super) fn folder(&self) -> Option<(&str, &str)> {
        match self.placed.as_deref() {
            Some([Placed::Folder { from, to }]) => Some((from, to)),
            _ => None,
        }
    }

    /// The path of the context that it puts at a path of the image, provided it is sent.
    pub(super) fn origin(&self, input: &Input<'_>, path: &str) -> Option<String> {
        let placed = self.placed.as_deref()?.iter();
        placed.rev().filter_map(|placed| placed.origin(path)).find(|origin| input.project.sent(origin))
    }

    /// Whether it might write to `folder` of the image, or to something in it or above it.
    pub(super) fn may_touch(&self, folder: &str) -> bool {
        let Some(destination) = &self.destination else { return true };
        below(destination, folder).is_some() || below(folder, destination).is_some()
    }
}
