//! `.dockerignore`: how it is read, and which paths it keeps from the builder.

/// The patterns of an ignore file, in order.
#[derive(Clone, Default, Debug)]
pub struct IgnoreFile {}

impl IgnoreFile {
    /// Reads the text of an ignore file.
    pub fn parse(_text: &str) -> IgnoreFile {
        IgnoreFile {}
    }
}
