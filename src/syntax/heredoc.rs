//! Which words of an instruction's line open a heredoc.

use super::expand::{Expander, TOO_DEEP};

/// The opening word of a heredoc, read.
pub(super) struct Marker {
    pub(super) name: String,
    pub(super) expand: bool,
    pub(super) chomp: bool,
    pub(super) descriptor: u64,
}

/// The heredocs that a joined line opens, in order.
///
/// BuildKit splits the whole line into words with a backslash as escape, whatever the file's escape character, and
/// takes a line that does not split (an open quote anywhere) as one without heredocs. An error is a line that is nested
/// too deep for us to tell.
pub(super) fn markers(line: &str) -> Result<Vec<Marker>, &'static str> {
    match Expander::words_of_heredoc_line().words(line, &()) {
        Ok(words) => Ok(words.iter().filter_map(|word| marker(word)).collect()),
        Err(error) if error.0.ends_with(TOO_DEEP) => Err(TOO_DEEP),
        Err(_) => Ok(Vec::new()),
    }
}

/// A word as a heredoc's opening: digits, `<<`, perhaps `-`, blanks, and a name without `<`.
pub(super) fn marker(word: &str) -> Option<Marker> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let rest = word[digits..].strip_prefix("<<")?;
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    // Read with and without its quotes: where the counts differ, a part was quoted and the body is not expanded.
    let [name] = <[String; 1]>::try_from(Expander::heredoc_name().words(rest, &()).ok()?).ok()?;
    let [raw] = <[String; 1]>::try_from(Expander::heredoc_name_with_quotes().words(rest, &()).ok()?).ok()?;
    let quotes = |text: &str| text.bytes().filter(|byte| matches!(byte, b'\'' | b'"')).count();
    let descriptor = match &word[..digits] {
        "" => 0,
        number => number.parse().unwrap_or(u64::MAX),
    };
    Some(Marker { expand: quotes(&name) == quotes(&raw), name, chomp, descriptor })
}
