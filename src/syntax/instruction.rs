//! From a joined line to an instruction: keyword, flags, and the arguments in the form that the keyword asks for.

use smallvec::smallvec;

use super::joined::{Joined, JoinedSpan};
use super::quote::quote;
use super::{Arguments, Flag, Instruction, KeyValue, Keyword, Separator, json, words};
use crate::source::Span;

/// What BuildKit refuses at this step: where, its wording, what to do.
pub(super) type Problem = (JoinedSpan, String, Option<&'static str>);

/// A flag ended inside a character, of which the rest would begin the arguments: no build takes such bytes.
const TORN: &str = "string field contains invalid UTF-8";

/// Reads one instruction. `span` is its place in the source, as far as it is known before the heredocs.
///
/// An [`Instruction`] is large and every one comes from here, so what is wrong goes out by a parameter.
pub(super) fn read(joined: Joined, escape: char, span: Span, problem: &mut Option<Problem>) -> Instruction {
    let whole = joined.span();
    read_part(joined, whole, Where { escape, span, depth: 0 }, problem)
}

/// How deep ONBUILD may hold ONBUILD. BuildKit refuses the second already, but only once all are read.
const MAX_TRIGGERS: usize = 50;

#[derive(Clone, Copy)]
struct Where {
    escape: char,
    /// The place in the source of the whole.
    span: Span,
    /// How many ONBUILD stand around it.
    depth: usize,
}

/// Reads the instruction that `part` of the joined text holds: the whole, or what follows ONBUILD.
fn read_part(joined: Joined, part: JoinedSpan, at: Where, problem: &mut Option<Problem>) -> Instruction {
    let text = joined.text();
    let (name, after) = words::split_once(text, words::trim(text, part));
    let keyword = Keyword::of(&text[name.start()..name.end()]);
    let (flags, end) = match after {
        Some(after) => read_flags(text, after, at.escape),
        None => (Vec::new(), name.end()),
    };
    let start = boundary(text, end);
    let rest = words::trim(text, JoinedSpan::new(start, after.map_or(start, JoinedSpan::end)));
    let arguments = read_arguments(&joined, keyword, rest, at, problem).unwrap_or_else(|found| {
        *problem = Some(found);
        Arguments::Raw(rest)
    });
    if start != end {
        let torn = flags.last().map_or(name, |flag| flag.span);
        *problem = Some((
            torn,
            TORN.to_owned(),
            Some("put the flag's value in quotes, or do without this character"),
        ));
    }
    Instruction {
        keyword,
        span: at.span,
        lines: (0, 0),
        name,
        flags,
        rest,
        arguments,
        heredocs: Vec::new(),
        inner_comments: Vec::new(),
        comments: (0, 0),
        joined,
    }
}

fn read_arguments(
    joined: &Joined,
    keyword: Keyword,
    rest: JoinedSpan,
    at: Where,
    problem: &mut Option<Problem>,
) -> Result<Arguments, Problem> {
    let text = joined.text();
    let arguments = match keyword {
        // Even nothing at all is one empty string for an unknown keyword.
        Keyword::Unknown => Arguments::Raw(rest),
        Keyword::Healthcheck => read_health(text, rest)?,
        _ if rest.is_empty() => Arguments::Empty,
        Keyword::From | Keyword::Expose => Arguments::Words(words::split(text, rest)),
        Keyword::Add | Keyword::Copy | Keyword::Volume => match read_json(text, rest)? {
            Some(exec) => exec,
            None => Arguments::Words(words::split(text, rest)),
        },
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {
            read_json(text, rest)?.unwrap_or(Arguments::Shell(rest))
        }
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => {
            Arguments::Shell(rest)
        }
        Keyword::Env | Keyword::Label => read_pairs(text, rest, keyword, at.escape)?,
        Keyword::Arg => {
            Arguments::KeyValues(words::quoted(text, rest, at.escape).map(|word| pair(text, word)).collect())
        }
        Keyword::Onbuild => {
            if at.depth == MAX_TRIGGERS {
                let message = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
                return Err((rest, message.to_owned(), Some("keep one of them")));
            }
            let at = Where { depth: at.depth + 1, ..at };
            Arguments::Trigger(Box::new(read_part(joined.clone(), rest, at, problem)))
        }
    };
    Ok(arguments)
}

/// A JSON array of strings; `None` where BuildKit falls back to the other form without a word.
fn read_json(text: &str, rest: JoinedSpan) -> Result<Option<Arguments>, Problem> {
    match json::array(text, rest) {
        json::Array::Strings(words) => Ok(Some(Arguments::Exec { span: rest, words })),
        json::Array::Other => Ok(None),
        json::Array::NotOnlyStrings(span) => {
            let message = "when using JSON array syntax, arrays must be comprised of strings only";
            Err((span, message.to_owned(), Some("put the value in double quotes")))
        }
    }
}

/// HEALTHCHECK: a type word that ends at the first byte that counts as white space, then a command.
fn read_health(text: &str, rest: JoinedSpan) -> Result<Arguments, Problem> {
    let bytes = &text.as_bytes()[rest.start()..rest.end()];
    let length = bytes.iter().position(|byte| is_space_byte(*byte)).unwrap_or(bytes.len());
    if length == 0 {
        return Ok(Arguments::Empty);
    }
    let gap = bytes[length..].iter().take_while(|byte| is_space_byte(**byte)).count();
    // Where a character is cut here the type is none that BuildKit knows, and the rest is no array.
    let kind = JoinedSpan::new(rest.start(), boundary(text, rest.start() + length));
    let start = rest.start() + length + gap;
    let whole = text.is_char_boundary(start);
    let command = JoinedSpan::new(boundary(text, start), rest.end());
    let command = match command.is_empty() {
        true => Arguments::Empty,
        false if !whole => Arguments::Shell(command),
        false => read_json(text, command)?.unwrap_or(Arguments::Shell(command)),
    };
    Ok(Arguments::Health { kind, command: Box::new(command) })
}

/// ENV and LABEL: `key=value` words, or the old `key value` where the first word has no `=`.
fn read_pairs(text: &str, rest: JoinedSpan, keyword: Keyword, escape: char) -> Result<Arguments, Problem> {
    let mut found = words::quoted(text, rest, escape);
    let Some(first) = found.next() else { return Ok(Arguments::Empty) };
    if equals_sign(text, first).is_none() {
        return match words::split_once(text, rest) {
            (key, Some(value)) => {
                let separator = Separator::Blank;
                Ok(Arguments::KeyValues(smallvec![KeyValue { key, value: Some(value), separator }]))
            }
            (key, None) => {
                let message = format!("{} must have two arguments", keyword.as_str());
                Err((key, message, Some("write `name=value`")))
            }
        };
    }
    let mut pairs = smallvec![pair(text, first)];
    for word in found {
        let pair = pair(text, word);
        if pair.separator == Separator::None {
            let message = format!(
                "Syntax error - can't find = in {}. Must be of the form: name=value",
                quote(&text[word.start()..word.end()])
            );
            return Err((word, message, Some("quote a value that holds blanks")));
        }
        pairs.push(pair);
    }
    Ok(Arguments::KeyValues(pairs))
}

fn pair(text: &str, word: JoinedSpan) -> KeyValue {
    match equals_sign(text, word) {
        None => KeyValue { key: word, value: None, separator: Separator::None },
        Some(at) => KeyValue {
            key: JoinedSpan::new(word.start(), word.start() + at),
            value: Some(JoinedSpan::new(word.start() + at + 1, word.end())),
            separator: Separator::Equals,
        },
    }
}

/// Where the first `=` of a word stands, from its start.
fn equals_sign(text: &str, word: JoinedSpan) -> Option<usize> {
    text.as_bytes()[word.start()..word.end()].iter().position(|byte| *byte == b'=')
}

/// The `--name` words before the arguments, and where they end.
///
/// BuildKit reads bytes here, not characters: each byte of a flag becomes a character of its own, and the bytes 0x85
/// and 0xA0 part words, so the end may lie inside a character.
fn read_flags(text: &str, part: JoinedSpan, escape: char) -> (Vec<Flag>, usize) {
    let bytes = &text.as_bytes()[..part.end()];
    let mut flags = Vec::new();
    let mut at = part.start();
    loop {
        while bytes.get(at).is_some_and(|byte| is_space_byte(*byte)) {
            at += 1;
        }
        if !bytes[at..].starts_with(b"--") {
            return (flags, at);
        }
        let start = at;
        let (word, end) = flag_word(bytes, start, escape as u8);
        at = end;
        if word == "--" {
            return (flags, at);
        }
        let span = JoinedSpan::new(start, boundary(text, end));
        flags.push(Flag { span, text: word.into() });
    }
}

/// The word at `start` without its quotes and escapes, and where it ends.
fn flag_word(bytes: &[u8], start: usize, escape: u8) -> (String, usize) {
    let special = |byte: &u8| *byte == escape || !matches!(byte, b'!' | b'#'..=b'&' | b'('..=b'~');
    let mut at = bytes[start..].iter().position(special).map_or(bytes.len(), |length| start + length);
    let mut word: String = bytes[start..at].iter().map(|byte| char::from(*byte)).collect();
    let mut quote: Option<u8> = None;
    while at < bytes.len() {
        let mut byte = bytes[at];
        match quote {
            None if is_space_byte(byte) => return (word, at),
            None if matches!(byte, b'\'' | b'"') => {
                quote = Some(byte);
                at += 1;
                continue;
            }
            Some(open) if byte == open => {
                quote = None;
                at += 1;
                continue;
            }
            _ => {}
        }
        if byte == escape {
            at += 1;
            match bytes.get(at) {
                Some(escaped) => byte = *escaped,
                None => break,
            }
        }
        word.push(char::from(byte));
        at += 1;
    }
    (word, bytes.len())
}

/// Whether a byte, taken as a character of its own, is white space.
fn is_space_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0x85 | 0xa0)
}

/// The first character boundary at or after `at`.
fn boundary(text: &str, at: usize) -> usize {
    if text.is_char_boundary(at) {
        return at;
    }
    (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}
