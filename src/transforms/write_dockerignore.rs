//! `write-dockerignore`: an ignore file where the context has none, with what no build of that context misses.
//!
//! The one transform that creates a file. It comes first, since the project is read again through the new file. It
//! never touches an ignore file that is there.

use super::checklist::Silence;
use super::checks::Checks;
use super::ignore_file::{self, Judge, Objection, Row, names};
use super::{Category, Diagnostic, Effect, Example, Fix, Input, NewFile, Reason, Transform};
use crate::edit::Applicability;
use crate::project::dockerignore::IgnoreFile;
use crate::source::Span;

/// Creates `.dockerignore`.
pub(super) const WRITE_DOCKERIGNORE: Transform = Transform {
    name: "write-dockerignore",
    summary: "create a `.dockerignore` with what no build of the folder misses",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &[],
    explain: "\
Without a `.dockerignore` every build hands the whole folder to the builder, and `COPY . .` puts the history of the
repository, the packages of the host and its secrets into the image.
A new file gets only such lines as are proven harmless for every Dockerfile of the folder:
  DI1  every file of the folder and every source of COPY, ADD and bind mounts is known
  DI2  no source asks by name for what a line excludes, whether or not it stands there; below a folder of build
       output a `!` line takes back in what is asked for
  DI3  of the files in git that a COPY brings along, only such are excluded as the line is meant for
  DI4  packages and build output are made again in every stage that copies a folder around them, or no program
       is there that could use them
  DI5  nothing that runs names what is excluded, and no package is known to look for it
A line that is not proven is left out and named. Lines under `unneeded` in the `[dockerignore]` of `dockfix.toml` need
no proof of DI3 to DI5.",
    examples: &[
        Example {
            files: &[("package.json", "{}"), ("server.js", "")],
            before: "FROM node:24-bookworm\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[(".dockerignore", ".git\n")],
            before: "FROM a\nCOPY . .\n",
            after: "FROM a\nCOPY . .\n",
        },
    ],
    run,
};

/// Why nothing is said about the ignore file.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    let (tree, ignore) = (input.project.tree(), input.project.ignore());
    let by_hand = "write `.dockerignore` by hand";
    vec![if let Some(error) = ignore.error() {
        Silence::unknown(format!("the ignore file cannot be read: {error}"), "mend it")
    } else if let Some(path) = ignore.path() {
        Silence::Right(format!("`{path}` has {} patterns", ignore.patterns().len()))
    } else if let Some(why) = tree.truncated().filter(|_| tree.entries().is_empty()) {
        Silence::unknown(why.to_owned(), "run dockfix on the folder, or name it with `--context`")
    } else if input.model.context_sources(input.document).is_empty() {
        Silence::NotApplicable("nothing is copied from the build context".to_owned())
    } else {
        Silence::unknown("there is none, and no line is proven to be harmless", by_hand)
    }]
}

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let tree = input.project.tree();
    let nothing_known = tree.entries().is_empty() && tree.truncated().is_some();
    if nothing_known || input.project.ignore().path().is_some() {
        return Vec::new();
    }
    let Some(first) = input.model.context_sources(input.document).into_iter().next() else {
        return Vec::new();
    };
    let span = input.document.instructions[first.instruction].name_span();
    let builds = ignore_file::builds(input);
    let sources = ignore_file::copy_sources(&builds);
    let judge = Judge::new(input, &builds, &sources);
    let unknown = judge.unknown();
    if !unknown.all_hold() {
        return vec![unknown.hold_back(span, "the build context has no `.dockerignore`")];
    }
    let chosen = choose(&judge);
    if !judge.keeps_what_is_asked_for(&IgnoreFile::parse(&chosen.lines.join("\n"))) {
        let mut checks = Checks::default();
        let remedy = "write `.dockerignore` by hand";
        checks.misses("DI2", "lines that hold one by one exclude together what a source asks for", remedy);
        return vec![checks.hold_back(span, "the build context has no `.dockerignore`")];
    }
    let mut diagnostics = Vec::new();
    if !chosen.lines.is_empty() {
        diagnostics.push(creation(input, &judge, &chosen, span));
    }
    if !chosen.left_out.all_hold() {
        let message = "some lines are left out of the new `.dockerignore`";
        diagnostics.push(chosen.left_out.hold_back(span, message));
    }
    diagnostics
}

/// Lines that hold, and what speaks against the others.
#[derive(Default)]
struct Chosen {
    lines: Vec<String>,
    reasons: Vec<Reason>,
    left_out: Checks,
}

fn choose(judge: &Judge<'_>) -> Chosen {
    let mut chosen = Chosen::default();
    // Each row is judged by itself: what one line excludes must not hide what another one would.
    for row in judge.rows() {
        match judge.judge(row, |lines| IgnoreFile::parse(&lines.join("\n"))) {
            Ok(accepted) => {
                for line in accepted.lines {
                    if !chosen.lines.contains(&line) {
                        chosen.lines.push(line);
                    }
                }
                for reason in accepted.reasons {
                    if !chosen.reasons.contains(&reason) {
                        chosen.reasons.push(reason);
                    }
                }
            }
            Err(_) if row.minor => {}
            Err(objection) => leave_out(&mut chosen.left_out, row, objection),
        }
    }
    chosen
}

fn leave_out(checks: &mut Checks, row: &Row, (id, why): Objection) {
    let lines: Vec<String> = row.patterns.iter().map(|line| format!("\"{line}\"")).collect();
    let remedy = match id {
        "DI2" => "write the path into the instruction, or nothing where the whole folder is meant".to_owned(),
        _ => format!(
            "set `unneeded = [{}]` under `[dockerignore]` if no build needs what is excluded",
            lines.join(", ")
        ),
    };
    checks.misses(id, format!("{}: {why}", names(&row.patterns)), remedy);
}

fn creation(input: &Input<'_>, judge: &Judge<'_>, chosen: &Chosen, span: Span) -> Diagnostic {
    let files = input.project.files().count();
    let reason = |id, text: String| Reason { id, text };
    let mut reasons = vec![
        reason("DI1", format!("{files} files and every source of {} are known", judge.names())),
        reason("DI2", "no source asks by name for what a line excludes".to_owned()),
        reason("DI3", "of the files in git only such are excluded as the lines are meant for".to_owned()),
    ];
    reasons.extend(chosen.reasons.iter().cloned());
    let text = chosen.lines.join("\n") + "\n";
    Diagnostic {
        span,
        message: "the build context has no `.dockerignore`".to_owned(),
        reasons,
        missing: Vec::new(),
        fix: Some(Fix {
            title: format!("create `.dockerignore` with {} lines", chosen.lines.len()),
            applicability: Applicability::Safe,
            edits: Vec::new(),
            create: Some(NewFile { path: ".dockerignore".to_owned(), text }),
            ignore: Vec::new(),
            declares: Vec::new(),
        }),
    }
}

#[cfg(test)]
mod tests;
