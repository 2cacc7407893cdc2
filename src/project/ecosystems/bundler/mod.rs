//! Bundler: a `Gemfile`, its lock, and the files that the Gemfile reads.

mod gemfile;

use super::{Closure, Obstacle, Unreadable, text};
use crate::project::Project;
use crate::project::paths::{at, join, parent};

/// A chain of Gemfiles is a stack of calls; nobody's is longer than this.
const MAX_GEMFILES: usize = 50;

/// What `bundle install` reads in a folder; `None` where no Gemfile is sent.
pub fn bundler(project: &Project, folder: &str) -> Option<Result<Closure, Unreadable>> {
    let path = ["Gemfile", "gems.rb"]
        .iter()
        .filter_map(|name| join(folder, name))
        .find(|path| project.sent(path))?;
    let mut reader = Reader { project, closure: Closure::default(), gems: Vec::new() };
    let read = reader.gemfile(&path, "the manifest").and_then(|()| reader.lock(folder, &path));
    Some(read.map(|()| reader.closure))
}

struct Reader<'a> {
    project: &'a Project,
    closure: Closure,
    gems: Vec<String>,
}

impl Reader<'_> {
    fn gemfile(&mut self, path: &str, why: &str) -> Result<(), Unreadable> {
        if self.closure.files.iter().any(|needed| needed.path == path) {
            return Ok(());
        }
        if self.closure.files.len() >= MAX_GEMFILES {
            self.hold("MC1", format!("more than {MAX_GEMFILES} Gemfiles evaluate each other"), "use fewer");
            return Ok(());
        }
        self.closure.need(self.project, path, why);
        if !self.project.sent(path) {
            return Ok(());
        }
        let gemfile = gemfile::read(&text(self.project, path)?);
        if let Some((line, written)) = gemfile.unclear {
            let text = format!("`{written}` is not understood ({})", at(path, line));
            self.hold(
                "MC1",
                text,
                "write the Gemfile with literals, or copy what it reads before the install",
            );
        }
        for (line, what) in gemfile.local {
            let text = format!("{what} ({})", at(path, line));
            self.hold("MC3", text, "copy those files by hand before the install");
        }
        for (line, name) in gemfile.plugins {
            let text = format!("the plugin `{name}` runs during the install ({})", at(path, line));
            self.hold("MC2", text, "install without plugins");
        }
        self.gems.extend(gemfile.gems);
        for read in gemfile.reads {
            let place = at(path, read.line);
            match join(parent(path), &read.path).filter(|_| !read.path.starts_with('/')) {
                Some(file) if read.evaluated => self.gemfile(&file, &format!("evaluated in {place}"))?,
                Some(file) => self.closure.need(self.project, &file, &format!("read in {place}")),
                None => {
                    let text = format!("`{}` lies outside the context ({place})", read.path);
                    self.hold("MC1", text, "keep the file in the project");
                }
            }
        }
        Ok(())
    }

    fn lock(&mut self, folder: &str, manifest: &str) -> Result<(), Unreadable> {
        let name = if manifest.ends_with("gems.rb") { "gems.locked" } else { "Gemfile.lock" };
        let path = join(folder, name).unwrap_or_default();
        self.closure.need_if_sent(self.project, &path, "the locked versions");
        let cache = join(folder, "vendor/cache").unwrap_or_default();
        if self.project.folder(&cache).next().is_some() {
            self.closure.need(self.project, &cache, "gems that are installed from there");
        }
        if !self.project.sent(&path) {
            return Ok(());
        }
        let text = text(self.project, &path)?;
        let lock = Lock::read(&text);
        if let Some(line) = lock.own {
            let text = format!("the lock holds the project's own files ({})", at(&path, line));
            self.hold("MC3", text, "copy those files by hand before the install");
        }
        // An install writes into a lock what it misses there, and the sources would take that back.
        let remedy = "bring the lock up to date with `bundle lock --add-platform x86_64-linux`";
        if !lock.platforms.iter().any(|platform| *platform == "ruby" || platform.contains("linux")) {
            let text =
                format!("the install would add a platform to `{path}`, and the sources bring the old one");
            self.hold("MC12", text, remedy);
        }
        let missing = self.gems.iter().find(|gem| !lock.dependencies.contains(&gem.as_str())).cloned();
        if let Some(gem) = missing {
            let text =
                format!("the install would add `{gem}` to `{path}`, and the sources bring the old one");
            self.hold("MC12", text, "bring the lock up to date with `bundle lock`");
        }
        Ok(())
    }

    fn hold(&mut self, id: &'static str, text: String, remedy: &str) {
        self.closure.hold(Obstacle { id, text, remedy: remedy.to_owned() });
    }
}

/// The parts of a lock that matter here.
#[derive(Default)]
struct Lock<'t> {
    /// The line of a PATH section: gems from folders of the project.
    own: Option<usize>,
    platforms: Vec<&'t str>,
    dependencies: Vec<&'t str>,
}

impl Lock<'_> {
    fn read(text: &str) -> Lock<'_> {
        let mut lock = Lock::default();
        let mut section = "";
        for (index, line) in text.lines().enumerate() {
            if !line.starts_with(' ') {
                section = line.trim();
                if section == "PATH" {
                    lock.own.get_or_insert(index + 1);
                }
                continue;
            }
            let word = line.trim().split([' ', '!']).next().unwrap_or_default();
            match section {
                "PLATFORMS" => lock.platforms.push(word),
                "DEPENDENCIES" => lock.dependencies.push(word),
                _ => {}
            }
        }
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEMFILE: (&str, &str) = ("Gemfile", "source 'https://rubygems.org'\ngem 'rack'\n");
    const LOCK: &str =
        "GEM\n  specs:\n    rack (3.0)\n\nPLATFORMS\n  x86_64-linux\n\nDEPENDENCIES\n  rack (~> 3)!\n";

    fn read(files: &[(&str, &str)]) -> Closure {
        bundler(&Project::in_memory(files.iter().copied()), "").expect("a Gemfile").expect("it can be read")
    }

    fn held(files: &[(&str, &str)]) -> Vec<String> {
        read(files).obstacles.into_iter().map(|held| format!("{} {}", held.id, held.text)).collect()
    }

    #[test]
    fn manifest_lock_and_what_is_read() {
        let gemfile = "ruby file: '.ruby-version'\neval_gemfile 'other.rb'\n";
        let files = [
            ("Gemfile", gemfile),
            ("other.rb", "gem 'rack'\n"),
            (".ruby-version", "3.3\n"),
            ("Gemfile.lock", LOCK),
            ("vendor/cache/rack.gem", ""),
        ];
        assert_eq!(
            read(&files).paths(),
            ["Gemfile", ".ruby-version", "other.rb", "Gemfile.lock", "vendor/cache"]
        );
        assert!(held(&files).is_empty());
    }

    #[test]
    fn own_files_hold_back() {
        assert_eq!(
            held(&[("Gemfile", "gemspec\n")]),
            ["MC3 `gemspec` installs the project's own files (Gemfile:1)"]
        );
        let lock = format!("PATH\n  remote: .\n{LOCK}");
        assert_eq!(
            held(&[GEMFILE, ("Gemfile.lock", &lock)]),
            ["MC3 the lock holds the project's own files (Gemfile.lock:1)"]
        );
        assert_eq!(
            held(&[("Gemfile", "plugin 'x'\n")])[0],
            "MC2 the plugin `x` runs during the install (Gemfile:1)"
        );
        assert!(held(&[("Gemfile", "load 'x'\n")])[0].starts_with("MC1 `load 'x'` is not understood"));
    }

    #[test]
    fn a_lock_that_would_change_holds_back() {
        let mac = LOCK.replace("x86_64-linux", "arm64-darwin-22");
        assert!(held(&[GEMFILE, ("Gemfile.lock", &mac)])[0].starts_with("MC12"));
        let gemfile = "gem 'rack'\ngem 'puma'\n";
        assert!(held(&[("Gemfile", gemfile), ("Gemfile.lock", LOCK)])[0].contains("add `puma`"));
    }

    #[test]
    fn a_lock_that_git_ignores_holds_back() {
        assert!(held(&[GEMFILE, (".gitignore", "Gemfile.lock\n")])[0].starts_with("MC1"));
    }
}
