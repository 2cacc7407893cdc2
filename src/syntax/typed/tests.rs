//! Each rule on its smallest input: what is marked, what is said, what is advised.

use super::super::Document;
use crate::source::Source;

fn parse(text: &str) -> Document {
    Document::parse(&Source::new("Dockerfile", text).unwrap())
}

/// The errors of a text, each as `marked text: message; help`.
#[track_caller]
fn check_file(text: &str, expected: &[&str]) {
    let document = parse(text);
    let shown = document.errors.iter().map(|error| {
        let help = error.help.as_deref().unwrap_or_default();
        format!("{}: {}; {help}", error.span.of(text), error.message)
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected, "{text}");
}

/// The same for one line in a stage.
#[track_caller]
fn check(line: &str, expected: &[&str]) {
    check_file(&format!("FROM a\n{line}\n"), expected);
}

#[test]
fn flags_are_known_or_refused() {
    check(
        "COPY --fron=x a b",
        &["--fron: unknown flag: --fron (did you mean from?); did you mean `--from`?"],
    );
    check(
        "COPY --From=x a b",
        &["--From: unknown flag: --From (did you mean from?); did you mean `--from`?"],
    );
    check(
        "COPY --CHOWN=x a b",
        &["--CHOWN: unknown flag: --CHOWN; write `--chown`: names of flags are lower case"],
    );
    check(
        "COPY --recursive a b",
        &[
            "--recursive: unknown flag: --recursive; `COPY` takes `--chmod`, `--chown`, `--exclude`, `--from`, `--link` and `--parents`",
        ],
    );
    check(
        "RUN --user=x y",
        &["--user: unknown flag: --user; if it belongs to the command, write `--` after `RUN`"],
    );
    check("WORKDIR --x /a", &["--x: unknown flag: --x; `WORKDIR` takes no flags"]);
    check("RUN -- --user=x y", &[]);
    check("COPY a --chown=x b", &[]);
}

#[test]
fn flags_take_what_their_kind_takes() {
    check(
        "COPY --chmod 755 a b",
        &["--chmod: missing a value on flag: --chmod; write `--chmod=755`, without a blank"],
    );
    check("COPY --link= a b", &["--link: missing a value on flag: --link; write `--link` or `--link=true`"]);
    check(
        "COPY --link=1 a b",
        &["1: expecting boolean value for flag --link, not: 1; write `true` or `false`"],
    );
    check("COPY --link=True --from= a b", &[]);
    check("COPY --from=x --from=y a b", &["--from: duplicate flag specified: --from; keep one of them"]);
    check("COPY --exclude=x --exclude=y a b", &[]);
    check(
        "COPY --'lin'k=1 a b",
        &["--'lin'k=1: expecting boolean value for flag --link, not: 1; write `true` or `false`"],
    );
}

#[test]
fn some_instructions_never_look_at_flags() {
    check("ARG --x y", &[]);
    check("STOPSIGNAL --x y", &[]);
    check("HEALTHCHECK --x NONE", &[]);
    check("ONBUILD RUN --x y", &[]);
    check("ONBUILD FOO", &[]);
    check("ONBUILD --x RUN y", &["--x: unknown flag: --x; `ONBUILD` takes no flags"]);
}

#[test]
fn every_error_of_an_instruction_is_found() {
    check(
        "COPY --foo --link=2 a",
        &[
            "a: COPY requires at least two arguments, but only one was provided. Destination could not be determined; write the sources and then the destination: `COPY a ./`",
            "--foo: unknown flag: --foo (did you mean from?); did you mean `--from`?",
            "2: expecting boolean value for flag --link, not: 2; write `true` or `false`",
        ],
    );
}

#[test]
fn errors_without_end_are_cut_off() {
    assert_eq!(parse(&("FROM a\n".to_owned() + &"FOO\n".repeat(1000))).errors.len(), 100);
    assert_eq!(parse(&format!("FROM a\nRUN {}", "--x ".repeat(1000))).errors.len(), 100);
}

#[test]
fn instructions_want_arguments() {
    for (line, message) in [
        ("USER", "USER requires exactly one argument"),
        ("WORKDIR --", "WORKDIR requires exactly one argument"),
        ("MAINTAINER", "MAINTAINER requires exactly one argument"),
        ("STOPSIGNAL", "STOPSIGNAL requires exactly one argument"),
        ("EXPOSE", "EXPOSE requires at least one argument"),
        ("VOLUME []", "VOLUME requires at least one argument"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ARG", "ARG requires at least one argument"),
        ("ENV", "ENV requires at least one argument"),
        ("LABEL", "LABEL requires at least one argument"),
        ("SHELL []", "SHELL requires at least one argument"),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("FROM", "FROM requires either one or three arguments"),
    ] {
        let text = format!("FROM a\n{line}\n");
        let errors = parse(&text).errors;
        assert_eq!(errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>(), [message]);
        assert_eq!(errors[0].span.of(&text), line.split(' ').next().unwrap());
    }
    for line in ["RUN", "CMD", "ENTRYPOINT", "RUN []", "CMD []"] {
        check(line, &[]);
    }
}

#[test]
fn from_names_an_image_and_perhaps_a_stage() {
    check(
        "FROM a b",
        &["a b: FROM requires either one or three arguments; write `FROM image` or `FROM image AS name`"],
    );
    check(
        "FROM a # b",
        &[
            "# b: FROM requires either one or three arguments; a comment needs a line of its own: move it above",
        ],
    );
    check(
        "FROM a AS 1b",
        &[
            "1b: invalid name for build stage: \"1b\", name can't start with a number or contain symbols; begin with a letter, go on with letters, digits, `-`, `_` and `.`",
        ],
    );
    check(
        "FROM a AS $B",
        &[
            "$B: invalid name for build stage: \"$B\", name can't start with a number or contain symbols; variables are not expanded in the name of a stage; write a fixed one",
        ],
    );
    check("FROM a a\u{17f} \u{212a}-1_.X", &[]);
}

#[test]
fn only_arg_stands_before_from() {
    check_file(
        "ARG A\nRUN x\nCMD y\nFROM a\n",
        &[
            "RUN: no build stage in current context; only `ARG` may stand before the first `FROM`; move `RUN` below it",
        ],
    );
    check_file(
        "RUN x\n",
        &["RUN: no build stage in current context; begin the file with `FROM` and an image"],
    );
    check_file(
        "ROM a\nRUN x\n",
        &["ROM: unknown instruction: ROM (did you mean FROM?); did you mean `FROM`?"],
    );
    check_file("ARG A\n", &[": dockerfile contains no stages to build; add `FROM` and an image"]);
}

#[test]
fn unknown_instructions_are_explained() {
    check("rnu x", &["rnu: unknown instruction: rnu (did you mean run?); did you mean `run`?"]);
    check("Rnu x", &["Rnu: unknown instruction: Rnu (did you mean run?); did you mean `run`?"]);
    check(
        "php-apcu",
        &[
            "php-apcu: unknown instruction: php-apcu; if it belongs to the instruction above, end the line above with the escape character",
        ],
    );
    check("<<<<<<< HEAD", &["<<<<<<<: unknown instruction: <<<<<<<; resolve the merge conflict"]);
    check(
        "RUN\u{a0}x",
        &[
            "RUN\u{a0}x: unknown instruction: RUN\u{a0}x (did you mean run?); the blank after the keyword is not a plain one (a no-break space, perhaps); type it again",
        ],
    );
}

#[test]
fn what_cannot_be_seen_is_named() {
    let typed = "an invisible character stands in the keyword: type it again";
    check(
        "\u{feff}RUN x",
        &[&format!("\u{feff}RUN: unknown instruction: \u{feff}RUN (did you mean RUN?); {typed}")],
    );
    check_file(
        "FROM a\rRUN x",
        &[
            "a\rRUN x: FROM requires either one or three arguments; a carriage return alone ends no line: save the file with plain line ends",
        ],
    );
    check("\\", &[": unknown instruction: ; the line holds nothing but a continuation: remove it"]);
}

#[test]
fn names_of_pairs_are_not_blank() {
    check("ENV =x", &["=: ENV names can not be blank; write a name before the `=`"]);
    check("ARG a = b", &["=: ARG names can not be blank; write the name and `=` without a blank between"]);
    check("LABEL \"\"=x", &[]);
}

#[test]
fn an_open_quote_in_a_flag_is_named() {
    check(
        "COPY --chown='a x y",
        &[
            "--chown='a x y: COPY requires at least two arguments, but only one was provided. Destination could not be determined; close the quote in the flag: it takes in all that follows",
        ],
    );
}

#[test]
fn copy_wants_a_destination_that_is_no_heredoc() {
    check(
        "COPY /a <<E\nE",
        &[
            "<<E: COPY cannot accept a heredoc as a destination; write the destination after it: `COPY <<E /path`",
        ],
    );
    check(
        "ADD [\"a\"]",
        &[
            "\"a\": ADD requires at least two arguments, but only one was provided. Destination could not be determined; write the sources and then the destination: `ADD a ./`",
        ],
    );
}

#[test]
fn health_checks_have_a_type_and_times() {
    check(
        "HEALTHCHECK NONE x",
        &["x: HEALTHCHECK NONE takes no arguments; drop the command, or write `HEALTHCHECK CMD` before it"],
    );
    check(
        "HEALTHCHECK curl x",
        &["curl: Unknown type \"CURL\" in HEALTHCHECK (try CMD); write `CMD` before the command"],
    );
    check(
        "HEALTHCHECK CMD []",
        &["CMD: Missing command after HEALTHCHECK CMD; write the command that tells whether it is well"],
    );
    check(
        "HEALTHCHECK --interval 5s CMD x",
        &["--interval: missing a value on flag: --interval; write `--interval=5s`, without a blank"],
    );
    let times = "write a number and a unit, at least 1ms: `30s`, `1m30s`, `500ms`";
    check(
        "HEALTHCHECK --timeout=5 --interval=1us CMD x",
        &[
            &format!("1us: Interval \"interval\" cannot be less than 1ms; {times}"),
            &format!("5: time: missing unit in duration \"5\"; {times}"),
        ],
    );
    check(
        "HEALTHCHECK --retries=-1 CMD x",
        &["-1: --retries cannot be negative (-1); write a whole number: `--retries=3`"],
    );
    check("HEALTHCHECK --retries= --interval=0 --timeout= none", &[]);
}

#[test]
fn onbuild_refuses_some_triggers() {
    check(
        "ONBUILD FROM\u{a0} x",
        &[
            "FROM\u{a0}: FROM isn't allowed as an ONBUILD trigger; an image can leave only instructions that add to a stage",
        ],
    );
    check(
        "ONBUILD onbuild RUN x",
        &["onbuild: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed; drop one of the two"],
    );
    check(
        "ONBUILD from x",
        &[
            "from: FROM isn't allowed as an ONBUILD trigger; an image can leave only instructions that add to a stage",
        ],
    );
}

#[test]
fn shell_is_a_json_array() {
    check(
        "SHELL ['powershell', '-command']",
        &[
            "['powershell', '-command']: SHELL requires the arguments to be in JSON form; write a JSON array, strings in double quotes: `SHELL [\"powershell\", \"-command\"]`",
        ],
    );
}

#[test]
fn volumes_are_not_empty() {
    check(
        "VOLUME [\"/a\", \" \"]",
        &["\" \": VOLUME specified can not be an empty string; write a folder, or drop the entry"],
    );
}

#[test]
fn run_flags_have_values_that_exist() {
    check("RUN --network=Host x", &["Host: invalid network mode \"Host\"; did you mean `host`?"]);
    check(
        "RUN --network=bridge x",
        &["bridge: invalid network mode \"bridge\"; it can be `default`, `host` and `none`"],
    );
    check("RUN --security=$S x", &["$S: security \"$S\" is not valid; variables are not expanded here"]);
    check(
        "RUN --mount=type=bind,from=a$B x",
        &[
            "type=bind,from=a$B: 'from' doesn't support variable expansion, define alias stage instead; add `FROM <image> AS <name>` above, where variables work, and write `from=<name>`",
        ],
    );
    check("RUN --mount=from=a$,type=nonsense x", &[]);
    check(
        "RUN --mount= x",
        &[
            "--mount=: failed to parse csv mounts: EOF; write `key=value` pairs with commas between: `type=cache,target=/root/.cache`",
        ],
    );
}

#[test]
fn an_error_over_several_lines_is_marked_whole() {
    check(
        "COPY --lin\\\nkk a b",
        &["--lin\\\nkk: unknown flag: --linkk (did you mean link?); did you mean `--link`?"],
    );
}
