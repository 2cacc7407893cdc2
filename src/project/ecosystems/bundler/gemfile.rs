//! A `Gemfile` is a program in Ruby. Read is the part of the language that lists gems with literals; any other line is
//! reported as not understood, since it might read whatever it likes.

/// What a Gemfile says.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Gemfile {
    /// The gems by name.
    pub(super) gems: Vec<String>,
    /// Files that the program reads, relative to it: `ruby file:`, `File.read`, `eval_gemfile`.
    pub(super) reads: Vec<Read>,
    /// What makes the project's own files part of the install, with the line.
    pub(super) local: Vec<(usize, String)>,
    /// Plugins of Bundler, with the line.
    pub(super) plugins: Vec<(usize, String)>,
    /// The first line that is not understood.
    pub(super) unclear: Option<(usize, String)>,
}

/// A file that a Gemfile reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Read {
    pub(super) line: usize,
    pub(super) path: String,
    /// Whether it is a Gemfile itself.
    pub(super) evaluated: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Token {
    Word(String),
    /// `:name` or `name:`.
    Symbol(String),
    Text(String),
    Sign(char),
}

/// Words that read no file wherever they stand: of the language, of Bundler's own, of conditions.
const HARMLESS: &[&str] = &[
    "source",
    "group",
    "platform",
    "platforms",
    "env",
    "git_source",
    "git",
    "github",
    "gist",
    "bitbucket",
    "gem",
    "ruby",
    "do",
    "end",
    "if",
    "unless",
    "else",
    "elsif",
    "then",
    "and",
    "or",
    "not",
    "true",
    "false",
    "nil",
    "ENV",
    "fetch",
    "key?",
    "RUBY_VERSION",
    "RUBY_ENGINE",
    "RUBY_PLATFORM",
    "Gem",
    "Version",
    "new",
    "include?",
    "to_s",
    "to_i",
    "to_f",
    "nil?",
    "empty?",
    "start_with?",
    "freeze",
    "install_if",
    "lambda",
    "plugin",
    "repo",
    "repo_name",
    "Integer",
    "puts",
    "gemspec",
    "path",
    "eval_gemfile",
    "present?",
];

/// Reads a Gemfile.
pub(super) fn read(text: &str) -> Gemfile {
    let mut gemfile = Gemfile::default();
    for (line, statement) in statements(text) {
        let read = file_reads(&statement);
        match read.as_ref().and_then(|(plain, _)| tokens(plain)) {
            Some(tokens) => gemfile.statement(line, &statement, &tokens),
            None => gemfile.give_up(line, &statement),
        }
        for path in read.into_iter().flat_map(|(_, paths)| paths) {
            gemfile.reads.push(Read { line, path, evaluated: false });
        }
    }
    gemfile
}

/// Lines joined where one goes on: behind a comma, an open bracket, an operator, a backslash.
fn statements(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().enumerate() {
        if line == "__END__" {
            break;
        }
        let line = without_comment(line).trim();
        if line.is_empty() {
            continue;
        }
        match found.last_mut().filter(|_| open) {
            Some((_, before)) => {
                before.push(' ');
                before.push_str(line);
            }
            None => found.push((index + 1, line.to_owned())),
        }
        let ends = |end: &&str| line.ends_with(*end);
        open = [",", "(", "[", "{", "|", "&&", "||", "=>", "\\"].iter().any(ends) && !line.contains(" do |")
            || line.ends_with(':');
    }
    found
}

fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (at, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return &line[..at],
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    line
}

/// The statement with `File.read(…)` and what trims its text replaced by a literal, and the paths that are read; `None`
/// where such a path is no literal.
fn file_reads(statement: &str) -> Option<(String, Vec<String>)> {
    let (mut plain, mut rest, mut paths) = (String::new(), statement, Vec::new());
    while let Some(at) = rest.find("File.read(") {
        let inside = &rest[at + "File.read(".len()..];
        let mut depth = 1_usize;
        let end = inside.find(|character| {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        paths.push(path_of(&inside[..end])?);
        let (mut before, mut after) = (&rest[..at], &inside[end + 1..]);
        for trim in [".strip", ".chomp"] {
            after = after.strip_prefix(trim).unwrap_or(after);
        }
        // Inside of a text it is a part of that text.
        let embedded = before.strip_suffix("#{").zip(after.strip_prefix('}'));
        (before, after) = embedded.unwrap_or((before, after));
        plain.push_str(before);
        plain.push_str(if embedded.is_some() { "0" } else { "'0'" });
        rest = after;
    }
    plain.push_str(rest);
    Some((plain, paths))
}

/// `'a'`, `File.join(__dir__, 'a', 'b')`, `File.expand_path('a', __dir__)`.
fn path_of(written: &str) -> Option<String> {
    let literal = |word: &str| {
        let word = word.trim();
        let text = ['\'', '"'].iter().find_map(|quote| word.strip_prefix(*quote)?.strip_suffix(*quote))?;
        (!text.contains(['\'', '"', '\\', '#'])).then(|| text.to_owned())
    };
    let call = |name: &str| written.trim().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
    if let Some(words) = call("File.join") {
        let parts = words.split(',').map(str::trim).filter(|word| *word != "__dir__").map(literal);
        return parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("/"));
    }
    if let Some(words) = call("File.expand_path") {
        return literal(words.strip_suffix("__dir__")?.trim_end().strip_suffix(',')?);
    }
    literal(written)
}

/// The tokens of a statement; `None` where something is not of the small language.
fn tokens(statement: &str) -> Option<Vec<Token>> {
    let mut rest = statement;
    let mut found = Vec::new();
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() || first == '\\' {
            rest = &rest[first.len_utf8()..];
        } else if first == '\'' || first == '"' {
            let end = rest[1..].find(first)? + 1;
            let text = &rest[1..end];
            // Interpolation may call anything; what git_source makes of a name is the usual exception.
            let plain = !text.contains('\\')
                && (first == '\''
                    || !text.contains("#{")
                    || text.contains("#{repo}")
                    || text.contains("#{repo_name}"));
            found.push(plain.then(|| Token::Text(text.to_owned()))?);
            rest = &rest[end + 1..];
        } else if rest.starts_with("%w[")
            || rest.starts_with("%i[")
            || rest.starts_with("%w(")
            || rest.starts_with("%i(")
        {
            let end = rest.find([']', ')'])?;
            found.extend(rest[3..end].split_whitespace().map(|word| Token::Symbol(word.to_owned())));
            rest = &rest[end + 1..];
        } else if first == ':'
            && rest[1..].starts_with(|next: char| next.is_ascii_alphabetic() || next == '_')
        {
            let end = word_end(&rest[1..]) + 1;
            found.push(Token::Symbol(rest[1..end].to_owned()));
            rest = &rest[end..];
        } else if first.is_ascii_alphanumeric() || first == '_' {
            let end = word_end(rest);
            let word = rest[..end].to_owned();
            rest = &rest[end..];
            let key = rest.starts_with(':') && !rest.starts_with("::");
            found.push(if key { Token::Symbol(word) } else { Token::Word(word) });
            rest = if key { &rest[1..] } else { rest };
        } else if "()[]{},.|&=<>!?~-+:".contains(first) {
            found.push(Token::Sign(first));
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(found)
}

fn word_end(text: &str) -> usize {
    let end = text.find(|character: char| !(character.is_ascii_alphanumeric() || character == '_'));
    let end = end.unwrap_or(text.len());
    if text[end..].starts_with('?') { end + 1 } else { end }
}

impl Gemfile {
    fn statement(&mut self, line: usize, written: &str, tokens: &[Token]) {
        let known = |token: &Token| match token {
            Token::Word(word) => {
                HARMLESS.contains(&word.as_str())
                    || word.chars().all(|character| character.is_ascii_digit() || character == '_')
            }
            _ => true,
        };
        if !tokens.iter().all(known) {
            return self.give_up(line, written);
        }
        let head = match tokens.first() {
            Some(Token::Word(word)) => word.as_str(),
            _ => "",
        };
        let text = tokens.iter().find_map(|token| match token {
            Token::Text(text) => Some(text.clone()),
            _ => None,
        });
        let has = |key: &str| tokens.iter().any(|token| matches!(token, Token::Symbol(name) if name == key));
        let is_gem = |token: &Token| matches!(token, Token::Word(word) if word == "gem" || word == "gemspec");
        if tokens.iter().skip(1).any(is_gem) {
            // Behind a condition on one line it would be missed.
            return self.give_up(line, written);
        }
        match head {
            "gem" => {
                let Some(name) = text else { return self.give_up(line, written) };
                if has("path") {
                    self.local.push((line, format!("`{name}` is installed from the project's own files")));
                }
                self.gems.push(name);
            }
            "gemspec" | "path" => {
                self.local.push((line, format!("`{head}` installs the project's own files")))
            }
            "plugin" => self.plugins.push((line, text.unwrap_or_default())),
            "eval_gemfile" => match text {
                Some(path) => self.reads.push(Read { line, path, evaluated: true }),
                None => self.give_up(line, written),
            },
            "ruby" if has("file") => match text {
                Some(path) => self.reads.push(Read { line, path, evaluated: false }),
                None => self.give_up(line, written),
            },
            _ => {}
        }
    }

    fn give_up(&mut self, line: usize, written: &str) {
        self.unclear.get_or_insert((line, written.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_generators_write_is_understood() {
        let text = "source \"https://rubygems.org\"\ngit_source(:github) { |repo| \"https://github.com/#{repo}.git\" }\n\n\
                    ruby \"3.3.0\"\n# Bundle edge\ngem \"rails\", \"~> 7.1.2\"\ngem 'tzinfo-data', platforms: %i[ windows jruby ]\n\
                    gem \"x\", require: false,\n    github: \"a/b\", branch: 'main' # why\n\
                    group :development, :test do\n  gem 'debug', :platforms => [:mri]\nend\n\
                    if ENV['X'] == \"1\"\n  gem 'y', '>= 1', group: [:a]\nend\n";
        let gemfile = read(text);
        assert_eq!(gemfile.unclear, None);
        assert_eq!(gemfile.gems, ["rails", "tzinfo-data", "x", "debug", "y"]);
        assert!(gemfile.local.is_empty() && gemfile.reads.is_empty());
    }

    #[test]
    fn files_are_noted() {
        let gemfile = read("ruby file: \".ruby-version\"\neval_gemfile \"Gemfile.local\"\n");
        let paths: Vec<_> = gemfile.reads.iter().map(|read| (read.path.as_str(), read.evaluated)).collect();
        assert_eq!(paths, [(".ruby-version", false), ("Gemfile.local", true)]);
        let gemfile = read("ruby File.read('.ruby-version').strip\n");
        assert_eq!((gemfile.reads[0].path.as_str(), gemfile.unclear), (".ruby-version", None));
        let gemfile = read("ruby \"~> #{File.read(File.join(__dir__, '.ruby-version')).strip}\"\n");
        assert_eq!((gemfile.reads[0].path.as_str(), gemfile.unclear), (".ruby-version", None));
    }

    #[test]
    fn own_files_and_plugins_are_noted() {
        let gemfile = read("gemspec\ngem 'a', path: 'vendor/a'\nplugin 'b'\npath 'x' do\nend\n");
        assert_eq!(gemfile.local.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 4]);
        assert_eq!(gemfile.plugins, [(3, "b".to_owned())]);
    }

    #[test]
    fn programs_are_not_guessed_at() {
        for line in [
            "require_relative 'x'",
            "gem 'a', File.read(name)",
            "Dir['gems/*'].each { |path| gem path }",
            "gem \"a\", \"#{version}\"",
            "gem name",
            "`git log`",
            "instance_eval x",
            "gem 'a' if x.include? y",
            "gem 'b' unless gem 'c'",
        ] {
            assert_eq!(read(&format!("\n{line}\n")).unclear, Some((2, line.to_owned())), "{line}");
        }
    }
}
