//! Every Dockerfile that may be built from the context, and what each reads from it.
//!
//! An ignore file binds all builds of its folder, also those of Dockerfiles that nobody named on the command line. So
//! every Dockerfile of the folder is looked at, unless it surely has another context or an ignore file of its own.

use crate::model::{ContextSource, Model};
use crate::project::glob::Glob;
use crate::project::prove::CopySource;
use crate::project::{EntryKind, Project};
use crate::source::Source;
use crate::syntax::Document;
use crate::transforms::Input;

/// A Dockerfile of the context.
pub(in crate::transforms) struct Build {
    pub(in crate::transforms) name: String,
    pub(in crate::transforms) document: Document,
    pub(in crate::transforms) model: Model,
    pub(in crate::transforms) sources: Vec<ContextSource>,
}

const NAMES: &[&str] =
    &["Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile", "Containerfile.*"];

/// Endings under which a file of such a name is no Dockerfile.
const NO_DOCKERFILE: &[&str] =
    &[".dockerignore", ".md", ".bak", ".orig", ".j2", ".tmpl", ".tpl", ".template", ".erb", ".txt"];

impl Build {
    fn read(name: &str, source: &Source) -> Build {
        let document = Document::parse(source);
        let model = Model::new(&document);
        let sources = model.context_sources(&document);
        Build { name: name.to_owned(), document, model, sources }
    }

    /// Where an instruction stands, for messages.
    pub(in crate::transforms) fn place(&self, instruction: usize) -> String {
        format!("{}:{}", self.name, self.document.instructions[instruction].lines.0)
    }

    /// The sources as the comparison of ignore files wants them.
    pub(super) fn copy_sources(&self) -> impl Iterator<Item = CopySource> {
        self.sources.iter().map(|source| CopySource {
            word: source.word.clone(),
            parents: source.parents,
            at: self.place(source.instruction),
        })
    }
}

/// All builds of the context; those of the unit at hand come first.
pub(in crate::transforms) fn of(input: &Input<'_>) -> Vec<Build> {
    let mut builds: Vec<Build> =
        input.siblings.iter().map(|source| Build::read(source.name(), source)).collect();
    let globs: Vec<Glob> = NAMES.iter().filter_map(|name| Glob::parse(name).ok()).collect();
    for entry in input.project.tree().entries() {
        let name = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        let is_dockerfile = matches!(entry.kind, EntryKind::File { .. })
            && globs.iter().any(|glob| glob.matches(name))
            && !NO_DOCKERFILE.iter().any(|end| name.ends_with(end));
        if is_dockerfile && let Some(build) = other_build(input, &entry.path) {
            builds.push(build);
        }
    }
    builds
}

/// A Dockerfile of the folder that is not part of the unit at hand.
fn other_build(input: &Input<'_>, path: &str) -> Option<Build> {
    let text = input.project.tree().read(path)?;
    let known = input.siblings.iter().any(|source| source.text() == text);
    let own_ignore_file = input.project.tree().entry(&format!("{path}.dockerignore")).is_some();
    // A template is no Dockerfile, whatever its name.
    if known || own_ignore_file || text.contains("{{") || text.contains("<%") {
        return None;
    }
    let source = Source::new(path, &text).ok()?;
    let build = Build::read(path, &source);
    let elsewhere =
        path.rsplit_once('/').is_some_and(|(folder, _)| has_own_context(&build, folder, input.project));
    (build.document.errors.is_empty() && !elsewhere).then_some(build)
}

/// Whether a Dockerfile in a folder further down is surely built from that folder: something that it names stands
/// there and not at the root.
fn has_own_context(build: &Build, folder: &str, project: &Project) -> bool {
    let names =
        build.sources.iter().filter(|source| source.certain).filter_map(|source| source.word.as_deref());
    let names: Vec<&str> = names
        .map(|word| word.trim_start_matches("./").trim_matches('/'))
        .filter(|word| !word.is_empty())
        .collect();
    let stands = |path: &str| project.tree().entry(path).is_some();
    names.iter().any(|name| stands(&format!("{folder}/{name}")) && !stands(name))
        && !names.iter().any(|name| stands(name) && !stands(&format!("{folder}/{name}")))
}
