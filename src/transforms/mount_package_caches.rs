//! `mount-package-caches`: what package managers download stays with the builder, not in the image.

mod folders;

use self::folders::{Cache, caches};
use super::checks::Checks;
use super::commands::{Call, Run, calls, later_runs, runs, runs_as_root};
use super::copy_manifests_first::knows_mounts;
use super::writing::INDENT;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::shell::{Action, Manager, Placed};
use crate::source::Span;
use crate::syntax::Keyword;

/// Mounts the caches of package managers.
pub(super) const MOUNT_PACKAGE_CACHES: Transform = Transform {
    name: "mount-package-caches",
    summary: "keep what package managers download in cache mounts, if `[packages]` of dockfix.toml asks for it",
    category: Category::Cache,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3009", "hadolint:DL3042"],
    explain: "\
With `cache = \"mount\"` in `[packages]` of dockfix.toml, a RUN that downloads packages gets `--mount=type=cache` for them: the next build finds them there, and no layer holds them. Nothing is cleaned then, since there is nothing to clean.
Mounted are the lists and archives of apt, and the caches of apk, dnf, pip, npm, yarn 1, Go, Composer and NuGet; Cargo, Maven and Gradle are the business of `copy-manifests-first`. Options and commands that empty the cache in the same RUN (`--no-cache-dir`, `rm -rf /var/lib/apt/lists/*`, `apt-get clean`) go.
For apt the lists alone are mounted, not all of /var/lib/apt: what was installed automatically is noted there, and belongs to the image. The file by which images of Debian throw archives away is removed first.
Never mounted is what the build makes, such as Cargo's `target`: it would be missing from the image.
A RUN that has a cache mount already stays.
Safe when all of this is proven:
buildkit the builder knows `RUN --mount`: no other is named in the project, and no frontend is older than mounts;
PK1 the words of the command are certain;
PK3 nothing that the image starts, and no command without the mount, reads what is in the folder;
PK4 the folder is known by the base image or by the manager's own rule;
PK5 the RUN runs as root, who owns a new cache;
PK6 the RUN still fails exactly if it failed before.",
    examples: &[
        Example {
            files: &[("dockfix.toml", "[packages]\ncache = \"mount\"\n")],
            before: "FROM python:3.12-slim\nRUN pip install --no-cache-dir flask\nCMD [\"flask\", \"run\"]\n",
            after: "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip \\\n    pip install flask\nCMD [\"flask\", \"run\"]\n",
        },
        Example {
            files: &[],
            before: "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n",
            after: "FROM python:3.12-slim\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    if !input.options.packages.mounts() {
        return Vec::new();
    }
    runs(input)
        .iter()
        .filter(|run| !run.is_trigger() && run.volatile_mounts().is_empty())
        .filter_map(judge)
        .collect()
}

fn judge(run: &Run<'_>) -> Option<Diagnostic> {
    let calls = calls(run);
    let mut checks = Checks::default();
    let caches: Vec<Cache> = caches(run, &calls, &mut checks);
    let first = caches.first()?;
    let first = calls.iter().find(|call| call.install.manager == first.manager && downloads(call))?;
    checks.take(knows_mounts(run.input));
    checks.holds("PK1", format!("`{}` is certain", first.name()));
    checks.take(runs_as_root(run)?);
    for cache in &caches {
        read_elsewhere(run, cache, &mut checks);
    }
    let mut edits = vec![mounts(run, &caches)?];
    for cache in &caches {
        edits.extend(without_cleaning(run, &calls, cache.manager)?);
    }
    if caches.iter().any(|cache| cache.manager == Manager::Apt) {
        keep_archives(run, &calls, &mut edits, &mut checks)?;
    }
    let met = edits
        .iter()
        .enumerate()
        .any(|(at, edit)| edits[..at].iter().any(|other| edit.span.overlaps(other.span)));
    if met {
        return None;
    }
    let message = format!("what `{}` downloads is lost with the layer, or kept in the image", first.name());
    Some(checks.fix(first.span(), message, "keep the downloads in a cache mount", edits, &[]))
}

/// Whether a call fills the cache.
fn downloads(call: &Call<'_>) -> bool {
    let action = matches!(
        call.install.action,
        Action::Install | Action::Ci | Action::Download | Action::Upgrade | Action::Build
    );
    action
        && (call.install.action != Action::Build
            || matches!(call.install.manager, Manager::Go | Manager::Dotnet))
}

/// The flags go to the first line, the command below them.
fn mounts(run: &Run<'_>, caches: &[Cache]) -> Option<Edit> {
    let input = run.input;
    let joint = format!(" {}{}{INDENT}", input.document.escape, input.source.newline().as_str());
    let name = run.instruction.name_span();
    let rest = run.instruction.source_span(run.instruction.rest).map(Span::start);
    let rest = rest.unwrap_or_else(|| run.instruction.joined.source_start(run.instruction.rest.start()));
    let given = run.instruction.flags.first().and_then(|flag| run.instruction.source_span(flag.span));
    let end = given.map_or(rest, |flag| flag.start());
    let place = Span::new(name.start(), end.max(name.end()));
    let comment = run.instruction.inner_comments.iter().any(|comment| comment.overlaps(place));
    let flags: Vec<String> = caches.iter().flat_map(Cache::flags).collect();
    let keyword = name.of(input.source.text());
    (!comment).then(|| Edit::replace(place, format!("{keyword} {}{joint}", flags.join(&joint))))
}

/// What would empty the cache goes; `None` where it cannot.
fn without_cleaning(run: &Run<'_>, calls: &[Call<'_>], manager: Manager) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    for call in calls.iter().filter(|call| call.install.manager == manager) {
        let words = &call.placed.command.words;
        if call.install.action == Action::Clean {
            edits.push(run.take_out_link(call.placed.command)?);
            continue;
        }
        let index = |at: usize| words[at].literal();
        for option in &call.install.options {
            match (manager, option.name.as_str()) {
                (Manager::Pip, "--no-cache-dir" | "--no-cache")
                    if index(option.word) == Some(&option.name) =>
                {
                    edits.push(
                        run.take_out(words[option.word - 1].span.end(), words[option.word].span.end())?,
                    );
                }
                // The index has to be fetched all the same.
                (Manager::Apk, "--no-cache") if index(option.word) == Some(&option.name) => {
                    edits.push(call.replace_word(option.word, "--update-cache")?);
                }
                (Manager::Pip, "--no-cache-dir" | "--no-cache") | (Manager::Apk, "--no-cache") => {
                    return None;
                }
                _ => {}
            }
        }
    }
    if manager == Manager::Apt {
        for placed in run.commands().iter().filter(|placed| names_lists(run, placed)) {
            let words: Vec<&str> = placed.command.words.iter().map(|word| run.text(word.span)).collect();
            let only = matches!(words.as_slice(), ["rm", "-rf" | "-fr" | "-r", "/var/lib/apt/lists/*"]);
            edits.push(
                run.take_out_link(placed.command).filter(|_| only && placed.command.redirects.is_empty())?,
            );
        }
    }
    Some(edits)
}

fn names_lists(run: &Run<'_>, placed: &Placed<'_>) -> bool {
    placed.command.words.iter().any(|word| run.text(word.span).contains("/var/lib/apt"))
}

/// Images of Debian throw archives away as soon as they are installed, by a file that goes first.
fn keep_archives(run: &Run<'_>, calls: &[Call<'_>], edits: &mut [Edit], checks: &mut Checks) -> Option<()> {
    let mut apt = calls.iter().filter(|call| call.install.manager == Manager::Apt);
    // Lists of another RUN are hidden by the mount.
    if apt.next()?.install.action != Action::Update {
        let remedy = "run `apt-get update` in the same RUN";
        checks.breaks("PK3", "the lists that it installs from are of another RUN", remedy);
    }
    if run.input.source.text().contains("docker-clean") {
        return Some(());
    }
    let file = "rm -f /etc/apt/apt.conf.d/docker-clean";
    let items = &run.script()?.list().items;
    let first = items.first()?.chain.first.span();
    let [only] = items.as_slice() else {
        checks.misses("PK6", "the RUN is more than a chain of `&&`", format!("write `RUN {file}` before it"));
        return Some(());
    };
    if only.chain.rest.iter().any(|link| link.connector != crate::shell::Connector::And) {
        checks.misses("PK6", "the RUN is more than a chain of `&&`", format!("write `RUN {file}` before it"));
        return Some(());
    }
    checks.holds("PK6", "the RUN is one chain of `&&`");
    let place = run.start(first.start());
    edits.first_mut()?.text.push_str(&format!("{file} && "));
    (edits.first()?.span.end() == place).then_some(())
}

/// Whether something that runs without the mount reads what is in the folder (PK3).
fn read_elsewhere(run: &Run<'_>, cache: &Cache, checks: &mut Checks) {
    let input = run.input;
    let stage = run.stage().unwrap_or_default();
    let programs = cache.programs;
    let names = |text: &str| {
        let mut words = text.split(|letter: char| !(letter.is_alphanumeric() || "-_.".contains(letter)));
        words.any(|word| programs.contains(&word))
    };
    let above = |index: usize| {
        input.model.stage_of(index).is_some_and(|other| input.model.lineage(other).contains(&stage))
    };
    let starts = input.document.instructions.iter().enumerate().find(|(index, instruction)| {
        matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint)
            && above(*index)
            && names(instruction.text(instruction.rest))
    });
    let folders: Vec<&str> = cache.folders.iter().map(|folder| folder.trim_start_matches("/root")).collect();
    let copied = input.document.instructions.iter().find(|instruction| {
        let text = instruction.text(instruction.rest);
        matches!(instruction.keyword, Keyword::Copy) && folders.iter().any(|folder| text.contains(folder))
    });
    let hidden = later_runs(run).into_iter().find(|later| {
        let mounted =
            calls(later).iter().any(|call| call.install.manager == cache.manager && downloads(call));
        cache.manager == Manager::Dotnet && !mounted && later.text_names("dotnet")
    });
    let line = starts.map(|(_, found)| found.lines.0).or(copied.map(|found| found.lines.0));
    match line.or(hidden.map(|later| later.instruction.lines.0)).filter(|_| cache.is_read || copied.is_some())
    {
        Some(line) => checks.misses(
            "PK3",
            format!("line {line} may read `{}`", cache.folders[0]),
            "ship what is built from a stage of its own",
        ),
        None => checks.holds("PK3", format!("nothing reads `{}` without the mount", cache.folders[0])),
    }
}

#[cfg(test)]
mod tests;
