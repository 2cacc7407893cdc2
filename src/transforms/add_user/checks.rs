//! The preconditions NR1 to NR15, one function each.

use serde::Deserialize;

use super::chosen::Demands;
use super::writes::SAY_WRITABLE;
use super::{kept, mounts, ports, program, runs};
use crate::images::{Facts, Shell};
use crate::model::Base;
use crate::syntax::Keyword;
use crate::transforms::checks::Checks;
use crate::transforms::shipped::{Shipped, join};

/// Checks everything that does not depend on which user it will be, and tells what that user needs.
pub(super) fn all(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) -> Demands {
    stages_above(shipped, checks);
    explicit_root(shipped, checks);
    base_triggers(shipped, checks);
    platform(shipped, checks);
    volumes(shipped, facts, checks);
    root_home(shipped, checks);
    kept::check(shipped, checks);
    privileges(shipped, checks);
    ports::of_file(shipped, facts, checks);
    let mut demands = program::check(shipped, facts, checks);
    // What the user states, they have seen the mounts for.
    if shipped.input.options.user.writable.is_none() {
        if let Some((line, folder)) = runs::temporary(shipped) {
            let text = format!("line {line} makes `{folder}` as root, and the program may write there");
            checks.misses("NR3", text, SAY_WRITABLE);
        }
        mounts::check(shipped, &demands, checks);
    }
    granted(shipped, facts, &mut demands, checks);
    demands
}

/// NR3: the folders that the user granted, as absolute paths, and those that the program is proven to write.
fn granted(shipped: &Shipped<'_>, facts: &Facts, demands: &mut Demands, checks: &mut Checks) {
    let granted = shipped.input.options.user.writable.as_deref().unwrap_or_default();
    if !granted.is_empty() {
        let Some(base) = shipped.workdir(facts.workdir) else {
            let remedy = "write the folders of `[user] writable` from the root";
            return checks.misses("NR3", "the working folder is not known", remedy);
        };
        demands.whole = granted.iter().map(|folder| join(&base, folder)).collect();
    }
    let asks = [&demands.whole, &demands.themselves, &demands.files].iter().any(|list| !list.is_empty());
    if asks && !has_shell(shipped, facts) {
        let text = format!("nothing in `{}` can give a folder to the user", facts.family);
        checks.breaks(
            "NR3",
            text,
            "copy the folder there with `COPY --chown`, and say `[user] writable = []` in dockfix.toml",
        );
    }
}

/// Whether a RUN can be added: the image is known to have a shell, or the file shows that it has.
fn has_shell(shipped: &Shipped<'_>, facts: &Facts) -> bool {
    let runs = |index: usize| {
        let instruction = shipped.instruction(index);
        instruction.keyword == Keyword::Run && instruction.shell_form().is_some()
    };
    match facts.shell {
        Some(shell) => shell != Shell::None,
        None => shipped.instructions().any(runs),
    }
}

/// NR1: a stage that goes on from this one would go on as its user.
fn stages_above(shipped: &Shipped<'_>, checks: &mut Checks) {
    let stages = &shipped.input.model.stages;
    match stages.iter().find(|stage| stage.base == Base::Stage(shipped.stage)) {
        None => checks.holds("NR1", "USER stands below every RUN"),
        Some(above) => {
            let line = shipped.instruction(above.from()).lines.0;
            let text = format!("the stage of line {line} goes on from this one, and may need root");
            checks.misses("NR1", text, "put what both need into a stage below them");
        }
    }
}

/// NR10: an explicit root is the author's word until they take it back.
fn explicit_root(shipped: &Shipped<'_>, checks: &mut Checks) {
    match shipped.last(Keyword::User) {
        _ if shipped.input.options.user.id.is_some() => {
            checks.holds("NR10", "dockfix.toml says who it runs as");
        }
        None => checks.holds("NR10", "neither the file nor its base image chooses a user"),
        Some(at) => {
            let line = shipped.instruction(at).lines.0;
            let remedy = "remove that line, or set `[user] id` in dockfix.toml to the number to run as";
            checks.misses("NR10", format!("line {line} asks for root by name"), remedy);
        }
    }
}

/// NR9: rights that a service adds are those of root: another user has none of them.
fn privileges(shipped: &Shipped<'_>, checks: &mut Checks) {
    let found = shipped.builds().find_map(|build| {
        let given = build.run.privilege.as_ref().filter(|_| !build.run.own_user)?;
        Some(format!("{} gives it {given}, which only root can use", build.at()))
    });
    if let Some(text) = found {
        let remedy = "give the reason for root as `[user] run-as-root` in dockfix.toml, or set `user:` there";
        checks.misses("NR9", text, remedy);
    }
}

/// NR10: triggers of a stage below run unseen in this one.
fn base_triggers(shipped: &Shipped<'_>, checks: &mut Checks) {
    if shipped.has_triggers() {
        checks.misses(
            "NR10",
            "a stage below has ONBUILD triggers",
            "write their instructions into this stage",
        );
    }
}

/// NR15: platforms that choose the user themselves, and need root for what they mount.
fn platform(shipped: &Shipped<'_>, checks: &mut Checks) {
    let project = shipped.input.project;
    let remedy = "keep root: give the reason as `[user] run-as-root` in dockfix.toml";
    let action = ["action.yml", "action.yaml"]
        .into_iter()
        .find(|file| project.tree().read(file).is_some_and(|text| is_container_action(&text)));
    let path = shipped.input.path.unwrap_or_default();
    let develops = path.split('/').any(|part| part == ".devcontainer");
    let lambda = shipped.image().is_some_and(|image| {
        let name = image.name();
        name.contains("/lambda/") || name.starts_with("amazon/aws-lambda-") || name.starts_with("heroku/")
    });
    if let Some(file) = action {
        checks.breaks(
            "NR15",
            format!("`{file}` runs it as an action, which writes to a folder of root"),
            remedy,
        );
    } else if develops {
        checks.breaks("NR15", "it is an image to develop in", remedy);
    } else if lambda {
        checks.breaks("NR15", "the platform that runs it chooses the user", remedy);
    } else {
        checks.holds("NR15", "no platform that chooses the user is in sight");
    }
}

/// Whether an action of GitHub is a container: `runs.using: docker`.
fn is_container_action(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Action {
        runs: Runs,
    }
    #[derive(Deserialize)]
    struct Runs {
        using: String,
    }
    serde_saphyr::from_str::<Action>(text).is_ok_and(|action| action.runs.using == "docker")
}

/// NR4: a volume keeps the owner that its folder had when it was declared.
fn volumes(shipped: &Shipped<'_>, facts: &Facts, checks: &mut Checks) {
    if shipped.input.options.user.writable.is_some() {
        checks.holds("NR4", "dockfix.toml says which folders the user must own");
        return;
    }
    let volumes =
        shipped.instructions().filter(|index| shipped.instruction(*index).keyword == Keyword::Volume);
    let of_root = |index: &usize| {
        let values = shipped.instruction(*index).values();
        values.is_empty() || !values.iter().all(|folder| is_open_to_all(folder))
    };
    let mut volumes = volumes.peekable();
    let declared = volumes.peek().is_some();
    if let Some(at) = volumes.find(of_root) {
        let line = shipped.instruction(at).lines.0;
        checks.misses("NR4", format!("the VOLUME in line {line} belongs to root"), SAY_WRITABLE);
        return;
    }
    match facts.volumes {
        Some(folders) if folders.iter().all(|folder| is_open_to_all(folder)) => {
            let text = if declared { "everybody may write to the VOLUME" } else { "there is no VOLUME" };
            checks.holds("NR4", text);
        }
        Some(_) => {
            checks.misses("NR4", "the base image declares a VOLUME that belongs to root", SAY_WRITABLE)
        }
        None => {
            checks.misses("NR4", "it is not known whether the base image declares a VOLUME", SAY_WRITABLE)
        }
    }
}

/// Folders that every system leaves open to everybody; a volume keeps their rights.
fn is_open_to_all(folder: &str) -> bool {
    matches!(folder.trim_end_matches('/'), "/tmp" | "/var/tmp")
}

/// NR7: what is kept under /root is out of reach for everybody else.
fn root_home(shipped: &Shipped<'_>, checks: &mut Checks) {
    for index in shipped.instructions() {
        let instruction = shipped.instruction(index);
        let text = shipped.whole_text(index);
        let speaks = match instruction.keyword {
            Keyword::Run => {
                words_of(&text)
                    .any(|word| word == "--user" || word.starts_with("~/") || word.starts_with("$HOME"))
                    || text.contains("/root/")
            }
            Keyword::Env
            | Keyword::Workdir
            | Keyword::Copy
            | Keyword::Add
            | Keyword::Cmd
            | Keyword::Entrypoint => text.contains("/root"),
            _ => false,
        };
        // What a cache mount keeps under /root is for the build alone.
        let cached =
            instruction.flags.iter().any(|flag| flag.name() == "mount" && flag.text.contains("/root"));
        if speaks && !(cached && instruction.keyword == Keyword::Run) {
            let line = instruction.lines.0;
            let text = format!("line {line} keeps something in the home folder of root");
            let remedy = "keep it in a folder that everybody can read, such as /opt; or give the reason for root as \
                          `[user] run-as-root` in dockfix.toml";
            checks.breaks("NR7", text, remedy);
            return;
        }
    }
    if let Some(line) = by_corepack(shipped) {
        let text = format!("line {line} lets corepack keep the package manager in the home folder of root");
        let remedy =
            "let CMD run the program itself, or set `ENV COREPACK_HOME` to a folder that everybody can read";
        return checks.misses("NR7", text, remedy);
    }
    if by_pnpm(shipped) {
        let text = "pnpm may keep the version that package.json names in the home folder of root";
        let remedy =
            "let CMD run the program itself, or set `ENV PNPM_HOME` to a folder that everybody can read";
        return checks.misses("NR7", text, remedy);
    }
    checks.holds("NR7", "nothing is kept in the home folder of root");
}

/// The RUN that hands the package manager of the start command to corepack: it downloads that into the home folder of
/// whoever runs it, `COREPACK_HOME` aside. Source: github.com/nodejs/corepack, "Environment Variables".
fn by_corepack(shipped: &Shipped<'_>) -> Option<usize> {
    let is_started = |index: usize| {
        let instruction = shipped.instruction(index);
        let starts = matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let text = instruction.joined.text();
        starts
            && text
                .split(|letter: char| !letter.is_alphanumeric())
                .any(|word| matches!(word, "pnpm" | "yarn" | "yarnpkg"))
    };
    let run = shipped.instructions().find(|index| {
        let instruction = shipped.instruction(*index);
        instruction.keyword == Keyword::Run && instruction.joined.text().contains("corepack")
    })?;
    let composed = shipped.builds().any(|build| build.run.starts_otherwise);
    let started = composed || shipped.instructions().any(is_started);
    (started && !shipped.sets_variable("COREPACK_HOME")).then(|| shipped.instruction(run).lines.0)
}

/// Whether pnpm is started where the project names a version of it: from version 10 on it downloads that into the home
/// folder of whoever runs it. Source: pnpm.io/settings, "managePackageManagerVersions".
fn by_pnpm(shipped: &Shipped<'_>) -> bool {
    let project = shipped.input.project;
    let mut manifests = project.files().filter(|entry| entry.path.rsplit('/').next() == Some("package.json"));
    let starts = |index: usize| {
        let instruction = shipped.instruction(index);
        matches!(instruction.keyword, Keyword::Cmd | Keyword::Entrypoint)
            && words_of(instruction.joined.text()).any(|word| word.trim_matches(['[', ']', ',']) == "pnpm")
    };
    shipped.instructions().any(starts)
        && !shipped.sets_variable("PNPM_HOME")
        && manifests
            .any(|entry| project.read(&entry.path).is_some_and(|text| text.contains("\"packageManager\"")))
}

/// Words of a shell text, roughly: enough to see that a name does not occur.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| {
        letter.is_whitespace() || matches!(letter, ';' | '&' | '|' | '(' | ')' | '"' | '\'')
    })
    .filter(|word| !word.is_empty())
}
