//! Whether the kernel can start the program. A shell also runs files that no kernel knows: it takes a text without a
//! `#!` line for a script of its own.

use super::Command;
use crate::shell::{self, Given, SimpleCommand, StartKind};
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Origin, Shipped, join};

/// Where programs of images lie.
const FOLDERS: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const REMEDY: &str = "let the script begin with `#!/bin/sh`, or write the exec form with `sh` before it";

/// Checks the first word of a command.
pub(super) fn check(command: &Command<'_>, checks: &mut Checks) {
    let Some((_, word)) = command.words.first() else { return };
    let stage = &command.stage;
    let argv: Vec<Option<&str>> = command.words.iter().map(|(_, word)| Some(word.as_str())).collect();
    let kind = shell::start(&argv).map(|start| start.kind);
    if !word.contains('/') && !matches!(kind, None | Some(StartKind::Unknown)) {
        return checks.holds("MS6", format!("`{word}` is a known program"));
    }
    let facts = stage.facts("MS6").ok();
    let base = facts.as_ref().and_then(|facts| facts.workdir);
    let places = places(command, word, base);
    for place in &places {
        match stage.origin(place, base) {
            Origin::Context(path) => return script(stage, &path, checks),
            Origin::Unknown if word.contains('/') => {
                return checks.misses("MS6", format!("it cannot be told where `{word}` comes from"), REMEDY);
            }
            Origin::NotCopied | Origin::Unknown => {}
        }
    }
    made(command, word, &places, checks);
}

/// The paths at which the program may lie.
fn places(command: &Command<'_>, word: &str, base: Option<&str>) -> Vec<String> {
    let stage = &command.stage;
    if word.starts_with('/') {
        return vec![join("/", word)];
    }
    if word.contains('/') {
        let folder = stage.workdir_at(command.index, base);
        return folder.map(|folder| join(&folder, word)).into_iter().collect();
    }
    let mut folders: Vec<String> = FOLDERS.iter().map(|folder| (*folder).to_owned()).collect();
    for index in stage.instructions() {
        let instruction = stage.instruction(index);
        let Arguments::KeyValues(pairs) = &instruction.arguments else { continue };
        for pair in pairs.iter().filter(|pair| instruction.text(pair.key) == "PATH") {
            let value = pair.value.map_or("", |value| instruction.text(value));
            let parts = value.split([':', '"']).filter(|part| part.starts_with('/') && !part.contains('$'));
            folders.extend(parts.map(str::to_owned));
        }
    }
    folders.iter().map(|folder| join(folder, word)).collect()
}

/// A file of the project.
fn script(stage: &Shipped<'_>, path: &str, checks: &mut Checks) {
    let project = stage.input.project;
    let bytes = project.entry(path).and_then(|_| project.tree().read_bytes(path));
    match bytes {
        Some(bytes) if bytes.starts_with(b"#!") => {
            checks.holds("MS6", format!("`{path}` says with `#!` what runs it"));
        }
        Some(bytes) if bytes.starts_with(b"\x7fELF") => checks.holds("MS6", format!("`{path}` is a binary")),
        Some(_) => {
            checks.misses("MS6", format!("`{path}` has no `#!` line, so only a shell runs it"), REMEDY)
        }
        None => checks.misses("MS6", format!("`{path}` cannot be read"), REMEDY),
    }
}

/// A file that an instruction made, or that the base image brings.
fn made(command: &Command<'_>, word: &str, places: &[String], checks: &mut Checks) {
    let name = word.rsplit('/').next().unwrap_or(word);
    let instructions = &command.stage.input.document.instructions;
    if instructions.iter().any(|instruction| builds(&command.stage, instruction, name, places)) {
        return checks.holds("MS6", format!("the file builds the binary `{name}`"));
    }
    if instructions.iter().any(|instruction| writes_script(command, instruction, places)) {
        return checks.holds("MS6", format!("the `{name}` of this file says with `#!` what runs it"));
    }
    let of_system = places.iter().any(|place| folder_of(place).is_some());
    let maker =
        instructions.iter().find(|instruction| makes(&command.stage, instruction, name, places, of_system));
    match maker {
        Some(instruction) => {
            let line = instruction.lines.0;
            let text = format!("it is not known whether the `{name}` of line {line} begins with `#!`");
            checks.misses("MS6", text, REMEDY);
        }
        None if of_system => checks.holds("MS6", format!("`{word}` is a program of the image")),
        None => checks.misses("MS6", format!("it is not known where `{word}` comes from"), REMEDY),
    }
}

/// The folder of programs in which a path lies.
fn folder_of(place: &str) -> Option<&str> {
    let (folder, _) = place.rsplit_once('/')?;
    FOLDERS.contains(&folder).then_some(folder)
}

/// Whether an instruction compiles a binary of that name.
fn builds(stage: &Shipped<'_>, instruction: &Instruction, name: &str, places: &[String]) -> bool {
    let last_part = |path: &str| path.rsplit('/').next() == Some(name);
    let of_cargo = |path: &str| path.contains("target/") && path.contains("/release/");
    match (instruction.keyword, &instruction.arguments) {
        (Keyword::Run, Arguments::Shell(span)) => {
            let parsed = stage.input.shell.parse(instruction.text(*span));
            let Ok(script) = parsed.as_ref() else { return false };
            let go = |command: &SimpleCommand| {
                command.go_build().is_some_and(|build| match &build.output {
                    Given::Known(output) => last_part(output),
                    _ => build.packages.iter().flatten().any(|package| last_part(package)),
                })
            };
            // What `cargo build` leaves where it stands: `CMD ./target/release/app`
            let cargo = |command: &SimpleCommand| {
                matches!(command.argv().as_slice(), [Some("cargo"), Some("build"), ..])
                    && places.iter().any(|place| of_cargo(place))
            };
            script.simple_commands().iter().any(|placed| go(placed.command) || cargo(placed.command))
        }
        // What Cargo built: `COPY --from=build /src/target/release/app /usr/local/bin/`
        (Keyword::Copy, _) if instruction.flag("from").is_some() => {
            let words = instruction.values();
            let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
            sources.iter().any(|source| of_cargo(source) && last_part(source))
        }
        _ => false,
    }
}

/// Whether a COPY writes a script with its interpreter line, as a heredoc, to one of the `places`.
fn writes_script(command: &Command<'_>, instruction: &Instruction, places: &[String]) -> bool {
    let [heredoc] = instruction.heredocs.as_slice() else { return false };
    let words = instruction.values();
    let [_, target] = words.as_slice() else { return false };
    let body = heredoc.body.of(command.stage.input.source.text());
    instruction.keyword == Keyword::Copy
        && places.iter().any(|place| place == target)
        && body.starts_with("#!")
}

/// Whether an instruction may make the file at one of the `places`. A program of the image is often named for other
/// reasons, so there its folder has to be named too.
fn makes(
    stage: &Shipped<'_>,
    instruction: &Instruction,
    name: &str,
    places: &[String],
    of_system: bool,
) -> bool {
    if !matches!(instruction.keyword, Keyword::Run | Keyword::Copy | Keyword::Add) {
        return false;
    }
    let source = stage.input.source.text();
    let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(source));
    let texts = std::iter::once(instruction.joined.text()).chain(bodies);
    let named = |text: &str| is_named(text, name);
    let folder =
        |text: &str| places.iter().filter_map(|place| folder_of(place)).any(|folder| is_named(text, folder));
    texts.into_iter().any(|text| named(text) && (!of_system || folder(text)))
}

/// Whether a text holds a name by itself, not as part of another.
fn is_named(text: &str, name: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.match_indices(name).any(|(at, _)| {
        let span = Span::new(at, at + name.len());
        let before = text.as_bytes()[..span.start()].last().copied();
        let after = text.as_bytes().get(span.end()).copied();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}
