//! Who names a thing: in the commands of the Dockerfiles, in the files that are sent, in manifests and lock files.
//!
//! Finding a name is a reason to leave a row out; not finding it is one half of the proof that nobody misses the
//! thing, the other half is that no dependency is known to look for it by itself. So the search is wide: comments
//! and strings count as code does.

use std::cell::OnceCell;
use std::sync::LazyLock;

use serde::Deserialize;

use super::builds::Build;
use super::commands::{self, Command};
use super::table::Named;
use crate::project::dockerignore::{IgnoreFile, Pattern};
use crate::project::{Entry, EntryKind, Project};
use crate::shell::{Manager, ShellCache, install};
use crate::syntax::Keyword;

/// How much text is searched, and how large one file may be.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
const MAX_FILE: u64 = 2 * 1024 * 1024;

/// Which files are searched, and how. The first list that has a file's path decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    locks: Vec<String>,
    manifests: Vec<String>,
    skipped: Vec<String>,
    code: Vec<String>,
    web: Vec<String>,
    javascript: Vec<String>,
    /// Commands that read nothing of what the context holds.
    harmless: Vec<String>,
    /// Endings of names that no folder has.
    endings: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lock,
    Manifest,
    /// Anything else that is text.
    Text,
    /// The same, and it has to be readable.
    Code,
    /// Only a browser reads it.
    Web,
    Skipped,
}

/// Whose programs count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Programs {
    All,
    /// Nothing that gets the thing can run JavaScript.
    NoJavaScript,
}

/// Finds names in a project and its Dockerfiles. The files are read once, when first needed.
pub(super) struct Search<'a> {
    pub(super) project: &'a Project,
    pub(super) builds: &'a [Build],
    pub(super) shell: &'a ShellCache,
    files: OnceCell<Result<Vec<Searched>, String>>,
}

struct Searched {
    path: String,
    kind: Kind,
    text: String,
}

impl<'a> Search<'a> {
    pub(super) fn new(project: &'a Project, builds: &'a [Build], shell: &'a ShellCache) -> Search<'a> {
        Search { project, builds, shell, files: OnceCell::new() }
    }

    /// The first that would miss the thing, in one line; `Ok` where there is none.
    pub(super) fn check(&self, named: &Named, programs: Programs) -> Result<(), String> {
        for build in self.builds {
            for index in 0..build.document.instructions.len() {
                self.instruction(named, build, index)?;
            }
        }
        let files = self.files.get_or_init(|| self.read()).as_ref().map_err(Clone::clone)?;
        let within = named.files.as_ref().map(|files| IgnoreFile::parse(&files.join("\n")));
        for file in files {
            let skipped = file.kind == Kind::Web && !named.web
                || programs == Programs::NoJavaScript && fits(&PATTERNS.javascript, &file.path)
                || within.as_ref().is_some_and(|within| !fits(within, &file.path));
            if skipped {
                continue;
            }
            let found = match file.kind {
                Kind::Lock => package(file, named),
                Kind::Manifest => package(file, named)
                    .or_else(|| word(&file.path, &file.text, named))
                    .or_else(|| script(file, named)),
                _ => word(&file.path, &file.text, named),
            };
            if let Some((line, name)) = found {
                return Err(format!("`{name}` ({}:{line}) {}", file.path, named.what));
            }
        }
        if programs == Programs::NoJavaScript { Ok(()) } else { self.locks(named) }
    }

    /// A manifest whose packages bring others along needs its lock.
    fn locks(&self, named: &Named) -> Result<(), String> {
        let stands = |folder: &str, name: &String| {
            self.project.sent(&if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") })
        };
        for lock in &named.lock {
            for entry in self.project.files() {
                let (folder, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
                let above = std::iter::successors(Some(folder), |folder| {
                    (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above))
                });
                let mut above = above.map(|folder| lock.locks.iter().any(|name| stands(folder, name)));
                if name == lock.manifest
                    && !above.any(|found| found)
                    && self.has_dependencies(&entry.path, &named.quiet)
                {
                    return Err(format!("`{}` has no lock file, so not every package is known", entry.path));
                }
            }
        }
        Ok(())
    }

    /// Whether a manifest names a package that may bring others along of which nothing is known.
    fn has_dependencies(&self, manifest: &str, quiet: &[String]) -> bool {
        let text = self.project.read(manifest).unwrap_or_default();
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { return true };
        ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
            .iter()
            .filter_map(|key| value[key].as_object())
            .any(|packages| packages.keys().any(|name| !quiet.contains(name)))
    }

    fn instruction(&self, named: &Named, build: &Build, index: usize) -> Result<(), String> {
        let instruction = &build.document.instructions[index];
        match instruction.keyword {
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => {}
            Keyword::Env | Keyword::Arg | Keyword::Onbuild | Keyword::Shell => {
                return in_text(named, build, index, instruction.joined.text());
            }
            _ => return Ok(()),
        }
        let Some(commands) = commands::of(build, index, self.shell) else {
            let heredocs = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(build.document.text()));
            let texts: Vec<&str> = std::iter::once(instruction.joined.text()).chain(heredocs).collect();
            return in_text(named, build, index, &texts.join("\n"));
        };
        for command in &commands {
            if let Some(name) = in_command(named, command) {
                return Err(format!("`{name}` ({}) {}", build.place(index), named.what));
            }
        }
        Ok(())
    }

    fn read(&self) -> Result<Vec<Searched>, String> {
        let mut bytes = 0;
        let mut searched = Vec::new();
        for entry in self.project.files() {
            let kind = kind(&entry.path);
            let EntryKind::File { size } = entry.kind else { continue };
            if kind == Kind::Skipped {
                continue;
            }
            if size > MAX_FILE && matches!(kind, Kind::Text | Kind::Web) {
                // Data: what is of this size is not read as code by anyone.
                continue;
            }
            bytes += size;
            if bytes > MAX_BYTES {
                let limit = MAX_BYTES / (1024 * 1024);
                return Err(format!("the files that would have to be searched are larger than {limit} MiB"));
            }
            match self.text(entry) {
                Some(text) => searched.push(Searched { path: entry.path.clone(), kind, text }),
                // A picture has no names in it; a program that cannot be read may have any.
                None if matches!(kind, Kind::Text | Kind::Web) => {}
                None => return Err(format!("`{}` cannot be read as text", entry.path)),
            }
        }
        Ok(searched)
    }

    /// Names are ASCII, so the other characters of an old encoding may be lost.
    fn text(&self, entry: &Entry) -> Option<String> {
        let bytes = self.project.tree().read_bytes(&entry.path)?;
        let wide = |unit: fn([u8; 2]) -> u16| {
            let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        };
        let text = match bytes.get(..2) {
            Some([0xFF, 0xFE]) => wide(u16::from_le_bytes),
            Some([0xFE, 0xFF]) => wide(u16::from_be_bytes),
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        };
        (!text.contains('\0')).then_some(text)
    }
}

fn in_text(named: &Named, build: &Build, index: usize, text: &str) -> Result<(), String> {
    match word("", text, named) {
        Some((_, name)) => Err(format!("`{name}` ({}) {}", build.place(index), named.what)),
        None => Ok(()),
    }
}

fn in_command(named: &Named, command: &Command) -> Option<String> {
    if is_harmless(command) {
        return None;
    }
    let program = command.argv.first().and_then(Option::as_deref).unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or(program);
    if named.programs.iter().any(|known| known == program) {
        return Some(program.to_owned());
    }
    command.texts.iter().find_map(|text| word("", text, named)).map(|(_, name)| name.to_owned())
}

/// Whether a command reads nothing of what the context holds: system packages are only names to it.
fn is_harmless(command: &Command) -> bool {
    let argv: Vec<Option<&str>> = command.argv.iter().map(Option::as_deref).collect();
    if install(&argv).is_some_and(|found| found.manager.is_system() || found.manager == Manager::Conda) {
        return true;
    }
    let words: Vec<&str> = argv.iter().copied().map_while(|word| word).collect();
    FILES.harmless.iter().any(|known| {
        let known: Vec<&str> = known.split(' ').collect();
        words.starts_with(&known)
    })
}

/// The first of the words that stands in a text, with its line.
fn word<'n>(path: &str, text: &str, named: &'n Named) -> Option<(usize, &'n str)> {
    named.words.iter().find_map(|name| {
        let found = text.match_indices(name.as_str()).find(|(at, _)| {
            stands_alone(text, *at, name)
                && !is_address(text, *at, name)
                && !is_repository_type(path, text, *at)
                && !is_foreign_repository(path, text, *at, name)
        });
        found.map(|(at, _)| (line(text, at), name.as_str()))
    })
}

/// The first of the packages that a manifest or lock file names.
fn package<'n>(file: &Searched, named: &'n Named) -> Option<(usize, &'n str)> {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.');
    let is_json = file.kind == Kind::Manifest && file.path.ends_with(".json");
    named.packages.iter().find_map(|name| {
        let found = file.text.match_indices(name.as_str()).find(|(at, _)| {
            let before = file.text[..*at].chars().next_back();
            let after = &file.text[at + name.len()..];
            // A manifest in JSON also describes itself in words; a package is a key there.
            if is_json {
                let key = after.strip_prefix('"').is_some_and(|rest| rest.trim_start().starts_with(':'));
                return before == Some('"') && key;
            }
            !before.is_some_and(|before| is_part(before) || before == '@')
                && !after.chars().next().is_some_and(|after| is_part(after) || after == '/')
        });
        found.map(|(at, _)| (line(&file.text, at), name.as_str()))
    })
}

/// The first of the programs that a script of a manifest in JSON runs.
fn script<'n>(file: &Searched, named: &'n Named) -> Option<(usize, &'n str)> {
    if named.programs.is_empty() || !file.path.ends_with(".json") {
        return None;
    }
    let manifest: serde_json::Value = serde_json::from_str(&file.text).ok()?;
    let scripts = manifest["scripts"].as_object()?;
    let texts = scripts.values().flat_map(|script| match script {
        serde_json::Value::Array(list) => list.iter().collect(),
        other => vec![other],
    });
    let texts: Vec<&str> = texts.filter_map(serde_json::Value::as_str).collect();
    named.programs.iter().find_map(|name| {
        let runs = |text: &&str| text.split(|sign: char| " \t;&|()".contains(sign)).any(|word| word == name);
        let text = texts.iter().find(|text| runs(text))?;
        let at = file.text.find(*text).or_else(|| file.text.find("scripts"))?;
        Some((line(&file.text, at), name.as_str()))
    })
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Whether a name is not part of a longer one, and not a member of something (`process.env`).
pub(super) fn stands_alone(text: &str, at: usize, name: &str) -> bool {
    let joins = |character: char| character.is_alphanumeric() || character == '_';
    let before = text[..at].chars().next_back();
    let after = text[at + name.len()..].chars().next();
    let is_member = name.starts_with('.') && matches!(before, Some(')' | ']' | '}' | '?'));
    !before.is_some_and(joins) && !after.is_some_and(joins) && !is_member
}

/// Whether `git` is part of an address: `git@host`, `git+https://`, `https://host/name.git`.
fn is_address(text: &str, at: usize, name: &str) -> bool {
    let after = &text[at + name.len()..];
    let scheme = ["@", "://", "+http", "+ssh", "+file"].iter().any(|sign| after.starts_with(sign));
    let mut before = text[..at].chars().rev();
    let suffix = before.next() == Some('.')
        && before.next().is_some_and(|character| {
            character.is_alphanumeric() || matches!(character, '_' | '-' | '}' | ')')
        });
    name == "git" && (scheme || suffix)
}

/// Whether the name is the type of the `repository` in a `package.json`.
fn is_repository_type(path: &str, text: &str, at: usize) -> bool {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    path.ends_with("package.json") && line.replace(' ', "").contains("\"type\":\"git\"")
}

/// Whether a manifest says there that a package comes from a repository elsewhere: `git: "https://…"` in a Gemfile,
/// `git = "https://…"` in TOML.
fn is_foreign_repository(path: &str, text: &str, at: usize, name: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let key = match file {
        "Gemfile" => ':',
        _ if file == "Pipfile" || file.ends_with(".toml") => '=',
        _ => return false,
    };
    let value = text[at + name.len()..].strip_prefix(' ').unwrap_or(&text[at + name.len()..]);
    let Some(value) = value.strip_prefix(key) else { return false };
    let value = value.trim_start_matches(' ');
    let address = value.strip_prefix(['"', '\'']).unwrap_or_default();
    name == "git"
        && ["https://", "http://", "ssh://", "git://", "git@"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
}

/// Whether a path that is not in git can only be a file, going by its ending.
pub(super) fn is_file_name(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| FILES.endings.iter().any(|known| known == ending))
}

struct Patterns {
    lists: Vec<(Kind, IgnoreFile)>,
    javascript: IgnoreFile,
}

static FILES: LazyLock<Files> =
    LazyLock::new(|| toml::from_str(include_str!("files.toml")).expect("the table is tested"));

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let list = |kind, patterns: &Vec<String>| (kind, IgnoreFile::parse(&patterns.join("\n")));
    let lists = vec![
        list(Kind::Lock, &FILES.locks),
        list(Kind::Manifest, &FILES.manifests),
        list(Kind::Skipped, &FILES.skipped),
        list(Kind::Web, &FILES.web),
        list(Kind::Code, &FILES.code),
    ];
    Patterns { lists, javascript: IgnoreFile::parse(&FILES.javascript.join("\n")) }
});

fn kind(path: &str) -> Kind {
    PATTERNS.lists.iter().find(|(_, file)| fits(file, path)).map_or(Kind::Text, |(kind, _)| *kind)
}

/// Whether one of the patterns matches the path or a folder above it.
fn fits(file: &IgnoreFile, path: &str) -> bool {
    let mut above = path.match_indices('/').map(|(at, _)| &path[..at]).chain([path]);
    above.any(|path| file.patterns().iter().any(|pattern: &Pattern| pattern.matches(path)))
}
