//! Our reading of a Dockerfile against that of BuildKit itself.
//!
//! `tests/cases.jsonl` holds texts and words of ours with what BuildKit said about them, so that an ordinary run needs
//! no Go.
//! With `DOCKFIX_BUILDKIT` set to `1`, or to the path of the built program of `tests/buildkit`, made-up files are
//! compared too, and damaged ones of the corpus if `DOCKFIX_CORPUS` is set:
//! - `DOCKFIX_CASES` is how many (2,000 where it is not set), `DOCKFIX_SEED` where to begin;
//! - `DOCKFIX_BLESS=1` asks BuildKit about `tests/cases.jsonl` again and writes its answers there. To add a case, add
//!   a line `{"text": "…"}` or `{"word": "…"}` and do this.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/generate.rs"]
mod generate;
#[path = "support/oracle.rs"]
mod oracle;
#[path = "support/random.rs"]
mod random;
mod support;
#[path = "support/words.rs"]
mod words;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use dockfix::source::Source;
use dockfix::syntax::{Document, Environment, Expander, Keyword};
use random::Random;
use serde_json::{Value, json};
use support::{corpus, files};

fn cases_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases.jsonl")
}

/// A row of BuildKit's without the number under which it was asked.
fn plain(mut row: Value) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.remove("path");
    }
    row
}

fn stored() -> Vec<Value> {
    let stored = std::fs::read_to_string(cases_file()).expect("the cases are there");
    stored.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Asks BuildKit about the stored cases again.
fn bless(test: &str) {
    let Some(program) = buildkit::program(test) else { return };
    let all = |key: &str| -> Vec<String> {
        let mut seen = HashSet::new();
        let found = stored().into_iter().filter_map(|case| Some(case[key].as_str()?.to_owned()));
        found.filter(|text| seen.insert(text.clone())).collect()
    };
    let (texts, words) = (all("text"), all("word"));
    let asts = buildkit::ask(&program, "ast", &texts);
    let typed = buildkit::ask(&program, "typed", &texts);
    let texts = texts.iter().zip(asts).zip(typed).map(|((text, ast), typed)| {
        json!({"text": text, "ast": plain(ast), "typed": plain(typed)}).to_string() + "\n"
    });
    let expanded = buildkit::ask(&program, "expand", &words);
    let words = words
        .iter()
        .zip(expanded)
        .map(|(word, row)| json!({"word": word, "expand": plain(row)}).to_string() + "\n");
    std::fs::write(cases_file(), texts.chain(words).collect::<String>()).expect("the cases can be written");
}

#[test]
fn every_stored_case_is_read_as_buildkit_reads_it() {
    if std::env::var_os("DOCKFIX_BLESS").is_some() {
        bless("every_stored_case_is_read_as_buildkit_reads_it");
    }
    let cases = stored();
    assert!(cases.len() > 400, "only {} cases", cases.len());
    let different: Vec<String> = cases
        .iter()
        .filter_map(|case| match case["word"].as_str() {
            Some(word) => word_difference(word, &case["expand"]),
            None => {
                let text = case["text"].as_str().expect("a case has a text or a word");
                Some(format!("{text:?} {}", difference(text, &case["ast"], &case["typed"])?))
            }
        })
        .collect();
    assert!(different.is_empty(), "{} cases differ:\n{}", different.len(), different.join("\n"));
}

/// What the words of `expand` see; the same as in the Go program.
struct Variables;

impl Environment for Variables {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = match name {
            "A" => "1",
            "B" => "x  y",
            "E" => "",
            "P" => "/usr/local/a.b.tar.gz",
            "Q" => "a\"b'c\\d$A${0}$1$$",
            "N" => "a\nb\na",
            "U" => "é🦀é",
            _ => return None,
        };
        Some(value.into())
    }
}

/// What is wrong with a word: BuildKit's expansions (a row of `expand`) against ours.
fn word_difference(word: &str, row: &Value) -> Option<String> {
    let ways = [
        ("backslash", Expander::new('\\')),
        ("backtick", Expander::new('`')),
        ("body", Expander::heredoc_body()),
    ];
    ways.iter().find_map(|(name, how)| {
        let found = expansion(how, word);
        (found != row[name]).then(|| format!("{name} {word:?}\n  expected {}\n  found    {found}", row[name]))
    })
}

/// An expansion in the shape of a row of `expand`.
fn expansion(how: &Expander, word: &str) -> Value {
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    match (how.word(word, &Variables), how.words(word, &Variables)) {
        (Ok(found), Ok(words)) => json!({
            "text": found.text,
            "words": words,
            "matched": sorted(found.matched),
            "unmatched": sorted(found.unmatched),
        }),
        (Err(error), _) | (_, Err(error)) => json!({"error": error.0}),
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).map_or(usual, |value| value.parse().expect("a number"))
}

#[test]
fn made_up_files_are_read_as_buildkit_reads_them() {
    let test = "made_up_files_are_read_as_buildkit_reads_them";
    let Some(program) = buildkit::program(test) else { return };
    let real: Vec<String> = corpus::folder(test).map_or_else(Vec::new, |folder| {
        let files = files::dockerfiles(&folder).into_iter();
        files.filter_map(|(_, bytes)| String::from_utf8(bytes).ok()).collect()
    });
    let count = number("DOCKFIX_CASES", 2_000);
    let seed = number("DOCKFIX_SEED", 1);
    let mut compared = 0;
    let mut accepted = 0;
    let mut found: Vec<String> = Vec::new();
    while compared < count && found.len() < 20 {
        let size = (count - compared).min(2_000);
        let texts: Vec<String> =
            (seed + compared..seed + compared + size).map(|seed| text(seed, &real)).collect();
        let asts = buildkit::ask(&program, "ast", &texts);
        let typed = buildkit::ask(&program, "typed", &texts);
        accepted += typed.iter().filter(|row| row["ok"] == true).count();
        for ((text, ast), typed) in texts.iter().zip(&asts).zip(&typed) {
            if let Some(what) = difference(text, ast, typed) {
                let text = smallest(&program, text.clone());
                found.push(format!("{}\n  at first {what}", json!({"text": text})));
            }
        }
        compared += size;
    }
    println!("{compared} files compared with BuildKit, {accepted} of them accepted");
    assert!(found.is_empty(), "{} files differ, made small:\n{}", found.len(), found.join("\n"));
}

#[test]
fn made_up_words_are_expanded_as_buildkit_expands_them() {
    let Some(program) = buildkit::program("made_up_words_are_expanded_as_buildkit_expands_them") else {
        return;
    };
    let (count, seed) = (number("DOCKFIX_CASES", 2_000), number("DOCKFIX_SEED", 1));
    let mut different = Vec::new();
    let mut compared = 0;
    while compared < count && different.len() < 20 {
        let size = (count - compared).min(10_000);
        let word = |seed| words::word(&mut Random::new(seed as u64));
        let words: Vec<String> = (seed + compared..seed + compared + size).map(word).collect();
        let rows = buildkit::ask(&program, "expand", &words);
        for (word, row) in words.iter().zip(&rows) {
            different.extend(word_difference(word, row));
        }
        compared += size;
    }
    println!("{compared} words compared with BuildKit");
    assert!(different.is_empty(), "{} words differ:\n{}", different.len(), different.join("\n"));
}

/// The text of a seed: every other one is a damaged real file where there are real ones.
fn text(seed: usize, real: &[String]) -> String {
    let mut random = Random::new(seed as u64);
    if real.is_empty() || seed.is_multiple_of(2) {
        return generate::file(&mut random);
    }
    let mut text = real[random.below(real.len())].clone();
    for _ in 0..=random.below(4) {
        text = generate::damaged(&mut random, &text);
    }
    text
}

/// A small text that still differs: pieces are cut out as long as that holds.
fn smallest(program: &Path, mut text: String) -> String {
    let mut size = text.chars().count().div_ceil(2);
    while size > 0 {
        let letters: Vec<char> = text.chars().collect();
        let cut =
            |at: usize| letters[..at].iter().chain(&letters[(at + size).min(letters.len())..]).collect();
        let shorter: Vec<String> = (0..letters.len()).step_by(size).map(cut).collect();
        let asts = buildkit::ask(program, "ast", &shorter);
        let typed = buildkit::ask(program, "typed", &shorter);
        let rows = asts.iter().zip(&typed);
        let still =
            shorter.iter().zip(rows).find(|(text, (ast, typed))| difference(text, ast, typed).is_some());
        match still {
            Some((shorter, _)) => text = shorter.clone(),
            None => size /= 2,
        }
    }
    text
}

/// What is wrong with a text: BuildKit's tree and first error (rows of `ast` and `typed`) against ours.
fn difference(text: &str, ast: &Value, typed: &Value) -> Option<String> {
    let source = Source::new("Dockerfile", text).expect("the texts are small");
    let document = Document::parse(&source);
    if document.errors.iter().any(|error| error.message == TORN) {
        return None;
    }
    let (mut ours, mut theirs) = (oracle::tree(&document), ast.clone());
    whole_characters(&mut ours);
    whole_characters(&mut theirs);
    for field in ["ok", "error", "escape", "ast", "warnings"] {
        if ours[field] != theirs[field] {
            return Some(format!("{field}\n  expected {}\n  found    {}", theirs[field], ours[field]));
        }
    }
    let found = oracle::refusal(&document);
    for field in ["ok", "step", "error"] {
        if steady(&found[field]) != steady(&typed[field]) {
            return Some(format!("refusal\n  expected {typed}\n  found    {found}"));
        }
    }
    // BuildKit names the lines of the whole instruction, counts directives from 0, and is late at the end of a file.
    let line = |row: &Value| row["line"].as_i64().unwrap_or_default();
    let far = found["first"].as_i64() > Some(line(typed) + 1) || line(typed) > line(&found) + 1;
    (far && typed["line"].is_number()).then(|| format!("line\n  expected {typed}\n  found    {found}"))
}

/// Where BuildKit cuts a character of a flag in two, no build takes the bytes, and we refuse the file earlier.
const TORN: &str = "string field contains invalid UTF-8";

/// Takes out of a tree what BuildKit cut in two: the first character of an indented comment, and that of the type of a
/// HEALTHCHECK, which is then unknown. Our spans hold whole characters only.
fn whole_characters(row: &mut Value) {
    for node in row["ast"].as_array_mut().into_iter().flatten() {
        for comment in node["comments"].as_array_mut().into_iter().flatten() {
            let text = comment.as_str().unwrap_or_default();
            let odd = |letter: char| letter == '\u{fffd}' || letter.is_whitespace();
            *comment = Value::from(text.trim_start_matches(odd));
        }
        let mut node = node;
        while node["sub"].is_object() {
            node = &mut node["sub"];
        }
        let health = node["value"].as_str().is_some_and(|name| Keyword::of(name) == Keyword::Healthcheck);
        let kind = node["args"][0].as_str().is_some_and(|kind| !kind.is_ascii());
        if health && kind {
            node["args"] = Value::Null;
        }
    }
}

/// A message without its suggestion, which BuildKit takes from a table without order.
fn steady(message: &Value) -> Value {
    let Some(text) = message.as_str() else { return message.clone() };
    if text.contains("in HEALTHCHECK (try CMD)") && (!text.is_ascii() || text.contains("\\u")) {
        return Value::from("Unknown type");
    }
    match (text.find(" (did you mean "), text.ends_with("?)")) {
        (Some(at), true) => Value::from(format!("{} (did you mean …?)", &text[..at])),
        _ => message.clone(),
    }
}
