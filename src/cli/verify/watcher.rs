//! A small process that outlives a run which is killed, and does what the run cannot do any more.
//!
//! The run holds one end of a pipe, and the system closes it however the run ends. The watcher reads the other end:
//! first what the run is, then which programs it starts and which have ended. If the pipe closes before the run has
//! said that it is done, the watcher ends those programs and removes what the run has made. Should both be killed, the
//! next run does the same, see [`super::leftovers`].

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, BufRead, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use super::engine::Engine;
use super::leftovers::Mark;
use super::process::{self, Runner};

/// The name of the subcommand, which no help shows.
pub(crate) const SUBCOMMAND: &str = "clean-up-after-verify";

/// The last word of a run that has cleaned up by itself.
const DONE: &str = "done";

/// After the first sweep another one follows: what the engine was just making then is there.
const BETWEEN_SWEEPS: Duration = Duration::from_millis(1500);

/// The run's end of the pipe.
#[derive(Debug)]
pub(super) struct Watcher {
    process: Mutex<(Child, Option<ChildStdin>)>,
}

impl Watcher {
    /// Starts a watcher for a run with this engine.
    pub(super) fn start(mark: &Mark, program: &str) -> io::Result<Watcher> {
        let mut command = Command::new(std::env::current_exe()?);
        let words: [OsString; 4] =
            [SUBCOMMAND.into(), program.into(), mark.id().into(), mark.folder().as_os_str().to_owned()];
        command.args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        process::own_group(&mut command);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take();
        Ok(Watcher { process: Mutex::new((child, pipe)) })
    }

    /// A program was started; it leads a process group.
    pub(super) fn started(&self, id: u32) {
        self.say(&format!("+{id}"));
    }

    /// A program has ended.
    pub(super) fn ended(&self, id: u32) {
        self.say(&format!("-{id}"));
    }

    /// The run has cleaned up; the watcher ends.
    pub(super) fn done(&self) {
        self.say(DONE);
        if let Ok(mut process) = self.process.lock() {
            process.1 = None;
            let _ = process.0.wait();
        }
    }

    /// Without a watcher the run is as good as with one, until it is killed.
    fn say(&self, line: &str) {
        if let Ok(mut process) = self.process.lock()
            && let Some(pipe) = &mut process.1
        {
            let _ = writeln!(pipe, "{line}");
        }
    }
}

/// The watcher itself: reads what the run says, and cleans up if it dies.
pub(crate) fn watch(program: &str, id: &str, folder: &PathBuf) {
    let Some(living) = listen(io::stdin().lock()) else { return };
    for id in living {
        process::end_group(id);
    }
    let engine = Engine::known(program, Runner::unstoppable());
    engine.sweep(id);
    let _ = std::fs::remove_dir_all(folder);
    std::thread::sleep(BETWEEN_SWEEPS);
    engine.sweep(id);
    let _ = std::fs::remove_dir_all(folder);
}

/// The programs that were running when the run died; none if it said that it is done.
fn listen(pipe: impl BufRead) -> Option<BTreeSet<u32>> {
    let mut living = BTreeSet::new();
    for line in pipe.lines().map_while(Result::ok) {
        if line == DONE {
            return None;
        }
        match (line.strip_prefix('+').map(str::parse), line.strip_prefix('-').map(str::parse)) {
            (Some(Ok(id)), _) => _ = living.insert(id),
            (_, Some(Ok(id))) => _ = living.remove(&id),
            _ => {}
        }
    }
    Some(living)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_run_that_dies_leaves_something_to_do() {
        assert_eq!(listen("+7\n+8\n-7\n".as_bytes()), Some(BTreeSet::from([8])));
        assert_eq!(listen("+7\ndone\n".as_bytes()), None);
        assert_eq!(listen("".as_bytes()), Some(BTreeSet::new()));
    }
}
