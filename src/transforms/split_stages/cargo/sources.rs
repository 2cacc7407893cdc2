//! What the sources of a crate say that a split has to know: programs that it starts (MS6), libraries that it is linked
//! with by its own word (MS3), files that the compiler puts into the program.

use super::libraries::TABLE;
use crate::project::{EntryKind, Project};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::split_stages::missing;
use crate::transforms::split_stages::plan::Site;

/// Settings of Cargo that say nothing about how programs are linked and where they lie.
const SETTINGS: &[&str] = &["alias", "http", "net", "profile", "registries", "registry", "source", "term"];

/// MS3, MS6: what stands in the sources of the whole context, whichever of them are compiled.
pub(super) fn judge(site: &Site<'_>, folder: &str, checks: &mut Checks) -> Result<(), Missing> {
    let project = site.shipped.input.project;
    if let Some(reason) = project.tree().truncated() {
        let text = format!("the build context is not known whole: {reason}");
        return Err(missing("MS14", text, "build from a smaller folder"));
    }
    let mut starts = None;
    for (path, text) in sources(project) {
        let Some(text) = text else {
            return Err(missing("MS14", format!("`{path}` cannot be read"), "save it as UTF-8"));
        };
        if let Some(link) = TABLE.links.iter().find(|link| text.contains(link.as_str())) {
            let text = format!("`{link}` may link a library of the system ({path})");
            return Err(missing("MS3", text, "write the stages by hand, and install the library in both"));
        }
        let is_build = path.ends_with("build.rs");
        let has = |word: &&String| text.contains(word.as_str());
        let found = TABLE.starts.iter().find(has).filter(|_| has(&&TABLE.starter));
        if let Some(start) = found.filter(|_| !is_build) {
            starts.get_or_insert_with(|| format!("`{start}` starts another program ({path})"));
        }
    }
    match starts {
        Some(text) => checks.misses("MS6", text, "write the stages by hand, with that program in both"),
        None => checks.holds("MS6", "no source starts another program"),
    }
    settings(project, folder)
}

/// Every source of the context with its text.
fn sources(project: &Project) -> impl Iterator<Item = (&str, Option<String>)> {
    let files = project
        .files()
        .filter(|entry| entry.path.ends_with(".rs") && matches!(entry.kind, EntryKind::File { .. }));
    files.map(|entry| (entry.path.as_str(), project.read(&entry.path)))
}

/// MS3: settings of Cargo may link otherwise, or for another machine.
fn settings(project: &Project, folder: &str) -> Result<(), Missing> {
    let mut above = Some(folder);
    while let Some(folder) = above {
        for name in [".cargo/config.toml", ".cargo/config"] {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let Some(text) = project.read(&path) else { continue };
            let table: toml::Table = text.parse().unwrap_or_default();
            let is_known = !table.is_empty() && table.keys().all(|key| SETTINGS.contains(&key.as_str()));
            if !is_known {
                let text = format!("`{path}` may change how the program is linked");
                return Err(missing("MS3", text, "write the stages by hand"));
            }
        }
        above = (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above));
    }
    Ok(())
}

/// Whether the compiler puts a file into the program, and so nothing reads it when that runs.
pub(super) fn is_included(site: &Site<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let includes = |line: &str| {
        let include = line.contains("include_str!") || line.contains("include_bytes!");
        include && line.contains(name)
    };
    sources(site.shipped.input.project).any(|(_, text)| text.is_some_and(|text| text.lines().any(includes)))
}
