//! Edits of a text, and the one way to apply them: validate, then splice, all or nothing.

use std::fmt;

use crate::source::Span;

/// Replace the bytes of `span` by `text`. An empty span inserts, an empty text deletes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced, in the text that the transform saw.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Replace `span`.
    pub fn replace(span: Span, text: impl Into<String>) -> Edit {
        Edit { span, text: text.into() }
    }

    /// Insert at a byte offset.
    pub fn insert(offset: usize, text: impl Into<String>) -> Edit {
        Edit { span: Span::empty(offset), text: text.into() }
    }

    /// Delete `span`.
    pub fn delete(span: Span) -> Edit {
        Edit { span, text: String::new() }
    }
}

/// Whether a fix is proven, here, for this file and this project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Applicability {
    /// A person must supply something before there is a fix at all.
    DisplayOnly,
    /// A precondition could not be proven; the diagnostic's `missing` says which.
    Unsafe,
    /// Every precondition was checked and holds; the diagnostic's `reasons` list the checks.
    Safe,
}

/// Why edits were not applied. Each is a defect of the transform that made them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EditError {
    /// The span ends past the text.
    OutOfBounds(Span),
    /// The span cuts a character in two.
    NotOnCharacter(Span),
    /// Two spans share a byte, or two insertions stand at one place.
    Overlap(Span, Span),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::OutOfBounds(span) => write!(f, "edit {span:?} lies outside the text"),
            EditError::NotOnCharacter(span) => write!(f, "edit {span:?} cuts a character"),
            EditError::Overlap(one, other) => write!(f, "edits {one:?} and {other:?} overlap"),
        }
    }
}

impl std::error::Error for EditError {}

/// The text after all `edits`, which refer to `text` and may come in any order.
///
/// Nothing is applied unless every edit is in bounds, on character boundaries and disjoint from the others.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, EditError> {
    let ordered = sorted(text, edits)?;
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in ordered {
        out.push_str(&text[at..edit.span.start()]);
        out.push_str(&edit.text);
        at = edit.span.end();
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// The edits in text order, once they are known to be valid.
pub fn sorted<'e>(text: &str, edits: &'e [Edit]) -> Result<Vec<&'e Edit>, EditError> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.span);
    for edit in &ordered {
        let span = edit.span;
        if span.end() > text.len() {
            return Err(EditError::OutOfBounds(span));
        }
        if !text.is_char_boundary(span.start()) || !text.is_char_boundary(span.end()) {
            return Err(EditError::NotOnCharacter(span));
        }
    }
    for pair in ordered.windows(2) {
        let (one, other) = (pair[0].span, pair[1].span);
        if other.start() < one.end() || one == other {
            return Err(EditError::Overlap(one, other));
        }
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_in_any_order() {
        let edits =
            [Edit::delete(Span::new(4, 5)), Edit::insert(0, "x"), Edit::replace(Span::new(1, 2), "BB")];
        assert_eq!(apply("abcde", &edits), Ok("xaBBcd".to_owned()));
    }

    #[test]
    fn refuses_what_overlaps_or_does_not_fit() {
        let overlap = [Edit::delete(Span::new(0, 2)), Edit::delete(Span::new(1, 3))];
        assert!(matches!(apply("abc", &overlap), Err(EditError::Overlap(..))));
        assert!(matches!(
            apply("abc", &[Edit::insert(1, "x"), Edit::insert(1, "y")]),
            Err(EditError::Overlap(..))
        ));
        assert!(matches!(apply("abc", &[Edit::insert(4, "x")]), Err(EditError::OutOfBounds(_))));
        assert!(matches!(apply("é", &[Edit::insert(1, "x")]), Err(EditError::NotOnCharacter(_))));
    }

    #[test]
    fn an_insertion_may_touch_a_replacement() {
        let edits = [Edit::insert(1, "x"), Edit::delete(Span::new(1, 2))];
        assert_eq!(apply("abc", &edits), Ok("axc".to_owned()));
    }
}
