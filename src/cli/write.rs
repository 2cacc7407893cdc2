//! Writing to disk so that at any moment each file is whole: the old one or the new one.
//!
//! The new text goes to a temporary file in the same folder, which then takes the file's name in one step. Its name
//! begins with a dot and is never that of a Dockerfile, so a run that was killed leaves nothing that counts.

use std::fs::{Metadata, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::read::{reason, refuse_special};

/// How the names of temporary files begin and end.
const PREFIX: &str = ".dockfix-";
const SUFFIX: &str = ".tmp";

/// Puts `after` in place of `before` in the file at `path`. Links are followed to the file that they name; mode and,
/// where the system lets us, owner stay. The error says why nothing was done.
pub(super) fn replace(path: &Path, before: &str, after: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot be written: {}", reason(&error));
    let target = std::fs::canonicalize(path).map_err(failed)?;
    let metadata = std::fs::metadata(&target).map_err(failed)?;
    refuse_special(&metadata)?;
    refuse_hard_links(&metadata)?;
    // A rename asks for the rights of the folder alone. Whoever made the file read-only meant the file.
    if metadata.permissions().readonly() {
        return Err("is read-only; make it writable first".to_owned());
    }
    OpenOptions::new().write(true).open(&target).map_err(failed)?;
    let folder = target.parent().unwrap_or(&target);
    let mut temporary = temporary(folder, None)?;
    copy_owner(&metadata, temporary.as_file());
    temporary.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
    fill(&mut temporary, after).map_err(failed)?;
    // As late as can be: what was written meanwhile by somebody else must not be lost.
    if std::fs::read(&target).map_err(failed)? != before.as_bytes() {
        return Err("has changed since it was read; run dockfix again".to_owned());
    }
    temporary.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Creates the file at `path`; one that is there already is never touched.
pub(super) fn create(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => "exists by now, and is left as it is; run dockfix again".to_owned(),
        _ => format!("cannot be created: {}", reason(&error)),
    };
    let folder = path.parent().unwrap_or(path);
    let mut temporary = temporary(folder, new_file_permissions())?;
    fill(&mut temporary, text).map_err(failed)?;
    temporary.persist_noclobber(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn temporary(folder: &Path, permissions: Option<Permissions>) -> Result<NamedTempFile, String> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    if let Some(permissions) = permissions {
        builder.permissions(permissions);
    }
    builder.tempfile_in(folder).map_err(|error| {
        format!("cannot be written: no file can be created in `{}`: {}", folder.display(), reason(&error))
    })
}

fn fill(temporary: &mut NamedTempFile, text: &str) -> io::Result<()> {
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()
}

/// What a new file may be used for; the user's mask takes its part away.
#[cfg(unix)]
fn new_file_permissions() -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}

/// Gives the temporary file the owner and group of the file that it replaces, as far as the system allows: only root
/// may give files away, and whoever may write a file in a shared folder may replace it.
#[cfg(unix)]
fn copy_owner(metadata: &Metadata, file: &std::fs::File) {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    if fchown(file, Some(metadata.uid()), Some(metadata.gid())).is_err() {
        let _ = fchown(file, None, Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn copy_owner(_: &Metadata, _: &std::fs::File) {}

/// A rename would part the names of a file that has several, and writing in place could leave half a file.
#[cfg(unix)]
fn refuse_hard_links(metadata: &Metadata) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    match metadata.nlink() {
        0 | 1 => Ok(()),
        links => Err(format!(
            "has {links} names (hard links), which a whole write would part; apply the diff with `patch`"
        )),
    }
}

#[cfg(not(unix))]
fn refuse_hard_links(_: &Metadata) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests;
