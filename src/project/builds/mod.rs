//! Which builds the files of a project describe: compose, bake, skaffold, continuous integration, makefiles.
//!
//! Each file is read as text; finding it on a disk is the caller's part. Only what is literal counts: a path that
//! holds a variable without a default names no folder, and a line that is not understood is no line.

mod bake;
mod lines;
mod pipelines;
mod skaffold;

use std::collections::BTreeMap;

use super::compose;

/// A build of a Dockerfile that some file describes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Build {
    /// What describes it: ``service `web` ``, ``target `api` ``, `line 12`.
    pub what: String,
    /// The file that describes it, relative to the folder that was asked about.
    pub file: String,
    /// The context folder, relative to the folder that was asked about; empty is that folder.
    pub context: String,
    /// The Dockerfile, relative to the folder that was asked about.
    pub dockerfile: String,
    /// The stage to build; `None` for the last one, or where it is not known.
    pub target: Option<String>,
    /// Build arguments; `None` where the value is not known.
    pub arguments: BTreeMap<String, Option<String>>,
    /// Names of further contexts, which stand in the place of stages and images of that name.
    pub contexts: Vec<String>,
    /// What is known about the container that it becomes.
    pub run: Run,
    /// What it starts in the place of CMD, where that is all that differs and every word is plain.
    pub command: Option<Vec<String>>,
}

/// How the project runs the image of a build, where it says so.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Run {
    /// It starts something else than the image would.
    pub starts_otherwise: bool,
    /// It has a health check of its own, or turns that of the image off.
    pub own_health: bool,
    /// It makes an image in the format of OCI, which has no health check.
    pub drops_health: bool,
    /// What it is given that only root can use: added rights, or a socket of the host that belongs to root.
    pub privilege: Option<String>,
    /// It names a user of its own.
    pub own_user: bool,
    /// Variables that it sets; `None` where the value comes from elsewhere.
    pub environment: BTreeMap<String, Option<String>>,
    /// What its own health check asks for, where that is a plain URL.
    pub asked: Option<compose::Asked>,
    /// Ports of the container that it publishes, TCP only, ranges left out.
    pub published: Vec<u16>,
    /// Paths of the container over which it mounts something, as far as they are plain.
    pub mounts: Vec<String>,
}

impl Build {
    /// What describes it, and where.
    pub fn at(&self) -> String {
        format!("{} of `{}`", self.what, self.file)
    }
}

/// Reads the text of a file at a path relative to the folder; `None` where there is none that git knows of.
pub type Read<'r> = dyn Fn(&str) -> Option<String> + 'r;

/// What the files of a folder describe.
#[derive(Clone, Default, Debug)]
pub struct Described {
    /// The builds, in the order of the files.
    pub builds: Vec<Build>,
    /// Files that cannot be read: each a line.
    pub errors: Vec<String>,
}

/// The workflow files of a repository stand here, below its root.
pub const WORKFLOWS: &str = ".github/workflows";

/// Reads everything that stands in one folder. `workflows` are the names of the files below [`WORKFLOWS`]: they count
/// at the root of a repository only.
pub fn describe(read: &Read<'_>, workflows: &[String]) -> Described {
    let mut described = Described::default();
    let mut add = |file: &str, found: Result<Vec<Build>, String>| match found {
        Ok(builds) => described.builds.extend(builds),
        Err(error) => described.errors.push(format!("cannot read `{file}`: {error}")),
    };
    if let Some((file, builds)) = composed(read) {
        add(&file, builds);
    }
    if let Some((file, builds)) = bake::read(read) {
        add(&file, builds);
    }
    // What follows is written for other readers, and often a template: what cannot be read says nothing.
    for file in ["skaffold.yaml", "skaffold.yml"] {
        add(file, Ok(read(file).map(|text| skaffold::read(&text, file)).unwrap_or_default()));
    }
    for name in workflows {
        let file = format!("{WORKFLOWS}/{name}");
        add(&file, Ok(read(&file).map(|text| pipelines::workflow(&text, &file)).unwrap_or_default()));
    }
    add("", Ok(read(".gitlab-ci.yml").map(|text| pipelines::gitlab(&text)).unwrap_or_default()));
    for file in ["GNUmakefile", "makefile", "Makefile", "justfile", "Justfile", ".justfile"] {
        add(file, Ok(read(file).map(|text| lines::recipes(&text, file)).unwrap_or_default()));
    }
    add("", Ok(read("package.json").map(|text| lines::package_scripts(&text)).unwrap_or_default()));
    // A file system that does not tell capitals apart shows one file under two names.
    let mut seen = Vec::new();
    described.builds.retain(|build| {
        let key =
            (build.what.clone(), build.file.to_lowercase(), build.dockerfile.clone(), build.target.clone());
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    described
}

/// The services of the compose file and its override.
fn composed(read: &Read<'_>) -> Option<(String, Result<Vec<Build>, String>)> {
    let name = compose::COMPOSE_FILES.iter().find(|name| read(name).is_some())?;
    let services = match compose::load(name, read) {
        Ok(services) => services,
        Err(error) => return Some(((*name).to_owned(), Err(error.to_string()))),
    };
    let build = |service: compose::ComposeService| {
        let context = below("", &service.context)?;
        let privilege = privilege(&service);
        Some(Build {
            what: format!("service `{}`", service.name),
            file: (*name).to_owned(),
            dockerfile: below(&context, &service.dockerfile)?,
            context,
            target: service.target,
            arguments: service.args,
            contexts: service.additional_contexts,
            command: service.command,
            run: Run {
                starts_otherwise: service.starts_otherwise,
                own_health: service.healthcheck != compose::Healthcheck::Unsaid,
                drops_health: false,
                privilege,
                own_user: service.user.is_some(),
                environment: service.environment,
                asked: service.asked,
                published: service
                    .ports
                    .iter()
                    .filter(|port| !port.udp && port.first == port.last)
                    .map(|port| port.first)
                    .collect(),
                mounts: service.mounts.into_iter().filter_map(|mount| mount.target).collect(),
            },
        })
    };
    Some(((*name).to_owned(), Ok(services.into_iter().filter_map(build).collect())))
}

fn privilege(service: &compose::ComposeService) -> Option<String> {
    let socket = service.mounts.iter().find(|mount| mount.source.ends_with(".sock"));
    let key = service.privilege.map(|key| format!("`{key}`"));
    key.or_else(|| socket.map(|mount| format!("the socket `{}`", mount.source)))
}

/// `path` seen from `folder`, by its letters alone; `None` for an absolute path and for what is no path.
fn below(folder: &str, path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    if path.starts_with('/')
        || path.contains("://")
        || path.contains(['$', '~'])
        || path.as_bytes().get(1) == Some(&b':')
    {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests;
