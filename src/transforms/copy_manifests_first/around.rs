//! What must hold around an install for the sources to come after it: MC5 to MC10.

use super::super::shipped::Shipped;
use super::commands::{Step, Steps};
use super::placement::folder_at;
use super::plan::{Judged, holds, misses};
use super::site::{Group, Landing, Site};
use super::turn::Turn;
use crate::model::Base;
use crate::project::Project;
use crate::shell::Manager;
use crate::syntax::{Instruction, Keyword};

/// The preconditions of one install of a group; `from` is where the sources stand until now: their COPY, or the
/// install before this one.
pub(super) fn judge(turn: &Turn<'_>, group: &Group<'_>, from: usize, site: &Site<'_>) -> Vec<Judged> {
    let mut judged = vec![overwritten(turn, &site.plan.writes), between(turn, group, from, site)];
    judged.push(same_place(turn, group, site));
    judged.push(base(turn, group.stage));
    judged.push(flags(turn, group.copy));
    judged.push(names(site));
    if let Some(reason) = turn.input.project.tree().truncated() {
        judged.push(misses("context-too-large", reason, "name a smaller folder with `--context`"));
    }
    judged
}

/// MC5: what is copied later does not bring what the install has written. That must not hang on what lies around in
/// a working copy, so the ignore file has to say it.
fn overwritten(turn: &Turn<'_>, writes: &[String]) -> Judged {
    match writes.iter().find(|path| !is_kept_out(turn.input.project, path)) {
        Some(path) => misses(
            "MC5",
            format!("`{path}` of the context would overwrite what the install writes"),
            format!("add `{path}` to .dockerignore"),
        ),
        None if writes.is_empty() => holds("MC5", "the install writes nothing to where the sources go"),
        None => holds("MC5", format!("`{}` is kept from the builder by .dockerignore", writes.join("`, `"))),
    }
}

fn is_kept_out(project: &Project, path: &str) -> bool {
    project.excluded_by(path).is_some() && !project.sent(path)
}

/// MC6: nothing between the old and the new place of the sources reads them, or writes where they go.
fn between(turn: &Turn<'_>, group: &Group<'_>, from: usize, site: &Site<'_>) -> Judged {
    if stays(turn, group, site) {
        return holds("MC6", "the sources stay where they are copied");
    }
    for index in from + 1..site.run {
        if let Some(why) = depends(turn, group, index) {
            let line = turn.input.document.instructions[index].lines.0;
            return misses(
                "MC6",
                format!("line {line} {why}"),
                "move it behind the install, or above the sources",
            );
        }
    }
    holds("MC6", "nothing between reads the sources")
}

/// Whether the download can be put before the COPY, so that nothing has to move.
pub(super) fn stays(turn: &Turn<'_>, group: &Group<'_>, site: &Site<'_>) -> bool {
    let prepares = |index: usize| match turn.input.document.instructions[index].keyword {
        Keyword::Run => !only(turn, index, site.manager),
        Keyword::Env | Keyword::Arg | Keyword::User | Keyword::Shell => true,
        _ => false,
    };
    site.landing == Landing::Before
        && group.sites.len() == 1
        && folder_at(turn.input, group.stage, group.copy).is_some_and(|folder| folder == site.folder)
        && !(group.copy + 1..site.run).any(prepares)
}

fn only(turn: &Turn<'_>, index: usize, manager: Manager) -> bool {
    let same = |step: &Step| step.install.as_ref().is_some_and(|install| install.manager == manager);
    matches!(turn.steps(index), Some(Steps::Chain(steps)) if steps.iter().all(same))
}

/// How an instruction depends on whether the sources are there, in words that follow its line.
fn depends(turn: &Turn<'_>, group: &Group<'_>, index: usize) -> Option<String> {
    let instruction = &turn.input.document.instructions[index];
    match instruction.keyword {
        Keyword::Run => {
            let steps = match turn.steps(index) {
                Some(Steps::Chain(steps)) => steps,
                _ => return Some("runs a script that may read the sources".to_owned()),
            };
            // Which file a setting goes to hangs on the Gemfile, unless it is told; the official image tells the folder.
            let facts = Shipped { input: turn.input, stage: group.stage }.facts("MC6").ok();
            let official = facts.is_some_and(|facts| facts.repository == "ruby");
            let settles = |step: &Step| {
                official && step.sets_bundler() && step.written.iter().any(|word| word == "--local")
            };
            let step = steps.iter().find(|step| !step.needs_no_sources(&group.to) && !settles(step))?;
            Some(format!(
                "runs `{}`, which may read the sources",
                step.written.first().map_or("", String::as_str)
            ))
        }
        Keyword::Copy | Keyword::Add => {
            let copy = turn.copies(group.stage).iter().find(|copy| copy.index == index)?;
            copy.may_touch(&group.to).then(|| "copies to the same place".to_owned())
        }
        Keyword::Volume => Some("declares a volume, and files that come later may be lost".to_owned()),
        Keyword::Onbuild | Keyword::From | Keyword::Unknown => Some("may read the sources".to_owned()),
        _ => None,
    }
}

/// MC7: the sources go to the same place from where they are copied now.
fn same_place(turn: &Turn<'_>, group: &Group<'_>, site: &Site<'_>) -> Judged {
    let instruction = &turn.input.document.instructions[group.copy];
    let written = instruction.values().last().map_or("", |word| word);
    let (before, after) =
        (folder_at(turn.input, group.stage, group.copy), folder_at(turn.input, group.stage, site.run));
    if written.starts_with('/') || before == after || stays(turn, group, site) {
        return holds("MC7", format!("`{written}` means the same folder at both places"));
    }
    misses(
        "MC7",
        format!("`{written}` would mean another folder behind the WORKDIR that follows it"),
        "write the destination as an absolute path",
    )
}

/// MC8: the base image neither runs the install by itself nor has other rules for paths.
fn base(turn: &Turn<'_>, stage: usize) -> Judged {
    let shipped = Shipped { input: turn.input, stage };
    let from = &turn.input.document.instructions[turn.input.model.stages[stage].from()];
    let windows = turn.input.document.escape != '\\'
        || from.flag("platform").is_some_and(|value| value.contains("windows"));
    let facts = shipped.facts("MC8").ok();
    if windows || facts.as_ref().is_some_and(|facts| facts.is_windows()) {
        return misses("MC8", "the image is one of Windows", "none: paths work otherwise there");
    }
    let tag = match turn.input.model.root_base(stage) {
        Base::Image(image) => image.tag.as_deref().unwrap_or_default(),
        _ => "",
    };
    if shipped.has_triggers()
        || tag.contains("onbuild")
        || facts.as_ref().and_then(|facts| facts.onbuild) == Some(true)
    {
        return misses(
            "MC8",
            "the base image has ONBUILD triggers that copy and install",
            "use an image without them",
        );
    }
    holds("MC8", "no ONBUILD trigger of the base image is known")
}

/// MC9: flags of the COPY that the new one can repeat.
fn flags(turn: &Turn<'_>, copy: usize) -> Judged {
    let instruction = &turn.input.document.instructions[copy];
    match instruction.flags.iter().find(|flag| !["chown", "chmod", "link"].contains(&flag.name())) {
        Some(flag) => misses(
            "MC9",
            format!("`--{}` cannot be repeated for a few files", flag.name()),
            "copy the manifests by hand before the install",
        ),
        None if instruction.flags.is_empty() => holds("MC9", "the sources are copied without flags"),
        None => holds("MC9", format!("the same flags: {}", written_flags(instruction))),
    }
}

/// The flags of an instruction as they are written.
pub(super) fn written_flags(instruction: &Instruction) -> String {
    let flags: Vec<&str> = instruction.flags.iter().map(|flag| instruction.text(flag.span)).collect();
    flags.join(" ")
}

/// MC10: every file is named, none by a wildcard. A name that COPY would read as one, or as a variable, is not written.
fn names(site: &Site<'_>) -> Judged {
    let odd = |path: &str| {
        path.chars().any(|character| character.is_whitespace() || "*?[]\\$\"'`{}<".contains(character))
    };
    match site.plan.files.iter().find(|needed| odd(&needed.path)) {
        Some(needed) => {
            misses("MC10", format!("`{}` cannot be written as it is", needed.path), "give it a plain name")
        }
        None => holds("MC10", "every file is named, none by a wildcard"),
    }
}
