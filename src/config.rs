//! `dockfix.toml`: what a user can set, and the options that result for one file.

use crate::transforms::Transform;

/// The settings in force for one Dockerfile.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Names and categories to run; empty means every transform that is on by default.
    pub select: Vec<String>,
    /// Names and categories to leave out.
    pub ignore: Vec<String>,
    /// Apply fixes that are not proven too.
    pub unproven: bool,
}

impl Options {
    /// Whether a transform gets its turn. What is selected by name runs even if its category is ignored.
    pub fn enables(&self, transform: &Transform) -> bool {
        let named = |list: &[String], name: &str| list.iter().any(|entry| entry == name);
        let category = transform.category.as_str();
        if named(&self.ignore, transform.name) {
            return false;
        }
        if named(&self.select, transform.name) {
            return true;
        }
        let selected = if self.select.is_empty() { transform.default } else { named(&self.select, category) };
        selected && !named(&self.ignore, category)
    }
}
