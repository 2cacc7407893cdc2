//! Words inside one instruction: between blanks, and as ENV, LABEL and ARG read them.

use smallvec::SmallVec;

use super::joined::JoinedSpan;

/// The blanks that part words: not every white space does.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// `span` without the Unicode white space around it.
pub(super) fn trim(text: &str, span: JoinedSpan) -> JoinedSpan {
    let part = &text[span.start()..span.end()];
    // Almost every part begins and ends with a visible character of ASCII already.
    if let [b'!'..=b'~', .., b'!'..=b'~'] | [b'!'..=b'~'] = part.as_bytes() {
        return span;
    }
    let start = span.end() - part.trim_start().len();
    JoinedSpan::new(start, start + part.trim().len())
}

/// The words of `span`, parted by blanks; no quoting.
pub(super) fn split(text: &str, span: JoinedSpan) -> SmallVec<[JoinedSpan; 3]> {
    let bytes = &text.as_bytes()[..span.end()];
    let mut words = SmallVec::new();
    let mut start = span.start();
    while start < bytes.len() {
        let end = bytes[start..].iter().position(|byte| is_blank(*byte)).map_or(bytes.len(), |at| start + at);
        words.push(JoinedSpan::new(start, end));
        start = next_word(bytes, end);
    }
    words
}

/// `span` cut once at its first run of blanks: before and after.
pub(super) fn split_once(text: &str, span: JoinedSpan) -> (JoinedSpan, Option<JoinedSpan>) {
    let bytes = &text.as_bytes()[..span.end()];
    match bytes[span.start()..].iter().position(|byte| is_blank(*byte)) {
        None => (span, None),
        Some(length) => {
            let end = span.start() + length;
            let after = JoinedSpan::new(next_word(bytes, end), span.end());
            (JoinedSpan::new(span.start(), end), Some(after))
        }
    }
}

/// The first byte from `at` on that is no blank; the end if there is none.
fn next_word(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| !is_blank(*byte)).map_or(bytes.len(), |gap| at + gap)
}

/// The words of ENV, LABEL and ARG: parted by white space outside quotes; quotes and escapes stay in the word.
///
/// A lone escape character at the very end is dropped, so a word is always a slice of the text.
pub(super) fn quoted(text: &str, span: JoinedSpan, escape: char) -> Quoted<'_> {
    // Both escape characters are of ASCII.
    Quoted { text: &text[..span.end()], at: span.start(), escape: escape as u8 }
}

/// See [`quoted`].
pub(super) struct Quoted<'t> {
    text: &'t str,
    at: usize,
    escape: u8,
}

impl Iterator for Quoted<'_> {
    type Item = JoinedSpan;

    fn next(&mut self) -> Option<JoinedSpan> {
        let bytes = self.text.as_bytes();
        while self.at < bytes.len() && is_space(self.text, self.at) {
            self.at += length(self.text, self.at);
        }
        let start = self.at;
        let mut quote: Option<u8> = None;
        loop {
            self.at += bytes[self.at..].iter().take_while(|byte| is_plain(**byte)).count();
            let Some(&byte) = bytes.get(self.at) else { break };
            match quote {
                None if is_space(self.text, self.at) => break,
                None if matches!(byte, b'\'' | b'"') => quote = Some(byte),
                Some(open) if byte == open => quote = None,
                _ => {}
            }
            if byte == self.escape && quote != Some(b'\'') {
                if self.at + 1 == bytes.len() {
                    let end = self.at;
                    self.at = bytes.len();
                    return (start < end).then(|| JoinedSpan::new(start, end));
                }
                self.at += 1;
            }
            self.at += length(self.text, self.at);
        }
        (start < self.at).then(|| JoinedSpan::new(start, self.at))
    }
}

/// Whether a byte is a character that means nothing here, in quotes or outside, whatever the escape character.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'!' | b'#'..=b'&' | b'('..=b'[' | b']'..=b'_' | b'a'..=b'~')
}

/// Whether the character at `at` is white space.
#[inline]
fn is_space(text: &str, at: usize) -> bool {
    match text.as_bytes()[at] {
        byte @ ..0x80 => matches!(byte, b' ' | b'\t'..=b'\r'),
        _ => text[at..].starts_with(char::is_whitespace),
    }
}

/// Bytes of the character at `at`.
#[inline]
fn length(text: &str, at: usize) -> usize {
    match text.as_bytes()[at] {
        ..0x80 => 1,
        _ => text[at..].chars().next().map_or(1, char::len_utf8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = quoted(text, JoinedSpan::new(0, text.len()), '\\');
        let words: Vec<&str> = words.map(|word| &text[word.start()..word.end()]).collect();
        assert_eq!(words, expected);
    }

    #[test]
    fn quotes_protect_blanks_and_stay() {
        check(r#"a="b c" d='e f'g"#, &[r#"a="b c""#, "d='e f'g"]);
    }

    #[test]
    fn an_escape_protects_the_next_character() {
        check(r"a=b\ c d", &[r"a=b\ c", "d"]);
        check(r#"a=\"b c"#, &[r#"a=\"b"#, "c"]);
    }

    #[test]
    fn a_last_escape_is_dropped() {
        check(r"a=b\", &["a=b"]);
        check(r"\", &[]);
        check(r#"a="b\"#, &[r#"a="b"#]);
    }

    #[test]
    fn an_open_quote_runs_to_the_end() {
        check("a='b c", &["a='b c"]);
    }
}
