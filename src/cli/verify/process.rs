//! Starting programs and waiting for them: never longer than allowed, and no longer than the user wants.
//!
//! Each program gets a process group of its own. So Ctrl-C in a terminal reaches us alone, and ending a program ends
//! all that it has started: the client of an engine hands builds to a plug-in, which is a process too.

use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::watcher::Watcher;

/// How often is looked whether a program has ended.
const TICK: Duration = Duration::from_millis(20);

/// How long a program may take to end when it is asked to; then it is made to.
const GRACE: Duration = Duration::from_secs(5);

/// The most that is kept of what a program prints.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Starts programs for a run that can be stopped.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    stopped: Arc<AtomicBool>,
    watcher: Option<Arc<Watcher>>,
}

/// What a program that has ended left.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Why nothing came of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The user wants the run to end.
    Stopped,
    TimedOut(Duration),
    /// It cannot be started, or ended badly; the words are its own last ones.
    Failed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Stopped => f.write_str("interrupted"),
            Failure::TimedOut(limit) => write!(f, "not done after {} s", limit.as_secs()),
            Failure::Failed(words) => f.write_str(words),
        }
    }
}

impl Finished {
    /// The output, if it ended well; else its last words.
    pub(super) fn well(self) -> Result<String, Failure> {
        if self.success { Ok(self.stdout) } else { Err(Failure::Failed(last_words(&self.stderr))) }
    }
}

impl Runner {
    /// For a run that ends early once `stopped` is set. The watcher ends what is left if we are killed.
    pub(super) fn new(stopped: Arc<AtomicBool>, watcher: Option<Arc<Watcher>>) -> Runner {
        Runner { stopped, watcher }
    }

    /// For what has to be done whether or not the user wants the run to end: cleaning up.
    pub(super) fn unstoppable() -> Runner {
        Runner { stopped: Arc::default(), watcher: None }
    }

    /// Whether the user wants the run to end.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Waits, unless the run is stopped.
    pub(super) fn pause(&self, length: Duration) -> Result<(), Failure> {
        let end = Instant::now() + length;
        while !self.is_stopped() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(TICK));
        }
        Err(Failure::Stopped)
    }

    /// Runs a program and keeps what it prints.
    pub(super) fn run(&self, command: &mut Command, limit: Duration) -> Result<Finished, Failure> {
        let (success, stdout, stderr) =
            self.stream(command, limit, |out| Ok(String::from_utf8_lossy(&bytes(out)).into_owned()))?;
        Ok(Finished { success, stdout: stdout.unwrap_or_default(), stderr })
    }

    /// Runs a program whose output is read as it comes, by a thread of its own. Says whether the program ended well,
    /// what came of the reading, and what it wrote to standard error.
    pub(super) fn stream<T: Send + 'static>(
        &self,
        command: &mut Command,
        limit: Duration,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T> + Send + 'static,
    ) -> Result<(bool, io::Result<T>, String), Failure> {
        if self.is_stopped() {
            return Err(Failure::Stopped);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        own_group(command);
        let mut child = command.spawn().map_err(|error| {
            let program = command.get_program().to_string_lossy();
            Failure::Failed(format!("`{program}` cannot be started: {}", super::reason(&error)))
        })?;
        if let Some(watcher) = &self.watcher {
            watcher.started(child.id());
        }
        let stdout = child.stdout.take().map(|mut pipe| std::thread::spawn(move || read(&mut pipe)));
        let stderr = child.stderr.take().map(|mut pipe| std::thread::spawn(move || bytes(&mut pipe)));
        let ended = self.wait(&mut child, limit);
        if let Some(watcher) = &self.watcher {
            watcher.ended(child.id());
        }
        let stdout = stdout.map_or_else(|| Err(io::ErrorKind::BrokenPipe.into()), joined);
        let stderr = stderr.and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ok((ended?, stdout, String::from_utf8_lossy(&stderr).into_owned()))
    }

    fn wait(&self, child: &mut Child, limit: Duration) -> Result<bool, Failure> {
        let began = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status.success()),
                Ok(None) => {}
                Err(error) => return Err(Failure::Failed(error.to_string())),
            }
            if self.is_stopped() {
                end(child);
                return Err(Failure::Stopped);
            }
            if began.elapsed() > limit {
                end(child);
                return Err(Failure::TimedOut(limit));
            }
            std::thread::sleep(TICK);
        }
    }
}

fn joined<T>(thread: JoinHandle<io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("the reader failed")))
}

/// All that comes; beyond a limit it is read and dropped, so that the writer never waits.
fn bytes(pipe: &mut dyn Read) -> Vec<u8> {
    let mut kept = Vec::new();
    let _ = Read::take(&mut *pipe, MOST_BYTES).read_to_end(&mut kept);
    let _ = io::copy(pipe, &mut io::sink());
    kept
}

/// The last line that says something.
pub(super) fn last_words(text: &str) -> String {
    let line = text.lines().rev().find(|line| line.chars().any(char::is_alphanumeric));
    line.unwrap_or("it says nothing").trim().chars().take(300).collect()
}

#[cfg(unix)]
pub(super) fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
pub(super) fn own_group(_: &mut Command) {}

/// Asks a program and all that it has started to end, and makes it.
fn end(child: &mut Child) {
    signal_group(child, Ending::Asked);
    let began = Instant::now();
    while began.elapsed() < GRACE {
        if !matches!(child.try_wait(), Ok(None)) {
            break;
        }
        std::thread::sleep(TICK);
    }
    // Its children may live on without it.
    signal_group(child, Ending::Forced);
    let _ = child.wait();
}

#[derive(Clone, Copy)]
enum Ending {
    Asked,
    Forced,
}

#[cfg(unix)]
fn signal_group(child: &mut Child, ending: Ending) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = match ending {
        Ending::Asked => Signal::TERM,
        Ending::Forced => Signal::KILL,
    };
    let _ = kill_process_group(Pid::from_child(child), signal);
}

#[cfg(not(unix))]
fn signal_group(child: &mut Child, _: Ending) {
    let _ = child.kill();
}

/// Ends the group of a program that a run which is dead has started.
#[cfg(unix)]
pub(super) fn end_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::TERM);
        std::thread::sleep(Duration::from_millis(500));
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// Windows knows no groups to name.
#[cfg(not(unix))]
pub(super) fn end_group(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_kept_and_failure_tells_the_last_words() {
        let runner = Runner::unstoppable();
        let limit = Duration::from_secs(20);
        let good = runner.run(&mut shell("echo out; echo err >&2"), limit).expect("it runs");
        assert_eq!((good.stdout.as_str(), good.stderr.as_str()), ("out\n", "err\n"));
        let bad = runner.run(&mut shell("echo why >&2; echo --- >&2; exit 3"), limit).expect("it runs");
        assert_eq!(bad.well(), Err(Failure::Failed("why".to_owned())));
        let missing = runner.run(&mut Command::new("no-such-program"), limit).map(|_| ());
        let words = "`no-such-program` cannot be started: no such file or folder";
        assert_eq!(missing, Err(Failure::Failed(words.to_owned())));
    }

    #[test]
    fn time_and_the_user_end_a_program_with_its_children() {
        let began = Instant::now();
        let runner = Runner::unstoppable();
        let limit = Duration::from_millis(100);
        // The inner sleep holds the pipe open: the reader would wait for it.
        let late = runner.run(&mut shell("sleep 60 & sleep 60"), limit).map(|_| ());
        assert_eq!(late, Err(Failure::TimedOut(limit)));
        let stopped = Arc::new(AtomicBool::new(false));
        let runner = Runner::new(Arc::clone(&stopped), None);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(100));
                stopped.store(true, Ordering::SeqCst);
            });
            let ended = runner.run(&mut shell("sleep 60 & sleep 60"), Duration::from_secs(60)).map(|_| ());
            assert_eq!(ended, Err(Failure::Stopped));
        });
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
