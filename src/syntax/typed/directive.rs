//! The value of the `check` directive.

use super::super::quote::quote;
use super::super::{DirectiveName, Step, SyntaxError, lexer};
use super::mount::boolean;
use crate::source::Span;

/// What BuildKit refuses about `# check=…` at the top.
pub(super) fn check(text: &str) -> Option<SyntaxError> {
    let span = check_value(text)?;
    let message = problem(span.of(text))?;
    Some(SyntaxError {
        step: Step::Convert,
        span,
        message: format!("failed to parse check options: {message}"),
        help: Some("write `skip=all` or `skip=Rule,Rule`, and after a `;` perhaps `error=true`".to_owned()),
    })
}

/// The value up to its first space.
///
/// This directive is looked for by other rules than those of [`super::super::Document::directives`]: a first line
/// `#!…` is passed over, an indented comment ends the search, and a line loses one carriage return at its end, not all.
pub(in crate::syntax) fn check_value(text: &str) -> Option<Span> {
    let mut at = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    if text[at..].starts_with("#!") {
        at += text[at..].find('\n')? + 1;
    }
    if !text[at..].starts_with('#') {
        return None;
    }
    let mut seen = Vec::new();
    loop {
        let line = text[at..].split_inclusive('\n').next()?;
        let content = line.strip_suffix('\n').unwrap_or(line);
        let end = at + content.strip_suffix('\r').unwrap_or(content).len();
        let directive = lexer::read_directive(text, Span::new(at, end))?;
        if seen.contains(&directive.name) {
            return None;
        }
        if directive.name == DirectiveName::Check {
            let start = directive.value.start();
            let length = directive.value.of(text).find(' ').unwrap_or(directive.value.len());
            return Some(Span::new(start, start + length));
        }
        seen.push(directive.name);
        at += line.len();
    }
}

fn problem(value: &str) -> Option<String> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    value.splitn(3, ';').find_map(|part| {
        let Some((key, value)) = part.split_once('=') else {
            return Some(format!("invalid check option {}", quote(part)));
        };
        match key.trim() {
            "skip" | "experimental" => None,
            "error" if boolean(value.trim()).is_some() => None,
            "error" => {
                let (part, value) = (quote(part), quote(value.trim()));
                let cause = format!("strconv.ParseBool: parsing {value}: invalid syntax");
                Some(format!("failed to parse check option {part}: {cause}"))
            }
            other => Some(format!("invalid check option {}", quote(other))),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_message(text: &str, expected: Option<&str>) {
        let message = check(text).map(|error| error.message);
        assert_eq!(
            message.as_deref(),
            expected.map(|cause| format!("failed to parse check options: {cause}")).as_deref()
        );
    }

    #[test]
    fn options_are_three_pairs_at_most() {
        check_message("# check=skip=A,B;error=true\nFROM a", None);
        check_message(
            "# check=error=maybe\n",
            Some(
                r#"failed to parse check option "error=maybe": strconv.ParseBool: parsing "maybe": invalid syntax"#,
            ),
        );
        check_message("# check=skip\n", Some(r#"invalid check option "skip""#));
        check_message("# check=skip=A;error=1;skip=B;x\n", None);
        check_message("# check=skip=A rest=x\n", None);
        check_message("# syntax=x\n# check=skipp=A\n", Some(r#"invalid check option "skipp""#));
    }

    #[test]
    fn the_directive_is_looked_for_in_raw_lines() {
        check_message("#!/usr/bin/env x\n# check=y\n", Some(r#"invalid check option "y""#));
        check_message("\u{feff}# check=y\n", Some(r#"invalid check option "y""#));
        check_message(" # check=y\n", None);
        check_message("# plain\n# check=y\n", None);
        check_message("#escape=\r\r\n# check=y\n", Some(r#"invalid check option "y""#));
        check_message("# syntax=a\n# syntax=b\n# check=y\n", None);
    }
}
