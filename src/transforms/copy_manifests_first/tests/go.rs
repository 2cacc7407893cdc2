//! Go: modules, and builds that download by themselves.

use super::{GO, IT, check_in, held_back, with};

#[test]
fn go_downloads_in_a_layer_of_its_own() {
    check_in(
        &IT,
        GO,
        "FROM golang:1.25\nWORKDIR /src\n# all\nCOPY . .\n\nRUN CGO_ENABLED=0 go build -o /app .\n",
        "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\n# all\nCOPY . .\n\nRUN CGO_ENABLED=0 go build -o /app .\n",
    );
}

#[test]
fn go_behind_a_folder_change_and_a_package() {
    check_in(
        &IT,
        GO,
        "FROM golang:1.25-alpine\nADD . /src\nWORKDIR /src\nRUN apk add --no-cache git\nRUN go vet ./...\nRUN go build\n",
        "FROM golang:1.25-alpine\nWORKDIR /src\nRUN apk add --no-cache git\nCOPY go.mod go.sum ./\nRUN go mod download\nADD . /src\nRUN go vet ./...\nRUN go build\n",
    );
}

#[test]
fn go_download_that_comes_too_late() {
    check_in(
        &IT,
        GO,
        "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go mod download && go build\n",
        "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod go.sum ./\nRUN go mod download\nCOPY . .\nRUN go build\n",
    );
}

#[test]
fn go_without_requirements_or_with_a_cache_mount_is_left() {
    let files = with(GO, &[("go.mod", "module a\n")]);
    let text = "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go build\n";
    check_in(&IT, &files, text, text);
    let text =
        "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN --mount=type=cache,target=/go/pkg/mod go build\n";
    check_in(&IT, GO, text, text);
}

#[test]
fn go_modules_replaced_by_a_folder_go_along() {
    let files =
        with(GO, &[("go.mod", "module a\nrequire b v1.0.0\nreplace b => ./b\n"), ("b/go.mod", "module b\n")]);
    check_in(
        &IT,
        &files,
        "FROM golang:1.25\nWORKDIR /src\nCOPY . .\nRUN go build\n",
        "FROM golang:1.25\nWORKDIR /src\nCOPY go.mod go.sum ./\nCOPY b/go.mod ./b/\nRUN go mod download\nCOPY . .\nRUN go build\n",
    );
}

#[test]
fn go_is_left_where_modules_or_the_folder_are_not_sure() {
    let build = |from: &str, run: &str| format!("FROM {from}\nWORKDIR /src\nCOPY . .\nRUN {run}\n");
    held_back(&IT, GO, &build("golang:1.12", "go build"), &["MC8"]);
    held_back(&IT, GO, &build("alpine:3.20", "go build"), &["MC8"]);
    held_back(&IT, GO, "FROM golang:1.25\nCOPY . /src\nRUN cd /src && go build\n", &["MC4"]);
}
