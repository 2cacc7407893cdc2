//! `write-key-value-pairs`: `ENV name value` as `ENV name=value`, with the very same value.
//!
//! The old form takes everything to the end of the line, blanks included; the new one ends a value at the first blank
//! that is not quoted. What is written is read back and compared, whatever its variables may hold.

use std::borrow::Cow;

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::{Source, Span};
use crate::syntax::{Arguments, Document, Environment, Expander, Instruction, KeyValue, Keyword, Separator};

/// Writes pairs with an equals sign.
pub(super) const WRITE_KEY_VALUE_PAIRS: Transform = Transform {
    name: "write-key-value-pairs",
    summary: "write `ENV name value` and `LABEL name value` with an equals sign, quoted where that is needed",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["BuildKit:LegacyKeyValueFormat"],
    explain: "\
`ENV name value` is an old form that takes one pair only; `ENV name=value` takes several, and is what the reference shows.
The value is the same to the byte: where it holds blanks it is quoted, and where it holds blanks and quotes it is written anew in double quotes.
Safe when this is proven:
KV1 the new line, read as BuildKit reads it, gives the same name and the same value, whatever its variables hold.
What ONBUILD holds is stored as text and is left alone.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nENV HOME /root\nLABEL description a small image\n",
            after: "FROM a\nENV HOME=/root\nLABEL description=\"a small image\"\n",
        },
        Example { files: &[], before: "FROM a\nENV A=1 B=2\n", after: "FROM a\nENV A=1 B=2\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let instructions = input.document.instructions.iter();
    let pairs = instructions.filter_map(|instruction| {
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return None };
        let named = matches!(instruction.keyword, Keyword::Env | Keyword::Label);
        let [pair] = pairs.as_slice() else { return None };
        (named && pair.separator == Separator::Blank).then_some((instruction, *pair))
    });
    pairs.map(|(instruction, pair)| judge(input, instruction, pair)).collect()
}

fn judge(input: &Input<'_>, instruction: &Instruction, pair: KeyValue) -> Diagnostic {
    let (span, message) = (instruction.name_span(), "the pair is written in the old form");
    let mut checks = Checks::default();
    let Some(value) = pair.value else { return checks.hold_back(span, message) };
    let (key, written) = (instruction.text(pair.key), instruction.text(value));
    let same = |new: &str| reads_the_same(input.document, (key, written), new);
    let spans = instruction.joined.source_end(pair.key.end())..instruction.joined.source_start(value.start());
    let gap = Span::new(spans.start, spans.end);
    if instruction.inner_comments.iter().any(|comment| gap.contains(*comment)) {
        checks.misses("comment", "a comment stands between name and value", "move the comment above it");
        return checks.hold_back(span, message);
    }
    let end = instruction.joined.source_end(value.end());
    let edits = if same(written) {
        vec![Edit::replace(gap, "=")]
    } else if !written.contains('"') && same(&format!("\"{written}\"")) {
        vec![Edit::replace(gap, "=\""), Edit::insert(end, "\"")]
    } else {
        let new = requoted(written, input.document.escape).filter(|new| same(new));
        match (new, instruction.source_span(value)) {
            (Some(new), Some(place)) => vec![Edit::replace(gap, "="), Edit::replace(place, new)],
            _ => {
                let text = "the value cannot be written in the new form without a change of its lines";
                checks.misses("KV1", text, "write it with an equals sign and quotes by hand");
                return checks.hold_back(span, message);
            }
        }
    };
    checks.holds("KV1", format!("`{key}` gets the same value"));
    checks.fix(span, message, format!("write `{key}` with an equals sign"), edits, &[])
}

/// Whether `key=new` is read as one pair with the value that the old form gives.
fn reads_the_same(document: &Document, (key, old): (&str, &str), new: &str) -> bool {
    let escape = document.escape;
    let Ok(source) = Source::new("", &format!("# escape={escape}\nFROM a\nENV {key}={new}\n")) else {
        return false;
    };
    let read = Document::parse(&source);
    let [_, instruction] = read.instructions.as_slice() else { return false };
    let Arguments::KeyValues(pairs) = &instruction.arguments else { return false };
    let [pair] = pairs.as_slice() else { return false };
    let whole = pair.separator == Separator::Equals
        && instruction.text(pair.key) == key
        && pair.value.is_some_and(|value| instruction.text(value) == new);
    let values = |text: &str| {
        let expand = |how: &dyn Environment| {
            let expanded = Expander::new(escape).word(text, how).ok()?;
            Some((expanded.text, expanded.unmatched))
        };
        (expand(&Marked(Some("<"))), expand(&Marked(Some(""))), expand(&Marked(None)))
    };
    let (before, after) = (values(old), values(new));
    whole && before.0.is_some() && before == after
}

/// Every variable has a value of its own, the empty value, or none.
struct Marked(Option<&'static str>);

impl Environment for Marked {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        // The blanks and quotes in it show where a value would be split or read again.
        let mark = self.0?;
        Some(Cow::Owned(if mark.is_empty() { String::new() } else { format!("{mark}{name} \"' \\>") }))
    }
}

/// The value in one pair of double quotes: what other quotes held and what was escaped is written so that it means
/// itself.
fn requoted(text: &str, escape: char) -> Option<String> {
    let mut out = String::from("\"");
    let literally = |out: &mut String, letter: char| {
        if matches!(letter, '"' | '$') || letter == escape {
            out.push(escape);
        }
        out.push(letter);
    };
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            _ if letter == escape => literally(&mut out, letters.next()?),
            '\'' => loop {
                match letters.next()? {
                    '\'' => break,
                    inner => literally(&mut out, inner),
                }
            },
            '"' => loop {
                match letters.next()? {
                    '"' => break,
                    inner if inner == escape => {
                        out.push(inner);
                        out.push(letters.next()?);
                    }
                    inner => out.push(inner),
                }
            },
            _ => out.push(letter),
        }
    }
    out.push('"');
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::WRITE_KEY_VALUE_PAIRS;
    use crate::transforms::testing::{check, held_back, same};

    #[track_caller]
    fn value(before: &str, after: &str) {
        let before = format!("FROM a\nENV A {before}\n");
        check(&WRITE_KEY_VALUE_PAIRS, &before, &format!("FROM a\nENV A={after}\n"));
    }

    #[test]
    fn plain_values_stay_as_they_are() {
        value("b", "b");
        value("/a:$PATH", "/a:$PATH");
        value("\"b c\"", "\"b c\"");
        value("b\\ c", "b\\ c");
        value("${B:-c}", "${B:-c}");
        value("b=c", "b=c");
        value("=b", "=b");
        value("#b", "#b");
    }

    #[test]
    fn values_with_blanks_are_quoted() {
        value("b  c", "\"b  c\"");
        value("-Da=b -Dc=$D", "\"-Da=b -Dc=$D\"");
        value("${B:-c d} e", "\"${B:-c d} e\"");
        value("b=c d=e", "\"b=c d=e\"");
    }

    #[test]
    fn values_with_blanks_and_quotes_are_written_anew() {
        value("-Da=\"b c\" -Dd=e", "\"-Da=b c -Dd=e\"");
        value("a 'b $C' \\$d \\\\e", "\"a b \\$C \\$d \\\\e\"");
        value("a \"b \\\" c\" d", "\"a b \\\" c d\"");
        value("'a' 'b\"c'", "\"a b\\\"c\"");
    }

    #[test]
    fn lines_and_comments_inside_the_value_stay() {
        check(
            &WRITE_KEY_VALUE_PAIRS,
            "FROM a\r\nENV A b \\\r\n# c\r\n    d\r\nLABEL x \\\r\n  y\r\n",
            "FROM a\r\nENV A=\"b \\\r\n# c\r\n    d\"\r\nLABEL x=y\r\n",
        );
    }

    #[test]
    fn a_comment_between_name_and_value_is_in_the_way() {
        held_back(&WRITE_KEY_VALUE_PAIRS, &[], "FROM a\nENV A \\\n# c\n  b\n", &["comment"]);
    }

    #[test]
    fn a_value_that_would_have_to_lose_its_lines_waits() {
        held_back(&WRITE_KEY_VALUE_PAIRS, &[], "FROM a\nENV A \"b\" \\\n  'c'\n", &["KV1"]);
    }

    #[test]
    fn a_backtick_escapes_where_the_file_says_so() {
        check(
            &WRITE_KEY_VALUE_PAIRS,
            "# escape=`\nFROM a\nENV A C:\\b c\nENV B \"b\" `$c\n",
            "# escape=`\nFROM a\nENV A=\"C:\\b c\"\nENV B=\"b `$c\"\n",
        );
    }

    #[test]
    fn triggers_are_left_alone() {
        same(&WRITE_KEY_VALUE_PAIRS, "FROM a\nONBUILD ENV A b\nARG C=d\nENV E=f\n");
    }
}
