//! What the `--from` of a COPY and the `from` of a mount name, and which stages a build needs.

use super::{Model, UseKind};
use crate::syntax::{Document, Expander, Instruction, Keyword, mounts};

/// What a name after `from` means to BuildKit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// An earlier stage.
    Stage(usize),
    /// This stage or a later one: no build is made of it (`cannot copy from stage`, `circular dependency`).
    NotYet(usize),
    /// A number with no stage of that index: no build is made of it (`invalid stage index`).
    NoIndex,
    /// Variables, quotes or escapes, which are not expanded there: no build is made of it.
    Expands,
    /// No stage has that name: it is taken for an image.
    Image,
}

/// A name after `from`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reference {
    /// The instruction.
    pub instruction: usize,
    /// `Copy` or `Mount`.
    pub kind: UseKind,
    /// As written.
    pub name: String,
    /// What it means.
    pub origin: Origin,
}

impl Model {
    /// Every name after `from` in a stage, in order.
    pub fn references(&self, document: &Document) -> Vec<Reference> {
        let mut found = Vec::new();
        for (index, instruction) in document.instructions.iter().enumerate() {
            let Some(stage) = self.stage_of(index) else { continue };
            for (kind, name) in names(instruction) {
                let origin = match kind {
                    UseKind::Copy => self.copied_from(document, stage, &name),
                    _ => self.named(stage, &name),
                };
                found.push(Reference { instruction: index, kind, name, origin });
            }
        }
        found
    }

    /// Whether a build of `target` needs a stage: it is the target, or one that the target needs is built on it or
    /// takes files from it.
    pub fn needed_for(&self, target: usize) -> Vec<bool> {
        let mut needed = vec![false; self.stages.len()];
        needed[target] = true;
        // A stage uses only earlier ones.
        for stage in (0..=target).rev().filter(|stage| *stage < self.stages.len()) {
            if needed[stage] {
                self.stages[stage].uses.iter().for_each(|used| needed[used.stage] = true);
            }
        }
        needed
    }

    fn copied_from(&self, document: &Document, stage: usize, name: &str) -> Origin {
        let expanded = Expander::new(document.escape).word(name, &());
        if expanded.is_ok_and(|expanded| expanded.text != name) {
            return Origin::Expands;
        }
        match name.parse::<i64>().map(usize::try_from) {
            Err(_) => self.named(stage, name),
            Ok(Ok(index)) if index < stage => Origin::Stage(index),
            Ok(Ok(index)) if index < self.stages.len() => Origin::NotYet(index),
            Ok(_) => Origin::NoIndex,
        }
    }

    /// Of several stages with one name BuildKit finds the last, wherever it is asked from.
    fn named(&self, stage: usize, name: &str) -> Origin {
        match self.names.get(&name.to_lowercase()).and_then(|stages| stages.last()) {
            Some(found) if *found < stage => Origin::Stage(*found),
            Some(found) => Origin::NotYet(*found),
            None => Origin::Image,
        }
    }
}

/// The names after `from` of an instruction.
fn names(instruction: &Instruction) -> Vec<(UseKind, String)> {
    let named: Vec<(UseKind, String)> = match instruction.keyword {
        Keyword::Copy => {
            instruction.flag("from").map(|name| (UseKind::Copy, name.to_owned())).into_iter().collect()
        }
        Keyword::Run => {
            let mounts = mounts(instruction).into_iter();
            mounts.filter_map(|mount| mount.from).map(|name| (UseKind::Mount, name)).collect()
        }
        _ => Vec::new(),
    };
    named.into_iter().filter(|(_, name)| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn model(text: &str) -> (Document, Model) {
        let document = Document::parse(&Source::new("Dockerfile", text).unwrap());
        let model = Model::new(&document);
        (document, model)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Origin)]) {
        let (document, model) = model(text);
        let found = model.references(&document);
        let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.origin)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn names_are_found_in_any_case_and_numbers_only_by_copy() {
        check(
            "FROM a AS b\nFROM a\nCOPY --from=B /x /y\nCOPY --from=0 /x /y\nRUN --mount=from=b --mount=from=0 x\n",
            &[
                ("B", Origin::Stage(0)),
                ("0", Origin::Stage(0)),
                ("b", Origin::Stage(0)),
                ("0", Origin::Image),
            ],
        );
    }

    #[test]
    fn what_comes_later_is_no_source() {
        check(
            "FROM a AS b\nCOPY --from=c /x /y\nCOPY --from=b /x /y\nCOPY --from=1 /x /y\nCOPY --from=2 /x /y\nFROM a AS c\n",
            &[
                ("c", Origin::NotYet(1)),
                ("b", Origin::NotYet(0)),
                ("1", Origin::NotYet(1)),
                ("2", Origin::NoIndex),
            ],
        );
    }

    #[test]
    fn last_of_several_stages_with_one_name_counts() {
        check("FROM a AS b\nFROM a\nCOPY --from=b /x /y\nFROM a AS b\n", &[("b", Origin::NotYet(2))]);
    }

    #[test]
    fn unknown_names_are_images_and_variables_are_nothing() {
        check(
            "FROM a\nCOPY --from=nginx /x /y\nCOPY --from=$A /x /y\nCOPY --from= /x /y\n",
            &[("nginx", Origin::Image), ("$A", Origin::Expands)],
        );
    }

    #[test]
    fn stages_off_the_way_to_the_target_are_not_needed() {
        let (_, model) = model(
            "FROM a AS b\nFROM b AS c\nFROM a AS d\nCOPY --from=c /x /y\nFROM a\nRUN --mount=from=b,target=/x y\n",
        );
        assert_eq!(model.needed_for(3), [true, false, false, true]);
        assert_eq!(model.needed_for(2), [true, true, true, false]);
    }
}
