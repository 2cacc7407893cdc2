//! Which files a program writes and reads at run time, which programs it starts, whether it loads `.env`.

use std::collections::BTreeSet;

use super::effects::Occurrence;
use super::facts::Effect;
use super::reach::Unit;
use super::value::{Evaluator, Part};
use super::{Answer, Base, Found, Gap, GapKind, Language, Sources, Target};
use crate::project::paths::{join, parent};

/// What the user says about the folders that the program writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grants<'g> {
    /// Nothing.
    None,
    /// These are all of them. What the sources leave open is settled by that; what they state is held against it.
    Stated(&'g [String]),
}

/// Folders of which a relative path is written as an absolute one: anybody may write there.
const OPEN_FOLDERS: &[&str] = &["dev", "proc", "tmp", "var/tmp"];

/// What an opened file is opened for.
enum Opened {
    Reading,
    Writing,
    /// The value is no mode at all, so nothing is opened here.
    Neither,
}

impl Sources {
    /// What the program writes at run time below folders that belong to root (NR3). Files for temporary data, devices
    /// and standard streams do not count; neither do folders that are granted.
    pub fn writes(&self, grants: Grants<'_>) -> Answer<Target> {
        let mut answer = self.paths(|occurrence, opened| match occurrence.effect {
            Effect::Writes | Effect::Fills | Effect::Database | Effect::Temporary => true,
            Effect::Opens => matches!(opened, Some(Opened::Writing)),
            _ => false,
        });
        answer.found.extend(self.reached.written.iter().cloned());
        answer.found.retain(|found| found.value.base != Base::Temporary);
        if let Grants::Stated(folders) = grants {
            // Something anywhere in the working folder states no more than something anywhere.
            let is_open =
                |target: &Target| target.base == Base::Unknown || !target.whole && target.path.is_empty();
            answer.found.retain(|found| !is_open(&found.value) && !found.value.is_within(folders));
            answer.gaps.clear();
        }
        answer
    }

    /// Folders that the program makes and that must not be there yet: `os.mkdir('data')`, where nobody looks first.
    pub fn made_anew(&self) -> Vec<Found<Target>> {
        const MAKERS: &[&str] = &["mkdir", "mkdirSync", "makedirs", "Mkdir"];
        let is_maker = |occurrence: &&Occurrence| {
            let name = occurrence.what.rsplit('.').next().unwrap_or_default();
            occurrence.effect == Effect::Writes && MAKERS.contains(&name)
        };
        let looks = self.paths(|occurrence, _| occurrence.effect == Effect::Reads).found;
        let mut found = Vec::new();
        for occurrence in self.occurrences.iter().filter(is_maker) {
            let Some(unit) = occurrence.unit.map(|unit| &self.reached.units[unit]) else { continue };
            let Some(Some(value)) = occurrence.values.first() else { continue };
            let made = target(value, unit.code.path());
            let line_end = (occurrence.at + 1..unit.code.len().min(occurrence.at + 40))
                .find(|at| unit.code.is_fresh(*at));
            let minds = (occurrence.at..line_end.unwrap_or(occurrence.at + 40))
                .any(|at| unit.code.is_any(at, &["exist_ok", "recursive"]));
            if !minds && !looks.iter().any(|look| look.value == made) {
                found.push(Found { value: made, at: occurrence.place.clone() });
            }
        }
        found
    }

    /// The folder that a setting names, where one file gives it one value.
    pub fn folder_of_setting(&self, setting: &str) -> Option<Found<Target>> {
        let given = self.reached.units.iter().flat_map(|unit| {
            let own = unit.constants.of_file().filter(|(name, _)| *name == setting);
            own.map(move |(_, range)| (unit, range))
        });
        // A name that is given several values in one file is not among those, and may stand for any of them.
        let mentions = |unit: &Unit| {
            (0..unit.code.len()).filter(|at| unit.code.is(*at, setting) && unit.code.is(at + 1, "=")).count()
        };
        let count: usize = self.reached.units.iter().map(mentions).sum();
        match given.collect::<Vec<_>>().as_slice() {
            [(unit, range)] if count == 1 => {
                let value = Evaluator::new(&unit.code, &unit.constants).value(range.clone());
                let place = unit.code.place(range.start);
                Some(Found { value: Target { whole: false, ..target(&value, unit.code.path()) }, at: place })
            }
            _ => None,
        }
    }

    /// What the program reads at run time, besides what the system brings (MS14).
    pub fn reads(&self) -> Answer<Target> {
        let mut answer = self.paths(|occurrence, opened| match occurrence.effect {
            Effect::Reads => true,
            Effect::Opens => matches!(opened, Some(Opened::Reading | Opened::Writing)),
            _ => false,
        });
        answer.found.retain(|found| found.value.base != Base::Temporary);
        answer
    }

    /// The programs that are started (MS6), by name where it is plain; an empty name where it is not.
    pub fn programs(&self) -> Answer<String> {
        let started = self.occurrences.iter().filter(|occurrence| occurrence.effect == Effect::Spawns);
        let name = |occurrence: &Occurrence| match occurrence.values.first() {
            Some(Some(value)) => match value.as_slice() {
                [Part::Text(command), ..] => command.split_whitespace().next().unwrap_or_default().to_owned(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let found = started.map(|occurrence| Found { value: name(occurrence), at: occurrence.place.clone() });
        Answer { found: found.collect(), gaps: self.gaps() }
    }

    /// Whether and where `.env` files are loaded; the values are what loads them.
    pub fn loads_dotenv(&self) -> Answer<String> {
        let loads = self.occurrences.iter().filter(|occurrence| occurrence.effect == Effect::Dotenv);
        let found =
            loads.map(|occurrence| Found { value: occurrence.what.clone(), at: occurrence.place.clone() });
        let mut gaps = self.gaps();
        gaps.extend(self.unknown_uses());
        Answer { found: found.collect(), gaps }
    }

    fn paths(&self, is_asked: impl Fn(&Occurrence, Option<&Opened>) -> bool) -> Answer<Target> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for occurrence in &self.occurrences {
            let unit = occurrence.unit.map(|unit| &self.reached.units[unit]);
            let opened = match (occurrence.effect, unit) {
                (Effect::Opens, Some(unit)) => Some(opened(occurrence, unit)),
                _ => None,
            };
            if !is_asked(occurrence, opened.as_ref()) {
                continue;
            }
            let nowhere = Target::unknown();
            let target = match (occurrence.values.first(), unit) {
                (Some(Some(value)), _) if is_memory(value, occurrence) => continue,
                (Some(Some(value)), _) if occurrence.effect == Effect::Database && !is_file_url(value) => {
                    continue;
                }
                (None | Some(None), _) if occurrence.effect == Effect::Database => continue,
                (Some(None), _) if occurrence.effect == Effect::Temporary => continue,
                (Some(Some(value)), _) if occurrence.effect == Effect::Temporary && is_empty(value) => {
                    continue;
                }
                (Some(Some(value)), unit) => target(value, unit.map_or("", |unit| unit.code.path())),
                _ => nowhere,
            };
            let target = match (occurrence.effect, &occurrence.row.instance, unit) {
                (Effect::Fills, ..) => Target { whole: false, ..target },
                (_, Some(instance), Some(unit)) if target.base == Base::Workdir => Target {
                    base: Base::Context,
                    path: join(&unit.root, instance).unwrap_or_default(),
                    whole: false,
                    ..target
                },
                _ => target,
            };
            if seen.insert((occurrence.place.clone(), target.clone())) {
                found.push(Found { value: target, at: occurrence.place.clone() });
            }
        }
        let mut gaps = self.gaps();
        gaps.extend(self.unknown_uses());
        gaps.extend(self.started());
        Answer { found, gaps }
    }

    /// Uses of which nothing is known, and code that is loaded by a computed name.
    fn unknown_uses(&self) -> Vec<Gap> {
        let gap = |occurrence: &Occurrence| {
            let kind = match occurrence.effect {
                Effect::Unknown => GapKind::UnknownUse,
                // A plain name was followed as an import.
                Effect::Loads => match occurrence.values.first() {
                    Some(Some(value)) if matches!(value.as_slice(), [Part::Text(_)]) => {
                        if self.reached.language == Language::Python {
                            return None;
                        }
                        GapKind::UnknownUse
                    }
                    _ => GapKind::Computed,
                },
                _ => return None,
            };
            let what = match kind {
                GapKind::Computed => format!("`{}` of a name that is computed", occurrence.what),
                _ => occurrence.what.clone(),
            };
            Some(Gap { kind, at: occurrence.place.clone(), what })
        };
        self.occurrences.iter().filter_map(gap).collect()
    }

    fn started(&self) -> Vec<Gap> {
        let started = self.occurrences.iter().filter(|occurrence| occurrence.effect == Effect::Spawns);
        let gap = |occurrence: &Occurrence| Gap {
            kind: GapKind::StartsProgram,
            at: occurrence.place.clone(),
            what: occurrence.what.clone(),
        };
        started.map(gap).collect()
    }
}

/// Values that are no path: streams, buffers, databases in memory, file descriptors.
fn is_memory(value: &[Part], occurrence: &Occurrence) -> bool {
    match value {
        [Part::Memory] => true,
        [Part::Text(text)] => {
            let descriptor = occurrence.row.on_import.is_empty() && text.parse::<u8>().is_ok();
            let database = text.strip_prefix("sqlite").is_some_and(|rest| {
                rest.ends_with("://") || rest.ends_with("/:memory:") || rest.ends_with(":///")
            });
            descriptor || text == ":memory:" || database
        }
        _ => false,
    }
}

/// Whether the URL of a database leads to a file, or may do so. What cannot be read is left to the drivers.
fn is_file_url(value: &[Part]) -> bool {
    let text = value.iter().find(|part| !matches!(part, Part::Otherwise(_)));
    matches!(text, Some(Part::Text(text) | Part::Variable { default: Some(text), .. }) if text.starts_with("sqlite"))
}

/// `""`, `None`
fn is_empty(value: &[Part]) -> bool {
    matches!(value, [Part::Text(text)] if text.is_empty())
}

fn opened(occurrence: &Occurrence, unit: &Unit) -> Opened {
    if unit.code.language() == Language::Go {
        let range = occurrence.ranges.get(1).cloned().flatten().unwrap_or(0..0);
        let flags: Vec<&str> =
            range.filter_map(|at| unit.code.word(at)).filter(|word| word.starts_with("O_")).collect();
        return if flags == ["O_RDONLY"] { Opened::Reading } else { Opened::Writing };
    }
    match occurrence.values.get(1) {
        None | Some(None) => Opened::Reading,
        Some(Some(value)) => match value.as_slice() {
            [Part::Text(mode)] => {
                let mode = mode.split([':', '|']).next().unwrap_or_default();
                if mode.is_empty() || !mode.chars().all(|letter| "rwaxbtU+s".contains(letter)) {
                    Opened::Neither
                } else if mode.contains(['w', 'a', 'x', '+']) {
                    Opened::Writing
                } else {
                    Opened::Reading
                }
            }
            _ => Opened::Writing,
        },
    }
}

/// The path that a value stands for, used in the file at `source`.
fn target(value: &[Part], source: &str) -> Target {
    let variable = value.iter().find_map(|part| match part {
        Part::Otherwise(name) | Part::Variable { name, default: Some(_) } => Some(name.clone()),
        _ => None,
    });
    Target { variable, ..place(value, source) }
}

fn place(value: &[Part], source: &str) -> Target {
    let unknown = Target::unknown();
    let mut text = String::new();
    let mut whole = true;
    let mut parts = value.iter().filter(|part| !matches!(part, Part::Otherwise(_))).peekable();
    // `"sqlite:///" + path`: what counts comes behind it.
    if let Some(Part::Text(first)) = parts.peek()
        && value.len() > 1
        && without_scheme(first).is_some_and(str::is_empty)
    {
        parts.next();
    }
    let first = parts.peek().copied();
    let mut base = Base::Workdir;
    match first {
        Some(Part::Here) => {
            base = Base::Context;
            parts.next();
        }
        Some(Part::Work) => {
            parts.next();
        }
        Some(Part::Temporary) => return Target { base: Base::Temporary, ..unknown },
        Some(Part::Unknown | Part::Memory | Part::Otherwise(_)) | None => return unknown,
        Some(Part::Variable { default: None, .. }) => return unknown,
        Some(Part::Text(_) | Part::Variable { .. }) => {}
    }
    let rooted = base == Base::Workdir && !matches!(first, Some(Part::Work));
    for part in parts {
        match part {
            Part::Text(own) | Part::Variable { default: Some(own), .. } => text.push_str(own),
            _ => {
                whole = false;
                break;
            }
        }
    }
    if let Some(rest) = without_scheme(&text) {
        text = rest.to_owned();
    }
    if !whole {
        // The last part may go on; only the folder before it is certain.
        text.truncate(text.rfind('/').map_or(0, |at| at.max(1)));
    }
    // A slash at the end names a folder, for what is made within it.
    whole &= !(text.len() > 1 && text.ends_with('/'));
    if rooted && text.starts_with('/') {
        let path = join("", &text).unwrap_or_default();
        let open = OPEN_FOLDERS.iter().any(|folder| {
            path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let base = if open { Base::Temporary } else { Base::Root };
        return Target { base, path, whole, ..unknown };
    }
    if rooted && text.is_empty() && whole {
        return unknown;
    }
    let folder = if base == Base::Context { parent(source) } else { "" };
    match join(folder, &text) {
        Some(path) => Target { base, path, whole, ..unknown },
        None => unknown,
    }
}

/// What stands behind the scheme of a file's URL: `a.db` of `sqlite+aiosqlite:///a.db?mode=rwc`.
fn without_scheme(text: &str) -> Option<&str> {
    let rest = match text.split_once(":///") {
        Some((scheme, rest)) if scheme.starts_with("sqlite") => rest,
        _ => ["sqlite:", "file://", "file:"].iter().find_map(|scheme| text.strip_prefix(scheme))?,
    };
    Some(rest.split('?').next().unwrap_or(rest))
}
