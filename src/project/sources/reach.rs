//! Which files of the project a start command reaches, and which packages from outside they import.
//!
//! Imports are followed from the entries, each language by its own rules. What cannot be followed is noted as a
//! [`Gap`]: then the files reached are not all there are. Knows nothing of what the files do.

mod dependencies;
mod go;
mod handed;
mod javascript;
mod python;

use std::collections::{HashMap, HashSet, VecDeque};

use self::dependencies::dependencies;
use super::code::Code;
use super::facts::{Effect, Facts, facts};
use super::language::Language;
use super::names::{Import, Names};
use super::value::Constants;
use super::{Base, Entry, Gap, GapKind, Scope, Target};
use crate::project::paths::{join, parent};
use crate::project::typescript::Settings;
use crate::project::{EntryKind, Found, Project};

/// How many files are read at most.
const MOST_FILES: usize = 4000;
/// How many bytes of sources are read at most.
const MOST_BYTES: usize = 32 * 1024 * 1024;

pub(super) use self::javascript::is_local;
pub(super) use super::python::Main;

/// A file that is reached, read.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) code: Code,
    pub(super) names: Names,
    pub(super) constants: Constants,
    pub(super) main: Main,
    /// Python: the folder that modules are found from.
    pub(super) root: String,
    /// Names that stand for an object on which routes are registered.
    pub(super) apps: HashSet<String>,
}

/// A module from outside of the project, and where it is imported first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct External {
    pub(super) module: String,
    pub(super) at: String,
}

/// What was reached, as it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reached<'r> {
    pub(super) facts: &'static Facts,
    pub(super) units: &'r [Unit],
    pub(super) externals: &'r [External],
    /// Names of the project's dependencies, those for development too.
    pub(super) dependencies: &'r HashSet<String>,
}

/// What a walk over the imports found.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) language: Language,
    pub(super) facts: &'static Facts,
    pub(super) units: Vec<Unit>,
    pub(super) externals: Vec<External>,
    pub(super) gaps: Vec<Gap>,
    /// Files that settings other than sources name, and that are written.
    pub(super) written: Vec<Found<Target>>,
    dependencies: HashSet<String>,
}

impl Walked {
    pub(super) fn reached(&self) -> Reached<'_> {
        Reached {
            facts: self.facts,
            units: &self.units,
            externals: &self.externals,
            dependencies: &self.dependencies,
        }
    }
}

/// A file to read.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Next {
    path: String,
    main: Main,
    root: String,
}

struct Walk<'p> {
    project: &'p Project,
    scope: &'p Scope,
    facts: &'static Facts,
    queue: VecDeque<Next>,
    seen: HashMap<String, usize>,
    queued: HashSet<Next>,
    units: Vec<Unit>,
    externals: Vec<External>,
    gaps: Vec<Gap>,
    written: Vec<Found<Target>>,
    known_gaps: HashSet<Gap>,
    known_externals: HashSet<String>,
    bytes: usize,
    go_modules: Vec<go::Module>,
    /// How many units have been searched for lists of modules.
    listed: usize,
    /// Places where a text names a module, already followed.
    named: HashSet<(usize, usize)>,
    dependencies: HashSet<String>,
    /// Settings of TypeScript by the folder of the sources that they hold for.
    settings: HashMap<String, Settings>,
}

pub(super) fn reach(project: &Project, scope: &Scope) -> Walked {
    let mut walk = Walk {
        project,
        scope,
        facts: facts(scope.language),
        queue: VecDeque::new(),
        seen: HashMap::new(),
        queued: HashSet::new(),
        units: Vec::new(),
        externals: Vec::new(),
        gaps: Vec::new(),
        written: Vec::new(),
        known_gaps: HashSet::new(),
        known_externals: HashSet::new(),
        bytes: 0,
        go_modules: Vec::new(),
        listed: 0,
        named: HashSet::new(),
        dependencies: dependencies(project, scope),
        settings: HashMap::new(),
    };
    if let Some(reason) = project.tree().truncated() {
        walk.gap(GapKind::TooLarge, "", reason);
    }
    if scope.language == Language::Go {
        walk.go_modules = go::modules(project);
    }
    for entry in &scope.entries {
        walk.enter(entry);
    }
    walk.run();
    match scope.language {
        Language::Python => walk.finish_python(),
        Language::Go => walk.finish_go(),
        Language::JavaScript => {}
    }
    walk.look_for_texts();
    for unit in &mut walk.units {
        unit.apps = apps(unit, walk.facts);
    }
    Walked {
        language: scope.language,
        facts: walk.facts,
        units: walk.units,
        externals: walk.externals,
        gaps: walk.gaps,
        written: walk.written,
        dependencies: walk.dependencies,
    }
}

impl Walk<'_> {
    fn gap(&mut self, kind: GapKind, at: impl Into<String>, what: impl Into<String>) {
        let gap = Gap { kind, at: at.into(), what: what.into() };
        if self.known_gaps.insert(gap.clone()) {
            self.gaps.push(gap);
        }
    }

    fn enter(&mut self, entry: &Entry) {
        match (entry, self.scope.language) {
            (Entry::Script(path), Language::JavaScript) => self.javascript_entry(path),
            (Entry::Script(path), Language::Python) => {
                self.push(path, Main::Program, parent(path));
            }
            (Entry::Script(path), Language::Go) => self.push(path, Main::Program, ""),
            (Entry::Module { name, root, main }, Language::Python) => self.python_entry(name, root, *main),
            (Entry::Package(folder), Language::Go) => self.go_package(folder, ""),
            (Entry::Folder(folder), _) => self.folder(folder, Main::Program),
            (Entry::Module { name, .. } | Entry::Package(name), _) => {
                self.gap(GapKind::MissingFile, name.clone(), "no such entry in this language");
            }
        }
    }

    /// Every source file below a folder.
    fn folder(&mut self, folder: &str, main: Main) {
        let language = self.scope.language;
        let files = self.project.files_below(folder).map(|entry| entry.path.clone());
        let files: Vec<String> = files.filter(|path| Language::of_path(path) == Some(language)).collect();
        for path in files {
            self.push(&path, main, folder);
        }
    }

    fn push(&mut self, path: &str, main: Main, root: &str) {
        let next = Next { path: path.to_owned(), main, root: root.to_owned() };
        if self.queued.insert(next.clone()) {
            self.queue.push_back(next);
        }
    }

    fn run(&mut self) {
        loop {
            while let Some(next) = self.queue.pop_front() {
                self.read(&next);
            }
            let listed =
                self.scope.language == Language::Python && (self.follow_lists() | self.follow_texts());
            if !self.load_all() && !listed {
                break;
            }
        }
    }

    /// Where a module loads files by name, all of the project's files count as reached. Says whether any was new.
    fn load_all(&mut self) -> bool {
        let row = |external: &External| self.facts.module(&external.module).is_some_and(|row| row.loads_all);
        if !self.externals.iter().any(row) {
            return false;
        }
        let before = self.queued.len();
        let root = self.units.first().map_or(String::new(), |unit| unit.root.clone());
        let files = self.project.files_below(&root).map(|entry| entry.path.clone());
        let files: Vec<String> = files
            .filter(|path| Language::of_path(path) == Some(self.scope.language) && !is_test(path))
            .filter(|path| !self.seen.contains_key(path))
            .collect();
        for path in files {
            self.push(&path, Main::Imported, &root);
        }
        self.queued.len() > before
    }

    /// Follows the strings of lists that name modules, as Django's settings hold them. Says whether any was new.
    fn follow_lists(&mut self) -> bool {
        let rows = self.externals.iter().filter_map(|external| self.facts.module(&external.module));
        let lists: HashSet<&str> = rows.flat_map(|row| row.lists.iter().map(String::as_str)).collect();
        if lists.is_empty() {
            return false;
        }
        let before = (self.queued.len(), self.externals.len());
        for unit in self.listed..self.units.len() {
            for import in named_modules(&self.units[unit].code, &lists) {
                self.follow_python(unit, &import);
            }
        }
        self.listed = self.units.len();
        before != (self.queued.len(), self.externals.len())
    }

    fn read(&mut self, next: &Next) {
        if let Some(known) = self.seen.get(&next.path) {
            // Run as the program after all, and not only imported.
            if self.units[*known].main >= next.main {
                return;
            }
            let known = *known;
            let unit = &mut self.units[known];
            unit.main = next.main;
            unit.names = super::python::read(&unit.code, next.main, &HashMap::new());
            return self.follow(known);
        }
        let size = match self.project.entry(&next.path).map(|entry| &entry.kind) {
            Some(EntryKind::File { size }) => *size as usize,
            _ => return self.missing(&next.path, "is not sent to the build"),
        };
        if self.units.len() >= MOST_FILES || self.bytes + size > MOST_BYTES {
            return self.gap(GapKind::TooLarge, "", "more sources than are read");
        }
        self.bytes += size;
        let Some(text) = self.project.read(&next.path) else {
            return self.gap(GapKind::Unreadable, next.path.clone(), "it is no text in UTF-8");
        };
        let code = Code::new(&next.path, text, self.scope.language);
        if let Some((at, what)) = code.fault() {
            self.gap(GapKind::Unreadable, at, what);
        }
        let names = self.names(&code, next.main);
        for obstacle in &names.obstacles {
            let member_of = obstacle.member_of.as_deref();
            if member_of.is_some_and(|module| self.is_no_matter(code.path(), module)) {
                continue;
            }
            self.gap(GapKind::Computed, code.place(obstacle.at), obstacle.what.clone());
        }
        let constants = Constants::of(&code);
        self.seen.insert(next.path.clone(), self.units.len());
        let (main, root) = (next.main, next.root.clone());
        self.units.push(Unit { code, names, constants, main, root, apps: HashSet::new() });
        self.follow(self.units.len() - 1);
    }

    /// Whether no member of a module does anything that is asked about: it is a file of the project, which is looked
    /// through by itself, or a package without effects.
    fn is_no_matter(&mut self, path: &str, module: &str) -> bool {
        let is_clean = |row: &super::facts::Row| row.members.is_empty() && row.otherwise == Effect::Clean;
        self.scope.language == Language::JavaScript
            && (self.find_alias(parent(path), module).is_some()
                || self.facts.module(module).is_some_and(is_clean))
    }

    fn names(&self, code: &Code, main: Main) -> Names {
        match self.scope.language {
            Language::JavaScript => super::javascript::read(code),
            Language::Python => super::python::read(code, main, &HashMap::new()),
            Language::Go => super::golang::read(
                code,
                |path| self.facts.package_name(path),
                |path| self.local_go_folder(path).is_some(),
            ),
        }
    }

    fn follow(&mut self, unit: usize) {
        let imports = self.units[unit].names.imports.clone();
        for import in imports {
            match self.scope.language {
                Language::JavaScript => self.follow_javascript(unit, &import),
                Language::Python => self.follow_python(unit, &import),
                Language::Go => self.follow_go(unit, &import),
            }
        }
    }

    /// Packages whose settings stand in files that are no sources: the absence of a text there is what proves the row.
    fn look_for_texts(&mut self) {
        for external in self.externals.clone() {
            let Some(rule) = self.facts.module(&external.module).and_then(|row| row.unless_text.as_ref())
            else {
                continue;
            };
            let files = self.project.files().filter(|entry| entry.path.ends_with(&rule.suffix));
            let texts: Vec<Option<String>> = files.map(|entry| self.project.read(&entry.path)).collect();
            let clean = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.contains(&rule.text));
            if !texts.is_empty() && texts.iter().all(clean) {
                continue;
            }
            match self.schema(&rule.suffix) {
                Some(written) => self.written.push(written),
                None => self.gap(GapKind::UnknownUse, external.at, external.module),
            }
        }
    }

    /// The database of Prisma in a file that the only schema names: `url = "file:./dev.db"`, from the schema's folder.
    /// Source: prisma.io/docs/orm/overview/databases/sqlite, "Connection details".
    fn schema(&self, suffix: &str) -> Option<Found<Target>> {
        // The constructor may name another one.
        let overrides = |unit: &Unit| {
            let code = &unit.code;
            (0..code.len()).any(|at| code.is_any(at, &["adapter", "datasourceUrl", "datasources"]))
        };
        if self.units.iter().any(overrides) {
            return None;
        }
        let mut files = self.project.files().filter(|entry| entry.path.ends_with(suffix));
        let file = files.next().filter(|_| files.next().is_none())?;
        let text = self.project.read(&file.path)?;
        let mut urls = text.lines().enumerate().filter_map(|(line, text)| {
            let value = text.trim().strip_prefix("url")?.trim_start().strip_prefix('=')?.trim();
            Some((line, value.to_owned()))
        });
        let (line, value) = urls.next().filter(|_| urls.next().is_none())?;
        let path = value.strip_prefix("\"file:")?.strip_suffix('"')?;
        let path = path.split('?').next().filter(|path| !path.is_empty())?;
        let value = match path.strip_prefix('/') {
            Some(rest) => Target { base: Base::Root, path: rest.to_owned(), whole: true, variable: None },
            None => {
                let path = join(parent(&file.path), path)?;
                Target { base: Base::Context, path, whole: true, variable: None }
            }
        };
        Some(Found { value, at: format!("{}:{}", file.path, line + 1) })
    }

    fn external(&mut self, module: &str, at: String) {
        if self.known_externals.insert(module.to_owned()) {
            self.externals.push(External { module: module.to_owned(), at });
        }
    }

    fn missing(&mut self, path: &str, what: &str) {
        self.gap(GapKind::MissingFile, path, what);
    }
}

/// The modules that strings name in lists with one of these names.
fn named_modules(code: &Code, lists: &HashSet<&str>) -> Vec<Import> {
    let mut imports = Vec::new();
    for at in 0..code.len() {
        let named = code.word(at).is_some_and(|name| lists.contains(name));
        if !named || !code.is_any(at + 1, &["=", "+="]) {
            continue;
        }
        let end = super::value::expression_end(code, at + 2);
        for at in at + 2..end {
            let Some(name) = code.string(at) else { continue };
            let (module, member) = match name.rsplit_once('.') {
                Some((module, member)) => (module.to_owned(), Some(member.to_owned())),
                None => (name, None),
            };
            imports.push(Import { module, level: 0, member, at });
        }
    }
    imports
}

/// Tests are run by nobody but their runner, which is not what a start command starts.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.split('/').any(|part| matches!(part, "test" | "tests" | "__tests__" | "node_modules"));
    folder
        || name.split('.').skip(1).any(|part| matches!(part, "spec" | "test" | "e2e-spec" | "d"))
        || name.starts_with("test_")
        || name.ends_with("_test.py")
        || matches!(name, "tests.py" | "conftest.py")
}

/// The names that a file gives to what makes routes.
fn apps(unit: &Unit, facts: &'static Facts) -> HashSet<String> {
    let makes_app = |used: &&super::names::Use| {
        facts.find(&used.target).is_some_and(|(row, member)| {
            row.effects(&member, used.call.is_some()).iter().any(|(effect, _)| *effect == Effect::App)
        })
    };
    let code = &unit.code;
    let name = |used: &super::names::Use| {
        let start = if code.follows(used.at, "new") { used.at - 1 } else { used.at };
        let bound = start.checked_sub(2).filter(|_| code.is_any(start - 1, &["=", ":="]))?;
        // `const app: Express = express()`
        let typed = bound >= 2 && code.is(bound - 1, ":");
        code.word(if typed { bound - 2 } else { bound }).map(str::to_owned)
    };
    unit.names.uses.iter().filter(|used| used.call.is_some()).filter(makes_app).filter_map(name).collect()
}
