//! Arguments, finding files, reading, writing, reporting: the only place with input and output.
//!
//! One way: [`args`] → [`find`] and [`settings`] → [`work`] (with [`context`], [`read`], [`write`]) → [`report`] or
//! [`json`] on the [`terminal`]. [`verify`] takes the same way, and asks a container engine about what came of it.

mod args;
mod catalog;
mod checklist;
mod context;
mod diff;
mod find;
mod json;
mod marks;
mod read;
mod report;
mod settings;
mod terminal;
mod verify;
mod walk;
mod work;
mod write;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use dockfix::config::Options;

use self::args::{Arguments, FixArguments, Format, InputArguments, Mode, Subcommand};
use self::context::{Descriptions, normal};
use self::report::{Body, FileReport, Show, TextReport, Trouble, Verbosity};
use self::settings::SettingsFinder;
use self::terminal::{PLAIN, Terminal};
use self::work::{Run, Task};

/// The stack of a worker: deep nesting in shell text is bounded, this leaves it room.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// What the process ends with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Status {
    Clean,
    WouldChange,
    Error,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(status as u8)
    }
}

/// The whole program.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::read();
    let verify = match &arguments.subcommand {
        Some(Subcommand::CleanUpAfterVerify { program, id, folder }) => {
            verify::watcher::watch(program, id, folder);
            return Status::Clean.into();
        }
        Some(Subcommand::Verify(verify)) => Some(verify),
        None => None,
    };
    let color = verify.map_or(arguments.output.color, |verify| verify.output.color);
    let mut terminal = Terminal::new(color);
    let status = match (verify, arguments.mode()) {
        (Some(verify), _) => verify::run(verify, &mut terminal),
        (None, mode) => run_mode(&arguments, mode, &mut terminal),
    };
    let written = terminal.finish().map_or(Status::Error, |()| Status::Clean);
    status.max(written).into()
}

fn run_mode(arguments: &Arguments, mode: Mode, terminal: &mut Terminal) -> Status {
    match mode {
        Mode::List => {
            let json = arguments.output.output_format == Format::Json;
            let text = if json { json::transforms(dockfix::transforms::ALL) } else { catalog::list() };
            terminal.print(PLAIN, &text);
            Status::Clean
        }
        Mode::Explain(name) => {
            terminal.print(PLAIN, &catalog::explain(&name).unwrap_or_default());
            Status::Clean
        }
        mode => rewrite(arguments, &mode, terminal),
    }
}

fn rewrite(arguments: &Arguments, mode: &Mode, terminal: &mut Terminal) -> Status {
    let json = arguments.output.output_format == Format::Json;
    let show = match mode {
        _ if json => Show::Nothing,
        Mode::Write | Mode::Report => Show::Nothing,
        Mode::Diff if arguments.stdin() => Show::Text,
        _ => Show::Diff,
    };
    let verbosity = match &arguments.output {
        output if output.verbose => Verbosity::Verbose,
        // JSON holds all that a summary says.
        // The checklist too.
        output if output.quiet || json || *mode == Mode::Report => Verbosity::Quiet,
        _ => Verbosity::Normal,
    };
    let outcome = reports(arguments, mode);
    let mut text = TextReport::new(terminal, show, verbosity);
    let reports = match outcome {
        Ok(reports) => reports,
        Err(trouble) => {
            text.trouble(&trouble);
            return Status::Error;
        }
    };
    for report in &reports {
        text.file(report);
    }
    text.total(&reports, mode);
    match arguments.output.output_format {
        Format::Json => terminal.print(PLAIN, &json::files(&reports)),
        Format::Markdown => terminal.print(PLAIN, &checklist::markdown(&reports)),
        Format::Text if *mode == Mode::Report => checklist::print(&reports, terminal),
        Format::Text => {}
    }
    status(&reports, mode)
}

fn status(reports: &[FileReport], mode: &Mode) -> Status {
    if reports.iter().any(|report| !report.troubles.is_empty()) {
        return Status::Error;
    }
    let changed = reports.iter().any(FileReport::changed);
    if changed && *mode == Mode::Check { Status::WouldChange } else { Status::Clean }
}

/// What became of everything that was asked for. The error is one with the request itself.
fn reports(arguments: &Arguments, mode: &Mode) -> Result<Vec<FileReport>, Trouble> {
    let current = current_folder()?;
    check_context(&arguments.input)?;
    let mut tasks = if arguments.stdin() {
        vec![stdin_task(arguments, &current)]
    } else {
        file_tasks(&arguments.paths, &arguments.input, &arguments.fixes, &current)
    };
    if arguments.range.is_some() && tasks.len() > 1 {
        return Err(Trouble::new("--range", "needs one file; there are several".to_owned()));
    }
    for task in tasks.iter_mut().flatten() {
        task.options.lines = arguments.range;
    }
    let run = Run {
        current: &current,
        context: arguments.input.context.as_deref(),
        rewrite: dockfix::rewrite::rewrite,
        descriptions: Descriptions::default(),
        write: *mode == Mode::Write,
        review: *mode == Mode::Report,
    };
    let jobs = arguments.output.jobs.map_or(0, |jobs| usize::from(jobs.get()));
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).stack_size(STACK_BYTES).build();
    let pool = pool.map_err(|error| Trouble::new("--jobs", error.to_string()))?;
    Ok(pool.install(|| run.reports(tasks)))
}

fn current_folder() -> Result<PathBuf, Trouble> {
    let here = std::env::current_dir();
    here.map_err(|error| Trouble::new(".", format!("cannot be read: {}", read::reason(&error))))
}

fn check_context(input: &InputArguments) -> Result<(), Trouble> {
    match input.context.as_deref().filter(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(context) => {
            let message = "is not a folder; `--context` needs one".to_owned();
            Err(Trouble::new(&context.to_string_lossy(), message))
        }
    }
}

fn stdin_task(arguments: &Arguments, current: &Path) -> Result<Task, Box<FileReport>> {
    let given = arguments.stdin_filename.as_deref();
    let name = given.map_or("<stdin>".to_owned(), |path| path.to_string_lossy().into_owned());
    let path = given.map(|path| absolute(path, &name)).transpose()?;
    // Without a name, the settings of the current folder count.
    let place = path.clone().unwrap_or_else(|| current.join("Dockerfile"));
    let mut finder = finder(&arguments.input, &arguments.fixes, current);
    let settings = finder.for_file(&place).map_err(|trouble| FileReport::failed(&name, trouble))?;
    let options = Options { text_only: true, ..settings.options };
    Ok(Task { name, path, options, wary: false, stdin: true })
}

fn file_tasks(
    paths: &[PathBuf],
    input: &InputArguments,
    fixes: &FixArguments,
    current: &Path,
) -> Vec<Result<Task, Box<FileReport>>> {
    let mut finder = finder(input, fixes, current);
    let search = find::search(paths);
    let unreadable = search.unreadable.iter().map(|(path, why)| {
        let name = path.to_string_lossy();
        Err(FileReport::failed(&name, Trouble::new(&name, format!("cannot be read: {why}"))))
    });
    let empty = search.empty.iter().map(|path| {
        let why = "no Dockerfile found in this folder".to_owned();
        Err(FileReport::new(&path.to_string_lossy(), Body::Skipped { why, quiet: false }))
    });
    let files = search.files.iter().map(|found| {
        let path = absolute(&found.path, &found.path.to_string_lossy())?;
        let name = if path.starts_with(current) { shown(&path, current) } else { slashes(&found.path) };
        let settings = finder.for_file(&path).map_err(|trouble| FileReport::failed(&name, trouble))?;
        let wary = !found.named || input.force_exclude;
        if wary && settings.excluded {
            let why = "left alone: `exclude` of `dockfix.toml` covers it".to_owned();
            return Err(FileReport::new(&name, Body::Skipped { why, quiet: true }));
        }
        Ok(Task { name, path: Some(path), options: settings.options, wary, stdin: false })
    });
    unreadable.chain(empty).chain(files).collect()
}

fn finder<'a>(input: &InputArguments, fixes: &FixArguments, current: &'a Path) -> SettingsFinder<'a> {
    SettingsFinder::new(current, input.config.as_deref(), fixes.choice(), fixes.unproven)
}

fn absolute(path: &Path, name: &str) -> Result<PathBuf, Box<FileReport>> {
    normal(path).map_err(|error| FileReport::failed(name, Trouble::new(name, format!("{error:#}"))))
}

/// How messages and diffs call a path: from the current folder if it lies there.
fn shown(path: &Path, current: &Path) -> String {
    match path.strip_prefix(current) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => slashes(below),
        Err(_) => slashes(path),
    }
}

/// The path with `/` between its parts, as diffs need it.
fn slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.into_owned() }
}
