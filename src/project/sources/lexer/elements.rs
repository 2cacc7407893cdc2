//! Elements of JSX: tags with their attributes, and the text between them.

use super::{Elements, Kind, Lexer, Mode, VERBATIM};
use crate::project::sources::language::Interpolation;

impl Lexer<'_> {
    pub(super) fn begins_element(&self) -> bool {
        if self.elements == Elements::Never || !self.expects_operand {
            return false;
        }
        let after = &self.rest()[1..];
        let name = after.len() - after.trim_start_matches(is_name).len();
        let begins = name > 0 && !after.starts_with(|first: char| first.is_ascii_digit());
        let next = after[name..].trim_start();
        let generic = self.elements == Elements::UnlessGeneric
            && (next.starts_with(',') || next.starts_with("extends "));
        (begins || after.starts_with('>')) && !generic
    }

    pub(super) fn tag(&mut self, closing: bool) {
        let Some(first) = self.rest().chars().next() else { return };
        match first {
            _ if first.is_whitespace() => self.at += first.len_utf8(),
            '/' if self.byte(1) == Some(b'>') => {
                self.push(Kind::Mark, 2);
                self.modes.pop();
                self.expects_operand = false;
            }
            '>' => {
                self.push(Kind::Mark, 1);
                self.modes.pop();
                if closing {
                    self.modes.pop();
                    self.expects_operand = false;
                } else {
                    self.modes.push(Mode::Children);
                }
            }
            '{' => self.push_code_start(Interpolation { open: "{", formats: false }),
            '"' | '\'' => match self.rest()[1..].find(first) {
                Some(length) => self.push_string(Kind::Text, length + 2, VERBATIM),
                None => self.fail("an attribute that does not end"),
            },
            '=' | '.' | ':' => self.push(Kind::Mark, 1),
            _ if self.comment() => {}
            _ if is_name(first) => {
                let length = self.rest().find(|next| !is_name(next)).unwrap_or(self.rest().len());
                self.push(Kind::Word, length);
            }
            _ => self.fail("an element that cannot be read"),
        }
    }

    pub(super) fn children(&mut self) {
        let length = self.rest().find(['<', '{']).unwrap_or(self.rest().len());
        self.push_piece(length);
        match (self.byte(0), self.byte(1)) {
            (Some(b'{'), _) => self.push_code_start(Interpolation { open: "{", formats: false }),
            (Some(b'<'), Some(b'/')) => {
                self.push(Kind::Mark, 2);
                self.modes.push(Mode::Tag { closing: true });
            }
            (Some(b'<'), _) => {
                self.push(Kind::Mark, 1);
                self.modes.push(Mode::Tag { closing: false });
            }
            _ => self.fail("an element that does not end"),
        }
    }
}

/// A character of a tag's or an attribute's name.
fn is_name(next: char) -> bool {
    next.is_alphanumeric() || matches!(next, '_' | '$' | '-')
}
