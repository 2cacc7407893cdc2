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
        let spells = |name: &str| {
            name.eq_ignore_ascii_case(word)
                // BuildKit lower-cases by Unicode, so two letters outside ASCII become ASCII ones.
                || !word.is_ascii() && word.chars().map(lower).eq(name.chars().map(lower))
        };
        NAMES.iter().find(|(name, _)| spells(name)).map_or(Keyword::Unknown, |(_, keyword)| *keyword)
    }

    /// The usual spelling; empty for [`Keyword::Unknown`].
    pub fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, keyword)| *keyword == self).map_or("", |(name, _)| name)
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
    fn case_does_not_matter() {
        assert_eq!(Keyword::of("wOrKdIr"), Keyword::Workdir);
        assert_eq!(Keyword::of("WOR\u{212a}DIR"), Keyword::Workdir);
        assert_eq!(Keyword::of("RUNX"), Keyword::Unknown);
        assert_eq!(Keyword::of(""), Keyword::Unknown);
    }
}
