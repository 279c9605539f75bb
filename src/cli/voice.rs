//! The program's two voices: results on stdout, talk on stderr. Both go through handles, so that a closed
//! pipe is a quiet end and never a panic.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use crate::cli::ending::Failure;

/// Columns where nobody says how wide the terminal is.
const WIDTH: usize = 100;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// Stdout and stderr, and how the user wants to be spoken to.
pub struct Voice {
    out: AutoStream<io::Stdout>,
    err: AutoStream<io::Stderr>,
    /// Whether the reader of stdout has gone; what follows is for nobody.
    closed: bool,
    quiet: bool,
}

impl Voice {
    /// The voices of a program that was asked for `colour`, and to be `quiet` or not.
    pub fn new(colour: Colour, quiet: bool) -> Voice {
        match colour {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::Always,
            Colour::Never => ColorChoice::Never,
        }
        .write_global();
        Voice { out: anstream::stdout(), err: anstream::stderr(), closed: false, quiet }
    }

    /// Prints a result. A reader who has gone away is not an error.
    pub fn say(&mut self, result: &str) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let line_end = if result.ends_with('\n') { "" } else { "\n" };
        let written = write!(self.out, "{result}{line_end}").and_then(|()| self.out.flush());
        self.said(written)
    }

    /// Prints a result that is written piece by piece. It holds nothing of colours.
    pub fn pour(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        if self.closed {
            return Ok(());
        }
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let written = write(&mut out).and_then(|()| out.flush());
        // What is left in the buffer went nowhere, and would go there again.
        let _ = out.into_parts();
        self.said(written)
    }

    fn said(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Failure::World(format!("the results cannot be printed: {}", reason(&error)))),
            Ok(()) => Ok(()),
        }
    }

    /// Says something beside the results, unless asked to be quiet.
    pub fn tell(&mut self, talk: &str) {
        if !self.quiet {
            self.insist(talk);
        }
    }

    /// Says what a reader should know before believing a result, in one line that a log can hold.
    pub fn warn(&mut self, what: &str) {
        self.tell(&format!("\u{1b}[1;33mwarning\u{1b}[0m: {what}"));
    }

    /// Says something even to those who asked for quiet: why it cannot go on, or what they asked for by name.
    pub fn insist(&mut self, talk: &str) {
        // Nothing is left to say it to where stderr itself is gone.
        let _ = writeln!(self.err, "{}", talk.trim_end());
    }

    /// Whether results are coloured.
    pub fn colours_results(&self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }

    /// Whether a moving line on stderr would be seen, and wanted.
    pub fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Columns for results.
    pub fn width(&self) -> usize {
        if !io::stdout().is_terminal() {
            return WIDTH;
        }
        terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
    }
}

/// What the system says about `error`, without its number.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "no room is left on the disk".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
        }
    }
}
