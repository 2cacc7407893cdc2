//! The concrete syntax tree of a Dockerfile.

/// The tree of one file.
#[derive(Debug)]
pub struct Document {}
