//! The values of strings: quotes and escapes taken out.

use super::{Kind, Token, VERBATIM};
use crate::project::sources::language::{Escape, Language, StringRule};

/// The value of a [`Kind::Text`], with its escapes taken out; `None` for other tokens and for bytes.
pub(in crate::project::sources) fn decode(text: &str, token: &Token, language: Language) -> Option<String> {
    if token.kind != Kind::Text {
        return None;
    }
    let raw = token.span.of(text);
    if token.rule == VERBATIM {
        return raw.get(1..raw.len().checked_sub(1)?).map(str::to_owned);
    }
    let rule = language.rules().strings.get(usize::from(token.rule))?;
    let open = raw.find(rule.quote)? + rule.quote.len();
    let inner = raw.get(open..raw.len().checked_sub(rule.quote.len())?)?;
    Some(unescape(inner, rule))
}

/// The plain text of a piece of the template that `start` opens.
pub(in crate::project::sources) fn decode_piece(
    text: &str,
    piece: &Token,
    start: &Token,
    language: Language,
) -> Option<String> {
    let rule = language.rules().strings.get(usize::from(start.rule))?;
    Some(unescape(piece.span.of(text), rule))
}

fn unescape(inner: &str, rule: &StringRule) -> String {
    let formats = rule.code.is_some_and(|code| code.formats);
    let plain = !inner.contains('\\') && (!formats || !inner.contains(['{', '}']));
    if plain {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner.chars().peekable();
    while let Some(next) = rest.next() {
        match next {
            '{' | '}' if formats => {
                rest.next_if_eq(&next);
                out.push(next);
            }
            '\\' if rule.escape == Escape::Backslash => match rest.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('0') => out.push('\0'),
                Some('\n') | None => {}
                Some(mark @ ('x' | 'u' | 'U')) => out.extend(code_point(mark, &mut rest)),
                Some(other) => out.push(other),
            },
            other => out.push(other),
        }
    }
    out
}

/// The character of `\x41`, `\u0041`, `\u{41}` or `\U00000041`; the replacement character where it is malformed, so that
/// it equals no name of a table.
fn code_point(mark: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let digits: String = if rest.next_if_eq(&'{').is_some() {
        rest.by_ref().take_while(|next| *next != '}').collect()
    } else {
        let count = match mark {
            'x' => 2,
            'u' => 4,
            _ => 8,
        };
        std::iter::from_fn(|| rest.next_if(char::is_ascii_hexdigit)).take(count).collect()
    };
    let value = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
    Some(value.unwrap_or(char::REPLACEMENT_CHARACTER))
}
