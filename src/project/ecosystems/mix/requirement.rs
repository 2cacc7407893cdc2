//! Elixir's version requirements: `~> 1.2`, `>= 1.0.0 and < 2.0.0`.

/// Whether a version meets a requirement; `false` too where either is not understood.
pub(super) fn satisfies(version: &str, requirement: &str) -> bool {
    let Some((version, before)) = parse(version) else { return false };
    // A version before a release is met by few requirements, and these rules are not told here.
    !before
        && requirement
            .split(" or ")
            .any(|all| all.split(" and ").all(|one| meets(&version, one.trim()).unwrap_or(false)))
}

fn meets(version: &[u64], requirement: &str) -> Option<bool> {
    let operators = ["~>", ">=", "<=", "==", "!=", ">", "<"];
    let operator = operators.into_iter().find(|operator| requirement.starts_with(operator));
    let wanted = requirement[operator.map_or(0, str::len)..].trim();
    let (wanted, before) = parse(wanted)?;
    if before {
        return None;
    }
    let full =
        |parts: &[u64]| [parts.first(), parts.get(1), parts.get(2)].map(|part| part.copied().unwrap_or(0));
    let (have, want) = (full(version), full(&wanted));
    Some(match operator {
        Some("~>") => {
            let kept = wanted.len().checked_sub(1).filter(|kept| *kept > 0)?;
            have >= want && have[..kept] == want[..kept]
        }
        Some(">=") => have >= want,
        Some("<=") => have <= want,
        Some(">") => have > want,
        Some("<") => have < want,
        Some("!=") => have != want,
        _ => have == want,
    })
}

/// The numbers, and whether it stands before a release.
fn parse(text: &str) -> Option<(Vec<u64>, bool)> {
    let text = text.split('+').next()?;
    let (numbers, before) = text.split_once('-').map_or((text, false), |(numbers, _)| (numbers, true));
    let numbers = numbers.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u64>>>()?;
    (numbers.len() <= 3).then_some((numbers, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_as_hex_reads_them() {
        for (version, requirement) in [
            ("1.7.10", "~> 1.7.7"),
            ("1.9.0", "~> 1.2"),
            ("3.1.0", ">= 0.0.0"),
            ("1.5.0", ">= 1.0.0 and < 2.0.0"),
            ("2.0.0", "2.0.0"),
        ] {
            assert!(satisfies(version, requirement), "{version} {requirement}");
        }
        for (version, requirement) in [
            ("1.8.0", "~> 1.7.7"),
            ("2.0.0", "~> 1.2"),
            ("1.0.0-rc.1", "~> 1.0"),
            ("1.0.0", "what"),
            ("1.0.0", "~> 1"),
        ] {
            assert!(!satisfies(version, requirement), "{version} {requirement}");
        }
    }
}
