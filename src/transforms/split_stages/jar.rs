//! A jar that Maven or Gradle builds, with everything in it that it needs (MS1, MS2, MS3).

mod names;

use super::plan::{Copied, Plan, Site};
use super::walk::{self, Step};
use super::{carried, commands, missing, started, writing};
use crate::project::{EntryKind, Project};
use crate::shell::{Entry, Install, Manager, StartKind};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Program, join};

/// Texts of sources that need more than a runtime: the precondition, the text, and what it does.
const NEEDS: &[(&str, &str, &str)] = &[
    ("MS3", "ToolProvider", "asks for the compiler"),
    ("MS3", "com.sun.tools", "asks for the tools of the JDK"),
    ("MS6", "ProcessBuilder", "may start another program"),
    ("MS6", "getRuntime().exec", "starts another program"),
    ("MS14", "\"src/main", "reads a file of the sources"),
    ("MS14", "\"./src/main", "reads a file of the sources"),
];

/// What the RUNs make.
#[derive(Default)]
struct Made {
    /// Folders that jars are built into, each with the project's folder in the image and the tool.
    folders: Vec<(String, String, Manager)>,
    /// Copies: the copy, and the folder that it was taken from, with the name where that is written.
    copies: Vec<(String, String, Option<String>)>,
    last: usize,
}

/// The split; `None` where no jar is started.
pub(super) fn plan(site: &Site<'_>, checks: &mut Checks) -> Result<Option<Plan>, Missing> {
    let shipped = site.shipped;
    started::is_stated(shipped)?;
    let program = shipped.runs(site.facts, "MS1", "MS6")?;
    started::developer(&program)?;
    let Some(jar) = jar_of(site, &program)? else { return Ok(None) };
    let Some(runtime) = site.runtimes().into_iter().find(|runtime| !runtime.is_nonroot()) else {
        let text = format!("no runtime of that version is known for `{}`", site.facts.family);
        return Err(missing("MS4", text, "write the stages by hand"));
    };
    let mut made = Made::default();
    walk::each(site, |step| made.note(site, step))?;
    let (folder, tool) = made.jar(site, &jar)?;
    whole_jar(site, &folder, tool)?;
    sources(shipped.input.project, checks)?;
    started::client(shipped, &runtime, checks);
    walk::mounted(site, &[&jar])?;
    let workdir = site.folder_behind(made.last).ok_or_else(|| {
        missing("MS16", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    let mut copies = vec![Copied::file(&jar)];
    copies.extend(carried::find(site, made.last, &|_| false)?);
    if !copies.iter().map(|copied| copied.to.as_str()).chain([workdir.as_str()]).all(writing::is_plain) {
        return Err(missing("MS14", "a path has unusual letters", "name files in plain letters"));
    }
    checks.holds("MS1", format!("the container starts `{jar}`"));
    checks.holds("MS2", "the build makes that jar, by the name in its settings");
    checks.holds("MS3", "the jar has in it what it needs, and no source asks for the tools of the JDK");
    checks.holds("MS4", format!("`{}` is of the same version of Java", runtime.image));
    checks.holds("MS14", "whatever the program may read of the project comes along, to the same place");
    Ok(Some(Plan {
        last: made.last,
        insert: Vec::new(),
        runtime,
        setup: Vec::new(),
        copies,
        workdir,
        exec: None,
        health: None,
        build_variables: &site.recipe.build_variables,
        by_path: false,
        keeps_tools: false,
        copies_below: true,
    }))
}

/// The jar that is started.
fn jar_of(site: &Site<'_>, program: &Program) -> Result<Option<String>, Missing> {
    let (StartKind::Java, Some(Entry::File(path))) = (program.start.kind, &program.start.entry) else {
        return Ok(None);
    };
    let is_plain = program.start.unknown.is_empty()
        && program.start.runners.is_empty()
        && program.scripts.is_empty()
        && program.before.is_empty();
    if program.name() != "java" || !path.ends_with(".jar") {
        return Ok(None);
    }
    if !is_plain || !program.start.unwrapped.wrappers.is_empty() {
        let text = format!("`{}` may need more than `java`", program.argv.join(" "));
        return Err(missing("MS6", text, "let CMD be `java -jar` with the jar"));
    }
    let folder = site.shipped.workdir(site.facts.workdir).ok_or_else(|| {
        missing("MS1", "the working folder is not known", "write WORKDIR as an absolute path")
    })?;
    Ok(Some(join(&folder, path)))
}

impl Made {
    fn note(&mut self, site: &Site<'_>, step: &Step<'_>) -> Result<(), Missing> {
        self.last = step.run;
        let command = step.command();
        if let Some(install) = command.install().filter(|found| site.recipe.managers.contains(&found.manager))
        {
            return self.build(step, &install);
        }
        match command.name() {
            Some("cp" | "mv") if step.is_certain() => self.copied(step),
            Some("chmod" | "sed" | "dos2unix") if of_wrapper(step) => Ok(()),
            // The program may write to that folder.
            Some("mkdir") => step.changes(),
            _ => commands::harmless(step.placed, step.script, step.line, &site.recipe.build_packages),
        }
    }

    fn build(&mut self, step: &Step<'_>, install: &Install) -> Result<(), Missing> {
        let doubt =
            |text: String| Err(missing("MS2", text, "build with plain `mvn package` or `gradle bootJar`"));
        let word = |index: &usize| step.command().words.get(*index).and_then(|word| word.literal());
        let goals: Option<Vec<&str>> = install.operands.iter().map(word).collect();
        let Some(goals) = goals else {
            return doubt(format!("the goals of line {} are variables", step.line));
        };
        let (makes, place): (&[&str], &str) = match install.manager {
            Manager::Maven => (&["package", "verify", "install", "deploy"], "target"),
            _ => (&["build", "assemble", "bootJar", "jar", "shadowJar"], "build/libs"),
        };
        let named: Vec<&str> = std::iter::once(install.command.as_str()).chain(goals).collect();
        if !named.iter().any(|goal| makes.contains(goal)) {
            return match named.contains(&"clean") && !self.folders.is_empty() {
                true => doubt(format!("line {} takes away what was built", step.line)),
                false => Ok(()),
            };
        }
        if !step.is_certain() || !install.is_certain() {
            return doubt(format!("it cannot be told what line {} makes", step.line));
        }
        const LEADS: &[&str] =
            &["-f", "--file", "-pl", "--projects", "-p", "--project-dir", "-P", "--activate-profiles", "-b"];
        let leads = install.options.iter().find(|option| LEADS.contains(&option.name.as_str()));
        if let Some(option) = leads.filter(|option| install.manager == Manager::Maven || option.name != "-P")
        {
            return doubt(format!("`{}` in line {} may build something else", option.name, step.line));
        }
        if step.shown().contains("finalName") || step.shown().contains("-Drevision") {
            return doubt(format!("line {} names the jar in its own way", step.line));
        }
        self.folders.push((join(&step.folder, place), step.folder.clone(), install.manager));
        Ok(())
    }

    /// `cp target/*.jar app.jar`: where that succeeds, it was one jar.
    fn copied(&mut self, step: &Step<'_>) -> Result<(), Missing> {
        let paths = step.paths().unwrap_or_default();
        let [from, to] = paths.as_slice() else { return step.changes() };
        let (folder, name) = from.rsplit_once('/').unwrap_or_default();
        let is_made = self.folders.iter().any(|(made, _, _)| made == folder) && name.ends_with(".jar");
        if !is_made || !to.ends_with(".jar") {
            return step.changes();
        }
        let name = (!name.contains(['*', '?', '['])).then(|| name.to_owned());
        self.copies.push((to.clone(), folder.to_owned(), name));
        Ok(())
    }

    /// The folder of the project that makes the jar, relative to the context, and its tool.
    fn jar(&self, site: &Site<'_>, jar: &str) -> Result<(String, Manager), Missing> {
        let copy = self.copies.iter().rfind(|(copy, _, _)| copy == jar);
        let (folder, name) = match copy {
            Some((_, folder, name)) => (folder.as_str(), name.as_deref()),
            None => {
                let (folder, name) = jar.rsplit_once('/').unwrap_or_default();
                (folder, Some(name))
            }
        };
        let made = self.folders.iter().rfind(|(made, _, _)| made == folder);
        let Some((_, place, tool)) = made else {
            let text = format!("no RUN of the file makes `{jar}`");
            return Err(missing("MS2", text, "start the jar that the build makes, by its path"));
        };
        let manifests: &[&str] = match tool {
            Manager::Maven => &["pom.xml"],
            _ => &["build.gradle", "build.gradle.kts"],
        };
        let found = manifests.iter().find_map(|manifest| {
            match site.shipped.origin(&join(place, manifest), site.facts.workdir) {
                Origin::Context(path) => Some(path),
                _ => None,
            }
        });
        let Some(path) = found else {
            let text = format!("the build settings of `{place}` are not copied from the build context");
            return Err(missing("MS2", text, "copy the sources with COPY"));
        };
        let context = path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        // Where a glob was copied, there was one jar, whatever its name.
        if let Some(name) = name {
            names::check(site.shipped.input.project, &path, *tool, name)?;
        }
        Ok((context, *tool))
    }
}

/// `chmod +x mvnw`, `sed -i 's/\r$//' mvnw`
fn of_wrapper(step: &Step<'_>) -> bool {
    let paths = step.paths().unwrap_or_default();
    let is_wrapper = |path: &String| path.ends_with("/mvnw") || path.ends_with("/gradlew");
    paths.last().is_some_and(is_wrapper)
}

/// MS3: what the jar needs is in it.
fn whole_jar(site: &Site<'_>, folder: &str, tool: Manager) -> Result<(), Missing> {
    let project = site.shipped.input.project;
    let inside = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let manifests: &[&str] = match tool {
        Manager::Maven => &["pom.xml"],
        _ => &["build.gradle", "build.gradle.kts"],
    };
    let texts: Vec<String> = manifests.iter().filter_map(|name| project.read(&inside(name))).collect();
    const WHOLE: &[&str] = &[
        "spring-boot-maven-plugin",
        "maven-shade-plugin",
        "org.springframework.boot",
        "com.github.johnrengelman.shadow",
        "com.gradleup.shadow",
    ];
    let packs = |text: &String| {
        WHOLE.iter().any(|plugin| text.contains(plugin))
            || !text.contains("<dependency>") && tool == Manager::Maven
    };
    let is_other =
        texts.iter().any(|text| text.contains("<packaging>war") || text.contains("<classifier>exec"));
    match texts.iter().any(packs) && !is_other {
        true => Ok(()),
        false => {
            let text = "the jar may need others beside it";
            Err(missing(
                "MS3",
                text,
                "pack everything into one jar, as Spring Boot's or the shade plugin does",
            ))
        }
    }
}

/// MS3, MS6, MS14: what the sources ask for.
fn sources(project: &Project, checks: &mut Checks) -> Result<(), Missing> {
    if let Some(reason) = project.tree().truncated() {
        let text = format!("the build context is not known whole: {reason}");
        return Err(missing("MS14", text, "build from a smaller folder"));
    }
    let is_source = |path: &str| {
        let ends = [".java", ".kt", ".groovy", ".scala"].iter().any(|end| path.ends_with(end));
        ends && !path.split('/').any(|part| matches!(part, "test" | "androidTest"))
    };
    for entry in project.files() {
        if !matches!(entry.kind, EntryKind::File { .. }) || !is_source(&entry.path) {
            continue;
        }
        let bytes = project.tree().read_bytes(&entry.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        if let Some((id, found, does)) = NEEDS.iter().find(|(_, needle, _)| text.contains(needle)) {
            let text = format!("`{found}` {does} ({})", entry.path);
            return Err(missing(id, text, "write the stages by hand, with what it needs"));
        }
    }
    checks.holds("MS6", "no source starts another program");
    Ok(())
}
