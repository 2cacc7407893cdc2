//! Where a command goes that has to run last, and how it is joined to the others.

use super::Run;
use crate::edit::Edit;
use crate::shell::{Command, Connector, EndKind, Item, Pipeline, Target};
use crate::source::Span;
use crate::transforms::writing::INDENT;

/// How the RUN goes from one command to the next.
struct Joint {
    operator: Operator,
    lines: Lines,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    /// What follows runs only if all before has gone well, since `set -e` is on.
    Semicolon,
}

/// Where the line breaks, with the indent of the next line.
enum Lines {
    One,
    BeforeOperator(String),
    BehindOperator(String),
    /// In a heredoc, a command on each line.
    Own(String),
}

impl Run<'_> {
    /// An edit that adds a command behind all others, joined as the RUN joins its own.
    ///
    /// It runs only if what is before it has gone well, and the RUN fails exactly if it failed before: after `a; b` the
    /// command is joined to `b` by `&&`, after `a || b` to the whole of it. `None` where nothing can follow: a command in
    /// the background, `exit`, `exec`.
    pub(in crate::transforms) fn append(&self, command: &str) -> Option<Edit> {
        let script = self.script()?;
        let items = &script.list().items;
        let last = items.last()?;
        let background = last.end.is_some_and(|end| end.kind == EndKind::Background);
        if background || ends(last) || self.turns_globs_off() || self.has_carriage_returns() {
            return None;
        }
        let joint = self.joint(items)?;
        let escape = self.input.document.escape;
        let newline = self.input.source.newline().as_str();
        let operator = if joint.operator == Operator::And { "&&" } else { ";" };
        // Behind a `;` that ends the whole, the next command ends in one too.
        let (at, own) = match last.end.filter(|end| end.kind == EndKind::Semicolon) {
            Some(end) if joint.operator == Operator::Semicolon => (end.span.end(), true),
            _ => (last.chain.span().end(), false),
        };
        let text = match (&joint.lines, own) {
            (Lines::Own(indent), _) => format!("{newline}{indent}{command}"),
            (Lines::One, true) => format!(" {command};"),
            (Lines::BeforeOperator(indent) | Lines::BehindOperator(indent), true) => {
                format!(" {escape}{newline}{indent}{command};")
            }
            (Lines::One, false) if operator == ";" => format!("; {command}"),
            (Lines::One, false) => format!(" && {command}"),
            (Lines::BeforeOperator(indent), false) => {
                format!(" {escape}{newline}{indent}{operator} {command}")
            }
            (Lines::BehindOperator(indent), false) => {
                let blank = if operator == ";" { "" } else { " " };
                format!("{blank}{operator} {escape}{newline}{indent}{command}")
            }
        };
        self.write_behind(at, &text)
    }

    /// The character before an offset is written anew with the text: what is inserted at an instruction's very end does
    /// not count as a part of it.
    fn write_behind(&self, at: usize, text: &str) -> Option<Edit> {
        let script = self.script()?.text();
        let last = script.get(..at)?.chars().next_back()?;
        let place = self.place(Span::new(at - last.len_utf8(), at))?;
        Some(Edit::replace(place, format!("{last}{text}")))
    }

    fn joint(&self, items: &[Item]) -> Option<Joint> {
        let last = items.last()?;
        let errexit = items.len() > 1 && self.is_under_errexit(&items[items.len() - 2]);
        let operator =
            if errexit && last.chain.rest.is_empty() { Operator::Semicolon } else { Operator::And };
        if !self.is_heredoc() {
            return Some(Joint { operator, lines: self.lines(items) });
        }
        let before = items.len().checked_sub(2).and_then(|at| items[at].end);
        let own_line = before.is_some_and(|end| end.kind == EndKind::Newline) && !self.ends_in_comment(last);
        // A line of its own would hide the outcome of the one before, but for `set -e`.
        let lines = if operator == Operator::Semicolon && own_line {
            Lines::Own(self.indent_of(last.chain.span().start()))
        } else {
            Lines::One
        };
        Some(Joint { operator: if own_line { operator } else { Operator::And }, lines })
    }

    /// How the last break between two commands of the script's own list is laid out.
    fn lines(&self, items: &[Item]) -> Lines {
        let source = self.input.source.text();
        let broken = self.seams(items).into_iter().rev().find_map(|(before, operator, after)| {
            let operator = self.place(operator)?;
            let (first, second) = (
                source.get(self.end(before)..operator.start())?,
                source.get(operator.end()..self.start(after))?,
            );
            let indent = |text: &str| text.rsplit('\n').next().map(str::to_owned);
            match (first.contains('\n'), second.contains('\n')) {
                (true, _) => Some(Lines::BeforeOperator(indent(first)?)),
                (_, true) => Some(Lines::BehindOperator(indent(second)?)),
                _ => None,
            }
        });
        broken.unwrap_or_else(|| self.last_line(items))
    }

    /// Each place between two commands: the end of the one, the operator, the start of the other.
    fn seams(&self, items: &[Item]) -> Vec<(usize, Span, usize)> {
        let mut seams = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let mut before = item.chain.first.span().end();
            for link in &item.chain.rest {
                seams.push((before, link.span, link.pipeline.span().start()));
                before = link.pipeline.span().end();
            }
            if let (Some(end), Some(next)) = (item.end, items.get(at + 1)) {
                seams.push((before, end.span, next.chain.span().start()));
            }
        }
        seams
    }

    /// Where no two commands stand on different lines: as the last command is continued, if it is.
    fn last_line(&self, items: &[Item]) -> Lines {
        let source = self.input.source.text();
        let Some(last) = items.last() else { return Lines::One };
        let (start, end) = (self.instruction.span.start(), self.end(last.chain.span().end()));
        let Some(line) = source.get(start..end).and_then(|text| text.rsplit_once('\n')).map(|(_, line)| line)
        else {
            return Lines::One;
        };
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        Lines::BeforeOperator(if indent.is_empty() { INDENT.to_owned() } else { indent.to_owned() })
    }

    /// The blanks before the text of the line on which an offset stands.
    fn indent_of(&self, offset: usize) -> String {
        let source = self.input.source.text();
        let line = &source[..self.start(offset)];
        let line = line.rsplit('\n').next().unwrap_or(line);
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    }

    /// Whether a comment follows an item on its line.
    fn ends_in_comment(&self, item: &Item) -> bool {
        let Some(script) = self.script() else { return false };
        let end = item.chain.span().end();
        let line = script.text()[end..].find('\n').map_or(script.text().len(), |length| end + length);
        script.comments().iter().any(|comment| comment.start() >= end && comment.start() < line)
    }

    /// Whether the script ends at once where an item fails: then a command of that item has to succeed although others
    /// follow.
    fn is_under_errexit(&self, item: &Item) -> bool {
        let span = item.chain.span();
        let inside = self.commands();
        inside.iter().any(|placed| span.contains(placed.command.span) && placed.guards.must_succeed())
    }

    /// `set -f`: a glob that we write would be no glob.
    fn turns_globs_off(&self) -> bool {
        self.commands().iter().any(|placed| {
            placed.command.name() == Some("set")
                && placed.command.argv().iter().skip(1).any(|word| {
                    word.is_none_or(|word| word == "noglob" || word.starts_with('-') && word.contains('f'))
                })
        })
    }

    /// Line ends of Windows inside a heredoc are parts of its words.
    fn has_carriage_returns(&self) -> bool {
        self.is_heredoc() && self.script().is_some_and(|script| script.text().contains('\r'))
    }
}

/// Whether the last command leaves the shell, so that nothing after it runs.
fn ends(item: &Item) -> bool {
    let last: &Pipeline = item.chain.pipelines().last().unwrap_or(&item.chain.first);
    let or = item.chain.rest.last().is_some_and(|link| link.connector == Connector::Or);
    match &last.first {
        Command::Simple(command) => {
            let leaves = matches!(command.name(), Some("exit" | "exec" | "return"));
            let opens =
                command.redirects.iter().any(|redirect| matches!(redirect.target, Target::Heredoc(_)));
            leaves && !or || opens
        }
        Command::Compound(_) => false,
    }
}
