//! Where the rules put what they find about one instruction.

use super::super::{Flag, Instruction, JoinedSpan, Step, SyntaxError};
use crate::source::Span;

/// One instruction and what is wrong with it, in the order in which BuildKit would meet it.
pub(super) struct Findings<'a> {
    pub(super) instruction: &'a Instruction,
    pub(super) errors: Vec<SyntaxError>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(instruction: &'a Instruction) -> Findings<'a> {
        Findings { instruction, errors: Vec::new() }
    }

    /// An error about a part of the instruction.
    pub(super) fn at(&mut self, span: JoinedSpan, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(SyntaxError {
            step: Step::Instruction,
            span: place(self.instruction, span),
            message: message.into(),
            help: Some(help.into()),
        });
    }

    /// An error about something that is missing: it points at the keyword.
    pub(super) fn at_name(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.at(self.instruction.name, message, help);
    }
}

/// The name of a flag with its dashes; the whole flag where quotes or escapes stand in it.
pub(super) fn flag_name(instruction: &Instruction, flag: &Flag) -> JoinedSpan {
    let end = flag.text.find('=').unwrap_or(flag.text.len());
    part(instruction, flag, 0, end)
}

/// The value of a flag; the whole flag where it has none, or quotes or escapes stand in it.
pub(super) fn flag_value(instruction: &Instruction, flag: &Flag) -> JoinedSpan {
    match flag.text.find('=') {
        Some(at) if at + 1 < flag.text.len() => part(instruction, flag, at + 1, flag.text.len()),
        _ => flag.span,
    }
}

fn part(instruction: &Instruction, flag: &Flag, from: usize, to: usize) -> JoinedSpan {
    match instruction.text(flag.span) == &*flag.text {
        true => JoinedSpan::new(flag.span.start() + from, flag.span.start() + to),
        false => flag.span,
    }
}

/// Where a part stands in the file, line breaks inside it included.
fn place(instruction: &Instruction, span: JoinedSpan) -> Span {
    let joined = &instruction.joined;
    joined
        .source_span(span)
        .unwrap_or_else(|| Span::new(joined.source_start(span.start()), joined.source_end(span.end())))
}
