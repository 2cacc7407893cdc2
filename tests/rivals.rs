//! What other programs that rewrite Dockerfiles get wrong, each as the smallest file that shows it: ours must be right,
//! by default and with everything that is not proven.

use dockfix::config::Options;
use dockfix::project::Project;
use dockfix::rewrite::{BuildContext, Dockerfile, FileOutcome, rewrite};
use dockfix::source::Source;

fn outcome(text: &str, unproven: bool) -> FileOutcome {
    let source = Source::new("Dockerfile", text).expect("a small text");
    let options = Options { unproven, ..Options::default() };
    let dockerfile = Dockerfile { source, path: Some("Dockerfile".to_owned()), options, builds: Vec::new() };
    let project = Project::in_memory([("Dockerfile", text)]);
    let file = rewrite(&BuildContext { dockerfiles: vec![dockerfile], project }).files.remove(0);
    assert!(file.rejected.is_empty(), "{:?}", file.rejected);
    file
}

/// The texts that come of a file, by default and with `--unsafe`; both are final.
#[track_caller]
fn texts(text: &str) -> [String; 2] {
    [false, true].map(|unproven| {
        let after = outcome(text, unproven).after.text().to_owned();
        assert_eq!(outcome(&after, unproven).after.text(), after, "a second run changes the text again");
        after
    })
}

#[track_caller]
fn holds(text: &str, parts: &[&str]) {
    for after in texts(text) {
        for part in parts {
            assert!(after.contains(part), "`{part}` is not in:\n{after}");
        }
    }
}

#[track_caller]
fn lacks(text: &str, parts: &[&str]) {
    for after in texts(text) {
        for part in parts {
            assert!(!after.contains(part), "`{part}` is in:\n{after}");
        }
    }
}

#[test]
fn a_package_of_a_program_s_name_is_no_call_and_comments_stay_whole() {
    let text = "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    wget \\\n\n    git\n# cleanup\nRUN ls\n";
    holds(text, &["# cleanup\n"]);
    lacks(text, &["--progress"]);
}

#[test]
fn neighbouring_edits_keep_their_lines() {
    for after in texts("FROM python:3.12\nWORKDIR app\nRUN cd /app && pip install x\n") {
        assert!(after.contains("WORKDIR /app\nRUN "), "{after}");
        assert_eq!(after.matches("WORKDIR").count(), 1, "{after}");
    }
}

#[test]
fn a_folder_gets_no_option_of_a_command() {
    let text = "FROM php:8.2-apache\nRUN cd /var/www/html && composer install\n";
    for after in texts(text) {
        let workdirs = after.lines().filter(|line| line.starts_with("WORKDIR"));
        assert!(workdirs.into_iter().all(|line| line == "WORKDIR /var/www/html"), "{after}");
        assert!(after.contains("composer install"), "{after}");
    }
}

#[test]
fn carriage_returns_are_counted() {
    let text = "FROM alpine:3.22\r\nRUN apk add --no-cache \\\r\n    git \\\r\n    curl\r\nCMD [\"git\"]\r\n";
    for after in texts(text) {
        assert!(after.ends_with("CMD [\"git\"]\r\n"), "{after}");
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
        assert!(after.contains("git") && after.contains("curl"), "{after}");
    }
}

#[test]
fn what_a_cache_mount_hides_is_not_run() {
    let text =
        "FROM rust:1.85\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\nCMD [\"./target/release/app\"]\n";
    lacks(text, &["target=/app/target"]);
}

#[test]
fn a_program_that_a_health_check_needs_stays() {
    let text = "FROM debian:12\nRUN apt-get update && apt-get install -y curl wget\nHEALTHCHECK CMD curl -f http://localhost/\n";
    holds(text, &["curl wget", "curl"]);
}

#[test]
fn an_image_without_bash_gets_none() {
    lacks("FROM alpine:3.22\nRUN wget -qO- https://example.com/a | tar x\n", &["/bin/bash"]);
    lacks("FROM busybox:1.36\nRUN wget -qO- https://example.com/a | tar x\n", &["/bin/bash"]);
}

#[test]
fn back_quotes_are_not_run_twice() {
    holds("FROM debian:12\nRUN X=`date` && echo \"$X\"\n", &["X=`date`"]);
}

#[test]
fn a_file_stays_where_it_is_copied() {
    for after in texts("FROM scratch\nCOPY a b\n") {
        assert!(after.contains("COPY a /b\n") && !after.contains("WORKDIR"), "{after}");
    }
}

#[test]
fn comments_and_lines_inside_a_run_stay() {
    let text = "FROM debian:12\nRUN set -e; \\\n    # first\n    apt-get update; \\\n    # second\n    apt-get install -y git\n";
    holds(text, &["# first\n", "# second\n", "apt-get update; \\\n"]);
    lacks(text, &["<<EOF"]);
}

#[test]
fn nothing_is_installed_or_set_that_nobody_asked_for() {
    let text = "FROM php:8.2-apache\nRUN curl -fsSL https://example.com/a -o /a\n";
    lacks(text, &["opcache", ".curlrc", "wgetrc", "\nENV "]);
}

#[test]
fn the_owner_of_files_is_not_changed() {
    lacks("FROM debian:12\nRUN useradd app\nUSER app\nCOPY a /a\n", &["COPY --chown"]);
}

#[test]
fn a_template_is_told_and_left_alone() {
    let text = "FROM {{ base }}\nRUN make\n";
    let file = outcome(text, true);
    assert_eq!(file.after.text(), text);
    assert!(!file.faults.is_empty());
}

#[test]
fn an_overridden_instruction_leaves_no_litter() {
    for after in texts("FROM debian:12\nCMD [\"a\"]\nCMD [\"b\"]\n") {
        assert!(!after.contains("[\"a\"]") && !after.contains('#'), "{after}");
    }
}

#[test]
fn a_list_of_packages_keeps_its_comments_and_continuations() {
    let text = "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    zsh \\\n    # the editor\n    vim \\\n    git \\\n && rm -rf /var/lib/apt/lists/*\n";
    holds(text, &["# the editor\n", "zsh", "vim", "git"]);
    for after in texts(text) {
        let last = after.lines().filter(|line| !line.starts_with(['#', ' '])).count();
        assert!(last >= 2, "{after}");
    }
}
