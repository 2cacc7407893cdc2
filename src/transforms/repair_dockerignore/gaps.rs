//! What the file should exclude and does not: patterns that are anchored where they should not be, and lines that are
//! missing.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Repair, candidate, reasons_into};
use crate::edit::Edit;
use crate::project::dockerignore::{IgnoreFile, Line, LineKind, Pattern, lines};
use crate::project::glob::{Glob, has_wildcard};
use crate::transforms::Diagnostic;
use crate::transforms::checks::Checks;
use crate::transforms::ignore_file::{Judge, Row};

/// `excluded` are patterns that another fix of this turn brings into force.
pub(super) fn fill(
    repair: &Repair<'_>,
    judge: &Judge<'_>,
    text: &str,
    excluded: &[String],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut missing: Vec<(&'static Row, Vec<String>)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for row in judge.rows() {
        let mut open: Vec<String> = Vec::new();
        for pattern in &row.patterns {
            let name = pattern.strip_prefix("**/").unwrap_or(pattern);
            let comes = excluded.iter().any(|line| line == name || line == pattern);
            // The same line may stand in the rows of two ecosystems; the first counts.
            if comes || seen.contains(&pattern.as_str()) || !is_open(repair, row, pattern) {
                continue;
            }
            seen.push(pattern);
            match anchored(repair, judge, text, row, pattern) {
                Some(diagnostic) => found.push(diagnostic),
                None => open.push(pattern.clone()),
            }
        }
        // Who excludes `.env` and not `.env.*` has thought about it.
        if row.valuable && open.first() == row.patterns.first() && !open.is_empty() {
            missing.push((row, open));
        }
    }
    found.extend(append(repair, judge, text, &missing));
    found
}

/// Whether something that the pattern is meant for is sent, at a place where it is to be expected.
fn is_open(repair: &Repair<'_>, row: &Row, pattern: &str) -> bool {
    let ignore = repair.input.project.ignore();
    let probes = probes(repair, row, pattern);
    probes.iter().any(|path| ignore.excluded_by(path).is_none())
}

/// The same for folders below the root.
pub(super) fn is_open_below(repair: &Repair<'_>, row: &Row, pattern: &str) -> bool {
    let ignore = repair.input.project.ignore();
    let probes = probes(repair, row, pattern);
    probes.iter().any(|path| path.contains('/') && ignore.excluded_by(path).is_none())
}

/// The places where something is to be expected that the pattern is meant for: beside the files that belong to it.
fn probes(repair: &Repair<'_>, row: &Row, pattern: &str) -> Vec<String> {
    let name = pattern.strip_prefix("**/").unwrap_or(pattern).replace('*', "local");
    let globs: Vec<Glob> = row.when.iter().filter_map(|name| Glob::parse(name).ok()).collect();
    if globs.is_empty() || !pattern.starts_with("**/") {
        return vec![name];
    }
    let mut probes = Vec::new();
    for entry in repair.input.project.files() {
        let (folder, file) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if globs.iter().any(|glob| glob.matches(file)) && !probes.contains(&path) {
            probes.push(path);
        }
    }
    probes
}

/// `node_modules`, where packages lie in folders below too.
fn anchored(
    repair: &Repair<'_>,
    judge: &Judge<'_>,
    text: &str,
    row: &Row,
    pattern: &str,
) -> Option<Diagnostic> {
    let name = pattern.strip_prefix("**/").filter(|name| !has_wildcard(name))?;
    // Who writes `/dist` means the root.
    let stands =
        |line: &Line<'_>| line.kind == LineKind::Pattern && line.text.trim().trim_end_matches('/') == name;
    let line = lines(text).find(stands)?;
    let start = line.span.start() + (line.text.len() - line.text.trim_start().len());
    let edits = vec![Edit::insert(start, "**/")];
    // A line further down that takes some of it back in needs a line behind itself.
    if !excludes_all(&candidate(text, &edits), &probes(repair, row, pattern)) {
        return None;
    }
    let at = format!("{}:{}", repair.path, line.number);
    let message = format!("{at}: `{name}` matches at the root alone");
    let (checks, is_proven) = proven(judge, text, row, &[pattern.to_owned()], &edits);
    if !is_proven && row.minor {
        return None;
    }
    Some(repair.fix(message, format!("exclude `{name}` in every folder"), checks, edits))
}

fn proven(judge: &Judge<'_>, text: &str, row: &Row, lines: &[String], edits: &[Edit]) -> (Checks, bool) {
    let mut checks = Checks::default();
    match judge.lines(row, lines, &|_: &[String]| candidate(text, edits)) {
        Ok(accepted) => {
            reasons_into(&mut checks, accepted.reasons);
            checks.holds("DI2", "no source asks by name for what the line excludes");
            checks.holds("DI3", "of the files in git only such are excluded as the line is meant for");
            (checks, true)
        }
        Err((id, why)) => {
            let quoted: Vec<String> = lines.iter().map(|line| format!("\"{line}\"")).collect();
            let remedy = format!(
                "set `unneeded = [{}]` under `[dockerignore]` if no build needs what is excluded",
                quoted.join(", ")
            );
            checks.misses(id, format!("{}: {why}", super::ignore_file::names(lines)), remedy);
            (checks, false)
        }
    }
}

/// The lines that are missing, as one fix for those that are proven and one diagnostic for each row that is not.
fn append(
    repair: &Repair<'_>,
    judge: &Judge<'_>,
    text: &str,
    missing: &[(&'static Row, Vec<String>)],
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // The end of the file comes first: other fixes insert there too.
    let mut written: BTreeMap<Reverse<usize>, Vec<String>> = BTreeMap::new();
    let mut checks = Checks::default();
    for (row, lines) in missing {
        // What no source brings along may stay as it is.
        if !judge.is_reached(lines) {
            continue;
        }
        let Some(edit) = place(repair, row, text, lines) else { continue };
        let (judged, is_proven) = proven(judge, text, row, lines, std::slice::from_ref(&edit));
        if !is_proven {
            // What is asked for by name is not missing.
            if !judged.misses_id("DI2") {
                let message = format!("`{}` lacks {}", repair.path, super::ignore_file::names(lines));
                found.push(judged.hold_back(repair.span, message));
            }
        } else {
            written.entry(Reverse(edit.span.start())).or_default().extend(lines.iter().cloned());
            checks.join(judged);
        }
    }
    if !written.is_empty() {
        let edits = written.iter().map(|(at, lines)| insertion(repair, text, at.0, lines)).collect();
        let names = super::ignore_file::names(&written.into_values().flatten().collect::<Vec<String>>());
        let message = format!("`{}` lacks {names}", repair.path);
        found.push(repair.fix(message, format!("exclude {names}"), checks, edits));
    }
    found
}

/// Where lines exclude what they are meant for, and nothing that a `!` line takes back in: at the end, or else before
/// the first `!`.
fn place(repair: &Repair<'_>, row: &Row, text: &str, lines_to_add: &[String]) -> Option<Edit> {
    let file = IgnoreFile::parse(text);
    let negated = || file.patterns().iter().filter(|pattern| pattern.is_negated());
    let paths: Vec<String> = lines_to_add.iter().flat_map(|line| probes(repair, row, line)).collect();
    let names: Vec<&str> = lines_to_add
        .iter()
        .map(|line| line.strip_prefix("**/").unwrap_or(line).trim_end_matches(['*', '.']))
        .collect();
    let is_meant = |pattern: &Pattern| {
        names.iter().any(|name| pattern.text().contains(name))
            || paths.iter().any(|path| pattern.matches(path) || pattern.reaches_below(path))
    };
    let works = |edit: &Edit| excludes_all(&candidate(text, std::slice::from_ref(edit)), &paths);
    if !negated().any(is_meant) {
        return Some(insertion(repair, text, text.len(), lines_to_add)).filter(works);
    }
    let first = negated().next().map_or(1, Pattern::line);
    let before = lines(text).nth(first - 1).map_or(text.len(), |line| line.span.start());
    Some(insertion(repair, text, comment_start(text, before), lines_to_add)).filter(works)
}

fn excludes_all(file: &IgnoreFile, paths: &[String]) -> bool {
    paths.iter().all(|path| file.excluded_by(path).is_some())
}

/// The first of the comments that stand directly above a line.
fn comment_start(text: &str, line: usize) -> usize {
    let above: Vec<Line<'_>> = lines(text).take_while(|other| other.span.start() < line).collect();
    let comments = above.iter().rev().take_while(|line| line.kind == LineKind::Comment);
    comments.last().map_or(line, |comment| comment.span.start())
}

fn insertion(repair: &Repair<'_>, text: &str, at: usize, written: &[String]) -> Edit {
    if at == text.len() {
        return repair.append(text, &written.join(repair.newline()));
    }
    let newline = repair.newline();
    Edit::insert(at, written.iter().map(|line| format!("{line}{newline}")).collect::<String>())
}
