//! Unified diffs that `patch -p0` and `git apply -p0` take. Pure text; lines end at `\n` and nowhere else.

use std::borrow::Cow;
use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// What a line of a diff is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LineKind {
    Header,
    Hunk,
    Kept,
    Removed,
    Added,
    NoNewline,
}

/// A line of a diff, with its line end.
pub(crate) type Line = (LineKind, String);

/// How many unchanged lines surround a change.
const AROUND: usize = 3;

/// The change of the file at `path`.
pub(crate) fn changed(path: &str, before: &str, after: &str) -> Vec<Line> {
    unified(&name(path), &name(path), before, after)
}

/// A file that did not exist.
pub(crate) fn created(path: &str, text: &str) -> Vec<Line> {
    unified("/dev/null", &name(path), "", text)
}

fn unified(old_name: &str, new_name: &str, before: &str, after: &str) -> Vec<Line> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let operations = capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut lines = Vec::new();
    if before != after {
        lines.push((LineKind::Header, format!("--- {old_name}\n")));
        lines.push((LineKind::Header, format!("+++ {new_name}\n")));
    }
    for group in group_diff_ops(operations, AROUND) {
        hunk(&group, &old, &new, &mut lines);
    }
    lines
}

fn hunk(group: &[DiffOp], old: &[&str], new: &[&str], lines: &mut Vec<Line>) {
    let (Some(first), Some(last)) = (group.first(), group.last()) else { return };
    let old_range = range(first.old_range().start..last.old_range().end);
    let new_range = range(first.new_range().start..last.new_range().end);
    lines.push((LineKind::Hunk, format!("@@ -{old_range} +{new_range} @@\n")));
    for operation in group {
        if operation.tag() == DiffTag::Equal {
            push_lines(LineKind::Kept, ' ', &old[operation.old_range()], lines);
        } else {
            push_lines(LineKind::Removed, '-', &old[operation.old_range()], lines);
            push_lines(LineKind::Added, '+', &new[operation.new_range()], lines);
        }
    }
}

fn push_lines(kind: LineKind, sign: char, texts: &[&str], lines: &mut Vec<Line>) {
    for text in texts {
        if text.ends_with('\n') {
            lines.push((kind, format!("{sign}{text}")));
        } else {
            lines.push((kind, format!("{sign}{text}\n")));
            lines.push((LineKind::NoNewline, "\\ No newline at end of file\n".to_owned()));
        }
    }
}

/// A range of lines as the format counts it: an empty one is named by the line before it.
fn range(lines: Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        length => format!("{},{length}", lines.start + 1),
    }
}

/// A path as git writes it in the head of a diff: in quotes where it holds what would end the line or the name.
fn name(path: &str) -> Cow<'_, str> {
    if path.contains(|character: char| matches!(character, '"' | '\\') || character.is_ascii_control()) {
        let mut quoted = String::from('"');
        for character in path.chars() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                _ if character.is_ascii_control() => {
                    quoted.push_str(&format!("\\{:03o}", u32::from(character)))
                }
                _ => quoted.push(character),
            }
        }
        return Cow::Owned(quoted + "\"");
    }
    // A tab ends a name that holds blanks.
    if path.contains(' ') { Cow::Owned(format!("{path}\t")) } else { Cow::Borrowed(path) }
}

#[cfg(test)]
mod tests;
