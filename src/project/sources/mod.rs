//! What the program's sources do.
mod code;
mod facts;
mod golang;
mod javascript;
mod language;
mod lexer;
mod names;
mod python;
pub use self::language::Language;
