//! `tidy-blanks`: no blanks at line ends, no doubled blank lines, one final newline.

use super::checks::Checks;
use super::line_ends;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Keyword, Token, TokenKind};

/// Removes blanks that mean nothing.
pub(super) const TIDY_BLANKS: Transform = Transform {
    name: "tidy-blanks",
    summary: "remove trailing blanks and doubled blank lines, end the file with a newline",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &["BuildKit:NoEmptyContinuation"],
    explain: "\
Removes blanks at the end of lines, blank lines inside a continuation (which BuildKit warns about), blank lines at
the end of the file and all but one of several blank lines, and ends the last line.
With `line-ending = \"lf\"` or `\"crlf\"` in the table `[layout]` of `dockfix.toml`, all line ends but those inside heredocs
become that one; else each stays what it is.
With `final-newline = false` there, the last line is left as it is.
Blanks before a continuation mark belong to the string that the shell gets and stay; so does every byte of a heredoc.
A blank line above a comment at the top stays where its removal would turn the comment into a directive.
Always safe: nothing that gets built changes.",
    examples: &[
        Example { files: &[], before: "FROM a  \n\n\nRUN x \\ \n\n  y", after: "FROM a\n\nRUN x \\\n  y\n" },
        Example { files: &[], before: "\n# escape=`\nFROM a\n", after: "\n# escape=`\nFROM a\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let mut found = trailing_blanks(input);
    found.extend(blank_lines(input));
    if input.options.layout.final_newline() {
        found.extend(final_newline(input));
    }
    if let Some(wanted) = line_ends::wanted(input) {
        let mut removed: Vec<Span> = found.iter().map(|diagnostic| diagnostic.span).collect();
        removed.sort_unstable();
        let stays = |span: &Span| {
            let before = removed.partition_point(|other| other.start() <= span.start());
            before == 0 || removed[before - 1].end() <= span.start()
        };
        let others = line_ends::others(input, wanted).filter(stays);
        found.extend(others.map(|span| {
            diagnostic(span, "another line end than is asked for", "convert the line ends", wanted.as_str())
        }));
    }
    found
}

/// Blanks that end a line of an instruction or a comment.
fn trailing_blanks(input: &Input<'_>) -> Vec<Diagnostic> {
    let text = input.source.text();
    let kinds = [TokenKind::Text, TokenKind::Comment, TokenKind::Directive, TokenKind::Continuation];
    let tokens = &input.document.tokens;
    let ends_line = |at: usize| tokens.get(at + 1).is_none_or(|next| next.kind == TokenKind::Newline);
    let lines = tokens.iter().enumerate().filter(|(at, token)| kinds.contains(&token.kind) && ends_line(*at));
    let instructions = &input.document.instructions;
    // BuildKit stores what ONBUILD holds as text, the blanks at its end included.
    let in_trigger = |token: &Token| {
        let after =
            instructions.partition_point(|instruction| instruction.span.start() <= token.span.start());
        let owner = after.checked_sub(1).map(|at| &instructions[at]);
        owner.is_some_and(|owner| owner.keyword == Keyword::Onbuild && owner.span.contains(token.span))
    };
    let edits = lines.filter_map(|(_, token)| {
        let line = token.span.of(text);
        let kept = line.trim_end_matches([' ', '\t']);
        // What is left must not become a continuation, a directive without its value, or part of a line end.
        let safe = token.kind == TokenKind::Continuation
            || !kept.ends_with([input.document.escape, '=', '\r']) && !kept.is_empty() && !in_trigger(token);
        let blanks = Span::new(token.span.start() + kept.len(), token.span.end());
        (safe && !blanks.is_empty()).then_some(blanks)
    });
    edits
        .map(|span| diagnostic(span, "blanks at the end of the line", "remove the trailing blanks", ""))
        .collect()
}

/// Lines of nothing, or of blanks only: those that are one too many, and the blanks of the others.
fn blank_lines(input: &Input<'_>) -> Vec<Diagnostic> {
    let text = input.source.text();
    let instructions = &input.document.instructions;
    let lines = empty_lines(&input.document.tokens);
    let mut found = Vec::new();
    let mut last_end = None;
    for (blanks, newline) in lines {
        let line = Span::new(blanks.map_or(newline.start(), Span::start), newline.end());
        let next = instructions.partition_point(|instruction| instruction.span.end() <= line.start());
        let inside =
            instructions.get(next).is_some_and(|instruction| instruction.span.start() < line.start());
        let doubled = last_end == Some(line.start());
        last_end = Some(line.end());
        let rest_is_blank = text[line.end()..].trim().is_empty();
        let starts_file =
            line.start() == 0 && !text[line.end()..].trim_start().starts_with(['#', '\u{feff}']);
        if inside {
            found.push(diagnostic(line, "blank line inside a continuation", "remove the blank line", ""));
        } else if doubled || rest_is_blank || starts_file {
            found.push(diagnostic(line, "needless blank line", "remove the blank line", ""));
        } else if let Some(blanks) = blanks {
            found.push(diagnostic(blanks, "blanks on an empty line", "remove the trailing blanks", ""));
        }
    }
    found
}

/// The blanks and the line end of each line that holds nothing else.
fn empty_lines(tokens: &[Token]) -> Vec<(Option<Span>, Span)> {
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Newline) {
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at]);
        let starts_line = |token: Option<Token>| {
            token.is_none_or(|token| matches!(token.kind, TokenKind::Newline | TokenKind::Bom))
        };
        match before(1) {
            Some(blank) if blank.kind == TokenKind::Blank && starts_line(before(2)) => {
                lines.push((Some(blank.span), token.span));
            }
            one if starts_line(one) => lines.push((None, token.span)),
            _ => {}
        }
    }
    lines
}

/// A last line without its end.
fn final_newline(input: &Input<'_>) -> Option<Diagnostic> {
    let text = input.source.text();
    let last = input.document.tokens.last()?;
    let open = match last.kind {
        TokenKind::Newline => return None,
        // Blanks after the last line end go instead.
        TokenKind::Blank => {
            return Some(diagnostic(
                last.span,
                "blanks at the end of the file",
                "remove the trailing blanks",
                "",
            ));
        }
        _ => text.len(),
    };
    let newline = line_ends::wanted(input).unwrap_or(input.source.newline()).as_str();
    Some(diagnostic(Span::empty(open), "the last line has no end", "end the last line", newline))
}

fn diagnostic(span: Span, message: &str, title: &str, text: &str) -> Diagnostic {
    Checks::default().fix(span, message, title, vec![Edit::replace(span, text)], &[])
}

#[cfg(test)]
mod tests {
    use super::TIDY_BLANKS;
    use crate::config::{LayoutOptions, LineEnding};
    use crate::transforms::testing::{check, check_laid_out, same};

    #[test]
    fn blanks_before_a_continuation_belong_to_the_string() {
        same(&TIDY_BLANKS, "FROM a\nRUN x   \\\n  y\n");
    }

    #[test]
    fn heredoc_bodies_keep_every_byte() {
        same(&TIDY_BLANKS, "FROM a\nRUN <<EOF\nx  \n\n\n  y\nEOF\n");
    }

    #[test]
    fn a_blank_line_keeps_a_comment_from_being_a_directive() {
        same(&TIDY_BLANKS, "\n# escape=`\nFROM a\n");
    }

    #[test]
    fn what_onbuild_holds_keeps_its_blanks() {
        same(&TIDY_BLANKS, "FROM a\nONBUILD RUN x \nONBUILD RUN y \\\n  z\t\n");
    }

    #[test]
    fn a_line_does_not_become_a_continuation() {
        same(&TIDY_BLANKS, "FROM a\nRUN x \\\\ \nRUN y\n");
    }

    #[test]
    fn comments_inside_a_continuation_stay() {
        check(&TIDY_BLANKS, "FROM a\nRUN x \\\n\n# c \n  y\n", "FROM a\nRUN x \\\n# c\n  y\n");
    }

    #[test]
    fn line_ends_stay_what_they_are() {
        check(&TIDY_BLANKS, "FROM a \r\n\r\n\r\nRUN x", "FROM a\r\n\r\nRUN x\r\n");
        same(&TIDY_BLANKS, "\u{feff}FROM a\r\nRUN x\r\n");
    }

    #[test]
    fn the_end_of_the_file_is_tidied() {
        check(&TIDY_BLANKS, "FROM a\n\n  \n", "FROM a\n");
        check(&TIDY_BLANKS, "FROM a\n  ", "FROM a\n");
        check(&TIDY_BLANKS, "FROM a", "FROM a\n");
    }

    #[test]
    fn the_last_line_may_stay_open() {
        let open = LayoutOptions { final_newline: Some(false), ..LayoutOptions::default() };
        check_laid_out(&TIDY_BLANKS, &open, "FROM a \nRUN x", "FROM a\nRUN x");
        check_laid_out(&TIDY_BLANKS, &open, "FROM a\nRUN x\n", "FROM a\nRUN x\n");
    }

    #[test]
    fn line_ends_are_converted_where_that_is_asked_for() {
        let ending = |ending| LayoutOptions { line_ending: Some(ending), ..LayoutOptions::default() };
        let crlf = "# escape=`\r\nFROM a \r\n\r\n\r\nRUN x `\r\n  y\r\n# c\r\nRUN z";
        check_laid_out(
            &TIDY_BLANKS,
            &ending(LineEnding::Lf),
            crlf,
            "# escape=`\nFROM a\n\nRUN x `\n  y\n# c\nRUN z\n",
        );
        check_laid_out(
            &TIDY_BLANKS,
            &ending(LineEnding::CrLf),
            "\u{feff}FROM a\nCOPY <<A /x\nz\nA\nRUN x\r\nONBUILD RUN y",
            "\u{feff}FROM a\r\nCOPY <<A /x\r\nz\nA\r\nRUN x\r\nONBUILD RUN y\r\n",
        );
        let kept = "FROM a\r\nRUN x\n";
        check_laid_out(&TIDY_BLANKS, &ending(LineEnding::Keep), kept, kept);
    }
}
