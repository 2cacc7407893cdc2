//! Every simple command of a script, and how surely it runs.
//!
//! A transform asks one of two things: "does this command always run?" before it moves or splits, and "has it
//! succeeded when the script has?" before it relies on the outcome. Both follow from the operators around it.

use super::tree::*;

/// How a shell was started: `sh -e`, `bash -o pipefail`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ShellOptions {
    /// `-e`: a failing item of a list ends the script. A `set -e` in the script itself is seen without this.
    pub(super) errexit: bool,
    /// A pipeline fails when any of its commands does.
    pub(super) pipefail: bool,
}

/// A simple command in its place.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'s> {
    /// The command.
    pub command: &'s SimpleCommand,
    /// What stands around it.
    pub guards: Guards,
    /// Whether its name is that of a function of this script, so that no program of that name runs.
    pub calls_function: bool,
}

/// What stands around a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Guards {
    /// It runs only if something else turned out in a way that the script survives either way: after `||`, in the
    /// body of `if`, `case` or a loop, after an `&&` whose failure is passed over, after a possible `exit 0`.
    pub conditional: bool,
    /// Its failure does not fail the script: before `||`, in a condition, after `!`, before the last `;` without
    /// `set -e`, left of `|` without `pipefail`.
    pub forgiven: bool,
    /// It stands in a function: it runs when that is called, if at all.
    pub function: bool,
    /// It runs in the background, so that nobody knows when it is done.
    pub background: bool,
    /// It is part of a pipeline of two or more.
    pub piped: bool,
    /// It runs in a process of its own, so that its `cd`, variables and options end with it.
    pub subshell: bool,
    /// It stands inside a word: `$(…)`.
    pub substitution: bool,
    /// It stands inside another command: a group, a condition, a loop, a function.
    pub enclosed: bool,
}

impl Guards {
    /// Whether the command has run whenever the script has succeeded, or has failed after it.
    pub fn always_runs(self) -> bool {
        !self.conditional && !self.function
    }

    /// Whether the command has run and succeeded whenever the script has succeeded.
    pub fn must_succeed(self) -> bool {
        self.always_runs() && !self.forgiven && !self.background
    }

    /// Whether it is a member of the script's own list: in no group, pipeline or word.
    pub fn top_level(self) -> bool {
        !self.enclosed && !self.piped && !self.substitution && !self.background
    }
}

impl Script {
    /// Every simple command in text order, those of substitutions right after the command that holds them.
    ///
    /// Inside [`Nested`] scripts without a list nothing is known, and nothing is listed.
    pub fn simple_commands(&self) -> Vec<Placed<'_>> {
        self.simple_commands_under(ShellOptions::default())
    }

    /// The same for a shell that was started with options.
    pub(super) fn simple_commands_under(&self, options: ShellOptions) -> Vec<Placed<'_>> {
        let Walker { mut found, functions, .. } = Walker::over(self, options);
        for placed in &mut found {
            placed.calls_function = placed.command.name().is_some_and(|name| functions.contains(&name));
        }
        found
    }

    /// Every redirection, those of groups and loops too.
    pub fn redirects(&self) -> Vec<&Redirect> {
        let Walker { found, compound, .. } = Walker::over(self, ShellOptions::default());
        found.into_iter().flat_map(|placed| &placed.command.redirects).chain(compound).collect()
    }

    /// Whether some part could not be looked into, so that commands may run that are not listed: escapes inside
    /// backquotes.
    pub fn has_opaque_part(&self) -> bool {
        let commands = self.simple_commands();
        let words = commands.iter().flat_map(|placed| placed.command.expanded());
        let mut nested = words.flat_map(Word::nested);
        nested.any(|nested| nested.list.is_none())
    }
}

struct Walker<'s> {
    found: Vec<Placed<'s>>,
    /// Redirections of compound commands.
    compound: Vec<&'s Redirect>,
    options: ShellOptions,
    /// Whether the shell may be gone already, and well.
    may_have_ended: bool,
    functions: Vec<&'s str>,
}

/// Where the walk is.
#[derive(Clone, Copy)]
struct Place {
    guards: Guards,
    /// Whether the outcome here is the outcome of the script.
    decides: bool,
    /// Whether `-e` counts here: it does not in conditions, left of `&&` and `||`, and after `!`.
    exits: bool,
}

impl Place {
    fn start() -> Place {
        Place { guards: Guards::default(), decides: true, exits: true }
    }

    /// Inside something else that is part of this one; the closure says what that means.
    fn with(self, change: impl FnOnce(&mut Guards)) -> Place {
        let mut inner = self;
        change(&mut inner.guards);
        inner
    }

    /// Where the outcome is looked at or passed over.
    fn forgiven(self) -> Place {
        let inner = self.with(|guards| guards.forgiven = true);
        Place { decides: false, exits: false, ..inner }
    }
}

impl<'s> Walker<'s> {
    fn over(script: &'s Script, options: ShellOptions) -> Walker<'s> {
        let mut walker = Walker {
            found: Vec::new(),
            compound: Vec::new(),
            options,
            may_have_ended: false,
            functions: Vec::new(),
        };
        walker.list(&script.list, Place::start());
        walker
    }

    fn list(&mut self, list: &'s List, place: Place) {
        let last = list.items.len().saturating_sub(1);
        for (index, item) in list.items.iter().enumerate() {
            let background = item.end.is_some_and(|end| end.kind == EndKind::Background);
            let inner = place.with(|guards| {
                guards.background |= background;
                guards.subshell |= background;
            });
            self.chain(&item.chain, Place { decides: place.decides && index == last, ..inner });
        }
    }

    fn chain(&mut self, chain: &'s Chain, place: Place) {
        let mut connector = None;
        for (index, pipeline) in chain.pipelines().enumerate() {
            let or_follows = chain.rest[index..].iter().any(|link| link.connector == Connector::Or);
            let left = index < chain.rest.len();
            // Even under `-e` a failure left of `&&` does not end the script; it does decide where nothing follows.
            let errexit = self.options.errexit && place.exits && !left;
            let passed_over = or_follows || !(place.decides || errexit);
            let conditional = match connector {
                None => false,
                Some(Connector::Or) => true,
                Some(Connector::And) => or_follows || !place.decides,
            };
            let inner = place.with(|guards| {
                guards.conditional |= conditional;
                guards.forgiven |= passed_over;
            });
            let decides = place.decides && !or_follows;
            self.pipeline(pipeline, Place { decides, exits: place.exits && !left, ..inner });
            connector = chain.rest.get(index).map(|link| link.connector);
        }
    }

    fn pipeline(&mut self, pipeline: &'s Pipeline, place: Place) {
        let place = if pipeline.negation.is_some() { place.forgiven() } else { place };
        if pipeline.rest.is_empty() {
            return self.command(&pipeline.first, place);
        }
        let last = pipeline.rest.len();
        let outside = (self.options, self.may_have_ended);
        let pipefail = self.options.pipefail;
        for (index, command) in pipeline.commands().enumerate() {
            let counts = index == last || pipefail;
            let inner = if counts { place } else { place.forgiven() };
            self.command(
                command,
                inner.with(|guards| {
                    guards.piped = true;
                    guards.subshell = true;
                }),
            );
        }
        // Each ran in a process of its own.
        (self.options, self.may_have_ended) = outside;
    }

    /// `set -e` and `set -o pipefail` change what follows, if they surely run in this very shell.
    fn set(&mut self, command: &SimpleCommand, guards: Guards) {
        if command.name() != Some("set") || guards.subshell || guards.function {
            return;
        }
        let mut argv = command.argv().into_iter().skip(1);
        while let Some(word) = argv.next() {
            let (on, letters) = match word.map(|word| word.split_at_checked(1).unwrap_or(("", ""))) {
                Some(("-", letters)) if !letters.is_empty() => (guards.always_runs(), letters),
                Some(("+", letters)) if !letters.is_empty() => (false, letters),
                // What is not a literal could switch anything off.
                None => return self.options = ShellOptions::default(),
                _ => return,
            };
            if letters.contains('e') {
                self.options.errexit = on;
            }
            if letters.contains('o') {
                match argv.next().flatten() {
                    Some("errexit") => self.options.errexit = on,
                    Some("pipefail") => self.options.pipefail = on,
                    _ => {}
                }
            }
        }
    }

    fn command(&mut self, command: &'s Command, place: Place) {
        match command {
            Command::Simple(command) => {
                let place = place.with(|guards| guards.conditional |= self.may_have_ended);
                self.found.push(Placed { command, guards: place.guards, calls_function: false });
                command.expanded().for_each(|word| self.nested(word, place));
                self.set(command, place.guards);
                self.may_have_ended |= may_end(command);
            }
            Command::Compound(compound) => {
                self.compound(&compound.kind, place.with(|guards| guards.enclosed = true));
                for redirect in &compound.redirects {
                    self.compound.push(redirect);
                    match &redirect.target {
                        Target::File(word) => self.nested(word, place),
                        Target::Heredoc(heredoc) => self.nested(&heredoc.body, place),
                        Target::Descriptor => {}
                    }
                }
            }
        }
    }

    fn compound(&mut self, kind: &'s CompoundKind, place: Place) {
        let perhaps = place.with(|guards| guards.conditional = true);
        match kind {
            CompoundKind::Subshell(list) => self.scoped(list, place),
            CompoundKind::Group(list) => self.list(list, place),
            CompoundKind::If { branches, otherwise } => {
                for (index, (condition, body)) in branches.iter().enumerate() {
                    let asked = if index == 0 { place } else { perhaps };
                    self.list(condition, asked.forgiven());
                    self.list(body, perhaps);
                }
                otherwise.iter().for_each(|body| self.list(body, perhaps));
            }
            CompoundKind::For { words, body } => {
                words.iter().for_each(|word| self.nested(word, place));
                self.list(body, perhaps);
            }
            CompoundKind::While { condition, body } => {
                self.list(condition, place.forgiven());
                self.list(body, perhaps);
            }
            CompoundKind::Case { word, arms } => {
                self.nested(word, place);
                for (patterns, body) in arms {
                    patterns.iter().for_each(|word| self.nested(word, perhaps));
                    self.list(body, perhaps);
                }
            }
            CompoundKind::Function { name, body } => {
                self.functions.extend(name.as_deref());
                let outside = (self.options, self.may_have_ended);
                self.command(body, place.forgiven().with(|guards| guards.function = true));
                (self.options, self.may_have_ended) = outside;
            }
            CompoundKind::Test { words } => words.iter().for_each(|word| self.nested(word, place)),
            CompoundKind::Timed(command) => self.command(command, place),
            CompoundKind::Coprocess(command) => {
                let inner = place.forgiven().with(|guards| {
                    guards.background = true;
                    guards.subshell = true;
                });
                self.command(command, inner);
            }
        }
    }

    fn nested(&mut self, word: &'s Word, place: Place) {
        // A failing substitution in an argument goes unnoticed, and one in an assignment mostly so.
        let inner = place.forgiven().with(|guards| guards.substitution = true);
        for list in word.nested().iter().filter_map(|nested| nested.list.as_ref()) {
            self.scoped(list, inner);
        }
    }

    /// A list in a process of its own: options set in it end with it, and so does its `exit`.
    fn scoped(&mut self, list: &'s List, place: Place) {
        let outside = (self.options, self.may_have_ended);
        self.list(list, place.with(|guards| guards.subshell = true));
        (self.options, self.may_have_ended) = outside;
    }
}

/// Whether the shell may end here without failing: `exit`, `exit 0`, `exec program`. After `exit 1` it has failed.
fn may_end(command: &SimpleCommand) -> bool {
    match command.name() {
        Some("exit" | "return") => {
            let code = command.words.get(1).map(Word::literal);
            !matches!(code, Some(Some(code)) if code.parse::<u8>().is_ok_and(|code| code != 0))
        }
        Some("exec") => command.words.len() > 1,
        _ => false,
    }
}
