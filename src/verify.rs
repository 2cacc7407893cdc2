//! The laws that every result has to keep.
