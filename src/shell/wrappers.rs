//! Programs that run other programs: `sudo`, `env A=b`, `exec`, `tini --`. Seen through by a table.

use std::sync::LazyLock;

use serde::Deserialize;

use super::options::{self, Grammar};
use super::tree::{SimpleCommand, Word};
use super::words::is_assignment;

/// How a wrapper affects the program that it runs.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum WrapperKind {
    /// Another user, or other privileges: `sudo`, `gosu`.
    User,
    /// Another environment: `env`.
    Environment,
    /// The shell's own `exec`: it becomes the program.
    Exec,
    /// Another way of finding it: `command`, `builtin`.
    Lookup,
    /// The same program under other conditions: `nice`, `timeout`, `time`.
    Priority,
    /// More arguments from its input: `xargs`.
    Feed,
    /// Process 1, which hands signals on: `tini`, `dumb-init`.
    Init,
}

/// What a command really runs. Indices are those of its words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unwrapped {
    /// The wrappers, outermost first, each with the index of its name.
    pub wrappers: Vec<(WrapperKind, usize)>,
    /// The words `A=b` by which wrappers set its environment.
    pub environment: Vec<usize>,
    /// Index of the program.
    pub program: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    wrapper: Vec<Wrapper>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapper {
    names: Vec<String>,
    kind: WrapperKind,
    #[serde(default)]
    values: std::collections::BTreeSet<String>,
    #[serde(default)]
    flags: std::collections::BTreeSet<String>,
    #[serde(default)]
    positionals: usize,
    #[serde(default)]
    assignments: bool,
}

static WRAPPERS: LazyLock<Vec<(Wrapper, Grammar)>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("wrappers.toml")).expect("a test reads the embedded table");
    let with_grammar = |wrapper: Wrapper| {
        let grammar = Grammar {
            values: wrapper.values.clone(),
            flags: wrapper.flags.clone(),
            operand_ends: true,
            ..Grammar::default()
        };
        (wrapper, grammar)
    };
    table.wrapper.into_iter().map(with_grammar).collect()
});

/// Sees through the wrappers of a command line; without any, the program is the first word.
///
/// `None` when there is no program, or when a wrapper has an option that the table does not know: then anything
/// might run, anywhere.
pub fn unwrap(argv: &[Option<&str>]) -> Option<Unwrapped> {
    let mut unwrapped = Unwrapped::default();
    loop {
        let name = argv.get(unwrapped.program)?.map(base_name);
        let known =
            WRAPPERS.iter().find(|(wrapper, _)| wrapper.names.iter().any(|n| Some(n.as_str()) == name));
        let Some((wrapper, grammar)) = known else { return Some(unwrapped) };
        unwrapped.wrappers.push((wrapper.kind, unwrapped.program));
        let arguments = options::read(grammar, argv, unwrapped.program + 1);
        if !arguments.unknown.is_empty() {
            return None;
        }
        let mut operands = arguments.operands.into_iter().peekable();
        if wrapper.assignments {
            while let Some(index) = operands.next_if(|index| argv[*index].is_some_and(is_assignment)) {
                unwrapped.environment.push(index);
            }
        }
        unwrapped.program = operands.nth(wrapper.positionals)?;
    }
}

/// The program's name without its folder.
pub(super) fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// What a simple command really runs.
#[derive(Clone, Debug)]
pub struct Effective<'s> {
    /// The wrappers around it.
    pub unwrapped: Unwrapped,
    /// The program and its arguments.
    pub words: &'s [Word],
}

impl Effective<'_> {
    /// The program's name without its folder, when it is a literal.
    pub fn program(&self) -> Option<&str> {
        self.words.first()?.literal().map(base_name)
    }
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"];

impl SimpleCommand {
    /// The program that really runs, wrappers seen through; `None` where that cannot be told.
    pub fn effective(&self) -> Option<Effective<'_>> {
        let unwrapped = unwrap(&self.argv())?;
        let words = self.words.get(unwrapped.program..)?;
        Some(Effective { unwrapped, words })
    }

    /// The word that another shell, or this one, is told to run as a script: `sh -c '…'`, `eval …`.
    ///
    /// Such a script is not looked into: what a command does that has one is not known.
    pub fn inner_script(&self) -> Option<&Word> {
        let effective = self.effective()?;
        let name = effective.program()?;
        if name == "eval" {
            return effective.words.get(1);
        }
        if !SHELLS.contains(&name) {
            return None;
        }
        let mut words = effective.words.iter().skip(1).skip_while(|word| !asks_for_script(word));
        words.next()?;
        words.find(|word| !word.literal().is_some_and(|value| value.starts_with(['-', '+'])))
    }
}

/// `-c` or a cluster of short options that holds it: `-exc`.
fn asks_for_script(word: &Word) -> bool {
    word.literal()
        .and_then(|value| value.strip_prefix('-'))
        .is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Script;

    fn argv(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(|word| (!word.starts_with('$')).then_some(word)).collect()
    }

    #[test]
    fn wrappers_are_seen_through() {
        for (line, program, kinds) in [
            ("npm ci", 0, vec![]),
            ("sudo -E -u app npm ci", 4, vec![WrapperKind::User]),
            ("/usr/bin/sudo -uroot A=b npm", 3, vec![WrapperKind::User]),
            ("env -i A=b C=d node x", 4, vec![WrapperKind::Environment]),
            ("exec nice -n 5 node x", 4, vec![WrapperKind::Exec, WrapperKind::Priority]),
            ("timeout -k 5 30 curl x", 4, vec![WrapperKind::Priority]),
            ("/sbin/tini -g -- node x", 3, vec![WrapperKind::Init]),
            ("dumb-init node x", 1, vec![WrapperKind::Init]),
            ("gosu app:app node x", 2, vec![WrapperKind::User]),
            ("xargs -0 -n1 apt-get install -y", 3, vec![WrapperKind::Feed]),
            ("time -p make", 2, vec![WrapperKind::Priority]),
            ("command -p ls", 2, vec![WrapperKind::Lookup]),
            ("sudo $X", 1, vec![WrapperKind::User]),
        ] {
            let unwrapped = unwrap(&argv(line)).expect(line);
            assert_eq!(unwrapped.program, program, "{line}");
            assert_eq!(unwrapped.wrappers.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), kinds, "{line}");
        }
    }

    #[test]
    fn environment_of_a_wrapper_is_told() {
        assert_eq!(unwrap(&argv("env CGO_ENABLED=0 sudo A=b go build")).expect("known").environment, [1, 3]);
    }

    #[test]
    fn options_that_are_not_known_hide_the_program() {
        for line in ["sudo -i npm", "env -S x", "env", "command -v node", "sudo", "timeout 5", "xargs"] {
            assert_eq!(unwrap(&argv(line)), None, "{line}");
        }
    }

    #[test]
    fn each_row_of_the_table_unwraps() {
        for (wrapper, grammar) in WRAPPERS.iter() {
            for name in &wrapper.names {
                let mut line = vec![name.as_str()];
                grammar.flags.iter().for_each(|flag| line.push(flag));
                grammar.values.iter().for_each(|value| line.extend([value.as_str(), "v"]));
                line.extend(std::iter::repeat_n("p", wrapper.positionals));
                line.push("prog");
                let argv: Vec<_> = line.iter().copied().map(Some).collect();
                let unwrapped = unwrap(&argv).expect(name);
                assert_eq!(unwrapped.program, argv.len() - 1, "{name}");
                assert_eq!(unwrapped.wrappers, [(wrapper.kind, 0)], "{name}");
            }
        }
    }

    #[test]
    fn scripts_inside_scripts_are_told() {
        let inner = |text: &str| -> Option<String> {
            let script = Script::parse(text).expect("shell");
            script.only_command()?.inner_script().map(|word| word.span.of(text).to_owned())
        };
        assert_eq!(inner("sh -c 'a b'").as_deref(), Some("'a b'"));
        assert_eq!(inner("/bin/bash -exc \"a $b\"").as_deref(), Some("\"a $b\""));
        assert_eq!(inner("exec bash -e -c -x a").as_deref(), Some("a"));
        assert_eq!(inner("eval a b").as_deref(), Some("a"));
        assert_eq!(inner("sh x.sh"), None);
        assert_eq!(inner("node -c x"), None);
    }
}
