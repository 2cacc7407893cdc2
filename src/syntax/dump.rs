//! A readable form of a tree, for snapshots.

use std::fmt::Write;

use super::{Arguments, Document, Instruction, Separator};

pub(super) fn dump(document: &Document) -> String {
    let mut out = String::new();
    for directive in &document.directives {
        let _ = writeln!(out, "directive {:?} {:?}", directive.name, directive.value.of(document.text()));
    }
    for instruction in &document.instructions {
        write_instruction(&mut out, document, instruction, 0);
    }
    for at in &document.empty_continuations {
        let _ = writeln!(out, "empty continuation in line {}", document.instructions[*at].lines.0);
    }
    for error in &document.errors {
        let _ =
            writeln!(out, "error {:?} {:?}: {}", error.span, error.span.of(document.text()), error.message);
    }
    out
}

fn write_instruction(out: &mut String, document: &Document, instruction: &Instruction, depth: usize) {
    let indent = "  ".repeat(depth);
    let name = instruction.text(instruction.name);
    let (first, last) = instruction.lines;
    let _ = match depth {
        0 => writeln!(out, "{first}-{last} {name}"),
        _ => writeln!(out, "{indent}{name}"),
    };
    for comment in document.comments_of(instruction) {
        let _ = writeln!(out, "{indent}  comment {:?}", comment.of(document.text()));
    }
    for flag in &instruction.flags {
        let _ = writeln!(out, "{indent}  flag {:?}", flag.text);
    }
    write_arguments(out, document, instruction, &instruction.arguments, depth);
    for comment in &instruction.inner_comments {
        let _ = writeln!(out, "{indent}  inner comment {:?}", comment.of(document.text()));
    }
    for heredoc in &instruction.heredocs {
        let body = heredoc.body.of(document.text());
        let _ = writeln!(
            out,
            "{indent}  heredoc {:?} expand={} chomp={} fd={} {body:?}",
            heredoc.name, heredoc.expand, heredoc.chomp, heredoc.descriptor
        );
    }
}

fn write_arguments(
    out: &mut String,
    document: &Document,
    instruction: &Instruction,
    arguments: &Arguments,
    depth: usize,
) {
    let indent = "  ".repeat(depth + 1);
    let text = |span| instruction.text(span);
    let _ = match arguments {
        Arguments::Empty => Ok(()),
        Arguments::Shell(span) => writeln!(out, "{indent}shell {:?}", text(*span)),
        Arguments::Raw(span) => writeln!(out, "{indent}raw {:?}", text(*span)),
        Arguments::Exec { words, .. } => {
            writeln!(out, "{indent}exec {:?}", words.iter().map(|word| &word.value).collect::<Vec<_>>())
        }
        Arguments::Words(words) => {
            writeln!(out, "{indent}words {:?}", words.iter().map(|word| text(*word)).collect::<Vec<_>>())
        }
        Arguments::KeyValues(pairs) => pairs.iter().try_for_each(|pair| {
            let value = pair.value.map(text).unwrap_or_default();
            let separator = match pair.separator {
                Separator::Equals => "=",
                Separator::Blank => " ",
                Separator::None => "",
            };
            writeln!(out, "{indent}pair {:?} {separator:?} {value:?}", text(pair.key))
        }),
        Arguments::Health { kind, command } => {
            let _ = writeln!(out, "{indent}type {:?}", text(*kind));
            write_arguments(out, document, instruction, command, depth);
            Ok(())
        }
        Arguments::Trigger(child) => {
            write_instruction(out, document, child, depth + 1);
            Ok(())
        }
    };
}
