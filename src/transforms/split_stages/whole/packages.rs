//! MS3: what the installed packages need of the system, by their lock.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::project::ecosystems::npm;
use crate::project::{EntryKind, Project};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::split_stages::missing;
use crate::transforms::split_stages::plan::Site;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    needs: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("packages.toml")).expect("a test reads the embedded table"));

/// Every package that could be installed is one that the slim image is enough for.
pub(super) fn judge(site: &Site<'_>, reached: Option<&[String]>, checks: &mut Checks) -> Result<(), Missing> {
    let project = site.shipped.input.project;
    if let Some(reason) = project.tree().truncated() {
        let text = format!("the build context is not known whole: {reason}");
        return Err(missing("MS3", text, "build from a smaller folder"));
    }
    let mut any = false;
    let workdir = site.shipped.context_workdir(site.facts);
    // Modules are looked for in the folder of a source and in those above it.
    let within = |path: &str, folder: &str| {
        folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"))
    };
    let is_reached = |folder: &str| match (reached, &workdir) {
        (Some(files), Some(workdir)) => {
            within(workdir, folder) || files.iter().any(|path| within(path, folder))
        }
        _ => true,
    };
    for entry in project.files() {
        let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        let is_file = matches!(entry.kind, EntryKind::File { .. });
        if name == "package.json"
            && is_file
            && is_reached(folder)
            && !folder.split('/').any(|part| part == "node_modules")
        {
            manifest(project, folder)?;
            any = true;
        }
    }
    match any {
        true => {
            checks.holds("MS3", "no package of the lock needs more of the system than the slim image has")
        }
        false => checks.holds("MS3", "there is no package.json, so nothing is installed"),
    }
    Ok(())
}

fn manifest(project: &Project, folder: &str) -> Result<(), Missing> {
    let by_hand = "write the stages by hand, and install what it needs in the runtime stage";
    let package = match npm::read(project, folder) {
        Some(Ok(package)) => package,
        Some(Err(error)) => return Err(missing("MS3", error.to_string(), "mend it")),
        None => return Ok(()),
    };
    let named = package.manifest.dependencies.keys().chain(package.manifest.optional_dependencies.keys());
    let named: Vec<&str> = named.map(String::as_str).collect();
    if let Some(name) = named.iter().find(|name| is_needy(name)) {
        return Err(needs(name, &package.manifest.path, by_hand));
    }
    if named.is_empty() && package.manifest.dev_dependencies.is_empty() {
        return Ok(());
    }
    if package.builds_itself() {
        let text = "`binding.gyp` builds machine code that may need a library of the full image";
        return Err(missing("MS3", text, by_hand));
    }
    if let Some(lock) = package.lock() {
        if let Some(name) = package.for_running().into_iter().find(|name| is_needy(name)) {
            return Err(needs(name, &lock.path, by_hand));
        }
        return match package.unknown_scripts() {
            Some(names) if names.is_empty() => Ok(()),
            Some(names) => {
                let text = format!(
                    "it is not known what the install script of `{}` needs ({})",
                    names[0], lock.path
                );
                Err(missing("MS3", text, by_hand))
            }
            None => match package.for_running().into_iter().find(|name| compiles(name)) {
                Some(name) => {
                    let text = format!(
                        "`{name}` makes machine code, and of which package cannot be told ({})",
                        lock.path
                    );
                    Err(missing(
                        "MS3",
                        text,
                        "make the lock anew with a newer npm, which notes install scripts",
                    ))
                }
                None => Ok(()),
            },
        };
    }
    other_lock(project, folder).ok_or_else(|| {
        let text = format!("no lock tells which packages `{}` leads to", package.manifest.path);
        missing("MS3", text, "commit the lock file, so that it is known what is installed")
    })?
}

/// The locks of the other managers, read for the names alone: `"name@range":`, `/name@version:`.
fn other_lock(project: &Project, folder: &str) -> Option<Result<(), Missing>> {
    let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let (path, text) = ["yarn.lock", "pnpm-lock.yaml"].iter().find_map(|name| {
        let path = inside(name);
        project.read(&path).map(|text| (path, text))
    })?;
    let starts = |name: &str, before: &str| {
        text.contains(&format!("\n{before}{name}@")) || text.contains(&format!("\n{before}/{name}@"))
    };
    let names = |name: &&String| {
        ["", "\"", "  ", "  '", "  \""].iter().any(|before| starts(name, before))
            || text.contains(&format!("\n  /{name}/"))
    };
    let found = TABLE.needs.iter().find(names);
    let unknown = ["requiresBuild: true", "hasInstallScript"].iter().find(|mark| text.contains(**mark));
    Some(match (found, unknown) {
        (Some(name), _) => Err(needs(name, &path, "write the stages by hand, and install what it needs")),
        (None, Some(mark)) if path.ends_with(".yaml") && !only_known_builds(&text) => {
            let text = format!("it is not known what a package with `{mark}` needs ({path})");
            Err(missing("MS3", text, "write the stages by hand"))
        }
        _ => Ok(()),
    })
}

/// Whether every package of a lock of pnpm that builds something is one that is known to bring all that it needs.
fn only_known_builds(text: &str) -> bool {
    let mut name = String::new();
    text.lines().all(|line| {
        if line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':') {
            name = line.trim().trim_end_matches(':').trim_matches(['\'', '"', '/']).to_owned();
        }
        let scope = usize::from(name.starts_with('@'));
        let end = name[scope..].find(['@', '(']).map_or(name.len(), |at| at + scope);
        !line.contains("requiresBuild: true") || npm::is_known_script(&name[..end])
    })
}

/// Packages by which others compile or download machine code.
fn compiles(name: &str) -> bool {
    const HELPERS: &[&str] = &[
        "@mapbox/node-pre-gyp",
        "bindings",
        "cmake-js",
        "nan",
        "node-addon-api",
        "node-gyp",
        "node-gyp-build",
        "node-pre-gyp",
        "prebuild-install",
    ];
    HELPERS.contains(&name)
}

fn is_needy(name: &str) -> bool {
    TABLE.needs.iter().any(|known| known == name)
}

fn needs(name: &str, path: &str, remedy: &str) -> Missing {
    missing("MS3", format!("`{name}` needs libraries or programs of the system ({path})"), remedy)
}
