//! A text file as it was read: its bytes checked once, and a way from byte offsets to lines and columns.
//!
//! Knows nothing of Dockerfiles and does no input or output.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The largest file that is read, in bytes. Real Dockerfiles are a thousandth of it.
pub const MAX_BYTES: usize = 10 * 1024 * 1024;

/// A half-open byte range of a text: `start..end`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// The range `start..end`, in bytes; `end` is never before `start`.
    pub fn new(start: usize, end: usize) -> Span {
        debug_assert!(start <= end, "a span runs forward");
        // A `Source` holds at most `MAX_BYTES`, so every offset fits.
        Span { start: start as u32, end: end as u32 }
    }

    /// The empty range at `offset`: where something is inserted.
    pub fn empty(offset: usize) -> Span {
        Span::new(offset, offset)
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.end as usize
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end() - self.start()
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The same as a standard range, for slicing.
    pub fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// The text that the range covers; empty where it does not fit `text`.
    pub fn of(self, text: &str) -> &str {
        text.get(self.range()).unwrap_or_default()
    }

    /// Whether `other` lies within this range.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two ranges share a byte; an empty range inside the other counts too.
    pub fn overlaps(self, other: Span) -> bool {
        if self.is_empty() || other.is_empty() {
            return self.start < other.end && other.start < self.end;
        }
        self.start.max(other.start) < self.end.min(other.end)
    }

    /// The smallest range that covers both.
    pub fn cover(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The range moved forward by `by` bytes.
    pub fn shifted(self, by: usize) -> Span {
        Span::new(self.start() + by, self.end() + by)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// Which line end a text uses; mixed files count as what most of their lines use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Newline {
    /// `\n`
    Lf,
    /// `\r\n`
    CrLf,
}

impl Newline {
    /// The bytes of the line end.
    pub fn as_str(self) -> &'static str {
        match self {
            Newline::Lf => "\n",
            Newline::CrLf => "\r\n",
        }
    }
}

/// A place as people count: line and column from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Why bytes cannot be taken as a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SourceError {
    /// The bytes are not UTF-8; BuildKit cannot build such a file either.
    NotUtf8 {
        /// Line of the first bad byte, from 1.
        line: usize,
        /// Its column in bytes, from 1.
        column: usize,
    },
    /// More than [`MAX_BYTES`].
    TooLarge {
        /// Size in bytes.
        bytes: usize,
    },
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::NotUtf8 { line, column } => {
                write!(f, "{line}:{column}: not UTF-8; save the file as UTF-8")
            }
            SourceError::TooLarge { bytes } => {
                write!(f, "{bytes} bytes is more than the {MAX_BYTES} that are read")
            }
        }
    }
}

impl std::error::Error for SourceError {}

/// A text with its name. Cheap to clone.
#[derive(Clone)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    /// Offset of the first byte of each line.
    lines: Arc<Vec<u32>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name, self.text.len())
    }
}

impl Source {
    /// A text that is known to be UTF-8 and within [`MAX_BYTES`]; longer texts are an error.
    pub fn new(name: &str, text: &str) -> Result<Source, SourceError> {
        if text.len() > MAX_BYTES {
            return Err(SourceError::TooLarge { bytes: text.len() });
        }
        let mut lines = Vec::with_capacity(text.len() / 24 + 1);
        lines.push(0);
        lines.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        Ok(Source { name: name.into(), text: text.into(), lines: Arc::new(lines) })
    }

    /// The bytes of a file, checked.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Source, SourceError> {
        if bytes.len() > MAX_BYTES {
            return Err(SourceError::TooLarge { bytes: bytes.len() });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            SourceError::NotUtf8 {
                line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
                column: before.len() - line_start + 1,
            }
        })?;
        Source::new(name, text)
    }

    /// The same name over another text: what an edit leaves.
    pub fn with_text(&self, text: &str) -> Result<Source, SourceError> {
        Source::new(&self.name, text)
    }

    /// The name that messages show: a path as the user gave it, or `<stdin>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, byte for byte.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, shared instead of borrowed.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// Whether the text begins with a byte-order mark.
    pub fn has_bom(&self) -> bool {
        self.text.starts_with('\u{feff}')
    }

    /// The line end that most lines use; `\n` where there is none.
    pub fn newline(&self) -> Newline {
        let crlf = self.text.matches("\r\n").count();
        let all = self.lines.len() - 1;
        if crlf * 2 > all { Newline::CrLf } else { Newline::Lf }
    }

    /// Line and column of a byte offset.
    pub fn place(&self, offset: usize) -> Place {
        let offset = offset.min(self.text.len());
        let line = self.line(offset);
        let start = self.lines[line - 1] as usize;
        let column = self.text.get(start..offset).map_or(offset - start, |part| part.chars().count()) + 1;
        Place { line, column }
    }

    /// Offsets of the first byte of each line; a text that ends in a line end has an empty last line.
    pub fn line_starts(&self) -> &[u32] {
        &self.lines
    }

    /// Line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= offset)
    }

    /// Offset of the first byte of a line (from 1); the end of the text for a line past it.
    pub fn line_start(&self, line: usize) -> usize {
        self.lines.get(line.saturating_sub(1)).map_or(self.text.len(), |start| *start as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let source = Source::new("f", "aé\nb").expect("small");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(3), Place { line: 1, column: 3 });
        assert_eq!(source.place(4), Place { line: 2, column: 1 });
        assert_eq!(source.place(99), Place { line: 2, column: 2 });
    }

    #[test]
    fn bad_utf8_names_its_place() {
        let error = Source::from_bytes("f", b"FROM a\nRUN \xff").expect_err("not UTF-8");
        assert_eq!(error, SourceError::NotUtf8 { line: 2, column: 5 });
    }

    #[test]
    fn newline_is_that_of_most_lines() {
        assert_eq!(Source::new("f", "a\r\nb\r\nc\n").expect("small").newline(), Newline::CrLf);
        assert_eq!(Source::new("f", "a").expect("small").newline(), Newline::Lf);
    }

    #[test]
    fn an_insertion_inside_overlaps_and_at_the_edge_does_not() {
        assert!(Span::new(2, 6).overlaps(Span::empty(4)));
        assert!(!Span::new(2, 6).overlaps(Span::empty(2)));
        assert!(!Span::new(2, 6).overlaps(Span::new(6, 7)));
    }
}
