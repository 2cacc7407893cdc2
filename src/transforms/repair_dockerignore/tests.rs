use super::REPAIR_DOCKERIGNORE;
use crate::config::Options;
use crate::transforms::testing::outcome;

type Files<'a> = &'a [(&'a str, &'a str)];

/// The ignore file afterwards, and the ids and texts of what is held back.
fn mended(ignore: &str, files: Files<'_>, dockerfile: &str) -> (String, Vec<(&'static str, String)>) {
    let mut all = files.to_vec();
    all.push((".dockerignore", ignore));
    let found = outcome(&REPAIR_DOCKERIGNORE, &all, dockerfile, &Options::default());
    assert!(found.files[0].rejected.is_empty(), "{:?}", found.files[0].rejected);
    let after = found.ignore.map_or(ignore.to_owned(), |changed| changed.after.text().to_owned());
    let held = found.files[0].held_back.iter().flat_map(|held| &held.missing);
    (after, held.map(|missing| (missing.id, missing.text.clone())).collect())
}

/// Asserts what becomes of the ignore file, and that a second run changes nothing.
#[track_caller]
fn check(before: &str, after: &str, files: Files<'_>, dockerfile: &str) {
    let (found, held) = mended(before, files, dockerfile);
    assert_eq!(found, after, "{held:#?}");
    assert_eq!(mended(&found, files, dockerfile).0, after, "a second run changes the file again");
}

#[track_caller]
fn held(ignore: &str, files: Files<'_>, dockerfile: &str, id: &str, text: &str) {
    let (after, held) = mended(ignore, files, dockerfile);
    assert_eq!(after, ignore);
    assert!(held.iter().any(|(at, found)| *at == id && found.contains(text)), "{held:#?}");
}

const NODE: Files<'_> = &[("package.json", "{}"), ("package-lock.json", "{}"), ("server.js", "")];
const COPY_ALL: &str = "FROM node\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD [\"node\", \"server.js\"]\n";
/// Everything that is worth adding for [`NODE`].
const WHOLE: &str = ".git\n**/node_modules\n**/.env\n**/.env.*\n";

#[test]
fn whole_file_stays() {
    check(WHOLE, WHOLE, NODE, COPY_ALL);
    // It excludes the same at the root, where the packages lie.
    let own = "node_modules/\n/.git\n.env*\n";
    check(own, own, NODE, COPY_ALL);
}

#[test]
fn missing_lines_come_last() {
    check("dist\n", "dist\n.git\n**/node_modules\n**/.env\n**/.env.*\n", NODE, COPY_ALL);
    check("dist", "dist\n.git\n**/node_modules\n**/.env\n**/.env.*", NODE, COPY_ALL);
    check("", WHOLE, NODE, COPY_ALL);
}

#[test]
fn byte_order_mark_and_line_ends_stay() {
    check(
        "\u{feff}# junk\r\ndist\r\n",
        "\u{feff}# junk\r\ndist\r\n.git\r\n**/node_modules\r\n**/.env\r\n**/.env.*\r\n",
        NODE,
        COPY_ALL,
    );
}

#[test]
fn lines_that_take_back_in_stay_in_force() {
    check(
        "*.md\n# but\n!README.md\n",
        "*.md\n# but\n!README.md\n.git\n**/node_modules\n**/.env\n**/.env.*\n",
        NODE,
        COPY_ALL,
    );
    check(
        ".git\nnode_modules\n# but\n!.env.example\n",
        ".git\nnode_modules\n**/.env\n**/.env.*\n# but\n!.env.example\n",
        NODE,
        COPY_ALL,
    );
    check("!.env.x\n", "**/.env\n**/.env.*\n!.env.x\n.git\n**/node_modules\n", NODE, COPY_ALL);
    // An allow-list takes packages back in with their folder.
    let files: Files<'_> = &[("web/package.json", "{}"), ("web/a.js", "")];
    let dockerfile = "FROM node\nCOPY web .\nRUN npm ci\n";
    check("*\n!web\n", "*\n!web\n**/node_modules\n", files, dockerfile);
    check(".env*\ndist\n", ".env*\ndist\n**/node_modules\n", files, dockerfile);
    check("*\n!web\n!web/node_modules\n", "*\n!web\n!web/node_modules\n", files, dockerfile);
}

#[test]
fn nothing_is_added_that_no_source_brings_along() {
    check("dist\n", "dist\n", NODE, "FROM node\nCOPY package.json server.js ./\n");
}

#[test]
fn line_that_is_not_proven_is_named() {
    let dockerfile = "FROM node\nCOPY . .\nRUN git log\n";
    let ignore = "node_modules\n.env*\n";
    held(ignore, NODE, dockerfile, "DI5", "`.git`: `git` (Dockerfile:3)");
    held(".git\n.env*\n", NODE, "FROM node\nCOPY . .\n", "DI4", "`**/node_modules`");
    held("node_modules\n.git\n", NODE, "FROM node\nCOPY . .\nENV X=.env\n", "DI5", "`**/.env`");
    // What is copied is not known.
    check("dist\n", "dist\n", NODE, "FROM node\nARG X\nCOPY $X package.json ./\n");
}

#[test]
fn anchored_name_reaches_into_folders() {
    let files: Files<'_> = &[("web/package.json", "{}"), ("web/a.js", "")];
    let dockerfile = "FROM node\nCOPY web .\nRUN npm ci\n";
    let env = "**/.env*\n";
    check(
        &format!("# x\nnode_modules/ \n{env}"),
        &format!("# x\n**/node_modules/ \n{env}"),
        files,
        dockerfile,
    );
    check(&format!("node_modules # x\n{env}"), &format!("# x\n**/node_modules\n{env}"), files, dockerfile);
    // Nothing installs them again.
    held(&format!("node_modules\n{env}"), files, "FROM node\nCOPY web .\n", "DI4", "`web` (Dockerfile:2)");
    check(
        "__pycache__\n*.pyc\n",
        "**/__pycache__\n*.pyc\n.git\n**/.env\n**/.env.*\n",
        &[("app/main.py", "")],
        "FROM python\nCOPY . .\n",
    );
    // Above the line that takes them back in it would exclude nothing more.
    let kept = "*\nnode_modules\n!web\n";
    check(kept, &format!("{kept}**/node_modules\n"), files, dockerfile);
    let twice = "**/node_modules\nnode_modules\n*\n!web\n";
    check(twice, &format!("{twice}**/node_modules\n"), files, dockerfile);
    // Who writes a slash means the root.
    let root = "/__pycache__\n.git\n.env*\n";
    check(root, root, &[("app/main.py", "")], "FROM python\nCOPY . .\n");
}

#[test]
fn what_looks_like_a_comment_becomes_one() {
    check(
        "  # junk\n// more\n\t#---\ndist\n.git\n.env*\nnode_modules\n",
        "# junk\n# more\n#---\ndist\n.git\n.env*\nnode_modules\n",
        NODE,
        COPY_ALL,
    );
    let files: Files<'_> = &[("# x", ""), ("a", "")];
    held("  # x\n.git\n.env*\n", files, "FROM a\nCOPY . .\n", "DI6", "excludes something");
    let pattern = "//dist\n #x#\n.git\n.env*\nnode_modules\n";
    check(pattern, pattern, NODE, COPY_ALL);
}

#[test]
fn comment_behind_a_pattern_gets_a_line_of_its_own() {
    check(
        "node_modules  # packages\n.git\n.env*\n",
        "# packages\nnode_modules\n.git\n.env*\n",
        NODE,
        COPY_ALL,
    );
    held("node_modules\n.git\n.env*\nsecret // old\n", NODE, COPY_ALL, "DI5", "`secret`");
    held("node_modules # x\n.git\n.env*\n", NODE, "FROM a\nCOPY . .\n", "DI4", "`node_modules`");
}

#[test]
fn take_back_above_its_pattern_is_told() {
    let ignore = "!README.md\n*.md\n.git\n.env*\nnode_modules\n";
    held(
        ignore,
        NODE,
        COPY_ALL,
        "DI7",
        ".dockerignore:1: `!README.md` has no effect, since `*.md` in line 2",
    );
    let good = "*.md\n!README.md\n.git\n.env*\nnode_modules\n";
    check(good, good, NODE, COPY_ALL);
    assert_eq!(mended(good, NODE, COPY_ALL).1, []);
}

#[test]
fn malformed_line_is_told_alone() {
    held("a\n[b\n", NODE, COPY_ALL, "DI8", ".dockerignore:2: syntax error in pattern `[b`");
    held("!\n", NODE, COPY_ALL, "DI8", "illegal exclusion pattern");
    assert_eq!(mended("a\n[b\n", NODE, COPY_ALL).1.len(), 1);
}

#[test]
fn hidden_file_is_taken_back_in() {
    let files: Files<'_> = &[("conf/app.conf", ""), ("a.js", "")];
    check("conf\n", "conf\n!conf/app.conf\n", files, "FROM a\nCOPY a.js conf/app.conf ./\n");
    // The other source would bring it along.
    let ignore = "conf\n.git\n.env*\n";
    held(ignore, files, "FROM a\nCOPY . /x\nCOPY conf/app.conf /y\n", "DI9", "Dockerfile:2 would bring");
    held("dist\n", files, "FROM a\nCOPY dist /x\n", "DI9", "`dist` is no file in git");
    held("conf\n", files, "FROM a\nARG F=conf/app.conf\nCOPY $F /x\n", "DI9", "build argument");
    held("*.pem\n", &[("a.pem", "")], "FROM a\nCOPY a.pem /x\n", "DI10", "a private key");
}

#[test]
fn secrets_are_always_told() {
    let key = ("certs/a.key", "-----BEGIN PRIVATE KEY-----");
    held(
        WHOLE,
        &[key],
        "FROM a\nCOPY . .\n",
        "DI10",
        "`certs/a.key` looks like a private key, and Dockerfile:2",
    );
    held(WHOLE, NODE, "FROM a\nCOPY package.json .npmrc ./\n", "DI10", "`.npmrc` may be a token");
    assert_eq!(mended(WHOLE, NODE, "FROM a\nRUN --mount=source=.npmrc,target=/n true\n").1, []);
    assert_eq!(mended(WHOLE, &[key, ("a", "")], "FROM a\nCOPY a .\n").1, []);
    assert_eq!(mended(&format!("{WHOLE}certs\n"), &[key], "FROM a\nCOPY . .\n").1, []);
}

#[test]
fn settings_stand_for_what_is_not_proven() {
    let mut options = Options::default();
    options.dockerignore.unneeded = Some(vec![".git".to_owned()]);
    let files = [NODE, &[(".dockerignore", "node_modules\n.env*\n")]].concat();
    let found = outcome(&REPAIR_DOCKERIGNORE, &files, "FROM a\nCOPY . .\nRUN git log\n", &options);
    let after = found.ignore.expect("a change").after;
    assert_eq!(after.text(), "node_modules\n.env*\n.git\n");
}

#[test]
fn own_ignore_file_of_a_dockerfile_is_mended_where_it_stands() {
    use crate::project::Project;
    use crate::project::dockerignore::IgnoreFile;
    use crate::transforms::testing::outcome_in;
    let project = Project::in_memory(NODE.iter().copied())
        .with_ignore(IgnoreFile::parse("dist\n").at("web.Dockerfile.dockerignore"));
    let found =
        outcome_in(&REPAIR_DOCKERIGNORE, project, &[("web.Dockerfile", COPY_ALL)], &Options::default());
    let changed = found.ignore.expect("a change");
    assert_eq!(changed.path, "web.Dockerfile.dockerignore");
    assert_eq!(changed.after.text(), format!("dist\n{WHOLE}"));
}
