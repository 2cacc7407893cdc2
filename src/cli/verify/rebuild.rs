//! The build after an edit of a source: a copy of the context with one file changed, and which steps ran again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use ignore::WalkBuilder;

use dockfix::project::dockerignore::IgnoreFile;

/// A context with more than this is not copied.
const MOST_BYTES: u64 = 500 * 1024 * 1024;
const MOST_FILES: usize = 50_000;

/// Files that a person edits, and in which a line of blanks at the end means nothing.
const SOURCES: &[&str] = &[
    "c", "cc", "cpp", "cs", "css", "ex", "fs", "go", "h", "html", "java", "js", "jsx", "kt", "mjs", "php",
    "py", "rb", "rs", "scala", "svelte", "swift", "ts", "tsx", "vue",
];

/// How the files are called in which a program begins: they are edited the most, and are surely copied.
const BEGINNINGS: &[&str] = &["main", "app", "server", "index", "program", "application", "lib", "mod"];

/// A copy of a context, and the file in it that was changed.
#[derive(Debug)]
pub(super) struct Edited {
    pub(super) folder: PathBuf,
    pub(super) file: String,
}

/// Copies what `ignore` lets through from `context` to `folder`, and edits a source in it. The error says why not.
pub(super) fn edit_copy(context: &Path, ignore: &IgnoreFile, folder: &Path) -> Result<Edited, String> {
    let files = files_of(context, ignore)?;
    let file = source_to_edit(files.iter().map(|(path, _)| path.as_str()));
    let file = file.ok_or("no source file is sent with the context")?.to_owned();
    let copied = copy(context, &files, folder).and_then(|()| append_blanks(&folder.join(&file)));
    copied.map_err(|error| format!("the context cannot be copied: {}", super::reason(&error)))?;
    Ok(Edited { folder: folder.to_owned(), file })
}

/// Everything below the context that is sent, folders included, with the path as ignore files see it.
fn files_of(context: &Path, ignore: &IgnoreFile) -> Result<Vec<(String, fs::FileType)>, String> {
    let mut walk = WalkBuilder::new(context);
    // Git's view does not count: what lies in the folder is sent.
    walk.standard_filters(false).follow_links(false).sort_by_file_name(|a, b| a.cmp(b));
    let (root, rules) = (context.to_owned(), ignore.clone());
    walk.filter_entry(move |entry| {
        let Some(path) = below(entry.path(), &root) else { return false };
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        path.is_empty()
            || rules.excluded_by(&path).is_none()
            || (is_folder && rules.may_reinclude_below(&path))
    });
    let (mut files, mut bytes) = (Vec::new(), 0);
    for entry in walk.build() {
        let entry = entry.map_err(|error| error.to_string())?;
        let (Some(path), Some(kind)) = (below(entry.path(), context), entry.file_type()) else { continue };
        if path.is_empty() || !(kind.is_dir() || kind.is_file() || kind.is_symlink()) {
            continue;
        }
        bytes += entry.metadata().map_or(0, |metadata| metadata.len());
        files.push((path, kind));
        if bytes > MOST_BYTES || files.len() > MOST_FILES {
            return Err("the context is too large to be copied".to_owned());
        }
    }
    // The ignore file counts even where it excludes itself.
    if ignore.excluded_by(".dockerignore").is_some()
        && let Ok(metadata) = fs::symlink_metadata(context.join(".dockerignore"))
    {
        files.push((".dockerignore".to_owned(), metadata.file_type()));
    }
    Ok(files)
}

fn below(path: &Path, root: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?.to_str()?;
    Some(if std::path::MAIN_SEPARATOR == '\\' { path.replace('\\', "/") } else { path.to_owned() })
}

/// The source in which an edit is the most likely.
fn source_to_edit<'a>(paths: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let rank = |path: &&'a str| {
        let name = path.rsplit('/').next()?.to_lowercase();
        let (stem, end) = name.rsplit_once('.')?;
        // Tests and settings of tools are copied earlier or not at all; `setup.py` is a manifest.
        let other = ["test", "spec", "config", "setup", "build", "."].iter().any(|word| stem.contains(word));
        if !SOURCES.contains(&end) || other || path.contains("node_modules/") {
            return None;
        }
        let beginning = BEGINNINGS.iter().position(|name| *name == stem).unwrap_or(BEGINNINGS.len());
        Some((beginning, path.matches('/').count(), *path))
    };
    paths.filter_map(|path| rank(&path)).min().map(|(_, _, path)| path)
}

fn copy(context: &Path, files: &[(String, fs::FileType)], folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (path, kind) in files {
        let (from, to) = (context.join(path), folder.join(path));
        if kind.is_dir() {
            fs::create_dir_all(&to)?;
        } else {
            // The folder itself may be excluded, and a file in it not.
            fs::create_dir_all(to.parent().unwrap_or(folder))?;
            if kind.is_symlink() { copy_link(&from, &to)? } else { _ = fs::copy(&from, &to)? }
        }
    }
    // Modes count for the cache. The deepest folders first: one that may not be written takes no more files.
    for (path, kind) in files.iter().rev().filter(|(_, kind)| kind.is_dir()) {
        debug_assert!(kind.is_dir());
        fs::set_permissions(folder.join(path), fs::metadata(context.join(path))?.permissions())?;
    }
    Ok(())
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to).map(|_| ())
}

/// A source is still the same program with a line of blanks more. They differ from run to run, or else the engine would
/// know the edited file from the run before.
fn append_blanks(file: &Path) -> io::Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    let blanks = (0..52).map(|bit| if now >> bit & 1 == 0 { b' ' } else { b'\t' });
    let mut bytes = fs::read(file)?;
    bytes.push(b'\n');
    bytes.extend(blanks);
    bytes.push(b'\n');
    // The copy of a file that may not be written is none either.
    fs::remove_file(file)?;
    fs::write(file, bytes)
}

/// The RUN steps of a build, and whether each was taken from the cache.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Steps(Vec<(String, bool)>);

impl Steps {
    /// Reads the log of a build: that of BuildKit, or that of podman.
    pub(super) fn read(log: &str) -> Steps {
        let mut by_number: BTreeMap<u32, (String, bool)> = BTreeMap::new();
        let mut by_order: Vec<(String, bool)> = Vec::new();
        let mut in_run = false;
        for line in log.lines() {
            if let Some((number, rest)) = vertex(line) {
                if let Some(command) = run_of(rest) {
                    by_number.entry(number).or_insert((command.to_owned(), false));
                } else if rest == "CACHED"
                    && let Some(step) = by_number.get_mut(&number)
                {
                    step.1 = true;
                }
            } else if let Some(step) = line.split_once("STEP ").and_then(|(_, rest)| rest.split_once(": ")) {
                in_run = step.1.starts_with("RUN ");
                if in_run {
                    by_order.push((step.1["RUN ".len()..].to_owned(), false));
                }
            } else if line.contains("--> Using cache")
                && in_run
                && let Some(step) = by_order.last_mut()
            {
                step.1 = true;
            }
        }
        Steps(by_number.into_values().chain(by_order).collect())
    }

    /// The commands that ran.
    pub(super) fn ran(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, cached)| !cached).map(|(command, _)| command.as_str()).collect()
    }

    pub(super) fn cached(&self) -> usize {
        self.0.iter().filter(|(_, cached)| *cached).count()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `#12 rest`.
fn vertex(line: &str) -> Option<(u32, &str)> {
    let (number, rest) = line.strip_prefix('#')?.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}

/// The command of `[stage 3/5] RUN command`.
fn run_of(rest: &str) -> Option<&str> {
    let (place, step) = rest.strip_prefix('[')?.split_once("] ")?;
    let counts = place.rsplit(' ').next()?.split_once('/')?;
    let is_step = counts.0.parse::<u32>().is_ok() && counts.1.parse::<u32>().is_ok();
    step.strip_prefix("RUN ").filter(|_| is_step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_with_which_a_program_begins_is_edited() {
        let edited = |paths: &[&'static str]| source_to_edit(paths.iter().copied());
        assert_eq!(
            edited(&["lib/a.js", "src/index.js", "vite.config.js", "package.json"]),
            Some("src/index.js")
        );
        assert_eq!(edited(&["cmd/server/main.go", "a.go", "a_test.go"]), Some("cmd/server/main.go"));
        assert_eq!(edited(&["b/z.py", "b/a.py", "setup.py"]), Some("b/a.py"));
        assert_eq!(edited(&["package.json", "index.test.js"]), None);
    }

    #[test]
    fn copy_holds_what_is_sent_and_one_edit() {
        let context = tempfile::tempdir().expect("a folder");
        let place = tempfile::tempdir().expect("a folder");
        for (path, text) in [("src/main.py", "x\n"), ("a.log", ""), ("keep/b.log", ""), (".git/config", "")] {
            let path = context.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("own folder");
            fs::write(path, text).expect("own folder");
        }
        fs::write(context.path().join(".dockerignore"), ".dockerignore\n.git\n*.log\n").expect("own folder");
        let ignore = IgnoreFile::parse(".dockerignore\n.git\n*.log\n");
        let copy = place.path().join("copy");
        let edited = edit_copy(context.path(), &ignore, &copy).expect("it is small");
        assert_eq!(edited.file, "src/main.py");
        let text = fs::read_to_string(copy.join("src/main.py")).expect("copied");
        assert!(text.starts_with("x\n\n") && text.len() > 50 && text.trim() == "x", "{text:?}");
        assert_eq!(fs::read_to_string(context.path().join("src/main.py")).expect("there"), "x\n");
        let there = |path: &str| copy.join(path).exists();
        assert!(there(".dockerignore") && there("keep/b.log") && !there("a.log") && !there(".git"));
    }

    #[test]
    fn steps_of_buildkit_are_read() {
        let log = "\
#1 [internal] load build definition from Dockerfile
#5 [build 2/4] RUN go mod download
#5 CACHED
#6 [build 4/4] RUN go build .
#6 0.1 #5 CACHED
#6 DONE 2.0s
#7 [stage-1 2/2] COPY --from=build /a /a
#8 [3/3] RUN npm ci && npm run build
#8 DONE 1.0s
";
        let steps = Steps::read(log);
        assert_eq!((steps.ran(), steps.cached()), (vec!["go build .", "npm ci && npm run build"], 1));
    }

    #[test]
    fn steps_of_podman_are_read() {
        let log = "STEP 1/3: FROM a\nSTEP 2/3: RUN pip install x\n--> Using cache 0123\n--> 0123\n[2/2] STEP 3/3: RUN make\n--> 4567\n";
        let steps = Steps::read(log);
        assert_eq!((steps.ran(), steps.cached()), (vec!["make"], 1));
        assert!(Steps::read("").is_empty());
    }
}
