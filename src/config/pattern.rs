//! Patterns of paths in `dockfix.toml`, as git's ignore files have them, without `!`.

use super::ConfigError;
use super::reader::{self, Value};
use crate::project::glob::Glob;

/// A pattern of paths relative to the folder of the `dockfix.toml`.
///
/// `*`, `?` and `[a-c]` stay within one part of a path, `**` stands for any number of parts. Without a slash the
/// pattern fits a name at any depth. A pattern that fits a folder covers all that lies in it.
#[derive(Clone, Debug)]
pub(super) struct PathPattern {
    parts: Vec<Part>,
    folders_only: bool,
}

#[derive(Clone, Debug)]
enum Part {
    /// `**`
    AnyNumber,
    One(Glob),
}

impl PathPattern {
    pub(super) fn read(value: Value<'_>) -> Result<PathPattern, ConfigError> {
        let text = reader::text(value)?;
        PathPattern::parse(&text).map_err(|message| value.error(format!("`{text}` {message}")))
    }

    fn parse(pattern: &str) -> Result<PathPattern, &'static str> {
        if pattern.starts_with('!') {
            return Err("cannot take back what another pattern covers; name what is meant");
        }
        let (body, folders_only) = match pattern.strip_suffix('/') {
            Some(body) => (body, true),
            None => (pattern, false),
        };
        let anywhere = !body.contains('/');
        let body = body.strip_prefix("./").or(body.strip_prefix('/')).unwrap_or(body);
        let mut parts = if anywhere { vec![Part::AnyNumber] } else { Vec::new() };
        for part in body.split('/') {
            parts.push(match part {
                "" | "." | ".." => return Err("has an empty part, `.` or `..` and fits no path"),
                "**" => Part::AnyNumber,
                part => Part::One(Glob::parse(part).map_err(|_| "is no pattern: a bracket or `\\` is open")?),
            });
        }
        Ok(PathPattern { parts, folders_only })
    }

    /// Whether the pattern fits the file at `path`, or a folder in which it lies.
    pub(super) fn covers(&self, path: &str) -> bool {
        let names: Vec<&str> = path.split('/').collect();
        let longest = if self.folders_only { names.len() - 1 } else { names.len() };
        // `reached[n]`: the parts so far fit the first `n` names. So the time is parts times names, whatever the stars.
        let mut reached = vec![false; names.len() + 1];
        reached[0] = true;
        for (at, part) in self.parts.iter().enumerate() {
            let mut next = vec![false; names.len() + 1];
            match part {
                Part::One(glob) => {
                    for (n, name) in names.iter().enumerate() {
                        next[n + 1] = reached[n] && glob.matches(name);
                    }
                }
                Part::AnyNumber => {
                    // A last `**` fits what lies in a folder, not the folder itself.
                    let least = usize::from(at + 1 == self.parts.len());
                    let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
                    next.iter_mut().skip(first + least).for_each(|next| *next = true);
                }
            }
            reached = next;
        }
        reached[1..=longest].contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, covered: &[&str], others: &[&str]) {
        let pattern = PathPattern::parse(pattern).expect("a good pattern");
        for path in covered {
            assert!(pattern.covers(path), "{path}");
        }
        for path in others {
            assert!(!pattern.covers(path), "{path}");
        }
    }

    #[test]
    fn name_without_slash_fits_at_any_depth() {
        check("Dockerfile.*", &["Dockerfile.dev", "a/b/Dockerfile.dev"], &["Dockerfile", "xDockerfile.dev"]);
        check("vendor", &["vendor/a/Dockerfile", "x/vendor/Dockerfile", "vendor"], &["vendors/Dockerfile"]);
    }

    #[test]
    fn slash_ties_to_the_top() {
        check("api/Dockerfile", &["api/Dockerfile"], &["x/api/Dockerfile", "api/Dockerfile.dev"]);
        check("/Dockerfile", &["Dockerfile"], &["x/Dockerfile"]);
        check("./api", &["api/Dockerfile"], &["x/api/Dockerfile"]);
    }

    #[test]
    fn double_star_spans_folders() {
        check("**/Dockerfile", &["Dockerfile", "a/b/Dockerfile"], &["Dockerfile.dev"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b/Dockerfile"], &["x/a/b"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "b/a/c"]);
    }

    #[test]
    fn final_slash_means_folders() {
        check("old/", &["old/Dockerfile", "x/old/y/Dockerfile"], &["old", "x/old"]);
    }

    #[test]
    fn what_fits_nothing_is_refused() {
        for pattern in ["!a", "a//b", "../a", "/", "[a", "a\\"] {
            assert!(PathPattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn many_double_stars_take_no_exponential_time() {
        let pattern = PathPattern::parse(&("**/a/".repeat(30) + "b")).expect("a good pattern");
        assert!(!pattern.covers(&("a/".repeat(60) + "c")));
    }
}
