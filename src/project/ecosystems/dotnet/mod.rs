//! .NET: the projects and solutions that `dotnet restore` reads, and whatever they import.

mod msbuild;
mod nuget;

use self::msbuild::{is_project, resolve, solution};
use super::xml::{all, children, parse, place, read};
use super::{Closure, Obstacle, Unreadable};
use crate::project::paths::{join, parent, upwards};
use crate::project::{EntryKind, Project};

/// What a restore reads and writes.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Dotnet {
    /// Projects, settings and lock files, and what keeps the list from being proven complete.
    pub closure: Closure,
    /// The folders into which it writes: one `obj` for each project.
    pub writes: Vec<String>,
}

/// More projects and imports than this are not followed: a chain of them would be a stack of calls.
const MAX_FILES: usize = 200;

/// Files that MSBuild takes from the nearest folder upwards.
const NEAREST: &[&str] =
    &["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "Directory.Build.rsp"];
/// The same for solutions.
const NEAREST_OF_SOLUTIONS: &[&str] = &["Directory.Solution.props", "Directory.Solution.targets"];

/// What `dotnet restore` reads in `folder`, told to restore `named` (a project, a solution, a folder), each relative to
/// the context; `None` where there is no project.
pub fn dotnet(project: &Project, folder: &str, named: Option<&str>) -> Option<Result<Dotnet, Unreadable>> {
    let mut reader = Reader { project, found: Dotnet::default(), imported: Vec::new() };
    let target = match reader.target(named.unwrap_or(folder)) {
        Target::File(path) => path,
        Target::None => return None,
        Target::Several(text) => {
            reader.hold("MC1", text, "name the project to restore");
            return Some(Ok(reader.found));
        }
    };
    let read = reader.solution_or_project(&target);
    for folder in upwards(folder) {
        let path = join(folder, "global.json").unwrap_or_default();
        reader.found.closure.need_if_sent(project, &path, "the release of the SDK");
    }
    Some(read.map(|()| reader.found))
}

enum Target {
    File(String),
    None,
    Several(String),
}

struct Reader<'a> {
    project: &'a Project,
    found: Dotnet,
    imported: Vec<String>,
}

impl Reader<'_> {
    /// The file that MSBuild takes for a path: of a folder, its only project or solution.
    fn target(&self, path: &str) -> Target {
        match self.project.entry(path).map(|entry| &entry.kind) {
            Some(EntryKind::File { .. }) => return Target::File(path.to_owned()),
            None if !path.is_empty() => return Target::None,
            _ => {}
        }
        let files = self.project.folder(path).filter(|entry| matches!(entry.kind, EntryKind::File { .. }));
        let files: Vec<&str> = files.map(|entry| entry.path.as_str()).collect();
        let solutions = files.iter().filter(|path| path.ends_with(".sln") || path.ends_with(".slnx"));
        let projects = files.iter().filter(|path| is_project(path));
        let (solutions, projects): (Vec<_>, Vec<_>) = (solutions.collect(), projects.collect());
        let stem = |path: &str| path.rsplit_once('.').map(|(stem, _)| stem.to_owned());
        match (solutions.as_slice(), projects.as_slice()) {
            ([], []) => Target::None,
            ([one], []) | ([], [one]) => Target::File((**one).to_owned()),
            // Of a solution and a project of one name the solution counts.
            ([solution], [project]) if stem(solution) == stem(project) => {
                Target::File((**solution).to_owned())
            }
            _ => Target::Several(format!("`{path}` holds several projects or solutions")),
        }
    }

    fn solution_or_project(&mut self, path: &str) -> Result<(), Unreadable> {
        if !path.ends_with(".sln") && !path.ends_with(".slnx") {
            return self.project_file(path, "the project");
        }
        self.found.closure.need(self.project, path, "the solution");
        self.nearest(parent(path), NEAREST_OF_SOLUTIONS)?;
        self.sources(parent(path))?;
        for member in solution(path, &read(self.project, path)?)? {
            match join(parent(path), &member) {
                Some(member) => self.project_file(&member, &format!("named in `{path}`"))?,
                None => self.outside(&member, path),
            }
        }
        Ok(())
    }

    fn project_file(&mut self, path: &str, why: &str) -> Result<(), Unreadable> {
        if self.imported.iter().any(|known| known == path) {
            return Ok(());
        }
        if self.too_many() {
            return Ok(());
        }
        self.imported.push(path.to_owned());
        self.found.closure.need(self.project, path, why);
        if !self.project.sent(path) {
            return Ok(());
        }
        let folder = parent(path).to_owned();
        self.found.writes.extend(join(&folder, "obj"));
        let text = read(self.project, path)?;
        let document = parse(path, &text)?;
        let root = document.root_element();
        let sdk = root.attribute("Sdk").is_some()
            || children(root, "Sdk").next().is_some()
            || children(root, "Import").any(|import| import.attribute("Sdk").is_some());
        if !sdk {
            let text = format!("`{path}` names no SDK, so other files are read for it");
            self.hold("MC1", text, "convert it to the style of an SDK");
        }
        self.elements(path, &folder, root)?;
        self.nearest(&folder, NEAREST)?;
        self.sources(&folder)?;
        let lock = join(&folder, "packages.lock.json").unwrap_or_default();
        self.found.closure.need_if_sent(self.project, &lock, "the locked versions");
        let references = all(root, "ProjectReference")
            .filter_map(|reference| Some((reference.attribute("Include")?, place(path, reference))));
        for (include, place) in references {
            for one in include.split(';').map(str::trim).filter(|one| !one.is_empty()) {
                match resolve(one, &folder, &folder) {
                    Some(other) => self.project_file(&other, &format!("referenced in {place}"))?,
                    None => self.unclear(one, &place),
                }
            }
        }
        Ok(())
    }

    /// A file that is imported, and what it imports in turn.
    fn import(&mut self, path: &str, project_folder: &str, why: &str) -> Result<(), Unreadable> {
        self.found.closure.need(self.project, path, why);
        if self.imported.iter().any(|known| known == path) || !self.project.sent(path) || self.too_many() {
            return Ok(());
        }
        self.imported.push(path.to_owned());
        let text = read(self.project, path)?;
        let document = parse(path, &text)?;
        self.elements(path, project_folder, document.root_element())
    }

    /// Imports, and what of a file leads a restore elsewhere.
    fn elements(
        &mut self,
        path: &str,
        project_folder: &str,
        root: roxmltree::Node<'_, '_>,
    ) -> Result<(), Unreadable> {
        for text in msbuild::obstacles(path, root) {
            self.found.closure.hold(text);
        }
        let imports = all(root, "Import").filter(|import| import.attribute("Sdk").is_none());
        for import in imports {
            let written = import.attribute("Project").unwrap_or_default();
            if msbuild::of_the_sdk(written) {
                continue;
            }
            let place = place(path, import);
            let above = msbuild::file_above(written, parent(path), self.project);
            let file = above.or_else(|| resolve(written, parent(path), project_folder));
            match file {
                Some(file) if self.project.sent(&file) => {
                    self.import(&file, project_folder, &format!("imported in {place}"))?;
                }
                // What is imported only where it is there is not there.
                Some(_) if import.attribute("Condition").is_some() => {}
                Some(file) => self.found.closure.need(self.project, &file, "imported"),
                None => self.unclear(written, &place),
            }
        }
        Ok(())
    }

    /// Files that count where they are nearest.
    fn nearest(&mut self, folder: &str, names: &[&str]) -> Result<(), Unreadable> {
        for name in names {
            let found = upwards(folder).filter_map(|above| join(above, name));
            let found = found.into_iter().find(|path| self.project.tree().entry(path).is_some());
            if let Some(path) = found.filter(|path| self.project.sent(path)) {
                match name.ends_with(".rsp") {
                    true => self.found.closure.need(self.project, &path, "options of MSBuild"),
                    false => self.import(&path, folder, "MSBuild looks for it upwards")?,
                }
            }
        }
        Ok(())
    }

    /// NuGet's settings count in every folder upwards.
    fn sources(&mut self, folder: &str) -> Result<(), Unreadable> {
        for above in upwards(folder) {
            for name in ["nuget.config", "NuGet.config", "NuGet.Config"] {
                let Some(path) = join(above, name).filter(|path| self.project.sent(path)) else { continue };
                self.found.closure.need(self.project, &path, "NuGet's settings");
                for obstacle in nuget::local_sources(self.project, &path)? {
                    match obstacle {
                        Ok(folder) => self.found.closure.need(self.project, &folder, "a source of packages"),
                        Err(obstacle) => self.found.closure.hold(obstacle),
                    }
                }
            }
        }
        Ok(())
    }

    fn too_many(&mut self) -> bool {
        let many = self.imported.len() >= MAX_FILES;
        if many {
            let text = format!("more than {MAX_FILES} files are read for it");
            self.hold("MC1", text, "restore fewer projects at once");
        }
        many
    }

    fn outside(&mut self, what: &str, place: &str) {
        self.hold("MC1", format!("`{what}` lies outside the context ({place})"), "use a larger context");
    }

    fn unclear(&mut self, what: &str, place: &str) {
        let text = format!("`{what}` is no plain path ({place})");
        self.hold("MC1", text, "write the path out, or copy the projects by hand before the restore");
    }

    fn hold(&mut self, id: &'static str, text: String, remedy: &str) {
        self.found.closure.hold(Obstacle { id, text, remedy: remedy.to_owned() });
    }
}

#[cfg(test)]
mod tests;
