//! Words inside one instruction: between blanks, and as ENV, LABEL and ARG read them.

use super::joined::JoinedSpan;

/// The blanks that part words: not every white space does.
pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// `span` without the Unicode white space around it.
pub(super) fn trim(text: &str, span: JoinedSpan) -> JoinedSpan {
    let part = &text[span.start()..span.end()];
    let start = span.end() - part.trim_start().len();
    JoinedSpan::new(start, start + part.trim().len())
}

/// The words of `span`, parted by blanks; no quoting.
pub(super) fn split(text: &str, span: JoinedSpan) -> Vec<JoinedSpan> {
    let mut words = Vec::new();
    let mut rest = Some(span);
    while let Some(part) = rest.filter(|part| !part.is_empty()) {
        let (word, after) = split_once(text, part);
        words.push(word);
        rest = after;
    }
    words
}

/// `span` cut once at its first run of blanks: before and after.
pub(super) fn split_once(text: &str, span: JoinedSpan) -> (JoinedSpan, Option<JoinedSpan>) {
    let bytes = &text.as_bytes()[span.start()..span.end()];
    match bytes.iter().position(|byte| is_blank(*byte)) {
        None => (span, None),
        Some(at) => {
            let next =
                bytes[at..].iter().position(|byte| !is_blank(*byte)).map_or(bytes.len(), |gap| at + gap);
            let first = JoinedSpan::new(span.start(), span.start() + at);
            (first, Some(JoinedSpan::new(span.start() + next, span.end())))
        }
    }
}

/// The words of ENV, LABEL and ARG: parted by white space outside quotes; quotes and escapes stay in the word.
///
/// A lone escape character at the very end is dropped, so a word is always a slice of the text.
pub(super) fn quoted(text: &str, span: JoinedSpan, escape: char) -> Vec<JoinedSpan> {
    let part = &text[span.start()..span.end()];
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    let mut end = part.len();
    let mut quote: Option<char> = None;
    let mut letters = part.char_indices();
    while let Some((at, letter)) = letters.next() {
        match quote {
            None if letter.is_whitespace() => {
                if let Some(start) = start.take() {
                    words.push((start, at));
                }
                continue;
            }
            None if matches!(letter, '\'' | '"') => quote = Some(letter),
            Some(open) if letter == open => quote = None,
            _ => {}
        }
        let escapes = letter == escape && quote != Some('\'');
        if escapes && letters.next().is_none() {
            end = at;
            break;
        }
        start.get_or_insert(at);
    }
    if let Some(start) = start
        && start < end
    {
        words.push((start, end));
    }
    words.into_iter().map(|(from, to)| JoinedSpan::new(span.start() + from, span.start() + to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words = quoted(text, JoinedSpan::new(0, text.len()), '\\');
        let words: Vec<&str> = words.iter().map(|word| &text[word.start()..word.end()]).collect();
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
