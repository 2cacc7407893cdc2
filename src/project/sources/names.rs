//! What the names of a file stand for: the modules it imports, and every place where it uses one of their members.
//!
//! A reader for each language fills a [`Names`]. Scopes are not followed: a name that is bound anywhere in a file
//! counts as bound everywhere in it, which can only add uses, never hide one. Knows nothing of what a member does.

use std::collections::{HashMap, HashSet};

use super::code::Code;

/// How many things a name may stand for. A name that is made a member of itself over and over would grow without end.
const MOST_TARGETS: usize = 16;

/// A member of a module: `fs` and `promises.readFile`. An empty member is the module itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Target {
    pub(super) module: String,
    pub(super) member: String,
}

impl Target {
    pub(super) fn new(module: &str, member: &str) -> Target {
        Target { module: module.to_owned(), member: member.to_owned() }
    }

    /// A member of this one.
    pub(super) fn member(&self, name: &str) -> Target {
        let member = match (self.member.as_str(), name) {
            (own, "") => own.to_owned(),
            ("", name) => name.to_owned(),
            (own, name) => format!("{own}.{name}"),
        };
        Target { module: self.module.clone(), member }
    }
}

/// A module that a file names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Import {
    /// As written, without Python's leading dots.
    pub(super) module: String,
    /// How many leading dots Python's relative import has.
    pub(super) level: usize,
    /// A member that may be a module too (`from a import b`), or `*`.
    pub(super) member: Option<String>,
    pub(super) at: usize,
}

/// A place where a member of a module is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Use {
    pub(super) target: Target,
    /// The bracket of its arguments, where it is called.
    pub(super) call: Option<usize>,
    pub(super) at: usize,
}

/// A member of something that is no module: `.save` in `image.save(path)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Method {
    pub(super) at: usize,
    pub(super) call: Option<usize>,
}

/// Something in a file that keeps its names from being followed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Obstacle {
    pub(super) at: usize,
    pub(super) what: String,
    /// The module of which one member or another is used, where that is all.
    pub(super) member_of: Option<String>,
}

/// Everything that a file says about names.
#[derive(Default, Debug)]
pub(super) struct Names {
    pub(super) imports: Vec<Import>,
    pub(super) bindings: HashMap<String, Vec<Target>>,
    pub(super) uses: Vec<Use>,
    pub(super) methods: Vec<Method>,
    pub(super) obstacles: Vec<Obstacle>,
    /// Tokens that bind a name, and so do not use it.
    declared: HashSet<usize>,
}

impl Names {
    pub(super) fn import(&mut self, module: &str, at: usize) {
        self.imports.push(Import { module: module.to_owned(), level: 0, member: None, at });
    }

    /// Lets the name at a token stand for a target. Says whether that was new.
    pub(super) fn bind(&mut self, name: &str, at: usize, target: Target) -> bool {
        self.declare(at);
        let targets = self.bindings.entry(name.to_owned()).or_default();
        let new = !targets.contains(&target);
        if new && targets.len() >= MOST_TARGETS {
            let what = format!("`{name}` stands for too many things");
            if !self.obstacles.iter().any(|obstacle| obstacle.what == what) {
                self.obstacle(at, what);
            }
            return false;
        }
        if new {
            targets.push(target);
        }
        new
    }

    /// Notes that a token is a name that is written, not read.
    pub(super) fn declare(&mut self, at: usize) {
        self.declared.insert(at);
    }

    pub(super) fn declares(&self, at: usize) -> bool {
        self.declared.contains(&at)
    }

    pub(super) fn obstacle(&mut self, at: usize, what: impl Into<String>) {
        self.obstacles.push(Obstacle { at, what: what.into(), member_of: None });
    }

    /// Notes that it cannot be told which member of a module is used.
    pub(super) fn computed_member(&mut self, at: usize, module: &str) {
        let what = format!("a member of `{module}` is computed");
        self.obstacles.push(Obstacle { at, what, member_of: Some(module.to_owned()) });
    }
}

/// A name and the members that follow it: `os.path.join`.
#[derive(Debug)]
pub(super) struct Chain {
    /// The members' names, joined by dots.
    pub(super) member: String,
    /// The last token.
    pub(super) end: usize,
    /// The bracket of the call that follows.
    pub(super) call: Option<usize>,
    /// A member is selected by a value.
    pub(super) computed: bool,
}

/// Follows the members after the token at `at`.
pub(super) fn chain(code: &Code, at: usize) -> Chain {
    let mut members: Vec<String> = Vec::new();
    let mut end = at;
    let mut computed = false;
    loop {
        if code.is_any(end + 1, &[".", "?."])
            && let Some(name) = code.word(end + 2)
        {
            members.push(name.to_owned());
            end += 2;
        } else if code.is(end + 1, "[")
            && code.language() == super::Language::JavaScript
            && let Some(close) = code.pair(end + 1)
        {
            match code.string(end + 2) {
                Some(name) if close == end + 3 => members.push(name),
                _ => {
                    computed = true;
                    break;
                }
            }
            end = close;
        } else {
            break;
        }
    }
    let mut open = end + 1;
    if code.is(open, "?.") {
        open += 1;
    }
    let call = code.is(open, "(").then_some(open);
    Chain { member: members.join("."), end, call, computed }
}

/// Every member name that no module's chain has taken, as a [`Method`].
pub(super) fn methods(code: &Code, taken: &HashSet<usize>) -> Vec<Method> {
    let free = |at: &usize| {
        code.word(*at).is_some() && (code.follows(*at, ".") || code.follows(*at, "?.")) && !taken.contains(at)
    };
    let call = |at: usize| {
        let open = if code.is(at + 1, "?.") { at + 2 } else { at + 1 };
        code.is(open, "(").then_some(open)
    };
    (0..code.len()).filter(free).map(|at| Method { at, call: call(at) }).collect()
}
