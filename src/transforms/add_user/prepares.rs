//! NR3 of the commands that run before the program: migrations, static files, folders that are made.

use super::chosen::Demands;
use super::runs;
use super::writes::{self, Placement};
use crate::images::Facts;
use crate::project::Found;
use crate::project::sources::{Base, Sources, Target};
use crate::shell::{StartKind, plain_words};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Where Django's `collectstatic` puts what it finds.
const STATIC_ROOT: &str = "STATIC_ROOT";

/// Whether it is proven what a command writes; the user is then demanded to own that.
pub(super) fn check(
    shipped: &Shipped<'_>,
    facts: &Facts,
    command: &str,
    demands: &mut Demands,
    checks: &mut Checks,
) -> bool {
    let Ok(words) = plain_words(command) else { return false };
    let place = Placement { shipped, facts, is_compiled: false };
    match words.first().map(String::as_str) {
        Some("mkdir") => folders(&words).is_some_and(|folders| give(&place, command, &folders, demands)),
        Some("tee") => match words[1..].iter().filter(|word| *word != "-a").collect::<Vec<_>>().as_slice() {
            [file] => give_file(&place, command, file, demands),
            _ => false,
        },
        Some(_) => {
            let program = shipped.prepares(words, facts, "NR3");
            program.is_ok_and(|program| code(&place, command, &program, demands, checks))
        }
        None => false,
    }
}

/// The folders of `mkdir -p`: without that it fails where they are there already, as they are once the user owns them.
fn folders(words: &[String]) -> Option<Vec<String>> {
    let (options, folders): (Vec<_>, Vec<_>) =
        words[1..].iter().cloned().partition(|word| word.starts_with('-'));
    let plain = |folder: &String| !folder.contains(['$', '*', '~', '{']);
    (options == ["-p"] && !folders.is_empty() && folders.iter().all(plain)).then_some(folders)
}

fn give(place: &Placement<'_>, command: &str, folders: &[String], demands: &mut Demands) -> bool {
    folders.iter().all(|folder| place.give(&found(command, folder, false), demands).is_ok())
}

fn found(command: &str, path: &str, whole: bool) -> Found<Target> {
    let (base, path) = match path.strip_prefix('/') {
        Some(rest) => (Base::Root, rest),
        None => (Base::Workdir, path.trim_start_matches("./")),
    };
    let path = path.trim_end_matches('/').to_owned();
    Found { value: Target { base, path, whole, variable: None }, at: format!("`{command}`") }
}

/// A file that is opened where it stands; it need not be made if it is there and the user's.
fn give_file(place: &Placement<'_>, command: &str, file: &str, demands: &mut Demands) -> bool {
    if file.contains(['$', '*', '~']) {
        return false;
    }
    if ["/dev/", "/tmp/", "/proc/"].iter().any(|folder| file.starts_with(folder)) {
        return true;
    }
    let is_link = runs::links(place.shipped, file.rsplit('/').next().unwrap_or(file));
    if file.starts_with("/var/log/") && file.matches('/').count() == 3 && !is_link {
        writes::push(&mut demands.files, file);
        return true;
    }
    place.give(&found(command, file, true), demands).is_ok()
}

/// Code of the project that runs before: what its sources write.
fn code(
    place: &Placement<'_>,
    command: &str,
    program: &Program,
    demands: &mut Demands,
    checks: &mut Checks,
) -> bool {
    let start = &program.start;
    // Others may write what no source says: snapshots of a schema, files of migrations.
    let is_read = matches!(start.kind, StartKind::Django | StartKind::Node | StartKind::Python);
    if !is_read || start.development.is_some() || program.through.is_some() {
        return false;
    }
    let Ok(scope) = place.shipped.scope(program, place.facts, "NR3") else { return false };
    let sources = Sources::read(place.shipped.input.project, &scope);
    let mut code = Checks::default();
    writes::of_sources(place, &sources, demands, &mut code);
    if start.command.as_deref() == Some("collectstatic") {
        let Some(root) = sources.folder_of_setting(STATIC_ROOT) else { return false };
        if let Err(why) = place.give(&root, demands) {
            code.misses("NR3", format!("`{command}`: {why}"), writes::SAY_WRITABLE);
        }
    }
    let proven = code.all_hold();
    if proven {
        checks.join(code);
    }
    proven
}
