//! From files that were found to reports: read, group by build context, rewrite in parallel, write.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use dockfix::config::{Options, Selection};
use dockfix::model::Model;
use dockfix::project::builds::Build;
use dockfix::project::{EntryKind, Project};
use dockfix::review::{Item, review};
use dockfix::rewrite::{BuildContext, ChangedIgnore, Dockerfile, FileOutcome, Outcome};
use dockfix::source::Source;
use dockfix::syntax::Document;

use super::context::{self, Chosen, Descriptions, Request, relative};
use super::report::{Body, FileReport, Trouble};
use super::{find, marks, read, shown, write};

/// Turns a context into its outcome: the library's `rewrite`, or what a test puts in its place.
pub(super) type Rewrite = fn(&BuildContext) -> Outcome;

/// A Dockerfile to work on.
pub(super) struct Task {
    /// As messages show it.
    pub(super) name: String,
    /// Absolute, without `..`; standard input without a name has none.
    pub(super) path: Option<PathBuf>,
    pub(super) options: Options,
    /// Whether a file that says that it is generated, or a template, is left alone.
    pub(super) wary: bool,
    /// Whether its text comes from standard input.
    pub(super) stdin: bool,
}

/// What holds for the whole run.
pub(super) struct Run<'a> {
    /// The current folder.
    pub(super) current: &'a Path,
    /// The build context that the user named.
    pub(super) context: Option<&'a Path>,
    pub(super) rewrite: Rewrite,
    /// What the files of folders say about builds.
    pub(super) descriptions: Descriptions,
    /// Whether files are written.
    pub(super) write: bool,
    /// Whether the checklist is wanted.
    pub(super) review: bool,
}

/// A Dockerfile that was read.
pub(super) struct Member {
    /// Where its report stands.
    at: usize,
    pub(super) task: Task,
    source: Source,
    /// Its build context; none where neither it nor the context has a place.
    pub(super) chosen: Option<Chosen>,
}

/// The Dockerfiles that share a build context and an ignore file; at least one.
pub(super) struct Unit {
    members: Vec<Member>,
}

impl Unit {
    /// The context of them all. Why it was chosen differs from one to the other.
    fn chosen(&self) -> Option<&Chosen> {
        self.members.first()?.chosen.as_ref()
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    /// Why the context is not known, where builds disagree about it.
    pub(super) fn conflict(&self) -> Option<&str> {
        self.chosen()?.conflict.as_deref()
    }
}

/// What came of a unit, before anything is written.
pub(super) struct Done {
    unit: Unit,
    outcome: Result<Outcome, String>,
    /// The checklist of each Dockerfile, if it is wanted.
    checklists: Vec<Vec<Item>>,
}

impl Done {
    pub(super) fn new(unit: Unit, outcome: Outcome) -> Done {
        Done { unit, outcome: Ok(outcome), checklists: Vec::new() }
    }
}

/// What is said, for each task in their order.
pub(super) type Reports = Vec<Vec<FileReport>>;

impl Run<'_> {
    /// A report for each task, in their order, those between them that are finished already; new files stand before
    /// the first Dockerfile of their context.
    pub(super) fn reports(&self, tasks: Vec<Result<Task, Box<FileReport>>>) -> Vec<FileReport> {
        let (mut reports, units) = self.gather(tasks);
        // Everything is read and judged before anything is written, so that no verdict depends on which was faster.
        let done: Vec<Done> = units.into_par_iter().map(|unit| self.work(unit)).collect();
        for done in done {
            self.finish(done, &mut reports);
        }
        reports.into_iter().flatten().collect()
    }

    /// Reads all Dockerfiles and puts those together that share a context; what is finished already has its report.
    pub(super) fn gather(&self, tasks: Vec<Result<Task, Box<FileReport>>>) -> (Reports, Vec<Unit>) {
        let prepare =
            |(at, task): (usize, Result<Task, Box<FileReport>>)| task.and_then(|task| self.prepare(at, task));
        let prepared: Vec<Result<_, Box<FileReport>>> =
            tasks.into_par_iter().enumerate().map(prepare).collect();
        let mut reports: Reports = prepared.iter().map(|_| Vec::new()).collect();
        let mut ready = Vec::new();
        for (at, prepared) in prepared.into_iter().enumerate() {
            match prepared {
                Ok(member) => ready.push(member),
                Err(report) => reports[at].push(*report),
            }
        }
        (reports, group(ready))
    }

    fn prepare(&self, at: usize, task: Task) -> Result<Member, Box<FileReport>> {
        let failed = |message| FileReport::failed(&task.name, Trouble::new(&task.name, message));
        let source = match &task.path {
            Some(path) if !task.stdin => read::file(path, &task.name),
            _ => read::stdin(&task.name),
        };
        let source = source.map_err(|trouble| FileReport::failed(&task.name, trouble))?;
        let looked_through = guarded(|| {
            let document = Document::parse(&source);
            let skipped = if task.wary { skipped(&source, &document) } else { None };
            (skipped, context_sources(&document))
        });
        let (skipped, sources) = looked_through.map_err(failed)?;
        if let Some(body) = skipped {
            return Err(FileReport::new(&task.name, body));
        }
        let chosen = self.choose(task.path.as_deref(), self.context, &sources).map_err(failed)?;
        Ok(Member { at, task, source, chosen })
    }

    /// The build context of a Dockerfile; none where neither it nor the Dockerfile has a place.
    fn choose(
        &self,
        path: Option<&Path>,
        context: Option<&Path>,
        sources: &[String],
    ) -> Result<Option<Chosen>, String> {
        // Without a path the text is taken for the context's own Dockerfile.
        let own = context.filter(|_| path.is_none()).map(|folder| folder.join("Dockerfile"));
        let Some(dockerfile) = path.or(own.as_deref()) else { return Ok(None) };
        let descriptions = &self.descriptions;
        let request = Request { dockerfile, context, sources, within: self.current, descriptions };
        context::choose(&request).map(Some).map_err(|error| format!("{error:#}"))
    }

    /// What the library needs to know of a unit.
    pub(super) fn build_context(&self, unit: &Unit) -> Result<BuildContext, String> {
        let project = match unit.chosen() {
            None => Project::unknown(),
            Some(chosen) => context::read(chosen).map_err(|error| format!("{error:#}"))?,
        };
        Ok(BuildContext { dockerfiles: self.dockerfiles(unit, &project), project })
    }

    fn work(&self, unit: Unit) -> Done {
        let result = self.build_context(&unit).and_then(|context| {
            guarded(|| {
                let outcome = (self.rewrite)(&context);
                let checklists = if self.review { review(&context, &outcome) } else { Vec::new() };
                (outcome, checklists)
            })
        });
        match result {
            Ok((outcome, checklists)) => Done { unit, outcome: Ok(outcome), checklists },
            Err(message) => Done { unit, outcome: Err(message), checklists: Vec::new() },
        }
    }

    /// The Dockerfiles of a unit, and after them those that nobody asked about but that are built from the same
    /// context, wherever they lie: a new ignore file has to suit them too. They are looked at and never changed.
    fn dockerfiles(&self, unit: &Unit, project: &Project) -> Vec<Dockerfile> {
        let folder = unit.chosen().map(|chosen| chosen.folder.as_path());
        let below = |path: &Path| path.strip_prefix(folder?).ok().map(|path| relative(path, Path::new("")));
        let member = |member: &Member| Dockerfile {
            source: member.source.clone(),
            path: member.task.path.as_deref().and_then(below),
            options: member.task.options.clone(),
            builds: member.chosen.as_ref().map(|chosen| chosen.builds.clone()).unwrap_or_default(),
        };
        let mut dockerfiles: Vec<Dockerfile> = unit.members.iter().map(member).collect();
        let Some(chosen) = unit.chosen() else { return dockerfiles };
        let is_one = |path: &str| find::is_dockerfile_name(path.rsplit('/').next().unwrap_or_default());
        let files =
            project.tree().entries().iter().filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
        let named = files.filter(|entry| is_one(&entry.path)).map(|entry| chosen.folder.join(&entry.path));
        let described = context::described_for(&chosen.folder, self.current, &self.descriptions);
        let mut known: HashSet<PathBuf> =
            unit.members.iter().filter_map(|member| member.task.path.clone()).collect();
        for file in named.chain(described) {
            if known.insert(file.clone())
                && let Some((source, builds)) = self.sibling(chosen, &file)
            {
                let options = Options { selection: Selection::nothing(), ..Options::default() };
                dockerfiles.push(Dockerfile { source, path: below(&file), options, builds });
            }
        }
        dockerfiles
    }

    /// The text and the builds of a Dockerfile, if its context and ignore file are these.
    fn sibling(&self, chosen: &Chosen, file: &Path) -> Option<(Source, Vec<Build>)> {
        let source = read::file(file, &shown(file, self.current)).ok()?;
        let sources = guarded(|| context_sources(&Document::parse(&source))).ok()?;
        let own = self.choose(Some(file), None, &sources).ok()??;
        // Where builds disagree, each of them counts.
        let sent = own.folder == chosen.folder || own.others.contains(&chosen.folder);
        (sent && context::ignore_file(&chosen.folder, file) == chosen.ignore).then_some((source, own.builds))
    }

    /// Writes what came of a unit, if that is wanted, and reports it.
    pub(super) fn finish(&self, done: Done, reports: &mut [Vec<FileReport>]) {
        let Done { unit, outcome, checklists } = done;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(message) => {
                for Member { at, task, .. } in unit.members {
                    let trouble = Trouble::new(&task.name, message.clone());
                    reports[at].push(*FileReport::failed(&task.name, trouble));
                }
                return;
            }
        };
        let mut complete = true;
        if let (Some(chosen), Some(first)) = (unit.chosen(), unit.members.first()) {
            for file in outcome.created {
                let report = self.create(&chosen.folder.join(&file.path), file.text);
                complete &= report.troubles.is_empty();
                reports[first.at].push(report);
            }
            if let Some(changed) = outcome.ignore {
                let path = context::normal(&chosen.folder.join(&changed.path));
                let report =
                    self.change(&path.unwrap_or_else(|_| chosen.folder.join(&changed.path)), changed);
                complete &= report.troubles.is_empty();
                reports[first.at].push(report);
            }
        }
        // What came of the Dockerfiles that nobody asked about stands behind those of the members, and is dropped.
        let mut checklists = checklists.into_iter();
        for (Member { at, task, chosen, .. }, outcome) in unit.members.into_iter().zip(outcome.files) {
            let mut report = self.rewritten(&task, outcome, complete);
            report.checklist = checklists.next().unwrap_or_default();
            if let Some(chosen) = chosen {
                report.context = Some(self.describe(&chosen));
                report.notes = chosen.notes;
            }
            reports[at].push(report);
        }
    }

    fn describe(&self, chosen: &Chosen) -> String {
        let mut text = format!("`{}`: {}", shown(&chosen.folder, self.current), chosen.why);
        for build in &chosen.builds {
            if let Some(target) = &build.target {
                text += &format!("; {} builds its stage `{target}`", build.at());
            }
        }
        text
    }

    fn create(&self, path: &Path, text: String) -> FileReport {
        let name = shown(path, self.current);
        if self.write
            && let Err(message) = write::create(path, &text)
        {
            return *FileReport::failed(&name, Trouble::new(&name, message));
        }
        *FileReport::new(&name, Body::Created(text))
    }

    fn change(&self, path: &Path, changed: ChangedIgnore) -> FileReport {
        let name = shown(path, self.current);
        if self.write
            && let Err(message) = write::replace(path, changed.before.text(), changed.after.text())
        {
            return *FileReport::failed(&name, Trouble::new(&name, message));
        }
        *FileReport::new(&name, Body::Changed(Box::new(changed)))
    }

    /// `complete` says whether the new files that the Dockerfile may count on are there.
    fn rewritten(&self, task: &Task, outcome: FileOutcome, complete: bool) -> FileReport {
        let mut troubles = defects(&task.name, &outcome);
        if let Some(path) = task.path.as_deref().filter(|_| self.write)
            && outcome.before.text() != outcome.after.text()
        {
            let written = if complete {
                write::replace(path, outcome.before.text(), outcome.after.text())
            } else {
                Err("is left as it is, since a file that it needs could not be written".to_owned())
            };
            if let Err(message) = written {
                troubles.push(Trouble::new(&task.name, message));
                return FileReport { troubles, ..*FileReport::new(&task.name, Body::Failed) };
            }
        }
        let body = Body::Rewritten(Box::new(outcome));
        FileReport { troubles, ..*FileReport::new(&task.name, body) }
    }
}

/// Dockerfiles by their context and ignore file; those without a context stand alone.
fn group(ready: Vec<Member>) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut known = HashMap::new();
    for member in ready {
        let at = match &member.chosen {
            None => units.len(),
            // Of a context that is not known nothing can be shared.
            Some(chosen) if chosen.conflict.is_some() => units.len(),
            Some(chosen) => {
                *known.entry((chosen.folder.clone(), chosen.ignore.clone())).or_insert(units.len())
            }
        };
        match units.get_mut(at) {
            Some(unit) => unit.members.push(member),
            None => units.push(Unit { members: vec![member] }),
        }
    }
    units
}

/// Why a file that was merely found is left alone, if it is.
fn skipped(source: &Source, document: &Document) -> Option<Body> {
    if let Some(line) = marks::generated(source.text()) {
        let why =
            format!("left alone: line {line} says that it is generated; name it to rewrite it all the same");
        return Some(Body::Skipped { why, quiet: false });
    }
    let line = source.line(marks::template(document)?);
    Some(Body::Skipped { why: format!("left alone: line {line} holds a template mark"), quiet: true })
}

/// What the Dockerfile copies from its context, as far as it can be told without knowing build arguments.
fn context_sources(document: &Document) -> Vec<String> {
    let sources = Model::new(document).context_sources(document);
    sources.into_iter().filter(|source| source.certain).filter_map(|source| source.word).collect()
}

/// Syntax errors, and results that broke a law.
fn defects(name: &str, outcome: &FileOutcome) -> Vec<Trouble> {
    let faults = outcome
        .faults
        .iter()
        .map(|fault| Trouble { place: Some(fault.place), ..Trouble::new(name, fault.message.clone()) });
    let rejected = outcome.rejected.iter().map(|rejected| {
        let (transform, law) = (rejected.transform, &rejected.law);
        let message = format!(
            "a result of `{transform}` was thrown away, since it breaks a law ({law}); please report this"
        );
        Trouble::new(name, message)
    });
    faults.chain(rejected).collect()
}

/// A defect in one file must not end the run for the others.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "dockfix failed on this file; please report this with the lines above".to_owned())
}

#[cfg(test)]
mod tests;
