//! The lists that the split goes by, as `tables.toml` has them.

use std::sync::LazyLock;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tables {
    pub(super) build_packages: Vec<String>,
    pub(super) system_variables: Vec<String>,
    pub(super) command_variables: Vec<String>,
    pub(super) build_options: Vec<String>,
    pub(super) go_flags: Vec<String>,
    pub(super) c_tags: Vec<String>,
    pub(super) harmless: Vec<String>,
    pub(super) harmless_go: Vec<String>,
    pub(super) caches: Vec<String>,
    pub(super) system_paths: Vec<String>,
    pub(super) search_path: Vec<String>,
    pub(super) shadowed: Vec<String>,
    pub(super) shells: Vec<String>,
    pub(super) starters: Vec<String>,
    pub(super) probes: Vec<String>,
    pub(super) base_tools: Vec<String>,
    pub(super) apart: Vec<String>,
    pub(super) file_commands: Vec<String>,
}

pub(super) static TABLES: LazyLock<Tables> =
    LazyLock::new(|| toml::from_str(include_str!("tables.toml")).expect("a test reads the embedded table"));

/// Whether a list holds a word.
pub(super) fn has(list: &[String], word: &str) -> bool {
    list.iter().any(|known| known == word)
}

/// Whether a list holds the beginning of a word.
pub(super) fn begins(list: &[String], word: &str) -> bool {
    list.iter().any(|known| word.starts_with(known.as_str()))
}
