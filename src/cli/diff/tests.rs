use std::path::Path;
use std::process::Command;

use super::*;

fn text(lines: &[Line]) -> String {
    lines.iter().map(|(_, line)| line.as_str()).collect()
}

#[test]
fn hunks_keep_three_lines_around() {
    let before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let lines = changed("a/Dockerfile", before, &before.replace("5\n", "five\n"));
    let expected = "--- a/Dockerfile\n+++ a/Dockerfile\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n";
    assert_eq!(text(&lines), expected);
}

#[test]
fn no_change_gives_no_diff() {
    assert!(changed("Dockerfile", "a\n", "a\n").is_empty());
}

#[test]
fn missing_final_newline_is_marked_on_both_sides() {
    let expected =
        "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n";
    assert_eq!(text(&changed("f", "a", "b")), expected);
}

#[test]
fn new_file_comes_from_nowhere() {
    assert_eq!(
        text(&created(".dockerignore", "x\n")),
        "--- /dev/null\n+++ .dockerignore\n@@ -0,0 +1 @@\n+x\n"
    );
}

#[test]
fn lone_carriage_return_ends_no_line() {
    assert_eq!(text(&changed("f", "a\rb\r\n", "c\r\n")), "--- f\n+++ f\n@@ -1 +1 @@\n-a\rb\r\n+c\r\n");
}

/// What `patch` and `git apply` make of a diff is exactly the new text.
#[test]
fn patch_and_git_take_the_diff() {
    let cases: &[(&str, &str, &str)] = &[
        ("Dockerfile", "a\nb\nc\n", "a\nB\nc\n"),
        ("Dockerfile", "a\nb", "a\nb\n"),
        ("Dockerfile", "a\nb\n", "a\nb"),
        ("Dockerfile", "a\nb", "a\nc"),
        ("Dockerfile", "a\r\nb\r\n", "a\r\nc\r\n"),
        ("Dockerfile", "a\rx\nb\n", "a\rx\nc\n"),
        ("Dockerfile", "a\x1b[31m\nb\n", "a\x1b[31m\nc\n"),
        ("Dockerfile", "\u{feff}a\n", "\u{feff}b\n"),
        ("Dockerfile", "--- x\n+++ y\n@@ -1 +1 @@\n", "--- z\n+++ y\n@@ -1 +1 @@\n"),
        ("Dockerfile", "a\n", ""),
        ("my file/Docker file", "a\n", "b\n"),
        ("d/é☺.Dockerfile", "a\n", "b\n"),
        #[cfg(unix)]
        ("q\"uote\\/Dockerfile", "a\n", "b\n"),
        #[cfg(unix)]
        ("ta\tb/Dockerfile", "a\n", "b\n"),
    ];
    for (path, before, after) in cases {
        let diff = text(&changed(path, before, after));
        applies(&["git", "apply", "-p0"], path, Some(before), after, &diff);
        applies(&["patch", "-p0", "--quiet"], path, Some(before), after, &diff);
    }
    let diff = text(&created("a/.dockerignore", "x\ny"));
    applies(&["git", "apply", "-p0"], "a/.dockerignore", None, "x\ny", &diff);
    applies(&["patch", "-p0", "--quiet"], "a/.dockerignore", None, "x\ny", &diff);
}

#[track_caller]
fn applies(command: &[&str], path: &str, before: Option<&str>, after: &str, diff: &str) {
    if Command::new(command[0]).arg("--version").output().is_err() {
        eprintln!("SKIPPED: there is no `{}` here", command[0]);
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(path);
    std::fs::create_dir_all(file.parent().expect("it has a parent")).expect("own folder");
    if let Some(before) = before {
        std::fs::write(&file, before).expect("own folder");
    }
    std::fs::write(folder.path().join("diff"), diff).expect("own folder");
    let output = run(command, folder.path());
    assert!(output.0, "{} on {path}: {}\n{diff}", command[0], output.1);
    // An emptied file may be removed by either.
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, after, "{} on {path}\n{diff}", command[0]);
}

fn run(command: &[&str], folder: &Path) -> (bool, String) {
    let mut process = Command::new(command[0]);
    process.args(&command[1..]).current_dir(folder);
    match command[0] {
        // Outside of any repository, whatever lies above the temporary folder.
        "git" => {
            process.env("GIT_CEILING_DIRECTORIES", folder.parent().expect("it has a parent")).arg("diff")
        }
        _ => process.arg("--input=diff"),
    };
    let output = process.output().expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}
