//! `copy-manifests-first`: install dependencies before the sources are copied, and exactly as the lock file says.

mod around;
mod builder;
mod cache;
mod commands;
mod downloads;
mod edits;
mod frozen;
mod kept;
mod lock;
mod omit;
mod place;
mod placement;
mod plan;
mod site;
#[cfg(test)]
mod tests;
mod turn;

pub(super) use self::builder::judge as knows_mounts;
use self::plan::Judged;
use self::site::{Group, Landing, groups};
use self::turn::Turn;
use super::checklist::Silence;
use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Fix, Input, Transform};
use crate::edit::Applicability;
use crate::source::Span;

/// Copies manifests and lock files first.
pub(super) const COPY_MANIFESTS_FIRST: Transform = Transform {
    name: "copy-manifests-first",
    summary: "install dependencies before the sources are copied, exactly as the lock file says",
    category: Category::Cache,
    effect: Effect::NewImage,
    default: true,
    fixes: &[],
    explain: "\
A COPY of all sources before the install makes every change of a source file run the install again. The manifest and
the lock file are copied first, then the install runs, then the sources follow: the install's layer is kept until one
of the manifests changes. Unpinned requirements then stay at the version of that layer.
For npm, Yarn, pnpm and Bun with their workspaces, pip (requirements files), Poetry, uv, PDM, Pipenv, Conda, Go
modules, Maven, .NET, Bundler, Composer and Mix; others are recognised and held back.
Where an install also installs the project itself, it leaves that out at first and runs again behind the sources.
Cargo, Gradle and Maven with several modules cannot be run on manifests alone; there the downloads are kept in a cache
mount, if the builder is BuildKit, the folder and its owner are known, and nothing that is shipped reads it.
Safe when every file that the install reads is known and sent to the builder (MC1), no script of the install reads
another (MC2), nothing is installed from the project's own folders (MC3), nothing else in the RUN needs the sources
before the install is done (MC4), the sources bring nothing that the install has written (MC5), nothing between reads
them (MC6), they go to the same place (MC7), the base image has no ONBUILD triggers (MC8), the flags of the COPY can be
repeated (MC9), every file can be named (MC10), and what the install writes survives (MC12).
`npm install` becomes `npm ci` where the lock file holds every range of package.json and the image's npm can read it, and
`--omit=dev` is added where no later command, no script and no source behind the start command needs a dev dependency
(MC11). Where package.json alone is copied, its lock file is copied beside it, if it also holds what every platform may
need. `yarn install`, `pnpm install` and `bun install` get `--frozen-lockfile` or `--immutable` where the lock holds
every range and the release of the manager is known to take it as it is (MC11).",
    examples: &[
        Example {
            files: &[
                ("package.json", r#"{"dependencies": {"express": "^4.19.0"}}"#),
                (
                    "package-lock.json",
                    r#"{"lockfileVersion": 3, "packages": {"": {"dependencies": {"express": "^4.19.0"}},
                       "node_modules/express": {"version": "4.19.2"}}}"#,
                ),
                ("server.js", ""),
                (".dockerignore", "**/node_modules\n"),
            ],
            before: "FROM node:22-bookworm\nWORKDIR /app\nCOPY . .\nRUN npm install\nCMD [\"node\", \"server.js\"]\n",
            after: "FROM node:22-bookworm\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n\
                    CMD [\"node\", \"server.js\"]\n",
        },
        Example {
            files: &[("go.mod", "module a\n\nrequire b v1.0.0\n"), ("go.sum", ""), ("main.go", "package main\n")],
            before: "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go build -o /app .\n",
            after: "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\n\
                    RUN go build -o /app .\n",
        },
        Example {
            files: &[("requirements.txt", "-e .\n"), ("setup.py", "")],
            before: "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
            after: "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        },
    ],
    run,
};

/// Preconditions without which no text could be written that might be right: the fix then waits for the project.
const FATAL: &[&str] = &["MC1", "MC3", "MC4", "MC6", "MC7", "MC9", "MC10"];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let turn = Turn::new(input);
    if !turn.installs_for_a_project() {
        return Vec::new();
    }
    let mut found: Vec<Diagnostic> = groups(&turn).iter().flat_map(|group| diagnose(&turn, group)).collect();
    let locked = lock::diagnose(&turn);
    let taken = |fix: &&Fix| input.options.unproven || fix.applicability == Applicability::Safe;
    let fixes = locked.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()).filter(taken);
    let replaced: Vec<Span> = fixes.flat_map(|fix| fix.edits.iter().map(|edit| edit.span)).collect();
    found.extend(locked);
    found.extend(frozen::diagnose(&turn));
    found.extend(omit::diagnose(&turn, &replaced));
    found.extend(cache::diagnose(&turn));
    found
}

/// Why nothing is said about the installs of the file.
pub(super) fn silence(input: &Input<'_>) -> Vec<Silence> {
    site::silence(&Turn::new(input))
}

/// One fix for as many installs of a group, from the first on, as can be put before the sources.
///
/// They share one COPY, which can come only once; so the first that is not proven ends the row, unless the user takes
/// what is not.
fn diagnose(turn: &Turn<'_>, group: &Group<'_>) -> Vec<Diagnostic> {
    let judged = judge(turn, group);
    let proven = |judged: &Vec<Judged>| judged.iter().all(Result::is_ok);
    let possible = |judged: &Vec<Judged>| {
        !judged.iter().any(|judged| judged.as_ref().is_err_and(|missing| FATAL.contains(&missing.id)))
    };
    let mut count = match turn.input.options.unproven {
        true => judged.iter().take_while(|judged| possible(judged)).count(),
        false => judged.iter().take_while(|judged| proven(judged)).count(),
    };
    if count == 0 && judged.first().is_some_and(possible) {
        count = 1;
    }
    let mut judged = judged.into_iter().zip(&group.sites);
    let taken: Vec<Judged> = judged.by_ref().take(count).flat_map(|(judged, _)| judged).collect();
    let mut found: Vec<Diagnostic> = judged.map(|(judged, site)| held_back(turn, site.run, judged)).collect();
    if count > 0 {
        found.push(fix(turn, group, count, taken));
    }
    found
}

/// The preconditions of each install of a group, provided that those before it are done.
fn judge(turn: &Turn<'_>, group: &Group<'_>) -> Vec<Vec<Judged>> {
    let mut from = group.copy;
    let mut needs_sources = None;
    let mut all = Vec::new();
    for site in &group.sites {
        let mut judged = around::judge(turn, group, from, site);
        judged.extend(site.plan.judged.iter().cloned());
        if let Some(line) = needs_sources {
            let text = format!("line {line} needs the sources");
            judged.push(plan::misses("MC6", text, "move the install above it"));
        }
        if site.landing != Landing::Behind {
            needs_sources.get_or_insert(turn.input.document.instructions[site.run].lines.0);
        }
        from = site.run;
        all.push(judged);
    }
    all
}

fn held_back(turn: &Turn<'_>, run: usize, judged: Vec<Judged>) -> Diagnostic {
    let mut checks = Checks::default();
    judged.into_iter().for_each(|judged| checks.take(judged));
    checks.hold_back(turn.input.document.instructions[run].name_span(), MESSAGE)
}

const MESSAGE: &str = "the sources are copied before the dependencies are installed";

fn fix(turn: &Turn<'_>, group: &Group<'_>, count: usize, judged: Vec<Judged>) -> Diagnostic {
    let mut checks = Checks::default();
    for judged in judged {
        checks.take(judged);
    }
    let span = turn.input.document.instructions[group.copy].name_span();
    match edits::write(turn, group, &group.sites[..count]) {
        Ok(edits) => checks.fix(span, MESSAGE, "copy the manifests before the install", edits, &[]),
        Err(missing) => {
            checks.take(Err(missing));
            checks.hold_back(span, MESSAGE)
        }
    }
}
