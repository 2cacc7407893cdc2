//! A shell text on its lines: what the transforms that lay out RUN and its like share.
//!
//! BuildKit strips blanks only from an instruction's first line; those of continued lines are a part of the string that
//! the shell gets. To a shell they mean nothing between words, so another indent keeps what runs and costs the RUN its
//! cache once. A text is read here only where that is certain: a shell of Unix, a tree that accounts for every byte,
//! no comment of the shell (which swallows what follows, line break or not) and no here-document.

mod depth;
mod gaps;
mod joints;

use std::cell::RefCell;

pub(super) use self::depth::Depths;
pub(super) use self::joints::Joint;
use super::checks::Checks;
use super::shipped::Shipped;
use super::{Diagnostic, Input, Part};
use crate::config::Indent;
use crate::edit::Edit;
use crate::shell::{Parsed, Script};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};

/// The most lines of an instruction, its comments among them: real ones have a few hundred.
const MAX_LINES: usize = 5_000;

/// The shell text of an instruction. All offsets are those of the instruction's joined text.
pub(super) struct ShellText<'a> {
    pub(super) instruction: &'a Instruction,
    /// Its index.
    pub(super) index: usize,
    /// Where the shell text stands.
    pub(super) span: Span,
    /// The lines of the instruction, comments and blank ones left out.
    pub(super) lines: Vec<Line>,
    parsed: Parsed,
}

/// A line of an instruction, without its continuation mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    /// The whole of it in the joined text.
    pub(super) span: Span,
    /// The same without the blanks around it; empty where there is nothing else.
    pub(super) content: Span,
    /// Where the line starts in the file.
    pub(super) source: usize,
}

impl Line {
    /// Whether it holds nothing but blanks.
    pub(super) fn is_blank(&self) -> bool {
        self.content.is_empty()
    }

    /// Where an offset of this line stands in the file.
    pub(super) fn place(&self, at: usize) -> usize {
        self.source + at - self.span.start()
    }

    /// Where a range of this line stands in the file.
    pub(super) fn source_span(&self, span: Span) -> Span {
        Span::new(self.place(span.start()), self.place(span.end()))
    }
}

impl<'a> ShellText<'a> {
    /// The instructions of a file that hold shell text which is certain to be understood, and in which `wanted` says
    /// that there may be something to do. Parsing shell is dear, so `wanted` comes first.
    pub(super) fn all<'i>(
        input: &'i Input<'a>,
        wanted: impl Fn(&Instruction) -> bool + 'i,
    ) -> impl Iterator<Item = ShellText<'a>> + 'i {
        let shells = Shells { input, windows: RefCell::new(vec![None; input.model.stages.len()]) };
        // Where a backtick continues lines the shell is one of Windows, and blanks mean what each program makes of them.
        let unix = input.document.escape == '\\';
        let instructions = input.document.instructions.iter().enumerate();
        instructions
            .filter(move |(_, instruction)| unix && instruction.heredocs.is_empty())
            .filter(|(_, instruction)| instruction.lines.1 - instruction.lines.0 < MAX_LINES)
            .filter_map(|(index, instruction)| Some((index, instruction, shell_span(instruction)?)))
            .filter(move |(_, instruction, _)| wanted(instruction))
            .filter(move |(index, _, _)| shells.is_posix(*index))
            .filter_map(|(index, instruction, span)| ShellText::read(input, index, instruction, span))
    }

    fn read(
        input: &Input<'a>,
        index: usize,
        instruction: &'a Instruction,
        span: Span,
    ) -> Option<ShellText<'a>> {
        let parsed = input.shell.parse(span.of(instruction.joined.text()));
        let script = parsed.as_ref().as_ref().ok()?;
        if !script.comments().is_empty() {
            return None;
        }
        let lines = instruction.joined.parts().map(|(part, source)| {
            let span = Span::new(part.start(), part.end());
            let text = span.of(instruction.joined.text());
            let start = span.start() + text.len() - text.trim_start_matches([' ', '\t']).len();
            let length = text.trim_matches([' ', '\t']).len();
            Line { span, content: Span::new(start, start + length), source }
        });
        Some(ShellText { instruction, index, span, lines: lines.collect(), parsed })
    }

    /// The joined text.
    pub(super) fn text(&self) -> &'a str {
        self.instruction.joined.text()
    }

    /// The tree. Its offsets count from the start of the shell text.
    pub(super) fn script(&self) -> &Script {
        self.parsed.as_ref().as_ref().expect("a text without a tree is never made")
    }

    /// A range of the tree in the joined text.
    pub(super) fn within(&self, span: Span) -> Span {
        span.shifted(self.span.start())
    }

    /// Index of the line that holds an offset.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|line| line.span.start() <= at).saturating_sub(1)
    }

    /// Index of the line that begins with what stands at an offset; never the first line.
    pub(super) fn begins(&self, at: usize) -> Option<usize> {
        let line = self.line_of(at);
        (line > 0 && self.lines[line].content.start() == at && !self.lines[line].is_blank()).then_some(line)
    }

    /// Whether what ends at an offset is the last of its line, and the line is continued.
    pub(super) fn ends(&self, at: usize) -> Option<usize> {
        let line = self.line_of(at.saturating_sub(1));
        (line + 1 < self.lines.len() && self.lines[line].content.end() == at).then_some(line)
    }

    /// The next line after this one that is not blank.
    pub(super) fn next_content(&self, line: usize) -> Option<usize> {
        (line + 1..self.lines.len()).find(|line| !self.lines[*line].is_blank())
    }

    /// How deep each line stands; `None` where a line is not understood.
    pub(super) fn depths(&self, indent: Indent) -> Option<Depths> {
        depth::depths(self, indent)
    }

    /// The blanks before lines that stand one indent in.
    pub(super) fn leads(&self) -> Option<Vec<&'a str>> {
        let lead = |line: usize| {
            let line = self.lines[line];
            Span::new(line.span.start(), line.content.start()).of(self.text())
        };
        Some(self.depths(Indent::Spaces(4))?.outer.into_iter().map(lead).collect())
    }

    /// A fix of this instruction that changes nothing but blanks between words.
    pub(super) fn fix(&self, message: &str, title: &str, edits: Vec<Edit>) -> Option<Diagnostic> {
        if edits.is_empty() {
            return None;
        }
        let span = self.instruction.name_span();
        Some(Checks::default().fix(span, message, title, edits, &[Part::ShellBlanks]))
    }
}

/// Where the shell form of RUN, CMD, ENTRYPOINT or HEALTHCHECK stands in the joined text.
fn shell_span(instruction: &Instruction) -> Option<Span> {
    let span = match (&instruction.arguments, instruction.keyword) {
        (Arguments::Shell(span), Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) => *span,
        (Arguments::Health { command, .. }, Keyword::Healthcheck) => match **command {
            Arguments::Shell(span) => span,
            _ => return None,
        },
        _ => return None,
    };
    Some(Span::new(span.start(), span.end()))
}

/// Which shell runs the shell forms of a file.
struct Shells<'i, 'a> {
    input: &'i Input<'a>,
    /// Whether each stage is one of Windows, as far as that was asked.
    windows: RefCell<Vec<Option<bool>>>,
}

impl Shells<'_, '_> {
    /// Whether the shell in force parts words as a POSIX shell does.
    fn is_posix(&self, index: usize) -> bool {
        let model = self.input.model;
        if let Some(shell) = model.contexts[index].shell {
            let words = self.input.document.instructions[shell].exec_form().unwrap_or_default();
            let name = words.first().map(|word| word.value.rsplit('/').next().unwrap_or(&word.value));
            // `sh -c text`: without `-c` the text is the name of a file.
            let command = words.last().is_some_and(|word| {
                word.value.starts_with('-') && !word.value.starts_with("--") && word.value.ends_with('c')
            });
            return command && matches!(name, Some("sh" | "bash" | "ash" | "dash" | "ksh" | "zsh"));
        }
        model.stage_of(index).is_some_and(|stage| !self.is_windows(stage))
    }

    fn is_windows(&self, stage: usize) -> bool {
        if let Some(known) = self.windows.borrow()[stage] {
            return known;
        }
        let input = self.input;
        let named = input.model.lineage(stage).into_iter().any(|stage| {
            let from = &input.document.instructions[input.model.stages[stage].from()];
            let text = from.joined.text().to_ascii_lowercase();
            // Their shell is cmd, also where no table knows the image.
            ["windows", "nanoserver", "servercore"].iter().any(|name| text.contains(name))
        });
        let windows = named || Shipped { input, stage }.facts("layout").is_ok_and(|facts| facts.is_windows());
        self.windows.borrow_mut()[stage] = Some(windows);
        windows
    }
}
