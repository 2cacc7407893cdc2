//! `lowercase-stage-names`, `rename-duplicate-stages` and `rename-reserved-stages`: names of stages, changed together
//! with everything in the file that refers to them.

mod rename;

use self::rename::rename;
use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::Arguments;

/// Writes names of stages in lower case.
pub(super) const LOWERCASE_STAGE_NAMES: Transform = Transform {
    name: "lowercase-stage-names",
    summary: "write the names of stages, and what refers to them, in lower case",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["BuildKit:StageNameCasing"],
    explain: "\
BuildKit keeps the names of stages in lower case: `FROM Build` does not even find a stage that was named `Build`.
The name is changed where it is given, and in each `--from` and mount that refers to it.
Always safe: `--from` and `--target` do not tell capitals apart.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a AS Build\nFROM b\nCOPY --from=Build /x /y\n",
            after: "FROM a AS build\nFROM b\nCOPY --from=build /x /y\n",
        },
        Example { files: &[], before: "FROM a AS build\n", after: "FROM a AS build\n" },
    ],
    run: |input| each(input, lowercase),
};

/// Gives stages of the same name names of their own.
pub(super) const RENAME_DUPLICATE_STAGES: Transform = Transform {
    name: "rename-duplicate-stages",
    summary: "give the earlier of several stages with one name a name of its own",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3024", "BuildKit:DuplicateStageName"],
    explain: "\
Of several stages with one name a `--from` or `--target` finds the last, so the last keeps its name and the earlier ones get a number.
A FROM between the two finds the earlier one, and follows it to its new name.
Safe when this is proven:
ST1 everything that refers to the stage stands in the file as a plain word, and no build of the project puts another context in the place of that name.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a AS x\nFROM x AS y\nFROM b AS x\nCOPY --from=x /c /c\n",
            after: "FROM a AS x-1\nFROM x-1 AS y\nFROM b AS x\nCOPY --from=x /c /c\n",
        },
        Example { files: &[], before: "FROM a AS x\nFROM a AS y\n", after: "FROM a AS x\nFROM a AS y\n" },
    ],
    run: |input| each(input, duplicate),
};

/// Gives stages that are named like BuildKit's own words another name.
pub(super) const RENAME_RESERVED_STAGES: Transform = Transform {
    name: "rename-reserved-stages",
    summary: "give a stage that is named `scratch` or `context` another name",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3063", "BuildKit:ReservedStageName"],
    explain: "\
`scratch` means the empty image and `context` the build context; a stage of that name hides them.
Safe when this is proven:
ST1 everything that refers to the stage stands in the file as a plain word, and no build of the project puts another context in the place of that name;
ST2 no build of the project names the stage as its target, and it is there for the file: it is the last one, or another stage needs it. A stage that nothing needs is built by its name from elsewhere.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a AS context\nFROM b\nCOPY --from=context /c /c\n",
            after: "FROM a AS context-stage\nFROM b\nCOPY --from=context-stage /c /c\n",
        },
        Example { files: &[], before: "FROM scratch AS x\n", after: "FROM scratch AS x\n" },
    ],
    run: |input| each(input, reserved),
};

/// A stage with a name.
struct Named<'a> {
    input: &'a Input<'a>,
    stage: usize,
    /// As it is written.
    name: &'a str,
    /// Where the name is given.
    span: Span,
}

fn each(input: &Input<'_>, judge: fn(&Named<'_>) -> Option<Diagnostic>) -> Vec<Diagnostic> {
    let named = input.model.stages.iter().enumerate().filter_map(|(stage, found)| {
        found.name.as_ref()?;
        let instruction = &input.document.instructions[found.from()];
        let Arguments::Words(words) = &instruction.arguments else { return None };
        let word = *words.get(2)?;
        let span = instruction.source_span(word)?;
        Some(Named { input, stage, name: instruction.text(word), span })
    });
    named.filter_map(|named| judge(&named)).collect()
}

fn lowercase(named: &Named<'_>) -> Option<Diagnostic> {
    let new = named.name.to_lowercase();
    if new == named.name {
        return None;
    }
    let edits = rename(named, &new)?;
    let message = format!("the name of the stage `{}` is not in lower case", named.name);
    Some(Checks::default().fix(named.span, message, format!("name the stage `{new}`"), edits, &[]))
}

fn duplicate(named: &Named<'_>) -> Option<Diagnostic> {
    let stages = &named.input.model.stages;
    let own = stages[named.stage].name.as_deref()?;
    if !stages[named.stage + 1..].iter().any(|other| other.name.as_deref() == Some(own)) {
        return None;
    }
    let before = stages[..named.stage].iter().filter(|other| other.name.as_deref() == Some(own)).count();
    let new = free(named, before, |number| format!("{own}-{number}"));
    let message = format!("a later stage is named `{}` too", named.name);
    let mut checks = Checks::default();
    let Some(edits) = plain(named, &new, &mut checks) else {
        return Some(checks.hold_back(named.span, message));
    };
    Some(checks.fix(named.span, message, format!("name the stage `{new}`"), edits, &[]))
}

fn reserved(named: &Named<'_>) -> Option<Diagnostic> {
    let stages = &named.input.model.stages;
    let own = stages[named.stage].name.as_deref()?;
    if !matches!(own, "scratch" | "context") {
        return None;
    }
    let new = free(named, 0, |number| match number {
        1 => format!("{own}-stage"),
        _ => format!("{own}-stage-{number}"),
    });
    let message = format!("`{own}` has a meaning of its own and is no name for a stage");
    let mut checks = Checks::default();
    let Some(edits) = plain(named, &new, &mut checks) else {
        return Some(checks.hold_back(named.span, message));
    };
    let build = named
        .input
        .builds
        .iter()
        .find(|build| build.target.as_deref().is_some_and(|target| target.eq_ignore_ascii_case(own)));
    match build {
        Some(build) => {
            checks.misses(
                "ST2",
                format!("{} builds it by that name", build.at()),
                format!("name it `{new}` there too"),
            );
        }
        None if named.input.model.is_used(named.stage) => {
            checks.holds("ST2", "nothing outside the file names the stage");
        }
        None => checks.misses(
            "ST2",
            "no other stage needs it, so it is built by its name from elsewhere",
            format!("name it `{new}` there too"),
        ),
    }
    Some(checks.fix(named.span, message, format!("name the stage `{new}`"), edits, &[]))
}

/// The edits of a rename, with the check of ST1.
fn plain(named: &Named<'_>, new: &str, checks: &mut Checks) -> Option<Vec<Edit>> {
    let replaced = named
        .input
        .builds
        .iter()
        .find(|build| build.contexts.iter().any(|context| context.eq_ignore_ascii_case(named.name)));
    if let Some(build) = replaced {
        let text = format!("{} puts another context in the place of `{}`", build.at(), named.name);
        checks.misses("ST1", text, "rename the stage and that context together");
        return None;
    }
    let edits = rename(named, new);
    match &edits {
        Some(_) => checks.holds("ST1", "each reference to the stage is a plain word"),
        None => checks.misses(
            "ST1",
            "something refers to the stage by a variable or in quotes",
            "write its name there",
        ),
    }
    edits
}

/// The first name of a row that neither a stage nor an image of the file has, after so many that others take.
fn free(named: &Named<'_>, taken: usize, name: impl Fn(usize) -> String) -> String {
    let text = named.input.source.text().to_lowercase();
    let words: Vec<&str> =
        text.split(|letter: char| letter.is_whitespace() || ",=\"'".contains(letter)).collect();
    // Of so many names one is free.
    let names = (1..=words.len() + taken + 1).map(name);
    names.filter(|name| !words.contains(&name.as_str())).nth(taken).unwrap_or_default()
}

#[cfg(test)]
mod tests;
