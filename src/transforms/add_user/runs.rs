//! RUN lines that make nothing beside the sources but what installs and builds make: all others may have run the program
//! once, as root, and left its files behind (NR3).

use crate::shell::SimpleCommand;
use crate::syntax::Keyword;
use crate::transforms::shipped::Shipped;

/// Programs that run none of the project's own code, or that only install and build.
const QUIET: &[&str] = &[
    ":",
    "[",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "bundle",
    "cd",
    "chmod",
    "chown",
    "composer",
    "corepack",
    "curl",
    "dpkg",
    "echo",
    "exit",
    "export",
    "gem",
    "git",
    "go",
    "groupadd",
    "groupmod",
    "ln",
    "locale-gen",
    "mkdir",
    "npm",
    "pip",
    "pip3",
    "pipenv",
    "pnpm",
    "poetry",
    "printf",
    "rm",
    "sed",
    "set",
    "sleep",
    "tar",
    "test",
    "tsc",
    "true",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "uv",
    "wget",
    "yarn",
];

/// What package managers do without running the project's own code; another first word may be a script.
const MANAGED: &[&str] = &[
    "add", "build", "cache", "ci", "config", "global", "i", "install", "prune", "rebuild", "run", "set",
    "update", "version",
];

/// Subcommands and scripts of those that run the project's own code, so that they may do anything.
const LOUD: &[&str] = &["dlx", "exec", "run", "run-script", "shell", "x"];

/// Scripts of package.json that are what everybody means by them.
const BUILDS: &[&str] = &["build", "compile", "lint", "tsc"];

/// The line of a RUN of the shipped stage that may have made a file of this name; `None` where none has.
pub(super) fn unknown(shipped: &Shipped<'_>, name: &str) -> Option<usize> {
    let runs = shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run);
    let mut loud = runs.map(|index| shipped.instruction(index)).filter(|instruction| {
        let text = instruction.joined.text();
        let Some((_, shell)) = instruction.shell_form() else { return true };
        let parsed = shipped.input.shell.parse(shell);
        let Ok(script) = parsed.as_ref() else { return true };
        let quiet = script.simple_commands().iter().all(|placed| is_quiet(placed.command));
        !instruction.heredocs.is_empty() || script.has_opaque_part() || !quiet || text.contains(name)
    });
    loud.next().map(|instruction| instruction.lines.0)
}

fn is_quiet(command: &SimpleCommand) -> bool {
    let argv = command.argv();
    let Some(Some(first)) = argv.first().copied() else { return argv.is_empty() };
    let mut name = first.rsplit('/').next().unwrap_or(first);
    let mut rest = argv[1..].iter().copied();
    // `python -m pip install`
    if name.starts_with("python") {
        if rest.next().flatten() != Some("-m") {
            return false;
        }
        name = rest.next().flatten().unwrap_or_default();
        return matches!(name, "pip" | "venv" | "ensurepip");
    }
    let mut words = rest.flatten().filter(|word| !word.starts_with('-'));
    let (command, script) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let loud = LOUD.contains(&command) && !(command == "run" && BUILDS.contains(&script));
    let managed =
        !matches!(name, "npm" | "pnpm" | "yarn") || MANAGED.contains(&command) || command.is_empty();
    QUIET.contains(&name) && managed && !loud
}
