//! Shell text: commands, words and operators with exact spans.
//!
//! Works on the text that the shell gets, continuations joined as the builder joins them, and gives byte ranges in
//! it; mapping those back to the file is the caller's. The only place that knows the shell-parsing package. Knows
//! nothing of Dockerfiles.

mod cache;
mod convert;
mod coverage;
mod go;
mod image_build;
mod installs;
mod limits;
mod options;
mod reading;
mod start;
mod tree;
mod walk;
mod words;
mod wrappers;

#[cfg(test)]
mod tests;

use std::fmt;

pub use self::cache::{Parsed, ShellCache};
pub use self::go::GoBuild;
pub use self::image_build::ImageBuild;
pub use self::installs::{Action, Install, Manager, Role, install};
pub use self::options::{GivenOption, GivenValue};
pub use self::start::{Entry, Given, StartCommand, StartKind, start};
pub use self::tree::*;
pub use self::walk::{Guards, Placed};
pub use self::words::{
    Feature, FeatureKind, plain_word_spans, plain_words, plain_words_after_exec, quote_exec, sh_quote,
};
pub use self::wrappers::{Effective, Unwrapped, WrapperKind, unwrap};
use crate::source::Span;

/// Why a text has no tree. Such a text is never rewritten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotShell {
    /// Longer than a shell could be given.
    TooLong {
        /// Size in bytes.
        bytes: usize,
    },
    /// Brackets, substitutions or keywords nested past any use.
    TooDeep,
    /// The text does not parse.
    Syntax {
        /// What is wrong.
        message: String,
        /// Where.
        offset: usize,
    },
    /// It parses, but the tree does not add up.
    Doubtful {
        /// What does not.
        what: &'static str,
        /// Where.
        span: Span,
    },
}

impl fmt::Display for NotShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotShell::TooLong { bytes } => write!(f, "{bytes} bytes of shell"),
            NotShell::TooDeep => write!(f, "nested too deep"),
            NotShell::Syntax { message, .. } => write!(f, "not shell: {message}"),
            NotShell::Doubtful { what, .. } => write!(f, "not understood: {what}"),
        }
    }
}

impl std::error::Error for NotShell {}

impl Script {
    /// Parses a shell text.
    pub fn parse(text: &str) -> Result<Script, NotShell> {
        limits::check(text)?;
        convert::script(text)
    }
}
