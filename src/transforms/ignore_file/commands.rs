//! The commands that a build runs, as words.

use super::builds::Build;
use crate::shell::ShellCache;
use crate::syntax::{Arguments, Instruction, Keyword};

/// A command that an instruction runs, seen through `sudo`, `env` and the like.
pub(super) struct Command {
    /// Its words, the program first; `None` for each that only the shell can work out.
    pub(super) argv: Vec<Option<String>>,
    /// Everything that the shell expands for it, as written: words, assigned values, targets, here-documents.
    pub(super) texts: Vec<String>,
    /// Whether it has run, and well, whenever the instruction has succeeded.
    pub(super) sure: bool,
}

/// The commands of RUN, CMD, ENTRYPOINT or a health check. `None` where they cannot be told.
pub(super) fn of(build: &Build, index: usize, shell: &ShellCache) -> Option<Vec<Command>> {
    let instruction = &build.document.instructions[index];
    let arguments = match &instruction.arguments {
        Arguments::Health { command, .. } => command,
        other => other,
    };
    match arguments {
        Arguments::Empty => Some(Vec::new()),
        Arguments::Exec { words, .. } => {
            let texts: Vec<String> = words.iter().map(|word| word.value.to_string()).collect();
            let argv = texts.iter().cloned().map(Some).collect();
            Some(vec![Command { argv, texts, sure: true }])
        }
        Arguments::Shell(span) if is_posix(build, index) => {
            of_script(&script(build, instruction, instruction.text(*span))?, shell)
        }
        _ => None,
    }
}

fn of_script(text: &str, shell: &ShellCache) -> Option<Vec<Command>> {
    let parsed = shell.parse(text);
    let script = parsed.as_ref().as_ref().ok()?;
    if script.has_opaque_part() {
        return None;
    }
    let mut commands = Vec::new();
    for placed in script.simple_commands() {
        let (words, inner) = match placed.command.effective() {
            Some(effective) => (effective.words, placed.command.inner_script()),
            None => (placed.command.words.as_slice(), None),
        };
        // `sh -c "…"` runs a script of its own.
        if let Some(inner) = inner {
            let inner = of_script(inner.literal()?, shell)?;
            let sure = placed.guards.must_succeed();
            commands
                .extend(inner.into_iter().map(|command| Command { sure: command.sure && sure, ..command }));
            continue;
        }
        let argv = words.iter().map(|word| word.literal().map(str::to_owned)).collect();
        let sure = placed.guards.must_succeed() && !placed.calls_function;
        let texts = placed.command.expanded().map(|word| word.span.of(text).to_owned()).collect();
        commands.push(Command { argv, texts, sure });
    }
    Some(commands)
}

/// The text that the shell gets.
fn script(build: &Build, instruction: &Instruction, text: &str) -> Option<String> {
    match instruction.heredocs.as_slice() {
        [] => Some(text.to_owned()),
        // The body is the script where nothing but the heredoc's mark stands on the line.
        [heredoc]
            if instruction.keyword == Keyword::Run && !text.trim().contains([' ', '\t', ';', '|', '&']) =>
        {
            let body = heredoc.body.of(build.document.text());
            (text.trim().starts_with("<<") && !body.starts_with("#!")).then(|| body.to_owned())
        }
        _ => None,
    }
}

/// Whether the shell in force reads what we read: the default one, or a POSIX shell that SHELL names.
fn is_posix(build: &Build, index: usize) -> bool {
    let Some(shell) = build.model.contexts.get(index).and_then(|context| context.shell) else { return true };
    let words = build.document.instructions[shell].values();
    let program = words.first().map(|program| program.rsplit('/').next().unwrap_or(program));
    matches!(program, Some("sh" | "bash" | "ash" | "dash"))
}
