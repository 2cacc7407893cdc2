//! HC1 and HC2 by what the project's own services say, where neither the program nor its sources do.

use super::{Port, SET_PORT, Server, route};
use crate::project::builds::Build;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;

/// A server that a service asks for its health, or whose one port of EXPOSE a service publishes.
pub(super) fn find(shipped: &Shipped<'_>, exposed: &[u16], checks: &mut Checks) -> Option<Server> {
    let builds: Vec<&Build> = shipped.builds().filter(|build| !build.run.starts_otherwise).collect();
    let asked = builds.iter().filter_map(|build| Some((build, build.run.asked.as_ref()?)));
    let asked: Vec<_> = asked.collect();
    if let Some((build, first)) = asked.first() {
        let agree = asked.iter().all(|(_, other)| other.port == first.port)
            && (exposed.is_empty() || exposed.contains(&first.port));
        if !agree {
            return None;
        }
        let path = first.path.clone();
        checks.holds("HC1", format!("{} asks it for its health", build.at()));
        checks.holds("HC2", format!("the check of {} asks port {}", build.at(), first.port));
        checks.holds("HC5", format!("the check of {} speaks HTTP with it", build.at()));
        let asked = first.strict.then(|| (format!("the check of {} asks for `{path}`", build.at()), path));
        let path = route(None, asked, checks);
        return Some(Server { port: Port::fixed(first.port), path, http: true });
    }
    let [port] = exposed else { return None };
    let build = builds.iter().find(|build| build.run.published == [*port])?;
    let others = builds.iter().any(|other| !other.run.published.is_empty() && other.run.published != [*port]);
    if others {
        return None;
    }
    checks.holds("HC1", format!("{} publishes a port of it", build.at()));
    checks.holds("HC2", format!("EXPOSE names {port}, and {} publishes it", build.at()));
    // A connection that sends nothing can end a server of another protocol, or take the place of its one client.
    checks.misses("HC5", format!("it is not known what it speaks on port {port}"), SET_PORT);
    Some(Server { port: Port::fixed(*port), path: None, http: false })
}
