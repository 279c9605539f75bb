//! What the shell is answered: the exit codes, closed pipes, colour and quiet.

use std::io::Read;
use std::process::Stdio;

use queuelab::experiment::document::Document;

use super::{Desk, SMALL, done};

/// Of one worker, busy half the time: W = S ÷ (1 − ρ) = 2 s. Of two, a quarter each: W = S ÷ (1 − ρ²) = 1.07 s.
fn with_goal(goal: &str) -> Desk {
    let desk = Desk::new();
    desk.put("goal.toml", format!("{SMALL}[goal]\n{goal}\n"));
    desk
}

#[test]
fn a_goal_that_holds_ends_with_0() {
    let desk = with_goal("\"answer.mean\" = \"20s\"");
    for command in [&["compare"][..], &["run"], &["check", "--goals"]] {
        desk.run(&[command, &["goal.toml"]].concat()).ends(0);
    }
}

#[test]
fn a_goal_that_is_missed_ends_with_3_and_says_so() {
    let desk = with_goal("\"answer.mean\" = \"10ms\"");
    for command in ["compare", "run"] {
        desk.run(&[command, "goal.toml"]).ends(3).says("exit code 3");
    }
    let gate = desk.run(&["check", "--goals", "goal.toml"]).ends(3);
    assert!(gate.out.contains("one: answer.mean"), "{}", gate.out);
    assert!(gate.out.contains("missed"), "{}", gate.out);
}

/// With one replication there is no interval, and nothing can be decided.
#[test]
fn a_goal_that_is_undecided_ends_with_4() {
    let desk = with_goal("\"answer.mean\" = \"20s\"");
    desk.run(&["check", "--goals", "goal.toml", "--replications", "1"]).ends(4);
}

#[test]
fn a_scenario_at_fault_ends_with_2_whatever_else_is_fine() {
    let desk = Desk::with_small();
    desk.put("bad.toml", SMALL.replace("workers = 2", "wokers = 2"));
    let check = desk.run(&["check", "bad.toml", "small.toml"]).ends(2).says("bad.toml:7").says("wokers");
    assert!(check.out.contains("small.toml: fine"), "{}", check.out);
    desk.run(&["run", "bad.toml"]).ends(2).says("did you mean `workers`?");
    assert_eq!(desk.files(), ["bad.toml", "small.toml"]);
}

#[test]
fn wrong_words_end_with_2() {
    let desk = Desk::with_small();
    let wrong: &[&[&str]] = &[
        &[],
        &["compere", "small.toml"],
        &["run"],
        &["run", "small.toml", "--replications", "0"],
        &["run", "small.toml", "--threads", "0"],
        &["run", "small.toml", "--threads", "many"],
        &["run", "small.toml", "--seed", "-1"],
        &["run", "small.toml", "--set", "run.length"],
        &["run", "small.toml", "--set", "=2h"],
        &["run", "small.toml", "--set", "run.lenght=2h"],
        &["run", "small.toml", "--set", "run.length=soon"],
        &["run", "small.toml", "--topology", "three"],
        &["run", "small.toml", "--colour", "blue"],
        &["check", "small.toml", "--timing"],
        &["explain", "no-such-word-at-all"],
    ];
    for arguments in wrong {
        let done = desk.run(arguments).ends(2);
        assert!(!done.err.trim().is_empty(), "{arguments:?} is refused without a word");
    }
    assert_eq!(desk.files(), ["small.toml"]);
}

/// A number with a sign is no unknown option: each number says what it may be.
#[test]
fn numbers_that_cannot_be_are_answered_with_those_that_can() {
    let desk = Desk::with_small();
    let answers = [
        ("--seed", "a seed is a whole number from 0 to 18446744073709551615"),
        ("--replications", "replications are a whole number from 1 to 100000"),
        ("--threads", "threads are a whole number from 1 to 1024"),
    ];
    for (option, answer) in answers {
        for number in ["-1", "1.5", "99999999999999999999"] {
            let done = desk.run(&["run", "small.toml", option, number]).ends(2).says(answer);
            assert!(!done.err.contains("'--'") && !done.err.contains("-- -1"), "{}", done.err);
        }
    }
}

#[test]
fn an_unknown_topology_is_refused_with_the_known_ones() {
    Desk::with_small().run(&["run", "small.toml", "--topology", "three"]).ends(2).says("`one`").says("`two`");
}

/// A reader such as `head` that goes away is no error, and the results are written all the same.
#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let desk = Desk::with_small();
    for arguments in [&["compare", "small.toml", "--quiet"][..], &["schema"], &["--help"], &["explain", "lost"]] {
        let mut child = desk.program(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{arguments:?}");
    }
    assert!(desk.path().join("output/small-3/result.json").exists());
}

#[test]
fn quiet_says_nothing_beside_the_results() {
    let done = Desk::with_small().run(&["compare", "small.toml", "--quiet"]).ends(0);
    assert_eq!(done.err, "");
    assert!(done.out.contains("How long is the line?"), "{}", done.out);
}

/// A room for one: of those who come to a worker that is busy half the time, some are turned away.
#[test]
fn warnings_are_talk_and_stand_in_the_document_and_the_summary() {
    let desk = Desk::new();
    desk.put("full.toml", SMALL.replace("workers = 2", "room = 1"));
    let warning = "warning: `two`: ";
    let told = desk.run(&["compare", "full.toml"]).ends(0).says(warning);
    assert!(told.err.find(warning) < told.err.find("results, charts and bill"), "{}", told.err);
    assert!(!told.out.contains("warning") && told.out.contains("How long is the line?"), "{}", told.out);
    assert!(desk.read("output/full-3/summary.md").contains("**Warning:** \\`two\\`: "));
    let json = desk.run(&["compare", "full.toml", "--json"]).ends(0);
    assert!(!json.err.contains("warning") && json.out.contains("\"`two`: "), "{}", json.err);
    assert_eq!(desk.run(&["compare", "full.toml", "--quiet"]).ends(0).err, "");
    desk.put("gate.toml", SMALL.to_owned() + "[goal]\n\"answer.mean\" = \"20s\"\n");
    let gate = ["check", "--goals", "gate.toml", "--replications", "1"];
    desk.run(&gate).ends(4).says("warning: gate.toml: one replication has no intervals");
}

#[test]
fn colour_is_for_those_who_see_it() {
    let desk = Desk::with_small();
    let escapes = |arguments: &[&str]| {
        let done = desk.run(&[&["compare", "small.toml"], arguments].concat()).ends(0);
        done.out.contains('\u{1b}') || done.err.contains('\u{1b}')
    };
    assert!(!escapes(&[]));
    assert!(!escapes(&["--colour", "never"]));
    assert!(escapes(&["--colour", "always"]));
    let mut command = desk.program(&["check", "missing.toml"]);
    command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "0");
    assert!(!done(command).ends(2).err.contains('\u{1b}'));
}

#[test]
fn timing_is_talk_and_counts_what_was_simulated() {
    let done = Desk::with_small().run(&["run", "small.toml", "--timing", "--threads", "2"]).ends(0);
    let line = done.err.lines().find(|line| line.contains("events/s")).unwrap();
    assert!(line.contains("requests/s") && line.contains("on 2 threads"), "{line}");
    assert!(!done.out.contains("events/s"));
}

/// Stopped in the middle: its own code, and not a single file more than before.
#[test]
#[cfg(unix)]
fn being_stopped_ends_with_5_and_leaves_no_files() {
    use std::process::Command;
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    let desk = Desk::with_small();
    let arguments = ["run", "small.toml", "--replications", "100000", "--trace", "trace.jsonl"];
    let mut child = desk.program(&arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // It has begun when the trace has: under a temporary name.
    let began = Instant::now();
    while desk.files().len() < 2 && began.elapsed() < Duration::from_secs(60) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
        sleep(Duration::from_millis(5));
    }
    assert!(!desk.files().contains(&"trace.jsonl".to_owned()));
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    // At once, if no replication was whole; else with those that are.
    assert_eq!(child.wait().unwrap().code(), Some(5));
    let files = desk.files();
    assert!(files.iter().all(|name| !name.contains(".part")), "{files:?}");
    let whole = files.len() > 1;
    assert_eq!(files.contains(&"trace.jsonl".to_owned()), whole, "{files:?}");
    let known = |name: &String| ["small.toml", "trace.jsonl"].contains(&name.as_str()) || name.starts_with("output/");
    assert!(files.iter().all(known), "{files:?}");
}

/// Whoever stops a run after an hour has what an hour has brought, and sees that it is not the whole.
#[test]
#[cfg(unix)]
fn a_run_that_is_stopped_tells_what_is_done() {
    use std::process::Command;
    use std::thread::sleep;
    use std::time::Duration;

    let desk = Desk::with_small();
    let arguments = ["run", "small.toml", "--replications", "100000", "--json", "--output", "out"];
    let child = desk.program(&arguments).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Long enough for the first replication of a small scenario, and far too short for all.
    sleep(Duration::from_secs(2));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{told}");
    assert!(told.contains("marked incomplete"), "{told}");
    let document: Document = serde_json::from_slice(&ended.stdout).unwrap();
    assert!(document.incomplete && (1..100_000).contains(&document.replications));
    assert!(document.warnings.iter().any(|warning| warning.starts_with("stopped after")), "{:?}", document.warnings);
    let figures = &document.topologies[0].replications["completion.mean"];
    assert_eq!(figures.len(), document.replications as usize);
    assert!(desk.files().contains(&"out/result.json".to_owned()));
}

/// A line that grows by a million a second.
#[test]
fn what_never_ends_comes_to_a_limit_and_says_which() {
    let grows = "run = { length = \"1h\", replications = 1, defaults = \"textbook\" }\nwork = { serve = \"1s\" }\n\
                 workload.jobs.arrivals = { poisson = { rate = \"1000000/s\" } }\n\
                 topology.one.pool.station = { steps = [{ work = \"serve\" }] }\n";
    let desk = Desk::new();
    desk.put("grows.toml", grows);
    let ended = |arguments: &[&str]| {
        let ended = done(desk.program(arguments));
        assert_eq!(ended.code, Some(5), "{}", ended.err);
        ended.err
    };
    let told = ended(&["run", "grows.toml", "--max-memory", "16MiB"]);
    assert!(told.contains("before the first replication was whole: it came to 16MiB of memory"), "{told}");
    assert!(told.contains("`--max-memory` allows more"), "{told}");
    let told = ended(&["run", "grows.toml", "--max-events", "100000"]);
    assert!(told.contains("it came to 100000 events") && told.contains("`--max-events` allows more"), "{told}");
    let told = ended(&["run", "grows.toml", "--max-time", "1ns"]);
    assert!(told.contains("it came to 1ns") && told.contains("`--max-time` allows more"), "{told}");
    assert_eq!(desk.files(), ["grows.toml"], "nothing is written of what is not whole");
}

#[test]
fn a_limit_leaves_the_replications_that_are_whole() {
    let desk = Desk::with_small();
    let ended =
        done(desk.program(&["compare", "small.toml", "--replications", "1000", "--max-events", "200000", "--json"]));
    assert_eq!(ended.code, Some(5), "{}", ended.err);
    let document: Document = serde_json::from_str(&ended.out).unwrap();
    // Some 2,400 events of each topology's replication.
    assert!(document.incomplete && (20..100).contains(&document.replications), "{}", document.replications);
    let warning = document.warnings.iter().find(|warning| warning.starts_with("stopped after")).unwrap();
    assert!(warning.contains("it came to 200000 events, the most that it may have: `--max-events`"), "{warning}");
}

#[test]
fn what_is_written_has_a_limit_too() {
    let desk = Desk::with_small();
    let ended = done(desk.program(&["run", "small.toml", "--trace", "trace.jsonl", "--max-output", "20KiB"]));
    assert_eq!(ended.code, Some(5), "{}", ended.err);
    assert!(ended.err.contains("the trace ends early: it came to 20KiB"), "{}", ended.err);
    let trace = desk.read("trace.jsonl");
    assert!((19 << 10..20 << 10).contains(&trace.len()) && trace.ends_with("}\n"), "{}", trace.len());
    assert!(desk.files().len() > 3, "the results are there");
    let ended = done(desk.program(&["run", "small.toml", "--max-output", "1KiB", "--output", "none"]));
    assert_eq!(ended.code, Some(5), "{}", ended.err);
    assert!(
        ended.err.contains("the results are not in `none`") && ended.err.contains("`--max-output`"),
        "{}",
        ended.err
    );
    assert!(!desk.path().join("none").exists());
    assert!(ended.out.contains("station"), "they are told all the same");
}
