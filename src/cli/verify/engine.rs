//! The engine that the user has: docker with buildx, podman, or nerdctl. Knows their words, and nothing of what is
//! compared.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::leftovers::{FOLDER, HOST, RUN};
use super::process::{Failure, Runner, last_words};

/// The engines that are looked for, the first that answers is taken.
pub(super) const KNOWN: &[&str] = &["docker", "podman", "nerdctl"];

/// For what an engine does at once.
pub(super) const SHORT: Duration = Duration::from_secs(60);

/// For what takes as long as the disk does: starting a container, exporting or removing an image.
pub(super) const LONG: Duration = Duration::from_secs(300);

/// How often a sweep is repeated while something is left.
const SWEEPS: usize = 3;

/// Which words an engine understands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Docker,
    Podman,
    Nerdctl,
}

/// An engine that answers.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    kind: Kind,
    program: String,
    /// The builder of buildx that builds, where it is not the default one.
    builder: Option<String>,
    /// Words that every build gets.
    extra: Vec<String>,
    /// Whether what a container publishes on the loopback can be reached from here.
    local: bool,
    runner: Runner,
}

/// One image to build.
#[derive(Clone, Copy, Debug)]
pub(super) struct Build<'a> {
    pub(super) dockerfile: &'a Path,
    /// The ignore file, where it is not the one that the engine finds by itself; it stands beside the Dockerfile, with
    /// its name and `.dockerignore` behind.
    pub(super) ignore: Option<&'a Path>,
    pub(super) context: &'a Path,
    pub(super) target: Option<&'a str>,
    /// Build arguments that the project's own files give.
    pub(super) arguments: &'a [(String, String)],
    pub(super) labels: &'a [String],
    /// The name of the image; without one nothing is kept, where the engine can do that.
    pub(super) tag: &'a str,
    pub(super) keep: Keep,
    pub(super) limit: Duration,
}

/// What is to be left of a build.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keep {
    Image,
    /// Only the log is wanted. Engines that cannot do without keep the image all the same.
    Nothing,
}

/// Something in the engine that bears our labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Marked {
    pub(super) run: String,
    pub(super) host: String,
    pub(super) folder: String,
}

impl Engine {
    /// The engine that the user named, or else the first one that answers. The error says what is missing.
    pub(super) fn find(name: Option<&str>, runner: &Runner) -> Result<Engine, String> {
        let names = name.map_or_else(|| KNOWN.to_vec(), |name| vec![name]);
        let mut missing = Vec::new();
        for name in names {
            match Engine::answering(name, runner) {
                Ok(engine) => return Ok(engine),
                Err(Failure::Stopped) => return Err(Failure::Stopped.to_string()),
                Err(why) => missing.push(format!("`{name}`: {why}")),
            }
        }
        Err(format!(
            "no container engine answers ({}); start one, or name it with `--engine`",
            missing.join("; ")
        ))
    }

    fn answering(program: &str, runner: &Runner) -> Result<Engine, Failure> {
        let mut engine = Engine::known(program, runner.clone());
        let version = runner.run(Command::new(program).arg("--version"), SHORT)?.well()?;
        engine.kind = kind(&version).map_err(Failure::Failed)?;
        if engine.kind == Kind::Docker {
            let buildx = runner.run(&mut engine.command(["buildx", "version"]), SHORT)?;
            if !buildx.success {
                let words =
                    "its plug-in buildx is missing, and without it Dockerfiles are read as they were in 2018";
                return Err(Failure::Failed(words.to_owned()));
            }
        }
        // A client may be there without anything behind it.
        engine.output(["ps", "--quiet"], SHORT)?;
        engine.local =
            engine.endpoint().is_none_or(|host| host.starts_with("unix:") || host.starts_with("npipe:"));
        Ok(engine)
    }

    /// An engine of which nothing has to be found out to clean up.
    pub(super) fn known(program: &str, runner: Runner) -> Engine {
        let (builder, extra) = (None, Vec::new());
        Engine { kind: Kind::Docker, program: program.to_owned(), builder, extra, local: true, runner }
    }

    /// Where the engine is, if the client knows.
    fn endpoint(&self) -> Option<String> {
        match self.kind {
            Kind::Docker => {
                let text = self.output(["context", "inspect"], SHORT).ok()?;
                let known: Value = serde_json::from_str(&text).ok()?;
                known.pointer("/0/Endpoints/docker/Host")?.as_str().map(str::to_owned)
            }
            Kind::Podman => std::env::var("CONTAINER_HOST").ok(),
            Kind::Nerdctl => None,
        }
    }

    /// The same with a builder of buildx and further words for each build.
    pub(super) fn building_with(mut self, builder: Option<&str>, extra: &[String]) -> Result<Engine, String> {
        if builder.is_some() && self.kind != Kind::Docker {
            return Err(format!(
                "`--builder` names a builder of docker buildx, and `{}` has none",
                self.program
            ));
        }
        self.builder = builder.map(str::to_owned);
        self.extra = extra.to_vec();
        Ok(self)
    }

    /// The same with another way to start programs.
    pub(super) fn run_by(&self, runner: Runner) -> Engine {
        Engine { runner, ..self.clone() }
    }

    pub(super) fn program(&self) -> &str {
        &self.program
    }

    pub(super) fn runner(&self) -> &Runner {
        &self.runner
    }

    /// Whether it cannot build without keeping the image.
    pub(super) fn keeps_all_builds(&self) -> bool {
        self.kind != Kind::Docker
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn is_local(&self) -> bool {
        self.local
    }

    pub(super) fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words);
        command
    }

    /// Runs the engine and gives what it prints, if it ends well.
    pub(super) fn output<S: AsRef<OsStr>>(
        &self,
        words: impl IntoIterator<Item = S>,
        limit: Duration,
    ) -> Result<String, Failure> {
        self.runner.run(&mut self.command(words), limit)?.well()
    }

    /// What the engine knows of an image or a container.
    pub(super) fn inspect(&self, what: &str, name: &str) -> Result<Value, Failure> {
        let text = self.output([what, "inspect", name], SHORT)?;
        let value: Value = serde_json::from_str(&text)
            .map_err(|error| Failure::Failed(format!("`{what} inspect` gives no JSON: {error}")))?;
        Ok(value.get(0).cloned().unwrap_or(value))
    }

    /// Builds and gives the log. The error holds the last thing that the build said.
    pub(super) fn build(&self, build: &Build<'_>) -> Result<String, Failure> {
        let finished = self.runner.run(&mut self.build_command(build), build.limit)?;
        if finished.success {
            // Podman tells on standard output what BuildKit tells on standard error.
            return Ok(finished.stdout + &finished.stderr);
        }
        Err(Failure::Failed(complaint(&finished.stderr)))
    }

    fn build_command(&self, build: &Build<'_>) -> Command {
        let mut command = match self.kind {
            Kind::Docker => self.command(["buildx", "build", "--progress", "plain"]),
            Kind::Nerdctl => self.command(["build", "--progress", "plain"]),
            // The other format has no place for a health check.
            Kind::Podman => self.command(["build", "--format", "docker", "--layers"]),
        };
        if let Some(builder) = &self.builder {
            command.args(["--builder", builder]);
        }
        command.arg("--file").arg(build.dockerfile);
        if let (Kind::Podman, Some(ignore)) = (self.kind, build.ignore) {
            command.arg("--ignorefile").arg(ignore);
        }
        if let Some(target) = build.target {
            command.args(["--target", target]);
        }
        for (name, value) in build.arguments {
            command.arg("--build-arg").arg(format!("{name}={value}"));
        }
        for label in build.labels {
            command.args(["--label", label]);
        }
        match (build.keep, self.kind) {
            (Keep::Nothing, Kind::Docker) => _ = command.args(["--output", "type=cacheonly"]),
            (Keep::Image, Kind::Docker) => _ = command.args(["--load", "--tag", build.tag]),
            _ => _ = command.args(["--tag", build.tag]),
        }
        command.args(&self.extra).arg(build.context);
        command
    }

    /// Removes every container and image with the label of this run, which nothing else can have. Says whether nothing
    /// is left.
    pub(super) fn sweep(&self, run: &str) -> bool {
        let filter = format!("label={RUN}={run}");
        for _ in 0..SWEEPS {
            let containers = self.listed(["ps", "--all", "--quiet", "--filter", &filter]);
            let images = self.listed(["images", "--all", "--quiet", "--filter", &filter]);
            if containers.is_empty() && images.is_empty() {
                return true;
            }
            for id in &containers {
                let _ = self.output(["rm", "--force", "--volumes", id], LONG);
            }
            for id in &images {
                let _ = self.output(["rmi", "--force", id], LONG);
            }
        }
        false
    }

    fn listed<const N: usize>(&self, words: [&str; N]) -> BTreeSet<String> {
        let text = self.output(words, SHORT).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    }

    /// The runs, of this and of other machines, that have something in the engine.
    pub(super) fn marked(&self) -> BTreeSet<Marked> {
        let filter = format!("label={RUN}");
        let things = [
            ("container", self.listed(["ps", "--all", "--quiet", "--filter", &filter])),
            ("image", self.listed(["images", "--all", "--quiet", "--filter", &filter])),
        ];
        let mut marked = BTreeSet::new();
        for (what, ids) in things {
            for id in ids {
                let Ok(known) = self.inspect(what, &id) else { continue };
                let label = |name: &str| {
                    let labels = known.pointer("/Config/Labels").and_then(|labels| labels.get(name));
                    labels.and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                marked.insert(Marked { run: label(RUN), host: label(HOST), folder: label(FOLDER) });
            }
        }
        marked
    }
}

/// The ignore file that BuildKit takes for a Dockerfile in the place of the context's own.
pub(super) fn ignore_beside(dockerfile: &Path) -> PathBuf {
    let mut name = dockerfile.as_os_str().to_owned();
    name.push(".dockerignore");
    PathBuf::from(name)
}

/// The words an engine understands, by what it says of itself: a program called `docker` may be podman.
fn kind(version: &str) -> Result<Kind, String> {
    let said = version.to_lowercase();
    if said.contains("buildah") {
        return Err("buildah builds and does not run; name podman, which builds with it".to_owned());
    }
    let kinds = [("podman", Kind::Podman), ("nerdctl", Kind::Nerdctl), ("docker", Kind::Docker)];
    let found = kinds.iter().find(|(word, _)| said.contains(word));
    found.map(|(_, kind)| *kind).ok_or_else(|| format!("is none of {}", KNOWN.join(", ")))
}

/// What went wrong in a build: the line that says so, or else the last one.
fn complaint(log: &str) -> String {
    let said = log.lines().rev().find(|line| line.starts_with("ERROR:") || line.starts_with("Error:"));
    let Some(said) = said else { return last_words(log) };
    // BuildKit names the command that failed; what that command said stands above.
    let inner = log.lines().rev().filter(|line| line.starts_with('#'));
    let inner = inner.filter_map(|line| line.split_once(' ')?.1.split_once(' ').map(|(_, words)| words));
    let hint =
        inner.into_iter().find(|words| words.to_lowercase().contains("error") && !words.starts_with("ERROR"));
    let short: String = said.chars().take(300).collect();
    hint.map_or(short.clone(), |hint| {
        format!("{short} ({})", hint.trim().chars().take(200).collect::<String>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_is_known_by_what_it_says() {
        assert_eq!(kind("Docker version 28.5.2, build x"), Ok(Kind::Docker));
        assert_eq!(kind("podman version 5.4.0"), Ok(Kind::Podman));
        assert_eq!(kind("nerdctl version 2.1.2"), Ok(Kind::Nerdctl));
        assert!(kind("buildah version 1.40 (image-spec 1.1)").is_err_and(|why| why.contains("podman")));
        assert!(kind("ls (GNU coreutils) 9.1").is_err());
    }

    fn words(kind: Kind, keep: Keep) -> String {
        let mut engine = Engine::known("engine", Runner::unstoppable());
        engine.kind = kind;
        engine.extra = vec!["--network=none".to_owned()];
        let build = Build {
            dockerfile: Path::new("t/Dockerfile"),
            ignore: Some(Path::new("t/Dockerfile.dockerignore")),
            context: Path::new("c"),
            target: Some("web"),
            arguments: &[("A".to_owned(), "b c".to_owned())],
            labels: &["k=v".to_owned()],
            tag: "name:1",
            keep,
            limit: SHORT,
        };
        let command = engine.build_command(&build);
        command.get_args().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_engine_is_asked_in_its_own_words() {
        let rest = "--target web --build-arg A=b c --label k=v";
        assert_eq!(
            words(Kind::Docker, Keep::Image),
            format!(
                "buildx build --progress plain --file t/Dockerfile {rest} --load --tag name:1 --network=none c"
            )
        );
        assert_eq!(
            words(Kind::Docker, Keep::Nothing),
            format!(
                "buildx build --progress plain --file t/Dockerfile {rest} --output type=cacheonly --network=none c"
            )
        );
        assert_eq!(
            words(Kind::Podman, Keep::Nothing),
            format!(
                "build --format docker --layers --file t/Dockerfile --ignorefile t/Dockerfile.dockerignore {rest} --tag name:1 --network=none c"
            )
        );
        assert_eq!(
            words(Kind::Nerdctl, Keep::Image),
            format!("build --progress plain --file t/Dockerfile {rest} --tag name:1 --network=none c")
        );
    }

    #[test]
    fn builder_belongs_to_docker() {
        let mut engine = Engine::known("podman", Runner::unstoppable());
        engine.kind = Kind::Podman;
        assert!(engine.building_with(Some("far"), &[]).is_err());
    }

    #[test]
    fn complaint_of_a_build_is_found() {
        let log = "#9 [5/6] RUN npm ci\n#9 0.7 npm error code EUSAGE\n#9 ERROR: process did not complete\n------\nERROR: failed to solve: exit code: 1\n";
        assert_eq!(complaint(log), "ERROR: failed to solve: exit code: 1 (npm error code EUSAGE)");
        assert_eq!(complaint("unknown flag: --x\n"), "unknown flag: --x");
    }
}
