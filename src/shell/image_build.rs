//! What `docker build` and its kin are told: the folder, the Dockerfile, the stage and the arguments.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::options::{self, Grammar, last_given};
use super::start::Given;
use super::tree::SimpleCommand;
use super::wrappers::base_name;

/// A command that builds an image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImageBuild {
    /// The folder that is sent.
    pub context: Given<String>,
    /// The Dockerfile, seen from where the command runs.
    pub dockerfile: Given<String>,
    /// The stage to build.
    pub target: Given<String>,
    /// Build arguments; `None` where the value is not a literal or comes from the environment.
    pub arguments: BTreeMap<String, Option<String>>,
    /// Names that `--build-context` gives to further contexts.
    pub contexts: Vec<String>,
    /// Whether the image is of the format of OCI: that of Podman and Buildah unless they are told otherwise.
    pub is_oci: bool,
}

#[derive(Deserialize)]
struct Table {
    builder: Vec<Builder>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Builder {
    commands: Vec<String>,
    /// The option that names the context; without one it is the operand.
    #[serde(default)]
    context: Vec<String>,
    values: Vec<String>,
    flags: Vec<String>,
}

static BUILDERS: LazyLock<Vec<(Builder, Grammar)>> = LazyLock::new(|| {
    let table: Table =
        toml::from_str(include_str!("image_build.toml")).expect("a test reads the embedded table");
    let with_grammar = |builder: Builder| {
        let (values, flags) = (builder.values.iter().cloned(), builder.flags.iter().cloned());
        let grammar = Grammar { values: values.collect(), flags: flags.collect(), ..Grammar::default() };
        (builder, grammar)
    };
    table.builder.into_iter().map(with_grammar).collect()
});

impl SimpleCommand {
    /// What an image builder is told, if this is such a command and all of its options are known.
    pub fn image_build(&self) -> Option<ImageBuild> {
        let effective = self.effective()?;
        let argv: Vec<Option<&str>> = effective.words.iter().map(super::tree::Word::literal).collect();
        image_build(&argv)
    }
}

fn image_build(argv: &[Option<&str>]) -> Option<ImageBuild> {
    let (builder, grammar, length) = BUILDERS.iter().find_map(|(builder, grammar)| {
        let length = builder.commands.iter().find_map(|command| starts_with(argv, command))?;
        Some((builder, grammar, length))
    })?;
    let arguments = options::read(grammar, argv, length);
    if !arguments.unknown.is_empty() {
        return None;
    }
    let given = |names: &[&str]| last_given(&arguments.options, |name| names.contains(&name));
    let context = match (builder.context.is_empty(), arguments.operands.as_slice()) {
        (true, [operand]) => match argv[*operand] {
            Some(text) => Given::Known(text.to_owned()),
            None => Given::Unknown,
        },
        (true, _) => return None,
        (false, _) => {
            last_given(&arguments.options, |name| builder.context.iter().any(|known| known == name))
        }
    };
    let named = |name: &'static str| {
        let options = arguments.options.iter().filter(move |option| option.name == name);
        options.filter_map(|option| option.value.as_ref()?.text.as_deref())
    };
    let pair = |text: &str| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    };
    let by_podman =
        argv.first().copied().flatten().is_some_and(|name| matches!(base_name(name), "podman" | "buildah"));
    let format = given(&["--format"]);
    let contexts = named("--build-context").filter_map(|text| text.split_once('='));
    Some(ImageBuild {
        context,
        dockerfile: given(&["-f", "--file", "--dockerfile"]),
        target: given(&["--target"]),
        arguments: named("--build-arg").map(pair).collect(),
        contexts: contexts.map(|(name, _)| name.to_owned()).collect(),
        is_oci: by_podman && (format == Given::No || format == Given::Known("oci".to_owned())),
    })
}

/// How many words of a command line the words of a command take, if it begins with them.
fn starts_with(argv: &[Option<&str>], command: &str) -> Option<usize> {
    let words: Vec<&str> = command.split(' ').collect();
    let begins = argv.len() >= words.len()
        && words.iter().enumerate().all(|(at, word)| match argv[at] {
            Some(given) if at == 0 => base_name(given) == *word,
            given => given == Some(*word),
        });
    begins.then_some(words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::Script;

    fn read(text: &str) -> Option<ImageBuild> {
        Script::parse(text).expect("shell").only_command().expect("one command").image_build()
    }

    fn known(text: &str) -> Given<String> {
        Given::Known(text.to_owned())
    }

    #[test]
    fn everything_that_counts_is_read() {
        let build = read(
            "sudo docker buildx build --push -t $IMAGE:$TAG --build-arg A=1 --build-arg B=$X --build-arg C \
             --target=prod -f docker/web.Dockerfile --build-context base=docker-image://x ..",
        )
        .expect("a build");
        assert_eq!((build.context, build.dockerfile), (known(".."), known("docker/web.Dockerfile")));
        assert_eq!((build.target, build.contexts), (known("prod"), vec!["base".to_owned()]));
        assert_eq!(build.arguments["A"].as_deref(), Some("1"));
        assert_eq!(build.arguments["C"], None);
        // The value of `B=$X` is not literal, and neither is its name then.
        assert_eq!(build.arguments.len(), 2);
    }

    #[test]
    fn what_is_not_literal_is_told() {
        let build = read("docker build -f $FILE $FOLDER").expect("a build");
        assert_eq!((build.context, build.dockerfile), (Given::Unknown, Given::Unknown));
        let kaniko = read("/kaniko/executor --context . --dockerfile x/Dockerfile --destination $X");
        assert_eq!(
            kaniko.map(|build| (build.context, build.dockerfile)),
            Some((known("."), known("x/Dockerfile")))
        );
    }

    #[test]
    fn other_commands_and_unknown_options_are_no_build() {
        for text in
            ["docker run x", "docker build", "docker build --unheard . x", "docker buildx bake", "make ."]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
