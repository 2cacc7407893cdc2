//! Edits of a RUN's text: a word that goes, a command that goes or comes.

use super::Run;
use crate::edit::Edit;
use crate::shell::{Chain, Command, Connector, EndKind, Pipeline, SimpleCommand, Word};
use crate::source::Span;

impl Run<'_> {
    /// An edit that puts text behind a word, with a blank between; `None` where a line break parts the word.
    pub(in crate::transforms) fn insert_behind(&self, word: &Word, text: &str) -> Option<Edit> {
        let place = self.place(word.span)?;
        // The word is written anew: what is inserted at an instruction's very end does not count as a part of it.
        Some(Edit::replace(place, format!("{} {text}", self.text(word.span))))
    }

    /// An edit that takes out what stands from one offset of the script to another, with the line breaks inside it;
    /// `None` where a comment would be lost with it.
    pub(in crate::transforms) fn take_out(&self, from: usize, to: usize) -> Option<Edit> {
        let place = Span::new(self.start(from), self.end(to));
        let own = self.script().map(crate::shell::Script::comments).unwrap_or_default();
        let comment = self.instruction.inner_comments.iter().any(|comment| comment.overlaps(place))
            || own.iter().any(|comment| comment.overlaps(Span::new(from, to)));
        (!comment).then(|| Edit::delete(place))
    }

    /// Where the script begins, if it is one chain of `&&` and nothing else, so that what is put before it ends the
    /// whole where it fails.
    pub(in crate::transforms) fn start_of_chain(&self) -> Option<usize> {
        let [item] = self.script()?.list().items.as_slice() else { return None };
        let first = &item.chain.first;
        // Before `!` or a compound command the words would mean the same, but nobody writes that.
        let simple = first.negation.is_none() && matches!(first.first, Command::Simple(_));
        (item.end.is_none() && only_and(&item.chain) && simple).then(|| item.chain.span().start())
    }

    /// An edit that takes a command out of the script's own list with the operator that joins it to the others; `None`
    /// where it is no plain link of a chain of `&&` or of a list, or where a comment would be lost with it.
    pub(in crate::transforms) fn take_out_link(&self, command: &SimpleCommand) -> Option<Edit> {
        let items = &self.script()?.list().items;
        let (item, link) = items.iter().enumerate().find_map(|(at, item)| {
            let link = item.chain.pipelines().position(|pipeline| is_only(pipeline, command))?;
            Some((at, link))
        })?;
        let chain = &items[item].chain;
        let links: Vec<&Pipeline> = chain.pipelines().collect();
        if links.len() == 1 {
            // Its outcome is passed over, or `set -e` is on: either way the next item follows.
            let end = items[item].end.filter(|end| end.kind != EndKind::Background)?;
            let next = items.get(item + 1)?.chain.span();
            return (end.span.end() <= next.start())
                .then(|| self.take_out(command.span.start(), next.start()))?;
        }
        if !only_and(chain) {
            return None;
        }
        match link {
            0 => self.take_out(links[0].span().start(), links[1].span().start()),
            _ => self.take_out(links[link - 1].span().end(), links[link].span().end()),
        }
    }
}

/// Whether every operator of a chain is `&&`.
fn only_and(chain: &Chain) -> bool {
    chain.rest.iter().all(|link| link.connector == Connector::And)
}

/// Whether a pipeline is this command and nothing else.
fn is_only(pipeline: &Pipeline, command: &SimpleCommand) -> bool {
    let alone = pipeline.rest.is_empty() && pipeline.negation.is_none();
    alone && matches!(&pipeline.first, Command::Simple(first) if std::ptr::eq(first, command))
}
