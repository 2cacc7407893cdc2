//! Parsed shell texts, kept by their text: parsing shell is the dearest step, and most of a file's commands stand
//! unchanged from turn to turn.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::{NotShell, Script};

/// A tree, or why there is none.
pub type Parsed = Arc<Result<Script, NotShell>>;

/// Parsed shell texts. Can be shared between threads; one for each context is enough.
#[derive(Default)]
pub struct ShellCache {
    parsed: Mutex<HashMap<Box<str>, Parsed>>,
}

impl ShellCache {
    /// The tree of `text`, parsed only the first time.
    pub fn parse(&self, text: &str) -> Parsed {
        if let Some(known) = self.lock().get(text) {
            return Arc::clone(known);
        }
        // Parsed outside the lock: two threads may both do the work, and the first result is kept.
        let parsed = Arc::new(Script::parse(text));
        Arc::clone(self.lock().entry(text.into()).or_insert(parsed))
    }

    /// How many texts are kept.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Parsed>> {
        // A map of finished trees is whole even if a thread died while it held the lock.
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ShellCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShellCache({} texts)", self.len())
    }
}
