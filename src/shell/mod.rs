//! Shell text: commands, words and operators with exact spans. The only place that knows the shell-parsing package.

/// Parsed shell texts, kept from turn to turn.
#[derive(Default, Debug)]
pub struct ShellCache {}
