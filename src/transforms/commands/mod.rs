//! The commands inside RUN instructions, and how they are edited without touching anything around them.
//!
//! A command is found through the shell's tree and edited by the places of its words in the file, so continuations,
//! comments between them, line ends and the escape character stay as they are. Shared by every transform that
//! repairs commands; what a repair needs to be right is for the transform to say.

mod call;
mod edits;
mod joint;
mod later;
mod place;

use std::sync::Arc;

pub(super) use self::call::{Call, calls};
pub(super) use self::later::{Need, later_need, later_runs};
pub(super) use self::place::{needed_in_image, runs_as_root, runs_before};
use super::Input;
use crate::shell::{Parsed, Placed, Script};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, JoinedSpan, Keyword, Mount, MountKind, mounts};

/// A RUN whose shell text was understood.
#[derive(Clone)]
pub(super) struct Run<'a> {
    pub(super) input: &'a Input<'a>,
    /// Index of the instruction, or of the ONBUILD that holds it.
    pub(super) index: usize,
    /// The RUN itself.
    pub(super) instruction: &'a Instruction,
    text: TextPlace,
    parsed: Parsed,
}

/// Where the shell text stands.
#[derive(Clone, Copy)]
enum TextPlace {
    /// In the lines of the instruction, joined.
    Lines(JoinedSpan),
    /// In the body of its heredoc, which begins at this byte of the file.
    Body(usize),
}

/// Every RUN, those that ONBUILD holds too, in the order of the file. Left out are exec forms, texts that are no
/// shell, and those for a shell that is not one of the usual ones.
pub(super) fn runs<'a>(input: &'a Input<'a>) -> Vec<Run<'a>> {
    (0..input.document.instructions.len()).filter_map(|index| Run::of(input, index)).collect()
}

impl<'a> Run<'a> {
    /// The RUN at an index.
    pub(super) fn of(input: &'a Input<'a>, index: usize) -> Option<Run<'a>> {
        let outer = &input.document.instructions[index];
        let instruction = match &outer.arguments {
            Arguments::Trigger(inner) => inner,
            _ => outer,
        };
        if instruction.keyword != Keyword::Run || !usual_shell(input, index) || names_windows(input, index) {
            return None;
        }
        let Arguments::Shell(span) = instruction.arguments else { return None };
        let (text, place) = match outer.heredocs.as_slice() {
            [] => (instruction.text(span), TextPlace::Lines(span)),
            // The body is the script only where nothing else stands on the line, and no other program is named.
            [heredoc] if is_only_heredoc(instruction.text(span)) => {
                let body = heredoc.body.of(input.source.text());
                if body.starts_with("#!") {
                    return None;
                }
                (body, TextPlace::Body(heredoc.body.start()))
            }
            _ => return None,
        };
        let parsed = input.shell.parse(text);
        parsed.is_ok().then(|| Run { input, index, instruction, text: place, parsed: Arc::clone(&parsed) })
    }

    /// Whether an ONBUILD holds it: then it runs in an image that nobody knows.
    pub(super) fn is_trigger(&self) -> bool {
        self.input.document.instructions[self.index].keyword == Keyword::Onbuild
    }

    /// Whether it is the body of a heredoc.
    pub(super) fn is_heredoc(&self) -> bool {
        matches!(self.text, TextPlace::Body(_))
    }

    /// The tree; `None` never, since a RUN without one is none of ours.
    pub(super) fn script(&self) -> Option<&Script> {
        self.parsed.as_ref().as_ref().ok()
    }

    /// The simple commands, those inside others too.
    pub(super) fn commands(&self) -> Vec<Placed<'_>> {
        self.script().map(Script::simple_commands).unwrap_or_default()
    }

    /// The text of a range of the script.
    pub(super) fn text(&self, span: Span) -> &str {
        self.script().map_or("", |script| span.of(script.text()))
    }

    /// Whether the script names something, wherever.
    pub(super) fn text_names(&self, name: &str) -> bool {
        self.script().is_some_and(|script| script.text().contains(name))
    }

    /// Where a range stands in the file, if its bytes stand side by side there.
    pub(super) fn place(&self, span: Span) -> Option<Span> {
        match self.text {
            TextPlace::Lines(text) => self.instruction.source_span(text.within(span)),
            TextPlace::Body(start) => Some(span.shifted(start)),
        }
    }

    /// The place of the byte that an offset begins at.
    pub(super) fn start(&self, offset: usize) -> usize {
        match self.text {
            TextPlace::Lines(text) => self.instruction.joined.source_start(text.start() + offset),
            TextPlace::Body(start) => start + offset,
        }
    }

    /// The place behind the byte that ends at an offset.
    pub(super) fn end(&self, offset: usize) -> usize {
        match self.text {
            TextPlace::Lines(text) => self.instruction.joined.source_end(text.start() + offset),
            TextPlace::Body(start) => start + offset,
        }
    }

    /// The caches and folders in memory that are mounted for it, by their targets.
    pub(super) fn volatile_mounts(&self) -> Vec<Mount> {
        let mounts = mounts(self.instruction);
        let volatile =
            |mount: &Mount| matches!(mount.kind, MountKind::Cache | MountKind::Tmpfs | MountKind::Other);
        mounts.into_iter().filter(volatile).collect()
    }

    /// The stage that it belongs to.
    pub(super) fn stage(&self) -> Option<usize> {
        self.input.model.stage_of(self.index)
    }
}

fn is_only_heredoc(text: &str) -> bool {
    text.starts_with("<<") && !text.contains(char::is_whitespace)
}

fn usual_shell(input: &Input<'_>, index: usize) -> bool {
    let Some(shell) = input.model.contexts[index].shell else { return true };
    let words = input.document.instructions[shell].exec_form().unwrap_or_default();
    let name = words.first().map(|word| word.value.rsplit('/').next().unwrap_or_default());
    matches!(name, Some("sh" | "bash" | "ash" | "dash"))
}

/// Without SHELL, an image of Windows has a shell of its own.
fn names_windows(input: &Input<'_>, index: usize) -> bool {
    let stage = input.model.stage_of(index);
    stage.is_some_and(|stage| super::shipped::Shipped { input, stage }.names_windows())
}
