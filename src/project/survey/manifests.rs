//! The packages that manifests name: Maven, Gradle, Cargo, Bundler, .NET, Composer.

use toml::Value;

use super::{Family, Survey, gap};
use crate::project::{Found, Project};

/// Reads the manifest of a path and text: packages go to the list, what is not understood to the survey. `None` where it
/// cannot be read at all.
type Reader = fn(&str, &str, &mut Vec<Found<String>>, &mut Survey) -> Option<()>;

/// Every package that a manifest of the context names, but those for tests alone. `Err` where there is no manifest.
pub(super) fn packages(
    project: &Project,
    family: Family,
    survey: &mut Survey,
) -> Result<Vec<Found<String>>, String> {
    let mut found = Vec::new();
    // Scripts of PHP need no packages.
    let mut any = family == Family::Php;
    for entry in project.files() {
        let path = entry.path.as_str();
        let name = path.rsplit('/').next().unwrap_or(path);
        let read: Reader = match (family, name) {
            (Family::Java, "pom.xml") => maven,
            (Family::Java, "build.gradle" | "build.gradle.kts") => gradle,
            (Family::Rust, "Cargo.toml") => cargo,
            (Family::Ruby, "Gemfile") => bundler,
            (Family::Dotnet, name) if is_project(name) => dotnet,
            (Family::Php, "composer.json") => composer,
            _ => continue,
        };
        any = true;
        let text = project.read(path).unwrap_or_default();
        if read(path, &text, &mut found, survey).is_none() {
            return Err(format!("`{path}` cannot be read"));
        }
    }
    if family == Family::Rust {
        survey.programs.extend(project.files().filter_map(|entry| binary(&entry.path)).map(str::to_owned));
    }
    if any { Ok(found) } else { Err("no manifest that is known is sent to the build".to_owned()) }
}

/// The program that Cargo makes of a source by its place: `src/bin/name.rs`, `src/bin/name/main.rs`.
fn binary(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("src/bin/")?;
    let name = rest.strip_suffix("/main.rs").or_else(|| rest.strip_suffix(".rs"))?;
    (!name.contains('/')).then_some(name)
}

fn is_project(name: &str) -> bool {
    let props = ["Directory.Build.props", "Directory.Packages.props"];
    [".csproj", ".fsproj", ".vbproj"].iter().any(|end| name.ends_with(end)) || props.contains(&name)
}

fn name_at(path: &str, line: usize, name: impl Into<String>) -> Found<String> {
    Found { value: name.into(), at: format!("{path}:{line}") }
}

fn maven(path: &str, text: &str, found: &mut Vec<Found<String>>, survey: &mut Survey) -> Option<()> {
    let document = roxmltree::Document::parse(text).ok()?;
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        let found = node.children().find(|child| child.has_tag_name_of(name));
        found.and_then(|child| child.text()).map_or(String::new(), |text| text.trim().to_owned())
    };
    for node in document.descendants() {
        let line = document.text_pos_at(node.range().start).row as usize;
        let coordinates = || format!("{}:{}", child(node, "groupId"), child(node, "artifactId"));
        if node.has_tag_name_of("dependency") && !matches!(&*child(node, "scope"), "test" | "import") {
            found.push(name_at(path, line, coordinates()));
        }
        // A parent from elsewhere brings dependencies of its own; that of Spring Boot brings none.
        if node.has_tag_name_of("parent")
            && !matches!(&*coordinates(), "org.springframework.boot:spring-boot-starter-parent")
            && node.children().any(|child| child.has_tag_name_of("groupId"))
        {
            gap(survey, format!("nothing is known of the parent `{}` ({path}:{line})", coordinates()));
        }
    }
    Some(())
}

/// Elements by their local names, whatever the namespace.
trait LocalName {
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl LocalName for roxmltree::Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

/// Gradle's files are programs: every quoted `group:name` counts, and what is named otherwise cannot be told.
fn gradle(path: &str, text: &str, found: &mut Vec<Found<String>>, survey: &mut Survey) -> Option<()> {
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with("//") || code.starts_with("test") {
            continue;
        }
        if ["libs.", "files(", "fileTree(", "apply from", "apply(from"].iter().any(|text| code.contains(text))
        {
            gap(survey, format!("`{}` names more than can be read ({path}:{})", code.trim(), number + 1));
        }
        for quoted in code.split(['"', '\'']).skip(1).step_by(2) {
            let mut parts = quoted.split(':');
            if let (Some(group), Some(name)) = (parts.next(), parts.next())
                && group.contains('.')
                && !name.is_empty()
                && !quoted.contains(['/', ' '])
            {
                found.push(name_at(path, number + 1, format!("{group}:{name}")));
            }
        }
    }
    Some(())
}

fn cargo(path: &str, text: &str, found: &mut Vec<Found<String>>, survey: &mut Survey) -> Option<()> {
    let table: toml::Table = text.parse().ok()?;
    let line =
        |name: &str| text.lines().position(|line| line.trim_start().starts_with(name)).map_or(1, |at| at + 1);
    let targets = table.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(toml::Table::values).filter_map(Value::as_table);
    let workspace = table.get("workspace").and_then(Value::as_table);
    for table in std::iter::once(&table).chain(targets).chain(workspace) {
        for (name, value) in table.get("dependencies").and_then(Value::as_table).into_iter().flatten() {
            // A folder of the project is looked through with the rest.
            if value.get("path").is_some() {
                continue;
            }
            let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
            let features = value.get("features").and_then(Value::as_array).into_iter().flatten();
            if features.filter_map(Value::as_str).any(keeps_file) {
                gap(survey, format!("`{name}` may keep its data in a file ({path}:{})", line(name)));
            }
            found.push(name_at(path, line(name), package));
        }
    }
    // `default = ["sqlx/sqlite"]`
    let features = table.get("features").and_then(Value::as_table).into_iter().flat_map(toml::Table::values);
    let mut features = features.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    if let Some(feature) = features.find(|feature| keeps_file(feature)) {
        gap(survey, format!("the feature `{feature}` may keep data in a file ({path})"));
    }
    let own = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let bins = table.get("bin").and_then(Value::as_array).into_iter().flatten();
    let bins = bins.filter_map(|bin| bin.get("name").and_then(Value::as_str));
    survey.programs.extend(own.into_iter().chain(bins).map(str::to_owned));
    Some(())
}

/// Features with which a package keeps files.
fn keeps_file(feature: &str) -> bool {
    ["sqlite", "disk", "acme"].iter().any(|name| feature.contains(name))
}

/// Groups of gems that a server does not load.
const APART: &[&str] = &["development", "test", "doc", "deploy", "ci"];

fn bundler(path: &str, text: &str, found: &mut Vec<Found<String>>, survey: &mut Survey) -> Option<()> {
    let mut blocks: Vec<bool> = Vec::new();
    let mut goes_on = false;
    for (number, line) in text.lines().enumerate() {
        let code = line.split(" #").next().unwrap_or_default().trim();
        if code.is_empty() || code.starts_with('#') {
            continue;
        }
        // What follows a comma is one more argument of the line above.
        let is_rest = std::mem::replace(&mut goes_on, code.ends_with(','));
        if is_rest {
            continue;
        }
        let first = code.split([' ', '(']).next().unwrap_or_default();
        let mut quoted = code.split(['"', '\'']).skip(1).step_by(2);
        match first {
            "group" => {
                let names = code.trim_start_matches("group").trim_end_matches("do").split(',');
                blocks.push(
                    names
                        .map(|name| name.trim().trim_matches([':', '"', '\'', '(', ')']))
                        .all(|name| APART.contains(&name)),
                );
            }
            "gem" if blocks.contains(&true) => {}
            "gem" => found.push(name_at(path, number + 1, quoted.next()?)),
            "end" => {
                blocks.pop();
            }
            "source" | "ruby" | "git_source" if !code.ends_with("do") => {}
            _ if code.ends_with(" do") => {
                blocks.push(false);
                gap(survey, format!("`{code}` names more than can be read ({path}:{})", number + 1));
            }
            _ => gap(survey, format!("`{code}` names more than can be read ({path}:{})", number + 1)),
        }
    }
    Some(())
}

fn composer(path: &str, text: &str, found: &mut Vec<Found<String>>, _: &mut Survey) -> Option<()> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let required = manifest.get("require").and_then(serde_json::Value::as_object);
    for name in required.into_iter().flat_map(serde_json::Map::keys) {
        let quoted = format!("\"{name}\"");
        let line = text.lines().position(|line| line.contains(&quoted)).map_or(1, |at| at + 1);
        found.push(name_at(path, line, name.as_str()));
    }
    Some(())
}

fn dotnet(path: &str, text: &str, found: &mut Vec<Found<String>>, survey: &mut Survey) -> Option<()> {
    let document = roxmltree::Document::parse(text).ok()?;
    let is_test =
        path.split(['/', '.']).any(|part| matches!(part, "Test" | "Tests" | "UnitTests" | "test" | "tests"));
    for node in document.descendants() {
        let line = document.text_pos_at(node.range().start).row as usize;
        if node.has_tag_name_of("Project")
            && let Some(sdk) = node.attribute("Sdk").filter(|sdk| sdk.ends_with(".Web"))
        {
            found.push(name_at(path, line, sdk));
        }
        let package = ["Include", "Update"].iter().find_map(|name| node.attribute(*name));
        if node.has_tag_name_of("PackageReference")
            && !is_test
            && let Some(package) = package
        {
            found.push(name_at(path, line, package));
        }
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    survey.programs.extend(name.rsplit_once('.').map(|(name, _)| name.to_owned()));
    Some(())
}
