//! Variables that ENV and ARG set.

/// Who sets a variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VariableKind {
    /// ENV: part of the image.
    Env,
    /// ARG: the value is a default that a build may override.
    Arg,
}

/// A variable and the value that the file gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None` for an ARG without default, or where the value itself cannot be told.
    pub value: Option<String>,
    /// Who sets it.
    pub kind: VariableKind,
    /// The instruction that sets it.
    pub instruction: usize,
    /// Whether its value was built from an ARG, so that a build may change it.
    pub from_argument: bool,
}
