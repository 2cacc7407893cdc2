//! Releases of the operating systems that images are built on: codename, libc, end of life.
//!
//! Knows nothing of images; a codename alone answers here.

use std::cmp::Ordering;
use std::fmt;

use serde::Deserialize;

use super::facts::{Adduser, Os, Packages, User};
use super::table;

/// A version of glibc, ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Glibc {
    /// `2` of `2.36`.
    pub major: u16,
    /// `36` of `2.36`.
    pub minor: u16,
}

impl TryFrom<String> for Glibc {
    type Error = String;

    fn try_from(text: String) -> Result<Glibc, String> {
        let parts = text.split_once('.').and_then(|(major, minor)| {
            Some(Glibc { major: major.parse().ok()?, minor: minor.parse().ok()? })
        });
        parts.ok_or_else(|| format!("`{text}` is not a glibc version"))
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A day of the calendar, ordered, written `2026-08-21`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Date {
    /// Year.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// The day, if the calendar has it.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Date> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Date { year, month, day })
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Date, String> {
        let mut parts = text.split('-');
        let mut next = || parts.next().and_then(|part| part.parse::<u16>().ok());
        let date = match (next(), next(), next()) {
            (Some(year), Some(month), Some(day)) => u8::try_from(month)
                .ok()
                .zip(u8::try_from(day).ok())
                .and_then(|(month, day)| Date::new(year, month, day)),
            _ => None,
        };
        date.ok_or_else(|| format!("`{text}` is not a date"))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// One release of an operating system.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The codename, or the name that tags use: `trixie`, `noble`, `alpine3.22`, `el9`.
    pub name: String,
    /// The system.
    pub os: Os,
    /// Its version: `13`, `24.04`, `3.22`.
    pub version: Option<String>,
    /// Other words of tags and names that mean this release: `ubuntu22.04`, `debian12`.
    #[serde(default)]
    pub words: Vec<String>,
    /// The version of glibc, where it is known.
    pub glibc: Option<Glibc>,
    /// Where glibc itself is not known: a version that it is certainly newer than.
    pub glibc_above: Option<Glibc>,
    /// Which `adduser` its base image has, if that is a matter of the release.
    pub adduser: Option<Adduser>,
    /// The package manager, where it differs from that of the system's other releases.
    pub packages: Option<Packages>,
    /// Users of its base image beyond those of every release.
    #[serde(default)]
    pub users: Vec<User>,
    /// Last day of the ordinary support.
    pub end_of_life: Option<Date>,
    /// Last day of a free long-term support, where there is one.
    pub long_term: Option<Date>,
    /// The packages have moved to an archive: an install fails there until the sources are edited.
    #[serde(default)]
    pub archived: bool,
}

impl Release {
    /// Whether a tag's word or a part of a repository's name means this release.
    pub fn is_named(&self, word: &str) -> bool {
        self.name == word || self.words.iter().any(|other| other == word)
    }
}

/// The release that a codename or another word of a tag means.
pub fn release(word: &str) -> Option<&'static Release> {
    table::releases().iter().find(|release| release.is_named(word))
}

/// The release of `os` that a version means: `12.5` is Debian's `bookworm`, `3.22.1` Alpine's `alpine3.22`.
pub fn release_of_version(os: Os, version: &str) -> Option<&'static Release> {
    table::releases().iter().find(|release| {
        let own = release.version.as_deref();
        release.os == os && own.is_some_and(|own| starts_with_version(version, own))
    })
}

/// Whether `version` is `prefix` or a later part of it: `3.12.1` starts with `3.12`, but not with `3.1`.
pub(crate) fn starts_with_version(version: &str, prefix: &str) -> bool {
    version
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('_'))
}

/// Compares two versions by their numbers: `3.9` before `3.12`, and a version before its own parts.
///
/// What follows a number within a part (`0rc1`, `8u442`) is left out of the comparison.
pub(crate) fn compare_versions(one: &str, other: &str) -> Ordering {
    let numbers = |version: &str| -> Vec<u64> {
        version
            .split(['.', '_', '+'])
            .map(|part| {
                let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                part[..digits].parse().unwrap_or(0)
            })
            .collect()
    };
    numbers(one).cmp(&numbers(other))
}

/// The glibc of a release, by its codename. `None`: unknown, or another libc.
pub fn glibc_of(codename: &str) -> Option<Glibc> {
    release(codename)?.glibc
}

/// Whether a dynamic glibc binary built on one release starts on another (images by codename).
///
/// `None` where the table cannot tell. A newer glibc runs what an older one linked, never the other way round;
/// musl and glibc never run each other's.
pub fn runs_on(build: &str, runtime: &str) -> Option<bool> {
    let (build, runtime) = (release(build)?, release(runtime)?);
    if build.name == runtime.name {
        return Some(true);
    }
    if let (Some(build), Some(runtime)) = (build.glibc, runtime.glibc) {
        return Some(build <= runtime);
    }
    match (build.glibc, runtime.glibc_above) {
        (Some(build), Some(above)) if build <= above => return Some(true),
        _ => {}
    }
    match (build.glibc_above, runtime.glibc) {
        (Some(above), Some(runtime)) if runtime <= above => Some(false),
        _ => None,
    }
}
