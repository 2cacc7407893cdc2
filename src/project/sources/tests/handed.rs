//! What Go hands on from file to file, and what names a file that is written elsewhere than in a call.

use super::*;

fn module(files: &[(&str, &str)]) -> Sources {
    let manifest = ("go.mod", "module example.com/app\n");
    let files: Vec<(&str, &str)> = files.iter().copied().chain([manifest]).collect();
    sources(Language::Go, ".", &files)
}

fn port(sources: &Sources) -> (Option<u16>, Option<String>) {
    let found = sources.listeners().found;
    let [only] = found.as_slice() else { panic!("one listener: {found:?}") };
    (only.value.port, only.value.variable.clone())
}

const MAIN: &str = "package main\nimport (\"net/http\"; \"example.com/app/conf\")\n\
                    func main() { c := conf.Load(); http.ListenAndServe(\":\" + c.Port, nil) }\n";
const CONF: &str = "package conf\nimport \"os\"\ntype Config struct {\n\tPort string\n}\n\
                    func getEnv(key, fallback string) string {\n\tif v, ok := os.LookupEnv(key); ok {\n\t\treturn v\n\t}\n\
                    \treturn fallback\n}\nfunc Load() *Config {\n\treturn &Config{Port: getEnv(\"PORT\", \"8080\")}\n}\n";

#[test]
fn field_of_a_struct_is_the_variable_that_it_is_given_once() {
    let found = module(&[("main.go", MAIN), ("conf/conf.go", CONF)]);
    assert_eq!(port(&found), (Some(8080), Some("PORT".to_owned())));
}

#[test]
fn field_that_may_be_something_else_is_not_known() {
    for (old, new) in [
        // Another struct has a field of the name.
        ("type Config", "type Other struct {\n\tPort int\n}\ntype Config"),
        // It is given another value later, by itself, among others, or by its address.
        ("func Load", "func set(c *Config) {\n\tc.Port = \"1\"\n}\nfunc Load"),
        ("func Load", "func set(c *Config) {\n\tc.Port, x = y()\n}\nfunc Load"),
        ("func Load", "func set(c *Config) {\n\tread(&c.Port)\n}\nfunc Load"),
        // What the helper gives is not the variable alone.
        ("return v", "return v + \"1\""),
        ("return v", "return look(v)"),
        ("return v", "return \"1\""),
        ("return v", "return os.Getenv(\"OTHER\")"),
        // A plain text may be a default that a decoder replaces.
        ("getEnv(\"PORT\", \"8080\")", "\"8080\""),
    ] {
        let conf = CONF.replace(old, new);
        assert_ne!(conf, CONF);
        let found = module(&[("main.go", MAIN), ("conf/conf.go", &conf)]);
        assert_eq!(port(&found).0, None, "{new}");
    }
}

#[test]
fn driver_of_a_database_writes_the_file_that_it_is_opened_with() {
    let main = "package main\nimport \"example.com/app/db\"\n\
                func main() { db.Start(\"data/app.db\") }\n";
    let db = "package db\nimport (\n\t\"database/sql\"\n\t_ \"github.com/mattn/go-sqlite3\"\n)\n\
              func Start(path string) { sql.Open(\"sqlite3\", path) }\n";
    let found = module(&[("main.go", main), ("db/db.go", db)]);
    assert_eq!(writes(&found), ["Workdir data/app.db"]);
    for (old, new) in [
        // Called twice, handed on, or changed, the parameter may be anything.
        ("Start(\"data/app.db\")", "Start(\"data/app.db\"); db.Start(x)"),
        ("Start(\"data/app.db\")", "Start(\"data/app.db\"); f := db.Start; f(x)"),
    ] {
        let found = module(&[("main.go", &main.replace(old, new)), ("db/db.go", db)]);
        assert_eq!(writes(&found), ["Unknown …"], "{new}");
    }
    let changed = db.replace("{ sql", "{ path = other(); sql");
    assert_eq!(writes(&module(&[("main.go", main), ("db/db.go", &changed)])), ["Unknown …"]);
    // Another driver, or one whose name is not plain, says nothing about the file.
    let other = db.replace("sql.Open(\"sqlite3\", path)", "sql.Open(name, path)");
    assert_eq!(writes(&module(&[("main.go", main), ("db/db.go", &other)])), ["Unknown …"]);
}

#[test]
fn folder_that_a_callback_is_told() {
    let multer = |destination: &str| {
        node(&format!(
            "const multer = require('multer')\nconst path = require('path')\n\
             multer.diskStorage({{ destination: {destination}, filename: (r, f, cb) => cb(null, f.originalname) }})"
        ))
    };
    assert_eq!(writes(&multer("(req, file, cb) => cb(null, 'uploads/')")), ["Workdir uploads…"]);
    let function = "function (req, file, cb) { if (bad(file)) { return cb(new Error('x')) } cb(null, path.join(__dirname, 'up')) }";
    assert_eq!(writes(&multer(function)), ["Context up…"]);
    assert_eq!(writes(&multer("(req, file, cb) => cb(null, req.params.folder)")), ["Unknown …"]);
    assert_eq!(writes(&multer("(req, file, cb) => choose(req, cb)")), ["Unknown …"]);
}

#[test]
fn database_that_the_schema_of_prisma_names() {
    let client = "const { PrismaClient } = require('@prisma/client')\nnew PrismaClient()\n";
    let schema = |url: &str| format!("datasource db {{\n  provider = \"sqlite\"\n  url      = {url}\n}}\n");
    let found = |schema: &str| {
        sources(Language::JavaScript, "server.js", &[("server.js", client), ("prisma/schema.prisma", schema)])
    };
    assert_eq!(writes(&found(&schema("\"file:./dev.db\""))), ["Context prisma/dev.db"]);
    assert_eq!(writes(&found(&schema("\"file:/data/dev.db?connection_limit=1\""))), ["Root data/dev.db"]);
    assert_eq!(gaps(&found(&schema("env(\"DATABASE_URL\")"))).len(), 1);
    nothing_written(&found("datasource db {\n  provider = \"postgresql\"\n}\n"));
    // The constructor names another one.
    let other = client.replace("PrismaClient()", "PrismaClient({ datasourceUrl: url })");
    let files = [("server.js", other.as_str()), ("prisma/schema.prisma", &schema("\"file:./dev.db\""))];
    assert_eq!(gaps(&sources(Language::JavaScript, "server.js", &files)).len(), 1);
}

#[test]
fn folder_of_a_setting_is_what_one_file_gives_it() {
    let root = |text: &str| {
        let found = python(&format!("import os\nB = os.path.dirname(__file__)\n{text}"));
        found.folder_of_setting("STATIC_ROOT").map(|found| found.value.path)
    };
    assert_eq!(root("STATIC_ROOT = os.path.join(B, 'static')\n").as_deref(), Some("static"));
    assert_eq!(root("STATIC_ROOT = 'a'\nSTATIC_ROOT = 'b'\n"), None);
    assert_eq!(root("if x:\n    STATIC_ROOT = 'a'\nelse:\n    STATIC_ROOT = 'b'\n"), None);
    assert_eq!(root(""), None);
}
