//! What is pinned, what is only offered, what is left alone.

use super::PIN_BASE_IMAGE;
use crate::config::Options;
use crate::transforms::testing::{check_in, held_back, outcome, same, without_context};

/// What `--unsafe` makes of a file.
#[track_caller]
fn unproven(files: &[(&str, &str)], before: &str, after: &str) {
    let options = Options { unproven: true, ..Options::default() };
    let found = outcome(&PIN_BASE_IMAGE, files, before, &options);
    assert_eq!(found.files[0].after.text(), after, "{:#?}", found.files[0].held_back);
    assert!(found.files[0].rejected.is_empty(), "{:?}", found.files[0].rejected);
}

#[test]
fn the_version_file_decides() {
    let files = [(".python-version", "3.12\n")];
    for (before, after) in [
        ("FROM python\n", "FROM python:3.12-trixie\n"),
        ("FROM python:latest AS a\n", "FROM python:3.12-trixie AS a\n"),
        ("FROM python:3-slim\n", "FROM python:3.12-slim-trixie\n"),
        ("FROM python:slim-bookworm\n", "FROM python:3.12-slim-bookworm\n"),
        ("FROM python:alpine\n", "FROM python:3.12-alpine3.24\n"),
        ("FROM docker.io/library/python\n", "FROM docker.io/library/python:3.12-trixie\n"),
        ("# a\nFROM \\\n  python\n", "# a\nFROM \\\n  python:3.12-trixie\n"),
    ] {
        check_in(&PIN_BASE_IMAGE, &files, before, after);
    }
}

#[test]
fn an_author_s_own_tag_stays() {
    for text in [
        "FROM python:3.11\n",
        "FROM python:3.14.6-slim\n",
        "FROM node:22\n",
        "FROM node:lts\n",
        "FROM node:current-alpine\n",
        "FROM nginx:stable\n",
        "FROM debian:stable-slim\n",
        "FROM alpine:3\n",
        "FROM rust:1\n",
        "FROM python@sha256:0123456789012345678901234567890123456789012345678901234567890123\n",
        "FROM python:latest@sha256:0123456789012345678901234567890123456789012345678901234567890123\n",
        "FROM nginx:alpine-perl\n",
    ] {
        same(&PIN_BASE_IMAGE, text);
    }
    check_in(&PIN_BASE_IMAGE, &[(".python-version", "3.12")], "FROM python:2\n", "FROM python:2\n");
}

#[test]
fn stages_and_scratch_are_no_images() {
    let files = [(".python-version", "3.12\n")];
    check_in(
        &PIN_BASE_IMAGE,
        &files,
        "FROM python AS base\nFROM base\nFROM scratch\nCOPY --from=base /a /a\n",
        "FROM python:3.12-trixie AS base\nFROM base\nFROM scratch\nCOPY --from=base /a /a\n",
    );
    same(&PIN_BASE_IMAGE, "FROM scratch AS python\nFROM python\n");
}

#[test]
fn a_floor_is_offered_and_not_taken() {
    let files = [("go.mod", "module a\n\ngo 1.22\n")];
    held_back(&PIN_BASE_IMAGE, &files, "FROM golang\n", &["PIN6"]);
    unproven(&files, "FROM golang\n", "FROM golang:1.27-trixie\n");
    unproven(&files, "FROM golang:alpine\n", "FROM golang:1.27-alpine3.24\n");
    let files = [("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \">=3.9,<3.13\"\n")];
    held_back(&PIN_BASE_IMAGE, &files, "FROM python\n", &["PIN6"]);
    unproven(&files, "FROM python\n", "FROM python:3.12-trixie\n");
}

#[test]
fn nothing_but_the_table() {
    held_back(&PIN_BASE_IMAGE, &[], "FROM nginx\n", &["PIN1"]);
    unproven(&[], "FROM nginx\n", "FROM nginx:1.31-trixie\n");
    unproven(&[], "FROM php:latest\n", "FROM php:8.5-cli-trixie\n");
    unproven(&[], "FROM debian\n", "FROM debian:trixie\n");
    unproven(&[], "FROM alpine:latest\n", "FROM alpine:3.24\n");
    unproven(&[], "FROM rust\n", "FROM rust:1.98-trixie\n");
    held_back(&PIN_BASE_IMAGE, &[], "FROM rockylinux\n", &["PIN1"]);
    held_back(&PIN_BASE_IMAGE, &[], "FROM openjdk\n", &["PIN1"]);
    held_back(&PIN_BASE_IMAGE, &[], "FROM registry.example.com/base\n", &["PIN1"]);
}

#[test]
fn node_by_its_version_file_or_engines_of_one_major() {
    let engines = "{\"name\": \"a\", \"engines\": {\"node\": \"20.x\"}}";
    let text = "FROM node:latest\nCOPY . .\nRUN npm install\n";
    check_in(
        &PIN_BASE_IMAGE,
        &[("package.json", engines)],
        text,
        &text.replace("node:latest", "node:20-bookworm"),
    );
    check_in(&PIN_BASE_IMAGE, &[(".nvmrc", "v24.3.0\n")], "FROM node:slim\n", "FROM node:24-bookworm-slim\n");
    check_in(&PIN_BASE_IMAGE, &[(".nvmrc", "lts/jod\n")], "FROM node:alpine\n", "FROM node:22-alpine3.24\n");
    check_in(
        &PIN_BASE_IMAGE,
        &[(".nvmrc", "26\n")],
        "FROM node\nRUN apt-get update\n",
        "FROM node:26-trixie\nRUN apt-get update\n",
    );
    held_back(&PIN_BASE_IMAGE, &[(".nvmrc", "lts/*\n")], "FROM node\n", &["PIN6", "PIN6"]);
    let floor = "{\"engines\": {\"node\": \">=16\"}}";
    held_back(&PIN_BASE_IMAGE, &[("package.json", floor)], "FROM node\n", &["PIN6"]);
    unproven(&[("package.json", floor)], "FROM node\n", "FROM node:26-trixie\n");
    let older = "{\"engines\": {\"node\": \"^18 || ^20\"}}";
    unproven(&[("package.json", older)], "FROM node\n", "FROM node:20-bookworm\n");
    let both = [(".nvmrc", "22\n"), ("package.json", floor), ("web/package.json", engines)];
    held_back(&PIN_BASE_IMAGE, &both, "FROM node\n", &["PIN6"]);
}

#[test]
fn a_release_line_by_toolchain_and_by_range() {
    let files = [("rust-toolchain.toml", "[toolchain]\nchannel = \"1.82.0\"\n")];
    check_in(
        &PIN_BASE_IMAGE,
        &files,
        "FROM rust:slim\nRUN cargo build\n",
        "FROM rust:1.82-slim-bookworm\nRUN cargo build\n",
    );
    let files = [("go.mod", "module a\n\ngo 1.26.0\n\ntoolchain go1.26.4\n")];
    check_in(&PIN_BASE_IMAGE, &files, "FROM golang\n", "FROM golang:1.26-trixie\n");
    let files = [("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \"==3.11.*\"\n")];
    check_in(&PIN_BASE_IMAGE, &files, "FROM python:3\n", "FROM python:3.11-trixie\n");
}

#[test]
fn statements_that_disagree_hold_it_back() {
    held_back(
        &PIN_BASE_IMAGE,
        &[(".python-version", "3.12"), ("api/.python-version", "3.9")],
        "FROM python\n",
        &["PIN6"],
    );
    held_back(
        &PIN_BASE_IMAGE,
        &[
            (".python-version", "3.12"),
            ("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \">=3.13\"\n"),
        ],
        "FROM python\n",
        &["PIN6"],
    );
    // A manifest that names one full release is met by that release alone.
    held_back(
        &PIN_BASE_IMAGE,
        &[("pyproject.toml", "[project]\nname = \"a\"\nrequires-python = \"==3.12.4\"\n")],
        "FROM python\n",
        &["PIN6"],
    );
}

#[test]
fn a_version_without_a_known_tag_is_not_written() {
    held_back(&PIN_BASE_IMAGE, &[(".python-version", "3.5")], "FROM python\n", &["PIN1"]);
    held_back(&PIN_BASE_IMAGE, &[(".python-version", "3.9")], "FROM python:alpine\n", &["PIN1"]);
}

#[test]
fn another_release_of_the_system_needs_a_stage_that_does_not_care() {
    let files = [(".python-version", "3.8\n")];
    check_in(
        &PIN_BASE_IMAGE,
        &files,
        "FROM python\nRUN pip install -r requirements.txt\n",
        "FROM python:3.8-bookworm\nRUN pip install -r requirements.txt\n",
    );
    for run in [
        "RUN apt-get update && apt-get install -y libpq5",
        "RUN adduser --system app",
        "RUN ./setup",
        "RUN curl -fsS https://example.com/x | sh",
        "RUN <<EOF\nset -e\n/usr/bin/apt-get update\nEOF",
    ] {
        held_back(&PIN_BASE_IMAGE, &files, &format!("FROM python AS a\nFROM a\n{run}\n"), &["PIN2"]);
    }
    // The same release: what it installs is what it installed.
    let files = [(".python-version", "3.12\n")];
    check_in(
        &PIN_BASE_IMAGE,
        &files,
        "FROM python\nRUN apt-get update\n",
        "FROM python:3.12-trixie\nRUN apt-get update\n",
    );
}

#[test]
fn files_of_a_newer_libc_hold_it_back() {
    let files = [(".python-version", "3.8\n")];
    held_back(
        &PIN_BASE_IMAGE,
        &files,
        "FROM golang:1.27 AS tool\nFROM python\nCOPY --from=tool /go/bin/x /bin/x\n",
        &["PIN2"],
    );
    let text = "FROM debian:bookworm AS tool\nFROM python\nCOPY --from=tool /x /bin/x\n";
    check_in(&PIN_BASE_IMAGE, &files, text, &text.replace("FROM python", "FROM python:3.8-bookworm"));
}

#[test]
fn an_argument_is_reported_only() {
    held_back(&PIN_BASE_IMAGE, &[], "ARG V=latest\nFROM python:${V}\n", &["PIN4"]);
    same(&PIN_BASE_IMAGE, "ARG V=3.12\nFROM python:${V}-slim\n");
}

#[test]
fn mirrors_architectures_and_platforms_may_lack_the_tag() {
    let files = [(".python-version", "3.12\n")];
    held_back(&PIN_BASE_IMAGE, &files, "FROM mirror.gcr.io/library/python\n", &["PIN8"]);
    held_back(&PIN_BASE_IMAGE, &files, "FROM s390x/python\n", &["PIN8"]);
    held_back(&PIN_BASE_IMAGE, &files, "FROM --platform=linux/s390x python\n", &["PIN8"]);
    check_in(
        &PIN_BASE_IMAGE,
        &files,
        "FROM --platform=$BUILDPLATFORM python\n",
        "FROM --platform=$BUILDPLATFORM python:3.12-trixie\n",
    );
}

#[test]
fn windows_files_are_left_alone() {
    let files = [(".python-version", "3.12\n")];
    for text in [
        "# escape=`\nFROM python\n",
        "FROM python\nSHELL [\"powershell\", \"-Command\"]\n",
        "FROM --platform=windows/amd64 python\n",
        "FROM python AS a\nFROM mcr.microsoft.com/windows/servercore:ltsc2022\n",
    ] {
        check_in(&PIN_BASE_IMAGE, &files, text, text);
    }
}

#[test]
fn a_file_without_context_says_so() {
    let found = without_context(&PIN_BASE_IMAGE, "FROM golang\n");
    let missing: Vec<_> =
        found.held_back.iter().flat_map(|held| &held.missing).map(|missing| missing.id).collect();
    assert_eq!(missing, ["PIN6", "context-too-large"]);
}

#[test]
fn pin8_an_alias_is_judged_like_its_public_image_and_may_lack_tags() {
    let text = "FROM mirror.example/python:3\nRUN python -V\n";
    let files = [(".python-version", "3.12\n")];
    let config =
        crate::config::Config::parse("[images.alias]\n\"mirror.example/python\" = \"python\"\n", &[]);
    let mut options = config.expect("sound").options_for("Dockerfile");
    let held = crate::transforms::testing::outcome(&PIN_BASE_IMAGE, &files, text, &options);
    let ids: Vec<_> = held.files[0].held_back[0].missing.iter().map(|missing| missing.id).collect();
    assert_eq!(ids, ["PIN8"]);
    options.unproven = true;
    let taken = crate::transforms::testing::outcome(&PIN_BASE_IMAGE, &files, text, &options);
    assert_eq!(taken.files[0].after.text(), "FROM mirror.example/python:3.12-trixie\nRUN python -V\n");
}
