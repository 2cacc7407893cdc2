//! One pass over the instructions: stages, uses, and the context of each instruction.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::{Base, Context, ImageRef, Model, Stage, StageUse, UseKind, Variable, VariableKind, Workdir};
use crate::syntax::{Arguments, Document, Environment, Expander, Instruction, JoinedSpan, Keyword, mounts};

/// Arguments that every build has without an ARG before FROM.
pub(super) const PLATFORM_ARGUMENTS: &[&str] = &[
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
];

pub(super) fn build(document: &Document) -> Model {
    build_with(document, &BTreeMap::new())
}

pub(super) fn build_with(document: &Document, arguments: &BTreeMap<String, Option<String>>) -> Model {
    let mut builder = Builder {
        document,
        arguments,
        model: Model {
            stages: Vec::new(),
            contexts: Vec::with_capacity(document.instructions.len()),
            globals: Vec::new(),
            variables: Vec::new(),
            names: HashMap::new(),
            escape: document.escape,
        },
        state: Context {
            stage: None,
            user: None,
            workdir: Workdir::BaseRelative(String::new()),
            shell: None,
            variables: 0,
        },
        ends: Vec::new(),
    };
    for (index, instruction) in document.instructions.iter().enumerate() {
        builder.step(index, instruction);
    }
    builder.close_stage(document.instructions.len());
    builder.model
}

struct Builder<'d> {
    document: &'d Document,
    /// What the build sets; it wins over the defaults of ARG.
    arguments: &'d BTreeMap<String, Option<String>>,
    model: Model,
    /// What is in force before the next instruction.
    state: Context,
    /// What is in force at the end of each finished stage.
    ends: Vec<Context>,
}

impl Builder<'_> {
    fn step(&mut self, index: usize, instruction: &Instruction) {
        if instruction.keyword == Keyword::From {
            self.close_stage(index);
            self.open_stage(index, instruction);
            return;
        }
        self.model.contexts.push(self.state.clone());
        match instruction.keyword {
            Keyword::Arg | Keyword::Env => self.variables(index, instruction),
            Keyword::User => self.state.user = Some(index),
            Keyword::Shell => self.state.shell = Some(index),
            Keyword::Workdir => self.workdir(instruction),
            Keyword::Copy => {
                let from = instruction.flag("from").map(str::to_owned);
                self.note_use(index, from.as_deref(), UseKind::Copy);
            }
            Keyword::Run => {
                for from in mounts(instruction).into_iter().filter_map(|mount| mount.from) {
                    self.note_use(index, Some(&from), UseKind::Mount);
                }
            }
            _ => {}
        }
    }

    fn close_stage(&mut self, end: usize) {
        if let Some(stage) = self.model.stages.last_mut() {
            stage.instructions.end = end;
            self.ends.push(self.state.clone());
        }
    }

    fn open_stage(&mut self, index: usize, instruction: &Instruction) {
        let stage = self.model.stages.len();
        let words = match &instruction.arguments {
            Arguments::Words(words) => words.as_slice(),
            _ => &[],
        };
        let base = words.first().map_or(Base::Unknown, |word| self.base(instruction, *word));
        let name = match words {
            [_, keyword, name] if instruction.text(*keyword).eq_ignore_ascii_case("as") => {
                Some(instruction.text(*name).to_lowercase())
            }
            _ => None,
        };
        let below = match base {
            Base::Stage(below) => self.ends.get(below).cloned(),
            _ => None,
        };
        let before = Context {
            stage: Some(stage),
            user: None,
            workdir: Workdir::BaseRelative(String::new()),
            shell: None,
            variables: 0,
        };
        self.model.contexts.push(before.clone());
        let below = below.unwrap_or_else(|| before.clone());
        self.state = Context { stage: Some(stage), variables: 0, ..below };
        if base == Base::Scratch {
            self.state.workdir = Workdir::Path("/".to_owned());
        }
        let uses = match base {
            Base::Stage(stage) => vec![StageUse { stage, instruction: index, kind: UseKind::Base }],
            _ => Vec::new(),
        };
        if let Some(name) = &name {
            self.model.names.entry(name.clone()).or_default().push(stage);
        }
        self.model.stages.push(Stage { name, base, instructions: index..index + 1, uses });
        self.model.variables.push(Vec::new());
    }

    fn base(&self, instruction: &Instruction, word: JoinedSpan) -> Base {
        let written = instruction.text(word);
        let Ok(expanded) = Expander::new(self.document.escape).word(written, &Globals(&self.model.globals))
        else {
            return Base::Unknown;
        };
        // A variable that only the build's caller sets leaves a hole, except where the reference has its own default.
        let hole = |name: &String| {
            PLATFORM_ARGUMENTS.contains(&name.as_str())
                || expanded.unmatched.contains(name)
                    && ![":-", "-"].iter().any(|default| written.contains(&format!("${{{name}{default}")))
        };
        let resolved = expanded.text.clone();
        let variables = [expanded.matched.clone(), expanded.unmatched.clone()].concat();
        if resolved.is_empty() || variables.iter().any(hole) {
            return Base::Unknown;
        }
        // The name is looked up as it is written, in lower case only: `FROM Base` does not find stage `base`.
        let stage = self.model.named_exactly(&resolved, self.model.stages.len());
        if let Some(stage) = stage {
            return Base::Stage(stage);
        }
        if resolved == "scratch" {
            return Base::Scratch;
        }
        Base::Image(ImageRef::read(word, written, &resolved, variables))
    }

    fn variables(&mut self, index: usize, instruction: &Instruction) {
        let Arguments::KeyValues(pairs) = &instruction.arguments else { return };
        let kind = if instruction.keyword == Keyword::Env { VariableKind::Env } else { VariableKind::Arg };
        let mut found = Vec::new();
        for pair in pairs {
            let key = instruction.text(pair.key);
            let value = pair.value.map(|value| instruction.text(value));
            let name = match kind {
                VariableKind::Env => self.expand(key).0.unwrap_or_default(),
                VariableKind::Arg => key.to_owned(),
            };
            let (value, from_argument) = match value {
                Some(value) => self.expand(value),
                None => (self.global(&name), true),
            };
            let given = self.arguments.get(&name).filter(|_| kind == VariableKind::Arg);
            let value = given.cloned().unwrap_or(value);
            let from_argument = from_argument || kind == VariableKind::Arg;
            let variable = Variable { name, value, kind, instruction: index, from_argument };
            // The pairs of one ENV see what was set before it; those of one ARG see each other.
            match kind {
                VariableKind::Env => found.push(variable),
                VariableKind::Arg => self.set(variable),
            }
        }
        found.into_iter().for_each(|variable| self.set(variable));
    }

    fn set(&mut self, variable: Variable) {
        // An ARG without a value leaves a variable of that name as it is.
        if variable.kind == VariableKind::Arg
            && variable.value.is_none()
            && self.state.stage.is_some()
            && self.model.variable_in(&self.state, &variable.name).is_some()
        {
            return;
        }
        match self.state.stage {
            None => self.model.globals.push(variable),
            Some(stage) => {
                self.model.variables[stage].push(variable);
                self.state.variables = self.model.variables[stage].len();
            }
        }
    }

    fn global(&self, name: &str) -> Option<String> {
        let global = self.model.globals.iter().rev().find(|global| global.name == name)?;
        global.value.clone()
    }

    /// A word in the present state, and whether an argument went into it. `None` where a name is not set here.
    fn expand(&self, word: &str) -> (Option<String>, bool) {
        let environment = Present { model: &self.model, state: &self.state };
        let Ok(expanded) = Expander::new(self.document.escape).word(word, &environment) else {
            return (None, true);
        };
        let from_argument = expanded.matched.iter().any(|name| {
            self.model.variable_in(&self.state, name).is_some_and(|variable| variable.from_argument)
        });
        (expanded.unmatched.is_empty().then_some(expanded.text), from_argument)
    }

    fn workdir(&mut self, instruction: &Instruction) {
        let Arguments::Shell(span) = &instruction.arguments else { return };
        let (value, from_argument) = self.expand(instruction.text(*span));
        self.state.workdir = match (value, &self.state.workdir) {
            (Some(path), _) if path.starts_with('/') && !from_argument => Workdir::Path(clean(&path)),
            (Some(path), Workdir::Path(base)) if !from_argument && !is_windows_path(&path) => {
                Workdir::Path(clean(&format!("{base}/{path}")))
            }
            (Some(path), Workdir::BaseRelative(base)) if !from_argument && !is_windows_path(&path) => {
                Workdir::BaseRelative(clean(&format!("/{base}/{path}"))[1..].to_owned())
            }
            _ => Workdir::Unknown,
        };
    }

    fn note_use(&mut self, instruction: usize, name: Option<&str>, kind: UseKind) {
        let Some((name, stage)) = name.zip(self.state.stage) else { return };
        let used = match kind {
            // A mount knows no numbers.
            UseKind::Mount => self.model.named_exactly(&name.to_lowercase(), stage),
            _ => self.model.stage_named(name, stage),
        };
        if let Some(used) = used {
            self.model.stages[stage].uses.push(StageUse { stage: used, instruction, kind });
        }
    }
}

impl Model {
    /// The variable of that name in a state that is being built.
    fn variable_in(&self, state: &Context, name: &str) -> Option<&Variable> {
        let Some(stage) = state.stage else {
            return self.globals.iter().rev().find(|variable| variable.name == name);
        };
        let own = self.variables[stage].iter().rev();
        let below = self.lineage(stage).into_iter().skip(1).flat_map(|at| self.variables[at].iter().rev());
        own.chain(below).find(|variable| variable.name == name)
    }
}

struct Globals<'a>(&'a [Variable]);

impl Environment for Globals<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let global = self.0.iter().rev().find(|global| global.name == name);
        if global.is_none() && PLATFORM_ARGUMENTS.contains(&name) {
            // It is set, to something that only the build knows; the name stays visible as matched.
            return Some("".into());
        }
        global?.value.as_deref().map(Cow::from)
    }
}

struct Present<'a> {
    model: &'a Model,
    state: &'a Context,
}

impl Environment for Present<'_> {
    fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        self.model.variable_in(self.state, name)?.value.as_deref().map(Cow::from)
    }
}

fn is_windows_path(path: &str) -> bool {
    path.contains('\\') || path.as_bytes().get(1) == Some(&b':')
}

/// A slash path without `.`, `..` and doubled slashes.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}
