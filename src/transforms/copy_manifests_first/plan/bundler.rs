//! Bundler: the Gemfile, its lock, and what the Gemfile reads.

use super::super::super::shipped::{Shipped, join};
use super::super::commands::Step;
use super::super::placement::inside;
use super::python::unreadable;
use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::bundler;
use crate::shell::{Install, Manager, Role};

impl Ground<'_> {
    pub(super) fn bundler(&self, install: &Install) -> Option<Plan> {
        let folder = self.context(self.folder)?;
        let mut plan = match bundler(self.turn.input.project, &folder)? {
            Ok(closure) => Plan::of(closure),
            Err(error) => return Some(unreadable(&error)),
        };
        self.hold_variable("BUNDLE_GEMFILE", "Bundler", &mut plan);
        if install.has(Role::Manifest) {
            plan.judged.push(misses("MC1", "`--gemfile` names another manifest", "install in its folder"));
        }
        let facts = Shipped { input: self.turn.input, stage: self.stage() }.facts("MC5").ok();
        let settings = self.settings();
        // The official image keeps the settings of an application where it keeps the gems.
        if facts.is_none_or(|facts| facts.repository != "ruby")
            && self.environment("BUNDLE_APP_CONFIG").is_none()
        {
            plan.writes.push(inside(&folder, ".bundle"));
        }
        let given = install.values_as(Role::Target).map(|value| value.text.clone());
        let variable = self.environment("BUNDLE_PATH").map(|path| Some(path.to_owned()));
        let mut paths: Vec<Option<String>> = given.chain(variable).collect();
        paths.extend(settings.iter().filter(|(name, _)| name == "path").map(|(_, value)| value.clone()));
        let deploys = install.has(Role::Locked)
            || self.environment("BUNDLE_DEPLOYMENT").is_some()
            || settings.iter().any(|(name, _)| name == "deployment");
        if paths.is_empty() && deploys {
            paths.push(Some("vendor/bundle".to_owned()));
        }
        for path in paths {
            match path {
                Some(path) => plan.writes.extend(self.context(&join(self.folder, &path))),
                None => plan.judged.push(misses(
                    "MC5",
                    "where the install writes is not known",
                    "write the folder out",
                )),
            }
        }
        plan.judged.push(holds("MC2", "`bundle install` runs no script of the project"));
        if plan.sound("MC12") {
            plan.judged
                .push(holds("MC12", "the lock needs no change, and the gems have a folder of their own"));
        }
        Some(plan)
    }

    /// What `bundle config` has set before, in this stage or those below it; a value is `None` where the shell works it
    /// out.
    fn settings(&self) -> Vec<(String, Option<String>)> {
        self.turn.steps_before(self.stage(), self.run + 1).filter_map(setting).collect()
    }
}

/// `bundle config set --local path vendor/bundle`, and the older form without `set`.
fn setting(step: &Step) -> Option<(String, Option<String>)> {
    let install = step.install.as_ref().filter(|install| install.manager == Manager::Bundler)?;
    if install.command != "config" {
        return None;
    }
    let at = step.words.iter().position(|word| word.as_deref() == Some("config"))?;
    let rest = step.words[at + 1..]
        .iter()
        .filter(|word| !word.as_deref().is_some_and(|word| word.starts_with('-') || word == "set"));
    let mut rest = rest.cloned();
    Some((rest.next()??, rest.next().flatten()))
}
