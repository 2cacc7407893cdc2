//! What the container starts, and which sources of the project that reaches.

use super::{Form, Origin, Setter, Shipped, built, join, options, script};
use crate::images::Facts;
use crate::project::ecosystems::{go, npm};
use crate::project::sources::{Entry, Language, Scope};
use crate::project::{EntryKind, typescript};
use crate::shell::{self, StartCommand, StartKind, plain_words};
use crate::syntax::Keyword;
use crate::transforms::Missing;

/// The command that the container starts, scripts of `package.json` followed to what they run.
#[derive(Clone, Debug)]
pub(in super::super) struct Program {
    /// Its words.
    pub(in super::super) argv: Vec<String>,
    /// The same, read.
    pub(in super::super) start: StartCommand,
    /// Names of the package manager's commands that were followed on the way: `npm`.
    pub(in super::super) through: Option<String>,
    /// Commands that run before it and may write files, as written.
    pub(in super::super) before: Vec<String>,
    /// Scripts of the project that run it, by their context paths.
    pub(in super::super) scripts: Vec<String>,
}

impl Program {
    /// The program's name without its folder.
    pub(in super::super) fn name(&self) -> &str {
        let word = self.argv.get(self.start.program).map_or("", String::as_str);
        word.rsplit('/').next().unwrap_or(word)
    }
}

/// Entrypoints of base images that run the command they are given and need no root for that.
const TRANSPARENT: &[&str] =
    &["__cacert_entrypoint.sh", "docker-entrypoint.sh", "docker-php-entrypoint", "mvn-entrypoint.sh"];

/// Where programs are found by their names, the folders that hold those of a project.
const PATH: &[&str] = &["/usr/local/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

/// Programs that set variables for another one.
const SETTERS: &[&str] = &["cross-env", "cross-env-shell", "env"];

impl Shipped<'_> {
    /// The words that the container starts with: ENTRYPOINT, then CMD.
    pub(in super::super) fn argv(&self, facts: &Facts, id: &'static str) -> Result<Vec<String>, Missing> {
        self.assembled(facts, id, |index| self.words(index, id))
    }

    /// The same, shell forms with the shell that reads them.
    fn command(&self, facts: &Facts, id: &'static str) -> Result<Vec<String>, Missing> {
        self.assembled(facts, id, |index| match self.form(index) {
            Form::Shell(text) => self.in_shell(index, text, id),
            _ => self.words(index, id),
        })
    }

    fn assembled(
        &self,
        facts: &Facts,
        id: &'static str,
        words: impl Fn(usize) -> Result<Vec<String>, Missing>,
    ) -> Result<Vec<String>, Missing> {
        let start = self.start();
        let mut argv = match start.entrypoint {
            Setter::Cleared => Vec::new(),
            Setter::Instruction(index) => {
                let words = words(index)?;
                // A shell form runs by itself: what CMD says is not even looked at.
                if matches!(self.form(index), Form::Shell(_)) {
                    return Ok(words);
                }
                words
            }
            Setter::BaseImage => entrypoint_words(facts).ok_or_else(|| {
                unknown(id, format!("it is not known which ENTRYPOINT `{}` has", facts.family))
            })?,
        };
        match start.cmd {
            Setter::Cleared => {}
            Setter::Instruction(index) => argv.extend(words(index)?),
            Setter::BaseImage => match facts.cmd {
                None => return Err(unknown(id, format!("it is not known which CMD `{}` has", facts.family))),
                Some(words) => argv.extend(words.iter().cloned()),
            },
        }
        match argv.is_empty() {
            true => Err(unknown(id, "the image starts nothing".to_owned())),
            false => Ok(argv),
        }
    }

    fn in_shell(&self, index: usize, text: &str, id: &'static str) -> Result<Vec<String>, Missing> {
        let line = self.instruction(index).lines.0;
        // `[ -f x ]` is a command of its own.
        let behind = text.trim_start().strip_prefix('[');
        if behind.is_some_and(|rest| !rest.starts_with([' ', '['])) {
            return Err(Missing {
                id,
                text: format!("line {line} is no exec form, so a shell takes its first word for a program"),
                remedy: "write it as JSON alone: double quotes, and no comment behind it".to_owned(),
            });
        }
        let mut words = match self.last(Keyword::Shell).map(|at| self.form(at)) {
            None => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            Some(Form::Exec(words)) => words.into_iter().map(str::to_owned).collect(),
            Some(_) => return Err(unknown(id, format!("line {line} runs in a shell of the file's own"))),
        };
        words.push(text.to_owned());
        Ok(words)
    }

    fn words(&self, index: usize, id: &'static str) -> Result<Vec<String>, Missing> {
        let line = self.instruction(index).lines.0;
        match self.form(index) {
            Form::Exec(words) => Ok(words.into_iter().map(str::to_owned).collect()),
            Form::Empty => Ok(Vec::new()),
            Form::Shell(_) if self.last(Keyword::Shell).is_some() => {
                Err(unknown(id, format!("line {line} runs in a shell of the file's own")))
            }
            Form::Shell(text) => plain_words(text).map_err(|feature| Missing {
                id,
                text: format!(
                    "the start command in line {line} needs a shell for `{}`",
                    feature.span.of(text)
                ),
                remedy: "write it as an exec form, `[\"program\", \"argument\"]`".to_owned(),
            }),
        }
    }

    /// What runs in the end, shells and scripts of the project followed: what dockfix.toml says, else what is started.
    /// What keeps a script from being followed is missing under `script_id`.
    pub(in super::super) fn runs(
        &self,
        facts: &Facts,
        id: &'static str,
        script_id: &'static str,
    ) -> Result<Program, Missing> {
        if let Some(words) = &self.input.options.user.start {
            return self.followed(words.clone(), facts, id);
        }
        let argv = self.command(facts, id)?;
        self.in_the_end(argv, facts, id, script_id)
    }

    /// The program that words run in the end.
    fn in_the_end(
        &self,
        argv: Vec<String>,
        facts: &Facts,
        id: &'static str,
        script_id: &'static str,
    ) -> Result<Program, Missing> {
        let shown = match argv.as_slice() {
            [shell, option, text] if shell == "/bin/sh" && option == "-c" => text.clone(),
            words => words.join(" "),
        };
        let found = script::follow(self, argv, facts).map_err(|why| Missing {
            id: script_id,
            text: format!("`{shown}`: {why}"),
            remedy: "let CMD run the program itself, as an exec form".to_owned(),
        })?;
        let program = self.followed(found.argv, facts, id)?;
        Ok(Program { before: found.before, scripts: found.scripts, ..program })
    }

    /// What is started, if it is this file that says so.
    pub(in super::super) fn program(&self, facts: &Facts, id: &'static str) -> Result<Program, Missing> {
        let argv = self.argv(facts, id)?;
        self.followed(argv, facts, id)
    }

    /// The program where a service puts other words in the place of CMD; `None` where it cannot be told.
    pub(in super::super) fn with_command(
        &self,
        words: &[String],
        facts: &Facts,
        id: &'static str,
    ) -> Option<Program> {
        let own = match self.start().entrypoint {
            Setter::Cleared => Vec::new(),
            Setter::Instruction(index) => match self.form(index) {
                Form::Exec(words) => words.into_iter().map(str::to_owned).collect(),
                Form::Empty => Vec::new(),
                Form::Shell(_) => return None,
            },
            Setter::BaseImage => entrypoint_words(facts)?,
        };
        let argv: Vec<String> = own.into_iter().chain(words.iter().cloned()).collect();
        self.in_the_end(argv, facts, id, id).ok()
    }

    fn followed(&self, argv: Vec<String>, facts: &Facts, id: &'static str) -> Result<Program, Missing> {
        let start = read(&argv).ok_or_else(|| unknown(id, format!("`{}` cannot be told", argv.join(" "))))?;
        if !matches!(start.kind, StartKind::Npm | StartKind::Yarn | StartKind::Pnpm) {
            return Ok(Program { argv, start, through: None, before: Vec::new(), scripts: Vec::new() });
        }
        self.through_scripts(&argv, facts, id)
    }

    /// Follows `npm start` to the one program that it runs in the end.
    fn through_scripts(&self, argv: &[String], facts: &Facts, id: &'static str) -> Result<Program, Missing> {
        let shown = argv.join(" ");
        let remedy = "let CMD run the program itself";
        let missing = |text: String| Missing { id, text, remedy: remedy.to_owned() };
        let folder =
            self.context_workdir(facts).ok_or_else(|| missing(format!("`{shown}` cannot be followed")))?;
        let package = npm::read(self.input.project, &folder)
            .ok_or_else(|| missing(format!("there is no package.json for `{shown}`")))?
            .map_err(|error| missing(error.to_string()))?;
        let runs =
            package.runs(self.input.project, argv).map_err(|why| missing(format!("`{shown}`: {why}")))?;
        // The program that sets variables and then runs another is listed by itself, before that.
        let own: Vec<_> =
            runs.iter().filter(|run| !SETTERS.contains(&run.words.join(" ").as_str())).collect();
        let [run] = own.as_slice() else {
            return Err(missing(format!("`{shown}` runs {} programs", own.len())));
        };
        let start = read(&run.words).ok_or_else(|| missing(format!("`{shown}` cannot be told")))?;
        let through = argv.first().cloned();
        Ok(Program { argv: run.words.clone(), start, through, before: Vec::new(), scripts: Vec::new() })
    }

    /// The folder of the build context that lies at the container's working folder.
    pub(in super::super) fn context_workdir(&self, facts: &Facts) -> Option<String> {
        let folder = self.workdir(facts.workdir)?;
        self.context_folder(self.stage, &folder, facts.workdir)
    }

    /// The sources that the program reaches, as the build context has them.
    pub(in super::super) fn scope(
        &self,
        program: &Program,
        facts: &Facts,
        id: &'static str,
    ) -> Result<Scope, Missing> {
        let start = &program.start;
        let shown = program.argv.join(" ");
        let missing = |text: String| Missing {
            id,
            text,
            remedy: "say in dockfix.toml what the sources would have said".to_owned(),
        };
        if !start.unknown.is_empty() {
            return Err(missing(format!("`{shown}` has options that are not known")));
        }
        let language = match start.kind {
            StartKind::Node => Language::JavaScript,
            StartKind::Bun if bun_file(start).is_some() && !self.loads_more(program) => Language::JavaScript,
            StartKind::Python
            | StartKind::Django
            | StartKind::Flask
            | StartKind::Gunicorn
            | StartKind::Streamlit
            | StartKind::Uvicorn => Language::Python,
            StartKind::Worker if is_plain_worker(program) => Language::Python,
            StartKind::Binary => return self.go_scope(program, facts).map_err(missing),
            StartKind::Unknown if self.named_go(program, facts).is_some() => {
                return self.go_scope(program, facts).map_err(missing);
            }
            _ => {
                let text = match start.development {
                    Some(why) => format!("it is not known what `{shown}` writes: {why}"),
                    None => {
                        format!("the sources behind `{shown}` are in a language whose calls are not followed")
                    }
                };
                return Err(missing(text));
            }
        };
        if let Some(why) = options::written(self, program, facts) {
            return Err(missing(why));
        }
        let mut built = Vec::new();
        let mut more = Vec::new();
        let named = bun_file(start).map(shell::Entry::File);
        let entry = match named.as_ref().or(start.entry.as_ref()) {
            Some(shell::Entry::File(path)) => {
                let (source, compiled) = self.source(path, language, facts).map_err(missing)?;
                built.extend(compiled);
                if start.kind == StartKind::Streamlit {
                    more.extend(self.pages(&source));
                }
                Entry::Script(source)
            }
            Some(shell::Entry::Module(module)) => {
                let entry = self.module(module, start, facts).map_err(missing)?;
                if start.kind == StartKind::Worker {
                    more.extend(self.celery(&entry));
                }
                entry
            }
            // The settings are found by name, and Django loads what they list.
            _ if start.kind == StartKind::Django && is_followed_command(start) => {
                let manage = &program.argv[start.program];
                Entry::Script(self.source(manage, language, facts).map_err(missing)?.0)
            }
            None if start.kind == StartKind::Flask => self.flask(facts).map_err(missing)?,
            _ => return Err(missing(format!("`{shown}` names no source file"))),
        };
        let entries = std::iter::once(entry).chain(more).collect();
        Ok(Scope { language, entries, built })
    }

    /// Whether Bun loads more than the file that it is given: what its options or settings name, or a worker.
    fn loads_more(&self, program: &Program) -> bool {
        const OPTIONS: &[&str] = &["--config", "--preload", "--require", "-c", "-r"];
        let by_option = |word: &String| OPTIONS.contains(&word.split('=').next().unwrap_or(word));
        let project = self.input.project;
        let is_source = |path: &str| Language::of_path(path) == Some(Language::JavaScript);
        let mut files =
            project.files().filter(|entry| is_source(&entry.path) && !entry.path.contains("node_modules/"));
        program.argv.iter().any(by_option)
            || project.files().any(|entry| entry.path.ends_with("bunfig.toml"))
            || files.any(|entry| project.read(&entry.path).is_none_or(|text| text.contains("new Worker(")))
    }

    /// The pages of Streamlit: every script of the folder `pages` beside the first one.
    /// Source: docs.streamlit.io/develop/concepts/multipage-apps/pages-directory.
    fn pages(&self, script: &str) -> Option<Entry> {
        let folder =
            script.rsplit_once('/').map_or("pages".to_owned(), |(folder, _)| format!("{folder}/pages"));
        let is_folder = |entry: &crate::project::Entry| entry.kind == EntryKind::Directory;
        self.input.project.entry(&folder).is_some_and(is_folder).then_some(Entry::Folder(folder))
    }

    /// The module that Celery looks for where the one that it is given is a package: `proj.celery`.
    /// Source: docs.celeryq.dev/en/stable/getting-started/next-steps.html, "About the --app argument".
    fn celery(&self, entry: &Entry) -> Option<Entry> {
        let Entry::Module { name, root, .. } = entry else { return None };
        let path = format!("{}/celery.py", name.replace('.', "/"));
        let path = if root.is_empty() { path } else { format!("{root}/{path}") };
        let found = self.input.project.sent(&path);
        found.then(|| Entry::Module { name: format!("{name}.celery"), root: root.clone(), main: false })
    }

    /// What a command that runs before the program runs in the end: a script of the project, most often.
    pub(in super::super) fn prepares(
        &self,
        words: Vec<String>,
        facts: &Facts,
        id: &'static str,
    ) -> Result<Program, Missing> {
        self.followed(words, facts, id)
    }

    /// The context path of a script that stands at `path` in the container; with the folder that it is built into and
    /// that of the source, where a build makes it.
    fn source(
        &self,
        path: &str,
        language: Language,
        facts: &Facts,
    ) -> Result<(String, Option<(String, String)>), String> {
        let folder = self.workdir(facts.workdir).ok_or("the working folder is not known")?;
        let whole = join(&folder, path);
        let ends: &[&str] =
            if language == Language::JavaScript { &["", ".js", ".cjs", ".mjs", "/index.js"] } else { &[""] };
        for end in ends {
            match self.origin(&format!("{whole}{end}"), facts.workdir) {
                Origin::Context(found)
                    if self
                        .input
                        .project
                        .entry(&found)
                        .is_some_and(|entry| matches!(entry.kind, EntryKind::File { .. })) =>
                {
                    return Ok((found, None));
                }
                Origin::Unknown => return Err(format!("it cannot be told where `{path}` comes from")),
                _ => {}
            }
        }
        let (built, source) = self
            .compiled_from(&whole, language, facts)
            .ok_or_else(|| format!("`{path}` is not copied from the build context"))?;
        let folder =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let folders = (folder(&built), folder(&source));
        Ok((source, Some(folders)))
    }

    /// The file that a RUN makes, as if it stood in the context, and its source: `dist/main.js` and `src/main.ts`, as the
    /// settings of TypeScript say.
    fn compiled_from(&self, path: &str, language: Language, facts: &Facts) -> Option<(String, String)> {
        if language != Language::JavaScript {
            return None;
        }
        let (stage, made) = self.made_in(path, facts.workdir)?;
        // The package's folder is one of those above the file: the settings that name its folder stand there.
        let mut folder = made.rsplit_once('/')?.0;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let place = if folder.is_empty() { "/" } else { folder };
            if let Some(context) = self.context_folder(stage, place, facts.workdir) {
                let rest = made.strip_prefix(folder)?.trim_start_matches('/');
                let built = if context.is_empty() { rest.to_owned() } else { format!("{context}/{rest}") };
                if let Some(source) = typescript::source_of(self.input.project, &context, &built) {
                    return Some((built, source));
                }
            }
            if folder.is_empty() {
                return None;
            }
        }
    }

    /// `app:app`, `package.module`, as the server finds it from the working folder.
    fn module(&self, module: &str, start: &StartCommand, facts: &Facts) -> Result<Entry, String> {
        let name = module.split(':').next().unwrap_or(module).to_owned();
        let root =
            self.context_workdir(facts).ok_or("the working folder is not copied from the build context")?;
        let main = start.kind == StartKind::Python;
        Ok(Entry::Module { name, root, main })
    }

    /// What `flask run` finds by itself: `FLASK_APP`, else `wsgi.py`, else `app.py`.
    fn flask(&self, facts: &Facts) -> Result<Entry, String> {
        let root =
            self.context_workdir(facts).ok_or("the working folder is not copied from the build context")?;
        let file = |name: &str| if root.is_empty() { name.to_owned() } else { format!("{root}/{name}") };
        let sets = |index: usize| self.instruction(index).joined.text().contains("FLASK_APP");
        if self.instructions().any(sets) {
            let app = self.environment("FLASK_APP").ok_or("the value of FLASK_APP is not plain")?;
            let app = app.split(':').next().unwrap_or(app);
            return match app.strip_suffix(".py") {
                Some(_) => Ok(Entry::Script(file(app.trim_start_matches("./")))),
                None => Ok(Entry::Module { name: app.to_owned(), root, main: false }),
            };
        }
        let found = ["wsgi.py", "app.py"].into_iter().map(file).find(|path| self.input.project.sent(path));
        found.map(Entry::Script).ok_or_else(|| "there is no wsgi.py or app.py for Flask".to_owned())
    }

    /// Where a build of Go writes a program that is found by its name alone.
    fn named_go(&self, program: &Program, facts: &Facts) -> Option<String> {
        let word = program.argv.get(program.start.program).filter(|word| !word.contains('/'))?;
        let mut places = PATH.iter().map(|folder| format!("{folder}/{word}"));
        places.find(|place| built::is_go_output(self, place, facts.workdir))
    }

    /// Whether a program that is found by its name is one that this file builds of Go.
    pub(in super::super) fn is_own_go(&self, program: &Program, facts: &Facts) -> bool {
        self.named_go(program, facts).is_some()
    }

    /// The one program of a Go module that the file builds.
    fn go_scope(&self, program: &Program, facts: &Facts) -> Result<Scope, String> {
        let folder = self.workdir(facts.workdir).ok_or("the working folder is not known")?;
        let named = self.named_go(program, facts);
        let path = named.unwrap_or_else(|| join(&folder, &program.argv[program.start.program]));
        if self.origin(&path, facts.workdir) != Origin::NotCopied {
            return Err(format!("it is not known what `{path}` does"));
        }
        let project = self.input.project;
        if project.entry("go.mod").is_none() {
            return Err(format!("the sources of `{path}` are in a language whose calls are not followed"));
        }
        if let Some(package) = built::go_package(self, &path, facts.workdir) {
            return Ok(Scope {
                language: Language::Go,
                entries: vec![Entry::Package(package)],
                built: Vec::new(),
            });
        }
        let found = go::sources(project, "");
        match found.mains.as_slice() {
            [main] if main.certain => {
                let entries = vec![Entry::Package(main.folder.clone())];
                Ok(Scope { language: Language::Go, entries, built: Vec::new() })
            }
            mains => Err(format!(
                "the module has {} programs, and which of them `{path}` is cannot be told",
                mains.len()
            )),
        }
    }
}

/// The file that Bun runs: `bun index.ts`, `bun run index.ts`.
fn bun_file(start: &StartCommand) -> Option<String> {
    const ENDS: &[&str] = &[".js", ".jsx", ".mjs", ".mts", ".ts", ".tsx"];
    match start.entry.as_ref().filter(|_| start.kind == StartKind::Bun)? {
        shell::Entry::File(path) | shell::Entry::Script(path) => {
            ENDS.iter().any(|end| path.ends_with(end)).then(|| path.clone())
        }
        _ => None,
    }
}

/// Whether it is a worker of Celery that keeps no schedule in a file, as `beat` and `-B` do.
fn is_plain_worker(program: &Program) -> bool {
    // `-EB` is both.
    let letters = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('B');
    let schedules = |word: &String| word.starts_with("--beat") || letters(word);
    program.name() == "celery"
        && program.start.command.as_deref() == Some("worker")
        && !program.argv.iter().any(schedules)
}

/// Whether `manage.py` loads the project and does no more than its sources say, for this command.
fn is_followed_command(start: &StartCommand) -> bool {
    matches!(start.command.as_deref(), Some("check" | "collectstatic" | "migrate" | "runserver"))
}

/// The words of a base image's ENTRYPOINT, none where it only runs what it is given.
fn entrypoint_words(facts: &Facts) -> Option<Vec<String>> {
    let words = facts.entrypoint?;
    let transparent =
        words.last().is_some_and(|word| TRANSPARENT.contains(&word.rsplit('/').next().unwrap_or(word)));
    Some(if transparent { Vec::new() } else { words.to_vec() })
}

fn read(argv: &[String]) -> Option<StartCommand> {
    let words: Vec<Option<&str>> = argv.iter().map(|word| Some(word.as_str())).collect();
    shell::start(&words)
}

fn unknown(id: &'static str, text: String) -> Missing {
    Missing { id, text, remedy: "write the start command into CMD, as an exec form".to_owned() }
}
