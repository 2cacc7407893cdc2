//! A lexed file as its readers see it: tokens without comments, brackets in pairs, lines.
//!
//! Knows nothing of imports or calls.

use std::ops::Range;

use super::language::Language;
use super::lexer::{Fault, Kind, Token, decode, decode_piece, lex};

/// Marks a token that has no partner.
const UNPAIRED: u32 = u32::MAX;

/// A lexed file. Tokens are named by their index; an index past the end is an empty token, so that looking ahead needs
/// no care.
#[derive(Debug)]
pub(super) struct Code {
    path: String,
    language: Language,
    text: String,
    tokens: Vec<Token>,
    /// For each bracket, its partner.
    pairs: Vec<u32>,
    lines: Vec<u32>,
    fault: Option<Fault>,
}

impl Code {
    pub(super) fn new(path: &str, text: String, language: Language) -> Code {
        let lexed = lex(&text, language, path);
        let mut tokens = lexed.tokens;
        // A statement's first token stays the first when a comment stood before it on its line.
        let mut fresh = false;
        tokens.retain_mut(|token| {
            fresh |= token.fresh;
            if token.kind == Kind::Comment {
                return false;
            }
            token.fresh = std::mem::take(&mut fresh);
            true
        });
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        let pairs = pair_up(&text, &tokens);
        Code { path: path.to_owned(), language, text, tokens, pairs, lines, fault: lexed.fault }
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn language(&self) -> Language {
        self.language
    }

    /// Why the file could not be read, with its place.
    pub(super) fn fault(&self) -> Option<(String, &'static str)> {
        let fault = self.fault.as_ref()?;
        Some((format!("{}:{}", self.path, self.line_of(fault.offset)), fault.what))
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// The token's text; empty past the end.
    pub(super) fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.span.of(&self.text))
    }

    /// Whether the token is this word or mark. Strings never are.
    pub(super) fn is(&self, at: usize, text: &str) -> bool {
        matches!(
            self.kind(at),
            Some(Kind::Word | Kind::Mark | Kind::Number | Kind::CodeStart | Kind::CodeEnd)
        ) && self.text(at) == text
    }

    /// Whether the token is one of these words or marks.
    pub(super) fn is_any(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.is(at, text))
    }

    /// Whether the token before is this word or mark.
    pub(super) fn follows(&self, at: usize, text: &str) -> bool {
        at > 0 && self.is(at - 1, text)
    }

    pub(super) fn word(&self, at: usize) -> Option<&str> {
        (self.kind(at)? == Kind::Word).then(|| self.text(at))
    }

    /// The value of a plain string.
    pub(super) fn string(&self, at: usize) -> Option<String> {
        decode(&self.text, self.tokens.get(at)?, self.language)
    }

    /// The value of a piece of the template that begins at `start`.
    pub(super) fn piece(&self, at: usize, start: usize) -> Option<String> {
        decode_piece(&self.text, self.tokens.get(at)?, self.tokens.get(start)?, self.language)
    }

    /// The first token of a line; in Python, of a statement's line.
    pub(super) fn is_fresh(&self, at: usize) -> bool {
        self.tokens.get(at).is_none_or(|token| token.fresh)
    }

    /// The partner of a bracket.
    pub(super) fn pair(&self, at: usize) -> Option<usize> {
        self.pairs.get(at).filter(|pair| **pair != UNPAIRED).map(|pair| *pair as usize)
    }

    /// Line of a token, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.tokens.get(at).map_or(self.lines.len(), |token| self.line_of(token.span.start()))
    }

    /// How far a token stands from the beginning of its line, in bytes.
    pub(super) fn column(&self, at: usize) -> usize {
        let Some(token) = self.tokens.get(at) else { return 0 };
        token.span.start() - self.lines[self.line(at) - 1] as usize
    }

    /// The place of a token as messages show it: `src/app.js:12`.
    pub(super) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, self.line(at))
    }

    fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start as usize <= offset)
    }

    /// The tokens between a bracket and its partner, split at the commas that stand directly inside.
    pub(super) fn arguments(&self, open: usize) -> Vec<Range<usize>> {
        let Some(close) = self.pair(open) else { return Vec::new() };
        let mut arguments = Vec::new();
        let mut start = open + 1;
        let mut at = start;
        while at < close {
            if self.is(at, ",") {
                arguments.push(start..at);
                start = at + 1;
            }
            at = self.after(at);
        }
        if start < close {
            arguments.push(start..close);
        }
        arguments
    }

    /// The token after this one, past its partner if it opens a pair.
    pub(super) fn after(&self, at: usize) -> usize {
        self.pair(at).map_or(at, |pair| pair.max(at)) + 1
    }

    /// Every word that is a name by itself, not a member of something.
    pub(super) fn names(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.len()).filter_map(|at| {
            let name = self.word(at)?;
            (!self.follows(at, ".") && !self.follows(at, "?.")).then_some((at, name))
        })
    }
}

fn pair_up(text: &str, tokens: &[Token]) -> Vec<u32> {
    let mut pairs = vec![UNPAIRED; tokens.len()];
    let mut open: Vec<(usize, &str)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let own = match token.kind {
            Kind::Mark => token.span.of(text),
            Kind::CodeStart => "{",
            Kind::CodeEnd => "}",
            Kind::TemplateStart => "`",
            Kind::TemplateEnd => "end",
            _ => continue,
        };
        match own {
            "(" | "[" | "{" | "`" => open.push((at, own)),
            ")" | "]" | "}" | "end" => {
                let wanted = match own {
                    ")" => "(",
                    "]" => "[",
                    "}" => "{",
                    _ => "`",
                };
                // A bracket that fits nothing is left alone, so that one slip does not unpair the rest.
                if open.last().is_some_and(|(_, opened)| *opened == wanted) {
                    let (start, _) = open.pop().expect("it has a last element");
                    pairs[start] = at as u32;
                    pairs[at] = start as u32;
                }
            }
            _ => {}
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_split_at_their_own_commas() {
        let code = Code::new("x.js", "f(a, [b, c], `${d}, ${e}`,)".to_owned(), Language::JavaScript);
        assert_eq!(code.arguments(1).len(), 3);
        assert_eq!(code.pair(1), Some(code.len() - 1));
    }

    #[test]
    fn comment_before_a_statement_leaves_it_the_first() {
        let code = Code::new("x.py", "a\n# note\nb  # note\nc".to_owned(), Language::Python);
        assert!((0..3).all(|at| code.is_fresh(at)));
        assert_eq!(code.place(2), "x.py:4");
    }
}
