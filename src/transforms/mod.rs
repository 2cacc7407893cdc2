//! What a transform is, what it says, and the one ordered list of them all.

mod add_healthcheck;
mod add_user;
mod align_continuations;
mod assume_yes;
pub mod checklist;
mod checks;
mod clean_package_caches;
mod clean_package_lists;
mod clean_yarn_cache;
mod commands;
mod copy_manifests_first;
mod drop_sudo;
mod exec_form;
#[cfg(test)]
mod formatter;
mod gaps;
mod ignore_file;
mod indent_continuations;
mod indents;
mod line_ends;
mod lowercase_label_keys;
mod make_paths_absolute;
mod merge_runs;
mod merge_update;
mod mount_package_caches;
mod number_user;
mod pin_base_image;
mod place_operators;
mod platforms;
mod ports;
mod remove_overridden;
mod repair_dockerignore;
mod replace_maintainer;
mod separate_stages;
mod set_pipefail;
mod shell_text;
mod shipped;
mod shorten_wget_progress;
mod skip_apk_cache;
mod skip_login_log;
mod skip_pip_cache;
mod skip_recommends;
mod sort_packages;
mod space_arguments;
mod space_comments;
mod space_words;
mod split_env;
mod split_stages;
mod stage_names;
#[cfg(test)]
pub(crate) mod testing;
mod tidy_blanks;
mod uppercase_keywords;
mod use_apt_get;
mod use_copy;
mod use_shell_instruction;
mod use_workdir;
mod wrap_commands;
mod wrap_lists;
mod write_dockerignore;
mod write_key_value_pairs;
mod writing;

use self::add_healthcheck::ADD_HEALTHCHECK;
use self::add_user::ADD_USER;
use self::align_continuations::ALIGN_CONTINUATIONS;
use self::assume_yes::ASSUME_YES;
use self::clean_package_caches::CLEAN_PACKAGE_CACHES;
use self::clean_package_lists::CLEAN_PACKAGE_LISTS;
use self::clean_yarn_cache::CLEAN_YARN_CACHE;
use self::copy_manifests_first::COPY_MANIFESTS_FIRST;
use self::drop_sudo::DROP_SUDO;
use self::exec_form::EXEC_FORM;
use self::indent_continuations::INDENT_CONTINUATIONS;
use self::lowercase_label_keys::LOWERCASE_LABEL_KEYS;
use self::make_paths_absolute::{MAKE_DESTINATION_ABSOLUTE, MAKE_WORKDIR_ABSOLUTE};
use self::merge_runs::MERGE_RUNS;
use self::merge_update::MERGE_UPDATE;
use self::mount_package_caches::MOUNT_PACKAGE_CACHES;
use self::number_user::NUMBER_USER;
use self::pin_base_image::PIN_BASE_IMAGE;
use self::place_operators::PLACE_OPERATORS;
use self::platforms::{DROP_CONSTANT_PLATFORM, DROP_TARGET_PLATFORM};
use self::ports::{LOWERCASE_PORT_PROTOCOL, WRITE_CONTAINER_PORTS};
use self::remove_overridden::REMOVE_OVERRIDDEN;
use self::repair_dockerignore::REPAIR_DOCKERIGNORE;
use self::replace_maintainer::REPLACE_MAINTAINER;
use self::separate_stages::SEPARATE_STAGES;
use self::set_pipefail::SET_PIPEFAIL;
use self::shorten_wget_progress::SHORTEN_WGET_PROGRESS;
use self::skip_apk_cache::SKIP_APK_CACHE;
use self::skip_login_log::SKIP_LOGIN_LOG;
use self::skip_pip_cache::SKIP_PIP_CACHE;
use self::skip_recommends::SKIP_RECOMMENDS;
use self::sort_packages::SORT_PACKAGES;
use self::space_arguments::SPACE_ARGUMENTS;
use self::space_comments::SPACE_COMMENTS;
use self::space_words::SPACE_WORDS;
use self::split_env::SPLIT_ENV;
use self::split_stages::SPLIT_STAGES;
use self::stage_names::{LOWERCASE_STAGE_NAMES, RENAME_DUPLICATE_STAGES, RENAME_RESERVED_STAGES};
use self::tidy_blanks::TIDY_BLANKS;
use self::uppercase_keywords::UPPERCASE_KEYWORDS;
use self::use_apt_get::USE_APT_GET;
use self::use_copy::USE_COPY;
use self::use_shell_instruction::USE_SHELL_INSTRUCTION;
use self::use_workdir::USE_WORKDIR;
use self::wrap_commands::WRAP_COMMANDS;
use self::wrap_lists::WRAP_LISTS;
use self::write_dockerignore::WRITE_DOCKERIGNORE;
use self::write_key_value_pairs::WRITE_KEY_VALUE_PAIRS;
use crate::config::Options;
use crate::edit::{Applicability, Edit};
use crate::model::{ImageRef, Model};
use crate::project::Project;
use crate::project::builds::Build;
use crate::shell::ShellCache;
use crate::source::{Source, Span};
use crate::suppression::Subject;
use crate::syntax::Document;

/// What kind of fault a transform mends. A closed list; `--select` and `--ignore` take these names too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Category {
    /// Blanks, case and line breaks: nothing that gets built changes.
    Layout,
    /// Deprecated forms.
    Modernize,
    /// What does not do what its author meant.
    Correctness,
    /// Package managers.
    Packages,
    /// What makes a rebuild fast.
    Cache,
    /// What makes the image small.
    Size,
    /// What an attacker could use.
    Security,
    /// How the container starts, stops and tells its health.
    Runtime,
    /// Which base image is meant.
    Pin,
}

impl Category {
    /// Every category with its name.
    pub const NAMES: &[(Category, &str)] = &[
        (Category::Layout, "layout"),
        (Category::Modernize, "modernize"),
        (Category::Correctness, "correctness"),
        (Category::Packages, "packages"),
        (Category::Cache, "cache"),
        (Category::Size, "size"),
        (Category::Security, "security"),
        (Category::Runtime, "runtime"),
        (Category::Pin, "pin"),
    ];

    /// The name that users write.
    pub fn as_str(self) -> &'static str {
        Category::NAMES.iter().find(|(category, _)| *category == self).map_or("", |(_, name)| name)
    }
}

/// What may differ in what gets built. A property of a transform.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effect {
    /// Nothing: BuildKit compiles the same build graph.
    Layout,
    /// The same files and configuration; layers or cache may differ.
    SameImage,
    /// The image is meant to change.
    NewImage,
}

impl Effect {
    /// The name that reports show.
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Layout => "layout",
            Effect::SameImage => "same-image",
            Effect::NewImage => "new-image",
        }
    }
}

/// A precondition that was checked and holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// The precondition's id: `MC1`, `NR3`, `PIN6`.
    pub id: &'static str,
    /// What was found, with its place where there is one: "`package-lock.json` is in sync (package-lock.json)".
    pub text: String,
}

/// A precondition that could not be proven, and how the user can supply it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// The precondition's id: `MC1`, `NR3`, or a word such as `context-too-large`.
    pub id: &'static str,
    /// What is missing, in one line.
    pub text: String,
    /// What the user can do about it: a flag, a line of `dockfix.toml`, a change of the project.
    pub remedy: String,
}

/// A part of what is in force at an instruction, which a fix may mean to change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// The stage's base image.
    Base,
    /// Which stage, counted from 0, an instruction belongs to.
    Stage,
    /// The user in force.
    User,
    /// The working folder.
    Workdir,
    /// Variables set by ENV.
    Env,
    /// Variables declared by ARG.
    Arg,
    /// The shell of shell forms.
    Shell,
    /// How many blanks stand between the words of shell texts: a RUN that sees this changed is built once more.
    ShellBlanks,
}

/// A file that a fix creates beside the Dockerfiles of its context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewFile {
    /// Path relative to the context folder.
    pub path: String,
    /// Its whole text.
    pub text: String,
}

/// A change that puts a diagnostic right: all of its edits or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// An imperative phrase: "copy the manifests before the install".
    pub title: String,
    /// Whether it is proven here.
    pub applicability: Applicability,
    /// Edits of the Dockerfile that the transform saw.
    pub edits: Vec<Edit>,
    /// A file to create.
    pub create: Option<NewFile>,
    /// Edits of the ignore file in force, as [`crate::project::dockerignore::IgnoreFile::text`] shows it.
    pub ignore: Vec<Edit>,
    /// Which parts of their context other instructions are meant to see changed (law "frame").
    pub declares: Vec<Part>,
}

/// One place where a transform has something to say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The smallest range of the Dockerfile that makes sense.
    pub span: Span,
    /// What is wrong, in the present tense.
    pub message: String,
    /// The preconditions that were checked and hold.
    pub reasons: Vec<Reason>,
    /// Those that could not be proven. Empty exactly when the fix is `Safe`.
    pub missing: Vec<Missing>,
    /// The change, where there is one.
    pub fix: Option<Fix>,
}

/// What a transform sees: one Dockerfile in its context, as the transforms before left it.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The Dockerfile's text.
    pub source: &'a Source,
    /// Its syntax tree.
    pub document: &'a Document,
    /// Stages, references, what is in force where.
    pub model: &'a Model,
    /// The build context as this Dockerfile's build sees it.
    pub project: &'a Project,
    /// All Dockerfiles that are built from the same context with the same ignore file, this one among them.
    pub siblings: &'a [&'a Source],
    /// The Dockerfile's path relative to the context folder, if it lies inside.
    pub path: Option<&'a str>,
    /// The user's settings for this file.
    pub options: &'a Options,
    /// What the project says about builds of this Dockerfile.
    pub builds: &'a [Build],
    /// Shell trees, kept by text.
    pub shell: &'a ShellCache,
}

impl Input<'_> {
    /// The public name of an image, under which the tables know it.
    pub fn public_name(&self, image: &ImageRef) -> String {
        self.options.images.public_name(&image.name())
    }
}

/// A before and after that serves `--explain`, the README and the tests.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// Files of the context, path and text.
    pub files: &'static [(&'static str, &'static str)],
    /// The Dockerfile before.
    pub before: &'static str,
    /// The Dockerfile after this transform alone; equal to `before` where it must not change.
    pub after: &'static str,
}

/// A rewrite rule: plain data and one function.
pub struct Transform {
    /// Verb first, kebab-case.
    pub name: &'static str,
    /// One line for the README's table and `--list`.
    pub summary: &'static str,
    /// What kind of fault it mends.
    pub category: Category,
    /// What may differ in what gets built.
    pub effect: Effect,
    /// Whether it runs without being selected.
    pub default: bool,
    /// The outside names it answers to: `hadolint:DL3057`, `BuildKit:WorkdirRelativePath`, `CIS:4.6`.
    pub fixes: &'static [&'static str],
    /// What, why, when it is `Safe`, with the ids of the preconditions.
    pub explain: &'static str,
    /// Before and after.
    pub examples: &'static [Example],
    /// Finds the places and makes the fixes. Pure.
    pub run: fn(&Input<'_>) -> Vec<Diagnostic>,
}

impl Transform {
    /// How comments that keep transforms away name it.
    pub fn subject(&self) -> Subject<'static> {
        Subject { name: self.name, category: self.category.as_str(), codes: self.fixes }
    }

    /// Whether it judges a stage as a whole, so that the comments above any instruction of the stage count.
    pub fn judges_stage(&self) -> bool {
        JUDGES_STAGE.contains(&self.name)
    }

    /// Whether the options give this transform its turn.
    pub fn enabled(&self, options: &Options) -> bool {
        options.selection.enables(self.name, self.category.as_str(), self.default)
    }
}

/// The names that select transforms: every transform's own, and every category's.
pub fn selectors() -> Vec<&'static str> {
    let categories = Category::NAMES.iter().map(|(_, name)| *name);
    ALL.iter().map(|transform| transform.name).chain(categories).collect()
}

/// Transforms whose diagnostics stand for a whole stage. Other tools complain of the same at some other instruction of
/// it (the last USER, say), and that is where the comments for these tools stand.
const JUDGES_STAGE: &[&str] = &["split-stages", "add-user", "add-healthcheck"];

/// Names of the transforms that answer to an outside name such as `hadolint:DL3006`.
pub fn answering(code: &str) -> impl Iterator<Item = &'static str> {
    let answers =
        move |transform: &&&Transform| transform.fixes.iter().any(|own| own.eq_ignore_ascii_case(code));
    ALL.iter().filter(answers).map(|transform| transform.name)
}

/// What to say of a name that no transform has, no category, and no transform answers to.
pub fn unknown_name(name: &str) -> String {
    let outside = name.len() > 2 && name.chars().any(|letter| letter.is_ascii_digit());
    if outside {
        return format!("no transform answers to `{name}`");
    }
    let rules = ALL.iter().flat_map(|transform| transform.fixes).filter_map(|code| code.split_once(':'));
    let known = selectors().into_iter().chain(rules.map(|(_, rule)| rule)).chain(["all"]);
    let near = known.map(|known| (strsim::damerau_levenshtein(name, known), known)).min();
    match near {
        Some((distance, known)) if distance <= 1 + known.len() / 4 => {
            format!("there is no `{name}`; did you mean `{known}`?")
        }
        _ => format!("there is no `{name}`; `dockfix --list` shows the names"),
    }
}

/// Every transform, in the order of its turn.
///
/// The ignore file comes first, since the project is read again through it; then deprecated forms, pins, structure
/// (split, move), content (user, health), details, and layout last, so that it tidies what the others wrote. RUN
/// instructions are joined after everything that writes one, and before what cleans up at the end of each. If a
/// later transform gives an earlier one new work, the order is wrong, or the two are one transform.
pub const ALL: &[&Transform] = &[
    // The ignore file.
    &WRITE_DOCKERIGNORE,
    &REPAIR_DOCKERIGNORE,
    // Deprecated forms.
    &REPLACE_MAINTAINER,
    &WRITE_KEY_VALUE_PAIRS,
    &SPLIT_ENV,
    &LOWERCASE_LABEL_KEYS,
    &LOWERCASE_STAGE_NAMES,
    &RENAME_DUPLICATE_STAGES,
    &RENAME_RESERVED_STAGES,
    &LOWERCASE_PORT_PROTOCOL,
    &WRITE_CONTAINER_PORTS,
    &DROP_TARGET_PLATFORM,
    &DROP_CONSTANT_PLATFORM,
    &REMOVE_OVERRIDDEN,
    &USE_COPY,
    &USE_SHELL_INSTRUCTION,
    &MAKE_WORKDIR_ABSOLUTE,
    &MAKE_DESTINATION_ABSOLUTE,
    // Pins.
    &PIN_BASE_IMAGE,
    // What package managers are told, as it was meant: before the commands are moved or copied.
    &DROP_SUDO,
    &USE_APT_GET,
    &MERGE_UPDATE,
    &ASSUME_YES,
    // Start commands, before a split may choose an image without a shell.
    &EXEC_FORM,
    // Structure.
    &SPLIT_STAGES,
    &COPY_MANIFESTS_FIRST,
    // Content.
    &ADD_USER,
    &NUMBER_USER,
    &ADD_HEALTHCHECK,
    // Which command runs in which RUN, with those that were written above; then what is to be done once in each RUN.
    &USE_WORKDIR,
    &MERGE_RUNS,
    // What package managers leave behind, in the commands that are there by now.
    &SKIP_RECOMMENDS,
    &SORT_PACKAGES,
    &MOUNT_PACKAGE_CACHES,
    &SKIP_APK_CACHE,
    &SKIP_PIP_CACHE,
    &SKIP_LOGIN_LOG,
    &CLEAN_PACKAGE_LISTS,
    &CLEAN_PACKAGE_CACHES,
    &CLEAN_YARN_CACHE,
    &SHORTEN_WGET_PROGRESS,
    // The shell of what is left.
    &SET_PIPEFAIL,
    // Layout.
    &UPPERCASE_KEYWORDS,
    &SPACE_ARGUMENTS,
    &WRAP_LISTS,
    &ALIGN_CONTINUATIONS,
    // Of shell text: operators and blanks first, then lines that are too long, then the indent of all.
    &PLACE_OPERATORS,
    &SPACE_WORDS,
    &WRAP_COMMANDS,
    &INDENT_CONTINUATIONS,
    &SPACE_COMMENTS,
    &SEPARATE_STAGES,
    &TIDY_BLANKS,
];
