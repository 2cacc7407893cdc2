//! The patterns of `${name#pattern}` and `${name/pattern/text}`: shell wildcards without brackets.
//!
//! Knows nothing of variables; it only matches texts, in time that is pattern times text at most.

use super::letters::{is_digit, is_letter};

/// A piece of a shell pattern; there are no brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Glob {
    Letter(char),
    One,
    Any,
}

fn glob(pattern: &str) -> Result<Vec<Glob>, String> {
    let mut tokens = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => tokens.push(Glob::Any),
            '?' => tokens.push(Glob::One),
            '\\' if matches!(letters.peek(), Some('}' | '/')) => {}
            '\\' => match letters.next() {
                Some(escaped @ ('*' | '?' | '\\')) => tokens.push(Glob::Letter(escaped)),
                other => {
                    let shown = other.unwrap_or(char::REPLACEMENT_CHARACTER);
                    return Err(format!("invalid escape '\\{shown}'"));
                }
            },
            other => tokens.push(Glob::Letter(other)),
        }
    }
    Ok(tokens)
}

/// The end of the match of `tokens` at the start of `text`: the longest or the shortest. `.` matches no newline.
fn match_end(tokens: &[Glob], text: &str, greedy: bool) -> Option<usize> {
    // Ends of every prefix of the pattern, in one pass over the text: no backtracking.
    let mut states = vec![false; tokens.len() + 1];
    states[0] = true;
    let mut best = None;
    let close = |states: &mut [bool]| {
        for (at, token) in tokens.iter().enumerate() {
            if states[at] && *token == Glob::Any {
                states[at + 1] = true;
            }
        }
    };
    close(&mut states);
    let mut ends = text.char_indices().map(|(at, letter)| (at, Some(letter))).chain([(text.len(), None)]);
    loop {
        let (at, letter) = ends.next()?;
        if states[tokens.len()] {
            best = Some(at);
            if !greedy {
                return best;
            }
        }
        let Some(letter) = letter else { return best };
        let mut next = vec![false; tokens.len() + 1];
        for (index, token) in tokens.iter().enumerate().filter(|(index, _)| states[*index]) {
            match token {
                Glob::Letter(wanted) if *wanted == letter => next[index + 1] = true,
                Glob::One if letter != '\n' => next[index + 1] = true,
                Glob::Any if letter != '\n' => next[index] = true,
                _ => {}
            }
        }
        close(&mut next);
        if !next.contains(&true) {
            return best;
        }
        states = next;
    }
}

/// How many steps a match may take; real ones take a thousand.
const MAX_STEPS: usize = 1 << 26;

/// Refuses what would take long: `per` steps for each byte of the value and token of the pattern.
fn affordable(tokens: &[Glob], value: &str, per: usize) -> Result<(), String> {
    match (tokens.len() + 1).saturating_mul(value.len()).saturating_mul(per) > MAX_STEPS {
        true => Err("too long".to_owned()),
        false => Ok(()),
    }
}

pub(super) fn cut_prefix(pattern: &str, value: &str, greedy: bool) -> Result<String, String> {
    let tokens = glob(pattern)?;
    affordable(&tokens, value, 1)?;
    let end = match_end(&tokens, value, greedy).unwrap_or(0);
    Ok(value[end..].to_owned())
}

pub(super) fn cut_suffix(pattern: &str, value: &str, greedy: bool) -> Result<String, String> {
    let reversed: String = value.chars().rev().collect();
    Ok(cut_prefix(&reversed_pattern(pattern), &reversed, greedy)?.chars().rev().collect())
}

/// The pattern from back to front, with each escape kept before its character.
pub(super) fn reversed_pattern(pattern: &str) -> String {
    let letters: Vec<char> = pattern.chars().collect();
    let mut units: Vec<String> = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let length = if letters[at] == '\\' && at + 1 < letters.len() { 2 } else { 1 };
        units.push(letters[at..at + length].iter().collect());
        at += length;
    }
    units.into_iter().rev().collect()
}

/// `value` with the first match or all matches replaced.
pub(super) fn replace(pattern: &str, value: &str, replacement: &str, all: bool) -> Result<String, String> {
    let tokens = glob(pattern)?;
    // A match is tried at each byte, and each may leave the replacement there.
    affordable(&tokens, value, value.len() + replacement.len())?;
    Ok(replaced(&tokens, value, replacement, all))
}

fn replaced(tokens: &[Glob], value: &str, replacement: &str, all: bool) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut after_match = false;
    while at <= value.len() {
        let end = match_end(tokens, &value[at..], true).map(|length| at + length);
        // As in Go, an empty match right after another match is none.
        match end.filter(|end| !(after_match && *end == at)) {
            Some(end) if !all => {
                out.push_str(replacement);
                out.push_str(&value[end..]);
                return out;
            }
            Some(end) => {
                fill(&mut out, replacement, &value[at..end]);
                after_match = end > at;
                if end > at {
                    at = end;
                    continue;
                }
            }
            None => after_match = false,
        }
        let Some(letter) = value[at..].chars().next() else { break };
        out.push(letter);
        at += letter.len_utf8();
    }
    out
}

/// Puts in a replacement of `//`. BuildKit hands it to Go's `regexp` as a template: `$0` is what matched, every other
/// `$name` is empty since there are no groups, and `$$` is a dollar.
fn fill(out: &mut String, template: &str, matched: &str) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let inner = after.strip_prefix('{').unwrap_or(after);
        let length = inner.find(|c| !(is_letter(c) || is_digit(c) || c == '_')).unwrap_or(inner.len());
        let (name, tail) = inner.split_at(length);
        let tail = if inner.len() < after.len() { tail.strip_prefix('}') } else { Some(tail) };
        match tail.filter(|_| !name.is_empty()) {
            Some(tail) => {
                out.push_str(if name == "0" { matched } else { "" });
                rest = tail;
            }
            None => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}
