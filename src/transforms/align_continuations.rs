//! `align-continuations`: the continued lines of a list at one indent.

use super::checks::Checks;
use super::gaps::{Gap, Next, gaps};
use super::indents::indent;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::{Instruction, Keyword};

/// Puts continued lines at one indent.
pub(super) const ALIGN_CONTINUATIONS: Transform = Transform {
    name: "align-continuations",
    summary: "put the continued lines of ENV, LABEL, COPY and the like, and of flags, at one indent",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
Lines that continue a list of pairs, paths, flags or strings stand in by one indent, comments between them too, and one
blank stands before the mark that continues them.
The indent is `indent` in the table `[layout]` of `dockfix.toml`, else `indent_size` and `indent_style` of the
`.editorconfig`, else the one that most continued instructions of the file have, else four blanks.
Entries that all stand below the first one are left there, unless an indent is set: so most people write LABEL.
A line that continues a value, quoted or not, is a part of that value and stays as it is.
Always safe: nothing that gets built changes.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nLABEL a=b\\\n   c=d   \\\n# why\n  e=f\n",
            after: "FROM a\nLABEL a=b \\\n    c=d \\\n    # why\n    e=f\n",
        },
        Example {
            files: &[],
            before: "FROM a\nENV A=\"x\\\n  y\"\nRUN x \\\n  y\n",
            after: "FROM a\nENV A=\"x\\\n  y\"\nRUN x \\\n  y\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let indent = indent(input);
    let text = input.source.text();
    let aligned = |instruction: &Instruction| {
        let is_ours = |gap: &Gap| gap.is_broken(text) && !belongs_to_shell(gap, instruction);
        let gaps = gaps(instruction);
        // Entries below the first one stand at its column.
        let column = column_of_first(&gaps, text).filter(|_| input.options.layout.indent.is_none());
        let depth = column.map_or_else(|| indent.times(1), |column| " ".repeat(column));
        let ours = gaps.iter().filter(|gap| is_ours(gap));
        let edits: Vec<Edit> = ours.flat_map(|gap| gap.align(input.document, &depth)).collect();
        (!edits.is_empty()).then(|| diagnostic(edits))
    };
    let continued = input.document.instructions.iter().filter(|it| !it.joined.is_one_line());
    continued.filter_map(aligned).collect()
}

/// The column of the entry beside the keyword, if all entries that begin a line stand below it.
fn column_of_first(gaps: &[Gap], text: &str) -> Option<usize> {
    let first = gaps.first().filter(|gap| !gap.is_broken(text))?;
    let line = text[..first.span.end()].rfind('\n').map_or(0, |at| at + 1);
    let column = first.span.end() - line;
    let blanks = |gap: &Gap| gap.span.of(text).rsplit('\n').next().map(str::to_owned);
    let below = " ".repeat(column);
    let mut broken = gaps.iter().filter(|gap| gap.is_broken(text));
    broken
        .all(|gap| gap.next == Next::Entry && blanks(gap).is_some_and(|blanks| blanks == below))
        .then_some(column)
}

/// Whether a break stands before the shell text of a RUN, or before one of several lines: its first line is indented
/// together with the others.
fn belongs_to_shell(gap: &Gap, instruction: &Instruction) -> bool {
    let starts_shell = gap.next == Next::Shell;
    starts_shell
        && (instruction.keyword == Keyword::Run || instruction.source_span(instruction.rest).is_none())
}

fn diagnostic(edits: Vec<Edit>) -> Diagnostic {
    Checks::default().fix(
        edits[0].span,
        "continued lines do not stand at one indent",
        "align the continued lines",
        edits,
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::ALIGN_CONTINUATIONS;
    use crate::config::{Indent, LayoutOptions};
    use crate::transforms::testing::{check, check_laid_out, same};

    #[test]
    fn the_indent_is_a_setting() {
        let tab = LayoutOptions { indent: Some(Indent::Tab), ..LayoutOptions::default() };
        let text = "FROM a\nENV A=1 \\\n    B=2\n";
        check_laid_out(&ALIGN_CONTINUATIONS, &tab, text, "FROM a\nENV A=1 \\\n\tB=2\n");
    }

    #[test]
    fn entries_below_the_first_one_stay_unless_an_indent_is_set() {
        let text = "FROM a\nLABEL a=b \\\n      c=d \\\n      e=f\n";
        same(&ALIGN_CONTINUATIONS, text);
        let set = LayoutOptions { indent: Some(Indent::Spaces(4)), ..LayoutOptions::default() };
        check_laid_out(&ALIGN_CONTINUATIONS, &set, text, "FROM a\nLABEL a=b \\\n    c=d \\\n    e=f\n");
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nLABEL a=b  \\\n  # why\n      c=d\n",
            "FROM a\nLABEL a=b \\\n      # why\n      c=d\n",
        );
    }

    #[test]
    fn the_style_of_the_file_counts() {
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nRUN x \\\n  y\nRUN x \\\n  y\nENV A=1 \\\n   B=2\n",
            "FROM a\nRUN x \\\n  y\nRUN x \\\n  y\nENV A=1 \\\n  B=2\n",
        );
    }

    #[test]
    fn values_of_several_lines_stay() {
        same(&ALIGN_CONTINUATIONS, "FROM a\nENV A=\"x \\\n  y \\\n        z\" \\\n    B=2\n");
        same(&ALIGN_CONTINUATIONS, "FROM a\nENV A x \\\n  y \\\n        z\n");
        same(&ALIGN_CONTINUATIONS, "FROM a\nCOPY x\\\ny z\nWORKDIR /a\\\n  b\n");
    }

    #[test]
    fn a_break_next_to_a_value_of_several_lines_is_aligned() {
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nENV MSG='it''s' \\\n  Q=\"a\\\n b\" \\\n  R=1\nRUN x \\\n    y\nRUN x \\\n    y\n",
            "FROM a\nENV MSG='it''s' \\\n    Q=\"a\\\n b\" \\\n    R=1\nRUN x \\\n    y\nRUN x \\\n    y\n",
        );
    }

    #[test]
    fn blank_lines_inside_are_left_to_others() {
        check(&ALIGN_CONTINUATIONS, "FROM a\nENV A=1 \\\n\n   B=2\n", "FROM a\nENV A=1 \\\n\n    B=2\n");
    }

    #[test]
    fn arrays_of_several_lines() {
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nCMD [ \\\n   \"x\",\\\n \"y\" \\\n    ]\n",
            "FROM a\nCMD [ \\\n    \"x\", \\\n    \"y\" \\\n]\n",
        );
    }

    #[test]
    fn flags_and_the_start_command_behind_them() {
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nRUN --network=none \\\n --mount=type=cache,target=/x \\\n    x\nHEALTHCHECK \\\n CMD x\n",
            "FROM a\nRUN --network=none \\\n    --mount=type=cache,target=/x \\\n    x\nHEALTHCHECK \\\n    CMD x\n",
        );
    }

    #[test]
    fn the_lines_of_a_shell_text_are_not_ours() {
        same(&ALIGN_CONTINUATIONS, "FROM a\nRUN \\\n  x && \\\n  y\nCMD x \\\n y\n");
    }

    #[test]
    fn onbuild_and_heredocs_stay() {
        same(&ALIGN_CONTINUATIONS, "FROM a\nONBUILD ENV A=1 \\\n  B=2\nONBUILD \\\n  RUN x \\\n  y\n");
        check(
            &ALIGN_CONTINUATIONS,
            "FROM a\nCOPY <<A \\\n   <<B /x/\n  a\nA\n  b\nB\n",
            "FROM a\nCOPY <<A \\\n    <<B /x/\n  a\nA\n  b\nB\n",
        );
    }

    #[test]
    fn backtick_escapes_and_line_ends_stay() {
        check(
            &ALIGN_CONTINUATIONS,
            "# escape=`\r\nFROM a\r\nENV A=C:\\`\r\n  B=2   `\r\n  C=3\r\nRUN x `\r\n    y\r\nRUN x `\r\n    y\r\n",
            "# escape=`\r\nFROM a\r\nENV A=C:\\ `\r\n    B=2 `\r\n    C=3\r\nRUN x `\r\n    y\r\nRUN x `\r\n    y\r\n",
        );
    }
}
