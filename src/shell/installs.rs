//! Recognises what package managers and build tools are told to do: which manager, which action, of what, with
//! which options. The knowledge is in `installs.toml`.
//!
//! Works on the values of words, so that shell commands and exec forms are read alike. Says what is written, not
//! whether it is right; knows nothing of projects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::options::{self, Arguments, GivenOption, GivenValue, Grammar, Style};
use super::tree::SimpleCommand;
use super::wrappers::{Unwrapped, base_name, unwrap};

/// Whose packages they are.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is the name of a tool")]
pub enum Manager {
    Npm,
    Yarn,
    Pnpm,
    Bun,
    Corepack,
    Pip,
    Pipenv,
    Poetry,
    Pdm,
    Uv,
    Conda,
    Go,
    Cargo,
    Maven,
    Gradle,
    Sbt,
    Dotnet,
    Bundler,
    Gem,
    Composer,
    Mix,
    Deno,
    Apt,
    Apk,
    Dnf,
    Zypper,
    Pacman,
}

impl Manager {
    /// Whether it manages the packages of the system, which takes root.
    pub fn is_system(self) -> bool {
        matches!(self, Manager::Apt | Manager::Apk | Manager::Dnf | Manager::Zypper | Manager::Pacman)
    }
}

/// What a manager is told to do.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Install what is named, or what the project's manifest names.
    Install,
    /// Install exactly what the lock file names.
    Ci,
    /// Fetch without installing.
    Download,
    /// Build, test, run a script of the project.
    Build,
    /// Refresh the list of what there is.
    Update,
    /// Replace what is installed by newer.
    Upgrade,
    /// Remove packages.
    Remove,
    /// Empty caches.
    Clean,
    /// Anything else.
    Other,
}

/// What an option of a manager means.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Names a file that lists packages: `-r requirements.txt`.
    Manifest,
    /// Names a file that limits versions: `-c constraints.txt`.
    Constraint,
    /// Works in another folder.
    Directory,
    /// Installs into another folder than usual.
    Target,
    /// Installs for the whole system, not into the project.
    Global,
    /// Into the system's own Python.
    System,
    /// Takes exactly what the lock file says.
    Locked,
    /// Leaves out what only development needs.
    Production,
    /// Chooses groups of dependencies.
    Groups,
    /// Chooses members of a workspace.
    Workspace,
    /// Chooses modules of a build.
    Module,
    /// Asks nothing.
    Yes,
    /// Keeps no cache.
    NoCache,
    /// Runs no scripts of packages.
    NoScripts,
    /// Leaves the project itself out, so that its sources are not needed.
    NoRoot,
    /// Makes no autoloader, which would need the sources.
    NoAutoloader,
    /// Installs only what is needed.
    NoRecommends,
    /// Installs a folder of sources.
    Editable,
    /// Looks for packages in a folder.
    Local,
    /// Asks no network.
    Offline,
    /// Takes a newer version of what is there.
    Upgrade,
    /// Another release than the image's.
    Release,
    /// Other repositories than the image's.
    Repository,
    /// Another root folder.
    Root,
    /// A name under which the packages can be removed again.
    Virtual,
    /// Names an environment.
    Environment,
    /// Names a file of settings.
    Settings,
}

/// A package manager's command. Indices are those of the command's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Install {
    /// The manager.
    pub manager: Manager,
    /// What it is told to do.
    pub action: Action,
    /// The subcommand as written: `install`, `mod download`; empty where there is none, or where goals stand.
    pub command: String,
    /// What stands before the program.
    pub unwrapped: Unwrapped,
    /// The words of the subcommand; none where goals stand.
    pub command_words: Vec<usize>,
    /// Packages, projects or goals.
    pub operands: Vec<usize>,
    /// The options.
    pub options: Vec<GivenOption>,
    /// Options that the table does not know: then the operands are not certain.
    pub unknown: Vec<usize>,
    /// Whether it acts on what the project's manifest names, since no package is named.
    pub whole_project: bool,
    roles: &'static BTreeMap<Role, BTreeSet<String>>,
}

impl Install {
    /// The options that mean this, in order.
    pub fn options_as(&self, role: Role) -> impl Iterator<Item = &GivenOption> {
        let names = self.roles.get(&role);
        self.options.iter().filter(move |option| names.is_some_and(|names| names.contains(&option.name)))
    }

    /// Whether an option means this and is not set to `false`.
    pub fn has(&self, role: Role) -> bool {
        self.options_as(role)
            .any(|option| option.value.as_ref().is_none_or(|value| value.text.as_deref() != Some("false")))
    }

    /// The values of the options that mean this: the files of `-r`, the folder of `--prefix`.
    pub fn values_as(&self, role: Role) -> impl Iterator<Item = &GivenValue> {
        self.options_as(role).filter_map(|option| option.value.as_ref())
    }

    /// The option of this name.
    pub fn option(&self, name: &str) -> Option<&GivenOption> {
        self.options.iter().find(|option| option.name == name)
    }

    /// Whether every word is understood: no unknown option stands among them.
    pub fn is_certain(&self) -> bool {
        self.unknown.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    names: Vec<String>,
    manager: Manager,
    #[serde(default)]
    versioned: bool,
    #[serde(default)]
    goals: bool,
    #[serde(default)]
    style: Style,
    #[serde(default)]
    negatable: bool,
    #[serde(default)]
    spaced_booleans: bool,
    #[serde(default)]
    values: BTreeSet<String>,
    #[serde(default)]
    flags: BTreeSet<String>,
    #[serde(default)]
    roles: BTreeMap<Role, BTreeSet<String>>,
    command: Vec<CommandRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandRow {
    names: Vec<String>,
    action: Action,
    #[serde(default)]
    project: bool,
}

struct Program {
    row: Row,
    grammar: Grammar,
}

static PROGRAMS: LazyLock<Vec<Program>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("installs.toml")).expect("a test reads the embedded table");
    let with_grammar = |row: Row| {
        let grammar = Grammar {
            values: row.values.clone(),
            flags: row.flags.clone(),
            style: row.style,
            operand_ends: false,
            negatable: row.negatable,
            spaced_booleans: row.spaced_booleans,
            ..Grammar::default()
        };
        Program { row, grammar }
    };
    table.program.into_iter().map(with_grammar).collect()
});

impl SimpleCommand {
    /// What a package manager is told, if this is one.
    pub fn install(&self) -> Option<Install> {
        install(&self.argv())
    }
}

/// What a package manager is told by a command line, wrappers and interpreters seen through.
pub fn install(argv: &[Option<&str>]) -> Option<Install> {
    let unwrapped = unwrap(argv)?;
    let at = behind_interpreter(argv, unwrapped.program);
    let name = base_name(argv.get(at).copied().flatten()?);
    let program = PROGRAMS.iter().find(|program| is_called(&program.row, name))?;
    let arguments = options::read(&program.grammar, argv, at + 1);
    let (command, action, rest) = if program.row.goals {
        (String::new(), goals_action(&program.row, argv, &arguments), 0)
    } else {
        subcommand(&program.row, argv, &arguments)
    };
    let Arguments { options, mut operands, unknown } = arguments;
    let command_words: Vec<usize> = operands.drain(..rest).collect();
    let project = command_row(&program.row, &command).is_some_and(|row| row.project);
    let whole_project = project && operands.is_empty();
    let roles = &program.row.roles;
    Some(Install {
        manager: program.row.manager,
        action,
        command,
        unwrapped,
        command_words,
        operands,
        options,
        unknown,
        whole_project,
        roles,
    })
}

fn is_called(row: &Row, name: &str) -> bool {
    let name = if row.versioned { without_version(name) } else { name };
    row.names.iter().any(|known| known == name)
}

/// `pip3.11` is pip, `python3` is python.
pub(super) fn without_version(name: &str) -> &str {
    name.trim_end_matches(|character: char| character.is_ascii_digit() || character == '.')
}

/// Index of the program that an interpreter is told to run: `python -m pip`, `php composer.phar`, `sh ./gradlew`.
fn behind_interpreter(argv: &[Option<&str>], at: usize) -> usize {
    let Some(name) = argv.get(at).copied().flatten().map(base_name) else { return at };
    match without_version(name) {
        "python" | "pypy" => python_module(argv, at + 1).unwrap_or(at),
        "php" | "sh" | "bash" | "ash" | "dash" => {
            let script = argv.get(at + 1).copied().flatten().map(base_name);
            let known =
                script.is_some_and(|script| PROGRAMS.iter().any(|program| is_called(&program.row, script)));
            if known { at + 1 } else { at }
        }
        _ => at,
    }
}

/// Index of the module's name in `python -m module`.
pub(super) fn python_module(argv: &[Option<&str>], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match argv.get(at).copied().flatten()? {
            "-m" => return (at + 1 < argv.len()).then_some(at + 1),
            "-W" | "-X" => at += 2,
            flag if flag.starts_with('-') && !flag.contains('c') && flag.len() > 1 => at += 1,
            _ => return None,
        }
    }
}

/// The longest name of a command that the operands begin with, its action, and how many operands it takes up.
fn subcommand(row: &Row, argv: &[Option<&str>], arguments: &Arguments) -> (String, Action, usize) {
    let words: Vec<&str> = arguments.operands.iter().map_while(|index| argv[*index]).take(3).collect();
    for length in (0..=words.len()).rev() {
        if length == 0 && !arguments.operands.is_empty() {
            break;
        }
        let command = words[..length].join(" ");
        if let Some(found) = command_row(row, &command) {
            return (command, found.action, length);
        }
    }
    let command = words.first().copied().unwrap_or_default().to_owned();
    (command, Action::Other, usize::from(!words.is_empty()))
}

fn command_row<'r>(row: &'r Row, command: &str) -> Option<&'r CommandRow> {
    row.command.iter().find(|candidate| candidate.names.iter().any(|name| name == command))
}

/// What the goals come to: one that builds decides, then one that nobody knows.
fn goals_action(row: &Row, argv: &[Option<&str>], arguments: &Arguments) -> Action {
    let last_part = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let action_of = |goal: &str| {
        let exact = command_row(row, goal);
        let by_end = || {
            let fits = |name: &String| last_part(name) == last_part(goal);
            row.command.iter().find(|candidate| candidate.names.iter().any(fits))
        };
        exact.or_else(by_end).map_or(Action::Other, |found| found.action)
    };
    let actions: Vec<Action> =
        arguments.operands.iter().map(|index| argv[*index].map_or(Action::Other, action_of)).collect();
    let order = [Action::Build, Action::Other, Action::Download, Action::Clean];
    order.into_iter().find(|action| actions.contains(action)).unwrap_or(Action::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Install {
        let argv = argv(line);
        install(&argv).unwrap_or_else(|| panic!("not recognised: {line}"))
    }

    fn argv(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(|word| (!word.starts_with('$')).then_some(word)).collect()
    }

    fn operands(line: &str) -> Vec<String> {
        let words: Vec<&str> = line.split(' ').collect();
        read(line).operands.iter().map(|index| words[*index].to_owned()).collect()
    }

    #[test]
    fn each_command_of_the_table_is_recognised() {
        for program in PROGRAMS.iter() {
            for name in &program.row.names {
                for command in &program.row.command {
                    for words in &command.names {
                        let line = format!("{name} {words}");
                        let read = read(line.trim_end());
                        assert_eq!(read.manager, program.row.manager, "{line}");
                        assert_eq!(read.action, command.action, "{line}");
                        assert_eq!(read.whole_project, command.project, "{line}");
                        assert!(read.is_certain(), "{line}");
                    }
                }
            }
        }
    }

    #[test]
    fn each_option_of_the_table_is_read_as_it_says() {
        for program in PROGRAMS.iter() {
            let row = &program.row;
            let name = &row.names[0];
            for flag in &row.flags {
                assert!(!row.values.contains(flag), "{name} {flag} both takes a value and takes none");
                let line = format!("{name} {flag} x");
                let read = read(&line);
                assert!(read.option(flag).is_some_and(|option| option.value.is_none()), "{line}");
            }
            for option in &row.values {
                let line = format!("{name} {option} v x");
                let read = read(&line);
                let value = read.option(option).and_then(|option| option.value.clone()).expect("a value");
                assert_eq!((value.word, value.text.as_deref()), (2, Some("v")), "{line}");
            }
            for option in row.roles.values().flatten() {
                assert!(
                    row.flags.contains(option) || row.values.contains(option),
                    "{name} {option} has a role only"
                );
            }
        }
    }

    #[test]
    fn names_are_called_by_one_program_only() {
        let names: Vec<&String> = PROGRAMS.iter().flat_map(|program| &program.row.names).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn npm_installs_are_told_apart() {
        assert_eq!(read("npm ci").action, Action::Ci);
        assert!(read("npm ci --omit=dev").whole_project);
        assert!(read("npm install --production --no-audit").has(Role::Production));
        assert!(!read("npm install --production=false").has(Role::Production));
        assert!(!read("npm install --production false").has(Role::Production));
        assert!(read("npm i -g yarn@1").has(Role::Global));
        assert_eq!(operands("npm --loglevel warn i express lodash"), ["express", "lodash"]);
        assert!(!read("npm i express").whole_project);
        let prefix = read("npm --prefix client install");
        assert!(prefix.whole_project);
        assert_eq!(
            prefix.values_as(Role::Directory).map(|value| value.text.as_deref()).collect::<Vec<_>>(),
            [Some("client")]
        );
        assert!(!read("npm install --surprise x").is_certain());
        assert_eq!(read("npm test").action, Action::Other);
    }

    #[test]
    fn yarn_without_a_command_installs() {
        for line in ["yarn", "yarn --frozen-lockfile --production", "yarn install", "yarn --cwd x"] {
            assert_eq!((read(line).action, read(line).whole_project), (Action::Install, true), "{line}");
        }
        assert_eq!(read("yarn build").action, Action::Build);
        assert_eq!(read("yarn serve").action, Action::Other);
        assert_eq!(operands("yarn global add serve"), ["serve"]);
    }

    #[test]
    fn pip_has_many_names() {
        for line in [
            "pip install -r requirements.txt",
            "pip3 install --no-cache-dir -r requirements.txt",
            "pip3.11 install -rrequirements.txt",
            "python -m pip install --requirement=requirements.txt",
            "/usr/bin/python3.12 -u -X dev -m pip install -r requirements.txt",
            "sudo -H pip install -r requirements.txt",
            "uv pip install --system -r requirements.txt",
        ] {
            let read = read(line);
            assert_eq!(read.action, Action::Install, "{line}");
            let files: Vec<_> = read.values_as(Role::Manifest).map(|value| value.text.as_deref()).collect();
            assert_eq!(files, [Some("requirements.txt")], "{line}");
            assert!(read.operands.is_empty() && read.is_certain(), "{line}");
        }
        assert_eq!(operands("pip install -e . flask==2 $X"), ["flask==2", "$X"]);
        assert_eq!(read("pip install -e .").values_as(Role::Editable).count(), 1);
        assert_eq!(install(&argv("python -c x -m pip install")), None);
        assert_eq!(install(&argv("python app.py install")), None);
    }

    #[test]
    fn system_packages_come_after_options_with_values() {
        assert_eq!(
            operands("apt-get install -y -t bookworm-backports --no-install-recommends git curl=7"),
            ["git", "curl=7"]
        );
        assert_eq!(operands("apt-get -qq -o Dpkg::Use-Pty=0 install git"), ["git"]);
        assert_eq!(operands("apk add --no-cache --virtual .deps gcc musl-dev"), ["gcc", "musl-dev"]);
        assert_eq!(operands("dnf -y --setopt=tsflags=nodocs install git"), ["git"]);
        assert_eq!(read("apt-get update").action, Action::Update);
        assert_eq!(read("apt-get clean").action, Action::Clean);
        assert!(read("apt-get -qqy install git").has(Role::Yes));
        assert!(read("apt-get install -yq git").has(Role::Yes));
        assert!(read("apk add git").manager.is_system());
    }

    #[test]
    fn goals_are_weighed() {
        for (line, action) in [
            ("mvn -B dependency:go-offline", Action::Download),
            ("mvn -q clean package -DskipTests", Action::Build),
            ("./mvnw -B -ntp -Pprod -Dmaven.test.skip=true package", Action::Build),
            ("mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.0:go-offline", Action::Download),
            ("mvn dependency:go-offline frontend:install-node-and-npm", Action::Other),
            ("mvn clean", Action::Clean),
            ("sh ./gradlew :app:bootJar --no-daemon -x test", Action::Build),
            ("gradle dependencies --no-daemon", Action::Download),
            ("gradle", Action::Other),
        ] {
            let read = read(line);
            assert_eq!((read.action, read.is_certain()), (action, true), "{line}");
        }
        assert_eq!(operands("mvn -pl api -am clean package"), ["clean", "package"]);
    }

    #[test]
    fn other_tools() {
        for (line, action) in [
            ("go mod download -x", Action::Download),
            ("go build -o server ./cmd/server", Action::Build),
            ("go get -u -v golang.org/x/lint", Action::Install),
            ("cargo build --release --locked", Action::Build),
            ("bundle install --jobs 4 --without development:test", Action::Install),
            ("php composer.phar install --no-dev", Action::Install),
            ("composer global require x/y", Action::Install),
            ("dotnet restore src/App.csproj", Action::Download),
            ("dotnet publish -c Release -o /app --no-restore", Action::Build),
            ("poetry install --only main --no-root", Action::Install),
            ("uv sync --locked --no-install-project", Action::Install),
            ("conda env create -f environment.yml", Action::Install),
            ("mix deps.get --only prod", Action::Download),
            ("pnpm fetch --prod", Action::Download),
            ("env CGO_ENABLED=0 go build .", Action::Build),
        ] {
            let read = read(line);
            assert_eq!((read.action, read.is_certain()), (action, true), "{line}");
        }
        assert!(read("poetry install --no-root").has(Role::NoRoot));
        assert_eq!(operands("go build -v -o server -ldflags $X ./cmd/server"), ["./cmd/server"]);
        for line in ["node server.js", "make install", "$PIP install x", "sudo -i npm ci"] {
            assert_eq!(install(&argv(line)), None, "{line}");
        }
    }
}
