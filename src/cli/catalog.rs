//! `--list` and `--explain`: what the transforms say about themselves.

use dockfix::transforms::{ALL, Example, Transform};

use super::diff::{self, LineKind};

/// A table of all transforms, in the order of their turns.
pub(super) fn list() -> String {
    let header = ["NAME", "CATEGORY", "EFFECT", "DEFAULT", "WHAT IT DOES"].map(str::to_owned);
    let rows = ALL.iter().map(|transform| {
        [
            transform.name.to_owned(),
            transform.category.as_str().to_owned(),
            transform.effect.as_str().to_owned(),
            if transform.default { "on" } else { "off" }.to_owned(),
            transform.summary.to_owned(),
        ]
    });
    let rows: Vec<[String; 5]> = std::iter::once(header).chain(rows).collect();
    let widths: Vec<usize> =
        (0..4).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    rows.iter().fold(String::new(), |mut text, row| {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("{cell:width$}  "));
        }
        text + &row[4] + "\n"
    })
}

/// All about one transform.
pub(super) fn explain(name: &str) -> Option<String> {
    let transform = ALL.iter().find(|transform| transform.name == name)?;
    let Transform { name, summary, category, effect, default, fixes, explain, examples, run: _ } = transform;
    let default = if *default { "on by default" } else { "off unless selected" };
    let mut text = format!("{name}: {summary}\n");
    text += &format!("category {}, effect {}, {default}\n", category.as_str(), effect.as_str());
    if !fixes.is_empty() {
        text += &format!("answers to {}\n", fixes.join(", "));
    }
    text += &format!("\n{}\n", explain.trim_end());
    for example in examples.iter().filter(|example| example.before != example.after) {
        text += &example_text(example);
    }
    Some(text)
}

fn example_text(example: &Example) -> String {
    let beside = match example.files {
        [] => String::new(),
        files => format!(
            ", beside {}",
            files.iter().map(|(path, _)| format!("`{path}`")).collect::<Vec<_>>().join(", ")
        ),
    };
    let lines = diff::changed("Dockerfile", example.before, example.after);
    let shown = lines.iter().filter(|(kind, _)| !matches!(kind, LineKind::Header | LineKind::Hunk));
    let lines: String = shown.map(|(_, line)| format!("  {line}")).collect();
    format!("\nExample{beside}:\n{lines}")
}
