//! How the languages are written, as far as a lexer must know: comments, strings, words.
//!
//! Knows nothing of what any program does.

/// A source language that is lexed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// JavaScript, TypeScript, and both with JSX.
    JavaScript,
    /// Python 3.
    Python,
    /// Go.
    Go,
}

impl Language {
    /// The language of a file by its extension, where it is one that is lexed.
    pub fn of_path(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (_, extension) = name.rsplit_once('.')?;
        TABLE.iter().find(|(_, rules)| rules.extensions.contains(&extension)).map(|(language, _)| *language)
    }

    /// Its name, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Language::JavaScript => "JavaScript",
            Language::Python => "Python",
            Language::Go => "Go",
        }
    }

    pub(super) fn rules(self) -> &'static Rules {
        let found = TABLE.iter().find(|(language, _)| *language == self);
        &found.expect("every language has a row, which a test checks").1
    }
}

/// What a backslash, or a doubled quote, means inside a string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Escape {
    /// Nothing: the string ends at the first closing quote.
    None,
    /// A backslash escapes what follows.
    Backslash,
    /// A backslash keeps the quote after it from closing the string, and both stay (Python's raw strings).
    Kept,
}

/// Code inside a string: JavaScript's `${…}`, Python's `{…}`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Interpolation {
    pub(super) open: &'static str,
    /// `{{` stands for a brace, and `{value:format}` carries a format: Python's f-strings.
    pub(super) formats: bool,
}

/// One form of string.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct StringRule {
    /// What may stand before the quote, in any case; the empty prefix is written out.
    pub(super) prefixes: &'static [&'static str],
    /// The same quote opens and closes.
    pub(super) quote: &'static str,
    pub(super) escape: Escape,
    pub(super) multiline: bool,
    pub(super) code: Option<Interpolation>,
}

/// How one language is written.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) extensions: &'static [&'static str],
    pub(super) line_comments: &'static [&'static str],
    pub(super) block_comment: Option<(&'static str, &'static str)>,
    /// Longer quotes stand before shorter ones.
    pub(super) strings: &'static [StringRule],
    /// Characters of words besides letters, digits and `_`.
    pub(super) word_marks: &'static [char],
    /// A `/` may begin a regular expression, a `<` an element of JSX.
    pub(super) regexes: bool,
    /// Line ends end statements outside brackets, and a backslash joins lines.
    pub(super) logical_lines: bool,
}

const fn string(quote: &'static str, multiline: bool) -> StringRule {
    StringRule { prefixes: &[""], quote, escape: Escape::Backslash, multiline, code: None }
}

const fn python(
    quote: &'static str,
    prefixes: &'static [&'static str],
    escape: Escape,
    code: bool,
) -> StringRule {
    let code = if code { Some(Interpolation { open: "{", formats: true }) } else { None };
    StringRule { prefixes, quote, escape, multiline: quote.len() == 3, code }
}

const PLAIN: &[&str] = &["", "u", "b"];
const RAW: &[&str] = &["r", "br", "rb"];
const FORMATTED: &[&str] = &["f", "t"];
const RAW_FORMATTED: &[&str] = &["fr", "rf", "tr", "rt"];

const TABLE: &[(Language, Rules)] = &[
    (
        Language::JavaScript,
        Rules {
            extensions: &["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"],
            line_comments: &["//"],
            block_comment: Some(("/*", "*/")),
            strings: &[
                string("\"", false),
                string("'", false),
                StringRule { code: Some(Interpolation { open: "${", formats: false }), ..string("`", true) },
            ],
            word_marks: &['$'],
            regexes: true,
            logical_lines: false,
        },
    ),
    (
        Language::Python,
        Rules {
            extensions: &["py", "pyw"],
            line_comments: &["#"],
            block_comment: None,
            strings: &[
                python("\"\"\"", PLAIN, Escape::Backslash, false),
                python("\"\"\"", RAW, Escape::Kept, false),
                python("\"\"\"", FORMATTED, Escape::Backslash, true),
                python("\"\"\"", RAW_FORMATTED, Escape::Kept, true),
                python("'''", PLAIN, Escape::Backslash, false),
                python("'''", RAW, Escape::Kept, false),
                python("'''", FORMATTED, Escape::Backslash, true),
                python("'''", RAW_FORMATTED, Escape::Kept, true),
                python("\"", PLAIN, Escape::Backslash, false),
                python("\"", RAW, Escape::Kept, false),
                python("\"", FORMATTED, Escape::Backslash, true),
                python("\"", RAW_FORMATTED, Escape::Kept, true),
                python("'", PLAIN, Escape::Backslash, false),
                python("'", RAW, Escape::Kept, false),
                python("'", FORMATTED, Escape::Backslash, true),
                python("'", RAW_FORMATTED, Escape::Kept, true),
            ],
            word_marks: &[],
            regexes: false,
            logical_lines: true,
        },
    ),
    (
        Language::Go,
        Rules {
            extensions: &["go"],
            line_comments: &["//"],
            block_comment: Some(("/*", "*/")),
            strings: &[
                string("\"", false),
                string("'", false),
                StringRule { escape: Escape::None, ..string("`", true) },
            ],
            word_marks: &[],
            regexes: false,
            logical_lines: false,
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_rules() {
        for language in [Language::JavaScript, Language::Python, Language::Go] {
            assert!(!language.rules().strings.is_empty());
        }
    }

    #[test]
    fn extension_names_the_language() {
        assert_eq!(Language::of_path("src/app.test.ts"), Some(Language::JavaScript));
        assert_eq!(Language::of_path("bin/www"), None);
        assert_eq!(Language::of_path(".go"), Some(Language::Go));
    }
}
