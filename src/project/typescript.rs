//! Where a build of TypeScript puts its files, and what its imports mean: `outDir`, `rootDir`, `baseUrl`, `paths` of
//! `tsconfig.json`. Source: <https://www.typescriptlang.org/tsconfig/>.

use serde_json::Value;

use super::paths::{join, parent};
use super::{EntryKind, Project};

/// Files of settings that a build may name; the first is the one that it takes by itself.
const NAMES: &[&str] = &[
    "tsconfig.json",
    "tsconfig.build.json",
    "tsconfig.prod.json",
    "tsconfig.production.json",
    "tsconfig.server.json",
    "tsconfig.app.json",
];

/// How often settings may extend others.
const DEPTH: usize = 6;

/// What one file of settings says, with what it extends. Paths are relative to the context.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Settings {
    out: Option<String>,
    root: Option<String>,
    base: Option<String>,
    paths: Vec<(String, Vec<String>)>,
}

impl Settings {
    /// The settings at a path of the context; `None` where there are none, or none that can be read.
    fn read(project: &Project, path: &str, depth: usize) -> Option<Settings> {
        let depth = depth.checked_sub(1)?;
        let value: Value = serde_json::from_str(&plain_json(&project.read(path)?)).ok()?;
        let folder = parent(path);
        let mut settings = Settings::default();
        let extended = value.get("extends").map(|extends| match extends {
            Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect::<Vec<_>>(),
        });
        // Settings out of a package say how to compile, not where to.
        for name in extended.unwrap_or_default().into_iter().filter(|name| name.starts_with('.')) {
            let path = join(folder, name)?;
            let named =
                [path.clone(), format!("{path}.json")].into_iter().find(|path| is_file(project, path));
            settings = settings.under(Settings::read(project, &named?, depth)?);
        }
        let options = value.get("compilerOptions");
        let path_of = |key: &str| join(folder, options?.get(key)?.as_str()?);
        let own = Settings {
            out: path_of("outDir"),
            root: path_of("rootDir"),
            base: path_of("baseUrl"),
            paths: aliases(
                options.and_then(|options| options.get("paths")),
                path_of("baseUrl").as_deref(),
                folder,
            ),
        };
        Some(settings.under(own))
    }

    /// What holds where `other` is read after these.
    fn under(self, other: Settings) -> Settings {
        Settings {
            out: other.out.or(self.out),
            root: other.root.or(self.root),
            base: other.base.or(self.base),
            paths: if other.paths.is_empty() { self.paths } else { other.paths },
        }
    }

    /// The settings in force for the sources in a folder: those of the nearest folder above that has any.
    pub(super) fn above(project: &Project, folder: &str) -> Settings {
        let mut folder = folder;
        loop {
            let path = join(folder, NAMES[0]).unwrap_or_default();
            if is_file(project, &path) {
                return Settings::read(project, &path, DEPTH).unwrap_or_default();
            }
            if folder.is_empty() {
                return Settings::default();
            }
            folder = parent(folder);
        }
    }

    /// Where an import may lead that names no package: paths of the context, without an extension, best first.
    pub(super) fn meanings(&self, module: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (pattern, targets) in &self.paths {
            let inner = match pattern.split_once('*') {
                None => (pattern == module).then_some(""),
                Some((before, after)) => {
                    module.strip_prefix(before).and_then(|rest| rest.strip_suffix(after))
                }
            };
            found.extend(
                inner.into_iter().flat_map(|inner| targets.iter().map(|to| to.replacen('*', inner, 1))),
            );
        }
        found.extend(self.base.as_deref().and_then(|base| join(base, module)));
        found
    }
}

/// The source that a build of the package in `folder` makes the file at `built` from: `src/main.ts` for `dist/main.js`.
/// Without a `rootDir` the build takes the longest folder that all sources share, so that the one source counts whose
/// name fits; `None` where that is none, or several.
pub fn source_of(project: &Project, folder: &str, built: &str) -> Option<String> {
    let settings = NAMES.iter().filter_map(|name| Settings::read(project, &join(folder, name)?, DEPTH));
    let mut found: Vec<String> = Vec::new();
    for settings in settings {
        let Some(out) = settings.out else { continue };
        let Some(rest) = built.strip_prefix(&out).and_then(|rest| rest.strip_prefix('/')) else { continue };
        let roots = match settings.root {
            Some(root) => vec![root],
            None => ["", "src"].iter().filter_map(|inner| join(folder, inner)).collect(),
        };
        for source in roots.iter().filter_map(|root| compiled(project, &join(root, rest)?)) {
            if !found.contains(&source) {
                found.push(source);
            }
        }
    }
    match found.as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    }
}

/// The source beside which a compiled file would stand: `a.ts` for `a.js`, `a`.
fn compiled(project: &Project, path: &str) -> Option<String> {
    let stem = ["js", "cjs", "mjs"].iter().find_map(|end| path.strip_suffix(&format!(".{end}")[..]));
    let ends = match path.rsplit_once('.').map(|(_, end)| end) {
        Some("mjs") => &["mts"][..],
        Some("cjs") => &["cts"],
        _ => &["ts", "tsx", "js"],
    };
    let stems = match stem {
        Some(stem) => vec![stem.to_owned()],
        None => vec![path.to_owned(), format!("{path}/index")],
    };
    let all = stems.iter().flat_map(|stem| ends.iter().map(move |end| format!("{stem}.{end}")));
    all.into_iter().find(|path| is_file(project, path))
}

/// `paths`: what stands before and after `*`, and where it leads, from `baseUrl` or else the settings' own folder.
fn aliases(paths: Option<&Value>, base: Option<&str>, folder: &str) -> Vec<(String, Vec<String>)> {
    let Some(Value::Object(paths)) = paths else { return Vec::new() };
    let targets = |value: &Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        list.filter_map(|target| join(base.unwrap_or(folder), target)).collect()
    };
    paths.iter().map(|(pattern, value)| (pattern.clone(), targets(value))).collect()
}

fn is_file(project: &Project, path: &str) -> bool {
    project.entry(path).is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. }))
}

/// JSON of what the compiler reads as its settings: comments are blanked, and so are commas before a closing bracket.
fn plain_json(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('"', _) => {
                plain.push('"');
                while let Some(inner) = letters.next() {
                    plain.push(inner);
                    match inner {
                        '\\' => plain.extend(letters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
            }
            ('/', Some('/')) => {
                for inner in letters.by_ref() {
                    if inner == '\n' {
                        plain.push('\n');
                        break;
                    }
                }
            }
            ('/', Some('*')) => {
                let mut last = ' ';
                letters.next();
                for inner in letters.by_ref() {
                    if last == '*' && inner == '/' {
                        break;
                    }
                    last = inner;
                }
            }
            ('}' | ']', _) => {
                let kept = plain.trim_end();
                if let Some(before) = kept.strip_suffix(',') {
                    plain.truncate(before.len());
                }
                plain.push(letter);
            }
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = "{\n  // a comment\n  \"compilerOptions\": {\n    \"outDir\": \"./dist\", /* b */\n    \
                            \"baseUrl\": \"./\",\n    \"paths\": { \"@/*\": [\"src/*\"], },\n  },\n}\n";

    fn source(files: &[&str], settings: &str, built: &str) -> Option<String> {
        let files = files.iter().map(|path| (*path, "")).chain([("tsconfig.json", settings)]);
        source_of(&Project::in_memory(files), "", built)
    }

    #[test]
    fn a_built_file_is_found_at_its_source() {
        assert_eq!(source(&["src/main.ts"], SETTINGS, "dist/main.js").as_deref(), Some("src/main.ts"));
        assert_eq!(source(&["src/main.ts"], SETTINGS, "dist/main").as_deref(), Some("src/main.ts"));
        assert_eq!(source(&["src/main.ts"], SETTINGS, "dist/src/main.js").as_deref(), Some("src/main.ts"));
        assert_eq!(source(&["src/index.ts"], SETTINGS, "dist").as_deref(), None);
        let rooted = SETTINGS.replace("\"outDir\"", "\"rootDir\": \"lib\", \"outDir\"");
        assert_eq!(source(&["lib/a.ts", "src/a.ts"], &rooted, "dist/a.js").as_deref(), Some("lib/a.ts"));
    }

    #[test]
    fn several_sources_or_none_are_no_answer() {
        assert_eq!(source(&["src/main.ts", "main.ts"], SETTINGS, "dist/main.js"), None);
        assert_eq!(source(&["src/main.ts"], SETTINGS, "build/main.js"), None);
        assert_eq!(source(&["src/main.ts"], "{\"compilerOptions\": {}}", "dist/main.js"), None);
        assert_eq!(source(&["src/main.ts"], "{", "dist/main.js"), None);
    }

    #[test]
    fn settings_extend_others() {
        let files = [
            ("base.json", "{\"compilerOptions\": {\"outDir\": \"out\"}}"),
            ("tsconfig.json", "{\"extends\": [\"@tsconfig/node20/tsconfig.json\", \"./base\"]}"),
            ("src/a.mts", ""),
        ];
        assert_eq!(source_of(&Project::in_memory(files), "", "out/a.mjs").as_deref(), Some("src/a.mts"));
    }

    #[test]
    fn imports_have_meanings() {
        let project = Project::in_memory([("tsconfig.json", SETTINGS), ("src/a/b.ts", "")]);
        let settings = Settings::above(&project, "src/a");
        assert_eq!(settings.meanings("@/a/b"), ["src/a/b", "@/a/b"]);
        assert!(Settings::above(&Project::in_memory([("a.ts", "")]), "").meanings("@/x").is_empty());
    }
}
