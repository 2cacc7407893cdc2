//! What several tests share.

pub mod corpus;
pub mod files;
