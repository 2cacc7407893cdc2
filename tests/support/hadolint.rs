//! hadolint, asked about many files at once. `DOCKFIX_HADOLINT` holds the path of the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// How often each rule is found in one file.
pub type Counts = BTreeMap<String, usize>;

/// The code that hadolint gives to a file that it cannot parse.
pub const UNREADABLE: &str = "DL1000";

/// Files that one process takes: enough to make its start cheap, few enough for a command line.
const BATCH: usize = 50;

/// The program, or `None` after saying loudly that the test is skipped.
pub fn program(test: &str) -> Option<PathBuf> {
    let Some(given) = std::env::var_os("DOCKFIX_HADOLINT").map(PathBuf::from) else {
        eprintln!("SKIPPED: {test}: DOCKFIX_HADOLINT is not set");
        return None;
    };
    assert!(given.is_file(), "DOCKFIX_HADOLINT names no file: {}", given.display());
    Some(given)
}

/// What hadolint finds in each text, in order, with its own defaults.
pub fn findings(program: &Path, texts: &[String]) -> Vec<Counts> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // No settings of the place where the test runs.
    let config = folder.path().join("hadolint.yaml");
    std::fs::write(&config, "{}\n").expect("it is writable");
    let mut counts = vec![Counts::new(); texts.len()];
    for (at, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(at.to_string()), text).expect("it is writable");
    }
    let numbers: Vec<usize> = (0..texts.len()).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = numbers.len().div_ceil(workers).max(1);
    let found: Vec<Value> = std::thread::scope(|scope| {
        let ask = |batch: &[usize]| run(program, folder.path(), &config, batch);
        let threads: Vec<_> = numbers
            .chunks(share)
            .map(|share| scope.spawn(move || share.chunks(BATCH).flat_map(ask).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a worker ends")).collect()
    });
    for finding in found {
        let file: usize =
            finding["file"].as_str().and_then(|name| name.parse().ok()).expect("a file of ours");
        *counts[file].entry(finding["code"].as_str().expect("a code").to_owned()).or_default() += 1;
    }
    counts
}

fn run(program: &Path, folder: &Path, config: &Path, files: &[usize]) -> Vec<Value> {
    let output = Command::new(program)
        .arg("--config")
        .arg(config)
        .args(["--no-fail", "--format", "json"])
        .args(files.iter().map(ToString::to_string))
        .current_dir(folder)
        .stderr(Stdio::null())
        .output()
        .expect("hadolint runs");
    let text = String::from_utf8(output.stdout).expect("its answer is UTF-8");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("hadolint's answer: {error}\n{text}"))
}
