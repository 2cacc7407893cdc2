//! `make-workdir-absolute` and `make-destination-absolute`: paths that lean on a folder which is not said.

use super::checks::Checks;
use super::shipped::{Shipped, join};
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::model::Workdir;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};

/// Writes the whole path into WORKDIR.
pub(super) const MAKE_WORKDIR_ABSOLUTE: Transform = Transform {
    name: "make-workdir-absolute",
    summary: "write the whole path into a WORKDIR that is relative to the one before",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3000", "BuildKit:WorkdirRelativePath"],
    explain: "\
A relative WORKDIR leans on the one before it, and the first of a stage on that of the base image, which may change.
Safe when this is proven:
WD1 the folder in force is known: a WORKDIR of the file, or that of the base image by the table of images.
The folder is the same as before. A path with quotes or of Windows is left alone.",
    examples: &[
        Example {
            files: &[],
            before: "FROM alpine:3.22\nWORKDIR app\nWORKDIR $NAME/src\n",
            after: "FROM alpine:3.22\nWORKDIR /app\nWORKDIR $NAME/src\n",
        },
        Example {
            files: &[],
            before: "FROM a\nWORKDIR /app\nWORKDIR src\n",
            after: "FROM a\nWORKDIR /app\nWORKDIR /app/src\n",
        },
        Example {
            files: &[],
            before: "FROM example.com/a:1\nWORKDIR app\n",
            after: "FROM example.com/a:1\nWORKDIR app\n",
        },
    ],
    run: |input| each(input, |keyword| keyword == Keyword::Workdir, workdir),
};

/// Writes the whole path into the destination of a COPY.
pub(super) const MAKE_DESTINATION_ABSOLUTE: Transform = Transform {
    name: "make-destination-absolute",
    summary: "write the whole path into a destination of COPY and ADD where no WORKDIR of the file is in force",
    category: Category::Correctness,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3045"],
    explain: "\
Where the file sets no WORKDIR, a relative destination leans on that of the base image, which nobody sees and which may change.
The files stay where they are: the destination names the same folder.
Safe when this is proven:
WD1 the base image's WORKDIR is known by the table of images.
Where a WORKDIR of the file is in force a relative destination is right, and stays.",
    examples: &[
        Example {
            files: &[],
            before: "FROM alpine:3.22\nCOPY a b/\nCOPY c .\n",
            after: "FROM alpine:3.22\nCOPY a /b/\nCOPY c /\n",
        },
        Example {
            files: &[],
            before: "FROM alpine:3.22\nWORKDIR /x\nCOPY a b/\n",
            after: "FROM alpine:3.22\nWORKDIR /x\nCOPY a b/\n",
        },
    ],
    run: |input| each(input, |keyword| matches!(keyword, Keyword::Copy | Keyword::Add), destination),
};

/// An instruction in its stage.
struct Site<'a> {
    stage: Shipped<'a>,
    index: usize,
    instruction: &'a Instruction,
}

fn each(
    input: &Input<'_>,
    wanted: fn(Keyword) -> bool,
    judge: fn(&Site<'_>) -> Option<Diagnostic>,
) -> Vec<Diagnostic> {
    // With this escape character paths have backslashes.
    if input.document.escape != '\\' {
        return Vec::new();
    }
    let instructions = input.document.instructions.iter().enumerate();
    let sites = instructions.filter(|(_, instruction)| wanted(instruction.keyword)).filter_map(
        |(index, instruction)| {
            let stage = Shipped { input, stage: input.model.stage_of(index)? };
            (!stage.names_windows()).then_some(Site { stage, index, instruction })
        },
    );
    sites.filter_map(|site| judge(&site)).collect()
}

impl Site<'_> {
    /// The folder in force, with the check of WD1; `None` where it cannot be told.
    fn folder(&self, checks: &mut Checks) -> Option<String> {
        let remedy = "name the folder with an absolute WORKDIR above";
        match &self.stage.input.model.contexts[self.index].workdir {
            Workdir::Path(path) => {
                checks.holds("WD1", format!("the folder in force is `{path}`"));
                Some(path.clone())
            }
            Workdir::BaseRelative(path) => match self.stage.facts("WD1") {
                Ok(facts) if facts.is_windows() => None,
                Ok(facts) => {
                    let Some(base) = facts.workdir else {
                        let text = format!("the WORKDIR of `{}` is not known", facts.family);
                        checks.misses("WD1", text, remedy);
                        return None;
                    };
                    checks.holds("WD1", format!("the WORKDIR of `{}` is `{base}`", facts.family));
                    Some(join(base, path))
                }
                Err(missing) => {
                    checks.misses("WD1", missing.text, remedy);
                    None
                }
            },
            Workdir::Unknown => {
                checks.misses("WD1", "the folder in force depends on a variable", remedy);
                None
            }
        }
    }
}

/// Whether a path is a relative one that means itself: no quotes, escapes or drives; a variable may stand anywhere but
/// at its start, where it may hold an absolute path.
fn is_relative(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    !path.is_empty()
        && !path.starts_with(['/', '$', '~', '-'])
        && !path.contains(['"', '\'', '\\', '`'])
        && !drive
}

/// A path below a folder. Where it holds a variable it is only put behind it, since `..` may follow in the variable.
fn whole(folder: &str, path: &str) -> String {
    if path.contains('$') {
        return format!("{}/{}", folder.trim_end_matches('/'), path.trim_start_matches("./"));
    }
    join(folder, path)
}

fn workdir(site: &Site<'_>) -> Option<Diagnostic> {
    let written = site.instruction.text(site.instruction.rest);
    let place = site.instruction.source_span(site.instruction.rest)?;
    if !is_relative(written) {
        return None;
    }
    let (span, message) = (site.instruction.name_span(), format!("WORKDIR `{written}` is relative"));
    let mut checks = Checks::default();
    let Some(folder) = site.folder(&mut checks) else {
        return (!checks.all_hold()).then(|| checks.hold_back(span, message));
    };
    let path = whole(&folder, written);
    let title = format!("write `WORKDIR {path}`");
    // What leaned on the base image is a path of the file's own now.
    Some(checks.fix(span, message, title, vec![Edit::replace(place, path)], &[Part::Workdir]))
}

fn destination(site: &Site<'_>) -> Option<Diagnostic> {
    let is_set = |at: usize| at < site.index && site.stage.instruction(at).keyword == Keyword::Workdir;
    if site.stage.instructions().any(is_set) {
        return None;
    }
    let (written, place, exec) = match &site.instruction.arguments {
        Arguments::Words(words) => {
            let last = *words.last()?;
            (site.instruction.text(last), site.instruction.source_span(last)?, false)
        }
        Arguments::Exec { words, .. } => {
            let last = words.last()?;
            (&*last.value, site.instruction.source_span(last.span)?, true)
        }
        _ => return None,
    };
    if !is_relative(written) {
        return None;
    }
    let (span, message) = (place, format!("the destination `{written}` leans on the base image's WORKDIR"));
    let mut checks = Checks::default();
    let Some(folder) = site.folder(&mut checks) else {
        return (!checks.all_hold()).then(|| checks.hold_back(span, message));
    };
    let mut path = whole(&folder, written);
    let is_folder = written.ends_with('/') || matches!(written.rsplit('/').next(), Some("." | ".."));
    if is_folder && !path.ends_with('/') {
        path.push('/');
    }
    // Inside the quotes of a string of JSON.
    let place = if exec { Span::new(place.start() + 1, place.end() - 1) } else { place };
    let title = format!("write the destination as `{path}`");
    Some(checks.fix(span, message, title, vec![Edit::replace(place, path)], &[]))
}

#[cfg(test)]
mod tests {
    use super::{MAKE_DESTINATION_ABSOLUTE, MAKE_WORKDIR_ABSOLUTE};
    use crate::transforms::testing::{check, held_back, same};

    #[test]
    fn workdirs_add_up() {
        check(
            &MAKE_WORKDIR_ABSOLUTE,
            "FROM alpine:3.22\nworkdir a/b\nWORKDIR ../c\n# d\nWORKDIR ./x-$V/..\n",
            "FROM alpine:3.22\nworkdir /a/b\nWORKDIR /a/c\n# d\nWORKDIR /a/c/x-$V/..\n",
        );
    }

    #[test]
    fn a_workdir_of_the_stage_below_counts() {
        check(
            &MAKE_WORKDIR_ABSOLUTE,
            "FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR y\r\n",
            "FROM a AS b\nWORKDIR /x\nFROM b\nWORKDIR /x/y\r\n",
        );
    }

    #[test]
    fn paths_that_may_be_absolute_stay() {
        for path in ["$HOME", "${APP}/x", "C:/app", "\"a\"", "c:\\x"] {
            same(&MAKE_WORKDIR_ABSOLUTE, &format!("FROM alpine:3.22\nWORKDIR {path}\n"));
        }
        same(&MAKE_WORKDIR_ABSOLUTE, "# escape=`\nFROM alpine:3.22\nWORKDIR a\n");
        same(&MAKE_WORKDIR_ABSOLUTE, "FROM alpine:3.22\nONBUILD WORKDIR a\n");
        same(&MAKE_WORKDIR_ABSOLUTE, "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nWORKDIR a\n");
    }

    #[test]
    fn a_folder_that_is_not_known_holds_back() {
        held_back(&MAKE_WORKDIR_ABSOLUTE, &[], "FROM example.com/a:1\nWORKDIR a\n", &["WD1"]);
        held_back(&MAKE_WORKDIR_ABSOLUTE, &[], "FROM a\nARG X\nWORKDIR /a/$X\nWORKDIR b\n", &["WD1"]);
        held_back(&MAKE_DESTINATION_ABSOLUTE, &[], "FROM example.com/a:1\nCOPY a .\n", &["WD1"]);
    }

    #[test]
    fn destinations_stay_where_they_are() {
        check(
            &MAKE_DESTINATION_ABSOLUTE,
            "FROM alpine:3.22\nCOPY a ./\nCOPY [\"a b\", \"c d\"]\nADD x \\\n# c\n  ./y\nCOPY --from=z /a .\n",
            "FROM alpine:3.22\nCOPY a /\nCOPY [\"a b\", \"/c d\"]\nADD x \\\n# c\n  /y\nCOPY --from=z /a /\n",
        );
        check(
            &MAKE_DESTINATION_ABSOLUTE,
            "FROM golang:1.24-bookworm\nCOPY a .\nCOPY b c\n",
            "FROM golang:1.24-bookworm\nCOPY a /go/\nCOPY b /go/c\n",
        );
    }

    #[test]
    fn a_file_that_moves_nowhere_in_scratch() {
        check(&MAKE_DESTINATION_ABSOLUTE, "FROM scratch\nCOPY a b\n", "FROM scratch\nCOPY a /b\n");
    }

    #[test]
    fn destinations_below_a_workdir_of_the_file_are_right() {
        same(&MAKE_DESTINATION_ABSOLUTE, "FROM example.com/a:1 AS b\nWORKDIR /x\nFROM b\nCOPY a .\n");
        same(&MAKE_DESTINATION_ABSOLUTE, "FROM alpine:3.22\nCOPY a $HOME\nCOPY <<E /x\ny\nE\n");
    }
}
