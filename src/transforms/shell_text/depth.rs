//! How deep each line of a shell text stands, by the shell's tree.
//!
//! The style is that of hand-written official images: everything after the instruction's own line stands one indent
//! in; the inside of a block one more than the line that opens it; the arguments of a command one more than the line
//! on which it begins; `&&` where the first command of its chain stands; a pipe one further. Where good files differ
//! and both read well, each keeps its own way: that is what the ranges are for.

use super::gaps::Atoms;
use super::{Line, ShellText};
use crate::config::Indent;
use crate::model::shell_words::shell_words;
use crate::shell::{
    Chain, Command, Compound, CompoundKind, Connector, List, Pipeline, SimpleCommand, Target,
};
use crate::source::Span;
use crate::syntax::Keyword;

/// The deepest that any line is written.
const MAX_DEPTH: usize = 20;

/// What was found out about the lines of a shell text.
pub(in crate::transforms) struct Depths {
    /// For each line, how many indents stand before it; `None` where its blanks are left alone.
    pub(in crate::transforms) lines: Vec<Option<usize>>,
    /// What stands together.
    pub(in crate::transforms) atoms: Atoms,
    /// The lines that stand one indent in and nowhere else; where there is none, the first line of arguments that may.
    pub(super) outer: Vec<usize>,
}

/// The depths; `None` where a line begins with something that has no place in the tree.
pub(super) fn depths(text: &ShellText<'_>, indent: Indent) -> Option<Depths> {
    let mut walk = Walk::over(text, indent, true);
    // Where there are arguments alone there is nothing to tell them from, and the next run would take what they were
    // rounded to for the indent of the file.
    if !walk.certain.contains(&true) {
        walk = Walk::over(text, indent, false);
    }
    let placed = |(line, depth): (&Line, &Option<usize>)| {
        let before = line.content.start() <= text.span.start();
        line.is_blank() || before || depth.is_some() || walk.atoms.around(line.content.start()).is_some()
    };
    let understood = walk.understood && text.lines.iter().zip(&walk.depth).skip(1).all(placed);
    let Walk { depth, certain, arguments, mut atoms, .. } = walk;
    // The last word of the independent reader: it holds the rest of the text where that reader is not certain, and the
    // proof would refuse every edit there.
    let words = shell_words(text.span.of(text.text()));
    let tail = words.last().map_or(0, |word| word.len());
    let length = text.span.of(text.text()).trim_end_matches([' ', '\t']).len();
    atoms.close(Span::new(text.span.start() + length.saturating_sub(tail), text.span.end()));
    let at =
        |wanted: &dyn Fn(usize) -> bool| (0..depth.len()).filter(|line| wanted(*line)).collect::<Vec<_>>();
    let mut outer = at(&|line| certain[line]);
    if outer.is_empty() {
        outer = at(&|line| arguments[line]);
        outer.truncate(1);
    }
    understood.then_some(Depths { lines: depth, atoms, outer })
}

/// The depths that a line may have: the best one, unless it has another of the range already.
#[derive(Clone, Copy)]
struct Range {
    best: usize,
    least: usize,
    most: usize,
}

impl Range {
    fn only(depth: usize) -> Range {
        Range { best: depth, least: depth, most: depth }
    }

    fn up_to(best: usize, most: usize) -> Range {
        Range { best, least: best, most }
    }
}

struct Walk<'t> {
    text: &'t ShellText<'t>,
    indent: Indent,
    /// Whether a line that stands further in than it must, but not by whole indents, is meant to.
    rounds_up: bool,
    depth: Vec<Option<usize>>,
    /// Whether each line begins with what stands one indent in and nowhere else.
    certain: Vec<bool>,
    /// Whether each line begins with the first arguments of a command on the instruction's own line.
    arguments: Vec<bool>,
    atoms: Atoms,
    understood: bool,
}

impl<'t> Walk<'t> {
    /// The lines before the shell text: the flags of RUN. Those of HEALTHCHECK and its `CMD` are no shell text, but
    /// the lines below stand deeper than that of the `CMD`.
    fn head(&mut self) {
        let instruction = self.text.instruction;
        let name = instruction.name;
        self.atoms.push(Span::new(name.start(), name.end()));
        for flag in &instruction.flags {
            self.atoms.push(Span::new(flag.span.start(), flag.span.end()));
            if instruction.keyword == Keyword::Run {
                self.place(flag.span.start(), Range::only(1));
            }
        }
        let line = self.text.line_of(self.text.span.start());
        if line > 0 && instruction.keyword == Keyword::Healthcheck {
            self.depth[line] = Some(1);
        }
    }

    /// How deep the outermost commands stand: below flags on lines of their own they may stand one further in.
    fn outermost(&self) -> usize {
        let flags = &self.text.instruction.flags;
        let below_flags = flags.iter().any(|flag| self.text.begins(flag.span.start()).is_some());
        let line = self.text.begins(self.text.span.start()).filter(|_| below_flags);
        line.and_then(|line| self.now(line)).filter(|depth| *depth == 2).unwrap_or(1)
    }

    fn at(&self, offset: usize) -> usize {
        self.text.span.start() + offset
    }

    fn over(text: &'t ShellText<'t>, indent: Indent, rounds_up: bool) -> Walk<'t> {
        let lines = text.lines.len();
        let mut walk = Walk {
            text,
            indent,
            rounds_up,
            depth: vec![None; lines],
            certain: vec![false; lines],
            arguments: vec![false; lines],
            atoms: Atoms::default(),
            understood: true,
        };
        walk.head();
        let outermost = walk.outermost();
        walk.list(text.script().list(), outermost);
        walk
    }

    /// Sets the depth of the line that begins at an offset, if one does.
    fn place(&mut self, at: usize, range: Range) {
        let Some(line) = self.text.begins(at).filter(|line| self.depth[*line].is_none()) else { return };
        if self.atoms.around(at).is_some() {
            return;
        }
        let now = self.now(line).filter(|depth| (range.least..=range.most).contains(depth));
        // What stands further in than the least by half an indent is meant to.
        let further = 2 * self.column(line) >= (2 * range.least + 1) * self.unit();
        let meant = self.rounds_up && range.least < range.most && further;
        let depth = now.unwrap_or(if meant { range.most } else { range.best });
        self.understood &= depth <= MAX_DEPTH;
        self.depth[line] = Some(depth);
        self.certain[line] = (range.least, range.most) == (1, 1);
    }

    fn lead(&self, line: usize) -> &str {
        let line = self.text.lines[line];
        Span::new(line.span.start(), line.content.start()).of(self.text.text())
    }

    /// How deep a line stands now, if its blanks are so many indents.
    fn now(&self, line: usize) -> Option<usize> {
        let lead = self.lead(line);
        let unit = self.indent.times(1).len();
        (lead == self.indent.times(lead.len() / unit.max(1))).then_some(lead.len() / unit.max(1))
    }

    /// How far in a line stands now, in columns.
    fn column(&self, line: usize) -> usize {
        self.lead(line).bytes().map(|byte| if byte == b'\t' { TAB } else { 1 }).sum()
    }

    /// How many columns an indent is wide.
    fn unit(&self) -> usize {
        match self.indent {
            Indent::Spaces(count) => usize::from(count).max(1),
            Indent::Tab => TAB,
        }
    }

    /// By how many indents a line stands further in than another one, rounded, half of one down.
    fn further(&self, line: usize, than: usize) -> usize {
        let unit = self.unit();
        let difference = self.column(line).saturating_sub(than);
        (2 * difference + unit - 1) / (2 * unit)
    }

    /// How deep the line stands that holds an offset; 0 for the instruction's own line. A line that begins inside a
    /// string is as deep as the line where that begins.
    fn level(&mut self, at: usize) -> usize {
        let mut line = self.text.line_of(at);
        loop {
            if line == 0 {
                return 0;
            }
            if let Some(depth) = self.depth[line] {
                return depth;
            }
            match self.atoms.around(self.text.lines[line].content.start()) {
                Some(atom) if self.text.line_of(atom.start()) < line => {
                    line = self.text.line_of(atom.start())
                }
                // `RUN` and nothing else before the first command.
                _ => {
                    self.understood = false;
                    return 0;
                }
            }
        }
    }

    fn list(&mut self, list: &List, depth: usize) {
        for item in &list.items {
            self.place(self.at(item.chain.span().start()), Range::only(depth));
            self.chain(&item.chain, depth);
            if let Some(end) = item.end {
                // A `;` of its own line ends a list of arguments, and stands with them or with the command.
                self.place(self.at(end.span.start()), Range::up_to(depth, depth + 1));
            }
        }
    }

    fn chain(&mut self, chain: &Chain, depth: usize) {
        self.pipeline(&chain.first, depth);
        for link in &chain.rest {
            let most = if link.connector == Connector::Or { depth + 1 } else { depth };
            self.place(self.at(link.span.start()), Range::up_to(depth, most));
            self.place(self.at(link.pipeline.span().start()), Range::only(depth));
            self.pipeline(&link.pipeline, depth);
        }
    }

    /// How deep the rest of a command stands that begins at an offset.
    fn below(&mut self, at: usize, depth: usize) -> Range {
        match self.level(at) {
            // On the instruction's own line: as deep as what else there is below it, or one further.
            0 => Range::up_to(depth, depth + 1),
            level => Range::only(level + 1),
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, depth: usize) {
        let start = self.at(pipeline.span().start());
        let below = self.below(start, depth);
        if pipeline.negation.is_some() {
            self.place(self.at(pipeline.first.span().start()), below);
        }
        self.command(&pipeline.first, depth);
        for piped in &pipeline.rest {
            self.place(self.at(piped.span.start()), below);
            self.place(self.at(piped.command.span().start()), below);
            self.command(&piped.command, depth);
        }
    }

    fn command(&mut self, command: &Command, depth: usize) {
        match command {
            Command::Simple(command) => self.simple(command, depth),
            Command::Compound(compound) => self.compound(compound, depth),
        }
    }

    /// The lines of a command's words. Those that stand further in than the first of them keep their distance: options
    /// and their values, groups of packages, the brackets of `find`.
    fn simple(&mut self, command: &SimpleCommand, depth: usize) {
        let below = self.below(self.at(command.span.start()), depth);
        let assignments = command.assignments.iter().map(|assignment| assignment.span);
        let mut parts: Vec<Span> = assignments.chain(command.words.iter().map(|word| word.span)).collect();
        let mut starts: Vec<usize> = parts.iter().map(|part| part.start()).collect();
        for redirect in &command.redirects {
            starts.push(redirect.span.start());
            match &redirect.target {
                Target::File(word) => {
                    starts.push(word.span.start());
                    parts.push(word.span);
                }
                Target::Descriptor => parts.push(redirect.span),
                Target::Heredoc(_) => self.understood = false,
            }
        }
        parts.sort_unstable();
        parts.iter().for_each(|part| self.atoms.push(self.text.within(*part)));
        starts.sort_unstable();
        let program = command.words.first().filter(|_| !command.assignments.is_empty());
        let program = program.map(|word| word.span.start());
        let (mut below, mut first) = (below, None);
        for start in starts.into_iter().filter(|start| *start > command.span.start()) {
            let at = self.at(start);
            let Some(line) = self.text.begins(at) else { continue };
            if program == Some(start) {
                // Variables for a program, and the program itself as a command of its own.
                let least = below.least.saturating_sub(1).max(1);
                self.place(at, Range { least, ..below });
                below = Range::only(self.depth[line].unwrap_or(least) + 1);
                first = None;
                continue;
            }
            match first {
                Some((depth, column)) => {
                    let further = self.further(line, column);
                    self.place(at, Range::only(depth + further));
                    self.certain[line] = false;
                }
                None => {
                    self.place(at, below);
                    self.arguments[line] = below.least == 1;
                    first = self.depth[line].map(|depth| (depth, self.column(line)));
                }
            }
        }
    }

    fn compound(&mut self, compound: &Compound, depth: usize) {
        let start = self.at(compound.span.start());
        let base = self.level(start).max(1);
        let mut block = Block { base, at: start };
        match &compound.kind {
            CompoundKind::Subshell(list) | CompoundKind::Group(list) => self.inner(&mut block, list),
            CompoundKind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.inner(&mut block, condition);
                    self.inner(&mut block, body);
                }
                otherwise.iter().for_each(|body| self.inner(&mut block, body));
            }
            CompoundKind::For { words, body } => {
                for word in words {
                    let span = self.text.within(word.span);
                    self.keywords(&mut block, span.start());
                    self.place(span.start(), Range::only(base + 1));
                    self.atoms.push(span);
                    block.at = span.end();
                }
                self.inner(&mut block, body);
            }
            CompoundKind::While { condition, body } => {
                self.inner(&mut block, condition);
                self.inner(&mut block, body);
            }
            CompoundKind::Case { word, arms } => self.case(&mut block, self.text.within(word.span), arms),
            CompoundKind::Function { body, .. } => {
                let inner = self.at(body.span().start());
                self.place(inner, Range::only(base));
                self.command(body, depth);
                block.at = self.at(body.span().end());
            }
            // Its operators are no operators of the shell.
            CompoundKind::Test { .. } => {
                self.atoms.push(self.text.within(compound.span));
                block.at = self.at(compound.span.end());
            }
            CompoundKind::Timed(inner) | CompoundKind::Coprocess(inner) => {
                self.place(self.at(inner.span().start()), Range::only(base));
                self.command(inner, depth);
                block.at = self.at(inner.span().end());
            }
        }
        let end = compound.redirects.first().map_or(compound.span.end(), |redirect| redirect.span.start());
        self.keywords(&mut block, self.at(end));
        for redirect in &compound.redirects {
            self.place(self.at(redirect.span.start()), Range::only(base + 1));
            match &redirect.target {
                Target::File(word) => self.atoms.push(self.text.within(word.span)),
                Target::Descriptor => self.atoms.push(self.text.within(redirect.span)),
                Target::Heredoc(_) => self.understood = false,
            }
        }
    }

    /// A list inside a block, and the keywords before it.
    fn inner(&mut self, block: &mut Block, list: &List) {
        let Some(span) = list.span().map(|span| self.text.within(span)) else { return };
        self.keywords(block, span.start());
        self.list(list, block.base + 1);
        block.at = span.end();
    }

    /// The arms of a `case` stand one indent in, their bodies and the `;;` one more.
    fn case(&mut self, block: &mut Block, word: Span, arms: &[(Vec<crate::shell::Word>, List)]) {
        let base = block.base;
        self.atoms.push(word);
        block.at = word.end();
        let mut ends = Range::only(base + 1);
        for (patterns, body) in arms {
            let (Some(first), Some(last)) = (patterns.first(), patterns.last()) else { continue };
            let (first, last) = (self.text.within(first.span), self.text.within(last.span));
            self.separators(Span::new(block.at, first.start()), ends, base + 1);
            self.keywords(block, first.start());
            self.place(first.start(), Range::up_to(base + 1, base + 1));
            for pattern in patterns {
                let pattern = self.text.within(pattern.span);
                self.place(pattern.start(), Range::only(base + 2));
                self.atoms.push(pattern);
            }
            block.at = last.end();
            if let Some(span) = body.span().map(|span| self.text.within(span)) {
                self.list(body, base + 2);
                block.at = span.end();
            }
            ends = Range { best: base + 2, least: base + 1, most: base + 2 };
        }
        self.separators(Span::new(block.at, self.text.span.end()), ends, base + 1);
    }

    /// The `;;` that ends an arm, and the bracket before the next pattern.
    fn separators(&mut self, gap: Span, ends: Range, pattern: usize) {
        for at in self.line_starts(gap) {
            match &self.text.text()[at..] {
                rest if rest.starts_with(";;") || rest.starts_with(";&") => self.place(at, ends),
                rest if rest.starts_with('(') => self.place(at, Range::only(pattern)),
                // Everything behind the first `esac` belongs to somebody else.
                _ => return,
            }
        }
    }

    /// The lines up to an offset that begin with a keyword or bracket of the block.
    fn keywords(&mut self, block: &mut Block, end: usize) {
        for at in self.line_starts(Span::new(block.at, end.max(block.at))) {
            let rest = &self.text.text()[at..];
            let word = rest.find([' ', '\t', ';', '&', '|']).map_or(rest, |end| &rest[..end]);
            let keyword = matches!(word, "then" | "elif" | "else" | "fi" | "do" | "done" | "in" | "esac" | "}")
                || rest.starts_with(')')
                // The end of a list that `for` runs over; that of a command has its place already.
                || rest.starts_with(';') && !rest.starts_with(";;");
            if keyword {
                self.place(at, Range::only(block.base));
            }
        }
        block.at = end.max(block.at);
    }

    /// Where the lines begin that begin in a range.
    fn line_starts(&self, range: Span) -> Vec<usize> {
        let lines = &self.text.lines[1..];
        let first = lines.partition_point(|line| line.content.start() < range.start());
        let inside = lines[first..].iter().take_while(|line| line.content.start() < range.end());
        inside.filter(|line| !line.is_blank()).map(|line| line.content.start()).collect()
    }
}

/// How many columns a tab takes up where tabs and blanks are mixed.
const TAB: usize = 4;

/// A compound command on the way through it.
struct Block {
    /// How deep the line stands that opens it.
    base: usize,
    /// Up to where it was read.
    at: usize,
}
