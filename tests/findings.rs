//! What hadolint and BuildKit's checks find before and after: the findings go, and no new one comes.
//!
//! Needs `DOCKFIX_CORPUS`, `DOCKFIX_HADOLINT` (a path) and `DOCKFIX_BUILDKIT` (see `tests/buildkit.rs`).
//! `DOCKFIX_FILES` says how many files of the corpus are taken, evenly spread; `all` takes every one.
//! `DOCKFIX_RIVAL` holds a command that rewrites the file given as its last argument in place: its table is printed in
//! place of ours, and nothing is asserted. The tables are seen with `--nocapture`.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/hadolint.rs"]
mod hadolint;
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite};
use dockfix::source::Source;
use dockfix::syntax::{Document, TokenKind};
use hadolint::{Counts, UNREADABLE};
use serde_json::Value;
use support::{corpus, files};

/// Findings that were there before and could not be seen: rules, and the one whose repair brings them to light. hadolint
/// does not look at `apt install`, behind `sudo`, or at the destination of ADD.
const UNCOVERED: &[(&[&str], &str)] = &[
    (&["DL3008", "DL3015"], "DL3027"),
    (&["DL3008", "DL3009", "DL3013", "DL3015", "DL3016", "DL3018", "DL3028", "DL3033", "DL3041"], "DL3004"),
    (&["DL3045"], "DL3020"),
];

/// A way to rewrite, with the texts that it made.
struct Run {
    name: String,
    after: Vec<String>,
}

/// What was found out about a set of texts.
struct Looked {
    hadolint: Vec<Counts>,
    checks: Vec<Counts>,
    graphs: Vec<Value>,
}

/// The files taken, spread evenly over the corpus.
fn sample(test: &str) -> Option<Vec<(String, String)>> {
    let folder = corpus::folder(test)?;
    let all: Vec<(String, String)> = files::dockerfiles(&folder)
        .into_iter()
        .filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?)))
        .collect();
    let wanted = match std::env::var("DOCKFIX_FILES").as_deref() {
        Err(_) => 300,
        Ok("all") => all.len(),
        Ok(number) => number.parse().expect("DOCKFIX_FILES is a number or `all`"),
    };
    let count = wanted.min(all.len());
    Some((0..count).map(|at| all[at * all.len() / count].clone()).collect())
}

fn fixed(text: &str, unproven: bool) -> String {
    let Ok(source) = Source::new("Dockerfile", text) else { return text.to_owned() };
    let options = Options { unproven, ..Options::default() };
    let dockerfile = Dockerfile { source, path: None, options, builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.remove(0).after.text().to_owned()
}

/// The text after another program has rewritten it; the text itself where that program fails.
fn fixed_by(command: &str, text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("Dockerfile");
    std::fs::write(&path, text).expect("it is writable");
    let mut words = command.split_whitespace();
    let _ = Command::new(words.next().expect("a program"))
        .args(words)
        .arg(&path)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("the rival runs");
    std::fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn runs(before: &[String]) -> Vec<Run> {
    if let Ok(command) = std::env::var("DOCKFIX_RIVAL") {
        let after = before.iter().map(|text| fixed_by(&command, text)).collect();
        return vec![Run { name: command, after }];
    }
    [("default", false), ("--unsafe", true)]
        .map(|(name, unproven)| Run {
            name: name.to_owned(),
            after: before.iter().map(|text| fixed(text, unproven)).collect(),
        })
        .into()
}

fn look(linter: &Path, oracle: &Path, texts: &[String]) -> Looked {
    let rows = buildkit::ask(oracle, "checks", texts);
    let checks = rows.iter().map(|row| {
        let mut counts = Counts::new();
        for rule in row["warnings"].as_array().into_iter().flatten().filter_map(|it| it["rule"].as_str()) {
            *counts.entry(rule.to_owned()).or_default() += 1;
        }
        counts
    });
    Looked {
        checks: checks.collect(),
        hadolint: hadolint::findings(linter, texts),
        graphs: buildkit::ask(oracle, "graph", texts),
    }
}

/// How often a rule is found, over the files in which both sides can be compared.
#[derive(Default)]
struct Tally {
    before: usize,
    gone: usize,
    uncovered: usize,
    new: usize,
}

/// How often a rule is found in a file before and after.
fn change(rule: &str, (before, after): (&Counts, &Counts)) -> (usize, usize) {
    let count = |counts: &Counts| counts.get(rule).copied().unwrap_or(0);
    (count(before), count(after))
}

/// Whether what is new of a rule in this file was hidden by another.
fn is_uncovered(rule: &str, pair: (&Counts, &Counts)) -> bool {
    let mut hiding = UNCOVERED.iter().filter(|(hidden, _)| hidden.contains(&rule));
    hiding.any(|(_, by)| {
        let (before, after) = change(by, pair);
        after < before
    })
}

fn tally(rule: &str, pairs: &[(&Counts, &Counts)]) -> Tally {
    let mut tally = Tally::default();
    for &pair in pairs {
        let (before, after) = change(rule, pair);
        tally.before += before;
        tally.gone += before.saturating_sub(after);
        let more = after.saturating_sub(before);
        if is_uncovered(rule, pair) {
            tally.uncovered += more;
        } else {
            tally.new += more;
        }
    }
    tally
}

/// The comments of a text, in order.
fn comments(text: &str) -> Vec<String> {
    let Ok(source) = Source::new("Dockerfile", text) else { return Vec::new() };
    let document = Document::parse(&source);
    let found = document.tokens.iter().filter(|token| token.kind == TokenKind::Comment);
    found.map(|token| token.span.of(text).trim_start_matches([' ', '\t', '#']).trim().to_owned()).collect()
}

fn loses_a_comment(before: &str, after: &str) -> bool {
    let after = comments(after);
    let mut left = after.iter();
    comments(before).iter().any(|comment| !left.any(|other| other == comment))
}

fn accepted(graph: &Value) -> bool {
    graph["ok"] == true
}

/// One line for each rule of one side, and what is new.
fn table(what: &str, run: &str, pairs: &[(&Counts, &Counts)], names: &[&str]) -> Vec<String> {
    let rules: BTreeSet<&String> =
        pairs.iter().flat_map(|(before, after)| before.keys().chain(after.keys())).collect();
    let mut new = Vec::new();
    let mut all = Tally::default();
    println!("\n{what}, {run}: {} files", pairs.len());
    println!("| rule | before | gone | uncovered | new |\n|---|---|---|---|---|");
    for rule in rules {
        let of = tally(rule, pairs);
        println!("| {rule} | {} | {} | {} | {} |", of.before, of.gone, of.uncovered, of.new);
        all.before += of.before;
        all.gone += of.gone;
        all.uncovered += of.uncovered;
        all.new += of.new;
        let files = pairs.iter().zip(names).filter(|(pair, _)| {
            let (before, after) = change(rule, **pair);
            after > before && !is_uncovered(rule, **pair)
        });
        new.extend(files.map(|(_, name)| format!("{rule} in {name} ({run})")));
    }
    let share = 100.0 * all.gone as f64 / all.before.max(1) as f64;
    println!("| all | {} | {} ({share:.1} %) | {} | {} |", all.before, all.gone, all.uncovered, all.new);
    new
}

#[test]
fn findings_go_and_none_comes() {
    let test = "findings_go_and_none_comes";
    let Some(files) = sample(test) else { return };
    let (Some(linter), Some(oracle)) = (hadolint::program(test), buildkit::program(test)) else { return };
    let before: Vec<String> = files.iter().map(|(_, text)| text.clone()).collect();
    let old = look(&linter, &oracle, &before);
    let rival = std::env::var_os("DOCKFIX_RIVAL").is_some();
    let mut wrong = Vec::new();
    for run in runs(&before) {
        let new = look(&linter, &oracle, &run.after);
        let changed = before.iter().zip(&run.after).filter(|(before, after)| before != after).count();
        let mut faults = Vec::new();
        for (at, (name, _)) in files.iter().enumerate() {
            if accepted(&old.graphs[at]) && !accepted(&new.graphs[at]) {
                faults.push(format!("BuildKit refuses {name} ({})", run.name));
            }
            let unreadable = |counts: &Counts| counts.contains_key(UNREADABLE);
            if !unreadable(&old.hadolint[at]) && unreadable(&new.hadolint[at]) {
                faults.push(format!("hadolint cannot read {name} ({})", run.name));
            }
            if loses_a_comment(&before[at], &run.after[at]) {
                faults.push(format!("a comment is lost in {name} ({})", run.name));
            }
        }
        println!("\n{}: {changed} of {} files changed", run.name, files.len());
        for fault in ["BuildKit refuses", "hadolint cannot read", "a comment is lost"] {
            println!("  {fault}: {}", faults.iter().filter(|text| text.starts_with(fault)).count());
        }
        wrong.extend(faults);
        for (what, before, after) in
            [("hadolint", &old.hadolint, &new.hadolint), ("BuildKit's checks", &old.checks, &new.checks)]
        {
            let readable = |counts: &Counts| !counts.contains_key(UNREADABLE);
            let both = before.iter().zip(after).zip(&files);
            let (pairs, names): (Vec<_>, Vec<_>) = both
                .filter(|((before, after), _)| readable(before) && readable(after))
                .map(|(pair, (name, _))| (pair, name.as_str()))
                .unzip();
            wrong.extend(table(what, &run.name, &pairs, &names));
        }
    }
    for line in wrong.iter().take(40).filter(|_| rival) {
        println!("{line}");
    }
    assert!(
        rival || wrong.is_empty(),
        "{} faults:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
}
