//! Shell texts and scripts that start a container, followed to the program that they run in the end.
//!
//! A text is followed where everything before the program surely needs no root (NR8). What may write files on the way
//! is told (NR3). Anything else is an error in words: a condition that decides, a command that is not known.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Origin, Shipped, join};
use crate::images::Facts;
use crate::shell::{
    self, Command, Connector, EndKind, Pipeline, Redirect, RedirectKind, Script, SimpleCommand, StartKind,
    Target, Word, WrapperKind, plain_words, sh_quote,
};
use crate::syntax::Keyword;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Commands {
    harmless: Vec<String>,
    writing: Vec<String>,
    preparing: Vec<String>,
    waiting: Vec<String>,
    variables: Vec<String>,
    additions: Vec<String>,
}

static COMMANDS: LazyLock<Commands> =
    LazyLock::new(|| toml::from_str(include_str!("script.toml")).expect("a test reads the embedded table"));

/// The shells whose texts are read.
const SHELLS: &[&str] = &["ash", "bash", "dash", "sh"];

/// Where programs of images lie.
const FOLDERS: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How many scripts may run each other.
const MOST_SCRIPTS: usize = 8;

/// What a command line runs in the end.
#[derive(Clone, Default, Debug)]
pub(super) struct Followed {
    pub(super) argv: Vec<String>,
    /// Commands that run before it and may write files, as written.
    pub(super) before: Vec<String>,
    /// Scripts of the project that were followed, by their context paths.
    pub(super) scripts: Vec<String>,
}

/// Follows a command line through shells and scripts of the project. `Err` says what cannot be followed.
pub(super) fn follow(shipped: &Shipped<'_>, argv: Vec<String>, facts: &Facts) -> Result<Followed, String> {
    let mut followed = Followed { argv, ..Followed::default() };
    for _ in 0..MOST_SCRIPTS {
        let words: Vec<Option<&str>> = followed.argv.iter().map(|word| Some(word.as_str())).collect();
        let Some(unwrapped) = shell::unwrap(&words) else { return Ok(followed) };
        if unwrapped.wrappers.iter().any(|(kind, _)| *kind == WrapperKind::User) {
            return Ok(followed);
        }
        let (wrappers, command) = followed.argv.split_at(unwrapped.program);
        let Some(next) = script_of(shipped, command, facts)? else { return Ok(followed) };
        let (text, positional) = match next {
            Next::Text { text, positional } => (text, positional),
            Next::Program(argv) => {
                followed.argv = [wrappers, &argv].concat();
                continue;
            }
            Next::File { path, text, positional } => {
                followed.scripts.push(path);
                (text, positional)
            }
        };
        let reader = Reader { shipped, facts, positional: &positional, variables: HashMap::new() };
        let (before, argv) = reader.read(&text)?;
        followed.before.extend(before);
        followed.argv = [wrappers, &argv].concat();
    }
    Err("its scripts run each other without end".to_owned())
}

/// What a command hands over to.
enum Next {
    /// A text of the shell with its positional parameters.
    Text { text: String, positional: Vec<String> },
    /// A script of the project.
    File { path: String, text: String, positional: Vec<String> },
    /// What a `#!` line names.
    Program(Vec<String>),
}

fn script_of(shipped: &Shipped<'_>, command: &[String], facts: &Facts) -> Result<Option<Next>, String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(None) };
    let name = program.rsplit('/').next().unwrap_or(program);
    if let Some(behind) = behind_waiting(shipped, program, arguments, facts) {
        return Ok(Some(Next::Program(behind)));
    }
    if !SHELLS.contains(&name) {
        return of_file(shipped, program, arguments, facts);
    }
    let mut rest = arguments.iter();
    let mut inline = false;
    let operand = loop {
        let Some(word) = rest.next() else { return Ok(None) };
        match word.strip_prefix('-') {
            Some("o") => {
                rest.next();
            }
            Some(letters) if !letters.is_empty() && letters.chars().all(|letter| "ceux".contains(letter)) => {
                inline |= letters.contains('c');
            }
            Some(_) => return Ok(None),
            None => break word,
        }
    };
    let mut positional: Vec<String> = rest.cloned().collect();
    if inline {
        // The first word behind the text is `$0`.
        positional.drain(..positional.len().min(1));
        return Ok(Some(Next::Text { text: operand.clone(), positional }));
    }
    // A shell looks for its script in the working folder first.
    let place = if operand.contains('/') { operand.clone() } else { format!("./{operand}") };
    let Some((path, text)) = read(shipped, &place, facts) else {
        return Err(format!("it is not known what the script `{operand}` does"));
    };
    Ok(Some(Next::File { path, text, positional }))
}

/// What a script that waits for another service is told to run, if the project has not given it more to do.
fn behind_waiting(
    shipped: &Shipped<'_>,
    program: &str,
    arguments: &[String],
    facts: &Facts,
) -> Option<Vec<String>> {
    let name = program.rsplit('/').next().unwrap_or(program);
    let at = arguments.iter().position(|word| word == "--")?;
    let changed = || {
        let more = ["chown", "gosu", "mkdir", "su-exec", "sudo"];
        read(shipped, program, facts).is_some_and(|(_, text)| more.iter().any(|word| text.contains(word)))
    };
    let waits = COMMANDS.waiting.iter().any(|known| known == name) && !changed();
    waits.then(|| arguments[at + 1..].to_vec()).filter(|words| !words.is_empty())
}

/// A program that is a file of the project and says by `#!` what runs it.
fn of_file(
    shipped: &Shipped<'_>,
    program: &str,
    arguments: &[String],
    facts: &Facts,
) -> Result<Option<Next>, String> {
    let Some((path, text)) = read(shipped, program, facts) else { return Ok(None) };
    let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else { return Ok(None) };
    let mut words: Vec<&str> = line.split_whitespace().collect();
    if words.first().is_some_and(|word| word.ends_with("/env")) {
        words.remove(0);
    }
    let Some((interpreter, options)) = words.split_first() else { return Ok(None) };
    let interpreter = interpreter.rsplit('/').next().unwrap_or(interpreter);
    if SHELLS.contains(&interpreter) {
        let plain = options.iter().all(|word| matches!(*word, "-e" | "-x" | "-u" | "-ex" | "-eu" | "-eux"));
        let positional = arguments.to_vec();
        return match plain {
            true => Ok(Some(Next::File { path, text, positional })),
            false => Err(format!("the shell of `{path}` has options that are not known")),
        };
    }
    let own = words.iter().map(|word| (*word).to_owned()).chain([program.to_owned()]);
    Ok(Some(Next::Program(own.chain(arguments.iter().cloned()).collect())))
}

/// The text of a file of the project that stands at a path of the image, with its context path.
fn read(shipped: &Shipped<'_>, program: &str, facts: &Facts) -> Option<(String, String)> {
    let places: Vec<String> = match program.contains('/') {
        true => vec![join(&shipped.workdir(facts.workdir)?, program)],
        false => FOLDERS.iter().map(|folder| join(folder, program)).collect(),
    };
    if let Some(found) = places.iter().find_map(|place| written_here(shipped, place, facts)) {
        return Some(found);
    }
    let path = places.iter().find_map(|place| match shipped.origin(place, facts.workdir) {
        Origin::Context(path) => Some(path),
        _ => None,
    })?;
    let name = path.rsplit('/').next().unwrap_or(&path);
    if shipped.instructions().any(|index| changes(shipped, index, name)) {
        return None;
    }
    let text = shipped.input.project.read(&path)?;
    Some((path, text.replace("\r\n", "\n")))
}

/// A script whose text stands in the file itself: `COPY <<"EOF" /start.sh`, with its place.
fn written_here(shipped: &Shipped<'_>, place: &str, facts: &Facts) -> Option<(String, String)> {
    let name = place.rsplit('/').next().unwrap_or(place);
    for index in shipped.instructions().rev() {
        let instruction = shipped.instruction(index);
        if changes(shipped, index, name) {
            return None;
        }
        if !matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
            continue;
        }
        let destination = instruction.values().last().copied()?;
        let destination = join(&shipped.workdir_at(index, facts.workdir)?, destination);
        if destination != place {
            // Something that fills a folder around it may bring a file of the name.
            if super::below(place, &destination).is_some() {
                return None;
            }
            continue;
        }
        let [heredoc] = instruction.heredocs.as_slice() else { return None };
        let body = heredoc.body.of(shipped.input.source.text()).replace("\r\n", "\n");
        // The builder fills in variables of its own.
        if heredoc.expand && body.contains(['$', '\\']) {
            return None;
        }
        let lines = body.lines().map(|line| if heredoc.chomp { line.trim_start_matches('\t') } else { line });
        return Some((place.to_owned(), lines.map(|line| format!("{line}\n")).collect()));
    }
    None
}

/// Whether a RUN may give a script another text. Taking carriage returns out of it leaves the text as it is read here.
fn changes(shipped: &Shipped<'_>, index: usize, name: &str) -> bool {
    let instruction = shipped.instruction(index);
    let text = shipped.whole_text(index);
    let edits = ["sed", "perl", "awk", "envsubst", "patch", ">"].iter().any(|word| text.contains(word));
    instruction.keyword == Keyword::Run && text.contains(name) && edits && !text.contains("\\r")
}

/// One text of the shell.
struct Reader<'r> {
    shipped: &'r Shipped<'r>,
    facts: &'r Facts,
    positional: &'r [String],
    /// What the text itself has set so far; `None` where the value is not plain.
    variables: HashMap<String, Option<String>>,
}

impl Reader<'_> {
    /// The commands that may write files on the way, and the words of the program at the end.
    fn read(mut self, text: &str) -> Result<(Vec<String>, Vec<String>), String> {
        let parsed = self.shipped.input.shell.parse(text);
        let Ok(script) = parsed.as_ref() else { return Err("its shell text is not understood".to_owned()) };
        if script.has_opaque_part() {
            return Err("its shell text is not understood".to_owned());
        }
        let program = program(script)?;
        let mut before = Vec::new();
        for placed in script.simple_commands() {
            let command = placed.command;
            let copies = command.name() == Some("tee");
            let is_later = command.span.start() > program.span.end() && !copies;
            if std::ptr::eq(command, program) || is_later || placed.calls_function {
                continue;
            }
            let certain = placed.guards.always_runs() && placed.guards.top_level();
            if self.judge(command, certain, text)? {
                before.push(command.span.of(text).to_owned());
            }
        }
        for redirect in script.redirects().iter().filter(|redirect| is_written(redirect)) {
            if redirect.span.start() <= program.span.end() {
                before.push(redirect.span.of(text).to_owned());
            }
        }
        self.assigned(program)?;
        Ok((before, self.words(program, text)?))
    }

    /// Whether a command before the program may write files; `Err` where it may need root, or decides what runs.
    fn judge(&mut self, command: &SimpleCommand, certain: bool, text: &str) -> Result<bool, String> {
        let shown = || command.span.of(text);
        let unknown = || format!("it is not known what `{}` does", shown());
        if command.words.is_empty() {
            return self.remember(command, certain, text).map(|()| false);
        }
        let argv = command.argv();
        if matches!(argv.as_slice(), [Some("command"), Some("-v" | "-V"), _]) {
            return Ok(false);
        }
        let effective = command.effective().ok_or_else(unknown)?;
        let wrappers = &effective.unwrapped.wrappers;
        if wrappers.iter().any(|(kind, _)| *kind == WrapperKind::User) {
            return Err(format!("`{}` needs root", shown()));
        }
        if wrappers.iter().any(|(kind, _)| *kind == WrapperKind::Exec) {
            return Err(format!("`{}` runs under a condition", shown()));
        }
        let name = effective.program().ok_or_else(unknown)?;
        let listed = |list: &[String]| list.iter().any(|known| known == name);
        match name {
            _ if listed(&COMMANDS.harmless) => Ok(false),
            "export" | "readonly" => self.exported(command, text).map(|()| false),
            "set" if is_options(command) => Ok(false),
            "cd" if self.stays(command) => Ok(false),
            "rm" if removes_pid_file(command) => Ok(false),
            _ if listed(&COMMANDS.writing) || listed(&COMMANDS.preparing) => Ok(true),
            _ if self.is_of_project(command, text) => Ok(true),
            _ => Err(format!("`{}` runs before the program, and may need root", shown())),
        }
    }

    /// Code of the project needs no root to prepare something, but may write.
    fn is_of_project(&self, command: &SimpleCommand, text: &str) -> bool {
        let Ok(words) = self.words(command, text) else { return false };
        let argv: Vec<Option<&str>> = words.iter().map(|word| Some(word.as_str())).collect();
        let Some(start) = shell::start(&argv) else { return false };
        let name = words[start.program].as_str();
        COMMANDS.preparing.iter().any(|known| known == name)
            || matches!(
                start.kind,
                StartKind::Django
                    | StartKind::Flask
                    | StartKind::Node
                    | StartKind::Npm
                    | StartKind::Php
                    | StartKind::Pnpm
                    | StartKind::Python
                    | StartKind::Rails
                    | StartKind::Ruby
                    | StartKind::StaticSite
                    | StartKind::Worker
                    | StartKind::Yarn
            )
    }

    /// Variables that the text gives a value of its own. One that is in the environment already is the program's too.
    fn remember(&mut self, command: &SimpleCommand, certain: bool, text: &str) -> Result<(), String> {
        for assignment in &command.assignments {
            let name = &*assignment.name;
            let is_given = matches!(name, "HOME" | "PATH")
                || self.shipped.sets_variable(name)
                || self.facts.env.contains_key(name);
            if is_given && !is_harmless_variable(name) {
                return Err(format!("it sets `{name}`, which may change what the program does"));
            }
            let value = match assignment.values.as_slice() {
                _ if assignment.special || !certain => None,
                [] => Some(String::new()),
                [word] => self.value(word, text),
                _ => None,
            };
            self.variables.insert(name.to_owned(), value);
        }
        Ok(())
    }

    /// Variables of the program's own environment.
    fn assigned(&self, command: &SimpleCommand) -> Result<(), String> {
        let mut names = command.assignments.iter().map(|assignment| &*assignment.name);
        names
            .find(|name| !is_harmless_variable(name))
            .map_or(Ok(()), |name| Err(format!("it sets `{name}`, which may change what the program does")))
    }

    fn exported(&mut self, command: &SimpleCommand, text: &str) -> Result<(), String> {
        for word in command.words.iter().skip(1) {
            let written = word.span.of(text);
            let name = written.split('=').next().unwrap_or(written);
            if !name.starts_with('-') && !is_harmless_variable(name) {
                return Err(format!("it sets `{name}`, which may change what the program does"));
            }
        }
        Ok(())
    }

    /// Whether `cd` goes to the working folder, where it is already.
    fn stays(&self, command: &SimpleCommand) -> bool {
        let target = command.words.get(1).and_then(Word::literal);
        let folder = self.shipped.workdir(self.facts.workdir);
        matches!((target, folder), (Some(target), Some(folder)) if join(&folder, target) == join("/", &folder))
    }

    /// The words of a command, variables filled in. A variable of which nothing is known stays as it is written.
    fn words(&self, command: &SimpleCommand, text: &str) -> Result<Vec<String>, String> {
        let is_eval = command.name() == Some("eval");
        let words = command.words.iter().skip(usize::from(is_eval));
        let written: Vec<String> = words
            .skip_while(|word| word.literal() == Some("exec"))
            .map(|word| self.filled(word, text))
            .collect::<Option<_>>()
            .ok_or_else(|| format!("`{}` is not plain", command.span.of(text)))?;
        let written = written.join(" ");
        if written.trim().is_empty() {
            return Err("it runs what it is given, and no CMD gives it anything".to_owned());
        }
        let words = plain_words(&written)
            .or_else(|feature| match is_eval {
                // The words of `eval` are no command yet.
                true => plain_words(&format!("x {written}")).map(|words| words[1..].to_vec()),
                false => Err(feature),
            })
            .map_err(|feature| format!("it needs a shell for `{}`", feature.span.of(&written)))?;
        Ok(match is_eval {
            true => vec!["sh".to_owned(), "-c".to_owned(), words.join(" ")],
            false => words,
        })
    }

    /// The value of one word, where it is certain.
    fn value(&self, word: &Word, text: &str) -> Option<String> {
        let words = plain_words(&self.filled(word, text)?).ok()?;
        let [value] = words.as_slice() else { return None };
        (!value.contains('$')).then(|| value.clone())
    }

    /// A word as text of the shell in which no variable is left.
    fn filled(&self, word: &Word, text: &str) -> Option<String> {
        let written = word.span.of(text);
        if matches!(written, "\"$@\"" | "$@" | "\"${@}\"" | "${@}" | "$*" | "\"$*\"") {
            let quoted: Vec<String> = self.positional.iter().map(|word| sh_quote(word)).collect();
            return Some(quoted.join(" "));
        }
        if !word.nested().is_empty() {
            return None;
        }
        let mut out = String::new();
        let mut at = word.span.start();
        for variable in word.variables() {
            // A variable inside of another's default is filled in with that one.
            if variable.span.start() < at {
                continue;
            }
            out.push_str(&text[at..variable.span.start()]);
            let whole = variable.span == word.span;
            out.push_str(&self.expansion(&variable.name, variable.span.of(text), whole));
            at = variable.span.end();
        }
        out.push_str(&text[at..word.span.end()]);
        Some(out)
    }

    /// What stands in the place of an expansion.
    fn expansion(&self, name: &str, written: &str, whole: bool) -> String {
        let safe = |value: &&str| {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:,@%+= ".contains(letter);
            value.chars().all(plain)
        };
        let kept = || written.replace('$', "\\$").replace('`', "\\`");
        let body =
            written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(&written[1..]);
        let Some(operator) = body.strip_prefix(name) else { return kept() };
        let value = match name.parse::<usize>() {
            Ok(number) => number.checked_sub(1).and_then(|at| self.positional.get(at)).cloned(),
            Err(_) => match self.variables.get(name) {
                Some(value) => value.clone(),
                None if self.shipped.sets_variable(name) => self.shipped.environment(name).map(str::to_owned),
                None => return self.unset(name, operator, whole).unwrap_or_else(kept),
            },
        };
        let plain = operator.is_empty() || operator.starts_with(":-") || operator.starts_with('-');
        value.as_deref().filter(|_| plain).filter(safe).map_or_else(kept, str::to_owned)
    }

    /// A variable that nobody sets: its default, or nothing where it is there to add options.
    fn unset(&self, name: &str, operator: &str, whole: bool) -> Option<String> {
        let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'));
        if let Some(default) = default {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:,@%+=".contains(letter);
            return default.chars().all(plain).then(|| default.to_owned());
        }
        let adds = COMMANDS.additions.iter().any(|end| name.ends_with(end.as_str()));
        let of_base = self.facts.env.contains_key(name);
        (whole && adds && operator.is_empty() && !of_base).then(String::new)
    }
}

/// The one command with which a text ends, whatever happened before.
fn program(script: &Script) -> Result<&SimpleCommand, String> {
    let items = &script.list().items;
    for (index, item) in items.iter().enumerate() {
        let chain = &item.chain;
        let last: &Pipeline = chain.rest.last().map_or(&chain.first, |link| &link.pipeline);
        let simple = match &last.first {
            Command::Simple(command) if last.negation.is_none() && is_copied(last) => Some(command),
            _ => None,
        };
        let replaces =
            simple.is_some_and(|command| command.name() == Some("exec") && command.words.len() > 1);
        let ends = index + 1 == items.len() || replaces && chain.rest.is_empty();
        if !ends {
            continue;
        }
        let only_and = chain.rest.iter().all(|link| link.connector == Connector::And);
        let waits = !item.end.is_some_and(|end| end.kind == EndKind::Background);
        return match simple {
            Some(command) if only_and && waits && !command.words.is_empty() => Ok(command),
            _ if last.rest.is_empty() => Err("what it runs in the end depends on a condition".to_owned()),
            _ => Err("what it runs in the end is part of a pipeline".to_owned()),
        };
    }
    Err("it runs nothing".to_owned())
}

/// Whether nothing but `tee` reads what a command prints: then the command is what the text runs.
fn is_copied(pipeline: &Pipeline) -> bool {
    let is_tee =
        |command: &Command| matches!(command, Command::Simple(command) if command.name() == Some("tee"));
    match pipeline.rest.as_slice() {
        [] => true,
        [piped] => is_tee(&piped.command),
        _ => false,
    }
}

fn is_harmless_variable(name: &str) -> bool {
    COMMANDS.variables.iter().any(|known| match known.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == known,
    })
}

/// `set -e`, `set -o pipefail`; not `set -- x`, which changes the arguments.
fn is_options(command: &SimpleCommand) -> bool {
    let known = |word: &str| match word.strip_prefix(['-', '+']) {
        Some(letters) => !letters.is_empty() && letters.chars().all(|letter| "euxo".contains(letter)),
        None => matches!(word, "errexit" | "nounset" | "pipefail" | "xtrace"),
    };
    command.words.iter().skip(1).all(|word| word.literal().is_some_and(known))
}

/// Whether a redirection writes to a file.
fn is_written(redirect: &Redirect) -> bool {
    let reads = matches!(
        redirect.kind,
        RedirectKind::Read | RedirectKind::Heredoc | RedirectKind::HereString | RedirectKind::Duplicate
    );
    let Target::File(word) = &redirect.target else { return false };
    let is_device = word.literal().is_some_and(|path| {
        matches!(path, "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/proc/1/fd/1" | "/proc/1/fd/2")
    });
    !reads && !is_device
}

/// `rm -f tmp/pids/server.pid`: what a server of before has left behind, in a folder that was its own.
fn removes_pid_file(command: &SimpleCommand) -> bool {
    let words: Option<Vec<&str>> = command.words.iter().map(Word::literal).collect();
    words.is_some_and(|words| {
        words.get(1) == Some(&"-f") && words.len() > 2 && words[2..].iter().all(|word| word.ends_with(".pid"))
    })
}
