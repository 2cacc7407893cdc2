//! Reading a Dockerfile from disk or standard input, and saying clearly why it cannot be read.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use dockfix::source::{MAX_BYTES, Place, Source, SourceError};

use super::report::Trouble;

/// Reads the file at `path`; messages call it `name`.
pub(super) fn file(path: &Path, name: &str) -> Result<Source, Trouble> {
    let metadata = std::fs::metadata(path).map_err(|error| Trouble::new(name, missing(path, &error)))?;
    // Opening a pipe would wait for somebody to write into it.
    refuse_special(&metadata).map_err(|message| Trouble::new(name, message))?;
    if metadata.len() > MAX_BYTES as u64 {
        return Err(Trouble::new(name, too_large(metadata.len())));
    }
    let file = File::open(path);
    source(name, file.map_err(|error| Trouble::new(name, format!("cannot be read: {}", reason(&error))))?)
}

/// Reads standard input.
pub(super) fn stdin(name: &str) -> Result<Source, Trouble> {
    source(name, io::stdin().lock())
}

fn source(name: &str, input: impl Read) -> Result<Source, Trouble> {
    let mut bytes = Vec::new();
    let read = input.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| Trouble::new(name, format!("cannot be read: {}", reason(&error))))?;
    Source::from_bytes(name, &bytes).map_err(|error| match error {
        SourceError::NotUtf8 { line, column } => Trouble {
            place: Some(Place { line, column }),
            ..Trouble::new(name, "is not UTF-8, so nothing can build it; save it as UTF-8".to_owned())
        },
        SourceError::TooLarge { bytes } => Trouble::new(name, too_large(bytes as u64)),
    })
}

/// Only regular files are read and written.
pub(super) fn refuse_special(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_dir() {
        return Err("is a folder, not a file".to_owned());
    }
    if !metadata.is_file() {
        return Err("is a pipe or a device, not a regular file; use `-` to read standard input".to_owned());
    }
    Ok(())
}

fn missing(path: &Path, error: &io::Error) -> String {
    match std::fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => {
            format!("is a link to `{}`, which does not exist; mend or remove the link", target.display())
        }
        _ => format!("cannot be read: {}", reason(error)),
    }
}

fn too_large(bytes: u64) -> String {
    let (bytes, most) = (bytes / (1024 * 1024), MAX_BYTES / (1024 * 1024));
    format!("is too large ({bytes} MiB; at most {most} MiB are read); is it a Dockerfile?")
}

/// What an error of the system means, in words that do not differ from system to system where we know better ones.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; check the rights of the file and its folder".to_owned()
        }
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        _ => error.to_string(),
    }
}
