//! Building and measuring: the original of a Dockerfile once, and as many rewritten versions of it as are wanted.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dockfix::project::dockerignore::IgnoreFile;

use super::compare::{Change, Row, Side, compare};
use super::contents::Contents;
use super::engine::{Build, Engine, Keep, LONG, ignore_beside};
use super::image::Image;
use super::leftovers::Mark;
use super::process::Failure;
use super::progress::Progress;
use super::rebuild::{self, Edited, Steps};
use super::scan::Scanner;
use super::trial::{Behaviour, State, Trial};

/// What everything is measured with.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) engine: &'a Engine,
    pub(super) mark: &'a Mark,
    pub(super) scanner: Option<Scanner>,
    /// Words for each container: variables.
    pub(super) run_words: Vec<String>,
    /// How long a build may take.
    pub(super) build_limit: Duration,
    /// How long may pass until a container answers.
    pub(super) wait: Duration,
    /// What servers are asked for.
    pub(super) path: String,
    pub(super) progress: &'a Progress,
    /// The last number that a name was made of.
    pub(super) numbers: AtomicU32,
}

/// A Dockerfile, and one of its stages that is shipped.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// As messages show it.
    pub(super) name: String,
    pub(super) dockerfile: PathBuf,
    pub(super) context: PathBuf,
    /// The ignore file in force.
    pub(super) ignore: Option<PathBuf>,
    pub(super) rules: IgnoreFile,
    /// The stage; none for the last one.
    pub(super) target: Option<String>,
    /// Build arguments that the project's own files give.
    pub(super) arguments: Vec<(String, String)>,
}

/// A rewritten text, and that of its ignore file if the one that lies there does not hold.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Version {
    pub(super) text: String,
    pub(super) ignore: Option<String>,
}

/// The original, measured.
#[derive(Debug)]
pub(super) struct Original {
    tag: String,
    side: Side,
    /// The ports that are asked: those that it exposes, and those on which it listens.
    ports: BTreeSet<u16>,
    /// The context after an edit; the error says why there is none.
    edited: Result<Edited, String>,
}

/// What came of a version beside its original.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    pub(super) rows: Vec<Row>,
    /// What else has to be known to read them.
    pub(super) notes: Vec<String>,
    /// Why what the program does could not be compared, where the original does nothing.
    pub(super) unproven: Option<String>,
}

impl Comparison {
    /// The points in which the version is worse.
    pub(super) fn worse(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.change == Change::Worse)
    }
}

/// A file to build from.
#[derive(Clone, Copy, Debug)]
struct Recipe<'a> {
    dockerfile: &'a Path,
    ignore: Option<&'a Path>,
}

impl Bench<'_> {
    /// Builds the original. The error says that it does not build; then there is nothing to compare with.
    pub(super) fn build_original(&self, subject: &Subject) -> Result<String, Failure> {
        self.say(subject, "building the original");
        let ignore = subject.ignore.as_deref();
        self.build(
            subject,
            &subject.context,
            &Recipe { dockerfile: &subject.dockerfile, ignore },
            Keep::Image,
        )
        .map(|(tag, _)| tag)
    }

    /// Measures the original that was built.
    pub(super) fn measure_original(&self, subject: &Subject, tag: String) -> Result<Original, Failure> {
        let image = Image::read(&self.engine.inspect("image", &tag)?);
        let mut ports = image.tcp_ports();
        self.say(subject, "running the original");
        let mut behaviour = self.run(&tag, &tag, &ports, &image)?;
        // What it listens on without exposing it is asked in a second container.
        let heard = behaviour.listening.clone().unwrap_or_default();
        if behaviour.state == State::Up && !heard.is_subset(&ports) {
            ports.extend(heard);
            behaviour = self.run(&tag, &tag, &ports, &image)?;
        }
        let copy = self.mark.folder().join(format!("{}-edited", self.number()));
        let edited = rebuild::edit_copy(&subject.context, &subject.rules, &copy);
        let recipe = Recipe { dockerfile: &subject.dockerfile, ignore: subject.ignore.as_deref() };
        let side = self.measure(subject, &tag, image, behaviour, &recipe, &edited)?;
        Ok(Original { tag, side, ports, edited })
    }

    /// Builds a version. The error is the build's, if it is [`Failure::Failed`] or took too long.
    pub(super) fn build_version(&self, subject: &Subject, version: &Version) -> Result<Built, Failure> {
        self.say(subject, "building the rewritten file");
        let folder = self.mark.folder().join(format!("{}-rewritten", self.number()));
        let written = self.write(subject, version, &folder);
        let (dockerfile, ignore) = written
            .map_err(|error| Failure::Failed(format!("no temporary file: {}", super::reason(&error))))?;
        let recipe = Recipe { dockerfile: &dockerfile, ignore: ignore.as_deref() };
        let (tag, _) = self.build(subject, &subject.context, &recipe, Keep::Image)?;
        Ok(Built { tag, dockerfile, ignore })
    }

    /// Measures a version that was built, beside its original.
    pub(super) fn compare(
        &self,
        subject: &Subject,
        original: &Original,
        built: &Built,
    ) -> Result<Comparison, Failure> {
        let image = Image::read(&self.engine.inspect("image", &built.tag)?);
        self.say(subject, "running the rewritten one");
        let behaviour = self.run(&built.tag, &original.tag, &original.ports, &image)?;
        let recipe = Recipe { dockerfile: &built.dockerfile, ignore: built.ignore.as_deref() };
        let side = self.measure(subject, &built.tag, image, behaviour, &recipe, &original.edited)?;
        let mut rows = vec![built_row("yes", Change::Same)];
        rows.extend(compare(&original.side, &side));
        let edited = original.edited.as_ref().ok();
        let mut notes: Vec<String> =
            edited.map(|edited| format!("the edit was one of `{}`", edited.file)).into_iter().collect();
        if !self.engine.is_local() && !original.ports.is_empty() {
            notes.push("the engine is not on this machine, so no port was asked".to_owned());
        }
        Ok(Comparison { rows, notes, unproven: original.side.behaviour.failure() })
    }

    /// Removes an image that is not needed any more.
    pub(super) fn remove(&self, tag: &str) {
        let _ = self.engine.output(["rmi", "--force", tag], LONG);
    }

    /// Removes the original with all that was made for it.
    pub(super) fn remove_original(&self, original: &Original) {
        self.remove(&original.tag);
        if let Ok(edited) = &original.edited {
            let _ = fs::remove_dir_all(&edited.folder);
        }
    }

    /// All that can be seen without starting the image as it is meant to be.
    fn measure(
        &self,
        subject: &Subject,
        tag: &str,
        image: Image,
        behaviour: Behaviour,
        recipe: &Recipe<'_>,
        edited: &Result<Edited, String>,
    ) -> Result<Side, Failure> {
        self.say(subject, "reading the files of the image, and building again after an edit");
        let (contents, rebuild) =
            rayon::join(|| self.contents(tag), || self.rebuild(subject, recipe, edited));
        let vulnerabilities = match self.scanner {
            Some(scanner) => unless_stopped(scanner.scan(self.engine, tag))?.ok(),
            None => None,
        };
        Ok(Side { image, contents: contents?, behaviour, rebuild: rebuild?, vulnerabilities })
    }

    fn run(
        &self,
        tag: &str,
        reader: &str,
        ports: &BTreeSet<u16>,
        image: &Image,
    ) -> Result<Behaviour, Failure> {
        let name = format!("{}-{}", self.mark.id(), self.number());
        let labels = self.mark.labels();
        let trial = Trial {
            engine: self.engine,
            name: &name,
            image: tag,
            reader,
            labels: &labels,
            ports,
            words: &self.run_words,
            wait: self.wait,
            health: image.health,
            path: &self.path,
        };
        trial.run()
    }

    /// The files of an image; none where the engine cannot export them.
    fn contents(&self, tag: &str) -> Result<Option<Contents>, Failure> {
        let name = format!("{}-{}", self.mark.id(), self.number());
        let mut create = vec!["create".to_owned(), "--name".to_owned(), name.clone()];
        create.extend(self.mark.labels().into_iter().flat_map(|label| ["--label".to_owned(), label]));
        create.push(tag.to_owned());
        // An image without a command takes one that is never started.
        create.push("none".to_owned());
        unless_stopped(self.engine.output(&create, LONG))?.ok();
        let mut export = self.engine.command(["export", &name]);
        let read = self.engine.runner().stream(&mut export, LONG, |mut archive| Contents::read(&mut archive));
        let read = unless_stopped(read)?;
        let _ = self.engine.output(["rm", "--force", "--volumes", &name], LONG);
        Ok(match read {
            Ok((true, contents, _)) => contents.ok(),
            _ => None,
        })
    }

    /// Builds from the edited context and says what ran.
    fn rebuild(
        &self,
        subject: &Subject,
        recipe: &Recipe<'_>,
        edited: &Result<Edited, String>,
    ) -> Result<Result<Steps, String>, Failure> {
        let edited = match edited {
            Ok(edited) => edited,
            Err(why) => return Ok(Err(format!("not tried: {why}"))),
        };
        let built = unless_stopped(self.build(subject, &edited.folder, recipe, Keep::Nothing))?;
        Ok(match built {
            Ok((tag, log)) => {
                if self.engine.keeps_all_builds() {
                    self.remove(&tag);
                }
                Ok(Steps::read(&log))
            }
            Err(failure) => Err(format!("does not build: {failure}")),
        })
    }

    fn build(
        &self,
        subject: &Subject,
        context: &Path,
        recipe: &Recipe<'_>,
        keep: Keep,
    ) -> Result<(String, String), Failure> {
        let tag = format!("{}:{}", self.mark.id(), self.number());
        let labels = self.mark.labels();
        let build = Build {
            dockerfile: recipe.dockerfile,
            ignore: recipe.ignore,
            context,
            target: subject.target.as_deref(),
            arguments: &subject.arguments,
            labels: &labels,
            tag: &tag,
            keep,
            limit: self.build_limit,
        };
        let log = self.engine.build(&build)?;
        Ok((tag, log))
    }

    /// Writes a version into a folder of ours: the user's stays as it is.
    fn write(
        &self,
        subject: &Subject,
        version: &Version,
        folder: &Path,
    ) -> std::io::Result<(PathBuf, Option<PathBuf>)> {
        fs::create_dir(folder)?;
        let dockerfile = folder.join("Dockerfile");
        fs::write(&dockerfile, &version.text)?;
        let beside = ignore_beside(&dockerfile);
        let own = subject.ignore.as_ref().filter(|ignore| **ignore == ignore_beside(&subject.dockerfile));
        let ignore = match (&version.ignore, own) {
            (Some(text), _) => {
                fs::write(&beside, text)?;
                Some(beside)
            }
            // The Dockerfile's own ignore file counts only beside it.
            (None, Some(own)) => {
                fs::copy(own, &beside)?;
                Some(beside)
            }
            (None, None) => subject.ignore.clone(),
        };
        Ok((dockerfile, ignore))
    }

    fn number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn say(&self, subject: &Subject, what: &str) {
        self.progress.say(&subject.name, what);
    }
}

/// A version that was built.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) tag: String,
    dockerfile: PathBuf,
    ignore: Option<PathBuf>,
}

/// The first point of every comparison.
pub(super) fn built_row(after: &str, change: Change) -> Row {
    Row { what: "builds", before: "yes".to_owned(), after: after.to_owned(), change }
}

/// What is not vital may fail, but the user's wish to stop is heard everywhere.
fn unless_stopped<T>(result: Result<T, Failure>) -> Result<Result<T, Failure>, Failure> {
    match result {
        Err(Failure::Stopped) => Err(Failure::Stopped),
        other => Ok(other),
    }
}
