//! The Dockerfiles of a corpus.

use std::path::Path;

use super::corpus::unpacked;

/// Every Dockerfile of the corpus: its path in the archive and its bytes, in the order of the index.
pub fn dockerfiles(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let Some(root) = unpacked(folder, "dockerfiles") else { return Vec::new() };
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    files.sort();
    files
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|end| end == "Dockerfile") {
            let name = path.strip_prefix(root).expect("inside the root").to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).expect("a corpus file is readable")));
        }
    }
}
