//! What the parts of the transform ask again and again of a file, read once.

use std::cell::OnceCell;

use super::super::Input;
use super::commands::{Step, Steps, read};
use super::placement::{Copy, copies};
use crate::shell::Install;
use crate::syntax::Keyword;

/// The file of a turn, and what its RUN and COPY instructions say.
pub(super) struct Turn<'a> {
    pub(super) input: &'a Input<'a>,
    /// One for each instruction.
    commands: Vec<Option<Steps>>,
    /// One for each stage.
    copies: Vec<OnceCell<Vec<Copy>>>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(input: &'a Input<'a>) -> Turn<'a> {
        let instructions = 0..input.document.instructions.len();
        Turn {
            input,
            commands: instructions.map(|index| read(input, index)).collect(),
            copies: vec![OnceCell::new(); input.model.stages.len()],
        }
    }

    /// What a RUN runs. `None` for other instructions, and where there is nothing that could be read.
    pub(super) fn steps(&self, index: usize) -> Option<&Steps> {
        self.commands[index].as_ref()
    }

    /// The COPY and ADD of a stage and of the stages below it, in the order of the build.
    pub(super) fn copies(&self, stage: usize) -> &[Copy] {
        self.copies[stage].get_or_init(|| copies(self.input, stage))
    }

    /// The RUN instructions that come before the instruction `end` in a stage and those below it, in the order of the
    /// build.
    pub(super) fn runs_before(&self, stage: usize, end: usize) -> impl DoubleEndedIterator<Item = usize> {
        let stages = self.input.model.lineage(stage).into_iter().rev();
        let indexes = stages.flat_map(|stage| self.input.model.stages[stage].instructions.clone());
        indexes.filter(move |index| {
            *index < end && self.input.document.instructions[*index].keyword == Keyword::Run
        })
    }

    /// The commands of those RUN instructions, of each that is a plain chain.
    pub(super) fn steps_before(&self, stage: usize, end: usize) -> impl DoubleEndedIterator<Item = &Step> {
        self.runs_before(stage, end).flat_map(|index| match self.steps(index) {
            Some(Steps::Chain(steps)) => steps.as_slice(),
            _ => &[],
        })
    }

    /// Whether any RUN tells a package manager something, those of the system left out.
    pub(super) fn installs_for_a_project(&self) -> bool {
        (0..self.commands.len()).any(|index| self.calls_for_a_project(index))
    }

    /// The same of one instruction.
    pub(super) fn calls_for_a_project(&self, index: usize) -> bool {
        let of_a_project = |install: &Install| !install.manager.is_system();
        self.steps(index).is_some_and(|steps| steps.installs().any(of_a_project))
    }
}
