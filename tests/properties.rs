//! Laws over made-up texts: the tokens tile, nothing panics, a result is final.

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, FileOutcome, rewrite};
use dockfix::source::Source;
use dockfix::syntax::Document;
use proptest::prelude::*;

/// Pieces from which texts are made: every character that means something, in every nasty neighbourhood.
const PIECES: &[&str] = &[
    "FROM a",
    "from b as C",
    "RUN x",
    "run ",
    "COPY a b",
    "ENV a=b",
    "ENV a b",
    "LABEL x",
    "ARG v",
    "ONBUILD ",
    "HEALTHCHECK CMD x",
    "CMD [\"a\"]",
    "CMD node x.js",
    "USER u",
    "WORKDIR w",
    "EXPOSE 80",
    "VOLUME [\"/x\"]",
    "SHELL [\"a\"]",
    "# c",
    "# escape=`",
    "# syntax=x",
    "# check=skip=all",
    "#",
    "\n",
    "\r\n",
    "\r",
    "\\\n",
    "`\n",
    "\\ \n",
    "\\",
    "`",
    " ",
    "  ",
    "\t",
    "\u{c}",
    "\u{a0}",
    "\u{feff}",
    "\u{2028}",
    "\0",
    "\"",
    "'",
    "[",
    "]",
    ",",
    "$",
    "${",
    "}",
    ":-",
    "<<EOF",
    "<<-'E F'",
    "<<",
    "EOF",
    "--x=y",
    "--",
    "=",
    "é",
    "🦀",
    "&&",
    "|",
    ";",
    "apt-get install",
    "npm install",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![8 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn alone(source: &Source, unproven: bool) -> FileOutcome {
    let options = Options { unproven, ..Options::default() };
    let dockerfile = Dockerfile { source: source.clone(), path: None, options };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite(&context).files.remove(0)
}

fn tiles(source: &Source) {
    let document = Document::parse(source);
    let mut at = 0;
    for token in &document.tokens {
        assert_eq!(token.span.start(), at);
        at = token.span.end();
    }
    assert_eq!(at, source.text().len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tokens_tile_any_text(text in text()) {
        tiles(&Source::new("f", &text).expect("small"));
    }

    #[test]
    fn a_rewrite_keeps_the_laws_and_is_final(text in text(), unproven: bool) {
        let source = Source::new("f", &text).expect("small");
        let first = alone(&source, unproven);
        prop_assert!(first.rejected.is_empty(), "{:?}", first.rejected);
        let second = alone(&first.after, unproven);
        prop_assert_eq!(second.after.text(), first.after.text());
        if !first.faults.is_empty() {
            prop_assert_eq!(first.after.text(), source.text());
        }
    }
}

#[test]
fn every_prefix_of_every_example_parses() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut count = 0;
    for entry in std::fs::read_dir(examples).expect("examples are there").flatten() {
        let Ok(text) = std::fs::read_to_string(entry.path().join("Dockerfile")) else { continue };
        count += 1;
        for end in (0..=text.len()).filter(|end| text.is_char_boundary(*end)) {
            let source = Source::new("f", &text[..end]).expect("small");
            tiles(&source);
            alone(&source, true);
        }
    }
    assert!(count >= 6, "only {count} examples found");
}
