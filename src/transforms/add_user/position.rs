//! Where USER goes: below everything that builds, above what starts.

use crate::syntax::Keyword;
use crate::transforms::shipped::Shipped;

/// A place for new lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Position {
    /// Above an instruction and its comments.
    Above(usize),
    /// Below an instruction.
    Below(usize),
}

/// The place for USER: above the first of the HEALTHCHECK, CMD and ENTRYPOINT that close the stage.
///
/// An earlier place would be wrong: RUN and WORKDIR act as the user in force (NR1, NR6).
pub(super) fn of(shipped: &Shipped<'_>) -> Position {
    let stage = shipped.input.model.stages[shipped.stage].instructions.clone();
    let builds = |index: &usize| {
        !matches!(
            shipped.instruction(*index).keyword,
            Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Stopsignal
        )
    };
    let last = stage.clone().rfind(builds).unwrap_or(stage.start);
    let starts = |index: &usize| {
        matches!(
            shipped.instruction(*index).keyword,
            Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck
        )
    };
    (last + 1..stage.end).find(starts).map_or(Position::Below(last), Position::Above)
}
