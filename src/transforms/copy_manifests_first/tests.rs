//! The smallest Dockerfiles for each precondition: what is changed, what is left, what is held back and why.

mod bundler;
mod caches;
mod composer;
mod dotnet;
mod go;
mod managers;
mod mix;
mod npm_ci;
mod omit;
mod python;

use super::COPY_MANIFESTS_FIRST as IT;
use crate::config::Options;
use crate::transforms::testing::{check_in, held_back, outcome, run_alone};

type Files<'a> = &'a [(&'a str, &'a str)];

const NO_MODULES: (&str, &str) = (".dockerignore", "**/node_modules\n");

const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {"": {}}}"#;

const NODE: Files = &[("package.json", "{}"), ("package-lock.json", LOCK), ("server.js", ""), NO_MODULES];

const PYTHON: Files = &[("requirements.txt", "flask==3.0.0\n"), ("app.py", "")];

const GO: Files =
    &[("go.mod", "module a\n\nrequire b v1.0.0\n"), ("go.sum", ""), ("main.go", "package main\n")];

fn with<'a>(files: Files<'a>, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = files.iter().filter(|(path, _)| !more.iter().any(|(other, _)| other == path));
    kept.chain(more).copied().collect()
}

#[test]
fn node_with_a_lock_in_sync() {
    check_in(
        &IT,
        NODE,
        "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD node server.js\n",
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nCMD node server.js\n",
    );
}

#[test]
fn the_install_stays_where_the_image_is_not_known() {
    let file = run_alone(&IT, NODE, "FROM my/node\nWORKDIR /app\nCOPY . .\nRUN npm install\n");
    assert_eq!(
        file.after.text(),
        "FROM my/node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm install\nCOPY . .\n"
    );
    assert_eq!(file.held_back[0].missing[0].id, "MC11");
}

#[test]
fn requirements_with_the_comment_of_the_sources() {
    check_in(
        &IT,
        PYTHON,
        "FROM python:3.12-slim\n# the app\nCOPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt\nCMD python app.py\n",
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n# the app\nCOPY . /app\nCMD python app.py\n",
    );
}

#[test]
fn comments_on_both_sides_keep_their_order() {
    check_in(
        &IT,
        PYTHON,
        "FROM python:3.12-slim\nWORKDIR /app\n\n# sources\nCOPY . .\n\n# packages\nRUN pip install -r requirements.txt\n\nCMD python app.py\n",
        "FROM python:3.12-slim\nWORKDIR /app\n\n# sources\nCOPY requirements.txt ./\n\n# packages\nRUN pip install -r requirements.txt\n\nCOPY . .\n\nCMD python app.py\n",
    );
}

#[test]
fn a_comment_inside_the_copy_does_not_overtake_another() {
    held_back(
        &IT,
        PYTHON,
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY \\\n  # all\n  . .\n# packages\nRUN pip install -r requirements.txt\n",
        &["comment-in-the-way"],
    );
}

#[test]
fn a_run_is_parted_behind_the_install() {
    check_in(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && \\\n    npm run build\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
    );
}

#[test]
fn tidying_stays_in_the_run_of_the_install() {
    check_in(
        &IT,
        PYTHON,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y gcc && pip install -r requirements.txt && apt-get purge -y gcc && rm -rf /var/lib/apt/lists/*\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nRUN apt-get update && apt-get install -y gcc && pip install -r requirements.txt && apt-get purge -y gcc && rm -rf /var/lib/apt/lists/*\nCOPY . .\n",
    );
}

#[test]
fn a_run_with_state_is_not_parted() {
    held_back(
        &IT,
        NODE,
        "FROM node:22\nCOPY . /app\nRUN cd /app && export CI=1 && npm ci && npm run build\n",
        &["MC4"],
    );
    check_in(
        &IT,
        NODE,
        "FROM node:22\nCOPY . /app\nRUN cd /app && npm ci && npm run build\n",
        "FROM node:22\nCOPY package.json package-lock.json /app/\nRUN cd /app && npm ci\nCOPY . /app\nRUN cd /app && npm run build\n",
    );
    held_back(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN export A=b && npm ci && npm run build\n",
        &["MC4"],
    );
}

#[test]
fn a_folder_change_in_the_run_is_followed() {
    check_in(
        &IT,
        NODE,
        "FROM node:22\nCOPY . /app\nRUN cd /app && npm ci\n",
        "FROM node:22\nCOPY package.json package-lock.json /app/\nRUN cd /app && npm ci\nCOPY . /app\n",
    );
}

#[test]
fn manifests_of_a_folder_below() {
    let files = &[("web/package.json", "{}"), ("web/package-lock.json", LOCK), ("main.py", ""), NO_MODULES];
    check_in(
        &IT,
        files,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nWORKDIR web\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY . .\nWORKDIR web\nRUN npm ci\n",
    );
    check_in(
        &IT,
        files,
        "FROM node:22\nWORKDIR /app/web\nCOPY . /app\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app/web\nCOPY web/package.json web/package-lock.json ./\nRUN npm ci\nCOPY . /app\n",
    );
}

#[test]
fn files_in_several_folders_keep_their_places() {
    let files = &[("requirements.txt", "-r req/base.txt\n"), ("req/base.txt", "six==1.0\n"), ("app.py", "")];
    check_in(
        &IT,
        files,
        "FROM python:3.12\nWORKDIR /app\nCOPY --chown=1000:1000 . .\nRUN pip install -r requirements.txt\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY --chown=1000:1000 requirements.txt ./\nCOPY --chown=1000:1000 req/base.txt ./req/\nRUN pip install -r requirements.txt\nCOPY --chown=1000:1000 . .\n",
    );
}

#[test]
fn what_is_copied_already_is_not_copied_again() {
    check_in(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nCOPY . .\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n",
    );
}

#[test]
fn two_managers_share_one_copy() {
    let files = with(NODE, PYTHON);
    check_in(
        &IT,
        &files,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN npm ci\n",
        "FROM node:22\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n",
    );
}

#[test]
fn one_of_two_installs_comes_first_where_the_other_cannot() {
    let files = with(NODE, &[("requirements.txt", "-e .\n")]);
    let before = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN pip install -r requirements.txt\n";
    let file = run_alone(&IT, &files, before);
    let after = "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN pip install -r requirements.txt\n";
    assert_eq!(file.after.text(), after);
    assert_eq!(file.held_back[0].missing[0].id, "MC3");
}

#[test]
fn manifests_first_already() {
    for text in [
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm ci --omit=dev\n",
        "FROM node:22 AS deps\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nFROM deps\nCOPY . .\nRUN npm ci\n",
    ] {
        check_in(&IT, NODE, text, text);
    }
}

#[test]
fn each_precondition_holds_back_under_its_id() {
    let node = |more: &str| format!("FROM node:22\nWORKDIR /app\n{more}\n");
    let script = with(NODE, &[("package.json", r#"{"scripts": {"postinstall": "node setup.js"}}"#)]);
    let path = with(
        NODE,
        &[
            ("package.json", r#"{"dependencies": {"a": "file:./a"}}"#),
            (
                "package-lock.json",
                r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "file:./a"}},
            "node_modules/a": {"resolved": "a", "link": true}, "a": {}}}"#,
            ),
        ],
    );
    let kept = with(NODE, &[(".dockerignore", "**/node_modules\npackage-lock.json\n")]);
    let modules = with(NODE, &[(".dockerignore", "dist\n")]);
    let ci = "COPY . .\nRUN npm ci";
    for (files, text, id) in [
        (&kept[..], node(ci), "MC1"),
        (&script, node(ci), "MC2"),
        (&path, node(ci), "MC3"),
        (NODE, node("COPY . .\nRUN ./prepare.sh && npm ci"), "MC4"),
        (NODE, node("COPY . .\nRUN npm ci; npm run build"), "MC4"),
        (&modules, node(ci), "MC5"),
        (NODE, node("COPY . .\nRUN ./prepare.sh\nRUN npm ci"), "MC6"),
        (NODE, node("COPY . .\nCOPY config ./config\nRUN npm ci"), "MC6"),
        (NODE, node("COPY . .\nVOLUME /data\nRUN npm ci"), "MC6"),
        (NODE, "FROM node:22\nWORKDIR /\nCOPY . ./app\nWORKDIR /app\nRUN npm ci\n".to_owned(), "MC7"),
        (NODE, "FROM node:22-onbuild\nWORKDIR /app\nCOPY . .\nRUN npm ci\n".to_owned(), "MC8"),
        (
            NODE,
            "FROM a AS b\nONBUILD COPY . .\nFROM b\nWORKDIR /app\nCOPY . .\nRUN npm ci\n".to_owned(),
            "MC8",
        ),
    ] {
        held_back(&IT, files, &text, &[id]);
    }
}

#[test]
fn requirements_that_need_more_are_held_back() {
    let text = |run: &str| format!("FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {run}\n");
    held_back(&IT, PYTHON, &text("pip install -r requirements.txt ."), &["MC3"]);
    held_back(&IT, PYTHON, &text("pip install -r requirements.txt -e ."), &["MC3"]);
    held_back(&IT, PYTHON, &text("pip install -t ./lib -r requirements.txt"), &["MC5"]);
    held_back(&IT, PYTHON, &text("pip install --strange -r requirements.txt"), &["MC4"]);
    held_back(&IT, PYTHON, &text("pip install -r $FILE"), &["MC1"]);
    let inside = "FROM python:3.12\nWORKDIR /app\nENV PATH=/app/venv/bin:$PATH\nCOPY . .\nRUN pip install -r requirements.txt\n";
    held_back(&IT, PYTHON, inside, &["MC5"]);
    let file = run_alone(&IT, &with(PYTHON, &[(".dockerignore", "venv\n")]), inside);
    assert_eq!(file.applied.len(), 1);
}

#[test]
fn managers_that_are_only_recognised_are_named() {
    let files = &[("deno.json", "{}"), ("main.ts", "")];
    let text = "FROM denoland/deno:2.0.0\nWORKDIR /app\nCOPY . .\nRUN deno install\n";
    held_back(&IT, files, text, &["MC1"]);
    let file = run_alone(&IT, files, text);
    assert!(file.held_back[0].missing[0].text.contains("Deno"));
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    check_in(
        &IT,
        PYTHON,
        "FROM python:3.12\r\nWORKDIR /app\r\nCOPY . .\r\nRUN pip install -r requirements.txt",
        "FROM python:3.12\r\nWORKDIR /app\r\nCOPY requirements.txt ./\r\nRUN pip install -r requirements.txt\r\nCOPY . .",
    );
}

#[test]
fn a_name_that_needs_quotes_is_not_written() {
    let files = &[("my reqs.txt", "six==1.0\n"), ("app.py", "")];
    held_back(
        &IT,
        files,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r 'my reqs.txt'\n",
        &["MC10"],
    );
}

#[test]
fn unproven_fixes_are_taken_on_request_and_settle() {
    let files = with(NODE, &[(".dockerignore", "dist\n")]);
    let before = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n";
    let options = Options { unproven: true, ..Options::default() };
    let first = outcome(&IT, &files, before, &options);
    let after = first.files[0].after.text();
    assert_eq!(
        after,
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
    );
    assert_eq!(outcome(&IT, &files, after, &options).files[0].after.text(), after);
}

#[test]
fn a_run_that_removes_what_it_made_is_not_parted() {
    held_back(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build && rm -rf node_modules\n",
        &["MC4"],
    );
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN apk add gcc && pip install -r requirements.txt && python setup.py && chown -R 1 . && apk del gcc\n";
    held_back(&IT, PYTHON, text, &["MC4"]);
}

#[test]
fn options_of_the_shell_may_stand_before_the_install() {
    check_in(
        &IT,
        PYTHON,
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN set -ex && pip install -r requirements.txt\n",
        "FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt ./\nRUN set -ex && pip install -r requirements.txt\nCOPY . .\n",
    );
}

#[test]
fn the_download_gets_what_the_build_is_given() {
    check_in(
        &IT,
        GO,
        "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN --mount=type=ssh go build\n",
        "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN --mount=type=ssh go mod download\nCOPY . .\nRUN --mount=type=ssh go build\n",
    );
    let head = "FROM golang:1.25\nWORKDIR /src\nCOPY . .\n";
    held_back(&IT, GO, &format!("{head}RUN GOPROXY=direct go build\n"), &["MC4"]);
    held_back(&IT, GO, &format!("{head}RUN apk add git && go build\n"), &["MC4"]);
    let variable = "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nENV GOPROXY=direct\nRUN go build\n";
    let after = "FROM golang:1.25\nWORKDIR /src\nENV GOPROXY=direct\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build\n";
    check_in(&IT, GO, variable, after);
}

#[test]
fn a_manifest_outside_of_what_is_copied_holds_back() {
    let files = &[("api/requirements.txt", "-r ../base.txt\n"), ("base.txt", "six==1.0\n")];
    let text = "FROM python:3.12\nWORKDIR /app\nCOPY api .\nRUN pip install -r requirements.txt\n";
    held_back(&IT, files, text, &["MC1"]);
}

#[test]
fn folders_elsewhere_may_be_made_before_the_install() {
    let text = |folders: &str| {
        let head = "FROM python:3.13-slim\nWORKDIR /app\n";
        format!("{head}COPY . .\nRUN mkdir -p {folders}\nRUN pip install -r requirements.txt\n")
    };
    let after = "FROM python:3.13-slim\nWORKDIR /app\nRUN mkdir -p /data /logs\nCOPY requirements.txt ./\n\
                 RUN pip install -r requirements.txt\nCOPY . .\n";
    check_in(&IT, PYTHON, &text("/data /logs"), after);
    for inside in ["/app/data", "data", "/", "/data $X"] {
        held_back(&IT, PYTHON, &text(inside), &["MC6"]);
    }
}

#[test]
fn what_needs_no_sources_stays_in_the_run() {
    check_in(
        &IT,
        NODE,
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm install -g pm2 && echo done\n",
        "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci && npm install -g pm2 && echo done\nCOPY . .\n",
    );
}
