//! Which paths a program answers to GET with success, as far as they are registered by plain texts on its one server and
//! nothing can answer in their place.

use std::ops::Range;

use super::effects::Occurrence;
use super::facts::Effect;
use super::language::Language;
use super::listens::name_of_receiver;
use super::names::{Target, chain};
use super::reach::Unit;
use super::value::Part;
use super::{Found, Sources};

/// Paths that tell the health of a program, the likeliest first. `/` comes last: it may be anything.
const HEALTH_PATHS: &[&str] =
    &["/healthz", "/health", "/livez", "/readyz", "/up", "/ping", "/status", "/api/health", "/_health", "/"];

/// With more guards than these nothing is said.
const MOST_GUARDS: usize = 200;
/// How many names of names are looked up.
const DEPTH: usize = 8;

impl Sources {
    /// Every path that is certainly registered for GET.
    ///
    /// Only what is registered on the program's single server object counts, since what is registered on others can be
    /// mounted under any prefix; and only where nothing unknown, such as a check of credentials, looks at requests
    /// first.
    pub fn routes(&self) -> Vec<Found<String>> {
        let apps = self.effects(Effect::App).count();
        let crowded = self.effects(Effect::Guards).count() > MOST_GUARDS;
        if apps > 1 || crowded || self.handlers_are_wrapped() || self.names_its_host() {
            return Vec::new();
        }
        let mut routes: Vec<Found<String>> = Vec::new();
        for occurrence in self.effects(Effect::Route) {
            let Some(index) = occurrence.unit else { continue };
            let unit = &self.reached.units[index];
            let on_app = match occurrence.is_method {
                true => is_app(occurrence, unit),
                false => apps == 0,
            };
            let stands = on_app
                && answers_get(occurrence, unit)
                && is_plain(occurrence, unit)
                && !self
                    .effects(Effect::Guards)
                    .any(|guard| self.may_answer_before(guard, index, occurrence.at));
            let Some(path) = path(occurrence).filter(|_| stands) else { continue };
            if !routes.iter().any(|known| known.value == path) {
                routes.push(Found { value: path, at: occurrence.place.clone() });
            }
        }
        routes
    }

    /// The route that tells the program's health best, if one is certainly there (HC3).
    pub fn health_route(&self) -> Option<Found<String>> {
        let routes = self.routes();
        HEALTH_PATHS.iter().find_map(|path| routes.iter().find(|route| route.value == *path).cloned())
    }

    fn effects(&self, effect: Effect) -> impl Iterator<Item = &Occurrence> {
        self.occurrences.iter().filter(move |occurrence| occurrence.effect == effect)
    }

    /// Whether a guard can answer in place of the route at `at` of the file `index`.
    fn may_answer_before(&self, guard: &Occurrence, index: usize, at: usize) -> bool {
        let Some(unit) = guard.unit.map(|unit| &self.reached.units[unit]) else { return true };
        let range = guard.ranges.first().cloned().flatten();
        if is_mounted(guard, unit) || range.is_some_and(|range| self.lets_pass(unit, range, DEPTH)) {
            return false;
        }
        // Where the order counts, what is registered later is asked later.
        let ordered = unit.code.language() != Language::Python;
        if guard.unit == Some(index) {
            return !(ordered && guard.at > at);
        }
        // A router of another file guards its own routes; anything else may be the server, handed over.
        let made_there = name_of_receiver(guard, unit)
            .and_then(|name| unit.constants.single(name, guard.at))
            .is_some_and(|mut range| {
                !self.targets(unit, &range).is_empty() || range.any(|at| unit.code.is(at, "Router"))
            });
        !made_there
    }

    /// Whether what stands in `range` lets every plain request pass.
    fn lets_pass(&self, unit: &Unit, range: Range<usize>, depth: usize) -> bool {
        let code = &unit.code;
        let Some(depth) = depth.checked_sub(1) else { return false };
        if code.string(range.start).is_some() {
            return true; // the path alone; what is mounted there is looked at by itself
        }
        let targets = self.targets(unit, &range);
        if !targets.is_empty() {
            return targets.iter().all(|target| self.reached.facts.is_harmless(target));
        }
        match code.word(range.start).filter(|_| range.len() == 1) {
            Some(name) => {
                let single = unit.constants.single(name, range.start);
                single.is_some_and(|value| self.lets_pass(unit, value, depth))
            }
            None => false,
        }
    }

    /// The members of modules that an expression begins with: `cors()`, `express.json()`.
    fn targets(&self, unit: &Unit, range: &Range<usize>) -> Vec<Target> {
        let code = &unit.code;
        let start = if code.is(range.start, "new") { range.start + 1 } else { range.start };
        let Some(targets) = code.word(start).and_then(|name| unit.names.bindings.get(name)) else {
            return Vec::new();
        };
        let member = chain(code, start).member;
        let known = targets.iter().map(|target| target.member(&member));
        known.filter(|target| self.reached.facts.module(&target.module).is_some()).collect()
    }

    /// Whether Flask is told its host: it may answer 404 where another is asked for, as every probe does.
    fn names_its_host(&self) -> bool {
        let mut units = self.reached.units.iter();
        units.any(|unit| {
            let code = &unit.code;
            let named = |at| code.string(at).as_deref() == Some("SERVER_NAME") || code.is(at, "SERVER_NAME");
            code.language() == Language::Python && (0..code.len()).any(named)
        })
    }

    /// Whether Go's server is given something else than its own router: a function around it may answer first.
    fn handlers_are_wrapped(&self) -> bool {
        self.effects(Effect::Listens).any(|occurrence| {
            let Some(unit) = occurrence.unit.map(|unit| &self.reached.units[unit]) else { return false };
            if unit.code.language() != Language::Go || occurrence.is_method {
                return false;
            }
            let Some(handler) = handler(unit, occurrence.at) else { return false };
            let name = unit.code.word(handler.start).filter(|_| handler.len() == 1);
            !name.is_some_and(|name| name == "nil" || unit.apps.contains(name))
        })
    }
}

/// The handler that `http.ListenAndServe(address, handler)` or `http.Server{Handler: handler}` is given.
fn handler(unit: &Unit, at: usize) -> Option<Range<usize>> {
    let code = &unit.code;
    let open = chain(code, at).end + 1;
    let arguments = code.arguments(open);
    let named =
        arguments.iter().find(|range| code.is(range.start, "Handler") && code.is(range.start + 1, ":"));
    if let Some(range) = named {
        return Some(range.start + 2..range.end);
    }
    if code.is(open, "(") { arguments.get(1).cloned() } else { None }
}

/// Whether the guard is only asked below a path of its own: `app.use('/api', …)`.
fn is_mounted(guard: &Occurrence, unit: &Unit) -> bool {
    let first = call(guard, unit).and_then(|open| unit.code.arguments(open).into_iter().next());
    let path = first.and_then(|range| unit.code.string(range.start));
    path.is_some_and(|path| path.len() > 1 && path.starts_with('/') && !path.contains('*'))
}

fn is_app(occurrence: &Occurrence, unit: &Unit) -> bool {
    name_of_receiver(occurrence, unit)
        .is_some_and(|name| unit.apps.contains(name) && !unit.constants.varies(name, occurrence.at))
}

/// The path, if it is plain and has no parameters.
fn path(occurrence: &Occurrence) -> Option<String> {
    let Some(Some(value)) = occurrence.values.first() else { return None };
    let [Part::Text(text)] = value.as_slice() else { return None };
    // Go's patterns may begin with a method.
    let text = match text.split_once(' ') {
        Some(("GET", path)) => path.trim_start(),
        Some(_) => return None,
        None => text,
    };
    (text.starts_with('/') && !text.contains([':', '{', '<', '*', '('])).then(|| text.to_owned())
}

/// Whether nothing but the handler itself answers: no function before it among the arguments, no decorator between.
fn is_plain(occurrence: &Occurrence, unit: &Unit) -> bool {
    let code = &unit.code;
    let Some(open) = call(occurrence, unit) else { return false };
    let arguments = code.arguments(open);
    if code.language() != Language::Python {
        return arguments.len() == 2;
    }
    let guarded =
        arguments.iter().any(|range| code.is(range.start, "dependencies") && code.is(range.start + 1, "="));
    let Some(close) = code.pair(open) else { return false };
    !guarded && !code.is(close + 1, "@") && asks_nothing(unit, close + 1)
}

/// Whether the function at `at` takes nothing but the request: FastAPI refuses a request that lacks what another
/// parameter stands for, or what a dependency asks of it, such as a token.
fn asks_nothing(unit: &Unit, at: usize) -> bool {
    let code = &unit.code;
    let at = at + usize::from(code.is(at, "async"));
    if !code.is(at, "def") || !code.is(at + 2, "(") {
        return true;
    }
    let is_request = |range: &Range<usize>| {
        code.is_any(range.start, &["self", "req", "request", "response"])
            && !range.clone().any(|at| code.is(at, "="))
    };
    code.arguments(at + 2).iter().all(is_request)
}

fn call(occurrence: &Occurrence, unit: &Unit) -> Option<usize> {
    let code = &unit.code;
    (occurrence.at..code.len().min(occurrence.at + 8)).find(|at| code.is(*at, "("))
}

/// Whether GET is among the methods that are listed beside the path, where some are.
fn answers_get(occurrence: &Occurrence, unit: &Unit) -> bool {
    let code = &unit.code;
    let Some(open) = call(occurrence, unit) else { return false };
    let Some(close) = code.pair(open) else { return false };
    let names_get = |range: Range<usize>| {
        range.clone().any(|at| {
            code.string(at).is_some_and(|text| text.eq_ignore_ascii_case("GET")) || code.is(at, "MethodGet")
        })
    };
    let listed = (open..close).find(|at| code.is(*at, "methods") && code.is_any(at + 1, &["=", ":"]));
    if let Some(at) = listed {
        return names_get(at + 2..code.after(at + 2));
    }
    // `.Methods("POST")` of gorilla/mux.
    let chained = code.is(close + 1, ".") && code.is(close + 2, "Methods");
    !chained || code.pair(close + 3).is_some_and(|end| names_get(close + 3..end))
}
