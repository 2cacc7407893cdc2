//! What a user is told about bad input, side by side with BuildKit's own message.
//!
//! One row for each kind, stored under `snapshots/refusals` by what the row is about. BuildKit's messages stand in
//! the table below; with `DOCKFIX_BUILDKIT` set they are asked for again and compared.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/snapshots.rs"]
mod snapshots;

use std::fmt::Write;

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite};
use dockfix::source::Source;
use serde_json::Value;

/// What the rows are about; for each row the text and BuildKit's message.
#[rustfmt::skip]
const KINDS: &[(&str, &[(&str, &str)])] = &[
    ("files", &[
        ("", "file with no instructions"),
        ("# only a comment\n", "file with no instructions"),
        ("ARG VERSION=1\n", "dockerfile contains no stages to build"),
        ("RUN make\nFROM a\n", "no build stage in current context"),
        ("RUN make\n", "no build stage in current context"),
        ("FROM a\nRUN LONGLINE\n", "dockerfile line greater than max allowed size of 65535"),
        ("FROM a\r# old line ends\rRUN make\r", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
    ]),
    ("directives", &[
        ("# escape=/\nFROM a\n", "invalid escape token '/' does not match ` or \\"),
        ("# escape=`\n# escape=`\nFROM a\n", "only one escape parser directive can be used"),
        ("# check=skipp=all\nFROM a\n", "failed to parse check options: invalid check option \"skipp\""),
        ("# check=error=maybe\nFROM a\n", "failed to parse check options: failed to parse check option \"error=maybe\": strconv.ParseBool: parsing \"maybe\": invalid syntax"),
    ]),
    ("keywords", &[
        ("FROM a\nRUNN make\n", "dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"),
        ("FROM a\nRUN apt-get install \\\n  curl\n  git\n", "dockerfile parse error on line 4: unknown instruction: git"),
        ("FROM a\n<<<<<<< HEAD\n", "dockerfile parse error on line 2: unknown instruction: <<<<<<<"),
        ("FROM a\nRUN\u{a0}make\n", "dockerfile parse error on line 2: unknown instruction: RUN\u{a0}make"),
        ("FROM a\n\u{feff}RUN make\n", "dockerfile parse error on line 2: unknown instruction: \u{feff}RUN (did you mean RUN?)"),
        ("FROM a\n\\\n", "dockerfile parse error on line 2: unknown instruction: "),
    ]),
    ("flags", &[
        ("FROM a\nCOPY --form=b /x /y\n", "dockerfile parse error on line 2: unknown flag: --form (did you mean from?)"),
        ("FROM a\nCOPY --Chown=1 x y\n", "dockerfile parse error on line 2: unknown flag: --Chown (did you mean chown?)"),
        ("FROM a\nCOPY --recursive x y\n", "dockerfile parse error on line 2: unknown flag: --recursive"),
        ("FROM a\nWORKDIR --create /app\n", "dockerfile parse error on line 2: unknown flag: --create"),
        ("FROM a\nRUN --rm make\n", "dockerfile parse error on line 2: unknown flag: --rm"),
        ("FROM a\nCOPY --chown 1000 x y\n", "dockerfile parse error on line 2: missing a value on flag: --chown"),
        ("FROM a\nCOPY --link=yes x y\n", "dockerfile parse error on line 2: expecting boolean value for flag --link, not: yes"),
        ("FROM a\nCOPY --from=b --from=c x y\n", "dockerfile parse error on line 2: duplicate flag specified: --from"),
        ("FROM a\nCOPY --chown='1000 x y\n", "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined"),
    ]),
    ("arguments", &[
        ("FROM a b\n", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        ("FROM a # the base\n", "dockerfile parse error on line 1: FROM requires either one or three arguments"),
        ("FROM a AS 1st\n", "dockerfile parse error on line 1: invalid name for build stage: \"1st\", name can't start with a number or contain symbols"),
        ("FROM a AS $NAME\n", "dockerfile parse error on line 1: invalid name for build stage: \"$NAME\", name can't start with a number or contain symbols"),
        ("FROM a\nCOPY x\n", "dockerfile parse error on line 2: COPY requires at least two arguments, but only one was provided. Destination could not be determined"),
        ("FROM a\nADD [\"x\"]\n", "dockerfile parse error on line 2: ADD requires at least two arguments, but only one was provided. Destination could not be determined"),
        ("FROM a\nUSER\n", "dockerfile parse error on line 2: USER requires exactly one argument"),
        ("FROM a\nEXPOSE\n", "dockerfile parse error on line 2: EXPOSE requires at least one argument"),
        ("FROM a\nVOLUME []\n", "dockerfile parse error on line 2: VOLUME requires at least one argument"),
        ("FROM a\nVOLUME [\"/a\", \"\"]\n", "dockerfile parse error on line 2: VOLUME specified can not be an empty string"),
        ("FROM a\nSHELL bash -c\n", "dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form"),
        ("FROM a\nSHELL ['bash', '-c']\n", "dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form"),
        ("FROM a\nONBUILD FROM b\n", "dockerfile parse error on line 2: FROM isn't allowed as an ONBUILD trigger"),
        ("FROM a\nONBUILD ONBUILD RUN make\n", "dockerfile parse error on line 2: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
    ]),
    ("pairs", &[
        ("FROM a\nENV\n", "dockerfile parse error on line 2: ENV requires at least one argument"),
        ("FROM a\nENV NAME\n", "ENV must have two arguments"),
        ("FROM a\nENV A=1 B\n", "Syntax error - can't find = in \"B\". Must be of the form: name=value"),
        ("FROM a\nARG A = 1\n", "dockerfile parse error on line 2: ARG names can not be blank"),
        ("FROM a\nENV =1\n", "dockerfile parse error on line 2: ENV names can not be blank"),
        ("FROM a\nLABEL maintainer\n", "LABEL must have two arguments"),
        ("FROM a\nARG\n", "dockerfile parse error on line 2: ARG requires at least one argument"),
        ("FROM a\nARG =1\n", "dockerfile parse error on line 2: ARG names can not be blank"),
    ]),
    ("health", &[
        ("FROM a\nHEALTHCHECK curl localhost\n", "dockerfile parse error on line 2: Unknown type \"CURL\" in HEALTHCHECK (try CMD)"),
        ("FROM a\nHEALTHCHECK CMD\n", "dockerfile parse error on line 2: Missing command after HEALTHCHECK CMD"),
        ("FROM a\nHEALTHCHECK NONE now\n", "dockerfile parse error on line 2: HEALTHCHECK NONE takes no arguments"),
        ("FROM a\nHEALTHCHECK --interval=30 CMD x\n", "dockerfile parse error on line 2: time: missing unit in duration \"30\""),
        ("FROM a\nHEALTHCHECK --interval=30sec CMD x\n", "dockerfile parse error on line 2: time: unknown unit \"sec\" in duration \"30sec\""),
        ("FROM a\nHEALTHCHECK --timeout=1us CMD x\n", "dockerfile parse error on line 2: Interval \"timeout\" cannot be less than 1ms"),
        ("FROM a\nHEALTHCHECK --retries=many CMD x\n", "dockerfile parse error on line 2: strconv.ParseInt: parsing \"many\": invalid syntax"),
        ("FROM a\nHEALTHCHECK --retries=-1 CMD x\n", "dockerfile parse error on line 2: --retries cannot be negative (-1)"),
    ]),
    ("mounts", &[
        ("FROM a\nRUN --mount=type=cache,target=\\\"/x\\\" y\n", "dockerfile parse error on line 2: failed to parse csv mounts: parse error on line 1, column 19: bare \" in non-quoted-field"),
        ("FROM a\nRUN --mount= x\n", "dockerfile parse error on line 2: failed to parse csv mounts: EOF"),
        ("FROM a\nRUN --mount=type=bind,from=$BASE,target=/x y\n", "dockerfile parse error on line 2: 'from' doesn't support variable expansion, define alias stage instead"),
        ("FROM a\nRUN --network=bridge x\n", "dockerfile parse error on line 2: invalid network mode \"bridge\""),
        ("FROM a\nRUN --network=Host x\n", "dockerfile parse error on line 2: invalid network mode \"Host\""),
        ("FROM a\nRUN --security=$MODE x\n", "dockerfile parse error on line 2: security \"$MODE\" is not valid"),
    ]),
    ("heredocs", &[
        ("FROM a\nRUN <<EOF\nmake\n EOF\n", "unterminated heredoc"),
        ("FROM a\nCOPY x <<EOF\ny\nEOF\n", "dockerfile parse error on line 2: COPY cannot accept a heredoc as a destination"),
        ("FROM a\nRUN <<A cat <<B\n1\nA\n", "unterminated heredoc"),
    ]),
];

/// The text of a row; one is too long to stand there.
fn text(row: &str) -> String {
    row.replace("LONGLINE", &"x".repeat(70_000))
}

/// What the program says about a text, one line for each error.
fn said(text: &str) -> Vec<String> {
    let source = Source::new("Dockerfile", text).expect("a small text");
    let dockerfile = Dockerfile { source, path: None, options: Options::default(), builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    let file = rewrite(&context).files.remove(0);
    file.faults.iter().map(|fault| format!("{}: {}", fault.place, fault.message)).collect()
}

#[test]
fn every_kind_of_bad_input_is_explained() {
    let count: usize = KINDS.iter().map(|(_, rows)| rows.len()).sum();
    assert!(count >= 60, "only {count} kinds");
    for (what, rows) in KINDS {
        let mut shown = String::new();
        for (row, theirs) in *rows {
            let said = said(&text(row));
            assert!(!said.is_empty(), "{row:?} is accepted");
            let _ = writeln!(shown, "{}\n  BuildKit  {theirs}", row.escape_debug());
            for line in said {
                let _ = writeln!(shown, "  dockfix   {line}");
            }
        }
        snapshots::settings("refusals").bind(|| insta::assert_snapshot!(*what, shown));
    }
}

#[test]
fn messages_of_buildkit_are_what_it_says_now() {
    let Some(program) = buildkit::program("messages_of_buildkit_are_what_it_says_now") else { return };
    let rows: Vec<&(&str, &str)> = KINDS.iter().flat_map(|(_, rows)| *rows).collect();
    let texts: Vec<String> = rows.iter().map(|(row, _)| text(row)).collect();
    for ((row, expected), answer) in rows.iter().zip(buildkit::ask(&program, "typed", &texts)) {
        assert_eq!(answer["ok"], Value::Bool(false), "{row:?} is accepted");
        assert_eq!(answer["error"], Value::from(*expected), "{row:?}");
    }
}
