//! Wrong documents and policies, each with everything that is said about it, as `bad` has wrong scenarios.

use std::fs;
use std::path::PathBuf;

use queuelab::scenario::decide::{policy, question};
use queuelab::scenario::{Complaint, Places, Source};

use super::Beside;

const FOLDER: &str = "tests/it/bad-decide";

fn told(source: &Source, complaints: &[Complaint]) -> String {
    let places = Places::of(source);
    complaints.iter().map(|complaint| complaint.plain_in(source, &places) + "\n").collect()
}

/// Files that begin with `policy-` are policies, others documents.
fn answer(name: &str, source: &Source) -> String {
    let loader = Beside(FOLDER);
    let found = if name.starts_with("policy-") {
        policy(source, None, &loader).map(|policy| policy.warnings)
    } else {
        question(source, &loader).map(|question| question.warnings)
    };
    match found {
        Ok(warnings) => told(source, &warnings),
        Err(faults) => told(source, &faults),
    }
}

#[test]
fn every_wrong_question_is_answered_in_full() {
    let bless = std::env::var_os("QUEUELAB_BLESS").is_some();
    let entries = fs::read_dir(FOLDER).expect("the folder of wrong documents is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml" || ending == "json"));
    paths.sort();
    assert!(paths.len() >= 8, "only {} wrong documents are held", paths.len());
    let mut differ = Vec::new();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
        let source = Source::new(name.clone(), fs::read_to_string(&path).expect("the document is text"));
        let found = answer(&name, &source);
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
