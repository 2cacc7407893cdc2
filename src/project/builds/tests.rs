use super::*;

/// The builds that files describe, each as `at: dockerfile in context`, with target and arguments where there are any.
fn described(files: &[(&str, &str)]) -> Vec<String> {
    let read = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
    let workflows: Vec<String> = files
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(".github/workflows/"))
        .map(str::to_owned)
        .collect();
    let found = describe(&read, &workflows);
    assert!(found.errors.is_empty(), "{:?}", found.errors);
    let line = |build: &Build| {
        let mut line = format!("{}: {} in {:?}", build.at(), build.dockerfile, build.context);
        if let Some(target) = &build.target {
            line += &format!(" target {target}");
        }
        for (name, value) in &build.arguments {
            line += &format!(" {name}={}", value.as_deref().unwrap_or("?"));
        }
        build.contexts.iter().for_each(|name| line += &format!(" with {name}"));
        line
    };
    found.builds.iter().map(line).collect()
}

#[test]
fn bake_inherits_and_is_overridden() {
    let bake = r#"
variable "TAG" { default = "1.2" }
variable "FROM_OUTSIDE" {}
group "default" { targets = ["web", "job"] }
target "_common" { args = { VERSION = TAG, OTHER = FROM_OUTSIDE } }
target "web" {
  inherits = ["_common"]
  context = "./app"
  dockerfile = "docker/web.Dockerfile"
  target = "prod"
  tags = ["x:${TAG}"]
  contexts = { base = "docker-image://alpine" }
}
target "job" {
  inherits = ["web"]
  target = "job"
}
target "inline" { dockerfile-inline = "FROM scratch" }
target "remote" { context = "https://example.org/x.git" }
target "unknown" { context = FROM_OUTSIDE }
"#;
    let files = [
        ("docker-bake.hcl", bake),
        ("docker-bake.override.hcl", "target \"job\" {\n  args = { VERSION = \"2\" }\n}\n"),
    ];
    assert_eq!(
        described(&files),
        [
            "target `job` of `docker-bake.hcl`: app/docker/web.Dockerfile in \"app\" target job OTHER=? VERSION=2 with base",
            "target `web` of `docker-bake.hcl`: app/docker/web.Dockerfile in \"app\" target prod OTHER=? VERSION=1.2 with base",
        ]
    );
}

#[test]
fn bake_in_json() {
    let bake = r#"{"target": {"web": {"context": "..", "args": {"A": "1", "B": "${X}"}}, "x": {"context": "${X}"}}}"#;
    assert_eq!(
        described(&[("docker-bake.json", bake)]),
        ["target `web` of `docker-bake.json`: ../Dockerfile in \"..\" A=1 B=?"]
    );
}

#[test]
fn broken_bake_file_is_an_error_of_one_line() {
    for (name, text) in [("docker-bake.hcl", "target \"a\" {\n"), ("docker-bake.json", "{")] {
        let read = |path: &str| (path == name).then(|| text.to_owned());
        let found = describe(&read, &[]);
        assert!(found.errors.len() == 1 && !found.errors[0].contains('\n'), "{:?}", found.errors);
    }
}

#[test]
fn workflow_steps() {
    let workflow = "on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with: {push: true, file: docker/web.Dockerfile, target: prod, build-args: \"A=1\\nB=${{ x }}\"}
      - uses: docker/build-push-action@v6
        with: {context: '{{defaultContext}}:api'}
      - uses: docker/build-push-action@v6
        with: {context: '${{ matrix.folder }}'}
      - run: |
          cd job
          docker build -t \"${{ env.IMAGE }}\" -f ../docker/job.Dockerfile ${{ github.workspace }}
      - run: docker build .
        working-directory: sub
";
    assert_eq!(
        described(&[(".github/workflows/ci.yml", workflow)]),
        [
            "step 2 of job `image` of `.github/workflows/ci.yml`: docker/web.Dockerfile in \"\" target prod A=1 B=?",
            "step 3 of job `image` of `.github/workflows/ci.yml`: api/Dockerfile in \"api\"",
            "step 5 of job `image` of `.github/workflows/ci.yml`: docker/job.Dockerfile in \"job\"",
            "step 6 of job `image` of `.github/workflows/ci.yml`: sub/Dockerfile in \"sub\"",
        ]
    );
}

#[test]
fn gitlab_jobs() {
    let pipeline = "image: x
build:
  before_script: [cd api]
  script:
    - docker build -t $X .
kaniko:
  script:
    - /kaniko/executor --context $CI_PROJECT_DIR --dockerfile ${CI_PROJECT_DIR}/x/Dockerfile --destination $X
";
    assert_eq!(
        described(&[(".gitlab-ci.yml", pipeline)]),
        [
            "job `build` of `.gitlab-ci.yml`: api/Dockerfile in \"api\"",
            "job `kaniko` of `.gitlab-ci.yml`: x/Dockerfile in \"\"",
        ]
    );
}

#[test]
fn recipes_and_scripts() {
    let makefile = "build:\n\t@docker build -t $(NAME) \\\n\t  -f docker/Dockerfile .\n\tdocker build $(DIR)\n\tcd x && docker build ..\n";
    assert_eq!(
        described(&[
            ("Makefile", makefile),
            ("justfile", "image tag:\n    docker build -t x:{{tag}} --target dev web\n"),
            ("package.json", r#"{"scripts": {"image": "npm test && docker build -t x .", "x": 3}}"#),
        ]),
        [
            "line 2 of `Makefile`: docker/Dockerfile in \"\"",
            "line 5 of `Makefile`: Dockerfile in \"\"",
            "line 2 of `justfile`: web/Dockerfile in \"web\" target dev",
            "script `image` of `package.json`: Dockerfile in \"\"",
        ]
    );
}

#[test]
fn commands_whose_folder_is_not_known_say_nothing() {
    let text = "a:\n\tcd $(DIR) && docker build .\n\t(cd x; docker build .)\n\tdocker build - < Dockerfile\n\tdocker build /abs\n\tdocker build -f $F .\n";
    assert_eq!(described(&[("Makefile", text)]), [""; 0]);
}

#[test]
fn skaffold_artifacts() {
    let text = "apiVersion: skaffold/v4\nkind: Config\nbuild:\n  artifacts:\n    - image: web\n      context: web\n      docker: {dockerfile: prod.Dockerfile, target: run, buildArgs: {A: '1', B: '{{.X}}'}}\n    - image: plain\n    - {image: j, jib: {}}\n---\nkind: Config\n";
    assert_eq!(
        described(&[("skaffold.yaml", text)]),
        [
            "artifact `web` of `skaffold.yaml`: web/prod.Dockerfile in \"web\" target run A=1 B=?",
            "artifact `plain` of `skaffold.yaml`: Dockerfile in \"\"",
        ]
    );
}

#[test]
fn compose_extends_includes_and_overrides() {
    let compose = "include: [sub/compose.yaml]
services:
  base:
    build: {context: ., target: dev, args: {A: 1}}
  web:
    extends: base
    build: {target: prod}
  far:
    extends: {service: far, file: other/common.yml}
";
    let files = [
        ("compose.yaml", compose),
        ("compose.override.yaml", "services: {web: {build: {args: [B=2]}}}"),
        ("sub/compose.yaml", "services: {inner: {build: .}}"),
        ("other/common.yml", "services: {far: {build: {dockerfile: x.Dockerfile}}}"),
    ];
    assert_eq!(
        described(&files),
        [
            "service `base` of `compose.yaml`: Dockerfile in \"\" target dev A=1",
            "service `far` of `compose.yaml`: other/x.Dockerfile in \"other\"",
            "service `inner` of `compose.yaml`: sub/Dockerfile in \"sub\"",
            "service `web` of `compose.yaml`: Dockerfile in \"\" target prod A=1 B=2",
        ]
    );
}

#[test]
fn paths_stay_relative() {
    assert_eq!(below("a/b", "../../../x").as_deref(), Some("../x"));
    assert_eq!(below("", "./").as_deref(), Some(""));
    for path in ["/x", "C:\\x", "~/x", "$X", "git://x"] {
        assert_eq!(below("", path), None, "{path}");
    }
}
