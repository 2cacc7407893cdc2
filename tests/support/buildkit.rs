//! BuildKit itself: the Go program in `tests/buildkit`, asked about many files at once.
//!
//! `DOCKFIX_BUILDKIT` holds the path of the built program, or `1` to have it built (Go and a module proxy needed).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The program, or `None` after saying loudly that the test is skipped.
pub fn program(test: &str) -> Option<PathBuf> {
    let Some(wanted) = std::env::var_os("DOCKFIX_BUILDKIT") else {
        eprintln!("SKIPPED: {test}: DOCKFIX_BUILDKIT is not set");
        return None;
    };
    let given = PathBuf::from(&wanted);
    if given.is_file() {
        return Some(given);
    }
    assert!(wanted == "1", "DOCKFIX_BUILDKIT names no file: {}", given.display());
    let built = Path::new(env!("CARGO_TARGET_TMPDIR")).join("buildkit");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/buildkit");
    let done = Command::new("go").args(["build", "-o"]).arg(&built).arg(".").current_dir(folder).status();
    match done {
        Err(error) => {
            eprintln!("SKIPPED: {test}: go cannot be run: {error}");
            None
        }
        Ok(status) => {
            assert!(status.success(), "go build failed");
            Some(built)
        }
    }
}

/// What BuildKit says about each text, in order. `subcommand` is `ast`, `typed`, `checks` or `graph`.
pub fn ask(program: &Path, subcommand: &str, texts: &[String]) -> Vec<Value> {
    let mut child = Command::new(program)
        .arg(subcommand)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Go's scanner complains of each NUL there.
        .stderr(Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut input = child.stdin.take().expect("it is piped");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut lines = String::new();
            for (at, text) in texts.iter().enumerate() {
                lines += &json!({"path": at.to_string(), "text": text}).to_string();
                lines.push('\n');
            }
            input.write_all(lines.as_bytes()).expect("the program reads");
        });
        child.wait_with_output().expect("the program ends")
    });
    assert!(output.status.success(), "the program failed");
    let answers = String::from_utf8(output.stdout).expect("the answers are UTF-8");
    let rows: Vec<Value> =
        answers.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    assert_eq!(rows.len(), texts.len(), "one answer for each text");
    rows
}
