//! Whether something below an instruction sees the working folder before an absolute WORKDIR sets it anew.

use crate::syntax::{Arguments, Keyword};
use crate::transforms::shipped::Shipped;

/// Whether the folder in force after an instruction matters to anything. `settled` are RUN instructions that get a
/// WORKDIR of their own.
pub(super) fn depends(stage: &Shipped<'_>, index: usize, settled: &[usize]) -> bool {
    for at in index + 1..stage.input.model.stages[stage.stage].instructions.end {
        let instruction = stage.instruction(at);
        match instruction.keyword {
            Keyword::Workdir => {
                let path = instruction.text(instruction.rest);
                return !path.starts_with('/');
            }
            // They stand in a folder of their own, or see none.
            Keyword::Run if settled.contains(&at) => return false,
            Keyword::Arg
            | Keyword::Env
            | Keyword::Label
            | Keyword::Expose
            | Keyword::User
            | Keyword::Shell
            | Keyword::Stopsignal
            | Keyword::Maintainer => {}
            Keyword::Copy | Keyword::Add => {
                let values = match &instruction.arguments {
                    Arguments::Words(_) | Arguments::Exec { .. } => instruction.values(),
                    _ => return true,
                };
                if !values.last().is_some_and(|target| target.starts_with('/')) {
                    return true;
                }
            }
            _ => return true,
        }
    }
    // What is built on the stage sees it, and so does its container.
    true
}
