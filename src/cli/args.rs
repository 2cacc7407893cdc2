//! The command line: what can be asked for. Knows nothing of files.

#[path = "verify/args.rs"]
mod verify;

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, ColorChoice, CommandFactory as _, Parser, ValueEnum};

pub(crate) use self::verify::VerifyArguments;
use super::verify::watcher::SUBCOMMAND;

use dockfix::config::Choice;
use dockfix::transforms;

/// Rewrite a Dockerfile that works into one fit for production
///
/// Prints the changes as a diff. Only what is proven for this very file and project is changed; what is held back is
/// named with what is missing.
#[derive(Parser, Debug)]
#[command(name = "dockfix", version, max_term_width = 100, after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) subcommand: Option<Subcommand>,

    /// Dockerfiles, and folders to search for them; `-` reads standard input and prints the rewritten text
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) mode: ModeArguments,

    #[command(flatten)]
    pub(crate) fixes: FixArguments,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// The path that standard input stands for, in messages and to find settings and build context
    #[arg(long, value_name = "PATH", help_heading = "Input")]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Change only these lines of the one file that is named, and the rest of the instructions they belong to
    #[arg(long, value_name = "START:END", value_parser = lines, help_heading = "Input")]
    pub(crate) range: Option<(usize, usize)>,

    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

/// What is no mode of rewriting; without one of these, Dockerfiles are rewritten.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Subcommand {
    /// Build and run the original and the rewritten Dockerfile with your own container engine, and compare them
    Verify(Box<VerifyArguments>),

    /// Watches over a run of `verify`, and cleans up after it when it is killed
    #[command(name = SUBCOMMAND, hide = true)]
    CleanUpAfterVerify { program: String, id: String, folder: PathBuf },
}

/// What is to be done; without any of these the diff is printed.
#[derive(Args, Debug)]
#[command(next_help_heading = "Modes")]
#[group(multiple = false)]
pub(crate) struct ModeArguments {
    /// Print the diff, and exit 1 if anything would change
    #[arg(long)]
    check: bool,

    /// Change the files in place
    #[arg(long)]
    write: bool,

    /// Print the production checklist of each Dockerfile in place of the diff; what it calls fixed, `--write` does
    #[arg(long)]
    report: bool,

    /// List the transforms
    #[arg(long)]
    list: bool,

    /// Explain a transform: what, why, and when it is safe
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(names()), hide_possible_values = true)]
    explain: Option<String>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Fixes")]
pub(crate) struct FixArguments {
    /// Apply fixes that are not proven, too
    #[arg(long = "unsafe")]
    pub(crate) unproven: bool,

    /// Run only these transforms: names or categories, as in `--list`
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = PossibleValuesParser::new(transforms::selectors()), hide_possible_values = true)]
    select: Option<Vec<String>>,

    /// Leave these transforms out: names or categories
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = PossibleValuesParser::new(transforms::selectors()), hide_possible_values = true)]
    ignore: Vec<String>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputArguments {
    /// The build context of every Dockerfile [default: what compose, bake, skaffold or CI files say, else the
    /// Dockerfile's folder, or the nearest one above that holds all its COPY sources]
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,

    /// The settings, with patterns relative to the current folder [default: the nearest `dockfix.toml` upward from each
    /// Dockerfile]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Leave out excluded files, generated files and templates even when they are named (for pre-commit)
    #[arg(long)]
    pub(crate) force_exclude: bool,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// A diff and a summary, or one JSON array with an object for each file; Markdown with `--report` only
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output_format: Format,

    /// When to colour; `NO_COLOR` is honoured
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,

    /// No summary: only the diff, and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,

    /// Tell the reasons of each fix, the build context chosen, and which files were left alone
    #[arg(short, long)]
    pub(crate) verbose: bool,

    /// How many build contexts are worked on at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroU16>,
}

/// What stands on standard output.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub(crate) enum Format {
    Text,
    Json,
    Markdown,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Diff,
    Check,
    Write,
    Report,
    List,
    Explain(String),
}

impl Arguments {
    /// Reads the command line; on a mistake says so and ends the process with 2.
    pub(crate) fn read() -> Arguments {
        let arguments = Arguments::parse();
        if let Err(mistake) = arguments.check() {
            Arguments::command().error(ErrorKind::ArgumentConflict, mistake).exit();
        }
        arguments
    }

    /// What the parser cannot say by itself.
    fn check(&self) -> Result<(), &'static str> {
        if let Some(Subcommand::Verify(verify)) = &self.subcommand {
            return verify.check();
        }
        if self.stdin() && self.paths.len() > 1 {
            return Err("`-` cannot be used together with other paths");
        }
        if self.stdin() && self.mode.write {
            return Err("`--write` needs a file: `dockfix -` prints the rewritten text");
        }
        if self.output.output_format == Format::Markdown && !self.mode.report {
            return Err("`--output-format markdown` needs `--report`");
        }
        let whole = matches!(self.mode(), Mode::Report | Mode::List | Mode::Explain(_));
        if self.range.is_some() && (self.paths.len() > 1 || whole) {
            return Err("`--range` needs one file to change");
        }
        if !self.stdin() && self.stdin_filename.is_some() {
            return Err("`--stdin-filename` needs the path `-`");
        }
        Ok(())
    }

    /// Whether standard input is to be read.
    pub(crate) fn stdin(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }

    pub(crate) fn mode(&self) -> Mode {
        match &self.mode {
            ModeArguments { check: true, .. } => Mode::Check,
            ModeArguments { write: true, .. } => Mode::Write,
            ModeArguments { report: true, .. } => Mode::Report,
            ModeArguments { list: true, .. } => Mode::List,
            ModeArguments { explain: Some(name), .. } => Mode::Explain(name.clone()),
            _ => Mode::Diff,
        }
    }
}

impl FixArguments {
    pub(crate) fn choice(&self) -> Choice {
        Choice { select: self.select.clone(), ignore: self.ignore.clone() }
    }
}

/// `START:END`, lines counted from 1, or one line alone.
fn lines(text: &str) -> Result<(usize, usize), String> {
    let (start, end) = text.split_once(':').unwrap_or((text, text));
    match (start.parse(), end.parse()) {
        (Ok(start), Ok(end)) if 0 < start && start <= end => Ok((start, end)),
        _ => Err("lines are counted from 1, such as `3:7`".to_owned()),
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    transforms::ALL.iter().map(|transform| transform.name)
}

const AFTER_HELP: &str = "\
Exit status: 0 nothing to complain about, 1 something would change (`--check`), 2 an error.";

const AFTER_LONG_HELP: &str = "\
Exit status:
  0  nothing to complain about: the diff was printed, or the files were written
  1  something would change (with `--check`)
  2  an error: a file cannot be read, parsed or written; the others are done

Files:
  In folders, `Dockerfile`, `Dockerfile.*`, `*.Dockerfile`, `*.dockerfile`,
  `Containerfile` and `Containerfile.*` are taken; but no templates, backups or
  notes, nothing that git ignores, nothing in hidden folders or `node_modules`,
  and no file whose first comments say that it is generated.
  A file that is named is always taken. Links and doubles are taken once.

JSON (`--output-format json`): an array of objects, one for each file:
  path       as in the diff
  changed    whether the text changes, or the file is new
  created    whether the file is new
  error      null, or what is wrong, `line:column: message` on each line
  applied    transform, effect, title, proven, reasons (id, text)
  held_back  transform, message, line, column (or null), missing (id, text,
             remedy), unsafe (whether `--unsafe` would apply it)
  suppressed where a comment keeps something away: transform, message, comment,
             line (or null)
  notes      on our own comments that do nothing: line, message
  respaced   lines of the RUNs that the next build runs anew, once, since
             blanks between their words changed; left out where empty
  checklist  with `--report`: point, title, state, because, missing
With `--list`: name, summary, category, effect, default, fixes.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definition_is_sound() {
        Arguments::command().debug_assert();
    }
}
