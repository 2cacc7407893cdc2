//! The lines of an ignore file with their places in its text, for those who edit it.

use crate::source::Span;

/// A line of an ignore file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Its place, without the line end and a byte-order mark.
    pub span: Span,
    /// What stands there.
    pub text: &'a str,
    /// What the builder takes it for.
    pub kind: LineKind,
}

/// What the builder takes a line for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineKind {
    /// Nothing stands there.
    Blank,
    /// `#` is its first byte.
    Comment,
    /// Anything else, also what merely looks like a comment.
    Pattern,
}

/// The lines of a text.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut start = mark;
    text[mark..].split_inclusive('\n').enumerate().map(move |(at, whole)| {
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let span = Span::new(start, start + line.len());
        start += whole.len();
        let kind = if line.starts_with('#') {
            LineKind::Comment
        } else if line.trim().is_empty() {
            LineKind::Blank
        } else {
            LineKind::Pattern
        };
        Line { number: at + 1, span, text: line, kind }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_skip_marks_and_line_ends() {
        let text = "\u{feff}# a\r\n\r\n  # b\nc";
        let found: Vec<_> = lines(text).map(|line| (line.number, line.text, line.kind)).collect();
        let expected = [
            (1, "# a", LineKind::Comment),
            (2, "", LineKind::Blank),
            (3, "  # b", LineKind::Pattern),
            (4, "c", LineKind::Pattern),
        ];
        assert_eq!(found, expected);
        assert!(lines(text).all(|line| line.span.of(text) == line.text));
    }
}
