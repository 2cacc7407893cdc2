//! The two output streams: colour, control characters, and readers that go away.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// Standard output for what was asked for, standard error for all that is said about it.
pub(crate) struct Terminal {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    /// Whether a person looks at standard output. Else it is left byte for byte as it is, so that `patch` and editors
    /// get what they need.
    escapes: bool,
    coloured: bool,
    state: OutState,
}

/// Whether standard output still takes text.
enum OutState {
    Open,
    /// The reader went away, as `head` does: no error, but no use in writing on.
    Gone,
    Failed(io::Error),
}

impl Terminal {
    /// The streams of this process. The choice of colour holds for both; "auto" looks at each by itself.
    pub(crate) fn new(color: clap::ColorChoice) -> Terminal {
        let choice = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let for_out = if choice == ColorChoice::Auto { AutoStream::choice(&stdout) } else { choice };
        let coloured = for_out != ColorChoice::Never;
        let escapes = coloured || stdout.is_terminal();
        // Without colour the stream is used as it is: taking escape sequences out would change what is in a diff.
        let out: Box<dyn Write> = if coloured {
            Box::new(BufWriter::new(AutoStream::new(stdout, for_out)))
        } else {
            Box::new(BufWriter::new(stdout))
        };
        let err = Box::new(AutoStream::new(stderr, choice));
        Terminal { out, err, escapes, coloured, state: OutState::Open }
    }

    /// A terminal without colour whose two streams go to one place, for tests.
    #[cfg(test)]
    pub(crate) fn to(place: impl Write + Clone + 'static) -> Terminal {
        let err = Box::new(AutoStream::never(Box::new(place.clone()) as Box<dyn Write>));
        Terminal { out: Box::new(place), err, escapes: false, coloured: false, state: OutState::Open }
    }

    /// Text for standard output, with its line ends.
    pub(crate) fn print(&mut self, style: Style, text: &str) {
        let shown = if self.escapes { escape(text, Layout::Lines) } else { Cow::Borrowed(text) };
        let result = match shown.strip_suffix('\n') {
            _ if !self.coloured => self.out.write_all(shown.as_bytes()),
            Some(line) => writeln!(self.out, "{style}{line}{style:#}"),
            None => write!(self.out, "{style}{shown}{style:#}"),
        };
        self.note(result);
    }

    /// Parts of one line for standard error, each in its style.
    pub(crate) fn say(&mut self, parts: &[(Style, &str)]) {
        // What stands on standard output comes first on a screen that shows both.
        self.flush();
        let line: String = parts
            .iter()
            .map(|(style, text)| format!("{style}{}{style:#}", escape(text, Layout::OneLine)))
            .collect();
        // Nobody is left to be told that standard error is gone.
        let _ = writeln!(self.err, "{line}");
    }

    fn flush(&mut self) {
        let result = self.out.flush();
        self.note(result);
    }

    fn note(&mut self, result: io::Result<()>) {
        if let (Err(error), OutState::Open) = (result, &self.state) {
            let gone = error.kind() == io::ErrorKind::BrokenPipe;
            self.state = if gone { OutState::Gone } else { OutState::Failed(error) };
            self.out = Box::new(io::sink());
        }
    }

    /// Writes what is left, and says what kept standard output from being whole.
    pub(crate) fn finish(mut self) -> Result<(), ()> {
        self.flush();
        if let OutState::Failed(error) = &self.state {
            let message = format!("dockfix: standard output cannot be written: {error}");
            self.say(&[(PLAIN, &message)]);
            return Err(());
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// Line ends and tabs are kept.
    Lines,
    /// Everything stands on one line.
    OneLine,
}

/// The text with visible signs in place of characters that steer a terminal or turn the direction of writing, so that
/// no file can move the cursor, recolour or reorder what is shown.
fn escape(text: &str, layout: Layout) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' if layout == Layout::Lines => shown.push(character),
            '\r' if layout == Layout::Lines && characters.peek() == Some(&'\n') => shown.push(character),
            '\0'..='\x1f' => shown.extend(char::from_u32(0x2400 + u32::from(character))),
            '\x7f' => shown.push('␡'),
            _ if steers(character) => shown.extend(character.escape_unicode()),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and the marks that reorder text.
pub(crate) fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_visible() {
        let text = "a\x1b[2J\tb\u{9b}c\x7f\r\nd\re\u{202e}";
        assert_eq!(escape(text, Layout::Lines), "a␛[2J\tb\\u{9b}c␡\r\nd␍e\\u{202e}");
        assert_eq!(escape(text, Layout::OneLine), "a␛[2J␉b\\u{9b}c␡␍␊d␍e\\u{202e}");
        assert_eq!(escape("plain é ☺\n", Layout::Lines), "plain é ☺\n");
    }
}
