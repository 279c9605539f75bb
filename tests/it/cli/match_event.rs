//! `match-event`: what it answers, how it ends, and what is said of files that are wrong.

use std::io::Write;
use std::process::Stdio;

use super::{Desk, expect};
use crate::tidy::file;

fn desk() -> Desk {
    let desk = Desk::new();
    for name in ["late-orders.json", "order-event.json"] {
        desk.put(name, file(&format!("scenarios/{name}")).text);
    }
    desk
}

const MATCH: [&str; 5] = ["match-event", "--pattern", "late-orders.json", "--event", "order-event.json"];

#[test]
fn a_match_ends_with_zero_and_is_said_in_a_word() {
    let told = desk().run(&MATCH).ends(0);
    assert_eq!((told.out.as_str(), told.err.as_str()), ("match\n", ""));
}

/// The lines of the README are printed for the event that it changes.
#[test]
fn no_match_ends_with_one_and_says_why() {
    let desk = desk();
    let event = desk.read("order-event.json").replace("waiting", "sent").replace("51.5", "\"51.5\"");
    desk.put("order-event.json", event);
    let told = desk.run(&MATCH).ends(1);
    assert_eq!(told.err, "");
    let readme = file("README.md").text;
    assert!(readme.contains(&format!("```text\n{}```", told.out)), "{}", told.out);
    let torn = file("scenarios/order-event.json").text.replace("\"book\", \"stock\": 0", "\"book\", \"stock\": 3");
    desk.put("order-event.json", torn);
    let told = desk.run(&MATCH).ends(1);
    assert!(told.out.contains("detail.items.kind, detail.items.stock: each is met, but not together"), "{}", told.out);
    // An answer is no failure: it is there in quiet, too.
    assert_eq!(desk.run(&[&MATCH[..], &["--quiet"]].concat()).ends(1).out, told.out);
}

#[test]
fn all_that_is_wrong_with_both_files_is_told_with_its_lines_and_ends_with_two() {
    let desk = desk();
    desk.put(
        "wrong.json",
        "{\n  \"source\": \"aws.ec2\",\n  \"detail\": {\n    \"count\": [{ \"numeric\": [\">\", \"5\"] }],\n    \
         \"name\": [{ \"prefx\": \"a\" }, { \"wildcard\": \"a**\" }]\n  }\n}\n",
    );
    desk.put("event.json", "{\"source\": \"aws.ec2\",\n \"detail\": }");
    let told = desk.run(&["match-event", "--pattern", "wrong.json", "--event", "event.json"]).ends(2);
    assert_eq!(told.out, "");
    expect("match-event-wrong.txt", &told.err);
    desk.run(&["match-event", "--pattern", "nowhere.json", "--event", "none.json"])
        .ends(2)
        .says("`nowhere.json`")
        .says("`none.json`");
    desk.put("list.json", "[{\"source\": \"aws.ec2\"}]");
    desk.run(&["match-event", "--pattern", "late-orders.json", "--event", "list.json"])
        .ends(2)
        .says("an event is one JSON object");
    desk.put("deep.json", format!("{{\"a\": {}", "[".repeat(100_000)));
    desk.run(&["match-event", "--pattern", "late-orders.json", "--event", "deep.json"]).ends(2).says("200 deep");
    desk.run(&["match-event", "--pattern", "late-orders.json"]).ends(2).says("--event");
}

#[test]
fn what_is_legal_and_not_meant_is_warned_of_and_not_in_quiet() {
    let desk = desk();
    desk.put("twice.json", "{\"source\": [\"other\"],\n \"source\": [\"my.shop\"]}");
    let words = ["match-event", "--pattern", "twice.json", "--event", "order-event.json"];
    let told = desk.run(&words).ends(0).says("warning: source: this field is given once more further down");
    assert!(told.err.contains("twice.json:1:2"), "{}", told.err);
    assert_eq!(desk.run(&[&words[..], &["--quiet"]].concat()).ends(0).err, "");
}

#[test]
fn one_of_both_may_come_from_standard_input() {
    let desk = desk();
    for (pattern, event, input) in
        [("-", "order-event.json", "late-orders.json"), ("late-orders.json", "-", "order-event.json")]
    {
        let mut command = desk.program(&["match-event", "--pattern", pattern, "--event", event]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("it listens").write_all(desk.read(input).as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b"match\n"[..]));
    }
    desk.run(&["match-event", "--pattern", "-", "--event", "-"]).ends(2).says("both to come from standard input");
}
