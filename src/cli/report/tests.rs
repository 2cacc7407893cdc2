use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use dockfix::source::Source;
use dockfix::transforms::{Effect, Missing, Reason};

use super::*;
use crate::cli::json;

#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn printed(reports: &[FileReport], verbosity: Verbosity) -> String {
    let written = Written::default();
    let mut terminal = Terminal::to(written.clone());
    let mut text = TextReport::new(&mut terminal, Show::Diff, verbosity);
    for report in reports {
        text.file(report);
    }
    text.total(reports, &Mode::Check);
    terminal.finish().expect("nothing fails");
    String::from_utf8(written.0.borrow().clone()).expect("UTF-8")
}

fn source(text: &str) -> Source {
    Source::new("api/Dockerfile", text).expect("a small text")
}

fn applied(title: &str, unproven: bool) -> Applied {
    let reason = Reason { id: "MC1", text: "`package-lock.json` is in sync".to_owned() };
    let (transform, effect) = ("copy-manifests-first", Effect::SameImage);
    Applied { transform, effect, unproven, title: title.to_owned(), reasons: vec![reason] }
}

fn held(line: usize, available: bool) -> HeldBack {
    let missing = Missing {
        id: "HC2",
        text: "the port is not proven".to_owned(),
        remedy: "set `port` in `[health]` of dockfix.toml".to_owned(),
    };
    HeldBack {
        transform: "add-healthcheck",
        message: "nothing tells whether the server works".to_owned(),
        place: Some(Place { line, column: 1 }),
        missing: vec![missing],
        available,
    }
}

fn reports() -> Vec<FileReport> {
    let outcome = FileOutcome {
        before: source("a\n"),
        after: source("b\n"),
        applied: vec![
            applied("copy the manifests first", false),
            applied("copy the manifests first", false),
            applied("use `npm ci`", true),
        ],
        held_back: vec![held(3, true), held(7, true)],
        suppressed: Vec::new(),
        remarks: Vec::new(),
        faults: Vec::new(),
        rejected: Vec::new(),
        respaced: [2, 5].into(),
    };
    let mut report = *FileReport::new("api/Dockerfile", Body::Rewritten(Box::new(outcome)));
    report.context = Some("`api`: it is the Dockerfile's own folder".to_owned());
    report.notes.push("cannot read `compose.yaml`: line 3".to_owned());
    let created = *FileReport::new("api/.dockerignore", Body::Created("x\n".to_owned()));
    let skipped =
        *FileReport::new("old/Dockerfile", Body::Skipped { why: "left alone: x".to_owned(), quiet: true });
    let trouble = Trouble {
        place: Some(Place { line: 2, column: 5 }),
        ..Trouble::new("bad/Dockerfile", "is bad".to_owned())
    };
    vec![created, report, skipped, *FileReport::failed("bad/Dockerfile", trouble)]
}

const DIFF_OF_NEW: &str = "--- /dev/null\n+++ api/.dockerignore\n@@ -0,0 +1 @@\n+x\n";
const DIFF: &str = "--- api/Dockerfile\n+++ api/Dockerfile\n@@ -1 +1 @@\n-a\n+b\n";

#[test]
fn what_was_done_and_what_is_missing() {
    let expected = format!(
        "{DIFF_OF_NEW}\
{DIFF}\
api/Dockerfile
  note  cannot read `compose.yaml`: line 3
  fix   copy-manifests-first  copy the manifests first (2 times)
  fix   copy-manifests-first  use `npm ci` (not proven)
  note  the next build runs the RUN of lines 2, 5 anew, once: blanks between words changed
  held  add-healthcheck       nothing tells whether the server works (lines 3, 7)
          the port is not proven: set `port` in `[health]` of dockfix.toml (or `--unsafe`)
dockfix: bad/Dockerfile:2:5: is bad
3 files: 2 would change (3 fixes), 2 held back (2 with --unsafe), 1 error
"
    );
    assert_eq!(printed(&reports(), Verbosity::Normal), expected);
}

#[test]
fn reasons_and_context_when_asked_for() {
    let expected = format!(
        "{DIFF_OF_NEW}\
api/.dockerignore
  new   the file is created
{DIFF}\
api/Dockerfile
  in    `api`: it is the Dockerfile's own folder
  note  cannot read `compose.yaml`: line 3
  fix   copy-manifests-first  copy the manifests first (2 times)
          since `package-lock.json` is in sync [MC1]
  fix   copy-manifests-first  use `npm ci` (not proven)
          since `package-lock.json` is in sync [MC1]
  note  the next build runs the RUN of lines 2, 5 anew, once: blanks between words changed
  held  add-healthcheck       nothing tells whether the server works (lines 3, 7)
          the port is not proven [HC2]: set `port` in `[health]` of dockfix.toml (or `--unsafe`)
old/Dockerfile
  left alone: x
dockfix: bad/Dockerfile:2:5: is bad
3 files: 2 would change (3 fixes), 2 held back (2 with --unsafe), 1 error
"
    );
    assert_eq!(printed(&reports(), Verbosity::Verbose), expected);
}

#[test]
fn quiet_leaves_the_diff_and_the_errors() {
    let expected = format!("{DIFF_OF_NEW}{DIFF}dockfix: bad/Dockerfile:2:5: is bad\n");
    assert_eq!(printed(&reports(), Verbosity::Quiet), expected);
}

#[test]
fn trouble_that_touches_many_files_is_told_once() {
    let trouble = Trouble::new("dockfix.toml", "is bad".to_owned());
    let reports = ["a", "b"].map(|path| *FileReport::failed(path, trouble.clone()));
    assert_eq!(
        printed(&reports, Verbosity::Normal),
        "dockfix: dockfix.toml: is bad\n2 files: nothing to change, 1 error\n"
    );
}

#[test]
fn json_says_the_same() {
    let reports = reports();
    let objects: serde_json::Value = serde_json::from_str(&json::files(&reports)).expect("JSON");
    assert_eq!(objects.as_array().map(Vec::len), Some(3));
    assert_eq!((&objects[0]["created"], &objects[0]["changed"]), (&true.into(), &true.into()));
    let held = serde_json::json!({
        "transform": "add-healthcheck",
        "message": "nothing tells whether the server works",
        "line": 3,
        "column": 1,
        "unsafe": true,
        "missing": [{
            "id": "HC2",
            "text": "the port is not proven",
            "remedy": "set `port` in `[health]` of dockfix.toml",
        }],
    });
    assert_eq!(objects[1]["held_back"][0], held);
    let applied = serde_json::json!({
        "transform": "copy-manifests-first",
        "effect": "same-image",
        "title": "use `npm ci`",
        "proven": false,
        "reasons": [{"id": "MC1", "text": "`package-lock.json` is in sync"}],
    });
    assert_eq!(objects[1]["applied"][2], applied);
    assert_eq!(objects[1]["respaced"], serde_json::json!([2, 5]));
    assert_eq!(objects[2]["error"], "2:5: is bad");
}
