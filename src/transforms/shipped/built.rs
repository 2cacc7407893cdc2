//! Which package of Go a binary of the image was built from: the COPYs that bring it are followed to the stage whose
//! RUN has made it.

use super::{Origin, Shipped, join, origin};
use crate::shell::{Given, GoBuild};
use crate::syntax::Keyword;

/// The folder of the context that holds the package of the binary at `path`. `None` where that cannot be told.
pub(super) fn go_package(shipped: &Shipped<'_>, path: &str, base: Option<&str>) -> Option<String> {
    let (stage, path) = origin::made_in(shipped, shipped.stage, path, base)?;
    let stages = &shipped.input.model.stages;
    let mut found = Vec::new();
    for below in shipped.input.model.lineage(stage) {
        for index in stages[below].instructions.clone() {
            let instruction = shipped.instruction(index);
            let run = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run);
            let Some((_, text)) = run else { continue };
            let parsed = shipped.input.shell.parse(text);
            let Ok(script) = parsed.as_ref() else { continue };
            let commands = script.simple_commands();
            let moves = commands.iter().any(|placed| matches!(placed.command.name(), Some("cd" | "pushd")));
            for placed in &commands {
                let Some(build) = placed.command.go_build() else { continue };
                // Another folder than the one that is known may hold other packages.
                let folder = shipped.workdir_at(index, None).filter(|_| !moves)?;
                if makes(&build, &folder, &path)? {
                    found.push((stage, package(&build, &folder)?));
                }
            }
        }
    }
    let [(stage, folder)] = found.as_slice() else { return None };
    match origin::of(shipped, *stage, folder, None) {
        Origin::Context(folder) => Some(folder),
        _ => None,
    }
}

/// Whether some RUN of the stage that has the binary at `path` tells the Go tool to write it there.
pub(super) fn is_go_output(shipped: &Shipped<'_>, path: &str, base: Option<&str>) -> bool {
    let Some((stage, path)) = origin::made_in(shipped, shipped.stage, path, base) else { return false };
    let stages = &shipped.input.model.stages;
    let lineage = shipped.input.model.lineage(stage).into_iter();
    lineage.flat_map(|below| stages[below].instructions.clone()).any(|index| {
        let instruction = shipped.instruction(index);
        let run = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run);
        let Some((_, text)) = run else { return false };
        let parsed = shipped.input.shell.parse(text);
        let Ok(script) = parsed.as_ref() else { return false };
        script.simple_commands().iter().filter_map(|placed| placed.command.go_build()).any(|build| {
            matches!(&build.output, Given::Known(output) if output.starts_with('/') && join("/", output) == path)
        })
    })
}

/// Whether a build writes that file. `None` where its output cannot be told.
fn makes(build: &GoBuild, folder: &str, path: &str) -> Option<bool> {
    if build.verb != "build" || build.directory != Given::No {
        return None;
    }
    let last = |folder: &str| folder.rsplit('/').next().unwrap_or(folder).to_owned();
    match &build.output {
        Given::Known(output) => {
            let whole = join(folder, output);
            let into = output.ends_with('/').then(|| package(build, folder)).flatten();
            Some(whole == path || into.is_some_and(|package| join(&whole, &last(&package)) == path))
        }
        // The name comes from the module, unless the package has a folder of its own.
        Given::No => {
            let package = package(build, folder)?;
            Some(package != folder && join(folder, &last(&package)) == path)
        }
        Given::Unknown => None,
    }
}

/// The folder in the image of the one package that is built.
fn package(build: &GoBuild, folder: &str) -> Option<String> {
    match build.packages.as_slice() {
        [] => Some(folder.to_owned()),
        [Some(word)] if word.contains("...") => None,
        [Some(word)] if word == "." || word.starts_with("./") || word.starts_with('/') => {
            let whole = join(folder, word);
            match whole.strip_suffix(".go") {
                Some(_) => whole.rsplit_once('/').map(|(parent, _)| parent.to_owned()),
                None => Some(whole),
            }
        }
        // A file of the folder: `main.go`; `cmd/server` alone is a package of the standard library's kind.
        [Some(word)] if word.ends_with(".go") => {
            let whole = join(folder, word);
            whole.rsplit_once('/').map(|(parent, _)| parent.to_owned())
        }
        _ => None,
    }
}
