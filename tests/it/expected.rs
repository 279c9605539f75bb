//! Expectations that stand in files: held against what is found, or with `QUEUELAB_BLESS=1` written anew.

use std::fs;
use std::path::{Path, PathBuf};

use queuelab::scenario::Source;

/// What was found to differ from what is expected.
#[derive(Default)]
pub struct Expected {
    differ: Vec<String>,
}

impl Expected {
    /// Holds what is found against a file, or writes it there.
    pub fn hold(&mut self, path: &Path, what: &str, found: &str) {
        if std::env::var_os("QUEUELAB_BLESS").is_some() {
            fs::write(path, found).expect("the expectation can be written");
        } else if fs::read_to_string(path).unwrap_or_default() != found {
            self.differ.push(format!("{what}:\n{found}"));
        }
    }

    /// Tells all that differs.
    pub fn end(self) {
        assert!(self.differ.is_empty(), "{}", self.differ.join("\n"));
    }
}

/// The files of a folder that are read, by name: all but what is expected of them, and tables of numbers.
fn questions(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml" || ending == "json"));
    paths.sort();
    paths
}

/// Holds the answer to each file of a folder, of which there are at least so many, against `NAME.expected` beside it.
pub fn every_answer(folder: &str, least: usize, answer: impl Fn(&Source) -> String) {
    let paths = questions(folder);
    assert!(paths.len() >= least, "only {} files are held", paths.len());
    let mut expected = Expected::default();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
        let source = Source::new(name.clone(), fs::read_to_string(&path).expect("the file is text"));
        let found = answer(&source);
        assert!(!found.is_empty(), "{name} is read without a complaint");
        expected.hold(&path.with_extension("expected"), &format!("{name} is answered"), &found);
    }
    expected.end();
}
