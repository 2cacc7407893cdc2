//! NR3: the folders that the program writes to, and whether they can be given to the user.

use super::chosen::Demands;
use super::program::Tool;
use crate::images::Facts;
use crate::project::Found;
use crate::project::sources::{Base, Grants, Sources, Target};
use crate::project::survey::{Family, Survey};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped, join};

pub(super) const SAY_WRITABLE: &str =
    "list the folders that it writes as `[user] writable` in dockfix.toml; `[]` says that there is none";

/// Folders of the system: what is written there is none of the user's data, and giving them away is no remedy.
const SYSTEM: &[&str] = &[
    "/", "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/usr",
];

/// What a known program writes, where the project does not make it do more.
pub(super) fn of_tool(
    shipped: &Shipped<'_>,
    program: &Program,
    tool: &Tool,
    facts: &Facts,
    demands: &mut Demands,
    checks: &mut Checks,
) {
    let name = program.name();
    let base = shipped.workdir(facts.workdir);
    if let Some(file) = tool.unless.iter().find(|file| names(shipped, facts, file)) {
        let text = format!("`{name}` does more than it would without `{file}`");
        return checks.misses("NR3", text, SAY_WRITABLE);
    }
    if tool.writes.is_empty() {
        return checks.holds("NR3", format!("`{name}` writes no file"));
    }
    let Some(base) = base else {
        return checks.misses("NR3", "the working folder is not known", SAY_WRITABLE);
    };
    demands.whole.extend(tool.writes.iter().map(|folder| join(&base, folder)));
    checks.holds(
        "NR3",
        format!("`{name}` writes to `{}` alone, which the user gets", tool.writes.join("`, `")),
    );
}

/// Whether a file stands in the folder of the context that is the working folder, or cannot be looked for.
fn names(shipped: &Shipped<'_>, facts: &Facts, file: &str) -> bool {
    let Some(folder) = shipped.context_workdir(facts) else { return true };
    let path = if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") };
    shipped.input.project.entry(&path).is_some()
}

/// What the sources write: nothing, or only to folders that can be named, which the user then gets.
pub(super) fn of_sources(
    shipped: &Shipped<'_>,
    sources: &Sources,
    facts: &Facts,
    demands: &mut Demands,
    checks: &mut Checks,
) {
    let answer = sources.writes(Grants::None);
    if let Some(gap) = answer.gap_text() {
        let text = match answer.found.first() {
            Some(found) => written(found),
            None => format!("it is not proven that the program writes no files: {gap}"),
        };
        return checks.misses("NR3", text, SAY_WRITABLE);
    }
    if answer.found.is_empty() {
        return checks.holds("NR3", "no source that the start command reaches writes a file");
    }
    for found in &answer.found {
        if owned(shipped, &found.value, facts, demands).is_none() {
            return checks.misses("NR3", written(found), SAY_WRITABLE);
        }
    }
    let folders: Vec<&str> = demands.themselves.iter().chain(&demands.whole).map(String::as_str).collect();
    let text = format!("the program writes to `{}` alone, which the user gets", folders.join("`, `"));
    checks.holds("NR3", text);
}

/// What a survey says: nothing is written, or it is not known.
pub(super) fn of_survey(surveyed: Result<(Family, Survey), String>, checks: &mut Checks) {
    let gap = match surveyed {
        Ok((_, survey)) if survey.gaps.is_empty() => {
            let text = "no source, setting or package of the project writes a file";
            return checks.holds("NR3", text);
        }
        Ok((_, survey)) => match survey.gaps.as_slice() {
            [gap] => gap.clone(),
            gaps => format!("{}, and {} more", gaps[0], gaps.len() - 1),
        },
        Err(why) => why,
    };
    checks.misses("NR3", format!("it is not proven that the program writes no files: {gap}"), SAY_WRITABLE);
}

/// What the sources state, held against what dockfix.toml says.
pub(super) fn against_statement(shipped: &Shipped<'_>, sources: &Sources, checks: &mut Checks) {
    let granted = shipped.input.options.user.writable.as_deref().unwrap_or_default();
    match sources.writes(Grants::Stated(granted)).found.first() {
        Some(found) => checks.misses("NR3", written(found), SAY_WRITABLE),
        None => checks.holds("NR3", "the program writes only to the folders that dockfix.toml names"),
    }
}

fn written(found: &Found<Target>) -> String {
    match found.value.path.as_str() {
        "" => format!("the program writes files ({})", found.at),
        path => format!("the program writes to `{path}` ({})", found.at),
    }
}

/// The folder in which a target is made, or which it is: `None` where it cannot be named or is not to be given away.
///
/// A folder of its own is given whole. The working folder is given by itself, without what lies in it: a program that
/// makes files beside its sources has no business to change those.
fn owned(shipped: &Shipped<'_>, target: &Target, facts: &Facts, demands: &mut Demands) -> Option<()> {
    let workdir = shipped.workdir(facts.workdir)?;
    let base = match target.base {
        Base::Workdir => workdir.as_str(),
        Base::Root => "/",
        // From a source file's place: only where the whole context stands in the working folder.
        Base::Context if shipped.context_workdir(facts).as_deref() == Some("") => workdir.as_str(),
        _ => return None,
    };
    let path = join(base, &target.path);
    let folder = match target.whole {
        true => path.rsplit_once('/').map_or("/", |(parent, _)| parent),
        false => &path,
    };
    let is_system = |known: &&str| {
        folder == *known || folder.is_empty() || folder.starts_with(&format!("{known}/")) && **known != *"/"
    };
    if SYSTEM.iter().any(is_system) {
        return None;
    }
    let inside = folder.starts_with(&format!("{}/", workdir.trim_end_matches('/')));
    if folder == workdir {
        // What is there already belongs to root, and the program may want to change it.
        let inner = path.strip_prefix(&format!("{workdir}/")).filter(|_| target.whole)?;
        if names(shipped, facts, inner) {
            return None;
        }
        push(&mut demands.themselves, folder);
    } else if inside || target.base == Base::Root && !folder.starts_with("/var/") {
        push(&mut demands.whole, folder);
    } else {
        return None;
    }
    Some(())
}

fn push(list: &mut Vec<String>, folder: &str) {
    if !list.iter().any(|known| known == folder) {
        list.push(folder.to_owned());
    }
}
