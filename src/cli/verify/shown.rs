//! What came of a run: a table on a terminal, JSON for programs, Markdown for a pull request.

use serde::Serialize;

use super::compare::{Change, Row};
use super::verdict::{CaseReport, Verdict};
use crate::cli::json::render;
use crate::cli::terminal::{BOLD, DIM, GREEN, PLAIN, RED, Terminal, YELLOW};

/// The points of the Markdown overview, and what stands above them.
const OVERVIEW: &[(&str, &str)] = &[
    ("size", "size"),
    ("layers", "layers"),
    ("user", "user"),
    ("answers", "answers"),
    ("health", "health"),
    ("stops", "stops"),
    ("after an edit", "build after an edit"),
    ("packages", "packages"),
    ("setuid files", "setuid files"),
    ("vulnerabilities", "vulnerabilities"),
];

/// Words longer than this are cut in a table.
const WIDEST: usize = 60;

/// Prints a table for each Dockerfile.
pub(super) fn print(reports: &[CaseReport], terminal: &mut Terminal) {
    for report in reports {
        let (style, word) = match &report.verdict {
            Verdict::Verified => (GREEN, "verified".to_owned()),
            Verdict::Failed => (RED, "failed".to_owned()),
            Verdict::Unchanged => (DIM, "nothing to change".to_owned()),
            Verdict::Impossible(why) => (RED, why.clone()),
        };
        terminal.print(BOLD, &title(report));
        terminal.print(PLAIN, ": ");
        terminal.print(style, &format!("{word}\n"));
        let width = |of: fn(&Row) -> &str, name: &str| {
            let widths = report.rows.iter().map(|row| cut(of(row)).chars().count());
            widths.chain([name.len()]).max().unwrap_or(0)
        };
        let (first, second) = (width(|row| row.what, ""), width(|row| &row.before, "before"));
        if !report.rows.is_empty() {
            terminal.print(DIM, &format!("  {:first$}  {:second$}  after\n", "", "before"));
        }
        for row in &report.rows {
            terminal.print(PLAIN, &format!("  {:first$}  {:second$}  ", row.what, cut(&row.before)));
            let style = match row.change {
                Change::Same => DIM,
                Change::Better => GREEN,
                Change::Different => YELLOW,
                Change::Worse => RED,
            };
            terminal.print(style, &format!("{}\n", cut(&row.after)));
        }
        for note in &report.notes {
            terminal.print(DIM, &format!("  {note}\n"));
        }
        for held in &report.held_back {
            terminal.print(RED, "  held back");
            terminal.print(PLAIN, &format!("  {}: {}\n", held.transform, held.because));
        }
    }
}

fn title(report: &CaseReport) -> String {
    match &report.target {
        Some(target) => format!("{} (stage `{target}`)", report.name),
        None => report.name.clone(),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Counts for the last line.
pub(super) fn total(reports: &[CaseReport]) -> String {
    let count = |verdict: &str| reports.iter().filter(|report| report.verdict.as_str() == verdict).count();
    let parts = ["verified", "failed", "unchanged", "impossible"].map(|verdict| (count(verdict), verdict));
    let said: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    if said.is_empty() { "nothing to verify".to_owned() } else { said.join(", ") }
}

/// An overview, and all points of each Dockerfile folded away below it.
pub(super) fn markdown(reports: &[CaseReport]) -> String {
    let filled = |what: &str| reports.iter().any(|report| report.rows.iter().any(|row| row.what == what));
    let columns: Vec<&(&str, &str)> = OVERVIEW.iter().filter(|(what, _)| filled(what)).collect();
    let heads: String = columns.iter().map(|(_, head)| format!(" {head} |")).collect();
    let mut text = format!("| Dockerfile | verdict |{heads}\n|---|---|{}\n", "---|".repeat(columns.len()));
    for report in reports {
        let cells: String = columns
            .iter()
            .map(|(what, _)| {
                let row = report.rows.iter().find(|row| row.what == *what);
                format!(" {} |", row.map_or(String::new(), beside))
            })
            .collect();
        text += &format!("| `{}` | {} |{cells}\n", title(report), verdict_words(report));
    }
    for report in reports.iter().filter(|report| !report.rows.is_empty()) {
        text += &format!("\n<details><summary><code>{}</code></summary>\n\n", html(&title(report)));
        text += "| | before | after |\n|---|---|---|\n";
        for row in &report.rows {
            let mark = if row.change == Change::Worse { " ✗" } else { "" };
            text += &format!("| {} | {} | {}{mark} |\n", row.what, cell(&row.before), cell(&row.after));
        }
        if !report.applied.is_empty() {
            text += &format!("\nApplied: {}.\n", names(&report.applied));
        }
        for held in &report.held_back {
            text += &format!("\nHeld back: `{}`, since {}.\n", held.transform, cell(&held.because));
        }
        for note in &report.notes {
            text += &format!("\nNote: {}.\n", cell(note));
        }
        text += "\n</details>\n";
    }
    text
}

/// Before and after in one cell.
fn beside(row: &Row) -> String {
    match row.change {
        Change::Same => cell(&row.after),
        Change::Worse => format!("{} → **{}**", cell(&row.before), cell(&row.after)),
        Change::Better | Change::Different => format!("{} → {}", cell(&row.before), cell(&row.after)),
    }
}

fn verdict_words(report: &CaseReport) -> String {
    match &report.verdict {
        Verdict::Impossible(why) => cell(why),
        Verdict::Failed => {
            let names: Vec<&str> = report.held_back.iter().map(|held| held.transform).collect();
            format!("**failed**: {}", names_of(&names))
        }
        verdict => verdict.as_str().to_owned(),
    }
}

fn names(transforms: &[&'static str]) -> String {
    names_of(transforms)
}

fn names_of(transforms: &[&str]) -> String {
    transforms.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Text that ends no cell and no line.
fn cell(text: &str) -> String {
    html(&cut(text)).replace('|', "\\|").replace(['\r', '\n'], " ")
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[derive(Serialize)]
struct CaseObject<'a> {
    path: &'a str,
    target: Option<&'a str>,
    verdict: &'a str,
    error: Option<&'a str>,
    points: Vec<PointObject<'a>>,
    applied: &'a [&'static str],
    held_back: Vec<HeldObject<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct PointObject<'a> {
    point: &'a str,
    before: &'a str,
    after: &'a str,
    change: &'a str,
}

#[derive(Serialize)]
struct HeldObject<'a> {
    transform: &'a str,
    because: &'a str,
}

fn point(row: &Row) -> PointObject<'_> {
    PointObject { point: row.what, before: &row.before, after: &row.after, change: row.change.as_str() }
}

/// One array, an object for each shipped stage of each Dockerfile.
pub(super) fn json(reports: &[CaseReport]) -> String {
    let objects = reports.iter().map(|report| CaseObject {
        path: &report.name,
        target: report.target.as_deref(),
        verdict: report.verdict.as_str(),
        error: if let Verdict::Impossible(why) = &report.verdict { Some(why) } else { None },
        points: report.rows.iter().map(point).collect(),
        applied: &report.applied,
        held_back: report
            .held_back
            .iter()
            .map(|held| HeldObject { transform: held.transform, because: &held.because })
            .collect(),
        notes: &report.notes,
    });
    render(&objects.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Held;
    use super::*;

    fn report(verdict: Verdict, rows: Vec<Row>) -> CaseReport {
        let held =
            Held { transform: "add-user", because: "starts: stays up before, ends with 1 now".to_owned() };
        CaseReport {
            name: "a/Dockerfile".to_owned(),
            target: None,
            held_back: if verdict == Verdict::Failed { vec![held] } else { Vec::new() },
            verdict,
            rows,
            applied: vec!["exec-form"],
            notes: Vec::new(),
        }
    }

    fn row(what: &'static str, before: &str, after: &str, change: Change) -> Row {
        Row { what, before: before.to_owned(), after: after.to_owned(), change }
    }

    #[test]
    fn table_for_a_pull_request() {
        let rows = vec![
            row("size", "650.0 MB", "12.0 MB", Change::Better),
            row("starts", "stays up", "ends with 1: a|b <c>", Change::Worse),
        ];
        let text = markdown(&[report(Verdict::Failed, rows), report(Verdict::Unchanged, Vec::new())]);
        assert_eq!(
            text,
            "\
| Dockerfile | verdict | size |
|---|---|---|
| `a/Dockerfile` | **failed**: `add-user` | 650.0 MB → 12.0 MB |
| `a/Dockerfile` | unchanged |  |

<details><summary><code>a/Dockerfile</code></summary>

| | before | after |
|---|---|---|
| size | 650.0 MB | 12.0 MB |
| starts | stays up | ends with 1: a\\|b &lt;c&gt; ✗ |

Applied: `exec-form`.

Held back: `add-user`, since starts: stays up before, ends with 1 now.

</details>
"
        );
    }

    #[test]
    fn last_line_counts() {
        let reports =
            [report(Verdict::Verified, Vec::new()), report(Verdict::Impossible("x".to_owned()), Vec::new())];
        assert_eq!(total(&reports), "1 verified, 1 impossible");
        assert_eq!(total(&[]), "nothing to verify");
    }
}
