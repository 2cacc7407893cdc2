use super::{LOWERCASE_STAGE_NAMES, RENAME_DUPLICATE_STAGES, RENAME_RESERVED_STAGES};
use crate::config::Options;
use crate::transforms::testing::{check, held_back, run_built, same};

#[test]
fn references_in_copies_and_mounts_follow() {
    check(
        &LOWERCASE_STAGE_NAMES,
        "FROM a AS Go\r\n# Go\r\nFROM b\r\nCOPY --chown=1 --from=GO \\\r\n  /x /Go\r\n\
         RUN --mount=type=bind,from=Go,target=/Go --mount=from=go,target=/y z Go\r\n",
        "FROM a AS go\r\n# Go\r\nFROM b\r\nCOPY --chown=1 --from=go \\\r\n  /x /Go\r\n\
         RUN --mount=type=bind,from=go,target=/Go --mount=from=go,target=/y z Go\r\n",
    );
}

#[test]
fn a_name_in_quotes_is_left_alone() {
    same(&LOWERCASE_STAGE_NAMES, "FROM a AS Go\nFROM b\nRUN --mount=\"from=Go\",target=/x y\n");
}

#[test]
fn numbers_and_images_are_no_names() {
    check(
        &LOWERCASE_STAGE_NAMES,
        "FROM a AS Go\nFROM b\nCOPY --from=0 /x /x\nCOPY --from=golang /y /y\n",
        "FROM a AS go\nFROM b\nCOPY --from=0 /x /x\nCOPY --from=golang /y /y\n",
    );
}

#[test]
fn each_earlier_one_gets_a_number() {
    check(
        &RENAME_DUPLICATE_STAGES,
        "FROM a AS x\nFROM b AS X\nFROM c AS x-1\nFROM d AS x\n",
        "FROM a AS x-2\nFROM b AS x-3\nFROM c AS x-1\nFROM d AS x\n",
    );
}

#[test]
fn a_variable_that_names_the_stage_holds_back() {
    let text = "ARG B=x\nFROM a AS x\nFROM ${B} AS y\nFROM c AS x\n";
    held_back(&RENAME_DUPLICATE_STAGES, &[], text, &["ST1"]);
}

#[test]
fn a_target_of_that_name_is_found_as_before() {
    let files = [("compose.yaml", "services:\n  a:\n    build:\n      context: .\n      target: x\n")];
    let text = "FROM a AS x\nFROM b AS x\n";
    let file = run_built(&RENAME_DUPLICATE_STAGES, &files, text, &Options::default());
    assert_eq!(file.after.text(), "FROM a AS x-1\nFROM b AS x\n");
}

#[test]
fn a_reserved_name_that_a_build_names_holds_back() {
    let files = [("compose.yaml", "services:\n  a:\n    build:\n      context: .\n      target: context\n")];
    let file = run_built(&RENAME_RESERVED_STAGES, &files, "FROM a AS context\n", &Options::default());
    assert_eq!(file.held_back[0].missing[0].id, "ST2");
    held_back(&RENAME_RESERVED_STAGES, &[], "FROM a AS context\nFROM b\n", &["ST2"]);
    check(&RENAME_RESERVED_STAGES, "FROM a AS Scratch\n", "FROM a AS scratch-stage\n");
}
