//! What Poetry, uv, PDM, Pipenv and Conda read to install a project's dependencies.
//!
//! Each has one function from a folder to an [`Installs`]. Knows nothing of Dockerfiles.

mod conda;
mod pdm;
mod pipenv;
mod poetry;
mod pyproject;
mod uv;

pub use self::conda::environment;
pub use self::pdm::pdm;
pub use self::pipenv::pipenv;
pub use self::poetry::poetry;
pub use self::uv::uv;
use super::Closure;

/// What an install by a lock file reads, and whether it wants the sources too.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Installs {
    /// The files, and what keeps the list from being proven complete.
    pub closure: Closure,
    /// The option that leaves out the project itself, whose sources are needed to install it; `None` where only its
    /// dependencies are installed.
    pub without_itself: Option<&'static str>,
}
