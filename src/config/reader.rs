//! Reading TOML key by key, so that every error names its line, and a key that nobody asked for names its neighbour.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use crate::source::{Place, Source};

/// A text of TOML.
pub(super) struct Reader<'t> {
    source: Source,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Result<Reader<'t>, ConfigError> {
        let start = Place { line: 1, column: 1 };
        let source = Source::new("dockfix.toml", text)
            .map_err(|error| ConfigError { place: start, message: error.to_string() })?;
        // The parser takes a byte-order mark and leaves it out of its offsets.
        let mark = if source.has_bom() { '\u{feff}'.len_utf8() } else { 0 };
        let table = DeTable::parse(&text[mark..]).map_err(|error| ConfigError {
            place: error.span().map_or(start, |span| source.place(mark + span.start)),
            message: error.message().replace('\n', ", "),
        })?;
        let source = if mark == 0 { source } else { source.with_text(&text[mark..]).unwrap_or(source) };
        Ok(Reader { source, table })
    }

    pub(super) fn top(&self) -> Result<Section<'_>, ConfigError> {
        Ok(Section {
            source: &self.source,
            name: "",
            entries: self.table.get_ref(),
            start: 0,
            asked: Vec::new(),
        })
    }
}

/// A table, and the keys that were asked for.
pub(super) struct Section<'a> {
    source: &'a Source,
    name: &'static str,
    entries: &'a DeTable<'a>,
    start: usize,
    asked: Vec<&'static str>,
}

impl<'a> Section<'a> {
    /// What `read` makes of the value of `key`, if the key is there.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.asked.push(key);
        self.entries.get(key).map(|value| read(Value { source: self.source, key, value })).transpose()
    }

    /// The same for a key that must be there.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(Value<'a>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let (place, name) = (self.source.place(self.start), self.name);
        self.take(key, read)?
            .ok_or_else(|| ConfigError { place, message: format!("`{name}` needs the key `{key}`") })
    }

    /// What `read` makes of the table at `key`; the default where there is none.
    pub(super) fn table<T: Default>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'a>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let table = self.take(key, |value| {
            let mut section = value.section()?;
            let result = read(&mut section)?;
            section.finish()?;
            Ok(result)
        })?;
        Ok(table.unwrap_or_default())
    }

    /// The tables of `[[key]]`.
    pub(super) fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, ConfigError> {
        Ok(self.take(key, |value| list(value, Value::section))?.unwrap_or_default())
    }

    /// Refuses the first key that nobody asked for.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        let unknown = self.entries.keys().filter(|key| !self.asked.contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let within = if self.name.is_empty() { String::new() } else { format!(" in `{}`", self.name) };
        Err(ConfigError {
            place: self.source.place(key.span().start),
            message: format!("unknown key `{key}`{within}; {}", suggestion(key.get_ref(), &self.asked)),
        })
    }
}

/// A value and the key that it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    source: &'a Source,
    key: &'static str,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    /// An error at this value.
    pub(super) fn error(self, message: String) -> ConfigError {
        ConfigError { place: self.source.place(self.value.span().start), message }
    }

    fn expected(self, what: &str) -> ConfigError {
        let found = match self.value.get_ref() {
            DeValue::String(text) => format!("{text:?}"),
            DeValue::Integer(number) => number.to_string(),
            other => format!("a value of type {}", other.type_str()),
        };
        self.error(format!("`{}` must be {what}, not {found}", self.key))
    }

    fn section(self) -> Result<Section<'a>, ConfigError> {
        let entries = self.value.get_ref().as_table().ok_or_else(|| self.expected("a table"))?;
        let start = self.value.span().start;
        Ok(Section { source: self.source, name: self.key, entries, start, asked: Vec::new() })
    }
}

/// A list, each entry read by `read`.
pub(super) fn list<'a, T>(
    value: Value<'a>,
    read: impl Fn(Value<'a>) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let entries = value.value.get_ref().as_array().ok_or_else(|| value.expected("a list"))?;
    entries.iter().map(|entry| read(Value { value: entry, ..value })).collect()
}

/// A table whose keys the user chooses, each value a line of text.
pub(super) fn pairs(value: Value<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
    let entries = value.value.get_ref().as_table().ok_or_else(|| value.expected("a table"))?;
    let pair = |(key, entry): (&Spanned<Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
        let value = text(Value { value: entry, source: value.source, key: value.key })?;
        Ok((key.get_ref().to_string(), value))
    };
    entries.iter().map(pair).collect()
}

/// One line of text that is not empty.
pub(super) fn text(value: Value<'_>) -> Result<String, ConfigError> {
    let text = value.value.get_ref().as_str();
    text.filter(|text| !text.trim().is_empty() && !text.contains(char::is_control))
        .map(str::to_owned)
        .ok_or_else(|| value.expected("a line of text"))
}

/// `true` or `false`.
pub(super) fn truth(value: Value<'_>) -> Result<bool, ConfigError> {
    value.value.get_ref().as_bool().ok_or_else(|| value.expected("true or false"))
}

/// A text that is one of `names`.
pub(super) fn one_of(value: Value<'_>, names: &[&str]) -> Result<String, ConfigError> {
    let name = text(value)?;
    if names.contains(&name.as_str()) {
        return Ok(name);
    }
    Err(value.error(format!("`{}` has no `{name}`; {}", value.key, suggestion(&name, names))))
}

/// A text that is the name of one of `choices`.
pub(super) fn choice<T: Copy>(value: Value<'_>, choices: &[(&str, T)]) -> Result<T, ConfigError> {
    let name = text(value)?;
    if let Some((_, choice)) = choices.iter().find(|(known, _)| *known == name) {
        return Ok(*choice);
    }
    let names: Vec<&str> = choices.iter().map(|(known, _)| *known).collect();
    Err(value.error(format!("`{}` has no `{name}`; {}", value.key, suggestion(&name, &names))))
}

/// A whole number from `least` up to what its type holds.
pub(super) fn number<T: TryFrom<i64>>(value: Value<'_>, least: i64, what: &str) -> Result<T, ConfigError> {
    let number = value.value.get_ref().as_integer();
    number
        .and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
        .filter(|number| *number >= least)
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| value.expected(what))
}

/// The path of an address. Quotes, blanks and what a shell would read are refused, since it becomes part of a program.
pub(super) fn url_path(value: Value<'_>) -> Result<String, ConfigError> {
    let path = text(value)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%/?=&+:@,".contains(&byte);
    if path.starts_with('/') && path.bytes().all(plain) {
        return Ok(path);
    }
    Err(value.expected("the path of an address, such as \"/health\""))
}

/// An exec form: a program and its arguments.
pub(super) fn command(value: Value<'_>) -> Result<Vec<String>, ConfigError> {
    let words = list(value, text)?;
    if words.is_empty() { Err(value.expected("a list with a program")) } else { Ok(words) }
}

/// A duration as BuildKit takes it, of at least a millisecond: `30s`, `1m30s`, `1.5s`.
pub(super) fn duration(value: Value<'_>) -> Result<String, ConfigError> {
    let expected = || value.expected("a duration such as \"30s\" or \"1m30s\"");
    let duration = value.value.get_ref().as_str().ok_or_else(expected)?;
    let mut rest = duration;
    while !rest.is_empty() {
        let digits =
            rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
        let number = &rest[..rest.len() - digits.len()];
        let unit = ["ms", "s", "m", "h"].into_iter().find(|unit| digits.starts_with(unit));
        let (Ok(_), Some(unit)) = (number.parse::<f64>(), unit) else { return Err(expected()) };
        rest = &digits[unit.len()..];
    }
    let whole_part_counts =
        duration.split('.').any(|part| part.bytes().take_while(u8::is_ascii_digit).any(|byte| byte != b'0'));
    if whole_part_counts { Ok(duration.to_owned()) } else { Err(expected()) }
}

/// "did you mean", or else what there is.
fn suggestion(wrong: &str, names: &[&str]) -> String {
    let near = names.iter().map(|name| (strsim::damerau_levenshtein(wrong, name), name)).min();
    match near {
        Some((distance, name)) if distance <= 1 + name.len() / 4 => format!("did you mean `{name}`?"),
        _ => format!("there are {}", names.join(", ")),
    }
}
