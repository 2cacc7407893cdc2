//! The artifacts of `skaffold.yaml`.

use serde_json::Value;

use super::{Build, Run, below};

/// Ways to build that need no Dockerfile.
const OTHER_BUILDERS: &[&str] = &["buildpacks", "jib", "bazel", "ko", "custom"];

/// The artifacts that are built from a Dockerfile.
pub(super) fn read(text: &str, file: &str) -> Vec<Build> {
    let Ok(documents) = serde_saphyr::from_multiple::<Value>(text) else { return Vec::new() };
    let artifacts = documents.iter().filter_map(|document| document.pointer("/build/artifacts")?.as_array());
    artifacts.flatten().filter_map(|artifact| build(artifact, file)).collect()
}

fn build(artifact: &Value, file: &str) -> Option<Build> {
    if OTHER_BUILDERS.iter().any(|builder| artifact.get(builder).is_some()) {
        return None;
    }
    let builder = ["docker", "kaniko"].iter().find_map(|name| artifact.get(name));
    let text = |value: Option<&Value>, name: &str| {
        value?.get(name)?.as_str().filter(|text| !text.contains("{{")).map(str::to_owned)
    };
    let context = below("", &text(Some(artifact), "context").unwrap_or_default())?;
    let dockerfile = text(builder, "dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let arguments = builder.and_then(|builder| builder.get("buildArgs")?.as_object()).into_iter().flatten();
    let argument = |(name, value): (&String, &Value)| {
        (name.clone(), value.as_str().filter(|text| !text.contains("{{")).map(str::to_owned))
    };
    Some(Build {
        what: format!("artifact `{}`", text(Some(artifact), "image").unwrap_or_default()),
        file: file.to_owned(),
        dockerfile: below(&context, &dockerfile)?,
        context,
        target: text(builder, "target"),
        arguments: arguments.map(argument).collect(),
        contexts: Vec::new(),
        run: Run::default(),
        command: None,
    })
}
