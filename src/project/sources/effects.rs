//! What the reached files do, place by place: every use of a listed member with its effect and its arguments' values.
//!
//! Joins the tables to the files; draws no conclusions.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::code::Code;
use super::facts::{Argument, ArgumentSource, Effect, Pattern, Row, TextRule};
use super::language::Language;
use super::lexer::Kind;
use super::names::Method;
use super::reach::{External, Reached, Unit};
use super::value::{Evaluator, Part, expression_end};

/// How deep objects within objects are searched for a key.
const DEPTH: usize = 8;

/// A place where something is done.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub(super) effect: Effect,
    /// The file, as an index; `None` where importing a module does it.
    pub(super) unit: Option<usize>,
    pub(super) at: usize,
    /// Where, as messages show it.
    pub(super) place: String,
    /// What is used: `fs.writeFile`, `.save`.
    pub(super) what: String,
    /// The values of the pattern's arguments; `None` where the call has no such argument.
    pub(super) values: Vec<Option<Vec<Part>>>,
    /// The tokens of those arguments.
    pub(super) ranges: Vec<Option<Range<usize>>>,
    pub(super) row: &'static Row,
    pub(super) is_method: bool,
}

/// Every place where one of the reached files does something of which the tables speak.
pub(super) fn occurrences(reached: Reached<'_>) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for external in reached.externals {
        let Some(row) = reached.facts.module(&external.module) else { continue };
        let lacks =
            !row.needs.is_empty() && !row.needs.iter().any(|name| reached.dependencies.contains(name));
        if lacks || row.unless.iter().any(|name| reached.dependencies.contains(name)) {
            found.push(on_import(external, row, Effect::Unknown, ""));
        }
        found.extend(row.on_import.iter().map(|(effect, path)| on_import(external, row, *effect, path)));
    }
    let methods = methods(reached);
    let texts = texts(reached);
    let urls = urls(reached);
    for (index, unit) in reached.units.iter().enumerate() {
        uses(reached, index, unit, &mut found);
        for method in &unit.names.methods {
            for (row, effect, pattern) in methods.get(unit.code.text(method.at)).into_iter().flatten() {
                found.extend(occurrence_of_method(index, unit, *method, row, *effect, pattern));
            }
        }
        for at in 0..unit.code.len() {
            found.extend(occurrence_of_text(index, unit, at, &texts));
            found.extend(occurrence_of_url(index, unit, at, &urls));
        }
    }
    settle_databases(reached, &mut found);
    settle_roots(reached, &mut found);
    settle_drivers(&mut found);
    found
}

/// A driver writes the file that it is opened with: where a call says so, the import says no more.
fn settle_drivers(found: &mut Vec<Occurrence>) {
    let opens = |occurrence: &Occurrence| {
        let names = ["sql.", "sqlx.", "gorm."];
        occurrence.effect == Effect::Writes
            && occurrence.unit.is_some()
            && names.iter().any(|name| occurrence.what.starts_with(name))
    };
    if found.iter().any(opens) {
        found.retain(|occurrence| occurrence.unit.is_some() || !occurrence.row.driver);
    }
}

/// Members that write to the folder of a setting do so where one file gives it one value.
fn settle_roots(reached: Reached<'_>, found: &mut [Occurrence]) {
    for occurrence in found.iter_mut().filter(|occurrence| occurrence.effect == Effect::Writes) {
        let Some(rooted) = &occurrence.row.rooted else { continue };
        let member = occurrence.what.rsplit('.').next().unwrap_or_default();
        if !occurrence.values.is_empty() || !rooted.members.iter().any(|known| known == member) {
            continue;
        }
        let given = reached.units.iter().enumerate().flat_map(|(unit, file)| {
            let own = file.constants.of_file().filter(|(name, _)| *name == rooted.setting);
            own.map(move |(_, range)| (unit, range))
        });
        if let [(unit, range)] = given.collect::<Vec<_>>().as_slice() {
            let file = &reached.units[*unit];
            occurrence.effect = Effect::Fills;
            occurrence.unit = Some(*unit);
            occurrence.at = range.start;
            occurrence.place = file.code.place(range.start);
            occurrence.values = vec![Some(Evaluator::new(&file.code, &file.constants).value(range.clone()))];
            occurrence.ranges = vec![Some(range.clone())];
        }
    }
}

/// A database that the sources name by a plain URL is the one: then it is no matter which drivers there are.
fn settle_databases(reached: Reached<'_>, found: &mut Vec<Occurrence>) {
    let named: Vec<bool> = found
        .iter()
        .filter(|occurrence| occurrence.effect == Effect::Database)
        // A name that is handed on is not called yet.
        .filter_map(|occurrence| occurrence.values.first()?.as_ref())
        .map(|url| is_named(url))
        .collect();
    if !named.is_empty() && named.iter().all(|named| *named) {
        let of_drivers = |occurrence: &Occurrence| {
            let row = occurrence.row;
            let other = row.unless.iter().any(|name| reached.dependencies.contains(name));
            occurrence.effect == Effect::Unknown
                && occurrence.unit.is_none()
                && !row.needs.is_empty()
                && !other
        };
        found.retain(|occurrence| !of_drivers(occurrence));
    }
}

/// Whether the beginning of a URL is known, which says what it leads to.
fn is_named(url: &[Part]) -> bool {
    let text = url.iter().find(|part| !matches!(part, Part::Otherwise(_)));
    matches!(text, Some(Part::Text(text) | Part::Variable { default: Some(text), .. }) if text.contains(':'))
}

fn on_import(external: &External, row: &'static Row, effect: Effect, path: &str) -> Occurrence {
    let value = if path.is_empty() { vec![Part::Unknown] } else { vec![Part::Text(path.to_owned())] };
    Occurrence {
        effect,
        unit: None,
        at: 0,
        place: external.at.clone(),
        what: external.module.clone(),
        values: vec![Some(value)],
        ranges: vec![None],
        row,
        is_method: false,
    }
}

fn uses(reached: Reached<'_>, index: usize, unit: &Unit, found: &mut Vec<Occurrence>) {
    for used in &unit.names.uses {
        let Some((row, member)) = reached.facts.find(&used.target) else { continue };
        let what = match member.as_str() {
            "" => used.target.module.clone(),
            member => format!("{}.{member}", used.target.module.rsplit('/').next().unwrap_or_default()),
        };
        let base = |effect| Occurrence {
            effect,
            unit: Some(index),
            at: used.at,
            place: unit.code.place(used.at),
            what: what.clone(),
            values: Vec::new(),
            ranges: Vec::new(),
            row,
            is_method: false,
        };
        for (effect, pattern) in row.effects(&member, used.call.is_some()) {
            if effect == Effect::Clean {
                continue;
            }
            let Some(pattern) = pattern else {
                found.push(base(effect));
                continue;
            };
            for (values, ranges) in arguments(unit, used.call, None, pattern) {
                let told = match (effect, ranges.first()) {
                    (Effect::Fills, Some(Some(range))) => told_by_callback(unit, range.clone()),
                    _ => None,
                };
                match told {
                    Some(told) => found.extend(told.into_iter().map(|(value, range)| Occurrence {
                        values: vec![Some(value)],
                        ranges: vec![Some(range)],
                        ..base(effect)
                    })),
                    None => found.push(Occurrence { values, ranges, ..base(effect) }),
                }
            }
        }
    }
}

/// The folders that a function hands to its callback: `(req, file, cb) => cb(null, "uploads")`. `None` where that is no
/// such function.
fn told_by_callback(unit: &Unit, range: Range<usize>) -> Option<Vec<(Vec<Part>, Range<usize>)>> {
    let code = &unit.code;
    let start = if code.is(range.start, "function") { range.start + 1 } else { range.start };
    let open = (start..start + 2).find(|at| code.is(*at, "("))?;
    let parameters = code.arguments(open);
    let [_, _, callback] = parameters.as_slice() else { return None };
    let name = code.word(callback.start)?;
    let body = code.pair(open)?..range.end;
    let is_callback = |at: &usize| code.is(*at, name) && !code.follows(*at, ".");
    let mut told = Vec::new();
    for at in body.filter(is_callback) {
        if !code.is(at + 1, "(") {
            return None; // handed on to somebody else
        }
        let arguments = code.arguments(at + 1);
        // Alone, it is an error.
        if let Some(folder) = arguments.get(1) {
            let value = Evaluator::new(code, &unit.constants).value(folder.clone());
            told.push((value, folder.clone()));
        }
    }
    (!told.is_empty()).then_some(told)
}

/// Beginnings of strings that mean something.
type Texts = Vec<(&'static Row, &'static TextRule)>;

/// Names of settings that hold the URL of a database.
type Urls = Vec<(&'static Row, &'static str)>;

type Methods = HashMap<&'static str, Vec<(&'static Row, Effect, &'static Pattern)>>;

/// The methods of all modules that are imported anywhere, by their names.
fn methods(reached: Reached<'_>) -> Methods {
    let mut methods: Methods = HashMap::new();
    let mut seen: HashSet<*const Row> = HashSet::new();
    for row in reached.externals.iter().filter_map(|external| reached.facts.module(&external.module)) {
        if seen.insert(std::ptr::from_ref(row)) {
            for (effect, pattern) in &row.methods {
                methods.entry(pattern.member.as_str()).or_default().push((row, *effect, pattern));
            }
        }
    }
    methods
}

fn texts(reached: Reached<'_>) -> Texts {
    let rows = reached.externals.iter().filter_map(|external| reached.facts.module(&external.module));
    let mut texts: Texts = rows.flat_map(|row| row.texts.iter().map(move |rule| (row, rule))).collect();
    // What says where a relative path starts comes before what does not.
    texts.sort_by_key(|(row, _)| row.instance.is_none());
    texts
}

fn urls(reached: Reached<'_>) -> Urls {
    let rows = reached.externals.iter().filter_map(|external| reached.facts.module(&external.module));
    rows.flat_map(|row| row.urls.iter().map(move |name| (row, name.as_str()))).collect()
}

fn occurrence_of_method(
    index: usize,
    unit: &Unit,
    method: Method,
    row: &'static Row,
    effect: Effect,
    pattern: &Pattern,
) -> Vec<Occurrence> {
    let occurrence = |(values, ranges)| Occurrence {
        effect,
        unit: Some(index),
        at: method.at,
        place: unit.code.place(method.at),
        what: format!(".{}", unit.code.text(method.at)),
        values,
        ranges,
        row,
        is_method: true,
    };
    arguments(unit, method.call, Some(method.at), pattern).into_iter().map(occurrence).collect()
}

fn occurrence_of_text(index: usize, unit: &Unit, at: usize, texts: &Texts) -> Option<Occurrence> {
    if texts.is_empty() {
        return None;
    }
    let code = &unit.code;
    let value = match code.kind(at)? {
        Kind::Text => code.string(at)?,
        Kind::TemplateStart => code.piece(at + 1, at).filter(|_| code.kind(at + 1) == Some(Kind::Piece))?,
        _ => return None,
    };
    let (row, rule) = texts.iter().find(|(_, rule)| value.starts_with(&rule.start))?;
    let end = code.after(at);
    let evaluator = Evaluator::new(code, &unit.constants);
    let named = match &rule.beside {
        Some(key) => entry_beside(code, at, key).map(|range| evaluator.value(range)),
        // Only a URL says where it is; another text says no more than that something is written.
        None if rule.start.contains(':') => Some(evaluator.value(expression_around(code, at, end))),
        None => None,
    };
    Some(Occurrence {
        effect: rule.effect,
        unit: Some(index),
        at,
        place: code.place(at),
        what: value,
        values: vec![Some(named.unwrap_or_else(|| vec![Part::Unknown]))],
        ranges: vec![Some(at..end)],
        row,
        is_method: false,
    })
}

/// The text with what is added to it: `"sqlite:///" + path`.
fn expression_around(code: &Code, at: usize, end: usize) -> Range<usize> {
    if code.is(end, "+") { at..expression_end(code, at) } else { at..end }
}

/// The value of the entry with a key in the brackets around the token at `at`.
fn entry_beside(code: &Code, at: usize, key: &str) -> Option<Range<usize>> {
    let open = (0..at)
        .rev()
        .find(|open| code.is_any(*open, &["{", "("]) && code.pair(*open).is_some_and(|close| close > at))?;
    let is_key = |range: &Range<usize>| {
        let named = code.string(range.start).or_else(|| code.word(range.start).map(str::to_owned));
        range.len() > 2 && named.as_deref() == Some(key) && code.is_any(range.start + 1, &[":", "="])
    };
    let found = code.arguments(open).into_iter().find(is_key)?;
    Some(found.start + 2..found.end)
}

/// `SQLALCHEMY_DATABASE_URI = …`, `config["SQLALCHEMY_DATABASE_URI"] = …`, `{"SQLALCHEMY_DATABASE_URI": …}`
fn occurrence_of_url(index: usize, unit: &Unit, at: usize, urls: &Urls) -> Option<Occurrence> {
    if urls.is_empty() {
        return None;
    }
    let code = &unit.code;
    let name = code.string(at).or_else(|| code.word(at).map(str::to_owned))?;
    let (row, name) = urls.iter().find(|(_, known)| *known == name)?;
    let sign = if code.is(at + 1, "]") { at + 2 } else { at + 1 };
    if !code.is_any(sign, &["=", ":"]) {
        return None;
    }
    // `SQLALCHEMY_DATABASE_URI: str = …`
    let typed = code.is(sign, ":") && code.word(at).is_some() && code.is(sign + 2, "=");
    let start = if typed { sign + 3 } else { sign + 1 };
    let range = start..expression_end(code, start);
    Some(Occurrence {
        effect: Effect::Database,
        unit: Some(index),
        at,
        place: code.place(at),
        what: (*name).to_owned(),
        values: vec![Some(Evaluator::new(code, &unit.constants).value(range.clone()))],
        ranges: vec![Some(range)],
        row,
        is_method: false,
    })
}

type Values = (Vec<Option<Vec<Part>>>, Vec<Option<Range<usize>>>);

/// The values of a pattern's arguments, once for each where it speaks of any number of them; nothing if the pattern does
/// not speak of this call.
fn arguments(unit: &Unit, call: Option<usize>, method: Option<usize>, pattern: &Pattern) -> Vec<Values> {
    let Some(ArgumentSource::From(first)) = pattern.arguments.first().map(|argument| &argument.source) else {
        return single_arguments(unit, call, method, pattern).into_iter().collect();
    };
    let count = call.map_or(0, |open| unit.code.arguments(open).len());
    let at = |position| {
        let source = ArgumentSource::Given { position: Some(position), key: None };
        let argument = Argument { source, required: false, equals: None };
        let pattern = Pattern { member: pattern.member.clone(), arguments: vec![argument] };
        single_arguments(unit, call, method, &pattern)
    };
    (*first..count.max(first + 1)).filter_map(at).collect()
}

fn single_arguments(
    unit: &Unit,
    call: Option<usize>,
    method: Option<usize>,
    pattern: &Pattern,
) -> Option<Values> {
    let evaluator = Evaluator::new(&unit.code, &unit.constants);
    let (mut values, mut ranges) = (Vec::new(), Vec::new());
    for argument in &pattern.arguments {
        let (value, range) = match &argument.source {
            ArgumentSource::Fixed(path) => (Some(vec![Part::Text(path.clone())]), None),
            ArgumentSource::Receiver => {
                let range = method.and_then(|at| receiver(&unit.code, at));
                let value = range.clone().map_or_else(|| vec![Part::Unknown], |range| evaluator.value(range));
                (Some(value), range)
            }
            // Handled before; anything else would be unknown.
            ArgumentSource::From(_) => (Some(vec![Part::Unknown]), None),
            ArgumentSource::Given { position, key } => {
                match call.map_or(Given::Missing, |open| given(unit, open, *position, key.as_deref())) {
                    Given::Missing => (None, None),
                    Given::Opaque if argument.required => (Some(vec![Part::Unknown]), None),
                    Given::Opaque => (Some(vec![Part::Unknown]), None),
                    Given::At(range) => (Some(evaluator.value(range.clone())), Some(range)),
                }
            }
        };
        if !speaks_of(argument, value.as_deref()) {
            return None;
        }
        if argument.equals.is_none() || pattern.arguments.len() == 1 {
            values.push(value);
            ranges.push(range);
        }
    }
    Some((values, ranges))
}

fn speaks_of(argument: &Argument, value: Option<&[Part]>) -> bool {
    let Some(equals) = &argument.equals else { return value.is_some() || !argument.required };
    match value {
        Some([Part::Text(text)]) => match equals.split_once('*') {
            Some((before, after)) => {
                text.len() >= before.len() + after.len()
                    && text.starts_with(before)
                    && (text.ends_with(after) || after == ".*" && text.contains('.'))
            }
            None => text == equals,
        },
        _ => false,
    }
}

/// Whether and where a call has an argument.
enum Given {
    Missing,
    /// It may be in something that is given as a whole.
    Opaque,
    At(Range<usize>),
}

fn given(unit: &Unit, open: usize, position: Option<usize>, key: Option<&str>) -> Given {
    let code = &unit.code;
    let arguments = code.arguments(open);
    let is_named = |range: &Range<usize>| {
        range.len() > 2 && code.word(range.start).is_some() && code.is_any(range.start + 1, &["=", ":"])
    };
    if let Some(key) = key {
        let named = arguments.iter().find(|range| is_named(range) && code.is(range.start, key));
        if let Some(range) = named {
            return Given::At(range.start + 2..range.end);
        }
    }
    let mut opaque = false;
    let spreads = arguments.iter().any(|range| code.is_any(range.start, &["*", "**", "..."]));
    if code.language() == Language::JavaScript
        && let Some(key) = key
    {
        for range in &arguments {
            match key_of_object(unit, range.clone(), key, DEPTH) {
                Given::At(found) => return Given::At(found),
                Given::Opaque => opaque = true,
                Given::Missing => {}
            }
        }
    }
    let positional =
        position.and_then(|position| arguments.iter().filter(|range| !is_named(range)).nth(position));
    match positional {
        Some(range) if code.is(range.start, "{") && key.is_some() => Given::Missing,
        Some(range) => Given::At(range.clone()),
        None if spreads || opaque && position.is_none() => Given::Opaque,
        None => Given::Missing,
    }
}

/// The value of a key in an argument of JavaScript that is an object, or a name that stands for one.
fn key_of_object(unit: &Unit, range: Range<usize>, key: &str, depth: usize) -> Given {
    let code = &unit.code;
    let Some(depth) = depth.checked_sub(1) else { return Given::Opaque };
    let is_function = code.is_any(range.start, &["function", "async"])
        || !code.is(range.start, "{") && range.clone().any(|at| code.is(at, "=>"))
        || code.is(range.start, "class");
    let literal =
        matches!(code.kind(range.start), Some(Kind::Text | Kind::Number | Kind::TemplateStart | Kind::Regex));
    if is_function || literal || code.is_any(range.start, &["[", "true", "false", "null", "undefined"]) {
        return Given::Missing;
    }
    if !code.is(range.start, "{") {
        let constant = code.word(range.start).filter(|_| range.len() == 1);
        return match constant.and_then(|name| unit.constants.single(name, range.start)) {
            Some(object) if code.is(object.start, "{") => key_of_object(unit, object, key, depth),
            _ => Given::Opaque,
        };
    }
    let mut opaque = false;
    let entries = code.arguments(range.start);
    for entry in &entries {
        let own = code.string(entry.start).or_else(|| code.word(entry.start).map(str::to_owned));
        if own.as_deref() == Some(key) {
            let value = if entry.len() > 1 { entry.start + 2..entry.end } else { entry.clone() };
            let is_method = code.is(entry.start + 1, "(");
            return if is_method { Given::Opaque } else { Given::At(value) };
        }
        opaque |= code.is(entry.start, "...") || code.is(entry.start, "[");
    }
    for entry in entries {
        if code.is(entry.start + 1, ":") && code.is(entry.start + 2, "{") {
            match key_of_object(unit, entry.start + 2..entry.end, key, depth) {
                Given::At(found) => return Given::At(found),
                Given::Opaque => opaque = true,
                Given::Missing => {}
            }
        }
    }
    if opaque { Given::Opaque } else { Given::Missing }
}

/// The tokens of what the method at `at` is called on.
pub(super) fn receiver(code: &Code, at: usize) -> Option<Range<usize>> {
    let end = at.checked_sub(1)?;
    let mut start = end;
    loop {
        let last = start.checked_sub(1)?;
        start = match code.pair(last) {
            Some(open) if open < last => open,
            _ => last,
        };
        // The name of what is called, or the value that is indexed.
        while start > 0
            && code.is_any(start, &["(", "["])
            && !(code.language() == Language::Python && code.is_fresh(start))
            && (code.kind(start - 1) == Some(Kind::Word) || code.is_any(start - 1, &[")", "]"]))
            && !code.is_any(start - 1, &["return", "await", "in", "if", "and", "or", "not", "="])
        {
            start = code.pair(start - 1).unwrap_or(start - 1);
        }
        if start == 0 || !code.is_any(start - 1, &[".", "?."]) {
            return Some(start..end);
        }
        start -= 1;
    }
}
