//! The small files in which version managers keep a version: `.nvmrc`, `.python-version`, `.tool-versions`.
//!
//! They state what the project is meant to run on whether or not they are sent to the builder, so they are read from
//! the tree before the ignore file.

use super::version::VersionStatement;
use crate::project::paths::{at, join, upwards};
use crate::project::{Found, Project};

/// The first line of `name` that is not blank or a comment, in `folder` or the nearest folder above it: version
/// managers look upwards too.
pub(super) fn first_line(project: &Project, folder: &str, name: &str) -> Option<Found<String>> {
    let (path, text) = nearest(project, folder, name)?;
    let (index, line) = lines(&text).next()?;
    Some(Found { value: line.to_owned(), at: at(&path, index) })
}

/// What `.tool-versions` says about a tool that goes by one of `names`; of several versions the first counts.
pub(super) fn tool_versions(
    project: &Project,
    folder: &str,
    names: &[&str],
) -> Option<Found<VersionStatement>> {
    let (path, text) = nearest(project, folder, ".tool-versions")?;
    lines(&text).find_map(|(index, line)| {
        let mut words = line.split_whitespace();
        let tool = words.next()?;
        let version = words.next()?;
        names.contains(&tool).then(|| Found { value: VersionStatement::exact(version), at: at(&path, index) })
    })
}

fn nearest(project: &Project, folder: &str, name: &str) -> Option<(String, String)> {
    upwards(folder).find_map(|folder| {
        let path = join(folder, name)?;
        let text = project.tree().read(&path)?;
        Some((path, text))
    })
}

/// Lines that say something, each with its number; comments are cut off.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        (!line.is_empty()).then_some((index + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_counts() {
        let project = Project::in_memory([(".nvmrc", "18\n"), ("web/.nvmrc", "# LTS\n20\n")]);
        let found = first_line(&project, "web", ".nvmrc").expect("there");
        assert_eq!((found.value.as_str(), found.at.as_str()), ("20", "web/.nvmrc:2"));
        assert_eq!(first_line(&project, "api", ".nvmrc").expect("there").at, ".nvmrc:1");
    }

    #[test]
    fn tool_versions_names_the_tool() {
        let project = Project::in_memory([(".tool-versions", "ruby 3.3.0\nnodejs 20.11.1 18.0.0\n")]);
        let found = tool_versions(&project, "", &["nodejs", "node"]).expect("there");
        assert_eq!(found.value, VersionStatement::exact("20.11.1"));
        assert_eq!(found.at, ".tool-versions:2");
        assert_eq!(tool_versions(&project, "", &["python"]), None);
    }
}
