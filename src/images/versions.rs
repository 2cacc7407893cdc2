//! Released versions: which are alive, what their tags are built on, and which combinations exist.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::facts::Os;
use super::name::ImageName;
use super::releases::{self, Date, compare_versions, starts_with_version};
use super::table;

/// A line of versions of a language or program, as its image's tags count them: `3.12`, `24`, `1.27`.
#[derive(Clone, Debug)]
pub struct Version {
    /// The tag's text: `3.12`; with the Java version for build tools: `3.9-eclipse-temurin-21`.
    pub version: String,
    /// The Java version of a build tool's line.
    pub runtime: Option<String>,
    /// Codename of what the tag `<version>` is built on.
    pub release: Option<String>,
    /// Whether no tag of the line ever meant another release, so that longer tags mean it too.
    pub settled: bool,
    /// What `<version>-alpine` is built on: `alpine3.24`.
    pub alpine: Option<String>,
    /// Releases whose tags were seen.
    pub built: Vec<String>,
    /// Last day of support.
    pub end_of_life: Option<Date>,
    /// When the row was read.
    pub read_on: Date,
    naming: Arc<Naming>,
}

/// How the tags of a repository are put together.
#[derive(Debug)]
struct Naming {
    tag: String,
    flavours: BTreeMap<Os, Vec<String>>,
    forms: BTreeMap<Os, String>,
}

impl Version {
    /// The tag of this line for a flavour (`slim`, `jre`, `fpm`; empty: none) and a release (`trixie`,
    /// `alpine3.24`), if that combination was seen.
    pub fn tag(&self, flavour: &str, release: &str) -> Option<String> {
        if !self.built.iter().any(|built| built == release) {
            return None;
        }
        let release = releases::release(release)?;
        if !self.naming.flavours.get(&release.os)?.iter().any(|known| known == flavour) {
            return None;
        }
        let version = release.version.as_deref().unwrap_or_default();
        let form = self.naming.forms.get(&release.os).map_or("{name}", String::as_str);
        let written = form.replace("{name}", &release.name).replace("{version}", version);
        let flavour = if flavour.is_empty() { String::new() } else { format!("-{flavour}") };
        Some(
            self.naming
                .tag
                .replace("{version}", &self.version)
                .replace("{-flavour}", &flavour)
                .replace("{release}", &written),
        )
    }

    /// The tag of this line for a flavour on the release that its unsuffixed tag is built on: the same image,
    /// with the release written out.
    pub fn default_tag(&self, flavour: &str) -> Option<String> {
        self.tag(flavour, self.release.as_deref()?)
    }

    /// Whether the line is supported on a day; `None` where the table has no date.
    pub fn supported_on(&self, day: Date) -> Option<bool> {
        Some(day <= self.end_of_life?)
    }
}

/// How a release is spelled in the tags of a repository: `bookworm-slim` for .NET, `alpine-3.24` for Temurin.
pub(crate) fn spelled(canonical: &str, release: &releases::Release) -> String {
    let product = table::products().iter().find(|product| product.is_of(canonical));
    let form = product.and_then(|product| product.naming.forms.get(&release.os));
    let version = release.version.as_deref().unwrap_or_default();
    form.map_or_else(
        || release.name.clone(),
        |form| form.replace("{name}", &release.name).replace("{version}", version),
    )
}

/// A language or program and its versions.
#[derive(Debug)]
pub struct Product {
    /// Its name: `node`, `python`, `go`, `java`.
    pub name: String,
    /// Canonical names of the images that carry it.
    pub repositories: Vec<String>,
    /// Its lines, newest first.
    pub versions: Vec<Version>,
    /// The flavour that a tag without one means, where the tags that name a release always name it.
    pub(crate) default_flavour: Option<String>,
    /// Words and short versions that stand for a line.
    aliases: BTreeMap<String, String>,
    naming: Arc<Naming>,
}

impl Product {
    pub(crate) fn is_of(&self, canonical: &str) -> bool {
        self.repositories.iter().any(|repository| repository == canonical)
    }

    /// The line that a tag's version belongs to: `3.12.4` to `3.12`.
    pub fn line(&self, version: &str) -> Option<&Version> {
        self.versions.iter().find(|line| starts_with_version(version, &line.version))
    }

    /// The line that a word or a short version stood for when the table was read: `latest`, `iron`, `3`.
    pub fn alias(&self, word: &str) -> Option<&Version> {
        let line = self.aliases.get(word)?;
        self.versions.iter().find(|version| version.version == *line)
    }
}

/// The product whose images a repository holds.
///
/// The repository is written as in a reference, with or without its registry.
pub fn product(repository: &str) -> Option<&'static Product> {
    let name = ImageName::parse(repository);
    table::products().iter().find(|product| product.is_of(name.canonical()))
}

/// The known versions of an image, newest first. Empty where the table has none, or where the registry may lack
/// their tags.
pub fn versions(repository: &str) -> &'static [Version] {
    if !ImageName::parse(repository).has_all_tags() {
        return &[];
    }
    product(repository).map_or(&[], |product| &product.versions)
}

/// When support ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndOfLife {
    /// Last day of the ordinary support.
    pub date: Date,
    /// Last day of a free long-term support, where there is one.
    pub long_term: Option<Date>,
}

/// When support of a version ends; the product by its name (`node`, `python`, `go`, `ruby`, `php`, `java`,
/// `dotnet`, …) or a system (`debian`, `ubuntu`, `alpine`), whose releases also answer to their codename.
pub fn end_of_life(product: &str, version: &str) -> Option<EndOfLife> {
    if let Some(product) = table::products().iter().find(|known| known.name == product) {
        let date = product.line(version)?.end_of_life?;
        return Some(EndOfLife { date, long_term: None });
    }
    let os = match product {
        "debian" => Os::Debian,
        "ubuntu" => Os::Ubuntu,
        "alpine" => Os::Alpine,
        "rhel" => Os::Redhat,
        "centos" => Os::Centos,
        "amazonlinux" => Os::Amazonlinux,
        _ => return None,
    };
    let release = releases::release(version)
        .filter(|release| release.os == os)
        .or_else(|| releases::release_of_version(os, version))?;
    Some(EndOfLife { date: release.end_of_life?, long_term: release.long_term })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionFile {
    product: Vec<ProductRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProductRow {
    name: String,
    repositories: Vec<String>,
    naming: String,
    flavours: BTreeMap<Os, Vec<String>>,
    default_flavour: Option<String>,
    #[serde(default)]
    forms: BTreeMap<Os, String>,
    read_on: Date,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    version: Vec<VersionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionRow {
    version: String,
    /// Last of a run of minors that share the row.
    through: Option<String>,
    runtime: Option<String>,
    release: Option<String>,
    #[serde(default)]
    settled: bool,
    alpine: Option<String>,
    #[serde(default)]
    built: Vec<String>,
    end_of_life: Option<Date>,
}

/// The products of the file, runs of minors spread out, lines sorted.
pub(crate) fn products(file: VersionFile) -> Vec<Product> {
    file.product
        .into_iter()
        .map(|row| {
            let naming = Arc::new(Naming { tag: row.naming, flavours: row.flavours, forms: row.forms });
            let mut versions: Vec<Version> =
                row.version.iter().flat_map(|line| spread(line, row.read_on, &naming)).collect();
            versions.sort_by(|one, other| compare_versions(&other.version, &one.version));
            Product {
                name: row.name,
                repositories: row.repositories,
                versions,
                default_flavour: row.default_flavour,
                aliases: row.aliases,
                naming,
            }
        })
        .collect()
}

fn spread(row: &VersionRow, read_on: Date, naming: &Arc<Naming>) -> Vec<Version> {
    let line = |version: String| Version {
        version,
        runtime: row.runtime.clone(),
        release: row.release.clone(),
        settled: row.settled,
        alpine: row.alpine.clone(),
        built: row.built.clone(),
        end_of_life: row.end_of_life,
        read_on,
        naming: Arc::clone(naming),
    };
    let minors = row.through.as_deref().and_then(|through| {
        let (major, first) = row.version.split_once('.')?;
        let last = through.strip_prefix(major)?.strip_prefix('.')?;
        Some((major, first.parse::<u32>().ok()?..=last.parse::<u32>().ok()?))
    });
    match minors {
        Some((major, minors)) => minors.map(|minor| line(format!("{major}.{minor}"))).collect(),
        None => vec![line(row.version.clone())],
    }
}
