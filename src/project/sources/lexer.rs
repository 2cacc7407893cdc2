//! Splits a source file in tokens, so that comments and strings can never be taken for code.
//!
//! One lexer for all languages; [`language`](super::language) says how each is written. It never fails: what it
//! cannot read ends in a [`Fault`], and then nothing may be concluded from what is missing in the tokens. Time is
//! linear in the text. It knows nothing of what programs do.

mod decode;
mod elements;
mod strings;

pub(super) use self::decode::{decode, decode_piece};
use self::strings::string_length;
use super::language::{Language, Rules, StringRule};
use crate::source::Span;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// An identifier or a keyword.
    Word,
    Number,
    /// A string without code in it.
    Text,
    /// The opening quote of a string with code in it.
    TemplateStart,
    /// A stretch of such a string, or of the text between tags of JSX.
    Piece,
    /// `${` or `{`: code begins inside a template or an element.
    CodeStart,
    /// The `}` that ends it.
    CodeEnd,
    /// The closing quote of a string with code in it.
    TemplateEnd,
    Regex,
    Comment,
    /// An operator or a bracket.
    Mark,
}

/// A token and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// The first on its line; in Python, the first of its statement's line.
    pub(super) fresh: bool,
    /// Which form of string it is.
    rule: u8,
}

/// Why a file could not be read to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) what: &'static str,
}

/// What the lexer made of a file.
#[derive(Clone, Debug)]
pub(super) struct Lexed {
    /// In order; only blanks lie between them.
    pub(super) tokens: Vec<Token>,
    pub(super) fault: Option<Fault>,
}

/// Whether a `<` may begin an element of JSX.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Elements {
    Never,
    Always,
    /// TypeScript with JSX: `<T,>` and `<T extends …>` begin a generic function.
    UnlessGeneric,
}

/// Attributes of JSX have strings without escapes; they use no row of the language's table.
const VERBATIM: u8 = u8::MAX;

/// Keeps the search for the end of a regular expression from making the lexer more than linear.
const LONGEST_REGEX: usize = 4000;

/// After these words of JavaScript an expression begins, so that a `/` cannot be a division.
const BEFORE_EXPRESSION: &[&str] = &[
    "await",
    "case",
    "default",
    "delete",
    "do",
    "else",
    "extends",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
    "yield",
];

/// Operators of more than one character, longest first. One list serves all languages: a pair that a language does not
/// have does not stand in its files.
const MARKS: &[&str] = &[
    "===", "!==", "...", "**=", "??=", "||=", "&&=", "<<=", ">>=", "//=", "=>", "==", "!=", "<=", ">=", "&&",
    "||", "??", "?.", "::", "->", ":=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "++", "--", "**",
    "<-", "<<", ">>", "//",
];

/// Splits `text`, whose name is `path`.
pub(super) fn lex(text: &str, language: Language, path: &str) -> Lexed {
    let elements = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("ts" | "mts" | "cts") => Elements::Never,
        Some("tsx") => Elements::UnlessGeneric,
        _ => Elements::Always,
    };
    let rules = language.rules();
    let elements = if rules.regexes { elements } else { Elements::Never };
    let mut lexer = Lexer {
        text,
        rules,
        elements,
        at: 0,
        fresh: true,
        tokens: Vec::with_capacity(text.len() / 5),
        modes: Vec::new(),
        brackets: Vec::new(),
        expects_operand: true,
        fault: None,
    };
    lexer.run();
    Lexed { tokens: lexer.tokens, fault: lexer.fault }
}

/// What the lexer is inside of.
#[derive(Clone, Copy)]
enum Mode {
    /// Code within a template or an element; brackets past `base` were opened in it.
    Code { base: usize, formats: bool },
    /// A string with code in it, opened by the token at `start`.
    Template { rule: u8, start: usize },
    /// The format after a `:` in a Python f-string.
    Format,
    /// `<name …` or `</name`.
    Tag { closing: bool },
    /// Between the tags of an element.
    Children,
}

/// An open bracket, and whether an operand stands complete when it closes.
#[derive(Clone, Copy)]
struct Bracket {
    operand: bool,
}

struct Lexer<'t> {
    text: &'t str,
    rules: &'static Rules,
    elements: Elements,
    at: usize,
    fresh: bool,
    tokens: Vec<Token>,
    modes: Vec<Mode>,
    brackets: Vec<Bracket>,
    /// Whether an expression may begin here; then a `/` is no division and a `<` no comparison.
    expects_operand: bool,
    fault: Option<Fault>,
}

impl<'t> Lexer<'t> {
    fn run(&mut self) {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        if self.rest().starts_with("#!") {
            self.comment_to_line_end();
        }
        while self.fault.is_none() && self.at < self.text.len() {
            match self.modes.last().copied() {
                None => self.code(0, None),
                Some(Mode::Code { base, formats }) => self.code(base, Some(formats)),
                Some(Mode::Template { rule, start }) => self.template(rule, start),
                Some(Mode::Format) => self.format(),
                Some(Mode::Tag { closing }) => self.tag(closing),
                Some(Mode::Children) => self.children(),
            }
        }
        if self.fault.is_none() && !self.modes.is_empty() {
            self.fail("the file ends inside a string");
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }

    fn fail(&mut self, what: &'static str) {
        self.fault = Some(Fault { offset: self.at, what });
    }

    /// Pushes the token that begins here and is `length` bytes long.
    fn push(&mut self, kind: Kind, length: usize) {
        self.push_string(kind, length, 0);
    }

    fn push_string(&mut self, kind: Kind, length: usize, rule: u8) {
        let span = Span::new(self.at, self.at + length);
        let fresh = self.fresh && (!self.rules.logical_lines || self.brackets.is_empty());
        self.tokens.push(Token { kind, span, fresh, rule });
        self.at += length;
        if kind != Kind::Comment {
            self.fresh = false;
        }
        match kind {
            Kind::Comment | Kind::Word | Kind::Mark => {}
            Kind::CodeStart => self.expects_operand = true,
            _ => self.expects_operand = false,
        }
    }

    fn comment_to_line_end(&mut self) {
        let length = self.rest().find('\n').unwrap_or(self.rest().len());
        self.push(Kind::Comment, length);
    }

    fn code(&mut self, base: usize, inside: Option<bool>) {
        let Some(first) = self.rest().chars().next() else { return };
        match first {
            '\n' => {
                self.fresh = true;
                self.at += 1;
            }
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            '\\' => self.backslash(),
            _ if self.comment() || self.string() => {}
            '0'..='9' => self.number(),
            '.' if self.byte(1).is_some_and(|next| next.is_ascii_digit()) => self.number(),
            _ if is_word_start(first) || self.rules.word_marks.contains(&first) => self.word(),
            '/' if self.rules.regexes && self.expects_operand && self.regex() => {}
            '<' if self.begins_element() => {
                self.push(Kind::Mark, 1);
                self.modes.push(Mode::Tag { closing: false });
            }
            '}' if inside.is_some() && self.brackets.len() <= base => {
                self.push(Kind::CodeEnd, 1);
                self.modes.pop();
            }
            ':' if inside == Some(true) && self.brackets.len() <= base => {
                self.push(Kind::Mark, 1);
                self.modes.push(Mode::Format);
            }
            _ => self.mark(first),
        }
    }

    /// In Python a backslash joins two lines. In JavaScript it spells a word by its code points, which would hide a
    /// name from the tables: such a file counts as unreadable.
    fn backslash(&mut self) {
        let after = self.rest()[1..].strip_prefix('\r').unwrap_or(&self.rest()[1..]);
        if self.rules.logical_lines && after.starts_with('\n') {
            self.at = self.text.len() - after.len() + 1;
        } else {
            self.fail("a backslash outside of a string");
        }
    }

    fn comment(&mut self) -> bool {
        if self.rules.line_comments.iter().any(|mark| self.rest().starts_with(mark)) {
            self.comment_to_line_end();
            return true;
        }
        let Some((open, close)) = self.rules.block_comment else { return false };
        let Some(inner) = self.rest().strip_prefix(open) else { return false };
        match inner.find(close) {
            Some(length) => {
                self.fresh |= inner[..length].contains('\n');
                self.push(Kind::Comment, open.len() + length + close.len());
            }
            None => self.fail("a comment that does not end"),
        }
        true
    }

    fn string(&mut self) -> bool {
        let opening = self.rest().as_bytes();
        let quote = opening.iter().take(3).position(|byte| matches!(byte, b'"' | b'\'' | b'`'));
        let Some(prefix) = quote else { return false };
        let Some((prefix, rest)) = self.rest().split_at_checked(prefix) else { return false };
        let fits = |rule: &StringRule| {
            rest.starts_with(rule.quote) && rule.prefixes.iter().any(|own| own.eq_ignore_ascii_case(prefix))
        };
        let Some(index) = self.rules.strings.iter().position(fits) else { return false };
        let rule = &self.rules.strings[index];
        let open = prefix.len() + rule.quote.len();
        if rule.code.is_some() {
            let start = self.tokens.len();
            self.push_string(Kind::TemplateStart, open, index as u8);
            self.modes.push(Mode::Template { rule: index as u8, start });
        } else {
            match string_length(&self.rest()[open..], rule) {
                Some(length) => self.push_string(Kind::Text, open + length, index as u8),
                None => self.fail("a string that does not end"),
            }
        }
        true
    }

    fn number(&mut self) {
        let bytes = self.rest().as_bytes();
        let hexadecimal = bytes.len() > 1 && matches!(bytes[1], b'x' | b'X');
        let mut length = 1;
        while let Some(&byte) = bytes.get(length) {
            let before = bytes[length - 1];
            let goes_on = byte.is_ascii_alphanumeric()
                || byte == b'_'
                || byte == b'.' && bytes.get(length + 1).is_some_and(u8::is_ascii_digit)
                || matches!(byte, b'+' | b'-') && matches!(before, b'e' | b'E') && !hexadecimal;
            if !goes_on {
                break;
            }
            length += 1;
        }
        self.push(Kind::Number, length);
    }

    fn word(&mut self) {
        let is_word =
            |next: char| next.is_alphanumeric() || next == '_' || self.rules.word_marks.contains(&next);
        let length = self.rest().find(|next| !is_word(next)).unwrap_or(self.rest().len());
        let member = matches!(self.last_mark(), Some("." | "?."));
        self.expects_operand = !member && BEFORE_EXPRESSION.contains(&&self.rest()[..length]);
        self.push(Kind::Word, length);
    }

    fn mark(&mut self, first: char) {
        let known = MARKS.iter().find(|mark| self.rest().starts_with(**mark));
        let mut length = known.map_or(first.len_utf8(), |mark| mark.len());
        // `a?.5:b` is a condition, not a member.
        if known == Some(&"?.") && self.byte(2).is_some_and(|next| next.is_ascii_digit()) {
            length = 1;
        }
        let mark = &self.rest()[..length];
        let operand = match mark {
            "(" => !matches!(self.last_word(), Some("if" | "while" | "for" | "with")),
            "{" => self.object_begins(),
            _ => true,
        };
        // The bracket itself stands outside of what it opens, and inside of what it closes.
        self.push(Kind::Mark, length);
        match mark {
            "++" | "--" => {}
            "(" | "[" | "{" => self.open(Bracket { operand }),
            ")" | "]" | "}" => {
                let bracket = self.brackets.pop();
                self.expects_operand = bracket.is_none_or(|bracket| !bracket.operand);
            }
            _ => self.expects_operand = true,
        }
    }

    fn open(&mut self, bracket: Bracket) {
        self.brackets.push(bracket);
        self.expects_operand = true;
    }

    /// Whether the `{` here begins an object rather than a block.
    fn object_begins(&self) -> bool {
        match self.tokens.iter().rev().find(|token| token.kind != Kind::Comment) {
            Some(token) if token.kind == Kind::Mark => {
                !matches!(token.span.of(self.text), ")" | ";" | "{" | "}" | "=>")
            }
            Some(token) if token.kind == Kind::CodeStart => true,
            Some(token) if token.kind == Kind::Word => {
                let word = token.span.of(self.text);
                BEFORE_EXPRESSION.contains(&word) && !matches!(word, "do" | "else")
            }
            _ => false,
        }
    }

    fn last_mark(&self) -> Option<&'t str> {
        self.last(Kind::Mark)
    }

    fn last_word(&self) -> Option<&'t str> {
        self.last(Kind::Word)
    }

    /// The token before, if it is of this kind; comments do not count.
    fn last(&self, kind: Kind) -> Option<&'t str> {
        let token = self.tokens.iter().rev().find(|token| token.kind != Kind::Comment)?;
        (token.kind == kind).then(|| token.span.of(self.text))
    }

    /// A regular expression, if one ends on this line; else the `/` is left to be a mark.
    fn regex(&mut self) -> bool {
        let bytes = self.rest().as_bytes();
        let mut class = false;
        let mut length = 1;
        loop {
            match bytes.get(length) {
                None | Some(b'\n') => return false,
                _ if length > LONGEST_REGEX => return false,
                Some(b'\\') => length += 1,
                Some(b'[') => class = true,
                Some(b']') => class = false,
                Some(b'/') if !class => break,
                Some(_) => {}
            }
            length += 1;
        }
        length += 1;
        length += bytes[length..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        self.push(Kind::Regex, length);
        true
    }
}

fn is_word_start(first: char) -> bool {
    first.is_alphabetic() || first == '_'
}

#[cfg(test)]
mod tests;
