//! How paths of the context are joined, and where in a file a fact stands.

/// A path and a line as messages show them.
pub(super) fn at(path: &str, line: usize) -> String {
    format!("{path}:{line}")
}

/// `folder/path` without `.` and `..`; `None` where it leaves the context.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The folder that holds `path`; empty for the context's root.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `folder` and the folders above it up to the context's root, nearest first.
pub(super) fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| (!folder.is_empty()).then(|| parent(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_stays_in_the_context() {
        assert_eq!(join("api", "../lib/./x").as_deref(), Some("lib/x"));
        assert_eq!(join("", "./x").as_deref(), Some("x"));
        assert_eq!(join("api", "../../x"), None);
    }

    #[test]
    fn upwards_ends_at_the_root() {
        assert_eq!(upwards("a/b").collect::<Vec<_>>(), ["a/b", "a", ""]);
    }
}
