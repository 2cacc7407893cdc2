//! Commands that build an image: recipes of makefiles, scripts of package.json, steps of pipelines.

use serde_json::Value;

use super::{Build, Run, below};
use crate::shell::{Given, Placed, Script};

/// The builds that a shell script starts. `folder` is where it runs; `None` where that is not known.
pub(super) fn in_script(text: &str, folder: Option<&str>, what: &str, file: &str) -> Vec<Build> {
    let Ok(script) = Script::parse(text) else { return Vec::new() };
    let mut folder = folder.map(str::to_owned);
    let mut builds = Vec::new();
    for placed in script.simple_commands() {
        match placed.command.name() {
            Some("cd") => folder = folder.and_then(|folder| changed(&placed, &folder)),
            Some("pushd" | "popd") => folder = None,
            _ => builds.extend(folder.as_deref().and_then(|folder| build(&placed, folder, what, file))),
        }
    }
    builds
}

/// The folder after a `cd`, where that holds for all that follows.
fn changed(placed: &Placed<'_>, folder: &str) -> Option<String> {
    match placed.command.argv().as_slice() {
        [_, Some(path)] if placed.guards.always_runs() && placed.guards.top_level() => below(folder, path),
        _ => None,
    }
}

fn build(placed: &Placed<'_>, folder: &str, what: &str, file: &str) -> Option<Build> {
    let build = placed.command.image_build()?;
    let Given::Known(context) = build.context else { return None };
    // `-` sends no folder, and an archive is none.
    if context == "-" {
        return None;
    }
    let context = below(folder, &context)?;
    let dockerfile = match build.dockerfile {
        Given::Known(path) if path != "-" => below(folder, &path)?,
        Given::No => below(&context, "Dockerfile")?,
        _ => return None,
    };
    let target = match build.target {
        Given::Known(target) => Some(target),
        _ => None,
    };
    Some(Build {
        what: what.to_owned(),
        file: file.to_owned(),
        context,
        dockerfile,
        target,
        arguments: build.arguments,
        contexts: build.contexts,
        run: Run { drops_health: build.is_oci, ..Run::default() },
        command: None,
    })
}

/// The recipes of a makefile or justfile: indented lines, each run by a shell of its own.
pub(super) fn recipes(text: &str, file: &str) -> Vec<Build> {
    let mut builds = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if !line.starts_with(['\t', ' ']) {
            continue;
        }
        let mut recipe = line.trim_start().trim_start_matches(['@', '-', '+']).to_owned();
        while recipe.ends_with('\\') {
            recipe.push('\n');
            let Some((_, next)) = lines.next() else { break };
            recipe.push_str(next);
        }
        // `$$` is make's `$`; `{{…}}` is just's variable.
        let recipe = replaced(&recipe.replace("$$", "$"), "{{", "}}", |_| "$JUST".to_owned());
        builds.extend(in_script(&recipe, Some(""), &format!("line {}", at + 1), file));
    }
    builds
}

/// The scripts of package.json.
pub(super) fn package_scripts(text: &str) -> Vec<Build> {
    let Ok(package) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let scripts = package.get("scripts").and_then(Value::as_object).into_iter().flatten();
    let build = |(name, script): (&String, &Value)| {
        let what = format!("script `{name}`");
        script.as_str().map(|script| in_script(script, Some(""), &what, "package.json")).unwrap_or_default()
    };
    scripts.flat_map(build).collect()
}

/// The text with each part from `open` to `close` replaced.
pub(super) fn replaced(text: &str, open: &str, close: &str, with: impl Fn(&str) -> String) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((inside, after)) = after.split_once(close) else { break };
        result.push_str(before);
        result.push_str(&with(inside.trim()));
        rest = after;
    }
    result.push_str(rest);
    result
}
