//! `skip-login-log`: a user with a high number makes no login log of its size.

use super::checks::Checks;
use super::commands::{Run, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::Placed;

/// Adds `-l` to `useradd`.
pub(super) const SKIP_LOGIN_LOG: Transform = Transform {
    name: "skip-login-log",
    summary: "create users of a high number without an entry in the login log, which would grow with the number",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3046", "DBP-17"],
    explain: "\
`useradd` writes an entry for the user into /var/log/lastlog and /var/log/faillog, files that are as long as the number is high: for a number of seven digits, hundreds of megabytes of zeros, which a layer may store in full.
`-l` (`--no-log-init`) is added to a `useradd` with a number of more than five digits.
Safe when this is proven:
PK1 the words of the command are certain.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN useradd -u 1234567 app\n",
            after: "FROM debian:12\nRUN useradd -l -u 1234567 app\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN useradd -u 10001 app\n",
            after: "FROM debian:12\nRUN useradd -u 10001 app\n",
        },
    ],
    run,
};

/// Options of `useradd` that take none of the letters after them as their value.
const FLAGS: &str = "DFlmMNorU";

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let runs = runs(input);
    runs.iter()
        .flat_map(|run| {
            let commands = run.commands();
            commands.iter().filter_map(|placed| judge(run, placed)).collect::<Vec<_>>()
        })
        .collect()
}

fn judge(run: &Run<'_>, placed: &Placed<'_>) -> Option<Diagnostic> {
    let words = placed.command.effective()?.words;
    if placed.calls_function || words.first()?.literal() != Some("useradd") {
        return None;
    }
    let arguments: Vec<Option<&str>> = words[1..].iter().map(|word| word.literal()).collect();
    let said = arguments.iter().flatten().any(|word| *word == "--no-log-init" || has_letter(word, 'l'));
    if said || number(&arguments).is_none_or(|number| number.len() <= 5) {
        return None;
    }
    let edit = run.insert_behind(&words[0], "-l")?;
    let mut checks = Checks::default();
    checks.holds("PK1", "`useradd` is certain");
    let message = "the login log grows with the user's number";
    Some(checks.fix(run.place(words[0].span)?, message, "write no login log", vec![edit], &[]))
}

/// Whether a word is a cluster of options with this one among them.
fn has_letter(word: &str, letter: char) -> bool {
    let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')).unwrap_or_default();
    letters.chars().take_while(|other| FLAGS.contains(*other)).any(|other| other == letter)
}

/// The number that the user gets, if it is a literal.
fn number<'a>(arguments: &[Option<&'a str>]) -> Option<&'a str> {
    let found = arguments.iter().enumerate().find_map(|(at, word)| {
        let word = (*word)?;
        let joined =
            word.strip_prefix("--uid=").or_else(|| word.strip_prefix("-u").filter(|rest| !rest.is_empty()));
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'))?;
        let spaced = word == "--uid"
            || letters.ends_with('u')
                && letters[..letters.len() - 1].chars().all(|letter| FLAGS.contains(letter));
        joined.or_else(|| spaced.then(|| arguments.get(at + 1).copied().flatten())?)
    });
    let long = || {
        arguments.iter().enumerate().find_map(|(at, word)| match (*word)? {
            "--uid" => arguments.get(at + 1).copied().flatten(),
            word => word.strip_prefix("--uid="),
        })
    };
    found.or_else(long).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;
    use super::SKIP_LOGIN_LOG;

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n");
        check(&SKIP_LOGIN_LOG, &file(before), &file(after));
    }

    #[test]
    fn option_follows_the_program() {
        becomes("RUN useradd -u 123456 x", "RUN useradd -l -u 123456 x");
        becomes("RUN useradd -m --uid 123456 x", "RUN useradd -l -m --uid 123456 x");
        becomes("RUN useradd --uid=123456 x", "RUN useradd -l --uid=123456 x");
        becomes("RUN useradd -u123456 x", "RUN useradd -l -u123456 x");
        becomes("RUN sudo useradd -mu 123456 x", "RUN sudo useradd -l -mu 123456 x");
        becomes("ONBUILD RUN useradd -u 123456 x", "ONBUILD RUN useradd -l -u 123456 x");
        check(
            &SKIP_LOGIN_LOG,
            "FROM a\r\nRUN useradd \\\r\n # x\r\n -u 123456 x\r\n",
            "FROM a\r\nRUN useradd -l \\\r\n # x\r\n -u 123456 x\r\n",
        );
        becomes("RUN <<EOF\nuseradd -u 123456 x\nEOF", "RUN <<EOF\nuseradd -l -u 123456 x\nEOF");
        check(
            &SKIP_LOGIN_LOG,
            "# escape=`\nFROM a\nRUN useradd `\n -u 123456 x\n",
            "# escape=`\nFROM a\nRUN useradd -l `\n -u 123456 x\n",
        );
    }

    #[test]
    fn the_others_stay() {
        for run in [
            "RUN useradd -u 12345 x",
            "RUN useradd x",
            "RUN useradd -l -u 123456 x",
            "RUN useradd -ml -u 123456 x",
            "RUN useradd --no-log-init -u 123456 x",
            "RUN useradd -u $U x",
            "RUN adduser -u 123456 x",
            "RUN echo useradd -u 123456 x",
            "RUN useradd -c -u 12 x",
            "RUN [\"useradd\", \"-u\", \"123456\", \"x\"]",
        ] {
            becomes(run, run);
        }
    }
}
