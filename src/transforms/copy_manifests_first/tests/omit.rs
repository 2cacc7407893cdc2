//! `--omit=dev`: where nothing needs what only development needs.

use super::{Files, IT, NO_MODULES, check_in, outcome, run_alone, with};
use crate::config::Options;

const DEV_LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
    "": {"dependencies": {"express": "4"}, "devDependencies": {"nodemon": "3"}},
    "node_modules/express": {"version": "4.19.2"},
    "node_modules/nodemon": {"version": "3.0.0", "dev": true, "bin": {"nodemon": "x.js"}}}}"#;

const DEV: Files = &[
    (
        "package.json",
        r#"{"scripts": {"start": "node server.js", "dev": "nodemon server.js", "build": "tsc"},
           "dependencies": {"express": "4"}, "devDependencies": {"nodemon": "3"}}"#,
    ),
    ("package-lock.json", DEV_LOCK),
    ("server.js", "const express = require('express');\n"),
    NO_MODULES,
];

fn ci(more: &str) -> String {
    format!("FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n{more}\n")
}

#[test]
fn dev_dependencies_are_left_out_where_nothing_needs_them() {
    for start in [
        "CMD [\"node\", \"server.js\"]",
        "CMD npm start",
        "RUN apt-get update && echo x\nHEALTHCHECK CMD node server.js || exit 1\nCMD node server.js",
    ] {
        check_in(&IT, DEV, &ci(start), &ci(start).replace("npm ci", "npm ci --omit=dev"));
    }
}

#[test]
fn dev_dependencies_go_with_the_other_fixes_at_once() {
    check_in(
        &IT,
        DEV,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN [\"npm\", \"install\"]\nCMD node server.js\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN [\"npm\", \"ci\", \"--omit=dev\"]\nCOPY . .\nCMD node server.js\n",
    );
}

#[test]
fn dev_dependencies_that_are_needed_stay() {
    let imports = with(DEV, &[("server.js", "require('nodemon');\n")]);
    for (files, start) in [(DEV, "CMD npm run dev"), (&imports[..], "CMD node server.js")] {
        check_in(&IT, files, &ci(start), &ci(start));
    }
    let chosen = ci("CMD node server.js").replace("npm ci", "npm ci --include=dev");
    check_in(&IT, DEV, &chosen, &chosen);
    let production =
        ci("CMD node server.js").replace("COPY package*", "ENV NODE_ENV=production\nCOPY package*");
    check_in(&IT, DEV, &production, &production);
    let old = ci("CMD node server.js").replace("node:22", "node:14");
    check_in(&IT, DEV, &old, &old);
}

#[test]
fn dev_dependencies_stay_where_their_use_is_not_known() {
    let names = with(DEV, &[("server.js", "require('express');\nstart({ watch: 'nodemon' });\n")]);
    let computed = with(DEV, &[("server.js", "require(process.env.X);\n")]);
    let compose =
        with(DEV, &[("compose.yaml", "services:\n  web:\n    build: .\n    command: npm run dev\n")]);
    for (files, start) in [
        (DEV, "RUN npm run build\nCMD node server.js"),
        (DEV, "RUN ./setup.sh\nCMD node server.js"),
        (DEV, "RUN cd client && npm ci\nCMD node server.js"),
        (DEV, "CMD node dist/server.js"),
        (DEV, "CMD node $FILE"),
        (DEV, "WORKDIR /other\nCMD node server.js"),
        (DEV, "HEALTHCHECK CMD curl -f $URL\nCMD node server.js"),
        (&names[..], "CMD node server.js"),
        (&computed, "CMD node server.js"),
        (&compose, "CMD node server.js"),
    ] {
        let file = run_alone(&IT, files, &ci(start));
        assert_eq!(file.after.text(), ci(start), "{start}");
        assert!(
            file.held_back[0].missing.iter().all(|missing| missing.id == "MC11"),
            "{:#?}",
            file.held_back
        );
    }
}

#[test]
fn proven_first_and_the_others_later_is_the_same_as_all_at_once() {
    let unproven = Options { unproven: true, ..Options::default() };
    let lock = DEV_LOCK.replace("\"express\": \"4\"", "\"express\": \"4.x\"");
    let (stale, unknown) =
        ([("package-lock.json", lock.as_str())], [("server.js", "require(process.env.X);\n")]);
    let (stale, unknown) = (with(DEV, &stale), with(DEV, &unknown));
    for files in [DEV, &stale[..], &unknown] {
        let before = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD node server.js\n";
        let proven = outcome(&IT, files, before, &Options::default()).files.remove(0);
        let later = outcome(&IT, files, proven.after.text(), &unproven).files.remove(0);
        let at_once = outcome(&IT, files, before, &unproven).files.remove(0);
        assert_eq!(later.after.text(), at_once.after.text());
        assert!(
            at_once.after.text().contains("RUN npm ci --omit=dev\nCOPY . .\n"),
            "{}",
            at_once.after.text()
        );
    }
}
