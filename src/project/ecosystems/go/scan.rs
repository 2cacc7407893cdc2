//! What the head of a Go source file says: its package, its imports, when it is built, what it embeds.
//!
//! Go demands package clause and imports before all else, so a scan past comments and strings reads them exactly.

/// What was read of one file.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct GoFile {
    /// The package clause; `None` where there is none, so that the file is no Go.
    pub(super) package: Option<String>,
    /// Import paths with their lines.
    pub(super) imports: Vec<(String, usize)>,
    /// The expression of `//go:build`, with its line.
    pub(super) constraint: Option<(String, usize)>,
    /// Whether there is an old `// +build` line before the package clause.
    pub(super) old_constraint: bool,
    /// Patterns of `//go:embed`, with their lines.
    pub(super) embeds: Vec<(String, usize)>,
}

enum Token<'t> {
    /// A comment up to the line end; whether only blanks stand before it on its line.
    LineComment(&'t str, bool),
    /// A string literal with its quotes.
    Text(&'t str),
    /// A run of letters, digits and `_`.
    Word(&'t str),
    /// Any other character.
    Mark(char),
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    line_is_blank: bool,
}

impl<'t> Lexer<'t> {
    /// The next token and its line.
    fn next(&mut self) -> Option<(Token<'t>, usize)> {
        loop {
            let rest = &self.text[self.at..];
            let first = rest.chars().next()?;
            if first.is_whitespace() {
                self.take(first.len_utf8());
                continue;
            }
            let (line, fresh) = (self.line, self.line_is_blank);
            if rest.starts_with("/*") {
                let length = rest.find("*/").map_or(rest.len(), |end| end + 2);
                self.take(length);
                continue;
            }
            if rest.starts_with("//") {
                let comment = self.take(rest.find('\n').unwrap_or(rest.len()));
                return Some((Token::LineComment(comment.trim_end(), fresh), line));
            }
            let token = match first {
                '"' | '\'' => Token::Text(self.take(escaped_end(rest, first))),
                '`' => Token::Text(self.take(rest[1..].find('`').map_or(rest.len(), |end| end + 2))),
                _ if is_word(first) => {
                    Token::Word(self.take(rest.find(|c| !is_word(c)).unwrap_or(rest.len())))
                }
                _ => {
                    self.take(first.len_utf8());
                    Token::Mark(first)
                }
            };
            return Some((token, line));
        }
    }

    fn take(&mut self, length: usize) -> &'t str {
        let taken = &self.text[self.at..self.at + length];
        for character in taken.chars() {
            if character == '\n' {
                self.line += 1;
                self.line_is_blank = true;
            } else if !character.is_whitespace() {
                self.line_is_blank = false;
            }
        }
        self.at += length;
        taken
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Length of the literal that begins `text`, up to its closing quote or, unclosed, the line end.
fn escaped_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '\n' => return at,
            '\\' if !escaped => escaped = true,
            _ if character == quote && !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Reads one file.
pub(super) fn scan(text: &str) -> GoFile {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lexer = Lexer { text, at: 0, line: 1, line_is_blank: true };
    let mut file = GoFile::default();
    let mut head = Head::Package;
    while let Some((token, line)) = lexer.next() {
        match token {
            Token::LineComment(comment, fresh) => directive(&mut file, comment, fresh, line),
            token => head = head.after(&token, line, &mut file),
        }
    }
    // Without the package `embed` the compiler refuses the directive, so it states nothing.
    if !file.imports.iter().any(|(path, _)| path == "embed") {
        file.embeds.clear();
    }
    file
}

fn directive(file: &mut GoFile, comment: &str, fresh: bool, line: usize) {
    if file.package.is_none() && fresh {
        if let Some(expression) = after_word(comment, "//go:build") {
            file.constraint.get_or_insert_with(|| (expression.to_owned(), line));
        } else if after_word(comment[2..].trim_start(), "+build").is_some() {
            file.old_constraint = true;
        }
    }
    if fresh && let Some(patterns) = after_word(comment, "//go:embed") {
        file.embeds.extend(embed_patterns(patterns).into_iter().map(|pattern| (pattern, line)));
    }
}

/// What follows `word` and a blank.
fn after_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let rest = text.strip_prefix(word)?;
    rest.starts_with([' ', '\t']).then(|| rest.trim())
}

/// The patterns of an embed directive: words, or Go strings where a name holds a blank.
fn embed_patterns(mut text: &str) -> Vec<String> {
    let mut patterns = Vec::new();
    while let Some(first) = text.chars().next() {
        let length = match first {
            '"' => escaped_end(text, '"'),
            '`' => text[1..].find('`').map_or(text.len(), |end| end + 2),
            _ => text.find(char::is_whitespace).unwrap_or(text.len()),
        };
        let (word, rest) = text.split_at(length);
        patterns.push(unquoted(word));
        text = rest.trim_start();
    }
    patterns
}

fn unquoted(literal: &str) -> String {
    match literal.chars().next() {
        Some('"') => serde_json::from_str(literal).unwrap_or_else(|_| literal.trim_matches('"').to_owned()),
        Some('`') => literal.trim_matches('`').to_owned(),
        _ => literal.to_owned(),
    }
}

/// How far the head of the file is read.
enum Head {
    /// Before the word `package`.
    Package,
    /// Before the package's name.
    Name,
    /// Between declarations; an `import` may follow.
    Declaration,
    /// After `import`.
    Import,
    /// Inside `import ( … )`.
    Imports,
    /// Past the imports.
    Done,
}

impl Head {
    fn after(self, token: &Token<'_>, line: usize, file: &mut GoFile) -> Head {
        match (self, token) {
            (Head::Package, Token::Word("package")) => Head::Name,
            (Head::Name, Token::Word(name)) => {
                file.package = Some((*name).to_owned());
                Head::Declaration
            }
            (Head::Declaration, Token::Mark(';')) => Head::Declaration,
            (Head::Declaration, Token::Word("import")) => Head::Import,
            (Head::Import, Token::Mark('(')) => Head::Imports,
            (Head::Import, Token::Text(path)) => {
                file.imports.push((unquoted(path), line));
                Head::Declaration
            }
            (Head::Imports, Token::Text(path)) => {
                file.imports.push((unquoted(path), line));
                Head::Imports
            }
            (Head::Imports, Token::Mark(')')) => Head::Declaration,
            // The name an import is given: `x`, `_`, `.`.
            (Head::Import, Token::Word(_) | Token::Mark('.')) => Head::Import,
            (Head::Imports, Token::Word(_) | Token::Mark('.' | ';')) => Head::Imports,
            _ => Head::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_and_imports_past_comments_and_strings() {
        let file = scan(
            "// package no\n/* package\n no */ package main\nimport \"fmt\"\nimport (\n\t_ \"a/b\" // c\n\tx `d`; . \"e\"\n)\nvar s = \"import \\\"C\\\"\"\n",
        );
        assert_eq!(file.package.as_deref(), Some("main"));
        let paths: Vec<_> = file.imports.iter().map(|(path, line)| (path.as_str(), *line)).collect();
        assert_eq!(paths, [("fmt", 4), ("a/b", 6), ("d", 7), ("e", 7)]);
    }

    #[test]
    fn import_c_in_a_string_or_comment_is_none() {
        assert!(scan("package a\n// import \"C\"\nconst t = `\nimport \"C\"\n`\n").imports.is_empty());
        assert_eq!(scan("package a\n/*\n#include <x.h>\n*/\nimport \"C\"\n").imports, [("C".to_owned(), 5)]);
    }

    #[test]
    fn build_constraint_only_before_the_package() {
        let file = scan("//go:build linux && !cgo\n\npackage a\n//go:build ignore\n");
        assert_eq!(file.constraint, Some(("linux && !cgo".to_owned(), 1)));
        assert!(scan("// +build ignore\n\npackage a\n").old_constraint);
        assert_eq!(scan("package a\n//go:build ignore\n").constraint, None);
    }

    #[test]
    fn embed_patterns_with_and_without_quotes() {
        let file = scan("package a\nimport \"embed\"\n\n//go:embed static/* \"a b\" `c`\nvar f embed.FS\n");
        let patterns: Vec<_> = file.embeds.iter().map(|(pattern, _)| pattern.as_str()).collect();
        assert_eq!(patterns, ["static/*", "a b", "c"]);
        assert!(scan("package a\nimport \"embed\"\nvar s = `\n//go:embed x\n`\n").embeds.is_empty());
        assert!(scan("package a\n//go:embed x\nvar s string\n").embeds.is_empty());
    }

    #[test]
    fn runes_and_broken_text_end() {
        assert_eq!(scan("package a\nvar q = '\"'\nimport \"late\"\n").imports, []);
        assert_eq!(scan("package a; import \"x").imports, [("x".to_owned(), 1)]);
        assert_eq!(scan("").package, None);
    }
}
