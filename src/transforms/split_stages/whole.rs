//! The whole folder of an application, with what was installed and built in it, on the slim image of the same language.
//!
//! The runtime stage has every file that the program could find before, but for the compilers, libraries and programs of
//! the full base image: those must be known not to be needed.

mod packages;
mod roots;
mod steps;

use self::roots::Roots;
use self::steps::Steps;
use super::plan::{Plan, Runtime, Site};
use super::tables::{TABLES, has};
use super::{missing, started, walk, writing};
use crate::images::{ImageName, ReleaseFrom};
use crate::project::sources::{Entry, Language, Scope, Sources};
use crate::shell::StartKind;
use crate::syntax::Keyword;
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped, join};

/// The split; `None` where the base image has no slimmer twin, or nothing is built that could stay behind.
pub(super) fn plan(site: &Site<'_>, checks: &mut Checks) -> Result<Option<Plan>, Missing> {
    let shipped = site.shipped;
    let builds = |index: usize| {
        shipped.instruction(index).keyword == Keyword::Run && !walk::makes_users(shipped, index)
    };
    let Some(runtime) = slim(site).filter(|_| shipped.instructions().any(builds)) else { return Ok(None) };
    started::is_stated(shipped)?;
    same_language(site, &runtime, checks)?;
    let program = shipped.runs(site.facts, "MS1", "MS6")?;
    started::developer(&program)?;
    let mut steps = Steps::default();
    let roots = Roots::of(site)?;
    walk::each(site, |step| steps.note(site, &roots, step))?;
    let last = cut(shipped).ok_or_else(|| {
        missing("MS2", "nothing is copied and nothing is built", "copy the application with COPY")
    })?;
    owners(shipped, last)?;
    tools(site, &program, &roots, &steps, checks)?;
    certificates(shipped, &program)?;
    let reached = starts(site, &program, checks);
    packages::judge(site, reached.as_deref(), checks)?;
    started::client(shipped, &runtime, checks);
    checks.holds("MS1", format!("the container starts `{}`", program.argv.join(" ")));
    let copies = roots.copies();
    let carried: Vec<&str> = copies.iter().map(|copied| copied.from.as_str()).collect();
    walk::mounted(site, &carried)?;
    let workdir = site.folder_behind(last).ok_or_else(|| {
        missing("MS16", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    if !carried.into_iter().chain([workdir.as_str()]).all(writing::is_plain) {
        return Err(missing("MS14", "a path has unusual letters", "name files in plain letters"));
    }
    checks.holds("MS2", format!("the application lies in {}", roots.shown()));
    checks.holds("MS14", "every file that the program could find in it comes along");
    Ok(Some(Plan {
        last,
        insert: Vec::new(),
        runtime,
        setup: steps.setup(shipped),
        copies,
        workdir,
        exec: None,
        health: None,
        build_variables: &site.recipe.build_variables,
        by_path: false,
        keeps_tools: true,
        copies_below: false,
    }))
}

/// The slim image that goes with the build image. A tag that names no release has a twin that moves along with it.
fn slim(site: &Site<'_>) -> Option<Runtime> {
    let image = site.shipped.image()?;
    let twin = site.recipe.twin.as_deref().zip(image.tag.as_deref());
    let is_version = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let twin = twin.filter(|(_, tag)| is_version(tag) && site.facts.family == site.recipe.images[0]);
    match twin {
        Some((ending, tag)) => {
            let name = ImageName::parse(&site.shipped.input.public_name(image));
            Runtime::of(&format!("{}:{tag}{ending}", name.canonical()))
        }
        None => site.runtimes().into_iter().find(|runtime| !runtime.is_nonroot()),
    }
}

/// MS4: the same release of the language and of the system, whatever the tag comes to mean.
fn same_language(site: &Site<'_>, runtime: &Runtime, checks: &mut Checks) -> Result<(), Missing> {
    let by_hand = "write the image into FROM with its version and release";
    let Some(image) = site.shipped.image() else {
        return Err(missing("MS4", "the base image cannot be told", by_hand));
    };
    if !image.variables.is_empty() || image.digest.is_some() {
        let text = format!("`{}` may become another release than the runtime stage's", image.written);
        return Err(missing("MS4", text, by_hand));
    }
    // A release that is written in the one reference alone would part from that of the other.
    let is_written = |from: Option<ReleaseFrom>| from == Some(ReleaseFrom::Reference);
    let facts = &runtime.facts;
    let same = facts.release == site.facts.release
        && facts.version == site.facts.version
        && facts.version.is_some()
        && is_written(site.facts.release_from) == is_written(facts.release_from);
    if !same {
        let text = format!("`{}` and `{}` may come to hold other releases", image.written, runtime.image);
        return Err(missing("MS4", text, by_hand));
    }
    if facts.entrypoint.is_none() || facts.entrypoint != site.facts.entrypoint {
        let text = format!("`{}` may start programs in another way", runtime.image);
        return Err(missing("MS16", text, "write the stages by hand"));
    }
    checks.holds("MS4", format!("`{}` has the same version and the same system", runtime.image));
    checks.holds("MS16", "both images have the same ENTRYPOINT, users and PATH");
    Ok(())
}

/// The last instruction that makes files.
fn cut(shipped: &Shipped<'_>) -> Option<usize> {
    let makes = |keyword| matches!(keyword, Keyword::Run | Keyword::Copy | Keyword::Add);
    // A RUN that makes users stands in the stage that runs as one of them.
    let is_build =
        |index: &usize| makes(shipped.instruction(*index).keyword) && !walk::makes_users(shipped, *index);
    shipped.instructions().rfind(is_build)
}

/// MS13: a COPY between stages gives everything to root.
fn owners(shipped: &Shipped<'_>, last: usize) -> Result<(), Missing> {
    let owned = |index: &usize| {
        let instruction = shipped.instruction(*index);
        let owner = instruction
            .flag("chown")
            .is_some_and(|owner| !matches!(owner, "root" | "root:root" | "0" | "0:0"));
        *index <= last && owner
    };
    match shipped.instructions().find(owned) {
        None => Ok(()),
        Some(index) => {
            let line = shipped.instruction(index).lines.0;
            let text = format!("what line {line} copies has another owner than root");
            Err(missing("MS13", text, "write the stages by hand, with `--chown` on the COPY between them"))
        }
    }
}

/// MS6: what is started is there: a program of the language, of the project, or one that the runtime stage installs.
fn tools(
    site: &Site<'_>,
    program: &Program,
    roots: &Roots,
    steps: &Steps,
    checks: &mut Checks,
) -> Result<(), Missing> {
    let by_hand = "write the stages by hand, with that program in both";
    let mut names: Vec<&str> = vec![program.name()];
    names.extend(program.start.runners.iter().filter_map(|at| program.argv.get(*at)).map(|word| base(word)));
    names.extend(program.through.as_deref());
    let wrappers = &program.start.unwrapped.wrappers;
    let before = wrappers.iter().map(|(_, at)| *at).filter_map(|at| program.argv.get(at));
    names.extend(before.map(|word| base(word)));
    let through = program.through.is_some() || program.argv.iter().any(|word| base(word) == "npx");
    let word = program.argv.get(program.start.program).map_or("", String::as_str);
    let folder = site.shipped.workdir(site.facts.workdir);
    let is_carried = word.contains('/') && folder.is_some_and(|folder| roots.carry(&join(&folder, word)));
    for name in names {
        let is_there = has(&site.recipe.tools, name)
            || has(&TABLES.base_tools, name)
            || steps.installs(name)
            // The package manager finds it among the modules of the project; the manager itself has to be there.
            || through && name == base(word) && !steps.removes_modules()
            || name == base(word) && is_carried;
        if !is_there {
            let text = format!("`{name}` may not be in the runtime image");
            return Err(missing("MS6", text, by_hand));
        }
    }
    for path in &program.scripts {
        script(site, path)?;
    }
    checks.holds("MS6", "what starts the program is in the runtime image");
    Ok(())
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// MS14: the certificates of the system, which a program in Node.js reads when it is told to alone.
fn certificates(shipped: &Shipped<'_>, program: &Program) -> Result<(), Missing> {
    const OPTIONS: &[&str] = &["--use-openssl-ca", "--use-system-ca"];
    let texts = shipped.instructions().map(|index| shipped.instruction(index).joined.text());
    let words = program.argv.iter().map(String::as_str);
    let mut all = texts.chain(words);
    match all.find_map(|text| OPTIONS.iter().find(|option| text.contains(*option))) {
        None => Ok(()),
        Some(option) => {
            let text =
                format!("`{option}` asks for the certificates of the system, which the slim image lacks");
            Err(missing("MS14", text, "write the stages by hand, and install ca-certificates"))
        }
    }
}

/// MS6: every command of a script that starts the program is there.
fn script(site: &Site<'_>, path: &str) -> Result<(), Missing> {
    let by_hand = "write the stages by hand, with that program in both";
    let doubt = || missing("MS6", format!("it is not known what `{path}` runs"), by_hand);
    let text = site.shipped.input.project.read(path).ok_or_else(doubt)?;
    let parsed = site.shipped.input.shell.parse(&text);
    let script = parsed.as_ref().as_ref().map_err(|_| doubt())?;
    if script.has_opaque_part() {
        return Err(doubt());
    }
    for placed in script.simple_commands() {
        if placed.command.words.is_empty() || placed.calls_function {
            continue;
        }
        let written = placed.command.words[0].span.of(script.text());
        let is_parameter = matches!(written, "\"$@\"" | "$@");
        let name = placed.command.name().map(base);
        let is_there = |name: &str| has(&TABLES.base_tools, name) || has(&site.recipe.tools, name);
        if !is_parameter && !name.is_some_and(is_there) {
            let text = format!("`{written}` in `{path}` may not be in the runtime image");
            return Err(missing("MS6", text, by_hand));
        }
    }
    Ok(())
}

/// MS6: programs that the sources of the project start. Tells which files are reached, where that is known.
fn starts(site: &Site<'_>, program: &Program, checks: &mut Checks) -> Option<Vec<String>> {
    let shipped = site.shipped;
    let language = match program.start.kind {
        StartKind::Python
        | StartKind::Django
        | StartKind::Flask
        | StartKind::Gunicorn
        | StartKind::Uvicorn => Language::Python,
        _ => Language::JavaScript,
    };
    let folder = shipped.context_workdir(site.facts).unwrap_or_default();
    // What a framework loads is not followed, so all that lies there counts.
    let followed = shipped.scope(program, site.facts, "MS6").ok();
    let is_followed = followed.is_some();
    let scope = followed.unwrap_or_else(|| Scope {
        language,
        entries: vec![Entry::Folder(folder)],
        built: Vec::new(),
    });
    let sources = Sources::read(shipped.input.project, &scope);
    let is_there = |name: &str| has(&TABLES.base_tools, name) || has(&site.recipe.tools, name);
    let found = sources.programs().found;
    // What is done with these is not always seen.
    let packages = sources.packages().found;
    let starter = packages
        .iter()
        .find(|found| has(&TABLES.starters, &found.value.name) && sources.programs().found.is_empty());
    if let Some(found) = starter {
        let text = format!("it is not known what is started with `{}` ({})", found.value.module, found.at);
        checks.misses("MS6", text, "write the stages by hand, with that program in both");
    }
    match found.iter().find(|found| !is_there(base(&found.value))) {
        Some(found) => {
            let shown = if found.value.is_empty() { "a program" } else { found.value.as_str() };
            let text =
                format!("the program starts `{shown}`, which the runtime image may lack ({})", found.at);
            checks.misses("MS6", text, "write the stages by hand, with that program in both");
        }
        None => checks.holds("MS6", "no source that is read starts a program that the runtime image lacks"),
    }
    is_followed.then(|| sources.files().found.into_iter().map(|found| found.value).collect())
}
