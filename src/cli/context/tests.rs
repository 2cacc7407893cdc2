use super::*;

/// A folder with files, which goes away with the value.
pub(in crate::cli) fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it has a parent")).expect("own folder");
        std::fs::write(path, text).expect("own folder");
    }
    folder
}

#[derive(Clone, Copy)]
struct Case<'a> {
    files: &'a [(&'a str, &'a str)],
    dockerfile: &'a str,
    context: Option<&'a str>,
    sources: &'a [&'a str],
}

impl Case<'_> {
    fn choose(&self) -> (tempfile::TempDir, Chosen) {
        let folder = folder_with(self.files);
        let sources: Vec<String> = self.sources.iter().map(|&source| source.to_owned()).collect();
        let context = self.context.map(|context| folder.path().join(context));
        let chosen = choose(&Request {
            dockerfile: &folder.path().join(self.dockerfile),
            context: context.as_deref(),
            sources: &sources,
            within: folder.path(),
            descriptions: &Descriptions::default(),
        });
        (folder, chosen.expect("a folder is chosen"))
    }

    /// The folder chosen, relative to the root of the case, and why.
    #[track_caller]
    fn check(&self, folder: &str, why: &str) -> Chosen {
        let (root, chosen) = self.choose();
        assert_eq!((relative(&chosen.folder, root.path()).as_str(), chosen.why.as_str()), (folder, why));
        chosen
    }
}

const ROOT: (&str, &str) = (".git/HEAD", "");
const OWN: &str = "it is the Dockerfile's own folder";

#[test]
fn own_folder_where_every_source_stands_there() {
    let files = [ROOT, ("package.json", ""), ("web/Dockerfile", ""), ("web/package.json", "")];
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &["package.json", "."] }
        .check("web", OWN);
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &[] }.check("web", OWN);
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &["no*match"] }
        .check("web", OWN);
}

#[test]
fn nearest_folder_above_that_holds_every_source() {
    let files = [ROOT, ("package.json", ""), ("a/web/docker/Dockerfile", ""), ("a/web/x", ""), ("a/x", "")];
    Case { files: &files, dockerfile: "a/web/docker/Dockerfile", context: None, sources: &["x"] }
        .check("a/web", "it is the nearest folder (`..`) that holds every source");
    Case {
        files: &files,
        dockerfile: "a/web/docker/Dockerfile",
        context: None,
        sources: &["/a/x", "package.json"],
    }
    .check(".", "it is the nearest folder (`../../..`) that holds every source");
}

#[test]
fn own_folder_where_no_folder_holds_every_source() {
    let files = [ROOT, ("package.json", ""), ("web/Dockerfile", "")];
    Case {
        files: &files,
        dockerfile: "web/Dockerfile",
        context: None,
        sources: &["package.json", "missing"],
    }
    .check("web", "it is the Dockerfile's own folder, and no folder above holds every source");
}

#[test]
fn files_that_git_ignores_do_not_decide() {
    let files =
        [ROOT, (".gitignore", "dist\n"), ("dist/app.js", ""), ("dist.txt", ""), ("web/Dockerfile", "")];
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &["dist"] }
        .check("web", "it is the Dockerfile's own folder, and no folder above holds every source");
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &["dist.txt"] }
        .check(".", "it is the nearest folder (`..`) that holds every source");
}

#[test]
fn search_ends_at_the_root_of_the_repository() {
    let files = [
        ("x", ""),
        ("compose.yaml", "services: {a: {build: repo}}"),
        ("repo/.git", ""),
        ("repo/Dockerfile", ""),
    ];
    Case { files: &files, dockerfile: "repo/Dockerfile", context: None, sources: &["x"] }
        .check("repo", "it is the Dockerfile's own folder, and no folder above holds every source");
}

#[test]
fn search_ends_at_the_named_folder_outside_of_a_repository() {
    let folder = folder_with(&[("x", ""), ("a/b/Dockerfile", "")]);
    let request = Request {
        dockerfile: &folder.path().join("a/b/Dockerfile"),
        context: None,
        sources: &["x".to_owned()],
        within: &folder.path().join("a"),
        descriptions: &Descriptions::default(),
    };
    assert_eq!(choose(&request).expect("a folder").folder, folder.path().join("a/b"));
    let request = Request { within: folder.path(), ..request };
    assert_eq!(choose(&request).expect("a folder").folder, folder.path());
}

#[test]
fn option_wins_over_everything() {
    let files =
        [ROOT, ("compose.yaml", "services: {a: {build: web}}"), ("web/Dockerfile", ""), ("other/x", "")];
    let chosen = Case { files: &files, dockerfile: "web/Dockerfile", context: Some("other"), sources: &[] }
        .check("other", "`--context` names it");
    assert!(chosen.builds.is_empty());
    let chosen = Case { files: &files, dockerfile: "web/Dockerfile", context: Some("./web/."), sources: &[] }
        .check("web", "`--context` names it");
    assert_eq!(chosen.builds.len(), 1);
}

#[test]
fn option_must_name_a_folder() {
    let folder = folder_with(&[("Dockerfile", "")]);
    let dockerfile = folder.path().join("Dockerfile");
    let request = Request {
        dockerfile: &dockerfile,
        context: Some(&dockerfile),
        sources: &[],
        within: folder.path(),
        descriptions: &Descriptions::default(),
    };
    assert!(choose(&request).is_err_and(|error| error.to_string().contains("is not a folder")));
}

#[test]
fn compose_names_the_folder() {
    let compose = "services:\n  web:\n    build:\n      context: .\n      dockerfile: web/Dockerfile\n  api:\n    build: ./api\n";
    let files = [ROOT, ("docker-compose.yml", compose), ("web/Dockerfile", ""), ("api/Dockerfile", "")];
    let chosen = Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &["."] }
        .check(".", "service `web` of `../docker-compose.yml` names it");
    assert_eq!(chosen.builds[0].what, "service `web`");
    Case { files: &files, dockerfile: "api/Dockerfile", context: None, sources: &["."] }
        .check("api", "service `api` of `../docker-compose.yml` names it");
}

#[test]
fn builds_that_disagree_are_named_and_nothing_is_guessed() {
    let files = [
        ROOT,
        ("compose.yaml", "services: {far: {build: {context: ., dockerfile: a/b/Dockerfile}}}"),
        ("a/compose.yml", "services: {near: {build: b}}"),
        ("a/b/docker-compose.yml", "services: {other: {build: ../c}}"),
        ("a/b/Dockerfile", ""),
        ("a/b/x", ""),
    ];
    let case = Case { files: &files, dockerfile: "a/b/Dockerfile", context: None, sources: &[] };
    let (_root, chosen) = case.choose();
    let said = "the build context is not known: service `near` of `../compose.yml` says `.`, service `far` of \
                `../../compose.yaml` says `../..`; name it with `--context`";
    assert_eq!((chosen.conflict.as_deref(), &*chosen.notes), (Some(said), &[said.to_owned()][..]));
    assert_eq!(read(&chosen).expect("it can be read").tree().truncated(), Some(said));
    // Only in one of them does every source stand: the other build cannot succeed.
    Case { sources: &["x"], ..case }.check(
        "a/b",
        "service `near` of `../compose.yml` names it, and no other folder that a build names holds every source",
    );
}

#[test]
fn bake_workflows_and_makefiles_name_the_folder_too() {
    let workflow = "jobs:\n  a:\n    steps:\n      - run: docker build -f docker/ci.Dockerfile .\n";
    let files = [
        ROOT,
        (
            "docker-bake.hcl",
            "target \"web\" {\n  dockerfile = \"docker/web.Dockerfile\"\n  target = \"prod\"\n}\n",
        ),
        (".github/workflows/ci.yml", workflow),
        ("docker/Makefile", "image:\n\tdocker build -f make.Dockerfile ..\n"),
        (
            "docker/.github/workflows/ci.yml",
            "jobs: {a: {steps: [{run: docker build -f other.Dockerfile ..}]}}",
        ),
        ("docker/web.Dockerfile", ""),
        ("docker/ci.Dockerfile", ""),
        ("docker/make.Dockerfile", ""),
        ("docker/other.Dockerfile", ""),
    ];
    let check = |dockerfile, folder, why| {
        Case { files: &files, dockerfile, context: None, sources: &[] }.check(folder, why)
    };
    let chosen = check("docker/web.Dockerfile", ".", "target `web` of `../docker-bake.hcl` names it");
    assert_eq!(chosen.builds[0].target.as_deref(), Some("prod"));
    check("docker/ci.Dockerfile", ".", "step 1 of job `a` of `../.github/workflows/ci.yml` names it");
    check("docker/make.Dockerfile", ".", "line 2 of `Makefile` names it");
    // Only the root of a repository has workflows.
    check("docker/other.Dockerfile", "docker", OWN);
}

#[test]
fn files_that_git_ignores_describe_no_build() {
    let files = [
        ROOT,
        (".gitignore", "compose.yaml\n"),
        ("compose.yaml", "services: {a: {build: {context: ., dockerfile: web/Dockerfile}}}"),
        ("web/Dockerfile", ""),
    ];
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &[] }.check("web", OWN);
}

#[test]
fn canonical_compose_file_hides_the_old_name() {
    let files = [
        ROOT,
        ("compose.yaml", "services: {}"),
        ("docker-compose.yml", "services: {a: {build: {context: ., dockerfile: web/Dockerfile}}}"),
        ("web/Dockerfile", ""),
    ];
    Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &[] }.check("web", OWN);
}

#[test]
fn broken_compose_file_is_a_note() {
    let files = [ROOT, ("compose.yaml", "services: ["), ("web/Dockerfile", "")];
    let (_root, chosen) =
        Case { files: &files, dockerfile: "web/Dockerfile", context: None, sources: &[] }.choose();
    assert_eq!(chosen.why, OWN);
    assert!(chosen.notes[0].contains("compose.yaml"), "{:?}", chosen.notes);
}

#[test]
fn own_ignore_file_replaces_the_general_one() {
    let files = [
        ("Dockerfile", ""),
        ("x", ""),
        ("y", ""),
        (".dockerignore", "x\n"),
        ("docker/api.Dockerfile", ""),
        ("docker/api.Dockerfile.dockerignore", "y\n"),
        ("docker/empty.Dockerfile", ""),
        ("docker/empty.Dockerfile.dockerignore", ""),
    ];
    let project = |dockerfile| {
        let (root, chosen) = Case { files: &files, dockerfile, context: Some("."), sources: &[] }.choose();
        let project = read(&chosen).expect("it can be read");
        drop(root);
        project
    };
    let general = project("Dockerfile");
    assert_eq!(general.ignore().path(), Some(".dockerignore"));
    assert!(!general.sent("x") && general.sent("y"));
    let own = project("docker/api.Dockerfile");
    assert_eq!(own.ignore().path(), Some("docker/api.Dockerfile.dockerignore"));
    assert!(own.sent("x") && !own.sent("y"));
    // Builders disagree about an empty one, so nothing is claimed.
    assert!(project("docker/empty.Dockerfile").ignore().error().is_some());
}

#[test]
fn folder_without_an_ignore_file_is_sent_whole() {
    let (_root, chosen) =
        Case { files: &[("Dockerfile", "")], dockerfile: "Dockerfile", context: None, sources: &[] }.choose();
    let project = read(&chosen).expect("it can be read");
    assert_eq!(project.ignore().path(), None);
    assert!(project.sent("Dockerfile"));
}

#[test]
fn byte_order_mark_and_foreign_bytes_do_not_hurt() {
    let folder = folder_with(&[("Dockerfile", ""), ("x", "")]);
    std::fs::write(folder.path().join(".dockerignore"), b"\xef\xbb\xbfx\n\xff\n").expect("own folder");
    let request = Request {
        dockerfile: &folder.path().join("Dockerfile"),
        context: None,
        sources: &[],
        within: folder.path(),
        descriptions: &Descriptions::default(),
    };
    let project = read(&choose(&request).expect("a folder")).expect("it can be read");
    assert!(!project.sent("x") && project.sent("Dockerfile"));
}
