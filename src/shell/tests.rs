//! What trees say about texts: traps that real files hold, one after the other.

use super::walk::ShellOptions;
use super::*;

fn parse(text: &str) -> Script {
    Script::parse(text).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

/// The texts of a script's simple commands.
fn commands(text: &str) -> Vec<String> {
    let script = parse(text);
    script.simple_commands().iter().map(|placed| placed.command.span.of(text).to_owned()).collect()
}

/// The words of the only command, as written.
fn words(text: &str) -> Vec<String> {
    let script = parse(text);
    let command = script.only_command().expect("one command");
    command.words.iter().map(|word| word.span.of(text).to_owned()).collect()
}

/// The values of the words of the only command.
fn values(text: &str) -> Vec<Option<String>> {
    let script = parse(text);
    let command = script.only_command().expect("one command");
    command.argv().into_iter().map(|value| value.map(str::to_owned)).collect()
}

/// The guards of the command whose text begins with `name`.
fn guards(text: &str, name: &str) -> Guards {
    let script = parse(text);
    let commands = script.simple_commands();
    let found = commands.iter().find(|placed| placed.command.span.of(text).starts_with(name));
    found.unwrap_or_else(|| panic!("no `{name}` in {text}")).guards
}

/// The commands, shortest names, of which the script's success proves theirs.
fn proven(text: &str) -> Vec<String> {
    let script = parse(text);
    let commands = script.simple_commands();
    let proven = commands.iter().filter(|placed| placed.guards.must_succeed());
    proven.map(|placed| placed.command.span.of(text).to_owned()).collect()
}

#[test]
fn a_comment_swallows_the_rest_of_joined_text() {
    let text = "pip install markdown # note  && rm -rf x";
    assert_eq!(commands(text), ["pip install markdown"]);
    assert_eq!(parse(text).comments()[0].of(text), "# note  && rm -rf x");
    assert_eq!(parse(text).only_command().map(|_| ()), None);
    assert_eq!(commands("a#b c"), ["a#b c"]);
}

#[test]
fn operators_have_their_own_spans() {
    let text = "a && b || c | d |& e; f & g";
    let script = parse(text);
    let items = &script.list().items;
    assert_eq!(items.len(), 3);
    let links: Vec<_> = items[0].chain.rest.iter().map(|link| (link.connector, link.span.of(text))).collect();
    assert_eq!(links, [(Connector::And, "&&"), (Connector::Or, "||")]);
    let pipes: Vec<_> =
        items[0].chain.rest[1].pipeline.rest.iter().map(|piped| piped.span.of(text)).collect();
    assert_eq!(pipes, ["|", "|&"]);
    let ends: Vec<_> = items.iter().map(|item| item.end.map(|end| (end.kind, end.span.of(text)))).collect();
    assert_eq!(ends, [Some((EndKind::Semicolon, ";")), Some((EndKind::Background, "&")), None]);
    assert_eq!(items[0].chain.span().of(text), "a && b || c | d |& e");
}

#[test]
fn line_ends_separate_too() {
    let text = "a # x\n\n# note\nb; c\n";
    let script = parse(text);
    let kinds: Vec<_> = script.list().items.iter().map(|item| item.end.map(|end| end.kind)).collect();
    assert_eq!(kinds, [Some(EndKind::Newline), Some(EndKind::Semicolon), Some(EndKind::Newline)]);
    assert_eq!(script.comments().len(), 2);
}

#[test]
fn words_have_values_only_where_every_shell_agrees() {
    let some = |value: &str| Some(value.to_owned());
    assert_eq!(values(r#"a 'b c'"d" e\ f "\$g""#), [some("a"), some("b cd"), some("e f"), some("$g")]);
    assert_eq!(values("rm x/{a,b} y{} {}"), [some("rm"), None, some("y{}"), some("{}")]);
    assert_eq!(values("ls *.js ~/x 'a*' a[b]"), [some("ls"), None, None, some("a*"), None]);
    assert_eq!(values("a $'b' \"$c\" `d` $((1+1))"), [some("a"), None, None, None, None]);
    assert_eq!(values("a '' b$ $"), [some("a"), some(""), some("b$"), some("$")]);
    // Lines continued inside quotes arrive joined, with the blanks of the next line.
    assert_eq!(values("a 'b    c'"), [some("a"), some("b    c")]);
}

#[test]
fn offsets_are_bytes_in_the_whole_text() {
    let text = "echo café ☃ && apt-get install naïve-pkg $(ünï é)";
    assert_eq!(commands(text), ["echo café ☃", "apt-get install naïve-pkg $(ünï é)", "ünï é"]);
}

#[test]
fn characters_beyond_ascii_beside_escapes_do_not_panic() {
    for text in ["${*; fi;;{ a,\"$x\"` && \\`x `{ fié`", "a \\`é `b\\`é`", "é() { é; }", "\"\\\"${é}\""]
    {
        let _ = Script::parse(text);
    }
}

#[test]
fn substitutions_are_walked_at_any_depth() {
    assert_eq!(
        commands("a $(b $(c `d`) \"$(e)\") <(f)"),
        ["a $(b $(c `d`) \"$(e)\") <(f)", "b $(c `d`) \"$(e)\"", "c `d`", "d", "e", "f"]
    );
    assert_eq!(commands("A=$(b) c ${D:-$(e)} > $(f)"), ["A=$(b) c ${D:-$(e)} > $(f)", "b", "e", "f"]);
    assert!(guards("a $(b)", "b").substitution);
    assert!(!guards("a $(b)", "b").must_succeed());
}

#[test]
fn a_substitution_that_cannot_be_looked_into_is_told() {
    let script = parse("a `b \\`c\\``");
    assert!(script.has_opaque_part());
    assert_eq!(script.simple_commands().len(), 1);
    assert!(!parse("a `b`").has_opaque_part());
}

#[test]
fn variables_are_named_with_their_place() {
    let text = "a \"$B-${C:-$D}\" $((E+1)) ${#F} '$G' \\$H $?";
    let script = parse(text);
    let command = script.only_command().expect("one");
    let names: Vec<_> =
        command.words.iter().flat_map(Word::variables).map(|variable| &*variable.name).collect();
    assert_eq!(names, ["B", "C", "D", "E", "F", "?"]);
    let places: Vec<_> = command.words[1].variables().iter().map(|variable| variable.span.of(text)).collect();
    assert_eq!(places, ["$B", "${C:-$D}", "$D"]);
    assert!(command.words[1].has_expansion() && !command.words[4].has_expansion());
}

#[test]
fn variables_beside_escapes_are_found_all_the_same() {
    // The package misplaces what follows an escape in such words.
    let text = r#"sed -i s/"\(v\).*"/"\1\"${A:-$B}\""/ x && sed s/"\(v\)"/"\1\"$C\""/ "#;
    let script = parse(text);
    let commands = script.simple_commands();
    let words = commands.iter().flat_map(|placed| &placed.command.words);
    let names: Vec<_> = words.flat_map(Word::variables).map(|variable| &*variable.name).collect();
    assert_eq!(names, ["A", "B", "C"]);
}

#[test]
fn redirections_are_no_words() {
    let text = "a b >c 2>&1 d <e &>>f 2>/dev/null >&2";
    let script = parse(text);
    let command = script.only_command().expect("one");
    assert_eq!(words(text), ["a", "b", "d"]);
    let redirects: Vec<_> =
        command.redirects.iter().map(|redirect| (redirect.kind, redirect.span.of(text))).collect();
    assert_eq!(
        redirects,
        [
            (RedirectKind::Write, ">c"),
            (RedirectKind::Duplicate, "2>&1"),
            (RedirectKind::Read, "<e"),
            (RedirectKind::AppendBoth, "&>>f"),
            (RedirectKind::Write, "2>/dev/null"),
            (RedirectKind::Duplicate, ">&2"),
        ]
    );
    assert!(matches!(command.redirects[1].target, Target::Descriptor));
    assert!(matches!(&command.redirects[0].target, Target::File(word) if word.literal() == Some("c")));
}

#[test]
fn here_documents_keep_their_body() {
    let text = "cat <<E >x && b\nline $A $(c)\nE\nd <<'F'\n$B\nF\n";
    assert_eq!(commands(text), ["cat <<E >x", "c", "b", "d <<'F'"]);
    let script = parse(text);
    let all = script.simple_commands();
    let heredoc = |index: usize| match &all[index].command.redirects[0].target {
        Target::Heredoc(heredoc) => heredoc,
        _ => panic!("a here-document"),
    };
    assert_eq!(heredoc(0).body.span.of(text), "line $A $(c)\n");
    assert_eq!(heredoc(0).body.variables().len(), 1);
    assert_eq!(heredoc(3).body.literal(), Some("$B\n"));
}

#[test]
fn assignments_stand_before_the_command() {
    let script = parse("A=b C='d e' F= G=$H I+=x make");
    let command = script.only_command().expect("one");
    let values: Vec<_> =
        command.assignments.iter().map(|assignment| (&*assignment.name, assignment.literal())).collect();
    assert_eq!(values, [("A", Some("b")), ("C", Some("d e")), ("F", Some("")), ("G", None), ("I", None)]);
    assert_eq!(command.name(), Some("make"));
    assert_eq!(parse("A=b").only_command().expect("one").words.len(), 0);
    assert_eq!(words("export A=b C=\"$D\" E"), ["export", "A=b", "C=\"$D\"", "E"]);
    assert_eq!(values_of_export(), [Some("A=b".to_owned()), None]);
}

fn values_of_export() -> Vec<Option<String>> {
    values("export A=b C=\"$D\"").split_off(1)
}

#[test]
fn builtins_of_the_shell_are_commands_too() {
    assert_eq!(words("exit 1"), ["exit", "1"]);
    assert_eq!(words("A=b >x exit"), ["exit"]);
    assert_eq!(words("set -eux"), ["set", "-eux"]);
    assert_eq!(words("declare -a x"), ["declare", "-a", "x"]);
}

#[test]
fn compound_commands_are_walked() {
    let text = "if a; then b; elif c; then d; else e; fi >log; for x in $(f) g; do h; done; \
                while i; do j; done; until k; do l; done; case $(m) in a|b) n;; *) o;; esac; \
                p() { q; }; (r; s); { t; } 2>&1; [[ -f $(u) ]] && ! v; time w";
    assert_eq!(
        commands(text),
        [
            "a", "b", "c", "d", "e", "f", "h", "i", "j", "k", "l", "m", "n", "o", "q", "r", "s", "t", "u",
            "v", "time w"
        ]
    );
}

#[test]
fn spans_of_groups_hold_their_brackets() {
    let text = "a && ( b; c ) >x && { d; } && if e; then f; fi";
    let script = parse(text);
    let chain = &script.list().items[0].chain;
    let spans: Vec<_> = chain.pipelines().map(|pipeline| pipeline.span().of(text)).collect();
    assert_eq!(spans, ["a", "( b; c ) >x", "{ d; }", "if e; then f; fi"]);
}

#[test]
fn only_what_cannot_fail_unseen_is_proven() {
    for (text, names) in [
        ("a", vec!["a"]),
        ("a && b && c", vec!["a", "b", "c"]),
        ("a; b", vec!["b"]),
        ("a || b", vec![]),
        ("a || b && c", vec!["c"]),
        ("a && b || c", vec![]),
        ("a && b; c", vec!["c"]),
        ("set -e; a; b", vec!["a", "b"]),
        ("set -eux; a && b; c", vec!["c"]),
        ("set -o errexit; a; set +e; b; c", vec!["a", "set +e", "c"]),
        ("set -ex && a; b", vec!["b"]),
        ("a | b", vec!["b"]),
        ("set -eo pipefail; a | b; c", vec!["a", "b", "c"]),
        ("! a", vec![]),
        ("a & b", vec!["b"]),
        ("(a && b) && c", vec!["a", "b", "c"]),
        ("(a; b); c", vec!["c"]),
        ("{ a && b; }; c", vec!["c"]),
        ("set -e; { a && b; }; c", vec!["c"]),
        ("set -e; { a; b; } && c", vec!["b", "c"]),
        ("if a; then b; fi", vec![]),
        ("for x in y; do b; done && c", vec!["c"]),
        ("f() { a; }; f", vec!["f"]),
        ("a && exit 0 && b", vec!["a", "exit 0"]),
        ("a || exit 1; b", vec!["b"]),
        ("[ x ] || exit; b", vec![]),
        ("a && exec b && c", vec!["a", "exec b"]),
        ("(exit 0); b", vec!["b"]),
    ] {
        assert_eq!(proven(text), names, "{text}");
    }
}

#[test]
fn guards_tell_where_a_command_stands() {
    assert!(guards("a && b", "b").top_level());
    assert!(!guards("a && (b)", "b").top_level());
    assert!(guards("a && (b)", "b").subshell);
    assert!(!guards("a && { b; }", "b").subshell);
    assert!(guards("a | b", "b").piped);
    assert!(guards("a & b", "a").background);
    assert!(guards("if a; then b; fi", "a").always_runs());
    assert!(!guards("if a; then b; fi", "b").always_runs());
    assert!(!guards("if a; then b; elif c; then d; fi", "c").always_runs());
    assert!(guards("f() { a; }", "a").function);
    assert!(parse("f() { a; }; f").simple_commands()[1].calls_function);
}

#[test]
fn options_of_the_shell_count() {
    let text = "a | b; c";
    let options = ShellOptions { errexit: true, pipefail: true };
    let script = parse(text);
    assert!(script.simple_commands_under(options).iter().all(|placed| placed.guards.must_succeed()));
}

#[test]
fn what_does_not_parse_has_no_tree() {
    for text in [
        "a &&",
        "a 'b",
        "a \"b",
        "a $(b",
        "a ${b",
        "a `b",
        "if a; then b",
        "( a",
        "a )",
        "{ a",
        "a \\",
        "rm -f x/{A B C}",
        "a @(b",
        "case a in b) c",
        "a; ; b",
        "a b (c d)",
        "(a) b",
        "& a",
        "$x = (New-Object b)",
    ] {
        assert!(Script::parse(text).is_err(), "{text}");
    }
}

#[test]
fn hostile_texts_are_refused_at_once() {
    // The default stack of a thread is two megabytes; half of it has to do.
    let run = || {
        for opener in [
            "(",
            "((",
            "{ ",
            "$(",
            "$((",
            "`",
            "${",
            "${a:-",
            "\"$(",
            "'",
            "if ",
            "case x in a) ",
            "while a; do ",
            "f() { ",
            "[[ ( ",
            "<(",
            "a && ",
            "a | ",
            "a; ",
            "! ",
            "cat <<E ",
            "\\",
            "{a,",
            "a=(",
            "a[",
            "${a[",
            "$(( a[",
            "time ",
            "coproc ",
            "@(",
            "$(echo ",
            "\"\\\"$a\" ",
        ] {
            for bytes in [1_000, 20_000, 1_000_000] {
                let text = opener.repeat(bytes / opener.len());
                let _ = Script::parse(&text);
                let _ = plain_words(&text);
            }
        }
        let words = "a ".repeat(50_000);
        assert_eq!(parse(&words).list().items.len(), 1);
        assert!(matches!(Script::parse(&"a ".repeat(500_000)), Err(NotShell::TooLong { .. })));
        assert!(matches!(Script::parse(&"$(".repeat(40)), Err(NotShell::TooDeep)));
    };
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(run).expect("a thread");
    thread.join().expect("no panic");
}

#[test]
fn a_text_is_parsed_once() {
    let cache = ShellCache::default();
    let first = cache.parse("a b");
    assert!(std::sync::Arc::ptr_eq(&first, &cache.parse("a b")));
    assert!(cache.parse("a 'b").is_err());
    assert_eq!(cache.len(), 2);
}
