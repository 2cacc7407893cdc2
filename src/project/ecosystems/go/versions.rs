//! Which release of Go a module is meant for.

use super::GoMod;
use crate::project::ecosystems::version::{Version, VersionStatement};
use crate::project::ecosystems::version_files::{first_line, tool_versions};
use crate::project::{Found, Project};

/// What the project says about its Go release, the most exact first.
pub fn versions(project: &Project, folder: &str, go_mod: Option<&GoMod>) -> Vec<Found<VersionStatement>> {
    let mut found = Vec::new();
    found.extend(first_line(project, folder, ".go-version").map(|line| Found {
        value: VersionStatement::exact(line.value.strip_prefix("go").unwrap_or(&line.value)),
        at: line.at,
    }));
    found.extend(tool_versions(project, folder, &["golang", "go"]));
    if let Some(go_mod) = go_mod {
        found.extend(go_mod.toolchain.as_ref().filter(|name| name.value != "default").map(toolchain));
        found.extend(go_mod.go.as_ref().map(directive));
    }
    found
}

/// `toolchain go1.22.4`; a suffix after a hyphen names someone's own build.
fn toolchain(name: &Found<String>) -> Found<VersionStatement> {
    let version = name.value.strip_prefix("go").and_then(Version::parse);
    let value =
        version.map_or_else(|| VersionStatement::Unreadable(name.value.clone()), VersionStatement::Exact);
    Found { value, at: name.at.clone() }
}

/// The `go` directive is a floor: older releases refuse the module, newer ones build it.
fn directive(go: &Found<String>) -> Found<VersionStatement> {
    let value = Version::parse(&go.value)
        .map_or_else(|| VersionStatement::Unreadable(go.value.clone()), VersionStatement::Floor);
    Found { value, at: go.at.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ecosystems::go::read;

    #[test]
    fn directive_is_a_floor_and_toolchain_exact() {
        let project = Project::in_memory([
            ("go.mod", "module a\ngo 1.22\ntoolchain go1.22.4\n"),
            (".tool-versions", "golang 1.23.0\n"),
        ]);
        let module = read(&project, "").expect("there").expect("readable");
        let found = versions(&project, "", Some(&module.go_mod));
        let texts: Vec<_> = found.iter().map(|found| format!("{} {}", found.value, found.at)).collect();
        assert_eq!(texts, ["1.23.0 .tool-versions:1", "1.22.4 go.mod:3", ">=1.22 go.mod:2"]);
    }

    #[test]
    fn a_pre_release_or_own_build_is_not_read() {
        let project = Project::in_memory([("go.mod", "module a\ngo 1.23rc1\ntoolchain go1.22.4-corp\n")]);
        let module = read(&project, "").expect("there").expect("readable");
        let found = versions(&project, "", Some(&module.go_mod));
        assert!(
            found.iter().all(|found| matches!(found.value, VersionStatement::Unreadable(_))),
            "{found:?}"
        );
    }
}
