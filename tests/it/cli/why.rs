//! `why`: causes, and what becomes of a figure without them.

use serde_json::Value;

use super::Desk;
use crate::tidy::file;

/// The line in [`super::SMALL`], asked about in every way.
#[test]
fn a_figure_is_explained_as_text_and_as_json_and_in_charts() {
    let desk = Desk::with_small();
    let text = desk.run(&["why", "small.toml", "--topology", "one", "--prove", "1"]).ends(0);
    for said in ["why one: completion.p99 is", "at work", "in line behind work", "without: in line behind work"] {
        assert!(text.out.contains(said), "{said:?} is missing:\n{}", text.out);
    }
    let json = desk.run(&["why", "small.toml", "--json", "--prove", "0", "--output", "out", "--quiet"]).ends(0);
    let told: Value = serde_json::from_str(&json.out).unwrap();
    let all = &told["topologies"]["two"]["all"];
    let parts: f64 =
        all["causes"].as_array().unwrap().iter().map(|part| part["seconds"]["value"].as_f64().unwrap()).sum();
    assert!((parts / all["seconds"].as_f64().unwrap() - 1.0).abs() < 1e-9);
    let files = desk.files();
    for name in ["out/why.json", "out/why.txt", "out/why-one.light.svg", "out/why-two.dark.svg"] {
        assert!(files.contains(&name.to_owned()), "{name} is missing: {files:?}");
    }
    let again = desk.run(&["why", "small.toml", "--output", "out"]).ends(2);
    assert!(again.err.contains("--force"), "{}", again.err);
    desk.run(&["why", "small.toml", "--prove", "0", "--output", "out", "--force"]).ends(0);
}

#[test]
fn what_cannot_be_explained_is_said_with_what_can() {
    let desk = Desk::with_small();
    let figure = desk.run(&["why", "small.toml", "--of", "station.wait.p99"]).ends(2);
    assert!(figure.err.contains("`station.wait.p99`") && figure.err.contains("completion.p99"), "{}", figure.err);
    let late = desk.run(&["why", "small.toml", "--from", "1h"]).ends(2);
    assert!(late.err.contains("begins at 3600 s"), "{}", late.err);
    let empty = desk.run(&["why", "small.toml", "--from", "10min", "--to", "5min"]).ends(2);
    assert!(empty.err.contains("is empty"), "{}", empty.err);
    let topology = desk.run(&["why", "small.toml", "--topology", "three"]).ends(2);
    assert!(topology.err.contains("`one`"), "{}", topology.err);
}

/// What the README shows is what is printed.
#[test]
fn the_readme_shows_what_is_told_of_the_decoupled_upload() {
    let desk = Desk::new();
    desk.put("video-upload.toml", &file("scenarios/video-upload.toml").text);
    let told = desk.run(&["why", "video-upload.toml", "--topology", "decoupled"]).ends(0);
    let readme = file("README.md").text;
    let block = readme.split("```").find(|block| block.starts_with("text\nwhy decoupled")).expect("a worked `why`");
    for line in block.lines().skip(1).filter(|line| !line.trim().is_empty()) {
        assert!(told.out.lines().any(|printed| printed.trim_end() == line.trim_end()), "not printed: {line}");
    }
}
