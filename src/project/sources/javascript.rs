//! Reads the imports of JavaScript and TypeScript, and what is done with them.

use std::collections::HashSet;
use std::ops::Range;

use super::code::Code;
use super::lexer::Kind;
use super::names::{Chain, Names, Target, Use, chain, methods};
use super::reach::is_local;

/// Names that stand for something without being imported.
const GLOBALS: &[(&str, &str)] = &[
    ("process", "process"),
    ("eval", "global:eval"),
    ("Function", "global:Function"),
    ("globalThis", "global:globalThis"),
    ("global", "global:globalThis"),
    ("Bun", "global:Bun"),
    ("Deno", "global:Deno"),
];

/// What compilers wrap around `require`.
const WRAPPERS: &[&str] =
    &["__importDefault", "__importStar", "__toESM", "_interopRequireDefault", "_interopRequireWildcard"];

/// How many times names of names are followed.
const ROUNDS: usize = 8;

pub(super) fn read(code: &Code) -> Names {
    let mut reader = Reader { code, names: Names::default() };
    for at in 0..code.len() {
        if code.follows(at, ".") || code.follows(at, "?.") {
            continue;
        }
        match code.word(at) {
            Some("import") => reader.import(at),
            Some("export") => reader.export(at),
            Some("require") => reader.require(at),
            _ => {}
        }
    }
    for (name, module) in GLOBALS {
        if !reader.names.bindings.contains_key(*name) {
            reader.names.bindings.insert((*name).to_owned(), vec![Target::new(module, "")]);
        }
    }
    reader.follow_names();
    reader.names
}

struct Reader<'c> {
    code: &'c Code,
    names: Names,
}

/// A module's name as the tables write it.
fn module(specifier: &str) -> &str {
    specifier.strip_prefix("node:").unwrap_or(specifier)
}

impl Reader<'_> {
    fn import(&mut self, at: usize) {
        let code = self.code;
        if code.is(at + 1, ".") {
            return; // import.meta
        }
        if code.is(at + 1, "(") {
            return self.load(at, "import");
        }
        if let Some(specifier) = code.string(at + 1) {
            return self.names.import(module(&specifier), at);
        }
        let Some(from) = self.clause_end(at + 1) else { return };
        let Some(specifier) = code.string(from + 1) else { return };
        // Types are gone at run time; but `type` may also be the name of a default import.
        if code.is(at + 1, "type") && at + 2 != from && !code.is(at + 2, ",") {
            return;
        }
        let specifier = module(&specifier).to_owned();
        self.names.import(&specifier, at);
        let whole = Target::new(&specifier, "");
        let mut next = at + 1;
        while next < from {
            if code.is(next, "*") && code.is(next + 1, "as") {
                next += 2;
                self.bind(code.text(next), next, whole.clone());
            } else if code.is(next, "{") {
                for entry in code.arguments(next) {
                    self.import_member(entry, &whole);
                }
                next = code.pair(next).unwrap_or(next);
            } else if let Some(name) = code.word(next) {
                self.bind(name, next, whole.clone());
            }
            next += 1;
        }
    }

    /// Lets a name stand for a target. A file of the project is read by itself: what its names are used for is seen
    /// there, and members of its values count as methods.
    fn bind(&mut self, name: &str, at: usize, target: Target) -> bool {
        if is_local(&target.module) {
            return false;
        }
        self.names.bind(name, at, target)
    }

    /// The `from` that ends the clause of an import or export beginning here.
    fn clause_end(&self, start: usize) -> Option<usize> {
        let code = self.code;
        let mut at = start;
        while at < code.len() {
            if code.is(at, "from") && code.kind(at + 1) == Some(Kind::Text) {
                return Some(at);
            }
            let fits = code.kind(at) == Some(Kind::Word) || code.is_any(at, &["{", ",", "*"]);
            if !fits {
                return None;
            }
            at = code.after(at);
        }
        None
    }

    fn import_member(&mut self, entry: Range<usize>, whole: &Target) {
        let code = self.code;
        if code.is(entry.start, "type") && entry.len() > 1 && !code.is(entry.start + 1, "as") {
            return;
        }
        let name = code.string(entry.start).unwrap_or_else(|| code.text(entry.start).to_owned());
        let bound = entry.end - 1;
        self.bind(code.text(bound), bound, member(whole, &name));
    }

    /// `export … from 'x'` hands members on under other names, where nobody follows them.
    fn export(&mut self, at: usize) {
        let code = self.code;
        let Some(from) = self.clause_end(at + 1) else { return };
        if code.is(at + 1, "type") {
            return;
        }
        let Some(specifier) = code.string(from + 1) else { return };
        let whole = Target::new(module(&specifier), "");
        self.names.import(&whole.module, at);
        if !code.is(at + 1, "{") {
            self.names.uses.push(Use { target: whole, call: None, at });
            return;
        }
        for entry in code.arguments(at + 1) {
            let target = member(&whole, code.text(entry.start));
            self.names.uses.push(Use { target, call: None, at: entry.start });
        }
    }

    /// `import(…)`, `require(…)`: the module's name, if it is a plain string.
    fn specifier(&self, open: usize) -> Option<String> {
        let close = self.code.pair(open)?;
        let specifier = self.code.string(open + 1)?;
        (close == open + 2 || self.code.is(open + 2, ",")).then(|| module(&specifier).to_owned())
    }

    fn load(&mut self, at: usize, word: &str) {
        match self.specifier(at + 1) {
            Some(specifier) => {
                self.names.import(&specifier, at);
                self.names.uses.push(Use { target: Target::new(&specifier, ""), call: None, at });
            }
            None => self.names.obstacle(at, format!("`{word}(…)` of a name that is computed")),
        }
    }

    fn require(&mut self, at: usize) {
        let code = self.code;
        if !code.is(at + 1, "(") {
            let harmless = code.is(at + 1, ".") || code.follows(at, "typeof");
            let key = code.is(at + 1, ":") || code.is(at + 1, "from");
            if !harmless && !key {
                self.names.obstacle(at, "`require` is handed on");
            }
            return;
        }
        if code.follows(at, "function") {
            return self.names.obstacle(at, "`require` is defined anew");
        }
        let Some(specifier) = self.specifier(at + 1) else { return self.load(at, "require") };
        self.names.import(&specifier, at);
        let target = Target::new(&specifier, "");
        let (mut start, mut end) = (at, code.pair(at + 1).unwrap_or(at + 1));
        while code.follows(start, "(") && start > 1 && code.is_any(start - 2, WRAPPERS) {
            end = code.pair(start - 1).unwrap_or(end);
            start -= 2;
        }
        let chain = chain(code, end);
        let target = member(&target, &chain.member);
        let bare = chain.end == end && chain.call.is_none();
        let alone = (code.is_fresh(start) || self.is_statement_end(start.wrapping_sub(1)))
            && self.is_statement_end(chain.end + 1);
        if !(bare && alone) {
            self.use_or_bind(start, target, &chain);
        }
    }

    fn is_statement_end(&self, at: usize) -> bool {
        at >= self.code.len() || self.code.is_any(at, &[";", "}"]) || self.code.is_fresh(at)
    }

    /// Records what is done with the value of an expression that begins at `start` and ends with `chain`: it is given
    /// a name, or used. Says whether a new name came of it.
    fn use_or_bind(&mut self, start: usize, target: Target, chain: &Chain) -> bool {
        let code = self.code;
        if chain.computed {
            self.names.computed_member(start, &target.module);
            return false;
        }
        let ends = self.is_statement_end(chain.end + 1) || code.is_any(chain.end + 1, &[","]);
        if chain.call.is_none() && ends && code.follows(start, "=") && start >= 2 {
            let bound = start - 2;
            if code.is(bound, "}")
                && let Some(open) = code.pair(bound)
            {
                return self.destructure(open, &target, ROUNDS);
            }
            if let Some(name) = code.word(bound)
                && !code.follows(bound, ".")
                && !code.follows(bound, "?.")
            {
                return self.bind(name, bound, target);
            }
        }
        self.names.uses.push(Use { target, call: chain.call, at: start });
        false
    }

    /// `const { a, b: c, d: { e } } = …`
    fn destructure(&mut self, open: usize, target: &Target, depth: usize) -> bool {
        let code = self.code;
        let mut new = false;
        let Some(depth) = depth.checked_sub(1) else {
            self.names.obstacle(open, "names within names within names");
            return false;
        };
        for entry in code.arguments(open) {
            let first = entry.start;
            let key = code.string(first).or_else(|| code.word(first).map(str::to_owned));
            let Some(key) = key else {
                // `...rest` and computed keys hand on everything.
                self.names.uses.push(Use { target: target.clone(), call: None, at: first });
                continue;
            };
            let own = member(target, &key);
            if code.is(first + 1, ":") {
                if code.is(first + 2, "{") {
                    new |= self.destructure(first + 2, &own, depth);
                } else if let Some(name) = code.word(first + 2) {
                    new |= self.bind(name, first + 2, own);
                }
                self.names.declare(first);
            } else {
                new |= self.bind(&key, first, own);
            }
        }
        new
    }

    /// Looks at every place where a bound name stands, until no name of a name is new.
    fn follow_names(&mut self) {
        let early = std::mem::take(&mut self.names.uses);
        let obstacles = self.names.obstacles.len();
        let mut taken = HashSet::new();
        for round in 0..=ROUNDS {
            self.names.uses = early.clone();
            self.names.obstacles.truncate(obstacles);
            taken.clear();
            if !self.scan(&mut taken) {
                break;
            }
            if round == ROUNDS {
                self.names.obstacle(0, "names of names of names");
            }
        }
        self.names.uses.retain(|used| !is_local(&used.target.module));
        self.names.methods = methods(self.code, &taken);
    }

    fn scan(&mut self, taken: &mut HashSet<usize>) -> bool {
        let code = self.code;
        let mut new = false;
        for (at, name) in code.names() {
            let Some(targets) = self.names.bindings.get(name) else { continue };
            if self.names.declares(at) || self.is_key(at) {
                continue;
            }
            let chain = chain(code, at);
            taken.extend(at..=chain.end);
            for target in targets.clone() {
                new |= self.use_or_bind(at, member(&target, &chain.member), &chain);
            }
        }
        new
    }

    /// The key of an object, or a parameter with its type.
    fn is_key(&self, at: usize) -> bool {
        self.code.is(at + 1, ":") && at > 0 && self.code.is_any(at - 1, &["{", ",", "("])
    }
}

/// A member; the default export of a module is the module itself, as far as the tables go.
fn member(target: &Target, name: &str) -> Target {
    let mut name = name;
    if target.member.is_empty() {
        while name == "default" || name.starts_with("default.") {
            name = name["default".len()..].trim_start_matches('.');
        }
    }
    target.member(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::sources::Language;

    /// The uses in `text`, as `module:member`, with `()` where they are called.
    fn uses(text: &str) -> Vec<String> {
        let code = Code::new("x.ts", text.to_owned(), Language::JavaScript);
        let names = read(&code);
        let called = |used: &Use| if used.call.is_some() { "()" } else { "" };
        let shown = |used: &Use| format!("{}:{}{}", used.target.module, used.target.member, called(used));
        names.uses.iter().map(shown).collect()
    }

    fn obstacles(text: &str) -> usize {
        read(&Code::new("x.js", text.to_owned(), Language::JavaScript)).obstacles.len()
    }

    #[test]
    fn every_form_of_import_binds_its_names() {
        assert_eq!(uses("import fs from 'node:fs'; fs.open()"), ["fs:open()"]);
        assert_eq!(uses("import * as f from 'fs'; f.open()"), ["fs:open()"]);
        assert_eq!(
            uses("import d, { open as o, close } from 'fs'; o(); d.x; close()"),
            ["fs:open()", "fs:x", "fs:close()"]
        );
        assert_eq!(uses("const fs = require('fs'); fs.open()"), ["fs:open()"]);
        assert_eq!(
            uses("const { open: o, promises: { close } } = require('fs'); o(); close()"),
            ["fs:open()", "fs:promises.close()"]
        );
        assert_eq!(uses("const fs_1 = __importDefault(require('fs')); fs_1.default.open()"), ["fs:open()"]);
        assert_eq!(uses("require('fs').open('a')"), ["fs:open()"]);
        assert_eq!(uses("import fs = require('fs'); fs['open']()"), ["fs:open()"]);
    }

    #[test]
    fn names_of_names_are_followed() {
        assert_eq!(
            uses("const a = require('fs')\nconst p = a.promises\nconst { open } = p\nopen()"),
            ["fs:promises.open()"]
        );
        assert_eq!(uses("open(); const { open } = p; const p = fs; import fs from 'fs'"), ["fs:open()"]);
    }

    #[test]
    fn what_is_handed_on_is_a_use_of_the_whole() {
        assert_eq!(uses("const fs = require('fs'); run(fs)"), ["fs:"]);
        assert_eq!(uses("module.exports = require('fs')"), ["fs:"]);
        assert_eq!(uses("export * from 'fs'"), ["fs:"]);
        assert_eq!(uses("export { open } from 'fs'"), ["fs:open"]);
        assert_eq!(uses("const { a, ...rest } = require('fs')"), ["fs:"]);
        assert_eq!(uses("const m = await import('fs')"), ["fs:"]);
    }

    #[test]
    fn keys_types_and_side_effects_use_nothing() {
        assert_eq!(uses("import fs from 'fs'; x = { fs: 1, fs: 2 }; y.fs; function f(fs: T) {}"), [""; 0]);
        assert_eq!(uses("import type { a } from 'fs'; a()"), [""; 0]);
        assert_eq!(uses("import { type a, b } from 'fs'; a()"), [""; 0]);
        assert_eq!(uses("require('fs')\nimport 'path'"), [""; 0]);
        assert_eq!(uses("// require('fs').open()\n'import fs'"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_followed_is_an_obstacle() {
        assert_eq!(obstacles("require(name)"), 1);
        assert_eq!(obstacles("import(`./${name}`)"), 1);
        assert_eq!(obstacles("const r = require; r('fs')"), 1);
        assert_eq!(obstacles("import fs from 'fs'; fs[name]()"), 1);
        assert_eq!(obstacles("require.main === module; typeof require; require(`x`)"), 0);
    }
}
