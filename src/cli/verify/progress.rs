//! How far the run is, on a terminal and nowhere else.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A line that tells what is being done.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// For so many Dockerfiles; without a terminal nothing is drawn.
    pub(super) fn new(count: u64, quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(count), target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bar:20} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Progress { bar }
    }

    pub(super) fn say(&self, name: &str, what: &str) {
        // A name may hold what steers a terminal.
        let name: String =
            name.chars().filter(|character| !crate::cli::terminal::steers(*character)).collect();
        self.bar.set_message(format!("{name}: {what}"));
    }

    /// One Dockerfile is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }

    /// The line goes, since something is to be printed.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
