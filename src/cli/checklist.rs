//! The production checklist of each file, for people: in a terminal, and as Markdown for a pull request.

use dockfix::review::{Item, State};

use super::report::FileReport;
use super::terminal::{BOLD, DIM, GREEN, PLAIN, Terminal, YELLOW};

/// Prints the checklist of each file that has one.
pub(super) fn print(reports: &[FileReport], terminal: &mut Terminal) {
    for report in reports.iter().filter(|report| !report.checklist.is_empty()) {
        terminal.print(BOLD, &format!("{}\n", report.path));
        let width = report.checklist.iter().map(|item| item.title.len()).max().unwrap_or(0);
        for item in &report.checklist {
            let style = match item.state {
                State::AlreadyRight | State::Fixed => GREEN,
                State::HeldBack => YELLOW,
                State::NotApplicable => DIM,
            };
            terminal.print(PLAIN, "  ");
            terminal.print(style, &format!("{:14}", item.state.as_str()));
            terminal.print(PLAIN, &format!("  {:width$}", item.title));
            let indent = format!("\n{:1$}", "", 2 + 14 + 2 + width + 2);
            terminal.print(PLAIN, &format!("  {}\n", reasons(item).join(&indent)));
        }
    }
}

/// What is said about a point, one line for each thing.
fn reasons(item: &Item) -> Vec<String> {
    let done = match item.state {
        State::HeldBack if !item.because.is_empty() => Some(format!("in part done: {}", item.because)),
        State::HeldBack => None,
        _ => Some(item.because.clone()),
    };
    let missing = item.missing.iter().map(|missing| match missing.remedy.as_str() {
        "" => missing.text.clone(),
        remedy => format!("{}: {remedy}", missing.text),
    });
    done.into_iter().chain(missing).collect()
}

/// A table for each file that has a checklist.
pub(super) fn markdown(reports: &[FileReport]) -> String {
    let mut text = String::new();
    for report in reports.iter().filter(|report| !report.checklist.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        text += &format!("### `{}`\n\n| point | state | because |\n|---|---|---|\n", report.path);
        for item in &report.checklist {
            let cell = reasons(item).join("<br>").replace('|', "\\|").replace(['\r', '\n'], " ");
            text += &format!("| {} | {} | {cell} |\n", item.title, item.state.as_str());
        }
    }
    text
}
