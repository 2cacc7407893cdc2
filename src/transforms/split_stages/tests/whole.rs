use super::waits;
use crate::transforms::split_stages::SPLIT_STAGES;
use crate::transforms::testing::{check_in, run_built, same};

const PACKAGE: (&str, &str) = (
    "package.json",
    r#"{"scripts": {"start": "node dist/main.js", "build": "tsc"}, "dependencies": {"express": "1"}, "devDependencies": {"typescript": "5"}}"#,
);
const LOCK: (&str, &str) = (
    "package-lock.json",
    r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/express": {"version": "1.0.0"},
        "node_modules/tree-kill": {"version": "1.0.0", "dev": true}}}"#,
);
const MAIN: (&str, &str) = ("server.js", "require('express')().listen(3000)\n");
const FILES: &[(&str, &str)] = &[PACKAGE, LOCK, MAIN];
const CMD: &str = "CMD [\"node\", \"server.js\"]\n";

fn file(before: &str, after: &str) -> String {
    format!("FROM node:22-bookworm\nWORKDIR /app\n{before}RUN npm ci\nCOPY . .\n{after}")
}

fn split(text: &str, lines: &str) -> String {
    let text = text.replacen("bookworm\n", "bookworm AS build\n", 1);
    let at = text.rfind("COPY . .").expect("the sources");
    let end = at + text[at..].find('\n').expect("a line") + 1;
    let end = text[end..]
        .find("RUN ")
        .map_or(end, |run| end + run + text[end + run..].find('\n').expect("a line") + 1);
    format!("{}\nFROM node:22-bookworm-slim\n{lines}{}", &text[..end], &text[end..])
}

const HEAD: &str = "WORKDIR /app\nCOPY --from=build /app ./\n";

#[test]
fn a_server_runs_on_the_slim_image() {
    let text = file("COPY package*.json ./\n", &format!("# the port\nEXPOSE 3000\n{CMD}"));
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, HEAD));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    check_in(&SPLIT_STAGES, FILES, &crlf(&text), &crlf(&split(&text, HEAD)));
}

#[test]
fn a_tag_without_a_release_has_a_twin() {
    let moving = |text: &str| text.replace("22-bookworm", "22");
    let text = moving(&file("COPY package*.json ./\n", CMD));
    let after = moving(&split(&file("COPY package*.json ./\n", CMD), HEAD));
    check_in(&SPLIT_STAGES, FILES, &text, &after);
}

#[test]
fn a_build_step_stays_behind_with_its_tools() {
    let text = file(
        "RUN apt-get update && apt-get install -y python3 make g++\nCOPY package*.json ./\nENV NODE_ENV=development PORT=3000\n",
        "RUN npm run build\nCMD [\"npm\", \"start\"]\n",
    );
    let after = split(&text, &format!("ENV NODE_ENV=development PORT=3000\n{HEAD}"));
    let sources = [
        PACKAGE,
        LOCK,
        ("src/main.ts", ""),
        ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
    ];
    check_in(&SPLIT_STAGES, &sources, &text, &after);
}

#[test]
fn packages_of_the_system_are_installed_again() {
    let install = "RUN apt-get update && apt-get install -y ffmpeg \\\n    # small\n    && rm -rf /var/lib/apt/lists/*\n";
    let text = file(&format!("{install}COPY package*.json ./\n"), CMD);
    let again = install.replace("    # small\n", "");
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, &format!("{again}{HEAD}")));
}

#[test]
fn files_elsewhere_come_along() {
    let text = file(
        "COPY docker/start.sh /start.sh\nRUN chmod +x /start.sh\n",
        "ENTRYPOINT [\"/start.sh\"]\nCMD [\"node\", \"server.js\"]\n",
    );
    let script = ("docker/start.sh", "#!/bin/sh\nset -e\necho starting\nexec \"$@\"\n");
    let lines = format!("{HEAD}COPY --from=build /start.sh /start.sh\n");
    check_in(&SPLIT_STAGES, &[PACKAGE, LOCK, MAIN, script], &text, &split(&text, &lines));
}

#[test]
fn ms2_the_application_has_no_folder() {
    waits(FILES, &file("", CMD).replace("WORKDIR /app\n", ""), &["MS2"]);
    waits(FILES, &file("", CMD).replace("/app", "/etc/app"), &["MS2"]);
}

#[test]
fn ms3_native_modules() {
    let lock = |package: &str| {
        format!(
            r#"{{"lockfileVersion": 3, "packages": {{"": {{}}, "node_modules/{package}": {{"version": "1.0.0", "hasInstallScript": true}}}}}}"#
        )
    };
    let text = file("", CMD);
    for package in ["canvas", "puppeteer", "unheard"] {
        waits(&[PACKAGE, ("package-lock.json", &lock(package)), MAIN], &text, &["MS3"]);
    }
    check_in(
        &SPLIT_STAGES,
        &[PACKAGE, ("package-lock.json", &lock("bcrypt")), MAIN],
        &text,
        &split(&text, HEAD),
    );
    waits(&[PACKAGE, MAIN], &text, &["MS3"]);
    waits(&[PACKAGE, LOCK, MAIN, ("binding.gyp", "")], &text, &["MS3"]);
}

#[test]
fn ms3_other_commands() {
    waits(FILES, &file("RUN apt-get update && apt-get install -y ffmpeg make\n", CMD), &["MS3"]);
    waits(FILES, &file("RUN apt-get update && apt-get install -y libpq-dev\n", CMD), &["MS3"]);
    waits(FILES, &file("RUN apt-get update && apt-get install -y ffmpeg && mkdir /app/x\n", CMD), &["MS3"]);
    waits(FILES, &file("RUN curl -o /opt/x https://example.com\n", CMD), &["MS3"]);
    waits(FILES, &file("RUN mkdir /data\n", CMD), &["MS3"]);
    waits(FILES, &file("RUN echo x > /etc/x\n", CMD), &["MS3"]);
    waits(FILES, &file("COPY server.js /etc/server.js\n", CMD), &["MS3"]);
    waits(FILES, &file("", CMD).replace("npm ci", "cd .. && npm ci"), &["MS3"]);
}

#[test]
fn ms4_the_base_image_is_not_certain() {
    let text = format!("ARG V=22\n{}", file("", CMD).replace("22-bookworm", "${V}-bookworm"));
    waits(FILES, &text, &["MS4"]);
    waits(FILES, &file("", CMD).replace(":22-bookworm", ""), &["MS4"]);
}

#[test]
fn ms6_programs_that_the_slim_image_lacks() {
    let main = ("server.js", "require('child_process').execSync('git log')\n");
    waits(&[PACKAGE, LOCK, main], &file("", CMD), &["MS6"]);
    waits(FILES, &file("", &format!("HEALTHCHECK CMD curl -f http://localhost:3000/\n{CMD}")), &["MS6"]);
    waits(FILES, &file("", "CMD [\"tini\", \"--\", \"node\", \"server.js\"]\n"), &["MS6"]);
    let script = ("start.sh", "#!/bin/bash\ncurl http://db\nexec node server.js\n");
    waits(&[PACKAGE, LOCK, MAIN, script], &file("", "CMD [\"./start.sh\"]\n"), &["MS6"]);
    // What corepack has made lies in the old image.
    waits(FILES, &file("RUN corepack enable\n", "CMD [\"pnpm\", \"start\"]\n"), &["MS6"]);
    waits(FILES, &file("", "CMD [\"/usr/bin/python3\", \"server.js\"]\n"), &["MS6"]);
    let main = (
        "server.js",
        "const { promisify } = require('util')\nmodule.exports = promisify(require('child_process').exec)\n",
    );
    waits(&[PACKAGE, LOCK, main], &file("", CMD), &["MS6"]);
    waits(FILES, &file("", "CMD [\"node\", \"--use-openssl-ca\", \"server.js\"]\n"), &["MS14"]);
}

#[test]
fn ms7_ms8_ms12_what_is_started() {
    waits(FILES, &file("SHELL [\"/bin/bash\", \"-c\"]\n", CMD), &["MS7"]);
    waits(FILES, &file("", "CMD [\"npx\", \"nodemon\", \"server.js\"]\n"), &["MS8"]);
    waits(FILES, &file("", ""), &["MS12"]);
}

#[test]
fn ms9_a_health_check_of_compose() {
    let compose = (
        "compose.yaml",
        "services:\n  web:\n    build: .\n    healthcheck:\n      test: curl -f http://localhost\n",
    );
    waits(&[PACKAGE, LOCK, MAIN, compose], &file("", CMD), &["MS9"]);
    // What is mounted and what is started instead finds there what it found before.
    let compose = (
        "compose.yaml",
        "services:\n  web:\n    build: .\n    command: npm run dev\n    volumes:\n      - .:/app\n",
    );
    let text = file("", CMD);
    let found =
        run_built(&SPLIT_STAGES, &[PACKAGE, LOCK, MAIN, compose], &text, &crate::config::Options::default());
    assert_eq!(found.applied.len(), 1, "{:?}", found.held_back);
}

#[test]
fn ms13_owners() {
    waits(FILES, &file("COPY --chown=node:node package.json ./\n", CMD), &["MS13"]);
    waits(FILES, &file("RUN chown -R node /app\n", CMD), &["MS13"]);
    waits(FILES, &file("USER node\n", CMD), &["MS13"]);
    let text = file("", &format!("USER node\n{CMD}"));
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, HEAD));
}

#[test]
fn nothing_is_gained_from_a_slim_image() {
    same(&SPLIT_STAGES, &file("", CMD).replace("bookworm", "bookworm-slim"));
    same(&SPLIT_STAGES, &file("", CMD).replace("bookworm", "alpine"));
    // Without a build there is nothing that could stay behind.
    same(&SPLIT_STAGES, &file("", CMD).replace("RUN npm ci\n", ""));
}
