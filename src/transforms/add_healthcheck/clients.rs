//! HC4: the clients that the image has: those of its base, what a RUN of the file installs, and the interpreter that
//! the container is started with.

use std::collections::BTreeMap;

use crate::images::{Client, Facts, Os};
use crate::shell::{Action, Manager, StartKind};
use crate::syntax::Keyword;
use crate::transforms::shipped::Shipped;

/// A client, the name by which it is called, and why it is there.
pub(super) type Clients = BTreeMap<Client, (String, String)>;

/// Packages that bring a client under that name on every distribution that has a package of the name.
const PACKAGES: &[(&str, Client, &str)] = &[
    ("bash", Client::BashTcp, "bash"),
    ("curl", Client::Curl, "curl"),
    ("nodejs", Client::NodeHttp, "node"),
    ("python3", Client::Python, "python3"),
    ("ruby", Client::Ruby, "ruby"),
    ("wget", Client::Wget, "wget"),
];

/// Every client that is proven to be there.
pub(super) fn find(shipped: &Shipped<'_>, facts: &Facts) -> Clients {
    let mut found = installed(shipped);
    if let Some((client, name)) = interpreter(shipped, facts) {
        let why = format!("the container is started with `{name}`");
        found.insert(client, (name, why));
    }
    for client in facts.clients.iter().filter(|client| facts.has_client(**client) == Some(true)) {
        let name = match client {
            Client::NodeFetch | Client::NodeHttp => node(facts),
            Client::Python => {
                if facts.family.starts_with("python") {
                    "python"
                } else {
                    "python3"
                }
            }
            Client::Bun => "bun",
            Client::Ruby => "ruby",
            Client::Php => "php",
            Client::Curl => "curl",
            Client::Wget => "wget",
            // A netcat that can try a port is sure to be there only in Alpine's.
            Client::BusyboxWget if facts.os == Os::Alpine => "nc",
            Client::BusyboxWget => "",
            Client::BashTcp => "bash",
            Client::Deno | Client::Windows => continue,
        };
        found.insert(*client, (name.to_owned(), format!("`{}` has {client}", facts.family)));
    }
    found
}

/// Node by the name that the image's PATH finds.
fn node(facts: &Facts) -> &str {
    match facts.entrypoint {
        Some([program]) if program.ends_with("/node") => program,
        _ => "node",
    }
}

/// What the start command runs, under the name that it is found by.
fn interpreter(shipped: &Shipped<'_>, facts: &Facts) -> Option<(Client, String)> {
    let program = shipped.runs(facts, "HC4", "HC4").ok()?;
    let start = &program.start;
    // A package manager's scripts and runners find programs where nothing else does.
    if program.through.is_some() || !program.scripts.is_empty() || !start.runners.is_empty() {
        return None;
    }
    let name = program.argv.get(start.program)?.clone();
    let client = match start.kind {
        StartKind::Node if program.name() == "node" => Client::NodeHttp,
        StartKind::Python if program.name().starts_with("python") => Client::Python,
        StartKind::Ruby if program.name() == "ruby" => Client::Ruby,
        StartKind::Bun => Client::Bun,
        _ => return None,
    };
    let plain = name.starts_with('/') || !name.contains('/');
    plain.then_some((client, name))
}

/// What RUNs install and nothing removes.
fn installed(shipped: &Shipped<'_>) -> Clients {
    let mut found = Clients::new();
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        let Some((_, text)) = instruction.shell_form().filter(|_| instruction.keyword == Keyword::Run) else {
            continue;
        };
        let parsed = shipped.input.shell.parse(text);
        let Ok(script) = parsed.as_ref() else { continue };
        for placed in script.simple_commands() {
            let Some(install) = placed.command.install().filter(|install| install.manager.is_system()) else {
                continue;
            };
            let named = install.operands.iter().filter_map(|index| placed.command.words[*index].literal());
            let package =
                |word: &str| word.split(['=', '~', '<', '>', ':']).next().unwrap_or(word).to_owned();
            let named: Vec<String> = named.map(package).collect();
            for (name, client, program) in PACKAGES {
                if !named.iter().any(|package| package == name) {
                    continue;
                }
                // What an `apk add --virtual` names goes with the virtual package.
                let kept = install.is_certain()
                    && placed.guards.must_succeed()
                    && install.option("--virtual").or(install.option("-t")).is_none();
                match install.action {
                    Action::Install if kept => {
                        let line = instruction.lines.0;
                        let why = format!("line {line} installs `{name}`");
                        // Alpine has a BusyBox of the name too, which this one takes the place of.
                        if !(*client == Client::Wget && install.manager == Manager::Apk) {
                            found.insert(*client, ((*program).to_owned(), why));
                        }
                    }
                    Action::Remove => _ = found.remove(client),
                    _ => {}
                }
            }
        }
    }
    found
}
