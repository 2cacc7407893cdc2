//! Comments that keep transforms away: ours, and those of the tools that people use already.
//!
//! Knows the comments and which instructions they govern; which transforms there are is for the caller to say. The
//! fold asks here about every diagnostic, so that no transform has to.

mod comment;

use std::ops::Range;

use self::comment::{Pragma, Verb};
use crate::source::Span;
use crate::syntax::{Document, TokenKind};

/// A transform, as comments name it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its own name.
    pub name: &'a str,
    /// The name of its category.
    pub category: &'a str,
    /// The outside names it answers to, each with its tool: `hadolint:DL3006`.
    pub codes: &'a [&'a str],
}

/// Whose way of writing a comment follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Speaker {
    /// `# dockfix: ignore=name -- reason`, `# dockfix: off`
    Dockfix,
    /// `# hadolint ignore=DL3006`
    Hadolint,
    /// `# check=skip=StageNameCasing`
    BuildKit,
    /// `# tally ignore=hadolint/DL3006`
    Tally,
    /// `# dockerfmt-ignore`
    Dockerfmt,
}

/// What a comment covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    File,
    /// The instruction of that index.
    Instruction(usize),
    /// Everything between two offsets.
    Stretch(Span),
}

/// One comment that keeps something away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppression {
    /// The comment.
    pub span: Span,
    /// Whose it is.
    pub speaker: Speaker,
    /// Names of transforms, categories and rules, and `all`.
    pub names: Vec<String>,
    scope: Scope,
}

/// A comment of ours that does nothing as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The comment.
    pub span: Span,
    /// What is wrong with it and what to do.
    pub message: String,
}

/// What a fix touches, and which instructions are judged with it.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// Where the diagnostic points.
    pub span: Span,
    /// The ranges that its fix replaces; empty ones are insertions.
    pub edits: Vec<Span>,
    /// The instructions whose comments count besides, where a whole stage is judged.
    pub judged: Option<Range<usize>>,
    /// The file.
    pub document: &'a Document,
}

/// Every such comment of a file.
#[derive(Clone, Default, Debug)]
pub struct Suppressions {
    all: Vec<Suppression>,
    problems: Vec<Problem>,
}

impl Suppressions {
    /// Reads the comments of a file.
    pub fn of(document: &Document) -> Suppressions {
        let mut found = Suppressions::default();
        found.of_buildkit(document);
        let mut open: Option<Span> = None;
        for token in document.tokens.iter().filter(|token| token.kind == TokenKind::Comment) {
            let Some(pragma) = comment::read(token.span.of(document.text())) else { continue };
            found.take(document, token.span, pragma, &mut open);
        }
        if let Some(start) = open {
            found.stretch(start, document.text().len() + 1);
        }
        found.all.sort_by_key(|one| one.span);
        found
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, in the order of the text.
    pub fn all(&self) -> &[Suppression] {
        &self.all
    }

    /// Comments of ours that do nothing, whatever transforms there are.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The comments that keep a fix away: the index of each, and that of its name which does it.
    pub fn keeping(&self, subject: &Subject<'_>, place: &Place<'_>) -> Vec<(usize, usize)> {
        let covering = self.all.iter().enumerate().filter(|(_, one)| one.covers(place));
        let kept = covering.filter_map(|(at, one)| {
            Some((at, one.names.iter().position(|name| names(one.speaker, name, subject))?))
        });
        kept.collect()
    }

    /// The comments that govern one instruction and no more, as they are written.
    pub fn governing<'d>(&self, document: &'d Document, instruction: usize) -> Vec<&'d str> {
        let own = self.all.iter().filter(|one| one.scope == Scope::Instruction(instruction));
        own.map(|one| one.written(document)).collect()
    }

    /// The comments that cover the whole file, as they are written.
    pub fn file_wide<'d>(&self, document: &'d Document) -> Vec<&'d str> {
        let own = self.all.iter().filter(|one| one.scope == Scope::File);
        own.map(|one| one.written(document)).collect()
    }

    /// The texts between `off` and `on`.
    pub fn stretches<'d>(&self, document: &'d Document) -> Vec<&'d str> {
        let text = document.text();
        let own = self.all.iter().filter_map(|one| match one.scope {
            Scope::Stretch(span) => Some(&text[span.start()..span.end().min(text.len())]),
            _ => None,
        });
        own.collect()
    }

    /// `# check=skip=…`: at the top by the rules of directives, above an instruction by those of attached comments.
    fn of_buildkit(&mut self, document: &Document) {
        let text = document.text();
        let mut add = |span: Span, value: &str, scope| {
            let names = comment::check_skips(value);
            if !names.is_empty() {
                self.all.push(Suppression { span, speaker: Speaker::BuildKit, names, scope });
            }
        };
        if let Some(value) = document.check_options() {
            add(value, value.of(text), Scope::File);
        }
        for (at, instruction) in document.instructions.iter().enumerate() {
            let comments = document.comments_of(instruction).iter();
            // Only the first such comment counts.
            let checks = comments.filter_map(|span| Some((*span, comment::check_value(span.of(text))?)));
            if let Some((span, value)) = checks.take(1).next() {
                add(span, value, Scope::Instruction(at));
            }
        }
    }

    fn take(&mut self, document: &Document, span: Span, pragma: Pragma, open: &mut Option<Span>) {
        let ours = pragma.speaker == Speaker::Dockfix;
        let mut problem = |message: &str| {
            if ours {
                self.problems.push(Problem { span, message: message.to_owned() });
            }
        };
        let after = document.instructions.partition_point(|one| one.span.start() < span.start());
        let inside = after.checked_sub(1).is_some_and(|at| document.instructions[at].span.contains(span));
        let scope = match pragma.verb {
            Verb::Wrong(message) => return problem(&message),
            _ if inside => return problem("counts for nothing inside an instruction; put it above"),
            Verb::Off if open.is_some() => return problem("is off already; one `# dockfix: on` ends it"),
            Verb::Off => {
                *open = Some(span);
                return;
            }
            Verb::On => {
                match open.take() {
                    Some(start) => self.stretch(start, span.end()),
                    None => problem("has no `# dockfix: off` above it"),
                }
                return;
            }
            Verb::IgnoreEverywhere => Scope::File,
            Verb::Ignore if ours && after == 0 => Scope::File,
            Verb::Ignore => {
                let block = (after < document.instructions.len()).then(|| document.comment_block(after));
                if !block.is_some_and(|block| block.contains(span)) {
                    return problem("stands directly above no instruction, so it counts for nothing");
                }
                Scope::Instruction(after)
            }
        };
        self.all.push(Suppression { span, speaker: pragma.speaker, names: pragma.names, scope });
    }

    fn stretch(&mut self, start: Span, end: usize) {
        let scope = Scope::Stretch(Span::new(start.start(), end));
        let names = vec!["all".to_owned()];
        self.all.push(Suppression { span: start, speaker: Speaker::Dockfix, names, scope });
    }
}

impl Suppression {
    /// Whether this is a comment of ours that names what it keeps away, so that it can be of no use.
    pub fn is_accountable(&self) -> bool {
        self.speaker == Speaker::Dockfix && !matches!(self.scope, Scope::Stretch(_))
    }

    /// Whether one of its names means a transform.
    pub fn concerns(&self, name: usize, subject: &Subject<'_>) -> bool {
        self.names.get(name).is_some_and(|name| names(self.speaker, name, subject))
    }

    /// The comment as it is written, the blanks around it apart.
    fn written<'d>(&self, document: &'d Document) -> &'d str {
        self.span.of(document.text()).trim_start_matches('#').trim()
    }

    fn covers(&self, place: &Place<'_>) -> bool {
        match self.scope {
            Scope::File => true,
            Scope::Instruction(at) => {
                let Some(instruction) = place.document.instructions.get(at) else { return false };
                let points = |span: Span| {
                    instruction.span.start() <= span.start() && span.start() < instruction.span.end()
                };
                points(place.span)
                    || place.judged.as_ref().is_some_and(|judged| judged.contains(&at))
                    || place.edits.iter().any(|edit| edit.overlaps(instruction.span))
            }
            Scope::Stretch(stretch) => {
                stretch.start() <= place.span.start() && place.span.start() < stretch.end()
                    || place.edits.iter().any(|edit| edit.overlaps(stretch))
            }
        }
    }
}

/// Whether a name means a transform, in the mouth of a tool.
fn names(speaker: Speaker, name: &str, subject: &Subject<'_>) -> bool {
    let of_tool = |tool: &str| {
        let prefix = format!("{tool}:");
        subject.codes.iter().any(|code| {
            code.strip_prefix(prefix.as_str())
                .is_some_and(|rule| name == "all" || rule.eq_ignore_ascii_case(name))
        })
    };
    match speaker {
        Speaker::Dockfix => {
            name == "all" || name == subject.name || name == subject.category || answers(name, subject)
        }
        Speaker::Hadolint => of_tool("hadolint"),
        Speaker::BuildKit => of_tool("BuildKit"),
        Speaker::Tally => match name {
            // tally reports what others report, and blanks besides.
            "all" => subject.category == "layout" || !subject.codes.is_empty(),
            _ => answers(&name.replace('/', ":"), subject),
        },
        Speaker::Dockerfmt => subject.category == "layout",
    }
}

/// Whether a transform answers to an outside name, given with its tool or without.
fn answers(name: &str, subject: &Subject<'_>) -> bool {
    subject.codes.iter().any(|code| {
        code.eq_ignore_ascii_case(name)
            || code.split_once(':').is_some_and(|(_, rule)| rule.eq_ignore_ascii_case(name))
    })
}

#[cfg(test)]
mod tests;
