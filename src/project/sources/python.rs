//! Reads the imports of Python, and what is done with them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::code::Code;
use super::names::{Import, Names, Target, Use, chain, methods};

/// Built-in functions that reach files or code.
const BUILTINS: &[&str] = &["open", "exec", "eval", "__import__", "__builtins__"];

/// How many times names of names are followed.
const ROUNDS: usize = 8;

/// `main` says whether the file is run as the program, so that what stands under `if __name__ == "__main__":` runs;
/// `extra` are names that another file gives to this one.
pub(super) fn read(code: &Code, main: Main, extra: &HashMap<String, Vec<Target>>) -> Names {
    let skipped = match main {
        Main::Program => Vec::new(),
        Main::Imported => main_blocks(code),
    };
    let mut reader = Reader { code, skipped, names: Names::default() };
    let mut at = 0;
    while at < code.len() {
        at = reader.statement(at);
    }
    for (name, targets) in extra {
        let known = reader.names.bindings.entry(name.clone()).or_default();
        known.extend(targets.iter().filter(|target| !known.contains(target)).cloned().collect::<Vec<_>>());
    }
    for name in BUILTINS {
        let target = vec![Target::new("builtins", name)];
        reader.names.bindings.entry((*name).to_owned()).or_insert(target);
    }
    reader.follow_names();
    reader.names
}

/// How a file of Python comes to run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Main {
    Imported,
    Program,
}

struct Reader<'c> {
    code: &'c Code,
    skipped: Vec<Range<usize>>,
    names: Names,
}

/// What stands under `if __name__ == "__main__":`.
pub(super) fn main_blocks(code: &Code) -> Vec<Range<usize>> {
    let block = |at: usize| {
        let test = |name: usize, text: usize| {
            code.is(name, "__name__") && code.string(text).as_deref() == Some("__main__")
        };
        let fits = code.is_fresh(at)
            && code.is(at, "if")
            && code.is(at + 2, "==")
            && (test(at + 1, at + 3) || test(at + 3, at + 1))
            && code.is(at + 4, ":");
        fits.then(|| at + 5..block_end(code, at))
    };
    (0..code.len()).filter_map(block).collect()
}

/// The first token after the block whose head begins at `at`.
fn block_end(code: &Code, at: usize) -> usize {
    let column = code.column(at);
    let outside = |next: &usize| code.is_fresh(*next) && code.column(*next) <= column;
    (at + 1..code.len()).find(outside).unwrap_or(code.len())
}

impl Reader<'_> {
    fn is_skipped(&self, at: usize) -> bool {
        self.skipped.iter().any(|range| range.contains(&at))
    }

    /// Reads the import at `at`, if one begins there, and gives the token to go on with.
    fn statement(&mut self, at: usize) -> usize {
        let code = self.code;
        let begins = code.is_fresh(at) || code.follows(at, ";") || code.follows(at, ":");
        if !begins || self.is_skipped(at) {
            return at + 1;
        }
        if code.is(at, "import") {
            self.import(at + 1)
        } else if code.is(at, "from") {
            self.import_from(at + 1)
        } else {
            at + 1
        }
    }

    /// A dotted name, and the token after it.
    fn dotted(&self, at: usize) -> (String, usize) {
        let chain = chain(self.code, at);
        let mut name = self.code.text(at).to_owned();
        if !chain.member.is_empty() {
            name = format!("{name}.{}", chain.member);
        }
        (name, chain.end + 1)
    }

    fn import(&mut self, start: usize) -> usize {
        let code = self.code;
        let mut at = start;
        while code.word(at).is_some() {
            let (module, next) = self.dotted(at);
            self.names.import(&module, at);
            (at..next).for_each(|part| self.names.declare(part));
            if code.is(next, "as") {
                self.names.bind(code.text(next + 1), next + 1, Target::new(&module, ""));
                at = next + 2;
            } else {
                self.names.bind(code.text(at), at, Target::new(code.text(at), ""));
                at = next;
            }
            if !code.is(at, ",") {
                break;
            }
            at += 1;
        }
        at
    }

    fn import_from(&mut self, start: usize) -> usize {
        let code = self.code;
        let mut at = start;
        let mut level = 0;
        while code.is_any(at, &[".", "..."]) {
            level += code.text(at).len();
            at += 1;
        }
        let mut module = String::new();
        if code.word(at).is_some() && !code.is(at, "import") {
            (module, at) = self.dotted(at);
        }
        if !code.is(at, "import") {
            return start;
        }
        (start..at).for_each(|part| self.names.declare(part));
        at += 1;
        if code.is(at, "*") {
            self.push_import(&module, level, "*", at);
            // Whatever the module holds may be used without its name.
            let target = Target::new(&format!("{}{module}", ".".repeat(level)), "");
            self.names.uses.push(Use { target, call: None, at });
            return at + 1;
        }
        if code.is(at, "(") {
            at += 1;
        }
        while let Some(name) = code.word(at) {
            self.push_import(&module, level, name, at);
            let bound = if code.is(at + 1, "as") { at + 2 } else { at };
            self.names.declare(at);
            let target = Target::new(&format!("{}{module}", ".".repeat(level)), name);
            self.names.bind(code.text(bound), bound, target);
            at = bound + 1;
            if !code.is(at, ",") {
                break;
            }
            at += 1;
        }
        at
    }

    fn push_import(&mut self, module: &str, level: usize, member: &str, at: usize) {
        let member = Some(member.to_owned());
        self.names.imports.push(Import { module: module.to_owned(), level, member, at });
    }

    /// Looks at every place where a bound name stands, until no name of a name is new.
    fn follow_names(&mut self) {
        let early = std::mem::take(&mut self.names.uses);
        let mut taken = HashSet::new();
        for round in 0..=ROUNDS {
            self.names.uses = early.clone();
            taken.clear();
            if !self.scan(&mut taken) {
                break;
            }
            if round == ROUNDS {
                self.names.obstacle(0, "names of names of names");
            }
        }
        let skipped = |at: usize| self.skipped.iter().any(|range| range.contains(&at));
        let mut methods = methods(self.code, &taken);
        methods.retain(|method| !skipped(method.at) && !self.names.declares(method.at));
        self.names.methods = methods;
    }

    fn scan(&mut self, taken: &mut HashSet<usize>) -> bool {
        let code = self.code;
        let mut new = false;
        for (at, name) in code.names() {
            let Some(targets) = self.names.bindings.get(name) else { continue };
            if self.names.declares(at) || self.is_skipped(at) || self.is_binding(at) {
                continue;
            }
            let chain = chain(code, at);
            // What follows a name that a local file gives may be a method of a value; that is found out later.
            taken.extend(at..=chain.end);
            let ends = code.is_fresh(chain.end + 1) && chain.call.is_none();
            let alias = (ends && code.follows(at, "=") && at >= 2 && code.is_fresh(at - 2)).then(|| at - 2);
            for target in targets.clone() {
                let target = target.member(&chain.member);
                match alias.and_then(|bound| Some((bound, code.word(bound)?))) {
                    Some((bound, name)) => new |= self.names.bind(name, bound, target),
                    None => self.names.uses.push(Use { target, call: chain.call, at }),
                }
            }
        }
        new
    }

    /// The name of a function that is defined, or of an argument.
    fn is_binding(&self, at: usize) -> bool {
        let code = self.code;
        let argument = code.is(at + 1, "=") && at > 0 && code.is_any(at - 1, &["(", ","]);
        argument || code.follows(at, "def") || code.follows(at, "class")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::sources::Language;

    fn names(text: &str, main: Main) -> Names {
        read(&Code::new("x.py", text.to_owned(), Language::Python), main, &HashMap::new())
    }

    fn uses(text: &str) -> Vec<String> {
        let called = |used: &Use| if used.call.is_some() { "()" } else { "" };
        let shown = |used: &Use| format!("{}:{}{}", used.target.module, used.target.member, called(used));
        names(text, Main::Imported).uses.iter().map(shown).collect()
    }

    fn imports(text: &str) -> Vec<String> {
        let shown = |import: &Import| {
            let member = import.member.as_ref().map_or(String::new(), |member| format!(":{member}"));
            format!("{}{}{member}", ".".repeat(import.level), import.module)
        };
        names(text, Main::Imported).imports.iter().map(shown).collect()
    }

    #[test]
    fn every_form_of_import_is_read() {
        assert_eq!(
            imports("import os, a.b as c\nfrom . import (d,\n e as f)\nfrom ..g import *; import h"),
            ["os", "a.b", ".:d", ".:e", "..g:*", "h"]
        );
        assert_eq!(imports("try: import os\nexcept E: pass\nraise x from y\n'import z'"), ["os"]);
    }

    #[test]
    fn members_are_followed() {
        assert_eq!(uses("import os\nos.path.join(a)"), ["os:path.join()"]);
        assert_eq!(uses("from os import path as p\np.join(a)"), ["os:path.join()"]);
        assert_eq!(uses("import a.b as c\nd = c.e\nd.f()"), ["a.b:e.f()"]);
        assert_eq!(uses("with open('x') as f: pass\nimage.open('x')"), ["builtins:open()"]);
        assert_eq!(uses("from codecs import open\nopen('x')"), ["codecs:open()"]);
        assert_eq!(uses("import os\nrun(os)\nf(os=1)"), ["os:"]);
    }

    #[test]
    fn what_only_the_program_does_is_left_out_of_an_imported_file() {
        let text = "import os\nif __name__ == '__main__':\n    import sys\n    os.remove(x)\nos.getcwd()";
        assert_eq!(uses(text), ["os:getcwd()"]);
        assert_eq!(imports(text), ["os"]);
        assert_eq!(names(text, Main::Program).uses.len(), 2);
        assert_eq!(names(text, Main::Program).imports.len(), 2);
    }

    #[test]
    fn methods_are_what_no_module_owns() {
        let names = names("import os\nos.open(a)\npath.open(b)\nf().save", Main::Imported);
        assert_eq!(names.methods.len(), 2);
    }
}
