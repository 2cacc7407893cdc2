//! `dockfix verify`: builds the original and the rewritten Dockerfile with the engine that the user has, runs both, and
//! compares them.
//!
//! This is the only part of the program that starts other programs or opens a connection, and it does so only when
//! asked to by name. One way: [`engine`] (its words) over [`process`] (starting and ending) → [`bench`] (builds, with
//! [`trial`], [`contents`], [`rebuild`] and [`scan`] for what is measured) → [`compare`] (pure) → [`unit`] (a build
//! context: what fails is found, held back, and the rest verified again) → [`shown`].
//!
//! Everything that is made bears a label of the run ([`leftovers`]) and is removed whatever happens: by the run itself
//! when it ends, fails or is interrupted, by its [`watcher`] when it is killed, by the next run when both were.

mod answer;
mod bench;
mod compare;
mod contents;
mod engine;
mod image;
mod leftovers;
mod process;
mod progress;
mod rebuild;
mod scan;
mod shown;
mod trial;
mod unit;
mod verdict;
pub(super) mod watcher;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use rayon::prelude::*;

use dockfix::rewrite::{BuildContext, Outcome};

use self::bench::{Bench, Subject};
use self::engine::Engine;
use self::leftovers::Mark;
use self::process::{Failure, Runner};
use self::progress::Progress;
use self::scan::Scanner;
use self::unit::{Member, Verified};
use self::verdict::{CaseReport, Verdict};
use self::watcher::Watcher;
use super::args::{Format, VerifyArguments};
use super::read::reason;
use super::report::{FileReport, Show, TextReport, Trouble, Verbosity};
use super::terminal::{PLAIN, Terminal};
use super::work::{Done, Run, Unit as Files};
use super::{STACK_BYTES, Status};

/// What is made late by an engine whose client was ended is there after so long.
const LATE: Duration = Duration::from_millis(1500);

/// Verifies what was asked for, and prints what came of it.
pub(super) fn run(arguments: &VerifyArguments, terminal: &mut Terminal) -> Status {
    let stopped = Arc::new(AtomicBool::new(false));
    let signal = Arc::clone(&stopped);
    let handler = ctrlc::set_handler(move || signal.store(true, Ordering::SeqCst));
    let verified = handler
        .map_err(|error| Trouble::new("verify", format!("cannot wait for signals: {error}")))
        .and_then(|()| verify_all(arguments, &stopped));
    match verified {
        Ok(all) => print(arguments, &all, terminal),
        Err(trouble) => {
            TextReport::new(terminal, Show::Nothing, Verbosity::Quiet).trouble(&trouble);
            Status::Error
        }
    }
}

/// All that came of a run.
struct All {
    reports: Vec<CaseReport>,
    /// What was not verified since it was not taken or cannot be read, and what was written.
    files: Vec<FileReport>,
    troubles: Vec<Trouble>,
}

/// Removes what a run has made, however it ends.
struct Cleaner {
    engine: Engine,
    mark: Mark,
    watcher: Arc<Watcher>,
    stopped: Arc<AtomicBool>,
    is_done: bool,
}

impl Cleaner {
    /// Says whether nothing is left.
    fn clean(&mut self) -> bool {
        let engine = self.engine.run_by(Runner::unstoppable());
        let mut is_clean = engine.sweep(self.mark.id());
        if self.stopped.load(Ordering::SeqCst) || std::thread::panicking() {
            std::thread::sleep(LATE);
            is_clean = engine.sweep(self.mark.id());
        }
        self.watcher.done();
        self.is_done = true;
        is_clean
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        if !self.is_done {
            self.clean();
        }
    }
}

fn verify_all(arguments: &VerifyArguments, stopped: &Arc<AtomicBool>) -> Result<All, Trouble> {
    let current = super::current_folder()?;
    super::check_context(&arguments.input)?;
    let run = Run {
        current: &current,
        context: arguments.input.context.as_deref(),
        rewrite: dockfix::rewrite::rewrite,
        descriptions: super::Descriptions::default(),
        write: false,
        review: false,
    };
    let jobs = arguments.jobs();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).stack_size(STACK_BYTES).build();
    let pool = pool.map_err(|error| Trouble::new("--jobs", error.to_string()))?;
    let tasks = super::file_tasks(&arguments.paths, &arguments.input, &arguments.fixes, &current);
    let (mut reports, units) = pool.install(|| run.gather(tasks));
    if units.is_empty() {
        return Ok(All {
            reports: Vec::new(),
            files: reports.into_iter().flatten().collect(),
            troubles: Vec::new(),
        });
    }
    let mut cleaner = prepare(arguments, stopped)?;
    let count = units.iter().map(|unit| unit.members().len() as u64).sum();
    let progress = Progress::new(count, arguments.output.quiet);
    let bench = bench(arguments, &cleaner, &progress);
    let verified: Vec<_> = pool.install(|| {
        units
            .into_par_iter()
            .map(|unit| {
                let verified = verify(&bench, &run, &unit);
                (unit, verified)
            })
            .collect()
    });
    progress.clear();
    let label = format!("{}={}", leftovers::RUN, cleaner.mark.id());
    let is_clean = cleaner.clean();
    let writer = Run { write: arguments.write, descriptions: super::Descriptions::default(), ..run };
    let mut all = finish(&writer, verified, &mut reports);
    if !is_clean {
        let message = format!("not all could be removed; what is left in the engine has the label `{label}`");
        all.troubles.push(Trouble::new("verify", message));
    }
    Ok(All { files: reports.into_iter().flatten().collect(), ..all })
}

/// Finds the engine, marks the run, and has somebody watch over it.
fn prepare(arguments: &VerifyArguments, stopped: &Arc<AtomicBool>) -> Result<Cleaner, Trouble> {
    let runner = Runner::new(Arc::clone(stopped), None);
    let engine = Engine::find(arguments.engine.as_deref(), &runner)
        .and_then(|engine| engine.building_with(arguments.builder.as_deref(), &arguments.build_words()));
    let engine = engine.map_err(|message| Trouble::new("verify", message))?;
    leftovers::clear(&engine);
    let failed =
        |error: std::io::Error| Trouble::new("verify", format!("no temporary folder: {}", reason(&error)));
    let mark = Mark::new().map_err(failed)?;
    let watcher = Watcher::start(&mark, engine.program()).map(Arc::new);
    let watcher = watcher.map_err(|error| {
        Trouble::new("verify", format!("nothing can watch over the run: {}", reason(&error)))
    })?;
    let engine = engine.run_by(Runner::new(Arc::clone(stopped), Some(Arc::clone(&watcher))));
    Ok(Cleaner { engine, mark, watcher, stopped: Arc::clone(stopped), is_done: false })
}

fn bench<'a>(arguments: &VerifyArguments, cleaner: &'a Cleaner, progress: &'a Progress) -> Bench<'a> {
    Bench {
        engine: &cleaner.engine,
        mark: &cleaner.mark,
        scanner: if arguments.no_scan { None } else { Scanner::find(&cleaner.engine) },
        run_words: arguments.run_words(),
        build_limit: Duration::from_secs(arguments.build_timeout),
        wait: Duration::from_secs(arguments.wait),
        path: arguments.ask.clone(),
        progress,
        numbers: AtomicU32::new(1),
    }
}

/// What came of the Dockerfiles of one context. The error is that the run is to stop.
fn verify(bench: &Bench<'_>, run: &Run<'_>, files: &Files) -> Result<Option<Verified>, Failure> {
    let context = match run.build_context(files) {
        Ok(context) => context,
        Err(message) => return Ok(Some(impossible(files, &message))),
    };
    if let Some(conflict) = files.conflict() {
        return Ok(Some(impossible(files, conflict)));
    }
    let unit = unit::Unit {
        bench,
        context: &context,
        members: &members(files, &context),
        rewrite: run.rewrite,
        originals: RefCell::new(BTreeMap::new()),
    };
    let verified = super::work::guarded(|| unit.verify());
    files.members().iter().for_each(|_| bench.progress.step());
    match verified {
        Ok(verified) => verified.map(Some),
        Err(message) => Ok(Some(impossible(files, &message))),
    }
}

/// Each Dockerfile with the stages that the project builds of it.
fn members(files: &Files, context: &BuildContext) -> Vec<Member> {
    let member = |member: &super::work::Member| {
        let (Some(chosen), Some(path)) = (&member.chosen, &member.task.path) else {
            return Member { subjects: Vec::new() };
        };
        let mut subjects: Vec<Subject> = Vec::new();
        let described = chosen.builds.iter().map(|build| (build.target.clone(), &build.arguments));
        let none = BTreeMap::new();
        for (target, arguments) in described.chain(chosen.builds.is_empty().then_some((None, &none))) {
            if subjects.iter().any(|subject| subject.target == target) {
                continue;
            }
            let given = |(name, value): (&String, &Option<String>)| Some((name.clone(), value.clone()?));
            subjects.push(Subject {
                name: member.task.name.clone(),
                dockerfile: path.clone(),
                context: chosen.folder.clone(),
                ignore: chosen.ignore.clone(),
                rules: context.project.ignore().clone(),
                target,
                arguments: arguments.iter().filter_map(given).collect(),
            });
        }
        Member { subjects }
    };
    files.members().iter().map(member).collect()
}

fn impossible(files: &Files, why: &str) -> Verified {
    let report = |member: &super::work::Member| CaseReport {
        name: member.task.name.clone(),
        target: None,
        verdict: Verdict::Impossible(why.to_owned()),
        rows: Vec::new(),
        applied: Vec::new(),
        held_back: Vec::new(),
        notes: Vec::new(),
    };
    let outcome = Outcome { files: Vec::new(), created: Vec::new(), ignore: None };
    Verified { reports: files.members().iter().map(report).collect(), outcome }
}

/// Writes what was verified, if that is wanted, and collects what is to be told.
fn finish(
    writer: &Run<'_>,
    verified: Vec<(Files, Result<Option<Verified>, Failure>)>,
    reports: &mut [Vec<FileReport>],
) -> All {
    let mut all = All { reports: Vec::new(), files: Vec::new(), troubles: Vec::new() };
    let mut interrupted = false;
    for (files, verified) in verified {
        let Ok(Some(verified)) = verified else {
            interrupted = true;
            continue;
        };
        all.reports.extend(verified.reports);
        if !verified.outcome.files.is_empty() {
            writer.finish(Done::new(files, verified.outcome), reports);
        }
    }
    if interrupted {
        let message =
            "interrupted; all that was made is removed, and nothing unfinished was written".to_owned();
        all.troubles.push(Trouble::new("verify", message));
    }
    all
}

fn print(arguments: &VerifyArguments, all: &All, terminal: &mut Terminal) -> Status {
    match arguments.output.output_format {
        Format::Text => shown::print(&all.reports, terminal),
        Format::Json => terminal.print(PLAIN, &shown::json(&all.reports)),
        Format::Markdown => terminal.print(PLAIN, &shown::markdown(&all.reports)),
    }
    let verbosity = match &arguments.output {
        output if output.verbose => Verbosity::Verbose,
        output if output.quiet || output.output_format != Format::Text => Verbosity::Quiet,
        _ => Verbosity::Normal,
    };
    let mut text = TextReport::new(terminal, Show::Nothing, verbosity);
    for file in &all.files {
        match file.outcome() {
            // The table tells what was verified; what waits for something is for a run without an engine to tell.
            Some(_) if verbosity < Verbosity::Verbose => {
                file.troubles.iter().for_each(|trouble| text.trouble(trouble))
            }
            _ => text.file(file),
        }
    }
    all.troubles.iter().for_each(|trouble| text.trouble(trouble));
    if verbosity > Verbosity::Quiet {
        terminal.say(&[(PLAIN, &shown::total(&all.reports))]);
    }
    status(all)
}

fn status(all: &All) -> Status {
    let troubled = !all.troubles.is_empty() || all.files.iter().any(|file| !file.troubles.is_empty());
    let is = |fits: fn(&Verdict) -> bool| all.reports.iter().any(|report| fits(&report.verdict));
    if troubled || is(|verdict| matches!(verdict, Verdict::Impossible(_))) {
        return Status::Error;
    }
    if is(|verdict| *verdict == Verdict::Failed) { Status::WouldChange } else { Status::Clean }
}
