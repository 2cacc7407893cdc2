//! BuildKit's word expansion: `$name`, `${name:-word}`, quotes and escapes, with the corners of its lexer.
//!
//! One engine serves three uses: the words of a heredoc line, a heredoc's name, and variables in arguments.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use super::letters::{is_digit, is_letter};
use super::pattern::{cut_prefix, cut_suffix, replace, reversed_pattern};
use super::quote::quote;

/// Where variables come from.
pub trait Environment {
    /// The value of a variable; `None` where it is not set.
    fn get(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// No variable is set.
impl Environment for () {
    fn get(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Why a word cannot be expanded, in BuildKit's wording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExpandError(pub String);

impl fmt::Display for ExpandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExpandError {}

/// A word after expansion.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// Names that were looked up and are set.
    pub matched: Vec<String>,
    /// Names that were looked up and are not set.
    pub unmatched: Vec<String>,
}

/// How words are read.
#[derive(Clone, Copy, Debug)]
pub struct Expander {
    escape: char,
    raw_quotes: bool,
    raw_escapes: bool,
    literal_quotes: bool,
    keep_unset: bool,
}

impl Expander {
    /// For arguments of a file with that escape character.
    pub fn new(escape: char) -> Expander {
        Expander { escape, raw_quotes: false, raw_escapes: false, literal_quotes: false, keep_unset: false }
    }

    /// For the body of a heredoc: quotes are plain characters, the escape is a backslash whatever the file says.
    pub fn heredoc_body() -> Expander {
        Expander { literal_quotes: true, ..Expander::new('\\') }
    }

    pub(super) fn words_of_heredoc_line() -> Expander {
        Expander { raw_quotes: true, raw_escapes: true, keep_unset: true, ..Expander::new('\\') }
    }

    pub(super) fn heredoc_name() -> Expander {
        Expander { keep_unset: true, ..Expander::new('\\') }
    }

    pub(super) fn heredoc_name_with_quotes() -> Expander {
        Expander { raw_quotes: true, ..Expander::heredoc_name() }
    }

    /// Expands a word as one string.
    pub fn word(&self, word: &str, environment: &dyn Environment) -> Result<Expanded, ExpandError> {
        let mut reader = Reader::new(self, word, environment);
        let text = reader.until(None, self.raw_escapes).map_err(|cause| wrap(word, &cause))?.text;
        Ok(Expanded { text, matched: reader.matched, unmatched: reader.unmatched })
    }

    /// Expands and splits on blanks that come from no quotes, as EXPOSE does.
    pub fn words(&self, word: &str, environment: &dyn Environment) -> Result<Vec<String>, ExpandError> {
        let mut reader = Reader::new(self, word, environment);
        Ok(reader.until(None, self.raw_escapes).map_err(|cause| wrap(word, &cause))?.words)
    }
}

fn wrap(word: &str, cause: &str) -> ExpandError {
    ExpandError(format!("failed to process {}: {cause}", quote(word)))
}

/// How deep `${a:-${b:-…}}` may be nested before it is refused; BuildKit's own stack would go on.
const MAX_DEPTH: usize = 100;

/// The cause that is given then.
pub(super) const TOO_DEEP: &str = "nested too deep";

/// How many bytes values may put into one word: a few lines that each double the one before would fill any memory.
const MAX_SUBSTITUTED: usize = 1 << 20;

#[derive(Default)]
struct Part {
    text: String,
    words: Vec<String>,
}

struct Reader<'a> {
    how: &'a Expander,
    environment: &'a dyn Environment,
    text: &'a str,
    at: usize,
    depth: usize,
    raw_escapes: bool,
    /// The word that is being built. One buffer for all nesting levels, as in BuildKit: a nested word empties it, so
    /// the text before `${a:-b}` in the same word is lost from the words (not from the text).
    buffer: String,
    /// Names looked up so far.
    seen: HashSet<String>,
    matched: Vec<String>,
    unmatched: Vec<String>,
    /// Bytes that values have put in.
    substituted: usize,
}

/// Where the pieces of one nesting level become words.
#[derive(Default)]
struct Words {
    done: Vec<String>,
    inside: bool,
}

impl Words {
    fn letter(&mut self, buffer: &mut String, letter: char) {
        if !letter.is_whitespace() {
            self.raw(buffer, letter.encode_utf8(&mut [0; 4]));
        } else if self.inside && !buffer.is_empty() {
            self.done.push(std::mem::take(buffer));
            self.inside = false;
        }
    }

    fn raw(&mut self, buffer: &mut String, text: &str) {
        buffer.push_str(text);
        self.inside = true;
    }

    fn finish(mut self, buffer: &mut String) -> Vec<String> {
        if !buffer.is_empty() {
            self.done.push(std::mem::take(buffer));
        }
        self.done
    }
}

impl<'a> Reader<'a> {
    fn new(how: &'a Expander, text: &'a str, environment: &'a dyn Environment) -> Reader<'a> {
        Reader {
            how,
            environment,
            // Go's scanner drops a byte-order mark at the start of what it reads.
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
            at: 0,
            depth: 0,
            raw_escapes: how.raw_escapes,
            buffer: String::new(),
            seen: HashSet::new(),
            matched: Vec::new(),
            unmatched: Vec::new(),
            substituted: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    /// Reads to `stop`, or to the end.
    fn until(&mut self, stop: Option<char>, raw_escapes: bool) -> Result<Part, String> {
        let outer = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        self.depth += 1;
        let part = if self.depth > MAX_DEPTH { Err(TOO_DEEP.to_owned()) } else { self.part(stop) };
        self.depth -= 1;
        self.raw_escapes = outer;
        part
    }

    fn part(&mut self, stop: Option<char>) -> Result<Part, String> {
        let mut text = String::new();
        let mut words = Words::default();
        self.buffer.clear();
        loop {
            let plain = self.plain(stop);
            if !plain.is_empty() {
                words.raw(&mut self.buffer, plain);
                text.push_str(plain);
            }
            let Some(letter) = self.peek() else { break };
            if Some(letter) == stop {
                self.next();
                return Ok(Part { text, words: words.finish(&mut self.buffer) });
            }
            let special = match letter {
                '$' => Some(self.dollar()?),
                '<' => Some(self.heredoc_mark()),
                '\'' if !self.how.literal_quotes => Some(self.single_quoted()?),
                '"' if !self.how.literal_quotes => Some(self.double_quoted()?),
                _ => None,
            };
            if let Some(piece) = special {
                text.push_str(&piece);
                if letter == '$' {
                    piece.chars().for_each(|letter| words.letter(&mut self.buffer, letter));
                } else {
                    words.raw(&mut self.buffer, &piece);
                }
                continue;
            }
            self.next();
            if letter != self.how.escape {
                words.letter(&mut self.buffer, letter);
                text.push(letter);
                continue;
            }
            if self.raw_escapes {
                words.raw(&mut self.buffer, letter.encode_utf8(&mut [0; 4]));
                text.push(letter);
            }
            // An escape character at the very end is dropped.
            let Some(escaped) = self.next() else { break };
            words.raw(&mut self.buffer, escaped.encode_utf8(&mut [0; 4]));
            text.push(escaped);
        }
        match stop {
            Some(stop) => Err(format!("unexpected end of statement while looking for matching {stop}")),
            None => Ok(Part { text, words: words.finish(&mut self.buffer) }),
        }
    }

    /// Goes on over letters and marks that stand for themselves, whatever the escape character.
    fn plain(&mut self, stop: Option<char>) -> &'a str {
        let is_plain = |byte: &u8| {
            matches!(byte, b'!' | b'#' | b'%' | b'&' | b'('..=b';' | b'='..=b'[' | b']'..=b'_' | b'a'..=b'~')
                && Some(char::from(*byte)) != stop
        };
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !is_plain(&byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn single_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.quote_mark(&mut text);
        while let Some(letter) = self.peek() {
            if letter == '\'' {
                self.quote_mark(&mut text);
                return Ok(text);
            }
            self.next();
            text.push(letter);
        }
        Err("unexpected end of statement while looking for matching single-quote".to_owned())
    }

    fn double_quoted(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.quote_mark(&mut text);
        while let Some(letter) = self.peek() {
            match letter {
                '"' => {
                    self.quote_mark(&mut text);
                    return Ok(text);
                }
                '$' => text.push_str(&self.dollar()?),
                letter if letter == self.how.escape => {
                    self.next();
                    if self.raw_escapes {
                        text.push(letter);
                    }
                    match self.peek() {
                        None => {}
                        Some(next) if matches!(next, '"' | '$') || next == letter => {
                            self.next();
                            text.push(next);
                        }
                        Some(_) => text.push(letter),
                    }
                }
                letter => {
                    self.next();
                    text.push(letter);
                }
            }
        }
        Err("unexpected end of statement while looking for matching double-quote".to_owned())
    }

    fn quote_mark(&mut self, text: &mut String) {
        if let Some(mark) = self.next()
            && self.how.raw_quotes
        {
            text.push(mark);
        }
    }

    /// `<`, or `<<` together with the blanks after it.
    fn heredoc_mark(&mut self) -> String {
        self.next();
        if self.peek() != Some('<') {
            return "<".to_owned();
        }
        self.next();
        let mut mark = "<<".to_owned();
        while let Some(blank) = self.peek().filter(|letter| matches!(letter, '\t' | '\r' | ' ')) {
            self.next();
            mark.push(blank);
        }
        mark
    }

    fn lookup(&mut self, name: &str) -> Result<Option<String>, String> {
        let value = self.environment.get(name).map(Cow::into_owned);
        if self.seen.insert(name.to_owned()) {
            let list = if value.is_some() { &mut self.matched } else { &mut self.unmatched };
            list.push(name.to_owned());
        }
        self.substituted += value.as_ref().map_or(0, String::len);
        if self.substituted > MAX_SUBSTITUTED {
            return Err("too long".to_owned());
        }
        Ok(value)
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.next();
        if self.peek() != Some('{') {
            let name = self.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.lookup(&name)? {
                None if self.how.keep_unset => format!("${name}"),
                value => value.unwrap_or_default(),
            });
        }
        self.next();
        match self.peek() {
            None => return Err("syntax error: missing '}'".to_owned()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".to_owned()),
            Some(_) => {}
        }
        let name = self.name();
        let operator = self.next();
        match operator {
            Some('}') => Ok(match self.lookup(&name)? {
                None if self.how.keep_unset => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            }),
            Some(':') => {
                let operator = self.next();
                self.modified(&name, operator, true)
            }
            Some('+' | '-' | '?' | '#' | '%') => self.modified(&name, operator, false),
            Some('/') => self.replaced(&name),
            other => Err(unsupported(&other.unwrap_or(char::REPLACEMENT_CHARACTER).to_string())),
        }
    }

    /// `${name-word}` and its kin, after the operator.
    fn modified(&mut self, name: &str, operator: Option<char>, colon: bool) -> Result<String, String> {
        let letter = operator.unwrap_or(char::REPLACEMENT_CHARACTER);
        let shown = if colon { format!(":{letter}") } else { letter.to_string() };
        let pattern = matches!(letter, '#' | '%');
        if colon && pattern {
            return Err(unsupported(&shown));
        }
        let word = self.nested('}', pattern, "syntax error: missing '}'")?;
        let value = self.lookup(name)?;
        if value.is_none() && self.how.keep_unset {
            return Ok(format!("${{{name}{shown}{word}}}"));
        }
        let empty_counts = colon && value.as_deref() == Some("");
        match letter {
            '-' => Ok(if empty_counts { word } else { value.unwrap_or(word) }),
            '+' => Ok(if value.is_none() || empty_counts { String::new() } else { word }),
            '?' => {
                let state = if value.is_none() { "unset" } else { "empty" };
                match value.filter(|_| !empty_counts) {
                    Some(value) => Ok(value),
                    None if word.is_empty() => Err(format!("{name}: is not allowed to be {state}")),
                    None => Err(format!("{name}: {word}")),
                }
            }
            '#' | '%' => {
                let value = value.unwrap_or_default();
                let (greedy, pattern) = match word.strip_prefix(letter) {
                    Some(rest) => (true, rest),
                    None => (false, word.as_str()),
                };
                let cut = if letter == '#' { cut_prefix } else { cut_suffix };
                cut(pattern, &value, greedy).map_err(|cause| {
                    let shown = if letter == '#' { pattern.to_owned() } else { reversed_pattern(pattern) };
                    format!("invalid pattern ({shown}) in substitution: {cause}")
                })
            }
            _ => Err(unsupported(&shown)),
        }
    }

    /// `${name/pattern/replacement}`, after the first slash.
    fn replaced(&mut self, name: &str) -> Result<String, String> {
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let pattern = self.nested('/', true, "syntax error: missing '/' in ${}")?;
        let replacement = self.nested('}', true, "syntax error: missing '}'")?;
        let value = self.lookup(name)?;
        if value.is_none() && self.how.keep_unset {
            return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
        }
        replace(&pattern, &value.unwrap_or_default(), &replacement, all)
            .map_err(|cause| format!("invalid pattern ({pattern}) in substitution: {cause}"))
    }

    fn nested(&mut self, stop: char, raw_escapes: bool, at_end: &str) -> Result<String, String> {
        match self.until(Some(stop), raw_escapes) {
            Ok(part) => Ok(part.text),
            Err(_) if self.peek().is_none() => Err(at_end.to_owned()),
            Err(cause) => Err(cause),
        }
    }

    /// A variable's name at this place: letters, digits and `_`; digits alone; or one special character.
    fn name(&mut self) -> String {
        let rest = &self.text[self.at..];
        let length = match rest.chars().next() {
            Some(first) if is_digit(first) => rest.find(|c| !is_digit(c)).unwrap_or(rest.len()),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => 1,
            _ => rest.find(|c: char| !(is_letter(c) || is_digit(c) || c == '_')).unwrap_or(rest.len()),
        };
        self.at += length;
        rest[..length].to_owned()
    }
}

fn unsupported(shown: &str) -> String {
    format!("unsupported modifier ({shown}) in substitution")
}
