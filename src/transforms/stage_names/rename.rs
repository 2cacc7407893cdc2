//! The edits that give a stage another name.

use super::Named;
use crate::edit::Edit;
use crate::model::{Base, Origin, UseKind};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction};

/// The edits where the name is given and at everything that refers to it; `None` where a reference is no plain word.
pub(super) fn rename(named: &Named<'_>, new: &str) -> Option<Vec<Edit>> {
    let input = named.input;
    let mut edits = vec![Edit::replace(named.span, new)];
    for stage in input.model.stages.iter().filter(|stage| stage.base == Base::Stage(named.stage)) {
        let from = &input.document.instructions[stage.from()];
        let Arguments::Words(words) = &from.arguments else { return None };
        let word = *words.first()?;
        if !from.text(word).eq_ignore_ascii_case(named.name) {
            return None;
        }
        edits.push(Edit::replace(from.source_span(word)?, new));
    }
    let mut seen: Vec<(usize, UseKind)> = Vec::new();
    for reference in input.model.references(input.document) {
        let by_name = reference.name.eq_ignore_ascii_case(named.name);
        if reference.origin != Origin::Stage(named.stage) || !by_name {
            continue;
        }
        if seen.contains(&(reference.instruction, reference.kind)) {
            continue;
        }
        seen.push((reference.instruction, reference.kind));
        let instruction = &input.document.instructions[reference.instruction];
        let spans = names(instruction, reference.kind, named.name)?;
        edits.extend(spans.into_iter().map(|span| Edit::replace(span, new)));
    }
    // Edits that change nothing are none.
    edits.retain(|edit| edit.span.of(input.source.text()) != edit.text);
    Some(edits)
}

/// Where the flags of an instruction hold the name; `None` where one is quoted, so that its place is not certain.
fn names(instruction: &Instruction, kind: UseKind, name: &str) -> Option<Vec<Span>> {
    let wanted = if kind == UseKind::Copy { "from" } else { "mount" };
    let mut found = Vec::new();
    for flag in instruction.flags.iter().filter(|flag| flag.name() == wanted) {
        let written = instruction.text(flag.span);
        if written != &*flag.text || written.contains(['"', '\'', '\\']) {
            return None;
        }
        let place = instruction.source_span(flag.span)?;
        let value = written.find('=')? + 1;
        let mut at = value;
        for field in written[value..].split(',') {
            let start = match kind {
                UseKind::Copy => Some(0),
                _ => field.to_ascii_lowercase().starts_with("from=").then_some("from=".len()),
            };
            if let Some(start) = start.filter(|start| field[*start..].eq_ignore_ascii_case(name)) {
                let from = place.start() + at + start;
                found.push(Span::new(from, from + name.len()));
            }
            at += field.len() + 1;
        }
    }
    (!found.is_empty()).then_some(found)
}
