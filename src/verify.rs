//! The laws that every result has to keep, checked in release builds after each transform.
//!
//! A result that breaks one is thrown away; the message names the law. Each breach is a defect of a transform.

use std::collections::HashMap;

use crate::edit::{self, Edit};
use crate::model::logical::{self, Grade, Logical};
use crate::model::{Base, Model, VariableKind, Workdir};
use crate::project::dockerignore::{IgnoreFile, LineKind, Pattern, lines};
use crate::source::{Source, Span};
use crate::suppression::Suppressions;
use crate::syntax::{Document, TokenKind};
use crate::transforms::{Effect, Part};

/// A text with what was read from it.
pub struct Parsed {
    /// The text.
    pub source: Source,
    /// Its tree.
    pub document: Document,
    /// Its model.
    pub model: Model,
    /// Its comments that keep transforms away.
    pub suppressions: Suppressions,
}

impl Parsed {
    /// Reads a text.
    pub fn new(source: Source) -> Parsed {
        let document = Document::parse(&source);
        let model = Model::new(&document);
        let suppressions = Suppressions::of(&document);
        Parsed { source, document, model, suppressions }
    }
}

/// What a result claims about itself.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What may differ in what gets built.
    pub effect: Effect,
    /// The grade that `Effect::Layout` keeps.
    pub grade: Grade,
    /// Parts of their context that untouched instructions may see changed.
    pub declares: Vec<Part>,
    /// Whether the user asks for other line ends.
    pub converts: bool,
}

/// Checks every law over a change; the error names the first that is broken and how.
pub fn check(before: &Parsed, after: &Parsed, edits: &[Edit], claim: &Claim) -> Result<(), String> {
    no_worse(&before.document, &after.document)?;
    comments(&before.document, &after.document)?;
    suppressions(before, after)?;
    newlines(&before.source, &after.source, claim.effect)?;
    if !claim.converts {
        line_ends(&before.source, &after.source)?;
    }
    match claim.effect {
        Effect::Layout => layout(&before.document, &after.document, claim.grade),
        _ => frame(before, after, edits, &claim.declares),
    }
}

/// Checks the laws over a change of an ignore file, in its own form.
pub fn check_ignore(before: &Source, after: &Source, edits: &[Edit]) -> Result<(), String> {
    let (old, new) = (IgnoreFile::parse(before.text()), IgnoreFile::parse(after.text()));
    if let (None, Some(error)) = (old.error(), new.error()) {
        return Err(format!("no worse: {error}"));
    }
    let comment_lines = |text: &str| -> Vec<String> {
        lines(text).filter(|line| line.kind == LineKind::Comment).map(|line| line.text.to_owned()).collect()
    };
    let kept = comment_lines(after.text());
    let mut kept = kept.iter();
    if let Some(lost) =
        comment_lines(before.text()).iter().find(|comment| !kept.any(|other| other == *comment))
    {
        return Err(format!("comments: `{lost}` is lost or moved"));
    }
    // A file of no bytes has no final newline to keep.
    let effect = if before.text().is_empty() { Effect::Layout } else { Effect::NewImage };
    newlines(before, after, effect)?;
    line_ends(before, after)?;
    let touched = |number: usize| {
        let line = lines(before.text()).nth(number - 1);
        line.is_some_and(|line| {
            edits.iter().any(|edit| {
                edit.span.overlaps(line.span)
                    || line.span.start() <= edit.span.start() && edit.span.start() < line.span.end()
            })
        })
    };
    let mut patterns = new.patterns().iter();
    for pattern in old.patterns().iter().filter(|pattern| !touched(pattern.line())) {
        let same =
            |other: &Pattern| (other.text(), other.is_negated()) == (pattern.text(), pattern.is_negated());
        if !patterns.any(same) {
            let line = pattern.line();
            return Err(format!("frame: the pattern of line {line} changed though no edit touches it"));
        }
    }
    Ok(())
}

/// No syntax error that was not there before.
fn no_worse(before: &Document, after: &Document) -> Result<(), String> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for error in &before.errors {
        *known.entry(&error.message).or_default() += 1;
    }
    for error in &after.errors {
        match known.get_mut(error.message.as_str()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => return Err(format!("no worse: a new syntax error, `{}`", error.message)),
        }
    }
    Ok(())
}

/// Every comment is still there, in order.
fn comments(before: &Document, after: &Document) -> Result<(), String> {
    let mut kept = comment_texts(after);
    for comment in comment_texts(before) {
        if !kept.any(|other| other == comment) {
            return Err(format!("comments: `#{comment}` is lost or moved"));
        }
    }
    Ok(())
}

/// The text of each comment after `#`, blanks around it apart.
fn comment_texts(document: &Document) -> impl Iterator<Item = &str> {
    let comments = document.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    comments.map(|token| token.span.of(document.text()).trim_start_matches('#').trim())
}

/// Comments that keep transforms away still govern what they governed.
fn suppressions(before: &Parsed, after: &Parsed) -> Result<(), String> {
    let (old, new) = (&before.suppressions, &after.suppressions);
    if old.is_empty() && new.is_empty() {
        return Ok(());
    }
    if old.file_wide(&before.document) != new.file_wide(&after.document) {
        return Err("suppression: another comment covers the whole file".to_owned());
    }
    if old.stretches(&before.document) != new.stretches(&after.document) {
        return Err("suppression: what stands between `off` and `on` changed".to_owned());
    }
    let governed = |parsed: &Parsed, at: usize| -> Vec<String> {
        let comments = parsed.suppressions.governing(&parsed.document, at);
        comments.into_iter().map(str::to_owned).collect()
    };
    for (at, instruction) in before.document.instructions.iter().enumerate() {
        let comments = governed(before, at);
        if comments.is_empty() {
            continue;
        }
        let line = instruction.lines.0;
        let others = || after.document.instructions.iter().enumerate();
        let same = others().filter(|(_, other)| other.joined.text() == instruction.joined.text());
        let places: Vec<usize> = same.map(|(at, _)| at).collect();
        // An instruction that was written anew cannot be told from its neighbours, but something has to be governed.
        let places = if places.is_empty() { others().map(|(at, _)| at).collect() } else { places };
        if !places.iter().any(|other| governed(after, *other) == comments) {
            return Err(format!("suppression: the comments of line {line} govern another instruction"));
        }
    }
    Ok(())
}

/// Byte-order mark and final newline stay what they were.
fn newlines(before: &Source, after: &Source, effect: Effect) -> Result<(), String> {
    if before.has_bom() != after.has_bom() {
        return Err("newlines: the byte-order mark came or went".to_owned());
    }
    // Layout owns the final newline; the others leave it as it is.
    if effect != Effect::Layout && before.text().ends_with('\n') != after.text().ends_with('\n') {
        return Err("newlines: the final newline came or went".to_owned());
    }
    Ok(())
}

/// Line ends stay what they were.
fn line_ends(before: &Source, after: &Source) -> Result<(), String> {
    let style = |text: &str| (text.matches("\r\n").count(), text.matches('\n').count());
    let ((crlf, lines), (crlf_after, lines_after)) = (style(before.text()), style(after.text()));
    // A lone carriage return at the very end becomes a part of a line end when a line is added below it.
    let open = usize::from(before.text().ends_with('\r'));
    if crlf == 0 && crlf_after > open || lines > 0 && crlf == lines && crlf_after < lines_after {
        return Err("newlines: the line ends changed".to_owned());
    }
    Ok(())
}

/// `Effect::Layout`: the same instructions with the same meaning.
fn layout(before: &Document, after: &Document, grade: Grade) -> Result<(), String> {
    let (one, other) = (Logical::of(before, grade), Logical::of(after, grade));
    match one.first_difference(&other) {
        None => Ok(()),
        Some(at) => {
            let line = before.instructions.get(at).map_or(0, |instruction| instruction.lines.0);
            Err(format!("layout: the meaning of line {line} changed"))
        }
    }
}

/// Instructions that no edit touches are equal, in order, and see an equal context but for what is declared.
fn frame(before: &Parsed, after: &Parsed, edits: &[Edit], declares: &[Part]) -> Result<(), String> {
    let edits = edit::sorted(before.source.text(), edits).map_err(|error| format!("edits: {error}"))?;
    if before.document.directives.len() != after.document.directives.len() {
        return Err("frame: a parser directive came or went".to_owned());
    }
    let mut found = 0;
    for (index, instruction) in before.document.instructions.iter().enumerate() {
        if edits.iter().any(|edit| touches(edit, instruction.span)) {
            continue;
        }
        let line = instruction.lines.0;
        let start = moved(&edits, instruction.span.start());
        let rest = &after.document.instructions[found..];
        let Some(at) = rest.iter().position(|other| other.span.start() == start) else {
            return Err(format!("frame: the instruction of line {line} is not where it should be"));
        };
        let other = found + at;
        found = other + 1;
        let key = |document: &Document, at: usize| {
            logical::instruction(document, &document.instructions[at], Grade::SameBytes)
        };
        if key(&before.document, index) != key(&after.document, other) {
            return Err(format!("frame: the instruction of line {line} changed though no edit touches it"));
        }
        context(before, index, after, other, declares).map_err(|part| {
            format!("frame: line {line} sees another {part}, which the fix does not declare")
        })?;
    }
    Ok(())
}

/// Whether an edit changes bytes of a range; what is inserted at its edge does not.
fn touches(edit: &Edit, span: Span) -> bool {
    span.overlaps(edit.span)
}

/// Where an offset that no edit covers stands after the edits.
fn moved(edits: &[&Edit], offset: usize) -> usize {
    let before = edits.iter().filter(|edit| edit.span.end() <= offset);
    let (added, cut) =
        before.fold((0, 0), |(added, cut), edit| (added + edit.text.len(), cut + edit.span.len()));
    offset + added - cut
}

fn context(
    before: &Parsed,
    index: usize,
    after: &Parsed,
    other: usize,
    declares: &[Part],
) -> Result<(), &'static str> {
    let (one, two) = (InForce::of(before, index), InForce::of(after, other));
    let parts = [
        (Part::Base, "base image", one.base == two.base),
        (Part::Stage, "stage", one.stage == two.stage),
        (Part::User, "user", one.user == two.user),
        (Part::Workdir, "working folder", one.workdir == two.workdir),
        (Part::Shell, "shell", one.shell == two.shell),
        (Part::Env, "variable", one.environment == two.environment),
        (Part::Arg, "argument", one.arguments == two.arguments),
    ];
    let broken = parts.iter().find(|(part, _, equal)| !equal && !declares.contains(part));
    broken.map_or(Ok(()), |(_, name, _)| Err(name))
}

/// What an instruction sees, as values that can be compared between two texts.
struct InForce<'a> {
    base: Option<String>,
    stage: Option<usize>,
    user: Option<&'a str>,
    workdir: &'a Workdir,
    shell: Option<Vec<&'a str>>,
    environment: Vec<(&'a str, Option<&'a str>)>,
    arguments: Vec<(&'a str, Option<&'a str>)>,
}

impl InForce<'_> {
    fn of(parsed: &Parsed, index: usize) -> InForce<'_> {
        let context = &parsed.model.contexts[index];
        let instruction = |at: usize| &parsed.document.instructions[at];
        let base = context.stage.map(|stage| match parsed.model.root_base(stage) {
            Base::Image(image) => image.resolved.clone(),
            Base::Scratch => "scratch".to_owned(),
            Base::Stage(_) | Base::Unknown => String::new(),
        });
        let mut seen: Vec<&str> = Vec::new();
        let (mut environment, mut arguments) = (Vec::new(), Vec::new());
        for variable in parsed.model.variables(index) {
            if seen.contains(&variable.name.as_str()) {
                continue;
            }
            seen.push(&variable.name);
            let list = if variable.kind == VariableKind::Env { &mut environment } else { &mut arguments };
            list.push((variable.name.as_str(), variable.value.as_deref()));
        }
        environment.sort_unstable();
        arguments.sort_unstable();
        InForce {
            base,
            stage: context.stage,
            user: context.user.map(|at| instruction(at).text(instruction(at).rest)),
            workdir: &context.workdir,
            shell: context.shell.map(|at| instruction(at).values()),
            environment,
            arguments,
        }
    }
}
