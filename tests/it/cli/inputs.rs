//! Files that cannot be what they were named as, and ways to name one.

use std::io::Write;
use std::process::Stdio;

use super::{Desk, SMALL};

#[test]
fn a_file_that_is_not_there_is_answered_with_one_that_is() {
    let desk = Desk::with_small();
    let done = desk.run(&["run", "smal.toml"]).ends(2);
    assert_eq!(
        done.err,
        "error: cannot read `smal.toml`: there is no such file or folder\n  = help: did you mean `small.toml`?\n"
    );
    desk.run(&["check", "nowhere/at-all.toml"]).ends(2).says("there is no such file or folder");
}

#[test]
fn a_folder_is_answered_with_what_is_in_it() {
    let desk = Desk::new();
    desk.put("scenarios/a.toml", SMALL);
    desk.put("scenarios/b.toml", SMALL);
    for command in [&["compare"][..], &["run"], &["check"], &["bill", "--usage"]] {
        let done = desk.run(&[command, &["scenarios"]].concat()).ends(2);
        assert_eq!(
            done.err,
            "error: `scenarios` is a folder: name a file\n  = help: it has `scenarios/a.toml`, `scenarios/b.toml`\n"
        );
    }
    desk.put("photos/a.jpg", "");
    desk.run(&["check", "photos"]).ends(2).says("`photos` is a folder").says("it has no file that ends in `.toml`");
    for number in 0..20 {
        desk.put(&format!("many/{number:02}.toml"), SMALL);
    }
    desk.run(&["check", "many"]).ends(2).says("`many/11.toml` and 8 more");
}

#[test]
fn what_is_not_text_is_refused_at_its_place() {
    let desk = Desk::new();
    desk.put("photo.toml", b"title = \"x\"\nrun = \"\x89PNG\"\n");
    let done = desk.run(&["check", "photo.toml"]).ends(2);
    assert_eq!(
        done.err,
        "error: cannot read `photo.toml`: it is not UTF-8 text: byte 0x89 in line 2, column 8\n  = help: save it as UTF-8\n"
    );
}

#[test]
fn a_file_without_an_end_is_refused() {
    if std::path::Path::new("/dev/zero").exists() {
        Desk::new().run(&["check", "/dev/zero"]).ends(2).says("it is larger than 16 MiB");
    }
}

/// Root may read everything, and then there is nothing to be refused.
#[test]
#[cfg(unix)]
fn a_file_that_may_not_be_read_is_refused() {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt;

    let desk = Desk::with_small();
    let path = desk.path().join("small.toml");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    let done = desk.run(&["check", "small.toml"]);
    if File::open(&path).is_err() {
        done.ends(2).says("permission denied");
    } else {
        done.ends(0);
    }
}

#[test]
fn a_mark_before_the_text_and_foreign_line_ends_do_no_harm() {
    let desk = Desk::new();
    desk.put("notepad.toml", format!("\u{feff}{}", SMALL.replace('\n', "\r\n")));
    desk.run(&["check", "notepad.toml"]).ends(0);
}

#[test]
fn an_empty_file_is_told_what_is_missing() {
    let desk = Desk::new();
    desk.put("empty.toml", "");
    desk.run(&["check", "empty.toml"]).ends(2).says("empty.toml").says("topology");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let desk = Desk::new();
    let text =
        SMALL.replace("30/min", "30").replace("exponential = \"1s\"", "exponentail = \"1s\"").replace("workers", "w");
    desk.put("bad.toml", text);
    let done = desk.run(&["check", "bad.toml"]).ends(2);
    let lines: Vec<&str> = done.err.lines().filter(|line| line.trim_start().starts_with("--> bad.toml:")).collect();
    let places: Vec<&str> =
        lines.iter().filter_map(|line| line.rsplit("bad.toml:").next()?.split(':').next()).collect();
    assert_eq!(places, ["3", "4", "7"], "{}", done.err);
    assert!(done.err.contains("bad.toml: 3 errors"), "{}", done.err);
}

#[test]
fn files_that_a_scenario_names_are_looked_for_beside_it() {
    let desk = Desk::new();
    let trace =
        SMALL.replace("{ poisson = { rate = \"30/min\" } }", "{ trace = { file = \"calls.csv\", time = \"at\" } }");
    desk.put("deep/traced.toml", &trace);
    desk.run(&["check", "deep/traced.toml"]).ends(2).says("deep/calls.csv").says("there is no such file or folder");
    desk.put("deep/calls.csv", "at\n1\n2\n3\n");
    desk.run(&["check", "deep/traced.toml"]).ends(0);
}

#[test]
fn a_scenario_may_come_through_a_pipe() {
    let desk = Desk::new();
    let mut child = desk
        .program(&["check", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SMALL.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_setting_can_be_changed_for_one_run() {
    let desk = Desk::with_small();
    let seconds = |arguments: &[&str]| -> f64 {
        let done = desk.run(&[&["run", "small.toml", "--json", "--quiet"], arguments].concat()).ends(0);
        serde_json::from_str::<serde_json::Value>(&done.out).unwrap()["length"].as_f64().unwrap()
    };
    assert_eq!(seconds(&[]), 1_200.0);
    assert_eq!(seconds(&["--set", "run.length=5min"]), 300.0);
    assert_eq!(seconds(&["--set", "run.length=\"6min\"", "--set", "topology.two.pool.station.workers=3"]), 360.0);
}

#[test]
fn files_on_one_application_are_compared_as_one_and_others_are_not() {
    let desk = Desk::with_small();
    desk.put("more.toml", SMALL.replace("one.", "many.").replace("workers = 2", "workers = 9"));
    let done = desk.run(&["compare", "small.toml", "more.toml", "--json", "--quiet"]).ends(0);
    let document: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    let names: Vec<&String> = document["topologies"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["one", "two", "many", "more-two"]);
    desk.put("other.toml", SMALL.replace("30/min", "20/min"));
    desk.run(&["compare", "small.toml", "other.toml"]).ends(2).says("workloads differ");
}
