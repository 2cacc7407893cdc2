//! NuGet's settings: sources that are folders of the project.

use crate::project::ecosystems::xml::{all, children, parse, place, read};
use crate::project::ecosystems::{Obstacle, Unreadable};
use crate::project::paths::{join, parent};
use crate::project::{EntryKind, Project};

/// The folders with packages that settings name, each as a folder of the context or as what speaks against it.
pub(super) fn local_sources(
    project: &Project,
    path: &str,
) -> Result<Vec<Result<String, Obstacle>>, Unreadable> {
    let text = read(project, path)?;
    let document = parse(path, &text)?;
    let mut found = Vec::new();
    let hold = |text: String| {
        Err(Obstacle { id: "MC1", text, remedy: "copy what it names by hand before the restore".to_owned() })
    };
    let root = document.root_element();
    for source in all(root, "packageSources").flat_map(|sources| children(sources, "add")) {
        let value = source.attribute("value").unwrap_or_default();
        if value.starts_with("http://") || value.starts_with("https://") {
            continue;
        }
        let folder = join(parent(path), &value.replace('\\', "/"));
        let folder = folder.filter(|folder| {
            let entry = project.entry(folder);
            !value.starts_with('/') && entry.is_some_and(|entry| entry.kind == EntryKind::Directory)
        });
        found.push(match folder {
            Some(folder) => Ok(folder),
            None => hold(format!("`{value}` is no source on the network ({})", place(path, source))),
        });
    }
    for setting in all(root, "config").flat_map(|config| children(config, "add")) {
        let key = setting.attribute("key").unwrap_or_default().to_ascii_lowercase();
        if ["globalpackagesfolder", "repositorypath"].contains(&key.as_str()) {
            found.push(hold(format!("a setting moves the folder of packages ({})", place(path, setting))));
        }
    }
    Ok(found)
}
