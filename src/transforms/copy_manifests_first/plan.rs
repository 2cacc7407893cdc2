//! What each ecosystem's install reads and writes: the preconditions that the project answers for.
//!
//! One file for each ecosystem; what they share stands here.

mod bundler;
mod composer;
mod dotnet;
mod go;
mod maven;
mod mix;
mod npm;
mod pip;
mod python;

pub(super) use self::maven::is_alone;
use super::super::{Missing, Reason};
use super::placement::{below, inside};
use super::turn::Turn;
use crate::project::ecosystems::{Closure, Kind, Needed, Obstacle, detect};
use crate::shell::{Install, Manager};

/// One precondition, judged.
pub(super) type Judged = Result<Reason, Missing>;

/// What an install needs before the sources are there.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What it reads, as paths of the context.
    pub(super) files: Vec<Needed>,
    /// Folders of the context where it writes; what is copied later must not bring them.
    pub(super) writes: Vec<String>,
    /// A command to run on the manifests alone, where the install is part of a build.
    pub(super) download: Option<String>,
    /// Options with which the install leaves out what needs the sources; it then runs again behind them, where it
    /// finds everything else done.
    pub(super) twin: Vec<&'static str>,
    /// What was judged so far.
    pub(super) judged: Vec<Judged>,
}

/// Where an install runs and what the COPY before it makes of the context.
pub(super) struct Ground<'a> {
    pub(super) turn: &'a Turn<'a>,
    /// The index of the RUN.
    pub(super) run: usize,
    /// The folder of the image in which the install runs.
    pub(super) folder: &'a str,
    /// The folder of the context that is copied, and where it goes.
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

pub(super) fn holds(id: &'static str, text: impl Into<String>) -> Judged {
    Ok(Reason { id, text: text.into() })
}

pub(super) fn misses(id: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Judged {
    Err(Missing { id, text: text.into(), remedy: remedy.into() })
}

impl Ground<'_> {
    /// The index of the stage.
    fn stage(&self) -> usize {
        self.turn.input.model.stage_of(self.run).unwrap_or_default()
    }

    /// The path of the context that the COPY puts at a path of the image.
    fn context(&self, path: &str) -> Option<String> {
        below(path, self.to).map(|relative| inside(self.from, relative))
    }

    fn environment(&self, name: &str) -> Option<&str> {
        self.turn.input.model.variable(self.run, name)?.value.as_deref()
    }

    /// What an install needs. `None` where it has nothing to do with what is copied: there is no manifest in it.
    pub(super) fn plan(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        match install.manager {
            Manager::Npm | Manager::Yarn | Manager::Pnpm | Manager::Bun => self.npm(install),
            Manager::Pip => self.pip(install, words),
            Manager::Go => self.go(install),
            Manager::Bundler => self.bundler(install),
            Manager::Composer => self.composer(install, words),
            Manager::Dotnet => self.dotnet(install, words),
            Manager::Maven => self.maven(install, words),
            Manager::Mix => self.mix(),
            Manager::Poetry => self.poetry(install),
            Manager::Uv => self.uv(install, words),
            Manager::Pdm => self.pdm(install),
            Manager::Pipenv => self.pipenv(install),
            Manager::Conda => self.conda(install),
            manager => self.unknown(manager),
        }
    }

    /// A file that the command names: one of the sources has to come along.
    fn file(&self, path: &str, what: &str, plan: &mut Plan) {
        let Some(origin) = self.context(path) else { return };
        if self.turn.input.project.sent(&origin) {
            plan.files.push(Needed { path: origin, folder: false, why: "the command names it".to_owned() });
            return;
        }
        let text = format!("{what} `{origin}` is not among what is copied");
        plan.judged.push(misses("MC1", text, "keep it in the build context"));
    }

    /// A manager that is recognised and no more: the fix is held back under its name.
    fn unknown(&self, manager: Manager) -> Option<Plan> {
        let kinds: &[Kind] = match manager {
            Manager::Deno => &[Kind::Deno],
            _ => return None,
        };
        let folder = self.context(self.folder)?;
        let found = detect(self.turn.input.project, &folder);
        let found = found.iter().find(|found| kinds.contains(&found.kind))?;
        let text = format!("which files an install of {} reads is not worked out yet", found.kind.name());
        Some(Plan::missing("MC1", text, "copy its manifests by hand before the install"))
    }
}

impl Plan {
    fn of(closure: Closure) -> Plan {
        let mut plan = Plan::default();
        plan.add(closure);
        plan.settle("nothing is installed from the project's own folders");
        plan
    }

    fn missing(id: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Plan {
        Plan { judged: vec![misses(id, text, remedy)], ..Plan::default() }
    }

    fn add(&mut self, closure: Closure) {
        for needed in closure.files {
            if !self.files.contains(&needed) {
                self.files.push(needed);
            }
        }
        let held = closure
            .obstacles
            .into_iter()
            .map(|Obstacle { id, text, remedy }| Err(Missing { id, text, remedy }));
        self.judged.extend(held);
    }

    /// MC1 and MC3 hold where no obstacle speaks against them.
    fn settle(&mut self, no_own: &str) {
        if self.sound("MC1") {
            let files: Vec<String> = self.files.iter().map(|needed| format!("`{}`", needed.path)).collect();
            self.judged.push(holds("MC1", format!("the install reads {} alone", files.join(", "))));
        }
        if self.sound("MC3") {
            self.judged.push(holds("MC3", no_own));
        }
    }

    /// Whether nothing was found against a precondition.
    fn sound(&self, id: &str) -> bool {
        !self.judged.iter().any(|judged| judged.as_ref().is_err_and(|missing| missing.id == id))
    }
}
