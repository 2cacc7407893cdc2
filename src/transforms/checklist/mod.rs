//! The production checklist: what an image has to be like, point by point, as far as the transforms can tell.
//!
//! A point has no opinion of its own. Where its transforms have something to say, it is open for just those reasons;
//! where they are silent, the transform itself tells why: because it is right, because it does not apply, or because
//! nobody can know.

mod secrets;
mod signals;

use super::{
    ADD_HEALTHCHECK, ADD_USER, COPY_MANIFESTS_FIRST, EXEC_FORM, Input, Missing, PIN_BASE_IMAGE,
    REPAIR_DOCKERIGNORE, SPLIT_STAGES, Transform, WRITE_DOCKERIGNORE,
};
use super::{
    add_healthcheck, add_user, copy_manifests_first, pin_base_image, split_stages, write_dockerignore,
};
use crate::edit::Applicability;

/// Why a transform is silent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::transforms) enum Silence {
    /// It is as it should be, and where that is seen.
    Right(String),
    /// There is nothing to put right.
    NotApplicable(String),
    /// Nobody can know, or nobody has judged it.
    Unknown(Missing),
}

impl Silence {
    pub(in crate::transforms) fn unknown(text: impl Into<String>, remedy: &str) -> Silence {
        Silence::Unknown(Missing { id: "unknown", text: text.into(), remedy: remedy.to_owned() })
    }
}

/// A point of the list.
pub struct Point {
    /// Its name for programs: `base-pinned`.
    pub name: &'static str,
    /// What is asked for.
    pub title: &'static str,
    /// The transforms that put it right.
    transforms: &'static [&'static Transform],
    /// A word in the title of fixes of these transforms that are about something else.
    not: Option<&'static str>,
    /// Why they are silent, one reason for each place.
    silence: fn(&Input<'_>) -> Vec<Silence>,
}

/// How a point stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It is as it should be, and where that is seen.
    Right(String),
    /// There is nothing to put right, and why.
    NotApplicable(String),
    /// It is not right, or not known to be; what is missing.
    Open(Vec<Missing>),
}

/// The points, in the order in which they are told.
pub const POINTS: &[Point] = &[
    Point {
        name: "base-pinned",
        title: "base image pinned",
        transforms: &[&PIN_BASE_IMAGE],
        not: None,
        silence: pin_base_image::silence,
    },
    Point {
        name: "stages-split",
        title: "build and runtime split",
        transforms: &[&SPLIT_STAGES],
        not: None,
        silence: split_stages::silence,
    },
    Point {
        name: "dependencies-cached",
        title: "dependencies cached",
        transforms: &[&COPY_MANIFESTS_FIRST],
        not: None,
        silence: copy_manifests_first::silence,
    },
    Point {
        name: "non-root",
        title: "not run as root",
        transforms: &[&ADD_USER],
        not: None,
        silence: add_user::silence,
    },
    Point {
        name: "dockerignore",
        title: ".dockerignore in force",
        transforms: &[&WRITE_DOCKERIGNORE, &REPAIR_DOCKERIGNORE],
        not: None,
        silence: write_dockerignore::silence,
    },
    Point {
        name: "health-check",
        title: "health check",
        transforms: &[&ADD_HEALTHCHECK],
        not: None,
        silence: add_healthcheck::silence,
    },
    Point {
        name: "no-secrets",
        title: "no secrets inside",
        transforms: &[],
        not: None,
        silence: secrets::silence,
    },
    Point {
        name: "signals",
        title: "signals reach the program",
        transforms: &[&EXEC_FORM],
        // A probe is no process that has to be stopped.
        not: Some("HEALTHCHECK"),
        silence: signals::silence,
    },
];

impl Point {
    /// Whether a fix of that transform and title puts this point right.
    pub fn is_put_right_by(&self, transform: &str, title: &str) -> bool {
        self.transforms.iter().any(|own| own.name == transform)
            && self.not.is_none_or(|word| !title.contains(word))
    }

    /// How it stands in this text.
    pub fn standing(&self, input: &Input<'_>) -> Standing {
        let mut missing: Vec<Missing> = Vec::new();
        for transform in self.transforms {
            for diagnostic in (transform.run)(input) {
                if self.not.is_some_and(|word| diagnostic.message.contains(word)) {
                    continue;
                }
                missing.extend(diagnostic.missing.iter().cloned());
                let fix = diagnostic.fix.as_ref().filter(|fix| fix.applicability == Applicability::Safe);
                missing.extend(fix.map(|fix| waits(transform, input, fix.create.is_some())));
            }
        }
        let mut right = Vec::new();
        let mut nothing = Vec::new();
        let told = if missing.is_empty() { (self.silence)(input) } else { Vec::new() };
        for silence in told {
            match silence {
                Silence::Right(text) => right.push(text),
                Silence::NotApplicable(text) => nothing.push(text),
                Silence::Unknown(unknown) => missing.push(unknown),
            }
        }
        for texts in [&mut right, &mut nothing] {
            let mut seen: Vec<String> = Vec::new();
            texts.retain(|text| {
                let is_new = !seen.contains(text);
                seen.push(text.clone());
                is_new
            });
        }
        let mut seen: Vec<Missing> = Vec::new();
        missing.retain(|one| {
            let is_new = !seen.contains(one);
            seen.push(one.clone());
            is_new
        });
        match (missing.is_empty(), right.is_empty()) {
            (false, _) => Standing::Open(missing),
            (true, false) => Standing::Right(right.join("; ")),
            (true, true) => Standing::NotApplicable(nothing.join("; ")),
        }
    }
}

/// Why a fix that is proven was not taken.
fn waits(transform: &Transform, input: &Input<'_>, creates: bool) -> Missing {
    if !transform.enabled(input.options) {
        return Missing {
            id: "left-out",
            text: format!("`{}` is left out", transform.name),
            remedy: "let `select` and `ignore` allow it".to_owned(),
        };
    }
    let text = if creates { "a file would have to be created" } else { "the fix was not taken" };
    Missing {
        id: "new-file",
        text: text.to_owned(),
        remedy: "run `dockfix --write` on the folder".to_owned(),
    }
}

#[cfg(test)]
mod tests;
