//! `yarn.lock` of Yarn 1, whose format is its own, and whether it belongs to the manifests.

use std::collections::BTreeMap;

use super::Workspace;
use crate::project::ecosystems::npm::spec::{Spec, spec};
use crate::project::ecosystems::{Unreadable, Verdict};
use crate::project::paths::at;

/// A lock of Yarn 1.
#[derive(Clone, Debug)]
pub(super) struct YarnLock {
    path: String,
    /// Entries by what asks for them: `name@range`.
    entries: BTreeMap<String, usize>,
    versions: Vec<Entry>,
}

#[derive(Clone, Default, Debug)]
struct Entry {
    name: String,
    version: String,
    /// What it asks for in turn.
    asks: Vec<(String, String)>,
}

impl YarnLock {
    pub(super) fn parse(path: &str, text: &str) -> Result<YarnLock, Unreadable> {
        let mut lock = YarnLock { path: path.to_owned(), entries: BTreeMap::new(), versions: Vec::new() };
        let mut in_list = false;
        for line in lines(path, text) {
            let Line { number, depth, words, opens } = line?;
            let refuse = || Unreadable::new(at(path, number), "not a line of a lock file of Yarn 1");
            match (depth, words.as_slice()) {
                (0, patterns) if opens && !patterns.is_empty() => {
                    let name = patterns[0].rsplit_once('@').filter(|(name, _)| !name.is_empty());
                    // The range may hold an `@` itself: `a@npm:@s/b@1`.
                    let name = patterns[0]
                        .get(1..)
                        .and_then(|rest| rest.find('@'))
                        .map(|end| &patterns[0][..=end])
                        .or(name.map(|(name, _)| name));
                    let entry = Entry { name: name.ok_or_else(refuse)?.to_owned(), ..Entry::default() };
                    lock.entries
                        .extend(patterns.iter().map(|pattern| (pattern.clone(), lock.versions.len())));
                    lock.versions.push(entry);
                }
                (1, [key]) if opens => {
                    in_list = ["dependencies", "optionalDependencies"].contains(&key.as_str())
                }
                (1, [key, value]) if !opens => {
                    in_list = false;
                    if key == "version" {
                        lock.versions.last_mut().ok_or_else(refuse)?.version.clone_from(value);
                    }
                }
                (2, [name, range]) if !opens => {
                    let entry = lock.versions.last_mut().ok_or_else(refuse)?;
                    if in_list {
                        entry.asks.push((name.clone(), range.clone()));
                    }
                }
                _ => return Err(refuse()),
            }
        }
        Ok(lock)
    }

    /// Names of all packages.
    pub(super) fn names(&self) -> Vec<&str> {
        self.versions.iter().map(|entry| entry.name.as_str()).collect()
    }

    /// Whether `yarn install --frozen-lockfile` takes the lock as it is (MC11).
    pub(super) fn in_sync(&self, workspace: &Workspace) -> Verdict {
        for package in workspace.packages() {
            let manifest = &package.manifest;
            if !manifest.replacements.is_empty() {
                return Verdict::Unproven(format!("`{}` replaces ranges of its dependencies", manifest.path));
            }
            for (name, (kind, range)) in manifest.edges() {
                if kind.is_peer() || workspace.is_member(name, range) || range.starts_with("link:") {
                    continue;
                }
                match self.get(name, range) {
                    None => {
                        let text = format!("`{}` locks no `{name}@{range}` ({})", self.path, manifest.path);
                        return Verdict::Fails(text);
                    }
                    Some(entry) if !entry.meets(range) => return self.misfit(name, range),
                    Some(_) => {}
                }
            }
        }
        for (name, range) in self.versions.iter().flat_map(|entry| &entry.asks) {
            if workspace.is_member(name, range) {
                continue;
            }
            match self.get(name, range) {
                None => return Verdict::Unproven(format!("`{}` locks no `{name}@{range}`", self.path)),
                Some(entry) if !entry.meets(range) => return self.misfit(name, range),
                Some(_) => {}
            }
        }
        Verdict::Holds(format!("`{}` locks every range", self.path))
    }

    fn get(&self, name: &str, range: &str) -> Option<&Entry> {
        self.versions.get(*self.entries.get(&format!("{name}@{range}"))?)
    }

    fn misfit(&self, name: &str, range: &str) -> Verdict {
        Verdict::Unproven(format!("`{}` locks a version of `{name}` that is not in `{range}`", self.path))
    }
}

impl Entry {
    fn meets(&self, range: &str) -> bool {
        match spec(range) {
            Spec::Range(_) => spec(range).is_met_by(Some(&self.version)),
            _ => !self.version.is_empty(),
        }
    }
}

/// The settings of a `.yarnrc`, which is written in the same format.
pub(super) fn settings(path: &str, text: &str) -> Result<Vec<(String, String)>, Unreadable> {
    let mut found = Vec::new();
    for line in lines(path, text) {
        let Line { words, .. } = line?;
        if let [key, value] = words.as_slice() {
            found.push((key.clone(), value.clone()));
        }
    }
    Ok(found)
}

struct Line {
    number: usize,
    /// How many steps of two blanks it is indented.
    depth: usize,
    words: Vec<String>,
    /// Whether it ends with a colon.
    opens: bool,
}

/// The lines that say something.
fn lines<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = Result<Line, Unreadable>> + 'a {
    let said = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    said.map(move |(index, line)| {
        let refuse = |why: &str| Unreadable::new(at(path, index + 1), why);
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if blanks % 2 != 0 {
            return Err(refuse("an odd number of blanks before the text"));
        }
        let line = line.trim();
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
            return Err(refuse("a conflict of a merge"));
        }
        let (words, opens) = words(line).ok_or_else(|| refuse("not a line of Yarn's format"))?;
        Ok(Line { number: index + 1, depth: blanks / 2, words, opens })
    })
}

/// The words of a line, in quotes or not, parted by blanks or commas; and whether a colon ends it.
fn words(line: &str) -> Option<(Vec<String>, bool)> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', ',']);
        if rest.is_empty() || rest == ":" {
            return Some((words, rest == ":"));
        }
        if rest.starts_with('"') {
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
            words.push(values.next()?.ok()?);
            rest = &rest[values.byte_offset()..];
        } else {
            let end = rest.find([' ', ',']).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            let colon = after.trim().is_empty() && word.ends_with(':');
            words.push(if colon { &word[..word.len() - 1] } else { word }.to_owned());
            if colon {
                return Some((words, true));
            }
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::managers::tests::verdict;

    const LOCK: &str = "# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1\":\n  version \"1.2.0\"\n  resolved \"https://x/a.tgz#1\"\n  integrity sha512-a==\n  dependencies:\n    b \"~2.0.0\"\n  optionalDependencies:\n    \"@s/c\" \"*\"\n\nb@~2.0.0:\n  version \"2.0.1\"\n\n\"@s/c@*\":\n  version \"3.0.0\"\n";

    #[test]
    fn entries_with_their_names() {
        let lock = YarnLock::parse("yarn.lock", LOCK).expect("readable");
        assert_eq!(lock.names(), ["@s/a", "b", "@s/c"]);
        assert_eq!(lock.get("@s/a", "^1.1").expect("there").version, "1.2.0");
        let alias =
            YarnLock::parse("yarn.lock", "\"x@npm:@s/y@1\":\n  version \"1.0.0\"\n").expect("readable");
        assert_eq!(alias.names(), ["x"]);
    }

    #[test]
    fn every_range_must_stand_in_it() {
        let holds = |manifest: &str| {
            matches!(verdict(&[("package.json", manifest), ("yarn.lock", LOCK)], "yarn"), Verdict::Holds(_))
        };
        assert!(holds(r#"{"dependencies": {"@s/a": "^1.1"}, "peerDependencies": {"z": "1"}}"#));
        assert!(!holds(r#"{"dependencies": {"@s/a": "^1.2"}}"#));
        assert!(!holds(r#"{"devDependencies": {"new": "1"}}"#));
        assert!(!holds(r#"{"dependencies": {"@s/a": "^1.1"}, "resolutions": {"b": "2.0.0"}}"#));
    }

    #[test]
    fn what_a_locked_package_asks_for_must_be_locked_too() {
        let lock = LOCK.replace("b@~2.0.0:", "b@~2.1.0:");
        let files = [("package.json", "{}"), ("yarn.lock", lock.as_str())];
        assert!(matches!(verdict(&files, "yarn"), Verdict::Unproven(_)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["<<<<<<< HEAD\n", "a@1:\n   version \"1\"\n", "  version \"1\"\n", "\"a@1\n", "@:\n", "x:\n"]
        {
            assert!(YarnLock::parse("yarn.lock", text).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_of_a_yarnrc() {
        let found = settings(".yarnrc", "# c\nyarn-path \".yarn/releases/y.cjs\"\n--install.x true\n")
            .expect("readable");
        assert_eq!(found[0], ("yarn-path".to_owned(), ".yarn/releases/y.cjs".to_owned()));
    }
}
