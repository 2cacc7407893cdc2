//! `exec-form`: CMD, ENTRYPOINT and HEALTHCHECK run their program without a shell where they need none.
//!
//! A shell between the container and its program costs a process and may keep signals from the program. Only what a
//! shell would pass on word for word is rewritten; a command with a variable or an operator wants its shell.

mod force;
mod program;

#[cfg(test)]
mod tests;

use super::checks::Checks;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::shell::{FeatureKind, plain_word_spans, plain_words_after_exec, quote_exec};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, JoinedSpan, Keyword};

/// Writes start commands as exec forms.
pub(super) const EXEC_FORM: Transform = Transform {
    name: "exec-form",
    summary: "start the program without a shell where its command needs none",
    category: Category::Runtime,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3025", "BuildKit:JSONArgsRecommended"],
    explain: "\
`CMD node server.js` runs `/bin/sh -c 'node server.js'`, and the shell may keep SIGTERM from the program until it is killed.
`CMD [\"node\", \"server.js\"]` starts the program itself, and works in images without a shell.
The words are those that the shell would pass, exactly. A command with a variable, glob, operator, redirection, assignment or builtin is left alone: it needs its shell. An `exec` before the program is dropped, since an exec form does nothing else.
Safe when all of this is proven:
MS7 nothing in the command needs a shell, and the shell in force is a plain one (no SHELL with a login shell or a program of its own, no BASH_ENV);
MS16 nothing else looks at the command: the ENTRYPOINT in force is none, or hands over whatever it is given; a shell-form ENTRYPOINT is converted only where no CMD would become its arguments;
MS6 the program can be started by the kernel: one of the image, a binary that the file builds, or a script of the project that begins with `#!`.
A shell sets PWD in the environment and drops variables with a dot in their name; an exec form does neither.",
    examples: &[
        Example {
            files: &[],
            before: "FROM python:3.12-slim-bookworm\nCMD python app.py --name 'a b'\n",
            after: "FROM python:3.12-slim-bookworm\nCMD [\"python\", \"app.py\", \"--name\", \"a b\"]\n",
        },
        Example {
            files: &[],
            before: "FROM python:3.12-slim-bookworm\nCMD python app.py --port $PORT\n",
            after: "FROM python:3.12-slim-bookworm\nCMD python app.py --port $PORT\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // Windows files have other shells, and often this escape character.
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let instructions = 0..input.document.instructions.len();
    instructions.filter_map(|index| Command::of(input, index)).filter_map(|command| command.judge()).collect()
}

/// A command in shell form that a shell would pass on word for word.
struct Command<'a> {
    /// Seen from the stage that holds it.
    stage: Shipped<'a>,
    /// Index of the instruction.
    index: usize,
    instruction: &'a Instruction,
    /// Where the shell form stands in the joined text.
    text: JoinedSpan,
    /// Its words, with their places in the shell form.
    words: Vec<(Span, String)>,
}

impl<'a> Command<'a> {
    fn of(input: &'a Input<'a>, index: usize) -> Option<Command<'a>> {
        let instruction = &input.document.instructions[index];
        let stage = Shipped { input, stage: input.model.stage_of(index)? };
        let text = match (&instruction.arguments, instruction.keyword) {
            (Arguments::Shell(span), Keyword::Cmd | Keyword::Entrypoint) => *span,
            (Arguments::Health { command, .. }, Keyword::Healthcheck) => match **command {
                Arguments::Shell(span) => span,
                _ => return None,
            },
            _ => return None,
        };
        let written = instruction.text(text);
        let words = match plain_word_spans(written) {
            Ok(words) => words,
            Err(feature) if feature.kind == FeatureKind::Exec => {
                plain_words_after_exec(written, feature.span)?.ok()?
            }
            Err(_) => return None,
        };
        // `CMD [a, b]` was meant as an exec form, `CMD "a b"` as two words: neither starts, before or after.
        let (_, program) = words.first()?;
        let broken = program.starts_with('[') || program.contains([' ', '\t']);
        (!broken).then_some(Command { stage, index, instruction, text, words })
    }

    fn judge(&self) -> Option<Diagnostic> {
        let edits = self.edits()?;
        let mut checks = Checks::default();
        checks.holds("MS7", format!("nothing in `{}` needs a shell", self.instruction.text(self.text)));
        force::check(self, &mut checks)?;
        program::check(self, &mut checks);
        let name = self.instruction.text(self.instruction.name).to_ascii_uppercase();
        let message = format!("{name} starts a shell that it does not need");
        if force::would_take_arguments(self) {
            // Not unproven but wrong: the program would get arguments that it does not get now.
            return Some(checks.hold_back(self.instruction.name_span(), message));
        }
        Some(checks.fix(
            self.instruction.name_span(),
            message,
            format!("write {name} as an exec form"),
            edits,
            &[],
        ))
    }

    /// On one line the whole is written anew; over several lines each word is, so that line breaks and comments
    /// stay. `None` where a word itself is broken by a line end.
    fn edits(&self) -> Option<Vec<Edit>> {
        let words: Vec<&String> = self.words.iter().map(|(_, word)| word).collect();
        if let Some(span) = self.instruction.source_span(self.text) {
            return Some(vec![Edit::replace(span, quote_exec(&words))]);
        }
        let mut edits = Vec::with_capacity(words.len() + 1);
        let (first, _) = self.words.first()?;
        if first.start() > 0 {
            // The `exec` that is dropped, with the blanks after it.
            edits.push(Edit::delete(self.place(Span::new(0, first.start()))?));
        }
        for (at, (span, word)) in self.words.iter().enumerate() {
            let whole = quote_exec(&[word]);
            let quoted = whole.strip_prefix('[')?.strip_suffix(']')?;
            let open = if at == 0 { "[" } else { "" };
            let close = if at + 1 == self.words.len() { "]" } else { "," };
            edits.push(Edit::replace(self.place(*span)?, format!("{open}{quoted}{close}")));
        }
        Some(edits)
    }

    /// Where a part of the shell form stands in the file.
    fn place(&self, span: Span) -> Option<Span> {
        self.instruction.source_span(self.text.within(span))
    }
}
