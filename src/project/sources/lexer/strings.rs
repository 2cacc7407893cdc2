//! Strings, and code inside of them.

use super::{Kind, Lexer, Mode, Token};
use crate::project::sources::language::{Escape, Interpolation, StringRule};
use crate::source::Span;

impl Lexer<'_> {
    pub(super) fn template(&mut self, index: u8, start: usize) {
        let rule = &self.rules.strings[usize::from(index)];
        let Some(code) = rule.code else { return self.fail("a string without code") };
        match piece_length(self.rest(), rule, code) {
            PieceEnd::Quote(length) => {
                self.push_piece(length);
                self.push(Kind::TemplateEnd, rule.quote.len());
                self.modes.pop();
                self.collapse(start, index);
            }
            PieceEnd::Code(length) => {
                self.push_piece(length);
                self.push_code_start(code);
            }
            PieceEnd::None => self.fail("a string that does not end"),
        }
    }

    pub(super) fn push_piece(&mut self, length: usize) {
        if length > 0 {
            self.push(Kind::Piece, length);
        }
    }

    pub(super) fn push_code_start(&mut self, code: Interpolation) {
        self.push(Kind::CodeStart, code.open.len());
        self.modes.push(Mode::Code { base: self.brackets.len(), formats: code.formats });
    }

    /// Makes a plain string of a template in which no code stood.
    fn collapse(&mut self, start: usize, rule: u8) {
        let plain = self.tokens[start..].iter().all(|token| token.kind != Kind::CodeStart);
        if let (true, Some(first)) = (plain, self.tokens.get(start).copied()) {
            let span = Span::new(first.span.start(), self.at);
            self.tokens.truncate(start);
            self.tokens.push(Token { kind: Kind::Text, span, fresh: first.fresh, rule });
        }
    }

    pub(super) fn format(&mut self) {
        let length = self.rest().find(['{', '}', '\n']).unwrap_or(self.rest().len());
        self.push_piece(length);
        match self.byte(0) {
            Some(b'{') => self.push_code_start(Interpolation { open: "{", formats: true }),
            Some(b'}') => {
                self.push(Kind::CodeEnd, 1);
                self.modes.pop();
                self.modes.pop();
            }
            _ => self.fail("a format that does not end"),
        }
    }
}

/// Length of a string's rest, its closing quote included.
pub(super) fn string_length(inner: &str, rule: &StringRule) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\\' if rule.escape != Escape::None => at += 1 + escaped(&bytes[at + 1..]),
            b'\n' if !rule.multiline => return None,
            _ if bytes[at..].starts_with(rule.quote.as_bytes()) => return Some(at + rule.quote.len()),
            _ => at += 1,
        }
    }
}

/// How many bytes a backslash takes with it: a carriage return takes its newline along.
fn escaped(after: &[u8]) -> usize {
    if after.starts_with(b"\r\n") { 2 } else { 1 }
}

/// Where a piece of a template ends, with its length.
enum PieceEnd {
    Quote(usize),
    Code(usize),
    None,
}

fn piece_length(inner: &str, rule: &StringRule, code: Interpolation) -> PieceEnd {
    let bytes = inner.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        match bytes[at] {
            b'\\' if code.formats && rest.starts_with(b"\\N{") && rule.escape == Escape::Backslash => {
                at += rest.iter().position(|byte| *byte == b'}').unwrap_or(rest.len());
            }
            // A backslash does not keep a brace from beginning code in Python.
            b'\\' if code.formats && rest.get(1) == Some(&b'{') => at += 1,
            b'\\' => at += 1 + escaped(&rest[1..]),
            b'\n' if !rule.multiline => return PieceEnd::None,
            b'{' | b'}' if code.formats && rest.get(1) == Some(&bytes[at]) => at += 2,
            _ if rest.starts_with(code.open.as_bytes()) => return PieceEnd::Code(at),
            _ if rest.starts_with(rule.quote.as_bytes()) => return PieceEnd::Quote(at),
            _ => at += 1,
        }
    }
    PieceEnd::None
}
