//! What several tests share.

pub mod corpus;
