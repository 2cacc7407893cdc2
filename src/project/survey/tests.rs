use std::sync::Arc;

use super::*;
use crate::project::dockerignore::IgnoreFile;
use crate::project::{Entry, ReadFile, Tree};

#[track_caller]
fn look(family: Family, files: &[(&str, &str)]) -> Survey {
    survey(&Project::in_memory(files.iter().copied()), family).expect("there is something to look at")
}

const POM: &str = "<project><parent><groupId>org.springframework.boot</groupId>\
    <artifactId>spring-boot-starter-parent</artifactId></parent><dependencies><dependency>\
    <groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId>\
    </dependency></dependencies></project>";

#[test]
fn a_web_application_of_spring_writes_nothing_and_listens_on_its_port() {
    let files =
        [("pom.xml", POM), ("src/main/java/A.java", "class A { void a() { System.out.println(1); } }")];
    let found = look(Family::Java, &files);
    assert_eq!(found.gaps, [""; 0]);
    assert_eq!(
        (found.served[0].value.port, found.served[0].value.variable),
        (Some(8080), Some("SERVER_PORT"))
    );
    let settings = ("src/main/resources/application.properties", "server.port=9000\n");
    let found = look(Family::Java, &[files[0], files[1], settings]);
    assert_eq!((found.served[0].value.port, &found.served[0].value.said), (Some(9000), &None));
    let settings = ("src/main/resources/application.yml", "server:\n  port: ${P}\n");
    assert!(look(Family::Java, &[files[0], files[1], settings]).served[0].value.said.is_some());
}

#[test]
fn names_settings_and_packages_that_may_write_are_gaps() {
    let gaps = |source: &str, settings: &str| {
        let files = [("pom.xml", POM), ("src/A.java", source), ("src/application.yml", settings)];
        look(Family::Java, &files).gaps
    };
    assert_eq!(gaps("var f = new FileWriter(x);", ""), ["`FileWriter` may write files (src/A.java:1)"]);
    assert_eq!(gaps("import java.nio.file.Files;\nFiles.readString(p);", ""), [""; 0]);
    assert_eq!(gaps("import static java.nio.file.Files.*;", "").len(), 1);
    assert_eq!(gaps("Files.write(p, b);", "").len(), 1);
    assert_eq!(gaps("class A {}", "logging:\n  file:\n    name: a.log\n").len(), 1);
    let pom = POM.replace("starter-web", "starter-artemis");
    let files = [("pom.xml", pom.as_str()), ("A.java", "class A {}")];
    assert_eq!(look(Family::Java, &files).gaps.len(), 1);
}

#[test]
fn gradle_cargo_bundler_and_dotnet_name_their_packages() {
    let gradle = "dependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-web'\n  \
                  implementation(\"x.y:z:1\")\n  testImplementation 'a.b:c:1'\n}\n";
    let found = look(Family::Java, &[("build.gradle", gradle), ("A.kt", "class A")]);
    assert_eq!(found.gaps, ["nothing is known of the package `x.y:z` (build.gradle:3)"]);
    let cargo = "[package]\nname = \"a\"\n[dependencies]\nrocket = \"0.5\"\nsqlx = { version = \"1\", features = [\"sqlite\"] }\n";
    let found = look(
        Family::Rust,
        &[("Cargo.toml", cargo), ("src/main.rs", "use tokio::fs;\nfn main() { fs::read(p); }")],
    );
    assert_eq!(found.gaps, ["`sqlx` may keep its data in a file (Cargo.toml:5)"]);
    assert_eq!((found.served[0].value.port, found.programs), (Some(8000), vec!["a".to_owned()]));
    let gems = "source 'x'\ngem 'sinatra' # web\ngroup :test do\n  gem 'fakefs'\nend\ngem 'unheard_of'\n";
    let found = look(Family::Ruby, &[("Gemfile", gems), ("app.rb", "File.read(x)\n")]);
    assert_eq!(found.gaps, ["nothing is known of the package `unheard_of` (Gemfile:6)"]);
    let project = "<Project Sdk=\"Microsoft.NET.Sdk.Web\"><ItemGroup><PackageReference Include=\"Dapper\"/></ItemGroup></Project>";
    let found = look(Family::Dotnet, &[("a.csproj", project), ("P.cs", "app.Run();")]);
    assert_eq!((found.gaps.len(), found.served[0].value.port), (0, Some(8080)), "{:?}", found.gaps);
}

#[test]
fn a_framework_writes_to_its_folders_alone() {
    let files = |source: &'static str| {
        [
            ("Gemfile", "source 'x'\ngem 'rails',\n  '~> 7.1'\n"),
            ("config/puma.rb", "pidfile ENV.fetch('PIDFILE') { 'tmp/pids/server.pid' }\n"),
            ("app/models/a.rb", source),
        ]
    };
    let found = look(Family::Ruby, &files("logger = ActiveSupport::Logger.new(test ? nil : $stdout, 'a')\n"));
    assert_eq!(
        (found.gaps, found.writes),
        (Vec::new(), ["log", "storage", "tmp"].map(str::to_owned).to_vec())
    );
    assert_eq!(look(Family::Ruby, &files("Logger.new('a.log')\n")).gaps.len(), 1);
    assert_eq!(look(Family::Ruby, &files("Logger.new(test ? nil : path)\n")).gaps.len(), 1);
    let sinatra =
        [("Gemfile", "gem 'puma'\n"), ("puma.rb", "pidfile 'tmp/pids/server.pid'\n"), ("app.rb", "")];
    assert_eq!(look(Family::Ruby, &sinatra).gaps.len(), 1);
}

#[test]
fn imports_that_only_read_and_foreign_code_in_rust() {
    let gaps = |source: &str| {
        let cargo = "[package]\nname = \"a\"\n";
        look(Family::Rust, &[("Cargo.toml", cargo), ("src/main.rs", source)]).gaps.len()
    };
    assert_eq!(gaps("use tokio::fs::{read_dir, read_to_string};\nfn a() { unsafe { A = 1 } }\n"), 0);
    assert_eq!(gaps("use tokio::fs::{read_dir, write};\n"), 1);
    assert_eq!(gaps("extern \"C\" { fn f(); }\n"), 1);
    let files =
        [("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/bin/b.rs", ""), ("src/bin/c/main.rs", "")];
    assert_eq!(look(Family::Rust, &files).programs, ["a", "b", "c"]);
}

#[test]
fn calls_that_write_by_other_names_are_gaps() {
    let gaps = |family, manifest: (&str, &str), source: (&str, &str)| look(family, &[manifest, source]).gaps;
    let java = ("pom.xml", POM);
    for source in [
        "mapper.writeValue(Path.of(\"a.json\").toFile(), x);",
        "new FileSystemResource(\"x\").getOutputStream();",
        "s3.getObject(request, Paths.get(\"/data/x\"));",
        "blob.downloadTo(Paths.get(\"/data/x\"));",
        "DriverManager.getConnection(\"jdbc:h2:~/x\");",
    ] {
        assert_eq!(gaps(Family::Java, java, ("A.java", source)).len(), 1, "{source}");
    }
    assert_eq!(gaps(Family::Java, java, ("A.kt", "import kotlin.io.path.writeText\n")).len(), 1);
    assert_eq!(gaps(Family::Java, java, ("A.java", "connect(\"jdbc:h2:mem:x\");")), [""; 0]);
    let dotnet = ("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>");
    for source in [
        "ZipFile.ExtractToDirectory(a, b);",
        "new XDocument().Save(path);",
        "await blob.DownloadToAsync(path);",
        "new TransferUtility(s3).DownloadAsync(path, b, k);",
        "new SQLiteConnection(text);",
    ] {
        assert_ne!(gaps(Family::Dotnet, dotnet, ("P.cs", source)), [""; 0], "{source}");
    }
    let ruby = ("Gemfile", "gem 'puma'\n");
    for source in [
        "YAML::Store.new('x')\n",
        "Rails.root.join('x').write('a')\n",
        "o.download_file('x')\n",
        "config.cache_store = :file_store, '/c'\n",
        "config.paths['log'] = '/l'\n",
    ] {
        assert_eq!(gaps(Family::Ruby, ruby, ("a.rb", source)).len(), 1, "{source}");
    }
    let rust = ("Cargo.toml", "[package]\nname = \"a\"\n");
    for source in ["fern::log_file(\"a\");", "FileTransport::new(\"a\");", "UnixListener::bind(\"/a\");"] {
        assert_eq!(gaps(Family::Rust, rust, ("main.rs", source)).len(), 1, "{source}");
    }
}

#[test]
fn packages_that_look_like_harmless_ones_are_gaps() {
    for package in [
        "System.Data.SQLite",
        "Microsoft.Extensions.Logging.Log4Net.AspNetCore",
        "AspNetCore.HealthChecks.UI.SQLite.Storage",
        "Ocelot",
    ] {
        let project = format!("<Project><PackageReference Include=\"{package}\"/></Project>");
        let found = look(Family::Dotnet, &[("a.csproj", &project), ("P.cs", "")]);
        assert_eq!(found.gaps.len(), 1, "{package}");
    }
    let lucene = POM.replace(
        "</dependencies>",
        "<dependency><groupId>org.hibernate.search</groupId><artifactId>\
        hibernate-search-backend-lucene</artifactId></dependency></dependencies>",
    );
    assert_eq!(look(Family::Java, &[("pom.xml", &lucene), ("A.java", "")]).gaps.len(), 1);
    let cargo = "[package]\nname = \"a\"\n[features]\ndefault = [\"sqlx/sqlite\"]\n";
    assert_eq!(look(Family::Rust, &[("Cargo.toml", cargo), ("main.rs", "")]).gaps.len(), 1);
}

#[test]
fn settings_of_logs_and_stores_are_gaps() {
    let java =
        |path: &str, text: &str| look(Family::Java, &[("pom.xml", POM), ("A.java", ""), (path, text)]).gaps;
    assert_eq!(java("log4j2.xml", "<File name=\"f\" fileName=\"logs/a.log\"/>").len(), 1);
    assert_eq!(java("logback.xml", "<include resource=\"org/x/file-appender.xml\"/>").len(), 1);
    assert_eq!(java("application.properties", "spring.datasource.url=jdbc:h2:${DB:./data}").len(), 1);
    assert_eq!(java("application.properties", "spring.datasource.url=jdbc:h2:mem:x"), [""; 0]);
    let rails = |path: &str, text: &str| {
        look(Family::Ruby, &[("Gemfile", "gem 'rails'\n"), ("a.rb", ""), (path, text)])
    };
    assert_eq!(rails("config/storage.yml", "local:\n  root: /data\n").gaps.len(), 1);
    assert_eq!(
        rails("config/storage.yml", "a:\n  root: <%= Rails.root.join(\"storage\") %>\n").gaps,
        [""; 0]
    );
    assert_eq!(rails("config/puma.rb", "bind 'unix:///run/a.sock'\n").gaps.len(), 1);
}

#[test]
fn the_health_route_of_spring_must_be_shown() {
    let actuator = POM.replace(
        "</dependencies>",
        "<dependency><groupId>org.springframework.boot</groupId>\
        <artifactId>spring-boot-starter-actuator</artifactId></dependency></dependencies>",
    );
    let health = |settings: &str| {
        let files = [("pom.xml", actuator.as_str()), ("A.java", ""), ("application.properties", settings)];
        look(Family::Java, &files).served[0].value.health
    };
    assert!(health("").is_some());
    assert!(health("management.endpoints.web.exposure.include=health,info\n").is_some());
    assert!(health("management.endpoints.web.exposure.include=info\n").is_none());
    assert!(health("management.endpoint.health.enabled=false\n").is_none());
}

#[test]
fn without_sources_nothing_is_said() {
    let project = Project::in_memory([("pom.xml", POM)]);
    assert!(survey(&project, Family::Java).is_err());
    assert!(survey(&Project::in_memory([("A.java", "")]), Family::Java).is_err());
    assert!(survey(&Project::unknown(), Family::Java).is_err());
}

#[test]
fn comments_in_another_encoding_hide_nothing() {
    struct Sources(Vec<u8>);
    impl ReadFile for Sources {
        fn read(&self, path: &str) -> Option<Vec<u8>> {
            Some(if path == "A.csproj" { b"<Project/>".to_vec() } else { self.0.clone() })
        }
    }
    let found = |bytes: Vec<u8>| {
        let file = |path: &str| Entry {
            path: path.to_owned(),
            kind: EntryKind::File { size: bytes.len() as u64 },
            executable: false,
        };
        let entries = vec![file("A.csproj"), file("A.cs")];
        let tree = Tree::new(entries, None, Arc::new(Sources(bytes)));
        survey(&Project::new(Arc::new(tree), IgnoreFile::default()), Family::Dotnet)
    };
    let gbk = b"// \xc5\xe4\xd6\xc3\nclass A { void B() { ".as_slice();
    assert_eq!(found([gbk, b"} }"].concat()).expect("a text").gaps, [""; 0]);
    let writes = found([gbk, b"File.WriteAllText(p, t); } }"].concat()).expect("a text");
    assert_eq!(writes.gaps, ["`File` may write files (A.cs:2)"]);
    let utf16 = "File.Create(p);".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(found(utf16).expect_err("no name can be found in it"), "`A.cs` is no text");
}

#[test]
fn addresses_of_kestrel_are_those_of_its_settings_and_calls() {
    let project = ("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>");
    let served = |source: &str, settings: &str| {
        let files = [project, ("Program.cs", source), ("appsettings.json", settings)];
        let served = look(Family::Dotnet, &files).served[0].value.clone();
        (served.port, served.named_variable, served.said.is_some())
    };
    let endpoint = |rest: &str| {
        format!(
            "{{\"Kestrel\": {{\"Endpoints\": {{\"Http\": {{\"Url\": \"http://0.0.0.0:5000\"{rest}}}}}}}}}"
        )
    };
    assert_eq!(served("app.Run();", &endpoint("")), (Some(5000), None, false));
    assert!(served("app.Run();", &endpoint(", \"Protocols\": \"Http2\"")).2);
    assert!(served("app.Run();", &endpoint("").replace("http:", "https:")).2);
    assert!(served("app.Run();", "{\"Kestrel\": {\"EndpointDefaults\": {\"Protocols\": \"Http2\"}}}").2);
    assert!(served("app.Run();", "{\"urls\": \"http://*:1\"}").2);
    assert!(served("app.Run();", &format!("// why\n{}", endpoint(""))).2);
    assert_eq!(served("app.Run();", "{} // why\n"), (Some(8080), None, false));
    let asks = "var port = Environment.GetEnvironmentVariable(\"PORT\") ?? \"5000\";\n";
    let adds = format!("{asks}app.Urls.Add($\"http://*:{{port}}\");\n");
    assert_eq!(served(&adds, "{}"), (Some(5000), Some("PORT".to_owned()), false));
    assert!(served(&format!("{adds}port = other;\n"), "{}").2);
    assert!(served("app.Urls.Add($\"http://*:{port}\");\n", "{}").2);
    assert!(served(&adds, &endpoint("").replace("5000", "5001")).2);
}

#[test]
fn laravel_writes_to_its_folders_alone() {
    let composer = ("composer.json", "{\"require\": {\"php\": \"^8.1\", \"laravel/framework\": \"^10.0\"}}");
    let found = |path: &str, text: &str| {
        let own = path == "config/database.php";
        let database = if own { ("x.txt", "") } else { ("config/database.php", "<?php\n") };
        look(Family::Php, &[composer, database, ("index.php", "<?php\n"), (path, text)])
    };
    let plain =
        found("app/A.php", "<?php\n$r->file('x')->store('x');\n// fopen('x')\necho '<link rel=\"x\">';\n");
    assert_eq!(plain.gaps, [""; 0]);
    assert_eq!(plain.writes, ["bootstrap/cache", "storage"]);
    for (path, text) in [
        ("app/A.php", "<?php\nfile_put_contents($a, $b);\n"),
        ("app/A.php", "<?php\n$file->move(public_path('x'), 'y');\n"),
        ("app/A.php", "<?php\nFile::put($a, $b);\n"),
        ("app/A.php", "<?php\n$a = `ls`;\n"),
        ("app/A.php", "<?php\nnew PDO('sqlite:/data/x.db');\n"),
        ("config/database.php", "<?php return [\n'default' => env('DB_CONNECTION', 'sqlite'),\n];\n"),
        ("config/filesystems.php", "<?php return [\n'root' => public_path('uploads'),\n];\n"),
        ("config/logging.php", "<?php return [\n'path' => '/var/log/app.log',\n];\n"),
    ] {
        assert_eq!(found(path, text).gaps.len(), 1, "{text}");
    }
    let settings = "<?php return [\n'root' => storage_path('app'),\n'sqlite' => [],\n];\n";
    assert_eq!(found("config/filesystems.php", settings).gaps, [""; 0]);
    let other = ("composer.json", "{\"require\": {\"intervention/image\": \"*\"}}");
    assert_eq!(look(Family::Php, &[other, ("a.php", "<?php\n")]).gaps.len(), 1);
}

#[test]
fn quarkus_and_micronaut_listen_and_answer() {
    let served = |package: &str, health: &str, settings: &str| {
        let dependency = |name: &str| {
            let (group, artifact) = name.split_once(':').expect("group and name");
            format!("<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId></dependency>")
        };
        let pom = format!(
            "<project><dependencies>{}{}</dependencies></project>",
            dependency(package),
            dependency(health)
        );
        let files =
            [("pom.xml", pom.as_str()), ("A.java", "class A {}"), ("src/application.properties", settings)];
        let found = look(Family::Java, &files);
        assert_eq!(found.gaps, [""; 0]);
        let served = found.served[0].value.clone();
        (served.port, served.said.is_some(), served.health)
    };
    let quarkus =
        |settings: &str| served("io.quarkus:quarkus-rest", "io.quarkus:quarkus-smallrye-health", settings);
    assert_eq!(quarkus(""), (Some(8080), false, Some("/q/health/live")));
    assert_eq!(quarkus("quarkus.http.port=9000\n").0, Some(9000));
    for settings in
        ["quarkus.http.root-path=/x\n", "%prod.quarkus.http.port=1\n", "quarkus.management.enabled=true\n"]
    {
        assert!(quarkus(settings).1, "{settings}");
    }
    let micronaut = |settings: &str| {
        served("io.micronaut:micronaut-http-server-netty", "io.micronaut:micronaut-management", settings)
    };
    assert_eq!(micronaut("micronaut.application.name=a\n"), (Some(8080), false, Some("/health/liveness")));
    assert!(micronaut("micronaut.server.context-path=/x\n").1);
    assert!(micronaut("endpoints.health.enabled=false\n").1);
    // Its log in a file, and a driver of databases in files.
    let pom = "<project><dependencies><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-jdbc-h2</artifactId>\
               </dependency></dependencies></project>";
    assert_eq!(look(Family::Java, &[("pom.xml", pom), ("A.java", "")]).gaps.len(), 1);
    let log = ("application.properties", "quarkus.log.file.enable=true\n");
    assert_eq!(look(Family::Java, &[("pom.xml", POM), ("A.java", ""), log]).gaps.len(), 1);
}

#[test]
fn databases_of_rails_in_files_lie_where_the_settings_say() {
    let rails = |database: &str| {
        let gems = ("Gemfile", "gem 'rails'\ngem 'sqlite3'\n");
        let settings = format!(
            "default: &default\n  adapter: sqlite3\nproduction:\n  <<: *default\n  database: {database}\n"
        );
        let found = look(Family::Ruby, &[gems, ("a.rb", ""), ("config/database.yml", &settings)]);
        (found.gaps.is_empty(), found.writes.last().cloned().unwrap_or_default())
    };
    assert_eq!(rails("storage/production.sqlite3"), (true, "tmp".to_owned()));
    assert_eq!(rails("db/production.sqlite3 # why"), (true, "db".to_owned()));
    for database in ["/data/x.sqlite3", "<%= ENV['DB'] %>", "x.sqlite3", "../db/x.sqlite3"] {
        assert!(!rails(database).0, "{database}");
    }
}

#[test]
fn settings_and_calls_that_need_not_be_in_force_prove_no_port() {
    let web = ("a.csproj", "<Project Sdk=\"Microsoft.NET.Sdk.Web\"/>");
    let asks = "var port = Environment.GetEnvironmentVariable(\"PORT\") ?? \"5000\";\n";
    let call = "app.Urls.Add($\"http://*:{port}\");\n";
    let served = |files: &[(&str, &str)]| look(Family::Dotnet, files).served[0].value.clone();
    for source in [
        format!("{asks}if (x) {{\n    {call}}}\n"),
        format!("{asks}if (x)\n{{\n    {call}}}\n"),
        format!("{asks}if (x) {call}"),
        format!("{asks}if (x) {{\n    try {{\n        {call}    }}\n}}\n"),
    ] {
        assert!(served(&[web, ("Program.cs", &source)]).said.is_some(), "{source}");
    }
    let inside = format!("class P {{\n    static void Main() {{\n        {asks}        {call}    }}\n}}\n");
    assert_eq!(served(&[web, ("Program.cs", &inside)]).port, Some(5000));
    // What stands elsewhere than beside the manifest is not read.
    let kestrel = "{\"Kestrel\": {\"Endpoints\": {\"Http\": {\"Url\": \"http://*:5000\"}}}}";
    let files = [web, ("Program.cs", "app.Run();"), ("config/appsettings.json", kestrel)];
    assert_eq!((served(&files).port, served(&files).said), (Some(8080), None));
    let quarkus = "<project><dependencies><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-rest</artifactId>\
                   </dependency></dependencies></project>";
    let java = |path: &str, text: &str| {
        look(Family::Java, &[("pom.xml", quarkus), ("A.java", ""), (path, text)]).served[0].value.clone()
    };
    assert!(java("src/application.properties", "%staging.quarkus.http.port=1\n").said.is_some());
    assert!(java("src/application.properties", "%dev.quarkus.http.port=1\n").said.is_none());
    assert!(java("config/application.properties", "quarkus.http.port=1\n").maybe);
}

#[test]
fn ways_of_php_to_write_unseen_are_gaps() {
    let gaps =
        |path: &str, text: &str| look(Family::Php, &[("index.php", "<?php\n"), (path, text)]).gaps.len();
    for (path, text) in [
        ("a.inc", "<?php fopen('x', 'w');\n"),
        ("a.phtml", "<?php mkdir('x'); ?>\n"),
        ("a.php", "<?php $f = 'file_put_contents'; $f('x', 'y');\n"),
        ("a.php", "<?php array_map('unlink', $files);\n"),
        ("a.php", "<?php eval($x);\n"),
        ("resources/views/a.blade.php", "@php file_put_contents('x', 'y') @endphp\n"),
        (
            "config/filesystems.php",
            "<?php return ['disks' => ['u' => ['driver' => 'local', \"root\" => public_path('u')]]];\n",
        ),
    ] {
        assert_eq!(gaps(path, text), 1, "{text}");
    }
    for (path, text) in [("php.ini", "session.save_path=/var/s\n"), ("vendor/x/a.php", "<?php\n")] {
        assert_eq!(gaps(path, text), 1, "{path}");
    }
    assert_eq!(gaps("php.ini", ";error_log = x\nmemory_limit = 1M\n"), 0);
    let laravel = ("composer.json", "{\"require\": {\"laravel/framework\": \"^11.0\"}}");
    assert_eq!(look(Family::Php, &[laravel, ("a.php", "<?php\n")]).gaps.len(), 1);
    assert_eq!(gaps("a.php", "<?php $labels = ['copy' => 1, 'link' => 2]; echo '<a class=\"move\">';\n"), 0);
}
