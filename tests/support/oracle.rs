//! What our parser finds, in the shape in which the Go program in `tests/buildkit` prints BuildKit's own result.

use dockfix::syntax::{Arguments, Document, Instruction, KeyValue, Keyword, Separator, Step};
use serde_json::{Value, json};

/// Whether the instructions are accepted, and if not, the first error with BuildKit's own prefix.
///
/// `ok` is true for a file whose tree is refused already.
pub fn typed(document: &Document) -> Value {
    let Some(error) = document.errors.iter().find(|error| error.step == Step::Instruction) else {
        return json!({"ok": true});
    };
    let owner =
        document.instructions.iter().rfind(|instruction| instruction.span.start() <= error.span.start());
    let line = owner.map_or(0, |owner| owner.lines.0);
    let message = match error.message.as_str() {
        message @ "no build stage in current context" => message.to_owned(),
        message => format!("dockerfile parse error on line {line}: {message}"),
    };
    json!({"ok": false, "error": message})
}

/// The tree.
pub fn tree(document: &Document) -> Value {
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
