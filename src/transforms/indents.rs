//! How far the continued lines of a file stand in: what the user says, else what the file itself does.

use std::collections::HashMap;

use super::Input;
use super::gaps::gaps;
use super::shell_text::ShellText;
use crate::config::Indent;
use crate::syntax::{Document, Instruction, Keyword, TokenKind};

/// The indents that are taken for a file's style, the one for files without any first.
const KNOWN: [Indent; 3] = [Indent::Spaces(4), Indent::Spaces(2), Indent::Tab];

/// The indent of the file: `indent` of the settings, else the one that most of its continued instructions have, else
/// four blanks.
///
/// A file is laid out in its own style, since a new indent costs a RUN its cache and says nothing to the reader.
pub(super) fn indent(input: &Input<'_>) -> Indent {
    if let Some(set) = input.options.layout.indent {
        return set;
    }
    // Of shell text that is read, those lines count that stand one indent in; else the first line.
    let of_shell: HashMap<usize, Option<Indent>> = ShellText::all(input, |one| !one.joined.is_one_line())
        .filter_map(|text| Some((text.index, most(text.leads()?.into_iter().filter_map(unit)))))
        .collect();
    let found = input.document.instructions.iter().enumerate().filter_map(|(index, instruction)| {
        // Fixes write a continued HEALTHCHECK, which says nothing of the author's style.
        if matches!(instruction.keyword, Keyword::Healthcheck | Keyword::Onbuild) {
            return None;
        }
        match of_shell.get(&index) {
            Some(found) => *found,
            None => first_indent(input.document, instruction).and_then(unit),
        }
    });
    most(found).unwrap_or(KNOWN[0])
}

/// The most frequent; of several, the first in the list.
fn most(found: impl Iterator<Item = Indent>) -> Option<Indent> {
    let mut counts = [0; KNOWN.len()];
    for at in found.filter_map(|found| KNOWN.iter().position(|known| *known == found)) {
        counts[at] += 1;
    }
    let most = counts.iter().max().copied().filter(|most| *most > 0)?;
    counts.iter().position(|count| *count == most).map(|at| KNOWN[at])
}

/// The indent that some blanks are.
fn unit(blanks: &str) -> Option<Indent> {
    KNOWN.into_iter().find(|known| known.times(1) == blanks)
}

/// The blanks before the first continued line of an instruction that is no comment.
fn first_indent<'d>(document: &'d Document, instruction: &Instruction) -> Option<&'d str> {
    if instruction.joined.is_one_line() {
        return None;
    }
    if instruction.shell_form().is_none() {
        // A line that continues a value says nothing.
        let broken = gaps(instruction).into_iter().find(|gap| gap.is_broken(document.text()))?;
        return broken.span.of(document.text()).rsplit('\n').next();
    }
    let tokens = &document.tokens;
    let start = tokens.partition_point(|token| token.span.start() < instruction.span.start());
    let inside = tokens[start..].iter().take_while(|token| token.span.end() <= instruction.span.end());
    let mut blanks = "";
    for token in inside.skip_while(|token| token.kind != TokenKind::Newline) {
        match token.kind {
            TokenKind::Newline => blanks = "",
            TokenKind::Blank => blanks = token.span.of(document.text()),
            TokenKind::Text => return Some(blanks),
            // A line of the escape character alone.
            TokenKind::Continuation => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::indent;
    use crate::config::Indent;
    use crate::project::Project;
    use crate::transforms::testing::with_input;

    #[track_caller]
    fn check(text: &str, expected: Indent) {
        let found = with_input(&Project::in_memory([("Dockerfile", text)]), &[], text, indent);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_most_instructions_have() {
        check("FROM a\nRUN x \\\n\ty\nRUN x \\\n# c\n\ty\nENV a=b \\\n    c=d\n", Indent::Tab);
        check("FROM a\nRUN x \\\n  y \\\n      z\n", Indent::Spaces(2));
    }

    #[test]
    fn the_depth_of_the_line_counts() {
        // An argument may stand one or two indents in, a command only one.
        check("FROM a\nRUN b \\\n    c \\\n  && d\n", Indent::Spaces(2));
        check("FROM a\nRUN b; \\\n\t\\\n\t\tc; \\\n\td\n", Indent::Tab);
        check("FROM a\nRUN (b && \\\n    c)\nRUN b \\\n  && c\n", Indent::Spaces(2));
        check("FROM a\nRUN echo 'b \\\n  c' \\\n\t&& d\n", Indent::Tab);
    }

    #[test]
    fn four_blanks_where_nothing_is_said() {
        check("FROM a\nRUN x\n", Indent::Spaces(4));
        check("FROM a\nRUN x \\\ny\nLABEL a=b \\\n      c=d\n", Indent::Spaces(4));
        check("FROM a\nRUN x \\\n  y\nRUN x \\\n    y\n", Indent::Spaces(4));
        check("FROM a\nENV A=\"x \\\n  y\"\n", Indent::Spaces(4));
    }

    #[test]
    fn what_fixes_and_triggers_hold_does_not_count() {
        check("FROM a\nHEALTHCHECK --retries=3 \\\n  CMD x\nONBUILD RUN x \\\n  y\n", Indent::Spaces(4));
    }
}
