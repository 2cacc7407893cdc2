//! What `latest`, or no tag at all, meant on the day when the table was read.

use std::collections::HashMap;

use serde::Deserialize;

use super::name::ImageName;
use super::releases::Date;
use super::table;

/// What a moving tag means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Latest {
    /// It means another tag.
    Means {
        /// The fullest tag of the same image: `3.14.7-trixie`.
        tag: &'static str,
        /// The tag to write in its place: to the minor version and the release, where such a one was seen
        /// (`3.14-trixie`), else the full version.
        pin: Option<&'static str>,
        /// When the table was read.
        read_on: Date,
    },
    /// There is no such tag: the build fails.
    Missing {
        /// When the table was read.
        read_on: Date,
    },
    /// The tag is a leftover that nobody builds any more.
    Frozen {
        /// When the table was read.
        read_on: Date,
    },
}

/// What `latest`, which is also what no tag means, is for a repository; `None` where the table does not know it.
///
/// The repository is written as in a reference, with or without its registry.
pub fn latest(repository: &str) -> Option<Latest> {
    moving_tag(repository, "latest")
}

/// The same for another moving tag (`debian:stable`).
pub fn moving_tag(repository: &str, tag: &str) -> Option<Latest> {
    let name = ImageName::parse(repository);
    if !name.has_all_tags() {
        return None;
    }
    table::moving_tags().get(name.canonical(), tag)
}

/// The rows of `latest.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovingTags {
    pub(crate) read_on: Date,
    missing: Vec<String>,
    frozen: Vec<String>,
    pub(crate) tags: HashMap<String, MovingTag>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MovingTag {
    pub(crate) means: String,
    pub(crate) pin: Option<String>,
}

impl MovingTags {
    pub(crate) fn get(&'static self, canonical: &str, tag: &str) -> Option<Latest> {
        let read_on = self.read_on;
        if tag == "latest" {
            let is = |names: &[String]| names.iter().any(|name| name == canonical);
            if is(&self.missing) {
                return Some(Latest::Missing { read_on });
            }
            if is(&self.frozen) {
                return Some(Latest::Frozen { read_on });
            }
        }
        let row = self.tags.get(&format!("{canonical}:{tag}"))?;
        let means = row.means.as_str();
        let is_version = means.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let pin = row.pin.as_deref().or(is_version.then_some(means));
        Some(Latest::Means { tag: means, pin, read_on })
    }
}
