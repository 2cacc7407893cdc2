//! The flags of RUN: `--mount` and `--device` values, `--network` and `--security` modes.

use super::super::quote::quote;
use super::super::{Flag, Instruction, Keyword};
use super::findings::{Findings, flag_value};
use super::suggest::{list, nearest, with_suggestion};

/// What a mount gives to the command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MountKind {
    /// A folder of the build context, of a stage or of an image.
    Bind,
    /// A folder that stays between builds.
    Cache,
    /// A folder in memory.
    Tmpfs,
    /// A file that no layer keeps.
    Secret,
    /// The socket of an ssh agent.
    Ssh,
    /// A type that a variable decides, or that BuildKit refuses when the stage is built.
    Other,
}

const KINDS: &[(&str, MountKind)] = &[
    ("bind", MountKind::Bind),
    ("cache", MountKind::Cache),
    ("ssh", MountKind::Ssh),
    ("secret", MountKind::Secret),
    ("tmpfs", MountKind::Tmpfs),
];

/// One `--mount` of a RUN. Values are as written: variables in them are not expanded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// Its place among the instruction's flags.
    pub flag: usize,
    /// What it gives; [`MountKind::Bind`] where nothing is said.
    pub kind: MountKind,
    /// The stage or image that it is taken from.
    pub from: Option<String>,
    /// The path there.
    pub source: Option<String>,
    /// The path in the command's file system.
    pub target: Option<String>,
    /// The name of a cache or secret.
    pub id: Option<String>,
    /// How a cache is shared.
    pub sharing: Option<String>,
    /// Whether it is said to be read-only; `None` leaves it to the type.
    pub read_only: Option<bool>,
    /// Everything else, keys in lower case, in the order in which it is written.
    pub others: Vec<(String, Option<String>)>,
}

impl Mount {
    /// Whether the command cannot write to it.
    pub fn is_read_only(&self) -> bool {
        self.read_only.unwrap_or(!matches!(self.kind, MountKind::Cache | MountKind::Tmpfs))
    }

    /// The value of a further key (`env`, `gid`, `mode`, `required`, `size`, `uid`), `""` for a bare one.
    pub fn other(&self, key: &str) -> Option<&str> {
        let found = self.others.iter().rev().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_deref().unwrap_or_default())
    }
}

/// The mounts of a RUN, in order; none for other instructions.
pub fn mounts(instruction: &Instruction) -> Vec<Mount> {
    if instruction.keyword != Keyword::Run {
        return Vec::new();
    }
    let flags = instruction.flags.iter().enumerate().filter(|(_, flag)| flag.name() == "mount");
    flags.filter_map(|(at, flag)| Some(mount(at, &fields(flag.value()?).ok()?))).collect()
}

/// The fields of the value of a `--mount`, as written; none where their quotes are wrong.
pub fn mount_fields(value: &str) -> Vec<String> {
    fields(value).unwrap_or_default()
}

fn mount(flag: usize, fields: &[String]) -> Mount {
    let mut mount = Mount {
        flag,
        kind: MountKind::Bind,
        from: None,
        source: None,
        target: None,
        id: None,
        sharing: None,
        read_only: None,
        others: Vec::new(),
    };
    for field in fields {
        let (key, value) = pair(field);
        let text = value.map(str::to_owned);
        match (key.as_str(), value) {
            ("type", Some(value)) => {
                let lower = value.to_ascii_lowercase();
                let kind = KINDS.iter().find(|(name, _)| *name == lower);
                mount.kind = kind.map_or(MountKind::Other, |(_, kind)| *kind);
            }
            ("from", Some(_)) => mount.from = text,
            ("source" | "src", Some(_)) => mount.source = text,
            ("target" | "dst" | "destination", Some(_)) => mount.target = text,
            ("id", Some(_)) => mount.id = text,
            ("sharing", Some(_)) => mount.sharing = text,
            ("readonly" | "ro", None) => mount.read_only = Some(true),
            ("readwrite" | "rw", None) => mount.read_only = Some(false),
            ("readonly" | "ro", Some(value)) if boolean(value).is_some() => mount.read_only = boolean(value),
            ("readwrite" | "rw", Some(value)) if boolean(value).is_some() => {
                mount.read_only = boolean(value).map(|writable| !writable);
            }
            _ => mount.others.push((key, text)),
        }
    }
    mount
}

fn pair(field: &str) -> (String, Option<&str>) {
    match field.split_once('=') {
        Some((key, value)) => (key.to_lowercase(), Some(value)),
        None => (field.to_lowercase(), None),
    }
}

/// A truth value as Go's `strconv.ParseBool` reads it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The fields of one line of comma-separated values; a field in double quotes may hold commas and `""`.
fn fields(line: &str) -> Result<Vec<String>, String> {
    let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
    if line.is_empty() {
        return Err("EOF".to_owned());
    }
    let failed = |at: usize, cause: &str| Err(format!("parse error on line 1, column {}: {cause}", at + 1));
    let mut fields = Vec::new();
    let mut at = 0;
    loop {
        let Some(quoted) = line[at..].strip_prefix('"') else {
            let field = line[at..].split(',').next().unwrap_or_default();
            if let Some(mark) = field.find('"') {
                return failed(at + mark, "bare \" in non-quoted-field");
            }
            fields.push(field.to_owned());
            at += field.len();
            if at == line.len() {
                return Ok(fields);
            }
            at += 1;
            continue;
        };
        at = line.len() - quoted.len();
        let mut field = String::new();
        loop {
            let Some(mark) = line[at..].find('"') else {
                return failed(at, "extraneous or missing \" in quoted-field");
            };
            field.push_str(&line[at..at + mark]);
            at += mark + 1;
            match line.as_bytes().get(at) {
                Some(b'"') => {
                    field.push('"');
                    at += 1;
                }
                Some(b',') => break,
                None => {
                    fields.push(field);
                    return Ok(fields);
                }
                Some(_) => return failed(at - 1, "extraneous or missing \" in quoted-field"),
            }
        }
        fields.push(field);
        at += 1;
    }
}

/// Checks what BuildKit checks before it expands variables: the rest waits until the stage is built.
pub(super) fn check(found: &mut Findings<'_>) {
    if found.instruction.flags.is_empty() {
        return;
    }
    for flag in named(found.instruction, "device") {
        if let Err((message, help)) = check_device(flag.value().unwrap_or_default()) {
            found.at(flag_value(found.instruction, flag), message, help);
        }
    }
    for flag in named(found.instruction, "mount") {
        if let Err((message, help)) = check_mount(flag.value().unwrap_or_default()) {
            found.at(flag_value(found.instruction, flag), message, help);
        }
    }
    mode(found, "network", &["default", "host", "none"], |value| format!("invalid network mode {value}"));
    mode(found, "security", &["insecure", "sandbox"], |value| format!("security {value} is not valid"));
}

/// Flags of that name that have a value.
fn named<'a>(instruction: &'a Instruction, name: &str) -> impl Iterator<Item = &'a Flag> {
    instruction.flags.iter().filter(move |flag| flag.name() == name && flag.value().is_some())
}

fn mode(found: &mut Findings<'_>, name: &str, allowed: &[&'static str], message: fn(String) -> String) {
    for flag in named(found.instruction, name) {
        let value = flag.value().unwrap_or_default();
        if allowed.contains(&value) {
            continue;
        }
        let lower = value.to_ascii_lowercase();
        let meant = allowed
            .iter()
            .copied()
            .find(|word| *word == lower)
            .or_else(|| nearest(&lower, allowed.iter().copied()));
        let help = match meant {
            Some(word) => format!("did you mean `{word}`?"),
            None if value.contains('$') => "variables are not expanded here".to_owned(),
            None => format!("it can be {}", list(allowed.iter().map(|word| (*word).to_owned()))),
        };
        found.at(flag_value(found.instruction, flag), message(quote(value)), help);
    }
}

type Refused = (String, String);

fn check_mount(value: &str) -> Result<(), Refused> {
    let fields = fields(value).map_err(|cause| {
        let message = format!("failed to parse csv mounts: {cause}");
        (message, "write `key=value` pairs with commas between: `type=cache,target=/root/.cache`".to_owned())
    })?;
    for field in &fields {
        let (key, value) = pair(field);
        let dollar = value.and_then(|value| Some((value.find('$')?, value.len())));
        if key == "from"
            && let Some((at, length)) = dollar
            && at + 1 != length
        {
            let message = "'from' doesn't support variable expansion, define alias stage instead";
            let help = "add `FROM <image> AS <name>` above, where variables work, and write `from=<name>`";
            return Err((message.to_owned(), help.to_owned()));
        }
    }
    Ok(())
}

fn check_device(value: &str) -> Result<(), Refused> {
    let help = || "write the device's name, then perhaps `required`: `vendor.com/gpu=0,required`".to_owned();
    let fields = fields(value).map_err(|cause| (format!("failed to parse csv devices: {cause}"), help()))?;
    let mut name = String::new();
    for field in &fields {
        let (key, value) = pair(field);
        let problem = match (key.as_str(), value) {
            ("required", None) => continue,
            ("name", Some(value)) => {
                if name.is_empty() {
                    value.clone_into(&mut name);
                    continue;
                }
                format!("device name already set to {name}")
            }
            ("required", Some(value)) => {
                if boolean(value).is_some() {
                    continue;
                }
                format!("invalid value for {key}: {value}")
            }
            _ if name.is_empty() => {
                field.clone_into(&mut name);
                continue;
            }
            (_, None) => format!("invalid field '{field}' must be a key=value pair"),
            (_, Some(_)) => {
                let suggestion = nearest(&key, ["name", "required"]);
                with_suggestion(format!("unexpected key '{key}' in '{field}'"), suggestion)
            }
        };
        return Err((problem, help()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::Document;
    use super::*;
    use crate::source::Source;

    fn first_mount(line: &str) -> Mount {
        let source = Source::new("Dockerfile", &format!("FROM a\n{line}\n")).unwrap();
        mounts(&Document::parse(&source).instructions[1]).remove(0)
    }

    #[test]
    fn a_mount_is_read() {
        let mount =
            first_mount("RUN --network=none --mount=type=Cache,id=x,DST=/c,sharing=locked,uid=5,ro x");
        assert_eq!((mount.flag, mount.kind), (1, MountKind::Cache));
        assert_eq!((mount.id.as_deref(), mount.target.as_deref()), (Some("x"), Some("/c")));
        assert_eq!((mount.sharing.as_deref(), mount.other("uid")), (Some("locked"), Some("5")));
        assert!(mount.is_read_only());
    }

    #[test]
    fn what_is_not_said_depends_on_the_type() {
        assert!(first_mount("RUN --mount=target=/x x").is_read_only());
        assert!(!first_mount("RUN --mount=type=cache,target=/x x").is_read_only());
        assert!(!first_mount("RUN --mount=target=/x,rw x").is_read_only());
        assert_eq!(first_mount("RUN --mount=type=$T,target=/x x").kind, MountKind::Other);
    }

    #[test]
    fn fields_may_be_quoted() {
        assert_eq!(
            fields(r#"a=1,"b=x,""y""",c"#),
            Ok(vec!["a=1".to_owned(), "b=x,\"y\"".to_owned(), "c".to_owned()])
        );
        assert_eq!(fields("a,"), Ok(vec!["a".to_owned(), String::new()]));
        assert_eq!(fields(r#""","#), Ok(vec![String::new(), String::new()]));
        assert_eq!(fields(""), Err("EOF".to_owned()));
        assert_eq!(
            fields(r#"a"b"#),
            Err("parse error on line 1, column 2: bare \" in non-quoted-field".to_owned())
        );
        let missing = "extraneous or missing \" in quoted-field";
        assert_eq!(fields(r#"x,"ab"#), Err(format!("parse error on line 1, column 4: {missing}")));
        assert_eq!(fields(r#""a"b"#), Err(format!("parse error on line 1, column 3: {missing}")));
    }

    #[test]
    fn devices_are_checked_as_buildkit_does() {
        assert!(check_device("vendor1.com/device=foo,required=true").is_ok());
        assert!(check_device("name=vendor1.com/device=foo,required").is_ok());
        let refused = |value| check_device(value).expect_err("refused").0;
        assert_eq!(refused("a=b,name=c"), "device name already set to a=b");
        assert_eq!(refused("a=b,c"), "invalid field 'c' must be a key=value pair");
        assert_eq!(
            refused("a,requird=1"),
            "unexpected key 'requird' in 'requird=1' (did you mean required?)"
        );
    }
}
