//! An install of npm in a RUN: where it works, on which package, with which npm.

use super::super::shipped::{Shipped, join};
use super::commands::{Step, Steps};
use super::placement::{Copy, Placed, folder_at};
use super::turn::Turn;
use crate::edit::Edit;
use crate::project::ecosystems::npm::{self, Lock, Package};
use crate::shell::{Action, Install, Manager, Role};
use crate::source::Span;
use crate::syntax::{Arguments, JoinedSpan, Keyword};

/// A RUN of a stage.
pub(super) struct Place<'a> {
    pub(super) turn: &'a Turn<'a>,
    pub(super) stage: usize,
    pub(super) run: usize,
}

/// The first install of what the manifest lists in a RUN.
pub(super) struct Target<'a> {
    /// The commands of the RUN.
    pub(super) steps: &'a [Step],
    /// Which of them it is.
    pub(super) at: usize,
    /// The install.
    pub(super) install: &'a Install,
    /// The folder of the image in which it works.
    pub(super) folder: String,
    /// The package that stands there.
    pub(super) package: Package,
    /// Names the lock in the COPY of the manifest, where nothing has brought it yet.
    pub(super) adds_lock: Option<Edit>,
}

/// A package manager in a RUN.
pub(super) struct Found<'a> {
    /// The commands of the RUN.
    pub(super) steps: &'a [Step],
    /// Which of them it is.
    pub(super) at: usize,
    /// What it is told.
    pub(super) install: &'a Install,
    /// The folder of the image in which it works.
    pub(super) folder: String,
}

impl<'a> Target<'a> {
    /// The command itself.
    pub(super) fn step(&self) -> &'a Step {
        &self.steps[self.at]
    }
}

/// The RUN instructions of a file, stage by stage.
pub(super) fn places<'a>(turn: &'a Turn<'a>) -> impl Iterator<Item = Place<'a>> {
    let stages = turn.input.model.stages.iter().enumerate();
    let runs = stages
        .flat_map(move |(stage, of)| of.instructions.clone().map(move |run| Place { turn, stage, run }));
    runs.filter(|place| place.turn.input.document.instructions[place.run].keyword == Keyword::Run)
}

impl<'a> Place<'a> {
    /// The first install of the whole project by npm that `wanted` accepts, where a lock that was read is copied before,
    /// or can be together with the manifest.
    pub(super) fn target(&self, wanted: impl Fn(&Install) -> bool) -> Option<Target<'a>> {
        let Found { steps, at, install, folder } =
            self.find(|install| installs_here(install) && install.whole_project && wanted(install))?;
        let package = self.package(&folder)?;
        let Lock { path, .. } = package.lock()?;
        let name = path.rsplit('/').next().unwrap_or(path);
        // A lock that is not copied yet fixes nothing in this RUN.
        let adds_lock = match self.origin(&join(&folder, name)) {
            Some(copied) if copied == *path => None,
            Some(_) => return None,
            None => Some(self.add_beside_manifest(&folder, name)?),
        };
        Some(Target { steps, at, install, folder, package, adds_lock })
    }

    /// The edit that lets the COPY of `package.json` bring another file of its folder; `None` where it copies more than
    /// files that it names, or to a name.
    fn add_beside_manifest(&self, folder: &str, name: &str) -> Option<Edit> {
        const MANIFEST: &str = "package.json";
        let manifest = join(folder, MANIFEST);
        let own = self.turn.input.model.stages[self.stage].instructions.clone();
        let mut copies = self.turn.copies(self.stage).iter().rev();
        let copy = copies.find(|copy| copy.index < self.run && copy.may_touch(&manifest))?;
        // What another COPY of the folder brings may be the file, too: that is not looked into.
        let files = copy.placed.as_ref()?.iter().all(|placed| matches!(placed, Placed::File { .. }));
        let instruction = &self.turn.input.document.instructions[copy.index];
        let Arguments::Words(words) = &instruction.arguments else { return None };
        let (destination, sources) = words.split_last()?;
        let destination = instruction.text(*destination);
        let into_folder = destination == "." || destination.ends_with('/');
        if !files || !own.contains(&copy.index) || !into_folder {
            return None;
        }
        let word = *sources.iter().find(|word| {
            let text = instruction.text(**word);
            text == MANIFEST || text.ends_with(&format!("/{MANIFEST}"))
        })?;
        let written = instruction.text(word);
        let beside = format!("{}{name}", written.strip_suffix(MANIFEST)?);
        Some(Edit::replace(instruction.source_span(word)?, format!("{written} {beside}")))
    }

    /// The first package manager of the RUN that `wanted` accepts, and the folder in which it works.
    pub(super) fn find(&self, wanted: impl Fn(&Install) -> bool) -> Option<Found<'a>> {
        let Steps::Chain(steps) = self.turn.steps(self.run)? else { return None };
        let mut folder = folder_at(self.turn.input, self.stage, self.run)?;
        let mut found = None;
        for (at, step) in steps.iter().enumerate() {
            if let Some(change) = step.changes_folder() {
                folder = join(&folder, change);
            }
            if let Some(install) = step.install.as_ref().filter(|install| wanted(install)) {
                found = Some((at, install));
                break;
            }
        }
        let (at, install) = found?;
        for directory in install.values_as(Role::Directory) {
            folder = join(&folder, directory.text.as_deref()?);
        }
        Some(Found { steps, at, install, folder })
    }

    /// The package whose manifest stands in a folder of the image when the RUN begins.
    fn package(&self, folder: &str) -> Option<Package> {
        let manifest = self.origin(&format!("{}/package.json", folder.trim_end_matches('/')))?;
        let parent = manifest.rsplit_once('/').map_or("", |(parent, _)| parent);
        npm::read(self.turn.input.project, parent)?.ok()
    }

    /// The path of the context that stands at a path of the image when the RUN begins.
    pub(super) fn origin(&self, path: &str) -> Option<String> {
        let before =
            self.turn.copies(self.stage).iter().filter(|copy| copy.index < self.run && copy.may_touch(path));
        let mut origins = before.rev().map(|copy: &Copy| match &copy.placed {
            Some(_) => Ok(copy.origin(self.turn.input, path)),
            // It may bring another file, and nothing is known of what was there before.
            None => Err(()),
        });
        origins.find_map(|origin| origin.transpose())?.ok()
    }

    /// Package managers that run before this RUN, in the stage and those below it, with their instructions.
    pub(super) fn earlier(&self) -> impl Iterator<Item = (usize, &'a Install)> {
        let runs = self.turn.runs_before(self.stage, self.run);
        runs.flat_map(|index| {
            let installs = self.turn.steps(index).into_iter().flat_map(Steps::installs);
            installs.map(move |install| (index, install))
        })
    }

    /// The commands of the RUN instructions before this one, in the stage and those below it, in the order of the build;
    /// of each that is a plain chain.
    pub(super) fn earlier_steps(&self) -> impl DoubleEndedIterator<Item = &'a Step> {
        self.turn.steps_before(self.stage, self.run)
    }

    /// The line of a command, before the install or in its RUN, that may remove or change the lock: it names one, or
    /// removes what a pattern finds.
    pub(super) fn changes_lock(&self) -> Option<usize> {
        let document = self.turn.input.document;
        let mut runs = self.turn.runs_before(self.stage, self.run + 1);
        let run = runs.find(|run| {
            let text = document.line_span(*run).of(self.turn.input.source.text());
            let words = || text.split(|letter: char| letter.is_whitespace() || ";&|()'\"".contains(letter));
            let names_lock = |word: &str| {
                !word.starts_with('-')
                    && [".lock", "-lock", "lock.", "shrinkwrap"].iter().any(|part| word.contains(part))
            };
            let pattern = |word: &str| word.contains('*') && !word.starts_with('/');
            words().any(names_lock) || words().any(|word| word == "rm") && words().any(pattern)
        })?;
        Some(document.instructions[run].lines.0)
    }

    /// The oldest npm that may run here, by its major release.
    pub(super) fn npm_version(&self) -> Option<u64> {
        let facts = Shipped { input: self.turn.input, stage: self.stage }.facts("MC11").ok()?;
        // Another npm, or another Node with its npm, may have been installed.
        let global =
            |(_, install): &(usize, &Install)| install.manager == Manager::Npm && install.has(Role::Global);
        if facts.repository != "node"
            || self.earlier().any(|found| global(&found) && self.replaces_npm(found))
        {
            return None;
        }
        let major = facts.version?.split('.').next()?.parse().ok()?;
        npm::npm_of_node(major)
    }

    fn replaces_npm(&self, (index, install): (usize, &Install)) -> bool {
        let Some(Steps::Chain(steps)) = self.turn.steps(index) else { return true };
        let step = steps.iter().find(|step| step.install.as_ref() == Some(install));
        step.is_none_or(|step| {
            install.operands.iter().any(|at| {
                let word = step.words.get(*at).and_then(Option::as_deref);
                word.is_none_or(|word| ["npm", "n"].contains(&word.split('@').next().unwrap_or_default()))
            })
        })
    }

    /// Where the subcommand stands (`install`), with its quotes in an exec form; `None` where it lies on several lines.
    pub(super) fn word(&self, target: &Target<'_>) -> Option<Span> {
        self.word_of(target.step(), &target.install.command)
    }

    /// Where a word of a command stands, with its quotes in an exec form; `None` where it lies on several lines.
    pub(super) fn word_of(&self, step: &Step, word: &str) -> Option<Span> {
        let instruction = &self.turn.input.document.instructions[self.run];
        let at = step.words.iter().position(|known| known.as_deref() == Some(word))?;
        match instruction.exec_form() {
            Some(words) => instruction.source_span(words.get(at)?.span),
            None => {
                let (shell, _) = instruction.shell_form()?;
                let span = *step.word_spans.get(at)?;
                instruction
                    .source_span(JoinedSpan::new(shell.start() + span.start(), shell.start() + span.end()))
            }
        }
    }

    /// Whether the RUN is an exec form, whose words stand in quotes.
    pub(super) fn is_exec(&self) -> bool {
        self.turn.input.document.instructions[self.run].exec_form().is_some()
    }
}

/// Whether it puts packages into the project's `node_modules`.
pub(super) fn installs_here(install: &Install) -> bool {
    install.manager == Manager::Npm
        && matches!(install.action, Action::Install | Action::Ci)
        && !install.has(Role::Global)
}
