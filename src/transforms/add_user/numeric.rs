//! A user that the file names, written as its number: Kubernetes' `runAsNonRoot` cannot tell whether a name is root.

use super::makers::{self, Made};
use crate::edit::Edit;
use crate::syntax::{Arguments, Instruction, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;
use crate::transforms::{Diagnostic, Part};

/// Commands by which a user gets other numbers, or further groups, which a number with its group would take away.
const CHANGES: &[&str] = &[
    "--groups", "--append", "-G", "-aG", "addgroup", "deluser", "gpasswd", "groupmod", "userdel", "usermod",
    "vipw",
];

/// The fix, where the file or its base image says what number the name has.
pub(super) fn fix(shipped: &Shipped<'_>) -> Option<Diagnostic> {
    let at = shipped.last(Keyword::User)?;
    let instruction = shipped.instruction(at);
    let written = shipped.user()?.trim();
    let (name, group) = match written.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (written, None),
    };
    let is_name = |text: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && text.chars().all(plain)
    };
    if !is_name(name) {
        return None;
    }
    let (id, gid, says) = numbers(shipped, name)?;
    let gid = match group {
        None => gid,
        // A group of the user's own name is its primary one.
        Some(group) if group == name => gid,
        Some(group) => group.parse().ok()?,
    };
    let mut checks = Checks::default();
    checks.holds("NR12", says);
    checks.holds("NR13", format!("`{name}` is {id}, in group {gid}, and nothing puts it into another group"));
    let span = instruction.source_span(instruction.rest)?;
    let edit = Edit::replace(span, format!("{id}:{gid}"));
    let message = "the user is a name, which Kubernetes cannot tell from root";
    Some(checks.fix(
        instruction.name_span(),
        message,
        format!("write `{name}` as its number"),
        vec![edit],
        &[Part::User],
    ))
}

/// The numbers of a user and its primary group, and what says so.
pub(in crate::transforms) fn numbers(shipped: &Shipped<'_>, name: &str) -> Option<(u32, u32, String)> {
    match makers::find(shipped) {
        Made::Known { name: made, id, group, .. } if made == name && !changes(shipped, &["addgroup"]) => {
            Some((id, group, format!("the file makes `{name}` with numbers of its own")))
        }
        Made::None if !changes(shipped, &[]) => {
            let facts = shipped.facts("NR12").ok().filter(|facts| !facts.is_windows())?;
            let user = facts.user_named(name).filter(|user| !user.has_more_groups)?;
            Some((user.uid, user.gid, format!("`{}` has the user `{name}`", facts.family)))
        }
        _ => None,
    }
}

/// Whether a RUN of the stage, or a file that is copied over the system's, may change users; `but` is no sign of it.
fn changes(shipped: &Shipped<'_>, but: &[&str]) -> bool {
    // The `-G` of BusyBox's `adduser` is the primary group, the `-G` of `useradd` are further ones.
    let further = shipped.instructions().any(|index| shipped.whole_text(index).contains("useradd"));
    let but = |word: &&str| but.contains(word) || *word == "-G" && !but.is_empty() && !further;
    shipped.instructions().any(|index| {
        let instruction = shipped.instruction(index);
        let text = shipped.whole_text(index);
        match instruction.keyword {
            Keyword::Run => {
                let by_arguments = !matches!(instruction.arguments, Arguments::Shell(_));
                let words = text.split(|letter: char| letter.is_whitespace() || ";&|()\"'=".contains(letter));
                let mut known = words.filter(|word| CHANGES.contains(word) && !but(word));
                known.next().is_some()
                    || text.contains("/etc/passwd")
                    || text.contains("/etc/group")
                    || by_arguments
                    || runs_script(&text)
            }
            Keyword::Copy | Keyword::Add => {
                text.contains("/etc/passwd")
                    || text.contains("/etc/group")
                    || covers_etc(shipped, instruction)
            }
            _ => false,
        }
    })
}

/// Whether a command is a script of the project, which may change anything.
fn runs_script(text: &str) -> bool {
    text.split([';', '&', '|', '\n']).any(|command| {
        let mut words = command
            .split_whitespace()
            .filter(|word| !matches!(*word, "\\" | "RUN" | "sh" | "bash" | "/bin/sh" | "/bin/bash"));
        words.next().is_some_and(|word| word.ends_with(".sh") || word.starts_with("./"))
    })
}

/// Whether a copy onto `/` or `/etc` may bring users of its own: a whole system, an archive, a folder with such files.
fn covers_etc(shipped: &Shipped<'_>, instruction: &Instruction) -> bool {
    let words = instruction.values();
    let Some((target, sources)) = words.split_last() else { return false };
    if !matches!(target.trim_end_matches('/'), "" | "/etc") {
        return false;
    }
    let is_system = |source: &&str| matches!(source.trim_end_matches('/'), "" | "/etc");
    let is_archive = |source: &&str| instruction.keyword == Keyword::Add && source.contains(".t");
    let brings = |path: &str| ["etc/passwd", "etc/group"].iter().any(|file| path.ends_with(file));
    sources.iter().any(|source| is_system(source) || is_archive(source))
        || shipped.input.project.files().any(|entry| brings(&entry.path))
}
