//! The layout-free view of a file: equality of meaning, in three grades.

use super::shell_words::shell_words;
use crate::syntax::{Arguments, DirectiveName, Document, Instruction, JoinedSpan, Keyword, Separator};

/// How much two instructions have in common when they count as equal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// A shell text has the same words and operators; the blanks between them may differ (the cache of that RUN is
    /// lost once).
    SameWords,
    /// BuildKit hands on the same strings; case of keywords and blanks between flags may differ.
    SameString,
    /// The joined text is the same, byte for byte.
    SameBytes,
}

/// An instruction without its layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogicalInstruction {
    keyword: Keyword,
    form: &'static str,
    values: Vec<String>,
    /// `# check=` comments that BuildKit attaches to it.
    checks: Vec<String>,
}

/// A file without its layout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Logical {
    directives: Vec<(DirectiveName, String)>,
    instructions: Vec<LogicalInstruction>,
}

impl Logical {
    /// The view of a whole file.
    pub fn of(document: &Document, grade: Grade) -> Logical {
        let directives = document.directives.iter();
        Logical {
            directives: directives
                .map(|directive| (directive.name, directive.value.of(document.text()).to_owned()))
                .collect(),
            instructions: document.instructions.iter().map(|at| instruction(document, at, grade)).collect(),
        }
    }

    /// Index of the first instruction in which the two views differ; the length where only the ends or the
    /// directives differ; `None` if they are equal.
    pub fn first_difference(&self, other: &Logical) -> Option<usize> {
        if self == other {
            return None;
        }
        let pairs = self.instructions.iter().zip(&other.instructions);
        Some(pairs.take_while(|(one, other)| one == other).count())
    }
}

/// One instruction without its layout.
pub fn instruction(document: &Document, at: &Instruction, grade: Grade) -> LogicalInstruction {
    let mut values = Vec::new();
    let form = match grade {
        Grade::SameBytes => {
            values.push(at.joined.text().to_owned());
            "bytes"
        }
        _ => parts(at, grade, &mut values),
    };
    for heredoc in &at.heredocs {
        values.push(format!("{} {} {} {}", heredoc.name, heredoc.expand, heredoc.chomp, heredoc.descriptor));
        values.push(heredoc.body.of(document.text()).to_owned());
    }
    let comments = document.comments_of(at).iter().map(|span| span.of(document.text()));
    let checks = comments.filter(|text| text.starts_with("check")).map(str::to_owned).collect();
    LogicalInstruction { keyword: at.keyword, form, values, checks }
}

/// Flags and arguments as strings; says in which form the arguments are.
fn parts(at: &Instruction, grade: Grade, values: &mut Vec<String>) -> &'static str {
    values.extend(at.flags.iter().map(|flag| flag.text.to_string()));
    values.push("--".to_owned());
    if at.keyword == Keyword::Unknown {
        values.push(at.joined.text().trim().to_owned());
        return "unknown";
    }
    arguments(at, &at.arguments, grade, values)
}

fn arguments(at: &Instruction, from: &Arguments, grade: Grade, values: &mut Vec<String>) -> &'static str {
    let text = |span: JoinedSpan| at.text(span).to_owned();
    let is_shell_text =
        matches!(at.keyword, Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
    match from {
        Arguments::Empty => "empty",
        Arguments::Shell(span) => {
            match grade {
                Grade::SameWords if is_shell_text => {
                    values.extend(shell_words(at.text(*span)).into_iter().map(str::to_owned));
                }
                _ => values.push(text(*span)),
            }
            "shell"
        }
        Arguments::Raw(span) => {
            values.push(text(*span));
            "raw"
        }
        Arguments::Exec { words, .. } => {
            values.extend(words.iter().map(|word| word.value.to_string()));
            "exec"
        }
        Arguments::Words(words) => {
            values.extend(words.iter().map(|word| text(*word)));
            if at.keyword == Keyword::From
                && let [.., alias, _] = values.as_mut_slice()
            {
                alias.make_ascii_uppercase();
            }
            "words"
        }
        Arguments::KeyValues(pairs) => {
            for pair in pairs {
                values.push(text(pair.key));
                values.push(pair.value.map(text).unwrap_or_default());
                values.push(if pair.separator == Separator::Blank { " " } else { "=" }.to_owned());
            }
            "pairs"
        }
        Arguments::Health { kind, command } => {
            values.push(at.text(*kind).to_ascii_uppercase());
            arguments(at, command, grade, values)
        }
        // BuildKit stores the child as text, down to the blanks at its end, so its layout is part of the image.
        Arguments::Trigger(_) => {
            let stored = &at.joined.text()[at.name.end()..];
            values.push(stored.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']).to_owned());
            "trigger"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn logical(text: &str) -> Logical {
        Logical::of(&Document::parse(&Source::new("Dockerfile", text).unwrap()), Grade::SameWords)
    }

    #[test]
    fn blanks_after_a_trigger_are_part_of_the_image() {
        assert_ne!(logical("FROM a\nONBUILD RUN x"), logical("FROM a\nONBUILD RUN x "));
        assert_eq!(logical("FROM a\nONBUILD RUN x"), logical("FROM a\nonbuild   RUN x"));
    }
}
