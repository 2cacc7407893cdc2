//! What marks the things of a run as ours, and the removal of what runs that were killed have left.
//!
//! Containers and images carry labels: the run, the machine, and the run's temporary folder. The run holds a lock on a
//! file of that folder as long as it lives, so whoever can take the lock knows that it is dead: no process id has to be
//! trusted, which may belong to somebody else by now.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

use super::engine::Engine;

/// The label that names the run.
pub(super) const RUN: &str = "dev.dockfix.run";
/// The label that names the machine.
pub(super) const HOST: &str = "dev.dockfix.host";
/// The label that names the run's temporary folder.
pub(super) const FOLDER: &str = "dev.dockfix.folder";

/// How the names of runs and of their folders begin.
const PREFIX: &str = "dockfix-verify-";
const LOCK: &str = "lock";

/// What marks the things of this run.
#[derive(Debug)]
pub(super) struct Mark {
    id: String,
    host: String,
    folder: TempDir,
    /// Held as long as this run lives.
    _lock: File,
}

impl Mark {
    /// Makes the run's folder, which nobody else may read: it may hold what a build context holds.
    pub(super) fn new() -> io::Result<Mark> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        let id = format!("{PREFIX}{}-{now:x}", std::process::id());
        let mut builder = tempfile::Builder::new();
        builder.prefix(&id).rand_bytes(0);
        private(&mut builder);
        let folder = builder.tempdir()?;
        // It is locked before it gets its name, so that nobody finds it free.
        let unnamed = folder.path().join("unnamed");
        let lock = File::create(&unnamed)?;
        lock.lock()?;
        std::fs::rename(&unnamed, folder.path().join(LOCK))?;
        Ok(Mark { id, host: host(), folder, _lock: lock })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The labels of everything that this run makes.
    pub(super) fn labels(&self) -> [String; 3] {
        let folder = self.folder.path().display();
        [format!("{RUN}={}", self.id), format!("{HOST}={}", self.host), format!("{FOLDER}={folder}")]
    }
}

/// Removes what dead runs of this machine have left, in the engine and in the folder for temporary files.
pub(super) fn clear(engine: &Engine) {
    let here = host();
    for left in engine.marked() {
        if left.host == here && left.run.starts_with(PREFIX) && is_dead(Path::new(&left.folder)) {
            engine.sweep(&left.run);
        }
    }
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for folder in entries.flatten().map(|entry| entry.path()) {
        let ours = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
        if ours && is_own_folder(&folder) && is_dead(&folder) {
            let _ = std::fs::remove_dir_all(&folder);
        }
    }
}

/// Whether the run with this folder lives no more. What cannot be told counts as living.
fn is_dead(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(file) => !matches!(file.try_lock(), Err(TryLockError::WouldBlock | TryLockError::Error(_))),
        // A folder that was just made has no lock yet.
        Err(error) => error.kind() == io::ErrorKind::NotFound && !is_fresh(folder),
    }
}

/// Whether a folder was made within the last minute.
fn is_fresh(folder: &Path) -> bool {
    let made = std::fs::metadata(folder).and_then(|metadata| metadata.modified());
    made.is_ok_and(|made| made.elapsed().is_ok_and(|age| age.as_secs() < 60))
}

#[cfg(unix)]
fn private(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o700));
}

#[cfg(not(unix))]
fn private(_: &mut tempfile::Builder<'_, '_>) {}

/// A link, or somebody else's folder, is none of ours whatever its name.
#[cfg(unix)]
fn is_own_folder(folder: &PathBuf) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = std::fs::symlink_metadata(folder);
    metadata.is_ok_and(|data| data.is_dir() && data.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn is_own_folder(folder: &PathBuf) -> bool {
    std::fs::symlink_metadata(folder).is_ok_and(|data| data.is_dir())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn run_lives_as_long_as_it_holds_its_lock() {
        let mark = Mark::new().expect("a folder");
        let folder = mark.folder().to_owned();
        assert!(folder.is_dir() && !is_dead(&folder) && is_own_folder(&folder));
        let Mark { folder: kept, _lock, .. } = mark;
        drop(_lock);
        // A program that another test starts at this moment holds the lock too, until it has become that program.
        let limit = Instant::now() + Duration::from_secs(20);
        while !is_dead(&folder) && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(is_dead(&folder));
        drop(kept);
        assert!(is_dead(&folder), "its folder is gone");
    }

    #[test]
    fn folder_that_was_just_made_is_not_dead() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!is_dead(folder.path()));
    }
}
