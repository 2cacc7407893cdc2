//! npm: the manifest, the lock, the settings, and what the package's own scripts read.

use super::super::placement::inside;
use super::{Ground, Plan, holds};
use crate::project::ecosystems::npm;

impl Ground<'_> {
    pub(super) fn npm(&self) -> Option<Plan> {
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
}
