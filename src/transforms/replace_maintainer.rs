//! `replace-maintainer`: the deprecated MAINTAINER as the label that took its place.

use super::checks::Checks;
use super::writing::quoted;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::{Arguments, Keyword};

/// Where the authors of an image stand today.
const LABEL: &str = "org.opencontainers.image.authors";

/// Writes MAINTAINER as a label.
pub(super) const REPLACE_MAINTAINER: Transform = Transform {
    name: "replace-maintainer",
    summary: "write the deprecated MAINTAINER as the label `org.opencontainers.image.authors`",
    category: Category::Modernize,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL4000", "BuildKit:MaintainerDeprecated"],
    explain: "\
MAINTAINER is deprecated; the label `org.opencontainers.image.authors` says the same, and tools read it.
The text is kept to the letter, but for one pair of quotes around the whole: MAINTAINER takes quotes literally, and they were not meant so.
Safe when this is proven:
LB1 no LABEL of the file sets that label already, so none is overwritten.
A comment between the lines of the instruction has no place in the new line, so it is left alone.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nMAINTAINER Ada <ada@example.com>\n",
            after: "FROM a\nLABEL org.opencontainers.image.authors=\"Ada <ada@example.com>\"\n",
        },
        Example {
            files: &[],
            before: "FROM a\nLABEL maintainer=\"Ada\"\n",
            after: "FROM a\nLABEL maintainer=\"Ada\"\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let instructions = input.document.instructions.iter();
    let found = instructions.filter(|instruction| instruction.keyword == Keyword::Maintainer);
    let fixes = found.map(|instruction| {
        let (span, message) = (instruction.name_span(), "MAINTAINER is deprecated");
        let mut checks = Checks::default();
        if !instruction.inner_comments.is_empty() {
            checks.misses("comment", "a comment stands between its lines", "move the comment above it");
            return checks.hold_back(span, message);
        }
        if sets_label(input) {
            checks.misses(
                "LB1",
                format!("the file sets the label `{LABEL}` too, and one of them would be lost"),
                "remove MAINTAINER",
            );
        } else {
            checks.holds("LB1", format!("nothing else sets the label `{LABEL}`"));
        }
        let value = unquoted(instruction.text(instruction.rest));
        let line = format!("LABEL {LABEL}={}", quoted(input.document, value));
        let edits = vec![Edit::replace(instruction.span, line)];
        checks.fix(span, message, "write the maintainer as a label", edits, &[])
    });
    fixes.collect()
}

fn sets_label(input: &Input<'_>) -> bool {
    input.document.instructions.iter().any(|instruction| match &instruction.arguments {
        Arguments::KeyValues(pairs) if instruction.keyword == Keyword::Label => {
            pairs.iter().any(|pair| instruction.text(pair.key).trim_matches(['"', '\'']) == LABEL)
        }
        _ => false,
    })
}

/// The text without one pair of quotes around the whole of it.
fn unquoted(text: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            return inner;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::REPLACE_MAINTAINER;
    use crate::transforms::testing::{check, held_back, same};

    #[test]
    fn quotes_around_the_whole_go_and_others_are_escaped() {
        check(
            &REPLACE_MAINTAINER,
            "FROM a\nMAINTAINER \"Ada\"\nMAINTAINER Ada \"the $1\" \\o/ B\n",
            "FROM a\nLABEL org.opencontainers.image.authors=\"Ada\"\n\
             LABEL org.opencontainers.image.authors=\"Ada \\\"the \\$1\\\" \\\\o/ B\"\n",
        );
    }

    #[test]
    fn lines_are_joined_and_line_ends_kept() {
        check(
            &REPLACE_MAINTAINER,
            "FROM a\r\n# who\r\nmaintainer Ada, \\\r\n  Bob\r\nRUN x\r\n",
            "FROM a\r\n# who\r\nLABEL org.opencontainers.image.authors=\"Ada,   Bob\"\r\nRUN x\r\n",
        );
    }

    #[test]
    fn a_backtick_escapes_where_the_file_says_so() {
        check(
            &REPLACE_MAINTAINER,
            "# escape=`\nFROM a\nMAINTAINER D\\A \"x\" y\n",
            "# escape=`\nFROM a\nLABEL org.opencontainers.image.authors=\"D\\A `\"x`\" y\"\n",
        );
    }

    #[test]
    fn a_comment_between_its_lines_is_in_the_way() {
        held_back(&REPLACE_MAINTAINER, &[], "FROM a\nMAINTAINER Ada \\\n# and\n  Bob\n", &["comment"]);
    }

    #[test]
    fn a_label_of_that_name_is_not_overwritten() {
        let text = "FROM a\nLABEL \"org.opencontainers.image.authors\"=Bob\nMAINTAINER Ada\n";
        held_back(&REPLACE_MAINTAINER, &[], text, &["LB1"]);
    }

    #[test]
    fn heredocs_are_no_instructions() {
        same(&REPLACE_MAINTAINER, "FROM a\nRUN <<E\nMAINTAINER x\nE\n");
    }
}
