//! The commands of a RUN, as far as they stand in one plain chain of `&&`, and which of them need no sources.

use super::super::Input;
use super::placement::below;
use crate::shell::{
    Action, Command, Connector, Install, Manager, Role, Script, SimpleCommand, Target, install,
};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword, MountKind, mounts};

/// One command of a RUN.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// The words' values; `None` for each that the shell has yet to work out.
    pub(super) words: Vec<Option<String>>,
    /// The words as written.
    pub(super) written: Vec<String>,
    /// The whole command as written on one line, with the variables that are set for it.
    pub(super) line: String,
    /// What a package manager is told, if this is one.
    pub(super) install: Option<Install>,
    /// The command in the shell's text; `None` in an exec form.
    pub(super) span: Option<Span>,
    /// The words in the shell's text; empty in an exec form.
    pub(super) word_spans: Vec<Span>,
    /// Variables that are set for it, by itself or a wrapper.
    pub(super) variables: Vec<String>,
    /// Whether it writes or reads a file by a redirection.
    redirects: bool,
}

/// What a RUN runs.
#[derive(Clone, Debug)]
pub(super) enum Steps {
    /// Commands joined by `&&`, each in the order of the text.
    Chain(Vec<Step>),
    /// Anything else; the commands in it that are package managers.
    Other(Vec<Install>),
}

impl Steps {
    /// The commands that are package managers.
    pub(super) fn installs(&self) -> impl Iterator<Item = &Install> {
        let (chain, other): (&[Step], &[Install]) = match self {
            Steps::Chain(steps) => (steps, &[]),
            Steps::Other(installs) => (&[], installs),
        };
        chain.iter().filter_map(|step| step.install.as_ref()).chain(other)
    }
}

/// Reads a RUN. `None` for another instruction, and where there is nothing that could be read: a here-document, a text
/// that is no shell, another shell than the usual ones.
pub(super) fn read(input: &Input<'_>, index: usize) -> Option<Steps> {
    let instruction = &input.document.instructions[index];
    if instruction.keyword != Keyword::Run || !instruction.heredocs.is_empty() {
        return None;
    }
    match &instruction.arguments {
        Arguments::Exec { words, .. } => {
            let words: Vec<Option<String>> = words.iter().map(|word| Some(word.value.to_string())).collect();
            Some(Steps::Chain(vec![exec_step(words)]))
        }
        Arguments::Shell(span) if usual_shell(input, index) => {
            let parsed = input.shell.parse(instruction.text(*span));
            let script = parsed.as_ref().as_ref().ok()?;
            Some(chain(script).map_or_else(|| Steps::Other(installs(script)), Steps::Chain))
        }
        _ => None,
    }
}

fn usual_shell(input: &Input<'_>, index: usize) -> bool {
    let Some(shell) = input.model.contexts[index].shell else { return true };
    let words = input.document.instructions[shell].exec_form().unwrap_or_default();
    let name = words.first().map(|word| word.value.rsplit('/').next().unwrap_or_default());
    matches!(name, Some("sh" | "bash" | "ash" | "dash"))
}

fn exec_step(words: Vec<Option<String>>) -> Step {
    let argv: Vec<Option<&str>> = words.iter().map(Option::as_deref).collect();
    Step {
        install: install(&argv),
        written: words.iter().flatten().cloned().collect(),
        line: words.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
        span: None,
        word_spans: Vec::new(),
        variables: Vec::new(),
        redirects: false,
        words,
    }
}

fn installs(script: &Script) -> Vec<Install> {
    script.simple_commands().iter().filter_map(|placed| placed.command.install()).collect()
}

/// The commands of a script that is one chain of `&&` and nothing else.
fn chain(script: &Script) -> Option<Vec<Step>> {
    let [item] = script.list().items.as_slice() else { return None };
    let plain = item.end.is_none()
        && script.comments().is_empty()
        && item.chain.rest.iter().all(|link| link.connector == Connector::And);
    if !plain {
        return None;
    }
    let steps = item.chain.pipelines().map(|pipeline| {
        let alone = pipeline.negation.is_none() && pipeline.rest.is_empty();
        match &pipeline.first {
            Command::Simple(command) if alone => Some(step(script, command)),
            _ => None,
        }
    });
    steps.collect()
}

fn step(script: &Script, command: &SimpleCommand) -> Step {
    let to_file = command.redirects.iter().any(|redirect| match &redirect.target {
        Target::Descriptor => false,
        Target::File(word) => word.literal() != Some("/dev/null"),
        Target::Heredoc(_) => true,
    });
    let assigned = command.assignments.iter().map(|assignment| assignment.span);
    let parts = assigned.chain(command.words.iter().map(|word| word.span));
    let line: Vec<&str> = parts.map(|span| span.of(script.text())).collect();
    Step {
        line: line.join(" "),
        words: command.words.iter().map(|word| word.literal().map(str::to_owned)).collect(),
        written: command.words.iter().map(|word| word.span.of(script.text()).to_owned()).collect(),
        install: command.install(),
        span: Some(command.span),
        word_spans: command.words.iter().map(|word| word.span).collect(),
        variables: variables(command),
        redirects: to_file,
    }
}

/// The variables that are set for a command alone: `A=b program`, `env A=b program`.
fn variables(command: &SimpleCommand) -> Vec<String> {
    let own = command.assignments.iter().map(|assignment| assignment.name.to_string());
    let wrapped = command.effective().map(|effective| effective.unwrapped.environment).unwrap_or_default();
    let wrapped = wrapped.into_iter().filter_map(|at| command.words.get(at)?.literal()?.split_once('='));
    own.chain(wrapped.map(|(name, _)| name.to_owned())).collect()
}

/// Commands that change neither the project's files nor what later commands of the same shell see.
const HARMLESS: &[&str] = &[
    "true",
    ":",
    "echo",
    "sleep",
    "useradd",
    "adduser",
    "groupadd",
    "addgroup",
    "usermod",
    "update-ca-certificates",
    "locale-gen",
    "ldconfig",
];

impl Step {
    fn name(&self) -> &str {
        self.words.first().and_then(Option::as_deref).unwrap_or_default()
    }

    /// The folder that it changes to, if it is a `cd` with a known one.
    pub(super) fn changes_folder(&self) -> Option<&str> {
        match self.words.as_slice() {
            [Some(name), Some(folder)] if name == "cd" && !folder.starts_with('-') => Some(folder),
            _ => None,
        }
    }

    /// Whether it leaves something behind in the shell that runs it: a folder, a variable, an option.
    pub(super) fn changes_shell(&self) -> bool {
        const STATEFUL: &[&str] = &[
            "cd", "pushd", "popd", "export", "set", "unset", "source", ".", "umask", "ulimit", "alias",
            "trap", "eval", "shopt", "readonly", "declare", "local", "exec", "shift", "read",
        ];
        let name = self.words.first();
        name.is_none_or(|name| name.as_deref().is_none_or(|name| STATEFUL.contains(&name)))
    }

    /// Whether it is `chmod +x` of this program: `./mvnw`.
    pub(super) fn makes_executable(&self, program: &str) -> bool {
        let plain = |path: &str| path.trim_start_matches("./").to_owned();
        match self.words.as_slice() {
            [Some(name), Some(mode), Some(path)] => {
                let adds = ["+x", "a+x", "u+x", "755", "0755", "777"].contains(&mode.as_str());
                name == "chmod" && adds && program.contains('/') && plain(path) == plain(program)
            }
            _ => false,
        }
    }

    /// Whether it prepares an install of the same RUN, and reads no more than that does.
    pub(super) fn prepares(&self) -> bool {
        self.sets_bundler()
            || self.install.as_ref().is_some_and(|install| {
                install.manager == Manager::Uv && install.command == "venv" && self.is_plain()
            })
    }

    /// Whether it is `bundle config`.
    pub(super) fn sets_bundler(&self) -> bool {
        let config = |install: &Install| install.manager == Manager::Bundler && install.command == "config";
        self.install.as_ref().is_some_and(config)
    }

    /// Whether it only sets options or variables of the shell.
    pub(super) fn only_sets(&self) -> bool {
        ["set", "export"].contains(&self.name()) && self.is_plain()
    }

    /// Whether it neither reads nor writes below `folder` of the image, where the sources go.
    pub(super) fn needs_no_sources(&self, folder: &str) -> bool {
        if self.redirects {
            return false;
        }
        if let Some(install) = &self.install {
            return install.is_certain() && self.manager_needs_no_sources(install);
        }
        HARMLESS.contains(&self.name()) && self.words.iter().all(Option::is_some)
            || self.clears(folder)
            || self.name() == "mkdir" && self.names_paths_outside(folder)
    }

    fn manager_needs_no_sources(&self, install: &Install) -> bool {
        // A package by its name; a path would be a file, and a word that is not known may be one.
        let by_name = install.operands.iter().all(|at| {
            let word = self.words.get(*at).and_then(Option::as_deref);
            word.is_some_and(|word| !word.starts_with('.') && (word.starts_with('@') || !word.contains('/')))
        });
        // What these clean is the output of a build, by its manifest.
        const BUILDS: &[Manager] =
            &[Manager::Maven, Manager::Gradle, Manager::Cargo, Manager::Dotnet, Manager::Mix, Manager::Sbt];
        let clean = install.action == Action::Clean && !BUILDS.contains(&install.manager);
        match install.manager {
            manager if manager.is_system() => by_name,
            Manager::Npm if matches!(install.command.as_str(), "config set" | "set" | "config") => true,
            Manager::Npm => clean || install.has(Role::Global) && by_name && !install.whole_project,
            Manager::Pip => {
                let files = [Role::Manifest, Role::Constraint, Role::Editable, Role::Local, Role::Target];
                clean
                    || by_name && !install.operands.is_empty() && !files.iter().any(|role| install.has(*role))
            }
            // Without a name it looks for `packageManager` in package.json; `use` writes it there.
            Manager::Corepack => match install.command.as_str() {
                "enable" => true,
                "prepare" | "install" => !install.operands.is_empty() && by_name || install.has(Role::Global),
                _ => false,
            },
            Manager::Yarn => clean || install.command == "global add" && by_name,
            Manager::Pnpm | Manager::Bun => {
                clean || install.has(Role::Global) && by_name && !install.whole_project
            }
            Manager::Gem => {
                clean || install.action == Action::Install && by_name && !install.operands.is_empty()
            }
            // Settings for the user who builds; those of the project are a file among the sources.
            Manager::Poetry if install.command == "config" => {
                !self.written.iter().any(|word| word == "--local")
            }
            Manager::Bundler if install.command == "config" => {
                self.written.iter().any(|word| word == "--global")
            }
            Manager::Mix => matches!(install.command.as_str(), "local.hex" | "local.rebar"),
            _ => clean,
        }
    }

    /// Whether it removes files of the system alone: caches and lists that an install left.
    fn clears(&self, folder: &str) -> bool {
        self.name() == "rm" && self.names_paths_outside(folder)
    }

    /// Whether every word that is no option is an absolute path, neither in `folder` nor above it.
    fn names_paths_outside(&self, folder: &str) -> bool {
        let paths = self.written.iter().skip(1).filter(|word| !word.starts_with('-'));
        let outside = |path: &String| {
            let fixed = path.split(['*', '?', '[']).next().unwrap_or_default().trim_end_matches('/');
            let plain = path.starts_with('/')
                && !path.contains(['$', '`', '"', '\'', '\\', '{'])
                && !path.contains("..");
            plain && fixed.len() > 1 && below(fixed, folder).is_none() && below(folder, fixed).is_none()
        };
        folder != "/" && paths.clone().next().is_some() && paths.clone().all(outside)
    }

    /// Whether it may stay in the RUN of an install: it tidies up after it.
    pub(super) fn tidies(&self, folder: &str) -> bool {
        if self.redirects {
            return false;
        }
        let removes = |install: &Install| {
            install.action == Action::Clean || install.manager.is_system() && install.action == Action::Remove
        };
        self.install.as_ref().is_some_and(removes) || self.clears(folder)
    }

    /// Whether it deletes files or changes them in place. In a RUN of its own it could not make the layer of the
    /// install smaller any more, or would keep a second copy of it.
    pub(super) fn rewrites_files(&self) -> bool {
        const PROGRAMS: &[&str] = &["rm", "rmdir", "find", "chown", "chgrp", "chmod", "strip"];
        let uninstalls = |install: &Install| matches!(install.action, Action::Remove | Action::Clean);
        PROGRAMS.contains(&self.name()) || self.install.as_ref().is_some_and(uninstalls)
    }

    /// Whether it does nothing that another command could notice, but for Go's own downloads.
    pub(super) fn is_idle(&self) -> bool {
        let go = |install: &Install| install.manager == Manager::Go;
        !self.redirects && (HARMLESS.contains(&self.name()) || self.name() == "set")
            || self.install.as_ref().is_some_and(go)
    }

    /// The words, where none is left to the shell.
    pub(super) fn literal_words(&self) -> Option<Vec<String>> {
        self.words.iter().cloned().collect::<Option<Vec<String>>>().filter(|words| !words.is_empty())
    }

    /// Whether nothing about it is left to the shell but variables that are values of known options: those are the
    /// same wherever the sources are.
    pub(super) fn is_settled(&self, install: &Install) -> bool {
        let value = |at: usize| {
            let values = install.options.iter().filter_map(|option| option.value.as_ref());
            let variable = self.written.get(at).is_some_and(|word| {
                word.contains('$') && !word.contains(['`', '*', '?', '[', '~']) && !word.contains("$(")
            });
            variable && values.into_iter().any(|value| value.word == at)
        };
        !self.redirects && (0..self.words.len()).all(|at| self.words[at].is_some() || value(at))
    }

    /// Whether nothing about it is left to the shell: no redirection, no word that is worked out.
    pub(super) fn is_plain(&self) -> bool {
        !self.redirects && self.words.iter().all(Option::is_some)
    }
}

/// Whether the command of a RUN sees files of the build context by a mount, so that no COPY counts.
pub(super) fn mounts_context(instruction: &Instruction) -> bool {
    mounts(instruction).iter().any(|mount| match mount.kind {
        MountKind::Other => true,
        MountKind::Bind => mount.from.is_none(),
        _ => false,
    })
}
