//! `use-shell-instruction`: SHELL in the place of a link over `/bin/sh`.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::shell::{Connector, Script, SimpleCommand};
use crate::syntax::Keyword;

/// Writes SHELL.
pub(super) const USE_SHELL_INSTRUCTION: Transform = Transform {
    name: "use-shell-instruction",
    summary: "write SHELL where a RUN does nothing but put another shell in the place of `/bin/sh`",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL4005"],
    explain: "\
A link over `/bin/sh` changes the system's shell under everything that is installed; SHELL chooses the shell of the file's own RUN instructions.
Never proven, since scripts that begin with `#!/bin/sh` run in another shell afterwards:
SH1 nothing in the image counts on `/bin/sh` being the other shell.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nRUN ln -sf /bin/bash /bin/sh\n",
            after: "FROM a\nRUN ln -sf /bin/bash /bin/sh\n",
        },
        Example {
            files: &[],
            before: "FROM a\nRUN ln -s /bin/bash /bin/sh && make\n",
            after: "FROM a\nRUN ln -s /bin/bash /bin/sh && make\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let runs = input.document.instructions.iter().filter(|one| one.keyword == Keyword::Run);
    let fixes = runs.filter_map(|instruction| {
        let (_, text) = instruction.shell_form()?;
        let plain = instruction.flags.is_empty() && instruction.heredocs.is_empty();
        let shell = linked(&Script::parse(text).ok()?).filter(|_| plain)?;
        let (span, message) = (instruction.name_span(), format!("`{shell}` takes the place of `/bin/sh`"));
        let mut checks = Checks::default();
        if !instruction.inner_comments.is_empty() {
            checks.misses("comment", "a comment stands between its lines", "move the comment above it");
            return Some(checks.hold_back(span, message));
        }
        checks.misses(
            "SH1",
            "whether scripts of the image count on the link is not known",
            format!("write `SHELL [\"{shell}\", \"-c\"]`, if the RUN instructions alone do"),
        );
        let edits = vec![Edit::replace(instruction.span, format!("SHELL [\"{shell}\", \"-c\"]"))];
        Some(checks.fix(span, message, "choose the shell with SHELL", edits, &[Part::Shell]))
    });
    fixes.collect()
}

/// The shell that the whole script puts in the place of `/bin/sh`: an `ln -s`, perhaps with an `rm` before it.
fn linked(script: &Script) -> Option<String> {
    let [item] = script.list().items.as_slice() else { return None };
    let joined_by_and = item.chain.rest.iter().all(|link| link.connector == Connector::And);
    let placed = script.simple_commands();
    let commands: Vec<&SimpleCommand> = placed.iter().map(|placed| placed.command).collect();
    let plain = commands.iter().all(|one| one.redirects.is_empty() && one.assignments.is_empty());
    let (last, before) = commands.split_last()?;
    let removes = match before {
        [] => true,
        [one] => {
            let argv = one.argv();
            argv.first() == Some(&Some("rm")) && argv.last() == Some(&Some("/bin/sh")) && argv.len() <= 3
        }
        _ => false,
    };
    let argv: Option<Vec<&str>> = last.argv().into_iter().collect();
    let [program, options @ .., shell, "/bin/sh"] = argv.as_deref()? else { return None };
    let links = *program == "ln"
        && !options.is_empty()
        && options
            .iter()
            .all(|option| matches!(*option, "-s" | "-f" | "-sf" | "-fs" | "-snf" | "-sfn" | "-n"));
    let is_path =
        shell.starts_with('/') && shell.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    (joined_by_and && plain && removes && links && is_path).then(|| (*shell).to_owned())
}

#[cfg(test)]
mod tests {
    use super::USE_SHELL_INSTRUCTION;
    use crate::config::Options;
    use crate::transforms::testing::{held_back, outcome, same};

    #[test]
    fn the_link_becomes_an_instruction_on_demand() {
        for line in [
            "ln -sf /bin/bash /bin/sh",
            "rm /bin/sh && ln -s /bin/bash /bin/sh",
            "rm -f /bin/sh \\\r\n && ln -s /bin/bash /bin/sh",
        ] {
            let text = format!("FROM a\r\nRUN {line}\r\nRUN x\r\n");
            held_back(&USE_SHELL_INSTRUCTION, &[], &text, &["SH1"]);
            let options = Options { unproven: true, ..Options::default() };
            let file = outcome(&USE_SHELL_INSTRUCTION, &[], &text, &options).files.remove(0);
            assert_eq!(file.after.text(), "FROM a\r\nSHELL [\"/bin/bash\", \"-c\"]\r\nRUN x\r\n");
        }
    }

    #[test]
    fn other_commands_stay() {
        for line in [
            "ln -sf $X /bin/sh",
            "ln /bin/bash /bin/sh",
            "x && ln -sf /bin/bash /bin/sh",
            "ln -sf /bin/bash /usr/bin/sh",
            "[\"ln\", \"-sf\", \"/bin/bash\", \"/bin/sh\"]",
        ] {
            same(
                &USE_SHELL_INSTRUCTION,
                &format!("FROM a\nRUN {line}\nONBUILD RUN ln -sf /bin/bash /bin/sh\n"),
            );
        }
    }

    #[test]
    fn a_comment_is_in_the_way() {
        held_back(
            &USE_SHELL_INSTRUCTION,
            &[],
            "FROM a\nRUN rm /bin/sh && \\\n# c\n ln -s /bin/bash /bin/sh\n",
            &["comment"],
        );
    }
}
