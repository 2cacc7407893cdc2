//! Shell trees over a whole corpus of real files; skipped loudly where there is none.

mod support;

use dockfix::shell::{Command, NotShell, Script, plain_words};
use dockfix::source::Source;
use dockfix::syntax::{Document, Keyword};
use support::{corpus, files};

/// The shell form of every RUN without heredocs.
fn texts(test: &str) -> Vec<(String, String)> {
    let Some(folder) = corpus::folder(test) else { return Vec::new() };
    let mut texts = Vec::new();
    for (path, bytes) in files::dockerfiles(&folder) {
        let Ok(source) = Source::from_bytes(&path, &bytes) else { continue };
        let document = Document::parse(&source);
        let runs = document.instructions.iter().filter(|instruction| instruction.keyword == Keyword::Run);
        for run in runs.filter(|run| run.heredocs.is_empty()) {
            texts.extend(run.shell_form().map(|(_, text)| (path.clone(), text.to_owned())));
        }
    }
    texts
}

#[test]
fn most_texts_have_a_tree_and_its_spans_add_up() {
    let texts = texts("most_texts_have_a_tree_and_its_spans_add_up");
    let mut refused = 0;
    for (path, text) in &texts {
        match Script::parse(text) {
            Ok(script) => check(path, &script),
            Err(NotShell::Syntax { .. } | NotShell::Doubtful { .. }) => refused += 1,
            Err(error) => panic!("{path}: {error}: {text}"),
        }
    }
    // What is refused is nearly all PowerShell.
    assert!(refused * 50 <= texts.len(), "{refused} of {} have no tree", texts.len());
}

fn check(path: &str, script: &Script) {
    let text = script.text();
    for item in &script.list().items {
        for link in &item.chain.rest {
            assert!(["&&", "||"].contains(&link.span.of(text)), "{path}: {text}");
        }
        for pipeline in item.chain.pipelines() {
            assert!(item.chain.span().contains(pipeline.span()), "{path}: {text}");
            for command in pipeline.commands() {
                assert!(pipeline.span().contains(command.span()), "{path}: {text}");
                if let Command::Compound(compound) = command {
                    let written = compound.span.of(text);
                    assert!(!written.starts_with(' ') && !written.ends_with(' '), "{path}: {written}");
                }
            }
        }
    }
    for placed in script.simple_commands() {
        let command = placed.command;
        let mut at = command.span.start();
        for word in &command.words {
            let written = word.span.of(text);
            assert!(at <= word.span.start() && command.span.contains(word.span), "{path}: {written}");
            assert!(!written.is_empty() && !written.starts_with([' ', '\t']), "{path}: {written:?}");
            for nested in word.nested() {
                assert!(word.span.contains(nested.span), "{path}: {written}");
            }
            at = word.span.end();
        }
    }
}

#[test]
fn a_command_without_shell_features_has_the_same_words_either_way() {
    for (path, text) in texts("a_command_without_shell_features_has_the_same_words_either_way") {
        let (Ok(words), Ok(script)) = (plain_words(&text), Script::parse(&text)) else { continue };
        let command = script.only_command().unwrap_or_else(|| panic!("{path}: not one command: {text}"));
        let values: Vec<Option<&str>> = words.iter().map(|word| Some(word.as_str())).collect();
        assert_eq!(command.argv(), values, "{path}: {text}");
        assert!(command.redirects.is_empty() && command.assignments.is_empty(), "{path}: {text}");
    }
}
