//! The one `go build` of a file: what it compiles, where it writes, and that the binary is static (MS2, MS3, MS15).

mod program;

use std::collections::BTreeMap;

use super::plan::{Copied, Plan, Runtime, Site};
use super::tables::{TABLES, begins, has};
use super::{checks, commands, missing, started, writing};
use crate::images::Facts;
use crate::model::VariableKind;
use crate::project::Project;
use crate::project::ecosystems::go;
use crate::shell::{Given, GoBuild};
use crate::syntax::{Instruction, Keyword, MountKind, mounts};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Shipped, join};

/// The build of the program.
struct Build {
    /// The RUN that holds it.
    run: usize,
    /// Where `CGO_ENABLED=0 ` goes; `None` where something says it already.
    insert: Option<usize>,
    /// The binary's absolute path.
    output: String,
    /// The folder of the package, relative to the context.
    package: String,
    /// The folder of the module, relative to the context, and where it stands in the image.
    module: (String, String),
}

/// A command that compiles, in its place.
struct Found {
    run: usize,
    build: GoBuild,
    /// Where it begins in the file.
    start: usize,
    top_level: bool,
}

/// The split of a program of Go; `Err` is what keeps the rest from being asked at all.
pub(super) fn plan(site: &Site<'_>, checks: &mut Checks) -> Result<Plan, Missing> {
    let Site { shipped, facts, .. } = *site;
    let Some(runtime) = site.runtimes().into_iter().next() else {
        return Err(missing(
            "MS4",
            "no runtime image is known for this base image",
            "write the stages by hand",
        ));
    };
    checks.holds("MS4", "a static binary runs on any image");
    image(&runtime, checks);
    let started = started::read(shipped, facts)?;
    checks.holds("MS7", "the start command needs no shell");
    let build = find(shipped, facts)?;
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
    let workdir = site.folder(build.run).ok_or_else(|| {
        missing("MS16", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    if ![&workdir, &build.output].iter().all(|path| writing::is_plain(path)) {
        return Err(missing("MS1", "a path of the program has unusual letters", "name it in plain letters"));
    }
    checks::folders([workdir.as_str(), build.output.as_str()], checks);
    let by_path = started.argv[0].contains('/');
    program::judge(shipped, facts, &build, &started, checks);
    Ok(Plan {
        last: build.run,
        insert: build.insert.map(|at| (at, "CGO_ENABLED=0 ")).into_iter().collect(),
        runtime,
        setup: Vec::new(),
        copies: vec![Copied::file(&build.output)],
        workdir,
        exec: started.plain,
        health: None,
        build_variables: &site.recipe.build_variables,
        by_path,
        keeps_tools: false,
        copies_below: false,
    })
}

/// MS16: what the runtime image brings along does not get in the way of the start command.
fn image(runtime: &Runtime, checks: &mut Checks) {
    let facts = &runtime.facts;
    let fits = facts.entrypoint == Some(&[])
        && runtime.is_nonroot()
        && facts.ca_certificates != Some(false)
        && begins(&["distroless-static".to_owned()], facts.family);
    let image = &runtime.image;
    match fits {
        true => {
            checks.holds("MS16", format!("`{image}` sets no ENTRYPOINT and has certificates and time zones"));
        }
        false => {
            checks.misses("MS16", format!("not enough is known about `{image}`"), "write the stages by hand");
        }
    }
}

fn find(shipped: &Shipped<'_>, facts: &Facts) -> Result<Build, Missing> {
    let found = only_build(shipped)?;
    let line = shipped.instruction(found.run).lines.0;
    if found.build.verb != "build" {
        return Err(missing(
            "MS2",
            format!("`go install` in line {line} names no file"),
            "use `go build -o`",
        ));
    }
    if !found.top_level || !found.build.is_certain {
        return Err(missing(
            "MS2",
            format!("it cannot be told what `go build` in line {line} makes"),
            "write `go build -o` as a command of its own",
        ));
    }
    mounts_of(shipped.instruction(found.run))?;
    let folder = shipped.workdir_at(found.run, facts.workdir).ok_or_else(|| {
        missing("MS2", "the working folder of the build is not known", "write WORKDIR as an absolute path")
    })?;
    let (module, image_root, package) = module_of(shipped, facts, &found.build, &folder, line)?;
    let output = output(&found.build, &folder, &package, &module, line)?;
    let stated = static_binary(shipped, &found, &module)?;
    let insert = (!stated).then_some(found.start);
    Ok(Build { run: found.run, insert, output, package, module: (module.folder, image_root) })
}

/// The one command of the file that compiles. Every other command must be known to leave the sources and the system
/// as they are, for what it would change is not read.
fn only_build(shipped: &Shipped<'_>) -> Result<Found, Missing> {
    let mut found: Vec<Found> = Vec::new();
    for run in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Run) {
        let instruction = shipped.instruction(run);
        let line = instruction.lines.0;
        let unread = || {
            missing(
                "MS2",
                format!("it cannot be told what line {line} does"),
                "write it as plain commands of the shell",
            )
        };
        if !instruction.heredocs.is_empty() {
            return Err(unread());
        }
        let (place, text) = instruction.shell_form().ok_or_else(unread)?;
        let parsed = shipped.input.shell.parse(text);
        let script = parsed.as_ref().as_ref().map_err(|_| unread())?;
        if script.has_opaque_part() {
            return Err(unread());
        }
        for placed in script.simple_commands() {
            match placed.command.go_build() {
                Some(build) => {
                    let start = instruction.joined.source_start(place.within(placed.command.span).start());
                    let top_level =
                        placed.guards.top_level() && placed.guards.must_succeed() && !placed.calls_function;
                    commands::options(placed.command, script, line)?;
                    found.push(Found { run, build, start, top_level });
                }
                None => commands::harmless(&placed, script, line, &[])?,
            }
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(missing("MS2", "no RUN of the file builds a binary with `go build`", "build it in a RUN")),
        count => Err(missing(
            "MS2",
            format!("the file builds {count} programs, which others may start"),
            "write the stages by hand",
        )),
    }
}

/// MS2: what a mount holds is not part of the image.
fn mounts_of(run: &Instruction) -> Result<(), Missing> {
    let line = run.lines.0;
    let is_cache = |target: &str| target.starts_with("/root/.cache") || target.starts_with("/go/pkg");
    for mount in mounts(run) {
        let kept = match mount.kind {
            MountKind::Cache => mount.target.as_deref().is_some_and(is_cache),
            MountKind::Secret | MountKind::Ssh => true,
            _ => false,
        };
        if !kept {
            let text = format!("a mount in line {line} may hold the sources or the binary");
            return Err(missing("MS2", text, "copy the sources with COPY"));
        }
    }
    Ok(())
}

/// The module that is built: itself, its folder in the image, and the folder of the package in the context.
fn module_of(
    shipped: &Shipped<'_>,
    facts: &Facts,
    build: &GoBuild,
    folder: &str,
    line: usize,
) -> Result<(go::Module, String, String), Missing> {
    let project = shipped.input.project;
    let doubt =
        |text: String| missing("MS2", text, "build one package of the module, such as `./cmd/server`");
    let context = context_folder(shipped, facts, folder)
        .ok_or_else(|| doubt(format!("what is built in line {line} is not copied from the build context")))?;
    let module = upwards(&context)
        .find_map(|folder| go::read(project, folder))
        .ok_or_else(|| doubt("there is no go.mod for what is built".to_owned()))?
        .map_err(|error| doubt(error.to_string()))?;
    if module.work.is_some() {
        return Err(doubt("a workspace of Go is in force".to_owned()));
    }
    let inside = context[module.folder.len()..].trim_matches('/').to_owned();
    let image_root = match inside.is_empty() {
        true => folder.to_owned(),
        false => folder.strip_suffix(&format!("/{inside}")).unwrap_or_default().to_owned(),
    };
    if build.directory != Given::No {
        return Err(doubt(format!("`go build` in line {line} works in another folder")));
    }
    let packages: Option<Vec<&str>> = build.packages.iter().map(Option::as_deref).collect();
    let packages = packages.ok_or_else(|| doubt(format!("the package in line {line} is a variable")))?;
    let package = package(&packages, &context, &module, project)
        .ok_or_else(|| doubt(format!("which program `go build` in line {line} makes cannot be told")))?;
    let sources = go::sources(project, &module.folder);
    if !sources.mains.iter().any(|main| main.folder == package && main.certain) {
        return Err(doubt(format!("`{package}` holds no program for Linux")));
    }
    Ok((module, image_root, package))
}

/// The folder of the package, relative to the context.
fn package(packages: &[&str], context: &str, module: &go::Module, project: &Project) -> Option<String> {
    let below = |path: &str| {
        let whole = join(&format!("/{context}"), path.trim_end_matches('/'));
        Some(whole[1..].to_owned())
    };
    match packages {
        [] | ["." | "./"] => Some(context.to_owned()),
        ["./..."] => match go::sources(project, &module.folder).mains.as_slice() {
            [main] if context == module.folder => Some(main.folder.clone()),
            _ => None,
        },
        [path] if path.starts_with("./") && !path.contains("...") && !path.ends_with(".go") => below(path),
        [path]
            if path.strip_prefix(module.go_mod.module.as_str()).is_some_and(|rest| rest.starts_with('/')) =>
        {
            let rest = path[module.go_mod.module.len()..].trim_matches('/');
            let whole = join(&format!("/{}", module.folder), rest);
            (!path.contains("...")).then(|| whole[1..].to_owned())
        }
        [first, ..] if packages.iter().all(|path| path.ends_with(".go")) => {
            let parent =
                |path: &str| path.rsplit_once('/').map_or(".".to_owned(), |(parent, _)| parent.to_owned());
            let folder = parent(first);
            let same = packages.iter().all(|path| parent(path) == folder) && !folder.starts_with('/');
            if same { below(&folder) } else { None }
        }
        _ => None,
    }
}

/// The file that the build writes.
fn output(
    build: &GoBuild,
    folder: &str,
    package: &str,
    module: &go::Module,
    line: usize,
) -> Result<String, Missing> {
    let doubt = || {
        let text = format!("the name of the binary that line {line} makes is not certain");
        missing("MS2", text, "name the file with `-o`")
    };
    match &build.output {
        Given::Known(path) if !path.is_empty() && !path.ends_with(['/', '.']) => Ok(join(folder, path)),
        Given::No => {
            let name = match build.packages.first().and_then(Option::as_deref) {
                Some(file) if file.ends_with(".go") => {
                    file.rsplit('/').next().unwrap_or(file).trim_end_matches(".go").to_owned()
                }
                Some("./...") => return Err(doubt()),
                _ => {
                    let inside = package[module.folder.len()..].trim_matches('/');
                    let path = if inside.is_empty() { module.go_mod.module.as_str() } else { inside };
                    path.rsplit('/').next().unwrap_or(path).to_owned()
                }
            };
            // A last part such as `v2` stands for a version, and Go takes the part before it.
            let version =
                name.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
            if version || name.is_empty() { Err(doubt()) } else { Ok(join(folder, &name)) }
        }
        _ => Err(doubt()),
    }
}

/// MS3: the binary needs no C library. Says whether something in the file states `CGO_ENABLED=0` already.
fn static_binary(shipped: &Shipped<'_>, found: &Found, module: &go::Module) -> Result<bool, Missing> {
    let project = shipped.input.project;
    let build = &found.build;
    let line = shipped.instruction(found.run).lines.0;
    let needs = |text: String| {
        missing("MS3", text, "use a runtime image with the C library, in stages written by hand")
    };
    let tags = match &build.tags {
        Given::No => &[][..],
        Given::Known(tags) => tags.as_slice(),
        Given::Unknown => return Err(needs(format!("the build tags in line {line} are a variable"))),
    };
    if let Some(tag) = tags.iter().find(|tag| begins(&TABLES.c_tags, tag)) {
        return Err(needs(format!("the build tag `{tag}` in line {line} asks for a C library")));
    }
    if build.sanitizer || !matches!(&build.build_mode, Given::No) {
        return Err(needs(format!("line {line} asks for a binary that is linked at run time")));
    }
    if let Some(found) = module.known_cgo().first() {
        return Err(needs(format!("`{}` needs C ({})", found.value, found.at)));
    }
    if let Some(replace) = module.go_mod.replaces.iter().find(|replace| replace.local) {
        let text = format!("`{}` is replaced by a folder whose sources are not read", replace.old);
        return Err(needs(format!("{text} ({}:{})", module.go_mod.path, replace.line)));
    }
    let sources = go::sources(project, &module.folder);
    if let Some(place) = sources.cgo.first() {
        return Err(needs(format!("`import \"C\"` needs cgo ({place})")));
    }
    if let Some(path) = sources.unreadable.first() {
        return Err(needs(format!("`{path}` cannot be read as Go")));
    }
    let asks = |constraint: &str| constraint.split(|at: char| !at.is_alphanumeric()).any(|tag| tag == "cgo");
    if let Some(found) = sources.constraints.iter().find(|found| asks(&found.value)) {
        return Err(needs(format!("a build constraint hangs on cgo ({})", found.at)));
    }
    if module.vendored
        && let Some(path) = vendored_c(project, &module.folder)
    {
        return Err(needs(format!("`import \"C\"` needs cgo ({path})")));
    }
    environment(shipped, found, &build.environment)
}

/// Variables of the build: of the command itself, or in force there.
fn environment(
    shipped: &Shipped<'_>,
    found: &Found,
    own: &BTreeMap<String, Option<String>>,
) -> Result<bool, Missing> {
    let line = shipped.instruction(found.run).lines.0;
    let bad = |id: &'static str, name: &str| {
        let text = format!("`{name}` for the build in line {line} may ask for another kind of binary");
        missing(id, text, "set it to a plain value for a static binary for Linux, or leave it out")
    };
    if let Some(name) = own.keys().find(|name| !has(&TABLES.command_variables, name)) {
        return Err(bad("MS3", name));
    }
    let mut stated = false;
    let model = shipped.input.model;
    let mut values: Vec<(&str, Option<&str>)> =
        own.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    let mut seen: Vec<&str> = own.keys().map(String::as_str).collect();
    for variable in model.variables(found.run) {
        if seen.contains(&variable.name.as_str()) {
            continue;
        }
        seen.push(&variable.name);
        let certain = variable.kind == VariableKind::Env && !variable.from_argument;
        values.push((&variable.name, variable.value.as_deref().filter(|_| certain)));
    }
    for (name, value) in values {
        match (name, value) {
            ("CGO_ENABLED", Some("0")) => stated = true,
            ("CGO_ENABLED", _) => return Err(bad("MS3", name)),
            ("GOOS", Some("linux")) => {}
            ("GOOS", _) => return Err(bad("MS15", name)),
            ("GOFLAGS", Some(flags)) if flags.split_whitespace().all(|flag| has(&TABLES.go_flags, flag)) => {}
            ("GOFLAGS" | "CC" | "CXX" | "GOWORK" | "GOEXPERIMENT", _) => return Err(bad("MS3", name)),
            (name, _) if name.starts_with("CGO_") => return Err(bad("MS3", name)),
            _ => {}
        }
    }
    Ok(stated)
}

/// A file below `vendor` that asks for C, whatever its build constraints say.
fn vendored_c(project: &Project, folder: &str) -> Option<String> {
    let vendor = if folder.is_empty() { "vendor".to_owned() } else { format!("{folder}/vendor") };
    let asks = |text: &str| {
        text.lines().any(|line| {
            let line = line.trim();
            let line = line.strip_prefix("import").unwrap_or(line).trim();
            line.starts_with("\"C\"")
        })
    };
    let sources = project
        .files_below(&vendor)
        .filter(|entry| entry.path.ends_with(".go") && !entry.path.ends_with("_test.go"));
    sources.map(|entry| &entry.path).find(|path| project.read(path).is_none_or(|text| asks(&text))).cloned()
}

/// The folder of the build context whose contents stand in a folder of the image.
fn context_folder(shipped: &Shipped<'_>, facts: &Facts, folder: &str) -> Option<String> {
    if let Origin::Context(path) = shipped.origin(folder, facts.workdir) {
        return Some(path);
    }
    let parent = |path: &str| path.rsplit_once('/').map_or(String::new(), |(parent, _)| parent.to_owned());
    let mut copied = shipped.copied(facts.workdir)?.into_iter();
    copied.find(|(place, _)| parent(place) == folder.trim_end_matches('/')).map(|(_, path)| parent(&path))
}

/// A folder and those above it, nearest first.
fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| {
        (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(parent, _)| parent))
    })
}
