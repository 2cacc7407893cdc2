use super::SET_PIPEFAIL;
use crate::config::Options;
use crate::transforms::testing::{check, held_back, outcome, same};

const ASH: &str = "SHELL [\"/bin/ash\", \"-o\", \"pipefail\", \"-c\"]";

#[test]
fn it_stands_above_the_first_pipe_and_its_comments() {
    check(
        &SET_PIPEFAIL,
        "FROM alpine:3.22\r\nRUN x\r\n# c\r\nRUN A=$(echo b | cut -c1) && c \\\r\n# d\r\n && e\r\nCMD [\"f\"]\r\n",
        &format!(
            "FROM alpine:3.22\r\nRUN x\r\n{ASH}\r\n# c\r\nRUN A=$(echo b | cut -c1) && c \\\r\n# d\r\n && e\r\nCMD [\"f\"]\r\n"
        ),
    );
}

#[test]
fn a_script_that_says_so_itself_passes() {
    check(
        &SET_PIPEFAIL,
        "FROM alpine:3.22\nRUN set -eo pipefail; curl x | tar x\n",
        &format!("FROM alpine:3.22\n{ASH}\nRUN set -eo pipefail; curl x | tar x\n"),
    );
}

#[test]
fn pipes_that_may_fail_wait() {
    for script in [
        "curl x | tar x",
        "yes | x",
        "cat a | head",
        "(echo a) | tee b",
        "$X | tee b",
        "echo a | tee b; c | d",
    ] {
        held_back(&SET_PIPEFAIL, &[], &format!("FROM alpine:3.22\nRUN {script}\n"), &["PL2"]);
    }
    // A heredoc is not looked into.
    held_back(&SET_PIPEFAIL, &[], "FROM alpine:3.22\nRUN echo a | tee b\nRUN <<E\nc | d\nE\n", &["PL2"]);
}

#[test]
fn dash_has_no_pipefail() {
    held_back(&SET_PIPEFAIL, &[], "FROM debian:12\nRUN echo a | tee b\n", &["PL3"]);
    let options = Options { unproven: true, ..Options::default() };
    let text = "FROM debian:12\nRUN curl x | tar x\n";
    let file = outcome(&SET_PIPEFAIL, &[], text, &options).files.remove(0);
    assert_eq!(
        file.after.text(),
        "FROM debian:12\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN curl x | tar x\n"
    );
    // What the two shells read differently is out of reach even so.
    for script in ["echo 'a\\nb' | tee c", "mkdir /{a,b} && echo a | tee c", "x &> y && echo a | tee c"] {
        let text = format!("FROM debian:12\nRUN {script}\n");
        let file = outcome(&SET_PIPEFAIL, &[], &text, &options).files.remove(0);
        assert_eq!(file.after.text(), text);
        assert!(!file.held_back[0].available, "{script}");
    }
}

#[test]
fn an_image_that_is_not_known_may_have_no_such_shell() {
    held_back(&SET_PIPEFAIL, &[], "FROM example.com/a:1\nRUN echo a | tee b\n", &["PL1"]);
    held_back(
        &SET_PIPEFAIL,
        &[],
        "FROM busybox:1.36\nRUN x\nFROM gcr.io/distroless/static\nRUN echo a | tee b\n",
        &["PL1"],
    );
}

#[test]
fn what_starts_by_a_shell_would_start_by_this_one() {
    held_back(&SET_PIPEFAIL, &[], "FROM alpine:3.22\nRUN echo a | tee b\nCMD c\n", &["PL4"]);
    held_back(&SET_PIPEFAIL, &[], "FROM alpine:3.22\nRUN echo a | tee b\nHEALTHCHECK CMD c\n", &["PL4"]);
}

#[test]
fn a_shell_that_is_chosen_stays() {
    same(&SET_PIPEFAIL, "FROM alpine:3.22\nSHELL [\"/bin/ash\", \"-c\"]\nRUN echo a | tee b\n");
    same(
        &SET_PIPEFAIL,
        "FROM alpine:3.22\nRUN [\"a\", \"|\", \"b\"]\nONBUILD RUN a | b\nRUN a || b\nRUN echo 'a | b'\n",
    );
    same(&SET_PIPEFAIL, "# escape=`\nFROM alpine:3.22\nRUN echo a | tee b\n");
    same(&SET_PIPEFAIL, "FROM alpine:3.22\n# hadolint ignore=DL4006\nRUN echo a | tee b\n");
}

#[test]
fn a_stage_says_again_what_the_stage_below_chose() {
    let below = format!("FROM example.com/a:1 AS b\n{ASH}\nRUN x\nFROM b\n");
    check(&SET_PIPEFAIL, &format!("{below}RUN c | d\nCMD e\n"), &format!("{below}{ASH}\nRUN c | d\nCMD e\n"));
}
