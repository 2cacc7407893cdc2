//! A call of a package manager inside a RUN, with what a repair asks of it.

use super::Run;
use crate::edit::Edit;
use crate::shell::{Install, Placed, WrapperKind};
use crate::source::Span;

/// A command that is a package manager's, in its place.
pub(in crate::transforms) struct Call<'r> {
    pub(in crate::transforms) run: &'r Run<'r>,
    pub(in crate::transforms) placed: Placed<'r>,
    pub(in crate::transforms) install: Install,
}

/// The calls of package managers in a RUN. Left out are functions of the script that bear such a name, and commands
/// whose subcommand is not certain, since an option before it is not known.
pub(in crate::transforms) fn calls<'r>(run: &'r Run<'r>) -> Vec<Call<'r>> {
    let calls = run.commands().into_iter().filter(|placed| !placed.calls_function).filter_map(|placed| {
        let install = placed.command.install()?;
        Some(Call { run, placed, install })
    });
    calls.filter(Call::subcommand_is_certain).collect()
}

impl Call<'_> {
    fn subcommand_is_certain(&self) -> bool {
        let first = self.install.command_words.first().copied().unwrap_or(usize::MAX);
        self.install.unknown.iter().all(|unknown| *unknown > first)
    }

    /// The program as written, without its folder: `apt-get`, `pip3`.
    pub(in crate::transforms) fn program(&self) -> &str {
        let word = self.placed.command.words.get(self.install.unwrapped.program);
        let name = word.and_then(|word| word.literal()).unwrap_or_default();
        name.rsplit('/').next().unwrap_or(name)
    }

    /// `apt-get install`, for messages.
    pub(in crate::transforms) fn name(&self) -> String {
        format!("{} {}", self.program(), self.install.command).trim_end().to_owned()
    }

    /// What has to stand before another command so that it runs as this call does; `None` where that cannot be said
    /// again.
    pub(in crate::transforms) fn sudo(&self) -> Option<&'static str> {
        let unwrapped = &self.install.unwrapped;
        let users = unwrapped.wrappers.iter().filter(|(kind, _)| *kind == WrapperKind::User).count();
        match users {
            0 => Some(""),
            1 if unwrapped.program == 1 && self.placed.command.words[0].literal() == Some("sudo") => {
                Some("sudo ")
            }
            _ => None,
        }
    }

    /// The place of the call's first word in the file.
    pub(in crate::transforms) fn span(&self) -> Span {
        let word = &self.placed.command.words[self.install.unwrapped.program];
        self.run.place(word.span).unwrap_or_else(|| self.run.instruction.name_span())
    }

    /// The word of the subcommand; `None` where goals stand in its place.
    pub(in crate::transforms) fn subcommand(&self) -> Option<usize> {
        self.install.command_words.last().copied()
    }

    /// An edit that puts an option behind a word and the options without a value that follow it.
    pub(in crate::transforms) fn add_option(&self, behind: usize, option: &str) -> Option<Edit> {
        let given_at = |at: usize| self.install.options.iter().filter(move |given| given.word == at);
        let is_flag =
            |at: usize| given_at(at).next().is_some() && given_at(at).all(|given| given.value.is_none());
        let mut last = behind;
        // The last word may be an option whose value is missing.
        while is_flag(last + 1) && last + 2 < self.placed.command.words.len() {
            last += 1;
        }
        self.insert_behind(last, option)
    }

    /// An edit that puts a word behind another; `None` where a line break parts that one.
    pub(in crate::transforms) fn insert_behind(&self, word: usize, text: &str) -> Option<Edit> {
        self.run.insert_behind(self.placed.command.words.get(word)?, text)
    }

    /// An edit that writes another text in a word's place.
    pub(in crate::transforms) fn replace_word(&self, word: usize, text: &str) -> Option<Edit> {
        let word = self.placed.command.words.get(word)?;
        Some(Edit::replace(self.run.place(word.span)?, text))
    }
}
