//! The preconditions of one fix, as they are checked: what holds becomes a reason, what does not is named as missing.

use super::{Diagnostic, Fix, Missing, Part, Reason};
use crate::edit::{Applicability, Edit};
use crate::source::Span;

/// Preconditions checked so far.
#[derive(Default, Debug)]
pub(super) struct Checks {
    reasons: Vec<Reason>,
    missing: Vec<Missing>,
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

    /// A precondition that was judged elsewhere.
    pub(super) fn take(&mut self, judged: Result<Reason, Missing>) {
        match judged {
            Ok(reason) => self.reasons.push(reason),
            Err(missing) => self.misses(missing.id, missing.text, missing.remedy),
        }
    }

    /// Whether everything so far holds.
    pub(super) fn all_hold(&self) -> bool {
        self.missing.is_empty()
    }

    /// The diagnostic with its fix: safe exactly when nothing is missing.
    pub(super) fn fix(
        self,
        span: Span,
        message: impl Into<String>,
        title: impl Into<String>,
        edits: Vec<Edit>,
        declares: &[Part],
    ) -> Diagnostic {
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
                declares: declares.to_vec(),
            }),
        }
    }

    /// The diagnostic without a fix, since there is nothing that could be written before something is supplied.
    pub(super) fn hold_back(self, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span, message: message.into(), reasons: self.reasons, missing: self.missing, fix: None }
    }
}
