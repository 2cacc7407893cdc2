mod prepares;
mod start;

use super::ADD_USER;
use crate::config::Config;
use crate::project::Project;
use crate::transforms::testing::{
    FileOutcome, check_in, held_back, outcome, run_alone, run_built, same, with_input,
};

const SERVER: (&str, &str) =
    ("server.js", "require('http').createServer((q, s) => s.end('x')).listen(3000)\n");

fn node(middle: &str) -> String {
    format!("FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"node\", \"server.js\"]\n")
}

#[test]
fn the_images_own_user_stands_above_health_check_and_cmd() {
    let text = node("EXPOSE 3000\n# why\nHEALTHCHECK CMD [\"node\", \"x.js\"]\n");
    let after = text.replace("# why\n", "USER 1000:1000\n# why\n");
    check_in(&ADD_USER, &[SERVER], &text, &after);
}

#[test]
fn a_user_is_made_where_the_image_has_none() {
    check_in(
        &ADD_USER,
        &[("app.py", "print('x')\n")],
        "FROM python:3.12-slim-bookworm\nCOPY . /app\nWORKDIR /app\nCMD [\"python\", \"app.py\"]\n",
        "FROM python:3.12-slim-bookworm\nRUN groupadd --gid 10001 app \\\n    && useradd --uid 10001 --gid app \
         --no-create-home --no-log-init --shell /usr/sbin/nologin app\nCOPY . /app\nWORKDIR /app\n\
         USER 10001:10001\nCMD [\"python\", \"app.py\"]\n",
    );
}

#[test]
fn busybox_has_another_dialect() {
    let text = "FROM python:3.12-alpine3.22\nCOPY . /app\nWORKDIR /app\nCMD [\"python\", \"app.py\"]\n";
    let file = run_alone(&ADD_USER, &[("app.py", "print('x')\n")], text);
    assert!(file.after.text().contains("adduser -S -D -H -u 10001 -G app app\n"), "{:?}", file.held_back);
}

#[test]
fn nr2_a_low_port_holds_it_back() {
    held_back(&ADD_USER, &[SERVER], &node("EXPOSE 80\n"), &["NR2"]);
    let low = ("server.js", "require('http').createServer().listen(443)\n");
    held_back(&ADD_USER, &[low], &node(""), &["NR2"]);
}

#[test]
fn nr2_a_low_port_counts_wherever_it_is_said() {
    let python = |middle: &str, cmd: &str| {
        format!("FROM python:3.12-slim-bookworm\nWORKDIR /app\n{middle}COPY . .\nCMD [{cmd}]\n")
    };
    let app = ("app.py", "def app(e, s): s('200 OK', []); return [b'x']\n");
    for (middle, cmd) in [
        ("", "\"gunicorn\", \"-b\", \"0.0.0.0:80\", \"app:app\""),
        ("", "\"uvicorn\", \"--port=443\", \"app:app\""),
        ("ENV PORT=80\n", "\"python\", \"app.py\""),
    ] {
        held_back(&ADD_USER, &[app], &python(middle, cmd), &["NR2"]);
    }
    let high = run_alone(&ADD_USER, &[app], &python("ENV PORT=8080\n", "\"python\", \"app.py\""));
    assert_eq!(high.applied.len(), 1, "{:?}", high.held_back);
    let compose = "services: {a: {build: ., ports: ['8080:80']}}";
    assert_eq!(built(compose, &node("")).held_back[0].missing[0].id, "NR2");
    assert_eq!(built(&compose.replace("8080:80", "80:8080"), &node("")).applied.len(), 1);
}

#[test]
fn nr2_a_framework_has_a_port_of_its_own() {
    let project = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"></Project>";
    let files = [("a.csproj", project), ("Program.cs", "WebApplication.Create(args).Run();\n")];
    let dotnet = |version: &str, middle: &str| {
        format!(
            "FROM mcr.microsoft.com/dotnet/sdk:{version} AS b\nWORKDIR /s\nCOPY . .\nRUN dotnet publish -o /o\n\
             FROM mcr.microsoft.com/dotnet/aspnet:{version}\nWORKDIR /app\nCOPY --from=b /o .\n{middle}\
             ENTRYPOINT [\"dotnet\", \"a.dll\"]\n"
        )
    };
    held_back(&ADD_USER, &files, &dotnet("6.0", ""), &["NR2"]);
    held_back(&ADD_USER, &files, &dotnet("8.0", "ENV ASPNETCORE_URLS=http://+:80\n"), &["NR2"]);
    for (version, middle) in [("8.0", ""), ("6.0", "ENV ASPNETCORE_URLS=http://+:8080\n")] {
        let file = run_alone(&ADD_USER, &files, &dotnet(version, middle));
        assert_eq!(file.applied.len(), 1, "{version}: {:?}", file.held_back);
    }
    let pom = "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>\
               <artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";
    let java = [("pom.xml", pom), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    let text = "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\nCMD [\"java\", \"-jar\", \"/app.jar\"]\n";
    assert_eq!(run_alone(&ADD_USER, &java, text).applied.len(), 1);
    held_back(&ADD_USER, &java, &text.replace("app.jar\"]", "app.jar\", \"--server.port=80\"]"), &["NR2"]);
    let settings = ("src/main/resources/application.properties", "server.port=80\n");
    held_back(&ADD_USER, &[java[0], java[1], java[2], settings], text, &["NR2"]);
    let settings = ("src/main/resources/application.yml", "server:\n  port: 80\n");
    held_back(&ADD_USER, &[java[0], java[1], java[2], settings], text, &["NR2"]);
}

#[test]
fn nr8_who_steps_down_from_root_must_begin_as_root() {
    let text = node("").replace("[\"node\"", "[\"gosu\", \"node\", \"node\"");
    held_back(&ADD_USER, &[SERVER], &text, &["NR8"]);
    let text = node("").replace("[\"node\"", "[\"tini\", \"--\", \"node\"");
    check_in(&ADD_USER, &[SERVER], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
}

/// What a Dockerfile becomes with these settings.
#[track_caller]
fn with(settings: &str, files: &[(&str, &str)], text: &str) -> String {
    let config = Config::parse(settings, &[]).expect("sound");
    let found = outcome(&ADD_USER, files, text, &config.options_for("Dockerfile"));
    let file = &found.files[0];
    assert!(file.rejected.is_empty() && file.held_back.is_empty(), "{:?}{:?}", file.rejected, file.held_back);
    file.after.text().to_owned()
}

#[test]
fn nr3_a_folder_that_is_written_belongs_to_the_user() {
    let writes = ("server.js", "require('fs').writeFileSync('uploads/x', 'y')\n");
    let owned = "RUN mkdir -p /app/uploads && chown -R 1000:1000 /app/uploads\nUSER 1000:1000\nCMD";
    check_in(&ADD_USER, &[writes], &node(""), &node("").replace("CMD", owned));
    let beside = ("server.js", "require('fs').writeFileSync('log.txt', 'y')\n");
    let owned = "RUN chown 1000:1000 /app\nUSER 1000:1000\nCMD";
    check_in(&ADD_USER, &[beside], &node(""), &node("").replace("CMD", owned));
    // A file that is there already is given along with its folder.
    let owned = owned.replace("/app\n", "/app /app/log.txt\n");
    check_in(&ADD_USER, &[beside, ("log.txt", "")], &node(""), &node("").replace("CMD", &owned));
    // What a RUN may have left there as root is not known.
    held_back(&ADD_USER, &[beside], &node("RUN node server.js --once\n"), &["NR3"]);
    held_back(&ADD_USER, &[beside], &node("RUN npm run seed\n"), &["NR3"]);
    check_in(
        &ADD_USER,
        &[beside],
        &node("RUN npm ci\n"),
        &node("RUN npm ci\nRUN chown 1000:1000 /app\nUSER 1000:1000\n"),
    );
    // A variable that is set says where it goes.
    let variable = ("server.js", "require('fs').writeFileSync((process.env.UP || 'up/') + name, 'y')\n");
    let file = run_alone(&ADD_USER, &[variable], &node(""));
    assert!(file.after.text().contains("chown -R 1000:1000 /app/up\n"), "{:?}", file.held_back);
    held_back(&ADD_USER, &[variable], &node("ENV UP=/data/\n"), &["NR3"]);
    held_back(
        &ADD_USER,
        &[variable, ("compose.yaml", "services: {a: {image: b, environment: {UP: /x}}}")],
        &node(""),
        &["NR3"],
    );
    // What is made in the working folder is only the folder that is given whole.
    let made = (
        "server.js",
        "const fs = require('fs')\nif (!fs.existsSync('up')) fs.mkdirSync('up')\nfs.writeFileSync('up/x', 'y')\n",
    );
    let owned = "RUN mkdir -p /app/up && chown -R 1000:1000 /app/up\nUSER 1000:1000\nCMD";
    check_in(&ADD_USER, &[made], &node(""), &node("").replace("CMD", owned));
    // A folder that the program makes anew must not be there.
    let anew =
        ("server.js", "const fs = require('fs'); fs.mkdirSync('up');\nfs.writeFileSync('up/x', 'y')\n");
    held_back(&ADD_USER, &[anew], &node(""), &["NR3"]);
    let system = ("server.js", "require('fs').writeFileSync('/etc/x/y', 'y')\n");
    held_back(&ADD_USER, &[system], &node(""), &["NR3"]);
}

#[test]
fn nr3_a_write_that_cannot_be_placed_holds_it_back_until_it_is_granted() {
    let writes = ("server.js", "require('fs').writeFileSync(require('./x').path, 'y')\n");
    held_back(&ADD_USER, &[writes, ("x.js", "")], &node(""), &["NR3"]);
    let opaque = ("server.js", "require('unheard-of')('uploads')\n");
    held_back(&ADD_USER, &[opaque], &node(""), &["NR3"]);
    let text = with("user.writable = [\"uploads\"]\n", &[opaque], &node(""));
    assert!(
        text.contains("RUN mkdir -p /app/uploads && chown -R 1000:1000 /app/uploads\nUSER 1000:1000\n"),
        "{text}"
    );
}

#[test]
fn nr3_a_known_program_writes_where_it_is_known_to() {
    let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"react-scripts start\"}}");
    let text = node("EXPOSE 3000\n").replace("[\"node\", \"server.js\"]", "[\"npm\", \"start\"]");
    let owned = "RUN mkdir -p /app/node_modules/.cache && chown -R 1000:1000 /app/node_modules/.cache\nUSER 1000:1000\nCMD";
    check_in(&ADD_USER, &[package], &text, &text.replace("CMD", owned));
    held_back(&ADD_USER, &[package, ("src/setupProxy.js", "")], &text, &["NR3"]);
}

#[test]
fn nr3_what_a_build_of_typescript_makes_is_judged_by_its_sources() {
    let settings = ("tsconfig.json", "{\"compilerOptions\": {\"outDir\": \"dist\", \"rootDir\": \"src\"}}");
    let text = "FROM node:24-bookworm-slim AS build\nWORKDIR /src\nCOPY . .\nRUN npm ci && npm run build\n\
                FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY --from=build /src/dist ./dist\nCMD [\"node\", \"dist/main.js\"]\n";
    let server = |code| ("src/main.ts", code);
    let plain = server("import http from 'http'; http.createServer().listen(3000)");
    check_in(&ADD_USER, &[settings, plain], text, &text.replace("CMD", "USER 1000:1000\nCMD"));
    held_back(&ADD_USER, &[plain], text, &["NR3"]);
    // From the place of a source, the folder is another one than that of what is built.
    let here = server("import fs from 'fs'; fs.writeFileSync(__dirname + '/a/b', '')");
    held_back(&ADD_USER, &[settings, here], text, &["NR3"]);
    let writes = server("import fs from 'fs'; fs.writeFileSync('up/a', '')");
    let owned = "RUN mkdir -p /app/up && chown -R 1000:1000 /app/up\nUSER 1000:1000\nCMD";
    check_in(&ADD_USER, &[settings, writes], text, &text.replace("CMD", owned));
}

#[test]
fn nr3_next_writes_its_own_folder_and_runs_code_of_the_project() {
    let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"next start\"}}");
    let page = ("app/page.tsx", "import Link from 'next/link'; export default () => <Link href='/'>x</Link>");
    let text = node("RUN npm run build\n").replace("[\"node\", \"server.js\"]", "[\"npm\", \"start\"]");
    // In the RUN that makes it, so that it does not lie in the image twice.
    let after = text.replace(
        "run build\n",
        "run build \\\n    && mkdir -p /app/.next \\\n    && chown -R 1000:1000 /app/.next\n",
    );
    check_in(&ADD_USER, &[package, page], &text, &after.replace("CMD", "USER 1000:1000\nCMD"));
    let owned = "RUN mkdir -p /app/.next && chown -R 1000:1000 /app/.next\nUSER 1000:1000\nCMD";
    for behind in ["COPY public public\n", "RUN npm prune\n"] {
        let text = text.replace("run build\n", &format!("run build\n{behind}"));
        check_in(&ADD_USER, &[package, page], &text, &text.replace("CMD", owned));
    }
    held_back(
        &ADD_USER,
        &[package, ("next.config.js", "module.exports = { distDir: 'x' }")],
        &text,
        &["NR3"],
    );
    let route =
        ("app/api/route.ts", "import fs from 'fs'; export function POST() { fs.writeFileSync(name, '') }");
    held_back(&ADD_USER, &[package, route], &text, &["NR3"]);
    let standalone = "FROM node:24-bookworm-slim AS build\nWORKDIR /src\nCOPY . .\nRUN npm run build\n\
                      FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY --from=build /src/.next/standalone ./\n\
                      COPY --from=build /src/.next/static ./.next/static\nCMD [\"node\", \"server.js\"]\n";
    check_in(&ADD_USER, &[package, page], standalone, &standalone.replace("CMD", owned));
    let dev = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"next dev\"}}");
    held_back(&ADD_USER, &[dev, page], &text, &["NR3"]);
}

#[test]
fn nr3_vite_makes_files_beside_its_settings() {
    let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"dev\": \"vite\"}}");
    let settings = ("vite.config.js", "import { defineConfig } from 'vite'\nexport default defineConfig({})");
    let text =
        node("").replace("[\"node\", \"server.js\"]", "[\"npm\", \"run\", \"dev\", \"--\", \"--host\"]");
    let file = run_alone(&ADD_USER, &[package, settings], &text);
    let after = file.after.text();
    assert!(
        after.contains("chown 1000:1000 /app ") && after.contains("/app/node_modules/.vite"),
        "{:?}",
        file.held_back
    );
    let plugin = ("vite.config.js", "import odd from 'vite-plugin-odd'\nexport default { plugins: [odd()] }");
    held_back(&ADD_USER, &[package, plugin], &text, &["NR3"]);
    // The settings are not in the image.
    held_back(&ADD_USER, &[package, settings], &text.replace("COPY . .", "COPY package.json ./"), &["NR3"]);
}

#[test]
fn nr3_options_of_a_server_may_name_files_that_it_writes() {
    let text = |options: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nCMD [\"gunicorn\", {options}\"app:app\"]\n"
        )
    };
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let applies = |options: &str, files: &[(&str, &str)]| {
        run_alone(&ADD_USER, files, &text(options)).after.text().contains("USER 10001:10001\n")
    };
    assert!(applies("", &[app]) && applies("\"--access-logfile\", \"-\", ", &[app]));
    assert!(!applies("\"--access-logfile\", \"logs/a.log\", ", &[app]));
    assert!(!applies("\"--pid=/run/g.pid\", ", &[app]) && !applies("\"-b\", \"unix:/run/g.sock\", ", &[app]));
    assert!(!applies("\"-c\", \"conf.py\", ", &[app]));
    let variable = text("").replace("CMD", "ENV GUNICORN_CMD_ARGS=--pid=g.pid\nCMD");
    held_back(&ADD_USER, &[app], &variable, &["NR3"]);
    assert!(applies("", &[app, ("gunicorn.conf.py", "bind = ':8000'\naccesslog = '-'  # to the console\n")]));
    assert!(!applies("", &[app, ("gunicorn.conf.py", "errorlog = 'logs/error.log'\n")]));
}

#[test]
fn nr3_code_that_is_loaded_before_the_program_is_not_known() {
    let text = node("").replace("\"server.js\"", "\"-r\", \"./x.js\", \"server.js\"");
    held_back(&ADD_USER, &[SERVER, ("x.js", "")], &text, &["NR3"]);
    let dotenv = text.replace("./x.js", "dotenv/config");
    check_in(&ADD_USER, &[SERVER], &dotenv, &dotenv.replace("CMD", "USER 1000:1000\nCMD"));
    held_back(&ADD_USER, &[SERVER], &node("ENV NODE_OPTIONS=\"--require ./x.js\"\n"), &["NR3"]);
}

#[test]
fn nr3_the_server_of_django_is_judged_by_its_settings() {
    let text = "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n\
                CMD [\"python\", \"manage.py\", \"runserver\", \"0.0.0.0:8000\"]\n";
    let manage = ("manage.py", "from django.core.management import execute_from_command_line\n");
    let settings = |engine: &str| {
        format!(
            "DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{engine}', 'NAME': '/app/data/db'}}}}\n"
        )
    };
    let server = settings("postgresql");
    let file = run_alone(&ADD_USER, &[manage, ("site/settings.py", &server)], text);
    assert!(file.after.text().contains("USER 10001:10001\nCMD"), "{:?}", file.held_back);
    let sqlite = settings("sqlite3");
    let file = run_alone(&ADD_USER, &[manage, ("site/settings.py", &sqlite)], text);
    assert!(file.after.text().contains("chown -R 10001:10001 /app/data\n"), "{:?}", file.held_back);
    held_back(
        &ADD_USER,
        &[manage, ("site/settings.py", &sqlite.replace("'/app/data/db'", "x()"))],
        text,
        &["NR3"],
    );
}

#[test]
fn nr4_a_volume_holds_it_back() {
    held_back(&ADD_USER, &[SERVER], &node("VOLUME /data\n"), &["NR4"]);
}

#[test]
fn nr7_the_home_of_root_holds_it_back() {
    held_back(&ADD_USER, &[SERVER], &node("RUN cp x /root/x\n"), &["NR7"]);
    held_back(&ADD_USER, &[SERVER], &node("RUN <<EOF\ncp x /root/x\nEOF\n"), &["NR7"]);
}

#[test]
fn nr7_what_tools_keep_at_home_holds_it_back() {
    held_back(&ADD_USER, &[SERVER], &node("RUN npx playwright install\n"), &["NR7"]);
    let poetry = "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\nRUN poetry install\n\
                  CMD [\"poetry\", \"run\", \"gunicorn\", \"app:app\"]\n";
    let app = ("app.py", "def app(e, s): return [b'x']\n");
    held_back(&ADD_USER, &[app], poetry, &["NR7"]);
    let settings = ("poetry.toml", "[virtualenvs]\nin-project = true\n");
    assert_eq!(run_alone(&ADD_USER, &[app, settings], poetry).applied.len(), 1);
    let uv = poetry.replace("RUN poetry install", "RUN uv sync").replace("\"poetry\"", "\"uv\"");
    held_back(&ADD_USER, &[app], &uv, &["NR3"]);
    assert_eq!(
        run_alone(&ADD_USER, &[app], &uv.replace("\"run\"", "\"run\", \"--no-sync\"")).applied.len(),
        1
    );
}

#[test]
fn nr7_files_that_only_root_may_read_hold_it_back() {
    for line in [
        "RUN chmod 700 server.js",
        "RUN chmod -R go-rwx .",
        "RUN umask 077 && cp a b",
        "COPY --chmod=600 a b",
    ] {
        held_back(&ADD_USER, &[SERVER], &node(&format!("{line}\n")), &["NR7"]);
    }
    for line in ["RUN chmod +x server.js", "RUN chmod -R 755 .", "COPY --chmod=644 a b"] {
        assert_eq!(run_alone(&ADD_USER, &[SERVER], &node(&format!("{line}\n"))).applied.len(), 1, "{line}");
    }
}

#[test]
fn what_is_known_to_break_is_no_fix_at_all() {
    let options = crate::config::Options { unproven: true, ..Default::default() };
    for text in [
        node("RUN cp x /root/x\n"),
        "FROM debian:bookworm-slim\nCMD [\"supervisord\"]\n".to_owned(),
        "FROM debian:bookworm-slim\nRUN true\n".to_owned(),
    ] {
        let found = outcome(&ADD_USER, &[SERVER], &text, &options);
        assert_eq!(found.files[0].after.text(), text);
        assert!(found.files[0].held_back.iter().all(|held| !held.available));
    }
}

#[test]
fn nr8_an_unread_script_holds_it_back() {
    let text = "FROM node:24-bookworm-slim\nCOPY . /\nENTRYPOINT [\"/start.sh\"]\n";
    held_back(&ADD_USER, &[("start.sh", "#!/bin/sh\nchown -R node /data\nexec node x.js\n")], text, &["NR8"]);
    held_back(&ADD_USER, &[], text, &["NR8", "NR3"]);
}

#[test]
fn nr9_a_daemon_holds_it_back() {
    let text = "FROM debian:bookworm-slim\nCMD [\"supervisord\"]\n";
    held_back(&ADD_USER, &[], text, &["NR9", "NR3"]);
    // What starts nothing is there to be built on (MS12).
    same(&ADD_USER, "FROM debian:bookworm-slim\nRUN true\n");
}

#[test]
fn nr9_php_keeps_the_user_of_its_workers() {
    let php = "FROM php:8.3-fpm-bookworm\nWORKDIR /var/www/html\nCOPY . .\nEXPOSE 9000\nCMD [\"php-fpm\"]\n";
    check_in(&ADD_USER, &[], php, &php.replace("CMD", "USER 33:33\nCMD"));
    let alpine = "FROM php:8.3-fpm-alpine3.22\nCOPY . .\n";
    check_in(&ADD_USER, &[], alpine, &format!("{alpine}USER 82:82\n"));
    same(&ADD_USER, "FROM php:8.3-fpm-alpine3.22\nRUN docker-php-ext-install pdo_mysql\n");
    for change in ["COPY www.conf /usr/local/etc/php-fpm.d/", "RUN usermod -u 1000 www-data", "COPY root/ /"]
    {
        held_back(
            &ADD_USER,
            &[("www.conf", "")],
            &php.replace("EXPOSE", &format!("{change}\nEXPOSE")),
            &["NR3"],
        );
    }
    held_back(&ADD_USER, &[], "FROM debian:bookworm-slim\nCMD [\"php-fpm\"]\n", &["NR9", "NR3"]);
}

#[test]
fn nr10_root_by_name_holds_it_back() {
    held_back(&ADD_USER, &[SERVER], &node("USER root\n"), &["NR10"]);
    held_back(&ADD_USER, &[SERVER], "FROM unheard/of:1\nCMD [\"x\"]\n", &["NR10"]);
}

#[test]
fn nr11_npm_has_the_home_of_the_ready_user() {
    let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"node server.js\"}}");
    let text = node("").replace("[\"node\", \"server.js\"]", "[\"npm\", \"start\"]");
    check_in(&ADD_USER, &[SERVER, package], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
}

#[test]
fn nr12_a_user_that_the_file_makes_is_the_one_to_be() {
    let made = node("RUN groupadd -g 1001 web && useradd -u 1001 -g web web\n");
    check_in(&ADD_USER, &[SERVER], &made, &made.replace("CMD", "USER 1001:1001\nCMD"));
    held_back(&ADD_USER, &[SERVER], &node("RUN <<EOF\nuseradd -u 7 web\nEOF\n"), &["NR12"]);
    let unclear = node("RUN useradd -m web\n");
    held_back(&ADD_USER, &[SERVER], &unclear, &["NR12"]);
    assert!(with("user.id = 1001\n", &[SERVER], &unclear).contains("USER 1001:1001\nCMD"));
}

#[test]
fn nr12_the_style_is_a_matter_of_choice() {
    let text = with("user.style = \"own\"\n", &[SERVER], &node(""));
    assert!(text.contains("useradd --uid 10001 --gid app") && text.contains("USER 10001:10001\n"), "{text}");
    let text = with("user.style = \"number\"\nuser.group = 0\n", &[SERVER], &node(""));
    assert!(!text.contains("useradd") && text.contains("USER 10001:0\n"), "{text}");
    assert!(with("user.style = \"existing\"\n", &[SERVER], &node("")).contains("USER 1000:1000\n"));
}

#[test]
fn nr2_the_engine_may_allow_low_ports() {
    let text = with("user.low-ports = true\n", &[SERVER], &node("EXPOSE 80\n"));
    assert!(text.contains("EXPOSE 80\nUSER 1000:1000\n"), "{text}");
    held_back(&ADD_USER, &[SERVER], &node("EXPOSE $P\n"), &["NR2"]);
    check_in(&ADD_USER, &[SERVER], &node("EXPOSE 80:8080\n"), &node("EXPOSE 80:8080\nUSER 1000:1000\n"));
    assert!(with("health.port = 8080\n", &[SERVER], &node("EXPOSE $P\n")).contains("USER 1000:1000\n"));
}

#[test]
fn nr4_a_volume_that_everybody_may_write_is_no_matter() {
    let text = node("VOLUME /tmp\n");
    check_in(&ADD_USER, &[SERVER], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
    let text = with("user.writable = [\"/data\"]\n", &[SERVER], &node("VOLUME /data\n"));
    assert!(
        text.contains("RUN mkdir -p /data && chown -R 1000:1000 /data\nVOLUME /data\nUSER 1000:1000\n"),
        "{text}"
    );
}

#[test]
fn nr8_nr9_dockfix_toml_says_what_runs_in_the_end() {
    let text = "FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/start.sh\"]\n";
    let start = "user.start = [\"node\", \"server.js\"]\n";
    assert!(with(start, &[SERVER], text).contains("USER 1000:1000\nENTRYPOINT"));
    let base = "FROM unheard/of:1\nRUN true\n";
    held_back(&ADD_USER, &[], &base.replace("RUN true", "CMD [\"x\"]"), &["NR10"]);
    let all = "[user]\nid = 1000\nwritable = []\nstart = [\"/x\"]\n";
    assert!(with(all, &[], base).ends_with("USER 1000:1000\n"));
}

#[test]
fn nr11_a_home_is_made_along_with_the_user() {
    let text = "FROM ruby:3.4-slim-bookworm\nWORKDIR /app\nCOPY . .\nCMD [\"bundle\", \"exec\", \"puma\"]\n";
    let after = with("user.writable = []\n", &[], text);
    assert!(after.contains("--create-home") && after.contains("USER 10001:10001\n"), "{after}");
    let config = Config::parse("[user]\nwritable = []\nid = 7000\n", &[]).expect("sound");
    let found = outcome(&ADD_USER, &[], text, &config.options_for("Dockerfile"));
    assert_eq!(found.files[0].held_back[0].missing[0].id, "NR11");
}

#[test]
fn nr10_root_by_name_gives_way_to_a_number_in_the_settings() {
    let text = with("user.id = 1000\n", &[SERVER], &node("USER root\n"));
    assert!(text.contains("USER root\nUSER 1000:1000\n"), "{text}");
}

#[test]
fn nr5_what_is_copied_later_belongs_to_root_and_can_be_read() {
    // Files stay root's on purpose; only a folder that is written is given away, below everything that is copied.
    let text = node("");
    check_in(&ADD_USER, &[SERVER], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
    let text = with("user.writable = [\"up\"]\n", &[SERVER], &text.replace("CMD", "COPY x /app/up/\nCMD"));
    assert!(text.ends_with("COPY x /app/up/\nRUN mkdir -p /app/up && chown -R 1000:1000 /app/up\nUSER 1000:1000\nCMD [\"node\", \"server.js\"]\n"), "{text}");
    // A copy over the folder after the user has it would be root's again: it stands above.
    let late = node("HEALTHCHECK NONE\nCOPY late /app/up/\n");
    let text = with("user.writable = [\"up\"]\n", &[SERVER], &late);
    assert!(text.find("COPY late") < text.find("chown -R 1000:1000"), "{text}");
}

#[test]
fn nr6_a_working_folder_is_made_before_the_user_is_in_force() {
    let text =
        "FROM node:24-bookworm-slim\nCOPY server.js /app/\nCMD [\"node\", \"server.js\"]\nWORKDIR /app\n";
    check_in(&ADD_USER, &[SERVER], text, &format!("{text}USER 1000:1000\n"));
    // Written to without a plain working folder, nothing can be given to the user.
    let unplain = "FROM unheard/of:1\nARG D\nWORKDIR $D\nCMD [\"x\"]\n";
    let config =
        Config::parse("[user]\nid = 7\nwritable = [\"up\"]\nstart = [\"/x\"]\n", &[]).expect("sound");
    let found = outcome(&ADD_USER, &[], unplain, &config.options_for("Dockerfile"));
    assert_eq!(found.files[0].held_back[0].missing[0].id, "NR3");
}

#[test]
fn nr13_a_name_becomes_its_number_where_that_is_certain() {
    let named = node("USER node\n");
    check_in(&ADD_USER, &[SERVER], &named, &named.replace("USER node", "USER 1000:1000"));
    let group = node("USER node:node\n");
    check_in(&ADD_USER, &[SERVER], &group, &group.replace("USER node:node", "USER 1000:1000"));
    let made = node("RUN groupadd -g 1001 web && useradd -u 1001 -g web web\nUSER web\n");
    check_in(&ADD_USER, &[SERVER], &made, &made.replace("USER web", "USER 1001:1001"));
    let alpine =
        "FROM node:24-alpine3.22\nRUN addgroup -g 1001 -S web && adduser -S -u 1001 -G web web\nUSER web\n";
    check_in(&ADD_USER, &[], alpine, &alpine.replace("USER web", "USER 1001:1001"));
    for text in [
        node("RUN useradd web\nUSER web\n"),
        node("RUN usermod -aG audio node\nUSER node\n"),
        node("RUN usermod -u 2000 node\nUSER node\n"),
        node("RUN groupadd -g 1001 web && useradd -u 1001 -g web -G audio web\nUSER web\n"),
        node("USER node:staff\n"),
        node("USER 1000\n"),
        node("COPY passwd /etc/passwd\nUSER node\n"),
    ] {
        check_in(&ADD_USER, &[SERVER], &text, &text);
    }
    let written = ("server.js", "require('fs').writeFileSync('up/x', 'y')\n");
    let text = with("user.group = 0\n", &[written], &node(""));
    let owned = "chown -R 1000:0 /app/up && chmod -R g=u /app/up\nUSER 1000:0\n";
    assert!(text.contains(owned), "{text}");
}

#[test]
fn a_user_may_be_a_variable_of_the_base_image() {
    let text =
        "FROM mcr.microsoft.com/dotnet/aspnet:8.0\nUSER $APP_UID\nENTRYPOINT [\"dotnet\", \"a.dll\"]\n";
    for text in [text.to_owned(), text.replace("$APP_UID", "${APP_UID}"), text.replace("8.0", "6.0")] {
        check_in(&ADD_USER, &[], &text, &text);
    }
    let said = with_input(&Project::in_memory([]), &[], text, super::silence);
    assert!(matches!(said.as_slice(), [crate::transforms::checklist::Silence::Right(_)]), "{}", said.len());
}

#[test]
fn nr14_a_mount_over_a_folder_that_is_written_keeps_its_owner() {
    let writes = ("server.js", "require('fs').writeFileSync('uploads/x', 'y')\n");
    let mounts = ("compose.yaml", "services:\n  web:\n    build: .\n    volumes: ['./up:/app/uploads']\n");
    held_back(&ADD_USER, &[writes, mounts], &node(""), &["NR14"]);
    assert!(
        with("user.writable = [\"uploads\"]\n", &[writes, mounts], &node("")).contains("USER 1000:1000\n")
    );
    let elsewhere = ("compose.yaml", "services:\n  web:\n    build: .\n    volumes: ['./up:/data']\n");
    let file = run_alone(&ADD_USER, &[writes, elsewhere], &node(""));
    assert!(file.after.text().contains("chown -R 1000:1000 /app/uploads"), "{:?}", file.held_back);
}

#[test]
fn nr14_a_compose_file_further_up_counts_too() {
    let writes = ("server.js", "require('fs').writeFileSync('uploads/x', 'y')\n");
    let with = |compose: &str| {
        let files = [writes, ("compose.yaml", compose)];
        run_built(&ADD_USER, &files, &node(""), &crate::config::Options::default())
    };
    let mounted = with("services: {a: {build: {context: ./}, volumes: ['./:/app']}}");
    assert_eq!(mounted.held_back[0].missing[0].id, "NR14");
    assert_eq!(with("services: {a: {build: {context: ./}, volumes: ['./:/data']}}").applied.len(), 1);
}

#[test]
fn nr7_corepack_keeps_the_package_manager_at_home() {
    let package = ("package.json", "{\"name\": \"a\", \"scripts\": {\"start\": \"node server.js\"}}");
    let text = |middle: &str| node(middle).replace("[\"node\", \"server.js\"]", "[\"pnpm\", \"start\"]");
    held_back(&ADD_USER, &[SERVER, package], &text("RUN corepack enable && pnpm install\n"), &["NR7"]);
    for middle in
        ["RUN npm i -g pnpm && pnpm install\n", "ENV COREPACK_HOME=/opt/corepack\nRUN corepack enable\n"]
    {
        let text = text(middle);
        check_in(&ADD_USER, &[SERVER, package], &text, &text.replace("CMD", "USER 1000:1000\nCMD"));
    }
    let named = (
        "package.json",
        "{\"name\": \"a\", \"packageManager\": \"pnpm@10.1.0\", \"scripts\": {\"start\": \"node server.js\"}}",
    );
    held_back(&ADD_USER, &[SERVER, named], &text("RUN npm i -g pnpm && pnpm install\n"), &["NR7"]);
    let node = node("RUN corepack enable && pnpm install\n");
    check_in(&ADD_USER, &[SERVER], &node, &node.replace("CMD", "USER 1000:1000\nCMD"));
}

#[test]
fn nr15_a_platform_that_chooses_the_user_keeps_root() {
    let action = ("action.yml", "name: a\nruns:\n  using: docker\n  image: Dockerfile\n");
    held_back(&ADD_USER, &[SERVER, action], &node(""), &["NR15"]);
    let other = ("action.yml", "runs:\n  using: node20\n  main: x.js\n");
    check_in(&ADD_USER, &[SERVER, other], &node(""), &node("USER 1000:1000\n"));
}

#[test]
fn a_new_user_and_its_use_may_stand_at_one_place() {
    check_in(
        &ADD_USER,
        &[],
        "FROM python:3.12-slim-bookworm\nCMD [\"python\", \"-m\", \"http.server\"]\n",
        "FROM python:3.12-slim-bookworm\nCMD [\"python\", \"-m\", \"http.server\"]\n",
    );
    let options = crate::config::Options { unproven: true, ..Default::default() };
    let text = "FROM debian:bookworm-slim\nCMD [\"x\"]\n";
    let found = outcome(&ADD_USER, &[], text, &options);
    assert!(found.files[0].rejected.is_empty(), "{:?}", found.files[0].rejected);
    let after = found.files[0].after.text();
    assert!(after.contains("nologin app\nUSER 10001:10001\nCMD"), "{after}");
}

#[test]
fn an_open_continuation_at_the_end_holds_it_back() {
    held_back(
        &ADD_USER,
        &[],
        "FROM node:24-bookworm-slim\nCMD [\"node\"]\nRUN x \\\n",
        &["NR3", "open-continuation"],
    );
}

#[test]
fn a_base_that_is_not_root_is_left_alone() {
    check_in(
        &ADD_USER,
        &[],
        "FROM gcr.io/distroless/static-debian13:nonroot\nCMD [\"/x\"]\n",
        "FROM gcr.io/distroless/static-debian13:nonroot\nCMD [\"/x\"]\n",
    );
    held_back(&ADD_USER, &[], "FROM postgres:18\n", &[]);
}

#[test]
fn a_reason_for_root_ends_the_matter() {
    let config = Config::parse("[user]\nrun-as-root = \"raw sockets\"\n", &[]).expect("sound");
    let found = outcome(&ADD_USER, &[SERVER], &node(""), &config.options_for("Dockerfile"));
    assert!(found.files[0].applied.is_empty() && found.files[0].held_back.is_empty());
}

fn built(compose: &str, text: &str) -> FileOutcome {
    run_built(&ADD_USER, &[SERVER, ("compose.yaml", compose)], text, &crate::config::Options::default())
}

/// Two stages that start the server, the first of them named.
fn two(from: &str) -> String {
    let first = node("").replace("slim\n", "slim AS prod\n");
    format!("{first}FROM {from}\nWORKDIR /app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n")
}

#[test]
fn every_stage_that_a_build_names_is_shipped() {
    let text = two("node:24-bookworm-slim");
    let users = |compose| built(compose, &text).after.text().matches("USER 1000:1000\n").count();
    assert_eq!(users("services: {a: {build: {context: ., target: prod}}}"), 2);
    assert_eq!(users("services: {a: {build: .}}"), 1);
    assert_eq!(users("services: {a: {build: {context: ., target: unheard}}}"), 1);
}

#[test]
fn nr1_a_stage_that_goes_on_holds_it_back() {
    let found = built("services: {a: {build: {context: ., target: prod}}}", &two("prod"));
    assert_eq!(found.held_back[0].missing[0].id, "NR1");
    assert_eq!(found.applied.len(), 1);
}

#[test]
fn nr3_another_command_of_a_service_holds_it_back() {
    let compose = "services: {a: {build: ., command: node job.js}}";
    let found = built(compose, &node(""));
    assert_eq!((found.held_back[0].missing[0].id, found.applied.len()), ("NR3", 0));
    // It is judged like the image's own command, and its folders are the user's, too.
    let with = |compose: &str, job: &str| {
        let files = [SERVER, ("job.js", job), ("compose.yaml", compose)];
        run_built(&ADD_USER, &files, &node(""), &crate::config::Options::default())
    };
    assert_eq!(with(compose, "").applied.len(), 1);
    let writes = "require('fs').writeFileSync('out/x', 'y')";
    assert!(with(compose, writes).after.text().contains("chown -R 1000:1000 /app/out\n"));
    for other in ["command: sh job.sh", "command: node $JOB", "entrypoint: node job.js"] {
        let compose = compose.replace("command: node job.js", other);
        assert_eq!(with(&compose, "").held_back[0].missing[0].id, "NR3", "{other}");
    }
    assert_eq!(built(&compose.replace("}}", ", user: '5'}}"), &node("")).applied.len(), 1);
    let config = Config::parse("[user]\nwritable = []\n", &[]).expect("sound");
    let files = [SERVER, ("compose.yaml", compose)];
    let granted = run_built(&ADD_USER, &files, &node(""), &config.options_for("Dockerfile"));
    assert_eq!(granted.applied.len(), 1, "{:?}", granted.held_back);
}

#[test]
fn nr10_a_base_built_from_an_argument_needs_all_builds_to_agree() {
    let text = node("").replace("FROM node:24-bookworm-slim", "ARG TAG=24-bookworm-slim\nFROM node:${TAG}");
    assert_eq!(built("services: {a: {build: .}}", &text).applied.len(), 1);
    for (arguments, applied) in
        [("{TAG: 24-bookworm-slim}", 1), ("{OTHER: x}", 1), ("{TAG: 24-alpine}", 0), ("[TAG]", 0)]
    {
        let compose = format!("services: {{a: {{build: {{context: ., args: {arguments}}}}}}}");
        let found = built(&compose, &text);
        assert_eq!(found.applied.len(), applied, "{arguments}: {:?}", found.held_back);
        assert!(applied == 1 || found.held_back[0].missing[0].id == "NR10");
    }
}

#[test]
fn nr10_a_context_in_the_place_of_the_base_holds_it_back() {
    let compose = "services: {a: {build: {context: ., additional_contexts: {node: ../x}}}}";
    assert_eq!(built(compose, &node("")).held_back[0].missing[0].id, "NR10");
}

#[test]
fn an_alias_lends_the_facts_of_the_public_image() {
    let text = node("").replace("node:24", "mirror.example/hub/node:24");
    held_back(&ADD_USER, &[SERVER], &text, &["NR10"]);
    let config =
        Config::parse("[images.alias]\n'mirror.example/hub/' = 'docker.io/library'\n", &[]).expect("sound");
    let found = outcome(&ADD_USER, &[SERVER], &text, &config.options_for("Dockerfile"));
    assert_eq!(found.files[0].applied.len(), 1, "{:?}", found.files[0].held_back);
    check_in(
        &ADD_USER,
        &[SERVER],
        &node("").replace("node:24", "public.ecr.aws/docker/library/node:24"),
        &node("USER 1000:1000\n").replace("node:24", "public.ecr.aws/docker/library/node:24"),
    );
}

const CARGO: (&str, &str) = ("Cargo.toml", "[package]\nname = \"web\"\n[dependencies]\naxum = \"0.7\"\n");

#[test]
fn nr3_a_program_of_rust_is_judged_by_all_of_its_project() {
    let text = "FROM rust:1.81-slim-bookworm\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\n\
                CMD [\"./target/release/web\"]\n";
    let file = run_alone(&ADD_USER, &[CARGO, ("src/main.rs", "fn main() {}\n")], text);
    assert!(
        file.after.text().ends_with("USER 10001:10001\nCMD [\"./target/release/web\"]\n"),
        "{:?}",
        file.held_back
    );
    held_back(&ADD_USER, &[CARGO, ("src/main.rs", "fn main() { fs::write(a, b); }\n")], text, &["NR3"]);
    // A binary that is copied under another name.
    let renamed = "FROM rust:1.81-slim-bookworm AS build\nWORKDIR /src\nCOPY . .\nRUN cargo build --release\n\
                   FROM debian:bookworm-slim\nCOPY --from=build /src/target/release/web /usr/local/bin/server\nCMD [\"server\"]\n";
    let file = run_alone(&ADD_USER, &[CARGO, ("src/main.rs", "fn main() {}\n")], renamed);
    assert!(file.after.text().contains("USER 10001:10001\nCMD"), "{:?}", file.held_back);
    // Not a program of this project.
    held_back(&ADD_USER, &[CARGO, ("src/main.rs", "")], &text.replace("release/web", "release/x"), &["NR3"]);
}

#[test]
fn nr3_rails_gets_the_folders_that_it_writes() {
    let files = [("Gemfile", "gem 'rails'\ngem 'pg'\n"), ("config/application.rb", "module A\nend\n")];
    let text = "FROM ruby:3.4-slim-bookworm\nWORKDIR /app\nCOPY . .\nCMD [\"bundle\", \"exec\", \"rails\", \"server\"]\n";
    let file = run_alone(&ADD_USER, &files, text);
    assert!(
        file.after.text().contains("chown -R 10001:10001 /app/log /app/storage /app/tmp"),
        "{:?}",
        file.held_back
    );
    held_back(&ADD_USER, &files, &text.replace("\"server\"", "\"runner\", \"x\""), &["NR3"]);
    held_back(&ADD_USER, &[files[0], ("app/a.rb", "File.write(path, text)\n")], text, &["NR3"]);
}

#[test]
fn nr3_a_jar_that_comes_from_elsewhere_is_not_known() {
    let pom = "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>\
               <artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";
    let files = [("pom.xml", pom), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    let text = "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\nCMD [\"java\", \"-jar\", \"/app.jar\"]\n";
    let file = run_alone(&ADD_USER, &files, text);
    assert!(file.after.text().contains("USER 10001:10001\n"), "{:?}", file.held_back);
    let elsewhere = text.replace("target/*.jar", "--from=shop/app /app.jar");
    held_back(&ADD_USER, &files, &elsewhere, &["NR3"]);
    let logs = text.replace("\"-jar\"", "\"-Dlogging.file.name=/x/a.log\", \"-jar\"");
    held_back(&ADD_USER, &files, &logs, &["NR3"]);
}

#[test]
fn nr3_the_environment_may_name_files() {
    let pom = "<project><dependencies><dependency><groupId>org.springframework.boot</groupId>\
               <artifactId>spring-boot-starter-web</artifactId></dependency></dependencies></project>";
    let files = [("pom.xml", pom), ("src/main/java/A.java", "class A {}"), ("target/a.jar", "")];
    let text = |line: &str| {
        format!(
            "FROM eclipse-temurin:21-jre-jammy\nCOPY target/*.jar app.jar\n{line}CMD [\"java\", \"-jar\", \"/app.jar\"]\n"
        )
    };
    for line in [
        "ENV LOGGING_FILE_NAME=/var/log/a.log\n",
        "ENV JAVA_TOOL_OPTIONS=-Xlog:gc:file=/app/gc.log\n",
        "ENV SPRING_DATASOURCE_URL=jdbc:h2:file:/data/db\n",
    ] {
        held_back(&ADD_USER, &files, &text(line), &["NR3"]);
    }
    let elsewhere = text("").replace("\"-jar\"", "\"-Djava.io.tmpdir=/app/tmp\", \"-jar\"");
    held_back(&ADD_USER, &files, &elsewhere, &["NR3"]);
    held_back(&ADD_USER, &[SERVER], &node("ENV TMPDIR=/app/tmp\n"), &["NR3"]);
    let harmless = run_alone(&ADD_USER, &files, &text("ENV SPRING_DATASOURCE_URL=jdbc:h2:mem:x\n"));
    assert_eq!(harmless.applied.len(), 1, "{:?}", harmless.held_back);
    held_back(&ADD_USER, &[SERVER], &node("ENV NODE_COMPILE_CACHE=/app/cache\n"), &["NR3"]);
}

#[test]
fn nr3_a_build_may_run_what_it_builds_and_a_link_is_not_followed() {
    let server = (
        "server.js",
        "require('fs').appendFileSync('x.log', '1')\nrequire('http').createServer().listen(3000)\n",
    );
    let text = node("RUN npm run build\n");
    let manifest = |build: &str| format!("{{\"name\": \"a\", \"scripts\": {{\"build\": \"{build}\"}}}}");
    let (next, tsc) = (manifest("next build"), manifest("rimraf dist && tsc"));
    held_back(&ADD_USER, &[server, ("package.json", &next)], &text, &["NR3"]);
    let file = run_alone(&ADD_USER, &[server, ("package.json", &tsc)], &text);
    assert_eq!(file.applied.len(), 1, "{:?}", file.held_back);
    let server = (
        "server.js",
        "require('fs').appendFileSync('out/x', '1')\nrequire('http').createServer().listen(3000)\n",
    );
    held_back(&ADD_USER, &[server], &node("RUN ln -s /data /app/out\n"), &["NR3"]);
}

#[test]
fn nr13_a_script_may_change_the_user() {
    let text = node("RUN ./setup.sh\nUSER node\n");
    check_in(&ADD_USER, &[SERVER], &text, &text);
    let text = node("RUN chmod +x ./start.sh\nUSER node\n");
    check_in(&ADD_USER, &[SERVER], &text, &text.replace("USER node", "USER 1000:1000"));
}

#[test]
fn nr7_data_that_a_script_of_the_build_fetches_lies_in_the_home_folder() {
    let app = ("app.py", "import nltk\nprint(nltk.word_tokenize('x'))\n");
    let text = |line: &str| {
        format!(
            "FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{line}CMD [\"python\", \"app.py\"]\n"
        )
    };
    let fetch = ("fetch.py", "import nltk\nnltk.download('punkt')\n");
    held_back(&ADD_USER, &[app, fetch], &text("RUN python fetch.py\n"), &["NR7"]);
    held_back(&ADD_USER, &[app], &text("RUN python -c \"import nltk; nltk.download('punkt')\"\n"), &["NR7"]);
    held_back(&ADD_USER, &[app], &text("RUN python -m textblob.download_corpora\n"), &["NR7"]);
    let file = run_alone(&ADD_USER, &[app, fetch], &text("ENV NLTK_DATA=/d\nRUN python fetch.py\n"));
    assert_eq!(file.applied.len(), 1, "{:?}", file.held_back);
}

#[test]
fn nr7_every_mode_and_every_umask_counts() {
    held_back(&ADD_USER, &[SERVER], &node("RUN umask 0027 && cp a b\n"), &["NR7"]);
    held_back(&ADD_USER, &[SERVER], &node("RUN chmod +x a && chmod 600 b\n"), &["NR7"]);
    assert_eq!(run_alone(&ADD_USER, &[SERVER], &node("RUN umask 0022 && cp a b\n")).applied.len(), 1);
}

#[test]
fn nr3_a_folder_in_tmp_that_root_made_is_not_open_to_all() {
    let server = (
        "server.js",
        "require('fs').writeFileSync('/tmp/c/x', '1')\nrequire('http').createServer().listen(3000)\n",
    );
    held_back(&ADD_USER, &[server], &node("RUN mkdir -p /tmp/c\n"), &["NR3"]);
    held_back(&ADD_USER, &[server, ("c/y", "")], &node("COPY c /tmp/c\n"), &["NR3"]);
    assert_eq!(run_alone(&ADD_USER, &[server], &node("RUN mkdir -p /tmp/d\n")).applied.len(), 1);
}

#[test]
fn nr9_rights_that_a_service_adds_are_those_of_root() {
    for line in
        ["privileged: true", "cap_add: [NET_ADMIN]", "volumes: ['/var/run/docker.sock:/var/run/docker.sock']"]
    {
        let compose = format!("services: {{a: {{build: ., {line}}}}}");
        let found = built(&compose, &node(""));
        assert_eq!(found.held_back.first().map(|held| held.missing[0].id), Some("NR9"), "{line}");
    }
    assert_eq!(
        built("services: {a: {build: ., privileged: false, cap_add: []}}", &node("")).applied.len(),
        1
    );
}

#[test]
fn nr3_a_socket_is_a_file_of_its_server() {
    let server = ("server.js", "require('http').createServer().listen('/run/a.sock')\n");
    held_back(&ADD_USER, &[server], &node(""), &["NR3"]);
}

#[test]
fn nr13_groups_of_the_image_and_users_that_are_copied_are_kept() {
    let text = |base: &str, user: &str| format!("FROM {base}\nUSER {user}\nCMD [\"/a\"]\n");
    for (base, user) in [("ubuntu:24.04", "ubuntu"), ("postgres:16-bookworm", "postgres")] {
        check_in(&ADD_USER, &[], &text(base, user), &text(base, user));
    }
    let debian = text("debian:bookworm-slim", "www-data");
    check_in(&ADD_USER, &[], &debian, &debian.replace("www-data", "33:33"));
    let copied = debian.replace("USER", "COPY rootfs/ /\nUSER");
    check_in(&ADD_USER, &[("rootfs/etc/passwd", "")], &copied, &copied);
    check_in(&ADD_USER, &[("rootfs/x", "")], &copied, &copied.replace("www-data", "33:33"));
    let system = debian.replace("USER", "COPY --from=alpine:3.20 / /\nUSER");
    check_in(&ADD_USER, &[], &system, &system);
}
