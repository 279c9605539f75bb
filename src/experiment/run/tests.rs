//! Whole runs: bytes, pairs, stopping rules, traces and refusals.

use super::*;
use crate::cloud::arrivals::Arrivals;
use crate::cloud::topology::Platform;
use crate::experiment::document::Finding;
use crate::experiment::trial::{application, exponential, scenario, station};
use crate::ground::time::Span;
use crate::scenario::{Goal, Width};
use std::sync::Mutex;

/// M/M/1 and M/M/2 on the same hour of requests: 0.8 a second, a second each.
fn two(replications: u32) -> Scenario {
    let jobs = application(Arrivals::Poisson { rate: 0.8 }, Some(exponential(Span::from_secs(1))));
    let platform = || Platform::Machine { hour: 1_000_000_000_000, minimum: Span::ZERO };
    let mut plan =
        scenario(jobs, vec![station("one", 1, 1, platform()), station("two", 2, 1, platform())], replications);
    plan.run.warm_up = Span::from_secs(600);
    plan
}

fn on(threads: usize) -> Options<'static> {
    Options { threads: NonZeroUsize::new(threads), ..Options::default() }
}

fn quiet(_: Progress) {}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let plan = two(7);
    let run_on = |threads| run(&plan, on(threads), &quiet).expect("it runs").document.to_json();
    let one = run_on(1);
    assert_eq!(one, run_on(2));
    assert_eq!(one, run_on(5));
}

/// The second machine costs a dollar in every replication, so that this difference has no width at all; and it
/// saves time in every replication, of the very same requests.
#[test]
fn topologies_are_compared_on_the_same_requests() {
    let document = run(&two(10), on(2), &quiet).expect("it runs").document;
    let difference = |of: &str| document.differences.iter().find(|found| found.of == of).expect("it is compared");
    let cost = difference("cost.total");
    assert_eq!((cost.from.as_str(), cost.to.as_str()), ("one", "two"));
    assert_eq!((cost.value, cost.low, cost.high), (Some(1.0), Some(1.0), Some(1.0)));
    assert!(difference("completion.mean").high < Some(0.0), "{:?}", difference("completion.mean"));
    let of = |topology: &str| document.topologies[topology].tails["completion"].measured;
    assert_eq!(of("one"), of("two"), "everybody was served, and they were the same");
}

/// Half of the interval of M/M/1's mean is far from 1 % after 10 and after 20 replications of an hour.
#[test]
fn replications_go_on_until_a_figure_is_precise() {
    let mut plan = two(0);
    let of = "completion.mean".to_owned();
    let rule = |precision, at_most| Replications::Precision {
        width: Width::Share(precision),
        of: of.clone(),
        at_least: 10,
        at_most,
        confidence: 0.95,
    };
    for (precision, at_most, count) in [(0.9, 1_000, 10), (0.01, 25, 25)] {
        plan.run.replications = rule(precision, at_most);
        let found = run(&plan, on(2), &quiet).expect("it runs");
        assert_eq!((found.document.replications, found.timing.replications), (count, 2 * u64::from(count)));
    }
}

#[test]
fn verdicts_stand_for_each_goal_and_topology() {
    let mut plan = two(10);
    plan.goals = vec![
        Goal { of: "cost.total".into(), limit: 1.5, at_most: true },
        Goal { of: "availability".into(), limit: 0.999, at_most: false },
    ];
    let document = run(&plan, on(2), &quiet).expect("it runs").document;
    let told: Vec<_> = document.goals.iter().map(|goal| (&*goal.of, &*goal.topology, goal.verdict)).collect();
    let wanted = [
        ("cost.total", "one", Finding::Met),
        ("cost.total", "two", Finding::Missed),
        ("availability", "one", Finding::Met),
        ("availability", "two", Finding::Met),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn progress_ends_where_it_said_it_would() {
    let plan = two(3);
    let told = Mutex::new(Vec::new());
    run(&plan, on(2), &|progress| told.lock().expect("nobody panicked").push(progress)).expect("it runs");
    let told = told.into_inner().expect("nobody panicked");
    let last = told.iter().max_by_key(|progress| progress.done).expect("something was told");
    assert_eq!((last.done, last.of), (6 * 3_600_000_000_000, 6 * 3_600_000_000_000));
}

#[test]
fn a_trace_is_the_same_on_any_number_of_threads() {
    let mut plan = two(3);
    plan.run.length = Some(Span::from_secs(60));
    plan.run.warm_up = Span::ZERO;
    let traced = |threads| {
        let mut text = Vec::new();
        let mut options = on(threads);
        options.trace = Some(Box::new(&mut text));
        let document = run(&plan, options, &quiet).expect("it runs").document;
        (String::from_utf8(text).expect("JSON is UTF-8"), document)
    };
    let (one, document) = traced(1);
    assert_eq!(one, traced(3).0);
    assert_eq!(document, run(&plan, on(1), &quiet).expect("it runs").document, "a trace changes nothing");
    let requests = one.lines().filter(|line| line.starts_with("{\"what\":\"request\"")).count();
    let arrivals: f64 = document.topologies["one"].series.first["arrivals"].iter().map(|rate| rate * 0.125).sum();
    assert_eq!(requests as f64, 2.0 * arrivals.round(), "everybody of both topologies");
}

#[test]
fn one_topology_alone_is_run_as_it_is_with_the_others() {
    let plan = two(3);
    let both = run(&plan, on(2), &quiet).expect("it runs").document;
    let options = Options { topology: Some("two".into()), ..on(1) };
    let alone = run(&plan, options, &quiet).expect("it runs").document;
    assert_eq!(alone.topologies.keys().collect::<Vec<_>>(), ["two"]);
    assert_eq!(alone.topologies["two"], both.topologies["two"]);
}

#[test]
fn what_cannot_be_run_is_told() {
    let plan = two(1);
    let told = |options: Options<'_>| run(&plan, options, &quiet).expect_err("it can't be run").to_string();
    let unknown = Options { topology: Some("three".into()), ..Options::default() };
    assert_eq!(told(unknown), "no topology is called `three`; there is `one`, `two`");
    let none = Options { replications: Some(0), ..Options::default() };
    assert_eq!(told(none), "no replications were asked for: at least 1 is needed");
    let cancel = AtomicBool::new(true);
    assert_eq!(told(Options { cancel: Some(&cancel), ..Options::default() }), "cancelled");
}

#[test]
fn a_trace_that_cannot_be_written_ends_the_run() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let options = Options { trace: Some(Box::new(Full)), ..on(2) };
    let error = run(&two(4), options, &quiet).expect_err("the disk is full");
    assert!(matches!(error, RunError::Trace(_)), "{error}");
}

/// Two requests at 0 s. `front` works for 1 s on each and calls `back`, whose one slot takes 2 s: one is answered after 3.5 s,
/// the other waits for 2 s and is answered after 5.5 s. A fan-out follows to `a` (1 s) and `b` (4 s, through a queue whose
/// messages are late by 1 s), which a last pool gathers in 1 s; the way to any node takes 0.25 s, back from `back`, too.
#[test]
fn where_the_time_went_is_told_node_by_node() {
    let text = r#"
run = { defaults = "textbook", length = "1min", drain = "1min", replications = 1 }
work = { one = "1s", two = "2s", four = "4s" }
workload.jobs.arrivals.scripted = [{ at = "0s" }, { at = "0s" }]
[topology.t]
network.hop = "250ms"
pool.front = { steps = [{ work = "one" }, { call = "back" }, { send = ["a", "q"] }], workers = "unlimited" }
pool.back = { steps = [{ work = "two" }] }
pool.a = { steps = [{ work = "one" }, { send = "join" }], workers = "unlimited" }
queue.q = { to = "b", delay = "1s" }
pool.b = { steps = [{ work = "four" }, { send = "join" }], workers = "unlimited" }
pool.join = { steps = [{ work = "one" }], workers = "unlimited", gather = true }
"#;
    let scenario = crate::scenario::read(&crate::scenario::Source::new("t", text), &crate::scenario::NoFiles, &[]);
    let scenario = scenario.unwrap_or_else(|complaints| panic!("{complaints:?}"));
    let document = run(&scenario, on(1), &quiet).expect("it runs").document;
    let topology = &document.topologies["t"];
    let times = |node: &str| {
        let of = |what: &str| topology.nodes[node].figures[&format!("time.{what}")].value.expect("two requests came");
        ["wait", "join", "start", "work", "answers", "way"].map(of)
    };
    // Answers: 2.5 s and 4.5 s.
    assert_eq!(times("pool.front"), [0.0, 0.0, 0.0, 1.0, 3.5, 0.0]);
    assert_eq!(times("pool.back"), [1.0, 0.0, 0.0, 2.0, 0.0, 0.5]);
    assert_eq!(times("pool.a"), [0.0, 0.0, 0.0, 1.0, 0.0, 0.25]);
    assert_eq!(times("queue.q"), [1.0, 0.0, 0.0, 0.0, 0.0, 0.25]);
    // A message comes to the slot that has received it, which is kept meanwhile, and does not work yet.
    assert_eq!(times("pool.b"), [0.0, 0.0, 0.0, 4.0, 0.0, 0.25]);
    // `a` comes 0.25 + 1 + 0.25 s after the fan-out, `b` 0.25 + 1 + 0.25 + 4 + 0.25 s.
    assert_eq!(times("pool.join"), [0.0, 4.25, 0.0, 1.0, 0.0, 0.5]);
    let completion = topology.figures["completion.mean"].value;
    assert_eq!(completion, Some(1.0 + 3.5 + 5.75 + 1.0));
    assert_eq!(topology.nodes["pool.join"].figures["join.max"].value.map(f64::round), Some(4.0));
}

fn played(text: &str) -> Document {
    let scenario = crate::scenario::read(&crate::scenario::Source::new("t", text), &crate::scenario::NoFiles, &[]);
    let scenario = scenario.unwrap_or_else(|complaints| panic!("{complaints:?}"));
    run(&scenario, on(1), &quiet).expect("it runs").document
}

/// Four requests at 0 s, of 10, 4, 8 and 6 s: the third brings a second worker, and after 6 s one is too many. Both are at work
/// and protected until the second ends at 8 s: 20 s of the one and 8 of the other are 1.4 workers.
#[test]
fn a_worker_that_is_too_many_and_protected_stays_until_it_is_idle() {
    let text = r#"
run = { defaults = "textbook", length = "20s", replications = 1 }
workload.jobs.arrivals.scripted = [
  { at = "0s", work = { w = "10s" } }, { at = "0s", work = { w = "4s" } },
  { at = "0s", work = { w = "8s" } }, { at = "0s", work = { w = "6s" } },
]
[topology.t.pool.p]
steps = [{ work = "w" }]
slots = 2
scale-in = { protect = true }
scaling = { hysteresis = { min = 1, max = 2, up = [3], down = [2] } }
"#;
    let document = played(text);
    let figure = |name: &str| document.topologies["t"].nodes["pool.p"].figures[name].value;
    assert_eq!(figure("workers.ready"), Some(1.4));
    assert_eq!(figure("workers.removed"), Some(1.0 / 20.0));
    assert_eq!(figure("waits"), Some(0.0));
}

/// Twice as much as can be done: neither its latencies, nor its worker's line, nor a difference to it are told, and no goal on
/// them is met, whosever it is.
#[test]
fn what_has_no_steady_state_tells_only_how_it_grows() {
    let text = r#"
run = { defaults = "textbook", length = "2h", drain = "10h", warm-up = "0s", replications = 5 }
work = { w = { exponential = "2s" } }
workload.jobs.arrivals = { poisson = { rate = "1/s" } }
goal = { "completion.p99" = "100h", "jobs.completion.p99" = "100h", "p.wait.p99" = "100h" }
[topology]
one.pool.p = { steps = [{ work = "w" }] }
four.pool.p = { steps = [{ work = "w" }], workers = 4 }
"#;
    let document = played(text);
    let (one, four) = (&document.topologies["one"], &document.topologies["four"]);
    assert!((one.figures["growth"].value.expect("it grows") - 0.5).abs() < 0.05);
    assert_eq!(one.figures["completion.p99"].value, None);
    assert_eq!(one.nodes["pool.p"].figures["in-line"].value, None);
    assert!(four.figures["completion.p99"].value.is_some() && !four.figures.contains_key("growth"));
    assert!(document.differences.iter().all(|difference| difference.of != "completion.p99"));
    assert!(document.differences.iter().any(|difference| difference.of == "lost"));
    let verdicts =
        |of: &str| document.goals.iter().filter(|goal| goal.topology == of).map(|goal| goal.verdict).collect();
    let (grown, steady): (Vec<Finding>, Vec<Finding>) = (verdicts("one"), verdicts("four"));
    assert_eq!((grown, steady), (vec![Finding::Undecided; 3], vec![Finding::Met; 3]));
}
