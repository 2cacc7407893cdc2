//! `dockfix.toml`: what a user can set, and the options that result for one file.
//!
//! Works on text alone: which file governs which Dockerfile is for the caller to find out. Every key that is read here
//! is used by a transform; a key that nobody uses is an error to the user.

mod editorconfig;
mod hadolint;
mod images;
mod layout;
mod packages;
mod pattern;
mod reader;

use std::fmt;

pub use self::editorconfig::EditorConfig;
pub use self::hadolint::hadolint_ignored;
pub use self::images::{ImagesOptions, Trusted};
pub use self::layout::{BlankLines, Indent, KeywordCase, LayoutOptions, LineEnding, Operators};
pub use self::packages::{PackageCache, PackagesOptions};
use self::pattern::PathPattern;
use self::reader::{Reader, Section, list};
use crate::source::Place;

/// The settings in force for one Dockerfile.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Options {
    /// Which transforms run.
    pub selection: Selection,
    /// Apply fixes that are not proven too. Only the command line can say so: what holds for one run must not be
    /// forgotten in a file.
    pub unproven: bool,
    /// Only this text can be changed: fixes that need a new file wait. So it is where the result goes to standard
    /// output, and nobody would write the other file.
    pub text_only: bool,
    /// Only these lines, counted from 1, may be changed, and those of the instructions that they belong to. Only the
    /// command line can say so, since lines move.
    pub lines: Option<(usize, usize)>,
    /// Who the container runs as.
    pub user: UserOptions,
    /// How the container tells its health.
    pub health: HealthOptions,
    /// What the ignore file may hold.
    pub dockerignore: DockerignoreOptions,
    /// Where images come from.
    pub images: ImagesOptions,
    /// What package managers are to do.
    pub packages: PackagesOptions,
    /// How the text is laid out.
    pub layout: LayoutOptions,
}

/// The table `[dockerignore]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct DockerignoreOptions {
    /// `unneeded`: lines that may be written, since no build needs what they exclude.
    pub unneeded: Option<Vec<String>>,
}

/// The table `[user]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct UserOptions {
    /// `id`: the numeric user; never 0.
    pub id: Option<u32>,
    /// `group`: the numeric group.
    pub group: Option<u32>,
    /// `writable`: every folder that the program writes to. An empty list says that it writes nowhere.
    pub writable: Option<Vec<String>>,
    /// `style`: which user, where there is a choice.
    pub style: Option<UserStyle>,
    /// `start`: what the start command runs in the end, as an exec form, where a script stands before it.
    pub start: Option<Vec<String>>,
    /// `low-ports`: whether the engine lets everybody bind ports below 1024.
    pub low_ports: Option<bool>,
    /// `run-as-root`: why the container needs root.
    pub run_as_root: Option<String>,
}

/// Which user the container gets, where there is a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UserStyle {
    /// `existing`: the image's own, such as `node`; else as if nothing was said.
    Existing,
    /// `own`: one that is made for it.
    Own,
    /// `number`: a bare number, without an entry in `/etc/passwd`.
    Number,
}

/// The table `[health]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct HealthOptions {
    /// `port`: where the server listens.
    pub port: Option<u16>,
    /// `path`: what to ask for; it begins with a slash.
    pub path: Option<String>,
    /// `command`: the probe, as an exec form.
    pub command: Option<Vec<String>>,
    /// `interval`, as the instruction's flag takes it: `30s`.
    pub interval: Option<String>,
    /// `timeout`, likewise.
    pub timeout: Option<String>,
    /// `start-period`, likewise.
    pub start_period: Option<String>,
    /// `retries`; at least 1.
    pub retries: Option<u32>,
}

/// Which transforms run, by name or category.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Selection {
    /// From the weakest to the strongest: `dockfix.toml`, then the command line.
    steps: Vec<Choice>,
}

/// One voice in a [`Selection`].
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Names and categories to run, in place of all that was chosen before.
    pub select: Option<Vec<String>>,
    /// Names and categories to leave out.
    pub ignore: Vec<String>,
}

impl Selection {
    /// No transform at all: the file is looked at for the sake of others.
    pub fn nothing() -> Selection {
        Selection { steps: vec![Choice { select: Some(Vec::new()), ignore: Vec::new() }] }
    }

    /// The same with a weaker voice below all others.
    #[must_use]
    pub fn over(mut self, choice: Choice) -> Selection {
        self.steps.insert(0, choice);
        self
    }

    /// The same with a stronger voice.
    #[must_use]
    pub fn then(mut self, choice: Choice) -> Selection {
        self.steps.push(choice);
        self
    }

    /// Whether a transform runs, by its name, its category and whether it is on without being selected. Within one
    /// voice a name counts more than a category, and leaving out counts more than taking.
    pub fn enables(&self, name: &str, category: &str, default: bool) -> bool {
        let weight = |list: &[String]| {
            let weights =
                list.iter().map(|entry| if entry == name { 2 } else { u8::from(entry == category) });
            weights.max().unwrap_or(0)
        };
        self.steps.iter().fold(default, |enabled, choice| {
            let left_out = weight(&choice.ignore);
            match &choice.select {
                Some(select) => weight(select) > left_out,
                None => enabled && left_out == 0,
            }
        })
    }
}

/// What is wrong with a `dockfix.toml`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl std::error::Error for ConfigError {}

/// A `dockfix.toml`, read and checked.
#[derive(Clone, Default, Debug)]
pub struct Config {
    exclude: Vec<PathPattern>,
    general: Layer,
    overrides: Vec<Override>,
}

/// `[[override]]`: other settings for some files.
#[derive(Clone, Debug)]
struct Override {
    files: Vec<PathPattern>,
    layer: Layer,
}

/// The keys that stand both at the top and in an override.
#[derive(Clone, Default, Debug)]
struct Layer {
    select: Option<Vec<String>>,
    ignore: Option<Vec<String>>,
    user: UserOptions,
    health: HealthOptions,
    dockerignore: DockerignoreOptions,
    images: ImagesOptions,
    packages: PackagesOptions,
    layout: LayoutOptions,
}

impl Config {
    /// Reads the text of a `dockfix.toml`. `selectors` are the names that `select` and `ignore` may hold.
    pub fn parse(text: &str, selectors: &[&str]) -> Result<Config, ConfigError> {
        let reader = Reader::new(text)?;
        let mut top = reader.top()?;
        let exclude = top.take("exclude", |value| list(value, PathPattern::read))?.unwrap_or_default();
        let general = Layer::read(&mut top, selectors)?;
        let mut overrides = Vec::new();
        for mut section in top.sections("override")? {
            let files = section.required("files", |value| list(value, PathPattern::read))?;
            let layer = Layer::read(&mut section, selectors)?;
            section.finish()?;
            overrides.push(Override { files, layer });
        }
        top.finish()?;
        Ok(Config { exclude, general, overrides })
    }

    /// Whether files at `path` (relative to the folder of the `dockfix.toml`, `/` between parts) are left alone when
    /// folders are searched.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|pattern| pattern.covers(path))
    }

    /// The options for the file at `path`. Of overrides that fit, the later one counts, key by key.
    pub fn options_for(&self, path: &str) -> Options {
        let fitting =
            self.overrides.iter().filter(|entry| entry.files.iter().any(|pattern| pattern.covers(path)));
        let layer = fitting.fold(self.general.clone(), |below, entry| entry.layer.clone().over(below));
        let choice = Choice { select: layer.select, ignore: layer.ignore.unwrap_or_default() };
        let selection = Selection::default().then(choice);
        let Layer { user, health, dockerignore, images, packages, layout, .. } = layer;
        Options { selection, user, health, dockerignore, images, packages, layout, ..Options::default() }
    }
}

impl Layer {
    fn read(section: &mut Section<'_>, selectors: &[&str]) -> Result<Layer, ConfigError> {
        Ok(Layer {
            select: section.take("select", |value| list(value, |value| reader::one_of(value, selectors)))?,
            ignore: section.take("ignore", |value| list(value, |value| reader::one_of(value, selectors)))?,
            user: section.table("user", UserOptions::read)?,
            health: section.table("health", HealthOptions::read)?,
            dockerignore: section.table("dockerignore", DockerignoreOptions::read)?,
            images: section.table("images", ImagesOptions::read)?,
            packages: section.table("packages", PackagesOptions::read)?,
            layout: section.table("layout", LayoutOptions::read)?,
        })
    }

    /// These settings, and those `below` where nothing is set here.
    fn over(self, below: Layer) -> Layer {
        Layer {
            select: self.select.or(below.select),
            ignore: self.ignore.or(below.ignore),
            user: self.user.over(below.user),
            health: self.health.over(below.health),
            dockerignore: self.dockerignore.over(below.dockerignore),
            images: self.images.over(below.images),
            packages: self.packages.over(below.packages),
            layout: self.layout.over(below.layout),
        }
    }
}

impl DockerignoreOptions {
    fn read(section: &mut Section<'_>) -> Result<DockerignoreOptions, ConfigError> {
        Ok(DockerignoreOptions { unneeded: section.take("unneeded", |value| list(value, reader::text))? })
    }

    fn over(self, below: DockerignoreOptions) -> DockerignoreOptions {
        DockerignoreOptions { unneeded: self.unneeded.or(below.unneeded) }
    }
}

impl UserOptions {
    fn read(section: &mut Section<'_>) -> Result<UserOptions, ConfigError> {
        Ok(UserOptions {
            id: section.take("id", |value| {
                reader::number(value, 1, "a number above 0; to keep root, say why with `run-as-root`")
            })?,
            group: section.take("group", |value| reader::number(value, 0, "a number"))?,
            writable: section.take("writable", |value| list(value, reader::text))?,
            style: section.take("style", UserStyle::read)?,
            start: section.take("start", reader::command)?,
            low_ports: section.take("low-ports", reader::truth)?,
            run_as_root: section.take("run-as-root", reader::text)?,
        })
    }

    fn over(self, below: UserOptions) -> UserOptions {
        UserOptions {
            id: self.id.or(below.id),
            group: self.group.or(below.group),
            writable: self.writable.or(below.writable),
            style: self.style.or(below.style),
            start: self.start.or(below.start),
            low_ports: self.low_ports.or(below.low_ports),
            run_as_root: self.run_as_root.or(below.run_as_root),
        }
    }
}

impl UserStyle {
    const NAMES: &[(&str, UserStyle)] =
        &[("existing", UserStyle::Existing), ("own", UserStyle::Own), ("number", UserStyle::Number)];

    fn read(value: reader::Value<'_>) -> Result<UserStyle, ConfigError> {
        reader::choice(value, UserStyle::NAMES)
    }
}

impl HealthOptions {
    fn read(section: &mut Section<'_>) -> Result<HealthOptions, ConfigError> {
        Ok(HealthOptions {
            port: section.take("port", |value| reader::number(value, 1, "a port from 1 to 65535"))?,
            path: section.take("path", reader::url_path)?,
            command: section.take("command", reader::command)?,
            interval: section.take("interval", reader::duration)?,
            timeout: section.take("timeout", reader::duration)?,
            start_period: section.take("start-period", reader::duration)?,
            retries: section.take("retries", |value| reader::number(value, 1, "a number above 0"))?,
        })
    }

    fn over(self, below: HealthOptions) -> HealthOptions {
        HealthOptions {
            port: self.port.or(below.port),
            path: self.path.or(below.path),
            command: self.command.or(below.command),
            interval: self.interval.or(below.interval),
            timeout: self.timeout.or(below.timeout),
            start_period: self.start_period.or(below.start_period),
            retries: self.retries.or(below.retries),
        }
    }
}

#[cfg(test)]
mod tests;
