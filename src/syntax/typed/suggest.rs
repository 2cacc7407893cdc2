//! “Did you mean”: the known word that is nearest to the one that was written.

/// The option at the least distance below three. `None` where the word is one of them.
///
/// BuildKit walks a table without order, so where several are equally near its own choice changes from run to run;
/// here it is the one where two letters changed places, or else the first.
pub(super) fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut best = None;
    let mut limit = (3, 0);
    for option in options {
        if option == word {
            return None;
        }
        // A word of megabytes is near to nothing, and finding that out letter by letter takes long.
        if word.len() > 4 * (option.len() + 2) {
            continue;
        }
        let distance = (strsim::levenshtein(word, option), strsim::osa_distance(word, option));
        if distance < limit {
            limit = distance;
            best = Some(option);
        }
    }
    best
}

/// A message with its suggestion, in BuildKit's wording.
pub(super) fn with_suggestion(message: String, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(word) => format!("{message} (did you mean {word}?)"),
        None => message,
    }
}

/// `a`, `b` and `c`, each in backquotes.
pub(super) fn list(words: impl IntoIterator<Item = String>) -> String {
    let mut words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.pop() {
        None => String::new(),
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_within_two_is_chosen() {
        assert_eq!(nearest("ruin", ["add", "run", "user"]), Some("run"));
        assert_eq!(nearest("rnu", ["env", "run"]), Some("run"));
        assert_eq!(nearest("apk", ["add", "arg"]), Some("add"));
        assert_eq!(nearest("entry", ["entrypoint"]), None);
        assert_eq!(nearest("run", ["run", "rum"]), None);
    }
}
