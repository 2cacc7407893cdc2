//! `place-operators`: where a chain of commands is broken over lines, its operators stand all at line ends or all at
//! line starts.

use std::cmp::Ordering;

use super::shell_text::{Joint, ShellText};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::Operators;
use crate::edit::Edit;
use crate::source::Span;

/// Moves operators over line ends.
pub(super) const PLACE_OPERATORS: Transform = Transform {
    name: "place-operators",
    summary: "put the `&&` of a broken chain all at line ends or all at line starts",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
A chain of commands over several lines has its `&&` and `||` all at the ends of lines or all at their starts: as most of the chain has them, else as most of the file has them, else at the starts.
A chain that is even already stays as it is. With `operators = \"leading\"` or `\"trailing\"` in the table `[layout]` of `dockfix.toml` every chain is written that way, and pipes too.
An operator that stands alone on its line stays there, as a heading of what follows.
Shell text that is not certain to be understood is left alone; `--explain indent-continuations` says which.
Always safe: the shell gets the same words. It gets other blanks between them, so a RUN that is changed is built once more; the report names each.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN a \\\n    && b \\\n    && c && \\\n    d\n",
            after: "FROM debian:12\nRUN a \\\n    && b \\\n    && c \\\n    && d\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN a && \\\n    b\nRUN c \\\n    && d\n",
            after: "FROM debian:12\nRUN a && \\\n    b\nRUN c \\\n    && d\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let set = input.options.layout.operators();
    let wanted = |text: &str| text.contains("&&") || text.contains("||") || set != Operators::Keep;
    let texts = ShellText::all(input, |instruction| {
        !instruction.joined.is_one_line() && wanted(instruction.joined.text())
    });
    let texts: Vec<ShellText<'_>> = texts.collect();
    let most = Count::of_file(&texts).most().unwrap_or(Operators::Leading);
    let fixes = texts.iter().filter_map(|text| {
        let mut edits = Vec::new();
        for group in text.joints() {
            let style = match set {
                Operators::Keep => Count::of(text, &group).uneven().map(|own| own.unwrap_or(most)),
                set => Some(set),
            };
            let Some(style) = style else { continue };
            let keeps_pipes = set == Operators::Keep;
            let moved = group.iter().filter(|joint| joint.operator.len() == 2 || !keeps_pipes);
            edits.extend(moved.filter_map(|joint| moved_to(text, joint, style)).flatten());
        }
        text.fix("operators stand on both sides of line ends", "put the operators on one side", edits)
    });
    fixes.collect()
}

/// How often operators stand at the ends and at the starts of lines.
#[derive(Default)]
struct Count {
    trailing: usize,
    leading: usize,
}

impl Count {
    fn of(text: &ShellText<'_>, group: &[Joint]) -> Count {
        let mut count = Count::default();
        for joint in group {
            match place(text, joint) {
                Some(Operators::Trailing) => count.trailing += 1,
                Some(Operators::Leading) => count.leading += 1,
                _ => {}
            }
        }
        count
    }

    fn of_file(texts: &[ShellText<'_>]) -> Count {
        let groups = texts.iter().flat_map(|text| text.joints().into_iter().map(move |group| (text, group)));
        groups.fold(Count::default(), |sum, (text, group)| {
            let count = Count::of(text, &group);
            Count { trailing: sum.trailing + count.trailing, leading: sum.leading + count.leading }
        })
    }

    /// What most are; `None` where none is more frequent.
    fn most(&self) -> Option<Operators> {
        match self.trailing.cmp(&self.leading) {
            Ordering::Less => Some(Operators::Leading),
            Ordering::Equal => None,
            Ordering::Greater => Some(Operators::Trailing),
        }
    }

    /// What most are, where there are some of both.
    fn uneven(&self) -> Option<Option<Operators>> {
        (self.trailing > 0 && self.leading > 0).then(|| self.most())
    }
}

/// Which side of a line end an operator stands on; `None` in the middle of a line and alone on one.
fn place(text: &ShellText<'_>, joint: &Joint) -> Option<Operators> {
    let leads = text.begins(joint.operator.start()).is_some();
    let trails = text.ends(joint.operator.end()).is_some();
    match (leads, trails) {
        (true, false) => Some(Operators::Leading),
        (false, true) => Some(Operators::Trailing),
        _ => None,
    }
}

/// The edits that put an operator on the other side of its line end.
fn moved_to(text: &ShellText<'_>, joint: &Joint, style: Operators) -> Option<[Edit; 2]> {
    let operator = joint.operator.of(text.text());
    match (place(text, joint)?, style) {
        (Operators::Trailing, Operators::Leading) => {
            let line = text.lines[text.ends(joint.operator.end())?];
            let next = text.lines[text.begins(joint.after)?];
            let cut = line.source_span(Span::new(joint.before, line.span.end()));
            let at = next.place(joint.after);
            Some([Edit::replace(cut, " "), Edit::insert(at, format!("{operator} "))])
        }
        (Operators::Leading, Operators::Trailing) => {
            let next = text.lines[text.begins(joint.operator.start())?];
            let line = text.lines[text.ends(joint.before)?];
            let blanks = line.source_span(Span::new(joint.before, line.span.end()));
            let cut = next.source_span(Span::new(joint.operator.start(), joint.after));
            Some([Edit::replace(blanks, format!(" {operator} ")), Edit::delete(cut)])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::PLACE_OPERATORS;
    use crate::config::{LayoutOptions, Operators};
    use crate::transforms::testing::{check, check_laid_out, same};

    fn set(operators: Operators) -> LayoutOptions {
        LayoutOptions { operators: Some(operators), ..LayoutOptions::default() }
    }

    #[test]
    fn chains_that_are_even_stay() {
        same(&PLACE_OPERATORS, "FROM a\nRUN a && \\\n    b && c && \\\n    d\n");
        same(&PLACE_OPERATORS, "FROM a\nRUN a \\\n    && b && c \\\n    && \\\n    d\n");
        same(
            &PLACE_OPERATORS,
            "FROM a\nRUN a \\\n    && for b in c; do \\\n        d && \\\n        e; \\\n    done\n",
        );
    }

    #[test]
    fn a_chain_follows_most_of_it_and_then_the_file() {
        check(
            &PLACE_OPERATORS,
            "FROM a\nRUN a && \\\n    b && \\\n    c \\\n    || d\n",
            "FROM a\nRUN a && \\\n    b && \\\n    c || \\\n    d\n",
        );
        check(
            &PLACE_OPERATORS,
            "FROM a\nRUN a && \\\n    b \\\n    && c\nRUN d && \\\n    e\n",
            "FROM a\nRUN a && \\\n    b && \\\n    c\nRUN d && \\\n    e\n",
        );
        check(
            &PLACE_OPERATORS,
            "FROM a\nRUN a && \\\n    b \\\n    && c\n",
            "FROM a\nRUN a \\\n    && b \\\n    && c\n",
        );
    }

    #[test]
    fn a_setting_moves_all_and_pipes_too() {
        let (trailing, leading) =
            ("FROM a\nRUN a | \\\n    b && \\\n    c\n", "FROM a\nRUN a \\\n    | b \\\n    && c\n");
        check_laid_out(&PLACE_OPERATORS, &set(Operators::Leading), trailing, leading);
        check_laid_out(&PLACE_OPERATORS, &set(Operators::Trailing), leading, trailing);
    }

    #[test]
    fn comments_and_separating_lines_stay_where_they_are() {
        let trailing = "FROM a\nRUN a && \\\n    \\\n# why\n    b\n";
        let leading = "FROM a\nRUN a \\\n    \\\n# why\n    && b\n";
        check_laid_out(&PLACE_OPERATORS, &set(Operators::Leading), trailing, leading);
        // Where the separating line stood before the operator it still does.
        check_laid_out(&PLACE_OPERATORS, &set(Operators::Trailing), leading, trailing);
    }

    #[test]
    fn operators_without_blanks_move_too() {
        check_laid_out(
            &PLACE_OPERATORS,
            &set(Operators::Leading),
            "FROM a\r\nRUN a&&\\\r\nb\r\n",
            "FROM a\r\nRUN a \\\r\n&& b\r\n",
        );
    }

    #[test]
    fn what_is_no_operator_stays() {
        let leading = set(Operators::Leading);
        for text in [
            "FROM a\nRUN echo 'a && \\\n    b'\n",
            "FROM a\nRUN [[ a && \\\n    b ]]\n",
            "FROM a\nRUN a; # b && \\\n    c\n",
            "FROM a\nRUN cat <<E && \\\n    b\nx\nE\n",
            "FROM a\nONBUILD RUN a && \\\n    b\n",
            "FROM a\nRUN [\"a\", \\\n    \"&&\"]\n",
        ] {
            check_laid_out(&PLACE_OPERATORS, &leading, text, text);
        }
    }

    #[test]
    fn windows_is_left_alone() {
        let leading = set(Operators::Leading);
        for text in [
            "# escape=`\nFROM a\nRUN a && `\n    b\n",
            "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN a && \\\n    b\n",
            "FROM a\nSHELL [\"pwsh\", \"-c\"]\nRUN a && \\\n    b\n",
            "FROM --platform=windows/amd64 a\nRUN a && \\\n    b\n",
        ] {
            check_laid_out(&PLACE_OPERATORS, &leading, text, text);
        }
    }
}
