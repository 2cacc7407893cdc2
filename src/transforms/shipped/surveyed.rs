//! Programs in languages that are surveyed whole: which of them the start command runs, and whether this project is
//! what it was made from.

use super::options::{WRITING, told_by_environment};
use super::{Program, Shipped, join};
use crate::images::Facts;
use crate::project::survey::{Family, Survey, survey};
use crate::shell::{Entry, Given, StartKind};
use crate::syntax::{Instruction, Keyword};

/// Folders that programs are looked up in by their names.
const PATH: [&str; 2] = ["/usr/local/bin", "/usr/bin"];

impl Shipped<'_> {
    /// What the project says about a program of Java, Rust, Ruby, .NET or PHP. `None` where the program is none of these;
    /// `Err` says why the project does not tell.
    pub(in super::super) fn surveyed(
        &self,
        program: &Program,
        facts: &Facts,
    ) -> Option<Result<(Family, Survey), String>> {
        let family = family(program)?;
        if let Some(word) = program.argv.iter().find(|word| WRITING.iter().any(|known| word.contains(known)))
        {
            return Some(Err(format!("`{word}` may name a file that is written")));
        }
        if let Some(why) = told_by_environment(self) {
            return Some(Err(why));
        }
        if !program.start.unknown.is_empty() {
            return Some(Err(format!("`{}` has options that are not known", program.argv.join(" "))));
        }
        let found = survey(self.input.project, family);
        let made = |found: &Survey| match family {
            Family::Java => self.jar_is_own(),
            Family::Rust => self.is_built(&["cargo"]) && self.is_own_binary(program, facts, found),
            Family::Php | Family::Ruby => self.context_workdir(facts).is_some(),
            Family::Dotnet => match &program.start.entry {
                Some(Entry::File(path)) => {
                    let name = path.rsplit('/').next().unwrap_or(path);
                    self.is_built(&["dotnet"]) && names(found, name.trim_end_matches(".dll"))
                }
                _ => false,
            },
        };
        Some(match found {
            // A binary may be anything: only one that the manifests name is of this language at all.
            Err(_) if family == Family::Rust => return None,
            Ok(found) if family == Family::Rust && !made(&found) => return None,
            Ok(found) if !made(&found) => {
                Err(format!("it is not certain that this project is what `{}` was made from", program.name()))
            }
            other => other.map(|found| (family, found)),
        })
    }

    /// Whether a program is one that the manifests make, by its name or by that under which it was built.
    fn is_own_binary(&self, program: &Program, facts: &Facts, found: &Survey) -> bool {
        let word = &program.argv[program.start.program];
        let folders = if word.contains('/') {
            [self.workdir(facts.workdir), None]
        } else {
            PATH.map(|folder| Some(folder.to_owned()))
        };
        let places = folders.into_iter().flatten().map(|folder| join(&folder, word));
        let mut made = places.filter_map(|place| self.made_in(&place, facts.workdir)).map(|(_, path)| path);
        let is_built = |path: String| {
            path.contains("/target/") && path.rsplit('/').next().is_some_and(|name| names(found, name))
        };
        names(found, program.name()) || made.any(is_built)
    }

    /// Whether every jar that is copied is one of the context, or comes from a stage that builds with Java's tools.
    fn jar_is_own(&self) -> bool {
        let instructions = &self.input.document.instructions;
        let copies = |instruction: &&Instruction| {
            matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
                && instruction.values().iter().any(|word| word.ends_with(".jar"))
        };
        let mut own = self.is_built(&["gradle", "gradlew", "mvn", "mvnw"]);
        for instruction in instructions.iter().filter(copies) {
            let remote = instruction.values().iter().any(|word| word.contains("://"));
            let outside = instruction.flag("from").is_some_and(|name| {
                let stages = &self.input.model.stages;
                self.input.model.stage_named(name, stages.len()).is_none()
            });
            if remote || outside {
                return false;
            }
            own |= instruction.flag("from").is_none();
        }
        own && !self.any_run(|text| text.contains(".jar") && (text.contains("curl") || text.contains("wget")))
    }

    /// Whether a RUN of the file starts one of these tools.
    fn is_built(&self, tools: &[&str]) -> bool {
        self.any_run(|text| {
            let mut words = text.split(|letter: char| letter.is_whitespace() || "/;&|()\"".contains(letter));
            words.any(|word| tools.contains(&word))
        })
    }

    fn any_run(&self, fits: impl Fn(&str) -> bool) -> bool {
        let instructions = &self.input.document.instructions;
        let mut runs = (0..instructions.len()).filter(|index| instructions[*index].keyword == Keyword::Run);
        runs.any(|index| fits(&self.whole_text(index)))
    }
}

fn family(program: &Program) -> Option<Family> {
    let start = &program.start;
    if start.kind == StartKind::Php && is_php_server(program) {
        return Some(Family::Php);
    }
    if start.development.is_some() {
        return None;
    }
    match (start.kind, &start.entry) {
        (StartKind::Java, Some(Entry::File(path))) if path.ends_with(".jar") => Some(Family::Java),
        (StartKind::Dotnet, Some(Entry::File(path))) if path.ends_with(".dll") => Some(Family::Dotnet),
        (StartKind::Ruby, Some(Entry::File(_))) => Some(Family::Ruby),
        (StartKind::Rails, _) if matches!(program.name(), "puma" | "rackup") => Some(Family::Ruby),
        (StartKind::Rails, _) if program.name() == "rails" => {
            matches!(start.command.as_deref(), Some("server" | "s")).then_some(Family::Ruby)
        }
        (StartKind::Binary | StartKind::Unknown, _) => Some(Family::Rust),
        _ => None,
    }
}

/// PHP's own server, by itself or as Laravel starts it, and Laravel's workers.
fn is_php_server(program: &Program) -> bool {
    let command = program.argv.get(program.start.program + 1).map(String::as_str);
    match program.name() {
        "artisan" => matches!(command, Some("queue:work" | "schedule:work" | "serve")),
        name => name.starts_with("php") && program.start.port != Given::No,
    }
}

fn names(found: &Survey, name: &str) -> bool {
    found.programs.iter().any(|known| known == name)
}
