//! What each ecosystem's install reads and writes: the preconditions that the project answers for.

use super::super::shipped::{Shipped, join};
use super::super::{Input, Missing, Reason};
use super::placement::{below, inside};
use crate::project::ecosystems::{Closure, Kind, Needed, Obstacle, Version, detect, go, npm, pip};
use crate::shell::{Install, Manager, Role};
use crate::syntax::Arguments;

const GO_WITH_MODULES: Version = Version { major: 1, minor: Some(13), patch: None };

/// One precondition, judged.
pub(super) type Judged = Result<Reason, Missing>;

/// What an install needs before the sources are there.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What it reads, as paths of the context.
    pub(super) files: Vec<Needed>,
    /// Folders of the context where it writes; what is copied later must not bring them.
    pub(super) writes: Vec<String>,
    /// A command to run on the manifests alone, where the install is part of a build.
    pub(super) download: Option<&'static str>,
    /// What was judged so far.
    pub(super) judged: Vec<Judged>,
}

/// Where an install runs and what the COPY before it makes of the context.
pub(super) struct Ground<'a> {
    pub(super) input: &'a Input<'a>,
    /// The index of the RUN.
    pub(super) run: usize,
    /// The folder of the image in which the install runs.
    pub(super) folder: &'a str,
    /// The folder of the context that is copied, and where it goes.
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

pub(super) fn holds(id: &'static str, text: impl Into<String>) -> Judged {
    Ok(Reason { id, text: text.into() })
}

pub(super) fn misses(id: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Judged {
    Err(Missing { id, text: text.into(), remedy: remedy.into() })
}

impl Ground<'_> {
    /// The path of the context that the COPY puts at a path of the image.
    fn context(&self, path: &str) -> Option<String> {
        below(path, self.to).map(|relative| inside(self.from, relative))
    }

    fn environment(&self, name: &str) -> Option<&str> {
        self.input.model.variable(self.run, name)?.value.as_deref()
    }

    /// What an install needs. `None` where it has nothing to do with what is copied: there is no manifest in it.
    pub(super) fn plan(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        match install.manager {
            Manager::Npm => self.npm(),
            Manager::Pip => self.pip(install, words),
            Manager::Go => self.go(install),
            manager => self.unknown(manager),
        }
    }

    fn npm(&self) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let package = match npm::read(self.input.project, &folder)? {
            Ok(package) => package,
            Err(error) => return Some(Plan::missing("MC1", error.to_string(), "mend the file")),
        };
        let mut plan = Plan::of(package.closure(self.input.project));
        plan.writes.push(inside(&folder, "node_modules"));
        if plan.sound("MC2") {
            let scripts = package.lifecycle();
            plan.judged.push(holds(
                "MC2",
                match scripts.as_slice() {
                    [] => format!("`{}` has no script that an install runs", package.manifest.path),
                    some => format!("script `{}` reads nothing else", some.join("`, `")),
                },
            ));
        }
        plan.judged.push(holds("MC12", "the install writes to `node_modules` alone"));
        Some(plan)
    }

    fn pip(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        let mut plan = Plan::default();
        let files = |role| install.values_as(role).map(|value| value.text.clone());
        for (file, role) in files(Role::Manifest)
            .map(|file| (file, Role::Manifest))
            .chain(files(Role::Constraint).map(|file| (file, Role::Constraint)))
        {
            let path = file.and_then(|file| self.context(&join(self.folder, &file)));
            let Some(path) = path else {
                plan.judged.push(misses(
                    "MC1",
                    "a requirements file is not among what is copied",
                    "name it by a path in the folder that is copied",
                ));
                continue;
            };
            // A file that is not in the context was made in the image; then this COPY has no part in it.
            if self.input.project.tree().entry(&path).is_none()
                && role == Role::Manifest
                && plan.files.is_empty()
            {
                return None;
            }
            plan.add(pip::requirements(self.input.project, &path).closure);
        }
        self.pip_operands(install, words, &mut plan);
        plan.writes.extend(self.environments_inside(words));
        plan.settle("no requirement is a path of the project");
        plan.judged.push(holds("MC2", "pip runs no script of the project"));
        Some(plan)
    }

    /// Packages and options beside the requirements files.
    fn pip_operands(&self, install: &Install, words: &[Option<String>], plan: &mut Plan) {
        let local = |word: Option<&str>| word.is_none_or(|word| word.starts_with('.') || word.contains('/'));
        let word = |at: &usize| words.get(*at).and_then(Option::as_deref);
        for path in install.operands.iter().map(word).filter(|word| local(*word)) {
            plan.judged.push(misses(
                "MC3",
                format!("`{}` is installed from the project's own files", path.unwrap_or("$…")),
                "install it in a RUN of its own after the sources are copied",
            ));
        }
        if install.has(Role::Editable) {
            plan.judged.push(misses(
                "MC3",
                "`-e` installs the project's own sources",
                "install them in a RUN of its own after the sources are copied",
            ));
        }
        let folders = install
            .values_as(Role::Local)
            .filter(|value| !value.text.as_deref().is_some_and(|text| text.contains("://")));
        if folders.count() > 0 {
            plan.judged.push(misses(
                "MC1",
                "`--find-links` names a folder",
                "copy that folder before the install",
            ));
        }
        let targets = install.options_as(Role::Target).filter_map(|option| option.value.as_ref());
        for target in targets {
            match target.text.as_deref().map(|text| join(self.folder, text)) {
                Some(path) if below(&path, self.to).is_none() => {}
                Some(path) => plan.writes.extend(self.context(&path)),
                None => plan.judged.push(misses(
                    "MC5",
                    "where the install writes is not known",
                    "write the folder out",
                )),
            }
        }
        if let Some(found) = [
            "PIP_REQUIREMENT",
            "PIP_CONSTRAINT",
            "PIP_CONFIG_FILE",
            "PIP_FIND_LINKS",
            "PIP_TARGET",
            "PIP_PREFIX",
        ]
        .into_iter()
        .find(|name| self.input.model.variable(self.run, name).is_some())
        {
            plan.judged.push(misses(
                "MC1",
                format!("`{found}` tells pip about other files"),
                "pass them on pip's command line",
            ));
        }
    }

    /// Virtual environments that lie among what is copied: where pip is called by a path, or where `PATH` leads.
    fn environments_inside(&self, words: &[Option<String>]) -> Vec<String> {
        let program = words.first().and_then(Option::as_deref).filter(|word| word.contains('/'));
        let called = program.map(|program| join(self.folder, program)).into_iter();
        let on_path = self.search_path().into_iter().map(|part| format!("{part}/pip"));
        let named =
            self.environment("VIRTUAL_ENV").map(|folder| join(self.folder, &format!("{folder}/bin/pip")));
        let programs = called.chain(on_path).chain(named);
        let folders = programs.filter_map(|program| {
            // bin/pip lies two folders below the environment's own.
            let folder = self.context(&program)?.rsplitn(3, '/').nth(2).map(str::to_owned);
            folder.filter(|folder| !folder.is_empty() && folder != self.from)
        });
        folders.collect()
    }

    /// The folders that ENV puts on `PATH`; what the base image has there is not known, and not among the sources.
    fn search_path(&self) -> Vec<String> {
        let Some(variable) = self.input.model.variable(self.run, "PATH") else { return Vec::new() };
        let instruction = &self.input.document.instructions[variable.instruction];
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return Vec::new() };
        let path =
            pairs.iter().rev().find(|pair| instruction.text(pair.key) == "PATH").and_then(|pair| pair.value);
        let path = path.map(|path| instruction.text(path).trim_matches(['"', '\''])).unwrap_or_default();
        let entries = path.split(':').filter_map(|part| self.input.model.literal(variable.instruction, part));
        entries.filter(|part| part.starts_with('/')).collect()
    }

    fn go(&self, install: &Install) -> Option<Plan> {
        let folder = self.module_folder()?;
        let module = match go::read(self.input.project, &folder)? {
            Ok(module) => module,
            Err(error) => return Some(Plan::missing("MC1", error.to_string(), "mend the file")),
        };
        // Nothing is downloaded: there is nothing to keep in a layer of its own.
        if module.go_mod.requires.is_empty() || module.vendored {
            return None;
        }
        let mut plan = Plan::of(module.closure(self.input.project));
        plan.judged.push(holds("MC2", "`go mod download` runs no code of the project"));
        plan.judged.push(holds("MC12", "modules are kept outside the project's folder"));
        if install.command != "mod download" {
            plan.download = Some("go mod download");
            plan.judged.push(self.knows_modules());
        }
        if self.environment("GO111MODULE") == Some("off") {
            plan.judged.push(misses("MC4", "`GO111MODULE` turns modules off", "remove the variable"));
        }
        let flags = self.environment("GOFLAGS").unwrap_or_default();
        let given = install.option("-mod").and_then(|option| option.value.as_ref()?.text.clone());
        if flags.contains("-mod=vendor") || given.as_deref() == Some("vendor") {
            return None;
        }
        Some(plan)
    }

    /// Whether Go works with modules wherever it finds a `go.mod`: before 1.13 that hung on the folder.
    fn knows_modules(&self) -> Judged {
        let stage = self.input.model.stage_of(self.run).unwrap_or_default();
        let facts = Shipped { input: self.input, stage }.facts("MC8").ok();
        let version = facts.filter(|facts| facts.repository == "golang").and_then(|facts| facts.version);
        match version.as_deref().and_then(Version::parse) {
            Some(version) if version >= GO_WITH_MODULES => {
                holds("MC8", format!("Go {version} knows modules"))
            }
            Some(version) => {
                misses("MC8", format!("Go {version} may not look at go.mod"), "use a newer image of Go")
            }
            None => misses(
                "MC8",
                "the Go of the image is not known",
                "use an official image of Go with a version",
            ),
        }
    }

    /// The folder of the context with the `go.mod` that counts: Go looks upwards.
    fn module_folder(&self) -> Option<String> {
        let mut folder = Some(self.context(self.folder)?);
        while let Some(current) = folder {
            if self.input.project.sent(&inside(&current, "go.mod")) {
                return Some(current);
            }
            let top = current == self.from || current.is_empty();
            folder = (!top).then(|| current.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned()));
        }
        None
    }

    /// A manager that is recognised and no more: the fix is held back under its name.
    fn unknown(&self, manager: Manager) -> Option<Plan> {
        let kinds: &[Kind] = match manager {
            Manager::Yarn => &[Kind::YarnClassic, Kind::YarnBerry],
            Manager::Pnpm => &[Kind::Pnpm],
            Manager::Bun => &[Kind::Bun],
            Manager::Deno => &[Kind::Deno],
            Manager::Pipenv => &[Kind::Pipenv],
            Manager::Poetry => &[Kind::Poetry],
            Manager::Pdm => &[Kind::Pdm],
            Manager::Uv => &[Kind::Uv],
            Manager::Conda => &[Kind::Conda],
            Manager::Bundler => &[Kind::Bundler],
            Manager::Composer => &[Kind::Composer],
            Manager::Mix => &[Kind::Mix],
            _ => return None,
        };
        let folder = self.context(self.folder)?;
        let found = detect(self.input.project, &folder);
        let found = found.iter().find(|found| kinds.contains(&found.kind))?;
        let text = format!("which files an install of {} reads is not worked out yet", found.kind.name());
        Some(Plan::missing("MC1", text, "copy its manifests by hand before the install"))
    }
}

impl Plan {
    fn of(closure: Closure) -> Plan {
        let mut plan = Plan::default();
        plan.add(closure);
        plan.settle("nothing is installed from the project's own folders");
        plan
    }

    fn missing(id: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Plan {
        Plan { judged: vec![misses(id, text, remedy)], ..Plan::default() }
    }

    fn add(&mut self, closure: Closure) {
        for needed in closure.files {
            if !self.files.contains(&needed) {
                self.files.push(needed);
            }
        }
        let held = closure
            .obstacles
            .into_iter()
            .map(|Obstacle { id, text, remedy }| Err(Missing { id, text, remedy }));
        self.judged.extend(held);
    }

    /// MC1 and MC3 hold where no obstacle speaks against them.
    fn settle(&mut self, no_own: &str) {
        if self.sound("MC1") {
            let files: Vec<String> = self.files.iter().map(|needed| format!("`{}`", needed.path)).collect();
            self.judged.push(holds("MC1", format!("the install reads {} alone", files.join(", "))));
        }
        if self.sound("MC3") {
            self.judged.push(holds("MC3", no_own));
        }
    }

    /// Whether nothing was found against a precondition.
    fn sound(&self, id: &str) -> bool {
        !self.judged.iter().any(|judged| judged.as_ref().is_err_and(|missing| missing.id == id))
    }
}
