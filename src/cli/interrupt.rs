//! Ctrl-C: a run ends with what is done; anything else, or when asked again, the program stops at once and leaves no half files.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::cli::ending::Ending;

/// Files under a temporary name, that nobody must find when the program is stopped.
///
/// With the two flags below, the globals of the program: whoever stops it has no other way to know, or to tell.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Whether somebody has asked the run that is under way to end with what is done.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether something is under way that can.
static STOPPABLE: AtomicBool = AtomicBool::new(false);

/// What being stopped sets, the first time, while something is under way that can end early.
pub fn asked() -> &'static AtomicBool {
    &ASKED
}

/// Does what looks at [`asked`] and can end early with what is done.
pub fn stoppable<T>(work: impl FnOnce() -> T) -> T {
    STOPPABLE.store(true, Ordering::SeqCst);
    let done = work();
    STOPPABLE.store(false, Ordering::SeqCst);
    done
}

/// From now on, being stopped (Ctrl-C, or asked to by the system) removes unfinished files and ends with 5.
pub fn listen() {
    // Where no handler can be set, the system's own stop is all there is; finished files are whole even then.
    let _ = ctrlc::set_handler(|| {
        if STOPPABLE.load(Ordering::SeqCst) && !ASKED.swap(true, Ordering::SeqCst) {
            let what = "stopping: what is done is told, marked incomplete; once more stops at once";
            let _ = writeln!(std::io::stderr(), "\n{what}");
            return;
        }
        let files = unfinished();
        for path in files.iter() {
            // It may be gone already, and there is nobody left to tell.
            let _ = std::fs::remove_file(path);
        }
        let _ = writeln!(std::io::stderr(), "\nstopped");
        process::exit(i32::from(Ending::Incomplete.code()));
    });
}

/// Does what must be done whole or not at all; being stopped waits for it.
pub fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    let _held = unfinished();
    work()
}

/// A file that is unfinished as long as this lives: removed then, unless it was finished.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Remembers that `path` is unfinished.
    pub fn new(path: PathBuf) -> Unfinished {
        unfinished().push(path.clone());
        Unfinished { path }
    }

    /// Its temporary name.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        unfinished().retain(|path| *path != self.path);
        // A finished file has been renamed, and is not there under this name.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}
