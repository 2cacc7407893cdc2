//! Recognises what starts a service: which program, which file or module, where it listens, and whether it is a
//! developer's way to run it. The knowledge is in `start.toml`.
//!
//! Works on the values of words, from an exec form or a shell command alike. Says what the command line says; what a
//! file or a variable adds is for others to find.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;

use super::installs::{python_module, without_version};
use super::options::{self, Arguments, Grammar, Style};
use super::words::is_assignment;
use super::wrappers::{Unwrapped, base_name, unwrap};

/// The family of a program that starts a service.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum StartKind {
    /// Node, or a tool that runs on it.
    Node,
    /// Deno.
    Deno,
    /// Bun.
    Bun,
    /// A script of package.json through npm.
    Npm,
    /// A script of package.json through Yarn.
    Yarn,
    /// A script of package.json through pnpm.
    Pnpm,
    /// Python.
    Python,
    /// The server of Flask.
    Flask,
    /// `manage.py`.
    Django,
    /// A WSGI server.
    Gunicorn,
    /// An ASGI server.
    Uvicorn,
    /// Streamlit.
    Streamlit,
    /// Java, or a tool that runs on it.
    Java,
    /// .NET.
    Dotnet,
    /// The Go tool, or one that rebuilds Go programs.
    Go,
    /// Cargo.
    Rust,
    /// Ruby.
    Ruby,
    /// A Rack server.
    Rails,
    /// PHP.
    Php,
    /// PHP's FastCGI server.
    Fpm,
    /// Elixir's tools.
    Elixir,
    /// nginx, Apache, Caddy.
    WebServer,
    /// A generator of static sites.
    StaticSite,
    /// A worker that listens nowhere.
    Worker,
    /// A script of a shell or a build tool.
    Script,
    /// A supervisor or a daemon of the system.
    Daemons,
    /// Nothing but waiting.
    Idle,
    /// A file given by its path.
    Binary,
    /// A program that is not in the table.
    Unknown,
}

/// What a start command runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A file: a script, a jar, a DLL, a binary.
    File(String),
    /// A folder that is served.
    Folder(String),
    /// A module, with what stands behind `:`.
    Module(String),
    /// A script of package.json.
    Script(String),
    /// A class of Java.
    Class(String),
    /// The program's text stands in the command line.
    Inline,
}

/// Something that an option may say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Given<T> {
    /// No option says it.
    #[default]
    No,
    /// It is said.
    Known(T),
    /// An option says it, but with a variable, or twice in two ways.
    Unknown,
}

impl<T: PartialEq> Given<T> {
    fn and(&mut self, other: Given<T>) {
        *self = match (std::mem::take(self), other) {
            (Given::No, other) => other,
            (this, Given::No) => this,
            (Given::Known(one), Given::Known(two)) if one == two => Given::Known(one),
            _ => Given::Unknown,
        };
    }
}

/// A command that starts a service. Indices are those of its words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartCommand {
    /// Its family.
    pub kind: StartKind,
    /// What stands before it: `tini --`, `exec`, `env A=b`.
    pub unwrapped: Unwrapped,
    /// Programs that run it and must be there: `npx`, `poetry run`, `python -m`, `python manage.py`.
    pub runners: Vec<usize>,
    /// The program.
    pub program: usize,
    /// The subcommand, where the table knows it.
    pub command: Option<String>,
    /// What it runs.
    pub entry: Option<Entry>,
    /// Index of the first word that is not read here, since it belongs to what is run.
    pub rest: usize,
    /// The port that the options name.
    pub port: Given<u16>,
    /// The address that the options name.
    pub host: Given<String>,
    /// The port where this program listens when nothing else says otherwise.
    pub default_port: Option<u16>,
    /// The variable of the environment that it takes its port from, where the options name none.
    pub port_variable: Option<&'static str>,
    /// Files of the project that may name another port; `None` where it is not known which.
    pub port_files: Option<&'static [String]>,
    /// Why it is a developer's way to run it.
    pub development: Option<&'static str>,
    /// Options that the table does not know: then entry, port and host are not certain.
    pub unknown: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    program: Vec<Row>,
    runner: Vec<Runner>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
enum EntryKind {
    File,
    Folder,
    Module,
    Script,
    ScriptItself,
    Bind,
    Java,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    names: Vec<String>,
    kind: StartKind,
    entry: Option<EntryKind>,
    #[serde(default)]
    versioned: bool,
    #[serde(default)]
    style: Style,
    #[serde(default)]
    operand_ends: bool,
    #[serde(default)]
    values: BTreeSet<String>,
    #[serde(default)]
    flags: BTreeSet<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    #[serde(default)]
    last: BTreeSet<String>,
    #[serde(default)]
    inline: BTreeSet<String>,
    #[serde(default)]
    module: BTreeSet<String>,
    #[serde(default)]
    port: BTreeSet<String>,
    #[serde(default)]
    host: BTreeSet<String>,
    #[serde(default)]
    opens: BTreeSet<String>,
    #[serde(default)]
    bind: BTreeSet<String>,
    default_port: Option<u16>,
    port_variable: Option<String>,
    port_files: Option<Vec<String>>,
    development: Option<String>,
    #[serde(default)]
    dev_flags: BTreeSet<String>,
    #[serde(default)]
    command: Vec<CommandRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandRow {
    names: Vec<String>,
    entry: Option<EntryKind>,
    default_port: Option<u16>,
    development: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Runner {
    names: Vec<String>,
    command: Option<String>,
    #[serde(default)]
    values: BTreeSet<String>,
    #[serde(default)]
    flags: BTreeSet<String>,
}

struct Program {
    row: Row,
    grammar: Grammar,
}

static TABLE: LazyLock<(Vec<Program>, Vec<Runner>)> = LazyLock::new(|| {
    let table: Table = toml::from_str(include_str!("start.toml")).expect("a test reads the embedded table");
    let with_grammar = |row: Row| {
        let with_values = [&row.values, &row.inline, &row.module, &row.port, &row.host, &row.bind];
        let grammar = Grammar {
            values: with_values.into_iter().flatten().cloned().collect(),
            optional: row.opens.clone(),
            flags: row.flags.clone(),
            prefixes: row.prefixes.clone(),
            last: row.last.clone(),
            style: row.style,
            operand_ends: row.operand_ends,
            ..Grammar::default()
        };
        Program { row, grammar }
    };
    (table.program.into_iter().map(with_grammar).collect(), table.runner)
});

/// What a command line starts. `None` when there is no program that could be told.
pub fn start(argv: &[Option<&str>]) -> Option<StartCommand> {
    let unwrapped = unwrap(argv)?;
    let mut runners = Vec::new();
    let mut at = unwrapped.program;
    while let Some(next) = behind_runner(argv, at) {
        runners.push(at);
        at = next;
    }
    let name = argv.get(at).copied().flatten()?;
    let mut start = StartCommand {
        kind: if name.contains('/') { StartKind::Binary } else { StartKind::Unknown },
        unwrapped,
        runners,
        program: at,
        command: None,
        entry: name.contains('/').then(|| Entry::File(name.to_owned())),
        rest: at + 1,
        port: Given::No,
        host: Given::No,
        default_port: None,
        port_variable: None,
        port_files: None,
        development: None,
        unknown: Vec::new(),
    };
    if let Some(program) = find(name) {
        read(program, argv, &mut start);
    } else if start.runners.last().is_some_and(|runner| argv[*runner].is_some_and(is_python)) {
        start.kind = StartKind::Python;
        start.entry = Some(Entry::Module(name.to_owned()));
    }
    Some(start)
}

fn find(name: &str) -> Option<&'static Program> {
    let name = base_name(name);
    TABLE.0.iter().find(|program| {
        let name = if program.row.versioned { without_version(name) } else { name };
        program.row.names.iter().any(|known| known == name)
    })
}

fn is_python(name: &str) -> bool {
    matches!(without_version(base_name(name)), "python" | "pypy")
}

/// Index of the program that the one at `at` is told to run.
fn behind_runner(argv: &[Option<&str>], at: usize) -> Option<usize> {
    let name = base_name(argv.get(at).copied().flatten()?);
    if is_python(name)
        && let Some(module) = python_module(argv, at + 1)
    {
        return Some(module);
    }
    for runner in TABLE.1.iter().filter(|runner| runner.names.iter().any(|known| known == name)) {
        let from = match &runner.command {
            Some(command) if argv.get(at + 1).copied().flatten() == Some(command) => at + 2,
            Some(_) => continue,
            None => at + 1,
        };
        let grammar = Grammar {
            values: runner.values.clone(),
            flags: runner.flags.clone(),
            operand_ends: true,
            ..Grammar::default()
        };
        let arguments = options::read(&grammar, argv, from);
        if !arguments.unknown.is_empty() {
            return None;
        }
        return arguments.operands.into_iter().find(|index| !argv[*index].is_some_and(is_assignment));
    }
    // `python manage.py runserver`, `php artisan serve`: the file is a program of the table.
    let program = find(name).filter(|program| program.row.entry == Some(EntryKind::File))?;
    let arguments = options::read(&program.grammar, argv, at + 1);
    let file = *arguments.operands.first()?;
    let known = argv[file].is_some_and(|file| find(file).is_some()) && arguments.unknown.is_empty();
    (known && program.row.command.is_empty()).then_some(file)
}

fn read(program: &'static Program, argv: &[Option<&str>], start: &mut StartCommand) {
    let row = &program.row;
    start.kind = row.kind;
    start.entry = None;
    start.default_port = row.default_port;
    start.port_variable = row.port_variable.as_deref();
    start.port_files = row.port_files.as_deref();
    start.development = row.development.as_deref();
    let mut arguments = options::read(&program.grammar, argv, start.program + 1);
    read_options(row, &arguments, start);
    let mut operands = arguments.operands.iter().copied();
    let first = operands.clone().next();
    let command = first
        .and_then(|index| argv[index])
        .and_then(|word| row.command.iter().find(|command| command.names.iter().any(|name| name == word)));
    let mut entry = row.entry;
    if let Some(command) = command {
        let index = operands.next();
        start.command = index.and_then(|index| argv[index]).map(str::to_owned);
        entry = command.entry.or(if row.entry == Some(EntryKind::Script) { None } else { row.entry });
        start.default_port = command.default_port.or(start.default_port);
        start.development = command.development.as_deref().or(start.development);
        // Options may follow the subcommand even where they end at the entry: `bun run --watch x`.
        if row.operand_ends
            && let Some(index) = index
        {
            let more = options::read(&program.grammar, argv, index + 1);
            read_options(row, &more, start);
            arguments.unknown.extend(&more.unknown);
            arguments.operands = more.operands;
            operands = arguments.operands.iter().copied();
        }
    }
    start.unknown = arguments.unknown.clone();
    read_entry(entry, argv, &arguments, operands.next(), start);
}

fn read_options(row: &Row, arguments: &Arguments, start: &mut StartCommand) {
    for option in &arguments.options {
        let name = &option.name;
        let text = option.value.as_ref().and_then(|value| value.text.as_deref());
        if row.dev_flags.contains(name) && text != Some("false") {
            start.development = Some("one of its options is for developing");
        }
        if row.inline.contains(name) {
            start.entry = Some(Entry::Inline);
        }
        if row.module.contains(name) {
            start.entry = text.map(|module| Entry::Module(module.to_owned()));
        }
        if row.port.contains(name) {
            start.port.and(text.and_then(|text| text.parse().ok()).map_or(Given::Unknown, Given::Known));
        }
        if row.opens.contains(name) && option.value.is_none() {
            start.host.and(Given::Known("0.0.0.0".to_owned()));
        } else if row.host.contains(name) {
            start.host.and(text.map_or(Given::Unknown, |text| Given::Known(text.to_owned())));
        }
        if row.bind.contains(name) {
            bind(text, start);
        }
    }
}

/// `0.0.0.0:80`, `:80`, `80`, `tcp://0.0.0.0:80`, `http://*:80`; a socket of the file system is no port.
fn bind(text: Option<&str>, start: &mut StartCommand) {
    let Some(text) = text else {
        start.port.and(Given::Unknown);
        return start.host.and(Given::Unknown);
    };
    let address = text.split_once("://").map_or(text, |(_, rest)| rest);
    let address = address.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = address.rsplit_once(':').unwrap_or(("", address));
    match port.parse() {
        Ok(port) => start.port.and(Given::Known(port)),
        Err(_) => start.port.and(Given::Unknown),
    }
    if !host.is_empty() {
        start.host.and(Given::Known(host.trim_matches(['[', ']']).to_owned()));
    }
}

fn read_entry(
    kind: Option<EntryKind>,
    argv: &[Option<&str>],
    arguments: &Arguments,
    operand: Option<usize>,
    start: &mut StartCommand,
) {
    let operands_end = operand.map_or(argv.len(), |index| index + 1);
    start.rest = operands_end;
    let text = operand.and_then(|index| argv[index]).map(str::to_owned);
    if start.entry.is_some() {
        start.rest = operand.unwrap_or(argv.len());
        return;
    }
    start.entry = match kind {
        Some(EntryKind::File) => text.map(Entry::File),
        Some(EntryKind::Folder) => text.map(Entry::Folder),
        Some(EntryKind::Module) => text.map(Entry::Module),
        Some(EntryKind::Script) => text.map(Entry::Script),
        Some(EntryKind::ScriptItself) => start.command.clone().map(Entry::Script),
        Some(EntryKind::Bind) => {
            if let Some(index) = operand {
                bind(argv[index], start);
            }
            None
        }
        Some(EntryKind::Java) => java_entry(arguments, text, start),
        None => None,
    };
    if start.development.is_none()
        && let Some(Entry::Script(script)) = &start.entry
        && is_development_script(script)
    {
        start.development = Some("by its name the script is for developing");
    }
}

fn java_entry(arguments: &Arguments, operand: Option<String>, start: &mut StartCommand) -> Option<Entry> {
    let value = |names: &[&str]| {
        arguments.options.iter().find(|option| names.contains(&option.name.as_str()))?.value.clone()
    };
    if let Some(jar) = value(&["-jar"]) {
        start.rest = jar.word + 1;
        return jar.text.map(Entry::File);
    }
    if let Some(module) = value(&["-m", "-module"]) {
        start.rest = module.word + 1;
        return module.text.map(Entry::Module);
    }
    operand.map(Entry::Class)
}

/// `dev`, `start:dev`, `watch:css`.
fn is_development_script(name: &str) -> bool {
    let parts = name.split([':', '-', '_', '.']);
    parts
        .into_iter()
        .any(|part| matches!(part, "dev" | "develop" | "development" | "watch" | "debug" | "hot"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(line: &str) -> Vec<Option<&str>> {
        line.split(' ').map(|word| (!word.starts_with('$')).then_some(word)).collect()
    }

    #[track_caller]
    fn read(line: &str) -> StartCommand {
        start(&argv(line)).unwrap_or_else(|| panic!("no program: {line}"))
    }

    fn file(name: &str) -> Option<Entry> {
        Some(Entry::File(name.into()))
    }

    fn module(name: &str) -> Option<Entry> {
        Some(Entry::Module(name.into()))
    }

    fn script(name: &str) -> Option<Entry> {
        Some(Entry::Script(name.into()))
    }

    #[test]
    fn each_program_of_the_table_is_recognised() {
        for program in &TABLE.0 {
            let row = &program.row;
            for name in &row.names {
                let read = read(name);
                assert_eq!((read.kind, read.development), (row.kind, row.development.as_deref()), "{name}");
                for command in row.command.iter().flat_map(|command| &command.names) {
                    assert_eq!(
                        super::start(&argv(&format!("{name} {command}"))).and_then(|s| s.command).as_ref(),
                        Some(command)
                    );
                }
            }
        }
    }

    #[test]
    fn each_option_of_the_table_does_what_it_says() {
        for program in &TABLE.0 {
            let row = &program.row;
            let name = &row.names[0];
            for option in &row.port {
                assert_eq!(read(&format!("{name} {option} 81")).port, Given::Known(81), "{name} {option}");
                assert_eq!(read(&format!("{name} {option} $P")).port, Given::Unknown, "{name} {option}");
            }
            for option in &row.host {
                assert_eq!(
                    read(&format!("{name} {option} ::")).host,
                    Given::Known("::".into()),
                    "{name} {option}"
                );
            }
            for option in &row.bind {
                let read = read(&format!("{name} {option} 127.0.0.1:82"));
                assert_eq!(
                    (read.port, read.host),
                    (Given::Known(82), Given::Known("127.0.0.1".into())),
                    "{name}"
                );
            }
            for flag in &row.dev_flags {
                assert!(read(&format!("{name} {flag}")).development.is_some(), "{name} {flag}");
            }
            for flag in &row.flags {
                assert!(
                    !program.grammar.values.contains(flag),
                    "{name} {flag} both takes a value and takes none"
                );
            }
            let lists = [&row.values, &row.inline, &row.module, &row.port, &row.host, &row.bind];
            let all: Vec<_> = lists.into_iter().flatten().collect();
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{name} lists an option twice");
            assert!(row.dev_flags.iter().all(|flag| row.flags.contains(flag)), "{name}");
        }
    }

    #[test]
    fn runners_are_seen_through() {
        for runner in &TABLE.1 {
            for name in &runner.names {
                let line = match &runner.command {
                    Some(command) => format!("{name} {command} gunicorn app:app"),
                    None => format!("{name} gunicorn app:app"),
                };
                let read = read(&line);
                assert_eq!(
                    (read.kind, read.entry, read.runners),
                    (StartKind::Gunicorn, module("app:app"), vec![0]),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn entries_are_files_modules_or_scripts() {
        for (line, kind, entry) in [
            ("node server.js --port 3", StartKind::Node, file("server.js")),
            (
                "node --max-old-space-size=512 -r dotenv/config dist/main.js",
                StartKind::Node,
                file("dist/main.js"),
            ),
            ("node -e x", StartKind::Node, Some(Entry::Inline)),
            ("/usr/local/bin/node server.js", StartKind::Node, file("server.js")),
            ("npm start", StartKind::Npm, script("start")),
            ("npm run -s serve -- --port 3", StartKind::Npm, script("serve")),
            ("yarn start", StartKind::Yarn, script("start")),
            ("yarn run serve", StartKind::Yarn, script("serve")),
            ("yarn node x.js", StartKind::Yarn, file("x.js")),
            ("pnpm --filter api start", StartKind::Pnpm, script("start")),
            ("bun run index.ts", StartKind::Bun, script("index.ts")),
            ("bun index.ts", StartKind::Bun, file("index.ts")),
            ("deno run --allow-net main.ts", StartKind::Deno, file("main.ts")),
            ("python app.py", StartKind::Python, file("app.py")),
            ("python3.12 -u -X dev app.py -x", StartKind::Python, file("app.py")),
            ("python -m app.main", StartKind::Python, module("app.main")),
            ("flask --app hello run", StartKind::Flask, module("hello")),
            ("uvicorn app.main:app --host 0.0.0.0", StartKind::Uvicorn, module("app.main:app")),
            ("celery -A proj worker", StartKind::Worker, module("proj")),
            ("java -Xmx1g -Dx=y -jar app.jar --server.port=1", StartKind::Java, file("app.jar")),
            (
                "java -cp a:b -XX:+UseG1GC com.x.Main a",
                StartKind::Java,
                Some(Entry::Class("com.x.Main".into())),
            ),
            ("java -m app/com.x.Main", StartKind::Java, module("app/com.x.Main")),
            ("dotnet App.dll", StartKind::Dotnet, file("App.dll")),
            ("./server -x", StartKind::Binary, file("./server")),
            ("/app/server", StartKind::Binary, file("/app/server")),
            ("server", StartKind::Unknown, None),
            ("sh start.sh", StartKind::Script, file("start.sh")),
            ("serve -s build", StartKind::Node, Some(Entry::Folder("build".into()))),
        ] {
            let read = read(line);
            assert_eq!((read.kind, read.entry, read.unknown), (kind, entry, vec![]), "{line}");
        }
    }

    #[test]
    fn a_program_may_be_run_by_another() {
        for (line, kind, runners) in [
            ("python -m flask run", StartKind::Flask, vec![0]),
            ("python3 -m uvicorn a:b", StartKind::Uvicorn, vec![0]),
            ("python manage.py runserver", StartKind::Django, vec![0]),
            ("php artisan serve", StartKind::Php, vec![0]),
            ("bundle exec rails s", StartKind::Rails, vec![0]),
            ("bundle exec ruby bin/rails server", StartKind::Rails, vec![0, 2]),
            ("npx -y nodemon x.js", StartKind::Node, vec![0]),
            ("poetry run python -m gunicorn a:b", StartKind::Gunicorn, vec![0, 2]),
            ("tini -- cross-env A=b node x.js", StartKind::Node, vec![2]),
        ] {
            let read = read(line);
            assert_eq!((read.kind, read.runners), (kind, runners), "{line}");
        }
    }

    #[test]
    fn ports_and_addresses_are_read() {
        let known = |port: u16, host: &str| (Given::Known(port), Given::Known(host.to_owned()));
        for (line, port, host) in [
            ("flask run --host=0.0.0.0 --port=80", Given::Known(80), Given::Known("0.0.0.0".to_owned())),
            ("flask run -h 0.0.0.0 -p 80", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("gunicorn -b 0.0.0.0:80 a:b", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("gunicorn --bind=:80 a:b", Given::Known(80), Given::No),
            ("gunicorn -b [::]:80 a:b", Given::Known(80), Given::Known("::".to_owned())),
            ("gunicorn -b unix:/run/x a:b", Given::Unknown, Given::Known("unix".to_owned())),
            ("gunicorn -b :80 -b :81 a:b", Given::Unknown, Given::No),
            ("gunicorn -b $BIND a:b", Given::Unknown, Given::Unknown),
            ("puma -b tcp://0.0.0.0:80", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("php -S 0.0.0.0:80 -t public", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("python manage.py runserver 0.0.0.0:80", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("python -m http.server 80", Given::Known(80), Given::No),
            ("vite --host", Given::No, Given::Known("0.0.0.0".to_owned())),
            ("vite --host --port 80", known(80, "0.0.0.0").0, known(80, "0.0.0.0").1),
            ("vite preview --host 127.0.0.1", Given::No, Given::Known("127.0.0.1".to_owned())),
            ("vite --host $HOST", Given::No, Given::Unknown),
            ("node x.js --port 80", Given::No, Given::No),
            ("uvicorn a:b", Given::No, Given::No),
        ] {
            let read = read(line);
            assert_eq!((read.port, read.host), (port, host), "{line}");
        }
        assert_eq!(read("uvicorn a:b").default_port, Some(8000));
        assert_eq!(read("vite preview").default_port, Some(4173));
    }

    #[test]
    fn commands_of_development_are_told() {
        for line in [
            "nodemon x.js",
            "npm run dev",
            "yarn dev",
            "pnpm start:dev",
            "next dev",
            "vite",
            "webpack serve",
            "ng serve",
            "react-scripts start",
            "ts-node x.ts",
            "node --inspect x.js",
            "flask run --debug",
            "flask --debug run",
            "uvicorn a:b --reload",
            "python manage.py runserver",
            "go run .",
            "cargo run --release",
            "mvn spring-boot:run",
            "./gradlew bootRun",
            "dotnet run",
            "dotnet watch run",
            "php artisan serve",
            "mix phx.server",
            "npx nodemon x",
            "bun --hot x.ts",
            "bun run --watch x.ts",
            "air",
        ] {
            assert!(read(line).development.is_some(), "{line}");
        }
        for line in [
            "node x.js",
            "npm start",
            "next start",
            "uvicorn a:b",
            "dotnet App.dll",
            "java -jar x.jar",
            "bun x.ts",
        ] {
            assert_eq!(read(line).development, None, "{line}");
        }
    }

    #[test]
    fn what_is_not_known_is_told() {
        assert_eq!(start(&argv("$CMD x")), None);
        assert_eq!(start(&argv("tini -Z node")), None);
        assert_eq!(read("node --surprise x.js").unknown, [1]);
        assert!(read("java -Dx=y -jar app.jar --spring.x=y").unknown.is_empty());
        assert_eq!(read("java -Dx=y -jar app.jar --spring.x=y").rest, 4);
    }
}
