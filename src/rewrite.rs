//! The fold over the transforms: each gets one turn on the current text, and every result is verified.

use crate::config::Options;
use crate::project::Project;
use crate::source::{Place, Source};
use crate::transforms::{Effect, Missing, NewFile, Reason};

/// One Dockerfile to rewrite.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Its text; the name is what messages show.
    pub source: Source,
    /// Its path relative to the context folder, if it lies inside.
    pub path: Option<String>,
    /// The settings in force for it.
    pub options: Options,
}

/// The unit of work: a build context, and every Dockerfile that is built from it under one ignore file.
#[derive(Clone, Debug)]
pub struct BuildContext {
    /// The Dockerfiles, in the order in which they are reported.
    pub dockerfiles: Vec<Dockerfile>,
    /// The folder, seen through its ignore file.
    pub project: Project,
}

/// A fix that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Name of the transform.
    pub transform: &'static str,
    /// What may differ in what gets built.
    pub effect: Effect,
    /// Whether it was applied without being proven, because the user asked for that.
    pub unproven: bool,
    /// What was done.
    pub title: String,
    /// The preconditions that hold.
    pub reasons: Vec<Reason>,
}

/// A fix that was not applied, and what is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldBack {
    /// Name of the transform.
    pub transform: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where, in the original text if that can still be told.
    pub place: Option<Place>,
    /// The preconditions that could not be proven.
    pub missing: Vec<Missing>,
    /// Whether `--unsafe` would apply it.
    pub available: bool,
}

/// A result that broke a law and was thrown away: a defect of dockfix, to be reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Name of the transform.
    pub transform: &'static str,
    /// The law that was broken and how.
    pub law: String,
}

/// A syntax error of the Dockerfile, which is then left alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// What became of one Dockerfile.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// The text as it was.
    pub before: Source,
    /// The text as it should be; equal where nothing is to be changed.
    pub after: Source,
    /// Fixes in the order of their turns.
    pub applied: Vec<Applied>,
    /// Fixes that wait for something.
    pub held_back: Vec<HeldBack>,
    /// Syntax errors; if there are any, nothing else was done.
    pub faults: Vec<Fault>,
    /// Results that were thrown away.
    pub rejected: Vec<Rejected>,
}

/// What became of a context.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One for each Dockerfile, in the order given.
    pub files: Vec<FileOutcome>,
    /// Files to create in the context folder, to be written before any Dockerfile.
    pub created: Vec<NewFile>,
}

/// Gives every enabled transform its turn.
pub fn rewrite(context: &BuildContext) -> Outcome {
    let files = context.dockerfiles.iter().map(|file| FileOutcome {
        before: file.source.clone(),
        after: file.source.clone(),
        applied: Vec::new(),
        held_back: Vec::new(),
        faults: Vec::new(),
        rejected: Vec::new(),
    });
    Outcome { files: files.collect(), created: Vec::new() }
}
