//! Wrong scenarios, each with everything that is said about it: what, where, and what to do.
//!
//! `bad/NAME.toml` (or `.json`) is read; `bad/NAME.expected` holds the whole of what it is answered. After a change of
//! words, `QUEUELAB_BLESS=1 cargo test` writes the answers anew, to be read before they are committed.

use std::fs;
use std::path::{Path, PathBuf};

use queuelab::scenario::{Change, Loader, Places, Source, read};

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
fn answer(source: &Source, changes: &[Change]) -> String {
    let complaints = match read(source, &Folder, changes) {
        Ok(scenario) => scenario.warnings,
        Err(complaints) => complaints,
    };
    let places = Places::of(source);
    complaints.iter().map(|complaint| complaint.plain_in(source, &places) + "\n").collect()
}

fn bad() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).expect("the folder of wrong scenarios is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml" || ending == "json"));
    paths.sort();
    paths
}

#[test]
fn every_wrong_scenario_is_answered_in_full() {
    let bless = std::env::var_os("QUEUELAB_BLESS").is_some();
    let mut differ = Vec::new();
    let paths = bad();
    assert!(paths.len() >= 40, "only {} wrong scenarios are held", paths.len());
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
        let source = Source::new(name.clone(), fs::read_to_string(&path).expect("the scenario is text"));
        let found = answer(&source, &[]);
        assert!(!found.is_empty(), "{name} is read without a complaint");
        let expected = path.with_extension("expected");
        if bless {
            fs::write(&expected, &found).expect("the answer can be written");
        } else if fs::read_to_string(&expected).unwrap_or_default() != found {
            differ.push(format!("{name} is answered:\n{found}"));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
