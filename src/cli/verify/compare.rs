//! The image of the original beside that of the rewritten file, point by point. Pure: knows no engine.
//!
//! A point is [`Change::Worse`] only if somebody who runs the image would miss something. A larger image or another
//! variable is told, and fails nothing.

use std::collections::BTreeSet;

use super::answer::Answer;
use super::contents::Contents;
use super::image::Image;
use super::rebuild::Steps;
use super::scan::Counts;
use super::trial::{Behaviour, Condition, State, Stop};

/// All that was measured of one image.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) image: Image,
    pub(super) contents: Option<Contents>,
    pub(super) behaviour: Behaviour,
    /// The build after an edit of a source; the error says why there was none.
    pub(super) rebuild: Result<Steps, String>,
    pub(super) vulnerabilities: Option<Counts>,
}

/// How the two images differ in a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    Same,
    Better,
    /// Neither better nor worse, or nobody can say.
    Different,
    /// The rewritten file fails here.
    Worse,
}

impl Change {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Change::Same => "same",
            Change::Better => "better",
            Change::Different => "different",
            Change::Worse => "worse",
        }
    }
}

/// One point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) change: Change,
}

/// Every point that could be compared.
pub(super) fn compare(before: &Side, after: &Side) -> Vec<Row> {
    let (old, new) = (&before.image, &after.image);
    let mut rows = vec![row("size", megabytes(old.bytes), megabytes(new.bytes), size(old.bytes, new.bytes))];
    rows.push(row(
        "layers",
        old.layers.to_string(),
        new.layers.to_string(),
        same_or(old.layers == new.layers),
    ));
    rows.push(row("user", user(&old.user), user(&new.user), users(&old.user, &new.user)));
    rows.push(row("exposed ports", list(&old.ports), list(&new.ports), kept(&old.ports, &new.ports)));
    rows.extend(variables(old, new));
    rows.extend(behaviour(&before.behaviour, &after.behaviour));
    rows.extend(rebuild(before, after));
    if let (Some(old), Some(new)) = (&before.contents, &after.contents) {
        rows.extend(contents(old, new));
    }
    if let (Some(old), Some(new)) = (&before.vulnerabilities, &after.vulnerabilities) {
        rows.push(row("vulnerabilities", old.to_string(), new.to_string(), fewer(old.total(), new.total())));
    }
    rows
}

fn row(what: &'static str, before: String, after: String, change: Change) -> Row {
    Row { what, before, after, change }
}

fn same_or(same: bool) -> Change {
    if same { Change::Same } else { Change::Different }
}

fn fewer(before: usize, after: usize) -> Change {
    match after.cmp(&before) {
        std::cmp::Ordering::Less => Change::Better,
        std::cmp::Ordering::Equal => Change::Same,
        std::cmp::Ordering::Greater => Change::Different,
    }
}

pub(super) fn megabytes(bytes: u64) -> String {
    // One decimal is enough to see a change, and integers need no rounding rule.
    let tenths = bytes / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}

/// A change of less than one in a hundred is none.
fn size(before: u64, after: u64) -> Change {
    if before.abs_diff(after) * 100 <= before {
        return Change::Same;
    }
    if after < before { Change::Better } else { Change::Different }
}

fn user(user: &str) -> String {
    if user.is_empty() { "root".to_owned() } else { user.to_owned() }
}

fn is_root(user: &str) -> bool {
    matches!(user.split(':').next().unwrap_or_default(), "" | "0" | "root")
}

fn users(before: &str, after: &str) -> Change {
    match (is_root(before), is_root(after)) {
        _ if before == after => Change::Same,
        (true, false) => Change::Better,
        (false, true) => Change::Worse,
        _ => Change::Different,
    }
}

fn list(words: &BTreeSet<String>) -> String {
    if words.is_empty() { "none".to_owned() } else { words.iter().cloned().collect::<Vec<_>>().join(", ") }
}

/// Nothing may be lost.
fn kept<T: Ord>(before: &BTreeSet<T>, after: &BTreeSet<T>) -> Change {
    match before.is_subset(after) {
        false => Change::Worse,
        true => same_or(before.len() == after.len()),
    }
}

/// The variables that only one of the images has. Those of a compiler go with it; whether one of them was meant for the
/// program is for a person to see.
fn variables(before: &Image, after: &Image) -> Option<Row> {
    let only = |one: &Image, other: &Image| list(&(&one.variables - &other.variables));
    (before.variables != after.variables)
        .then(|| row("variables of its own", only(before, after), only(after, before), Change::Different))
}

fn behaviour(before: &Behaviour, after: &Behaviour) -> Vec<Row> {
    let mut rows = vec![row("starts", state(before), state(after), states(before.state, after.state))];
    if let (Some(old), Some(new)) = (&before.listening, &after.listening) {
        let words = |ports: &BTreeSet<u16>| list(&ports.iter().map(u16::to_string).collect());
        rows.push(row("listens on", words(old), words(new), kept(old, new)));
    }
    if !before.answers.is_empty() || !after.answers.is_empty() {
        rows.push(answers(before, after));
    }
    if before.health.is_some() || after.health.is_some() {
        rows.push(health(before, after));
    }
    if let (Some(old), Some(new)) = (before.stop, after.stop) {
        rows.push(row("stops", stop(old), stop(new), stops(old, new)));
    }
    rows
}

fn state(behaviour: &Behaviour) -> String {
    let words = |start: String| {
        if behaviour.words.is_empty() { start } else { format!("{start}: {}", behaviour.words) }
    };
    match behaviour.state {
        State::Up => "stays up".to_owned(),
        State::Ended(code) => words(format!("ends with {code}")),
        State::NotStarted => words("cannot be started".to_owned()),
    }
}

fn states(before: State, after: State) -> Change {
    match (before, after) {
        _ if before == after => Change::Same,
        // What failed before may work now: that is no loss, and nothing that we have set out to do.
        (State::NotStarted, _) => Change::Different,
        (State::Ended(code), State::Up) if code != 0 => Change::Different,
        _ => Change::Worse,
    }
}

fn answers(before: &Behaviour, after: &Behaviour) -> Row {
    let words = |behaviour: &Behaviour| {
        let all: Vec<String> =
            behaviour.answers.iter().map(|(port, answer)| format!("{answer} on {port}")).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    };
    let answer =
        |behaviour: &Behaviour, port: &u16| behaviour.answers.get(port).copied().unwrap_or(Answer::Nothing);
    let changes = before.answers.keys().chain(after.answers.keys()).map(|port| {
        match (answer(before, port), answer(after, port)) {
            (old, new) if old == new => Change::Same,
            (Answer::Nothing, _) => Change::Different,
            _ => Change::Worse,
        }
    });
    let change = changes.max_by_key(|change| *change as u8).unwrap_or(Change::Same);
    row("answers", words(before), words(after), change)
}

fn health(before: &Behaviour, after: &Behaviour) -> Row {
    let words = |behaviour: &Behaviour| match behaviour.health {
        None => "not checked".to_owned(),
        Some(Condition::Healthy) => "healthy".to_owned(),
        Some(Condition::Unhealthy) => format!("unhealthy: {}", behaviour.words),
        Some(Condition::Unknown) => "not told by the engine".to_owned(),
    };
    let change = match (before.health, after.health) {
        (old, new) if old == new => Change::Same,
        (_, Some(Condition::Healthy)) => Change::Better,
        // The check tells the truth: the original does not do what it is there for.
        (None, Some(_)) if before.failure().is_some() => Change::Different,
        // An engine that runs no checks says nothing of either.
        (None, Some(Condition::Unknown)) if after.state == State::Up => Change::Different,
        (None | Some(Condition::Healthy), _) => Change::Worse,
        _ => Change::Different,
    };
    row("health", words(before), words(after), change)
}

/// The code of what was killed because it did not stop.
const KILLED: i64 = 137;

fn stop(stop: Stop) -> String {
    if stop.code == KILLED {
        return format!("killed after {} s", stop.took.as_secs());
    }
    format!("with {} after {}.{} s", stop.code, stop.took.as_secs(), stop.took.subsec_millis() / 100)
}

fn stops(before: Stop, after: Stop) -> Change {
    match (before.code == KILLED, after.code == KILLED) {
        (true, false) => Change::Better,
        (false, true) => Change::Worse,
        _ => same_or(before.code == after.code),
    }
}

fn rebuild(before: &Side, after: &Side) -> Option<Row> {
    let words = |side: &Result<Steps, String>| match side {
        Err(why) => why.clone(),
        Ok(steps) if steps.ran().is_empty() => "runs nothing".to_owned(),
        Ok(steps) => format!(
            "runs {}",
            steps.ran().iter().map(|command| short(command)).collect::<Vec<_>>().join(", ")
        ),
    };
    let change = match (&before.rebuild, &after.rebuild) {
        (Ok(old), Ok(new)) if old.is_empty() && new.is_empty() => return None,
        // There is nothing to edit.
        (Err(old), Err(new)) if old == new => return None,
        // Steps were parted: what is taken from the cache now is what ran again before.
        (Ok(old), Ok(new)) if new.cached() > old.cached() && !old.ran().is_empty() => Change::Better,
        (Ok(old), Ok(new)) => same_or(old.ran().len() == new.ran().len()),
        _ => Change::Different,
    };
    Some(row("after an edit", words(&before.rebuild), words(&after.rebuild), change))
}

/// The start of a command, to know it by.
fn short(command: &str) -> String {
    const MOST: usize = 32;
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    match command.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", command[..end].trim_end()),
        None => format!("`{command}`"),
    }
}

fn contents(before: &Contents, after: &Contents) -> Vec<Row> {
    let mut rows = Vec::new();
    if before.packages.is_some() || after.packages.is_some() {
        let words =
            |contents: &Contents| contents.packages.map_or("none listed".to_owned(), |n| n.to_string());
        let number = |contents: &Contents| contents.packages.unwrap_or(0);
        rows.push(row("packages", words(before), words(after), fewer(number(before), number(after))));
    }
    let (old, new) = (before.setuid.len(), after.setuid.len());
    rows.push(row("setuid files", old.to_string(), new.to_string(), fewer(old, new)));
    let shell = |contents: &Contents| if contents.has_shell { "yes" } else { "no" }.to_owned();
    let change = fewer(usize::from(before.has_shell), usize::from(after.has_shell));
    rows.push(row("has a shell", shell(before), shell(after), change));
    rows
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
