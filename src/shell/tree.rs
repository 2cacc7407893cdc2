//! The shell's syntax tree: commands, words and operators, each with its byte range in the text that was parsed.
//!
//! Owned and small, so that trees can be kept from turn to turn. Knows neither the parsing package nor Dockerfiles:
//! offsets are those of the text given, and the caller maps them back to the file.

use std::sync::Arc;

use crate::source::Span;

/// A shell text that was parsed whole and cleanly.
#[derive(Debug)]
pub struct Script {
    pub(super) text: Arc<str>,
    pub(super) list: List,
    pub(super) comments: Vec<Span>,
}

impl Script {
    /// The text that all spans refer to.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole script as a list.
    pub fn list(&self) -> &List {
        &self.list
    }

    /// Comments in text order, `#` to the end of the line. In joined text that is the end of everything: what
    /// looks like the next command is swallowed.
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// The only command, when the script is one simple command and nothing else: no list, pipe, `!` or comment.
    pub fn only_command(&self) -> Option<&SimpleCommand> {
        let [item] = self.list.items.as_slice() else { return None };
        let pipeline = &item.chain.first;
        let alone = item.chain.rest.is_empty()
            && pipeline.rest.is_empty()
            && pipeline.negation.is_none()
            && !item.end.is_some_and(|end| end.kind == EndKind::Background)
            && self.comments.is_empty();
        match &pipeline.first {
            Command::Simple(command) if alone => Some(command),
            _ => None,
        }
    }
}

/// Items one after the other: `a; b & c`.
#[derive(Debug, Default)]
pub struct List {
    /// In text order. Empty only for a text of blanks and comments.
    pub items: Vec<Item>,
}

impl List {
    /// From the first item to the last, without the operator that ends the last; `None` when there is no item.
    pub fn span(&self) -> Option<Span> {
        Some(self.items.first()?.chain.span().cover(self.items.last()?.chain.span()))
    }
}

/// One and-or chain and the operator that ends it.
#[derive(Debug)]
pub struct Item {
    /// The chain.
    pub chain: Chain,
    /// What ends it; the last item of a list often has none.
    pub end: Option<End>,
}

/// The operator that ends an item of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct End {
    /// Which.
    pub kind: EndKind,
    /// Its own span.
    pub span: Span,
}

/// The operators that end an item of a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndKind {
    /// `;`
    Semicolon,
    /// `&`: the chain runs in the background.
    Background,
    /// A line end.
    Newline,
}

/// Pipelines joined by `&&` and `||`, which bind equally and to the left.
#[derive(Debug)]
pub struct Chain {
    /// The first pipeline.
    pub first: Pipeline,
    /// The others, each with the operator before it.
    pub rest: Vec<Link>,
}

impl Chain {
    /// From the first word to the last.
    pub fn span(&self) -> Span {
        let last = self.rest.last().map_or(&self.first, |link| &link.pipeline);
        self.first.span().cover(last.span())
    }

    /// The pipelines in order.
    pub fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|link| &link.pipeline))
    }
}

/// An operator of a chain and the pipeline after it.
#[derive(Debug)]
pub struct Link {
    /// The operator.
    pub connector: Connector,
    /// The operator's own span.
    pub span: Span,
    /// What follows it.
    pub pipeline: Pipeline,
}

/// What joins two pipelines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connector {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// Commands joined by `|`.
#[derive(Debug)]
pub struct Pipeline {
    /// The `!` before it.
    pub negation: Option<Span>,
    /// The first command.
    pub first: Command,
    /// The others, each with the operator before it.
    pub rest: Vec<Piped>,
}

impl Pipeline {
    /// From the `!` or the first word to the last.
    pub fn span(&self) -> Span {
        let last = self.rest.last().map_or(&self.first, |piped| &piped.command);
        let span = self.first.span().cover(last.span());
        self.negation.map_or(span, |negation| negation.cover(span))
    }

    /// The commands in order.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        std::iter::once(&self.first).chain(self.rest.iter().map(|piped| &piped.command))
    }
}

/// A pipe operator and the command after it.
#[derive(Debug)]
pub struct Piped {
    /// The operator's own span: `|` or `|&`.
    pub span: Span,
    /// What reads from it.
    pub command: Command,
}

/// A command of a pipeline.
#[derive(Debug)]
pub enum Command {
    /// A program or builtin with its arguments.
    Simple(SimpleCommand),
    /// Anything with commands inside it.
    Compound(Box<Compound>),
}

impl Command {
    /// From its first byte to its last, redirections included.
    pub fn span(&self) -> Span {
        match self {
            Command::Simple(command) => command.span,
            Command::Compound(compound) => compound.span,
        }
    }
}

/// Assignments, words and redirections; any of the three may be missing, but not all.
#[derive(Debug)]
pub struct SimpleCommand {
    /// From the first of them to the last.
    pub span: Span,
    /// `A=b` before the program.
    pub assignments: Vec<Assignment>,
    /// The program and its arguments.
    pub words: Vec<Word>,
    /// In text order; they may stand between the words.
    pub redirects: Vec<Redirect>,
}

impl SimpleCommand {
    /// The program as written, when it is a literal.
    pub fn name(&self) -> Option<&str> {
        self.words.first()?.literal()
    }

    /// The words' values: `None` for each that the shell has yet to work out.
    pub fn argv(&self) -> Vec<Option<&str>> {
        self.words.iter().map(Word::literal).collect()
    }

    /// Everything that is expanded when the command runs: assigned values, words and targets of redirections.
    pub fn expanded(&self) -> impl Iterator<Item = &Word> {
        let values = self.assignments.iter().flat_map(|assignment| &assignment.values);
        let targets = self.redirects.iter().filter_map(|redirect| match &redirect.target {
            Target::File(word) => Some(word),
            Target::Heredoc(heredoc) => Some(&heredoc.body),
            Target::Descriptor => None,
        });
        values.chain(&self.words).chain(targets)
    }
}

/// A variable given a value before a command.
#[derive(Debug)]
pub struct Assignment {
    /// The whole of it.
    pub span: Span,
    /// The variable.
    pub name: Box<str>,
    /// The value, or the elements of an array; empty for `A=` and `A=()`.
    pub values: Vec<Word>,
    /// Whether it is anything but a plain `A=b`: an array, an element, `+=`.
    pub special: bool,
}

impl Assignment {
    /// The value of a plain assignment, when it is a literal.
    pub fn literal(&self) -> Option<&str> {
        match self.values.as_slice() {
            _ if self.special => None,
            [] => Some(""),
            [word] => word.literal(),
            _ => None,
        }
    }
}

/// A redirection.
#[derive(Debug)]
pub struct Redirect {
    /// From the descriptor or operator to the target. The body of a here-document lies elsewhere.
    pub span: Span,
    /// Which.
    pub kind: RedirectKind,
    /// What it reads or writes.
    pub target: Target,
}

/// The kinds of redirection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RedirectKind {
    /// `>`, `>|`
    Write,
    /// `>>`
    Append,
    /// `<`
    Read,
    /// `<>`
    ReadWrite,
    /// `&>`
    WriteBoth,
    /// `&>>`
    AppendBoth,
    /// `>&` and `<&`, closing included
    Duplicate,
    /// `<<`, `<<-`
    Heredoc,
    /// `<<<`
    HereString,
}

/// What a redirection reads or writes.
#[derive(Debug)]
pub enum Target {
    /// A file, or the text of a here-string.
    File(Word),
    /// Another descriptor, or `-`; part of the redirection's span.
    Descriptor,
    /// A here-document.
    Heredoc(Box<Heredoc>),
}

/// A here-document of the shell.
#[derive(Debug)]
pub struct Heredoc {
    /// The delimiter as written, quotes included.
    pub delimiter: Span,
    /// The lines between, as one word: it has variables only where the delimiter is not quoted.
    pub body: Word,
}

/// A command with commands inside it.
#[derive(Debug)]
pub struct Compound {
    /// From its first byte to its last, redirections included.
    pub span: Span,
    /// Which.
    pub kind: CompoundKind,
    /// In text order.
    pub redirects: Vec<Redirect>,
}

/// The commands that hold others.
#[derive(Debug)]
pub enum CompoundKind {
    /// `( … )`
    Subshell(List),
    /// `{ …; }`
    Group(List),
    /// `if … then … elif … then … else … fi`
    If {
        /// Condition and body of `if` and of each `elif`.
        branches: Vec<(List, List)>,
        /// Body of `else`.
        otherwise: Option<List>,
    },
    /// `for`, `select`: the words and the body; also `for ((…))`, whose words are those inside the head.
    For {
        /// What the variable runs over.
        words: Vec<Word>,
        /// What runs for each.
        body: List,
    },
    /// `while`, `until`
    While {
        /// What is asked each time.
        condition: List,
        /// What runs each time.
        body: List,
    },
    /// `case … esac`
    Case {
        /// What is compared.
        word: Word,
        /// The patterns of each arm, and its body.
        arms: Vec<(Vec<Word>, List)>,
    },
    /// `name() { … }`; the body runs only when the name is called.
    Function {
        /// The name; `None` where it is not a literal.
        name: Option<Box<str>>,
        /// What it runs.
        body: Command,
    },
    /// `[[ … ]]` and `(( … ))`: no commands, but words that are expanded.
    Test {
        /// The words inside.
        words: Vec<Word>,
    },
    /// `time` before a compound command.
    Timed(Command),
    /// `coproc …`: runs in the background.
    Coprocess(Command),
}

/// A word of a command, or another piece of text that the shell expands.
#[derive(Debug)]
pub struct Word {
    /// Its bytes, quotes included.
    pub span: Span,
    pub(super) literal: Option<Box<str>>,
    pub(super) dynamic: bool,
    pub(super) variables: Vec<Variable>,
    pub(super) nested: Vec<Nested>,
}

impl Word {
    /// The exact string that the program gets, with quotes and escapes removed, in every POSIX shell and in bash.
    ///
    /// `None` when the word has an expansion, a glob, a tilde, braces that bash expands, or quoting that shells
    /// read differently.
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Whether the value depends on a variable, a command or arithmetic. Globs, tildes and braces are not counted.
    pub fn has_expansion(&self) -> bool {
        self.dynamic
    }

    /// The variables mentioned, those inside `${a:-$b}` too, but not those of nested commands.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// The scripts inside: `$(…)`, backquotes, `<(…)`.
    pub fn nested(&self) -> &[Nested] {
        &self.nested
    }
}

/// A variable that a word mentions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name; the special ones (`@`, `?`, `1`) too.
    pub name: Box<str>,
    /// The whole expansion: `$A`, `${A:-b}`.
    pub span: Span,
}

/// A script inside a word.
#[derive(Debug)]
pub struct Nested {
    /// With its delimiters.
    pub span: Span,
    /// Its commands, with offsets in the same text as all else; `None` where they cannot be told exactly
    /// (escapes inside backquotes), and then nothing may be concluded about what runs there.
    pub list: Option<List>,
}
