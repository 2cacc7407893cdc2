//! Composer: the packages come first, the autoloader and the scripts need the sources.

use super::super::super::shipped::join;
use super::python::unreadable;
use super::{Ground, Plan, holds};
use crate::project::ecosystems::composer;
use crate::shell::{Action, Install, Role};

/// Options under which nothing is installed.
const NOTHING: &[&str] = &["--no-install", "--download-only", "--dry-run"];

impl Ground<'_> {
    pub(super) fn composer(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        if install.action != Action::Install || NOTHING.iter().any(|option| install.option(option).is_some())
        {
            return None;
        }
        let folder = self.context(self.folder)?;
        let found = match composer(self.turn.input.project, &folder)? {
            Ok(found) => found,
            Err(error) => return Some(unreadable(&error)),
        };
        let mut plan = Plan::default();
        plan.add(found.closure);
        plan.writes = found.writes;
        if install.option("--no-plugins").is_some() {
            plan.judged.retain(|judged| !judged.as_ref().is_err_and(|missing| missing.id == "MC2"));
        }
        let program = words.iter().flatten().find(|word| word.ends_with("composer.phar"));
        if let Some(program) = program {
            self.file(&join(self.folder, program), "the program", &mut plan);
        }
        for name in ["COMPOSER", "COMPOSER_VENDOR_DIR", "COMPOSER_BIN_DIR"] {
            self.hold_variable(name, "Composer", &mut plan);
        }
        if !install.has(Role::NoScripts) {
            plan.twin.push("--no-scripts");
        }
        if !install.has(Role::NoAutoloader) {
            plan.twin.push("--no-autoloader");
        }
        plan.settle("no package is a folder of the project");
        if plan.sound("MC2") {
            plan.judged.push(holds("MC2", "without scripts and autoloader nothing else is read"));
        }
        plan.judged.push(holds("MC12", "the install writes to its own folders alone"));
        Some(plan)
    }
}
