//! The members of a workspace: the packages in the folders that its globs choose.

use super::{Package, read};
use crate::project::Project;
use crate::project::glob::Glob;
use crate::project::paths::{join, parent};

/// The members that `globs` choose below `folder`, in the order of their paths; or why they cannot be told.
pub(super) fn members(project: &Project, folder: &str, globs: &[String]) -> Result<Vec<Package>, String> {
    let patterns = globs.iter().map(|glob| Pattern::parse(glob)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    for entry in project.files_below(folder).filter(|entry| entry.path.ends_with("/package.json")) {
        let home = parent(&entry.path);
        let Some(relative) = home.strip_prefix(folder).map(|rest| rest.trim_start_matches('/')) else {
            continue;
        };
        let is_dependency = relative.split('/').any(|part| part == "node_modules");
        // The last pattern that fits decides.
        let chosen = patterns.iter().rev().find(|pattern| pattern.fits(relative));
        if relative.is_empty() || is_dependency || chosen.is_none_or(|pattern| pattern.negated) {
            continue;
        }
        found.extend(read(project, home).transpose().map_err(|error| error.to_string())?);
    }
    found.sort_by(|one, other| one.folder.cmp(&other.folder));
    Ok(found)
}

/// One glob, folder by folder.
struct Pattern {
    negated: bool,
    parts: Vec<Part>,
}

enum Part {
    /// `**`: any number of folders.
    Any,
    One(Glob),
}

impl Pattern {
    fn parse(glob: &str) -> Result<Pattern, String> {
        let refuse = || format!("the glob `{glob}` of the workspace is not understood");
        let (negated, text) = glob.strip_prefix('!').map_or((false, glob), |rest| (true, rest));
        // Braces and what stands in parentheses are read differently from one manager to the next.
        if text.contains(['{', '(', '\\', '!']) {
            return Err(refuse());
        }
        let text = join("", text).ok_or_else(refuse)?;
        let parts = text.split('/').map(|part| match part {
            "**" => Ok(Part::Any),
            part => Glob::parse(part).map(Part::One).map_err(|_| refuse()),
        });
        Ok(Pattern { negated, parts: parts.collect::<Result<_, _>>()? })
    }

    fn fits(&self, path: &str) -> bool {
        let folders: Vec<&str> = path.split('/').collect();
        // Which parts may come next, folder by folder: linear in both, whatever the number of `**`.
        let mut open = vec![false; self.parts.len() + 1];
        open[0] = true;
        self.pass_over(&mut open);
        for folder in folders {
            let mut next = vec![false; open.len()];
            for (at, part) in self.parts.iter().enumerate().filter(|(at, _)| open[*at]) {
                match part {
                    Part::Any => next[at] = true,
                    Part::One(glob) if glob.matches(folder) => next[at + 1] = true,
                    Part::One(_) => {}
                }
            }
            self.pass_over(&mut next);
            open = next;
        }
        open[self.parts.len()]
    }

    /// `**` may stand for no folder at all.
    fn pass_over(&self, open: &mut [bool]) {
        for (at, part) in self.parts.iter().enumerate() {
            if open[at] && matches!(part, Part::Any) {
                open[at + 1] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(globs: &[&str]) -> Result<Vec<String>, String> {
        let files = [
            "package.json",
            "apps/web/package.json",
            "packages/a/package.json",
            "packages/a/deep/package.json",
            "packages/a/node_modules/x/package.json",
            "packages/package.json",
            "tools/package.json",
        ];
        let project = Project::in_memory(files.map(|path| (path, "{}")));
        let globs: Vec<String> = globs.iter().map(|glob| (*glob).to_owned()).collect();
        let members = members(&project, "", &globs)?;
        Ok(members.into_iter().map(|member| member.folder).collect())
    }

    #[test]
    fn one_folder_and_all_folders() {
        assert_eq!(found(&["packages/*", "./tools/"]).expect("known"), ["packages/a", "tools"]);
        assert_eq!(found(&["packages/**"]).expect("known"), ["packages", "packages/a", "packages/a/deep"]);
        assert_eq!(found(&["apps/web"]).expect("known"), ["apps/web"]);
    }

    #[test]
    fn what_is_taken_out_again() {
        assert_eq!(found(&["packages/**", "!**/deep"]).expect("known"), ["packages", "packages/a"]);
    }

    #[test]
    fn braces_are_not_guessed() {
        assert!(found(&["{apps,packages}/*"]).is_err());
        assert!(found(&["../*"]).is_err());
    }
}
