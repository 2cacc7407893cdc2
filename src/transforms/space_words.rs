//! `space-words`: one blank between the words of a shell text.

use super::indents;
use super::shell_text::{Depths, ShellText};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::Indent;
use crate::edit::Edit;
use crate::source::Span;

/// Writes one blank where there are several.
pub(super) const SPACE_WORDS: Transform = Transform {
    name: "space-words",
    summary: "write one blank between the words of a command",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
Writes one blank between two words of RUN and of CMD, ENTRYPOINT and HEALTHCHECK in shell form where there are several, or a tab.
Words that stand in one column with those of the line above or below are left alone: their author lined them up; operators at line ends are not. What stands in quotes or in a substitution keeps every byte.
Shell text that is not certain to be understood is left alone; `--explain indent-continuations` says which.
Always safe: the shell gets the same words. It gets other blanks between them, so a RUN that is changed is built once more; the report names each.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN echo  a   'b  c'\n",
            after: "FROM debian:12\nRUN echo a 'b  c'\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN ln -s /a  && \\\n    ln -s   /abc /d\n",
            after: "FROM debian:12\nRUN ln -s /a && \\\n    ln -s /abc /d\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN set -e; \\\n    ln -s /a   /b; \\\n    ln -s /abc /d\n",
            after: "FROM debian:12\nRUN set -e; \\\n    ln -s /a   /b; \\\n    ln -s /abc /d\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let texts = ShellText::all(input, |instruction| {
        instruction.joined.parts().any(|(part, _)| has_gap(instruction.text(part).trim()))
    });
    let indent = indents::indent(input);
    let fixes = texts.filter_map(|text| {
        let depths = text.depths(indent)?;
        let edits = Columns::of(&text, &depths, indent).edits(&text);
        text.fix("words stand further apart than needed", "write one blank between words", edits)
    });
    fixes.collect()
}

/// The gaps of each line, and in which columns the words behind them will stand once the lines are indented.
struct Columns {
    lines: Vec<Vec<Gap>>,
    /// For each line, which of its gaps is the first that is closed: what stands behind it moves.
    moved: Vec<usize>,
}

#[derive(Clone, Copy)]
struct Gap {
    span: Span,
    /// Where the word behind it will stand.
    column: usize,
    /// Whether it may become one blank, or is one.
    free: bool,
    /// Whether it is wider than that.
    wide: bool,
    /// Whether an operator stands behind it: those at line ends are not lined up.
    operator: bool,
    closed: bool,
}

impl Columns {
    fn of(text: &ShellText<'_>, depths: &Depths, indent: Indent) -> Columns {
        let lines = text.lines.iter().enumerate().map(|(at, line)| {
            let lead = match (at, depths.lines[at]) {
                (1.., Some(depth)) => indent.times(depth).len(),
                _ => line.content.start() - line.span.start(),
            };
            let gap = |span: Span| Gap {
                span,
                column: lead + span.end() - line.content.start(),
                free: depths.atoms.leave(text.text(), span),
                wide: span.of(text.text()) != " ",
                operator: text.text()[span.end()..].starts_with(['&', '|', ';']),
                closed: false,
            };
            gaps(text, line.content).into_iter().map(gap).collect()
        });
        Columns { moved: vec![usize::MAX; text.lines.len()], lines: lines.collect() }
    }

    /// Closes every gap that lines nothing up. One that is closed moves what stands behind it, so that others may line
    /// up nothing any more.
    fn edits(mut self, text: &ShellText<'_>) -> Vec<Edit> {
        // A few rounds are enough for any real text; then nothing counts as lined up.
        for round in 0..=MAX_ROUNDS {
            let mut closing = Vec::new();
            for (line, gaps) in self.lines.iter().enumerate() {
                let wide = gaps.iter().enumerate().filter(|(_, gap)| gap.wide && gap.free && !gap.closed);
                let useless = wide.filter(|(at, _)| round == MAX_ROUNDS || !self.lines_up(line, *at));
                closing.extend(useless.map(|(at, _)| (line, at)));
            }
            if closing.is_empty() {
                break;
            }
            for (line, at) in closing {
                self.lines[line][at].closed = true;
                self.moved[line] = self.moved[line].min(at);
            }
        }
        let lines = text.lines.iter().zip(&self.lines);
        let closed = lines.flat_map(|(line, gaps)| gaps.iter().map(move |gap| (line, gap)));
        let closed = closed.filter(|(_, gap)| gap.closed);
        closed.map(|(line, gap)| Edit::replace(line.source_span(gap.span), " ")).collect()
    }

    /// Whether a word stands in one column with one of the line above or below.
    fn lines_up(&self, line: usize, at: usize) -> bool {
        let stays = |line: usize, at: usize| at < self.moved[line];
        let gap = self.lines[line][at];
        if gap.operator || !stays(line, at) {
            return false;
        }
        let neighbours = [line.checked_sub(1), Some(line + 1).filter(|line| *line < self.lines.len())];
        neighbours.into_iter().flatten().any(|other| {
            // The columns of a line grow.
            let found = self.lines[other].binary_search_by_key(&gap.column, |found| found.column);
            found.is_ok_and(|found| stays(other, found))
        })
    }
}

/// How often gaps are looked at again because others were closed.
const MAX_ROUNDS: usize = 50;

fn has_gap(text: &str) -> bool {
    text.contains("  ") || text.contains('\t')
}

/// The blanks inside a part of the shell text.
fn gaps(text: &ShellText<'_>, part: Span) -> Vec<Span> {
    let start = part.start().max(text.span.start());
    let mut gaps: Vec<Span> = Vec::new();
    let bytes = text.text().as_bytes().get(start..part.end()).unwrap_or_default();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b' ' | b'\t')) {
        let here = Span::new(start + at, start + at + 1);
        match gaps.last_mut() {
            Some(last) if last.end() == here.start() => *last = last.cover(here),
            _ => gaps.push(here),
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::SPACE_WORDS;
    use crate::transforms::testing::{check, same};

    #[test]
    fn tabs_and_blanks_become_one_blank() {
        check(
            &SPACE_WORDS,
            "FROM a\nRUN a\tb  &&   c |  d\nCMD x  y\n",
            "FROM a\nRUN a b && c | d\nCMD x y\n",
        );
        check(
            &SPACE_WORDS,
            "FROM a\r\nHEALTHCHECK CMD x  y  || exit 1\r\n",
            "FROM a\r\nHEALTHCHECK CMD x y || exit 1\r\n",
        );
    }

    #[test]
    fn quotes_escapes_and_substitutions_keep_their_blanks() {
        for word in
            ["'a  b'", "\"a  b\"", "a\\ b", "$(a  b)", "`a  b`", "\"$(a  b)\"", "${a:-b  c}", "$((1  + 2))"]
        {
            check(&SPACE_WORDS, &format!("FROM a\nRUN x  {word}\n"), &format!("FROM a\nRUN x {word}\n"));
        }
    }

    #[test]
    fn behind_what_shells_read_differently_every_blank_stays() {
        same(&SPACE_WORDS, "FROM a\nRUN echo $'b'  && c  d\n");
        same(&SPACE_WORDS, "FROM a\nRUN x $(case a in a) b ;; esac)  && c  d\n");
        check(&SPACE_WORDS, "FROM a\nRUN x  '$'  && c  d\n", "FROM a\nRUN x '$' && c d\n");
    }

    #[test]
    fn indents_and_line_ends_belong_to_others() {
        same(&SPACE_WORDS, "FROM a\nRUN a   \\\n        b\n");
    }

    #[test]
    fn columns_that_were_lined_up_stay() {
        same(&SPACE_WORDS, "FROM a\nRUN echo a   > /b && \\\n    echo abc > /d\n");
        check(
            &SPACE_WORDS,
            "FROM a\nRUN echo a     && \\\n    echo abc   && \\\n    b\n",
            "FROM a\nRUN echo a && \\\n    echo abc && \\\n    b\n",
        );
        same(&SPACE_WORDS, "FROM a\nRUN \\\n    echo a   > /b; \\\n    echo abc > /d\n");
    }

    #[test]
    fn many_gaps_take_no_time() {
        let (wide, narrow) = ("a  ".repeat(10_000), "a ".repeat(10_000));
        let line = |words: &str| format!("FROM a\nRUN {}b && \\\n    {}c\n", words, words);
        check(&SPACE_WORDS, &line(&wide).replacen("a  ", "ab  ", 1), &line(&narrow).replacen("a ", "ab ", 1));
    }

    #[test]
    fn what_no_shell_reads_stays() {
        same(&SPACE_WORDS, "FROM a\nRUN x <<E\na  b\nE\nCOPY <<E  /c\na  b\nE\n");
        same(&SPACE_WORDS, "FROM a\nRUN [\"a  b\",  \"c\"]\nRUN a  # b  c\nONBUILD RUN a  b\n");
        same(&SPACE_WORDS, "# escape=`\nFROM a\nRUN a  b\n");
        same(&SPACE_WORDS, "FROM a\nSHELL [\"cmd\", \"/S\", \"/C\"]\nRUN a  b\n");
    }
}
