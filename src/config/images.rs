//! `[images]`: which registries are trusted, and which names stand for a public image.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ConfigError;
use super::reader::{self, Section, list};

/// The table `[images]`, with what other files say about the same.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct ImagesOptions {
    /// `trusted`, and the lists of other tools: an image is written only if each of them allows it.
    pub trusted: Vec<Trusted>,
    /// `alias`: names of mirrors, each with the public name whose facts hold. A name that ends in `/` stands for all
    /// that is below it.
    pub alias: BTreeMap<String, String>,
}

/// A list of trusted registries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trusted {
    /// The file that holds it.
    pub at: String,
    /// Hosts, with or without a path; `*` at an end stands for anything.
    pub registries: Vec<String>,
}

impl Trusted {
    /// The list of hadolint's settings; `None` where they have none. Settings that cannot be read trust nothing.
    pub fn of_hadolint(text: &str, at: &str) -> Option<Trusted> {
        #[derive(Deserialize)]
        struct Settings {
            #[serde(rename = "trustedRegistries")]
            trusted: Option<Vec<String>>,
        }
        let settings: Result<Option<Settings>, _> = serde_saphyr::from_str(text);
        let registries = match settings {
            Ok(settings) => settings.and_then(|settings| settings.trusted).filter(|list| !list.is_empty())?,
            Err(_) => Vec::new(),
        };
        Some(Trusted { at: at.to_owned(), registries })
    }

    /// Whether the list allows an image, named with or without its host.
    pub fn allows(&self, image: &str) -> bool {
        let image = match image.split_once('/') {
            Some((host, _)) if host == "localhost" || host.contains(['.', ':']) => image.to_owned(),
            _ => format!("docker.io/{image}"),
        };
        let host = image.split('/').next().unwrap_or_default();
        self.registries.iter().any(|trusted| {
            // Both names of Docker Hub are in use.
            let trusted =
                if trusted == "hub.docker.com" { "docker.io" } else { trusted.trim_end_matches('/') };
            match (trusted.strip_prefix('*'), trusted.strip_suffix('*')) {
                (Some(end), _) => host.ends_with(end),
                (_, Some(start)) => image.starts_with(start),
                _ => image == trusted || image.starts_with(&format!("{trusted}/")),
            }
        })
    }
}

impl ImagesOptions {
    pub(super) fn read(section: &mut Section<'_>) -> Result<ImagesOptions, ConfigError> {
        let trusted = section.take("trusted", |value| list(value, reader::text))?;
        let at = "dockfix.toml".to_owned();
        Ok(ImagesOptions {
            trusted: trusted.map(|registries| Trusted { at, registries }).into_iter().collect(),
            alias: section.take("alias", reader::pairs)?.unwrap_or_default(),
        })
    }

    pub(super) fn over(self, below: ImagesOptions) -> ImagesOptions {
        ImagesOptions {
            trusted: if self.trusted.is_empty() { below.trusted } else { self.trusted },
            alias: if self.alias.is_empty() { below.alias } else { self.alias },
        }
    }

    /// The list that forbids an image, if one does.
    pub fn forbids(&self, image: &str) -> Option<&Trusted> {
        self.trusted.iter().find(|list| !list.allows(image))
    }

    /// The public name of a repository, whose facts hold; its own name where no alias speaks of it.
    pub fn public_name(&self, repository: &str) -> String {
        if let Some(name) = self.alias.get(repository) {
            return name.clone();
        }
        let below = |(mirror, name): (&String, &String)| {
            let rest = repository.strip_prefix(mirror.as_str()).filter(|_| mirror.ends_with('/'))?;
            Some((mirror.len(), format!("{}/{rest}", name.trim_end_matches('/'))))
        };
        let longest = self.alias.iter().filter_map(below).max();
        longest.map_or(repository.to_owned(), |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn options(text: &str) -> ImagesOptions {
        Config::parse(text, &[]).expect("sound").options_for("Dockerfile").images
    }

    #[test]
    fn an_alias_stands_for_a_public_name() {
        let options = options(
            "[images.alias]\n'mirror.example/node' = 'node'\n'mirror.example/hub/' = 'docker.io/'\n\
             'mirror.example/hub/library/' = 'docker.io/library'\n",
        );
        for (name, public) in [
            ("mirror.example/node", "node"),
            ("mirror.example/hub/bitnami/redis", "docker.io/bitnami/redis"),
            ("mirror.example/hub/library/python", "docker.io/library/python"),
            ("mirror.example/other", "mirror.example/other"),
            ("node", "node"),
        ] {
            assert_eq!(options.public_name(name), public);
        }
    }

    #[test]
    fn trusted_registries_by_host_path_and_star() {
        let options =
            options("[images]\ntrusted = ['docker.io', 'gcr.io/distroless', '*.example', 'ghcr.io/me/*']\n");
        for image in [
            "node:20",
            "owner/image",
            "docker.io/library/x",
            "gcr.io/distroless/static",
            "a.example/x",
            "ghcr.io/me/x",
        ] {
            assert_eq!(options.forbids(image), None, "{image}");
        }
        for image in ["gcr.io/other", "ghcr.io/you/x", "cgr.dev/x", "docker.io.evil/x"] {
            assert_eq!(options.forbids(image).map(|list| list.at.as_str()), Some("dockfix.toml"), "{image}");
        }
        assert_eq!(ImagesOptions::default().forbids("cgr.dev/x"), None);
    }

    #[test]
    fn hadolint_settings_have_a_list_too() {
        let list =
            Trusted::of_hadolint("trustedRegistries: [docker.io]\nignored: [DL3008]\n", ".hadolint.yaml");
        assert!(list.is_some_and(|list| list.allows("node") && !list.allows("gcr.io/x")));
        assert_eq!(Trusted::of_hadolint("ignored: [DL3008]\n", ".hadolint.yaml"), None);
        assert_eq!(Trusted::of_hadolint("", ".hadolint.yaml"), None);
        assert!(Trusted::of_hadolint("trustedRegistries: {", "x").is_some_and(|list| !list.allows("node")));
    }

    #[test]
    fn a_wrong_alias_is_named_with_its_line() {
        let error = Config::parse("[images]\nalias = {a = 1}\n", &[]).expect_err("no text");
        assert_eq!((error.place.line, error.message.as_str()), (2, "`alias` must be a line of text, not 1"));
    }
}
