//! Whole runs of the program: those that can be written down as data (`tests/cli/*.toml`, what they print is stored
//! under `snapshots/cli`), and those that need a process to be disturbed.

#[path = "support/snapshots.rs"]
mod snapshots;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;

/// A folder, and the runs in it, one after the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    about: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    bytes: BTreeMap<String, Vec<u8>>,
    #[serde(default)]
    links: BTreeMap<String, String>,
    run: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    args: Vec<String>,
    stdin: Option<String>,
}

#[test]
fn runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for (name, text) in texts(&folder) {
        let Some(name) = name.strip_suffix(".toml") else { continue };
        let scenario: Scenario = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        if cfg!(not(unix)) && (!scenario.links.is_empty() || text.contains("/dev/")) {
            continue;
        }
        let mut settings = snapshots::settings("cli");
        settings.set_description(&scenario.about);
        settings.bind(|| insta::assert_snapshot!(name, scenario.play()));
    }
}

impl Scenario {
    /// What the runs print, and which files differ after each.
    fn play(&self) -> String {
        let folder = folder_with(&self.files);
        for (path, bytes) in &self.bytes {
            write(folder.path(), path, bytes);
        }
        for (path, target) in &self.links {
            link(folder.path(), path, target);
        }
        let mut shown = String::new();
        for run in &self.run {
            let before = texts(folder.path());
            let output = dockfix(folder.path(), &run.args, run.stdin.as_deref().unwrap_or_default());
            let _ = writeln!(shown, "$ dockfix {}", run.args.join(" "));
            section(&mut shown, "stdout", &output.stdout);
            section(&mut shown, "stderr", &output.stderr);
            for (path, text) in texts(folder.path()) {
                if before.get(&path) != Some(&text) {
                    section(&mut shown, &format!("now {path}"), text.as_bytes());
                }
            }
            let _ = writeln!(shown, "-- exit {}\n", output.status.code().expect("it ended by itself"));
        }
        shown
    }
}

/// A part of what is shown; characters that a reader of the snapshot would not see are written as escapes.
fn section(shown: &mut String, name: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if text.is_empty() {
        return;
    }
    let _ = writeln!(shown, "-- {name}");
    for line in text.split_inclusive('\n') {
        let end = line.strip_suffix('\n');
        for character in end.unwrap_or(line).chars() {
            match character {
                '\u{feff}' => shown.push_str("<BOM>"),
                _ if character.is_control() => shown.extend(character.escape_debug()),
                _ => shown.push(character),
            }
        }
        shown.push_str(if end.is_some() { "\n" } else { "<no newline>\n" });
    }
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockfix"));
    command.current_dir(folder).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("COLUMNS", "100");
    command
}

fn dockfix(folder: &Path, args: &[impl AsRef<str>], stdin: &str) -> Output {
    let mut command = program(folder);
    command.args(args.iter().map(AsRef::as_ref));
    let mut child = piped(&mut command).spawn().expect("the program starts");
    // It may end without having read anything.
    let _ = child.stdin.take().expect("a pipe").write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn piped(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped())
}

/// A folder with files, which goes away with the value.
fn folder_with(files: &BTreeMap<String, String>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("own folder");
    std::fs::write(path, bytes).expect("own folder");
}

#[cfg(unix)]
fn link(folder: &Path, path: &str, target: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("own folder");
    std::os::unix::fs::symlink(target, path).expect("own folder");
}

#[cfg(not(unix))]
fn link(_: &Path, _: &str, _: &str) {
    unreachable!("scenarios with links are left out");
}

/// Every file below the folder with its text.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found);
    found
}

fn collect(folder: &Path, below: &str, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("own folder").flatten() {
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().expect("own folder");
        if kind.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).expect("own folder");
            found.insert(name, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

#[path = "cli/disturbed.rs"]
mod disturbed;

#[cfg(unix)]
#[path = "cli/verify.rs"]
mod verify;
