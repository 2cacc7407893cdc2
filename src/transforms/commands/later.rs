//! Whether a later command of the build needs the lists that a package manager has fetched.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::Run;
use crate::shell::{Action, Manager, Placed, Role};
use crate::syntax::Keyword;
use crate::transforms::Input;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    manager: Vec<Row>,
    scripts: Scripts,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    manager: Manager,
    words: Vec<String>,
    tools: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scripts {
    shells: BTreeSet<String>,
    harmless: BTreeSet<String>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    toml::from_str(include_str!("lists.toml")).expect("the table is part of the program and tested")
});

/// Why something later needs the lists of a package manager, in words.
pub(in crate::transforms) enum Need {
    /// It installs from them, and fails without.
    Certain(String),
    /// It may.
    Possible(String),
}

/// What is built or started after a RUN, in its stage or one built on it, and needs the lists of a package manager.
pub(in crate::transforms) fn later_need(run: &Run<'_>, manager: Manager) -> Option<Need> {
    let row = TABLES.manager.iter().find(|row| row.manager == manager)?;
    let readers = later(run).into_iter().map(|index| Reader { input: run.input, row, index });
    let mut possible = None;
    for reader in readers {
        if let Some(why) = reader.installs() {
            return Some(Need::Certain(why));
        }
        possible = possible.or_else(|| reader.need().map(Need::Possible));
    }
    possible
}

/// The RUNs that run after this one, in its stage and those built on it, as far as they are understood.
pub(in crate::transforms) fn later_runs<'a>(run: &Run<'a>) -> Vec<Run<'a>> {
    later(run).into_iter().filter_map(|index| Run::of(run.input, index)).collect()
}

/// The instructions that come after a RUN, in its stage and those built on it.
fn later(run: &Run<'_>) -> Vec<usize> {
    let (model, Some(stage)) = (run.input.model, run.stage()) else { return Vec::new() };
    let stages = (0..model.stages.len()).filter(|other| model.lineage(*other).contains(&stage));
    let indexes = stages.flat_map(|stage| model.stages[stage].instructions.clone());
    indexes.filter(|index| *index > run.index).collect()
}

struct Reader<'a> {
    input: &'a Input<'a>,
    row: &'static Row,
    index: usize,
}

impl Reader<'_> {
    fn need(&self) -> Option<String> {
        let instruction = &self.input.document.instructions[self.index];
        let line = instruction.lines.0;
        match instruction.keyword {
            Keyword::Run => self.of_run(),
            Keyword::Cmd | Keyword::Entrypoint | Keyword::Onbuild | Keyword::Healthcheck => {
                let text = instruction.text(instruction.rest);
                self.names_manager(text).then(|| format!("line {line} runs the package manager, too"))
            }
            // Whoever copies the lists themselves means to have them.
            Keyword::Copy => instruction
                .text(instruction.rest)
                .contains("/var/lib/apt")
                .then(|| format!("line {line} copies the lists")),
            _ => None,
        }
    }

    /// An install of a later RUN that surely runs, before that RUN has fetched lists of its own.
    fn installs(&self) -> Option<String> {
        let run = Run::of(self.input, self.index).filter(|run| !run.is_trigger())?;
        let commands = run.commands();
        let first = commands.iter().take_while(|placed| !self.updates(placed)).find(|placed| {
            let install = placed.command.install().filter(|_| !placed.calls_function);
            install.is_some_and(|install| {
                install.manager == self.row.manager
                    && install.action == Action::Install
                    && !install.has(Role::NoCache)
            }) && placed.guards.must_succeed()
                && self.row.manager == Manager::Apt
        })?;
        let text: String = run.text(first.command.span).chars().take(40).collect();
        Some(format!("`{text}` of line {} needs the lists", run.instruction.lines.0))
    }

    fn of_run(&self) -> Option<String> {
        let instruction = &self.input.document.instructions[self.index];
        let line = instruction.lines.0;
        let Some(run) = Run::of(self.input, self.index) else {
            let source = self.input.document.text();
            let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(source));
            let mut texts = std::iter::once(instruction.joined.text()).chain(bodies);
            let suspect =
                |text: &str| self.names_manager(text) || text.contains(".sh") || text.contains("bash");
            return texts.any(suspect).then(|| format!("line {line} is not understood"));
        };
        let mut updated = false;
        let opaque = run.script().is_some_and(crate::shell::Script::has_opaque_part);
        for placed in run.commands() {
            if !updated && let Some(why) = self.of_command(&run, &placed) {
                return Some(format!("{why} of line {line} needs the lists, or may need them"));
            }
            updated |= self.updates(&placed);
        }
        (opaque && !updated).then(|| format!("line {line} is not understood"))
    }

    fn updates(&self, placed: &Placed<'_>) -> bool {
        let install = placed.command.install();
        install.is_some_and(|install| {
            install.manager == self.row.manager
                && install.action == Action::Update
                && placed.guards.must_succeed()
        })
    }

    /// What of a command needs the lists, in words.
    fn of_command(&self, run: &Run<'_>, placed: &Placed<'_>) -> Option<String> {
        if placed.calls_function {
            return None;
        }
        if let Some(install) = placed.command.install() {
            // apk fetches its lists itself.
            let needless = match install.action {
                Action::Update | Action::Remove | Action::Clean => true,
                Action::Install => install.manager == Manager::Apk,
                _ => false,
            };
            let fetches = install.manager == self.row.manager && !needless && !install.has(Role::NoCache);
            return fetches.then(|| {
                format!("`{}`", run.text(placed.command.span).chars().take(40).collect::<String>())
            });
        }
        if let Some(script) = placed.command.inner_script() {
            let text = run.text(script.span);
            let fetches = self.names_manager(text) && !text.contains("update");
            return (fetches || script.has_expansion()).then(|| "a script in a script".to_owned());
        }
        let Some(effective) = placed.command.effective() else {
            // Options of a wrapper that are not known, or a program that the shell works out.
            let text = run.text(placed.command.span);
            return self.names_manager(text).then(|| "a command".to_owned());
        };
        let program = effective.words.first()?;
        let Some(written) = program.literal() else { return Some(format!("`{}`", run.text(program.span))) };
        let name = written.rsplit('/').next().unwrap_or(written);
        if self.row.tools.contains(name) {
            return Some(format!("`{name}`"));
        }
        if name == "make" && self.make_fetches() {
            return Some("`make`".to_owned());
        }
        if TABLES.scripts.shells.contains(name) {
            let mut arguments = effective.words.iter().skip(1);
            let script = arguments.find(|word| !word.literal().is_some_and(|text| text.starts_with('-')))?;
            let Some(path) = script.literal() else { return Some(format!("`{name}`")) };
            return self.script_fetches(path).then(|| format!("`{path}`"));
        }
        (written.contains('/') && self.script_fetches(written)).then(|| format!("`{written}`"))
    }

    fn names_manager(&self, text: &str) -> bool {
        let mut words = text.split(|letter: char| !(letter.is_alphanumeric() || "-_.".contains(letter)));
        words.any(|word| self.row.words.iter().any(|name| name == word) || self.row.tools.contains(word))
    }

    /// Whether a script uses the package manager without fetching lists of its own. A script of the project is read;
    /// one that is not there may do anything, unless its name says what it is.
    fn script_fetches(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if TABLES.scripts.harmless.contains(name) {
            return false;
        }
        let project = self.input.project;
        let mut found =
            project.files().filter(|entry| entry.path.rsplit('/').next() == Some(name)).peekable();
        if found.peek().is_none() {
            let is_binary = path.starts_with('/') && !name.contains('.');
            return !is_binary;
        }
        found.any(|entry| project.read(&entry.path).is_none_or(|text| self.text_fetches(&text)))
    }

    fn text_fetches(&self, text: &str) -> bool {
        self.names_manager(text) && !text.contains("update")
    }

    fn make_fetches(&self) -> bool {
        let project = self.input.project;
        let mut files = project.files().filter(|entry| {
            let name = entry.path.rsplit('/').next().unwrap_or_default();
            matches!(name, "Makefile" | "makefile" | "GNUmakefile") || name.ends_with(".mk")
        });
        files.any(|entry| project.read(&entry.path).is_some_and(|text| self.text_fetches(&text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_manager_has_its_words() {
        assert!(TABLES.manager.iter().all(|row| !row.words.is_empty()));
        assert!(!TABLES.scripts.shells.is_empty() && !TABLES.scripts.harmless.is_empty());
    }
}
