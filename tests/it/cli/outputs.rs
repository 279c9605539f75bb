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

/// A bill that was written down is shown as it was, and explained: the balancer's 8 h are whole hours, machines lived a little
/// less than they were billed for, and some of their slots were idle.
#[test]
fn the_bill_of_a_result_is_shown_and_explained() {
    let desk = Desk::new();
    desk.put("video.toml", crate::tidy::file("scenarios/video-upload.toml").text);
    desk.run(&["run", "video.toml", "--replications", "2", "--seed", "1", "--output", "made", "--quiet"]);
    let shown = desk.run(&["bill", "made"]).ends(0);
    assert_eq!(shown.out, desk.read("made/bill.txt"));
    assert_eq!(desk.run(&["bill", "made/result.json"]).ends(0).out, shown.out);
    let why = desk.run(&["bill", "made", "--why"]).ends(0).out;
    assert!(why.starts_with(&shown.out), "{why}");
    for what in [
        "Why, decoupled",
        "each start by started seconds",
        "For slots that nobody held, rounding included: $",
        "each 64 KiB of a call counts as one",
        "In all: rounding and minimums $",
    ] {
        assert!(why.contains(what), "`{what}` is not in:\n{why}");
    }
    let json: serde_json::Value = serde_json::from_str(&desk.run(&["bill", "made", "--json"]).ends(0).out).unwrap();
    assert!(json["topologies"]["decoupled"]["lines"][0]["exact"].is_string(), "{json}");
    assert!(json["topologies"]["monolith"]["total"].is_string(), "{json}");
}

/// Before rounding was written down, results had no such fields: they are shown, and said to know less.
#[test]
fn bills_of_earlier_results_are_read() {
    let desk = Desk::new();
    desk.put("video.toml", crate::tidy::file("scenarios/video-upload.toml").text);
    let run = ["run", "video.toml", "--replications", "1", "--topology", "monolith", "--output", "made", "--quiet"];
    desk.run(&run);
    let mut document: serde_json::Value = serde_json::from_str(&desk.read("made/result.json")).unwrap();
    for line in document["topologies"]["monolith"]["bill"].as_array_mut().unwrap() {
        for key in ["exact", "rounding", "wasted"] {
            line.as_object_mut().unwrap().remove(key);
        }
    }
    desk.put("before/result.json", document.to_string());
    let why = desk.run(&["bill", "before", "--why"]).ends(0).out;
    assert!(why.starts_with(&desk.read("made/bill.txt")) && why.contains("an earlier version wrote it"), "{why}");
}

#[test]
fn what_holds_no_bill_is_answered() {
    let desk = Desk::with_small();
    desk.put("photos/a.jpg", "");
    desk.run(&["bill", "photos"]).ends(2).says("`photos` holds no result").says("`output/NAME-SEED`");
    desk.run(&["bill", "small.toml"])
        .ends(2)
        .says("`small.toml` is not a result of queuelab")
        .says("bill --usage FILE");
    desk.run(&["bill", "nowhere"]).ends(2).says("cannot read `nowhere`");
    desk.run(&["bill"]).ends(2);
    desk.run(&["bill", "photos", "--usage", "small.toml"]).ends(2);
}

/// A list of usage says what was rounded, too.
#[test]
fn bills_of_a_list_are_explained() {
    let desk = Desk::new();
    desk.put("usage.toml", crate::tidy::file("tests/it/cli/usage.toml").text);
    let why = desk.run(&["bill", "--usage", "usage.toml", "--why"]).ends(0).out;
    assert!(why.contains("  machine.short machine: $0.000600\n    Lived 30 s, billed as 60 s"), "{why}");
    assert!(why.contains("Made 1,000,000 calls, billed as 2,000,000 calls"), "{why}");
}

#[test]
fn prices_are_found_by_parts_of_their_names() {
    let desk = Desk::new();
    let found = desk.run(&["prices", "duration", "ARM"]).ends(0).out;
    assert!(found.contains("lambda.duration.arm") && found.contains("18,750,000,000 GB-s"), "{found}");
    assert!(!found.contains("lambda.duration.x86  "), "{found}");
    assert!(
        found.contains("  400,000 GB-s of lambda.duration.x86 and lambda.duration.arm (AWS Lambda price page"),
        "{found}"
    );
    assert!(desk.run(&["prices"]).ends(0).out.lines().count() > 300);
    let json: serde_json::Value =
        serde_json::from_str(&desk.run(&["prices", "nat", "hour", "--json"]).ends(0).out).unwrap();
    assert_eq!((&json["items"][0]["item"], &json["free"]), (&"nat.hour".into(), &serde_json::json!([])));
    assert_eq!(json["items"][0]["tiers"][0]["price"], "0.045");
    desk.run(&["prices", "lamda"]).ends(2).says("no item of the price book `us-east-1` has `lamda`").says("`lambda`");
    desk.run(&["prices", "m5", "lagre"]).ends(2).says("did you mean `ec2.");
    desk.run(&["prices", "--book", "nowhere.toml"]).ends(2).says("bundled books are `us-east-1`");
    desk.put(
        "own.toml",
        "name = \"own\"\nlist = [{ source = \"s\", as-of = \"2026-01-01\", prices = { \"nat.hour\" = 5 } }]\n",
    );
    desk.run(&["prices", "--book", "own.toml"]).ends(2).says("neither a price nor a list of tiers");
}

/// A run of 8 h has its share of what a month of 730 h has free: of a million requests to queues 10,958.
#[test]
fn a_run_has_its_share_of_what_a_month_has_free() {
    let desk = Desk::new();
    desk.put("video.toml", crate::tidy::file("scenarios/video-upload.toml").text);
    let calls = |more: &[&str]| {
        let run = [
            "run",
            "video.toml",
            "--replications",
            "1",
            "--topology",
            "decoupled",
            "--output",
            "made",
            "--force",
            "--json",
        ];
        let done = desk.run(&[&run, more].concat());
        let found: serde_json::Value = serde_json::from_str(&done.out).unwrap();
        let bill = found["topologies"]["decoupled"]["bill"].as_array().unwrap().clone();
        let mut lines = Vec::new();
        for line in bill.iter().filter(|line| line["node"] == "queue.uploads") {
            lines.push((line["quantity"].as_str().unwrap().parse::<u64>().unwrap(), line["cost"] == "0"));
        }
        lines
    };
    let without = calls(&[]);
    let with = calls(&["--set", "prices.free-tier=true", "--set", "prices.billing=before-2025-08"]);
    assert_eq!(without.len(), 1, "{without:?}");
    assert_eq!(with, [(10_958, true), (without[0].0 - 10_958, false)]);
}
