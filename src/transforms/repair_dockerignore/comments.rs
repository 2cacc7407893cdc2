//! Lines that look like comments and are patterns: DI6.

use super::gaps::is_open_below;
use super::{Repair, candidate, reasons_into};
use crate::edit::Edit;
use crate::project::dockerignore::{Line, LineKind, lines};
use crate::source::Span;
use crate::transforms::Diagnostic;
use crate::transforms::checks::Checks;
use crate::transforms::ignore_file::{Judge, Row};

/// Signs behind which people write comments.
const SIGNS: &[&str] = &["#", "//"];

/// The fixes, and the patterns that come into force by them.
pub(super) fn mend(repair: &Repair<'_>, judge: &Judge<'_>, text: &str) -> (Vec<Diagnostic>, Vec<String>) {
    let (mut found, mut excluded) = (Vec::new(), Vec::new());
    for line in lines(text).filter(|line| line.kind == LineKind::Pattern) {
        if let Some(diagnostic) = whole(repair, text, &line) {
            found.push(diagnostic);
        } else if let Some((diagnostic, pattern)) = trailing(repair, judge, text, &line) {
            found.push(diagnostic);
            excluded.push(pattern);
        }
    }
    (found, excluded)
}

/// `  # build output`, `// build output`
fn whole(repair: &Repair<'_>, text: &str, line: &Line<'_>) -> Option<Diagnostic> {
    let shown = line.text.trim();
    let sign = SIGNS.iter().find(|sign| shown.starts_with(**sign))?;
    let rest = &shown[sign.len()..];
    // `//dist` is a pattern for `dist`, and `  #x#` may name a file.
    let is_prose = rest.trim_start_matches(['#', '/']).starts_with([' ', '\t'])
        || rest.trim_matches(['#', '/', '-', '=']).is_empty();
    if !is_prose {
        return None;
    }
    let start = line.span.start() + (line.text.len() - line.text.trim_start().len());
    let edits = vec![Edit::replace(Span::new(line.span.start(), start + sign.len()), "#")];
    let at = format!("{}:{}", repair.path, line.number);
    let mut checks = Checks::default();
    if sends_the_same(repair, text, &edits) {
        checks.holds("DI6", format!("{at} excludes nothing as a pattern"));
    } else {
        checks.misses(
            "DI6",
            format!("{at} excludes something as a pattern"),
            "rename what it excludes, or remove the line",
        );
    }
    let message = format!("{at}: `{shown}` is a pattern, not a comment");
    Some(repair.fix(message, format!("make a comment of `{shown}`"), checks, edits))
}

fn sends_the_same(repair: &Repair<'_>, text: &str, edits: &[Edit]) -> bool {
    let project = repair.input.project;
    let after = project.with_ignore(candidate(text, edits));
    project.tree().truncated().is_none()
        && project.entries().map(|entry| &entry.path).eq(after.entries().map(|entry| &entry.path))
}

/// `node_modules  # packages`
fn trailing(
    repair: &Repair<'_>,
    judge: &Judge<'_>,
    text: &str,
    line: &Line<'_>,
) -> Option<(Diagnostic, String)> {
    let found = SIGNS.iter().find_map(|sign| {
        let at = line.text.find(&format!(" {sign} "))?;
        let (pattern, comment) = (line.text[..at].trim(), line.text[at + 1 + sign.len()..].trim());
        (!pattern.is_empty() && !pattern.contains(' ')).then_some((pattern, comment))
    });
    let (pattern, comment) = found?;
    let (newline, at) = (repair.newline(), format!("{}:{}", repair.path, line.number));
    let name = pattern.trim_matches('/').trim_start_matches("./");
    let row = judge.rows().find(|row| does_part_of(row, name));
    // Where folders below need it too, the root alone would be mended once more.
    let everywhere = format!("**/{name}");
    let everywhere =
        row.is_some_and(|row| row.patterns.contains(&everywhere) && is_open_below(repair, row, &everywhere));
    let prefix = if everywhere && !pattern.starts_with('/') { "**/" } else { "" };
    let edits = vec![Edit::replace(line.span, format!("# {comment}{newline}{prefix}{pattern}"))];
    let mut checks = Checks::default();
    let lines = vec![format!("{prefix}{name}")];
    let remedy = "put the comment on a line of its own if no build needs what the pattern then excludes";
    match row {
        None => checks.misses("DI5", format!("who needs what `{pattern}` excludes is not known"), remedy),
        Some(row) => match judge.lines(row, &lines, &|_: &[String]| candidate(text, &edits)) {
            Ok(accepted) => {
                checks.holds("DI6", format!("{at} never matches as it stands"));
                reasons_into(&mut checks, accepted.reasons);
            }
            Err((id, why)) => checks.misses(id, format!("`{pattern}`: {why}"), remedy),
        },
    }
    let message =
        format!("{at}: `{}` never matches, since the comment is part of the pattern", line.text.trim());
    let found = repair.fix(message, format!("put the comment of `{pattern}` above it"), checks, edits);
    Some((found, name.to_owned()))
}

/// Whether a line does what one of the row's does, at least at the root.
fn does_part_of(row: &Row, line: &str) -> bool {
    row.patterns.iter().any(|pattern| pattern == line || pattern.strip_prefix("**/") == Some(line))
}
