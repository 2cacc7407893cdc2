//! Whether a command makes a link of a name that leads to a folder.

use crate::transforms::shipped::below;

/// Whether shell text that runs `ln` may make a link of the folder, or of one above it.
///
/// Where a `cd` goes to says nothing: it makes no link, and a text says the same once its `cd` has become WORKDIR.
pub(super) fn may_make(text: &str, folder: &str) -> bool {
    let absolute = |word: &str| word.len() > 1 && word.starts_with('/') && below(folder, word).is_some();
    // A relative name may stand in any folder, and a link without a name of its own gets that of what it leads to.
    let named = |word: &str| {
        let name = word.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        !name.is_empty() && folder.split('/').any(|part| part == name)
    };
    let commands: Vec<Vec<&str>> = text.split([';', '&', '|', '\n']).map(without_cd).collect();
    let runs_ln = |words: &[&str]| words.iter().any(|word| word.ends_with("ln"));
    // What a variable or a loop hands to `ln` may stand in another command.
    let leads = |words: &Vec<&str>| {
        let own = runs_ln(words);
        words.iter().any(|word| absolute(word) || own && named(word))
    };
    commands.iter().any(|words| runs_ln(words)) && commands.iter().any(leads)
}

/// The words of a command, but for each `cd` and its folder.
fn without_cd(command: &str) -> Vec<&str> {
    let mut words = command.split([' ', '\t', '"', '\'', '(', ')']).filter(|word| !word.is_empty());
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        if word == "cd" {
            words.next();
        } else {
            kept.push(word);
        }
    }
    kept
}
