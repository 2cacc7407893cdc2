//! A compose file together with what it includes, extends and is overridden by.

use std::collections::BTreeMap;

use super::yaml::{File, Service};
use super::{COMPOSE_FILES, ComposeError, ComposeService, local_build};

/// The file that is laid over each of [`COMPOSE_FILES`] when it is there.
const OVERRIDES: &[&str] = &[
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];

/// How deep files may include and services extend one another; compose itself refuses circles.
const DEEPEST: usize = 8;

type Services = BTreeMap<String, Service>;

/// Reads the services of the compose file at `path`, with all that it takes from other files. `read` gives the text of
/// a file, seen from the same folder; `None` where there is none.
pub fn load(path: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Vec<ComposeService>, ComposeError> {
    let loader = Loader { read };
    let mut services = loader.services(path, 0)?;
    let folder = folder_of(path);
    let is_main = COMPOSE_FILES.contains(&path.rsplit('/').next().unwrap_or(path));
    let mut overrides = OVERRIDES.iter().map(|name| join(folder, name)).filter(|_| is_main);
    if let Some(path) = overrides.find(|path| read(path).is_some()) {
        for (name, service) in loader.services(&path, 0)? {
            let below = services.remove(&name).unwrap_or_default();
            services.insert(name, service.over(below));
        }
    }
    Ok(services.into_iter().filter_map(|(name, service)| local_build(name, service)).collect())
}

struct Loader<'r> {
    read: &'r dyn Fn(&str) -> Option<String>,
}

impl Loader<'_> {
    /// The services of a file, their folders seen from where the first file stands.
    fn services(&self, path: &str, depth: usize) -> Result<Services, ComposeError> {
        let mut services = self.own(path)?;
        let text = (self.read)(path).unwrap_or_default();
        let includes = parse(&text)?.include.unwrap_or_default();
        let names: Vec<String> = services.keys().cloned().collect();
        for name in names {
            let whole = self.extended(&name, path, &services, depth);
            services.insert(name, whole);
        }
        for include in includes.into_iter().flat_map(|include| include.0).filter(|_| depth < DEEPEST) {
            let file = join(folder_of(path), &include);
            // A file that is not there (or not in git) says nothing.
            if (self.read)(&file).is_some() {
                let more = self.services(&file, depth + 1)?;
                more.into_iter().for_each(|(name, service)| _ = services.entry(name).or_insert(service));
            }
        }
        Ok(services)
    }

    /// The services that stand in a file itself.
    fn own(&self, path: &str) -> Result<Services, ComposeError> {
        let text = (self.read)(path).unwrap_or_default();
        let services = parse(&text)?.services.unwrap_or_default();
        let folder = folder_of(path);
        let placed = |(name, service): (String, Option<Service>)| {
            let mut service = service?;
            if let Some(build) = service.build.as_mut().filter(|_| !folder.is_empty()) {
                let context = build.context.take().unwrap_or_default();
                let moves = !super::is_remote(&context) && !context.starts_with(['/', '$', '~']);
                build.context = Some(if moves { join(folder, &context) } else { context });
            }
            Some((name, service))
        };
        Ok(services.into_iter().filter_map(placed).collect())
    }

    /// A service with what it extends; `extends` stays where that cannot be read.
    fn extended(&self, name: &str, path: &str, services: &Services, depth: usize) -> Service {
        let Some(mut service) = services.get(name).cloned() else { return Service::default() };
        let Some(extends) = service.extends.clone().filter(|_| depth < DEEPEST) else { return service };
        let below = match &extends.file {
            None => Some(self.extended(&extends.service, path, services, depth + 1))
                .filter(|_| services.contains_key(&extends.service)),
            Some(file) => {
                let file = join(folder_of(path), file);
                let others = self.own(&file).ok().filter(|others| others.contains_key(&extends.service));
                others.map(|others| self.extended(&extends.service, &file, &others, depth + 1))
            }
        };
        if let Some(below) = below {
            service.extends = None;
            service = service.over(below);
        }
        service
    }
}

fn parse(text: &str) -> Result<File, ComposeError> {
    let file: Option<File> = serde_saphyr::from_str(text).map_err(|error| {
        // The package draws the place over several lines; the first says it.
        ComposeError(error.to_string().lines().next().unwrap_or_default().to_owned())
    })?;
    Ok(file.unwrap_or_default())
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join(folder: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match (folder, path) {
        ("", path) => path.to_owned(),
        (folder, "" | ".") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}
