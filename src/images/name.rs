//! Names of images: which of the many spellings of a repository mean the same one.
//!
//! Knows nothing of tags and digests; the reference has been taken apart before.

use std::borrow::Cow;

/// Where a repository is fetched from, as far as that matters for its tags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Docker Hub, or a registry that holds the same tags.
    Hub,
    /// A mirror of Docker Hub that may lack tags.
    Mirror,
    /// Docker Hub's repository of one architecture (`arm64v8/node`), for which some tags are not built.
    Architecture,
    /// Another registry.
    Registry,
}

/// The one spelling of a repository that the tables use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageName {
    canonical: String,
    /// Where it comes from.
    pub origin: Origin,
}

const HUB_HOSTS: [&str; 4] =
    ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

const ARCHITECTURES: [&str; 11] = [
    "amd64", "arm32v5", "arm32v6", "arm32v7", "arm64v8", "i386", "mips64le", "ppc64le", "riscv64", "s390x",
    "winamd64",
];

impl ImageName {
    /// The name of a repository as it stands in a reference, with or without its registry:
    /// `node`, `docker.io/library/node`, `gcr.io/distroless/static`.
    pub fn parse(repository: &str) -> ImageName {
        match repository.split_once('/') {
            Some((host, path)) if host == "localhost" || host.contains(['.', ':']) => {
                ImageName::new(Some(host), path)
            }
            _ => ImageName::new(None, repository),
        }
    }

    /// The name of a repository whose registry is known apart; `None` is Docker Hub.
    pub fn new(registry: Option<&str>, repository: &str) -> ImageName {
        let Some(host) = registry.filter(|host| !HUB_HOSTS.contains(host)) else {
            return ImageName::on_hub(repository, Origin::Hub);
        };
        match host {
            "public.ecr.aws" if repository.starts_with("docker/library/") => {
                ImageName::on_hub(&repository["docker/".len()..], Origin::Hub)
            }
            "mirror.gcr.io" => ImageName::on_hub(repository, Origin::Mirror),
            "mcr.microsoft.com" if repository.starts_with("mirror/docker/library/") => {
                ImageName::on_hub(&repository["mirror/docker/".len()..], Origin::Mirror)
            }
            "registry.access.redhat.com" | "registry.redhat.io" => ImageName {
                canonical: format!("registry.access.redhat.com/{}", universal_base(repository)),
                origin: Origin::Registry,
            },
            _ => ImageName { canonical: format!("{host}/{repository}"), origin: Origin::Registry },
        }
    }

    /// A repository of Docker Hub.
    fn on_hub(repository: &str, origin: Origin) -> ImageName {
        if let Some(name) = repository.strip_prefix("library/") {
            return ImageName { canonical: name.to_owned(), origin };
        }
        match repository.split_once('/') {
            Some((architecture, name)) if ARCHITECTURES.contains(&architecture) => {
                ImageName { canonical: name.to_owned(), origin: Origin::Architecture }
            }
            Some(("redhat", name)) if name.starts_with("ubi") => ImageName {
                canonical: format!("registry.access.redhat.com/{}", universal_base(name)),
                origin: Origin::Registry,
            },
            Some(("chainguard", name)) => {
                ImageName { canonical: format!("cgr.dev/chainguard/{name}"), origin: Origin::Registry }
            }
            _ => ImageName { canonical: repository.to_owned(), origin },
        }
    }

    /// The spelling of the tables: official images by their bare name, others of Docker Hub as `owner/name`,
    /// the rest with their registry.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// Whether it is one of Docker's official images.
    pub fn is_official(&self) -> bool {
        self.origin != Origin::Registry && !self.canonical.contains('/')
    }

    /// Whether the tags that the tables list are there: a mirror or the repository of one architecture may lack
    /// some.
    pub fn has_all_tags(&self) -> bool {
        matches!(self.origin, Origin::Hub | Origin::Registry)
    }
}

/// `ubi9-minimal`, `ubi9` and `ubi9/ubi-minimal` are two spellings each of one image: the long one is kept.
fn universal_base(repository: &str) -> Cow<'_, str> {
    let short = repository.strip_prefix("ubi").filter(|rest| !rest.contains('/'));
    let Some(rest) = short else { return repository.into() };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    match rest.split_at(digits) {
        ("", _) => repository.into(),
        (version, "") => format!("ubi{version}/ubi").into(),
        (version, rest) => format!("ubi{version}/ubi{rest}").into(),
    }
}

/// Whether a pattern in which `*` stands for anything but `/` matches the whole of `text`.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            let reach = rest.find('/').unwrap_or(rest.len());
            (0..=reach).any(|at| rest.is_char_boundary(at) && matches(after, &rest[at..]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, canonical: &str, origin: Origin) {
        let parsed = ImageName::parse(name);
        assert_eq!((parsed.canonical(), parsed.origin), (canonical, origin), "{name}");
    }

    #[test]
    fn spellings_of_docker_hub_are_one() {
        for name in [
            "node",
            "library/node",
            "docker.io/node",
            "docker.io/library/node",
            "index.docker.io/library/node",
            "registry-1.docker.io/library/node",
            "public.ecr.aws/docker/library/node",
        ] {
            check(name, "node", Origin::Hub);
        }
        check("nginxinc/nginx-unprivileged", "nginxinc/nginx-unprivileged", Origin::Hub);
        check("docker.io/oven/bun", "oven/bun", Origin::Hub);
    }

    #[test]
    fn mirrors_and_architectures_hold_the_image_but_maybe_not_every_tag() {
        check("mirror.gcr.io/library/golang", "golang", Origin::Mirror);
        check("mcr.microsoft.com/mirror/docker/library/python", "python", Origin::Mirror);
        check("arm64v8/node", "node", Origin::Architecture);
        assert!(!ImageName::parse("arm64v8/node").has_all_tags());
    }

    #[test]
    fn a_private_registry_is_nothing_we_know() {
        check("registry.example.com/library/node", "registry.example.com/library/node", Origin::Registry);
        check("localhost/node", "localhost/node", Origin::Registry);
        check("localhost:5000/node", "localhost:5000/node", Origin::Registry);
        check("mycompany/node", "mycompany/node", Origin::Hub);
        assert!(!ImageName::parse("mycompany/node").is_official());
    }

    #[test]
    fn universal_base_images_have_one_long_name() {
        for name in [
            "registry.access.redhat.com/ubi9/ubi-minimal",
            "registry.access.redhat.com/ubi9-minimal",
            "registry.redhat.io/ubi9/ubi-minimal",
            "redhat/ubi9-minimal",
        ] {
            check(name, "registry.access.redhat.com/ubi9/ubi-minimal", Origin::Registry);
        }
        check("registry.access.redhat.com/ubi8", "registry.access.redhat.com/ubi8/ubi", Origin::Registry);
        check(
            "registry.access.redhat.com/ubi9/nodejs-22",
            "registry.access.redhat.com/ubi9/nodejs-22",
            Origin::Registry,
        );
    }

    #[test]
    fn a_star_stops_at_a_slash() {
        assert!(matches("cgr.dev/chainguard/*", "cgr.dev/chainguard/node"));
        assert!(!matches("cgr.dev/chainguard/*", "cgr.dev/chainguard/a/b"));
        assert!(matches("r/ubi*/nodejs-*", "r/ubi9/nodejs-22"));
        assert!(!matches("r/ubi*/nodejs-*", "r/ubi9/python-312"));
    }
}
