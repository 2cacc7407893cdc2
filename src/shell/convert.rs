//! From the parsing package's tree to our own. Here alone the package is named.
//!
//! The package is young, so nothing of it is taken on trust: every span is checked against the text, every word is
//! read a second time by [`super::reading`], and [`super::coverage`] makes sure that no byte of the text was
//! dropped. Where the two disagree there is no tree, and what has no tree is not rewritten.

mod compound;
mod simple;
mod words;

use std::borrow::Cow;
use std::sync::Arc;

use shuck_ast as ast;
use shuck_parser::parser::{Parser, ShellProfile};
use shuck_parser::{ShellDialect, parser};

use self::words::is_absent;
use super::tree::*;
use super::{NotShell, coverage};
use crate::source::Span;

/// The deepest nesting of commands, substitutions and arithmetic that is parsed. Real scripts stay below ten.
const MAX_DEPTH: usize = 40;

/// How many nested scripts of one text are parsed again, where the package misplaced them: each costs its length.
const MAX_REPARSED: usize = 50;

type Converted<T> = Result<T, NotShell>;

/// Parses `text`, which passed the limits, and makes our tree of it.
pub(super) fn script(text: &str) -> Converted<Script> {
    let shadow = shadow(text);
    let file = parse(&shadow)?;
    let mut converter = Converter {
        text,
        shadow: &shadow,
        base: 0,
        limit: text.len(),
        leaves: Vec::new(),
        comments: Vec::new(),
        reparsed: 0,
    };
    let list = converter.list(&file.body)?;
    let Converter { mut leaves, mut comments, .. } = converter;
    coverage::check(text, Span::new(0, text.len()), &mut leaves)?;
    comments.sort();
    comments.dedup();
    Ok(Script { text: Arc::from(text), list, comments })
}

fn parse(shadow: &str) -> Converted<ast::File> {
    // One operation a byte is what the package itself allows; real scripts use far less.
    let fuel = shadow.len().max(10_000);
    // Always the dialect of bash: its POSIX mode refuses scripts that dash accepts.
    let profile = ShellProfile::native(ShellDialect::Bash);
    let result = Parser::with_limits_and_profile(shadow, MAX_DEPTH, fuel, profile).parse();
    if result.is_ok() { Ok(result.file) } else { Err(syntax_error(&result)) }
}

/// The text with every byte outside ASCII replaced by one that means nothing in a word.
///
/// The package miscounts some words with escapes; beside a longer character it would then cut one in two and
/// panic. Everything that matters to a shell is ASCII, and only offsets are taken from the package's tree.
fn shadow(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    text.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { '%' }).collect()
}

fn syntax_error(result: &parser::ParseResult) -> NotShell {
    match result.diagnostics.first() {
        Some(diagnostic) => {
            NotShell::Syntax { message: diagnostic.message.clone(), offset: diagnostic.span.start.offset() }
        }
        None => NotShell::Syntax { message: "not understood".to_owned(), offset: 0 },
    }
}

struct Converter<'t> {
    text: &'t str,
    shadow: &'t str,
    /// Where in the text the tree at hand begins.
    base: usize,
    /// Where it ends: a closing backquote would not end a word.
    limit: usize,
    /// What was accounted for: words, operators, comments. Everything else must be keywords and blanks.
    leaves: Vec<Span>,
    comments: Vec<Span>,
    /// How many nested scripts were parsed again.
    reparsed: usize,
}

impl Converter<'_> {
    fn span(&self, span: ast::Span) -> Converted<Span> {
        let (start, end) = (self.base + span.start.offset(), self.base + span.end.offset());
        if start > end || self.text.get(start..end).is_none() {
            return Err(NotShell::Doubtful { what: "a span outside the text", span: Span::default() });
        }
        Ok(Span::new(start, end))
    }

    fn leaf(&mut self, span: Span) {
        if !span.is_empty() {
            self.leaves.push(span);
        }
    }

    /// An operator, whose text must be one of those `expected`.
    fn operator(&mut self, span: ast::Span, expected: &[&str]) -> Converted<Span> {
        let span = self.span(span)?;
        if !expected.contains(&span.of(self.text)) {
            return Err(NotShell::Doubtful { what: "an operator whose text is another", span });
        }
        self.leaf(span);
        Ok(span)
    }

    fn comment(&mut self, comment: &ast::Comment) {
        let range = comment.range;
        let span = Span::new(self.base + usize::from(range.start()), self.base + usize::from(range.end()));
        self.comments.push(span);
        self.leaf(span);
    }

    fn list(&mut self, sequence: &ast::StmtSeq) -> Converted<List> {
        sequence.leading_comments.iter().chain(&sequence.trailing_comments).for_each(|c| self.comment(c));
        let mut items: Vec<Item> = Vec::with_capacity(sequence.stmts.len());
        for statement in &sequence.stmts {
            // The package takes `a (b)` for two commands.
            if let Some(Item { chain, end: None }) = items.last() {
                return Err(NotShell::Doubtful { what: "two commands side by side", span: chain.span() });
            }
            items.push(self.item(statement)?);
        }
        Ok(List { items })
    }

    fn item(&mut self, statement: &ast::Stmt) -> Converted<Item> {
        let chain = self.chain(statement)?;
        let end = match (statement.terminator, statement.terminator_span) {
            (Some(ast::StmtTerminator::Semicolon), Some(span)) => {
                Some(End { kind: EndKind::Semicolon, span: self.operator(span, &[";"])? })
            }
            (Some(ast::StmtTerminator::Background(_)), Some(span)) => {
                Some(End { kind: EndKind::Background, span: self.operator(span, &["&"])? })
            }
            _ => self.end_after(chain.span().end()),
        };
        Ok(Item { chain, end })
    }

    /// The package does not tell line ends, nor the `;` before `then`, `fi` and the like.
    fn end_after(&mut self, at: usize) -> Option<End> {
        let rest = &self.text[at..];
        let mut length = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[length..].starts_with('#') {
            length += rest[length..].find('\n').unwrap_or(rest.len() - length);
        }
        let span = Span::new(at + length, (at + length + 1).min(self.text.len()));
        let kind = match &rest[length..] {
            rest if rest.starts_with(";;") || rest.starts_with(";&") => return None,
            rest if rest.starts_with(';') => EndKind::Semicolon,
            rest if rest.starts_with('\n') => EndKind::Newline,
            _ => return None,
        };
        self.leaf(span);
        Some(End { kind, span })
    }

    fn statement_comments(&mut self, statement: &ast::Stmt) {
        statement.leading_comments.iter().chain(&statement.inline_comment).for_each(|c| self.comment(c));
    }

    /// `&&` and `||` nest to the left, up to a thousand deep: flattened by a loop.
    fn chain(&mut self, statement: &ast::Stmt) -> Converted<Chain> {
        let mut links = Vec::new();
        let mut first = statement;
        while let ast::Command::Binary(binary) = &first.command {
            let (connector, text) = match binary.op {
                ast::BinaryOp::And => (Connector::And, "&&"),
                ast::BinaryOp::Or => (Connector::Or, "||"),
                ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll => break,
            };
            self.statement_comments(first);
            let span = self.operator(binary.op_span, &[text])?;
            links.push((connector, span, &*binary.right));
            first = &binary.left;
        }
        let first = self.pipeline(first)?;
        let mut rest = Vec::with_capacity(links.len());
        for (connector, span, right) in links.into_iter().rev() {
            rest.push(Link { connector, span, pipeline: self.pipeline(right)? });
        }
        Ok(Chain { first, rest })
    }

    fn pipeline(&mut self, statement: &ast::Stmt) -> Converted<Pipeline> {
        let negation = self.negation(statement)?;
        let mut pipes = Vec::new();
        let mut first = statement;
        while let ast::Command::Binary(binary) = &first.command {
            if matches!(binary.op, ast::BinaryOp::And | ast::BinaryOp::Or) {
                return Err(self.doubtful("a chain inside a pipeline", first.span));
            }
            self.statement_comments(first);
            pipes.push((self.operator(binary.op_span, &["|", "|&"])?, &*binary.right));
            first = &binary.left;
        }
        let mut pipeline = self.pipeline_head(first, negation)?;
        for (span, right) in pipes.into_iter().rev() {
            pipeline.rest.push(Piped { span, command: self.command(right)? });
        }
        Ok(pipeline)
    }

    fn negation(&mut self, statement: &ast::Stmt) -> Converted<Option<Span>> {
        if !statement.negated {
            return Ok(None);
        }
        let start = self.span(statement.span)?.start();
        let span = Span::new(start, start + 1);
        if span.of(self.text) != "!" {
            return Err(NotShell::Doubtful { what: "a negation without `!`", span });
        }
        self.leaf(span);
        Ok(Some(span))
    }

    /// Bash times a whole pipeline; dash knows `time` as a program. Both are told as the word before the command.
    fn pipeline_head(&mut self, statement: &ast::Stmt, negation: Option<Span>) -> Converted<Pipeline> {
        let ast::Command::Compound(ast::CompoundCommand::Time(time)) = &statement.command else {
            return Ok(Pipeline { negation, first: self.command(statement)?, rest: Vec::new() });
        };
        self.statement_comments(statement);
        let mut words = self.time_words(time)?;
        let Some(inner) = &time.command else {
            let first = self.bare_words(words);
            return Ok(Pipeline { negation, first, rest: Vec::new() });
        };
        let mut pipeline = self.pipeline(inner)?;
        pipeline.negation = negation.or(pipeline.negation);
        let start = words[0].span.start();
        pipeline.first = match pipeline.first {
            Command::Simple(mut command) if command.assignments.is_empty() => {
                words.append(&mut command.words);
                Command::Simple(SimpleCommand {
                    span: Span::new(start, command.span.end()),
                    words,
                    ..command
                })
            }
            timed => Command::Compound(Box::new(Compound {
                span: Span::new(start, timed.span().end()),
                kind: CompoundKind::Timed(timed),
                redirects: Vec::new(),
            })),
        };
        Ok(pipeline)
    }

    fn time_words(&mut self, time: &ast::TimeCommand) -> Converted<Vec<Word>> {
        let start = self.span(time.span)?.start();
        let mut words = vec![self.word_at(start, "time")?];
        if time.posix_format {
            let after = words[0].span.end();
            let option = self.text[after..].find("-p").unwrap_or_default();
            words.push(self.word_at(after + option, "-p")?);
        }
        Ok(words)
    }

    fn bare_words(&self, words: Vec<Word>) -> Command {
        let span = words.iter().map(|word| word.span).reduce(Span::cover).unwrap_or_default();
        Command::Simple(SimpleCommand { span, assignments: Vec::new(), words, redirects: Vec::new() })
    }

    fn command(&mut self, statement: &ast::Stmt) -> Converted<Command> {
        self.statement_comments(statement);
        match &statement.command {
            ast::Command::Simple(command) => self.simple(
                &command.assignments,
                Some(&command.name).filter(|name| !is_absent(name)),
                &command.args.iter().collect::<Vec<_>>(),
                &statement.redirects,
            ),
            ast::Command::Builtin(builtin) => self.builtin(builtin, &statement.redirects),
            ast::Command::Decl(declaration) => self.declaration(declaration, &statement.redirects),
            ast::Command::Compound(compound) => self.compound(compound, &statement.redirects, statement.span),
            ast::Command::Function(function) => self.function(function, &statement.redirects),
            ast::Command::Binary(_) | ast::Command::AnonymousFunction(_) => {
                Err(self.doubtful("a command where none is expected", statement.span))
            }
        }
    }

    fn doubtful(&self, what: &'static str, span: ast::Span) -> NotShell {
        NotShell::Doubtful { what, span: self.span(span).unwrap_or_default() }
    }
}
