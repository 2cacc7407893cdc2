//! The probe: HC4, a client that the image has, and the words to call it with.

use super::clients;
use super::server::Server;
use crate::images::{Client, Facts, Shell};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;

/// Clients from the best to the last resort: the language needs no other package, bash only tries the port.
const PREFERRED: &[Client] = &[
    Client::NodeFetch,
    Client::NodeHttp,
    Client::Python,
    Client::Bun,
    Client::Ruby,
    Client::Php,
    Client::Curl,
    Client::Wget,
    Client::BusyboxWget,
    Client::BashTcp,
];

/// The words of the probe; `None` where the image has no client for it.
pub(super) fn command(
    shipped: &Shipped<'_>,
    facts: &Facts,
    server: &Server,
    checks: &mut Checks,
) -> Option<Vec<String>> {
    let clients = clients::find(shipped, facts);
    let fitting = PREFERRED.iter().filter_map(|client| Some((*client, clients.get(client)?)));
    let mut found =
        fitting.filter_map(|(client, (name, why))| Some((words(client, name, facts, server)?, why)));
    let Some((words, why)) = found.next() else {
        no_client(facts, checks);
        return None;
    };
    checks.holds("HC4", why);
    checks.holds("HC10", "it is an exec form, and exits with 0 exactly when it is content");
    Some(words)
}

/// HC4 where the port is not known either: with nothing to ask it by, naming the port would not help.
pub(super) fn check_clients(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    if clients::find(shipped, facts).is_empty() {
        no_client(facts, checks);
    }
}

fn no_client(facts: &Facts, checks: &mut Checks) {
    let text = format!("nothing in `{}` can ask the server", facts.family);
    let remedy = "give the program a way to ask itself and set `[health] command` in dockfix.toml, \
                  or use a runtime image that has a client";
    checks.misses("HC4", text, remedy);
}

fn words(client: Client, name: &str, facts: &Facts, server: &Server) -> Option<Vec<String>> {
    let path = server.path.as_deref().unwrap_or("/");
    let ask = Ask { number: server.port.number, variable: server.port.variable.as_deref(), path };
    let strict = server.path.is_some();
    // A path that would end a string of the probe's own language is not written into it.
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    if !plain(path) || !server.http && !matches!(client, Client::Php | Client::BusyboxWget | Client::BashTcp)
    {
        return None;
    }
    let language = |flag: &str, code: String| Some(exec(&[name, flag, &code]));
    match client {
        Client::NodeFetch => language("-e", ask.by_fetch(strict)),
        Client::NodeHttp => language("-e", ask.by_node_http(strict)),
        Client::Python => language("-c", ask.by_python(strict)),
        Client::Bun => language("-e", ask.by_bun(strict)),
        Client::Ruby => language("-e", ask.by_ruby(strict)),
        Client::Php if !server.http => language("-r", ask.by_php()),
        Client::Curl => {
            let how: &[&str] = if strict { &["-fsS"] } else { &["-sS", "-o", "/dev/null"] };
            let words: Vec<&str> = [&["curl"], how, &["--noproxy", "*"]].concat();
            ask.by_program(&words, facts)
        }
        Client::Wget => ask.by_wget(strict, facts),
        Client::BusyboxWget if strict => {
            ask.by_program(&["wget", "-q", "-Y", "off", "-O", "/dev/null"], facts)
        }
        // BusyBox's wget counts every status from 400 on as a failure, so any answer is asked for as an open port.
        Client::BusyboxWget if name == "nc" => ask.by_netcat(facts),
        Client::BashTcp => language("-c", format!("</dev/tcp/127.0.0.1/{}", ask.in_shell())),
        _ => None,
    }
}

fn exec(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What is asked. Where the server takes its port from a variable, the probe does the same.
struct Ask<'a> {
    number: u16,
    variable: Option<&'a str>,
    path: &'a str,
}

impl Ask<'_> {
    fn in_shell(&self) -> String {
        let number = self.number;
        self.variable.map_or(number.to_string(), |name| format!("${{{name}:-{number}}}"))
    }

    /// The URL as an expression of JavaScript.
    fn in_javascript(&self) -> String {
        let Ask { number, path, .. } = self;
        match self.variable {
            Some(name) => format!("'http://127.0.0.1:' + (process.env.{name} || {number}) + '{path}'"),
            None => format!("'http://127.0.0.1:{number}{path}'"),
        }
    }

    fn by_fetch(&self, strict: bool) -> String {
        let answer = if strict { "(r) => process.exit(r.ok ? 0 : 1)" } else { "() => process.exit(0)" };
        format!("fetch({}).then({answer}, () => process.exit(1))", self.in_javascript())
    }

    fn by_node_http(&self, strict: bool) -> String {
        let answer =
            if strict { "(r) => process.exit(r.statusCode < 400 ? 0 : 1)" } else { "() => process.exit(0)" };
        let url = self.in_javascript();
        format!("require('http').get({url}, {answer}).on('error', () => process.exit(1))")
    }

    fn by_bun(&self, strict: bool) -> String {
        let url = self.in_javascript();
        match strict {
            true => format!("process.exit((await fetch({url})).ok ? 0 : 1)"),
            false => format!("await fetch({url})"),
        }
    }

    fn by_python(&self, strict: bool) -> String {
        let Ask { number, path, .. } = self;
        let (import, port) = match self.variable {
            Some(name) => ("import os; ", format!("int(os.getenv('{name}') or {number})")),
            None => ("", number.to_string()),
        };
        let answer =
            if strict { "raise SystemExit(c.getresponse().status >= 400)" } else { "c.getresponse()" };
        format!(
            "{import}from http.client import HTTPConnection as C; c = C('127.0.0.1', {port}, timeout=5); \
             c.request('GET', '{path}'); {answer}"
        )
    }

    fn by_ruby(&self, strict: bool) -> String {
        let Ask { number, path, .. } = self;
        let port =
            self.variable.map_or(number.to_string(), |name| format!("(ENV['{name}'] || {number}).to_i"));
        let get = format!("Net::HTTP.new('127.0.0.1', {port}, nil).get('{path}')");
        match strict {
            true => format!("require 'net/http'; exit {get}.code.to_i < 400"),
            false => format!("require 'net/http'; {get}"),
        }
    }

    fn by_php(&self) -> String {
        let number = self.number;
        let port = self.variable.map_or(number.to_string(), |name| format!("getenv('{name}') ?: {number}"));
        format!("exit(@fsockopen('127.0.0.1', {port}) ? 0 : 1);")
    }

    /// A program that is given the URL as its last word; a variable takes a shell.
    fn by_program(&self, words: &[&str], facts: &Facts) -> Option<Vec<String>> {
        let url = format!("http://127.0.0.1:{}{}", self.in_shell(), self.path);
        self.run([words, &[url.as_str()]].concat(), facts)
    }

    /// GNU wget leaves with 8 where the server answers with a failure or leads elsewhere.
    fn by_wget(&self, strict: bool, facts: &Facts) -> Option<Vec<String>> {
        let quiet = ["wget", "-q", "--no-proxy", "-O", "/dev/null"];
        if strict {
            return self.by_program(&quiet, facts);
        }
        let url = format!("http://127.0.0.1:{}{}", self.in_shell(), self.path);
        let line = format!("{} --max-redirect=0 {url} || test $? = 8", quiet.join(" "));
        has_shell(facts).then(|| exec(&["sh", "-c", &line]))
    }

    fn by_netcat(&self, facts: &Facts) -> Option<Vec<String>> {
        let port = self.in_shell();
        self.run(vec!["nc", "-z", "127.0.0.1", &port], facts)
    }

    fn run(&self, words: Vec<&str>, facts: &Facts) -> Option<Vec<String>> {
        if self.variable.is_none() {
            return Some(exec(&words));
        }
        let quoted = words.iter().map(|word| if *word == "*" { "'*'" } else { *word });
        has_shell(facts).then(|| exec(&["sh", "-c", &quoted.collect::<Vec<_>>().join(" ")]))
    }
}

fn has_shell(facts: &Facts) -> bool {
    facts.shell.is_some_and(|shell| !matches!(shell, Shell::None))
}
