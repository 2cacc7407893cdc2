//! What is excluded and should not be: sources that the file hides (DI9), and `!` lines without effect (DI7).

use super::{Repair, candidate};
use crate::model::ContextSource;
use crate::project::dockerignore::IgnoreFile;
use crate::project::glob::{below_root, has_wildcard};
use crate::project::{CopyMatch, EntryKind};
use crate::source::Span;
use crate::transforms::Diagnostic;
use crate::transforms::checks::Checks;
use crate::transforms::ignore_file::named_like_a_secret;

/// The sources of the Dockerfile at hand that the file excludes: its build fails there.
pub(super) fn hidden_sources(repair: &Repair<'_>) -> Vec<Diagnostic> {
    let input = repair.input;
    let mut found = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for source in input.model.context_sources(input.document) {
        let Some(word) = source.word.as_deref().filter(|word| !has_wildcard(word)) else { continue };
        let path = below_root(word);
        let CopyMatch::ExcludedByIgnore(pattern) = input.project.resolve(word) else { continue };
        if seen.contains(&path) {
            continue;
        }
        let span = input.document.instructions[source.instruction].name_span();
        let by = format!("`{}` ({}:{})", pattern.text(), repair.path, pattern.line());
        found.push(hidden(repair, &source, &path, &by, span));
        seen.push(path);
    }
    found
}

fn hidden(repair: &Repair<'_>, source: &ContextSource, path: &str, by: &str, span: Span) -> Diagnostic {
    let message = format!("the build fails, since `{}` is excluded by {by}", source.written);
    let mut checks = Checks::default();
    let line = format!("!{path}");
    let remedy = format!("add `{line}` as the last line, if it is meant");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/@+ ".contains(letter);
    let is_file = |kind: &EntryKind| matches!(kind, EntryKind::File { .. });
    let project = repair.input.project;
    let stands = project.tree().entry(path).is_some_and(|entry| is_file(&entry.kind));
    let Some(text) = project.ignore().text().filter(|_| path.chars().all(plain) && path.trim() == path)
    else {
        checks.misses("DI9", format!("`{path}` cannot be written as a line"), remedy);
        return checks.hold_back(span, message);
    };
    let edits = vec![repair.append(text, &line)];
    if let Some(secret) = named_like_a_secret(path) {
        checks.misses(
            "DI10",
            format!("`{path}` may be {}", secret.what),
            format!("remove the source, and {}", secret.form),
        );
        return checks.hold_back(span, message);
    }
    if !source.certain {
        checks.misses("DI9", "what is copied depends on a build argument", remedy.clone());
    }
    if !stands {
        checks.misses(
            "DI9",
            format!("`{path}` is no file in git, so what would come back is not known"),
            remedy.clone(),
        );
    }
    if let Some(place) = also_brought(repair, &candidate(text, &edits), path) {
        checks.misses("DI9", format!("{place} would bring `{path}` along too"), remedy);
    }
    if !checks.all_hold() {
        return checks.hold_back(span, message);
    }
    checks.holds("DI9", format!("`{path}` is the one thing that comes back"));
    let mut found = repair.fix(message, format!("take `{path}` back in"), checks, edits);
    found.span = span;
    found
}

/// Another source that would bring something along that comes back.
fn also_brought(repair: &Repair<'_>, after: &IgnoreFile, path: &str) -> Option<String> {
    let project = repair.input.project;
    let after = project.with_ignore(after.clone());
    let comes_back = |found: &str| after.sent(found) && !project.sent(found);
    let mut sources =
        repair.builds.iter().flat_map(|build| build.sources.iter().map(move |source| (build, source)));
    sources.find_map(|(build, source)| {
        let place = build.place(source.instruction);
        let Some(word) = source.word.as_deref() else { return Some(place) };
        if below_root(word) == path {
            return None;
        }
        let found = after.resolve(word);
        found.files().iter().any(|entry| comes_back(&entry.path)).then_some(place)
    })
}

/// `!README.md` above `*.md`
pub(super) fn without_effect(repair: &Repair<'_>, text: &str) -> Vec<Diagnostic> {
    let file = IgnoreFile::parse(text);
    let mut checks = Checks::default();
    for pattern in file.patterns().iter().filter(|pattern| pattern.is_negated()) {
        let path = pattern.text();
        let later =
            file.excluded_by(path).filter(|later| later.line() > pattern.line() && !has_wildcard(path));
        if let Some(later) = later {
            checks.misses(
                "DI7",
                format!(
                    "{}:{}: `!{path}` has no effect, since `{}` in line {} comes after it",
                    repair.path,
                    pattern.line(),
                    later.text(),
                    later.line()
                ),
                format!("move the line below line {}, or remove it", later.line()),
            );
        }
    }
    if checks.all_hold() {
        return Vec::new();
    }
    vec![checks.hold_back(repair.span, "a line takes nothing back in")]
}
