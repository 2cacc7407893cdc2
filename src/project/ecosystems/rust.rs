//! Which release of Rust a crate is meant for.

use serde::Deserialize;

use super::version::{Version, VersionStatement};
use super::version_files::{first_line, tool_versions};
use crate::project::paths::{at, join};
use crate::project::{Found, Project};

/// What the project says about its Rust release, the most exact first.
pub(super) fn versions(project: &Project, folder: &str) -> Vec<Found<VersionStatement>> {
    let mut found = Vec::new();
    found.extend(toolchain(project, folder));
    found.extend(tool_versions(project, folder, &["rust"]));
    found.extend(rust_version(project, folder));
    found
}

/// The toolchain file. rustup reads the one without an ending first; it may hold a bare channel or the same table.
fn toolchain(project: &Project, folder: &str) -> Option<Found<VersionStatement>> {
    #[derive(Deserialize)]
    struct File {
        toolchain: Toolchain,
    }
    #[derive(Deserialize)]
    struct Toolchain {
        channel: Option<String>,
    }
    for name in ["rust-toolchain", "rust-toolchain.toml"] {
        let Some(line) = first_line(project, folder, name) else { continue };
        let path = line.at.rsplit_once(':').map_or(line.at.as_str(), |(path, _)| path);
        let text = project.tree().read(path)?;
        let channel = match toml::from_str::<File>(&text) {
            Ok(file) => file.toolchain.channel?,
            Err(_) if name == "rust-toolchain" => line.value,
            Err(_) => return Some(Found { value: VersionStatement::Unreadable(line.value), at: line.at }),
        };
        let row = text.lines().position(|row| row.contains(&channel)).map_or(1, |index| index + 1);
        return Some(Found { value: VersionStatement::exact(&channel), at: at(path, row) });
    }
    None
}

/// `rust-version` of the package or of the workspace: a floor.
fn rust_version(project: &Project, folder: &str) -> Option<Found<VersionStatement>> {
    #[derive(Deserialize)]
    struct Manifest {
        package: Option<Package>,
        workspace: Option<Workspace>,
    }
    #[derive(Deserialize)]
    struct Workspace {
        package: Option<Package>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Package {
        rust_version: Option<toml::Spanned<toml::Value>>,
    }
    let path = join(folder, "Cargo.toml")?;
    let text = project.tree().read(&path)?;
    let manifest: Manifest = toml::from_str(&text).ok()?;
    let of_workspace = manifest.workspace.and_then(|workspace| workspace.package);
    let stated =
        [manifest.package, of_workspace].into_iter().flatten().find_map(|package| package.rust_version)?;
    // `rust-version.workspace = true` points at the workspace's manifest, which speaks for itself.
    let version = stated.get_ref().as_str()?;
    let value = Version::parse(version)
        .map_or_else(|| VersionStatement::Unreadable(version.to_owned()), VersionStatement::Floor);
    let line = text.get(..stated.span().start).unwrap_or_default().matches('\n').count() + 1;
    Some(Found { value, at: at(&path, line) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let project = Project::in_memory(files.iter().copied());
        versions(&project, "").iter().map(|found| format!("{} {}", found.value, found.at)).collect()
    }

    #[test]
    fn toolchain_files_in_both_forms() {
        assert_eq!(found(&[("rust-toolchain", "1.75.0\n")]), ["1.75.0 rust-toolchain:1"]);
        assert_eq!(
            found(&[("rust-toolchain.toml", "[toolchain]\nchannel = \"1.82\"\n")]),
            ["1.82 rust-toolchain.toml:2"]
        );
    }

    #[test]
    fn a_moving_channel_names_no_version() {
        let project = Project::in_memory([("rust-toolchain", "nightly\n")]);
        assert_eq!(versions(&project, "")[0].value, VersionStatement::Unreadable("nightly".to_owned()));
    }

    #[test]
    fn rust_version_is_a_floor() {
        assert_eq!(
            found(&[("Cargo.toml", "[package]\nname = \"a\"\nrust-version = \"1.70\"\n")]),
            [">=1.70 Cargo.toml:3"]
        );
        assert_eq!(
            found(&[("Cargo.toml", "[workspace.package]\nrust-version = \"1.80.1\"\n")]),
            [">=1.80.1 Cargo.toml:2"]
        );
        assert!(found(&[("Cargo.toml", "[package]\nrust-version.workspace = true\n")]).is_empty());
    }
}
