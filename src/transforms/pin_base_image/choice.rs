//! Which tag is written: what the project says about its language first, the dated table last.

use super::super::checks::Checks;
use super::Subject;
use crate::images::{self, OpenTag, Product, Version};
use crate::project::Found;
use crate::project::ecosystems::{self, Language, Statements, VersionStatement};

/// The tag for a subject, with what speaks for and against it. `None` with something missing: there is a fault but
/// no tag; `None` with nothing missing: there is no fault.
pub(super) fn choose(subject: &Subject<'_>, checks: &mut Checks) -> Option<String> {
    let product = images::product(&subject.public).zip(subject.open.as_ref());
    let Some((product, open)) = product else { return by_table(subject, checks) };
    let Some(language) = Language::named(&product.name) else {
        // Of a flavour alone (`nginx:alpine`) its author wants the newest there is, as far as anybody can tell.
        return subject.is_latest().then(|| by_table(subject, checks)).flatten();
    };
    let folder = subject.input.path.and_then(|path| path.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let statements = ecosystems::statements(subject.input.project, language, folder);
    let offer = Offer { product, open, language, statements };
    match offer.statements.own.iter().find(|found| found.value.names().is_some()) {
        Some(named) => offer.by_statement(named, checks),
        None if subject.has_major() => None,
        None => offer.by_range(checks),
    }
}

/// An open tag of a language's image, and what the project says about that language.
struct Offer<'a> {
    product: &'a Product,
    open: &'a OpenTag,
    language: Language,
    statements: Statements,
}

impl Offer<'_> {
    /// The project names the version.
    fn by_statement(&self, named: &Found<VersionStatement>, checks: &mut Checks) -> Option<String> {
        let version = named.value.names()?;
        let line =
            self.product.versions.iter().find(|line| number(line).is_some_and(|own| own.covers(version)));
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if line
            .zip(self.open.version.as_ref())
            .is_some_and(|(line, open)| major(&line.version) != major(open))
        {
            // The author chose another major version in the tag; that is not ours to settle.
            return None;
        }
        let tag = line.and_then(|line| Some((line, self.tag(line)?)));
        let Some((line, tag)) = tag else {
            let text = format!("no tag is known for {version}, which `{}` names", named.at);
            checks.misses("PIN1", text, "write the tag that is meant");
            return None;
        };
        checks.holds("PIN1", format!("`{tag}` is one of the image's tags (read on {})", line.read_on));
        if is_satisfied(named, line) {
            checks.holds("PIN6", format!("`{}` names {}", named.at, named.value));
        }
        self.agree(line, checks);
        if let Some(date) = line.end_of_life {
            // Moving on to a newer version is a change of its own, whatever the date.
            checks.holds("PIN11", format!("{} is supported until {date}", line.version));
        }
        Some(tag)
    }

    /// The project leaves a choice: what the tag means now if that is allowed, else the newest that is.
    fn by_range(&self, checks: &mut Checks) -> Option<String> {
        let own = &self.statements.own;
        let unreadable =
            |found: &Found<VersionStatement>| matches!(found.value, VersionStatement::Unreadable(_));
        let now = images::line_of_open_tag(self.product, self.open);
        let allowed = |line: &&Version| {
            own.iter().all(|found| unreadable(found) || is_satisfied(found, line)) && self.tag(line).is_some()
        };
        let line = now.into_iter().chain(&self.product.versions).find(allowed);
        let text = match own.iter().find(|found| !unreadable(found)) {
            Some(found) => format!("`{}` asks for {}, which leaves the version open", found.at, found.value),
            None => format!("nothing in the project names a version of {}", self.product.name),
        };
        let file = self.language.version_file();
        let remedy = match line {
            None => format!("write the version into `{file}`"),
            // A toolchain file makes rustup download whatever differs from what the image has, in every build.
            Some(line) if self.language == Language::Rust => {
                format!("write the tag that is meant, such as `{}`, or take `--unsafe`", line.version)
            }
            Some(line) => format!("write the version into `{file}`: `{}`, or take `--unsafe`", line.version),
        };
        checks.misses("PIN6", text, remedy);
        self.agree(line?, checks);
        self.tag(line?)
    }

    fn tag(&self, line: &Version) -> Option<String> {
        self.open.with_version(self.product, line)
    }

    /// PIN6: every statement of the context has to allow the line, and all of them have to be known.
    fn agree(&self, line: &Version, checks: &mut Checks) {
        for found in self.statements.own.iter().chain(&self.statements.elsewhere) {
            if is_satisfied(found, line) {
                continue;
            }
            let text = match &found.value {
                VersionStatement::Unreadable(said) => {
                    format!("`{}` says `{said}`, which names no version", found.at)
                }
                said => format!("`{}` asks for {said}, and {} may be another", found.at, line.version),
            };
            let remedy = format!("let `{}` and `{}` agree", self.language.version_file(), found.at);
            checks.misses("PIN6", text, remedy);
        }
        if let Some(why) = &self.statements.truncated {
            let remedy = "run dockfix on the file in its context, or name it with `--context`";
            checks.misses("context-too-large", why.clone(), remedy);
        }
    }
}

/// Whether a tag of the line gives what a statement asks for.
///
/// A version manager's file with a full release (`20.11.1`) is met by the line, whose tag is a later release of it
/// and gets the fixes of the system below; a manifest with a full release is met by nothing else.
fn is_satisfied(found: &Found<VersionStatement>, line: &Version) -> bool {
    let Some(number) = number(line) else { return false };
    let path = found.at.rsplit_once(':').map_or(found.at.as_str(), |(path, _)| path);
    let name = path.rsplit('/').next().unwrap_or(path);
    let manifest = ["package.json", "pyproject.toml", "Pipfile"].contains(&name);
    match &found.value {
        VersionStatement::Exact(version) if !manifest => number.covers(*version),
        statement => statement.allows(number),
    }
}

fn number(line: &Version) -> Option<ecosystems::Version> {
    ecosystems::Version::parse(&line.version)
}

/// Nothing but the table says what the tag means.
fn by_table(subject: &Subject<'_>, checks: &mut Checks) -> Option<String> {
    match images::latest(&subject.public) {
        Some(images::Latest::Means { pin: Some(pin), read_on, .. }) => {
            let text = format!("what `latest` means was read on {read_on} and may have changed since");
            checks.misses("PIN1", text, "write the tag that is meant, or take `--unsafe`");
            Some(pin.to_owned())
        }
        Some(images::Latest::Missing { read_on }) => {
            let text =
                format!("the image had no tag `latest` on {read_on}: the build fails, or pulls a leftover");
            checks.misses("PIN1", text, "write the tag that is meant");
            None
        }
        Some(images::Latest::Frozen { read_on }) => {
            let text = format!("its `latest` was no longer built on {read_on}");
            checks.misses(
                "PIN1",
                text,
                "write the tag that is meant, or move to the image that took its place",
            );
            None
        }
        _ => {
            let text = format!("nothing is known about the tags of `{}`", subject.name);
            checks.misses("PIN1", text, "write the tag that is meant, or a digest");
            None
        }
    }
}
