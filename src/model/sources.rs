//! What a Dockerfile reads from its build context: sources of COPY and ADD, and bind mounts.

use super::Model;
use crate::syntax::{Document, Heredoc, Instruction, Keyword};

/// Which way a path of the build context is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceKind {
    /// COPY.
    Copy,
    /// ADD of a local path; archives are unpacked.
    Add,
    /// `RUN --mount=type=bind`: read while the command runs, and not kept.
    Mount,
}

/// A path that an instruction reads from the build context, not from a stage, an image, a URL, a git repository or a
/// heredoc.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContextSource {
    /// Index of the instruction.
    pub instruction: usize,
    /// Which way it is read.
    pub kind: SourceKind,
    /// As it is written.
    pub written: String,
    /// The word with its variables expanded, build arguments at their defaults; `None` where a variable has no value
    /// in this file. May hold wildcards, except in a mount.
    pub word: Option<String>,
    /// Whether that is what every build reads: no build argument went into it.
    pub certain: bool,
    /// `--parents`: the path below the context (or below a `/./` in it) is kept.
    pub parents: bool,
    /// `--exclude` patterns.
    pub exclude: Vec<String>,
}

impl Model {
    /// Everything that the instructions of the file read from the main build context, in order. What a trigger of
    /// ONBUILD reads comes from another build's context and is left out.
    pub fn context_sources(&self, document: &Document) -> Vec<ContextSource> {
        let mut found = Vec::new();
        for (index, instruction) in document.instructions.iter().enumerate() {
            match instruction.keyword {
                Keyword::Copy | Keyword::Add => self.copied(index, instruction, &mut found),
                Keyword::Run => self.mounted(index, instruction, &mut found),
                _ => {}
            }
        }
        found
    }

    fn copied(&self, index: usize, instruction: &Instruction, found: &mut Vec<ContextSource>) {
        if instruction.flag("from").is_some() {
            return;
        }
        let kind = if instruction.keyword == Keyword::Add { SourceKind::Add } else { SourceKind::Copy };
        let flags = instruction.flags.iter();
        let exclude = flags.filter(|flag| flag.name() == "exclude").filter_map(|flag| flag.value());
        let exclude: Vec<String> = exclude.map(str::to_owned).collect();
        let parents = instruction.flag("parents").is_some_and(|value| value != "false");
        let words = instruction.values();
        let Some((_, sources)) = words.split_last() else { return };
        for written in sources.iter().filter(|word| !opens_heredoc(word, &instruction.heredocs)) {
            let (word, certain) = self.expanded(index, written);
            // The scheme tells, whatever the variables behind it hold.
            let address = word.as_deref().unwrap_or(written.trim_start_matches(['"', '\'']));
            if is_remote(address) {
                continue;
            }
            let written = (*written).to_owned();
            let exclude = exclude.clone();
            found.push(ContextSource { instruction: index, kind, written, word, certain, parents, exclude });
        }
    }

    fn mounted(&self, index: usize, instruction: &Instruction, found: &mut Vec<ContextSource>) {
        let mounts = instruction.flags.iter().filter(|flag| flag.name() == "mount");
        for mount in mounts.filter_map(|flag| flag.value()) {
            let field = |names: &[&str]| {
                let fields = mount.split(',').filter_map(|field| field.split_once('='));
                fields.filter(|(name, _)| names.contains(name)).map(|(_, value)| value).next_back()
            };
            if field(&["type"]).is_some_and(|kind| kind != "bind") || field(&["from"]).is_some() {
                continue;
            }
            let written = field(&["source", "src"]).unwrap_or(".").to_owned();
            let (word, certain) = self.expanded(index, &written);
            found.push(ContextSource {
                instruction: index,
                kind: SourceKind::Mount,
                written,
                word,
                certain,
                parents: false,
                exclude: Vec::new(),
            });
        }
    }

    /// A word with its variables expanded, and whether no build argument went into it.
    fn expanded(&self, index: usize, word: &str) -> (Option<String>, bool) {
        if let Some(literal) = self.literal(index, word) {
            return (Some(literal), true);
        }
        let expanded = self.expand(index, word).ok().filter(|expanded| expanded.unmatched.is_empty());
        (expanded.map(|expanded| expanded.text), false)
    }
}

pub(super) fn opens_heredoc(word: &str, heredocs: &[Heredoc]) -> bool {
    let word = word.trim_start_matches(|character: char| character.is_ascii_digit());
    let Some(name) = word.strip_prefix("<<") else { return false };
    let name: String = name.strip_prefix('-').unwrap_or(name).replace(['"', '\'', '\\'], "");
    heredocs.iter().any(|heredoc| *heredoc.name == *name)
}

/// Whether a source of ADD is fetched: a URL, or a git repository as `git@host:path`.
fn is_remote(word: &str) -> bool {
    const SCHEMES: &[&str] = &["http://", "https://", "git://", "ssh://"];
    let address = word.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains('/'));
    address || SCHEMES.iter().any(|scheme| word.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn sources(text: &str) -> Vec<ContextSource> {
        let document = Document::parse(&Source::new("Dockerfile", text).expect("a small text"));
        Model::new(&document).context_sources(&document)
    }

    #[track_caller]
    fn check(text: &str, expected: &[(Option<&str>, bool)]) {
        let found = sources(text);
        let found: Vec<_> = found.iter().map(|source| (source.word.as_deref(), source.certain)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_source_but_the_destination() {
        check(
            "FROM a\nCOPY a b* ./\nADD [\"c d\", \"/x\"]\n",
            &[(Some("a"), true), (Some("b*"), true), (Some("c d"), true)],
        );
    }

    #[test]
    fn other_stages_urls_and_heredocs_are_no_context() {
        check(
            "FROM a AS b\nFROM b\nCOPY --from=b /x /y\nADD https://example.com/x git@example.com:o/r.git /y\n\
             ARG V\nADD https://example.com/$V \"https://example.com/$V\" /y\n\
             COPY <<EOF <<-\"END\" local /z\nEOF\nEND\nONBUILD COPY . .\n",
            &[(Some("local"), true)],
        );
    }

    #[test]
    fn variables_are_expanded_and_arguments_are_not_certain() {
        check(
            "FROM a\nENV D=src\nARG J=target/*.jar\nARG N\nCOPY $D $J $N ${M} /x\n",
            &[(Some("src"), true), (Some("target/*.jar"), false), (None, false), (None, false)],
        );
        check("FROM a\nARG A=x\nENV E=$A\nCOPY $E /y\n", &[(Some("x"), false)]);
    }

    #[test]
    fn bind_mounts_read_the_context() {
        let text = "FROM a AS b\nFROM b\nRUN --mount=target=/src --mount=type=bind,source=go.sum,target=go.sum \
                    --mount=type=cache,target=/root --mount=from=b,target=/b true\n";
        check(text, &[(Some("."), true), (Some("go.sum"), true)]);
        assert_eq!(sources(text)[0].kind, SourceKind::Mount);
    }

    #[test]
    fn flags_are_kept() {
        let found = sources("FROM a\nCOPY --parents --exclude=*.md --exclude=b src /x\n");
        assert!(found[0].parents);
        assert_eq!(found[0].exclude, ["*.md", "b"]);
    }
}
