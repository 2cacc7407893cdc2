//! MS6, MS14, NR3: what a program of Go does, by its sources.

use super::Build;
use crate::images::Facts;
use crate::project::sources::{Entry, Grants, Language, Scope, Sources};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Shipped, join};
use crate::transforms::split_stages::checks;
use crate::transforms::split_stages::started::Started;

/// MS6, MS14, NR2, NR3: what the program itself does.
pub(super) fn judge(
    shipped: &Shipped<'_>,
    facts: &Facts,
    build: &Build,
    started: &Started,
    checks: &mut Checks,
) {
    let scope = Scope {
        language: Language::Go,
        entries: vec![Entry::Package(build.package.clone())],
        built: Vec::new(),
    };
    let sources = Sources::read(shipped.input.project, &scope);
    reached(shipped, facts, build, &sources, checks);
    let by_hand = "write the stages by hand, and copy what it needs";
    let programs = sources.programs();
    if let Some(found) = programs.found.first() {
        let text = format!("the program starts `{}` ({})", found.value, found.at);
        checks.misses("MS6", text, by_hand);
    } else if programs.gaps.is_empty() {
        checks.holds("MS6", "the program starts no other");
    }
    let reads = sources.reads();
    if let Some(found) = reads.found.first() {
        let text = match found.value.path.as_str() {
            "" => format!("the program reads files ({})", found.at),
            path => format!("the program reads `{path}` ({})", found.at),
        };
        checks.misses("MS14", text, by_hand);
    } else if let Some(gap) = reads.gap_text() {
        checks.misses("MS14", format!("it is not proven that the program reads no files: {gap}"), by_hand);
    } else {
        checks.holds("MS14", "no source that the program is built from reads a file at run time");
    }
    // The runtime image has nothing that could give a folder to its user, so a granted folder does not help.
    let writes = sources.writes(Grants::None);
    if let Some(found) = writes.found.first() {
        let text = match found.value.path.as_str() {
            "" => format!("the program writes files ({})", found.at),
            path => format!("the program writes to `{path}` ({})", found.at),
        };
        checks.misses("NR3", text, "let it write to a mounted folder, in stages written by hand");
    } else if writes.gaps.is_empty() {
        checks.holds("NR3", "no source that the program is built from writes a file");
    }
    let listeners = sources.listeners().found;
    let heard = listeners.iter().map(|found| (found.value.port, found.at.as_str()));
    checks::ports(shipped, heard, &started.argv, checks);
}

/// MS14: the sources that were read are those that are built: each stands in the image as the context has it.
fn reached(shipped: &Shipped<'_>, facts: &Facts, build: &Build, sources: &Sources, checks: &mut Checks) {
    let (folder, place) = &build.module;
    let manifest = if folder.is_empty() { "go.mod".to_owned() } else { format!("{folder}/go.mod") };
    let files = sources.files().found.into_iter().map(|found| found.value);
    for path in std::iter::once(manifest).chain(files) {
        let inside = path[folder.len().min(path.len())..].trim_start_matches('/');
        let image = join(place, inside);
        if shipped.origin(&image, facts.workdir) != Origin::Context(path.clone()) {
            let text = format!("`{image}` is not proven to be `{path}` of the build context");
            checks.misses("MS14", text, "copy the module as a whole, with `COPY . .`");
            return;
        }
    }
}
