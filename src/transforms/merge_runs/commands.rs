//! What the script of one RUN does, as far as it matters to what runs before and after it in the same shell.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::shell::{
    Action, Command, CompoundKind, Connector, EndKind, Manager, Placed, RedirectKind, Script, SimpleCommand,
    Word,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Programs {
    files: BTreeSet<String>,
    system: BTreeSet<String>,
    fetch: BTreeSet<String>,
    services: BTreeSet<String>,
    state: BTreeSet<String>,
}

static PROGRAMS: LazyLock<Programs> =
    LazyLock::new(|| toml::from_str(include_str!("programs.toml")).expect("a test reads the embedded table"));

/// What a RUN is for, from the lightest to the heaviest: of several the heaviest counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Kind {
    /// Names, places and rights of files.
    Files,
    /// Something is fetched.
    Fetch,
    /// Packages of the system.
    System,
    /// Packages of a language.
    Packages,
    /// Anything else.
    Build,
}

/// All that a RUN is for.
pub(super) fn kinds(script: &Script) -> BTreeSet<Kind> {
    script.simple_commands().iter().map(|placed| kind(placed.command)).collect()
}

fn kind(command: &SimpleCommand) -> Kind {
    if command.words.is_empty() {
        return Kind::Files;
    }
    if let Some(install) = command.install() {
        return match (install.manager.is_system(), install.action) {
            (true, _) => Kind::System,
            (false, Action::Build | Action::Other) => Kind::Build,
            (false, _) => Kind::Packages,
        };
    }
    let effective = command.effective();
    let program = effective.as_ref().and_then(|effective| effective.program());
    // What a shell is given to run is not looked into.
    let inner = command.inner_script().is_some();
    match program.filter(|_| !inner) {
        Some(program) if PROGRAMS.files.contains(program) || PROGRAMS.state.contains(program) => Kind::Files,
        Some(program) if PROGRAMS.system.contains(program) => Kind::System,
        Some(program) if PROGRAMS.fetch.contains(program) => Kind::Fetch,
        _ => Kind::Build,
    }
}

/// Whether something may run after the script with `&&`, just as if it had a shell of its own: the script leaves
/// nothing behind in the shell, starts nothing that lives on, and its outcome is that of its last chain.
pub(super) fn may_be_followed(script: &Script) -> bool {
    let ends = script.list().items.last().is_some_and(|item| item.end.is_none());
    ends && is_plain(script) && script.simple_commands().iter().all(|placed| leaves_nothing(script, placed))
}

/// Whether the script may stand right of `&&`: one chain, all of whose parts must succeed.
pub(super) fn may_follow(script: &Script) -> bool {
    let [item] = script.list().items.as_slice() else { return false };
    let all_must_succeed = item.chain.rest.iter().all(|link| link.connector == Connector::And);
    all_must_succeed && is_plain(script) && !item.end.is_some_and(|end| end.kind == EndKind::Background)
}

/// No comment that would swallow what follows, no heredoc, no function, nothing in the background, and no part that
/// cannot be looked into.
fn is_plain(script: &Script) -> bool {
    let commands = script.simple_commands();
    script.comments().is_empty()
        && !script.has_opaque_part()
        && !commands.iter().any(|placed| placed.guards.background || placed.guards.function)
        && !script.redirects().iter().any(|redirect| redirect.kind == RedirectKind::Heredoc)
        && !defines_functions(script)
}

fn defines_functions(script: &Script) -> bool {
    let pipelines = script.list().items.iter().flat_map(|item| item.chain.pipelines());
    pipelines.flat_map(|pipeline| pipeline.commands()).any(|command| match command {
        Command::Compound(compound) => matches!(compound.kind, CompoundKind::Function { .. }),
        Command::Simple(_) => false,
    })
}

fn leaves_nothing(script: &Script, placed: &Placed<'_>) -> bool {
    let command = placed.command;
    let literal: Vec<&str> = command.words.iter().filter_map(Word::literal).collect();
    // `${A:=b}` sets a variable; options of `set` decide in subshells too, whether a failure ends them.
    let assigns = command.expanded().flat_map(Word::variables).any(|variable| {
        let written = variable.span.of(script.text());
        let rest = written.strip_prefix("${").and_then(|rest| rest.strip_prefix(&*variable.name));
        rest.is_some_and(|rest| rest.trim_start_matches(':').starts_with('='))
    });
    let serves = literal.iter().any(|word| {
        PROGRAMS.services.contains(word.rsplit('/').next().unwrap_or(word)) || word.contains("/init.d/")
    });
    let traces = matches!(literal.as_slice(), ["set", "-x" | "+x"]);
    let changes = match command.name() {
        // A program that a variable names may be any of them.
        None => !placed.guards.subshell,
        Some("set") => !traces,
        Some(name) => !placed.guards.subshell && PROGRAMS.state.contains(name),
    };
    !changes && !serves && !assigns
}

/// Whether the first script cleans up after a package manager that the second one uses: joined, it would clean in the
/// middle, and what the second leaves behind could be taken for clean.
pub(super) fn cleans_too_early(script: &Script, next: &Script) -> bool {
    !managers(script, |action| action == Action::Clean).is_disjoint(&managers(next, |_| true))
}

/// Whether both use the same package manager of the system.
pub(super) fn share_manager(script: &Script, next: &Script) -> bool {
    let own = managers(script, |_| true);
    managers(next, |_| true).into_iter().any(|manager| own.contains(&manager) && manager.is_system())
}

/// Whether the script uses a package manager after which something cleans up, at the end of its RUN.
pub(super) fn leaves_caches(script: &Script) -> bool {
    managers(script, |_| true).into_iter().any(|manager| manager.is_system() || manager == Manager::Yarn)
}

/// Whether the script begins to use a package manager of the system without fetching its lists, if it uses one: what
/// fetches them is another RUN, which belongs right before it, and not before what would be joined to its front.
pub(super) fn needs_lists(script: &Script) -> Option<bool> {
    let commands = script.simple_commands();
    let mut installs = commands.iter().filter_map(|placed| placed.command.install());
    let first = installs.find(|install| matches!(install.manager, Manager::Apt | Manager::Apk));
    first.map(|install| matches!(install.action, Action::Install | Action::Upgrade))
}

fn managers(script: &Script, wanted: fn(Action) -> bool) -> BTreeSet<Manager> {
    let commands = script.simple_commands();
    let installs = commands.iter().filter_map(|placed| placed.command.install());
    installs.filter(|install| wanted(install.action)).map(|install| install.manager).collect()
}

/// Whether the shell may remember where a program was that the first script replaces: both run it by its bare name,
/// and the first one names it besides.
pub(super) fn replaces_program(script: &Script, next: &Script) -> bool {
    let programs = |script: &Script| -> BTreeSet<String> {
        let commands = script.simple_commands();
        commands.iter().filter_map(|placed| placed.command.name().map(str::to_owned)).collect()
    };
    let (own, later) = (programs(script), programs(next));
    let shared: Vec<&String> = own.intersection(&later).filter(|name| !name.contains('/')).collect();
    let named = |word: &str| {
        let base = word.rsplit('/').next().unwrap_or(word);
        let base = base.split(['=', '@', '<', '>', '~', '!', '[']).next().unwrap_or(base);
        shared.iter().any(|name| {
            name.as_str() == base
                || name.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.') == base
        })
    };
    script
        .simple_commands()
        .iter()
        .any(|placed| placed.command.words.iter().skip(1).filter_map(Word::literal).any(named))
}
