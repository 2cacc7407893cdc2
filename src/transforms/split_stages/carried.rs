//! MS14: the files of the project that a program may read when it runs. Whatever is copied into the image and is
//! neither a source nor a file for authors and builds comes along, to the same place: then it does not matter what the
//! program reads.

use super::missing;
use super::plan::{Copied, Site};
use super::tables::TABLES;
use crate::project::glob::Glob;
use crate::project::{Entry, EntryKind};
use crate::syntax::Keyword;
use crate::transforms::Missing;
use crate::transforms::shipped::join;

/// More than these are no longer a short list of what a program reads.
const MOST: usize = 10;

/// What is copied above the cut and may be read at run time. `is_compiled` tells whether a file that lies among sources
/// becomes part of the program.
pub(super) fn find(
    site: &Site<'_>,
    last: usize,
    is_compiled: &dyn Fn(&str) -> bool,
) -> Result<Vec<Copied>, Missing> {
    let shipped = site.shipped;
    let mut found: Vec<Copied> = Vec::new();
    let copies = shipped.instructions().filter(|index| {
        *index < last && matches!(shipped.instruction(*index).keyword, Keyword::Copy | Keyword::Add)
    });
    for index in copies {
        let line = shipped.instruction(index).lines.0;
        let Some(placed) = shipped.placed(index, site.facts.workdir) else {
            let text = format!("what line {line} copies cannot be told, and the program may read it");
            return Err(missing("MS14", text, "write the stages by hand, and copy what it needs"));
        };
        for (place, path) in placed {
            collect(site, &place, &path, is_compiled, &mut found)?;
        }
    }
    if found.len() > MOST {
        let text = format!("{} files and folders of the project may be read by the program", found.len());
        return Err(missing("MS14", text, "keep what is not needed out with .dockerignore"));
    }
    Ok(found)
}

fn collect(
    site: &Site<'_>,
    place: &str,
    path: &str,
    is_compiled: &dyn Fn(&str) -> bool,
    found: &mut Vec<Copied>,
) -> Result<(), Missing> {
    let project = site.shipped.input.project;
    let mut add = |copied: Copied| {
        found.retain(|other| other.to != copied.to);
        found.push(copied);
    };
    let is_folder =
        path.is_empty() || project.entry(path).is_some_and(|entry| entry.kind == EntryKind::Directory);
    if !is_folder {
        let name = path.rsplit('/').next().unwrap_or_default();
        if !is_apart(site, name) && !is_source(site, name) {
            add(Copied::file(place));
        }
        return Ok(());
    }
    for entry in project.folder(path) {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let to = join(place, name);
        if is_apart(site, name) {
            continue;
        }
        match entry.kind {
            EntryKind::Directory => match contents(site, entry) {
                Contents::Sources => {}
                Contents::Others => add(Copied::folder(&to)),
                Contents::Both(paths) => {
                    if let Some(path) = paths.iter().find(|path| !is_compiled(path)) {
                        return Err(among(path));
                    }
                }
            },
            EntryKind::File { .. } if !is_source(site, name) => add(Copied::file(&to)),
            EntryKind::File { .. } => {}
            EntryKind::Symlink => return Err(among(&entry.path)),
        }
    }
    Ok(())
}

fn among(path: &str) -> Missing {
    let text = format!("the program may read `{path}`, which lies among its sources");
    missing("MS14", text, "move it to a folder of its own, which is then copied")
}

/// What a folder holds.
enum Contents {
    /// Nothing that a program reads.
    Sources,
    /// No sources.
    Others,
    /// Both, and the files that are no sources.
    Both(Vec<String>),
}

fn contents(site: &Site<'_>, folder: &Entry) -> Contents {
    let mut sources = false;
    let mut others = Vec::new();
    for entry in site.shipped.input.project.files_below(&folder.path) {
        let inside = &entry.path[folder.path.len() + 1..];
        let name = inside.rsplit('/').next().unwrap_or_default();
        if is_source(site, name) {
            sources = true;
        } else if !inside.split('/').any(|part| is_apart(site, part)) {
            others.push(entry.path.clone());
        }
    }
    match others.is_empty() {
        true => Contents::Sources,
        false if !sources => Contents::Others,
        false => Contents::Both(others),
    }
}

/// Whether a file is one that a build turns into the program.
pub(super) fn is_source(site: &Site<'_>, name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| site.recipe.sources.iter().any(|known| known == end))
}

fn is_apart(site: &Site<'_>, name: &str) -> bool {
    let fits = |pattern: &String| Glob::parse(pattern).is_ok_and(|glob| glob.matches(name));
    site.recipe.apart.iter().chain(&TABLES.apart).any(fits)
}
