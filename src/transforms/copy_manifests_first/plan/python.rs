//! Poetry, uv, PDM, Pipenv and Conda: the lock installs the dependencies, the project itself follows the sources.

use super::super::super::shipped::join;
use super::super::placement::inside;
use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::{Unreadable, python};
use crate::shell::{Install, Role};

impl Ground<'_> {
    pub(super) fn poetry(&self, install: &Install) -> Option<Plan> {
        if install.option("--only-root").is_some() {
            return None;
        }
        let folder = self.context(self.folder)?;
        let mut plan = locked(python::poetry(self.turn.input.project, &folder)?, install);
        let off =
            |name: &str| self.environment(name).is_some_and(|value| value.eq_ignore_ascii_case("false"));
        let switched_off = ["virtualenvs.create", "virtualenvs.in-project"]
            .iter()
            .any(|setting| self.ran(&["poetry", "config", setting, "false"]));
        if !off("POETRY_VIRTUALENVS_CREATE") && !off("POETRY_VIRTUALENVS_IN_PROJECT") && !switched_off {
            // It takes a `.venv` that it finds, and makes one where it is told to.
            plan.writes.push(inside(&folder, ".venv"));
        }
        Some(plan)
    }

    pub(super) fn uv(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        match install.command.as_str() {
            "sync" => self.uv_sync(install),
            // It reads requirements files as pip does; a manifest in their place is another matter.
            "pip install" => {
                let files = install.values_as(Role::Manifest).filter_map(|value| value.text.as_deref());
                let mut files = files;
                let other = files.find(|file| !file.ends_with(".txt") && !file.ends_with(".in"));
                match other {
                    Some(file) => Some(Plan::missing(
                        "MC1",
                        format!("`{file}` is no requirements file"),
                        "install with `uv sync`",
                    )),
                    None => {
                        let mut plan = self.pip(install, words)?;
                        if !install.has(Role::System) && !self.is_set("UV_SYSTEM_PYTHON") {
                            plan.writes.extend(self.context(&join(self.folder, ".venv")));
                        }
                        Some(plan)
                    }
                }
            }
            _ => None,
        }
    }

    fn uv_sync(&self, install: &Install) -> Option<Plan> {
        if install.option("--script").is_some() {
            return None;
        }
        let folder = self.context(self.folder)?;
        let frozen = install.option("--frozen").is_some() || self.is_set("UV_FROZEN");
        let mut plan = locked(python::uv(self.turn.input.project, &folder, frozen)?, install);
        let environment = self.environment("UV_PROJECT_ENVIRONMENT").unwrap_or(".venv");
        plan.writes.extend(self.context(&join(self.folder, environment)).filter(|path| !path.is_empty()));
        for name in ["UV_CONFIG_FILE", "UV_PROJECT", "UV_WORKING_DIR", "UV_WORKING_DIRECTORY"] {
            self.hold_variable(name, "uv", &mut plan);
        }
        Some(plan)
    }

    pub(super) fn pdm(&self, install: &Install) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let mut plan = locked(python::pdm(self.turn.input.project, &folder)?, install);
        plan.writes.extend([".venv", ".pdm-python"].map(|name| inside(&folder, name)));
        Some(plan)
    }

    pub(super) fn pipenv(&self, install: &Install) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let mut plan = locked(python::pipenv(self.turn.input.project, &folder)?, install);
        if install.has(Role::Manifest) || install.has(Role::Editable) {
            plan.judged.push(misses(
                "MC1",
                "an option names what is not in the Pipfile",
                "add it to the Pipfile",
            ));
        }
        self.hold_variable("PIPENV_PIPFILE", "Pipenv", &mut plan);
        if !install.has(Role::System) && !self.is_set("PIPENV_SYSTEM") {
            plan.writes.push(inside(&folder, ".venv"));
        }
        Some(plan)
    }

    pub(super) fn conda(&self, install: &Install) -> Option<Plan> {
        let mut files: Vec<Option<String>> =
            install.values_as(Role::Manifest).map(|value| value.text.clone()).collect();
        if files.is_empty() {
            files.push(Some("environment.yml".to_owned()));
        }
        let mut plan = Plan::default();
        for file in files {
            let path = self.context(&join(self.folder, file?.as_str()))?;
            match python::environment(self.turn.input.project, &path)? {
                Ok(closure) => plan.add(closure),
                Err(error) => return Some(unreadable(&error)),
            }
        }
        plan.settle("nothing is installed from the project's own folders");
        plan.judged.push(holds("MC2", "Conda runs no script of the project"));
        plan.judged.push(holds("MC12", "the environment lies outside the project's folder"));
        let folders = ["--prefix", "-p"].into_iter().filter_map(|name| install.option(name)?.value.as_ref());
        for folder in folders {
            match folder.text.as_deref().map(|text| join(self.folder, text)) {
                Some(path) => plan.writes.extend(self.context(&path).filter(|path| !path.is_empty())),
                None => plan.judged.push(misses(
                    "MC5",
                    "where the install writes is not known",
                    "write the folder out",
                )),
            }
        }
        Some(plan)
    }

    /// Whether a variable is set to something that means yes.
    fn is_set(&self, name: &str) -> bool {
        self.environment(name).is_some_and(|value| !["", "0", "false"].contains(&value))
    }

    /// MC1: a variable leads the tool elsewhere.
    pub(super) fn hold_variable(&self, name: &str, tool: &str, plan: &mut Plan) {
        if self.turn.input.model.variable(self.run, name).is_some() {
            let text = format!("`{name}` tells {tool} about other files");
            plan.judged.push(misses("MC1", text, "leave the variable out, or pass it on the command line"));
        }
    }

    /// Whether a command of exactly these words was run before, in this stage or those below it.
    fn ran(&self, words: &[&str]) -> bool {
        self.turn.steps_before(self.stage(), self.run + 1).any(|step| {
            let given = step.words.iter().map(|word| word.as_deref().unwrap_or_default());
            given.filter(|word| *word != "--local").eq(words.iter().copied())
        })
    }
}

/// The plan of an install by a lock file.
fn locked(read: Result<python::Installs, Unreadable>, install: &Install) -> Plan {
    let installs = match read {
        Ok(installs) => installs,
        Err(error) => return unreadable(&error),
    };
    let mut plan = Plan::default();
    plan.add(installs.closure);
    let given = |flag: &str| {
        let wider = flag == "--no-install-project" && install.option("--no-install-workspace").is_some();
        install.option(flag).is_some() || wider
    };
    match installs.without_itself.filter(|flag| !given(flag)) {
        Some(flag) => {
            plan.twin.push(flag);
            plan.settle(&format!("the project itself is left to a second install by `{flag}`"));
        }
        None => plan.settle("nothing is installed from the project's own folders"),
    }
    plan.judged.push(holds("MC2", "the install runs no script of the project"));
    plan.judged.push(holds("MC12", "the install writes to its environment alone"));
    plan
}

pub(super) fn unreadable(error: &Unreadable) -> Plan {
    Plan::missing("MC1", error.to_string(), "mend the file")
}
