//! Options of servers that make them write files, whatever the sources say (NR3).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Program, Shipped};
use crate::images::Facts;
use crate::shell::{Entry, StartKind};
use crate::syntax::{Arguments, Keyword};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    streams: Vec<String>,
    environment: Environment,
    program: BTreeMap<String, Row>,
}

/// Variables that make a program write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    names: Vec<String>,
    addresses: Vec<String>,
    values: Vec<String>,
    spared: Vec<String>,
    options: Vec<String>,
}

impl Environment {
    fn makes_write(&self, name: &str, value: &str) -> bool {
        let named =
            |known: &String| known.strip_suffix('*').map_or(known == name, |start| name.starts_with(start));
        let is_file = |text: &str| {
            value.match_indices(text).any(|(at, _)| {
                let is_start = !value[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric());
                is_start && !self.spared.iter().any(|spared| value[at..].starts_with(spared.as_str()))
            })
        };
        let by_option = || {
            self.options.iter().any(|known| known == name) && WRITING.iter().any(|word| value.contains(word))
        };
        let by_value = |known: &String| known.split_once('=') == Some((name, value));
        self.names.iter().any(named)
            || self.values.iter().any(by_value)
            || self.addresses.iter().any(|text| is_file(text))
            || by_option()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    writes: Vec<String>,
    #[serde(default)]
    settings: Vec<String>,
    default: Option<String>,
    variable: Option<String>,
    #[serde(default)]
    written: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("options.toml")).expect("a test reads the embedded table"));

/// Words of a command line that make a program write whatever its sources say.
pub(super) const WRITING: &[&str] = &[
    "logging.file",
    "logging.path",
    "loggc",
    "Xlog",
    "HeapDump",
    "ErrorFile",
    "java.io.tmpdir",
    "FlightRecorder",
    "FlightRecording",
    "logfile",
    "log-file",
    "pid",
    "javaagent",
    "file:/data",
    "basedir",
    "--state",
    "redirect",
];

/// What the environment makes a program write, by the file or by a service.
pub(super) fn told_by_environment(shipped: &Shipped<'_>) -> Option<String> {
    let environment = &TABLE.environment;
    let by_file = shipped.instructions().find_map(|index| {
        let instruction = shipped.instruction(index);
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return None };
        let mut pairs = pairs.iter().filter(|_| instruction.keyword == Keyword::Env);
        pairs.find_map(|pair| {
            let value = pair.value.map_or("", |value| instruction.text(value));
            let name = instruction.text(pair.key);
            environment.makes_write(name, value.trim_matches(['"', '\''])).then(|| name.to_owned())
        })
    });
    let by_service = || {
        let mut variables = shipped.builds().flat_map(|build| &build.run.environment);
        let makes = |(name, value): &(&String, &Option<String>)| {
            environment.makes_write(name, value.as_deref().unwrap_or(""))
        };
        variables.find(makes).map(|(name, _)| name.clone())
    };
    let by_dotenv = || {
        let text = shipped.input.project.read(".env")?;
        let mut pairs = text.lines().filter_map(|line| line.split_once('='));
        let makes = |(name, value): &(&str, &str)| {
            environment.makes_write(name.trim(), value.trim().trim_matches(['"', '\'']))
        };
        pairs.find(makes).map(|(name, _)| name.trim().to_owned())
    };
    let name = by_file.or_else(by_service).or_else(by_dotenv)?;
    Some(format!("the variable `{name}` may make the program write a file"))
}

/// What the command line, or the settings that it names, make the server write; `None` where that is nothing.
pub(super) fn written(shipped: &Shipped<'_>, program: &Program, facts: &Facts) -> Option<String> {
    let arguments = program.argv.get(program.start.program + 1..).unwrap_or_default();
    if let Some(socket) = arguments.iter().find(|word| word.contains("unix:") && !word.contains("unix:/tmp/"))
    {
        return Some(format!("`{socket}` is a socket that the server makes"));
    }
    if let Some(why) = told_by_environment(shipped) {
        return Some(why);
    }
    if let Some(why) = preloaded(shipped, program).or_else(|| told_by_settings(shipped, program, facts)) {
        return Some(why);
    }
    let row = TABLE.program.get(program.name())?;
    if row.variable.as_deref().is_some_and(|name| shipped.sets_variable(name)) {
        return Some(format!(
            "`{}` holds options of the server",
            row.variable.as_deref().unwrap_or_default()
        ));
    }
    let is_stream =
        |value: &str| TABLE.streams.iter().any(|stream| stream == value) || value.starts_with("/tmp/");
    if let Some((option, value)) =
        values(arguments, &row.writes).into_iter().find(|(_, value)| !is_stream(value))
    {
        return Some(format!("`{option} {value}` names a file that the server may write"));
    }
    let mut named = values(arguments, &row.settings).into_iter().map(|(_, value)| value);
    let file = named.next_back().or_else(|| row.default.clone())?;
    let path = file.trim_start_matches("file:").trim_start_matches("./").to_owned();
    let is_default = row.default.as_deref() == Some(file.as_str());
    let folder = shipped.context_workdir(facts);
    let inside =
        folder.map(|folder| if folder.is_empty() { path.clone() } else { format!("{folder}/{path}") });
    let text = inside.filter(|path| shipped.input.project.entry(path).is_some());
    match text.and_then(|path| shipped.input.project.read(&path)) {
        None if is_default => None,
        None => Some(format!("the settings `{file}` are not copied from the build context")),
        Some(text) => text.lines().find_map(|line| {
            let code = line.split('#').next().unwrap_or_default();
            let name = row.written.iter().find(|name| code.contains(name.as_str()))?;
            let value = code
                .split_once('=')
                .map(|(before, value)| (before.trim(), value.trim().trim_matches(['"', '\''])));
            let harmless = value.is_some_and(|(before, value)| before == name && is_stream(value));
            (!harmless).then(|| format!("`{}` of `{file}` may make the server write a file", line.trim()))
        }),
    }
}

/// Modules that Node.js loads before the program and that do nothing but change how modules are read.
const HARMLESS: &[&str] = &[
    "dotenv/config",
    "source-map-support/register",
    "ts-node/register",
    "ts-node/register/transpile-only",
    "tsconfig-paths/register",
    "tsx",
    "tsx/cjs",
    "tsx/esm",
];

/// Code that is loaded before the program: an import does not lead to it.
fn preloaded(shipped: &Shipped<'_>, program: &Program) -> Option<String> {
    if program.start.kind != StartKind::Node {
        return None;
    }
    if shipped.sets_variable("NODE_OPTIONS") {
        let options = shipped.environment("NODE_OPTIONS");
        if options.is_none_or(|value| {
            ["require", "import", "-r", "report", "prof"].iter().any(|name| value.contains(name))
        }) {
            return Some("`NODE_OPTIONS` may load code before the program".to_owned());
        }
    }
    let names = ["-r", "--require", "--import", "--loader", "--experimental-loader"].map(str::to_owned);
    let end = program.start.rest.min(program.argv.len());
    let given = values(program.argv.get(program.start.program + 1..end).unwrap_or_default(), &names);
    let (option, module) = given.into_iter().find(|(_, module)| !HARMLESS.contains(&module.as_str()))?;
    Some(format!("`{option} {module}` loads code before the program"))
}

/// Settings of tools that name the program in files which are not read here.
fn told_by_settings(shipped: &Shipped<'_>, program: &Program, facts: &Facts) -> Option<String> {
    let entry = match &program.start.entry {
        Some(Entry::File(path)) => path.as_str(),
        _ => "",
    };
    if program.name().starts_with("pm2") {
        let is_script = [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| entry.ends_with(end))
            && !entry.contains("config");
        return (!is_script).then(|| format!("the settings `{entry}` name what is started"));
    }
    if program.name() != "nodemon" {
        return None;
    }
    let folder = shipped.context_workdir(facts).unwrap_or_default();
    let path = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let project = shipped.input.project;
    let told = project.entry(&path("nodemon.json")).is_some()
        || project.read(&path("package.json")).is_some_and(|text| text.contains("nodemonConfig"));
    told.then(|| "the settings of `nodemon` may name another program".to_owned())
}

/// The options among `names` that are given, each with its value.
fn values(arguments: &[String], names: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, word) in arguments.iter().enumerate() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), arguments.get(at + 1).cloned()),
        };
        if names.iter().any(|known| known == name) {
            found.push((name.to_owned(), value.unwrap_or_default()));
        }
    }
    found
}
