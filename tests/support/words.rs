//! Made-up words with variables, quotes and escapes in them.

use crate::random::Random;

#[rustfmt::skip]
const LETTERS: &[&str] = &[
    "a", "b", "A", "B", "E", "P", "Q", "N", "U", "X", "$", "$", "${", "${", "${A", "${B", "${P", "${U", "${E", "${X", "}", "}", "}", ":", "-", ":-", ":+",
    ":?", "+", "?", "#", "##", "%", "%%", "/", "//", "*", "?", ".", "\\", "\\", "`", "\"", "\"", "'", "'", " ", "  ", "\t", "\n", "\u{a0}", "<",
    "<<", "@", "!", "0", "1", "12", "_", "é", "🦀", "\u{feff}", "²", "٣", "ि", "Ⅷ", "ª", "[", "]", "(", ")", "\r", "\0", "=", ",", "{",
    "${A:-", "${X:-", "${P#*/}", "${P##*/}", "${P%.*}", "${P%%.*}", "${P/a/", "${P//a/", "${P//[", "${N//a/", "${Q//b/$Q}", "$Q", "$$", "^", "|", "\u{301}",
];

/// A word with expansions in it.
pub fn word(random: &mut Random) -> String {
    let most = if random.one_in(4) { 20 } else { 8 };
    let pieces = 1 + random.below(most);
    (0..pieces).map(|_| random.pick(LETTERS)).collect()
}
