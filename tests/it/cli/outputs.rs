//! What is written, and what is never written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Desk, done};
use queuelab::experiment::document::{Document, SCHEMA};

#[test]
fn json_is_the_result_document_and_nothing_else() {
    let desk = Desk::with_small();
    let done = desk.run(&["compare", "small.toml", "--json"]).ends(0);
    let document: Document = serde_json::from_str(&done.out).unwrap();
    assert_eq!(document.schema, SCHEMA);
    assert_eq!((document.seed, document.replications), (3, 2));
    assert_eq!(document.topologies.keys().collect::<Vec<_>>(), ["one", "two"]);
    assert!(!document.differences.is_empty());
    assert_eq!(done.out, desk.read("output/small-3/result.json"));
}

#[test]
fn the_folder_holds_document_tables_bill_and_charts() {
    let desk = Desk::with_small();
    desk.run(&["compare", "small.toml", "--output", "found/here"]).ends(0).says("found/here");
    let files = desk.files();
    for name in ["result.json", "bill.txt", "summary.md"] {
        assert!(files.contains(&format!("found/here/{name}")), "{name} is not in {files:?}");
    }
    for ending in [".csv", ".light.svg", ".dark.svg"] {
        assert!(files.iter().any(|name| name.ends_with(ending)), "no {ending} in {files:?}");
    }
    for svg in files.iter().filter(|name| name.ends_with(".svg")) {
        assert!(desk.read(svg).trim_start().starts_with("<svg"), "{svg}");
    }
    assert!(!files.iter().any(|name| name.contains(".part")), "{files:?}");
}

#[test]
fn the_same_seed_gives_the_same_files_for_any_number_of_threads() {
    let desk = Desk::with_small();
    for (folder, threads) in [("a", "1"), ("b", "2"), ("c", "5")] {
        desk.run(&["compare", "small.toml", "--output", folder, "--threads", threads]).ends(0);
    }
    for name in desk.files().iter().filter_map(|name| name.strip_prefix("a/")) {
        assert_eq!(desk.read(&format!("a/{name}")), desk.read(&format!("b/{name}")), "{name}");
        assert_eq!(desk.read(&format!("a/{name}")), desk.read(&format!("c/{name}")), "{name}");
    }
}

#[test]
fn the_seed_names_the_folder_and_changes_the_figures() {
    let desk = Desk::with_small();
    let one = desk.run(&["run", "small.toml", "--json"]).ends(0);
    let other = desk.run(&["run", "small.toml", "--json", "--seed", "4"]).ends(0);
    assert_ne!(one.out, other.out);
    assert!(desk.path().join("output/small-4/result.json").exists());
}

#[test]
fn one_topology_can_be_run_by_itself_and_finds_the_same() {
    let desk = Desk::with_small();
    let read = |arguments: &[&str]| -> Document {
        let done = desk.run(&[&["run", "small.toml", "--json"], arguments].concat()).ends(0);
        serde_json::from_str(&done.out).unwrap()
    };
    let (all, two) = (read(&[]), read(&["--topology", "two"]));
    assert_eq!(two.topologies.keys().collect::<Vec<_>>(), ["two"]);
    assert_eq!(two.topologies["two"].figures, all.topologies["two"].figures);
}

#[test]
fn earlier_results_are_replaced_and_other_peoples_files_are_not() {
    let desk = Desk::with_small();
    desk.run(&["compare", "small.toml"]).ends(0);
    desk.put("output/small-3/notes.md", "mine");
    desk.run(&["compare", "small.toml"]).ends(0);
    assert_eq!(desk.read("output/small-3/notes.md"), "mine");
    desk.put("taken/thesis.tex", "years");
    desk.run(&["run", "small.toml", "--output", "taken"]).ends(2).says("--force");
    desk.run(&["run", "small.toml", "--output", "small.toml"]).ends(2).says("small.toml");
    desk.run(&["run", "small.toml", "--output", "taken", "--force"]).ends(0);
    assert_eq!(desk.read("taken/thesis.tex"), "years");
    // Named by the user, even results are not replaced unasked.
    desk.run(&["run", "small.toml", "--output", "taken"]).ends(2).says("earlier run");
}

#[test]
fn a_default_folder_that_is_not_ours_is_left_alone() {
    let desk = Desk::with_small();
    desk.put("output/small-3/result.json", "{ \"schema\": \"somebody/else\" }");
    desk.run(&["run", "small.toml"]).ends(2).says("not results");
    assert_eq!(desk.read("output/small-3/result.json"), "{ \"schema\": \"somebody/else\" }");
}

#[test]
fn a_trace_is_json_lines_and_is_not_overwritten_unasked() {
    let desk = Desk::with_small();
    desk.run(&["run", "small.toml", "--trace", "trace.jsonl"]).ends(0);
    let trace = desk.read("trace.jsonl");
    assert!(trace.lines().count() > 100);
    for line in trace.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok_and(|value| value.is_object()), "{line}");
    }
    desk.run(&["run", "small.toml", "--trace", "trace.jsonl"]).ends(2).says("already there");
    desk.run(&["run", "small.toml", "--trace", "trace.jsonl", "--force"]).ends(0);
    assert_eq!(desk.read("trace.jsonl"), trace);
}

/// Before anything is run, and without a folder that nobody asked for.
#[test]
fn a_file_in_a_folder_that_is_not_there_is_refused() {
    let desk = Desk::with_small();
    let missing = "error: cannot write `deep/er/x`: there is no folder `deep/er`\n  \
                   = help: make it first, or name another\n";
    for arguments in [&["run", "small.toml", "--trace", "deep/er/x"][..], &["init", "deep/er/x"]] {
        assert_eq!(desk.run(arguments).ends(2).err, missing);
    }
    desk.run(&["run", "small.toml", "--trace", "small.toml/x"]).ends(2).says("no folder `small.toml`");
    assert_eq!(desk.files(), ["small.toml"]);
    assert!(!desk.path().join("deep").exists());
}

#[test]
fn no_room_for_a_trace_is_said_and_leaves_nothing() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let desk = Desk::with_small();
    desk.run(&["run", "small.toml", "--trace", "/dev/full"]).ends(1).says("no room is left on the disk");
    assert_eq!(desk.files(), ["small.toml"]);
}

#[test]
fn no_room_for_the_results_on_stdout_is_said() {
    let Ok(full) = fs::File::options().write(true).open("/dev/full") else { return };
    let desk = Desk::with_small();
    let mut command = desk.program(&["schema"]);
    command.stdout(full).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no room is left on the disk"));
}

/// As on a disk that is full after the first few files: the shell lets no file grow beyond 8 blocks of 512 bytes.
#[test]
#[cfg(unix)]
fn no_room_for_the_results_leaves_nothing_at_all() {
    let desk = Desk::with_small();
    let mut shell = Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 8; exec \"$0\" compare small.toml";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_queuelab")]).current_dir(desk.path());
    done(shell).ends(1).says("error: cannot write `output/small-3/");
    assert_eq!(desk.files(), ["small.toml"]);
    assert!(!desk.path().join("output").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_said_and_leaves_nothing() {
    let desk = Desk::with_small();
    desk.run(&["run", "small.toml", "--output", "small.toml/below"]).ends(2).says("small.toml/below");
    if Path::new("/proc/self").exists() {
        desk.run(&["run", "small.toml", "--output", "/proc/nowhere/at-all"]).ends(1).says("/proc/nowhere");
    }
    assert_eq!(desk.files(), ["small.toml"]);
}

#[test]
fn a_new_scenario_can_be_begun_checked_and_compared() {
    let desk = Desk::new();
    desk.run(&["init", "mine.toml"]).ends(0).says("mine.toml");
    assert_eq!(desk.files(), ["mine.toml", "scenario.schema.json"]);
    assert!(serde_json::from_str::<serde_json::Value>(&desk.read("scenario.schema.json")).is_ok());
    let check = desk.run(&["check", "mine.toml"]).ends(0);
    assert_eq!(check.err, "", "a scenario to start from has no warnings");
    let compare = desk.run(&["compare", "mine.toml", "--replications", "4"]);
    assert!(matches!(compare.code, Some(0 | 3 | 4)), "{}", compare.err);
    desk.run(&["init", "another.toml"]).ends(0);
    desk.put("scenario.schema.json", "{}");
    desk.run(&["init", "third.toml"]).ends(2).says("scenario.schema.json");
    desk.put("mine.toml", "# changed");
    desk.run(&["init", "mine.toml"]).ends(2).says("already there");
    assert_eq!(desk.read("mine.toml"), "# changed");
}

#[test]
fn bills_of_a_list_are_exact() {
    let desk = Desk::new();
    desk.put("usage.toml", crate::tidy::file("tests/it/cli/usage.toml").text);
    let bill = done(desk.program(&["bill", "--usage", "usage.toml"])).ends(0);
    super::expect("bill.txt", &bill.out);
}
