//! NR8 and NR9: start commands that a shell reads, and scripts that stand before the program.

use super::{ADD_USER, SERVER, node, with};
use crate::transforms::testing::{held_back, run_alone};

/// The node server, started by this instruction.
fn starts(instruction: &str) -> String {
    node("").replace("CMD [\"node\", \"server.js\"]", instruction)
}

#[track_caller]
fn applies(files: &[(&str, &str)], instruction: &str) {
    let file = run_alone(&ADD_USER, files, &starts(instruction));
    assert!(file.after.text().contains("USER 1000:1000\n"), "{instruction}: {:?}", file.held_back);
}

#[track_caller]
fn waits(files: &[(&str, &str)], instruction: &str, ids: &[&str]) {
    held_back(&ADD_USER, files, &starts(instruction), ids);
}

#[test]
fn a_shell_text_is_followed_to_its_program() {
    for instruction in [
        "CMD [\"sh\", \"-c\", \"exec node server.js\"]",
        "CMD set -e; echo hello && node server.js # why",
        "CMD NODE_ENV=production node server.js 2>&1",
        "CMD eval exec \"node $OPTS server.js\"",
        "CMD node $NODE_OPTS server.js",
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nCMD exec node server.js",
        "ENTRYPOINT [\"tini\", \"--\"]\nCMD node server.js",
    ] {
        applies(&[SERVER], instruction);
    }
}

#[test]
fn what_may_need_root_or_decides_what_runs_holds_it_back() {
    for instruction in [
        "CMD chown -R node /data && node server.js",
        "CMD while true; do node server.js; done",
        "CMD if [ -f x ]; then exec node server.js; fi",
        "CMD [ -f x ] && exec node other.js; node server.js",
        "CMD node server.js || true",
        "CMD PORT=80 node server.js",
        "CMD export NODE_OPTIONS=--x && node server.js",
        "CMD service cron start; node server.js",
        "CMD . ./x.sh; node server.js",
        "CMD set -- node x.js; exec \"$@\"",
        "CMD node server.js | grep x",
        "CMD gosu node node server.js; true",
        "CMD cd /srv && node server.js",
        "ENV HOST_NAME=a\nCMD HOST_NAME=b; node server.js",
    ] {
        waits(&[SERVER], instruction, &["NR8"]);
    }
    waits(&[SERVER], "CMD [\"node\", \"server.js\"] # why", &["NR9"]);
}

#[test]
fn what_writes_before_the_program_waits_for_the_folders() {
    for instruction in [
        "CMD mkdir cache && node server.js",
        "CMD npx prisma migrate deploy && node server.js",
        "CMD node server.js > /var/log/x",
        "CMD { echo a; } > log; node server.js",
        "CMD node prepare.js; node server.js",
    ] {
        waits(&[SERVER], instruction, &["NR3"]);
        let text = with("user.writable = [\"cache\"]\n", &[SERVER], &starts(instruction));
        assert!(text.contains("chown -R 1000:1000 /app/cache\nUSER 1000:1000\n"), "{text}");
    }
}

const WAITS_FOR_DATABASE: &str = "#!/bin/sh\nset -e\nuntil nc -z db 5432; do\n  sleep 1\ndone\n\
                                  if [ \"$DEBUG\" = 1 ]; then\n  echo debug\nfi\nrm -f tmp/server.pid\nexec \"$@\"\n";

#[test]
fn a_script_of_the_project_is_followed() {
    let script = ("entry.sh", WAITS_FOR_DATABASE);
    for instruction in [
        "ENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"node\", \"server.js\"]",
        "ENTRYPOINT [\"./entry.sh\"]\nCMD node server.js",
        "COPY entry.sh /usr/local/bin/\nENTRYPOINT [\"tini\", \"--\", \"entry.sh\", \"node\", \"server.js\"]",
        "CMD bash entry.sh node server.js",
        "RUN sed -i 's/\\r$//' entry.sh\nCMD [\"./entry.sh\", \"node\", \"server.js\"]",
    ] {
        applies(&[SERVER, script], instruction);
    }
    let program = ("cli", "#!/usr/bin/env node\nrequire('http').createServer().listen(3000)\n");
    applies(&[program], "CMD [\"./cli\"]");
}

#[test]
fn a_script_that_waits_is_seen_through() {
    let script = ("wait-for-it.sh", "#!/usr/bin/env bash\nuntil nc -z $1; do sleep 1; done\nexec ${@:3}\n");
    let call = "CMD [\"./wait-for-it.sh\", \"db:5432\", \"-t\", \"30\", \"--\", \"node\", \"server.js\"]";
    applies(&[SERVER, script], call);
    applies(&[SERVER, script], "CMD ./wait-for-it.sh db:5432 -- node server.js");
    waits(&[SERVER, ("wait-for-it.sh", "#!/bin/sh\nchown a b\nexec \"$@\"\n")], call, &["NR8"]);
}

#[test]
fn a_script_that_is_not_what_it_seems_holds_it_back() {
    let call = "ENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"node\", \"server.js\"]";
    for text in [
        "#!/bin/sh\nif [ \"$1\" = node ]; then exec gosu node \"$@\"; fi\nexec \"$@\"\n",
        "#!/bin/sh\nmain() { chown node /data; }\nmain\nexec \"$@\"\n",
        "#!/bin/sh\nshift\nexec \"$@\"\n",
        "#!/bin/sh\nexec node server.js &\nwait\n",
        "#!/bin/bash -l\nexec \"$@\"\n",
        "#!/bin/sh\n/app/entry.sh\n",
    ] {
        waits(&[SERVER, ("entry.sh", text)], call, &["NR8"]);
    }
    let script = ("entry.sh", WAITS_FOR_DATABASE);
    waits(&[SERVER, script], "ENTRYPOINT [\"/app/entry.sh\"]", &["NR8"]);
    let changed = format!("RUN sed -i 's/exec/gosu node/' /app/entry.sh\n{call}");
    held_back(&ADD_USER, &[SERVER, script], &starts(&changed), &["NR8", "NR3"]);
}

#[test]
fn variables_have_the_values_of_the_image() {
    let python = |middle: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{middle}CMD gunicorn -b 0.0.0.0:${{PORT:-8000}} app:app\n"
        )
    };
    let app = ("app.py", "def app(e, s): return [b'x']\n");
    assert_eq!(run_alone(&ADD_USER, &[app], &python("")).applied.len(), 1);
    held_back(&ADD_USER, &[app], &python("ENV PORT=80\n"), &["NR2", "NR2"]);
    held_back(&ADD_USER, &[app], &python("").replace("8000", "80"), &["NR2"]);
}
