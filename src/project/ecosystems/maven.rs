//! Maven: a `pom.xml`, the parents that lie beside it, `.mvn`.

use roxmltree::Node;

use super::xml::{all, child, content, parse, place, read};
use super::{Closure, Obstacle, Unreadable};
use crate::project::paths::{join, parent, upwards};
use crate::project::{EntryKind, Project};

/// A chain of parents is a stack of calls; nobody's is longer than this.
const MAX_POMS: usize = 50;

/// What a build with Maven reads before it reads sources.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Maven {
    /// The poms and settings, and what keeps the list from being proven complete.
    pub closure: Closure,
    /// Where modules are named: dependencies between them exist only once they are built.
    pub modules: Option<String>,
    /// The folder `.mvn` where it holds the wrapper's files alone: only `mvnw` reads them.
    pub wrapper: Option<String>,
}

/// Reads the pom at `path`, relative to the context; `None` where it is not sent.
pub fn maven(project: &Project, path: &str) -> Option<Result<Maven, Unreadable>> {
    project.sent(path).then(|| {
        let mut maven = Maven::default();
        maven.pom(project, path, "the manifest")?;
        for folder in upwards(parent(path)) {
            let settings = join(folder, ".mvn").unwrap_or_default();
            let wrapper = format!("{settings}/wrapper/");
            let mut files = project.files_below(&settings).map(|entry| entry.path.starts_with(&wrapper));
            if files.next() == Some(true) && files.all(|of_wrapper| of_wrapper) {
                maven.wrapper.get_or_insert_with(|| settings.clone());
                continue;
            }
            maven.closure.need_if_sent(project, &settings, "Maven's settings");
            maven.options(project, &format!("{settings}/maven.config"));
        }
        Ok(maven)
    })
}

impl Maven {
    fn pom(&mut self, project: &Project, path: &str, why: &str) -> Result<(), Unreadable> {
        if self.closure.files.iter().any(|needed| needed.path == path) {
            return Ok(());
        }
        if self.closure.files.len() >= MAX_POMS {
            self.hold(format!("more than {MAX_POMS} parents"));
            return Ok(());
        }
        let is_own = self.closure.files.is_empty();
        self.closure.need(project, path, why);
        let text = read(project, path)?;
        let document = parse(path, &text)?;
        let root = document.root_element();
        if is_own {
            let modules = all(root, "modules").chain(all(root, "subprojects"));
            let mut modules = modules.filter(|modules| modules.children().any(|child| child.is_element()));
            self.modules = modules.next().map(|modules| place(path, modules));
        }
        self.hold_files(project, path, root);
        if let Some(of) = child(root, "parent") {
            let written = child(of, "relativePath").map_or("../pom.xml", content);
            let above = join(parent(path), written).filter(|_| !written.is_empty());
            let above = above.map(|above| match project.entry(&above).map(|entry| &entry.kind) {
                Some(EntryKind::Directory) => format!("{above}/pom.xml"),
                _ => above,
            });
            // Where nothing lies there, Maven takes the parent from a repository.
            if let Some(above) = above.filter(|above| project.sent(above)) {
                self.pom(project, &above, &format!("the parent of `{path}`"))?;
            }
        }
        Ok(())
    }

    /// MC1: whatever leads Maven to other files.
    fn hold_files(&mut self, project: &Project, path: &str, root: Node<'_, '_>) {
        for system in all(root, "systemPath") {
            let written = content(system);
            let inside =
                ["${project.basedir}/", "${basedir}/"].iter().find_map(|base| written.strip_prefix(base));
            match inside.filter(|inside| !inside.contains('$')).and_then(|inside| join(parent(path), inside))
            {
                Some(file) => self.closure.need(project, &file, &format!("named in {}", place(path, system))),
                None => self.hold(format!("`{written}` is a file ({})", place(path, system))),
            }
        }
        let repositories = all(root, "repository").chain(all(root, "pluginRepository"));
        for url in repositories.filter_map(|repository| child(repository, "url")) {
            if !content(url).starts_with("http") {
                self.hold(format!(
                    "the repository `{}` may be a folder ({})",
                    content(url),
                    place(path, url)
                ));
            }
        }
        let activated = all(root, "activation").filter_map(|activation| child(activation, "file"));
        for file in activated {
            self.hold(format!("a profile hangs on whether a file is there ({})", place(path, file)));
        }
    }

    fn options(&mut self, project: &Project, path: &str) {
        let Some(text) = project.read(path) else { return };
        let leads = ["-s", "-gs", "-f", "-t", "-gt", "-Dmaven.repo.local"];
        let long = ["--settings", "--global-settings", "--file", "--toolchains"];
        let word = text.split_whitespace().find(|word| {
            leads.iter().any(|option| word == option || word.starts_with("-D") && word.starts_with(option))
                || long.iter().any(|option| word.starts_with(option))
        });
        if let Some(word) = word {
            self.hold(format!("`{word}` leads to other files ({path})"));
        }
    }

    fn hold(&mut self, text: String) {
        let remedy = "copy what it needs by hand before the build".to_owned();
        self.closure.hold(Obstacle { id: "MC1", text, remedy });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_in(files: &[(&str, &str)], path: &str) -> Maven {
        let project = Project::in_memory(files.iter().copied());
        maven(&project, path).expect("a pom").expect("it can be read")
    }

    fn held(pom: &str) -> Vec<String> {
        let obstacles = read_in(&[("pom.xml", pom)], "pom.xml").closure.obstacles.into_iter();
        obstacles.map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn parents_are_followed_where_they_lie_there() {
        let above = "<project><modules><module>api</module></modules></project>";
        let files = [
            ("pom.xml", above),
            ("api/pom.xml", "<project xmlns=\"x\"><parent><artifactId>p</artifactId></parent></project>"),
            (".mvn/jvm.config", ""),
        ];
        let api = read_in(&files, "api/pom.xml");
        assert_eq!(api.closure.paths(), ["api/pom.xml", "pom.xml", ".mvn"]);
        assert_eq!(api.modules, None);
        assert_eq!(read_in(&files, "pom.xml").modules.as_deref(), Some("pom.xml:1"));
    }

    #[test]
    fn a_long_chain_of_parents_ends() {
        let chain: Vec<(String, String)> = (0..1000)
            .map(|at| {
                let next = at + 1;
                let parent = format!("<parent><relativePath>../p{next}/pom.xml</relativePath></parent>");
                (format!("p{at}/pom.xml"), format!("<project>{parent}</project>"))
            })
            .collect();
        let files: Vec<(&str, &str)> =
            chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert!(read_in(&files, "p0/pom.xml").closure.obstacles[0].text.contains("more than"));
    }

    #[test]
    fn a_parent_of_a_repository_is_no_file() {
        let pom = "<project><parent><relativePath/></parent></project>";
        assert_eq!(read_in(&[("pom.xml", pom)], "pom.xml").closure.paths(), ["pom.xml"]);
        let pom = "<project><parent></parent></project>";
        assert_eq!(read_in(&[("pom.xml", pom)], "pom.xml").closure.paths(), ["pom.xml"]);
    }

    #[test]
    fn files_of_the_project_are_named_or_hold_back() {
        let pom = "<project><dependency><systemPath>${project.basedir}/lib/a.jar</systemPath></dependency></project>";
        let found = read_in(&[("pom.xml", pom), ("lib/a.jar", "")], "pom.xml");
        assert_eq!(found.closure.paths(), ["pom.xml", "lib/a.jar"]);
        assert!(held("<project><systemPath>/opt/a.jar</systemPath></project>")[0].starts_with("MC1"));
        let repository = "<project>\n<repository><url>file://${basedir}/repo</url></repository></project>";
        assert!(held(repository)[0].ends_with("(pom.xml:2)"));
        assert!(held("<project><activation><file/></activation></project>")[0].starts_with("MC1"));
    }

    #[test]
    fn options_that_lead_elsewhere_hold_back() {
        let files = [("pom.xml", "<project/>"), (".mvn/maven.config", "-B\n--settings\nx.xml\n")];
        assert!(read_in(&files, "pom.xml").closure.obstacles[0].text.starts_with("`--settings`"));
    }

    #[test]
    fn what_is_no_xml_is_told_with_its_line() {
        let project = Project::in_memory([("pom.xml", "<project>\n<a></b></project>")]);
        assert_eq!(maven(&project, "pom.xml").and_then(Result::err).expect("an error").at, "pom.xml:2");
    }
}
