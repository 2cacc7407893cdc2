//! Commands that need no shell: exact words for exec forms, and quoting for the words that we write.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::reading::{self, Oddity};
use crate::source::Span;

/// The first thing in a command that only a shell can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feature {
    /// What.
    pub kind: FeatureKind,
    /// Where: the operator, the variable, the word.
    pub span: Span,
}

/// What only a shell can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeatureKind {
    /// There is no command at all.
    Empty,
    /// `$A`, `${A}`
    Variable,
    /// `$(…)`, backquotes
    CommandSubstitution,
    /// `$((…))`
    Arithmetic,
    /// `*`, `?`, `[…]`
    Glob,
    /// `~`
    Tilde,
    /// `{a,b}`: bash expands it, other shells do not.
    Brace,
    /// Quoting that shells read differently: `$'…'`, `$"…"`.
    Quoting,
    /// A quote that is not closed, or a backslash at the end.
    Unterminated,
    /// `&&`, `||`, `;`, `&`, `|`
    Operator,
    /// `<`, `>`
    Redirection,
    /// `(`, `)`
    Group,
    /// `#` at the start of a word; the rest is not part of the command.
    Comment,
    /// A line end.
    Newline,
    /// Another control character, which a file may carry by mistake.
    Control,
    /// A word that the shell's grammar reserves: `if`, `!`, `{`.
    Keyword,
    /// A command that only a shell has: `cd`, `exit`, `export`.
    Builtin,
    /// A command that is a program as well: `echo`, `test`.
    BuiltinProgram,
    /// `exec` before a program: without a shell it is not needed, so a caller may drop it.
    Exec,
    /// `A=b` before a program.
    Assignment,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Builtins {
    keywords: BTreeSet<String>,
    builtins: BTreeSet<String>,
    both: BTreeSet<String>,
}

static BUILTINS: LazyLock<Builtins> =
    LazyLock::new(|| toml::from_str(include_str!("builtins.toml")).expect("a test reads the embedded table"));

/// The words of a command that means the same without a shell, exactly as the shell would pass them.
///
/// `Err` names the first thing that needs a shell. A program that is a script without a `#!` line runs only from a
/// shell; that cannot be seen here, and the caller has to know the program.
pub fn plain_words(text: &str) -> Result<Vec<String>, Feature> {
    Ok(plain_word_spans(text)?.into_iter().map(|(_, value)| value).collect())
}

/// The same, each word with its place.
pub fn plain_word_spans(text: &str) -> Result<Vec<(Span, String)>, Feature> {
    plain_words_from(text, 0)
}

/// The words of a command without the `exec` before it, which a shell needs and an exec form does not; `None` where
/// it has options of its own.
pub fn plain_words_after_exec(text: &str, exec: Span) -> Option<Result<Vec<(Span, String)>, Feature>> {
    let words = plain_words_from(text, exec.end());
    let options =
        words.as_ref().is_ok_and(|words| words.first().is_some_and(|(_, word)| word.starts_with('-')));
    (!options).then_some(words)
}

fn plain_words_from(text: &str, from: usize) -> Result<Vec<(Span, String)>, Feature> {
    let mut words = Vec::new();
    let mut at = from;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
        let Some(byte) = text.as_bytes().get(at) else { break };
        if let Some(kind) = between_words(*byte) {
            return Err(Feature { kind, span: Span::new(at, at + operator_length(&text[at..])) });
        }
        let reading = reading::read(text, at, &[]);
        let span = Span::new(at, reading.end);
        if let Some((oddity, span)) = reading.oddity {
            return Err(Feature { kind: oddity.into(), span });
        }
        if let Some(offset) = span.of(text).find(|character: char| character.is_control()) {
            return Err(Feature {
                kind: FeatureKind::Control,
                span: Span::new(at + offset, at + offset + 1),
            });
        }
        if words.is_empty()
            && let Some(kind) = first_word(span.of(text), &reading.value)
        {
            return Err(Feature { kind, span });
        }
        words.push((span, reading.value));
        at = reading.end;
    }
    if words.is_empty() {
        return Err(Feature { kind: FeatureKind::Empty, span: Span::new(from, text.len()) });
    }
    Ok(words)
}

impl From<Oddity> for FeatureKind {
    fn from(oddity: Oddity) -> FeatureKind {
        match oddity {
            Oddity::Variable => FeatureKind::Variable,
            Oddity::Command => FeatureKind::CommandSubstitution,
            Oddity::Arithmetic => FeatureKind::Arithmetic,
            Oddity::Glob => FeatureKind::Glob,
            Oddity::Tilde => FeatureKind::Tilde,
            Oddity::Brace => FeatureKind::Brace,
            Oddity::Dialect => FeatureKind::Quoting,
            Oddity::Unterminated => FeatureKind::Unterminated,
        }
    }
}

fn between_words(byte: u8) -> Option<FeatureKind> {
    match byte {
        b'&' | b'|' | b';' => Some(FeatureKind::Operator),
        b'<' | b'>' => Some(FeatureKind::Redirection),
        b'(' | b')' => Some(FeatureKind::Group),
        b'#' => Some(FeatureKind::Comment),
        b'\n' => Some(FeatureKind::Newline),
        _ => None,
    }
}

fn operator_length(rest: &str) -> usize {
    match rest.as_bytes() {
        [b'#', ..] => rest.find('\n').unwrap_or(rest.len()),
        [b'&' | b'|' | b';' | b'<' | b'>', next, ..] if *next == rest.as_bytes()[0] => 2,
        _ => 1,
    }
}

/// What the first word means to a shell, beside the name of a program. Quoted words are no keywords and no
/// assignments, but still builtins.
fn first_word(written: &str, value: &str) -> Option<FeatureKind> {
    let bare = written == value;
    if bare && BUILTINS.keywords.contains(value) {
        Some(FeatureKind::Keyword)
    } else if value == "exec" {
        Some(FeatureKind::Exec)
    } else if BUILTINS.builtins.contains(value) || value.is_empty() {
        Some(FeatureKind::Builtin)
    } else if BUILTINS.both.contains(value) {
        Some(FeatureKind::BuiltinProgram)
    } else if is_assignment(written) {
        Some(FeatureKind::Assignment)
    } else {
        None
    }
}

/// Whether a word as written sets a variable when it stands before a command: `A=b`, `A+=b`.
pub(super) fn is_assignment(written: &str) -> bool {
    let Some((name, _)) = written.split_once('=') else { return false };
    is_variable_name(name.strip_suffix('+').unwrap_or(name))
}

fn is_variable_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The exec form of a command: `["node", "server.js"]`, as JSON that reads back as exactly these words.
pub fn quote_exec<W: AsRef<str>>(words: &[W]) -> String {
    let mut out = String::from("[");
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        out.push('"');
        for character in word.as_ref().chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
                other => out.push(other),
            }
        }
        out.push('"');
    }
    out.push(']');
    out
}

/// A word for a shell text that we write: as it is where nothing in it means anything to a shell, else quoted.
///
/// For an argument. A program's name that is a keyword, or an argument that looks like an assignment and is meant
/// as one, is the caller's business.
pub fn sh_quote(word: &str) -> String {
    let plain = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'-' | b'.' | b'/' | b':' | b'@' | b'%' | b'+' | b',' | b'=')
    };
    // Quotes around the whole word also keep `A=b` from setting a variable.
    if !word.is_empty() && word.bytes().all(plain) && !is_assignment(word) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        plain_words(text).expect("no shell feature")
    }

    /// The kind of the first feature, and its text.
    fn feature(text: &str) -> (FeatureKind, &str) {
        let feature = plain_words(text).expect_err("a shell feature");
        (feature.kind, feature.span.of(text))
    }

    #[test]
    fn words_are_split_and_unquoted_as_the_shell_does() {
        assert_eq!(words("node server.js"), ["node", "server.js"]);
        assert_eq!(words(" \tnode   --x='a b'\"c d\"  "), ["node", "--x=a bc d"]);
        assert_eq!(words(r#"a "\$x \" \\ \a" '\n' \"b\ c"#), ["a", r#"$x " \ \a"#, r"\n", "\"b c"]);
        assert_eq!(words("a '' \"\""), ["a", "", ""]);
        assert_eq!(words("a#b c$ 'x'#y"), ["a#b", "c$", "x#y"]);
        assert_eq!(words("café 'ünï ☃'"), ["café", "ünï ☃"]);
        assert_eq!(words("find {} a,b x{y} [ a[ ]"), ["find", "{}", "a,b", "x{y}", "[", "a[", "]"]);
        assert_eq!(words("java -Dx=y --a=b=c a~b"), ["java", "-Dx=y", "--a=b=c", "a~b"]);
    }

    #[test]
    fn the_first_thing_that_needs_a_shell_is_named() {
        use FeatureKind::*;
        for (text, kind, place) in [
            ("", Empty, ""),
            ("  ", Empty, "  "),
            ("node $PORT", Variable, "$PORT"),
            ("node \"a ${PORT:-80}\"", Variable, "${PORT:-80}"),
            ("node $1", Variable, "$1"),
            ("echo$? x", Variable, "$?"),
            ("node $(id -u)", CommandSubstitution, "$("),
            ("node `id`", CommandSubstitution, "`"),
            ("node $((1+2))", Arithmetic, "$("),
            ("node *.js", Glob, "*"),
            ("node a?", Glob, "?"),
            ("node [ab]", Glob, "["),
            ("node ~/x", Tilde, "~"),
            ("node a=~", Tilde, "~"),
            ("node {a,b}", Brace, "{a,b}"),
            ("node x{1..3}", Brace, "{1..3}"),
            ("node $'a'", Quoting, "$'a'"),
            ("node $\"a\"", Quoting, "$\""),
            ("node 'a", Unterminated, "'a"),
            ("node \"a", Unterminated, "\"a"),
            ("node a\\", Unterminated, "\\"),
            ("node a && b", Operator, "&&"),
            ("node a; b", Operator, ";"),
            ("node a &", Operator, "&"),
            ("node a|b", Operator, "|"),
            ("node >x", Redirection, ">"),
            ("node 2>&1", Redirection, ">"),
            ("(node)", Group, "("),
            ("node # x", Comment, "# x"),
            ("node\nnode", Newline, "\n"),
            ("node \u{b}x", Control, "\u{b}"),
            ("if", Keyword, "if"),
            ("! node", Keyword, "!"),
            ("time node", Keyword, "time"),
            ("cd /x", Builtin, "cd"),
            ("'cd' /x", Builtin, "'cd'"),
            (". ./x", Builtin, "."),
            ("echo x", BuiltinProgram, "echo"),
            ("[ a ]", BuiltinProgram, "["),
            ("exec node", Exec, "exec"),
            ("A=b node", Assignment, "A=b"),
            ("A+=b", Assignment, "A+=b"),
        ] {
            assert_eq!(feature(text), (kind, place), "{text}");
        }
    }

    #[test]
    fn exec_can_be_left_out() {
        let after = |text: &str| {
            let feature = plain_words(text).expect_err("exec");
            let words = plain_words_after_exec(text, feature.span)?;
            Some(words.map(|words| {
                words.into_iter().map(|(span, word)| (span.of(text).to_owned(), word)).collect()
            }))
        };
        let word = |written: &str, value: &str| (written.to_owned(), value.to_owned());
        let words: Vec<_> = vec![word("node", "node"), word("'a b'", "a b")];
        assert_eq!(after("exec  node 'a b'"), Some(Ok(words)));
        assert_eq!(after("exec -a x node"), None);
        assert!(after("exec node $X").is_some_and(|words: Result<Vec<_>, _>| words.is_err()));
        assert!(after("exec").is_some_and(|words| words.is_err()));
    }

    #[test]
    fn the_tables_hold_what_shells_reserve() {
        for word in &BUILTINS.keywords {
            assert_eq!(feature(word).0, FeatureKind::Keyword, "{word}");
        }
        for word in &BUILTINS.builtins {
            assert_eq!(feature(&format!("{word} x")).0, FeatureKind::Builtin, "{word}");
        }
        for word in &BUILTINS.both {
            assert_eq!(feature(&format!("{word} x")).0, FeatureKind::BuiltinProgram, "{word}");
        }
        assert_eq!(words("a cd if echo"), ["a", "cd", "if", "echo"]);
        assert_eq!(words("'if' x"), ["if", "x"]);
    }

    #[test]
    fn exec_forms_read_back_as_the_same_words() {
        for words in [vec!["node", "server.js"], vec!["a\"b", "c\\d", "e\tf\n\u{1}", "é☃", ""], vec![]] {
            let text = quote_exec(&words);
            assert_eq!(serde_json::from_str::<Vec<String>>(&text).expect("JSON"), words, "{text}");
        }
        assert_eq!(quote_exec(&["node", "server.js"]), r#"["node", "server.js"]"#);
    }

    #[test]
    fn quoted_words_read_back_as_themselves() {
        for word in ["", "a", "--x=y", "A=b", "it's", "a b", "$x", "~", "*", "é", "a;b", "#", "\\", "!"] {
            let text = format!("prog {}", sh_quote(word));
            assert_eq!(words(&text), ["prog", word], "{text}");
        }
        assert_eq!(sh_quote("--port=80"), "--port=80");
        assert_eq!(sh_quote("it's"), r"'it'\''s'");
    }
}
