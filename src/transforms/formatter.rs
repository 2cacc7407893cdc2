//! Tests of the layout transforms together: what other formatters get wrong, and what the README shows.

use super::testing::{FileOutcome, run_category};

fn formatted(text: &str) -> FileOutcome {
    run_category("layout", text)
}

/// Asserts what becomes of a text, and that a second run changes nothing.
#[track_caller]
fn check(before: &str, after: &str) {
    for text in [before, after] {
        let file = formatted(text);
        assert!(file.rejected.is_empty() && file.faults.is_empty(), "{:?} {:?}", file.rejected, file.faults);
        assert_eq!(file.after.text(), after, "from {text:?}");
    }
}

#[track_caller]
fn same(text: &str) {
    check(text, text);
}

#[test]
fn every_keyword_is_written_alike() {
    check(
        "from a as b\nmaintainer x\nadd  x   /y\nexpose  80\t443\nuser  x\nstopsignal  9\n",
        "FROM a AS b\nMAINTAINER x\nADD x /y\nEXPOSE 80 443\nUSER x\nSTOPSIGNAL 9\n",
    );
}

#[test]
fn blanks_between_words_of_every_instruction() {
    check(
        "FROM a\nLABEL  a=1   b=2\nENV  A=1   B=2\nVOLUME  /a   /b\nHEALTHCHECK  --retries=3   CMD  x\nARG  A=1   B\n",
        "FROM a\nLABEL a=1 b=2\nENV A=1 B=2\nVOLUME /a /b\nHEALTHCHECK --retries=3 CMD x\nARG A=1 B\n",
    );
}

#[test]
fn a_blank_line_inside_a_continuation_ends_nothing() {
    check("FROM a\nRUN x \\\n\n    y\nRUN z\n", "FROM a\nRUN x \\\n    y\nRUN z\n");
}

#[test]
fn the_old_form_of_env_keeps_its_value() {
    check("FROM a\nENV  FOO  bar baz   qux\n", "FROM a\nENV FOO bar baz   qux\n");
}

#[test]
fn paths_with_blanks_stay_in_their_array() {
    check(
        "FROM a\nCOPY [\"a b.txt\",\"/d dir/\"]\nADD [ \"a  b\" , \"/d  e/\" ]\n",
        "FROM a\nCOPY [\"a b.txt\", \"/d dir/\"]\nADD [\"a  b\", \"/d  e/\"]\n",
    );
}

#[test]
fn values_of_several_lines_are_values() {
    same("FROM a\nENV MSG=\"one\\\n      two\" \\\n    NEXT=1\nLABEL text='a \\\n  b   c \\\n      d'\n");
    same("FROM a\nENV MSG='it''s' \\\n    Q=\"a\\\n  b\"\n");
}

#[test]
fn heredocs_are_text_of_others() {
    same("FROM a\nRUN <<EOF\nset -e\n  echo   a\n\n\nEOF\n");
    same("FROM a\nRUN python3 <<PY\nif True:\n    print( 1 )\nPY\n");
    same("FROM a\nCOPY <<a.txt <<b.txt /d/\n  x\na.txt\n#y\nb.txt\nCMD [\"x\"]\n");
    same("FROM a\nCOPY <<-\"E F\" /d\n\t#x\n\tE F\n");
}

#[test]
fn the_backtick_may_be_the_escape() {
    check(
        "# escape=`\nFROM  a\nENV A=C:\\   B=2`\n  C=3\nWORKDIR  C:\\a\\\nCOPY a   C:\\b\\\n",
        "# escape=`\n\nFROM a\nENV A=C:\\ B=2 `\n  C=3\nWORKDIR C:\\a\\\nCOPY a C:\\b\\\n",
    );
}

#[test]
fn line_ends_and_the_mark_stay() {
    check(
        "\u{feff}from  a\r\nENV A=1   \\\r\n   B=2\r\n\r\n\r\nCMD  [\"x\"]",
        "\u{feff}FROM a\r\nENV A=1 \\\r\n    B=2\r\n\r\nCMD [\"x\"]\r\n",
    );
    check("FROM  a\r\nENV  A=1 \\\n    B=2\r\n", "FROM a\r\nENV A=1 \\\n    B=2\r\n");
}

#[test]
fn what_cannot_be_read_is_left_alone() {
    for text in ["FROM a\n{{ if x }}\nRUN  x\n{{ end }}\n", "FROM a\n<%= x %>\n", "from a\nENV\n"] {
        let file = formatted(text);
        assert_eq!((file.after.text(), file.faults.is_empty()), (text, false));
    }
}

#[test]
fn what_is_no_array_is_no_array() {
    check(
        "FROM a\nENTRYPOINT [\"a\",\"b\"]\nCMD ['a','b']\nSHELL [ \"/x\" ,\"-c\"]\nRUN [ -f x ]\n",
        "FROM a\nENTRYPOINT [\"a\", \"b\"]\nCMD ['a','b']\nSHELL [\"/x\", \"-c\"]\nRUN [ -f x ]\n",
    );
}

#[test]
fn triggers_are_stored_as_they_stand() {
    check("FROM a\nonbuild  run  x &&   y\n", "FROM a\nONBUILD run  x &&   y\n");
    same("FROM a\nONBUILD COPY  a   b\nONBUILD ENV A=1 \\\n  B=2\n");
}

#[test]
fn directives_are_neither_made_nor_lost() {
    same("#syntax=docker/dockerfile:1\n\nFROM a\n");
    same("# a comment\n# escape=`\nFROM a\n");
    same("\n# syntax=x\nFROM a\n");
    check(
        "# syntax=x\n# check=error=true\n#A base.\nFROM a\n",
        "# syntax=x\n# check=error=true\n\n# A base.\nFROM a\n",
    );
}

#[test]
fn comments_between_continued_lines_stay_between_them() {
    check(
        "FROM a\nENV A=1 \\\n# one\n        # two\n   B=2\n",
        "FROM a\nENV A=1 \\\n    # one\n    # two\n    B=2\n",
    );
}

#[test]
fn stretches_that_are_off_stay() {
    same("FROM a\n# dockfix: off\nENV  A=1   B=2\n# dockfix: on\nRUN x\n");
    same("FROM a\n# dockerfmt-ignore\nENV  A=1   B=2\n");
    same("FROM a\n# dockfix: ignore=layout\nENV  A=1   B=2\n");
}

/// The code block of the README below a mark.
fn shown(mark: &str) -> &'static str {
    let readme = include_str!("../../README.md");
    let open = format!("<!-- {mark} -->\n```dockerfile\n");
    let start = readme.find(&open).map(|at| at + open.len()).expect("the README has the block");
    readme[start..].split("```\n").next().unwrap_or_default()
}

#[test]
fn the_readme_shows_what_the_formatter_does() {
    check(shown("layout:before"), shown("layout:after"));
}
