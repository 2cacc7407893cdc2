//! An instruction's text with its continued lines joined, and the way back to the source.

use std::sync::Arc;

use crate::source::Span;

/// A range of an instruction's joined text. Only [`Joined::source_span`] turns it into a place in the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct JoinedSpan(Span);

impl JoinedSpan {
    /// The range `start..end` of a joined text.
    pub fn new(start: usize, end: usize) -> JoinedSpan {
        JoinedSpan(Span::new(start, end))
    }

    /// First byte.
    pub fn start(self) -> usize {
        self.0.start()
    }

    /// One past the last byte.
    pub fn end(self) -> usize {
        self.0.end()
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// A range inside this one, given relative to its start: what the shell reader returns for a shell form.
    pub fn within(self, inner: Span) -> JoinedSpan {
        JoinedSpan(inner.shifted(self.start()))
    }
}

/// A stretch of one source line inside the joined text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Piece {
    joined: u32,
    source: u32,
}

/// The joined text. Where nothing was continued it is a slice of the file's text and owns no memory of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Joined {
    text: Arc<str>,
    slice: Span,
    /// One for each continued line; none where the text is one slice of the file.
    pieces: Vec<Piece>,
}

impl Joined {
    /// A line that is not continued: a slice of the file.
    pub(super) fn line(text: &Arc<str>, span: Span) -> Joined {
        Joined { text: Arc::clone(text), slice: span, pieces: Vec::new() }
    }

    /// Several stretches of the file, side by side. `joined` is written over; it only lends its memory.
    pub(super) fn lines(text: &str, spans: &[Span], joined: &mut String) -> Joined {
        joined.clear();
        joined.reserve(spans.iter().map(|span| span.len()).sum::<usize>().max(512));
        let mut pieces = Vec::with_capacity(spans.len());
        for span in spans {
            pieces.push(Piece { joined: joined.len() as u32, source: span.start() as u32 });
            joined.push_str(span.of(text));
        }
        Joined { slice: Span::new(0, joined.len()), text: Arc::from(joined.as_str()), pieces }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text[self.slice.range()]
    }

    /// The text of a range.
    pub fn slice(&self, span: JoinedSpan) -> &str {
        self.text().get(span.start()..span.end()).unwrap_or_default()
    }

    /// The whole as a range.
    pub fn span(&self) -> JoinedSpan {
        JoinedSpan::new(0, self.slice.len())
    }

    /// Whether the text stands on one line of the source.
    pub fn is_one_line(&self) -> bool {
        self.pieces.len() <= 1
    }

    /// The continued lines in order: the range of each in the joined text, and where it starts in the source.
    pub fn parts(&self) -> impl Iterator<Item = (JoinedSpan, usize)> {
        let whole = self.pieces.is_empty().then_some((self.span(), self.slice.start()));
        let ends = self.pieces.iter().skip(1).map(|piece| piece.joined as usize).chain([self.slice.len()]);
        let pieces = self.pieces.iter().zip(ends);
        let pieces =
            pieces.map(|(piece, end)| (JoinedSpan::new(piece.joined as usize, end), piece.source as usize));
        whole.into_iter().chain(pieces)
    }

    /// Where a range stands in the source, if its bytes stand side by side there.
    ///
    /// An empty range at the seam of two lines stands at the start of the later one.
    pub fn source_span(&self, span: JoinedSpan) -> Option<Span> {
        if self.pieces.is_empty() {
            return Some(span.0.shifted(self.slice.start()));
        }
        let at = self.piece_at(span.start());
        let piece = self.pieces[at];
        let end = self.pieces.get(at + 1).map_or(self.slice.len(), |next| next.joined as usize);
        let offset = piece.source as usize;
        (span.end() <= end).then(|| {
            Span::new(
                offset + span.start() - piece.joined as usize,
                offset + span.end() - piece.joined as usize,
            )
        })
    }

    /// Where an offset stands in the source, seen as the end of what is before it.
    pub fn source_end(&self, offset: usize) -> usize {
        if self.pieces.is_empty() || offset == 0 {
            return self.source_start(offset);
        }
        self.source_start(offset - 1) + 1
    }

    /// Where an offset stands in the source, seen as the start of what follows it.
    pub fn source_start(&self, offset: usize) -> usize {
        if self.pieces.is_empty() {
            return self.slice.start() + offset;
        }
        let piece = self.pieces[self.piece_at(offset)];
        piece.source as usize + offset - piece.joined as usize
    }

    fn piece_at(&self, offset: usize) -> usize {
        self.pieces.partition_point(|piece| piece.joined as usize <= offset).saturating_sub(1)
    }
}
