//! NR3: the folders that the program writes to, and whether they can be given to the user.

use std::cmp::Reverse;

use super::chosen::Demands;
use super::runs;
use crate::images::Facts;
use crate::project::compose::COMPOSE_FILES;
use crate::project::sources::{Base, Grants, Sources, Target};
use crate::project::survey::{Family, Survey};
use crate::project::{EntryKind, Found};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Shipped, join};

pub(super) const SAY_WRITABLE: &str =
    "list the folders that it writes as `[user] writable` in dockfix.toml; `[]` says that there is none";

/// Folders that hold those of many programs: none of them may be given away whole.
const SHARED: &[&str] = &["/home", "/media", "/mnt", "/opt", "/srv", "/tmp", "/var"];

/// Folders of the system: what is written there is none of the user's data, and giving them away is no remedy.
const SYSTEM: &[&str] = &[
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
];

/// Whether a file stands in the folder of the context that is the working folder, or cannot be looked for.
pub(super) fn names(shipped: &Shipped<'_>, facts: &Facts, file: &str) -> bool {
    let Some(folder) = shipped.context_workdir(facts) else { return true };
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    shipped.input.project.entry(&path).is_some()
}

/// Where the program's files stand in the image.
#[derive(Clone, Copy)]
pub(super) struct Placement<'a> {
    pub(super) shipped: &'a Shipped<'a>,
    pub(super) facts: &'a Facts,
    /// The program runs what a build made of its sources, which stands in another folder than these.
    pub(super) is_compiled: bool,
}

/// What the sources write: nothing, or only to folders that can be named, which the user then gets.
pub(super) fn of_sources(
    place: &Placement<'_>,
    sources: &Sources,
    demands: &mut Demands,
    checks: &mut Checks,
) {
    let answer = sources.writes(Grants::None);
    if let Some(gap) = answer.gap_text() {
        let refused = |found: &&Found<Target>| place.give(found, &mut Demands::default()).is_err();
        let text = match answer.found.iter().find(refused) {
            Some(found) => return misses(found, checks),
            None => format!("it is not proven that the program writes no other files: {gap}"),
        };
        return checks.misses("NR3", text, SAY_WRITABLE);
    }
    if answer.found.is_empty() {
        return checks.holds("NR3", "no source that the start command reaches writes a file");
    }
    // The innermost first: a folder that is given whole need not be made in the one around it.
    let mut targets: Vec<&Found<Target>> = answer.found.iter().collect();
    targets.sort_by_key(|found| {
        Reverse(found.value.path.matches('/').count() + usize::from(!found.value.whole))
    });
    for found in targets {
        if let Err(why) = place.give(found, demands) {
            return checks.misses("NR3", why, say_folder(found));
        }
    }
    // A program that makes a folder anew fails where it is there already.
    for made in sources.made_anew() {
        let folder = place.path(&made);
        if folder.is_some_and(|folder| demands.whole.contains(&folder)) {
            let text = format!("the program makes the folder `{}` itself ({})", made.value.path, made.at);
            return checks.misses("NR3", text, SAY_WRITABLE);
        }
    }
    let folders: Vec<&str> = demands.themselves.iter().chain(&demands.whole).map(String::as_str).collect();
    let text = format!("the program writes to `{}` alone, which the user gets", folders.join("`, `"));
    checks.holds("NR3", text);
}

/// What a survey says: nothing is written but by a framework to its folders, or it is not known.
pub(super) fn of_survey(
    shipped: &Shipped<'_>,
    surveyed: Result<(Family, Survey), String>,
    facts: &Facts,
    demands: &mut Demands,
    checks: &mut Checks,
) {
    let gap = match surveyed {
        Ok((_, survey)) if survey.gaps.is_empty() && survey.writes.is_empty() => {
            let text = "no source, setting or package of the project writes a file";
            return checks.holds("NR3", text);
        }
        Ok((_, survey)) => match (survey.gaps.as_slice(), shipped.workdir(facts.workdir)) {
            ([], Some(base)) => {
                survey.writes.iter().for_each(|folder| push(&mut demands.whole, &join(&base, folder)));
                let folders = survey.writes.join("`, `");
                let text = format!("the project writes to `{folders}` alone, which the user gets");
                return checks.holds("NR3", text);
            }
            ([], None) => "the working folder is not known".to_owned(),
            ([gap], _) => gap.clone(),
            (gaps, _) => format!("{}, and {} more", gaps[0], gaps.len() - 1),
        },
        Err(why) => why,
    };
    checks.misses("NR3", format!("it is not proven that the program writes no files: {gap}"), SAY_WRITABLE);
}

/// What the sources state, held against what dockfix.toml says.
pub(super) fn against_statement(shipped: &Shipped<'_>, sources: &Sources, checks: &mut Checks) {
    let granted = shipped.input.options.user.writable.as_deref().unwrap_or_default();
    match sources.writes(Grants::Stated(granted)).found.first() {
        Some(found) => misses(found, checks),
        None => checks.holds("NR3", "the program writes only to the folders that dockfix.toml names"),
    }
}

/// A write that is known to happen.
fn misses(found: &Found<Target>, checks: &mut Checks) {
    checks.misses("NR3", written(found), say_folder(found));
}

fn written(found: &Found<Target>) -> String {
    match found.value.path.as_str() {
        "" => format!("the program writes files ({})", found.at),
        path => format!("the program writes to `{path}` ({})", found.at),
    }
}

/// What the user can say about it: that nothing is written at all can no longer be true.
fn say_folder(found: &Found<Target>) -> String {
    let target = &found.value;
    if target.path.is_empty() {
        return SAY_WRITABLE.to_owned();
    }
    let folder = match target.whole {
        true => target.path.rsplit_once('/').map_or(".", |(folder, _)| folder),
        false => &target.path,
    };
    let root = if target.base == Base::Root { "/" } else { "" };
    format!(
        "set `[user] writable` in dockfix.toml to `[\"{root}{folder}\"]` and whatever other folder it writes to"
    )
}

impl Placement<'_> {
    /// The place in the image that a target names; `None` where it cannot be told.
    fn path(&self, found: &Found<Target>) -> Option<String> {
        let workdir = self.shipped.workdir(self.facts.workdir)?;
        let target = &found.value;
        match target.base {
            Base::Workdir => Some(join(&workdir, &target.path)),
            Base::Root => Some(join("/", &target.path)),
            // From a source file's place: only where that stands in the image as it does in the context.
            Base::Context if !self.is_compiled => {
                let folder = self.shipped.context_workdir(self.facts)?;
                let inside = |path: &str| match folder.as_str() {
                    "" => Some(path.to_owned()),
                    folder if path == folder => Some(String::new()),
                    folder => path.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned),
                };
                let source = found.at.rsplit_once(':').map_or(found.at.as_str(), |(path, _)| path);
                let origin = self.shipped.origin(&join(&workdir, &inside(source)?), self.facts.workdir);
                (origin == Origin::Context(source.to_owned()))
                    .then(|| inside(&target.path))?
                    .map(|path| join(&workdir, &path))
            }
            _ => None,
        }
    }

    /// Demands the folder in which a target is made, or which it is; `Err` says why it is not to be given away.
    ///
    /// A folder of its own is given whole. The working folder is given by itself, without what lies in it but for the
    /// target: a program that makes files beside its sources has no business to change those.
    pub(super) fn give(&self, found: &Found<Target>, demands: &mut Demands) -> Result<(), String> {
        let target = &found.value;
        let refused = || written(found);
        if let Some(name) = target.variable.as_deref().filter(|name| self.is_set(name)) {
            return Err(format!("`{name}` says where the program writes ({})", found.at));
        }
        let workdir = self.shipped.workdir(self.facts.workdir).ok_or_else(refused)?;
        let path = self.path(found).ok_or_else(refused)?;
        if target.whole && demands.whole.contains(&path) {
            return Ok(());
        }
        let folder = match target.whole {
            true => path.rsplit_once('/').map_or("/", |(parent, _)| parent),
            false => &path,
        };
        let is_system = |known: &&str| {
            folder == *known
                || folder.is_empty()
                || folder.starts_with(&format!("{known}/")) && **known != *"/"
        };
        // By custom of the official images, programs stand there.
        let is_program = folder.starts_with("/usr/src/") || folder.starts_with("/usr/app/");
        if !is_program && SYSTEM.iter().any(is_system) || SHARED.contains(&folder) {
            return Err(refused());
        }
        // Neither `mkdir` nor `chown -R` follows a link that stands in the folder's place.
        let name = folder.rsplit('/').next().unwrap_or_default();
        if !name.is_empty() && runs::links(self.shipped, name) {
            return Err(format!("{}, and `{folder}` may be a link", refused()));
        }
        let inside = folder.starts_with(&format!("{}/", workdir.trim_end_matches('/')));
        if folder == workdir {
            let inner =
                path.strip_prefix(&format!("{workdir}/")).filter(|_| target.whole).ok_or_else(refused)?;
            // What a RUN has made there belongs to root, and it cannot be told whether one has.
            if let Some(line) = runs::unknown(self.shipped, inner) {
                return Err(format!("{}, and line {line} may have made it as root", refused()));
            }
            push(&mut demands.themselves, folder);
            self.give_existing(&path, demands).ok_or_else(refused)?;
        } else if inside || target.base == Base::Root && !folder.starts_with("/var/") {
            push(&mut demands.whole, folder);
        } else {
            return Err(refused());
        }
        Ok(())
    }

    /// What the context brings to the place of a target belongs to root, and the program may want to change it. `None`
    /// where it cannot be told what stands there.
    fn give_existing(&self, path: &str, demands: &mut Demands) -> Option<()> {
        let entry = match self.shipped.origin(path, self.facts.workdir) {
            Origin::Context(inner) => self.shipped.input.project.entry(&inner)?,
            Origin::NotCopied => return Some(()),
            Origin::Unknown => return None,
        };
        match entry.kind {
            EntryKind::Directory => push(&mut demands.whole, path),
            _ => push(&mut demands.themselves, path),
        }
        Some(())
    }

    /// Whether the file, or a compose file beside it, gives a variable a value.
    fn is_set(&self, name: &str) -> bool {
        let tree = self.shipped.input.project.tree();
        let composed =
            || COMPOSE_FILES.iter().filter_map(|file| tree.read(file)).any(|text| text.contains(name));
        let by_build = || self.shipped.builds().any(|build| build.run.environment.contains_key(name));
        self.shipped.sets_variable(name) || composed() || by_build()
    }
}

pub(super) fn push(list: &mut Vec<String>, folder: &str) {
    if !list.iter().any(|known| known == folder) {
        list.push(folder.to_owned());
    }
}
