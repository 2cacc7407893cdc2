//! `separate-stages`: a blank line before each stage, and one after the directives.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::BlankLines;
use crate::edit::Edit;
use crate::syntax::{Keyword, TokenKind};

/// Writes the blank lines by which a reader finds the stages.
pub(super) const SEPARATE_STAGES: Transform = Transform {
    name: "separate-stages",
    summary: "put a blank line before each stage but the first, and one after the directives",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
A stage begins after a blank line, together with the comments directly above its FROM.
Where a FROM follows another with nothing between, they are a list of images and stay together.
One blank line follows the directives at the top (`# syntax=`, `# escape=`, `# check=`); none is written between them,
since it would end them.
`blank-lines = \"keep\"` in the table `[layout]` of `dockfix.toml` leaves both to the author.
Always safe: nothing that gets built changes.",
    examples: &[
        Example {
            files: &[],
            before: "# syntax=docker/dockerfile:1\nFROM a AS b\nRUN x\n# What is shipped.\nFROM c\nCOPY --from=b /x /x\n",
            after: "# syntax=docker/dockerfile:1\n\nFROM a AS b\nRUN x\n\n# What is shipped.\nFROM c\nCOPY --from=b /x /x\n",
        },
        Example { files: &[], before: "ARG V=1\nFROM a:$V\n", after: "ARG V=1\nFROM a:$V\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if input.options.layout.blank_lines() == BlankLines::Keep {
        return Vec::new();
    }
    let newline = input.source.newline().as_str();
    let below_directives = below_directives(input).map(|at| {
        let edit = Edit::insert(at, newline);
        diagnostic(edit, "no blank line after the directives", "put a blank line after the directives")
    });
    let stages = stages(input).map(|at| {
        let edit = Edit::insert(at, newline);
        diagnostic(edit, "no blank line before the stage", "put a blank line before the stage")
    });
    below_directives.into_iter().chain(stages).collect()
}

/// Where the line after the last directive begins, if it is not blank.
fn below_directives(input: &Input<'_>) -> Option<usize> {
    let text = input.source.text();
    let last = input.document.directives.last()?.span.end();
    let line = last + text[last..].find('\n')? + 1;
    let next = text[line..].lines().next()?;
    (!next.trim().is_empty()).then_some(line)
}

/// Where stages begin that no blank line parts from the one before.
fn stages<'i>(input: &'i Input<'_>) -> impl Iterator<Item = usize> + 'i {
    let document = input.document;
    let instructions = document.instructions.iter().enumerate();
    let stages = instructions.filter(|(_, instruction)| instruction.keyword == Keyword::From).skip(1);
    stages.filter_map(|(at, instruction)| {
        let above = document.instructions.get(at.checked_sub(1)?)?;
        if above.keyword == Keyword::From && above.lines.1 + 1 == instruction.lines.0 {
            return None;
        }
        let top = document.comment_block(at).start();
        let before = document.tokens.partition_point(|token| token.span.end() <= top);
        let mut lines = document.tokens[..before].iter().rev();
        let end = lines.next().filter(|token| token.kind == TokenKind::Newline)?;
        let blank = end.span.start() == 0 || input.source.text()[..end.span.start()].ends_with('\n');
        let blanks = lines.next().is_some_and(|token| token.kind == TokenKind::Blank);
        (!blank && !blanks).then_some(top)
    })
}

fn diagnostic(edit: Edit, message: &str, title: &str) -> Diagnostic {
    Checks::default().fix(edit.span, message, title, vec![edit], &[])
}

#[cfg(test)]
mod tests {
    use super::SEPARATE_STAGES;
    use crate::config::{BlankLines, LayoutOptions};
    use crate::transforms::testing::{check, check_laid_out, same};

    #[test]
    fn a_stage_is_parted_once() {
        same(&SEPARATE_STAGES, "FROM a\n\nFROM b\n");
        same(&SEPARATE_STAGES, "FROM a\n  \n# c\nFROM b\n");
        same(&SEPARATE_STAGES, "FROM a\n\n# c\n\nFROM b\n");
        check(
            &SEPARATE_STAGES,
            "FROM a\nRUN x\nFROM b\n# c\nFROM c\n",
            "FROM a\nRUN x\n\nFROM b\n\n# c\nFROM c\n",
        );
    }

    #[test]
    fn a_list_of_images_stays_together() {
        same(&SEPARATE_STAGES, "FROM a AS x\nFROM b AS y\nFROM c\n");
    }

    #[test]
    fn comments_move_with_their_stage() {
        check(
            &SEPARATE_STAGES,
            "FROM a\nRUN x\n# one\n# check=skip=all\nFROM b\n",
            "FROM a\nRUN x\n\n# one\n# check=skip=all\nFROM b\n",
        );
    }

    #[test]
    fn directives_stay_together() {
        check(
            &SEPARATE_STAGES,
            "# syntax=x\n# escape=`\n# c\nFROM a\n",
            "# syntax=x\n# escape=`\n\n# c\nFROM a\n",
        );
        same(&SEPARATE_STAGES, "# syntax=x\n\n# escape=`\nFROM a\n");
        same(&SEPARATE_STAGES, "# c\n# syntax=x\nFROM a\n");
    }

    #[test]
    fn the_author_may_keep_them() {
        let keep = LayoutOptions { blank_lines: Some(BlankLines::Keep), ..LayoutOptions::default() };
        let text = "# syntax=x\nFROM a\nFROM b\n";
        check_laid_out(&SEPARATE_STAGES, &keep, text, text);
    }

    #[test]
    fn heredocs_and_line_ends_stay() {
        check(
            &SEPARATE_STAGES,
            "\u{feff}# escape=`\r\nFROM a\r\nRUN <<EOF\r\nFROM x\r\nEOF\r\nFROM b\r\nONBUILD RUN x `\r\n  y\r\n",
            "\u{feff}# escape=`\r\n\r\nFROM a\r\nRUN <<EOF\r\nFROM x\r\nEOF\r\n\r\nFROM b\r\nONBUILD RUN x `\r\n  y\r\n",
        );
    }
}
