//! What our parser finds, in the shape in which the Go program in `tests/buildkit` prints BuildKit's own result.

use dockfix::source::Source;
use dockfix::syntax::{
    Arguments, Document, Heredoc, Instruction, KeyValue, Keyword, Separator, Step, SyntaxError,
};
use serde_json::{Value, json};

/// The first error in the shape of a row of `typed`, with the first line of its instruction in addition.
pub fn refusal(document: &Document) -> Value {
    let Some(error) = document.errors.first() else { return json!({"ok": true}) };
    let step = match error.step {
        Step::Parse => "parse",
        Step::Instruction => "instruction",
        Step::Convert => "convert",
    };
    let (first, message) = prefixed(document, error);
    let source = Source::new("Dockerfile", document.text()).expect("it was one before");
    let line = source.line(error.span.start());
    json!({"ok": false, "step": step, "error": message, "first": first, "line": line})
}

/// The first line of an error's instruction, and its message as BuildKit's own step prints it.
fn prefixed(document: &Document, error: &SyntaxError) -> (usize, String) {
    let owner = document.instructions.iter().rfind(|owner| owner.span.start() <= error.span.start());
    let line = owner.map_or(0, |owner| owner.lines.0);
    let message = match (error.step, error.message.as_str()) {
        (Step::Instruction, "no build stage in current context") => error.message.clone(),
        (Step::Instruction, message) => format!("dockerfile parse error on line {line}: {message}"),
        // A later step has a message of its own for a file of no bytes; this is the parser's.
        (Step::Parse, _) if document.text().is_empty() => "file with no instructions".to_owned(),
        _ => error.message.clone(),
    };
    (line, message)
}

/// The tree.
pub fn tree(document: &Document) -> Value {
    if let Some(error) = document.errors.first().filter(|error| error.step == Step::Parse) {
        return json!({"ok": false, "error": prefixed(document, error).1});
    }
    let instructions: Vec<Value> = document
        .instructions
        .iter()
        .map(|instruction| node(document, instruction, instruction.lines))
        .collect();
    let warnings: Vec<Value> = document
        .empty_continuations
        .iter()
        .map(|at| &document.instructions[*at])
        .map(|owner| {
            let bodies: usize = owner.heredocs.iter().map(|body| body_lines(document, body)).sum();
            json!({
                "short": format!("Empty continuation line found in: {}", owner.joined.text()),
                "url": "https://docs.docker.com/go/dockerfile/rule/no-empty-continuation/",
                "line": owner.lines.1 - bodies,
            })
        })
        .collect();
    json!({"ok": true, "escape": document.escape.to_string(), "ast": instructions, "warnings": warnings})
}

/// Lines of a heredoc, with the one that ends it.
fn body_lines(document: &Document, heredoc: &Heredoc) -> usize {
    heredoc.body.of(document.text()).matches('\n').count() + 1
}

fn node(document: &Document, instruction: &Instruction, lines: (usize, usize)) -> Value {
    let mut node = json!({
        "value": instruction.text(instruction.name),
        "flags": instruction.flags.iter().map(|flag| flag.text.to_string()).collect::<Vec<_>>(),
        "args": args(instruction),
        "start_line": lines.0,
        "end_line": lines.1,
    });
    let comments = document.comments_of(instruction);
    if !comments.is_empty() {
        node["comments"] = comments.iter().map(|comment| comment.of(document.text())).collect();
    }
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
