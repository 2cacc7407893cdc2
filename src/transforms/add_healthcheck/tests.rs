use super::ADD_HEALTHCHECK;
use crate::config::Config;
use crate::transforms::testing::{check_in, held_back, outcome, run_alone, run_built, same};

fn node(server: &str, middle: &str) -> (Vec<(&'static str, String)>, String) {
    let text = format!(
        "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"node\", \"server.js\"]\n"
    );
    (vec![("server.js", server.to_owned())], text)
}

/// The probe that a Dockerfile gets, or nothing.
fn probe(files: &[(&str, &str)], text: &str) -> String {
    let file = run_alone(&ADD_HEALTHCHECK, files, text);
    let after = file.after.text().to_owned();
    let lines = after.lines().skip_while(|line| !line.starts_with("HEALTHCHECK"));
    lines.skip(1).take(1).collect::<String>().trim().to_owned()
}

#[track_caller]
fn waits(server: &str, middle: &str, ids: &[&str]) {
    let (files, text) = node(server, middle);
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    held_back(&ADD_HEALTHCHECK, &files, &text, ids);
}

const LISTENS: &str = "require('http').createServer((q, s) => s.end('x')).listen(3000)\n";

#[test]
fn a_comment_above_cmd_stays_with_it() {
    let text = "FROM node:24-bookworm-slim\nCOPY server.js /\n# why\nCMD [\"node\", \"/server.js\"]\n";
    let file = run_alone(&ADD_HEALTHCHECK, &[("server.js", LISTENS)], text);
    assert!(file.after.text().ends_with("# why\nCMD [\"node\", \"/server.js\"]\n"), "{}", file.after.text());
}

#[test]
fn hc1_a_job_gets_none() {
    waits("console.log('x')\n", "", &[]);
    same(&ADD_HEALTHCHECK, "FROM debian:bookworm-slim\nRUN true\n");
}

#[test]
fn hc1_another_command_of_a_service_holds_it_back() {
    let (_, text) = node(LISTENS, "");
    let found = |compose: &str| {
        let files = [("server.js", LISTENS), ("compose.yaml", compose)];
        run_built(&ADD_HEALTHCHECK, &files, &text, &crate::config::Options::default())
    };
    let compose = "services: {a: {build: ., command: node job.js}}";
    assert_eq!(found(compose).held_back[0].missing[0].id, "HC1");
    assert_eq!(found(&compose.replace("}}", ", healthcheck: {disable: true}}}")).applied.len(), 1);
    assert_eq!(found("services: {a: {build: .}}").applied.len(), 1);
}

#[test]
fn every_stage_that_a_build_names_is_judged_once() {
    let (_, text) = node(LISTENS, "");
    let first = text.replace("slim\n", "slim AS prod\n");
    let files =
        [("server.js", LISTENS), ("compose.yaml", "services: {a: {build: {context: ., target: prod}}}")];
    let checks = |text: &str| {
        let found = run_built(&ADD_HEALTHCHECK, &files, text, &crate::config::Options::default());
        found.after.text().matches("HEALTHCHECK").count()
    };
    assert_eq!(checks(&format!("{first}{text}")), 2);
    // What goes on from a stage inherits its check.
    assert_eq!(checks(&format!("{first}FROM prod\nCMD [\"node\", \"server.js\"]\n")), 1);
}

#[test]
fn hc2_a_port_that_is_not_plain_holds_it_back() {
    waits("require('http').createServer().listen(require('./x').port)\n", "", &["HC2"]);
    waits(LISTENS, "EXPOSE 8080\n", &["HC2"]);
}

#[test]
fn hc2_env_decides_where_the_sources_ask_for_it() {
    let server = "require('http').createServer().listen(process.env.PORT || 3000)\n";
    let (files, text) = node(server, "ENV PORT=8080\n");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    // The probe asks as the program does, so that it is right whatever the container is given.
    assert!(probe(&files, &text).contains("127.0.0.1:' + (process.env.PORT || 8080) + '/'"));
    waits(server, "ARG P\nENV PORT=$P\n", &["HC2"]);
}

#[test]
fn hc2_a_port_from_the_settings_is_proven() {
    let (files, text) = node("console.log('x')\n", "");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let config = Config::parse("[health]\nport = 81\npath = \"/ok\"\n", &[]).expect("sound");
    let found = outcome(&ADD_HEALTHCHECK, &files, &text, &config.options_for("Dockerfile"));
    assert!(found.files[0].after.text().contains("127.0.0.1:81/ok"), "{:?}", found.files[0].held_back);
}

#[test]
fn hc3_a_proven_route_must_answer_well() {
    let app = "from flask import Flask\napp = Flask(__name__)\n@app.route('/health')\ndef health():\n    return 'ok'\n\
               app.run(host='0.0.0.0', port=5000)\n";
    let text = "FROM python:3.12-slim-bookworm\nCOPY . /app\nWORKDIR /app\nCMD [\"python\", \"app.py\"]\n";
    let found = probe(&[("app.py", app)], text);
    assert!(found.contains("'/health'") && found.contains(">= 400"), "{found}");
}

#[test]
fn hc4_an_image_without_a_client_holds_it_back() {
    let text = "FROM golang:1.27 AS b\nWORKDIR /s\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /s/app .\n\
                FROM gcr.io/distroless/static-debian13:nonroot\nCOPY --from=b /s/app /app\nEXPOSE 8080\nCMD [\"/app\"]\n";
    let main = "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
    held_back(&ADD_HEALTHCHECK, &[("main.go", main), ("go.mod", "module x\n\ngo 1.26\n")], text, &["HC4"]);
}

#[test]
fn hc4_hc7_a_command_of_the_users_own_needs_no_facts() {
    let text = "FROM unheard/of:1\nEXPOSE 80\nCMD [\"x\"]\n";
    held_back(&ADD_HEALTHCHECK, &[], text, &["HC4"]);
    let config = Config::parse("health.command = [\"/probe\"]\nhealth.retries = 5\n", &[]).expect("sound");
    let found = outcome(&ADD_HEALTHCHECK, &[], text, &config.options_for("Dockerfile"));
    let after = found.files[0].after.text();
    assert!(
        after.contains("--retries=5 \\\n    CMD [\"/probe\"]\n"),
        "{after}{:?}",
        found.files[0].held_back
    );
    same(&ADD_HEALTHCHECK, "FROM mcr.microsoft.com/windows/nanoserver:${OS}\nEXPOSE 80\nCMD [\"x\"]\n");
}

#[test]
fn hc5_tls_and_other_addresses_hold_it_back() {
    waits("require('http').createServer().listen(3000, '10.1.2.3')\n", "", &["HC5"]);
    waits("require('https').createServer({}).listen(3000)\n", "", &["HC5"]);
}

#[test]
fn hc7_none_and_others_are_respected() {
    let (files, text) = node(LISTENS, "HEALTHCHECK NONE\n");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    check_in(&ADD_HEALTHCHECK, &files, &text, &text);
}

#[test]
fn hc2_a_framework_listens_where_expose_says() {
    let pom = "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>\
               <artifactId>spring-boot-starter-web</artifactId></dependency><dependency>\
               <groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId>\
               </dependency></dependencies></project>";
    let files = [("pom.xml", pom), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    let text = "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\nEXPOSE 8080\n\
                CMD [\"java\", \"-jar\", \"/app.jar\"]\n";
    assert!(probe(&files, text).ends_with("http://127.0.0.1:8080/actuator/health\"]"));
    // HC6: a JVM takes its time.
    let file = run_alone(&ADD_HEALTHCHECK, &files, text);
    assert!(file.after.text().contains("--start-period=60s"));
    held_back(&ADD_HEALTHCHECK, &files, &text.replace("8080", "9090"), &["HC2"]);
    held_back(&ADD_HEALTHCHECK, &files, &text.replace("CMD", "ENV SERVER_PORT=$P\nCMD"), &["HC2"]);
}

#[test]
fn the_server_of_php_names_its_port() {
    let text =
        "FROM php:8.3-cli-bookworm\nCOPY . /app\nCMD [\"php\", \"-S\", \"0.0.0.0:8080\", \"-t\", \"/app\"]\n";
    assert!(probe(&[("index.php", "")], text).contains("http://127.0.0.1:8080/"));
    held_back(&ADD_HEALTHCHECK, &[], &text.replace("COPY", "EXPOSE 81\nCOPY"), &["HC2", "HC2"]);
}

#[test]
fn a_server_program_with_its_port_needs_no_sources() {
    let text = "FROM python:3.12-alpine3.22\nCOPY . /app\nWORKDIR /app\nCMD [\"gunicorn\", \"-b\", \"0.0.0.0:8000\", \"app:app\"]\n";
    assert!(probe(&[("app.py", "import unheard_of\n")], text).contains("127.0.0.1', 8000"));
}

#[test]
fn hc2_a_default_is_proven_where_nothing_tells_otherwise() {
    let flask = "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY app.py .\nCMD [\"flask\", \"run\", \"--host=0.0.0.0\"]\n";
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    assert!(probe(&[app], flask).contains("'127.0.0.1', 5000"));
    let by_env = flask.replace("CMD", "ENV FLASK_RUN_PORT=81\nCMD");
    assert!(probe(&[app], &by_env).contains("int(os.getenv('FLASK_RUN_PORT') or 81)"));
    // A file that Flask loads may name a port, and then EXPOSE has to say the same as the default.
    assert_eq!(probe(&[app, (".flaskenv", "X=1\n")], flask), "");
    let exposed = flask.replace("CMD", "EXPOSE 5000\nCMD");
    assert!(probe(&[app, (".flaskenv", "X=1\n")], &exposed).contains("5000"));
    held_back(&ADD_HEALTHCHECK, &[app, (".flaskenv", "FLASK_RUN_PORT=81\n")], &exposed, &["HC2", "HC2"]);
}

#[test]
fn hc2_a_variable_of_a_file_contradicts_the_sources() {
    let server =
        "require('dotenv').config()\nrequire('http').createServer().listen(process.env.PORT || 3000)\n";
    let (files, text) = node(server, "");
    let mut files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert!(probe(&files, &text).contains("3000"));
    files.push((".env.example", "PORT=5000\n"));
    assert!(probe(&files, &text).contains("3000"));
    files.push((".env", "PORT=\"5000\"\n"));
    held_back(&ADD_HEALTHCHECK, &files, &text, &["HC2"]);
    // Copied, and not there to be read.
    let copied = text.replace("COPY . .", "COPY .env server.js ./");
    held_back(&ADD_HEALTHCHECK, &files[..1], &copied, &["HC2"]);
}

#[test]
fn hc2_a_probe_asks_for_the_port_as_the_program_does() {
    let gunicorn =
        |base: &str| format!("FROM {base}\nWORKDIR /app\nCOPY . .\nCMD [\"gunicorn\", \"app:app\"]\n");
    let files = [("app.py", "import unheard_of\n")];
    let found = probe(&files, &gunicorn("python:3.12-slim-bookworm"));
    assert!(found.contains("int(os.getenv('PORT') or 8000)"), "{found}");
    held_back(
        &ADD_HEALTHCHECK,
        &files,
        &gunicorn("python:3.12-slim-bookworm").replace("CMD", "EXPOSE 81\nCMD"),
        &["HC2"],
    );
    // A service that sets a variable which the server may heed.
    let uvicorn = gunicorn("python:3.12-slim-bookworm").replace("gunicorn", "uvicorn");
    let compose = "services: {a: {build: ., environment: {UVICORN_PORT: 9000}}}";
    let files = [("app.py", ""), ("compose.yaml", compose)];
    let found = run_built(&ADD_HEALTHCHECK, &files, &uvicorn, &crate::config::Options::default());
    assert!(found.after.text().contains("int(os.getenv('UVICORN_PORT') or 8000)"), "{:?}", found.held_back);
}

#[test]
fn hc4_a_client_that_a_run_installs_is_there() {
    let text = |run: &str| format!("FROM debian:bookworm-slim\n{run}EXPOSE 8080\nCOPY x /x\nCMD [\"/x\"]\n");
    let config = Config::parse("health.port = 8080\n", &[]).expect("sound");
    let probed = |run: &str| {
        let found = outcome(&ADD_HEALTHCHECK, &[("x", "")], &text(run), &config.options_for("Dockerfile"));
        let after = found.files[0].after.text().to_owned();
        after.lines().find(|line| line.contains("127.0.0.1")).unwrap_or_default().trim().to_owned()
    };
    assert!(probed("").contains("/dev/tcp"), "bash alone");
    assert!(probed("RUN apt-get update && apt-get install -y curl\n").starts_with("CMD [\"curl\""));
    assert!(probed("RUN apt-get update && apt-get install -y wget\n").contains("--max-redirect=0"));
    assert!(probed("RUN apt-get install -y nodejs\n").contains("[\"node\", \"-e\""));
    // What is not sure to stay is no client.
    assert!(probed("RUN apt-get install -y curl && apt-get purge -y curl\n").contains("/dev/tcp"));
    assert!(probed("RUN apt-get install -y curl || true\n").contains("/dev/tcp"));
    assert!(probed("RUN apk add --virtual .b curl\n").contains("/dev/tcp"));
}

#[test]
fn hc4_what_the_container_is_started_with_is_there() {
    let text = "FROM alpine:3.22\nRUN apk add nodejs\nCOPY server.js /\nCMD [\"node\", \"/server.js\"]\n";
    assert!(probe(&[("server.js", LISTENS)], text).starts_with("CMD [\"node\", \"-e\", \"require('http')"));
    let venv = "FROM debian:bookworm-slim\nCOPY . /app\nCMD [\"/venv/bin/python\", \"/app/app.py\"]\n";
    let app = "from flask import Flask\napp = Flask(__name__)\napp.run(port=5000)\n";
    assert!(probe(&[("app.py", app)], venv).starts_with("CMD [\"/venv/bin/python\", \"-c\""));
}

#[test]
fn hc2_a_start_command_that_sets_the_variable_contradicts_the_sources() {
    let server = "require('http').createServer().listen(process.env.PORT || 3000)\n";
    let (_, text) = node(server, "");
    let through = text.replace("\"node\", \"server.js\"", "\"npm\", \"start\"");
    let with = |script: &str| format!("{{\"scripts\": {{\"start\": \"{script}\"}}}}");
    let plain = with("node server.js");
    assert!(probe(&[("server.js", server), ("package.json", &plain)], &through).contains("3000"));
    let sets = with("PORT=81 node server.js");
    held_back(&ADD_HEALTHCHECK, &[("server.js", server), ("package.json", &sets)], &through, &["HC2"]);
    for command in ["\"env\", \"PORT=81\", \"node\"", "\"node\", \"--env-file=x\""] {
        let text = text.replace("\"node\"", command);
        held_back(&ADD_HEALTHCHECK, &[("server.js", server)], &text, &["HC2"]);
    }
}

const SPRING: &str = "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>\
    <artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";

#[track_caller]
fn spring(settings: &[(&str, &str)], lines: &str) -> String {
    let mut files = vec![("pom.xml", SPRING), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    files.extend(settings);
    let text = format!(
        "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\n{lines}CMD [\"java\", \"-jar\", \"/app.jar\"]\n"
    );
    let found = probe(&files, &text);
    found
        .rsplit_once("127.0.0.1:")
        .map_or(String::new(), |(_, rest)| rest.trim_end_matches("/\"]").to_owned())
}

#[test]
fn hc2_the_settings_of_spring_name_its_port() {
    const PROPERTIES: &str = "src/main/resources/application.properties";
    const YAML: &str = "src/main/resources/application.yml";
    assert_eq!(spring(&[], ""), "8080");
    assert_eq!(spring(&[(PROPERTIES, "server.port=9000\n")], ""), "9000");
    assert_eq!(spring(&[(YAML, "server:\n  port: 9000\nspring:\n  redis:\n    port: 1\n")], ""), "9000");
    assert_eq!(spring(&[(YAML, "server.port: ${APP_PORT:9000}\n")], ""), "${APP_PORT:-9000}");
    assert_eq!(spring(&[(YAML, "server:\n  port: ${APP_PORT}\n")], ""), "");
    assert_eq!(spring(&[(YAML, "server:\n  ssl:\n    enabled: true\n")], ""), "");
    assert_eq!(spring(&[(PROPERTIES, "server.port=9000\n"), (YAML, "server.port: 9001\n")], ""), "");
    // A profile need not be in force, and EXPOSE tells whether it is.
    let profile = ("src/main/resources/application-prod.yml", "server:\n  port: 9000\n");
    assert_eq!(spring(&[profile], ""), "");
    assert_eq!(spring(&[profile], "EXPOSE 9000\n"), "9000");
    assert_eq!(spring(&[], "ENV SERVER_PORT=9000\n"), "${SERVER_PORT:-9000}");
    assert_eq!(spring(&[], "EXPOSE 9000\n"), "");
}

#[test]
fn hc2_dotnet_listens_where_its_sources_variables_and_image_say() {
    let project = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>";
    let port = |source: &str, version: &str, lines: &str| {
        let text = format!(
            "FROM mcr.microsoft.com/dotnet/sdk:{version} AS b\nWORKDIR /s\nCOPY . .\nRUN dotnet publish -o /o\n\
             FROM mcr.microsoft.com/dotnet/aspnet:{version}\nCOPY --from=b /o .\n{lines}\
             ENTRYPOINT [\"dotnet\", \"App.dll\"]\n"
        );
        let found = probe(&[("App.csproj", project), ("Program.cs", source)], &text);
        found.rsplit_once('/').map_or(String::new(), |(_, rest)| rest.trim_end_matches("\"]").to_owned())
    };
    let plain = "var app = WebApplication.CreateBuilder(args).Build();\napp.Run();\n";
    assert_eq!(port(plain, "8.0", ""), "8080");
    assert_eq!(port(plain, "6.0", ""), "80");
    assert_eq!(port(plain, "8.0", "ENV ASPNETCORE_URLS=http://+:5000\n"), "5000");
    assert_eq!(port(plain, "8.0", "ENV ASPNETCORE_URLS=https://+:5000\n"), "");
    assert_eq!(port(plain, "8.0", "EXPOSE 8080\nEXPOSE 8081\n"), "8080");
    assert_eq!(port(plain, "8.0", "EXPOSE 80\n"), "");
    assert_eq!(port("builder.WebHost.UseUrls(\"http://*:7000\");\n", "8.0", ""), "7000");
    assert_eq!(port("builder.WebHost.UseUrls(urls);\n", "8.0", ""), "");
    assert_eq!(port("options.ListenAnyIP(5001);\n", "8.0", ""), "");
}

#[test]
fn hc2_a_port_from_a_variable_of_the_start_command_is_followed() {
    let with = |lines: &str| {
        let text = format!("FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{lines}\n");
        let found = probe(&[("app.py", "import unheard_of\n")], &text);
        found
            .split("'127.0.0.1', ")
            .nth(1)
            .map_or(String::new(), |rest| rest.split(", timeout").next().unwrap_or_default().to_owned())
    };
    let asks = |number: u16| format!("int(os.getenv('PORT') or {number})");
    assert_eq!(with("ENV PORT=8080\nCMD exec gunicorn --bind :$PORT app:app"), asks(8080));
    assert_eq!(with("CMD uvicorn app:app --port ${PORT:-8001}"), asks(8001));
    assert_eq!(with("EXPOSE 8002\nCMD uvicorn app:app --port $PORT"), asks(8002));
    assert_eq!(with("ENV X=1\nCMD uvicorn app:app --port 8003"), "8003");
    let text = "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nCMD gunicorn --bind :$PORT app:app\n";
    held_back(&ADD_HEALTHCHECK, &[("app.py", "import unheard_of\n")], text, &["HC2"]);
}

#[test]
fn hc2_a_binary_of_go_is_followed_to_its_package() {
    let server = |port: u16| {
        format!(
            "package main\nimport \"net/http\"\nfunc main() {{ http.ListenAndServe(\":{port}\", nil) }}\n"
        )
    };
    let (one, two) = (server(8001), server(8002));
    let files = [("go.mod", "module x\n\ngo 1.26\n"), ("cmd/one/main.go", &*one), ("cmd/two/main.go", &*two)];
    let with = |run: &str, copy: &str| {
        let text = format!(
            "FROM golang:1.27 AS b\nWORKDIR /s\nCOPY . .\n{run}\nFROM debian:bookworm-slim\n{copy}\nCMD [\"/app\"]\n"
        );
        let found = probe(&files, &text);
        found.rsplit_once('/').map_or(String::new(), |(_, rest)| rest.trim_end_matches("\"]").to_owned())
    };
    assert_eq!(with("RUN go build -o /out ./cmd/two", "COPY --from=b /out /app"), "8002");
    let both = "RUN go build -o /bin/one ./cmd/one && go build -o /bin/two cmd/two/main.go";
    assert_eq!(with(both, "COPY --from=b /bin/one /app"), "8001");
    assert_eq!(with(both, "COPY --from=b /bin/two /app"), "8002");
    assert_eq!(with("WORKDIR /s/cmd/two\nRUN go build -o /out", "COPY --from=b /out /app"), "8002");
    assert_eq!(with("RUN go build -o app ./cmd/one", "COPY --from=b /s/app /"), "8001");
    // Where it was built is not certain.
    assert_eq!(with("RUN cd cmd/two && go build -o /out .", "COPY --from=b /out /app"), "");
    assert_eq!(with("RUN go build -o /out $P", "COPY --from=b /out /app"), "");
    assert_eq!(with("RUN go build -o /out ./cmd/one", "COPY --from=other /out /app"), "");
}

#[test]
fn hc2_expose_chooses_among_several_listeners() {
    let server =
        "const http = require('http')\nhttp.createServer().listen(3000)\nhttp.createServer().listen(9000)\n";
    waits(server, "", &["HC2"]);
    waits(server, "EXPOSE 3000 9000\n", &["HC2"]);
    let (files, text) = node(server, "EXPOSE 9000\n");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert!(probe(&files, &text).contains("127.0.0.1:9000"));
}

#[test]
fn hc5_grpc_waits_for_a_client_that_speaks_it() {
    let server = "const grpc = require('@grpc/grpc-js')\nconst server = new grpc.Server()\n\
                  server.bindAsync('0.0.0.0:7000', grpc.ServerCredentials.createInsecure(), () => {})\n";
    waits(server, "EXPOSE 7000\n", &["HC5"]);
}

#[test]
fn hc2_a_flag_that_who_runs_the_image_may_give_proves_no_port() {
    let main = "package main\nimport (\n\"flag\"\n\"net/http\"\n)\nfunc main() {\n\
                port := flag.String(\"port\", \"8080\", \"\")\nflag.Parse()\nhttp.ListenAndServe(\":\"+*port, nil)\n}\n";
    let files = [("main.go", main), ("go.mod", "module x\n\ngo 1.26\n")];
    let text = |start: &str| {
        format!(
            "FROM golang:1.27 AS b\nWORKDIR /s\nCOPY . .\nRUN go build -o /app .\nFROM debian:bookworm-slim\n\
             COPY --from=b /app /app\nEXPOSE 8080\n{start}\n"
        )
    };
    assert!(probe(&files, &text("CMD [\"/app\"]")).contains("/8080"));
    held_back(&ADD_HEALTHCHECK, &files, &text("ENTRYPOINT [\"/app\"]"), &["HC2"]);
    held_back(&ADD_HEALTHCHECK, &files, &text("CMD [\"/app\", \"-port=81\"]"), &["HC2"]);
}

#[test]
fn hc2_services_of_the_project_prove_what_the_sources_do_not() {
    let text = "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y curl\nCOPY x /x\nEXPOSE 3000\nCMD [\"/x\"]\n";
    let with = |service: &str, text: &str| {
        let compose = format!("services: {{a: {{build: ., {service}}}}}");
        let files = [("x", ""), ("compose.yaml", compose.as_str())];
        let found = run_built(&ADD_HEALTHCHECK, &files, text, &crate::config::Options::default());
        let after = found.after.text().to_owned();
        after.lines().find(|line| line.contains("127.0.0.1")).unwrap_or_default().trim().to_owned()
    };
    let check = "healthcheck: {test: curl -f http://localhost:3000/ok}";
    assert!(with(check, text).ends_with("\"-fsS\", \"--noproxy\", \"*\", \"http://127.0.0.1:3000/ok\"]"));
    // What is published and exposed is a port, and nobody knows what it speaks.
    let compose = "services: {a: {build: ., ports: ['80:3000']}}";
    let files = [("x", ""), ("compose.yaml", compose)];
    let found = run_built(&ADD_HEALTHCHECK, &files, text, &crate::config::Options::default());
    assert_eq!(found.held_back[0].missing.iter().map(|missing| missing.id).collect::<Vec<_>>(), ["HC5"]);
    assert_eq!(with("ports: ['80:81']", text), "");
    assert_eq!(with("ports: ['80:3000', '81:4000']", text), "");
    assert_eq!(with(check, &text.replace("3000", "4000")), "");
    assert_eq!(with("ports: ['80:3000'], command: x", text), "");
}

/// The ids that are missing with these settings, and the Dockerfile after the fix.
fn with_settings(settings: &str, base: &str) -> (Vec<&'static str>, String) {
    let text = format!("FROM {base}\nCOPY server.js /\nCMD [\"node\", \"/server.js\"]\n");
    let config = Config::parse(settings, &[]).expect("sound");
    let found =
        outcome(&ADD_HEALTHCHECK, &[("server.js", LISTENS)], &text, &config.options_for("Dockerfile"));
    let file = &found.files[0];
    let ids = file.held_back.iter().flat_map(|held| held.missing.iter().map(|missing| missing.id)).collect();
    (ids, file.after.text().to_owned())
}

const NODE: &str = "node:24-bookworm-slim";

#[test]
fn every_setting_has_its_effect() {
    let settings = "[health]\nport = 81\npath = \"/ok\"\ninterval = \"1m\"\ntimeout = \"3s\"\nstart-period = \"20s\"\nretries = 5\n";
    let (ids, after) = with_settings(settings, NODE);
    assert_eq!(ids, [""; 0]);
    assert!(
        after.contains("HEALTHCHECK --interval=1m --timeout=3s --start-period=20s --retries=5 \\\n"),
        "{after}"
    );
    assert!(after.contains("http://127.0.0.1:81/ok"), "{after}");
}

#[test]
fn hc6_a_start_period_that_is_too_short_holds_it_back() {
    let files = [("pom.xml", SPRING), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    let text = "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\nCMD [\"java\", \"-jar\", \"/app.jar\"]\n";
    let missing = |settings: &str| {
        let config = Config::parse(settings, &[]).expect("sound");
        let found = outcome(&ADD_HEALTHCHECK, &files, text, &config.options_for("Dockerfile"));
        let held = found.files[0].held_back.iter();
        held.flat_map(|held| held.missing.iter().map(|missing| missing.id)).collect::<Vec<_>>()
    };
    assert_eq!(missing(""), [""; 0]);
    assert_eq!(missing("health.start-period = \"1s\"\n"), [""; 0], "three times 30s are enough");
    assert_eq!(missing("health.start-period = \"1s\"\nhealth.interval = \"10s\"\n"), ["HC6"]);
    assert_eq!(missing("health.start-period = \"60s\"\nhealth.interval = \"10s\"\n"), [""; 0]);
}

#[test]
fn hc6_what_takes_its_time_gets_it() {
    let period = |files: &[(&str, &str)], text: &str| {
        let file = run_alone(&ADD_HEALTHCHECK, files, text);
        let after = file.after.text().to_owned();
        let rest = after.split("--start-period=").nth(1).unwrap_or_else(|| panic!("{:?}", file.held_back));
        rest.split(' ').next().unwrap_or_default().to_owned()
    };
    let rails =
        "FROM ruby:3.4-bookworm\nCOPY . .\nEXPOSE 3000\nCMD [\"rails\", \"server\", \"-b\", \"0.0.0.0\"]\n";
    assert_eq!(period(&[], rails), "30s");
    let start = ("start.sh", "#!/bin/sh\npython manage.py migrate\nexec gunicorn -b :8000 app:app\n");
    let django = "FROM python:3.12-slim-bookworm\nWORKDIR /a\nCOPY . .\nCMD [\"sh\", \"start.sh\"]\n";
    assert_eq!(period(&[start, ("app.py", "")], django), "60s");
    assert_eq!(
        period(
            &[("server.js", LISTENS)],
            "FROM node:24-bookworm-slim\nCOPY server.js /\nCMD [\"node\", \"/server.js\"]\n"
        ),
        "5s"
    );
}

#[test]
fn hc8_asking_the_front_page_all_the_time_holds_it_back() {
    assert_eq!(with_settings("health.interval = \"1s\"\n", NODE).0, ["HC8"]);
    assert_eq!(with_settings("health.interval = \"5s\"\n", NODE).0, [""; 0]);
    assert_eq!(with_settings("health.interval = \"1s\"\nhealth.path = \"/ok\"\n", NODE).0, [""; 0]);
}

#[test]
fn hc9_builds_that_leave_the_check_out_hold_it_back() {
    let (_, text) = node(LISTENS, "");
    let missing = |makefile: &str| {
        let files = [("server.js", LISTENS), ("Makefile", makefile)];
        let found = run_built(&ADD_HEALTHCHECK, &files, &text, &crate::config::Options::default());
        found
            .held_back
            .iter()
            .flat_map(|held| held.missing.iter().map(|missing| missing.id))
            .collect::<Vec<_>>()
    };
    assert_eq!(missing("a:\n\tpodman build -t x .\n"), ["HC9"]);
    assert_eq!(missing("a:\n\tbuildah bud --format oci -t x .\n"), ["HC9"]);
    assert_eq!(missing("a:\n\tpodman build --format docker -t x .\n"), [""; 0]);
    assert_eq!(missing("a:\n\tpodman build -t x .\nb:\n\tdocker build -t x .\n"), [""; 0]);
}

#[test]
fn hc10_a_command_that_takes_a_shell_holds_it_back() {
    let missing = |command: &str| with_settings(&format!("health.command = {command}\n"), NODE).0;
    assert_eq!(missing("[\"curl -f http://127.0.0.1/\"]"), ["HC10"]);
    assert_eq!(missing("[\"/probe\", \"||\", \"exit\", \"1\"]"), ["HC10"]);
    assert_eq!(missing("[\"sh\", \"-c\", \"/probe || exit 1\"]"), [""; 0]);
    assert_eq!(
        with_settings("health.command = [\"sh\", \"-c\", \"x\"]\n", "gcr.io/distroless/nodejs24-debian13").0,
        ["HC4"]
    );
}

#[test]
fn hc2_hc5_the_server_of_next_is_known_without_its_sources() {
    let text = |lines: &str| {
        format!(
            "FROM node:24-bookworm-slim AS b\nWORKDIR /app\nCOPY . .\nRUN npm run build\nFROM node:24-bookworm-slim\n\
             WORKDIR /app\nCOPY --from=b /app/.next/standalone ./\n{lines}CMD [\"node\", \"server.js\"]\n"
        )
    };
    let files = [("package.json", "{}")];
    assert!(probe(&files, &text("ENV HOSTNAME=0.0.0.0\n")).contains("(process.env.PORT || 3000)"));
    let all = "EXPOSE 8080\nENV PORT=8080\nENV HOSTNAME=\"0.0.0.0\"\n";
    assert!(probe(&files, &text(all)).contains("(process.env.PORT || 8080)"));
    held_back(&ADD_HEALTHCHECK, &files, &text(""), &["HC5"]);
    held_back(&ADD_HEALTHCHECK, &files, &text("ENV HOSTNAME=0.0.0.0\nEXPOSE 8080\n"), &["HC2"]);
}

#[test]
fn hc2_the_settings_of_vite_must_not_say_otherwise() {
    let text = "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 5173\nCMD [\"npx\", \"vite\", \"--host\", \"0.0.0.0\"]\n";
    assert!(probe(&[("package.json", "{}")], text).contains("127.0.0.1:5173"));
    assert!(
        probe(&[("vite.config.js", "export default { server: { port: 5173 } }\n")], text)
            .contains("127.0.0.1:5173")
    );
    held_back(
        &ADD_HEALTHCHECK,
        &[("vite.config.ts", "export default { server: { port: 81 } }\n")],
        text,
        &["HC2", "HC2"],
    );
    held_back(&ADD_HEALTHCHECK, &[("vite.config.ts", "import basicSsl from 'x'\n")], text, &["HC2", "HC2"]);
}

#[test]
fn hc5_options_of_tls_and_of_sockets_hold_it_back() {
    let text = |options: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD uvicorn app:app {options}\n"
        )
    };
    let files = [("app.py", "import unheard_of\n")];
    held_back(&ADD_HEALTHCHECK, &files, &text("--ssl-keyfile k --ssl-certfile c"), &["HC5"]);
    held_back(&ADD_HEALTHCHECK, &files, &text("--uds /run/x.sock"), &["HC2"]);
}

#[test]
fn hc5_node_may_take_localhost_for_an_address_of_ipv6() {
    for host in ["localhost", "::1"] {
        let server = format!("require('http').createServer().listen(3000, '{host}')\n");
        waits(&server, "", &["HC5"]);
    }
    let (files, text) = node("require('http').createServer().listen(3000, '127.0.0.1')\n", "");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert!(probe(&files, &text).contains("127.0.0.1:3000"));
}

#[test]
fn hc2_the_port_of_a_call_follows_its_variable() {
    let project = ("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>");
    let source = "var port = Environment.GetEnvironmentVariable(\"PORT\") ?? \"5000\";\n\
                  app.Urls.Add($\"http://*:{port}\");\n";
    let text = "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nWORKDIR /s\nCOPY . .\nRUN dotnet publish -o /o\n\
                FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY --from=b /o /app\nEXPOSE 5000\n\
                ENTRYPOINT [\"dotnet\", \"/app/a.dll\"]\n";
    let files = [project, ("Program.cs", source)];
    assert!(probe(&files, text).contains("${PORT:-5000}"), "{}", probe(&files, text));
    held_back(&ADD_HEALTHCHECK, &files, &text.replace("EXPOSE 5000", "EXPOSE 8080"), &["HC2"]);
}

#[test]
fn hc5_vite_listens_everywhere_where_it_is_told_to_without_more() {
    let manifest =
        ("package.json", "{\"name\": \"a\", \"version\": \"1.0.0\", \"scripts\": {\"dev\": \"vite\"}}");
    let text = "FROM node:24-alpine\nWORKDIR /app\nCOPY . .\nEXPOSE 5173\nCMD [\"npm\", \"run\", \"dev\", \"--\", \"--host\"]\n";
    assert!(probe(&[manifest], text).contains("127.0.0.1:5173"));
    held_back(
        &ADD_HEALTHCHECK,
        &[manifest],
        &text.replace("\"--host\"", "\"--host\", \"192.0.2.1\""),
        &["HC5"],
    );
}

#[test]
fn hc1_another_start_of_the_same_server_is_no_other_command() {
    let app = ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    let text = "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n\
                CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\"]\n";
    let found = |command: &str, app: (&str, &str)| {
        let compose = format!("services: {{a: {{build: ., command: {command}}}}}");
        let files = [app, ("compose.yaml", compose.as_str())];
        let found = run_built(&ADD_HEALTHCHECK, &files, text, &crate::config::Options::default());
        found.held_back.first().map(|held| held.missing[0].id)
    };
    assert_eq!(found("uvicorn main:app --host 0.0.0.0 --port 8000 --reload", app), None);
    assert_eq!(found("uvicorn main:app --host 0.0.0.0 --port 9000", app), Some("HC1"));
    assert_eq!(found("uvicorn main:app --host 0.0.0.0 --port 8000 --ssl-keyfile k", app), Some("HC1"));
    assert_eq!(found("celery -A main worker", app), Some("HC1"));
    // A route must be there in what is started, too.
    let routed = (
        "main.py",
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/health')\ndef health():\n    return 1\n",
    );
    assert_eq!(found("uvicorn main:app --port 8000 --reload", routed), None);
    assert_eq!(found("uvicorn other:app --port 8000", routed), Some("HC1"));
}

#[test]
fn hc2_settings_of_the_server_name_its_port() {
    let app = ("app.py", "def app(e, s): s('200 OK', []); return [b'x']\n");
    let text = |expose: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{expose}CMD [\"gunicorn\", \"app:app\"]\n"
        )
    };
    let settings = ("gunicorn.conf.py", "bind = \"0.0.0.0:5000\"\n");
    assert!(probe(&[app, settings], &text("")).contains("'127.0.0.1', 5000"));
    // What EXPOSE says is the default, and no longer true.
    held_back(&ADD_HEALTHCHECK, &[app, settings], &text("EXPOSE 8000\n"), &["HC2", "HC2"]);
    let computed = ("gunicorn.conf.py", "bind = f\"{host}:{port}\"\n");
    held_back(&ADD_HEALTHCHECK, &[app, computed], &text("EXPOSE 8000\n"), &["HC2", "HC2"]);
    let asks = ("gunicorn.conf.py", "import os\nbind = \"0.0.0.0:\" + os.environ.get(\"PORT\", \"5000\")\n");
    let probe = probe(&[app, asks], &text("ENV PORT=7000\n"));
    assert!(probe.contains("PORT") && probe.contains("7000"), "{probe}");
}

#[test]
fn hc5_servers_of_sites_speak_http() {
    let text = |body: &str, marker: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCOPY --chmod=755 <<{marker} /bin/serve.sh\n\
             #!/usr/bin/env bash\nmkdocs build\n{body}\nEOF\nCMD /bin/serve.sh\n"
        )
    };
    let files = [("mkdocs.yml", "site_name: x\n")];
    assert!(
        probe(&files, &text("mkdocs serve --dev-addr 0.0.0.0:8000", "EOF")).contains("'127.0.0.1', 8000")
    );
    // The builder fills in what the text leaves to variables.
    held_back(&ADD_HEALTHCHECK, &files, &text("mkdocs serve --dev-addr $ADDR", "EOF"), &["HC2"]);
    assert!(
        probe(&files, &text("mkdocs serve -a 0.0.0.0:8000 $OPTS", "\"EOF\"")).contains("'127.0.0.1', 8000")
    );
    // A later copy may bring another script.
    let replaced = text("mkdocs serve -a 0.0.0.0:8000", "EOF").replace("CMD ", "COPY bin /bin\nCMD ");
    held_back(&ADD_HEALTHCHECK, &files, &replaced, &["HC2"]);
}

#[test]
fn hc2_settings_that_others_override_prove_no_port() {
    let app = ("app.py", "def app(e, s): s('200 OK', []); return [b'x']\n");
    let text = |middle: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"gunicorn\", \"app:app\"]\n"
        )
    };
    let bind = ("gunicorn.conf.py", "bind = \"0.0.0.0:5000\"\n");
    held_back(&ADD_HEALTHCHECK, &[app, bind], &text("ENV GUNICORN_CMD_ARGS=--bind=:9000\n"), &["HC2", "HC2"]);
    let under = ("gunicorn.conf.py", "import os\nif os.environ.get('X'):\n    bind = \"0.0.0.0:5000\"\n");
    held_back(&ADD_HEALTHCHECK, &[app, under], &text(""), &["HC2", "HC2"]);
    let tls = ("gunicorn.conf.py", "bind = \"0.0.0.0:5000\"\ncertfile = \"c.pem\"\n");
    held_back(&ADD_HEALTHCHECK, &[app, tls], &text(""), &["HC5", "HC2"]);
    // Puma takes the settings of its environment first, and Sinatra's own port is not that of Puma.
    let puma = |files: &[(&str, &str)]| {
        let text =
            "FROM ruby:3.3-slim-bookworm\nWORKDIR /app\nCOPY . .\nCMD [\"bundle\", \"exec\", \"puma\"]\n";
        let gems = ("Gemfile", "gem 'puma'\ngem 'sinatra'\n");
        let files: Vec<(&str, &str)> =
            files.iter().copied().chain([gems, ("config.ru", "run 1\n")]).collect();
        probe(&files, text)
    };
    let port = ("config/puma.rb", "port 3000\n");
    assert!(puma(&[port]).contains("3000"), "{}", puma(&[port]));
    assert_eq!(puma(&[port, ("config/puma/production.rb", "port 4000\n")]), "");
    assert_eq!(puma(&[("config/puma.rb", "bind 'ssl://0.0.0.0:9292?key=a'\n")]), "");
}

#[test]
fn hc2_variables_that_hold_options_may_name_another_port() {
    let project = ("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>");
    let kestrel =
        ("appsettings.json", "{\"Kestrel\": {\"Endpoints\": {\"Http\": {\"Url\": \"http://*:5000\"}}}}");
    let files = [project, kestrel, ("Program.cs", "app.Run();\n")];
    let text = "FROM mcr.microsoft.com/dotnet/sdk:8.0 AS b\nWORKDIR /s\nCOPY . .\nRUN dotnet publish -o /o\n\
                FROM mcr.microsoft.com/dotnet/aspnet:8.0\nCOPY --from=b /o /app\nEXPOSE 5000\n\
                ENTRYPOINT [\"dotnet\", \"/app/a.dll\"]\n";
    assert!(probe(&files, text).contains("5000"));
    let set = text.replace("EXPOSE", "ENV Kestrel__Endpoints__Http__Url=http://+:7000\nEXPOSE");
    held_back(&ADD_HEALTHCHECK, &files, &set, &["HC2"]);
    let compose = "services: {a: {build: ., environment: {Kestrel__Endpoints__Http__Url: 'http://+:7000'}}}";
    let with: Vec<(&str, &str)> = files.iter().copied().chain([("compose.yaml", compose)]).collect();
    let found = run_built(&ADD_HEALTHCHECK, &with, text, &crate::config::Options::default());
    assert_eq!(found.held_back[0].missing[0].id, "HC2");
}

#[test]
fn hc5_settings_of_mkdocs_may_say_otherwise() {
    let text =
        "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD [\"mkdocs\", \"serve\"]\n";
    assert!(probe(&[("mkdocs.yml", "site_name: x\n")], text).contains("8000"));
    held_back(&ADD_HEALTHCHECK, &[("mkdocs.yml", "dev_addr: 0.0.0.0:9000\n")], text, &["HC2", "HC2"]);
}

#[test]
fn hc3_the_route_is_stated_or_any_answer_counts() {
    let reason = |server: &str| {
        let (files, text) = node(server, "");
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let file = run_alone(&ADD_HEALTHCHECK, &files, &text);
        let applied = file.applied.first().unwrap_or_else(|| panic!("{:?}", file.held_back));
        applied
            .reasons
            .iter()
            .find(|reason| reason.id == "HC3")
            .map(|reason| reason.text.clone())
            .unwrap_or_default()
    };
    let express =
        "const app = require('express')()\napp.get('/health', (q, r) => r.send('x'))\napp.listen(3000)\n";
    assert!(reason(express).contains("`/health` is a route"), "{}", reason(express));
    // What looks at requests first may answer in its place: the route is not proven, and any answer counts.
    let guarded = express.replace("app.get", "app.use(auth)\napp.get");
    assert!(reason(&guarded).contains("any answer counts"));
}

#[test]
fn hc7_a_check_of_the_file_or_of_an_unknown_image_ends_it() {
    let file = run_alone(&ADD_HEALTHCHECK, &[("server.js", LISTENS)], &node(LISTENS, "").1);
    assert!(file.applied[0].reasons.iter().any(|reason| reason.id == "HC7"));
    // An image of which it is not known whether it has a check of its own.
    let text = "FROM phusion/baseimage:jammy-1.0.4\nEXPOSE 3000\nCMD [\"/app/server\"]\n";
    let held = run_alone(&ADD_HEALTHCHECK, &[], text).held_back;
    let ids: Vec<&str> = held.iter().flat_map(|held| &held.missing).map(|missing| missing.id).collect();
    assert!(ids.contains(&"HC7"), "{ids:?}");
}

#[test]
fn hc1_other_commands_of_a_tool_are_jobs() {
    let none = |base: &str, files: &[(&str, &str)], cmd: &str| {
        let text = format!("FROM {base}\nWORKDIR /app\nCOPY . .\nCMD [{cmd}]\n");
        assert_eq!(probe(files, &text), "", "{cmd}");
    };
    none("php:8.3-cli-bookworm", &[("artisan", "x")], "\"php\", \"artisan\", \"queue:work\"");
    let manage = ("manage.py", "x = 1\n");
    none("python:3.12-slim-bookworm", &[manage], "\"python\", \"manage.py\", \"process_tasks\"");
}
