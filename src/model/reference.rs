//! Image references: registry, repository, tag, digest.

use crate::syntax::JoinedSpan;

/// The image that a FROM or a `--from` names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageRef {
    /// Where it stands in its instruction.
    pub span: JoinedSpan,
    /// As written, with its variables.
    pub written: String,
    /// After expansion with the defaults of the file's arguments.
    pub resolved: String,
    /// Names of the variables in it.
    pub variables: Vec<String>,
    /// The host, if the reference names one.
    pub registry: Option<String>,
    /// The path without host, tag and digest, as written: `node`, `library/node`, `dotnet/sdk`.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
    /// The digest with its algorithm: `sha256:…`.
    pub digest: Option<String>,
}

impl ImageRef {
    /// Reads a resolved reference.
    pub(super) fn read(span: JoinedSpan, written: &str, resolved: &str, variables: Vec<String>) -> ImageRef {
        let (name, digest) = match resolved.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (resolved, None),
        };
        // A colon after the last slash starts the tag; one before it belongs to a host's port.
        let path_start = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[path_start..].rfind(':') {
            Some(at) => (&name[..path_start + at], Some(name[path_start + at + 1..].to_owned())),
            None => (name, None),
        };
        let (registry, repository) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (Some(host.to_owned()), path)
            }
            _ => (None, name),
        };
        ImageRef {
            span,
            written: written.to_owned(),
            resolved: resolved.to_owned(),
            variables,
            registry,
            repository: repository.to_owned(),
            tag,
            digest,
        }
    }

    /// Host and path: `docker.io` images without either.
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, registry: Option<&str>, repository: &str, tag: Option<&str>, digest: Option<&str>) {
        let found = ImageRef::read(JoinedSpan::new(0, 0), text, text, Vec::new());
        let parts =
            (found.registry.as_deref(), &*found.repository, found.tag.as_deref(), found.digest.as_deref());
        assert_eq!(parts, (registry, repository, tag, digest));
    }

    #[test]
    fn parts_are_told_apart() {
        check("node", None, "node", None, None);
        check("library/node:20", None, "library/node", Some("20"), None);
        check("localhost/x", Some("localhost"), "x", None, None);
        check("host:5000/a/b", Some("host:5000"), "a/b", None, None);
        check("gcr.io/a/b:t@sha256:0", Some("gcr.io"), "a/b", Some("t"), Some("sha256:0"));
    }
}
