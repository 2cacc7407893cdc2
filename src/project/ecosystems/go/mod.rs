//! What a Go module states: `go.mod`, `go.sum`, `go.work`, `vendor/`, and the heads of its source files.
//!
//! Knows nothing of Dockerfiles: which files `go mod download` reads, not how they are copied.

mod constraint;
mod scan;
mod sources;
mod syntax;
mod versions;

use serde::Deserialize;

pub use self::sources::{GoSources, MainPackage, sources};
use self::syntax::{Directive, directives};
pub use self::versions::versions;
use super::{Closure, Unreadable, missing_file};
use crate::project::paths::{at, join, parent, upwards};
use crate::project::{Found, Project};

/// A module that `go.mod` requires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Require {
    /// Module path.
    pub path: String,
    /// Version as written.
    pub version: String,
    /// Whether it is marked `// indirect`.
    pub indirect: bool,
    /// Line in `go.mod`.
    pub line: usize,
}

/// A `replace` directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replace {
    /// The module that is replaced.
    pub old: String,
    /// What stands in for it: a module path, or a folder.
    pub new: String,
    /// Whether `new` is a folder (it begins with `./`, `../` or `/`).
    pub local: bool,
    /// Line in `go.mod` or `go.work`.
    pub line: usize,
}

/// A `go.mod`.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct GoMod {
    /// Path of the file in the context.
    pub path: String,
    /// The module's own path.
    pub module: String,
    /// The `go` directive, as written.
    pub go: Option<Found<String>>,
    /// The `toolchain` directive, as written.
    pub toolchain: Option<Found<String>>,
    /// What it requires, directly and indirectly.
    pub requires: Vec<Require>,
    /// What it replaces.
    pub replaces: Vec<Replace>,
    /// Versions it excludes: path and version.
    pub excludes: Vec<(String, String)>,
    /// Packages named by `tool`.
    pub tools: Vec<String>,
}

/// A `go.work` that is in force for a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoWork {
    /// Path of the file in the context.
    pub path: String,
    /// The folders it uses, relative to the context; `None` for one outside of it.
    pub uses: Vec<Option<String>>,
}

/// A module of the context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its folder, relative to the context; empty for the root.
    pub folder: String,
    /// Its `go.mod`.
    pub go_mod: GoMod,
    /// Whether `go.sum` is sent.
    pub has_sum: bool,
    /// Whether `vendor/modules.txt` is sent: a build then takes nothing from the network.
    pub vendored: bool,
    /// The workspace in force, if there is one.
    pub work: Option<GoWork>,
}

/// The module whose `go.mod` is sent in `folder`; `None` where there is none.
pub fn read(project: &Project, folder: &str) -> Option<Result<Module, Unreadable>> {
    let path = join(folder, "go.mod")?;
    project.sent(&path).then(|| read_module(project, folder, &path))
}

fn read_module(project: &Project, folder: &str, path: &str) -> Result<Module, Unreadable> {
    let go_mod = go_mod(path, &super::text(project, path)?)?;
    let work = upwards(folder).filter_map(|folder| join(folder, "go.work")).find(|path| project.sent(path));
    let work = work.map(|path| go_work(project, &path)).transpose()?;
    let sent = |name: &str| join(folder, name).is_some_and(|path| project.sent(&path));
    let (has_sum, vendored) = (sent("go.sum"), sent("vendor/modules.txt"));
    Ok(Module { folder: folder.to_owned(), go_mod, has_sum, vendored, work })
}

fn go_mod(path: &str, text: &str) -> Result<GoMod, Unreadable> {
    let unreadable = |line| Unreadable::new(at(path, line), "is not understood");
    let mut go_mod = GoMod { path: path.to_owned(), ..GoMod::default() };
    for directive in directives(text).map_err(unreadable)? {
        take(&mut go_mod, &directive).ok_or_else(|| unreadable(directive.line))?;
    }
    if go_mod.module.is_empty() {
        return Err(Unreadable::new(path, "names no module"));
    }
    Ok(go_mod)
}

/// Takes up one directive; `None` for one whose words do not fit. A verb that is not known states nothing: newer
/// releases of Go add some.
fn take(go_mod: &mut GoMod, directive: &Directive) -> Option<()> {
    let found = |value: &String| Found { value: value.clone(), at: at(&go_mod.path, directive.line) };
    match (directive.verb.as_str(), directive.words.as_slice()) {
        ("module", [module]) => go_mod.module = module.clone(),
        ("go", [version]) => go_mod.go = Some(found(version)),
        ("toolchain", [name]) => go_mod.toolchain = Some(found(name)),
        ("require", [path, version]) => go_mod.requires.push(Require {
            path: path.clone(),
            version: version.clone(),
            indirect: directive.comment == "indirect" || directive.comment.starts_with("indirect;"),
            line: directive.line,
        }),
        ("exclude", [path, version]) => go_mod.excludes.push((path.clone(), version.clone())),
        ("tool", [package]) => go_mod.tools.push(package.clone()),
        ("replace", words) => go_mod.replaces.push(replace(words, directive.line)?),
        ("module" | "go" | "toolchain" | "require" | "exclude" | "tool", _) => return None,
        _ => {}
    }
    Some(())
}

fn replace(words: &[String], line: usize) -> Option<Replace> {
    let arrow = words.iter().position(|word| word == "=>")?;
    let (old, new) = (&words[..arrow], &words[arrow + 1..]);
    let ([old] | [old, _], [new] | [new, _]) = (old, new) else { return None };
    let local =
        ["./", "../", "/"].iter().any(|start| new.starts_with(start)) || [".", ".."].contains(&new.as_str());
    Some(Replace { old: old.clone(), new: new.clone(), local, line })
}

fn go_work(project: &Project, path: &str) -> Result<GoWork, Unreadable> {
    let unreadable = |line| Unreadable::new(at(path, line), "is not understood");
    let directives = directives(&super::text(project, path)?).map_err(unreadable)?;
    let used = directives.iter().filter(|directive| directive.verb == "use");
    let uses = used.map(|directive| match directive.words.as_slice() {
        [folder] => Ok(if folder.starts_with('/') { None } else { join(parent(path), folder) }),
        _ => Err(unreadable(directive.line)),
    });
    Ok(GoWork { path: path.to_owned(), uses: uses.collect::<Result<_, _>>()? })
}

impl Module {
    /// The files that `go mod download` reads, and what speaks against running it before the sources are there.
    pub fn closure(&self, project: &Project) -> Closure {
        let mut closure = Closure::default();
        closure.need(project, &self.go_mod.path, "the module's manifest");
        if self.has_sum {
            closure.need(project, &join_known(&self.folder, "go.sum"), "the checksums of what it requires");
        } else if !self.go_mod.requires.is_empty() {
            // MC1: the builder would fix the versions anew, or refuse.
            closure.hold(missing_file(project, "MC1", &join_known(&self.folder, "go.sum")));
        }
        for replace in self.go_mod.replaces.iter().filter(|replace| replace.local) {
            self.need_replacement(project, replace, &mut closure);
        }
        if let Some(work) = &self.work {
            closure.hold(super::Obstacle {
                id: "MC3",
                text: format!("a workspace is in force ({})", work.path),
                remedy: "keep `go.work` out of the build with .dockerignore, or copy its modules by hand"
                    .to_owned(),
            });
        }
        if self.vendored {
            closure.hold(super::Obstacle {
                id: "MC1",
                text: format!(
                    "`{}` is there, so the build downloads nothing",
                    join_known(&self.folder, "vendor")
                ),
                remedy: "none needed: copying `vendor` before the sources is all there is to cache"
                    .to_owned(),
            });
        }
        closure
    }

    /// A module that is replaced by a folder: its `go.mod` is read to know what it requires in turn.
    fn need_replacement(&self, project: &Project, replace: &Replace, closure: &mut Closure) {
        let place = at(&self.go_mod.path, replace.line);
        let folder = if replace.new.starts_with('/') { None } else { join(&self.folder, &replace.new) };
        let Some(folder) = folder else {
            closure.hold(super::Obstacle {
                id: "MC1",
                text: format!(
                    "`{}` is replaced by `{}`, outside the context ({place})",
                    replace.old, replace.new
                ),
                remedy: "build from a context that holds the folder".to_owned(),
            });
            return;
        };
        closure.need(
            project,
            &join_known(&folder, "go.mod"),
            &format!("stands in for `{}` ({place})", replace.old),
        );
        let sum = join_known(&folder, "go.sum");
        if project.sent(&sum) {
            closure.need(project, &sum, &format!("goes with {}", join_known(&folder, "go.mod")));
        }
    }

    /// The modules among the requirements that are known to need cgo, with their places in `go.mod`.
    pub fn known_cgo(&self) -> Vec<Found<String>> {
        let table = CgoTable::get();
        let known = self.go_mod.requires.iter().filter(|require| table.has(&require.path));
        known
            .map(|require| Found { value: require.path.clone(), at: at(&self.go_mod.path, require.line) })
            .collect()
    }
}

/// A name below a folder of the context.
fn join_known(folder: &str, name: &str) -> String {
    join(folder, name).expect("a plain name stays in the folder")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CgoTable {
    modules: Vec<String>,
}

impl CgoTable {
    fn get() -> &'static CgoTable {
        static TABLE: std::sync::LazyLock<CgoTable> = std::sync::LazyLock::new(|| {
            toml::from_str(include_str!("cgo.toml")).expect("the table is part of the program and tested")
        });
        &TABLE
    }

    fn has(&self, path: &str) -> bool {
        self.modules.iter().any(|module| {
            path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "module example.com/a\n\ngo 1.22\n\nrequire github.com/mattn/go-sqlite3 v1.14.24\n";

    fn module(files: &[(&str, &str)]) -> (Project, Module) {
        let project = Project::in_memory(files.iter().copied());
        let module = read(&project, "").expect("there").expect("readable");
        (project, module)
    }

    #[test]
    fn manifest_is_read_whole() {
        let text = "module a\ngo 1.22\ntoolchain go1.22.4\ntool x/y\nexclude b v2\nretract v1 // no\nrequire (\n b v1\n c v1 // indirect\n)\nreplace b v1 => ../b\n";
        let go_mod = go_mod("go.mod", text).expect("readable");
        assert_eq!(go_mod.toolchain.expect("there").at, "go.mod:3");
        assert_eq!(go_mod.requires.iter().map(|require| require.indirect).collect::<Vec<_>>(), [false, true]);
        assert!(go_mod.replaces[0].local);
        assert_eq!(go_mod.tools, ["x/y"]);
    }

    #[test]
    fn a_line_that_does_not_fit_is_named() {
        let error = go_mod("api/go.mod", "module a\nrequire b\n").expect_err("no version");
        assert_eq!(error.at, "api/go.mod:2");
    }

    #[test]
    fn closure_of_a_plain_module() {
        let (project, module) = module(&[("go.mod", MANIFEST), ("go.sum", "")]);
        let closure = module.closure(&project);
        assert_eq!(closure.paths(), ["go.mod", "go.sum"]);
        assert!(closure.obstacles.is_empty());
        assert_eq!(module.known_cgo()[0].at, "go.mod:5");
    }

    #[test]
    fn checksums_kept_from_the_builder_hold_back() {
        let (project, module) = module(&[("go.mod", MANIFEST), ("go.sum", ""), (".dockerignore", "*.sum")]);
        let closure = module.closure(&project);
        assert_eq!(closure.obstacles[0].id, "MC1");
        assert!(closure.obstacles[0].text.contains(".dockerignore"), "{:?}", closure.obstacles);
    }

    #[test]
    fn a_replacement_in_the_context_is_copied_and_one_outside_holds_back() {
        let text = "module a\nreplace x => ./x\nreplace y => ../y\n";
        let (project, module) = module(&[("go.mod", text), ("x/go.mod", "module x\n")]);
        let closure = module.closure(&project);
        assert_eq!(closure.paths(), ["go.mod", "x/go.mod"]);
        assert_eq!(closure.obstacles.len(), 1);
        assert!(closure.obstacles[0].text.contains("go.mod:3"));
    }

    #[test]
    fn vendored_and_workspace_modules_are_held_back() {
        let (project, module) = module(&[
            ("go.mod", "module a\n"),
            ("vendor/modules.txt", ""),
            ("go.work", "go 1.22\nuse (\n\t.\n\t../b\n)\n"),
        ]);
        assert_eq!(module.work.as_ref().expect("in force").uses, [Some(String::new()), None]);
        let ids: Vec<_> = module.closure(&project).obstacles.iter().map(|obstacle| obstacle.id).collect();
        assert_eq!(ids, ["MC3", "MC1"]);
    }

    #[test]
    fn cgo_table_parses_and_matches_whole_path_parts() {
        assert!(CgoTable::get().has("github.com/hajimehoshi/ebiten/v2"));
        assert!(!CgoTable::get().has("github.com/mattn/go-sqlite3x"));
    }
}
