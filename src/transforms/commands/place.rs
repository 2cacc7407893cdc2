//! What is in force where a RUN runs: its user, what is mounted, what ran before, and whether its files are kept.

use super::Run;
use crate::images::DefaultUser;
use crate::transforms::shipped::Shipped;
use crate::transforms::{Missing, Reason};

/// Whether the files that a RUN leaves are found in an image, or in a stage that is built on its own.
pub(in crate::transforms) fn needed_in_image(run: &Run<'_>) -> bool {
    let (input, Some(stage)) = (run.input, run.stage()) else { return false };
    let holds = |other: usize| input.model.lineage(other).contains(&stage);
    let shipped = Shipped::all(input).iter().any(|shipped| holds(shipped.stage));
    shipped || (0..input.model.stages.len()).any(|other| other != stage && holds(other))
}

/// The RUNs that have run before this one, in its stage and those below it.
pub(in crate::transforms) fn runs_before<'a>(run: &Run<'a>) -> Vec<Run<'a>> {
    let (input, Some(stage)) = (run.input, run.stage()) else { return Vec::new() };
    let stages = input.model.lineage(stage).into_iter().rev();
    let indexes = stages.flat_map(|stage| input.model.stages[stage].instructions.clone());
    let earlier = indexes.filter(|index| *index < run.index).filter_map(|index| Run::of(input, index));
    earlier.filter(|earlier| !earlier.is_trigger()).collect()
}

/// Whether the RUN runs as root (PK5); `None` where it is known to run as somebody else.
pub(in crate::transforms) fn runs_as_root(run: &Run<'_>) -> Option<Result<Reason, Missing>> {
    let id = "PK5";
    let missing =
        |text: &str| Missing { id, text: text.to_owned(), remedy: "write `USER root` before it".to_owned() };
    let holds = |text: String| Some(Ok(Reason { id, text }));
    if let Some(at) = run.input.model.contexts[run.index].user {
        let instruction = &run.input.document.instructions[at];
        let user = instruction.text(instruction.rest);
        let name = user.split(':').next().unwrap_or_default();
        return match name {
            "root" | "0" => holds(format!("USER {user} is in force")),
            _ => None,
        };
    }
    let facts = Shipped { input: run.input, stage: run.stage()? }.facts(id);
    match facts.map(|facts| facts.user) {
        Ok(Some(DefaultUser::Root)) => holds("the base image runs as root".to_owned()),
        Ok(Some(_)) => None,
        Ok(None) => Some(Err(missing("whether the base image runs as root is not known"))),
        Err(why) => Some(Err(missing(&why.text))),
    }
}

impl Run<'_> {
    /// Whether a cache or a folder in memory keeps a folder, or a part of it, out of the layer.
    pub(in crate::transforms) fn keeps_out(&self, folder: &str) -> bool {
        self.volatile_mounts().iter().any(|mount| {
            let Some(target) = mount.target.as_deref() else { return true };
            let target = target.trim_end_matches('/');
            let holds = |outer: &str, inner: &str| {
                inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            target.contains('$') || holds(target, folder) || holds(folder, target)
        })
    }
}
