//! What the files of a folder say about builds, read once for all Dockerfiles.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use dockfix::project::builds::{self, Described, WORKFLOWS};

use super::{folder, normal_join};

/// The descriptions of folders, kept.
#[derive(Default, Debug)]
pub(crate) struct Descriptions {
    by_folder: Mutex<HashMap<PathBuf, Arc<Described>>>,
}

impl Descriptions {
    /// What the files of a folder describe; `is_root` says whether it is the root of a repository.
    pub(super) fn of(&self, folder: &Path, is_root: bool) -> Arc<Described> {
        let known = |map: &HashMap<PathBuf, Arc<Described>>| map.get(folder).cloned();
        if let Some(described) = known(&self.by_folder.lock().unwrap_or_else(PoisonError::into_inner)) {
            return described;
        }
        let described = Arc::new(describe(folder, is_root));
        let mut map = self.by_folder.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(map.entry(folder.to_owned()).or_insert(described))
    }
}

fn describe(folder: &Path, is_root: bool) -> Described {
    let listings: RefCell<HashMap<PathBuf, BTreeSet<String>>> = RefCell::default();
    let names = |folder: &Path| -> BTreeSet<String> {
        let mut listings = listings.borrow_mut();
        listings.entry(folder.to_owned()).or_insert_with(|| folder::file_names(folder)).clone()
    };
    let read = |path: &str| {
        let path = normal_join(folder, path);
        // A file that git ignores lies around here and nowhere else.
        let is_known = names(path.parent()?).contains(path.file_name()?.to_str()?);
        is_known.then(|| std::fs::read_to_string(&path).ok())?
    };
    let is_workflow = |name: &String| name.ends_with(".yml") || name.ends_with(".yaml");
    let workflows: Vec<String> = match is_root {
        true => names(&folder.join(WORKFLOWS)).into_iter().filter(is_workflow).collect(),
        false => Vec::new(),
    };
    builds::describe(&read, &workflows)
}
