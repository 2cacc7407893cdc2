//! The syntax that `go.mod` and `go.work` share: lines of words, some of them in blocks.
//!
//! Follows the lexer of `golang.org/x/mod/modfile`; knows no directive by name.

/// One directive: `require a v1` alone, or a line of `require ( … )`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Directive {
    /// `require`, `replace`, `use` …
    pub(super) verb: String,
    /// The words after it, quotes removed.
    pub(super) words: Vec<String>,
    /// The comment at the end of its line, without the slashes.
    pub(super) comment: String,
    /// Its line, from 1.
    pub(super) line: usize,
}

/// All directives in order, or the line that is not understood.
pub(super) fn directives(text: &str) -> Result<Vec<Directive>, usize> {
    let mut directives = Vec::new();
    let mut block: Option<String> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (mut words, comment) = words(line).ok_or(number)?;
        if words.is_empty() {
            continue;
        }
        match &block {
            Some(_) if words == [")"] => block = None,
            Some(verb) => {
                directives.push(Directive { verb: verb.clone(), words, comment, line: number });
            }
            None => {
                let verb = words.remove(0);
                match words.as_slice() {
                    [open] if open == "(" => block = Some(verb),
                    [open, close] if open == "(" && close == ")" => {}
                    _ => directives.push(Directive { verb, words, comment, line: number }),
                }
            }
        }
    }
    if block.is_some() { Err(text.lines().count()) } else { Ok(directives) }
}

/// The words of one line and the comment after them; `None` for a quote that does not end or a `/*`, which the
/// format does not have.
fn words(line: &str) -> Option<(Vec<String>, String)> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            return Some((words, comment.trim().to_owned()));
        }
        if rest.starts_with("/*") {
            return None;
        }
        let length = match first {
            '`' => rest[1..].find('`')? + 2,
            '"' => quoted(rest)?,
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => 1,
            _ => bare(rest),
        };
        let (word, after) = rest.split_at(length);
        words.push(match first {
            '`' => word[1..length - 1].to_owned(),
            // Go's escapes that paths and versions could need are those of JSON.
            '"' => serde_json::from_str(word).ok()?,
            _ => word.to_owned(),
        });
        rest = after.trim_start();
    }
    Some((words, String::new()))
}

/// Length of the string in double quotes that `text` begins with.
fn quoted(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(at + 1)
    })
}

/// Length of the word without quotes that `text` begins with. A comment ends it even without a blank before.
fn bare(text: &str) -> usize {
    let ends = |(at, character): (usize, char)| {
        let stop = character.is_whitespace() || "()[]{},".contains(character) || text[at..].starts_with("//");
        stop.then_some(at)
    };
    text.char_indices().find_map(ends).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<String>, usize)> {
        let directives = directives(text).expect("readable");
        directives.into_iter().map(|directive| (directive.verb, directive.words, directive.line)).collect()
    }

    #[test]
    fn blocks_comments_and_quotes() {
        let text = "module \"a/b\" // why\n\nrequire (\n\tx v1 // indirect\n\t// no\n)\nuse ./`c d`\n";
        assert_eq!(directives(text).expect("readable")[1].comment, "indirect");
        let verbs: Vec<_> =
            read(text).into_iter().map(|(verb, words, line)| (verb, words.len(), line)).collect();
        assert_eq!(
            verbs,
            [("module".to_owned(), 1, 1), ("require".to_owned(), 1 + 1, 4), ("use".to_owned(), 2, 7)]
        );
        assert_eq!(read("module \"a/b\"")[0].1, ["a/b"]);
    }

    #[test]
    fn an_empty_block_and_an_arrow() {
        assert_eq!(read("require ()\nreplace a => ./b//c\n")[0].1, ["a", "=>", "./b"]);
    }

    #[test]
    fn what_does_not_end_names_its_line() {
        assert_eq!(directives("require (\n a v1\n"), Err(2));
        assert_eq!(directives("module \"a\n"), Err(1));
        assert_eq!(directives("/* no */"), Err(1));
    }
}
