//! What is refused before it is parsed, so that no text can overflow the stack or take for ever.

use super::NotShell;

/// Linux takes no single argument of more bytes, so no shell could be given a longer script.
pub(super) const MAX_BYTES: usize = 128 * 1024;

/// Open brackets of any kind at one place. The deepest of eight thousand real files has seven.
const MAX_OPEN: usize = 32;

/// Brackets and backquotes in all: what the count of open ones misses when quotes hide the closing ones. Parsing
/// time grows with the square of them. The real files have at most ninety in a command.
const MAX_OPENINGS: usize = 1_000;

pub(super) fn check(text: &str) -> Result<(), NotShell> {
    if text.len() > MAX_BYTES {
        return Err(NotShell::TooLong { bytes: text.len() });
    }
    let (mut open, mut openings) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                open += 1;
                openings += 1;
            }
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            b'`' => openings += 1,
            _ => {}
        }
        if open > MAX_OPEN || openings > MAX_OPENINGS {
            return Err(NotShell::TooDeep);
        }
    }
    // The parser calls itself for each of these without counting.
    let prefixes = text.split_ascii_whitespace().filter(|word| matches!(*word, "time" | "coproc"));
    if prefixes.take(MAX_OPEN + 1).count() > MAX_OPEN {
        return Err(NotShell::TooDeep);
    }
    Ok(())
}
