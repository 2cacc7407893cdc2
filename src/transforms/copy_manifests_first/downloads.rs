//! Which builds download into a cache that the image does not need, by what the project says.

use super::super::shipped::join;
use super::commands::Steps;
use super::place::Place;
use super::placement::folder_at;
use super::plan::{Judged, is_alone, misses};
use crate::project::ecosystems::{Cargo, cargo, maven};
use crate::shell::{Action, Install, Manager, Role};

/// What a RUN downloads.
#[derive(Debug, Default)]
pub(super) struct Downloads {
    /// Whether repositories are fetched too.
    pub(super) git: bool,
    /// What speaks against keeping it in a mount.
    pub(super) judged: Vec<Judged>,
}

/// Whether a command builds the project, so that it downloads what that needs.
pub(super) fn builds(manager: Manager, install: &Install) -> bool {
    install.manager == manager
        && match manager {
            Manager::Cargo => match install.action {
                Action::Build | Action::Download => true,
                Action::Install => install.option("--path").is_some(),
                _ => ["run", "clippy", "doc", "bench"].contains(&install.command.as_str()),
            },
            // A goal that is not known builds too; none at all is a question such as `--version`.
            _ => install.action != Action::Clean && !install.operands.is_empty(),
        }
}

/// What the first build of a RUN downloads; `None` where it is none, or where it has nothing to download.
pub(super) fn downloads(place: &Place<'_>, manager: Manager) -> Option<Downloads> {
    let (install, folder) = build(place, manager)?;
    if install.has(Role::Offline) || install.option("--offline").is_some() {
        return None;
    }
    match manager {
        Manager::Cargo => of_cargo(place, install, &folder),
        Manager::Maven => of_maven(place, install, &folder),
        Manager::Gradle => of_gradle(place, install, &folder),
        _ => None,
    }
}

/// The first build of a RUN and the folder in which it works.
fn build<'a>(place: &Place<'a>, manager: Manager) -> Option<(&'a Install, String)> {
    let mut folder = folder_at(place.turn.input, place.stage, place.run)?;
    match place.turn.steps(place.run)? {
        Steps::Chain(steps) => {
            for step in steps {
                if let Some(change) = step.changes_folder() {
                    folder = join(&folder, change);
                }
                if let Some(install) = step.install.as_ref().filter(|install| builds(manager, install)) {
                    for value in install.values_as(Role::Directory) {
                        folder = join(&folder, value.text.as_deref()?);
                    }
                    return Some((install, folder));
                }
            }
            None
        }
        Steps::Other(installs) => {
            let install = installs.iter().find(|install| builds(manager, install))?;
            Some((install, folder))
        }
    }
}

/// The file that a manifest option names, or the usual one.
fn manifest(install: &Install, folder: &str, usual: &str) -> Option<String> {
    match install.values_as(Role::Manifest).next() {
        Some(value) => Some(join(folder, value.text.as_deref()?)),
        None => Some(join(folder, usual)),
    }
}

fn of_cargo(place: &Place<'_>, install: &Install, folder: &str) -> Option<Downloads> {
    let folder = match install.option("--path").and_then(|option| option.value.as_ref()) {
        Some(value) => join(folder, value.text.as_deref()?),
        None => folder.to_owned(),
    };
    let path = place.origin(&manifest(install, &folder, "Cargo.toml")?)?;
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    match cargo(place.turn.input.project, parent)? {
        Ok(Cargo { registry: false, git: false }) => None,
        Ok(Cargo { git, .. }) => Some(Downloads { git, judged: Vec::new() }),
        // What Cargo cannot read, it cannot build.
        Err(_) => None,
    }
}

/// One module whose poms are known is built from a layer of its own instead.
fn of_maven(place: &Place<'_>, install: &Install, folder: &str) -> Option<Downloads> {
    let path = place.origin(&manifest(install, folder, "pom.xml")?)?;
    let found = maven(place.turn.input.project, &path)?.ok()?;
    if is_alone(&found, install) {
        return None;
    }
    let mut downloads = Downloads::default();
    let text = place.turn.input.document.instructions[place.run].rest;
    let text = place.turn.input.document.instructions[place.run].text(text);
    let variables = ["MAVEN_OPTS", "MAVEN_ARGS"];
    let elsewhere = text.contains("maven.repo.local")
        || variables.iter().any(|name| {
            place.turn.input.model.variable(place.run, name).is_some_and(|variable| {
                variable.value.as_deref().is_none_or(|value| value.contains("maven.repo.local"))
            })
        });
    let settings = install.values_as(Role::Settings).map(|value| value.text.as_deref());
    let named = settings.into_iter().any(|name| {
        let path = name.and_then(|name| place.origin(&join(folder, name)));
        path.and_then(|path| place.turn.input.project.read(&path))
            .is_none_or(|text| text.contains("localRepository"))
    });
    if elsewhere || named {
        downloads.judged.push(misses(
            "cache-folder",
            "an option or its settings may move Maven's repository",
            "leave the repository at its usual place",
        ));
    }
    Some(downloads)
}

fn of_gradle(place: &Place<'_>, install: &Install, folder: &str) -> Option<Downloads> {
    let files = ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"];
    files.iter().find_map(|file| place.origin(&join(folder, file)))?;
    let mut downloads = Downloads::default();
    if ["-g", "--gradle-user-home"].iter().any(|option| install.option(option).is_some()) {
        downloads.judged.push(misses(
            "cache-folder",
            "an option moves the home of Gradle",
            "leave it at its usual place",
        ));
    }
    Some(downloads)
}
