use super::USE_WORKDIR;
use crate::transforms::testing::{check, held_back, same};

#[test]
fn the_next_absolute_workdir_ends_it() {
    check(
        &USE_WORKDIR,
        "FROM a\r\n# c\r\nRUN cd /b && make \\\r\n# d\r\n && make e\r\nENV X=y\r\nCOPY f /f\r\nWORKDIR /g\r\n",
        "FROM a\r\nWORKDIR /b\r\n# c\r\nRUN make \\\r\n# d\r\n && make e\r\nENV X=y\r\nCOPY f /f\r\nWORKDIR /g\r\n",
    );
}

#[test]
fn a_folder_that_matters_is_restored() {
    check(
        &USE_WORKDIR,
        "FROM alpine:3.22\nRUN cd /b && make\nRUN make\n",
        "FROM alpine:3.22\nWORKDIR /b\nRUN make\nWORKDIR /\nRUN make\n",
    );
    check(
        &USE_WORKDIR,
        "FROM a\nWORKDIR /x\nRUN --network=none cd b/.. && make\n",
        "FROM a\nWORKDIR /x\nRUN --network=none make\n",
    );
    check(
        &USE_WORKDIR,
        "FROM a\nWORKDIR /x\nRUN cd b && make\nCOPY c .",
        "FROM a\nWORKDIR /x\nWORKDIR /x/b\nRUN make\nWORKDIR /x\nCOPY c .",
    );
}

#[test]
fn one_after_the_other_needs_no_restoring_between() {
    check(
        &USE_WORKDIR,
        "FROM alpine:3.22\nRUN cd /b && make\nRUN cd /c && make\nCMD [\"d\"]\n",
        "FROM alpine:3.22\nWORKDIR /b\nRUN make\nWORKDIR /c\nRUN make\nWORKDIR /\nCMD [\"d\"]\n",
    );
}

#[test]
fn a_folder_that_is_not_known_cannot_be_restored() {
    held_back(&USE_WORKDIR, &[], "FROM example.com/a:1\nRUN cd /b && make\n", &["WD1"]);
    held_back(&USE_WORKDIR, &[], "FROM a\nARG X\nWORKDIR /$X\nRUN cd /b && make\n", &["WD1"]);
}

#[test]
fn several_go_in_one_turn() {
    check(
        &USE_WORKDIR,
        "FROM a\nRUN cd /b && cd c && cd ../d && make && cd /e\nWORKDIR /\n",
        "FROM a\nWORKDIR /b/d\nRUN make && cd /e\nWORKDIR /\n",
    );
}

#[test]
fn a_folder_that_the_next_run_counts_on_is_restored() {
    check(
        &USE_WORKDIR,
        "FROM a\nWORKDIR /x\nRUN cd /b && make\nRUN cd /x && make\n",
        "FROM a\nWORKDIR /x\nWORKDIR /b\nRUN make\nWORKDIR /x\nRUN make\n",
    );
    check(
        &USE_WORKDIR,
        "FROM a\nWORKDIR /x\nRUN cd /b && make\n# dockfix: off\nRUN cd /c && make\n# dockfix: on\n",
        "FROM a\nWORKDIR /x\nWORKDIR /b\nRUN make\nWORKDIR /x\n# dockfix: off\nRUN cd /c && make\n# dockfix: on\n",
    );
}

#[test]
fn links_are_not_proven() {
    held_back(&USE_WORKDIR, &[], "FROM a\nRUN ln -s /b-1 /b\nRUN cd /b/c && make\nWORKDIR /\n", &["WD3"]);
    held_back(&USE_WORKDIR, &[], "FROM a\nRUN cd /var/run/b && make\nWORKDIR /\n", &["WD3"]);
    for link in
        ["ln -s b-1 b", "cd / && ln -s b-1 b", "ln -s /x/b/ .", "(ln\t-s b-1 'b')", "/bin/ln -s b-1 b"]
    {
        held_back(
            &USE_WORKDIR,
            &[],
            &format!("FROM a\nRUN true; {link}\nRUN cd /b/c && make\nWORKDIR /\n"),
            &["WD3"],
        );
    }
}

#[test]
fn a_cd_above_makes_no_link() {
    // Else a second run would find the next one, once the first `cd` is gone.
    check(
        &USE_WORKDIR,
        "FROM a\nWORKDIR /x\nRUN cd /b && ln -s /b/c /bin/c\nRUN cd /b && make\n",
        "FROM a\nWORKDIR /x\nWORKDIR /b\nRUN ln -s /b/c /bin/c\nWORKDIR /b\nRUN make\nWORKDIR /x\n",
    );
}

#[test]
fn a_comment_behind_the_cd_is_in_the_way() {
    held_back(&USE_WORKDIR, &[], "FROM a\nRUN cd /b && \\\n# c\n make\nWORKDIR /\n", &["comment"]);
}

#[test]
fn only_a_cd_that_must_succeed_counts() {
    for script in [
        "cd /b; make",
        "cd /b && make; make",
        "cd /b && make || true",
        "make && cd /b",
        "cd /b",
        "(cd /b && make)",
        "cd $B && make",
        "cd \"/b c\" && make",
        "cd - && make",
        "cd /b && make && cd - && make",
        "cd /b && make # c",
        "cd -P /b && make",
        "A=b cd /b && make",
        "! cd /b && make",
    ] {
        same(&USE_WORKDIR, &format!("FROM a\nRUN {script}\nWORKDIR /\n"));
    }
    same(&USE_WORKDIR, "FROM a\nRUN --mount=type=bind,target=/b cd /b/c && make\nWORKDIR /\n");
    same(&USE_WORKDIR, "FROM a\nONBUILD RUN cd /b && make\n");
    same(&USE_WORKDIR, "FROM a\nRUN <<E\ncd /b && make\nE\nRUN [\"cd\", \"/b\"]\n");
    same(&USE_WORKDIR, "# escape=`\nFROM a\nRUN cd /b && make\nWORKDIR /\n");
    same(&USE_WORKDIR, "FROM a\n# hadolint ignore=DL3003\nRUN cd /b && make\nWORKDIR /\n");
}
