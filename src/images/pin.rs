//! Tags that leave the version open, and the tag of a given version in their place.

use super::facts::Os;
use super::name::ImageName;
use super::releases::Release;
use super::table;
use super::tag;
use super::versions::{Product, Version};

/// What a tag that leaves the version open does say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenTag {
    /// A part of a version: `3` of `python:3`.
    pub version: Option<String>,
    /// The flavour words, joined: `slim`, `fpm`; empty: none.
    pub flavour: String,
    /// The release, where the tag names it.
    pub release: Option<&'static Release>,
    /// The system, where the tag names it: `alpine`.
    pub os: Option<Os>,
}

impl OpenTag {
    /// The tag of a line of versions that keeps what this one says; `None` where that combination was not seen.
    pub fn with_version(&self, product: &Product, line: &Version) -> Option<String> {
        let release = match (self.release, self.os) {
            (Some(release), _) => release.name.as_str(),
            (None, Some(Os::Alpine)) => line.alpine.as_deref()?,
            (None, Some(_)) => return None,
            (None, None) => line.release.as_deref()?,
        };
        line.tag(&self.flavour, release).or_else(|| {
            let default = product.default_flavour.as_deref().filter(|_| self.flavour.is_empty())?;
            line.tag(default, release)
        })
    }
}

/// What a tag says that stands for the newest version, or for the newest of a major one.
///
/// `None` for a tag with a version of its own, for a channel that its author chose (`lts`, `stable`), for a build by
/// its date, and for whatever the tables do not explain.
pub fn open_tag(repository: &str, tag: Option<&str>) -> Option<OpenTag> {
    let name = ImageName::parse(repository);
    let image = table::table().image(name.canonical()).filter(|image| !image.any_tag)?;
    let product = table::products().iter().find(|product| product.is_of(name.canonical()))?;
    let written = tag.unwrap_or("latest");
    if tag::is_windows(written) {
        return None;
    }
    let found = tag::parse(written, image, Some(product))?;
    if found.dated
        || found.neutral
        || found.other_release
        || found.runtime.is_some()
        || found.channel.is_some_and(|channel| channel != "latest")
    {
        return None;
    }
    if found
        .version
        .is_some_and(|version| product.line(version).is_some() || product.alias(version).is_none())
    {
        return None;
    }
    Some(OpenTag {
        version: found.version.map(str::to_owned),
        flavour: found.words.join("-"),
        release: found.release,
        os: found.os.filter(|_| found.release.is_none()),
    })
}

/// The line of versions that an open tag stood for when the table was read.
pub fn line_of_open_tag<'p>(product: &'p Product, tag: &OpenTag) -> Option<&'p Version> {
    product.alias(tag.version.as_deref().unwrap_or("latest"))
}
