//! pip: requirements files and all that they name.

use super::super::super::shipped::join;
use super::super::placement::below;
use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::pip;
use crate::shell::{Install, Role};
use crate::syntax::Arguments;

impl Ground<'_> {
    pub(super) fn pip(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
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
            if self.turn.input.project.tree().entry(&path).is_none()
                && role == Role::Manifest
                && plan.files.is_empty()
            {
                return None;
            }
            plan.add(pip::requirements(self.turn.input.project, &path).closure);
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
        .find(|name| self.turn.input.model.variable(self.run, name).is_some())
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
        let Some(variable) = self.turn.input.model.variable(self.run, "PATH") else { return Vec::new() };
        let instruction = &self.turn.input.document.instructions[variable.instruction];
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return Vec::new() };
        let path =
            pairs.iter().rev().find(|pair| instruction.text(pair.key) == "PATH").and_then(|pair| pair.value);
        let path = path.map(|path| instruction.text(path).trim_matches(['"', '\''])).unwrap_or_default();
        let entries =
            path.split(':').filter_map(|part| self.turn.input.model.literal(variable.instruction, part));
        entries.filter(|part| part.starts_with('/')).collect()
    }
}
