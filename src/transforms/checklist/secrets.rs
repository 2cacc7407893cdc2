//! Whether the file or its context puts secrets into the image. Nothing here is rewritten: a secret mount needs another
//! build command (`--secret` in place of `--build-arg`), and who still gave the old one would build without the secret.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Silence;
use crate::project::glob::Glob;
use crate::syntax::{Arguments, DirectiveName, Keyword};
use crate::transforms::Input;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    words: Vec<String>,
    public: Vec<String>,
    files: Vec<String>,
    harmless: Vec<String>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("secrets.toml")).expect("a test reads the embedded table"));

pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    let mut found = variables(input);
    found.extend(files(input));
    if found.is_empty() {
        let text = "no ARG or ENV is named like a secret, and no file that is copied is";
        found.push(Silence::Right(text.to_owned()));
    }
    found
}

/// ARG and ENV stay readable in the image or its history, whatever happens to them later.
fn variables(input: &Input<'_>) -> Vec<Silence> {
    let mut found = Vec::new();
    for (index, instruction) in input.document.instructions.iter().enumerate() {
        let Arguments::KeyValues(pairs) = &instruction.arguments else { continue };
        if !matches!(instruction.keyword, Keyword::Arg | Keyword::Env) {
            continue;
        }
        for pair in pairs {
            let name = instruction.text(pair.key);
            // An empty value is no secret, and one that only points to another variable is told there.
            let value = pair.value.map(|value| instruction.text(value).trim_matches(['"', '\'']));
            let is_empty = value.is_some_and(|value| value.is_empty() || value.starts_with('$'));
            if speaks_of_secret(name) && !(is_empty && instruction.keyword == Keyword::Env) {
                let keyword = instruction.text(instruction.name).to_ascii_uppercase();
                let line = instruction.lines.0;
                let text = format!(
                    "{keyword} `{name}` in line {line} is named like a secret, and would stay in the image"
                );
                found.push(Silence::unknown(text, &remedy(input, index, name)));
            }
        }
    }
    found
}

/// The form of a secret mount for the RUN instructions that name the variable, and how the build is then given it.
fn remedy(input: &Input<'_>, declared: usize, name: &str) -> String {
    let instructions = &input.document.instructions;
    let reads = |run: &usize| {
        let instruction = &instructions[*run];
        let text = input.document.line_span(*run).of(input.source.text());
        let here = input.model.variable(*run, name).is_some_and(|variable| variable.instruction == declared);
        let named = text.match_indices('$').any(|(at, _)| {
            let rest = text[at + 1..].trim_start_matches('{');
            let after = rest.strip_prefix(name).map(|after| after.chars().next());
            after.is_some_and(|next| next.is_none_or(|next| !(next.is_alphanumeric() || next == '_')))
        });
        instruction.keyword == Keyword::Run && here && named
    };
    let lines: Vec<String> = (declared + 1..instructions.len())
        .filter(reads)
        .map(|run| instructions[run].lines.0.to_string())
        .collect();
    if lines.is_empty() && instructions[declared].keyword == Keyword::Env {
        return format!(
            "set `{name}` when the container starts, with `docker run --env` or compose's `environment`"
        );
    }
    let id = name.to_lowercase();
    // The variable of a mount came with version 1.10 of the Dockerfile's syntax.
    let syntax = input.document.directives.iter().find(|directive| directive.name == DirectiveName::Syntax);
    let newest =
        syntax.is_none_or(|syntax| syntax.value.of(input.source.text()).trim() == "docker/dockerfile:1");
    let mount = match newest {
        true => format!("`RUN --mount=type=secret,id={id},env={name}`"),
        false => format!("`RUN --mount=type=secret,id={id}`, which makes `/run/secrets/{id}`,"),
    };
    let place = match lines.as_slice() {
        [] => "for the RUN that needs it".to_owned(),
        [line] => format!("in line {line}"),
        several => format!("in lines {}", several.join(", ")),
    };
    let passed = input.builds.iter().find(|build| build.arguments.contains_key(name));
    let passed = passed.map(|build| format!("; {} passes it as an argument until now", build.at()));
    format!(
        "write {mount} {place} instead, and build with `--secret id={id},env={name}`{}",
        passed.unwrap_or_default()
    )
}

fn speaks_of_secret(name: &str) -> bool {
    let lower = name.to_lowercase();
    let has =
        |words: &[String]| lower.split(['_', '-', '.']).any(|part| words.iter().any(|word| word == part));
    has(&TABLE.words) && !has(&TABLE.public)
}

/// Files of the context that a COPY brings along.
fn files(input: &Input<'_>) -> Vec<Silence> {
    let sources = input.model.context_sources(input.document);
    if sources.is_empty() {
        return Vec::new();
    }
    if let Some(why) = input.project.tree().truncated() {
        return vec![Silence::unknown(
            format!("which files are copied is not known: {why}"),
            "name the folder with `--context`",
        )];
    }
    let matches = |list: &[String], name: &str| {
        list.iter().filter_map(|glob| Glob::parse(glob).ok()).any(|glob| glob.matches(name))
    };
    let mut found = Vec::new();
    for source in &sources {
        let line = input.document.instructions[source.instruction].lines.0;
        let Some(word) = source.word.as_deref().filter(|_| source.certain) else {
            found.push(Silence::unknown(
                format!("what line {line} copies depends on a variable"),
                "name the files",
            ));
            continue;
        };
        let folder = crate::project::glob::below_root(word);
        let below =
            |path: &str| folder.is_empty() || path == folder || path.starts_with(&format!("{folder}/"));
        let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let secret = input.project.files().find(|entry| {
            let name = name(&entry.path);
            below(&entry.path) && matches(&TABLE.files, &name) && !matches(&TABLE.harmless, &name)
        });
        if let Some(entry) = secret {
            let text = format!("line {line} copies `{}`, which is named like a secret", entry.path);
            found.push(Silence::unknown(text, "add it to `.dockerignore` if the image does not need it"));
        }
        // What git ignores is not listed, but it lies around where people build.
        if folder.is_empty() && input.project.excluded_by(".env").is_none() {
            let text = format!("line {line} copies the whole folder, and nothing keeps a `.env` out of it");
            found.push(Silence::unknown(text, "add `.env` to `.dockerignore`"));
        }
    }
    found
}
