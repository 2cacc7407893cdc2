//! The text of the split: the head of the runtime stage goes right below the cut; what follows stays where it is.

use std::collections::BTreeSet;

use super::checks::{is_carried, runtime_pairs};
use super::plan::Plan;
use super::walk::makes_users;
use crate::edit::Edit;
use crate::model::VariableKind;
use crate::shell::quote_exec;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};
use crate::transforms::shipped::Shipped;
use crate::transforms::writing::insert_below;

/// All edits; `None` where the text cannot be reached exactly.
pub(super) fn edits(shipped: &Shipped<'_>, plan: &Plan, name: &str) -> Option<Vec<Edit>> {
    let input = shipped.input;
    let from = shipped.instruction(input.model.stages[shipped.stage].from());
    let Arguments::Words(words) = &from.arguments else { return None };
    let lower = from.text(from.name).chars().all(|letter| letter.is_ascii_lowercase());
    let word = if lower { "as" } else { "AS" };
    // The reference is written again as it is: what is inserted behind an instruction would not be part of it.
    let reference = *words.first()?;
    let text = format!("{} {word} {name}", from.text(reference));
    let mut edits = vec![Edit::replace(from.source_span(reference)?, text)];
    edits.extend(plan.insert.iter().map(|(at, text)| Edit::insert(*at, *text)));
    let mut lines = vec![String::new(), format!("FROM {}", plan.runtime.image)];
    let mut users = Vec::new();
    let mut variables = Vec::new();
    let mut carried = Vec::new();
    let arguments = arguments(shipped, plan);
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let exec = plan.exec.as_ref().filter(|(at, _)| *at == index).map(|(_, words)| quote_exec(words));
        let health = plan.health.as_ref().filter(|(span, _)| instruction.span.contains(*span));
        if index > plan.last {
            if let Some((span, text)) = health {
                edits.push(Edit::replace(*span, text.clone()));
            }
            // Above the cut, the whole line is written anew.
            if let Some(exec) = exec {
                let (rest, joined) = (instruction.rest, &instruction.joined);
                let span = Span::new(joined.source_start(rest.start()), joined.source_end(rest.end()));
                edits.push(instruction.inner_comments.is_empty().then(|| Edit::replace(span, exec))?);
            }
            continue;
        }
        let is_moved = if arguments.contains(&index) {
            variables.extend(verbatim(shipped, instruction));
            false
        } else if instruction.keyword == Keyword::Env {
            variables.extend(repeated(shipped, instruction, plan));
            false
        } else if makes_users(shipped, index) {
            users.extend(verbatim(shipped, instruction));
            true
        } else if is_carried(instruction.keyword) {
            carried.extend(match exec {
                Some(exec) => vec![format!("{} {exec}", instruction.keyword.as_str())],
                None => match health {
                    Some((span, text)) => {
                        let written = span.of(input.source.text());
                        let lines = verbatim(shipped, instruction).into_iter();
                        lines.map(|line| line.replace(written, text)).collect()
                    }
                    None => verbatim(shipped, instruction),
                },
            });
            true
        } else {
            false
        };
        // A comment keeps its place among the others, so what it stands above does too.
        let is_plain =
            input.document.comment_block(index).is_empty() && instruction.inner_comments.is_empty();
        if is_moved && is_plain {
            edits.push(Edit::delete(input.document.line_span(index)));
        }
    }
    lines.extend(users);
    lines.extend(plan.setup.iter().cloned());
    lines.extend(variables);
    lines.push(format!("WORKDIR {}", plan.workdir));
    lines.extend(copies(plan, name));
    lines.extend(carried);
    edits.push(insert_below(input, plan.last, &lines));
    Some(edits)
}

/// The ARGs above the cut that the runtime stage refers to.
fn arguments(shipped: &Shipped<'_>, plan: &Plan) -> BTreeSet<usize> {
    let model = shipped.input.model;
    let mut found = BTreeSet::new();
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let texts = match instruction.keyword {
            Keyword::Env => runtime_pairs(instruction, plan),
            // The builder expands no variables in commands.
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Arg => {
                continue;
            }
            keyword if index > plan.last || is_carried(keyword) => vec![instruction.text(instruction.rest)],
            _ => continue,
        };
        for text in texts {
            let Ok(expanded) = model.expand(index, text) else { continue };
            let variables = expanded.matched.iter().filter_map(|name| model.variable(index, name));
            let of_build = variables
                .filter(|variable| variable.kind == VariableKind::Arg && variable.instruction < plan.last);
            found.extend(of_build.map(|variable| variable.instruction));
        }
    }
    found
}

/// The COPYs from the build stage: each folder by itself, and the files that go to one folder together.
fn copies(plan: &Plan, name: &str) -> Vec<String> {
    let workdir = plan.workdir.trim_end_matches('/');
    let mut lines = Vec::new();
    let mut files: Vec<&str> = Vec::new();
    for copied in &plan.copies {
        let inside = copied.to.strip_prefix(workdir).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (folder, last) = copied.to.rsplit_once('/').unwrap_or_default();
        if !copied.is_folder && folder == workdir && copied.from.ends_with(&format!("/{last}")) {
            files.push(&copied.from);
            continue;
        }
        let destination = match inside {
            Some("") => "./".to_owned(),
            Some(rest) => format!(".{rest}"),
            None => copied.to.clone(),
        };
        lines.push(format!("COPY --from={name} {} {destination}", copied.from));
    }
    if !files.is_empty() {
        lines.insert(0, format!("COPY --from={name} {} ./", files.join(" ")));
    }
    lines
}

/// An ENV of the build stage, as far as the program can use it.
fn repeated(shipped: &Shipped<'_>, instruction: &Instruction, plan: &Plan) -> Vec<String> {
    let pairs = runtime_pairs(instruction, plan);
    let Arguments::KeyValues(all) = &instruction.arguments else { return Vec::new() };
    match pairs.len() {
        0 => Vec::new(),
        count if count == all.len() => verbatim(shipped, instruction),
        _ => vec![format!("ENV {}", pairs.join(" "))],
    }
}

/// An instruction as it is written, without comments between its lines.
pub(super) fn verbatim(shipped: &Shipped<'_>, instruction: &Instruction) -> Vec<String> {
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
