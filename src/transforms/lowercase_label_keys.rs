//! `lowercase-label-keys`: keys of labels as Docker's guidelines ask for them.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::{Arguments, Keyword};

/// Writes keys of labels in small letters, digits, dots and hyphens.
pub(super) const LOWERCASE_LABEL_KEYS: Transform = Transform {
    name: "lowercase-label-keys",
    summary: "write the keys of labels in lower case, with dots and hyphens only",
    category: Category::Correctness,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3048"],
    explain: "\
A key of a label begins and ends with a small letter or digit and holds, besides them, single dots and hyphens.
`Description` and `description` are two keys, and tools look for the second.
Never proven, since whoever reads the label is not in the file:
LB2 nothing reads the label by its old key.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nLABEL Build_Date=\"x\"\n",
            after: "FROM a\nLABEL Build_Date=\"x\"\n",
        },
        Example { files: &[], before: "FROM a\nLABEL a.b-c=x\n", after: "FROM a\nLABEL a.b-c=x\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let labels = input.document.instructions.iter().filter(|one| one.keyword == Keyword::Label);
    let mut keys = Vec::new();
    for instruction in labels {
        let Arguments::KeyValues(pairs) = &instruction.arguments else { continue };
        keys.extend(pairs.iter().map(|pair| (instruction, pair.key, instruction.text(pair.key))));
    }
    let known = |key: &str| keys.iter().any(|(_, _, other)| unquoted(other) == key);
    let fixes = keys.iter().filter_map(|(instruction, place, written)| {
        let key = unquoted(written);
        let new = better(key)?;
        let span = instruction.source_span(*place)?;
        let message = format!("`{key}` is no good key for a label");
        let mut checks = Checks::default();
        if known(&new) {
            checks.misses("LB2", format!("there is a label `{new}` already"), "remove one of the two");
            return Some(checks.hold_back(span, message));
        }
        checks.misses(
            "LB2",
            format!("whether something reads `{key}` is not known"),
            format!("write `{new}`"),
        );
        Some(checks.fix(span, message, format!("write `{new}`"), vec![Edit::replace(span, new)], &[]))
    });
    fixes.collect()
}

fn unquoted(key: &str) -> &str {
    key.trim_matches(['"', '\''])
}

/// The key as it should be; `None` where it is right, holds a variable, or would be nothing.
fn better(key: &str) -> Option<String> {
    if key.contains('$') || key.chars().any(|letter| !letter.is_ascii() || letter.is_whitespace()) {
        return None;
    }
    let mut new = String::with_capacity(key.len());
    for letter in key.chars() {
        let letter = match letter {
            'A'..='Z' | 'a'..='z' | '0'..='9' => letter.to_ascii_lowercase(),
            '.' => '.',
            _ => '-',
        };
        // Of several separators side by side the first stays.
        let doubled = matches!(letter, '.' | '-') && new.ends_with(['.', '-']);
        if !doubled {
            new.push(letter);
        }
    }
    let new = new.trim_matches(['.', '-']).to_owned();
    (new != key && new.starts_with(|letter: char| letter.is_ascii_lowercase())).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::{LOWERCASE_LABEL_KEYS, better};
    use crate::config::Options;
    use crate::transforms::testing::{held_back, outcome, same};

    #[test]
    fn letters_and_separators() {
        for (key, new) in
            [("Build_Date", "build-date"), ("MAINTAINER", "maintainer"), ("a--b", "a-b"), ("-a.", "a")]
        {
            assert_eq!(better(key).as_deref(), Some(new), "{key}");
        }
        for key in ["a.b-c", "$A", "1", "é", "a b"] {
            assert_eq!(better(key), None, "{key}");
        }
    }

    #[test]
    fn whoever_reads_it_is_not_known() {
        let text = "FROM a\r\nLABEL A=1 \\\r\n# c\r\n  \"B_c\"=2\r\n";
        held_back(&LOWERCASE_LABEL_KEYS, &[], text, &["LB2", "LB2"]);
        let options = Options { unproven: true, ..Options::default() };
        let after = outcome(&LOWERCASE_LABEL_KEYS, &[], text, &options).files.remove(0).after;
        assert_eq!(after.text(), "FROM a\r\nLABEL a=1 \\\r\n# c\r\n  b-c=2\r\n");
    }

    #[test]
    fn no_label_is_overwritten() {
        held_back(&LOWERCASE_LABEL_KEYS, &[], "FROM a\nLABEL A=1\nLABEL a=2\n", &["LB2"]);
        same(&LOWERCASE_LABEL_KEYS, "FROM a\nONBUILD LABEL A=1\n");
    }
}
