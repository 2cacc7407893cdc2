//! How Python finds the module that an import names, and what names mean that one file takes from another.

use std::collections::HashMap;

use super::{GapKind, Main, Reached, Unit, Walk};
use crate::project::EntryKind;
use crate::project::paths::{join, parent};
use crate::project::sources::effects::occurrences;
use crate::project::sources::facts::Effect;
use crate::project::sources::names::{Import, Method, Target, Use, chain};
use crate::project::sources::python;
use crate::project::sources::value::{Evaluator, Part, merged};

/// How often a name may be handed on from file to file.
const DEPTH: usize = 6;

/// A module of the project.
enum Located {
    /// A file: `a.py`, `a/__init__.py`.
    File(String),
    /// A folder without `__init__.py`.
    Namespace,
}

/// What a dotted name stands for.
enum Resolved {
    /// A member of a module from outside.
    External(Target),
    /// An attribute of a file of the project; so many parts of the name come after it.
    Local { rest: usize },
}

impl Walk<'_> {
    pub(super) fn python_entry(&mut self, name: &str, root: &str, main: bool) {
        let path = name.replace('.', "/");
        let main_file = join(root, &format!("{path}/__main__.py")).filter(|file| main && self.is_file(file));
        let main = if main { Main::Program } else { Main::Imported };
        if let Some(file) = main_file {
            self.push(&file, Main::Program, root);
        }
        match join(root, &path).and_then(|path| self.locate(&path)) {
            Some(Located::File(file)) => {
                self.push(&file, main, root);
                self.push_packages(name, root);
            }
            _ => self.missing(&path, "is started, and not sent to the build"),
        }
    }

    fn is_file(&self, path: &str) -> bool {
        matches!(self.project.entry(path).map(|entry| &entry.kind), Some(EntryKind::File { .. }))
    }

    fn locate(&self, path: &str) -> Option<Located> {
        let found =
            [format!("{path}/__init__.py"), format!("{path}.py")].into_iter().find(|path| self.is_file(path));
        if let Some(file) = found {
            return Some(Located::File(file));
        }
        let is_folder = self.project.entry(path).is_some_and(|entry| entry.kind == EntryKind::Directory);
        let has_sources = || self.project.files_below(path).any(|entry| entry.path.ends_with(".py"));
        (is_folder && has_sources()).then_some(Located::Namespace)
    }

    /// The `__init__.py` of every package that a dotted name passes.
    fn push_packages(&mut self, name: &str, root: &str) {
        for (at, _) in name.match_indices('.') {
            let path = join(root, &format!("{}/__init__.py", name[..at].replace('.', "/")));
            if let Some(path) = path.filter(|path| self.is_file(path)) {
                self.push(&path, Main::Imported, root);
            }
        }
    }

    /// The folder that an import is looked up from, if it can be one of the project's own modules.
    fn base(&self, unit: usize, module: &str, level: usize) -> Option<String> {
        let unit = &self.units[unit];
        if level == 0 {
            let first = module.split('.').next().unwrap_or(module);
            return match self.locate(&join(&unit.root, first)?)? {
                Located::File(_) => Some(unit.root.clone()),
                // A folder gives way to an installed package of its name.
                Located::Namespace => {
                    let path = join(&unit.root, &module.replace('.', "/"))?;
                    let known = self.facts.module(module).is_some();
                    (!known && self.locate(&path).is_some()).then(|| unit.root.clone())
                }
            };
        }
        join(parent(unit.code.path()), &"../".repeat(level - 1))
    }

    pub(super) fn follow_python(&mut self, unit: usize, import: &Import) {
        let place = self.units[unit].code.place(import.at);
        let root = self.units[unit].root.clone();
        let Some(base) = self.base(unit, &import.module, import.level) else {
            let name = match &import.member {
                Some(member) if member != "*" => format!("{}.{member}", import.module),
                _ => import.module.clone(),
            };
            // A member may be a module with a row of its own.
            let own = self.facts.module(&name).is_some() && self.facts.module(&import.module).is_none();
            return self.external(if own { &name } else { &import.module }, place);
        };
        let path = join(&base, &import.module.replace('.', "/")).unwrap_or_default();
        match self.locate(&path) {
            Some(Located::File(file)) => self.push(&file, Main::Imported, &root),
            Some(Located::Namespace) => {}
            None if import.module.is_empty() => {}
            None => {
                let what = format!("`{}` is not sent to the build", import.module);
                return self.gap(GapKind::MissingFile, place, what);
            }
        }
        self.push_packages(&import.module, &base);
        let own_init = if path.is_empty() { "__init__.py".to_owned() } else { format!("{path}/__init__.py") };
        if import.module.is_empty() && self.is_file(&own_init) {
            self.push(&own_init, Main::Imported, &root);
        }
        if let Some(member) = &import.member
            && let Some(Located::File(file)) = join(&path, member).and_then(|path| self.locate(&path))
        {
            self.push(&file, Main::Imported, &root);
        }
    }

    /// Follows the texts that name modules where a listed member imports them: `uvicorn.run("app.main:app")`. Says
    /// whether any was new.
    pub(super) fn follow_texts(&mut self) -> bool {
        let reached = Reached {
            facts: self.facts,
            units: &self.units,
            externals: &self.externals,
            dependencies: &self.dependencies,
        };
        let mut found = occurrences(reached);
        found.retain(|occurrence| occurrence.effect == Effect::Imports);
        let mut any = false;
        for occurrence in found {
            let Some(unit) = occurrence.unit.filter(|unit| self.named.insert((*unit, occurrence.at))) else {
                continue;
            };
            let value = occurrence.values.into_iter().next().flatten().unwrap_or_default();
            match value.as_slice() {
                [Part::Text(text)] => {
                    let import = self.named_import(unit, text, occurrence.at);
                    self.follow_python(unit, &import);
                    any = true;
                }
                // An object, not a name.
                [Part::Unknown] | [] => {}
                _ => {
                    let what = format!("`{}` of a name that is computed", occurrence.what);
                    self.gap(GapKind::Computed, occurrence.place, what);
                }
            }
        }
        any
    }

    /// `app.main:app`, `config.Settings`, `app.plugins`, `.plugins`
    fn named_import(&self, unit: usize, text: &str, at: usize) -> Import {
        let (module, _) = text.split_once(':').unwrap_or((text, ""));
        let level = module.len() - module.trim_start_matches('.').len();
        let module = &module[level..];
        let path = module.replace('.', "/");
        let base = self.base(unit, module, level);
        let is_module =
            base.and_then(|base| join(&base, &path)).is_some_and(|path| self.locate(&path).is_some());
        match module.rsplit_once('.') {
            Some((module, member)) if !is_module && !text.contains(':') => {
                Import { module: module.to_owned(), level, member: Some(member.to_owned()), at }
            }
            _ => Import { module: module.to_owned(), level, member: None, at },
        }
    }

    /// Settles what the names mean that files take from each other, once all files are there.
    pub(super) fn finish_python(&mut self) {
        self.spread_star_imports();
        self.hand_on_constants();
        for unit in 0..self.units.len() {
            let uses = std::mem::take(&mut self.units[unit].names.uses);
            let mut kept = Vec::with_capacity(uses.len());
            for used in uses {
                for resolved in self.resolve_target(unit, &used.target, DEPTH) {
                    match resolved {
                        Resolved::External(target) => {
                            kept.push(Use { target, ..used.clone() });
                        }
                        Resolved::Local { rest } => self.push_methods(unit, used.at, rest),
                    }
                }
            }
            self.units[unit].names.uses = kept;
        }
    }

    /// Names that one file takes from another stand for what they are worth there: `from config import DATA`,
    /// `import config` with `config.DATA`.
    fn hand_on_constants(&mut self) {
        for _ in 0..DEPTH {
            let worth: Vec<Worth> = self.units.iter().map(worth).collect();
            let mut handed: Vec<(usize, String, Vec<Part>)> = Vec::new();
            for unit in 0..self.units.len() {
                for (name, targets) in &self.units[unit].names.bindings {
                    let [target] = targets.as_slice() else { continue };
                    let found = self.handed(unit, name, target, &worth);
                    handed.extend(found.into_iter().map(|(name, value)| (unit, name, value)));
                }
            }
            let mut new = false;
            for (unit, name, value) in handed {
                new |= self.units[unit].constants.import(name, value);
            }
            if !new {
                break;
            }
        }
    }

    /// The constants of another file that a name brings along, with their values as seen from the unit.
    fn handed(&self, unit: usize, name: &str, target: &Target, worth: &[Worth]) -> Vec<(String, Vec<Part>)> {
        let level = target.module.len() - target.module.trim_start_matches('.').len();
        let module = &target.module[level..];
        let Some(base) = self.base(unit, module, level) else { return Vec::new() };
        let file = |path: &str| match self.locate(&join(&base, &path.replace('.', "/"))?)? {
            Located::File(file) => self.seen.get(&file).copied(),
            Located::Namespace => None,
        };
        let whole = match (module, target.member.as_str()) {
            (module, "") => module.to_owned(),
            ("", member) => member.to_owned(),
            (module, member) => format!("{module}.{member}"),
        };
        if let Some(other) = file(&whole) {
            let named = |(own, value): (&String, &Vec<Part>)| {
                (format!("{name}.{own}"), self.seen_from(unit, other, value))
            };
            return worth[other].iter().map(named).collect();
        }
        let Some(other) = file(module) else { return Vec::new() };
        let value = worth[other].get(&target.member);
        value.map(|value| (name.to_owned(), self.seen_from(unit, other, value))).into_iter().collect()
    }

    /// A value of another file, its folder seen from that of the unit.
    fn seen_from(&self, unit: usize, other: usize, value: &[Part]) -> Vec<Part> {
        let folder = |unit: usize| parent(self.units[unit].code.path());
        let (here, there) = (folder(unit), folder(other));
        let up = "/..".repeat(here.split('/').filter(|part| !part.is_empty()).count());
        let down = if there.is_empty() { String::new() } else { format!("/{there}") };
        let mut seen = Vec::new();
        for part in value {
            seen.push(part.clone());
            if *part == Part::Here && here != there {
                seen.push(Part::Text(format!("{up}{down}")));
            }
        }
        merged(seen)
    }

    /// The last `rest` members of the name at `at` are members of a value.
    fn push_methods(&mut self, unit: usize, at: usize, rest: usize) {
        let chain = chain(&self.units[unit].code, at);
        for back in 0..rest {
            let Some(member) = chain.end.checked_sub(2 * back).filter(|member| *member > at) else { break };
            let call = chain.call.filter(|_| back == 0);
            let method = Method { at: member, call };
            let methods = &mut self.units[unit].names.methods;
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
    }

    fn resolve_target(&self, unit: usize, target: &Target, depth: usize) -> Vec<Resolved> {
        let level = target.module.len() - target.module.trim_start_matches('.').len();
        let module = &target.module[level..];
        let Some(base) = self.base(unit, module, level) else {
            return vec![Resolved::External(target.clone())];
        };
        let Some(depth) = depth.checked_sub(1) else { return vec![Resolved::Local { rest: 0 }] };
        let parts: Vec<&str> =
            module.split('.').chain(target.member.split('.')).filter(|part| !part.is_empty()).collect();
        // As many parts as name modules; what comes next is an attribute.
        let mut path = base;
        let mut file = join(&path, "__init__.py").filter(|file| self.is_file(file));
        let mut taken = 0;
        while let Some(part) = parts.get(taken) {
            let Some(next) = join(&path, part) else { break };
            match self.locate(&next) {
                Some(Located::File(found)) => file = Some(found),
                Some(Located::Namespace) => file = None,
                None => break,
            }
            path = next;
            taken += 1;
        }
        let Some(attribute) = parts.get(taken) else { return Vec::new() };
        let rest = &parts[taken + 1..];
        let known = file.and_then(|file| self.seen.get(&file)).copied();
        let bound = known.and_then(|known| Some((known, self.units[known].names.bindings.get(*attribute)?)));
        match bound {
            Some((known, targets)) if !is_builtin(targets) => {
                let member = rest.join(".");
                targets
                    .iter()
                    .flat_map(|target| self.resolve_target(known, &target.member(&member), depth))
                    .collect()
            }
            _ => vec![Resolved::Local { rest: rest.len() }],
        }
    }

    /// `from common import *` brings along what `common` imports.
    fn spread_star_imports(&mut self) {
        for _ in 0..DEPTH {
            let mut changed = false;
            for unit in 0..self.units.len() {
                let extra = self.star_bindings(unit);
                if extra.is_empty() {
                    continue;
                }
                changed = true;
                let unit = &mut self.units[unit];
                unit.names = python::read(&unit.code, unit.main, &extra);
            }
            if !changed {
                break;
            }
        }
    }

    /// Names that a star import of another file gives to this one, and that it does not know yet.
    fn star_bindings(&self, unit: usize) -> HashMap<String, Vec<Target>> {
        let mut extra: HashMap<String, Vec<Target>> = HashMap::new();
        let names = &self.units[unit].names;
        let stars = names.imports.iter().filter(|import| import.member.as_deref() == Some("*"));
        for import in stars {
            let Some(base) = self.base(unit, &import.module, import.level) else { continue };
            let path = join(&base, &import.module.replace('.', "/")).unwrap_or_default();
            let Some(Located::File(file)) = self.locate(&path) else { continue };
            let Some(&from) = self.seen.get(&file) else { continue };
            for (name, targets) in &self.units[from].names.bindings {
                let known = names.bindings.get(name);
                for target in targets {
                    for resolved in self.resolve_target(from, target, DEPTH) {
                        if let Resolved::External(target) = resolved
                            && target.module != "builtins"
                            && !known.is_some_and(|known| known.contains(&target))
                        {
                            extra.entry(name.clone()).or_default().push(target);
                        }
                    }
                }
            }
        }
        if !extra.is_empty() {
            for (name, targets) in &names.bindings {
                extra.entry(name.clone()).or_default().extend(targets.iter().cloned());
            }
        }
        extra
    }
}

/// What the names of a file are worth, where it can be read.
type Worth = HashMap<String, Vec<Part>>;

fn worth(unit: &Unit) -> Worth {
    let evaluator = Evaluator::new(&unit.code, &unit.constants);
    let values = unit.constants.of_file().map(|(name, range)| (name.to_owned(), evaluator.value(range)));
    values.filter(|(_, value)| !matches!(value.as_slice(), [Part::Unknown] | [])).collect()
}

fn is_builtin(targets: &[Target]) -> bool {
    targets.iter().all(|target| target.module == "builtins")
}
