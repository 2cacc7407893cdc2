//! Texts made to be slow: reading one takes time in proportion to its size.
//!
//! With `DOCKFIX_HOSTILE` set to a size in bytes, the times of the last doublings up to it are printed instead.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use dockfix::source::Source;
use dockfix::syntax::{Document, Environment, Expander};

/// What is repeated: before, the piece, after.
const KINDS: &[(&str, &str, &str, &str)] = &[
    ("one line", "FROM a\nRUN ", "x", ""),
    ("one word of many continued lines", "FROM a\nRUN ", "xxxxxxxx\\\n", ""),
    ("continuations", "FROM a\nRUN x", " \\\n", ""),
    ("comments in a continuation", "FROM a\nRUN x \\\n", "# c\n", ""),
    ("blank lines", "FROM a\n", "\n", ""),
    ("comments", "FROM a\n", "#\u{a0}c\n", ""),
    ("directives", "", "# escape=`\n", "FROM a"),
    ("escape characters", "FROM a\nENV a=", "\\", ""),
    ("only escape characters", "", "\\", ""),
    ("only continuations", "", "\\\n", ""),
    ("nested expansions", "FROM a\nRUN <<A \\\n", "${a:-\\\n", ""),
    ("closed expansions", "FROM a\nRUN <<A \\\n", "${a:-b} \\\n", "\nA\n"),
    ("many variables", "FROM a\nRUN <<A \\\n", "$xNNNNNNNN \\\n", "\nA\n"),
    ("heredocs without end", "FROM a\n", "RUN <<A\n", ""),
    ("heredocs of one line", "FROM a\nRUN x \\\n", "<<A \\\n", "\n"),
    ("heredocs", "FROM a\n", "RUN <<A\nx\nA\n", ""),
    ("heredoc marks", "FROM a\nRUN \\\n", "<<\\\n", ""),
    ("quotes", "FROM a\nRUN <<A \\\n", "'\"'\\\n", ""),
    ("open arrays", "FROM a\nCMD \\\n", "[\\\n", ""),
    ("open objects", "FROM a\nCMD [\\\n", "{\"a\":[\\\n", ""),
    ("strings of an array", "FROM a\nCMD [ \\\n", "\"a\", \\\n", "\"b\"]"),
    ("numbers of an array", "FROM a\nCMD [ \\\n", "1, \\\n", "\"b\"]"),
    ("words", "FROM a\nCOPY \\\n", "a \\\n", ""),
    ("pairs", "FROM a\nENV \\\n", "a=b \\\n", ""),
    ("bad pairs", "FROM a\nENV a=b \\\n", "b \\\n", ""),
    ("blank names", "FROM a\nENV \\\n", "=b \\\n", ""),
    ("arguments", "ARG \\\n", "a \\\n", ""),
    ("flags", "FROM a\nCOPY \\\n", "--exclude=a \\\n", "--from=a b c"),
    ("doubled flags", "FROM a\nCOPY --exclude=a \\\n", "--from=a \\\n", "b c"),
    ("unknown flags", "FROM a\nCOPY \\\n", "--x \\\n", ""),
    ("a long flag", "FROM a\nCOPY --", "xxxxxxxx\\\n", " a b"),
    ("mounts", "FROM a\nRUN \\\n", "--mount=a,b \\\n", "x"),
    ("fields of a mount", "FROM a\nRUN --mount=", "a,\\\n", " x"),
    ("quotes of a mount", "FROM a\nRUN --mount=", "'\"\"'\\\n", " x"),
    ("triggers", "FROM a\nONBUILD \\\n", "ONBUILD \\\n", ""),
    ("instructions", "FROM a\n", "RUN x\n", ""),
    ("stages", "", "FROM a\n", ""),
    ("unknown instructions", "FROM a\n", "FOO\n", ""),
    ("a long unknown instruction", "FROM a\n", "FOOBAR\\\n", ""),
    ("a long duration", "FROM a\nHEALTHCHECK --interval=", "1s\\\n", " CMD x"),
    ("a long number", "FROM a\nHEALTHCHECK --retries=", "1234567\\\n", " CMD x"),
    ("carriage returns", "FROM a\nRUN x", "\r", ""),
    ("blanks", "FROM a\nRUN x", " ", "\\y"),
    ("blanks of many bytes", "FROM a\nRUN\u{3000}", "\u{3000}", ""),
];

/// A text of about `size` bytes.
fn text(kind: &(&str, &str, &str, &str), size: usize) -> String {
    let (_, before, piece, after) = kind;
    let mut text = String::with_capacity(size + 100);
    text.push_str(before);
    let mut line = text.len();
    for count in 0..size / piece.len() {
        match piece.split_once("NNNNNNNN") {
            Some((start, end)) => text.push_str(&format!("{start}{count:08}{end}")),
            None => text.push_str(piece),
        }
        if piece.ends_with('\n') {
            line = text.len();
        } else if text.len() - line > 60_000 {
            // BuildKit reads no longer line, and neither do we.
            text.push_str("\\\n");
            line = text.len();
        }
    }
    text.push_str(after);
    text
}

/// The least time of some runs, on a stack as small as any thread's.
fn time(text: &str, runs: usize) -> Duration {
    let source = Source::new("Dockerfile", text).expect("within the limit");
    let once = move || {
        let start = Instant::now();
        let document = Document::parse(&source);
        let spent = start.elapsed();
        assert!(document.tokens.last().is_some_and(|last| last.span.end() == source.text().len()));
        spent
    };
    let runs = move || (0..runs).map(|_| once()).min().expect("one at least");
    std::thread::spawn(runs).join().expect("no panic")
}

#[test]
fn time_is_in_proportion_to_size() {
    if let Ok(largest) = std::env::var("DOCKFIX_HOSTILE") {
        return doublings(largest.parse().expect("a number"));
    }
    let small = 1 << 13;
    for kind in KINDS {
        let usual = time(&text(kind, small), 5);
        let large = time(&text(kind, 8 * small), 2);
        // In proportion it is 8 times as much, with the square 64 times; the rest is for a busy machine.
        let limit = usual * 8 * 3 + Duration::from_millis(100);
        assert!(large < limit, "{}: {usual:?} becomes {large:?}", kind.0);
    }
}

#[test]
fn values_that_grow_are_given_up() {
    struct Long(String);
    impl Environment for Long {
        fn get(&self, _name: &str) -> Option<Cow<'_, str>> {
            Some(self.0.as_str().into())
        }
    }
    let long = Long("xy".repeat(100_000));
    for word in
        ["$A$A$A$A$A$A$A$A", "${A//?/$A}", "${A/x*z/}", "${A//x/}", "${A%%*x?x?x?x?x?x?x?x?x?x?x?x?x*z}"]
    {
        let start = Instant::now();
        let text = Expander::new('\\').word(word, &long).map_or(0, |found| found.text.len());
        assert!(start.elapsed() < Duration::from_secs(5), "{word}");
        assert!(text < 2_000_000, "{word}");
    }
}

/// Prints a table of times, the size doubling from column to column up to `largest`.
fn doublings(largest: usize) {
    for kind in KINDS {
        let sizes = (0..4).rev().map(|halvings| largest >> halvings);
        let times: Vec<String> =
            sizes.map(|size| format!("{:9.1}", time(&text(kind, size), 2).as_secs_f64() * 1e3)).collect();
        println!("{:<34} {} ms", kind.0, times.join(" "));
    }
}
