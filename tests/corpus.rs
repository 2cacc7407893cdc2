//! Laws and comparisons over a whole corpus of real files; skipped loudly where there is none.

#[path = "support/laws.rs"]
mod laws;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/rows.rs"]
mod rows;
mod support;

use dockfix::source::Source;
use dockfix::syntax::Document;
use laws::Place;
use serde_json::Value;
use support::{corpus, files};

/// Every file that is UTF-8, parsed.
fn documents(test: &str) -> Vec<(String, Source, Document)> {
    let Some(folder) = corpus::folder(test) else { return Vec::new() };
    let files = files::dockerfiles(&folder);
    assert!(!files.is_empty(), "the corpus is empty");
    let sources = files.iter().filter_map(|(path, bytes)| {
        let source = Source::from_bytes(path, bytes).ok()?;
        let document = Document::parse(&source);
        Some((path.clone(), source, document))
    });
    sources.collect()
}

#[test]
fn every_tree_equals_that_of_buildkit() {
    let test = "every_tree_equals_that_of_buildkit";
    let Some(folder) = corpus::folder(test) else { return };
    let Some(expected) = rows::by_path(&folder, "buildkit-ast.jsonl") else { return };
    let mut different = Vec::new();
    let documents = documents(test);
    for (path, _, document) in &documents {
        let Some(row) = expected.get(path.as_str()) else { continue };
        let mut found = oracle::tree(document);
        // The stored trees hold no comments.
        for node in found["ast"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            node.remove("comments");
        }
        for field in ["ok", "error", "escape", "ast", "warnings"] {
            if found[field] != row[field] {
                different.push(first_difference(path, field, &row[field], &found[field]));
                break;
            }
        }
    }
    report("trees", different, documents.len());
}

#[test]
fn every_refusal_equals_that_of_buildkit() {
    let test = "every_refusal_equals_that_of_buildkit";
    let Some(folder) = corpus::folder(test) else { return };
    let Some(expected) = rows::by_path(&folder, "buildkit-ast.jsonl") else { return };
    let mut different = Vec::new();
    let documents = documents(test);
    for (path, _, document) in &documents {
        let Some(row) = expected.get(path.as_str()).filter(|row| row["ok"] == true) else { continue };
        let found = oracle::refusal(document);
        let error = if found["step"] == "instruction" { &found["error"] } else { &Value::Null };
        if error.is_null() != row["instr_ok"] || *error != row["instr_error"] {
            different.push(format!("{path}\n  expected {}\n  found    {found}", row["instr_error"]));
        }
    }
    report("refusals", different, documents.len());
}

#[track_caller]
fn report(what: &str, different: Vec<String>, all: usize) {
    let count = different.len();
    println!("{} of {all} {what} equal BuildKit's", all - count);
    assert!(
        different.is_empty(),
        "{count} of {all} {what} differ:\n{}",
        different[..count.min(20)].join("\n")
    );
}

#[test]
fn every_file_keeps_the_laws() {
    let documents = documents("every_file_keeps_the_laws");
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let check = |(path, source, _): &(String, Source, Document)| {
        let place = Place { source, files: None };
        let breaches = laws::everything(&place).into_iter();
        breaches.map(|what| format!("{path}: {what}")).collect::<Vec<String>>()
    };
    // Neighbours go to different workers, since they resemble each other.
    let broken: Vec<String> = std::thread::scope(|scope| {
        let (documents, check) = (&documents, &check);
        let threads: Vec<_> = (0..workers)
            .map(|first| {
                let share = documents.iter().skip(first).step_by(workers);
                scope.spawn(move || share.flat_map(check).collect::<Vec<String>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a worker ends")).collect()
    });
    let count = broken.len();
    assert!(broken.is_empty(), "{count} breaches:\n{}", broken[..count.min(30)].join("\n"));
}

fn first_difference(path: &str, field: &str, expected: &Value, found: &Value) -> String {
    let pairs = expected.as_array().into_iter().flatten().zip(found.as_array().into_iter().flatten());
    let at = pairs.into_iter().find(|(one, other)| one != other);
    match at {
        Some((one, other)) => format!("{path} {field}\n  expected {one}\n  found    {other}"),
        None => format!("{path} {field}\n  expected {expected}\n  found    {found}"),
    }
}
