//! NR3: programs of which a table says what they write, and the code of the project that they run.

use super::chosen::Demands;
use super::program::{Tool, tool};
use super::writes::{self, Placement, SAY_WRITABLE, push};
use crate::images::Facts;
use crate::project::EntryKind;
use crate::project::sources::{Entry, Language, Scope, Sources};
use crate::shell;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Program, Shipped, join};

/// What Next.js makes of a project where `output` is `standalone`: a server that is copied out of there.
const STANDALONE: &str = "/.next/standalone/server.js";

/// A known program with the project that it runs.
pub(super) struct Started<'a> {
    pub(super) shipped: &'a Shipped<'a>,
    pub(super) facts: &'a Facts,
    pub(super) program: &'a Program,
    pub(super) tool: &'static Tool,
    /// The project's folder in the context, where it is not what stands in the working folder.
    pub(super) folder: Option<String>,
}

/// The table's entry for a program: by its name, or by where its file was made.
pub(super) fn of(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
) -> Option<(&'static Tool, Option<String>)> {
    if let Some(tool) = tool(program.name()) {
        return Some((tool, None));
    }
    let Some(shell::Entry::File(path)) = &program.start.entry else { return None };
    let path = join(&shipped.workdir(facts.workdir)?, path);
    let (stage, made) = shipped.made_in(&path, facts.workdir)?;
    let project = made.strip_suffix(STANDALONE)?;
    let folder =
        shipped.context_folder(stage, if project.is_empty() { "/" } else { project }, facts.workdir)?;
    Some((tool("next")?, Some(folder)))
}

/// Demands the folders that a known program writes, where the project does not make it do more.
pub(super) fn check(started: &Started<'_>, demands: &mut Demands, checks: &mut Checks) {
    let tool = started.tool;
    let name = started.program.name();
    if let Some(why) = started.refused() {
        return checks.misses("NR3", why, SAY_WRITABLE);
    }
    if !tool.runs.is_empty() {
        let mut code = Checks::default();
        started.code(demands, &mut code);
        let is_proven = code.all_hold();
        checks.join(code);
        if !is_proven {
            return;
        }
    }
    if tool.writes.is_empty() {
        return checks.holds("NR3", format!("`{name}` writes no file"));
    }
    let Some(base) = started.shipped.workdir(started.facts.workdir) else {
        return checks.misses("NR3", "the working folder is not known", SAY_WRITABLE);
    };
    for folder in &tool.writes {
        push(&mut demands.whole, &join(&base, folder));
    }
    if tool.beside {
        push(&mut demands.themselves, &base);
    }
    checks.holds(
        "NR3",
        format!("`{name}` writes to `{}` alone, which the user gets", tool.writes.join("`, `")),
    );
}

impl Started<'_> {
    /// Why what the table says does not hold for this command line and project.
    fn refused(&self) -> Option<String> {
        let (program, tool) = (self.program, self.tool);
        let name = program.name();
        let command = program.start.command.as_deref().unwrap_or_default();
        let is_standalone = self.folder.is_some();
        if !tool.commands.is_empty() && !is_standalone && !tool.commands.iter().any(|known| known == command)
        {
            return Some(format!("it is not known what `{}` writes", program.argv.join(" ")));
        }
        let options = &program.argv[program.start.program + 1..];
        let told = |word: &String| matches!(word.split('=').next(), Some("-c" | "--config" | "--outDir"));
        if !tool.runs.is_empty() && (!program.start.unknown.is_empty() || options.iter().any(told)) {
            return Some(format!("`{}` has options that are not known", program.argv.join(" ")));
        }
        let file = tool.unless.iter().find(|file| writes::names(self.shipped, self.facts, file))?;
        Some(format!("`{name}` does more than it would without `{file}`"))
    }

    /// What the project's own code does that the program runs.
    fn code(&self, demands: &mut Demands, checks: &mut Checks) {
        let shipped = self.shipped;
        let folder = self.folder.clone().or_else(|| shipped.context_workdir(self.facts));
        let Some(folder) = folder else {
            let text = "the working folder is not copied from the build context";
            return checks.misses("NR3", text, SAY_WRITABLE);
        };
        let mut entries = Vec::new();
        for name in &self.tool.runs {
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            entries.extend(self.entries(&path));
        }
        if let Some(why) = entries.iter().find_map(|path| self.moved(path, &folder)) {
            return checks.misses("NR3", why, SAY_WRITABLE);
        }
        if entries.is_empty() {
            return;
        }
        let entries = entries.into_iter().map(Entry::Script).collect();
        let scope = Scope { language: Language::JavaScript, entries, built: Vec::new() };
        let sources = Sources::read(shipped.input.project, &scope);
        // What runs is a bundle of these, in a folder of its own.
        let place = Placement { shipped, facts: self.facts, is_compiled: true };
        writes::of_sources(&place, &sources, demands, checks);
    }

    /// The code in the folder at a path, or the files there with this stem.
    fn entries(&self, path: &str) -> Vec<String> {
        let project = self.shipped.input.project;
        if project.entry(path).is_some_and(|entry| entry.kind == EntryKind::Directory) {
            let code = project.files_below(path).map(|entry| entry.path.clone());
            return code
                .filter(|path| Language::of_path(path) == Some(Language::JavaScript) && !is_test(path))
                .collect();
        }
        let (folder, stem) = path.rsplit_once('/').unwrap_or(("", path));
        let files = project.folder(folder).filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
        let is_code = |path: &str| Language::of_path(path) == Some(Language::JavaScript);
        let named = files.map(|entry| entry.path.clone()).filter(|file| {
            let name = file.rsplit('/').next().unwrap_or(file);
            name.rsplit_once('.').is_some_and(|(before, _)| before == stem) && is_code(file)
        });
        named.collect()
    }

    /// Why a file or folder of the context is not what the program runs, or makes it write elsewhere.
    fn moved(&self, path: &str, folder: &str) -> Option<String> {
        let shipped = self.shipped;
        let project = shipped.input.project;
        let text = project.read(path).unwrap_or_default();
        if let Some(name) = self.tool.moves.iter().find(|name| text.contains(name.as_str())) {
            return Some(format!("`{name}` of `{path}` may name another folder to write to"));
        }
        if self.folder.is_some() {
            return None;
        }
        let inside = path.strip_prefix(folder)?.trim_start_matches('/');
        let place = join(&shipped.workdir(self.facts.workdir)?, inside);
        let made = || shipped.made_in(&place, self.facts.workdir);
        match shipped.origin(&place, self.facts.workdir) {
            Origin::Context(found) if found == path => None,
            // Bundled in a stage of its own: the settings alone are shipped, or not even these.
            Origin::NotCopied if made().is_some() && self.is_built_from(path) => None,
            _ => Some(format!("`{path}` is not what stands in the image")),
        }
    }

    /// Whether some stage of the file has this path of the context.
    fn is_built_from(&self, path: &str) -> bool {
        let stages = 0..self.shipped.input.model.stages.len();
        let copies = |stage: usize| {
            let shipped = Shipped { input: self.shipped.input, stage };
            shipped.copied(self.facts.workdir).is_some_and(|copied| {
                copied.iter().any(|(_, from)| {
                    from.is_empty()
                        || from == path
                        || path.strip_prefix(from.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
            })
        };
        self.tool.commands.iter().any(|command| command == "start") && stages.into_iter().any(copies)
    }
}

/// Files that their runner alone loads: `a.test.ts`, `__tests__/a.ts`, `a.stories.tsx`, and types without code.
fn is_test(path: &str) -> bool {
    const MARKS: &[&str] = &["test", "tests", "spec", "stories", "cy", "d"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let marked = name.split('.').skip(1).any(|part| MARKS.contains(&part));
    marked || path.split('/').any(|part| matches!(part, "__tests__" | "__mocks__"))
}
