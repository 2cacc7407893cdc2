//! Words: what they expand, and the scripts inside them.

use shuck_ast as ast;

use super::{Converted, Converter, MAX_REPARSED, parse};
use crate::shell::tree::*;
use crate::shell::{NotShell, coverage, reading};
use crate::source::Span;

impl Converter<'_> {
    pub(super) fn pattern_word(&mut self, pattern: &ast::Pattern) -> Converted<Word> {
        let span = self.span(pattern.span)?;
        let mut found = Found::default();
        self.pattern(pattern, &mut found);
        self.loose_word(span, found, None)
    }

    pub(super) fn pattern(&mut self, pattern: &ast::Pattern, found: &mut Found) {
        for part in &pattern.parts {
            match &part.kind {
                ast::PatternPart::Word(word) => self.parts(&word.parts, found),
                ast::PatternPart::Group { patterns, .. } => {
                    patterns.iter().for_each(|pattern| self.pattern(pattern, found));
                }
                _ => {}
            }
        }
    }

    pub(super) fn arithmetic_word(
        &mut self,
        span: Option<ast::Span>,
        tree: Option<&ast::ArithmeticExprNode>,
    ) -> Converted<Option<Word>> {
        let Some(span) = span else { return Ok(None) };
        let span = self.span(span)?;
        let mut found = Found { dynamic: true, ..Found::default() };
        if let Some(tree) = tree {
            self.arithmetic(tree, &mut found);
        }
        self.loose_word(span, found, None).map(Some)
    }

    pub(super) fn arithmetic(&mut self, node: &ast::ArithmeticExprNode, found: &mut Found) {
        use ast::ArithmeticExpr as E;
        match &node.kind {
            E::Number(_) => {}
            E::Variable(name) => {
                if let Ok(span) = self.span(node.span) {
                    found.variable(name, span);
                }
            }
            E::Indexed { index, .. } => self.arithmetic(index, found),
            E::ShellWord(word) => self.parts(&word.parts, found),
            E::Parenthesized { expression } => self.arithmetic(expression, found),
            E::Unary { expr, .. } | E::Postfix { expr, .. } => self.arithmetic(expr, found),
            E::Binary { left, right, .. } => {
                self.arithmetic(left, found);
                self.arithmetic(right, found);
            }
            E::Conditional { condition, then_expr, else_expr } => {
                self.arithmetic(condition, found);
                self.arithmetic(then_expr, found);
                self.arithmetic(else_expr, found);
            }
            E::Assignment { value, .. } => self.arithmetic(value, found),
        }
    }

    pub(super) fn words(&mut self, words: &[ast::Word]) -> Converted<Vec<Word>> {
        words.iter().map(|word| self.word(word)).collect()
    }

    pub(super) fn word(&mut self, word: &ast::Word) -> Converted<Word> {
        let mut found = Found::default();
        self.parts(&word.parts, &mut found);
        self.finish_word(word.span, found)
    }

    /// A word of which only the place and the value are known: a name that the package does not keep as a word.
    pub(super) fn word_at(&mut self, start: usize, value: &str) -> Converted<Word> {
        let reading = reading::read(&self.text[..self.limit], start, &[]);
        let span = Span::new(start, reading.end);
        if reading.value != value || reading.oddity.is_some() {
            return Err(NotShell::Doubtful { what: "a command that is not where it should be", span });
        }
        self.leaf(span);
        Ok(Found::default().into_word(span, Some(value.into())))
    }

    /// Reads the word once more and compares.
    pub(super) fn finish_word(&mut self, span: ast::Span, mut found: Found) -> Converted<Word> {
        let span = self.span(span)?;
        let fault = |what| Err(NotShell::Doubtful { what, span });
        let written = span.of(self.text);
        if written.is_empty() || written.starts_with([' ', '\t', '\n']) {
            return fault("a word that begins with a blank");
        }
        let text = &self.text[..self.limit];
        let mut reading = reading::read(text, span.start(), &found.outer);
        // The package misplaces the variables of some words with escapes. Where there are only variables, they are
        // found without it.
        if reading.surprised
            && found.nested.is_empty()
            && let Some((again, variables)) = reading::read_parameters(text, span.start())
        {
            reading = again;
            found = Found { dynamic: true, ..Found::default() };
            found
                .variables
                .extend(variables.into_iter().map(|(name, span)| Variable { name: name.into(), span }));
        }
        if reading.surprised {
            return fault("a word that was read in two ways");
        }
        if reading.end != span.end() || reading.unterminated {
            return fault("a word whose end is not certain");
        }
        self.leaf(span);
        let literal = reading.oddity.is_none().then(|| reading.value.into_boxed_str());
        self.loose_word(span, found, literal)
    }

    /// A word whose quoting has rules of its own, so that it is not read a second time.
    pub(super) fn loose_word(&self, span: Span, found: Found, literal: Option<Box<str>>) -> Converted<Word> {
        if found.open {
            return Err(NotShell::Doubtful { what: "an expansion that is not closed", span });
        }
        Ok(found.into_word(span, literal))
    }

    pub(super) fn parts(&mut self, parts: &[ast::WordPartNode], found: &mut Found) {
        for part in parts {
            self.part(part, found);
        }
    }

    /// Notes an outermost expansion.
    pub(super) fn expansion(&self, span: Span, found: &mut Found) {
        found.open |= !is_closed(span.of(self.text));
        found.dynamic = true;
        if found.outer.last().is_none_or(|last| last.end() <= span.start()) {
            found.outer.push(span);
        }
    }

    pub(super) fn part(&mut self, part: &ast::WordPartNode, found: &mut Found) {
        use ast::WordPart as P;
        let Ok(span) = self.span(part.span) else {
            found.dynamic = true;
            return;
        };
        match &part.kind {
            P::Literal(_) | P::SingleQuoted { .. } => return,
            P::DoubleQuoted { parts, .. } => return self.parts(parts, found),
            P::Variable(name) => found.variable(name, span),
            P::CommandSubstitution { body, .. } | P::ProcessSubstitution { body, .. } => {
                self.nested(body, span, found);
            }
            P::ArithmeticExpansion { expression_ast, expression_word_ast, .. } => {
                let mut inner = Found::default();
                match expression_ast {
                    Some(tree) => self.arithmetic(tree, &mut inner),
                    None => self.parts(&expression_word_ast.parts, &mut inner),
                }
                found.absorb(inner);
            }
            P::Parameter(parameter) => return self.parameter(parameter, span, found),
            P::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                found.variable(&reference.name, span);
                let mut inner = Found::default();
                self.operation(Some(operator), operand_word_ast.as_deref(), &mut inner);
                found.absorb(inner);
            }
            P::IndirectExpansion { reference, operator, operand_word_ast, .. } => {
                found.variable(&reference.name, span);
                let mut inner = Found::default();
                self.operation(operator.as_deref(), operand_word_ast.as_deref(), &mut inner);
                found.absorb(inner);
            }
            P::Substring { reference, offset_word_ast, length_word_ast, .. }
            | P::ArraySlice { reference, offset_word_ast, length_word_ast, .. } => {
                found.variable(&reference.name, span);
                let mut inner = Found::default();
                self.parts(&offset_word_ast.parts, &mut inner);
                length_word_ast.iter().for_each(|word| self.parts(&word.parts, &mut inner));
                found.absorb(inner);
            }
            P::Length(reference)
            | P::ArrayAccess(reference)
            | P::ArrayLength(reference)
            | P::ArrayIndices(reference)
            | P::Transformation { reference, .. } => found.variable(&reference.name, span),
            P::PrefixMatch { prefix, .. } => found.variable(prefix, span),
            P::ZshQualifiedGlob(_) => {}
        }
        self.expansion(span, found);
    }

    pub(super) fn parameter(&mut self, parameter: &ast::ParameterExpansion, span: Span, found: &mut Found) {
        use ast::BourneParameterExpansion as B;
        self.expansion(span, found);
        let Some(bourne) = parameter.bourne() else { return };
        let mut inner = Found::default();
        match bourne {
            B::Access { reference }
            | B::Length { reference }
            | B::Indices { reference }
            | B::Transformation { reference, .. } => {
                found.variable(&reference.name, span);
                self.subscript(reference, &mut inner);
            }
            B::Operation { reference, operator, operand_word_ast, .. } => {
                found.variable(&reference.name, span);
                self.operation(Some(operator), operand_word_ast.as_deref(), &mut inner);
            }
            B::Indirect { reference, operator, operand_word_ast, .. } => {
                found.variable(&reference.name, span);
                self.operation(operator.as_deref(), operand_word_ast.as_deref(), &mut inner);
            }
            B::Slice { reference, offset_word_ast, length_word_ast, .. } => {
                found.variable(&reference.name, span);
                self.parts(&offset_word_ast.parts, &mut inner);
                length_word_ast.iter().for_each(|word| self.parts(&word.parts, &mut inner));
            }
            B::PrefixMatch { prefix, .. } => found.variable(prefix, span),
        }
        found.absorb(inner);
    }

    pub(super) fn operation(
        &mut self,
        operator: Option<&ast::ParameterOp>,
        operand: Option<&ast::Word>,
        found: &mut Found,
    ) {
        use ast::ParameterOp as O;
        if let Some(word) = operand {
            self.parts(&word.parts, found);
        }
        match operator {
            Some(
                O::RemovePrefixShort { pattern }
                | O::RemovePrefixLong { pattern }
                | O::RemoveSuffixShort { pattern }
                | O::RemoveSuffixLong { pattern },
            ) => self.pattern(pattern, found),
            Some(
                O::ReplaceFirst { pattern, replacement_word_ast, .. }
                | O::ReplaceAll { pattern, replacement_word_ast, .. },
            ) => {
                self.pattern(pattern, found);
                self.parts(&replacement_word_ast.parts, found);
            }
            _ => {}
        }
    }

    pub(super) fn subscript(&mut self, reference: &ast::VarRef, found: &mut Found) {
        if let Some(word) = reference.subscript.as_ref().and_then(|subscript| subscript.word_ast()) {
            self.parts(&word.parts, found);
        }
    }

    /// A script inside a word.
    pub(super) fn nested(&mut self, body: &ast::StmtSeq, span: Span, found: &mut Found) {
        let written = span.of(self.text);
        let open = if written.starts_with('`') { 1 } else { 2 };
        // Within backquotes the shell first takes escapes away: offsets would be those of another text.
        let escaped = written.starts_with('`') && written.contains('\\');
        let list = if escaped || span.len() <= open || !is_closed(written) {
            None
        } else {
            let interior = Span::new(span.start() + open, span.end() - 1);
            self.interior(interior, body).or_else(|| self.reparse(interior))
        };
        self.expansion(span, found);
        found.open |= list.is_none() && !escaped;
        found.nested.push(Nested { span, list });
    }

    /// The list of a nested script, if it holds the whole of it. One that the package could not parse comes from it
    /// as an empty list without a word said, and some that it could come misplaced.
    pub(super) fn interior(&mut self, interior: Span, body: &ast::StmtSeq) -> Option<List> {
        let outer = (std::mem::take(&mut self.leaves), std::mem::take(&mut self.comments));
        let limit = std::mem::replace(&mut self.limit, interior.end());
        let list = self.list(body).ok().filter(|_| {
            let mut leaves = std::mem::take(&mut self.leaves);
            coverage::check(self.text, interior, &mut leaves).is_ok()
        });
        self.limit = limit;
        let comments = std::mem::take(&mut self.comments);
        (self.leaves, self.comments) = outer;
        if list.is_some() {
            self.comments.extend(comments);
        }
        list
    }

    pub(super) fn reparse(&mut self, interior: Span) -> Option<List> {
        self.reparsed += 1;
        if self.reparsed > MAX_REPARSED {
            return None;
        }
        let file = parse(interior.of(self.shadow)).ok()?;
        let base = std::mem::replace(&mut self.base, interior.start());
        let list = self.interior(interior, &file.body);
        self.base = base;
        list
    }
}

/// What was found inside a word.
#[derive(Default)]
pub(super) struct Found {
    pub(super) dynamic: bool,
    /// Whether an expansion is not what it should be.
    pub(super) open: bool,
    /// The outermost expansions, in text order.
    pub(super) outer: Vec<Span>,
    pub(super) variables: Vec<Variable>,
    pub(super) nested: Vec<Nested>,
}

impl Found {
    pub(super) fn variable(&mut self, name: &ast::Name, span: Span) {
        self.dynamic = true;
        self.variables.push(Variable { name: name.as_str().into(), span });
    }

    pub(super) fn absorb(&mut self, inner: Found) {
        self.dynamic = true;
        self.open |= inner.open;
        self.variables.extend(inner.variables);
        self.nested.extend(inner.nested);
    }

    pub(super) fn into_word(self, span: Span, literal: Option<Box<str>>) -> Word {
        let literal = literal.filter(|_| !self.dynamic);
        Word { span, literal, dynamic: self.dynamic, variables: self.variables, nested: self.nested }
    }
}

/// A word that the package made up: it has no place in the text.
pub(super) fn is_absent(word: &ast::Word) -> bool {
    word.span == ast::Span::new()
}

/// Whether an expansion ends as it began; the package takes one that nobody closes for whole.
fn is_closed(written: &str) -> bool {
    match written.as_bytes() {
        [b'$', b'{', ..] => reading::parameter_end(written) == Some(written.len()),
        [b'$' | b'<' | b'>', b'(', .., last] => *last == b')',
        [b'$', b'[', .., last] => *last == b']',
        [b'`', .., last] => *last == b'`',
        [b'$', _, ..] => true,
        _ => false,
    }
}
