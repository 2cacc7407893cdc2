//! Which flags an instruction takes, and what BuildKit refuses about them.

use super::super::{Flag, Keyword};
use super::MAX_ERRORS;
use super::findings::{Findings, flag_name, flag_value};
use super::suggest::{list, nearest, with_suggestion};

/// What may follow a flag's name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, `=true` or `=false`.
    Boolean,
    /// `=value`, once.
    Value,
    /// `=value`, as often as one likes.
    Values,
}

use Takes::{Boolean, Value, Values};

/// Instructions that are not listed take no flag.
const FLAGS: &[(Keyword, &[(&str, Takes)])] = &[
    (
        Keyword::Add,
        &[
            ("checksum", Value),
            ("chmod", Value),
            ("chown", Value),
            ("exclude", Values),
            ("keep-git-dir", Boolean),
            ("link", Boolean),
            ("unpack", Boolean),
        ],
    ),
    (
        Keyword::Copy,
        &[
            ("chmod", Value),
            ("chown", Value),
            ("exclude", Values),
            ("from", Value),
            ("link", Boolean),
            ("parents", Boolean),
        ],
    ),
    (Keyword::From, &[("platform", Value)]),
    (
        Keyword::Healthcheck,
        &[
            ("interval", Value),
            ("retries", Value),
            ("start-interval", Value),
            ("start-period", Value),
            ("timeout", Value),
        ],
    ),
    (Keyword::Run, &[("device", Values), ("mount", Values), ("network", Value), ("security", Value)]),
];

fn known(keyword: Keyword) -> &'static [(&'static str, Takes)] {
    FLAGS.iter().find(|(owner, _)| *owner == keyword).map_or(&[], |(_, flags)| flags)
}

/// Whether what follows the flags can be trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// Yes.
    Sound,
    /// No: a flag lacks its value, which was most likely written as the next word.
    Shifted,
}

/// Checks the flags of an instruction, in their order.
pub(super) fn check(found: &mut Findings<'_>) -> After {
    if found.instruction.flags.is_empty() {
        return After::Sound;
    }
    let mut after = After::Sound;
    let mut used: Vec<&str> = Vec::new();
    let flags = &found.instruction.flags;
    for flag in flags {
        if found.errors.len() >= MAX_ERRORS {
            break;
        }
        let name = flag.name();
        let Some((_, takes)) = known(found.instruction.keyword).iter().find(|(known, _)| *known == name)
        else {
            unknown(found, flag);
            continue;
        };
        let span = flag_name(found.instruction, flag);
        if flags.len() == 1 {
            // Nothing to compare it with.
        } else if !used.contains(&name) {
            used.push(name);
        } else if *takes != Values {
            found.at(span, format!("duplicate flag specified: --{name}"), "keep one of them");
        }
        match (takes, flag.value()) {
            (Boolean, None) | (Value | Values, Some(_)) => {}
            (Boolean, Some("")) => {
                let help = format!("write `--{name}` or `--{name}=true`");
                found.at(span, format!("missing a value on flag: --{name}"), help);
            }
            (Boolean, Some(value)) => {
                if !value.eq_ignore_ascii_case("true") && !value.eq_ignore_ascii_case("false") {
                    let message = format!("expecting boolean value for flag --{name}, not: {value}");
                    found.at(flag_value(found.instruction, flag), message, "write `true` or `false`");
                }
            }
            (Value | Values, None) => {
                after = After::Shifted;
                let value = next_word(found, flag).unwrap_or("value");
                let help = format!("write `--{name}={value}`, without a blank");
                found.at(span, format!("missing a value on flag: --{name}"), help);
            }
        }
    }
    after
}

fn unknown(found: &mut Findings<'_>, flag: &Flag) {
    let instruction = found.instruction;
    let name = flag.name();
    let flags = known(instruction.keyword);
    let suggestion = nearest(name, flags.iter().map(|(known, _)| *known));
    let message = with_suggestion(format!("unknown flag: --{name}"), suggestion);
    let keyword = instruction.keyword.as_str();
    let lower = name.to_ascii_lowercase();
    let help = match suggestion {
        Some(word) => format!("did you mean `--{word}`?"),
        None if flags.iter().any(|(known, _)| *known == lower) => {
            format!("write `--{lower}`: names of flags are lower case")
        }
        None if matches!(instruction.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint) => {
            format!("if it belongs to the command, write `--` after `{keyword}`")
        }
        None if flags.is_empty() => format!("`{keyword}` takes no flags"),
        None => {
            let all = list(flags.iter().map(|(known, _)| format!("--{known}")));
            format!("`{keyword}` takes {all}")
        }
    };
    found.at(flag_name(instruction, flag), message, help);
}

/// The word after a flag: most likely the value that should have been joined to it.
fn next_word<'a>(found: &Findings<'a>, flag: &Flag) -> Option<&'a str> {
    let after = found.instruction.joined.text().get(flag.span.end()..)?;
    after.split_whitespace().next().filter(|word| !word.starts_with("--"))
}
