//! When the probe is asked: HC6, how long the program takes before it answers; HC8, what the asking costs.

use std::sync::LazyLock;

use serde::Deserialize;

use super::server::Server;
use crate::images::Facts;
use crate::shell::StartKind;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    default: u32,
    period: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    seconds: u32,
    why: String,
    #[serde(default)]
    kinds: Vec<StartKind>,
    #[serde(default)]
    families: Vec<String>,
    #[serde(default)]
    before: Vec<String>,
    #[serde(default)]
    builds: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("timing.toml")).expect("a test reads the embedded table"));

/// What HEALTHCHECK means where nothing is said, but for the start period.
const INTERVAL: &str = "30s";
const TIMEOUT: &str = "10s";
const RETRIES: u32 = 3;

/// Asking more often than this, in seconds, is asked of a page of which nothing is known (HC8).
const SHORTEST: f64 = 5.0;

/// The flags of the instruction; `server` is what is asked, where dockfix.toml does not bring the command.
pub(super) fn flags(
    shipped: &Shipped<'_>,
    facts: &Facts,
    server: Option<&Server>,
    checks: &mut Checks,
) -> String {
    let options = &shipped.input.options.health;
    let interval = options.interval.as_deref().unwrap_or(INTERVAL);
    let timeout = options.timeout.as_deref().unwrap_or(TIMEOUT);
    let retries = options.retries.unwrap_or(RETRIES);
    let (needed, why) = needed(shipped, facts);
    let period = options.start_period.clone().unwrap_or_else(|| format!("{needed}s"));
    // Until the last of the retries nobody acts on it.
    let patience = seconds(&period) + seconds(interval) * f64::from(retries);
    match why {
        Some(why) if patience < f64::from(needed) => {
            let text = format!("{why}, and after {patience}s it would count as unhealthy");
            let remedy = format!("set `[health] start-period` in dockfix.toml to {needed}s or more");
            checks.misses("HC6", text, remedy);
        }
        Some(why) => checks.holds("HC6", format!("{why}, and {period} are left for that")),
        None => checks.holds("HC6", format!("{period} are left for the start")),
    }
    if let Some(server) = server {
        cost(server, interval, checks);
    }
    format!(
        "HEALTHCHECK --interval={interval} --timeout={timeout} --start-period={period} --retries={retries}"
    )
}

/// HC8: what is asked for, and how often.
fn cost(server: &Server, interval: &str, checks: &mut Checks) {
    match &server.path {
        Some(path) => checks.holds("HC8", format!("`{path}` is asked for every {interval}")),
        None if !server.http => {
            checks.holds("HC8", format!("the port is tried every {interval}, which asks for nothing"));
        }
        None if seconds(interval) < SHORTEST => {
            let text = format!("`/` is asked for every {interval}, and it is not known what that costs");
            let remedy = format!(
                "set `[health] path` in dockfix.toml to a cheap route, or `interval` to {SHORTEST}s or more"
            );
            checks.misses("HC8", text, remedy);
        }
        None => checks.holds("HC8", format!("`/` is asked for once every {interval}")),
    }
}

/// How many seconds the program may take before it answers, and what takes them.
fn needed(shipped: &Shipped<'_>, facts: &Facts) -> (u32, Option<&'static str>) {
    let program = shipped.runs(facts, "HC6", "HC6").ok();
    let fits = |row: &&Row| {
        let by_program = program.as_ref().is_some_and(|program| {
            let start = &program.start;
            let runs_build =
                start.development.is_some() && row.builds.iter().any(|name| name == program.name());
            let before = |text: &String| row.before.iter().any(|part| text.contains(part.as_str()));
            row.kinds.contains(&start.kind) || runs_build || program.before.iter().any(before)
        });
        by_program || row.families.iter().any(|part| facts.family.contains(part.as_str()))
    };
    match TABLE.period.iter().filter(fits).max_by_key(|row| row.seconds) {
        Some(row) => (row.seconds, Some(&row.why)),
        None => (TABLE.default, None),
    }
}

/// A duration as dockfix.toml allows it, in seconds: `1m30s`.
fn seconds(duration: &str) -> f64 {
    let mut sum = 0.0;
    let mut rest = duration;
    while !rest.is_empty() {
        let end = rest.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(end);
        let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
        let Some((unit, factor)) = units.into_iter().find(|(unit, _)| after.starts_with(unit)) else { break };
        sum += number.parse::<f64>().unwrap_or_default() * factor;
        rest = &after[unit.len()..];
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::{TABLE, seconds};

    #[test]
    fn durations_are_added_up() {
        for (text, expected) in [("30s", 30.0), ("1m30s", 90.0), ("500ms", 0.5), ("1.5h", 5400.0)] {
            assert!((seconds(text) - expected).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn the_table_can_be_read() {
        for row in &TABLE.period {
            let lists = [row.families.len(), row.before.len(), row.builds.len(), row.kinds.len()];
            assert!(row.seconds > TABLE.default && lists.iter().sum::<usize>() > 0, "{}", row.why);
        }
    }
}
