//! MS3: the libraries of the system that a program is linked with, by the crates of its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use toml::Value;

use crate::transforms::Missing;
use crate::transforms::split_stages::missing;
use crate::transforms::split_stages::plan::Site;
use crate::transforms::writing::continued;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    none: Vec<String>,
    certificates: Vec<String>,
    zones: Vec<String>,
    settings: Vec<String>,
    packages: BTreeMap<String, Vec<String>>,
    ssl: BTreeMap<String, String>,
    pub(super) links: Vec<String>,
    pub(super) starts: Vec<String>,
    pub(super) starter: String,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("libraries.toml")).expect("a test reads the embedded table")
});

/// What the program needs of the system.
pub(super) struct Libraries {
    /// Packages of Debian.
    packages: BTreeSet<String>,
}

/// Reads the lock of a folder of the context.
pub(super) fn read(site: &Site<'_>, folder: &str) -> Result<Libraries, Missing> {
    let project = site.shipped.input.project;
    let mut above = Some(folder);
    let mut found = None;
    // The lock of a workspace lies in the folder of the workspace.
    while let Some(folder) = above.filter(|_| found.is_none()) {
        let path = if folder.is_empty() { "Cargo.lock".to_owned() } else { format!("{folder}/Cargo.lock") };
        found = project.read(&path).map(|text| (path, text));
        above = (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above));
    }
    let doubt =
        |text: String| missing("MS3", text, "copy a Cargo.lock, which says what the program is linked with");
    let (path, text) =
        found.ok_or_else(|| doubt("no Cargo.lock tells which crates the program is made of".to_owned()))?;
    let table: toml::Table = text.parse().map_err(|_| doubt(format!("`{path}` is no TOML")))?;
    let packages = table.get("package").and_then(Value::as_array).into_iter().flatten();
    let names: BTreeSet<&str> = packages.filter_map(|package| package.get("name")?.as_str()).collect();
    of_crates(site, &names, &path)
}

fn of_crates(site: &Site<'_>, names: &BTreeSet<&str>, path: &str) -> Result<Libraries, Missing> {
    let has_any = |list: &[String]| list.iter().any(|name| names.contains(name.as_str()));
    let mut libraries = Libraries { packages: BTreeSet::new() };
    for name in names {
        let is_binding =
            ["-sys", "_sys", "-ffi"].iter().any(|end| name.ends_with(end)) || name.contains("-sys-");
        match TABLE.packages.get(*name) {
            // It brings the library itself.
            Some(_) if *name == "openssl-sys" && names.contains("openssl-src") => {}
            Some(packages) => {
                for package in packages {
                    libraries.packages.insert(of_release(site, package)?);
                }
            }
            None if is_binding && !TABLE.none.iter().any(|known| known == name) => {
                let text = format!("`{name}` may link a library of the system ({path})");
                return Err(missing(
                    "MS3",
                    text,
                    "write the stages by hand, and install the library in both",
                ));
            }
            None => {}
        }
    }
    if has_any(&TABLE.certificates) {
        libraries.packages.insert("ca-certificates".to_owned());
    }
    if has_any(&TABLE.zones) && site.shipped.sets_variable("TZ") {
        libraries.packages.insert("tzdata".to_owned());
    }
    // Files that git ignores are in no list of files, so it cannot be told whether there is one to carry over.
    let project = site.shipped.input.project;
    if has_any(&TABLE.settings) && !project.sent(".env") && project.excluded_by(".env").is_none() {
        let text = "the program may read a file `.env`, which git ignores where there is one";
        return Err(missing(
            "MS14",
            text,
            "add `.env` to .dockerignore, and set the variables when it is run",
        ));
    }
    Ok(libraries)
}

/// The name of a package in the build image's release.
fn of_release(site: &Site<'_>, package: &str) -> Result<String, Missing> {
    if !package.ends_with('*') {
        return Ok(package.to_owned());
    }
    let release = site.facts.codename().unwrap_or_default();
    TABLE.ssl.get(release).cloned().ok_or_else(|| {
        let text =
            format!("it is not known which package holds the library of OpenSSL in `{}`", site.facts.family);
        missing("MS3", text, "write the stages by hand")
    })
}

impl Libraries {
    /// The lines that install them in a runtime image with a package manager.
    pub(super) fn setup(&self, site: &Site<'_>) -> Vec<String> {
        if self.packages.is_empty() {
            return Vec::new();
        }
        let packages: Vec<&str> = self.packages.iter().map(String::as_str).collect();
        let install = format!("&& apt-get install -y --no-install-recommends {}", packages.join(" "));
        let parts = ["RUN apt-get update", &install, "&& rm -rf /var/lib/apt/lists/*"];
        continued(site.shipped.input.document, &parts)
    }

    /// What holds of the program in the runtime image.
    pub(super) fn reason(&self) -> String {
        if self.packages.is_empty() {
            return "no crate of Cargo.lock is linked with a library beyond the C library".to_owned();
        }
        let packages: Vec<&str> = self.packages.iter().map(String::as_str).collect();
        format!("what its crates need of the system is installed: {}", packages.join(", "))
    }
}
