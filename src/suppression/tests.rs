use super::*;
use crate::source::Source;

const EXEC: Subject<'static> = Subject {
    name: "exec-form",
    category: "runtime",
    codes: &["hadolint:DL3025", "BuildKit:JSONArgsRecommended"],
};
const BLANKS: Subject<'static> = Subject { name: "tidy-blanks", category: "layout", codes: &[] };

/// The lines at which a diagnostic of the transform, pointing at the first byte of the line, is kept away.
#[track_caller]
fn check(subject: Subject<'_>, text: &str, kept: &[usize]) {
    let source = Source::new("Dockerfile", text).expect("a small text");
    let document = Document::parse(&source);
    let suppressions = Suppressions::of(&document);
    let at = |line: usize| {
        let span = Span::empty(source.line_start(line));
        let place = Place { span, edits: Vec::new(), judged: None, document: &document };
        !suppressions.keeping(&subject, &place).is_empty()
    };
    let instructions = document.instructions.iter().map(|instruction| instruction.lines.0);
    assert_eq!(instructions.filter(|line| at(*line)).collect::<Vec<_>>(), kept);
}

#[track_caller]
fn problem(text: &str, word: &str) {
    let source = Source::new("Dockerfile", text).expect("a small text");
    let found = Suppressions::of(&Document::parse(&source));
    assert_eq!(found.problems().len(), 1, "{:?}", found.problems());
    assert!(found.problems()[0].message.contains(word), "{:?}", found.problems());
}

#[test]
fn a_comment_governs_the_instruction_below() {
    for comment in [
        "# dockfix: ignore=exec-form -- why",
        "# dockfix: ignore=runtime",
        "# dockfix: ignore=all",
        "# dockfix: ignore=add-user,DL3025",
        "# dockfix: ignore=hadolint:dl3025",
        "# dockfix: ignore=JSONArgsRecommended",
        "# hadolint ignore=DL3059,DL3025",
        "# check=skip=JSONArgsRecommended",
        "# check=skip=all",
        "# tally ignore=hadolint/DL3025",
        "# tally ignore=buildkit/JSONArgsRecommended;reason=x",
        "# tally ignore=DL3025",
        "  # hadolint ignore=DL3025",
        "# hadolint ignore=DL3025\n# and a word more",
    ] {
        let line = 4 + comment.matches('\n').count();
        check(EXEC, &format!("FROM a\nCMD x\n{comment}\nCMD y\nCMD z\n"), &[line]);
        let crlf = format!("FROM a\nCMD x\n{comment}\nCMD y\nCMD z\n").replace('\n', "\r\n");
        check(EXEC, &crlf, &[line]);
    }
}

#[test]
fn other_names_and_places_keep_nothing() {
    for comment in [
        "# dockfix: ignore=exec",
        "# hadolint ignore=exec-form",
        "# hadolint ignore=DL3025\n",
        "  # check=skip=JSONArgsRecommended",
        "# check=skip=jsonargsrecommended2",
        "# check=error=true",
        "# check=experimental=x\n# check=skip=all",
        "# dockerfmt-ignore",
        "# ignore=DL3025",
    ] {
        check(EXEC, &format!("FROM a\n{comment}\nCMD y\n"), &[]);
    }
}

#[test]
fn blank_lines_part_no_check_comment() {
    check(EXEC, "FROM a\n# check=skip=JSONArgsRecommended\n\nCMD y\nCMD z\n", &[4]);
    // A bare `#` does.
    check(EXEC, "FROM a\n# check=skip=JSONArgsRecommended\n#\nCMD y\n", &[]);
}

#[test]
fn some_comments_cover_the_file() {
    for comment in [
        "# dockfix: ignore=exec-form\n\n# a word\n",
        "# check=skip=JSONArgsRecommended\n",
        "# syntax=docker/dockerfile:1\n# check=skip=all;error=true\n",
        "# escape=\\\n# dockfix: ignore=exec-form\n",
    ] {
        let first = 1 + comment.matches('\n').count();
        check(EXEC, &format!("{comment}FROM a\nCMD x\n"), &[first, first + 1]);
    }
    check(EXEC, "FROM a\nCMD x\n# hadolint global ignore=DL3025\n", &[1, 2]);
    check(EXEC, "FROM a\nCMD x\n# tally global ignore=hadolint/DL3025\n", &[1, 2]);
    // This one is for the first instruction alone, as its tool has it.
    check(EXEC, "# hadolint ignore=DL3025\nFROM a\nCMD x\n", &[2]);
    check(EXEC, "# a word\n# check=skip=JSONArgsRecommended\nFROM a\nCMD x\n", &[3]);
}

#[test]
fn off_and_on_enclose_a_stretch() {
    check(EXEC, "FROM a\n# dockfix: off\nCMD x\n\nCMD y\n# dockfix: on\nCMD z\n", &[3, 5]);
    check(BLANKS, "FROM a\n# dockfix: off -- as it is\nCMD x\nCMD y\n", &[3, 4]);
    problem("FROM a\n# dockfix: on\nCMD x\n", "no `# dockfix: off`");
    problem("FROM a\n# dockfix: off\n# dockfix: off\nCMD x\n", "off already");
}

#[test]
fn dockerfmt_keeps_layout_only() {
    check(BLANKS, "FROM a\n# dockerfmt-ignore\nCMD x\nCMD y\n", &[3]);
    check(BLANKS, "FROM a\n# dockfix: ignore=layout\nCMD x\nCMD y\n", &[3]);
}

#[test]
fn heredocs_hold_no_comments() {
    check(EXEC, "FROM a\nRUN <<E\n# hadolint global ignore=DL3025\nE\nCMD x\n", &[]);
}

#[test]
fn a_fix_that_touches_the_instruction_is_kept_away() {
    let source = Source::new("Dockerfile", "FROM a\n# dockfix: ignore=all\nCMD x\nCMD y\n").expect("small");
    let document = Document::parse(&source);
    let suppressions = Suppressions::of(&document);
    let kept = |edits: &[Span]| {
        let place = Place { span: Span::empty(0), edits: edits.to_vec(), judged: None, document: &document };
        !suppressions.keeping(&EXEC, &place).is_empty()
    };
    let start = source.line_start(3);
    assert!(kept(&[Span::new(0, 1), Span::new(start + 4, start + 5)]));
    assert!(kept(&[Span::empty(start + 1)]));
    // What is written at its edge leaves it as it is.
    assert!(!kept(&[Span::empty(start), Span::empty(start + 5)]));
}

#[test]
fn where_a_stage_is_judged_any_of_its_comments_counts() {
    let source = Source::new("Dockerfile", "FROM a\n# hadolint ignore=DL3025\nUSER root\n").expect("small");
    let document = Document::parse(&source);
    let place = Place { span: Span::empty(0), edits: Vec::new(), judged: Some(0..2), document: &document };
    assert_eq!(Suppressions::of(&document).keeping(&EXEC, &place), [(0, 0)]);
}

#[test]
fn comments_of_ours_that_do_nothing_are_problems() {
    problem("FROM a\n# dockfix: ignore=all\n\nCMD x\n", "directly above no instruction");
    problem("FROM a\nCMD x\n# dockfix: ignore=all\n", "directly above no instruction");
    problem("FROM a\nRUN x \\\n# dockfix: ignore=all\n  y\n", "inside an instruction");
    problem("FROM a\n# dockfix: skip=all\nCMD x\n", "`skip`");
}
