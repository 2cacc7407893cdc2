//! Reads the imports of Go, and what is done with them.

use std::collections::HashSet;

use super::code::Code;
use super::names::{Names, Target, Use, chain, methods};

/// `package_name` gives the name that a package has in code, where it is not the last part of its path; `is_local` says
/// whether a package belongs to the project.
pub(super) fn read(
    code: &Code,
    package_name: impl Fn(&str) -> Option<String>,
    is_local: impl Fn(&str) -> bool,
) -> Names {
    let mut names = Names::default();
    for at in 0..code.len() {
        if !code.is(at, "import") || !code.is_fresh(at) {
            continue;
        }
        if !code.is(at + 1, "(") {
            import(code, &mut names, at + 1, &package_name);
            continue;
        }
        let mut next = at + 2;
        let end = code.pair(at + 1).unwrap_or(code.len());
        while next < end {
            if code.is(next, ";") {
                next += 1;
                continue;
            }
            next = import(code, &mut names, next, &package_name).max(next + 1);
        }
    }
    let mut taken = HashSet::new();
    let found: Vec<(usize, &str)> = code.names().collect();
    for (at, name) in found {
        let Some(targets) = names.bindings.get(name) else { continue };
        // A package is no value: without a member the word is a variable or a field of the same name.
        if names.declares(at) || !code.is(at + 1, ".") {
            continue;
        }
        let mut chain = chain(code, at);
        if code.is(chain.end + 1, "{") {
            chain.call = Some(chain.end + 1); // a value of a type: `http.Server{Addr: …}`
        }
        for target in targets.clone() {
            if is_local(&target.module) {
                // Only the first member belongs to the package; what follows are members of a value.
                taken.extend(at..=at + 2);
                continue;
            }
            taken.extend(at..=chain.end);
            names.uses.push(Use { target: target.member(&chain.member), call: chain.call, at });
        }
    }
    names.methods = methods(code, &taken);
    names
}

/// Reads `name "path"`, where the name may be missing, `_` or `.`, and gives the token after it.
fn import(
    code: &Code,
    names: &mut Names,
    at: usize,
    package_name: &impl Fn(&str) -> Option<String>,
) -> usize {
    let named = code.string(at).is_none();
    let at_path = if named { at + 1 } else { at };
    let Some(path) = code.string(at_path) else { return at };
    names.import(&path, at_path);
    if path == "C" {
        return at_path + 1;
    }
    let target = Target::new(&path, "");
    match (named, code.text(at)) {
        (true, "_") => {}
        // Everything of the package is in the file without its name.
        (true, ".") => names.uses.push(Use { target, call: None, at: at_path }),
        (true, name) => {
            names.bind(name, at, target);
        }
        (false, _) => {
            let name = package_name(&path).unwrap_or_else(|| last_part(&path));
            names.bind(&name, at_path, target);
        }
    }
    at_path + 1
}

/// The name that a package most likely has: the last part of its path that is no version.
fn last_part(path: &str) -> String {
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let part = path.rsplit('/').find(|part| !is_version(part)).unwrap_or(path);
    let part = part.split_once(".v").map_or(part, |(name, _)| name);
    part.strip_prefix("go-").unwrap_or(part).trim_end_matches(".go").trim_end_matches("-go").replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::sources::Language;

    fn uses(text: &str) -> Vec<String> {
        let code = Code::new("x.go", text.to_owned(), Language::Go);
        let called = |used: &Use| if used.call.is_some() { "()" } else { "" };
        let shown = |used: &Use| format!("{}:{}{}", used.target.module, used.target.member, called(used));
        read(&code, |_| None, |_| false).uses.iter().map(shown).collect()
    }

    #[test]
    fn packages_are_known_by_name_or_alias() {
        assert_eq!(uses("package a\nimport \"os\"\nfunc f() { os.Create(p) }"), ["os:Create()"]);
        assert_eq!(
            uses("import (\n\tf \"os\"\n\t_ \"embed\"\n\t\"net/http\"\n)\nvar x = f.Args; http.Get(u)"),
            ["os:Args", "net/http:Get()"]
        );
        assert_eq!(
            uses("import \"github.com/labstack/echo/v4\"\nvar e = echo.New()"),
            ["github.com/labstack/echo/v4:New()"]
        );
        assert_eq!(
            uses("import \"gopkg.in/yaml.v3\"\nvar e = yaml.Marshal(x)"),
            ["gopkg.in/yaml.v3:Marshal()"]
        );
    }

    #[test]
    fn a_dot_hands_on_everything() {
        assert_eq!(uses("import . \"os\"\nvar f = Create(p)"), ["os:"]);
    }

    #[test]
    fn strings_comments_and_fields_use_nothing() {
        assert_eq!(uses("import \"os\"\n// os.Create(p)\nvar s = `os.Create(p)`; x.os.Create(p)"), [""; 0]);
    }
}
