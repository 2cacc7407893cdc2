//! HC2 of the server that `next build` makes with `output: "standalone"`: <https://nextjs.org/docs/app/api-reference/config/next-config-js/output>.

use super::{COMMAND, Port, SET_PORT, Server, agrees, environment};
use crate::images::Facts;
use crate::shell::{Entry, StartKind};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Shipped};

/// Where it listens unless `PORT` says otherwise.
const DEFAULT: u16 = 3000;

/// The server, where the start command runs the `server.js` of a copied `.next/standalone`.
pub(super) fn find(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Option<Server>> {
    let is_server = matches!(&program.start.entry, Some(Entry::File(path)) if path.ends_with("server.js"));
    let copied = shipped.instructions().find(|index| {
        let instruction = shipped.instruction(*index);
        let words = instruction.values();
        let standalone = |word: &&str| word.trim_end_matches(['/', '.']).ends_with(".next/standalone");
        instruction.keyword == Keyword::Copy
            && instruction.flag("from").is_some()
            && words.iter().rev().skip(1).any(standalone)
    })?;
    if program.start.kind != StartKind::Node || !is_server {
        return None;
    }
    let line = shipped.instruction(copied).lines.0;
    checks.holds("HC1", format!("line {line} copies the server of Next.js"));
    let Some(port) = environment::port(shipped, "PORT", Some(DEFAULT), checks) else { return Some(None) };
    if agrees_with_all(shipped, program, facts, &port, exposed, checks).is_none() {
        return Some(None);
    }
    // An engine sets HOSTNAME to the container's own name, and then only that name's address is listened on.
    match shipped.environment("HOSTNAME") {
        Some("0.0.0.0" | "::" | "127.0.0.1") => {
            checks.holds("HC5", "HOSTNAME makes it listen on an address that the probe reaches");
        }
        _ => {
            let text =
                "without `ENV HOSTNAME=0.0.0.0` it listens on the address of the container's name only";
            checks.misses("HC5", text, format!("write `ENV HOSTNAME=0.0.0.0`, or {COMMAND}"));
        }
    }
    checks.holds("HC2", format!("the server of Next.js listens on {} (line {line})", port.number));
    let path = shipped.input.options.health.path.clone();
    Some(Some(Server { port, path, http: true }))
}

/// `None` where something names another port.
fn agrees_with_all(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    port: &Port,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<()> {
    if let Some(text) = environment::set_at_start(shipped, program, facts, "PORT") {
        checks.misses("HC2", text, SET_PORT);
        return None;
    }
    agrees(port.number, exposed, checks)
}
