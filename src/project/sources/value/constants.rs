//! Which names of a file stand for one expression throughout, scope by scope.
//!
//! A scope is a function; blocks within one are not told apart, so that a name given a value in two of them counts as
//! varying.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Part;
use crate::project::sources::code::Code;
use crate::project::sources::language::Language;

/// How many tokens the head of a loop has at most.
const LONGEST_HEAD: usize = 40;

/// The names of one function, or of the file.
#[derive(Default, Debug)]
struct Scope {
    range: Range<usize>,
    parent: usize,
    assigned: HashMap<String, Vec<Range<usize>>>,
    /// Names that are bound otherwise: parameters, loop variables, several at once.
    varying: HashSet<String>,
}

/// The names of a file and what they stand for.
#[derive(Debug)]
pub(in crate::project::sources) struct Constants {
    /// The first is the file; a function comes after those that it lies in.
    scopes: Vec<Scope>,
    /// For each token the innermost scope that it lies in.
    innermost: Vec<u32>,
    /// What names are worth that other files give to this one: `DATA`, `config.DATA`.
    imported: HashMap<String, Vec<Part>>,
    /// Go: functions that give the value of a variable, or else what they are told.
    helpers: HashSet<String>,
    /// Go: fields of structs that are given one value anywhere.
    fields: HashMap<String, Vec<Part>>,
    /// Go: parameters of functions that are called once, by the bracket where the function begins.
    parameters: HashMap<(usize, String), Vec<Part>>,
}

/// An assignment that may belong to a scope further out.
struct Assignment {
    name_at: usize,
    value: Range<usize>,
    declares: bool,
}

impl Constants {
    pub(in crate::project::sources) fn of(code: &Code) -> Constants {
        let ends = expression_ends(code);
        let scopes = scopes(code, &ends);
        let innermost = innermost(code, &scopes);
        let mut constants = Constants {
            scopes,
            innermost,
            imported: HashMap::new(),
            helpers: HashSet::new(),
            fields: HashMap::new(),
            parameters: HashMap::new(),
        };
        let mut later: Vec<Assignment> = Vec::new();
        let outer = outer_names(code, &constants);
        let keywords = keywords(code);
        for at in 0..code.len() {
            if keywords.contains(&at) {
                continue;
            }
            if code.is_any(at, &["=", ":="]) {
                match assigned_name(code, at) {
                    Some(name_at) => {
                        let value = at + 1..ends.get(&at).copied().unwrap_or(at + 1);
                        let declares = declares(code, name_at, at)
                            && !outer.contains(&(constants.scope_of(name_at), code.text(name_at)));
                        later.push(Assignment { name_at, value, declares });
                    }
                    None => constants.vary_several(code, at),
                }
            } else {
                constants.bind_otherwise(code, at);
            }
        }
        // Declarations first: an assignment belongs to the scope that declares the name.
        later.sort_by_key(|assignment| !assignment.declares);
        for assignment in later {
            let name = code.text(assignment.name_at);
            let own = constants.scope_of(assignment.name_at);
            let scope = if assignment.declares { own } else { constants.declaring(name, own) };
            constants.scopes[scope].assigned.entry(name.to_owned()).or_default().push(assignment.value);
        }
        constants
    }

    /// Lets a name stand for what another file gives it. Says whether that is new.
    pub(in crate::project::sources) fn import(&mut self, name: String, value: Vec<Part>) -> bool {
        self.imported.insert(name, value.clone()) != Some(value)
    }

    /// What another file gives to a name, seen from the token at `at`; none where this file gives it a value, too.
    pub(super) fn imported(&self, name: &str, at: usize) -> Option<Vec<Part>> {
        let first = name.split('.').next().unwrap_or(name);
        let own = self.varies(first, at) || !self.assigned(first, at).is_empty();
        self.imported.get(name).filter(|_| !own).cloned()
    }

    /// Go: lets functions of these names give the value of a variable.
    pub(in crate::project::sources) fn set_helpers(&mut self, helpers: HashSet<String>) {
        self.helpers = helpers;
    }

    /// Go: lets fields of these names have their values. Says whether that is new.
    pub(in crate::project::sources) fn set_fields(&mut self, fields: HashMap<String, Vec<Part>>) -> bool {
        let new = self.fields != fields;
        self.fields = fields;
        new
    }

    /// Go: lets the parameter of the function whose bracket is at `open` have a value. Says whether that is new.
    pub(in crate::project::sources) fn set_parameter(
        &mut self,
        open: usize,
        name: String,
        value: Vec<Part>,
    ) -> bool {
        self.parameters.insert((open, name), value.clone()) != Some(value)
    }

    /// Whether a function of the name gives the value of a variable.
    pub(super) fn is_helper(&self, name: &str) -> bool {
        self.helpers.contains(name)
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<Vec<Part>> {
        self.fields.get(name).cloned()
    }

    /// The value of the parameter that a name is, seen from the token at `at`.
    pub(super) fn parameter(&self, name: &str, at: usize) -> Option<Vec<Part>> {
        if self.parameters.is_empty() {
            return None;
        }
        let scope =
            self.chain(at).find(|scope| scope.varying.contains(name) || scope.assigned.contains_key(name))?;
        self.parameters.get(&(scope.range.start, name.to_owned())).cloned()
    }

    /// The names of the file itself that stand for one expression throughout.
    pub(in crate::project::sources) fn of_file(&self) -> impl Iterator<Item = (&str, Range<usize>)> {
        let file = &self.scopes[0];
        let single = file.assigned.iter().filter(|(name, _)| !file.varying.contains(*name));
        single.filter_map(|(name, values)| match values.as_slice() {
            [only] => Some((name.as_str(), only.clone())),
            _ => None,
        })
    }

    /// Whether the name stands for different things, seen from the token at `at`.
    pub(in crate::project::sources) fn varies(&self, name: &str, at: usize) -> bool {
        self.chain(at).any(|scope| scope.varying.contains(name))
    }

    /// The one expression that the name stands for, seen from the token at `at`.
    pub(in crate::project::sources) fn single(&self, name: &str, at: usize) -> Option<Range<usize>> {
        match self.assigned(name, at) {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// Every expression that the name is given, seen from the token at `at`; none if it varies otherwise.
    pub(super) fn assigned(&self, name: &str, at: usize) -> &[Range<usize>] {
        for scope in self.chain(at) {
            if scope.varying.contains(name) {
                return &[];
            }
            if let Some(assigned) = scope.assigned.get(name) {
                return assigned;
            }
        }
        &[]
    }

    fn scope_of(&self, at: usize) -> usize {
        self.innermost.get(at).map_or(0, |scope| *scope as usize)
    }

    /// The scopes around a token, the innermost first.
    fn chain(&self, at: usize) -> impl Iterator<Item = &Scope> {
        let mut next = Some(self.scope_of(at));
        std::iter::from_fn(move || {
            let at = next?;
            next = (at > 0).then(|| self.scopes[at].parent);
            Some(&self.scopes[at])
        })
    }

    /// The scope from `own` outwards that knows the name; the file if none does.
    fn declaring(&self, name: &str, own: usize) -> usize {
        let mut scope = own;
        loop {
            let known = &self.scopes[scope];
            if scope == 0 || known.assigned.contains_key(name) || known.varying.contains(name) {
                return scope;
            }
            scope = known.parent;
        }
    }

    fn bind_otherwise(&mut self, code: &Code, at: usize) {
        if code.is_any(at, &["+=", "-=", "||=", "??=", "++", "--"]) && at > 0 {
            self.vary_outwards(code, at - 1);
        } else if code.language() == Language::Go && code.is(at, "&") {
            // Whoever has the address can change the value.
            self.vary_outwards(code, at + 1);
        } else if code.is(at, "(") && is_parameters(code, at) {
            (at..code.pair(at).unwrap_or(at)).for_each(|inside| self.vary(code, inside));
        } else if code.is(at, "=>") && at > 0 {
            self.vary_in(code, at - 1, at);
        } else if code.is_any(at, &["for", "lambda"]) {
            let end = (at + 1..at + LONGEST_HEAD).find(|end| code.is_any(*end, &["in", "of", ":", "{"]));
            (at + 1..end.unwrap_or(at + LONGEST_HEAD)).for_each(|inside| self.vary(code, inside));
        } else if code.is(at, "as") {
            self.vary(code, at + 1);
        }
    }

    fn vary(&mut self, code: &Code, at: usize) {
        self.vary_in(code, at, at);
    }

    /// Notes that the name at `at` varies in the scope around the token at `scope_at`.
    fn vary_in(&mut self, code: &Code, at: usize, scope_at: usize) {
        if let Some(name) = code.word(at)
            && !code.follows(at, ".")
        {
            let scope = self.scope_of(scope_at);
            self.scopes[scope].varying.insert(name.to_owned());
        }
    }

    /// Notes that the name at `at` varies in its scope and in those around it, since it may belong to any of them.
    fn vary_outwards(&mut self, code: &Code, at: usize) {
        self.vary(code, at);
        let mut scope = self.scope_of(at);
        while scope > 0 {
            scope = self.scopes[scope].parent;
            if let Some(name) = code.word(at).filter(|_| !code.follows(at, ".")) {
                self.scopes[scope].varying.insert(name.to_owned());
            }
        }
    }

    /// `a, b = …` and `{ a, b } = …`
    fn vary_several(&mut self, code: &Code, at: usize) {
        let declares = code.language() == Language::Python || code.is(at, ":=");
        let mut left = at;
        while left > 0 && (code.word(left - 1).is_some() || code.is_any(left - 1, &[",", "{", "}", ":"])) {
            left -= 1;
            match declares {
                true => self.vary(code, left),
                false => self.vary_outwards(code, left),
            }
        }
    }
}

/// The file and every function in it, in the order in which they begin.
fn scopes(code: &Code, ends: &HashMap<usize, usize>) -> Vec<Scope> {
    let mut ranges: Vec<Range<usize>> = (0..code.len()).filter_map(|at| function(code, at, ends)).collect();
    ranges.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let mut scopes = vec![Scope { range: 0..code.len(), ..Scope::default() }];
    for range in ranges {
        let mut parent = scopes.len() - 1;
        while parent > 0 && scopes[parent].range.end < range.end {
            parent = scopes[parent].parent;
        }
        scopes.push(Scope { range, parent, ..Scope::default() });
    }
    scopes
}

/// The function whose parameters, or whose `def`, begin at `at`.
fn function(code: &Code, at: usize, ends: &HashMap<usize, usize>) -> Option<Range<usize>> {
    if code.language() == Language::Python {
        let begins = code.is_any(at, &["def", "class"]) && (code.is_fresh(at) || code.follows(at, "async"));
        let column = code.column(if code.is_fresh(at) { at } else { at.checked_sub(1)? });
        let outside = |next: &usize| code.is_fresh(*next) && code.column(*next) <= column;
        return begins.then(|| at + 2..(at + 1..code.len()).find(outside).unwrap_or(code.len()));
    }
    if code.is(at, "=>") {
        let start = match code.pair(at.checked_sub(1)?) {
            Some(open) if open < at => open,
            _ => at - 1,
        };
        let end = match code.pair(at + 1) {
            Some(close) if code.is(at + 1, "{") => close,
            _ => *ends.get(&at)?,
        };
        return Some(start..end);
    }
    if !code.is(at, "(") || !is_parameters(code, at) || code.is(code.pair(at)? + 1, "=>") {
        return None;
    }
    let close = code.pair(at)?;
    let is_body =
        |open: &usize| code.is(*open, "{") && !code.is_any(open.wrapping_sub(1), &["interface", "struct"]);
    let body = (close + 1..code.len().min(close + 40)).find(is_body)?;
    Some(at..code.pair(body)?)
}

/// For each token the innermost scope; scopes begin in order and lie within each other.
fn innermost(code: &Code, scopes: &[Scope]) -> Vec<u32> {
    let mut innermost = Vec::with_capacity(code.len());
    let mut open = vec![0];
    let mut next = 1;
    for at in 0..code.len() {
        while open.len() > 1 && open.last().is_some_and(|scope| scopes[*scope].range.end <= at) {
            open.pop();
        }
        while next < scopes.len() && scopes[next].range.start <= at {
            if scopes[next].range.end > at {
                open.push(next);
            }
            next += 1;
        }
        innermost.push(open.last().map_or(0, |scope| *scope as u32));
    }
    innermost
}

/// The signs of Python's keyword arguments and defaults, `f(a, b=1)`: within brackets, nothing is assigned by `=`.
fn keywords(code: &Code) -> HashSet<usize> {
    let mut signs = HashSet::new();
    let mut end = 0;
    for at in (0..code.len()).filter(|_| code.language() == Language::Python) {
        if at >= end && code.is_any(at, &["(", "[", "{"]) {
            end = code.pair(at).unwrap_or(at);
        }
        if at < end && code.is(at, "=") {
            signs.insert(at);
        }
    }
    signs
}

/// Names that Python's functions take from further out by `global` and `nonlocal`, with the scope that says so.
fn outer_names<'c>(code: &'c Code, constants: &Constants) -> HashSet<(usize, &'c str)> {
    let mut names = HashSet::new();
    if code.language() != Language::Python {
        return names;
    }
    for at in (0..code.len()).filter(|at| code.is_any(*at, &["global", "nonlocal"]) && code.is_fresh(*at)) {
        let scope = constants.scope_of(at);
        let mut next = at + 1;
        while let Some(name) = code.word(next).filter(|_| !code.is_fresh(next)) {
            names.insert((scope, name));
            next += if code.is(next + 1, ",") { 2 } else { 1 };
        }
    }
    names
}

/// Whether the assignment makes a name of the scope that it stands in.
fn declares(code: &Code, name_at: usize, at: usize) -> bool {
    match code.language() {
        Language::Python => true,
        Language::Go => code.is(at, ":=") || name_at > 0 && code.is_any(name_at - 1, &["var", "const", "("]),
        Language::JavaScript => name_at > 0 && code.is_any(name_at - 1, &["const", "let", "var"]),
    }
}

/// The single name that the `=` at `at` gives a value to.
fn assigned_name(code: &Code, at: usize) -> Option<usize> {
    const BEFORE: &[&str] = &["const", "let", "var", "if", ";", "{", "}", "export", ")", ":"];
    let mut name = at.checked_sub(1)?;
    // `const port: number = …`, `PORT: int = …`
    if name >= 2 && code.word(name).is_some() && code.is(name - 1, ":") && !code.is_fresh(name) {
        name -= 2;
    }
    // `var port string = …`
    let typed = name >= 2 && code.word(name - 1).is_some() && code.is_any(name - 2, &["var", "const"]);
    if code.language() == Language::Go && typed {
        name -= 1;
    }
    code.word(name)?;
    let before = name.checked_sub(1);
    let alone = before.is_none_or(|before| {
        // `const { port = 80 } = settings` only gives a default.
        let pattern = code.is(before, "{") && code.pair(before).is_some_and(|close| code.is(close + 1, "="));
        !pattern && (code.is_fresh(name) || code.is_any(before, BEFORE))
    });
    alone.then_some(name)
}

/// Whether the bracket opens the parameters of a function.
fn is_parameters(code: &Code, open: usize) -> bool {
    let Some(close) = code.pair(open) else { return false };
    let before = |back: usize, words: &[&str]| open >= back && code.is_any(open - back, words);
    let named = open > 0 && code.word(open - 1).is_some();
    match code.language() {
        Language::Python => before(2, &["def"]),
        Language::Go => {
            // Parameters, those of a method after its receiver, and named results.
            let closed_before = |back: usize| open.checked_sub(back).filter(|close| code.is(*close, ")"));
            let results = closed_before(1).and_then(|close| code.pair(close));
            go_parameters(code, open) || results.is_some_and(|open| go_parameters(code, open))
        }
        Language::JavaScript => {
            let control = before(1, &["if", "while", "switch", "for"]);
            let typed =
                named && code.is(close + 1, ":") || before(1, &["function"]) || before(2, &["function"]);
            code.is(close + 1, "=>") || !control && (code.is(close + 1, "{") || typed)
        }
    }
}

/// Whether the bracket opens the parameters of a function or a method of Go.
fn go_parameters(code: &Code, open: usize) -> bool {
    let before = |back: usize| open.checked_sub(back);
    let is_func = |at: Option<usize>| at.is_some_and(|at| code.is(at, "func"));
    let receiver = before(2).filter(|close| code.is(*close, ")")).and_then(|close| code.pair(close));
    let named = before(1).is_some_and(|at| code.word(at).is_some());
    is_func(before(1))
        || is_func(before(2))
        || named && receiver.is_some_and(|open| code.follows(open, "func"))
}

/// Where the expression that begins at `start` ends.
pub(in crate::project::sources) fn expression_end(code: &Code, start: usize) -> usize {
    end_of(code, start, &HashMap::new())
}

/// Where the expressions end that follow `=`, `:=` and `=>`; from the last to the first, so that a chain of them is
/// looked through once.
fn expression_ends(code: &Code) -> HashMap<usize, usize> {
    let mut ends = HashMap::new();
    for at in (0..code.len()).rev() {
        if code.is_any(at, &["=", ":=", "=>"]) {
            let end = end_of(code, at + 1, &ends);
            ends.insert(at, end);
        }
    }
    ends
}

fn end_of(code: &Code, start: usize, known: &HashMap<usize, usize>) -> usize {
    const GOES_ON: &[&str] = &[".", "?.", "||", "&&", "??", "+", "-", "?", ":", "*", "/", "="];
    let mut at = start;
    while at < code.len() {
        if let Some(end) = known.get(&at) {
            return *end;
        }
        let next_line = at > start && code.is_fresh(at);
        let goes_on = code.language() != Language::Python
            && (code.is_any(at, GOES_ON) || at > 0 && code.is_any(at - 1, GOES_ON));
        if next_line && !goes_on || code.is_any(at, &[";", ",", ")", "]", "}"]) {
            break;
        }
        at = code.after(at);
    }
    at
}
