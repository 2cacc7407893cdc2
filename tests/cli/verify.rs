//! `dockfix verify` with a script that plays the engine: which words it gets, what comes of its answers, and that
//! nothing is left however the run ends.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;

/// An engine that is played, a project, and a server that stands for what the containers publish.
struct Stage {
    folder: tempfile::TempDir,
    port: u16,
}

impl Stage {
    fn new() -> Stage {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["bin", "engine", "tmp", "project"] {
            std::fs::create_dir(folder.path().join(name)).expect("own folder");
        }
        for file in ["Dockerfile", "package.json", "package-lock.json", "server.js"] {
            let to = folder.path().join("project").join(file);
            std::fs::copy(root.join("examples/node-api").join(file), to).expect("an example");
        }
        std::os::unix::fs::symlink(root.join("tests/cli/fake-docker"), folder.path().join("bin/docker"))
            .expect("own folder");
        Stage { folder, port: serve() }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = program(&self.folder.path().join("project"));
        let path = std::env::var("PATH").expect("the tests have one");
        command
            .env("PATH", format!("{}:{path}", self.folder.path().join("bin").display()))
            .env("FAKE", self.engine())
            .env("PORT", self.port.to_string())
            .env("TMPDIR", self.folder.path().join("tmp"))
            .arg("verify")
            .args(args);
        command
    }

    fn engine(&self) -> PathBuf {
        self.folder.path().join("engine")
    }

    fn asked(&self) -> String {
        std::fs::read_to_string(self.engine().join("log")).unwrap_or_default()
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("project").join(path)).unwrap_or_default()
    }

    /// What is left in the engine and in the folder for temporary files.
    fn left(&self) -> Vec<String> {
        let names = |path: PathBuf| -> Vec<String> {
            let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        let engine = self.engine();
        let mut left = names(engine.join("images"));
        left.extend(names(engine.join("containers")));
        left.extend(names(self.folder.path().join("tmp")));
        left
    }
}

/// A server that answers every request with 200, as long as the tests run.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 512]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        }
    });
    port
}

fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ended by itself");
    (code, text(&output.stdout), text(&output.stderr))
}

#[test]
fn what_is_better_is_told_and_nothing_is_left_or_written() {
    let stage = Stage::new();
    let before = stage.text("Dockerfile");
    let (code, out, err) = run(&mut stage.command(&[]));
    assert_eq!((code, err.as_str()), (0, "1 verified\n"), "{out}");
    assert!(out.starts_with("Dockerfile: verified\n"), "{out}");
    for (what, before, after) in [
        ("builds", "yes", "yes"),
        ("size", "700.0 MB", "200.0 MB"),
        ("user", "root", "1000:1000"),
        ("starts", "stays up", "stays up"),
        ("listens on", "3000", "3000"),
        ("answers", "200 on 3000", "200 on 3000"),
        ("health", "not checked", "healthy"),
        ("after an edit", "runs `npm install`", "runs nothing"),
    ] {
        let told = out.lines().any(|line| {
            let words: Vec<&str> = line.split("  ").map(str::trim).filter(|word| !word.is_empty()).collect();
            words == [what, before, after]
        });
        assert!(told, "{what}: {out}");
    }
    assert_eq!(stage.left(), Vec::<String>::new());
    assert_eq!((stage.text("Dockerfile"), stage.text(".dockerignore")), (before, String::new()));
}

#[test]
fn engine_is_asked_for_what_the_options_say() {
    let stage = Stage::new();
    let (code, _, err) = run(&mut stage.command(&[
        "Dockerfile",
        "--builder",
        "far",
        "--build-context",
        "node=docker-image://local/node",
        "--build-arg=A=b",
        "--secret=id=x",
        "--network=none",
        "--env=K=v",
        "--env-file=e",
        "--",
        "--pull=false",
    ]));
    assert_eq!(code, 0, "{err}");
    let asked = stage.asked();
    let words = "--build-arg=A=b --build-context=node=docker-image://local/node --secret=id=x --network=none --pull=false ";
    let builds: Vec<&str> = asked.lines().filter(|line| line.starts_with("buildx build")).collect();
    assert_eq!(builds.len(), 4, "{asked}");
    for build in builds {
        assert!(build.contains(" --builder far ") && build.contains(words), "{build}");
        assert!(build.contains(" --label dev.dockfix.run=dockfix-verify-"), "{build}");
    }
    assert!(asked.contains("--publish 127.0.0.1::3000 --env-file=e --env=K=v dockfix-verify-"), "{asked}");
}

#[test]
fn transform_whose_result_fails_is_named_and_the_rest_is_written() {
    let stage = Stage::new();
    let (code, out, err) = run(stage.command(&["--write", "--wait=1"]).env("BREAKS_RUN", "^USER 1000"));
    assert_eq!((code, err.as_str()), (1, "1 failed\n"), "{out}");
    let held = "  held back  add-user: starts: stays up before, ends with 1: Error: permission denied now";
    assert!(out.lines().any(|line| line.starts_with(held)), "{out}");
    let text = stage.text("Dockerfile");
    assert!(
        !text.contains("USER") && text.contains("RUN npm ci\n") && text.contains("HEALTHCHECK"),
        "{text}"
    );
    assert!(!stage.text(".dockerignore").is_empty());
    assert_eq!(stage.left(), Vec::<String>::new());
}

#[test]
fn build_that_breaks_is_laid_to_the_right_transform() {
    let stage = Stage::new();
    let (code, out, _) = run(stage.command(&["--output-format=json"]).env("BREAKS_BUILD", "npm ci"));
    assert_eq!(code, 1, "{out}");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&out).expect("JSON");
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["verdict"], "failed");
    assert_eq!(cases[0]["held_back"][0]["transform"], "copy-manifests-first");
    let because = cases[0]["held_back"][0]["because"].as_str().expect("a text");
    assert!(because.contains("failed to solve: exit code: 1 (error: no such package)"), "{because}");
    let applied = cases[0]["applied"].as_array().expect("a list");
    assert!(
        applied.iter().any(|name| name == "add-user")
            && !applied.iter().any(|name| name == "copy-manifests-first")
    );
}

#[test]
fn original_that_does_not_build_is_an_error_and_nothing_is_written() {
    let stage = Stage::new();
    let before = stage.text("Dockerfile");
    let (code, out, _) = run(stage.command(&["--write"]).env("BREAKS_BUILD", "^FROM"));
    assert_eq!(code, 2, "{out}");
    assert!(out.starts_with("Dockerfile: the original does not build: ERROR: failed to solve"), "{out}");
    assert_eq!((stage.text("Dockerfile"), stage.text(".dockerignore")), (before, String::new()));
    assert_eq!(stage.left(), Vec::<String>::new());
}

#[test]
fn program_that_needs_something_to_start_is_not_called_verified() {
    let stage = Stage::new();
    let before = stage.text("Dockerfile");
    let (code, out, _) = run(stage.command(&["--write"]).env("BREAKS_RUN", "^FROM"));
    let told = "Dockerfile: the original ends with 1 (Error: permission denied), so there is nothing to compare; give it what it needs with `--env` or `--env-file`\n";
    assert!(code == 2 && out.starts_with(told), "{out}");
    assert_eq!((stage.text("Dockerfile"), stage.text(".dockerignore")), (before, String::new()));
}

#[test]
fn verified_text_has_nothing_more_to_verify() {
    let stage = Stage::new();
    assert_eq!(run(&mut stage.command(&["--write", "-q"])).0, 0);
    std::fs::remove_file(stage.engine().join("log")).expect("it was asked");
    let (code, out, err) = run(&mut stage.command(&[]));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "Dockerfile: nothing to change\n", "1 unchanged\n"));
    assert!(!stage.asked().contains("build "), "{}", stage.asked());
}

#[test]
fn missing_engine_is_an_error_that_helps() {
    let stage = Stage::new();
    let (code, _, err) = run(&mut stage.command(&["--engine", "no-such-engine"]));
    assert_eq!(code, 2);
    let help = "dockfix: verify: no container engine answers (`no-such-engine`: `no-such-engine` cannot be started: no such file or folder); start one, or name it with `--engine`\n";
    assert_eq!(err, help);
    assert_eq!(run(&mut stage.command(&["-"])).0, 2);
    assert_eq!(run(&mut stage.command(&["--ask", "health"])).0, 2);
}

/// What is asked without `verify` starts nothing, whatever lies on PATH.
#[test]
fn nothing_else_asks_an_engine() {
    let stage = Stage::new();
    for mode in ["--check", "--write", "--report"] {
        let mut command = stage.command(&[]);
        let environment: Vec<_> =
            command.get_envs().map(|(k, v)| (k.to_owned(), v.map(|v| v.to_owned()))).collect();
        command = program(&stage.folder.path().join("project"));
        for (key, value) in environment {
            command.env(key, value.unwrap_or_default());
        }
        run(command.arg(mode));
        assert_eq!(stage.asked(), "", "{mode}");
    }
}

fn wait_until(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + limit;
    while !is_so() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

/// Asked to end, or killed outright, at any moment: by the run or by its watcher, all is removed.
#[test]
fn nothing_is_left_of_a_run_that_is_ended_at_any_moment() {
    std::thread::scope(|scope| {
        for round in 0..10_u64 {
            scope.spawn(move || {
                let stage = Stage::new();
                let mut command = stage.command(&["--wait=5"]);
                let mut child = piped(command.env("SLOW", "1")).spawn().expect("the program starts");
                std::thread::sleep(Duration::from_millis(150 + round * 450));
                let signal = ["-INT", "-TERM", "-KILL"][round as usize % 3];
                let ended = Command::new("kill").args([signal, &child.id().to_string()]).status();
                assert!(ended.is_ok_and(|status| status.success()), "it still ran");
                let status = child.wait().expect("it has ended");
                if signal != "-KILL" {
                    // Before it has begun it knows nothing of signals, and there is nothing to remove.
                    assert!(matches!(status.code(), Some(2) | None), "{status:?}");
                    assert_eq!(stage.left(), Vec::<String>::new(), "{signal} in round {round}");
                }
                let clean = wait_until(Duration::from_secs(60), || stage.left().is_empty());
                assert!(clean, "{signal} in round {round}: {:?}", stage.left());
                // Nothing comes late.
                std::thread::sleep(Duration::from_secs(2));
                assert_eq!(stage.left(), Vec::<String>::new(), "{signal} in round {round}, later");
            });
        }
    });
}

/// What a run has left that was killed together with its watcher, the next one removes.
#[test]
fn next_run_removes_what_is_left() {
    let stage = Stage::new();
    let folder = stage.folder.path().join("tmp/dockfix-verify-1-abc");
    std::fs::create_dir(&folder).expect("own folder");
    std::fs::write(folder.join("lock"), "").expect("own folder");
    let (code, _, err) = run(&mut stage.command(&["-q"]));
    assert_eq!(code, 0, "{err}");
    assert_eq!(stage.left(), Vec::<String>::new());
}
