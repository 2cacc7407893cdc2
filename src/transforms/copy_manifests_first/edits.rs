//! The text of the fix: the manifests' COPY above the install, the sources' COPY behind it.

use super::super::Missing;
use super::super::shipped::join;
use super::super::writing::{block, insert_above, with_comments};
use super::around::{stays, written_flags};
use super::commands::Step;
use super::placement::{below, folder_at, is_known};
use super::site::{Group, Landing, Site};
use super::turn::Turn;
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::{JoinedSpan, TokenKind};

/// The edits for the first `sites` installs of a group; or why they cannot be written.
pub(super) fn write(turn: &Turn<'_>, group: &Group<'_>, sites: &[Site<'_>]) -> Result<Vec<Edit>, Missing> {
    let input = turn.input;
    let writer = Writer { turn, group };
    let (Some(first), Some(last)) = (sites.first(), sites.last()) else { return Ok(Vec::new()) };
    if stays(turn, group, first) {
        let lines = writer.before(first, group.copy)?;
        return Ok(vec![insert_above(input, group.copy, &lines)]);
    }
    let moved = writer.moved(last)?;
    let mut edits = Vec::new();
    for (at, site) in sites.iter().enumerate() {
        if at == 0 && moved.fills_gap {
            // The manifests take the place of the sources, so that blank lines and a comment stay where they are.
            edits.push(Edit::replace(moved.gap, block(input, &writer.before(site, group.copy)?)));
        } else {
            let lines = writer.before(site, site.run)?;
            // Two insertions at one place would be one too many: the sources follow the download at once.
            let behind = if site.landing == Landing::Before { moved.text.as_str() } else { "" };
            let place = input.document.comment_block(site.run).start();
            let text = format!("{}{behind}", block(input, &lines));
            if !text.is_empty() {
                edits.push(Edit::insert(place, text));
            }
        }
    }
    if !moved.fills_gap {
        edits.push(Edit::delete(moved.gap));
    }
    edits.extend(writer.landing(last, &moved)?);
    Ok(edits)
}

fn missing(id: &'static str, text: impl Into<String>, remedy: &str) -> Missing {
    Missing { id, text: text.into(), remedy: remedy.to_owned() }
}

/// The commands that change the folder, as they are written.
fn folders(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().filter(|step| step.changes_folder().is_some()).map(|step| step.line.as_str())
}

fn exec_form() -> Missing {
    missing("MC4", "an exec form cannot be parted", "put the install into a RUN of its own")
}

fn comment_at_the_cut() -> Missing {
    let text = "a comment stands where the RUN would be parted";
    missing("comment-in-the-way", text, "move the comment, or part the RUN by hand")
}

struct Writer<'a> {
    turn: &'a Turn<'a>,
    group: &'a Group<'a>,
}

/// The COPY of the sources on its way.
struct Moved {
    /// What is taken away where it stood.
    gap: Span,
    /// What is put down elsewhere, with its last line end.
    text: String,
    /// Whether the manifests come where it stood.
    fills_gap: bool,
}

impl Writer<'_> {
    /// The COPY with the comments above it, which go along unless they would overtake other comments.
    fn moved(&self, last: &Site<'_>) -> Result<Moved, Missing> {
        let document = self.turn.input.document;
        let copy = self.group.copy;
        let (line, whole) = (document.line_span(copy), with_comments(document, copy));
        let end = match last.landing {
            Landing::Before => document.comment_block(last.run).start(),
            _ => document.instructions[last.run].span.end(),
        };
        let overtakes = document.tokens.iter().any(|token| {
            token.kind == TokenKind::Comment && token.span.start() >= line.end() && token.span.end() <= end
        });
        let stays = overtakes && whole.start() < line.start();
        if overtakes && !document.instructions[copy].inner_comments.is_empty() {
            return Err(missing(
                "comment-in-the-way",
                "a comment inside the COPY would come behind comments that follow it",
                "move the comment, or reorder the lines by hand",
            ));
        }
        let gap = if stays { line } else { whole };
        let adjacent = self.group.sites.first().is_some_and(|site| site.run == copy + 1);
        Ok(Moved {
            gap,
            text: gap.of(self.turn.input.source.text()).to_owned(),
            fills_gap: adjacent || stays,
        })
    }

    /// What goes before an install, when it is written at the place of the instruction `at`.
    fn before(&self, site: &Site<'_>, at: usize) -> Result<Vec<String>, Missing> {
        let mut lines = self.manifests(site, at)?;
        // A secret or an ssh agent that the build is given may be what the download needs.
        let flags = written_flags(&self.turn.input.document.instructions[site.run]);
        let run = |command: &str| {
            ["RUN", &flags, command]
                .iter()
                .filter(|word| !word.is_empty())
                .copied()
                .collect::<Vec<_>>()
                .join(" ")
        };
        lines.extend(site.plan.download.as_deref().map(run));
        Ok(lines)
    }

    /// A COPY for each folder of the image into which manifests go.
    fn manifests(&self, site: &Site<'_>, at: usize) -> Result<Vec<String>, Missing> {
        let mut folders: Vec<(String, Vec<&str>)> = Vec::new();
        let mut lines = Vec::new();
        for needed in &site.plan.files {
            let place = self.image_path(&needed.path).ok_or_else(|| {
                missing(
                    "MC1",
                    format!("`{}` is not among what is copied", needed.path),
                    "copy a folder that holds all of the install's files",
                )
            })?;
            if self.is_there(site, &place, &needed.path) {
                continue;
            }
            if needed.folder {
                lines.push((vec![needed.path.as_str()], place));
                continue;
            }
            let folder = place
                .rsplit_once('/')
                .map_or("/", |(folder, _)| if folder.is_empty() { "/" } else { folder });
            match folders.iter_mut().find(|(known, _)| known == folder) {
                Some((_, paths)) => paths.push(&needed.path),
                None => folders.push((folder.to_owned(), vec![&needed.path])),
            }
        }
        let folders = folders.into_iter().map(|(folder, paths)| (paths, folder)).chain(lines);
        let copy = &self.turn.input.document.instructions[self.group.copy];
        let flags = written_flags(copy);
        folders
            .map(|(paths, folder)| {
                let destination = self.destination(&folder, at).ok_or_else(|| {
                    missing(
                        "MC7",
                        "where the manifests go cannot be written",
                        "begin the stage with a WORKDIR",
                    )
                })?;
                let words = ["COPY", &flags, &paths.join(" "), &destination];
                Ok(words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
            })
            .collect()
    }

    fn image_path(&self, path: &str) -> Option<String> {
        let relative = if self.group.from.is_empty() { Some(path) } else { below(path, &self.group.from) };
        relative.map(|relative| join(&self.group.to, relative))
    }

    /// Whether an earlier COPY of the stage has put the file there already.
    fn is_there(&self, site: &Site<'_>, place: &str, path: &str) -> bool {
        let earlier = self
            .turn
            .copies(self.group.stage)
            .iter()
            .filter(|copy| copy.index < site.run && copy.index != self.group.copy);
        // The last that touches the place decides.
        let origins = earlier.rev().filter(|copy| copy.may_touch(place));
        origins.map(|copy| copy.origin(self.turn.input, place)).next().flatten().as_deref() == Some(path)
    }

    /// A folder of the image as the destination of a COPY at the place of an instruction.
    fn destination(&self, folder: &str, at: usize) -> Option<String> {
        let here = folder_at(self.turn.input, self.group.stage, at)?;
        match below(folder, &here) {
            Some("") => Some("./".to_owned()),
            Some(relative) if here != "/" => Some(format!("./{relative}/")),
            _ if folder == "/" => Some("/".to_owned()),
            _ => is_known(folder).then(|| format!("{folder}/")),
        }
    }

    /// Puts the sources down where the last install leaves them.
    fn landing(&self, last: &Site<'_>, moved: &Moved) -> Result<Vec<Edit>, Missing> {
        let document = self.turn.input.document;
        let newline = self.turn.input.source.newline().as_str();
        match last.landing {
            // The sources were put down together with the lines above the RUN.
            Landing::Before if !moved.fills_gap => Ok(Vec::new()),
            Landing::Before => {
                let place = document.comment_block(last.run).start();
                Ok(vec![Edit::insert(place, moved.text.clone())])
            }
            Landing::Behind => {
                let end = document.line_span(last.run).end();
                let text = self.turn.input.source.text();
                let blank = if moved.fills_gap && self.blank_line_between(moved) { newline } else { "" };
                if text[..end].ends_with('\n') {
                    return Ok(vec![Edit::insert(end, format!("{blank}{}", moved.text))]);
                }
                let sources = moved.text.trim_end_matches(['\r', '\n']);
                Ok(vec![Edit::insert(end, format!("{newline}{blank}{sources}"))])
            }
            Landing::Parting(step) => self.part(last, step, moved).map(|edit| vec![edit]),
            Landing::Twin { step, rest } => self.twin(last, step, rest, moved),
        }
    }

    /// Whether a blank line parts the sources from the install now.
    fn blank_line_between(&self, moved: &Moved) -> bool {
        let rest = self.turn.input.source.text().get(moved.gap.end()..).unwrap_or_default();
        rest.starts_with('\n') || rest.starts_with("\r\n")
    }

    /// Lets the install leave out what needs the sources, and writes it again behind them.
    fn twin(&self, site: &Site<'_>, step: usize, rest: usize, moved: &Moved) -> Result<Vec<Edit>, Missing> {
        let instruction = &self.turn.input.document.instructions[site.run];
        let last = site.steps[step].word_spans.last().copied();
        let (Some(word), Some((shell, _))) = (last, instruction.shell_form()) else {
            return Err(exec_form());
        };
        let joined = JoinedSpan::new(shell.start() + word.start(), shell.start() + word.end());
        let Some(word) = instruction.source_span(joined) else { return Err(exec_form()) };
        // The word is written anew with what follows it, so that the edit is seen to touch the instruction.
        let with_options =
            [vec![word.of(self.turn.input.source.text())], site.plan.twin.clone()].concat().join(" ");
        let options = Edit::replace(word, with_options);
        let newline = self.turn.input.source.newline().as_str();
        let flags = written_flags(instruction);
        let keyword = instruction.text(JoinedSpan::new(instruction.name.start(), instruction.name.end()));
        let again = folders(&site.steps[..step]);
        let again = again.chain(site.steps[step..rest].iter().map(|step| step.line.as_str()));
        let again = [keyword, &flags, &again.collect::<Vec<_>>().join(" && ")];
        let again: Vec<&str> = again.into_iter().filter(|word| !word.is_empty()).collect();
        if let (Some(before), Some(after)) =
            (site.steps[rest - 1].span, site.steps.get(rest).and_then(|step| step.span))
        {
            let start = instruction.joined.source_end(shell.start() + before.end());
            let gap =
                Span::new(start, instruction.joined.source_start(shell.start() + after.start()).max(start));
            if instruction.inner_comments.iter().any(|comment| gap.overlaps(*comment)) {
                return Err(comment_at_the_cut());
            }
            let joint = gap.of(self.turn.input.source.text());
            let text = format!("{newline}{}{}{joint}", moved.text, again.join(" "));
            return Ok(vec![options, Edit::replace(gap, text)]);
        }
        let end = self.turn.input.document.line_span(site.run).end();
        let text = self.turn.input.source.text();
        let blank = if moved.fills_gap && self.blank_line_between(moved) { newline } else { "" };
        let (before, after) = if text[..end].ends_with('\n') { ("", newline) } else { (newline, "") };
        let text = format!("{before}{blank}{}{}{after}", moved.text, again.join(" "));
        Ok(vec![options, Edit::insert(end, text)])
    }

    /// Parts the RUN before one of its commands, with the sources between the two.
    fn part(&self, site: &Site<'_>, step: usize, moved: &Moved) -> Result<Edit, Missing> {
        let instruction = &self.turn.input.document.instructions[site.run];
        let spans = site.steps[step - 1].span.zip(site.steps[step].span);
        let (Some((before, after)), Some((shell, _))) = (spans, instruction.shell_form()) else {
            return Err(exec_form());
        };
        let start = instruction.joined.source_end(shell.start() + before.end());
        let end = instruction.joined.source_start(shell.start() + after.start());
        let gap = Span::new(start, end.max(start));
        if instruction.inner_comments.iter().any(|comment| gap.overlaps(*comment)) {
            return Err(comment_at_the_cut());
        }
        let newline = self.turn.input.source.newline().as_str();
        let keyword = instruction.text(JoinedSpan::new(instruction.name.start(), instruction.name.end()));
        let flags = written_flags(instruction);
        let blank = if flags.is_empty() { "" } else { " " };
        let folders: String = folders(&site.steps[..step]).map(|folder| format!("{folder} && ")).collect();
        let text = format!("{newline}{}{keyword} {flags}{blank}{folders}", moved.text);
        Ok(Edit::replace(gap, text))
    }
}
