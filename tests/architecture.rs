//! The plan of the house, as far as a test can read it: dependencies point one way, the core does no input or output.

use std::path::{Path, PathBuf};

/// Who may use whom: a module and the modules of the crate that its `use` lines may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("edit", &["source"]),
    ("syntax", &["source"]),
    ("suppression", &["source", "syntax"]),
    ("shell", &["source"]),
    ("model", &["source", "syntax"]),
    ("images", &["source"]),
    ("project", &["source", "shell"]),
    ("config", &["project", "source"]),
    (
        "transforms",
        &["config", "edit", "images", "model", "project", "shell", "source", "suppression", "syntax"],
    ),
    ("verify", &["edit", "model", "project", "source", "suppression", "syntax", "transforms"]),
    ("review", &["project", "rewrite", "shell", "source", "transforms", "verify"]),
    (
        "rewrite",
        &[
            "config",
            "edit",
            "model",
            "project",
            "shell",
            "source",
            "suppression",
            "syntax",
            "transforms",
            "verify",
        ],
    ),
];

/// What only the command line may touch.
const INPUT_AND_OUTPUT: &[&str] =
    &["std::fs", "std::io", "std::net", "std::process", "std::env::", "anyhow", "clap"];

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a source folder").flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { source_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    files.sort();
    files
}

/// The code of a file without its tests.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file is readable");
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

fn module_of(path: &Path, root: &Path) -> String {
    let relative = path.strip_prefix(root).expect("inside src");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn dependencies_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in source_files(&root) {
        let module = module_of(&path, &root);
        if matches!(module.as_str(), "lib" | "main" | "cli") || path.ends_with("transforms/testing.rs") {
            continue;
        }
        let allowed = ARROWS.iter().find(|(name, _)| *name == module).map(|(_, allowed)| *allowed);
        let allowed = allowed.unwrap_or_else(|| panic!("`{module}` is not in the plan"));
        for (at, line) in code(&path).lines().enumerate() {
            for found in line.split("crate::").skip(1) {
                let name: String = found.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if !name.is_empty() && name != module && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}:{}: `{module}` uses `{name}`", path.display(), at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_library_does_no_input_or_output() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for path in source_files(&root) {
        if matches!(module_of(&path, &root).as_str(), "main" | "cli") {
            continue;
        }
        for (at, line) in code(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(found) = INPUT_AND_OUTPUT.iter().find(|word| code.contains(**word)) {
                wrong.push(format!("{}:{}: `{found}`", path.display(), at + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How other programs are started and connections are opened.
const STARTERS: &[&str] =
    &["process::Command", "Command::new", "Stdio", "TcpStream", "TcpListener", "UdpSocket"];

#[test]
fn only_verify_starts_programs_and_opens_connections() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut found) = (Vec::new(), 0);
    for path in source_files(&root) {
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        let may = path.starts_with(root.join("cli/verify"));
        for (at, line) in code(&path).lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            match STARTERS.iter().find(|word| code.contains(**word)) {
                Some(_) if may => found += 1,
                Some(word) => wrong.push(format!("{}:{}: `{word}`", path.display(), at + 1)),
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found > 0, "the words are not those that are used");
}
