//! How fast a corpus is read, parsed and checked, beside the time just to read the same files.
//!
//! `DOCKFIX_CORPUS=… cargo bench`; machines are noisy, so each figure stands beside a ratio from the same run.

#[path = "../tests/support/corpus.rs"]
mod corpus;
#[path = "../tests/support/files.rs"]
mod files;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite};
use dockfix::source::Source;
use dockfix::syntax::Document;

/// Each measurement is the best of so many rounds.
const ROUNDS: usize = 5;

fn main() {
    let Some(folder) = corpus::folder("cargo bench") else { return };
    let Some(root) = corpus::unpacked(&folder, "dockerfiles") else { return };
    let files: Vec<(PathBuf, Source)> = files::dockerfiles(&folder)
        .into_iter()
        .filter_map(|(path, bytes)| Some((root.join(&path), Source::from_bytes(&path, &bytes).ok()?)))
        .collect();
    let bytes: usize = files.iter().map(|(_, source)| source.text().len()).sum();
    println!("{} files, {:.1} MB, one thread, best of {ROUNDS}", files.len(), bytes as f64 / 1e6);
    let reading = best(|| files.iter().map(|(path, _)| read(path)).sum());
    let utf8 = best(|| files.iter().map(|(_, source)| lines(source.text())).sum());
    let parsing = best(|| files.iter().map(|(_, source)| Document::parse(source).tokens.len()).sum());
    let checking = best(|| files.iter().map(|(_, source)| check(source)).sum());
    for (name, time) in
        [("read", reading), ("UTF-8 and lines", utf8), ("parse", parsing), ("whole check", checking)]
    {
        let seconds = time.as_secs_f64();
        println!(
            "{name:16} {:>9.0} files/s {:>8.1} MB/s   {:>6.2} × read   {:>6.2} × UTF-8 and lines",
            files.len() as f64 / seconds,
            bytes as f64 / 1e6 / seconds,
            seconds / reading.as_secs_f64(),
            seconds / utf8.as_secs_f64(),
        );
    }
}

fn best(mut work: impl FnMut() -> usize) -> Duration {
    let round = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn read(path: &Path) -> usize {
    std::fs::read(path).map_or(0, |bytes| bytes.len())
}

/// The least that any reader of lines does: check that the bytes are UTF-8, find the line ends.
fn lines(text: &str) -> usize {
    std::str::from_utf8(black_box(text.as_bytes()))
        .map_or(0, |text| memchr::memchr_iter(b'\n', text.as_bytes()).count())
}

fn check(source: &Source) -> usize {
    let dockerfile =
        Dockerfile { source: source.clone(), path: None, options: Options::default(), builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.len()
}
