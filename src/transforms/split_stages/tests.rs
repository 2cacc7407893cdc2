mod cargo;
mod jar;
mod whole;

use super::SPLIT_STAGES;
use crate::config::{Config, Options};
use crate::transforms::testing::{check_in, held_back, outcome, run_built, same};

const MOD: (&str, &str) = ("go.mod", "module example.com/shop\n\ngo 1.26\n");
const MAIN: (&str, &str) = (
    "main.go",
    "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n",
);
const FILES: &[(&str, &str)] = &[MOD, MAIN];
const HEAD: &str =
    "\nFROM gcr.io/distroless/static-debian13:nonroot\nWORKDIR /app\nCOPY --from=build /app/server ./\n";

/// A file with lines before the build, the command of the build, and lines after it.
fn file(before: &str, build: &str, after: &str) -> String {
    format!("FROM golang:1.26\nWORKDIR /app\n{before}COPY . .\nRUN {build}\n{after}")
}

const BUILD: &str = "go build -o server";
const CMD: &str = "CMD [\"./server\"]\n";

#[track_caller]
fn splits(before: &str, after: &str) {
    check_in(&SPLIT_STAGES, FILES, before, after);
}

#[track_caller]
fn waits(files: &[(&str, &str)], text: &str, ids: &[&str]) {
    held_back(&SPLIT_STAGES, files, text, ids);
}

/// The file splits at its build, with `CGO_ENABLED=0` where nothing says so.
fn split(text: &str) -> String {
    let text = text.replacen("FROM golang:1.26", "FROM golang:1.26 AS build", 1);
    let text = text.replacen("RUN go build", "RUN CGO_ENABLED=0 go build", 1);
    let at = text.find("go build").expect("a build");
    let end = at + text[at..].find('\n').expect("a line") + 1;
    format!("{}{HEAD}{}", &text[..end], &text[end..])
}

#[test]
fn tables_are_sound() {
    assert!(super::tables::has(&super::tables::TABLES.build_packages, "git"));
}

#[test]
fn what_follows_the_build_stays_where_it_is_with_its_comments() {
    let text = file("", BUILD, "\n# the port\nEXPOSE 8080\n# go\nENTRYPOINT [\"./server\"]\nCMD [\"-v\"]\n");
    splits(&text, &split(&text));
}

#[test]
fn shell_form_without_need_of_a_shell_becomes_an_exec_form() {
    let text = file("", BUILD, "CMD ./server -v 'a b'\n");
    let lines = text.replace("-v", "\\\n  -v");
    splits(&lines, &split(&text).replace("./server -v 'a b'", "[\"./server\", \"-v\", \"a b\"]"));
    waits(FILES, &text.replace("-v", "\\\n# why\n  -v"), &["MS7"]);
    let after = split(&text).replace("./server -v 'a b'", "[\"./server\", \"-v\", \"a b\"]");
    splits(&text, &after);
}

#[test]
fn windows_line_ends_stay() {
    let text = file("", BUILD, CMD);
    splits(&text.replace('\n', "\r\n"), &split(&text).replace('\n', "\r\n"));
}

#[test]
fn a_file_without_final_newline_keeps_having_none() {
    let text = "FROM golang:1.26\nWORKDIR /app\nCMD [\"./server\"]\nCOPY . .\nRUN go build -o server";
    let after = format!(
        "FROM golang:1.26 AS build\nWORKDIR /app\nCOPY . .\nRUN CGO_ENABLED=0 go build -o server\n{HEAD}CMD [\"./server\"]"
    );
    splits(text, &after);
}

#[test]
fn what_stands_above_the_build_comes_along() {
    let text = file(
        "LABEL a=b\n# the port\nEXPOSE 8080\nENV CGO_ENABLED=0 MODE=prod\nENV GOPROXY=direct\nENV LEVEL=info\n",
        BUILD,
        CMD,
    );
    let after = "FROM golang:1.26 AS build\nWORKDIR /app\n# the port\nEXPOSE 8080\nENV CGO_ENABLED=0 MODE=prod\n\
        ENV GOPROXY=direct\nENV LEVEL=info\nCOPY . .\nRUN go build -o server\n\n\
        FROM gcr.io/distroless/static-debian13:nonroot\nENV MODE=prod\nENV LEVEL=info\nWORKDIR /app\n\
        COPY --from=build /app/server ./\nLABEL a=b\nEXPOSE 8080\nCMD [\"./server\"]\n";
    splits(&text, after);
}

#[test]
fn cgo_is_turned_off_once() {
    for command in ["CGO_ENABLED=0 go build -o server", "GOOS=linux CGO_ENABLED=0 go build -o server ."] {
        let text = file("", command, CMD);
        splits(&text, &split(&text));
    }
    let text = file("", "GOOS=linux go build -o server", CMD);
    let after = split(&text).replace("RUN GOOS", "RUN CGO_ENABLED=0 GOOS");
    splits(&text, &after);
}

#[test]
fn a_build_over_several_lines() {
    let text = file("", "go mod download \\\n    # why\n    && go build \\\n    -o server", CMD);
    let at = text.find("&& go build").expect("there");
    let (above, below) = text.split_at(at + 3);
    let above = above.replace("golang:1.26", "golang:1.26 AS build");
    let (build, tail) = below.split_at(below.find("CMD").expect("there"));
    splits(&text, &format!("{above}CGO_ENABLED=0 {build}{HEAD}{tail}"));
}

#[test]
fn a_binary_elsewhere_keeps_its_place() {
    let text = file("", "go build -o /usr/local/bin/shop ./...", "CMD [\"shop\"]\n");
    let after = split(&text).replace("/app/server ./", "/usr/local/bin/shop /usr/local/bin/shop");
    splits(&text, &after);
    let text = file("", "go build -v", "CMD [\"/app/shop\"]\n");
    splits(&text, &split(&text).replace("/app/server", "/app/shop"));
}

#[test]
fn alpine_and_manifests_first() {
    let text = "FROM golang:1.26-alpine\nRUN apk add --no-cache git\nWORKDIR /app\nCOPY go.mod ./\nRUN go mod download\n\
        COPY *.go ./\nRUN go build -o server\nCMD [\"./server\"]\n";
    let after = split(text).replace("1.26 AS build-alpine", "1.26-alpine AS build");
    splits(text, &after);
}

#[test]
fn ms1_the_start_command_is_another_program() {
    waits(FILES, &file("", BUILD, "CMD [\"./other\"]\n"), &["MS1"]);
}

#[test]
fn ms2_the_binary_is_not_certain() {
    waits(FILES, &file("", "go build -o $OUT", CMD), &["MS2"]);
    waits(FILES, &file("", "go install .", CMD), &["MS2"]);
    waits(FILES, &file("", "make", CMD), &["MS3"]);
    waits(FILES, &file("", "go build -o server && go build -o other", CMD), &["MS2"]);
    waits(FILES, &file("", "cd cmd && go build -o server", CMD), &["MS3"]);
    waits(FILES, &file("", "--mount=type=cache,target=/app go build -o server", CMD), &["MS2"]);
    waits(&[MAIN], &file("", BUILD, CMD), &["MS2"]);
    waits(FILES, &file("", "go build -o server || true", CMD), &["MS2"]);
}

#[test]
fn ms3_the_binary_needs_c() {
    let c = ("c.go", "package main\n\nimport \"C\"\n");
    waits(&[MOD, MAIN, c], &file("", BUILD, CMD), &["MS3"]);
    let sqlite = ("go.mod", "module a\n\nrequire github.com/mattn/go-sqlite3 v1.14.24\n");
    waits(&[sqlite, MAIN], &file("", BUILD, CMD), &["MS3"]);
    for command in [
        "go build -race -o server",
        "CGO_ENABLED=1 go build -o server",
        "go build -tags sqlite_omit -o server",
        "go build -ldflags \"-linkmode external\" -o server",
        "go build -buildmode=pie -o server",
        "CC=musl-gcc go build -o server",
    ] {
        waits(FILES, &file("", command, CMD), &["MS3"]);
    }
    waits(FILES, &file("ENV CGO_ENABLED=1\n", BUILD, CMD), &["MS3"]);
    waits(FILES, &file("ARG CGO_ENABLED=0\n", BUILD, CMD), &["MS3"]);
    let vendored = [
        MOD,
        MAIN,
        ("vendor/modules.txt", "# x v1\n"),
        ("vendor/x/x.go", "package x\n\nimport (\n\t\"C\"\n)\n"),
    ];
    waits(&vendored, &file("", BUILD, CMD), &["MS3"]);
}

#[test]
fn ms3_other_commands_may_matter() {
    waits(FILES, &file("RUN apt-get update && apt-get install -y ffmpeg\n", BUILD, CMD), &["MS3"]);
    waits(FILES, &file("COPY ca.crt /usr/local/share/ca-certificates/\n", BUILD, CMD), &["MS3"]);
    waits(FILES, &file("RUN go generate ./...\n", BUILD, CMD), &["MS3"]);
    waits(FILES, &file("", BUILD, "RUN mkdir data\nCMD [\"./server\"]\n"), &["MS3"]);
    let text =
        file("RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*\n", BUILD, CMD);
    splits(&text, &split(&text));
}

#[test]
fn ms4_the_base_image_is_a_variable() {
    let text = format!("ARG V=1.26\n{}", file("", BUILD, CMD).replace("1.26", "${V}"));
    let after = outcome(&SPLIT_STAGES, FILES, &text, &Options::default()).files.remove(0).after;
    assert!(after.text().starts_with("ARG V=1.26\nFROM golang:${V} AS build\n"), "{}", after.text());
    let bake = ("docker-bake.hcl", "target \"a\" {\n  args = { V = \"1.26-alpine\" }\n}\n");
    let found = run_built(&SPLIT_STAGES, &[MOD, MAIN, bake], &text, &Options::default());
    assert_eq!(found.held_back[0].missing[0].id, "MS4");
}

#[test]
fn ms6_the_program_starts_another() {
    let main = (
        "main.go",
        "package main\n\nimport \"os/exec\"\n\nfunc main() {\n\texec.Command(\"git\").Run()\n}\n",
    );
    waits(&[MOD, main], &file("", BUILD, CMD), &["MS6", "MS14"]);
    waits(FILES, &file("", BUILD, "CMD [\"tini\", \"--\", \"./server\"]\n"), &["MS6"]);
}

#[test]
fn ms7_a_shell_is_needed() {
    waits(FILES, &file("", BUILD, "CMD ./server -port $PORT\n"), &["MS7"]);
    waits(FILES, &file("", BUILD, "CMD [\"sh\", \"-c\", \"./server\"]\n"), &["MS7"]);
    waits(FILES, &file("", BUILD, "ENTRYPOINT [\"./server\"]\nCMD -v\n"), &["MS7"]);
    waits(
        FILES,
        &file("", BUILD, "HEALTHCHECK CMD curl -f http://localhost:8080/\nCMD [\"./server\"]\n"),
        &["MS7"],
    );
    let text = file("", BUILD, "HEALTHCHECK CMD [\"/app/server\", \"-health\"]\nCMD [\"./server\"]\n");
    splits(&text, &split(&text));
}

#[test]
fn ms8_a_developers_command() {
    waits(FILES, &file("", BUILD, "CMD [\"go\", \"run\", \".\"]\n"), &["MS8"]);
}

#[test]
fn ms9_compose_works_in_the_image() {
    let mounts = "services:\n  web:\n    build: .\n    volumes:\n      - .:/app\n";
    waits(&[MOD, MAIN, ("compose.yaml", mounts)], &file("", BUILD, CMD), &["MS9"]);
    let command = "services:\n  web:\n    build: .\n    command: go run .\n";
    waits(&[MOD, MAIN, ("compose.yaml", command)], &file("", BUILD, CMD), &["MS9"]);
    let plain = "services:\n  web:\n    build: .\n";
    let text = file("", BUILD, CMD);
    check_in(&SPLIT_STAGES, &[MOD, MAIN, ("compose.yaml", plain)], &text, &split(&text));
}

#[test]
fn ms10_a_name_that_is_taken() {
    waits(FILES, &file("COPY --from=build /x /x\n", BUILD, CMD), &["MS10"]);
    waits(FILES, &file("", BUILD, CMD).replace("1.26", "1.26 AS app"), &["MS10"]);
}

#[test]
fn ms11_an_argument_of_the_build() {
    // A variable of the build alone is not set in the runtime stage.
    waits(FILES, &file("ENV GOFLAGS=-v\n", BUILD, "ENV FLAGS=$GOFLAGS\nCMD [\"./server\"]\n"), &["MS11"]);
    // An argument that the runtime stage refers to is declared in both.
    let text = file("ARG V=1\nARG W=2\n", BUILD, "LABEL v=$V\nCMD [\"./server\"]\n");
    let with = |text: &str| split(text).replace(":nonroot\n", ":nonroot\nARG V=1\n");
    splits(&text, &with(&text));
    let text = file("ARG V=1\nENV W=$V\n", BUILD, CMD);
    splits(&text, &with(&text).replace("ARG V=1\nWORKDIR", "ARG V=1\nENV W=$V\nWORKDIR"));
    let text = file("", BUILD, "ARG V=1\nLABEL v=$V\nCMD [\"./server\"]\n");
    splits(&text, &split(&text));
}

#[test]
fn ms12_nothing_is_started() {
    waits(FILES, &file("", BUILD, ""), &["MS12"]);
    waits(FILES, &file("", BUILD, "ONBUILD RUN x\nCMD [\"./server\"]\n"), &["MS12"]);
}

#[test]
fn ms14_files_are_read() {
    let main =
        ("main.go", "package main\n\nimport \"os\"\n\nfunc main() {\n\tos.ReadFile(\"config.yml\")\n}\n");
    waits(&[MOD, main], &file("", BUILD, CMD), &["MS14"]);
    let unheard =
        ("main.go", "package main\n\nimport \"example.org/unheard\"\n\nfunc main() { unheard.Do() }\n");
    waits(&[MOD, unheard], &file("", BUILD, CMD), &["MS14"]);
    waits(FILES, &file("", BUILD, "COPY web ./web\nCMD [\"./server\"]\n"), &["MS14"]);
    let embedded = (
        "main.go",
        "package main\n\nimport _ \"embed\"\n\n//go:embed page.html\nvar page string\n\nfunc main() { print(page) }\n",
    );
    let text = file("", BUILD, CMD);
    check_in(&SPLIT_STAGES, &[MOD, embedded, ("page.html", "x")], &text, &split(&text));
}

#[test]
fn ms15_another_platform() {
    waits(FILES, &file("", BUILD, CMD).replace("FROM", "FROM --platform=linux/amd64"), &["MS15"]);
    waits(FILES, &file("", "GOOS=windows go build -o server", CMD), &["MS15"]);
}

#[test]
fn ms16_what_the_old_base_gave() {
    waits(FILES, &file("", BUILD, "ENV X=$GOPATH/x\nCMD [\"./server\"]\n"), &["MS16"]);
    waits(FILES, &file("", BUILD, "USER nobody\nCMD [\"./server\"]\n"), &["MS16"]);
    waits(FILES, &file("ENV PATH=/x:$PATH\n", "go build -o /usr/local/bin/a", "CMD [\"a\"]\n"), &["MS16"]);
}

#[test]
fn without_root() {
    waits(FILES, &file("", BUILD, "EXPOSE 80\nCMD [\"./server\"]\n"), &["NR2"]);
    waits(FILES, &file("ENV PORT=80\n", BUILD, CMD), &["NR2"]);
    waits(FILES, &file("", BUILD, "CMD [\"./server\", \"--addr=:80\"]\n"), &["NR2"]);
    waits(FILES, &file("", BUILD, "VOLUME /data\nCMD [\"./server\"]\n"), &["NR4"]);
    waits(FILES, &file("", BUILD, CMD).replace("/app", "/root/app"), &["NR7"]);
    let main = ("main.go", "package main\n\nimport \"os\"\n\nfunc main() {\n\tos.Create(\"/data/x\")\n}\n");
    waits(&[MOD, main], &file("", BUILD, CMD), &["NR3"]);
}

#[test]
fn pin8_a_mirror_or_a_registry_of_ones_own() {
    waits(FILES, &file("", BUILD, CMD).replace("golang", "mirror.gcr.io/library/golang"), &["PIN8"]);
    waits(FILES, &file("COPY --from=registry.example.com/x /x /x\n", BUILD, CMD), &["PIN8"]);
}

#[test]
fn other_files_are_left_alone() {
    same(
        &SPLIT_STAGES,
        "FROM golang:1.26 AS build\nRUN go build -o /x\nFROM scratch\nCOPY --from=build /x /x\n",
    );
    same(&SPLIT_STAGES, "FROM node:24\nCMD [\"node\", \"x.js\"]\n");
}

#[test]
fn pin8_a_list_of_trusted_registries_forbids_the_runtime_image() {
    let text = file("", BUILD, CMD);
    let found = |settings: &str| {
        let config = Config::parse(settings, &[]).expect("sound");
        outcome(&SPLIT_STAGES, FILES, &text, &config.options_for("Dockerfile")).files.remove(0)
    };
    let held = found("[images]\ntrusted = [\"docker.io\"]\n");
    assert_eq!((held.held_back[0].missing[0].id, held.applied.len()), ("PIN8", 0));
    assert_eq!(found("[images]\ntrusted = [\"docker.io\", \"gcr.io\"]\n").applied.len(), 1);
}

#[test]
fn pin8_the_official_images_are_public_on_both_hosts() {
    let text = file("", BUILD, CMD).replace("golang:1.26", "public.ecr.aws/docker/library/golang:1.26");
    let found = outcome(&SPLIT_STAGES, FILES, &text, &Options::default());
    assert_eq!(found.files[0].applied.len(), 1, "{:?}", found.files[0].held_back);
    let text = text.replace("public.ecr.aws/docker/library", "mirror.example");
    let config =
        Config::parse("[images.alias]\n\"mirror.example/golang\" = \"golang\"\n", &[]).expect("sound");
    let found = outcome(&SPLIT_STAGES, FILES, &text, &config.options_for("Dockerfile"));
    assert_eq!(found.files[0].held_back[0].missing[0].id, "PIN8");
}
