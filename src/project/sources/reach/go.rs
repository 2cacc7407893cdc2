//! How Go finds the package that an import names.

use super::{GapKind, Main, Walk};
use crate::project::paths::{join, parent};
use crate::project::sources::names::Import;
use crate::project::{Project, ecosystems};

/// A module of the project: the path that its packages are imported under, and its folder.
#[derive(Clone, Debug)]
pub(super) struct Module {
    path: String,
    folder: String,
}

/// The modules of the project, those that stand in for others among them; the longest path first.
pub(super) fn modules(project: &Project) -> Vec<Module> {
    let mut modules = Vec::new();
    let manifests = project.files().filter(|entry| entry.path == "go.mod" || entry.path.ends_with("/go.mod"));
    for manifest in manifests {
        let folder = parent(&manifest.path);
        let Some(Ok(module)) = ecosystems::go::read(project, folder) else { continue };
        modules.push(Module { path: module.go_mod.module, folder: folder.to_owned() });
        for replace in module.go_mod.replaces.into_iter().filter(|replace| replace.local) {
            let folder = join(folder, &replace.new);
            modules.extend(folder.map(|folder| Module { path: replace.old, folder }));
        }
    }
    modules.sort_by(|a, b| b.path.len().cmp(&a.path.len()).then_with(|| a.folder.cmp(&b.folder)));
    modules
}

impl Walk<'_> {
    /// The folder of a package that belongs to the project.
    pub(super) fn local_go_folder(&self, path: &str) -> Option<String> {
        self.go_modules.iter().find_map(|module| {
            let rest = path.strip_prefix(module.path.as_str())?;
            let fits = rest.is_empty() || rest.starts_with('/');
            if fits { join(&module.folder, rest) } else { None }
        })
    }

    pub(super) fn go_package(&mut self, folder: &str, place: &str) {
        let Some(folder) = join("", folder) else {
            return self.missing(folder, "lies outside of the context");
        };
        let is_source = |path: &str| path.ends_with(".go") && !path.ends_with("_test.go");
        let files = self.project.folder(&folder).map(|entry| entry.path.clone());
        let files: Vec<String> = files.filter(|path| is_source(path)).collect();
        if files.is_empty() {
            let at = if place.is_empty() { folder.clone() } else { place.to_owned() };
            return self.gap(GapKind::MissingFile, at, format!("no sources of Go are sent from `{folder}`"));
        }
        for path in files {
            self.push(&path, Main::Program, "");
        }
    }

    pub(super) fn follow_go(&mut self, unit: usize, import: &Import) {
        let place = self.units[unit].code.place(import.at);
        match self.local_go_folder(&import.module) {
            Some(folder) => self.go_package(&folder, &place),
            None => self.external(&import.module, place),
        }
    }
}
