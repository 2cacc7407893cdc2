//! `space-comments`: comments at the start of the line, `# like this`.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Keyword, Token, TokenKind};

/// Puts a blank after the mark of a comment, and comments between instructions at the start of their line.
pub(super) const SPACE_COMMENTS: Transform = Transform {
    name: "space-comments",
    summary: "write `#comment` as `# comment`, and begin comments between instructions at the start of the line",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
A comment of words gets a blank after its `#`.
What looks like code that is switched off (`#RUN make`, `#apt-get update && \\`), like a line of marks (`#----`) or like
something that a program reads (`#syntax=`, `#hadolint ignore=`, `#!`, `#region`) is left alone.
A comment between two instructions begins at the start of its line, as they do; what stands further in within a block
of comments keeps its distance, and a block that follows a continued instruction directly is left as it is, since it may
belong to either.
A line that would become a directive or a `# check=` comment by that, and a bare `#` that would switch one off, stays.
Always safe: nothing that gets built changes.",
    examples: &[
        Example {
            files: &[],
            before: "#The base\nFROM a\n    #Install it\n    RUN x \\\n    #and more\n    y\n",
            after: "# The base\nFROM a\n# Install it\n    RUN x \\\n    # and more\n    y\n",
        },
        Example {
            files: &[],
            before: "#syntax=docker/dockerfile:1\n#RUN x\n#----\nFROM a\n",
            after: "#syntax=docker/dockerfile:1\n#RUN x\n#----\nFROM a\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let text = input.source.text();
    let tokens = &input.document.tokens;
    let is_comment = |token: &Token| token.kind == TokenKind::Comment;
    let comments = || tokens.iter().enumerate().filter(|(_, token)| is_comment(token));
    // A bare `#` at the start of a line switches the `# check=` comments above it off.
    let has_checks = comments().any(|(_, token)| is_directive_like(token.span.of(text)));
    let mut found = Vec::new();
    let mut block: Option<Block> = None;
    for (at, token) in comments() {
        let comment = token.span.of(text);
        let inside = is_inside(input, token.span);
        let line = Line::of(tokens, at);
        let now = block.filter(|block| block.next_line == line.start && !inside);
        let now = now.unwrap_or_else(|| Block {
            cut: if inside || follows_continued(input, line.start) { 0 } else { line.blanks.len() },
            next_line: 0,
        });
        block = Some(Block { next_line: line.next, ..now });
        let cut = Span::new(line.start, line.start + now.cut.min(line.blanks.len()));
        let switches = is_directive_like(comment) || has_checks && comment.trim_end() == "#";
        if !cut.is_empty() && !switches && is_plain(line.blanks.of(text)) {
            found.push(diagnostic(
                Edit::delete(cut),
                "the comment does not begin at the start of the line",
                "move the comment to the start of the line",
            ));
        }
        if comment.strip_prefix('#').is_some_and(is_prose) {
            found.push(diagnostic(
                Edit::insert(token.span.start() + 1, " "),
                "no blank after `#`",
                "put a blank after `#`",
            ));
        }
    }
    found
}

/// Comments on lines side by side.
#[derive(Clone, Copy)]
struct Block {
    /// How far the first one stands in: what the others lose too.
    cut: usize,
    /// Where the line below begins.
    next_line: usize,
}

/// The line of a comment.
struct Line {
    start: usize,
    blanks: Span,
    next: usize,
}

impl Line {
    /// The line of the comment at an index of the tokens.
    fn of(tokens: &[Token], at: usize) -> Line {
        let span = tokens[at].span;
        let before = at.checked_sub(1).map(|at| tokens[at]).filter(|token| token.kind == TokenKind::Blank);
        let blanks = before.map_or(Span::empty(span.start()), |token| token.span);
        let next = tokens.get(at + 1).map_or(span.end(), |newline| newline.span.end());
        Line { start: blanks.start(), blanks, next }
    }
}

/// Whether the line above belongs to an instruction of several lines.
fn follows_continued(input: &Input<'_>, line: usize) -> bool {
    let instructions = &input.document.instructions;
    let after = instructions.partition_point(|instruction| instruction.span.start() < line);
    let above = after.checked_sub(1).map(|at| &instructions[at]);
    above.is_some_and(|above| above.lines.0 < above.lines.1 && above.lines.1 + 1 == input.source.line(line))
}

/// Whether a comment stands between the lines of an instruction.
fn is_inside(input: &Input<'_>, comment: Span) -> bool {
    let instructions = &input.document.instructions;
    let after = instructions.partition_point(|instruction| instruction.span.start() <= comment.start());
    after.checked_sub(1).is_some_and(|at| instructions[at].span.contains(comment))
}

fn is_plain(blanks: &str) -> bool {
    blanks.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether a comment has the form of a directive or of a `# check=`: whether BuildKit reads it depends on where it
/// stands.
fn is_directive_like(comment: &str) -> bool {
    let name = comment.trim_start_matches('#').trim_start();
    let name = name.split('=').next().unwrap_or_default().trim_end();
    ["syntax", "escape", "check"].iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Words that begin a comment which a program reads.
const PRAGMAS: &[&str] = &[
    "check",
    "checkov",
    "dockerfmt",
    "dockfix",
    "endregion",
    "escape",
    "ex",
    "gitleaks",
    "hadolint",
    "kics",
    "nolint",
    "noqa",
    "nosec",
    "pragma",
    "region",
    "renovate",
    "shellcheck",
    "snyk",
    "syntax",
    "tally",
    "trivy",
    "vi",
    "vim",
];

/// Programs whose name begins a line of code that is switched off more often than a sentence.
const PROGRAMS: &[&str] = &[
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "awk",
    "bash",
    "bundle",
    "bunzip",
    "bzip",
    "cargo",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "cmake",
    "composer",
    "conda",
    "cp",
    "curl",
    "dnf",
    "docker",
    "dotnet",
    "dpkg",
    "echo",
    "export",
    "find",
    "gcc",
    "gem",
    "git",
    "go",
    "grep",
    "groupadd",
    "gunzip",
    "gzip",
    "java",
    "ldconfig",
    "ln",
    "ls",
    "make",
    "mkdir",
    "mv",
    "mvn",
    "node",
    "npm",
    "npx",
    "perl",
    "php",
    "pip",
    "pnpm",
    "printf",
    "python",
    "rm",
    "rpm",
    "ruby",
    "sed",
    "service",
    "set",
    "sh",
    "sudo",
    "systemctl",
    "tar",
    "tee",
    "touch",
    "unzip",
    "useradd",
    "usermod",
    "wget",
    "xz",
    "yarn",
    "yum",
    "zip",
    "zypper",
];

/// Marks that sentences seldom hold and code often does.
const MARKS_OF_CODE: &[&str] = &["&&", "||", "$", " -", "<<", ">>", "=\"", "='", "`", " | ", "\\", ";"];

/// Whether the text of a comment is words rather than code. In doubt it is code: a blank less is no harm.
fn is_prose(text: &str) -> bool {
    let text = text.trim_end();
    let Some(word) = text.split_whitespace().next().filter(|_| text.starts_with(char::is_alphabetic)) else {
        return false;
    };
    if MARKS_OF_CODE.iter().any(|mark| text.contains(mark)) || text.ends_with(['{', '(', ')', ']', ',']) {
        return false;
    }
    // Other scripts have no blanks between words.
    if !word.is_ascii() {
        return true;
    }
    let word = word.trim_end_matches([',', '.', ':', '!', '?']);
    let is_capitalised = word.starts_with(char::is_uppercase);
    let letters = |letter: char| letter.is_alphabetic() || is_capitalised && matches!(letter, '-' | '\'');
    let lower = word.to_ascii_lowercase();
    // A word alone may be the end of a heredoc that is switched off, or a name.
    if text == word && !(is_capitalised && word.contains(char::is_lowercase)) {
        return false;
    }
    let is_keyword =
        Keyword::of(word) != Keyword::Unknown && (word == lower || word == word.to_ascii_uppercase());
    word.chars().all(letters)
        && !PRAGMAS.contains(&lower.as_str())
        && !PROGRAMS.contains(&word)
        && !is_keyword
}

fn diagnostic(edit: Edit, message: &str, title: &str) -> Diagnostic {
    Checks::default().fix(edit.span, message, title, vec![edit], &[])
}

#[cfg(test)]
mod tests {
    use super::SPACE_COMMENTS;
    use crate::transforms::testing::{check, same};

    #[test]
    fn words_get_their_blank() {
        check(
            &SPACE_COMMENTS,
            "#Install it.\n#TODO: more\n#install what it needs\n#安装,然后\nFROM a\n",
            "# Install it.\n# TODO: more\n# install what it needs\n# 安装,然后\nFROM a\n",
        );
        check(&SPACE_COMMENTS, "#Run it\n#From here on\nFROM a\n", "# Run it\n# From here on\nFROM a\n");
    }

    #[test]
    fn code_and_marks_stay() {
        same(
            &SPACE_COMMENTS,
            "#!/bin/x\n##Title\n#---\n#RUN x\n#run x\n#apt-get update\n#cd /x\n#FOO=bar\n#make && x\n#\nFROM a\n",
        );
        same(&SPACE_COMMENTS, "FROM a\nRUN x \\\n#install x \\\n  y\n");
    }

    #[test]
    fn what_programs_read_stays() {
        same(
            &SPACE_COMMENTS,
            "#hadolint ignore=DL3006\n#region x\n#vim: ft=x\n#noqa\n#check=skip=all\n#dockerfmt-ignore\nFROM a\n",
        );
    }

    #[test]
    fn a_directive_stays_where_it_stands() {
        // BuildKit looks for `syntax` in the lines as they are, so an indented one is not found.
        same(&SPACE_COMMENTS, "  # syntax=x\nFROM a\n");
        same(&SPACE_COMMENTS, "#!/bin/x\n  # syntax=x\nFROM a\n");
        same(&SPACE_COMMENTS, "  #escape=`\nFROM a\n");
    }

    #[test]
    fn a_check_is_switched_neither_on_nor_off() {
        same(&SPACE_COMMENTS, "FROM a\n  # check=skip=all\nRUN x\n");
        check(
            &SPACE_COMMENTS,
            "FROM a\n# check=skip=all\n\n  #\n  # why\nRUN x\n",
            "FROM a\n# check=skip=all\n\n  #\n# why\nRUN x\n",
        );
    }

    #[test]
    fn blocks_keep_their_form() {
        check(
            &SPACE_COMMENTS,
            "FROM a\n\n  # a list:\n  #  one\n      # two\n # three\nRUN x\n",
            "FROM a\n\n# a list:\n#  one\n    # two\n# three\nRUN x\n",
        );
        same(&SPACE_COMMENTS, "FROM a\n#RUN x && \\\n    #y && \\\n  # z\nRUN z\n");
    }

    #[test]
    fn what_follows_a_continued_instruction_may_belong_to_it() {
        same(&SPACE_COMMENTS, "FROM a\nRUN x \\\n  y\n  # z\nRUN z\n");
        check(
            &SPACE_COMMENTS,
            "FROM a\nRUN x \\\n  y\n\n  # z\nRUN z\n",
            "FROM a\nRUN x \\\n  y\n\n# z\nRUN z\n",
        );
    }

    #[test]
    fn a_word_alone_stays() {
        same(&SPACE_COMMENTS, "#EOF\n#nginx\nFROM a\n");
        check(&SPACE_COMMENTS, "#Nginx\n#done.\nFROM a\n", "# Nginx\n# done.\nFROM a\n");
    }

    #[test]
    fn comments_inside_a_continuation_keep_their_indent() {
        same(&SPACE_COMMENTS, "FROM a\nRUN x \\\n  # c\n  y\n");
    }

    #[test]
    fn heredocs_onbuild_and_line_ends_stay() {
        same(&SPACE_COMMENTS, "FROM a\nRUN <<EOF\n  #Install it\nEOF\n");
        check(
            &SPACE_COMMENTS,
            "# escape=`\r\nFROM a\r\n  #Later\r\nONBUILD RUN x `\r\n  #and more\r\n  y\r\n",
            "# escape=`\r\nFROM a\r\n# Later\r\nONBUILD RUN x `\r\n  # and more\r\n  y\r\n",
        );
    }
}
