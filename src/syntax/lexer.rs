//! From text to instructions: lines, directives, comments, continuations and heredoc bodies.
//!
//! It follows BuildKit's `parser.Parse` step by step, since its corners decide what an instruction is; where BuildKit
//! stops at an error, this goes on, so that the rest of the file is still a tree.

use std::sync::Arc;

use nom::bytes::complete::take_while;
use nom::character::complete::{char, satisfy};
use nom::combinator::recognize;
use nom::sequence::terminated;
use nom::{IResult, Parser as _};

use super::heredoc::{self, Marker};
use super::instruction;
use super::joined::{Joined, JoinedSpan};
use super::{
    Directive, DirectiveName, Document, Heredoc, Instruction, Keyword, Step, SyntaxError, Token, TokenKind,
};
use crate::source::{Source, Span};

/// The most bytes a line may hold for BuildKit's scanner, without its `\n`.
const MAX_LINE: usize = 65_535;

/// A physical line: where it stands, and where its text ends before `\r` and `\n`.
#[derive(Clone, Copy)]
struct Line {
    start: usize,
    text_end: usize,
    end: usize,
}

pub(super) fn parse(source: &Source) -> Document {
    let text = source.shared_text();
    let mut parser = Parser {
        line_starts: source.line_starts(),
        at: 0,
        line: 0,
        directives_over: false,
        cut: false,
        comments: 0,
        parts: Vec::new(),
        joined: String::new(),
        document: Document {
            text: Arc::clone(&text),
            // A line is seldom more than a blank, a text, a continuation and a line end.
            tokens: Vec::with_capacity(4 * source.line_starts().len()),
            directives: Vec::new(),
            escape: '\\',
            instructions: Vec::with_capacity(source.line_starts().len() / 4),
            errors: Vec::new(),
            attached_comments: Vec::new(),
            empty_continuations: Vec::new(),
        },
        text,
    };
    parser.run();
    let mut document = parser.document;
    super::typed::check(&mut document);
    document
}

struct Parser<'s> {
    text: Arc<str>,
    line_starts: &'s [u32],
    /// Offset of the next line.
    at: usize,
    /// Lines read so far.
    line: usize,
    directives_over: bool,
    /// A line was too long: what follows is not read.
    cut: bool,
    /// Where the attached comments of the next instruction begin.
    comments: usize,
    /// The lines of the instruction that is being read, if it is continued; kept for its memory.
    parts: Vec<Span>,
    /// What they are put together in, likewise.
    joined: String,
    document: Document,
}

impl Parser<'_> {
    fn run(&mut self) {
        while let Some(line) = self.next_line() {
            self.top_level(line);
        }
        if self.cut {
            self.push(TokenKind::Unread, self.at, self.text.len());
        }
        let end = Span::empty(self.text.len());
        if self.document.instructions.is_empty() {
            let message = match self.text.is_empty() {
                true => "the Dockerfile cannot be empty",
                false => "file with no instructions",
            };
            self.error(end, message, Some("write at least `FROM` and an image"));
        } else if self.cut {
            let span = Span::new(self.at, self.at + 1);
            let message = "dockerfile line greater than max allowed size of 65535";
            self.error(span, message, Some("break the line with a continuation"));
        }
    }

    /// The next physical line, if BuildKit's scanner gives it out.
    fn next_line(&mut self) -> Option<Line> {
        if self.cut || self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let (end, newline) = match self.line_starts.get(self.line + 1) {
            Some(next) => (*next as usize, 1),
            None => (self.text.len(), 0),
        };
        let mut text_end = end - newline;
        if text_end - start > MAX_LINE {
            self.cut = true;
            return None;
        }
        while text_end > start && self.text.as_bytes()[text_end - 1] == b'\r' {
            text_end -= 1;
        }
        self.at = end;
        self.line += 1;
        Some(Line { start, text_end, end })
    }

    fn top_level(&mut self, line: Line) {
        let mut start = line.start;
        if start == 0 && self.text.starts_with('\u{feff}') {
            start = '\u{feff}'.len_utf8();
            self.push(TokenKind::Bom, 0, start);
        }
        let first = first_non_blank(&self.text, start, line.text_end);
        if first == line.text_end {
            self.directives_over = true;
            self.push(TokenKind::Blank, start, line.text_end);
            self.push(TokenKind::Newline, line.text_end, line.end);
        } else if self.text.as_bytes()[first] == b'#' {
            self.comment_or_directive(start, first, line);
        } else {
            self.directives_over = true;
            self.instruction(start, first, line);
        }
    }

    fn comment_or_directive(&mut self, start: usize, first: usize, line: Line) {
        self.push(TokenKind::Blank, start, first);
        let span = Span::new(first, line.text_end);
        let directive = if self.directives_over { None } else { read_directive(&self.text, span) };
        match directive {
            Some(directive) => {
                self.push(TokenKind::Directive, first, line.text_end);
                self.directive(directive);
            }
            None => {
                self.directives_over = true;
                self.push(TokenKind::Comment, first, line.text_end);
                // BuildKit cuts one byte of the line as it stands, so that an indented `# x` is kept as `# x`.
                let kept = if first == start { first + 1 } else { first };
                let text = &self.text[kept..line.text_end];
                let from = kept + (text.len() - text.trim_start().len());
                let attached = &mut self.document.attached_comments;
                match text.trim().len() {
                    0 => attached.truncate(self.comments),
                    length => attached.push(Span::new(from, from + length)),
                }
            }
        }
        self.push(TokenKind::Newline, line.text_end, line.end);
    }

    fn directive(&mut self, directive: Directive) {
        let name = directive.name;
        if self.document.directives.iter().any(|other| other.name == name) {
            let name = match name {
                DirectiveName::Syntax => "syntax",
                DirectiveName::Escape => "escape",
                DirectiveName::Check => "check",
            };
            let message = format!("only one {name} parser directive can be used");
            self.error(directive.span, &message, Some("keep one of the two lines"));
            return;
        }
        if name == DirectiveName::Escape {
            match directive.value.of(&self.text) {
                "\\" => self.document.escape = '\\',
                "`" => self.document.escape = '`',
                other => {
                    let message = format!("invalid escape token '{other}' does not match ` or \\");
                    self.error(directive.value, &message, Some("use a backslash or a backtick"));
                }
            }
        }
        self.document.directives.push(directive);
    }

    /// Reads an instruction from its first line to the end of its heredocs.
    fn instruction(&mut self, start: usize, first: usize, line: Line) {
        self.push(TokenKind::Blank, start, first);
        let first_line = self.line;
        self.parts.clear();
        let mut inner_comments = Vec::new();
        let mut blank_continuation = false;
        let mut end = line.text_end;
        let (content, mut open) = self.continued(first, line.text_end);
        let single = Span::new(first, content);
        if open {
            self.parts.reserve(32);
            self.parts.push(single);
        }
        self.text_line(first, content, line);
        while open {
            let Some(line) = self.next_line() else { break };
            end = line.text_end;
            let first = first_non_blank(&self.text, line.start, line.text_end);
            if first == line.text_end {
                blank_continuation = true;
                self.push(TokenKind::Blank, line.start, line.text_end);
                self.push(TokenKind::Newline, line.text_end, line.end);
            } else if self.text.as_bytes()[first] == b'#' {
                self.push(TokenKind::Blank, line.start, first);
                self.push(TokenKind::Comment, first, line.text_end);
                self.push(TokenKind::Newline, line.text_end, line.end);
                inner_comments.push(Span::new(first, line.text_end));
            } else {
                let (content, more) = self.continued(line.start, line.text_end);
                open = more;
                self.parts.push(Span::new(line.start, content));
                self.push(TokenKind::Blank, line.start, first.min(content));
                self.text_line(first.min(content), content, line);
            }
        }
        let joined = match self.parts.is_empty() {
            true => Joined::line(&self.text, single),
            false => Joined::lines(&self.text, &self.parts, &mut self.joined),
        };
        if blank_continuation {
            self.document.empty_continuations.push(self.document.instructions.len());
        }
        let span = Span::new(first, end);
        let mut problem = None;
        let read = instruction::read(joined, self.document.escape, span, &mut problem);
        let index = self.document.instructions.len();
        let heredocs = can_contain_heredoc(&read);
        self.document.instructions.push(read);
        if let Some((span, message, help)) = problem {
            let instruction = &self.document.instructions[index];
            let span = instruction.source_span(span).unwrap_or(instruction.name_span());
            self.error(span, &message, help);
        }
        if heredocs {
            self.heredocs(index);
        }
        let instruction = &mut self.document.instructions[index];
        instruction.inner_comments = inner_comments;
        instruction.lines = (first_line, self.line);
        // Both fit, as every offset does.
        let comments = self.document.attached_comments.len();
        instruction.comments = (self.comments as u32, comments as u32);
        self.comments = comments;
    }

    /// Tokens of a line that belongs to an instruction: its text, the continuation mark, the line end.
    fn text_line(&mut self, start: usize, content: usize, line: Line) {
        self.push(TokenKind::Text, start, content);
        self.push(TokenKind::Continuation, content, line.text_end);
        self.push(TokenKind::Newline, line.text_end, line.end);
    }

    /// Where a line's content ends, and whether the next line continues it.
    ///
    /// The line must end in exactly one escape character, blanks (space, tab) after it allowed: BuildKit knows no
    /// even and odd, so two or three of them continue nothing.
    fn continued(&self, start: usize, end: usize) -> (usize, bool) {
        let escape = self.document.escape as u8;
        let bytes = &self.text.as_bytes()[start..end];
        let blanks = bytes.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let content = bytes.len() - blanks;
        match &bytes[..content] {
            [before @ .., last] if *last == escape && before.last() != Some(&escape) => {
                (start + before.len(), true)
            }
            _ => (end, false),
        }
    }

    /// Reads the heredocs of the instruction that was read last.
    fn heredocs(&mut self, index: usize) {
        let instruction = &self.document.instructions[index];
        let markers = match heredoc::markers(instruction.joined.text()) {
            Ok(markers) => markers,
            Err(cause) => {
                let help = Some("do without some of the nested expansions");
                return self.error(instruction.name_span(), cause, help);
            }
        };
        for marker in markers {
            let (body, end) = self.heredoc_body(&marker);
            let open = end.is_none().then(|| format!("end it with a line that holds only `{}`", marker.name));
            let Marker { name, expand, chomp, descriptor } = marker;
            let instruction = &mut self.document.instructions[index];
            instruction.heredocs.push(Heredoc { name: name.into(), expand, chomp, descriptor, body });
            instruction.span = Span::new(instruction.span.start(), end.unwrap_or(body.end()));
            if let Some(help) = open {
                let span = mark_span(instruction);
                self.error(span, "unterminated heredoc", Some(&help));
                break;
            }
        }
    }

    /// The lines up to the one that ends the heredoc, and where the text of that one ends.
    fn heredoc_body(&mut self, marker: &Marker) -> (Span, Option<usize>) {
        let start = self.at;
        while let Some(line) = self.next_line() {
            let text = &self.text[line.start..line.text_end];
            let text = if marker.chomp { text.trim_start_matches('\t') } else { text };
            if text == marker.name {
                self.push(TokenKind::HeredocBody, start, line.start);
                self.push(TokenKind::HeredocEnd, line.start, line.text_end);
                self.push(TokenKind::Newline, line.text_end, line.end);
                return (Span::new(start, line.start), Some(line.text_end));
            }
        }
        self.push(TokenKind::HeredocBody, start, self.at);
        (Span::new(start, self.at), None)
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        if start < end {
            self.document.tokens.push(Token { kind, span: Span::new(start, end) });
        }
    }

    fn error(&mut self, span: Span, message: &str, help: Option<&str>) {
        self.document.errors.push(SyntaxError {
            step: Step::Parse,
            span,
            message: message.to_owned(),
            help: help.map(str::to_owned),
        });
    }
}

/// Offset of the first character of `start..end` that is not white space; `end` if there is none.
fn first_non_blank(text: &str, start: usize, end: usize) -> usize {
    let mut start = start;
    while start < end && matches!(text.as_bytes()[start], b' ' | b'\t') {
        start += 1;
    }
    if start < end && matches!(text.as_bytes()[start], b'!'..=b'~') {
        return start;
    }
    let part = &text[start..end];
    end - part.trim_start().len()
}

/// Where the only heredoc of a line is opened; the keyword where there are several.
fn mark_span(instruction: &Instruction) -> Span {
    let text = instruction.joined.text();
    let only = text.find("<<").filter(|at| !text[at + 1..].contains("<<"));
    let span = only.and_then(|at| {
        let length = text[at..].find([' ', '\t']).unwrap_or(text.len() - at);
        instruction.source_span(JoinedSpan::new(at, at + length))
    });
    span.unwrap_or(instruction.name_span())
}

fn can_contain_heredoc(instruction: &Instruction) -> bool {
    let inner = match &instruction.arguments {
        super::Arguments::Trigger(child) => child,
        _ => instruction,
    };
    matches!(inner.keyword, Keyword::Add | Keyword::Copy | Keyword::Run)
        && inner.exec_form().is_none()
        && instruction.joined.text().contains("<<")
}

/// A comment that is a directive: `# name = value` with a name that BuildKit knows.
pub(super) fn read_directive(text: &str, span: Span) -> Option<Directive> {
    let line = span.of(text).strip_prefix('#')?.trim_start();
    let (after, name) = directive_name(line).ok()?;
    let name = match name.to_ascii_lowercase().as_str() {
        "syntax" => DirectiveName::Syntax,
        "escape" => DirectiveName::Escape,
        "check" => DirectiveName::Check,
        _ => return None,
    };
    let value = after.trim_matches(is_directive_blank);
    if !value.is_empty() {
        let start = span.end() - after.trim_start_matches(is_directive_blank).len();
        return Some(Directive { name, value: Span::new(start, start + value.len()), span });
    }
    // BuildKit's pattern asks for one character at least, so of nothing but blanks the last one is the value.
    (!after.is_empty()).then(|| Directive { name, value: Span::new(span.end() - 1, span.end()), span })
}

/// The name before the equals sign.
fn directive_name(input: &str) -> IResult<&str, &str> {
    let letters = (satisfy(|c| c.is_ascii_alphabetic()), take_while(|c: char| c.is_ascii_alphanumeric()));
    terminated(recognize(letters), (take_while(is_directive_blank), char('='))).parse(input)
}

fn is_directive_blank(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\u{c}' | '\r' | ' ')
}
