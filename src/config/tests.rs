use super::*;

const SELECTORS: &[&str] = &["layout", "security", "tidy-blanks", "add-user"];

fn config(text: &str) -> Config {
    Config::parse(text, SELECTORS).expect("a good file")
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = Config::parse(text, SELECTORS).expect_err("a bad file");
    assert_eq!(error.to_string(), message);
}

#[test]
fn empty_file_is_the_default() {
    let options = config("").options_for("Dockerfile");
    assert_eq!((options.user, options.health), (UserOptions::default(), HealthOptions::default()));
    assert!(options.selection.enables("add-user", "security", true));
    assert!(!options.selection.enables("add-user", "security", false));
}

#[test]
fn every_key_is_read() {
    let text = r#"
        select = ["security"]
        ignore = ["add-user"]
        exclude = ["old/"]
        [user]
        id = 10001
        group = 0
        writable = []
        style = "own"
        start = ["node", "server.js"]
        low-ports = true
        run-as-root = "binds port 80"
        [health]
        port = 8080
        path = "/health?full=0"
        command = ["/server", "-health"]
        interval = "1m30s"
        timeout = "500ms"
        start-period = "1.5s"
        retries = 0x3
        [dockerignore]
        unneeded = [".env"]
        [packages]
        recommends = false
        sort = true
        cache = "mount"
        [layout]
        indent = 2
        operators = "leading"
        keyword-case = "lower"
        width = 100
        blank-lines = "group"
        line-ending = "crlf"
        final-newline = false
    "#;
    let config = config(text);
    assert!(config.excludes("x/old/Dockerfile") && !config.excludes("Dockerfile"));
    let options = config.options_for("Dockerfile");
    assert_eq!(options.dockerignore.unneeded, Some(vec![".env".to_owned()]));
    assert_eq!(
        options.packages,
        PackagesOptions { recommends: Some(false), sort: Some(true), cache: Some(PackageCache::Mount) }
    );
    let user = UserOptions {
        id: Some(10001),
        group: Some(0),
        writable: Some(Vec::new()),
        style: Some(UserStyle::Own),
        start: Some(vec!["node".to_owned(), "server.js".to_owned()]),
        low_ports: Some(true),
        run_as_root: Some("binds port 80".to_owned()),
    };
    assert_eq!(options.user, user);
    let health = HealthOptions {
        port: Some(8080),
        path: Some("/health?full=0".to_owned()),
        command: Some(vec!["/server".to_owned(), "-health".to_owned()]),
        interval: Some("1m30s".to_owned()),
        timeout: Some("500ms".to_owned()),
        start_period: Some("1.5s".to_owned()),
        retries: Some(3),
    };
    assert_eq!(options.health, health);
    let layout = LayoutOptions {
        indent: Some(Indent::Spaces(2)),
        operators: Some(Operators::Leading),
        keyword_case: Some(KeywordCase::Lower),
        width: Some(100),
        blank_lines: Some(BlankLines::Group),
        line_ending: Some(LineEnding::CrLf),
        final_newline: Some(false),
    };
    assert_eq!(options.layout, layout);
    assert!(options.selection.enables("other", "security", false));
    assert!(!options.selection.enables("add-user", "security", true));
}

#[test]
fn later_override_counts_key_by_key() {
    let config = config(
        "health.port = 1\nhealth.path = '/a'\n\
         [[override]]\nfiles = ['Dockerfile.*', 'api']\nhealth.port = 2\n\
         [[override]]\nfiles = ['api/Dockerfile']\nhealth.path = '/b'\nselect = ['layout']\n",
    );
    let health = |path: &str| {
        let health = config.options_for(path).health;
        (health.port, health.path)
    };
    assert_eq!(health("Dockerfile"), (Some(1), Some("/a".to_owned())));
    assert_eq!(health("x/Dockerfile.dev"), (Some(2), Some("/a".to_owned())));
    assert_eq!(health("api/Dockerfile"), (Some(2), Some("/b".to_owned())));
    assert!(!config.options_for("api/Dockerfile").selection.enables("add-user", "security", true));
    assert!(config.options_for("Dockerfile").selection.enables("add-user", "security", true));
}

#[test]
fn what_is_unknown_names_its_line_and_its_neighbour() {
    refused("[health]\nprot = 1\n", "2:1: unknown key `prot` in `health`; did you mean `port`?");
    refused("x = 1\n[user]\nidd = 1", "3:1: unknown key `idd` in `user`; did you mean `id`?");
    refused(
        "unsafe = true\n",
        "1:1: unknown key `unsafe`; there are exclude, select, ignore, user, health, dockerignore, images, packages, layout, override",
    );
    refused(
        "[[override]]\nfiles = ['a']\nexclude = ['b']",
        "3:1: unknown key `exclude` in `override`; there are files, select, ignore, user, health, dockerignore, images, packages, layout",
    );
    refused("select = ['layout', 'add-uesr']", "1:21: `select` has no `add-uesr`; did you mean `add-user`?");
}

#[test]
fn wrong_values_name_what_is_wanted() {
    refused("select = 'layout'", "1:10: `select` must be a list, not \"layout\"");
    refused("user = 1", "1:8: `user` must be a table, not 1");
    refused("override = [1]", "1:13: `override` must be a table, not 1");
    refused("health.port = 70000", "1:15: `port` must be a port from 1 to 65535, not 70000");
    refused("health.port = '80'", "1:15: `port` must be a port from 1 to 65535, not \"80\"");
    refused(
        "user.id = 0",
        "1:11: `id` must be a number above 0; to keep root, say why with `run-as-root`, not 0",
    );
    refused("user.style = \"mine\"", "1:14: `style` has no `mine`; there are existing, own, number");
    refused("user.low-ports = 1", "1:18: `low-ports` must be true or false, not 1");
    refused(
        "user.run-as-root = true",
        "1:20: `run-as-root` must be a line of text, not a value of type boolean",
    );
    refused("user.writable = ['a\\nb', \"a\\nb\"]", "1:26: `writable` must be a line of text, not \"a\\nb\"");
    refused(
        "health.path = '/$(x)'",
        "1:15: `path` must be the path of an address, such as \"/health\", not \"/$(x)\"",
    );
    refused(
        "health.command = []",
        "1:18: `command` must be a list with a program, not a value of type array",
    );
    for duration in ["", "30", "s", "30 s", "0s", "-1s", "1d", "0.0s"] {
        let text = format!("health.interval = '{duration}'");
        assert!(Config::parse(&text, SELECTORS).is_err(), "{duration}");
    }
    refused(
        "layout.indent = 0",
        "1:17: `indent` must be a number of blanks, such as 2 or 4, or \"tab\", not 0",
    );
    refused("layout.indent = 17", "1:17: `indent` is at most 16");
    refused(
        "layout.operators = 'both'",
        "1:20: `operators` has no `both`; there are keep, trailing, leading",
    );
    refused(
        "exclude = ['!a']",
        "1:12: `!a` cannot take back what another pattern covers; name what is meant",
    );
    refused("[[override]]\nuser.id = 1", "1:1: `override` needs the key `files`");
}

#[test]
fn a_tab_is_an_indent() {
    let options = config("layout.indent = 'tab'").options_for("Dockerfile");
    assert_eq!(options.layout.indent, Some(Indent::Tab));
    assert_eq!((Indent::Tab.times(2).as_str(), Indent::Spaces(2).times(2).as_str()), ("\t\t", "    "));
}

#[test]
fn broken_toml_names_its_place() {
    let error = Config::parse("a = 1\nb = [\n", SELECTORS).expect_err("a bad file");
    assert_eq!(error.place.line, 2, "{error}");
    let error = Config::parse("\u{feff}prot = 1", SELECTORS).expect_err("a bad file");
    assert!(error.to_string().starts_with("1:1: unknown key `prot`"), "{error}");
}

#[test]
fn name_counts_more_than_category_and_command_line_more_than_file() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let choice = |select: Option<&[&str]>, ignore: &[&str]| Choice {
        select: select.map(words),
        ignore: words(ignore),
    };
    let enables = |steps: &[Choice]| {
        let selection = steps.iter().cloned().fold(Selection::default(), Selection::then);
        selection.enables("tidy-blanks", "layout", true)
    };
    assert!(enables(&[]));
    assert!(enables(&[choice(Some(&["layout"]), &[])]));
    assert!(!enables(&[choice(Some(&["security"]), &[])]));
    assert!(!enables(&[choice(Some(&["layout"]), &["tidy-blanks"])]));
    assert!(enables(&[choice(Some(&["tidy-blanks"]), &["layout"])]));
    assert!(!enables(&[choice(Some(&["tidy-blanks"]), &["tidy-blanks"])]));
    assert!(enables(&[choice(None, &["layout"]), choice(Some(&["tidy-blanks"]), &[])]));
    assert!(!enables(&[choice(Some(&["layout"]), &[]), choice(None, &["tidy-blanks"])]));
    assert!(!Selection::nothing().enables("tidy-blanks", "layout", true));
}

#[test]
fn settings_in_the_readme_are_settings() {
    let readme = include_str!("../../README.md");
    let blocks: Vec<&str> =
        readme.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!blocks.is_empty());
    let known = ["add-healthcheck", "layout"];
    for block in blocks {
        let options = Config::parse(block, &known).expect("it can be read").options_for("Dockerfile");
        assert_ne!(options.health, HealthOptions::default());
    }
}
