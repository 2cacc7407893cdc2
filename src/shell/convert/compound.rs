//! Commands that hold others: groups, conditions, loops, functions.

use shuck_ast as ast;

use super::words::Found;
use super::{Converted, Converter};
use crate::shell::NotShell;
use crate::shell::tree::*;
use crate::source::Span;

impl Converter<'_> {
    pub(super) fn compound(
        &mut self,
        compound: &ast::CompoundCommand,
        redirects: &[ast::Redirect],
        statement: ast::Span,
    ) -> Converted<Command> {
        let (span, kind) = self.compound_kind(compound, statement)?;
        let redirects = self.redirects(redirects)?;
        let span = redirects.iter().map(|redirect| redirect.span).fold(span, Span::cover);
        Ok(Command::Compound(Box::new(Compound { span, kind, redirects })))
    }

    pub(super) fn compound_kind(
        &mut self,
        compound: &ast::CompoundCommand,
        statement: ast::Span,
    ) -> Converted<(Span, CompoundKind)> {
        use ast::CompoundCommand as C;
        match compound {
            C::Subshell(body) => {
                let list = self.list(body)?;
                Ok((self.enclosed(&list, body, b'(', b')')?, CompoundKind::Subshell(list)))
            }
            C::BraceGroup(body) => {
                let list = self.list(body)?;
                Ok((self.enclosed(&list, body, b'{', b'}')?, CompoundKind::Group(list)))
            }
            C::If(command) => self.if_command(command),
            C::For(command) => self.for_command(command),
            C::ArithmeticFor(command) => self.arithmetic_for(command),
            C::Select(command) => {
                self.name_leaf(command.variable_span)?;
                let words = self.words(&command.words)?;
                self.head_end();
                let body = self.list(&command.body)?;
                let span = self.keywords(command.span, command.done_span, "select", "done")?;
                Ok((span, CompoundKind::For { words, body }))
            }
            C::While(command) => {
                let (condition, body) = (self.list(&command.condition)?, self.list(&command.body)?);
                let span = self.keywords(command.span, ended(command.done_span), "while", "done")?;
                Ok((span, CompoundKind::While { condition, body }))
            }
            C::Until(command) => {
                let (condition, body) = (self.list(&command.condition)?, self.list(&command.body)?);
                let span = self.keywords(command.span, ended(command.done_span), "until", "done")?;
                Ok((span, CompoundKind::While { condition, body }))
            }
            C::Case(command) => self.case_command(command),
            C::Conditional(command) => {
                let mut words = Vec::new();
                let outer = std::mem::take(&mut self.leaves);
                let converted = self.conditional(&command.expression, &mut words);
                self.leaves = outer;
                converted?;
                let span = self.keywords(command.span, command.right_bracket_span, "[[", "]]")?;
                self.leaf(span);
                Ok((span, CompoundKind::Test { words }))
            }
            C::Arithmetic(command) => {
                let word = self.arithmetic_word(command.expr_span, command.expr_ast.as_ref())?;
                let span = self.keywords(command.left_paren_span, command.right_paren_span, "((", "))")?;
                self.leaf(span);
                Ok((span, CompoundKind::Test { words: word.into_iter().collect() }))
            }
            C::Coproc(command) => {
                if let Some(name) = command.name_span {
                    self.name_leaf(name)?;
                }
                let body = self.command(&command.body)?;
                let start = self.span(command.span)?.start();
                Ok((Span::new(start, body.span().end()), CompoundKind::Coprocess(body)))
            }
            // `time` is met in `pipeline_head`; the rest are zsh's.
            C::Time(_) | C::Repeat(_) | C::Foreach(_) | C::Always(_) => {
                Err(self.doubtful("a command of another shell", statement))
            }
        }
    }

    /// The brackets around a list. The package's span of it begins after the opening one.
    pub(super) fn enclosed(
        &mut self,
        list: &List,
        body: &ast::StmtSeq,
        open: u8,
        close: u8,
    ) -> Converted<Span> {
        let fault = |span| NotShell::Doubtful { what: "a group without its brackets", span };
        let whole = self.span(body.span)?;
        let Some(inner) = list.span() else { return Err(fault(whole)) };
        let bytes = self.text.as_bytes();
        let start = bytes[..inner.start()].iter().rposition(|byte| !byte.is_ascii_whitespace());
        let start = start.filter(|at| bytes[*at] == open).ok_or(fault(inner))?;
        let mut end = inner.end();
        while let Some(byte) = bytes.get(end) {
            match byte {
                b' ' | b'\t' | b'\n' | b';' | b'&' => end += 1,
                b'#' => end += bytes[end..].iter().take_while(|byte| **byte != b'\n').count(),
                byte if *byte == close => {
                    self.leaf(Span::new(start, start + 1));
                    self.leaf(Span::new(end, end + 1));
                    return Ok(Span::new(start, end + 1));
                }
                _ => break,
            }
        }
        Err(fault(inner))
    }

    /// From one keyword to another, both checked.
    pub(super) fn keywords(
        &self,
        first: ast::Span,
        last: ast::Span,
        open: &str,
        close: &str,
    ) -> Converted<Span> {
        let (first, last) = (self.span(first)?, self.span(last)?);
        let span = first.cover(last);
        let span = Span::new(first.start(), if last.is_empty() { span.end() } else { last.end() });
        let written = span.of(self.text);
        if written.starts_with(open) && written.ends_with(close) {
            Ok(span)
        } else {
            Err(NotShell::Doubtful { what: "a compound command without its keywords", span })
        }
    }

    pub(super) fn name_leaf(&mut self, span: ast::Span) -> Converted<()> {
        let span = self.span(span)?;
        self.leaf(span);
        Ok(())
    }

    pub(super) fn if_command(&mut self, command: &ast::IfCommand) -> Converted<(Span, CompoundKind)> {
        let ast::IfSyntax::ThenFi { fi_span, .. } = command.syntax else {
            return Err(self.doubtful("a command of another shell", command.span));
        };
        let mut branches = vec![(self.list(&command.condition)?, self.list(&command.then_branch)?)];
        for (condition, body) in &command.elif_branches {
            branches.push((self.list(condition)?, self.list(body)?));
        }
        let otherwise = command.else_branch.as_ref().map(|body| self.list(body)).transpose()?;
        let span = self.keywords(command.span, fi_span, "if", "fi")?;
        Ok((span, CompoundKind::If { branches, otherwise }))
    }

    pub(super) fn for_command(&mut self, command: &ast::ForCommand) -> Converted<(Span, CompoundKind)> {
        let ast::ForSyntax::InDoDone { done_span, .. } = command.syntax else {
            return Err(self.doubtful("a command of another shell", command.span));
        };
        for target in &command.targets {
            self.name_leaf(target.span)?;
        }
        let words = self.words(command.words.as_deref().unwrap_or_default())?;
        self.head_end();
        let body = self.list(&command.body)?;
        let span = self.keywords(command.span, done_span, "for", "done")?;
        Ok((span, CompoundKind::For { words, body }))
    }

    /// The `;` before `do`, after the last leaf; for `for x in;` the keyword stands between.
    pub(super) fn head_end(&mut self) {
        let Some(last) = self.leaves.last() else { return };
        let at = last.end();
        let rest = self.text[at..].trim_start_matches([' ', '\t']);
        let rest = rest.strip_prefix("in").filter(|rest| rest.starts_with([' ', '\t', ';'])).unwrap_or(rest);
        self.end_after(self.text.len() - rest.len());
    }

    pub(super) fn arithmetic_for(
        &mut self,
        command: &ast::ArithmeticForCommand,
    ) -> Converted<(Span, CompoundKind)> {
        let mut words = Vec::new();
        for (span, tree) in [
            (command.init_span, &command.init_ast),
            (command.condition_span, &command.condition_ast),
            (command.step_span, &command.step_ast),
        ] {
            words.extend(self.arithmetic_word(span, tree.as_ref())?);
        }
        let head = self.keywords(command.left_paren_span, command.right_paren_span, "((", "))")?;
        self.leaf(head);
        self.head_end();
        let body = self.list(&command.body)?;
        let span = self.keywords(command.span, ended(command.done_span), "for", "done")?;
        Ok((span, CompoundKind::For { words, body }))
    }

    pub(super) fn case_command(&mut self, command: &ast::CaseCommand) -> Converted<(Span, CompoundKind)> {
        let word = self.word(&command.word)?;
        let mut arms = Vec::with_capacity(command.cases.len());
        for case in &command.cases {
            let mut patterns = Vec::with_capacity(case.patterns.len());
            for pattern in &case.patterns {
                patterns.push(self.pattern_word(pattern)?);
            }
            self.pattern_leaf(&patterns)?;
            arms.push((patterns, self.list(&case.body)?));
            if let Some(end) = case.terminator_span {
                self.operator(end, &[";;", ";&", ";;&"])?;
            }
        }
        let span = self.keywords(command.span, command.esac_span, "case", "esac")?;
        Ok((span, CompoundKind::Case { word, arms }))
    }

    pub(super) fn function(
        &mut self,
        function: &ast::FunctionDef,
        redirects: &[ast::Redirect],
    ) -> Converted<Command> {
        let header = self.span(function.header.span())?;
        self.leaf(header);
        let name = function.static_names().next().map(|name| name.as_str().into());
        let body = self.command(&function.body)?;
        let span = header.cover(body.span());
        let redirects = self.redirects(redirects)?;
        Ok(Command::Compound(Box::new(Compound {
            span,
            kind: CompoundKind::Function { name, body },
            redirects,
        })))
    }

    pub(super) fn conditional(
        &mut self,
        expression: &ast::ConditionalExpr,
        words: &mut Vec<Word>,
    ) -> Converted<()> {
        match expression {
            ast::ConditionalExpr::Binary(binary) => {
                self.conditional(&binary.left, words)?;
                self.conditional(&binary.right, words)
            }
            ast::ConditionalExpr::Unary(unary) => self.conditional(&unary.expr, words),
            ast::ConditionalExpr::Parenthesized(inner) => self.conditional(&inner.expr, words),
            // Patterns and regular expressions have their own quoting: what they expand is kept, no value is.
            ast::ConditionalExpr::Word(word) | ast::ConditionalExpr::Regex(word) => {
                let span = self.span(word.span)?;
                let mut found = Found::default();
                self.parts(&word.parts, &mut found);
                words.push(self.loose_word(span, found, None)?);
                Ok(())
            }
            ast::ConditionalExpr::Pattern(pattern) => {
                words.push(self.pattern_word(pattern)?);
                Ok(())
            }
            ast::ConditionalExpr::VarRef(reference) => {
                let span = self.span(reference.span)?;
                let mut found = Found::default();
                self.subscript(reference, &mut found);
                words.push(self.loose_word(span, found, None)?);
                Ok(())
            }
        }
    }

    /// The patterns of an arm with the brackets around them: `a | b)` or `(a)`.
    pub(super) fn pattern_leaf(&mut self, patterns: &[Word]) -> Converted<()> {
        let Some(span) = patterns.iter().map(|pattern| pattern.span).reduce(Span::cover) else {
            return Err(NotShell::Doubtful { what: "an arm without a pattern", span: Span::default() });
        };
        let before = self.text[..span.start()].trim_end_matches([' ', '\t']);
        let start = if before.ends_with('(') { before.len() - 1 } else { span.start() };
        let after = self.text[span.end()..].trim_start_matches([' ', '\t']);
        if !after.starts_with(')') {
            return Err(NotShell::Doubtful { what: "a pattern without its bracket", span });
        }
        self.leaf(Span::new(start, self.text.len() - after.len() + 1));
        Ok(())
    }
}

fn ended(span: Option<ast::Span>) -> ast::Span {
    span.unwrap_or_default()
}
