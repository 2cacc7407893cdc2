//! `npm install` → `npm ci`, and a lock that was left behind.

use super::{Files, IT, NODE, check_in, held_back, run_alone, with};

#[test]
fn npm_install_becomes_ci_without_a_move() {
    check_in(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN [\"npm\", \"install\"]\nCOPY . .\n",
        "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN [\"npm\", \"ci\"]\nCOPY . .\n",
    );
}

#[test]
fn npm_install_stays_where_ci_would_do_something_else() {
    let lock_one = with(NODE, &[("package-lock.json", r#"{"lockfileVersion": 1, "dependencies": {}}"#)]);
    let stale = with(NODE, &[("package.json", r#"{"dependencies": {"a": "1"}}"#)]);
    let head = "WORKDIR /app\nCOPY package*.json ./\n";
    for (files, from, run) in [
        (NODE, "node:12", "RUN npm install"),
        (NODE, "node", "RUN npm install --force"),
        (NODE, "node:22", "ENV NPM_CONFIG_GLOBAL_STYLE=true\nRUN npm install"),
        (NODE, "node:22", "RUN npm install -g npm@6\nRUN npm install"),
        (NODE, "ubuntu:24.04", "RUN npm install"),
        (&lock_one, "node:22", "RUN npm install"),
        (&stale, "node:22", "RUN npm install"),
    ] {
        held_back(&IT, files, &format!("FROM {from}\n{head}{run}\n"), &["MC11"]);
    }
    let text = format!("FROM node:22\n{head}RUN npm install express\n");
    check_in(&IT, NODE, &text, &text);
}

#[test]
fn a_second_install_in_the_run_does_not_become_ci() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm install express && npm install\n";
    held_back(&IT, NODE, text, &["MC11"]);
}

/// The manifest alone is copied, and the lock lies beside it.
const LOCKED: Files = &[
    ("package.json", r#"{"dependencies": {"a": "^1"}}"#),
    (
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "^1"}},
           "node_modules/a": {"version": "1.2.0"}}}"#,
    ),
    ("s.js", ""),
];

#[test]
fn a_lock_that_was_left_behind_is_copied_too() {
    check_in(
        &IT,
        LOCKED,
        "FROM node:22\nWORKDIR /app\n# Manifest.\nCOPY --chown=1:1 ./package.json .\nRUN npm install\nCOPY . .\n",
        "FROM node:22\nWORKDIR /app\n# Manifest.\nCOPY --chown=1:1 ./package.json ./package-lock.json .\nRUN npm ci\nCOPY . .\n",
    );
    let dev = LOCKED[1].1.replace(
        r#""version": "1.2.0"}"#,
        r#""version": "1.2.0"}, "node_modules/b": {"version": "1.0.0", "dev": true}"#,
    );
    let dev = dev.replacen(r#"{"a": "^1"}}"#, r#"{"a": "^1"}, "devDependencies": {"b": "1"}}"#, 1);
    let manifest = r#"{"dependencies": {"a": "^1"}, "devDependencies": {"b": "1"}}"#;
    check_in(
        &IT,
        &[("package.json", manifest), ("package-lock.json", &dev), ("s.js", "require('a')\n")],
        "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\nCMD [\"node\", \"s.js\"]\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci --omit=dev\nCOPY . .\nCMD [\"node\", \"s.js\"]\n",
    );
}

#[test]
fn a_lock_that_may_not_do_for_the_image_is_left_behind() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY package.json ./\nRUN npm install\nCOPY . .\n";
    let other =
        |lock: &str| held_back(&IT, &[LOCKED[0], ("package-lock.json", lock), LOCKED[2]], text, &["MC11"]);
    // Made on another platform, beside a `node_modules`: what this one needs is not in it.
    other(
        &LOCKED[1]
            .1
            .replace(r#""1.2.0""#, r#""1.2.0", "optionalDependencies": {"a-linux-x64-musl": "1.2.0"}"#),
    );
    other(&LOCKED[1].1.replace("1.2.0", "2.0.0"));
    let members = r#"{"workspaces": ["p/*"], "dependencies": {"a": "^1"}}"#;
    held_back(&IT, &[("package.json", members), LOCKED[1], LOCKED[2]], text, &["MC11"]);
    other(&LOCKED[1].1.replace(r#""1.2.0""#, r#""1.2.0", "resolved": "https://npm.example/a.tgz""#));
    // A destination that is a name, and one that several files cannot share.
    for copy in
        ["COPY package.json /app/package.json", "COPY [\"package.json\", \"./\"]", "COPY package.json /app"]
    {
        let text = text.replace("COPY package.json ./", copy);
        check_in(&IT, LOCKED, &text, &text);
    }
    // It was brought and taken away.
    for run in [
        "RUN rm -f package-lock.json && npm install",
        "RUN rm package-lock.json\nRUN npm install",
        "RUN rm -rf node_modules package-lock.json && npm install",
    ] {
        let text = text
            .replace("COPY package.json", "COPY package.json package-lock.json")
            .replace("RUN npm install", run);
        let file = run_alone(&IT, LOCKED, &text);
        assert_eq!(file.after.text(), text, "{run}");
    }
}

#[test]
fn settings_about_peers_that_are_not_copied_do_not_count() {
    let lock = r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1", "p": "2"}},
        "node_modules/p": {"version": "2.0.0"}, "node_modules/a": {"version": "1.0.0", "peerDependencies": {"p": "1"}}}}"#;
    let manifest = r#"{"dependencies": {"a": "1", "p": "2"}}"#;
    let files =
        [("package.json", manifest), ("package-lock.json", lock), (".npmrc", "legacy-peer-deps=true\n")];
    let text = "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm install\nCOPY . .\n";
    held_back(&IT, &files, text, &["MC11"]);
    let with = text.replace("COPY package", "COPY .npmrc package");
    check_in(&IT, &files, &with, &with.replace("npm install", "npm ci"));
}
