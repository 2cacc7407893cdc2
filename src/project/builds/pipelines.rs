//! Builds of continuous integration: GitHub workflows and `.gitlab-ci.yml`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::lines::{in_script, replaced};
use super::{Build, Run, below};

/// The steps of a workflow. They run at the root of the repository.
pub(super) fn workflow(text: &str, file: &str) -> Vec<Build> {
    let Ok(workflow) = serde_saphyr::from_str::<Value>(text) else { return Vec::new() };
    let jobs = workflow.get("jobs").and_then(Value::as_object).into_iter().flatten();
    let mut builds = Vec::new();
    for (job, content) in jobs {
        let steps = content.get("steps").and_then(Value::as_array).into_iter().flatten();
        let folder =
            [content, &workflow].into_iter().find_map(|at| text_at(at, "/defaults/run/working-directory"));
        for (at, step) in steps.enumerate() {
            let what = format!("step {} of job `{job}`", at + 1);
            if text_at(step, "/uses").is_some_and(|uses| uses.starts_with("docker/build-push-action@")) {
                builds.extend(action(step.get("with").and_then(Value::as_object), &what, file));
            }
            if let Some(run) = text_at(step, "/run") {
                let folder = text_at(step, "/working-directory").or(folder.clone()).unwrap_or_default();
                let folder = below("", &without_expressions(&folder));
                builds.extend(in_script(&without_expressions(&run), folder.as_deref(), &what, file));
            }
        }
    }
    builds
}

/// `docker/build-push-action`: without a context it builds what git holds at the root.
fn action(with: Option<&Map<String, Value>>, what: &str, file: &str) -> Option<Build> {
    let given = |name: &str| {
        let text = with?.get(name)?;
        Some(without_expressions(text.as_str()?)).filter(|text| !text.is_empty())
    };
    let (context, is_git) = match given("context") {
        None => (String::new(), true),
        Some(context) => match context.strip_prefix("{{defaultContext}}") {
            Some(below) => (below.trim_start_matches(':').to_owned(), true),
            None => (context, false),
        },
    };
    let context = below("", &context)?;
    // A path counts from where the step runs; that of a git context from the folder in it.
    let dockerfile = match given("file") {
        Some(path) if is_git => below(&context, &path)?,
        Some(path) => below("", &path)?,
        None => below(&context, "Dockerfile")?,
    };
    let pairs = |name: &str| -> BTreeMap<String, Option<String>> {
        let text = given(name).unwrap_or_default();
        let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
        pairs
            .map(|(key, value)| (key.to_owned(), Some(value.to_owned()).filter(|value| !value.contains('$'))))
            .collect()
    };
    Some(Build {
        what: what.to_owned(),
        file: file.to_owned(),
        context,
        dockerfile,
        target: given("target").filter(|target| !target.contains('$')),
        arguments: pairs("build-args"),
        contexts: pairs("build-contexts").into_keys().collect(),
        run: Run::default(),
        command: None,
    })
}

/// A value as text.
fn text_at(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}

/// The workspace is where the steps run; what any other expression gives is not known.
fn without_expressions(text: &str) -> String {
    let text = replaced(text, "${{", "}}", |inside| match inside {
        "github.workspace" => ".".to_owned(),
        _ => "$EXPRESSION".to_owned(),
    });
    text.replace("${GITHUB_WORKSPACE}", ".").replace("$GITHUB_WORKSPACE", ".")
}

/// The jobs of `.gitlab-ci.yml`. They run at the root of the repository.
pub(super) fn gitlab(text: &str) -> Vec<Build> {
    const FILE: &str = ".gitlab-ci.yml";
    let Ok(pipeline) = serde_saphyr::from_str::<Value>(text) else { return Vec::new() };
    let mut builds = Vec::new();
    for (job, content) in pipeline.as_object().into_iter().flatten() {
        let mut script = String::new();
        for key in ["before_script", "script"] {
            content.get(key).into_iter().for_each(|lines| collect(lines, &mut script));
        }
        let script = script.replace("${CI_PROJECT_DIR}", ".").replace("$CI_PROJECT_DIR", ".");
        builds.extend(in_script(&script, Some(""), &format!("job `{job}`"), FILE));
    }
    builds
}

/// The lines of a script, which may be lists of lists.
fn collect(lines: &Value, script: &mut String) {
    match lines {
        Value::String(line) => {
            script.push_str(line);
            script.push('\n');
        }
        Value::Array(lines) => lines.iter().for_each(|line| collect(line, script)),
        _ => {}
    }
}
