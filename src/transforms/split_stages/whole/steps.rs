//! The commands of the build: each must work in the application's folders, or leave nothing that is needed at run time.
//! What it installs into the system is installed in the runtime stage again, or the split waits (MS3).

use std::collections::BTreeSet;

use super::roots::Roots;
use crate::shell::{Action, Install, Manager, Role};
use crate::transforms::Missing;
use crate::transforms::shipped::{Shipped, join};
use crate::transforms::split_stages::plan::Site;
use crate::transforms::split_stages::tables::{TABLES, begins, has};
use crate::transforms::split_stages::walk::Step;
use crate::transforms::split_stages::{commands, missing, writing};

/// What the commands leave.
#[derive(Default)]
pub(super) struct Steps {
    /// RUNs that install packages of the system or programs for everybody, and nothing else.
    repeated: BTreeSet<usize>,
    /// RUNs that do something else.
    others: BTreeSet<usize>,
    /// Programs that are installed for everybody, by the name of their package.
    globals: Vec<String>,
    removes_modules: bool,
}

impl Steps {
    /// Whether a program of that name is installed for everybody.
    pub(super) fn installs(&self, name: &str) -> bool {
        self.globals.iter().any(|package| package == name)
    }

    pub(super) fn removes_modules(&self) -> bool {
        self.removes_modules
    }

    /// The RUNs that the runtime stage repeats, as they are written.
    pub(super) fn setup(&self, shipped: &Shipped<'_>) -> Vec<String> {
        let runs = self.repeated.iter().map(|run| shipped.instruction(*run));
        runs.flat_map(|instruction| writing::verbatim(shipped, instruction)).collect()
    }

    pub(super) fn note(&mut self, site: &Site<'_>, roots: &Roots, step: &Step<'_>) -> Result<(), Missing> {
        let command = step.command();
        let written = match step.written() {
            Some(written) => written,
            None => return step.changes(),
        };
        if !written.iter().all(|path| roots.carry(path)) {
            return step.changes();
        }
        if command.words.is_empty() || step.placed.calls_function {
            return if step.placed.calls_function { step.changes() } else { Ok(()) };
        }
        if let Some(install) = command.install() {
            return self.install(site, roots, step, &install);
        }
        let name = command.name().unwrap_or_default();
        if clears_caches(step) {
            return Ok(());
        }
        self.others.insert(step.run);
        self.apart(step)?;
        match name {
            // What these do lies in the folder that they work in.
            "node" | "npx" | "pnpx" | "tsc" | "tsx" | "vite" | "next" | "nest" | "ng" | "prisma" => {
                self.within(roots, step)
            }
            "corepack" | "export" | "test" | "[" | "sleep" => Ok(()),
            "chown" => {
                let text = format!("`{}` in line {} gives files to another user", step.shown(), step.line);
                Err(missing(
                    "MS13",
                    text,
                    "write the stages by hand, with `--chown` on the COPY between them",
                ))
            }
            _ if has(&TABLES.file_commands, name) => self.files(roots, step),
            _ if has(&TABLES.harmless, name) => Ok(()),
            _ => commands::harmless(step.placed, step.script, step.line, &site.recipe.build_packages),
        }
    }

    /// A RUN that is repeated does nothing else.
    fn apart(&self, step: &Step<'_>) -> Result<(), Missing> {
        match self.repeated.contains(&step.run) && self.others.contains(&step.run) {
            true => {
                let text =
                    format!("line {} installs what the program may need, and does more than that", step.line);
                Err(missing("MS3", text, "install it in a RUN of its own"))
            }
            false => Ok(()),
        }
    }

    fn within(&mut self, roots: &Roots, step: &Step<'_>) -> Result<(), Missing> {
        if !roots.hold(&step.folder) {
            return step.changes();
        }
        let leaves = step.command().words.iter().any(|word| word.span.of(step.script.text()).contains(".."));
        if leaves { step.changes() } else { Ok(()) }
    }

    /// `rm`, `cp`, `chmod` and the like: within the application, or caches.
    fn files(&mut self, roots: &Roots, step: &Step<'_>) -> Result<(), Missing> {
        let Some(paths) = step.paths() else { return step.changes() };
        let is_rm = step.command().name() == Some("rm");
        // The first words of these are no paths.
        let skip = match step.command().name() {
            Some("chmod" | "sed") => 1,
            Some("cp") => paths.len().saturating_sub(1),
            _ => 0,
        };
        let fits = |path: &String| roots.carry(path) || is_rm && is_cache(path);
        if !paths.iter().skip(skip).all(fits) {
            return step.changes();
        }
        self.removes_modules |= is_rm && paths.iter().any(|path| path.contains("node_modules"));
        Ok(())
    }

    fn install(
        &mut self,
        site: &Site<'_>,
        roots: &Roots,
        step: &Step<'_>,
        install: &Install,
    ) -> Result<(), Missing> {
        if install.manager.is_system() {
            return self.system(site, step, install);
        }
        if !is_of(site, install.manager) {
            return step.changes();
        }
        if install.has(Role::Global) || install.command.starts_with("global") {
            return self.global(step, install);
        }
        self.others.insert(step.run);
        self.apart(step)?;
        if matches!(install.action, Action::Clean)
            || matches!(install.command.as_str(), "config" | "config set")
        {
            return Ok(());
        }
        let mut folder = step.folder.clone();
        for value in install.values_as(Role::Directory) {
            match &value.text {
                Some(text) => folder = join(&folder, text),
                None => return step.changes(),
            }
        }
        if install.has(Role::Target) || !roots.hold(&folder) {
            return step.changes();
        }
        Ok(())
    }

    /// Packages of the system: those that only a build needs stay behind.
    fn system(&mut self, site: &Site<'_>, step: &Step<'_>, install: &Install) -> Result<(), Missing> {
        if matches!(install.action, Action::Update | Action::Clean | Action::Upgrade) {
            return Ok(());
        }
        if install.action == Action::Remove {
            return step.changes();
        }
        let word = |index: &usize| step.command().words.get(*index).and_then(|word| word.literal());
        let is_build = |index: &usize| {
            word(index).is_some_and(|word| {
                let package = word.split(['=', '~', '<', '>', ':']).next().unwrap_or(word);
                is_for_build(site, package) || package.ends_with("-dev")
            })
        };
        let (build, run): (Vec<&usize>, Vec<&usize>) = install.operands.iter().partition(|at| is_build(at));
        if run.is_empty() && install.is_certain() && !build.iter().any(|at| is_library(site, word(at))) {
            return Ok(());
        }
        let by_hand = "install it in a runtime stage written by hand";
        if let Some(at) =
            build.first().filter(|_| !run.is_empty() || build.iter().any(|at| is_library(site, word(at))))
        {
            let shown = word(at).unwrap_or_default();
            let text = format!(
                "line {} installs `{shown}` for the build, and maybe a library for the program",
                step.line
            );
            return Err(missing("MS3", text, by_hand));
        }
        if !install.is_certain() || run.iter().any(|at| word(at).is_none()) {
            return step.changes();
        }
        self.repeated.insert(step.run);
        self.apart(step)
    }

    /// Programs of the language for everybody.
    fn global(&mut self, step: &Step<'_>, install: &Install) -> Result<(), Missing> {
        let word = |index: &usize| step.command().words.get(*index).and_then(|word| word.literal());
        for index in &install.operands {
            let Some(package) = word(index) else { return step.changes() };
            let scope = usize::from(package.starts_with('@'));
            let name = match package[scope..].find('@') {
                Some(at) => &package[..at + scope],
                None => package,
            };
            self.globals.push(name.rsplit('/').next().unwrap_or(name).to_owned());
        }
        self.repeated.insert(step.run);
        self.apart(step)
    }
}

/// `rm -rf /var/lib/apt/lists/*`
fn clears_caches(step: &Step<'_>) -> bool {
    let paths =
        step.paths().filter(|_| step.command().name() == Some("rm") && step.command().redirects.is_empty());
    paths.is_some_and(|paths| paths.iter().all(|path| is_cache(path)))
}

fn is_cache(path: &str) -> bool {
    begins(&TABLES.caches, path) || path.starts_with("/root/.npm")
}

/// `libpq-dev`: the library itself is needed when the program runs.
fn is_library(site: &Site<'_>, package: Option<&str>) -> bool {
    package.is_some_and(|package| package.ends_with("-dev") && !is_for_build(site, package))
}

fn is_for_build(site: &Site<'_>, package: &str) -> bool {
    has(&TABLES.build_packages, package) || has(&site.recipe.build_packages, package)
}

/// Whether a manager is one of the recipe's language.
fn is_of(site: &Site<'_>, manager: Manager) -> bool {
    site.recipe.managers.contains(&manager)
}
