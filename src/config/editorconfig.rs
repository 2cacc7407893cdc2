//! The keys of an `.editorconfig` that say something of a Dockerfile's layout.
//!
//! Works on text alone, as the rest of the settings do: which files count for a Dockerfile is for the caller to find out.

use std::path::Path;

use ec4rs::property::{EndOfLine, FinalNewline, IndentSize, IndentStyle, MaxLineLen};
use ec4rs::{ConfigParser, Properties, Section};

use super::{Indent, LayoutOptions, LineEnding};

/// An `.editorconfig`, as far as it can be read.
#[derive(Clone)]
pub struct EditorConfig {
    root: bool,
    sections: Vec<Section>,
}

impl EditorConfig {
    /// Reads the text of an `.editorconfig`. Lines that are none of its format are passed over, as editors do.
    pub fn parse(text: &str) -> EditorConfig {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match ConfigParser::new(text.as_bytes()) {
            Ok(parser) => EditorConfig { root: parser.is_root, sections: parser.flatten().collect() },
            Err(_) => EditorConfig { root: false, sections: Vec::new() },
        }
    }

    /// Whether those of the folders above do not count.
    pub fn is_root(&self) -> bool {
        self.root
    }

    /// What is said of the file at `path`, relative to the folder of the `.editorconfig`, `/` between parts.
    pub fn layout_for(&self, path: &str) -> LayoutOptions {
        let path = Path::new(path);
        let mut found = Properties::new();
        for section in self.sections.iter().filter(|section| section.applies_to(path)) {
            for (key, value) in section.props().iter() {
                found.insert_raw_for_key(key, value.clone());
            }
        }
        LayoutOptions {
            indent: indent(&found),
            width: match found.get::<MaxLineLen>() {
                Ok(MaxLineLen::Value(width)) => u32::try_from(width).ok().filter(|width| *width > 0),
                Ok(MaxLineLen::Off) => Some(u32::MAX),
                Err(_) => None,
            },
            line_ending: match found.get::<EndOfLine>() {
                Ok(EndOfLine::Lf) => Some(LineEnding::Lf),
                Ok(EndOfLine::CrLf) => Some(LineEnding::CrLf),
                // BuildKit reads a file of lone carriage returns as one line.
                Ok(EndOfLine::Cr) | Err(_) => None,
            },
            final_newline: match found.get::<FinalNewline>() {
                Ok(FinalNewline::Value(wanted)) => Some(wanted),
                Err(_) => None,
            },
            ..LayoutOptions::default()
        }
    }
}

fn indent(found: &Properties) -> Option<Indent> {
    match (found.get::<IndentStyle>(), found.get::<IndentSize>()) {
        (Ok(IndentStyle::Tabs), _) | (Err(_), Ok(IndentSize::UseTabWidth)) => Some(Indent::Tab),
        // Blanks without a number say nothing of how many.
        (_, Ok(IndentSize::Value(count))) => Indent::spaces(u8::try_from(count).ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str, path: &str) -> LayoutOptions {
        EditorConfig::parse(text).layout_for(path)
    }

    #[test]
    fn the_standard_keys_are_read() {
        let text = "root = true\n[*]\nindent_style = space\nindent_size = 2\nend_of_line = crlf\n\
                    insert_final_newline = false\nmax_line_length = 80\n[Makefile]\nindent_style = tab\n";
        let options = LayoutOptions {
            indent: Some(Indent::Spaces(2)),
            width: Some(80),
            line_ending: Some(LineEnding::CrLf),
            final_newline: Some(false),
            ..LayoutOptions::default()
        };
        assert_eq!(layout(text, "Dockerfile"), options);
        assert!(EditorConfig::parse(text).is_root() && !EditorConfig::parse("[*]\n").is_root());
    }

    #[test]
    fn later_sections_count_more_and_others_not_at_all() {
        let text = "[*]\nindent_size = 2\n[Dockerfile*]\nindent_size = 4\n[docker/*]\nindent_style = tab\n";
        assert_eq!(layout(text, "Dockerfile.dev").indent, Some(Indent::Spaces(4)));
        assert_eq!(layout(text, "api/Dockerfile").indent, Some(Indent::Spaces(4)));
        assert_eq!(layout(text, "docker/x").indent, Some(Indent::Tab));
        assert_eq!(layout("[*.py]\nindent_size = 4\n", "Dockerfile"), LayoutOptions::default());
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        let text = "[*]\nindent_style = space\nmax_line_length = 0\nend_of_line = cr\nindent_size = many\n";
        assert_eq!(layout(text, "Dockerfile"), LayoutOptions::default());
        assert_eq!(layout("[*]\nmax_line_length = off\n", "Dockerfile").width, Some(u32::MAX));
        assert_eq!(layout("no such file\n[*\nx\n", "Dockerfile"), LayoutOptions::default());
    }
}
