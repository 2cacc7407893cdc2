//! What a project says about the version of its language: one version, one release line, a floor, a range.
//!
//! Knows the three notations (npm's ranges, Python's specifiers, plain numbers) and nothing of images or tags.

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Operator, VersionSpecifiers};

/// A release number as precisely as it is written: `20`, `3.12`, `1.22.4`.
///
/// Fewer parts name a line: `20` is whatever the newest release of 20 is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    /// First part.
    pub major: u64,
    /// Second part, if it is written.
    pub minor: Option<u64>,
    /// Third part, if it is written.
    pub patch: Option<u64>,
}

/// Stands for "the newest of the line" in a comparison; no release number is as high.
const NEWEST: u64 = 99_999;

impl Version {
    /// One to three numbers parted by dots, with or without a leading `v`; nothing else, so no pre-release.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let mut parts = text.split('.').map(number);
        let version = Version {
            major: parts.next()??,
            minor: parts.next().map_or(Some(None), |part| part.map(Some))?,
            patch: parts.next().map_or(Some(None), |part| part.map(Some))?,
        };
        parts.next().is_none().then_some(version)
    }

    /// The parts that are written.
    pub fn parts(self) -> impl Iterator<Item = u64> {
        [Some(self.major), self.minor, self.patch].into_iter().flatten()
    }

    /// Whether every release that `other` names is one that this names too: 20.11 lies in 20.
    pub fn covers(self, other: Version) -> bool {
        self.parts().count() <= other.parts().count()
            && self.parts().eq(other.parts().take(self.parts().count()))
    }

    /// The same major alone.
    pub fn line(self) -> Version {
        Version { major: self.major, minor: None, patch: None }
    }

    /// The highest release that it names.
    fn newest(self) -> [u64; 3] {
        [self.major, self.minor.unwrap_or(NEWEST), self.patch.unwrap_or(NEWEST)]
    }

    /// The lowest release that it names.
    fn oldest(self) -> [u64; 3] {
        [self.major, self.minor.unwrap_or(0), self.patch.unwrap_or(0)]
    }
}

/// A plain decimal number as release numbers are written: no sign, no leading zero.
fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts().map(|part| part.to_string()).collect();
        f.write_str(&parts.join("."))
    }
}

/// A range in the notation of its ecosystem.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VersionRange {
    text: String,
    parsed: Notation,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Notation {
    Npm(nodejs_semver::Range),
    Python(VersionSpecifiers),
}

impl VersionRange {
    /// The range as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a full release number lies in the range.
    fn allows(&self, release: [u64; 3]) -> bool {
        let [major, minor, patch] = release;
        match &self.parsed {
            Notation::Npm(range) => range.satisfies(&nodejs_semver::Version::from((major, minor, patch))),
            Notation::Python(specifiers) => specifiers.contains(&pep440_rs::Version::new(release)),
        }
    }
}

/// What one place of the project says about a version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VersionStatement {
    /// One version, as precisely as written.
    Exact(Version),
    /// A range that lies within one release line and allows its newest release: `20.x`, `^20.3`, `~=3.12.1`.
    OneLine {
        /// The line: `20`, `3.12`.
        line: Version,
        /// The whole range; it may have a floor inside the line.
        range: VersionRange,
    },
    /// This or anything newer.
    Floor(Version),
    /// Any other range.
    Range(VersionRange),
    /// A text that names no version: an alias that moves (`lts/*`), a variable, a fault.
    Unreadable(String),
}

impl VersionStatement {
    /// A bare version as version files hold it; a leading `v` is dropped.
    pub fn exact(text: &str) -> VersionStatement {
        Version::parse(text)
            .map_or_else(|| VersionStatement::Unreadable(text.to_owned()), VersionStatement::Exact)
    }

    /// A range of npm (`engines.node`).
    pub fn npm(text: &str) -> VersionStatement {
        let text = text.trim();
        let unreadable = || VersionStatement::Unreadable(text.to_owned());
        let Ok(range) = nodejs_semver::Range::parse(text) else { return unreadable() };
        if let Some(version) = Version::parse(text.trim_start_matches('=')).filter(|v| v.patch.is_some()) {
            return VersionStatement::Exact(version);
        }
        let Some(least) = range.min_version().filter(|least| !least.is_prerelease() && !text.is_empty())
        else {
            return unreadable();
        };
        let (major, minor, patch) = (least.major(), least.minor(), least.patch());
        let Some(alternatives) = npm_alternatives(text) else { return unreadable() };
        let above = nodejs_semver::Range::from_str(&format!(">={major}.{minor}.{patch}"));
        if above.is_ok_and(|above| alternatives.iter().any(|part| part.allows_all(&above))) {
            return floor([major, minor, patch]);
        }
        // Written with plain ends: `20.x` ends before 21's pre-releases, which `<21` lets in.
        let within = |end: String| {
            let wanted = nodejs_semver::Range::from_str(&format!(">={major}.{minor}.0 <{end}"));
            wanted.is_ok_and(|wanted| alternatives.iter().all(|part| wanted.allows_all(part)))
        };
        let in_minor = within(format!("{major}.{}.0", minor + 1));
        let in_major = within(format!("{}.0.0", major + 1));
        let range = VersionRange { text: text.to_owned(), parsed: Notation::Npm(range) };
        line_or_range(range, [major, minor, patch], in_minor, in_major)
    }

    /// Specifiers of Python (`requires-python`).
    pub fn python(text: &str) -> VersionStatement {
        let text = text.trim();
        let unreadable = || VersionStatement::Unreadable(text.to_owned());
        let Ok(specifiers) = VersionSpecifiers::from_str(text) else { return unreadable() };
        if specifiers.is_empty() || specifiers.iter().any(|specifier| specifier.any_prerelease()) {
            return unreadable();
        }
        if let [only] = &*specifiers
            && let Some(version) = Version::parse(&only.version().to_string())
        {
            match only.operator() {
                Operator::Equal | Operator::ExactEqual if version.patch.is_some() => {
                    return VersionStatement::Exact(version);
                }
                Operator::GreaterThanEqual => return VersionStatement::Floor(version),
                _ => {}
            }
        }
        let Some(least) = lowest(&specifiers) else {
            let parsed = Notation::Python(specifiers);
            return VersionStatement::Range(VersionRange { text: text.to_owned(), parsed });
        };
        let (minor, major) = (bounded(&specifiers, least, 2), bounded(&specifiers, least, 1));
        let range = VersionRange { text: text.to_owned(), parsed: Notation::Python(specifiers) };
        line_or_range(range, least, minor, major)
    }

    /// Whether an image of `version` is one that the statement allows. A version with fewer than three parts stands
    /// for the newest release of its line, as an image tag does.
    pub fn allows(&self, version: Version) -> bool {
        match self {
            VersionStatement::Exact(exact) => exact.covers(version),
            VersionStatement::OneLine { range, .. } | VersionStatement::Range(range) => {
                range.allows(version.newest())
            }
            VersionStatement::Floor(floor) => version.newest() >= floor.oldest(),
            VersionStatement::Unreadable(_) => false,
        }
    }

    /// The version or line that a tag can be written from without choosing: `None` for floors and ranges.
    pub fn names(&self) -> Option<Version> {
        match self {
            VersionStatement::Exact(version) => Some(*version),
            VersionStatement::OneLine { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl fmt::Display for VersionStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionStatement::Exact(version) => write!(f, "{version}"),
            VersionStatement::Floor(version) => write!(f, ">={version}"),
            VersionStatement::OneLine { range, .. } | VersionStatement::Range(range) => {
                f.write_str(range.text())
            }
            VersionStatement::Unreadable(text) => f.write_str(text),
        }
    }
}

/// The parts of a range between `||`, each by itself: the package's `allows_all` answers for any pair of them.
fn npm_alternatives(text: &str) -> Option<Vec<nodejs_semver::Range>> {
    text.split("||").map(|part| nodejs_semver::Range::parse(part.trim()).ok()).collect()
}

/// A floor, without the zeros that a range's notation fills in.
fn floor([major, minor, patch]: [u64; 3]) -> VersionStatement {
    let minor = (minor != 0 || patch != 0).then_some(minor);
    VersionStatement::Floor(Version { major, minor, patch: (patch != 0).then_some(patch) })
}

/// The narrowest line that holds the whole range, provided its newest release is allowed: else a tag that names the
/// line would soon be outside the range.
fn line_or_range(range: VersionRange, least: [u64; 3], minor: bool, major: bool) -> VersionStatement {
    let line = Version { major: least[0], minor: minor.then_some(least[1]), patch: None };
    if (minor || major) && range.allows(line.newest()) {
        VersionStatement::OneLine { line, range }
    } else {
        VersionStatement::Range(range)
    }
}

/// The lowest release that specifiers name as a bound.
fn lowest(specifiers: &VersionSpecifiers) -> Option<[u64; 3]> {
    specifiers
        .iter()
        .filter(|specifier| {
            matches!(
                specifier.operator(),
                Operator::Equal | Operator::EqualStar | Operator::TildeEqual | Operator::GreaterThanEqual
            )
        })
        .map(|specifier| release(specifier.version()))
        .max()
}

/// Whether some specifier ends the range before the line after the first `parts` numbers of `least`.
fn bounded(specifiers: &VersionSpecifiers, least: [u64; 3], parts: usize) -> bool {
    let mut next = [0; 3];
    next[..parts].copy_from_slice(&least[..parts]);
    next[parts - 1] += 1;
    let next = pep440_rs::Version::new(next);
    specifiers.iter().any(|specifier| match specifier.operator() {
        Operator::LessThan => *specifier.version() <= next,
        Operator::LessThanEqual => *specifier.version() < next,
        Operator::Equal => true,
        Operator::EqualStar => specifier.version().release().len() >= parts,
        Operator::TildeEqual => specifier.version().release().len() > parts,
        _ => false,
    })
}

fn release(version: &pep440_rs::Version) -> [u64; 3] {
    let part = |at: usize| version.release().get(at).copied().unwrap_or(0);
    [part(0), part(1), part(2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    fn line(statement: VersionStatement) -> String {
        match statement {
            VersionStatement::OneLine { line, .. } => line.to_string(),
            other => panic!("not one line: {other:?}"),
        }
    }

    #[test]
    fn versions_are_one_to_three_plain_numbers() {
        assert_eq!(version("v20.11.1").to_string(), "20.11.1");
        assert_eq!(version("3.12").patch, None);
        for bad in ["", "v", "20.", "20.x", "1.2.3.4", "20-rc.1", "+1", "08"] {
            assert_eq!(Version::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn npm_range_of_one_major() {
        for text in ["20.x", "20", "^20.3.0", ">=20 <21", "20.x || ^20.5", "20.*"] {
            assert_eq!(line(VersionStatement::npm(text)), "20", "{text}");
        }
        assert_eq!(line(VersionStatement::npm("~20.9")), "20.9");
    }

    #[test]
    fn npm_range_with_a_cap_inside_the_major_is_no_line() {
        let statement = VersionStatement::npm(">=20.1 <20.12");
        assert!(matches!(statement, VersionStatement::Range(_)), "{statement:?}");
        assert!(!statement.allows(version("20")), "the newest 20 is not below 20.12");
        assert!(statement.allows(version("20.11")));
    }

    #[test]
    fn npm_floor_exact_and_alternatives() {
        assert_eq!(VersionStatement::npm(">=16"), VersionStatement::Floor(version("16")));
        assert_eq!(VersionStatement::npm(">=16.4.0"), VersionStatement::Floor(version("16.4")));
        let range = VersionStatement::npm("^18 || >=20");
        assert!(matches!(range, VersionStatement::Range(_)), "{range:?}");
        assert!(!range.allows(version("19")) && range.allows(version("24")));
        assert_eq!(VersionStatement::npm("20.11.1"), VersionStatement::Exact(version("20.11.1")));
        assert!(matches!(VersionStatement::npm("18 || 20"), VersionStatement::Range(_)));
        assert!(matches!(VersionStatement::npm("latest"), VersionStatement::Unreadable(_)));
    }

    #[test]
    fn python_specifiers() {
        assert_eq!(VersionStatement::python(">=3.9"), VersionStatement::Floor(version("3.9")));
        assert_eq!(line(VersionStatement::python("==3.12.*")), "3.12");
        assert_eq!(line(VersionStatement::python("~=3.12.1")), "3.12");
        assert_eq!(line(VersionStatement::python(">=3.12,<3.13")), "3.12");
        assert_eq!(line(VersionStatement::python(">=3.9,<4")), "3");
        assert_eq!(VersionStatement::python("==3.12.4"), VersionStatement::Exact(version("3.12.4")));
        let range = VersionStatement::python(">=3.8,<3.12");
        assert!(matches!(range, VersionStatement::Range(_)));
        assert!(range.allows(version("3.11")) && !range.allows(version("3.12")));
        assert!(!VersionStatement::python(">=3.9,!=3.10.*").allows(version("3.10")));
    }

    #[test]
    fn a_line_is_not_an_exact_release() {
        let exact = VersionStatement::Exact(version("20.11.1"));
        assert!(!exact.allows(version("20")) && exact.allows(version("20.11.1")));
        assert!(VersionStatement::Exact(version("20")).allows(version("20.11")));
    }
}
