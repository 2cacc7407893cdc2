//! Text in double quotes as BuildKit's messages show it.

use std::fmt::Write;

/// `text` in double quotes, with the escapes of Go's `%q`.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            '\'' => out.push(letter),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            letter if is_printable(letter) => out.push(letter),
            letter => escape(&mut out, letter as u32),
        }
    }
    out.push('"');
    out
}

fn escape(out: &mut String, code: u32) {
    let _ = match code {
        0..0x80 => write!(out, "\\x{code:02x}"),
        0x80..0x1_0000 => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
}

/// Whether a letter is shown as itself.
fn is_printable(letter: char) -> bool {
    // The standard library escapes a combining mark only where it stands first, so something stands before it.
    let text: String = ['a', letter].iter().collect();
    text.escape_debug().nth(1).is_some_and(|shown| shown == letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_letters_are_escaped_as_in_go() {
        assert_eq!(quote("a\"\\\t\u{1}\u{7f}'é"), r#""a\"\\\t\x01\x7f'é""#);
        assert_eq!(quote("\u{a0}\u{feff}\u{e0001}e\u{301}"), "\"\\u00a0\\ufeff\\U000e0001e\u{301}\"");
    }
}
