//! The text of the split: the head of the runtime stage goes right below the build; what follows stays where it is.

use super::build::Build;
use super::checks::{is_carried, runtime_pairs};
use super::started::Started;
use crate::edit::Edit;
use crate::shell::quote_exec;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};
use crate::transforms::shipped::Shipped;
use crate::transforms::writing::insert_below;

/// All edits; `None` where the text cannot be reached exactly.
pub(super) fn edits(
    shipped: &Shipped<'_>,
    build: &Build,
    started: &Started,
    workdir: &str,
    runtime: &str,
    name: &str,
) -> Option<Vec<Edit>> {
    let input = shipped.input;
    let from = shipped.instruction(input.model.stages[shipped.stage].from());
    let Arguments::Words(words) = &from.arguments else { return None };
    let lower = from.text(from.name).chars().all(|letter| letter.is_ascii_lowercase());
    let word = if lower { "as" } else { "AS" };
    // The reference is written again as it is: what is inserted behind an instruction would not be part of it.
    let reference = *words.first()?;
    let text = format!("{} {word} {name}", from.text(reference));
    let mut edits = vec![Edit::replace(from.source_span(reference)?, text)];
    edits.extend(build.insert.map(|at| Edit::insert(at, "CGO_ENABLED=0 ")));
    let mut lines = vec![String::new(), format!("FROM {runtime}")];
    let mut carried = Vec::new();
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let exec = started.plain.as_ref().filter(|(at, _)| *at == index).map(|(_, words)| quote_exec(words));
        if index > build.run {
            // Above the build, the whole line is written anew.
            if let Some(exec) = exec {
                let (rest, joined) = (instruction.rest, &instruction.joined);
                let span = Span::new(joined.source_start(rest.start()), joined.source_end(rest.end()));
                edits.push(instruction.inner_comments.is_empty().then(|| Edit::replace(span, exec))?);
            }
            continue;
        }
        if instruction.keyword == Keyword::Env {
            lines.extend(repeated(shipped, instruction, started));
        } else if is_carried(instruction.keyword) {
            carried.extend(match exec {
                Some(exec) => vec![format!("{} {exec}", instruction.keyword.as_str())],
                None => verbatim(shipped, instruction),
            });
            // A comment keeps its place among the others, so what it stands above does too.
            let plain =
                input.document.comment_block(index).is_empty() && instruction.inner_comments.is_empty();
            if plain {
                edits.push(Edit::delete(input.document.line_span(index)));
            }
        }
    }
    lines.push(format!("WORKDIR {workdir}"));
    let folder = build.output.rsplit_once('/').map_or("", |(folder, _)| folder);
    let there = folder == workdir.trim_end_matches('/');
    let destination = if there { "./" } else { build.output.as_str() };
    lines.push(format!("COPY --from={name} {} {destination}", build.output));
    lines.extend(carried);
    edits.push(insert_below(input, build.run, &lines));
    Some(edits)
}

/// An ENV of the build stage, as far as the program can use it.
fn repeated(shipped: &Shipped<'_>, instruction: &Instruction, started: &Started) -> Vec<String> {
    let pairs = runtime_pairs(instruction, started);
    let Arguments::KeyValues(all) = &instruction.arguments else { return Vec::new() };
    match pairs.len() {
        0 => Vec::new(),
        count if count == all.len() => verbatim(shipped, instruction),
        _ => vec![format!("ENV {}", pairs.join(" "))],
    }
}

/// An instruction as it is written, without comments between its lines.
fn verbatim(shipped: &Shipped<'_>, instruction: &Instruction) -> Vec<String> {
    let text = shipped.input.source.text();
    let line_starts = |line: usize| shipped.input.source.line_start(line);
    let (first, last) = instruction.lines;
    let is_comment = |line: usize| {
        let start = line_starts(line);
        instruction.inner_comments.iter().any(|span| {
            span.start() >= start
                && text[start..span.start()].chars().all(char::is_whitespace)
                && !text[start..span.start()].contains('\n')
        })
    };
    let line_text = |line: usize| {
        let rest = &text[line_starts(line)..];
        rest.split('\n').next().unwrap_or(rest).trim_end_matches('\r').to_owned()
    };
    (first..=last).filter(|line| !is_comment(*line)).map(line_text).collect()
}

/// Whether every path can be written as a plain word of a Dockerfile.
pub(super) fn is_plain(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+'))
}
