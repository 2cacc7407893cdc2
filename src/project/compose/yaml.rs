//! The shapes that a compose file may be written in.
//!
//! Scalars are asked for as text wherever that can be, since `1.10` read as a number is `1.1`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer,
};
use serde_json::Value;

#[derive(Deserialize, Default)]
pub(super) struct File {
    pub(super) services: Option<BTreeMap<String, Option<Service>>>,
    pub(super) include: Option<Vec<Include>>,
}

/// Other compose files whose services are taken too.
pub(super) struct Include(pub(super) Vec<String>);

/// A service that another one builds on.
#[derive(Clone)]
pub(super) struct Extends {
    pub(super) service: String,
    /// The file that holds it; `None` is the same one.
    pub(super) file: Option<String>,
}

#[derive(Deserialize, Clone, Default)]
pub(super) struct Service {
    pub(super) build: Option<Build>,
    pub(super) ports: Option<Vec<Port>>,
    pub(super) user: Option<String>,
    pub(super) volumes: Option<Vec<Volume>>,
    pub(super) environment: Option<Pairs>,
    pub(super) healthcheck: Option<Check>,
    pub(super) extends: Option<Extends>,
    pub(super) command: Option<Command>,
    pub(super) entrypoint: Option<IgnoredAny>,
    pub(super) privileged: Option<Value>,
    pub(super) cap_add: Option<Value>,
    pub(super) devices: Option<Value>,
}

/// A command that takes the place of the image's CMD.
#[derive(Clone)]
pub(super) enum Command {
    /// A text, which compose splits into words without a shell.
    Text(String),
    Words(Vec<String>),
}

impl Service {
    /// This service laid over another: `extends`, or an override file.
    pub(super) fn over(self, below: Service) -> Service {
        let environment = match (self.environment, below.environment) {
            (Some(upper), Some(below)) => Some(upper.over(below)),
            (upper, below) => upper.or(below),
        };
        Service {
            environment,
            build: match (self.build, below.build) {
                (Some(upper), Some(below)) => Some(upper.over(below)),
                (upper, below) => upper.or(below),
            },
            ports: joined(below.ports, self.ports),
            user: self.user.or(below.user),
            volumes: joined(below.volumes, self.volumes),
            healthcheck: self.healthcheck.or(below.healthcheck),
            extends: self.extends.or(below.extends),
            command: self.command.or(below.command),
            entrypoint: self.entrypoint.or(below.entrypoint),
            privileged: self.privileged.or(below.privileged),
            cap_add: self.cap_add.or(below.cap_add),
            devices: self.devices.or(below.devices),
        }
    }
}

impl Service {
    /// The key by which it gets rights that only root can use.
    pub(super) fn privilege(&self) -> Option<&'static str> {
        let is_given = |value: &Option<Value>| match value {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::Array(items)) => !items.is_empty(),
            Some(_) => true,
        };
        let keys = [("privileged", &self.privileged), ("cap_add", &self.cap_add), ("devices", &self.devices)];
        keys.into_iter().find(|(_, value)| is_given(value)).map(|(key, _)| key)
    }
}

fn joined<T>(below: Option<Vec<T>>, upper: Option<Vec<T>>) -> Option<Vec<T>> {
    match (below, upper) {
        (Some(mut below), Some(upper)) => {
            below.extend(upper);
            Some(below)
        }
        (below, upper) => upper.or(below),
    }
}

impl Build {
    fn over(self, below: Build) -> Build {
        Build {
            context: self.context.or(below.context),
            dockerfile: self.dockerfile.or(below.dockerfile),
            dockerfile_inline: self.dockerfile_inline.or(below.dockerfile_inline),
            target: self.target.or(below.target),
            args: self.args.over(below.args),
            additional_contexts: self.additional_contexts.over(below.additional_contexts),
        }
    }
}

#[derive(Clone, Default)]
pub(super) struct Build {
    pub(super) context: Option<String>,
    pub(super) dockerfile: Option<String>,
    pub(super) dockerfile_inline: Option<String>,
    pub(super) target: Option<String>,
    pub(super) args: Pairs,
    pub(super) additional_contexts: Pairs,
}

/// A mapping, or a list of `KEY=VALUE`.
#[derive(Clone, Default)]
pub(super) struct Pairs(pub(super) BTreeMap<String, Option<String>>);

impl Pairs {
    fn over(self, mut below: Pairs) -> Pairs {
        below.0.extend(self.0);
        below
    }
}

#[derive(Clone)]
pub(super) enum Port {
    Short(String),
    Long { target: Option<String>, protocol: Option<String> },
}

#[derive(Clone)]
pub(super) enum Volume {
    Short(String),
    Long { kind: Option<String>, source: Option<String>, target: Option<String> },
}

#[derive(Deserialize, Clone)]
pub(super) struct Check {
    disable: Option<bool>,
    test: Option<Words>,
}

impl Check {
    /// The words of the command, those of a shell as one.
    pub(super) fn words(&self) -> &[String] {
        self.test.as_ref().map_or(&[], |test| &test.0)
    }

    pub(super) fn is_disabled(&self) -> bool {
        self.disable == Some(true) || self.test.as_ref().is_some_and(|test| test.0 == ["NONE"])
    }
}

#[derive(Clone)]
struct Words(Vec<String>);

/// Reads a value that may be a scalar, a list or a mapping, by one function for each.
struct Shapes<T> {
    expected: &'static str,
    scalar: fn(String) -> Option<T>,
    list: fn(Vec<String>) -> Option<T>,
}

impl<'de> Deserialize<'de> for Build {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Build, D::Error> {
        #[derive(Deserialize)]
        struct Long {
            context: Option<String>,
            dockerfile: Option<String>,
            dockerfile_inline: Option<String>,
            target: Option<String>,
            args: Option<Pairs>,
            additional_contexts: Option<Pairs>,
        }
        let shapes = Shapes {
            expected: "a folder or a mapping",
            scalar: |context| Some(Build { context: Some(context), ..Build::default() }),
            list: |_| None,
        };
        shapes.read(deserializer, |long: Long| Build {
            context: long.context,
            dockerfile: long.dockerfile,
            dockerfile_inline: long.dockerfile_inline,
            target: long.target,
            args: long.args.unwrap_or_default(),
            additional_contexts: long.additional_contexts.unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        let shapes = Shapes {
            expected: "a mapping or a list of `KEY=VALUE`",
            scalar: |_| None,
            list: |items| {
                let pair = |text: String| match text.split_once('=') {
                    Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                    None => (text, None),
                };
                Some(Pairs(items.into_iter().map(pair).collect()))
            },
        };
        shapes.read(deserializer, Pairs)
    }
}

impl<'de> Deserialize<'de> for Include {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Include, D::Error> {
        #[derive(Deserialize)]
        struct Long {
            path: Option<Words>,
        }
        let shapes = Shapes {
            expected: "a compose file",
            scalar: |path| Some(Include(vec![path])),
            list: |paths| Some(Include(paths)),
        };
        shapes.read(deserializer, |long: Long| Include(long.path.map(|words| words.0).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Extends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Extends, D::Error> {
        #[derive(Deserialize)]
        struct Long {
            service: Option<String>,
            file: Option<String>,
        }
        let shapes = Shapes {
            expected: "a service",
            scalar: |service| Some(Extends { service, file: None }),
            list: |_| None,
        };
        shapes.read(deserializer, |long: Long| Extends {
            service: long.service.unwrap_or_default(),
            file: long.file,
        })
    }
}

impl<'de> Deserialize<'de> for Port {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Port, D::Error> {
        #[derive(Deserialize)]
        struct Long {
            target: Option<String>,
            protocol: Option<String>,
        }
        let shapes = Shapes { expected: "a port", scalar: |text| Some(Port::Short(text)), list: |_| None };
        shapes.read(deserializer, |long: Long| Port::Long { target: long.target, protocol: long.protocol })
    }
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Volume, D::Error> {
        #[derive(Deserialize)]
        struct Long {
            #[serde(rename = "type")]
            kind: Option<String>,
            source: Option<String>,
            target: Option<String>,
        }
        let shapes =
            Shapes { expected: "a volume", scalar: |text| Some(Volume::Short(text)), list: |_| None };
        shapes.read(deserializer, |long: Long| Volume::Long {
            kind: long.kind,
            source: long.source,
            target: long.target,
        })
    }
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        let shapes = Shapes {
            expected: "a command or a list of words",
            scalar: |text| Some(Words(vec![text])),
            list: |items| Some(Words(items)),
        };
        shapes.read(deserializer, |_: IgnoredAny| Words(Vec::new()))
    }
}

impl<'de> Deserialize<'de> for Command {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Command, D::Error> {
        let shapes = Shapes {
            expected: "a command or a list of words",
            scalar: |text| Some(Command::Text(text)),
            list: |items| Some(Command::Words(items)),
        };
        shapes.read(deserializer, |_: IgnoredAny| Command::Words(Vec::new()))
    }
}

impl<T> Shapes<T> {
    fn read<'de, D, L>(self, deserializer: D, long: fn(L) -> T) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        L: Deserialize<'de>,
    {
        deserializer.deserialize_any(ShapesVisitor { shapes: self, long })
    }
}

struct ShapesVisitor<T, L> {
    shapes: Shapes<T>,
    long: fn(L) -> T,
}

impl<'de, T, L: Deserialize<'de>> Visitor<'de> for ShapesVisitor<T, L> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shapes.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.shapes.scalar)(text.to_owned()).ok_or_else(|| E::custom(self.shapes.expected))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<T, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<String>()? {
            list.push(item);
        }
        (self.shapes.list)(list).ok_or_else(|| A::Error::custom(self.shapes.expected))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        L::deserialize(MapAccessDeserializer::new(map)).map(self.long)
    }
}
