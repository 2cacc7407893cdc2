//! Folders that the file gives to the user already: to give them once more would hold all that is in them twice.

use crate::images::Facts;
use crate::syntax::Keyword;
use crate::transforms::shipped::{Shipped, join};

/// Whether a RUN gives a folder to the user, and nothing after that puts files of root there.
pub(super) fn has(shipped: &Shipped<'_>, facts: &Facts, folder: &str, id: u32) -> bool {
    let fills = |index: &usize| {
        matches!(shipped.instruction(*index).keyword, Keyword::Add | Keyword::Copy | Keyword::Run)
    };
    let found = shipped.instructions().rev().filter(fills).find_map(|index| {
        let last = last_word(shipped, facts, index, folder, id);
        (last != Some(Last::Nothing)).then_some(last)
    });
    found.flatten() == Some(Last::Given)
}

/// What an instruction has to say about a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Given,
}

/// What an instruction says last; `None` where it may put something there as root.
fn last_word(shipped: &Shipped<'_>, facts: &Facts, index: usize, folder: &str, id: u32) -> Option<Last> {
    let instruction = shipped.instruction(index);
    let (_, text) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run)?;
    let workdir = shipped.workdir_at(index, facts.workdir)?;
    let parsed = shipped.input.shell.parse(text);
    let script = parsed.as_ref().as_ref().ok()?;
    if script.has_opaque_part() || !instruction.heredocs.is_empty() {
        return None;
    }
    for placed in script.simple_commands().iter().rev() {
        match placed.command.name() {
            Some("chmod") => {}
            Some("chown") => {
                let argv: Vec<&str> = placed.command.argv().into_iter().collect::<Option<_>>()?;
                let is_option = |word: &&&str| word.starts_with('-');
                let options: Vec<&&str> = argv[1..].iter().take_while(is_option).collect();
                let mut rest = argv[1 + options.len()..].iter();
                let owner = rest.next()?;
                if rest.any(|path| join(&workdir, path) == folder) {
                    let whole =
                        options == [&"-R"] && placed.guards.must_succeed() && placed.guards.top_level();
                    return (whole && is_user(facts, owner, id)).then_some(Last::Given);
                }
            }
            _ => return None,
        }
    }
    Some(Last::Nothing)
}

/// `www-data`, `www-data:www-data`, `33:33`
fn is_user(facts: &Facts, owner: &str, id: u32) -> bool {
    let name = owner.split([':', '.']).next().unwrap_or(owner);
    name.parse() == Ok(id) || facts.user_named(name).is_some_and(|user| user.uid == id)
}
