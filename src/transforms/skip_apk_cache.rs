//! `skip-apk-cache`: apk keeps no index and no downloads, which nothing in the image reads.

use super::checks::Checks;
use super::commands::{Call, Run, calls, later_need, runs};
use super::shipped::Shipped;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::images::Os;
use crate::shell::{Action, Manager, Placed, Role};

/// Adds `--no-cache` to `apk add`.
pub(super) const SKIP_APK_CACHE: Transform = Transform {
    name: "skip-apk-cache",
    summary: "install with apk without keeping its index in the image",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3019"],
    explain: "\
`apk add --no-cache` fetches the index, installs, and keeps neither index nor packages.
It takes the place of `--update`, which it implies. An `apk update` in front of it goes where it is only a link of the same `&&` chain and no later command needs the index; `rm -rf /var/cache/apk/*` behind it goes where it has nothing left to remove.
Nothing is added where the RUN mounts a cache, where `--cache-dir` or `--no-network` is given, or where the file sets up `/etc/apk/cache`: there the author has decided.
Safe when this is proven:
PK1 the words of the command are certain.",
    examples: &[
        Example {
            files: &[],
            before: "FROM alpine:3.20\nRUN apk update && apk add curl && rm -rf /var/cache/apk/*\n",
            after: "FROM alpine:3.20\nRUN apk add --no-cache curl\n",
        },
        Example {
            files: &[],
            before: "FROM alpine:3.20\nRUN --mount=type=cache,target=/etc/apk/cache apk add curl\n",
            after: "FROM alpine:3.20\nRUN --mount=type=cache,target=/etc/apk/cache apk add curl\n",
        },
    ],
    run,
};

/// The options that `--no-cache` implies.
const IMPLIED: &[&str] = &["--update", "--update-cache", "-U"];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // With mounts asked for, the downloads are kept out of the image in another way.
    if input.options.packages.mounts() || input.source.text().contains("/etc/apk/cache") {
        return Vec::new();
    }
    runs(input).iter().filter(|run| run.volatile_mounts().is_empty()).filter_map(judge).collect()
}

fn judge(run: &Run<'_>) -> Option<Diagnostic> {
    let calls: Vec<Call<'_>> =
        calls(run).into_iter().filter(|call| call.install.manager == Manager::Apk).collect();
    let kept: Vec<&Call<'_>> = calls.iter().filter(|call| keeps_index(call)).collect();
    let first = kept.first()?;
    let mut edits = Vec::new();
    for call in &kept {
        edits.extend(without_cache(call)?);
    }
    if let Some(edit) = update_to_drop(run, &calls) {
        edits.push(edit);
        edits.extend(removal_to_drop(run).filter(|edit| !edits.iter().any(|other| meet(edit, other))));
    } else if !calls.iter().any(|call| call.install.action == Action::Update) {
        edits.extend(removal_to_drop(run).filter(|edit| !edits.iter().any(|other| meet(edit, other))));
    }
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", first.name()));
    let message = "`apk add` keeps its index in the image";
    Some(checks.fix(first.span(), message, "install with `apk add --no-cache`", edits, &[]))
}

fn meet(one: &Edit, other: &Edit) -> bool {
    one.span.overlaps(other.span) || one.span == other.span
}

/// Whether it installs and keeps the index, as far as nothing else is said.
fn keeps_index(call: &Call<'_>) -> bool {
    let install = &call.install;
    let said = ["--cache-dir", "--no-network", "--cache-max-age"];
    install.action == Action::Install
        && !install.has(Role::NoCache)
        && !said.iter().any(|name| install.option(name).is_some())
}

/// `--no-cache` in the place of what it implies, or behind the subcommand.
fn without_cache(call: &Call<'_>) -> Option<Vec<Edit>> {
    let words = &call.placed.command.words;
    let implied: Vec<usize> = call
        .install
        .options
        .iter()
        .map(|option| option.word)
        .filter(|word| words[*word].literal().is_some_and(|text| IMPLIED.contains(&text)))
        .collect();
    let Some((first, others)) = implied.split_first() else {
        return Some(vec![call.insert_behind(call.subcommand()?, "--no-cache")?]);
    };
    let mut edits = vec![call.replace_word(*first, "--no-cache")?];
    for other in others {
        // Two of them stay where a comment is in between: they do no harm.
        let before = words.get(other - 1)?;
        edits.extend(call.run.take_out(before.span.end(), words[*other].span.end()));
    }
    Some(edits)
}

/// `apk update` goes where everything that would have used its index fetches its own.
fn update_to_drop(run: &Run<'_>, calls: &[Call<'_>]) -> Option<Edit> {
    let mut updates = calls.iter().filter(|call| call.install.action == Action::Update);
    let update =
        updates.next().filter(|update| update.install.is_certain() && update.install.operands.is_empty())?;
    let known = |call: &Call<'_>| match call.install.action {
        Action::Update | Action::Remove => true,
        Action::Install => keeps_index(call) || call.install.has(Role::NoCache),
        Action::Upgrade => call.install.has(Role::NoCache),
        _ => false,
    };
    let plain = updates.next().is_none()
        && calls.iter().all(known)
        && !run.is_trigger()
        && run.commands().iter().all(|placed| placed.command.inner_script().is_none());
    (plain && later_need(run, Manager::Apk).is_none()).then(|| run.take_out_link(update.placed.command))?
}

/// `rm -rf /var/cache/apk/*` goes where the folder is empty in the image and nothing has filled it.
fn removal_to_drop(run: &Run<'_>) -> Option<Edit> {
    let input = run.input;
    let facts = Shipped { input, stage: run.stage()? }.facts("PK4").ok()?;
    let earlier = (0..run.index).filter_map(|index| Run::of(input, index)).any(|earlier| {
        calls(&earlier).iter().any(|call| {
            call.install.manager == Manager::Apk
                && matches!(call.install.action, Action::Update | Action::Upgrade)
        })
    });
    if facts.os != Os::Alpine || earlier || run.is_trigger() {
        return None;
    }
    let commands = run.commands();
    let mut removals = commands.iter().filter(|placed| removes_cache(run, placed));
    let removal = removals.next()?;
    removals.next().is_none().then(|| run.take_out_link(removal.command))?
}

fn removes_cache(run: &Run<'_>, placed: &Placed<'_>) -> bool {
    let words: Vec<&str> = placed.command.words.iter().map(|word| run.text(word.span)).collect();
    let plain = placed.command.redirects.is_empty() && placed.command.assignments.is_empty();
    plain && matches!(words.as_slice(), ["rm", "-rf" | "-fr" | "-r" | "-f", "/var/cache/apk/*"])
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_in};
    use super::SKIP_APK_CACHE;

    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM alpine:3.20\n{run}\n");
        check(&SKIP_APK_CACHE, &file(before), &file(after));
    }

    fn stays(run: &str) {
        becomes(run, run);
    }

    #[test]
    fn option_takes_the_place_of_what_it_implies() {
        becomes("RUN apk add curl", "RUN apk add --no-cache curl");
        becomes("RUN apk add --update curl", "RUN apk add --no-cache curl");
        becomes("RUN apk --update add curl", "RUN apk --no-cache add curl");
        becomes("RUN apk -U add --update-cache curl", "RUN apk --no-cache add curl");
        becomes("RUN apk add -qU --virtual .d gcc", "RUN apk add --no-cache -qU --virtual .d gcc");
        becomes("RUN a || apk add $X", "RUN a || apk add --no-cache $X");
        becomes("ONBUILD RUN apk add x", "ONBUILD RUN apk add --no-cache x");
    }

    #[test]
    fn update_before_it_goes() {
        becomes("RUN apk update && apk add curl", "RUN apk add --no-cache curl");
        becomes("RUN apk update; apk add curl", "RUN apk add --no-cache curl");
        becomes(
            "RUN apk update \\\n    && apk add \\\n       curl \\\n    && rm -rf /var/cache/apk/*",
            "RUN apk add --no-cache \\\n       curl",
        );
        becomes(
            "RUN apk add curl && \\\n  rm -rf /var/cache/apk/* && \\\n  make",
            "RUN apk add --no-cache curl && \\\n  make",
        );
        becomes(
            "RUN <<EOF\nset -e\napk update\napk add curl\nEOF",
            "RUN <<EOF\nset -e\napk add --no-cache curl\nEOF",
        );
    }

    #[test]
    fn update_stays_where_something_else_may_need_it() {
        becomes(
            "RUN apk update && apk upgrade && apk add x",
            "RUN apk update && apk upgrade && apk add --no-cache x",
        );
        becomes(
            "RUN apk update && apk add x\nRUN apk upgrade",
            "RUN apk update && apk add --no-cache x\nRUN apk upgrade",
        );
        becomes(
            "RUN apk update && apk add x\nRUN sh deps.sh",
            "RUN apk update && apk add --no-cache x\nRUN sh deps.sh",
        );
        becomes("RUN apk update || true; apk add x", "RUN apk update || true; apk add --no-cache x");
        becomes(
            "RUN apk update && apk add x\nRUN apk add y",
            "RUN apk add --no-cache x\nRUN apk add --no-cache y",
        );
        // What the stage built on it needs counts as well.
        check(
            &SKIP_APK_CACHE,
            "FROM alpine:3.20 AS a\nRUN apk update && apk add x\nFROM a\nRUN apk search y\n",
            "FROM alpine:3.20 AS a\nRUN apk update && apk add --no-cache x\nFROM a\nRUN apk search y\n",
        );
    }

    #[test]
    fn script_of_the_project_is_read() {
        let before = "FROM alpine:3.20\nRUN apk update && apk add x\nCOPY a.sh b.sh /\nRUN /a.sh\n";
        let after = "FROM alpine:3.20\nRUN apk add --no-cache x\nCOPY a.sh b.sh /\nRUN /a.sh\n";
        check_in(&SKIP_APK_CACHE, &[("a.sh", "echo apk-tools\n")], before, after);
        let after = "FROM alpine:3.20\nRUN apk update && apk add --no-cache x\nCOPY a.sh b.sh /\nRUN /a.sh\n";
        check_in(&SKIP_APK_CACHE, &[("a.sh", "apk add y\n")], before, after);
    }

    #[test]
    fn removal_stays_where_there_is_something_to_remove() {
        let other = |run: &str| format!("FROM corp/base:1\nRUN {run}\n");
        check(
            &SKIP_APK_CACHE,
            &other("apk add x && rm -rf /var/cache/apk/*"),
            &other("apk add --no-cache x && rm -rf /var/cache/apk/*"),
        );
        becomes(
            "RUN apk add x && rm -rf /var/cache/apk/* /tmp/*",
            "RUN apk add --no-cache x && rm -rf /var/cache/apk/* /tmp/*",
        );
        becomes(
            "RUN apk add x || rm -rf /var/cache/apk/*",
            "RUN apk add --no-cache x || rm -rf /var/cache/apk/*",
        );
    }

    #[test]
    fn comments_in_the_way_stay() {
        becomes(
            "RUN apk update && \\\n    # tools\n    apk add x && \\\n    # clean up\n    rm -rf /var/cache/apk/*",
            "RUN apk update && \\\n    # tools\n    apk add --no-cache x && \\\n    # clean up\n    rm -rf /var/cache/apk/*",
        );
        becomes(
            "RUN <<EOF\napk update # now\napk add x\nEOF",
            "RUN <<EOF\napk update # now\napk add --no-cache x\nEOF",
        );
    }

    #[test]
    fn line_ends_and_escape_character_stay() {
        check(
            &SKIP_APK_CACHE,
            "FROM alpine:3.20\r\nRUN apk update && \\\r\n    apk add \\\r\n    git \\\r\n    jq\r\nCMD [\"git\"]\r\n",
            "FROM alpine:3.20\r\nRUN apk add --no-cache \\\r\n    git \\\r\n    jq\r\nCMD [\"git\"]\r\n",
        );
        check(
            &SKIP_APK_CACHE,
            "# escape=`\nFROM alpine:3.20\nRUN apk update && `\n    apk add git\n",
            "# escape=`\nFROM alpine:3.20\nRUN apk add --no-cache git\n",
        );
    }

    #[test]
    fn what_is_decided_stays() {
        for run in [
            "RUN apk add --no-cache curl",
            "RUN apk --no-cache add curl",
            "RUN apk add --cache-dir /c curl",
            "RUN apk add --no-network ./x.apk",
            "RUN --mount=type=cache,target=/var/cache/apk apk add curl",
            "RUN ln -s /var/cache/apk /etc/apk/cache && apk add curl",
            "RUN apk update",
            "RUN apk del curl",
            "RUN $APK add curl",
            "RUN echo apk add curl",
            "RUN [\"apk\", \"add\", \"curl\"]",
        ] {
            stays(run);
        }
    }
}
