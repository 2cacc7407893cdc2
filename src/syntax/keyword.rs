//! The keywords of the language.

/// Which instruction it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Keyword {
    /// `ADD`
    Add,
    /// `ARG`
    Arg,
    /// `CMD`
    Cmd,
    /// `COPY`
    Copy,
    /// `ENTRYPOINT`
    Entrypoint,
    /// `ENV`
    Env,
    /// `EXPOSE`
    Expose,
    /// `FROM`
    From,
    /// `HEALTHCHECK`
    Healthcheck,
    /// `LABEL`
    Label,
    /// `MAINTAINER`
    Maintainer,
    /// `ONBUILD`
    Onbuild,
    /// `RUN`
    Run,
    /// `SHELL`
    Shell,
    /// `STOPSIGNAL`
    Stopsignal,
    /// `USER`
    User,
    /// `VOLUME`
    Volume,
    /// `WORKDIR`
    Workdir,
    /// Something else, which BuildKit refuses.
    Unknown,
}

const NAMES: &[(&str, Keyword)] = &[
    ("ADD", Keyword::Add),
    ("ARG", Keyword::Arg),
    ("CMD", Keyword::Cmd),
    ("COPY", Keyword::Copy),
    ("ENTRYPOINT", Keyword::Entrypoint),
    ("ENV", Keyword::Env),
    ("EXPOSE", Keyword::Expose),
    ("FROM", Keyword::From),
    ("HEALTHCHECK", Keyword::Healthcheck),
    ("LABEL", Keyword::Label),
    ("MAINTAINER", Keyword::Maintainer),
    ("ONBUILD", Keyword::Onbuild),
    ("RUN", Keyword::Run),
    ("SHELL", Keyword::Shell),
    ("STOPSIGNAL", Keyword::Stopsignal),
    ("USER", Keyword::User),
    ("VOLUME", Keyword::Volume),
    ("WORKDIR", Keyword::Workdir),
];

impl Keyword {
    /// The keyword that a word spells, in any case.
    pub fn of(word: &str) -> Keyword {
        match word.is_ascii() {
            true => Keyword::of_ascii(word.as_bytes()),
            // BuildKit lower-cases by Unicode, so two letters outside ASCII become ASCII ones.
            false => {
                let lower: String = word.chars().map(lower).collect();
                Keyword::of_ascii(lower.as_bytes())
            }
        }
    }

    fn of_ascii(word: &[u8]) -> Keyword {
        let first = word.first().map_or(0, u8::to_ascii_lowercase);
        // Every instruction asks for its keyword, so this is no walk over `NAMES`; a test compares the two.
        let likely = match (word.len(), first) {
            (3, b'a') if word[1].eq_ignore_ascii_case(&b'd') => Keyword::Add,
            (3, b'a') => Keyword::Arg,
            (3, b'c') => Keyword::Cmd,
            (3, b'e') => Keyword::Env,
            (3, b'r') => Keyword::Run,
            (4, b'c') => Keyword::Copy,
            (4, b'f') => Keyword::From,
            (4, b'u') => Keyword::User,
            (5, b'l') => Keyword::Label,
            (5, b's') => Keyword::Shell,
            (6, b'e') => Keyword::Expose,
            (6, b'v') => Keyword::Volume,
            (7, b'o') => Keyword::Onbuild,
            (7, b'w') => Keyword::Workdir,
            (10, b'e') => Keyword::Entrypoint,
            (10, b'm') => Keyword::Maintainer,
            (10, b's') => Keyword::Stopsignal,
            (11, b'h') => Keyword::Healthcheck,
            _ => return Keyword::Unknown,
        };
        // Names are capitals, and only a letter becomes a capital without this bit.
        let mut letters = likely.as_str().bytes().zip(word);
        match letters.all(|(capital, letter)| capital == letter & !0x20) {
            true => likely,
            false => Keyword::Unknown,
        }
    }

    /// The usual spelling; empty for [`Keyword::Unknown`].
    pub fn as_str(self) -> &'static str {
        // `NAMES` is in the order of the variants, and a test holds it there.
        NAMES.get(self as usize).map_or("", |(name, _)| name)
    }

    /// Every known spelling, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }
}

/// Lower case by Unicode's simple mapping, as far as its result can be a letter of a keyword.
pub(super) fn lower(letter: char) -> char {
    match letter {
        '\u{130}' => 'i',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for (at, (name, keyword)) in NAMES.iter().enumerate() {
            assert_eq!(*keyword as usize, at);
            assert_eq!(keyword.as_str(), *name);
            assert_eq!(Keyword::of(name), *keyword);
            assert_eq!(Keyword::of(&name.to_lowercase()), *keyword);
        }
        assert_eq!(Keyword::Unknown.as_str(), "");
    }

    #[test]
    fn case_does_not_matter() {
        assert_eq!(Keyword::of("wOrKdIr"), Keyword::Workdir);
        assert_eq!(Keyword::of("WOR\u{212a}DIR"), Keyword::Workdir);
        assert_eq!(Keyword::of("RUNX"), Keyword::Unknown);
        assert_eq!(Keyword::of(""), Keyword::Unknown);
    }
}
