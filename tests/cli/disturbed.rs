//! Runs with readers that go away, files that must not be read, rights that are missing, and kills at any moment.

use std::io::Read as _;
use std::time::Duration;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    folder_with(&files.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect())
}

fn status(output: &Output) -> i32 {
    output.status.code().expect("it ended by itself")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn file_of_more_than_ten_mebibytes_is_refused() {
    let folder = folder(&[("Dockerfile", &"# x\n".repeat(3 * 1024 * 1024))]);
    let output = dockfix(folder.path(), &["--check"], "");
    assert_eq!(status(&output), 2);
    assert!(said(&output).contains("dockfix: Dockerfile: is too large (12 MiB; at most 10 MiB are read)"));
    let output = dockfix(folder.path(), &["-"], &"# x\n".repeat(3 * 1024 * 1024));
    assert_eq!(status(&output), 2, "{}", said(&output));
}

#[test]
fn reader_that_goes_away_is_no_error() {
    let long = format!("from a\n{}", "run x\n".repeat(100_000));
    let folder = folder(&[("Dockerfile", &long)]);
    for (mode, expected) in [("--color=never", 0), ("--check", 1)] {
        let mut command = program(folder.path());
        command.args([mode, "--select", "layout", "--quiet"]);
        let mut child = piped(&mut command).spawn().expect("the program starts");
        let mut begin = [0; 10];
        child.stdout.take().expect("a pipe").read_exact(&mut begin).expect("the diff begins");
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!((status(&output), said(&output).as_str()), (expected, ""), "{mode}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let folder = folder(&[("Dockerfile", "from a\n")]);
    let output = |always: &str, environment: &[(&str, &str)]| {
        let mut command = program(folder.path());
        command.args(["--select", "layout", always]).envs(environment.iter().copied());
        let output = command.output().expect("the program runs");
        (output.stdout.contains(&0x1b), output.stderr.contains(&0x1b))
    };
    assert_eq!(output("--color=auto", &[]), (false, false));
    assert_eq!(output("--color=always", &[]), (true, true));
    assert_eq!(output("--color=always", &[("NO_COLOR", "1")]), (true, true));
    assert_eq!(output("--color=auto", &[("CLICOLOR_FORCE", "1")]), (true, true));
    assert_eq!(output("--color=auto", &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), (false, false));
    assert_eq!(output("--color=never", &[("CLICOLOR_FORCE", "1")]), (false, false));
}

#[test]
fn control_characters_stay_in_a_piped_diff_and_nowhere_else() {
    let folder = folder(&[("Dockerfile", "from a\nRUN echo \x1b[31m\u{9b}\n")]);
    let plain = dockfix(folder.path(), &["--select", "layout"], "");
    assert!(String::from_utf8_lossy(&plain.stdout).contains(" RUN echo \x1b[31m\u{9b}\n"));
    let coloured = dockfix(folder.path(), &["--select", "layout", "--color=always"], "");
    let text = String::from_utf8_lossy(&coloured.stdout).into_owned();
    assert!(text.contains("RUN echo ␛[31m\\u{9b}") && !text.contains('\u{9b}'), "{text:?}");
    let broken = dockfix(folder.path(), &["no\x1b[2Jsuch\u{9b}"], "");
    assert_eq!(
        said(&broken).lines().next(),
        Some("dockfix: no␛[2Jsuch\\u{9b}: cannot be read: no such file or folder")
    );
    let json = dockfix(folder.path(), &["--output-format=json", "no\x1b[2Jsuch\u{9b}"], "");
    let text = String::from_utf8_lossy(&json.stdout).into_owned();
    assert!(text.contains("no\\u001b[2Jsuch\\u009b"), "{text}");
}

#[test]
fn every_transform_is_listed_and_explained() {
    let folder = folder(&[]);
    let output =
        |args: &[&str]| String::from_utf8_lossy(&dockfix(folder.path(), args, "").stdout).into_owned();
    let (list, json) = (output(&["--list"]), output(&["--list", "--output-format=json"]));
    let objects: Vec<serde_json::Value> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(objects.len(), dockfix::transforms::ALL.len());
    for transform in dockfix::transforms::ALL {
        assert!(list.lines().any(|line| line.starts_with(&format!("{} ", transform.name))), "{list}");
        let explained = output(&["--explain", transform.name]);
        let first = format!("{}: {}\n", transform.name, transform.summary);
        assert!(explained.starts_with(&first) && explained.contains(transform.explain.trim()), "{explained}");
    }
}

#[test]
fn unknown_name_gives_a_neighbour() {
    let folder = folder(&[]);
    for (option, wrong, near) in [
        ("--select", "layuot", "'layout'"),
        ("--ignore", "layout,secruity", "'security'"),
        ("--explain", "tidy-blank", "'tidy-blanks'"),
    ] {
        let output = dockfix(folder.path(), &[option, wrong], "");
        let tip = format!("a similar value exists: {near}");
        assert!(status(&output) == 2 && said(&output).contains(&tip), "{}", said(&output));
    }
}

#[test]
fn number_of_jobs_does_not_change_what_is_printed() {
    let texts: Vec<(String, &str)> =
        (0..40).map(|at| (format!("d{at}/Dockerfile"), "from a\nrun x")).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let folder = folder(&files);
    let run = |jobs: &str| {
        let output = dockfix(folder.path(), &["--jobs", jobs, "-v", "--select", "layout"], "");
        (output.stdout, output.stderr)
    };
    assert_eq!(run("1"), run("8"));
    assert_eq!(status(&dockfix(folder.path(), &["--jobs", "0"], "")), 2);
}

#[cfg(unix)]
mod unix {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    use super::*;

    /// A user without rights, where the tests run as root, to whom rights mean nothing.
    const NOBODY: u32 = 65534;

    fn as_nobody(folder: &Path, args: &[&str]) -> Output {
        let mut command = program(folder);
        if is_root(folder) {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.args(args).output().expect("the program runs")
    }

    /// Whether rights mean nothing to us.
    fn is_root(folder: &Path) -> bool {
        let probe = folder.join("probe");
        std::fs::write(&probe, "").expect("own folder");
        std::fs::set_permissions(&probe, Permissions::from_mode(0o000)).expect("own file");
        let root = std::fs::read(&probe).is_ok();
        std::fs::remove_file(&probe).expect("own file");
        root
    }

    #[test]
    fn file_that_may_not_be_read_or_written_is_told() {
        let folder = folder(&[
            ("secret/Dockerfile", "from a\n"),
            ("fixed/Dockerfile", "from a\n"),
            ("Dockerfile", "from a\n"),
        ]);
        let mode = |path: &str, mode| {
            std::fs::set_permissions(folder.path().join(path), Permissions::from_mode(mode))
                .expect("own file");
        };
        mode("", 0o777);
        mode("Dockerfile", 0o666);
        mode("secret/Dockerfile", 0);
        mode("fixed/Dockerfile", 0o666);
        mode("fixed", 0o555);
        let output = as_nobody(folder.path(), &["--write", "--select", "layout", "-q"]);
        let said = said(&output);
        assert_eq!(status(&output), 2, "{said}");
        let secret = "dockfix: secret/Dockerfile: cannot be read: permission denied; check the rights of the file and its folder\n";
        assert!(said.contains(secret), "{said}");
        assert!(
            said.contains("dockfix: fixed/Dockerfile: cannot be written: no file can be created in `"),
            "{said}"
        );
        let text = |path: &str| std::fs::read_to_string(folder.path().join(path)).expect("own file");
        assert_eq!(
            (text("Dockerfile").as_str(), text("fixed/Dockerfile").as_str()),
            ("FROM a\n", "from a\n")
        );
        mode("fixed", 0o755);
    }

    #[test]
    fn folder_that_may_not_be_read_is_told() {
        let folder = folder(&[("closed/Dockerfile", "from a\n"), ("Dockerfile", "FROM a\n")]);
        let closed = folder.path().join("closed");
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("own folder");
        std::fs::set_permissions(&closed, Permissions::from_mode(0o000)).expect("own folder");
        let output = as_nobody(folder.path(), &["--check", "--select", "layout"]);
        std::fs::set_permissions(&closed, Permissions::from_mode(0o755)).expect("own folder");
        assert_eq!(status(&output), 2);
        assert!(said(&output).contains("closed: cannot be read: permission denied"), "{}", said(&output));
    }

    #[test]
    fn pipe_is_refused_and_not_waited_for() {
        let folder = folder(&[]);
        let made = Command::new("mkfifo").arg(folder.path().join("Dockerfile")).status();
        if !made.is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no pipe can be made here");
            return;
        }
        let output = dockfix(folder.path(), &[] as &[&str], "");
        let expected =
            "dockfix: Dockerfile: is a pipe or a device, not a regular file; use `-` to read standard input";
        assert_eq!((status(&output), said(&output).lines().next()), (2, Some(expected)));
    }

    #[test]
    fn standard_output_that_is_full_is_an_error() {
        let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
            eprintln!("SKIPPED: there is no /dev/full here");
            return;
        };
        let folder = folder(&[("Dockerfile", "from a\n")]);
        let output =
            program(folder.path()).args(["--select", "layout", "-q"]).stdout(full).output().expect("it runs");
        assert_eq!(status(&output), 2);
        assert!(said(&output).starts_with("dockfix: standard output cannot be written"), "{}", said(&output));
    }

    /// Whenever the process is killed, each file is whole, and what it leaves behind is no Dockerfile.
    #[test]
    fn killed_while_writing() {
        let body = "run echo 1234567890\n".repeat(500);
        let (old, new) = (format!("from a\n{body}"), format!("FROM a\n{}", body.replace("run", "RUN")));
        let names: Vec<String> = (0..12).map(|at| format!("d{at}/Dockerfile")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), old.as_str())).collect();
        let whole = folder(&files);
        let began = std::time::Instant::now();
        let output = dockfix(whole.path(), &["--write", "--select", "layout", "-q"], "");
        let length = began.elapsed();
        assert_eq!((status(&output), said(&output).as_str()), (0, ""));

        // At moments spread over the length of a run; on a busy machine it takes more rounds to hit the writing.
        let (rounds, most) = (15, 300);
        let mut partly = 0;
        for round in 0..most {
            if round >= rounds && partly > 0 {
                break;
            }
            let folder = folder(&files);
            let mut child = program(folder.path())
                .args(["--write", "--select", "layout", "-q"])
                .spawn()
                .expect("it starts");
            std::thread::sleep(
                length * (round % rounds) / rounds + Duration::from_micros(u64::from(round) * 37 % 1_500),
            );
            child.kill().expect("it is ours");
            child.wait().expect("it has ended");
            let found = texts(folder.path());
            for (path, text) in &found {
                let name = path.rsplit('/').next().expect("a name");
                let leftover = name.starts_with(".dockfix-") && name.ends_with(".tmp");
                assert!(leftover || *text == old || *text == new, "{path} is neither old nor new");
                assert!(leftover || name == "Dockerfile", "{path} is left behind");
            }
            let done = names.iter().filter(|name| found[*name] == new).count();
            partly += usize::from(0 < done && done < names.len());
            // The next run does what was left, and takes nothing for a Dockerfile that is none.
            let output = dockfix(folder.path(), &["--write", "--select", "layout", "-q"], "");
            assert_eq!(status(&output), 0, "{}", said(&output));
            let found = texts(folder.path());
            assert!(names.iter().all(|name| found[name] == new));
        }
        assert!(partly > 0, "no round was killed while it wrote");
    }
}
