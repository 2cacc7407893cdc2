//! Stages, references and what is in force at each instruction.

/// The model of one file.
#[derive(Debug)]
pub struct Model {}
