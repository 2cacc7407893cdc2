//! How new text is laid into a file: with its line ends, its escape character, and clear of the comments.

use super::Input;
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::Document;

/// The indent of continued lines that we write.
pub(super) const INDENT: &str = "    ";

/// An edit that puts lines above an instruction, above the comments that stand directly over it: never between a
/// pragma and what it governs.
pub(super) fn insert_above(input: &Input<'_>, instruction: usize, lines: &[String]) -> Edit {
    Edit::insert(input.document.comment_block(instruction).start(), block(input, lines))
}

/// An edit that puts lines right below an instruction and its heredocs; not below one that is open
/// ([`Document::is_open`]), which would swallow them.
pub(super) fn insert_below(input: &Input<'_>, instruction: usize, lines: &[String]) -> Edit {
    let end = input.document.line_span(instruction).end();
    let text = input.source.text();
    if text[..end].ends_with('\n') {
        return Edit::insert(end, block(input, lines));
    }
    // The file's last line has no end, and keeps having none.
    let newline = input.source.newline().as_str();
    Edit::insert(end, format!("{newline}{}", lines.join(newline)))
}

/// The lines with the file's line end after each.
pub(super) fn block(input: &Input<'_>, lines: &[String]) -> String {
    let newline = input.source.newline().as_str();
    lines.iter().flat_map(|line| [line.as_str(), newline]).collect()
}

/// One instruction over several lines: each but the last ends in the file's escape character, each but the first
/// is indented.
pub(super) fn continued(document: &Document, parts: &[&str]) -> Vec<String> {
    let last = parts.len().saturating_sub(1);
    let line = |(at, part): (usize, &&str)| {
        let indent = if at == 0 { "" } else { INDENT };
        let mark = if at == last { String::new() } else { format!(" {}", document.escape) };
        format!("{indent}{part}{mark}")
    };
    parts.iter().enumerate().map(line).collect()
}

/// A value in double quotes, so that BuildKit reads exactly this text: nothing in it is expanded.
pub(super) fn quoted(document: &Document, value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for letter in value.chars() {
        if matches!(letter, '"' | '$') || letter == document.escape {
            text.push(document.escape);
        }
        text.push(letter);
    }
    text.push('"');
    text
}

/// The lines of an instruction together with the comments directly above: what is deleted or moved as one.
pub(super) fn with_comments(document: &Document, instruction: usize) -> Span {
    document.comment_block(instruction).cover(document.line_span(instruction))
}
