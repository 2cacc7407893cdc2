//! The files that an npm install reads, and what speaks against running it on these alone.

use std::collections::BTreeSet;

use super::lock::Lock;
use super::scripts::Run;
use super::spec::{Spec, spec};
use super::tables::{InstallScript, Reads, ReadsWord, install_script, program, reaches_builder};
use super::{LockState, Package};
use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, missing_file};
use crate::project::paths::join;

/// What the requests of a package are seen with.
pub(super) struct Asked<'a> {
    /// Names of the workspace's own packages.
    pub(super) members: &'a BTreeSet<&'a str>,
    /// Requests that stand elsewhere than in the manifest.
    pub(super) more: &'a [String],
    /// The folder of the workspace.
    pub(super) top: &'a str,
}

impl Package {
    fn inside(&self, name: &str) -> String {
        join(&self.folder, name).unwrap_or_else(|| name.to_owned())
    }

    pub(super) fn lock_files(&self, project: &Project, closure: &mut Closure) {
        match &self.lock {
            LockState::Read(Lock { path, .. }) => closure.need(project, path, "the locked versions"),
            LockState::Unreadable(error) => closure.hold(Obstacle {
                id: "MC1",
                text: error.to_string(),
                remedy: "make the lock anew with `npm install --package-lock-only`".to_owned(),
            }),
            LockState::Kept(path) => closure.hold(missing_file(project, "MC1", path)),
            LockState::Missing => {
                for name in ["npm-shrinkwrap.json", "package-lock.json"] {
                    closure.need_if_sent(project, &self.inside(name), "the locked versions");
                }
                let why = "npm takes versions from it where it has no lock of its own";
                closure.need_if_sent(project, &self.inside("yarn.lock"), why);
            }
        }
    }

    /// Dependencies that lie in the project: an archive can be copied beside the manifest, a folder is source (MC3).
    pub(super) fn local_dependencies(&self, project: &Project, asked: &Asked<'_>, closure: &mut Closure) {
        let edges = self.manifest.edges().into_iter().map(|(name, (_, range))| (name, range));
        let replaced = self
            .manifest
            .replacements
            .iter()
            .chain(asked.more)
            .map(|range| ("a replacement", range.as_str()));
        for (name, range) in edges.chain(replaced) {
            let (protocol, rest) = range.split_once(':').unwrap_or_default();
            let path = match (protocol, spec(range)) {
                ("workspace", _) => {
                    // `workspace:folder` names a member by its place, `workspace:other@*` by another name.
                    let named = rest.rsplit_once('@').map_or(name, |(other, _)| other);
                    if !asked.members.contains(named) && name != "a replacement" {
                        closure.hold(Obstacle {
                            id: "MC3",
                            text: format!(
                                "`{name}` is no member of the workspace that is sent ({})",
                                self.manifest.path
                            ),
                            remedy: "let .dockerignore pass its package.json".to_owned(),
                        });
                    }
                    continue;
                }
                ("patch", _) => {
                    self.patch(project, rest, asked.top, closure);
                    continue;
                }
                ("portal", _) => rest,
                ("exec", _) => {
                    closure.hold(Obstacle {
                        id: "MC2",
                        text: format!("a script of the project makes `{name}`"),
                        remedy: "copy what the script needs by hand before the install".to_owned(),
                    });
                    continue;
                }
                (_, Spec::Path(path)) => path,
                _ => continue,
            };
            let archive = [".tgz", ".tar.gz", ".tar"].iter().any(|ending| path.ends_with(ending));
            let from = if name == "a replacement" { asked.top } else { &self.folder };
            match join(from, path).filter(|_| !path.starts_with(['/', '~'])) {
                Some(path) if archive => {
                    closure.need(project, &path, &format!("`{name}` is installed from it"))
                }
                _ => closure.hold(Obstacle {
                    id: "MC3",
                    text: format!("`{name}` is installed from the project's own folder `{path}`"),
                    remedy: "copy that folder by hand before the install".to_owned(),
                }),
            }
        }
    }

    /// The files of a request such as `patch:a@npm%3A1#./a.patch&~/b.patch`, but for what Yarn brings itself.
    fn patch(&self, project: &Project, rest: &str, top: &str, closure: &mut Closure) {
        let files = rest.split_once('#').map_or("", |(_, files)| files);
        let files = files.split("::").next().unwrap_or_default().split('&');
        for file in files.map(|file| file.trim_start_matches("optional!")) {
            let path = match file.strip_prefix("~/") {
                Some(below) => join(top, below),
                None if file.starts_with("builtin<") || file.starts_with("~builtin<") || file.is_empty() => {
                    continue;
                }
                None => join(top, file),
            };
            match path {
                Some(path) if closure.has_folder_of(&path) => {}
                Some(path) => closure.need(project, &path, "a patch of a dependency"),
                None => closure.hold(Obstacle {
                    id: "MC1",
                    text: format!("the patch `{file}` lies outside the project ({})", self.manifest.path),
                    remedy: "put it into the project".to_owned(),
                }),
            }
        }
    }

    /// What the package's own lifecycle scripts read (MC2).
    pub(super) fn own_scripts(&self, project: &Project, names: &[&str], closure: &mut Closure) {
        if self.builds_gyp && !self.ignores_scripts() {
            closure.hold(Obstacle {
                id: "MC2",
                text: format!("`{}` makes the install compile the sources", self.inside("binding.gyp")),
                remedy: "none: the install needs the sources".to_owned(),
            });
        }
        for script in self.lifecycle_of(names) {
            let runs = self
                .script_runs(project, script)
                .and_then(|runs| runs.iter().try_for_each(|run| self.run_reads(project, run, closure)));
            if let Err(why) = runs {
                closure.hold(Obstacle {
                    id: "MC2",
                    text: format!("script `{script}` runs during the install: {why}"),
                    remedy: "run it in a RUN of its own after the sources are copied, and install with \
                             `--ignore-scripts` if no dependency needs its own script"
                        .to_owned(),
                });
            }
        }
    }

    /// Adds what one program of a script reads to the closure, or says why that is not possible.
    fn run_reads(&self, project: &Project, run: &Run, closure: &mut Closure) -> Result<(), String> {
        let name = run.words.first().map(String::as_str).unwrap_or_default();
        let place = run.at.as_deref().unwrap_or_default();
        let Some(program) = program(&run.words) else {
            return Err(format!("what `{name}` reads is not known ({place})"));
        };
        if let Some(path) = reaches_builder(project, &self.folder, &program.unless) {
            return Err(format!("`{name}` looks for `{path}` ({place})"));
        }
        match &program.reads {
            Reads::Word(ReadsWord::Nothing) => Ok(()),
            Reads::Word(ReadsWord::Project) => Err(format!("`{name}` reads the project's files ({place})")),
            // Its arguments could name another folder than the usual.
            Reads::Paths(_) if run.words.len() > 1 => Err(format!("`{name}` has arguments ({place})")),
            Reads::Paths(paths) => {
                for path in paths.iter().map(|path| self.inside(path)).filter(|path| project.sent(path)) {
                    closure.need(project, &path, &format!("`{name}` reads it ({place})"));
                }
                Ok(())
            }
        }
    }

    /// Install scripts of dependencies that look for files of the project that depends on them (MC2).
    pub(super) fn install_scripts(&self, project: &Project, closure: &mut Closure) {
        if let Some(scripted) = self.lock().and_then(Lock::with_install_scripts) {
            let names: Vec<&str> = scripted.iter().map(|locked| locked.name).collect();
            for name in names.iter().filter(|name| install_script(name) == InstallScript::Unknown) {
                held_by(name, format!("what the install script of `{name}` reads is not known"), closure);
            }
            self.scripts_of(project, &names, closure);
            return;
        }
        // Version 1 lists all packages without saying which run scripts.
        let names = match self.lock() {
            Some(lock) => lock.all().iter().map(|locked| locked.name).collect(),
            None => self.manifest.edges().into_keys().collect::<Vec<_>>(),
        };
        self.scripts_of(project, &names, closure);
    }

    /// Those of `names` whose install scripts are known to look for files of the project that are sent (MC2).
    pub(super) fn scripts_of(&self, project: &Project, names: &[&str], closure: &mut Closure) {
        for name in names {
            let InstallScript::Project(files) = install_script(name) else { continue };
            if let Some(path) = reaches_builder(project, &self.folder, files) {
                held_by(name, format!("the install script of `{name}` looks for `{path}`"), closure);
            }
        }
    }
}

fn held_by(name: &str, text: String, closure: &mut Closure) {
    let remedy = format!("copy what `{name}` needs by hand before the install");
    closure.hold(Obstacle { id: "MC2", text, remedy });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::npm::{Scripts, Tool, Workspace};

    fn closure(files: &[(&str, &str)]) -> Closure {
        let project = Project::in_memory(files.iter().copied());
        let workspace = Workspace::read(&project, "", Tool::Npm).expect("there").expect("readable");
        workspace.closure(&project, Scripts::Run)
    }

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        closure(files).obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    fn locked(packages: &str) -> String {
        format!(r#"{{"lockfileVersion": 3, "packages": {{"": {{}}{packages}}}}}"#)
    }

    #[test]
    fn manifest_lock_and_settings() {
        let lock = locked("");
        let closure =
            closure(&[("package.json", "{}"), ("package-lock.json", &lock), (".npmrc", "fund=false\n")]);
        assert_eq!(closure.paths(), ["package.json", "package-lock.json", ".npmrc"]);
        assert_eq!(closure.obstacles, []);
    }

    #[test]
    fn without_an_own_lock_npm_reads_that_of_yarn() {
        let closure = closure(&[("package.json", "{}"), ("yarn.lock", "")]);
        assert_eq!(closure.paths(), ["package.json", "yarn.lock"]);
    }

    #[test]
    fn what_git_ignores_may_be_there() {
        let lock = locked("");
        let ignored =
            [("package.json", "{}"), ("package-lock.json", lock.as_str()), (".gitignore", "# c\n.np*\n")];
        assert!(held(&ignored)[0].contains(".gitignore:2"), "{:?}", held(&ignored));
        assert!(held(&[("package.json", "{}"), (".gitignore", "package-lock.json\n")])[0].starts_with("MC1"));
        let kept = [ignored[0], ignored[1], ignored[2], (".dockerignore", ".npmrc")];
        assert!(held(&kept).is_empty());
        assert!(held(&[("package.json", "{}"), (".gitignore", "!.npmrc\n/dist\ntmp/*\n")]).is_empty());
    }

    #[test]
    fn a_lock_kept_from_the_builder_holds_back() {
        let files = [("package.json", "{}"), ("package-lock.json", "{}"), (".dockerignore", "*-lock.json")];
        assert_eq!(held(&files), ["MC1 `package-lock.json` is kept from the builder by .dockerignore"]);
    }

    #[test]
    fn local_dependencies() {
        let manifest = r#"{"dependencies": {"a": "file:a.tgz", "b": "file:../b"}}"#;
        let closure = closure(&[("package.json", manifest), ("a.tgz", "")]);
        assert_eq!(closure.paths(), ["package.json", "a.tgz"]);
        assert_eq!(closure.obstacles[0].id, "MC3");
    }

    #[test]
    fn lifecycle_scripts_that_read_nothing_pass() {
        for body in ["echo hi", "npx only-allow npm", "is-ci || echo no"] {
            let manifest = format!(r#"{{"scripts": {{"postinstall": "{body}"}}}}"#);
            assert_eq!(held(&[("package.json", &manifest)]), Vec::<String>::new(), "{body}");
        }
    }

    #[test]
    fn lifecycle_scripts_that_read_or_are_not_known_hold_back() {
        for body in ["prisma generate", "my-tool", "node setup.js", "rm -rf dist", "$X"] {
            let manifest = format!(r#"{{"scripts": {{"postinstall": "{body}"}}}}"#);
            let held = held(&[("package.json", &manifest)]);
            assert!(held[0].starts_with("MC2 script `postinstall`"), "{body}: {held:?}");
        }
    }

    #[test]
    fn patches_are_copied_beside_the_manifest() {
        let manifest = r#"{"scripts": {"postinstall": "patch-package"}}"#;
        let closure = closure(&[("package.json", manifest), ("patches/a.patch", "")]);
        assert_eq!(closure.paths(), ["package.json", "patches"]);
        assert!(closure.files[1].folder && closure.obstacles.is_empty());
    }

    #[test]
    fn git_hooks_need_the_repository_left_out() {
        let manifest = r#"{"scripts": {"prepare": "husky"}}"#;
        assert!(held(&[("package.json", manifest)])[0].contains("looks for `.git`"));
        assert!(held(&[("package.json", manifest), (".dockerignore", ".git")]).is_empty());
    }

    #[test]
    fn install_scripts_of_dependencies() {
        let script =
            |name: &str| locked(&format!(r#", "node_modules/{name}": {{"hasInstallScript": true}}"#));
        assert!(held(&[("package.json", "{}"), ("package-lock.json", &script("esbuild"))]).is_empty());
        assert!(
            held(&[("package.json", "{}"), ("package-lock.json", &script("strange"))])[0].starts_with("MC2")
        );
        let prisma = script("@prisma/client");
        assert!(held(&[("package.json", "{}"), ("package-lock.json", &prisma)]).is_empty());
        let files = [("package.json", "{}"), ("package-lock.json", &prisma), ("prisma/schema.prisma", "")];
        assert!(held(&files)[0].contains("prisma/schema.prisma"));
    }

    #[test]
    fn a_package_that_compiles_itself_holds_back() {
        assert!(held(&[("package.json", "{}"), ("binding.gyp", "")])[0].starts_with("MC2"));
        let manifest = r#"{"gypfile": false}"#;
        assert!(held(&[("package.json", manifest), ("binding.gyp", "")]).is_empty());
    }
}
