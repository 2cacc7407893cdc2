//! `use-workdir`: WORKDIR in the place of a `cd` with which a RUN begins.

mod after;
mod links;

use super::checks::Checks;
use super::shipped::{Shipped, below, join, meet};
use super::writing::{block, insert_below};
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::model::Workdir;
use crate::shell::{Command, Connector, Pipeline, Script, SimpleCommand, Word};
use crate::source::Span;
use crate::suppression::{Place, Suppressions};
use crate::syntax::{Instruction, JoinedSpan, Keyword, mounts};

/// Writes WORKDIR.
pub(super) const USE_WORKDIR: Transform = Transform {
    name: "use-workdir",
    summary: "write WORKDIR where a RUN begins with `cd folder &&`",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3003", "DBP-18"],
    explain: "\
WORKDIR says where the commands run, without a `cd` in each of them; and it fails for nobody.
Only a `cd` at the very start of a RUN counts, joined by `&&` to all that follows: then the folder is there whenever the build gets past it, so WORKDIR makes no new one. Where the folder is the one in force already, the `cd` only goes.
The folder in force afterwards is the same: the next WORKDIR is absolute and nothing before it looks at the folder, or a WORKDIR below the RUN restores it.
Safe when this is proven:
WD2 the folder is a plain absolute path, or relative to one that is known, and no mount of the RUN lies there;
WD3 the folder is none of those that systems keep as links or that the file links, and the commands do not ask where they came from (`cd -`, OLDPWD): a `cd` keeps the name of a link, WORKDIR does not;
WD1 where the folder has to be restored, it is known.",
    examples: &[
        Example {
            files: &[],
            before: "FROM alpine:3.22\nRUN cd /src && make && make install\nWORKDIR /app\n",
            after: "FROM alpine:3.22\nWORKDIR /src\nRUN make && make install\nWORKDIR /app\n",
        },
        Example {
            files: &[],
            before: "FROM a\nWORKDIR /app\nRUN cd /app && make\n",
            after: "FROM a\nWORKDIR /app\nRUN make\n",
        },
        Example {
            files: &[],
            before: "FROM a\nRUN make; cd /src && make\n",
            after: "FROM a\nRUN make; cd /src && make\n",
        },
    ],
    run,
};

/// Folders that systems keep as links to others, or as something else than folders.
const LINKS: &[&str] = &[
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/var/run",
    "/var/lock",
    "/var/mail",
    "/proc",
    "/sys",
    "/dev",
    "/usr/lib/jvm",
    "/usr/lib64",
];

/// A RUN that begins with a `cd`.
struct Site<'a> {
    stage: Shipped<'a>,
    index: usize,
    instruction: &'a Instruction,
    /// The folder as it is written, a relative one below that in force.
    folder: String,
    /// From the `cd` to the next command, in the joined text.
    cut: JoinedSpan,
}

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let suppressions = Suppressions::of(input.document);
    // Which RUN gets a WORKDIR of its own decides what those above have to restore, so what a comment keeps away has to
    // be known here.
    let kept = |site: &Site<'_>| {
        let span = site.instruction.span;
        let place = Place { span, edits: vec![span], judged: None, document: input.document };
        !suppressions.keeping(&USE_WORKDIR.subject(), &place).is_empty()
    };
    let runs = (0..input.document.instructions.len()).rev();
    let mut settled = Vec::new();
    let mut found = Vec::new();
    for site in runs.filter_map(|index| Site::of(input, index)) {
        let Some(diagnostic) = site.judge(&settled) else { continue };
        if diagnostic.fix.is_some() && !kept(&site) && !site.is_in_force() {
            settled.push(site.index);
        }
        found.push(diagnostic);
    }
    found.reverse();
    found
}

impl<'a> Site<'a> {
    fn of(input: &'a Input<'a>, index: usize) -> Option<Site<'a>> {
        let instruction = &input.document.instructions[index];
        let (shell, text) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run)?;
        let stage = Shipped { input, stage: input.model.stage_of(index)? };
        if !instruction.heredocs.is_empty() || stage.names_windows() || !is_plain_shell(input, index) {
            return None;
        }
        let parsed = input.shell.parse(text);
        let script = parsed.as_ref().as_ref().ok()?;
        let (words, rest) = leading_cds(script)?;
        let mut folder: Option<String> = None;
        for word in words {
            folder = Some(target(&stage, index, folder.as_deref(), word)?);
        }
        let folder = folder?;
        let cut = shell.within(Span::new(0, rest));
        Some(Site { stage, index, instruction, folder, cut })
    }

    /// Whether the folder is the one in force, so that the `cd` does nothing.
    fn is_in_force(&self) -> bool {
        let in_force = &self.stage.input.model.contexts[self.index].workdir;
        matches!(in_force, Workdir::Path(path) if *path == self.folder)
    }

    /// `settled` are the RUN instructions below that get a WORKDIR of their own.
    fn judge(&self, settled: &[usize]) -> Option<Diagnostic> {
        let input = self.stage.input;
        let (span, message) =
            (self.instruction.name_span(), format!("the RUN begins with a `cd` to `{}`", self.folder));
        let mut checks = Checks::default();
        let start = self.instruction.joined.source_start(self.cut.start());
        let end = self.instruction.joined.source_start(self.cut.end());
        let cut = Span::new(start, end);
        if self.instruction.inner_comments.iter().any(|comment| cut.contains(*comment)) {
            checks.misses("comment", "a comment stands behind the `cd`", "move the comment above the RUN");
            return Some(checks.hold_back(span, message));
        }
        let of_mount = mounts(self.instruction).into_iter().filter_map(|mount| mount.target);
        if of_mount.into_iter().any(|target| meet(&target, &self.folder)) {
            return None;
        }
        checks.holds("WD2", format!("`{}` is a plain path", self.folder));
        let mut edits = vec![Edit::delete(cut)];
        let title = if self.is_in_force() {
            format!("drop `cd {}`, since it is the folder in force", self.folder)
        } else if self.may_be_link() {
            checks.misses(
                "WD3",
                format!("`{}` may be a link, whose name `cd` keeps", self.folder),
                "write WORKDIR by hand, if nothing in the RUN asks for the name",
            );
            return Some(checks.hold_back(span, message));
        } else {
            checks.holds("WD3", format!("`{}` is no link", self.folder));
            let above = input.document.comment_block(self.index).start();
            edits.push(Edit::insert(above, block(input, &[format!("WORKDIR {}", self.folder)])));
            if after::depends(&self.stage, self.index, settled) {
                edits.push(self.restore(&mut checks)?);
                if checks.misses_id("WD1") {
                    return Some(checks.hold_back(span, message));
                }
            }
            format!("write `WORKDIR {}`", self.folder)
        };
        Some(checks.fix(span, message, title, edits, &[Part::Workdir]))
    }

    /// Whether the folder is, or lies behind, a link that systems have or that the file makes.
    fn may_be_link(&self) -> bool {
        let links = |index: usize| {
            let instruction = self.stage.instruction(index);
            instruction.shell_form().is_some_and(|(_, text)| links::may_make(text, &self.folder))
        };
        LINKS.iter().any(|link| below(&self.folder, link).is_some())
            || self.stage.instructions().take_while(|at| *at < self.index).any(links)
    }

    /// The WORKDIR that restores the folder; with a missing WD1 where that is not known.
    fn restore(&self, checks: &mut Checks) -> Option<Edit> {
        let input = self.stage.input;
        if input.document.is_open(self.index) {
            return None;
        }
        let base = match &input.model.contexts[self.index].workdir {
            Workdir::BaseRelative(_) => self.stage.facts("WD1").map(|facts| facts.workdir.map(str::to_owned)),
            _ => Ok(None),
        };
        let known = base.ok().and_then(|base| self.stage.workdir_at(self.index, base.as_deref()));
        let Some(folder) = known else {
            let text = "the folder in force is not known, so it could not be restored";
            checks.misses("WD1", text, "name the folder with an absolute WORKDIR above");
            return Some(Edit::insert(self.instruction.span.end(), ""));
        };
        checks.holds("WD1", format!("the folder in force before is `{folder}`"));
        Some(insert_below(input, self.index, &[format!("WORKDIR {folder}")]))
    }
}

/// Whether RUN is run by a shell that knows `cd` and `&&`.
fn is_plain_shell(input: &Input<'_>, index: usize) -> bool {
    let Some(at) = input.model.contexts[index].shell else { return true };
    let values = input.document.instructions[at].values();
    let program = values.first().map(|program| program.rsplit('/').next().unwrap_or(program));
    matches!(program, Some("sh" | "bash" | "ash" | "dash")) && values.last() == Some(&"-c")
}

/// The folders of the `cd`s with which the script begins, if all that follows runs only after them; and where that
/// starts.
fn leading_cds(script: &Script) -> Option<(Vec<&Word>, usize)> {
    let [item] = script.list().items.as_slice() else { return None };
    let all = item.chain.rest.iter().all(|link| link.connector == Connector::And);
    let asks = script.text().contains("OLDPWD") || script.text().contains("cd -");
    if !all || asks || item.end.is_some() || !script.comments().is_empty() {
        return None;
    }
    let folders: Vec<&Word> = item.chain.pipelines().map_while(folder).collect();
    let next = item.chain.pipelines().nth(folders.len()).filter(|_| !folders.is_empty())?;
    Some((folders, next.span().start()))
}

/// The folder of a pipeline that is one plain `cd`.
fn folder(pipeline: &Pipeline) -> Option<&Word> {
    let alone = pipeline.rest.is_empty() && pipeline.negation.is_none();
    let Command::Simple(SimpleCommand { assignments, words, redirects, .. }) = &pipeline.first else {
        return None;
    };
    let [program, folder] = words.as_slice() else { return None };
    let plain = program.literal() == Some("cd") && assignments.is_empty() && redirects.is_empty();
    (alone && plain).then_some(folder)
}

/// The folder as WORKDIR takes it; `None` where it is not plain.
fn target(stage: &Shipped<'_>, index: usize, before: Option<&str>, word: &Word) -> Option<String> {
    let path = word.literal()?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@".contains(letter);
    if path.is_empty() || !path.chars().all(plain) || path.starts_with('-') {
        return None;
    }
    if path.starts_with('/') {
        return Some(join("/", path));
    }
    if let Some(folder) = before {
        return Some(join(folder, path));
    }
    match &stage.input.model.contexts[index].workdir {
        Workdir::Path(folder) => Some(join(folder, path)),
        Workdir::BaseRelative(below) => {
            let base = stage.facts("WD1").ok()?.workdir?;
            Some(join(&join(base, below), path))
        }
        Workdir::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
