//! Yarn, pnpm and Bun, and workspaces: one case where each precondition holds, one where it fails.

use super::{Files, IT, NO_MODULES, check_in, held_back, run_alone, with};

const YARN: Files = &[
    ("package.json", r#"{"dependencies": {"a": "^1"}}"#),
    ("yarn.lock", "# yarn lockfile v1\n\n\na@^1:\n  version \"1.2.0\"\n"),
    ("server.js", ""),
    NO_MODULES,
];

const BERRY: Files = &[
    ("package.json", r#"{"name": "r", "packageManager": "yarn@4.1.0", "dependencies": {"a": "^1"}}"#),
    (
        "yarn.lock",
        "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n\"a@npm:^1\":\n  version: 1.2.0\n\n\"r@workspace:.\":\n  version: 0.0.0-use.local\n  resolution: \"r@workspace:.\"\n  dependencies:\n    a: \"npm:^1\"\n",
    ),
    (".yarnrc.yml", "nodeLinker: node-modules\n"),
    (".dockerignore", "**/node_modules\n.yarn/*\n!.yarn/releases\n"),
];

const PNPM: Files = &[
    ("package.json", r#"{"packageManager": "pnpm@9.1.0", "dependencies": {"a": "^1"}}"#),
    (
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.2.0\n",
    ),
    NO_MODULES,
];

const BUN: Files = &[
    ("package.json", r#"{"dependencies": {"a": "^1"}}"#),
    (
        "bun.lock",
        "{\n  \"lockfileVersion\": 1,\n  \"workspaces\": {\n    \"\": {\n      \"dependencies\": {\n        \"a\": \"^1\",\n      },\n    },\n  },\n}\n",
    ),
    NO_MODULES,
];

fn node(run: &str) -> String {
    format!("FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN {run}\n")
}

#[test]
fn yarn_with_its_lock_in_sync() {
    check_in(
        &IT,
        YARN,
        &node("yarn"),
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile\nCOPY . .\n",
    );
}

#[test]
fn an_install_and_a_build_are_parted() {
    check_in(
        &IT,
        YARN,
        &node("yarn install --production=false && yarn build"),
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json yarn.lock ./\n\
         RUN yarn install --frozen-lockfile --production=false\nCOPY . .\nRUN yarn build\n",
    );
}

#[test]
fn a_later_yarn_keeps_to_its_lock() {
    check_in(
        &IT,
        BERRY,
        "FROM node:22-slim\nRUN corepack enable\nWORKDIR /app\nCOPY . .\nRUN yarn install\n",
        "FROM node:22-slim\nRUN corepack enable\nWORKDIR /app\nCOPY package.json yarn.lock .yarnrc.yml ./\n\
         RUN yarn install --immutable\nCOPY . .\n",
    );
}

#[test]
fn a_later_yarn_runs_nothing_where_its_lock_is_another() {
    let stale = [("package.json", r#"{"name": "r", "packageManager": "yarn@4.1.0"}"#)];
    held_back(&IT, &with(BERRY, &stale), &node("yarn install --immutable"), &["MC12"]);
}

#[test]
fn what_a_later_yarn_writes_must_be_kept_out() {
    for (linker, ignore) in [("node-modules", "**/node_modules\n"), ("pnp", "**/node_modules\n.yarn\n")] {
        let linker = format!("nodeLinker: {linker}\n");
        let files = with(BERRY, &[(".yarnrc.yml", &linker), (".dockerignore", ignore)]);
        held_back(&IT, &files, &node("yarn install --immutable"), &["MC5"]);
    }
}

#[test]
fn the_release_of_yarn_comes_with_the_manifests() {
    let settings = "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n";
    let files = with(BERRY, &[(".yarnrc.yml", settings), (".yarn/releases/yarn-4.1.0.cjs", "")]);
    check_in(
        &IT,
        &files,
        &node("yarn install --immutable"),
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json yarn.lock .yarnrc.yml ./\n\
         COPY .yarn/releases ./.yarn/releases/\nRUN yarn install --immutable\nCOPY . .\n",
    );
}

#[test]
fn pnpm_by_corepack() {
    check_in(
        &IT,
        PNPM,
        &node("corepack enable && pnpm install"),
        "FROM node:22-slim\nWORKDIR /app\nCOPY package.json pnpm-lock.yaml ./\n\
         RUN corepack enable && pnpm install --frozen-lockfile\nCOPY . .\n",
    );
}

#[test]
fn the_newest_pnpm_may_not_take_the_lock_as_it_is() {
    let files = with(PNPM, &[("package.json", r#"{"dependencies": {"a": "^1"}}"#)]);
    let newest = "FROM node:22\nRUN npm i -g pnpm\nWORKDIR /app\nCOPY . .\nRUN pnpm i\n";
    let file = run_alone(&IT, &files, newest);
    assert!(file.after.text().contains("RUN pnpm i\nCOPY . ."), "{}", file.after.text());
    assert_eq!(file.held_back[0].missing[0].id, "MC11");
    let file =
        run_alone(&IT, &files, "FROM node:22\nRUN npm i -g pnpm@9\nWORKDIR /app\nCOPY . .\nRUN pnpm i\n");
    assert!(file.after.text().contains("RUN pnpm i --frozen-lockfile\nCOPY . ."), "{}", file.after.text());
}

#[test]
fn a_lock_that_lacks_a_range_is_not_kept_to() {
    for (files, run) in [(YARN, "yarn install"), (PNPM, "pnpm install")] {
        let files =
            with(files, &[("package.json", r#"{"packageManager": "x", "dependencies": {"b": "^1"}}"#)]);
        let file = run_alone(&IT, &files, &node(run));
        assert!(!file.after.text().contains("frozen"), "{}", file.after.text());
        assert!(file.held_back.iter().any(|held| held.missing[0].id == "MC11"), "{run}");
    }
}

#[test]
fn corepack_without_a_name_reads_the_manifest() {
    let text =
        "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN corepack install\nRUN pnpm install --frozen-lockfile\n";
    held_back(&IT, PNPM, text, &["MC6"]);
}

#[test]
fn bun_of_an_image_with_a_release() {
    let text = |tag: &str| format!("FROM oven/bun:{tag}\nWORKDIR /app\nCOPY . .\nRUN bun install\n");
    check_in(
        &IT,
        BUN,
        &text("1.2.5"),
        "FROM oven/bun:1.2.5\nWORKDIR /app\nCOPY package.json bun.lock ./\nRUN bun install --frozen-lockfile\nCOPY . .\n",
    );
    let file = run_alone(&IT, BUN, &text("latest"));
    assert_eq!(file.held_back[0].missing[0].id, "MC11");
}

#[test]
fn members_of_a_workspace_are_copied_one_by_one() {
    let root = r#"{"packageManager": "pnpm@9.1.0"}"#;
    let lock = "lockfileVersion: '9.0'\n\nimporters:\n\n  .: {}\n\n  apps/web: {}\n\n  packages/ui: {}\n";
    let files = [
        ("package.json", root),
        ("pnpm-lock.yaml", lock),
        ("pnpm-workspace.yaml", "packages:\n  - apps/*\n  - packages/*\n"),
        ("apps/web/package.json", "{}"),
        ("packages/ui/package.json", "{}"),
        NO_MODULES,
    ];
    check_in(
        &IT,
        &files,
        "FROM node:22\nWORKDIR /app\nCOPY --chown=node:node . .\nRUN pnpm install --frozen-lockfile\n",
        "FROM node:22\nWORKDIR /app\nCOPY --chown=node:node package.json pnpm-lock.yaml pnpm-workspace.yaml ./\n\
         COPY --chown=node:node apps/web/package.json ./apps/web/\n\
         COPY --chown=node:node packages/ui/package.json ./packages/ui/\n\
         RUN pnpm install --frozen-lockfile\nCOPY --chown=node:node . .\n",
    );
    let open = with(&files, &[(".dockerignore", "node_modules\n")]);
    held_back(&IT, &open, &node("pnpm install --frozen-lockfile"), &["MC5"]);
}

#[test]
fn members_that_need_more_hold_back() {
    let root = ("package.json", r#"{"workspaces": ["p/*"], "dependencies": {"a": "^1"}}"#);
    for (member, id) in [
        (r#"{"scripts": {"prepare": "tsc"}}"#, "MC2"),
        (r#"{"dependencies": {"b": "file:../b"}}"#, "MC3"),
        (r#"{"name": "m", "bin": "cli.js"}"#, "MC3"),
    ] {
        let files = with(YARN, &[root, ("p/m/package.json", member), ("p/m/cli.js", "")]);
        let file = run_alone(&IT, &files, &node("yarn --frozen-lockfile"));
        assert_eq!(file.held_back[0].missing[0].id, id, "{member}");
        assert!(file.applied.is_empty());
    }
}

#[test]
fn an_option_that_names_another_place_holds_back() {
    held_back(&IT, YARN, &node("yarn install --frozen-lockfile --modules-folder x"), &["MC1"]);
}

#[test]
fn asking_for_the_release_is_no_install() {
    let file = run_alone(&IT, YARN, &node("yarn --version"));
    assert!(file.applied.is_empty() && file.held_back.is_empty());
}

#[test]
fn the_folder_of_a_parted_run_is_changed_to_twice() {
    let files = [("web/package.json", YARN[0].1), ("web/yarn.lock", YARN[1].1), NO_MODULES];
    check_in(
        &IT,
        &files,
        &node("cd web && yarn install --frozen-lockfile && yarn build"),
        "FROM node:22-slim\nWORKDIR /app\nCOPY web/package.json web/yarn.lock ./web/\n\
         RUN cd web && yarn install --frozen-lockfile\nCOPY . .\nRUN cd web && yarn build\n",
    );
}

#[test]
fn a_lock_that_was_removed_is_not_kept_to() {
    let text = "FROM node:22\nWORKDIR /app\nCOPY package.json yarn.lock ./\nRUN rm yarn.lock && yarn install\nCOPY . .\n";
    let file = run_alone(&IT, YARN, text);
    assert_eq!(file.after.text(), text);
    assert!(
        file.held_back
            .iter()
            .any(|held| held.missing.iter().any(|missing| missing.text.starts_with("line 4 may")))
    );
}

/// A Dockerfile for each manager whose install holds, and the files of its project.
const HOLD: &[(Files, &str, &str)] = &[
    (YARN, "FROM node:22\n", "yarn install"),
    (BERRY, "FROM node:22\nRUN corepack enable\n", "yarn install"),
    (PNPM, "FROM node:22\nRUN corepack enable\n", "pnpm install"),
    (BUN, "FROM oven/bun:1.2.3\n", "bun install"),
];

/// The preconditions that the install of a project's manager waits for.
fn waits(files: &[(&str, &str)], text: &str) -> Vec<&'static str> {
    let file = run_alone(&IT, files, text);
    let moves = file.held_back.iter().filter(|held| held.message.starts_with("the sources"));
    moves.flat_map(|held| held.missing.iter().map(|missing| missing.id)).collect()
}

#[test]
fn each_precondition_holds_back_every_manager_under_its_id() {
    let cases = [
        ("MC4", "COPY . .\nRUN ./prepare.sh && INSTALL\n"),
        ("MC6", "COPY . .\nRUN ./prepare.sh\nRUN INSTALL\n"),
        ("MC7", "COPY . sub\nWORKDIR /app/sub\nRUN INSTALL\n"),
        ("MC9", "ADD --keep-git-dir=true . .\nRUN INSTALL\n"),
    ];
    for (files, head, install) in HOLD {
        let text = |rest: &str| format!("{head}WORKDIR /app\n{}", rest.replace("INSTALL", install));
        let plain = text("COPY . .\nRUN INSTALL\n");
        assert!(waits(files, &plain).is_empty(), "{install}: {:?}", waits(files, &plain));
        for (id, rest) in cases {
            assert!(
                waits(files, &text(rest)).contains(&id),
                "{id} {install}: {:?}",
                waits(files, &text(rest))
            );
        }
        let sent: Vec<(&str, &str)> =
            files.iter().copied().filter(|(path, _)| *path != ".dockerignore").collect();
        assert_eq!(waits(&sent, &plain), ["MC5"], "{install}");
        let windows = plain.replacen("FROM ", "FROM --platform=windows/amd64 ", 1);
        assert!(waits(files, &windows).contains(&"MC8"), "{install}");
        let below: Vec<(String, &str)> = files
            .iter()
            .map(|(path, text)| match *path {
                ".dockerignore" => ((*path).to_owned(), *text),
                path => (format!("a b/{path}"), *text),
            })
            .collect();
        let below: Vec<(&str, &str)> = below.iter().map(|(path, text)| (path.as_str(), *text)).collect();
        let named = text("COPY [\"a b\", \"./\"]\nRUN INSTALL\n");
        assert!(waits(&below, &named).contains(&"MC10"), "{install}");
    }
}
