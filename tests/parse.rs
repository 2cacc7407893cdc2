//! One tree per corner of the language, stored under `snapshots/parse`.

use dockfix::source::Source;
use dockfix::syntax::Document;

/// Name of the case, and the text.
const CASES: &[(&str, &str)] = &[
    (
        "directives",
        "# syntax=docker/dockerfile:1\n# escape=`\n# check=skip=all\n#x=y\n# syntax=late\nFROM a\n",
    ),
    ("directive_twice", "# escape=`\n# escape=`\nFROM a\n"),
    ("directive_bad_escape", "# escape=x\nFROM a\n"),
    ("shebang_ends_directives", "#!/bin/x\n# escape=`\nFROM a\n"),
    ("comments_attach", "# one\n\n# two\n#\n# three\n  # four\nFROM a\n"),
    ("continuation", "FROM a\nRUN one \\\n  # comment \\\n  two \\   \n\n  three\nRUN end\\\\\n"),
    ("continuation_backtick", "# escape=`\nFROM a\nRUN dir c:\\ `\n  && x\nCOPY a c:\\\n"),
    ("continuation_to_the_end", "FROM a\nRUN x \\\n# y\n\n"),
    ("keyword_over_lines", "FR\\\nOM a\n"),
    ("only_a_continuation", "\\\n"),
    ("crlf_and_bom", "\u{feff}FROM a\r\nRUN x \\\r\n  y\r\n"),
    ("tabs_and_form_feeds", "FROM\ta\nCOPY\u{c}b\u{b}c\n"),
    ("no_break_space_is_no_blank", "FROM a\nRUN\u{a0}x\n"),
    ("no_final_newline", "FROM a\nRUN x"),
    ("empty", ""),
    ("only_comments", "# a\n\n# b\n"),
    (
        "flags",
        "FROM --platform=$BUILDPLATFORM a\nCOPY --chown='a b' --link --from=\"x\" -- --y z\nRUN --mount=type=cache,target=/é x\n",
    ),
    ("flags_end", "FROM a\nCOPY a --chown=x b\nRUN -- --mount=x y\n"),
    (
        "json",
        "FROM a\nCMD [\"a\", \"b\\u00e9\"]\nCOPY [\"a b\", \"/c d/\"]\nRUN [ -f x ] && y\nCMD [\"a\",]\nRUN []\n",
    ),
    ("json_over_lines", "FROM a\nENTRYPOINT [\"a\", \\\n  # why\n  \"b\"]\n"),
    ("json_not_only_strings", "FROM a\nCMD [\"a\", 1]\n"),
    ("env_new", "FROM a\nENV a=b \"c d\"=\"e f\" g='h i' j=\\ k l=\n"),
    ("env_old", "FROM a\nENV a b  c=d\nLABEL \"a b\" c\n"),
    ("env_broken", "FROM a\nENV a=b c\nENV x\n"),
    ("arg", "ARG a=1 b\nFROM a\nARG \"q=w e\" c=\n"),
    (
        "healthcheck",
        "FROM a\nHEALTHCHECK --interval=5s cmd curl x || exit 1\nHEALTHCHECK NONE\nHEALTHCHECK CMD [\"a\"]\nHEALTHCHECK\n",
    ),
    ("onbuild", "FROM a\nONBUILD RUN x <<E\ny\nE\nONBUILD COPY --from=b c d\nONBUILD\n"),
    ("heredoc_run", "FROM a\nRUN <<EOF\n  x # y\n\nEOF\nRUN z\n"),
    ("heredoc_quoted_and_chomped", "FROM a\nRUN <<-\"E F\" cat\n\tx\n\tE F\nRUN 3<<'A' <<B\n1\nA\n2\nB\n"),
    ("heredoc_copy", "FROM a\nCOPY <<a.txt <<b.txt /d/\n1\na.txt\n2\nb.txt\n"),
    ("heredoc_after_blank", "FROM a\nRUN cat << EOF\nx\nEOF\n"),
    (
        "no_heredocs",
        "FROM a\nRUN cat<<EOF\nRUN x <<< y\nRUN it's <<EOF\nRUN [\"<<E\"]\nCMD <<E\nRUN <<\"\"\n",
    ),
    ("heredoc_unterminated", "FROM a\nRUN <<EOF\nx\n EOF\n"),
    ("unknown", "FROM a\nFOO bar\n\"RUN\" x\n"),
];

#[test]
fn trees() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/parse"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for (name, text) in CASES {
        let source = Source::new("Dockerfile", text).expect("a small text");
        settings.set_description(text.escape_debug().to_string());
        settings.bind(|| insta::assert_snapshot!(*name, Document::parse(&source).dump()));
    }
}
