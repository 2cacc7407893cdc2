//! RUN lines that make nothing beside the sources but what installs and builds make: all others may have run the program
//! once, as root, and left its files behind (NR3).

use crate::project::EntryKind;
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

/// Tools that scripts of package.json build with, without running what they build.
const COMPILERS: &[&str] = &[
    "babel",
    "cp",
    "cpx",
    "cross-env",
    "del-cli",
    "echo",
    "esbuild",
    "eslint",
    "mkdir",
    "nest",
    "ngc",
    "npm",
    "parcel",
    "prettier",
    "pnpm",
    "rimraf",
    "rm",
    "rollup",
    "swc",
    "tsc",
    "tsc-alias",
    "tsup",
    "webpack",
    "yarn",
];

/// The line of a RUN of the shipped stage that may have made a file of this name; `None` where none has.
pub(super) fn unknown(shipped: &Shipped<'_>, name: &str) -> Option<usize> {
    let runs = shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run);
    let mut loud = runs.map(|index| shipped.instruction(index)).filter(|instruction| {
        let text = instruction.joined.text();
        let Some((_, shell)) = instruction.shell_form() else { return true };
        let parsed = shipped.input.shell.parse(shell);
        let Ok(script) = parsed.as_ref() else { return true };
        let quiet = script.simple_commands().iter().all(|placed| is_quiet(shipped, placed.command));
        !instruction.heredocs.is_empty() || script.has_opaque_part() || !quiet || text.contains(name)
    });
    loud.next().map(|instruction| instruction.lines.0)
}

/// Whether a RUN may make a link of this name.
pub(super) fn links(shipped: &Shipped<'_>, name: &str) -> bool {
    let mut runs = shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run);
    runs.any(|index| {
        let text = shipped.whole_text(index);
        text.split([';', '&', '|', '\n']).any(|command| {
            let mut words = command.split_whitespace();
            words.any(|word| word == "ln") && words.any(|word| word.trim_end_matches('/').ends_with(name))
        })
    })
}

/// Sources larger than this are data.
const MOST_BYTES: u64 = 1 << 20;

/// A folder within `/tmp` that the file makes as root and that the project's sources name, with its line: everybody may
/// make files in `/tmp`, but not in there.
pub(super) fn temporary(shipped: &Shipped<'_>) -> Option<(usize, String)> {
    let project = shipped.input.project;
    let named = |folder: &str| {
        project.files().any(|entry| {
            let is_small = matches!(entry.kind, EntryKind::File { size } if size < MOST_BYTES);
            let is_build = entry.path.contains("Dockerfile") || entry.path.contains("node_modules/");
            is_small && !is_build && project.read(&entry.path).is_some_and(|text| text.contains(folder))
        })
    };
    shipped.instructions().find_map(|index| {
        let instruction = shipped.instruction(index);
        let text = shipped.whole_text(index);
        let makes = match instruction.keyword {
            Keyword::Run => text.contains("mkdir") && !text.contains("chmod") && !text.contains("rm -r"),
            Keyword::Copy | Keyword::Add => {
                instruction.flag("chown").is_none() && instruction.flag("chmod").is_none()
            }
            Keyword::Workdir => true,
            _ => false,
        };
        let mut words = text.split(|letter: char| letter.is_whitespace() || "\"',[]".contains(letter));
        let folder = words.find_map(|word| {
            let name = word.strip_prefix("/tmp/")?.split('/').next().filter(|name| !name.is_empty())?;
            Some(format!("/tmp/{name}"))
        });
        let folder = folder.filter(|folder| makes && named(folder))?;
        Some((instruction.lines.0, folder))
    })
}

fn is_quiet(shipped: &Shipped<'_>, command: &SimpleCommand) -> bool {
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
    let loud = LOUD.contains(&command) && !(command == "run" && only_compiles(shipped, script));
    let managed =
        !matches!(name, "npm" | "pnpm" | "yarn") || MANAGED.contains(&command) || command.is_empty();
    // `yarn build` is a script, too.
    let managed = managed && (name == "npm" || command != "build" || only_compiles(shipped, command));
    QUIET.contains(&name) && managed && !loud
}

/// Whether a script is one of tools that run none of what they compile, in every package.json of the context: a build
/// of pages loads their modules, which may open a database.
fn only_compiles(shipped: &Shipped<'_>, script: &str) -> bool {
    let project = shipped.input.project;
    let manifests = project.files().filter(|entry| {
        entry.path.rsplit('/').next() == Some("package.json") && !entry.path.contains("node_modules/")
    });
    let mut known = false;
    for entry in manifests {
        let Some(text) = project.read(&entry.path) else { return false };
        let Ok(manifest) = serde_json::from_str::<serde_json::Value>(&text) else { return false };
        let own = |prefix: &str| manifest.get("scripts")?.get(format!("{prefix}{script}"))?.as_str();
        for text in ["pre", "", "post"].iter().filter_map(|prefix| own(prefix)) {
            known = true;
            let mut commands = text.split(['&', '|', ';']).map(str::trim).filter(|text| !text.is_empty());
            let compiles = |text: &str| {
                let assigns = |word: &&str| word.contains('=') || *word == "npx" || *word == "cross-env";
                let first = text.split_whitespace().find(|word| !assigns(word));
                first.is_some_and(|word| COMPILERS.contains(&word))
            };
            if !commands.all(compiles) {
                return false;
            }
        }
    }
    known
}
