//! `bun.lock`, and whether it belongs to the manifests.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Workspace, compared, joined};
use crate::project::ecosystems::npm::Package;
use crate::project::ecosystems::npm::manifest::EdgeKind;
use crate::project::ecosystems::{Unreadable, Verdict};

/// A lock of Bun, in its text form.
#[derive(Debug)]
pub(super) struct BunLock {
    path: String,
    file: File,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    lockfile_version: u64,
    workspaces: BTreeMap<String, Member>,
    /// By the place where each is found, whose last part is the name that it is found under.
    #[serde(default)]
    packages: BTreeMap<String, Value>,
    overrides: Option<IgnoredAny>,
    catalog: Option<IgnoredAny>,
    catalogs: Option<IgnoredAny>,
    patched_dependencies: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Member {
    name: Option<String>,
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
}

impl BunLock {
    /// JSON with commas behind the last of a list, which YAML allows where JSON does not.
    pub(super) fn parse(path: &str, text: &str) -> Result<BunLock, Unreadable> {
        let file: File = serde_saphyr::from_str(text)
            .map_err(|error| Unreadable::new(path, format!("not a lock file of Bun: {error}")))?;
        Ok(BunLock { path: path.to_owned(), file })
    }

    /// The version of its format.
    pub(super) fn version(&self) -> u64 {
        self.file.lockfile_version
    }

    /// Folders of the packages that it is for.
    pub(super) fn members(&self) -> Vec<&str> {
        self.file.workspaces.keys().map(String::as_str).collect()
    }

    /// Names of all packages.
    pub(super) fn names(&self) -> Vec<&str> {
        self.file.packages.keys().map(|place| last_name(place)).collect()
    }

    /// Whether `bun install --frozen-lockfile` takes the lock as it is (MC11).
    pub(super) fn in_sync(&self, workspace: &Workspace) -> Verdict {
        let File { overrides, catalog, catalogs, patched_dependencies, .. } = &self.file;
        let changed = [overrides, catalog, catalogs, patched_dependencies].into_iter().any(Option::is_some)
            || workspace.packages().any(|package| !package.manifest.replacements.is_empty());
        if changed {
            return Verdict::Unproven("versions are replaced, patched or taken from a catalog".to_owned());
        }
        if let Some((place, name)) = self.gap() {
            return Verdict::Unproven(format!("`{}` locks no `{name}`, which `{place}` wants", self.path));
        }
        let members = &self.file.workspaces;
        let renamed = |package: &&Package| {
            let member = members.get(workspace.below_root(package));
            member.is_some_and(|member| member.name != package.manifest.name)
        };
        if let Some(package) = workspace.members.iter().find(renamed) {
            let text = format!("`{}` has another name in `{}`", package.manifest.path, self.path);
            return Verdict::Fails(text);
        }
        compared(workspace, &self.path, |folder| {
            let member = members.get(folder)?;
            let lists = [
                (EdgeKind::Prod, &member.dependencies),
                (EdgeKind::Optional, &member.optional_dependencies),
                (EdgeKind::Dev, &member.dev_dependencies),
            ];
            Some(joined(lists, String::as_str))
        })
    }
}

impl BunLock {
    /// A package and one of its dependencies that the lock does not hold: then Bun passes over the whole lock.
    fn gap(&self) -> Option<(&str, &str)> {
        let packages = &self.file.packages;
        let found = |place: &str, name: &str| {
            let mut folder = Some(place);
            while let Some(current) = folder {
                if packages.contains_key(&format!("{current}/{name}")) {
                    return true;
                }
                folder = current.strip_suffix(last_name(current)).and_then(|above| above.strip_suffix('/'));
            }
            packages.contains_key(name)
        };
        packages.iter().find_map(|(place, package)| {
            let wanted = package.as_array()?.iter().find_map(|part| part.get("dependencies")?.as_object())?;
            let name = wanted.keys().find(|name| !found(place, name))?;
            Some((place.as_str(), name.as_str()))
        })
    }
}

/// The last name of a place: `a/@s/b` is `@s/b` below `a`.
fn last_name(place: &str) -> &str {
    let mut parts = place.rmatch_indices('/').map(|(at, _)| at);
    let last = parts.next().map_or(0, |at| at + 1);
    let before = parts.next().map_or(0, |at| at + 1);
    if place[before..].starts_with('@') { &place[before..] } else { &place[last..] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::managers::tests::verdict;

    const LOCK: &str = r#"{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "r",
      "dependencies": {
        "@s/a": "^1",
      },
    },
    "p/m": {
      "name": "m",
      "devDependencies": {
        "b": "*",
      },
    },
  },
  "packages": {
    "@s/a": ["@s/a@1.2.0", "", {}, "sha512-x=="],

    "b": ["b@2.0.0", "", { "dependencies": { "@s/a": "2" } }, "sha512-x=="],

    "b/@s/a": ["@s/a@2.0.0", "", {}, "sha512-x=="],
  }
}
"#;
    const ROOT: &str =
        r#"{"workspaces": ["p/*"], "dependencies": {"@s/a": "^1"}, "peerDependencies": {"z": "1"}}"#;

    fn of(root: &str, lock: &str) -> Verdict {
        let member = r#"{"name": "m", "devDependencies": {"b": "*"}}"#;
        verdict(&[("package.json", root), ("p/m/package.json", member), ("bun.lock", lock)], "bun")
    }

    #[test]
    fn every_member_as_the_lock_has_it() {
        assert!(matches!(of(ROOT, LOCK), Verdict::Holds(_)), "{:?}", of(ROOT, LOCK));
        assert!(matches!(of(&ROOT.replace("^1", "^2"), LOCK), Verdict::Fails(_)));
        assert!(matches!(of(ROOT, &LOCK.replace("\"m\"", "\"n\"")), Verdict::Fails(_)));
        assert!(matches!(of(&ROOT.replace("p/*", "q/*"), LOCK), Verdict::Unproven(_)));
        assert!(matches!(of(ROOT, &LOCK.replace("p/m", "p/n")), Verdict::Unproven(_)));
        let lock = LOCK.replace("{ \"@s/a\": \"2\" }", "{ \"c\": \"1\" }");
        assert!(matches!(of(ROOT, &lock), Verdict::Unproven(_)));
        let lock = LOCK.replace("\"packages\"", "\"overrides\": {\"b\": \"1\"}, \"packages\"");
        assert!(matches!(of(ROOT, &lock), Verdict::Unproven(_)));
    }

    #[test]
    fn names_are_those_that_packages_are_found_under() {
        assert_eq!(BunLock::parse("bun.lock", LOCK).expect("readable").names(), ["@s/a", "b", "@s/a"]);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "{", "{\"lockfileVersion\": 1}"] {
            assert!(BunLock::parse("bun.lock", text).is_err(), "{text}");
        }
    }
}
