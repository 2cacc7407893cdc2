//! The commands of the RUNs of a stage, each with the folder that it works in.

use super::plan::Site;
use super::{commands, missing};
use crate::shell::{Placed, Script, SimpleCommand};
use crate::syntax::{Keyword, MountKind, mounts};
use crate::transforms::Missing;
use crate::transforms::shipped::{Shipped, join, meet};

/// A command in its place.
pub(super) struct Step<'s> {
    pub(super) run: usize,
    /// The line of its RUN.
    pub(super) line: usize,
    pub(super) placed: &'s Placed<'s>,
    pub(super) script: &'s Script,
    /// The folder that it works in.
    pub(super) folder: String,
}

impl<'s> Step<'s> {
    pub(super) fn command(&self) -> &'s SimpleCommand {
        self.placed.command
    }

    /// The command as written.
    pub(super) fn shown(&self) -> &'s str {
        self.command().span.of(self.script.text())
    }

    /// Whether it has run and succeeded whenever the RUN has.
    pub(super) fn is_certain(&self) -> bool {
        self.placed.guards.top_level() && self.placed.guards.must_succeed() && !self.placed.calls_function
    }

    /// The words behind the program that are no options, as paths of the image; `None` where one is no literal.
    pub(super) fn paths(&self) -> Option<Vec<String>> {
        let mut paths = Vec::new();
        for word in self.command().words.iter().skip(1) {
            let written = word.span.of(self.script.text());
            if written.starts_with('-') {
                continue;
            }
            // A glob names files of the folder that is written before it.
            let text = match word.literal() {
                Some(text) => text,
                None if !written.contains(['$', '`', '~', '{']) => written.trim_matches(['"', '\'']),
                None => return None,
            };
            paths.push(join(&self.folder, text));
        }
        Some(paths)
    }

    /// The files that its output goes to; `None` where one is no literal.
    pub(super) fn written(&self) -> Option<Vec<String>> {
        commands::written(self.command()).map(|paths| {
            paths
                .into_iter()
                .filter(|path| path != "/dev/null")
                .map(|path| join(&self.folder, &path))
                .collect()
        })
    }

    /// It may change what the program finds when it runs (MS3).
    pub(super) fn changes<T>(&self) -> Result<T, Missing> {
        let text =
            format!("`{}` in line {} may do what the program needs at run time", self.shown(), self.line);
        Err(missing("MS3", text, "write the stages by hand"))
    }
}

/// Goes through every command of the stage's RUNs, in order. `Err` where one cannot be told.
pub(super) fn each(
    site: &Site<'_>,
    mut look: impl FnMut(&Step<'_>) -> Result<(), Missing>,
) -> Result<(), Missing> {
    let shipped = site.shipped;
    for run in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run) {
        if makes_users(shipped, run) {
            continue;
        }
        let instruction = shipped.instruction(run);
        let line = instruction.lines.0;
        let unread = || {
            let text = format!("it cannot be told what line {line} does");
            missing("MS2", text, "write it as plain commands of the shell")
        };
        if !instruction.heredocs.is_empty() {
            return Err(unread());
        }
        let (_, text) = instruction.shell_form().ok_or_else(unread)?;
        let parsed = shipped.input.shell.parse(text);
        let script = parsed.as_ref().as_ref().map_err(|_| unread())?;
        if script.has_opaque_part() {
            return Err(unread());
        }
        let mut folder = site.folder(run).ok_or_else(|| {
            missing(
                "MS2",
                "the working folder of the build is not known",
                "write WORKDIR as an absolute path",
            )
        })?;
        for placed in &script.simple_commands() {
            if placed.command.name() == Some("cd") {
                let to = placed.command.words.get(1).and_then(|word| word.literal());
                // The folder of a subshell is its own, and one that may not be there leads nowhere.
                let Some(to) = to.filter(|_| placed.guards.top_level() && placed.guards.must_succeed())
                else {
                    return Err(unread());
                };
                folder = join(&folder, to);
                continue;
            }
            look(&Step { run, line, placed, script, folder: folder.clone() })?;
        }
    }
    Ok(())
}

/// Whether a RUN does nothing but make users: it then goes to the stage that runs as one of them. Both commands are part
/// of Debian's and Ubuntu's base, which `adduser` is not.
pub(super) fn makes_users(shipped: &Shipped<'_>, run: usize) -> bool {
    let instruction = shipped.instruction(run);
    let Some((_, text)) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run) else {
        return false;
    };
    let parsed = shipped.input.shell.parse(text);
    let Ok(script) = parsed.as_ref() else { return false };
    let commands = script.simple_commands();
    let makes = |placed: &Placed<'_>| {
        let command = placed.command;
        matches!(command.name(), Some("groupadd" | "useradd"))
            && placed.guards.top_level()
            && command.redirects.is_empty()
            && command.words.iter().all(|word| word.literal().is_some())
    };
    !script.has_opaque_part()
        && instruction.heredocs.is_empty()
        && !commands.is_empty()
        && commands.iter().all(makes)
}

/// MS2: what a mount holds is no part of the image, so nothing that is carried over lies in one.
pub(super) fn mounted(site: &Site<'_>, carried: &[&str]) -> Result<(), Missing> {
    let shipped = site.shipped;
    for run in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run) {
        let instruction = shipped.instruction(run);
        let folder = site.folder(run).unwrap_or_default();
        for mount in mounts(instruction) {
            let is_safe = match (mount.kind, mount.target.as_deref()) {
                (MountKind::Secret | MountKind::Ssh, _) => true,
                (MountKind::Cache | MountKind::Bind | MountKind::Tmpfs, Some(target)) => {
                    let target = join(&folder, target);
                    !carried.iter().any(|path| meet(path, &target))
                }
                _ => false,
            };
            if !is_safe {
                let line = instruction.lines.0;
                let text = format!("a mount in line {line} may hold what the program needs");
                return Err(missing("MS2", text, "copy it out of the mount in the same RUN"));
            }
        }
    }
    Ok(())
}
