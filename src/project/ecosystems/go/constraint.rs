//! Whether a Go file is part of a build for Linux: `//go:build` expressions and file name endings.
//!
//! Three-valued: a tag of the author's own, the processor and cgo are not known here.

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const PROCESSORS: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
    "riscv64", "s390x", "wasm",
];

/// Whether the file with this name and constraint is built for Linux; `None` where that depends on what is not known.
pub(super) fn on_linux(file_name: &str, constraint: Option<&str>) -> Option<bool> {
    and(by_name(file_name), constraint.map_or(Some(true), |expression| Parser::new(expression).whole()))
}

/// `x_windows.go`, `x_linux_arm64.go`: the ending counts only behind a name.
fn by_name(file_name: &str) -> Option<bool> {
    let name = file_name.strip_suffix(".go").unwrap_or(file_name);
    let name = name.strip_suffix("_test").unwrap_or(name);
    let mut parts = name.split('_').skip(1).collect::<Vec<_>>();
    let last = parts.pop().unwrap_or_default();
    if SYSTEMS.contains(&last) {
        return Some(last == "linux");
    }
    if !PROCESSORS.contains(&last) {
        return Some(true);
    }
    match parts.pop() {
        Some(system) if SYSTEMS.contains(&system) && system != "linux" => Some(false),
        _ if last == "wasm" => Some(false),
        _ => None,
    }
}

fn tag(tag: &str) -> Option<bool> {
    match tag {
        "linux" | "unix" | "gc" => Some(true),
        // By custom nobody sets `ignore`: it marks files to run by hand.
        "gccgo" | "ignore" | "wasm" => Some(false),
        _ if SYSTEMS.contains(&tag) => Some(false),
        _ => None,
    }
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    and(one.map(|value| !value), other.map(|value| !value)).map(|value| !value)
}

/// How deep brackets and `!` may nest before the expression counts as not known.
const DEEPEST: usize = 50;

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn new(expression: &'t str) -> Parser<'t> {
        Parser { rest: expression.trim(), depth: 0 }
    }

    fn whole(&mut self) -> Option<bool> {
        let value = self.any();
        if self.rest.is_empty() { value } else { None }
    }

    fn any(&mut self) -> Option<bool> {
        let mut value = self.all();
        while self.eat("||") {
            value = or(value, self.all());
        }
        value
    }

    fn all(&mut self) -> Option<bool> {
        let mut value = self.one();
        while self.eat("&&") {
            value = and(value, self.one());
        }
        value
    }

    fn one(&mut self) -> Option<bool> {
        self.depth += 1;
        let value = if self.depth > DEEPEST {
            None
        } else if self.eat("!") {
            self.one().map(|value| !value)
        } else if self.eat("(") {
            let value = self.any();
            if self.eat(")") { value } else { None }
        } else {
            let is_tag = |character: char| character.is_alphanumeric() || "_.".contains(character);
            let length = self.rest.find(|character| !is_tag(character)).unwrap_or(self.rest.len());
            let (name, rest) = self.rest.split_at(length);
            self.rest = rest.trim_start();
            tag(name)
        };
        self.depth -= 1;
        value
    }

    fn eat(&mut self, mark: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(mark) else { return false };
        self.rest = rest.trim_start();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        assert_eq!(on_linux("a_windows.go", None), Some(false));
        assert_eq!(on_linux("a_windows_arm64.go", None), Some(false));
        assert_eq!(on_linux("a_linux.go", None), Some(true));
        assert_eq!(on_linux("a_arm64.go", None), None);
        assert_eq!(on_linux("windows.go", None), Some(true));
    }

    #[test]
    fn expressions() {
        for (expression, wanted) in [
            ("linux", Some(true)),
            ("!windows", Some(true)),
            ("ignore", Some(false)),
            ("darwin || (linux && !gccgo)", Some(true)),
            ("mytag", None),
            ("mytag && windows", Some(false)),
            ("mytag || unix", Some(true)),
            ("linux linux", None),
            ("(linux", None),
        ] {
            assert_eq!(on_linux("a.go", Some(expression)), wanted, "{expression}");
        }
    }

    #[test]
    fn deep_nesting_is_not_known() {
        assert_eq!(on_linux("a.go", Some(&"(".repeat(100_000))), None);
    }
}
