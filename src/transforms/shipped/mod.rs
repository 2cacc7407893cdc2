//! The stage that is shipped, as its container will see it: base image, user, folder, start command, and where its
//! files come from. Shared by every transform that judges what runs; says "not known" rather than guess.

mod built;
mod options;
mod origin;
mod program;
mod script;
mod surveyed;

use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) use self::origin::Origin;
pub(super) use self::program::Program;
use super::{Input, Missing};
use crate::images::{self, Facts};
use crate::model::{Base, ImageRef, Model, Workdir};
use crate::project::builds::Build;
use crate::syntax::{Arguments, Instruction, Keyword};

/// The shipped stage of a file.
#[derive(Clone, Copy)]
pub(super) struct Shipped<'a> {
    pub(super) input: &'a Input<'a>,
    /// Its index.
    pub(super) stage: usize,
}

/// Who sets ENTRYPOINT or CMD.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Setter {
    /// An instruction of this file.
    Instruction(usize),
    /// The base image, or nobody: only the facts about the image can tell.
    BaseImage,
    /// Nobody: an ENTRYPOINT of this file clears the CMD of what is below it.
    Cleared,
}

/// What starts the container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Start {
    pub(super) entrypoint: Setter,
    pub(super) cmd: Setter,
}

/// A command as the file writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Form<'a> {
    /// The words of an exec form.
    Exec(Vec<&'a str>),
    /// The text of a shell form.
    Shell(&'a str),
    /// Nothing at all: `CMD []`, `ENTRYPOINT` alone.
    Empty,
}

impl<'a> Shipped<'a> {
    /// The stage that a build without a target makes. `None` where there is none.
    pub(super) fn of(input: &'a Input<'a>) -> Option<Shipped<'a>> {
        input.model.final_stage().map(|stage| Shipped { input, stage })
    }

    /// Every stage that is shipped: the one that a build without a target makes, and each that the project's own builds
    /// name as their target. In the order of the file.
    pub(super) fn all(input: &'a Input<'a>) -> Vec<Shipped<'a>> {
        let model = input.model;
        let named = input
            .builds
            .iter()
            .filter_map(|build| model.stage_named(build.target.as_deref()?, model.stages.len()));
        let stages: BTreeSet<usize> = named.chain(model.final_stage()).collect();
        stages.into_iter().map(|stage| Shipped { input, stage }).collect()
    }

    /// The builds of the project that make this stage.
    pub(super) fn builds(&self) -> impl Iterator<Item = &'a Build> + use<'a> {
        let (model, stage) = (self.input.model, self.stage);
        self.input.builds.iter().filter(move |build| {
            let named =
                build.target.as_deref().and_then(|target| model.stage_named(target, model.stages.len()));
            named.or(model.final_stage()) == Some(stage)
        })
    }

    pub(super) fn instruction(&self, index: usize) -> &'a Instruction {
        &self.input.document.instructions[index]
    }

    /// The text of an instruction with the bodies of its heredocs.
    pub(super) fn whole_text(&self, index: usize) -> Cow<'a, str> {
        let instruction = self.instruction(index);
        let text = instruction.joined.text();
        if instruction.heredocs.is_empty() {
            return Cow::Borrowed(text);
        }
        let source = self.input.document.text();
        let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(source));
        Cow::Owned(std::iter::once(text).chain(bodies).collect::<Vec<_>>().join("\n"))
    }

    /// The stage and those of this file below it, nearest first.
    pub(super) fn lineage(&self) -> Vec<usize> {
        self.input.model.lineage(self.stage)
    }

    /// Indexes of the instructions that make the stage, those of the stages below it first.
    pub(super) fn instructions(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let stages = &self.input.model.stages;
        let ranges: Vec<_> =
            self.lineage().into_iter().rev().map(|stage| stages[stage].instructions.clone()).collect();
        ranges.into_iter().flatten()
    }

    /// The last instruction of a keyword that makes the stage.
    pub(super) fn last(&self, keyword: Keyword) -> Option<usize> {
        self.instructions().rfind(|index| self.instruction(*index).keyword == keyword)
    }

    /// Index of the stage's last instruction.
    pub(super) fn end(&self) -> usize {
        self.input.model.stages[self.stage].instructions.end - 1
    }

    /// The image that the stage stands on in the end; `None` for scratch and for what cannot be told.
    pub(super) fn image(&self) -> Option<&'a ImageRef> {
        match self.input.model.root_base(self.stage) {
            Base::Image(image) => Some(image),
            _ => None,
        }
    }

    /// What is known about the image that the stage stands on; a [`Missing`] under `id` where that cannot be told.
    pub(super) fn facts(&self, id: &'static str) -> Result<Facts, Missing> {
        let missing = |text: String, remedy: &str| Missing { id, text, remedy: remedy.to_owned() };
        match self.input.model.root_base(self.stage) {
            Base::Scratch => images::facts("scratch", None)
                .ok_or_else(|| missing("nothing is known about `scratch`".to_owned(), "name a base image")),
            Base::Image(image) if self.is_replaced(image).is_some() => {
                let by = self.is_replaced(image).unwrap_or_default();
                Err(missing(format!("{by} puts another context in its place"), "leave that context out"))
            }
            Base::Image(image) if image.tag.is_none() && image.digest.is_some() => Err(missing(
                format!("`{}` has a digest and no tag, so its version is not known", image.written),
                "write the tag before the digest",
            )),
            Base::Image(image) => {
                let facts = self.known(image).ok_or_else(|| {
                    missing(
                        format!("nothing is known about the base image `{}`", image.written),
                        "use an image that is known, or name its public twin in `[images] alias` of dockfix.toml",
                    )
                })?;
                match self.disagreeing(image, &facts) {
                    None => Ok(facts),
                    Some(text) => Err(missing(text, "write the image into FROM")),
                }
            }
            Base::Stage(_) | Base::Unknown => {
                Err(missing("the base image cannot be told".to_owned(), "write the image into FROM"))
            }
        }
    }

    fn known(&self, image: &ImageRef) -> Option<Facts> {
        images::facts(&self.input.public_name(image), image.tag.as_deref())
    }

    /// Which build argument makes the base image another one than its default does. A build that nobody wrote down is
    /// not known, but those that are must agree.
    fn disagreeing(&self, image: &ImageRef, facts: &Facts) -> Option<String> {
        let builds = self.input.builds.iter().filter(|_| !image.variables.is_empty());
        builds.filter(|build| !build.arguments.is_empty()).find_map(|build| {
            let model = Model::with_arguments(self.input.document, &build.arguments);
            let other = match model.root_base(self.stage) {
                Base::Image(other) if other.resolved == image.resolved => return None,
                Base::Image(other) => Some(other).filter(|other| self.known(other).as_ref() != Some(facts)),
                _ => None,
            };
            let same = matches!(model.root_base(self.stage), Base::Image(_)) && other.is_none();
            let chosen = other
                .map_or("a base image that is not known".to_owned(), |other| format!("`{}`", other.resolved));
            (!same).then(|| format!("{} builds on {chosen}, not on `{}`", build.at(), image.resolved))
        })
    }

    /// The build that puts a context of its own in the place of the image or of a stage below.
    fn is_replaced(&self, image: &ImageRef) -> Option<String> {
        let stages =
            self.lineage().into_iter().filter_map(|stage| self.input.model.stages[stage].name.as_deref());
        let names: Vec<&str> = stages.chain([image.resolved.as_str(), image.repository.as_str()]).collect();
        let replaces = |name: &String| names.iter().any(|known| known == name);
        let build = self.input.builds.iter().find(|build| build.contexts.iter().any(replaces))?;
        Some(build.at())
    }

    /// Whether the image is one of Windows by its name, as far as it is not known otherwise.
    pub(super) fn names_windows(&self) -> bool {
        const NAMES: &[&str] = &["nanoserver", "servercore", "/windows/"];
        self.image().is_some_and(|image| NAMES.iter().any(|name| image.written.contains(name)))
    }

    /// Whether a stage below has ONBUILD triggers, which run in this one without being written in it.
    pub(super) fn has_triggers(&self) -> bool {
        let stages = &self.input.model.stages;
        let below = self.lineage().into_iter().skip(1).flat_map(|stage| stages[stage].instructions.clone());
        below.into_iter().any(|index| self.instruction(index).keyword == Keyword::Onbuild)
    }

    /// The USER in force at the end; `None` is the base image's.
    pub(super) fn user(&self) -> Option<&'a str> {
        let at = self.last(Keyword::User)?;
        Some(self.instruction(at).text(self.instruction(at).rest))
    }

    /// The working folder at the end, where the file alone tells it; `base` is the base image's WORKDIR if known.
    pub(super) fn workdir(&self, base: Option<&str>) -> Option<String> {
        let end = self.end();
        let at_end = self.last(Keyword::Workdir).map(|at| at + 1).filter(|next| *next <= end);
        // A context holds what was in force before its instruction, so a WORKDIR at the very end is read apart.
        match at_end {
            None if self.last(Keyword::Workdir) == Some(end) => self.folder_after(end, base),
            _ => resolve_folder(&self.input.model.contexts[end].workdir, base),
        }
    }

    /// The working folder after a WORKDIR that is the last instruction.
    fn folder_after(&self, index: usize, base: Option<&str>) -> Option<String> {
        let before = resolve_folder(&self.input.model.contexts[index].workdir, base)?;
        let instruction = self.instruction(index);
        let path = self.input.model.literal(index, instruction.text(instruction.rest))?;
        Some(join(&before, &path))
    }

    /// The working folder when an instruction begins.
    pub(super) fn workdir_at(&self, index: usize, base: Option<&str>) -> Option<String> {
        resolve_folder(&self.input.model.contexts[index].workdir, base)
    }

    /// Who sets ENTRYPOINT and CMD in the end.
    pub(super) fn start(&self) -> Start {
        let stages = &self.input.model.stages;
        let mut start = Start { entrypoint: Setter::BaseImage, cmd: Setter::BaseImage };
        for stage in self.lineage().into_iter().rev() {
            let range = stages[stage].instructions.clone();
            let set_here = |keyword| range.clone().rfind(|index| self.instruction(*index).keyword == keyword);
            if let Some(entrypoint) = set_here(Keyword::Entrypoint) {
                start.entrypoint = Setter::Instruction(entrypoint);
                start.cmd = Setter::Cleared;
            }
            if let Some(cmd) = set_here(Keyword::Cmd) {
                start.cmd = Setter::Instruction(cmd);
            }
        }
        start
    }

    /// A CMD or ENTRYPOINT as written.
    pub(super) fn form(&self, index: usize) -> Form<'a> {
        let instruction = self.instruction(index);
        match &instruction.arguments {
            Arguments::Exec { words, .. } if !words.is_empty() => {
                Form::Exec(words.iter().map(|word| &*word.value).collect())
            }
            Arguments::Shell(span) => Form::Shell(instruction.text(*span)),
            _ => Form::Empty,
        }
    }

    /// The value that ENV gives a variable in the container, if the file alone is certain of it.
    pub(super) fn environment(&self, name: &str) -> Option<&'a str> {
        let set = |index: &usize| self.instruction(*index).keyword == Keyword::Env;
        let last = self.instructions().rev().find(|index| set(index) && self.sets(*index, name))?;
        // The value after the instruction is seen by the next one, or by the word itself at the end of the stage.
        let instruction = self.instruction(last);
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return None };
        let pair = pairs.iter().rev().find(|pair| instruction.text(pair.key) == name)?;
        let written = pair.value.map(|value| instruction.text(value))?;
        // Only a plain value is handed out, so that it can be borrowed as it stands.
        let plain = !written.contains(['$', '\\', '`', '"', '\'']);
        let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match quoted.filter(|inner| !inner.contains(['$', '\\', '`', '"'])) {
            Some(inner) => Some(inner),
            None => plain.then_some(written),
        }
    }

    /// Whether an ENV of the file sets a variable, to whatever value.
    pub(super) fn sets_variable(&self, name: &str) -> bool {
        let set = |index: usize| {
            let instruction = self.instruction(index);
            instruction.keyword == Keyword::Env && instruction.values().contains(&name)
                || self.sets(index, name)
        };
        self.instructions().any(set)
    }

    fn sets(&self, index: usize, name: &str) -> bool {
        let instruction = self.instruction(index);
        match &instruction.arguments {
            Arguments::KeyValues(pairs) => pairs.iter().any(|pair| instruction.text(pair.key) == name),
            _ => false,
        }
    }

    /// Where a file or folder of the image comes from, followed through other stages to the build context.
    pub(super) fn origin(&self, path: &str, base: Option<&str>) -> Origin {
        origin::of(self, self.stage, path, base)
    }

    /// The stage that makes a file by a RUN, and its path there.
    pub(super) fn made_in(&self, path: &str, base: Option<&str>) -> Option<(usize, String)> {
        origin::made_in(self, self.stage, path, base)
    }

    /// The folder of the build context that lies at a folder of a stage: that which was copied there, or that of the
    /// single files which were.
    pub(super) fn context_folder(&self, stage: usize, folder: &str, base: Option<&str>) -> Option<String> {
        if let Origin::Context(path) = origin::of(self, stage, folder, base) {
            return Some(path);
        }
        let inside = |place: &str| place.rsplit_once('/').map(|(parent, _)| parent.to_owned());
        let copied = origin::copied(self, stage, base)?;
        let (_, path) = copied
            .into_iter()
            .find(|(place, _)| inside(place).as_deref() == Some(folder.trim_end_matches('/')))?;
        Some(path.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned()))
    }

    /// The parts of the build context that are copied into the image, as image folder or file and context path.
    pub(super) fn copied(&self, base: Option<&str>) -> Option<Vec<(String, String)>> {
        origin::copied(self, self.stage, base)
    }

    /// The parts of the build context that one COPY or ADD puts into the image, as place and context path. `None` where
    /// that cannot be told, or where it takes something from elsewhere.
    pub(super) fn placed(&self, index: usize, base: Option<&str>) -> Option<Vec<(String, String)>> {
        origin::placed(self, index, base)
    }
}

fn resolve_folder(folder: &Workdir, base: Option<&str>) -> Option<String> {
    match folder {
        Workdir::Path(path) => Some(path.clone()),
        Workdir::BaseRelative(path) => base.map(|base| join(base, path)),
        Workdir::Unknown => None,
    }
}

/// A path below an absolute folder, or the path itself where it is absolute; without `.`, `..`, doubled slashes.
pub(super) fn join(folder: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What remains of `path` below `folder`; `""` for the folder itself.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    match rest.strip_prefix('/') {
        Some(rest) => Some(rest),
        None => rest.is_empty().then_some(""),
    }
}

/// Whether one of two absolute paths is the other or lies in it.
pub(super) fn meet(one: &str, other: &str) -> bool {
    below(one, other).is_some() || below(other, one).is_some()
}
