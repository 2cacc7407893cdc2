//! `merge-runs`: consecutive RUN instructions as one, where one shell does just what several did.

mod commands;

use std::collections::BTreeSet;

use self::commands::Kind;
use super::checks::Checks;
use super::indents::indent;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::Operators;
use crate::edit::Edit;
use crate::shell::Parsed;
use crate::source::Span;
use crate::suppression::Suppressions;
use crate::syntax::{Instruction, Keyword, TokenKind};

/// Joins RUN instructions.
pub(super) const MERGE_RUNS: Transform = Transform {
    name: "merge-runs",
    summary: "join consecutive RUN instructions of the same kind, where one shell does the same as several",
    category: Category::Size,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3059", "DBP-11"],
    explain: "\
Each RUN is a layer: what one makes and the next removes stays in the image, and files whose rights change are stored twice.
Two RUN instructions side by side are joined with `&&`; comments between them stay, as comments inside the new one.
They are joined only where both have the same flags, and where the first leaves nothing to the second but files: no folder, variable, option or process of its shell, no possible `exit`, no program that it replaces under a name that the shell remembers. The second must be one chain of `&&`, so that it runs only if the first has succeeded, as before.
Safe when this is proven:
MR1 the shell is a plain one, chosen by no SHELL with options of its own;
MR2 both only change files or users, or both only work with the packages of the system: then nothing that takes long shares the fate of something that changes often.
An install and a build stay apart even with `--unsafe`: joined, each change of the build would install again.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nRUN mkdir /b\n# its owner\nRUN chown 1 /b\n",
            after: "FROM a\nRUN mkdir /b \\\n# its owner\n    && chown 1 /b\n",
        },
        Example {
            files: &[],
            before: "FROM a\nRUN cd /b && make\nRUN chown 1 /b\n",
            after: "FROM a\nRUN cd /b && make\nRUN chown 1 /b\n",
        },
    ],
    run,
};

/// A joined text longer than this is no help to anybody.
const LONGEST: usize = 16 * 1024;

/// A RUN in shell form.
struct Run<'a> {
    index: usize,
    instruction: &'a Instruction,
    parsed: Parsed,
    kinds: BTreeSet<Kind>,
}

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // Windows files have other shells, and often this escape character.
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let suppressions = Suppressions::of(input.document);
    let governed = |index: usize| !suppressions.governing(input.document, index).is_empty();
    let mut found = Vec::new();
    // What the RUN that the next one would be joined to is for, all that was joined to it included.
    let mut group: BTreeSet<Kind> = BTreeSet::new();
    let mut length = 0;
    let mut before: Option<Run<'_>> = None;
    for (index, instruction) in input.document.instructions.iter().enumerate() {
        let Some(run) = Run::of(input, index, instruction) else {
            before = None;
            continue;
        };
        let size = instruction.joined.span().len();
        let pair = before.as_ref().filter(|first| {
            first.index + 1 == index && !governed(first.index) && !governed(index) && length + size <= LONGEST
        });
        let judged = pair.and_then(|first| judge(input, first, &run, &group));
        if let Some(diagnostic) = judged {
            found.push(diagnostic);
            group.extend(&run.kinds);
            length += size;
        } else {
            group = run.kinds.clone();
            length = size;
        }
        before = Some(run);
    }
    found
}

impl<'a> Run<'a> {
    fn of(input: &Input<'_>, index: usize, instruction: &'a Instruction) -> Option<Run<'a>> {
        if instruction.keyword != Keyword::Run || !instruction.heredocs.is_empty() {
            return None;
        }
        let (_, text) = instruction.shell_form()?;
        let parsed = input.shell.parse(text);
        let kinds = commands::kinds(parsed.as_ref().as_ref().ok()?);
        Some(Run { index, instruction, parsed, kinds })
    }

    /// The main thing that it is for.
    fn kind(&self) -> Kind {
        self.kinds.last().copied().unwrap_or(Kind::Build)
    }

    fn flags(&self) -> Vec<&str> {
        self.instruction.flags.iter().map(|flag| &*flag.text).collect()
    }
}

/// Joins two neighbours; `None` where the result would not be the same, or would install and build in one.
fn judge(input: &Input<'_>, first: &Run<'_>, second: &Run<'_>, group: &BTreeSet<Kind>) -> Option<Diagnostic> {
    let (Ok(one), Ok(other)) = (first.parsed.as_ref(), second.parsed.as_ref()) else { return None };
    if first.flags() != second.flags()
        || !commands::may_be_followed(one)
        || !commands::may_follow(other)
        || commands::replaces_program(one, other)
        || commands::cleans_too_early(one, other)
    {
        return None;
    }
    let installs = |kinds: &BTreeSet<Kind>| kinds.contains(&Kind::System) || kinds.contains(&Kind::Packages);
    let builds = |kinds: &BTreeSet<Kind>| kinds.contains(&Kind::Build);
    if installs(group) && builds(&second.kinds) || builds(group) && installs(&second.kinds) {
        return None;
    }
    let mut checks = Checks::default();
    shell(input, first.index, &mut checks)?;
    let kind = first.kind();
    // What cleans up after a package manager stands at the end of a RUN, so those that use one are joined before that
    // is written, or never.
    let alike = kind == second.kind() && matches!(kind, Kind::Files | Kind::System);
    if !alike && (commands::leaves_caches(one) || commands::share_manager(one, other)) {
        return None;
    }
    if alike {
        let what = if kind == Kind::Files { "change files" } else { "work with the system's packages" };
        checks.holds("MR2", format!("both only {what}"));
    } else {
        checks.misses(
            "MR2",
            "a change of one would run the other again",
            "join them by hand, if they change together",
        );
    }
    let edits = vec![join(input, first.instruction, second.instruction)];
    let span = second.instruction.name_span();
    Some(checks.fix(span, "this RUN could be part of the one above", "join it to the RUN above", edits, &[]))
}

/// Checks MR1: the shell is one that knows `&&`, without `-e`, which would not count left of it.
fn shell(input: &Input<'_>, index: usize, checks: &mut Checks) -> Option<()> {
    let stage = Shipped { input, stage: input.model.stage_of(index)? };
    if stage.names_windows() {
        return None;
    }
    let Some(at) = input.model.contexts[index].shell else {
        if stage.facts("MR1").is_ok_and(|facts| facts.is_windows()) {
            return None;
        }
        checks.holds("MR1", "the shell is `/bin/sh -c`");
        return Some(());
    };
    let words = input.document.instructions[at].values();
    let [program, options @ .., "-c"] = words.as_slice() else { return None };
    let name = program.rsplit('/').next().unwrap_or(program);
    let plain = matches!(options, [] | ["-o", "pipefail"]);
    if !matches!(name, "sh" | "bash" | "ash" | "dash") || !plain {
        return None;
    }
    checks.holds("MR1", format!("the shell is `{program}`"));
    Some(())
}

/// The edit that puts `&&` in the place of the keyword and the flags of the second RUN. Comments between the two stay
/// where they are; blank lines go, since they may not stand inside an instruction.
fn join(input: &Input<'_>, first: &Instruction, second: &Instruction) -> Edit {
    // The last letter of the first one belongs to the edit, since that RUN is another one afterwards.
    let last = first.text(first.rest).chars().next_back();
    let start = first.joined.source_end(first.rest.end()) - last.map_or(0, char::len_utf8);
    let end = second.joined.source_start(second.rest.start());
    let between = Span::new(start, end);
    let newline = input.source.newline().as_str();
    let tokens = &input.document.tokens;
    let from = tokens.partition_point(|token| token.span.start() < start);
    let comments = tokens[from..].iter().take_while(|token| token.span.end() <= end);
    let comments = comments.filter(|token| token.kind == TokenKind::Comment);
    let last = last.map(String::from).unwrap_or_default();
    let trailing = is_trailing(input);
    let operator = if trailing { " &&" } else { "" };
    let mut text = format!("{last}{operator} {}{newline}", input.document.escape);
    for comment in comments {
        text += comment.span.of(input.source.text()).trim_end_matches('\r');
        text += newline;
    }
    text += &indent(input).times(1);
    if !trailing {
        text += "&& ";
    }
    Edit::replace(between, text)
}

/// Whether the file breaks its chains after `&&`, as the settings say or else as most of its lines do: what is written
/// here must not change what most of them do.
fn is_trailing(input: &Input<'_>) -> bool {
    match input.options.layout.operators() {
        Operators::Trailing => true,
        Operators::Leading => false,
        Operators::Keep => {
            let lines = || input.source.text().lines().map(str::trim);
            let ends = |line: &&str| line.trim_end_matches(['\\', ' ', '\t']).ends_with("&&");
            let starts = |line: &&str| line.starts_with("&&");
            lines().filter(ends).count() > lines().filter(starts).count()
        }
    }
}

#[cfg(test)]
mod tests;
