//! The preconditions that look at the whole file and at the sources, one function each.

use super::plan::{Plan, Site};
use super::started;
use super::tables::{TABLES, has};
use super::walk::makes_users;
use crate::images::{ImageName, Origin as Registry};
use crate::model::{Base, VariableKind};
use crate::project::compose::{self, COMPOSE_FILES, MountKind};
use crate::syntax::{Arguments, DirectiveName, Instruction, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Shipped, below};

/// Hosts of Docker Hub's public images.
const HUB: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

/// Ports below this one need root, or a setting that not every engine has (NR2).
const FIRST_FREE_PORT: u16 = 1024;

/// PIN8: an image of another host is written only where nothing points to a mirror or a private registry.
pub(super) fn hosts(shipped: &Shipped<'_>, runtime: &str, checks: &mut Checks) {
    let input = shipped.input;
    let own = runtime.split_once('/').map_or("docker.io", |(host, _)| host);
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
pub(super) fn users(shipped: &Shipped<'_>, plan: &Plan, name: &str, checks: &mut Checks) {
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
                        plan.copies.iter().any(|copied| {
                            below(&copied.to, target).is_some_and(|rest| {
                                // The data folder of an application may be mounted, its code may not.
                                !rest.is_empty() || copied.is_folder
                            })
                        })
                    })
            };
            let remedy = "give development a Dockerfile or a target of its own";
            if text.contains("healthcheck:")
                && TABLES.probes.iter().any(|probe| text.contains(probe.as_str()))
            {
                let text =
                    format!("the health check of {file} may need a program that the runtime image lacks");
                checks.misses(
                    "MS9",
                    text,
                    "write the health check into the Dockerfile, without curl or wget",
                );
            }
            if !plan.keeps_tools && service.mounts.iter().any(|mount| covers(&mount)) {
                let text = format!("`{}` of {file} mounts the sources over the program", service.name);
                checks.misses("MS9", text, remedy);
            }
            let starts_otherwise = !plan.keeps_tools || service.extends;
            if starts_otherwise
                && (service.extends || text.contains("command:") || text.contains("entrypoint:"))
            {
                checks.misses("MS9", format!("{file} may start something else in this image"), remedy);
            }
            if service.target.is_some() || service.additional_contexts.iter().any(|known| known == name) {
                let text = format!("`{}` of {file} chooses stages by name", service.name);
                checks.misses("MS10", text, "leave `target` and `additional_contexts` out");
            }
        }
    }
}

/// How much smaller the image becomes, by what its base images weigh.
pub(super) fn gain(site: &Site<'_>, plan: &Plan, checks: &mut Checks) {
    if let (Some(before), Some(after)) = (site.facts.size_mb, plan.runtime.facts.size_mb) {
        let text = format!(
            "the base image is a download of about {after} MB in place of {before} MB (linux/amd64, compressed)"
        );
        checks.holds("gain", text);
    }
}

/// What the stage is made of: no user, volume or trigger of its own, nothing after the build but what says how the
/// container runs, nothing that changes what every program finds in the system.
pub(super) fn instructions(shipped: &Shipped<'_>, plan: &Plan, checks: &mut Checks) {
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let line = instruction.lines.0;
        let by_hand = "write the stages by hand";
        match instruction.keyword {
            Keyword::User => user(shipped, index, plan, checks),
            Keyword::Volume if plan.runtime.is_nonroot() => {
                let text = format!("the VOLUME in line {line} would belong to root");
                checks.misses("NR4", text, by_hand);
            }
            Keyword::Onbuild => {
                checks.misses("MS12", format!("line {line} is for images that stand on this one"), by_hand);
            }
            Keyword::Run if makes_users(shipped, index) && !plan.runtime.is_nonroot() => {}
            Keyword::Run if index > plan.last => {
                let text = format!("line {line} runs after the build, and the program may need what it does");
                checks.misses("MS3", text, "move it above the build, or write the stages by hand");
            }
            Keyword::Copy | Keyword::Add if index > plan.last && plan.copies_below => {}
            Keyword::Copy | Keyword::Add if index > plan.last => {
                let text = format!("line {line} copies files after the build, and the program may read them");
                checks.misses("MS14", text, by_hand);
            }
            Keyword::Run | Keyword::Copy | Keyword::Add => system_files(instruction, checks),
            Keyword::Unknown => checks.misses("MS5", format!("line {line} is no known instruction"), by_hand),
            _ => {}
        }
    }
}

/// MS13, MS16: a user of the file is there in the runtime image too, and owns nothing that is copied.
fn user(shipped: &Shipped<'_>, index: usize, plan: &Plan, checks: &mut Checks) {
    let instruction = shipped.instruction(index);
    let line = instruction.lines.0;
    let name = instruction.text(instruction.rest);
    let runtime = &plan.runtime;
    if runtime.is_nonroot() {
        let text = format!("the user of line {line} may not be there in the runtime image (NR10)");
        checks.misses("MS16", text, "remove USER: the runtime image has a user of its own");
    } else if index < plan.last {
        let text = format!("the user of line {line} owns what the build makes, and COPY gives it to root");
        checks.misses("MS13", text, "move USER below the build, or write the stages by hand");
    } else {
        let mut parts = name.split(':');
        let is_made = |part: &str| {
            let mut runs = shipped.instructions().filter(|index| makes_users(shipped, *index));
            runs.any(|run| shipped.instruction(run).joined.text().split_whitespace().any(|word| word == part))
        };
        let known = |part: &str| {
            part.parse::<u32>().is_ok() || runtime.facts.user_named(part).is_some() || is_made(part)
        };
        if !parts.all(known) {
            let text = format!("the user `{name}` of line {line} may not be there in the runtime image");
            checks.misses("MS16", text, "write the number of the user");
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
pub(super) fn variables(shipped: &Shipped<'_>, plan: &Plan, checks: &mut Checks) {
    let model = shipped.input.model;
    for index in shipped.instructions().skip(1) {
        let instruction = shipped.instruction(index);
        let line = instruction.lines.0;
        let in_runtime = match instruction.keyword {
            Keyword::Env => true,
            keyword => index > plan.last || is_carried(keyword),
        };
        // The builder expands no variables in commands: those are the program's or its shell's.
        if !in_runtime
            || matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
        {
            continue;
        }
        let runtime_pairs = runtime_pairs(instruction, plan);
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
                    VariableKind::Env => !plan.is_build_only(&variable.name),
                    // An argument comes along: the instruction that declares it is repeated.
                    VariableKind::Arg => true,
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
            | Keyword::Volume
    )
}

/// The pairs of an ENV that matter at run time, as written.
pub(super) fn runtime_pairs<'a>(instruction: &'a Instruction, plan: &Plan) -> Vec<&'a str> {
    let Arguments::KeyValues(pairs) = &instruction.arguments else { return Vec::new() };
    let kept = pairs.iter().filter(|pair| !plan.is_build_only(instruction.text(pair.key)));
    let text = instruction.joined.text();
    kept.map(|pair| &text[pair.key.start()..pair.value.unwrap_or(pair.key).end()]).collect()
}

/// NR2: the runtime image's user may not listen below 1024.
pub(super) fn ports<'a>(
    shipped: &Shipped<'_>,
    heard: impl IntoIterator<Item = (Option<u16>, &'a str)>,
    argv: &[String],
    checks: &mut Checks,
) {
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
    let mut low = started::low_port(argv).map(str::to_owned);
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
    for (port, at) in heard {
        match port {
            Some(port) if port < FIRST_FREE_PORT && port != 0 => {
                let text = format!("the program listens on port {port} ({at})");
                return checks.misses("NR2", text, remedy);
            }
            None if !exposed => {
                let text = format!("it is not known on which port the program listens ({at})");
                return checks.misses("NR2", text, "add EXPOSE with the port");
            }
            _ => {}
        }
    }
    checks.holds("NR2", format!("nothing asks for a port below {FIRST_FREE_PORT}"));
}

/// NR7, MS16: the folders of the program can be entered by the runtime image's user.
pub(super) fn folders<'p>(paths: impl IntoIterator<Item = &'p str>, checks: &mut Checks) {
    match paths.into_iter().find(|path| started::is_roots_own(path)) {
        Some(path) => {
            let text = format!("`{path}` lies in the home folder of root, which no other user may enter");
            checks.misses("NR7", text, "build in a folder such as /app");
        }
        None => checks.holds("MS13", "everybody may run what the build makes"),
    }
}
