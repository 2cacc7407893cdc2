//! A binary that Cargo builds: which one the container starts (MS1, MS2), which libraries of the system it is linked
//! with (MS3), and which files of the project it may read (MS14).

mod libraries;
mod sources;

use super::plan::{Copied, Plan, Runtime, Site};
use super::started::{self, Started};
use super::tables::{TABLES, begins, has};
use super::walk::{self, Step};
use super::{carried, commands, missing, writing};
use crate::images::{Packages, ReleaseFrom};
use crate::project::survey::{Family, survey};
use crate::shell::{Action, Install, Manager};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, below, join};

/// Options of Cargo that leave open neither which files are compiled nor where the binary lies.
const OPTIONS: &[&str] = &[
    "--all",
    "--all-features",
    "--bin",
    "--bins",
    "--color",
    "--debug",
    "--features",
    "--force",
    "--frozen",
    "--jobs",
    "--locked",
    "--no-default-features",
    "--offline",
    "--package",
    "--path",
    "--quiet",
    "--release",
    "--root",
    "--timings",
    "--verbose",
    "--workspace",
    "-F",
    "-f",
    "-j",
    "-p",
    "-q",
    "-r",
    "-v",
    "-vv",
];

/// Variables that have no say in where the binary lies and how it is linked.
const VARIABLES: &[&str] = &["CARGO_PROFILE_", "RUST_BACKTRACE", "RUST_LOG"];

/// Where `cargo install` puts programs in the official images.
const HOME: &str = "/usr/local/cargo";

/// What the RUNs make.
#[derive(Default)]
struct Made {
    /// Folders that binaries are built into, each with the folder of the manifest and the name, if one is given.
    folders: Vec<(String, String, Option<String>)>,
    /// Copies of files: the copy and what it was made from.
    copies: Vec<(String, String)>,
    last: usize,
}

/// The binary that is started.
struct Binary {
    /// Its path in the build stage.
    path: String,
    name: String,
    /// The folder in the image where Cargo works.
    folder: String,
}

pub(super) fn plan(site: &Site<'_>, checks: &mut Checks) -> Result<Plan, Missing> {
    let started = started::read(site.shipped, site.facts)?;
    checks.holds("MS7", "the start command needs no shell");
    let mut made = Made::default();
    walk::each(site, |step| made.note(site, step))?;
    environment(site, made.last)?;
    let binary = made.binary(&started).ok_or_else(|| {
        let text = format!("no RUN of the file makes `{}` with Cargo", started.binary);
        missing("MS1", text, "start the binary that `cargo build` makes, by its path")
    })?;
    let context = context_folder(site, &binary.folder)?;
    let survey = survey(site.shipped.input.project, Family::Rust)
        .map_err(|why| missing("MS2", why, "copy the sources with COPY"))?;
    if !survey.programs.contains(&binary.name) {
        let text = format!("no Cargo.toml of the build context makes `{}`", binary.name);
        return Err(missing("MS2", text, "name it in `[[bin]]` of Cargo.toml"));
    }
    sources::judge(site, &context, checks)?;
    checks.holds("MS1", format!("the container starts `{}`", started.argv[0]));
    checks.holds("MS2", format!("Cargo makes it as `{}`", binary.path));
    let health = started::tcp_instead(site.shipped);
    if let Err(missing) = started::health(site.shipped, &started.binary)
        && health.is_none()
    {
        checks.take(Err(missing));
    }
    let libraries = libraries::read(site, &context)?;
    let target = target(&started, &binary);
    walk::mounted(site, &[&binary.path])?;
    let workdir = site.folder(made.last).ok_or_else(|| {
        missing("MS16", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    let mut copies = vec![Copied { from: binary.path.clone(), to: target, is_folder: false }];
    copies.extend(carried::find(site, made.last, &|path| sources::is_included(site, path))?);
    let paths = copies.iter().flat_map(|copied| [copied.from.as_str(), copied.to.as_str()]);
    if !paths.chain([workdir.as_str()]).all(writing::is_plain) {
        return Err(missing("MS14", "a path has unusual letters", "name files in plain letters"));
    }
    checks.holds("MS14", "whatever the program may read of the project comes along, to the same place");
    let runtime = runtime(site)?;
    let setup = libraries.setup(site);
    checks.holds("MS3", libraries.reason());
    checks.holds("MS4", format!("`{}` has the C library of the build, or a newer one", runtime.image));
    let by_path = started.argv[0].contains('/');
    Ok(Plan {
        last: made.last,
        insert: Vec::new(),
        runtime,
        setup,
        copies,
        workdir,
        exec: started.plain,
        health,
        build_variables: &site.recipe.build_variables,
        by_path,
        keeps_tools: false,
        copies_below: true,
    })
}

/// Where the binary goes: to its own place, or to where programs are looked up by their name.
fn target(started: &Started, binary: &Binary) -> String {
    match started.binary.contains('/') {
        true => started.binary.clone(),
        false if binary.path.starts_with(HOME) => format!("/usr/local/bin/{}", started.binary),
        false => binary.path.clone(),
    }
}

impl Made {
    fn note(&mut self, site: &Site<'_>, step: &Step<'_>) -> Result<(), Missing> {
        self.last = step.run;
        let command = step.command();
        if let Some(install) = command.install().filter(|install| install.manager == Manager::Cargo) {
            return self.cargo(step, &install);
        }
        match command.name() {
            Some("rustup" | "strip" | "cargo") => Ok(()),
            Some("cp" | "mv" | "install") if step.is_certain() => self.copied(step),
            Some(_) if prepares_sources(site, step) => Ok(()),
            // The program may write to that folder.
            Some("mkdir") => step.changes(),
            _ => commands::harmless(step.placed, step.script, step.line, &site.recipe.build_packages),
        }
    }

    fn cargo(&mut self, step: &Step<'_>, install: &Install) -> Result<(), Missing> {
        let doubt = |text: String| Err(missing("MS2", text, "build with plain `cargo build --release`"));
        let line = step.line;
        let value = |name: &str| {
            let option = install.option(name)?;
            Some(option.value.as_ref().and_then(|value| value.text.clone()))
        };
        let path = value("--path");
        let makes = match install.action {
            Action::Build => matches!(install.command.as_str(), "build" | "b" | "rustc"),
            // Tools of others are no part of the program.
            Action::Install => path.is_some(),
            Action::Clean => return doubt(format!("`cargo clean` in line {line} takes the binary away")),
            _ => false,
        };
        if !makes {
            return Ok(());
        }
        if !step.is_certain() || !install.is_certain() {
            return doubt(format!("it cannot be told what Cargo makes in line {line}"));
        }
        let unknown = install.options.iter().find(|option| !OPTIONS.contains(&option.name.as_str()));
        if let Some(option) = unknown {
            return doubt(format!("`{}` in line {line} may put the binary elsewhere", option.name));
        }
        let is_known = |name: &str| has(&step_variables(), name) || begins(&owned(VARIABLES), name);
        let own = command_variables(step);
        if let Some(name) = own.iter().find(|name| !is_known(name)) {
            return doubt(format!("`{name}` in line {line} may change how the binary is linked"));
        }
        let (manifest, folder) = match path {
            None => {
                let kind = ["--release", "-r"].iter().any(|name| install.option(name).is_some());
                let kind = if kind { "release" } else { "debug" };
                (step.folder.clone(), join(&step.folder, &format!("target/{kind}")))
            }
            Some(None) => return doubt(format!("the folder of `--path` in line {line} is a variable")),
            Some(Some(path)) => {
                let root = match value("--root") {
                    None => HOME.to_owned(),
                    Some(Some(root)) => join(&step.folder, &root),
                    Some(None) => {
                        return doubt(format!("the folder of `--root` in line {line} is a variable"));
                    }
                };
                (join(&step.folder, &path), format!("{root}/bin"))
            }
        };
        let name = match value("--bin") {
            Some(None) => return doubt(format!("the binary in line {line} is a variable")),
            name => name.flatten(),
        };
        self.folders.push((folder, manifest, name));
        Ok(())
    }

    /// `cp target/release/app /usr/local/bin/app`
    fn copied(&mut self, step: &Step<'_>) -> Result<(), Missing> {
        let known = |path: &str| self.path_of(path).is_some();
        match step.paths().as_deref() {
            Some([from, to]) if known(from) => {
                let name = from.rsplit('/').next().unwrap_or_default();
                let written = step.shown().trim_end_matches(['"', '\'']);
                let is_folder = written.ends_with('/') || has(&TABLES.search_path, to) || *to == step.folder;
                let to = if is_folder { format!("{}/{name}", to.trim_end_matches('/')) } else { to.clone() };
                self.copies.push((to, from.clone()));
                Ok(())
            }
            _ => step.changes(),
        }
    }

    /// The name and the folder of the manifest of a binary that Cargo has made at a path.
    fn path_of(&self, path: &str) -> Option<(String, String)> {
        let original = self.copies.iter().rfind(|(copy, _)| copy == path).map(|(_, from)| from.as_str());
        let path = original.unwrap_or(path);
        let (folder, name) = path.rsplit_once('/')?;
        let fits = |(made, _, only): &&(String, String, Option<String>)| {
            made == folder && only.as_deref().is_none_or(|only| only == name)
        };
        let (_, manifest, _) = self.folders.iter().rfind(fits)?;
        Some((name.to_owned(), manifest.clone()))
    }

    fn binary(&self, started: &Started) -> Option<Binary> {
        let name = &started.binary;
        let paths = match name.contains('/') {
            true => vec![name.clone()],
            false => std::iter::once(format!("{HOME}/bin/{name}"))
                .chain(TABLES.search_path.iter().map(|folder| format!("{folder}/{name}")))
                .collect(),
        };
        paths.into_iter().find_map(|path| {
            let (name, folder) = self.path_of(&path)?;
            Some(Binary { path, name, folder })
        })
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Variables of the build that may stand before a command.
fn step_variables() -> Vec<String> {
    owned(&["CARGO_INCREMENTAL", "CARGO_NET_GIT_FETCH_WITH_CLI", "CARGO_TERM_COLOR", "SQLX_OFFLINE"])
}

fn command_variables(step: &Step<'_>) -> Vec<String> {
    let own = step.command().assignments.iter().map(|assignment| assignment.name.to_string());
    let words = step.command().words.iter().map_while(|word| word.literal());
    let by_env = words.filter_map(|word| word.split_once('=')).filter(|(name, _)| !name.starts_with('-'));
    own.chain(by_env.map(|(name, _)| name.to_owned())).collect()
}

/// MS3: variables in force that change where the binary lies and how it is linked.
fn environment(site: &Site<'_>, last: usize) -> Result<(), Missing> {
    let variables = site.shipped.input.model.variables(last);
    let speaks = |name: &str| {
        let starts =
            ["CARGO_", "RUST", "OPENSSL_", "PKG_CONFIG", "LIB"].iter().any(|start| name.starts_with(start));
        starts || matches!(name, "CC" | "CXX" | "LD" | "LDFLAGS" | "CFLAGS")
    };
    let known = |name: &str| has(&site.recipe.build_variables, name) || begins(&owned(VARIABLES), name);
    match variables.iter().map(|variable| variable.name.as_str()).find(|name| speaks(name) && !known(name)) {
        None => Ok(()),
        Some(name) => {
            let text = format!("`{name}` may change where the binary lies or how it is linked");
            Err(missing("MS3", text, "leave it out, or write the stages by hand"))
        }
    }
}

/// Sources of a first build that compiles the dependencies alone: `mkdir src && echo "fn main() {}" > src/main.rs`.
/// They lie where Cargo works, and nothing of them is carried over.
fn prepares_sources(site: &Site<'_>, step: &Step<'_>) -> bool {
    let file_command = step
        .command()
        .name()
        .is_some_and(|name| has(&TABLES.file_commands, name) || matches!(name, "echo" | "printf" | "cat"));
    let operands = match step.command().name() {
        Some("echo" | "printf") => Some(Vec::new()),
        _ => step.paths(),
    };
    let (Some(operands), Some(written)) = (operands, step.written()) else { return false };
    let is_build = |path: &String| {
        let inside = below(path, &step.folder).unwrap_or_default();
        let first = inside.split('/').next().unwrap_or_default();
        matches!(first, "src" | "target") || carried::is_source(site, first) || first.starts_with("Cargo.")
    };
    let mut all = operands.iter().chain(&written).peekable();
    file_command && all.peek().is_some() && all.all(is_build)
}

/// The folder of the build context that Cargo works in.
fn context_folder(site: &Site<'_>, folder: &str) -> Result<String, Missing> {
    let shipped = site.shipped;
    let base = site.facts.workdir;
    let manifest = join(folder, "Cargo.toml");
    let found = match shipped.origin(&manifest, base) {
        Origin::Context(path) => {
            Some(path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned()))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let text = format!("`{manifest}` is not copied from the build context");
        missing("MS2", text, "copy the sources with COPY")
    })
}

/// MS4: the system of the build, of the same release. An image without a package manager and a shell is not chosen: a
/// health check could not be added there, and users are made where they are needed.
fn runtime(site: &Site<'_>) -> Result<Runtime, Missing> {
    let facts = site.facts;
    let fits = |runtime: &Runtime| {
        runtime.facts.packages == Some(Packages::Apt) && runtime.facts.entrypoint == Some(&[])
    };
    let Some(runtime) = site.runtimes().into_iter().find(fits) else {
        let text = format!("no runtime image is known on which a binary of `{}` runs", facts.family);
        return Err(missing("MS4", text, "write the stages by hand"));
    };
    if matches!(facts.release_from, Some(ReleaseFrom::MovingTag(_)) | None) {
        let text = "the release of the base image changes with its tag, and the C library with it";
        return Err(missing("MS4", text, "pin the base image to a release, such as `rust:1-bookworm`"));
    }
    Ok(runtime)
}
