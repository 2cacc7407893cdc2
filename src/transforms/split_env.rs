//! `split-env`: an ENV that uses a variable which it sets itself, as two instructions.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, KeyValue, Keyword};

/// Ends an ENV before the pair that uses what it sets.
pub(super) const SPLIT_ENV: Transform = Transform {
    name: "split-env",
    summary: "end an ENV before a pair that uses a variable of the same ENV",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3044"],
    explain: "\
All pairs of one ENV see the variables as they were before it: in `ENV A=/a B=$A/b` the value of B does not begin with `/a`.
In an ENV of its own, B sees the new value.
Never proven, since that is another value, and whether it is meant is for the author to say:
EN1 the new value is the one that is meant.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nENV A=/a B=$A/b\n",
            after: "FROM a\nENV A=/a B=$A/b\n",
        },
        Example { files: &[], before: "FROM a\nENV A=/a B=/b\n", after: "FROM a\nENV A=/a B=/b\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let instructions = input.document.instructions.iter().enumerate();
    let envs = instructions.filter(|(_, instruction)| instruction.keyword == Keyword::Env);
    envs.filter_map(|(index, instruction)| judge(input, index, instruction)).collect()
}

fn judge(input: &Input<'_>, index: usize, instruction: &Instruction) -> Option<Diagnostic> {
    let Arguments::KeyValues(pairs) = &instruction.arguments else { return None };
    let mut edits = Vec::new();
    let mut named = None;
    // The names that the instruction sets since its last cut.
    let mut set: Vec<&str> = Vec::new();
    let mut in_the_way = false;
    for (at, pair) in pairs.iter().enumerate() {
        if let Some(name) = used(input, index, instruction, *pair, &set) {
            let gap = gap(instruction, pairs[at - 1], *pair);
            in_the_way |= instruction.inner_comments.iter().any(|comment| gap.contains(*comment));
            let newline = input.source.newline().as_str();
            edits.push(Edit::replace(gap, format!("{newline}{} ", instruction.text(instruction.name))));
            named.get_or_insert((instruction.text(pair.key), name));
            set.clear();
        }
        set.push(instruction.text(pair.key));
    }
    let (key, name) = named?;
    let message = format!("`{key}` gets the value that `{name}` had before, not the one set here");
    let mut checks = Checks::default();
    if in_the_way {
        checks.misses(
            "comment",
            "a comment stands between the pairs",
            "move the comment above the instruction",
        );
        return Some(checks.hold_back(instruction.name_span(), message));
    }
    checks.misses(
        "EN1",
        format!("`{key}` would get another value"),
        format!("set `{key}` in an ENV of its own"),
    );
    let title = format!("set `{key}` after `{name}`");
    Some(checks.fix(instruction.name_span(), message, title, edits, &[Part::Env]))
}

/// Which of the names that are set the value of a pair uses.
fn used(
    input: &Input<'_>,
    index: usize,
    instruction: &Instruction,
    pair: KeyValue,
    set: &[&str],
) -> Option<String> {
    let value = instruction.text(pair.value?);
    let expanded = input.model.expand(index, value).ok()?;
    let mut names = expanded.matched.into_iter().chain(expanded.unmatched);
    names.find(|name| set.contains(&name.as_str()))
}

/// What stands between two pairs.
fn gap(instruction: &Instruction, one: KeyValue, other: KeyValue) -> Span {
    let end = one.value.unwrap_or(one.key).end();
    Span::new(instruction.joined.source_end(end), instruction.joined.source_start(other.key.start()))
}

#[cfg(test)]
mod tests {
    use super::SPLIT_ENV;
    use crate::config::Options;
    use crate::transforms::testing::{held_back, outcome, same};

    #[track_caller]
    fn unproven(before: &str, after: &str) {
        let options = Options { unproven: true, ..Options::default() };
        let file = outcome(&SPLIT_ENV, &[], before, &options).files.remove(0);
        assert!(file.rejected.is_empty(), "{:?}", file.rejected);
        assert_eq!(file.after.text(), after);
    }

    #[test]
    fn each_use_begins_an_instruction() {
        unproven(
            "FROM a\r\nenv A=1 B=2 C=$A \\\r\n  D=\"${C}\"\r\nRUN x\r\n",
            "FROM a\r\nenv A=1 B=2\r\nenv C=$A\r\nenv D=\"${C}\"\r\nRUN x\r\n",
        );
    }

    #[test]
    fn the_value_is_for_the_author_to_say() {
        held_back(&SPLIT_ENV, &[], "FROM a\nENV A=1 B=$A\n", &["EN1"]);
    }

    #[test]
    fn a_comment_between_the_pairs_is_in_the_way() {
        held_back(&SPLIT_ENV, &[], "FROM a\nENV A=1 \\\n# c\n  B=$A\n", &["comment"]);
    }

    #[test]
    fn values_before_and_quoted_names_are_no_use() {
        same(&SPLIT_ENV, "FROM a\nENV A=$B B=1\nENV C=1 D='$C'\nENV PATH=/x:$PATH\nENV E=1 F=\\$E\n");
        same(&SPLIT_ENV, "FROM a\nONBUILD ENV A=1 B=$A\n");
    }
}
