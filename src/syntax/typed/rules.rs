//! The rules of each instruction: how many arguments, in which form, and which values.

use super::super::quote::quote;
use super::super::{Arguments, Instruction, JoinedSpan, Keyword, Separator, heredoc, keyword, words};
use super::findings::Findings;
use super::flags::{self, After};
use super::suggest::{nearest, with_suggestion};
use super::{health, mount};

/// Adds what is wrong with the instruction. For some, arguments are counted before flags are looked at; for others
/// it is the other way round, and some have no look at flags at all: the order is BuildKit's.
pub(super) fn check(found: &mut Findings<'_>) {
    match found.instruction.keyword {
        Keyword::Add | Keyword::Copy => copy(found),
        Keyword::Arg => arg(found),
        Keyword::Cmd | Keyword::Entrypoint => {
            flags::check(found);
        }
        Keyword::Env | Keyword::Label => pairs(found),
        Keyword::Expose => some_argument(found, "write a port: `EXPOSE 8080`"),
        Keyword::From => from(found),
        Keyword::Healthcheck => healthcheck(found),
        Keyword::Maintainer => {
            one_argument(found, "write a name; better, `LABEL org.opencontainers.image.authors`")
        }
        Keyword::Onbuild => onbuild(found),
        Keyword::Run => {
            flags::check(found);
            mount::check(found);
        }
        Keyword::Shell => shell(found),
        Keyword::Stopsignal => {
            if found.instruction.arguments == Arguments::Empty {
                exactly_one(found, "write a signal: `STOPSIGNAL SIGTERM`");
            }
        }
        Keyword::User => one_argument(found, "write a user: `USER 10001:10001`"),
        Keyword::Volume => volume(found),
        Keyword::Workdir => one_argument(found, "write a folder: `WORKDIR /app`"),
        Keyword::Unknown => unknown(found),
    }
}

fn at_least_one(found: &mut Findings<'_>, help: &str) {
    let keyword = found.instruction.keyword.as_str();
    found.at_name(format!("{keyword} requires at least one argument"), help);
}

fn exactly_one(found: &mut Findings<'_>, help: &str) {
    let keyword = found.instruction.keyword.as_str();
    found.at_name(format!("{keyword} requires exactly one argument"), help);
}

fn one_argument(found: &mut Findings<'_>, help: &str) {
    if found.instruction.arguments == Arguments::Empty {
        exactly_one(found, help);
    }
    flags::check(found);
}

fn some_argument(found: &mut Findings<'_>, help: &str) {
    if found.instruction.arguments == Arguments::Empty {
        at_least_one(found, help);
    }
    flags::check(found);
}

/// The arguments with their places, for the forms that are lists. Every COPY asks, so it takes no memory.
#[derive(Clone, Copy)]
struct Listed<'a>(&'a Instruction);

impl<'a> Listed<'a> {
    fn len(self) -> usize {
        match &self.0.arguments {
            Arguments::Words(words) => words.len(),
            Arguments::Exec { words, .. } => words.len(),
            _ => 0,
        }
    }

    fn get(self, at: usize) -> Option<(JoinedSpan, &'a str)> {
        match &self.0.arguments {
            Arguments::Words(words) => words.get(at).map(|word| (*word, self.0.text(*word))),
            Arguments::Exec { words, .. } => words.get(at).map(|word| (word.span, &*word.value)),
            _ => None,
        }
    }

    fn last(self) -> Option<(JoinedSpan, &'a str)> {
        self.get(self.len().checked_sub(1)?)
    }

    fn iter(self) -> impl Iterator<Item = (JoinedSpan, &'a str)> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

fn copy(found: &mut Findings<'_>) {
    let keyword = found.instruction.keyword.as_str();
    let arguments = Listed(found.instruction);
    if arguments.len() < 2 {
        let message = format!(
            "{keyword} requires at least two arguments, but only one was provided. \
             Destination could not be determined"
        );
        // A quote that is not closed takes the arguments into the flag.
        let open = found.instruction.flags.last().filter(|flag| {
            let written = found.instruction.text(flag.span);
            flag.text.contains(' ')
                && ['"', '\''].iter().any(|quote| written.matches(*quote).count() % 2 == 1)
        });
        let only = arguments.get(0);
        let help = match only {
            None if open.is_some() => "close the quote in the flag: it takes in all that follows".to_owned(),
            Some((_, only)) => format!("write the sources and then the destination: `{keyword} {only} ./`"),
            None => format!("write the sources and then the destination: `{keyword} . /app`"),
        };
        let span = only.map(|(span, _)| span).or(open.map(|flag| flag.span));
        found.at(span.unwrap_or(found.instruction.name), message, help);
    }
    flags::check(found);
    if arguments.len() > 1
        && let Some((span, destination)) = arguments.last()
        && heredoc::marker(destination).is_some()
    {
        let help = format!("write the destination after it: `{keyword} {destination} /path`");
        found.at(span, format!("{keyword} cannot accept a heredoc as a destination"), help);
    }
}

fn pairs(found: &mut Findings<'_>) {
    flags::check(found);
    let Arguments::KeyValues(pairs) = &found.instruction.arguments else {
        let keyword = found.instruction.keyword.as_str();
        return at_least_one(found, &format!("write `{keyword} name=value`"));
    };
    for pair in pairs.iter().filter(|pair| pair.key.is_empty()) {
        blank_name(found, pair.key);
    }
}

fn blank_name(found: &mut Findings<'_>, key: JoinedSpan) {
    let keyword = found.instruction.keyword.as_str();
    let equals = JoinedSpan::new(key.start(), key.start() + 1);
    let before = found.instruction.joined.text().get(found.instruction.rest.start()..key.start());
    let help = match before.is_some_and(|before| !before.is_empty()) {
        true => "write the name and `=` without a blank between",
        false => "write a name before the `=`",
    };
    found.at(equals, format!("{keyword} names can not be blank"), help);
}

/// Flags before the names are dropped without a word.
fn arg(found: &mut Findings<'_>) {
    let Arguments::KeyValues(pairs) = &found.instruction.arguments else {
        return at_least_one(found, "write a name, perhaps with a default: `ARG VERSION=1`");
    };
    if pairs.is_empty() {
        return at_least_one(found, "write a name, perhaps with a default: `ARG VERSION=1`");
    }
    for pair in pairs.iter().filter(|pair| pair.key.is_empty() && pair.separator == Separator::Equals) {
        blank_name(found, pair.key);
    }
}

fn from(found: &mut Findings<'_>) {
    let words = Listed(found.instruction);
    match (words.len(), words.get(1), words.get(2)) {
        (1, ..) => {}
        (3, Some((_, r#as)), Some((span, name))) if is_as(r#as) => {
            if !is_stage_name(name) {
                let message = format!(
                    "invalid name for build stage: {}, name can't start with a number or contain symbols",
                    quote(name)
                );
                let help = match name.contains('$') {
                    true => "variables are not expanded in the name of a stage; write a fixed one",
                    false => "begin with a letter, go on with letters, digits, `-`, `_` and `.`",
                };
                found.at(span, message, help);
            }
        }
        _ => {
            let message = "FROM requires either one or three arguments";
            let comment = words.iter().find(|(_, word)| word.starts_with('#'));
            match (words.get(0), words.last()) {
                (Some((first, _)), Some((last, _))) => {
                    let all = JoinedSpan::new(first.start(), last.end());
                    let (span, help) = match comment {
                        _ if found.instruction.text(all).contains('\r') => {
                            (all, "a carriage return alone ends no line: save the file with plain line ends")
                        }
                        Some((at, _)) => {
                            let span = JoinedSpan::new(at.start(), all.end());
                            (span, "a comment needs a line of its own: move it above")
                        }
                        None => (all, "write `FROM image` or `FROM image AS name`"),
                    };
                    found.at(span, message, help);
                }
                _ => found.at_name(message, "write an image: `FROM debian:13-slim`"),
            }
        }
    }
    flags::check(found);
}

/// `as` in any case; BuildKit folds by Unicode, where the long s is an s.
fn is_as(word: &str) -> bool {
    let mut letters = word.chars();
    matches!(
        (letters.next(), letters.next(), letters.next()),
        (Some('a' | 'A'), Some('s' | 'S' | '\u{17f}'), None)
    )
}

/// Whether a name may name a stage, once it is in lower case.
fn is_stage_name(name: &str) -> bool {
    let mut letters = name.chars().map(keyword::lower);
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|letter| matches!(letter, 'a'..='z' | '0'..='9' | '-' | '_' | '.'))
}

fn healthcheck(found: &mut Findings<'_>) {
    let Arguments::Health { kind, command } = &found.instruction.arguments else {
        at_least_one(found, "write `HEALTHCHECK CMD` and a command, or `HEALTHCHECK NONE`");
        flags::check(found);
        return;
    };
    let word = found.instruction.text(*kind);
    let empty = match &**command {
        Arguments::Empty => true,
        Arguments::Exec { words, .. } => words.is_empty(),
        _ => false,
    };
    // The flags of NONE are not looked at.
    if health::is_none(word) {
        if !empty {
            let rest = JoinedSpan::new(kind.end(), found.instruction.rest.end());
            let rest = words::trim(found.instruction.joined.text(), rest);
            let help = "drop the command, or write `HEALTHCHECK CMD` before it";
            found.at(rest, "HEALTHCHECK NONE takes no arguments", help);
        }
        return;
    }
    if flags::check(found) == After::Shifted {
        // The word that was taken for the type is most likely the flag's value.
        return;
    }
    if !word.eq_ignore_ascii_case("cmd") {
        let message = format!("Unknown type {} in HEALTHCHECK (try CMD)", quote(&upper(word)));
        found.at(*kind, message, "write `CMD` before the command");
    } else if empty {
        found.at(
            *kind,
            "Missing command after HEALTHCHECK CMD",
            "write the command that tells whether it is well",
        );
    }
    health::check(found);
}

fn onbuild(found: &mut Findings<'_>) {
    let Arguments::Trigger(child) = &found.instruction.arguments else {
        at_least_one(found, "write the instruction for later: `ONBUILD COPY . /app`");
        flags::check(found);
        return;
    };
    flags::check(found);
    let name = upper(child.text(child.name).trim());
    match name.as_str() {
        "ONBUILD" => {
            let message = "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed";
            found.at(child.name, message, "drop one of the two");
        }
        "MAINTAINER" | "FROM" => {
            let help = "an image can leave only instructions that add to a stage";
            found.at(child.name, format!("{name} isn't allowed as an ONBUILD trigger"), help);
        }
        _ => {}
    }
}

/// Upper case as far as the comparison with a keyword needs it.
fn upper(word: &str) -> String {
    let one = |letter: char| match letter {
        '\u{131}' => 'I',
        '\u{17f}' => 'S',
        other => {
            let mut long = other.to_uppercase();
            // A letter whose upper case is several letters stays, as in Go.
            long.next().filter(|_| long.next().is_none()).unwrap_or(other)
        }
    };
    word.chars().map(one).collect()
}

fn shell(found: &mut Findings<'_>) {
    flags::check(found);
    match &found.instruction.arguments {
        Arguments::Exec { words, .. } if !words.is_empty() => {}
        Arguments::Shell(span) => {
            let words = found.instruction.text(*span).split_whitespace();
            let words: Vec<String> =
                words.map(|word| format!("\"{}\"", word.trim_matches(['[', ']', ',', '"', '\'']))).collect();
            let help =
                format!("write a JSON array, strings in double quotes: `SHELL [{}]`", words.join(", "));
            found.at(*span, "SHELL requires the arguments to be in JSON form", help);
        }
        _ => at_least_one(found, "write the shell as a JSON array: `SHELL [\"/bin/sh\", \"-c\"]`"),
    }
}

fn volume(found: &mut Findings<'_>) {
    let paths = Listed(found.instruction);
    if paths.len() == 0 {
        at_least_one(found, "write a folder: `VOLUME /data`");
    }
    flags::check(found);
    for (span, _) in paths.iter().filter(|(_, path)| path.trim().is_empty()) {
        found.at(span, "VOLUME specified can not be an empty string", "write a folder, or drop the entry");
    }
}

fn unknown(found: &mut Findings<'_>) {
    let word = found.instruction.text(found.instruction.name);
    let lower: String = word.chars().map(keyword::lower).collect();
    let names: Vec<String> = Keyword::names().map(str::to_ascii_lowercase).collect();
    let shown = nearest(&lower, names.iter().map(String::as_str)).map(|name| match_case(name, word));
    let message = with_suggestion(format!("unknown instruction: {word}"), shown.as_deref());
    let help = if ["<<<<<<<", "=======", ">>>>>>>"].contains(&word) {
        "resolve the merge conflict".to_owned()
    } else if word.is_empty() {
        "the line holds nothing but a continuation: remove it".to_owned()
    } else if word.contains(is_invisible) {
        "an invisible character stands in the keyword: type it again".to_owned()
    } else if word.contains(char::is_whitespace) {
        "the blank after the keyword is not a plain one (a no-break space, perhaps); type it again".to_owned()
    } else if let Some(name) = shown {
        format!("did you mean `{name}`?")
    } else {
        "if it belongs to the instruction above, end the line above with the escape character".to_owned()
    };
    found.at_name(message, help);
}

/// Byte-order marks in the middle of a file, and the like.
fn is_invisible(letter: char) -> bool {
    letter.is_control() && !letter.is_whitespace()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A known keyword in the letter case of the word that was written.
fn match_case(name: &str, like: &str) -> String {
    let upper = like.chars().any(char::is_uppercase) && !like.chars().any(char::is_lowercase);
    if upper { name.to_ascii_uppercase() } else { name.to_owned() }
}
