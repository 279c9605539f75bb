//! One line on stderr that says how long it will still take, and disappears.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::voice::Voice;

/// Parts into which the bar divides the work: finer than any terminal shows.
const PARTS: u64 = 10_000;

/// A moving line; nothing at all where nobody would see it.
pub struct Progress {
    line: ProgressBar,
    /// The part last drawn, so that threads that report often do not draw often.
    drawn: AtomicU64,
}

impl Progress {
    /// Shows `what` is being done.
    pub fn new(voice: &Voice, what: &str) -> Progress {
        let target = if voice.shows_progress() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let line = ProgressBar::with_draw_target(Some(PARTS), target).with_message(what.to_owned());
        // The style is ours and constant; a plain bar would do if it ever stopped being one.
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %  {eta} left") {
            line.set_style(style.progress_chars("━╸─"));
        }
        line.enable_steady_tick(Duration::from_millis(200));
        Progress { line, drawn: AtomicU64::new(0) }
    }

    /// So much of the work is done.
    pub fn reached(&self, done: u64, of: u64) {
        let part = (u128::from(done) * u128::from(PARTS) / u128::from(of.max(1))).min(u128::from(PARTS)) as u64;
        if self.drawn.fetch_max(part, Ordering::Relaxed) < part {
            self.line.set_position(part);
        }
    }

    /// The part reached, of [`PARTS`].
    #[cfg(test)]
    fn position(&self) -> u64 {
        self.line.position()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::voice::Colour;

    #[test]
    fn the_line_never_moves_back_and_never_past_its_end() {
        let progress = Progress::new(&Voice::new(Colour::Never, true), "running");
        progress.reached(50, 100);
        assert_eq!(progress.position(), PARTS / 2);
        progress.reached(10, 100);
        assert_eq!(progress.position(), PARTS / 2);
        progress.reached(u64::MAX, u64::MAX);
        progress.reached(7, 0);
        assert_eq!(progress.position(), PARTS);
    }
}
