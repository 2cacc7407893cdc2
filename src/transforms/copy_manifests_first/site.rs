//! The places: an install whose sources were copied before it, and what must hold around it.

use std::ops::Range;

use super::super::checklist::Silence;
use super::super::shipped::join;
use super::commands::{Step, Steps, mounts_context};
use super::placement::{Copy, below, folder_at};
use super::plan::{Ground, Judged, Plan, holds, misses};
use super::turn::Turn;
use crate::shell::{Action, Install, Manager, Role};
use crate::syntax::{Instruction, Keyword, MountKind, mounts};

/// Where the sources go, once they are copied after the install.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Landing {
    /// Right behind the RUN.
    Behind,
    /// Into the RUN, which is parted before this command.
    Parting(usize),
    /// Right before the RUN: it builds, and the download gets a RUN of its own.
    Before,
    /// Behind the install at `step`, which leaves out what needs the sources, and runs again behind them together with
    /// the commands from `rest` on.
    Twin {
        /// Which command is the install.
        step: usize,
        /// The first command that needs the sources.
        rest: usize,
    },
}

/// An install in a RUN, whose manifests come with the sources.
#[derive(Debug)]
pub(super) struct Site<'a> {
    /// Index of the RUN.
    pub(super) run: usize,
    /// Its commands; none where they are no plain chain.
    pub(super) steps: &'a [Step],
    /// Whose install it is.
    pub(super) manager: Manager,
    /// The folder of the image in which the install runs.
    pub(super) folder: String,
    /// Where the sources go.
    pub(super) landing: Landing,
    /// What the install needs, and what was judged.
    pub(super) plan: Plan,
}

impl Site<'_> {
    fn repeats(&self, other: &Site<'_>) -> bool {
        self.manager == other.manager && self.folder == other.folder
    }
}

/// A COPY of sources, and the installs behind it.
#[derive(Debug)]
pub(super) struct Group<'a> {
    /// Index of the COPY.
    pub(super) copy: usize,
    /// The stage.
    pub(super) stage: usize,
    /// The folder of the context that is copied.
    pub(super) from: String,
    /// Where it goes in the image.
    pub(super) to: String,
    /// The installs in their order; at least one.
    pub(super) sites: Vec<Site<'a>>,
}

/// Every group of a file.
pub(super) fn groups<'a>(turn: &'a Turn<'a>) -> Vec<Group<'a>> {
    let stages = 0..turn.input.model.stages.len();
    stages.flat_map(|stage| Finder { turn, stage }.groups()).collect()
}

struct Finder<'a> {
    turn: &'a Turn<'a>,
    stage: usize,
}

/// Why nothing is said about the installs of a file, one reason for each.
pub(super) fn silence(turn: &Turn<'_>) -> Vec<Silence> {
    let stages = 0..turn.input.model.stages.len();
    let finders = stages.map(|stage| Finder { turn, stage });
    let mut found: Vec<Silence> = finders.flat_map(|finder| finder.settled()).collect();
    if found.is_empty() {
        found.extend(cached(turn));
    }
    if found.is_empty() {
        let text = "no RUN installs what a manifest of the project lists";
        found.push(Silence::NotApplicable(text.to_owned()));
    }
    found
}

/// A RUN of a project's package manager, whatever it is told to do, that has a cache mount already.
fn cached(turn: &Turn<'_>) -> Option<Silence> {
    let instructions = &turn.input.document.instructions;
    let run = (0..instructions.len()).find(|index| {
        mounts(&instructions[*index]).iter().any(|mount| mount.kind == MountKind::Cache)
            && turn.calls_for_a_project(*index)
    })?;
    let line = instructions[run].lines.0;
    Some(Silence::Right(format!("line {line} keeps what it downloads in a cache mount")))
}

impl<'a> Finder<'a> {
    /// The installs that are kept as they are.
    fn settled(&self) -> Vec<Silence> {
        let runs = self.range().filter(|index| self.instruction(*index).keyword == Keyword::Run);
        runs.filter_map(|run| self.settled_install(run)).collect()
    }

    /// A build that fetches what it needs by itself, which is not parted here.
    fn fetching_build<'i>(
        &self,
        run: usize,
        mut installs: impl Iterator<Item = &'i Install>,
    ) -> Option<Silence> {
        let fetches = |install: &&Install| {
            install.action == Action::Build
                && matches!(install.manager, Manager::Cargo | Manager::Gradle | Manager::Maven | Manager::Sbt)
        };
        installs.find(fetches)?;
        let line = self.instruction(run).lines.0;
        let caches = mounts(self.instruction(run)).iter().any(|mount| mount.kind == MountKind::Cache);
        Some(match caches {
            true => Silence::Right(format!("line {line} keeps what it downloads in a cache mount")),
            false => Silence::unknown(
                format!(
                    "the build in line {line} fetches what it needs by itself, again with every change of a source"
                ),
                "keep its downloads in a cache mount",
            ),
        })
    }

    fn settled_install(&self, run: usize) -> Option<Silence> {
        let folder = folder_at(self.turn.input, self.stage, run)?;
        let (install, folder) = match self.turn.steps(run)? {
            Steps::Chain(steps) => {
                let Some((at, folder)) = first_install(steps, folder) else {
                    return self.fetching_build(run, steps.iter().filter_map(|step| step.install.as_ref()));
                };
                (steps[at].install.as_ref()?, folder)
            }
            Steps::Other(installs) => match installs.iter().find(|install| acts_on_project(install, &[])) {
                Some(install) => (install, folder),
                None => return self.fetching_build(run, installs.iter()),
            },
        };
        let line = self.instruction(run).lines.0;
        if mounts_context(self.instruction(run)) {
            return Some(Silence::Right(format!("line {line} installs from files that are mounted for it")));
        }
        let Some(copy) = self.sources_before(run, &folder) else {
            return Some(Silence::Right(format!(
                "no folder of sources is copied before line {line} installs"
            )));
        };
        let (from, to) = copy.folder()?;
        let ground = Ground { turn: self.turn, run, folder: &folder, from, to };
        if self.installed_before(copy, &ground, install) {
            let above = self.instruction(copy.index).lines.0;
            return Some(Silence::Right(format!(
                "the dependencies are installed before line {above} copies the sources"
            )));
        }
        if self.caches_modules(run) {
            return Some(Silence::Right(format!("line {line} keeps what it downloads in a cache mount")));
        }
        if install.manager == Manager::Go && ground.needs_no_modules() {
            let text = format!("the module that line {line} builds downloads nothing");
            return Some(Silence::NotApplicable(text));
        }
        Some(Silence::unknown(
            format!(
                "line {line} installs after the sources are copied, and how to part the two is not known here"
            ),
            "copy the manifests, install, then copy the rest",
        ))
    }

    fn groups(&self) -> Vec<Group<'a>> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        for run in self.range().filter(|index| self.instruction(*index).keyword == Keyword::Run) {
            let Some((copy, site)) = self.site(run) else { continue };
            match groups.last_mut().filter(|group| group.copy == copy.index) {
                // The same manager in the same folder again finds everything installed.
                Some(group) if group.sites.iter().any(|before| before.repeats(&site)) => {}
                Some(group) => group.sites.push(site),
                None => {
                    let (from, to) = copy.folder().map_or(("", ""), |folder| folder);
                    groups.push(Group {
                        copy: copy.index,
                        stage: self.stage,
                        from: from.to_owned(),
                        to: to.to_owned(),
                        sites: vec![site],
                    });
                }
            }
        }
        groups
    }

    fn range(&self) -> Range<usize> {
        self.turn.input.model.stages[self.stage].instructions.clone()
    }

    fn instruction(&self, index: usize) -> &Instruction {
        &self.turn.input.document.instructions[index]
    }

    /// The install of a RUN and the COPY that brings its manifest together with everything else.
    fn site(&self, run: usize) -> Option<(&'a Copy, Site<'a>)> {
        if mounts_context(self.instruction(run)) {
            return None;
        }
        let folder = folder_at(self.turn.input, self.stage, run)?;
        let (steps, at, install, folder) = match self.turn.steps(run)? {
            Steps::Chain(steps) => {
                let (at, folder) = first_install(steps, folder)?;
                (steps.as_slice(), at, steps[at].install.as_ref()?, folder)
            }
            Steps::Other(installs) => {
                (&[][..], 0, installs.iter().find(|install| acts_on_project(install, &[]))?, folder)
            }
        };
        let copy = self.sources_before(run, &folder)?;
        let (from, to) = copy.folder()?;
        let ground = Ground { turn: self.turn, run, folder: &folder, from, to };
        if self.installed_before(copy, &ground, install) {
            return None;
        }
        let words = steps.get(at).map_or(&[][..], |step| step.words.as_slice());
        let mut plan = ground.plan(install, words)?;
        if plan.download.is_some() && self.caches_modules(run) {
            return None;
        }
        if let Some(download) = plan.download.take() {
            plan.download =
                Some(self.in_folder(run, &steps[..at.min(steps.len())], &folder, &download, &mut plan));
        }
        let landing = self.landing(steps, at, to, &mut plan);
        self.judge_install(install, steps, at, to, &mut plan);
        Some((copy, Site { run, steps, manager: install.manager, folder, landing, plan }))
    }

    /// The last COPY of a folder before a RUN into which the install's folder falls. None where the same was copied
    /// before: an install put between the two would find the manifests of the first, and be moved again.
    fn sources_before(&self, run: usize, folder: &str) -> Option<&'a Copy> {
        let own = self.range();
        let mut before = self
            .turn
            .copies(self.stage)
            .iter()
            .rev()
            .filter(|copy| copy.index < run && own.contains(&copy.index));
        let copy = before.find(|copy| copy.folder().is_some_and(|(_, to)| below(folder, to).is_some()))?;
        before.all(|earlier| earlier.folder() != copy.folder()).then_some(copy)
    }

    /// Whether the same manager has installed for the same manifest before the sources came: that layer is kept already.
    fn installed_before(&self, copy: &Copy, ground: &Ground<'_>, install: &Install) -> bool {
        let folder = match install.manager {
            // It looks for its manifest upwards from the folder of the build.
            Manager::Go => ground
                .module_folder()
                .and_then(|folder| below(&folder, ground.from).map(|relative| join(ground.to, relative))),
            _ => Some(ground.folder.to_owned()),
        };
        self.turn.runs_before(self.stage, copy.index).any(|index| {
            let stage = self.turn.input.model.stage_of(index).unwrap_or(self.stage);
            let (Some(Steps::Chain(steps)), Some(place)) =
                (self.turn.steps(index), folder_at(self.turn.input, stage, index))
            else {
                return false;
            };
            first_install(steps, place).is_some_and(|(at, place)| {
                let same = |before: &Install| match install.manager {
                    // Its projects are named, wherever it stands.
                    Manager::Dotnet => before.command == "restore" && install.command != "restore",
                    _ => folder.as_ref() == Some(&place),
                };
                let before = steps[at].install.as_ref();
                before.is_some_and(|before| before.manager == install.manager && same(before))
            })
        })
    }

    /// Whether the downloads are kept in a cache mount, so that a RUN of its own would download them in vain.
    fn caches_modules(&self, run: usize) -> bool {
        mounts(self.instruction(run)).iter().any(|mount| {
            let target = mount.target.as_deref().unwrap_or_default();
            let holds = ["/pkg", "/.m2", "/.nuget"].iter().any(|part| target.contains(part));
            mount.kind == MountKind::Cache && (holds || target.ends_with("/go"))
        })
    }

    /// The download as it has to be written, where the RUN changes to the folder of the manifest or makes the program
    /// executable first.
    fn in_folder(
        &self,
        run: usize,
        before: &[Step],
        folder: &str,
        download: &str,
        plan: &mut Plan,
    ) -> String {
        let moved = folder_at(self.turn.input, self.stage, run).as_deref() != Some(folder);
        let program = download.split(' ').next().unwrap_or_default();
        // Go looks for its manifest upwards, so the folder of the build may come with the sources alone.
        if moved && program == "go" {
            let remedy = "change the folder with WORKDIR";
            plan.judged.push(misses("MC4", "the build changes to another folder first", remedy));
        }
        let kept =
            before.iter().filter(|step| step.changes_folder().is_some() || step.makes_executable(program));
        kept.map(|step| step.line.as_str()).chain([download]).collect::<Vec<_>>().join(" && ")
    }

    /// Where the sources can come, and what speaks against parting the RUN there (MC4).
    fn landing(&self, steps: &[Step], at: usize, to: &str, plan: &mut Plan) -> Landing {
        if plan.download.is_some() {
            return Landing::Before;
        }
        let rest = steps.iter().skip(at + 1).position(|step| !(step.tidies(to) || step.needs_no_sources(to)));
        let twin = !plan.twin.is_empty() && !steps.is_empty();
        let rest = match rest {
            Some(rest) => at + 1 + rest,
            None if twin => steps.len(),
            None => return Landing::Behind,
        };
        let name = |step: &Step| step.written.first().cloned().unwrap_or_default();
        // The second part of the RUN can change its folder again, and nothing else.
        let stays = |step: &&Step| step.changes_shell() && step.changes_folder().is_none();
        let problem = if let Some(step) = steps[..rest].iter().find(stays) {
            format!("`{}` also counts for the commands behind the install", name(step))
        } else if let Some(step) = steps[rest..].iter().find(|step| step.rewrites_files()) {
            format!("`{}` changes files that the same RUN has made", name(step))
        } else {
            return if twin { Landing::Twin { step: at, rest } } else { Landing::Parting(rest) };
        };
        plan.judged.push(misses("MC4", problem, "put the install into a RUN of its own"));
        Landing::Behind
    }

    /// What stands in the RUN besides the install (MC4).
    fn judge_install(&self, install: &Install, steps: &[Step], at: usize, to: &str, plan: &mut Plan) {
        let remedy = "put the install into a RUN of its own";
        if plan.download.is_some() {
            plan.judged.push(judge_build(steps, at, plan.download.as_deref().unwrap_or_default()));
            return;
        }
        let Some(step) = steps.get(at) else {
            plan.judged.push(misses(
                "MC4",
                "the install stands in a script that is more than a chain of `&&`",
                remedy,
            ));
            return;
        };
        if !step.is_settled(install) || step.words.is_empty() {
            plan.judged.push(misses(
                "MC4",
                "the install has words that the shell works out, or a redirection",
                remedy,
            ));
        } else if !install.is_certain() {
            let word = install.unknown.first().map(|at| step.written[*at].clone()).unwrap_or_default();
            plan.judged.push(misses(
                "MC4",
                format!("the option `{word}` is not known"),
                "tell its authors, or leave it out",
            ));
        } else if let Some(before) = steps[..at].iter().find(|step| {
            !(step.changes_folder().is_some()
                || step.only_sets()
                || step.prepares()
                || step.needs_no_sources(to))
        }) {
            let text =
                format!("`{}` runs before the install and may read the sources", before.written.join(" "));
            plan.judged.push(misses("MC4", text, remedy));
        } else {
            plan.judged.push(holds("MC4", "nothing in the RUN needs the sources before the install is done"));
        }
    }
}

/// Whether a download can run by itself before a build: with the same settings, and with all that the RUN prepares.
fn judge_build(steps: &[Step], at: usize, download: &str) -> Judged {
    const HARMLESS: &[&str] =
        &["CGO_ENABLED", "GOOS", "GOARCH", "GOARM", "GOAMD64", "CGO_CFLAGS", "CGO_LDFLAGS"];
    let remedy = format!("run `{download}` by hand before the sources are copied");
    let program =
        download.rsplit(" && ").next().and_then(|command| command.split(' ').next()).unwrap_or_default();
    let Some(step) = steps.get(at) else {
        return misses("MC4", "the build stands in a script that is more than a chain of `&&`", remedy);
    };
    if let Some(name) = step.variables.iter().find(|name| !HARMLESS.contains(&name.as_str())) {
        return misses("MC4", format!("`{name}` is set for the build alone"), remedy);
    }
    let idle =
        |step: &&Step| step.changes_folder().is_some() || step.is_idle() || step.makes_executable(program);
    match steps[..at].iter().find(|step| !idle(step)) {
        Some(step) => misses("MC4", format!("`{}` may prepare the download", step.written.join(" ")), remedy),
        None => holds("MC4", "the RUN stays as it is"),
    }
}

/// The first command of a chain that installs what a manifest of the project lists, and the folder it does so in.
fn first_install(steps: &[Step], start: String) -> Option<(usize, String)> {
    let mut folder = start;
    for (at, step) in steps.iter().enumerate() {
        if let Some(change) = step.changes_folder() {
            folder = join(&folder, change);
        }
        let Some(install) = step.install.as_ref().filter(|install| acts_on_project(install, &step.words))
        else {
            continue;
        };
        for directory in install.values_as(Role::Directory) {
            folder = join(&folder, directory.text.as_deref()?);
        }
        return Some((at, folder));
    }
    None
}

/// Whether it works on what a manifest of the project lists.
fn acts_on_project(install: &Install, words: &[Option<String>]) -> bool {
    // pip's `-v` says more of what it does; elsewhere it asks for the release.
    let asks: &[&str] = if install.manager == Manager::Yarn {
        &["--version", "-v", "--help"]
    } else {
        &["--version", "--help"]
    };
    if install.has(Role::Global) || asks.iter().any(|name| install.option(name).is_some()) {
        return false;
    }
    let installs = matches!(install.action, Action::Install | Action::Ci | Action::Download);
    match install.manager {
        Manager::Pip => install.action == Action::Install && install.has(Role::Manifest),
        Manager::Uv if install.command == "pip install" => install.has(Role::Manifest),
        // Groups to leave out may follow as words of their own.
        Manager::Bundler => installs && matches!(install.command.as_str(), "" | "install"),
        Manager::Conda => installs && (install.whole_project || install.has(Role::Manifest)),
        Manager::Maven => matches!(install.action, Action::Build | Action::Download),
        Manager::Dotnet => matches!(install.command.as_str(), "restore" | "build" | "publish"),
        Manager::Go => {
            let command = matches!(
                install.command.as_str(),
                "mod download" | "get" | "install" | "build" | "test" | "vet" | "run"
            );
            let named =
                |at: &usize| words.get(*at).and_then(Option::as_deref).is_some_and(|word| word.contains('@'));
            // `go install x@v1` has nothing to do with the project's own module.
            command && !install.operands.iter().any(named)
        }
        _ => installs && install.whole_project,
    }
}
