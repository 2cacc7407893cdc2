//! Members and calls: what the well-known functions for paths, numbers and the environment make of their arguments.

use std::ops::Range;

use super::parts::{either, folder, join, merged, text, unknown};
use super::{Evaluator, Part};

impl Evaluator<'_> {
    /// A name with members and calls: `os.path.join(…)`, `process.env.PORT`.
    pub(super) fn chain(&self, range: Range<usize>, depth: usize) -> Vec<Part> {
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
            return match key {
                Some(name) if environment => vec![Part::Variable { name, default: None }],
                Some(name) if path == "config" || path.ends_with(".config") => self.setting(&name, depth),
                _ => unknown(),
            };
        }
        self.call(&path, at, depth)
    }

    /// `app.config["UPLOAD_FOLDER"]`, where the file gives it one value.
    fn setting(&self, name: &str, depth: usize) -> Vec<Part> {
        let code = self.code;
        let given = (0..code.len()).filter(|at| {
            code.is(at + 1, "]") && code.is(at + 2, "=") && code.string(*at).as_deref() == Some(name)
        });
        match given.collect::<Vec<_>>().as_slice() {
            [only] => self.expression(only + 3..super::expression_end(code, only + 3), depth),
            _ => unknown(),
        }
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
                _ => {
                    let field = || self.constants.field(path.rsplit('.').next()?);
                    self.constants.imported(path, at).or_else(field).unwrap_or_else(unknown)
                }
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
            // The default of a flag of the command line; a dash tells its name from that of a variable.
            "flag.String" | "flag.Int" | "flag.Uint" => {
                let default = arguments.nth(1).unwrap_or_else(unknown);
                match (self.code.string(open + 1), default.as_slice()) {
                    (Some(name), [Part::Text(text)]) => {
                        vec![Part::Variable { name: format!("-{name}"), default: Some(text.clone()) }]
                    }
                    _ => unknown(),
                }
            }
            "URL" => {
                let name = arguments.next().unwrap_or_else(unknown);
                join([folder(arguments.next().unwrap_or_else(unknown)), name])
            }
            _ if self.constants.is_helper(path.rsplit('.').next().unwrap_or(path)) => {
                self.environment(open, arguments)
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
