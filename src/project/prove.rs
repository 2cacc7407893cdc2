//! What a new ignore file would take away from a build.
//!
//! Compares the files that are sent before and after, and says which source words lose something. It judges nothing:
//! whether a file of a copied folder is needed is for the caller to know.

use std::collections::HashSet;

use super::dockerignore::{IgnoreError, IgnoreFile, Pattern};
use super::glob::{Glob, below_root, has_wildcard};
use super::{CopyMatch, Entry, EntryKind, Project};

/// A source word of a COPY, an ADD or a bind mount that reads the context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CopySource {
    /// The word after expansion; `None` where it cannot be told.
    pub word: Option<String>,
    /// Whether `--parents` is in force, under which `**` is a wildcard too.
    pub parents: bool,
    /// Where it stands, for messages: `Dockerfile:3`.
    pub at: String,
}

/// A path that is sent now and would not be any more.
#[derive(Clone, Debug)]
pub struct Dropped<'p> {
    /// What stands there; never a folder.
    pub entry: &'p Entry,
    /// The pattern that excludes it.
    pub pattern: Pattern,
    /// The sources, by index, of whose folder it is a part.
    pub sources: Vec<usize>,
}

/// Something that a build asks for by name and would lose, or that cannot be ruled out.
#[derive(Clone, Debug)]
pub enum Harm {
    /// The new file is no legal ignore file.
    Illegal(IgnoreError),
    /// The list of files is not complete, for the reason given.
    Truncated(String),
    /// What the source reads cannot be told.
    UnknownSource {
        /// Index of the source.
        source: usize,
    },
    /// The source names a file or folder that the pattern excludes, whether or not it stands there.
    NoLongerFound {
        /// Index of the source.
        source: usize,
        /// The pattern.
        pattern: Pattern,
    },
    /// The source has a wildcard, and what fits it may be excluded by the pattern.
    MayLose {
        /// Index of the source.
        source: usize,
        /// The pattern.
        pattern: Pattern,
    },
    /// A path that is not sent now would be.
    Returns {
        /// The path.
        path: String,
    },
}

impl Harm {
    /// The pattern that does it, so that it can be left out.
    pub fn pattern(&self) -> Option<&Pattern> {
        match self {
            Harm::NoLongerFound { pattern, .. } | Harm::MayLose { pattern, .. } => Some(pattern),
            _ => None,
        }
    }
}

/// What a new ignore file would change.
#[derive(Clone, Debug)]
pub struct Proof<'p> {
    /// Everything that is no longer sent, sorted by path.
    pub dropped: Vec<Dropped<'p>>,
    /// What speaks against the file whatever the dropped ones are good for.
    pub harms: Vec<Harm>,
}

/// Compares a context under its present ignore file with the same under `candidate`.
pub fn prove<'p>(candidate: &IgnoreFile, project: &'p Project, sources: &[CopySource]) -> Proof<'p> {
    Prover::new(project, sources).prove(candidate)
}

/// A context and what reads it, for several candidates.
#[derive(Debug)]
pub struct Prover<'p, 's> {
    project: &'p Project,
    sources: &'s [CopySource],
    before: HashSet<&'p str>,
    copied: Vec<HashSet<&'p str>>,
}

impl<'p, 's> Prover<'p, 's> {
    /// The context as it is sent now.
    pub fn new(project: &'p Project, sources: &'s [CopySource]) -> Prover<'p, 's> {
        let before = project.entries().map(|entry| entry.path.as_str()).collect();
        let copied = sources.iter().map(|source| copied(project, source)).collect();
        Prover { project, sources, before, copied }
    }

    /// Compares it with what would be sent under `candidate`.
    pub fn prove(&self, candidate: &IgnoreFile) -> Proof<'p> {
        let project = self.project;
        let mut harms = Vec::new();
        harms.extend(candidate.error().cloned().map(Harm::Illegal));
        harms.extend(project.tree().truncated().map(|reason| Harm::Truncated(reason.to_owned())));
        let after = project.with_ignore(candidate.clone());
        let kept: HashSet<&str> = after.entries().map(|entry| entry.path.as_str()).collect();
        let returned = after.entries().filter(|entry| !self.before.contains(entry.path.as_str()));
        harms.extend(returned.map(|entry| Harm::Returns { path: entry.path.clone() }));
        let lost = project.entries().filter(|entry| entry.kind != EntryKind::Directory);
        let dropped = lost.filter(|entry| !kept.contains(entry.path.as_str())).filter_map(|entry| {
            let path = entry.path.as_str();
            let sources = (0..self.copied.len()).filter(|&at| self.copied[at].contains(path)).collect();
            Some(Dropped { entry, pattern: candidate.excluded_by(path)?.clone(), sources })
        });
        let dropped = dropped.collect();
        for (at, source) in self.sources.iter().enumerate() {
            asked_for(at, source, candidate, project, &after, &mut harms);
        }
        Proof { dropped, harms }
    }
}

/// The paths that a source copies now.
fn copied<'p>(project: &'p Project, source: &CopySource) -> HashSet<&'p str> {
    let Some(word) = &source.word else { return HashSet::new() };
    project.resolve(word).files().iter().map(|entry| entry.path.as_str()).collect()
}

/// What a source asks for by name. The contents of a folder are not asked for by name: they are in `dropped`.
fn asked_for(
    at: usize,
    source: &CopySource,
    candidate: &IgnoreFile,
    project: &Project,
    after: &Project,
    harms: &mut Vec<Harm>,
) {
    let Some(word) = &source.word else {
        harms.push(Harm::UnknownSource { source: at });
        return;
    };
    let may_lose = |pattern: &Pattern| Harm::MayLose { source: at, pattern: pattern.clone() };
    if source.parents && has_wildcard(word) {
        // Under `--parents` a source is matched as an ignore pattern is, which this comparison does not know; so every
        // pattern may take something from it.
        harms.extend(candidate.patterns().iter().filter(|pattern| !pattern.is_negated()).map(may_lose));
        return;
    }
    let path = below_root(word);
    let literal = match project.resolve(word) {
        _ if !has_wildcard(word) => Some(path.as_str()),
        // `*` alone is another way to name the folder.
        CopyMatch::Wildcard { .. } if !names_something(&path) => return,
        // Whoever matches what is there has what he asked for, as long as it stays.
        CopyMatch::Wildcard { matches, .. } if !matches.is_empty() => {
            let lost = matches.iter().filter(|entry| project.sent(&entry.path));
            harms.extend(lost.filter_map(|entry| candidate.excluded_by(&entry.path)).map(may_lose));
            return;
        }
        // A folder of which nothing is left is not sent, and then a wildcard fails that found nothing before.
        CopyMatch::Wildcard { .. } if !after.resolve(word).is_found() => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let by = candidate.excluded_by(folder).or(candidate.excluded_by(&path));
            harms.extend(by.or(candidate.patterns().first()).map(may_lose));
            return;
        }
        // `yarn.lock*` is `yarn.lock`, if there is one.
        _ => path.strip_suffix('*').filter(|path| !has_wildcard(path)),
    };
    match (literal, Glob::parse(&path)) {
        (Some(literal), _) => harms.extend(not_found(at, literal, candidate, project)),
        (None, Ok(glob)) => {
            let all = candidate.patterns();
            // What a later `!` line of the same text takes back in is not lost.
            let is_taken_back =
                |at: usize| all[at + 1..].iter().any(|later| later.is_negated() && later.text() == path);
            let patterns = all.iter().enumerate().filter(|(_, pattern)| !pattern.is_negated());
            let losing = patterns.filter(|(at, pattern)| pattern.overlaps(&glob) && !is_taken_back(*at));
            harms.extend(losing.map(|(_, pattern)| may_lose(pattern)));
        }
        (None, Err(_)) => {}
    }
}

/// Whether the last part of a pattern holds anything but wildcards and dots.
fn names_something(path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or(path);
    last.contains(|character| !matches!(character, '*' | '?' | '.'))
}

/// A path that is asked for and would be excluded, whether or not it stands there.
fn not_found(at: usize, path: &str, candidate: &IgnoreFile, project: &Project) -> Option<Harm> {
    let pattern = candidate.excluded_by(path).filter(|_| project.excluded_by(path).is_none())?;
    // A folder of which something is taken back in is still found.
    let stands = candidate.may_reinclude_below(path)
        && matches!(project.with_ignore(candidate.clone()).resolve(path), CopyMatch::Directory { .. });
    (!stands).then(|| Harm::NoLongerFound { source: at, pattern: pattern.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(candidate: &str, files: &[&str], words: &[&str]) -> (Vec<String>, Vec<String>) {
        let project = Project::in_memory(files.iter().map(|&path| (path, "")));
        let source = |word: &&str| CopySource {
            word: Some((*word).to_owned()).filter(|word| word != "?"),
            parents: false,
            at: "Dockerfile:1".to_owned(),
        };
        let sources: Vec<CopySource> = words.iter().map(source).collect();
        let proof = prove(&IgnoreFile::parse(candidate), &project, &sources);
        let dropped = |found: &Dropped<'_>| {
            format!("{} by {} from {:?}", found.entry.path, found.pattern.text(), found.sources)
        };
        let harm = |harm: &Harm| match harm {
            Harm::Illegal(_) => "illegal".to_owned(),
            Harm::Truncated(_) => "truncated".to_owned(),
            Harm::UnknownSource { source } => format!("{source} unknown"),
            Harm::NoLongerFound { source, pattern } => format!("{source} not found by {}", pattern.text()),
            Harm::MayLose { source, pattern } => format!("{source} may lose by {}", pattern.text()),
            Harm::Returns { path } => format!("{path} returns"),
        };
        (proof.dropped.iter().map(dropped).collect(), proof.harms.iter().map(harm).collect())
    }

    fn texts(list: &[&str]) -> Vec<String> {
        list.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn files_of_a_copied_folder_are_dropped_and_named() {
        let found = check("*.md\nsrc/*.tmp\n", &["README.md", "src/a", "src/b.tmp"], &[".", "src"]);
        assert_eq!(found.0, texts(&["README.md by *.md from [0]", "src/b.tmp by src/*.tmp from [0, 1]"]));
        assert_eq!(found.1, texts(&[]));
    }

    #[test]
    fn file_asked_for_by_name_is_harmed_even_where_it_does_not_stand() {
        let found = check("dist\n", &["a"], &["dist/app.js", "./dist", "a"]);
        assert_eq!(found.1, texts(&["0 not found by dist", "1 not found by dist"]));
        let found = check("Dockerfile*\n", &["Dockerfile"], &["Dockerfile"]);
        assert_eq!(found.1, texts(&["0 not found by Dockerfile*"]));
    }

    #[test]
    fn wildcard_may_lose_what_git_does_not_know() {
        let found = check("**/target\n*.log\n", &["pom.xml"], &["target/*.jar", "pom*.xml"]);
        assert_eq!(found.1, texts(&["0 may lose by **/target"]));
    }

    #[test]
    fn wildcard_that_finds_something_keeps_it() {
        let files = ["package.json", "compose.yml", "Dockerfile"];
        let found =
            check("**/*.log\nDockerfile*\ncompose*.y*ml\n", &files, &["package*", "yarn.lock*", "*", "*.y*"]);
        assert_eq!(found.1, texts(&["3 may lose by compose*.y*ml"]));
        assert_eq!(
            found.0,
            texts(&["Dockerfile by Dockerfile* from [2]", "compose.yml by compose*.y*ml from [2, 3]"])
        );
        assert_eq!(check("*.log\n", &[], &["app.log*"]).1, texts(&["0 not found by *.log"]));
    }

    #[test]
    fn what_was_excluded_before_is_no_new_harm() {
        let project = Project::in_memory([(".dockerignore", "dist\n"), ("dist/x", "")]);
        let source = CopySource { word: Some("dist".to_owned()), parents: false, at: String::new() };
        let proof = prove(&IgnoreFile::parse("dist\n*.log\n"), &project, &[source]);
        assert!(proof.harms.is_empty() && proof.dropped.is_empty());
    }

    #[test]
    fn folder_that_keeps_something_is_still_found() {
        let found = check("build\n!build/keep\n", &["build/keep", "build/x"], &["build"]);
        assert_eq!(found, (texts(&["build/x by build from [0]"]), texts(&[])));
    }

    #[test]
    fn doubt_is_harm() {
        assert_eq!(check("x\n", &["a"], &["?"]).1, texts(&["0 unknown"]));
        assert_eq!(check("!\n", &[], &[]).1, texts(&["illegal"]));
        let project = Project::unknown();
        let proof = prove(&IgnoreFile::parse("x"), &project, &[]);
        assert!(matches!(proof.harms[..], [Harm::Truncated(_)]));
    }

    #[test]
    fn file_that_comes_back_is_told() {
        let project = Project::in_memory([(".dockerignore", "a\n"), ("a", "")]);
        let proof = prove(&IgnoreFile::parse("b"), &project, &[]);
        assert!(matches!(&proof.harms[..], [Harm::Returns { path }] if path == "a"));
    }
}
