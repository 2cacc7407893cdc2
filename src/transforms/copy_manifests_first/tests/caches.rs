//! Cargo, Gradle and Maven: what they download is kept in a mount, or comes in a layer of its own.

use super::{Files, IT, check_in, held_back, with};

const CARGO: Files = &[
    ("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nb = \"1\"\n"),
    ("Cargo.lock", "[[package]]\nname = \"b\"\nsource = \"registry+https://x\"\n"),
    ("src/main.rs", "fn main() {}\n"),
];
const SHIPPED: &str =
    "FROM debian:13-slim\nCOPY --from=build /app/target/release/a /usr/local/bin/a\nCMD [\"a\"]\n";
const POM: Files = &[("pom.xml", "<project/>"), ("src/A.java", "")];
const MODULES: Files =
    &[("pom.xml", "<project><modules><module>a</module></modules></project>"), ("a/pom.xml", "")];
const GRADLE: Files = &[("build.gradle", ""), ("gradlew", "")];

fn cargo(build: &str) -> String {
    format!("FROM rust:1.85 AS build\nWORKDIR /app\nCOPY . .\nRUN {build}\n\n{SHIPPED}")
}

#[test]
fn cargo_keeps_its_registry() {
    check_in(
        &IT,
        CARGO,
        &cargo("cargo build --release"),
        &cargo("--mount=type=cache,target=/usr/local/cargo/registry \\\n    cargo build --release"),
    );
}

#[test]
fn each_build_of_the_stage_gets_the_mount() {
    check_in(
        &IT,
        CARGO,
        &cargo("cargo test\nRUN --network=default set -e; cargo build --release"),
        &cargo(
            "--mount=type=cache,target=/usr/local/cargo/registry \\\n    cargo test\nRUN \
             --mount=type=cache,target=/usr/local/cargo/registry \\\n    --network=default set -e; cargo build --release",
        ),
    );
}

#[test]
fn repositories_get_a_mount_of_their_own() {
    let lock = "[[package]]\nname = \"b\"\nsource = \"git+https://x#0\"\n[[package]]\nname = \"c\"\nsource = \"registry+x\"\n";
    check_in(
        &IT,
        &with(CARGO, &[("Cargo.lock", lock)]),
        &cargo("cargo build --release"),
        &cargo(
            "--mount=type=cache,target=/usr/local/cargo/registry \\\n    --mount=type=cache,target=/usr/local/cargo/git/db \
             \\\n    cargo build --release",
        ),
    );
}

#[test]
fn the_home_of_cargo_may_be_set() {
    let text = |run: &str| {
        format!(
            "FROM my/rust AS build\nUSER root\nENV CARGO_HOME=/opt/cargo\nWORKDIR /app\nCOPY . .\nRUN {run}\n{SHIPPED}"
        )
    };
    check_in(
        &IT,
        CARGO,
        &text("cargo build"),
        &text("--mount=type=cache,target=/opt/cargo/registry \\\n    cargo build"),
    );
}

#[test]
fn an_image_beside_the_tables_may_be_known() {
    let text = |run: &str| cargo(run).replace("rust:1.85", "rustlang/rust:nightly");
    check_in(
        &IT,
        CARGO,
        &text("cargo build"),
        &text("--mount=type=cache,target=/usr/local/cargo/registry \\\n    cargo build"),
    );
}

#[test]
fn builds_that_are_cached_already_are_left() {
    for run in [
        "--mount=type=cache,target=/usr/local/cargo/registry cargo build --release",
        "cargo build --release --offline",
    ] {
        check_in(&IT, CARGO, &cargo(run), &cargo(run));
    }
    let staged = format!(
        "FROM rust:1.85 AS build\nWORKDIR /app\nCOPY Cargo.toml Cargo.lock ./\nRUN mkdir src && touch src/lib.rs && cargo build\nCOPY . .\nRUN cargo build --release\n{SHIPPED}"
    );
    check_in(&IT, CARGO, &staged, &staged);
    let files = with(CARGO, &[("Cargo.toml", "[package]\nname = \"a\"\n"), ("Cargo.lock", "")]);
    check_in(&IT, &files, &cargo("cargo build"), &cargo("cargo build"));
}

#[test]
fn an_image_that_starts_cargo_needs_its_downloads() {
    let text = "FROM rust:1.85\nWORKDIR /app\nCOPY . .\nRUN cargo build\nCMD [\"cargo\", \"run\"]\n";
    held_back(&IT, CARGO, text, &["cache-needed"]);
    let text = "FROM rust:1.85\nWORKDIR /app\nCOPY . .\nRUN cargo build\n";
    held_back(&IT, CARGO, text, &["cache-needed"]);
    let text = "FROM rust:1.85\nWORKDIR /app\nCOPY . .\nRUN cargo build\nCMD ./run.sh\n";
    held_back(&IT, CARGO, text, &["cache-needed"]);
    let files = with(CARGO, &[("run.sh", "#!/bin/sh\nexec cargo run\n")]);
    held_back(&IT, &files, text, &["cache-needed"]);
    let text = format!("{}COPY --from=build /usr/local/cargo /x\n", cargo("cargo build"));
    held_back(&IT, CARGO, &text, &["cache-needed"]);
}

#[test]
fn another_builder_another_user_or_another_folder_hold_back() {
    let files = with(CARGO, &[(".gitlab-ci.yml", "image: gcr.io/kaniko-project/executor\n")]);
    held_back(&IT, &files, &cargo("cargo build"), &["buildkit"]);
    let old = format!("# syntax=docker/dockerfile:1.0\n{}", cargo("cargo build"));
    held_back(&IT, CARGO, &old, &["buildkit"]);
    let text = cargo("cargo build").replace("COPY . .", "USER builder\nCOPY . .");
    held_back(&IT, CARGO, &text, &["cache-owner"]);
    let text = cargo("cargo build").replace("FROM rust:1.85 AS build", "FROM my/rust AS build\nUSER root");
    held_back(&IT, CARGO, &text, &["cache-folder"]);
}

#[test]
fn one_module_of_maven_downloads_in_a_layer_of_its_own() {
    check_in(
        &IT,
        POM,
        "FROM maven:3.9-eclipse-temurin-21\nWORKDIR /src\nCOPY . .\nRUN mvn -q package -DskipTests\nCMD java -jar target/a.jar\n",
        "FROM maven:3.9-eclipse-temurin-21\nWORKDIR /src\nCOPY pom.xml ./\nRUN mvn -q dependency:go-offline\nCOPY . .\nRUN mvn -q package -DskipTests\nCMD java -jar target/a.jar\n",
    );
}

#[test]
fn the_wrapper_comes_with_its_settings_and_its_mode() {
    check_in(
        &IT,
        &with(POM, &[("mvnw", ""), (".mvn/wrapper/maven-wrapper.properties", "")]),
        "FROM eclipse-temurin:21\nCOPY . /src\nWORKDIR /src\nRUN chmod +x mvnw && ./mvnw -B -P prod clean package\nCMD java -jar target/a.jar\n",
        "FROM eclipse-temurin:21\nWORKDIR /src\nCOPY pom.xml mvnw ./\nCOPY .mvn ./.mvn/\nRUN chmod +x mvnw && ./mvnw -B -P prod dependency:go-offline\nCOPY . /src\nRUN chmod +x mvnw && ./mvnw -B -P prod clean package\nCMD java -jar target/a.jar\n",
    );
}

#[test]
fn maven_with_words_of_the_shell_is_held_back() {
    let text = "FROM maven:3.9\nCOPY . /src\nWORKDIR /src\nRUN [\"mvn\", \"clean\"]\nRUN mvn package\nCMD java -jar a.jar\n";
    held_back(&IT, POM, text, &["MC6"]);
    let text = "FROM maven:3.9\nWORKDIR /src\nCOPY . .\nRUN mvn package; ls\nCMD java -jar a.jar\n";
    held_back(&IT, POM, text, &["MC4"]);
    let text = "FROM maven:3.9\nWORKDIR /src\nCOPY . .\nRUN mvn package -P $PROFILE\nCMD java -jar a.jar\n";
    held_back(&IT, POM, text, &["MC4"]);
    let text =
        "FROM maven:3.9\nWORKDIR /src\nCOPY . .\nRUN mvn -s /src/none.xml package\nCMD java -jar a.jar\n";
    held_back(&IT, POM, text, &["MC1"]);
}

#[test]
fn several_modules_keep_their_repository_in_a_mount() {
    let text = |run: &str| {
        format!(
            "FROM maven:3.9-eclipse-temurin-21 AS build\nWORKDIR /src\nCOPY . .\nRUN {run}\nFROM eclipse-temurin:21-jre\nCOPY --from=build /src/a/target/a.jar /\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n"
        )
    };
    check_in(
        &IT,
        MODULES,
        &text("mvn -B package"),
        &text("--mount=type=cache,target=/root/.m2/repository,sharing=locked \\\n    mvn -B package"),
    );
    held_back(&IT, MODULES, &text("mvn -Dmaven.repo.local=/m2 package"), &["cache-folder"]);
}

#[test]
fn gradle_keeps_its_home_and_that_of_its_user() {
    let text = |head: &str, run: &str| {
        format!(
            "FROM {head}\nWORKDIR /src\nCOPY . .\nRUN {run}\nFROM eclipse-temurin:21-jre\nCOPY --from=build /src/build/libs/a.jar /\nCMD [\"java\", \"-jar\", \"/a.jar\"]\n"
        )
    };
    let head = "eclipse-temurin:21-jdk AS build";
    check_in(
        &IT,
        GRADLE,
        &text(head, "./gradlew bootJar --no-daemon"),
        &text(
            head,
            "--mount=type=cache,target=/root/.gradle,sharing=locked \\\n    ./gradlew bootJar --no-daemon",
        ),
    );
    let head = "gradle:8-jdk21 AS build\nUSER gradle";
    check_in(
        &IT,
        GRADLE,
        &text(head, "gradle build"),
        &text(
            head,
            "--mount=type=cache,target=/home/gradle/.gradle,sharing=locked,uid=1000,gid=1000 \\\n    gradle build",
        ),
    );
    held_back(&IT, GRADLE, &text(head, "gradle -g /g build"), &["cache-folder"]);
}
