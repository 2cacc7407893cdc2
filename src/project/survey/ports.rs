//! What settings and sources say about where a framework's server listens.

use serde_json::Value;

use super::{Served, ServerRow};

/// A place that names the port.
pub(super) struct Told {
    port: u16,
    /// The variable that is asked before.
    variable: Option<String>,
    /// Whether it need not be in force, even if the program is the only one: a profile's.
    maybe: bool,
    /// Whether it stands in the sources, and so in those of one program.
    in_source: bool,
    at: String,
}

/// Reads one text: what names the port is told, and what may tell otherwise is said.
pub(super) fn look(row: &ServerRow, path: &str, text: &str, told: &mut Vec<Told>, served: &mut Served) {
    let name = path.rsplit('/').next().unwrap_or(path);
    if row.kestrel && name == "appsettings.json" {
        return kestrel(path, text, told, served);
    }
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    if let Some(key) = row.key.as_deref().filter(|key| is_yaml && key.contains('.')) {
        return match serde_saphyr::from_multiple::<Value>(text) {
            Ok(documents) => {
                let maybe = name.contains('-') || documents.len() > 1;
                for document in &documents {
                    settings(row, key, (path, maybe), document, told, served);
                }
            }
            Err(_) => _ = served.said.get_or_insert_with(|| format!("`{path}` cannot be read")),
        };
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.trim();
        if code.starts_with('#') || code.starts_with("//") {
            continue;
        }
        let at = || format!("{path}:{}", number + 1);
        let pair = code.split_once('=').filter(|(name, _)| row.key.as_deref() == Some(name.trim()));
        if let Some((_, value)) = pair {
            match port(value.trim()) {
                // Sections and profiles are not told apart.
                Some((port, variable)) => {
                    // A folder beside the sources is read only where it stands beside the program, too.
                    let maybe = name != "application.properties" || path.starts_with("config/");
                    told.push(Told { port, variable, maybe, in_source: false, at: at() });
                    continue;
                }
                None => _ = served.said.get_or_insert_with(|| format!("`{code}` ({})", at())),
            }
        }
        if code.starts_with("%dev.") || code.starts_with("%test.") {
            continue;
        }
        if row.calls.iter().any(|call| code.contains(call.as_str()))
            && let Some((port, variable)) = address(code, text)
            && !is_conditional(text, number)
        {
            told.push(Told { port, variable, maybe: false, in_source: true, at: at() });
            continue;
        }
        if let Some(hazard) = row.said.iter().find(|hazard| code.contains(hazard.as_str())) {
            served.said.get_or_insert_with(|| format!("`{hazard}` ({})", at()));
        }
    }
}

/// What all of them together say.
pub(super) fn conclude(told: Vec<Told>, programs: usize, served: &mut Served) {
    let Some(first) = told.first() else { return };
    if let Some(other) =
        told.iter().find(|other| (other.port, &other.variable) != (first.port, &first.variable))
    {
        let text = format!("{} and {} name different ports", first.at, other.at);
        served.said.get_or_insert(text);
        return;
    }
    let by_default = served.port == Some(first.port) && first.variable.is_none();
    let certain = told.iter().any(|told| !(told.maybe || told.in_source && programs > 1));
    served.maybe |= !by_default && !certain;
    served.told = true;
    served.port = Some(first.port);
    served.named_variable = first.variable.clone();
}

/// The settings of a YAML document, `server.port` in whichever way it is nested.
fn settings(
    row: &ServerRow,
    key: &str,
    (path, maybe): (&str, bool),
    document: &Value,
    told: &mut Vec<Told>,
    served: &mut Served,
) {
    let mut found = Vec::new();
    flatten(document, String::new(), &mut found);
    for (name, value) in found {
        if name == key {
            match port(&value) {
                Some((port, variable)) => {
                    told.push(Told { port, variable, maybe, in_source: false, at: path.to_owned() });
                }
                None => _ = served.said.get_or_insert_with(|| format!("`{name}: {value}` ({path})")),
            }
            continue;
        }
        // The row's texts of one word are meant for lines; here only whole keys count.
        let keys = row.said.iter().map(|hazard| hazard.trim_end_matches(':'));
        let mut keys = keys.filter(|hazard| hazard.contains(['.', '-']));
        if keys.any(|hazard| name.contains(hazard)) {
            served.said.get_or_insert_with(|| format!("`{name}` ({path})"));
        }
    }
}

fn flatten(value: &Value, name: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(inner, name, found);
            }
        }
        Value::String(text) => found.push((name, text.clone())),
        other => found.push((name, other.to_string())),
    }
}

/// A number, or a variable with one: `${PORT:8080}`.
fn port(value: &str) -> Option<(u16, Option<String>)> {
    let inside = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let (variable, number) = match inside {
        Some(inside) => {
            let (name, number) = inside.split_once(':')?;
            (Some(name.to_owned()), number)
        }
        None => (None, value),
    };
    let plain = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if variable.as_ref().is_some_and(|name| !plain(name)) {
        return None;
    }
    Some((number.trim().parse().ok().filter(|port| *port > 0)?, variable))
}

/// The endpoints of Kestrel in `appsettings.json`: the address of the only one.
/// Source: learn.microsoft.com/aspnet/core/fundamentals/servers/kestrel/endpoints, "Configure HTTPS in appsettings.json".
fn kestrel(path: &str, text: &str, told: &mut Vec<Told>, served: &mut Served) {
    let Ok(settings) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
        // With comments in it, it is read by its words alone.
        let lower = text.to_lowercase();
        if ["kestrel", "\"urls\"", "http_ports", "https_ports"].iter().any(|word| lower.contains(word)) {
            served.said.get_or_insert_with(|| format!("`{path}` cannot be read"));
        }
        return;
    };
    let key = |value: &'_ Value, name: &str| -> Option<Value> {
        let found = value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    };
    if ["urls", "http_ports", "https_ports"].iter().any(|name| key(&settings, name).is_some()) {
        served.said.get_or_insert_with(|| format!("`urls` ({path})"));
    }
    let Some(own) = key(&settings, "Kestrel") else { return };
    let said = || format!("`Kestrel` ({path})");
    let plain = own.as_object().is_some_and(|own| own.len() == 1);
    let endpoints = key(&own, "Endpoints").filter(|_| plain);
    let single = endpoints.as_ref().and_then(Value::as_object).filter(|endpoints| endpoints.len() == 1);
    let endpoint = single.and_then(|endpoints| endpoints.values().next()).and_then(Value::as_object);
    // Whatever stands beside the address may name a protocol or a certificate.
    let url = endpoint.filter(|endpoint| endpoint.len() == 1).and_then(|endpoint| {
        endpoint.iter().find(|(key, _)| key.eq_ignore_ascii_case("Url")).and_then(|(_, value)| value.as_str())
    });
    match url.and_then(plain_address) {
        Some(port) => {
            let at = path.to_owned();
            // Of several programs, each has settings of its own.
            told.push(Told { port, variable: None, maybe: false, in_source: true, at });
        }
        None => _ = served.said.get_or_insert_with(said),
    }
}

/// Whether a line of code stands under a condition: what is less indented above it is one.
fn is_conditional(text: &str, number: usize) -> bool {
    const HEADS: &[&str] = &["if", "else", "case", "default:", "catch", "switch", "foreach", "for", "while"];
    let lines: Vec<&str> = text.lines().collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let begins = |line: &str| {
        let word = line.trim_start().trim_start_matches(['}', ' ']);
        HEADS
            .iter()
            .any(|head| word.strip_prefix(head).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
    };
    let Some(line) = lines.get(number) else { return true };
    let mut least = depth(line);
    for above in lines[..number].iter().rev().filter(|above| !above.trim().is_empty()) {
        if depth(above) < least && !matches!(above.trim(), "{") {
            if begins(above) {
                return true;
            }
            least = depth(above);
        }
    }
    begins(line) || line.contains('?')
}

/// The port of the one address that a call names: `UseUrls("http://*:5000")`, `Urls.Add($"http://*:{port}")`.
fn address(code: &str, text: &str) -> Option<(u16, Option<String>)> {
    let mut quoted = code.split('"').skip(1).step_by(2);
    let written = quoted.next().filter(|_| quoted.next().is_none())?;
    if let Some(port) = plain_address(written) {
        return Some((port, None));
    }
    let (before, name) = written.strip_suffix('}')?.rsplit_once('{')?;
    let is_filled = code.contains("$\"") && is_any_host(before.strip_suffix(':')?.strip_prefix("http://")?);
    by_variable(text, name).filter(|_| is_filled).map(|(variable, port)| (port, Some(variable)))
}

/// `http://*:5000`
fn plain_address(text: &str) -> Option<u16> {
    let (host, port) = text.strip_prefix("http://")?.trim_end_matches('/').rsplit_once(':')?;
    is_any_host(host).then(|| port.parse().ok())?
}

fn is_any_host(host: &str) -> bool {
    matches!(host, "0.0.0.0" | "*" | "+" | "localhost" | "127.0.0.1" | "[::]")
}

/// What `var name = Environment.GetEnvironmentVariable("PORT") ?? "8080";` says, where the name is given no other value.
fn by_variable(text: &str, name: &str) -> Option<(String, u16)> {
    const CALL: &str = "Environment.GetEnvironmentVariable(\"";
    let gives = |line: &&str| {
        let line = line.trim_start();
        let after = line.strip_prefix("var ").or_else(|| line.strip_prefix("string ")).unwrap_or(line);
        after.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut lines = text.lines().filter(gives);
    let line = lines.next().filter(|_| lines.next().is_none())?;
    let (_, call) = line.split_once(CALL)?;
    let (variable, rest) = call.split_once("\")")?;
    let default = rest.trim().strip_prefix("??")?.trim().strip_suffix(';')?.trim();
    let port = default.strip_prefix('"')?.strip_suffix('"')?.parse().ok().filter(|port| *port > 0)?;
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    variable.chars().all(word).then(|| (variable.to_owned(), port))
}
