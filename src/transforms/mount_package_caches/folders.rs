//! Where package managers keep what they download.

use super::super::checks::Checks;
use super::super::commands::{Call, Run};
use super::super::shipped::Shipped;
use super::downloads;
use crate::images::{Facts, Os};
use crate::shell::Manager;

/// A cache of one manager in one RUN.
pub(super) struct Cache {
    pub(super) manager: Manager,
    pub(super) folders: Vec<String>,
    /// Whether builds may use it at the same time.
    pub(super) locked: bool,
    /// Programs that read it.
    pub(super) programs: &'static [&'static str],
    /// Whether what is in it is read in place, when something runs.
    pub(super) is_read: bool,
}

impl Cache {
    /// The flags of RUN that mount it.
    pub(super) fn flags(&self) -> Vec<String> {
        let sharing = if self.locked { ",sharing=locked" } else { "" };
        self.folders.iter().map(|folder| format!("--mount=type=cache,target={folder}{sharing}")).collect()
    }
}

/// The caches that the calls of a RUN fill, each manager once.
pub(super) fn caches(run: &Run<'_>, calls: &[Call<'_>], checks: &mut Checks) -> Vec<Cache> {
    let facts = run.stage().and_then(|stage| Shipped { input: run.input, stage }.facts("PK4").ok());
    let mut caches: Vec<Cache> = Vec::new();
    for call in calls.iter().filter(|call| downloads(call)) {
        let manager = call.install.manager;
        if caches.iter().any(|cache| cache.manager == manager) || is_set(run, manager) {
            continue;
        }
        if let Some(cache) = of(run, call, facts.as_ref()) {
            checks
                .holds("PK4", format!("`{}` keeps its downloads in `{}`", call.program(), cache.folders[0]));
            caches.push(cache);
        }
    }
    caches
}

/// Variables by which the author has said where the cache is, or that there is none.
fn is_set(run: &Run<'_>, manager: Manager) -> bool {
    let names: &[&str] = match manager {
        Manager::Pip => &["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME"],
        Manager::Npm => &["NPM_CONFIG_CACHE", "npm_config_cache"],
        Manager::Yarn => &["YARN_CACHE_FOLDER"],
        Manager::Go => &["GOPATH", "GOMODCACHE", "GOCACHE", "GOFLAGS"],
        Manager::Dotnet => &["NUGET_PACKAGES"],
        Manager::Composer => &["COMPOSER_HOME", "COMPOSER_CACHE_DIR"],
        _ => &[],
    };
    let set = |name: &&str| run.input.model.variable(run.index, name).is_some() || run.text_names(name);
    run.input.model.variable(run.index, "HOME").is_some() || names.iter().any(set)
}

fn of(run: &Run<'_>, call: &Call<'_>, facts: Option<&Facts>) -> Option<Cache> {
    let manager = call.install.manager;
    let repository = facts.map(|facts| facts.repository.as_str()).unwrap_or_default();
    let os = facts.map(|facts| facts.os);
    // Another user's cache, by sudo, lies elsewhere.
    if !call.install.unwrapped.wrappers.is_empty() {
        return None;
    }
    let (folders, locked, programs, is_read): (&[&str], bool, &'static [&'static str], bool) = match manager {
        Manager::Apt => (&["/var/cache/apt", "/var/lib/apt/lists"], true, &["apt-get", "apt"], true),
        Manager::Apk if os == Some(Os::Alpine) => (&["/etc/apk/cache"], true, &["apk"], false),
        Manager::Dnf
            if call.program() == "dnf" && matches!(os, Some(Os::Redhat | Os::Centos | Os::Oraclelinux)) =>
        {
            (&["/var/cache/dnf"], true, &["dnf"], false)
        }
        Manager::Pip => (&["/root/.cache/pip"], false, &["pip"], false),
        Manager::Npm => (&["/root/.npm"], false, &["npm"], false),
        Manager::Yarn if is_classic(run) => (&["/usr/local/share/.cache/yarn"], true, &["yarn"], false),
        Manager::Go if repository == "golang" => {
            (&["/go/pkg/mod", "/root/.cache/go-build"], false, &["go"], true)
        }
        Manager::Composer if repository == "composer" => (&["/tmp/cache"], false, &["composer"], false),
        Manager::Dotnet if repository.contains("dotnet/sdk") => {
            (&["/root/.nuget/packages"], false, &["nuget"], true)
        }
        _ => return None,
    };
    let folders = folders.iter().map(|folder| (*folder).to_owned()).collect();
    Some(Cache { manager, folders, locked, programs, is_read })
}

/// Whether each yarn.lock of the project is one of yarn 1.
fn is_classic(run: &Run<'_>) -> bool {
    let project = run.input.project;
    let mut locks = project
        .files()
        .filter(|entry| {
            entry.path.rsplit('/').next() == Some("yarn.lock") && !entry.path.contains("node_modules/")
        })
        .peekable();
    locks.peek().is_some()
        && locks
            .all(|entry| project.read(&entry.path).is_some_and(|text| text.contains("# yarn lockfile v1")))
}
