//! What the container starts: one binary, without a shell (MS1, MS7, MS8, MS12).

use super::missing;
use super::plan::Runtime;
use super::tables::{TABLES, begins, has};
use crate::images::{Client, Facts};
use crate::shell::quote_exec;
use crate::source::Span;
use crate::syntax::{Arguments, Keyword};
use crate::transforms::Missing;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Form, Program, Setter, Shipped, join};

/// The start command, proven to be one program of the image.
pub(super) struct Started {
    /// Its words.
    pub(super) argv: Vec<String>,
    /// The binary's absolute path.
    pub(super) binary: String,
    /// The instruction that is to become an exec form, with its words, if it is written as a shell form.
    pub(super) plain: Option<(usize, Vec<String>)>,
}

pub(super) fn read(shipped: &Shipped<'_>, facts: &Facts) -> Result<Started, Missing> {
    let start = shipped.start();
    let setters = [start.entrypoint, start.cmd];
    let written: Vec<usize> = setters
        .into_iter()
        .filter_map(|setter| match setter {
            Setter::Instruction(index) => Some(index),
            _ => None,
        })
        .collect();
    if written.is_empty() {
        return Err(missing(
            "MS12",
            "the file starts nothing: it may be a base for others",
            "add CMD with the program, as an exec form",
        ));
    }
    if shipped.last(Keyword::Shell).is_some() {
        return Err(missing("MS7", "the file chooses a shell of its own", "remove SHELL"));
    }
    let shell_forms: Vec<usize> =
        written.iter().copied().filter(|index| matches!(shipped.form(*index), Form::Shell(_))).collect();
    if !shell_forms.is_empty() && written.len() > 1 {
        let line = shipped.instruction(shell_forms[0]).lines.0;
        let text = format!("ENTRYPOINT and CMD together need a shell (line {line})");
        return Err(missing("MS7", text, "write both as exec forms"));
    }
    let argv = shipped.argv(facts, "MS7")?;
    let program = shipped.program(facts, "MS1")?;
    let shown = argv.join(" ");
    if let Some(why) = program.start.development {
        let text = format!("`{shown}` needs the tools of the build in the container: {why}");
        return Err(missing("MS8", text, "let CMD start the binary that the build makes"));
    }
    if has(&TABLES.shells, program.name()) {
        let text = format!("`{shown}` needs a shell, which the runtime image does not have");
        return Err(missing("MS7", text, "let CMD start the binary itself, as an exec form"));
    }
    if program.start.program != 0 {
        let text = format!("`{}` is not in the runtime image", argv[0]);
        return Err(missing("MS6", text, "let CMD start the binary itself, as an exec form"));
    }
    let binary = place(shipped, facts, &argv[0])?;
    if argv.iter().any(|word| word.contains('\0')) {
        return Err(missing("MS1", "the start command is no text", "write it anew"));
    }
    let plain = shell_forms.first().map(|index| (*index, argv.clone()));
    Ok(Started { argv, binary, plain })
}

/// The absolute path of a program: by the working folder, or by the search path that both images share.
fn place(shipped: &Shipped<'_>, facts: &Facts, program: &str) -> Result<String, Missing> {
    if program.contains('/') {
        let folder = shipped.workdir(facts.workdir).ok_or_else(|| {
            missing("MS1", "the working folder is not known", "write WORKDIR as an absolute path")
        })?;
        return Ok(join(&folder, program));
    }
    let sets_path = |index: usize| {
        let instruction = shipped.instruction(index);
        match &instruction.arguments {
            Arguments::KeyValues(pairs) => pairs.iter().any(|pair| instruction.text(pair.key) == "PATH"),
            _ => false,
        }
    };
    if shipped.instructions().any(sets_path) || has(&TABLES.shadowed, program) {
        let text = format!("where `{program}` is found depends on PATH");
        return Err(missing("MS16", text, "write the program's whole path into CMD"));
    }
    Ok(program.to_owned())
}

/// Whether the program that is started is the file at `output`.
pub(super) fn is_file(started: &Started, output: &str) -> bool {
    match output.rsplit_once('/') {
        Some((folder, name)) if !started.binary.contains('/') => {
            name == started.binary && has(&TABLES.search_path, folder)
        }
        _ => started.binary == output,
    }
}

/// MS7, HC4: a health check of the file runs in the runtime image too.
pub(super) fn health(shipped: &Shipped<'_>, output: &str) -> Result<(), Missing> {
    let Some(at) = shipped.last(Keyword::Healthcheck) else { return Ok(()) };
    let instruction = shipped.instruction(at);
    let Arguments::Health { kind, command } = &instruction.arguments else { return Ok(()) };
    if instruction.text(*kind).eq_ignore_ascii_case("none") {
        return Ok(());
    }
    match command.as_ref() {
        Arguments::Exec { words, .. } if words.first().is_some_and(|word| *word.value == *output) => Ok(()),
        _ => Err(missing(
            "MS7",
            format!(
                "the HEALTHCHECK in line {} needs a program that the runtime image does not have (HC4)",
                instruction.lines.0
            ),
            "let the binary check itself, as an exec form",
        )),
    }
}

/// HC4: a health check as `add-healthcheck` writes it for an image with curl asks on an image that has bash alone as that
/// transform would: whether the port is open.
pub(super) fn tcp_instead(shipped: &Shipped<'_>) -> Option<(Span, String)> {
    let instruction = shipped.instruction(shipped.last(Keyword::Healthcheck)?);
    let Arguments::Health { command, .. } = &instruction.arguments else { return None };
    let Arguments::Exec { words, .. } = command.as_ref() else { return None };
    let words: Vec<&str> = words.iter().map(|word| &*word.value).collect();
    let (first, last) = (words.first()?, words.last()?);
    let port = last.strip_prefix("http://127.0.0.1:")?.split('/').next()?;
    let is_own = *first == "curl" && words.windows(2).any(|pair| pair == ["--noproxy", "*"]);
    if !is_own || port.parse::<u16>().is_err() || !instruction.inner_comments.is_empty() {
        return None;
    }
    let text = instruction.span.of(shipped.input.source.text());
    let start = instruction.span.start() + text.find("[\"curl\"")?;
    let end = instruction.span.start() + text.rfind(']')? + 1;
    let script = format!("</dev/tcp/127.0.0.1/{port}");
    Some((Span::new(start, end), quote_exec(&["bash", "-c", script.as_str()])))
}

/// NR2: a port below 1024 among the arguments or the variables.
pub(super) fn low_port(words: &[String]) -> Option<&str> {
    let speaks = |word: &str| {
        let name = word.trim_start_matches('-').to_ascii_lowercase();
        ["port", "addr", "listen", "bind", "http"].iter().any(|part| name.contains(part)) || name == "p"
    };
    let low = |word: &str| {
        let number = word.rsplit([':', '=']).next().unwrap_or(word);
        number.parse::<u16>().is_ok_and(|port| port != 0 && port < 1024)
    };
    let word = |at: usize| {
        let word = &words[at];
        let named = speaks(word.split('=').next().unwrap_or(word)) && word.contains('=');
        let follows = at > 0 && speaks(&words[at - 1]);
        (low(word) && (named || follows || word.contains(':'))).then_some(word.as_str())
    };
    (1..words.len()).find_map(word)
}

/// Whether a path is one that only root may enter (NR7).
pub(super) fn is_roots_own(path: &str) -> bool {
    path == "/root" || begins(&["/root/".to_owned()], path)
}

/// MS12, MS7: the file itself says what is started, in no shell of its own.
pub(super) fn is_stated(shipped: &Shipped<'_>) -> Result<(), Missing> {
    let start = shipped.start();
    let is_own = |setter| matches!(setter, Setter::Instruction(_));
    if !is_own(start.entrypoint) && !is_own(start.cmd) {
        let text = "the file starts nothing: it may be a base for others";
        return Err(missing("MS12", text, "add CMD with the program, as an exec form"));
    }
    match shipped.last(Keyword::Shell) {
        None => Ok(()),
        Some(_) => Err(missing("MS7", "the file chooses a shell of its own", "remove SHELL")),
    }
}

/// MS8: a developer's command builds when it starts.
pub(super) fn developer(program: &Program) -> Result<(), Missing> {
    let Some(why) = program.start.development else { return Ok(()) };
    let text = format!("`{}` needs the tools of the build in the container: {why}", program.argv.join(" "));
    Err(missing("MS8", text, "let CMD start what the build makes"))
}

/// MS6, HC4: the health check finds its client.
pub(super) fn client(shipped: &Shipped<'_>, runtime: &Runtime, checks: &mut Checks) {
    let Some(at) = shipped.last(Keyword::Healthcheck) else { return };
    let instruction = shipped.instruction(at);
    let Arguments::Health { kind, .. } = &instruction.arguments else { return };
    if instruction.text(*kind).eq_ignore_ascii_case("none") {
        return;
    }
    let text = instruction.joined.text();
    let clients = [("curl", Client::Curl), ("wget", Client::Wget)];
    let lacks = |(name, client): &(&str, Client)| {
        text.contains(name) && runtime.facts.has_client(*client) != Some(true)
    };
    let line = instruction.lines.0;
    if let Some((name, _)) = clients.iter().find(|pair| lacks(pair)) {
        let text =
            format!("the HEALTHCHECK in line {line} needs `{name}`, which `{}` lacks (HC4)", runtime.image);
        checks.misses("MS6", text, "ask with a program of the language, such as `node -e`");
    } else if ["nc ", "pg_isready", "redis-cli", "mysqladmin", "ps "].iter().any(|name| text.contains(name)) {
        let text =
            format!("the HEALTHCHECK in line {line} needs a program that the runtime image may lack (HC4)");
        checks.misses("MS6", text, "ask with a program of the language, such as `node -e`");
    }
}
