//! The laws over whole projects, by the program itself as users run it; skipped loudly where there is no corpus.

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy of a project in a folder of its own, under git.
struct Copy {
    folder: tempfile::TempDir,
    dockerfile: String,
}

impl Copy {
    fn of(project: &Project) -> Copy {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy_folder(&project.context, folder.path());
        // With a repository around it the search for the context ends here, and there is something to ignore.
        std::fs::create_dir_all(folder.path().join(".git/info")).expect("writable");
        std::fs::write(folder.path().join(".git/info/exclude"), "/lies-around/\n*.lies-around\n")
            .expect("writable");
        Copy { folder, dockerfile: project.dockerfile.clone() }
    }

    /// What may lie around in a working copy and is not in git: a source that writes, a manifest, a lock file.
    fn with_ignored_files(self) -> Copy {
        let around = self.folder.path().join("lies-around");
        std::fs::create_dir_all(&around).expect("writable");
        for (name, text) in [
            ("app.js", "require('fs').writeFileSync('/app/x', '')\n"),
            ("app.py", "open('/app/x', 'w')\n"),
            ("package.json", "{\"name\": \"x\", \"scripts\": {\"postinstall\": \"x\"}}"),
            ("main.go", "package main\nimport \"C\"\nfunc main() {}\n"),
        ] {
            std::fs::write(around.join(name), text).expect("writable");
        }
        std::fs::write(self.folder.path().join("x.lies-around"), "x").expect("writable");
        self
    }

    /// Runs the program; the exit code must say that all went well.
    fn write(&self, flags: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockfix"));
        command.arg("--write").args(flags).arg("--context").arg(self.folder.path());
        command.arg(self.folder.path().join(&self.dockerfile));
        let output = command.output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", self.folder.path().display());
    }

    /// The files that a run may change or create.
    fn texts(&self) -> BTreeMap<String, Vec<u8>> {
        let names = [self.dockerfile.clone(), ".dockerignore".to_owned()];
        let read = |name: &String| std::fs::read(self.folder.path().join(name)).ok();
        names.iter().filter_map(|name| Some((name.clone(), read(name)?))).collect()
    }
}

/// A project of the corpus that BuildKit can read.
struct Project {
    id: String,
    context: PathBuf,
    dockerfile: String,
}

fn projects(test: &str) -> Vec<Project> {
    let Some(folder) = corpus::folder(test) else { return Vec::new() };
    let Some(root) = corpus::unpacked(&folder, "contexts") else { return Vec::new() };
    let index = std::fs::read_to_string(root.join("dev/index.tsv")).expect("the corpus has an index");
    let rows = index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let projects = rows.filter_map(|row| {
        let context = root.join("dev").join(row[0]).join("context");
        let dockerfile = row[5].to_owned();
        let text = std::fs::read_to_string(context.join(&dockerfile)).ok()?;
        let source = dockfix::source::Source::new("Dockerfile", &text).ok()?;
        let sound = dockfix::syntax::Document::parse(&source).errors.is_empty();
        sound.then(|| Project { id: row[0].to_owned(), context, dockerfile })
    });
    let projects: Vec<Project> = projects.collect();
    assert!(!projects.is_empty(), "the corpus has no projects");
    projects
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("writable");
    for entry in std::fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            copy_folder(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target).expect("copied");
        }
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let mut broken = Vec::new();
    for project in projects("a_second_run_changes_nothing") {
        for flags in [&[][..], &["--unsafe"]] {
            let copy = Copy::of(&project);
            copy.write(flags);
            let once = copy.texts();
            copy.write(flags);
            if copy.texts() != once {
                broken.push(format!("{} {flags:?}", project.id));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Texts without their line breaks inside instructions. Those follow what most of the file does, and a command that is
/// added to a RUN of one line stays on it: what a later fix joins to it cannot know how it would have been before.
fn unbroken(texts: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    let join = |text: Vec<u8>| {
        let text = String::from_utf8_lossy(&text);
        let joined = text.replace("\r\n", "\n").replace("\\\n", " ");
        let lines = joined.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    };
    texts.into_iter().map(|(path, text)| (path, join(text))).collect()
}

#[test]
fn safe_fixes_first_and_the_others_later_end_at_the_same_text() {
    let mut broken = Vec::new();
    for project in projects("safe_fixes_first_and_the_others_later_end_at_the_same_text") {
        let (two_steps, at_once) = (Copy::of(&project), Copy::of(&project));
        two_steps.write(&[]);
        two_steps.write(&["--unsafe"]);
        at_once.write(&["--unsafe"]);
        if unbroken(two_steps.texts()) != unbroken(at_once.texts()) {
            broken.push(project.id);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn ignored_files_do_not_change_the_verdict() {
    let mut broken = Vec::new();
    for project in projects("ignored_files_do_not_change_the_verdict") {
        let (clean, littered) = (Copy::of(&project), Copy::of(&project).with_ignored_files());
        clean.write(&[]);
        littered.write(&[]);
        if clean.texts() != littered.texts() {
            broken.push(project.id);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The state of each point, as the checklist of a project tells it.
fn checklist(copy: &Copy) -> BTreeMap<String, (String, bool)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dockfix"));
    command.args(["--report", "--output-format", "json", "--context"]).arg(copy.folder.path());
    let output = command.arg(copy.folder.path().join(&copy.dockerfile)).output().expect("the program runs");
    let files: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let files = files.as_array().expect("an array");
    let transforms = |file: &serde_json::Value| file["applied"].as_array().cloned().unwrap_or_default();
    let applied: Vec<serde_json::Value> = files.iter().flat_map(transforms).collect();
    let items = files.iter().find_map(|file| file["checklist"].as_array()).expect("a checklist");
    let put_right = |point: &str| {
        let known = dockfix::transforms::checklist::POINTS.iter().find(|known| known.name == point);
        let known = known.expect("a point of the list");
        let text = |fix: &serde_json::Value, key: &str| fix[key].as_str().unwrap_or_default().to_owned();
        applied.iter().any(|fix| known.is_put_right_by(&text(fix, "transform"), &text(fix, "title")))
    };
    let item = |item: &serde_json::Value| {
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            text("state") == "held back",
            !item["missing"].as_array().expect("a list").is_empty(),
            "{item}"
        );
        assert!(text("state") == "held back" || !text("because").is_empty(), "{item}");
        (text("point"), (text("state"), put_right(&text("point"))))
    };
    items.iter().map(item).collect()
}

#[test]
fn what_the_checklist_calls_fixed_is_right_on_the_second_run() {
    let mut broken = Vec::new();
    for project in projects("what_the_checklist_calls_fixed_is_right_on_the_second_run") {
        let copy = Copy::of(&project);
        let (before, texts) = (checklist(&copy), copy.texts());
        copy.write(&[]);
        let changes = copy.texts() != texts;
        let after = checklist(&copy);
        for (point, (state, changed)) in &before {
            // A point that is put right in part stays open.
            let sound = match state.as_str() {
                "fixed" => changes && after[point].0 == "already right",
                "already right" | "not applicable" => !changed && after[point].0 == *state,
                _ => after[point].0 == "held back",
            };
            if !sound {
                broken.push(format!("{} {point}: {state}, then {}", project.id, after[point].0));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
