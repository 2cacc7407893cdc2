//! What became of each file, and how a person reads it: the diff on standard output, the rest on standard error.
//!
//! JSON tells the same things to programs; see [`super::json`].

use std::collections::BTreeSet;
use std::fmt;

use anstyle::Style;

use dockfix::review::Item;
use dockfix::rewrite::{Applied, ChangedIgnore, FileOutcome, HeldBack, Suppressed};
use dockfix::source::Place;

use super::args::Mode;
use super::diff::{self, LineKind};
use super::terminal::{BOLD, CYAN, DIM, GREEN, PLAIN, RED, Terminal, YELLOW};

/// Something that ends in exit status 2: what is wrong, where, and what to do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Trouble {
    pub(super) path: String,
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

impl Trouble {
    /// Trouble with a whole file.
    pub(super) fn new(path: &str, message: String) -> Trouble {
        Trouble { path: path.to_owned(), place: None, message }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(f, "{}:{place}: {}", self.path, self.message),
            None => write!(f, "{}: {}", self.path, self.message),
        }
    }
}

/// What became of one file.
#[derive(Debug)]
pub(super) struct FileReport {
    /// As messages and diffs show it.
    pub(super) path: String,
    pub(super) body: Body,
    /// The build context and why it was chosen.
    pub(super) context: Option<String>,
    /// Which things were odd on the way without stopping it.
    pub(super) notes: Vec<String>,
    pub(super) troubles: Vec<Trouble>,
    /// The production checklist, where it was asked for.
    pub(super) checklist: Vec<Item>,
}

/// The result for one file.
#[derive(Debug)]
pub(super) enum Body {
    /// A Dockerfile that went through the transforms.
    Rewritten(Box<FileOutcome>),
    /// A new file and its text.
    Created(String),
    /// An ignore file that is there and changes.
    Changed(Box<ChangedIgnore>),
    /// Not taken, and why; what is said only when asked for is `quiet`.
    Skipped { why: String, quiet: bool },
    /// Nothing came of it: there is trouble.
    Failed,
}

impl FileReport {
    /// A file of which nothing comes but trouble.
    pub(super) fn failed(path: &str, trouble: Trouble) -> Box<FileReport> {
        let mut report = FileReport::new(path, Body::Failed);
        report.troubles.push(trouble);
        report
    }

    pub(super) fn new(path: &str, body: Body) -> Box<FileReport> {
        let path = path.to_owned();
        Box::new(FileReport {
            path,
            body,
            context: None,
            notes: Vec::new(),
            troubles: Vec::new(),
            checklist: Vec::new(),
        })
    }

    /// Whether the text changes, or the file is new.
    pub(super) fn changed(&self) -> bool {
        match &self.body {
            Body::Rewritten(outcome) => outcome.before.text() != outcome.after.text(),
            Body::Created(_) | Body::Changed(_) => true,
            Body::Skipped { .. } | Body::Failed => false,
        }
    }

    pub(super) fn outcome(&self) -> Option<&FileOutcome> {
        match &self.body {
            Body::Rewritten(outcome) => Some(outcome),
            _ => None,
        }
    }
}

/// How much is said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Verbosity {
    /// Errors only.
    Quiet,
    Normal,
    Verbose,
}

/// What stands on standard output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Show {
    Diff,
    /// The whole text, as standard input asks for.
    Text,
    /// Nothing: the files were written, or the program that reads JSON gets it all.
    Nothing,
}

/// Writes reports for people.
pub(super) struct TextReport<'t> {
    terminal: &'t mut Terminal,
    show: Show,
    verbosity: Verbosity,
    said: BTreeSet<String>,
}

impl<'t> TextReport<'t> {
    pub(super) fn new(terminal: &'t mut Terminal, show: Show, verbosity: Verbosity) -> TextReport<'t> {
        TextReport { terminal, show, verbosity, said: BTreeSet::new() }
    }

    /// All that there is to say about a file.
    pub(super) fn file(&mut self, report: &FileReport) {
        match (&self.show, &report.body) {
            (Show::Diff, Body::Rewritten(outcome)) => {
                self.diff(&diff::changed(&report.path, outcome.before.text(), outcome.after.text()));
            }
            (Show::Diff, Body::Created(text)) => self.diff(&diff::created(&report.path, text)),
            (Show::Diff, Body::Changed(file)) => {
                self.diff(&diff::changed(&report.path, file.before.text(), file.after.text()));
            }
            (Show::Text, Body::Rewritten(outcome)) if outcome.faults.is_empty() => {
                self.terminal.print(PLAIN, outcome.after.text());
            }
            _ => {}
        }
        if self.verbosity > Verbosity::Quiet {
            self.summary(report);
        }
        for trouble in &report.troubles {
            self.trouble(trouble);
        }
    }

    /// An error, said once however many files it touches.
    pub(super) fn trouble(&mut self, trouble: &Trouble) {
        let text = trouble.to_string();
        if self.said.insert(text.clone()) {
            self.terminal.say(&[(RED.bold(), "dockfix:"), (PLAIN, " "), (PLAIN, &text)]);
        }
    }

    fn diff(&mut self, lines: &[diff::Line]) {
        for (kind, text) in lines {
            let style = match kind {
                LineKind::Header => BOLD,
                LineKind::Hunk => CYAN,
                LineKind::Kept => PLAIN,
                LineKind::Removed => RED,
                LineKind::Added => GREEN,
                LineKind::NoNewline => DIM,
            };
            // Blanks at the end of a line are not seen without help.
            let line = text.trim_end_matches(['\r', '\n']);
            let kept = line.trim_end_matches([' ', '\t']);
            let changed = matches!(kind, LineKind::Removed | LineKind::Added);
            if changed && kept.len() < line.len() {
                self.terminal.print(style, kept);
                self.terminal.print(style.invert(), &line[kept.len()..]);
                self.terminal.print(PLAIN, &text[line.len()..]);
            } else {
                self.terminal.print(style, text);
            }
        }
    }

    fn summary(&mut self, report: &FileReport) {
        let verbose = self.verbosity == Verbosity::Verbose;
        match &report.body {
            Body::Rewritten(outcome) => {
                let silent = outcome.applied.is_empty() && outcome.held_back.is_empty();
                let silent = silent && outcome.remarks.is_empty();
                if silent && report.notes.is_empty() && !verbose {
                    return;
                }
                self.terminal.say(&[(BOLD, &report.path)]);
                self.remarks(report);
                for remark in &outcome.remarks {
                    let text = format!("line {}: {}", remark.place.line, remark.message);
                    self.terminal.say(&[(PLAIN, "  "), (YELLOW, "note"), (PLAIN, "  "), (PLAIN, &text)]);
                }
                self.fixes(outcome);
            }
            // The diff shows it, and so does the fix that creates it.
            Body::Created(_) if verbose => {
                self.terminal.say(&[(BOLD, &report.path)]);
                self.terminal.say(&[(PLAIN, "  "), (GREEN, "new"), (PLAIN, "   the file is created")]);
            }
            Body::Changed(_) if verbose => {
                self.terminal.say(&[(BOLD, &report.path)]);
                self.terminal.say(&[(PLAIN, "  "), (GREEN, "edit"), (PLAIN, "  the file is changed")]);
            }
            Body::Skipped { why, quiet } if verbose || !quiet => {
                self.terminal.say(&[(BOLD, &report.path)]);
                self.terminal.say(&[(PLAIN, "  "), (PLAIN, why)]);
            }
            Body::Created(_) | Body::Changed(_) | Body::Skipped { .. } | Body::Failed => {}
        }
    }

    fn remarks(&mut self, report: &FileReport) {
        if let Some(context) = report.context.as_ref().filter(|_| self.verbosity == Verbosity::Verbose) {
            self.terminal.say(&[(PLAIN, "  "), (DIM, "in"), (PLAIN, "    "), (PLAIN, context)]);
        }
        for note in &report.notes {
            if self.said.insert(note.clone()) {
                self.terminal.say(&[(PLAIN, "  "), (YELLOW, "note"), (PLAIN, "  "), (PLAIN, note)]);
            }
        }
    }

    fn fixes(&mut self, outcome: &FileOutcome) {
        let verbose = self.verbosity == Verbosity::Verbose;
        let applied = alike(&outcome.applied, |a, b| a.transform == b.transform && a.title == b.title);
        let held = alike(&outcome.held_back, |a, b| {
            a.transform == b.transform && a.message == b.message && a.missing == b.missing
        });
        let kept = alike(&outcome.suppressed, |a, b| a == b);
        let kept = if verbose { kept } else { Vec::new() };
        let names = applied.iter().map(|group| group[0].transform);
        let names = names.chain(held.iter().map(|group| group[0].transform));
        let names = names.chain(kept.iter().map(|group| group[0].transform));
        let width = names.map(str::len).max().unwrap_or(0);
        for group in &applied {
            let mut text = group[0].title.clone();
            if group.len() > 1 {
                text += &format!(" ({} times)", group.len());
            }
            if group[0].unproven {
                text += " (not proven)";
            }
            self.line(GREEN, "fix ", width, group[0].transform, &text);
            if verbose {
                self.reasons(group);
            }
        }
        if !outcome.respaced.is_empty() {
            let text = respaced(&outcome.respaced);
            self.terminal.say(&[(PLAIN, "  "), (YELLOW, "note"), (PLAIN, "  "), (PLAIN, &text)]);
        }
        for group in &held {
            self.line(
                YELLOW,
                "held",
                width,
                group[0].transform,
                &(group[0].message.clone() + &places(group)),
            );
            self.missing(group[0]);
        }
        for group in &kept {
            let Suppressed { transform, message, comment, place } = group[0];
            let line = place.map(|place| format!(" of line {}", place.line)).unwrap_or_default();
            let text = format!("{message}; `{comment}`{line} keeps it");
            self.line(DIM, "kept", width, transform, &text);
        }
    }

    fn line(&mut self, style: Style, word: &str, width: usize, name: &str, text: &str) {
        let name = format!("{name:width$}");
        self.terminal.say(&[
            (PLAIN, "  "),
            (style, word),
            (PLAIN, "  "),
            (PLAIN, &name),
            (PLAIN, "  "),
            (PLAIN, text),
        ]);
    }

    fn reasons(&mut self, group: &[&Applied]) {
        let mut told = BTreeSet::new();
        for reason in group.iter().flat_map(|applied| &applied.reasons) {
            if told.insert((reason.id, &reason.text)) {
                self.terminal.say(&[
                    (DIM, "          since "),
                    (DIM, &reason.text),
                    (DIM, &format!(" [{}]", reason.id)),
                ]);
            }
        }
    }

    fn missing(&mut self, held: &HeldBack) {
        let last = held.missing.len().saturating_sub(1);
        for (at, missing) in held.missing.iter().enumerate() {
            let mut text = missing.text.clone();
            if self.verbosity == Verbosity::Verbose {
                text += &format!(" [{}]", missing.id);
            }
            let remedy =
                if missing.remedy.is_empty() { String::new() } else { format!(": {}", missing.remedy) };
            let told = held.missing.iter().any(|missing| missing.remedy.contains("--unsafe"));
            let or_unsafe = if held.available && at == last && !told { " (or `--unsafe`)" } else { "" };
            self.terminal.say(&[(PLAIN, "          "), (PLAIN, &text), (PLAIN, &remedy), (DIM, or_unsafe)]);
        }
    }

    /// The last line: how many files, and what became of them.
    pub(super) fn total(&mut self, reports: &[FileReport], mode: &Mode) {
        if self.verbosity > Verbosity::Quiet {
            let line = total(reports, mode);
            self.terminal.say(&[(PLAIN, &line)]);
        }
    }
}

/// Neighbours that say the same, as one.
fn alike<T>(items: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Vec<&T>> {
    let mut groups: Vec<Vec<&T>> = Vec::new();
    for item in items {
        match groups.iter_mut().find(|group| same(group[0], item)) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// What it costs that a shell gets other blanks between its words.
fn respaced(lines: &BTreeSet<usize>) -> String {
    let list = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let many = if lines.len() == 1 { "" } else { "s" };
    format!("the next build runs the RUN of line{many} {list} anew, once: blanks between words changed")
}

/// " (line 3)", " (lines 3, 7)"; nothing where no place is known.
fn places(group: &[&HeldBack]) -> String {
    let lines: BTreeSet<usize> = group.iter().filter_map(|held| held.place).map(|place| place.line).collect();
    let list = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    match lines.len() {
        0 => String::new(),
        1 => format!(" (line {list})"),
        _ => format!(" (lines {list})"),
    }
}

fn total(reports: &[FileReport], mode: &Mode) -> String {
    let looked_at = reports.iter().filter(|report| !matches!(report.body, Body::Skipped { .. })).count();
    let changed = reports.iter().filter(|report| report.changed()).count();
    let outcomes = || reports.iter().filter_map(FileReport::outcome);
    let fixes: usize = outcomes().map(|outcome| outcome.applied.len()).sum();
    let held: usize = outcomes().map(|outcome| outcome.held_back.len()).sum();
    let available = outcomes().flat_map(|outcome| &outcome.held_back).filter(|held| held.available).count();
    let errors: BTreeSet<&Trouble> = reports.iter().flat_map(|report| &report.troubles).collect();
    let verb = if *mode == Mode::Write { "changed" } else { "would change" };
    let mut parts = vec![match changed {
        0 => "nothing to change".to_owned(),
        _ => format!("{changed} {verb} ({})", count(fixes, "fix", "fixes")),
    }];
    if held > 0 {
        let also = if available > 0 { format!(" ({available} with --unsafe)") } else { String::new() };
        parts.push(format!("{held} held back{also}"));
    }
    if !errors.is_empty() {
        parts.push(count(errors.len(), "error", "errors"));
    }
    format!("{}: {}", count(looked_at, "file", "files"), parts.join(", "))
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests;
