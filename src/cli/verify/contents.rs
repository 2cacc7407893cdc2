//! What an image holds, read from the archive of its files as it comes: packages, files that give rights, a shell.

use std::collections::BTreeSet;
use std::io::{self, Read};

/// What is compared of the files of two images.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Contents {
    pub(super) files: usize,
    /// Packages of the distribution; none where its list is not one that is read here.
    pub(super) packages: Option<usize>,
    /// Files that run with the rights of their owner or group, whoever starts them.
    pub(super) setuid: BTreeSet<String>,
    pub(super) has_shell: bool,
}

/// The bits of a mode that give the rights of the owner or of the group.
const SETUID_OR_SETGID: u32 = 0o6000;

/// Lists of packages are small; whatever is larger is none.
const LARGEST_LIST: u64 = 64 * 1024 * 1024;

impl Contents {
    /// Reads an archive as `export` writes it.
    pub(super) fn read(archive: &mut dyn Read) -> io::Result<Contents> {
        let mut found = Contents::default();
        for entry in tar::Archive::new(archive).entries()? {
            let mut entry = entry?;
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let path = path.trim_start_matches("./").trim_start_matches('/');
            if matches!(path, "bin/sh" | "usr/bin/sh") {
                found.has_shell = true;
            }
            let kind = entry.header().entry_type();
            if !kind.is_file() {
                continue;
            }
            found.files += 1;
            if entry.header().mode().unwrap_or(0) & SETUID_OR_SETGID != 0 {
                found.setuid.insert(format!("/{path}"));
            }
            if let Some(count) = list_of_packages(path) {
                let mut text = Vec::new();
                entry.by_ref().take(LARGEST_LIST).read_to_end(&mut text)?;
                let packages = count(&String::from_utf8_lossy(&text));
                *found.packages.get_or_insert(0) += packages;
            }
        }
        Ok(found)
    }
}

/// How the packages in a file are counted, if it is a list of them.
fn list_of_packages(path: &str) -> Option<fn(&str) -> usize> {
    match path {
        "var/lib/dpkg/status" => {
            Some(|text| count_lines(text, |line| line == "Status: install ok installed"))
        }
        "lib/apk/db/installed" | "usr/lib/apk/db/installed" => {
            Some(|text| count_lines(text, |line| line.starts_with("P:")))
        }
        // One file for each package, as distroless images have them.
        _ if path.starts_with("var/lib/dpkg/status.d/") && !path.ends_with(".md5sums") => Some(|_| 1),
        _ => None,
    }
}

fn count_lines(text: &str, fits: impl Fn(&str) -> bool) -> usize {
    text.lines().filter(|line| fits(line)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, u32, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, mode, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(*mode);
            header.set_cksum();
            builder.append_data(&mut header, path, text.as_bytes()).expect("memory");
        }
        builder.into_inner().expect("memory")
    }

    #[test]
    fn packages_and_rights_are_counted() {
        let status =
            "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: deinstall ok config-files\n";
        let bytes = archive(&[
            ("var/lib/dpkg/status", 0o644, status),
            ("usr/bin/su", 0o4755, ""),
            ("usr/bin/wall", 0o2755, ""),
            ("bin/sh", 0o755, ""),
        ]);
        let found = Contents::read(&mut bytes.as_slice()).expect("an archive");
        let setuid = BTreeSet::from(["/usr/bin/su".to_owned(), "/usr/bin/wall".to_owned()]);
        assert_eq!(found, Contents { files: 4, packages: Some(1), setuid, has_shell: true });
    }

    #[test]
    fn lists_of_other_distributions_are_known_and_none_is_none() {
        let bytes = archive(&[
            ("./var/lib/dpkg/status.d/base", 0o644, "Package: base-files\n"),
            ("./var/lib/dpkg/status.d/base.md5sums", 0o644, ""),
        ]);
        assert_eq!(Contents::read(&mut bytes.as_slice()).expect("an archive").packages, Some(1));
        let bytes = archive(&[("lib/apk/db/installed", 0o644, "P:musl\nV:1\n\nP:busybox\n")]);
        assert_eq!(Contents::read(&mut bytes.as_slice()).expect("an archive").packages, Some(2));
        let bytes = archive(&[("server", 0o755, "x")]);
        assert_eq!(Contents::read(&mut bytes.as_slice()).expect("an archive").packages, None);
    }
}
