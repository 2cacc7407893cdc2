//! Which user it is to be, and the lines that say so: NR11, NR12.

use super::makers::{self, Made};
use super::owned;
use super::position::{self, Position};
use crate::config::UserStyle;
use crate::edit::Edit;
use crate::images::{Facts, User, UserTools};
use crate::source::Span;
use crate::syntax::{Arguments, Keyword};
use crate::transforms::checks::Checks;
use crate::transforms::shipped::Shipped;
use crate::transforms::writing::{INDENT, continued, insert_above, insert_below};

/// The number of a user that we create: free in every image that is known, and above the range of system users.
const OWN_ID: u32 = 10_001;

/// The name of a user that we create.
const OWN_NAME: &str = "app";

/// What the program demands of its user.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Demands {
    /// The program that needs a home folder, if one does.
    pub(super) home: Option<String>,
    /// Folders that the user must own with all that is in them, absolute.
    pub(super) whole: Vec<String>,
    /// Folders in which the user must be able to make new entries, absolute.
    pub(super) themselves: Vec<String>,
    /// Files that the user must own in folders of the system, absolute.
    pub(super) files: Vec<String>,
}

/// The user that the container is to have.
pub(super) struct Chosen {
    id: u32,
    group: u32,
    /// How to make it, if the image does not have it.
    creation: Option<Vec<String>>,
    /// What says so.
    from: &'static str,
    demands: Demands,
}

/// Chooses a user; `None` where none can be written down.
pub(super) fn choose(
    shipped: &Shipped<'_>,
    facts: &Facts,
    demands: Demands,
    checks: &mut Checks,
) -> Option<Chosen> {
    let options = &shipped.input.options.user;
    let made = makers::find(shipped);
    let (id, group, creation, from, has_home) = if let Some(id) = options.id {
        checks.holds("NR12", format!("`{id}` is set in dockfix.toml"));
        (id, options.group.unwrap_or(id), None, "as dockfix.toml says", false)
    } else if let Made::Known { name, id, group, home } = &made {
        checks.holds("NR12", format!("the file makes the user `{name}` ({id}:{group})"));
        (*id, *group, None, "the user that the file makes", *home)
    } else if let Made::Unclear { line } = made {
        let text =
            format!("line {line} makes a user that the file never becomes, and its number is not plain");
        checks.misses("NR12", text, "set `[user] id` in dockfix.toml to that user's number");
        return None;
    } else if let Some(ready) = facts.ready_user().filter(|_| wants_ready(options.style)) {
        let text = format!("`{}` has the user `{}` ({}:{})", facts.family, ready.name, ready.uid, ready.gid);
        checks.holds("NR12", text);
        (ready.uid, ready.gid, None, "the image's own user", has_home(ready))
    } else {
        own(shipped, facts, demands.home.is_some(), checks)?
    };
    home(&demands, has_home, checks);
    let group = options.group.unwrap_or(group);
    let mut demands = demands;
    demands.whole.retain(|folder| !owned::has(shipped, facts, folder, id));
    Some(Chosen { id, group, creation, from, demands })
}

fn wants_ready(style: Option<UserStyle>) -> bool {
    matches!(style, None | Some(UserStyle::Existing))
}

fn has_home(user: &User) -> bool {
    user.home.as_deref().is_some_and(|home| home.starts_with("/home/"))
}

type Own = (u32, u32, Option<Vec<String>>, &'static str, bool);

/// A user that is made for it, where the image has the tools; else a bare number.
fn own(shipped: &Shipped<'_>, facts: &Facts, with_home: bool, checks: &mut Checks) -> Option<Own> {
    // The kernel asks for a number alone; what looks for an entry in /etc/passwd is a program with a home (NR11).
    let number = || {
        let text = format!("`{}` needs no entry for a user: a bare number does", facts.family);
        (text, (OWN_ID, OWN_ID, None, "a bare number", false))
    };
    let is_free = facts.uid_is_taken(OWN_ID) == Some(false) && facts.user_named(OWN_NAME).is_none();
    let (text, user) = match facts.user_tools {
        _ if shipped.input.options.user.style == Some(UserStyle::Number) => number(),
        Some(UserTools::NetUser) => return None,
        None | Some(UserTools::None) => number(),
        Some(_) if !is_free => number(),
        Some(UserTools::Shadow) => {
            let home = if with_home { "--create-home" } else { "--no-create-home" };
            let group = format!("RUN groupadd --gid {OWN_ID} {OWN_NAME}");
            let user = format!(
                "&& useradd --uid {OWN_ID} --gid {OWN_NAME} {home} --no-log-init --shell /usr/sbin/nologin {OWN_NAME}"
            );
            made(shipped, facts, &[&group, &user], with_home)
        }
        Some(UserTools::Busybox) => {
            let home = if with_home { "" } else { "-H " };
            let group = format!("RUN addgroup -g {OWN_ID} -S {OWN_NAME}");
            let user = format!("&& adduser -S -D {home}-u {OWN_ID} -G {OWN_NAME} {OWN_NAME}");
            made(shipped, facts, &[&group, &user], with_home)
        }
    };
    checks.holds("NR12", text);
    Some(user)
}

fn made(shipped: &Shipped<'_>, facts: &Facts, parts: &[&str], with_home: bool) -> (String, Own) {
    let lines = continued(shipped.input.document, parts);
    let text = format!("`{}` has the tools to make a user, and {OWN_ID} is free", facts.family);
    (text, (OWN_ID, OWN_ID, Some(lines), "a user made for it", with_home))
}

/// NR11: programs that keep files in the home folder need one that is theirs.
fn home(demands: &Demands, has_home: bool, checks: &mut Checks) {
    match &demands.home {
        None => checks.holds("NR11", "the program keeps nothing in a home folder"),
        Some(name) if has_home => checks.holds("NR11", format!("`{name}` has the home folder of its user")),
        Some(name) => {
            let remedy =
                "say what it runs in the end as `[user] start` in dockfix.toml, or let CMD run that itself";
            checks.misses("NR11", format!("`{name}` needs a home folder that it can write to"), remedy);
        }
    }
}

impl Chosen {
    pub(super) fn title(&self) -> String {
        format!("run as {}:{}, {}", self.id, self.group, self.from)
    }

    pub(super) fn edits(&self, shipped: &Shipped<'_>) -> Vec<Edit> {
        let input = shipped.input;
        let mut edits = Vec::new();
        if let Some(creation) = &self.creation {
            edits.push(insert_below(input, input.model.stages[shipped.stage].from(), creation));
        }
        let mut lines = Vec::new();
        let parts = self.ownership();
        if !parts.is_empty() {
            match (volume(shipped), build(shipped)) {
                // NR4: some builders drop what is done to a folder after its VOLUME.
                (Some(index), _) => add(&mut edits, insert_above(input, index, &run(shipped, &parts))),
                (None, Some(index)) => edits.push(append(shipped, index, &parts)),
                (None, None) => lines = run(shipped, &parts),
            }
        }
        lines.push(format!("USER {}:{}", self.id, self.group));
        let user = match position::of(shipped) {
            Position::Above(index) => insert_above(input, index, &lines),
            Position::Below(index) => insert_below(input, index, &lines),
        };
        add(&mut edits, user);
        edits
    }

    /// The commands that make the folders that are written and give them to the user.
    fn ownership(&self) -> Vec<String> {
        let owner = format!("{}:{}", self.id, self.group);
        let mut parts = Vec::new();
        if !self.demands.themselves.is_empty() {
            parts.push(format!("chown {owner} {}", self.demands.themselves.join(" ")));
        }
        if !self.demands.whole.is_empty() {
            let folders = self.demands.whole.join(" ");
            parts.push(format!("mkdir -p {folders}"));
            parts.push(format!("chown -R {owner} {folders}"));
        }
        if !self.demands.files.is_empty() {
            let files = self.demands.files.join(" ");
            parts.push(format!("touch {files}"));
            parts.push(format!("chown {owner} {files}"));
        }
        // OpenShift runs it as any user of group 0, which then has to have the rights of the owner (NR13).
        if self.group == 0 {
            let kept = &self.demands;
            let single: Vec<&str> = kept.themselves.iter().chain(&kept.files).map(String::as_str).collect();
            if !single.is_empty() {
                parts.push(format!("chmod g=u {}", single.join(" ")));
            }
            if !kept.whole.is_empty() {
                parts.push(format!("chmod -R g=u {}", kept.whole.join(" ")));
            }
        }
        parts
    }
}

/// The commands as one RUN.
fn run(shipped: &Shipped<'_>, parts: &[String]) -> Vec<String> {
    let first = parts.iter().take(1).map(|part| format!("RUN {part}"));
    let parts: Vec<String> = first.chain(parts.iter().skip(1).map(|part| format!("&& {part}"))).collect();
    let length: usize = parts.iter().map(|part| part.len() + 1).sum();
    if length + INDENT.len() < 100 {
        return vec![parts.join(" ")];
    }
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    continued(shipped.input.document, &parts)
}

/// The commands at the end of a RUN.
fn append(shipped: &Shipped<'_>, index: usize, parts: &[String]) -> Edit {
    let (document, newline) = (shipped.input.document, shipped.input.source.newline().as_str());
    let lines = parts.iter().map(|part| format!(" {}{newline}{INDENT}&& {part}", document.escape));
    let span = shipped.instruction(index).span;
    let text = span.of(shipped.input.source.text());
    // An edit of the instruction, not one behind it.
    let last = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    let last = Span::new(span.start() + last, span.end());
    let kept = last.of(shipped.input.source.text()).trim_end();
    Edit::replace(last, lines.fold(kept.to_owned(), |text, line| text + &line))
}

/// The RUN that builds last, if it is one plain command and nothing follows that fills folders: what it writes would
/// lie in the image twice if another RUN gave it to the user.
fn build(shipped: &Shipped<'_>) -> Option<usize> {
    let own = shipped.input.model.stages[shipped.stage].instructions.clone();
    let fills = |keyword: Keyword| matches!(keyword, Keyword::Copy | Keyword::Add | Keyword::Run);
    let index = own.rev().find(|index| fills(shipped.instruction(*index).keyword))?;
    let instruction = shipped.instruction(index);
    let Arguments::Shell(text) = &instruction.arguments else { return None };
    if instruction.keyword != Keyword::Run
        || !instruction.heredocs.is_empty()
        || shipped.last(Keyword::Shell).is_some()
    {
        return None;
    }
    let parsed = shipped.input.shell.parse(instruction.text(*text));
    let script = parsed.as_ref().as_ref().ok()?;
    let command = script.only_command().filter(|_| script.comments().is_empty())?;
    command.argv().contains(&Some("build")).then_some(index)
}

/// The first VOLUME of the stage, where nothing that fills folders stands below it.
fn volume(shipped: &Shipped<'_>) -> Option<usize> {
    let stage = shipped.input.model.stages[shipped.stage].instructions.clone();
    let keyword = |index: usize| shipped.instruction(index).keyword;
    let first = stage.clone().find(|index| keyword(*index) == Keyword::Volume)?;
    let fills = |index: usize| {
        matches!(keyword(index), Keyword::Copy | Keyword::Add | Keyword::Run | Keyword::Workdir)
    };
    (!(first..stage.end).any(fills)).then_some(first)
}

/// Adds an insertion; two at one place are one insertion.
fn add(edits: &mut Vec<Edit>, edit: Edit) {
    match edits.iter_mut().find(|other| other.span == edit.span) {
        Some(other) => other.text.push_str(&edit.text),
        None => edits.push(edit),
    }
}
