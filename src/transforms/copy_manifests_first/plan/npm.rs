//! npm, Yarn, pnpm and Bun: manifests, locks, settings, and what the packages' own scripts read.

use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::Verdict;
use crate::project::ecosystems::npm::{Scripts, Tool, Workspace};
use crate::shell::{Install, Manager, Role};

/// Options that make an install read or write elsewhere than usual.
const ELSEWHERE: &[&str] = &[
    "--cache-folder",
    "--config",
    "-c",
    "--global-folder",
    "--globalconfig",
    "--link-folder",
    "--lockfile-dir",
    "--modules-dir",
    "--modules-folder",
    "--preferred-cache-folder",
    "--store-dir",
    "--use-yarnrc",
    "--userconfig",
    "--virtual-store-dir",
];

impl Ground<'_> {
    pub(super) fn npm(&self, install: &Install) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let project = self.turn.input.project;
        let tool = match install.manager {
            Manager::Yarn => Tool::yarn(project, &folder),
            Manager::Pnpm => Tool::Pnpm,
            Manager::Bun => Tool::Bun,
            _ => Tool::Npm,
        };
        let workspace = match Workspace::read(project, &folder, tool)? {
            Ok(workspace) => workspace,
            Err(error) => return Some(Plan::missing("MC1", error.to_string(), "mend the file")),
        };
        let scripts = if install.has(Role::NoScripts) { Scripts::Ignored } else { Scripts::Run };
        let closure = workspace.closure(project, scripts);
        let writes = workspace.writes(&closure);
        let mut plan = Plan::of(closure);
        plan.writes = writes;
        if plan.sound("MC2") {
            let scripts = if scripts == Scripts::Run { workspace.scripts() } else { Vec::new() };
            plan.judged.push(holds(
                "MC2",
                match scripts.as_slice() {
                    [] => format!("`{}` has no script that the install runs", workspace.root.manifest.path),
                    some => format!("script `{}` reads nothing else", some.join("`, `")),
                },
            ));
        }
        if let Some(option) = install.options.iter().find(|option| ELSEWHERE.contains(&option.name.as_str()))
        {
            plan.judged.push(misses(
                "MC1",
                format!("`{}` names a place outside the usual", option.name),
                "copy the manifests by hand before the install",
            ));
        }
        plan.judged.push(self.survives(&workspace));
        Some(plan)
    }

    /// MC12: what the install writes is not replaced by what the sources bring.
    fn survives(&self, workspace: &Workspace) -> super::Judged {
        // A Yarn of today runs no script of a package whose lock is not the one that it has installed.
        if workspace.tool == Tool::YarnBerry {
            return match workspace.in_sync(None) {
                Verdict::Holds(_) => holds("MC12", "the install leaves the lock as it is"),
                Verdict::Fails(text) | Verdict::Unproven(text) => misses(
                    "MC12",
                    format!("the install may change the lock, and the sources bring it back: {text}"),
                    "run `yarn install` with the release that `packageManager` names, and commit the lock",
                ),
            };
        }
        holds("MC12", "the install writes to `node_modules` alone")
    }
}
