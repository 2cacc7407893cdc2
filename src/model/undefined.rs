//! Variables that are used where nothing sets them.

use std::borrow::Cow;

use super::sources::opens_heredoc;
use super::stages::PLATFORM_ARGUMENTS;
use super::{Base, Model};
use crate::syntax::{
    Arguments, Document, Environment, Expander, Heredoc, Instruction, Keyword, mount_fields,
};

/// A use of a variable that no ENV or ARG in force sets. What the base image sets is not known here: a name in a
/// stage may still have a value, one in a FROM cannot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Undefined {
    /// The instruction; the FROM where a trigger of the stage below uses the variable.
    pub instruction: usize,
    /// The name.
    pub name: String,
}

/// What every image has: BuildKit sets it where the base image does not.
const ALWAYS_SET: &[&str] = &["PATH"];

/// Arguments of BuildKit's own that never become variables and are not missed.
const NEVER_VARIABLES: &[&str] = &["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];

impl Model {
    /// The variables in the image or platform of a FROM that are no argument from before the first FROM
    /// (BuildKit: `UndefinedArgInFrom`), in order, a name once for each FROM.
    pub fn undefined_in_from(&self, document: &Document) -> Vec<Undefined> {
        let mut found = Vec::new();
        for stage in &self.stages {
            let instruction = &document.instructions[stage.from()];
            let image = instruction.values().first().copied();
            for word in [image, instruction.flag("platform")].into_iter().flatten() {
                let known = Declared(|name: &str| {
                    let given = PLATFORM_ARGUMENTS.contains(&name);
                    let global = self.globals.iter().rev().find(|global| global.name == name);
                    let value = global.map(|global| global.value.clone().unwrap_or_default());
                    value.or_else(|| given.then(String::new))
                });
                if let Ok(expanded) = Expander::new(document.escape).word(word, &known) {
                    note(&mut found, stage.from(), expanded.unmatched);
                }
            }
        }
        found
    }

    /// The variables in the words that BuildKit expands in stages, if no ENV or ARG before, and no stage below, sets
    /// them (BuildKit: `UndefinedVar`), in order, a name once for each instruction.
    ///
    /// What a shell expands is not looked at, and neither is EXPOSE, where BuildKit does not look either.
    pub fn undefined_variables(&self, document: &Document) -> Vec<Undefined> {
        let mut found = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            let mut set = match stage.base {
                Base::Stage(below) => self.set_by_triggers(document, below),
                _ => Vec::new(),
            };
            for child in self.triggered(document, index) {
                self.undefined_at(document, stage.from(), &child, (&set, &mut found));
                set.extend(child.set());
            }
            for at in stage.instructions.clone().skip(1) {
                let words = Words::of(&document.instructions[at]);
                self.undefined_at(document, at, &words, (&set, &mut found));
            }
        }
        found
    }

    /// `set` are names that triggers have set, `found` is where the others go.
    fn undefined_at(
        &self,
        document: &Document,
        at: usize,
        words: &Words<'_>,
        (set, found): (&[&str], &mut Vec<Undefined>),
    ) {
        let mut others = set.to_vec();
        let is_arg = words.instruction.keyword == Keyword::Arg;
        let mut own = words.set().into_iter().filter(|_| is_arg);
        let arguments = words.expanded().into_iter().map(|word| (word, Expander::new(document.escape)));
        let bodies = words.bodies(document).map(|body| (Cow::Borrowed(body), Expander::heredoc_body()));
        for (word, how) in arguments.chain(bodies) {
            let known = Declared(|name: &str| {
                let variable = self.variable(at, name);
                let value = variable.map(|variable| variable.value.clone().unwrap_or_default());
                value.or_else(|| (ALWAYS_SET.contains(&name) || others.contains(&name)).then(String::new))
            });
            if let Ok(expanded) = how.word(&word, &known) {
                note(found, at, expanded.unmatched);
            }
            // The pairs of one ARG are set one after the other.
            others.extend(own.next());
        }
    }

    /// The instructions that the stage below left for the one that is built on it.
    fn triggered<'d>(&self, document: &'d Document, stage: usize) -> Vec<Words<'d>> {
        let Base::Stage(below) = self.stages[stage].base else { return Vec::new() };
        let instructions = &document.instructions[self.stages[below].instructions.clone()];
        let children = instructions.iter().filter_map(|outer| match &outer.arguments {
            Arguments::Trigger(child) => Some(Words { instruction: child, heredocs: &outer.heredocs }),
            _ => None,
        });
        children.collect()
    }

    /// Names that triggers set in a stage or in one below it.
    fn set_by_triggers<'d>(&self, document: &'d Document, stage: usize) -> Vec<&'d str> {
        let children = self.lineage(stage).into_iter().flat_map(|stage| self.triggered(document, stage));
        children.flat_map(|child| child.set()).collect()
    }
}

fn note(found: &mut Vec<Undefined>, instruction: usize, names: impl IntoIterator<Item = String>) {
    for name in names {
        let mut same = found.iter().rev().take_while(|other| other.instruction == instruction);
        if !same.any(|other| other.name == name) && !NEVER_VARIABLES.contains(&name.as_str()) {
            found.push(Undefined { instruction, name });
        }
    }
}

/// Names that are declared, with a value or not.
struct Declared<F>(F);

impl<F: Fn(&str) -> Option<String>> Environment for Declared<F> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        (self.0)(name).map(Cow::Owned)
    }
}

/// An instruction whose words are expanded, with the heredocs that belong to it.
struct Words<'d> {
    instruction: &'d Instruction,
    heredocs: &'d [Heredoc],
}

impl<'d> Words<'d> {
    fn of(instruction: &'d Instruction) -> Words<'d> {
        Words { instruction, heredocs: &instruction.heredocs }
    }

    /// Names that an ARG or ENV sets.
    fn set(&self) -> Vec<&'d str> {
        match (&self.instruction.arguments, self.instruction.keyword) {
            (Arguments::KeyValues(pairs), Keyword::Arg | Keyword::Env) => {
                pairs.iter().map(|pair| self.instruction.text(pair.key)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The words that BuildKit expands as arguments, in order.
    fn expanded(&self) -> Vec<Cow<'d, str>> {
        let instruction = self.instruction;
        let flags = |names: &[&str]| -> Vec<Cow<'d, str>> {
            names.iter().filter_map(|name| instruction.flag(name)).map(Cow::Borrowed).collect()
        };
        match instruction.keyword {
            Keyword::Add => [flags(&["chown", "chmod", "checksum"]), self.paths()].concat(),
            Keyword::Copy => [flags(&["chown", "chmod"]), self.paths()].concat(),
            Keyword::Env | Keyword::Label => borrowed(instruction.values()),
            Keyword::Arg => match &instruction.arguments {
                Arguments::KeyValues(pairs) => {
                    let values = pairs.iter().map(|pair| pair.value.map_or("", |at| instruction.text(at)));
                    borrowed(values.collect())
                }
                _ => Vec::new(),
            },
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Volume => {
                borrowed(instruction.values())
            }
            Keyword::Run => {
                let mounts = instruction.flags.iter().filter(|flag| flag.name() == "mount");
                let fields = mounts.filter_map(|flag| flag.value()).flat_map(mount_fields);
                let values = fields.filter_map(|field| Some(field.split_once('=')?.1.to_owned()));
                values.map(Cow::Owned).collect()
            }
            _ => Vec::new(),
        }
    }

    fn paths(&self) -> Vec<Cow<'d, str>> {
        let words = self.instruction.values().into_iter();
        borrowed(words.filter(|word| !opens_heredoc(word, self.heredocs)).collect())
    }

    /// The bodies that BuildKit expands.
    fn bodies(&self, document: &'d Document) -> impl Iterator<Item = &'d str> {
        let copies = matches!(self.instruction.keyword, Keyword::Add | Keyword::Copy);
        let bodies = self.heredocs.iter().filter(move |heredoc| copies && heredoc.expand);
        bodies.map(|heredoc| heredoc.body.of(document.text()))
    }
}

fn borrowed(words: Vec<&str>) -> Vec<Cow<'_, str>> {
    words.into_iter().map(Cow::Borrowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    /// The lines and names of what is not defined: in a FROM, and in stages.
    fn undefined(text: &str) -> [Vec<(usize, String)>; 2] {
        let document = Document::parse(&Source::new("Dockerfile", text).unwrap());
        let model = Model::new(&document);
        [model.undefined_in_from(&document), model.undefined_variables(&document)].map(|found| {
            let place = |one: Undefined| (document.instructions[one.instruction].lines.0, one.name);
            found.into_iter().map(place).collect()
        })
    }

    #[track_caller]
    fn check_from(text: &str, expected: &[(usize, &str)]) {
        let found = &undefined(text)[0];
        assert_eq!(found.iter().map(|(line, name)| (*line, name.as_str())).collect::<Vec<_>>(), expected);
    }

    #[track_caller]
    fn check(text: &str, expected: &[(usize, &str)]) {
        let found = &undefined(text)[1];
        assert_eq!(found.iter().map(|(line, name)| (*line, name.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn from_sees_arguments_from_before_the_first_from() {
        check_from(
            "ARG A\nFROM a$A:${B:-$C}\nARG D\nFROM --platform=$BUILDPLATFORM/$D $B$B\n",
            &[(2, "C"), (2, "B"), (4, "B"), (4, "D")],
        );
    }

    #[test]
    fn arguments_before_from_are_not_seen_in_a_stage() {
        check("ARG A=1\nFROM a\nENV B=$A\nARG A\nENV B=$A\n", &[(3, "A")]);
    }

    #[test]
    fn pairs_of_an_argument_see_each_other_and_those_of_a_variable_do_not() {
        check("FROM a\nARG A=1 B=$A C=$D\nENV E=1 F=$E\nENV G=$F\n", &[(2, "D"), (3, "E")]);
    }

    #[test]
    fn stages_see_what_is_set_below_them() {
        check("FROM a AS b\nARG A\nENV B=1\nFROM b\nUSER $A$B$C\nFROM a\nUSER $B\n", &[(5, "C"), (7, "B")]);
    }

    #[test]
    fn only_words_that_buildkit_expands_count() {
        check(
            "FROM a\nRUN --mount=type=cache,id=$A,target=$PATH x $B\nCMD $B\nEXPOSE $C\n\
             COPY --chown=$D --from=b '$E' \"$F\" /${G:+$H}\nADD <<I <<'J' /x\n$K\nI\n$L\nJ\nONBUILD USER $M\n",
            &[(2, "A"), (5, "D"), (5, "F"), (5, "H"), (5, "G"), (6, "K")],
        );
    }

    #[test]
    fn triggers_run_in_the_stage_above() {
        check("FROM a AS b\nONBUILD ARG A\nONBUILD USER $A$B\nFROM b\nUSER $A$C\n", &[(4, "B"), (5, "C")]);
    }
}
