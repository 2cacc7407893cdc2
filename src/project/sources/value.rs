//! What an expression is worth, as far as that can be read off the file: texts, numbers, variables of the environment,
//! paths built from them.
//!
//! What cannot be read is [`Part::Unknown`], never a guess. Knows nothing of what the value is for.

mod calls;
mod constants;
mod parts;

use std::cell::Cell;
use std::ops::Range;

pub(super) use self::constants::{Constants, expression_end};
pub(super) use self::parts::merged;
use self::parts::{either, join, text, unknown};

use super::code::Code;
use super::language::Language;
use super::lexer::Kind;

/// A piece of a value; a value is its pieces joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Text(String),
    /// A variable of the environment, and what stands in for it where it is not set.
    Variable {
        name: String,
        default: Option<String>,
    },
    /// What follows stands where this variable of the environment is not set.
    Otherwise(String),
    /// The folder of the file.
    Here,
    /// The working folder of the program.
    Work,
    /// The system's folder for temporary files.
    Temporary,
    /// Something that lives in memory or is a standard stream.
    Memory,
    Unknown,
}

/// How deep names of names are looked up, and expressions nested.
const DEPTH: usize = 12;
/// How many expressions are looked at for one value: names that stand for many names would multiply.
const MOST_STEPS: usize = 2000;

/// Reads expressions of one file.
pub(super) struct Evaluator<'c> {
    code: &'c Code,
    constants: &'c Constants,
    steps: Cell<usize>,
}

impl<'c> Evaluator<'c> {
    pub(super) fn new(code: &'c Code, constants: &'c Constants) -> Evaluator<'c> {
        Evaluator { code, constants, steps: Cell::new(0) }
    }

    /// The value of the tokens in `range`.
    pub(super) fn value(&self, range: Range<usize>) -> Vec<Part> {
        self.steps.set(0);
        merged(self.expression(range, DEPTH))
    }

    fn expression(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let Some(depth) = depth.checked_sub(1) else { return unknown() };
        self.steps.set(self.steps.get() + 1);
        if range.is_empty() || self.steps.get() > MOST_STEPS {
            return unknown();
        }
        let (start, end) = (range.start, range.end);
        if code.is(start, "(") && code.pair(start) == Some(end - 1) {
            return self.expression(start + 1..end - 1, depth);
        }
        if let Some(at) = self.find(&range, &["||", "??", "or"]) {
            let first = merged(self.expression(start..at, depth));
            let second = merged(self.expression(at + 1..end, depth));
            return either(first, second);
        }
        if let Some(question) = self.find(&range, &["?"])
            && let Some(colon) = self.find(&(question + 1..end), &[":"])
        {
            let first = merged(self.expression(question + 1..colon, depth));
            let second = merged(self.expression(colon + 1..end, depth));
            let same =
                (start..question).map(|at| code.text(at)).eq((question + 1..colon).map(|at| code.text(at)));
            return if same || first == second { either(first, second) } else { unknown() };
        }
        if code.is_any(start, &["+", "await", "*", "&"])
            || code.is(start, "new") && !code.is(start + 1, "URL")
        {
            return self.expression(start + 1..end, depth);
        }
        if let Some(at) = self.find(&range, &["+"]) {
            let (first, second) = (self.expression(start..at, depth), self.expression(at + 1..end, depth));
            let numbers = code.kind(start) == Some(Kind::Number) && code.kind(end - 1) == Some(Kind::Number);
            return if numbers { unknown() } else { [first, second].concat() };
        }
        if code.language() == Language::Python
            && let Some(at) = self.find_last(&range, "/")
        {
            return join([self.expression(start..at, depth), self.expression(at + 1..end, depth)]);
        }
        self.operand(range, depth)
    }

    /// The first of these marks that stands in `range` outside of brackets.
    fn find(&self, range: &Range<usize>, marks: &[&str]) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            if at > range.start && self.code.is_any(at, marks) {
                return Some(at);
            }
            at = self.code.after(at);
        }
        None
    }

    fn find_last(&self, range: &Range<usize>, mark: &str) -> Option<usize> {
        let mut found = None;
        let mut at = range.start;
        while at < range.end {
            if at > range.start && self.code.is(at, mark) {
                found = Some(at);
            }
            at = self.code.after(at);
        }
        found
    }

    fn operand(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let (start, end) = (range.start, range.end);
        match code.kind(start) {
            Some(Kind::TemplateStart) if code.pair(start) == Some(end - 1) => self.template(start, depth),
            Some(Kind::Text) if range.len() == 1 => code.string(start).map_or_else(unknown, text),
            Some(Kind::Text) if code.is(start + 1, ".") => self.format(start, end, depth),
            Some(Kind::Number) if range.len() == 1 => text(code.text(start).replace('_', "")),
            Some(Kind::Word) if range.len() == 1 => self.name(start, depth),
            Some(Kind::Word) => self.chain(range, depth),
            _ => unknown(),
        }
    }

    /// Python's `"…{}…".format(…)` and `"…".encode()`: only the text before the first field is known.
    fn format(&self, start: usize, end: usize, _depth: usize) -> Vec<Part> {
        let code = self.code;
        let whole = code.pair(start + 3) == Some(end - 1);
        let Some(value) = code.string(start).filter(|_| whole && code.is(start + 2, "format")) else {
            return unknown();
        };
        let known = value.split('{').next().unwrap_or_default().to_owned();
        vec![Part::Text(known), Part::Unknown]
    }

    fn template(&self, start: usize, depth: usize) -> Vec<Part> {
        let code = self.code;
        let end = code.pair(start).unwrap_or(start);
        let mut parts = Vec::new();
        let mut at = start + 1;
        while at < end {
            match code.kind(at) {
                Some(Kind::Piece) => parts.extend(code.piece(at, start).map(Part::Text)),
                Some(Kind::CodeStart) => {
                    let close = code.pair(at).unwrap_or(end);
                    parts.extend(self.expression(at + 1..close, depth));
                }
                _ => parts.push(Part::Unknown),
            }
            at = code.after(at);
        }
        parts
    }

    fn name(&self, at: usize, depth: usize) -> Vec<Part> {
        let name = self.code.text(at);
        match (self.code.language(), name) {
            (Language::JavaScript, "__dirname") => vec![Part::Here],
            (Language::JavaScript, "__filename") | (Language::Python, "__file__") => self.own_file(),
            _ => self.constant(name, at, depth),
        }
    }

    fn own_file(&self) -> Vec<Part> {
        let name = self.code.path().rsplit('/').next().unwrap_or_default();
        vec![Part::Here, Part::Text(format!("/{name}"))]
    }

    /// What a name stands for, seen from the token at `at`.
    fn constant(&self, name: &str, at: usize, depth: usize) -> Vec<Part> {
        match self.constants.assigned(name, at) {
            [only] => self.expression(only.clone(), depth),
            [first, second] if self.is_default(name, second.start) => {
                let value = merged(self.expression(first.clone(), depth));
                either(value, merged(self.expression(second.clone(), depth)))
            }
            [first, second] if self.is_conditional(second.start) => {
                let value = merged(self.expression(second.clone(), depth));
                match value.as_slice() {
                    [Part::Variable { .. }] => either(value, merged(self.expression(first.clone(), depth))),
                    _ => unknown(),
                }
            }
            [] => {
                let handed = || self.constants.parameter(name, at);
                self.constants.imported(name, at).or_else(handed).unwrap_or_else(unknown)
            }
            _ => unknown(),
        }
    }

    /// Whether the value at `at` is given under `if name == "" {`, as programs in Go write a default.
    fn is_default(&self, name: &str, at: usize) -> bool {
        let code = self.code;
        (at.saturating_sub(40)..at).any(|head| {
            let test = code.is(head, "if")
                && (code.is(head + 1, name) || code.is(head + 1, "!") && code.is(head + 2, name));
            let block = (head..head + 6).find(|open| code.is(*open, "{"));
            let empty = code.is(head + 2, "==") && code.string(head + 3).is_some_and(|text| text.is_empty());
            let negated = code.is(head + 1, "!") || code.is(head + 1, "(");
            test && (empty || negated)
                && block.and_then(|open| code.pair(open)).is_some_and(|close| close > at)
        })
    }

    /// Whether the value at `at` is only given under some `if`.
    fn is_conditional(&self, at: usize) -> bool {
        let code = self.code;
        let covers = |head: usize| {
            let block = (head..at).find(|open| code.is(*open, "{"));
            code.is(head, "if") && block.and_then(|open| code.pair(open)).is_some_and(|close| close > at)
        };
        (at.saturating_sub(40)..at).any(covers)
    }
}

#[cfg(test)]
mod tests;
