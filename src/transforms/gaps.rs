//! The gaps of an instruction: blanks and line breaks between its parts, where others mean the same.
//!
//! A part is what BuildKit takes as one string: a flag, a word, a pair, a string of an array, the text of a shell form.
//! What lies inside a part is never looked at, so nothing here can reach into a value.

use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{
    Arguments, Document, ExecWord, Instruction, JoinedSpan, Keyword, Separator, Token, TokenKind,
};

/// What stands in a gap on one line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Between {
    /// One blank, and there has to be one.
    Blank,
    /// One blank that may be missing: after a comma of an array.
    Optional,
    /// Nothing: inside the brackets of an array, and before its commas.
    Nothing,
}

/// A gap between two parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    /// From the end of one part to the start of the next, in the source.
    pub(super) span: Span,
    /// What it holds on one line.
    pub(super) between: Between,
    /// What follows it.
    pub(super) next: Next,
}

/// What follows a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// A flag.
    Flag,
    /// An entry of a list: a pair, a path, a string, the command of a health check.
    Entry,
    /// The text of a shell form.
    Shell,
    /// A comma or the closing bracket of an array.
    Close,
}

/// A part of an instruction, and what stands before it.
struct Part {
    span: JoinedSpan,
    before: Between,
    next: Next,
}

/// The gaps of an instruction in order, those apart that hold something that is no blank or tab.
pub(super) fn gaps(instruction: &Instruction) -> Vec<Gap> {
    let joined = &instruction.joined;
    let mut last = instruction.name.end();
    let mut gaps = Vec::new();
    for part in parts(instruction) {
        let between = JoinedSpan::new(last, part.span.start());
        let blanks = joined.slice(between);
        let is_gap = blanks.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
            && (part.before != Between::Blank || !blanks.is_empty());
        if is_gap {
            let span = Span::new(joined.source_end(last), joined.source_start(part.span.start()));
            gaps.push(Gap { span, between: part.before, next: part.next });
        }
        last = part.span.end();
    }
    gaps
}

fn parts(instruction: &Instruction) -> Vec<Part> {
    let flag = |span| Part { span, before: Between::Blank, next: Next::Flag };
    let mut parts: Vec<Part> = instruction.flags.iter().map(|it| flag(it.span)).collect();
    if instruction.keyword == Keyword::Unknown {
        return Vec::new();
    }
    argument_parts(instruction, &instruction.arguments, &mut parts);
    parts
}

fn argument_parts(instruction: &Instruction, arguments: &Arguments, parts: &mut Vec<Part>) {
    let entry = |span| Part { span, before: Between::Blank, next: Next::Entry };
    match arguments {
        // What is refused has no parts that are known.
        Arguments::Empty | Arguments::Raw(_) => {}
        Arguments::Shell(span) => {
            let next = match instruction.keyword {
                Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => Next::Shell,
                _ => Next::Entry,
            };
            parts.push(Part { span: *span, before: Between::Blank, next });
        }
        // BuildKit stores what ONBUILD holds as text; only the blanks before it mean nothing.
        Arguments::Trigger(_) => {
            parts.push(Part { span: instruction.rest, before: Between::Blank, next: Next::Shell });
        }
        Arguments::Words(words) => parts.extend(words.iter().map(|word| entry(*word))),
        Arguments::KeyValues(pairs) => {
            for pair in pairs {
                match (pair.value, pair.separator) {
                    (Some(value), Separator::Blank) => {
                        parts.extend([entry(pair.key), entry(value)]);
                    }
                    (value, _) => {
                        let end = value.map_or(pair.key.end(), JoinedSpan::end);
                        parts.push(entry(JoinedSpan::new(pair.key.start(), end)));
                    }
                }
            }
        }
        Arguments::Health { kind, command } => {
            parts.push(entry(*kind));
            argument_parts(instruction, command, parts);
        }
        Arguments::Exec { span, words } => array_parts(instruction, *span, words, parts),
    }
}

/// The brackets, commas and strings of a JSON array.
fn array_parts(instruction: &Instruction, array: JoinedSpan, words: &[ExecWord], parts: &mut Vec<Part>) {
    let text = instruction.text(array);
    // Between strings of a sound array stand blanks and one mark.
    let mark = |from: usize, to: usize, mark: char| {
        let found = text.get(from - array.start()..to - array.start())?.find(mark)? + from;
        Some(JoinedSpan::new(found, found + 1))
    };
    let end = words.last().map_or(array.start() + 1, |word| word.span.end());
    let Some(close) = mark(end, array.end(), ']') else { return };
    let Some(open) = mark(array.start(), array.end(), '[') else { return };
    parts.push(Part { span: open, before: Between::Blank, next: Next::Entry });
    for (at, word) in words.iter().enumerate() {
        let mut before = Between::Nothing;
        if let Some(earlier) = at.checked_sub(1).map(|at| words[at].span.end()) {
            let Some(comma) = mark(earlier, word.span.start(), ',') else { return };
            parts.push(Part { span: comma, before: Between::Nothing, next: Next::Close });
            before = Between::Optional;
        }
        parts.push(Part { span: word.span, before, next: Next::Entry });
    }
    parts.push(Part { span: close, before: Between::Nothing, next: Next::Close });
}

impl Gap {
    /// Whether the gap holds a line break.
    pub(super) fn is_broken(&self, text: &str) -> bool {
        self.span.of(text).contains('\n')
    }

    /// The edit that leaves one blank, or none, in a gap on one line.
    pub(super) fn close(&self, text: &str) -> Option<Edit> {
        let wanted = if self.between == Between::Nothing { "" } else { " " };
        let differs = !self.is_broken(text) && self.span.of(text) != wanted;
        differs.then(|| Edit::replace(self.span, wanted))
    }

    /// The edits that leave one blank before the line break of a broken gap, and `indent` before what follows it,
    /// comments included.
    pub(super) fn align(&self, document: &Document, indent: &str) -> Vec<Edit> {
        let text = document.text();
        let tokens = &document.tokens;
        let first = tokens.partition_point(|token| token.span.end() <= self.span.start());
        let inside: Vec<Token> = tokens[first..]
            .iter()
            .take_while(|token| token.span.start() < self.span.end())
            .copied()
            .collect();
        let mut edits = Vec::new();
        let mut write = |span: Span, wanted: &str| {
            if span.of(text) != wanted {
                edits.push(Edit::replace(span, wanted));
            }
        };
        let Some(mark) = inside.iter().find(|token| token.kind == TokenKind::Continuation) else {
            return edits;
        };
        write(Span::new(self.span.start(), mark.span.start()), " ");
        // Where a line begins, and the blanks before what stands in it.
        let last_break = inside.iter().rposition(|token| token.kind == TokenKind::Newline);
        for (at, token) in inside.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Newline) {
            let (blanks, follows) = match inside.get(at + 1) {
                Some(next) if next.kind == TokenKind::Blank => (next.span, inside.get(at + 2)),
                next => (Span::empty(token.span.end()), next),
            };
            let is_comment = follows.is_some_and(|token| token.kind == TokenKind::Comment);
            if Some(at) == last_break {
                write(blanks, if self.next == Next::Close { "" } else { indent });
            } else if is_comment {
                write(blanks, indent);
            }
        }
        edits
    }
}
