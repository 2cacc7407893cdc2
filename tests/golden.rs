//! The diffs that the program prints for `examples/`, stored under `snapshots/golden`, and the parts of the README
//! that are made from them and from the list of transforms.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden` writes them anew: read what changes.

use std::path::{Path, PathBuf};
use std::process::Command;

use dockfix::transforms::ALL;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The names of the example projects.
fn examples() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("examples")).expect("examples are there").flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What the program prints for one example, as a user at the root of the repository sees it.
fn diff(example: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dockfix"))
        .current_dir(root())
        .arg(format!("examples/{example}"))
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {said}");
    String::from_utf8(output.stdout).expect("a diff is text")
}

/// Compares a file with what it should hold, or writes it.
#[track_caller]
fn expect_file(path: &Path, expected: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, expected).expect("writable");
        return;
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(stored, expected, "{} is out of date: UPDATE_GOLDEN=1 writes it anew", path.display());
}

#[test]
fn examples_have_their_diffs() {
    let examples = examples();
    assert!(examples.len() >= 6, "{examples:?}");
    for example in &examples {
        expect_file(&root().join(format!("snapshots/golden/{example}.diff")), &diff(example));
    }
}

/// The checklist that the program prints for one example.
fn report(example: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dockfix"))
        .current_dir(root())
        .args(["--report", &format!("examples/{example}")])
        .output()
        .expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{example}: {said}");
    String::from_utf8(output.stdout).expect("a report is text")
}

#[test]
fn examples_have_their_checklists() {
    for example in examples() {
        expect_file(&root().join(format!("snapshots/golden/{example}.report")), &report(&example));
    }
}

#[test]
fn what_is_good_already_stays() {
    assert_eq!(diff("already-good"), "");
}

/// The README with the text between two marks replaced.
fn with_part(readme: &str, mark: &str, text: &str) -> String {
    let open = format!("<!-- {mark} -->\n");
    let start = readme.find(&open).unwrap_or_else(|| panic!("the README has no `{mark}`")) + open.len();
    let end = start + readme[start..].find("<!-- end -->").expect("each part has an end");
    format!("{}{text}{}", &readme[..start], &readme[end..])
}

#[test]
fn the_readme_shows_what_is_there() {
    let path = root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("a README");
    let rows = ALL.iter().map(|transform| {
        format!(
            "| `{}` | {} | {} | {} | {} |\n",
            transform.name,
            transform.category.as_str(),
            transform.effect.as_str(),
            transform.summary,
            transform.fixes.join(", "),
        )
    });
    let head = "| name | category | effect | what it does | answers to |\n|---|---|---|---|---|\n";
    let table: String = std::iter::once(head.to_owned()).chain(rows).collect();
    let shown = with_part(&readme, "transforms", &table);
    let shown = with_part(&shown, "diff:node-api", &format!("```diff\n{}```\n", diff("node-api")));
    let shown = with_part(&shown, "report:python-flask", &format!("```\n{}```\n", report("python-flask")));
    expect_file(&path, &shown);
}
