use super::super::testing::{check_in, held_back};
use super::MOUNT_PACKAGE_CACHES;

const MOUNT: (&str, &str) = ("dockfix.toml", "[packages]\ncache = \"mount\"\n");

#[track_caller]
fn becomes(before: &str, after: &str) {
    check_in(&MOUNT_PACKAGE_CACHES, &[MOUNT], before, after);
}

#[track_caller]
fn stays(text: &str) {
    becomes(text, text);
}

#[test]
fn each_manager_has_its_folder() {
    for (image, command, target) in [
        ("python:3.12", "pip install x", "/root/.cache/pip"),
        ("node:20", "npm ci", "/root/.npm"),
        ("composer:2", "composer install", "/tmp/cache"),
        ("mcr.microsoft.com/dotnet/sdk:8.0", "dotnet restore", "/root/.nuget/packages"),
    ] {
        becomes(
            &format!("FROM {image}\nRUN {command}\nCMD [\"x\"]\n"),
            &format!("FROM {image}\nRUN --mount=type=cache,target={target} \\\n    {command}\nCMD [\"x\"]\n"),
        );
    }
    becomes(
        "FROM golang:1.22\nRUN go build -o /x\nCMD [\"/x\"]\n",
        "FROM golang:1.22\nRUN --mount=type=cache,target=/go/pkg/mod \\\n    --mount=type=cache,target=/root/.cache/go-build \\\n    go build -o /x\nCMD [\"/x\"]\n",
    );
    let yarn = [MOUNT, ("yarn.lock", "# yarn lockfile v1\n")];
    check_in(
        &MOUNT_PACKAGE_CACHES,
        &yarn,
        "FROM node:20\nRUN yarn install\n",
        "FROM node:20\nRUN --mount=type=cache,target=/usr/local/share/.cache/yarn,sharing=locked \\\n    yarn install\n",
    );
    stays("FROM node:20\nRUN yarn install\n");
}

#[test]
fn lists_and_archives_of_apt_are_kept_and_nothing_cleans_them() {
    becomes(
        "FROM debian:12\nRUN apt-get update && \\\n    # x\n    apt-get install -y x && \\\n    apt-get clean && \\\n    rm -rf /var/lib/apt/lists/*\n",
        "FROM debian:12\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked \\\n    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \\\n    rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && \\\n    # x\n    apt-get install -y x\n",
    );
}

#[test]
fn options_that_keep_nothing_go() {
    becomes(
        "FROM alpine:3.20\nRUN apk add --no-cache x\n",
        "FROM alpine:3.20\nRUN --mount=type=cache,target=/etc/apk/cache,sharing=locked \\\n    apk add --update-cache x\n",
    );
    becomes(
        "FROM python:3.12\r\nRUN pip install \\\r\n    --no-cache-dir \\\r\n    # web\r\n    flask\r\n",
        "FROM python:3.12\r\nRUN --mount=type=cache,target=/root/.cache/pip \\\r\n    pip install \\\r\n    # web\r\n    flask\r\n",
    );
    // The option cannot go without the comment before it.
    stays("FROM python:3.12\nRUN pip install \\\n    # small\n    --no-cache-dir flask\n");
}

#[test]
fn escape_character_and_heredocs_stay() {
    becomes(
        "# escape=`\nFROM node:20\nRUN npm ci && `\n  npm test\n",
        "# escape=`\nFROM node:20\nRUN --mount=type=cache,target=/root/.npm `\n    npm ci && `\n  npm test\n",
    );
    becomes(
        "FROM node:20\nRUN <<EOF\nnpm ci\nEOF\n",
        "FROM node:20\nRUN --mount=type=cache,target=/root/.npm \\\n    <<EOF\nnpm ci\nEOF\n",
    );
}

#[test]
fn what_is_decided_stays() {
    for run in [
        "RUN --mount=type=cache,target=/c npm ci",
        "ENV NPM_CONFIG_CACHE=/c\nRUN npm ci",
        "USER node\nRUN npm ci",
        "RUN sudo npm ci",
        "RUN echo npm ci",
        "RUN npm run build",
        "ONBUILD RUN npm ci",
        "RUN [\"npm\", \"ci\"]",
    ] {
        stays(&format!("FROM node:20\n{run}\n"));
    }
    // What a build makes is never mounted.
    stays("FROM rust:1.80\nRUN cargo build --release\nCMD [\"./target/release/app\"]\n");
    check_in(&MOUNT_PACKAGE_CACHES, &[], "FROM node:20\nRUN npm ci\n", "FROM node:20\nRUN npm ci\n");
}

#[test]
fn each_precondition_holds_it_back() {
    let held = |files: &[(&str, &str)], text: &str, id: &str| {
        let files: Vec<(&str, &str)> = [MOUNT].into_iter().chain(files.iter().copied()).collect();
        held_back(&MOUNT_PACKAGE_CACHES, &files, text, &[id]);
    };
    held(&[(".gitlab-ci.yml", "script: kaniko\n")], "FROM node:20\nRUN npm ci\n", "buildkit");
    held(&[], "# syntax=docker/dockerfile:1.0\nFROM node:20\nRUN npm ci\n", "buildkit");
    held(&[], "FROM corp/x:1\nRUN npm ci\n", "PK5");
    held(&[], "FROM golang:1.22\nRUN go mod download\nCMD [\"go\", \"run\", \".\"]\n", "PK3");
    held(&[], "FROM debian:12\nRUN apt-get update; apt-get install x\n", "PK6");
    held(&[], "FROM debian:12\nRUN apt-get install x\n", "PK3");
    held(&[], "FROM node:20 AS a\nRUN npm ci\nFROM node:20\nCOPY --from=a /root/.npm /root/.npm\n", "PK3");
}
