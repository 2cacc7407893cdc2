//! How parts of values are put together.

use super::Part;

pub(super) fn text(text: impl Into<String>) -> Vec<Part> {
    vec![Part::Text(text.into())]
}

pub(super) fn unknown() -> Vec<Part> {
    vec![Part::Unknown]
}

/// `first || second`
pub(super) fn either(first: Vec<Part>, second: Vec<Part>) -> Vec<Part> {
    match (first.as_slice(), second.as_slice()) {
        ([Part::Variable { name, default: None }], [Part::Text(value)]) => {
            vec![Part::Variable { name: name.clone(), default: Some(value.clone()) }]
        }
        ([Part::Variable { name, default: None }], [Part::Variable { default: Some(value), .. }]) => {
            vec![Part::Variable { name: name.clone(), default: Some(value.clone()) }]
        }
        ([Part::Variable { name, default: None }], [Part::Text(_) | Part::Here | Part::Work, ..])
            if !second.contains(&Part::Unknown) =>
        {
            std::iter::once(Part::Otherwise(name.clone())).chain(second).collect()
        }
        ([Part::Text(_) | Part::Here | Part::Work], _) => first,
        _ if first == second => first,
        _ => unknown(),
    }
}

pub(super) fn join(values: impl IntoIterator<Item = Vec<Part>>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for value in values {
        let absolute = match value.first() {
            Some(Part::Text(text)) => text.starts_with('/'),
            Some(Part::Here | Part::Work | Part::Temporary) => true,
            _ => false,
        };
        if joined.is_empty() || absolute && !matches!(joined.last(), Some(Part::Here | Part::Work)) {
            joined = value;
        } else {
            joined.push(Part::Text("/".to_owned()));
            joined.extend(value);
        }
    }
    merged(joined)
}

/// The folder that the path stands in.
pub(super) fn folder(value: Vec<Part>) -> Vec<Part> {
    let mut value = value;
    match value.last_mut() {
        Some(Part::Text(text)) => {
            let cut = text.trim_end_matches('/').rfind('/');
            match cut {
                Some(cut) => text.truncate(cut),
                None => text.clear(),
            }
            value.retain(|part| *part != Part::Text(String::new()));
            if value.is_empty() { vec![Part::Work] } else { value }
        }
        Some(Part::Here | Part::Work) => {
            value.push(Part::Text("/..".to_owned()));
            value
        }
        _ => unknown(),
    }
}

/// Neighbouring texts as one, empty ones gone.
pub(in crate::project::sources) fn merged(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::with_capacity(parts.len());
    let was_empty = parts.is_empty() || parts == [Part::Text(String::new())];
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, Part::Text(text)) if text.is_empty() => {}
            (_, part) => out.push(part),
        }
    }
    if was_empty {
        out = text("");
    }
    out
}
