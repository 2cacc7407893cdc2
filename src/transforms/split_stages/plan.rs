//! What a split comes to: where the file is cut, and what the runtime stage gets.

use super::recipes::Recipe;
use crate::images::{self, Facts};
use crate::source::Span;
use crate::transforms::shipped::Shipped;

/// The file that is judged, with the recipe that it is judged by.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) shipped: &'a Shipped<'a>,
    /// What is known about the build image.
    pub(super) facts: &'a Facts,
    pub(super) recipe: &'static Recipe,
}

/// A runtime image.
#[derive(Clone)]
pub(super) struct Runtime {
    /// The whole reference.
    pub(super) image: String,
    pub(super) facts: Facts,
}

impl Runtime {
    /// An image that goes with the build image, by what is known about it; `None` where nothing is.
    pub(super) fn of(image: &str) -> Option<Runtime> {
        let (repository, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
        let facts = images::facts(repository, Some(tag))?;
        Some(Runtime { image: image.to_owned(), facts })
    }

    /// Whether the program runs as another user than root there.
    pub(super) fn is_nonroot(&self) -> bool {
        self.facts.runs_as_root() == Some(false)
    }
}

impl Site<'_> {
    /// The runtime images of the recipe's kinds that go with the build image.
    pub(super) fn runtimes(&self) -> Vec<Runtime> {
        let counterparts = self.facts.counterparts.iter();
        let fit = counterparts.filter(|found| self.recipe.runs.contains(&found.runs));
        fit.filter_map(|found| Runtime::of(&found.image)).collect()
    }

    /// The build stage's working folder at an instruction.
    pub(super) fn folder(&self, instruction: usize) -> Option<String> {
        self.shipped.workdir_at(instruction, self.facts.workdir)
    }

    /// The build stage's working folder behind an instruction.
    pub(super) fn folder_behind(&self, instruction: usize) -> Option<String> {
        match instruction == self.shipped.end() {
            true => self.shipped.workdir(self.facts.workdir),
            false => self.folder(instruction + 1),
        }
    }
}

/// A file or folder that is taken from the build stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Copied {
    /// Its absolute path in the build stage.
    pub(super) from: String,
    /// Its absolute path in the runtime stage.
    pub(super) to: String,
    pub(super) is_folder: bool,
}

impl Copied {
    pub(super) fn file(path: &str) -> Copied {
        Copied { from: path.to_owned(), to: path.to_owned(), is_folder: false }
    }

    pub(super) fn folder(path: &str) -> Copied {
        Copied { from: path.to_owned(), to: path.to_owned(), is_folder: true }
    }
}

/// The split, found and proven but for what the file as a whole says.
pub(super) struct Plan {
    /// The last instruction of the build stage.
    pub(super) last: usize,
    /// Texts to put before commands of the build, by the place in the file.
    pub(super) insert: Vec<(usize, &'static str)>,
    pub(super) runtime: Runtime,
    /// Lines right below the FROM of the runtime stage.
    pub(super) setup: Vec<String>,
    pub(super) copies: Vec<Copied>,
    /// The working folder where the file is cut.
    pub(super) workdir: String,
    /// The start command that is to become an exec form, with its words.
    pub(super) exec: Option<(usize, Vec<String>)>,
    /// A health check whose client the runtime image lacks: its exec form as it stands in the file, and what asks the same
    /// port there.
    pub(super) health: Option<(Span, String)>,
    /// Variables of ENV that the build alone reads.
    pub(super) build_variables: &'static [String],
    /// Whether no program is looked up in PATH at run time.
    pub(super) by_path: bool,
    /// Whether the runtime stage has the application whole, with the tools that it is started with.
    pub(super) keeps_tools: bool,
    /// Whether COPYs behind the cut may stay there.
    pub(super) copies_below: bool,
}

impl Plan {
    /// Whether a variable is of no use at run time.
    pub(super) fn is_build_only(&self, name: &str) -> bool {
        self.build_variables.iter().any(|known| known == name) || name == "PATH" && self.by_path
    }
}
