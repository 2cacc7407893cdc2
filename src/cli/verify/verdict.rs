//! What became of a Dockerfile, ready to be shown.

use super::compare::Row;

/// What came of one shipped stage of a Dockerfile.
#[derive(Clone, Debug)]
pub(super) struct CaseReport {
    pub(super) name: String,
    pub(super) target: Option<String>,
    pub(super) verdict: Verdict,
    pub(super) rows: Vec<Row>,
    /// The transforms that the verified text has.
    pub(super) applied: Vec<&'static str>,
    pub(super) held_back: Vec<Held>,
    pub(super) notes: Vec<String>,
}

/// A transform whose result failed, and in which point.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Held {
    pub(super) transform: &'static str,
    pub(super) because: String,
}

/// How it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Everything that the rewritten file does was compared, and nothing is worse.
    Verified,
    /// Something was worse; what is left without it was verified.
    Failed,
    /// There is nothing to change.
    Unchanged,
    /// There is nothing to compare with, or the engine failed.
    Impossible(String),
}

impl Verdict {
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Verdict::Verified => "verified",
            Verdict::Failed => "failed",
            Verdict::Unchanged => "unchanged",
            Verdict::Impossible(_) => "impossible",
        }
    }
}
