//! The preconditions NR1 to NR15, one function each.

use crate::images::{Facts, UserTools};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Shipped, join};

/// Ports below this one need root, or a setting that not every engine has (NR2).
const FIRST_FREE_PORT: u16 = 1024;

/// Checks everything that does not depend on which user it will be.
pub(super) fn all(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    checks.holds("NR1", "USER stands below every RUN");
    explicit_root(shipped, checks);
    base_triggers(shipped, checks);
    own_users(shipped, checks);
    volumes(shipped, facts, checks);
    root_home(shipped, checks);
    ports(shipped, checks);
    super::program::check(shipped, facts, checks);
}

/// The folders that the user granted, as absolute paths: they must belong to the new user.
pub(super) fn owned_folders(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Vec<String> {
    let granted = shipped.input.options.user.writable.as_deref().unwrap_or_default();
    if granted.is_empty() {
        return Vec::new();
    }
    if facts.user_tools == Some(UserTools::None) || facts.shell.is_none() {
        let text = format!("nothing in `{}` can give a folder to the user", facts.family);
        checks.misses("NR3", text, "copy the folder there with `COPY --chown`, then add `USER` by hand");
        return Vec::new();
    }
    let Some(base) = shipped.workdir(facts.workdir) else {
        checks.misses(
            "NR3",
            "the working folder is not known",
            "write the folders of `[user] writable` from the root",
        );
        return Vec::new();
    };
    granted.iter().map(|folder| join(&base, folder)).collect()
}

/// NR10: an explicit root is the author's word until they take it back.
fn explicit_root(shipped: &Shipped<'_>, checks: &mut Checks) {
    match shipped.last(Keyword::User) {
        None => checks.holds("NR10", "neither the file nor its base image chooses a user"),
        Some(at) => {
            let line = shipped.instruction(at).lines.0;
            let remedy = "remove that line, or give the reason as `[user] run-as-root` in dockfix.toml";
            checks.misses("NR10", format!("line {line} asks for root by name"), remedy);
        }
    }
}

/// NR10: triggers of a stage below run unseen in this one.
fn base_triggers(shipped: &Shipped<'_>, checks: &mut Checks) {
    if shipped.has_triggers() {
        checks.misses(
            "NR10",
            "a stage below has ONBUILD triggers",
            "write their instructions into this stage",
        );
    }
}

/// NR12: a user that the file makes is the one that its author wants, and only the author knows for what.
fn own_users(shipped: &Shipped<'_>, checks: &mut Checks) {
    const MAKERS: &[&str] = &["adduser", "useradd"];
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        let Some((_, text)) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run) else {
            continue;
        };
        if words_of(text).any(|word| MAKERS.contains(&word)) {
            let line = instruction.lines.0;
            let text = format!("line {line} makes a user that the file never becomes");
            checks.misses("NR12", text, "add `USER` with that user, or set `[user] id` in dockfix.toml");
            return;
        }
    }
}

/// NR4: a volume keeps the owner that its folder had when it was declared.
fn volumes(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    let remedy = "give the folder to the user above the VOLUME, then add `USER` by hand";
    if let Some(at) = shipped.last(Keyword::Volume) {
        let line = shipped.instruction(at).lines.0;
        checks.misses("NR4", format!("the VOLUME in line {line} belongs to root"), remedy);
        return;
    }
    match facts.volumes {
        Some([]) => checks.holds("NR4", "there is no VOLUME"),
        Some(_) => checks.misses("NR4", "the base image declares a VOLUME that belongs to root", remedy),
        None => checks.misses("NR4", "it is not known whether the base image declares a VOLUME", remedy),
    }
}

/// NR7: what is kept under /root is out of reach for everybody else.
fn root_home(shipped: &Shipped<'_>, checks: &mut Checks) {
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        let text = instruction.joined.text();
        let speaks = match instruction.keyword {
            Keyword::Run => {
                words_of(text)
                    .any(|word| word == "--user" || word.starts_with("~/") || word.starts_with("$HOME"))
                    || text.contains("/root/")
            }
            Keyword::Env
            | Keyword::Workdir
            | Keyword::Copy
            | Keyword::Add
            | Keyword::Cmd
            | Keyword::Entrypoint => text.contains("/root"),
            _ => false,
        };
        // What a cache mount keeps under /root is for the build alone.
        let cached =
            instruction.flags.iter().any(|flag| flag.name() == "mount" && flag.text.contains("/root"));
        if speaks && !(cached && instruction.keyword == Keyword::Run) {
            let line = instruction.lines.0;
            let text = format!("line {line} keeps something in the home folder of root");
            checks.breaks("NR7", text, "keep it in a folder that everybody can read, such as /opt");
            return;
        }
    }
    checks.holds("NR7", "nothing is kept in the home folder of root");
}

/// NR2: a port below 1024.
fn ports(shipped: &Shipped<'_>, checks: &mut Checks) {
    let configured = shipped.input.options.health.port;
    let mut low = configured.filter(|port| *port < FIRST_FREE_PORT);
    let mut seen = configured.is_some();
    for index in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Expose)
    {
        for word in shipped.instruction(index).values() {
            let number = word.split('/').next().unwrap_or_default();
            match number.parse::<u16>() {
                Ok(port) => {
                    seen = true;
                    low = low.or(Some(port).filter(|port| *port < FIRST_FREE_PORT));
                }
                Err(_) => {
                    let text = format!("the port of `EXPOSE {word}` is not a plain number");
                    checks.misses("NR2", text, "set `[health] port` in dockfix.toml");
                    return;
                }
            }
        }
    }
    match low {
        Some(port) => checks.misses(
            "NR2",
            format!("port {port} is below {FIRST_FREE_PORT}"),
            "listen on a higher port, such as 8080, and publish that one",
        ),
        None if seen => checks.holds("NR2", format!("no exposed port is below {FIRST_FREE_PORT}")),
        None => {}
    }
}

/// Words of a shell text, roughly: enough to see that a name does not occur.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| {
        letter.is_whitespace() || matches!(letter, ';' | '&' | '|' | '(' | ')' | '"' | '\'')
    })
    .filter(|word| !word.is_empty())
}
