//! `wrap-lists`: lists that are too long for a line, one entry a line.

use super::checks::Checks;
use super::gaps::{Between, Gap, Next, gaps};
use super::indents::indent;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::syntax::{Arguments, Instruction, Keyword, Separator};

/// Breaks long lists.
pub(super) const WRAP_LISTS: Transform = Transform {
    name: "wrap-lists",
    summary: "write the pairs of ENV and LABEL, the sources of COPY, and flags one a line where a line is too long",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
Where a line is longer than `width` in the table `[layout]` of `dockfix.toml` (else `max_line_length` of the
`.editorconfig`, else 120), the pairs of ENV and LABEL and the paths of a COPY or ADD with several sources are written
one a line; so are flags that fill a line by themselves, and the command of a HEALTHCHECK gets a line of its own.
A single pair, path or string is never broken, and what the author has on several lines is never joined.
A word that begins with `#` is left where it stands: at the start of a line it would be a comment.
Always safe: nothing that gets built changes.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nENV LONG_NAME_OF_A_VARIABLE=/a/really/rather/long/path/to/something PATH=/opt/an/application/bin:/usr/local/bin:$PATH MORE=one\n",
            after: "FROM a\nENV LONG_NAME_OF_A_VARIABLE=/a/really/rather/long/path/to/something \\\n    PATH=/opt/an/application/bin:/usr/local/bin:$PATH \\\n    MORE=one\n",
        },
        Example {
            files: &[],
            before: "FROM a\nENV A=1 B=2\nCOPY --from=b /a/very/long/path/to/a/file/that/nobody/would/ever/want/to/break/into/pieces /a/very/long/path/to/a/file/\n",
            after: "FROM a\nENV A=1 B=2\nCOPY --from=b /a/very/long/path/to/a/file/that/nobody/would/ever/want/to/break/into/pieces /a/very/long/path/to/a/file/\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let text = input.source.text();
    let width = input.options.layout.width();
    // Most files have no line that is too long.
    if text.lines().all(|line| line.len() <= width) {
        return Vec::new();
    }
    let newline = input.source.newline().as_str();
    let line_break = format!(" {}{newline}{}", input.document.escape, indent(input).times(1));
    let instructions = input.document.instructions.iter();
    let broken = instructions.filter_map(|instruction| {
        let gaps = gaps(instruction);
        let breaks = breaks(input, instruction, &gaps, width);
        // Whatever begins a line with `#` is a comment there, and white space alone is no line at all.
        let begins_a_line =
            |gap: &&Gap| !text[gap.span.end()..].starts_with(|c: char| c == '#' || c.is_whitespace());
        let fits = !breaks.is_empty() && breaks.iter().all(begins_a_line);
        fits.then(|| {
            diagnostic(breaks.iter().map(|gap| Edit::replace(gap.span, line_break.as_str())).collect())
        })
    });
    broken.collect()
}

/// The gaps at which an instruction is to be broken.
fn breaks<'g>(input: &Input<'_>, instruction: &Instruction, gaps: &'g [Gap], width: usize) -> Vec<&'g Gap> {
    let text = input.source.text();
    let too_long = |gap: &Gap| line_length(text, gap.span.start()) > width;
    let flags = gaps.iter().filter(|gap| gap.next == Next::Flag).count();
    // Behind the keyword stand the flags, then the arguments; the gap before each.
    let (flag_gaps, rest) = gaps.split_at(flags);
    let mut wanted: Vec<&Gap> = Vec::new();
    if flag_gaps.len() > 1 && flag_gaps.len() == instruction.flags.len() {
        let end = rest.first().map_or(instruction.span.end(), |gap| gap.span.start());
        let line = text[..end].rfind('\n').map_or(0, |at| at + 1);
        if text[line..end].chars().count() > width {
            wanted.extend(flag_gaps[1..].iter().chain(rest.first()));
        }
    }
    let entries = list(instruction, rest);
    if entries.iter().any(|gap| !gap.is_broken(text) && too_long(gap)) {
        wanted.extend(entries);
    }
    wanted.retain(|gap| gap.between == Between::Blank && !gap.is_broken(text));
    wanted.sort_by_key(|gap| gap.span);
    wanted.dedup_by_key(|gap| gap.span);
    wanted
}

/// The gaps of an instruction's list, of those before its arguments.
fn list<'g>(instruction: &Instruction, gaps: &'g [Gap]) -> Vec<&'g Gap> {
    if !instruction.heredocs.is_empty() {
        return Vec::new();
    }
    match (&instruction.arguments, instruction.keyword) {
        // The first pair stays beside the keyword.
        (Arguments::KeyValues(pairs), Keyword::Env | Keyword::Label)
            if pairs.len() > 1 && pairs.iter().all(|pair| pair.separator == Separator::Equals) =>
        {
            gaps.iter().skip(1).collect()
        }
        // So does the first source, unless flags stand there.
        (Arguments::Words(words), Keyword::Copy | Keyword::Add) if words.len() > 2 => {
            gaps.iter().skip(usize::from(instruction.flags.is_empty())).collect()
        }
        (Arguments::Health { .. }, Keyword::Healthcheck) if !instruction.flags.is_empty() => {
            gaps.iter().take(1).collect()
        }
        _ => Vec::new(),
    }
}

/// Characters of the line that holds an offset.
fn line_length(text: &str, offset: usize) -> usize {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    line.chars().count()
}

fn diagnostic(edits: Vec<Edit>) -> Diagnostic {
    Checks::default().fix(
        edits[0].span,
        "a list is too long for its line",
        "write the list one entry a line",
        edits,
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::WRAP_LISTS;
    use crate::config::LayoutOptions;
    use crate::transforms::testing::{check_laid_out, same};

    /// What becomes of a text when a line may hold twenty characters.
    #[track_caller]
    fn check(before: &str, after: &str) {
        let narrow = LayoutOptions { width: Some(20), ..LayoutOptions::default() };
        check_laid_out(&WRAP_LISTS, &narrow, before, after);
    }

    #[track_caller]
    fn stays(text: &str) {
        check(text, text);
    }

    #[test]
    fn pairs_one_a_line() {
        check(
            "FROM a\nLABEL a=1 b=\"2  3\" c='4  5'\n",
            "FROM a\nLABEL a=1 \\\n    b=\"2  3\" \\\n    c='4  5'\n",
        );
        check(
            "FROM a\nENV A=1 B=2 \\\n    C=3456789 D=1 E=2 \\\n    # c\n    F=1\n",
            "FROM a\nENV A=1 \\\n    B=2 \\\n    C=3456789 \\\n    D=1 \\\n    E=2 \\\n    # c\n    F=1\n",
        );
    }

    #[test]
    fn sources_one_a_line() {
        check(
            "FROM a\nCOPY one two three /four/\n",
            "FROM a\nCOPY one \\\n    two \\\n    three \\\n    /four/\n",
        );
        check(
            "FROM a\nCOPY --chown=1 one two /three/\n",
            "FROM a\nCOPY --chown=1 \\\n    one \\\n    two \\\n    /three/\n",
        );
    }

    #[test]
    fn flags_one_a_line() {
        check(
            "FROM a\nRUN --mount=type=cache,target=/x --network=none x\n",
            "FROM a\nRUN --mount=type=cache,target=/x \\\n    --network=none \\\n    x\n",
        );
        check(
            "FROM a\nHEALTHCHECK --retries=3 CMD x y\n",
            "FROM a\nHEALTHCHECK --retries=3 \\\n    CMD x y\n",
        );
    }

    #[test]
    fn what_is_no_list_stays() {
        stays("FROM a\nENV A=/a/very/long/path/to/it\n");
        stays("FROM a\nENV A a very long text of the old form\n");
        stays("FROM a\nCOPY a/long/source /and/a/destination\n");
        stays("FROM a\nCOPY [\"a/long/source\", \"b\", \"/c/\"]\n");
        stays("FROM a\nRUN a long text of the shell && more of it\n");
        stays("FROM a\nENV A=1 B=2\nLABEL a=1 \\\n  b=2\n");
        stays("FROM a\nONBUILD ENV LONG=1 LONGER=2 LONGEST=3\n");
        same(&WRAP_LISTS, "FROM a\nENV A=1 B=2\n");
    }

    #[test]
    fn a_word_does_not_become_a_comment() {
        stays("FROM a\nCOPY one two #three /four/\n");
        stays("FROM a\nENV LONG=1 #LONGER=2 LONGEST=3\n");
    }

    #[test]
    fn heredocs_stay() {
        stays("FROM a\nCOPY <<one.txt <<two.txt /three/\none.txt\ntwo.txt\n");
    }

    #[test]
    fn backtick_escapes_and_line_ends() {
        check(
            "# escape=`\r\nFROM a\r\nENV LONG=C:\\ LONGER=2 LONGEST=3\r\n",
            "# escape=`\r\nFROM a\r\nENV LONG=C:\\ `\r\n    LONGER=2 `\r\n    LONGEST=3\r\n",
        );
    }
}
