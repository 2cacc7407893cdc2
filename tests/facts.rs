//! What the model knows of variables and stages, against what BuildKit's own checks find.
//!
//! The checks of a corpus are stored with it; with `DOCKFIX_BUILDKIT` set, made-up files are compared too, as many
//! as `DOCKFIX_CASES` says.

#[path = "support/buildkit.rs"]
mod buildkit;
#[path = "support/random.rs"]
mod random;
#[path = "support/rows.rs"]
mod rows;
mod support;

use std::collections::BTreeSet;

use dockfix::model::{Model, Origin, Undefined};
use dockfix::source::Source;
use dockfix::syntax::{DirectiveName, Document};
use random::Random;
use serde_json::Value;
use support::{corpus, files};

const FROM: &str = "UndefinedArgInFrom";
const STAGE: &str = "UndefinedVar";

/// A finding: line, rule and variable.
type Finding = (u64, &'static str, String);

/// What BuildKit finds: of its message only the name, since its suggestion comes from a table without order.
fn expected(row: &Value) -> BTreeSet<Finding> {
    let warnings = row["warnings"].as_array().into_iter().flatten();
    let finding = |warning: &Value| {
        let rule = [FROM, STAGE].into_iter().find(|rule| warning["rule"] == *rule)?;
        let name = warning["message"].as_str()?.split('\'').nth(1)?;
        let name = if rule == STAGE { name.strip_prefix('$')? } else { name };
        Some((warning["line"].as_u64()?, rule, name.to_owned()))
    };
    warnings.filter_map(finding).collect()
}

fn found(document: &Document, model: &Model) -> BTreeSet<Finding> {
    let place =
        |rule, one: Undefined| (document.instructions[one.instruction].lines.0 as u64, rule, one.name);
    let in_from = model.undefined_in_from(document).into_iter().map(|one| place(FROM, one));
    let in_stages = model.undefined_variables(document).into_iter().map(|one| place(STAGE, one));
    in_from.chain(in_stages).collect()
}

/// Errors of BuildKit that come from a name after `from`.
const REFUSED: &[&str] = &[
    "circular dependency",
    "cannot copy from stage",
    "cannot mount from stage",
    "invalid stage index",
    "variable expansion is not supported for --from",
];

/// Compares one file with its row; `None` where they agree.
fn difference(text: &str, row: &Value) -> Option<String> {
    let document = Document::parse(&Source::new("Dockerfile", text).ok()?);
    if !document.errors.is_empty() {
        return None;
    }
    let model = Model::new(&document);
    let (mut ours, mut theirs) = (found(&document, &model), expected(row));
    if text.contains("ONBUILD") {
        // BuildKit fires triggers only in stages that its default target needs; we do in all.
        let off = stages_off(&model, &document);
        let in_reach = |one: &Finding| !off.iter().any(|lines| lines.contains(&one.0));
        ours.retain(in_reach);
        theirs.retain(in_reach);
    }
    let error = row["error"].as_str().unwrap_or_default();
    // BuildKit ends at its first error and says nothing of what is below.
    let equal = if error.is_empty() { ours == theirs } else { ours.is_superset(&theirs) };
    if !equal {
        return Some(format!("expected {theirs:?}\n  found    {ours:?}\n  {error}"));
    }
    let origins: Vec<Origin> = model.references(&document).iter().map(|one| one.origin).collect();
    let not_yet = origins.iter().any(|one| matches!(one, Origin::NotYet(_) | Origin::Expands));
    // A number too high is refused too, but for the quirk that images named before get numbers as well.
    let refused = not_yet || origins.contains(&Origin::NoIndex);
    // Another error may come first.
    let theirs = REFUSED.iter().any(|cause| error.contains(cause));
    (theirs && !refused || not_yet && error.is_empty())
        .then(|| format!("a name after `from` is refused: {refused}, but BuildKit says {error:?}"))
}

/// The lines of stages that the default target does not need.
fn stages_off(model: &Model, document: &Document) -> Vec<std::ops::Range<u64>> {
    let Some(last) = model.final_stage() else { return Vec::new() };
    let needed = model.needed_for(last);
    let off = model.stages.iter().zip(needed).filter(|(_, needed)| !needed);
    let line = |at: usize| document.instructions.get(at).map_or(u64::MAX, |one| one.lines.0 as u64);
    off.map(|(stage, _)| line(stage.instructions.start)..line(stage.instructions.end)).collect()
}

/// Whether checks are switched off somewhere in the file.
fn skips(text: &str) -> bool {
    let document = Document::parse(&Source::new("Dockerfile", text).expect("it was one before"));
    document.directive(DirectiveName::Check).is_some() || text.contains("check=")
}

#[track_caller]
fn report(what: &str, different: &[String], all: usize) {
    println!("the facts of {} of {all} {what} equal BuildKit's", all - different.len());
    let count = different.len();
    assert!(different.is_empty(), "{count} of {all} differ:\n{}", different[..count.min(20)].join("\n"));
}

#[test]
fn facts_of_every_file_are_those_of_buildkit() {
    let Some(folder) = corpus::folder("facts_of_every_file_are_those_of_buildkit") else { return };
    let Some(rows) = rows::by_path(&folder, "buildkit-checks.jsonl") else { return };
    let (mut different, mut all) = (Vec::new(), 0);
    for (path, bytes) in files::dockerfiles(&folder) {
        let (Some(row), Ok(text)) = (rows.get(&path), String::from_utf8(bytes)) else { continue };
        if skips(&text) {
            continue;
        }
        all += 1;
        different.extend(difference(&text, row).map(|what| format!("{path}: {what}")));
    }
    report("files", &different, all);
}

#[rustfmt::skip]
const LINES: &[&str] = &[
    "ENV A=1 B=$A", "ENV C ${D:-$A} ${B:+$E}", "ARG A", "ARG B=$C", "ARG C=1 D=$C E", "ARG TARGETARCH", "LABEL a=$A $B=c",
    "USER $A:${B}", "WORKDIR /a/$PATH/$F", "VOLUME $A \"$B\"", "VOLUME [\"$C\", \"'$D'\"]", "STOPSIGNAL ${A:-9}",
    "EXPOSE $A", "CMD $A", "RUN $A", "RUN --mount=type=cache,id=$A,target=/$B x", "RUN --mount=target=/c,\"source=$C\" x",
    "COPY --chown=$A $B '$C' /$D", "ADD --checksum=$A http://a/$B /c", "COPY <<A <<'B' /x\n$E\nA\n$F\nB",
    "ADD <<-\"A\" /x\n\t$E\n\tA", "ONBUILD ARG F=$E", "ONBUILD USER $F$A", "ONBUILD ENV D=$C", "HEALTHCHECK CMD $A",
    "COPY --from=s0 /a /b", "COPY --from=S1 /a /b", "COPY --from=0 /a /b", "COPY --from=2 /a /b", "COPY --from=-1 /a /b",
    "COPY --from=a$A /a /b", "COPY --from=x /a /b", "RUN --mount=from=s0,target=/x a", "RUN --mount=from=0,target=/x a",
    "RUN --mount=from=s2,target=/x a", "RUN --mount=type=cache,FROM=s1,target=/x a", "SHELL [\"$A\"]", "USER \\$A",
];

/// A file of a few stages with uses of variables and of other stages.
fn file(random: &mut Random) -> String {
    let mut text = String::new();
    while random.one_in(2) {
        text += random.pick(&["ARG A\n", "ARG B=$A\n", "ARG C=1 D=${C:-x}\n"]);
    }
    for stage in 0..1 + random.below(4) {
        text += random.pick(&[
            "FROM a",
            "FROM a",
            "FROM s0",
            "FROM s1",
            "FROM S0",
            "FROM scratch",
            "FROM a$A",
            "FROM x${B:-$E}y",
        ]);
        if random.one_in(2) {
            text += &format!(" AS {}{}", random.pick(&["s", "S"]), if random.one_in(6) { 0 } else { stage });
        }
        text.push('\n');
        for _ in 0..random.below(6) {
            text += random.pick(LINES);
            text.push('\n');
        }
    }
    text
}

#[test]
fn facts_of_made_up_files_are_those_of_buildkit() {
    let Some(program) = buildkit::program("facts_of_made_up_files_are_those_of_buildkit") else { return };
    let number =
        |name, usual| std::env::var(name).map_or(usual, |value: String| value.parse().expect("a number"));
    let (count, seed): (u64, u64) = (number("DOCKFIX_CASES", 2_000), number("DOCKFIX_SEED", 1));
    let texts: Vec<String> = (seed..seed + count).map(|seed| file(&mut Random::new(seed))).collect();
    let mut different = Vec::new();
    for texts in texts.chunks(10_000) {
        let rows = buildkit::ask(&program, "checks", texts);
        let pairs = texts.iter().zip(&rows);
        different
            .extend(pairs.filter_map(|(text, row)| Some(format!("{text:?} {}", difference(text, row)?))));
    }
    different.sort_by_key(String::len);
    report("made-up files", &different, texts.len());
}
