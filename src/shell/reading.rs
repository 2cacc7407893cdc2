//! Reads one shell word, byte by byte: where it ends, what its value is, and what in it needs a shell.
//!
//! The rules are those that dash, busybox ash and bash share; where they differ the word has no value. This is the
//! only place that knows quoting. It needs no tree, so it also serves texts that were never parsed, and it checks
//! the parsing package where both read the same word.

use crate::source::Span;

/// Something in a word that only a shell can work out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Oddity {
    Variable,
    Command,
    Arithmetic,
    Glob,
    Tilde,
    Brace,
    /// Quoting that not every shell knows (`$'…'`, `$"…"`).
    Dialect,
    /// A quote that is not closed, or a backslash at the very end.
    Unterminated,
}

/// What was read.
#[derive(Debug)]
pub(super) struct Reading {
    /// One past the word's last byte.
    pub(super) end: usize,
    /// The value, as far as it is literal.
    pub(super) value: String,
    /// The first thing that needs a shell.
    pub(super) oddity: Option<(Oddity, Span)>,
    /// Whether a quote is not closed, or a backslash ends the text.
    pub(super) unterminated: bool,
    /// Whether an expansion stands where none was announced, or an announced one was not met.
    pub(super) surprised: bool,
}

/// Bytes that end a word unless quoted.
pub(super) fn ends_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')')
}

/// Reads the word that starts at `start`. The `expansions` (in order) are known to be such and are stepped over.
pub(super) fn read(text: &str, start: usize, expansions: &[Span]) -> Reading {
    Reader::new(text, start, expansions).run()
}

/// Reads the word without being told its expansions: variables are found here, each with the span of its whole
/// expansion. `None` when it holds commands or arithmetic, which takes a parser.
pub(super) fn read_parameters(text: &str, start: usize) -> Option<(Reading, Vec<(String, Span)>)> {
    let mut reader = Reader::new(text, start, &[]);
    reader.parameters = Some(Vec::new());
    reader.word();
    let parameters = reader.parameters.take()?;
    let reading = reader.run();
    let variables = parameters.into_iter().flat_map(|span| named_in(text, span)).collect();
    (!reading.surprised).then_some((reading, variables))
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    start: usize,
    expansions: &'t [Span],
    /// The variables found, where nobody told them.
    parameters: Option<Vec<Span>>,
    /// The open unquoted braces: where each stands, and whether a `,` or `..` was seen in it.
    braces: Vec<(usize, bool)>,
    /// Up to here there is no `]`.
    unclosed_until: usize,
    reading: Reading,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, start: usize, expansions: &'t [Span]) -> Reader<'t> {
        Reader {
            text,
            bytes: text.as_bytes(),
            at: start,
            start,
            expansions,
            parameters: None,
            braces: Vec::new(),
            unclosed_until: 0,
            reading: Reading {
                end: start,
                value: String::new(),
                oddity: None,
                unterminated: false,
                surprised: false,
            },
        }
    }

    /// Reads what is left of the word and hands over what was read.
    fn run(mut self) -> Reading {
        self.word();
        self.reading.end = self.at;
        self.reading.surprised |= !self.expansions.is_empty();
        self.reading
    }

    fn word(&mut self) {
        while let Some(byte) = self.peek(0) {
            if self.step_over_expansion() {
                continue;
            }
            if ends_word(byte) {
                return;
            }
            match byte {
                b'\\' => self.escape(),
                b'\'' => self.single_quoted(),
                b'"' => self.double_quoted(),
                b'$' | b'`' => self.dollar(false),
                _ => self.plain(byte),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn odd(&mut self, oddity: Oddity, span: Span) {
        if self.reading.oddity.is_none() {
            self.reading.oddity = Some((oddity, span));
        }
    }

    /// Takes one whole character as it stands.
    fn take(&mut self) {
        if let Some(character) = self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            self.reading.value.push(character);
            self.at += character.len_utf8();
        } else {
            self.at += 1;
        }
    }

    fn step_over_expansion(&mut self) -> bool {
        let Some((span, rest)) = self.expansions.split_first() else { return false };
        if span.start() != self.at || span.is_empty() {
            return false;
        }
        self.odd(oddity_of(span.of(self.text)), *span);
        self.expansions = rest;
        self.at = span.end();
        true
    }

    fn escape(&mut self) {
        match self.peek(1) {
            None => {
                self.reading.unterminated = true;
                self.odd(Oddity::Unterminated, Span::new(self.at, self.at + 1));
                self.at += 1;
            }
            Some(b'\n') => self.at += 2,
            Some(_) => {
                self.at += 1;
                self.take();
            }
        }
    }

    fn single_quoted(&mut self) {
        let open = self.at;
        let body = open + 1;
        match self.bytes[body..].iter().position(|byte| *byte == b'\'') {
            Some(length) => {
                self.reading.value.push_str(&self.text[body..body + length]);
                self.at = body + length + 1;
            }
            None => self.unterminated(open),
        }
    }

    fn unterminated(&mut self, open: usize) {
        self.at = self.bytes.len();
        self.reading.unterminated = true;
        self.odd(Oddity::Unterminated, Span::new(open, self.at));
    }

    fn double_quoted(&mut self) {
        let open = self.at;
        self.at += 1;
        loop {
            let Some(byte) = self.peek(0) else { return self.unterminated(open) };
            if self.step_over_expansion() {
                continue;
            }
            match (byte, self.peek(1)) {
                (b'"', _) => {
                    self.at += 1;
                    return;
                }
                (b'\\', Some(b'$' | b'`' | b'"' | b'\\')) => {
                    self.at += 1;
                    self.take();
                }
                (b'\\', Some(b'\n')) => self.at += 2,
                (b'$' | b'`', _) => self.dollar(true),
                _ => self.take(),
            }
        }
    }

    /// A `$` or a backquote that was not announced as an expansion.
    fn dollar(&mut self, quoted: bool) {
        let next = self.peek(1);
        if !quoted && self.peek(0) == Some(b'$') {
            match next {
                Some(b'\'') => return self.ansi_quoted(),
                Some(b'"') => {
                    self.odd(Oddity::Dialect, Span::new(self.at, self.at + 2));
                    self.at += 1;
                    return;
                }
                _ => {}
            }
        }
        if self.parameters.is_some() && self.parameter() {
            return;
        }
        if self.peek(0) == Some(b'`') || next.is_some_and(begins_expansion) {
            let rest = &self.text[self.at..];
            if self.reading.oddity.is_none() {
                self.odd(oddity_of(rest), Span::new(self.at, self.at + expansion_length(rest)));
            }
            self.reading.surprised = true;
        }
        self.take();
    }

    /// Steps over a variable, if that is what stands here.
    fn parameter(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let length = match rest.as_bytes() {
            [b'$', b'{', ..] => parameter_end(rest),
            [b'$', next, ..] if begins_name(*next) => Some(expansion_length(rest)),
            _ => None,
        };
        let commands =
            |written: &str| written.contains("$(") || written.contains("$[") || written.contains('`');
        let Some(length) = length.filter(|length| !commands(&rest[..*length])) else { return false };
        let span = Span::new(self.at, self.at + length);
        self.odd(Oddity::Variable, span);
        self.parameters.iter_mut().for_each(|found| found.push(span));
        self.at += length;
        true
    }

    /// `$'…'`: bash and newer ash know it, dash does not.
    fn ansi_quoted(&mut self) {
        let open = self.at;
        self.at += 2;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 2,
                b'\'' => {
                    self.at += 1;
                    return self.odd(Oddity::Dialect, Span::new(open, self.at));
                }
                _ => self.at += 1,
            }
        }
        self.unterminated(open);
    }

    fn plain(&mut self, byte: u8) {
        let here = Span::new(self.at, self.at + 1);
        match byte {
            b'*' | b'?' => self.odd(Oddity::Glob, here),
            // Without a closing bracket it stands for itself: `[ -f x ]`.
            b'[' if self.closes_bracket() => self.odd(Oddity::Glob, here),
            b'~' if self.begins_tilde() => self.odd(Oddity::Tilde, here),
            b'{' => self.braces.push((self.at, false)),
            b',' => self.separate(),
            b'.' if self.peek(1) == Some(b'.') => self.separate(),
            b'}' => {
                if let Some((open, true)) = self.braces.pop() {
                    self.odd(Oddity::Brace, Span::new(open, self.at + 1));
                }
            }
            _ => {}
        }
        self.take();
    }

    fn separate(&mut self) {
        if let Some((_, separated)) = self.braces.last_mut() {
            *separated = true;
        }
    }

    /// Whether a `]` follows before the next blank. Looked for once a stretch, or many brackets take for ever.
    fn closes_bracket(&mut self) -> bool {
        if self.at < self.unclosed_until {
            return false;
        }
        let ends = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b']');
        let found =
            self.bytes[self.at..].iter().position(ends).map_or(self.bytes.len(), |length| self.at + length);
        if self.bytes.get(found) == Some(&b']') {
            return true;
        }
        self.unclosed_until = found;
        false
    }

    /// Bash also expands a tilde after `=` and `:` in what looks like an assignment.
    fn begins_tilde(&self) -> bool {
        self.at == self.start || matches!(self.bytes[self.at - 1], b'=' | b':')
    }
}

/// Whether `$` before this byte begins an expansion; before any other it stands for itself.
fn begins_expansion(byte: u8) -> bool {
    begins_name(byte) || matches!(byte, b'{' | b'(' | b'[')
}

fn oddity_of(expansion: &str) -> Oddity {
    if expansion.starts_with("$((") || expansion.starts_with("$[") {
        Oddity::Arithmetic
    } else if expansion.starts_with("$(") || expansion.starts_with('`') || !expansion.starts_with('$') {
        Oddity::Command
    } else {
        Oddity::Variable
    }
}

/// How much of an expansion to point at: the name with its `$`, or the opening.
fn expansion_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    match bytes.get(1) {
        _ if bytes[0] == b'`' => 1,
        Some(b'{') => rest.find('}').map_or(2, |end| end + 1),
        Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' => {
            1 + bytes[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
        }
        // Special parameters are one character; `$(`, `$[` and the like are pointed at by their opening.
        Some(_) => 2,
        None => 1,
    }
}

/// The variables that an expansion names: its own, with its whole span, and those inside.
fn named_in(text: &str, span: Span) -> Vec<(String, Span)> {
    let written = span.of(text);
    let mut found = Vec::new();
    for (at, _) in written.match_indices('$') {
        let rest = written[at + 1..].strip_prefix('{').unwrap_or(&written[at + 1..]);
        let name = rest.strip_prefix(['!', '#']).filter(|rest| !rest.is_empty()).unwrap_or(rest);
        let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let length = name.find(|character| !word(character)).unwrap_or(name.len());
        let name = if length == 0 { rest.get(..1).unwrap_or_default() } else { &name[..length] };
        let place = if at == 0 { span } else { Span::new(span.start() + at, span.end()) };
        found.push((name.to_owned(), place));
    }
    found
}

/// One past the `}` that closes the `${` at the start of `text`; `None` when it is not a parameter that shells
/// know, or is not closed.
pub(super) fn parameter_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = bytes.get(2..)?;
    let prefix = usize::from(matches!(name, [b'!' | b'#', next, ..] if begins_name(*next)));
    let name = &name[prefix..];
    let length = match name.first()? {
        first if first.is_ascii_alphabetic() || *first == b'_' => {
            name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
        }
        first if first.is_ascii_digit() => name.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        first if begins_name(*first) => 1,
        _ => return None,
    };
    let mut at = 2 + prefix + length;
    if !matches!(
        bytes.get(at)?,
        b'}' | b':' | b'-' | b'+' | b'=' | b'?' | b'#' | b'%' | b'/' | b'^' | b',' | b'[' | b'@'
    ) {
        return None;
    }
    let mut open = vec![b'}'];
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\'' if !open.contains(&b'"') => at += 1 + bytes[at + 1..].iter().position(|b| *b == b'\'')?,
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                open.push(b'}');
                at += 1;
            }
            b'(' => open.push(b')'),
            byte if open.last() == Some(byte) => {
                open.pop();
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
            b'"' | b'`' => open.push(*byte),
            _ => {}
        }
        at += 1;
    }
    None
}

fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
}
