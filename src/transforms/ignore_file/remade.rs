//! Whether what a pattern excludes is made again in the image: DI4.

use super::builds::Build;
use super::commands;
use super::table::Remade;
use crate::model::ContextSource;
use crate::project::glob::Glob;
use crate::project::{CopyMatch, EntryKind, Project};
use crate::shell::ShellCache;
use crate::syntax::Keyword;

/// Whether git knows files of those that a row excludes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    None,
    Some,
}

/// Who judges, and the row's own command.
#[derive(Clone, Copy)]
pub(super) struct Maker<'a> {
    pub(super) remade: &'a Remade,
    /// The command that a script of `package.json` has to run.
    pub(super) script: Option<&'a str>,
    pub(super) project: &'a Project,
    pub(super) shell: &'a ShellCache,
}

impl Maker<'_> {
    /// Checks a source that may bring the excluded folder along. What holds, or what is missing, in one line.
    /// `files` says whether it brings files of git along that are excluded.
    pub(super) fn check(
        &self,
        build: &Build,
        source: &ContextSource,
        files: Known,
    ) -> Result<String, String> {
        let remade = self.remade;
        let at = build.place(source.instruction);
        // A build argument may lead anywhere.
        if !source.certain {
            return Err(format!("what `{}` ({at}) copies depends on a build argument", source.written));
        }
        let markers = markers(remade, source, self.project);
        // Tools make their folder beside their file. A folder that git does not know may hold anything.
        let found = source.word.as_ref().map(|word| self.project.resolve(word));
        let is_known_folder =
            matches!(found, Some(CopyMatch::Directory { ref files, .. }) if !files.is_empty());
        if markers.is_empty() && files == Known::None && is_known_folder {
            return Ok(format!("no `{}` stands in what {at} copies", remade.marker));
        }
        if remade.single && markers.len() > 1 && !is_workspace(&markers, self.project) {
            return Err(format!(
                "`{}` ({at}) brings {} along, and one run serves one folder",
                source.written,
                list(&markers)
            ));
        }
        let stage = build.model.stage_of(source.instruction);
        match stage.and_then(|stage| self.made_in(build, stage, &markers)) {
            Some(command) => Ok(format!("{command} {} where {at} copies", remade.what)),
            None => Err(format!(
                "`{}` ({at}) may bring a `{}` along, and nothing in its stage surely {}",
                source.written, remade.folder, remade.what
            )),
        }
    }

    /// Where the thing is made for a stage, as a place: by a command of the stage or of one below it, or handed over
    /// from a stage with such a command.
    fn made_in(&self, build: &Build, stage: usize, markers: &[String]) -> Option<String> {
        let lineage = build.model.lineage(stage);
        let run = lineage.iter().find_map(|stage| self.command_in(build, *stage, markers));
        run.or_else(|| {
            let instructions =
                lineage.iter().flat_map(|stage| build.model.stages[*stage].instructions.clone());
            instructions.into_iter().find_map(|index| {
                let instruction = &build.document.instructions[index];
                let words = instruction.values();
                let (_, sources) = words.split_last()?;
                let named = sources.iter().any(|word| word.split('/').any(|part| part == self.remade.folder));
                let from =
                    instruction.flag("from").filter(|_| instruction.keyword == Keyword::Copy && named)?;
                let other = build.model.stage_named(from, build.model.stage_of(index)?)?;
                build.model.lineage(other).iter().find_map(|stage| self.command_in(build, *stage, markers))
            })
        })
    }

    fn command_in(&self, build: &Build, stage: usize, markers: &[String]) -> Option<String> {
        let instructions = build.model.stages[stage].instructions.clone();
        let runs = instructions.filter(|index| build.document.instructions[*index].keyword == Keyword::Run);
        runs.into_iter().find_map(|index| {
            let commands = commands::of(build, index, self.shell)?;
            let found = commands.iter().filter(|command| command.sure).find(|command| {
                let argv: Vec<Option<&str>> = command.argv.iter().map(Option::as_deref).collect();
                self.remade.is_made_by(&argv) || self.remade.scripts && self.is_script(&argv, markers)
            })?;
            let words: Vec<&str> = found.argv.iter().flatten().take(3).map(String::as_str).collect();
            Some(format!("`{}` ({})", words.join(" "), build.place(index)))
        })
    }

    /// Whether a command is the row's, by itself or as a script of the one `package.json`.
    fn is_script(&self, argv: &[Option<&str>], markers: &[String]) -> bool {
        let Some(wanted) = self.script else { return false };
        let Some(words) = argv.iter().copied().collect::<Option<Vec<&str>>>() else { return false };
        if runs(wanted, &words.join(" ")) {
            return true;
        }
        let ([manager, rest @ ..], [manifest]) = (words.as_slice(), markers) else { return false };
        let name = match rest {
            ["run", name] => name,
            [name] if *manager != "npm" => name,
            _ => return false,
        };
        if !matches!(*manager, "npm" | "yarn" | "pnpm" | "bun") {
            return false;
        }
        let text = self.project.read(manifest).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        manifest["scripts"][*name].as_str().is_some_and(|script| runs(wanted, script))
    }
}

/// Whether a script is the command, or one of several that all have to succeed. Options of the command may name
/// another folder, so it has to stand there without any.
pub(super) fn runs(wanted: &str, script: &str) -> bool {
    !script.contains(['|', ';', '$', '`', '(']) && script.split("&&").any(|part| part.trim() == wanted)
}

/// The marker files that a source brings along.
fn markers(remade: &Remade, source: &ContextSource, project: &Project) -> Vec<String> {
    let (Some(word), Ok(glob)) = (&source.word, Glob::parse(&remade.marker)) else { return Vec::new() };
    let found = project.resolve(word);
    let files = found.files().iter().filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    // What lies in an installed package is not ours.
    let inside = format!("{}/", remade.folder);
    let own =
        files.filter(|entry| !entry.path.starts_with(&inside) && !entry.path.contains(&format!("/{inside}")));
    own.filter(|entry| glob.matches(&name(&entry.path))).map(|entry| entry.path.clone()).collect()
}

/// Whether the outermost `package.json` names the others as its workspaces, so that one run installs them all.
fn is_workspace(markers: &[String], project: &Project) -> bool {
    let Some(outermost) = markers.iter().min_by_key(|path| path.matches('/').count()) else { return false };
    let folder = outermost.rsplit_once('/').map_or("", |(folder, _)| folder);
    let text = project.read(outermost).unwrap_or_default();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let listed = &manifest["workspaces"];
    let listed = listed.as_array().or_else(|| listed["packages"].as_array());
    let globs: Vec<Glob> = listed
        .into_iter()
        .flatten()
        .filter_map(|glob| Glob::parse(glob.as_str()?.trim_start_matches("./").trim_end_matches('/')).ok())
        .collect();
    markers.iter().filter(|path| *path != outermost).all(|path| {
        let member = path.rsplit_once('/').map_or("", |(member, _)| member);
        let member = member.strip_prefix(folder).unwrap_or(member).trim_start_matches('/');
        globs.iter().any(|glob| glob.matches(member))
    })
}

/// At most three names, and how many more.
fn list(paths: &[String]) -> String {
    let shown: Vec<String> = paths.iter().take(3).map(|path| format!("`{path}`")).collect();
    match paths.len().saturating_sub(3) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
