//! What the fuzzer starts from and what it has found, with every law checked.
//!
//! `tests/fuzz` is the fuzzer itself; the texts in `tests/fuzz/seeds` are small ones of ours and whatever once broke
//! a law, each named after what it shows.

#[path = "support/examples.rs"]
mod examples;
#[path = "support/laws.rs"]
mod laws;

use std::path::Path;

use dockfix::source::Source;
use laws::Place;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn every_seed_keeps_the_laws() {
    let contexts = examples::Contexts::read(root());
    let mut broken = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("tests/fuzz/seeds")).expect("there are seeds").flatten() {
        count += 1;
        let name = entry.file_name().to_string_lossy().into_owned();
        let bytes = std::fs::read(entry.path()).expect("a seed is readable");
        let Ok(source) = Source::from_bytes("Dockerfile", &bytes) else { continue };
        let place = Place { source: &source, files: contexts.of(source.text()) };
        broken.extend(laws::everything(&place).into_iter().map(|what| format!("{name}: {what}")));
    }
    assert!(count > 10, "only {count} seeds");
    assert!(broken.is_empty(), "{} breaches:\n{}", broken.len(), broken.join("\n"));
}
