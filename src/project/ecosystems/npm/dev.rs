//! Whether something that runs after the install needs the packages that `--omit=dev` leaves out.

use super::Package;
use super::Tool;
use super::scripts::Run;
use super::sync;
use super::tables::{Modules, program};
use crate::project::paths::join;
use crate::project::{EntryKind, Project};

/// Whether dev dependencies are needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DevNeed {
    /// Not by the programs that are run. The files that Node starts with, as paths of the context, are left to look
    /// at: what they import must not be a dev dependency either.
    No {
        /// Those files; empty also where there is no dev dependency at all.
        entries: Vec<String>,
    },
    /// Some program comes from one; which, and where it is run.
    Yes(String),
    /// It cannot be told, and why.
    Unproven(String),
}

/// Flags of Node that take no value, beside those with `=`.
const NODE_FLAGS: &[&str] = &[
    "--enable-source-maps",
    "--no-warnings",
    "--no-deprecation",
    "--trace-warnings",
    "--trace-deprecation",
    "--throw-deprecation",
    "--expose-gc",
    "--inspect",
    "--inspect-brk",
    "--unhandled-rejections",
    "--experimental-json-modules",
    "--experimental-modules",
    "--experimental-vm-modules",
    "--preserve-symlinks",
    "--use-openssl-ca",
    "--abort-on-uncaught-exception",
    "--watch",
    "--no-experimental-fetch",
    "--harmony",
];

/// Flags of Node that load a module first.
const NODE_LOADERS: &[&str] = &["-r", "--require", "--import", "--loader", "--experimental-loader"];

enum Problem {
    Needs(String),
    Unknown(String),
}

impl Package {
    /// Whether a command that runs later, or a lifecycle script of the install itself, needs a dev dependency.
    ///
    /// Each command is its program and arguments, known word for word: what RUN runs after the install, and what
    /// starts the container.
    pub fn needs_dev(&self, project: &Project, commands: &[Vec<String>]) -> DevNeed {
        let Some(lock) = self.lock() else {
            return match self.manifest.dev_dependencies.is_empty() {
                true => DevNeed::No { entries: Vec::new() },
                false => {
                    DevNeed::Unproven("without a lock it is not known what dev dependencies bring".to_owned())
                }
            };
        };
        if lock.dev_only().is_empty() {
            return DevNeed::No { entries: Vec::new() };
        }
        if lock.version == 1 {
            return DevNeed::Unproven(format!(
                "`{}` of version 1 does not say which programs packages bring",
                lock.path
            ));
        }
        if let Some((kept, wanted)) = sync::wants_dev(lock) {
            let text = format!("`{kept}` stays and may load `{wanted}`, a dev dependency (`{}`)", lock.path);
            return DevNeed::Unproven(text);
        }
        let asked = commands.iter().map(|command| self.runs(project, command));
        let lifecycle = self
            .lifecycle_of(&Tool::Npm.lifecycle())
            .into_iter()
            .map(|script| self.script_runs(project, script));
        let mut entries = Vec::new();
        let mut unknown = None;
        for runs in asked.chain(lifecycle) {
            let runs = match runs {
                Ok(runs) => runs,
                Err(why) => {
                    unknown.get_or_insert(why);
                    continue;
                }
            };
            for run in &runs {
                match self.run_needs(project, run, &mut entries) {
                    // One need settles it, whatever else is not known.
                    Err(Problem::Needs(what)) => return DevNeed::Yes(what),
                    Err(Problem::Unknown(why)) => {
                        unknown.get_or_insert(why);
                    }
                    Ok(()) => {}
                }
            }
        }
        unknown.map_or(DevNeed::No { entries }, DevNeed::Unproven)
    }

    fn run_needs(&self, project: &Project, run: &Run, entries: &mut Vec<String>) -> Result<(), Problem> {
        let Some(first) = run.words.first() else { return Ok(()) };
        let place = run.at.as_ref().map_or(String::new(), |at| format!(" ({at})"));
        let name = first.strip_prefix("./").unwrap_or(first);
        let name = name.strip_prefix("node_modules/.bin/").unwrap_or(name);
        if name == "node" || name == "nodejs" {
            return self.node_needs(project, &run.words[1..], &place, entries);
        }
        let providers = self.lock().map(|lock| lock.providers(name)).unwrap_or_default();
        if let Some((package, _)) = providers.iter().find(|(_, dev)| *dev) {
            let text = format!("`{name}` comes from `{package}`, a dev dependency{place}");
            return Err(Problem::Needs(text));
        }
        let mut words = run.words.clone();
        words[0] = name.to_owned();
        if name == "npm" && runs_no_script(&words) {
            return Ok(());
        }
        match program(&words) {
            Some(program) if program.modules == Modules::None => Ok(()),
            _ => Err(Problem::Unknown(format!("it is not known which packages `{name}` loads{place}"))),
        }
    }

    /// `node [flags] file [arguments]`.
    fn node_needs(
        &self,
        project: &Project,
        words: &[String],
        place: &str,
        entries: &mut Vec<String>,
    ) -> Result<(), Problem> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (flag, attached) =
                word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
            if NODE_LOADERS.contains(&flag) {
                let module = attached.or_else(|| words.next().map(String::as_str)).unwrap_or_default();
                self.loads(project, module, place, entries)?;
            } else if !word.starts_with('-') {
                return self.enters(project, word, place, entries);
            } else if !(attached.is_some() || NODE_FLAGS.contains(&flag)) {
                return Err(Problem::Unknown(format!("`{flag}` of node is not known{place}")));
            }
        }
        Err(Problem::Unknown(format!("node runs no file{place}")))
    }

    /// A module that is loaded by name or path.
    fn loads(
        &self,
        project: &Project,
        module: &str,
        place: &str,
        entries: &mut Vec<String>,
    ) -> Result<(), Problem> {
        if module.starts_with(['.', '/']) {
            return self.enters(project, module, place, entries);
        }
        self.package_needed(package_of(module), place)
    }

    fn package_needed(&self, package: &str, place: &str) -> Result<(), Problem> {
        let dev = self.lock().is_some_and(|lock| lock.dev_only().contains(package));
        if dev {
            Err(Problem::Needs(format!("`{package}` is a dev dependency{place}")))
        } else {
            Err(Problem::Unknown(format!("it is not known which packages `{package}` loads{place}")))
        }
    }

    /// A file that Node starts with.
    fn enters(
        &self,
        project: &Project,
        file: &str,
        place: &str,
        entries: &mut Vec<String>,
    ) -> Result<(), Problem> {
        let trimmed = file.strip_prefix("./").unwrap_or(file);
        if let Some(inner) = trimmed.strip_prefix("node_modules/") {
            return self.package_needed(package_of(inner), place);
        }
        let file = match (trimmed, &self.manifest.main) {
            ("." | "", Some(main)) => main.as_str(),
            _ => trimmed,
        };
        let found = self.entry_file(project, file).ok_or_else(|| {
            Problem::Unknown(format!(
                "`{file}` is not in the build context, so what it imports is not known{place}"
            ))
        })?;
        if !entries.contains(&found) {
            entries.push(found);
        }
        Ok(())
    }

    /// The file of the context that Node takes for a path; an absolute one would have to be mapped by the caller.
    fn entry_file(&self, project: &Project, file: &str) -> Option<String> {
        if file.starts_with('/') {
            return None;
        }
        ["", ".js", ".cjs", ".mjs", "/index.js"].into_iter().find_map(|ending| {
            let path = join(&self.folder, &format!("{file}{ending}"))?;
            let kind = project.entry(&path).map(|entry| &entry.kind);
            matches!(kind, Some(EntryKind::File { .. })).then_some(path)
        })
    }
}

/// npm's subcommands that neither run scripts of the project nor load packages of it.
fn runs_no_script(words: &[String]) -> bool {
    let subcommand = words.get(1).map(String::as_str).unwrap_or_default();
    let is_global =
        words.iter().any(|word| word == "-g" || word == "--global" || word == "--location=global");
    match subcommand {
        "config" | "cache" | "-v" | "--version" | "version" => true,
        "install" | "i" | "add" | "update" | "uninstall" => is_global,
        _ => false,
    }
}

/// The package of a module path: `a/register` → `a`, `@s/a/b` → `@s/a`.
pub(super) fn package_of(module: &str) -> &str {
    let parts = if module.starts_with('@') { 2 } else { 1 };
    let end = module.match_indices('/').nth(parts - 1).map_or(module.len(), |(at, _)| at);
    &module[..end]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::read;

    const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
        "": {"dependencies": {"express": "4"}, "devDependencies": {"typescript": "5", "nodemon": "3"}},
        "node_modules/express": {"version": "4.0.0"},
        "node_modules/serve": {"version": "1.0.0", "bin": {"serve": "x.js"}},
        "node_modules/typescript": {"version": "5.0.0", "dev": true, "bin": {"tsc": "bin/tsc"}},
        "node_modules/ts-node": {"version": "5.0.0", "dev": true}}}"#;

    fn need(manifest: &str, command: &str) -> DevNeed {
        let project = Project::in_memory([
            ("package.json", manifest),
            ("package-lock.json", LOCK),
            ("server.js", ""),
            ("lib/index.js", ""),
        ]);
        let package = read(&project, "").expect("there").expect("readable");
        package.needs_dev(&project, &[command.split(' ').map(str::to_owned).collect()])
    }

    #[test]
    fn a_node_entry_is_left_to_be_looked_at() {
        let start = r#"{"scripts": {"start": "node --enable-source-maps server"}}"#;
        assert_eq!(need(start, "npm start"), DevNeed::No { entries: vec!["server.js".to_owned()] });
        assert_eq!(
            need(r#"{"main": "lib"}"#, "node ."),
            DevNeed::No { entries: vec!["lib/index.js".to_owned()] }
        );
    }

    #[test]
    fn a_program_of_a_dev_dependency_is_needed() {
        let manifest = "{\"scripts\": {\n\"build\": \"tsc\"}}";
        let expected = "`tsc` comes from `typescript`, a dev dependency (package.json:2)";
        assert_eq!(need(manifest, "npm run build"), DevNeed::Yes(expected.to_owned()));
        assert!(matches!(need("{}", "node_modules/.bin/tsc"), DevNeed::Yes(_)));
        assert!(matches!(need("{}", "node -r ts-node/register server.js"), DevNeed::Yes(_)));
        assert!(matches!(need("{}", "node node_modules/typescript/bin/tsc"), DevNeed::Yes(_)));
    }

    #[test]
    fn lifecycle_scripts_of_the_install_count() {
        assert!(matches!(need(r#"{"scripts": {"prepare": "tsc"}}"#, "node server.js"), DevNeed::Yes(_)));
    }

    #[test]
    fn what_is_not_known_is_not_proven() {
        for command in
            ["serve dist", "vite build", "node dist/main.js", "node -e x", "npm run none", "npm install"]
        {
            assert!(matches!(need("{}", command), DevNeed::Unproven(_)), "{command}");
        }
    }

    #[test]
    fn without_dev_dependencies_nothing_is_needed() {
        let project = Project::in_memory([("package.json", r#"{"dependencies": {"a": "1"}}"#)]);
        let package = read(&project, "").expect("there").expect("readable");
        let commands = [vec!["npm".to_owned(), "start".to_owned()]];
        assert_eq!(package.needs_dev(&project, &commands), DevNeed::No { entries: Vec::new() });
    }
}
