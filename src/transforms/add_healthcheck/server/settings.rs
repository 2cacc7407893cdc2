//! HC2 of a server whose own settings in the project name its port: `gunicorn.conf.py`, `config/puma.rb`.

use super::{COMMAND, Port, SET_PORT, environment};
use crate::images::Facts;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Where a server is told by its settings to listen.
struct Settings {
    program: &'static str,
    /// Options that name the file.
    options: &'static [&'static str],
    /// The file that is taken where no option names one.
    file: &'static str,
    /// What begins a line that says it.
    keys: &'static [&'static str],
    /// What begins a line that sets up TLS.
    tls: &'static [&'static str],
    /// A variable that holds more options, and a folder of files that are taken before this one.
    before: (&'static str, &'static str),
    /// What asks for a variable of the environment.
    asks: &'static [&'static str],
}

/// Sources: docs.gunicorn.org/en/stable/settings.html, "bind"; puma.io/puma/Puma/DSL.html.
const SETTINGS: &[Settings] = &[
    Settings {
        program: "gunicorn",
        options: &["-c", "--config"],
        file: "gunicorn.conf.py",
        keys: &["bind"],
        tls: &["certfile", "keyfile", "ssl_version"],
        before: ("GUNICORN_CMD_ARGS", ""),
        asks: &["os.environ.get(", "os.getenv(", "getenv("],
    },
    Settings {
        program: "puma",
        options: &["-C", "--config"],
        file: "config/puma.rb",
        keys: &["bind", "port", "ssl_bind"],
        tls: &[],
        before: ("PUMA_OPTS", "config/puma"),
        asks: &["ENV.fetch(", "ENV["],
    },
];

/// Hosts that a probe from inside reaches.
const HOSTS: &[&str] =
    &["", "0.0.0.0", "127.0.0.1", "::", "[::]", "tcp://0.0.0.0", "tcp://127.0.0.1", "tcp://[::]"];

/// The port that the settings name. `None` where they say nothing about it, and `Some(None)` where what they say is not
/// plain, which is then missing.
pub(super) fn port(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    checks: &mut Checks,
) -> Option<Option<Port>> {
    let row = SETTINGS.iter().find(|row| row.program == program.name())?;
    let words = &program.argv[program.start.program..];
    let named = words.iter().enumerate().find_map(|(at, word)| match word.split_once('=') {
        Some((name, value)) if row.options.contains(&name) => Some(value.to_owned()),
        _ if row.options.contains(&word.as_str()) => words.get(at + 1).cloned(),
        _ => None,
    });
    let (variable, others) = row.before;
    let folder = shipped.context_workdir(facts)?;
    let inside = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let more = environment::sets(shipped, &[variable]);
    let other = (named.is_none() && !others.is_empty())
        .then(|| shipped.input.project.files_below(&inside(others)).next())
        .flatten();
    if let Some(text) =
        more.or_else(|| other.map(|other| format!("`{}` may be read in its place", other.path)))
    {
        checks.misses("HC2", text, SET_PORT);
        return Some(None);
    }
    let file = named.unwrap_or_else(|| row.file.to_owned());
    let file = file.trim_start_matches("python:").trim_start_matches("./");
    let path = inside(file);
    let text = shipped.input.project.read(&path)?;
    let key =
        |line: &str| line.trim_start().split([' ', '=', '(', '\t']).next().unwrap_or_default().to_owned();
    let lines: Vec<&str> = text.lines().filter(|line| row.keys.contains(&key(line).as_str())).collect();
    if let Some(line) = text.lines().find(|line| row.tls.contains(&key(line).as_str())) {
        checks.misses("HC5", format!("`{}` of `{path}` sets up TLS", line.trim()), COMMAND);
        return Some(None);
    }
    let (variable, number) = match lines.as_slice() {
        [] => return None,
        // What stands deeper holds under a condition.
        [line] => match read(line, row.asks).filter(|_| !line.starts_with([' ', '\t'])) {
            Some(found) => found,
            None => {
                checks.misses("HC2", format!("`{}` of `{path}` names no plain port", line.trim()), SET_PORT);
                return Some(None);
            }
        },
        _ => {
            checks.misses("HC2", format!("`{path}` names several ports"), SET_PORT);
            return Some(None);
        }
    };
    let port = match &variable {
        Some(variable) => environment::port(shipped, variable, Some(number), checks),
        None => Some(Port::fixed(number)),
    };
    let Some(port) = port else { return Some(None) };
    if let Some(name) = &variable
        && let Some(text) = environment::set_at_start(shipped, program, facts, name)
            .or_else(|| environment::contradicted(shipped, name, port.number))
    {
        checks.misses("HC2", text, SET_PORT);
        return Some(None);
    }
    checks.holds("HC2", format!("`{path}` lets `{}` listen on {}", row.program, port.number));
    Some(Some(port))
}

/// The variable and the number of `bind = "0.0.0.0:8000"`, `port ENV.fetch("PORT") { 3000 }`.
fn read(line: &str, asks: &[&str]) -> Option<(Option<String>, u16)> {
    let code = line.split(" #").next().unwrap_or(line).trim();
    let key = code.split([' ', '=', '(', '\t']).next()?;
    let value = code[key.len()..].trim_start_matches([' ', '=', '(', '\t']);
    if key == "ssl_bind" {
        return None;
    }
    let asked = asks.iter().find_map(|call| value.split_once(call));
    let Some((before, behind)) = asked else {
        let plain = value.trim_end_matches(')').trim_matches(['"', '\'']);
        if key == "port" {
            return plain.parse().ok().map(|port| (None, port));
        }
        let (host, port) = plain.rsplit_once(':')?;
        return HOSTS.contains(&host).then(|| port.parse().ok()).flatten().map(|port| (None, port));
    };
    // What stands before the variable is the host, as the beginning of the text.
    let host = before
        .trim_start_matches('f')
        .trim_matches(['"', '\'', ' ', '+', '{', '#', '('])
        .trim_end_matches(':');
    if !HOSTS.contains(&host) {
        return None;
    }
    let name = behind.split(['"', '\'']).nth(1)?;
    let rest = behind.split_once(name)?.1;
    let mut numbers = rest.split(|letter: char| !letter.is_ascii_digit()).filter(|word| !word.is_empty());
    let number = numbers.next().filter(|_| numbers.next().is_none())?.parse().ok()?;
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let plain = rest.chars().all(|letter| letter.is_ascii_digit() || " \"'(){}[],|.to_i".contains(letter));
    (name.chars().all(word) && plain).then(|| (Some(name.to_owned()), number))
}

#[cfg(test)]
mod tests {
    use super::{SETTINGS, read};

    #[test]
    fn lines_of_settings_are_read() {
        let (gunicorn, puma) = (SETTINGS[0].asks, SETTINGS[1].asks);
        for (asks, line, variable, port) in [
            (gunicorn, "bind = \"0.0.0.0:8000\"", None, 8000),
            (gunicorn, "bind = ':5000'  # why", None, 5000),
            (gunicorn, "bind = \"0.0.0.0:\" + os.environ.get(\"PORT\", \"8080\")", Some("PORT"), 8080),
            (gunicorn, "bind = f\"0.0.0.0:{os.getenv('PORT', '8080')}\"", Some("PORT"), 8080),
            (puma, "port 3000", None, 3000),
            (puma, "port ENV.fetch(\"PORT\") { 3000 }", Some("PORT"), 3000),
            (puma, "port(ENV.fetch('PORT', 3000))", Some("PORT"), 3000),
            (puma, "port ENV['PORT'] || 3000", Some("PORT"), 3000),
            (puma, "bind \"tcp://0.0.0.0:9292\"", None, 9292),
        ] {
            assert_eq!(read(line, asks), Some((variable.map(str::to_owned), port)), "{line}");
        }
        for line in [
            "bind = f\"{host}:{port}\"",
            "bind = \"unix:/run/x.sock\"",
            "bind = [\"0.0.0.0:80\", \"0.0.0.0:81\"]",
            "bind = \"192.0.2.1:80\"",
            "bind = os.environ.get(\"BIND\", \"0.0.0.0:8000\")",
            "port ENV.fetch(\"PORT\")",
            "port ENV.fetch(\"PORT\") { base + 3000 }",
            "ssl_bind '0.0.0.0', 9292",
        ] {
            assert!(read(line, gunicorn).is_none() && read(line, puma).is_none(), "{line}");
        }
    }
}
