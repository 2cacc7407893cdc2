//! The command line of `dockfix verify`.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::Args;

use super::{FixArguments, InputArguments, OutputArguments};

/// More contexts than this at a time would measure how busy the machine is.
const MOST_JOBS: usize = 4;

/// Build and run the original and the rewritten Dockerfile with your own container engine, and compare them
///
/// Nothing of yours is touched: no file is written without `--write`, and the images and containers that are made are
/// removed again, also after Ctrl-C. A fix whose result fails is found, named and held back, and the rest is verified.
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
#[command(mut_arg("output_format", |arg| arg.help("A table for each Dockerfile, one JSON array, or Markdown for a pull request")))]
#[command(mut_arg("quiet", |arg| arg.help("No progress and no last line: only the tables, and errors")))]
#[command(mut_arg("jobs", |arg| arg.help("How many build contexts are verified at a time [default: one for each processor, at most 4]")))]
pub(crate) struct VerifyArguments {
    /// Dockerfiles, and folders to search for them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Change the files in place, as far as the result was verified
    #[arg(long, help_heading = "Modes")]
    pub(crate) write: bool,

    #[command(flatten)]
    pub(crate) fixes: FixArguments,

    #[command(flatten)]
    pub(crate) input: InputArguments,

    /// The engine: docker, podman, nerdctl, or a path to one [default: the first of them that answers]
    #[arg(long, value_name = "NAME", help_heading = "Engine")]
    pub(crate) engine: Option<String>,

    /// The builder of docker buildx that builds; it may be far away
    #[arg(long, value_name = "NAME", help_heading = "Engine")]
    pub(crate) builder: Option<String>,

    /// For each build: a build argument
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Engine")]
    build_arg: Vec<String>,

    /// For each build: what stands in the place of a stage or an image
    #[arg(long, value_name = "NAME=PLACE", help_heading = "Engine")]
    build_context: Vec<String>,

    /// For each build: a secret
    #[arg(long, value_name = "SECRET", help_heading = "Engine")]
    secret: Vec<String>,

    /// For each build: the network of RUN
    #[arg(long, value_name = "MODE", help_heading = "Engine")]
    network: Option<String>,

    /// For each container: a variable
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Engine")]
    env: Vec<String>,

    /// For each container: a file with variables
    #[arg(long, value_name = "FILE", help_heading = "Engine")]
    env_file: Vec<PathBuf>,

    /// The path that servers are asked for
    #[arg(long, value_name = "PATH", default_value = "/", help_heading = "Engine")]
    pub(crate) ask: String,

    /// How many seconds a container has until it answers; without a port, how long it has to stay up
    #[arg(long, value_name = "SECONDS", default_value_t = 20, help_heading = "Engine")]
    pub(crate) wait: u64,

    /// How many seconds a build may take
    #[arg(long, value_name = "SECONDS", default_value_t = 1800, help_heading = "Engine")]
    pub(crate) build_timeout: u64,

    /// Count no vulnerabilities, though trivy, grype or docker scout is there
    #[arg(long, help_heading = "Engine")]
    pub(crate) no_scan: bool,

    #[command(flatten)]
    pub(crate) output: OutputArguments,

    /// Further options for each build, behind `--`
    #[arg(last = true, value_name = "BUILD OPTIONS")]
    build_options: Vec<String>,
}

impl VerifyArguments {
    /// What the parser cannot say by itself.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.paths.iter().any(|path| path.as_os_str() == "-") {
            return Err("`verify` needs a file: standard input has no build context");
        }
        if !self.ask.starts_with('/') || self.ask.contains(|c: char| c.is_control() || c == ' ') {
            return Err("`--ask` needs a path that begins with `/`");
        }
        Ok(())
    }

    /// Words that each build gets.
    pub(crate) fn build_words(&self) -> Vec<String> {
        let options = [
            ("--build-arg", &self.build_arg),
            ("--build-context", &self.build_context),
            ("--secret", &self.secret),
        ];
        let given = options
            .into_iter()
            .flat_map(|(name, values)| values.iter().map(move |value| format!("{name}={value}")));
        let network = self.network.iter().map(|mode| format!("--network={mode}"));
        given.chain(network).chain(self.build_options.iter().cloned()).collect()
    }

    /// Words that each container gets.
    pub(crate) fn run_words(&self) -> Vec<String> {
        let files = self.env_file.iter().map(|file| format!("--env-file={}", file.display()));
        files.chain(self.env.iter().map(|variable| format!("--env={variable}"))).collect()
    }

    /// How many contexts are verified at a time.
    pub(crate) fn jobs(&self) -> usize {
        let there = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_JOBS);
        self.output.jobs.map_or(there, |jobs: NonZeroU16| usize::from(jobs.get()))
    }
}

const AFTER_HELP: &str = "\
Exit status: 0 all that changes is verified, 1 something failed, 2 an error.";

const AFTER_LONG_HELP: &str = "\
Exit status:
  0  all that changes is verified, or nothing changes
  1  a rewritten file did something worse than the original; the transform is
     named and held back, and what is left was verified
  2  an error: no engine, an original that does not build, a file that cannot
     be read; the others are done

What is compared:
  size, layers, user, exposed ports and variables of the image; whether the
  container starts and stays up, or ends with the same code; on which ports it
  listens and with which HTTP status it answers; whether it gets healthy, by
  its health check's own times; how it stops; which steps run again after an
  edit of a source; packages, setuid files and a shell; vulnerabilities, where
  a scanner is on PATH.

JSON (`--output-format json`): an array of objects, one for each Dockerfile,
or for each of its stages that the project builds:
  path       as in messages
  target     the stage, or null for the last one
  verdict    verified, failed, unchanged, impossible
  error      null, or why it is impossible
  points     point, before, after, change (same, better, different, worse)
  applied    the transforms of what was verified
  held_back  transform, because: those whose result failed
  notes      what else is to be known";
