//! Which paths a program answers to GET, as far as they are registered by plain texts on its one server.

use super::effects::Occurrence;
use super::facts::Effect;
use super::listens::name_of_receiver;
use super::reach::Unit;
use super::value::Part;
use super::{Found, Sources};

/// Paths that tell the health of a program, the likeliest first. `/` comes last: it may be anything.
const HEALTH_PATHS: &[&str] =
    &["/healthz", "/health", "/livez", "/readyz", "/up", "/ping", "/status", "/api/health", "/_health", "/"];

impl Sources {
    /// Every path that is certainly registered for GET.
    ///
    /// Only what is registered on the program's single server object counts, since what is registered on others can be
    /// mounted under any prefix.
    pub fn routes(&self) -> Vec<Found<String>> {
        let made = |effect| self.occurrences.iter().filter(move |occurrence| occurrence.effect == effect);
        let apps: Vec<(Option<usize>, usize)> =
            made(Effect::App).map(|occurrence| (occurrence.unit, occurrence.at)).collect();
        if apps.len() > 1 {
            return Vec::new();
        }
        let mut routes: Vec<Found<String>> = Vec::new();
        for occurrence in made(Effect::Route) {
            let Some(unit) = occurrence.unit.map(|unit| &self.reached.units[unit]) else { continue };
            let on_app = match occurrence.is_method {
                true => name_of_receiver(occurrence, unit).is_some_and(|name| {
                    unit.apps.contains(name) && !unit.constants.varies(name, occurrence.at)
                }),
                false => apps.is_empty(),
            };
            let Some(path) = path(occurrence).filter(|_| on_app && answers_get(occurrence, unit)) else {
                continue;
            };
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

/// Whether a list of methods beside the path leaves GET out.
fn answers_get(occurrence: &Occurrence, unit: &Unit) -> bool {
    let code = &unit.code;
    let Some(open) = (occurrence.at..code.len()).find(|at| code.is(*at, "(")) else { return false };
    let Some(close) = code.pair(open) else { return false };
    let names_get = |range: std::ops::Range<usize>| {
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
