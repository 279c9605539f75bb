//! The built program from outside: what it prints, writes and answers to the shell.

mod decide;
mod ends;
mod help;
mod import;
mod inputs;
mod match_event;
mod outputs;
mod plot;
mod sensitivity;
mod why;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Two replications of a station with one worker, which is busy half the time: runs in milliseconds.
const SMALL: &str = r#"title = "How long is the line?"
run = { length = "20min", replications = 2, seed = 3 }
workload.jobs.arrivals = { poisson = { rate = "30/min" } }
work = { serve = { exponential = "1s" } }
[topology]
one.pool.station = { steps = [{ work = "serve" }] }
two.pool.station = { steps = [{ work = "serve" }], workers = 2 }
"#;

/// A folder to work in, which goes away with it.
struct Desk {
    folder: TempDir,
}

/// What the program did.
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Desk {
    /// An empty one.
    fn new() -> Desk {
        Desk { folder: tempfile::tempdir().unwrap() }
    }

    /// One on which [`SMALL`] lies, as `small.toml`.
    fn with_small() -> Desk {
        let desk = Desk::new();
        desk.put("small.toml", SMALL);
        desk
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file on it, by path.
    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(path.strip_prefix(self.path()).unwrap().display().to_string());
                }
            }
        }
        found.sort();
        found
    }

    /// The program, about to be run here.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_queuelab"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for name in ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program here.
    fn run(&self, arguments: &[&str]) -> Done {
        done(self.program(arguments))
    }
}

fn done(mut command: Command) -> Done {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Done { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Done {
    /// Fails, with all that was said, unless it ended so.
    fn ends(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Fails unless something was said on stderr.
    fn says(self, what: &str) -> Done {
        assert!(self.err.contains(what), "`{what}` is not in:\n{}", self.err);
        self
    }
}

/// Holds `found` against an expectation in a file, or rewrites it where `QUEUELAB_BLESS` is set.
fn expect(name: &str, found: &str) {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "it", "cli", "expected", name].iter().collect();
    if std::env::var_os("QUEUELAB_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{name} is not as expected (QUEUELAB_BLESS=1 rewrites it); found:\n{found}");
}
