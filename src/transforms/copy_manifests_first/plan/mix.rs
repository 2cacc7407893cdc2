//! Mix: the manifest and its lock.

use super::super::placement::inside;
use super::python::unreadable;
use super::{Ground, Plan, holds};
use crate::project::ecosystems::mix;

impl Ground<'_> {
    pub(super) fn mix(&self) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let mut plan = match mix(self.turn.input.project, &folder)? {
            Ok(closure) => Plan::of(closure),
            Err(error) => return Some(unreadable(&error)),
        };
        plan.writes.extend(["deps", "_build"].map(|name| inside(&folder, name)));
        for name in ["MIX_EXS", "MIX_DEPS_PATH", "MIX_BUILD_PATH"] {
            self.hold_variable(name, "Mix", &mut plan);
        }
        if plan.sound("MC2") {
            plan.judged.push(holds("MC2", "`mix deps.get` compiles nothing"));
        }
        if plan.sound("MC12") {
            plan.judged.push(holds("MC12", "the lock needs no change"));
        }
        Some(plan)
    }
}
