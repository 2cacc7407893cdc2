//! Stages in which a program cannot run, so that nobody there can use what only the program reads.

use super::builds::Build;
use super::mentions::stands_alone;
use super::table::Absent;
use crate::images::ImageName;
use crate::model::Base;
use crate::project::glob::{below_root, has_wildcard};
use crate::syntax::{Instruction, Keyword};

/// Whether none of the stages that may get what the instruction copies can run the programs.
pub(super) fn from(absent: &Absent, build: &Build, instruction: usize) -> bool {
    let Some(first) = build.model.stage_of(instruction) else { return false };
    let mut reached = vec![first];
    // Stages only look back, so one pass finds all that stand on a reached one or copy from it.
    for (at, stage) in build.model.stages.iter().enumerate().skip(first + 1) {
        if stage.uses.iter().any(|used| reached.contains(&used.stage)) {
            reached.push(at);
        }
    }
    reached.into_iter().all(|stage| lacks(absent, build, stage))
}

/// Whether the programs are neither in the base image nor brought into the stage.
fn lacks(absent: &Absent, build: &Build, stage: usize) -> bool {
    let base = match build.model.root_base(stage) {
        Base::Scratch => true,
        Base::Image(image) => {
            let name = ImageName::parse(&image.name());
            image.variables.is_empty() && absent.images.iter().any(|known| known == name.canonical())
        }
        Base::Stage(_) | Base::Unknown => false,
    };
    let lineage = build.model.lineage(stage);
    let mut instructions = lineage.iter().flat_map(|stage| build.model.stages[*stage].instructions.clone());
    base && instructions.all(|index| brings_none(absent, build, index))
}

fn brings_none(absent: &Absent, build: &Build, index: usize) -> bool {
    let instruction = &build.document.instructions[index];
    if instruction.keyword == Keyword::From {
        return true;
    }
    let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(build.document.text()));
    let named = std::iter::once(instruction.joined.text()).chain(bodies).any(|text| {
        absent
            .words
            .iter()
            .any(|word| text.match_indices(word.as_str()).any(|(at, _)| stands_alone(text, at, word)))
    });
    !named && !is_copied(absent, build, index, instruction)
}

/// Whether a folder that may hold the programs is copied from elsewhere.
fn is_copied(absent: &Absent, build: &Build, index: usize, instruction: &Instruction) -> bool {
    let Some(from) = instruction.flag("from") else { return false };
    let earlier = build.model.stage_of(index).unwrap_or(0);
    if build.model.stage_named(from, earlier).is_some_and(|other| lacks(absent, build, other)) {
        return false;
    }
    let words = instruction.values();
    let Some((_, sources)) = words.split_last() else { return true };
    sources.iter().any(|word| {
        let path = below_root(word);
        has_wildcard(word)
            || word.contains('$')
            || absent.places.iter().any(|place| {
                path.is_empty()
                    || place.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    })
}
