//! Tags taken apart: version, release, flavour words.
//!
//! Every part of a tag has to be explained by its image's row; a tag with a part that nobody explains has no facts.

use super::facts::Os;
use super::releases::{self, Release};
use super::table::Image;
use super::versions::Product;

/// A tag and what its parts say.
#[derive(Debug, Default)]
pub(crate) struct Tag<'t> {
    /// The version: `3.12.1`.
    pub(crate) version: Option<&'t str>,
    /// The version of the language of a build tool's image.
    pub(crate) runtime: Option<&'t str>,
    /// The flavour words, sorted.
    pub(crate) words: Vec<&'t str>,
    /// The release that a part names.
    pub(crate) release: Option<&'static Release>,
    /// The system that a part names.
    pub(crate) os: Option<Os>,
    /// A part names a release that the table does not have: `alpine3.9`.
    pub(crate) other_release: bool,
    /// A word that stands for a version which moves, or a short name of a line.
    pub(crate) channel: Option<&'t str>,
    /// A date or the like pins the build, so that the tag does not stand for the newest one.
    pub(crate) dated: bool,
    /// A part changes no fact, but is part of the tag's choice all the same.
    pub(crate) neutral: bool,
}

/// Parts that say what the image is for, never what is in it.
const NEUTRAL: [&str; 9] =
    ["amd64", "arm64", "arm64v8", "arm32v7", "arm32v6", "arm", "ppc64le", "s390x", "cbl"];

/// Whether a tag says that the image is a Windows one.
pub(crate) fn is_windows(tag: &str) -> bool {
    tag.split('-').any(|part| {
        ["windows", "nanoserver", "servercore", "ltsc20", "sac2016"].iter().any(|name| part.starts_with(name))
    })
}

/// Takes a tag apart. `None`: a part is not explained, or two parts contradict each other.
pub(crate) fn parse<'t>(tag: &'t str, image: &Image, product: Option<&Product>) -> Option<Tag<'t>> {
    let mut found = Tag::default();
    let mut before = "";
    for part in tag.split('-') {
        found.add(part, before, image, product)?;
        before = part;
    }
    found.words.sort_unstable();
    found.words.dedup();
    if let Some(release) = found.release {
        if found.os.is_some_and(|os| os != release.os) {
            return None;
        }
        found.os = Some(release.os);
    }
    Some(found)
}

impl<'t> Tag<'t> {
    fn add(&mut self, part: &'t str, before: &str, image: &Image, product: Option<&Product>) -> Option<()> {
        let number = part.strip_prefix('v').unwrap_or(part);
        let is_number = number.starts_with(|c: char| c.is_ascii_digit());
        let names_line = product.is_some_and(|product| product.alias(part).is_some());
        if before == "alpine" && part.starts_with("3.") {
            self.release = releases::release_of_version(Os::Alpine, part);
            self.other_release = self.release.is_none();
        } else if image.channels.iter().any(|word| word == part) || (names_line && !is_number) {
            set(&mut self.channel, part)?;
        } else if let Some(release) = releases::release(part) {
            set(&mut self.release, release)?;
        } else if let Some(os) = names_system(part) {
            set(&mut self.os, os)?;
            self.other_release = part.contains('.');
        } else if image.variants.iter().any(|variant| variant.words.iter().any(|word| word == part)) {
            self.words.push(part);
        } else if NEUTRAL.contains(&part) || image.neutral.iter().any(|word| is_neutral(word, part)) {
            self.neutral = true;
        } else if let Some((prefix, version)) = glued(part, &image.runtime_prefix) {
            if image.variants.iter().any(|variant| variant.words.iter().any(|word| word == prefix)) {
                self.words.push(prefix);
            }
            set(&mut self.runtime, version)?;
        } else if is_number {
            self.add_number(number, before, image)?;
        } else {
            return None;
        }
        Some(())
    }

    fn add_number(&mut self, number: &'t str, before: &str, image: &Image) -> Option<()> {
        let is = |words: &[String]| words.iter().any(|word| word == before);
        let date = number.split('.').next().unwrap_or(number);
        if date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
            self.dated = true;
        } else if is(&image.extra_numbers) {
            if is(&image.runtime_after) {
                set(&mut self.runtime, number)?;
            }
        } else {
            set(&mut self.version, number)?;
        }
        Some(())
    }
}

/// Sets what is not set yet.
fn set<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.is_none().then(|| *place = Some(value))
}

/// The system that a part of a tag names without its release.
fn names_system(part: &str) -> Option<Os> {
    match part {
        "alpine" => Some(Os::Alpine),
        "debian" => Some(Os::Debian),
        "ubuntu" => Some(Os::Ubuntu),
        "oracle" | "oraclelinux" => Some(Os::Oraclelinux),
        _ => {
            let version = part.strip_prefix("alpine")?;
            let plain = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            (plain && version.contains('.')).then_some(Os::Alpine)
        }
    }
}

fn is_neutral(word: &str, part: &str) -> bool {
    match word.strip_suffix('*') {
        Some(prefix) => part
            .strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit())),
        None => word == part,
    }
}

/// `jdk21` as `jdk` and `21`.
fn glued<'t>(part: &'t str, prefixes: &[String]) -> Option<(&'t str, &'t str)> {
    prefixes.iter().find_map(|prefix| {
        let rest = part.strip_prefix(prefix.as_str())?;
        rest.starts_with(|c: char| c.is_ascii_digit()).then(|| part.split_at(prefix.len()))
    })
}
