//! `indent-continuations`: the continued lines of shell text stand as deep as the shell's blocks are nested.

use super::indents;
use super::shell_text::{Depths, ShellText};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::Indent;
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::Keyword;

/// Indents shell text.
pub(super) const INDENT_CONTINUATIONS: Transform = Transform {
    name: "indent-continuations",
    summary: "indent the continued lines of commands, by the depth of their blocks",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
Lays out the continued lines of RUN and of CMD, ENTRYPOINT and HEALTHCHECK in shell form:
everything below the instruction's own line stands one indent in, and so do the flags of RUN;
the inside of `if`, `for`, `while`, `case`, `{ }`, `( )` and functions stands one indent further in than the line that opens it;
the arguments of a command stand one further than the line on which the command begins, and keep the steps among themselves;
`&&` and `||` stand where the first command of their chain does, a pipe one further;
comments stand with the line below them, unless all of the file's stand in the first column; one blank stands before the continuation mark.
The indent is that of the file (two blanks, four, or a tab), else four blanks; `indent` in the table `[layout]` of `dockfix.toml` sets it.
Where good files differ and both ways read well, each keeps its own: `||` one further in, the arguments of a command that begins on the instruction's line one or two indents in, the commands below flags of RUN likewise, a program below the variables that are set for it with them or one further, a `;` of its own line with the arguments or the command.
What stands in quotes, in a substitution or in a heredoc keeps every byte, since blanks count there.
A text is left alone as a whole where it is not certain what a shell makes of it: SHELL is no shell of Unix, the image is one of Windows, a backtick continues lines, a comment of the shell or a here-document stands in it, or it does not parse.
Always safe: the shell gets the same words. It gets other blanks between them, so a RUN that is changed is built once more; the report names each.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN set -e; \\\n  if [ -n \"$A\" ]; then \\\n  apt-get install -y \\\n  git \\\n# the shell\n  zsh; \\\n  # done\n  fi\n",
            after: "FROM debian:12\nRUN set -e; \\\n  if [ -n \"$A\" ]; then \\\n    apt-get install -y \\\n      git \\\n      # the shell\n      zsh; \\\n    # done\n  fi\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN echo 'a \\\n b' \\\n    && true\n",
            after: "FROM debian:12\nRUN echo 'a \\\n b' \\\n    && true\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let indent = indents::indent(input);
    let texts = ShellText::all(input, |instruction| !instruction.joined.is_one_line());
    let fixes = texts.filter_map(|text| {
        let depths = text.depths(indent)?;
        let mut edits = code(&text, &depths, indent);
        edits.extend(comments(input, &text, &depths, indent));
        text.fix("the indent of continued lines is uneven", "indent the continued lines", edits)
    });
    fixes.collect()
}

/// The blanks at both ends of each line.
fn code(text: &ShellText<'_>, depths: &Depths, indent: Indent) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut change = |span: Span, now: &str, wanted: String| {
        if now != wanted {
            edits.push(Edit::replace(span, wanted));
        }
    };
    for (at, line) in text.lines.iter().enumerate() {
        let free = |seam: Span| depths.atoms.leave(text.text(), seam);
        // Flags and `CMD` of HEALTHCHECK are no shell text.
        if text.instruction.keyword == Keyword::Healthcheck && line.content.end() <= text.span.start() {
            continue;
        }
        let owned = text.instruction.keyword == Keyword::Run || line.content.start() >= text.span.start();
        if at > 0 && owned && text.seam_before(at).is_some_and(free) {
            let blanks = Span::new(line.span.start(), line.content.start());
            if let Some(depth) = depth(text, depths, at, indent) {
                change(line.source_span(blanks), blanks.of(text.text()), indent.times(depth));
            }
        }
        if !line.is_blank() && at + 1 < text.lines.len() && free(text.seam_after(at)) {
            let blanks = Span::new(line.content.end(), line.span.end());
            change(line.source_span(blanks), blanks.of(text.text()), " ".to_owned());
        }
    }
    edits
}

/// The depth of a line. One that holds only the continuation mark parts two groups of commands.
fn depth(text: &ShellText<'_>, depths: &Depths, at: usize, indent: Indent) -> Option<usize> {
    let line = text.lines[at];
    if !line.is_blank() {
        return depths.lines[at];
    }
    let next = depths.lines[text.next_content(at)?]?;
    let blanks = line.span.of(text.text());
    let now = (1..=next).find(|depth| indent.times(*depth) == blanks);
    Some(now.unwrap_or(next))
}

/// The blanks before comments between the lines, which no shell ever sees.
fn comments(input: &Input<'_>, text: &ShellText<'_>, depths: &Depths, indent: Indent) -> Vec<Edit> {
    let source = input.source.text();
    let of = |at: Option<usize>| at.and_then(|at| depths.lines[at]);
    if all_in_first_column(input) {
        return Vec::new();
    }
    let edits = text.instruction.inner_comments.iter().filter_map(|comment| {
        let below = text.lines.partition_point(|line| line.source < comment.start());
        let above = (0..below).rev().find(|at| !text.lines[*at].is_blank());
        let next = (below..text.lines.len()).find(|at| !text.lines[*at].is_blank());
        let (best, most) = match (next, of(next), of(above)) {
            // What closes a block stands further out than what is said about its inside.
            (Some(at), Some(below), above) if closes(text, at) => (below + 1, above.unwrap_or(0)),
            (Some(_), Some(below), above) => (below, above.unwrap_or(0)),
            (None, _, Some(above)) => (above, above),
            // A line inside a string, or no line at all.
            _ => return None,
        };
        let start = source[..comment.start()].rfind('\n').map_or(0, |at| at + 1);
        let blanks = Span::new(start, comment.start());
        // Behind a list of arguments, a comment may still belong to the list.
        let keeps = (best..=best.max(most)).any(|depth| indent.times(depth) == blanks.of(source));
        (!keeps).then(|| Edit::replace(blanks, indent.times(best)))
    });
    edits.collect()
}

/// Whether every comment between continued lines stands in the first column, as in many official images: then that is
/// the file's own way.
fn all_in_first_column(input: &Input<'_>) -> bool {
    let comments = input.document.instructions.iter().flat_map(|instruction| &instruction.inner_comments);
    let text = input.source.text();
    comments.into_iter().all(|comment| text[..comment.start()].ends_with('\n'))
}

/// Whether a line begins with what ends a block or a part of one.
fn closes(text: &ShellText<'_>, line: usize) -> bool {
    let content = text.lines[line].content.of(text.text());
    let word = content.find([' ', ';', '&', '|']).map_or(content, |end| &content[..end]);
    matches!(word, "fi" | "done" | "esac" | "else" | "elif" | "}") || content.starts_with(')')
}

#[cfg(test)]
mod tests;
