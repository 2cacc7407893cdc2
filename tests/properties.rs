//! Laws over made-up texts: the tokens tile, nothing panics, a result is final.

#[path = "support/laws.rs"]
mod laws;

use dockfix::source::Source;
use laws::Place;
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

fn source(text: &str) -> Source {
    Source::new("f", text).expect("small")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_keeps_the_laws(text in text()) {
        let source = source(&text);
        let place = Place { source: &source, files: None };
        prop_assert_eq!(laws::everything(&place), Vec::<String>::new());
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
            let source = source(&text[..end]);
            let place = Place { source: &source, files: None };
            let breaches = laws::everything(&place);
            assert!(breaches.is_empty(), "{:?}: {breaches:?}", &text[..end]);
        }
    }
    assert!(count >= 6, "only {count} examples found");
}
