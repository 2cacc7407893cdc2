//! How fast a corpus is read, parsed and checked, beside the time just to read the same files, and beside BuildKit.
//!
//! `DOCKFIX_CORPUS=… DOCKFIX_BUILDKIT=… cargo bench`; machines are noisy, so each figure stands beside a ratio from
//! the same run. A corpus of nothing but files where nothing changes is made by `dockfix --write --unsafe`.

#[path = "../support/corpus.rs"]
mod corpus;
#[path = "../support/files.rs"]
mod files;

use std::hint::black_box;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite};
use dockfix::source::Source;
use dockfix::syntax::Document;

/// Each measurement is the best of so many rounds.
const ROUNDS: usize = 10;

fn main() {
    let Some(folder) = corpus::folder("cargo bench") else { return };
    let Some(root) = corpus::unpacked(&folder, "dockerfiles") else { return };
    let files: Vec<(PathBuf, Vec<u8>)> = files::dockerfiles(&folder)
        .into_iter()
        .filter(|(path, bytes)| Source::from_bytes(path, bytes).is_ok())
        .map(|(path, bytes)| (root.join(path), bytes))
        .collect();
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} files, {:.1} MB, one thread, best of {ROUNDS}", files.len(), bytes as f64 / 1e6);
    let texts = || files.iter().map(|(_, bytes)| black_box(bytes.as_slice()));
    let lines = best(ROUNDS, || texts().map(lines).sum());
    let kept = best(ROUNDS, || texts().map(kept_lines).sum());
    let reading = best(ROUNDS, || files.iter().map(|(path, _)| read(path)).sum());
    let parsing = best(ROUNDS, || texts().map(parse).sum());
    let checking = best(2, || texts().map(check).sum());
    let show = |name: &str, seconds: f64| {
        println!(
            "{name:24} {:>9.0} files/s {:>8.1} MB/s {:>8.2} × lines {:>8.2} × read",
            files.len() as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
            seconds / lines.as_secs_f64(),
            seconds / reading.as_secs_f64(),
        );
    };
    show("UTF-8 and lines", lines.as_secs_f64());
    show("UTF-8 and lines, kept", kept.as_secs_f64());
    show("read from disk", reading.as_secs_f64());
    show("parse", parsing.as_secs_f64());
    show("whole check", checking.as_secs_f64());
    match buildkit(&files) {
        Some(per_second) => {
            let seconds = bytes as f64 / 1e6 / per_second;
            show("parse by BuildKit", seconds);
            println!("parse is {:.1} times as fast as BuildKit's", seconds / parsing.as_secs_f64());
        }
        None => eprintln!("SKIPPED: parse by BuildKit: DOCKFIX_BUILDKIT names no program"),
    }
}

fn best(rounds: usize, mut work: impl FnMut() -> usize) -> Duration {
    let round = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    (0..rounds).map(round).min().unwrap_or_default()
}

fn read(path: &Path) -> usize {
    std::fs::read(path).map_or(0, |bytes| bytes.len())
}

/// The least that any reader of lines does: check that the bytes are UTF-8, look at one line after the other.
fn lines(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or(0, |text| text.lines().map(|line| black_box(line).len()).sum())
}

/// The same, with the lines kept.
fn kept_lines(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).map_or(0, |text| black_box(text.lines().collect::<Vec<_>>()).len())
}

/// From bytes to a tree, the check for UTF-8 and the table of lines included.
fn parse(bytes: &[u8]) -> usize {
    source(bytes).map_or(0, |source| black_box(Document::parse(&source)).tokens.len())
}

fn source(bytes: &[u8]) -> Option<Source> {
    Source::from_bytes("Dockerfile", bytes).ok()
}

fn check(bytes: &[u8]) -> usize {
    let Some(source) = source(bytes) else { return 0 };
    let dockerfile = Dockerfile { source, path: None, options: Options::default(), builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.len()
}

/// Megabytes a second of BuildKit's own parser, on one thread too.
fn buildkit(files: &[(PathBuf, Vec<u8>)]) -> Option<f64> {
    let program = std::env::var_os("DOCKFIX_BUILDKIT")?;
    let mut input = tempfile::tempfile().ok()?;
    for (path, _) in files {
        writeln!(input, "{}", path.display()).ok()?;
    }
    input.rewind().ok()?;
    let run = Command::new(program).arg("bench").stdin(input).output();
    let output = run.expect("DOCKFIX_BUILDKIT names the program of tests/buildkit");
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    row["megabytes_per_second"].as_f64()
}
