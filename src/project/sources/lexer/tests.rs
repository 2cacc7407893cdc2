use proptest::prelude::*;

use super::*;
use Kind::*;

/// The tokens of `text` as kind and text, comments too.
#[track_caller]
fn tokens<'t>(text: &'t str, path: &str) -> Vec<(Kind, &'t str)> {
    let language = Language::of_path(path).expect("a known extension");
    let lexed = lex(text, language, path);
    assert_eq!(lexed.fault, None, "{text}");
    lexed.tokens.iter().map(|token| (token.kind, token.span.of(text))).collect()
}

/// The tokens that are code: no strings, no comments.
#[track_caller]
fn words<'t>(text: &'t str, path: &str) -> Vec<&'t str> {
    tokens(text, path).into_iter().filter(|(kind, _)| *kind == Word).map(|(_, text)| text).collect()
}

#[track_caller]
fn value(text: &str, path: &str) -> String {
    let language = Language::of_path(path).expect("a known extension");
    let lexed = lex(text, language, path);
    let token = lexed.tokens.first().expect("one token");
    assert_eq!(lexed.tokens.len(), 1, "{text}");
    decode(text, token, language).expect("a plain string")
}

#[track_caller]
fn fault(text: &str, path: &str) -> &'static str {
    let language = Language::of_path(path).expect("a known extension");
    lex(text, language, path).fault.expect("a fault").what
}

#[test]
fn comments_and_strings_are_not_code() {
    assert_eq!(words("a /* b 'c */ \"d\" // e\nf", "x.js"), ["a", "f"]);
    assert_eq!(words("a # b 'c\n'd' f", "x.py"), ["a", "f"]);
    assert_eq!(words("a /* b */ `c \" \\` 'd' // e\nf", "x.go"), ["a", "f"]);
}

#[test]
fn regular_expression_hides_its_quotes() {
    assert_eq!(words("x = /[/'\"]/g; y", "x.js"), ["x", "y"]);
    assert_eq!(words("s.replace(/'/g, t)", "x.js"), ["s", "replace", "t"]);
    assert_eq!(words("return /`/.test(u)", "x.js"), ["return", "test", "u"]);
    assert_eq!(words("if (a) /'/.exec(b)", "x.js"), ["if", "a", "exec", "b"]);
    assert_eq!(words("}\n/'/.exec(b)", "x.js"), ["exec", "b"]);
}

#[test]
fn division_is_no_regular_expression() {
    assert_eq!(words("a / b / c", "x.js"), ["a", "b", "c"]);
    assert_eq!(words("f(a) / g[1] / '/'; d", "x.js"), ["f", "a", "g", "d"]);
    assert_eq!(words("x.return / y / z", "x.js"), ["x", "return", "y", "z"]);
    assert_eq!(words("a++ / b / c", "x.js"), ["a", "b", "c"]);
}

#[test]
fn code_inside_templates_is_code() {
    assert_eq!(words("`a ${b + `c ${d} '`} e` + f", "x.js"), ["b", "d", "f"]);
    assert_eq!(words("`${ {a: '}'} }` + b", "x.js"), ["a", "b"]);
    assert_eq!(words("f'{{no}} {a!r:>{b}} {c[\"k\"]}' + d", "x.py"), ["a", "r", "b", "c", "d"]);
    assert_eq!(words("f'''{a\n} ' {b}''' + c", "x.py"), ["a", "b", "c"]);
    assert_eq!(words("rf'\\{a}' + f'\\N{BULLET}' + b", "x.py"), ["a", "b"]);
    assert_eq!(words("f'{d[\"a\":\"b\"]}' f'{x:%H:%M}' e", "x.py"), ["d", "x", "e"]);
}

#[test]
fn template_without_code_is_a_plain_string() {
    assert_eq!(tokens("`a`", "x.js"), [(Text, "`a`")]);
    assert_eq!(value("`a\\`$b`", "x.js"), "a`$b");
    assert_eq!(value("f'{{a}}'", "x.py"), "{a}");
}

#[test]
fn strings_are_decoded() {
    assert_eq!(value(r"'a\'b\n\x41\u0042\u{43}'", "x.js"), "a'b\nABC");
    assert_eq!(value(r"r'a\n'", "x.py"), r"a\n");
    assert_eq!(value(r#""""a"b""""#, "x.py"), "a\"b");
    assert_eq!(value("RB'x'", "x.py"), "x");
    assert_eq!(value(r"`a\n`", "x.go"), r"a\n");
    assert_eq!(value("'a\\\n b'", "x.py"), "a b");
}

#[test]
fn raw_string_of_python_goes_on_after_an_escaped_quote() {
    assert_eq!(words(r"r'\'' + a", "x.py"), ["a"]);
}

#[test]
fn element_of_jsx_hides_its_text() {
    let text = "const a = <p title='it \"s'>Don't {b('c')} <br/> `</p>; d";
    assert_eq!(words(text, "x.jsx"), ["const", "a", "p", "title", "b", "br", "p", "d"]);
    assert_eq!(words("return (<>it's</>) / e", "x.js"), ["return", "e"]);
    assert_eq!(words("x = <A b={<C/>}>{d ? <E>'</E> : f}</A>", "x.tsx").len(), 9);
}

#[test]
fn type_parameters_are_no_element() {
    assert_eq!(words("const f = <T,>(x: T) => 'a'", "x.tsx"), ["const", "f", "T", "x", "T"]);
    assert_eq!(words("const f = <T>(x: T) => x", "x.ts"), ["const", "f", "T", "x", "T", "x"]);
    assert_eq!(words("a < b && c > d", "x.js"), ["a", "b", "c", "d"]);
    assert_eq!(words("(1<<a) - b", "x.js"), ["a", "b"]);
    assert_eq!(words("new Map<string, A>() ; e", "x.tsx"), ["new", "Map", "string", "A", "e"]);
}

#[test]
fn numbers_hold_together() {
    let numbers = |text| tokens(text, "x.js").into_iter().filter(|(kind, _)| *kind == Number).count();
    assert_eq!(numbers("1 0x1F 1.5e-3 .5 10_000 1n"), 6);
    assert_eq!(tokens("a?.5:b", "x.js")[2], (Number, ".5"));
    assert_eq!(tokens("a?.b", "x.js")[1], (Mark, "?."));
}

#[test]
fn fresh_marks_the_first_token_of_a_line() {
    let fresh = |text: &'static str, path| {
        let lexed = lex(text, Language::of_path(path).unwrap(), path);
        let fresh = lexed.tokens.into_iter().filter(|token| token.fresh);
        fresh.map(|token| token.span.of(text)).collect::<Vec<_>>()
    };
    assert_eq!(fresh("a(\nb)\nc \\\n d\n\ne", "x.py"), ["a", "c", "e"]);
    assert_eq!(fresh("(a\n)\n[b]", "x.py"), ["(", "["]);
    assert_eq!(fresh("a(\nb)", "x.js"), ["a", "b"]);
}

#[test]
fn what_cannot_be_read_is_a_fault() {
    assert_eq!(fault("'a\nb'", "x.js"), "a string that does not end");
    assert_eq!(fault("`a ${b", "x.js"), "the file ends inside a string");
    assert_eq!(fault("/* a", "x.go"), "a comment that does not end");
    assert_eq!(fault("'''a", "x.py"), "a string that does not end");
    assert_eq!(fault(r"f\u0073.x()", "x.js"), "a backslash outside of a string");
    assert_eq!(fault("x = <p>a", "x.jsx"), "an element that does not end");
}

proptest! {
    /// Tokens come in order and only blanks lie between them, whatever the text.
    #[test]
    fn lexer_is_total(text in r#"[a-f0-9'"`{}$<>/\\ \n#:=.()\[\]é*]{0,60}"#) {
        for path in ["x.js", "x.tsx", "x.ts", "x.py", "x.go"] {
            let language = Language::of_path(path).unwrap();
            let lexed = lex(&text, language, path);
            let mut at = 0;
            for token in &lexed.tokens {
                prop_assert!(token.span.start() >= at);
                let between = &text[at..token.span.start()];
                prop_assert!(between.chars().all(|c| c.is_whitespace() || c == '\\'), "{between:?}");
                prop_assert!(!token.span.is_empty());
                decode(&text, token, language);
                at = token.span.end();
            }
        }
    }
}
