//! What an ignore file may hold without any build of its folder missing it: shared by the transform that writes a
//! new file and the one that mends a file that is there. The preconditions DI1 to DI5 are checked here.

mod absent;
mod builds;
mod commands;
mod mentions;
mod remade;
mod secrets;
mod table;

pub(super) use self::builds::{Build, of as builds};
use self::mentions::{Programs, Search};
use self::remade::{Known, Maker};
pub(super) use self::secrets::{named_like_a_secret, secrets};
pub(super) use self::table::Row;
use self::table::{Keeps, KeepsWord, Remade, Table};
use super::checks::Checks;
use super::{Input, Reason};
use crate::model::ContextSource;
use crate::project::CopyMatch;
use crate::project::dockerignore::{IgnoreFile, Pattern};
use crate::project::glob::{Glob, below_root, has_wildcard};
use crate::project::prove::{CopySource, Dropped, Harm, Prover};

/// Judges lines of an ignore file for all builds of a context.
pub(super) struct Judge<'a> {
    input: &'a Input<'a>,
    builds: &'a [Build],
    sources: &'a [CopySource],
    search: Search<'a>,
    prover: Prover<'a, 'a>,
    table: &'static Table,
    /// What the `.gitignore` files of the folder name, by the last part.
    ignored: Vec<String>,
}

/// Lines that are proven harmless, and by what.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) lines: Vec<String>,
    pub(super) reasons: Vec<Reason>,
}

/// Why a row is left out: the precondition and what was found.
pub(super) type Objection = (&'static str, String);

/// The sources of all builds, as the comparison of ignore files wants them.
pub(super) fn copy_sources(builds: &[Build]) -> Vec<CopySource> {
    builds.iter().flat_map(Build::copy_sources).collect()
}

impl<'a> Judge<'a> {
    pub(super) fn new(input: &'a Input<'a>, builds: &'a [Build], sources: &'a [CopySource]) -> Judge<'a> {
        let search = Search::new(input.project, builds, input.shell);
        let prover = Prover::new(input.project, sources);
        let ignored = ignored_by_git(input);
        Judge { input, builds, sources, search, prover, table: Table::get(), ignored }
    }

    /// The rows about something that this folder may have.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.table.rows.iter().filter(|row| self.applies(row))
    }

    /// How messages call the builds.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.builds.iter().map(|build| build.name.as_str()).collect();
        names.join(", ")
    }

    fn applies(&self, row: &Row) -> bool {
        fn last(path: &str) -> &str {
            path.rsplit('/').next().unwrap_or(path)
        }
        let globs = |names: &[String]| -> Vec<Glob> {
            names.iter().filter_map(|name| Glob::parse(name).ok()).collect()
        };
        let stands = |globs: &[Glob]| {
            self.input.project.entries().any(|entry| globs.iter().any(|glob| glob.matches(last(&entry.path))))
        };
        let named =
            |globs: &[Glob]| self.ignored.iter().any(|name| globs.iter().any(|glob| glob.matches(name)));
        let (when, seen) = (globs(&row.when), globs(&row.seen));
        (when.is_empty() || stands(&when))
            && (seen.is_empty() || stands(&seen) || named(&seen))
            && row.script.as_ref().is_none_or(|wanted| self.has_script(wanted))
    }

    fn has_script(&self, wanted: &str) -> bool {
        let text = self.input.project.read("package.json").unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let scripts = manifest["scripts"].as_object().into_iter().flatten();
        scripts.into_iter().any(|(_, script)| script.as_str().is_some_and(|text| remade::runs(wanted, text)))
    }

    /// DI1: what keeps anything at all from being said.
    pub(super) fn unknown(&self) -> Checks {
        let mut checks = Checks::default();
        if let Some(reason) = self.input.project.tree().truncated() {
            checks.misses(
                "context-too-large",
                reason,
                "write a `.dockerignore` that keeps the large folders from the builder",
            );
        }
        for source in self.sources {
            let Some(word) = &source.word else {
                checks.misses(
                    "DI1",
                    format!("what {} copies depends on a variable", source.at),
                    "give the variable a default, or write `.dockerignore` by hand",
                );
                continue;
            };
            if let CopyMatch::Symlink(link) = self.input.project.resolve(word) {
                checks.misses(
                    "DI1",
                    format!("{} copies through the symbolic link `{}`", source.at, link.path),
                    "name what the link leads to, or write `.dockerignore` by hand",
                );
            }
        }
        checks
    }

    /// Checks a row. `candidate` makes the whole file of the row's lines. Where all of them are not proven, those for
    /// the context's root alone may be.
    pub(super) fn judge(
        &self,
        row: &Row,
        candidate: impl Fn(&[String]) -> IgnoreFile,
    ) -> Result<Accepted, Objection> {
        let found = self.lines(row, &row.patterns, &candidate);
        if found.is_ok() || row.otherwise.is_empty() {
            return found;
        }
        self.lines(row, &row.otherwise, &candidate).or(found)
    }

    /// Checks lines that do what some of a row's do.
    pub(super) fn lines(
        &self,
        row: &Row,
        patterns: &[String],
        candidate: &impl Fn(&[String]) -> IgnoreFile,
    ) -> Result<Accepted, Objection> {
        let mut lines = patterns.to_vec();
        let mut proof = self.prover.prove(&candidate(&lines));
        let mut reasons = Vec::new();
        if row.remade.is_some() && !proof.harms.is_empty() {
            lines.extend(self.taken_back(patterns, &proof.harms)?);
            proof = self.prover.prove(&candidate(&lines));
            reasons.push(Reason {
                id: "DI2",
                text: format!("{}: what is asked for by name stays", names(&lines)),
            });
        }
        if let Some(harm) = proof.harms.first() {
            return Err(("DI2", self.harm(harm)));
        }
        let supplied = |pattern: &String| {
            self.input.options.dockerignore.unneeded.iter().flatten().any(|line| line == pattern)
        };
        if patterns.iter().all(supplied) {
            let text = format!("{}: the settings say that no build needs it", names(patterns));
            reasons.push(Reason { id: "DI3", text });
            return Ok(Accepted { lines, reasons });
        }
        reasons.extend(self.needed_by_nobody(row, &lines, &proof.dropped)?);
        Ok(Accepted { lines, reasons })
    }

    /// DI2 for a whole file.
    pub(super) fn keeps_what_is_asked_for(&self, candidate: &IgnoreFile) -> bool {
        self.prover.prove(candidate).harms.is_empty()
    }

    fn harm(&self, harm: &Harm) -> String {
        match harm {
            Harm::NoLongerFound { source, .. } | Harm::MayLose { source, .. } => {
                format!("{} asks for it by name", self.sources[*source].at)
            }
            Harm::UnknownSource { source } => {
                format!("what {} copies is not known", self.sources[*source].at)
            }
            Harm::Returns { path } => format!("`{path}` would be sent again"),
            Harm::Illegal(error) => error.to_string(),
            Harm::Truncated(reason) => reason.clone(),
        }
    }

    /// Lines that take back in what sources ask for by name below an excluded folder: `target/*.jar`.
    fn taken_back(&self, patterns: &[String], harms: &[Harm]) -> Result<Vec<String>, Objection> {
        let certain: Vec<bool> =
            self.builds.iter().flat_map(|build| build.sources.iter().map(|source| source.certain)).collect();
        let excluded = IgnoreFile::parse(&patterns.join("\n"));
        let mut lines = Vec::new();
        for harm in harms {
            let (Harm::NoLongerFound { source, .. } | Harm::MayLose { source, .. }) = harm else {
                return Err(("DI2", self.harm(harm)));
            };
            let (source, is_certain) = (&self.sources[*source], certain[*source]);
            let word = source.word.as_deref().map(below_root).unwrap_or_default();
            let folder = word.rsplit_once('/').map_or("", |(folder, _)| folder);
            // An ignore pattern reads these letters as a source word does.
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/*?".contains(letter);
            let below = !has_wildcard(folder) && !folder.is_empty() && excluded.excluded_by(folder).is_some();
            if !is_certain {
                return Err(("DI2", format!("what {} copies depends on a build argument", source.at)));
            }
            if source.parents || !below || !word.chars().all(plain) || word.contains("**") {
                return Err(("DI2", self.harm(harm)));
            }
            let line = format!("!{word}");
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    /// DI3 to DI5. Gives what was found to hold for the row alone.
    fn needed_by_nobody(
        &self,
        row: &Row,
        patterns: &[String],
        dropped: &[Dropped<'_>],
    ) -> Result<Vec<Reason>, Objection> {
        let missed = dropped.iter().filter(|file| !file.sources.is_empty());
        if let Some(file) = missed.into_iter().find(|file| !may_drop(row, &file.entry.path)) {
            return Err(("DI3", format!("`{}` is kept in git", file.entry.path)));
        }
        let touched = self.touched(patterns);
        if touched.is_empty() {
            return Ok(Vec::new());
        }
        let named = self.unnamed(row, patterns, &touched);
        if row.either && named.is_ok() {
            return named;
        }
        let remade = self.remade(row, patterns, &touched, dropped);
        if row.either {
            return remade.or(named);
        }
        Ok([remade?, named?].concat())
    }

    /// DI4: the thing is made again wherever it may be brought along, or of no use there.
    fn remade(
        &self,
        row: &Row,
        patterns: &[String],
        touched: &[(&Build, &ContextSource)],
        dropped: &[Dropped<'_>],
    ) -> Result<Vec<Reason>, Objection> {
        let mut reasons: Vec<Reason> = Vec::new();
        let Some(remade) = self.table.remade(row) else { return Ok(reasons) };
        let (project, shell) = (self.input.project, self.input.shell);
        let maker = Maker { remade, script: row.script.as_deref(), project, shell };
        let files =
            if dropped.iter().any(|file| !file.sources.is_empty()) { Known::Some } else { Known::None };
        for (build, source) in touched {
            let text = match maker.check(build, source, files) {
                Ok(text) => text,
                Err(why) => self.of_no_use(remade, build, source).ok_or(("DI4", why))?,
            };
            let reason = Reason { id: "DI4", text: format!("{}: {text}", names(patterns)) };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        Ok(reasons)
    }

    /// Where no stage that gets the thing has a program for it, and nothing hands it to somebody else.
    fn of_no_use(&self, remade: &Remade, build: &Build, source: &ContextSource) -> Option<String> {
        let (absent, named) = self.table.absent(remade)?;
        let holds = source.certain
            && absent::from(absent, build, source.instruction)
            && self.search.check(named, Programs::All).is_ok();
        holds.then(|| format!("{} where {} copies", absent.what, build.place(source.instruction)))
    }

    /// DI5: nothing that runs names the thing.
    fn unnamed(
        &self,
        row: &Row,
        patterns: &[String],
        touched: &[(&Build, &ContextSource)],
    ) -> Result<Vec<Reason>, Objection> {
        let Some(named) = self.table.named(row) else { return Ok(Vec::new()) };
        let node = self.table.absent_named("node").filter(|_| named.javascript);
        let no_javascript = node.is_some_and(|node| {
            touched.iter().all(|(build, source)| absent::from(node, build, source.instruction))
        });
        let programs = if no_javascript { Programs::NoJavaScript } else { Programs::All };
        self.search.check(named, programs).map_err(|why| ("DI5", why))?;
        Ok(vec![Reason { id: "DI5", text: format!("{}: nothing that runs {}", names(patterns), named.what) }])
    }

    /// Whether any source may bring along what the lines exclude.
    pub(super) fn is_reached(&self, lines: &[String]) -> bool {
        !self.touched(lines).is_empty()
    }

    /// The sources that may bring along, in a folder, what the patterns exclude. What is taken back in is whole.
    fn touched(&self, patterns: &[String]) -> Vec<(&Build, &ContextSource)> {
        let file = IgnoreFile::parse(&patterns.join("\n"));
        let all =
            self.builds.iter().flat_map(|build| build.sources.iter().map(move |source| (build, source)));
        all.filter(|(_, source)| {
            let Some(word) = &source.word else { return true };
            if patterns.contains(&format!("!{}", below_root(word))) {
                return false;
            }
            folders(word, self.input)
                .iter()
                .any(|folder| file.patterns().iter().any(|pattern: &Pattern| pattern.reaches_below(folder)))
        })
        .collect()
    }
}

/// What the `.gitignore` files of the folder name: the last part of each line.
fn ignored_by_git(input: &Input<'_>) -> Vec<String> {
    let tree = input.project.tree();
    let files = tree.entries().iter().filter(|entry| entry.path.rsplit('/').next() == Some(".gitignore"));
    let texts: Vec<String> = files.filter_map(|entry| tree.read(&entry.path)).collect();
    let lines = texts.iter().flat_map(|text| text.lines()).map(str::trim);
    let lines = lines.filter(|line| !line.starts_with(['#', '!']));
    lines.filter_map(|line| line.trim_end_matches('/').rsplit('/').next().map(str::to_owned)).collect()
}

/// The folders that a source word may copy. What is no file in git may be a folder.
fn folders(word: &str, input: &Input<'_>) -> Vec<String> {
    let path = below_root(word);
    match input.project.resolve(word) {
        CopyMatch::File(_) => Vec::new(),
        // The build fails there.
        CopyMatch::ExcludedByIgnore(_) => Vec::new(),
        // `package*.json`, `yarn.lock*`
        CopyMatch::Missing | CopyMatch::Wildcard { .. }
            if mentions::is_file_name(path.trim_end_matches('*')) =>
        {
            Vec::new()
        }
        CopyMatch::Wildcard { .. } => {
            // A folder that git does not know may fit too, at any place below the last part without a wildcard.
            let parts = path.split('/').take_while(|part| !has_wildcard(part));
            vec![parts.collect::<Vec<_>>().join("/")]
        }
        _ => vec![path],
    }
}

/// Whether the row may exclude a file that git knows and a COPY brings along.
fn may_drop(row: &Row, path: &str) -> bool {
    match &row.keeps {
        Keeps::Word(word) => *word == KeepsWord::Any,
        Keeps::Files(patterns) => {
            patterns.iter().filter_map(|pattern| Glob::parse(pattern).ok()).any(|glob| glob.matches(path))
        }
    }
}

/// Lines as messages name them.
pub(super) fn names(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("`{line}`")).collect();
    lines.join(" and ")
}
