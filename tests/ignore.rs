//! Ignore files: ours against BuildKit's own walk, and what the transforms write against what builds read.
//!
//! `tests/ignore_cases.jsonl` holds ignore files and paths of ours with what BuildKit sends of them, so that an ordinary
//! run needs no Go; `DOCKFIX_BLESS=1` writes them anew. The comparison with BuildKit itself needs `DOCKFIX_BUILDKIT`
//! (see `tests/buildkit.rs`). `DOCKFIX_CASES` is how many cases are made up (2,000 where it is not set),
//! `DOCKFIX_SEED` where to begin.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/random.rs"]
mod random;

use std::collections::BTreeSet;
use std::path::Path;

use dockfix::config::Options;
use dockfix::model::Model;
use dockfix::project::dockerignore::{IgnoreErrorKind, IgnoreFile};
use dockfix::project::{CopyMatch, Project};
use dockfix::rewrite::{BuildContext, Dockerfile, rewrite_with};
use dockfix::source::Source;
use dockfix::syntax::Document;
use dockfix::transforms::{ALL, Transform};
use random::Random;
use serde_json::{Value, json};

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Paths that a context sends, as our walk has it. `None` where the file is refused.
fn sent(ignore: &str, paths: &[String]) -> Option<Vec<String>> {
    let project = Project::in_memory(paths.iter().map(|path| (path.as_str(), "")));
    let project = project.with_ignore(IgnoreFile::parse(ignore));
    let found = project.files().map(|entry| entry.path.clone()).collect();
    project.ignore().error().is_none().then_some(found)
}

const PARTS: &[&str] = &["a", "b", "c", "ab", "abc", ".env", "x.log", "é"];
const PATTERN_PARTS: &[&str] = &[
    "a", "b", "c", "ab", "abc", ".env", "*", "**", "a*", "*b", "?", "?b", "[a-b]", "[^a]", "*.log", ".*",
    "..", ".", "é", "**b", "a**", "*a*", "x.log", "a b", "", "**", "*", "a",
];

fn path(random: &mut Random) -> String {
    let depth = 1 + random.below(4);
    (0..depth).map(|_| random.pick(PARTS)).collect::<Vec<_>>().join("/")
}

/// Files of a context: no path is a folder of another one.
fn paths(random: &mut Random) -> Vec<String> {
    let count = 3 + random.below(12);
    let mut found: Vec<String> = Vec::new();
    for _ in 0..count {
        let path = path(random);
        let clash = |other: &String| {
            other == &path || other.starts_with(&format!("{path}/")) || path.starts_with(&format!("{other}/"))
        };
        if !found.iter().any(clash) {
            found.push(path);
        }
    }
    found
}

fn ignore_text(random: &mut Random) -> String {
    let mut text = if random.one_in(12) { "\u{feff}".to_owned() } else { String::new() };
    for _ in 0..1 + random.below(6) {
        if random.one_in(10) {
            text += random.pick(&["# x", "  # x", "", "// a", "a # b"]);
        } else {
            if random.one_in(3) {
                text += random.pick(&["!", "! ", "!!"]);
            }
            if random.one_in(6) {
                text += random.pick(&["/", "./", "//"]);
            }
            let depth = 1 + random.below(3);
            text += &(0..depth).map(|_| random.pick(PATTERN_PARTS)).collect::<Vec<_>>().join("/");
            if random.one_in(60) {
                text += random.pick(&["[", "\\d", "{2}", "^", "|", "[]", "\\*"]);
            }
            if random.one_in(6) {
                text += random.pick(&["/", "/**", "/*", " "]);
            }
        }
        text += random.pick(&["\n", "\n", "\n", "\r\n"]);
    }
    text
}

/// How ours differs from what BuildKit says, if it does. What we do not claim to know is not compared.
fn difference(ignore: &str, paths: &[String], row: &Value) -> Result<Outcome, String> {
    match IgnoreFile::parse(ignore).error().map(|error| error.kind.clone()) {
        Some(IgnoreErrorKind::NotUnderstood(_) | IgnoreErrorKind::BadPattern(_)) => Ok(Outcome::Unknown),
        Some(_) if row["ok"] == json!(true) => Err(format!("{ignore:?} is refused by us alone")),
        Some(_) => Ok(Outcome::Refused),
        None => {
            let ours: BTreeSet<String> = sent(ignore, paths).unwrap_or_default().into_iter().collect();
            if row["ok"] == json!(true) && ours == names(&row["sent"]) {
                Ok(Outcome::Sent)
            } else {
                Err(format!("{ignore:?} on {paths:?}: ours {ours:?}, theirs {row}"))
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Sent,
    Refused,
    Unknown,
}

#[test]
fn every_stored_ignore_file_is_walked_as_buildkit_walks_it() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ignore_cases.jsonl");
    if std::env::var_os("DOCKFIX_BLESS").is_some()
        && let Some(program) = buildkit::program("every_stored_ignore_file_is_walked_as_buildkit_walks_it")
    {
        let mut random = Random::new(1);
        let texts: Vec<String> = (0..200)
            .map(|_| json!({"ignore": ignore_text(&mut random), "paths": paths(&mut random)}).to_string())
            .collect();
        let rows = texts.iter().zip(buildkit::ask(&program, "ignored", &texts)).map(|(text, row)| {
            let mut case: Value = serde_json::from_str(text).expect("our own");
            case["ok"] = row["ok"].clone();
            case["sent"] = row["sent"].clone();
            case.to_string() + "\n"
        });
        std::fs::write(&stored, rows.collect::<String>()).expect("the cases can be written");
    }
    let mut sent = 0;
    for line in std::fs::read_to_string(&stored).expect("the cases are there").lines() {
        let case: Value = serde_json::from_str(line).expect("a line of JSON");
        let paths: Vec<String> = case["paths"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|path| path.as_str().map(str::to_owned))
            .collect();
        let outcome = difference(case["ignore"].as_str().expect("a text"), &paths, &case);
        sent += usize::from(outcome.unwrap_or_else(|different| panic!("{different}")) == Outcome::Sent);
    }
    assert!(sent > 150, "only {sent} cases say anything");
}

#[test]
fn made_up_ignore_files_are_walked_as_buildkit_walks_them() {
    let Some(program) = buildkit::program("made_up_ignore_files_are_walked_as_buildkit_walks_them") else {
        return;
    };
    let mut random = Random::new(number("DOCKFIX_SEED", 0) as u64 + 4);
    let cases = number("DOCKFIX_CASES", 2_000);
    let (mut different, mut refused, mut unknown) = (Vec::new(), 0, 0);
    let mut left = cases;
    while left > 0 {
        let chunk = left.min(5_000);
        left -= chunk;
        let asked: Vec<(String, Vec<String>)> =
            (0..chunk).map(|_| (ignore_text(&mut random), paths(&mut random))).collect();
        let texts: Vec<String> = asked
            .iter()
            .map(|(ignore, paths)| json!({"ignore": ignore, "paths": paths}).to_string())
            .collect();
        for ((ignore, paths), row) in asked.iter().zip(buildkit::ask(&program, "ignored", &texts)) {
            match difference(ignore, paths, &row) {
                Ok(Outcome::Sent) => {}
                Ok(Outcome::Refused) => refused += 1,
                Ok(Outcome::Unknown) => unknown += 1,
                Err(text) => different.push(text),
            }
        }
    }
    eprintln!(
        "{cases} ignore files: {} walked differently, {refused} refused by both, {unknown} not claimed to be known",
        different.len()
    );
    assert!(different.is_empty(), "{}", different[..different.len().min(10)].join("\n"));
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

// --- What the transforms write --------------------------------------------------------------------------------

const FILES: &[(&str, &str)] = &[
    ("package.json", r#"{"scripts": {"build": "vite build", "start": "node server.js"}}"#),
    ("package-lock.json", "{}"),
    ("vite.config.js", "export default {}"),
    ("web/package.json", "{}"),
    ("web/src/a.js", "import './b'"),
    ("web/node_modules/x/index.js", ""),
    ("node_modules/y/index.js", ""),
    ("server.js", "require('http')"),
    ("env.js", "require('dotenv').config()"),
    ("app.py", "print(1)"),
    ("pkg/mod.py", ""),
    ("pkg/__pycache__/mod.pyc", ""),
    ("requirements.txt", "flask==3.0.0\n"),
    ("go.mod", "module x\n"),
    ("main.go", "package main\n"),
    ("Cargo.toml", "[package]\nname = \"x\"\n"),
    ("src/main.rs", "fn main() {}\n"),
    ("target/release/x", ""),
    ("pom.xml", "<project/>"),
    ("target/app.jar", ""),
    ("composer.json", "{}"),
    ("vendor/a/b.php", ""),
    ("index.html", "<p>"),
    ("page.html", "<script src=/node_modules/y/index.js></script>"),
    ("dist/index.html", ""),
    ("build/out.txt", ""),
    ("bin/run", "#!/bin/sh\n"),
    ("logs/app.log", ""),
    ("README.md", "# x"),
    ("docs/a.md", ""),
    (".env", "A=1"),
    (".env.example", "A="),
    ("conf/.env", "A=1"),
    ("conf/app.conf", ""),
    (".gitignore", "node_modules\n.idea\n*.swp\n.DS_Store\ntmp\n"),
    (".github/workflows/ci.yml", ""),
    (".idea/x.xml", ""),
    ("compose.yaml", "services: {}"),
    ("Dockerfile.dev", "FROM a\nCOPY conf /conf\n"),
    ("coverage/index.js", ""),
    ("Makefile", "v:\n\tgit describe\n"),
    ("X.csproj", "<Project/>"),
    ("obj/x", ""),
];

const INSTRUCTIONS: &[&str] = &[
    "COPY . .",
    "COPY . /app",
    "ADD . /x",
    "COPY package*.json ./",
    "COPY web .",
    "COPY web/src /s",
    "COPY dist /www",
    "COPY target/*.jar app.jar",
    "COPY target/release/x /x",
    "COPY target /t",
    "COPY conf /conf",
    "COPY .env ./",
    "COPY *.md /d/",
    "COPY conf/app.conf /etc/",
    "COPY README.md Dockerfile /",
    "COPY node_modules /n",
    "COPY bin /bin2",
    "COPY docs /docs",
    "COPY * /all/",
    "COPY logs/*.log /l/",
    "COPY .git/HEAD /h",
    "COPY vendor/a /v",
    "RUN --mount=type=bind,source=.,target=/m make",
    "RUN npm ci",
    "RUN npm install",
    "RUN npm run build",
    "RUN cargo build --release",
    "RUN mvn package",
    "RUN composer install",
    "RUN pip install -r requirements.txt",
    "RUN go build ./...",
    "RUN git describe",
    "RUN dotnet publish",
    "ENV A=.env",
    "FROM nginx",
    "FROM golang:1.24 AS g",
    "FROM node:24 AS n",
    "COPY --from=0 /app /app",
    "CMD [\"node\", \"server.js\"]",
];

const LINES: &[&str] = &[
    "node_modules",
    "**/node_modules",
    "*.md",
    "!README.md",
    "conf",
    "!conf/app.conf",
    "  # c",
    "// c",
    "# c",
    "dist",
    "*",
    "!web",
    "!src",
    ".env",
    "target",
    "!target/*.jar",
    "node_modules # p",
    "__pycache__",
    ".git",
    "**/*.log",
    "build/",
    "/vendor",
    "!.env.example",
];

/// Files that a build may lose: what an ignore file is for.
fn is_never_needed(path: &str) -> bool {
    let output = [
        ".git",
        ".github",
        ".idea",
        "node_modules",
        "__pycache__",
        "target",
        "vendor",
        "dist",
        "build",
        "bin",
        "obj",
        "coverage",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    path.split('/').any(|part| output.contains(&part))
        || [".env", ".dockerignore", "compose.yaml"].contains(&name)
        || name.starts_with(".env.")
        || name.starts_with("Dockerfile")
        || name.ends_with(".log")
}

struct Made {
    files: Vec<(&'static str, &'static str)>,
    dockerfile: String,
    ignore: Option<String>,
}

fn made(random: &mut Random) -> Made {
    let of = 2 + random.below(3);
    let files = FILES.iter().copied().filter(|_| random.below(of) == 0).collect();
    let mut dockerfile =
        random.pick(&["FROM node:24", "FROM php:8.4", "FROM a", "FROM golang:1.24"]).to_owned() + "\n";
    for _ in 0..1 + random.below(7) {
        dockerfile += random.pick(INSTRUCTIONS);
        dockerfile.push('\n');
    }
    let ignore = (!random.one_in(3)).then(|| {
        let end = random.pick(&["\n", "\n", "\r\n"]);
        (0..random.below(6)).map(|_| random.pick(LINES).to_owned() + end).collect()
    });
    Made { files, dockerfile, ignore }
}

impl Made {
    fn project(&self) -> Project {
        let own = [("Dockerfile", self.dockerfile.as_str())];
        let ignore = self.ignore.iter().map(|text| (".dockerignore", text.as_str()));
        Project::in_memory(self.files.iter().copied().chain(own).chain(ignore))
    }

    /// The text of the ignore file after both transforms.
    fn rewritten(&self, project: Project) -> Option<String> {
        let source = Source::new("Dockerfile", &self.dockerfile).expect("a small text");
        let path = Some("Dockerfile".to_owned());
        let dockerfiles = vec![Dockerfile { source, path, options: Options::default(), builds: Vec::new() }];
        let both: Vec<&Transform> =
            ALL.iter().copied().filter(|transform| transform.name.ends_with("-dockerignore")).collect();
        assert_eq!(both.len(), 2);
        let outcome = rewrite_with(&BuildContext { dockerfiles, project }, &both);
        assert!(outcome.files[0].rejected.is_empty(), "{:?}", outcome.files[0].rejected);
        let created = outcome.created.into_iter().map(|file| file.text);
        created.chain(outcome.ignore.map(|changed| changed.after.text().to_owned())).next()
    }

    /// What a build misses under the new file, if anything.
    fn harm(&self, before: &Project, ignore: &str) -> Option<String> {
        let after = before.with_ignore(IgnoreFile::parse(ignore).at(".dockerignore"));
        let texts = [self.dockerfile.as_str()].into_iter().chain(
            self.files.iter().filter(|(path, _)| path.starts_with("Dockerfile")).map(|(_, text)| *text),
        );
        for text in texts {
            let document = Document::parse(&Source::new("Dockerfile", text).expect("a small text"));
            for source in Model::new(&document).context_sources(&document) {
                let Some(word) = source.word else { continue };
                let (old, new) = (before.resolve(&word), after.resolve(&word));
                // The build failed there; now it finds what it asks for, or no more than nothing.
                let returned = matches!(old, CopyMatch::ExcludedByIgnore(_))
                    && (matches!(new, CopyMatch::File(_)) || new.files().is_empty());
                // Where the folder does not stand, the build fails one way or the other.
                let fails =
                    matches!(old, CopyMatch::Missing) && matches!(new, CopyMatch::ExcludedByIgnore(_));
                let fails = fails && word.starts_with("target/");
                if kind(&old) != kind(&new) && !returned && !fails {
                    return Some(format!("`{word}`: {old:?} became {new:?}"));
                }
                let old: BTreeSet<&str> = old.files().iter().map(|entry| entry.path.as_str()).collect();
                let new: BTreeSet<&str> = new.files().iter().map(|entry| entry.path.as_str()).collect();
                if let Some(lost) = old.difference(&new).find(|path| !is_never_needed(path)) {
                    return Some(format!("`{word}` loses `{lost}`"));
                }
                if let Some(more) = new.difference(&old).find(|_| !returned) {
                    return Some(format!("`{word}` also brings `{more}`"));
                }
            }
        }
        None
    }
}

fn kind(found: &CopyMatch<'_>) -> &'static str {
    match found {
        CopyMatch::File(_) => "file",
        CopyMatch::Directory { .. } => "folder",
        CopyMatch::Wildcard { .. } => "wildcard",
        CopyMatch::Symlink(_) => "link",
        CopyMatch::Missing => "missing",
        CopyMatch::ExcludedByIgnore(_) => "excluded",
        CopyMatch::BadPattern => "malformed",
    }
}

#[test]
fn no_build_misses_what_the_transforms_exclude() {
    let mut random = Random::new(number("DOCKFIX_SEED", 0) as u64 + 5);
    let cases = number("DOCKFIX_CASES", 2_000) / 5;
    let (mut broken, mut created, mut changed) = (Vec::new(), 0, 0);
    let mut walks = Vec::new();
    for _ in 0..cases {
        let made = made(&mut random);
        let project = made.project();
        let Some(ignore) = made.rewritten(project.clone()) else { continue };
        if made.ignore.is_some() {
            changed += 1
        } else {
            created += 1
        }
        let shown = || format!("{:?}\n{}\n{:?} -> {ignore:?}", made.files, made.dockerfile, made.ignore);
        if let Some(harm) = made.harm(&project, &ignore) {
            broken.push(format!("{harm}\n{}", shown()));
        }
        let again = Made {
            ignore: Some(ignore.clone()),
            files: made.files.clone(),
            dockerfile: made.dockerfile.clone(),
        };
        if let Some(second) = again.rewritten(again.project()) {
            broken.push(format!("a second run makes {second:?}\n{}", shown()));
        }
        let paths: Vec<String> = project
            .tree()
            .entries()
            .iter()
            .filter(|entry| project.tree().read(&entry.path).is_some())
            .map(|entry| entry.path.clone())
            .collect();
        walks.push((ignore, paths));
    }
    eprintln!("{cases} contexts: {created} files created, {changed} mended, {} wrong", broken.len());
    assert!(broken.is_empty(), "{}", broken[..broken.len().min(3)].join("\n\n"));
    assert!(created > cases / 10 && changed > cases / 10);
    let Some(program) = buildkit::program("no_build_misses_what_the_transforms_exclude: BuildKit's walk")
    else {
        return;
    };
    let texts: Vec<String> =
        walks.iter().map(|(ignore, paths)| json!({"ignore": ignore, "paths": paths}).to_string()).collect();
    for ((ignore, paths), row) in walks.iter().zip(buildkit::ask(&program, "ignored", &texts)) {
        let ours: BTreeSet<String> = sent(ignore, paths).unwrap_or_default().into_iter().collect();
        assert_eq!(ours, names(&row["sent"]), "{ignore:?}");
    }
}
