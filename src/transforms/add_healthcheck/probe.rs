//! The probe: HC4, a client that the image has, and the words to call it with.

use super::server::Server;
use crate::images::{Client, Facts, Os};
use crate::transforms::checks::Checks;

/// Clients from the best to the last resort: the language needs no other package, bash only tries the port.
const PREFERRED: &[Client] = &[
    Client::NodeFetch,
    Client::NodeHttp,
    Client::Python,
    Client::Bun,
    Client::Ruby,
    Client::Curl,
    Client::BusyboxWget,
    Client::BashTcp,
];

/// The words of the probe; `None` where the image has no client for it.
pub(super) fn command(facts: &Facts, server: &Server, checks: &mut Checks) -> Option<Vec<String>> {
    let fitting = PREFERRED.iter().filter(|client| facts.has_client(**client) == Some(true));
    let found = fitting.filter_map(|client| Some((client, words(*client, facts, server)?))).next();
    let Some((client, words)) = found else {
        let text = format!("nothing in `{}` can ask the server", facts.family);
        let remedy = "give the program a way to ask itself and set `[health] command` in dockfix.toml, \
                      or use a runtime image that has a client";
        checks.misses("HC4", text, remedy);
        return None;
    };
    checks.holds("HC4", format!("`{}` has {client}", facts.family));
    Some(words)
}

fn words(client: Client, facts: &Facts, server: &Server) -> Option<Vec<String>> {
    let port = server.port;
    let path = server.path.as_deref().unwrap_or("/");
    let url = format!("http://127.0.0.1:{port}{path}");
    let strict = server.path.is_some();
    let language =
        |program: &str, flag: &str, code: String| Some(vec![program.to_owned(), flag.to_owned(), code]);
    // A path that would end a string of the probe's own language is not written into it.
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    if !plain || !server.http && !matches!(client, Client::BusyboxWget | Client::BashTcp) {
        return None;
    }
    match client {
        Client::NodeFetch => language(
            node(facts),
            "-e",
            match strict {
                true => {
                    format!("fetch('{url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))")
                }
                false => format!("fetch('{url}').then(() => process.exit(0), () => process.exit(1))"),
            },
        ),
        Client::NodeHttp => language(
            node(facts),
            "-e",
            match strict {
                true => format!(
                    "require('http').get('{url}', (r) => process.exit(r.statusCode < 400 ? 0 : 1)).on('error', () => process.exit(1))"
                ),
                false => format!(
                    "require('http').get('{url}', () => process.exit(0)).on('error', () => process.exit(1))"
                ),
            },
        ),
        Client::Python => {
            let ask = format!(
                "from http.client import HTTPConnection as C; c = C('127.0.0.1', {port}, timeout=5); c.request('GET', '{path}'); "
            );
            language(
                python(facts),
                "-c",
                match strict {
                    true => format!("{ask}raise SystemExit(c.getresponse().status >= 400)"),
                    false => format!("{ask}c.getresponse()"),
                },
            )
        }
        Client::Bun => language(
            "bun",
            "-e",
            match strict {
                true => format!("process.exit((await fetch('{url}')).ok ? 0 : 1)"),
                false => format!("await fetch('{url}')"),
            },
        ),
        Client::Ruby => language(
            "ruby",
            "-e",
            match strict {
                true => format!(
                    "require 'net/http'; exit Net::HTTP.new('127.0.0.1', {port}, nil).get('{path}').code.to_i < 400"
                ),
                false => format!("require 'net/http'; Net::HTTP.new('127.0.0.1', {port}, nil).get('{path}')"),
            },
        ),
        Client::Curl => {
            let how: &[&str] = if strict { &["-fsS"] } else { &["-sS", "-o", "/dev/null"] };
            let start = ["curl"].iter().chain(how).chain(&["--noproxy", "*"]);
            Some(start.map(|word| (*word).to_owned()).chain([url]).collect())
        }
        Client::BusyboxWget if strict => {
            let start = ["wget", "-q", "-Y", "off", "-O", "/dev/null"];
            Some(start.iter().map(|word| (*word).to_owned()).chain([url]).collect())
        }
        // BusyBox's wget counts every status from 400 on as a failure, so any answer is asked for as an open port.
        Client::BusyboxWget if facts.os == Os::Alpine => {
            let start = ["nc", "-z", "127.0.0.1"];
            Some(start.iter().map(|word| (*word).to_owned()).chain([port.to_string()]).collect())
        }
        Client::BashTcp => language("bash", "-c", format!("</dev/tcp/127.0.0.1/{port}")),
        _ => None,
    }
}

/// Node by the name that the image's PATH finds.
fn node(facts: &Facts) -> &str {
    match facts.entrypoint {
        Some([program]) if program.ends_with("/node") => program,
        _ => "node",
    }
}

fn python(facts: &Facts) -> &'static str {
    if facts.family.starts_with("python") { "python" } else { "python3" }
}
