//! One requirement: a name with specifiers, a URL, a path.
//!
//! Follows the order in which pip looks at the text (`parse_req_from_line`), without asking the disk: what only the
//! disk could tell is taken for a path, which holds a fix back.

use std::str::FromStr;

use pep440_rs::{Operator, VersionSpecifiers};

/// Where the archive comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// A package index.
    Index,
    /// An archive on the network.
    Url(String),
    /// A repository that is cloned: `git+https://…`.
    Vcs(String),
    /// A folder or archive of the project.
    Path(String),
}

/// One requirement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The normalised name (PEP 503); a bare URL or path may have none.
    pub name: Option<String>,
    /// The extras that are asked for.
    pub extras: Vec<String>,
    /// Whether one version alone fits.
    pub pinned: bool,
    /// The environment marker behind `;`, as written.
    pub marker: Option<String>,
    /// Where it comes from.
    pub source: Source,
}

impl Source {
    /// What a text without a name is: URL, repository or path.
    pub(super) fn of(text: &str) -> Source {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("file") => Source::Path(text.to_owned()),
            Some("http" | "https" | "ftp") => Source::Url(text.to_owned()),
            Some(scheme) if is_vcs(scheme) => Source::Vcs(text.to_owned()),
            _ => Source::Path(text.to_owned()),
        }
    }
}

/// Whether a URL always brings the same files: an archive does, a repository at a full commit does.
fn is_fixed(source: &Source) -> bool {
    let Source::Vcs(url) = source else { return true };
    let url = url.split('#').next().unwrap_or(url);
    url.rsplit_once('@')
        .is_some_and(|(_, commit)| commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_vcs(scheme: &str) -> bool {
    let tool = scheme.split_once('+').map_or(scheme, |(tool, _)| tool);
    matches!(tool, "git" | "hg" | "svn" | "bzr")
}

const ARCHIVES: &[&str] =
    &[".zip", ".whl", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tlz", ".tar.lz"];

/// Reads one requirement without its options; `None` for what pip refuses.
pub(super) fn requirement(text: &str) -> Option<Requirement> {
    let is_url = text.split_once(':').is_some_and(|(scheme, _)| {
        let scheme = scheme.to_ascii_lowercase();
        matches!(scheme.as_str(), "http" | "https" | "file" | "ftp") || is_vcs(&scheme)
    });
    // In a URL a semicolon is a character like others unless a blank follows.
    let (body, marker) = text.split_once(if is_url { "; " } else { ";" }).unwrap_or((text, ""));
    let (body, marker) = (body.trim(), marker.trim());
    let marker = (!marker.is_empty()).then(|| marker.to_owned());
    if is_url {
        let name = body.split_once("#egg=").map(|(_, egg)| egg.split(['&', '[']).next().unwrap_or(egg));
        let name = name.and_then(normalised);
        let source = Source::of(body);
        return Some(Requirement { name, extras: Vec::new(), pinned: is_fixed(&source), marker, source });
    }
    if let Some(mut requirement) = named(body) {
        requirement.marker = requirement.marker.or(marker);
        return Some(requirement);
    }
    let is_path = body.contains(['/', '\\']) || body.starts_with('.') || is_archive(body);
    let path = || Requirement {
        name: None,
        extras: Vec::new(),
        pinned: true,
        marker,
        source: Source::Path(body.to_owned()),
    };
    (is_path && !body.contains(char::is_whitespace)).then(path)
}

fn is_archive(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| text.ends_with(ending))
}

/// `name[extras] specifiers` and `name[extras] @ url`.
fn named(text: &str) -> Option<Requirement> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    let (name, rest) = text.split_at(text.find(|character| !is_name(character)).unwrap_or(text.len()));
    // A file that is named like an archive is taken for one: whether it lies there only the disk could tell.
    if is_archive(text.split_whitespace().next().unwrap_or_default()) {
        return None;
    }
    let name = normalised(name)?;
    let (extras, rest) = extras(rest.trim_start())?;
    let rest = rest.trim();
    if let Some(url) = rest.strip_prefix('@') {
        let (url, marker) = url.split_once(" ;").or_else(|| url.split_once("; ")).unwrap_or((url, ""));
        let marker = (!marker.trim().is_empty()).then(|| marker.trim().to_owned());
        let source = Source::of(url.trim());
        return Some(Requirement { name: Some(name), extras, pinned: is_fixed(&source), marker, source });
    }
    let specifiers = match rest.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?,
        None => rest,
    };
    let specifiers = VersionSpecifiers::from_str(specifiers).ok()?;
    let pinned = specifiers
        .iter()
        .any(|specifier| matches!(specifier.operator(), Operator::Equal | Operator::ExactEqual));
    Some(Requirement { name: Some(name), extras, pinned, marker: None, source: Source::Index })
}

/// The names between brackets, and what follows them.
fn extras(text: &str) -> Option<(Vec<String>, &str)> {
    let Some(inner) = text.strip_prefix('[') else { return Some((Vec::new(), text)) };
    let (inner, rest) = inner.split_once(']')?;
    let extras: Option<Vec<String>> =
        inner.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(normalised).collect();
    Some((extras?, rest))
}

/// A project name in small letters, with each run of `-`, `_` and `.` as one hyphen (PEP 503); `None` for what is no
/// name (PEP 508).
pub(super) fn normalised(name: &str) -> Option<String> {
    let name = name.trim();
    let ends_well =
        |character: Option<char>| character.is_some_and(|character| character.is_ascii_alphanumeric());
    let valid = name.chars().all(|character| character.is_ascii_alphanumeric() || "._-".contains(character));
    if !valid || !ends_well(name.chars().next()) || !ends_well(name.chars().last()) {
        return None;
    }
    let parts: Vec<String> =
        name.split(['-', '_', '.']).filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    Some(parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Requirement {
        requirement(text).unwrap_or_else(|| panic!("not read: {text}"))
    }

    #[test]
    fn names_are_normalised_and_pins_seen() {
        let requirement = read("Flask_Cors.x [ Async , dev ] == 3.0 ; python_version >= '3.7'");
        assert_eq!(requirement.name.as_deref(), Some("flask-cors-x"));
        assert_eq!(requirement.extras, ["async", "dev"]);
        assert!(requirement.pinned);
        assert_eq!(requirement.marker.as_deref(), Some("python_version >= '3.7'"));
        assert!(!read("flask>=2,<3").pinned);
        assert!(!read("flask==2.*").pinned);
        assert!(!read("flask").pinned);
        assert!(read("flask (==2.0)").pinned);
    }

    #[test]
    fn urls_repositories_and_paths() {
        assert!(matches!(read("a @ https://x/a-1.tar.gz ; os_name == 'nt'").source, Source::Url(_)));
        let cloned = read("git+https://github.com/o/r.git@master#egg=a_b");
        assert!(matches!(cloned.source, Source::Vcs(_)));
        assert_eq!(cloned.name.as_deref(), Some("a-b"));
        assert!(!cloned.pinned);
        assert!(read("git+https://x/y@0123456789012345678901234567890123456789#egg=z").pinned);
        for path in ["./lib", ".", "lib/x", "x-1.0-py3-none-any.whl", "file:///x", "a @ file:///x"] {
            assert!(matches!(read(path).source, Source::Path(_)), "{path}");
        }
        assert!(matches!(read("https://x/a.whl").source, Source::Url(_)));
    }

    #[test]
    fn what_is_no_requirement() {
        for text in ["two words", "flask==", "flask=2", "-x", "fla$k", "a[b", "_a"] {
            assert_eq!(requirement(text), None, "{text}");
        }
    }
}
