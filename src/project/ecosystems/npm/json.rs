//! Where in a JSON text a value stands. The values themselves are read by `serde_json`.

/// Line, from 1, of the value at a path of keys in a JSON text that is known to parse; the last of equal keys counts,
/// as it does for every reader of JSON.
pub(super) fn json_line(text: &str, keys: &[&str]) -> Option<usize> {
    let bytes = text.as_bytes();
    // For each open bracket: whether it is an object, and the key whose value is being read.
    let mut open: Vec<(bool, Option<String>)> = Vec::new();
    let (mut line, mut at, mut expects_key, mut found) = (1, 0, false, None);
    while at < bytes.len() {
        match bytes[at] {
            b'\n' => line += 1,
            b'{' => {
                open.push((true, None));
                expects_key = true;
            }
            b'[' => open.push((false, None)),
            b'}' | b']' => {
                open.pop();
            }
            b',' => expects_key = open.last().is_some_and(|(object, _)| *object),
            b'"' => {
                let end = string_end(bytes, at)?;
                if std::mem::take(&mut expects_key) {
                    open.last_mut()?.1 = serde_json::from_str(text.get(at..end)?).ok();
                    if open.len() == keys.len()
                        && open.iter().zip(keys).all(|((_, key), wanted)| key.as_deref() == Some(wanted))
                    {
                        found = Some(line);
                    }
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// One past the closing quote of the JSON string that opens at `start`.
fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_of_a_nested_key() {
        let text = "{\n \"a\": {\"node\": [\"engines\", {\"node\": 1}]},\n \"engines\": {\n  \"node\": \"20\\\"\"\n }\n}";
        assert_eq!(json_line(text, &["engines", "node"]), Some(4));
        assert_eq!(json_line(text, &["a", "node"]), Some(2));
        assert_eq!(json_line(text, &["node"]), None);
    }
}
