//! The preconditions of one fix, as they are checked: what holds becomes a reason, what does not is named as missing.

use super::{Diagnostic, Fix, Missing, Part, Reason};
use crate::edit::{Applicability, Edit};
use crate::source::Span;

/// Preconditions checked so far.
#[derive(Default, Debug)]
pub(super) struct Checks {
    reasons: Vec<Reason>,
    missing: Vec<Missing>,
    /// A precondition is known to be broken: the result would not work, so not even `--unsafe` may have it.
    broken: bool,
}

impl Checks {
    /// A precondition holds, and why.
    pub(super) fn holds(&mut self, id: &'static str, text: impl Into<String>) {
        self.reasons.push(Reason { id, text: text.into() });
    }

    /// A precondition is not proven: what is missing, and what the user can do about it.
    pub(super) fn misses(&mut self, id: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        let missing = Missing { id, text: text.into(), remedy: remedy.into() };
        if !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }

    /// A precondition is known not to hold, and without it the result does not work: there is no fix at all.
    pub(super) fn breaks(&mut self, id: &'static str, text: impl Into<String>, remedy: impl Into<String>) {
        self.misses(id, text, remedy);
        self.broken = true;
    }

    /// A precondition that was judged elsewhere.
    pub(super) fn take(&mut self, judged: Result<Reason, Missing>) {
        match judged {
            Ok(reason) => self.reasons.push(reason),
            Err(missing) => self.misses(missing.id, missing.text, missing.remedy),
        }
    }

    /// What was checked for another part of the same fix.
    pub(super) fn join(&mut self, other: Checks) {
        for reason in other.reasons {
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
        for missing in other.missing {
            self.misses(missing.id, missing.text, missing.remedy);
        }
        self.broken |= other.broken;
    }

    /// Whether a precondition of that id is missing.
    pub(super) fn misses_id(&self, id: &str) -> bool {
        self.missing.iter().any(|missing| missing.id == id)
    }

    /// Whether everything so far holds.
    pub(super) fn all_hold(&self) -> bool {
        self.missing.is_empty()
    }

    /// The diagnostic with its fix: safe exactly when nothing is missing, and none where something is broken.
    pub(super) fn fix(
        self,
        span: Span,
        message: impl Into<String>,
        title: impl Into<String>,
        edits: Vec<Edit>,
        declares: &[Part],
    ) -> Diagnostic {
        if self.broken {
            return self.hold_back(span, message);
        }
        let applicability = if self.all_hold() { Applicability::Safe } else { Applicability::Unsafe };
        Diagnostic {
            span,
            message: message.into(),
            reasons: self.reasons,
            missing: self.missing,
            fix: Some(Fix {
                title: title.into(),
                applicability,
                edits,
                create: None,
                ignore: Vec::new(),
                declares: declares.to_vec(),
            }),
        }
    }

    /// The diagnostic without a fix, since there is nothing that could be written before something is supplied.
    pub(super) fn hold_back(self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span, message: message.into(), reasons: self.reasons, missing: self.missing, fix: None }
    }
}
