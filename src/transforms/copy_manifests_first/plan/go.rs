//! Go modules: `go.mod` and `go.sum`, and a download of its own where the install is part of a build.

use super::super::super::shipped::Shipped;
use super::super::placement::inside;
use super::{Ground, Judged, Plan, holds, misses};
use crate::project::ecosystems::{Version, go};
use crate::shell::Install;

const GO_WITH_MODULES: Version = Version { major: 1, minor: Some(13), patch: None };

impl Ground<'_> {
    pub(super) fn go(&self, install: &Install) -> Option<Plan> {
        let folder = self.module_folder()?;
        let module = match go::read(self.turn.input.project, &folder)? {
            Ok(module) => module,
            Err(error) => return Some(Plan::missing("MC1", error.to_string(), "mend the file")),
        };
        if self.needs_no_modules() {
            return None;
        }
        let mut plan = Plan::of(module.closure(self.turn.input.project));
        plan.judged.push(holds("MC2", "`go mod download` runs no code of the project"));
        plan.judged.push(holds("MC12", "modules are kept outside the project's folder"));
        if install.command != "mod download" {
            plan.download = Some("go mod download".to_owned());
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
        let facts = Shipped { input: self.turn.input, stage: self.stage() }.facts("MC8").ok();
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

    /// Whether nothing is downloaded, so that there is nothing to keep in a layer of its own.
    pub(in super::super) fn needs_no_modules(&self) -> bool {
        let module = self.module_folder().and_then(|folder| go::read(self.turn.input.project, &folder)?.ok());
        module.is_some_and(|module| module.go_mod.requires.is_empty() || module.vendored)
    }

    /// The folder of the context with the `go.mod` that counts: Go looks upwards.
    pub(in super::super) fn module_folder(&self) -> Option<String> {
        let mut folder = Some(self.context(self.folder)?);
        while let Some(current) = folder {
            if self.turn.input.project.sent(&inside(&current, "go.mod")) {
                return Some(current);
            }
            let top = current == self.from || current.is_empty();
            folder = (!top).then(|| current.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned()));
        }
        None
    }
}
