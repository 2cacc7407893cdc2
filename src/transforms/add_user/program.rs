//! What the program itself does: NR2, NR3, NR8, NR9, NR11.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::images::Facts;
use crate::project::sources::{Grants, Sources};
use crate::shell::StartKind;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Programs {
    root: Vec<String>,
    home: Vec<String>,
}

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| toml::from_str(include_str!("programs.toml")).expect("a test reads the embedded table"));

/// Ports below this one need root, or a setting that not every engine has (NR2).
const FIRST_FREE_PORT: u16 = 1024;

/// Checks what the start command and the sources behind it say.
pub(super) fn check(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    let start = shipped.start();
    if !matches!(start.entrypoint, Setter::Instruction(_)) && !matches!(start.cmd, Setter::Instruction(_)) {
        let remedy = "add CMD, or give the reason for root as `[user] run-as-root` in dockfix.toml";
        checks.breaks("NR9", "the file starts nothing: it may be a base for others (MS12)", remedy);
        return;
    }
    let program = match shipped.program(facts, "NR9") {
        Ok(program) => program,
        Err(missing) => {
            checks.take(Err(missing));
            return;
        }
    };
    daemon(&program, checks);
    home(shipped, &program, facts, checks);
    let granted = shipped.input.options.user.writable.as_deref();
    match shipped.scope(&program, facts, "NR3") {
        Ok(scope) => {
            let sources = Sources::read(shipped.input.project, &scope);
            writes(&sources, granted, checks);
            listeners(&sources, checks);
        }
        // The user's word stands for the sources, where these cannot be read.
        Err(_) if granted.is_some() => checks.holds("NR3", "dockfix.toml says which folders are written"),
        Err(missing) => {
            let remedy = "list the folders that it writes as `[user] writable` in dockfix.toml; `[]` says that there is none";
            checks.misses("NR3", missing.text, remedy);
        }
    }
}

/// NR8, NR9: daemons that need root, and scripts of which nothing is known.
fn daemon(program: &Program, checks: &mut Checks) {
    let name = program.name();
    let shown = program.argv.join(" ");
    let remedy =
        "give the reason for root as `[user] run-as-root` in dockfix.toml, or start the program itself";
    match program.start.kind {
        _ if PROGRAMS.root.iter().any(|known| known == name) => {
            checks.breaks("NR9", format!("`{name}` starts as root and steps down by itself"), remedy);
        }
        StartKind::Daemons | StartKind::WebServer | StartKind::Fpm => {
            checks.misses("NR9", format!("`{name}` may need root to start"), remedy);
        }
        StartKind::Script => checks.misses("NR8", format!("it is not known what `{shown}` does"), remedy),
        StartKind::Binary if name.ends_with(".sh") => {
            checks.misses("NR8", format!("it is not known what the script `{name}` does"), remedy);
        }
        StartKind::Unknown => {
            checks.misses("NR9", format!("nothing is known of the program `{name}`"), remedy)
        }
        _ => checks.holds("NR9", format!("`{name}` is no daemon that needs root")),
    }
}

/// NR11: programs that keep files in the home folder need one that is theirs.
fn home(shipped: &Shipped<'_>, program: &Program, facts: &Facts, checks: &mut Checks) {
    let needs = |name: &str| PROGRAMS.home.iter().any(|known| known == name);
    let Some(name) = program.through.as_deref().or(Some(program.name())).filter(|name| needs(name)) else {
        checks.holds("NR11", "the program keeps nothing in a home folder");
        return;
    };
    let has_home = shipped.input.options.user.id.is_none()
        && facts
            .ready_user()
            .is_some_and(|user| user.home.as_deref().is_some_and(|home| home.starts_with("/home/")));
    match has_home {
        true => checks.holds("NR11", format!("`{name}` has the home folder of the image's own user")),
        false => {
            let remedy = "let CMD run the program itself";
            checks.misses("NR11", format!("`{name}` needs a home folder that it can write to"), remedy);
        }
    }
}

/// NR3: folders that root owns.
fn writes(sources: &Sources, granted: Option<&[String]>, checks: &mut Checks) {
    let answer = sources.writes(granted.map_or(Grants::None, Grants::Stated));
    let remedy =
        "list the folders that it writes as `[user] writable` in dockfix.toml; `[]` says that there is none";
    if let Some(found) = answer.found.first() {
        let text = match found.value.path.as_str() {
            "" => format!("the program writes files ({})", found.at),
            path => format!("the program writes to `{path}` ({})", found.at),
        };
        checks.misses("NR3", text, remedy);
    } else if let Some(gap) = answer.gap_text() {
        checks.misses("NR3", format!("it is not proven that the program writes no files: {gap}"), remedy);
    } else if granted.is_some() {
        checks.holds("NR3", "the program writes only to the folders that dockfix.toml names");
    } else {
        checks.holds("NR3", "no source that the start command reaches writes a file");
    }
}

/// NR2: ports that the sources name.
fn listeners(sources: &Sources, checks: &mut Checks) {
    for found in sources.listeners().found {
        if let Some(port) = found.value.port.filter(|port| *port < FIRST_FREE_PORT && *port != 0) {
            let remedy = "listen on a higher port, such as 8080, and publish that one";
            checks.misses("NR2", format!("the program listens on port {port} ({})", found.at), remedy);
        }
    }
}
