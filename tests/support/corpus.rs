//! A corpus of real files, given by the environment variable `DOCKFIX_CORPUS`.
//!
//! The folder holds archives (`dockerfiles.tar.xz`, `contexts.tar.xz`, `buildkit-ast.jsonl.xz`) or the same things
//! unpacked (`dockerfiles/`, `contexts/`, `buildkit-ast.jsonl`). Archives are unpacked once into the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The corpus folder, or `None` after saying loudly that the test is skipped.
pub fn folder(test: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("DOCKFIX_CORPUS") else {
        eprintln!("SKIPPED: {test}: DOCKFIX_CORPUS is not set");
        return None;
    };
    let folder = PathBuf::from(folder);
    assert!(folder.is_dir(), "DOCKFIX_CORPUS names no folder: {}", folder.display());
    Some(folder)
}

/// The root of an archive's files: `<corpus>/<name>/`, or `<corpus>/<name>.tar.xz` unpacked.
pub fn unpacked(folder: &Path, name: &str) -> Option<PathBuf> {
    let plain = folder.join(name);
    if plain.is_dir() {
        return Some(plain);
    }
    let archive = folder.join(format!("{name}.tar.xz"));
    if !archive.is_file() {
        eprintln!("SKIPPED: the corpus has no {name}");
        return None;
    }
    let target = scratch(&archive, name);
    if !target.is_dir() {
        let partial = target.with_extension("partial");
        let _ = std::fs::remove_dir_all(&partial);
        std::fs::create_dir_all(&partial).expect("the build folder is writable");
        let done = Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(&partial).status();
        assert!(done.is_ok_and(|status| status.success()), "tar cannot unpack {}", archive.display());
        // Another test may have been faster: its result is the same.
        let _ = std::fs::rename(&partial, &target);
    }
    Some(target)
}

/// A folder of the build for this version of an archive.
fn scratch(archive: &Path, name: &str) -> PathBuf {
    let length = std::fs::metadata(archive).map_or(0, |data| data.len());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("corpus-{name}-{length}"))
}
