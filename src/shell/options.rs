//! Reads a command line by a table of its program's options: which words are options, which are their values, and
//! which are operands.
//!
//! Works on the values of the words, so that it serves shell commands and exec forms alike; a word whose value is
//! not known is `None`. An option that is not in the table is not guessed at: it is kept as unknown, since nobody
//! can say whether the word after it is its value.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::start::Given;

/// The options of a program.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Grammar {
    /// Options that take a value: the next word, or joined by `=`, or glued to a single letter.
    pub(super) values: BTreeSet<String>,
    /// Those of them that need none: a word that looks like an option is not their value.
    pub(super) optional: BTreeSet<String>,
    /// Options that take none, or one joined by `=` only.
    pub(super) flags: BTreeSet<String>,
    /// What begins an option whose rest is free: `-D` of `-Dname=value`.
    pub(super) prefixes: Vec<String>,
    /// Options that take a value and are the last: what follows is for the program that they name.
    pub(super) last: BTreeSet<String>,
    /// How options are written.
    pub(super) style: Style,
    /// Options end at the first operand, as in `sudo`, `env` and `python`.
    pub(super) operand_ends: bool,
    /// Every `--no-…` is a flag.
    pub(super) negatable: bool,
    /// A flag takes a following `true` or `false`.
    pub(super) spaced_booleans: bool,
}

/// How options are written.
#[derive(Deserialize, Debug, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Style {
    /// `--long`, `--long=value`, `-s`, `-svalue`, `-abc` for `-a -b -c`.
    #[default]
    Gnu,
    /// `-name`, `-name=value`, `-name value`; `--` in place of `-` means the same.
    SingleDash,
}

/// An option as it was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenOption {
    /// Its name, dashes included, as the table spells it.
    pub name: String,
    /// Index of the word it stands in.
    pub word: usize,
    /// Its value, if it has one.
    pub value: Option<GivenValue>,
}

/// The value of an option.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenValue {
    /// Index of the word it stands in: the option's own, or the next.
    pub word: usize,
    /// The value; `None` where the shell has yet to work it out.
    pub text: Option<String>,
}

/// A command line, taken apart. Indices are those of the words given.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Arguments {
    pub(super) options: Vec<GivenOption>,
    pub(super) operands: Vec<usize>,
    /// Words that look like options and are not in the table.
    pub(super) unknown: Vec<usize>,
}

/// Takes `argv[from..]` apart.
pub(super) fn read(grammar: &Grammar, argv: &[Option<&str>], from: usize) -> Arguments {
    let mut reader = Reader { grammar, argv, at: from, arguments: Arguments::default() };
    while let Some(word) = argv.get(reader.at) {
        match word {
            Some("--") => {
                reader.at += 1;
                break;
            }
            Some(option) if option.len() > 1 && option.starts_with('-') => {
                reader.option(option);
                let name = reader.arguments.options.last().map(|option| &option.name);
                if name.is_some_and(|name| grammar.last.contains(name)) {
                    break;
                }
            }
            _ if grammar.operand_ends => break,
            _ => {
                reader.arguments.operands.push(reader.at);
                reader.at += 1;
            }
        }
    }
    reader.arguments.operands.extend(reader.at..argv.len());
    reader.arguments
}

struct Reader<'a> {
    grammar: &'a Grammar,
    argv: &'a [Option<&'a str>],
    at: usize,
    arguments: Arguments,
}

impl Reader<'_> {
    fn option(&mut self, word: &str) {
        let doubled = self.grammar.style == Style::SingleDash && word.starts_with("--");
        let word = if doubled { &word[1..] } else { word };
        let (name, joined) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        if self.grammar.prefixes.iter().any(|prefix| word.starts_with(prefix.as_str())) {
            self.push(word, None);
        } else if self.grammar.values.contains(name) || self.grammar.last.contains(name) {
            match joined {
                Some(value) => self.push_joined(name, value),
                None => self.push_spaced(name),
            }
        } else if self.grammar.flags.contains(name) || (self.grammar.negatable && name.starts_with("--no-")) {
            match joined {
                Some(value) => self.push_joined(name, value),
                None => self.push_flag(name),
            }
        } else if self.grammar.style == Style::SingleDash || name.starts_with("--") || !self.cluster(word) {
            self.arguments.unknown.push(self.at);
        }
        self.at += 1;
    }

    fn push(&mut self, name: &str, value: Option<GivenValue>) {
        self.arguments.options.push(GivenOption { name: name.to_owned(), word: self.at, value });
    }

    fn push_joined(&mut self, name: &str, value: &str) {
        self.push(name, Some(GivenValue { word: self.at, text: Some(value.to_owned()) }));
    }

    /// The value is the next word. The position stays on the last word taken.
    fn push_spaced(&mut self, name: &str) {
        let next = self.at + 1;
        let is_option = |word: &Option<&str>| word.is_some_and(|word| word.starts_with('-'));
        let is_free = |word: &&Option<&str>| !(self.grammar.optional.contains(name) && is_option(word));
        let Some(word) = self.argv.get(next).filter(is_free) else { return self.push(name, None) };
        self.push(name, Some(GivenValue { word: next, text: word.map(str::to_owned) }));
        self.at = next;
    }

    fn push_flag(&mut self, name: &str) {
        let next = self.argv.get(self.at + 1).copied().flatten();
        if self.grammar.spaced_booleans && matches!(next, Some("true" | "false")) {
            self.push_spaced(name);
        } else {
            self.push(name, None);
        }
    }

    /// `-yq` for `-y -q`, `-oDir` for `-o Dir`, and both at once. All or nothing.
    fn cluster(&mut self, word: &str) -> bool {
        let mut found = Vec::new();
        for (index, letter) in word.char_indices().skip(1) {
            let name = format!("-{letter}");
            if self.grammar.values.contains(&name) {
                let rest = &word[index + letter.len_utf8()..];
                found.into_iter().for_each(|flag: String| self.push(&flag, None));
                match rest.strip_prefix('=').unwrap_or(rest) {
                    "" => self.push_spaced(&name),
                    value => self.push_joined(&name, value),
                }
                return true;
            }
            if !self.grammar.flags.contains(&name) {
                return false;
            }
            found.push(name);
        }
        found.into_iter().for_each(|flag| self.push(&flag, None));
        true
    }
}

/// The value of the last of some options.
pub(super) fn last_given(options: &[GivenOption], is_meant: impl Fn(&str) -> bool) -> Given<String> {
    match options.iter().rfind(|option| is_meant(&option.name)) {
        None => Given::No,
        Some(option) => match option.value.as_ref().and_then(|value| value.text.clone()) {
            Some(text) => Given::Known(text),
            None => Given::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar(text: &str) -> Grammar {
        toml::from_str(text).expect("a table")
    }

    /// Options as `name=value`, operands and unknown words as they are.
    fn taken(grammar: &Grammar, line: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
        let argv: Vec<Option<&str>> =
            line.split(' ').map(|word| (!word.starts_with('$')).then_some(word)).collect();
        let arguments = read(grammar, &argv, 0);
        let words = |indices: &[usize]| -> Vec<String> {
            indices.iter().map(|index| argv[*index].unwrap_or("$").to_owned()).collect()
        };
        let options = arguments.options.iter().map(|option| match &option.value {
            None => option.name.clone(),
            Some(value) => format!("{}={}", option.name, value.text.as_deref().unwrap_or("$")),
        });
        (options.collect(), words(&arguments.operands), words(&arguments.unknown))
    }

    #[test]
    fn values_follow_or_are_joined_or_glued() {
        let apt = grammar("values = ['-o', '-t', '--target-release']\nflags = ['-y', '-q', '-qq', '--yes']");
        let (options, operands, unknown) = taken(
            &apt,
            "-y -o A=b -oC=d -t x -qq -yqt z --yes --target-release=s --target-release t git -- -v",
        );
        assert_eq!(
            options,
            [
                "-y",
                "-o=A=b",
                "-o=C=d",
                "-t=x",
                "-qq",
                "-y",
                "-q",
                "-t=z",
                "--yes",
                "--target-release=s",
                "--target-release=t"
            ]
        );
        assert_eq!(operands, ["git", "-v"]);
        assert!(unknown.is_empty());
    }

    #[test]
    fn what_the_table_does_not_know_is_not_guessed() {
        let apt = grammar("flags = ['-y']");
        assert_eq!(taken(&apt, "--x -yz a"), (vec![], vec!["a".into()], vec!["--x".into(), "-yz".into()]));
    }

    #[test]
    fn unknown_values_and_operands_keep_their_place() {
        let pip = grammar("values = ['-r']");
        assert_eq!(taken(&pip, "-r $X $Y -").0, ["-r=$"]);
        assert_eq!(taken(&pip, "-r $X $Y -").1, ["$", "-"]);
        assert_eq!(taken(&pip, "a -r").0, ["-r"]);
    }

    #[test]
    fn go_writes_long_options_with_one_dash() {
        let go = grammar("style = 'single-dash'\nvalues = ['-o']\nflags = ['-race']");
        let (options, operands, unknown) = taken(&go, "-o x --race -o=y -v ./a");
        assert_eq!(
            (options, operands),
            (vec!["-o=x".into(), "-race".into(), "-o=y".into()], vec!["./a".to_owned()])
        );
        assert_eq!(unknown, ["-v"]);
    }

    #[test]
    fn options_may_end_at_the_first_operand() {
        let env = grammar("operand-ends = true".replace('-', "_").as_str());
        assert_eq!(taken(&env, "a -x"), (vec![], vec!["a".into(), "-x".into()], vec![]));
    }

    #[test]
    fn npm_negates_any_flag_and_reads_true_and_false() {
        let npm = grammar("flags = ['--production']\nnegatable = true\nspaced_booleans = true");
        assert_eq!(taken(&npm, "--production false --no-audit x").0, ["--production=false", "--no-audit"]);
    }
}
