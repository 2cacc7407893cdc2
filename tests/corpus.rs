//! Laws and comparisons over a whole corpus of real files; skipped loudly where there is none.

mod support;

use std::collections::HashMap;

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, FileOutcome, rewrite};
use dockfix::source::Source;
use dockfix::syntax::{Arguments, Document, Instruction, KeyValue, Keyword, Separator, Step};
use serde_json::{Value, json};
use support::corpus;

/// Every file that is UTF-8, parsed.
fn documents(test: &str) -> Vec<(String, Source, Document)> {
    let Some(folder) = corpus::folder(test) else { return Vec::new() };
    let files = corpus::dockerfiles(&folder);
    assert!(!files.is_empty(), "the corpus is empty");
    let sources = files.iter().filter_map(|(path, bytes)| {
        let source = Source::from_bytes(path, bytes).ok()?;
        let document = Document::parse(&source);
        Some((path.clone(), source, document))
    });
    sources.collect()
}

#[test]
fn tokens_tile_every_file() {
    for (path, source, document) in documents("tokens_tile_every_file") {
        let mut at = 0;
        for token in &document.tokens {
            assert_eq!(token.span.start(), at, "{path}: a gap or an overlap");
            assert!(!token.span.is_empty(), "{path}: an empty token");
            at = token.span.end();
        }
        assert_eq!(at, source.text().len(), "{path}: the end is not covered");
    }
}

#[test]
fn every_tree_equals_that_of_buildkit() {
    let test = "every_tree_equals_that_of_buildkit";
    let Some(folder) = corpus::folder(test) else { return };
    let Some(expected) = corpus::lines(&folder, "buildkit-ast.jsonl") else { return };
    let expected: HashMap<String, Value> = expected
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"))
        .map(|row| (row["path"].as_str().unwrap_or_default().to_owned(), row))
        .collect();
    let mut different = Vec::new();
    let documents = documents(test);
    for (path, _, document) in &documents {
        let Some(row) = expected.get(path.as_str()) else { continue };
        let found = tree(document);
        for field in ["ok", "error", "escape", "ast"] {
            if found[field] != row[field] {
                different.push(first_difference(path, field, &row[field], &found[field]));
                break;
            }
        }
    }
    let (count, all) = (different.len(), documents.len());
    println!("{} of {all} trees equal BuildKit's", all - count);
    assert!(
        different.is_empty(),
        "{count} of {all} trees differ:\n{}",
        different[..count.min(20)].join("\n")
    );
}

#[test]
fn every_rewrite_keeps_the_laws_and_is_final() {
    let test = "every_rewrite_keeps_the_laws_and_is_final";
    let mut broken = Vec::new();
    let (mut files, mut changed) = (0, 0);
    for (path, source, _) in documents(test) {
        for unproven in [false, true] {
            let first = alone(&source, unproven);
            let second = alone(&first.after, unproven);
            files += 1;
            changed += usize::from(first.after.text() != source.text());
            for rejected in &first.rejected {
                broken.push(format!("{path} (unsafe: {unproven}): {}: {}", rejected.transform, rejected.law));
            }
            if second.after.text() != first.after.text() {
                let names: Vec<&str> = second.applied.iter().map(|fix| fix.transform).collect();
                broken.push(format!("{path} (unsafe: {unproven}): a second run changes it again: {names:?}"));
            }
        }
    }
    println!("{changed} of {files} runs change their file");
    let count = broken.len();
    assert!(broken.is_empty(), "{count} breaches:\n{}", broken[..count.min(30)].join("\n"));
}

/// A Dockerfile of which no context is known.
fn alone(source: &Source, unproven: bool) -> FileOutcome {
    let options = Options { unproven, ..Options::default() };
    let dockerfile = Dockerfile { source: source.clone(), path: None, options };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.remove(0)
}

fn first_difference(path: &str, field: &str, expected: &Value, found: &Value) -> String {
    let pairs = expected.as_array().into_iter().flatten().zip(found.as_array().into_iter().flatten());
    let at = pairs.into_iter().find(|(one, other)| one != other);
    match at {
        Some((one, other)) => format!("{path} {field}\n  expected {one}\n  found    {other}"),
        None => format!("{path} {field}\n  expected {expected}\n  found    {found}"),
    }
}

/// The tree in the shape of the corpus' comparison file.
fn tree(document: &Document) -> Value {
    if let Some(error) = document.errors.first().filter(|error| error.step == Step::Parse) {
        return json!({"ok": false, "error": error.message});
    }
    let instructions: Vec<Value> = document
        .instructions
        .iter()
        .map(|instruction| node(document, instruction, instruction.lines))
        .collect();
    json!({"ok": true, "escape": document.escape.to_string(), "ast": instructions})
}

fn node(document: &Document, instruction: &Instruction, lines: (usize, usize)) -> Value {
    let mut node = json!({
        "value": instruction.text(instruction.name),
        "flags": instruction.flags.iter().map(|flag| flag.text.to_string()).collect::<Vec<_>>(),
        "args": args(instruction),
        "start_line": lines.0,
        "end_line": lines.1,
    });
    let inner = match &instruction.arguments {
        Arguments::Health { command, .. } => command,
        other => other,
    };
    if let Arguments::Exec { .. } = inner {
        node["attributes"] = json!({"json": true});
    }
    if let Arguments::Trigger(child) = inner {
        node["sub"] = self::node(document, child, (0, 0));
    }
    if !instruction.heredocs.is_empty() {
        let heredocs = instruction.heredocs.iter().map(|heredoc| {
            json!({
                "name": heredoc.name, "expand": heredoc.expand, "chomp": heredoc.chomp,
                "fd": heredoc.descriptor, "content": heredoc.body.of(document.text()),
            })
        });
        node["heredocs"] = heredocs.collect();
    }
    node
}

fn args(instruction: &Instruction) -> Vec<String> {
    let text = |span| instruction.text(span).to_owned();
    if instruction.keyword == Keyword::Unknown {
        // BuildKit's parser keeps nothing of what follows a keyword that it does not know.
        return vec![String::new()];
    }
    let Arguments::KeyValues(pairs) = &instruction.arguments else {
        return instruction.values().into_iter().map(str::to_owned).collect();
    };
    let parts = |pair: &KeyValue| match (pair.separator, pair.value) {
        (Separator::Blank, Some(value)) => vec![text(pair.key), text(value), String::new()],
        // ARG keeps its words whole.
        (_, Some(value)) if instruction.keyword == Keyword::Arg => {
            vec![format!("{}={}", text(pair.key), text(value))]
        }
        (_, Some(value)) => vec![text(pair.key), text(value), "=".to_owned()],
        (_, None) => vec![text(pair.key)],
    };
    pairs.iter().flat_map(parts).collect()
}
