//! A coverage-guided fuzzer: any bytes are read and rewritten, and every law of `tests/support/laws.rs` has to hold.
//!
//! The texts of `tests/cases.jsonl` are written to `target/fuzz/cases` first, where the fuzzer may start from them.
#![no_main]

#[path = "../../support/examples.rs"]
mod examples;
#[path = "../../support/laws.rs"]
mod laws;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use dockfix::source::Source;
use examples::Contexts;
use laws::Place;

static CONTEXTS: LazyLock<Contexts> = LazyLock::new(|| Contexts::read(root()));

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the repository")
}

/// Makes the folders that `run` names.
fn prepare() {
    let built = root().join("target/fuzz");
    let folder = built.join("cases");
    for folder in [&folder, &built.join("corpus")] {
        fs::create_dir_all(folder).expect("the build folder is writable");
    }
    let cases = fs::read_to_string(root().join("tests/cases.jsonl")).expect("the cases are there");
    for (at, line) in cases.lines().enumerate() {
        let case: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        if let Some(text) = case["text"].as_str() {
            fs::write(folder.join(at.to_string()), text).expect("the build folder is writable");
        }
    }
}

libfuzzer_sys::fuzz_target!(init: prepare(), |bytes: &[u8]| {
    let Ok(source) = Source::from_bytes("Dockerfile", bytes) else { return };
    let place = Place { source: &source, files: CONTEXTS.of(source.text()) };
    let breaches = laws::everything(&place);
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
});
