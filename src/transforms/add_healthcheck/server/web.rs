//! HC2 of a web server: where it listens by its base image's configuration and the files that the project puts there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{COMMAND, Port, SET_PORT, Server, agrees, route};
use crate::images::Facts;
use crate::project::webserver::{self, Listen};
use crate::shell::{SimpleCommand, Target};
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Program, Setter, Shipped, below, join, meet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    server: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    programs: Vec<String>,
    families: Vec<String>,
    syntax: Option<Syntax>,
    #[serde(default)]
    tcp: bool,
    main: String,
    parts: Option<String>,
    default: String,
    templates: Option<String>,
    #[serde(default)]
    closed: Vec<String>,
    choose: Vec<String>,
    mentions: Vec<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Syntax {
    Nginx,
    Apache,
    Caddy,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| toml::from_str(include_str!("web.toml")).expect("a test reads the embedded table"));

/// Commands that change neither where a file stands nor what it says.
const HARMLESS: &[&str] =
    &["a2dismod", "a2enmod", "cat", "chgrp", "chmod", "chown", "ls", "mkdir", "test", "touch"];

/// Whether a program of that name is a web server of which the tables tell where it listens.
pub(super) fn is_known(name: &str) -> bool {
    TABLE.server.iter().any(|row| row.programs.iter().any(|known| known == name))
}

/// The web server, with HC1, HC2, HC3 and HC5 checked. The outer `None` says that it is no web server of the tables.
pub(super) fn find(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    exposed: &[u16],
    checks: &mut Checks,
) -> Option<Option<Server>> {
    let name = program.name();
    let row = TABLE.server.iter().find(|row| row.programs.iter().any(|known| known == name))?;
    checks.holds("HC1", format!("`{name}` is a server"));
    let found = listens(shipped, program, facts, row);
    let listens = match found {
        Ok(listens) => listens,
        Err(why) => {
            checks.misses("HC2", format!("the port of `{name}` is not proven: {why}"), SET_PORT);
            return Some(None);
        }
    };
    // Whatever it listens on, it listens on all of it or does not start.
    let fits = |one: &&(Port, Listen, String)| exposed.contains(&one.0.number);
    let Some((port, listen, at)) = listens.iter().find(fits).or(listens.first()) else {
        let text = format!("`{name}` answers no plain HTTP on an address that the probe reaches");
        checks.misses("HC5", text, COMMAND);
        return Some(None);
    };
    if agrees(port.number, exposed, checks).is_none() {
        return Some(None);
    }
    checks.holds("HC2", format!("`{name}` listens on port {} ({at})", port.number));
    if row.tcp {
        checks.holds("HC5", format!("`{name}` speaks no HTTP, so the port alone is tried"));
        return Some(Some(Server { port: port.clone(), path: None, http: false }));
    }
    checks.holds("HC5", format!("`{name}` speaks plain HTTP there"));
    let path = shipped.input.options.health.path.clone();
    let own = listen.health.clone().map(|path| (format!("`{path}` is answered by itself ({at})"), path));
    Some(Some(Server { port: port.clone(), path: route(path, own, checks), http: true }))
}

/// Every port with plain HTTP, and the place that says so.
fn listens(
    shipped: &Shipped<'_>,
    program: &Program,
    facts: &Facts,
    row: &Row,
) -> Result<Vec<(Port, Listen, String)>, String> {
    for (at, word) in program.argv.iter().enumerate().skip(program.start.program + 1) {
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word.as_str(), program.argv.get(at + 1).map(String::as_str)),
        };
        if row.choose.iter().any(|known| known == option) && value != Some(&row.main) {
            return Err(format!("`{word}` may name another configuration"));
        }
    }
    if let Some(index) = program.start.unknown.first() {
        return Err(format!("nothing is known of its option `{}`", program.argv[*index]));
    }
    let files = Files::read(shipped, facts, row)?;
    let own = row.families.iter().any(|family| facts.family.starts_with(family.as_str()));
    let default = || -> Result<u16, String> {
        let ports = facts.expose.filter(|_| own).unwrap_or_default();
        let port = ports.first().and_then(|port| port.parse().ok());
        port.ok_or_else(|| format!("the configuration that `{}` brings is not known", facts.family))
    };
    let read = |path: &str| {
        let text = shipped.input.project.read(path);
        text.ok_or_else(|| format!("`{path}` cannot be read"))
    };
    let main = files.placed.get(&row.main);
    if files.removed.contains(&row.main) {
        return Err(format!("`{}` is removed", row.main));
    }
    if row.syntax != Some(Syntax::Nginx) {
        let Some(path) = main else {
            let port = default()?;
            let listen = Listen { port: webserver::Port::Number(port), health: None, file: 0, line: 0 };
            return Ok(vec![(Port::fixed(port), listen, format!("as `{}` brings it", facts.family))]);
        };
        let text = read(path)?;
        let found = match row.syntax {
            Some(Syntax::Apache) => webserver::apache(&text),
            Some(Syntax::Caddy) => webserver::caddy(&text),
            _ => Err("its kind of configuration is not read".to_owned()),
        };
        return named(
            shipped,
            found.map_err(|why| format!("{why} in `{path}`"))?,
            std::slice::from_ref(path),
        );
    }
    let main_text = main.map(|path| read(path)).transpose()?;
    if main_text.is_none() && !own {
        default()?;
    }
    let mut paths = vec![main.cloned().unwrap_or_default()];
    let mut parts: Vec<String> = Vec::new();
    let included = includes(main_text.as_deref(), row)?;
    let is_included = |place: &str| included.iter().any(|pattern| covers(pattern, place));
    for (place, path) in files.parts(shipped, row) {
        if is_included(&place) {
            parts.push(read(&path)?);
            paths.push(path);
        }
    }
    let has_default = is_included(&row.default)
        && !files.removed.contains(&row.default)
        && !files.parts(shipped, row).iter().any(|(place, _)| *place == row.default);
    if has_default {
        parts.push(format!("server {{ listen {}; }}", default()?));
        paths.push(format!("the default.conf of {}", facts.family));
    }
    let texts: Vec<&str> = parts.iter().map(String::as_str).collect();
    named(shipped, webserver::nginx(main_text.as_deref(), &texts)?, &paths)
}

/// What the main file includes, as absolute patterns.
fn includes(main: Option<&str>, row: &Row) -> Result<Vec<String>, String> {
    let Some(main) = main else {
        return Ok(row.parts.iter().map(|folder| format!("{folder}/*.conf")).collect());
    };
    let folder = row.main.rsplit_once('/').map_or("/", |(folder, _)| folder);
    Ok(webserver::nginx_includes(main)?.iter().map(|pattern| join(folder, pattern)).collect())
}

/// Whether a pattern of an `include` takes in a file: a whole path, or every file of a folder with an ending.
fn covers(pattern: &str, place: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == place,
        Some((start, end)) => place
            .strip_prefix(start)
            .and_then(|rest| rest.strip_suffix(end))
            .is_some_and(|middle| !middle.contains('/')),
    }
}

/// The ports with their numbers: a variable counts where ENV gives it one.
fn named(
    shipped: &Shipped<'_>,
    found: Vec<Listen>,
    paths: &[String],
) -> Result<Vec<(Port, Listen, String)>, String> {
    let mut known = Vec::new();
    for listen in found {
        let port = match &listen.port {
            webserver::Port::Number(number) => Port::fixed(*number),
            webserver::Port::Variable(name) => {
                let number = shipped.environment(name).and_then(|value| value.parse().ok());
                let number = number.ok_or_else(|| format!("ENV gives `{name}` no plain number"))?;
                Port { number, variable: Some(name.clone()) }
            }
        };
        let at = match (paths[listen.file].as_str(), listen.file) {
            (path, _) if path.starts_with("the ") => path.to_owned(),
            (path, _) => format!("{path}:{}", listen.line),
        };
        known.push((port, listen, at));
    }
    Ok(known)
}

/// The configuration as the image has it in the end.
#[derive(Default)]
struct Files {
    /// Context paths by their places in the image.
    placed: BTreeMap<String, String>,
    /// What a RUN has removed of the image's own.
    removed: Vec<String>,
}

impl Files {
    /// Follows the COPYs and RUNs of the stage.
    fn read(shipped: &Shipped<'_>, facts: &Facts, row: &Row) -> Result<Files, String> {
        if shipped.has_triggers() {
            return Err("the base has ONBUILD triggers".to_owned());
        }
        let mut files = Files::default();
        for index in shipped.instructions() {
            match shipped.instruction(index).keyword {
                Keyword::Copy | Keyword::Add => files.copy(shipped, index, facts, row)?,
                Keyword::Run => files.run(shipped, index, row)?,
                _ => {}
            }
        }
        let mounted = |target: &&str| row.folders().any(|folder| meet(target, folder));
        let mounts = shipped.builds().filter(|build| !build.run.own_health);
        for build in mounts {
            if let Some(target) = build.run.mounts.iter().map(String::as_str).find(mounted) {
                return Err(format!("{} mounts something over `{target}`", build.at()));
            }
        }
        Ok(files)
    }

    fn copy(&mut self, shipped: &Shipped<'_>, index: usize, facts: &Facts, row: &Row) -> Result<(), String> {
        let instruction = shipped.instruction(index);
        let line = instruction.lines.0;
        let words = instruction.values();
        let destination = words.last().and_then(|word| shipped.input.model.literal(index, word));
        let folder = shipped.workdir_at(index, facts.workdir);
        let destination = match (destination, folder) {
            (Some(path), _) if path.starts_with('/') => join("/", &path),
            (Some(path), Some(folder)) => join(&folder, &path),
            _ => return Err(format!("it cannot be told where line {line} copies to")),
        };
        if !row.folders().any(|folder| meet(&destination, folder)) {
            return Ok(());
        }
        let doubt = || format!("it cannot be told what line {line} puts into `{destination}`");
        let mut places = Vec::new();
        match shipped.placed(index, facts.workdir) {
            Some(found) => {
                for (place, path) in found {
                    let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
                    let inside = shipped.input.project.files_below(&path);
                    let inside = inside.map(|entry| {
                        (
                            join(&place, entry.path.strip_prefix(&prefix).unwrap_or(&entry.path)),
                            entry.path.clone(),
                        )
                    });
                    places.extend(inside);
                    places.push((place, path));
                }
            }
            // From another stage: file by file, if it came there from the context.
            None if instruction.flag("from").is_some() => {
                let sources = &words[..words.len().saturating_sub(1)];
                for source in sources {
                    let name = source.rsplit('/').next().unwrap_or(source);
                    let below = join(&destination, name);
                    let place = if row.is_file(&destination) { destination.clone() } else { below };
                    let crate::transforms::shipped::Origin::Context(path) =
                        shipped.origin(&place, facts.workdir)
                    else {
                        return Err(doubt());
                    };
                    if shipped.input.project.read(&path).is_none() {
                        return Err(doubt());
                    }
                    places.push((place, path));
                }
            }
            None => return Err(doubt()),
        }
        for (place, path) in places {
            if row.closed.iter().any(|closed| below(&place, closed).is_some())
                && shipped.input.project.read(&path).is_some()
            {
                return Err(format!("line {line} puts `{place}` there, and what it does is not read"));
            }
            if row.folders().any(|folder| below(&place, folder).is_some()) {
                self.removed.retain(|removed| *removed != place);
                self.placed.insert(place, path);
            }
        }
        Ok(())
    }

    fn run(&mut self, shipped: &Shipped<'_>, index: usize, row: &Row) -> Result<(), String> {
        let instruction = shipped.instruction(index);
        let mentions = |text: &str| row.mentions.iter().any(|known| text.contains(known.as_str()));
        if !mentions(instruction.joined.text()) {
            return Ok(());
        }
        let line = instruction.lines.0;
        let changed = || format!("line {line} may change the configuration");
        let parsed = instruction.shell_form().map(|(_, text)| shipped.input.shell.parse(text));
        let Some(script) = parsed.as_ref().and_then(|parsed| parsed.as_ref().as_ref().ok()) else {
            return Err(changed());
        };
        for placed in script.simple_commands() {
            let command = placed.command;
            if !mentions(command.span.of(script.text())) {
                continue;
            }
            let writes =
                command.redirects.iter().any(|redirect| !matches!(redirect.target, Target::Descriptor));
            match command.name() {
                Some(name) if HARMLESS.contains(&name) && !writes => {}
                Some("rm") if !writes && placed.guards.must_succeed() => {
                    self.remove(command, row).ok_or_else(changed)?;
                }
                _ => return Err(changed()),
            }
        }
        Ok(())
    }

    /// `rm`: what it takes away, if that can be told.
    fn remove(&mut self, command: &SimpleCommand, row: &Row) -> Option<()> {
        for word in command.words.iter().skip(1) {
            let path = word.literal()?;
            if path.starts_with('-') {
                continue;
            }
            let folder = path.strip_suffix("/*").or_else(|| path.strip_suffix("/*.conf")).unwrap_or(path);
            if folder.contains(['*', '?', '[']) || !folder.starts_with('/') {
                return None;
            }
            let folder = join("/", folder);
            self.placed.retain(|place, _| below(place, &folder).is_none());
            for own in [&row.main, &row.default] {
                if below(own, &folder).is_some() && !self.removed.contains(own) {
                    self.removed.push(own.clone());
                }
            }
        }
        Some(())
    }

    /// The files that the main one may include, those that templates become among them.
    fn parts(&self, shipped: &Shipped<'_>, row: &Row) -> Vec<(String, String)> {
        let mut found = BTreeMap::new();
        let by_image = shipped.start().entrypoint == Setter::BaseImage;
        for (place, path) in &self.placed {
            let made = row.templates.as_ref().zip(row.parts.as_ref()).and_then(|(templates, parts)| {
                let name = place.strip_prefix(templates)?.strip_prefix('/')?.strip_suffix(".template")?;
                Some(join(parts, name))
            });
            match made {
                Some(made) if by_image => _ = found.insert(made, path.clone()),
                Some(_) => {}
                None => _ = found.entry(place.clone()).or_insert_with(|| path.clone()),
            }
        }
        found.remove(&row.main);
        found.into_iter().collect()
    }
}

impl Row {
    /// The files and folders that matter.
    fn folders(&self) -> impl Iterator<Item = &str> {
        let main = if self.syntax == Some(Syntax::Nginx) {
            self.main.rsplit_once('/').map_or("/", |(folder, _)| folder)
        } else {
            self.main.as_str()
        };
        std::iter::once(main).chain(self.closed.iter().map(String::as_str))
    }

    fn is_file(&self, place: &str) -> bool {
        place == self.main
            || place == self.default
            || place.ends_with(".conf")
            || place.ends_with(".template")
    }
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::config::Options;
    use crate::transforms::add_healthcheck::ADD_HEALTHCHECK;
    use crate::transforms::testing::{held_back, run_alone, run_built};

    #[track_caller]
    fn port(files: &[(&str, &str)], text: &str) -> String {
        let file = run_alone(&ADD_HEALTHCHECK, files, text);
        let after = file.after.text();
        let probe = after.lines().find(|line| line.contains("127.0.0.1"));
        let rest = probe.unwrap_or_else(|| panic!("{:?}", file.held_back)).split("127.0.0.1").nth(1);
        rest.unwrap_or_default().trim_start_matches(':').trim_end_matches("\"]").to_owned()
    }

    #[track_caller]
    fn waits(files: &[(&str, &str)], text: &str, ids: &[&str]) {
        held_back(&ADD_HEALTHCHECK, files, text, ids);
    }

    const CONF: (&str, &str) = ("site.conf", "server { listen 8080; location = /healthz { return 200; } }\n");

    #[test]
    fn the_table_can_be_read() {
        assert!(TABLE.server.iter().all(|row| !row.programs.is_empty() && !row.mentions.is_empty()));
    }

    #[test]
    fn the_images_own_configuration_listens_where_the_image_says() {
        assert_eq!(port(&[], "FROM nginx:1.29\nCOPY . /usr/share/nginx/html\n"), "80/");
        assert_eq!(
            port(&[], "FROM nginxinc/nginx-unprivileged:1.29\nCOPY . /usr/share/nginx/html\n"),
            "8080/"
        );
        assert_eq!(
            port(&[], "FROM php:8.3-apache-bookworm\nCOPY . /var/www/html\nRUN a2enmod rewrite\n"),
            "80/"
        );
        assert_eq!(port(&[], "FROM tomcat:10.1\nCOPY a.war /usr/local/tomcat/webapps/\n"), "8080/");
        assert_eq!(port(&[], "FROM httpd:2.4\nCOPY . /usr/local/apache2/htdocs/\n"), "/80");
    }

    #[test]
    fn a_configuration_of_the_projects_own_says_where() {
        let with = |lines: &str| port(&[CONF], &format!("FROM nginx:1.29\n{lines}"));
        assert_eq!(with("COPY site.conf /etc/nginx/conf.d/default.conf\n"), "8080/healthz");
        assert_eq!(
            with("RUN rm /etc/nginx/conf.d/default.conf\nCOPY site.conf /etc/nginx/conf.d/\n"),
            "8080/healthz"
        );
        // The image's own site is still there beside it, and EXPOSE chooses.
        assert_eq!(with("COPY site.conf /etc/nginx/conf.d/\nEXPOSE 80\n"), "80/");
        assert_eq!(with("COPY site.conf /etc/nginx/conf.d/\nEXPOSE 8080\n"), "8080/healthz");
        assert_eq!(with("COPY site.conf /etc/nginx/sites/x.conf\n"), "80/");
        let main = ("nginx.conf", "events {}\nhttp { include conf.d/site.conf; }\n");
        let text = "FROM nginx:1.29\nCOPY nginx.conf /etc/nginx/\nCOPY site.conf /etc/nginx/conf.d/\n";
        assert_eq!(port(&[CONF, main], text), "8080/healthz");
        let stages = "FROM node:24 AS b\nWORKDIR /w\nCOPY . .\nFROM nginx:1.29\n\
                      COPY --from=b /w/site.conf /etc/nginx/conf.d/default.conf\n";
        assert_eq!(port(&[CONF], stages), "8080/healthz");
        let ports = ("ports.conf", "Listen 8080\n");
        assert_eq!(
            port(&[ports], "FROM php:8.3-apache-bookworm\nCOPY ports.conf /etc/apache2/ports.conf\n"),
            "8080/"
        );
        let caddy = ("Caddyfile", ":8080\nfile_server\n");
        assert_eq!(
            port(&[caddy], "FROM caddy:2\nCOPY Caddyfile /etc/caddy/Caddyfile\n").trim_end_matches('/'),
            "\", \"8080"
        );
    }

    #[test]
    fn a_template_takes_its_port_from_env() {
        let template = ("default.conf.template", "server { listen ${PORT}; }\n");
        let text = "FROM nginx:1.29\nENV PORT=8081\nCOPY *.template /etc/nginx/templates/\n";
        assert_eq!(port(&[template], text), "${PORT:-8081}/");
        waits(&[template], &text.replace("ENV PORT=8081\n", ""), &["HC2"]);
        // Nobody fills it in where the image's entrypoint does not run.
        let other = format!("{text}ENTRYPOINT [\"nginx\", \"-g\", \"daemon off;\"]\n");
        assert_eq!(port(&[template], &other), "80/");
    }

    #[test]
    fn hc2_what_may_change_the_configuration_holds_it_back() {
        for lines in [
            "RUN sed -i 's/80/81/' /etc/nginx/conf.d/default.conf\n",
            "RUN echo 'server { listen 81; }' > /etc/nginx/conf.d/default.conf\n",
            "RUN test -e x || rm /etc/nginx/conf.d/default.conf\n",
            "RUN rm /etc/nginx/nginx.conf\n",
            "COPY --from=other /x /etc/nginx/conf.d/default.conf\n",
            "COPY <<EOF /etc/nginx/conf.d/default.conf\nserver { listen 81; }\nEOF\n",
            "ARG D\nCOPY site.conf $D\n",
            "COPY site.conf /docker-entrypoint.d/10-x.sh\n",
            "CMD [\"nginx\", \"-c\", \"/x.conf\"]\n",
            "ADD https://example.com/x.conf /etc/nginx/conf.d/\n",
        ] {
            waits(&[CONF], &format!("FROM nginx:1.29\n{lines}"), &["HC2"]);
        }
        waits(
            &[],
            "FROM php:8.3-apache-bookworm\nRUN sed -i 's/Listen 80/Listen 81/' /etc/apache2/ports.conf\n",
            &["HC2"],
        );
        waits(&[], "FROM nginx:1.29\nEXPOSE 3000\n", &["HC2"]);
        waits(&[("x.xml", "")], "FROM tomcat:10.1\nCOPY x.xml /usr/local/tomcat/conf/server.xml\n", &["HC2"]);
        let compose = "services: {a: {build: ., volumes: ['./x.conf:/etc/nginx/nginx.conf']}}";
        let text = "FROM nginx:1.29\nCOPY x /x\n";
        let found = run_built(&ADD_HEALTHCHECK, &[("compose.yaml", compose)], text, &Options::default());
        assert_eq!(found.held_back[0].missing[0].id, "HC2");
    }

    #[test]
    fn hc5_a_server_without_plain_http_holds_it_back() {
        let tls =
            ("site.conf", "server { listen 443 ssl; }\nserver { listen 80 default_server; return 444; }\n");
        waits(&[tls], "FROM nginx:1.29\nCOPY site.conf /etc/nginx/conf.d/default.conf\n", &["HC5"]);
        waits(&[("Caddyfile", "example.com\n")], "FROM caddy:2\nCOPY Caddyfile /etc/caddy/\n", &["HC5"]);
    }

    #[test]
    fn php_fpm_is_tried_by_its_port() {
        let text = "FROM php:8.3-fpm-bookworm\nCOPY . /var/www/html\n";
        assert_eq!(port(&[], text), "', 9000) ? 0 : 1);");
        waits(&[CONF], &format!("{text}COPY site.conf /usr/local/etc/php-fpm.d/zz-x.conf\n"), &["HC2"]);
    }
}
