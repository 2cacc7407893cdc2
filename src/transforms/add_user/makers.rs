//! Users that the file itself makes and never becomes: their author wanted one of them (NR12).

use std::collections::HashMap;

use crate::syntax::Keyword;
use crate::transforms::shipped::Shipped;

/// What the file says about users of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Made {
    /// It makes none.
    None,
    /// It makes one, with numbers that are written down.
    Known { name: String, id: u32, group: u32, home: bool },
    /// It makes several, or one whose numbers the tools choose.
    Unclear { line: usize },
}

/// Commands that make a user, and those that make a group. What they share: `-u`, `--uid`, `-g`, `--gid` with a value.
const USERS: &[&str] = &["adduser", "useradd"];
const GROUPS: &[&str] = &["addgroup", "groupadd"];

/// Reads the RUNs of the stage.
pub(super) fn find(shipped: &Shipped<'_>) -> Made {
    let mut groups: HashMap<String, u32> = HashMap::new();
    let mut found = Made::None;
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        if instruction.keyword != Keyword::Run {
            continue;
        }
        let line = instruction.lines.0;
        let text = shipped.whole_text(index);
        let mentions = USERS.iter().any(|name| text.contains(name));
        if mentions && !instruction.heredocs.is_empty() {
            return Made::Unclear { line };
        }
        let parsed = instruction.shell_form().map(|(_, text)| shipped.input.shell.parse(text));
        let Some(script) = parsed.as_ref().and_then(|parsed| parsed.as_ref().as_ref().ok()) else {
            if mentions {
                return Made::Unclear { line };
            }
            continue;
        };
        let mut seen = false;
        for placed in script.simple_commands() {
            let name = placed.command.name().unwrap_or_default();
            let argv = placed.command.argv();
            if GROUPS.contains(&name)
                && let Some((name, id)) = group(&argv).filter(|_| placed.guards.must_succeed())
            {
                groups.insert(name, id);
            }
            if !USERS.contains(&name) {
                continue;
            }
            seen = true;
            let made = user(&argv, &groups).filter(|_| placed.guards.must_succeed());
            found = match (made, &found) {
                (Some((name, id, group)), Made::None) => {
                    Made::Known { name, id, group, home: has_home(&argv) }
                }
                _ => return Made::Unclear { line },
            };
        }
        // An installed package may carry such a name: only what stands there as a word of its own is a command.
        let word = instruction.joined.text().split_whitespace().any(|word| USERS.contains(&word));
        if word && !seen {
            return Made::Unclear { line };
        }
    }
    found
}

/// The value of the first of some options: `-u 1000`, `--uid=1000`.
fn option<'a>(argv: &[Option<&'a str>], names: &[&str]) -> Option<&'a str> {
    argv.iter().enumerate().find_map(|(at, word)| {
        let word = (*word)?;
        if names.contains(&word) {
            return argv.get(at + 1).copied().flatten();
        }
        let (name, value) = word.split_once('=')?;
        (names.contains(&name) && name.starts_with("--")).then_some(value)
    })
}

/// The last word that is no option.
fn last<'a>(argv: &[Option<&'a str>]) -> Option<&'a str> {
    argv.last().copied().flatten().filter(|word| !word.starts_with('-') && argv.len() > 1)
}

/// Whether a home folder is made along with the user.
fn has_home(argv: &[Option<&str>]) -> bool {
    let given = |names: &[&str]| argv.iter().flatten().any(|word| names.contains(word));
    let short = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.contains('m');
    match argv.first().copied().flatten() {
        Some("adduser") => !given(&["-H", "--no-create-home", "--system"]),
        _ => given(&["--create-home"]) || argv.iter().flatten().any(short),
    }
}

fn group(argv: &[Option<&str>]) -> Option<(String, u32)> {
    Some((last(argv)?.to_owned(), option(argv, &["-g", "--gid"])?.parse().ok()?))
}

fn user(argv: &[Option<&str>], groups: &HashMap<String, u32>) -> Option<(String, u32, u32)> {
    let name = last(argv)?;
    let id: u32 = option(argv, &["-u", "--uid"])?.parse().ok().filter(|id| *id > 0)?;
    // `useradd -g group` and BusyBox's `adduser -G group` name the primary group; without one it is made or guessed.
    let named =
        option(argv, &["-g", "--gid", "--ingroup"]).or_else(|| match argv.first().copied().flatten() {
            Some("adduser") => option(argv, &["-G"]),
            _ => None,
        })?;
    let group = named.parse().ok().or_else(|| groups.get(named).copied())?;
    Some((name.to_owned(), id, group))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{group, user};

    fn argv(text: &str) -> Vec<Option<&str>> {
        text.split(' ').map(Some).collect()
    }

    #[test]
    fn numbers_are_read_off_every_dialect() {
        let groups = HashMap::from([("www".to_owned(), 1000)]);
        let read = |text: &str| user(&argv(text), &groups);
        let www = Some(("www".to_owned(), 1000, 1000));
        assert_eq!(group(&argv("groupadd -g 1000 www")), Some(("www".to_owned(), 1000)));
        assert_eq!(read("useradd -u 1000 -ms /bin/bash -g www www"), www);
        assert_eq!(read("useradd --uid=1000 --gid 1000 www"), www);
        assert_eq!(read("adduser -S -D -u 1000 -G www www"), www);
        assert_eq!(read("adduser --system --uid 1000 --ingroup www www"), www);
    }

    #[test]
    fn numbers_that_the_tools_choose_are_not_known() {
        let read = |text: &str| user(&argv(text), &HashMap::new());
        assert_eq!(read("useradd -m www"), None);
        assert_eq!(read("useradd -u 1000 www"), None);
        assert_eq!(read("useradd -u 0 -g 0 toor"), None);
    }
}
