//! `write-dockerignore`: an ignore file where the context has none, with what no build of that context misses.
//!
//! The one transform that creates a file. It comes first, since the project is read again through the new file. It
//! never touches an ignore file that is there.

mod builds;
mod commands;
mod mentions;
mod remade;
mod table;

use self::builds::Build;
use self::mentions::Search;
use self::table::{Keeps, KeepsWord, Row, Table};
use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Fix, Input, NewFile, Reason, Transform};
use crate::edit::Applicability;
use crate::model::ContextSource;
use crate::project::CopyMatch;
use crate::project::dockerignore::{IgnoreFile, Pattern};
use crate::project::glob::{Glob, below_root, has_wildcard};
use crate::project::prove::{CopySource, Dropped, Harm, prove};
use crate::source::Span;

/// Creates `.dockerignore`.
pub(super) const WRITE_DOCKERIGNORE: Transform = Transform {
    name: "write-dockerignore",
    summary: "create a `.dockerignore` with what no build of the folder misses",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &[],
    explain: "\
Without a `.dockerignore` every build hands the whole folder to the builder, and `COPY . .` puts the history of the
repository, the packages of the host and its secrets into the image.
A new file gets only such lines as are proven harmless for every Dockerfile of the folder:
  DI1  every file of the folder and every source of COPY, ADD and bind mounts is known
  DI2  no source asks by name for what a line excludes, whether or not it stands there
  DI3  of the files in git that a COPY brings along, only such are excluded as the line is meant for
  DI4  packages and build output are made again in every stage that copies a folder around them
  DI5  nothing that runs names what is excluded, and no package is known to look for it
A line that is not proven is left out and named. An ignore file that is there is never changed.",
    examples: &[
        Example {
            files: &[("package.json", "{}"), ("server.js", "")],
            before: "FROM node:24-bookworm\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[(".dockerignore", ".git\n")],
            before: "FROM a\nCOPY . .\n",
            after: "FROM a\nCOPY . .\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let tree = input.project.tree();
    let nothing_known = tree.entries().is_empty() && tree.truncated().is_some();
    if nothing_known || input.project.ignore().path().is_some() {
        return Vec::new();
    }
    let Some(first) = input.model.context_sources(input.document).into_iter().next() else {
        return Vec::new();
    };
    let span = input.document.instructions[first.instruction].name_span();
    let builds = builds::of(input);
    Writer::new(input, &builds).run(span)
}

/// What is known while the file is put together.
struct Writer<'a> {
    input: &'a Input<'a>,
    builds: &'a [Build],
    search: Search<'a>,
    sources: Vec<CopySource>,
    table: &'static Table,
}

/// Rows that hold, and what speaks against the others.
#[derive(Default)]
struct Chosen {
    rows: Vec<&'static Row>,
    reasons: Vec<Reason>,
    left_out: Checks,
}

/// Why a row is left out: the precondition and what was found.
type Objection = (&'static str, String);

impl<'a> Writer<'a> {
    fn new(input: &'a Input<'a>, builds: &'a [Build]) -> Writer<'a> {
        let sources = builds.iter().flat_map(Build::copy_sources).collect();
        let search = Search::new(input.project, builds, input.shell);
        Writer { input, builds, search, sources, table: Table::get() }
    }

    fn run(&self, span: Span) -> Vec<Diagnostic> {
        let rows: Vec<&'static Row> = self.table.rows.iter().filter(|row| self.applies(row)).collect();
        let lines: Vec<&str> = rows.iter().flat_map(|row| &row.patterns).map(String::as_str).collect();
        let proof = prove(&IgnoreFile::parse(&lines.join("\n")), self.input.project, &self.sources);
        let unknown = self.unknown(&proof.harms);
        if !unknown.all_hold() {
            return vec![unknown.hold_back(span, "the build context has no `.dockerignore`")];
        }
        let mut chosen = Chosen::default();
        for row in rows {
            match self.judge(row, &proof.harms, &proof.dropped) {
                Ok(reasons) => {
                    chosen.rows.push(row);
                    chosen.reasons.extend(reasons);
                }
                Err((id, why)) => chosen.left_out.misses(
                    id,
                    format!("{}: {why}", names(row)),
                    "write the line into `.dockerignore` by hand if no build needs what it excludes",
                ),
            }
        }
        self.diagnostics(span, chosen)
    }

    fn diagnostics(&self, span: Span, chosen: Chosen) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        if !chosen.rows.is_empty() {
            let mut lines: Vec<&str> = Vec::new();
            for line in chosen.rows.iter().flat_map(|row| &row.patterns) {
                if !lines.contains(&line.as_str()) {
                    lines.push(line);
                }
            }
            let mut reasons = self.general_reasons();
            reasons.extend(chosen.reasons);
            diagnostics.push(Diagnostic {
                span,
                message: "the build context has no `.dockerignore`".to_owned(),
                reasons,
                missing: Vec::new(),
                fix: Some(Fix {
                    title: format!("create `.dockerignore` with {} lines", lines.len()),
                    applicability: Applicability::Safe,
                    edits: Vec::new(),
                    create: Some(NewFile { path: ".dockerignore".to_owned(), text: lines.join("\n") + "\n" }),
                    declares: Vec::new(),
                }),
            });
        }
        if !chosen.left_out.all_hold() {
            diagnostics
                .push(chosen.left_out.hold_back(span, "some lines are left out of the new `.dockerignore`"));
        }
        diagnostics
    }

    fn general_reasons(&self) -> Vec<Reason> {
        let files = self.input.project.files().count();
        let names: Vec<&str> = self.builds.iter().map(|build| build.name.as_str()).collect();
        let known = format!("{files} files and every source of {} are known", names.join(", "));
        vec![
            Reason { id: "DI1", text: known },
            Reason { id: "DI2", text: "no source asks by name for what a line excludes".to_owned() },
            Reason {
                id: "DI3",
                text: "of the files in git only such are excluded as the lines are meant for".to_owned(),
            },
        ]
    }

    /// Whether a row is about something that this folder may have.
    fn applies(&self, row: &Row) -> bool {
        let globs: Vec<Glob> = row.when.iter().filter_map(|name| Glob::parse(name).ok()).collect();
        let has = |path: &str| globs.iter().any(|glob| glob.matches(path.rsplit('/').next().unwrap_or(path)));
        row.when.is_empty() || self.input.project.entries().any(|entry| has(&entry.path))
    }

    /// DI1: what keeps anything at all from being said.
    fn unknown(&self, harms: &[Harm]) -> Checks {
        let mut checks = Checks::default();
        for harm in harms {
            match harm {
                Harm::Truncated(reason) => checks.misses(
                    "context-too-large",
                    reason.clone(),
                    "write a `.dockerignore` that keeps the large folders from the builder",
                ),
                Harm::UnknownSource { source } => checks.misses(
                    "DI1",
                    format!("what {} copies depends on a variable", self.sources[*source].at),
                    "give the variable a default, or write `.dockerignore` by hand",
                ),
                Harm::Illegal(error) => checks.misses("DI1", error.to_string(), "report this as a defect"),
                Harm::Returns { path } => {
                    checks.misses("DI1", format!("`{path}` would come back"), "report this as a defect");
                }
                Harm::NoLongerFound { .. } | Harm::MayLose { .. } => {}
            }
        }
        for source in &self.sources {
            let found = source.word.as_ref().map(|word| self.input.project.resolve(word));
            if let Some(CopyMatch::Symlink(link)) = found {
                checks.misses(
                    "DI1",
                    format!("{} copies through the symbolic link `{}`", source.at, link.path),
                    "name what the link leads to, or write `.dockerignore` by hand",
                );
            }
        }
        checks
    }

    /// Checks one row. Gives what was found to hold for it alone.
    fn judge(&self, row: &Row, harms: &[Harm], dropped: &[Dropped<'_>]) -> Result<Vec<Reason>, Objection> {
        let is_ours = |pattern: &Pattern| row.patterns.iter().any(|text| text == pattern.text());
        if let Some(harm) = harms.iter().find(|harm| harm.pattern().is_some_and(is_ours)) {
            let (Harm::NoLongerFound { source, .. } | Harm::MayLose { source, .. }) = harm else {
                return Ok(Vec::new());
            };
            return Err(("DI2", format!("{} asks for it by name", self.sources[*source].at)));
        }
        let missed = dropped.iter().filter(|file| is_ours(&file.pattern) && !file.sources.is_empty());
        if let Some(file) = missed.into_iter().find(|file| !may_drop(row, &file.entry.path)) {
            return Err(("DI3", format!("`{}` is kept in git", file.entry.path)));
        }
        let touched = self.touched(row);
        if touched.is_empty() {
            return Ok(Vec::new());
        }
        let mut reasons = Vec::new();
        if let Some(remade) = self.table.remade(row) {
            for (build, source) in touched {
                let checked = remade::check(remade, build, source, self.input.project, self.input.shell);
                let text = checked.map_err(|why| ("DI4", why))?;
                let reason = Reason { id: "DI4", text: format!("{}: {text}", names(row)) };
                if !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
        }
        if let Some(named) = self.table.named(row) {
            self.search.check(named).map_err(|why| ("DI5", why))?;
            reasons.push(Reason {
                id: "DI5",
                text: format!("{}: nothing that runs {}", names(row), named.what),
            });
        }
        Ok(reasons)
    }

    /// The sources that may bring along, in a folder, what the row excludes.
    fn touched(&self, row: &Row) -> Vec<(&Build, &ContextSource)> {
        let file = IgnoreFile::parse(&row.patterns.join("\n"));
        let all =
            self.builds.iter().flat_map(|build| build.sources.iter().map(move |source| (build, source)));
        all.filter(|(_, source)| {
            let Some(word) = &source.word else { return true };
            folders(word, self.input)
                .iter()
                .any(|folder| file.patterns().iter().any(|pattern| pattern.reaches_below(folder)))
        })
        .collect()
    }
}

/// The folders that a source word may copy. What is no file in git may be a folder.
fn folders(word: &str, input: &Input<'_>) -> Vec<String> {
    let path = below_root(word);
    match input.project.resolve(word) {
        CopyMatch::File(_) => Vec::new(),
        CopyMatch::Missing if mentions::is_file_name(&path) => Vec::new(),
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

fn names(row: &Row) -> String {
    let patterns: Vec<String> = row.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
    patterns.join(" and ")
}

#[cfg(test)]
mod tests;
