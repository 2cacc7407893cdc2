//! MS2: the folders in which the application lies: where sources are copied to and commands work.

use crate::project::EntryKind;
use crate::syntax::Keyword;
use crate::transforms::Missing;
use crate::transforms::shipped::below;
use crate::transforms::split_stages::missing;
use crate::transforms::split_stages::plan::{Copied, Site};

/// Folders of the system: what lies right in them belongs to the image, not to the application.
const SYSTEM: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib64",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/include",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/spool",
    "/var/tmp",
];

/// Beginnings of paths that are the system's, however deep.
const WITHIN: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/tmp",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/local/include",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share",
    "/usr/sbin",
    "/usr/share",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/run",
    "/var/tmp",
];

/// As many folders and files as an application may lie in.
const MOST: usize = 4;

/// The folders of the application, and single files elsewhere.
pub(super) struct Roots {
    folders: Vec<String>,
    files: Vec<String>,
}

impl Roots {
    pub(super) fn of(site: &Site<'_>) -> Result<Roots, Missing> {
        let shipped = site.shipped;
        let mut roots = Roots { folders: Vec::new(), files: Vec::new() };
        let mut files: Vec<String> = Vec::new();
        for index in shipped.instructions().skip(1) {
            let instruction = shipped.instruction(index);
            let line = instruction.lines.0;
            match instruction.keyword {
                Keyword::Workdir => {
                    let folder = match index == shipped.end() {
                        true => shipped.workdir(site.facts.workdir),
                        false => site.folder(index + 1),
                    };
                    roots.add(&folder.unwrap_or_default(), line)?;
                }
                Keyword::Copy | Keyword::Add => {
                    let Some(placed) = shipped.placed(index, site.facts.workdir) else {
                        let text = format!("where line {line} puts its files cannot be told");
                        return Err(missing("MS2", text, "copy from the build context to a literal folder"));
                    };
                    for (place, path) in placed {
                        let entry = shipped.input.project.entry(&path);
                        let is_file = entry.is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. }));
                        match is_file {
                            true => files.push(place),
                            false => roots.add(&place, line)?,
                        }
                    }
                }
                _ => {}
            }
        }
        for file in files {
            if !roots.hold(&file) && !roots.files.contains(&file) {
                let is_system = WITHIN.iter().any(|folder| below(&file, folder).is_some());
                if is_system && !file.starts_with("/usr/local/bin/") {
                    let text = format!("`{file}` is a file of the system");
                    return Err(missing("MS3", text, "do the same in a runtime stage written by hand"));
                }
                roots.files.push(file);
            }
        }
        if roots.folders.is_empty() || roots.folders.len() + roots.files.len() > MOST {
            let text = "the folder of the application cannot be told";
            return Err(missing("MS2", text, "keep it in one folder, such as `WORKDIR /app`"));
        }
        Ok(roots)
    }

    /// A folder, unless one above it is there; those below it go.
    fn add(&mut self, folder: &str, line: usize) -> Result<(), Missing> {
        let is_system = SYSTEM.contains(&folder) || WITHIN.iter().any(|known| below(folder, known).is_some());
        if folder.is_empty() || is_system {
            let text = format!("the folder of line {line} is one of the system's");
            return Err(missing(
                "MS2",
                text,
                "keep the application in a folder of its own, such as `WORKDIR /app`",
            ));
        }
        if !self.hold(folder) {
            self.folders.retain(|known| below(known, folder).is_none());
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    /// Whether a path lies in one of the folders, or is one.
    pub(super) fn hold(&self, path: &str) -> bool {
        self.folders.iter().any(|folder| below(path, folder).is_some())
    }

    /// Whether a path is carried over: in a folder, or a file by itself.
    pub(super) fn carry(&self, path: &str) -> bool {
        self.hold(path) || self.files.iter().any(|file| file == path)
    }

    pub(super) fn copies(&self) -> Vec<Copied> {
        let folders = self.folders.iter().map(|folder| Copied::folder(folder));
        folders.chain(self.files.iter().map(|file| Copied::file(file))).collect()
    }

    pub(super) fn shown(&self) -> String {
        let all: Vec<String> =
            self.folders.iter().chain(&self.files).map(|path| format!("`{path}`")).collect();
        all.join(", ")
    }
}
