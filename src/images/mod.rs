//! Facts about base images, and how to ask them.
//!
//! The facts are data: the TOML files under `tables/`, read once. [`facts`] answers for one repository and tag,
//! [`latest`] says what a missing tag meant, [`versions`] which versions and tags there are, [`end_of_life`] when
//! support ends, [`glibc_of`] and [`runs_on`] which binary starts where.
//!
//! Nothing here is guessed: what a row does not say is absent, so that a fix is held back. Whatever moves carries
//! the date on which it was read. This module knows no Dockerfile and takes plain text.

mod facts;
mod latest;
mod name;
mod pin;
mod releases;
mod resolve;
mod table;
mod tag;
mod versions;

#[cfg(test)]
mod tests;

pub use facts::{
    Adduser, Client, Confidence, Counterpart, DefaultUser, Facts, Libc, Os, Packages, ReleaseFrom, Runs,
    Shell, User, UserTools,
};
pub use latest::{Latest, latest, moving_tag};
pub use name::{ImageName, Origin};
pub use pin::{OpenTag, line_of_open_tag, open_tag};
pub use releases::{Date, Glibc, Release, glibc_of, release, release_of_version, runs_on};
pub use resolve::facts;
pub use versions::{EndOfLife, Product, Version, end_of_life, product, versions};
