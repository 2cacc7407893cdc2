//! What BuildKit refuses about an instruction once the text is split (`instructions.Parse`), and flag values read.
//!
//! BuildKit ends at the first error; here all are collected, in the order in which it would meet them. It knows
//! nothing of what variables hold, so what BuildKit checks after expanding them is not here.

mod directive;
mod findings;
mod flags;
mod health;
mod mount;
mod rules;
mod suggest;

pub(super) use self::directive::check_value;
pub use self::health::{Health, health};
pub use self::mount::{Mount, MountKind, mount_fields, mounts};

use self::findings::Findings;
use super::{Document, Keyword, Step, SyntaxError};
use crate::source::Span;

/// How many errors of this step are collected; a file with so many is no Dockerfile.
const MAX_ERRORS: usize = 100;

/// Adds the errors of this step, if the step before found none; then those of the step after, likewise.
pub(super) fn check(document: &mut Document) {
    if document.errors.is_empty() {
        document.errors = instructions(document);
    }
    if document.errors.is_empty() {
        document.errors = directive::check(document.text()).into_iter().chain(stages(document)).collect();
    }
}

fn instructions(document: &Document) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let mut in_stage = false;
    for (at, instruction) in document.instructions.iter().enumerate() {
        let mut found = Findings::new(instruction);
        rules::check(&mut found);
        match instruction.keyword {
            Keyword::Arg => {}
            // An unknown keyword may have been meant as FROM, and what follows it would be blamed for nothing.
            Keyword::From | Keyword::Unknown => in_stage = true,
            _ if in_stage => {}
            _ => {
                if found.errors.is_empty() {
                    let from = document.instructions[at..].iter().any(|next| next.keyword == Keyword::From);
                    no_stage(&mut found, from);
                }
                // One is enough: the same FROM is missing above all that follow.
                in_stage = true;
            }
        }
        errors.append(&mut found.errors);
        if errors.len() >= MAX_ERRORS {
            errors.truncate(MAX_ERRORS);
            break;
        }
    }
    errors
}

fn no_stage(found: &mut Findings<'_>, has_from: bool) {
    let keyword = found.instruction.keyword.as_str();
    let help = match has_from {
        true => format!("only `ARG` may stand before the first `FROM`; move `{keyword}` below it"),
        false => "begin the file with `FROM` and an image".to_owned(),
    };
    found.at_name("no build stage in current context", help);
}

/// A file of nothing but ARG passes every rule and builds nothing.
fn stages(document: &Document) -> Option<SyntaxError> {
    let none = document.instructions.iter().all(|instruction| instruction.keyword != Keyword::From);
    none.then(|| SyntaxError {
        step: Step::Convert,
        span: Span::empty(document.text().len()),
        message: "dockerfile contains no stages to build".to_owned(),
        help: Some("add `FROM` and an image".to_owned()),
    })
}

#[cfg(test)]
mod tests;
