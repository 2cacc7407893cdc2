//! The words and operators of a shell text, for the proof that only blanks between them changed.
//!
//! Read byte by byte, without the shell's tree: the transforms that re-space shell text rely on that tree, and must not
//! be their own witness. Where a reader could be wrong, the rest of the text counts as one word: rather a layout
//! refused than a difference lost.

/// The words and operators of `text`. What stands in quotes, in a substitution or after a backslash belongs to its word
/// byte for byte, and so does everything from a comment on.
pub fn shell_words(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let rest = &bytes[at..];
        if matches!(rest[0], b' ' | b'\t') {
            words.extend(text.get(start..at).filter(|word| !word.is_empty()));
            at += 1;
            start = at;
        } else if rest[0] == b'#' && start == at || rest.starts_with(b"$'") {
            // A comment has no words, and whether a backslash counts in `$'…'` depends on the shell.
            break;
        } else if let Some(length) = operator(bytes, at) {
            words.extend(text.get(start..at).filter(|word| !word.is_empty()));
            words.extend(text.get(at..at + length));
            at += length;
            start = at;
        } else {
            at = step(bytes, at);
        }
    }
    words.extend(text.get(start..).filter(|word| !word.is_empty()));
    words
}

/// Length of an operator that parts words without blanks. Those of redirections belong to their word, as in `2>&1`.
fn operator(bytes: &[u8], at: usize) -> Option<usize> {
    if at > 0 && matches!(bytes[at - 1], b'>' | b'<') {
        return None;
    }
    match &bytes[at..] {
        [b';', b';', b'&', ..] => Some(3),
        [b';', b';' | b'&', ..] | [b'&', b'&', ..] | [b'|', b'|' | b'&', ..] => Some(2),
        [b';' | b'|', ..] => Some(1),
        _ => None,
    }
}

/// Where the part of a word that starts at `at` ends: a byte, or everything that belongs together.
fn step(bytes: &[u8], at: usize) -> usize {
    match &bytes[at..] {
        [b'\\', _, ..] => at + 2,
        [b'\'' | b'"' | b'`', ..] | [b'$', b'{', ..] => quoted(bytes, at),
        [b'$', b'(', ..] => substitution(bytes, at + 2),
        _ => at + 1,
    }
}

/// The end of the quoted part at `at`; the end of the text where it is not closed.
fn quoted(bytes: &[u8], at: usize) -> usize {
    let opening = bytes[at];
    let (closing, mut at) = if opening == b'$' { (b'}', at + 2) } else { (opening, at + 1) };
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at = match byte {
            byte if *byte == closing => return at + 1,
            _ if opening == b'\'' => at + 1,
            b'\\' => at + 2,
            b'`' | b'$' if opening == b'"' && (*byte == b'`' || rest.starts_with(b"${")) => quoted(bytes, at),
            b'$' if opening != b'`' && rest.starts_with(b"$(") => substitution(bytes, at + 2),
            b'\'' | b'"' | b'`' if opening == b'$' => quoted(bytes, at),
            b'$' if opening == b'$' && rest.starts_with(b"${") => quoted(bytes, at),
            _ => at + 1,
        };
    }
    bytes.len()
}

/// The end of a `$(` whose inside starts at `at`. A `case` may hold a lone bracket, and a comment anything at all.
fn substitution(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 1;
    while let Some(byte) = bytes.get(at) {
        let rest = &bytes[at..];
        match byte {
            b'#' => return bytes.len(),
            b'c' if rest.starts_with(b"case") => return bytes.len(),
            b'$' if rest.starts_with(b"$'") => return bytes.len(),
            b'\\' => at += 2,
            b'\'' | b'"' | b'`' => at = quoted(bytes, at),
            b'$' if rest.starts_with(b"${") => at = quoted(bytes, at),
            b'(' => {
                depth += 1;
                at += 1;
            }
            b')' => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::shell_words;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(shell_words(text), expected, "{text}");
    }

    #[test]
    fn blanks_and_operators_part_words() {
        check(" a  b\t c", &["a", "b", "c"]);
        check("a;b&&c ||d|e", &["a", ";", "b", "&&", "c", "||", "d", "|", "e"]);
        check("a) b;; c|d)e;;", &["a)", "b", ";;", "c", "|", "d)e", ";;"]);
    }

    #[test]
    fn operators_of_redirections_belong_to_their_word() {
        check("a 2>&1 >|b &>c&", &["a", "2>&1", ">|b", "&>c&"]);
    }

    #[test]
    fn what_belongs_together_is_kept_byte_for_byte() {
        check("a 'b  c'  \"d  e\"", &["a", "'b  c'", "\"d  e\""]);
        check(r"a \  b\;c", &["a", r"\ ", r"b\;c"]);
        check(r#"a "$(b "c  d")  e"  f"#, &["a", r#""$(b "c  d")  e""#, "f"]);
        check(r#"a "${b:-"c  d"}  e"  f"#, &["a", r#""${b:-"c  d"}  e""#, "f"]);
        check("a $(b  c)  d", &["a", "$(b  c)", "d"]);
        check("a `b  c`  d", &["a", "`b  c`", "d"]);
        check("a ${b:-c  d}  e", &["a", "${b:-c  d}", "e"]);
    }

    #[test]
    fn where_the_reading_is_not_certain_the_rest_is_one_word() {
        check("a # it's  so", &["a", "# it's  so"]);
        check("a#b  c", &["a#b", "c"]);
        check("a;#b  c", &["a", ";", "#b  c"]);
        check(r"a $'b\'  c'  d", &["a", r"$'b\'  c'  d"]);
        check("a \"b  c", &["a", "\"b  c"]);
        check("a $(case b in c) d  e", &["a", "$(case b in c) d  e"]);
        check("a 'é  b' \\é  c\\", &["a", "'é  b'", "\\é", "c\\"]);
    }
}
