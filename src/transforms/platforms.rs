//! `drop-target-platform` and `drop-constant-platform`: `--platform` in FROM where it says what holds anyway, or what
//! the caller of the build should say.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, JoinedSpan, Keyword};

/// Drops the flag that names the default.
pub(super) const DROP_TARGET_PLATFORM: Transform = Transform {
    name: "drop-target-platform",
    summary: "drop `--platform=$TARGETPLATFORM` from FROM, since that is the default",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3065", "BuildKit:RedundantTargetPlatform"],
    explain: "\
A stage is built for the target platform unless it says otherwise, so `--platform=$TARGETPLATFORM` says nothing.
Safe when this is proven:
PF1 the file gives TARGETPLATFORM no value of its own.",
    examples: &[
        Example {
            files: &[],
            before: "FROM --platform=$TARGETPLATFORM alpine:3.22\n",
            after: "FROM alpine:3.22\n",
        },
        Example {
            files: &[],
            before: "FROM --platform=$BUILDPLATFORM alpine:3.22 AS b\n",
            after: "FROM --platform=$BUILDPLATFORM alpine:3.22 AS b\n",
        },
    ],
    run: |input| each(input, target),
};

/// Drops the flag that names one platform for everybody.
pub(super) const DROP_CONSTANT_PLATFORM: Transform = Transform {
    name: "drop-constant-platform",
    summary: "drop a `--platform` of FROM that names one platform, whatever the build is for",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3029", "BuildKit:FromPlatformFlagConstDisallowed"],
    explain: "\
`FROM --platform=linux/amd64` makes an image for that platform even where another one is asked for; `docker build --platform` is the place to choose.
Where the name of the stage speaks of the platform, it is meant as it is and left alone.
Never proven, since only the author knows whether it works elsewhere:
PF2 the programs of the image are there for every platform that it is built for.",
    examples: &[
        Example {
            files: &[],
            before: "FROM --platform=linux/amd64 a AS amd64\n",
            after: "FROM --platform=linux/amd64 a AS amd64\n",
        },
        Example {
            files: &[],
            before: "FROM --platform=linux/amd64 a\n",
            after: "FROM --platform=linux/amd64 a\n",
        },
    ],
    run: |input| each(input, constant),
};

fn each(
    input: &Input<'_>,
    judge: fn(&Input<'_>, &Instruction, &str) -> Option<(Checks, String)>,
) -> Vec<Diagnostic> {
    let froms = input.document.instructions.iter().filter(|one| one.keyword == Keyword::From);
    let fixes = froms.filter_map(|instruction| {
        let flag = instruction.flags.iter().find(|flag| flag.name() == "platform")?;
        let (checks, message) = judge(input, instruction, flag.value()?)?;
        let place = with_blanks(instruction, flag.span)?;
        let title = format!("drop `{}`", flag.text);
        Some(checks.fix(instruction.name_span(), message, title, vec![Edit::delete(place)], &[]))
    });
    fixes.collect()
}

fn target(input: &Input<'_>, _: &Instruction, value: &str) -> Option<(Checks, String)> {
    if !matches!(value, "$TARGETPLATFORM" | "${TARGETPLATFORM}") {
        return None;
    }
    let mut checks = Checks::default();
    let set = input.model.globals.iter().any(|one| one.name == "TARGETPLATFORM" && one.value.is_some());
    match set {
        true => {
            checks.misses("PF1", "the file gives TARGETPLATFORM a value", "leave the ARG without a value")
        }
        false => checks.holds("PF1", "the file gives TARGETPLATFORM no value"),
    }
    Some((checks, "the target platform is the default".to_owned()))
}

fn constant(_: &Input<'_>, instruction: &Instruction, value: &str) -> Option<(Checks, String)> {
    if value.contains('$') {
        return None;
    }
    let name = match &instruction.arguments {
        Arguments::Words(words) => words.get(2).map(|word| instruction.text(*word)).unwrap_or_default(),
        _ => return None,
    };
    let mut parts = value.split('/').filter(|part| !part.is_empty());
    if parts.any(|part| name.to_lowercase().contains(part)) {
        return None;
    }
    let mut checks = Checks::default();
    checks.misses(
        "PF2",
        format!("whether the image can be built for anything but `{value}` is not known"),
        format!(
            "drop the flag, or name the stage after the platform (`AS {}`) to keep it",
            value.replace('/', "-")
        ),
    );
    Some((checks, format!("the image is always built for `{value}`")))
}

/// The flag and the blanks after it; only the flag where the line ends behind it.
fn with_blanks(instruction: &Instruction, flag: JoinedSpan) -> Option<Span> {
    let rest = &instruction.joined.text()[flag.end()..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let whole = JoinedSpan::new(flag.start(), flag.end() + blanks);
    instruction.source_span(whole).or_else(|| instruction.source_span(flag))
}

#[cfg(test)]
mod tests {
    use super::{DROP_CONSTANT_PLATFORM, DROP_TARGET_PLATFORM};
    use crate::config::Options;
    use crate::transforms::testing::{check, held_back, outcome, same};

    #[test]
    fn lines_and_comments_stay() {
        check(
            &DROP_TARGET_PLATFORM,
            "FROM --platform=${TARGETPLATFORM} \\\r\n# c\r\n  a AS b\r\n",
            "FROM  \\\r\n# c\r\n  a AS b\r\n",
        );
    }

    #[test]
    fn a_value_of_the_file_holds_back() {
        let text = "ARG TARGETPLATFORM=linux/arm64\nFROM --platform=$TARGETPLATFORM a\n";
        held_back(&DROP_TARGET_PLATFORM, &[], text, &["PF1"]);
        check(
            &DROP_TARGET_PLATFORM,
            "ARG TARGETPLATFORM\nFROM --platform=$TARGETPLATFORM a\n",
            "ARG TARGETPLATFORM\nFROM a\n",
        );
    }

    #[test]
    fn one_platform_for_all_is_never_proven_wrong() {
        let text = "FROM --platform=linux/amd64 a AS b\n";
        held_back(&DROP_CONSTANT_PLATFORM, &[], text, &["PF2"]);
        let options = Options { unproven: true, ..Options::default() };
        let after = outcome(&DROP_CONSTANT_PLATFORM, &[], text, &options).files.remove(0).after;
        assert_eq!(after.text(), "FROM a AS b\n");
    }

    #[test]
    fn partly_variable_platforms_stay() {
        same(&DROP_CONSTANT_PLATFORM, "FROM --platform=linux/$TARGETARCH a\n");
        same(&DROP_TARGET_PLATFORM, "FROM --platform=linux/$TARGETARCH a\n");
    }
}
