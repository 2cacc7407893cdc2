//! The targets of `docker-bake.hcl` and `docker-bake.json`, with what their override files say on top.

use std::collections::{BTreeMap, BTreeSet};

use hcl::eval::{Context, Evaluate};
use serde_json::{Map, Value};

use super::{Build, Read, Run, below};

/// In the order in which bake looks for them; each with its override.
const FILES: &[(&str, &str)] =
    &[("docker-bake.json", "docker-bake.override.json"), ("docker-bake.hcl", "docker-bake.override.hcl")];

/// A target: its attributes, `None` for those that hold what is not known here.
type Target = BTreeMap<String, Option<Value>>;

/// The first file that is there, and its targets.
pub(super) fn read(read: &Read<'_>) -> Option<(String, Result<Vec<Build>, String>)> {
    let (file, text) = FILES.iter().flat_map(|(file, _)| Some((*file, read(file)?))).next()?;
    let mut targets = match parse(file, &text) {
        Ok(targets) => targets,
        Err(error) => return Some((file.to_owned(), Err(error))),
    };
    for (_, file) in FILES {
        let Some(text) = read(file) else { continue };
        match parse(file, &text) {
            Ok(more) => more.into_iter().for_each(|(name, target)| {
                let whole = targets.remove(&name).unwrap_or_default();
                targets.insert(name, over(target, whole));
            }),
            Err(error) => return Some(((*file).to_owned(), Err(error))),
        }
    }
    Some((file.to_owned(), Ok(builds(&targets, file))))
}

fn parse(file: &str, text: &str) -> Result<BTreeMap<String, Target>, String> {
    match file.ends_with(".json") {
        true => parse_json(text),
        false => parse_hcl(text),
    }
}

fn parse_json(text: &str) -> Result<BTreeMap<String, Target>, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let targets = file.get("target").and_then(Value::as_object).cloned().unwrap_or_default();
    let attributes = |target: Value| match target {
        Value::Object(attributes) => {
            attributes.into_iter().map(|(name, value)| (name, known(value))).collect()
        }
        _ => Target::new(),
    };
    Ok(targets.into_iter().map(|(name, target)| (name, attributes(target))).collect())
}

/// JSON holds templates as text, and those are not evaluated here.
fn known(value: Value) -> Option<Value> {
    match value {
        Value::String(text) if text.contains("${") => None,
        Value::Object(pairs) => {
            let known = |(name, value): (String, Value)| (name, known(value).unwrap_or(Value::Null));
            Some(Value::Object(pairs.into_iter().map(known).collect()))
        }
        other => Some(other),
    }
}

fn parse_hcl(text: &str) -> Result<BTreeMap<String, Target>, String> {
    let body: hcl::Body = hcl::parse(text).map_err(|error| one_line(&error.to_string()))?;
    let variables = variables(&body);
    let targets = body.blocks().filter(|block| block.identifier() == "target");
    let named = targets.filter_map(|block| {
        let name = block.labels().first()?.as_str().to_owned();
        let attributes = block.body().attributes();
        let value =
            |attribute: &hcl::Attribute| (attribute.key().to_owned(), evaluate(attribute.expr(), &variables));
        Some((name, attributes.map(value).collect()))
    });
    Ok(named.collect())
}

/// The defaults of the variables; those that the environment has to give are missing.
fn variables(body: &hcl::Body) -> Context<'static> {
    let mut context = Context::new();
    // A top-level attribute is a variable too. A default may name a variable that stands below it.
    for _ in 0..2 {
        for attribute in body.attributes() {
            if let Ok(value) = attribute.expr().evaluate(&context) {
                context.declare_var(attribute.key().to_owned(), value);
            }
        }
        for block in body.blocks().filter(|block| block.identifier() == "variable") {
            let Some(name) = block.labels().first() else { continue };
            let default = block.body().attributes().find(|attribute| attribute.key() == "default");
            if let Some(Ok(value)) = default.map(|attribute| attribute.expr().evaluate(&context)) {
                context.declare_var(name.as_str().to_owned(), value);
            }
        }
    }
    context
}

/// The value of an expression; the entries of a map one by one, since one that is not known leaves the others.
fn evaluate(expression: &hcl::Expression, variables: &Context<'_>) -> Option<Value> {
    if let hcl::Expression::Object(object) = expression {
        let entry = |(key, value): (&hcl::ObjectKey, &hcl::Expression)| {
            let name = match key {
                hcl::ObjectKey::Identifier(name) => name.as_str().to_owned(),
                hcl::ObjectKey::Expression(key) => text(&evaluate(key, variables)?)?,
                _ => return None,
            };
            Some((name, evaluate(value, variables).unwrap_or(Value::Null)))
        };
        return Some(Value::Object(object.iter().filter_map(entry).collect::<Map<_, _>>()));
    }
    let value = expression.evaluate(variables).ok()?;
    serde_json::to_value(value).ok().filter(|value| !value.is_null())
}

/// The package draws the place over several lines: the first says where, the last says what.
fn one_line(text: &str) -> String {
    let mut lines = text.lines().map(|line| line.trim_matches([' ', '-', '>', '=', '|']));
    let place = lines.next().unwrap_or_default().to_owned();
    lines.rfind(|line| !line.is_empty()).map_or(place.clone(), |what| format!("{place}: {what}"))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// One target laid over another: maps key by key, the rest as a whole.
fn over(upper: Target, mut below: Target) -> Target {
    for (name, value) in upper {
        let merged = match (below.remove(&name), value) {
            (Some(Some(Value::Object(mut pairs))), Some(Value::Object(upper))) => {
                pairs.extend(upper);
                Some(Value::Object(pairs))
            }
            (_, value) => value,
        };
        below.insert(name, merged);
    }
    below
}

/// How deep targets may inherit: a circle is an error of bake's.
const DEEPEST: usize = 16;

fn whole(name: &str, targets: &BTreeMap<String, Target>, depth: usize) -> Target {
    let Some(own) = targets.get(name).filter(|_| depth < DEEPEST) else { return Target::new() };
    let mut result = Target::new();
    for parent in parents(own) {
        let mut parent = whole(&parent, targets, depth + 1);
        parent.remove("inherits");
        result = over(parent, result);
    }
    over(own.clone(), result)
}

fn parents(target: &Target) -> Vec<String> {
    let list = target.get("inherits").and_then(|value| value.as_ref()?.as_array());
    list.into_iter().flatten().filter_map(text).collect()
}

fn builds(targets: &BTreeMap<String, Target>, file: &str) -> Vec<Build> {
    let inherited: BTreeSet<String> = targets.values().flat_map(parents).collect();
    // What only serves others as a base is not built.
    let is_built = |(name, target): &(&String, &Target)| {
        !inherited.contains(*name)
            || ["context", "dockerfile", "target"].iter().any(|attribute| target.contains_key(*attribute))
    };
    let named = targets.iter().filter(is_built);
    named.filter_map(|(name, _)| build(name, &whole(name, targets, 0), file)).collect()
}

fn build(name: &str, target: &Target, file: &str) -> Option<Build> {
    if target.contains_key("dockerfile-inline") {
        return None;
    }
    // The outer `None` of each says that it is not known.
    let given = |name: &str| match target.get(name) {
        None => Some(None),
        Some(value) => text(value.as_ref()?).map(Some),
    };
    let context = below("", &given("context")?.unwrap_or_default())?;
    let dockerfile = given("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
    let pairs =
        |name: &str| target.get(name).and_then(|value| value.as_ref()?.as_object()).into_iter().flatten();
    Some(Build {
        what: format!("target `{name}`"),
        file: file.to_owned(),
        dockerfile: below(&context, &dockerfile)?,
        context,
        target: given("target").flatten(),
        arguments: pairs("args").map(|(name, value)| (name.clone(), text(value))).collect(),
        contexts: pairs("contexts").map(|(name, _)| name.clone()).collect(),
        run: Run::default(),
        command: None,
    })
}
