//! The pipes of RUN instructions, and whether `pipefail` could make one fail that passes without.

use std::ops::Range;

use crate::shell::{Placed, Script, Word};
use crate::syntax::Keyword;
use crate::transforms::Input;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;

/// What is known of the pipes of one RUN.
pub(super) struct Pipes {
    /// Whether it has one.
    pub(super) any: bool,
    /// Whether all pass under `pipefail` that pass without.
    sound: bool,
}

/// They write what they are told and cannot fail, or read everything that they are given before they end. Where one
/// that only filters fails, it is for a wrong option, and then always.
const SOUND: &[&str] = &[
    "base64",
    "bc",
    "chpasswd",
    "cut",
    "debconf-set-selections",
    "echo",
    "md5sum",
    "printf",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "sort",
    "tee",
    "tr",
    "uniq",
    "wc",
];

/// The pipes of an instruction; `None` where it is no RUN in shell form that can be read.
pub(super) fn of(input: &Input<'_>, index: usize) -> Option<Pipes> {
    let instruction = &input.document.instructions[index];
    let (_, text) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run)?;
    if !instruction.heredocs.is_empty() {
        return None;
    }
    let parsed = input.shell.parse(text);
    let script = parsed.as_ref().as_ref().ok()?;
    let commands = script.simple_commands();
    let piped: Vec<&Placed<'_>> = commands.iter().filter(|placed| placed.guards.piped).collect();
    Some(Pipes {
        any: !piped.is_empty(),
        sound: says_so(script) || piped.iter().all(|placed| is_sound(placed)),
    })
}

/// Whether the script sets `pipefail` itself, before anything else.
fn says_so(script: &Script) -> bool {
    let commands = script.simple_commands();
    let Some(first) = commands.first() else { return false };
    let words: Vec<&str> = first.command.words.iter().filter_map(Word::literal).collect();
    first.guards.always_runs() && words.first() == Some(&"set") && words.contains(&"pipefail")
}

fn is_sound(placed: &Placed<'_>) -> bool {
    let name = placed.command.name();
    let plain = !placed.guards.enclosed && !placed.calls_function && placed.command.redirects.is_empty();
    plain && name.is_some_and(|name| SOUND.contains(&name))
}

/// Checks PL2 for every RUN of a stretch of the stage.
pub(super) fn check(stage: &Shipped<'_>, rest: Range<usize>, checks: &mut Checks) {
    let unsound = rest.into_iter().find(|index| {
        stage.instruction(*index).keyword == Keyword::Run
            && match of(stage.input, *index) {
                Some(pipes) => !pipes.sound,
                None => stage.whole_text(*index).contains('|'),
            }
    });
    match unsound {
        Some(index) => {
            let line = stage.instruction(index).lines.0;
            checks.misses(
                "PL2",
                format!(
                    "a pipe of the RUN of line {line} may fail in a part that nobody has looked at so far"
                ),
                "build it once with `--unsafe` and see whether it passes",
            );
        }
        None => checks.holds("PL2", "no pipe can fail that passed before"),
    }
}

/// Whether dash and bash may read a text differently: braces, `&>`, `$'…'`, and backslashes that `echo` expands.
pub(super) fn reads_otherwise(text: &str) -> bool {
    let braces = text.match_indices('{').any(|(at, _)| {
        let inside = text[at + 1..].split(['}', ' ', '\t', '\n']).next().unwrap_or_default();
        !text[..at].ends_with('$') && (inside.contains(',') || inside.contains(".."))
    });
    braces || text.contains("&>") || text.contains("$'") || text.contains("echo") && text.contains('\\')
}
