//! The tables of what modules do: which of their members write, read, listen, start programs, load code.
//!
//! A module that no table lists is unknown, and then nothing is proven about a program that imports it. A row speaks
//! of the module as plainly used: what its members do by themselves, not what they could be configured to do from a
//! file that nobody here reads. Facts are data; this module only reads the tables and finds rows in them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::language::Language;
use super::names::Target;

/// What a member does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effect {
    /// Nothing that matters here.
    Clean,
    /// Reads the file or folder at the first argument that the pattern names.
    Reads,
    /// Creates, changes or removes a file or folder there.
    Writes,
    /// Makes files in the folder that the argument names.
    Fills,
    /// Opens the database at the URL that the argument is: one of a server, or a file.
    Database,
    /// Like `Writes`, in the system's folder for temporary files where the folder is not given or empty.
    Temporary,
    /// Opens a file there; the second argument of the pattern says for what.
    Opens,
    /// Starts another program, named by the argument.
    Spawns,
    /// Runs code that is named by the argument.
    Loads,
    /// Imports the module that the argument names, where it is a plain text: `app.main:app`.
    Imports,
    /// Accepts connections; the arguments are the port or address and the interface.
    Listens,
    /// Like `Listens`, for an address that is a folder entry or is not given here.
    Elsewhere,
    /// Makes a listener speak TLS.
    Tls,
    /// Makes the object that routes are registered on.
    App,
    /// Registers a route for GET; the argument is its path.
    Route,
    /// Lets something look at every request first, which may answer by itself.
    Guards,
    /// Loads `.env`.
    Dotenv,
    /// Nobody knows; nothing may be concluded.
    Unknown,
}

/// Which value of a call a pattern speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Argument {
    pub(super) source: ArgumentSource,
    /// The pattern only speaks of calls that have it.
    pub(super) required: bool,
    /// The pattern only speaks of calls where it is this text; a leading `*` stands for anything.
    pub(super) equals: Option<String>,
}

/// Where the value stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum ArgumentSource {
    /// At a position, under a key or keyword, or either.
    Given { position: Option<usize>, key: Option<String> },
    /// Every one from a position on.
    From(usize),
    /// What the method is called on.
    Receiver,
    /// Always this path.
    Fixed(String),
}

/// A member and the arguments that its effect is about: `open(0/file, 1/mode)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pattern {
    /// Dotted; empty for the module itself being called.
    pub(super) member: String,
    pub(super) arguments: Vec<Argument>,
}

impl Pattern {
    fn parse(text: &str) -> Option<Pattern> {
        let (member, arguments) = match text.strip_suffix(')') {
            Some(call) => call.split_once('(')?,
            None => (text, ""),
        };
        let arguments = arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty());
        Some(Pattern {
            member: member.to_owned(),
            arguments: arguments.map(Argument::parse).collect::<Option<_>>()?,
        })
    }

    /// Whether `member` is this one or something within it.
    fn covers(&self, member: &str) -> bool {
        match member.strip_prefix(self.member.as_str()) {
            Some("") => true,
            Some(rest) => !self.member.is_empty() && rest.starts_with('.'),
            None => false,
        }
    }

    /// Whether this member lies within `member`, which is handed on as a whole.
    fn lies_within(&self, member: &str) -> bool {
        match self.member.strip_prefix(member) {
            Some("") => false,
            Some(rest) => member.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }
}

impl Argument {
    fn parse(text: &str) -> Option<Argument> {
        let (text, equals) = match text.split_once('=') {
            Some((text, equals)) => (text, Some(equals.to_owned())),
            None => (text, None),
        };
        let (text, required) = text.strip_suffix('!').map_or((text, false), |text| (text, true));
        let source = if let Some(path) = text.strip_prefix('@') {
            ArgumentSource::Fixed(path.to_owned())
        } else if let Some(position) = text.strip_suffix("..") {
            ArgumentSource::From(position.parse().ok()?)
        } else if text == "self" {
            ArgumentSource::Receiver
        } else {
            let (position, key) = match text.split_once('/') {
                Some((position, key)) => (Some(position.parse().ok()?), Some(key.to_owned())),
                None => match text.parse() {
                    Ok(position) => (Some(position), None),
                    Err(_) => (None, Some(text.to_owned())),
                },
            };
            ArgumentSource::Given { position, key }
        };
        Some(Argument { source, required, equals })
    }
}

/// What a program is that uses a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It answers requests over the network for as long as it runs.
    Server,
    /// It works off a queue or a schedule.
    Worker,
}

/// A text that must not stand in files of a kind.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnlessText {
    /// How the names of the files end.
    pub(super) suffix: String,
    pub(super) text: String,
}

/// Members that write to the folder which a setting names: Django's `FileField` to `MEDIA_ROOT`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rooted {
    pub(super) setting: String,
    pub(super) members: Vec<String>,
}

/// What a string means that begins in a certain way.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
enum TextRow {
    Effect(Effect),
    Beside { effect: Effect, beside: String },
}

/// The same, with the beginning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct TextRule {
    pub(super) start: String,
    pub(super) effect: Effect,
    /// The key of the entry beside it that holds the path: `"NAME"` of Django's `DATABASES`.
    pub(super) beside: Option<String>,
}

/// What is known of one module.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The name that the package has in Go code.
    pub(super) package: Option<String>,
    /// What members do that no pattern names.
    pub(super) otherwise: Effect,
    pub(super) members: Vec<(Effect, Pattern)>,
    /// Members of the values that the module makes; they count wherever the module is imported.
    pub(super) methods: Vec<(Effect, Pattern)>,
    /// What importing it does by itself, to the path given.
    pub(super) on_import: Vec<(Effect, String)>,
    /// What a string means that begins so.
    pub(super) texts: Vec<TextRule>,
    /// Names of settings that hold the URL of the database.
    pub(super) urls: Vec<String>,
    /// The folder that relative paths of its databases start from, seen from where modules are found.
    pub(super) instance: Option<String>,
    /// Members that write to the folder which a setting names.
    pub(super) rooted: Option<Rooted>,
    /// Variables whose strings name modules (Django's `INSTALLED_APPS`).
    pub(super) lists: Vec<String>,
    /// Names of values on which its methods are called, where their making is not seen.
    pub(super) receivers: Vec<String>,
    /// It loads files of the project by name: all of them count as reached.
    pub(super) loads_all: bool,
    /// The row only holds where one of these is among the project's dependencies, if any are named.
    pub(super) needs: Vec<String>,
    /// It is a driver that another module opens by its name, with the path of the file.
    pub(super) driver: bool,
    /// The row does not hold where one of these is among the project's dependencies.
    pub(super) unless: Vec<String>,
    /// Some file of the project must end so in its name, and none that does may hold the text.
    pub(super) unless_text: Option<UnlessText>,
    pub(super) role: Option<Role>,
    /// Where it listens if nothing else is said.
    pub(super) port: Option<u16>,
    pub(super) host: Option<String>,
    /// The variable of the environment that says otherwise.
    pub(super) variable: Option<String>,
}

impl Row {
    /// What using `member` means: every effect with its pattern; what no pattern covers is left to `otherwise`.
    pub(super) fn effects(
        &'static self,
        member: &str,
        called: bool,
    ) -> Vec<(Effect, Option<&'static Pattern>)> {
        let mut found: Vec<(Effect, Option<&'static Pattern>)> = self
            .members
            .iter()
            .filter(|(_, pattern)| pattern.covers(member))
            .map(|(effect, pattern)| (*effect, Some(pattern)))
            .collect();
        if found.is_empty() {
            found.push((self.otherwise, None));
        }
        // A module that is handed on as a value can have any of its members used where nobody looks.
        if !called {
            let within = self.members.iter().filter(|(_, pattern)| pattern.lies_within(member));
            found.extend(within.map(|(effect, _)| (*effect, None)));
        }
        found
    }
}

/// The tables of one language.
#[derive(Debug)]
pub(super) struct Facts {
    rows: HashMap<String, Row>,
    /// What may stand before a route without ever answering in its place: `cors`, `express.json`.
    harmless: HashSet<String>,
    /// Modules that come with the language, if they have rows.
    standard: HashSet<String>,
    /// What separates the parts of a module's name.
    separator: char,
}

impl Facts {
    /// The row for a target: the longest listed module that it lies in, and the rest of the name as a member.
    pub(super) fn find(&'static self, target: &Target) -> Option<(&'static Row, String)> {
        let whole = match (self.separator, target.member.as_str()) {
            ('.', "") => target.module.clone(),
            ('.', member) => format!("{}.{member}", target.module),
            _ => target.module.clone(),
        };
        let ends = whole.match_indices(self.separator).map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([whole.len()]).collect();
        let end = ends.into_iter().rev().find(|end| self.rows.contains_key(&whole[..*end]))?;
        let row = self.rows.get(&whole[..end])?;
        let rest = whole[end..].trim_start_matches(self.separator);
        let member = if self.separator == '.' { rest.to_owned() } else { target.member.clone() };
        Some((row, member))
    }

    /// The row of a module, or of the module that it belongs to.
    pub(super) fn module(&'static self, module: &str) -> Option<&'static Row> {
        self.find(&Target::new(module, "")).map(|(row, _)| row)
    }

    /// Whether what a target makes lets every plain request pass.
    pub(super) fn is_harmless(&self, target: &Target) -> bool {
        let whole = match target.member.as_str() {
            "" => target.module.clone(),
            member => format!("{}.{member}", target.module),
        };
        self.harmless.contains(&whole) || self.harmless.contains(&target.module)
    }

    /// Whether a module comes with the language, as far as the tables know it.
    pub(super) fn is_standard(&self, module: &str) -> bool {
        let ends = module.match_indices(self.separator).map(|(at, _)| at).chain([module.len()]);
        ends.into_iter().any(|end| self.standard.contains(&module[..end]))
    }

    /// The name in code of a Go package.
    pub(super) fn package_name(&self, path: &str) -> Option<String> {
        let whole = path.rsplit_once("/v").filter(|(_, version)| version.bytes().all(|b| b.is_ascii_digit()));
        self.rows.get(whole.map_or(path, |(path, _)| path)).and_then(|row| row.package.clone())
    }
}

/// The tables of a language.
pub(super) fn facts(language: Language) -> &'static Facts {
    static JAVASCRIPT: OnceLock<Facts> = OnceLock::new();
    static PYTHON: OnceLock<Facts> = OnceLock::new();
    static GO: OnceLock<Facts> = OnceLock::new();
    let (cell, texts, separator): (_, &[&str], _) = match language {
        Language::JavaScript => {
            (&JAVASCRIPT, &[include_str!("facts/node.toml"), include_str!("facts/npm.toml")], '/')
        }
        Language::Python => {
            (&PYTHON, &[include_str!("facts/python.toml"), include_str!("facts/pypi.toml")], '.')
        }
        Language::Go => (&GO, &[include_str!("facts/go.toml"), include_str!("facts/modules.toml")], '/'),
    };
    cell.get_or_init(|| {
        read(texts, separator).expect("the tables are part of the program, and a test reads them")
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Modules of which nothing is to be said.
    clean: Vec<String>,
    /// What may stand before a route without ever answering in its place.
    #[serde(default)]
    harmless: Vec<String>,
    module: BTreeMap<String, TableRow>,
}

type Patterns = BTreeMap<Effect, Vec<String>>;

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TableRow {
    /// Other modules with the same row.
    also: Vec<String>,
    package: Option<String>,
    otherwise: Option<Effect>,
    members: Patterns,
    /// Members that hold all of `members` once more.
    within: Vec<String>,
    methods: Patterns,
    on_import: BTreeMap<Effect, String>,
    texts: BTreeMap<String, TextRow>,
    urls: Vec<String>,
    instance: Option<String>,
    rooted: Option<Rooted>,
    lists: Vec<String>,
    receivers: Vec<String>,
    loads_all: bool,
    needs: Vec<String>,
    driver: bool,
    unless: Vec<String>,
    unless_text: Option<UnlessText>,
    role: Option<Role>,
    port: Option<u16>,
    host: Option<String>,
    variable: Option<String>,
}

/// Reads tables; the first is that of the modules that come with the language.
fn read(texts: &[&str], separator: char) -> Result<Facts, String> {
    let mut rows = HashMap::new();
    let (mut standard, mut harmless) = (HashSet::new(), HashSet::new());
    for (at, text) in texts.iter().enumerate() {
        let mut insert = |name: String, row: Row| {
            if at == 0 {
                standard.insert(name.clone());
            }
            match rows.insert(name.clone(), row) {
                Some(_) => Err(format!("`{name}` is listed twice")),
                None => Ok(()),
            }
        };
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        harmless.extend(table.harmless);
        for name in table.clean {
            insert(name, row(TableRow::default())?)?;
        }
        for (name, own) in table.module {
            let names = own.also.iter().cloned().chain([name]);
            let names: Vec<String> = names.collect();
            let row = row(own)?;
            for name in names {
                insert(name, row.clone())?;
            }
        }
    }
    Ok(Facts { rows, harmless, standard, separator })
}

fn row(own: TableRow) -> Result<Row, String> {
    let mut members = patterns(&own.members)?;
    for within in &own.within {
        let nested = patterns(&own.members)?.into_iter().map(|(effect, pattern)| {
            let member = format!("{within}.{}", pattern.member);
            (effect, Pattern { member, ..pattern })
        });
        members.extend(nested);
    }
    Ok(Row {
        package: own.package,
        otherwise: own.otherwise.unwrap_or(Effect::Clean),
        members,
        methods: patterns(&own.methods)?,
        on_import: own.on_import.into_iter().collect(),
        texts: own.texts.into_iter().map(text_rule).collect(),
        urls: own.urls,
        instance: own.instance,
        rooted: own.rooted,
        lists: own.lists,
        receivers: own.receivers,
        loads_all: own.loads_all,
        needs: own.needs,
        driver: own.driver,
        unless: own.unless,
        unless_text: own.unless_text,
        role: own.role,
        port: own.port,
        host: own.host,
        variable: own.variable,
    })
}

fn text_rule((start, row): (String, TextRow)) -> TextRule {
    match row {
        TextRow::Effect(effect) => TextRule { start, effect, beside: None },
        TextRow::Beside { effect, beside } => TextRule { start, effect, beside: Some(beside) },
    }
}

fn patterns(lists: &Patterns) -> Result<Vec<(Effect, Pattern)>, String> {
    let all = lists.iter().flat_map(|(effect, list)| list.iter().map(move |text| (*effect, text)));
    all.map(|(effect, text)| {
        let pattern = Pattern::parse(text).ok_or_else(|| format!("`{text}` is no pattern"))?;
        Ok((effect, pattern))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_can_be_read() {
        for language in [Language::JavaScript, Language::Python, Language::Go] {
            assert!(!facts(language).rows.is_empty());
        }
    }

    #[test]
    fn pattern_names_its_arguments() {
        let pattern = Pattern::parse("open(0/file, mode!, self, @views, 1=*.xml)").unwrap();
        assert_eq!(pattern.member, "open");
        let given =
            |position, key: Option<&str>| ArgumentSource::Given { position, key: key.map(str::to_owned) };
        let sources: Vec<ArgumentSource> =
            pattern.arguments.iter().map(|argument| argument.source.clone()).collect();
        assert_eq!(
            sources,
            [
                given(Some(0), Some("file")),
                given(None, Some("mode")),
                ArgumentSource::Receiver,
                ArgumentSource::Fixed("views".into()),
                given(Some(1), None)
            ]
        );
        assert!(pattern.arguments[1].required && !pattern.arguments[0].required);
        assert_eq!(pattern.arguments[4].equals.as_deref(), Some("*.xml"));
    }

    #[test]
    fn longest_listed_name_is_taken() {
        let facts = facts(Language::Python);
        let (_, member) = facts.find(&Target::new("logging.handlers", "RotatingFileHandler")).unwrap();
        assert_eq!(member, "handlers.RotatingFileHandler");
        assert!(facts.find(&Target::new("nothing_of_the_kind", "x")).is_none());
    }

    #[test]
    fn member_of_a_listed_member_is_covered() {
        let pattern = Pattern::parse("constants").unwrap();
        assert!(pattern.covers("constants.R_OK") && !pattern.covers("constantsX"));
        assert!(pattern.lies_within("") && !pattern.lies_within("constants"));
    }
}
