//! The check that a tree accounts for its whole text: what lies between its leaves is nothing but blanks, keywords
//! and brackets. A command that a parser dropped or misplaced shows up here.

use super::NotShell;
use crate::source::Span;

/// Operators and brackets are leaves of the tree; of keywords it keeps only what they enclose.
const KEYWORDS: &[&str] = &[
    "if", "then", "elif", "else", "fi", "for", "select", "in", "do", "done", "while", "until", "case",
    "esac", "coproc",
];

/// Checks the `leaves` of a tree over the part `whole` of `text`; sorts them.
pub(super) fn check(text: &str, whole: Span, leaves: &mut [Span]) -> Result<(), NotShell> {
    leaves.sort();
    let mut at = whole.start();
    for leaf in leaves.iter() {
        if leaf.start() < at || leaf.end() > whole.end() {
            return Err(NotShell::Doubtful { what: "two parts of a tree overlap", span: *leaf });
        }
        gap(text, Span::new(at, leaf.start()))?;
        at = leaf.end();
    }
    gap(text, Span::new(at, whole.end()))
}

fn gap(text: &str, span: Span) -> Result<(), NotShell> {
    let written = span.of(text);
    // A line that is continued inside a here-document or a script of several lines.
    let mut tokens = written.split([' ', '\t', '\n']).filter(|token| !matches!(*token, "" | "\\"));
    if tokens.all(|token| KEYWORDS.contains(&token)) {
        Ok(())
    } else {
        Err(NotShell::Doubtful { what: "a part of the text that no command holds", span })
    }
}
