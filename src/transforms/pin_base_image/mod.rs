//! `pin-base-image`: a base image with a version and a release, in place of `latest` or no tag.

mod choice;
mod release;

use super::checklist::Silence;
use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::images::{self, ImageName, OpenTag, ReleaseFrom};
use crate::model::{Base, ImageRef};
use crate::syntax::{Instruction, Keyword};

/// Names the version of a base image.
pub(super) const PIN_BASE_IMAGE: Transform = Transform {
    name: "pin-base-image",
    summary: "name the version and the release of a base image that has none",
    category: Category::Pin,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3006", "hadolint:DL3007"],
    explain: "\
Without a tag, or with `latest`, one Dockerfile builds on one image today and on another next month.
The tag that is written names the version and the release of the system below it, so that neither moves.

Safe where the project names the version: in a file of a version manager (.nvmrc, .python-version, .tool-versions, \
rust-toolchain.toml), in `toolchain` of go.mod, or as a range of one release line. Every other statement of the \
context has to allow it (PIN6), the tag has to be one that was seen (PIN1), and where it stands on another release of \
the system than the tag in place, no RUN may install packages of that system (PIN2).
A floor such as `go 1.22`, or nothing at all, leaves the choice open: the newest version of the dated table is \
offered, and applied with --unsafe only.

Left alone: a tag with a version of its own, a channel that the author chose (`lts`, `stable`), a digest (PIN3), names \
of stages and `scratch` (PIN5), Windows images. A tag built from an ARG is reported (PIN4), the registry is never \
changed (PIN8), no version is raised because its support has ended (PIN11), and no flavour is changed (PIN7).",
    examples: &[
        Example {
            files: &[(".python-version", "3.12\n")],
            before: "FROM python:3\nRUN python -V\n",
            after: "FROM python:3.12-trixie\nRUN python -V\n",
        },
        Example {
            files: &[("go.mod", "module a\n\ngo 1.26.0\n\ntoolchain go1.26.4\n")],
            before: "FROM golang:alpine AS build\nRUN go build\n",
            after: "FROM golang:1.26-alpine3.24 AS build\nRUN go build\n",
        },
        Example {
            files: &[(".python-version", "3.12\n")],
            before: "FROM python:3.11-slim\nFROM scratch\n",
            after: "FROM python:3.11-slim\nFROM scratch\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if is_for_windows(input) {
        return Vec::new();
    }
    let stages = input.model.stages.iter().enumerate();
    stages
        .filter_map(|(stage, found)| match &found.base {
            Base::Image(image) => diagnose(&Subject::new(input, stage, image)?),
            _ => None,
        })
        .collect()
}

/// Why nothing is said about a base image.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    if is_for_windows(input) {
        return vec![Silence::NotApplicable("it is a Windows image, whose tags are not judged".to_owned())];
    }
    let stages = input.model.stages.iter().enumerate();
    let mut found: Vec<Silence> = stages
        .filter_map(|(stage, found)| match &found.base {
            Base::Image(image) => Some(settled(input, stage, image)),
            Base::Unknown => {
                let line = input.document.instructions[found.from()].lines.0;
                let text = format!("the base image of line {line} depends on a build argument");
                Some(Silence::unknown(text, "give the argument a default"))
            }
            Base::Scratch | Base::Stage(_) => None,
        })
        .collect();
    if found.is_empty() {
        found.push(Silence::NotApplicable("no stage stands on an image".to_owned()));
    }
    found
}

/// Whether an image about which nothing is said stays the same.
fn settled(input: &Input<'_>, stage: usize, image: &ImageRef) -> Silence {
    let named = &image.resolved;
    if image.digest.is_some() {
        return Silence::Right(format!("`{named}` has a digest"));
    }
    let remedy = "write the version that is meant into the tag";
    let Some(subject) = Subject::new(input, stage, image) else {
        let tag = image.tag.as_deref().unwrap_or_default();
        let facts = images::facts(&input.public_name(image), image.tag.as_deref());
        let release = facts.is_some_and(|facts| facts.release_from == Some(ReleaseFrom::Reference));
        return match release || tag.contains(|c: char| c.is_ascii_digit()) {
            true => Silence::Right(format!("`{named}` names a version")),
            false => Silence::unknown(format!("whether the tag of `{named}` moves is not known"), remedy),
        };
    };
    let version = subject.open.as_ref().and_then(|open| open.version.as_deref());
    let product = images::product(&subject.public);
    match version {
        // `node:20` is a line of releases, `python:3` leaves the line open.
        Some(version) if product.is_none_or(|product| product.line(version).is_some()) => {
            Silence::Right(format!("`{named}` names the version {version}"))
        }
        _ => Silence::unknown(format!("`{named}` names no version that stays"), remedy),
    }
}

/// A FROM whose image leaves the version open.
struct Subject<'a> {
    input: &'a Input<'a>,
    stage: usize,
    from: &'a Instruction,
    image: &'a ImageRef,
    /// With its registry, without its tag.
    name: String,
    /// The public name under which the tables know it.
    public: String,
    /// What the tag says, where the tables explain it.
    open: Option<OpenTag>,
}

impl<'a> Subject<'a> {
    fn new(input: &'a Input<'a>, stage: usize, image: &'a ImageRef) -> Option<Subject<'a>> {
        if image.digest.is_some() {
            return None;
        }
        let from = &input.document.instructions[input.model.stages[stage].from()];
        let name = image.name();
        let public = input.public_name(image);
        let open = images::open_tag(&public, image.tag.as_deref());
        let subject = Subject { input, stage, from, image, name, public, open };
        (subject.open.is_some() || subject.is_latest()).then_some(subject)
    }

    /// No tag, which means `latest`, or that word itself.
    fn is_latest(&self) -> bool {
        self.image.tag.as_deref().is_none_or(|tag| tag == "latest")
    }

    /// A part of a version stands in the tag: the author has chosen that much.
    fn has_major(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.version.is_some())
    }

    fn message(&self) -> String {
        match &self.image.tag {
            None => format!("`{}` names no version", self.image.resolved),
            Some(_) => format!("`{}` names no version that stays", self.image.resolved),
        }
    }
}

fn diagnose(subject: &Subject<'_>) -> Option<Diagnostic> {
    let span = subject.from.source_span(subject.image.span)?;
    let mut checks = Checks::default();
    if !subject.image.variables.is_empty() {
        if subject.has_major() {
            return None;
        }
        let variable = subject.image.variables[0].as_str();
        checks.misses(
            "PIN4",
            format!("the tag is built from the argument `{variable}`, which a build may set"),
            format!("write a version into the default of `ARG {variable}`"),
        );
        return Some(checks.hold_back(span, subject.message()));
    }
    // Quotes and escapes in a reference are so rare that such a one is left alone.
    if subject.image.written != subject.image.resolved {
        return None;
    }
    let tag = match choice::choose(subject, &mut checks) {
        Some(tag) => tag,
        None if checks.all_hold() => return None,
        None => return Some(checks.hold_back(span, subject.message())),
    };
    registry(subject, &mut checks);
    release::check(subject, &tag, &mut checks);
    let title = format!("pin `{}` to `{tag}`", subject.image.resolved);
    let message = subject.message();
    let edit = Edit::replace(span, format!("{}:{tag}", subject.name));
    Some(checks.fix(span, message, title, vec![edit], &[Part::Base]))
}

/// PIN8: the registry stays, and has to hold the tag; so has the platform.
fn registry(subject: &Subject<'_>, checks: &mut Checks) {
    if subject.name == subject.public && ImageName::parse(&subject.name).has_all_tags() {
        checks.holds("PIN8", "the registry stays as it is");
    } else {
        let text = format!("`{}` may lack tags that Docker Hub has", subject.name);
        checks.misses("PIN8", text, "see whether the tag is there, then write it or take `--unsafe`");
    }
    let platform = subject.from.flag("platform").unwrap_or_default();
    let usual =
        ["", "linux/amd64", "linux/arm64", "linux/arm64/v8"].contains(&platform) || platform.contains('$');
    if !usual {
        let text = format!("not every tag is built for `{platform}`");
        checks.misses("PIN8", text, "see whether the tag is there, then write it or take `--unsafe`");
    }
}

/// Whether the file builds a Windows image: shared tags (`golang:1.27`) mean one there, those with a release do not.
fn is_for_windows(input: &Input<'_>) -> bool {
    let windows_shell = |instruction: &Instruction| {
        let words = instruction.values();
        let first = words.first().map(|word| word.to_lowercase()).unwrap_or_default();
        ["powershell", "pwsh", "cmd"].iter().any(|shell| first.contains(shell))
    };
    let windows_base = |instruction: &Instruction| {
        instruction.flag("platform").is_some_and(|platform| platform.starts_with("windows"))
    };
    let windows_image = input.model.stages.iter().any(|stage| match &stage.base {
        Base::Image(image) => images::facts(&input.public_name(image), image.tag.as_deref())
            .is_some_and(|facts| facts.is_windows()),
        _ => false,
    });
    let instructions = &input.document.instructions;
    input.document.escape == '`'
        || windows_image
        || instructions.iter().any(|instruction| match instruction.keyword {
            Keyword::Shell => windows_shell(instruction),
            Keyword::From => windows_base(instruction),
            _ => false,
        })
}

#[cfg(test)]
mod tests;
