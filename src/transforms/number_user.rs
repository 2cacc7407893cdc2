//! `number-user`: USER by number where the number of the name is known.

use super::add_user::user_numbers;
use super::checks::Checks;
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::syntax::Keyword;

/// Writes numbers into USER.
pub(super) const NUMBER_USER: Transform = Transform {
    name: "number-user",
    summary: "write USER by number where the file or the base image says which one the name has",
    category: Category::Security,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3066"],
    explain: "\
A number means the same without the image's `/etc/passwd`, which is what the host and Kubernetes see.
Safe when this is proven:
NR12 the number is known: root is 0 everywhere, another user is made by the file with numbers of its own, or is in the table of the base image;
NR13 nothing puts the user into further groups, which a number with its group would take away.
The user that the container runs as is the business of `add-user`.",
    examples: &[
        Example {
            files: &[],
            before: "FROM example.com/a:1\nUSER root\nRUN x\nUSER app\n",
            after: "FROM example.com/a:1\nUSER 0\nRUN x\nUSER app\n",
        },
        Example { files: &[], before: "FROM a\nUSER 1000:root\n", after: "FROM a\nUSER 1000:root\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let users = input.document.instructions.iter().enumerate();
    // Who the container runs as is judged by `add-user`, which must find it as the file has it.
    let shipped: Vec<usize> =
        Shipped::all(input).iter().filter_map(|stage| stage.last(Keyword::User)).collect();
    let users =
        users.filter(|(index, instruction)| instruction.keyword == Keyword::User && !shipped.contains(index));
    let fixes = users.filter_map(|(index, instruction)| {
        let stage = Shipped { input, stage: input.model.stage_of(index)? };
        if stage.names_windows() {
            return None;
        }
        let span = instruction.source_span(instruction.rest)?;
        let written = instruction.text(instruction.rest).trim();
        let (name, group) = match written.split_once(':') {
            Some((name, group)) => (name, Some(group)),
            None => (written, None),
        };
        let mut checks = Checks::default();
        let new = if name == "root" {
            checks.holds("NR12", "root is 0 everywhere");
            match group {
                None => "0".to_owned(),
                Some("root") => "0:0".to_owned(),
                Some(group) => format!("0:{}", group.parse::<u32>().ok()?),
            }
        } else {
            let (id, gid, says) = user_numbers(&stage, name)?;
            let gid = match group {
                Some(group) if group != name => group.parse().ok()?,
                _ => gid,
            };
            checks.holds("NR12", says);
            checks.holds("NR13", format!("nothing puts `{name}` into another group"));
            format!("{id}:{gid}")
        };
        let (message, title) = (format!("USER `{written}` is a name"), format!("write `USER {new}`"));
        let edits = vec![Edit::replace(span, new)];
        Some(checks.fix(instruction.name_span(), message, title, edits, &[Part::User]))
    });
    fixes.collect()
}

#[cfg(test)]
mod tests {
    use super::NUMBER_USER;
    use crate::transforms::testing::{check, same};

    #[test]
    fn root_is_known_everywhere() {
        check(
            &NUMBER_USER,
            "FROM a\r\n# c\r\nuser root\r\nUSER root:root\r\nUSER root:12\r\nUSER root\r\n",
            "FROM a\r\n# c\r\nuser 0\r\nUSER 0:0\r\nUSER 0:12\r\nUSER root\r\n",
        );
    }

    #[test]
    fn users_of_the_image_and_of_the_file_are_known() {
        check(
            &NUMBER_USER,
            "FROM node:20-bookworm AS b\nUSER node\nFROM a\n",
            "FROM node:20-bookworm AS b\nUSER 1000:1000\nFROM a\n",
        );
        check(
            &NUMBER_USER,
            "FROM debian:12\nRUN groupadd -g 99 x && useradd -u 98 -g 99 x\nUSER x\nRUN y\nUSER root\nFROM a\n",
            "FROM debian:12\nRUN groupadd -g 99 x && useradd -u 98 -g 99 x\nUSER 98:99\nRUN y\nUSER 0\nFROM a\n",
        );
    }

    #[test]
    fn what_is_not_known_stays() {
        for user in ["app", "$USER", "1000", "1000:1000", "root:wheel", "ContainerAdministrator"] {
            same(&NUMBER_USER, &format!("FROM example.com/a:1\nUSER {user}\nONBUILD USER root\n"));
        }
        same(&NUMBER_USER, "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nUSER root\n");
    }
}
