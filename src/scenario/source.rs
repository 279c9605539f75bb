//! What a scenario is read from: a text, the files it names, and the changes asked for beside it.

/// The file's text and name, kept for pointing at.
#[derive(Clone, Debug)]
pub struct Source {
    /// What the person calls it.
    pub name: String,
    /// All of it.
    pub text: String,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Source {
        Source { name: name.into(), text: text.into() }
    }

    /// Line and column (both from 1, columns in characters) of a byte of the text.
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

/// Hands over the files that a scenario names; paths are relative to the scenario.
pub trait Loader {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Why they can't be had, in words for the person who wrote the scenario.
    fn load(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// A loader for scenarios that need no other file.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Loader for NoFiles {
    fn load(&self, _path: &str) -> Result<Vec<u8>, String> {
        Err("no other file can be read here".to_owned())
    }
}

/// One setting that is written beside the file: `--set PATH=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Keys from the top: `topology.tiered.pool.web.workers`.
    pub path: String,
    /// The value as TOML writes it, or plain text.
    pub value: String,
}
