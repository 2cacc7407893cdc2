//! `remove-overridden`: a CMD, ENTRYPOINT or HEALTHCHECK that a later one of its stage takes the place of.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::Keyword;

/// Removes what nobody gets to see.
pub(super) const REMOVE_OVERRIDDEN: Transform = Transform {
    name: "remove-overridden",
    summary: "remove a CMD, ENTRYPOINT or HEALTHCHECK that a later one of the stage replaces",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &[
        "hadolint:DL3012",
        "hadolint:DL4003",
        "hadolint:DL4004",
        "BuildKit:MultipleInstructionsDisallowed",
    ],
    explain: "\
Of several CMD, ENTRYPOINT or HEALTHCHECK instructions in one stage only the last one counts; the others mislead.
The image is the same without them: what they set is set again before anything can use it.
Safe when this is proven:
OV1 no comment speaks of the instruction: neither directly above it nor between its lines. A comment would be left without what it explains.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nCMD [\"b\"]\nRUN x\nCMD [\"c\"]\n",
            after: "FROM a\nRUN x\nCMD [\"c\"]\n",
        },
        Example {
            files: &[],
            before: "FROM a AS b\nCMD [\"b\"]\nFROM b\nCMD [\"c\"]\n",
            after: "FROM a AS b\nCMD [\"b\"]\nFROM b\nCMD [\"c\"]\n",
        },
    ],
    run,
};

const ONCE: &[Keyword] = &[Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for stage in &input.model.stages {
        for keyword in ONCE {
            let own = |index: &usize| input.document.instructions[*index].keyword == *keyword;
            let all: Vec<usize> = stage.instructions.clone().filter(own).collect();
            if let Some((last, overridden)) = all.split_last() {
                found.extend(overridden.iter().map(|index| judge(input, *index, *last)));
            }
        }
    }
    found
}

fn judge(input: &Input<'_>, index: usize, last: usize) -> Diagnostic {
    let document = input.document;
    let instruction = &document.instructions[index];
    let name = instruction.keyword.as_str();
    let line = document.instructions[last].lines.0;
    let (span, message) = (instruction.name_span(), format!("the {name} of line {line} replaces this one"));
    let mut checks = Checks::default();
    if !document.comment_block(index).is_empty() || !instruction.inner_comments.is_empty() {
        checks.misses("OV1", "a comment speaks of it", "remove both by hand, or move the comment");
        return checks.hold_back(span, message);
    }
    checks.holds("OV1", "no comment speaks of it");
    let edits = vec![Edit::delete(document.line_span(index))];
    checks.fix(span, message, format!("remove the {name} that is replaced"), edits, &[])
}

#[cfg(test)]
mod tests {
    use super::REMOVE_OVERRIDDEN;
    use crate::transforms::testing::{check, held_back, same};

    #[test]
    fn only_the_last_of_each_counts() {
        check(
            &REMOVE_OVERRIDDEN,
            "FROM a\nENTRYPOINT [\"x\"]\nCMD b \\\n  c\nHEALTHCHECK NONE\nCMD d\nENTRYPOINT [\"y\"]\nHEALTHCHECK CMD z\n",
            "FROM a\nCMD d\nENTRYPOINT [\"y\"]\nHEALTHCHECK CMD z\n",
        );
    }

    #[test]
    fn line_ends_stay() {
        check(&REMOVE_OVERRIDDEN, "FROM a\r\nCMD b\r\n\r\nCMD c", "FROM a\r\n\r\nCMD c");
    }

    #[test]
    fn comments_are_in_the_way() {
        held_back(&REMOVE_OVERRIDDEN, &[], "FROM a\n# why\nCMD b\nCMD c\n", &["OV1"]);
        held_back(&REMOVE_OVERRIDDEN, &[], "FROM a\nCMD b \\\n# why\n  d\nCMD c\n", &["OV1"]);
        // A blank line parts a comment from what is below it.
        check(&REMOVE_OVERRIDDEN, "FROM a\n# why\n\nCMD b\nCMD c\n", "FROM a\n# why\n\nCMD c\n");
    }

    #[test]
    fn triggers_and_other_stages_count_apart() {
        same(&REMOVE_OVERRIDDEN, "FROM a\nONBUILD CMD b\nONBUILD CMD c\nCMD d\nFROM a\nCMD e\n");
    }

    #[test]
    fn a_suppressed_one_stays() {
        same(&REMOVE_OVERRIDDEN, "FROM a\n# hadolint ignore=DL4003\nCMD b\nCMD c\n");
    }
}
