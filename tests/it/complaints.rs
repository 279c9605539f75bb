//! Wrong scenarios, each with everything that is said about it: what, where, and what to do.
//!
//! `bad/NAME.toml` (or `.json`) is read; `bad/NAME.expected` holds the whole of what it is answered. After a change of
//! words, `QUEUELAB_BLESS=1 cargo test` writes the answers anew, to be read before they are committed.

use std::fs;
use std::path::Path;

use queuelab::scenario::{Loader, Places, Source, read};

use crate::expected::every_answer;

const FOLDER: &str = "tests/it/bad";

struct Folder;

impl Loader for Folder {
    fn load(&self, path: &str) -> Result<Vec<u8>, String> {
        // What is not text stands here, so that every file of the project is text.
        match path {
            "not-text.csv" => return Ok(b"timestamp,value\n0,3\n60,\xff\xfe\n".to_vec()),
            "packed.csv" => return Ok(b"\x1f\x8b\x08\x00\x00".to_vec()),
            _ => {}
        }
        fs::read(Path::new(FOLDER).join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            other => other.to_string(),
        })
    }
}

/// Everything that is said about a scenario, errors and warnings.
fn answer(source: &Source) -> String {
    let complaints = match read(source, &Folder, &[]) {
        Ok(scenario) => scenario.warnings,
        Err(complaints) => complaints,
    };
    let places = Places::of(source);
    complaints.iter().map(|complaint| complaint.plain_in(source, &places) + "\n").collect()
}

#[test]
fn every_wrong_scenario_is_answered_in_full() {
    every_answer(FOLDER, 40, answer);
}
