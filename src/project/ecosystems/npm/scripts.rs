//! What a command runs in the end: `npm start` and its like followed through the scripts of `package.json`.

use super::manifest::Manifest;
use crate::project::paths::join;
use crate::project::{EntryKind, Project};
use crate::shell::{RedirectKind, Script};

/// A program that is run, with every argument known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// Where the script stands that runs it; `None` for the command that was asked about.
    pub at: Option<String>,
}

/// How deep scripts may call each other.
const DEEPEST: usize = 16;

/// npm's subcommands that run the script of the same name.
const NAMED: &[(&str, &str)] =
    &[("start", "start"), ("test", "test"), ("t", "test"), ("tst", "test"), ("stop", "stop")];

/// Commands of Yarn and pnpm that no script of the name takes the place of. Sources: their `--help`.
const COMMANDS: &[&str] = &[
    "add",
    "audit",
    "autoclean",
    "bin",
    "cache",
    "check",
    "config",
    "constraints",
    "create",
    "dedupe",
    "deploy",
    "dlx",
    "env",
    "exec",
    "explain",
    "fetch",
    "generate-lock-entry",
    "global",
    "help",
    "i",
    "import",
    "info",
    "init",
    "install",
    "licenses",
    "link",
    "list",
    "login",
    "logout",
    "node",
    "npm",
    "outdated",
    "owner",
    "pack",
    "patch",
    "plugin",
    "prune",
    "publish",
    "rebuild",
    "remove",
    "rm",
    "root",
    "self-update",
    "server",
    "set",
    "setup",
    "stage",
    "store",
    "tag",
    "team",
    "unlink",
    "unplug",
    "up",
    "update",
    "upgrade",
    "upgrade-interactive",
    "version",
    "versions",
    "why",
    "workspace",
    "workspaces",
];

pub(super) struct Resolver<'a> {
    pub(super) project: &'a Project,
    pub(super) folder: &'a str,
    pub(super) manifest: &'a Manifest,
}

impl Resolver<'_> {
    /// The programs that a command runs, hooks (`prestart`) included, in order; or why that cannot be told.
    pub(super) fn runs(&self, command: &[String]) -> Result<Vec<Run>, String> {
        let mut runs = Vec::new();
        self.follow(command.to_vec(), None, 0, &mut runs)?;
        Ok(runs)
    }

    /// The programs that a script runs, without its hooks: npm runs those of an install by itself.
    pub(super) fn script(&self, name: &str) -> Result<Vec<Run>, String> {
        let mut runs = Vec::new();
        self.body(name, &[], 0, &mut runs)?;
        Ok(runs)
    }

    fn follow(
        &self,
        words: Vec<String>,
        at: Option<&str>,
        depth: usize,
        runs: &mut Vec<Run>,
    ) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("scripts call each other without end".to_owned());
        }
        let run = |words: Vec<String>| Run { words, at: at.map(str::to_owned) };
        let first = words.first().map(String::as_str).unwrap_or_default();
        let inner = match first {
            "npm" => return self.npm(words, at, depth, runs),
            "yarn" | "yarnpkg" | "pnpm" => return self.other_manager(words, at, depth, runs),
            "npx" => wrapped(&words[1..], &["-y", "--yes", "--no-install", "--no", "-q", "--quiet"])?,
            "cross-env" | "cross-env-shell" | "env" => {
                runs.push(run(vec![first.to_owned()]));
                let rest = wrapped(&words[1..], &[])?;
                let program = rest.iter().position(|word| !is_assignment(word)).unwrap_or(rest.len());
                rest[program..].to_vec()
            }
            _ => {
                runs.push(run(words));
                return Ok(());
            }
        };
        if inner.is_empty() { Ok(()) } else { self.follow(inner, at, depth + 1, runs) }
    }

    fn npm(
        &self,
        words: Vec<String>,
        at: Option<&str>,
        depth: usize,
        runs: &mut Vec<Run>,
    ) -> Result<(), String> {
        let quiet = |word: &&String| matches!(word.as_str(), "-s" | "--silent" | "-q" | "--quiet");
        let arguments: Vec<&String> = words[1..].iter().skip_while(quiet).collect();
        let subcommand = arguments.first().map(|word| word.as_str()).unwrap_or_default();
        let (name, rest) = match subcommand {
            "run" | "run-script" | "rum" | "urn" => {
                let rest: Vec<&String> = arguments[1..].iter().copied().skip_while(quiet).collect();
                let name = rest.first().ok_or("`npm run` names no script")?;
                (name.as_str(), rest[1..].to_vec())
            }
            "exec" | "x" => {
                let inner: Vec<String> = arguments[1..].iter().map(|word| (*word).clone()).collect();
                let inner = wrapped(&inner, &["-y", "--yes", "--no", "--"])?;
                return self.follow(inner, at, depth + 1, runs);
            }
            _ => match NAMED.iter().find(|(command, _)| *command == subcommand) {
                Some((_, name)) => (*name, arguments[1..].to_vec()),
                None => {
                    runs.push(Run { words, at: at.map(str::to_owned) });
                    return Ok(());
                }
            },
        };
        let (appended, optional) = script_arguments(&rest)?;
        self.named(name, &appended, optional, depth, runs)
    }

    /// Yarn and pnpm: a first word that is none of their commands is a script, and all that follows it goes there.
    fn other_manager(
        &self,
        words: Vec<String>,
        at: Option<&str>,
        depth: usize,
        runs: &mut Vec<Run>,
    ) -> Result<(), String> {
        let quiet = |word: &&String| matches!(word.as_str(), "-s" | "--silent");
        let arguments: Vec<&String> = words[1..].iter().skip_while(quiet).collect();
        let (asks, arguments) = match arguments.split_first() {
            Some((command, rest)) if *command == "run" => (true, rest),
            _ => (false, &arguments[..]),
        };
        let Some((name, rest)) = arguments.split_first() else {
            runs.push(Run { words, at: at.map(str::to_owned) });
            return Ok(());
        };
        let is_script = self.manifest.scripts.contains_key(name.as_str());
        let is_command = COMMANDS.contains(&name.as_str());
        if name.starts_with('-') || !is_script || is_command && !asks {
            runs.push(Run { words, at: at.map(str::to_owned) });
            return Ok(());
        }
        if rest.iter().any(|word| *word == "--") {
            return Err(format!("what becomes of `--` depends on the version of `{}`", words[0]));
        }
        let appended: Vec<String> = rest.iter().map(|word| (*word).clone()).collect();
        self.named(name, &appended, false, depth, runs)
    }

    /// The script of a name with its hooks, arguments going to the script itself.
    fn named(
        &self,
        name: &str,
        appended: &[String],
        optional: bool,
        depth: usize,
        runs: &mut Vec<Run>,
    ) -> Result<(), String> {
        if name.starts_with('-') {
            return Err(format!("`{name}` of `npm run` is not known"));
        }
        if !self.manifest.scripts.contains_key(name) {
            return match name {
                _ if optional => Ok(()),
                "start" if self.has_file("server.js") => {
                    let words = ["node", "server.js"].map(str::to_owned).into_iter().chain(appended.to_vec());
                    runs.push(Run { words: words.collect(), at: None });
                    Ok(())
                }
                _ => Err(format!("there is no script `{name}` in `{}`", self.manifest.path)),
            };
        }
        for hook in [format!("pre{name}"), name.to_owned(), format!("post{name}")] {
            if self.manifest.scripts.contains_key(&hook) {
                self.body(&hook, if hook == name { appended } else { &[] }, depth, runs)?;
            }
        }
        Ok(())
    }

    fn body(&self, name: &str, appended: &[String], depth: usize, runs: &mut Vec<Run>) -> Result<(), String> {
        let script = &self.manifest.scripts[name];
        let mut commands =
            commands(&script.value).map_err(|why| format!("script `{name}` {why} ({})", script.at))?;
        if !appended.is_empty() {
            let [only] = commands.as_mut_slice() else {
                return Err(format!("arguments go to the last of several commands ({})", script.at));
            };
            only.extend_from_slice(appended);
        }
        for command in commands {
            self.follow(command, Some(&script.at), depth + 1, runs)?;
        }
        Ok(())
    }

    fn has_file(&self, name: &str) -> bool {
        let entry = join(self.folder, name).and_then(|path| self.project.entry(&path).cloned());
        entry.is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. }))
    }
}

/// What follows a wrapper's own flags; another flag than those may take a value, so it is not passed over.
fn wrapped(words: &[String], flags: &[&str]) -> Result<Vec<String>, String> {
    let start = words.iter().position(|word| !flags.contains(&word.as_str())).unwrap_or(words.len());
    match words.get(start) {
        Some(flag) if flag.starts_with('-') => Err(format!("`{flag}` of a wrapper is not known")),
        _ => Ok(words[start..].to_vec()),
    }
}

fn is_assignment(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// The arguments that npm hands to a script, and whether the script may be missing (`--if-present`).
fn script_arguments(words: &[&String]) -> Result<(Vec<String>, bool), String> {
    let mut appended = Vec::new();
    let mut optional = false;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--" => {
                appended.extend(words.map(|word| (*word).clone()));
                break;
            }
            "--if-present" => optional = true,
            "-s" | "--silent" | "-q" | "--quiet" => {}
            flag if flag.starts_with('-') => return Err(format!("`{flag}` of `npm run` is not known")),
            _ => appended.push((*word).clone()),
        }
    }
    Ok((appended, optional))
}

/// Every command of a script's body, whether or not it always runs; or why they cannot be listed.
pub(super) fn commands(body: &str) -> Result<Vec<Vec<String>>, String> {
    let script = Script::parse(body).map_err(|error| error.to_string())?;
    if script.has_opaque_part() {
        return Err("has a substitution that cannot be looked into".to_owned());
    }
    let mut commands = Vec::new();
    for placed in script.simple_commands() {
        let reads = placed
            .command
            .redirects
            .iter()
            .any(|redirect| matches!(redirect.kind, RedirectKind::Read | RedirectKind::ReadWrite));
        if reads {
            return Err("reads a file by a redirection".to_owned());
        }
        let words: Option<Vec<String>> =
            placed.command.words.iter().map(|word| word.literal().map(str::to_owned)).collect();
        match words {
            Some(words) if words.is_empty() => {}
            Some(words) => commands.push(words),
            None => return Err("has words that the shell works out".to_owned()),
        }
    }
    Ok(commands)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(manifest: &str, command: &str) -> Result<Vec<String>, String> {
        let manifest = Manifest::parse("package.json", manifest).expect("readable");
        let project = Project::in_memory([("server.js", "")]);
        let resolver = Resolver { project: &project, folder: "", manifest: &manifest };
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        let runs = resolver.runs(&words)?;
        Ok(runs.into_iter().map(|run| run.words.join(" ")).collect())
    }

    #[test]
    fn hooks_run_around_a_script() {
        let manifest = r#"{"scripts": {"prebuild": "rimraf dist", "build": "tsc -p . && npm run copy",
            "copy": "cp a b", "postbuild": "echo done"}}"#;
        let all = runs(manifest, "npm run build").expect("known");
        assert_eq!(all, ["rimraf dist", "tsc -p .", "cp a b", "echo done"]);
    }

    #[test]
    fn start_without_a_script_runs_the_server() {
        assert_eq!(runs("{}", "npm start").expect("known"), ["node server.js"]);
        assert!(runs("{}", "npm run build").is_err());
        assert!(runs("{}", "npm run build --if-present").expect("known").is_empty());
    }

    #[test]
    fn arguments_go_to_the_only_command() {
        let manifest = r#"{"scripts": {"start": "node .", "two": "a && b"}}"#;
        assert_eq!(runs(manifest, "npm start -- --port 1").expect("known"), ["node . --port 1"]);
        assert!(runs(manifest, "npm run two -- x").is_err());
    }

    #[test]
    fn wrappers_are_looked_through() {
        let manifest = r#"{"scripts": {"start": "cross-env NODE_ENV=production npx -y serve dist"}}"#;
        assert_eq!(runs(manifest, "npm start").expect("known"), ["cross-env", "serve dist"]);
        assert!(runs("{}", "npx -p x y").is_err());
    }

    #[test]
    fn what_the_shell_works_out_is_not_guessed() {
        for body in ["node $FILE", "rm *.js", "a < b", "a $(b)", "if"] {
            let manifest = format!(r#"{{"scripts": {{"start": "{body}"}}}}"#);
            assert!(runs(&manifest, "npm start").is_err(), "{body}");
        }
    }

    #[test]
    fn yarn_and_pnpm_take_a_script_by_its_name() {
        let manifest = r#"{"scripts": {"dev": "vite", "prestart": "x", "start": "node .", "add": "y"}}"#;
        assert_eq!(runs(manifest, "pnpm run dev --host").expect("known"), ["vite --host"]);
        assert_eq!(runs(manifest, "pnpm dev").expect("known"), ["vite"]);
        assert_eq!(runs(manifest, "yarn -s start").expect("known"), ["x", "node ."]);
        // A command of theirs comes first, and so do options of which nothing is known.
        assert_eq!(runs(manifest, "yarn add").expect("known"), ["yarn add"]);
        assert_eq!(runs(manifest, "yarn run add").expect("known"), ["y"]);
        assert_eq!(runs(manifest, "pnpm -r dev").expect("known"), ["pnpm -r dev"]);
        assert_eq!(runs(manifest, "yarn next start").expect("known"), ["yarn next start"]);
        assert!(runs(manifest, "pnpm dev -- --host").is_err());
    }

    #[test]
    fn a_circle_ends() {
        assert!(runs(r#"{"scripts": {"a": "npm run a"}}"#, "npm run a").is_err());
    }
}
