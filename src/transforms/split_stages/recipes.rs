//! The recipes of the split, as `recipes.toml` has them: one row for each way in which programs are built.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::images::Runs;
use crate::shell::Manager;

/// What is carried over to the runtime stage.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape {
    /// The one binary that the Go tool builds.
    Go,
    /// The one binary that Cargo builds, with the files of the project that are no sources.
    Cargo,
    /// The one jar that Maven or Gradle builds, with the files of the project that are no sources.
    Jar,
    /// The whole folder of the application, installed and built.
    Whole,
}

/// How programs of one kind are split.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    pub(super) images: Vec<String>,
    pub(super) shape: Shape,
    pub(super) runs: Vec<Runs>,
    pub(super) message: String,
    pub(super) title: String,
    pub(super) build_variables: Vec<String>,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    #[serde(default)]
    pub(super) apart: Vec<String>,
    pub(super) twin: Option<String>,
    #[serde(default)]
    pub(super) managers: Vec<Manager>,
    #[serde(default)]
    pub(super) build_packages: Vec<String>,
    #[serde(default)]
    pub(super) tools: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    recipe: Vec<Recipe>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("recipes.toml")).expect("a test reads the embedded table"));

/// The recipes for a build image, by its canonical name, in the order in which they are tried.
pub(super) fn recipes(image: &str) -> impl Iterator<Item = &'static Recipe> + use<'_> {
    TABLE.recipe.iter().filter(move |recipe| {
        recipe.images.iter().any(|known| {
            image == known || image.strip_suffix(known.as_str()).is_some_and(|rest| rest.ends_with('/'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_is_found_by_its_images() {
        for recipe in &TABLE.recipe {
            assert!(!recipe.images.is_empty() && !recipe.runs.is_empty(), "{}", recipe.title);
            for image in &recipe.images {
                assert!(recipes(image).any(|found| found.title == recipe.title), "{image}");
            }
        }
        assert!(recipes("library/golang").next().is_some());
        assert!(recipes("my-golang").next().is_none());
    }
}
