//! `[packages]`: what package managers are to do.

use super::ConfigError;
use super::reader::{self, Section};

/// The table `[packages]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct PackagesOptions {
    /// `recommends`: whether something that packages only recommend is needed.
    pub recommends: Option<bool>,
    /// `sort`: whether lists of packages are sorted.
    pub sort: Option<bool>,
    /// `cache`: what becomes of what is downloaded.
    pub cache: Option<PackageCache>,
}

/// What becomes of what package managers download.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PackageCache {
    /// `clean`: it is removed in the RUN that downloads it, or never kept.
    Clean,
    /// `mount`: it stays with the builder.
    Mount,
}

impl PackageCache {
    const NAMES: &[(&str, PackageCache)] = &[("clean", PackageCache::Clean), ("mount", PackageCache::Mount)];

    fn read(value: reader::Value<'_>) -> Result<PackageCache, ConfigError> {
        let names: Vec<&str> = PackageCache::NAMES.iter().map(|(name, _)| *name).collect();
        let name = reader::one_of(value, &names)?;
        let found = PackageCache::NAMES.iter().find(|(known, _)| *known == name);
        Ok(found.map_or(PackageCache::Clean, |(_, cache)| *cache))
    }
}

impl PackagesOptions {
    /// Whether what is downloaded is to be mounted, so that there is nothing to clean.
    pub fn mounts(&self) -> bool {
        self.cache == Some(PackageCache::Mount)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Result<PackagesOptions, ConfigError> {
        Ok(PackagesOptions {
            recommends: section.take("recommends", reader::truth)?,
            sort: section.take("sort", reader::truth)?,
            cache: section.take("cache", PackageCache::read)?,
        })
    }

    pub(super) fn over(self, below: PackagesOptions) -> PackagesOptions {
        PackagesOptions {
            recommends: self.recommends.or(below.recommends),
            sort: self.sort.or(below.sort),
            cache: self.cache.or(below.cache),
        }
    }
}
