//! The table `[layout]`: the few things about the layout that people disagree on.

use super::ConfigError;
use super::reader::{self, Section, Value};

/// The table `[layout]`. What is not set has the default that the method of the same name gives.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct LayoutOptions {
    /// `indent`: how far a continued line stands in. What is not set is read from the file itself.
    pub indent: Option<Indent>,
    /// `operators`: where `&&`, `||` and `|` stand when a command is broken there.
    pub operators: Option<Operators>,
    /// `keyword-case`: how instructions and `AS` are written.
    pub keyword_case: Option<KeywordCase>,
    /// `width`: how long a line may be before a list is written one entry a line.
    pub width: Option<u32>,
    /// `blank-lines`: whether blank lines are written where a group of instructions begins.
    pub blank_lines: Option<BlankLines>,
    /// `line-ending`: which line end the file has.
    pub line_ending: Option<LineEnding>,
    /// `final-newline`: whether the last line has an end.
    pub final_newline: Option<bool>,
}

/// How far a continued line stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Indent {
    /// So many blanks.
    Spaces(u8),
    /// One tab.
    Tab,
}

/// Where an operator stands when a command is broken there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operators {
    /// `keep`: where most of the file's stand.
    Keep,
    /// `trailing`: at the end of the line.
    Trailing,
    /// `leading`: at the start of the next.
    Leading,
}

/// How instructions are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeywordCase {
    /// `upper`
    Upper,
    /// `lower`
    Lower,
    /// `keep`: as they are.
    Keep,
}

/// Blank lines between instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BlankLines {
    /// `keep`: where the author wrote some, but none doubled.
    Keep,
    /// `group`: also one before each stage and one after the directives.
    Group,
}

/// Which line end the file has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineEnding {
    /// `keep`: what it has.
    Keep,
    /// `lf`
    Lf,
    /// `crlf`
    CrLf,
}

impl LayoutOptions {
    /// As most of the file has them.
    pub fn operators(&self) -> Operators {
        self.operators.unwrap_or(Operators::Keep)
    }

    /// Capitals.
    pub fn keyword_case(&self) -> KeywordCase {
        self.keyword_case.unwrap_or(KeywordCase::Upper)
    }

    /// 120 characters.
    pub fn width(&self) -> usize {
        self.width.map_or(120, |width| usize::try_from(width).unwrap_or(usize::MAX))
    }

    /// One before each stage.
    pub fn blank_lines(&self) -> BlankLines {
        self.blank_lines.unwrap_or(BlankLines::Group)
    }

    /// What the file has.
    pub fn line_ending(&self) -> LineEnding {
        self.line_ending.unwrap_or(LineEnding::Keep)
    }

    /// The last line has an end.
    pub fn final_newline(&self) -> bool {
        self.final_newline.unwrap_or(true)
    }

    pub(super) fn read(section: &mut Section<'_>) -> Result<LayoutOptions, ConfigError> {
        Ok(LayoutOptions {
            indent: section.take("indent", Indent::read)?,
            operators: section.take("operators", |value| {
                reader::choice(
                    value,
                    &[
                        ("keep", Operators::Keep),
                        ("trailing", Operators::Trailing),
                        ("leading", Operators::Leading),
                    ],
                )
            })?,
            keyword_case: section.take("keyword-case", |value| {
                reader::choice(
                    value,
                    &[
                        ("upper", KeywordCase::Upper),
                        ("lower", KeywordCase::Lower),
                        ("keep", KeywordCase::Keep),
                    ],
                )
            })?,
            width: section.take("width", |value| reader::number(value, 1, "a number above 0"))?,
            blank_lines: section.take("blank-lines", |value| {
                reader::choice(value, &[("keep", BlankLines::Keep), ("group", BlankLines::Group)])
            })?,
            line_ending: section.take("line-ending", |value| {
                reader::choice(
                    value,
                    &[("keep", LineEnding::Keep), ("lf", LineEnding::Lf), ("crlf", LineEnding::CrLf)],
                )
            })?,
            final_newline: section.take("final-newline", reader::truth)?,
        })
    }

    /// These settings, and those `below` where nothing is set here.
    #[must_use]
    pub fn over(self, below: LayoutOptions) -> LayoutOptions {
        LayoutOptions {
            indent: self.indent.or(below.indent),
            operators: self.operators.or(below.operators),
            keyword_case: self.keyword_case.or(below.keyword_case),
            width: self.width.or(below.width),
            blank_lines: self.blank_lines.or(below.blank_lines),
            line_ending: self.line_ending.or(below.line_ending),
            final_newline: self.final_newline.or(below.final_newline),
        }
    }
}

impl Indent {
    /// The widest indent that is taken for meant.
    const MOST: u8 = 16;

    /// So many times this indent.
    pub fn times(self, depth: usize) -> String {
        match self {
            Indent::Spaces(count) => " ".repeat(usize::from(count) * depth),
            Indent::Tab => "\t".repeat(depth),
        }
    }

    /// So many blanks, if that can be meant.
    pub(super) fn spaces(count: u8) -> Option<Indent> {
        (1..=Indent::MOST).contains(&count).then_some(Indent::Spaces(count))
    }

    fn read(value: Value<'_>) -> Result<Indent, ConfigError> {
        if reader::text(value).is_ok_and(|text| text == "tab") {
            return Ok(Indent::Tab);
        }
        let count = reader::number(value, 1, "a number of blanks, such as 2 or 4, or \"tab\"")?;
        Indent::spaces(count).ok_or_else(|| value.error(format!("`indent` is at most {}", Indent::MOST)))
    }
}
