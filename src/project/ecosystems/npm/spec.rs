//! What a dependency asks for: the text behind a package's name.

use nodejs_semver::{Range, Version};

/// The kinds of request that npm knows.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Spec<'t> {
    /// Any version of the registry, pre-releases too.
    Any,
    /// Versions of the registry.
    Range(Range),
    /// A name that the registry points at a version: `latest`.
    Tag,
    /// A folder or archive of the project: `file:…`, `./x`.
    Path(&'t str),
    /// A repository or archive on the network.
    Remote,
    /// A protocol of another package manager: `workspace:`, `catalog:`, `portal:`.
    Foreign,
}

/// Reads a request; an alias (`npm:other@1`) is what it stands for.
pub(super) fn spec(text: &str) -> Spec<'_> {
    let text = text.trim();
    if let Some(alias) = text.strip_prefix("npm:") {
        // The name may be scoped: `@s/a@1`.
        let version = alias.get(1..).and_then(|rest| rest.split_once('@')).map_or("", |(_, version)| version);
        return registry(version);
    }
    if let Some(path) = text.strip_prefix("file:").or_else(|| text.strip_prefix("link:")) {
        return Spec::Path(path);
    }
    if ["workspace:", "catalog:", "portal:", "patch:", "exec:"].iter().any(|start| text.starts_with(start)) {
        return Spec::Foreign;
    }
    if text.starts_with(['.', '/']) || text.starts_with("~/") {
        return Spec::Path(text);
    }
    // `git+ssh://…`, `https://…`, `github:a/b`, and `a/b`, which is GitHub's too.
    if text.contains([':', '/']) { Spec::Remote } else { registry(text) }
}

fn registry(text: &str) -> Spec<'_> {
    if matches!(text, "" | "*" | "x" | "X") {
        return Spec::Any;
    }
    Range::parse(text).map_or(Spec::Tag, Spec::Range)
}

impl Spec<'_> {
    /// Whether a locked version fits. What is no range was fixed when the lock was written.
    pub(super) fn is_met_by(&self, version: Option<&str>) -> bool {
        let Spec::Range(range) = self else { return true };
        let Some(version) = version.and_then(|version| Version::parse(version).ok()) else { return false };
        version.satisfies(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert!(matches!(spec("^1.2"), Spec::Range(_)));
        assert_eq!(spec(""), Spec::Any);
        assert!(matches!(spec("npm:@s/a@^2"), Spec::Range(_)));
        assert_eq!(spec("latest"), Spec::Tag);
        assert_eq!(spec("file:../a"), Spec::Path("../a"));
        for remote in ["a/b", "github:a/b#v1", "git+https://x/y.git", "https://x/y.tgz"] {
            assert_eq!(spec(remote), Spec::Remote, "{remote}");
        }
        assert_eq!(spec("workspace:*"), Spec::Foreign);
    }

    #[test]
    fn versions_that_fit() {
        assert!(spec("^1.2").is_met_by(Some("1.9.0")));
        assert!(!spec("^1.2").is_met_by(Some("2.0.0")));
        assert!(!spec("^1.2").is_met_by(None));
        assert!(spec("*").is_met_by(Some("2.0.0-rc.1")));
        assert!(spec("npm:a@^2").is_met_by(Some("2.1.0")));
        assert!(spec("1.0.0-alpha.1").is_met_by(Some("1.0.0-alpha.1")));
    }
}
