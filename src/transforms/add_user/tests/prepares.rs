//! NR3: what runs before the program, workers, and folders that the file gives away by itself.

use super::{ADD_USER, SERVER};
use crate::transforms::testing::{held_back, run_alone};

const MANAGE: (&str, &str) = (
    "manage.py",
    "import os, sys\nif __name__ == '__main__':\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\n    \
     from django.core.management import execute_from_command_line\n    execute_from_command_line(sys.argv)\n",
);

const WSGI: (&str, &str) = (
    "conf/wsgi.py",
    "import os\nfrom django.core.wsgi import get_wsgi_application\n\
     os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.settings')\napplication = get_wsgi_application()\n",
);

fn settings(database: &str) -> String {
    format!(
        "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\n\
         INSTALLED_APPS = ['django.contrib.staticfiles']\nDATABASES = {{'default': {database}}}\n\
         STATIC_ROOT = BASE_DIR / 'static'\n"
    )
}

fn python(cmd: &str) -> String {
    format!("FROM python:3.12-slim-bookworm\nWORKDIR /app\nCOPY . .\n{cmd}")
}

/// What the user is given, or the ids that hold it back.
fn given(files: &[(&str, &str)], text: &str) -> Result<String, Vec<&'static str>> {
    let file = run_alone(&ADD_USER, files, text);
    match file.held_back.first() {
        Some(held) => Err(held.missing.iter().map(|missing| missing.id).collect()),
        None => {
            let after = file.after.text().to_owned();
            let line = after.lines().find(|line| line.contains("chown")).unwrap_or_default().to_owned();
            assert!(after.contains("USER "), "{after}");
            Ok(line)
        }
    }
}

const POSTGRES: &str = "{'ENGINE': 'django.db.backends.postgresql', 'NAME': 'x'}";
const SQLITE: &str = "{'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'data' / 'db.sqlite3'}";

fn django(database: &str, before: &str) -> Result<String, Vec<&'static str>> {
    let settings = settings(database);
    let files = [MANAGE, WSGI, ("conf/__init__.py", ""), ("conf/settings.py", settings.as_str())];
    given(&files, &python(&format!("CMD {before} && gunicorn -b :8000 conf.wsgi:application\n")))
}

#[test]
fn commands_of_django_write_what_the_settings_say() {
    let owner = |folders: &str| Ok(format!("RUN mkdir -p {folders} && chown -R 10001:10001 {folders}"));
    assert_eq!(django(POSTGRES, "python manage.py migrate --noinput"), Ok(String::new()));
    assert_eq!(django(POSTGRES, "python manage.py collectstatic --noinput"), owner("/app/static"));
    assert_eq!(django(SQLITE, "python manage.py migrate"), owner("/app/data"));
    // It makes files of migrations beside the sources, or whatever the command of a package may do.
    assert_eq!(django(POSTGRES, "python manage.py makemigrations"), Err(vec!["NR3"]));
    assert_eq!(django(POSTGRES, "python manage.py dumpdata -o x"), Err(vec!["NR3"]));
    assert_eq!(django(POSTGRES, "python manage.py collectstatic --settings other"), owner("/app/static"));
}

#[test]
fn a_script_of_the_project_writes_what_it_says() {
    let app = ("app.py", "print('x')\n");
    let seed = |text: &str| {
        let files = [app, ("seed.py", text)];
        given(&files, &python("CMD python seed.py && python app.py\n"))
    };
    assert_eq!(seed("print('y')\n"), Ok(String::new()));
    let owner = "RUN mkdir -p /app/out && chown -R 10001:10001 /app/out";
    assert_eq!(seed("open('out/x', 'w')\n"), Ok(owner.to_owned()));
    assert_eq!(seed("import sys\nopen(sys.argv[1], 'w')\n"), Err(vec!["NR3"]));
    let other = python("CMD alembic upgrade head && python app.py\n");
    held_back(&ADD_USER, &[app], &other, &["NR3"]);
}

#[test]
fn folders_that_are_made_are_given() {
    let app = ("app.py", "print('x')\n");
    let made = |command: &str| given(&[app], &python(&format!("CMD {command} && python app.py\n")));
    let owner = |folders: &str| Ok(format!("RUN mkdir -p {folders} && chown -R 10001:10001 {folders}"));
    assert_eq!(made("mkdir -p logs /data"), owner("/app/logs /data"));
    // Without `-p` it fails where the folder is there already.
    for command in ["mkdir logs", "mkdir -p \"$X\"", "mkdir -p /etc/app", "mkdir -p /var/lib/app"] {
        assert_eq!(made(command), Err(vec!["NR3"]), "{command}");
    }
}

#[test]
fn what_tee_writes_is_given() {
    let app = ("app.py", "print('x')\n");
    let tee = |file: &str| given(&[app], &python(&format!("CMD python app.py 2>&1 | tee -a {file}\n")));
    assert_eq!(tee("/dev/null"), Ok(String::new()));
    assert_eq!(
        tee("/var/log/app.log"),
        Ok("RUN touch /var/log/app.log && chown 10001:10001 /var/log/app.log".to_owned())
    );
    assert_eq!(tee("/app/log/x"), Ok("RUN mkdir -p /app/log && chown -R 10001:10001 /app/log".to_owned()));
    for file in ["/etc/x", "/var/log/a/b.log", "$LOG"] {
        assert_eq!(tee(file), Err(vec!["NR3"]), "{file}");
    }
    let piped = python("CMD python app.py | grep x | tee y\n");
    held_back(&ADD_USER, &[app], &piped, &["NR8"]);
}

#[test]
fn workers_of_celery_are_followed() {
    let package =
        [("proj/__init__.py", ""), ("proj/celery.py", "from celery import Celery\napp = Celery('proj')\n")];
    let worker = |task: &str, options: &str| {
        let files = [package[0], package[1], ("proj/tasks.py", task)];
        given(&files, &python(&format!("CMD [\"celery\", \"-A\", \"proj\", {options}]\n")))
    };
    assert_eq!(worker("", "\"worker\""), Ok(String::new()));
    assert_eq!(worker("import sys\nopen(sys.argv[1], 'w')\n", "\"worker\""), Err(vec!["NR3"]));
    // Its schedule lies in a file of the working folder.
    assert_eq!(worker("", "\"worker\", \"-B\""), Err(vec!["NR3"]));
    assert_eq!(worker("", "\"worker\", \"-EB\""), Err(vec!["NR3"]));
    assert_eq!(worker("", "\"beat\""), Err(vec!["NR3"]));
    assert_eq!(worker("X = 'filesystem://'\n", "\"worker\""), Err(vec!["NR3"]));
}

#[test]
fn pages_of_streamlit_are_followed() {
    let page = |text: &str| {
        let files = [("app.py", "import streamlit as st\nst.write('x')\n"), ("pages/a.py", text)];
        given(&files, &python("CMD [\"streamlit\", \"run\", \"app.py\"]\n"))
    };
    assert_eq!(page("print('x')\n"), Ok(String::new()));
    assert_eq!(page("import sys\nopen(sys.argv[1], 'w')\n"), Err(vec!["NR3"]));
}

#[test]
fn a_program_of_go_is_found_by_its_name() {
    let main = (
        "main.go",
        "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n",
    );
    let files = [("go.mod", "module example.com/a\n"), main];
    let text = |output: &str| {
        format!(
            "FROM golang:1.26-trixie\nWORKDIR /usr/src/app\nCOPY . .\nRUN go build -v -o {output} ./...\nCMD [\"app\"]\n"
        )
    };
    assert_eq!(given(&files, &text("/usr/local/bin/app")), Ok(String::new()));
    assert_eq!(given(&files, &text("/opt/app")), Err(vec!["NR9", "NR3"]));
}

#[test]
fn what_stands_below_usr_src_is_no_folder_of_the_system() {
    let server = (
        "server.js",
        "require('fs').mkdirSync('up', { recursive: true })\nrequire('http').createServer().listen(3000)\n",
    );
    let text = "FROM node:24-bookworm-slim\nWORKDIR /usr/src/app\nCOPY . .\nCMD [\"node\", \"server.js\"]\n";
    let owner = "RUN chown 1000:1000 /usr/src/app";
    assert_eq!(given(&[server], text), Ok(owner.to_owned()));
    assert_eq!(given(&[server], &text.replace("/usr/src/app", "/usr/local/lib")), Err(vec!["NR3"]));
}

#[test]
fn folders_that_the_file_gives_already_are_not_given_twice() {
    let server = (
        "server.js",
        "require('fs').writeFileSync('up/x', '')\nrequire('http').createServer().listen(3000)\n",
    );
    let text = |middle: &str| {
        format!("FROM node:24-bookworm-slim\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"node\", \"server.js\"]\n")
    };
    let owns = "RUN chown -R node:node up\n";
    let once = |middle: &str| {
        run_alone(&ADD_USER, &[SERVER, server][1..], &text(middle)).after.text().matches("chown").count()
    };
    assert_eq!(once(owns), 1);
    assert_eq!(once("RUN chown -R node up && chmod -R 755 up\n"), 1);
    for middle in [
        // Root puts something there afterwards, it is another's, or not given whole or for certain.
        "RUN chown -R node:node up\nRUN touch up/x\n",
        "RUN chown -R node:node up\nCOPY x up/\n",
        "RUN chown -R root:root up\n",
        "RUN chown node:node up\n",
        "RUN chown -R node:node up || true\n",
    ] {
        assert_eq!(once(middle), 2, "{middle}");
    }
}

#[test]
fn sources_behind_bun_are_followed() {
    let text = "FROM oven/bun:1.2\nWORKDIR /app\nCOPY . .\nCMD [\"bun\", \"run\", \"index.ts\"]\n";
    assert_eq!(
        given(&[("index.ts", "Bun.serve({ port: 3000, fetch: () => new Response('x') })\n")], text),
        Ok(String::new())
    );
    assert_eq!(given(&[("index.ts", "await Bun.write(process.argv[2], 'x')\n")], text), Err(vec!["NR3"]));
    let plain = ("index.ts", "console.log(1)\n");
    assert_eq!(given(&[plain, ("bunfig.toml", "preload = ['./p.ts']\n")], text), Err(vec!["NR3"]));
    assert_eq!(given(&[("index.ts", "new Worker('./w.ts')\n")], text), Err(vec!["NR3"]));
    assert_eq!(given(&[plain], &text.replace("\"run\"", "\"--preload\", \"./p.ts\"")), Err(vec!["NR3"]));
}

#[test]
fn folders_of_many_programs_are_not_given_away() {
    let writes = |path: &str| {
        given(&[("app.py", &format!("open('{path}', 'w')\n"))], &python("CMD [\"python\", \"app.py\"]\n"))
    };
    assert_eq!(writes("/data/x"), Ok("RUN mkdir -p /data && chown -R 10001:10001 /data".to_owned()));
    for path in ["/var/x", "/opt/x", "/home/x", "/srv/x"] {
        assert_eq!(writes(path), Err(vec!["NR3"]), "{path}");
    }
}

#[test]
fn nr7_scripts_that_the_owner_alone_may_run() {
    let files = [("app.py", "print('x')\n"), ("entry.sh", "#!/bin/sh\nexec python app.py\n")];
    let text = |mode: &str| python(&format!("RUN chmod {mode} entry.sh\nCMD [\"./entry.sh\"]\n"));
    assert_eq!(given(&files, &text("+x")), Ok(String::new()));
    for mode in ["u+x", "744"] {
        assert_eq!(given(&files, &text(mode)), Err(vec!["NR7"]), "{mode}");
    }
}

#[test]
fn databases_that_a_variable_names_are_not_known() {
    let files = [
        ("composer.json", "{\"require\": {\"laravel/framework\": \"^10.0\"}}"),
        ("config/database.php", "<?php\n"),
        ("artisan", "x"),
        ("a.php", "<?php\n"),
    ];
    let text = |middle: &str| {
        format!(
            "FROM php:8.3-cli-bookworm\nWORKDIR /app\nCOPY . .\n{middle}CMD [\"php\", \"artisan\", \"serve\"]\n"
        )
    };
    let folders = "/app/bootstrap/cache /app/storage";
    let owner = format!("    && chown -R 33:33 {folders}");
    assert_eq!(given(&files, &text("")), Ok(owner));
    assert_eq!(given(&files, &text("ENV DB_CONNECTION=sqlite\n")), Err(vec!["NR3"]));
}
