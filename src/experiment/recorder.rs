//! What the facts of one replication add up to: counts and histograms, by kind of request and by node.
//!
//! Requests are counted where the facts say so (`who.counted`), those that nobody has sent by the nodes alone; rates of nodes
//! count what happens in [warm-up, length), whoever it happens to. Nothing here allocates once built, but for histograms
//! that grow.

use crate::cloud::fact::{Fact, Loss, Outcome, Spent, Who};
use crate::cloud::topology::{Node, NodeKind, Topology};
use crate::engine::Observer;
use crate::experiment::decisions::Log;
use crate::ground::footprint::Footprint;
use crate::ground::stats::Histogram;
use crate::ground::time::{SimTime, Span};

/// How many reasons for a loss there are.
pub const LOSSES: usize = Loss::ALL.len();

/// How many things there are to spend time on beside lines and work.
pub const SPENT: usize = Spent::ALL.len();

/// Counts and histograms of one replication.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Where the counting of rates begins …
    from: u64,
    /// … and for how long it goes on.
    width: u64,
    kinds: Vec<Kind>,
    places: Vec<Place>,
    /// Those whom no figure counts.
    others: Passed,
    log: Log,
}

/// Everybody who came and went so far, counted by figures or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Requests born.
    pub born: u64,
    /// Requests whose work was done.
    pub completed: u64,
    /// Requests that ended otherwise.
    pub lost: u64,
}

/// What became of the counted requests of one kind.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    /// How many were born.
    pub born: u64,
    /// Attempts that their clients sent after the first.
    pub repeats: u64,
    /// Requests that had a second attempt.
    pub retried: u64,
    /// Pieces of work done again, or for nobody.
    pub wasted: u64,
    /// How many ended without their work done, by [`Loss`].
    pub lost: [u64; LOSSES],
    /// From birth to the client's answer, in nanoseconds; its count is how many had one.
    pub answer: Histogram,
    /// From birth until all work was done, in nanoseconds; its count is how many came so far.
    pub completion: Histogram,
    /// Those whose answer came when all work was done, until [`Recorder::close`] counts them with the others.
    pub(in crate::experiment) at_once: Histogram,
}

impl Kind {
    /// How many were lost, for whatever reason.
    pub fn losses(&self) -> u64 {
        self.lost.iter().sum()
    }

    /// Adds those of another kind, or of another replication.
    pub fn merge(&mut self, other: &Kind) {
        self.born += other.born;
        self.repeats += other.repeats;
        self.retried += other.retried;
        self.wasted += other.wasted;
        for (mine, theirs) in self.lost.iter_mut().zip(other.lost) {
            *mine += theirs;
        }
        self.answer.merge(&other.answer);
        self.completion.merge(&other.completion);
    }
}

/// What happened at one node.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// How long counted requests stood in line until served (a pool), or messages lay visible until received
    /// (a queue), in nanoseconds.
    pub wait: Histogram,
    /// How long counted requests stayed with a worker, in nanoseconds: those that stayed to their own end. Of a bus, how long
    /// events took to a target, between warm-up and length.
    pub service: Histogram,
    /// How long counted requests stood in line that left it unserved, in nanoseconds.
    pub left: Histogram,
    /// How long branches of counted requests waited for the others of their fan-out, in nanoseconds.
    pub join: Histogram,
    /// Nanoseconds of counted requests by [`Spent`].
    pub spent: [u128; SPENT],
    /// Nanoseconds that counted requests stayed with a worker in stays that were cut short.
    pub cut: u128,
    /// Of what is in `wait` and `left`, and of what is in `service`, nanoseconds of what nobody has sent.
    pub unsent: [u128; 2],
    /// Counted visits that found no free worker.
    pub queued: u64,
    /// Everybody joins its line, also those who are served in the same instant.
    gathers: bool,
    /// Stays of counted requests that were interrupted to go on later: their next one is no other visit.
    pub resumed: u64,
    /// Stays with a worker that came to their own end between warm-up and length.
    pub served: u64,
    /// Messages of counted requests that were sent here.
    pub posted: u64,
    /// Messages of counted requests that were put aside; events of a bus between warm-up and length that were.
    pub buried: u64,
    /// Messages that a mapping's filter does not take, between warm-up and length.
    pub filtered: u64,
    /// Messages that were sent before and dropped, between warm-up and length.
    pub dropped: u64,
    /// Calls that were refused, between warm-up and length.
    pub throttled: u64,
    /// Messages, sent or put aside here, that were kept too long, or events that no target took and nobody keeps, between
    /// warm-up and length.
    pub expired: u64,
    /// Receives between warm-up and length that brought something, and …
    pub receives: u64,
    /// … the messages that they brought.
    pub received: u64,
    /// Takings of a slot that may take several together, between warm-up and length, and …
    pub gatherings: u64,
    /// … the jobs of them.
    pub gathered: u64,
    /// Workers that came into service between warm-up and length.
    pub started: u64,
    /// Workers that went between warm-up and length.
    pub stopped: u64,
    /// Invocations of counted requests that a function took, and …
    pub invoked: u64,
    /// … those of them that began in a new environment.
    pub cold: u64,
    /// Failures of workers, or of attempts to hand an event to a target, between warm-up and length.
    pub failures: u64,
    /// Events that came to a bus between warm-up and length, …
    pub heard: u64,
    /// … those of them that some rule took, …
    pub taken: u64,
    /// … what happened to machines meanwhile and it never heard of, …
    pub missed: u64,
    /// … and what its archive had it hear again.
    pub replayed: u64,
    /// Looks of its controller between warm-up and length, …
    pub looks: u64,
    /// … workers that they asked for in addition, …
    pub added: u64,
    /// … and workers that they wanted fewer.
    pub removed: u64,
    /// Outages that began between warm-up and length.
    pub outages: u64,
}

impl Footprint for Recorder {
    fn footprint(&self) -> u64 {
        let of_kind = |kind: &Kind| kind.answer.footprint() + kind.completion.footprint() + kind.at_once.footprint();
        let of_place = |place: &Place| {
            place.wait.footprint() + place.service.footprint() + place.left.footprint() + place.join.footprint()
        };
        let kinds = self.kinds.footprint() + self.kinds.iter().map(of_kind).sum::<u64>();
        kinds + self.places.footprint() + self.places.iter().map(of_place).sum::<u64>()
    }
}

impl Recorder {
    /// A recorder for so many kinds of request and for this topology's nodes. Without a length the counting of
    /// rates never ends.
    pub fn new(kinds: usize, topology: &Topology, warm_up: SimTime, length: Option<SimTime>) -> Recorder {
        let to = length.unwrap_or(SimTime::NEVER).nanos();
        let nodes = topology.nodes.len();
        Recorder {
            from: warm_up.nanos(),
            width: to.saturating_sub(warm_up.nanos()),
            kinds: vec![Kind::default(); kinds],
            places: topology.nodes.iter().map(|node| Place { gathers: gathers(node), ..Place::default() }).collect(),
            others: Passed::default(),
            log: Log::new(nodes),
        }
    }

    /// Nothing more will come: those who were answered when all was done are counted both ways.
    pub fn close(&mut self) {
        for kind in &mut self.kinds {
            let at_once = std::mem::take(&mut kind.at_once);
            kind.answer.merge(&at_once);
            kind.completion.merge(&at_once);
        }
    }

    /// By [`WorkloadId`](crate::cloud::topology::WorkloadId). Whole only once closed.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// By [`NodeId`](crate::cloud::topology::NodeId).
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Who came and went so far.
    pub fn passed(&self) -> Passed {
        let mut passed = self.others;
        for kind in &self.kinds {
            passed.born += kind.born;
            passed.completed += kind.completion.count() + kind.at_once.count();
            passed.lost += kind.losses();
        }
        passed
    }

    /// What controllers decided.
    pub fn into_log(self) -> Log {
        self.log
    }

    /// All kinds together.
    pub fn whole(&self) -> Kind {
        let mut whole = Kind::default();
        for kind in &self.kinds {
            whole.merge(kind);
        }
        whole
    }

    /// Whether rates count this instant.
    #[inline(always)]
    fn counts(&self, at: SimTime) -> bool {
        at.nanos().wrapping_sub(self.from) < self.width
    }

    /// Whether nobody has sent a request: it is of no kind, and only figures of nodes count it.
    #[inline(always)]
    fn is_unsent(&self, who: Who) -> bool {
        who.workload.index() >= self.kinds.len()
    }

    /// As [`Recorder::counts`], but what stands there at the very start has not come.
    fn counts_change(&self, at: SimTime) -> bool {
        at != SimTime::START && self.counts(at)
    }
}

impl Place {
    /// One of a pool that takes several together began without a wait: it was counted as one who waits before.
    #[cold]
    fn gathered_at_once(&mut self, waited: Span) {
        self.queued -= u64::from(waited == Span::ZERO && self.queued > 0);
    }
}

/// Whether a node's slots take several jobs together.
fn gathers(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Pool(pool) if pool.batch.is_some())
}

impl Observer<Fact> for Recorder {
    #[inline(always)]
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Born { who } => {
                let born = if who.counted { &mut self.kinds[who.workload.index()].born } else { &mut self.others.born };
                *born += 1;
            }
            // The first attempt is the birth, which is counted.
            Fact::Sent { attempt: 1, .. } => {}
            Fact::Sent { who, attempt } => {
                let kind = &mut self.kinds[who.workload.index()];
                kind.repeats += u64::from(who.counted);
                kind.retried += u64::from(who.counted && attempt == 2);
            }
            Fact::Hedged { who } => self.kinds[who.workload.index()].repeats += u64::from(who.counted),
            Fact::Queued { who, pool } => self.places[pool.index()].queued += u64::from(who.counted),
            Fact::AtOnce { who, pool } => {
                let place = &mut self.places[pool.index()];
                place.queued -= u64::from(who.counted && place.queued > 0);
            }
            Fact::Started { who, pool, waited } => {
                if who.counted {
                    let unsent = self.is_unsent(who);
                    let place = &mut self.places[pool.index()];
                    place.wait.add(waited.nanos());
                    place.unsent[0] += if unsent { u128::from(waited.nanos()) } else { 0 };
                    if place.gathers {
                        place.gathered_at_once(waited);
                    }
                }
            }
            Fact::Served { who, pool, began, result, .. } => {
                // A stay that was cut short is no end of a visit, and tells nothing of how long the service takes.
                if result == Outcome::Interrupted {
                    self.places[pool.index()].resumed += u64::from(who.counted);
                }
                if matches!(result, Outcome::Killed | Outcome::Released | Outcome::Interrupted) {
                    let is_told = who.counted && !self.is_unsent(who);
                    let cut = if is_told { (at - began).nanos() } else { 0 };
                    self.places[pool.index()].cut += u128::from(cut);
                    return;
                }
                let (counts, unsent) = (self.counts(at), self.is_unsent(who));
                let place = &mut self.places[pool.index()];
                place.served += u64::from(counts);
                if who.counted {
                    place.service.add((at - began).nanos());
                    place.unsent[1] += if unsent { u128::from((at - began).nanos()) } else { 0 };
                }
            }
            Fact::Answered { who, born } => {
                if who.counted {
                    self.kinds[who.workload.index()].answer.add((at - born).nanos());
                }
            }
            Fact::Completed { who, born, answered } => {
                if !who.counted {
                    self.others.completed += 1;
                } else {
                    let kind = &mut self.kinds[who.workload.index()];
                    let times = if answered { &mut kind.at_once } else { &mut kind.completion };
                    times.add((at - born).nanos());
                }
            }
            Fact::Lost { who, why, .. } => {
                let kind = &mut self.kinds[who.workload.index()];
                let lost = if who.counted { &mut kind.lost[why as usize] } else { &mut self.others.lost };
                *lost += 1;
            }
            Fact::Wasted { who } => {
                if let Some(kind) = self.kinds.get_mut(who.workload.index()) {
                    kind.wasted += u64::from(who.counted);
                }
            }
            Fact::Left { who, pool, waited, .. } => {
                if who.counted {
                    let unsent = self.is_unsent(who);
                    let place = &mut self.places[pool.index()];
                    place.left.add(waited.nanos());
                    place.unsent[0] += if unsent { u128::from(waited.nanos()) } else { 0 };
                }
            }
            Fact::Posted { who, queue, .. } => self.places[queue.index()].posted += u64::from(who.counted),
            Fact::Received { who, queue, waited, joins, .. } => {
                let (counts, unsent) = (self.counts(at), self.is_unsent(who));
                let place = &mut self.places[queue.index()];
                place.receives += u64::from(counts && !joins);
                place.received += u64::from(counts);
                if who.counted {
                    place.wait.add(waited.nanos());
                    place.queued += u64::from(waited > Span::ZERO);
                    place.unsent[0] += if unsent { u128::from(waited.nanos()) } else { 0 };
                }
            }
            Fact::Gathered { pool, jobs } => {
                let counts = self.counts(at);
                let place = &mut self.places[pool.index()];
                place.gatherings += u64::from(counts);
                place.gathered += if counts { u64::from(jobs) } else { 0 };
            }
            Fact::Spent { who, node, on, span, .. } => {
                if who.counted {
                    let unsent = self.is_unsent(who);
                    let place = &mut self.places[node.index()];
                    place.spent[on as usize] += if unsent { 0 } else { u128::from(span.nanos()) };
                    if on == Spent::Join {
                        place.join.add(span.nanos());
                    }
                }
            }
            Fact::Filtered { queue, .. } => self.places[queue.index()].filtered += u64::from(self.counts(at)),
            Fact::Dropped { queue, .. } => self.places[queue.index()].dropped += u64::from(self.counts(at)),
            Fact::Heard { bus, taken, .. } => {
                let counts = self.counts(at);
                let place = &mut self.places[bus.index()];
                place.heard += u64::from(counts);
                place.taken += u64::from(counts && taken);
            }
            Fact::Replayed { bus, .. } => self.places[bus.index()].replayed += u64::from(self.counts(at)),
            Fact::Missed { bus } => self.places[bus.index()].missed += u64::from(self.counts(at)),
            Fact::Delivered { who, bus, after, .. } => {
                if self.counts(at) {
                    let unsent = self.is_unsent(who);
                    let place = &mut self.places[bus.index()];
                    place.service.add(after.nanos());
                    place.unsent[1] += if unsent { u128::from(after.nanos()) } else { 0 };
                }
            }
            Fact::Undelivered { bus, .. } => self.places[bus.index()].failures += u64::from(self.counts(at)),
            Fact::Discarded { bus, is_kept, .. } => {
                let counts = u64::from(self.counts(at));
                let place = &mut self.places[bus.index()];
                let end = if is_kept { &mut place.buried } else { &mut place.expired };
                *end += counts;
            }
            Fact::Throttled { queue } => self.places[queue.index()].throttled += u64::from(self.counts(at)),
            Fact::Kept { .. } | Fact::Polling { .. } | Fact::Carried { .. } => (),
            Fact::Denied { function, .. } => self.places[function.index()].throttled += u64::from(self.counts(at)),
            Fact::Invoked { who, function, start, .. } => {
                let place = &mut self.places[function.index()];
                place.invoked += u64::from(who.counted);
                place.cold += u64::from(who.counted && start.is_cold());
            }
            Fact::Expired { queue, .. } => self.places[queue.index()].expired += u64::from(self.counts(at)),
            Fact::Buried { who, queue } => self.places[queue.index()].buried += u64::from(who.counted),
            Fact::Ready { pool, .. } => self.places[pool.index()].started += u64::from(self.counts_change(at)),
            Fact::Gone { pool, .. } => self.places[pool.index()].stopped += u64::from(self.counts_change(at)),
            Fact::Failed { pool, .. } => self.places[pool.index()].failures += u64::from(self.counts(at)),
            Fact::Away { node } => self.places[node.index()].outages += u64::from(self.counts(at)),
            Fact::Decided { pool, ref decision } => {
                self.log.note(pool, decision);
                if self.counts(at) {
                    let place = &mut self.places[pool.index()];
                    place.looks += 1;
                    place.added += u64::from(decision.to.saturating_sub(decision.from));
                    place.removed += u64::from(decision.from.saturating_sub(decision.to));
                }
            }
            Fact::Routed { .. }
            | Fact::Stored { .. }
            | Fact::Fetched { .. }
            | Fact::Deleted { .. }
            | Fact::Changed { .. }
            | Fact::Extended { .. }
            | Fact::Returned { .. }
            | Fact::Redriven { .. }
            | Fact::Withheld { .. }
            | Fact::Appeared { .. }
            | Fact::Launched { .. }
            | Fact::Running { .. }
            | Fact::Reclaimed { .. }
            | Fact::Warming { .. }
            | Fact::Stopped { .. }
            | Fact::Woken { .. }
            | Fact::Computing { .. }
            | Fact::Repaired { .. }
            | Fact::Draining { .. }
            | Fact::Broke { .. }
            | Fact::Mended { .. }
            | Fact::Back { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::fact::Who;
    use crate::cloud::topology::{Bucket, NodeId, WorkloadId};

    const POOL: NodeId = NodeId(0);
    const QUEUE: NodeId = NodeId(1);

    fn second(at: u64) -> SimTime {
        SimTime::from_nanos(at * 1_000_000_000)
    }

    fn who(workload: u16, ordinal: u32, counted: bool) -> Who {
        Who { workload: WorkloadId(workload), ordinal, counted }
    }

    /// Two nodes (what they are does not matter here), counting from 10 s to 100 s.
    fn recorder() -> Recorder {
        let node = |name: &str| Node { name: name.into(), kind: NodeKind::Bucket(Bucket::default()) };
        let nodes = vec![node("first"), node("second")];
        let topology = Topology { name: "t".into(), nodes, entry: vec![], ..Topology::default() };
        Recorder::new(2, &topology, second(10), Some(second(100)))
    }

    /// What nobody has sent is of no kind: a visit of 2 s in line and 3 s of service counts for the node, whenever that ends, if
    /// it came while others are counted, and takes no time of theirs.
    #[test]
    fn a_visit_that_nobody_has_sent_is_one_of_its_node_alone() {
        let mut seen = recorder();
        for (came, counted) in [(4, false), (97, true), (110, false)] {
            let (who, start, end) = (who(2, 0, counted), second(came + 2), second(came + 5));
            seen.saw(second(came), &Fact::Queued { who, pool: POOL });
            seen.saw(start, &Fact::Started { who, pool: POOL, waited: Span::from_secs(2) });
            let served = Fact::Served { who, pool: POOL, worker: 1, visit: 1, began: start, result: Outcome::Ok };
            seen.saw(end, &served);
            seen.saw(end, &Fact::Wasted { who });
            seen.saw(
                end,
                &Fact::Spent { who, node: POOL, on: Spent::Join, from: SimTime::START, span: Span::from_secs(4) },
            );
        }
        seen.close();
        let place = &seen.places()[0];
        assert_eq!((place.wait.count(), place.service.count(), place.queued, place.join.count()), (1, 1, 1, 1));
        assert_eq!((place.wait.sum(), place.service.sum()), (2_000_000_000, 3_000_000_000));
        assert!(crate::experiment::figures::times_of(place).iter().all(|(_, nanos)| *nanos == 0));
        assert_eq!(seen.passed(), Passed { born: 0, completed: 0, lost: 0 });
    }

    /// A customer of a single station: born at 20 s, waits 2 s, served 3 s; and one before the warm-up.
    #[test]
    fn a_visit_is_counted_where_its_request_is() {
        let mut seen = recorder();
        for (born, counted) in [(20, true), (4, false)] {
            let (who, start, end) = (who(0, 0, counted), second(born + 2), second(born + 5));
            seen.saw(second(born), &Fact::Born { who });
            seen.saw(second(born), &Fact::Sent { who, attempt: 1 });
            seen.saw(second(born), &Fact::Queued { who, pool: POOL });
            seen.saw(start, &Fact::Started { who, pool: POOL, waited: Span::from_secs(2) });
            let served = Fact::Served { who, pool: POOL, worker: 1, visit: 1, began: start, result: Outcome::Ok };
            seen.saw(end, &served);
            seen.saw(end, &Fact::Completed { who, born: second(born), answered: true });
        }
        seen.close();
        let (whole, place) = (seen.whole(), &seen.places()[0]);
        assert_eq!((whole.born, whole.repeats, whole.answer.count(), whole.completion.count()), (1, 0, 1, 1));
        assert_eq!(
            (whole.completion.sum(), place.wait.sum(), place.service.sum()),
            (5_000_000_000, 2_000_000_000, 3_000_000_000)
        );
        assert_eq!((place.queued, place.served), (1, 1), "the stay that ended at 9 s is before the warm-up");
        assert_eq!(seen.passed(), Passed { born: 2, completed: 2, lost: 0 }, "the series follow everybody");
    }

    #[test]
    fn rates_count_from_warm_up_to_length_whoever_is_served() {
        let mut seen = recorder();
        for at in [9, 10, 99, 100] {
            let who = who(0, 0, false);
            seen.saw(
                second(at),
                &Fact::Received { who, queue: QUEUE, receives: 1, waited: Span::ZERO, bytes: 0, joins: false },
            );
            seen.saw(second(at), &Fact::Ready { pool: POOL, worker: 1 });
            seen.saw(second(at), &Fact::Gone { pool: POOL, worker: 1 });
            seen.saw(second(at), &Fact::Failed { pool: POOL, worker: 1 });
            seen.saw(second(at), &Fact::Away { node: POOL });
        }
        let (pool, queue) = (&seen.places()[0], &seen.places()[1]);
        assert_eq!((queue.receives, queue.wait.count()), (2, 0));
        assert_eq!((pool.started, pool.stopped, pool.failures, pool.outages), (2, 2, 2, 2));
    }

    #[test]
    fn workers_of_the_start_have_not_been_started() {
        let topology = Topology { name: "t".into(), nodes: vec![], entry: vec![], ..Topology::default() };
        let mut seen = Recorder::new(0, &topology, SimTime::START, None);
        seen.places.push(Place::default());
        seen.saw(SimTime::START, &Fact::Ready { pool: POOL, worker: 1 });
        seen.saw(second(1), &Fact::Ready { pool: POOL, worker: 2 });
        assert_eq!(seen.places()[0].started, 1);
    }

    #[test]
    fn losses_are_kept_by_reason_and_kind() {
        let mut seen = recorder();
        for (workload, why) in [(0, Loss::Full), (1, Loss::TimedOut), (1, Loss::TimedOut)] {
            let who = who(workload, 0, true);
            seen.saw(second(20), &Fact::Born { who });
            seen.saw(second(21), &Fact::Lost { who, born: second(20), why, answered: false });
        }
        assert_eq!(seen.kinds()[1].lost[Loss::TimedOut as usize], 2);
        assert_eq!((seen.whole().losses(), seen.whole().lost[Loss::Full as usize]), (3, 1));
    }

    /// A worker that goes away cuts a stay short, and so does a better request that takes its place.
    #[test]
    fn stays_cut_short_are_neither_service_times_nor_throughput() {
        let mut seen = recorder();
        for result in [Outcome::Ok, Outcome::Killed, Outcome::Released, Outcome::Interrupted, Outcome::Error] {
            let (who, began) = (who(0, 0, true), second(20));
            seen.saw(second(22), &Fact::Served { who, pool: POOL, worker: 1, visit: 1, began, result });
        }
        let place = &seen.places()[0];
        assert_eq!((place.service.count(), place.served, place.resumed), (2, 2, 1));
    }

    #[test]
    fn losses_are_numbered_as_they_are_listed() {
        for (place, why) in Loss::ALL.into_iter().enumerate() {
            assert_eq!(why as usize, place, "{why:?}");
        }
    }
}
