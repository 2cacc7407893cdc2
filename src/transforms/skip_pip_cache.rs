//! `skip-pip-cache`: pip keeps no copies of what it has downloaded, which nothing in the image reads.

use super::checks::Checks;
use super::commands::{Call, Run, calls, runs};
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Manager, Role};

/// Adds `--no-cache-dir`.
pub(super) const SKIP_PIP_CACHE: Transform = Transform {
    name: "skip-pip-cache",
    summary: "install with pip without keeping its downloads in the image",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3042"],
    explain: "\
pip keeps what it downloads and builds, so that the next install is fast; in an image there is no next install.
`--no-cache-dir` is added to `pip install`, under whatever name pip is called. pipx and pipenv have no such option.
Nothing is added where PIP_NO_CACHE_DIR or PIP_CACHE_DIR is set by the file, the image or the command, or where the RUN mounts a cache: there the author has decided.
Safe when all of this is proven:
PK1 the words of the command are certain;
PK3 nothing in the file reads pip's cache: no other instruction names it, none runs `pip cache`.",
    examples: &[
        Example {
            files: &[],
            before: "FROM python:3.12\nRUN pip install flask\n",
            after: "FROM python:3.12\nRUN pip install --no-cache-dir flask\n",
        },
        Example {
            files: &[],
            before: "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n",
            after: "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask\n",
        },
    ],
    run,
};

/// Variables by which pip is told what to do with its cache.
const VARIABLES: &[&str] = &["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"];

/// What names the cache in other instructions.
const NAMES: &[&str] = &[".cache/pip", "/.cache ", "/.cache/ ", "pip cache", "pip3 cache"];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // A mount keeps the downloads out of the image, so there is nothing to clean.
    if input.options.packages.mounts() {
        return Vec::new();
    }
    let runs = runs(input).into_iter().filter(|run| !decided(run));
    runs.flat_map(|run| calls(&run).iter().filter_map(judge).collect::<Vec<_>>()).collect()
}

/// Whether the author has said what becomes of the cache.
fn decided(run: &Run<'_>) -> bool {
    let input = run.input;
    let in_file = VARIABLES.iter().any(|name| input.model.variable(run.index, name).is_some());
    let facts = run.stage().and_then(|stage| Shipped { input, stage }.facts("PK4").ok());
    let in_image = facts.is_some_and(|facts| VARIABLES.iter().any(|name| facts.env.contains_key(name)));
    // Whatever a RUN keeps between builds may be pip's, but for what is the system's.
    let mounted = run
        .volatile_mounts()
        .iter()
        .any(|mount| mount.target.as_deref().is_none_or(|target| !target.starts_with("/var/")));
    in_file || in_image || mounted
}

fn judge(call: &Call<'_>) -> Option<Diagnostic> {
    let install = &call.install;
    let is_pip = install.manager == Manager::Pip && install.command == "install";
    if !is_pip || install.has(Role::NoCache) || install.option("--cache-dir").is_some() || sets_variable(call)
    {
        return None;
    }
    let edit = call.add_option(call.subcommand()?, "--no-cache-dir")?;
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", call.name()));
    match reader(call.run) {
        None => checks.holds("PK3", "nothing in the file reads pip's cache"),
        Some(line) => checks.misses(
            "PK3",
            format!("line {line} names pip's cache"),
            "leave the cache to a `RUN --mount=type=cache`",
        ),
    }
    let message = format!("`{}` keeps its downloads in the image", call.name());
    Some(checks.fix(call.span(), message, "keep none of pip's downloads", vec![edit], &[]))
}

/// Whether the script sets one of the variables.
fn sets_variable(call: &Call<'_>) -> bool {
    let script = call.run.script().map_or("", crate::shell::Script::text);
    VARIABLES.iter().any(|name| script.contains(name))
}

/// The line of an instruction that names the cache other than to remove it.
fn reader(run: &Run<'_>) -> Option<usize> {
    let mut instructions = run.input.document.instructions.iter();
    let found = instructions.find(|instruction| {
        let text = format!("{} ", instruction.text(instruction.rest));
        NAMES.iter().any(|name| text.contains(name)) && !text.contains("rm -r")
    })?;
    Some(found.lines.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, held_back};
    use super::SKIP_PIP_CACHE;

    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM python:3.12\n{run}\n");
        check(&SKIP_PIP_CACHE, &file(before), &file(after));
    }

    #[test]
    fn option_follows_the_subcommand() {
        becomes("RUN pip install -r requirements.txt", "RUN pip install --no-cache-dir -r requirements.txt");
        becomes("RUN pip3.12 install -U pip", "RUN pip3.12 install -U --no-cache-dir pip");
        becomes("RUN python3 -m pip install flask", "RUN python3 -m pip install --no-cache-dir flask");
        becomes(
            "RUN pip --disable-pip-version-check install x",
            "RUN pip --disable-pip-version-check install --no-cache-dir x",
        );
        becomes("RUN pip install -r", "RUN pip install --no-cache-dir -r");
        becomes("RUN a || pip install x", "RUN a || pip install --no-cache-dir x");
        becomes(
            "RUN --mount=type=cache,target=/var/cache/apt pip install x",
            "RUN --mount=type=cache,target=/var/cache/apt pip install --no-cache-dir x",
        );
        becomes("RUN pip install --surprise x", "RUN pip install --no-cache-dir --surprise x");
        becomes("ONBUILD RUN pip install x", "ONBUILD RUN pip install --no-cache-dir x");
    }

    #[test]
    fn lines_comments_and_line_ends_stay() {
        check(
            &SKIP_PIP_CACHE,
            "FROM python:3.12\r\nRUN pip install \\\r\n    # web\r\n    flask\r\n",
            "FROM python:3.12\r\nRUN pip install --no-cache-dir \\\r\n    # web\r\n    flask\r\n",
        );
        becomes("RUN <<EOF\npip install x\nEOF", "RUN <<EOF\npip install --no-cache-dir x\nEOF");
    }

    #[test]
    fn what_is_decided_stays() {
        for run in [
            "RUN pip install --no-cache-dir x",
            "RUN pip --no-cache-dir install x",
            "RUN pip install --cache-dir /c x",
            "RUN PIP_NO_CACHE_DIR=1 pip install x",
            "RUN export PIP_NO_CACHE_DIR=1 && pip install x",
            "ENV PIP_NO_CACHE_DIR=1\nRUN pip install x",
            "ARG PIP_NO_CACHE_DIR=0\nRUN pip install x",
            "RUN --mount=type=cache,target=$HOME/.cache pip install x",
            "RUN --mount=type=tmpfs,target=/root pip install x",
            "RUN --mount=type=$KIND,target=/x pip install x",
            "RUN pip download x",
            "RUN pipx install x",
            "RUN python3 -m pipx install x",
            "RUN uv pip install x",
            "RUN echo pip install x",
            "RUN [\"pip\", \"install\", \"x\"]",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn cache_that_is_read_holds_it_back() {
        let text = "FROM python:3.12 AS a\nRUN pip install x\nFROM python:3.12\nCOPY --from=a /root/.cache /root/.cache\nRUN pip install x\n";
        held_back(&SKIP_PIP_CACHE, &[], text, &["PK3", "PK3"]);
    }
}
