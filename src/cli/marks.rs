//! What the text of a file says about itself: that it is generated, or that it is a template.
//!
//! Looks at text and syntax only; whether such a file is left alone is for the caller to decide.

use dockfix::syntax::{Document, Heredoc, Instruction, Keyword, TokenKind};

/// Words in the comments at the top by which generators ask not to touch their output.
const GENERATED: &[&str] = &["@generated", "do not edit", "generated via"];

/// Template marks, how they begin and end: Jinja, Go, ERB and their kin.
const MARKS: &[(&str, &str)] = &[("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// The line, from 1, at which the comments at the top say that the file is generated.
pub(super) fn generated(text: &str) -> Option<usize> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.lines().take_while(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with('#')
    });
    let says = |line: &str| {
        let line = line.to_ascii_lowercase();
        GENERATED.iter().any(|word| line.contains(word))
    };
    header.enumerate().find(|(_, line)| says(line)).map(|(at, _)| at + 1)
}

/// The offset of the first template mark.
///
/// Not every `{{` is one. Commands take Go templates as arguments (`docker inspect -f '{{.Id}}'`), and heredocs hold
/// files of any kind; so a mark does not count in a heredoc, nor within quotes in a command or a comment.
pub(super) fn template(document: &Document) -> Option<usize> {
    let text = document.text();
    let mut starts: Vec<usize> = MARKS.iter().flat_map(|(open, close)| closed(text, open, close)).collect();
    starts.sort_unstable();
    starts.into_iter().find(|&at| !is_literal(document, at))
}

/// Where `open` stands with `close` after it on the same line.
fn closed<'t>(text: &'t str, open: &'t str, close: &'t str) -> impl Iterator<Item = usize> + 't {
    text.match_indices(open).map(|(at, _)| at).filter(move |at| {
        let rest = &text[at + open.len()..];
        rest.lines().next().is_some_and(|line| line.contains(close))
    })
}

fn is_literal(document: &Document, at: usize) -> bool {
    let text = document.text();
    let token = document.tokens.iter().find(|token| token.span.start() <= at && at < token.span.end());
    if let Some(comment) = token.filter(|token| token.kind == TokenKind::Comment) {
        return in_quotes(comment.span.of(text), at - comment.span.start());
    }
    let within = |instruction: &&Instruction| instruction.span.start() <= at && at < instruction.span.end();
    let Some(instruction) = document.instructions.iter().find(within) else { return false };
    let in_body = |heredoc: &Heredoc| heredoc.body.start() <= at && at < heredoc.body.end();
    instruction.heredocs.iter().any(in_body)
        || runs_commands(instruction.keyword)
            && in_quotes(instruction.span.of(text), at - instruction.span.start())
}

fn runs_commands(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Run
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Healthcheck
            | Keyword::Shell
            | Keyword::Onbuild
    )
}

/// Whether the place lies between two quotes of the same kind.
fn in_quotes(text: &str, at: usize) -> bool {
    let mut open = None;
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate() {
        if index == at {
            break;
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' if open != Some(b'\'') => escaped = true,
            b'\'' | b'"' if open.is_none() => open = Some(byte),
            _ if open == Some(byte) => open = None,
            _ => {}
        }
    }
    // An apostrophe opens nothing: nobody closes it.
    open.is_some_and(|quote| text[at..].bytes().any(|byte| byte == quote))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockfix::source::Source;

    fn template_line(text: &str) -> Option<usize> {
        let source = Source::new("f", text).expect("a small text");
        template(&Document::parse(&source)).map(|at| source.line(at))
    }

    #[test]
    fn templates() {
        for text in [
            "FROM {{ base }}\n",
            "FROM a\n{% if x %}\nRUN y\n{% endif %}\n",
            "FROM a\nRUN <%= command %>\n",
            "FROM a\nRUN pip install x=={{ version }}\n",
            "FROM a\nENV A=\"{{ a }}\"\n",
            "# {{ ansible_managed }}\nFROM a\n",
            "# don't edit {{ ansible_managed }}\nFROM a\n",
        ] {
            assert!(template_line(text).is_some(), "{text}");
        }
        assert_eq!(template_line("FROM a\nRUN b 'c' {{ d }}\n"), Some(2));
    }

    #[test]
    fn marks_that_are_meant_literally() {
        for text in [
            "FROM a\nRUN docker inspect -f '{{ .Id }}' x\n",
            "FROM a\nRUN cp $(go list -m -f='{{.Dir}}' x) /y\n",
            "FROM a\nHEALTHCHECK CMD [\"x\", \"--format\", \"{{.State}}\"]\n",
            "FROM a\nRUN git log --format='%aN <%aE>' | sort\n",
            "FROM a\nRUN mkdir -p x/{{a,b},c}\n",
            "FROM a\nRUN cat > /etc/x <<EOF\nserver_name {{ name }};\nEOF\n",
            "FROM a\nCOPY <<EOF /x\n<%= a %>\nEOF\n",
            "FROM a\n# ssh `docker inspect -f '{{ .Ip }}' x`\nRUN y\n",
            "FROM a\nRUN x \\\n  # docker inspect -f '{{ .Ip }}'\n  y\n",
            "FROM a\nENV X={a:{b:1}}\n",
        ] {
            assert_eq!(template_line(text), None, "{text}");
        }
    }

    #[test]
    fn generated_is_said_at_the_top() {
        assert_eq!(generated("#\n# NOTE: THIS DOCKERFILE IS GENERATED VIA \"x\"\nFROM a\n"), Some(2));
        assert_eq!(generated("\u{feff}# @generated\n"), Some(1));
        assert_eq!(generated("\n# Code generated by x. DO NOT EDIT.\n"), Some(2));
        assert_eq!(generated("FROM a\n# DO NOT EDIT\n"), None);
    }
}
