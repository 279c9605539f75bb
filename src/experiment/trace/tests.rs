//! Lines of a trace, from facts told by hand.

use super::*;
use crate::cloud::arrivals::Recorded;
use crate::cloud::fact::{Loss, Outcome};
use crate::cloud::scaling::{Decision, Reason};
use crate::cloud::topology::{Bucket, Client, Node, NodeKind, Workload, WorkloadId};
use crate::ground::distribution::Distribution;
use serde_json::Value;

const MEDIA: NodeId = NodeId(0);
const UPLOADS: NodeId = NodeId(1);

fn second(at: u64) -> SimTime {
    SimTime::from_nanos(at * 1_000_000_000)
}

fn who(ordinal: u32) -> Who {
    Who { workload: WorkloadId(0), ordinal, counted: true }
}

/// The lines that a tracer writes of these facts, and how many stood there before its end.
fn trace(facts: &[(u64, Fact)]) -> (Vec<Value>, usize) {
    let recorded = |name: &str| Recorded { name: name.into(), ..Recorded::default() };
    let workload = Workload {
        name: "uploads".into(),
        arrivals: Arrivals::Instants(vec![recorded("r1"), recorded("")]),
        batch: None,
        at_start: 0,
        client: Client::default(),
        size: Distribution::constant(1),
        answer_size: Distribution::constant(1),
        groups: None,
    };
    let application = Application { workloads: vec![workload], works: vec![], faults: vec![] };
    let node = |name: &str| Node { name: name.into(), kind: NodeKind::Bucket(Bucket::default()) };
    let nodes = vec![node("media"), node("uploads")];
    let topology = Topology { name: "decoupled".into(), nodes, entry: vec![], ..Topology::default() };
    let mut out = Vec::new();
    let mut tracer = Tracer::new(&application, &topology, &mut out, u64::MAX);
    for (at, fact) in facts {
        tracer.saw(second(*at), fact);
    }
    let inside = tracer.inside.len() + tracer.workers.len();
    tracer.finish().expect("a vector takes everything");
    let text = String::from_utf8(out).expect("JSON is UTF-8");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let before = lines.len() - inside;
    (lines, before)
}

#[test]
fn a_request_is_one_line_with_its_visits_and_deliveries() {
    let (r1, pool, queue) = (who(0), MEDIA, UPLOADS);
    let served = |began, result| Fact::Served { who: r1, pool, worker: 1, visit: 2, began: second(began), result };
    let (lines, before) = trace(&[
        (1, Fact::Born { who: r1 }),
        (1, Fact::Sent { who: r1, attempt: 1 }),
        (1, Fact::Posted { who: r1, queue, bytes: 1, joins: false, grouped: false }),
        (1, Fact::Answered { who: r1, born: second(1) }),
        (2, Fact::Received { who: r1, queue, receives: 1, waited: Span::from_secs(1), bytes: 1, joins: false }),
        (2, Fact::Started { who: r1, pool, waited: Span::ZERO }),
        (7, served(2, Outcome::Ok)),
        (7, Fact::Deleted { who: r1, queue, gone: true, joins: false }),
        (7, Fact::Completed { who: r1, born: second(1), answered: false }),
    ]);
    assert_eq!((lines.len(), before), (1, 1));
    let wanted = serde_json::json!({
        "what": "request", "topology": "decoupled", "workload": "uploads", "ordinal": 0, "name": "r1",
        "born": 1.0, "counted": true, "attempts": 1, "answered": 1.0, "ended": 7.0,
        "ending": "completed", "reason": null, "duplicates": 0,
        "visits": [{ "node": "media", "worker": 1, "attempt": 2, "start": 2.0, "finish": 7.0, "result": "ok" }],
        "deliveries": [
            { "queue": "uploads", "at": 2.0, "what": "received", "receives": 1 },
            { "queue": "uploads", "at": 7.0, "what": "deleted", "receives": null },
        ],
        "left": [],
    });
    assert_eq!(lines[0], wanted);
}

/// The client gives up at 5 s, the worker goes on until 9 s: the line tells both.
#[test]
fn what_goes_on_after_the_end_is_still_told() {
    let (lost, pool) = (who(1), MEDIA);
    let result = Outcome::Abandoned;
    let (lines, before) = trace(&[
        (1, Fact::Born { who: lost }),
        (1, Fact::Started { who: lost, pool, waited: Span::ZERO }),
        (5, Fact::Lost { who: lost, born: second(1), why: Loss::TimedOut, answered: false }),
        (9, Fact::Served { who: lost, pool, worker: 1, visit: 1, began: second(1), result }),
    ]);
    assert_eq!((lines.len(), before), (1, 1));
    assert_eq!((&lines[0]["ended"], &lines[0]["reason"]), (&Value::from(5.0), &Value::from("timed-out")));
    assert_eq!(lines[0]["visits"][0]["result"], "abandoned");
    assert_eq!(lines[0]["name"], Value::Null);
}

/// Work that is done once more after the end is told of nobody else.
#[test]
fn what_is_wasted_after_the_last_word_makes_no_other_line() {
    let (lines, _) = trace(&[
        (1, Fact::Born { who: who(0) }),
        (2, Fact::Completed { who: who(0), born: second(1), answered: true }),
        (3, Fact::Wasted { who: who(0) }),
    ]);
    assert_eq!(lines.len(), 1);
}

#[test]
fn what_is_inside_at_the_end_is_told_then() {
    let pool = MEDIA;
    let (lines, before) = trace(&[
        (1, Fact::Born { who: who(0) }),
        (1, Fact::Queued { who: who(0), pool }),
        (1, Fact::Launched { pool, worker: 1 }),
        (4, Fact::Lost { who: who(0), born: second(1), why: Loss::Unfinished, answered: false }),
    ]);
    assert_eq!((lines.len(), before), (2, 0));
    assert_eq!(lines[0]["reason"], "unfinished");
    assert_eq!((&lines[1]["launched"], &lines[1]["gone"]), (&Value::from(1.0), &Value::Null));
}

#[test]
fn a_workers_life_and_a_decision_are_a_line_each() {
    let pool = MEDIA;
    let why = Reason::Share { metric: 3.0, per_worker: 1.0 };
    let at = second(60);
    let (asked, metric, edge, base) = (3, Some(3.0), None, None);
    let decision = Decision { at, from: 0, to: 3, asked, metric, visible: 3, in_flight: 0, why, edge, base };
    let (lines, _) = trace(&[
        (60, Fact::Decided { pool, decision }),
        (60, Fact::Launched { pool, worker: 1 }),
        (65, Fact::Running { pool, worker: 1, size: 0 }),
        (90, Fact::Ready { pool, worker: 1 }),
        (200, Fact::Draining { pool, worker: 1 }),
        (210, Fact::Gone { pool, worker: 1 }),
    ]);
    let decided = serde_json::json!({
        "what": "decision", "topology": "decoupled", "node": "media", "at": 60.0, "from": 0, "to": 3,
        "action": "scale-out", "metric": 3.0, "visible": 3, "in_flight": 0, "why": "3 at 1 for each worker",
    });
    let worker = serde_json::json!({
        "what": "worker", "topology": "decoupled", "node": "media", "worker": 1, "launched": 60.0,
        "running": 65.0, "ready": 90.0, "draining": 200.0, "gone": 210.0,
    });
    assert_eq!(lines, [decided, worker]);
}

#[test]
fn a_full_disk_is_told_once_at_the_end() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let application = Application { workloads: vec![], works: vec![], faults: vec![] };
    let node = Node { name: "media".into(), kind: NodeKind::Bucket(Bucket::default()) };
    let topology = Topology { name: "t".into(), nodes: vec![node], entry: vec![], ..Topology::default() };
    let mut full = Full;
    let mut tracer = Tracer::new(&application, &topology, &mut full, u64::MAX);
    tracer.saw(second(1), &Fact::Gone { pool: MEDIA, worker: 1 });
    tracer.saw(second(2), &Fact::Gone { pool: MEDIA, worker: 2 });
    assert_eq!(tracer.finish().expect_err("it is full").kind(), io::ErrorKind::StorageFull);
}

#[test]
fn a_trace_ends_with_the_last_line_that_has_room() {
    let application = Application { workloads: vec![], works: vec![], faults: vec![] };
    let node = Node { name: "media".into(), kind: NodeKind::Bucket(Bucket::default()) };
    let topology = Topology { name: "t".into(), nodes: vec![node], entry: vec![], ..Topology::default() };
    let traced = |room| {
        let mut out = Vec::new();
        let mut tracer = Tracer::new(&application, &topology, &mut out, room);
        for worker in 1..=3 {
            tracer.saw(second(1), &Fact::Gone { pool: MEDIA, worker });
        }
        let left = tracer.finish().expect("a vector takes everything");
        (String::from_utf8(out).expect("JSON is UTF-8"), left)
    };
    let (whole, left) = traced(1_000_000);
    assert_eq!((whole.lines().count(), left + whole.len() as u64), (3, 1_000_000));
    let line = whole.len() as u64 / 3;
    let (cut, left) = traced(2 * line + 10);
    assert_eq!((cut.as_str(), left), (&whole[..2 * line as usize], 0));
}
