//! What an expression is worth, as far as that can be read off the file: texts, numbers, variables of the environment,
//! paths built from them.
//!
//! What cannot be read is [`Part::Unknown`], never a guess. Knows nothing of what the value is for.

mod constants;

use std::ops::Range;

pub(super) use self::constants::{Constants, expression_end};

use super::code::Code;
use super::language::Language;
use super::lexer::Kind;

/// A piece of a value; a value is its pieces joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Text(String),
    /// A variable of the environment, and what stands in for it where it is not set.
    Variable {
        name: String,
        default: Option<String>,
    },
    /// The folder of the file.
    Here,
    /// The working folder of the program.
    Work,
    /// The system's folder for temporary files.
    Temporary,
    /// Something that lives in memory or is a standard stream.
    Memory,
    Unknown,
}

/// How deep names of names are looked up, and expressions nested.
const DEPTH: usize = 12;

/// Reads expressions of one file.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'c> {
    pub(super) code: &'c Code,
    pub(super) constants: &'c Constants,
}

fn text(text: impl Into<String>) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

fn unknown() -> Vec<Part> {
    vec![Part::Unknown]
}

impl Evaluator<'_> {
    /// The value of the tokens in `range`.
    pub(super) fn value(&self, range: Range<usize>) -> Vec<Part> {
        merged(self.expression(range, DEPTH))
    }

    fn expression(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let Some(depth) = depth.checked_sub(1) else { return unknown() };
        if range.is_empty() {
            return unknown();
        }
        let (start, end) = (range.start, range.end);
        if code.is(start, "(") && code.pair(start) == Some(end - 1) {
            return self.expression(start + 1..end - 1, depth);
        }
        if let Some(at) = self.find(&range, &["||", "??", "or"]) {
            let first = merged(self.expression(start..at, depth));
            let second = merged(self.expression(at + 1..end, depth));
            return either(first, second);
        }
        if let Some(question) = self.find(&range, &["?"])
            && let Some(colon) = self.find(&(question + 1..end), &[":"])
        {
            let first = merged(self.expression(question + 1..colon, depth));
            let second = merged(self.expression(colon + 1..end, depth));
            let same =
                (start..question).map(|at| code.text(at)).eq((question + 1..colon).map(|at| code.text(at)));
            return if same || first == second { either(first, second) } else { unknown() };
        }
        if code.is_any(start, &["+", "await", "*", "&"])
            || code.is(start, "new") && !code.is(start + 1, "URL")
        {
            return self.expression(start + 1..end, depth);
        }
        if let Some(at) = self.find(&range, &["+"]) {
            let (first, second) = (self.expression(start..at, depth), self.expression(at + 1..end, depth));
            let numbers = code.kind(start) == Some(Kind::Number) && code.kind(end - 1) == Some(Kind::Number);
            return if numbers { unknown() } else { [first, second].concat() };
        }
        if code.language() == Language::Python
            && let Some(at) = self.find_last(&range, "/")
        {
            return join([self.expression(start..at, depth), self.expression(at + 1..end, depth)]);
        }
        self.operand(range, depth)
    }

    /// The first of these marks that stands in `range` outside of brackets.
    fn find(&self, range: &Range<usize>, marks: &[&str]) -> Option<usize> {
        let mut at = range.start;
        while at < range.end {
            if at > range.start && self.code.is_any(at, marks) {
                return Some(at);
            }
            at = self.code.after(at);
        }
        None
    }

    fn find_last(&self, range: &Range<usize>, mark: &str) -> Option<usize> {
        let mut found = None;
        let mut at = range.start;
        while at < range.end {
            if at > range.start && self.code.is(at, mark) {
                found = Some(at);
            }
            at = self.code.after(at);
        }
        found
    }

    fn operand(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let (start, end) = (range.start, range.end);
        match code.kind(start) {
            Some(Kind::TemplateStart) if code.pair(start) == Some(end - 1) => self.template(start, depth),
            Some(Kind::Text) if range.len() == 1 => code.string(start).map_or_else(unknown, text),
            Some(Kind::Text) if code.is(start + 1, ".") => self.format(start, end, depth),
            Some(Kind::Number) if range.len() == 1 => text(code.text(start).replace('_', "")),
            Some(Kind::Word) if range.len() == 1 => self.name(start, depth),
            Some(Kind::Word) => self.chain(range, depth),
            _ => unknown(),
        }
    }

    /// Python's `"…{}…".format(…)` and `"…".encode()`: only the text before the first field is known.
    fn format(&self, start: usize, end: usize, _depth: usize) -> Vec<Part> {
        let code = self.code;
        let whole = code.pair(start + 3) == Some(end - 1);
        let Some(value) = code.string(start).filter(|_| whole && code.is(start + 2, "format")) else {
            return unknown();
        };
        let known = value.split('{').next().unwrap_or_default().to_owned();
        vec![Part::Text(known), Part::Unknown]
    }

    fn template(&self, start: usize, depth: usize) -> Vec<Part> {
        let code = self.code;
        let end = code.pair(start).unwrap_or(start);
        let mut parts = Vec::new();
        let mut at = start + 1;
        while at < end {
            match code.kind(at) {
                Some(Kind::Piece) => parts.extend(code.piece(at, start).map(Part::Text)),
                Some(Kind::CodeStart) => {
                    let close = code.pair(at).unwrap_or(end);
                    parts.extend(self.expression(at + 1..close, depth));
                }
                _ => parts.push(Part::Unknown),
            }
            at = code.after(at);
        }
        parts
    }

    fn name(&self, at: usize, depth: usize) -> Vec<Part> {
        let name = self.code.text(at);
        match (self.code.language(), name) {
            (Language::JavaScript, "__dirname") => vec![Part::Here],
            (Language::JavaScript, "__filename") | (Language::Python, "__file__") => self.own_file(),
            _ => self.constant(name, at, depth),
        }
    }

    fn own_file(&self) -> Vec<Part> {
        let name = self.code.path().rsplit('/').next().unwrap_or_default();
        vec![Part::Here, Part::Text(format!("/{name}"))]
    }

    /// What a name stands for, seen from the token at `at`.
    fn constant(&self, name: &str, at: usize, depth: usize) -> Vec<Part> {
        match self.constants.assigned(name, at) {
            [only] => self.expression(only.clone(), depth),
            [first, second] if self.is_default(name, second.start) => {
                let value = merged(self.expression(first.clone(), depth));
                either(value, merged(self.expression(second.clone(), depth)))
            }
            [first, second] if self.is_conditional(second.start) => {
                let value = merged(self.expression(second.clone(), depth));
                match value.as_slice() {
                    [Part::Variable { .. }] => either(value, merged(self.expression(first.clone(), depth))),
                    _ => unknown(),
                }
            }
            _ => unknown(),
        }
    }

    /// Whether the value at `at` is given under `if name == "" {`, as programs in Go write a default.
    fn is_default(&self, name: &str, at: usize) -> bool {
        let code = self.code;
        (at.saturating_sub(40)..at).any(|head| {
            let test = code.is(head, "if")
                && (code.is(head + 1, name) || code.is(head + 1, "!") && code.is(head + 2, name));
            let block = (head..head + 6).find(|open| code.is(*open, "{"));
            let empty = code.is(head + 2, "==") && code.string(head + 3).is_some_and(|text| text.is_empty());
            let negated = code.is(head + 1, "!") || code.is(head + 1, "(");
            test && (empty || negated)
                && block.and_then(|open| code.pair(open)).is_some_and(|close| close > at)
        })
    }

    /// Whether the value at `at` is only given under some `if`.
    fn is_conditional(&self, at: usize) -> bool {
        let code = self.code;
        let covers = |head: usize| {
            let block = (head..at).find(|open| code.is(*open, "{"));
            code.is(head, "if") && block.and_then(|open| code.pair(open)).is_some_and(|close| close > at)
        };
        (at.saturating_sub(40)..at).any(covers)
    }

    /// A name with members and calls: `os.path.join(…)`, `process.env.PORT`.
    fn chain(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let start = if code.is(range.start, "new") { range.start + 1 } else { range.start };
        let mut path = code.text(start).to_owned();
        let mut at = start + 1;
        while at < range.end && code.is_any(at, &[".", "?."]) && code.word(at + 1).is_some() {
            path = format!("{path}.{}", code.text(at + 1));
            at += 2;
        }
        if at == range.end {
            return self.member(&path, start, depth);
        }
        let close = code.pair(at);
        if close != Some(range.end - 1) {
            return self.method(range, depth);
        }
        if code.is(at, "[") {
            let key = code.string(at + 1).filter(|_| close == Some(at + 2));
            let environment = matches!(path.as_str(), "process.env" | "os.environ" | "environ");
            return match key.filter(|_| environment) {
                Some(name) => vec![Part::Variable { name, default: None }],
                None => unknown(),
            };
        }
        self.call(&path, at, depth)
    }

    fn member(&self, path: &str, at: usize, depth: usize) -> Vec<Part> {
        if let Some(name) = path.strip_prefix("process.env.") {
            return vec![Part::Variable { name: name.to_owned(), default: None }];
        }
        match path {
            "import.meta.dirname" => vec![Part::Here],
            "import.meta.url" | "import.meta.filename" => self.own_file(),
            "sys.stdout" | "sys.stderr" | "os.Stdout" | "os.Stderr" | "process.stdout" | "process.stderr" => {
                vec![Part::Memory]
            }
            _ => match path.strip_suffix(".parent") {
                Some(name) if !name.contains('.') => folder(merged(self.constant(name, at, depth))),
                _ => unknown(),
            },
        }
    }

    /// `Path(__file__).resolve().parent`, `value.toString()`: what a call or a member makes of what stands before it.
    fn method(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
        let code = self.code;
        let last = range.end - 1;
        let (name_at, arguments) = match code.pair(last) {
            Some(open) if open > range.start && code.is(open, "(") => (open - 1, Some(open)),
            _ => (last, None),
        };
        if name_at < range.start + 2 || !code.is_any(name_at - 1, &[".", "?."]) {
            return unknown();
        }
        let before = merged(self.expression(range.start..name_at - 1, depth));
        match (code.text(name_at), arguments) {
            ("parent", None) => folder(before),
            ("resolve" | "absolute" | "toString" | "as_posix" | "expanduser" | "trim" | "strip", Some(_)) => {
                before
            }
            ("joinpath", Some(open)) => {
                join(std::iter::once(before).chain(self.arguments(open, depth)).collect::<Vec<_>>())
            }
            _ => unknown(),
        }
    }

    fn arguments(&self, open: usize, depth: usize) -> Vec<Vec<Part>> {
        let arguments = self.code.arguments(open).into_iter();
        arguments.map(|range| merged(self.expression(range, depth))).collect()
    }

    fn call(&self, path: &str, open: usize, depth: usize) -> Vec<Part> {
        let mut arguments = self.arguments(open, depth).into_iter();
        match path {
            "process.cwd" | "os.getcwd" | "Path.cwd" | "pathlib.Path.cwd" | "os.Getwd" => vec![Part::Work],
            "os.tmpdir" | "tmpdir" | "tempfile.gettempdir" | "gettempdir" | "os.TempDir" => {
                vec![Part::Temporary]
            }
            "BytesIO" | "io.BytesIO" | "StringIO" | "io.StringIO" => vec![Part::Memory],
            "parseInt" | "parseFloat" | "Number" | "String" | "normalizePort" | "int" | "str" | "float"
            | "strconv.Itoa" | "fileURLToPath" | "url.fileURLToPath" | "os.path.abspath"
            | "os.path.realpath" | "os.path.normpath" | "abspath" | "realpath" | "path.normalize"
            | "filepath.Clean" | "os.fspath" | "secure_filename" | "URL.toString" => {
                arguments.next().unwrap_or_else(unknown)
            }
            "path.join" | "join" | "os.path.join" | "filepath.Join" | "Path" | "pathlib.Path"
            | "PurePath" => {
                if arguments.len() == 0 {
                    vec![Part::Work]
                } else {
                    join(arguments.collect::<Vec<_>>())
                }
            }
            "path.resolve" | "resolve" => {
                let all: Vec<Vec<Part>> = arguments.collect();
                if all.is_empty() { vec![Part::Work] } else { join(all) }
            }
            "path.dirname" | "dirname" | "os.path.dirname" | "filepath.Dir" => {
                folder(arguments.next().unwrap_or_else(unknown))
            }
            "os.environ.get" | "os.getenv" | "getenv" | "environ.get" | "os.Getenv" | "Deno.env.get" => {
                self.environment(open, arguments)
            }
            "cmp.Or" => arguments.reduce(either).unwrap_or_else(unknown),
            "net.JoinHostPort" => {
                let host = arguments.next().unwrap_or_else(unknown);
                [host, text(":"), arguments.next().unwrap_or_else(unknown)].concat()
            }
            "fmt.Sprintf" => sprintf(arguments),
            // The default of a flag of the command line.
            "flag.String" | "flag.Int" | "flag.Uint" => arguments.nth(1).unwrap_or_else(unknown),
            "URL" => {
                let name = arguments.next().unwrap_or_else(unknown);
                join([folder(arguments.next().unwrap_or_else(unknown)), name])
            }
            _ => unknown(),
        }
    }

    fn environment(&self, open: usize, mut arguments: impl Iterator<Item = Vec<Part>>) -> Vec<Part> {
        let Some(name) = self.code.string(open + 1) else { return unknown() };
        let variable = vec![Part::Variable { name, default: None }];
        arguments.next();
        match arguments.next() {
            Some(default) => either(variable, default),
            None => variable,
        }
    }
}

/// `first || second`
fn either(first: Vec<Part>, second: Vec<Part>) -> Vec<Part> {
    match (first.as_slice(), second.as_slice()) {
        ([Part::Variable { name, default: None }], [Part::Text(value)]) => {
            vec![Part::Variable { name: name.clone(), default: Some(value.clone()) }]
        }
        ([Part::Variable { name, default: None }], [Part::Variable { default: Some(value), .. }]) => {
            vec![Part::Variable { name: name.clone(), default: Some(value.clone()) }]
        }
        ([Part::Text(_) | Part::Here | Part::Work], _) => first,
        _ if first == second => first,
        _ => unknown(),
    }
}

fn join(values: impl IntoIterator<Item = Vec<Part>>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for value in values {
        let absolute = match value.first() {
            Some(Part::Text(text)) => text.starts_with('/'),
            Some(Part::Here | Part::Work | Part::Temporary) => true,
            _ => false,
        };
        if joined.is_empty() || absolute && !matches!(joined.last(), Some(Part::Here | Part::Work)) {
            joined = value;
        } else {
            joined.push(Part::Text("/".to_owned()));
            joined.extend(value);
        }
    }
    merged(joined)
}

/// The folder that the path stands in.
fn folder(value: Vec<Part>) -> Vec<Part> {
    let mut value = value;
    match value.last_mut() {
        Some(Part::Text(text)) => {
            let cut = text.trim_end_matches('/').rfind('/');
            match cut {
                Some(cut) => text.truncate(cut),
                None => text.clear(),
            }
            value.retain(|part| *part != Part::Text(String::new()));
            if value.is_empty() { vec![Part::Work] } else { value }
        }
        Some(Part::Here | Part::Work) => {
            value.push(Part::Text("/..".to_owned()));
            value
        }
        _ => unknown(),
    }
}

/// `fmt.Sprintf` with `%s`, `%d` and `%v` alone.
fn sprintf(mut arguments: impl Iterator<Item = Vec<Part>>) -> Vec<Part> {
    let format = match arguments.next().as_deref() {
        Some([Part::Text(format)]) => format.clone(),
        _ => return unknown(),
    };
    let mut parts = Vec::new();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        parts.push(Part::Text(rest[..at].to_owned()));
        match rest.get(at + 1..at + 2) {
            Some("s" | "d" | "v") => parts.extend(arguments.next().unwrap_or_else(unknown)),
            _ => parts.push(Part::Unknown),
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    parts.push(Part::Text(rest.to_owned()));
    merged(parts)
}

/// Neighbouring texts as one, empty ones gone.
fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    let was_empty = parts.is_empty() || parts == [Part::Text(String::new())];
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => out.push(part),
        }
    }
    if was_empty {
        out = text("");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of `x` in a file that gives it one.
    fn value(source: &str, path: &str) -> String {
        let language = Language::of_path(path).unwrap();
        let code = Code::new(path, source.to_owned(), language);
        let constants = Constants::of(&code);
        let at =
            (0..code.len()).find(|at| code.is(*at, "use") && code.is(at + 1, "(")).expect("a call of use");
        let range = code.arguments(at + 1).into_iter().next().unwrap();
        let parts = Evaluator { code: &code, constants: &constants }.value(range);
        let show = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Variable { name, default } => {
                format!("${{{name}{}}}", default.as_ref().map_or(String::new(), |value| format!(":-{value}")))
            }
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
        assert_eq!(
            of("BASE = Path(__file__).resolve().parent.parent\nuse(BASE / 'a' / 'b')"),
            "<here>/../a/b"
        );
        assert_eq!(
            of("B = os.path.dirname(os.path.abspath(__file__))\nuse(os.path.join(B, 'x'))"),
            "<here>/x"
        );
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
            ":80"
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
        assert_eq!(value("let a; a = f(); use(a)", "x.js"), "?");
    }
}
