//! `clean-package-lists`: what `apt-get update` has fetched goes in the RUN that fetched it.

use super::checks::Checks;
use super::commands::{Call, Need, Run, calls, later_need, needed_in_image, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Action, Manager, Placed};

/// Removes the lists of apt.
pub(super) const CLEAN_PACKAGE_LISTS: Transform = Transform {
    name: "clean-package-lists",
    summary: "remove the lists of apt in the RUN that fetches them",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3009"],
    explain: "\
`apt-get update` leaves tens of megabytes of package lists, which are out of date soon and which nothing in the image reads.
`rm -rf /var/lib/apt/lists/*` is added at the end of the RUN that has fetched them, joined as the RUN joins its other commands; in a later RUN it would free nothing.
Stages that are neither shipped nor built upon stay, and so does a RUN with a cache or a tmpfs mounted there, and one that removes the lists by itself.
Safe when all of this is proven:
PK1 the words of the command are certain;
PK3 nothing later needs the lists: no later RUN of the stage or of one built on it uses apt without an update of its own, no script that is not known runs, and neither CMD, ENTRYPOINT nor a COPY names apt;
PK6 the RUN still fails exactly if it failed before: the command runs only behind all others.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN apt-get install -y git\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN apt-get install -y git\n",
        },
    ],
    run,
};

const FOLDER: &str = "/var/lib/apt/lists";

const REMEDY: &str = "run `apt-get update` in the same RUN as what needs the lists";

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // A mount keeps the downloads out of the image, so there is nothing to clean.
    if input.options.packages.mounts() {
        return Vec::new();
    }
    runs(input).iter().filter(|run| !run.is_trigger() && needed_in_image(run)).filter_map(judge).collect()
}

fn judge(run: &Run<'_>) -> Option<Diagnostic> {
    let calls: Vec<Call<'_>> =
        calls(run).into_iter().filter(|call| call.install.manager == Manager::Apt).collect();
    let update = calls.iter().rfind(|call| call.install.action == Action::Update)?;
    if run.commands().iter().any(|placed| removes_lists(run, placed, update)) || run.keeps_out(FOLDER) {
        return None;
    }
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", update.name()));
    let message = "the lists of apt stay in the image";
    match later_need(run, Manager::Apt) {
        None => checks.holds("PK3", "nothing later needs the lists"),
        Some(Need::Certain(why)) => checks.breaks("PK3", why, REMEDY),
        Some(Need::Possible(why)) => checks.misses("PK3", why, REMEDY),
    }
    let edit = update.sudo().and_then(|prefix| run.append(&format!("{prefix}rm -rf {FOLDER}/*")));
    let Some(edit) = edit else {
        let text = "nothing can be added at the end of the RUN without a change of its outcome";
        checks.misses("PK6", text, format!("write `rm -rf {FOLDER}/*` where it fits"));
        return Some(checks.hold_back(update.span(), message));
    };
    checks.holds("PK6", "it runs behind all other commands, and only if they have gone well");
    Some(checks.fix(update.span(), message, "remove the lists of apt", vec![edit], &[]))
}

/// Whether a command behind the last update removes the lists.
fn removes_lists(run: &Run<'_>, placed: &Placed<'_>, update: &Call<'_>) -> bool {
    let words = placed.command.effective().map(|effective| effective.words).unwrap_or_default();
    let names = |text: &str| {
        let text = text.trim_matches(['"', '\'']);
        ["/var/lib/apt/lists", "/var/lib/apt"]
            .iter()
            .any(|folder| text.strip_prefix(folder).is_some_and(|rest| matches!(rest, "" | "/" | "/*")))
            || text.starts_with("/var/lib/apt/lists/")
            || text.starts_with("/var/lib/") && text.contains(['{', '*'])
    };
    let removes =
        words.first().and_then(|word| word.literal()).is_some_and(|name| matches!(name, "rm" | "find"));
    removes
        && placed.command.span.start() > update.placed.command.span.start()
        && words.iter().skip(1).any(|word| names(run.text(word.span)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, check_in, held_back, run_alone};
    use super::CLEAN_PACKAGE_LISTS;

    const RM: &str = "rm -rf /var/lib/apt/lists/*";

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM debian:12\n{run}\n").replace("@RM", RM);
        check(&CLEAN_PACKAGE_LISTS, &file(before), &file(after));
    }

    #[track_caller]
    fn stays(run: &str) {
        becomes(run, run);
    }

    #[test]
    fn command_is_joined_as_the_others_are() {
        becomes(
            "RUN apt-get update && apt-get install -y x",
            "RUN apt-get update && apt-get install -y x && @RM",
        );
        becomes(
            "RUN apt-get update \\\n  && apt-get install -y \\\n     x",
            "RUN apt-get update \\\n  && apt-get install -y \\\n     x \\\n  && @RM",
        );
        becomes(
            "RUN apt-get update && \\\n    apt-get install -y x && \\\n    make",
            "RUN apt-get update && \\\n    apt-get install -y x && \\\n    make && \\\n    @RM",
        );
        becomes(
            "RUN apt-get update && apt-get install -y \\\n\tx \\\n\ty",
            "RUN apt-get update && apt-get install -y \\\n\tx \\\n\ty \\\n\t&& @RM",
        );
        becomes(
            "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y x",
            "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y x; \\\n    @RM",
        );
        becomes(
            "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y x;",
            "RUN set -eux; \\\n    apt-get update; \\\n    apt-get install -y x; \\\n    @RM;",
        );
    }

    #[test]
    fn outcome_of_the_run_stays() {
        becomes(
            "RUN apt-get update; apt-get install -y x",
            "RUN apt-get update; apt-get install -y x && @RM",
        );
        becomes(
            "RUN apt-get update; apt-get install -y x;",
            "RUN apt-get update; apt-get install -y x && @RM;",
        );
        becomes(
            "RUN apt-get update && apt-get install -y x || true",
            "RUN apt-get update && apt-get install -y x || true && @RM",
        );
        becomes("RUN apt-get update && a | b", "RUN apt-get update && a | b && @RM");
        becomes("RUN (apt-get update && a)", "RUN (apt-get update && a) && @RM");
        becomes("RUN if a; then apt-get update; fi", "RUN if a; then apt-get update; fi && @RM");
        becomes("RUN apt-get update && a || exit 1", "RUN apt-get update && a || exit 1 && @RM");
    }

    #[test]
    fn where_nothing_can_follow_it_is_held_back() {
        for run in [
            "apt-get update && a & b &",
            "apt-get update && exec a",
            "apt-get update; exit 0",
            "set -f; apt-get update",
            "su-exec root apt-get update",
        ] {
            held_back(&CLEAN_PACKAGE_LISTS, &[], &format!("FROM debian:12\nRUN {run}\n"), &["PK6"]);
        }
    }

    #[test]
    fn comments_are_no_commands() {
        becomes("RUN apt-get update && a # b", "RUN apt-get update && a && @RM # b");
        becomes(
            "RUN apt-get update && \\\n    # tools\n    apt-get install -y \\\n    # one\n    x\n    # end",
            "RUN apt-get update && \\\n    # tools\n    apt-get install -y \\\n    # one\n    x && \\\n    @RM\n    # end",
        );
        // A blank line inside the continuation, and a package that bears a program's name.
        becomes(
            "RUN apt-get update && apt-get install -y \\\n    git \\\n\n    wget \\\n    # cleanup\n    && true",
            "RUN apt-get update && apt-get install -y \\\n    git \\\n\n    wget \\\n    # cleanup\n    && true \\\n    && @RM",
        );
    }

    #[test]
    fn line_ends_and_escape_character_stay() {
        check(
            &CLEAN_PACKAGE_LISTS,
            "FROM debian:12\r\nRUN apt-get update \\\r\n    && apt-get install -y x\r\nCMD [\"x\"]\r\n",
            "FROM debian:12\r\nRUN apt-get update \\\r\n    && apt-get install -y x \\\r\n    && rm -rf /var/lib/apt/lists/*\r\nCMD [\"x\"]\r\n",
        );
        check(
            &CLEAN_PACKAGE_LISTS,
            "# escape=`\nFROM debian:12\nRUN apt-get update && `\n    apt-get install -y x",
            "# escape=`\nFROM debian:12\nRUN apt-get update && `\n    apt-get install -y x && `\n    rm -rf /var/lib/apt/lists/*",
        );
    }

    #[test]
    fn heredocs_get_a_line_under_set_e() {
        becomes(
            "RUN <<EOF\nset -e\napt-get update\n  apt-get install -y x\nEOF",
            "RUN <<EOF\nset -e\napt-get update\n  apt-get install -y x\n  @RM\nEOF",
        );
        becomes(
            "RUN <<EOF\napt-get update\napt-get install -y x\nEOF",
            "RUN <<EOF\napt-get update\napt-get install -y x && @RM\nEOF",
        );
        becomes(
            "RUN <<EOF\nset -e\napt-get update\napt-get install -y x # y\nEOF",
            "RUN <<EOF\nset -e\napt-get update\napt-get install -y x && @RM # y\nEOF",
        );
    }

    #[test]
    fn what_removes_them_already_stays() {
        for run in [
            "RUN apt-get update && a && @RM",
            "RUN apt-get update && rm -r /var/lib/apt/lists",
            "RUN apt-get update && rm -rf /var/cache/apt /var/lib/apt/",
            "RUN apt-get update && rm -rf /var/lib/{apt,dpkg}",
            "RUN apt-get update && rm -rf /tmp/* \\\n    /var/lib/apt/lists/*",
            "RUN apt-get update && find /var/lib/apt/lists -type f -delete",
            "RUN apt-get install -y x",
            "RUN echo apt-get update",
            "RUN --mount=type=cache,target=/var/lib/apt apt-get update",
            "RUN --mount=type=cache,target=/var/lib/apt/lists,sharing=locked apt-get update",
            "RUN --mount=type=tmpfs,target=/var/lib/apt/lists apt-get update",
            "RUN --mount=type=tmpfs,target=/var apt-get update",
            "RUN --mount=type=cache,target=$LISTS apt-get update",
            "ONBUILD RUN apt-get update",
            "RUN [\"apt-get\", \"update\"]",
        ] {
            stays(run);
        }
        becomes("RUN @RM && apt-get update", "RUN @RM && apt-get update && @RM");
        becomes(
            "RUN --mount=type=cache,target=/var/cache/apt apt-get update",
            "RUN --mount=type=cache,target=/var/cache/apt apt-get update && @RM",
        );
        becomes("RUN sudo apt-get update", "RUN sudo apt-get update && sudo @RM");
    }

    #[test]
    fn later_commands_that_need_them_hold_it_back() {
        for later in [
            "RUN apt-get install -y y",
            "RUN apt install -y y",
            "RUN sudo apt-get -f install",
            "RUN a && apt-get install y && apt-get update && rm -rf /var/lib/apt/lists/*",
            "RUN apt-get update || true; apt-get install y && rm -rf /var/lib/apt/lists/*",
            "RUN apt-cache search y",
            "RUN rosdep install x",
            "RUN ./install.sh",
            "RUN bash /x.sh",
            "RUN bash -c 'apt-get install y'",
            "RUN sh -c \"$X\"",
            "RUN $X",
            "RUN [\"bash\", \"x.sh\"]",
            "CMD apt-get install x",
            "ONBUILD RUN apt-get install x",
        ] {
            held_back(
                &CLEAN_PACKAGE_LISTS,
                &[],
                &format!("FROM debian:12\nRUN apt-get update\n{later}\n"),
                &["PK3"],
            );
        }
        let staged = "FROM debian:12 AS a\nRUN apt-get update\nFROM a\nRUN apt-get install -y x\n";
        held_back(&CLEAN_PACKAGE_LISTS, &[], staged, &["PK3"]);
    }

    #[test]
    fn what_would_fail_is_not_done_on_demand_either() {
        let available = |later: &str| {
            let text = format!("FROM debian:12\nRUN apt-get update\nRUN {later}\n");
            run_alone(&CLEAN_PACKAGE_LISTS, &[], &text).held_back[0].available
        };
        assert!(!available("apt-get install -y y"));
        assert!(!available("make && sudo apt-get install -y y"));
        assert!(available("./install.sh"));
        assert!(available("apt-get install -y y || true"));
    }

    #[test]
    fn later_commands_that_do_not_need_them_are_no_hindrance() {
        for later in [
            "RUN apt-get update && apt-get install -y y && @RM",
            "RUN apt-get purge -y y && apt-get clean",
            "RUN ./configure && make",
            "RUN pip install x",
            "RUN curl https://x | bash",
            "RUN /usr/bin/python3 x.py",
            "RUN bash -c 'make'",
            "CMD [\"x\"]",
        ] {
            becomes(&format!("RUN apt-get update\n{later}"), &format!("RUN apt-get update && @RM\n{later}"));
        }
    }

    #[test]
    fn scripts_and_makefiles_of_the_project_are_read() {
        let text = "FROM debian:12\nRUN apt-get update\nCOPY . .\nRUN ./a.sh && make\n";
        let after = "FROM debian:12\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nCOPY . .\nRUN ./a.sh && make\n";
        check_in(&CLEAN_PACKAGE_LISTS, &[("a.sh", "echo a\n")], text, after);
        check_in(&CLEAN_PACKAGE_LISTS, &[("a.sh", "apt-get update && apt-get install x\n")], text, after);
        held_back(&CLEAN_PACKAGE_LISTS, &[("a.sh", "apt-get install x\n")], text, &["PK3"]);
        held_back(
            &CLEAN_PACKAGE_LISTS,
            &[("a.sh", ""), ("Makefile", "a:\n\tapt install x\n")],
            text,
            &["PK3"],
        );
    }

    #[test]
    fn stages_that_leave_nothing_behind_stay() {
        check(
            &CLEAN_PACKAGE_LISTS,
            "FROM debian:12 AS build\nRUN apt-get update\nFROM debian:12\nRUN apt-get update\nCOPY --from=build /a /a\n",
            "FROM debian:12 AS build\nRUN apt-get update\nFROM debian:12\nRUN apt-get update && rm -rf /var/lib/apt/lists/*\nCOPY --from=build /a /a\n",
        );
    }
}
