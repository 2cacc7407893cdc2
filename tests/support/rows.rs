//! What BuildKit said about each file of a corpus, stored beside it.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The rows of a file of lines of JSON, by the path of the Dockerfile; `None` after saying that there is no such file.
pub fn by_path(folder: &Path, name: &str) -> Option<HashMap<String, Value>> {
    let rows = lines(folder, name)?;
    let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    Some(rows.map(|row| (row["path"].as_str().unwrap_or_default().to_owned(), row)).collect())
}

/// The text of `<corpus>/<name>`, or of `<corpus>/<name>.xz`.
fn lines(folder: &Path, name: &str) -> Option<String> {
    let plain = folder.join(name);
    if plain.is_file() {
        return std::fs::read_to_string(plain).ok();
    }
    let packed = folder.join(format!("{name}.xz"));
    if !packed.is_file() {
        eprintln!("SKIPPED: the corpus has no {name}");
        return None;
    }
    let output =
        Command::new("xz").arg("-dc").arg(packed).stderr(Stdio::inherit()).output().expect("xz runs");
    String::from_utf8(output.stdout).ok()
}
