//! The concrete syntax tree of a Dockerfile, read exactly as BuildKit v0.32.2 reads it.
//!
//! Parsing never fails: the tokens tile the text, and whatever BuildKit would refuse is a [`SyntaxError`] with its
//! place. This module knows nothing of stages, images or projects.

mod dump;
mod expand;
mod heredoc;
mod instruction;
mod joined;
mod json;
mod keyword;
mod letters;
mod lexer;
mod pattern;
mod quote;
mod typed;
mod words;

use std::sync::Arc;

use smallvec::SmallVec;

pub use self::expand::{Environment, ExpandError, Expanded, Expander};
pub use self::joined::{Joined, JoinedSpan};
pub use self::json::parse_strings;
pub use self::keyword::Keyword;
pub use self::typed::{Health, Mount, MountKind, health, mount_fields, mounts};
use crate::source::{Source, Span};

/// What a stretch of the text is. Tokens stand side by side and cover every byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// The byte-order mark.
    Bom,
    /// Blanks at the start of a line, or a line of blanks only.
    Blank,
    /// A line end: `\n`, with the carriage returns before it.
    Newline,
    /// A comment, from `#` to the end of its line; inside continuations too.
    Comment,
    /// A parser directive: a comment at the top that BuildKit reads.
    Directive,
    /// Part of an instruction on one line.
    Text,
    /// The escape character at the end of a line, with the blanks after it.
    Continuation,
    /// The lines of a heredoc, without its last.
    HeredocBody,
    /// The line that ends a heredoc, without its line end.
    HeredocEnd,
    /// What BuildKit does not read: everything from a line that is too long.
    Unread,
}

/// A stretch of the text and what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// A `# name=value` line at the top that changes how the file is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// `syntax`, `escape` or `check`.
    pub name: DirectiveName,
    /// The value, without blanks around it.
    pub value: Span,
    /// The whole comment.
    pub span: Span,
}

/// The directives that BuildKit knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DirectiveName {
    /// The frontend image.
    Syntax,
    /// The escape character.
    Escape,
    /// Which build checks are skipped.
    Check,
}

/// Which of BuildKit's steps finds an error. Later steps run only when the earlier ones found none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// Splitting the text into instructions (`parser.Parse`).
    Parse,
    /// Checking each instruction's flags and arguments (`instructions.Parse`).
    Instruction,
    /// Making a build of it (`Dockerfile2LLB`), as far as that needs neither variables nor images.
    Convert,
}

/// Something that BuildKit refuses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Who finds it.
    pub step: Step,
    /// The smallest range that makes sense.
    pub span: Span,
    /// BuildKit's wording, without its position prefix.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// A `--name=value` before the arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Flag {
    /// As it is written, quotes and escapes included.
    pub span: JoinedSpan,
    /// What BuildKit makes of it: quotes and escapes removed.
    pub text: Box<str>,
}

impl Flag {
    /// The name, without dashes and value.
    pub fn name(&self) -> &str {
        let end = self.text.find('=').unwrap_or(self.text.len());
        self.text.get(2..end).unwrap_or_default()
    }

    /// The value after `=`; `None` for a bare flag.
    pub fn value(&self) -> Option<&str> {
        self.text.split_once('=').map(|(_, value)| value)
    }
}

/// One string of a JSON array.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExecWord {
    /// With its quotes.
    pub span: JoinedSpan,
    /// What it means.
    pub value: Box<str>,
}

/// How a key and its value are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Separator {
    /// `key=value`
    Equals,
    /// `key value`, the deprecated form: one pair to the end of the line.
    Blank,
    /// `key` alone, as ARG allows.
    None,
}

/// A pair of ENV, LABEL or ARG. Quotes and escapes are still in both parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyValue {
    /// The key.
    pub key: JoinedSpan,
    /// The value; `None` exactly when `separator` is [`Separator::None`].
    pub value: Option<JoinedSpan>,
    /// How they are joined.
    pub separator: Separator,
}

/// What stands after the keyword and the flags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Arguments {
    /// Nothing.
    Empty,
    /// One string to the end: the shell form, and the argument of WORKDIR, USER, STOPSIGNAL, MAINTAINER.
    Shell(JoinedSpan),
    /// A JSON array of strings: the exec form, and the form for paths with blanks.
    Exec {
        /// The array with its brackets.
        span: JoinedSpan,
        /// Its strings.
        words: Vec<ExecWord>,
    },
    /// Pairs.
    KeyValues(SmallVec<[KeyValue; 1]>),
    /// Words between blanks; no quoting.
    Words(SmallVec<[JoinedSpan; 3]>),
    /// HEALTHCHECK: its type (`CMD`, `NONE`) and what follows.
    Health {
        /// The type word as written.
        kind: JoinedSpan,
        /// `Shell`, `Exec` or `Empty`.
        command: Box<Arguments>,
    },
    /// ONBUILD: the instruction for later. It has no heredocs of its own; those hang on the outer one.
    Trigger(Box<Instruction>),
    /// What follows an unknown keyword, or arguments that BuildKit refuses.
    Raw(JoinedSpan),
}

/// A here-document of RUN, COPY, ADD or an ONBUILD of these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heredoc {
    /// The word that ends it.
    pub name: Box<str>,
    /// Whether variables in the body are expanded: no quote in the marker.
    pub expand: bool,
    /// Whether leading tabs are cut (`<<-`).
    pub chomp: bool,
    /// The number before `<<`.
    pub descriptor: u64,
    /// The body in the source, with its line ends.
    pub body: Span,
}

/// An instruction with everything that belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// What it is.
    pub keyword: Keyword,
    /// From the keyword to the end of the last line, heredocs included, without the last line end.
    pub span: Span,
    /// First and last line, from 1.
    pub lines: (usize, usize),
    /// The text with continuations joined and comments dropped, as BuildKit sees it.
    pub joined: Joined,
    /// The keyword as written.
    pub name: JoinedSpan,
    /// Flags before the arguments.
    pub flags: Vec<Flag>,
    /// Everything after keyword and flags, blanks trimmed.
    pub rest: JoinedSpan,
    /// What `rest` means.
    pub arguments: Arguments,
    /// Bodies that follow the line.
    pub heredocs: Vec<Heredoc>,
    /// Comments between its continued lines, in the source.
    pub inner_comments: Vec<Span>,
    /// Which of the document's attached comments are its own; see [`Document::comments_of`].
    comments: (u32, u32),
}

impl Instruction {
    /// The text of a range of the joined text.
    pub fn text(&self, span: JoinedSpan) -> &str {
        self.joined.slice(span)
    }

    /// Where a range of the joined text stands in the source; `None` where a line break or comment lies inside, so
    /// that no edit may replace it as one piece.
    pub fn source_span(&self, span: JoinedSpan) -> Option<Span> {
        self.joined.source_span(span)
    }

    /// The keyword as written, in the source.
    pub fn name_span(&self) -> Span {
        self.source_span(self.name).unwrap_or_else(|| Span::new(self.span.start(), self.span.start() + 1))
    }

    /// The value of the last flag of that name, `""` for a bare one.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|flag| flag.name() == name).map(|flag| flag.value().unwrap_or_default())
    }

    /// The shell form's text, for RUN, CMD and ENTRYPOINT; where it starts in the joined text is `span.start()`.
    pub fn shell_form(&self) -> Option<(JoinedSpan, &str)> {
        match (&self.arguments, self.keyword) {
            (Arguments::Shell(span), Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) => {
                Some((*span, self.text(*span)))
            }
            _ => None,
        }
    }

    /// The strings of an exec form.
    pub fn exec_form(&self) -> Option<&[ExecWord]> {
        match &self.arguments {
            Arguments::Exec { words, .. } => Some(words),
            _ => None,
        }
    }

    /// The arguments in order, whatever their form; pairs as key and value.
    pub fn values(&self) -> Vec<&str> {
        self.values_of(&self.arguments)
    }

    fn values_of<'a>(&'a self, arguments: &'a Arguments) -> Vec<&'a str> {
        match arguments {
            Arguments::Empty | Arguments::Trigger(_) => Vec::new(),
            Arguments::Shell(span) | Arguments::Raw(span) => vec![self.text(*span)],
            Arguments::Exec { words, .. } => words.iter().map(|word| &*word.value).collect(),
            Arguments::Words(words) => words.iter().map(|word| self.text(*word)).collect(),
            Arguments::KeyValues(pairs) => pairs
                .iter()
                .flat_map(|pair| [Some(pair.key), pair.value])
                .flatten()
                .map(|at| self.text(at))
                .collect(),
            Arguments::Health { kind, command } => {
                let mut values = vec![self.text(*kind)];
                values.extend(self.values_of(command));
                values
            }
        }
    }
}

/// The syntax tree of one file.
#[derive(Clone, Debug)]
pub struct Document {
    text: Arc<str>,
    /// Every byte of the text, in order.
    pub tokens: Vec<Token>,
    /// The directives at the top.
    pub directives: Vec<Directive>,
    /// The escape character in force: `\` or a backtick.
    pub escape: char,
    /// The instructions in order.
    pub instructions: Vec<Instruction>,
    /// What BuildKit would refuse, each step's in the order in which it would be met.
    pub errors: Vec<SyntaxError>,
    /// The comments that BuildKit attaches to instructions, side by side: one list, as most instructions have none.
    attached_comments: Vec<Span>,
    /// Instructions with a blank line inside a continuation (`NoEmptyContinuation`).
    pub empty_continuations: Vec<usize>,
}

impl Document {
    /// Reads a text. Never fails; see [`Document::errors`].
    pub fn parse(source: &Source) -> Document {
        lexer::parse(source)
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of a directive, if the file has it.
    pub fn directive(&self, name: DirectiveName) -> Option<&str> {
        self.directives
            .iter()
            .find(|directive| directive.name == name)
            .map(|found| found.value.of(&self.text))
    }

    /// The options of the `check` directive, up to their first space, as BuildKit finds them: by other rules than those
    /// of [`Document::directives`].
    pub fn check_options(&self) -> Option<Span> {
        typed::check_value(&self.text)
    }

    /// The comments above an instruction that BuildKit attaches to it: text after `#`, trimmed. Blank lines do not part
    /// them.
    pub fn comments_of(&self, instruction: &Instruction) -> &[Span] {
        let (start, end) = instruction.comments;
        self.attached_comments.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The lines of comment that stand directly above an instruction, without a blank line between: what moves with
    /// it, and above which a new line goes. Starts at the first line's start and ends at the instruction.
    pub fn comment_block(&self, instruction: usize) -> Span {
        let start = line_start(&self.text, self.instructions[instruction].span.start());
        let mut top = start;
        let before = self.tokens.partition_point(|token| token.span.end() <= start);
        let mut tokens = self.tokens[..before].iter().rev().peekable();
        while let Some(newline) = tokens.next() {
            if newline.kind != TokenKind::Newline {
                break;
            }
            match tokens.next() {
                Some(comment) if comment.kind == TokenKind::Comment => {
                    top = line_start(&self.text, comment.span.start());
                    if tokens.peek().is_some_and(|token| token.kind == TokenKind::Blank) {
                        tokens.next();
                    }
                }
                _ => break,
            }
        }
        let bom = if top == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Span::new(top + bom, start.max(top + bom))
    }

    /// The whole lines of an instruction, with the last line end and without the comments above.
    pub fn line_span(&self, instruction: usize) -> Span {
        let span = self.instructions[instruction].span;
        let end = self.text[span.end()..].find('\n').map_or(self.text.len(), |at| span.end() + at + 1);
        Span::new(line_start(&self.text, span.start()), end)
    }

    /// Whether an instruction ends in a continuation with nothing after it, as the last one of a file may: whatever
    /// is written below it becomes a part of it.
    pub fn is_open(&self, instruction: usize) -> bool {
        let span = self.instructions[instruction].span;
        let before = self.tokens.partition_point(|token| token.span.start() < span.end());
        let inside =
            self.tokens[..before].iter().rev().take_while(|token| token.span.start() >= span.start());
        let last = inside
            .map(|token| token.kind)
            .find(|kind| !matches!(kind, TokenKind::Newline | TokenKind::Blank | TokenKind::Comment));
        last == Some(TokenKind::Continuation)
    }

    /// A readable form of the tree, for tests.
    pub fn dump(&self) -> String {
        dump::dump(self)
    }
}

/// Offset of the first byte of the line that holds `offset`.
fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |at| at + 1)
}
