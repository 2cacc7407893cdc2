//! `npm ci` → `npm ci --omit=dev`: where nothing that runs later needs what only development needs.

use super::super::checks::Checks;
use super::super::shipped::Shipped;
use super::super::{Diagnostic, Input};
use super::commands::{Step, Steps};
use super::place::{Place, Target, places};
use super::placement::folder_at;
use super::turn::Turn;
use crate::edit::Edit;
use crate::images::Facts;
use crate::project::compose::{self, COMPOSE_FILES};
use crate::project::ecosystems::npm::DevNeed;
use crate::project::sources::{Entry, Language, Scope, Sources};
use crate::shell::{Role, plain_words};
use crate::source::Span;
use crate::syntax::{Arguments, Keyword};

const MESSAGE: &str = "what only development needs is installed into the image";

const REMEDY: &str = "write `--omit=dev` yourself";

/// The first npm that knows `--omit`; older ones pass over it without a word.
const NPM_WITH_OMIT: u64 = 7;

/// Every install of the shipped stage that could leave out dev dependencies. `replaced` are the words that another
/// fix of the same turn replaces.
pub(super) fn diagnose(turn: &Turn<'_>, replaced: &[Span]) -> Vec<Diagnostic> {
    let Some(shipped) = Shipped::of(turn.input) else { return Vec::new() };
    places(turn)
        .filter(|place| place.stage == shipped.stage)
        .filter_map(|place| judge(&shipped, &place, replaced))
        .collect()
}

fn judge(shipped: &Shipped<'_>, place: &Place<'_>, replaced: &[Span]) -> Option<Diagnostic> {
    let target = place.target(|install| !install.has(Role::Production) && !install.has(Role::Groups))?;
    let lock = target.package.lock()?;
    if lock.dev_only().is_empty() || leaves_out_already(place, target.step()) {
        return None;
    }
    let facts = shipped.facts("MC11").ok()?;
    place.npm_version().filter(|npm| *npm >= NPM_WITH_OMIT)?;
    let mut checks = Checks::default();
    let commands = later_commands(shipped, place, &target, &facts, &mut checks);
    match target.package.needs_dev(place.turn.input.project, &commands) {
        // Then it belongs there, and there is nothing to say.
        DevNeed::Yes(_) => return None,
        DevNeed::Unproven(why) => checks.misses("MC11", why, REMEDY),
        DevNeed::No { entries } => imports(place, &target, entries, &mut checks)?,
    }
    if !target.package.manifest.workspaces.is_empty() {
        // What a member loads may be hoisted from the dev dependencies of another.
        checks.misses("MC11", "what the members of the workspace load is not followed", REMEDY);
    }
    started_otherwise(place.turn.input, &mut checks);
    let span = place.word(&target)?;
    // Without its lock, which another fix brings, there is no telling what is for development alone.
    if target.adds_lock.is_some() && !replaced.contains(&span) {
        return None;
    }
    let text = if place.is_exec() { ", \"--omit=dev\"" } else { " --omit=dev" };
    let word = span.of(place.turn.input.source.text());
    let edit = match replaced.contains(&span) {
        true => Edit::insert(span.end(), text),
        // Not an insertion: at the end of an instruction it would count as standing behind it.
        false => Edit::replace(span, format!("{word}{text}")),
    };
    let edits = vec![edit];
    Some(checks.fix(span, MESSAGE, "leave out dev dependencies", edits, &[]))
}

/// Whether a variable makes npm leave them out, or choose for itself.
fn leaves_out_already(place: &Place<'_>, step: &Step) -> bool {
    let names = place.turn.input.model.variables(place.run).into_iter().map(|variable| variable.name.clone());
    names.chain(step.variables.iter().cloned()).any(|name| {
        let name = name.to_ascii_lowercase();
        name == "node_env"
            || ["production", "omit", "only", "include"].iter().any(|key| name == format!("npm_config_{key}"))
    })
}

/// What runs behind the install: in the rest of its RUN, in later ones, as the probe, as the container's start.
fn later_commands(
    shipped: &Shipped<'_>,
    place: &Place<'_>,
    target: &Target<'_>,
    facts: &Facts,
    checks: &mut Checks,
) -> Vec<Vec<String>> {
    let instructions = &place.turn.input.document.instructions;
    let mut commands = Vec::new();
    let mut unknown = Vec::new();
    match literal(&target.steps[target.at + 1..]) {
        Some(words) => commands.extend(words),
        None => unknown.push(place.run),
    }
    for (index, instruction) in instructions.iter().enumerate().take(shipped.end() + 1).skip(place.run + 1) {
        let found = match instruction.keyword {
            Keyword::Run => later_run(place, target, index),
            Keyword::Healthcheck => probe(shipped, index),
            _ => continue,
        };
        match found {
            Some(words) => commands.extend(words),
            None => unknown.push(index),
        }
    }
    for index in unknown {
        let text = format!("what line {} runs is not known", instructions[index].lines.0);
        checks.misses("MC11", text, REMEDY);
    }
    match shipped.argv(facts, "MC11") {
        Ok(argv) if shipped.workdir(facts.workdir).as_ref() == Some(&target.folder) => commands.push(argv),
        Ok(_) => checks.misses("MC11", "the container starts in another folder than the package's", REMEDY),
        Err(missing) => checks.take(Err(missing)),
    }
    commands
}

/// The commands of a later RUN that could need a package; `None` where they are not known.
fn later_run(place: &Place<'_>, target: &Target<'_>, index: usize) -> Option<Vec<Vec<String>>> {
    let Steps::Chain(steps) = place.turn.steps(index)? else { return None };
    let words = literal(steps)?;
    let here = folder_at(place.turn.input, place.stage, index).as_ref() == Some(&target.folder);
    (here || words.is_empty()).then_some(words)
}

/// The words of each command that is not known to need no packages; `None` also where the folder changes.
fn literal(steps: &[Step]) -> Option<Vec<Vec<String>>> {
    if steps.iter().any(|step| step.changes_folder().is_some()) {
        return None;
    }
    steps.iter().filter(|step| !step.needs_no_sources("/")).map(Step::literal_words).collect()
}

/// The command of a HEALTHCHECK, if it has one; `None` where it needs a shell.
fn probe(shipped: &Shipped<'_>, index: usize) -> Option<Vec<Vec<String>>> {
    let instruction = shipped.instruction(index);
    let Arguments::Health { command, .. } = &instruction.arguments else { return None };
    match &**command {
        Arguments::Empty => Some(Vec::new()),
        Arguments::Exec { words, .. } => {
            Some(vec![words.iter().map(|word| word.value.to_string()).collect()])
        }
        Arguments::Shell(span) => {
            // Behind `|| exit 1` stands nothing that could load a package.
            let text = instruction.text(*span);
            let text =
                text.split("||").next().filter(|_| text.trim_end().ends_with("|| exit 1")).unwrap_or(text);
            plain_words(text.trim()).ok().map(|words| vec![words])
        }
        _ => None,
    }
}

/// Whether the sources that Node starts with import a dev dependency; `None` where they do.
fn imports(place: &Place<'_>, target: &Target<'_>, entries: Vec<String>, checks: &mut Checks) -> Option<()> {
    let lock = target.package.lock()?;
    let dev = lock.dev_only();
    let project = place.turn.input.project;
    let mut files = Vec::new();
    if !entries.is_empty() {
        let entries = entries.into_iter().map(Entry::Script).collect();
        let sources =
            Sources::read(project, &Scope { language: Language::JavaScript, entries, built: Vec::new() });
        let packages = sources.packages();
        if packages.found.iter().any(|found| dev.contains(found.value.name.as_str())) {
            return None;
        }
        if let Some(gap) = packages.gap_text() {
            checks.misses(
                "MC11",
                format!("it is not proven that nothing imports a dev dependency: {gap}"),
                REMEDY,
            );
        }
        files = sources.files().found.into_iter().map(|found| found.value).collect();
    }
    match target.package.names_dev(project, &files) {
        Some(found) => {
            checks.misses(
                "MC11",
                format!("`{}`, a dev dependency, is named in {}", found.value, found.at),
                REMEDY,
            );
        }
        None => checks.holds("MC11", "nothing that runs later needs a dev dependency"),
    }
    Some(())
}

/// A compose file that starts something else in the same image.
fn started_otherwise(input: &Input<'_>, checks: &mut Checks) {
    for name in COMPOSE_FILES {
        let Some(text) = input.project.tree().read(name) else { continue };
        let other = match compose::parse(&text) {
            Ok(services) => services.iter().any(|service| service.starts_otherwise || service.extends),
            Err(_) => true,
        };
        if other {
            checks.misses("MC11", format!("`{name}` may start something else in the image"), REMEDY);
        }
    }
}
