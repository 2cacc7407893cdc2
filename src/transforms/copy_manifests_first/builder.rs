//! Whether the builder understands `RUN --mount`.

use std::sync::LazyLock;

use serde::Deserialize;

use super::super::Input;
use super::plan::{Judged, holds, misses};
use crate::syntax::{DirectiveName, Keyword};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Builder {
    files: Vec<String>,
    folders: Vec<String>,
    refuses: Vec<String>,
}

static BUILDER: LazyLock<Builder> = LazyLock::new(|| {
    toml::from_str(include_str!("builders.toml")).expect("the table is part of the program and tested")
});

/// BuildKit is Docker's builder since 23.0, and Podman's knows mounts too. What speaks against it is a builder that the
/// project names, or a frontend that is older than mounts.
pub(in crate::transforms) fn judge(input: &Input<'_>) -> Judged {
    let remedy = "build with BuildKit";
    if let Some((path, word)) = named(input) {
        return misses("buildkit", format!("`{path}` says `{word}`, which knows no `RUN --mount`"), remedy);
    }
    let syntax = input.document.directives.iter().find(|directive| directive.name == DirectiveName::Syntax);
    if let Some(directive) = syntax {
        let value = directive.value.of(input.source.text()).trim();
        return match knows_mounts(value) {
            true => holds("buildkit", format!("`# syntax={value}` knows mounts")),
            false => misses(
                "buildkit",
                format!("whether `# syntax={value}` knows mounts is not known"),
                "name `docker/dockerfile:1`",
            ),
        };
    }
    let used = input.document.instructions.iter().find(|instruction| {
        !instruction.heredocs.is_empty()
            || instruction.keyword == Keyword::Run && instruction.flag("mount").is_some()
            || ["link", "parents", "exclude"].iter().any(|flag| instruction.flag(flag).is_some())
    });
    match used {
        Some(used) => holds("buildkit", format!("line {} takes BuildKit already", used.lines.0)),
        None => {
            holds("buildkit", "Docker builds with BuildKit since 23.0, and no other builder is named here")
        }
    }
}

fn named(input: &Input<'_>) -> Option<(String, &'static str)> {
    let tree = input.project.tree();
    let below = BUILDER.folders.iter().flat_map(|folder| tree.below(folder)).map(|entry| entry.path.clone());
    let files = BUILDER.files.iter().cloned().chain(below);
    files.into_iter().find_map(|path| {
        let text = tree.read(&path)?;
        let word = BUILDER.refuses.iter().find(|word| text.contains(word.as_str()))?;
        Some((path, word.as_str()))
    })
}

/// Whether a frontend is the official one from 1.2 on, its labs or its newest.
fn knows_mounts(value: &str) -> bool {
    let name = value.split('@').next().unwrap_or_default();
    let (image, tag) = name.split_once(':').unwrap_or((name, "latest"));
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    if !["docker/dockerfile", "docker/dockerfile-upstream"].contains(&image) {
        return false;
    }
    let number = tag.split('-').next().unwrap_or_default();
    let mut parts = number.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next()) {
        (Some(1), Some(Some(minor))) => minor >= 2 || tag.ends_with("experimental"),
        (Some(major), _) => major >= 1,
        (None, _) => ["latest", "labs", "experimental", "master"].contains(&tag),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frontends_by_their_tags() {
        for known in ["docker/dockerfile:1", "docker/dockerfile:1.4", "docker.io/docker/dockerfile:1.7-labs"]
        {
            assert!(knows_mounts(known), "{known}");
        }
        for other in ["docker/dockerfile:1.0", "docker/dockerfile:1.1.7", "ghcr.io/a/frontend:1"] {
            assert!(!knows_mounts(other), "{other}");
        }
        assert!(knows_mounts("docker/dockerfile:1.0-experimental"));
    }
}
