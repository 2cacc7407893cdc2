//! MS2: the name that a build gives its jar, by `pom.xml` or by Gradle's files.

use crate::project::Project;
use crate::shell::Manager;
use crate::transforms::Missing;
use crate::transforms::split_stages::missing;

/// Whether the build whose settings lie at `path` makes a jar of that name.
pub(super) fn check(project: &Project, path: &str, tool: Manager, name: &str) -> Result<(), Missing> {
    let text = project.read(path).unwrap_or_default();
    let found = match tool {
        Manager::Maven => of_pom(&text),
        _ => of_gradle(project, path, &text),
    };
    match found {
        Some(found) if found == name => Ok(()),
        Some(found) => {
            let text = format!("`{path}` makes `{found}`, and `{name}` is started");
            Err(missing("MS2", text, "start the jar that the build makes"))
        }
        None => {
            let text = format!("the name of the jar cannot be told from `{path}`");
            Err(missing("MS2", text, "copy the jar to a name of its own in the RUN, and start that"))
        }
    }
}

/// `finalName`, else `artifactId-version`.
fn of_pom(text: &str) -> Option<String> {
    let document = roxmltree::Document::parse(text).ok()?;
    let root = document.root_element();
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        let found = node.children().find(|child| child.is_element() && child.tag_name().name() == name);
        found.and_then(|child| child.text()).map(|text| text.trim().to_owned())
    };
    let element = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children()
            .find(|child| child.is_element() && child.tag_name().name() == name)
            .map(|child| child.id())
    };
    let artifact = child(root, "artifactId")?;
    let parent = element(root, "parent").and_then(|id| document.get_node(id));
    let version = child(root, "version").or_else(|| parent.and_then(|parent| child(parent, "version")));
    let build = element(root, "build").and_then(|id| document.get_node(id));
    // A name that a plugin or a profile gives is not followed.
    let elsewhere = document.descendants().any(|node| {
        let is_name = node.is_element()
            && matches!(node.tag_name().name(), "finalName" | "classifier" | "outputDirectory");
        is_name && node.parent().map(|parent| parent.id()) != build.map(|build| build.id())
    });
    if elsewhere || child(root, "packaging").is_some_and(|packaging| packaging != "jar") {
        return None;
    }
    let written = build.and_then(|build| child(build, "finalName"));
    let fill = |text: String| {
        let version = version.clone().unwrap_or_default();
        ["project.", "pom.", ""].iter().fold(text, |text, prefix| {
            text.replace(&format!("${{{prefix}artifactId}}"), &artifact)
                .replace(&format!("${{{prefix}version}}"), &version)
        })
    };
    let name = match written {
        Some(written) => fill(written),
        None => format!("{artifact}-{}", version.clone()?),
    };
    (!name.contains('$')).then(|| format!("{name}.jar"))
}

/// `archiveFileName` of `bootJar`, else `name-version`.
fn of_gradle(project: &Project, path: &str, text: &str) -> Option<String> {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let quoted = |line: &str| {
        let start = line.find(['"', '\''])?;
        let mark = line[start..].chars().next()?;
        let rest = &line[start + 1..];
        Some(rest[..rest.find(mark)?].to_owned())
    };
    let code = || text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    if let Some(line) = code().find(|line| line.contains("archiveFileName") || line.contains("archiveName")) {
        return quoted(line).filter(|name| !name.contains('$'));
    }
    if code().any(|line| {
        line.contains("archives")
            || line.contains("archiveVersion")
            || line.contains("archiveBaseName")
            || line.contains("archiveClassifier")
    }) {
        return None;
    }
    let settings = ["settings.gradle", "settings.gradle.kts"].iter();
    let settings = settings.filter_map(|name| project.read(&format!("{folder}{name}"))).next()?;
    let named = settings.lines().find(|line| line.trim().starts_with("rootProject.name"))?.to_owned();
    let name = quoted(&named)?;
    let version = code().find(|line| {
        line.strip_prefix("version").is_some_and(|rest| rest.trim_start().starts_with(['=', '"', '\'']))
    });
    let file = match version {
        Some(line) => format!("{name}-{}.jar", quoted(line)?),
        None => format!("{name}.jar"),
    };
    (!file.contains('$')).then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_pom() {
        let pom = |inside: &str| format!("<project><artifactId>shop</artifactId>{inside}</project>");
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(of_pom(&pom("<version>1.0</version>")), some("shop-1.0.jar"));
        assert_eq!(of_pom(&pom("<parent><version>2</version></parent>")), some("shop-2.jar"));
        assert_eq!(
            of_pom(&pom("<version>1</version><build><finalName>${project.artifactId}-x</finalName></build>")),
            some("shop-x.jar")
        );
        assert_eq!(of_pom(&pom("<version>${revision}</version>")), None);
        assert_eq!(of_pom(&pom("<version>1</version><packaging>war</packaging>")), None);
    }

    #[test]
    fn the_name_of_a_gradle_build() {
        let project = Project::in_memory([("settings.gradle", "rootProject.name = 'shop'\n")]);
        let name = |text: &str| of_gradle(&project, "build.gradle", text);
        assert_eq!(name("version = '1.0'\n"), Some("shop-1.0.jar".to_owned()));
        assert_eq!(name("bootJar {\n  archiveFileName = 'app.jar'\n}\n"), Some("app.jar".to_owned()));
        assert_eq!(name("version = \"$v\"\n"), None);
        assert_eq!(of_gradle(&Project::in_memory([]), "build.gradle", ""), None);
    }
}
