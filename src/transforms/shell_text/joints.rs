//! The operators that join commands, wherever in the text they stand.

use super::ShellText;
use crate::shell::{Chain, Command, CompoundKind, List, Pipeline};
use crate::source::Span;

/// `&&`, `||` or `|` and what it joins, in the joined text.
#[derive(Clone, Copy, Debug)]
pub(in crate::transforms) struct Joint {
    /// Where what stands before it ends.
    pub(in crate::transforms) before: usize,
    /// The operator.
    pub(in crate::transforms) operator: Span,
    /// Where what it leads to starts.
    pub(in crate::transforms) after: usize,
}

impl ShellText<'_> {
    /// The joints of each chain, and of each pipeline, in no certain order.
    pub(in crate::transforms) fn joints(&self) -> Vec<Vec<Joint>> {
        let mut found = Found { start: self.span.start(), groups: Vec::new() };
        found.list(self.script().list());
        found.groups
    }
}

struct Found {
    start: usize,
    groups: Vec<Vec<Joint>>,
}

impl Found {
    fn joint(&self, before: Span, operator: Span, after: Span) -> Joint {
        let start = self.start;
        Joint {
            before: start + before.end(),
            operator: operator.shifted(start),
            after: start + after.start(),
        }
    }

    fn list(&mut self, list: &List) {
        list.items.iter().for_each(|item| self.chain(&item.chain));
    }

    fn chain(&mut self, chain: &Chain) {
        let mut joints = Vec::new();
        let mut before = chain.first.span();
        for link in &chain.rest {
            joints.push(self.joint(before, link.span, link.pipeline.span()));
            before = link.pipeline.span();
        }
        self.groups.push(joints);
        chain.pipelines().for_each(|pipeline| self.pipeline(pipeline));
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        let mut joints = Vec::new();
        let mut before = pipeline.first.span();
        for piped in &pipeline.rest {
            joints.push(self.joint(before, piped.span, piped.command.span()));
            before = piped.command.span();
        }
        self.groups.push(joints);
        pipeline.commands().for_each(|command| self.command(command));
    }

    fn command(&mut self, command: &Command) {
        let Command::Compound(compound) = command else { return };
        match &compound.kind {
            CompoundKind::Subshell(list) | CompoundKind::Group(list) => self.list(list),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition);
                    self.list(body);
                }
                otherwise.iter().for_each(|list| self.list(list));
            }
            CompoundKind::For { body, .. } => self.list(body),
            CompoundKind::While { condition, body } => {
                self.list(condition);
                self.list(body);
            }
            CompoundKind::Case { arms, .. } => arms.iter().for_each(|(_, body)| self.list(body)),
            CompoundKind::Function { body, .. } => self.command(body),
            CompoundKind::Timed(inner) | CompoundKind::Coprocess(inner) => self.command(inner),
            CompoundKind::Test { .. } => {}
        }
    }
}
