//! Conda and its relatives: `environment.yml` and the requirements files that its `pip` section names.

use serde::Deserialize;

use crate::project::Project;
use crate::project::ecosystems::{Closure, Obstacle, Unreadable, pip, text};

#[derive(Deserialize)]
struct File {
    dependencies: Option<Vec<Dependency>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Package(String),
    Pip { pip: Vec<String> },
}

/// What `conda env create` reads for the file at `path`; `None` where it is not sent.
pub fn environment(project: &Project, path: &str) -> Option<Result<Closure, Unreadable>> {
    project.sent(path).then(|| read(project, path))
}

fn read(project: &Project, path: &str) -> Result<Closure, Unreadable> {
    let text = text(project, path)?;
    let mut closure = Closure::default();
    closure.need(project, path, "the environment");
    if !path.ends_with(".yml") && !path.ends_with(".yaml") {
        // A plain list of packages, or of archives on the network.
        if let Some(line) =
            text.lines().find(|line| line.contains("file:") || line.trim_start().starts_with(['.', '/']))
        {
            closure.hold(Obstacle {
                id: "MC3",
                text: format!("`{}` is a file of the project ({path})", line.trim()),
                remedy: "install it in a RUN of its own after the sources are copied".to_owned(),
            });
        }
        return Ok(closure);
    }
    let file: File = serde_saphyr::from_str(&text)
        .map_err(|_| Unreadable::new(path, "is no environment that can be read"))?;
    let mut lines = Vec::new();
    for dependency in file.dependencies.unwrap_or_default() {
        match dependency {
            Dependency::Package(package) if package.contains("file:") || package.starts_with(['.', '/']) => {
                closure.hold(Obstacle {
                    id: "MC3",
                    text: format!("`{package}` is a file of the project ({path})"),
                    remedy: "install it in a RUN of its own after the sources are copied".to_owned(),
                });
            }
            Dependency::Package(_) => {}
            Dependency::Pip { pip } => lines.extend(pip),
        }
    }
    let pip = pip::listed(project, path, &lines.join("\n"));
    pip.files.iter().for_each(|needed| closure.add(&needed.path, needed.folder, &needed.why));
    pip.obstacles.into_iter().for_each(|obstacle| closure.hold(obstacle));
    Ok(closure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Closure {
        let project = Project::in_memory(files.iter().copied());
        environment(&project, "environment.yml").expect("a file").expect("it can be read")
    }

    #[test]
    fn requirements_of_the_pip_section_belong_to_it() {
        let text =
            "name: a\ndependencies:\n  - python=3.12\n  - pip\n  - pip:\n    - -r req.txt\n    - six\n";
        let read = read(&[("environment.yml", text), ("req.txt", "flask\n")]);
        assert_eq!(read.paths(), ["environment.yml", "req.txt"]);
        assert!(read.obstacles.is_empty());
    }

    #[test]
    fn the_project_itself_holds_back() {
        let read = read(&[("environment.yml", "dependencies:\n  - pip:\n    - -e .\n")]);
        assert_eq!(read.obstacles[0].id, "MC3");
    }
}
