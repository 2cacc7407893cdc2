//! The preconditions that look at the whole file and at the sources, one function each.

use super::build::Build;
use super::started::{self, Started};
use super::tables::{TABLES, begins, has};
use crate::images::{Facts, ImageName, Origin as Registry};
use crate::model::{Base, VariableKind};
use crate::project::compose::{self, COMPOSE_FILES, MountKind};
use crate::project::sources::{Entry, Grants, Language, Scope, Sources};
use crate::syntax::{Arguments, DirectiveName, Instruction, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Shipped, join};

/// Hosts of Docker Hub's public images.
const HUB: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// Ports below this one need root, or a setting that not every engine has (NR2).
const FIRST_FREE_PORT: u16 = 1024;

/// PIN8: an image of another host is written only where nothing points to a mirror or a private registry.
pub(super) fn hosts(shipped: &Shipped<'_>, runtime: &str, checks: &mut Checks) {
    let input = shipped.input;
    let own = runtime.split('/').next().unwrap_or_default();
    let other = |image: &str| {
        let host = image.split_once('/').map(|(host, _)| host)?;
        let is_host = host.contains(['.', ':']) || host == "localhost";
        // The official images stand there as well, under the same tags.
        if image.starts_with("public.ecr.aws/docker/library/") {
            return None;
        }
        (is_host && !HUB.contains(&host) && host != own).then(|| host.to_owned())
    };
    let bases = input.model.stages.iter().filter_map(|stage| match &stage.base {
        Base::Image(image) => Some(image.resolved.as_str()),
        _ => None,
    });
    let sources = shipped.instructions().filter_map(|index| shipped.instruction(index).flag("from"));
    let frontend = input.document.directive(DirectiveName::Syntax);
    let host = bases.chain(sources).chain(frontend).find_map(other);
    match host {
        Some(host) => checks.misses(
            "PIN8",
            format!("the file's images come from `{host}`, which may not hold `{runtime}`"),
            "write the runtime stage by hand, with an image of that host",
        ),
        None => checks.holds("PIN8", "the file's images are public ones of Docker Hub"),
    }
    if let Some(list) = input.options.images.forbids(runtime) {
        let text = format!("`{}` does not trust the registry of `{runtime}`", list.at);
        checks.misses("PIN8", text, format!("add `{own}` to that list, or write the runtime stage by hand"));
    }
}

/// MS15: both stages are made for one platform.
pub(super) fn platform(shipped: &Shipped<'_>, checks: &mut Checks) {
    let from = shipped.instruction(shipped.input.model.stages[shipped.stage].from());
    let architecture = shipped.image().is_some_and(|image| {
        ImageName::parse(&shipped.input.public_name(image)).origin == Registry::Architecture
    });
    if from.flag("platform").is_some() || architecture {
        checks.misses("MS15", "the file chooses a platform for its base image", "write the stages by hand");
    } else {
        checks.holds("MS15", "both stages are made for one platform");
    }
}

/// MS10: the name of the build stage is free, and nobody can ask for the stage that there is.
pub(super) fn stage_name(shipped: &Shipped<'_>, name: &str, checks: &mut Checks) {
    if let Some(own) = &shipped.input.model.stages[shipped.stage].name {
        let text =
            format!("the stage is named `{own}`, and a build with that target would get the compiler alone");
        checks.misses("MS10", text, format!("remove `AS {own}` if nothing builds with `--target {own}`"));
        return;
    }
    let speaks = |index: usize| {
        shipped.instruction(index).flags.iter().any(|flag| {
            let value = flag.value().unwrap_or_default();
            value.eq_ignore_ascii_case(name)
                || value.split(',').any(|part| {
                    part.strip_prefix("from=").is_some_and(|from| from.eq_ignore_ascii_case(name))
                })
        })
    };
    match shipped.instructions().find(|index| speaks(*index)) {
        Some(index) => checks.misses(
            "MS10",
            format!("line {} already takes `{name}` for something else", shipped.instruction(index).lines.0),
            "give that image another name",
        ),
        None => checks.holds("MS10", format!("the name `{name}` is free")),
    }
}

/// MS9, MS12: who else uses the image, as far as the build context says.
pub(super) fn users(shipped: &Shipped<'_>, binary: &str, name: &str, checks: &mut Checks) {
    let (tree, path) = (shipped.input.project.tree(), shipped.input.path.unwrap_or("Dockerfile"));
    let container = [".devcontainer/devcontainer.json", ".devcontainer.json"];
    let develops =
        |file: &&&str| tree.read(file).is_some_and(|text| text.to_lowercase().contains("dockerfile"));
    if let Some(file) = container.iter().find(develops).filter(|_| !path.is_empty()) {
        checks.misses(
            "MS12",
            format!("`{file}` may develop in this image"),
            "give it a Dockerfile of its own",
        );
    }
    for file in COMPOSE_FILES {
        let Some(text) = tree.read(file) else { continue };
        let Ok(services) = compose::parse(&text) else {
            checks.misses("MS9", format!("`{file}` cannot be read"), "mend it");
            continue;
        };
        let here = |text: &str| text.trim_start_matches("./").trim_end_matches('/').to_owned();
        let builds = |service: &&compose::ComposeService| {
            matches!(here(&service.context).as_str(), "" | ".") && here(&service.dockerfile) == path
        };
        for service in services.iter().filter(builds) {
            let covers = |mount: &&compose::Mount| {
                mount.kind != MountKind::Volume
                    && mount.target.as_deref().is_none_or(|target| {
                        let folder = target.trim_end_matches('/');
                        binary.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
                    })
            };
            let remedy = "give development a Dockerfile or a target of its own";
            if service.mounts.iter().any(|mount| covers(&mount)) {
                let text = format!("`{}` of {file} mounts the sources over the program", service.name);
                checks.misses("MS9", text, remedy);
            }
            if service.extends || text.contains("command:") || text.contains("entrypoint:") {
                checks.misses("MS9", format!("{file} may start something else in this image"), remedy);
            }
            if service.target.is_some() || service.additional_contexts.iter().any(|known| known == name) {
                let text = format!("`{}` of {file} chooses stages by name", service.name);
                checks.misses("MS10", text, "leave `target` and `additional_contexts` out");
            }
        }
    }
}

/// What the stage is made of: no user, volume or trigger of its own, nothing after the build but what says how the
/// container runs, nothing that changes what every program finds in the system.
pub(super) fn instructions(shipped: &Shipped<'_>, build: &Build, checks: &mut Checks) {
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let line = instruction.lines.0;
        let by_hand = "write the stages by hand";
        match instruction.keyword {
            Keyword::User => checks.misses(
                "MS16",
                format!("the user of line {line} may not be there in the runtime image (NR10)"),
                "remove USER: the runtime image has a user of its own",
            ),
            Keyword::Volume => {
                let text = format!("the VOLUME in line {line} would belong to root");
                checks.misses("NR4", text, by_hand);
            }
            Keyword::Onbuild => {
                checks.misses("MS12", format!("line {line} is for images that stand on this one"), by_hand);
            }
            Keyword::Run if index > build.run => {
                let text = format!("line {line} runs after the build, and the program may need what it does");
                checks.misses("MS3", text, "move it above the build, or write the stages by hand");
            }
            Keyword::Copy | Keyword::Add if index > build.run => {
                let text = format!("line {line} copies files after the build, and the program may read them");
                checks.misses("MS14", text, by_hand);
            }
            Keyword::Run | Keyword::Copy | Keyword::Add => system_files(instruction, checks),
            Keyword::Unknown => checks.misses("MS5", format!("line {line} is no known instruction"), by_hand),
            _ => {}
        }
    }
}

/// MS3: certificates, time zones, users: what every program finds in the system.
fn system_files(instruction: &Instruction, checks: &mut Checks) {
    let text = instruction.joined.text();
    if let Some(part) = TABLES.system_paths.iter().find(|part| text.contains(part.as_str())) {
        let line = instruction.lines.0;
        let text = format!("line {line} changes the system (`{part}`), and the program may depend on it");
        checks.misses("MS3", text, "do the same in a runtime stage written by hand");
    }
}

/// MS5, MS11, MS16: what the container gets from ENV, and what the instructions of the runtime stage refer to.
pub(super) fn variables(shipped: &Shipped<'_>, started: &Started, build: &Build, checks: &mut Checks) {
    let model = shipped.input.model;
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let line = instruction.lines.0;
        let in_runtime = match instruction.keyword {
            Keyword::Env => true,
            keyword => index > build.run || is_carried(keyword),
        };
        // The builder expands no variables in commands: those are the program's or its shell's.
        if !in_runtime
            || matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
        {
            continue;
        }
        let runtime_pairs = runtime_pairs(instruction, started);
        if let Arguments::KeyValues(pairs) = &instruction.arguments {
            let names = pairs.iter().map(|pair| instruction.text(pair.key));
            if let Some(name) = names.clone().find(|name| has(&TABLES.system_variables, name)) {
                let text = format!("`{name}` in line {line} names a file of the old image");
                checks.misses("MS14", text, "write the runtime stage by hand");
            }
        }
        let texts: Vec<&str> = match instruction.keyword {
            Keyword::Env => runtime_pairs,
            _ => vec![instruction.text(instruction.rest)],
        };
        for text in texts.into_iter().filter(|text| text.contains('$')) {
            let Ok(expanded) = model.expand(index, text) else {
                checks.misses("MS5", format!("`{text}` in line {line} cannot be told"), "write its value");
                continue;
            };
            let kept = |name: &&String| {
                model.variable(index, name).is_some_and(|variable| match variable.kind {
                    VariableKind::Env => !is_build_only(&variable.name, started),
                    VariableKind::Arg => variable.instruction > build.run,
                })
            };
            if let Some(name) = expanded.matched.iter().find(|name| !kept(name)) {
                let text = format!("`{name}` in line {line} is set for the build alone");
                checks.misses("MS11", text, "write its value");
            }
            if let Some(name) = expanded.unmatched.first() {
                let text = format!("`{name}` in line {line} may come from the old base image");
                checks.misses("MS16", text, "write its value");
            }
        }
    }
    checks.holds("MS5", "what says how the container runs stands in the runtime stage");
}

/// Whether an instruction above the build is about the container that runs.
pub(super) fn is_carried(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Label
            | Keyword::Expose
            | Keyword::Stopsignal
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Healthcheck
            | Keyword::Maintainer
    )
}

/// Whether a variable is of no use to a program that is built.
pub(super) fn is_build_only(name: &str, started: &Started) -> bool {
    // A program that is started by its path and starts no other does not look at the search path.
    has(&TABLES.build_variables, name) || name == "PATH" && started.argv[0].contains('/')
}

/// The pairs of an ENV that matter at run time, as written.
pub(super) fn runtime_pairs<'a>(instruction: &'a Instruction, started: &Started) -> Vec<&'a str> {
    let Arguments::KeyValues(pairs) = &instruction.arguments else { return Vec::new() };
    let kept = pairs.iter().filter(|pair| !is_build_only(instruction.text(pair.key), started));
    let text = instruction.joined.text();
    kept.map(|pair| &text[pair.key.start()..pair.value.unwrap_or(pair.key).end()]).collect()
}

/// MS6, MS14, NR2, NR3: what the program itself does.
pub(super) fn program(
    shipped: &Shipped<'_>,
    facts: &Facts,
    build: &Build,
    started: &Started,
    checks: &mut Checks,
) {
    let scope = Scope {
        language: Language::Go,
        entries: vec![Entry::Package(build.package.clone())],
        built: Vec::new(),
    };
    let sources = Sources::read(shipped.input.project, &scope);
    reached(shipped, facts, build, &sources, checks);
    let by_hand = "write the stages by hand, and copy what it needs";
    let programs = sources.programs();
    if let Some(found) = programs.found.first() {
        let text = format!("the program starts `{}` ({})", found.value, found.at);
        checks.misses("MS6", text, by_hand);
    } else if programs.gaps.is_empty() {
        checks.holds("MS6", "the program starts no other");
    }
    let reads = sources.reads();
    if let Some(found) = reads.found.first() {
        let text = match found.value.path.as_str() {
            "" => format!("the program reads files ({})", found.at),
            path => format!("the program reads `{path}` ({})", found.at),
        };
        checks.misses("MS14", text, by_hand);
    } else if let Some(gap) = reads.gap_text() {
        checks.misses("MS14", format!("it is not proven that the program reads no files: {gap}"), by_hand);
    } else {
        checks.holds("MS14", "no source that the program is built from reads a file at run time");
    }
    // The runtime image has nothing that could give a folder to its user, so a granted folder does not help.
    let writes = sources.writes(Grants::None);
    if let Some(found) = writes.found.first() {
        let text = match found.value.path.as_str() {
            "" => format!("the program writes files ({})", found.at),
            path => format!("the program writes to `{path}` ({})", found.at),
        };
        checks.misses("NR3", text, "let it write to a mounted folder, in stages written by hand");
    } else if writes.gaps.is_empty() {
        checks.holds("NR3", "no source that the program is built from writes a file");
    }
    ports(shipped, &sources, started, checks);
}

/// MS14: the sources that were read are those that are built: each stands in the image as the context has it.
fn reached(shipped: &Shipped<'_>, facts: &Facts, build: &Build, sources: &Sources, checks: &mut Checks) {
    let (folder, place) = &build.module;
    let manifest = if folder.is_empty() { "go.mod".to_owned() } else { format!("{folder}/go.mod") };
    let files = sources.files().found.into_iter().map(|found| found.value);
    for path in std::iter::once(manifest).chain(files) {
        let inside = path[folder.len().min(path.len())..].trim_start_matches('/');
        let image = join(place, inside);
        if shipped.origin(&image, facts.workdir) != Origin::Context(path.clone()) {
            let text = format!("`{image}` is not proven to be `{path}` of the build context");
            checks.misses("MS14", text, "copy the module as a whole, with `COPY . .`");
            return;
        }
    }
}

/// NR2: the runtime image's user may not listen below 1024.
fn ports(shipped: &Shipped<'_>, sources: &Sources, started: &Started, checks: &mut Checks) {
    let remedy = "listen on a higher port, such as 8080, and publish that one";
    let mut exposed = false;
    for index in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Expose)
    {
        for word in shipped.instruction(index).values() {
            let first = word.split(['/', '-']).next().unwrap_or_default();
            match first.parse::<u16>() {
                Ok(port) if port >= FIRST_FREE_PORT => exposed = true,
                Ok(port) => {
                    return checks.misses("NR2", format!("port {port} is below {FIRST_FREE_PORT}"), remedy);
                }
                Err(_) => {
                    let text = format!("the port of `EXPOSE {word}` is not a plain number");
                    return checks.misses("NR2", text, "write the number");
                }
            }
        }
    }
    let mut low = started::low_port(&started.argv).map(str::to_owned);
    for index in shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Env) {
        let instruction = shipped.instruction(index);
        let Arguments::KeyValues(pairs) = &instruction.arguments else { continue };
        for pair in pairs {
            let value = pair.value.map_or("", |value| instruction.text(value)).trim_matches(['"', '\'']);
            let words = ["env".to_owned(), format!("{}={value}", instruction.text(pair.key))];
            low = low.or_else(|| started::low_port(&words).map(str::to_owned));
        }
    }
    if let Some(word) = low {
        return checks.misses("NR2", format!("`{word}` asks for a port below {FIRST_FREE_PORT}"), remedy);
    }
    for found in sources.listeners().found {
        match found.value.port {
            Some(port) if port < FIRST_FREE_PORT && port != 0 => {
                let text = format!("the program listens on port {port} ({})", found.at);
                return checks.misses("NR2", text, remedy);
            }
            None if !exposed => {
                let text = format!("it is not known on which port the program listens ({})", found.at);
                return checks.misses("NR2", text, "add EXPOSE with the port");
            }
            _ => {}
        }
    }
    checks.holds("NR2", format!("nothing asks for a port below {FIRST_FREE_PORT}"));
}

/// NR7, MS16: the folders of the program can be entered by the runtime image's user.
pub(super) fn folders(paths: [&str; 2], checks: &mut Checks) {
    match paths.into_iter().find(|path| started::is_roots_own(path)) {
        Some(path) => {
            let text = format!("`{path}` lies in the home folder of root, which no other user may enter");
            checks.misses("NR7", text, "build in a folder such as /app");
        }
        None => checks.holds("MS13", "everybody may run what `go build` makes"),
    }
}

/// MS16: what the runtime image brings along does not get in the way of the start command.
pub(super) fn runtime(facts: Option<&Facts>, image: &str, checks: &mut Checks) {
    let fits = facts.is_some_and(|facts| {
        facts.entrypoint == Some(&[])
            && facts.runs_as_root() == Some(false)
            && facts.ca_certificates != Some(false)
            && begins(&["distroless-static".to_owned()], facts.family)
    });
    match fits {
        true => {
            checks.holds("MS16", format!("`{image}` sets no ENTRYPOINT and has certificates and time zones"))
        }
        false => {
            checks.misses("MS16", format!("not enough is known about `{image}`"), "write the stages by hand")
        }
    }
}
