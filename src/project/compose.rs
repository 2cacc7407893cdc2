//! What a compose file says about the images it builds: their context, target, arguments, ports, user and mounts.
//!
//! Reads text; finding the files and joining their paths to a folder is the command line's part.

mod load;
mod yaml;

use std::collections::BTreeMap;
use std::fmt;

pub use self::load::load;
use crate::shell::plain_words;

/// A service that is built from a local folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComposeService {
    /// Its name.
    pub name: String,
    /// The context folder as written, relative to the compose file.
    pub context: String,
    /// The Dockerfile as written, relative to the context folder.
    pub dockerfile: String,
    /// The stage to build; `None` for the last one.
    pub target: Option<String>,
    /// Build arguments; `None` where the value comes from the environment.
    pub args: BTreeMap<String, Option<String>>,
    /// Names of further contexts that `COPY --from` and `FROM` may use.
    pub additional_contexts: Vec<String>,
    /// Published ports.
    pub ports: Vec<PublishedPort>,
    /// The user it runs as.
    pub user: Option<String>,
    /// The key by which it gets rights that only root can use: `privileged`, `cap_add`, `devices`.
    pub privilege: Option<&'static str>,
    /// What is mounted over folders of the image.
    pub mounts: Vec<Mount>,
    /// Variables that it sets; `None` where the value comes from elsewhere.
    pub environment: BTreeMap<String, Option<String>>,
    /// What it says about its health.
    pub healthcheck: Healthcheck,
    /// What its own check asks for, where that is a plain URL.
    pub asked: Option<Asked>,
    /// Whether it takes more from another service (`extends`) that could not be read.
    pub extends: bool,
    /// Whether it starts something else than the image would: `command`, `entrypoint`.
    pub starts_otherwise: bool,
    /// What stands in the place of CMD, where that is all that differs and every word is plain.
    pub command: Option<Vec<String>>,
}

impl ComposeService {
    /// Whether it builds the Dockerfile at `path` from the folder of the compose file itself.
    pub fn is_built_from(&self, path: &str) -> bool {
        let here = |text: &str| text.trim_start_matches("./").trim_end_matches('/').to_owned();
        matches!(here(&self.context).as_str(), "" | ".") && here(&self.dockerfile) == path
    }
}

/// A port of the container that compose publishes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublishedPort {
    /// The first port inside the container.
    pub first: u16,
    /// The last one; equal to the first but for a range.
    pub last: u16,
    /// Whether it is UDP; TCP otherwise.
    pub udp: bool,
}

/// Something that lies over a folder of the image while the container runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// What is mounted.
    pub kind: MountKind,
    /// The path on the host or the volume's name; empty for an anonymous volume.
    pub source: String,
    /// The path inside the container; `None` where it holds a variable.
    pub target: Option<String>,
}

/// What is mounted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MountKind {
    /// A path of the host: its owner and its contents replace what the image has there.
    Bind,
    /// A named or anonymous volume: filled from the image, with its owner, when it is new.
    Volume,
    /// Memory, another volume driver, or a kind that is not known here.
    Other,
}

/// What a service says about its health.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Healthcheck {
    /// Nothing: the image's own check counts.
    Unsaid,
    /// It brings its own check.
    Own,
    /// It turns checks off.
    Disabled,
}

/// What a check of a service asks its own container for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The port.
    pub port: u16,
    /// The path; it begins with a slash.
    pub path: String,
    /// Whether an answer that is no success fails the check.
    pub strict: bool,
}

/// Why a compose file cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ComposeError(String);

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The names of a compose file, in the order in which compose looks for them.
pub const COMPOSE_FILES: &[&str] =
    &["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// Reads the services that are built from a local folder with a Dockerfile; nothing but this text is read.
pub fn parse(text: &str) -> Result<Vec<ComposeService>, ComposeError> {
    let name = COMPOSE_FILES[0];
    load(name, &|path| (path == name).then(|| text.to_owned()))
}

fn local_build(name: String, service: yaml::Service) -> Option<ComposeService> {
    let privilege = service.privilege();
    let build = service.build?;
    if build.dockerfile_inline.is_some() {
        return None;
    }
    let context = interpolate(build.context.as_deref().unwrap_or("."))?;
    if is_remote(&context) {
        return None;
    }
    let dockerfile = interpolate(build.dockerfile.as_deref().unwrap_or("Dockerfile"))?;
    let healthcheck = match &service.healthcheck {
        None => Healthcheck::Unsaid,
        Some(check) if check.is_disabled() => Healthcheck::Disabled,
        Some(_) => Healthcheck::Own,
    };
    let command = service.command.as_ref().filter(|_| service.entrypoint.is_none()).and_then(command_words);
    let asked = service.healthcheck.as_ref().and_then(|check| asked(&check.words().join(" ")));
    Some(ComposeService {
        name,
        privilege,
        context,
        dockerfile,
        target: build.target.as_deref().and_then(interpolate),
        args: plain(build.args),
        additional_contexts: build.additional_contexts.0.into_keys().collect(),
        ports: service.ports.unwrap_or_default().iter().filter_map(published_port).collect(),
        user: service.user,
        mounts: service.volumes.unwrap_or_default().into_iter().map(mount).collect(),
        environment: plain(service.environment.unwrap_or_default()),
        healthcheck,
        asked,
        extends: service.extends.is_some(),
        starts_otherwise: service.command.is_some() || service.entrypoint.is_some(),
        command,
    })
}

/// The one URL of a command, where it names the container itself.
fn asked(command: &str) -> Option<Asked> {
    let (before, rest) = command.split_once("http://")?;
    let end = rest.find(|letter: char| letter.is_whitespace() || "\"'`|;)&".contains(letter));
    let (url, after) = rest.split_at(end.unwrap_or(rest.len()));
    if url.contains('$') || after.contains("http") || before.contains("https") {
        return None;
    }
    let (address, path) = url.find('/').map_or((url, "/"), |at| url.split_at(at));
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "80"));
    let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
    let fails = |word: &&str| {
        *word == "--fail" || word.starts_with('-') && !word.starts_with("--") && word.contains('f')
    };
    let strict = words.contains(&"wget") || words.contains(&"curl") && words.iter().any(fails);
    let own = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0");
    Some(Asked { port: port.parse().ok().filter(|_| own)?, path: path.to_owned(), strict })
}

/// Names and values, as far as the file alone tells them.
fn plain(pairs: yaml::Pairs) -> BTreeMap<String, Option<String>> {
    pairs.0.into_iter().map(|(key, value)| (key, value.filter(|text| !text.contains('$')))).collect()
}

/// The words of a command; `None` where compose or the container works some of them out.
fn command_words(command: &yaml::Command) -> Option<Vec<String>> {
    let words = match command {
        yaml::Command::Text(text) => plain_words(text).ok()?,
        yaml::Command::Words(words) => words.clone(),
    };
    (!words.is_empty() && !words.iter().any(|word| word.contains('$'))).then_some(words)
}

/// The text with `$$` unescaped and `${NAME:-default}` taken at its default; `None` where a variable has none.
fn interpolate(text: &str) -> Option<String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
            continue;
        }
        let (inside, after) = rest.strip_prefix('{')?.split_once('}')?;
        let (_, default) = inside.split_once('-')?;
        // A default that holds a variable of its own ends at the wrong brace.
        if default.contains('$') {
            return None;
        }
        result.push_str(default);
        rest = after;
    }
    result.push_str(rest);
    Some(result)
}

fn is_remote(context: &str) -> bool {
    const REMOTE: &[&str] =
        &["http://", "https://", "git://", "git@", "ssh://", "github.com/", "docker-image://"];
    REMOTE.iter().any(|prefix| context.starts_with(prefix))
}

fn published_port(port: &yaml::Port) -> Option<PublishedPort> {
    match port {
        yaml::Port::Short(text) => {
            let (text, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
            let container = text.rsplit(':').next().unwrap_or(text);
            port_range(container, protocol)
        }
        yaml::Port::Long { target, protocol } => {
            port_range(target.as_deref()?, protocol.as_deref().unwrap_or("tcp"))
        }
    }
}

fn port_range(text: &str, protocol: &str) -> Option<PublishedPort> {
    // The container's port is the last part unless a variable with a default stands there: `${PORT:-80}`.
    let text = text.trim();
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(PublishedPort {
        first: first.parse().ok()?,
        last: last.parse().ok()?,
        udp: protocol.eq_ignore_ascii_case("udp"),
    })
}

fn mount(volume: yaml::Volume) -> Mount {
    match volume {
        yaml::Volume::Short(text) => short_mount(&text),
        yaml::Volume::Long { kind, source, target } => Mount {
            kind: match kind.as_deref() {
                Some("bind") => MountKind::Bind,
                Some("volume") => MountKind::Volume,
                _ => MountKind::Other,
            },
            source: source.unwrap_or_default(),
            target: target.filter(|target| !target.contains('$')),
        },
    }
}

/// `[SOURCE:]TARGET[:MODE]`.
fn short_mount(text: &str) -> Mount {
    // The colon of `${NAME:-x}` separates nothing.
    let mut parts: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut current = String::new();
    for character in text.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(character);
    }
    parts.push(current);
    // A drive letter (`C:\data:/data`) is part of the path behind it.
    if parts.len() > 1 && parts[0].len() == 1 && parts[1].starts_with(['\\', '/']) && parts.len() > 2 {
        let rest = parts.remove(1);
        parts[0] = format!("{}:{rest}", parts[0]);
    }
    let (source, target) = match parts.as_slice() {
        [target] => (String::new(), target.clone()),
        [source, target, ..] => (source.clone(), target.clone()),
        [] => (String::new(), String::new()),
    };
    let is_path = source.starts_with(['.', '/', '~', '$', '\\']) || source.contains(":\\");
    let kind = if is_path { MountKind::Bind } else { MountKind::Volume };
    Mount { kind, source, target: Some(target).filter(|target| !target.contains('$')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn services(text: &str) -> Vec<ComposeService> {
        parse(text).expect("the file can be read")
    }

    #[test]
    fn a_check_tells_what_it_asks_for() {
        let of = |test: &str| asked(test).map(|asked| (asked.port, asked.path, asked.strict));
        let some = |port, path: &str, strict| Some((port, path.to_owned(), strict));
        assert_eq!(of("CMD curl -f http://localhost:3000/health"), some(3000, "/health", true));
        assert_eq!(of("CMD-SHELL curl --fail http://127.0.0.1 || exit 1"), some(80, "/", true));
        assert_eq!(of("curl -s http://localhost:81/x"), some(81, "/x", false));
        assert_eq!(of("wget -q --spider http://localhost:82/ping"), some(82, "/ping", true));
        assert_eq!(of("node -e \"fetch('http://localhost:83/')\""), some(83, "/", false));
        for other in [
            "CMD pg_isready",
            "curl http://db:80/",
            "curl http://localhost:$PORT/",
            "curl https://localhost/",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[test]
    fn short_build_names_the_folder() {
        let found = services("services:\n  web:\n    build: ./web\n  db:\n    image: postgres\n  empty:\n");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].context.as_str(), found[0].dockerfile.as_str()), ("./web", "Dockerfile"));
        assert_eq!(found[0].healthcheck, Healthcheck::Unsaid);
    }

    #[test]
    fn long_build_with_everything() {
        let found = services(
            "services:
  web:
    build:
      context: .
      dockerfile: docker/Dockerfile
      target: prod
      args:
        VERSION: 1.10
        OCTAL: 0755
        FROM_SHELL:
        VARIABLE: ${X:-y}
      additional_contexts:
        shared: ../shared
    user: 1000
    ports:
      - 3000
      - '8080:80'
      - 127.0.0.1:53:53/udp
      - '9000-9005:9000-9005'
      - ${PORT:-8443}:443
      - ${PORT}
      - target: 5000
        published: '5001'
    volumes:
      - .:/app
      - /app/node_modules
      - data:/var/lib/data:ro
      - ${HERE:-.}:/here
      - type: bind
        source: ./x
        target: /x
      - type: tmpfs
        target: /tmp
    healthcheck:
      test: curl -f http://localhost
",
        );
        let web = &found[0];
        assert_eq!((web.context.as_str(), web.dockerfile.as_str()), (".", "docker/Dockerfile"));
        assert_eq!(web.target.as_deref(), Some("prod"));
        assert_eq!(web.args["VERSION"].as_deref(), Some("1.10"));
        assert_eq!(web.args["OCTAL"].as_deref(), Some("0755"));
        assert_eq!((&web.args["FROM_SHELL"], &web.args["VARIABLE"]), (&None, &None));
        assert_eq!(web.additional_contexts, ["shared"]);
        assert_eq!(web.user.as_deref(), Some("1000"));
        let ports: Vec<_> = web.ports.iter().map(|port| (port.first, port.last, port.udp)).collect();
        assert_eq!(
            ports,
            [
                (3000, 3000, false),
                (80, 80, false),
                (53, 53, true),
                (9000, 9005, false),
                (443, 443, false),
                (5000, 5000, false)
            ]
        );
        let mounts: Vec<_> = web
            .mounts
            .iter()
            .map(|mount| (mount.kind, mount.source.as_str(), mount.target.as_deref()))
            .collect();
        assert_eq!(
            mounts,
            [
                (MountKind::Bind, ".", Some("/app")),
                (MountKind::Volume, "", Some("/app/node_modules")),
                (MountKind::Volume, "data", Some("/var/lib/data")),
                (MountKind::Bind, "${HERE:-.}", Some("/here")),
                (MountKind::Bind, "./x", Some("/x")),
                (MountKind::Other, "", Some("/tmp")),
            ]
        );
        assert_eq!(web.healthcheck, Healthcheck::Own);
    }

    #[test]
    fn arguments_as_a_list() {
        let found = services(
            "services:\n  a:\n    build:\n      context: .\n      args:\n        - A=1=2\n        - B\n",
        );
        assert_eq!(found[0].args["A"].as_deref(), Some("1=2"));
        assert_eq!(found[0].args["B"], None);
    }

    #[test]
    fn anchors_and_merge_keys_are_followed() {
        let found = services(
            "x-base: &base
  user: app
  healthcheck: {disable: true}
services:
  a:
    <<: *base
    build: {context: a}
  b:
    <<: *base
    build: b
    user: root
",
        );
        assert_eq!(found[0].user.as_deref(), Some("app"));
        assert_eq!(found[1].user.as_deref(), Some("root"));
        assert_eq!(found[0].healthcheck, Healthcheck::Disabled);
    }

    #[test]
    fn remote_inline_and_unknown_contexts_are_no_local_build() {
        let found = services(
            "services:
  a: {build: 'https://github.com/o/r.git'}
  b: {build: 'git@github.com:o/r.git'}
  c: {build: {context: ., dockerfile_inline: FROM a}}
  d: {build: '$FOLDER'}
  e: {build: '${FOLDER:-web}'}
",
        );
        assert_eq!(found.iter().map(|service| service.context.as_str()).collect::<Vec<_>>(), ["web"]);
    }

    #[test]
    fn health_can_be_turned_off_by_a_test() {
        let found = services("services: {a: {build: ., healthcheck: {test: [NONE]}}}");
        assert_eq!(found[0].healthcheck, Healthcheck::Disabled);
        let found = services("services: {a: {build: ., extends: {service: b}}}");
        assert!(found[0].extends);
    }

    #[test]
    fn broken_file_is_an_error_of_one_line() {
        for broken in ["services: [", "services: 3", "services: {a: {build: [x]}}", "a: 1\na: 2"] {
            let error = parse(broken).expect_err(broken).to_string();
            assert!(!error.is_empty() && !error.contains('\n'), "{error}");
        }
        for empty in ["version: '3'", "", "# nothing\n", "services:\n"] {
            assert_eq!(parse(empty), Ok(Vec::new()));
        }
    }
}
