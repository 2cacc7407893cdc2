//! `dockfix.toml`: what a user can set, and the options that result for one file.

/// The settings in force for one Dockerfile.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Apply fixes that are not proven too.
    pub unproven: bool,
}
