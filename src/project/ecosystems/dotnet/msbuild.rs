//! MSBuild's files: paths, solutions, and what makes a restore read or write elsewhere.

use roxmltree::Node;

use crate::project::Project;
use crate::project::ecosystems::xml::{all, parse, place};
use crate::project::ecosystems::{Obstacle, Unreadable};
use crate::project::paths::{join, upwards};

/// Whether a file is a project by its name.
pub(super) fn is_project(path: &str) -> bool {
    path.ends_with("proj") && path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// The projects that a solution names, relative to it.
pub(super) fn solution(path: &str, text: &str) -> Result<Vec<String>, Unreadable> {
    let plain = |path: &str| path.replace('\\', "/");
    if path.ends_with(".slnx") {
        let document = parse(path, text)?;
        let projects =
            all(document.root_element(), "Project").filter_map(|project| project.attribute("Path"));
        return Ok(projects.map(plain).collect());
    }
    // Project("{kind}") = "name", "path", "{id}"; a folder of the solution has its name for a path.
    const FOLDER: &str = "2150E333-8FDC-42A3-9474-1A3956D46DE8";
    let lines =
        text.lines().filter(|line| line.trim_start().starts_with("Project(") && !line.contains(FOLDER));
    let project = |line: &str| line.split('"').nth(5).map(plain);
    lines
        .map(|line| {
            project(line).ok_or_else(|| Unreadable::new(path, "names a project in a way that is not known"))
        })
        .collect()
}

/// A path as projects write it, seen from the folder of the file or that of the project; `None` where properties or
/// wildcards are in it, or where it leaves the context.
pub(super) fn resolve(written: &str, folder: &str, project_folder: &str) -> Option<String> {
    let path = written.replace('\\', "/");
    let (folder, path) = match path.strip_prefix("$(MSBuildThisFileDirectory)") {
        Some(rest) => (folder, rest),
        None => match path.strip_prefix("$(MSBuildProjectDirectory)") {
            Some(rest) => (project_folder, rest),
            None if path.starts_with('/') => return None,
            None => (folder, path.as_str()),
        },
    };
    let odd = |character: char| "$*?@%;".contains(character);
    (!path.contains(odd)).then(|| join(folder, path)).flatten()
}

/// The file that `$([MSBuild]::GetPathOfFileAbove('name', '$(MSBuildThisFileDirectory)../'))` finds.
pub(super) fn file_above(written: &str, folder: &str, project: &Project) -> Option<String> {
    let inner = written.strip_prefix("$([MSBuild]::GetPathOfFileAbove(")?.strip_suffix("))")?;
    let mut words = inner.split(',').map(|word| word.trim().trim_matches(['\'', '"']));
    let (name, from) = (words.next()?, words.next());
    let from = resolve(from.unwrap_or("$(MSBuildThisFileDirectory)"), folder, folder)?;
    let found = upwards(&from).filter_map(|above| join(above, name)).find(|path| project.sent(path));
    // Where nothing is found, the import is empty; a name that is nowhere stands for that.
    Some(found.unwrap_or_else(|| format!("{from}/{name}").trim_start_matches('/').to_owned()))
}

/// Whether an import comes with the SDK or with packages, not with the project.
pub(super) fn of_the_sdk(written: &str) -> bool {
    const ROOTS: &[&str] = &[
        "$(MSBuildExtensionsPath",
        "$(MSBuildToolsPath",
        "$(MSBuildBinPath",
        "$(VSToolsPath",
        "$(NuGetPackageRoot",
        "$(MSBuildSDKsPath",
        "$(Pkg",
        "$(FSharpTargetsPath",
    ];
    ROOTS.iter().any(|root| written.starts_with(root))
}

/// What makes a restore read, run or write something that is not told here.
pub(super) fn obstacles(path: &str, root: Node<'_, '_>) -> Vec<Obstacle> {
    /// Properties that move what a restore writes, or name other folders with packages.
    const MOVING: &[&str] = &[
        "BaseIntermediateOutputPath",
        "MSBuildProjectExtensionsPath",
        "ArtifactsPath",
        "UseArtifactsOutput",
        "RestorePackagesPath",
        "RestoreOutputPath",
        "NuGetLockFilePath",
        "RestoreSources",
        "RestoreAdditionalProjectSources",
        "RestoreConfigFile",
    ];
    let mut found = Vec::new();
    let mut hold =
        |id, text: String, remedy: &str| found.push(Obstacle { id, text, remedy: remedy.to_owned() });
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let at = || place(path, node);
        if MOVING.contains(&name) {
            hold(
                "MC5",
                format!("`{name}` moves what a restore reads or writes ({})", at()),
                "leave it at its default",
            );
        }
        let condition = node.attribute("Condition").unwrap_or_default();
        if condition.contains("Exists") && name != "Import" {
            hold(
                "MC1",
                format!("something hangs on whether a file is there ({})", at()),
                "remove the condition",
            );
        }
        let reads = |text: &str| text.contains("System.IO") || text.contains("GetDirectoryNameOfFileAbove");
        if reads(node.text().unwrap_or_default())
            || node.attributes().any(|attribute| reads(attribute.value()))
        {
            hold("MC1", format!("a property is read from a file ({})", at()), "write the value out");
        }
        let hooks = ["BeforeTargets", "AfterTargets", "DependsOnTargets"];
        let hooked = name == "Target"
            && hooks.iter().any(|hook| {
                node.attribute(*hook)
                    .is_some_and(|value| value.contains("Restore") || value.contains("CollectPackage"))
            });
        if hooked || node.attribute("InitialTargets").is_some() {
            hold("MC2", format!("a target runs during a restore ({})", at()), "run it during the build");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_in_both_forms() {
        let text = "Project(\"{FAE04EC0}\") = \"A\", \"src\\A\\A.csproj\", \"{1}\"\nEndProject\n\
                    Project(\"{2150E333-8FDC-42A3-9474-1A3956D46DE8}\") = \"docs\", \"docs\", \"{2}\"\nEndProject\n";
        assert_eq!(solution("a.sln", text).expect("read"), ["src/A/A.csproj"]);
        let text = "<Solution><Folder Name=\"/x/\"><Project Path=\"src/A/A.csproj\" /></Folder></Solution>";
        assert_eq!(solution("a.slnx", text).expect("read"), ["src/A/A.csproj"]);
    }

    #[test]
    fn paths_are_resolved_where_they_are_plain() {
        assert_eq!(resolve("..\\B\\B.csproj", "src/A", "src/A").as_deref(), Some("src/B/B.csproj"));
        assert_eq!(
            resolve("$(MSBuildThisFileDirectory)x.props", "build", "src/A").as_deref(),
            Some("build/x.props")
        );
        assert_eq!(resolve("$(Root)/x.props", "build", "src/A"), None);
        assert_eq!(resolve("../../x.props", "build", "src/A"), None);
    }

    #[test]
    fn file_above_is_the_nearest() {
        let project = Project::in_memory([("Directory.Build.props", ""), ("src/Directory.Build.props", "")]);
        let written =
            "$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '$(MSBuildThisFileDirectory)../'))";
        assert_eq!(file_above(written, "src", &project).as_deref(), Some("Directory.Build.props"));
        assert_eq!(file_above("x.props", "src", &project), None);
    }
}
