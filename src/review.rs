//! What a rewritten file looks like against the production checklist: each point in exactly one state.

use crate::project::dockerignore::IgnoreFile;
use crate::rewrite::{Applied, BuildContext, Dockerfile, FileOutcome, Outcome, Suppressed};
use crate::shell::ShellCache;
use crate::source::Source;
use crate::transforms::checklist::{POINTS, Point, Standing};
use crate::transforms::{Input, Missing};
use crate::verify::Parsed;

/// How a point stands after the rewrite.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It was right before.
    AlreadyRight,
    /// The rewrite put it right.
    Fixed,
    /// It is not right, or not known to be.
    HeldBack,
    /// There is nothing to put right.
    NotApplicable,
}

impl State {
    /// As reports say it.
    pub fn as_str(self) -> &'static str {
        match self {
            State::AlreadyRight => "already right",
            State::Fixed => "fixed",
            State::HeldBack => "held back",
            State::NotApplicable => "not applicable",
        }
    }
}

/// A point of the checklist for one Dockerfile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item {
    /// The point's name for programs.
    pub point: &'static str,
    /// What is asked for.
    pub title: &'static str,
    /// How it stands.
    pub state: State,
    /// Where that is seen, or what was done; empty where something is missing.
    pub because: String,
    /// What is missing, where it is held back.
    pub missing: Vec<Missing>,
}

/// The checklist of each file of a context, in their order, once the outcome is there. A file with syntax errors has
/// none.
pub fn review(context: &BuildContext, outcome: &Outcome) -> Vec<Vec<Item>> {
    let ignore = outcome.created.iter().find(|file| file.path == ".dockerignore");
    let texts = ignore.map(|file| (file.text.as_str(), file.path.as_str()));
    let changed = outcome.ignore.as_ref().map(|file| (file.after.text(), file.path.as_str()));
    let project = match texts.or(changed) {
        Some((text, path)) => context.project.with_ignore(IgnoreFile::parse(text).at(path)),
        None => context.project.clone(),
    };
    let shell = ShellCache::default();
    let standings = |after: bool| -> Vec<Vec<Standing>> {
        let text = |file: &FileOutcome| if after { file.after.clone() } else { file.before.clone() };
        let texts: Vec<Source> = outcome.files.iter().map(text).collect();
        let siblings: Vec<&Source> = texts.iter().collect();
        let project = if after { &project } else { &context.project };
        let one = |(source, dockerfile): (&Source, &Dockerfile)| {
            let now = Parsed::new(source.clone());
            let input = Input {
                source: &now.source,
                document: &now.document,
                model: &now.model,
                project,
                siblings: &siblings,
                path: dockerfile.path.as_deref(),
                options: &dockerfile.options,
                builds: &dockerfile.builds,
                shell: &shell,
            };
            if !now.document.errors.is_empty() {
                return Vec::new();
            }
            POINTS.iter().map(|point| point.standing(&input)).collect()
        };
        texts.iter().zip(&context.dockerfiles).map(one).collect()
    };
    let created = ignore.map(|file| file.path.as_str());
    let of_file = |((file, before), after): ((&FileOutcome, Vec<Standing>), Vec<Standing>)| {
        let pairs = POINTS.iter().zip(before.into_iter().zip(after));
        let mut items: Vec<Item> = pairs
            .map(|(point, (before, after))| item(point, &before, after, &file.applied, created))
            .collect();
        keep_away(&mut items, &file.suppressed);
        items
    };
    outcome.files.iter().zip(standings(false)).zip(standings(true)).map(of_file).collect()
}

/// Where a comment keeps the transforms of a point away, that is what it waits for, and nothing else.
fn keep_away(items: &mut [Item], suppressed: &[Suppressed]) {
    for (item, point) in items.iter_mut().zip(POINTS).filter(|(item, _)| item.state == State::HeldBack) {
        let own = |one: &&Suppressed| point.is_put_right_by(one.transform, &one.message);
        let Some(Suppressed { transform, comment, place, .. }) = suppressed.iter().find(own) else {
            continue;
        };
        let line = place.map(|place| format!(" of line {}", place.line)).unwrap_or_default();
        item.missing = vec![Missing {
            id: "suppressed",
            text: format!("`{comment}`{line} keeps `{transform}` away"),
            remedy: String::new(),
        }];
    }
}

fn item(
    point: &Point,
    before: &Standing,
    after: Standing,
    applied: &[Applied],
    created: Option<&str>,
) -> Item {
    let mut titles: Vec<String> = Vec::new();
    for fix in applied.iter().filter(|fix| point.is_put_right_by(fix.transform, &fix.title)) {
        if !titles.contains(&fix.title) {
            titles.push(fix.title.clone());
        }
    }
    // One new ignore file serves every Dockerfile of its context.
    if titles.is_empty() && point.name == "dockerignore" {
        titles.extend(created.map(|path| format!("create `{path}`")));
    }
    let (state, because, missing) = match after {
        Standing::Right(_) if !titles.is_empty() => (State::Fixed, titles.join("; "), Vec::new()),
        // A fix of another point may put this one right too, as a split does that ends on an image without root.
        Standing::Right(text) if matches!(before, Standing::Open(_)) => (State::Fixed, text, Vec::new()),
        Standing::Right(text) => (State::AlreadyRight, text, Vec::new()),
        Standing::NotApplicable(text) => (State::NotApplicable, text, Vec::new()),
        // What was done is told too, since it is not all that there is to do.
        Standing::Open(missing) => (State::HeldBack, titles.join("; "), missing),
    };
    Item { point: point.name, title: point.title, state, because, missing }
}
