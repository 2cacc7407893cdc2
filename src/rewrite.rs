//! The fold over the transforms: each gets one turn on the current text, and every result is verified.

use std::collections::BTreeSet;

use crate::config::{LineEnding, Options};
use crate::edit::{self, Applicability, Edit};
use crate::model::logical::Grade;
use crate::project::Project;
use crate::project::builds::Build;
use crate::project::dockerignore::IgnoreFile;
use crate::shell::ShellCache;
use crate::source::{Place, Source, Span};
use crate::suppression::{self, Suppressions};
use crate::syntax::{Document, Keyword};
use crate::transforms::{self, Diagnostic, Effect, Fix, Input, Missing, NewFile, Part, Reason, Transform};
use crate::verify::{self, Claim, Parsed};

/// One Dockerfile to rewrite.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Its text; the name is what messages show.
    pub source: Source,
    /// Its path relative to the context folder, if it lies inside.
    pub path: Option<String>,
    /// The settings in force for it.
    pub options: Options,
    /// What the project says about builds of it.
    pub builds: Vec<Build>,
}

/// The unit of work: a build context, and every Dockerfile that is built from it under one ignore file.
#[derive(Clone, Debug)]
pub struct BuildContext {
    /// The Dockerfiles, in the order in which they are reported.
    pub dockerfiles: Vec<Dockerfile>,
    /// The folder, seen through its ignore file.
    pub project: Project,
}

/// A fix that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Name of the transform.
    pub transform: &'static str,
    /// What may differ in what gets built.
    pub effect: Effect,
    /// Whether it was applied without being proven, because the user asked for that.
    pub unproven: bool,
    /// What was done.
    pub title: String,
    /// The preconditions that hold.
    pub reasons: Vec<Reason>,
}

/// A fix that was not applied, and what is missing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldBack {
    /// Name of the transform.
    pub transform: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where, in the original text if that can still be told.
    pub place: Option<Place>,
    /// The preconditions that could not be proven.
    pub missing: Vec<Missing>,
    /// Whether `--unsafe` would apply it.
    pub available: bool,
}

/// Something that a transform has to say, and that a comment keeps from being said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suppressed {
    /// Name of the transform.
    pub transform: &'static str,
    /// What is wrong, in the transform's eyes.
    pub message: String,
    /// Where the comment stands, in the original text if that can still be told.
    pub place: Option<Place>,
    /// The comment.
    pub comment: String,
}

/// A comment of ours that does not do what its author thinks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// A result that broke a law and was thrown away: a defect of dockfix, to be reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejected {
    /// Name of the transform.
    pub transform: &'static str,
    /// The law that was broken and how.
    pub law: String,
}

/// A syntax error of the Dockerfile, which is then left alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong and what to do.
    pub message: String,
}

/// What became of one Dockerfile.
#[derive(Clone, Debug)]
pub struct FileOutcome {
    /// The text as it was.
    pub before: Source,
    /// The text as it should be; equal where nothing is to be changed.
    pub after: Source,
    /// Fixes in the order of their turns.
    pub applied: Vec<Applied>,
    /// Fixes that wait for something.
    pub held_back: Vec<HeldBack>,
    /// What comments keep away.
    pub suppressed: Vec<Suppressed>,
    /// Comments of ours that keep nothing away.
    pub remarks: Vec<Remark>,
    /// Syntax errors; if there are any, nothing else was done.
    pub faults: Vec<Fault>,
    /// Results that were thrown away.
    pub rejected: Vec<Rejected>,
    /// Lines of the original at which each RUN begins whose shell text has other blanks between its words now: the next
    /// build runs it anew, once.
    pub respaced: BTreeSet<usize>,
}

/// What became of a context.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// One for each Dockerfile, in the order given.
    pub files: Vec<FileOutcome>,
    /// Files to create in the context folder, to be written before any Dockerfile.
    pub created: Vec<NewFile>,
    /// The ignore file, where it is changed; to be written before any Dockerfile too.
    pub ignore: Option<ChangedIgnore>,
}

/// An ignore file that is changed.
#[derive(Clone, Debug)]
pub struct ChangedIgnore {
    /// Path relative to the context folder.
    pub path: String,
    /// The text as it was.
    pub before: Source,
    /// The text as it should be.
    pub after: Source,
}

/// Gives every enabled transform its turn, in the order of [`transforms::ALL`].
///
/// Nothing is read or written; a file with syntax errors is reported and left as it is.
pub fn rewrite(context: &BuildContext) -> Outcome {
    rewrite_with(context, transforms::ALL)
}

/// The same with a list of transforms of the caller's: one alone, for a report or a test.
pub fn rewrite_with(context: &BuildContext, transforms: &[&Transform]) -> Outcome {
    let mut fold = Fold::new(context);
    for transform in transforms {
        for index in 0..fold.files.len() {
            if transform.enabled(fold.files[index].options) {
                fold.turn(transform, index);
            }
        }
    }
    let ignore = fold.ignore.filter(|ignore| ignore.before.text() != ignore.after.text());
    let files = fold.files.into_iter().map(|file| file.finish(transforms)).collect();
    Outcome { files, created: fold.created, ignore }
}

/// The context as the transforms so far left it.
struct Fold<'c> {
    files: Vec<State<'c>>,
    project: Project,
    shell: ShellCache,
    created: Vec<NewFile>,
    ignore: Option<ChangedIgnore>,
}

/// One file as the transforms so far left it.
struct State<'c> {
    path: Option<&'c str>,
    options: &'c Options,
    builds: &'c [Build],
    now: Parsed,
    history: History,
    outcome: FileOutcome,
    /// What may be changed, where that is not everything.
    range: Option<Span>,
    /// Which names of which comments kept something away; comments keep their order from turn to turn.
    used: Vec<(usize, usize)>,
}

impl<'c> Fold<'c> {
    fn new(context: &'c BuildContext) -> Fold<'c> {
        let files = context.dockerfiles.iter().map(State::new).collect();
        let ignore = editable(context.project.ignore());
        let (shell, created) = (ShellCache::default(), Vec::new());
        Fold { files, project: context.project.clone(), shell, created, ignore }
    }

    fn turn(&mut self, transform: &Transform, index: usize) {
        if !self.files[index].outcome.faults.is_empty() {
            return;
        }
        let siblings: Vec<&Source> = self.files.iter().map(|file| &file.now.source).collect();
        let file = &self.files[index];
        let input = Input {
            source: &file.now.source,
            document: &file.now.document,
            model: &file.now.model,
            project: &self.project,
            siblings: &siblings,
            path: file.path,
            options: file.options,
            builds: file.builds,
            shell: &self.shell,
        };
        let mut diagnostics = (transform.run)(&input);
        if file.options.text_only {
            diagnostics.iter_mut().for_each(refuse_new_file);
        }
        let file = &mut self.files[index];
        diagnostics.retain(|diagnostic| file.in_range(diagnostic));
        let diagnostics = file.allowed(transform, diagnostics);
        let wanted = if file.options.unproven { Applicability::Unsafe } else { Applicability::Safe };
        let (take, wait): (Vec<Diagnostic>, Vec<Diagnostic>) = diagnostics
            .into_iter()
            .partition(|found| found.fix.as_ref().is_some_and(|fix| fix.applicability >= wanted));
        for diagnostic in wait {
            file.hold_back(transform, diagnostic);
        }
        let fixes: Vec<&Fix> = take.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()).collect();
        if fixes.is_empty() {
            return;
        }
        let ignored: Vec<Edit> = fixes.iter().flat_map(|fix| fix.ignore.iter().cloned()).collect();
        // Both texts keep the laws, or none is changed.
        let ignore = match self.ignore.as_ref().filter(|_| !ignored.is_empty()) {
            Some(now) => edited(&now.after, &ignored).map(Some),
            None => Ok(None),
        };
        match ignore.and_then(|ignore| file.apply(transform, &fixes).map(|()| ignore)) {
            Err(law) => file.outcome.rejected.push(Rejected { transform: transform.name, law }),
            Ok(ignore) => {
                let created: Vec<NewFile> = fixes.iter().filter_map(|fix| fix.create.clone()).collect();
                file.note(transform, take);
                self.create(created);
                self.change_ignore(ignore);
            }
        }
    }

    /// The project is read again through the changed ignore file.
    fn change_ignore(&mut self, after: Option<Source>) {
        let (Some(after), Some(ignore)) = (after, self.ignore.as_mut()) else { return };
        self.project = self.project.with_ignore(IgnoreFile::parse(after.text()).at(&ignore.path));
        ignore.after = after;
    }

    /// The project is read again through a new ignore file, so that later transforms see what will be sent.
    fn create(&mut self, files: Vec<NewFile>) {
        for file in files {
            if file.path == ".dockerignore" {
                // A new file is whole as it is: nobody edits it in the same run.
                let ignore = IgnoreFile::parse(&file.text).at(&file.path).without_text();
                self.project = self.project.with_ignore(ignore);
            }
            self.created.push(file);
        }
    }
}

impl<'c> State<'c> {
    fn new(file: &'c Dockerfile) -> State<'c> {
        let now = Parsed::new(file.source.clone());
        let faults = now.document.errors.iter().map(|error| Fault {
            place: file.source.place(error.span.start()),
            message: match &error.help {
                // BuildKit's own words hold a suggestion already.
                Some(help) if help.starts_with("did you mean") && error.message.contains("did you mean") => {
                    error.message.clone()
                }
                Some(help) => format!("{}; {help}", error.message),
                None => error.message.clone(),
            },
        });
        let range = file.options.lines.map(|lines| whole_instructions(&now.document, &file.source, lines));
        let outcome = FileOutcome {
            before: file.source.clone(),
            after: file.source.clone(),
            applied: Vec::new(),
            held_back: Vec::new(),
            suppressed: Vec::new(),
            remarks: Vec::new(),
            faults: faults.collect(),
            rejected: Vec::new(),
            respaced: BTreeSet::new(),
        };
        State {
            path: file.path.as_deref(),
            options: &file.options,
            builds: &file.builds,
            now,
            range,
            history: History::default(),
            outcome,
            used: Vec::new(),
        }
    }

    /// Whether a diagnostic lies within the lines that may be changed, with all that its fix touches.
    fn in_range(&self, diagnostic: &Diagnostic) -> bool {
        let Some(range) = self.range else { return true };
        let end_of_text = self.now.source.text().len();
        let inside = |span: Span| {
            // What is inserted below the last line stands on the next one.
            let below = span.is_empty() && span.start() == range.end() && range.end() != end_of_text;
            range.contains(span) && !range.is_empty() && !below
        };
        match &diagnostic.fix {
            None => inside(diagnostic.span),
            Some(fix) => {
                fix.create.is_none()
                    && fix.ignore.is_empty()
                    && fix.edits.iter().all(|edit| inside(edit.span))
            }
        }
    }

    /// The diagnostics that no comment keeps away.
    fn allowed(&mut self, transform: &Transform, diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.now.suppressions.is_empty() {
            return diagnostics;
        }
        let subject = transform.subject();
        let mut allowed = Vec::with_capacity(diagnostics.len());
        for diagnostic in diagnostics {
            let keeping = self.now.suppressions.keeping(&subject, &self.place_of(transform, &diagnostic));
            let Some((first, _)) = keeping.first() else {
                allowed.push(diagnostic);
                continue;
            };
            let span = self.now.suppressions.all()[*first].span;
            self.outcome.suppressed.push(Suppressed {
                transform: transform.name,
                message: diagnostic.message,
                place: self.history.original(span.start()).map(|at| self.outcome.before.place(at)),
                comment: span.of(self.now.source.text()).trim_end().to_owned(),
            });
            self.used.extend(keeping);
        }
        allowed
    }

    /// What comments have to cover to keep a diagnostic away.
    fn place_of(&self, transform: &Transform, diagnostic: &Diagnostic) -> suppression::Place<'_> {
        let edits = diagnostic.fix.iter().flat_map(|fix| fix.edits.iter().map(|edit| edit.span));
        let instructions = &self.now.document.instructions;
        let after = instructions.partition_point(|one| one.span.start() <= diagnostic.span.start());
        let stage = after.checked_sub(1).and_then(|at| self.now.model.stage_of(at));
        let judged = stage.filter(|_| transform.judges_stage());
        suppression::Place {
            span: diagnostic.span,
            edits: edits.collect(),
            judged: judged.map(|stage| self.now.model.stages[stage].instructions.clone()),
            document: &self.now.document,
        }
    }

    fn hold_back(&mut self, transform: &Transform, diagnostic: Diagnostic) {
        let place = self.history.original(diagnostic.span.start()).map(|at| self.outcome.before.place(at));
        self.outcome.held_back.push(HeldBack {
            transform: transform.name,
            message: diagnostic.message,
            place,
            missing: diagnostic.missing,
            available: diagnostic.fix.is_some_and(|fix| fix.applicability == Applicability::Unsafe),
        });
    }

    /// Applies all fixes of one turn, if the result keeps the laws.
    fn apply(&mut self, transform: &Transform, fixes: &[&Fix]) -> Result<(), String> {
        let edits: Vec<Edit> = fixes.iter().flat_map(|fix| fix.edits.iter().cloned()).collect();
        if edits.is_empty() {
            return Ok(());
        }
        let text = edit::apply(self.now.source.text(), &edits).map_err(|error| format!("edits: {error}"))?;
        let source = self.now.source.with_text(&text).map_err(|error| format!("edits: {error}"))?;
        let after = Parsed::new(source);
        let mut declares: Vec<Part> = fixes.iter().flat_map(|fix| fix.declares.iter().copied()).collect();
        declares.sort_unstable();
        declares.dedup();
        let respaces = declares.contains(&Part::ShellBlanks);
        let grade = if respaces { Grade::SameWords } else { Grade::SameString };
        let converts =
            transform.effect == Effect::Layout && self.options.layout.line_ending() != LineEnding::Keep;
        let claim = Claim { effect: transform.effect, grade, declares, converts };
        verify::check(&self.now, &after, &edits, &claim)?;
        if respaces {
            self.note_respaced(&after, &edits);
        }
        self.history.push(&edits);
        // Every edit lies within the range, so only its end moves.
        let (before, now) = (self.now.source.text().len(), after.source.text().len());
        self.range = self.range.map(|range| Span::new(range.start(), range.end() + now - before));
        self.now = after;
        Ok(())
    }

    /// Notes each RUN whose string is another now. Comments between their lines are no part of it.
    fn note_respaced(&mut self, after: &Parsed, edits: &[Edit]) {
        let pairs = self.now.document.instructions.iter().zip(&after.document.instructions);
        let edited = pairs.filter(|(one, _)| edits.iter().any(|edit| one.span.overlaps(edit.span)));
        let runs = edited.filter(|(one, _)| one.keyword == Keyword::Run);
        let respaced = runs.filter(|(one, other)| one.text(one.rest) != other.text(other.rest));
        let starts = respaced.map(|(one, _)| one.span.start());
        let lines = starts.filter_map(|at| self.history.original(at)).map(|at| self.outcome.before.line(at));
        let lines: Vec<usize> = lines.collect();
        self.outcome.respaced.extend(lines);
    }

    fn note(&mut self, transform: &Transform, taken: Vec<Diagnostic>) {
        for diagnostic in taken {
            let Some(fix) = diagnostic.fix else { continue };
            self.outcome.applied.push(Applied {
                transform: transform.name,
                effect: transform.effect,
                unproven: fix.applicability < Applicability::Safe,
                title: fix.title,
                reasons: diagnostic.reasons,
            });
        }
    }

    fn finish(mut self, transforms: &[&Transform]) -> FileOutcome {
        self.outcome.remarks = self.remarks(transforms);
        self.outcome.after = self.now.source;
        self.outcome
    }
}

impl State<'_> {
    /// What is wrong with our own comments: they say nothing that is known, or keep nothing away.
    fn remarks(&self, transforms: &[&Transform]) -> Vec<Remark> {
        if !self.outcome.faults.is_empty() || !self.outcome.before.text().contains("dockfix:") {
            return Vec::new();
        }
        let before = Parsed::new(self.outcome.before.clone());
        let found: &Suppressions = &before.suppressions;
        let remark =
            |span: Span, message: String| Remark { place: before.source.place(span.start()), message };
        let comment = |span: Span| span.of(before.source.text()).trim_end();
        let mut remarks: Vec<Remark> = Vec::new();
        for problem in found.problems() {
            remarks.push(remark(problem.span, format!("`{}` {}", comment(problem.span), problem.message)));
        }
        for (at, one) in found.all().iter().enumerate().filter(|(_, one)| one.is_accountable()) {
            for (index, name) in one.names.iter().enumerate() {
                let concerned = |transform: &&&Transform| one.concerns(index, &transform.subject());
                let mut meant = transforms::ALL.iter().filter(concerned).peekable();
                if meant.peek().is_none() {
                    let message = transforms::unknown_name(name);
                    remarks.push(remark(one.span, format!("`{}`: {message}", comment(one.span))));
                    continue;
                }
                // What had no turn cannot have been kept away.
                let had_turn = |transform: &&Transform| {
                    transforms.iter().any(|other| other.name == transform.name)
                        && transform.enabled(self.options)
                };
                if meant.all(had_turn) && !self.used.contains(&(at, index)) {
                    let message = format!("`{}`: `{name}` keeps nothing away; it can go", comment(one.span));
                    remarks.push(remark(one.span, message));
                }
            }
        }
        remarks.sort_by_key(|remark| remark.place);
        remarks
    }
}

/// The lines from the first to the last, those of the instructions that they belong to among them.
fn whole_instructions(document: &Document, source: &Source, (first, last): (usize, usize)) -> Span {
    let instructions = document.instructions.iter().map(|instruction| instruction.lines);
    let touched = instructions.filter(|(start, end)| *start <= last && first <= *end);
    let (first, last) =
        touched.fold((first, last), |(first, last), (start, end)| (first.min(start), last.max(end)));
    Span::new(source.line_start(first), source.line_start(last.saturating_add(1)))
}

/// The ignore file in force, if it may be edited.
fn editable(ignore: &IgnoreFile) -> Option<ChangedIgnore> {
    let path = ignore.path()?.to_owned();
    let source = Source::new(&path, ignore.text()?).ok()?;
    Some(ChangedIgnore { path, before: source.clone(), after: source })
}

/// An ignore file after its edits, if the result keeps the laws.
fn edited(before: &Source, edits: &[Edit]) -> Result<Source, String> {
    let text = edit::apply(before.text(), edits).map_err(|error| format!("edits: {error}"))?;
    let after = before.with_text(&text).map_err(|error| format!("edits: {error}"))?;
    verify::check_ignore(before, &after, edits)?;
    Ok(after)
}

/// Without its other file, a fix is none at all.
fn refuse_new_file(diagnostic: &mut Diagnostic) {
    if diagnostic.fix.as_ref().is_some_and(|fix| !fix.ignore.is_empty()) {
        diagnostic.missing.push(Missing {
            id: "new-file",
            text: "the ignore file would have to be changed, and only this text is rewritten".to_owned(),
            remedy: "run `dockfix --write` on the folder".to_owned(),
        });
        diagnostic.fix = None;
    }
    if let Some(NewFile { path, .. }) = diagnostic.fix.as_ref().and_then(|fix| fix.create.as_ref()) {
        diagnostic.missing.push(Missing {
            id: "new-file",
            text: format!("`{path}` would have to be created, and only this text is rewritten"),
            remedy: "run `dockfix --write` on the folder".to_owned(),
        });
        diagnostic.fix = None;
    }
}

/// The edits of all turns so far, to lead an offset back to the original text.
#[derive(Default)]
struct History {
    turns: Vec<Vec<(Span, usize)>>,
}

impl History {
    fn push(&mut self, edits: &[Edit]) {
        let mut turn: Vec<(Span, usize)> = edits.iter().map(|edit| (edit.span, edit.text.len())).collect();
        turn.sort_unstable();
        self.turns.push(turn);
    }

    /// Where an offset of the present text stood in the original; `None` inside text that a fix wrote.
    fn original(&self, offset: usize) -> Option<usize> {
        self.turns.iter().rev().try_fold(offset, |offset, turn| {
            let (mut added, mut cut) = (0, 0);
            for (span, length) in turn {
                let start = span.start() + added - cut;
                if offset < start {
                    break;
                }
                if offset < start + length {
                    return None;
                }
                added += length;
                cut += span.len();
            }
            Some(offset + cut - added)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Choice, Selection};
    use crate::transforms::Category;

    /// Creates a file and writes a comment that speaks of it.
    const CREATING: Transform = Transform {
        name: "create",
        summary: "",
        category: Category::Layout,
        effect: Effect::Layout,
        default: true,
        fixes: &[],
        explain: "",
        examples: &[],
        run: |_| {
            let create = Some(NewFile { path: ".dockerignore".to_owned(), text: ".git\n".to_owned() });
            let edits = vec![Edit::insert(0, "# see .dockerignore\n")];
            let (title, applicability) = ("create it".to_owned(), Applicability::Safe);
            let (ignore, declares) = (Vec::new(), Vec::new());
            let fix = Some(Fix { title, applicability, edits, create, ignore, declares });
            let message = "nothing is ignored".to_owned();
            vec![Diagnostic { span: Span::empty(0), message, reasons: Vec::new(), missing: Vec::new(), fix }]
        },
    };

    fn outcome(options: Options) -> Outcome {
        let source = Source::new("Dockerfile", "FROM a\n").expect("a small text");
        let dockerfiles = vec![Dockerfile { source, path: None, options, builds: Vec::new() }];
        rewrite_with(&BuildContext { dockerfiles, project: Project::unknown() }, &[&CREATING])
    }

    #[test]
    fn fix_that_needs_a_new_file_waits_where_none_can_be_written() {
        let outcome = outcome(Options { text_only: true, unproven: true, ..Options::default() });
        assert_eq!((outcome.created.len(), outcome.files[0].after.text()), (0, "FROM a\n"));
        let held = &outcome.files[0].held_back[0];
        assert_eq!((held.missing[0].id, held.available), ("new-file", false));
    }

    #[test]
    fn new_file_comes_with_its_edits() {
        let outcome = outcome(Options::default());
        assert_eq!(outcome.created.len(), 1);
        assert_eq!(outcome.files[0].after.text(), "# see .dockerignore\nFROM a\n");
    }

    /// Writes an instruction between the last one and its comment, and touches nothing.
    const PARTING: Transform = Transform {
        name: "part",
        effect: Effect::NewImage,
        run: |input| {
            let last = input.document.instructions.last().map_or(0, |last| last.span.start());
            let edits = vec![Edit::insert(last, "RUN z\n")];
            let (title, applicability) = ("write it".to_owned(), Applicability::Safe);
            let (create, ignore, declares) = (None, Vec::new(), Vec::new());
            let fix = Some(Fix { title, applicability, edits, create, ignore, declares });
            let message = "something is missing".to_owned();
            vec![Diagnostic { span: Span::empty(0), message, reasons: Vec::new(), missing: Vec::new(), fix }]
        },
        ..CREATING
    };

    #[test]
    fn no_comment_is_parted_from_what_it_governs() {
        for comment in [
            "# hadolint ignore=DL3025",
            "# dockfix: ignore=exec-form",
            "# check=skip=JSONArgsRecommended",
            "# dockfix: off",
        ] {
            let text = format!("FROM a\n{comment}\nRUN x\n");
            let source = Source::new("Dockerfile", &text).expect("a small text");
            let dockerfiles =
                vec![Dockerfile { source, path: None, options: Options::default(), builds: Vec::new() }];
            let context = BuildContext { dockerfiles, project: Project::unknown() };
            let file = rewrite_with(&context, &[&PARTING]).files.remove(0);
            assert_eq!(file.after.text(), text);
            let told = file.rejected.iter().any(|rejected| rejected.law.starts_with("suppression"));
            // Within a stretch that is off the fix is not even tried.
            assert!(told || file.suppressed.len() == 1, "{comment}: {:?}", file.rejected);
        }
    }

    /// What becomes of a text when only some lines may be changed.
    fn within(lines: (usize, usize), text: &str) -> String {
        let only = Choice { select: Some(vec!["layout".to_owned()]), ignore: Vec::new() };
        let selection = Selection::default().then(only);
        let options = Options { selection, lines: Some(lines), ..Options::default() };
        let source = Source::new("Dockerfile", text).expect("a small text");
        let dockerfiles = vec![Dockerfile { source, path: None, options, builds: Vec::new() }];
        let context = BuildContext { dockerfiles, project: Project::unknown() };
        rewrite(&context).files.remove(0).after.text().to_owned()
    }

    #[test]
    fn only_the_lines_of_the_range_are_changed() {
        let text = "from  a \nrun x \nfrom  b \nenv  A=1 \\\n B=2 \nrun y ";
        assert_eq!(within((2, 2), text), "from  a \nRUN x\nfrom  b \nenv  A=1 \\\n B=2 \nrun y ");
        // A stage in the range is parted from what is above it; an instruction is laid out as a whole.
        assert_eq!(within((3, 4), text), "from  a \nrun x \n\nFROM b\nENV A=1 \\\n    B=2\nrun y ");
        assert_eq!(within((6, 9), text), "from  a \nrun x \nfrom  b \nenv  A=1 \\\n B=2 \nRUN y\n");
        assert_eq!(within((7, 9), text), text);
    }
}
