//! Maven: `dependency:go-offline` on the poms alone, for a build of one module.

use super::super::super::shipped::join;
use super::python::unreadable;
use super::{Ground, Plan, holds, misses};
use crate::project::ecosystems::{Maven, Needed, Unreadable, maven};
use crate::shell::{Action, Install, Role};

impl Ground<'_> {
    /// `None` too for several modules and for poms that read more than can be told: there a cache mount keeps what is
    /// downloaded, since `dependency:go-offline` finds no module that is not built yet.
    pub(super) fn maven(&self, install: &Install, words: &[Option<String>]) -> Option<Plan> {
        let found = match self.pom(install)? {
            Ok(found) => found,
            Err(error) => return Some(unreadable(&error)),
        };
        if !is_alone(&found, install) || install.has(Role::Offline) {
            return None;
        }
        let mut plan = Plan::default();
        plan.add(found.closure);
        let wrapper = words.iter().flatten().find(|word| word.rsplit('/').next() == Some("mvnw"));
        if let Some(wrapper) = wrapper {
            self.file(&join(self.folder, wrapper), "the wrapper", &mut plan);
            let why = "the wrapper's files".to_owned();
            plan.files.extend(found.wrapper.map(|path| Needed { path, folder: true, why }));
        }
        for value in install.values_as(Role::Settings) {
            match value.text.as_deref() {
                Some(text) => self.file(&join(self.folder, text), "the file of settings", &mut plan),
                None => plan.judged.push(misses(
                    "MC1",
                    "which settings are read is not known",
                    "write the path out",
                )),
            }
        }
        plan.settle("nothing is installed from the project's own folders");
        plan.judged.push(holds("MC2", "`dependency:go-offline` runs no step of the build"));
        plan.judged.push(holds("MC12", "what is downloaded is kept outside the project's folder"));
        if install.action == Action::Build {
            let command = match words {
                // A script: nothing of it is written anew.
                [] => Some("mvn dependency:go-offline".to_owned()),
                words => download(install, words),
            };
            match command {
                Some(command) => plan.download = Some(command),
                None => {
                    plan.download = Some("mvn dependency:go-offline".to_owned());
                    plan.judged.push(misses(
                        "MC4",
                        "the build has words that the shell works out, or an option that is not known",
                        "run `mvn dependency:go-offline` by hand before the sources are copied",
                    ));
                }
            }
        }
        Some(plan)
    }

    /// The pom of a build, if the COPY brings it.
    fn pom(&self, install: &Install) -> Option<Result<Maven, Unreadable>> {
        let named = install.values_as(Role::Manifest).next();
        let named = match named {
            Some(value) => join(self.folder, value.text.as_deref()?),
            None => join(self.folder, "pom.xml"),
        };
        maven(self.turn.input.project, &self.context(&named)?)
    }
}

/// Whether a build concerns one module whose files are known.
pub(in super::super) fn is_alone(found: &Maven, install: &Install) -> bool {
    found.modules.is_none() && found.closure.obstacles.is_empty() && !install.has(Role::Module)
}

/// The command of a build with another goal: its options, but for those that concern later steps alone.
fn download(install: &Install, words: &[Option<String>]) -> Option<String> {
    const THREADS: &[&str] = &["-T", "--threads"];
    if !install.is_certain() || words.iter().any(Option::is_none) {
        return None;
    }
    let mut left_out = install.operands.clone();
    for option in &install.options {
        let value = option.value.as_ref();
        let text = value.and_then(|value| value.text.as_deref()).unwrap_or_default();
        let skips = ["-D", "--define"].contains(&option.name.as_str())
            && (text.to_ascii_lowercase().contains("skip") || text.starts_with("test"));
        if skips || THREADS.contains(&option.name.as_str()) {
            left_out.push(option.word);
            left_out.extend(value.map(|value| value.word));
        }
    }
    let kept = words.iter().enumerate().filter(|(at, _)| !left_out.contains(at));
    let kept: Vec<&str> = kept.filter_map(|(_, word)| word.as_deref()).collect();
    // What a shell would read another way is not written without the quotes that it had.
    let plain =
        |word: &&str| !word.contains(|character: char| " \"'\\$`;&|<>()*?[]{}~#!".contains(character));
    kept.iter().all(plain).then(|| [kept.as_slice(), &["dependency:go-offline"]].concat().join(" "))
}
