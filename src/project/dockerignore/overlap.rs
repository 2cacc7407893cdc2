//! Whether an ignore pattern and a source word have a path in common, whatever files there are.
//!
//! Files that git ignores are not known here, and `COPY target/*.jar` may mean one of them. So it is not enough to
//! look at the files: the two patterns themselves are walked side by side, one letter at a time.

use std::collections::HashSet;

use super::pattern::{Pattern, Step};
use crate::project::glob::{Class, Glob};

/// The letters that one step of a pattern takes.
#[derive(Clone, Copy)]
enum Letters<'a> {
    One(char),
    AllButSlash,
    All,
    Class(&'a Class),
}

impl Letters<'_> {
    /// Whether some letter is taken by both. Two classes are said to meet without looking.
    fn meet(self, other: Letters<'_>) -> bool {
        match (self, other) {
            (Letters::One(a), Letters::One(b)) => a == b,
            (Letters::One(letter), Letters::AllButSlash) | (Letters::AllButSlash, Letters::One(letter)) => {
                letter != '/'
            }
            (Letters::One(letter), Letters::Class(class)) | (Letters::Class(class), Letters::One(letter)) => {
                class.contains(letter)
            }
            _ => true,
        }
    }
}

/// Whether some path that `source` selects is matched by `pattern`, itself or through a folder above it.
pub(super) fn overlap(pattern: &Pattern, source: &Glob) -> bool {
    let source = source.steps();
    pattern.readings().iter().any(|reading| {
        // What lies below a matched folder is excluded too.
        let mut below = reading.clone();
        below.extend([Step::Character('/'), Step::Anything]);
        meet(reading, &source) || meet(&below, &source)
    })
}

/// Whether some path below the folder may be matched; an empty path is the context's root.
pub(super) fn overlap_below(pattern: &Pattern, folder: &str) -> bool {
    let mut steps: Vec<Step> = folder.chars().map(Step::Character).collect();
    if !folder.is_empty() {
        steps.push(Step::Character('/'));
    }
    steps.push(Step::Anything);
    pattern.readings().iter().any(|reading| meet(reading, &steps))
}

/// Whether two sequences of steps have a text in common.
fn meet(a: &[Step], b: &[Step]) -> bool {
    let mut seen: HashSet<(usize, usize)> = HashSet::new();
    let mut waiting = vec![(0, 0)];
    while let Some((at_a, at_b)) = waiting.pop() {
        if !seen.insert((at_a, at_b)) {
            continue;
        }
        if at_a == 2 * a.len() && at_b == 2 * b.len() {
            return true;
        }
        waiting.extend(without_letter(a, at_a).map(|next| (next, at_b)));
        waiting.extend(without_letter(b, at_b).map(|next| (at_a, next)));
        for (letters_a, next_a) in with_letter(a, at_a) {
            for (letters_b, next_b) in with_letter(b, at_b) {
                if letters_a.meet(letters_b) {
                    waiting.push((next_a, next_b));
                }
            }
        }
    }
    false
}

/// Where a reading may go on without taking a letter. Even numbers stand before a step, odd ones inside a `**/`.
fn without_letter(steps: &[Step], at: usize) -> Option<usize> {
    let skips = matches!(steps.get(at / 2), Some(Step::ManyButSlash | Step::Anything | Step::Folders));
    (at.is_multiple_of(2) && skips).then_some(at + 2)
}

/// Where a reading may go on with a letter, and with which.
fn with_letter(steps: &[Step], at: usize) -> Vec<(Letters<'_>, usize)> {
    match steps.get(at / 2) {
        Some(Step::Character(letter)) => vec![(Letters::One(*letter), at + 2)],
        Some(Step::AnyButSlash) => vec![(Letters::AllButSlash, at + 2)],
        Some(Step::Class(class)) => vec![(Letters::Class(class), at + 2)],
        Some(Step::ManyButSlash) => vec![(Letters::AllButSlash, at)],
        Some(Step::Anything) => vec![(Letters::All, at)],
        Some(Step::Folders) => {
            let inside = at - at % 2;
            vec![(Letters::All, inside + 1), (Letters::One('/'), inside + 2)]
        }
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::dockerignore::IgnoreFile;

    #[track_caller]
    fn check(pattern: &str, source: &str, expected: bool) {
        let file = IgnoreFile::parse(pattern);
        let source = Glob::parse(source).expect("a good pattern");
        assert_eq!(overlap(&file.patterns()[0], &source), expected, "{pattern}");
    }

    #[test]
    fn names_meet_through_their_folders() {
        check("target", "target/*.jar", true);
        check("**/target", "target/*.jar", true);
        check("**/target", "server/target/app-?.jar", true);
        check("target", "server/target/*.jar", false);
        check("target/classes", "target/*.jar", false);
        check("**/node_modules", "*", true);
        check("**/node_modules", "package*.json", false);
    }

    #[test]
    fn anchored_names_reach_only_their_own_folder() {
        let below =
            |pattern: &str, folder: &str| overlap_below(&IgnoreFile::parse(pattern).patterns()[0], folder);
        assert!(below(".git", "") && !below(".git", "src"));
        assert!(below("**/node_modules", "src") && below("*", "") && !below("*", "src"));
        assert!(below("src/a", "src") && !below("src/a", "src/b") && !below("sr", "src"));
    }

    #[test]
    fn wildcards_meet_where_one_text_fits_both() {
        check("**/*.log", "app.*", true);
        check("**/*.log", "*.json", false);
        check("Dockerfile*", "*.prod", true);
        check("Dockerfile*", "docker/*", false);
        check("**file", "my?ile", true);
        check("a**", "a/b*", true);
        check(".env.*", ".env*", true);
        check(".env", "[!-/]env", true);
        check("compose*.y*ml", "composer.json", false);
        check("compose*.y*ml", "compose*.json", false);
        check("a/**", "a", false);
        check("a?c", "a[0-9]c", true);
        check("abc", "a[0-9]c", false);
    }
}
