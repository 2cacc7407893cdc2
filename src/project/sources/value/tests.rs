use super::*;

/// The value of `x` in a file that gives it one.
fn value(source: &str, path: &str) -> String {
    let language = Language::of_path(path).unwrap();
    let code = Code::new(path, source.to_owned(), language);
    let constants = Constants::of(&code);
    let at = (0..code.len()).find(|at| code.is(*at, "use") && code.is(at + 1, "(")).expect("a call of use");
    let range = code.arguments(at + 1).into_iter().next().unwrap();
    let parts = Evaluator::new(&code, &constants).value(range);
    let show = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable { name, default } => {
            format!("${{{name}{}}}", default.as_ref().map_or(String::new(), |value| format!(":-{value}")))
        }
        Part::Otherwise(name) => format!("[else {name}]"),
        Part::Here => "<here>".to_owned(),
        Part::Work => "<work>".to_owned(),
        Part::Temporary => "<tmp>".to_owned(),
        Part::Memory => "<memory>".to_owned(),
        Part::Unknown => "?".to_owned(),
    };
    parts.iter().map(show).collect()
}

#[test]
fn javascript_is_read() {
    let of = |source| value(source, "src/x.js");
    assert_eq!(of("use(3000)"), "3000");
    assert_eq!(of("const PORT = process.env.PORT || 3000;\nuse(PORT)"), "${PORT:-3000}");
    assert_eq!(of("const port = normalizePort(process.env.PORT || '3000')\nuse(port)"), "${PORT:-3000}");
    assert_eq!(of("use(parseInt(process.env['P'] ?? '80', 10))"), "${P:-80}");
    assert_eq!(of("use(Number(process.env.PORT) || 8080)"), "${PORT:-8080}");
    assert_eq!(of("use(process.env.P ? process.env.P : 1)"), "${P:-1}");
    assert_eq!(of("use(path.join(__dirname, 'views', name))"), "<here>/views/?");
    assert_eq!(of("const d = './up/'; use(`${d}${name}.txt`)"), "./up/?.txt");
    assert_eq!(of("use(path.join(os.tmpdir(), 'x'))"), "<tmp>/x");
    assert_eq!(of("use('a' + b + 'c')"), "a?c");
}

#[test]
fn python_is_read() {
    let of = |source| value(source, "app/x.py");
    assert_eq!(of("port = int(os.environ.get('PORT', 8080))\nuse(port)"), "${PORT:-8080}");
    assert_eq!(of("use(os.getenv('P') or 5000)"), "${P:-5000}");
    assert_eq!(of("BASE = Path(__file__).resolve().parent.parent\nuse(BASE / 'a' / 'b')"), "<here>/../a/b");
    assert_eq!(of("B = os.path.dirname(os.path.abspath(__file__))\nuse(os.path.join(B, 'x'))"), "<here>/x");
    assert_eq!(of("P = 'a/b'\nwith open(P) as f: use(P)"), "a/b");
    assert_eq!(of("use(f'out/{name}.csv')"), "out/?.csv");
    assert_eq!(of("use('out/{}.csv'.format(name))"), "out/?");
}

#[test]
fn go_is_read() {
    let of = |source| value(source, "x.go");
    assert_eq!(
        of(
            "func f() { port := os.Getenv(\"PORT\")\nif port == \"\" {\nport = \"8080\"\n}\nuse(\":\" + port) }"
        ),
        ":${PORT:-8080}"
    );
    assert_eq!(
        of("var p = flag.Int(\"port\", 80, \"\")\nfunc f() { use(fmt.Sprintf(\":%d\", *p)) }"),
        ":${-port:-80}"
    );
    assert_eq!(
        of("func f() { p := \"80\"; if v := os.Getenv(\"P\"); v != \"\" { p = v }; use(p) }"),
        "${P:-80}"
    );
    assert_eq!(of("const (\n port = \"80\"\n)\nfunc f() { use(\":\"+port) }"), ":80");
}

#[test]
fn scopes_are_told_apart() {
    let text =
        "var port = norm(process.env.P || 1)\nuse(port)\nfunction norm(v) { var port = v; return port }";
    assert_eq!(value(&text.replace("norm", "normalizePort"), "x.js"), "${P:-1}");
    assert_eq!(value("a = 1\ndef f():\n  a = 2\n  use(a)", "x.py"), "2");
    assert_eq!(value("a = 1\ndef f():\n  global a\n  a = 2\nuse(a)", "x.py"), "?");
    assert_eq!(value("let a = 1; function f() { a = 2 }; use(a)", "x.js"), "?");
    assert_eq!(value("let a = 1; function f(a) { a = 2 }; use(a)", "x.js"), "1");
    assert_eq!(value("var a = 1\nfunc g(a int) {}\nfunc f() { use(a) }", "x.go"), "1");
}

#[test]
fn what_varies_is_unknown() {
    assert_eq!(value("let a = 1; a = 2; use(a)", "x.js"), "?");
    assert_eq!(value("const a = 1; function f(a) { use(a) }", "x.js"), "?");
    assert_eq!(value("const a = 1; const f = a => use(a)", "x.js"), "?");
    assert_eq!(value("a = 1\ndef f(a):\n  use(a)", "x.py"), "?");
    assert_eq!(value("a = 1\nfor a in b: use(a)", "x.py"), "?");
    assert_eq!(value("a := 1\nfunc f(a int) { use(a) }", "x.go"), "?");
    assert_eq!(value("const { a = 1 } = b; use(a)", "x.js"), "?");
    let many = format!("a = {}\nuse(a)", ["a"; 30].join(" + "));
    assert!(value(&many, "x.py").contains('?'));
    assert_eq!(value("let a; a = f(); use(a)", "x.js"), "?");
}
