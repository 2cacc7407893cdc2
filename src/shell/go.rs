//! What `go build` and `go install` are told: the output, the packages, and all that decides whether the binary
//! is static.

use std::collections::BTreeMap;

use super::installs::{Install, Manager};
use super::options::last_given;
use super::start::Given;
use super::tree::{SimpleCommand, Word};

/// A command that makes binaries of Go packages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoBuild {
    /// `build` or `install`.
    pub verb: String,
    /// What `-o` names: a file, or a folder if it ends in `/` or is one.
    pub output: Given<String>,
    /// The packages; none is the one in the working folder. `None` is a word that the shell has yet to work out.
    pub packages: Vec<Option<String>>,
    /// The folder of `-C`.
    pub directory: Given<String>,
    /// Build tags.
    pub tags: Given<Vec<String>>,
    /// What the linker is told.
    pub ldflags: Given<String>,
    /// `-buildmode`.
    pub build_mode: Given<String>,
    /// `-race`, `-msan`, `-asan`: each needs cgo.
    pub sanitizer: bool,
    /// Variables set for this command alone, such as `CGO_ENABLED=0`; `None` where the value is not a literal.
    pub environment: BTreeMap<String, Option<String>>,
    /// Whether every option is understood.
    pub is_certain: bool,
}

impl SimpleCommand {
    /// What the Go tool is told to build, if this is such a command.
    pub fn go_build(&self) -> Option<GoBuild> {
        let install = self.install()?;
        if install.manager != Manager::Go || !matches!(install.command.as_str(), "build" | "install") {
            return None;
        }
        let mut environment = BTreeMap::new();
        for assignment in &self.assignments {
            environment.insert(assignment.name.to_string(), assignment.literal().map(str::to_owned));
        }
        for word in install.unwrapped.environment.iter().filter_map(|index| self.words.get(*index)) {
            if let Some((name, value)) = word.literal().and_then(|word| word.split_once('=')) {
                environment.insert(name.to_owned(), Some(value.to_owned()));
            }
        }
        let split =
            |tags: String| tags.split([',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        let operand = |index: &usize| self.words.get(*index).and_then(Word::literal).map(str::to_owned);
        Some(GoBuild {
            output: given(&install, "-o"),
            packages: install.operands.iter().map(operand).collect(),
            directory: given(&install, "-C"),
            tags: match given(&install, "-tags") {
                Given::Known(tags) => Given::Known(split(tags)),
                Given::No => Given::No,
                Given::Unknown => Given::Unknown,
            },
            ldflags: given(&install, "-ldflags"),
            build_mode: given(&install, "-buildmode"),
            sanitizer: ["-race", "-msan", "-asan"].iter().any(|name| install.option(name).is_some()),
            environment,
            is_certain: install.is_certain(),
            verb: install.command,
        })
    }
}

/// The value of an option; the last one counts.
fn given(install: &Install, name: &str) -> Given<String> {
    last_given(&install.options, |option| option == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Script;

    fn read(text: &str) -> Option<GoBuild> {
        Script::parse(text).expect("shell").only_command().expect("one command").go_build()
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn everything_that_decides_about_the_binary() {
        let build = read(
            "CGO_ENABLED=0 GOOS=$OS env GOARCH=amd64 go build -v -tags 'netgo,osusergo x' -ldflags=\"-s -w\" \
             -trimpath -o /bin/server ./cmd/server",
        )
        .expect("a build");
        assert_eq!(build.verb, "build");
        assert_eq!(build.output, Given::Known("/bin/server".into()));
        assert_eq!(build.packages, [some("./cmd/server")]);
        assert_eq!(build.tags, Given::Known(vec!["netgo".into(), "osusergo".into(), "x".into()]));
        assert_eq!(build.ldflags, Given::Known("-s -w".into()));
        let environment: Vec<_> = build.environment.into_iter().collect();
        assert_eq!(
            environment,
            [
                ("CGO_ENABLED".to_owned(), some("0")),
                ("GOARCH".to_owned(), some("amd64")),
                ("GOOS".to_owned(), None)
            ]
        );
        assert!(build.is_certain && !build.sanitizer);
    }

    #[test]
    fn what_is_not_literal_is_told() {
        let build = read("go install -race -o $OUT -ldflags \"-X a=$B\" $PKG ./...").expect("a build");
        assert_eq!((build.output, build.ldflags), (Given::Unknown, Given::Unknown));
        assert_eq!(build.packages, [None, some("./...")]);
        assert!(build.sanitizer);
    }

    #[test]
    fn other_commands_build_nothing() {
        assert_eq!(read("go mod download"), None);
        assert_eq!(read("go run ."), None);
        assert_eq!(read("npm install"), None);
    }
}
