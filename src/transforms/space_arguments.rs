//! `space-arguments`: instructions at the start of their line, one blank between their parts.

use super::checks::Checks;
use super::gaps::gaps;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Instruction, TokenKind};

/// Writes one blank where there are several.
pub(super) const SPACE_ARGUMENTS: Transform = Transform {
    name: "space-arguments",
    summary: "begin instructions at the start of the line, put one blank between words and after the commas of arrays",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
An instruction begins where its line begins; keyword, flags, words and `name=value` pairs are parted by one blank, and
the arrays of exec forms are written as `[\"a\", \"b\"]`.
What is an array is what BuildKit reads as one: `['a']` and `[ -f x ] && y` are shell text.
Blanks inside a value, a quoted string, a shell text, a heredoc or behind ONBUILD belong to it and stay.
Always safe: nothing that gets built changes.",
    examples: &[
        Example {
            files: &[],
            before: "FROM  a   AS b\n  COPY  x   y\nENV A=1  B=\"2  3\"\nCMD [ \"x\",\"y\" ]\n",
            after: "FROM a AS b\nCOPY x y\nENV A=1 B=\"2  3\"\nCMD [\"x\", \"y\"]\n",
        },
        Example {
            files: &[],
            before: "FROM a\nRUN [ -f x ]  && echo  y\nCMD ['x','y']\nONBUILD RUN  x\n",
            after: "FROM a\nRUN [ -f x ]  && echo  y\nCMD ['x','y']\nONBUILD RUN  x\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let instructions = input.document.instructions.iter();
    instructions.filter_map(|instruction| spaced(input, instruction)).collect()
}

fn spaced(input: &Input<'_>, instruction: &Instruction) -> Option<Diagnostic> {
    let text = input.source.text();
    let indent = indentation(input, instruction).map(Edit::delete);
    let gaps = gaps(instruction);
    let edits: Vec<Edit> = indent.into_iter().chain(gaps.iter().filter_map(|gap| gap.close(text))).collect();
    let span = edits.first()?.span;
    Some(Checks::default().fix(
        span,
        "the blanks are not one between two words",
        "put one blank between words",
        edits,
        &[],
    ))
}

/// The blanks and tabs before an instruction.
fn indentation(input: &Input<'_>, instruction: &Instruction) -> Option<Span> {
    let tokens = &input.document.tokens;
    let at = tokens.partition_point(|token| token.span.end() <= instruction.span.start());
    let before = at.checked_sub(1).map(|at| tokens[at]).filter(|token| token.kind == TokenKind::Blank)?;
    let plain = before.span.of(input.source.text()).bytes().all(|byte| matches!(byte, b' ' | b'\t'));
    plain.then_some(before.span)
}

#[cfg(test)]
mod tests {
    use super::SPACE_ARGUMENTS;
    use crate::transforms::testing::{check, same};

    #[test]
    fn values_keep_their_blanks() {
        same(
            &SPACE_ARGUMENTS,
            "FROM a\nENV A=\"1  2\" B=3\\  4\nLABEL a='b  c'\nWORKDIR /a  b\nMAINTAINER a  b\nUSER x\n",
        );
        check(&SPACE_ARGUMENTS, "FROM a\nENV  FOO  bar baz   qux\n", "FROM a\nENV FOO bar baz   qux\n");
        check(&SPACE_ARGUMENTS, "FROM a\nWORKDIR   /a  b\n", "FROM a\nWORKDIR /a  b\n");
    }

    #[test]
    fn a_value_of_several_lines_keeps_its_blanks() {
        same(&SPACE_ARGUMENTS, "FROM a\nENV MSG='it''s' \\\n    Q=\"a\\\n   b  c\\\n  d\" \\\n    R=1\n");
    }

    #[test]
    fn paths_in_an_array_stay_in_it() {
        check(
            &SPACE_ARGUMENTS,
            "FROM a\nCOPY --from=b  [ \"a b.txt\",\"/d dir/\" ]\nADD [\"x  y\" , \"/z/\"]\nCMD [ ]\n",
            "FROM a\nCOPY --from=b [\"a b.txt\", \"/d dir/\"]\nADD [\"x  y\", \"/z/\"]\nCMD []\n",
        );
    }

    #[test]
    fn flags_and_the_start_of_a_shell_text() {
        check(
            &SPACE_ARGUMENTS,
            "FROM a\nRUN   --mount=type=cache,target=/x    --network=none   a  b\nHEALTHCHECK  --retries=3   CMD   x  y\n",
            "FROM a\nRUN --mount=type=cache,target=/x --network=none a  b\nHEALTHCHECK --retries=3 CMD x  y\n",
        );
        same(&SPACE_ARGUMENTS, "FROM a\nRUN --  --mount=x y\n");
    }

    #[test]
    fn comments_and_breaks_between_parts_stay() {
        check(
            &SPACE_ARGUMENTS,
            "FROM a\nENV  A=1   B=2 \\\n# c\n   C=3   D=4\n",
            "FROM a\nENV A=1 B=2 \\\n# c\n   C=3 D=4\n",
        );
    }

    #[test]
    fn a_word_broken_over_lines_stays() {
        same(&SPACE_ARGUMENTS, "FROM a\nCOPY x\\\ny z\n");
    }

    #[test]
    fn what_onbuild_holds_keeps_its_blanks() {
        check(&SPACE_ARGUMENTS, "FROM a\nONBUILD   RUN  x   y\n", "FROM a\nONBUILD RUN  x   y\n");
    }

    #[test]
    fn heredocs_keep_every_byte() {
        check(
            &SPACE_ARGUMENTS,
            "FROM a\n  COPY  <<a.txt  <<b.txt   /d/\n  x  y\na.txt\nz\nb.txt\n",
            "FROM a\nCOPY <<a.txt <<b.txt /d/\n  x  y\na.txt\nz\nb.txt\n",
        );
        same(&SPACE_ARGUMENTS, "FROM a\nRUN python3 <<PY\nif x:\n    y()\nPY\nCMD [\"x\"]\n");
    }

    #[test]
    fn backtick_escapes_and_line_ends_stay() {
        check(
            &SPACE_ARGUMENTS,
            "# escape=`\r\nFROM a\r\nCOPY  a   C:\\x\\\r\nENV  A=1 `\r\n    B=2  C=3\r\n",
            "# escape=`\r\nFROM a\r\nCOPY a C:\\x\\\r\nENV A=1 `\r\n    B=2 C=3\r\n",
        );
    }
}
