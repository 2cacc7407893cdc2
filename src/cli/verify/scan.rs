//! Vulnerabilities, counted by a scanner that the user has. We know none by ourselves.

use std::fmt;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::engine::{Engine, Kind, SHORT};
use super::process::{Failure, Runner};

/// The first scan fetches a database.
const LIMIT: Duration = Duration::from_secs(600);

/// A scanner on PATH.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scanner {
    Trivy,
    Grype,
    Scout,
}

/// How many vulnerabilities there are, by how severe they are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Counts {
    critical: usize,
    high: usize,
    other: usize,
}

impl Counts {
    pub(super) fn total(&self) -> usize {
        self.critical + self.high + self.other
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} critical, {} high, {} other", self.critical, self.high, self.other)
    }
}

impl Scanner {
    /// The first one that is there.
    pub(super) fn find(engine: &Engine) -> Option<Scanner> {
        let runner = engine.runner();
        let answers =
            |command: &mut Command| runner.run(command, SHORT).is_ok_and(|finished| finished.success);
        if answers(Command::new("trivy").arg("--version")) {
            return Some(Scanner::Trivy);
        }
        if answers(Command::new("grype").arg("version")) {
            return Some(Scanner::Grype);
        }
        let scout = engine.kind() == Kind::Docker && answers(&mut engine.command(["scout", "version"]));
        scout.then_some(Scanner::Scout)
    }

    /// Scans an image of the engine.
    pub(super) fn scan(self, engine: &Engine, image: &str) -> Result<Counts, Failure> {
        let mut command = match self {
            Scanner::Trivy => {
                words("trivy", &["image", "--quiet", "--scanners", "vuln", "--format", "json", image])
            }
            Scanner::Grype => {
                let from = if engine.kind() == Kind::Podman { "podman" } else { "docker" };
                words("grype", &["--quiet", "--output", "json", &format!("{from}:{image}")])
            }
            Scanner::Scout => {
                let mut command = engine.command(["scout", "cves", "--format", "gitlab"]);
                command.arg(format!("local://{image}"));
                command
            }
        };
        let runner: &Runner = engine.runner();
        let text = runner.run(&mut command, LIMIT)?.well()?;
        let found: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::Failed(format!("the scanner gives no JSON: {error}")))?;
        Ok(self.count(&found))
    }

    fn count(self, found: &Value) -> Counts {
        let list =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let (found, severity) = match self {
            Scanner::Trivy => {
                let results = list(found, "Results");
                (results.iter().flat_map(|result| list(result, "Vulnerabilities")).collect(), "/Severity")
            }
            Scanner::Grype => (list(found, "matches"), "/vulnerability/severity"),
            Scanner::Scout => (list(found, "vulnerabilities"), "/severity"),
        };
        let mut counts = Counts::default();
        for one in &found {
            let severity = one.pointer(severity).and_then(Value::as_str).unwrap_or_default();
            match severity.to_lowercase().as_str() {
                "critical" => counts.critical += 1,
                "high" => counts.high += 1,
                _ => counts.other += 1,
            }
        }
        counts
    }
}

fn words(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scanner_is_read() {
        let expected = Counts { critical: 1, high: 1, other: 1 };
        let trivy = serde_json::json!({ "Results": [
            { "Vulnerabilities": [{ "Severity": "CRITICAL" }, { "Severity": "LOW" }] },
            { "Target": "no list" },
            { "Vulnerabilities": [{ "Severity": "HIGH" }] },
        ] });
        assert_eq!(Scanner::Trivy.count(&trivy), expected);
        let one = |severity: &str| serde_json::json!({ "vulnerability": { "severity": severity } });
        let grype = serde_json::json!({ "matches": [one("Critical"), one("High"), one("Negligible")] });
        assert_eq!(Scanner::Grype.count(&grype), expected);
        let one = |severity: &str| serde_json::json!({ "severity": severity });
        let scout = serde_json::json!({ "vulnerabilities": [one("Critical"), one("High"), one("Medium")] });
        assert_eq!(Scanner::Scout.count(&scout), expected);
        assert_eq!(expected.to_string(), "1 critical, 1 high, 1 other");
    }
}
