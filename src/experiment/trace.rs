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
use crate::ground::footprint::Footprint;
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
    /// Bytes that may still be written.
    room: u64,
    /// Where the next line is made.
    line: Vec<u8>,
    /// The first failure to write; nothing is written after it.
    failed: Option<io::Error>,
}

/// A request that is inside, with its visits so far, and its place in a tree: about so many bytes.
const OPEN: u64 = 600;

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
    /// Traces a replication of this topology into `out`, of which so many bytes may be written.
    pub fn new(application: &'a Application, topology: &'a Topology, out: &'a mut dyn Write, room: u64) -> Tracer<'a> {
        let (inside, workers) = (BTreeMap::new(), BTreeMap::new());
        Tracer { application, topology, out, inside, workers, room, line: Vec::new(), failed: None }
    }

    /// Writes whatever is still inside, and says whether all could be written: how many more bytes might be, 0 where some
    /// lines had no room.
    pub fn finish(mut self) -> io::Result<u64> {
        for (who, open) in std::mem::take(&mut self.inside) {
            self.write_request(who, open.record);
        }
        for (worker, life) in std::mem::take(&mut self.workers) {
            self.write_worker(worker, life);
        }
        self.failed.map_or(Ok(self.room), Err)
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
        // What nobody has sent has no end of its own.
        let is_sent = who.workload.index() < self.application.workloads.len();
        let ended = |open: &Open| open.record.ended.is_some() || !is_sent;
        let over = |open: &Open| ended(open) && open.lines.is_empty() && open.stays == 0 && open.messages == 0;
        if self.inside.get(&key).is_some_and(over)
            && let Some(open) = self.inside.remove(&key)
        {
            self.write_request(key, open.record);
        }
    }

    fn write<T: Serialize>(&mut self, what: &'static str, head: Head<'_>, body: T) {
        if self.failed.is_some() || self.room == 0 {
            return;
        }
        let line = Line { what, topology: &self.topology.name, head, body };
        self.line.clear();
        let made = serde_json::to_writer(&mut self.line, &line).map_err(io::Error::from);
        self.line.push(b'\n');
        // Whole lines or none: where one has no room, it was the last.
        self.room = self.room.saturating_sub(self.line.len() as u64);
        if self.room > 0 {
            self.failed = made.and_then(|()| self.out.write_all(&self.line)).err();
        }
    }

    fn write_request(&mut self, (workload, ordinal): (u16, u32), record: Record) {
        let Some(workload) = self.application.workloads.get(usize::from(workload)) else { return };
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

impl Footprint for Tracer<'_> {
    fn footprint(&self) -> u64 {
        self.inside.len() as u64 * OPEN + self.workers.footprint()
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
            Fact::Extended { who, queue } => self.delivery(at, who, queue, "extended", None),
            Fact::Deleted { who, queue, gone, .. } => {
                self.delivery(at, who, queue, if gone { "deleted" } else { "kept" }, None);
                let open = self.open(who);
                open.messages = open.messages.saturating_sub(u32::from(gone));
                self.close(who);
            }
            Fact::Dropped { who, queue, .. } => self.delivery(at, who, queue, "dropped", None),
            Fact::Withheld { who, queue } => self.delivery(at, who, queue, "withheld", None),
            Fact::Appeared { who, queue } => self.delivery(at, who, queue, "appeared", None),
            // Nobody waits for a dead letter: its request's line may stand there already.
            Fact::Expired { who, .. } if !self.inside.contains_key(&(who.workload.0, who.ordinal)) => {}
            Fact::Expired { who, queue } => {
                self.delivery(at, who, queue, "expired", None);
                let open = self.open(who);
                open.messages = open.messages.saturating_sub(1);
                self.close(who);
            }
            Fact::Buried { who, queue } => {
                self.delivery(at, who, queue, "put-aside", None);
                let open = self.open(who);
                open.messages = open.messages.saturating_sub(1);
                self.close(who);
            }
            Fact::Redriven { who, .. } if !self.inside.contains_key(&(who.workload.0, who.ordinal)) => {}
            Fact::Redriven { who, from, .. } => {
                self.delivery(at, who, from, "moved-back", None);
                self.open(who).messages += 1;
            }
            Fact::Answered { who, .. } => self.open(who).record.answered = Some(now),
            Fact::Completed { who, answered, .. } => {
                if answered {
                    self.open(who).record.answered = Some(now);
                }
                self.end(at, who, "completed", None);
                self.close(who);
            }
            Fact::Lost { who, why, .. } => {
                self.end(at, who, "lost", Some(why.word()));
                self.close(who);
            }
            // Of one whose line is written already nothing more is told.
            Fact::Wasted { who } => {
                if let Some(open) = self.inside.get_mut(&(who.workload.0, who.ordinal)) {
                    open.record.duplicates += 1;
                }
            }
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
            Fact::Hedged { .. }
            | Fact::AtOnce { .. }
            | Fact::Gathered { .. }
            | Fact::Spent { .. }
            | Fact::Invoked { .. }
            | Fact::Denied { .. }
            | Fact::Kept { .. }
            | Fact::Polling { .. }
            | Fact::Filtered { .. }
            | Fact::Carried { .. }
            | Fact::Throttled { .. }
            | Fact::Heard { .. }
            | Fact::Missed { .. }
            | Fact::Replayed { .. }
            | Fact::Delivered { .. }
            | Fact::Undelivered { .. }
            | Fact::Discarded { .. }
            | Fact::Routed { .. }
            | Fact::Stored { .. }
            | Fact::Fetched { .. }
            | Fact::Reclaimed { .. }
            | Fact::Warming { .. }
            | Fact::Stopped { .. }
            | Fact::Woken { .. }
            | Fact::Computing { .. }
            | Fact::Failed { .. }
            | Fact::Repaired { .. }
            | Fact::Broke { .. }
            | Fact::Mended { .. }
            | Fact::Away { .. }
            | Fact::Back { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests;
