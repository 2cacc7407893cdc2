//! PIN2: what a tag on another release of the system does to the stages that stand on it.

use super::super::checks::Checks;
use super::Subject;
use crate::images::{self, Release};
use crate::model::Base;
use crate::syntax::{Instruction, Keyword};

/// Commands whose package names, options or existence differ between releases.
const OF_THE_SYSTEM: [&str; 14] = [
    "apt",
    "apt-get",
    "aptitude",
    "apt-key",
    "dpkg",
    "add-apt-repository",
    "apk",
    "adduser",
    "addgroup",
    "deluser",
    "dnf",
    "microdnf",
    "yum",
    "tdnf",
];

/// Checks that the release below the new tag is the one below the old, or that nothing here depends on it.
pub(super) fn check(subject: &Subject<'_>, tag: &str, checks: &mut Checks) {
    let release = |tag: Option<&str>| images::facts(&subject.public, tag).and_then(|facts| facts.release);
    let (before, after) = (release(subject.image.tag.as_deref()), release(Some(tag)));
    let said = subject.image.tag.as_deref().unwrap_or("latest");
    if let (Some(before), Some(after)) = (before, after)
        && before.name == after.name
    {
        checks.holds("PIN2", format!("`{said}` was built on {} too", after.name));
        return;
    }
    let named = |release: Option<&Release>| {
        release.map_or("another release", |release| release.name.as_str()).to_owned()
    };
    let (was, becomes) = (named(before), named(after));
    let instructions = instructions_on(subject);
    if let Some(found) = instructions.iter().find(|found| depends_on_system(subject, found)) {
        let text = format!(
            "line {} works on the system, which becomes {becomes} where `{said}` meant {was}",
            found.lines.0
        );
        checks.misses("PIN2", text, "write the tag with the release that the command was written for");
        return;
    }
    if let Some(found) = instructions.iter().find(|found| copies_newer(subject, found, before, after)) {
        let text = format!(
            "line {} takes files from another image, which may need a newer libc than {becomes} has",
            found.lines.0
        );
        checks.misses("PIN2", text, "write the tags of both images with one release");
        return;
    }
    checks.holds(
        "PIN2",
        format!("the system becomes {becomes} where `{said}` meant {was}, and no RUN works on it"),
    );
}

/// The instructions of the stage and of all stages that stand on it.
fn instructions_on<'a>(subject: &Subject<'a>) -> Vec<&'a Instruction> {
    let model = subject.input.model;
    let stages = (0..model.stages.len()).filter(|stage| model.lineage(*stage).contains(&subject.stage));
    let indexes = stages.flat_map(|stage| model.stages[stage].instructions.clone());
    indexes.map(|index| &subject.input.document.instructions[index]).collect()
}

/// Whether a RUN names a command of the system, or runs a script that may.
///
/// A plain look at the words, comments among them: it errs on the side of "yes".
fn depends_on_system(subject: &Subject<'_>, instruction: &Instruction) -> bool {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Onbuild) {
        return false;
    }
    let text = instruction.span.of(subject.input.source.text());
    let apart = |c: char| !(c.is_ascii_alphanumeric() || "-_./".contains(c));
    let mut words = text.split(apart).filter(|word| !word.is_empty());
    let piped = ["| sh", "|sh", "| bash", "|bash", "| sudo", "|sudo"].iter().any(|pipe| text.contains(pipe));
    piped
        || words.any(|word| {
            let command = word.rsplit('/').next().unwrap_or(word);
            OF_THE_SYSTEM.contains(&command)
                || ["make", "ansible-playbook"].contains(&command)
                || word.ends_with(".sh")
                || word.starts_with("./")
        })
}

/// Whether files come from an image whose glibc the new release may be too old for.
fn copies_newer(
    subject: &Subject<'_>,
    instruction: &Instruction,
    before: Option<&Release>,
    after: Option<&Release>,
) -> bool {
    let older = |from: &str, on: &str| images::runs_on(from, on) != Some(true);
    let Some(after) = after else { return takes_from(instruction).is_some() };
    if before.is_some_and(|before| !older(&before.name, &after.name)) {
        return false;
    }
    let Some(from) = takes_from(instruction) else { return false };
    let model = subject.input.model;
    let source = match model.stage_named(&from, model.stages.len()) {
        Some(stage) => match model.root_base(stage) {
            // The same reference is pinned the same way.
            Base::Image(image) if image.resolved == subject.image.resolved => return false,
            Base::Image(image) => images::facts(&subject.input.public_name(image), image.tag.as_deref()),
            _ => None,
        },
        None => None,
    };
    let release = source.and_then(|facts| facts.release);
    release.is_none_or(|release| older(&release.name, &after.name))
}

/// The stage or image that a COPY or a mount takes files from.
fn takes_from(instruction: &Instruction) -> Option<String> {
    match instruction.keyword {
        Keyword::Copy | Keyword::Add => instruction.flag("from").map(str::to_owned),
        Keyword::Run => {
            let mounts = instruction.flags.iter().filter(|flag| flag.name() == "mount");
            let mut fields = mounts.filter_map(|flag| flag.value()).flat_map(|mount| mount.split(','));
            fields.find_map(|field| field.strip_prefix("from=")).map(str::to_owned)
        }
        _ => None,
    }
}
