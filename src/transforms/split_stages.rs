//! `split-stages`: the image holds the program, and not what built it.
//!
//! A file of one stage that builds a program and starts it becomes two: the first builds, the second takes what is
//! started. How programs are built is data (`recipes.toml`); what is carried over is one of a few shapes, each in a module
//! of its own.

mod cargo;
mod carried;
mod checks;
mod commands;
mod go;
mod jar;
mod plan;
mod recipes;
mod started;
mod tables;
#[cfg(test)]
mod tests;
mod walk;
mod whole;
mod writing;

use self::plan::{Plan, Site};
use self::recipes::{Recipe, Shape, recipes};
use super::checklist::Silence;
use super::checks::Checks;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Missing, Part, Transform};
use crate::edit::Edit;
use crate::images::{Facts, ImageName, Runs};
use crate::syntax::Keyword;

/// The name of the stage that builds.
const STAGE: &str = "build";

/// Splits a file of one stage into a build stage and a runtime stage.
pub(super) const SPLIT_STAGES: Transform = Transform {
    name: "split-stages",
    summary: "build in one stage, ship the program in another",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["DBP-1"],
    explain: "\
An image that ships its compiler and its sources is large, and gives an intruder all the tools there are. A file of
one stage becomes two: the first is the author's, the second has what the container starts, on an image without the
tools of the build. What says how the container runs (ENV, LABEL, EXPOSE, VOLUME, USER, CMD, ENTRYPOINT) comes along, with
the ARGs that it refers to.
A binary of Go goes to an image of nothing but itself, with certificates, time zones and a user of its own. A binary of
Rust goes to the Debian of its build, with the libraries that its crates are linked with; whatever the project keeps
beside its sources comes along, since the program may read it. An application of Node.js goes to the slim image of its
version, with its whole folder; packages of the system that a RUN installs are installed there again.
Safe when all of this is proven for this file and project:
MS1 MS2 the start command runs what the file builds, and where that lies is known; MS3 no library of the old image is
needed, and nothing else that a RUN does; MS4 the C library and the language are the same; MS5 MS11 what the container
needs is repeated; MS6 the program starts no other that is not there; MS7 no shell is needed that is not there; MS8 it is
not a developer's command; MS9 compose neither mounts sources over it nor starts something else; MS10 the stage's name is
free; MS12 the image is no base for others; MS13 MS15 MS16 owner, platform and what the base image gave; MS14 what the
program may read at run time comes along; NR2 NR3 NR4 NR7 it runs without root, where the runtime image has a user of its
own; PIN8 the images are public ones of Docker Hub.
Held back otherwise, naming what is missing: nothing is written that is not proven. Nothing is said where no smaller
runtime image is known.",
    examples: &[
        Example {
            files: &[
                ("go.mod", "module example.com/shop\n\ngo 1.26\n"),
                (
                    "cmd/server/main.go",
                    "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n",
                ),
            ],
            before: "FROM golang:1.26\nWORKDIR /app\nCOPY . .\nRUN go build -o server ./cmd/server\nEXPOSE 8080\nCMD [\"./server\"]\n",
            after: "FROM golang:1.26 AS build\nWORKDIR /app\nCOPY . .\nRUN CGO_ENABLED=0 go build -o server ./cmd/server\n\nFROM gcr.io/distroless/static-debian13:nonroot\nWORKDIR /app\nCOPY --from=build /app/server ./\nEXPOSE 8080\nCMD [\"./server\"]\n",
        },
        Example {
            files: &[
                ("Cargo.toml", "[package]\nname = \"shop\"\n"),
                ("Cargo.lock", "[[package]]\nname = \"shop\"\n"),
                ("src/main.rs", "fn main() {}\n"),
                ("templates/index.html", ""),
            ],
            before: "FROM rust:1.90-bookworm\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\nCMD [\"./target/release/shop\"]\n",
            after: "FROM rust:1.90-bookworm AS build\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\n\nFROM debian:bookworm-slim\nWORKDIR /app\nCOPY --from=build /app/target/release/shop ./target/release/shop\nCOPY --from=build /app/templates ./templates\nCMD [\"./target/release/shop\"]\n",
        },
        Example {
            files: &[],
            before: "FROM golang:1.26\nWORKDIR /app\nCOPY . .\nCMD [\"go\", \"run\", \".\"]\n",
            after: "FROM golang:1.26\nWORKDIR /app\nCOPY . .\nCMD [\"go\", \"run\", \".\"]\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    Shipped::of(input).and_then(|shipped| judge(&shipped).ok()).into_iter().collect()
}

/// Why nothing is said about the file.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    Shipped::of(input).and_then(|shipped| judge(&shipped).err()).into_iter().collect()
}

/// What a file looks like that is not ours to split.
fn settled(shipped: &Shipped<'_>) -> Silence {
    if is_windows(shipped) {
        return Silence::NotApplicable("it is a Windows image".to_owned());
    }
    let model = shipped.input.model;
    let lineage = shipped.lineage();
    let uses = lineage.iter().flat_map(|stage| &model.stages[*stage].uses);
    let line = |stage: usize| shipped.instruction(model.stages[stage].from()).lines.0;
    let last = lineage.last().copied().unwrap_or(shipped.stage);
    if let Some(used) = uses.into_iter().find(|used| !lineage.contains(&used.stage)) {
        let (from, own) = (line(used.stage), line(last));
        let compiles =
            |facts: &Facts| facts.counterparts.iter().any(|found| found.runs == Runs::StaticBinary);
        return match shipped.facts("MS4").ok().filter(compiles) {
            None => Silence::Right(format!(
                "the shipped stage of line {own} takes what the one of line {from} has made"
            )),
            Some(facts) => Silence::unknown(
                format!("the shipped stage stands on `{}`, which brings a compiler", facts.family),
                "let it stand on a runtime image",
            ),
        };
    }
    if !shipped.instructions().any(|index| shipped.instruction(index).keyword == Keyword::Run) {
        return Silence::NotApplicable("nothing is built: there is no RUN".to_owned());
    }
    Silence::unknown(
        format!(
            "the stage of line {} builds and is shipped; what of it could stay behind is not judged for its image",
            line(last)
        ),
        "write two stages, if it compiles or bundles something",
    )
}

/// The one diagnostic of a file that ships what built it, or why there is nothing to say.
fn judge(shipped: &Shipped<'_>) -> Result<Diagnostic, Silence> {
    let model = shipped.input.model;
    let Some(image) = shipped.image() else { return Err(settled(shipped)) };
    let name = ImageName::parse(&shipped.input.public_name(image));
    if model.stages.len() != 1 || is_windows(shipped) {
        return Err(settled(shipped));
    }
    let found = recipes(name.canonical()).find_map(|recipe| by_recipe(shipped, recipe));
    found.ok_or_else(|| settled(shipped))
}

/// What one recipe says about the file; `None` where the file is none of its kind.
fn by_recipe(shipped: &Shipped<'_>, recipe: &'static Recipe) -> Option<Diagnostic> {
    let span = shipped.instruction(shipped.input.model.stages[shipped.stage].from()).name_span();
    let mut checks = Checks::default();
    let edits = match prove(shipped, recipe, &mut checks) {
        Ok(edits) => edits?,
        Err(missing) => {
            checks.take(Err(missing));
            return Some(checks.hold_back(span, recipe.message.as_str()));
        }
    };
    // A stage of the runtime image is right or wrong as a whole: a fix that is not proven in all its parts would
    // leave a container that does not start, so there is none.
    if !checks.all_hold() {
        return Some(checks.hold_back(span, recipe.message.as_str()));
    }
    let declares = [Part::Base, Part::Stage, Part::User, Part::Workdir, Part::Env, Part::Arg, Part::Shell];
    Some(checks.fix(span, recipe.message.as_str(), recipe.title.as_str(), edits, &declares))
}

fn is_windows(shipped: &Shipped<'_>) -> bool {
    shipped.facts("MS4").is_ok_and(|facts| facts.is_windows())
}

/// Checks everything. `Err` is what keeps the rest from being asked at all, `None` a file of another kind.
fn prove(
    shipped: &Shipped<'_>,
    recipe: &'static Recipe,
    checks: &mut Checks,
) -> Result<Option<Vec<Edit>>, Missing> {
    let facts = shipped.facts("MS4")?;
    let site = Site { shipped, facts: &facts, recipe };
    let plan = match recipe.shape {
        Shape::Go => Some(go::plan(&site, checks)?),
        Shape::Cargo => Some(cargo::plan(&site, checks)?),
        Shape::Jar => jar::plan(&site, checks)?,
        Shape::Whole => whole::plan(&site, checks)?,
    };
    plan.map(|plan| written(&site, &plan, checks)).transpose()
}

/// What every split needs, whatever is built; and its text.
fn written(site: &Site<'_>, plan: &Plan, checks: &mut Checks) -> Result<Vec<Edit>, Missing> {
    let shipped = site.shipped;
    checks::hosts(shipped, &plan.runtime.image, checks);
    checks::platform(shipped, checks);
    checks::stage_name(shipped, STAGE, checks);
    checks::instructions(shipped, plan, checks);
    checks::variables(shipped, plan, checks);
    checks::users(shipped, plan, STAGE, checks);
    checks::gain(site, plan, checks);
    writing::edits(shipped, plan, STAGE).ok_or_else(|| {
        missing("MS7", "comments stand between the lines of the start command", "write it as an exec form")
    })
}

/// A precondition that is not proven.
fn missing(id: &'static str, text: impl Into<String>, remedy: &str) -> Missing {
    Missing { id, text: text.into(), remedy: remedy.to_owned() }
}
