//! dockfix turns the Dockerfile that works on a laptop into one fit for production.
//!
//! Data flows one way: [`source`] → [`syntax`] → [`model`] → [`transforms`] → [`rewrite`]; [`shell`], [`project`] and
//! [`images`] serve the model and the transforms, [`edit`] needs only the source, [`suppression`] reads the comments that
//! keep transforms away, [`verify`] holds the laws.
//! The library reads no file, prints nothing and opens no connection; the binary's own `cli` module does.

#![warn(missing_docs, unreachable_pub)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod config;
pub mod edit;
pub mod images;
pub mod model;
pub mod project;
pub mod review;
pub mod rewrite;
pub mod shell;
pub mod source;
pub mod suppression;
pub mod syntax;
pub mod transforms;
pub mod verify;
