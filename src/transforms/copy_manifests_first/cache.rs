//! A cache mount for the downloads of a build, where the install cannot be run on the manifests alone: Cargo, Gradle,
//! Maven with several modules. It needs no reordering.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::super::Diagnostic;
use super::super::checks::Checks;
use super::super::shipped::Shipped;
use super::super::writing::INDENT;
use super::builder;
use super::commands::Steps;
use super::downloads::{Downloads, builds, downloads};
use super::kept;
use super::place::Place;
use super::turn::Turn;
use crate::edit::Edit;
use crate::images::DefaultUser;
use crate::shell::Manager;
use crate::syntax::{Instruction, Keyword, MountKind, mounts};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cache {
    manager: Manager,
    /// Names the folder, where it is set.
    variable: Option<String>,
    /// The folder in the user's home.
    home: String,
    /// What of it is kept.
    folders: Vec<String>,
    sharing: Option<String>,
    #[serde(default)]
    known_image: bool,
    /// Where other images keep it.
    #[serde(default)]
    images: BTreeMap<String, String>,
}

static CACHES: LazyLock<Vec<Cache>> = LazyLock::new(|| {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        cache: Vec<Cache>,
    }
    let table: Table =
        toml::from_str(include_str!("caches.toml")).expect("the table is part of the program and tested");
    table.cache
});

const MESSAGE: &str = "each build downloads the dependencies again";

/// One diagnostic for each stage and manager that builds from copied sources.
pub(super) fn diagnose(turn: &Turn<'_>) -> Vec<Diagnostic> {
    let stages = 0..turn.input.model.stages.len();
    let pairs = stages.flat_map(|stage| CACHES.iter().map(move |cache| (stage, cache)));
    pairs.filter_map(|(stage, cache)| Finder { turn, stage, cache }.diagnose()).collect()
}

struct Finder<'a> {
    turn: &'a Turn<'a>,
    stage: usize,
    cache: &'a Cache,
}

/// A RUN that downloads.
struct Site {
    run: usize,
    downloads: Downloads,
}

impl Finder<'_> {
    fn diagnose(&self) -> Option<Diagnostic> {
        let runs = self.runs();
        let first = runs.first()?;
        let sites: Vec<Site> = runs
            .iter()
            .filter_map(|run| Some(Site { run: *run, downloads: self.downloads(*run)? }))
            .collect();
        // The author's own way stands: a mount, a stage below that has fetched already, a COPY between two builds.
        let mounted = |run: &usize| {
            let mounts = mounts(self.instruction(*run));
            mounts.iter().any(|mount| matches!(mount.kind, MountKind::Cache | MountKind::Other))
        };
        let staged = (*first..*runs.last()?).any(|index| {
            let instruction = self.instruction(index);
            matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
                && instruction.flag("from").is_none()
                && sites.iter().any(|site| site.run > index)
        });
        let alone = sites.first().is_some_and(|site| site.run == *first);
        if sites.is_empty() || !alone || staged || runs.iter().any(mounted) || self.fetched_below() {
            return None;
        }
        Some(self.judge(&sites))
    }

    fn judge(&self, sites: &[Site]) -> Diagnostic {
        let mut checks = Checks::default();
        let span = self.instruction(sites[0].run).name_span();
        checks.take(builder::judge(self.turn.input));
        for site in sites {
            site.downloads.judged.iter().for_each(|judged| checks.take(judged.clone()));
        }
        let owner = self.owner(sites[0].run, &mut checks);
        let folder = owner.as_ref().and_then(|owner| self.folder(sites[0].run, owner, &mut checks));
        let Some((owner, folder)) = owner.zip(folder) else { return checks.hold_back(span, MESSAGE) };
        let git = sites.iter().any(|site| site.downloads.git);
        let mut targets: Vec<String> = self
            .cache
            .folders
            .iter()
            .map(|name| format!("{folder}/{name}").trim_end_matches('/').to_owned())
            .collect();
        if git {
            targets.push(format!("{folder}/git/db"));
        }
        targets.iter().for_each(|target| {
            checks.take(kept::judge(self.turn.input, self.stage, self.cache.manager, target))
        });
        let sharing =
            self.cache.sharing.as_ref().map(|sharing| format!(",sharing={sharing}")).unwrap_or_default();
        let options = format!("{sharing}{}", owner.option);
        let flags: Vec<String> =
            targets.iter().map(|target| format!("--mount=type=cache,target={target}{options}")).collect();
        let edits = sites.iter().map(|site| self.edit(site.run, &flags)).collect();
        checks.fix(span, MESSAGE, "keep what the build downloads in a cache mount", edits, &[])
    }

    /// The flags go to the first line, the command below them.
    fn edit(&self, run: usize, flags: &[String]) -> Edit {
        let instruction = self.instruction(run);
        let newline = self.turn.input.source.newline().as_str();
        let escape = self.turn.input.document.escape;
        let joint = format!(" {escape}{newline}{INDENT}");
        let name = instruction.name_span();
        let start = instruction.source_span(instruction.rest).map_or(name.end(), |rest| rest.start());
        let given = instruction.flags.first().and_then(|flag| instruction.source_span(flag.span));
        let end = given.map_or(start, |flag| flag.start().min(start)).max(name.end());
        let keyword = name.of(self.turn.input.source.text());
        Edit::replace(
            crate::source::Span::new(name.start(), end),
            format!("{keyword} {}{joint}", flags.join(&joint)),
        )
    }

    fn instruction(&self, index: usize) -> &Instruction {
        &self.turn.input.document.instructions[index]
    }

    /// The RUNs of the stage in which the manager works on a project.
    fn runs(&self) -> Vec<usize> {
        let range = self.turn.input.model.stages[self.stage].instructions.clone();
        range.filter(|index| self.works(*index)).collect()
    }

    fn works(&self, index: usize) -> bool {
        let mut installs = self.turn.steps(index).into_iter().flat_map(Steps::installs);
        installs.any(|install| builds(self.cache.manager, install))
    }

    fn downloads(&self, run: usize) -> Option<Downloads> {
        downloads(&Place { turn: self.turn, stage: self.stage, run }, self.cache.manager)
    }

    /// Whether a stage below this one has downloaded into the folder that the mount would hide.
    fn fetched_below(&self) -> bool {
        let below = self.turn.input.model.lineage(self.stage).into_iter().skip(1);
        below.into_iter().any(|stage| !Finder { stage, ..*self }.runs().is_empty())
    }

    /// Where the manager keeps its downloads here; what is missing to tell is added to the checks.
    fn folder(&self, run: usize, owner: &Owner, checks: &mut Checks) -> Option<String> {
        let usual = owner.home.as_ref().map(|home| format!("{home}/{}", self.cache.home));
        let found = match &self.cache.variable {
            None => usual,
            Some(variable) => self.by_variable(run, variable, usual),
        };
        if found.is_none() {
            let remedy = match &self.cache.variable {
                Some(variable) => format!("set `ENV {variable}` to an absolute path before the build"),
                None => "build as root, and name the user behind the build".to_owned(),
            };
            checks.misses("cache-folder", "where the downloads are kept is not known", remedy);
        }
        found
    }

    fn by_variable(&self, run: usize, variable: &str, usual: Option<String>) -> Option<String> {
        if let Some(set) = self.turn.input.model.variable(run, variable) {
            let value = set.value.as_deref().filter(|value| value.starts_with('/'))?;
            return Some(value.trim_end_matches('/').to_owned());
        }
        let facts = Shipped { input: self.turn.input, stage: self.stage }.facts("cache-folder").ok();
        let Some(facts) = facts else {
            return self.by_image().or_else(|| usual.filter(|_| !self.cache.known_image));
        };
        if let Some(value) = facts.env.get(variable) {
            return Some((*value).to_owned());
        }
        match self.cache.manager {
            // The official image keeps it where its own user lives, and links root's to it.
            Manager::Gradle if facts.repository == "gradle" => Some("/home/gradle/.gradle".to_owned()),
            _ => usual,
        }
    }

    fn by_image(&self) -> Option<String> {
        let image = Shipped { input: self.turn.input, stage: self.stage }.image()?;
        self.cache.images.get(&image.name()).cloned()
    }

    /// Who builds: a cache belongs to root unless it is said otherwise.
    fn owner(&self, run: usize, checks: &mut Checks) -> Option<Owner> {
        let facts = Shipped { input: self.turn.input, stage: self.stage }.facts("cache-owner");
        let user = match self.turn.input.model.contexts[run].user {
            Some(at) => self.instruction(at).text(self.instruction(at).rest).to_owned(),
            None => match facts.as_ref().map(|facts| facts.user.clone()) {
                Ok(Some(DefaultUser::Root)) => "root".to_owned(),
                Ok(Some(DefaultUser::Name(name))) => name,
                Ok(Some(DefaultUser::Number(number))) => number.to_string(),
                _ if self.by_image().is_some() => "root".to_owned(),
                _ => {
                    let text = "who runs the build is not known";
                    checks.misses("cache-owner", text, "write `USER root` before the build");
                    return None;
                }
            },
        };
        let name = user.split(':').next().unwrap_or_default();
        if ["root", "0"].contains(&name) {
            checks.holds("cache-owner", "the build runs as root, who owns the cache");
            return Some(Owner { home: Some("/root".to_owned()), option: String::new() });
        }
        let facts = facts.ok();
        let known = facts
            .iter()
            .flat_map(|facts| &facts.users)
            .find(|known| known.name == name || known.uid.to_string() == name);
        match known {
            Some(known) => {
                checks.holds("cache-owner", format!("the build runs as {name}, who is given the cache"));
                let option = format!(",uid={},gid={}", known.uid, known.gid);
                Some(Owner { home: known.home.clone(), option })
            }
            None => {
                let remedy = "build as root, and name the user behind the build";
                checks.misses("cache-owner", format!("the number of the user `{name}` is not known"), remedy);
                None
            }
        }
    }
}

/// Who owns a cache.
struct Owner {
    /// The home folder.
    home: Option<String>,
    /// What the mount says about it.
    option: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cache_of_the_table_has_a_folder() {
        assert!(CACHES.iter().all(|cache| !cache.home.is_empty() && !cache.folders.is_empty()));
    }
}
