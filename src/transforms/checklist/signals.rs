//! Whether the program gets the signal that stops the container: it has to be the first process, or to be started by
//! something that hands signals on.

use super::Silence;
use crate::shell::{self, StartKind};
use crate::syntax::Keyword;
use crate::transforms::Input;
use crate::transforms::shipped::{Form, Setter, Shipped};

/// Shells that run a text: the program is their child unless the text says `exec`.
const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh"];

pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    Shipped::all(input).iter().map(judge).collect()
}

fn judge(shipped: &Shipped<'_>) -> Silence {
    let facts = shipped.facts("MS7");
    if facts.as_ref().is_ok_and(crate::images::Facts::is_windows) || shipped.input.document.escape != '\\' {
        return Silence::NotApplicable("it is a Windows image".to_owned());
    }
    let start = shipped.start();
    match (start.entrypoint, start.cmd) {
        (Setter::Instruction(index), _) if shipped.form(index) != Form::Empty => command(shipped, index),
        (Setter::BaseImage, Setter::Instruction(index)) => match facts {
            Ok(facts) if facts.entrypoint.is_some() => command(shipped, index),
            Ok(facts) => Silence::unknown(
                format!("it is not known which ENTRYPOINT `{}` has", facts.family),
                "write ENTRYPOINT as an exec form",
            ),
            Err(missing) => Silence::Unknown(missing),
        },
        (_, Setter::Instruction(index)) => command(shipped, index),
        (Setter::BaseImage, Setter::BaseImage) => {
            Silence::NotApplicable("the start command is the base image's own".to_owned())
        }
        _ => Silence::NotApplicable("the image starts nothing of its own".to_owned()),
    }
}

fn command(shipped: &Shipped<'_>, index: usize) -> Silence {
    let instruction = shipped.instruction(index);
    let line = instruction.lines.0;
    let keyword = if instruction.keyword == Keyword::Cmd { "CMD" } else { "ENTRYPOINT" };
    match shipped.form(index) {
        Form::Empty => Silence::NotApplicable("the image starts nothing of its own".to_owned()),
        Form::Shell(text) => match text.trim_start().strip_prefix("exec ") {
            Some(rest) if !rest.contains([';', '&', '|', '\n']) => {
                Silence::Right(format!("`exec` in line {line} puts the program in the place of the shell"))
            }
            _ => Silence::unknown(
                format!("{keyword} in line {line} runs in a shell, which hands no signal on"),
                "write it as an exec form, or begin its last command with `exec`",
            ),
        },
        Form::Exec(words) => exec(&words, keyword, line),
    }
}

fn exec(words: &[&str], keyword: &str, line: usize) -> Silence {
    let argv: Vec<Option<&str>> = words.iter().map(|word| Some(*word)).collect();
    let start = shell::start(&argv);
    let at = start.as_ref().map_or(0, |start| start.program);
    let program = words.get(at).map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let remedy = "start the program itself, or let the script end with `exec`";
    let kind = start.as_ref().map(|start| start.kind);
    if words.first().is_some_and(|word| SHELLS.contains(&word.rsplit('/').next().unwrap_or(word)))
        || SHELLS.contains(&program)
    {
        let says = words
            .iter()
            .any(|word| word.trim_start().starts_with("exec ") && !word.contains([';', '&', '|']));
        return match says {
            true => {
                Silence::Right(format!("`exec` in line {line} puts the program in the place of the shell"))
            }
            false => Silence::unknown(
                format!("{keyword} in line {line} starts a shell, which may hand no signal on"),
                remedy,
            ),
        };
    }
    if program.ends_with(".sh") || program.contains("entrypoint") {
        return Silence::unknown(
            format!("whether the script `{program}` of line {line} hands signals on is not judged"),
            remedy,
        );
    }
    if matches!(kind, Some(StartKind::Npm | StartKind::Yarn | StartKind::Pnpm)) {
        let name = words.get(at).copied().unwrap_or_default();
        return Silence::unknown(
            format!("`{name}` of line {line} stands between the signal and the program"),
            "let CMD run the program itself",
        );
    }
    Silence::Right(format!("{keyword} in line {line} is an exec form: `{program}` gets the signals"))
}
