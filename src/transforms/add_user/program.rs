//! What the program itself does: NR8, NR9, NR11, and who answers for NR3.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::chosen::Demands;
use super::kept::Kept;
use super::{fpm, ports, prepares, tools, writes};
use crate::images::Facts;
use crate::project::sources::Sources;
use crate::project::survey::Family;
use crate::shell::{Entry, StartKind, WrapperKind};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Programs {
    root: Vec<String>,
    home: Vec<String>,
    ports: Vec<String>,
    kept: Vec<Kept>,
    tool: BTreeMap<String, Tool>,
}

/// A program that runs no code of the project, or code that cannot write but through it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    /// Folders that it writes to, from the working folder; in an absolute one, it makes new entries only.
    #[serde(default)]
    pub(super) writes: Vec<String>,
    /// Files of the project with which it does more than that.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// It makes new files in the working folder, too.
    #[serde(default)]
    pub(super) beside: bool,
    /// Files, by their stems, and folders of the project's code that it runs.
    #[serde(default)]
    pub(super) runs: Vec<String>,
    /// Names in that code which make it write elsewhere.
    #[serde(default)]
    pub(super) moves: Vec<String>,
    /// The subcommands of which this is known; `""` is none of them, an empty list is all.
    #[serde(default)]
    pub(super) commands: Vec<String>,
}

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| toml::from_str(include_str!("programs.toml")).expect("a test reads the embedded table"));

/// What is known of a program by its name.
pub(super) fn tool(name: &str) -> Option<&'static Tool> {
    PROGRAMS.tool.get(name)
}

/// Variables by which servers are told where to listen.
pub(super) fn port_variables() -> &'static [String] {
    &PROGRAMS.ports
}

/// Commands of a build that keep in the home folder what runs later.
pub(super) fn kept() -> &'static [Kept] {
    &PROGRAMS.kept
}

/// What the user can say about a program of which too little is known.
const SAY_START: &str = "say what it runs in the end as `[user] start` in dockfix.toml, as an exec form; \
                         or give the reason for root as `[user] run-as-root`";

/// Whether the image starts something of its own: by this file, or by its base image, if that is a server.
pub(super) fn starts(shipped: &Shipped<'_>, facts: &Facts) -> bool {
    let start = shipped.start();
    let own = |setter| matches!(setter, Setter::Instruction(_));
    // Without anything copied, a server's image is one to be built on, or to mount sources into while developing.
    let copies = |index| matches!(shipped.instruction(index).keyword, Keyword::Copy | Keyword::Add);
    let has_program = shipped.instructions().any(copies);
    // A base image that says where it listens starts a server by itself.
    let listens = facts.expose.is_some_and(|ports| !ports.is_empty());
    let base = |words: &[String]| {
        let is_tool = |word: &String| tool(word.rsplit('/').next().unwrap_or(word)).is_some();
        words.first().is_some_and(|word| listens || is_tool(word))
    };
    own(start.entrypoint)
        || own(start.cmd)
        || shipped.input.options.user.start.is_some()
        || start.cmd == Setter::BaseImage && has_program && facts.cmd.is_some_and(base)
}

/// Checks what the start command and the sources behind it say, and tells what they demand.
pub(super) fn check(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Demands {
    let mut demands = Demands::default();
    if !starts(shipped, facts) {
        checks.misses("NR9", "the file starts nothing of its own", SAY_START);
        return demands;
    }
    let program = match shipped.runs(facts, "NR9", "NR8") {
        Ok(program) => program,
        Err(missing) => {
            checks.misses(missing.id, missing.text, format!("{}; or {SAY_START}", missing.remedy));
            return demands;
        }
    };
    judge(shipped, &program, facts, &mut demands, checks);
    services(shipped, facts, &mut demands, checks);
    demands
}

/// Services that start something else in the image: their programs need what they need of the same user.
fn services(shipped: &Shipped<'_>, facts: &Facts, demands: &mut Demands, checks: &mut Checks) {
    if shipped.input.options.user.writable.is_some() {
        return;
    }
    for build in shipped.builds().filter(|build| build.run.starts_otherwise && !build.run.own_user) {
        let program = build.command.as_ref().and_then(|words| shipped.with_command(words, facts, "NR3"));
        match program {
            Some(program) => judge(shipped, &program, facts, demands, checks),
            None => {
                let text =
                    format!("{} starts something else in the image, which may write anywhere", build.at());
                let remedy = "list every folder that is written to as `[user] writable` in dockfix.toml, or set `user:` there";
                checks.misses("NR3", text, remedy);
            }
        }
    }
}

/// What one program says, and the sources behind it.
fn judge(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    demands: &mut Demands,
    checks: &mut Checks,
) {
    let surveyed = shipped.surveyed(program, facts);
    let survey = surveyed.as_ref().and_then(|surveyed| surveyed.as_ref().ok()).map(|(_, survey)| survey);
    ports::of_program(shipped, program, facts, survey, checks);
    let is_own = matches!(surveyed, Some(Ok((Family::Rust, _)))) || shipped.is_own_go(program, facts);
    daemon(shipped, program, facts, is_own, checks);
    demands.home = demands.home.take().or_else(|| home(program));
    if !program.scripts.is_empty() {
        let text = format!("`{}` only prepares what it runs", program.scripts.join("`, `"));
        checks.holds("NR8", text);
    }
    if shipped.input.options.user.writable.is_none() {
        let refused =
            program.before.iter().find(|command| !prepares::check(shipped, facts, command, demands, checks));
        if let Some(command) = refused {
            let text = format!("`{command}` of the start command may write files");
            return checks.misses("NR3", text, writes::SAY_WRITABLE);
        }
    }
    if shipped.input.options.user.writable.is_some() {
        return stated(shipped, program, facts, checks);
    }
    if brings_up_to_date(shipped, program) {
        let text = "`uv run` brings its environment up to date at every start, and that belongs to root";
        let remedy = "add `--no-sync` behind `uv run`, or list `.venv` as `[user] writable` in dockfix.toml";
        return checks.misses("NR3", text, remedy);
    }
    if fpm::keeps_its_user(shipped, program, facts) {
        let text = "PHP's workers run as www-data already, so they may write what they could before";
        return checks.holds("NR3", text);
    }
    if let Some((tool, folder)) = tools::of(shipped, program, facts) {
        let started = tools::Started { shipped, facts, program, tool, folder };
        return tools::check(&started, demands, checks);
    }
    if let Some(surveyed) = surveyed {
        return writes::of_survey(shipped, surveyed, facts, demands, checks);
    }
    match shipped.scope(program, facts, "NR3") {
        Ok(scope) => {
            let sources = Sources::read(shipped.input.project, &scope);
            let place = writes::Placement { shipped, facts, is_compiled: !scope.built.is_empty() };
            writes::of_sources(&place, &sources, demands, checks);
            ports::of_sources(shipped, &sources, checks);
        }
        Err(missing) => checks.misses("NR3", missing.text, writes::SAY_WRITABLE),
    }
}

/// NR3: what the user says stands for the sources, but for what these state to the contrary.
fn stated(shipped: &Shipped<'_>, program: &Program, facts: &Facts, checks: &mut Checks) {
    let scope = shipped.scope(program, facts, "NR3");
    let Ok(scope) = scope else {
        checks.holds("NR3", "dockfix.toml says which folders are written");
        return;
    };
    let sources = Sources::read(shipped.input.project, &scope);
    writes::against_statement(shipped, &sources, checks);
    ports::of_sources(shipped, &sources, checks);
}

/// NR8, NR9: daemons that need root, and scripts of which nothing is known.
fn daemon(shipped: &Shipped<'_>, program: &Program, facts: &Facts, is_own: bool, checks: &mut Checks) {
    let name = program.name();
    let shown = program.argv.join(" ");
    let by_settings = shipped.input.options.user.start.is_some();
    let listed = |list: &[String]| list.iter().any(|known| known == name);
    let own_file = matches!(&program.start.entry, Some(Entry::File(path)) if path.ends_with(".sh"));
    let wrappers = &program.start.unwrapped.wrappers;
    if let Some((_, at)) = wrappers.iter().find(|(kind, _)| *kind == WrapperKind::User) {
        let remedy = "let CMD start the program itself; or give the reason for root as `[user] run-as-root` in \
                      dockfix.toml";
        let wrapper = program.argv.get(*at).map_or("", String::as_str);
        return checks.breaks("NR8", format!("`{wrapper}` needs root to become another user"), remedy);
    }
    match program.start.kind {
        _ if fpm::is_official(program, facts) => {
            checks.holds("NR9", format!("`{name}` of the image `{}` runs as any user", facts.family));
        }
        _ if listed(&PROGRAMS.root) => {
            let remedy = "give the reason for root as `[user] run-as-root` in dockfix.toml, or start the program itself";
            checks.breaks("NR9", format!("`{name}` starts as root and steps down by itself"), remedy);
        }
        _ if tool(name).is_some() => checks.holds("NR9", format!("`{name}` is no daemon that needs root")),
        _ if is_own => checks.holds("NR9", format!("`{name}` is a program of this project")),
        _ if by_settings => checks.holds("NR9", format!("dockfix.toml says that `{name}` is what runs")),
        StartKind::Daemons | StartKind::WebServer | StartKind::Fpm => {
            checks.misses("NR9", format!("`{name}` may need root to start"), SAY_START);
        }
        StartKind::Script => {
            checks.misses("NR8", format!("it is not known what `{shown}` does"), SAY_START);
        }
        StartKind::Binary | StartKind::Unknown if name.ends_with(".sh") || own_file => {
            checks.misses("NR8", format!("it is not known what the script `{name}` does"), SAY_START);
        }
        StartKind::Unknown => {
            checks.misses("NR9", format!("nothing is known of the program `{name}`"), SAY_START);
        }
        _ => checks.holds("NR9", format!("`{name}` is no daemon that needs root")),
    }
}

/// Whether `uv run` installs what is missing before it runs the program.
fn brings_up_to_date(shipped: &Shipped<'_>, program: &Program) -> bool {
    let mut runners = program.start.runners.iter().filter_map(|at| program.argv.get(*at));
    runners.any(|runner| runner.rsplit('/').next() == Some("uv"))
        && !program.argv.iter().any(|word| word == "--no-sync")
        && !shipped.sets_variable("UV_NO_SYNC")
}

/// NR11: the program that keeps files in the home folder, if one does.
fn home(program: &Program) -> Option<String> {
    let needs = |name: &&str| PROGRAMS.home.iter().any(|known| known == name);
    let runners = program.start.runners.iter().filter_map(|at| program.argv.get(*at)).map(String::as_str);
    // `dotnet app.dll` is the runtime alone; only the tools behind it keep files.
    let runtime = program.start.kind == StartKind::Dotnet && program.start.entry.is_some();
    let own = Some(program.name()).filter(|_| !runtime);
    let names = program.through.as_deref().into_iter().chain(runners).chain(own);
    names.map(|name| name.rsplit('/').next().unwrap_or(name)).find(needs).map(str::to_owned)
}
