//! The files that an install reads, and what speaks against running it on these alone.

use std::collections::BTreeSet;

use super::{Lock, Tool, Workspace};
use crate::project::ecosystems::npm::closure::Asked;
use crate::project::ecosystems::{Closure, Obstacle};
use crate::project::paths::{join, parent, upwards};
use crate::project::{Project, ecosystems::npm::Package};

/// Whether an install runs scripts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scripts {
    /// It does.
    Run,
    /// `--ignore-scripts`.
    Ignored,
}

impl Workspace {
    /// The files that an install reads, and why it might need more (MC1, MC2, MC3).
    pub fn closure(&self, project: &Project, scripts: Scripts) -> Closure {
        let mut closure = Closure::default();
        closure.need(project, &self.root.manifest.path, "the package's manifest");
        self.lock_files(project, &mut closure);
        for name in &self.tool.facts().settings {
            closure.need_if_sent(project, &self.inside(name), "settings of the install");
        }
        self.settings.obstacles.iter().for_each(|obstacle| closure.hold(obstacle.clone()));
        for member in &self.members {
            closure.need(project, &member.manifest.path, "a member of the workspace");
        }
        self.folders(project, &mut closure);
        for path in &self.settings.needed {
            if !closure.has_folder_of(path) {
                closure.need(project, path, "named by the settings");
            }
        }
        self.workspace(project, &mut closure);
        let names: BTreeSet<&str> =
            self.packages().filter_map(|package| package.manifest.name.as_deref()).collect();
        for package in self.packages() {
            package.local_dependencies(
                project,
                &Asked { members: &names, more: &self.settings.replacements, top: &self.root.folder },
                &mut closure,
            );
            if scripts == Scripts::Run {
                package.own_scripts(project, &self.tool.lifecycle(), &mut closure);
            }
        }
        if scripts == Scripts::Run && !self.root.ignores_scripts() {
            match self.tool {
                Tool::Npm => self.root.install_scripts(project, &mut closure),
                _ => self.root.scripts_of(project, &self.locked_names(), &mut closure),
            }
        }
        closure
    }

    /// Folders and files of the context into which an install writes, whether or not they are there.
    pub fn writes(&self, closure: &Closure) -> Vec<String> {
        let facts = self.tool.facts();
        let mut writes: Vec<String> = facts.writes.iter().map(|name| self.inside(name)).collect();
        if self.tool == Tool::YarnBerry {
            let pnp: &[&str] = &[".pnp.cjs", ".pnp.loader.mjs", ".yarn/unplugged"];
            let names = if self.settings.plug_n_play { pnp } else { &["node_modules"] };
            writes.extend(names.iter().map(|name| self.inside(name)));
            // Archives that come with the project are there before, and the same.
            let cache = self.inside(".yarn/cache");
            if self.settings.local_cache && !closure.files.iter().any(|needed| needed.path == cache) {
                writes.push(cache);
            }
        }
        let in_members = self
            .members
            .iter()
            .flat_map(|member| facts.members.iter().filter_map(|name| join(&member.folder, name)));
        writes.extend(in_members);
        if self.tool == Tool::YarnBerry && !self.settings.plug_n_play {
            writes.extend(self.members.iter().filter_map(|member| join(&member.folder, "node_modules")));
        }
        writes
    }

    /// Names of the scripts of the workspace's packages that an install runs, in their order.
    pub fn scripts(&self) -> Vec<&str> {
        let names = self.tool.lifecycle();
        let mut found: Vec<&str> = self.packages().flat_map(|package| package.lifecycle_of(&names)).collect();
        found.dedup();
        found
    }

    fn inside(&self, name: &str) -> String {
        join(&self.root.folder, name).unwrap_or_else(|| name.to_owned())
    }

    fn lock_files(&self, project: &Project, closure: &mut Closure) {
        if self.tool == Tool::Npm {
            self.root.lock_files(project, closure);
            return;
        }
        let facts = self.tool.facts();
        if let Lock::Unreadable(error) = &self.lock {
            closure.hold(Obstacle {
                id: "MC1",
                text: error.to_string(),
                remedy: format!("make the lock anew with `{} install`", self.tool.program()),
            });
        }
        let paths: Vec<String> = facts.locks.iter().map(|name| self.inside(name)).collect();
        match paths.iter().find(|path| project.sent(path)) {
            Some(path) => closure.need(project, path, "the locked versions"),
            None => {
                let others = facts.others.iter().map(|name| self.inside(name));
                for path in paths.into_iter().chain(others) {
                    closure.need_if_sent(project, &path, "the locked versions");
                }
            }
        }
    }

    /// Folders of settings, and the patches that the manifests name.
    fn folders(&self, project: &Project, closure: &mut Closure) {
        for path in self.tool.facts().folders.iter().map(|name| self.inside(name)) {
            if project.files_below(&path).next().is_some() {
                closure.need(project, &path, "settings of the install");
            }
        }
        for package in self.packages() {
            let patches = package.manifest.patches.iter().filter_map(|patch| join(&self.root.folder, patch));
            patches.for_each(|patch| closure.need(project, &patch, "a patch of a dependency"));
        }
    }

    /// What a workspace demands beyond its manifests (MC3).
    fn workspace(&self, project: &Project, closure: &mut Closure) {
        let mut hold = |text: String| {
            closure.hold(Obstacle {
                id: "MC3",
                text,
                remedy: "copy the manifests of all members by hand before the install".to_owned(),
            });
        };
        if let Some(why) = &self.unlisted {
            hold(why.clone());
        }
        if self.root.manifest.plug_n_play && self.tool == Tool::YarnClassic {
            hold(format!("`{}` asks for Plug'n'Play", self.root.manifest.path));
        }
        for member in self.members.iter().filter(|member| member.offers_programs(project)) {
            hold(format!("`{}` offers a program, which the install links", member.manifest.path));
        }
        if let Some(above) = self.above(project) {
            hold(format!("the package may be a member of the workspace of `{above}`"));
        }
    }

    /// What makes a folder above the package's the root of the install.
    fn above(&self, project: &Project) -> Option<String> {
        if self.root.folder.is_empty() {
            return None;
        }
        let names: &[&str] = match self.tool {
            Tool::YarnBerry => &["yarn.lock", ".yarnrc.yml", ".pnp.cjs"],
            Tool::Pnpm => &["pnpm-workspace.yaml"],
            _ => &[],
        };
        upwards(parent(&self.root.folder)).find_map(|folder| {
            let named = names.iter().filter_map(|name| join(folder, name)).find(|path| project.sent(path));
            named.or_else(|| self.workspace_in(project, folder))
        })
    }

    /// The manifest of a folder that has members. pnpm does not look there.
    fn workspace_in(&self, project: &Project, folder: &str) -> Option<String> {
        let package = super::read(project, folder).filter(|_| self.tool != Tool::Pnpm)?.ok()?;
        (!package.manifest.workspaces.is_empty()).then_some(package.manifest.path)
    }
}

impl Package {
    /// Whether a program that it offers is there to be linked. One that a build makes is there neither before the
    /// sources nor with them.
    fn offers_programs(&self, project: &Project) -> bool {
        let mut files = self.manifest.bin.values().filter_map(|path| join(&self.folder, path));
        self.manifest.has_bin_folder || files.any(|path| project.sent(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closure(files: &[(&str, &str)], tool: Tool) -> Closure {
        let project = Project::in_memory(files.iter().copied());
        Workspace::read(&project, "", tool).expect("there").expect("readable").closure(&project, Scripts::Run)
    }

    fn held(files: &[(&str, &str)], tool: Tool) -> Vec<String> {
        let closure = closure(files, tool);
        closure.obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn members_of_each_kind_of_workspace() {
        let root = ("package.json", r#"{"workspaces": ["p/*"], "dependencies": {"m": "workspace:*"}}"#);
        let files =
            [root, ("p/m/package.json", r#"{"name": "m"}"#), ("pnpm-workspace.yaml", "packages: ['p/*']\n")];
        for tool in [Tool::Npm, Tool::YarnClassic, Tool::YarnBerry, Tool::Bun] {
            let closure = closure(&files, tool);
            assert_eq!(closure.paths(), ["package.json", "p/m/package.json"], "{tool:?}");
            assert_eq!(closure.obstacles, [], "{tool:?}");
        }
        assert_eq!(
            closure(&files, Tool::Pnpm).paths(),
            ["package.json", "pnpm-workspace.yaml", "p/m/package.json"]
        );
    }

    #[test]
    fn a_member_that_is_not_there_holds_back() {
        let root = r#"{"workspaces": ["p/*"], "dependencies": {"m": "workspace:*"}}"#;
        assert!(held(&[("package.json", root)], Tool::Pnpm)[0].starts_with("MC3 `m`"));
    }

    #[test]
    fn programs_of_members_are_linked_if_they_are_there() {
        let root = ("package.json", r#"{"workspaces": ["p/*"]}"#);
        let member = ("p/m/package.json", r#"{"name": "m", "bin": "cli.js"}"#);
        assert!(held(&[root, member], Tool::Npm).is_empty());
        assert!(held(&[root, member, ("p/m/cli.js", "")], Tool::Npm)[0].contains("offers a program"));
    }

    #[test]
    fn a_member_alone_is_installed_with_its_workspace() {
        let files = [
            ("package.json", r#"{"workspaces": ["web"]}"#),
            ("web/package.json", "{}"),
            ("pnpm-workspace.yaml", ""),
        ];
        let project = Project::in_memory(files);
        for tool in [Tool::Npm, Tool::Pnpm] {
            let closure = Workspace::read(&project, "web", tool)
                .expect("there")
                .expect("readable")
                .closure(&project, Scripts::Run);
            assert_eq!(closure.obstacles[0].id, "MC3", "{tool:?}");
        }
    }

    #[test]
    fn settings_and_what_they_name() {
        let yarnrc = (".yarnrc", "yarn-offline-mirror \"./mirror\"\n");
        let classic = closure(
            &[("package.json", "{}"), ("yarn.lock", ""), yarnrc, ("mirror/a.tgz", "")],
            Tool::YarnClassic,
        );
        assert_eq!(classic.paths(), ["package.json", "yarn.lock", ".yarnrc", "mirror"]);
        let files = [
            ("package.json", "{}"),
            (".yarnrc.yml", "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n"),
            (".yarn/releases/yarn-4.1.0.cjs", ""),
        ];
        let berry = closure(&files, Tool::YarnBerry);
        assert_eq!(berry.paths(), ["package.json", ".yarnrc.yml", ".yarn/releases"]);
        assert!(
            held(&[("package.json", "{}"), (".yarnrc", "cafile \"x.pem\"\n")], Tool::YarnClassic)[0]
                .starts_with("MC1")
        );
        assert!(
            held(&[("package.json", "{}"), (".yarnrc.yml", "cacheFolder: x\n")], Tool::YarnBerry)[0]
                .starts_with("MC1")
        );
        assert!(
            held(&[("package.json", "{}"), ("bunfig.toml", "[install]\ncafile = 'x'\n")], Tool::Bun)[0]
                .starts_with("MC1")
        );
    }

    #[test]
    fn hooks_of_pnpm_are_copied_where_they_load_nothing() {
        let hook = |text| [("package.json", "{}"), (".pnpmfile.cjs", text)];
        assert_eq!(
            closure(&hook("module.exports = {}"), Tool::Pnpm).paths(),
            ["package.json", ".pnpmfile.cjs"]
        );
        assert!(held(&hook("require('./x')"), Tool::Pnpm)[0].starts_with("MC2"));
    }

    #[test]
    fn patches_that_a_manifest_names() {
        let pnpm = r#"{"pnpm": {"patchedDependencies": {"a@1": "patches/a.patch"}}}"#;
        let files = [("package.json", pnpm), ("patches/a.patch", "")];
        assert_eq!(closure(&files, Tool::Pnpm).paths(), ["package.json", "patches/a.patch"]);
        let bun = r#"{"patchedDependencies": {"a@1": "patches/b.patch"}}"#;
        assert!(held(&[("package.json", bun)], Tool::Bun)[0].starts_with("MC1"));
        let yarn = r#"{"resolutions": {"a": "patch:a@npm%3A1#./.yarn/patches/a.patch"}}"#;
        let files = [("package.json", yarn), (".yarn/patches/a.patch", "")];
        assert_eq!(closure(&files, Tool::YarnBerry).paths(), ["package.json", ".yarn/patches"]);
    }

    #[test]
    fn folders_of_the_project_hold_back() {
        for range in ["file:./lib", "link:./lib", "portal:./lib"] {
            let root = format!(r#"{{"dependencies": {{"lib": "{range}"}}}}"#);
            let held = held(&[("package.json", &root), ("lib/package.json", "{}")], Tool::YarnBerry);
            assert!(held[0].starts_with("MC3"), "{range}: {held:?}");
        }
    }

    #[test]
    fn scripts_are_of_no_account_where_they_are_ignored() {
        let files = [("package.json", r#"{"scripts": {"postinstall": "node x.js"}}"#)];
        let project = Project::in_memory(files);
        let workspace = Workspace::read(&project, "", Tool::Pnpm).expect("there").expect("readable");
        assert!(workspace.closure(&project, Scripts::Ignored).obstacles.is_empty());
        assert_eq!(workspace.closure(&project, Scripts::Run).obstacles[0].id, "MC2");
        let prepare = [("package.json", r#"{"scripts": {"prepare": "node x.js"}}"#)];
        assert!(held(&prepare, Tool::YarnBerry).is_empty());
        assert!(held(&prepare, Tool::YarnClassic)[0].starts_with("MC2"));
    }

    #[test]
    fn what_an_install_writes() {
        let writes = |files: &[(&str, &str)], tool| {
            let project = Project::in_memory(files.iter().copied());
            let workspace = Workspace::read(&project, "", tool).expect("there").expect("readable");
            workspace.writes(&workspace.closure(&project, Scripts::Run))
        };
        let member = [("package.json", r#"{"workspaces": ["p/*"]}"#), ("p/m/package.json", "{}")];
        assert_eq!(writes(&member, Tool::YarnClassic), ["node_modules", "p/m/node_modules"]);
        let berry = writes(&[("package.json", "{}"), (".yarnrc.yml", "")], Tool::YarnBerry);
        assert!(
            berry.contains(&".pnp.cjs".to_owned()) && berry.contains(&".yarn/cache".to_owned()),
            "{berry:?}"
        );
        let modules =
            [("package.json", "{}"), (".yarnrc.yml", "nodeLinker: node-modules\nenableGlobalCache: true\n")];
        assert_eq!(
            writes(&modules, Tool::YarnBerry),
            [".yarn/install-state.gz", ".yarn/build-state.yml", "node_modules"]
        );
    }
}
