//! `clean-yarn-cache`: what yarn has downloaded goes in the RUN that downloaded it.

use super::checks::Checks;
use super::commands::{Call, Run, calls, later_runs, needed_in_image, runs};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::shell::{Action, Manager, Role};

/// Empties the cache of yarn.
pub(super) const CLEAN_YARN_CACHE: Transform = Transform {
    name: "clean-yarn-cache",
    summary: "empty the cache of yarn in the RUN that fills it",
    category: Category::Size,
    effect: Effect::NewImage,
    default: true,
    fixes: &["hadolint:DL3060"],
    explain: "\
yarn keeps a copy of every package beside the one in node_modules.
`yarn cache clean` is added at the end of the RUN that installs, joined as the RUN joins its other commands.
A RUN with a cache mounted stays, one that cleans by itself, and a stage that is neither shipped nor built upon, where a later RUN would have to download again.
Safe when all of this is proven:
PK1 the words of the command are certain;
PK3 nothing later works from the cache;
PK4 it is yarn 1: each yarn.lock of the project is one of its. A later yarn may keep in its cache what the program loads;
PK6 the RUN still fails exactly if it failed before: the command runs only behind all others.",
    examples: &[
        Example {
            files: &[("package.json", "{}\n"), ("yarn.lock", "# yarn lockfile v1\n")],
            before: "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install\n",
            after: "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install && yarn cache clean\n",
        },
        Example {
            files: &[("package.json", "{}\n"), ("yarn.lock", "__metadata:\n  version: 8\n")],
            before: "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install\n",
            after: "FROM node:20\nCOPY package.json yarn.lock ./\nRUN yarn install\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    // A mount keeps the downloads out of the image, so there is nothing to clean.
    if input.options.packages.mounts() {
        return Vec::new();
    }
    runs(input).iter().filter(|run| !run.is_trigger()).filter_map(judge).collect()
}

fn judge(run: &Run<'_>) -> Option<Diagnostic> {
    let all: Vec<Call<'_>> =
        calls(run).into_iter().filter(|call| call.install.manager == Manager::Yarn).collect();
    let install = all.iter().rfind(|call| fills(call))?;
    let cleans = all
        .iter()
        .any(|call| call.install.action == Action::Clean || call.install.command.starts_with("cache"));
    let said = install.install.option("--cache-folder").is_some() || run.text_names("YARN_CACHE_FOLDER");
    let later = later_runs(run);
    let works_on = later
        .iter()
        .any(|later| calls(later).iter().any(|call| call.install.manager == Manager::Yarn && fills(call)));
    let removes = run.text_names("/.cache") || run.text_names("yarn-cache");
    if cleans || said || removes || !run.volatile_mounts().is_empty() || !needed_in_image(run) && works_on {
        return None;
    }
    let mut checks = Checks::default();
    checks.holds("PK1", format!("`{}` is certain", install.name()));
    let offline = |later: &&Run<'_>| later.text_names("--offline") || later.text_names("--prefer-offline");
    match later.iter().find(offline) {
        None => checks.holds("PK3", "nothing later works from the cache"),
        Some(later) => checks.misses(
            "PK3",
            format!("line {} works from the cache", later.instruction.lines.0),
            "leave out `--offline` there",
        ),
    }
    is_classic(run, &mut checks);
    let message = format!("`{}` leaves its cache in the image", install.name());
    let Some(edit) = run.append("yarn cache clean") else {
        let text = "nothing can be added at the end of the RUN without a change of its outcome";
        checks.misses("PK6", text, "write `yarn cache clean` where it fits");
        return Some(checks.hold_back(install.span(), message));
    };
    checks.holds("PK6", "it runs behind all other commands, and only if they have gone well");
    Some(checks.fix(install.span(), message, "empty the cache of yarn", vec![edit], &[]))
}

fn fills(call: &Call<'_>) -> bool {
    let installs = matches!(call.install.action, Action::Install | Action::Ci | Action::Upgrade);
    // As `sudo` or another user, the cache is another's.
    installs && call.install.unwrapped.wrappers.is_empty() && !call.install.has(Role::Offline)
}

/// Which yarn it is, by what the project has locked.
fn is_classic(run: &Run<'_>, checks: &mut Checks) {
    let project = run.input.project;
    let named = |name: &str| {
        project.files().filter(|entry| entry.path.rsplit('/').next() == Some(name)).collect::<Vec<_>>()
    };
    let outside = |path: &str| !path.contains("node_modules/");
    let locks: Vec<_> = named("yarn.lock").into_iter().filter(|entry| outside(&entry.path)).collect();
    let classic = |path: &str| project.read(path).is_some_and(|text| text.contains("# yarn lockfile v1"));
    let chosen = |path: &str| {
        project.read(path).is_some_and(|text| text.contains("\"yarn@") && !text.contains("\"yarn@1"))
    };
    let modern = named(".yarnrc.yml").into_iter().any(|entry| outside(&entry.path))
        || named("package.json").into_iter().any(|entry| outside(&entry.path) && chosen(&entry.path));
    let text = run.input.source.text();
    let switched = ["set version", "berry", "yarn@2", "yarn@3", "yarn@4", "yarn@stable"]
        .iter()
        .any(|word| text.contains(word));
    if !locks.is_empty() && locks.iter().all(|entry| classic(&entry.path)) && !modern && !switched {
        checks.holds("PK4", "each yarn.lock of the project is one of yarn 1");
    } else {
        checks.misses(
            "PK4",
            "whether it is yarn 1 is not known",
            "build from a folder whose yarn.lock says `# yarn lockfile v1`",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_in, held_back};
    use super::CLEAN_YARN_CACHE;

    const CLASSIC: &[(&str, &str)] = &[("package.json", "{}"), ("yarn.lock", "# yarn lockfile v1\n")];

    #[track_caller]
    fn becomes(before: &str, after: &str) {
        let file = |run: &str| format!("FROM node:20\n{run}\n");
        check_in(&CLEAN_YARN_CACHE, CLASSIC, &file(before), &file(after));
    }

    #[test]
    fn command_is_joined_as_the_others_are() {
        becomes("RUN yarn", "RUN yarn && yarn cache clean");
        becomes("RUN yarn install; yarn build", "RUN yarn install; yarn build && yarn cache clean");
        check_in(
            &CLEAN_YARN_CACHE,
            CLASSIC,
            "FROM node:20\r\nRUN yarn install \\\r\n # x\r\n && yarn build\r\n",
            "FROM node:20\r\nRUN yarn install \\\r\n # x\r\n && yarn build \\\r\n && yarn cache clean\r\n",
        );
        check_in(
            &CLEAN_YARN_CACHE,
            CLASSIC,
            "# escape=`\nFROM node:20\nRUN a && `\n yarn add b\n",
            "# escape=`\nFROM node:20\nRUN a && `\n yarn add b && `\n yarn cache clean\n",
        );
    }

    #[test]
    fn what_is_decided_stays() {
        for run in [
            "RUN yarn install && yarn cache clean",
            "RUN yarn install && rm -rf /root/.cache",
            "RUN yarn install --cache-folder /c",
            "RUN --mount=type=cache,target=/c yarn install",
            "RUN yarn build",
            "RUN echo yarn install",
            "ONBUILD RUN yarn install",
        ] {
            becomes(run, run);
        }
    }

    #[test]
    fn stage_that_goes_on_installing_is_not_slowed_down() {
        let text = "FROM node:20 AS a\nRUN yarn install\nRUN yarn install --production && yarn cache clean\nFROM scratch\nCOPY --from=a /x /\n";
        check_in(&CLEAN_YARN_CACHE, CLASSIC, text, text);
    }

    #[test]
    fn what_is_not_known_holds_it_back() {
        let text = "FROM node:20\nRUN yarn install\n";
        held_back(&CLEAN_YARN_CACHE, &[], text, &["PK4"]);
        held_back(&CLEAN_YARN_CACHE, &[("yarn.lock", "__metadata:\n")], text, &["PK4"]);
        let newer = [CLASSIC[1], ("package.json", "{\"packageManager\": \"yarn@4.1.0\"}")];
        held_back(&CLEAN_YARN_CACHE, &newer, text, &["PK4"]);
        let text = "FROM node:20\nRUN yarn install\nRUN yarn install --offline\n";
        held_back(&CLEAN_YARN_CACHE, CLASSIC, text, &["PK3"]);
        held_back(&CLEAN_YARN_CACHE, CLASSIC, "FROM node:20\nRUN yarn install &\n", &["PK6"]);
    }
}
