//! The trace: JSON lines as things happen, a line a request, a worker's life or a decision.
//!
//! A request's line is written when it has ended and nothing known of it is inside any more (an attempt that was
//! given up may still be served), so that memory holds only what is inside. Times are seconds since the start.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::cloud::arrivals::Arrivals;
use crate::cloud::fact::{Fact, Who};
use crate::cloud::topology::{Application, NodeId, Topology};
use crate::engine::Observer;
use crate::ground::time::{SimTime, Span};

/// Writes what happens in one replication.
pub struct Tracer<'a> {
    application: &'a Application,
    topology: &'a Topology,
    out: &'a mut dyn Write,
    /// By kind and ordinal.
    inside: BTreeMap<(u16, u32), Open>,
    /// By node and number.
    workers: BTreeMap<(u16, u32), Life>,
    /// The first failure to write; nothing is written after it.
    failed: Option<io::Error>,
}

/// A request that has not ended, or of which something is still inside.
#[derive(Debug, Default)]
struct Open {
    record: Record,
    /// Places in lines, by node.
    lines: Vec<NodeId>,
    /// Stays with workers that have begun.
    stays: u32,
    /// Messages in queues.
    messages: u32,
}

/// A request's line.
#[derive(Debug, Default, Serialize)]
struct Record {
    born: f64,
    counted: bool,
    attempts: u16,
    answered: Option<f64>,
    ended: Option<f64>,
    ending: Option<&'static str>,
    reason: Option<&'static str>,
    duplicates: u32,
    visits: Vec<Visit>,
    deliveries: Vec<Delivery>,
    left: Vec<Leave>,
}

/// A stay with a worker.
#[derive(Debug, Serialize)]
struct Visit {
    node: String,
    worker: u32,
    attempt: u16,
    start: f64,
    finish: f64,
    result: &'static str,
}

/// A message's receive, return or end.
#[derive(Debug, Serialize)]
struct Delivery {
    queue: String,
    at: f64,
    what: &'static str,
    receives: Option<u16>,
}

/// A place in line that was left unserved.
#[derive(Debug, Serialize)]
struct Leave {
    node: String,
    at: f64,
    waited: f64,
    reason: &'static str,
}

/// A worker's line.
#[derive(Debug, Default, Serialize)]
struct Life {
    launched: Option<f64>,
    running: Option<f64>,
    ready: Option<f64>,
    draining: Option<f64>,
    gone: Option<f64>,
}

/// A line of the trace: what it is about, then its own fields.
#[derive(Serialize)]
struct Line<'a, T> {
    what: &'static str,
    topology: &'a str,
    #[serde(flatten)]
    head: Head<'a>,
    #[serde(flatten)]
    body: T,
}

/// Who a line is about.
#[derive(Serialize)]
#[serde(untagged)]
enum Head<'a> {
    Request { workload: &'a str, ordinal: u32, name: Option<&'a str> },
    Worker { node: &'a str, worker: u32 },
    Decision { node: &'a str },
}

/// A decision's line.
#[derive(Serialize)]
struct Decided {
    at: f64,
    from: u32,
    to: u32,
    action: &'static str,
    metric: Option<f64>,
    visible: u64,
    in_flight: u64,
    why: String,
}

impl<'a> Tracer<'a> {
    /// Traces a replication of this topology into `out`.
    pub fn new(application: &'a Application, topology: &'a Topology, out: &'a mut dyn Write) -> Tracer<'a> {
        let (inside, workers) = (BTreeMap::new(), BTreeMap::new());
        Tracer { application, topology, out, inside, workers, failed: None }
    }

    /// Writes whatever is still inside, and says whether all could be written.
    pub fn finish(mut self) -> io::Result<()> {
        for (who, open) in std::mem::take(&mut self.inside) {
            self.write_request(who, open.record);
        }
        for (worker, life) in std::mem::take(&mut self.workers) {
            self.write_worker(worker, life);
        }
        self.failed.map_or(Ok(()), Err)
    }

    fn name(&self, node: NodeId) -> String {
        self.topology.nodes[node.index()].name.clone()
    }

    fn open(&mut self, who: Who) -> &mut Open {
        self.inside.entry((who.workload.0, who.ordinal)).or_default()
    }

    /// Writes the request's line if nothing more can be told of it.
    fn close(&mut self, who: Who) {
        let key = (who.workload.0, who.ordinal);
        let over =
            |open: &Open| open.record.ended.is_some() && open.lines.is_empty() && open.stays == 0 && open.messages == 0;
        if self.inside.get(&key).is_some_and(over)
            && let Some(open) = self.inside.remove(&key)
        {
            self.write_request(key, open.record);
        }
    }

    fn write<T: Serialize>(&mut self, what: &'static str, head: Head<'_>, body: T) {
        if self.failed.is_some() {
            return;
        }
        let line = Line { what, topology: &self.topology.name, head, body };
        let written = serde_json::to_writer(&mut *self.out, &line).map_err(io::Error::from);
        self.failed = written.and_then(|()| self.out.write_all(b"\n")).err();
    }

    fn write_request(&mut self, (workload, ordinal): (u16, u32), record: Record) {
        let workload = &self.application.workloads[usize::from(workload)];
        let name = match &workload.arrivals {
            Arrivals::Instants(list) => list.get(ordinal as usize).map(|recorded| recorded.name.as_str()),
            _ => None,
        };
        let name = name.filter(|name| !name.is_empty());
        self.write("request", Head::Request { workload: &workload.name, ordinal, name }, record);
    }

    fn write_worker(&mut self, (pool, worker): (u16, u32), life: Life) {
        let topology = self.topology;
        self.write("worker", Head::Worker { node: &topology.nodes[usize::from(pool)].name, worker }, life);
    }

    fn life(&mut self, pool: NodeId, worker: u32) -> &mut Life {
        self.workers.entry((pool.0, worker)).or_default()
    }

    fn delivery(&mut self, at: SimTime, who: Who, queue: NodeId, what: &'static str, receives: Option<u16>) {
        let queue = self.name(queue);
        self.open(who).record.deliveries.push(Delivery { queue, at: at.seconds(), what, receives });
    }

    fn end(&mut self, at: SimTime, who: Who, ending: &'static str, reason: Option<&'static str>) {
        let record = &mut self.open(who).record;
        record.ended = Some(at.seconds());
        record.ending = Some(ending);
        record.reason = reason;
    }
}

impl Open {
    /// Leaves a line, if it stood in one there.
    fn leave(&mut self, pool: NodeId) {
        if let Some(place) = self.lines.iter().position(|&line| line == pool) {
            self.lines.swap_remove(place);
        }
    }
}

impl Observer<Fact> for Tracer<'_> {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        let now = at.seconds();
        match *fact {
            Fact::Born { who } => {
                let record = &mut self.open(who).record;
                record.born = now;
                record.counted = who.counted;
            }
            Fact::Sent { who, attempt } => self.open(who).record.attempts = attempt,
            Fact::Queued { who, pool } => self.open(who).lines.push(pool),
            Fact::Started { who, pool, .. } => {
                let open = self.open(who);
                open.leave(pool);
                open.stays += 1;
            }
            Fact::Left { who, pool, waited, why } => {
                let node = self.name(pool);
                let open = self.open(who);
                open.leave(pool);
                open.record.left.push(Leave { node, at: now, waited: Span::seconds(waited), reason: why.word() });
                self.close(who);
            }
            Fact::Served { who, pool, worker, visit, began, result } => {
                let node = self.name(pool);
                let open = self.open(who);
                open.stays = open.stays.saturating_sub(1);
                let (start, result) = (began.seconds(), result.word());
                open.record.visits.push(Visit { node, worker, attempt: visit, start, finish: now, result });
                self.close(who);
            }
            Fact::Posted { who, .. } => self.open(who).messages += 1,
            Fact::Received { who, queue, receives, .. } => self.delivery(at, who, queue, "received", Some(receives)),
            Fact::Returned { who, queue } => self.delivery(at, who, queue, "returned", None),
            Fact::Changed { who, queue } => self.delivery(at, who, queue, "changed", None),
            Fact::Deleted { who, queue, gone } => {
                self.delivery(at, who, queue, if gone { "deleted" } else { "kept" }, None);
                let open = self.open(who);
                open.messages = open.messages.saturating_sub(u32::from(gone));
                self.close(who);
            }
            Fact::Buried { who, queue } => {
                self.delivery(at, who, queue, "put-aside", None);
                let open = self.open(who);
                open.messages = open.messages.saturating_sub(1);
                self.close(who);
            }
            Fact::Answered { who, .. } => self.open(who).record.answered = Some(now),
            Fact::Completed { who, .. } => {
                self.end(at, who, "completed", None);
                self.close(who);
            }
            Fact::Lost { who, why, .. } => {
                self.end(at, who, "lost", Some(why.word()));
                self.close(who);
            }
            Fact::Wasted { who } => self.open(who).record.duplicates += 1,
            Fact::Launched { pool, worker } => self.life(pool, worker).launched = Some(now),
            Fact::Running { pool, worker, .. } => {
                // A machine that was resized runs again; the first time is when it was first paid for.
                self.life(pool, worker).running.get_or_insert(now);
            }
            Fact::Ready { pool, worker } => {
                self.life(pool, worker).ready.get_or_insert(now);
            }
            Fact::Draining { pool, worker } => self.life(pool, worker).draining = Some(now),
            Fact::Gone { pool, worker } => {
                self.life(pool, worker).gone = Some(now);
                if let Some(life) = self.workers.remove(&(pool.0, worker)) {
                    self.write_worker((pool.0, worker), life);
                }
            }
            Fact::Decided { pool, decision } => {
                let topology = self.topology;
                let decided = Decided {
                    at: now,
                    from: decision.from,
                    to: decision.to,
                    action: decision.action(),
                    metric: decision.metric,
                    visible: decision.visible,
                    in_flight: decision.in_flight,
                    why: decision.why.to_string(),
                };
                self.write("decision", Head::Decision { node: &topology.nodes[pool.index()].name }, decided);
            }
            Fact::Routed { .. }
            | Fact::Stored { .. }
            | Fact::Fetched { .. }
            | Fact::Broke { .. }
            | Fact::Mended { .. }
            | Fact::Away { .. }
            | Fact::Back { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
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
            client: Client::default(),
            size: Distribution::constant(1),
            answer_size: Distribution::constant(1),
        };
        let application = Application { workloads: vec![workload], works: vec![], faults: vec![] };
        let node = |name: &str| Node { name: name.into(), kind: NodeKind::Bucket(Bucket::default()) };
        let nodes = vec![node("media"), node("uploads")];
        let topology = Topology { name: "decoupled".into(), nodes, entry: vec![], faults: vec![] };
        let mut out = Vec::new();
        let mut tracer = Tracer::new(&application, &topology, &mut out);
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
            (1, Fact::Posted { who: r1, queue, bytes: 1 }),
            (1, Fact::Answered { who: r1, born: second(1) }),
            (2, Fact::Received { who: r1, queue, receives: 1, waited: Span::from_secs(1), bytes: 1 }),
            (2, Fact::Started { who: r1, pool, waited: Span::ZERO }),
            (7, served(2, Outcome::Ok)),
            (7, Fact::Deleted { who: r1, queue, gone: true }),
            (7, Fact::Completed { who: r1, born: second(1) }),
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
        let decision = Decision { at, from: 0, to: 3, metric: Some(3.0), visible: 3, in_flight: 0, why };
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
        let topology = Topology { name: "t".into(), nodes: vec![node], entry: vec![], faults: vec![] };
        let mut full = Full;
        let mut tracer = Tracer::new(&application, &topology, &mut full);
        tracer.saw(second(1), &Fact::Gone { pool: MEDIA, worker: 1 });
        tracer.saw(second(2), &Fact::Gone { pool: MEDIA, worker: 2 });
        assert_eq!(tracer.finish().expect_err("it is full").kind(), io::ErrorKind::StorageFull);
    }
}
