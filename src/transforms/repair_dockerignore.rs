//! `repair-dockerignore`: an ignore file that is there, so that it does what its author meant.
//!
//! Lines are mended where they stand and new ones are put where no `!` line takes back in what they exclude; nothing
//! is moved or removed. What a line excludes in addition is proven as `write-dockerignore` proves a new file.

mod comments;
mod gaps;
mod returns;

use super::checks::Checks;
use super::ignore_file::{self, Build, Judge, named_like_a_secret, secrets};
use super::{Category, Diagnostic, Effect, Example, Input, Reason, Transform};
use crate::edit::Edit;
use crate::model::SourceKind;
use crate::project::CopyMatch;
use crate::project::dockerignore::{IgnoreErrorKind, IgnoreFile};
use crate::project::glob::below_root;
use crate::source::Span;

/// Mends `.dockerignore`.
pub(super) const REPAIR_DOCKERIGNORE: Transform = Transform {
    name: "repair-dockerignore",
    summary: "mend lines of the `.dockerignore` that do not do what they say, add what it lacks",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["BuildKit:CopyIgnoredFile"],
    explain: "\
An ignore file is easily taken for a `.gitignore`: here every pattern is anchored at the root of the folder, only a line
that begins with `#` is a comment, and the last pattern that matches counts.
  DI1 to DI5  what a new or mended line excludes is missed by no build, as `write-dockerignore --explain` says
  DI6  a line that only looks like a comment excludes nothing, so that it may become one
  DI7  a `!` line stands behind what it takes back in from
  DI8  every pattern is well-formed; a malformed one fails every build
  DI9  what COPY asks for by name is not excluded; one file that no other source brings along is taken back in
  DI10 no file with secrets is sent that a COPY brings along; this is always told
`node_modules` where packages lie in folders below becomes `**/node_modules`, `node_modules # packages` becomes two
lines, and `.git`, packages, build output and `.env` are added where they are proven and some COPY would bring them
along. A line under `unneeded` in the `[dockerignore]` of `dockfix.toml` needs no proof of DI3 to DI5.",
    examples: &[
        Example {
            files: &[("server.js", ""), (".dockerignore", ".git\n**/.env*\n"), ("a.pem", "PRIVATE KEY")],
            before: "FROM a\nCOPY server.js ./\n",
            after: "FROM a\nCOPY server.js ./\n",
        },
        Example {
            files: &[
                ("package.json", "{}"),
                ("web/package.json", "{}"),
                (".dockerignore", "  # packages\nnode_modules\n"),
            ],
            before: "FROM a\nCOPY web/ ./\nRUN npm install\n",
            after: "FROM a\nCOPY web/ ./\nRUN npm install\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let Some(first) = input.model.context_sources(input.document).into_iter().next() else {
        return Vec::new();
    };
    let span = input.document.instructions[first.instruction].name_span();
    let path = input.project.ignore().path().unwrap_or(".dockerignore");
    let is_first = input.siblings.first().is_some_and(|first| first.text() == input.source.text());
    if let Some(found) = malformed(input, path, span) {
        return if is_first { vec![found] } else { Vec::new() };
    }
    let builds = ignore_file::builds(input);
    let repair = Repair { input, path, span, builds: &builds };
    let mut found = if is_first { repair.whole_file() } else { Vec::new() };
    found.extend(returns::hidden_sources(&repair));
    as_one_insertion(found)
}

/// What is known while a file is mended.
struct Repair<'a> {
    input: &'a Input<'a>,
    path: &'a str,
    span: Span,
    builds: &'a [Build],
}

impl Repair<'_> {
    /// What concerns the file and not one Dockerfile.
    fn whole_file(&self) -> Vec<Diagnostic> {
        let sources = ignore_file::copy_sources(self.builds);
        let judge = Judge::new(self.input, self.builds, &sources);
        let mut found = self.sent_secrets();
        let Some(text) = self.input.project.ignore().text() else { return found };
        let (mended, excluded) = comments::mend(self, &judge, text);
        found.extend(mended);
        found.extend(returns::without_effect(self, text));
        if judge.unknown().all_hold() {
            found.extend(gaps::fill(self, &judge, text, &excluded));
        }
        found
    }

    /// DI10.
    fn sent_secrets(&self) -> Vec<Diagnostic> {
        let project = self.input.project;
        let sources =
            self.builds.iter().flat_map(|build| build.sources.iter().map(move |source| (build, source)));
        let copied: Vec<_> = sources
            .filter_map(|(build, source)| {
                let found = project.resolve(source.word.as_ref()?);
                let paths = found.files().iter().map(|entry| entry.path.clone()).collect::<Vec<_>>();
                Some((build.place(source.instruction), paths))
            })
            .collect();
        let mut checks = Checks::default();
        for secret in secrets(project) {
            let Some((place, _)) = copied.iter().find(|(_, paths)| paths.contains(&secret.path)) else {
                continue;
            };
            let text =
                format!("`{}` looks like {}, and {place} brings it into the image", secret.path, secret.what);
            checks.misses("DI10", text, format!("add a line for it to the ignore file, and {}", secret.form));
        }
        // What git does not know and is asked for by name; nobody keeps such a file in git.
        for (build, source) in
            self.builds.iter().flat_map(|build| build.sources.iter().map(move |source| (build, source)))
        {
            let Some(word) = source.word.as_deref().filter(|_| source.kind != SourceKind::Mount) else {
                continue;
            };
            let Some(secret) = named_like_a_secret(&below_root(word)) else { continue };
            if matches!(project.resolve(word), CopyMatch::Missing) {
                let place = build.place(source.instruction);
                let text =
                    format!("`{}` may be {}, and {place} brings it into the image", secret.path, secret.what);
                checks.misses("DI10", text, format!("remove the source, and {}", secret.form));
            }
        }
        if checks.all_hold() {
            return Vec::new();
        }
        vec![checks.hold_back(self.span, "a secret would get into the image")]
    }

    /// A diagnostic whose fix changes the ignore file; safe where nothing is missing.
    fn fix(&self, message: String, title: String, checks: Checks, edits: Vec<Edit>) -> Diagnostic {
        let mut found = checks.fix(self.span, message, title, Vec::new(), &[]);
        if let Some(fix) = found.fix.as_mut() {
            fix.ignore = edits;
        }
        found
    }

    /// The line end that the file uses.
    fn newline(&self) -> &'static str {
        let text = self.input.project.ignore().text().unwrap_or_default();
        if text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// An insertion of a line behind the last one.
    fn append(&self, text: &str, line: &str) -> Edit {
        let newline = self.newline();
        if text.is_empty() || text.ends_with('\n') {
            Edit::insert(text.len(), format!("{line}{newline}"))
        } else {
            Edit::insert(text.len(), format!("{newline}{line}"))
        }
    }
}

/// DI8.
fn malformed(input: &Input<'_>, path: &str, span: Span) -> Option<Diagnostic> {
    let error = input.project.ignore().error()?;
    let remedy = match &error.kind {
        IgnoreErrorKind::LoneExclamation => "write what is to be sent behind the `!`, or remove the line",
        IgnoreErrorKind::BadPattern(_) => "write `\\[` for a bracket that is part of a name, or close it",
        IgnoreErrorKind::LineTooLong => "split the line",
        IgnoreErrorKind::NotUnderstood(_) => "write the pattern with `*`, `?` and plain classes alone",
        IgnoreErrorKind::EmptyBesideGeneral => "write a comment into it, or remove it",
    };
    let mut checks = Checks::default();
    checks.misses("DI8", format!("{path}:{}: {}", error.line, error.kind), remedy);
    let fails = matches!(
        error.kind,
        IgnoreErrorKind::LoneExclamation | IgnoreErrorKind::BadPattern(_) | IgnoreErrorKind::LineTooLong
    );
    let message = if fails {
        "the ignore file fails every build"
    } else {
        "it is not sure what the ignore file excludes"
    };
    Some(checks.hold_back(span, message))
}

/// What several fixes insert at one place is inserted by the first of them, in their order. Lines that take
/// something back in stand behind those that exclude.
fn as_one_insertion(mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut at: Option<(usize, usize)> = None;
    for index in 0..found.len() {
        let Some(fix) = found[index].fix.as_mut() else { continue };
        let Some(edit) = fix.ignore.first().filter(|edit| edit.span.is_empty()).cloned() else { continue };
        match at {
            Some((first, offset)) if offset == edit.span.start() => {
                fix.ignore.clear();
                if let Some(edits) = found[first].fix.as_mut().and_then(|fix| fix.ignore.first_mut()) {
                    edits.text.push_str(&edit.text);
                }
            }
            _ => at = Some((index, edit.span.start())),
        }
    }
    found
}

/// A candidate text, read.
fn candidate(text: &str, edits: &[Edit]) -> IgnoreFile {
    crate::edit::apply(text, edits).map_or_else(|_| IgnoreFile::default(), |text| IgnoreFile::parse(&text))
}

fn reasons_into(checks: &mut Checks, reasons: Vec<Reason>) {
    for reason in reasons {
        checks.holds(reason.id, reason.text);
    }
}

#[cfg(test)]
mod tests;
