//! What the tests of all transforms share: one transform alone, with the laws and a second run checked.

use super::{ALL, Example, Input, Transform};
use crate::config::{Choice, Config, LayoutOptions, Options, Selection};
use crate::model::Model;
use crate::project::{Project, builds};
pub(crate) use crate::rewrite::FileOutcome;
use crate::rewrite::{BuildContext, Dockerfile, Outcome, rewrite_with};
use crate::shell::ShellCache;
use crate::source::Source;
use crate::syntax::Document;

/// Runs one transform on a Dockerfile in a context of files given as path and text.
#[track_caller]
pub(crate) fn outcome(
    transform: &Transform,
    files: &[(&str, &str)],
    text: &str,
    options: &Options,
) -> Outcome {
    let mut tree: Vec<(&str, &str)> = files.to_vec();
    tree.push(("Dockerfile", text));
    outcome_in(transform, Project::in_memory(tree), &[("Dockerfile", text)], options)
}

/// Shows what a transform is shown of the only Dockerfile of a project.
pub(crate) fn with_input<T>(
    project: &Project,
    builds: &[builds::Build],
    text: &str,
    look: impl FnOnce(&Input<'_>) -> T,
) -> T {
    let source = Source::new("Dockerfile", text).expect("a small text");
    let document = Document::parse(&source);
    let model = Model::new(&document);
    let (options, shell) = (Options::default(), ShellCache::default());
    look(&Input {
        source: &source,
        document: &document,
        model: &model,
        project,
        siblings: &[&source],
        path: Some("Dockerfile"),
        options: &options,
        builds,
        shell: &shell,
    })
}

/// Runs one transform on several Dockerfiles, given as path and text, of one context.
#[track_caller]
pub(crate) fn outcome_in(
    transform: &Transform,
    project: Project,
    dockerfiles: &[(&str, &str)],
    options: &Options,
) -> Outcome {
    let dockerfile = |(path, text): &(&str, &str)| Dockerfile {
        source: Source::new(path, text).expect("a small text"),
        path: Some((*path).to_owned()),
        options: options.clone(),
        builds: Vec::new(),
    };
    let context = BuildContext { dockerfiles: dockerfiles.iter().map(dockerfile).collect(), project };
    rewrite_with(&context, &[transform])
}

/// Runs one transform on a Dockerfile whose context is not known, as on standard input.
#[track_caller]
pub(crate) fn without_context(transform: &Transform, text: &str) -> FileOutcome {
    let source = Source::new("<stdin>", text).expect("a small text");
    let dockerfile = Dockerfile { source, path: None, options: Options::default(), builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite_with(&context, &[transform]).files.remove(0)
}

/// Runs all transforms of a category on a Dockerfile whose context is not known.
pub(crate) fn run_category(category: &str, text: &str) -> FileOutcome {
    let only = Choice { select: Some(vec![category.to_owned()]), ignore: Vec::new() };
    let options = Options { selection: Selection::default().then(only), ..Options::default() };
    let source = Source::new("<stdin>", text).expect("a small text");
    let dockerfile = Dockerfile { source, path: None, options, builds: Vec::new() };
    let context = BuildContext { dockerfiles: vec![dockerfile], project: Project::unknown() };
    rewrite_with(&context, ALL).files.remove(0)
}

/// Runs one transform in a context of files, with the settings among them; returns what became of the Dockerfile.
#[track_caller]
pub(crate) fn run_alone(transform: &Transform, files: &[(&str, &str)], text: &str) -> FileOutcome {
    let mut found = outcome(transform, files, text, &options_beside(files));
    let file = found.files.remove(0);
    assert!(file.rejected.is_empty(), "a law is broken: {:?}", file.rejected);
    file
}

/// The settings of a `dockfix.toml` among the files; the default ones without it.
#[track_caller]
fn options_beside(files: &[(&str, &str)]) -> Options {
    let settings = files.iter().find(|(path, _)| *path == "dockfix.toml");
    settings.map_or_else(Options::default, |(_, text)| {
        let config = Config::parse(text, &super::selectors()).expect("good settings");
        config.options_for("Dockerfile")
    })
}

/// Runs one transform in a context of files whose builds (of the compose file and the like among them) are read.
#[track_caller]
pub(crate) fn run_built(
    transform: &Transform,
    files: &[(&str, &str)],
    text: &str,
    options: &Options,
) -> FileOutcome {
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let described = builds::describe(&read, &[]);
    assert!(described.errors.is_empty(), "{:?}", described.errors);
    let dockerfile = Dockerfile {
        source: Source::new("Dockerfile", text).expect("a small text"),
        path: Some("Dockerfile".to_owned()),
        options: options.clone(),
        builds: described.builds,
    };
    let project = Project::in_memory(files.iter().copied().chain([("Dockerfile", text)]));
    let context = BuildContext { dockerfiles: vec![dockerfile], project };
    let file = rewrite_with(&context, &[transform]).files.remove(0);
    assert!(file.rejected.is_empty(), "a law is broken: {:?}", file.rejected);
    file
}

/// Asserts what a transform makes of a Dockerfile with an empty context, and that a second run changes nothing.
#[track_caller]
pub(crate) fn check(transform: &Transform, before: &str, after: &str) {
    check_in(transform, &[], before, after);
}

/// The same in a context of files.
#[track_caller]
pub(crate) fn check_in(transform: &Transform, files: &[(&str, &str)], before: &str, after: &str) {
    let file = run_alone(transform, files, before);
    assert_eq!(file.after.text(), after, "held back: {:#?}", file.held_back);
    let again = run_alone(transform, files, after);
    assert_eq!(again.after.text(), after, "a second run changes the text again");
}

/// The same as [`check`] with settings of the layout.
#[track_caller]
pub(crate) fn check_laid_out(transform: &Transform, layout: &LayoutOptions, before: &str, after: &str) {
    let options = Options { layout: layout.clone(), ..Options::default() };
    for text in [before, after] {
        let file = outcome(transform, &[], text, &options).files.remove(0);
        assert!(file.rejected.is_empty(), "a law is broken: {:?}", file.rejected);
        assert_eq!(file.after.text(), after, "from {text:?}");
    }
}

/// Asserts that nothing is changed.
#[track_caller]
pub(crate) fn same(transform: &Transform, text: &str) {
    check(transform, text, text);
}

/// Asserts that nothing is changed, and that the fix waits for exactly these preconditions.
#[track_caller]
pub(crate) fn held_back(transform: &Transform, files: &[(&str, &str)], text: &str, ids: &[&str]) {
    let file = run_alone(transform, files, text);
    assert_eq!(file.after.text(), text, "applied: {:#?}", file.applied);
    let found: Vec<&str> =
        file.held_back.iter().flat_map(|held| held.missing.iter().map(|missing| missing.id)).collect();
    assert_eq!(found, ids, "{:#?}", file.held_back);
}

#[test]
fn names_are_kebab_case_and_unique() {
    for (at, transform) in ALL.iter().enumerate() {
        let name = transform.name;
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{name}");
        assert!(ALL[..at].iter().all(|other| other.name != name), "{name} is listed twice");
        assert!(!transform.summary.ends_with('.') && !transform.explain.is_empty(), "{name}");
        // A file that is created is something to show too.
        let creates = |example: &Example| {
            let found = outcome(transform, example.files, example.before, &Options::default());
            !found.created.is_empty() || found.ignore.is_some()
        };
        // So is a change that is never proven, and waits for `--unsafe`.
        let waits = |example: &Example| {
            let options = Options { unproven: true, ..Options::default() };
            let found = outcome(transform, example.files, example.before, &options);
            found.files[0].after.text() != example.before
        };
        let shows =
            |example: &&Example| example.before != example.after || creates(example) || waits(example);
        assert!(transform.examples.iter().any(|example| shows(&example)), "{name}");
        assert!(transform.examples.iter().any(|example| example.before == example.after), "{name}");
    }
}

#[test]
fn examples_show_what_happens() {
    for transform in ALL {
        for example in transform.examples {
            check_in(transform, example.files, example.before, example.after);
        }
    }
}
