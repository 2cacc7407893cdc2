use super::EXEC_FORM;
use crate::transforms::testing::{check, check_in, held_back, same};

/// A Dockerfile on an image without an entrypoint.
fn on_python(rest: &str) -> String {
    format!("FROM python:3.12-slim-bookworm\nWORKDIR /app\n{rest}\n")
}

#[track_caller]
fn rewritten(before: &str, after: &str) {
    check(&EXEC_FORM, &on_python(before), &on_python(after));
}

#[track_caller]
fn left_alone(text: &str) {
    same(&EXEC_FORM, &on_python(text));
}

#[track_caller]
fn waits(text: &str, ids: &[&str]) {
    held_back(&EXEC_FORM, &[], &on_python(text), ids);
}

#[test]
fn words_are_those_that_the_shell_passes() {
    rewritten("CMD python app.py", "CMD [\"python\", \"app.py\"]");
    rewritten(
        "CMD  python   app.py  'a b' \"c\\\"d\" e\\ f ''",
        "CMD  [\"python\", \"app.py\", \"a b\", \"c\\\"d\", \"e f\", \"\"]",
    );
    rewritten("cmd gunicorn -b 0.0.0.0:80 a:b", "cmd [\"gunicorn\", \"-b\", \"0.0.0.0:80\", \"a:b\"]");
    rewritten("ENTRYPOINT python app.py", "ENTRYPOINT [\"python\", \"app.py\"]");
    rewritten("CMD python é.py", "CMD [\"python\", \"é.py\"]");
}

#[test]
fn exec_is_dropped() {
    rewritten("CMD exec python app.py", "CMD [\"python\", \"app.py\"]");
    left_alone("CMD exec -a x python app.py");
    left_alone("CMD exec python $X");
}

#[test]
fn what_needs_a_shell_is_left_alone() {
    for command in [
        "python $APP",
        "python app.py && true",
        "python *.py",
        "python app.py > log",
        "cd x",
        "A=b python app.py",
        "echo hello",
        "python app.py # note",
        "python app.py; exit",
        "[ \"python\", 'app.py' ]",
        "[python, app.py]",
        "'python app.py'",
    ] {
        left_alone(&format!("CMD {command}"));
        left_alone(&format!("HEALTHCHECK CMD {command}"));
    }
}

#[test]
fn line_breaks_and_comments_stay() {
    rewritten(
        "CMD gunicorn \\\n    # the workers\n    -w 4 \\\n    app:app",
        "CMD [\"gunicorn\", \\\n    # the workers\n    \"-w\", \"4\", \\\n    \"app:app\"]",
    );
    rewritten("CMD exec \\\n    python \\\n    app.py", "CMD exec \\\n    python \\\n    app.py");
}

#[test]
fn a_word_broken_by_a_line_end_is_left_alone() {
    left_alone("CMD python ap\\\np.py");
}

#[test]
fn health_checks_too() {
    rewritten(
        "HEALTHCHECK --interval=5s CMD curl -f http://localhost/",
        "HEALTHCHECK --interval=5s CMD [\"curl\", \"-f\", \"http://localhost/\"]",
    );
    left_alone("HEALTHCHECK CMD curl -f http://localhost/ || exit 1");
    left_alone("HEALTHCHECK NONE");
}

#[test]
fn an_entrypoint_that_may_look_at_the_command_holds_it_back() {
    waits("ENTRYPOINT [\"/start\"]\nCMD python app.py", &["MS16"]);
    rewritten(
        "ENTRYPOINT [\"/usr/bin/tini\", \"--\"]\nCMD python app.py",
        "ENTRYPOINT [\"/usr/bin/tini\", \"--\"]\nCMD [\"python\", \"app.py\"]",
    );
    rewritten("ENTRYPOINT []\nCMD python app.py", "ENTRYPOINT []\nCMD [\"python\", \"app.py\"]");
    held_back(&EXEC_FORM, &[], "FROM postgres:17-bookworm\nCMD postgres -c x=y\n", &["MS16"]);
    for instruction in ["CMD", "ENTRYPOINT", "HEALTHCHECK CMD"] {
        let text = format!("FROM example.com/own:1\n{instruction} python app.py\n");
        held_back(&EXEC_FORM, &[], &text, &["MS16"]);
    }
}

#[test]
fn entrypoints_of_known_images_hand_over() {
    for (image, command, form) in [
        ("node:24-bookworm-slim", "node server.js", "[\"node\", \"server.js\"]"),
        ("php:8.4-cli-bookworm", "php -S 0.0.0.0:80", "[\"php\", \"-S\", \"0.0.0.0:80\"]"),
        ("eclipse-temurin:21-jre-noble", "java -jar a.jar", "[\"java\", \"-jar\", \"a.jar\"]"),
        ("golang:1.26-bookworm", "go version", "[\"go\", \"version\"]"),
    ] {
        check(&EXEC_FORM, &format!("FROM {image}\nCMD {command}\n"), &format!("FROM {image}\nCMD {form}\n"));
    }
}

#[test]
fn an_entrypoint_ignores_a_command_only_as_long_as_it_has_a_shell() {
    waits("ENTRYPOINT python app.py\nCMD port 80", &["MS16"]);
    // The child stage gives arguments to what it inherits.
    let text =
        "FROM python:3.12-slim-bookworm AS a\nENTRYPOINT python app.py\nFROM a\nCMD [\"--port\", \"80\"]\n";
    held_back(&EXEC_FORM, &[], text, &["MS16"]);
    // A CMD before the ENTRYPOINT of the same stage stays in force.
    waits("CMD [\"x\"]\nENTRYPOINT python app.py", &["MS16"]);
    rewritten("CMD []\nENTRYPOINT python app.py", "CMD []\nENTRYPOINT [\"python\", \"app.py\"]");
}

#[test]
fn a_command_that_never_runs_is_left_alone() {
    left_alone("CMD python a.py\nCMD [\"python\", \"b.py\"]");
    left_alone("ENTRYPOINT python a.py $X\nCMD python b.py");
}

#[test]
fn a_shell_of_the_file_must_be_a_plain_one() {
    rewritten(
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nCMD python app.py",
        "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]\nCMD [\"python\", \"app.py\"]",
    );
    waits("SHELL [\"/bin/bash\", \"-lc\"]\nCMD python app.py", &["MS7"]);
    waits("ENV BASH_ENV=/x\nSHELL [\"/bin/bash\", \"-c\"]\nCMD python app.py", &["MS7"]);
}

#[test]
fn windows_is_left_alone() {
    same(&EXEC_FORM, "# escape=`\nFROM python:3.12-slim-bookworm\nCMD python app.py\n");
    same(&EXEC_FORM, "FROM mcr.microsoft.com/windows/servercore:ltsc2022\nCMD python app.py\n");
}

#[test]
fn a_script_of_the_project_needs_an_interpreter_line() {
    let text = on_python("COPY . .\nCMD ./start.sh x");
    let after = on_python("COPY . .\nCMD [\"./start.sh\", \"x\"]");
    check_in(&EXEC_FORM, &[("start.sh", "#!/bin/sh\nexec python app.py\n")], &text, &after);
    held_back(&EXEC_FORM, &[("start.sh", "exec python app.py\n")], &text, &["MS6"]);
    held_back(&EXEC_FORM, &[], &text, &["MS6"]);
    let copied = on_python("COPY run /usr/local/bin/\nCMD run");
    held_back(&EXEC_FORM, &[("run", "python app.py\n")], &copied, &["MS6"]);
    let found_by_path = on_python("COPY . .\nENV PATH=/app/bin:$PATH\nCMD run");
    held_back(&EXEC_FORM, &[("bin/run", "python app.py\n")], &found_by_path, &["MS6"]);
}

#[test]
fn a_file_that_a_run_makes_may_be_a_script() {
    waits("RUN echo 'python app.py' > /usr/local/bin/run && chmod +x /usr/local/bin/run\nCMD run", &["MS6"]);
    waits("COPY <<EOF /app/run\npython app.py\nEOF\nCMD ./run", &["MS6"]);
    waits("CMD ./run", &["MS6"]);
    let cargo = "RUN cargo build --release\nCMD";
    rewritten(&format!("{cargo} ./target/release/app"), &format!("{cargo} [\"./target/release/app\"]"));
    waits("RUN cargo fetch\nCMD ./target/release/app", &["MS6"]);
    waits(&format!("{cargo} ./release/app"), &["MS6"]);
    rewritten(
        "COPY --chmod=755 <<EOF /bin/run\n#!/bin/sh\nx\nEOF\nCMD /bin/run",
        "COPY --chmod=755 <<EOF /bin/run\n#!/bin/sh\nx\nEOF\nCMD [\"/bin/run\"]",
    );
    rewritten(
        "RUN apt-get install -y openssh-server && mkdir /var/run/sshd\nCMD /usr/sbin/sshd -D",
        "RUN apt-get install -y openssh-server && mkdir /var/run/sshd\nCMD [\"/usr/sbin/sshd\", \"-D\"]",
    );
}

#[test]
fn what_the_file_compiles_is_a_binary() {
    let text = "FROM golang:1.26-bookworm\nWORKDIR /app\nRUN go build -o server ./cmd\nCMD ./server -x\n";
    check(&EXEC_FORM, text, &text.replace("./server -x", "[\"./server\", \"-x\"]"));
}

#[test]
fn triggers_are_left_alone() {
    left_alone("ONBUILD CMD python app.py");
}

#[test]
fn line_ends_and_a_missing_last_one_stay() {
    check(
        &EXEC_FORM,
        "FROM python:3.12-slim-bookworm\r\nCMD python a.py",
        "FROM python:3.12-slim-bookworm\r\nCMD [\"python\", \"a.py\"]",
    );
}
