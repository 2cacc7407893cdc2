//! Variables of the environment in the text of a start command.

use crate::transforms::shipped::{Program, Setter, Shipped};

/// The variable that the start command takes a port from which it is known to have: the probe asks it too.
pub(super) fn of_value(shipped: &Shipped<'_>, program: &Program, port: u16) -> Option<String> {
    let start = shipped.start();
    let instructions = [start.entrypoint, start.cmd].into_iter().filter_map(|setter| match setter {
        Setter::Instruction(index) => Some(shipped.instruction(index).joined.text().to_owned()),
        _ => None,
    });
    let scripts = program.scripts.iter().filter_map(|path| shipped.input.project.read(path));
    let number = port.to_string();
    let is_value = |(name, default): &(String, Option<String>)| {
        default.as_deref() == Some(&number) || shipped.environment(name) == Some(&number)
    };
    let texts: Vec<String> = instructions.chain(scripts).collect();
    let mut found = texts.iter().flat_map(|text| references(text)).filter(is_value);
    Some(found.next()?.0)
}

/// The variable with which the one word that holds any ends: `:$PORT`, `--port=${PORT}`.
pub(super) fn at_the_end(program: &Program) -> Option<String> {
    let mut words = program.argv.iter().filter(|word| word.contains('$'));
    let word = words.next().filter(|_| words.next().is_none())?;
    let (before, reference) = word.split_at(word.find('$')?);
    let (name, _) = references(reference).into_iter().next()?;
    let whole = [format!("${name}"), format!("${{{name}}}")].iter().any(|text| text == reference);
    (whole && (before.is_empty() || before.ends_with([':', '=']))).then_some(name)
}

/// Every `$NAME`, `${NAME}`, `${NAME:-default}` of a text.
fn references(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    for rest in text.split('$').skip(1) {
        let inside = rest.strip_prefix('{');
        let body = inside.unwrap_or(rest);
        let end = body.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        let (name, after) = body.split_at(end.unwrap_or(body.len()));
        if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            continue;
        }
        let default = after.strip_prefix(":-").or_else(|| after.strip_prefix('-'));
        let default = default.filter(|_| inside.is_some()).and_then(|rest| rest.split('}').next());
        found.push((name.to_owned(), default.map(str::to_owned)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::references;

    #[test]
    fn references_are_found_with_their_defaults() {
        let found = references("x $A ${B}:${C:-80} ${D-81} $1 $$ \\$E");
        let shown: Vec<String> = found
            .iter()
            .map(|(name, default)| format!("{name}{}", default.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(shown, ["A", "B", "C80", "D81", "E"]);
    }
}
