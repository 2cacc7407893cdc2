//! JSON arrays of strings, accepted and refused as Go's `encoding/json` does.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{char, digit0, digit1, one_of, satisfy};
use nom::combinator::{opt, recognize};
use nom::{IResult, Parser};

use super::ExecWord;
use super::joined::JoinedSpan;

/// What a text that may be an array is.
pub(super) enum Array {
    /// An array of nothing but strings.
    Strings(Vec<ExecWord>),
    /// A sound array that holds something else too: the first such value.
    NotOnlyStrings(JoinedSpan),
    /// No JSON array.
    Other,
}

/// How deep arrays and objects may be nested; Go allows 10,000, nobody writes ten.
const MAX_DEPTH: usize = 10_000;

/// The strings of a JSON array, or `None` where `text` is not an array of strings.
pub fn parse_strings(text: &str) -> Option<Vec<String>> {
    match array(text, JoinedSpan::new(0, text.len())) {
        Array::Strings(words) => Some(words.into_iter().map(|word| word.value.into()).collect()),
        _ => None,
    }
}

/// Reads `span` of `text` as an array.
pub(super) fn array(text: &str, span: JoinedSpan) -> Array {
    let part = &text[..span.end()];
    // Most of what is asked is a command or a list of paths.
    if matches!(part.as_bytes().get(span.start()), Some(b'!'..=b'Z' | b'a'..=b'~')) {
        return Array::Other;
    }
    let rest = part[span.start()..].trim_start();
    let Ok((mut rest, _)) = (char::<_, nom::error::Error<&str>>('['), blank).parse(rest) else {
        return Array::Other;
    };
    let place = |rest: &str| part.len() - rest.len();
    let mut words = Vec::new();
    let mut other = None;
    if let Ok((after, _)) = (char::<_, nom::error::Error<&str>>(']'), blank).parse(rest) {
        return if after.is_empty() { Array::Strings(words) } else { Array::Other };
    }
    loop {
        let start = place(rest);
        match string(rest) {
            Ok((after, value)) => {
                words.push(ExecWord { span: JoinedSpan::new(start, place(after)), value: value.into() });
                rest = after;
            }
            Err(_) => {
                let Some(after) = skip_value(rest) else { return Array::Other };
                other.get_or_insert(JoinedSpan::new(start, place(after)));
                rest = after;
            }
        }
        match (blank, one_of::<_, _, nom::error::Error<&str>>(",]"), blank).parse(rest) {
            Ok((after, (_, ',', _))) => rest = after,
            Ok(("", _)) => break,
            _ => return Array::Other,
        }
    }
    other.map_or(Array::Strings(words), Array::NotOnlyStrings)
}

fn blank(input: &str) -> IResult<&str, &str> {
    take_while(|c: char| matches!(c, ' ' | '\t' | '\r' | '\n')).parse(input)
}

/// A JSON string and its value; lone surrogates become U+FFFD.
fn string(input: &str) -> IResult<&str, String> {
    let (mut rest, _) = char('"').parse(input)?;
    let end = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20));
    if let Some((plain, after)) = end.and_then(|end| Some((&rest[..end], rest[end..].strip_prefix('"')?))) {
        return Ok((after, plain.to_owned()));
    }
    let mut value = String::new();
    loop {
        let (after, plain) =
            take_while(|c: char| c != '"' && c != '\\' && u32::from(c) >= 0x20).parse(rest)?;
        value.push_str(plain);
        let (after, mark) = one_of("\"\\").parse(after)?;
        if mark == '"' {
            return Ok((after, value));
        }
        let (after, letter) = escape(after)?;
        value.push(letter);
        rest = after;
    }
}

fn escape(input: &str) -> IResult<&str, char> {
    let (rest, kind) = one_of("\"\\/bfnrtu").parse(input)?;
    let letter = match kind {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(rest),
        other => other,
    };
    Ok((rest, letter))
}

fn unicode(input: &str) -> IResult<&str, char> {
    let (rest, first) = hex4(input)?;
    if (0xd800..0xdc00).contains(&first) {
        let low = (tag("\\u"), hex4).parse(rest);
        if let Ok((after, (_, second))) = low
            && (0xdc00..0xe000).contains(&second)
        {
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Ok((after, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)));
        }
    }
    Ok((rest, char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)))
}

fn hex4(input: &str) -> IResult<&str, u32> {
    let digit = || satisfy(|c| c.is_ascii_hexdigit());
    let (rest, digits) = recognize((digit(), digit(), digit(), digit())).parse(input)?;
    Ok((rest, u32::from_str_radix(digits, 16).unwrap_or(0xfffd)))
}

/// What follows one JSON value of any kind; without recursion, so that deep nesting cannot overflow the stack.
fn skip_value(input: &str) -> Option<&str> {
    let mut open: Vec<char> = Vec::new();
    let mut rest = input;
    loop {
        if let Some(bracket) = rest.chars().next().filter(|first| matches!(first, '[' | '{')) {
            rest = trim(&rest[1..]);
            match rest.strip_prefix(closing(bracket)) {
                Some(after) => rest = after,
                None if open.len() == MAX_DEPTH => return None,
                None => {
                    open.push(bracket);
                    rest = if bracket == '{' { member_name(rest)? } else { rest };
                    continue;
                }
            }
        } else {
            rest = scalar(rest)?;
        }
        loop {
            let Some(bracket) = open.last().copied() else { return Some(rest) };
            rest = trim(rest);
            if let Some(after) = rest.strip_prefix(',') {
                rest = if bracket == '{' { member_name(trim(after))? } else { trim(after) };
                break;
            }
            rest = rest.strip_prefix(closing(bracket))?;
            open.pop();
        }
    }
}

fn closing(bracket: char) -> char {
    if bracket == '[' { ']' } else { '}' }
}

fn trim(input: &str) -> &str {
    input.trim_start_matches([' ', '\t', '\r', '\n'])
}

/// What follows a member's name and its colon.
fn member_name(input: &str) -> Option<&str> {
    let (rest, _) = (string, blank, char(':'), blank).parse(input).ok()?;
    Some(rest)
}

/// What follows a string, number, `true`, `false` or `null`.
fn scalar(input: &str) -> Option<&str> {
    if let Ok((rest, _)) = string(input) {
        return Some(rest);
    }
    let word = alt((tag::<_, _, nom::error::Error<&str>>("true"), tag("false"), tag("null")));
    let integer = alt((tag("0"), recognize((one_of("123456789"), digit0))));
    let fraction = opt((char('.'), digit1));
    let exponent = opt((one_of("eE"), opt(one_of("+-")), digit1));
    let number = recognize((opt(char('-')), integer, fraction, exponent));
    let (rest, text) = alt((word, number)).parse(input).ok()?;
    // Go refuses a number that its float cannot hold, and BuildKit then falls back.
    let fits = text.parse::<f64>().map_or(true, f64::is_finite);
    fits.then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match array(text, JoinedSpan::new(0, text.len())) {
            Array::Strings(words) => {
                words.iter().map(|word| word.value.to_string()).collect::<Vec<_>>().join("|")
            }
            Array::NotOnlyStrings(span) => format!("not a string: {}", &text[span.start()..span.end()]),
            Array::Other => "other".to_owned(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn strings_with_escapes() {
        check(r#"["a", "b\n\"c\"" ,"\u00e9\ud83d\ude00"]  "#, "a|b\n\"c\"|é😀");
        check(r#"["\ud83d"]"#, "\u{fffd}");
        check("[]", "");
    }

    #[test]
    fn sloppy_arrays_are_none() {
        for text in
            [r#"["a",]"#, "['a']", r#"["a"] x"#, r#"["a" "b"]"#, "[ -f x ]", r#"["\x"]"#, "[\"a\tb\"]", "["]
        {
            check(text, "other");
        }
    }

    #[test]
    fn other_values_are_named() {
        check(r#"["a", 1]"#, "not a string: 1");
        check(r#"[["a"], {"b": [null, -1.5e3]}]"#, r#"not a string: ["a"]"#);
        check(r#"[{"a" 1}]"#, "other");
        check("[01]", "other");
        check("[1e999]", "other");
    }

    #[test]
    fn deep_nesting_ends() {
        check(&"[".repeat(200_000), "other");
    }
}
