//! Mix: `mix.exs`, which is a program in Elixir, and its lock.
//!
//! A line that calls anything but a few functions without effect is reported as not understood.

mod requirement;

use std::collections::BTreeMap;

use self::requirement::satisfies;
use super::{Closure, Obstacle, Unreadable, text};
use crate::project::Project;
use crate::project::paths::{at, join};

/// Modules whose functions read no file and start nothing.
const HARMLESS: &[&str] =
    &["Mix", "Mix.Project", "String", "Enum", "Keyword", "List", "Map", "Version", "Atom", "Integer"];
/// Functions of other modules that do neither.
const FUNCTIONS: &[&str] =
    &["System.get_env", "System.fetch_env", "System.fetch_env!", "System.version", "System.otp_release"];
/// Keys that lead Mix elsewhere, each with the precondition that then fails.
const KEYS: &[(&str, &str)] = &[
    ("path:", "MC3"),
    ("in_umbrella:", "MC3"),
    ("apps_path:", "MC3"),
    ("config_path:", "MC1"),
    ("deps_path:", "MC1"),
    ("build_path:", "MC1"),
    ("lockfile:", "MC1"),
    ("\"deps.get\":", "MC2"),
    ("\"deps.loadpaths\":", "MC2"),
];

/// What `mix deps.get` reads in a folder; `None` where no `mix.exs` is sent.
pub fn mix(project: &Project, folder: &str) -> Option<Result<Closure, Unreadable>> {
    let path = join(folder, "mix.exs").filter(|path| project.sent(path))?;
    Some(read(project, folder, &path))
}

fn read(project: &Project, folder: &str, path: &str) -> Result<Closure, Unreadable> {
    let mut closure = Closure::default();
    closure.need(project, path, "the manifest");
    let lock = join(folder, "mix.lock").unwrap_or_default();
    closure.need_if_sent(project, &lock, "the locked versions");
    let manifest = text(project, path)?;
    for (index, line) in manifest.lines().enumerate() {
        judge(path, index + 1, without_comment(line).trim(), &mut closure);
    }
    if project.sent(&lock) {
        let text = text(project, &lock)?;
        let locked: BTreeMap<&str, Option<&str>> = text.lines().filter_map(locked).collect();
        for (name, wanted) in manifest.lines().map(without_comment).flat_map(dependencies) {
            let found = locked.get(name);
            let fits = match (found, wanted) {
                (Some(Some(version)), Some(wanted)) => satisfies(version, wanted),
                // From a repository: the lock names what was fetched.
                (Some(_), None) => true,
                _ => false,
            };
            if !fits {
                // The install would write it into the lock, and the sources would take that back: then the build stops.
                closure.hold(Obstacle {
                    id: "MC12",
                    text: format!("whether `{lock}` fits what `{path}` asks of `{name}` is not known"),
                    remedy: "bring the lock up to date with `mix deps.get`".to_owned(),
                });
            }
        }
    }
    Ok(closure)
}

fn judge(path: &str, number: usize, line: &str, closure: &mut Closure) {
    let place = at(path, number);
    for (key, id) in KEYS {
        let at = line.find(key);
        // `path:` is also the end of other words.
        let own = at.is_some_and(|at| {
            !line[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
        });
        if own {
            closure.hold(Obstacle {
                id,
                text: format!("`{key}` leads to files of the project ({place})"),
                remedy: "copy what it needs by hand before the install".to_owned(),
            });
        }
    }
    if !is_clear(line) {
        closure.hold(Obstacle {
            id: "MC1",
            text: format!("`{line}` is not understood ({place})"),
            remedy: "write the manifest with literals, or copy what it reads before the install".to_owned(),
        });
    }
}

/// Whether a line calls nothing that is not known.
fn is_clear(line: &str) -> bool {
    let head = line.split_whitespace().next().unwrap_or_default();
    if ["import", "require", "alias"].contains(&head)
        || line.contains("__DIR__")
        || line.contains('&') && line.contains('.')
    {
        return false;
    }
    if head == "use" {
        return line == "use Mix.Project";
    }
    let outside = outside_texts(line);
    let mut rest = outside.as_str();
    while let Some(start) =
        rest.find(|character: char| character.is_ascii_alphanumeric() || ":_".contains(character))
    {
        rest = &rest[start..];
        let end = rest
            .find(|character: char| !(character.is_ascii_alphanumeric() || ":_.!?".contains(character)))
            .unwrap_or(rest.len());
        let (name, after) = rest.split_at(end.max(1));
        rest = after;
        let Some((module, function)) = name.rsplit_once('.') else { continue };
        let calls = function.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
        if calls
            && !HARMLESS.contains(&module)
            && !FUNCTIONS.contains(&name)
            && !module.ends_with(|last: char| last.is_ascii_digit())
        {
            return false;
        }
    }
    true
}

/// The line with the contents of its strings blanked; what a string embeds stays, since it is evaluated.
fn outside_texts(line: &str) -> String {
    let mut found = String::new();
    let mut inside = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => inside = !inside,
            '\\' if inside => {
                characters.next();
            }
            '#' if inside && characters.peek() == Some(&'{') => {
                for embedded in characters.by_ref() {
                    found.push(embedded);
                    if embedded == '}' {
                        break;
                    }
                }
            }
            other if !inside => found.push(other),
            _ => {}
        }
    }
    found
}

fn without_comment(line: &str) -> &str {
    let mut inside = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => inside = !inside,
            '#' if !inside => return &line[..at],
            _ => {}
        }
    }
    line
}

/// `{:name, "requirement"` wherever it stands on a line; without a requirement it comes from a repository.
fn dependencies(line: &str) -> Vec<(&str, Option<&str>)> {
    let parts = line.split("{:").skip(1);
    let dependency = |part| {
        let part: &str = part;
        let end = part.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))?;
        let rest = part[end..].strip_prefix(',')?.trim_start();
        Some((&part[..end], rest.strip_prefix('"').and_then(|rest| rest.split('"').next())))
    };
    parts.filter_map(dependency).collect()
}

/// `"name": {:hex, :name, "1.2.3", …`, one a line.
fn locked(line: &str) -> Option<(&str, Option<&str>)> {
    let mut words = line.trim_start().strip_prefix('"')?.split('"');
    let name = words.next()?;
    let kind = words.next()?;
    let version = words.next().filter(|_| kind.contains("{:hex"));
    Some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "defmodule A.MixProject do\n  use Mix.Project\n\n  def project do\n    [\n      app: :a,\n      version: \"0.1.0\",\n      \
        elixirc_paths: elixirc_paths(Mix.env()),\n      start_permanent: Mix.env() == :prod,\n      deps: deps()\n    ]\n  end\n\n  \
        def application do\n    [mod: {A.Application, []}, extra_applications: [:logger]]\n  end\n\n  defp deps do\n    [\n      \
        {:phoenix, \"~> 1.7.7\"}, # web\n      {:jason, \"~> 1.2\", only: :test}\n    ]\n  end\nend\n";
    const LOCK: &str = "%{\n  \"jason\": {:hex, :jason, \"1.4.1\", \"x\"},\n  \"phoenix\": {:hex, :phoenix, \"1.7.10\", \"y\"},\n}\n";

    fn held(manifest: &str, lock: &str) -> Vec<String> {
        let project = Project::in_memory([("mix.exs", manifest), ("mix.lock", lock)]);
        let closure = mix(&project, "").expect("a project").expect("it can be read");
        assert_eq!(closure.paths(), ["mix.exs", "mix.lock"]);
        closure.obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn what_generators_write_is_understood() {
        assert_eq!(held(MANIFEST, LOCK), Vec::<String>::new());
    }

    #[test]
    fn a_lock_that_does_not_fit_holds_back() {
        assert!(held(MANIFEST, &LOCK.replace("1.4.1", "2.0.0"))[0].starts_with("MC12"));
        assert!(held(MANIFEST, "%{}\n")[0].starts_with("MC12"));
    }

    #[test]
    fn programs_are_not_guessed_at() {
        for line in [
            "version: File.read!(\"VERSION\"),",
            "version: \"#{System.cmd(\"git\", [])}\",",
            "Code.require_file(\"x.exs\")",
            "import Other",
            ":os.cmd('git')",
            "deps: Other.deps()",
        ] {
            let manifest = MANIFEST.replace("app: :a,", line);
            assert!(held(&manifest, LOCK).iter().any(|held| held.starts_with("MC1 ")), "{line}");
        }
        let manifest = MANIFEST.replace("{:jason, \"~> 1.2\", only: :test}", "{:b, path: \"../b\"}");
        assert!(held(&manifest, LOCK)[0].starts_with("MC3"));
        let manifest = MANIFEST.replace("app: :a,", "apps_path: \"apps\",");
        assert!(held(&manifest, LOCK)[0].starts_with("MC3"));
    }
}
