//! Gaps: where blanks may be more or fewer without a shell seeing a difference.

use super::ShellText;
use crate::source::Span;

/// Operators that part words even without blanks.
const OPERATORS: [&str; 4] = ["&&", "||", ";", "|"];

/// What stands together: words, assignments, flags. Sorted and disjoint.
#[derive(Default, Debug)]
pub(in crate::transforms) struct Atoms {
    spans: Vec<Span>,
}

impl Atoms {
    /// Adds one, which may not stand before the last.
    pub(super) fn push(&mut self, span: Span) {
        match self.spans.last_mut() {
            // A word inside another, as in an assignment.
            Some(last) if span.start() < last.end() => *last = last.cover(span),
            _ => self.spans.push(span),
        }
    }

    /// Takes everything from an offset on for one.
    pub(super) fn close(&mut self, tail: Span) {
        self.spans.retain(|span| span.end() <= tail.start());
        self.spans.push(tail);
    }

    /// The one that an offset stands in: after its first byte, before its end.
    pub(super) fn around(&self, at: usize) -> Option<Span> {
        let found = self.spans.partition_point(|span| span.end() <= at);
        self.spans.get(found).copied().filter(|span| span.start() < at)
    }

    /// Whether the blanks of a gap belong to nobody. A gap without blanks is free beside an operator that parts words
    /// by itself.
    pub(in crate::transforms) fn leave(&self, text: &str, gap: Span) -> bool {
        if !gap.is_empty() {
            let next = self.spans.partition_point(|span| span.end() <= gap.start());
            return self.spans.get(next).is_none_or(|span| span.start() >= gap.end());
        }
        let (before, after) = (&text[..gap.start()], &text[gap.start()..]);
        // Not the sign of a redirection, and not an escaped one.
        let bare = |before: &str| !before.ends_with(['>', '<', '\\']);
        let parted = OPERATORS.iter().any(|operator| {
            before.strip_suffix(operator).is_some_and(bare) || after.starts_with(operator) && bare(before)
        });
        // `;` and `;` on two lines would be `;;`, and so for the others.
        let splits = |sign: char| before.ends_with(sign) && after.starts_with(sign);
        parted && self.around(gap.start()).is_none() && !splits(';') && !splits('&') && !splits('|')
    }
}

impl ShellText<'_> {
    /// The blanks around the end of a line, over lines that hold nothing else.
    pub(in crate::transforms) fn seam_after(&self, line: usize) -> Span {
        let start = self.lines[line].content.end();
        let end = match self.next_content(line) {
            Some(next) => self.lines[next].content.start(),
            None => self.lines.last().map_or(start, |last| last.span.end()),
        };
        Span::new(start, end.max(start))
    }

    /// The blanks between a line and what stands before it.
    pub(in crate::transforms) fn seam_before(&self, line: usize) -> Option<Span> {
        let before = (0..line).rev().find(|line| !self.lines[*line].is_blank())?;
        Some(self.seam_after(before))
    }
}
