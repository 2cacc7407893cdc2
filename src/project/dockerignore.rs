//! `.dockerignore`: how it is read, and which paths it keeps from the builder.
//!
//! Patterns are matched as BuildKit's own library does while it walks the context: from the root down, with the
//! result of every pattern for the parent folder at hand. Asking about a whole path at once gives other answers as
//! soon as a `!` occurs. Knows paths only, no files.

mod lines;
mod overlap;
mod pattern;

use std::fmt;
use std::sync::Arc;

pub use self::lines::{Line, LineKind, lines};
pub use self::pattern::Pattern;
pub(in crate::project) use self::pattern::Step;
use super::glob::clean;

/// The patterns of an ignore file, in order.
#[derive(Clone, Default, Debug)]
pub struct IgnoreFile {
    path: Option<String>,
    text: Option<Arc<str>>,
    patterns: Vec<Pattern>,
    error: Option<IgnoreError>,
}

/// A line that fails every build which uses the file, or leaves open what is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IgnoreError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: IgnoreErrorKind,
}

/// What is wrong with a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IgnoreErrorKind {
    /// A `!` with nothing behind it.
    LoneExclamation,
    /// A malformed glob, cleaned. BuildKit refuses it, or takes it for something that nobody means.
    BadPattern(String),
    /// A line of 64 KiB or more.
    LineTooLong,
    /// A pattern that BuildKit turns into a regular expression with another meaning than the one written, so that
    /// we do not claim to know what it keeps back: `\d`, `|` beside a wildcard, a `*` inside brackets.
    NotUnderstood(String),
    /// The file is empty, beside a general one: builders disagree whether it hides that one.
    EmptyBesideGeneral,
}

impl fmt::Display for IgnoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IgnoreErrorKind::LoneExclamation => f.write_str("illegal exclusion pattern: `!`"),
            IgnoreErrorKind::BadPattern(pattern) => write!(f, "syntax error in pattern `{pattern}`"),
            IgnoreErrorKind::LineTooLong => f.write_str("the line is too long"),
            IgnoreErrorKind::NotUnderstood(pattern) => {
                write!(f, "the pattern `{pattern}` has no dependable meaning")
            }
            IgnoreErrorKind::EmptyBesideGeneral => f.write_str(
                "it is empty, and builders disagree whether the general `.dockerignore` then counts",
            ),
        }
    }
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

/// What each pattern says about a folder, handed down to what lies in it. The default is for the context's root.
#[derive(Clone, Default, Debug)]
pub struct FolderVerdict {
    matched: Vec<bool>,
    /// The pattern, by index, for which the builder does not enter the folder.
    closed_by: Option<usize>,
}

/// What the patterns say about one path.
#[derive(Clone, Debug)]
pub struct Verdict<'a> {
    /// The pattern that excludes the path; `None` where it is sent.
    pub excluded_by: Option<&'a Pattern>,
    /// To be handed down if the path is a folder.
    pub folder: FolderVerdict,
}

/// The longest line, in bytes, that Go's line scanner takes.
const LONGEST_LINE: usize = 64 * 1024;

impl IgnoreFile {
    /// Reads the text of an ignore file.
    pub fn parse(text: &str) -> IgnoreFile {
        let mut file = IgnoreFile { text: Some(text.into()), ..IgnoreFile::default() };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.split('\n').enumerate() {
            let line_number = at + 1;
            let result = if line.len() >= LONGEST_LINE {
                Err(IgnoreErrorKind::LineTooLong)
            } else {
                read_line(line, line_number)
            };
            match result {
                Ok(None) => {}
                Ok(Some(pattern)) => file.patterns.push(pattern),
                Err(kind) => {
                    file.error.get_or_insert(IgnoreError { line: line_number, kind });
                }
            }
        }
        file
    }

    /// A Dockerfile's own ignore file that is empty, where the folder has one with patterns.
    pub fn empty_beside_general() -> IgnoreFile {
        let error = IgnoreError { line: 1, kind: IgnoreErrorKind::EmptyBesideGeneral };
        IgnoreFile { error: Some(error), ..IgnoreFile::default() }
    }

    /// The same file, known by its path relative to the context's root.
    pub fn at(self, path: &str) -> IgnoreFile {
        IgnoreFile { path: Some(path.to_owned()), ..self }
    }

    /// The same file, whose text is not what stands on the disk, or is not ours to change.
    pub fn without_text(self) -> IgnoreFile {
        IgnoreFile { text: None, ..self }
    }

    /// The text that it was read from, where it may be edited.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref().filter(|_| self.path.is_some())
    }

    /// Where the file stands; `None` where there is none, and everything is sent.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The first line that fails the build, if any; then nothing at all counts as sent.
    pub fn error(&self) -> Option<&IgnoreError> {
        self.error.as_ref()
    }

    /// The patterns that can be read.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// What is said about `path`, which lies in a folder about which `parent` is said.
    pub fn verdict(&self, path: &str, parent: &FolderVerdict) -> Verdict<'_> {
        if let Some(at) = parent.closed_by {
            return Verdict { excluded_by: self.patterns.get(at), folder: parent.clone() };
        }
        let mut excluded_by = None;
        let mut matched = vec![false; self.patterns.len()];
        for (at, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.matched.get(at).copied().unwrap_or(false);
            // A pattern that could not change the answer is not asked, and does not count as matched for what lies
            // below: this is where the walk differs from a look at the whole path.
            matched[at] =
                inherited || (pattern.is_negated() == excluded_by.is_some() && pattern.matches(path));
            if matched[at] {
                excluded_by = if pattern.is_negated() { None } else { Some(at) };
            }
        }
        let closed_by = excluded_by.filter(|_| !self.may_reinclude_below(path));
        let excluded_by = excluded_by.and_then(|at| self.patterns.get(at));
        Verdict { excluded_by, folder: FolderVerdict { matched, closed_by } }
    }

    /// The pattern that keeps `path` from the builder, whether or not anything stands there; `None` if it would be
    /// sent. The path is relative to the context root.
    pub fn excluded_by(&self, path: &str) -> Option<&Pattern> {
        let mut parent = FolderVerdict::default();
        for (end, _) in path.match_indices('/') {
            parent = self.verdict(&path[..end], &parent).folder;
        }
        self.verdict(path, &parent).excluded_by
    }

    /// Whether BuildKit enters the excluded folder at `path`, because a `!` pattern could match below it. It goes by
    /// the letters of the pattern, and so misses what `!a/*/**` would take back in below `a/b`.
    pub fn may_reinclude_below(&self, path: &str) -> bool {
        self.patterns.iter().filter(|pattern| pattern.is_negated()).any(|pattern| {
            pattern.literal_prefix().is_none_or(|prefix| {
                prefix.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        })
    }
}

/// A line goes through two hands in BuildKit, and both trim and clean it: the reader of the file and the maker of the
/// patterns. So `./ x` is `x`, and `/!x` takes back in.
fn read_line(line: &str, number: usize) -> Result<Option<Pattern>, IgnoreErrorKind> {
    // Only a line that begins with `#` is a comment; blanks before it make it a pattern.
    if line.starts_with('#') {
        return Ok(None);
    }
    let line = match line.trim() {
        "" => return Ok(None),
        line => match line.strip_prefix('!') {
            Some(path) => format!("!{}", cleaned(path.trim())),
            None => cleaned(line),
        },
    };
    let line = clean(line.trim());
    match line.strip_prefix('!') {
        Some("") => Err(IgnoreErrorKind::LoneExclamation),
        Some(path) => Pattern::new(path, true, number).map(Some),
        None => Pattern::new(&line, false, number).map(Some),
    }
}

/// The clean path without one slash in front; nothing stays nothing.
fn cleaned(path: &str) -> String {
    if path.is_empty() {
        return String::new();
    }
    let path = clean(path);
    match path.strip_prefix('/') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn excluded(ignore: &str, path: &str) -> bool {
        let file = IgnoreFile::parse(ignore);
        assert_eq!(file.error(), None, "{ignore}");
        file.excluded_by(path).is_some()
    }

    fn read(text: &str) -> Vec<String> {
        let mark = |pattern: &Pattern| if pattern.is_negated() { "!" } else { "" };
        let file = IgnoreFile::parse(text);
        file.patterns().iter().map(|pattern| format!("{}{}", mark(pattern), pattern.text())).collect()
    }

    fn error(text: &str) -> Option<(usize, String)> {
        IgnoreFile::parse(text).error().map(|error| (error.line, error.kind.to_string()))
    }

    #[test]
    fn lines_are_trimmed_and_cleaned() {
        assert_eq!(
            read("test1\n/test2\n/a/file/here\n\nlastfile\n# a comment\n! /inverted/abs/path\n"),
            ["test1", "test2", "a/file/here", "lastfile", "!inverted/abs/path"]
        );
        assert_eq!(read("./src\nfoo/\na//b\na/../b\n  x \t\n"), ["src", "foo", "a/b", "b", "x"]);
        assert_eq!(read("\u{feff}a\r\nb\r\n"), ["a", "b"]);
        assert_eq!(read("\u{feff}# comment\n# another"), Vec::<String>::new());
        assert_eq!(read("!!x"), ["!!x"]);
        assert_eq!(read("./ x\n/!y\n"), ["x", "!y"]);
    }

    #[test]
    fn only_the_first_byte_makes_a_comment() {
        assert_eq!(read("#x\n  # x\na#b\n"), ["# x", "a#b"]);
    }

    #[test]
    fn illegal_lines_fail_the_build() {
        let lone = || "illegal exclusion pattern: `!`".to_owned();
        assert_eq!(error("a\n!\n"), Some((2, lone())));
        assert_eq!(error("!  "), Some((1, lone())));
        assert_eq!(error("!/"), Some((1, lone())));
        assert_eq!(error("a/../!/"), Some((1, lone())));
        assert_eq!(error("a\n[\n["), Some((2, "syntax error in pattern `[`".to_owned())));
        assert_eq!(error("[Local-Only]/"), Some((1, "syntax error in pattern `[Local-Only]`".to_owned())));
        assert!(error(&"a".repeat(70_000)).is_some());
        assert_eq!(error("/\n.\n!.\n"), None);
    }

    #[test]
    fn accidental_regular_expressions_are_not_claimed_to_be_understood() {
        for odd in ["*\\d", "*.a|b", "a[*]", "*{2}", "^*", "a[[:alpha:]]"] {
            let file = IgnoreFile::parse(odd);
            let kind = file.error().map(|error| error.kind.clone());
            assert_eq!(kind, Some(IgnoreErrorKind::NotUnderstood(odd.to_owned())));
        }
        assert!(excluded("a.|)$(}+{bc", "a.|)$(}+{bc"));
        assert!(excluded("*.{js,ts}", "x.{js,ts}") && !excluded("*.{js,ts}", "x.js"));
    }

    #[test]
    fn truth_table() {
        let rows = [
            ("node_modules", "node_modules/a", true),
            ("node_modules", "pkg/node_modules/a", false),
            ("*.log", "a.log", true),
            ("*.log", "x/a.log", false),
            ("**/*.log", "a.log", true),
            ("**/*.log", "x/y/a.log", true),
            ("foo/", "foo", true),
            ("foo/", "foo/bar", true),
            ("foo/**", "foo", false),
            ("foo/**", "foo/x", true),
            ("*\n!src", "src/a.c", false),
            ("*\n!src", "README.md", true),
            ("dist\n!dist/app.js", "dist/app.js", false),
            ("dist\n!dist/app.js", "dist/other.js", true),
            ("!README.md\n*.md", "README.md", true),
            (".env*", ".env", true),
            (".env*", ".env.local", true),
            (".env*", "a/.env", false),
            (".git", ".git/HEAD", true),
            (".git", ".gitignore", false),
            (".git", ".github/x", false),
            ("Dockerfile*", "Dockerfile.dev", true),
            ("Dockerfile*", "Dockerfile.dockerignore", true),
            ("**/bin", "bin/x", true),
            ("**/bin", "cmd/bin/x", true),
            ("**/bin", "sbin", false),
            ("a**", "abc", true),
            ("../x", "x", false),
            ("Foo", "foo", false),
        ];
        for (ignore, path, expected) in rows {
            assert_eq!(excluded(ignore, path), expected, "{ignore:?} on {path}");
        }
    }

    /// The cases of BuildKit's pattern library, as facts: whether the path or a folder on its way is matched.
    #[test]
    fn agrees_with_buildkit() {
        let yes = [
            ("**", "file"),
            ("**/", "file"),
            ("**", "dir/file"),
            ("**/", "dir/file"),
            ("**/**", "dir/file"),
            ("dir/**", "dir/file"),
            ("dir/**", "dir/dir2/file"),
            ("**/dir", "dir"),
            ("**/dir", "dir/file"),
            ("**/dir2/*", "dir/dir2/file"),
            ("**/dir2/*", "dir/dir2/file/below"),
            ("**/dir2/**", "dir/dir2/dir3/file"),
            ("**file", "file"),
            ("**file", "dir/file"),
            ("**/file", "dir/file"),
            ("**file", "dir/dir/file"),
            ("**/file", "dir/dir/file"),
            ("**/file*", "dir/dir/file"),
            ("**/file*", "dir/dir/file.txt"),
            ("**/file*txt", "dir/dir/file.txt"),
            ("**/file*.txt", "dir/dir/file.txt"),
            ("**/file*.txt*", "dir/dir/file.txt"),
            ("**/**/*.txt", "dir/dir/file.txt"),
            ("**/*.txt", "file.txt"),
            ("**/**/*.txt", "file.txt"),
            ("a**/*.txt", "a/file.txt"),
            ("a**/*.txt", "a/dir/file.txt"),
            ("a**/*.txt", "a/dir/dir/file.txt"),
            ("a/*.txt", "a/file.txt"),
            ("a/*.txt**", "a/file.txt"),
            ("a[b-d]e", "ace"),
            ("a[^b-d]e", "aze"),
            (".*", ".foo"),
            ("abc.def", "abc.def"),
            ("abc?def", "abcZdef"),
            ("**/foo/bar", "foo/bar"),
            ("**/foo/bar", "dir/foo/bar"),
            ("**/foo/bar", "dir/dir2/foo/bar"),
            ("abc/**", "abc/def"),
            ("abc/**", "abc/def/ghi"),
            ("**/.foo", ".foo"),
            ("a(b)c/def", "a(b)c/def"),
            (
                "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3.whl",
                "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3.whl",
            ),
            ("dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3.whl"),
            ("a\\\\", "a\\"),
            ("a\\*b", "a*b"),
            ("*.go", "fileutils.go"),
            ("!fileutils.go\n*.go", "fileutils.go"),
            ("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo"),
            ("*x", "xxx"),
            ("[a-ζ]*", "α"),
            ("a?b", "a☺b"),
            ("[x\\-]", "-"),
        ];
        let no = [
            ("**/**/*.txt2", "dir/dir/file.txt"),
            ("a/*.txt", "a/dir/file.txt"),
            ("a[b-d]e", "ae"),
            ("a[b-d]e", "aae"),
            (".*", "foo"),
            ("abc.def", "abcdef"),
            ("abc.def", "abcZdef"),
            ("abc?def", "abcdef"),
            ("abc/**", "abc"),
            ("**/.foo", "bar.foo"),
            ("a(b)c/def", "a(b)c/xyz"),
            ("docs\n!docs/README.md", "docs/README.md"),
            ("docs/\n!docs/README.md", "docs/README.md"),
            ("docs/*\n!docs/README.md", "docs/README.md"),
            ("*.go\n!fileutils.go", "fileutils.go"),
            ("**\n!util/docker/web", "util/docker/web/foo"),
            ("**\n!dist/*.whl", "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3.whl"),
            ("a*/b", "a/c/b"),
            ("a???b", "a☺b"),
            ("*[a-ζ]", "A"),
            ("a*b", "a/b"),
            ("a\\*b", "ab"),
        ];
        for (ignore, path) in yes {
            assert!(excluded(ignore, path), "{ignore:?} on {path}");
        }
        for (ignore, path) in no {
            assert!(!excluded(ignore, path), "{ignore:?} on {path}");
        }
    }

    #[test]
    fn folder_that_is_not_entered_gives_nothing_back() {
        assert!(excluded("?\n!b/*/**\nb/*\n", "b/c/d"));
        assert!(!excluded("b/*\n!b/*/x\n", "b/c/x"));
    }

    #[test]
    fn many_double_stars_take_no_exponential_time() {
        let ignore = format!("{}x", "**/*a".repeat(30));
        assert!(!excluded(&ignore, &"a/".repeat(60)));
    }

    #[test]
    fn folder_is_entered_only_where_something_may_come_back() {
        let may = |ignore: &str, path: &str| IgnoreFile::parse(ignore).may_reinclude_below(path);
        assert!(!may("a\nb", "a"));
        assert!(!may("a\n!b/c", "a"));
        assert!(may("a\n!a/c", "a"));
        assert!(may("a\n!a/c/d", "a/c"));
        assert!(may("a\n!a/*", "a"));
        assert!(may("a\n!a/**", "a"));
        assert!(may("a\n!**/x", "a"));
        assert!(!may("a\n!ab/c", "a"));
    }
}
