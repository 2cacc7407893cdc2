use super::MERGE_RUNS;
use crate::config::Options;
use crate::transforms::testing::{check, held_back, outcome, same};

#[track_caller]
fn unproven(before: &str, after: &str) {
    let options = Options { unproven: true, ..Options::default() };
    let file = outcome(&MERGE_RUNS, &[], before, &options).files.remove(0);
    assert!(file.rejected.is_empty(), "{:?}", file.rejected);
    assert_eq!(file.after.text(), after);
}

#[test]
fn several_become_one() {
    check(
        &MERGE_RUNS,
        "FROM a\r\nRUN mkdir b  \r\n\r\n\r\nrun chmod 1 b \\\r\n && chown 1 b\r\n\r\n# c\r\n\r\n  # d\r\nRUN \\\r\n# e\r\n  rm c; \r\nEXPOSE 1\r\n",
        "FROM a\r\nRUN mkdir b \\\r\n  && chmod 1 b \\\r\n && chown 1 b \\\r\n# c\r\n# d\r\n# e\r\n  && rm c; \r\nEXPOSE 1\r\n",
    );
    check(
        &MERGE_RUNS,
        "FROM a\nRUN apt-get update\nRUN apt-get install -y b\n",
        "FROM a\nRUN apt-get update \\\n    && apt-get install -y b\n",
    );
}

#[test]
fn lists_and_choices_may_come_first() {
    check(&MERGE_RUNS, "FROM a\nRUN rm b; rm c\nRUN rm d\n", "FROM a\nRUN rm b; rm c \\\n    && rm d\n");
    check(&MERGE_RUNS, "FROM a\nRUN rm b || true\nRUN rm d\n", "FROM a\nRUN rm b || true \\\n    && rm d\n");
    // Second, they would run although the first has failed.
    same(&MERGE_RUNS, "FROM a\nRUN rm d\nRUN rm b; rm c\n");
    same(&MERGE_RUNS, "FROM a\nRUN rm d\nRUN rm b || true\n");
}

#[test]
fn what_is_left_to_the_next_shell_keeps_them_apart() {
    for first in [
        "cd /b",
        "A=b",
        "export A=b",
        "set -e",
        "umask 077",
        ". /b",
        "exit 0",
        "exec rm b",
        "rm b &",
        "service b start",
        "/etc/init.d/b start",
        "echo ${A:=b}",
        "rm() { true; }",
        "$A b",
        "trap true EXIT",
        "(set -e; rm b)",
        "rm b # c",
        "rm b;",
        "rm $(`echo \\`echo b\\``)",
    ] {
        same(&MERGE_RUNS, &format!("FROM a\nRUN {first}\nRUN rm c\n"));
    }
    // In a process of its own it ends by itself.
    check(
        &MERGE_RUNS,
        "FROM a\nRUN (cd /b; rm c)\nRUN rm d\n",
        "FROM a\nRUN (cd /b; rm c) \\\n    && rm d\n",
    );
}

#[test]
fn flags_forms_and_shells_keep_them_apart() {
    same(&MERGE_RUNS, "FROM a\nRUN rm b\nRUN --network=none rm c\n");
    same(&MERGE_RUNS, "FROM a\nRUN [\"rm\", \"b\"]\nRUN rm c\n");
    same(&MERGE_RUNS, "FROM a\nRUN <<E\nrm b\nE\nRUN rm c\n");
    same(&MERGE_RUNS, "FROM a\nSHELL [\"/bin/bash\", \"-ec\"]\nRUN rm b\nRUN rm c\n");
    same(&MERGE_RUNS, "FROM a\nSHELL [\"pwsh\", \"-Command\"]\nRUN rm b\nRUN rm c\n");
    same(&MERGE_RUNS, "# escape=`\nFROM a\nRUN rm b\nRUN rm c\n");
    same(&MERGE_RUNS, "FROM a\nONBUILD RUN rm b\nONBUILD RUN rm c\n");
    same(&MERGE_RUNS, "FROM a\nRUN rm b\nUSER 1\nRUN rm c\nFROM a\nRUN rm d\n");
    check(
        &MERGE_RUNS,
        "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN --network=none rm b\nRUN --network=none rm c\n",
        "FROM a\nSHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nRUN --network=none rm b \\\n    && rm c\n",
    );
}

#[test]
fn a_comment_for_one_of_them_keeps_them_apart() {
    same(&MERGE_RUNS, "FROM a\nRUN rm b\n# hadolint ignore=DL3059\nRUN rm c\n");
    same(&MERGE_RUNS, "FROM a\n# hadolint ignore=DL3008\nRUN rm b\nRUN rm c\n");
}

#[test]
fn what_differs_in_kind_waits() {
    held_back(&MERGE_RUNS, &[], "FROM a\nRUN git clone b\nRUN mkdir b\n", &["MR2"]);
    // What cleans up after a package manager has to stand at the end of its RUN.
    same(&MERGE_RUNS, "FROM a\nRUN apt-get update\nRUN mkdir b\n");
    // What needs the lists of a RUN above stays right below it.
    same(&MERGE_RUNS, "FROM a\nRUN gem install b\nRUN apt-get install -y c\n");
    unproven(
        "FROM a\nRUN mkdir b\nRUN apt-get update && apt-get install -y c\n",
        "FROM a\nRUN mkdir b \\\n    && apt-get update && apt-get install -y c\n",
    );
    unproven(
        "FROM a\nRUN mkdir b\nRUN apt-get update && apt-get install -y c\nRUN apt-get install -y d\n",
        "FROM a\nRUN mkdir b \\\n    && apt-get update && apt-get install -y c \\\n    && apt-get install -y d\n",
    );
    // What one join makes alike is judged in the same run.
    unproven(
        "FROM a\nRUN yum update -y\nRUN mkdir b\nRUN yum clean all\n",
        "FROM a\nRUN yum update -y \\\n    && mkdir b \\\n    && yum clean all\n",
    );
    unproven(
        "FROM a\nRUN make\nRUN make install\nRUN rm b\n",
        "FROM a\nRUN make \\\n    && make install \\\n    && rm b\n",
    );
}

#[test]
fn an_install_and_a_build_stay_apart() {
    unproven("FROM a\nRUN npm ci\nRUN npm run build\n", "FROM a\nRUN npm ci\nRUN npm run build\n");
    unproven(
        "FROM a\nRUN npm ci\nRUN rm b\nRUN npm run build\n",
        "FROM a\nRUN npm ci \\\n    && rm b\nRUN npm run build\n",
    );
}

#[test]
fn a_program_that_is_replaced_is_looked_for_again() {
    unproven(
        "FROM a\nRUN pip install -U pip==20\nRUN pip install b\n",
        "FROM a\nRUN pip install -U pip==20\nRUN pip install b\n",
    );
    unproven(
        "FROM a\nRUN pip install c\nRUN pip install b\n",
        "FROM a\nRUN pip install c \\\n    && pip install b\n",
    );
}

#[test]
fn nothing_is_cleaned_in_the_middle() {
    same(&MERGE_RUNS, "FROM a\nRUN yum -y update && yum clean all\nRUN yum install -y b && yum clean all\n");
    check(
        &MERGE_RUNS,
        "FROM a\nRUN yum install -y b\nRUN yum clean all\n",
        "FROM a\nRUN yum install -y b \\\n    && yum clean all\n",
    );
}

#[test]
fn the_style_of_the_file_is_kept() {
    check(
        &MERGE_RUNS,
        "FROM a\nRUN mkdir b && \\\n\tmkdir c\nRUN rm d\n",
        "FROM a\nRUN mkdir b && \\\n\tmkdir c && \\\n\trm d\n",
    );
}
