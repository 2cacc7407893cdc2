use std::sync::Arc;

use super::WRITE_DOCKERIGNORE;
use crate::config::Options;
use crate::project::{Entry, EntryKind, Project, ReadFile, Tree};
use crate::transforms::testing::{outcome, outcome_in};

type Files<'a> = &'a [(&'a str, &'a str)];

/// The lines of the new file, and the ids and texts of what is left out.
fn written(files: Files<'_>, dockerfile: &str) -> (Vec<String>, Vec<(&'static str, String)>) {
    let found = outcome(&WRITE_DOCKERIGNORE, files, dockerfile, &Options::default());
    assert!(found.files[0].rejected.is_empty());
    let lines = found.created.iter().flat_map(|file| file.text.lines().map(str::to_owned)).collect();
    let held = found.files[0].held_back.iter().flat_map(|held| &held.missing);
    (lines, held.map(|missing| (missing.id, missing.text.clone())).collect())
}

/// Asserts whether a line is written.
#[track_caller]
fn check(files: Files<'_>, dockerfile: &str, line: &str, expected: bool) {
    let (lines, left_out) = written(files, dockerfile);
    assert_eq!(lines.iter().any(|written| written == line), expected, "{lines:?} {left_out:#?}");
}

#[track_caller]
fn left_out(files: Files<'_>, dockerfile: &str, id: &str, text: &str) {
    let (lines, found) = written(files, dockerfile);
    assert!(found.iter().any(|(at, found)| *at == id && found.contains(text)), "{lines:?} {found:#?}");
}

const NODE: Files<'_> = &[
    ("package.json", r#"{"dependencies": {"express": "^4"}}"#),
    ("package-lock.json", r#"{"packages": {"node_modules/express": {}}}"#),
    ("server.js", "require('express')().listen(process.env.PORT)"),
];
const COPY_ALL: &str = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD node server.js\n";

fn with<'a>(base: Files<'a>, more: Files<'a>) -> Vec<(&'a str, &'a str)> {
    base.iter().chain(more).copied().collect()
}

#[test]
fn node_server() {
    let (lines, left_out) = written(NODE, COPY_ALL);
    let expected = [
        ".git",
        "**/node_modules",
        "Dockerfile*",
        ".dockerignore",
        "compose*.y*ml",
        "**/*.log",
        "coverage",
        "**/.env",
        "**/.env.*",
    ];
    assert_eq!((lines, left_out), (expected.map(str::to_owned).to_vec(), Vec::new()));
}

#[test]
fn present_ignore_file_is_left_alone() {
    let files = with(NODE, &[(".dockerignore", "# nothing\n")]);
    assert_eq!(written(&files, COPY_ALL), (Vec::new(), Vec::new()));
}

#[test]
fn nothing_is_written_where_nothing_is_copied() {
    assert_eq!(written(NODE, "FROM node\nRUN npm install -g x\n"), (Vec::new(), Vec::new()));
    assert_eq!(written(NODE, "FROM a AS b\nFROM c\nCOPY --from=b /x /x\n"), (Vec::new(), Vec::new()));
}

#[test]
fn only_the_first_of_two_dockerfiles_creates_the_file() {
    let project = Project::in_memory(NODE.iter().copied());
    let files = [("Dockerfile", COPY_ALL), ("Dockerfile.dev", COPY_ALL)];
    let found = outcome_in(&WRITE_DOCKERIGNORE, project, &files, &Options::default());
    assert_eq!(found.created.len(), 1);
}

#[test]
fn explicit_source_forbids_its_line() {
    check(NODE, "FROM a\nCOPY Dockerfile package.json ./\n", "Dockerfile*", false);
    check(NODE, "FROM a\nCOPY Dockerfile package.json ./\n", ".git", true);
    left_out(NODE, "FROM a\nCOPY .git/HEAD ./\n", "DI2", "`.git`: Dockerfile:2 asks for it by name");
    left_out(NODE, "FROM a\nCOPY *.log ./\n", "DI2", "`**/*.log`");
    check(NODE, "FROM a\nCOPY package.json yarn.lock* ./\n", "**/*.log", true);
    left_out(&with(NODE, &[("compose.yml", "")]), "FROM a\nCOPY *.yml ./\n", "DI2", "`compose*.y*ml`");
    check(NODE, "FROM a\nCOPY * ./\nRUN npm ci\n", "**/node_modules", true);
    left_out(NODE, "FROM a\nCOPY * ./\n", "DI4", "`**/node_modules`");
    check(
        NODE,
        "FROM a\nRUN --mount=type=bind,source=.git,target=/g true\nCOPY server.js /\n",
        ".git",
        false,
    );
}

#[test]
fn source_that_is_not_known_forbids_everything() {
    let (lines, left_out) = written(NODE, "FROM a\nARG X\nCOPY $X /x\n");
    assert_eq!((lines, left_out[0].0), (Vec::new(), "DI1"));
}

#[test]
fn other_dockerfiles_of_the_folder_count() {
    let other = [("Dockerfile.dev", "FROM a\nCOPY coverage /x\n")];
    left_out(&with(NODE, &other), COPY_ALL, "DI2", "`coverage`: Dockerfile.dev:2");
    // It has an ignore file of its own.
    let own = with(&other, &[("Dockerfile.dev.dockerignore", "x")]);
    check(&with(NODE, &own), COPY_ALL, "coverage", true);
    // It is built from its own folder.
    let below = [
        ("web/Dockerfile", "FROM a\nCOPY coverage index.html /x/\n"),
        ("web/index.html", ""),
        ("web/coverage/x", ""),
    ];
    check(&with(NODE, &below), COPY_ALL, "coverage", true);
}

#[test]
fn modules_are_excluded_only_where_every_stage_installs_them() {
    let line = "**/node_modules";
    check(NODE, "FROM a\nCOPY . .\nRUN npm ci --omit=dev && npm cache clean --force\n", line, true);
    check(NODE, "FROM a\nRUN cd /app && yarn\nCOPY . .\n", line, true);
    check(NODE, "FROM a\nCOPY . .\nRUN [\"npm\", \"ci\"]\n", line, true);
    check(NODE, "FROM a\nCOPY . .\nRUN <<EOF\nnpm ci\nEOF\n", line, true);
    check(NODE, "FROM a\nCOPY package.json .\nCOPY server.js .\n", line, true);
    check(NODE, "FROM a AS deps\nCOPY package.json ./\nRUN npm ci\nFROM deps\nCOPY . .\n", line, true);
    check(
        NODE,
        "FROM a AS d\nCOPY package.json ./\nRUN npm ci\nFROM a\nCOPY --from=d /app/node_modules ./node_modules\nCOPY . .\n",
        line,
        true,
    );
    for commands in [
        "npm install express",
        "npm install -g pm2",
        "npm ci || true",
        "npm run build",
        "echo npm ci",
        "if x; then npm ci; fi",
    ] {
        let text = format!("FROM a\nCOPY . .\nRUN {commands}\n");
        left_out(NODE, &text, "DI4", "`**/node_modules`");
    }
    let web = "FROM a AS b\nCOPY . .\nRUN npm ci\nFROM nginx\nCOPY . /usr/share/nginx/html\n";
    let page = ("index.html", "<script src=/node_modules/x/x.js></script>");
    left_out(&with(NODE, &[page]), web, "DI4", "Dockerfile:5");
    left_out(
        NODE,
        "FROM a\nSHELL [\"powershell\", \"-Command\"]\nCOPY . .\nRUN npm ci\n",
        "DI4",
        "node_modules",
    );
}

#[test]
fn one_install_serves_one_folder_or_its_workspaces() {
    let two = with(NODE, &[("web/package.json", r#"{"dependencies": {"a": "1"}}"#)]);
    left_out(&two, COPY_ALL, "DI4", "one run serves one folder");
    let workspaces: Files<'_> = &[
        ("package.json", r#"{"workspaces": ["packages/*", "./web"]}"#),
        ("packages/a/package.json", "{}"),
        ("web/package.json", "{}"),
        ("package-lock.json", "{}"),
    ];
    check(workspaces, COPY_ALL, "**/node_modules", true);
    check(&with(workspaces, &[("api/package.json", "{}")]), COPY_ALL, "**/node_modules", false);
}

#[test]
fn folder_that_git_does_not_know_may_hold_modules() {
    left_out(NODE, "FROM a\nCOPY .output /app\n", "DI4", "`.output` (Dockerfile:2)");
    check(NODE, "FROM a\nCOPY app.zip /app\n", "**/node_modules", true);
}

#[test]
fn build_output_is_excluded_only_where_it_is_built() {
    let rust: Files<'_> = &[("Cargo.toml", "[package]"), ("src/main.rs", "fn main() {}")];
    check(rust, "FROM rust\nCOPY . .\nRUN cargo build --release\n", "**/target", true);
    left_out(rust, "FROM debian\nCOPY . .\nCMD ./target/release/x\n", "DI4", "`**/target`");
    left_out(rust, "FROM debian\nCOPY target /x\n", "DI2", "`**/target`");
    let source = with(rust, &[("src/target/mod.rs", "")]);
    left_out(&source, "FROM rust\nCOPY . .\nRUN cargo build\n", "DI3", "`src/target/mod.rs` is kept in git");
}

#[test]
fn file_in_git_that_looks_like_junk_is_no_junk() {
    left_out(&with(NODE, &[("test/data/app.log", "")]), COPY_ALL, "DI3", "`test/data/app.log`");
    left_out(&with(NODE, &[("coverage/index.js", "")]), COPY_ALL, "DI3", "`coverage/index.js`");
    left_out(&with(NODE, &[("Dockerfiles/a", "")]), COPY_ALL, "DI3", "`Dockerfiles/a`");
    left_out(&with(NODE, &[("composer.yaml", "")]), COPY_ALL, "DI3", "`composer.yaml`");
    // It is dropped by no COPY, so nobody misses it.
    check(&with(NODE, &[("app.log", "")]), "FROM a\nCOPY server.js /\n", "**/*.log", true);
}

#[test]
fn history_stays_where_something_reads_it() {
    for line in [
        "RUN git describe --tags > version",
        "RUN make V=$(git rev-parse HEAD)",
        "ENV V=.git/HEAD",
        "RUN cp .git/HEAD /x",
    ] {
        left_out(NODE, &format!("{COPY_ALL}{line}\n"), "DI5", "`.git`");
    }
    for line in [
        "RUN apk add --no-cache git",
        "RUN git clone https://github.com/x/y.git",
        "LABEL x=git",
        "RUN curl https://x/y.git",
    ] {
        check(NODE, &format!("{COPY_ALL}{line}\n"), ".git", true);
    }
    for file in [
        ("build.js", "exec('git rev-parse HEAD')"),
        ("Makefile", "V := $(shell git describe)"),
        ("webpack.config.js", "fs.readFileSync('.git/HEAD')"),
        ("web/package.json", r#"{"devDependencies": {"husky": "4"}}"#),
        ("yarn.lock", "husky@^4.0.0:\n"),
        ("big.js", "\0"),
    ] {
        left_out(&with(NODE, &[file]), COPY_ALL, "DI5", "`.git`");
    }
    for file in [
        ("README.md", "git clone"),
        (
            "a.json",
            r#"{"url": "git+https://github.com/x/y.git", "gitHead": "x", "b": "git@github.com:x/y.git"}"#,
        ),
        (".gitignore", "node_modules"),
        ("logo.png", "\0git"),
        ("digit.js", "digits.git2()"),
    ] {
        check(&with(NODE, &[file]), COPY_ALL, ".git", true);
    }
    let repository = r#"{"repository": {
        "type": "git",
        "url": "https://github.com/x/y.git"}}"#;
    check(&[("package.json", repository)], COPY_ALL, ".git", true);
}

#[test]
fn secrets_stay_where_something_may_load_them() {
    for file in [
        ("config.js", "require('dotenv').config()"),
        ("start.sh", ". ./.env"),
        ("settings.py", "load_dotenv()"),
        ("web/package.json", r#"{"dependencies": {"vite": "5"}}"#),
        ("yarn.lock", "\"next@^14\":\n  version 14\n"),
    ] {
        left_out(&with(NODE, &[file]), COPY_ALL, "DI5", "`**/.env` and `**/.env.*`");
    }
    left_out(NODE, "FROM a\nCOPY . .\nRUN npm ci\nCMD [\"bun\", \"server.js\"]\n", "DI5", "`bun`");
    let script = ("web/package.json", r#"{"scripts": {"start": "tsc && bun server.js"}}"#);
    left_out(&with(NODE, &[script]), COPY_ALL, "DI5", "`bun` (web/package.json:1)");
    let words = ("web/package.json", r#"{"description": "what comes next", "keywords": ["vite"]}"#);
    check(&with(NODE, &[words]), COPY_ALL, "**/.env", true);
    left_out(NODE, "FROM a\nCOPY . .\nRUN npm ci\nCMD node --env-file=x server.js\n", "DI5", "`env-file`");
    let other = ("package.json", r#"{"dependencies": {"express": "4", "other": "1"}}"#);
    left_out(&[other, NODE[2]], COPY_ALL, "DI5", "has no lock file");
    // All that it names is known to the last.
    check(&[NODE[0], NODE[2]], COPY_ALL, "**/.env", true);
    check(NODE, "FROM a\nCOPY server.js .\nCMD [\"bun\", \"server.js\"]\n", "**/.env", true);
}

#[test]
fn python_gets_its_own_lines() {
    let (lines, _) =
        written(&[("app.py", ""), ("requirements.txt", "flask==3.0\n")], "FROM python\nCOPY . /app\n");
    assert!(lines.contains(&"**/__pycache__".to_owned()) && lines.contains(&"**/.venv".to_owned()));
    check(&[("app.py", "")], "FROM python\nCOPY . .\nCMD .venv/bin/python app.py\n", "**/.venv", false);
    check(&[("app.py", ""), (".venv/bin/x", "")], "FROM python\nCOPY . .\n", "**/.venv", false);
}

#[test]
fn lines_without_wildcards_touch_only_the_root() {
    // `.git` cannot lie below `src`, so nobody has to be asked about it.
    check(&[("src/x.js", "exec('git log')")], "FROM a\nCOPY src /src\n", ".git", true);
    check(&[("src/x.js", "exec('git log')")], "FROM a\nCOPY . /src\n", ".git", false);
}

#[test]
fn truncated_or_unknown_folders() {
    let run =
        |project| outcome_in(&WRITE_DOCKERIGNORE, project, &[("Dockerfile", COPY_ALL)], &Options::default());
    let unknown = run(Project::unknown());
    assert!(unknown.created.is_empty() && unknown.files[0].held_back.is_empty());
    struct Nothing;
    impl ReadFile for Nothing {
        fn read(&self, _: &str) -> Option<Vec<u8>> {
            None
        }
    }
    let entry = Entry { path: "a".to_owned(), kind: EntryKind::File { size: 1 }, executable: false };
    let tree = Tree::new(vec![entry], Some("too large".to_owned()), Arc::new(Nothing));
    let cut = run(Project::new(Arc::new(tree), Default::default()));
    assert!(cut.created.is_empty());
    assert_eq!(cut.files[0].held_back[0].missing[0].id, "context-too-large");
}

#[test]
fn what_is_asked_for_below_build_output_is_taken_back_in() {
    let java: Files<'_> = &[("pom.xml", "<project/>")];
    let (lines, _) = written(java, "FROM a\nCOPY target/*.jar app.jar\n");
    let at = lines.iter().position(|line| line == "**/target").expect("the folder is excluded");
    assert_eq!(lines[at + 1], "!target/*.jar");
    left_out(java, "FROM a\nARG J=target/*.jar\nCOPY $J app.jar\n", "DI2", "depends on a build argument");
    left_out(java, "FROM a\nCOPY target/*.jar app.jar\nCOPY . /x\n", "DI4", "`.` (Dockerfile:3)");
}

#[test]
fn modules_are_of_no_use_where_no_javascript_runs() {
    let line = "**/node_modules";
    let files = with(NODE, &[("go.mod", "module x"), ("main.go", "package main")]);
    check(&files, "FROM golang:1.24\nCOPY . .\nRUN go build\n", line, true);
    check(&files, "FROM golang:1.24 AS b\nCOPY . .\nFROM node\nCOPY --from=b /x /x\n", line, false);
    check(&files, "FROM golang:1.24\nRUN apt-get install nodejs\nCOPY . .\n", line, false);
    check(&files, "FROM golang:1.24\nCOPY --from=x /usr/local /usr/local\nCOPY . .\n", line, false);
    let named = with(&files, &[("web.go", "http.Dir(\"node_modules\")")]);
    check(&named, "FROM golang:1.24\nCOPY . .\nRUN go build\n", line, false);
    let bundler = with(&files, &[("go.sum", "github.com/evanw/esbuild v0.25.0 h1:x=")]);
    check(&bundler, "FROM golang:1.24\nCOPY . .\nRUN go build\n", line, false);
}

#[test]
fn folder_without_a_manifest_holds_no_packages() {
    let files = with(NODE, &[("api/main.py", ""), ("api/node_modules/x.js", "")]);
    left_out(&files, "FROM a\nCOPY api /x\n", "DI4", "`api` (Dockerfile:2)");
    check(&files[..4], "FROM a\nCOPY api /x\n", "**/node_modules", true);
}

#[test]
fn sites_are_excluded_where_their_script_builds_them() {
    let vite: Files<'_> = &[
        ("package.json", r#"{"scripts": {"build": "tsc -b && vite build"}}"#),
        ("vite.config.ts", "export default {}"),
    ];
    let build = "FROM node\nCOPY . .\nRUN npm ci\nRUN npm run build\n";
    check(vite, build, "dist", true);
    check(vite, "FROM node\nCOPY . .\nRUN npm ci && npx vite preview\n", "dist", false);
    check(vite, "FROM nginx\nCOPY dist /usr/share/nginx/html\n", "dist", false);
    let elsewhere = [vite[0], ("vite.config.ts", "export default { build: { outDir: 'x' } }")];
    check(&elsewhere, build, "dist", false);
    let flagged = [("package.json", r#"{"scripts": {"build": "vite build --outDir x"}}"#), vite[1]];
    check(&flagged, build, "dist", false);
}

#[test]
fn junk_is_named_where_git_ignores_it() {
    check(NODE, COPY_ALL, "**/.DS_Store", false);
    check(&with(NODE, &[(".gitignore", "# x\n.DS_Store\n/.idea/\n")]), COPY_ALL, "**/.DS_Store", true);
    check(&with(NODE, &[("web/.gitignore", "/.idea/\n")]), COPY_ALL, ".idea", true);
    check(&with(NODE, &[(".gitignore", "!.idea\n")]), COPY_ALL, ".idea", false);
}

#[test]
fn settings_stand_for_what_is_not_proven() {
    let mut options = Options::default();
    options.dockerignore.unneeded = Some(vec!["**/.env".to_owned(), "**/.env.*".to_owned()]);
    let files = with(NODE, &[("config.js", "require('dotenv').config()")]);
    let found = outcome(&WRITE_DOCKERIGNORE, &files, COPY_ALL, &options);
    assert!(found.files[0].held_back.is_empty() && found.created[0].text.contains("**/.env\n"));
    // A build that asks for the file would fail.
    let found = outcome(&WRITE_DOCKERIGNORE, &files, "FROM a\nCOPY .env .\n", &options);
    assert_eq!(found.files[0].held_back[0].missing[0].id, "DI2");
}

#[test]
fn gem_from_a_repository_reads_no_history_of_ours() {
    let gem = ("Gemfile", "gem 'faker', git: 'https://github.com/faker-ruby/faker.git'\n");
    check(&[gem], "FROM ruby\nCOPY . .\n", ".git", true);
    let own = ("Gemfile", "git ls-files");
    check(&[own], "FROM ruby\nCOPY . .\n", ".git", false);
}
