//! `Effect::Layout` means that BuildKit compiles the same build: proven with BuildKit's own build graphs.
//!
//! Needs `DOCKFIX_BUILDKIT` (see `tests/buildkit.rs`); takes the examples, the corpus if `DOCKFIX_CORPUS` is set, and
//! made-up files that BuildKit accepts, `DOCKFIX_CASES` of them.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/generate.rs"]
mod generate;
#[path = "support/random.rs"]
mod random;
mod support;

use std::path::Path;

use dockfix::config::{Choice, Options, Selection};
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite};
use dockfix::source::Source;
use dockfix::transforms::{ALL, Effect};
use random::Random;
use serde_json::Value;
use support::{corpus, files};

/// The text after the layout transforms alone.
fn laid_out(source: &Source) -> String {
    let names =
        ALL.iter().filter(|transform| transform.effect == Effect::Layout).map(|it| it.name.to_owned());
    let only = Choice { select: Some(names.collect()), ignore: Vec::new() };
    let options = Options { selection: Selection::default().then(only), ..Options::default() };
    let dockerfile = Dockerfile { source: source.clone(), path: None, options, builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.remove(0).after.text().to_owned()
}

/// Texts with a name for messages.
fn texts(test: &str) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    for entry in std::fs::read_dir(examples).expect("examples are there").flatten() {
        if let Ok(text) = std::fs::read_to_string(entry.path().join("Dockerfile")) {
            texts.push((entry.path().display().to_string(), text));
        }
    }
    if let Some(folder) = corpus::folder(test) {
        let files = files::dockerfiles(&folder).into_iter();
        texts.extend(files.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))));
    }
    let count = std::env::var("DOCKFIX_CASES").map_or(2_000, |count| count.parse().expect("a number"));
    texts.extend((0..count).map(|seed| (format!("seed {seed}"), generate::file(&mut Random::new(seed)))));
    texts
}

#[test]
fn layout_leaves_the_build_graph_alone() {
    let test = "layout_leaves_the_build_graph_alone";
    let Some(program) = buildkit::program(test) else { return };
    let mut changed: Vec<(String, String, String)> = Vec::new();
    for (name, before) in texts(test) {
        let after = laid_out(&Source::new("Dockerfile", &before).expect("small"));
        if after != before {
            changed.push((name, before, after));
        }
    }
    let before: Vec<String> = changed.iter().map(|(_, before, _)| before.clone()).collect();
    let after: Vec<String> = changed.iter().map(|(_, _, after)| after.clone()).collect();
    let rows = buildkit::ask(&program, "graph", &before);
    let same = |one: &Value, other: &Value, key: &str| one[key].is_string() && one[key] == other[key];
    let mut same_string = 0;
    let mut different = Vec::new();
    for ((name, before, after), (one, other)) in
        changed.iter().zip(rows.iter().zip(&buildkit::ask(&program, "graph", &after)))
    {
        if same(one, other, "digest") {
            same_string += 1;
        } else if !same(one, other, "digest_words") {
            let lines = before.lines().zip(after.lines());
            let line = lines.into_iter().find(|(one, other)| one != other);
            different.push(format!("{name}, where {line:?} is the first change\n{one}\n{other}"));
        }
    }
    let words = changed.len() - same_string - different.len();
    println!(
        "{} files were laid out anew: {same_string} build the same, {words} but for blanks",
        changed.len()
    );
    assert!(
        different.is_empty(),
        "{} files build something else:\n{}",
        different.len(),
        different[..different.len().min(20)].join("\n")
    );
}
