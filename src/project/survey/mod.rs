//! What programs do in languages whose sources are not followed from import to import: Java and its kin, Rust, Ruby,
//! .NET, PHP.
//!
//! Everything that could be part of the program is looked through, and whatever might write a file is a gap: names that
//! do so, texts in settings, packages that no list holds. What stands in a comment or is never reached counts too, so an
//! answer without gaps holds for whichever part of the project is started. Ports are told as what a framework listens on
//! unless told otherwise. Does no input or output of its own, and knows nothing of Dockerfiles.

mod manifests;
mod ports;
mod rails;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;

use super::{EntryKind, Found, Project};

/// A language that is surveyed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// Java, Kotlin and what else becomes a jar.
    Java,
    /// Rust.
    Rust,
    /// Ruby.
    Ruby,
    /// .NET.
    Dotnet,
    /// PHP.
    Php,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Family::Java => "java",
            Family::Rust => "rust",
            Family::Ruby => "ruby",
            Family::Dotnet => "dotnet",
            Family::Php => "php",
        }
    }
}

/// A server that one of the packages makes of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Served {
    /// The package.
    pub package: String,
    /// Where it listens unless told otherwise.
    pub port: Option<u16>,
    /// The variable of the environment that tells otherwise.
    pub variable: Option<&'static str>,
    /// A text in the settings or the sources that may tell otherwise, with its place.
    pub said: Option<String>,
    /// A variable that a setting or the sources take the port from before anything else.
    pub named_variable: Option<String>,
    /// Whether a setting or the sources name the port; otherwise it is the framework's own.
    pub told: bool,
    /// Whether the port is told by a setting that need not be in force: that of a profile, or of another program.
    pub maybe: bool,
    /// A path that answers well while the program is well.
    pub health: Option<&'static str>,
}

/// What was found.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Survey {
    /// What keeps it from being proven that no file is written, each with its place.
    pub gaps: Vec<String>,
    /// The servers, each where its package is named.
    pub served: Vec<Found<Served>>,
    /// Numbers that could be ports, in the sources and in settings that may name one.
    pub numbers: BTreeSet<u16>,
    /// Names of the programs that the manifests make.
    pub programs: Vec<String>,
    /// Folders that a framework writes, from the working folder.
    pub writes: Vec<String>,
}

/// Sources beyond this size are not looked through.
const MOST_BYTES: u64 = 8 << 20;

/// As many gaps as anybody reads.
const MOST_GAPS: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    comment: String,
    #[serde(default)]
    raw: Vec<String>,
    extensions: Vec<String>,
    apart: Vec<String>,
    settings: Vec<String>,
    texts: Vec<String>,
    #[serde(default)]
    lines: Vec<String>,
    #[serde(default)]
    called: bool,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    placed: Vec<String>,
    #[serde(default)]
    within: Vec<String>,
    #[serde(default)]
    addresses: Vec<String>,
    #[serde(default)]
    spared: Vec<String>,
    hazards: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    streams: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    frameworks: Vec<Framework>,
    packages: Packages,
    #[serde(default)]
    servers: Vec<ServerRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Framework {
    package: String,
    writes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Packages {
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerRow {
    packages: Vec<String>,
    port: Option<u16>,
    variable: Option<String>,
    /// The whole key of a line `key=port`.
    key: Option<String>,
    /// Whether `appsettings.json` names endpoints of its server.
    #[serde(default)]
    kestrel: bool,
    /// Calls in sources whose text is the address.
    #[serde(default)]
    calls: Vec<String>,
    #[serde(default)]
    said: Vec<String>,
    health: Option<HealthRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HealthRow {
    package: String,
    path: String,
}

static RULES: LazyLock<BTreeMap<String, Rules>> = LazyLock::new(|| {
    toml::from_str(include_str!("languages.toml")).expect("a test reads the embedded table")
});

/// Looks through the sources, settings and manifests of a language. `Err` says what is not there to be looked at.
pub fn survey(project: &Project, family: Family) -> Result<Survey, String> {
    let rules = &RULES[family.name()];
    if let Some(reason) = project.tree().truncated() {
        return Err(format!("the build context is not known whole: {reason}"));
    }
    let mut survey = Survey::default();
    let named = manifests::packages(project, family, &mut survey)?;
    let used = rules.frameworks.iter().filter(|row| named.iter().any(|package| package.value == row.package));
    for folder in used.flat_map(|row| &row.writes) {
        if !survey.writes.contains(folder) {
            survey.writes.push(folder.clone());
        }
    }
    let is_rails = family == Family::Ruby && named.iter().any(|package| package.value == "rails");
    let database = rails::database(project).filter(|_| is_rails);
    for folder in database.iter().flat_map(|database| &database.folders) {
        if !survey.writes.contains(folder) {
            survey.writes.push(folder.clone());
        }
    }
    let is_database = |path: &str| database.as_ref().is_some_and(|database| database.at == path);
    let mut bytes = 0;
    let mut any = false;
    let mut settings = Vec::new();
    for entry in project.files() {
        let EntryKind::File { size } = entry.kind else { continue };
        let is_source = is_source(&entry.path, rules);
        if !is_source && !is_setting(&entry.path, rules) {
            continue;
        }
        bytes += size;
        if bytes > MOST_BYTES {
            return Err("the sources are too large to be looked through".to_owned());
        }
        let Some(text) = text(project, &entry.path) else {
            return Err(format!("`{}` is no text", entry.path));
        };
        if is_source {
            any = true;
            look_through(&entry.path, &text, rules, &mut survey);
        }
        // Settings may be a source, too: `config/puma.rb`.
        if is_setting(&entry.path, rules) && !is_database(&entry.path) {
            look_at_settings(&entry.path, &text, rules, &mut survey);
        }
        settings.push((entry.path.as_str(), text, is_source));
    }
    if !any {
        return Err("none of the sources are sent to the build".to_owned());
    }
    for package in &named {
        // A row for many packages holds drivers of databases in files, too.
        let is_file = package.value.to_lowercase().contains("sqlite");
        if database.is_some() && package.value == "sqlite3" {
            continue;
        }
        if is_file || !rules.packages.names.iter().any(|known| covers(known, &package.value)) {
            gap(&mut survey, format!("nothing is known of the package `{}` ({})", package.value, package.at));
        }
    }
    if family == Family::Php {
        of_composer(project, &named, &mut survey);
    }
    servers(rules, &named, &settings, &mut survey);
    Ok(survey)
}

/// What packages of PHP leave open: who has made `vendor`, and where the database of Laravel lies.
fn of_composer(project: &Project, named: &[Found<String>], survey: &mut Survey) {
    let has = |end: &str| {
        project.files().any(|entry| entry.path == end || entry.path.ends_with(&format!("/{end}")))
    };
    if !has("composer.json")
        && let Some(entry) = project.files().find(|entry| entry.path.split('/').any(|part| part == "vendor"))
    {
        gap(survey, format!("nothing is known of what stands in `vendor` ({})", entry.path));
    }
    // Since version 11 it is a file, unless the project's own settings say otherwise.
    let laravel = named.iter().find(|package| package.value == "laravel/framework");
    if let Some(laravel) = laravel.filter(|_| !has("config/database.php")) {
        gap(survey, format!("it is not known where Laravel keeps its data ({})", laravel.at));
    }
}

/// A text in any encoding that keeps ASCII: a comment in GBK or Latin-1 hides no name. UTF-16 would hide all.
fn text(project: &Project, path: &str) -> Option<String> {
    let bytes = project.tree().read_bytes(path).filter(|bytes| !bytes.contains(&0))?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

impl Rules {
    /// The address of a database that is kept in a file.
    fn address<'code>(&self, code: &'code str) -> Option<&'code str> {
        let mut places = self.addresses.iter().flat_map(|text| code.match_indices(text.as_str()));
        let (_, found) = places.find(|(at, _)| {
            let is_start = !code[..*at].ends_with(is_word);
            is_start && !self.spared.iter().any(|spared| code[*at..].starts_with(spared.as_str()))
        })?;
        Some(found)
    }
}

fn covers(known: &str, name: &str) -> bool {
    known.strip_suffix('*').map_or(known == name, |start| name.starts_with(start))
}

fn gap(survey: &mut Survey, text: String) {
    if survey.gaps.len() < MOST_GAPS {
        survey.gaps.push(text);
    }
}

fn is_source(path: &str, rules: &Rules) -> bool {
    let ends =
        path.rsplit_once('.').is_some_and(|(_, end)| rules.extensions.iter().any(|known| known == end));
    ends && !path.split('/').any(|part| rules.apart.iter().any(|apart| apart == part))
}

fn is_setting(path: &str, rules: &Rules) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_apart = |part: &str| part != "config" && rules.apart.iter().any(|apart| apart == part);
    let fits = |known: &String| match known.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name.starts_with(known.as_str()),
    };
    rules.settings.iter().any(fits) && !path.split('/').any(is_apart)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Finds names that write, and numbers that could be ports.
fn look_through(path: &str, text: &str, rules: &Rules, survey: &mut Survey) {
    for (number, line) in text.lines().enumerate() {
        let place = || format!("{path}:{}", number + 1);
        let code = line.trim_start();
        if code.starts_with(rules.comment.as_str()) {
            continue;
        }
        if let Some(raw) = rules.raw.iter().find(|raw| code.contains(raw.as_str())) {
            gap(survey, format!("it cannot be told what `{raw}` does ({})", place()));
        }
        if let Some(address) = rules.address(code) {
            gap(survey, format!("`{address}` may be a database in a file ({})", place()));
        }
        let imports =
            code.starts_with("use ") || code.starts_with("import ") && !code.starts_with("import static ");
        let mut rest = code;
        while let Some(start) = rest.find(is_word) {
            let after = &rest[start..];
            let end = after.find(|character| !is_word(character)).unwrap_or(after.len());
            let (word, next) = after.split_at(end);
            rest = next;
            if let Ok(port) = word.replace('_', "").parse::<u16>() {
                survey.numbers.insert(port);
            }
            let Some(harmless) = rules.hazards.get(word) else { continue };
            let is_function = word.starts_with(|letter: char| letter.is_ascii_lowercase());
            // Its name as a text may be called by whoever is given it: `array_map('unlink', $files)`.
            let is_handed = next.starts_with(['\'', '"']) && !rules.words.iter().any(|known| known == word);
            if rules.called && is_function && !next.trim_start().starts_with('(') && !is_handed {
                continue;
            }
            // An import by its own name does nothing yet.
            if imports && matches!(next.trim(), "" | ";") {
                continue;
            }
            if is_stream(rules, word, next) || imports_only(next, harmless) {
                continue;
            }
            let member = ["::", "&.", "?.", "."].iter().find_map(|mark| next.trim_start().strip_prefix(mark));
            let member =
                member.map(|text| text.split(|character| !is_word(character)).next().unwrap_or_default());
            if !member.is_some_and(|member| harmless.iter().any(|known| known == member)) {
                gap(survey, format!("`{word}` may write files ({})", place()));
            }
        }
    }
}

/// `Logger.new($stdout)`, `Logger.new(test ? nil : $stdout)`
fn is_stream(rules: &Rules, word: &str, next: &str) -> bool {
    let Some(streams) = rules.streams.get(word) else { return false };
    let Some(arguments) = next.strip_prefix(".new(") else { return false };
    let mut depth = 0;
    let end = arguments.find(|letter| {
        depth += i32::from(matches!(letter, '(' | '[')) - i32::from(matches!(letter, ')' | ']'));
        depth < 0 || depth == 0 && letter == ','
    });
    let Some(first) = end.map(|end| arguments[..end].trim()) else { return false };
    let choices = first.split_once(" ? ").map_or(first, |(_, choices)| choices);
    choices.split(" : ").all(|choice| streams.iter().any(|stream| stream == choice.trim()))
}

/// `fs::{read_dir, read_to_string}`: every name in the braces is harmless.
fn imports_only(next: &str, harmless: &[String]) -> bool {
    let Some(names) = next.strip_prefix("::{").and_then(|rest| rest.split_once('}')) else { return false };
    let mut names = names.0.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    names.peek().is_some() && names.all(|name| harmless.iter().any(|known| known == name))
}

fn look_at_settings(path: &str, text: &str, rules: &Rules, survey: &mut Survey) {
    let is_yaml = path.ends_with(".yml") || path.ends_with(".yaml");
    for (number, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with(['#', ';']) || code.starts_with("//") {
            continue;
        }
        // `pidfile "tmp/pids/server.pid"`, in a folder that is known to be written.
        let known = |folder: &String| {
            let starts = |mark: &&str| {
                code.contains(&format!("{mark}{folder}/")) || code.contains(&format!("{mark}{folder}{mark}"))
            };
            ["\"", "'"].iter().any(starts) && !code.contains("unix:")
        };
        if survey.writes.iter().any(known) {
            continue;
        }
        // A line that names a place is harmless only where it lies in a folder of the framework.
        let plain = code.replace(' ', "").replace('"', "'");
        let placed = rules.placed.iter().find(|key| plain.contains(key.as_str()));
        if let Some(key) =
            placed.filter(|_| !rules.within.iter().any(|within| code.contains(within.as_str())))
        {
            gap(survey, format!("`{key}` may name a place to write to ({path}:{})", number + 1));
            continue;
        }
        let written = rules.texts.iter().map(String::as_str).find(|hazard| code.contains(hazard));
        let by_line = rules.lines.iter().map(String::as_str);
        let by_line = by_line.filter(|_| is_yaml).find(|start| code.starts_with(start));
        if let Some(hazard) = written.or(by_line).or_else(|| rules.address(code)) {
            gap(survey, format!("`{hazard}` may make it write files ({path}:{})", number + 1));
        }
    }
}

fn servers(
    rules: &'static Rules,
    named: &[Found<String>],
    texts: &[(&str, String, bool)],
    survey: &mut Survey,
) {
    for row in &rules.servers {
        let is_of_row =
            |package: &&Found<String>| row.packages.iter().any(|known| covers(known, &package.value));
        let Some(package) = named.iter().find(is_of_row) else { continue };
        let mut served = Served {
            package: package.value.clone(),
            port: row.port,
            variable: row.variable.as_deref(),
            said: None,
            named_variable: None,
            told: false,
            // Settings of a server of settings are in force before those of the project.
            maybe: named.iter().any(|package| is_remote_settings(&package.value)),
            health: None,
        };
        let health = row.health.as_ref();
        let has_health = health.is_some_and(|row| named.iter().any(|package| package.value == row.package));
        // Behind a login the route answers 401.
        let guarded = named
            .iter()
            .any(|package| package.value.contains("security") || package.value.contains("oauth2"));
        let mut read = texts.iter().filter(|(_, _, is_source)| !is_source);
        let changed = read.any(|(_, text, _)| changes_health(text));
        served.health = health.filter(|_| has_health && !guarded && !changed).map(|row| row.path.as_str());
        let mut told = Vec::new();
        let folder =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        for (path, text, is_source) in texts {
            // Settings of a program of .NET stand beside its manifest.
            if row.kestrel && !is_source && !named.iter().any(|package| folder(&package.at) == folder(path)) {
                continue;
            }
            // Sources of a language whose servers are set up in code speak of ports there; elsewhere in settings.
            if *is_source && row.key.is_some() {
                continue;
            }
            ports::look(row, path, text, &mut told, &mut served);
            if !is_source && row.said.iter().any(|hazard| text.contains(hazard.as_str())) {
                survey
                    .numbers
                    .extend(text.split(|character| !is_word(character)).flat_map(str::parse::<u16>));
            }
        }
        ports::conclude(told, survey.programs.len(), &mut served);
        survey.served.push(Found { value: served, at: package.at.clone() });
    }
}

/// Whether settings of Spring's management may keep its health route from answering: it is not among what is shown,
/// or it is off.
fn changes_health(text: &str) -> bool {
    let shows_others = |line: &str| {
        line.contains("include") && !line.contains("health") && !line.contains('*')
            || line.contains("exclude")
    };
    let turns_off = |line: &str| {
        line.contains("enabled") && line.contains("false") || line.contains("access") && line.contains("none")
    };
    text.contains("management")
        && text.lines().any(|line| turns_off(line) || text.contains("exposure") && shows_others(line))
}

fn is_remote_settings(package: &str) -> bool {
    const SOURCES: &[&str] = &["-config", "consul", "kubernetes", "vault", "zookeeper"];
    package.contains("spring-cloud") && SOURCES.iter().any(|source| package.contains(source))
}

#[cfg(test)]
mod tests;
