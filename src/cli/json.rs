//! What became of each file, for programs. The shape is described in `--help` and changes only by growing.

use serde::Serialize;

use dockfix::review::Item;
use dockfix::rewrite::{Applied, HeldBack, Remark, Suppressed};
use dockfix::transforms::{Missing, Reason, Transform};

use super::report::{Body, FileReport};
use super::terminal::steers;

#[derive(Serialize)]
struct FileObject<'a> {
    path: &'a str,
    changed: bool,
    created: bool,
    error: Option<String>,
    applied: Vec<AppliedObject<'a>>,
    held_back: Vec<HeldBackObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressed: Vec<SuppressedObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<NoteObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    respaced: Vec<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checklist: Vec<ItemObject<'a>>,
}

#[derive(Serialize)]
struct ItemObject<'a> {
    point: &'a str,
    title: &'a str,
    state: &'a str,
    because: &'a str,
    missing: Vec<MissingObject<'a>>,
}

#[derive(Serialize)]
struct AppliedObject<'a> {
    transform: &'a str,
    effect: &'a str,
    title: &'a str,
    proven: bool,
    reasons: Vec<ReasonObject<'a>>,
}

#[derive(Serialize)]
struct ReasonObject<'a> {
    id: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct HeldBackObject<'a> {
    transform: &'a str,
    message: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    r#unsafe: bool,
    missing: Vec<MissingObject<'a>>,
}

#[derive(Serialize)]
struct SuppressedObject<'a> {
    transform: &'a str,
    message: &'a str,
    comment: &'a str,
    line: Option<usize>,
}

#[derive(Serialize)]
struct NoteObject<'a> {
    line: usize,
    message: &'a str,
}

#[derive(Serialize)]
struct MissingObject<'a> {
    id: &'a str,
    text: &'a str,
    remedy: &'a str,
}

#[derive(Serialize)]
struct TransformObject<'a> {
    name: &'a str,
    summary: &'a str,
    category: &'a str,
    effect: &'a str,
    default: bool,
    fixes: &'a [&'a str],
}

/// One array, an object for each file that was looked at.
pub(super) fn files(reports: &[FileReport]) -> String {
    let looked_at = reports.iter().filter(|report| !matches!(report.body, Body::Skipped { .. }));
    render(&looked_at.map(file).collect::<Vec<_>>())
}

/// One array, an object for each transform.
pub(super) fn transforms(transforms: &[&Transform]) -> String {
    let objects = transforms.iter().map(|transform| TransformObject {
        name: transform.name,
        summary: transform.summary,
        category: transform.category.as_str(),
        effect: transform.effect.as_str(),
        default: transform.default,
        fixes: transform.fixes,
    });
    render(&objects.collect::<Vec<_>>())
}

fn file(report: &FileReport) -> FileObject<'_> {
    let errors = report.troubles.iter().map(|trouble| match trouble.place {
        _ if trouble.path != report.path => trouble.to_string(),
        Some(place) => format!("{place}: {}", trouble.message),
        None => trouble.message.clone(),
    });
    let errors: Vec<String> = errors.collect();
    FileObject {
        path: &report.path,
        changed: report.changed(),
        created: matches!(report.body, Body::Created(_)),
        error: (!errors.is_empty()).then(|| errors.join("\n")),
        applied: report.outcome().into_iter().flat_map(|outcome| &outcome.applied).map(applied).collect(),
        held_back: report
            .outcome()
            .into_iter()
            .flat_map(|outcome| &outcome.held_back)
            .map(held_back)
            .collect(),
        suppressed: report
            .outcome()
            .into_iter()
            .flat_map(|outcome| &outcome.suppressed)
            .map(suppressed)
            .collect(),
        notes: report.outcome().into_iter().flat_map(|outcome| &outcome.remarks).map(note).collect(),
        respaced: report.outcome().into_iter().flat_map(|outcome| &outcome.respaced).copied().collect(),
        checklist: report.checklist.iter().map(item).collect(),
    }
}

fn applied(applied: &Applied) -> AppliedObject<'_> {
    AppliedObject {
        transform: applied.transform,
        effect: applied.effect.as_str(),
        title: &applied.title,
        proven: !applied.unproven,
        reasons: applied.reasons.iter().map(|Reason { id, text }| ReasonObject { id, text }).collect(),
    }
}

fn held_back(held: &HeldBack) -> HeldBackObject<'_> {
    HeldBackObject {
        transform: held.transform,
        message: &held.message,
        line: held.place.map(|place| place.line),
        column: held.place.map(|place| place.column),
        r#unsafe: held.available,
        missing: held.missing.iter().map(missing).collect(),
    }
}

fn suppressed(suppressed: &Suppressed) -> SuppressedObject<'_> {
    let Suppressed { transform, message, comment, place } = suppressed;
    SuppressedObject { transform, message, comment, line: place.map(|place| place.line) }
}

fn note(remark: &Remark) -> NoteObject<'_> {
    NoteObject { line: remark.place.line, message: &remark.message }
}

fn item(item: &Item) -> ItemObject<'_> {
    ItemObject {
        point: item.point,
        title: item.title,
        state: item.state.as_str(),
        because: &item.because,
        missing: item.missing.iter().map(missing).collect(),
    }
}

fn missing(Missing { id, text, remedy }: &Missing) -> MissingObject<'_> {
    MissingObject { id, text, remedy }
}

/// A value as JSON that does no harm to a terminal.
pub(super) fn render(objects: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(objects)
        .expect("these objects hold nothing but texts, numbers and lists");
    // JSON needs only some control characters written as escapes; a terminal is better off without any of them.
    let mut shown = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if character != '\n' && steers(character) {
            shown.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown.push('\n');
    shown
}
