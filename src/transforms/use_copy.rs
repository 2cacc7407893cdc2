//! `use-copy`: COPY where ADD does nothing that COPY does not.

use super::checks::Checks;
use super::{Category, Diagnostic, Effect, Example, Input, Transform};
use crate::edit::Edit;
use crate::model::ContextSource;
use crate::project::{CopyMatch, EntryKind};
use crate::syntax::Keyword;

/// Writes COPY in the place of ADD.
pub(super) const USE_COPY: Transform = Transform {
    name: "use-copy",
    summary: "write COPY where ADD fetches and unpacks nothing",
    category: Category::Modernize,
    effect: Effect::SameImage,
    default: true,
    fixes: &["hadolint:DL3020", "CIS:4.9"],
    explain: "\
ADD fetches addresses and unpacks archives; where it does neither, COPY does the same and says so.
An ADD of an address, of a git repository or of an archive, and one with `--checksum`, `--keep-git-dir` or `--unpack`, is meant as it is and left alone.
Safe when this is proven for each source:
AC1 it is a folder or a file that is no archive: the project shows it, or its name ends like one of no archive. ADD looks at the first bytes of a file, not at its name, so a bare name that the project does not show is not proven; and a variable may name anything.",
    examples: &[
        Example {
            files: &[],
            before: "FROM a\nADD . /app\nADD app.tar.gz /opt\n",
            after: "FROM a\nCOPY . /app\nADD app.tar.gz /opt\n",
        },
        Example {
            files: &[],
            before: "FROM a\nADD https://example.com/a.txt /a.txt\n",
            after: "FROM a\nADD https://example.com/a.txt /a.txt\n",
        },
    ],
    run,
};

/// What COPY does not take.
const OF_ADD_ALONE: &[&str] = &["checksum", "keep-git-dir", "unpack"];

/// How the names of files end that ADD unpacks, or that hold what it unpacks.
const ARCHIVES: &[&str] = &[
    "tar", "tgz", "gz", "gzip", "tbz", "tbz2", "bz2", "bzip2", "txz", "xz", "tlz", "lzma", "lz", "tzst",
    "zst", "zstd", "z", "tz", "cpio", "pax", "rootfs", "img", "layer",
];

fn run(input: &Input<'_>) -> Vec<Diagnostic> {
    let sources = input.model.context_sources(input.document);
    let instructions = input.document.instructions.iter().enumerate();
    let added = instructions.filter(|(_, instruction)| instruction.keyword == Keyword::Add);
    let fixes = added.filter_map(|(index, instruction)| {
        let values = instruction.values();
        let count = values.len().checked_sub(1)?;
        let plain = !OF_ADD_ALONE.iter().any(|flag| instruction.flag(flag).is_some());
        // Heredocs are files of text; what is neither such nor from the context is fetched.
        let local: Vec<&ContextSource> = sources.iter().filter(|one| one.instruction == index).collect();
        let all = count > 0 && local.len() + instruction.heredocs.len() == count;
        let archive =
            local.iter().any(|source| is_archive(source.word.as_deref().unwrap_or(&source.written)));
        if !plain || !all || archive {
            return None;
        }
        let mut checks = Checks::default();
        for source in &local {
            judge(input, source, &mut checks)?;
        }
        if local.is_empty() {
            checks.holds("AC1", "a heredoc is text");
        }
        let edits = vec![Edit::replace(instruction.name_span(), "COPY")];
        let (span, message) = (instruction.name_span(), "ADD does nothing here that COPY does not");
        Some(checks.fix(span, message, "write COPY", edits, &[]))
    });
    fixes.collect()
}

/// Checks AC1 for one source; `None` where the project shows that it is an archive.
fn judge(input: &Input<'_>, source: &ContextSource, checks: &mut Checks) -> Option<()> {
    let written = &source.written;
    let remedy = "write COPY by hand, if it is no archive";
    let Some(word) = source.word.as_deref() else {
        let text = format!("nothing tells what `{written}` is: COPY takes no URL");
        checks.breaks("AC1", text, remedy);
        return Some(());
    };
    if !source.certain {
        checks.misses("AC1", format!("`{written}` depends on a build argument"), remedy);
        return Some(());
    }
    // A list that is not the whole says nothing of what else a pattern fits.
    let mut whole = input.project.tree().truncated().is_none();
    let found = match input.project.resolve(word) {
        CopyMatch::File(entry) => {
            whole = true;
            vec![entry.path.as_str()]
        }
        CopyMatch::Directory { path, .. } if !path.is_empty() || is_folder(word) => {
            checks.holds("AC1", format!("`{written}` is a folder"));
            return Some(());
        }
        // Of what fits a pattern only the files themselves are unpacked, not those in folders.
        CopyMatch::Wildcard { matches, .. } => {
            whole &= !matches.is_empty();
            let files = matches.into_iter().filter(|entry| entry.kind != EntryKind::Directory);
            files.map(|entry| entry.path.as_str()).collect()
        }
        _ => {
            whole = false;
            Vec::new()
        }
    };
    if found.iter().any(|path| is_archive(path) || unpacks(input, path)) {
        return None;
    }
    let known = whole && found.iter().all(|path| input.project.read(path).is_some());
    if known {
        checks.holds("AC1", format!("`{written}` is no archive"));
    } else if is_folder(word) {
        checks.holds("AC1", format!("`{written}` is a folder"));
    } else if ends_like_a_file(word) {
        checks.holds("AC1", format!("`{written}` ends like no archive"));
    } else {
        let text = format!("`{written}` may be an archive, which ADD unpacks: the project does not show it");
        checks.misses("AC1", text, remedy);
    }
    Some(())
}

/// Whether a file begins as archives do that ADD unpacks: by gzip, bzip2, xz or zstd, or as a tar.
fn unpacks(input: &Input<'_>, path: &str) -> bool {
    const MAGIC: &[&[u8]] = &[b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    let Some(bytes) = input.project.tree().read_bytes(path) else { return false };
    MAGIC.iter().any(|magic| bytes.starts_with(magic)) || bytes.get(257..262) == Some(b"ustar")
}

/// Whether a word can name nothing but a folder.
fn is_folder(word: &str) -> bool {
    word.ends_with('/') || matches!(word.rsplit('/').next(), Some("." | ".."))
}

fn ending(word: &str) -> Option<String> {
    let name = word.rsplit('/').next()?;
    let (_, ending) = name.rsplit_once('.')?;
    Some(ending.to_ascii_lowercase())
}

fn is_archive(word: &str) -> bool {
    ending(word).is_some_and(|ending| ARCHIVES.contains(&ending.as_str()))
}

/// Whether a name ends as names of files do that nobody packs: a short ending of letters and digits, with a letter, so
/// that the number of a version is none.
fn ends_like_a_file(word: &str) -> bool {
    ending(word).is_some_and(|ending| {
        (1..=12).contains(&ending.len())
            && ending.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::USE_COPY;
    use crate::transforms::testing::{check, check_in, held_back, same};

    #[test]
    fn names_that_end_like_files_and_folders_are_proven() {
        check(
            &USE_COPY,
            "FROM a\nADD run.sh conf/ ./ ../x/. /x/\nadd --chown=1:1 [\"a b.json\", \"/y/\"]\n",
            "FROM a\nCOPY run.sh conf/ ./ ../x/. /x/\nCOPY --chown=1:1 [\"a b.json\", \"/y/\"]\n",
        );
    }

    #[test]
    fn archives_addresses_and_its_own_flags_stay() {
        for line in [
            "ADD a.tar /x",
            "ADD a.txt b.TGZ /x/",
            "ADD data-*.tar.gz /x",
            "ADD http://example.com/x.txt /x",
            "ADD git@example.com:a/b.git /x",
            "ADD --checksum=sha256:0 https://example.com/x /x",
            "ADD --unpack=true a.txt /x",
            "ADD rootfs.tar.xz /",
        ] {
            same(&USE_COPY, &format!("FROM a\n{line}\n"));
        }
    }

    #[test]
    fn the_project_shows_what_a_bare_name_is() {
        let files = [("app", "#!/bin/sh\n"), ("conf/x", "y")];
        let before = "FROM a\nADD app /app\nADD conf /conf\nADD c* /y\n";
        check_in(&USE_COPY, &files, before, "FROM a\nCOPY app /app\nCOPY conf /conf\nCOPY c* /y\n");
    }

    #[test]
    fn what_begins_as_an_archive_is_one() {
        let text = format!("{}ustar", "x".repeat(257));
        let files = [("app", text.as_str()), ("b.txt", "BZh9")];
        let text = "FROM a\nADD app /app\nADD b.txt /b\n";
        check_in(&USE_COPY, &files, text, text);
    }

    #[test]
    fn a_bare_name_that_is_nowhere_is_not_proven() {
        held_back(&USE_COPY, &[], "FROM a\nADD app /app\n", &["AC1"]);
        held_back(&USE_COPY, &[], "FROM a\nADD node-v1.2 /app\n", &["AC1"]);
        held_back(&USE_COPY, &[], "FROM a\nARG JAR=app.jar\nADD $JAR /app.jar\n", &["AC1"]);
        // It may be a URL, which COPY does not take: no fix, not even one that is not proven.
        held_back(&USE_COPY, &[], "FROM a\nARG JAR\nADD $JAR /app.jar\n", &["AC1"]);
        same(&USE_COPY, "FROM a\nARG V\nADD https://example.com/$V.jar /app.jar\n");
        held_back(&USE_COPY, &[], "FROM a\nADD x* /app/\n", &["AC1"]);
    }

    #[test]
    fn heredocs_comments_and_line_ends_stay() {
        check(
            &USE_COPY,
            "FROM a\r\n# c\r\nADD \\\r\n# d\r\n  a.txt /b\r\nADD <<E /c\r\nADD x /y\r\nE\r\n",
            "FROM a\r\n# c\r\nCOPY \\\r\n# d\r\n  a.txt /b\r\nCOPY <<E /c\r\nADD x /y\r\nE\r\n",
        );
    }

    #[test]
    fn triggers_are_left_alone() {
        same(&USE_COPY, "FROM a\nONBUILD ADD a.txt /b\n");
    }
}
