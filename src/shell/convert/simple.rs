//! Simple commands: assignments, words, redirections, here-documents.

use shuck_ast as ast;

use super::words::{Found, is_absent};
use super::{Converted, Converter};
use crate::shell::tree::*;
use crate::shell::{NotShell, coverage};
use crate::source::Span;

impl Converter<'_> {
    pub(super) fn simple(
        &mut self,
        assignments: &[ast::Assignment],
        name: Option<&ast::Word>,
        args: &[&ast::Word],
        redirects: &[ast::Redirect],
    ) -> Converted<Command> {
        let assignments = self.assignments(assignments)?;
        let mut words = Vec::with_capacity(args.len() + 1);
        for word in name.into_iter().chain(args.iter().copied()) {
            words.push(self.word(word)?);
        }
        let redirects = self.redirects(redirects)?;
        self.finish_simple(assignments, words, redirects)
    }

    pub(super) fn finish_simple(
        &self,
        assignments: Vec<Assignment>,
        words: Vec<Word>,
        redirects: Vec<Redirect>,
    ) -> Converted<Command> {
        let spans = (assignments.iter().map(|assignment| assignment.span))
            .chain(words.iter().map(|word| word.span))
            .chain(redirects.iter().map(|redirect| redirect.span));
        match spans.reduce(Span::cover) {
            Some(span) => Ok(Command::Simple(SimpleCommand { span, assignments, words, redirects })),
            None => Err(NotShell::Doubtful { what: "an empty command", span: Span::default() }),
        }
    }

    /// The package keeps neither the name's span nor its word for `exit`, `return`, `break` and `continue`.
    pub(super) fn builtin(
        &mut self,
        builtin: &ast::BuiltinCommand,
        redirects: &[ast::Redirect],
    ) -> Converted<Command> {
        let (name, first, rest, assignments, span) = match builtin {
            ast::BuiltinCommand::Break(c) => ("break", &c.depth, &c.extra_args, &c.assignments, c.span),
            ast::BuiltinCommand::Continue(c) => ("continue", &c.depth, &c.extra_args, &c.assignments, c.span),
            ast::BuiltinCommand::Return(c) => ("return", &c.code, &c.extra_args, &c.assignments, c.span),
            ast::BuiltinCommand::Exit(c) => ("exit", &c.code, &c.extra_args, &c.assignments, c.span),
        };
        let start = self.span(span)?.start();
        let assignments = self.assignments(assignments)?;
        let mut args = Vec::new();
        for word in first.iter().chain(rest) {
            args.push(self.word(word)?);
        }
        let redirects = self.redirects(redirects)?;
        let before: Vec<Span> = (assignments.iter().map(|assignment| assignment.span))
            .chain(redirects.iter().map(|redirect| redirect.span))
            .collect();
        let mut at = start;
        loop {
            at += self.text[at..].len() - self.text[at..].trim_start_matches([' ', '\t']).len();
            match before.iter().find(|span| span.start() == at && !span.is_empty()) {
                Some(span) => at = span.end(),
                None => break,
            }
        }
        let mut words = vec![self.word_at(at, name)?];
        words.append(&mut args);
        self.finish_simple(assignments, words, redirects)
    }

    pub(super) fn declaration(
        &mut self,
        declaration: &ast::DeclClause,
        redirects: &[ast::Redirect],
    ) -> Converted<Command> {
        let assignments = self.assignments(&declaration.assignments)?;
        let name = self.span(declaration.variant_span)?;
        let mut words = vec![self.word_at(name.start(), declaration.variant.as_str())?];
        for operand in &declaration.operands {
            words.push(match operand {
                ast::DeclOperand::Flag(word) | ast::DeclOperand::Dynamic(word) => self.word(word)?,
                ast::DeclOperand::Name(reference) => {
                    let mut found = Found::default();
                    self.subscript(reference, &mut found);
                    self.finish_word(reference.span, found)?
                }
                ast::DeclOperand::Assignment(assignment) => self.assignment_word(assignment)?,
            });
        }
        let redirects = self.redirects(redirects)?;
        self.finish_simple(assignments, words, redirects)
    }

    pub(super) fn assignments(&mut self, assignments: &[ast::Assignment]) -> Converted<Vec<Assignment>> {
        assignments.iter().map(|assignment| self.assignment(assignment)).collect()
    }

    pub(super) fn assignment(&mut self, assignment: &ast::Assignment) -> Converted<Assignment> {
        let span = self.span(assignment.span)?;
        let name = assignment.target.name.as_str();
        let plain = !assignment.append && assignment.target.subscript.is_none();
        let outer = std::mem::take(&mut self.leaves);
        let values = self.assigned(assignment, span);
        self.leaves = outer;
        let values = values?;
        let scalar = matches!(assignment.value, ast::AssignmentValue::Scalar(_));
        let plain = plain && scalar;
        if plain {
            let value = values.first().map_or("", |value| value.span.of(self.text));
            let written = span.of(self.text);
            let parts = written.strip_prefix(name).and_then(|rest| rest.strip_prefix('='));
            if parts != Some(value) {
                return Err(NotShell::Doubtful { what: "an assignment that does not add up", span });
            }
        }
        self.leaf(span);
        Ok(Assignment { span, name: name.into(), values, special: !plain })
    }

    pub(super) fn assigned(&mut self, assignment: &ast::Assignment, span: Span) -> Converted<Vec<Word>> {
        match &assignment.value {
            ast::AssignmentValue::Scalar(word) if is_absent(word) || word.span.start == word.span.end => {
                Ok(Vec::new())
            }
            ast::AssignmentValue::Scalar(word) => Ok(vec![self.word(word)?]),
            ast::AssignmentValue::Compound(array) => {
                let mut words = Vec::with_capacity(array.elements.len());
                for element in &array.elements {
                    let word = self.word(element.value())?;
                    if let ast::ArrayElem::Keyed { key, .. } = element {
                        let key = self.span(key.span())?;
                        self.leaf(Span::new(key.start().saturating_sub(1), word.span.start()));
                    }
                    words.push(word);
                }
                let written = span.of(self.text);
                let open = written.find('(').filter(|_| written.ends_with(')'));
                let Some(open) = open else {
                    return Err(NotShell::Doubtful { what: "an array without its brackets", span });
                };
                let interior = Span::new(span.start() + open + 1, span.end() - 1);
                coverage::check(self.text, interior, &mut self.leaves)?;
                Ok(words)
            }
        }
    }

    pub(super) fn redirects(&mut self, redirects: &[ast::Redirect]) -> Converted<Vec<Redirect>> {
        let mut converted: Vec<Redirect> = Vec::with_capacity(redirects.len());
        for redirect in redirects {
            let span = self.span(redirect.span)?;
            // `&>>` comes as two, the second without bytes of its own.
            if converted.last().is_some_and(|last| last.span.contains(span)) {
                continue;
            }
            converted.push(self.redirect(redirect, span)?);
        }
        Ok(converted)
    }

    pub(super) fn redirect(&mut self, redirect: &ast::Redirect, mut span: Span) -> Converted<Redirect> {
        if let Some(variable) = redirect.fd_var_span {
            let variable = self.span(variable)?;
            span = Span::new(variable.start().saturating_sub(1), span.end());
        }
        let kind = match redirect.kind {
            ast::RedirectKind::Output | ast::RedirectKind::Clobber => RedirectKind::Write,
            ast::RedirectKind::Append if span.of(self.text).starts_with('&') => RedirectKind::AppendBoth,
            ast::RedirectKind::Append => RedirectKind::Append,
            ast::RedirectKind::Input => RedirectKind::Read,
            ast::RedirectKind::ReadWrite => RedirectKind::ReadWrite,
            ast::RedirectKind::OutputBoth => RedirectKind::WriteBoth,
            ast::RedirectKind::DupOutput | ast::RedirectKind::DupInput => RedirectKind::Duplicate,
            ast::RedirectKind::HereDoc | ast::RedirectKind::HereDocStrip => RedirectKind::Heredoc,
            ast::RedirectKind::HereString => RedirectKind::HereString,
        };
        let outer = std::mem::take(&mut self.leaves);
        let target = match &redirect.target {
            ast::RedirectTarget::Heredoc(heredoc) => self.heredoc(heredoc),
            ast::RedirectTarget::Word(word) if is_absent(word) => Ok(Target::Descriptor),
            ast::RedirectTarget::Word(word) => self.word(word).map(Target::File),
        };
        self.leaves = outer;
        let target = target?;
        let target = match target {
            Target::File(word) if kind == RedirectKind::Duplicate && is_descriptor(&word) => {
                Target::Descriptor
            }
            other => other,
        };
        match &target {
            Target::File(word) if !span.contains(word.span) => {
                return Err(NotShell::Doubtful { what: "a redirection without its target", span });
            }
            Target::Heredoc(heredoc) => {
                let body = heredoc.body.span;
                let rest = &self.text[body.end()..];
                let line = rest.find('\n').map_or(rest.len(), |end| end + 1);
                self.leaf(Span::new(body.start(), body.end() + line));
            }
            _ => {}
        }
        if !span.of(self.text).contains(['<', '>']) {
            return Err(NotShell::Doubtful { what: "a redirection without an operator", span });
        }
        self.leaf(span);
        Ok(Redirect { span, kind, target })
    }

    pub(super) fn heredoc(&mut self, heredoc: &ast::Heredoc) -> Converted<Target> {
        let delimiter = self.span(heredoc.delimiter.span)?;
        let span = self.span(heredoc.body.span)?;
        let mut found = Found::default();
        for part in &heredoc.body.parts {
            let part_span = self.span(part.span).unwrap_or(span);
            match &part.kind {
                ast::HeredocBodyPart::Literal(_) => {}
                ast::HeredocBodyPart::Variable(name) => found.variable(name, part_span),
                ast::HeredocBodyPart::CommandSubstitution { body, .. } => {
                    self.nested(body, part_span, &mut found);
                }
                ast::HeredocBodyPart::ArithmeticExpansion { expression_word_ast, .. } => {
                    found.dynamic = true;
                    self.parts(&expression_word_ast.parts, &mut found);
                }
                ast::HeredocBodyPart::Parameter(parameter) => {
                    self.parameter(parameter, part_span, &mut found);
                }
            }
        }
        let literal = (!found.dynamic && heredoc.delimiter.quoted && !heredoc.delimiter.strip_tabs)
            .then(|| span.of(self.text).into());
        if !delimiter.of(self.text).is_ascii() {
            return Err(NotShell::Doubtful { what: "a here-document whose end is not certain", span });
        }
        let body = self.loose_word(span, found, literal)?;
        Ok(Target::Heredoc(Box::new(Heredoc { delimiter, body })))
    }

    /// An assignment that is an argument: `export A=b`.
    pub(super) fn assignment_word(&mut self, assignment: &ast::Assignment) -> Converted<Word> {
        let mut found = Found::default();
        self.subscript(&assignment.target, &mut found);
        match &assignment.value {
            ast::AssignmentValue::Scalar(word) => {
                self.parts(&word.parts, &mut found);
                self.finish_word(assignment.span, found)
            }
            ast::AssignmentValue::Compound(_) => {
                let assignment = self.assignment(assignment)?;
                for value in assignment.values {
                    found.variables.extend(value.variables);
                    found.nested.extend(value.nested);
                    found.dynamic |= value.dynamic;
                }
                Ok(found.into_word(assignment.span, None))
            }
        }
    }
}

fn is_descriptor(word: &Word) -> bool {
    word.literal().is_some_and(|value| value == "-" || value.bytes().all(|byte| byte.is_ascii_digit()))
}
