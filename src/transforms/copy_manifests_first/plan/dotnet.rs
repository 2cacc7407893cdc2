//! .NET: `dotnet restore` on the projects alone.

use super::super::super::shipped::join;
use super::python::unreadable;
use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::dotnet;
use crate::shell::{Install, Manager};

impl Ground<'_> {
    pub(super) fn dotnet(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        // A build after a restore finds everything there, wherever the two stand.
        if install.command != "restore" && (install.option("--no-restore").is_some() || self.restored()) {
            return None;
        }
        // `/p:Name=value` is an option too.
        let word = |at: &usize| words.get(*at).and_then(Option::as_deref);
        let is_switch =
            |word: Option<&str>| word.is_some_and(|word| word.starts_with('/') && word.contains(':'));
        let named: Vec<Option<&str>> =
            install.operands.iter().map(word).filter(|word| !is_switch(*word)).collect();
        let folder = self.context(self.folder)?;
        let path = match named.as_slice() {
            [] => None,
            [Some(name)] => Some(self.context(&join(self.folder, name))?),
            _ => {
                return Some(Plan::missing(
                    "MC1",
                    "which project is restored is not known",
                    "write its path out",
                ));
            }
        };
        let found = match dotnet(self.turn.input.project, &folder, path.as_deref())? {
            Ok(found) => found,
            Err(error) => return Some(unreadable(&error)),
        };
        let mut plan = Plan::of(found.closure);
        plan.writes = found.writes;
        if let Some(packages) = self.environment("NUGET_PACKAGES") {
            plan.writes.extend(self.context(&join(self.folder, packages)));
        }
        for option in ["--packages", "--artifacts-path", "--configfile", "--source", "-s", "--lock-file-path"]
        {
            if let Some(given) = install.option(option) {
                let value = given.value.as_ref().and_then(|value| value.text.as_deref()).unwrap_or_default();
                if !value.starts_with("http") {
                    let text = format!("`{option}` names other files or folders");
                    plan.judged.push(misses("MC1", text, "leave them to NuGet's settings"));
                }
            }
        }
        plan.judged.push(holds("MC2", "a restore runs no step of the build"));
        plan.judged.push(holds("MC12", "packages are kept outside the project's folder"));
        if install.command != "restore" {
            plan.download = Some(restore(install, named.first().copied().flatten()));
        }
        Some(plan)
    }

    /// Whether a restore has run before, in this stage or those below it.
    fn restored(&self) -> bool {
        let restores = |install: &Install| install.manager == Manager::Dotnet && install.command == "restore";
        let mut runs = self.turn.runs_before(self.stage(), self.run + 1);
        // A script may restore as well as anything else.
        runs.any(|index| self.turn.steps(index).is_none_or(|steps| steps.installs().any(restores)))
    }
}

/// The restore that a build would begin with; a runtime that it names has packages of its own.
fn restore(install: &Install, project: Option<&str>) -> String {
    let runtime = ["--runtime", "-r"]
        .into_iter()
        .find_map(|name| install.option(name)?.value.as_ref()?.text.as_deref());
    let plain =
        |word: &&str| !word.contains(|character: char| " \"'\\$`;&|<>()*?[]{}~#!".contains(character));
    let mut command = "dotnet restore".to_owned();
    if let Some(project) = project {
        command = match plain(&project) {
            true => format!("{command} {project}"),
            false => format!("{command} \"{project}\""),
        };
    }
    match runtime.filter(plain) {
        Some(runtime) => format!("{command} -r {runtime}"),
        None => command,
    }
}
