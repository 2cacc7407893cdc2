//! Which `dockfix.toml` governs a Dockerfile, and what results together with the command line.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dockfix::config::{Choice, Config, EditorConfig, LayoutOptions, Options, Trusted, hadolint_ignored};
use dockfix::transforms;

use super::context::relative;
use super::read;
use super::report::Trouble;
use super::shown;

const FILE_NAME: &str = "dockfix.toml";

const EDITORCONFIG: &str = ".editorconfig";

/// Where hadolint looks for its settings in a folder.
const HADOLINT: &[&str] =
    &[".hadolint.yaml", ".hadolint.yml", ".config/hadolint.yaml", ".config/hadolint.yml"];

/// A `dockfix.toml` and the folder from which its patterns count.
#[derive(Debug)]
struct Settings {
    folder: PathBuf,
    config: Config,
}

/// What governs a folder: nothing, settings, or settings that cannot be used.
type Governed = Result<Option<Arc<Settings>>, Trouble>;

/// Finds settings, each file read once.
pub(super) struct SettingsFinder<'a> {
    current: &'a Path,
    /// What `--config` names governs everything.
    given: Option<Governed>,
    by_folder: HashMap<PathBuf, Governed>,
    /// The `.editorconfig` of each folder that was asked for.
    editors: HashMap<PathBuf, Option<Arc<EditorConfig>>>,
    choice: Choice,
    unproven: bool,
}

/// The settings for one file.
pub(super) struct FileSettings {
    pub(super) options: Options,
    /// Whether the file is left out when folders are searched.
    pub(super) excluded: bool,
}

impl<'a> SettingsFinder<'a> {
    /// `choice` and `unproven` come from the command line and count more than any file.
    pub(super) fn new(
        current: &'a Path,
        given: Option<&Path>,
        choice: Choice,
        unproven: bool,
    ) -> SettingsFinder<'a> {
        let given = given.map(|file| read_settings(file, current, current).map(Some));
        SettingsFinder {
            current,
            given,
            by_folder: HashMap::new(),
            editors: HashMap::new(),
            choice,
            unproven,
        }
    }

    /// The settings for the file at `path`, which is absolute and without `..`.
    pub(super) fn for_file(&mut self, path: &Path) -> Result<FileSettings, Trouble> {
        let settings = match &self.given {
            Some(given) => given.clone()?,
            None => self.nearest(path.parent().unwrap_or(path))?,
        };
        let (mut options, excluded) = match &settings {
            None => (Options::default(), false),
            Some(settings) => {
                let path = relative(path, &settings.folder);
                (settings.config.options_for(&path), settings.config.excludes(&path))
            }
        };
        options.selection = options.selection.then(self.choice.clone());
        options.unproven = self.unproven;
        options.layout = options.layout.over(self.editorconfig(path));
        if let Some((file, text)) = hadolint(path) {
            options.images.trusted.extend(Trusted::of_hadolint(&text, &shown(&file, self.current)));
            let codes = hadolint_ignored(&text).into_iter().map(|rule| format!("hadolint:{rule}"));
            let names = codes.flat_map(|code| transforms::answering(&code).collect::<Vec<_>>());
            let ignore = names.map(str::to_owned).collect();
            // The weakest voice: what `dockfix.toml` selects counts more.
            options.selection = options.selection.over(Choice { select: None, ignore });
        }
        Ok(FileSettings { options, excluded })
    }

    /// What the `.editorconfig` files say, from the Dockerfile's folder up to the one that is a root; the nearest first.
    fn editorconfig(&mut self, path: &Path) -> LayoutOptions {
        let mut layout = LayoutOptions::default();
        for folder in path.ancestors().skip(1) {
            if !self.editors.contains_key(folder) {
                let text = std::fs::read_to_string(folder.join(EDITORCONFIG)).ok();
                let config = text.map(|text| Arc::new(EditorConfig::parse(&text)));
                self.editors.insert(folder.to_owned(), config);
            }
            if let Some(config) = self.editors.get(folder).and_then(Option::as_ref) {
                layout = layout.over(config.layout_for(&relative(path, folder)));
                if config.is_root() {
                    break;
                }
            }
        }
        layout
    }

    fn nearest(&mut self, folder: &Path) -> Governed {
        if let Some(known) = self.by_folder.get(folder) {
            return known.clone();
        }
        let file = folder.join(FILE_NAME);
        let governed = if file.is_file() {
            read_settings(&file, folder, self.current).map(Some)
        } else {
            folder.parent().map_or(Ok(None), |parent| self.nearest(parent))
        };
        self.by_folder.insert(folder.to_owned(), governed.clone());
        governed
    }
}

/// The nearest settings of hadolint and their text.
fn hadolint(path: &Path) -> Option<(PathBuf, String)> {
    let folders = path.ancestors().skip(1);
    let mut files = folders.flat_map(|folder| HADOLINT.iter().map(move |name| folder.join(name)));
    let file = files.find(|file| file.is_file())?;
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    Some((file, text))
}

fn read_settings(file: &Path, folder: &Path, current: &Path) -> Result<Arc<Settings>, Trouble> {
    let name = shown(file, current);
    let source = read::file(file, &name)?;
    let config = Config::parse(source.text(), &transforms::selectors())
        .map_err(|error| Trouble { place: Some(error.place), ..Trouble::new(&name, error.message) })?;
    Ok(Arc::new(Settings { folder: folder.to_owned(), config }))
}
