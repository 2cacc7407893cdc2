//! What the tables say, and that they are sound.

mod lookups;
mod tables;
