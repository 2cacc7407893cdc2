//! `add-user`: the container does not run as root.
//!
//! A container that is broken into as root can write to what is mounted into it, and to more. Which user: the image's
//! ready one; else a created one where the image has the tools; else a bare number with its group.

mod checks;
mod position;
mod program;

use super::checks::Checks;
use super::shipped::Shipped;
use super::writing::{INDENT, continued, insert_above, insert_below};
use super::{Category, Diagnostic, Effect, Example, Input, Part, Transform};
use crate::edit::Edit;
use crate::images::{Facts, UserTools};

/// The number of a user that we create: free in every image that is known, and above the range of system users.
const OWN_ID: u32 = 10_001;

/// The name of a user that we create.
const OWN_NAME: &str = "app";

/// Adds a USER that is not root.
pub(super) const ADD_USER: Transform = Transform {
    name: "add-user",
    summary: "run the container as a numeric user that is not root",
    category: Category::Security,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3002", "CIS:4.1", "Kubernetes:runAsNonRoot"],
    explain: "\
A process that runs as root inside a container can write to whatever is mounted into it; almost no server needs that.
The user is the one that the image brings along for this (`node`), else one that is created where the image has the
tools for it, else a bare number; always written as a number with its group, which Kubernetes can check.
Safe when all of this is proven for this file and project:
NR1 nothing after it needs root; NR2 the server listens on port 1024 or above; NR3 the program writes to no folder that
root owns, or only to those granted as `[user] writable`; NR4 no VOLUME waits for root; NR7 nothing is kept under
/root; NR8 no entrypoint script needs root; NR9 the program is no daemon that needs root; NR10 the base image and the
file do not ask for another user; NR11 the program needs no home folder, or has one; NR12 the image can make the user.
Held back otherwise, naming what is missing. `[user] run-as-root = \"why\"` in dockfix.toml ends the matter.",
    examples: &[
        Example {
            files: &[
                ("package.json", "{\"name\": \"a\", \"version\": \"1.0.0\"}"),
                ("server.js", "require('http').createServer((q, s) => s.end('x')).listen(3000)\n"),
            ],
            before: "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY server.js ./\nEXPOSE 3000\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY server.js ./\nEXPOSE 3000\nUSER 1000:1000\nCMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[],
            before: "FROM node:24-bookworm-slim\nUSER node\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:24-bookworm-slim\nUSER node\nCMD [\"node\", \"server.js\"]\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    Shipped::of(input).and_then(|shipped| judge(&shipped)).into_iter().collect()
}

/// The one diagnostic for the shipped stage; `None` where there is nothing to say.
fn judge(shipped: &Shipped<'_>) -> Option<Diagnostic> {
    let input = shipped.input;
    if input.options.user.run_as_root.is_some() || has_own_user(shipped) {
        return None;
    }
    let message = "the container runs as root";
    let span = shipped.instruction(input.model.stages[shipped.stage].from()).name_span();
    let mut checks = Checks::default();
    let facts = match shipped.facts("NR10") {
        Ok(facts) => facts,
        Err(missing) => {
            checks.take(Err(missing));
            return Some(checks.hold_back(span, message));
        }
    };
    if facts.is_windows() || facts.keep_root.is_some() || facts.runs_as_root() == Some(false) {
        return None;
    }
    if facts.runs_as_root().is_none() {
        let text = format!("it is not known which user `{}` runs as", facts.family);
        checks.misses("NR10", text, "set `[user] id` in dockfix.toml");
    }
    checks::all(shipped, &facts, &mut checks);
    if let position::Position::Below(index) = position::of(shipped)
        && input.document.is_open(index)
    {
        checks.misses(
            "open-continuation",
            "the last line continues to nowhere",
            "remove the mark at its end",
        );
        return Some(checks.hold_back(span, message));
    }
    match choose(shipped, &facts, &mut checks) {
        None => Some(checks.hold_back(span, message)),
        Some(user) => {
            let edits = user.edits(shipped);
            Some(checks.fix(span, message, user.title(), edits, &[Part::User]))
        }
    }
}

/// Whether the file itself already ends with a user of its own.
fn has_own_user(shipped: &Shipped<'_>) -> bool {
    shipped.user().is_some_and(|user| {
        let name = user.split(':').next().unwrap_or_default().trim_matches(['"', '\'']);
        !matches!(name, "root" | "0")
    })
}

/// The user that the container is to have.
struct Chosen {
    id: u32,
    group: u32,
    /// How to make it, if the image does not have it.
    creation: Option<Vec<String>>,
    /// What says so.
    from: &'static str,
    /// Folders that it must own.
    owned: Vec<String>,
}

fn choose(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Option<Chosen> {
    let options = &shipped.input.options.user;
    let owned = checks::owned_folders(shipped, facts, checks);
    if let Some(id) = options.id {
        checks.holds("NR12", format!("`{id}` is set in dockfix.toml"));
        let group = options.group.unwrap_or(id);
        return Some(Chosen { id, group, creation: None, from: "as dockfix.toml says", owned });
    }
    if let Some(ready) = facts.ready_user() {
        checks.holds(
            "NR12",
            format!("`{}` has the user `{}` ({}:{})", facts.family, ready.name, ready.uid, ready.gid),
        );
        return Some(Chosen {
            id: ready.uid,
            group: ready.gid,
            creation: None,
            from: "the image's own user",
            owned,
        });
    }
    let creation = match facts.user_tools {
        Some(UserTools::Shadow) => Some(continued(
            shipped.input.document,
            &[
                &format!("RUN groupadd --gid {OWN_ID} {OWN_NAME}"),
                &format!(
                    "&& useradd --uid {OWN_ID} --gid {OWN_NAME} --no-create-home --no-log-init --shell /usr/sbin/nologin {OWN_NAME}"
                ),
            ],
        )),
        Some(UserTools::Busybox) => Some(continued(
            shipped.input.document,
            &[
                &format!("RUN addgroup -g {OWN_ID} -S {OWN_NAME}"),
                &format!("&& adduser -S -D -H -u {OWN_ID} -G {OWN_NAME} {OWN_NAME}"),
            ],
        )),
        Some(UserTools::None) => None,
        Some(UserTools::NetUser) => return None,
        None => {
            let text = format!("it is not known how `{}` makes a user", facts.family);
            checks.misses("NR12", text, "set `[user] id` in dockfix.toml to use a bare number");
            return None;
        }
    };
    let free = facts.uid_is_taken(OWN_ID) == Some(false) && facts.user_named(OWN_NAME).is_none();
    if creation.is_some() && !free {
        let text = format!("`{}` may have a user `{OWN_NAME}` or {OWN_ID} of its own", facts.family);
        checks.misses("NR12", text, "set `[user] id` in dockfix.toml to use a bare number");
        return None;
    }
    checks.holds(
        "NR12",
        match creation {
            Some(_) => format!("`{}` has the tools to make a user, and {OWN_ID} is free", facts.family),
            None => format!("`{}` needs no entry for a user: a bare number does", facts.family),
        },
    );
    let from = if creation.is_some() { "a user made for it" } else { "a bare number" };
    Some(Chosen { id: OWN_ID, group: OWN_ID, creation, from, owned })
}

impl Chosen {
    fn title(&self) -> String {
        format!("run as {}:{}, {}", self.id, self.group, self.from)
    }

    fn edits(&self, shipped: &Shipped<'_>) -> Vec<Edit> {
        let input = shipped.input;
        let from = input.model.stages[shipped.stage].from();
        let mut edits = Vec::new();
        if let Some(creation) = &self.creation {
            edits.push(insert_below(input, from, creation));
        }
        let mut lines = Vec::new();
        if !self.owned.is_empty() {
            lines.extend(self.ownership(shipped));
        }
        lines.push(format!("USER {}:{}", self.id, self.group));
        let user = match position::of(shipped) {
            position::Position::Above(index) => insert_above(input, index, &lines),
            position::Position::Below(index) => insert_below(input, index, &lines),
        };
        match edits.first_mut().filter(|creation| creation.span == user.span) {
            // Both stand at one place, so they are one insertion.
            Some(creation) => creation.text.push_str(&user.text),
            None => edits.push(user),
        }
        edits
    }

    /// One RUN that makes the granted folders and gives them to the user.
    fn ownership(&self, shipped: &Shipped<'_>) -> Vec<String> {
        let folders = self.owned.join(" ");
        let owner = format!("{}:{}", self.id, self.group);
        let first = format!("RUN mkdir -p {folders}");
        let second = format!("&& chown -R {owner} {folders}");
        if first.len() + second.len() + INDENT.len() < 100 {
            return vec![format!("{first} {second}")];
        }
        continued(shipped.input.document, &[&first, &second])
    }
}

#[cfg(test)]
mod tests {
    use super::ADD_USER;
    use crate::config::Config;
    use crate::transforms::testing::{check_in, held_back, outcome, run_alone};

    const SERVER: (&str, &str) =
        ("server.js", "require('http').createServer((q, s) => s.end('x')).listen(3000)\n");

    fn node(middle: &str) -> String {
        format!("FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"node\", \"server.js\"]\n")
    }

    #[test]
    fn the_images_own_user_stands_above_health_check_and_cmd() {
        let text = node("EXPOSE 3000\n# why\nHEALTHCHECK CMD [\"node\", \"x.js\"]\n");
        let after = text.replace("# why\n", "USER 1000:1000\n# why\n");
        check_in(&ADD_USER, &[SERVER], &text, &after);
    }

    #[test]
    fn a_user_is_made_where_the_image_has_none() {
        check_in(
            &ADD_USER,
            &[("app.py", "print('x')\n")],
            "FROM python:3.12-slim-bookworm\nCOPY . /app\nWORKDIR /app\nCMD [\"python\", \"app.py\"]\n",
            "FROM python:3.12-slim-bookworm\nRUN groupadd --gid 10001 app \\\n    && useradd --uid 10001 --gid app \
             --no-create-home --no-log-init --shell /usr/sbin/nologin app\nCOPY . /app\nWORKDIR /app\n\
             USER 10001:10001\nCMD [\"python\", \"app.py\"]\n",
        );
    }

    #[test]
    fn busybox_has_another_dialect() {
        let text = "FROM python:3.12-alpine3.22\nCOPY . /app\nWORKDIR /app\nCMD [\"python\", \"app.py\"]\n";
        let file = run_alone(&ADD_USER, &[("app.py", "print('x')\n")], text);
        assert!(file.after.text().contains("adduser -S -D -H -u 10001 -G app app\n"), "{:?}", file.held_back);
    }

    #[test]
    fn nr2_a_low_port_holds_it_back() {
        held_back(&ADD_USER, &[SERVER], &node("EXPOSE 80\n"), &["NR2"]);
        let low = ("server.js", "require('http').createServer().listen(443)\n");
        held_back(&ADD_USER, &[low], &node(""), &["NR2"]);
    }

    #[test]
    fn nr3_a_write_holds_it_back_until_it_is_granted() {
        let writes = ("server.js", "require('fs').writeFileSync('uploads/x', 'y')\n");
        held_back(&ADD_USER, &[writes], &node(""), &["NR3"]);
        let config = Config::parse("[user]\nwritable = [\"uploads\"]\n", &[]).expect("sound");
        let options = config.options_for("Dockerfile");
        let found = outcome(&ADD_USER, &[writes], &node(""), &options);
        let text = found.files[0].after.text();
        assert!(
            text.contains("RUN mkdir -p /app/uploads && chown -R 1000:1000 /app/uploads\nUSER 1000:1000\n"),
            "{text}{:?}",
            found.files[0].held_back
        );
    }

    #[test]
    fn nr4_a_volume_holds_it_back() {
        held_back(&ADD_USER, &[SERVER], &node("VOLUME /data\n"), &["NR4"]);
    }

    #[test]
    fn nr7_the_home_of_root_holds_it_back() {
        held_back(&ADD_USER, &[SERVER], &node("RUN cp x /root/x\n"), &["NR7"]);
    }

    #[test]
    fn what_is_known_to_break_is_no_fix_at_all() {
        let options = crate::config::Options { unproven: true, ..Default::default() };
        for text in [
            node("RUN cp x /root/x\n"),
            "FROM debian:bookworm-slim\nCMD [\"supervisord\"]\n".to_owned(),
            "FROM debian:bookworm-slim\nRUN true\n".to_owned(),
        ] {
            let found = outcome(&ADD_USER, &[SERVER], &text, &options);
            assert_eq!(found.files[0].after.text(), text);
            assert!(found.files[0].held_back.iter().all(|held| !held.available));
        }
    }

    #[test]
    fn nr8_an_unread_script_holds_it_back() {
        let text = "FROM node:24-bookworm-slim\nCOPY . /\nENTRYPOINT [\"/start.sh\"]\n";
        held_back(&ADD_USER, &[("start.sh", "#!/bin/sh\nchown -R node /data\n")], text, &["NR8", "NR3"]);
    }

    #[test]
    fn nr9_a_daemon_holds_it_back() {
        let text = "FROM debian:bookworm-slim\nCMD [\"supervisord\"]\n";
        held_back(&ADD_USER, &[], text, &["NR9", "NR3"]);
        held_back(&ADD_USER, &[], "FROM debian:bookworm-slim\nRUN true\n", &["NR9"]);
    }

    #[test]
    fn nr10_root_by_name_holds_it_back() {
        held_back(&ADD_USER, &[SERVER], &node("USER root\n"), &["NR10"]);
        held_back(&ADD_USER, &[SERVER], "FROM unheard/of:1\nCMD [\"x\"]\n", &["NR10"]);
    }

    #[test]
    fn nr11_npm_has_the_home_of_the_ready_user() {
        let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"node server.js\"}}");
        let text = node("").replace("[\"node\", \"server.js\"]", "[\"npm\", \"start\"]");
        check_in(&ADD_USER, &[SERVER, package], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
    }

    #[test]
    fn nr12_a_user_of_the_files_own_holds_it_back() {
        held_back(&ADD_USER, &[SERVER], &node("RUN useradd -m web\n"), &["NR12"]);
    }

    #[test]
    fn a_new_user_and_its_use_may_stand_at_one_place() {
        check_in(
            &ADD_USER,
            &[],
            "FROM python:3.12-slim-bookworm\nCMD [\"python\", \"-m\", \"http.server\"]\n",
            "FROM python:3.12-slim-bookworm\nCMD [\"python\", \"-m\", \"http.server\"]\n",
        );
        let options = crate::config::Options { unproven: true, ..Default::default() };
        let text = "FROM debian:bookworm-slim\nCMD [\"x\"]\n";
        let found = outcome(&ADD_USER, &[], text, &options);
        assert!(found.files[0].rejected.is_empty(), "{:?}", found.files[0].rejected);
        let after = found.files[0].after.text();
        assert!(after.contains("nologin app\nUSER 10001:10001\nCMD"), "{after}");
    }

    #[test]
    fn an_open_continuation_at_the_end_holds_it_back() {
        held_back(
            &ADD_USER,
            &[],
            "FROM node:24-bookworm-slim\nCMD [\"node\"]\nRUN x \\\n",
            &["NR3", "open-continuation"],
        );
    }

    #[test]
    fn a_base_that_is_not_root_is_left_alone() {
        check_in(
            &ADD_USER,
            &[],
            "FROM gcr.io/distroless/static-debian13:nonroot\nCMD [\"/x\"]\n",
            "FROM gcr.io/distroless/static-debian13:nonroot\nCMD [\"/x\"]\n",
        );
        held_back(&ADD_USER, &[], "FROM postgres:18\n", &[]);
    }

    #[test]
    fn a_reason_for_root_ends_the_matter() {
        let config = Config::parse("[user]\nrun-as-root = \"raw sockets\"\n", &[]).expect("sound");
        let found = outcome(&ADD_USER, &[SERVER], &node(""), &config.options_for("Dockerfile"));
        assert!(found.files[0].applied.is_empty() && found.files[0].held_back.is_empty());
    }
}
