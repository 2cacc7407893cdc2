use super::*;
use crate::project::{Project, builds};
use crate::transforms::testing::with_input;

/// How a point stands, as `state: text`.
fn standing(point: &str, files: &[(&str, &str)], text: &str) -> String {
    match judged(point, files, text) {
        Standing::Right(text) => format!("right: {text}"),
        Standing::NotApplicable(text) => format!("nothing: {text}"),
        Standing::Open(missing) => format!("open: {}", missing[0].text),
    }
}

fn judged(point: &str, files: &[(&str, &str)], text: &str) -> Standing {
    let project = Project::in_memory(files.iter().copied().chain([("Dockerfile", text)]));
    let builds = builds::describe(
        &|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()),
        &[],
    );
    let point = POINTS.iter().find(|known| known.name == point).expect("a point");
    with_input(&project, &builds.builds, text, |input| point.standing(input))
}

#[track_caller]
fn check(point: &str, text: &str, expected: &str) {
    let found = standing(point, &[], text);
    assert!(found.starts_with(expected), "{found}");
}

#[test]
fn pins() {
    check("base-pinned", "FROM node:20\n", "right: `node:20` names a version");
    check("base-pinned", "FROM python:3\n", "open: ");
    check("base-pinned", "FROM x/y:stable\n", "open: whether the tag of `x/y:stable` moves is not known");
    check("base-pinned", "FROM debian:bookworm\n", "right: `debian:bookworm` names");
    check("base-pinned", "FROM scratch\nCOPY a /\n", "nothing: no stage stands on an image");
    check("base-pinned", "FROM $X\n", "open: the base image of line 1 depends on a build argument");
}

#[test]
fn users() {
    check("non-root", "FROM node:20\nUSER 1000\nCMD [\"node\"]\n", "right: `USER 1000` in line 2");
    check("non-root", "FROM node:20\nUSER $X\nCMD [\"node\"]\n", "open: `USER $X` in line 2 depends");
}

#[test]
fn health() {
    check("health-check", "FROM node:20\nHEALTHCHECK NONE\n", "nothing: line 2 turns health checks off");
    check("health-check", "FROM node:20\nHEALTHCHECK CMD x\n", "right: HEALTHCHECK in line 2");
    check("health-check", "FROM debian:12\nRUN true\n", "nothing: there is no sign of a server");
}

#[test]
fn secrets_by_their_names() {
    check(
        "no-secrets",
        "FROM node:20\nARG NPM_TOKEN\n",
        "open: ARG `NPM_TOKEN` in line 2 is named like a secret",
    );
    check(
        "no-secrets",
        "FROM node:20\nENV DB_PASSWORD=x PUBLIC_KEY=y\n",
        "open: ENV `DB_PASSWORD` in line 2",
    );
    check("no-secrets", "FROM node:20\nENV PUBLIC_KEY=y KEY_FILE=/x KEYBOARD=z\n", "right: ");
    check(
        "no-secrets",
        "FROM node:20\nCOPY . .\n",
        "open: line 2 copies the whole folder, and nothing keeps a `.env` out",
    );
    let ignored = [(".dockerignore", ".env\n"), ("server.pem", "")];
    let text = "FROM node:20\nCOPY . .\n";
    assert!(standing("no-secrets", &ignored, text).starts_with("open: line 2 copies `server.pem`"));
    assert!(standing("no-secrets", &ignored[..1], text).starts_with("right: "));
}

#[test]
fn signals_by_form_and_wrapper() {
    let on = |command: &str| format!("FROM node:20\n{command}\n");
    check(
        "signals",
        &on("CMD [\"node\", \"x.js\"]"),
        "right: CMD in line 2 is an exec form: `node` gets the signals",
    );
    check("signals", &on("CMD [\"npm\", \"start\"]"), "open: `npm` of line 2 stands between");
    check("signals", &on("CMD [\"sh\", \"-c\", \"a; b\"]"), "open: CMD in line 2 starts a shell");
    check("signals", &on("CMD [\"sh\", \"-c\", \"exec node x.js\"]"), "right: `exec` in line 2");
    check("signals", &on("CMD a && b"), "open: CMD in line 2 runs in a shell");
    check("signals", &on("RUN true"), "nothing: the start command is the base image's own");
}

#[test]
fn the_table_of_secrets_can_be_read() {
    assert!(!standing("no-secrets", &[], "FROM a\n").is_empty());
}

#[test]
fn dependencies_that_were_installed_from_another_folder() {
    let build = "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod ./\nRUN go mod download\nCOPY . .\nWORKDIR /src/cmd\nRUN go build\n";
    let found = |files: &[(&str, &str)], text: &str| standing("dependencies-cached", files, text);
    let module = [("go.mod", "module a\nrequire b v1.0.0\n"), ("cmd/main.go", "package main\n")];
    assert!(found(&module, build).starts_with("right: "), "{}", found(&module, build));
    let nested = [module[0], ("cmd/go.mod", "module c\nrequire b v1.0.0\n")];
    assert!(found(&nested, build).starts_with("open: "), "{}", found(&nested, build));
    let bare = "FROM golang:1.25\nCOPY . .\nRUN go build\n";
    assert!(found(&[("go.mod", "module a\n")], bare).starts_with("nothing: the module that line 3 builds"));
    let dotnet = "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY a/a.csproj a/\nRUN dotnet restore a/a.csproj\nCOPY . .\nWORKDIR /src/a\nRUN dotnet build a.csproj\n";
    let project = [("a/a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk\"></Project>")];
    assert!(found(&project, dotnet).contains("installed before line 5"), "{}", found(&project, dotnet));
}

#[test]
fn secrets_come_with_the_form_of_their_mount() {
    let remedy = |files: &[(&str, &str)], text: &str| match judged("no-secrets", files, text) {
        Standing::Open(missing) => missing[0].remedy.clone(),
        other => panic!("{other:?}"),
    };
    let used =
        "FROM node:20\nARG NPM_TOKEN\nRUN echo $NPM_TOKENS\nRUN npm config set x:_authToken ${NPM_TOKEN}\n";
    let mount = "write `RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN` in line 4 instead, \
                 and build with `--secret id=npm_token,env=NPM_TOKEN`";
    assert_eq!(remedy(&[], used), mount);
    let compose =
        "services:\n  web:\n    build:\n      context: .\n      args:\n        NPM_TOKEN: ${NPM_TOKEN}\n";
    let passed = remedy(&[("compose.yaml", compose)], used);
    assert!(
        passed.starts_with(mount) && passed.ends_with("of `compose.yaml` passes it as an argument until now"),
        "{passed}"
    );
    let older = format!("# syntax=docker/dockerfile:1.4\n{used}");
    assert!(remedy(&[], &older).contains("id=npm_token`, which makes `/run/secrets/npm_token`, in line 5"));
    assert!(remedy(&[], "FROM node:20\nARG NPM_TOKEN\nRUN npm ci\n").contains("for the RUN that needs it"));
    assert!(
        remedy(&[], "FROM node:20\nENV API_KEY=x\nRUN npm ci\n")
            .starts_with("set `API_KEY` when the container")
    );
}
