//! What BuildKit refuses about an instruction once the text is split: `instructions.Parse`.

use super::Document;

/// Adds the errors of this step, if the step before found none.
pub(super) fn check(document: &mut Document) {
    let _ = document;
}
