//! What the questions answer, language by language: one that holds, one that does not, one trap.

mod handed;

use super::*;

fn sources(language: Language, entry: &str, files: &[(&str, &str)]) -> Sources {
    let project = Project::in_memory(files.iter().copied());
    let entry = match language {
        Language::Go => Entry::Package(entry.to_owned()),
        _ => Entry::Script(entry.to_owned()),
    };
    let scope = Scope { language, entries: vec![entry], built: Vec::new() };
    Sources::read(&project, &scope)
}

fn node(text: &str) -> Sources {
    sources(Language::JavaScript, "server.js", &[("server.js", text)])
}

fn python(text: &str) -> Sources {
    sources(Language::Python, "app.py", &[("app.py", text)])
}

fn go(text: &str) -> Sources {
    let text = format!("package main\n{text}");
    sources(Language::Go, ".", &[("main.go", &text), ("go.mod", "module example.com/app\n")])
}

/// What is written, each as its base and path.
#[track_caller]
fn writes(sources: &Sources) -> Vec<String> {
    let answer = sources.writes(Grants::None);
    assert_eq!(answer.gaps, [], "no gaps");
    shown(answer)
}

#[track_caller]
fn reads(sources: &Sources) -> Vec<String> {
    shown(sources.reads())
}

fn shown(answer: Answer<Target>) -> Vec<String> {
    let show = |found: Found<Target>| {
        let Target { base, path, whole, .. } = found.value;
        format!("{base:?} {path}{}", if whole { "" } else { "…" })
    };
    answer.found.into_iter().map(show).collect()
}

/// The gaps of the question what is written.
fn gaps(sources: &Sources) -> Vec<String> {
    sources.writes(Grants::None).gaps.iter().map(Gap::text).collect()
}

#[track_caller]
fn nothing_written(sources: &Sources) {
    let answer = sources.writes(Grants::None);
    assert!(answer.is_proven_empty(), "{answer:?}");
}

#[test]
fn plain_servers_write_nothing() {
    nothing_written(&node(
        "const express = require('express')\nconst app = express()\napp.get('/', (q, r) => r.send('a'))\napp.listen(3000)",
    ));
    nothing_written(&python("from flask import Flask\nimport os, json\napp = Flask(__name__)\napp.run()"));
    nothing_written(&go(
        "import (\"net/http\"; \"os\"; \"fmt\")\nfunc main() { fmt.Println(os.Args); http.ListenAndServe(\":80\", nil) }",
    ));
}

#[test]
fn writes_are_found_with_their_paths() {
    let text = "const fs = require('fs')\nfs.mkdirSync('./data', {})\nfs.writeFile(path.join(__dirname, 'out', n), x)";
    assert_eq!(writes(&node(text)), ["Workdir data", "Context out…"]);
    let text = "import fs from 'node:fs/promises'\nawait fs.writeFile(name, x)\nawait fs.appendFile('/var/log/a.log', y)";
    assert_eq!(writes(&node(text)), ["Unknown …", "Root var/log/a.log"]);
    let text = "import os\nos.makedirs('uploads', exist_ok=True)\nwith open(f'uploads/{n}.txt', 'w') as f: pass\nopen('a', mode='ab')";
    assert_eq!(writes(&python(text)), ["Workdir uploads", "Workdir uploads…", "Workdir a"]);
    let text =
        "from pathlib import Path\nD = Path(__file__).parent / 'data'\nD.mkdir()\n(D / 'x').write_text('y')";
    assert_eq!(writes(&python(text)), ["Context data", "Context data/x"]);
    let text = "import \"os\"\nfunc main() { os.MkdirAll(\"data\", 0o755); f, _ := os.Create(name) }";
    assert_eq!(writes(&go(text)), ["Workdir data", "Unknown …"]);
}

#[test]
fn temporary_files_and_streams_are_no_writes() {
    nothing_written(&node(
        "const fs = require('fs'), os = require('os'), path = require('path')\nfs.writeFileSync(path.join(os.tmpdir(), 'x'), y)\nfs.writeFileSync(`/tmp/${n}`, y)",
    ));
    nothing_written(&python(
        "import tempfile, sys\nfrom loguru import logger\nlogger.add(sys.stderr)\nopen('/dev/null', 'w')\ntempfile.NamedTemporaryFile()",
    ));
    nothing_written(&go(
        "import \"os\"\nfunc main() { os.CreateTemp(\"\", \"x\"); os.WriteFile(\"/tmp/x\", b, 0) }",
    ));
}

#[test]
fn sinks_in_comments_and_strings_are_no_writes() {
    nothing_written(&node(
        "const fs = require('fs')\n// fs.writeFileSync('x')\nconst s = \"fs.writeFile('x')\", r = /fs.writeFile(\"/\n",
    ));
    nothing_written(&node("const fs = require('fs')\nconst s = `fs.writeFile('x') ${ `fs.rm` }`"));
    nothing_written(&python("\"\"\"\nopen('x', 'w')\n\"\"\"\n# open('x', 'w')\ns = \"open('x', 'w')\""));
    nothing_written(&go("// os.Create(\"x\")\nvar s = `os.Create(\"x\")`\nimport \"os\""));
}

#[test]
fn sinks_in_templates_are_writes() {
    assert_eq!(writes(&node("const fs = require('fs')\nx = `a ${fs.writeFileSync('b')} c`")), ["Workdir b"]);
    assert_eq!(writes(&python("x = f'a {open(\"b\", \"w\")} c'")), ["Workdir b"]);
}

#[test]
fn names_of_sinks_cannot_hide_them() {
    assert_eq!(writes(&node("const { writeFile: w } = require('fs'); w('a')")), ["Workdir a"]);
    assert_eq!(writes(&node("const p = require('fs').promises; p.rm('a')")), ["Workdir a"]);
    assert_eq!(writes(&python("from os import remove as r\nr('a')")), ["Workdir a"]);
    assert_eq!(writes(&python("import os\nr = os.remove\nr('a')")), ["Workdir a"]);
    assert_eq!(writes(&go("import o \"os\"\nfunc main() { o.Create(\"a\") }")), ["Workdir a"]);
    // Handed on, and then anything can be done with it.
    assert!(!node("run(require('fs'))").writes(Grants::None).is_proven_empty());
    assert!(!node("const fs = require('fs'); fs[name]('a')").writes(Grants::None).is_proven_empty());
    assert!(!python("import os\nrun(os)").writes(Grants::None).is_proven_empty());
    assert!(!python("f = open\nf('a', 'w')").writes(Grants::None).is_proven_empty());
    assert!(!go("import . \"os\"\nfunc main() { Create(\"a\") }").writes(Grants::None).is_proven_empty());
}

#[test]
fn what_cannot_be_followed_is_a_gap() {
    assert_eq!(
        gaps(&node("require('left-handed-pad')")),
        ["nothing is known of the package `left-handed-pad` (server.js:1)"]
    );
    assert_eq!(gaps(&node("require(name)")), ["`require(…)` of a name that is computed (server.js:1)"]);
    assert_eq!(gaps(&node("require('./gone')")), ["`./gone` is not sent to the build (server.js:1)"]);
    assert_eq!(
        gaps(&node("const s = 'a\n'")),
        ["it cannot be read: a string that does not end (server.js:1)"]
    );
    assert_eq!(gaps(&node("eval(x)")), ["nothing is known of what `global:eval` does (server.js:1)"]);
    assert_eq!(
        gaps(&python("import importlib\nimportlib.import_module(name)")),
        ["`importlib.import_module` of a name that is computed (app.py:2)"]
    );
    assert_eq!(
        gaps(&python("import subprocess\nsubprocess.run(['ls'])")),
        ["`subprocess.run` starts another program (app.py:2)"]
    );
    assert_eq!(
        gaps(&sources(Language::JavaScript, "gone.js", &[])),
        ["`gone.js` is started, and not sent to the build"]
    );
    assert!(!go("import \"C\"").writes(Grants::None).is_proven_empty());
}

#[test]
fn names_that_grow_without_end_are_a_gap() {
    let grows = |line: &str| format!("import os\na = os\n{}", line.repeat(30));
    assert!(!python(&grows("a = a.b\n")).writes(Grants::None).is_proven_empty());
    let grows = |line: &str| format!("let a = require('os')\n{}", line.repeat(30));
    assert!(!node(&grows("a = a.b\n")).writes(Grants::None).is_proven_empty());
}

#[test]
fn deep_nesting_and_circles_come_to_an_end() {
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
    let multer = |argument: &str| node(&format!("const m = require('multer'); m({argument})"));
    multer(&nested("{ a: ", "}")).writes(Grants::None);
    node(&format!("const {} = require('fs')", nested("{ a: ", "}"))).writes(Grants::None);
    node(&format!("require('fs').writeFile({})", nested("(", ")"))).writes(Grants::None);
    node(&format!("f{}", "()".repeat(50_000))).writes(Grants::None);
    go(&format!("var x = f{}", "()".repeat(50_000))).writes(Grants::None);
    python(&format!("open({}, 'w')", nested("[", "]"))).writes(Grants::None);
    let circle = "const app = require('express')(); const a = b, b = a; app.use(a); app.get('/up', f)";
    assert_eq!(node(circle).health_route(), None);
}

#[test]
fn files_are_followed_through_their_imports() {
    let files = [
        ("bin/www", "#!/usr/bin/env node\nvar app = require('../app')"),
        ("app.js", "import r from './routes/index.js'; require('./lib')"),
        ("routes/index.ts", "import fs from 'fs'; fs.writeFileSync('a')"),
        ("lib/package.json", "{\"main\": \"x\"}"),
        ("lib/x.js", ""),
        ("unrelated.js", "require('fs').rmSync('b')"),
    ];
    let read = sources(Language::JavaScript, "bin/www", &files);
    let found: Vec<String> = read.files().found.into_iter().map(|found| found.value).collect();
    assert_eq!(found, ["bin/www", "app.js", "routes/index.ts", "lib/x.js"]);
    assert_eq!(writes(&read), ["Workdir a"]);

    let files = [
        ("app.py", "from pkg import a\nfrom pkg.b import *\nimport helpers"),
        ("pkg/__init__.py", ""),
        ("pkg/a.py", "from . import c"),
        ("pkg/b.py", "import os"),
        ("pkg/c.py", "open('c', 'w')"),
        ("helpers.py", "if __name__ == '__main__':\n    open('x', 'w')\n"),
        ("other.py", "open('b', 'w')"),
    ];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir c"]);

    let files = [
        (
            "app.py",
            "import uvicorn\nuvicorn.run('pkg.web:app', port=80)\nfrom flask import Flask\na.config.from_object('conf.Own')",
        ),
        ("pkg/web.py", "import importlib\nimportlib.import_module('extra')"),
        ("extra.py", "open('e', 'w')"),
        ("conf.py", "open('f', 'w')"),
    ];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir f", "Workdir e"]);

    let files = [
        ("go.mod", "module example.com/app\nreplace example.com/lib => ./lib // here\n"),
        ("cmd/x/main.go", "package main\nimport \"example.com/app/store\""),
        ("cmd/x/main_test.go", "package main\nimport \"os\"\nvar f = os.Remove(\"t\")"),
        (
            "store/store.go",
            "package store\nimport (\"os\"; \"example.com/lib/deep\")\nfunc F() { os.Remove(\"s\") }",
        ),
        ("lib/deep/deep.go", "package deep\nimport \"os\"\nfunc F() { os.Remove(\"d\") }"),
    ];
    assert_eq!(writes(&sources(Language::Go, "cmd/x", &files)), ["Workdir s", "Workdir d"]);
}

#[test]
fn names_that_one_file_takes_from_another_are_followed() {
    let files = [("app.py", "from common import *\nos.remove('a')"), ("common.py", "import os")];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir a"]);
    let files = [("app.py", "import common\ncommon.os.remove('a')"), ("common.py", "import os")];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir a"]);
    let files = [("app.py", "from common import o\no.remove('a')"), ("common.py", "import os as o")];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir a"]);
    let files = [
        ("app.py", "import settings\nsettings.DATA.mkdir()\nsettings.write_text('x')"),
        ("settings.py", "from pathlib import Path\nDATA = Path('a')\ndef write_text(x): pass"),
    ];
    assert_eq!(writes(&sources(Language::Python, "app.py", &files)), ["Workdir a"]);
}

#[test]
fn built_files_are_found_at_their_sources() {
    let files = [("src/main.ts", "import fs from 'fs'; fs.rmSync('a')")];
    let project = Project::in_memory(files);
    let scope = Scope {
        language: Language::JavaScript,
        entries: vec![Entry::Script("dist/main.js".to_owned())],
        built: vec![("dist".to_owned(), "src".to_owned())],
    };
    assert_eq!(writes(&Sources::read(&project, &scope)), ["Workdir a"]);
}

#[test]
fn packages_write_what_their_rows_say() {
    assert_eq!(
        writes(&node("const multer = require('multer'); multer({ dest: 'uploads/' })")),
        ["Workdir uploads…"]
    );
    nothing_written(&node("const multer = require('multer'); multer({ storage: multer.memoryStorage() })"));
    assert_eq!(
        writes(&node("const multer = require('multer'); const o = { dest: 'up' }; multer(o)")),
        ["Workdir up…"]
    );
    assert_eq!(writes(&node("const multer = require('multer'); multer(options)")), ["Unknown …"]);
    assert_eq!(
        writes(&node(
            "const { createLogger, transports: t } = require('winston')\nnew t.File({ filename: 'a.log' })"
        )),
        ["Workdir a.log"]
    );
    nothing_written(&node(
        "const w = require('winston'); w.createLogger({ transports: [new w.transports.Console()] })",
    ));
    assert_eq!(
        writes(&node("const B = require('better-sqlite3'); new B('data/x.db')")),
        ["Workdir data/x.db"]
    );
    nothing_written(&node("const B = require('better-sqlite3'); new B(':memory:')"));
    assert_eq!(
        writes(&python("from flask import request\nrequest.files['a'].save('up/x')")),
        ["Workdir up/x"]
    );
    let read = python("from sqlalchemy import create_engine\ncreate_engine('sqlite:///./test.db')");
    assert_eq!(shown(read.writes(Grants::None)), ["Workdir test.db"]);
    let clean = |requirements| {
        let text =
            "import os\nfrom sqlalchemy import create_engine\ncreate_engine(os.environ['DATABASE_URL'])";
        let files = [("app.py", text), ("requirements.txt", requirements)];
        sources(Language::Python, "app.py", &files).writes(Grants::None).is_proven_empty()
    };
    assert!(clean("sqlalchemy==2.0\npsycopg2-binary==2.9\n"));
    assert!(!clean("sqlalchemy==2.0\n"));
    assert_eq!(
        writes(&python(
            "import logging\nfrom logging.handlers import RotatingFileHandler as R\nR('/var/log/x')"
        )),
        ["Root var/log/x"]
    );
    nothing_written(&python("import logging\nlogging.basicConfig(level=logging.INFO)"));
    assert_eq!(writes(&go("import _ \"github.com/mattn/go-sqlite3\"")), ["Unknown …"]);
}

#[test]
fn a_database_that_the_sources_name_is_the_one() {
    let engine =
        |url: &str| python(&format!("import os\nfrom sqlalchemy import create_engine\ncreate_engine({url})"));
    assert_eq!(writes(&engine("'sqlite:///./data/x.db'")), ["Workdir data/x.db"]);
    assert_eq!(writes(&engine("'sqlite+aiosqlite:////data/x.db'")), ["Root data/x.db"]);
    assert_eq!(
        writes(&engine("'sqlite:///' + os.path.join(os.path.dirname(__file__), 'x.db')")),
        ["Context x.db"]
    );
    let given = engine("os.getenv('DB', 'sqlite:///x.db')").writes(Grants::None).found;
    assert_eq!(given[0].value.variable.as_deref(), Some("DB"));
    nothing_written(&engine("'postgresql://db/x'"));
    let named = python(
        "from sqlalchemy import create_engine\nURL = 'sqlite:///x.db'\nengine = create_engine(URL, echo=False)",
    );
    assert_eq!(writes(&named)[0], "Workdir x.db");
    assert_eq!(gaps(&engine("os.environ['DB']")), ["nothing is known of what `sqlalchemy` does (app.py:2)"]);
    let flask = |requirements: &str| {
        let text = "import os\nfrom flask_sqlalchemy import SQLAlchemy\nclass Config:\n    \
                    SQLALCHEMY_DATABASE_URI = os.environ.get('DB') or 'sqlite:///x.db'\n";
        sources(Language::Python, "app.py", &[("app.py", text), ("requirements.txt", requirements)])
    };
    assert_eq!(writes(&flask("flask-sqlalchemy==3.1.1\n"))[0], "Context instance…");
    assert_eq!(gaps(&flask("Flask-SQLAlchemy==2.5.1\n")).len(), 1);
    assert_eq!(gaps(&python("from flask import Flask\nFlask(__name__, instance_path='/data')")).len(), 1);
}

#[test]
fn constants_of_one_file_are_worth_the_same_in_another() {
    let with = |config: &str, app: &str| {
        let files = [("app/main.py", app), ("app/core/config.py", config), ("app/core/__init__.py", "")];
        let (project, entries) = (
            Project::in_memory(files),
            vec![Entry::Module { name: "app.main".into(), root: String::new(), main: false }],
        );
        Sources::read(&project, &Scope { language: Language::Python, entries, built: Vec::new() })
    };
    let here = "import os\nDATA = os.path.join(os.path.dirname(__file__), 'data')\n";
    let from = "from app.core.config import DATA\nopen(DATA + '/x', 'w')\n";
    assert_eq!(writes(&with(here, from)), ["Context app/core/data/x"]);
    let module = "from .core import config\nopen(f'{config.DATA}/x', 'w')\n";
    assert_eq!(writes(&with("DATA = '/data'\n", module)), ["Root data/x"]);
    assert_eq!(writes(&with("DATA = input()\n", from)), ["Unknown …"]);
    // A name that is given twice, there or here, is no constant.
    assert_eq!(writes(&with("DATA = 'a'\nDATA = 'b'\n", from)), ["Unknown …"]);
    let own = "from app.core.config import DATA\nDATA = input()\nopen(DATA + '/x', 'w')\n";
    assert_eq!(writes(&with("DATA = 'a'\n", own)), ["Unknown …"]);
}

#[test]
fn settings_of_the_application_are_found_in_the_file() {
    let with = |given: &str| {
        python(&format!(
            "import os\nfrom flask import Flask, request\napp = Flask(__name__)\n{given}\n\
             request.files['a'].save(os.path.join(app.config['UP'], name))"
        ))
    };
    assert_eq!(writes(&with("app.config['UP'] = 'uploads'")), ["Workdir uploads…"]);
    assert_eq!(writes(&with("app.config['UP'] = 'a'\napp.config['UP'] = 'b'")), ["Unknown …"]);
}

#[test]
fn a_path_beside_the_name_of_a_backend_is_what_it_writes() {
    let with = |name: &str| {
        let settings = format!(
            "from pathlib import Path\nBASE_DIR = Path(__file__).resolve().parent.parent\nDATABASES = {{'default': \
             {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': {name}}}}}"
        );
        let manage = "from django.core.management import execute_from_command_line";
        sources(Language::Python, "manage.py", &[("manage.py", manage), ("site/settings.py", &settings)])
    };
    assert_eq!(writes(&with("BASE_DIR / 'db.sqlite3'")), ["Context db.sqlite3"]);
    assert_eq!(writes(&with("'/data/db.sqlite3'")), ["Root data/db.sqlite3"]);
    assert_eq!(writes(&with("env('X')")), ["Unknown …"]);
}

#[test]
fn uploads_of_django_go_to_the_folder_of_the_settings() {
    let with = |settings: &str| {
        let files = [
            ("manage.py", "from django.core.management import execute_from_command_line"),
            ("site/settings.py", settings),
            (
                "shop/models.py",
                "from django.db import models\nclass A(models.Model): f = models.ImageField(upload_to='x')",
            ),
        ];
        sources(Language::Python, "manage.py", &files)
    };
    assert_eq!(writes(&with("MEDIA_ROOT = '/data/media'")), ["Root data/media…"]);
    let here = "import os\nBASE_DIR = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\n\
                MEDIA_ROOT = os.path.join(BASE_DIR, 'media')";
    assert_eq!(writes(&with(here)), ["Context media…"]);
    assert_eq!(writes(&with("")), ["Unknown …"]);
    assert_eq!(writes(&with("MEDIA_ROOT = env('X')")), ["Unknown …"]);
}

#[test]
fn folders_that_are_made_anew_are_told() {
    let anew = |text: &str| python(&format!("import os\n{text}")).made_anew().len();
    assert_eq!(anew("os.mkdir('data')"), 1);
    assert_eq!(anew("os.makedirs('data', exist_ok=True)"), 0);
    assert_eq!(anew("if not os.path.exists('data'):\n    os.mkdir('data')"), 0);
}

#[test]
fn imports_by_the_settings_of_typescript_are_followed() {
    let files = [
        (
            "tsconfig.json",
            "{\"compilerOptions\": {\"baseUrl\": \"./\", \"paths\": {\"@/*\": [\"src/*\"]}}} // x",
        ),
        ("src/main.ts", "import { a } from '@/a'; import { b } from 'src/b'; import fs from 'fs';"),
        ("src/a.ts", "import fs from 'fs'; fs.rmSync('a')"),
        ("src/b.ts", "import fs from 'fs'; fs.rmSync('b')"),
    ];
    assert_eq!(writes(&sources(Language::JavaScript, "src/main.ts", &files)), ["Workdir a", "Workdir b"]);
}

#[test]
fn sequelize_is_only_clean_without_a_driver_for_files() {
    let with = |manifest| {
        let files = [
            ("package.json", manifest),
            ("server.js", "const { Sequelize } = require('sequelize'); new Sequelize(url)"),
        ];
        sources(Language::JavaScript, "server.js", &files).writes(Grants::None).is_proven_empty()
    };
    assert!(with("{\"dependencies\": {\"sequelize\": \"6\", \"pg\": \"8\"}}"));
    assert!(!with("{\"dependencies\": {\"sequelize\": \"6\", \"sqlite3\": \"5\"}}"));
}

#[test]
fn prisma_is_clean_where_its_schema_names_a_server() {
    let with = |schema: Option<&str>| {
        let mut files =
            vec![("server.js", "const { PrismaClient } = require('@prisma/client'); new PrismaClient()")];
        files.extend(schema.map(|schema| ("prisma/schema.prisma", schema)));
        sources(Language::JavaScript, "server.js", &files).writes(Grants::None).is_proven_empty()
    };
    assert!(with(Some("datasource db { provider = \"postgresql\" }")));
    assert!(!with(Some("datasource db { provider = \"sqlite\" }")));
    assert!(!with(None));
}

#[test]
fn context_that_is_not_whole_is_a_gap() {
    let scope =
        Scope { language: Language::Go, entries: vec![Entry::Package(String::new())], built: Vec::new() };
    let read = Sources::read(&Project::unknown(), &scope);
    assert_eq!(read.writes(Grants::None).gaps[0].kind, GapKind::TooLarge);
}

#[test]
fn stated_folders_settle_what_is_open_and_are_held_to_it() {
    let read = node(
        "const fs = require('fs'); require('left-handed-pad')\nfs.writeFile(n)\nfs.writeFile('up/a')\nfs.writeFile('b')",
    );
    let folders = ["up".to_owned()];
    let answer = read.writes(Grants::Stated(&folders));
    assert_eq!(answer.gaps, []);
    assert_eq!(shown(answer), ["Workdir b"]);
    let folders = ["./up/".to_owned(), ".".to_owned()];
    assert!(read.writes(Grants::Stated(&folders)).is_proven_empty());
}

#[test]
fn django_loads_files_and_apps_by_name() {
    let files = [
        ("manage.py", "from django.core.management import execute_from_command_line"),
        (
            "site/settings.py",
            "INSTALLED_APPS = ['django.contrib.admin', 'corsheaders', 'shop.apps.Shop', 'odd_app']",
        ),
        ("shop/__init__.py", ""),
        ("shop/apps.py", ""),
        (
            "shop/models.py",
            "from django.db import models\nclass A(models.Model): f = models.FileField(upload_to='x')",
        ),
        ("shop/tests.py", "open('x', 'w')"),
    ];
    let read = sources(Language::Python, "manage.py", &files);
    assert_eq!(gaps(&read), ["nothing is known of the package `odd_app` (site/settings.py:1)"]);
    assert_eq!(shown(read.writes(Grants::None)), ["Unknown …"]);
}

#[test]
fn reads_are_found() {
    let text = "const express = require('express'), fs = require('fs'), path = require('path')\nconst app = express()\n\
        app.use(express.static(path.join(__dirname, 'public')))\napp.set('views', 'pages')\napp.set('port', 3000)\n\
        fs.readFileSync('config.json')";
    assert_eq!(reads(&node(text)), ["Context public", "Workdir config.json", "Workdir pages"]);
    assert_eq!(reads(&python("open('a.json')\nopen('b', 'rb')")), ["Workdir a.json", "Workdir b"]);
    let text = "import (\"html/template\"; \"os\"; \"embed\")\nfunc main() { template.ParseFiles(\"t/a.html\"); os.Open(\"c.yml\") }";
    assert_eq!(reads(&go(text)), ["Workdir t/a.html", "Workdir c.yml"]);
}

/// The listeners, each as port, variable and interface.
fn listens(sources: &Sources) -> Vec<String> {
    let show = |found: Found<Listener>| {
        let Listener { port, variable, interface, http, tls } = found.value;
        let port = port.map_or("?".to_owned(), |port| port.to_string());
        let variable = variable.map_or(String::new(), |name| format!(" ${name}"));
        let other = if http { "" } else { " other" };
        format!("{port}{variable} {interface:?}{other}{}", if tls { " tls" } else { "" })
    };
    sources.listeners().found.into_iter().map(show).collect()
}

#[test]
fn ports_of_node_are_found() {
    let express =
        |rest: &str| node(&format!("const express = require('express')\nconst app = express()\n{rest}"));
    assert_eq!(listens(&express("app.listen(3000)")), ["3000 All"]);
    assert_eq!(
        listens(&express("const p = process.env.PORT || 3000\napp.listen(p, () => {})")),
        ["3000 $PORT All"]
    );
    assert_eq!(listens(&express("app.listen(8080, '127.0.0.1')")), ["8080 Loopback"]);
    assert_eq!(listens(&express("function up() {}\napp.listen(80, up)")), ["80 All"]);
    assert_eq!(listens(&express("app.listen(config.port)")), ["? All"]);
    assert_eq!(listens(&express("// app.listen(1)\nx = 'app.listen(2)'")), [""; 0]);
    assert_eq!(
        listens(&node("const f = require('fastify')()\nf.listen({ port: 3000, host: '0.0.0.0' })")),
        ["3000 All"]
    );
    assert_eq!(listens(&node("const f = require('fastify')()\nf.listen({ port: 3000 })")), ["3000 Loopback"]);
    assert_eq!(listens(&node("const http = require('http')\nhttp.createServer(f).listen(80)")), ["80 All"]);
    assert_eq!(
        listens(&node("const s = require('https')\ns.createServer(o, f).listen(443)")),
        ["443 All tls"]
    );
    assert_eq!(listens(&node("const net = require('net')\nnet.createServer(f).listen(7)")), ["7 All other"]);
}

#[test]
fn ports_of_python_are_found() {
    let flask =
        |rest: &str| python(&format!("from flask import Flask\nimport os\napp = Flask(__name__)\n{rest}"));
    assert_eq!(listens(&flask("app.run()")), ["5000 Loopback"]);
    assert_eq!(listens(&flask("app.run(host='0.0.0.0', port=8080)")), ["8080 All"]);
    assert_eq!(listens(&flask("app.run('0.0.0.0', int(os.environ.get('PORT', 80)))")), ["80 $PORT All"]);
    assert_eq!(listens(&flask("job.run()")), [""; 0]);
    assert_eq!(listens(&flask("if __name__ == '__main__':\n    app.run()")), ["5000 Loopback"]);
    assert_eq!(
        listens(&python("import uvicorn\nuvicorn.run('a:b', host='0.0.0.0', port=9000)")),
        ["9000 All"]
    );
    assert_eq!(
        listens(&python("from http.server import HTTPServer\nHTTPServer(('', 8000), H)")),
        ["8000 All"]
    );
    assert_eq!(
        listens(&python("import grpc\ns = grpc.server(p)\ns.add_insecure_port('[::]:50051')")),
        ["50051 All other"]
    );
}

#[test]
fn ports_of_go_are_found() {
    assert_eq!(
        listens(&go("import \"net/http\"\nfunc main() { http.ListenAndServe(\":8080\", nil) }")),
        ["8080 All"]
    );
    let text = "import (\"net/http\"; \"os\")\nfunc main() { port := os.Getenv(\"PORT\")\nif port == \"\" {\nport = \"80\"\n}\n\
        http.ListenAndServe(\":\" + port, nil) }";
    assert_eq!(listens(&go(text)), ["80 $PORT All"]);
    let text = "import \"net/http\"\nfunc main() { s := &http.Server{Handler: h, Addr: \"localhost:81\"}\ns.ListenAndServe() }";
    assert_eq!(listens(&go(text)), ["81 Loopback"]);
    let text = "import (\"net/http\"; \"os\"; \"fmt\")\nconst (\n\tother = 1\n\tbase = \"50\"\n)\n\
        func main() {\n\tport := base\n\tif os.Getenv(\"PORT\") != \"\" {\n\t\tport = os.Getenv(\"PORT\")\n\t}\n\
        \thttp.ListenAndServe(fmt.Sprintf(\":%s\", port), nil)\n}";
    assert_eq!(listens(&go(text)), ["50 $PORT All"]);
    let gin = |rest: &str| {
        go(&format!("import \"github.com/gin-gonic/gin\"\nfunc main() {{ e := gin.Default()\n{rest} }}"))
    };
    assert_eq!(listens(&gin("e.Run(\":9000\")")), ["9000 All"]);
    assert_eq!(listens(&gin("e.Run()")), ["8080 $PORT All"]);
    assert_eq!(listens(&gin("cmd.Run()")), [""; 0]);
    let text = "import (\"net\"; \"google.golang.org/grpc\")\nfunc main() { net.Listen(\"tcp\", \":50051\"); grpc.NewServer() }";
    assert_eq!(listens(&go(text))[0], "50051 All other");
}

#[test]
fn health_routes_are_found_on_the_one_server() {
    let route = |sources: &Sources| sources.health_route().map(|found| found.value);
    let express =
        |rest: &str| node(&format!("const express = require('express')\nconst app = express()\n{rest}"));
    assert_eq!(route(&express("app.get('/', f)\napp.get('/health', f)")).as_deref(), Some("/health"));
    assert_eq!(route(&express("const r = express.Router(); r.get('/health', f)")), None);
    assert_eq!(route(&express("app.post('/health', f); app.get('/health')")), None);
    assert_eq!(route(&express("const b = express(); b.get('/health', f)")), None);
    assert_eq!(route(&express("axios.get('/health', f); // app.get('/up', f)")), None);
    assert_eq!(route(&express("app.get('/:id', f)")), None);
    let flask = |rest: &str| python(&format!("from flask import Flask\napp = Flask(__name__)\n{rest}"));
    assert_eq!(route(&flask("@app.route('/health')\ndef h(): pass")).as_deref(), Some("/health"));
    assert_eq!(route(&flask("@app.route('/health', methods=['POST'])\ndef h(): pass")), None);
    assert_eq!(route(&flask("@blueprint.route('/health')\ndef h(): pass")), None);
    let http = |rest: &str| go(&format!("import \"net/http\"\nfunc main() {{ {rest} }}"));
    assert_eq!(route(&http("http.HandleFunc(\"/healthz\", f)")).as_deref(), Some("/healthz"));
    assert_eq!(route(&http("m := http.NewServeMux(); m.HandleFunc(\"GET /up\", f)")).as_deref(), Some("/up"));
    assert_eq!(route(&http("m := http.NewServeMux(); m.HandleFunc(\"POST /up\", f)")), None);
    assert_eq!(route(&http("m := http.NewServeMux(); http.HandleFunc(\"/up\", f)")), None);
}

#[test]
fn routes_that_ask_for_more_than_a_path_are_not_certain() {
    let route = |sources: &Sources| sources.health_route().map(|found| found.value);
    let api = |rest: &str| {
        python(&format!("from fastapi import FastAPI, Depends\napp = FastAPI()\n@app.get('/health')\n{rest}"))
    };
    assert!(route(&api("async def h():\n    return 1")).is_some());
    assert!(route(&api("def h(request: Request):\n    return 1")).is_some());
    assert!(route(&api("def h(token: str):\n    return 1")).is_none());
    assert!(route(&api("async def h(user=Depends(login)):\n    return 1")).is_none());
    let flask = |rest: &str| {
        python(&format!(
            "from flask import Flask\napp = Flask(__name__)\n{rest}@app.route('/health')\ndef h(): pass"
        ))
    };
    assert!(route(&flask("")).is_some());
    assert!(route(&flask("app.config['SERVER_NAME'] = 'shop.example'\n")).is_none());
}

#[test]
fn routes_behind_something_unknown_are_not_certain() {
    let route = |sources: &Sources| sources.health_route().map(|found| found.value);
    let express = |rest: &str| {
        node(&format!(
            "const express = require('express'), cors = require('cors')\nconst app = express()\n{rest}"
        ))
    };
    let health = "\napp.get('/health', f)";
    assert!(route(&express(&format!("app.use(cors()); app.use(express.json()){health}"))).is_some());
    assert!(
        route(&express(&format!("const c = cors(); app.use(c); app.use('/api', auth){health}"))).is_some()
    );
    assert!(route(&express(&format!("{health}\napp.use(auth)"))).is_some());
    assert!(route(&express(&format!("app.use(auth){health}"))).is_none());
    assert!(route(&express(&format!("app.use((q, r, next) => next()){health}"))).is_none());
    assert!(route(&express(&format!("app.use('/', auth){health}"))).is_none());
    assert!(route(&express("app.get('/health', auth, f)")).is_none());
    let files = [
        (
            "server.js",
            "const app = require('express')()\nrequire('./a')(app); require('./b')\napp.get('/up', f)",
        ),
        ("a.js", "module.exports = app => { app.set('x', 1) }"),
        ("b.js", "const router = require('express').Router(); router.use(auth)"),
    ];
    assert!(route(&sources(Language::JavaScript, "server.js", &files)).is_some());
    let mut files = files;
    files[1].1 = "module.exports = app => { app.use(auth) }";
    assert!(route(&sources(Language::JavaScript, "server.js", &files)).is_none());

    let flask = |rest: &str| python(&format!("from flask import Flask\napp = Flask(__name__)\n{rest}"));
    let health = "@app.route('/health')\ndef h(): pass";
    assert!(route(&flask(&format!("@app.before_request\ndef b(): pass\n{health}"))).is_none());
    assert!(route(&flask("@app.route('/health')\n@login_required\ndef h(): pass")).is_none());
    let fast = |rest: &str| {
        let text = "from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\napp = FastAPI()";
        python(&format!("{text}\n{rest}\n@app.get('/health')\ndef h(): pass"))
    };
    assert!(route(&fast("app.add_middleware(CORSMiddleware, allow_origins=['*'])")).is_some());
    assert!(route(&fast("app.add_middleware(Own)")).is_none());
    assert!(route(&fast("@app.middleware('http')\ndef m(): pass")).is_none());

    let http = |handler: &str| {
        let serve = format!("http.ListenAndServe(\":80\", {handler})");
        go(&format!(
            "import \"net/http\"\nfunc main() {{ m := http.NewServeMux(); m.HandleFunc(\"/up\", f); {serve} }}"
        ))
    };
    assert!(route(&http("m")).is_some());
    assert!(route(&http("auth(m)")).is_none());
}

#[test]
fn dotenv_is_found() {
    let loads = |sources: &Sources| !sources.loads_dotenv().found.is_empty();
    assert!(loads(&node("require('dotenv').config()")));
    assert!(loads(&node("import 'dotenv/config'")));
    assert!(loads(&python("from dotenv import load_dotenv\nload_dotenv()")));
    assert!(loads(&go("import \"github.com/joho/godotenv\"\nfunc main() { godotenv.Load() }")));
    assert!(!loads(&node("const s = \"require('dotenv').config()\"")));
}

#[test]
fn packages_are_listed_with_their_places() {
    let read = node("const a = require('@scope/a/b')\nimport fs from 'fs'");
    let packages = read.packages().found;
    assert_eq!((packages[0].value.name.as_str(), packages[0].at.as_str()), ("@scope/a", "server.js:1"));
    assert!(!packages[0].value.standard && packages[1].value.standard);
}
