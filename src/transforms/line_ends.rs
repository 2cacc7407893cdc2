//! Line ends as the settings ask for them: a part of `tidy-blanks`.

use super::Input;
use crate::config::LineEnding;
use crate::source::{Newline, Span};
use crate::syntax::TokenKind;

/// The line end that is asked for; none where each stays what it is.
pub(super) fn wanted(input: &Input<'_>) -> Option<Newline> {
    match input.options.layout.line_ending() {
        LineEnding::Keep => None,
        LineEnding::Lf => Some(Newline::Lf),
        LineEnding::CrLf => Some(Newline::CrLf),
    }
}

/// The line ends that are others than the wanted one.
///
/// Those inside heredocs are a part of the text that the build gets, so they stay.
pub(super) fn others<'i>(input: &'i Input<'_>, wanted: Newline) -> impl Iterator<Item = Span> + 'i {
    let text = input.source.text();
    let ends = input.document.tokens.iter().filter(|token| token.kind == TokenKind::Newline);
    let ends = ends.map(|token| token.span).filter(move |span| span.of(text).ends_with('\n'));
    ends.filter(move |span| span.of(text) != wanted.as_str())
}
