//! The lines of a requirements file, read as pip reads them: continuations, comments, options, one requirement a line.
//!
//! Follows `pip/_internal/req/req_file.py`; knows no file but the text given.

use super::requirement::{Requirement, Source, requirement};

/// What a logical line says, and the number of its first physical line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) number: usize,
    pub(super) says: Says,
}

/// The things a line can say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Says {
    /// A requirement, with whether it carries hashes.
    Requirement { requirement: Requirement, hashed: bool },
    /// `-e`: a requirement that is installed in place.
    Editable(Source),
    /// `-r`: another requirements file, relative to this one.
    Include(String),
    /// `-c`: a constraints file, relative to this one.
    Constrain(String),
    /// `-f`: a page, or a folder relative to this file, with archives.
    FindLinks(String),
    /// An option that concerns indexes or the choice of archives, and reads no file of the project.
    Setting(&'static str),
    /// A line that pip would refuse or that cannot be told without running it.
    Unreadable(String),
}

/// Reads all lines.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, line) in logical_lines(text) {
        let line = without_comment(&line).trim();
        if !line.is_empty() {
            lines.extend(read_line(line).into_iter().map(|says| Line { number, says }));
        }
    }
    lines
}

/// Physical lines joined at trailing backslashes. A comment line ends a continuation, its backslash included.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut joined = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (index, line) in physical_lines(text).enumerate() {
        let is_comment = line.trim_start().starts_with('#');
        let (number, mut sofar) = open.take().unwrap_or((index + 1, String::new()));
        if line.ends_with('\\') && !is_comment {
            sofar.push_str(line.trim_matches('\\'));
            open = Some((number, sofar));
            continue;
        }
        if is_comment {
            sofar.push(' ');
        }
        sofar.push_str(line);
        joined.push((number, sofar));
    }
    joined.extend(open);
    joined
}

fn physical_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The line up to the first `#` that stands at its start or behind a blank; a `#` inside a URL is part of it.
fn without_comment(line: &str) -> &str {
    let mut blank_before = true;
    for (at, character) in line.char_indices() {
        if character == '#' && blank_before {
            return &line[..at];
        }
        blank_before = character.is_whitespace();
    }
    line
}

/// A line is a requirement with its own options, or options of the file: pip cuts at the first word with a hyphen.
fn read_line(line: &str) -> Vec<Says> {
    let cut = if line.starts_with('-') { Some(0) } else { line.find(" -").map(|at| at + 1) };
    let (specifier, options) = line.split_at(cut.unwrap_or(line.len()));
    let refuse = |why: &str| vec![Says::Unreadable(format!("`{line}` {why}"))];
    let Some(words) = split_words(options) else { return refuse("has a quote that does not end") };
    let Some(options) = read_options(&words) else { return refuse("has an option that is not known") };
    let specifier = specifier.trim();
    if !specifier.is_empty() {
        if has_variable(specifier) {
            return refuse("depends on a variable");
        }
        return match requirement(specifier) {
            Some(requirement) => {
                let hashed = options.iter().any(|(name, _)| *name == "--hash");
                vec![Says::Requirement { requirement, hashed }]
            }
            None => refuse("is not a requirement"),
        };
    }
    let files = options.iter().filter(|(name, _)| matches!(*name, "--requirement" | "--constraint")).count();
    if files > 1 {
        return refuse("names several files, of which pip reads one");
    }
    options
        .into_iter()
        .map(|(name, value)| match (name, value) {
            (_, Some(value)) if reads_project(name) && has_variable(&value) => {
                Says::Unreadable(format!("`{line}` depends on a variable"))
            }
            ("--requirement", Some(value)) => Says::Include(value),
            ("--constraint", Some(value)) => Says::Constrain(value),
            ("--find-links", Some(value)) => Says::FindLinks(value),
            ("--editable", Some(value)) => Says::Editable(Source::of(&value)),
            (name, _) => Says::Setting(name),
        })
        .collect()
}

fn reads_project(option: &str) -> bool {
    matches!(option, "--requirement" | "--constraint" | "--find-links" | "--editable")
}

/// Whether a part of the text is replaced by an environment variable: `${NAME}` in capitals.
fn has_variable(text: &str) -> bool {
    text.split("${").skip(1).any(|rest| {
        let name = rest.split('}').next().unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        name.len() < rest.len() && !name.is_empty() && name.bytes().all(is_name)
    })
}

/// Options that a line can have: long name, short name, whether a value follows.
const OPTIONS: &[(&str, &str, bool)] = &[
    ("--requirement", "-r", true),
    ("--constraint", "-c", true),
    ("--editable", "-e", true),
    ("--find-links", "-f", true),
    ("--index-url", "-i", true),
    ("--pypi-url", "", true),
    ("--extra-index-url", "", true),
    ("--no-index", "", false),
    ("--no-binary", "", true),
    ("--only-binary", "", true),
    ("--prefer-binary", "", false),
    ("--require-hashes", "", false),
    ("--pre", "", false),
    ("--trusted-host", "", true),
    ("--use-feature", "", true),
    ("--hash", "", true),
    ("--global-option", "", true),
    ("--config-settings", "-C", true),
    ("--config-setting", "", true),
];

/// The options with their values; `None` for one that is not known. Abbreviated long names are not taken up.
fn read_options(words: &[String]) -> Option<Vec<(&'static str, Option<String>)>> {
    let mut options = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, attached) = match word.strip_prefix("--") {
            Some(_) => {
                word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)))
            }
            None => {
                let (name, value) = word.split_at_checked(2)?;
                (name, (!value.is_empty()).then_some(value))
            }
        };
        let (long, _, valued) = OPTIONS.iter().find(|(long, short, _)| *long == name || *short == name)?;
        let value = match (valued, attached) {
            (true, Some(value)) => Some(value.to_owned()),
            (true, None) => Some(words.next()?.clone()),
            (false, None) => None,
            (false, Some(_)) => return None,
        };
        options.push((*long, value));
    }
    Some(options)
}

/// Words as a POSIX shell splits them; `None` for a quote that does not end.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            _ if character.is_whitespace() => words.extend(word.take()),
            '\'' => loop {
                match characters.next()? {
                    '\'' => break word.get_or_insert_default().push_str(""),
                    inside => word.get_or_insert_default().push(inside),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => break word.get_or_insert_default().push_str(""),
                    '\\' => match characters.next()? {
                        escaped @ ('"' | '\\') => word.get_or_insert_default().push(escaped),
                        other => word.get_or_insert_default().extend(['\\', other]),
                    },
                    inside => word.get_or_insert_default().push(inside),
                }
            },
            '\\' => word.get_or_insert_default().push(characters.next()?),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> Vec<Says> {
        lines(text).into_iter().map(|line| line.says).collect()
    }

    fn names(text: &str) -> Vec<(usize, String)> {
        let named = lines(text).into_iter().filter_map(|line| match line.says {
            Says::Requirement { requirement, .. } => Some((line.number, requirement.name?)),
            _ => None,
        });
        named.collect()
    }

    #[test]
    fn comments_and_continuations() {
        let text = "# a\nflask # b\r\nrequests==1 \\\n    --hash=sha256:00 \\\n    # via x\n\nsix \\";
        assert_eq!(names(text), [(2, "flask".to_owned()), (3, "requests".to_owned()), (7, "six".to_owned())]);
        assert!(matches!(says(text)[1], Says::Requirement { hashed: true, .. }));
        assert!(matches!(says(text)[0], Says::Requirement { hashed: false, .. }));
    }

    #[test]
    fn a_comment_line_ends_a_continuation() {
        assert_eq!(names("a \\\n# c \\\nb\n"), [(1, "a".to_owned()), (3, "b".to_owned())]);
    }

    #[test]
    fn files_and_settings_in_every_spelling() {
        assert_eq!(
            says("-r a.txt\n-rb.txt\n--requirement=c.txt\n--constraint \"d e.txt\"\n-i https://x --pre\n"),
            [
                Says::Include("a.txt".to_owned()),
                Says::Include("b.txt".to_owned()),
                Says::Include("c.txt".to_owned()),
                Says::Constrain("d e.txt".to_owned()),
                Says::Setting("--index-url"),
                Says::Setting("--pre"),
            ]
        );
    }

    #[test]
    fn what_pip_may_read_otherwise_is_not_guessed() {
        for line in [
            "--requir a.txt",
            "-r a -r b",
            "-r ${DIR}/a.txt",
            "flask==${V}",
            "-x",
            "-r 'a",
            "two words",
            "-e",
        ] {
            assert!(matches!(says(line)[..], [Says::Unreadable(_)]), "{line}: {:?}", says(line));
        }
        assert_eq!(says("--index-url https://${USER}@x"), [Says::Setting("--index-url")]);
    }

    #[test]
    fn editable_installs_are_kept_apart() {
        assert_eq!(says("-e ."), [Says::Editable(Source::Path(".".to_owned()))]);
        assert!(matches!(says("-e git+https://x/y#egg=z")[..], [Says::Editable(Source::Vcs(_))]));
    }
}
