//! `wrap-commands`: a line that is too long is broken between its commands, and between the packages of an install.

use std::cmp::Ordering;

use super::indents;
use super::shell_text::{Depths, Line, ShellText};
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::config::{Indent, Operators};
use crate::edit::Edit;
use crate::shell::{Action, Command, Connector, EndKind, SimpleCommand};
use crate::source::Span;
use crate::syntax::{Instruction, JoinedSpan, Keyword};

/// Breaks long lines.
pub(super) const WRAP_COMMANDS: Transform = Transform {
    name: "wrap-commands",
    summary: "break lines that are too long between commands and packages",
    category: Category::Layout,
    effect: Effect::Layout,
    default: true,
    fixes: &[],
    explain: "\
A line of RUN that is longer than 120 characters (`width` in the table `[layout]` of `dockfix.toml`) is broken before each `&&` of its outermost chain, or behind it where the file has its operators at line ends, and behind each `;`.
An install command that is still too long gets one line for each package.
Lines that their author broke are never joined, nothing is sorted, and inside `if`, `for`, `( )` and the like nothing is broken.
Shell text that is not certain to be understood is left alone; `--explain indent-continuations` says which.
Always safe: the shell gets the same words. It gets other blanks between them, so a RUN that is changed is built once more; the report names each.",
    examples: &[
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y --no-install-recommends build-essential ca-certificates && rm -rf /var/lib/apt/lists/*\n",
            after: "FROM debian:12\nRUN apt-get update \\\n    && apt-get install -y --no-install-recommends build-essential ca-certificates \\\n    && rm -rf /var/lib/apt/lists/*\n",
        },
        Example {
            files: &[],
            before: "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
            after: "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        },
    ],
    run,
};

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let width = input.options.layout.width();
    let indent = indents::indent(input);
    let style = style(input);
    let texts = ShellText::all(input, |instruction| {
        // With room for an indent that is yet to be written.
        instruction.keyword == Keyword::Run
            && instruction.joined.parts().any(|(part, _)| part.len() + 40 > width)
    });
    let fixes = texts.filter_map(|text| {
        let depths = text.depths(indent)?;
        let newline = input.source.newline().as_str();
        let style = match balance(text.instruction).cmp(&0) {
            _ if input.options.layout.operators() != Operators::Keep => style,
            Ordering::Less => Operators::Leading,
            Ordering::Equal => style,
            Ordering::Greater => Operators::Trailing,
        };
        let wrap =
            Wrap { text: &text, depths: &depths, indent, width, style, newline, commands: commands(&text) };
        text.fix("a line is too long", "break the long line", wrap.edits())
    });
    fixes.collect()
}

/// On which side of line ends most of the file's `&&` stand; at the starts of lines where none is more frequent.
fn style(input: &Input<'_>) -> Operators {
    match input.options.layout.operators() {
        Operators::Keep => {}
        set => return set,
    }
    let runs = input.document.instructions.iter().filter(|one| one.keyword == Keyword::Run);
    let sum = runs.map(balance).sum::<isize>();
    if sum > 0 { Operators::Trailing } else { Operators::Leading }
}

/// How many more `&&` an instruction has at the ends of lines than at their starts.
fn balance(instruction: &Instruction) -> isize {
    let side = |(part, _): (JoinedSpan, usize)| {
        let line = instruction.text(part).trim();
        isize::from(line.len() > 2 && line.ends_with("&&"))
            - isize::from(line.len() > 2 && line.starts_with("&&"))
    };
    instruction.joined.parts().map(side).sum()
}

struct Wrap<'w> {
    text: &'w ShellText<'w>,
    depths: &'w Depths,
    indent: Indent,
    width: usize,
    style: Operators,
    newline: &'w str,
    /// The outermost simple commands, in order.
    commands: Vec<&'w SimpleCommand>,
}

/// The simple commands that stand in no other.
fn commands<'w>(text: &'w ShellText<'_>) -> Vec<&'w SimpleCommand> {
    let chains = text.script().list().items.iter().map(|item| &item.chain);
    let commands = chains.flat_map(|chain| chain.pipelines()).flat_map(|pipeline| pipeline.commands());
    let simple = commands.filter_map(|command| match command {
        Command::Simple(command) => Some(command),
        Command::Compound(_) => None,
    });
    simple.collect()
}

impl Wrap<'_> {
    fn edits(&self) -> Vec<Edit> {
        let cuts = self.cuts();
        let mut gaps: Vec<(Span, usize)> = Vec::new();
        for (at, line) in self.text.lines.iter().enumerate() {
            let lead = if at == 0 { Some(0) } else { self.depths.lines[at] };
            let Some(lead) = lead.filter(|lead| self.length(line.content, *lead) > self.width) else {
                continue;
            };
            let inside = |gap: &&Span| line.content.start() < gap.start() && gap.end() < line.content.end();
            let cuts: Vec<Span> = cuts.iter().filter(inside).copied().collect();
            let starts = std::iter::once(line.content.start()).chain(cuts.iter().map(|cut| cut.end()));
            let ends = cuts.iter().map(|cut| cut.start()).chain([line.content.end()]);
            for (index, (start, end)) in starts.zip(ends).enumerate() {
                let lead = if index == 0 { lead } else { self.outermost() };
                let segment = Span::new(start, end);
                if self.length(segment, lead) > self.width {
                    gaps.extend(
                        self.packages(segment, if at == 0 && index == 0 { None } else { Some(lead) }),
                    );
                }
            }
            gaps.extend(cuts.into_iter().map(|cut| (cut, self.outermost())));
        }
        gaps.sort_unstable();
        gaps.dedup_by_key(|(gap, _)| *gap);
        let free = gaps.into_iter().filter(|(gap, _)| self.depths.atoms.leave(self.text.text(), *gap));
        free.map(|(gap, depth)| self.break_at(gap, depth)).collect()
    }

    /// How deep the outermost commands stand.
    fn outermost(&self) -> usize {
        let line = self.text.line_of(self.text.span.start());
        if line == 0 { 1 } else { self.depths.lines[line].unwrap_or(1) }
    }

    /// How long a line is, in characters, once it is indented; with a mark at its end, if it is not the last.
    fn length(&self, content: Span, lead: usize) -> usize {
        let unit = match self.indent {
            Indent::Spaces(count) => usize::from(count),
            Indent::Tab => 4,
        };
        let last = self.text.lines.last().map_or(0, |line| line.content.end());
        let mark = if content.end() < last { 2 } else { 0 };
        unit * lead + content.of(self.text.text()).chars().count() + mark
    }

    /// The gaps between the outermost commands at which a line may be broken.
    fn cuts(&self) -> Vec<Span> {
        let mut cuts = Vec::new();
        let items = &self.text.script().list().items;
        for (at, item) in items.iter().enumerate() {
            let mut before = item.chain.first.span().end();
            for link in &item.chain.rest {
                let next = link.pipeline.span();
                // One that stands at a line end already has its place.
                let operator = self.text.within(link.span);
                let placed =
                    self.text.begins(operator.start()).is_some() || self.text.ends(operator.end()).is_some();
                if link.connector == Connector::And && !placed {
                    cuts.push(match self.style {
                        Operators::Trailing => Span::new(link.span.end(), next.start()),
                        _ => Span::new(before, link.span.start()),
                    });
                }
                before = next.end();
            }
            let end = item.end.filter(|end| end.kind == EndKind::Semicolon);
            if let (Some(end), Some(next)) = (end, items.get(at + 1)) {
                cuts.push(Span::new(end.span.end(), next.chain.span().start()));
            }
        }
        // Over a line end there is nothing to break.
        let cuts = cuts.into_iter().map(|cut| self.text.within(cut));
        cuts.filter(|cut| self.line(cut.start()).content.end() > cut.start()).collect()
    }

    fn line(&self, at: usize) -> Line {
        self.text.lines[self.text.line_of(at)]
    }

    /// The gaps before all packages of the install commands that have some in a part of a line, and before their later
    /// options; each with the depth of what follows. `lead` is the depth of the part, if not on the instruction's line.
    fn packages(&self, part: Span, lead: Option<usize>) -> Vec<(Span, usize)> {
        let inside =
            self.commands.partition_point(|command| self.text.within(command.span).end() <= part.start());
        let simple = self.commands[inside..]
            .iter()
            .take_while(|command| self.text.within(command.span).start() < part.end());
        let gaps = simple.flat_map(|command| {
            let start = self.text.within(command.span).start();
            let depth = match lead {
                None => self.outermost(),
                Some(lead) if part.start() <= start => lead + 1,
                // The command begins on a line above.
                Some(lead) => lead,
            };
            let gaps = self.packages_of(command);
            let touched = gaps.iter().any(|gap| part.start() < gap.start() && gap.end() < part.end());
            gaps.into_iter().filter(move |_| touched).map(move |gap| (gap, depth))
        });
        gaps.collect()
    }

    fn packages_of(&self, command: &SimpleCommand) -> Vec<Span> {
        let Some(install) = command.install().filter(|install| {
            install.action == Action::Install && install.is_certain() && install.operands.len() > 1
        }) else {
            return Vec::new();
        };
        let words = &command.words;
        let Some(first) = install.operands.iter().min() else { return Vec::new() };
        let begins = |at: usize| {
            let option = words[at].span.of(self.text.script().text()).starts_with('-');
            install.operands.contains(&at) || option
        };
        let places = (*first..words.len()).filter(|at| *at > 0 && begins(*at));
        let gaps = places.map(|at| Span::new(words[at - 1].span.end(), words[at].span.start()));
        let gaps = gaps.map(|gap| self.text.within(gap));
        // A redirection between the words, or a line end that is there already, is left alone.
        let blank = |gap: &Span| gap.of(self.text.text()).trim_matches([' ', '\t']).is_empty();
        gaps.filter(|gap| blank(gap) && self.text.begins(gap.end()).is_none()).collect()
    }

    fn break_at(&self, gap: Span, depth: usize) -> Edit {
        let span = self.line(gap.start()).source_span(gap);
        Edit::replace(span, format!(" \\{}{}", self.newline, self.indent.times(depth)))
    }
}

#[cfg(test)]
mod tests;
