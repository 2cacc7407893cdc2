//! One build context: every Dockerfile in it is verified, what fails is found by halves, held back, and the rest is
//! verified again.
//!
//! The fold gives each transform one turn, in order. So the first of them with which the result fails can be found as a
//! fault among commits is: half of them, then half of that half. It is named and left out, and everything else has to
//! pass once more as a whole; what is reported as verified was measured just so.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use dockfix::config::Choice;
use dockfix::rewrite::{BuildContext, FileOutcome, Outcome};
use dockfix::transforms;

use super::bench::{Bench, Comparison, Original, Subject, Version, built_row};
use super::compare::Change;
use super::process::Failure;
use super::verdict::{CaseReport, Held, Verdict};
use crate::cli::work::Rewrite;

/// The transforms that change the ignore file, which is one for all Dockerfiles of a context.
const OF_THE_CONTEXT: &[&str] = &["write-dockerignore", "repair-dockerignore"];

/// A Dockerfile of the context that is to be verified, and each of its stages that is shipped.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) subjects: Vec<Subject>,
}

/// What came of a context.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) reports: Vec<CaseReport>,
    /// What may be written: it was verified as it is.
    pub(super) outcome: Outcome,
}

/// A context at work.
pub(super) struct Unit<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) context: &'a BuildContext,
    /// The first Dockerfiles of the context; those behind them were not asked about.
    pub(super) members: &'a [Member],
    pub(super) rewrite: Rewrite,
    /// Originals by member and stage, each built once; the error says why it is none to compare with.
    pub(super) originals: RefCell<BTreeMap<(usize, usize), Result<Original, String>>>,
}

/// What a version of one member came to.
#[derive(Clone, Debug)]
enum Test {
    /// Nothing differs from the original.
    Unchanged,
    Passed(Vec<Comparison>),
    /// The points in which it is worse.
    Failed(String, Vec<Comparison>),
    /// Nothing can be said, though some points may be known.
    Impossible(String, Vec<Comparison>),
}

/// Transforms that may not run, by member.
type Barred = Vec<BTreeSet<&'static str>>;

/// How far a member is.
#[derive(Default)]
struct State {
    barred: BTreeSet<&'static str>,
    held: Vec<Held>,
    notes: Vec<String>,
    impossible: Option<String>,
    /// What the last version that did not pass came to.
    worst: Vec<Comparison>,
    /// The version that has passed.
    known: Option<(Version, Test)>,
}

impl State {
    fn is_settled(&self, version: &Version) -> bool {
        self.impossible.is_some() || self.known.as_ref().is_some_and(|(known, _)| known == version)
    }
}

fn barred(states: &[State]) -> Barred {
    states.iter().map(|state| state.barred.clone()).collect()
}

/// Leaves a transform out for a member; what changes the ignore file, for all.
fn bar(at: usize, name: &'static str, states: &mut [State]) {
    for (other, state) in states.iter_mut().enumerate() {
        if other == at || OF_THE_CONTEXT.contains(&name) {
            state.barred.insert(name);
        }
    }
}

impl Unit<'_> {
    /// Verifies the whole context. The error is that the user wants to stop.
    pub(super) fn verify(&self) -> Result<Verified, Failure> {
        let result = self.search();
        for original in self.originals.borrow().values().flatten() {
            if result.is_ok() {
                self.bench.remove_original(original);
            }
        }
        result
    }

    fn search(&self) -> Result<Verified, Failure> {
        let mut states: Vec<State> = self.members.iter().map(|_| State::default()).collect();
        loop {
            let outcome = self.outcome(&barred(&states));
            if self.pass(&outcome, &mut states)? {
                let reports =
                    states.iter().enumerate().flat_map(|(at, state)| self.reports(at, state, &outcome));
                return Ok(Verified { reports: reports.collect(), outcome });
            }
        }
    }

    /// Tests every member that was not yet tested with this very text. Where one fails, something is barred, and the
    /// answer is no: since the ignore file is one for all, every member has to be looked at again.
    fn pass(&self, outcome: &Outcome, states: &mut [State]) -> Result<bool, Failure> {
        for at in 0..states.len() {
            let version = version(outcome, at);
            if states[at].is_settled(&version) {
                continue;
            }
            let test = self.test_twice(at, outcome, &mut states[at].notes)?;
            match &test {
                Test::Unchanged | Test::Passed(_) => {
                    states[at].known = Some((version, test));
                    continue;
                }
                Test::Failed(because, comparisons) => match self.guilty(at, outcome, &barred(states))? {
                    Some(transform) => {
                        let state = &mut states[at];
                        state.held.push(Held { transform, because: because.clone() });
                        state.worst.clone_from(comparisons);
                        bar(at, transform, states);
                    }
                    None => self.give_up(at, because, states),
                },
                Test::Impossible(why, comparisons) => {
                    states[at].worst.clone_from(comparisons);
                    self.give_up(at, why, states);
                }
            }
            return Ok(false);
        }
        Ok(true)
    }

    /// Nothing is written for a Dockerfile that cannot be verified, and no ignore file that it has to live with.
    fn give_up(&self, at: usize, why: &str, states: &mut [State]) {
        states[at].impossible = Some(why.to_owned());
        for transform in transforms::ALL {
            bar(at, transform.name, states);
        }
    }

    /// Networks and slow starts fail now and then; what fails twice is broken.
    fn test_twice(&self, at: usize, outcome: &Outcome, notes: &mut Vec<String>) -> Result<Test, Failure> {
        let first = self.test(at, outcome)?;
        let Test::Failed(because, _) = &first else { return Ok(first) };
        let second = self.test(at, outcome)?;
        if matches!(second, Test::Passed(_)) {
            notes.push(format!("failed at the first try and passed at the second: {because}"));
        }
        Ok(second)
    }

    /// What became of each shipped stage of a member.
    fn reports(&self, at: usize, state: &State, outcome: &Outcome) -> Vec<CaseReport> {
        let applied = applied(&outcome.files[at]);
        let test = state.known.as_ref().map(|(_, test)| test);
        let report = |(stage, subject): (usize, &Subject)| {
            let passed = if let Some(Test::Passed(all)) = test { all.get(stage) } else { None };
            let verdict = match &state.impossible {
                Some(why) => Verdict::Impossible(why.clone()),
                None if !state.held.is_empty() => Verdict::Failed,
                None if passed.is_some() => Verdict::Verified,
                None => Verdict::Unchanged,
            };
            let shown = passed.or_else(|| state.worst.get(stage));
            let mut notes = state.notes.clone();
            notes.extend(shown.into_iter().flat_map(|shown| shown.notes.clone()));
            CaseReport {
                name: subject.name.clone(),
                target: subject.target.clone(),
                verdict,
                rows: shown.map(|shown| shown.rows.clone()).unwrap_or_default(),
                applied: applied.clone(),
                held_back: state.held.clone(),
                notes,
            }
        };
        self.members[at].subjects.iter().enumerate().map(report).collect()
    }

    /// The first transform with which the result of this member fails.
    fn guilty(&self, at: usize, failing: &Outcome, barred: &Barred) -> Result<Option<&'static str>, Failure> {
        let candidates = self.candidates(at, failing);
        let (mut good, mut bad) = (0, candidates.len());
        while bad > good + 1 {
            let middle = good + (bad - good) / 2;
            let outcome = self.outcome(&self.only(at, &candidates[..middle], barred));
            match self.test(at, &outcome)? {
                Test::Failed(..) => bad = middle,
                Test::Unchanged | Test::Passed(_) | Test::Impossible(..) => good = middle,
            }
        }
        Ok(bad.checked_sub(1).and_then(|at| candidates.get(at)).copied())
    }

    /// The transforms that have changed something for this member, in the order of their turns.
    fn candidates(&self, at: usize, outcome: &Outcome) -> Vec<&'static str> {
        let own = applied(&outcome.files[at]);
        let shared = outcome.files.iter().flat_map(applied).filter(|name| OF_THE_CONTEXT.contains(name));
        let names: BTreeSet<&str> = own.into_iter().chain(shared).collect();
        transforms::ALL.iter().map(|transform| transform.name).filter(|name| names.contains(name)).collect()
    }

    /// What is barred if only these transforms may run for a member.
    fn only(&self, at: usize, allowed: &[&'static str], barred: &Barred) -> Barred {
        let mut barred = barred.clone();
        for name in transforms::ALL.iter().map(|transform| transform.name) {
            if !allowed.contains(&name) {
                barred[at].insert(name);
                if OF_THE_CONTEXT.contains(&name) {
                    barred.iter_mut().for_each(|barred| _ = barred.insert(name));
                }
            }
        }
        barred
    }

    fn outcome(&self, barred: &Barred) -> Outcome {
        let mut context = self.context.clone();
        for (file, barred) in context.dockerfiles.iter_mut().zip(barred) {
            let ignore = barred.iter().map(|name| (*name).to_owned()).collect();
            file.options.selection = file.options.selection.clone().then(Choice { select: None, ignore });
        }
        (self.rewrite)(&context)
    }

    fn test(&self, at: usize, outcome: &Outcome) -> Result<Test, Failure> {
        let version = version(outcome, at);
        if version.ignore.is_none() && version.text == outcome.files[at].before.text() {
            return Ok(Test::Unchanged);
        }
        let (mut comparisons, mut worse) = (Vec::new(), Vec::new());
        for (stage, subject) in self.members[at].subjects.iter().enumerate() {
            match self.compare((at, stage), subject, &version)? {
                Ok(comparison) => {
                    worse.extend(
                        comparison
                            .worse()
                            .map(|row| format!("{}: {} before, {} now", row.what, row.before, row.after)),
                    );
                    comparisons.push(comparison);
                }
                Err(why) => return Ok(Test::Impossible(why, comparisons)),
            }
        }
        let unproven = comparisons.iter().find_map(|comparison| comparison.unproven.clone());
        Ok(match unproven {
            _ if !worse.is_empty() => Test::Failed(worse.join("; "), comparisons),
            Some(why) => {
                let remedy = "give it what it needs with `--env` or `--env-file`";
                Test::Impossible(
                    format!("the original {why}, so there is nothing to compare; {remedy}"),
                    comparisons,
                )
            }
            None => Test::Passed(comparisons),
        })
    }

    /// A version beside its original, which is built and measured if it was not yet. The inner error says why there is
    /// nothing to compare.
    fn compare(
        &self,
        key: (usize, usize),
        subject: &Subject,
        version: &Version,
    ) -> Result<Result<Comparison, String>, Failure> {
        let built = if self.originals.borrow().contains_key(&key) {
            self.bench.build_version(subject, version)
        } else {
            let bench = self.bench;
            let (original, built) =
                rayon::join(|| bench.build_original(subject), || bench.build_version(subject, version));
            let original = match original {
                Ok(tag) => {
                    explained(bench.measure_original(subject, tag), "the original cannot be measured")?
                }
                Err(failure) => explained(Err(failure), "the original does not build")?,
            };
            self.originals.borrow_mut().insert(key, original);
            built
        };
        let originals = self.originals.borrow();
        let original = match originals.get(&key) {
            Some(Ok(original)) => original,
            Some(Err(why)) => return Ok(Err(why.clone())),
            None => return Ok(Err("the original is not there".to_owned())),
        };
        let built = match built {
            Ok(built) => built,
            Err(Failure::Stopped) => return Err(Failure::Stopped),
            Err(failure) => {
                let rows = vec![built_row(&format!("no: {failure}"), Change::Worse)];
                return Ok(Ok(Comparison { rows, notes: Vec::new(), unproven: None }));
            }
        };
        let compared = self.bench.compare(subject, original, &built);
        let compared = explained(compared, "the rewritten image cannot be measured")?;
        self.bench.remove(&built.tag);
        Ok(compared)
    }
}

/// A failure in words; the user's wish to stop stays what it is.
fn explained<T>(result: Result<T, Failure>, what: &str) -> Result<Result<T, String>, Failure> {
    match result {
        Err(Failure::Stopped) => Err(Failure::Stopped),
        other => Ok(other.map_err(|failure| format!("{what}: {failure}"))),
    }
}

/// The rewritten text of a member, and the ignore file that has to be there with it.
fn version(outcome: &Outcome, at: usize) -> Version {
    let created = outcome.created.iter().find(|file| file.path.ends_with(".dockerignore"));
    let changed = outcome.ignore.as_ref().map(|changed| changed.after.text().to_owned());
    let text = outcome.files[at].after.text().to_owned();
    Version { text, ignore: created.map(|file| file.text.clone()).or(changed) }
}

/// The transforms that have changed a Dockerfile, each once, in the order of their turns.
fn applied(outcome: &FileOutcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    for applied in &outcome.applied {
        if !names.contains(&applied.transform) {
            names.push(applied.transform);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transforms_of_the_ignore_file_exist() {
        for name in OF_THE_CONTEXT {
            assert!(transforms::ALL.iter().any(|transform| transform.name == *name), "{name}");
        }
    }
}
