//! One pattern of an ignore file.
//!
//! BuildKit translates a pattern into a regular expression character by character, and takes short cuts for plain
//! names, `name/**` and `**name`. The short cuts have a meaning of their own, so they are kept apart here too.

use super::IgnoreErrorKind;
use super::overlap::{overlap, overlap_below};
use crate::project::glob::{Class, Glob};

/// One pattern of an ignore file: anchored at the context's root, whatever it is.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    negated: bool,
    line: usize,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    Exact,
    /// `name**`: whatever begins with the text before the stars.
    Prefix(String),
    /// `**name`: whatever ends in the text behind the stars.
    Suffix(String),
    Steps {
        steps: Vec<Step>,
        /// The characters that it ends in: most paths lack them, which is soon seen.
        tail: String,
    },
}

/// A part of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::project) enum Step {
    /// Itself.
    Character(char),
    /// `?`
    AnyButSlash,
    /// `*`
    ManyButSlash,
    /// `**` at the end.
    Anything,
    /// `**/`, and `**` before anything else: nothing, or whatever ends in a slash.
    Folders,
    /// `[a-c]`
    Class(Class),
}

impl Pattern {
    /// A pattern whose path is clean already.
    pub(super) fn new(text: &str, negated: bool, line: usize) -> Result<Pattern, IgnoreErrorKind> {
        Glob::parse(text).map_err(|_| IgnoreErrorKind::BadPattern(text.to_owned()))?;
        let matcher = compile(text)?;
        Ok(Pattern { text: text.to_owned(), negated, line, matcher })
    }

    /// The pattern, cleaned, without its `!`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it takes paths back in.
    pub fn is_negated(&self) -> bool {
        self.negated
    }

    /// Its line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The folder or file that a pattern without wildcards names, a `/*` or `/**` at its end apart.
    pub(super) fn literal_prefix(&self) -> Option<&str> {
        let text = self.text.strip_suffix("/**").unwrap_or(&self.text);
        let text = text.strip_suffix("/*").unwrap_or(text);
        (!text.contains(['*', '[', ']', '?', '^', '\\'])).then_some(text)
    }

    /// The pattern as steps; a short cut may need two readings.
    pub(super) fn readings(&self) -> Vec<Vec<Step>> {
        let characters = |text: &str| text.chars().map(Step::Character).collect::<Vec<Step>>();
        match &self.matcher {
            Matcher::Exact => vec![characters(&self.text)],
            Matcher::Prefix(prefix) => vec![[characters(prefix), vec![Step::Anything]].concat()],
            Matcher::Suffix(suffix) => {
                let whole = suffix.strip_prefix('/').map(characters);
                whole.into_iter().chain([[vec![Step::Anything], characters(suffix)].concat()]).collect()
            }
            Matcher::Steps { steps, .. } => vec![steps.clone()],
        }
    }

    /// Whether the pattern matches some path that a source word selects, itself or through a folder above it. Asks
    /// about all paths that could be, not only those that stand in the context.
    pub fn overlaps(&self, source: &Glob) -> bool {
        overlap(self, source)
    }

    /// Whether the pattern may match something that lies below the folder; an empty path is the context's root.
    pub fn reaches_below(&self, folder: &str) -> bool {
        overlap_below(self, folder)
    }

    /// Whether the pattern matches `path` itself, parents aside.
    pub fn matches(&self, path: &str) -> bool {
        match &self.matcher {
            Matcher::Exact => path == self.text,
            Matcher::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Matcher::Suffix(suffix) => {
                path.ends_with(suffix.as_str()) || suffix.strip_prefix('/').is_some_and(|rest| rest == path)
            }
            Matcher::Steps { steps, tail } => path.ends_with(tail.as_str()) && run(steps, path),
        }
    }
}

fn compile(text: &str) -> Result<Matcher, IgnoreErrorKind> {
    let plain = |text: &str| !text.contains(['*', '?', '[', ']', '\\']);
    if plain(text) {
        return Ok(Matcher::Exact);
    }
    if let Some(suffix) = text.strip_prefix("**")
        && plain(suffix)
    {
        return Ok(Matcher::Suffix(suffix.to_owned()));
    }
    if let Some(prefix) = text.strip_suffix("**")
        && plain(prefix)
    {
        return Ok(Matcher::Prefix(prefix.to_owned()));
    }
    let steps = steps(text)?;
    Ok(Matcher::Steps { tail: tail(&steps), steps })
}

fn tail(steps: &[Step]) -> String {
    let character = |step: &Step| match step {
        Step::Character(character) => Some(*character),
        _ => None,
    };
    let mut tail: Vec<char> = steps.iter().rev().map_while(character).collect();
    tail.reverse();
    tail.into_iter().collect()
}

fn steps(text: &str) -> Result<Vec<Step>, IgnoreErrorKind> {
    let bad = || IgnoreErrorKind::BadPattern(text.to_owned());
    let odd = || IgnoreErrorKind::NotUnderstood(text.to_owned());
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        let step = match character {
            '*' => match rest.strip_prefix('*') {
                None => Step::ManyButSlash,
                Some(after) => {
                    rest = after.strip_prefix('/').unwrap_or(after);
                    if rest.is_empty() { Step::Anything } else { Step::Folders }
                }
            },
            '?' => Step::AnyButSlash,
            '[' => {
                let (class, after) = Class::parse(rest).map_err(|_| bad())?;
                let inside = &rest[..rest.len() - after.len() - 1];
                if class_means_something_else(inside) {
                    return Err(odd());
                }
                // Go's matcher takes a backward range for an empty one, the regular expression does not compile.
                if class.ranges().iter().any(|(low, high)| low > high) {
                    return Err(bad());
                }
                rest = after;
                Step::Class(class)
            }
            '\\' => {
                let escaped = rest.chars().next().ok_or_else(bad)?;
                if !is_literal_when_escaped(escaped) {
                    return Err(odd());
                }
                rest = &rest[escaped.len_utf8()..];
                Step::Character(escaped)
            }
            // These keep their meaning in the regular expression: the list of signs that get escaped lacks the first
            // and, by an overflow, never holds the braces and the bar.
            '^' | '|' => return Err(odd()),
            '{' if rest.starts_with(|next: char| next.is_ascii_digit()) => return Err(odd()),
            other => Step::Character(other),
        };
        steps.push(step);
    }
    Ok(steps)
}

/// In a regular expression `\d` is a digit and `\é` an error; only an escaped sign is itself.
fn is_literal_when_escaped(character: char) -> bool {
    character.is_ascii() && !character.is_ascii_alphanumeric()
}

/// The translation does not know brackets: it turns a `*` or `?` inside them into brackets of their own, and leaves
/// `[:alpha:]` and `\d` to the regular expression.
fn class_means_something_else(inside: &str) -> bool {
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '*' | '?' => return true,
            '[' if characters.peek() == Some(&':') => return true,
            '\\' if !characters.next().is_some_and(is_literal_when_escaped) => return true,
            _ => {}
        }
    }
    false
}

/// Runs all readings of the steps side by side, so that no pattern takes more than its length times the path's.
fn run(steps: &[Step], path: &str) -> bool {
    let mut current = States::new(steps.len());
    let mut next = States::new(steps.len());
    current.enter(steps, 0);
    for character in path.chars() {
        next.clear();
        for &state in &current.active {
            // Even numbers stand before a step, odd ones inside a `**/` that has taken something.
            let at = state / 2;
            match steps.get(at) {
                Some(Step::Character(wanted)) if *wanted == character => next.enter(steps, at + 1),
                Some(Step::AnyButSlash) if character != '/' => next.enter(steps, at + 1),
                Some(Step::Class(class)) if class.contains(character) => next.enter(steps, at + 1),
                Some(Step::ManyButSlash) if character != '/' => next.enter(steps, at),
                // The dot of a regular expression does not match a line end.
                Some(Step::Anything) if character != '\n' => next.enter(steps, at),
                Some(Step::Folders) if character == '/' => {
                    next.add(2 * at + 1);
                    next.enter(steps, at + 1);
                }
                Some(Step::Folders) if character != '\n' => next.add(2 * at + 1),
                _ => {}
            }
        }
        std::mem::swap(&mut current, &mut next);
        if current.active.is_empty() {
            return false;
        }
    }
    current.active.contains(&(2 * steps.len()))
}

/// A set of places within the steps.
struct States {
    active: Vec<usize>,
    seen: Vec<bool>,
}

impl States {
    fn new(steps: usize) -> States {
        States { active: Vec::new(), seen: vec![false; 2 * steps + 2] }
    }

    fn clear(&mut self) {
        for state in self.active.drain(..) {
            self.seen[state] = false;
        }
    }

    fn add(&mut self, state: usize) {
        if !self.seen[state] {
            self.seen[state] = true;
            self.active.push(state);
        }
    }

    /// Stands before the step at `at`, and behind it too where it may take nothing.
    fn enter(&mut self, steps: &[Step], mut at: usize) {
        self.add(2 * at);
        while let Some(Step::ManyButSlash | Step::Anything | Step::Folders) = steps.get(at) {
            at += 1;
            self.add(2 * at);
        }
    }
}
