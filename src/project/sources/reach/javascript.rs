//! How Node.js finds the file that an import names.

use super::{GapKind, Main, Walk};
use crate::project::EntryKind;
use crate::project::paths::{join, parent};
use crate::project::sources::language::Language;
use crate::project::sources::names::Import;
use crate::project::typescript::Settings;

const EXTENSIONS: &[&str] = &[
    "",
    ".js",
    ".ts",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".tsx",
    ".jsx",
    ".json",
    "/index.js",
    "/index.ts",
    "/index.mjs",
    "/index.cjs",
    "/index.tsx",
    "/index.jsx",
    "/index.json",
];

/// Files that hold no code which Node.js would run.
const NO_CODE: &[&str] = &[
    "css", "gif", "graphql", "html", "jpg", "json", "less", "md", "png", "sass", "scss", "svg", "txt", "webp",
];

impl Walk<'_> {
    pub(super) fn javascript_entry(&mut self, path: &str) {
        let Some(path) = join("", path) else { return self.missing(path, "lies outside of the context") };
        match self.find_javascript(&path) {
            Some(found) => self.push(&found, Main::Program, ""),
            None => self.missing(&path, "is started, and not sent to the build"),
        }
    }

    pub(super) fn follow_javascript(&mut self, unit: usize, import: &Import) {
        let code = &self.units[unit].code;
        let place = code.place(import.at);
        let module = import.module.as_str();
        let folder = parent(code.path()).to_owned();
        let found = if is_local(module) {
            join(&folder, module).and_then(|path| self.find_javascript(&path))
        } else {
            match self.find_alias(&folder, module) {
                None => return self.external(module, place),
                found => found,
            }
        };
        let Some(found) = found else {
            return self.gap(GapKind::MissingFile, place, format!("`{module}` is not sent to the build"));
        };
        let extension = found.rsplit('/').next().unwrap_or_default().rsplit_once('.').map(|(_, end)| end);
        if Language::of_path(&found) == Some(Language::JavaScript) || extension.is_none() {
            self.push(&found, Main::Program, "");
        } else if !extension.is_some_and(|extension| NO_CODE.contains(&extension)) {
            self.gap(GapKind::Unreadable, place, format!("`{found}` is code in a form that is not read"));
        }
    }

    /// The file at a path that may lack its extension, be a folder, or be built from a source elsewhere.
    fn find_javascript(&self, path: &str) -> Option<String> {
        if let Some(found) = self.find_as_written(path) {
            return Some(found);
        }
        self.scope.built.iter().find_map(|(built, source)| {
            let rest = path.strip_prefix(built.as_str())?;
            let rest = rest.strip_prefix('/').or(if built.is_empty() { Some(rest) } else { None })?;
            self.find_as_written(&join(source, rest)?)
        })
    }

    /// The file that an import means by the settings of TypeScript, which look there before they look for a package.
    pub(super) fn find_alias(&mut self, folder: &str, module: &str) -> Option<String> {
        let project = self.project;
        let settings =
            self.settings.entry(folder.to_owned()).or_insert_with(|| Settings::above(project, folder));
        let is_source = |path: &String| Language::of_path(path) == Some(Language::JavaScript);
        let meanings = settings.meanings(module);
        meanings.iter().find_map(|path| self.find_as_written(path).filter(is_source))
    }

    fn find_as_written(&self, path: &str) -> Option<String> {
        let is_file = |path: &str| {
            matches!(self.project.entry(path).map(|entry| &entry.kind), Some(EntryKind::File { .. }))
        };
        let found =
            EXTENSIONS.iter().map(|extension| format!("{path}{extension}")).find(|path| is_file(path));
        // TypeScript names the file that it will become.
        let typed = || {
            let (stem, extension) = path.rsplit_once('.')?;
            let extensions: &[&str] = match extension {
                "js" | "jsx" => &["ts", "tsx"],
                "mjs" => &["mts"],
                "cjs" => &["cts"],
                _ => return None,
            };
            extensions.iter().map(|extension| format!("{stem}.{extension}")).find(|path| is_file(path))
        };
        found.or_else(typed).or_else(|| self.main_of_folder(path))
    }

    /// The file that a folder's own manifest names.
    fn main_of_folder(&self, folder: &str) -> Option<String> {
        let manifest = self.project.read(format!("{folder}/package.json").trim_start_matches('/'))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
        let main = join(folder, manifest.get("main")?.as_str()?)?;
        let is_file = |path: &String| {
            self.project.entry(path).is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. }))
        };
        [main.clone(), format!("{main}.js"), format!("{main}/index.js")].into_iter().find(is_file)
    }
}

/// Whether an import names a file of the project rather than a package.
pub(in super::super) fn is_local(module: &str) -> bool {
    module.starts_with("./")
        || module.starts_with("../")
        || module.starts_with('/')
        || module == "."
        || module == ".."
}
