//! The facts that the heads of a module's source files state together.

use super::constraint::on_linux;
use super::scan::{GoFile, scan};
use crate::project::paths::{at, join, parent};
use crate::project::{Found, Project};

/// A folder that holds `package main`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MainPackage {
    /// The folder, relative to the context; empty for the root.
    pub folder: String,
    /// Whether some file of it is surely part of a build for Linux; else that hangs on tags or the processor.
    pub certain: bool,
}

/// What the sources of one module say. Tests, `testdata`, `vendor` and nested modules are left out, as Go does.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct GoSources {
    /// The programs.
    pub mains: Vec<MainPackage>,
    /// Every import with its place, repeated where it is repeated.
    pub imports: Vec<Found<String>>,
    /// Places of `import "C"`: the file needs cgo.
    pub cgo: Vec<String>,
    /// Patterns of `//go:embed` with their places, relative to the file's folder.
    pub embeds: Vec<Found<String>>,
    /// Build constraints with their places.
    pub constraints: Vec<Found<String>>,
    /// Files that cannot be read, or hold no package clause: what they say is not known.
    pub unreadable: Vec<String>,
}

/// Reads the heads of all sources of the module in `folder` that are sent.
pub fn sources(project: &Project, folder: &str) -> GoSources {
    let mut sources = GoSources::default();
    let nested = nested_modules(project, folder);
    for entry in project.files_below(folder) {
        let path = entry.path.as_str();
        let inside = if folder.is_empty() { path } else { &path[folder.len() + 1..] };
        let is_source = path.ends_with(".go") && !path.ends_with("_test.go");
        if !is_source || is_left_out(inside) || nested.iter().any(|module| lies_below(path, module)) {
            continue;
        }
        match project.read(path).map(|text| scan(&text)) {
            Some(file) if file.package.is_some() => take(&mut sources, path, file),
            _ => sources.unreadable.push(path.to_owned()),
        }
    }
    sources
}

fn take(sources: &mut GoSources, path: &str, file: GoFile) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let constraint = file.constraint.as_ref().map(|(expression, _)| expression.as_str());
    let built = if file.old_constraint && constraint.is_none() { None } else { on_linux(name, constraint) };
    let found = |(value, line): (String, usize)| Found { value, at: at(path, line) };
    sources.constraints.extend(file.constraint.map(found));
    if built == Some(false) {
        return;
    }
    if file.package.as_deref() == Some("main") {
        let folder = parent(path);
        match sources.mains.iter_mut().find(|main| main.folder == folder) {
            Some(main) => main.certain |= built == Some(true),
            None => {
                let certain = built == Some(true);
                sources.mains.push(MainPackage { folder: folder.to_owned(), certain });
            }
        }
    }
    sources.cgo.extend(file.imports.iter().filter(|(path, _)| path == "C").map(|(_, line)| at(path, *line)));
    sources.imports.extend(file.imports.into_iter().map(found));
    sources.embeds.extend(file.embeds.into_iter().map(found));
}

/// Folders that Go does not look into, and files it passes over, by their names.
fn is_left_out(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with(['.', '_']) || part == "testdata")
        || path.split('/').rev().skip(1).any(|part| part == "vendor")
}

/// Folders below with a `go.mod` of their own: other modules.
fn nested_modules(project: &Project, folder: &str) -> Vec<String> {
    let own = join(folder, "go.mod");
    project
        .files_below(folder)
        .filter(|entry| entry.path.ends_with("/go.mod") && Some(&entry.path) != own.as_ref())
        .map(|entry| parent(&entry.path).to_owned())
        .collect()
}

fn lies_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> GoSources {
        sources(&Project::in_memory(files.iter().copied()), "")
    }

    #[test]
    fn programs_by_folder() {
        let sources = read(&[
            ("cmd/a/main.go", "package main\n"),
            ("cmd/b/main_windows.go", "package main\n"),
            ("cmd/c/main.go", "//go:build mytag\n\npackage main\n"),
            ("gen.go", "//go:build ignore\n\npackage main\n"),
            ("lib.go", "package lib\n"),
        ]);
        let mains: Vec<_> = sources.mains.iter().map(|main| (main.folder.as_str(), main.certain)).collect();
        assert_eq!(mains, [("cmd/a", true), ("cmd/c", false)]);
        assert_eq!(sources.constraints.len(), 2);
    }

    #[test]
    fn tests_vendored_and_nested_modules_are_left_out() {
        let sources = read(&[
            ("a.go", "package a\n"),
            ("a_test.go", "package a\nimport \"C\"\n"),
            ("vendor/x/x.go", "package x\nimport \"C\"\n"),
            ("sub/go.mod", "module sub\n"),
            ("sub/s.go", "package main\nimport \"C\"\n"),
            ("_old/o.go", "package main\n"),
        ]);
        assert_eq!((sources.mains, sources.cgo), (Vec::new(), Vec::new()));
    }

    #[test]
    fn cgo_and_embed_with_their_places() {
        let sources = read(&[(
            "x/a.go",
            "package a\nimport \"C\"\nimport \"embed\"\n//go:embed t/*\nvar t embed.FS\n",
        )]);
        assert_eq!(sources.cgo, ["x/a.go:2"]);
        assert_eq!(sources.embeds, [Found { value: "t/*".to_owned(), at: "x/a.go:4".to_owned() }]);
    }

    #[test]
    fn a_file_without_a_package_is_named() {
        assert_eq!(read(&[("a.go", "{{ template }}")]).unreadable, ["a.go"]);
    }
}
