//! The databases of Rails that are files: those that `config/database.yml` names.

use crate::project::Project;

/// Folders that databases in files lie in.
pub(super) struct Databases {
    /// The file that names them.
    pub(super) at: String,
    /// The folders, from the working folder.
    pub(super) folders: Vec<String>,
}

/// The settings of the databases, where each is a file whose place is plain. `None` where one is not, or there is none
/// in a file. Source: guides.rubyonrails.org/configuring.html, "Configuring an SQLite3 Database".
pub(super) fn database(project: &Project) -> Option<Databases> {
    let path = "config/database.yml";
    let text = project.read(path)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut folders = Vec::new();
    for line in lines {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        match key.trim() {
            "adapter" if value != "sqlite3" => return None,
            "database" if value == ":memory:" => {}
            "database" => {
                let (folder, name) = value.rsplit_once('/')?;
                let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./".contains(letter);
                let inside = !folder.starts_with('/') && !value.contains("..") && value.chars().all(plain);
                if !inside || name.is_empty() {
                    return None;
                }
                let first = folder.split('/').next().unwrap_or(folder).to_owned();
                if !folders.contains(&first) {
                    folders.push(first);
                }
            }
            "url" => return None,
            _ => {}
        }
    }
    (!folders.is_empty()).then(|| Databases { at: path.to_owned(), folders })
}
