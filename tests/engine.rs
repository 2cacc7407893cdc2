//! `dockfix verify` on a real container engine, with the projects of `examples/`.
//!
//! `DOCKFIX_ENGINE_DIR` names a folder with a Docker engine (`sock`, `cfg`, `dk/usr/bin/docker`) that holds local
//! stand-ins for the official images, so that no registry is needed; `DOCKFIX_ENGINE=1` takes the docker on PATH and
//! the official images. Without either, nothing is run: a test must not take an engine of somebody's unasked.

#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The engine to use.
struct Engine {
    /// The folder with an engine and stand-ins; none is the docker on PATH.
    folder: Option<PathBuf>,
}

impl Engine {
    fn find() -> Option<Engine> {
        let folder = std::env::var_os("DOCKFIX_ENGINE_DIR").map(PathBuf::from);
        if folder.is_none() && std::env::var_os("DOCKFIX_ENGINE").is_none() {
            eprintln!(
                "SKIPPED: no engine (set DOCKFIX_ENGINE_DIR, or DOCKFIX_ENGINE=1 for the docker on PATH)"
            );
            return None;
        }
        let engine = Engine { folder };
        let answer =
            engine.command("docker").args(["ps", "--quiet"]).output().expect("docker can be started");
        assert!(answer.status.success(), "the engine does not answer: {}", text(&answer.stderr));
        Some(engine)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if let Some(folder) = &self.folder {
            let path = std::env::var("PATH").expect("the tests have one");
            command
                .env("DOCKER_HOST", format!("unix://{}", folder.join("sock").display()))
                .env("DOCKER_CONFIG", folder.join("cfg"))
                .env("PATH", format!("{}:{path}", folder.join("dk/usr/bin").display()));
        }
        command
    }

    /// A run of `dockfix verify` below `folder`, with stand-ins for all images that its Dockerfiles name, now or after
    /// they are rewritten.
    fn verify(&self, folder: &Path, temporary: &Path, words: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_dockfix"));
        command.current_dir(folder).env("TMPDIR", temporary).arg("verify").args(words);
        if self.folder.is_some() {
            for reference in references(folder) {
                if let Some(stand_in) = stand_in(&reference) {
                    command.arg(format!("--build-context={reference}=docker-image://{stand_in}"));
                }
            }
        }
        command
    }

    fn has(&self, image: &str) -> bool {
        let known = self.command("docker").args(["image", "inspect", image]).output().expect("it answers");
        self.folder.is_none() || known.status.success()
    }

    /// Containers and images of the runs that keep their files below `temporary`; others may be at work here.
    fn left(&self, temporary: &Path) -> Vec<String> {
        let filter = ["--all", "--quiet", "--filter", "label=dev.dockfix.run"];
        let label = r#"{{.Id}} {{index .Config.Labels "dev.dockfix.folder"}}"#;
        let mut left = Vec::new();
        for (list, kind) in [("ps", "container"), ("images", "image")] {
            let ids = self.command("docker").arg(list).args(filter).output().expect("the engine answers");
            for id in text(&ids.stdout).lines() {
                let known = self.command("docker").args([kind, "inspect", "--format", label, id]).output();
                let known = text(&known.expect("the engine answers").stdout);
                let ours = known
                    .split_once(' ')
                    .is_some_and(|(_, folder)| Path::new(folder.trim()).starts_with(temporary));
                left.extend(ours.then(|| format!("{kind} {id}")));
            }
        }
        let files = std::fs::read_dir(temporary).expect("own folder").flatten();
        left.extend(files.map(|entry| entry.path().display().to_string()));
        left
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The image that stands for another one: the same language, and slim for slim.
fn stand_in(reference: &str) -> Option<String> {
    let (name, tag) = reference.split_once(':').unwrap_or((reference, "latest"));
    let is_slim = tag.contains("slim");
    let of = |fat: &str, slim: &str| Some(if is_slim { slim } else { fat }.to_owned());
    if let Some(distroless) = name.strip_prefix("gcr.io/distroless/") {
        let kind = distroless.replace("debian13", "debian12");
        let tag = if tag.contains("nonroot") { "nonroot" } else { "latest" };
        return Some(format!("gcr.io/distroless/{kind}:{tag}"));
    }
    match name {
        "node" => of("node:20-bookworm", "node:20-bookworm-slim"),
        "python" => of("python:3.11-bookworm", "python:3.11-slim-bookworm"),
        "golang" => of("golang:1.27", "golang:1.27"),
        "debian" => of("debian:bookworm", "debian:bookworm-slim"),
        _ => None,
    }
}

/// The images that the Dockerfiles below a folder name, as they are and as they are rewritten.
fn references(folder: &Path) -> BTreeSet<String> {
    let copy = tempfile::tempdir().expect("a folder");
    let copied = Command::new("cp").arg("-R").arg(folder).arg(copy.path().join("all")).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let written = Command::new(env!("CARGO_BIN_EXE_dockfix"))
        .args(["--write", "-q", "--unsafe"])
        .arg(copy.path())
        .status();
    assert!(written.is_ok(), "it can be started");
    let mut found = BTreeSet::new();
    for place in [folder, copy.path()] {
        let listed = Command::new("grep").args(["-rhoiE", r"^FROM +[^ ]+|--from=[^ ]+"]).arg(place).output();
        for line in text(&listed.expect("grep is there").stdout).lines() {
            found.extend(line.rsplit([' ', '=']).next().map(str::to_owned));
        }
    }
    found
}

/// A copy of examples, so that a run that wrote would be found out and no other test is disturbed.
fn examples(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        let copied = Command::new("cp").arg("-R").arg(from).arg(folder.path().join(name)).status();
        assert!(copied.is_ok_and(|status| status.success()));
    }
    folder
}

fn cases(output: &Output) -> BTreeMap<String, Value> {
    let list: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", text(&output.stdout), text(&output.stderr)));
    list.into_iter().map(|case| (case["path"].as_str().expect("a path").to_owned(), case)).collect()
}

/// Before and after of a point.
fn point<'a>(case: &'a Value, what: &str) -> (&'a str, &'a str) {
    let points = case["points"].as_array().expect("a list");
    let found = points.iter().find(|point| point["point"] == what);
    let found = found.unwrap_or_else(|| panic!("nothing is said of {what}: {case:#}"));
    (found["before"].as_str().expect("a text"), found["after"].as_str().expect("a text"))
}

fn megabytes(size: &str) -> f64 {
    size.strip_suffix(" MB").and_then(|number| number.parse().ok()).expect("a size")
}

#[test]
fn examples_keep_doing_what_they_do() {
    let Some(engine) = Engine::find() else { return };
    let folder = examples(&["go-http", "node-api", "python-flask", "compose"]);
    let temporary = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let output = engine
        .verify(
            folder.path(),
            temporary.path(),
            &["--output-format=json", "--wait=60", "--jobs=2", "--env=BOARD_URL=http://127.0.0.1:8000/"],
        )
        .output()
        .expect("the program runs");
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{} {said}", text(&output.stdout));
    let cases = cases(&output);
    assert_eq!(cases.len(), 5, "{:?}", cases.keys());
    for (path, case) in &cases {
        assert_eq!(case["verdict"], "verified", "{case:#}");
        assert_eq!(point(case, "starts"), ("stays up", "stays up"), "{path}");
        let (before, after) = point(case, "user");
        assert!(before == "root" && after != "root", "{path}: {after}");
        if !path.contains("watcher") {
            let (before, after) = point(case, "answers");
            assert!(before == after && before.contains(" on "), "{path}: {before}, {after}");
        }
    }
    for path in ["node-api/Dockerfile", "python-flask/Dockerfile", "compose/docker/web.Dockerfile"] {
        assert_eq!(point(&cases[path], "health").1, "healthy", "{path}");
        assert_eq!(point(&cases[path], "after an edit").1, "runs nothing", "{path}");
    }
    let (before, after) = point(&cases["go-http/Dockerfile"], "size");
    assert!(megabytes(before) > 300.0 && megabytes(after) < 20.0, "{before}, {after}");
    assert_eq!(point(&cases["go-http/Dockerfile"], "has a shell"), ("yes", "no"));
    // The shell of the original hands no signal on.
    let (before, after) = point(&cases["go-http/Dockerfile"], "stops");
    assert!(before.starts_with("killed after ") && after.starts_with("with 143 after "), "{before}, {after}");
    assert_eq!(engine.left(temporary.path()), Vec::<String>::new());
    eprintln!("examples: {} s", began.elapsed().as_secs());
}

/// What the settings say is taken for true: here that the program writes nowhere, which is a mistake.
#[test]
fn fix_that_breaks_is_held_back_by_name() {
    let Some(engine) = Engine::find() else { return };
    if !engine.has("python:3.11-bookworm") {
        eprintln!("SKIPPED: no stand-in for python");
        return;
    }
    let (folder, temporary) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("own folder");
    write("dockfix.toml", "[user]\nwritable = []\n");
    write("Dockerfile", "FROM python:3\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD python app.py\n");
    write(
        "app.py",
        "import http.server, os\nif os.system('touch seen.txt'):\n    raise SystemExit(1)\nhttp.server.HTTPServer(('', 8000), http.server.SimpleHTTPRequestHandler).serve_forever()\n",
    );
    let words = ["--write", "--select=add-user,exec-form", "--output-format=json"];
    let output = engine.verify(folder.path(), temporary.path(), &words).output().expect("the program runs");
    let cases = cases(&output);
    let case = &cases["Dockerfile"];
    assert_eq!(output.status.code(), Some(1), "{case:#}");
    assert_eq!(case["held_back"][0]["transform"], "add-user", "{case:#}");
    let text = std::fs::read_to_string(folder.path().join("Dockerfile")).expect("own folder");
    assert_eq!(text, "FROM python:3\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD [\"python\", \"app.py\"]\n");
    assert_eq!(engine.left(temporary.path()), Vec::<String>::new());
}

/// Killed outright at moments spread over a whole run, twenty times: the watcher removes what is there.
#[test]
fn nothing_is_left_of_a_run_that_is_killed() {
    let Some(engine) = Engine::find() else { return };
    let (folder, temporary) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    // Small, and ended by the engine at once, so that twenty runs take no long time.
    let dockerfile = "FROM debian:bookworm-slim\nRUN echo a > /a\nSTOPSIGNAL SIGKILL\nCMD sleep 1000\n";
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("own folder");
    let run = || {
        let mut command =
            engine.verify(folder.path(), temporary.path(), &["-q", "--wait=3", "--select=exec-form"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let began = Instant::now();
    assert!(run().status().is_ok_and(|status| status.success()), "it is verified");
    let length = began.elapsed();
    let left = || engine.left(temporary.path());
    let mut busy = 0;
    for round in 0..20_u32 {
        let mut child = run().spawn().expect("it starts");
        std::thread::sleep(length * (round * 7 % 20) / 20 + Duration::from_millis(200));
        busy += usize::from(left().len() > 1);
        child.kill().expect("it is ours");
        child.wait().expect("it has ended");
        let end = Instant::now() + Duration::from_secs(60);
        while !left().is_empty() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(left(), Vec::<String>::new(), "round {round}");
    }
    // What a build was just about to make would be there by now.
    std::thread::sleep(Duration::from_secs(5));
    assert_eq!(left(), Vec::<String>::new());
    assert!(busy > 5, "it was killed {busy} times while something of it was in the engine");
    eprintln!("killed 20 times, {busy} times with something in the engine");
}
