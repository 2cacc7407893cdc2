//! The laws over one Dockerfile, for every test that looks at many: made-up ones, real ones, and what the fuzzer finds.
//!
//! Breaches are returned as text.

use std::borrow::Cow;

use dockfix::config::Options;
use dockfix::model::Model;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, Outcome, rewrite_with};
use dockfix::source::Source;
use dockfix::syntax::{Document, Environment, Expander, Instruction, JoinedSpan, TokenKind};
use dockfix::transforms::{ALL, Transform};

/// A Dockerfile with what lies around it.
pub struct Place<'a> {
    /// The text.
    pub source: &'a Source,
    /// The files of its context; `None` where no context is known.
    pub files: Option<&'a [(String, String)]>,
}

/// Every law there is here.
pub fn everything(place: &Place<'_>) -> Vec<String> {
    let mut breaches = reading(place.source);
    for unproven in [false, true] {
        breaches.extend(rewriting(place, unproven));
        breaches.extend(rewriting_alone(place, unproven));
    }
    breaches
}

/// The tokens stand side by side and cover every byte.
fn tiling(document: &Document) -> Vec<String> {
    let mut breaches = Vec::new();
    let mut at = 0;
    for token in &document.tokens {
        if token.span.start() != at {
            breaches.push(format!("tokens: a gap or an overlap at {at}"));
        }
        if token.span.is_empty() {
            breaches.push(format!("tokens: an empty token at {at}"));
        }
        at = token.span.end();
    }
    if at != document.text().len() {
        breaches.push(format!("tokens: they end at {at}"));
    }
    breaches
}

/// Everything about reading: tokens, instructions, errors, the model, the expansion of every word.
fn reading(source: &Source) -> Vec<String> {
    let document = Document::parse(source);
    let mut breaches = tiling(&document);
    let again = Document::parse(source);
    if (&document.tokens, &document.directives, &document.instructions, &document.errors)
        != (&again.tokens, &again.directives, &again.instructions, &again.errors)
    {
        breaches.push("a second reading differs".to_owned());
    }
    let text = source.text();
    for error in &document.errors {
        if text.get(error.span.range()).is_none() || error.message.is_empty() {
            breaches.push(format!("an error without place or words: {error:?}"));
        }
    }
    let model = Model::new(&document);
    if model.contexts.len() != document.instructions.len() {
        breaches.push("model: not one context for each instruction".to_owned());
    }
    let mut end = 0;
    for (index, instruction) in document.instructions.iter().enumerate() {
        if instruction.span.start() < end || text.get(instruction.span.range()).is_none() {
            breaches.push(format!("instruction {index}: its range is out of order"));
        }
        end = instruction.span.end();
        breaches.extend(joining(&document, instruction).map(|what| format!("instruction {index}: {what}")));
        for value in instruction.values() {
            breaches.extend(expansion(value));
            // Only that they end is looked at.
            let _ = (model.expand(index, value), model.literal(index, value));
        }
    }
    let _ = (document.dump(), model.context_sources(&document));
    breaches
}

/// The joined text is that of the tokens of the instruction, and a range that stands in the source has its text there.
fn joining(document: &Document, instruction: &Instruction) -> Option<String> {
    let text = document.text();
    let first = document.tokens.partition_point(|token| token.span.end() <= instruction.span.start());
    let tokens = &document.tokens[first..];
    let mut joined = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if token.span.start() >= instruction.span.end() {
            break;
        }
        // The blanks before the text of a continued line are a part of it.
        let next = tokens.get(at + 1).map(|next| next.kind);
        let leads = matches!(next, Some(TokenKind::Text | TokenKind::Continuation));
        if token.kind == TokenKind::Text || token.kind == TokenKind::Blank && leads {
            joined.push_str(token.span.of(text));
        }
    }
    if joined != instruction.joined.text() {
        return Some(format!("joined is {:?}, its tokens {joined:?}", instruction.joined.text()));
    }
    let flags = instruction.flags.iter().map(|flag| flag.span);
    let mut spans: Vec<JoinedSpan> = vec![instruction.name, instruction.rest, instruction.joined.span()];
    spans.extend(flags);
    spans.iter().find_map(|span| {
        let found = instruction.source_span(*span)?;
        let (there, here) = (text.get(found.range()), instruction.text(*span));
        (there != Some(here)).then(|| format!("{here:?} is {there:?} in the source"))
    })
}

/// Values with everything in them that expansion knows.
struct Variables;

impl Environment for Variables {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        match name.len() {
            1 => Some("/usr/local/a.b.tar.gz".into()),
            2 => Some("a\"b'c\\d$A${0} $1$$é".into()),
            3 => Some("".into()),
            _ => None,
        }
    }
}

/// Expansion ends, and leaves a word alone that has nothing to expand.
fn expansion(word: &str) -> Option<String> {
    let plain = !word.contains(['$', '\'', '"', '\\', '`', '\u{feff}']);
    for how in [Expander::new('\\'), Expander::new('`'), Expander::heredoc_body()] {
        let _ = how.words(word, &Variables);
        match how.word(word, &Variables) {
            Ok(expanded) if plain && expanded.text != word => {
                return Some(format!("{word:?} expands to {:?}", expanded.text));
            }
            Err(error) if plain => return Some(format!("{word:?}: {error}")),
            _ => {}
        }
    }
    None
}

/// What transforms make of a Dockerfile.
fn outcome(place: &Place<'_>, transforms: &[&Transform], unproven: bool) -> Outcome {
    let options = Options { unproven, ..Options::default() };
    let path = place.files.map(|_| "Dockerfile".to_owned());
    let project = place.files.map_or_else(Project::unknown, |files| {
        let files = files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
        Project::in_memory(files.chain([("Dockerfile", place.source.text())]))
    });
    let dockerfile = Dockerfile { source: place.source.clone(), path, options, builds: Vec::new() };
    rewrite_with(&BuildContext { dockerfiles: vec![dockerfile], project }, transforms)
}

/// Everything about a rewrite by all transforms: no result breaks a law, a second run changes nothing, and a file with
/// errors stays.
fn rewriting(place: &Place<'_>, unproven: bool) -> Vec<String> {
    turns(place, ALL, unproven)
}

/// The same for each transform alone.
fn rewriting_alone(place: &Place<'_>, unproven: bool) -> Vec<String> {
    ALL.iter().flat_map(|transform| turns(place, &[*transform], unproven)).collect()
}

fn turns(place: &Place<'_>, transforms: &[&Transform], unproven: bool) -> Vec<String> {
    let first = outcome(place, transforms, unproven);
    let file = &first.files[0];
    let rejected = file.rejected.iter().map(|found| format!("{}: {}", found.transform, found.law));
    let mut breaches: Vec<String> = rejected.collect();
    let changed = file.after.text() != place.source.text() || !first.created.is_empty();
    if !changed {
        return breaches;
    }
    if !file.faults.is_empty() {
        breaches.push("a file with errors is changed".to_owned());
    }
    let created = first.created.iter().map(|file| (file.path.clone(), file.text.clone()));
    let files: Option<Vec<_>> = place.files.map(|files| files.iter().cloned().chain(created).collect());
    let after = Place { source: &file.after, files: files.as_deref() };
    let second = outcome(&after, transforms, unproven);
    if second.files[0].after.text() != file.after.text() || !second.created.is_empty() {
        let names: Vec<&str> = second.files[0].applied.iter().map(|fix| fix.transform).collect();
        breaches.push(format!("a second run changes it again: {names:?} in {:?}", file.after.text()));
    }
    breaches
}
