use dockfix::rewrite::{self, Rejected};
use dockfix::transforms::NewFile;

use super::*;
use crate::cli::context::normal;
use crate::cli::context::tests::folder_with;

struct Case {
    folder: tempfile::TempDir,
    current: PathBuf,
}

impl Case {
    fn new(files: &[(&str, &str)]) -> Case {
        let folder = folder_with(files);
        let current = normal(folder.path()).expect("an absolute path");
        Case { folder, current }
    }

    fn reports(&self, names: &[&str], rewrite: Rewrite, write: bool) -> Vec<FileReport> {
        let task = |name: &&str| {
            let path = Some(self.current.join(name));
            Ok(Task {
                name: (*name).to_owned(),
                path,
                options: Options::default(),
                wary: false,
                stdin: false,
            })
        };
        let tasks = names.iter().map(task).collect();
        let descriptions = Descriptions::default();
        Run { current: &self.current, context: None, rewrite, descriptions, write, review: false }
            .reports(tasks)
    }

    fn text(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(name)).ok()
    }
}

fn troubles(reports: &[FileReport]) -> Vec<String> {
    reports.iter().flat_map(|report| &report.troubles).map(Trouble::to_string).collect()
}

/// As `write-dockerignore` would: a new file, and Dockerfiles that count on it.
fn creating(context: &BuildContext) -> Outcome {
    let mut outcome = rewrite::rewrite(context);
    outcome.created.push(NewFile { path: ".dockerignore".to_owned(), text: ".git\n".to_owned() });
    outcome
}

#[test]
fn new_file_comes_before_the_dockerfiles_of_its_context() {
    let case = Case::new(&[
        ("Dockerfile", "from a\n"),
        ("x/Dockerfile", "from a\n"),
        ("Dockerfile.dev", "from a\n"),
    ]);
    let names = ["Dockerfile", "x/Dockerfile", "Dockerfile.dev"];
    let shown = |write| {
        let reports = case.reports(&names, creating, write);
        assert_eq!(troubles(&reports), Vec::<String>::new());
        reports.into_iter().map(|report| report.path).collect::<Vec<_>>()
    };
    let expected = [".dockerignore", "Dockerfile", "x/.dockerignore", "x/Dockerfile", "Dockerfile.dev"];
    assert_eq!(shown(false), expected);
    assert_eq!((case.text(".dockerignore"), case.text("Dockerfile").as_deref()), (None, Some("from a\n")));
    assert_eq!(shown(true), expected);
    assert_eq!(case.text(".dockerignore").as_deref(), Some(".git\n"));
    assert_eq!(case.text("Dockerfile.dev").as_deref(), Some("FROM a\n"));
}

#[test]
fn dockerfile_stays_when_the_file_that_it_needs_cannot_be_created() {
    fn creating_too_late(context: &BuildContext) -> Outcome {
        let mut outcome = creating(context);
        outcome.created[0].path = "Dockerfile".to_owned();
        outcome
    }
    let case = Case::new(&[("Dockerfile", "from a\n")]);
    let reports = case.reports(&["Dockerfile"], creating_too_late, true);
    let expected = [
        "Dockerfile: exists by now, and is left as it is; run dockfix again",
        "Dockerfile: is left as it is, since a file that it needs could not be written",
    ];
    assert_eq!(troubles(&reports), expected);
    assert_eq!(case.text("Dockerfile").as_deref(), Some("from a\n"));
}

#[test]
fn panic_in_one_context_does_not_stop_the_others() {
    fn panicking(context: &BuildContext) -> Outcome {
        assert!(!context.dockerfiles[0].source.text().contains("boom"), "on purpose");
        rewrite::rewrite(context)
    }
    let case = Case::new(&[("a/Dockerfile", "from boom\n"), ("b/Dockerfile", "from a\n")]);
    let reports = case.reports(&["a/Dockerfile", "b/Dockerfile"], panicking, true);
    let expected = ["a/Dockerfile: dockfix failed on this file; please report this with the lines above"];
    assert_eq!(troubles(&reports), expected);
    assert_eq!(case.text("a/Dockerfile").as_deref(), Some("from boom\n"));
    assert_eq!(case.text("b/Dockerfile").as_deref(), Some("FROM a\n"));
}

#[test]
fn broken_law_is_told_and_what_else_was_done_is_kept() {
    fn rejecting(context: &BuildContext) -> Outcome {
        let mut outcome = rewrite::rewrite(context);
        outcome.files[0].rejected.push(Rejected { transform: "x", law: "frame: CMD changed".to_owned() });
        outcome
    }
    let case = Case::new(&[("Dockerfile", "from a\n")]);
    let reports = case.reports(&["Dockerfile"], rejecting, true);
    let expected =
        ["Dockerfile: a result of `x` was thrown away, since it breaks a law (frame: CMD changed); \
                     please report this"];
    assert_eq!(troubles(&reports), expected);
    assert_eq!(case.text("Dockerfile").as_deref(), Some("FROM a\n"));
}

#[test]
fn file_changed_while_running_is_left_alone() {
    fn meddling(context: &BuildContext) -> Outcome {
        let path = context.project.tree().read("path").expect("the case says where it lies");
        std::fs::write(path, "theirs").expect("own folder");
        rewrite::rewrite(context)
    }
    let case = Case::new(&[("Dockerfile", "from a\n")]);
    let path = case.current.join("Dockerfile");
    std::fs::write(case.current.join("path"), path.to_string_lossy().as_bytes()).expect("own folder");
    let reports = case.reports(&["Dockerfile"], meddling, true);
    assert_eq!(troubles(&reports), ["Dockerfile: has changed since it was read; run dockfix again"]);
    assert!(!reports[0].changed());
    assert_eq!(case.text("Dockerfile").as_deref(), Some("theirs"));
}

#[test]
fn other_dockerfiles_of_the_context_are_looked_at_and_not_changed() {
    fn telling(context: &BuildContext) -> Outcome {
        let paths: Vec<&str> = context.dockerfiles.iter().filter_map(|file| file.path.as_deref()).collect();
        assert_eq!(paths, ["Dockerfile", "Dockerfile.dev", "sub/y.Dockerfile"]);
        creating(context)
    }
    let case = Case::new(&[
        (".git/HEAD", ""),
        ("Dockerfile", "from a\n"),
        ("Dockerfile.dev", "from a\n"),
        ("Dockerfile.md", "from a\n"),
        ("here", ""),
        // Its sources stand in the folder above.
        ("sub/y.Dockerfile", "from a\ncopy here .\n"),
        // A context of its own.
        ("own/Dockerfile", "from a\n"),
    ]);
    let reports = case.reports(&["Dockerfile"], telling, true);
    assert_eq!(troubles(&reports), Vec::<String>::new());
    assert_eq!(reports.len(), 2);
    assert_eq!(case.text("Dockerfile").as_deref(), Some("FROM a\n"));
    assert_eq!(case.text("Dockerfile.dev").as_deref(), Some("from a\n"));
}

#[test]
fn dockerfiles_that_only_a_build_names_are_looked_at_too() {
    fn telling(context: &BuildContext) -> Outcome {
        let first = |file: &Dockerfile| file.source.text().lines().next().map(str::to_owned);
        let texts: Vec<_> = context.dockerfiles.iter().filter_map(first).collect();
        assert_eq!(texts, ["from asked", "from elsewhere", "from odd", "from both"]);
        let paths: Vec<_> = context.dockerfiles.iter().map(|file| file.path.as_deref()).collect();
        assert_eq!(paths, [Some("Dockerfile"), None, Some("web.txt"), None]);
        creating(context)
    }
    let compose = "services:
  a: {build: {context: app}}
  b: {build: {context: app, dockerfile: ../docker/elsewhere.Dockerfile}}
  c: {build: {context: app, dockerfile: web.txt}}
  d: {build: {context: app, dockerfile: ../docker/both.Dockerfile}}
  e: {build: {context: docker, dockerfile: both.Dockerfile}}
  f: {build: {context: docker, dockerfile: other.Dockerfile}}
  g: {build: {context: app, dockerfile: gone.Dockerfile}}
  h: {build: {context: app, dockerfile: ../docker/own.Dockerfile}}
";
    let case = Case::new(&[
        (".git/HEAD", ""),
        ("compose.yaml", compose),
        ("app/Dockerfile", "from asked\n"),
        ("app/web.txt", "from odd\n"),
        ("docker/elsewhere.Dockerfile", "from elsewhere\n"),
        ("docker/both.Dockerfile", "from both\n"),
        ("docker/other.Dockerfile", "from other\n"),
        // An ignore file of its own: ours does not count for it.
        ("docker/own.Dockerfile", "from own\n"),
        ("docker/own.Dockerfile.dockerignore", "x\n"),
    ]);
    let reports = case.reports(&["app/Dockerfile"], telling, true);
    assert_eq!(troubles(&reports), Vec::<String>::new());
    assert_eq!(case.text("docker/elsewhere.Dockerfile").as_deref(), Some("from elsewhere\n"));
}
