//! `split-stages`: the image holds the program, and not what built it.
//!
//! A file of one stage that compiles a program and starts it becomes two: the first builds, the second takes the
//! binary. First of all for Go, whose binaries need nothing but the kernel once cgo is off.

mod build;
mod checks;
mod commands;
mod started;
mod tables;
#[cfg(test)]
mod tests;
mod writing;

use super::checklist::Silence;
use super::checks::Checks;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Missing, Part, Transform};
use crate::edit::Edit;
use crate::images::{self, Facts, ImageName, Runs};
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
one stage on the golang image whose RUN builds the binary that the container starts becomes two stages: the first is
the author's, the second an image of nothing but the binary, with certificates, time zones and a user of its own.
What says how the container runs (ENV, LABEL, EXPOSE, CMD, ENTRYPOINT) comes along.
Safe when all of this is proven for this file and project:
MS1 MS2 the start command runs the one binary that the file builds; MS3 the binary is static: no cgo, no C library;
nothing else that a RUN does is needed; MS5 MS11 what the container needs is repeated, and refers to no ARG of the
build; MS6 the program starts no other; MS7 no shell is needed; MS8 it is not a developer's command; MS9 compose
neither mounts sources over it nor starts something else; MS10 the stage's name is free; MS12 the image is no base for
others; MS13 MS15 MS16 owner, platform and what the base image gave; MS14 the program reads no files at run time, but
for embedded ones; NR2 NR3 NR4 NR7 it runs without root; PIN8 the images are public ones of Docker Hub.
Held back otherwise, naming what is missing: nothing is written that is not proven.",
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

/// The one diagnostic of a file that ships the Go compiler, or why there is nothing to say.
fn judge(shipped: &Shipped<'_>) -> Result<Diagnostic, Silence> {
    let model = shipped.input.model;
    let Some(image) = shipped.image() else { return Err(settled(shipped)) };
    let name = ImageName::parse(&shipped.input.public_name(image));
    let is_go = name.canonical() == "golang" || name.canonical().ends_with("/golang");
    if model.stages.len() != 1 || !is_go {
        return Err(settled(shipped));
    }
    let message = "the image ships the compiler and the sources";
    let span = shipped.instruction(model.stages[shipped.stage].from()).name_span();
    let mut checks = Checks::default();
    let edits = match prove(shipped, &mut checks) {
        Ok(edits) => edits,
        Err(missing) => {
            checks.take(Err(missing));
            return match is_windows(shipped) {
                true => Err(settled(shipped)),
                false => Ok(checks.hold_back(span, message)),
            };
        }
    };
    // A stage of the runtime image is right or wrong as a whole: a fix that is not proven in all its parts would
    // leave a container that does not start, so there is none.
    if !checks.all_hold() {
        return Ok(checks.hold_back(span, message));
    }
    let declares = [Part::Base, Part::Stage, Part::User, Part::Workdir, Part::Env, Part::Arg, Part::Shell];
    Ok(checks.fix(span, message, "build in one stage, ship the binary in another", edits, &declares))
}

fn is_windows(shipped: &Shipped<'_>) -> bool {
    shipped.facts("MS4").is_ok_and(|facts| facts.is_windows())
}

/// Checks everything. `Err` is what keeps the rest from being asked at all.
fn prove(shipped: &Shipped<'_>, checks: &mut Checks) -> Result<Vec<Edit>, Missing> {
    let facts = shipped.facts("MS4")?;
    let counterpart = facts.counterparts.iter().find(|found| found.runs == Runs::StaticBinary);
    let Some(runtime) = counterpart.map(|found| found.image.clone()) else {
        return Err(missing(
            "MS4",
            "no runtime image is known for this base image",
            "write the stages by hand",
        ));
    };
    checks.holds("MS4", "a static binary runs on any image");
    checks::hosts(shipped, &runtime, checks);
    checks::platform(shipped, checks);
    checks::stage_name(shipped, STAGE, checks);
    let (repository, tag) = runtime.rsplit_once(':').unwrap_or((&runtime, "latest"));
    checks::runtime(images::facts(repository, Some(tag)).as_ref(), &runtime, checks);
    let started = started::read(shipped, &facts)?;
    checks.holds("MS7", "the start command needs no shell");
    let build = build::find(shipped, &facts)?;
    if !started::is_file(&started, &build.output) {
        let text = format!("`{}` is not the `{}` that the file builds", started.binary, build.output);
        return Err(missing("MS1", text, "start the binary by its path"));
    }
    checks.holds("MS1", format!("the container starts `{}`", build.output));
    checks.holds("MS2", format!("`go build` makes it of `./{}`", build.package));
    checks.holds("MS3", "no source asks for C, and no module of go.mod is known to");
    if let Err(missing) = started::health(shipped, &build.output) {
        checks.take(Err(missing));
    }
    let workdir = shipped.workdir_at(build.run, facts.workdir).ok_or_else(|| {
        missing("MS16", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    if ![&workdir, &build.output].iter().all(|path| writing::is_plain(path)) {
        return Err(missing("MS1", "a path of the program has unusual letters", "name it in plain letters"));
    }
    checks::folders([&workdir, &build.output], checks);
    checks::instructions(shipped, &build, checks);
    checks::variables(shipped, &started, &build, checks);
    checks::users(shipped, &build.output, STAGE, checks);
    checks::program(shipped, &facts, &build, &started, checks);
    let edits = writing::edits(shipped, &build, &started, &workdir, &runtime, STAGE);
    edits.ok_or_else(|| {
        missing("MS7", "comments stand between the lines of the start command", "write it as an exec form")
    })
}

/// A precondition that is not proven.
fn missing(id: &'static str, text: impl Into<String>, remedy: &str) -> Missing {
    Missing { id, text: text.into(), remedy: remedy.to_owned() }
}
