//! `uppercase-keywords`: instructions and `AS` in capitals, as the Dockerfile reference writes them.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::KeywordCase;
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{Arguments, Instruction, Keyword};

/// Writes keywords in capitals.
pub(super) const UPPERCASE_KEYWORDS: Transform = Transform {
    name: "uppercase-keywords",
    summary: "write instruction keywords and `AS` in capitals",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &["BuildKit:ConsistentInstructionCasing", "BuildKit:FromAsCasing"],
    explain: "\
BuildKit reads keywords in any case, people read them best in capitals, as the Dockerfile reference has them.
`keyword-case` in the table `[layout]` of `dockfix.toml` asks for `lower` instead, or to `keep` them.
The instruction behind ONBUILD is left alone: BuildKit stores it as text, so its case is part of the image.
Always safe: nothing that gets built changes.",
    examples: &[
        Example { files: &[], before: "from a as b\nrun x\n", after: "FROM a AS b\nRUN x\n" },
        Example { files: &[], before: "FROM a\nONBUILD run x\n", after: "FROM a\nONBUILD run x\n" },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let case = input.options.layout.keyword_case();
    let written = |word: &str| match case {
        KeywordCase::Upper => word.to_ascii_uppercase(),
        KeywordCase::Lower => word.to_ascii_lowercase(),
        KeywordCase::Keep => word.to_owned(),
    };
    let text = input.source.text();
    let words = input.document.instructions.iter().flat_map(keywords);
    words
        .filter_map(|span| {
            let word = span.of(text);
            let new = written(word);
            (new != word).then(|| diagnostic(span, word, new, case))
        })
        .collect()
}

/// The keyword of an instruction, and the `AS` of a FROM, where each stands in one piece.
fn keywords(instruction: &Instruction) -> impl Iterator<Item = Span> {
    let name = (instruction.keyword != Keyword::Unknown).then_some(instruction.name);
    let alias = match (&instruction.arguments, instruction.keyword) {
        (Arguments::Words(words), Keyword::From) if words.len() == 3 => Some(words[1]),
        _ => None,
    };
    [name, alias].into_iter().flatten().filter_map(|word| instruction.source_span(word))
}

fn diagnostic(span: Span, word: &str, new: String, case: KeywordCase) -> Diagnostic {
    let wanted = if case == KeywordCase::Lower { "small letters" } else { "capitals" };
    Checks::default().fix(
        span,
        format!("`{word}` is not in {wanted}"),
        format!("write `{new}`"),
        vec![Edit::replace(span, new)],
        &[],
    )
}

#[cfg(test)]
mod tests {
    use super::UPPERCASE_KEYWORDS;
    use crate::config::{KeywordCase, LayoutOptions};
    use crate::transforms::testing::{check, check_laid_out, same};

    #[test]
    fn capitals_stay() {
        same(&UPPERCASE_KEYWORDS, "FROM a AS b\nRUN x\n");
    }

    #[test]
    fn a_keyword_broken_by_a_continuation_is_left_alone() {
        same(&UPPERCASE_KEYWORDS, "FROM a\nru\\\nn x\n");
    }

    #[test]
    fn a_comment_between_lines_stays() {
        check(&UPPERCASE_KEYWORDS, "from a\nrun x \\\n# y\n  z\n", "FROM a\nRUN x \\\n# y\n  z\n");
    }

    #[test]
    fn the_case_is_a_setting() {
        let case = |case| LayoutOptions { keyword_case: Some(case), ..LayoutOptions::default() };
        let text = "From a As b\nONBUILD RUN x\n";
        check_laid_out(&UPPERCASE_KEYWORDS, &case(KeywordCase::Lower), text, "from a as b\nonbuild RUN x\n");
        check_laid_out(&UPPERCASE_KEYWORDS, &case(KeywordCase::Keep), text, text);
    }

    #[test]
    fn unknown_words_stay() {
        same(&UPPERCASE_KEYWORDS, "FROM a as\n");
    }

    #[test]
    fn heredocs_and_line_ends_stay() {
        check(
            &UPPERCASE_KEYWORDS,
            "from a\r\nrun <<EOF\r\nrun x\r\nEOF\r\n",
            "FROM a\r\nRUN <<EOF\r\nrun x\r\nEOF\r\n",
        );
    }
}
