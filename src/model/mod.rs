//! Stages, image references, and what is in force at each instruction.
//!
//! Built from the syntax tree alone: it knows no project and no facts about images, so what a base image brings
//! along (its user, working folder, variables) is named as such and left open.

mod environment;
pub mod logical;
mod origins;
mod reference;
pub mod shell_words;
mod sources;
mod stages;
mod undefined;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

pub use self::environment::{Variable, VariableKind};
pub use self::origins::{Origin, Reference};
pub use self::reference::ImageRef;
pub use self::sources::{ContextSource, SourceKind};
pub use self::undefined::Undefined;
use crate::syntax::{Document, Environment, ExpandError, Expanded, Expander};

/// What a stage is built on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// An earlier stage, by index.
    Stage(usize),
    /// An image.
    Image(ImageRef),
    /// The FROM is broken, or its name cannot be told without a build argument.
    Unknown,
}

/// Why one stage needs another, or an outside image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UseKind {
    /// `FROM stage`
    Base,
    /// `COPY --from`
    Copy,
    /// `RUN --mount=from=`
    Mount,
}

/// A use of an earlier stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StageUse {
    /// The stage that is used.
    pub stage: usize,
    /// The instruction that uses it.
    pub instruction: usize,
    /// How.
    pub kind: UseKind,
}

/// A FROM and what follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Its name in lower case, as `--from` finds it.
    pub name: Option<String>,
    /// What it is built on.
    pub base: Base,
    /// Its instructions, FROM first.
    pub instructions: Range<usize>,
    /// Stages that it uses, in the order of its instructions.
    pub uses: Vec<StageUse>,
}

impl Stage {
    /// Index of the FROM.
    pub fn from(&self) -> usize {
        self.instructions.start
    }
}

/// The working folder in force.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Workdir {
    /// A known absolute path.
    Path(String),
    /// A path relative to the base image's working folder; empty where no WORKDIR was seen.
    BaseRelative(String),
    /// It depends on a variable that is not known.
    Unknown,
}

/// What is in force when an instruction begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// The stage, or `None` before the first FROM.
    pub stage: Option<usize>,
    /// The USER instruction in force, of this stage or one below; `None` means the base image's user.
    pub user: Option<usize>,
    /// The working folder.
    pub workdir: Workdir,
    /// The SHELL instruction in force.
    pub shell: Option<usize>,
    /// How many variables of the stage's list are set.
    variables: usize,
}

/// The model of one file.
#[derive(Clone, Debug)]
pub struct Model {
    /// The stages in order.
    pub stages: Vec<Stage>,
    /// What is in force at each instruction of the document.
    pub contexts: Vec<Context>,
    /// Variables before the first FROM.
    pub globals: Vec<Variable>,
    /// Variables set in each stage, in order; those of the base stage are looked up there.
    variables: Vec<Vec<Variable>>,
    /// Stages by name, in order; a name may come again.
    names: HashMap<String, Vec<usize>>,
    escape: char,
}

impl Model {
    /// Reads the model off a tree. Never fails; what is broken is left out or `Unknown`.
    pub fn new(document: &Document) -> Model {
        stages::build(document)
    }

    /// The model as it is when a build gives these arguments; `None` is a value that nobody knows.
    pub fn with_arguments(document: &Document, arguments: &BTreeMap<String, Option<String>>) -> Model {
        stages::build_with(document, arguments)
    }

    /// The last stage: what a build without a target makes.
    pub fn final_stage(&self) -> Option<usize> {
        self.stages.len().checked_sub(1)
    }

    /// The stage of an instruction; `None` before the first FROM.
    pub fn stage_of(&self, instruction: usize) -> Option<usize> {
        self.contexts.get(instruction)?.stage
    }

    /// The stage that a `--from` or `--target` value names, as seen from `before` (stages up to it, exclusive).
    pub fn stage_named(&self, name: &str, before: usize) -> Option<usize> {
        let name = name.to_lowercase();
        let before = before.min(self.stages.len());
        self.named_exactly(&name, before).or_else(|| name.parse().ok().filter(|index| *index < before))
    }

    /// The last stage before `before` of a name in lower case.
    fn named_exactly(&self, name: &str, before: usize) -> Option<usize> {
        let stages = self.names.get(name)?;
        stages[..stages.partition_point(|stage| *stage < before)].last().copied()
    }

    /// The image or nothing that a stage stands on in the end, through the stages below it.
    pub fn root_base(&self, stage: usize) -> &Base {
        let mut base = &self.stages[stage].base;
        // A base is always an earlier stage, so this ends.
        while let Base::Stage(below) = base {
            base = &self.stages[*below].base;
        }
        base
    }

    /// A stage and those below it, nearest first.
    pub fn lineage(&self, stage: usize) -> Vec<usize> {
        let mut line = vec![stage];
        while let Some(Base::Stage(below)) = line.last().map(|at| &self.stages[*at].base) {
            line.push(*below);
        }
        line
    }

    /// Whether any other stage, or the build's default target, needs this stage.
    pub fn is_used(&self, stage: usize) -> bool {
        Some(stage) == self.final_stage()
            || self.stages.iter().any(|other| other.uses.iter().any(|used| used.stage == stage))
    }

    /// The value of a variable when an instruction begins: the last ENV or ARG of that name.
    ///
    /// An ARG's value is its default, which a build may override; see [`Variable::kind`].
    pub fn variable(&self, instruction: usize, name: &str) -> Option<&Variable> {
        let context = self.contexts.get(instruction)?;
        let Some(stage) = context.stage else {
            let before = self.globals.iter().take_while(|variable| variable.instruction < instruction);
            return before.filter(|variable| variable.name == name).last();
        };
        let own = self.variables[stage].get(..context.variables).unwrap_or_default();
        let below = self.lineage(stage).into_iter().skip(1).flat_map(|at| self.variables[at].iter().rev());
        own.iter().rev().chain(below).find(|variable| variable.name == name)
    }

    /// Every variable set when an instruction begins, newest first; a name may come again.
    pub fn variables(&self, instruction: usize) -> Vec<&Variable> {
        let Some(context) = self.contexts.get(instruction) else { return Vec::new() };
        let Some(stage) = context.stage else { return Vec::new() };
        let own = self.variables[stage].get(..context.variables).unwrap_or_default();
        let below = self.lineage(stage).into_iter().skip(1).flat_map(|at| self.variables[at].iter().rev());
        own.iter().rev().chain(below).collect()
    }

    /// Expands a word as an instruction of the file sees it (rules of BuildKit's own expansion, not the shell's).
    ///
    /// Names that only the base image may set come back in [`Expanded::unmatched`].
    pub fn expand(&self, instruction: usize, word: &str) -> Result<Expanded, ExpandError> {
        Expander::new(self.escape).word(word, &At { model: self, instruction })
    }

    /// The value of a word if it is certain: no variable at all, or only variables set by ENV in this file.
    pub fn literal(&self, instruction: usize, word: &str) -> Option<String> {
        let expanded = self.expand(instruction, word).ok()?;
        let certain = |name: &String| {
            let variable = self.variable(instruction, name);
            variable.is_some_and(|variable| !variable.from_argument && variable.value.is_some())
        };
        (expanded.unmatched.is_empty() && expanded.matched.iter().all(certain)).then_some(expanded.text)
    }
}

/// The variables in force at an instruction.
struct At<'a> {
    model: &'a Model,
    instruction: usize,
}

impl Environment for At<'_> {
    fn get(&self, name: &str) -> Option<std::borrow::Cow<'_, str>> {
        let value = self.model.variable(self.instruction, name)?.value.as_deref()?;
        Some(value.into())
    }
}
