//! `[packages]`: what package managers are to do.

use super::ConfigError;
use super::reader::{self, Section};

/// The table `[packages]`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct PackagesOptions {
    /// `recommends`: whether something that packages only recommend is needed.
    pub recommends: Option<bool>,
}

impl PackagesOptions {
    pub(super) fn read(section: &mut Section<'_>) -> Result<PackagesOptions, ConfigError> {
        Ok(PackagesOptions { recommends: section.take("recommends", reader::truth)? })
    }

    pub(super) fn over(self, below: PackagesOptions) -> PackagesOptions {
        PackagesOptions { recommends: self.recommends.or(below.recommends) }
    }
}
