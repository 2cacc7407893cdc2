//! What Go's functions and structs hand on from file to file: the value of a parameter, of a field, of a helper that
//! asks the environment.
//!
//! Only what is the same wherever it is looked at: a function that is called once, a field that is given one value.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::Walk;
use crate::project::sources::code::Code;
use crate::project::sources::value::{Evaluator, Part};

/// How often a value may be handed on.
const DEPTH: usize = 4;

/// What a helper that asks the environment may call.
const ASKING: &[&str] = &[
    "os.Getenv",
    "os.LookupEnv",
    "strconv.Atoi",
    "strconv.ParseInt",
    "strings.TrimSpace",
    "len",
    "int",
    "string",
];

/// A function of Go: its name, the bracket before its parameters, and its body.
struct Function {
    unit: usize,
    name_at: usize,
    is_method: bool,
    parameters: Vec<String>,
    open: usize,
    body: Range<usize>,
}

impl Walk<'_> {
    /// Settles what names mean that are parameters, fields or helpers.
    pub(super) fn finish_go(&mut self) {
        let functions: Vec<Function> =
            (0..self.units.len()).flat_map(|unit| functions(unit, &self.units[unit].code)).collect();
        let helpers = self.helpers(&functions);
        for unit in &mut self.units {
            unit.constants.set_helpers(helpers.clone());
        }
        for _ in 0..DEPTH {
            let fields = self.fields();
            let mut new = false;
            for unit in &mut self.units {
                new |= unit.constants.set_fields(fields.clone());
            }
            for (unit, open, name, value) in self.parameters(&functions) {
                new |= self.units[unit].constants.set_parameter(open, name, value);
            }
            if !new {
                break;
            }
        }
    }

    /// Functions that give the value of a variable, or else what they are told: `getEnv("PORT", "8080")`.
    fn helpers(&self, functions: &[Function]) -> HashSet<String> {
        let name = |function: &Function| self.units[function.unit].code.text(function.name_at).to_owned();
        let mut asks: HashMap<String, bool> = HashMap::new();
        for function in functions {
            let is_helper = !function.is_method && is_helper(&self.units[function.unit].code, function);
            *asks.entry(name(function)).or_insert(true) &= is_helper;
        }
        asks.into_iter().filter(|(_, asks)| *asks).map(|(name, _)| name).collect()
    }

    /// Fields that one place gives a value, and nothing changes: that of a variable, which decides anyway.
    fn fields(&self) -> HashMap<String, Vec<Part>> {
        let mut given: HashMap<String, Vec<(usize, Range<usize>)>> = HashMap::new();
        let mut changed: HashSet<String> = HashSet::new();
        let mut declared: HashMap<&str, usize> = HashMap::new();
        for (index, unit) in self.units.iter().enumerate() {
            let code = &unit.code;
            for at in 0..code.len() {
                for name in declared_fields(code, at) {
                    *declared.entry(name).or_default() += 1;
                }
                if code.is(at, "{") && at > 0 && code.word(at - 1).is_some() {
                    for entry in code.arguments(at) {
                        if let Some(name) = code.word(entry.start).filter(|_| code.is(entry.start + 1, ":")) {
                            let value = entry.start + 2..entry.end;
                            given.entry(name.to_owned()).or_default().push((index, value));
                        }
                    }
                }
                let Some(name) = code.word(at).filter(|_| code.follows(at, ".")) else { continue };
                // `c.Port, err = …` gives it one, too.
                if code.is_any(at + 1, &["=", "+=", "++", "--"])
                    || several(code, at)
                    || address_taken(code, at)
                {
                    changed.insert(name.to_owned());
                }
            }
        }
        let mut fields = HashMap::new();
        for (name, places) in given {
            let [(unit, range)] = places.as_slice() else { continue };
            let unit = &self.units[*unit];
            let value = Evaluator::new(&unit.code, &unit.constants).value(range.clone());
            let decides = matches!(value.as_slice(), [Part::Variable { default: Some(_), .. }]);
            // Of a name that two structs have, it cannot be told whose field is asked for.
            let is_own = declared.get(name.as_str()) == Some(&1);
            if decides && is_own && !changed.contains(&name) {
                fields.insert(name, value);
            }
        }
        fields
    }

    /// The parameters of functions that are called once and never handed on, with what that call gives them.
    fn parameters(&self, functions: &[Function]) -> Vec<(usize, usize, String, Vec<Part>)> {
        let mut found = Vec::new();
        for function in functions.iter().filter(|function| !function.is_method) {
            let own = &self.units[function.unit].code;
            let name = own.text(function.name_at);
            if name == "main" || name == "init" {
                continue;
            }
            let mut calls = Vec::new();
            let mut others = 0;
            for (index, unit) in self.units.iter().enumerate() {
                for at in 0..unit.code.len() {
                    if !unit.code.is(at, name) || index == function.unit && at == function.name_at {
                        continue;
                    }
                    match unit.code.is(at + 1, "(") && !is_method_name(&unit.code, at) {
                        true => calls.push((index, at + 1)),
                        false => others += 1,
                    }
                }
            }
            let ([(caller, open)], 0) = (calls.as_slice(), others) else { continue };
            let caller = &self.units[*caller];
            let arguments = caller.code.arguments(*open);
            if arguments.len() != function.parameters.len() {
                continue;
            }
            for (parameter, range) in function.parameters.iter().zip(arguments) {
                let value = Evaluator::new(&caller.code, &caller.constants).value(range);
                // What begins with a text still says in which folder something lies.
                let says = !matches!(value.first(), None | Some(Part::Unknown));
                if says && !is_changed(own, function, parameter) {
                    found.push((function.unit, function.open, parameter.clone(), value));
                }
            }
        }
        found
    }
}

/// The names of the fields of the struct whose declaration begins at `at`.
fn declared_fields(code: &Code, at: usize) -> Vec<&str> {
    let Some(close) = code.pair(at + 1).filter(|_| code.is(at, "struct") && code.is(at + 1, "{")) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    let mut next = at + 2;
    while next < close {
        let first = code.is_fresh(next) || code.follows(next, "{") || code.follows(next, ";");
        // `Host, Port string`
        if first || code.follows(next, ",") {
            names.extend(code.word(next));
        }
        next = code.after(next);
    }
    names
}

/// Every function of a file that has a name.
fn functions(unit: usize, code: &Code) -> Vec<Function> {
    let mut found = Vec::new();
    for at in (0..code.len()).filter(|at| code.is(*at, "func") && code.is_fresh(*at)) {
        let is_method = code.is(at + 1, "(");
        let name_at = match code.pair(at + 1).filter(|_| is_method) {
            Some(close) => close + 1,
            None => at + 1,
        };
        let open = name_at + 1;
        let Some(close) = code.pair(open).filter(|_| code.word(name_at).is_some() && code.is(open, "("))
        else {
            continue;
        };
        // Results stand between the parameters and the body.
        let body = (close + 1..code.len().min(close + 40))
            .find(|next| code.is(*next, "{") && !code.is_any(next - 1, &["interface", "struct"]));
        let Some((start, end)) = body.and_then(|start| Some((start, code.pair(start)?))) else { continue };
        let parameters = code.arguments(open).into_iter().map(|range| code.text(range.start).to_owned());
        let parameters = parameters.collect();
        found.push(Function { unit, name_at, is_method, parameters, open, body: start..end });
    }
    found
}

/// Whether a function of two parameters asks the environment for the first and falls back on the second.
fn is_helper(code: &Code, function: &Function) -> bool {
    let [key, fallback] = function.parameters.as_slice() else { return false };
    let body = function.body.clone();
    let mut asks = false;
    for at in body.clone().filter(|at| code.is(*at, "(") && code.word(at - 1).is_some()) {
        let member = at >= 3 && code.is(at - 2, ".");
        let name = match member {
            true => format!("{}.{}", code.text(at - 3), code.text(at - 1)),
            false => code.text(at - 1).to_owned(),
        };
        if !ASKING.contains(&name.as_str()) {
            return false;
        }
        if matches!(name.as_str(), "os.Getenv" | "os.LookupEnv") {
            if !code.is(at + 1, key) {
                return false;
            }
            asks = true;
        }
    }
    let falls_back = |at: usize| {
        code.is(at, "return") && code.is(at + 1, fallback) && (code.is_fresh(at + 2) || code.is(at + 2, "}"))
    };
    // `return "9000"` is neither the one nor the other.
    let fixed = |at: usize| code.is(at, "return") && code.word(at + 1).is_none();
    let plain = |at: &usize| !code.is_any(*at, &["+", "+=", "go", "defer"]) && !fixed(*at);
    asks && body.clone().any(falls_back) && body.clone().all(|at| plain(&at))
}

/// Whether the field at `at` is the first of several names that are given values.
fn several(code: &Code, at: usize) -> bool {
    let next =
        (at + 1..code.len()).find(|next| code.is_fresh(*next) || code.is_any(*next, &["(", ")", "{", ";"]));
    code.is(at + 1, ",") && (at + 1..next.unwrap_or(at + 1)).any(|at| code.is(at, "="))
}

/// `&config.Port`: whoever has the address can change the value.
fn address_taken(code: &Code, at: usize) -> bool {
    let mut start = at;
    while start >= 2 && code.is(start - 1, ".") && code.word(start - 2).is_some() {
        start -= 2;
    }
    code.follows(start, "&")
}

/// Whether the name at `at` is that of a method where it is declared: `func (s *Server) Name(`.
fn is_method_name(code: &Code, at: usize) -> bool {
    let receiver = at.checked_sub(1).filter(|close| code.is(*close, ")")).and_then(|close| code.pair(close));
    receiver.is_some_and(|open| code.follows(open, "func")) || code.follows(at, "func")
}

/// Whether a function gives its parameter another value, or hands out its address.
fn is_changed(code: &Code, function: &Function, name: &str) -> bool {
    function.body.clone().any(|at| {
        let is_it = code.is(at, name) && !code.follows(at, ".");
        is_it && (code.is_any(at + 1, &["=", ":=", "+=", "++", "--"]) || code.follows(at, "&"))
    })
}
