//! The commands of the file's RUNs: those beside the build must leave the sources and the system as they are, and
//! the build itself must be told nothing that is not understood (MS3).

use super::missing;
use super::tables::{TABLES, begins, has};
use crate::shell::{Action, Manager, Placed, RedirectKind, Script, SimpleCommand, Target};
use crate::transforms::Missing;

/// A command beside the build; `own_packages` are those of the system that only a build in this language needs.
pub(super) fn harmless(
    placed: &Placed<'_>,
    script: &Script,
    line: usize,
    own_packages: &[String],
) -> Result<(), Missing> {
    let command = placed.command;
    let shown = command.span.of(script.text());
    let doubt = |id: &'static str, text: String, remedy: &str| Err(missing(id, text, remedy));
    let changes = || {
        let text = format!("`{shown}` in line {line} may change what is built or what the program finds");
        doubt("MS3", text, "write the stages by hand")
    };
    let silent = |word: Option<&str>| word == Some("/dev/null");
    let redirected = command.redirects.iter().any(|redirect| match &redirect.target {
        Target::File(word) => !silent(word.literal()),
        Target::Heredoc(_) => true,
        Target::Descriptor => false,
    });
    let Some(name) = command.name().filter(|_| !redirected && !placed.calls_function) else {
        return changes();
    };
    if let Some(install) = command.install() {
        if install.manager.is_system() {
            if matches!(install.action, Action::Update | Action::Clean) {
                return Ok(());
            }
            let known = |index: &usize| {
                let word = command.words.get(*index).and_then(|word| word.literal());
                word.is_some_and(|word| {
                    let package = word.split(['=', '~', '<', '>', ':']).next().unwrap_or(word);
                    has(&TABLES.build_packages, package) || has(own_packages, package)
                })
            };
            let virtual_name = install.action == Action::Remove;
            return match install.operands.iter().find(|index| !known(index)) {
                None if install.is_certain() => Ok(()),
                _ if virtual_name => changes(),
                Some(index) => {
                    let word = command.words[*index].span.of(script.text());
                    let text = format!("`{word}` is installed in line {line}, and the program may need it");
                    doubt("MS3", text, "install it in a runtime stage written by hand")
                }
                None => changes(),
            };
        }
        if install.manager == Manager::Go {
            let writes = install.option("-w").is_some()
                || command.words.iter().any(|word| word.literal() == Some("-w"));
            return if has(&TABLES.harmless_go, &install.command) && !writes { Ok(()) } else { changes() };
        }
        return changes();
    }
    if !has(&TABLES.harmless, name) {
        return changes();
    }
    let removed = command.words.iter().skip(1).map(|word| word.span.of(script.text()));
    let kept = |word: &str| !word.starts_with('-') && !begins(&TABLES.caches, word);
    if name == "rm" && removed.into_iter().any(kept) { changes() } else { Ok(()) }
}

/// The files that the output of a command goes to; `None` where one is no literal.
pub(super) fn written(command: &SimpleCommand) -> Option<Vec<String>> {
    let mut paths = Vec::new();
    for redirect in &command.redirects {
        if let Target::File(word) = &redirect.target
            && redirect.kind != RedirectKind::Read
        {
            paths.push(word.literal()?.to_owned());
        }
    }
    Some(paths)
}

/// The options of `go build` that are understood.
pub(super) fn options(command: &SimpleCommand, script: &Script, line: usize) -> Result<(), Missing> {
    let Some(install) = command.install() else { return Ok(()) };
    let text = script.text();
    let bad = |text: String| Err(missing("MS3", text, "write the stages by hand"));
    for option in &install.options {
        if !has(&TABLES.build_options, &option.name) {
            return bad(format!("`{}` in line {line} may change how the binary is linked", option.name));
        }
        // A value of `-X` may come from a variable; a whole option may not.
        if option.name == "-ldflags"
            && let Some(value) = &option.value
        {
            let written = command.words[value.word].span.of(text);
            let open = |part: &str| part.find(['$', '`']).is_some_and(|at| !part[..at].contains('='));
            let written = written.strip_prefix("-ldflags=").unwrap_or(written).trim_matches(['"', '\'']);
            let mut parts = written.split_whitespace();
            if written.contains("external")
                || parts.any(open)
                || value.text.is_none() && !written.contains("-X")
            {
                return bad(format!("what the linker is told in line {line} cannot be told"));
            }
        }
    }
    if !command.redirects.is_empty() {
        return bad(format!("the output of `go build` in line {line} is redirected"));
    }
    Ok(())
}
