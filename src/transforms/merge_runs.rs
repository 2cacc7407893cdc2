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
use crate::shell::{Parsed, Script};
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

/// More commands than this in one RUN are no help to anybody.
const MOST_COMMANDS: usize = 100;

/// A RUN in shell form.
struct Run<'a> {
    index: usize,
    instruction: &'a Instruction,
    parsed: Parsed,
    /// Whether a comment tells a tool something about this RUN, which must not come to hold for another.
    governed: bool,
}

/// RUN instructions side by side that become one: judged as that one would be, so that a second run finds nothing new.
struct Group<'a> {
    runs: Vec<Run<'a>>,
    kinds: BTreeSet<Kind>,
    commands: usize,
}

/// What may be joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Proven,
    Anything,
}

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // Windows files have other shells, and often this escape character.
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let suppressions = Suppressions::of(input.document);
    let instructions = input.document.instructions.iter().enumerate();
    let mut groups: Vec<Group<'_>> =
        instructions.filter_map(|(index, one)| Group::of(input, &suppressions, index, one)).collect();
    if groups.len() < 2 {
        return Vec::new();
    }
    let mut found = Vec::new();
    // First all that is proven, and then the rest: so it does not matter whether both are taken at once. What becomes
    // alike only by what is not proven is not proven either.
    for wanted in [Wanted::Proven, Wanted::Anything] {
        groups = joined(input, groups, wanted, &mut found);
    }
    found.sort_by_key(|diagnostic| diagnostic.span);
    found
}

/// Joins neighbours until no two are left that can be.
fn joined<'a>(
    input: &Input<'a>,
    groups: Vec<Group<'a>>,
    wanted: Wanted,
    found: &mut Vec<Diagnostic>,
) -> Vec<Group<'a>> {
    let mut done: Vec<Group<'a>> = Vec::new();
    for mut group in groups {
        while let Some(above) = done.last() {
            let pair = above.runs.last().zip(group.runs.first());
            let free = pair.is_some_and(|(first, second)| {
                first.index + 1 == second.index && !first.governed && !second.governed
            });
            let Some(diagnostic) = free.then(|| judge(input, above, &group, wanted)).flatten() else { break };
            found.push(diagnostic);
            let Some(above) = done.pop() else { break };
            group = above.followed_by(group);
        }
        done.push(group);
    }
    done
}

impl<'a> Group<'a> {
    fn of(
        input: &Input<'_>,
        suppressions: &Suppressions,
        index: usize,
        instruction: &'a Instruction,
    ) -> Option<Group<'a>> {
        if instruction.keyword != Keyword::Run || !instruction.heredocs.is_empty() {
            return None;
        }
        let (_, text) = instruction.shell_form()?;
        let parsed = input.shell.parse(text);
        let script = parsed.as_ref().as_ref().ok()?;
        let (kinds, commands) = (commands::kinds(script), script.simple_commands().len());
        let governed = !suppressions.governing(input.document, index).is_empty();
        Some(Group { runs: vec![Run { index, instruction, parsed, governed }], kinds, commands })
    }

    fn followed_by(mut self, below: Group<'a>) -> Group<'a> {
        self.runs.extend(below.runs);
        self.kinds.extend(below.kinds);
        self.commands += below.commands;
        self
    }

    /// The main thing that it is for.
    fn kind(&self) -> Kind {
        self.kinds.last().copied().unwrap_or(Kind::Build)
    }

    fn scripts(&self) -> impl Iterator<Item = &Script> {
        self.runs.iter().filter_map(|run| run.parsed.as_ref().as_ref().ok())
    }
}

impl Run<'_> {
    fn flags(&self) -> Vec<&str> {
        self.instruction.flags.iter().map(|flag| &*flag.text).collect()
    }
}

/// Joins two neighbours; `None` where the result would not be the same, would install and build in one, or is not
/// wanted.
fn judge(input: &Input<'_>, above: &Group<'_>, below: &Group<'_>, wanted: Wanted) -> Option<Diagnostic> {
    let (first, second) = (above.runs.last()?, below.runs.first()?);
    let (one, other) = (above.scripts().last()?, below.scripts().next()?);
    let anywhere = |broken: fn(&Script, &Script) -> bool| {
        above.scripts().any(|one| below.scripts().any(|other| broken(one, other)))
    };
    if above.commands + below.commands > MOST_COMMANDS
        || first.flags() != second.flags()
        || !commands::may_be_followed(one)
        || !commands::may_follow(other)
        || anywhere(commands::replaces_program)
        || anywhere(commands::cleans_too_early)
    {
        return None;
    }
    let installs =
        |group: &Group<'_>| group.kinds.contains(&Kind::System) || group.kinds.contains(&Kind::Packages);
    let builds = |group: &Group<'_>| group.kinds.contains(&Kind::Build);
    if installs(above) && builds(below) || builds(above) && installs(below) {
        return None;
    }
    let mut checks = Checks::default();
    shell(input, first.index, &mut checks)?;
    let kind = above.kind();
    // What cleans up after a package manager stands at the end of a RUN, so those that use one are joined before that
    // is written, or never.
    let alike = kind == below.kind() && matches!(kind, Kind::Files | Kind::System);
    let caches = above.scripts().any(commands::leaves_caches) || anywhere(commands::share_manager);
    let needs_lists = below.scripts().find_map(commands::needs_lists).unwrap_or(false);
    if !alike && (caches || needs_lists) {
        return None;
    }
    match wanted {
        Wanted::Proven if !alike => return None,
        Wanted::Proven => {
            let what = if kind == Kind::Files { "change files" } else { "work with the system's packages" };
            checks.holds("MR2", format!("both only {what}"));
        }
        Wanted::Anything => checks.misses(
            "MR2",
            "a change of one would run the other again",
            "join them by hand, if they change together",
        ),
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
