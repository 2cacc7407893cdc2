//! Where a file of the image comes from: the COPY that puts it there, through stages, to the build context.

use super::{Shipped, below, join};
use crate::project::{CopyMatch, EntryKind};
use crate::syntax::{Instruction, Keyword};

/// Where a path of the image comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) enum Origin {
    /// A file or folder of the build context, by its path there; `""` is the root.
    Context(String),
    /// No COPY or ADD of this file puts it there: a RUN made it, or the base image brings it.
    NotCopied,
    /// It cannot be told: a variable, a URL, an archive, an outside image.
    Unknown,
}

/// How deep stages may copy from stages.
const MAX_STAGES: usize = 100;

pub(super) fn of(shipped: &Shipped<'_>, stage: usize, path: &str, base: Option<&str>) -> Origin {
    find(shipped, stage, path, base, MAX_STAGES)
}

fn find(shipped: &Shipped<'_>, stage: usize, path: &str, base: Option<&str>, depth: usize) -> Origin {
    let Some(depth) = depth.checked_sub(1) else { return Origin::Unknown };
    for (stage, index) in copies(shipped, stage).rev() {
        let instruction = shipped.instruction(index);
        let Some(copy) = Copy::read(shipped, index, instruction, base) else { return Origin::Unknown };
        match copy.origin(shipped, stage, path, base, depth) {
            Origin::NotCopied => {}
            found => return found,
        }
    }
    Origin::NotCopied
}

/// The COPY and ADD of a stage and of those that it goes on from, each with its own stage, in the order of the build.
fn copies<'a>(
    shipped: &Shipped<'a>,
    stage: usize,
) -> impl DoubleEndedIterator<Item = (usize, usize)> + use<'a> {
    let input = shipped.input;
    let stages = input.model.lineage(stage).into_iter().rev();
    let indexes = stages
        .flat_map(|stage| input.model.stages[stage].instructions.clone().map(move |index| (stage, index)));
    indexes.filter(|(_, index)| {
        matches!(input.document.instructions[*index].keyword, Keyword::Copy | Keyword::Add)
    })
}

/// The stage that makes a file by a RUN, and its path there; `None` where a COPY brings it from elsewhere.
pub(super) fn made_in(
    shipped: &Shipped<'_>,
    stage: usize,
    path: &str,
    base: Option<&str>,
) -> Option<(usize, String)> {
    let (mut stage, mut path) = (stage, path.to_owned());
    loop {
        if find(shipped, stage, &path, base, MAX_STAGES) != Origin::NotCopied {
            return None;
        }
        // Stages copy from those above them alone, so this comes to an end.
        match copied_from(shipped, stage, &path, base)? {
            Some(above) => (stage, path) = above,
            None => return Some((stage, path)),
        }
    }
}

/// The stage above that the last fitting COPY takes a file from, and its path there. `None` within where no COPY fits,
/// `None` without where it cannot be told.
#[expect(clippy::option_option, reason = "not known and not copied are two answers")]
fn copied_from(
    shipped: &Shipped<'_>,
    stage: usize,
    path: &str,
    base: Option<&str>,
) -> Option<Option<(usize, String)>> {
    for (_, index) in copies(shipped, stage).rev() {
        let copy = Copy::read(shipped, index, shipped.instruction(index), base)?;
        let (From::Stage(from), Some(rest)) = (&copy.from, below(path, &copy.destination)) else {
            continue;
        };
        for source in copy.sources.iter().rev().map(|source| join("/", source)) {
            if source.contains(['*', '?', '[']) {
                return None;
            }
            let is_file = copy.into_folder && source.rsplit('/').next() == Some(rest);
            // Of several sources, each folder could hold it.
            if copy.sources.len() > 1 && !is_file {
                continue;
            }
            return Some(Some((*from, if is_file { source } else { join(&source, rest) })));
        }
    }
    Some(None)
}

/// Each context path that reaches a stage, with the place where it stands there; `None` where one cannot be told.
pub(super) fn copied(
    shipped: &Shipped<'_>,
    stage: usize,
    base: Option<&str>,
) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    for (_, index) in copies(shipped, stage) {
        let copy = Copy::read(shipped, index, shipped.instruction(index), base)?;
        for source in &copy.sources {
            match &copy.from {
                From::Context => {
                    for (place, path) in copy.places(shipped, source)? {
                        found.push((place, path));
                    }
                }
                From::Stage(below) => match find(shipped, *below, source, base, MAX_STAGES) {
                    Origin::Context(path) => found.push((copy.destination.clone(), path)),
                    Origin::NotCopied => {}
                    Origin::Unknown => return None,
                },
                From::Outside => {}
            }
        }
    }
    Some(found)
}

/// What one COPY or ADD takes from the context, each with the place where it stands in the image. `None` where that
/// cannot be told, or where it takes something from elsewhere.
pub(super) fn placed(
    shipped: &Shipped<'_>,
    index: usize,
    base: Option<&str>,
) -> Option<Vec<(String, String)>> {
    let copy = Copy::read(shipped, index, shipped.instruction(index), base)?;
    let plain = |source: &String| {
        !(is_remote(source) || source.starts_with("<<") || copy.unpacks && is_archive(source))
    };
    if !matches!(copy.from, From::Context) || copy.parents || !copy.sources.iter().all(plain) {
        return None;
    }
    let places = copy.sources.iter().map(|source| copy.places(shipped, source));
    Some(places.collect::<Option<Vec<_>>>()?.concat())
}

/// Where a COPY takes its sources from.
enum From {
    Context,
    Stage(usize),
    /// An image, a URL, a heredoc.
    Outside,
}

/// A COPY or ADD with literal words.
struct Copy {
    from: From,
    sources: Vec<String>,
    /// Absolute, without a slash at its end.
    destination: String,
    /// Whether the destination is surely a folder: written with a slash or as `.`, or one of several sources.
    into_folder: bool,
    parents: bool,
    unpacks: bool,
}

impl Copy {
    fn read(
        shipped: &Shipped<'_>,
        index: usize,
        instruction: &Instruction,
        base: Option<&str>,
    ) -> Option<Copy> {
        let model = shipped.input.model;
        let words = instruction.values();
        let (destination, sources) = words.split_last()?;
        let destination = model.literal(index, destination)?;
        let folder = shipped.workdir_at(index, base);
        let absolute = match (&folder, destination.starts_with('/')) {
            (_, true) => join("/", &destination),
            (Some(folder), false) => join(folder, &destination),
            (None, false) => return None,
        };
        let stage = model.stage_of(index)?;
        let from = match instruction.flag("from") {
            None => From::Context,
            Some(name) => model.stage_named(name, stage).map_or(From::Outside, From::Stage),
        };
        let literal = |word: &&str| model.literal(index, word);
        let sources: Vec<String> = sources.iter().map(literal).collect::<Option<_>>()?;
        let written_as_folder =
            destination.ends_with('/') || destination.ends_with("/.") || destination == ".";
        // A destination that is the working folder itself is a folder, since WORKDIR made it.
        let into_folder = written_as_folder || sources.len() > 1 || folder.as_deref() == Some(&*absolute);
        let parents = instruction.flag("parents").is_some_and(|value| value != "false");
        let unpacks = instruction.keyword == Keyword::Add;
        Some(Copy { from, sources, destination: absolute, into_folder, parents, unpacks })
    }

    /// Where `path` comes from, if this instruction puts it there.
    fn origin(
        &self,
        shipped: &Shipped<'_>,
        stage: usize,
        path: &str,
        base: Option<&str>,
        depth: usize,
    ) -> Origin {
        let Some(rest) = below(path, &self.destination) else { return Origin::NotCopied };
        for source in self.sources.iter().rev() {
            let found = match &self.from {
                From::Context => self.in_context(shipped, source, path),
                From::Stage(from) if *from < stage => {
                    self.in_stage(shipped, *from, source, rest, base, depth)
                }
                From::Stage(_) | From::Outside => Origin::Unknown,
            };
            if found != Origin::NotCopied {
                return found;
            }
        }
        Origin::NotCopied
    }

    fn in_context(&self, shipped: &Shipped<'_>, source: &str, path: &str) -> Origin {
        if self.parents || is_remote(source) {
            return Origin::Unknown;
        }
        if self.unpacks && is_archive(source) {
            return Origin::Unknown;
        }
        let Some(places) = self.places(shipped, source) else { return Origin::Unknown };
        for (place, from) in places {
            if let Some(inner) = below(path, &place) {
                let whole =
                    [from.as_str(), inner].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
                let whole = whole.join("/");
                let there = whole.is_empty() || shipped.input.project.entry(&whole).is_some();
                if there {
                    return Origin::Context(whole);
                }
            }
        }
        Origin::NotCopied
    }

    /// Where each thing that a source word selects stands in the image, and its context path.
    fn places(&self, shipped: &Shipped<'_>, source: &str) -> Option<Vec<(String, String)>> {
        if is_remote(source) || source.starts_with("<<") {
            return Some(Vec::new());
        }
        let into = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or(path);
            if self.into_folder { join(&self.destination, name) } else { self.destination.clone() }
        };
        match shipped.input.project.resolve(source) {
            CopyMatch::File(entry) => Some(vec![(into(&entry.path), entry.path.clone())]),
            CopyMatch::Directory { path, .. } => Some(vec![(self.destination.clone(), path)]),
            CopyMatch::Wildcard { matches, .. } => {
                let place = |path: &str, kind: &EntryKind| match kind {
                    EntryKind::Directory => self.destination.clone(),
                    _ => into(path),
                };
                Some(
                    matches
                        .iter()
                        .map(|entry| (place(&entry.path, &entry.kind), entry.path.clone()))
                        .collect(),
                )
            }
            CopyMatch::Missing | CopyMatch::ExcludedByIgnore(_) => Some(Vec::new()),
            CopyMatch::Symlink(_) | CopyMatch::BadPattern => None,
        }
    }

    fn in_stage(
        &self,
        shipped: &Shipped<'_>,
        from: usize,
        source: &str,
        rest: &str,
        base: Option<&str>,
        depth: usize,
    ) -> Origin {
        // A relative source of another stage is taken from that stage's root.
        let source = join("/", source);
        if source.contains(['*', '?', '[']) {
            return Origin::Unknown;
        }
        let as_folder = find(shipped, from, &join(&source, rest), base, depth);
        if as_folder != Origin::NotCopied || !self.into_folder {
            return as_folder;
        }
        let name = source.rsplit('/').next().unwrap_or_default();
        if rest == name { find(shipped, from, &source, base, depth) } else { Origin::NotCopied }
    }
}

fn is_remote(source: &str) -> bool {
    source.contains("://") || source.starts_with("git@")
}

fn is_archive(source: &str) -> bool {
    const ENDS: &[&str] = &[
        ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".gz", ".bz2", ".xz",
    ];
    ENDS.iter().any(|end| source.ends_with(end)) || source.contains('*')
}

#[cfg(test)]
mod tests {
    use super::Origin;
    use crate::project::Project;
    use crate::transforms::shipped::Shipped;
    use crate::transforms::testing::with_input;

    const FILES: &[(&str, &str)] =
        &[("server.js", ""), ("src/a.js", ""), ("package.json", "{}"), ("x.conf", "")];

    #[track_caller]
    fn check(text: &str, path: &str, expected: &Origin) {
        with_input(&Project::in_memory(FILES.iter().copied()), &[], text, |input| {
            let shipped = Shipped::of(input).expect("a stage");
            assert_eq!(shipped.origin(path, Some("/")), *expected);
        });
    }

    fn context(path: &str) -> Origin {
        Origin::Context(path.to_owned())
    }

    #[test]
    fn a_folder_is_copied_by_its_contents() {
        check("FROM a\nWORKDIR /app\nCOPY . .\n", "/app/server.js", &context("server.js"));
        check("FROM a\nCOPY src /app\n", "/app/a.js", &context("src/a.js"));
        check("FROM a\nCOPY . /app\n", "/app/none.js", &Origin::NotCopied);
        check("FROM a\nWORKDIR /app\nCOPY . .\n", "/app", &context(""));
    }

    #[test]
    fn a_file_goes_into_a_folder_or_takes_its_name() {
        check("FROM a\nCOPY server.js package.json /app/\n", "/app/server.js", &context("server.js"));
        check("FROM a\nCOPY server.js /app/main.js\n", "/app/main.js", &context("server.js"));
        check("FROM a\nWORKDIR /app\nCOPY server.js .\n", "/app/server.js", &context("server.js"));
        check("FROM a\nCOPY *.conf /etc/\n", "/etc/x.conf", &context("x.conf"));
    }

    #[test]
    fn stages_are_followed() {
        let text = "FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM c\nWORKDIR /srv\nCOPY --from=b /app ./\n";
        check(text, "/srv/src/a.js", &context("src/a.js"));
        let text = "FROM a AS b\nWORKDIR /app\nCOPY . .\nFROM c\nCOPY --from=b /app/server.js /srv/\n";
        check(text, "/srv/server.js", &context("server.js"));
        check("FROM a AS b\nCOPY . /app\nFROM b\n", "/app/server.js", &context("server.js"));
    }

    #[test]
    fn what_cannot_be_told_is_unknown() {
        check("FROM a\nARG D\nCOPY . $D\n", "/app/server.js", &Origin::Unknown);
        check("FROM a\nCOPY --from=image /app /app\n", "/app/server.js", &Origin::Unknown);
        check("FROM a\nADD https://example.com/x /app/\n", "/app/x", &Origin::Unknown);
    }
}
