//! What one comment says, in the ways of writing of several tools.

use super::Speaker;

/// What a comment asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pragma {
    pub(super) speaker: Speaker,
    pub(super) verb: Verb,
    pub(super) names: Vec<String>,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    /// Leave alone what stands below.
    Ignore,
    /// Leave alone the whole file.
    IgnoreEverywhere,
    /// Leave alone everything from here on.
    Off,
    /// The end of that.
    On,
    /// It is addressed to us and says nothing that we know.
    Wrong(String),
}

/// Reads a comment with its `#`; `None` where it is addressed to no tool that we listen to. BuildKit's own comments
/// follow other rules: see [`check_value`].
pub(super) fn read(comment: &str) -> Option<Pragma> {
    let text = comment.trim_start_matches('#').trim();
    if let Some(rest) = text.strip_prefix("dockfix:") {
        return Some(ours(rest.trim()));
    }
    if text == "dockerfmt-ignore" || text.starts_with("dockerfmt-ignore ") {
        let names = vec!["all".to_owned()];
        return Some(Pragma { speaker: Speaker::Dockerfmt, verb: Verb::Ignore, names });
    }
    let tools = [("hadolint", Speaker::Hadolint), ("tally", Speaker::Tally)];
    let (rest, speaker) =
        tools.into_iter().find_map(|(name, speaker)| Some((text.strip_prefix(name)?, speaker)))?;
    let rest = after_blank(rest)?;
    let (verb, rest) = match rest.strip_prefix("global").and_then(after_blank) {
        Some(rest) => (Verb::IgnoreEverywhere, rest),
        None => (Verb::Ignore, rest),
    };
    let names = list(rest.strip_prefix("ignore")?.trim_start().strip_prefix('=')?);
    (!names.is_empty()).then_some(Pragma { speaker, verb, names })
}

fn after_blank(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    (rest.len() < text.len()).then_some(rest)
}

/// What follows `dockfix:`.
fn ours(text: &str) -> Pragma {
    // What stands behind two dashes is for people.
    let said = match text.split_once("--") {
        Some((said, _)) => said.trim(),
        None => text,
    };
    let (verb, names) = match said.split_once('=') {
        _ if said == "off" => (Verb::Off, Vec::new()),
        _ if said == "on" => (Verb::On, Vec::new()),
        Some((verb, names)) if verb.trim() == "ignore" => match whole_list(names) {
            Some(names) => (Verb::Ignore, names),
            None => {
                let message = "takes names with commas between them, and a reason after ` -- `";
                (Verb::Wrong(message.to_owned()), Vec::new())
            }
        },
        _ => {
            let word = said.split([' ', '=']).next().unwrap_or_default();
            let message = format!("says `{word}`, but only `ignore=…`, `off` and `on` are known");
            (Verb::Wrong(message), Vec::new())
        }
    };
    Pragma { speaker: Speaker::Dockfix, verb, names }
}

/// Names with commas between them, up to whatever else follows.
fn list(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in text.split(',') {
        let part = part.trim_start();
        let end = part.find(|letter: char| !is_name(letter)).unwrap_or(part.len());
        if end == 0 {
            break;
        }
        names.push(part[..end].to_owned());
        if !part[end..].trim().is_empty() {
            break;
        }
    }
    names
}

/// The same where nothing else may follow.
fn whole_list(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    names.iter().all(|name| !name.is_empty() && name.chars().all(is_name)).then_some(names)
}

fn is_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-_.:/".contains(letter)
}

/// The options of an attached comment `check=…` (without its `#`), up to the first space: what BuildKit reads as a
/// directive of that name. An indented comment keeps its `#` in the list of attached comments and so is none.
pub(super) fn check_value(comment: &str) -> Option<&str> {
    let blank = |letter: char| matches!(letter, '\t' | '\n' | '\u{c}' | '\r' | ' ');
    let (name, value) = comment.split_once('=')?;
    if !name.trim_end_matches(blank).eq_ignore_ascii_case("check") {
        return None;
    }
    Some(value.trim_matches(blank).split(' ').next().unwrap_or_default())
}

/// The rules that options of checks skip; of several lists the last one counts. Options that BuildKit refuses skip
/// nothing.
pub(super) fn check_skips(options: &str) -> Vec<String> {
    let mut skips = Vec::new();
    for option in options.splitn(3, ';') {
        match option.split_once('=').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("skip", rules)) => {
                skips = rules.split(',').map(|rule| rule.trim().to_owned()).collect();
            }
            Some(("experimental" | "error", _)) => {}
            _ => return Vec::new(),
        }
    }
    skips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(comment: &str, speaker: Speaker, verb: Verb, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(read(comment), Some(Pragma { speaker, verb, names }));
    }

    #[test]
    fn comments_of_hadolint() {
        check("# hadolint ignore=DL3006,SC1035", Speaker::Hadolint, Verb::Ignore, &["DL3006", "SC1035"]);
        check(
            "#hadolint  ignore = DL3006 , DL3007 # why",
            Speaker::Hadolint,
            Verb::Ignore,
            &["DL3006", "DL3007"],
        );
        check("# hadolint global ignore=DL3006", Speaker::Hadolint, Verb::IgnoreEverywhere, &["DL3006"]);
        for other in
            ["# hadolint shell=bash", "# hadolintx ignore=DL3006", "# hadolint ignore=", "# see hadolint"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn comments_of_tally_and_dockerfmt() {
        check("# tally ignore=hadolint/DL3006;reason=x", Speaker::Tally, Verb::Ignore, &["hadolint/DL3006"]);
        check("# tally global ignore=all", Speaker::Tally, Verb::IgnoreEverywhere, &["all"]);
        check("# dockerfmt-ignore", Speaker::Dockerfmt, Verb::Ignore, &["all"]);
        assert_eq!(read("# dockerfmt-ignored"), None);
    }

    #[test]
    fn comments_of_ours() {
        check(
            "# dockfix: ignore=add-user, DL3009 -- it needs root",
            Speaker::Dockfix,
            Verb::Ignore,
            &["add-user", "DL3009"],
        );
        check("#dockfix:off", Speaker::Dockfix, Verb::Off, &[]);
        check("# dockfix: on -- again", Speaker::Dockfix, Verb::On, &[]);
        for (wrong, word) in
            [("# dockfix: ingore=a", "`ingore`"), ("# dockfix: ignore=a b", "commas"), ("# dockfix:", "``")]
        {
            let Some(Pragma { verb: Verb::Wrong(message), .. }) = read(wrong) else { panic!("{wrong}") };
            assert!(message.contains(word), "{message}");
        }
    }

    #[test]
    fn comments_of_buildkit() {
        assert_eq!(check_value("check=skip=A,B;error=true why"), Some("skip=A,B;error=true"));
        assert_eq!(check_value("Check = skip=A"), Some("skip=A"));
        assert_eq!(check_value("# check=skip=A"), None);
        assert_eq!(check_value("recheck=skip=A"), None);
        assert_eq!(check_skips("skip=A, B"), ["A", "B"]);
        assert_eq!(check_skips("error=true;skip=all"), ["all"]);
        assert_eq!(check_skips("skip=A;experimental=x;skip=B;x"), ["B;x"]);
        assert!(check_skips("skip=A;wrong").is_empty());
        assert!(check_skips("error=true").is_empty());
    }
}
