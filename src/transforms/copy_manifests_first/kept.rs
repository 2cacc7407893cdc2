//! Whether the image can do without the folder that a cache mount keeps out of its layers.

use super::super::Input;
use super::placement::below;
use super::plan::{Judged, holds, misses};
use crate::model::UseKind;
use crate::shell::Manager;
use crate::syntax::{Arguments, Instruction, Keyword};

/// The programs that read a manager's downloads when they run.
fn programs(manager: Manager) -> &'static [&'static str] {
    match manager {
        Manager::Cargo => &["cargo"],
        Manager::Maven => &["mvn", "mvnw", "mvnd"],
        _ => &["gradle", "gradlew"],
    }
}

const ID: &str = "cache-needed";

/// No program that the image starts, no later command and no other stage reads what is in the folder.
pub(super) fn judge(input: &Input<'_>, stage: usize, manager: Manager, target: &str) -> Judged {
    let remedy = "ship the program from a stage of its own";
    let stages = 0..input.model.stages.len();
    let built_on: Vec<usize> = stages.filter(|other| input.model.lineage(*other).contains(&stage)).collect();
    for other in &built_on {
        if let Some(why) = starts(input, *other, manager) {
            return misses(ID, why, remedy);
        }
    }
    let tail = target.trim_start_matches("/root").trim_start_matches("/home/gradle");
    for other in &built_on {
        let runs = input.model.stages[*other].instructions.clone();
        let reads = |index: &usize| {
            let instruction = &input.document.instructions[*index];
            instruction.keyword == Keyword::Run && instruction.text(instruction.rest).contains(tail)
        };
        if let Some(index) = runs.into_iter().find(reads) {
            let line = input.document.instructions[index].lines.0;
            return misses(ID, format!("line {line} names `{tail}`"), "leave that folder to the build");
        }
        if let Some(line) = copied(input, *other, target) {
            return misses(
                ID,
                format!("line {line} copies from where `{target}` lies"),
                "copy the program alone",
            );
        }
    }
    holds(ID, format!("nothing that is shipped reads `{target}`"))
}

/// Why what a stage starts may need the manager, in words; `None` where it does not, or where it starts nothing and is
/// no image of its own.
fn starts(input: &Input<'_>, stage: usize, manager: Manager) -> Option<String> {
    let lineage = input.model.lineage(stage);
    let of = |keyword: Keyword| {
        let indexes = lineage.iter().flat_map(|stage| input.model.stages[*stage].instructions.clone().rev());
        indexes.map(|index| &input.document.instructions[index]).find(|found| found.keyword == keyword)
    };
    let (entrypoint, command) = (of(Keyword::Entrypoint), of(Keyword::Cmd));
    if entrypoint.is_none() && command.is_none() {
        let last = input.model.final_stage() == Some(stage);
        return last.then(|| "the image starts no program of its own".to_owned());
    }
    entrypoint.into_iter().chain(command).find_map(|instruction| reads(input, instruction, manager))
}

fn reads(input: &Input<'_>, instruction: &Instruction, manager: Manager) -> Option<String> {
    let words: Vec<String> = match &instruction.arguments {
        Arguments::Exec { words, .. } => words.iter().map(|word| word.value.to_string()).collect(),
        _ => vec![instruction.text(instruction.rest).to_owned()],
    };
    let line = instruction.lines.0;
    let names = |text: &str| {
        let parts = text.split(|character: char| !(character.is_alphanumeric() || "-_.".contains(character)));
        parts.into_iter().any(|part| programs(manager).contains(&part))
    };
    if words.iter().any(|word| names(word)) {
        return Some(format!("line {line} starts {}", programs(manager)[0]));
    }
    let parts = words.iter().flat_map(|word| word.split_whitespace());
    let scripts = parts.map(|part| part.trim_matches(['"', '\'', ';'])).filter(|part| part.ends_with(".sh"));
    for script in scripts {
        let name = script.rsplit('/').next().unwrap_or(script);
        let found = input.project.files().find(|entry| entry.path.rsplit('/').next() == Some(name));
        let text = found.and_then(|entry| input.project.read(&entry.path));
        if text.is_none_or(|text| names(&text)) {
            return Some(format!("the script `{script}` may start {}", programs(manager)[0]));
        }
    }
    None
}

/// The line of a COPY that takes something from a stage at, above or below the folder.
fn copied(input: &Input<'_>, stage: usize, target: &str) -> Option<usize> {
    let uses = input.model.stages.iter().flat_map(|other| &other.uses);
    let hit = uses.filter(|used| used.stage == stage && used.kind != UseKind::Base).find(|used| {
        let instruction = &input.document.instructions[used.instruction];
        if used.kind == UseKind::Mount {
            return true;
        }
        let values = instruction.values();
        let sources = values.split_last().map_or(&[][..], |(_, sources)| sources);
        sources.iter().any(|source| match input.model.literal(used.instruction, source) {
            Some(source) => {
                let path = format!("/{}", source.trim_matches('/'));
                let fixed = path.split(['*', '?', '[']).next().unwrap_or_default().trim_end_matches('/');
                let fixed = if fixed.is_empty() { "/" } else { fixed };
                below(fixed, target).is_some() || below(target, fixed).is_some()
            }
            None => true,
        })
    })?;
    Some(input.document.instructions[hit.instruction].lines.0)
}
