use super::waits;
use crate::transforms::split_stages::SPLIT_STAGES;
use crate::transforms::testing::check_in;

const TOML: (&str, &str) = ("Cargo.toml", "[package]\nname = \"shop\"\n\n[dependencies]\naxum = \"0.7\"\n");
const LOCK: (&str, &str) = ("Cargo.lock", "[[package]]\nname = \"axum\"\n[[package]]\nname = \"shop\"\n");
const MAIN: (&str, &str) = ("src/main.rs", "fn main() {}\n");
const FILES: &[(&str, &str)] = &[TOML, LOCK, MAIN];
const BUILD: &str = "cargo build --release";
const CMD: &str = "CMD [\"./target/release/shop\"]\n";
const SLIM: &str = "debian:bookworm-slim";

fn file(release: &str, before: &str, build: &str, after: &str) -> String {
    format!("FROM rust:1.90-{release}\nWORKDIR /app\n{before}COPY . .\nRUN {build}\n{after}")
}

fn split(text: &str, runtime: &str, lines: &str) -> String {
    let text =
        text.replacen("bookworm\n", "bookworm AS build\n", 1).replacen("trixie\n", "trixie AS build\n", 1);
    let at = text.find("RUN cargo").expect("a build");
    let end = at + text[at..].find('\n').expect("a line") + 1;
    format!("{}\nFROM {runtime}\n{lines}{}", &text[..end], &text[end..])
}

const COPY: &str = "WORKDIR /app\nCOPY --from=build /app/target/release/shop ./target/release/shop\n";

#[test]
fn the_binary_runs_on_the_release_of_its_build() {
    let text = file("bookworm", "", BUILD, CMD);
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, SLIM, COPY));
    let text = file("trixie", "", BUILD, "VOLUME /data\nCMD [\"./target/release/shop\"]\n");
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, "debian:trixie-slim", COPY));
}

#[test]
fn a_user_is_made_where_the_program_runs() {
    let user = "RUN groupadd --gid 10001 app \\\n    && useradd --uid 10001 --gid app app\n";
    let text = file("bookworm", user, BUILD, &format!("USER app\n{CMD}"));
    let after = split(&text.replace(user, ""), SLIM, &format!("{user}{COPY}"));
    check_in(&SPLIT_STAGES, FILES, &text, &after);
    waits(FILES, &file("bookworm", "RUN adduser app\n", BUILD, CMD), &["MS3"]);
}

#[test]
fn libraries_of_the_crates_are_installed() {
    let lock = ("Cargo.lock", "[[package]]\nname = \"openssl-sys\"\n[[package]]\nname = \"pq-sys\"\n");
    let text = file("bookworm", "", BUILD, CMD);
    let lines = "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends ca-certificates libpq5 libssl3 \\\n    \
        && rm -rf /var/lib/apt/lists/*\n";
    check_in(&SPLIT_STAGES, &[TOML, lock, MAIN], &text, &split(&text, SLIM, &format!("{lines}{COPY}")));
    let lock = ("Cargo.lock", "[[package]]\nname = \"openssl-sys\"\n[[package]]\nname = \"openssl-src\"\n");
    let lines = "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends ca-certificates \\\n    \
        && rm -rf /var/lib/apt/lists/*\n";
    check_in(&SPLIT_STAGES, &[TOML, lock, MAIN], &text, &split(&text, SLIM, &format!("{lines}{COPY}")));
}

#[test]
fn files_that_may_be_read_come_along() {
    let files = [
        TOML,
        LOCK,
        MAIN,
        ("templates/a.html", ""),
        ("Rocket.toml", ""),
        ("config.yml", ""),
        ("README.md", ""),
        ("tests/a.txt", ""),
    ];
    let text = file("bookworm", "", BUILD, CMD);
    let copy = "WORKDIR /app\nCOPY --from=build /app/Rocket.toml /app/config.yml ./\n\
        COPY --from=build /app/target/release/shop ./target/release/shop\nCOPY --from=build /app/templates ./templates\n";
    check_in(&SPLIT_STAGES, &files, &text, &split(&text, SLIM, copy));
}

#[test]
fn a_file_that_the_compiler_includes_stays_behind() {
    let main = ("src/main.rs", "const SQL: &str = include_str!(\"a.sql\");\nfn main() {}\n");
    let text = file("bookworm", "", BUILD, CMD);
    check_in(&SPLIT_STAGES, &[TOML, LOCK, main, ("src/a.sql", "")], &text, &split(&text, SLIM, COPY));
    waits(&[TOML, LOCK, MAIN, ("src/a.sql", "")], &text, &["MS14"]);
}

#[test]
fn installed_programs_are_found_by_name() {
    let text = file("bookworm", "", "cargo install --locked --path .", "CMD [\"shop\", \"-v\"]\n");
    let copy = "WORKDIR /app\nCOPY --from=build /usr/local/cargo/bin/shop /usr/local/bin/shop\n";
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, SLIM, copy));
    let text = file(
        "bookworm",
        "",
        "cargo build --release && cp target/release/shop /usr/local/bin/",
        "CMD [\"shop\"]\n",
    );
    let copy = "WORKDIR /app\nCOPY --from=build /usr/local/bin/shop /usr/local/bin/shop\n";
    check_in(&SPLIT_STAGES, FILES, &text, &split(&text, SLIM, copy));
}

#[test]
fn dependencies_may_be_built_first() {
    let before = "COPY Cargo.toml Cargo.lock ./\nRUN mkdir src && echo \"fn main() {}\" > src/main.rs && cargo build --release && rm -rf src\n";
    let text = file("bookworm", before, "touch src/main.rs && cargo build --release", CMD);
    let after = text.replace("bookworm\n", "bookworm AS build\n").replace(CMD, "");
    check_in(&SPLIT_STAGES, FILES, &text, &format!("{after}\nFROM {SLIM}\n{COPY}{CMD}"));
}

#[test]
fn what_follows_the_build_stays_with_its_comments() {
    let text = file(
        "bookworm",
        "ENV RUST_LOG=info\n",
        BUILD,
        "# settings\nCOPY config ./config\nUSER 1000\nCMD [\"./target/release/shop\"]\n",
    );
    let files = [TOML, LOCK, MAIN, ("config/a.yml", "")];
    let copy =
        COPY.replace("WORKDIR", "ENV RUST_LOG=info\nWORKDIR") + "COPY --from=build /app/config ./config\n";
    check_in(
        &SPLIT_STAGES,
        &files,
        &text.replace('\n', "\r\n"),
        &split(&text, SLIM, &copy).replace('\n', "\r\n"),
    );
}

#[test]
fn a_health_check_of_ours_asks_with_what_is_there() {
    let check = |command: &str| format!("HEALTHCHECK --interval=30s \\\n    CMD {command}\n{CMD}");
    let curl = "[\"curl\", \"-sS\", \"--noproxy\", \"*\", \"http://127.0.0.1:8080/\"]";
    let text = file("bookworm", "", BUILD, &check(curl));
    let after = split(&text, SLIM, COPY).replace(curl, "[\"bash\", \"-c\", \"</dev/tcp/127.0.0.1/8080\"]");
    check_in(&SPLIT_STAGES, FILES, &text, &after);
    waits(FILES, &file("bookworm", "", BUILD, &check("curl -f http://localhost/")), &["MS7"]);
}

#[test]
fn ms1_ms2_another_binary() {
    waits(FILES, &file("bookworm", "", BUILD, "CMD [\"./target/debug/shop\"]\n"), &["MS1"]);
    waits(FILES, &file("bookworm", "", BUILD, "CMD [\"./target/release/other\"]\n"), &["MS2"]);
    waits(FILES, &file("bookworm", "", "cargo build --target x86_64-unknown-linux-musl", CMD), &["MS2"]);
    waits(
        FILES,
        &file("bookworm", "", "--mount=type=cache,target=/app/target cargo build --release", CMD),
        &["MS2"],
    );
    waits(FILES, &file("bookworm", "", "cargo build --release || true", CMD), &["MS2"]);
    waits(&[LOCK, MAIN], &file("bookworm", "", BUILD, CMD), &["MS2"]);
}

#[test]
fn ms3_a_library_of_the_system() {
    let text = file("bookworm", "", BUILD, CMD);
    waits(&[TOML, MAIN], &text, &["MS3"]);
    waits(&[TOML, MAIN, ("Cargo.lock", "[[package]]\nname = \"alsa-sys\"\n")], &text, &["MS3"]);
    waits(
        &[TOML, LOCK, MAIN, ("build.rs", "fn main() { println!(\"cargo:rustc-link-lib=z\"); }\n")],
        &text,
        &["MS3"],
    );
    waits(&[TOML, LOCK, MAIN, (".cargo/config.toml", "[build]\ntarget = \"x\"\n")], &text, &["MS3"]);
    waits(FILES, &file("bookworm", "ENV RUSTFLAGS=-Ctarget-feature=-crt-static\n", BUILD, CMD), &["MS3"]);
    waits(
        FILES,
        &file("bookworm", "RUN apt-get update && apt-get install -y libvips\n", BUILD, CMD),
        &["MS3"],
    );
    waits(FILES, &file("bookworm", "", "make", CMD), &["MS3"]);
    waits(FILES, &file("bookworm", "RUN mkdir -p /app/data\n", BUILD, CMD), &["MS3"]);
    waits(
        &[TOML, MAIN, ("Cargo.lock", "[[package]]\nname = \"pyo3-ffi\"\n")],
        &file("bookworm", "", BUILD, CMD),
        &["MS3"],
    );
}

#[test]
fn ms4_the_release_moves() {
    waits(FILES, &file("bookworm", "", BUILD, CMD).replace(":1.90-bookworm", ""), &["MS4"]);
}

#[test]
fn ms6_ms7_ms8_what_is_started() {
    let main = (
        "src/main.rs",
        concat!("use std", "::process", "::Command;\nfn main() { Command", "::new(\"git\").spawn(); }\n"),
    );
    let text = file("bookworm", "", BUILD, CMD);
    waits(&[TOML, LOCK, main], &text, &["MS6"]);
    waits(FILES, &file("bookworm", "", BUILD, "CMD ./target/release/shop $PORT\n"), &["MS7"]);
    waits(FILES, &file("bookworm", "", BUILD, "CMD [\"cargo\", \"run\"]\n"), &["MS8"]);
    waits(FILES, &file("bookworm", "", BUILD, ""), &["MS12"]);
}

#[test]
fn ms13_the_user_of_the_build_owns_what_it_makes() {
    waits(FILES, &file("bookworm", "USER 1000\n", BUILD, CMD), &["MS13"]);
    waits(FILES, &file("bookworm", "", BUILD, &format!("USER shop\n{CMD}")), &["MS16"]);
}

#[test]
fn ms14_settings_that_git_ignores() {
    let lock = ("Cargo.lock", "[[package]]\nname = \"dotenvy\"\n");
    let text = file("bookworm", "", BUILD, CMD);
    waits(&[TOML, lock, MAIN], &text, &["MS14"]);
    let ignore = (".dockerignore", ".env\n");
    check_in(&SPLIT_STAGES, &[TOML, lock, MAIN, ignore], &text, &split(&text, SLIM, COPY));
}
