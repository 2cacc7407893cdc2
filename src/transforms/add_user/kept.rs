//! NR7: what a build keeps where only root can reach it: in the home folder, by tools that say nothing of it, or by
//! rights that are taken away.

use serde::Deserialize;

use super::program::kept;
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;

/// Commands that keep in the home folder what runs later.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    commands: Vec<String>,
    /// Texts of the file, or of the tool's settings, by which it is kept elsewhere.
    unless: Vec<String>,
    /// Settings of the tool in the project.
    #[serde(default)]
    settings: Vec<String>,
    /// Scripts of the project may give the command, too.
    #[serde(default)]
    scripts: bool,
}

const REMEDY: &str = "keep it where everybody can read it; or give the reason for root as `[user] run-as-root` in \
                      dockfix.toml";

/// Checks what the RUNs and copies keep.
pub(super) fn check(shipped: &Shipped<'_>, checks: &mut Checks) {
    let runs = shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run);
    let runs: Vec<(usize, String)> = runs.map(|index| (index, words(&shipped.whole_text(index)))).collect();
    tools(shipped, &runs, checks);
    rights(shipped, &runs, checks);
}

/// Checks the RUNs for tools that keep their things in the home folder.
fn tools(shipped: &Shipped<'_>, runs: &[(usize, String)], checks: &mut Checks) {
    for row in kept() {
        let found = row.commands.iter().find_map(|command| {
            let words = format!(" {command} ");
            let gives = |text: &String| {
                text.contains(&words) || row.scripts && called(shipped, text).contains(&words)
            };
            runs.iter().find(|(_, text)| gives(text)).map(|(index, _)| (*index, command))
        });
        let Some((index, command)) = found.filter(|_| !is_elsewhere(shipped, row)) else {
            continue;
        };
        let line = shipped.instruction(index).lines.0;
        let text = format!("`{command}` in line {line} keeps what it makes in the home folder of root");
        return checks.misses("NR7", text, REMEDY);
    }
}

/// Checks for files that others than root may not read: `chmod 600`, `COPY --chmod=700`, `umask 077`.
fn rights(shipped: &Shipped<'_>, runs: &[(usize, String)], checks: &mut Checks) {
    let takes = |text: &String| {
        let mut modes = text.split(" chmod ").skip(1);
        let closed = |mode: &str| takes_away(mode) || for_owner_alone(mode);
        modes.any(|rest| rest.split(' ').find(|word| !word.starts_with('-')).is_some_and(closed))
            || umask(text)
    };
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        let taken = match instruction.keyword {
            Keyword::Copy | Keyword::Add => {
                instruction.flag("chmod").is_some_and(|mode| takes_away(mode) || for_owner_alone(mode))
            }
            _ => runs.iter().any(|(run, text)| *run == index && takes(text)),
        };
        if taken {
            let text = format!("line {} lets nobody but the owner read or run files", instruction.lines.0);
            return checks.misses("NR7", text, REMEDY);
        }
    }
}

/// Whether new files are made so that others may not read them: `umask 027`.
fn umask(text: &str) -> bool {
    let mut words = text.split(' ').skip_while(|word| *word != "umask").skip(1);
    words.next().is_some_and(|mask| {
        mask.bytes().all(|byte| byte.is_ascii_digit()) && matches!(mask.as_bytes().last(), Some(b'4'..=b'7'))
    })
}

/// The texts of the project's scripts in Python that a RUN names.
fn called(shipped: &Shipped<'_>, text: &str) -> String {
    let named = text.split(' ').filter(|word| word.ends_with(".py"));
    let names = named.map(|word| word.rsplit('/').next().unwrap_or(word));
    let project = shipped.input.project;
    let mut found = String::new();
    for name in names {
        let files = project.files().filter(|entry| entry.path.rsplit('/').next() == Some(name));
        files.filter_map(|entry| project.read(&entry.path)).for_each(|text| found.push_str(&words(&text)));
    }
    found
}

/// Whether a mode leaves others without the right to read.
fn takes_away(mode: &str) -> bool {
    if mode.len() >= 3 && mode.bytes().all(|byte| byte.is_ascii_digit()) {
        return !matches!(mode.as_bytes().last(), Some(b'4'..=b'7'));
    }
    mode.split(',').any(|part| {
        let who = part.split(['-', '=', '+']).next().unwrap_or_default();
        let others = who.contains(['o', 'a']);
        others && (part.contains('-') || part.contains('=') && !part.contains('r'))
    })
}

/// Whether a mode lets the owner run a file, and others not: `u+x`, `744`.
fn for_owner_alone(mode: &str) -> bool {
    let digits = mode.as_bytes();
    if mode.len() >= 3 && digits.iter().all(u8::is_ascii_digit) {
        let (owner, others) = (digits[digits.len() - 3] - b'0', digits[digits.len() - 1] - b'0');
        return owner % 2 == 1 && others % 2 == 0;
    }
    let gives = |part: &str, who: char| {
        part.split_once(['+', '=']).is_some_and(|(whom, rights)| {
            (whom.contains([who, 'a']) || whom.is_empty()) && rights.contains(['x', 'X'])
        })
    };
    let owner = mode.split(',').any(|part| gives(part, 'u'));
    owner && !mode.split(',').any(|part| gives(part, 'o'))
}

fn is_elsewhere(shipped: &Shipped<'_>, row: &Kept) -> bool {
    let says = |text: &str| row.unless.iter().any(|sign| text.contains(sign.as_str()));
    let project = shipped.input.project;
    shipped.instructions().any(|index| says(&words(&shipped.whole_text(index))))
        || row.settings.iter().filter_map(|path| project.read(path)).any(|text| says(&text))
}

/// A shell text as words with one blank between them and around all, operators apart.
fn words(text: &str) -> String {
    let letters = text.chars().map(|letter| if ";&|()\"'\\".contains(letter) { ' ' } else { letter });
    let text: String = letters.collect();
    format!(" {} ", text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::{for_owner_alone, takes_away};

    #[test]
    fn modes_that_let_the_owner_alone_run_files() {
        for mode in ["u+x", "ug+x", "744", "0754", "u=rwx,go=r"] {
            assert!(for_owner_alone(mode), "{mode}");
        }
        for mode in ["+x", "a+x", "755", "644", "u+x,o+x", "u=rwX,go=rX", "g-w", "u+w"] {
            assert!(!for_owner_alone(mode), "{mode}");
        }
    }

    #[test]
    fn modes_that_leave_others_without_reading() {
        for mode in ["600", "0700", "750", "640", "go-rwx", "o-r", "u=rw,go=", "a=x"] {
            assert!(takes_away(mode), "{mode}");
        }
        for mode in ["644", "755", "+x", "a+x", "u+x", "g-w", "0775", "u=rwX,go=rX", "-R"] {
            assert!(!takes_away(mode), "{mode}");
        }
    }
}
