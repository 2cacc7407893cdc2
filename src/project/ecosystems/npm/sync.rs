//! Whether a lock belongs to its manifest: then `npm ci` installs what `npm install` would.

use serde_json::Value;

use super::lock::{Entry, Lock, TreeEntry};
use super::manifest::{EdgeKind, Manifest};
use super::spec::{Spec, spec};
use crate::project::ecosystems::Verdict;

/// How an install treats the packages that others want beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peers {
    /// npm 7 and later install them and refuse what does not fit.
    Checked,
    /// `--legacy-peer-deps`: they are left alone.
    Legacy,
}

/// Whether `npm ci` of this major release takes the lock for this manifest (MC11).
pub(super) fn in_sync(manifest: &Manifest, lock: &Lock, npm: u64, peers: Peers) -> Verdict {
    if !lock.readable_by(npm) {
        return Verdict::Fails(format!("npm {npm} cannot read version {} of `{}`", lock.version, lock.path));
    }
    if npm < 7 {
        return old_tree(manifest, lock);
    }
    if lock.version == 1 {
        // npm 7 and later look up the peers that version 1 leaves out, and `npm ci` refuses a lock that lacks them.
        return Verdict::Unproven(format!(
            "`{}` is of version 1, which lists no peers for npm {npm}",
            lock.path
        ));
    }
    if manifest.has_overrides {
        return Verdict::Unproven(format!("`{}` overrides ranges of its dependencies", manifest.path));
    }
    match copied(manifest, "", lock).or_else(|| inner(lock, peers)) {
        Some(verdict) => verdict,
        None => Verdict::Holds(format!("`{}` holds every range of `{}`", lock.path, manifest.path)),
    }
}

/// How the lock's copy of a member of the workspace differs from its manifest; `None` where it does not.
pub(super) fn member(manifest: &Manifest, place: &str, lock: &Lock) -> Option<Verdict> {
    if lock.packages.contains_key(place) {
        // Under its name stands a link to it; `npm ci` refuses a lock with another one.
        let name = manifest.name.as_deref().unwrap_or_else(|| place.rsplit('/').next().unwrap_or_default());
        let linked = lock.packages.get(&format!("node_modules/{name}")).is_some_and(|entry| {
            entry.link && entry.resolved.as_ref().and_then(Value::as_str) == Some(place)
        });
        if !linked {
            let text = format!("`{}` has no link to `{}` under its name", lock.path, manifest.path);
            return Some(Verdict::Fails(text));
        }
        return copied(manifest, place, lock);
    }
    Some(Verdict::Fails(format!("`{}` is not in `{}`", manifest.path, lock.path)))
}

/// What differs between a manifest and the lock's copy of it.
pub(super) fn copied(manifest: &Manifest, place: &str, lock: &Lock) -> Option<Verdict> {
    let copy = lock.packages.get(place)?;
    let (wanted, locked) = (manifest.edges(), copy.edges());
    for (name, (kind, range)) in &wanted {
        let met = resolve(lock, place, name).map(|entry| spec(range).is_met_by(entry.version.as_deref()));
        match (locked.get(name), met) {
            _ if spec(range) == Spec::Foreign => {
                return Some(Verdict::Fails(format!(
                    "npm does not know `{range}` of `{name}` ({})",
                    manifest.path
                )));
            }
            (None, _) => return Some(Verdict::Fails(format!("`{name}` is not in `{}`", lock.path))),
            (Some(_), None) if *kind != EdgeKind::OptionalPeer => {
                return Some(Verdict::Fails(format!("`{}` locks no version of `{name}`", lock.path)));
            }
            (Some((_, copied)), Some(false)) => {
                let text =
                    format!("`{name}` is `{range}` in `{}`, `{copied}` in `{}`", manifest.path, lock.path);
                return Some(Verdict::Fails(text));
            }
            (Some(copied), _) if copied != &(*kind, *range) => {
                let text = format!(
                    "`{name}` is `{range}` in `{}`, and not the same in `{}`",
                    manifest.path, lock.path
                );
                return Some(Verdict::Unproven(text));
            }
            _ => {}
        }
    }
    let surplus = locked.keys().find(|name| !wanted.contains_key(**name))?;
    Some(Verdict::Unproven(format!("`{surplus}` of `{}` is no longer in `{}`", lock.path, manifest.path)))
}

/// A locked package whose own ranges the lock does not meet: merged by hand, or made with flags such as
/// `--legacy-peer-deps`, which `npm ci` would then need too.
fn inner(lock: &Lock, peers: Peers) -> Option<Verdict> {
    for (place, entry) in lock.packages.iter().filter(|(place, entry)| !place.is_empty() && !entry.link) {
        for (name, (kind, range)) in entry.edges() {
            let from = match kind {
                EdgeKind::Prod | EdgeKind::Optional => place,
                EdgeKind::Peer | EdgeKind::OptionalPeer if peers == Peers::Checked => above(place),
                // `devDependencies` of a dependency are not installed.
                _ => continue,
            };
            let may_lack = matches!(kind, EdgeKind::Optional | EdgeKind::OptionalPeer);
            let problem = match resolve(lock, from, name) {
                // npm leaves out what the platform of the lock's author did not need.
                None if may_lack => continue,
                None => "is not locked",
                // Releases of npm do not agree on an optional peer that does not fit: some want a copy that fits.
                Some(found) if !found.in_bundle && !spec(range).is_met_by(found.version.as_deref()) => {
                    "is locked at another version"
                }
                Some(_) => continue,
            };
            let text = format!("`{name}@{range}`, which `{place}` wants, {problem} (`{}`)", lock.path);
            return Some(Verdict::Unproven(text));
        }
    }
    None
}

/// A package that stays without dev dependencies, and one of these that it may load: an optional peer that only
/// development asks for.
pub(super) fn wants_dev(lock: &Lock) -> Option<(&str, &str)> {
    let kept = lock.packages.iter().filter(|(place, entry)| !place.is_empty() && !entry.dev && !entry.link);
    kept.into_iter().find_map(|(place, entry)| {
        let found = entry.edges().into_iter().find(|(name, (kind, _))| {
            let from =
                if matches!(kind, EdgeKind::Peer | EdgeKind::OptionalPeer) { above(place) } else { place };
            *kind != EdgeKind::Dev && resolve(lock, from, name).is_some_and(|found| found.dev)
        });
        found.map(|(name, _)| (place.as_str(), name))
    })
}

/// The entry that a package at `place` gets for a name, as Node looks it up: its own `node_modules`, then outwards.
pub(super) fn resolve<'l>(lock: &'l Lock, place: &str, name: &str) -> Option<&'l Entry> {
    let mut folder = Some(place);
    while let Some(current) = folder {
        let candidate = match current {
            "" => format!("node_modules/{name}"),
            _ => format!("{current}/node_modules/{name}"),
        };
        if let Some(entry) = lock.packages.get(&candidate) {
            return Some(lock.target(entry));
        }
        folder = (!current.is_empty()).then(|| outwards(current));
    }
    None
}

/// The next folder outwards that can have a `node_modules`.
fn outwards(place: &str) -> &str {
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    parent.strip_suffix("node_modules").map_or(parent, |parent| parent.trim_end_matches('/'))
}

/// Where a peer is looked for: beside the package, not in it.
fn above(place: &str) -> &str {
    place.rsplit_once("node_modules/").map_or("", |(parent, _)| parent.trim_end_matches('/'))
}

/// What npm 6 checks: each range of the manifest against the version at the top of the older tree.
fn old_tree(manifest: &Manifest, lock: &Lock) -> Verdict {
    for (name, (kind, range)) in manifest.edges() {
        if matches!(kind, EdgeKind::Peer | EdgeKind::OptionalPeer) {
            continue;
        }
        match (lock.tree.get(name), spec(range)) {
            (None, _) => return Verdict::Fails(format!("`{name}` is not in `{}`", lock.path)),
            (Some(TreeEntry { version, .. }), spec @ (Spec::Range(_) | Spec::Any)) => {
                // An alias is locked as `npm:other@1.0.0`.
                let version = version
                    .strip_prefix("npm:")
                    .and_then(|alias| alias.rsplit_once('@'))
                    .map_or(version.as_str(), |(_, version)| version);
                if !spec.is_met_by(Some(version)) {
                    let text =
                        format!("`{name}` is `{range}` in `{}`, {version} in `{}`", manifest.path, lock.path);
                    return Verdict::Fails(text);
                }
            }
            (Some(_), _) => {
                let text = format!("`{range}` of `{name}` cannot be compared with `{}`", lock.path);
                return Verdict::Unproven(text);
            }
        }
    }
    Verdict::Holds(format!("`{}` meets every range of `{}`", lock.path, manifest.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(manifest: &str, lock: &str, npm: u64) -> Verdict {
        let manifest = Manifest::parse("package.json", manifest).expect("readable");
        in_sync(&manifest, &Lock::parse("package-lock.json", lock).expect("readable"), npm, Peers::Checked)
    }

    fn v3(packages: &str) -> String {
        format!(r#"{{"lockfileVersion": 3, "packages": {{{packages}}}}}"#)
    }

    #[test]
    fn same_ranges_and_every_entry_hold() {
        let lock = v3(r#""": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.2.0",
            "dependencies": {"b": "2"}}, "node_modules/a/node_modules/b": {"version": "2.0.0"}"#);
        assert!(matches!(verdict(r#"{"dependencies": {"a": "^1"}}"#, &lock, 10), Verdict::Holds(_)));
        assert!(matches!(verdict(r#"{"dependencies": {"a": "^1"}}"#, &lock, 6), Verdict::Fails(_)));
    }

    #[test]
    fn another_range_does_not_hold() {
        let lock = v3(r#""": {"dependencies": {"a": "^1"}}, "node_modules/a": {"version": "1.2.0"}"#);
        for (manifest, fails) in [
            (r#"{"dependencies": {"a": "^2"}}"#, true),
            (r#"{"dependencies": {"a": "^1", "b": "1"}}"#, true),
            (r#"{"dependencies": {"a": "^1.2"}}"#, false),
            (r#"{"devDependencies": {"a": "^1"}}"#, false),
            (r#"{}"#, false),
        ] {
            let verdict = verdict(manifest, &lock, 10);
            assert_eq!(matches!(verdict, Verdict::Fails(_)), fails, "{manifest}: {verdict:?}");
            assert!(!matches!(verdict, Verdict::Holds(_)), "{manifest}");
        }
    }

    #[test]
    fn a_name_without_an_entry_fails() {
        let lock = v3(r#""": {"dependencies": {"a": "^1"}}"#);
        assert!(matches!(verdict(r#"{"dependencies": {"a": "^1"}}"#, &lock, 10), Verdict::Fails(_)));
    }

    #[test]
    fn a_peer_that_is_not_met_needs_a_flag() {
        let lock = v3(r#""": {"dependencies": {"a": "1", "p": "2"}}, "node_modules/p": {"version": "2.0.0"},
            "node_modules/a": {"version": "1.0.0", "peerDependencies": {"p": "1"}}"#);
        let manifest =
            Manifest::parse("package.json", r#"{"dependencies": {"a": "1", "p": "2"}}"#).expect("readable");
        let lock = Lock::parse("package-lock.json", &lock).expect("readable");
        assert!(matches!(in_sync(&manifest, &lock, 10, Peers::Checked), Verdict::Unproven(_)));
        assert!(matches!(in_sync(&manifest, &lock, 10, Peers::Legacy), Verdict::Holds(_)));
    }

    #[test]
    fn an_optional_peer_may_be_left_out_and_must_fit() {
        let lock = |version: &str| {
            v3(&format!(
                r#""": {{"dependencies": {{"a": "1"}}}}, "node_modules/a": {{"version": "1.0.0",
                "peerDependencies": {{"p": "1"}}, "peerDependenciesMeta": {{"p": {{"optional": true}}}}}}{version}"#
            ))
        };
        let manifest = r#"{"dependencies": {"a": "1"}}"#;
        assert!(matches!(verdict(manifest, &lock(""), 10), Verdict::Holds(_)));
        let other = lock(r#", "node_modules/p": {"version": "2.0.0"}"#);
        assert!(matches!(verdict(manifest, &other, 10), Verdict::Unproven(_)));
    }

    #[test]
    fn version_one_is_for_npm_six() {
        let lock = r#"{"lockfileVersion": 1, "dependencies": {"a": {"version": "1.2.0"}}}"#;
        let manifest = r#"{"dependencies": {"a": "^1"}}"#;
        assert!(matches!(verdict(manifest, lock, 6), Verdict::Holds(_)));
        assert!(matches!(verdict(manifest, lock, 10), Verdict::Unproven(_)));
        assert!(matches!(verdict(r#"{"dependencies": {"a": "^2"}}"#, lock, 6), Verdict::Fails(_)));
        assert!(matches!(verdict(r#"{"dependencies": {"a": "x/y"}}"#, lock, 6), Verdict::Unproven(_)));
    }

    #[test]
    fn workspace_members_are_links() {
        let lock = v3(
            r#""": {"workspaces": ["p"], "dependencies": {"m": "1"}}, "p": {"name": "m", "version": "1.0.0",
            "dependencies": {"a": "1"}}, "node_modules/m": {"resolved": "p", "link": true},
            "node_modules/a": {"version": "1.0.0"}"#,
        );
        assert!(matches!(verdict(r#"{"dependencies": {"m": "1"}}"#, &lock, 10), Verdict::Holds(_)));
    }

    #[test]
    fn another_managers_protocol_fails() {
        let lock =
            v3(r#""": {"dependencies": {"a": "workspace:*"}}, "node_modules/a": {"version": "1.0.0"}"#);
        assert!(matches!(verdict(r#"{"dependencies": {"a": "workspace:*"}}"#, &lock, 10), Verdict::Fails(_)));
    }
}
