//! Wildcards of source words (`COPY *.json ./`), as Go's `filepath.Match` reads them, and the cleaning of paths.
//!
//! Knows paths as text and nothing of files. The patterns of an ignore file are another language: see
//! [`super::dockerignore`].

use std::fmt;

use super::dockerignore::Step;

/// A pattern that Go refuses: the build that uses it fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadPattern;

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("syntax error in pattern")
    }
}

/// A pattern of Go's `filepath.Match`: `*` and `?` stop at `/`, `[a-c]` and `[^x]` are classes, `\` escapes.
#[derive(Clone, Debug)]
pub struct Glob {
    chunks: Vec<Chunk>,
}

/// What stands between two stars.
#[derive(Clone, Debug)]
struct Chunk {
    after_star: bool,
    atoms: Vec<Atom>,
}

#[derive(Clone, Debug)]
enum Atom {
    Byte(u8),
    AnyButSlash,
    Class(Class),
}

/// A set of characters. Unlike `?`, it may hold the slash, as it may in Go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    pub(super) fn contains(&self, character: char) -> bool {
        self.ranges.iter().any(|&(low, high)| low <= character && character <= high) != self.negated
    }

    pub(super) fn ranges(&self) -> &[(char, char)] {
        &self.ranges
    }

    /// Reads a class from the text behind its `[`; gives it and what follows its `]`.
    pub(super) fn parse(text: &str) -> Result<(Class, &str), BadPattern> {
        let (negated, mut rest) = match text.strip_prefix('^') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut ranges = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix(']')
                && !ranges.is_empty()
            {
                return Ok((Class { negated, ranges }, after));
            }
            let (low, after) = class_end(rest)?;
            let (high, after) = match after.strip_prefix('-') {
                Some(after) => class_end(after)?,
                None => (low, after),
            };
            ranges.push((low, high));
            rest = after;
        }
    }
}

/// One end of a range of a class, which may be escaped; something must follow it.
fn class_end(text: &str) -> Result<(char, &str), BadPattern> {
    let mut characters = text.chars();
    let character = match characters.next() {
        None | Some('-' | ']') => return Err(BadPattern),
        Some('\\') => characters.next().ok_or(BadPattern)?,
        Some(other) => other,
    };
    if characters.as_str().is_empty() { Err(BadPattern) } else { Ok((character, characters.as_str())) }
}

impl Glob {
    /// Reads a pattern.
    pub fn parse(pattern: &str) -> Result<Glob, BadPattern> {
        let mut chunks = vec![Chunk { after_star: false, atoms: Vec::new() }];
        let mut rest = pattern;
        while let Some(character) = rest.chars().next() {
            rest = &rest[character.len_utf8()..];
            let atom = match character {
                '*' => {
                    chunks.push(Chunk { after_star: true, atoms: Vec::new() });
                    continue;
                }
                '?' => Atom::AnyButSlash,
                '[' => {
                    let (class, after) = Class::parse(rest)?;
                    rest = after;
                    Atom::Class(class)
                }
                '\\' => {
                    let escaped = rest.chars().next().ok_or(BadPattern)?;
                    rest = &rest[escaped.len_utf8()..];
                    push_bytes(&mut chunks, escaped);
                    continue;
                }
                other => {
                    push_bytes(&mut chunks, other);
                    continue;
                }
            };
            if let Some(chunk) = chunks.last_mut() {
                chunk.atoms.push(atom);
            }
        }
        // Of several stars in a row the last one is enough; a star at the very end keeps its empty chunk.
        let last = chunks.len() - 1;
        let mut at = 0;
        chunks.retain(|chunk| {
            let keep = !chunk.atoms.is_empty() || (at == last && chunk.after_star);
            at += 1;
            keep
        });
        Ok(Glob { chunks })
    }

    /// A pattern without wildcards: the path itself.
    pub fn literal(path: &str) -> Glob {
        Glob { chunks: vec![Chunk { after_star: false, atoms: path.bytes().map(Atom::Byte).collect() }] }
    }

    /// The pattern as steps of characters.
    pub(in crate::project) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for chunk in &self.chunks {
            if chunk.after_star {
                steps.push(Step::ManyButSlash);
            }
            let mut atoms = chunk.atoms.iter().peekable();
            while let Some(atom) = atoms.next() {
                match atom {
                    Atom::AnyButSlash => steps.push(Step::AnyButSlash),
                    Atom::Class(class) => steps.push(Step::Class(class.clone())),
                    Atom::Byte(first) => {
                        let mut bytes = vec![*first];
                        while let Some(Atom::Byte(byte)) = atoms.peek() {
                            bytes.push(*byte);
                            atoms.next();
                        }
                        steps.extend(String::from_utf8_lossy(&bytes).chars().map(Step::Character));
                    }
                }
            }
        }
        steps
    }

    /// Whether the whole of `name` fits.
    pub fn matches(&self, name: &str) -> bool {
        let mut name = name.as_bytes();
        for (at, chunk) in self.chunks.iter().enumerate() {
            let last = at + 1 == self.chunks.len();
            if chunk.after_star && chunk.atoms.is_empty() {
                return !name.contains(&b'/');
            }
            let fits = |rest: &[u8]| !last || rest.is_empty();
            if let Some(rest) = chunk.match_here(name)
                && fits(rest)
            {
                name = rest;
                continue;
            }
            if !chunk.after_star {
                return false;
            }
            // Go takes the first place that fits and never comes back, so this is linear in name times pattern.
            let reach = name.iter().position(|&byte| byte == b'/').unwrap_or(name.len());
            let found =
                (1..=reach).find_map(|skip| chunk.match_here(&name[skip..]).filter(|rest| fits(rest)));
            match found {
                Some(rest) => name = rest,
                None => return false,
            }
        }
        name.is_empty()
    }
}

fn push_bytes(chunks: &mut [Chunk], character: char) {
    let mut buffer = [0; 4];
    if let Some(chunk) = chunks.last_mut() {
        chunk.atoms.extend(character.encode_utf8(&mut buffer).bytes().map(Atom::Byte));
    }
}

impl Chunk {
    /// What is left of `name` when the chunk fits at its start.
    fn match_here<'a>(&self, mut name: &'a [u8]) -> Option<&'a [u8]> {
        for atom in &self.atoms {
            let (&first, rest) = name.split_first()?;
            name = match atom {
                Atom::Byte(byte) => (*byte == first).then_some(rest)?,
                Atom::AnyButSlash => (first != b'/').then(|| &name[first_character(name).1..])?,
                Atom::Class(class) => {
                    let (character, length) = first_character(name);
                    class.contains(character).then(|| &name[length..])?
                }
            };
        }
        Some(name)
    }
}

/// The first character and its length; a byte that starts none counts as one, as in Go.
fn first_character(name: &[u8]) -> (char, usize) {
    let decoded = (1..=name.len().min(4)).find_map(|length| std::str::from_utf8(&name[..length]).ok());
    match decoded.and_then(|text| text.chars().next()) {
        Some(character) => (character, character.len_utf8()),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// Whether a source word has a wildcard, so that it is matched and not taken literally.
pub fn has_wildcard(word: &str) -> bool {
    let mut bytes = word.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' | b'[' => return true,
            b'\\' => _ = bytes.next(),
            _ => {}
        }
    }
    false
}

/// The shortest equivalent path, as Go's `filepath.Clean` makes it: no `.`, no doubled or trailing `/`, and `..`
/// taken back where something stands before it.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => _ = parts.pop(),
                None if rooted => {}
                _ => parts.push(".."),
            },
            _ => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// The path below the context root that a source word means: `/x`, `./x` and `../x` are all `x`, the root is empty.
pub fn below_root(word: &str) -> String {
    clean(&format!("/{word}"))[1..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases of Go's own test, as facts.
    #[test]
    fn agrees_with_go() {
        let cases = [
            ("abc", "abc", Some(true)),
            ("*", "abc", Some(true)),
            ("*c", "abc", Some(true)),
            ("a*", "a", Some(true)),
            ("a*", "abc", Some(true)),
            ("a*", "ab/c", Some(false)),
            ("a*/b", "abc/b", Some(true)),
            ("a*/b", "a/c/b", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxe/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", Some(true)),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", Some(false)),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", Some(false)),
            ("a*b?c*x", "abxbbxdbxebxczzx", Some(true)),
            ("a*b?c*x", "abxbbxdbxebxczzy", Some(false)),
            ("ab[c]", "abc", Some(true)),
            ("ab[b-d]", "abc", Some(true)),
            ("ab[e-g]", "abc", Some(false)),
            ("ab[^c]", "abc", Some(false)),
            ("ab[^b-d]", "abc", Some(false)),
            ("ab[^e-g]", "abc", Some(true)),
            ("a\\*b", "a*b", Some(true)),
            ("a\\*b", "ab", Some(false)),
            ("a?b", "a☺b", Some(true)),
            ("a[^a]b", "a☺b", Some(true)),
            ("a???b", "a☺b", Some(false)),
            ("a[^a][^a][^a]b", "a☺b", Some(false)),
            ("[a-ζ]*", "α", Some(true)),
            ("*[a-ζ]", "A", Some(false)),
            ("a?b", "a/b", Some(false)),
            ("a*b", "a/b", Some(false)),
            ("[\\]a]", "]", Some(true)),
            ("[\\-]", "-", Some(true)),
            ("[x\\-]", "x", Some(true)),
            ("[x\\-]", "-", Some(true)),
            ("[x\\-]", "z", Some(false)),
            ("[\\-x]", "x", Some(true)),
            ("[\\-x]", "-", Some(true)),
            ("[\\-x]", "a", Some(false)),
            ("[]a]", "]", None),
            ("[-]", "-", None),
            ("[x-]", "x", None),
            ("[x-]", "z", None),
            ("[-x]", "x", None),
            ("[-x]", "a", None),
            ("\\", "a", None),
            ("[a-b-c]", "a", None),
            ("[", "a", None),
            ("[^", "a", None),
            ("[^bc", "a", None),
            ("a[", "a", None),
            ("a[", "ab", None),
            ("*x", "xxx", Some(true)),
            ("a[^b]c", "a/c", Some(true)),
            ("", "", Some(true)),
            ("", "a", Some(false)),
            ("a**", "ab", Some(true)),
            ("**b", "ab", Some(true)),
            ("**/b", "a/c/b", Some(false)),
            ("*??", "☺", Some(true)),
        ];
        for (pattern, name, expected) in cases {
            let found = Glob::parse(pattern).ok().map(|glob| glob.matches(name));
            assert_eq!(found, expected, "{pattern} on {name}");
        }
    }

    #[test]
    fn long_patterns_take_no_exponential_time() {
        let glob = Glob::parse(&"*a".repeat(50)).expect("a good pattern");
        assert!(!glob.matches(&"a".repeat(1000).replace("aaaaa", "aaaab")));
    }

    #[test]
    fn cleans_paths_as_go_does() {
        let cases = [
            ("", "."),
            ("./src", "src"),
            ("foo/", "foo"),
            ("a//b", "a/b"),
            ("a/../b", "b"),
            ("a/../../b", "../b"),
            ("../x", "../x"),
            ("/../x", "/x"),
            ("//", "/"),
            ("a/..", "."),
        ];
        for (path, expected) in cases {
            assert_eq!(clean(path), expected, "{path}");
        }
        assert_eq!(below_root("../x"), "x");
        assert_eq!(below_root("."), "");
    }

    #[test]
    fn escaped_sign_is_no_wildcard() {
        assert!(has_wildcard("a*") && has_wildcard("a[b]") && has_wildcard("\\\\?"));
        assert!(!has_wildcard("a\\*b") && !has_wildcard("plain"));
    }
}
