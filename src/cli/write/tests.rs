use super::*;
use crate::cli::context::tests::folder_with;

/// Every name in the folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("own folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a readable file")
}

#[test]
fn replaces_and_leaves_nothing_behind() {
    let folder = folder_with(&[("Dockerfile", "old")]);
    let file = folder.path().join("Dockerfile");
    assert_eq!(replace(&file, "old", "new"), Ok(()));
    assert_eq!((read(&file).as_str(), names(folder.path())), ("new", vec!["Dockerfile".to_owned()]));
}

#[test]
fn what_somebody_else_wrote_is_not_lost() {
    let folder = folder_with(&[("Dockerfile", "theirs")]);
    let file = folder.path().join("Dockerfile");
    let error = replace(&file, "old", "new").expect_err("it has changed");
    assert_eq!(error, "has changed since it was read; run dockfix again");
    assert_eq!((read(&file).as_str(), names(folder.path())), ("theirs", vec!["Dockerfile".to_owned()]));
}

#[test]
fn read_only_file_and_folders_are_refused() {
    let folder = folder_with(&[("Dockerfile", "old"), ("sub/x", "")]);
    let file = folder.path().join("Dockerfile");
    let writable = std::fs::metadata(&file).expect("it is there").permissions();
    let mut permissions = writable.clone();
    permissions.set_readonly(true);
    std::fs::set_permissions(&file, permissions).expect("own file");
    assert_eq!(replace(&file, "old", "new"), Err("is read-only; make it writable first".to_owned()));
    std::fs::set_permissions(&file, writable).expect("own file");
    assert!(replace(&folder.path().join("sub"), "", "new").is_err());
    assert!(replace(&folder.path().join("missing"), "", "new").is_err());
    assert_eq!(read(&file), "old");
}

#[test]
fn new_file_never_covers_one_that_is_there() {
    let folder = folder_with(&[("a", "theirs")]);
    let error = create(&folder.path().join("a"), "ours").expect_err("it exists");
    assert_eq!(error, "exists by now, and is left as it is; run dockfix again");
    assert_eq!(create(&folder.path().join("b"), "ours"), Ok(()));
    assert_eq!(names(folder.path()), ["a", "b"]);
    assert_eq!(
        (read(&folder.path().join("a")), read(&folder.path().join("b"))),
        ("theirs".into(), "ours".into())
    );
}

#[test]
fn temporary_file_is_no_dockerfile() {
    let name = format!("{PREFIX}Dockerfile{SUFFIX}");
    assert!(!crate::cli::find::is_dockerfile_name(&name) && name.starts_with('.'));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

    use super::*;

    #[test]
    fn mode_and_owner_stay() {
        let folder = folder_with(&[("Dockerfile", "old")]);
        let file = folder.path().join("Dockerfile");
        std::fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("own file");
        // Only root may give files away.
        let given = chown(&file, Some(1234), Some(1235)).is_ok();
        assert_eq!(replace(&file, "old", "new"), Ok(()));
        let metadata = std::fs::metadata(&file).expect("it is there");
        assert_eq!(metadata.mode() & 0o7777, 0o640);
        assert!(!given || (metadata.uid(), metadata.gid()) == (1234, 1235));
    }

    #[test]
    fn new_file_gets_the_mode_of_any_new_file() {
        let folder = folder_with(&[("other", "")]);
        create(&folder.path().join("new"), "x").expect("own folder");
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).expect("it is there").mode();
        assert_eq!(mode("new"), mode("other"));
    }

    #[test]
    fn link_stays_a_link() {
        let folder = folder_with(&[("real/Dockerfile", "old")]);
        let link = folder.path().join("Dockerfile");
        symlink("real/Dockerfile", &link).expect("own folder");
        assert_eq!(replace(&link, "old", "new"), Ok(()));
        assert!(std::fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(read(&folder.path().join("real/Dockerfile")), "new");
        assert_eq!(names(folder.path()), ["Dockerfile", "real"]);
    }

    #[test]
    fn file_with_two_names_is_refused() {
        let folder = folder_with(&[("Dockerfile", "old")]);
        let file = folder.path().join("Dockerfile");
        std::fs::hard_link(&file, folder.path().join("other")).expect("own folder");
        let error = replace(&file, "old", "new").expect_err("it has two names");
        assert!(error.starts_with("has 2 names (hard links)"), "{error}");
        assert_eq!(read(&file), "old");
    }
}
