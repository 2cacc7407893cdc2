//! Each class of text on its own, smallest first; then what other formatters break.

use super::INDENT_CONTINUATIONS;
use crate::config::{Indent, LayoutOptions};
use crate::transforms::testing::{check, check_laid_out, outcome, same};

/// A RUN in a file, four blanks wide.
fn run(lines: &[&str]) -> String {
    format!("FROM a\nRUN {}\n", lines.join(" \\\n"))
}

#[track_caller]
fn lay_out(before: &[&str], after: &[&str]) {
    let four = LayoutOptions { indent: Some(Indent::Spaces(4)), ..LayoutOptions::default() };
    check_laid_out(&INDENT_CONTINUATIONS, &four, &run(before), &run(after));
}

#[track_caller]
fn stays(lines: &[&str]) {
    lay_out(lines, lines);
}

#[test]
fn chains_stand_one_indent_in() {
    lay_out(&["a", " && b", "      && c"], &["a", "    && b", "    && c"]);
    lay_out(&["a &&", "b &&", "   c"], &["a &&", "    b &&", "    c"]);
    lay_out(&["a;", "  b;", "\tc"], &["a;", "    b;", "    c"]);
}

#[test]
fn arguments_stand_deeper_than_their_command() {
    lay_out(&["a", "    && b", "    c", "    && d"], &["a", "    && b", "        c", "    && d"]);
    stays(&["a && b", "    c", "    d", "    && e"]);
    // With operators at line ends a second indent tells arguments from commands, and an uneven one means that.
    lay_out(&["a b", "      c &&", "    d"], &["a b", "        c &&", "    d"]);
    stays(&["a && b", "        c", "        d &&", "    e"]);
}

#[test]
fn steps_between_arguments_are_kept() {
    stays(&["find /a", "    \\(", "        -name b", "        -o -name c", "    \\) -delete"]);
    lay_out(
        &["a", "    && pip install b", "                   c", "                   d"],
        &["a", "    && pip install b", "        c", "        d"],
    );
}

#[test]
fn pipes_stand_one_further() {
    lay_out(&["a", "    && b", "    | c", "    && d"], &["a", "    && b", "        | c", "    && d"]);
    stays(&["a", "    | b", "    | c"]);
    lay_out(&["a;", "  b |", "  c"], &["a;", "    b |", "        c"]);
}

#[test]
fn alternatives_may_stand_one_further() {
    stays(&["a", "        || exit 1"]);
    stays(&["a", "    || exit 1"]);
}

#[test]
fn blocks_are_indented_by_their_depth() {
    lay_out(
        &["if a; then", "b;", "elif c; then", "d;", "else", "for e in f; do", "g;", "done;", "fi"],
        &[
            "if a; then",
            "        b;",
            "    elif c; then",
            "        d;",
            "    else",
            "        for e in f; do",
            "            g;",
            "        done;",
            "    fi",
        ],
    );
    lay_out(
        &["a", "&& while b; do", "c;", "done", "&& (", "d", "&& e", ")", "&& {", "f;", "} > g"],
        &[
            "a",
            "    && while b; do",
            "        c;",
            "    done",
            "    && (",
            "        d",
            "        && e",
            "    )",
            "    && {",
            "        f;",
            "    } > g",
        ],
    );
    lay_out(
        &["set -e;", "f() {", "a;", "};", "case $b in", "c|d)", "e", ";;", "*) g ;;", "esac"],
        &[
            "set -e;",
            "    f() {",
            "        a;",
            "    };",
            "    case $b in",
            "        c|d)",
            "            e",
            "            ;;",
            "        *) g ;;",
            "    esac",
        ],
    );
    lay_out(
        &["set -e;", "for a in", "b", "c", "; do", "d;", "done"],
        &["set -e;", "    for a in", "        b", "        c", "    ; do", "        d;", "    done"],
    );
}

#[test]
fn words_of_a_test_stand_together() {
    stays(&["set -e;", "    [[ a", "  && b ]]"]);
}

#[test]
fn flags_stand_one_indent_in() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN --mount=type=cache,target=/a \\\n --network=none \\\n b\n",
        "FROM a\nRUN --mount=type=cache,target=/a \\\n    --network=none \\\n    b\n",
    );
}

#[test]
fn commands_below_flags_may_stand_one_further() {
    stays(&[
        "--mount=type=cache,target=/a",
        "    --network=none",
        "        b",
        "        && c",
        "            d",
    ]);
    lay_out(
        &["--mount=type=cache,target=/a", "    --network=none", "        b", "    && c"],
        &["--mount=type=cache,target=/a", "    --network=none", "        b", "        && c"],
    );
    lay_out(&["--network=none", "        b", "        && c"], &["--network=none", "    b", "    && c"]);
}

#[test]
fn a_program_may_stand_with_its_variables() {
    stays(&["set -e;", "    A=b", "    c", "        d"]);
    stays(&["set -e;", "    A=b", "        c"]);
    lay_out(&["set -e;", "    A=b", "  c", "    d"], &["set -e;", "    A=b", "        c", "            d"]);
}

#[test]
fn the_file_says_how_wide_an_indent_is() {
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN set -eux; \\\n\t\\\n\tif a; then \\\n\t\tb; \\\n\tfi\n");
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN a \\\n  && b; \\\n  c\nRUN a \\\n  && b\nRUN c \\\n    && d \\\n  e\n",
        "FROM a\nRUN a \\\n  && b; \\\n  c\nRUN a \\\n  && b\nRUN c \\\n  && d \\\n    e\n",
    );
    let tab = LayoutOptions { indent: Some(Indent::Tab), ..LayoutOptions::default() };
    check_laid_out(&INDENT_CONTINUATIONS, &tab, "FROM a\nRUN b \\\n  && c\n", "FROM a\nRUN b \\\n\t&& c\n");
}

#[test]
fn what_arguments_alone_are_given_is_no_vote_for_another_indent() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN b \\\n   c\nRUN d \\\n  && e\n",
        "FROM a\nRUN b \\\n  c\nRUN d \\\n  && e\n",
    );
}

#[test]
fn comments_stand_with_the_line_below() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN b; \\\n    if c; then \\\n# d\n        e; \\\n  # f\n    fi\n",
        "FROM a\nRUN b; \\\n    if c; then \\\n        # d\n        e; \\\n        # f\n    fi\n",
    );
    // All in the first column is a way of its own.
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN b; \\\n# c\n    d; \\\n# e\n    f\n");
}

#[test]
fn comments_cost_no_cache() {
    let text = "FROM a\nRUN b; \\\n  # c\n    d\nRUN e \\\n f\n";
    let file = outcome(&INDENT_CONTINUATIONS, &[], text, &Default::default()).files.remove(0);
    assert_eq!(file.after.text(), "FROM a\nRUN b; \\\n    # c\n    d\nRUN e \\\n    f\n");
    assert_eq!(file.respaced.into_iter().collect::<Vec<_>>(), [5]);
}

#[test]
fn one_blank_stands_before_the_mark() {
    lay_out(&["a  ", "    && b\t", "    && c"], &["a", "    && b", "    && c"]);
    check(&INDENT_CONTINUATIONS, "FROM a\nRUN a;\\\n    b\n", "FROM a\nRUN a; \\\n    b\n");
    // A blank that is escaped belongs to its word.
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN a \\ \\ \\\n  b\n");
}

#[test]
fn words_that_a_line_end_does_not_part_stay_together() {
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN ab\\\ncd \\\n    e\n");
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN a 2>\\\n&1 \\\n    b\n");
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN a;\\\n;b\n");
}

#[test]
fn strings_over_lines_keep_every_byte() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN echo \"a  \\\n  b\\\nc\" \\\n  && d \\\n  e 'f \\\n g' \\\n  h\n",
        "FROM a\nRUN echo \"a  \\\n  b\\\nc\" \\\n  && d \\\n    e 'f \\\n g' \\\n    h\n",
    );
    stays(&["a=\"$(b", " | c", "  | d)\"", "    && e"]);
    stays(&["a=$(b", " | c)", "    && e"]);
    stays(&["a=`b", " | c`", "    && e"]);
}

#[test]
fn what_is_not_certain_is_left_alone() {
    for text in [
        "FROM a\nRUN b; # c \\\n d\n",
        "FROM a\nRUN b \\\n && if c\n",
        "FROM a\nRUN cat <<E \\\n && b\n  x\n y\nE\n",
        "FROM a\nRUN <<E\nif a; then\nb  \nfi\nE\n",
        "FROM a\nSHELL [\"powershell\", \"-Command\"]\nRUN b; \\\n c\n",
        "FROM a\nSHELL [\"/bin/bash\"]\nRUN b; \\\n c\n",
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nRUN b && \\\n c\n",
        "# escape=`\nFROM a\nRUN b && `\n c\n",
        "FROM a\nONBUILD RUN b \\\n && c\n",
        "FROM a\nRUN [\"b\", \\\n \"c\"]\n",
        "FROM a\nRUN b \\\n && {{ c }} < \\\n",
    ] {
        same(&INDENT_CONTINUATIONS, text);
    }
}

#[test]
fn texts_beyond_any_use_are_left_alone() {
    same(&INDENT_CONTINUATIONS, &format!("FROM a\nRUN a \\\n{}b\n", "\\\n".repeat(6_000)));
}

#[test]
fn other_shells_of_unix_are_read() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN b \\\n && c\n",
        "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN b \\\n    && c\n",
    );
}

#[test]
fn start_commands_are_laid_out_too() {
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nENTRYPOINT b \\\n --c\nHEALTHCHECK --retries=3 \\\n  CMD b \\\n c || exit 1\n",
        "FROM a\nENTRYPOINT b \\\n    --c\nHEALTHCHECK --retries=3 \\\n  CMD b \\\n        c || exit 1\n",
    );
}

#[test]
fn line_ends_stay_what_they_are() {
    check(
        &INDENT_CONTINUATIONS,
        "\u{feff}FROM a\r\nRUN a \\\r\n && b\r\n",
        "\u{feff}FROM a\r\nRUN a \\\r\n    && b\r\n",
    );
}

/// The commands of a blank line, a comment, quotes over lines and so on that other formatters break.
#[test]
fn what_other_formatters_break_stays_whole() {
    // A blank line inside a continuation ended the instruction.
    check(
        &INDENT_CONTINUATIONS,
        "FROM a\nRUN apt-get install -y \\\n  git \\\n\n # web\n  wget\n",
        "FROM a\nRUN apt-get install -y \\\n  git \\\n\n  # web\n  wget\n",
    );
    // Values with quotes over lines were indented inside the quotes.
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN echo \"one \\\n two\" > /x\n");
    same(&INDENT_CONTINUATIONS, "FROM a\nRUN python3 <<PY\nif 1:\n  print()\nPY\n");
}
