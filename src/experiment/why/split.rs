//! The second pass over a replication: the time of each counted request, put down to its causes and added up.

use std::collections::BTreeMap;

use crate::cloud::fact::{Fact, Loss, Outcome, Spent, Who};
use crate::cloud::topology::{NodeId, NodeKind, Topology, WorkloadId};
use crate::engine::Observer;
use crate::experiment::why::cause::Cause;
use crate::experiment::why::courses::Courses;
use crate::experiment::why::life::{Doing, Life, Mark, Part, Piece};
use crate::experiment::why::staff::Staff;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// Which end of a request its time is counted to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// Its client's answer.
    Answer,
    /// All of its work done.
    #[default]
    Completion,
}

/// Whose time is split, and how.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Only requests of this kind; `None`: all.
    pub kind: Option<WorkloadId>,
    /// To which end.
    pub until: Until,
    /// Whoever took longer is one of the slowest; `None`: nobody came.
    pub slow: Option<Span>,
    /// The length of a cell of the timeline, which begins with the run; above 0.
    pub cell: Span,
}

/// Nanoseconds by node and cause, of so many requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub requests: u64,
    /// By node, those at none of them first, and cause.
    by: Vec<[u128; Cause::COUNT]>,
}

impl Sums {
    fn of_nodes(nodes: usize) -> Sums {
        Sums { requests: 0, by: vec![[0; Cause::COUNT]; nodes + 1] }
    }

    fn add(&mut self, part: Part) {
        let place = part.node.map_or(0, |node| node.index() + 1);
        self.by[place][part.cause as usize] += u128::from(part.nanos);
    }

    /// Adds others of the same topology.
    pub fn merge(&mut self, other: &Sums) {
        self.requests += other.requests;
        self.by.resize(self.by.len().max(other.by.len()), [0; Cause::COUNT]);
        for (mine, theirs) in self.by.iter_mut().flatten().zip(other.by.iter().flatten()) {
            *mine += theirs;
        }
    }

    /// Nanoseconds in all.
    pub fn whole(&self) -> u128 {
        self.by.iter().flatten().sum()
    }

    /// Nanoseconds of one cause.
    pub fn of(&self, cause: Cause) -> u128 {
        self.by.iter().map(|causes| causes[cause as usize]).sum()
    }

    /// Those that are not 0: cause, node, nanoseconds.
    pub fn each(&self) -> impl Iterator<Item = (Cause, Option<NodeId>, u128)> + '_ {
        Cause::ALL.into_iter().flat_map(move |cause| {
            let places = self.by.iter().enumerate().map(move |(place, causes)| (place, causes[cause as usize]));
            let told = places.filter(|(_, nanos)| *nanos > 0);
            told.map(move |(place, nanos)| (cause, place.checked_sub(1).map(NodeId::at), nanos))
        })
    }
}

/// Requests that were lost for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The reason.
    pub why: Loss,
    /// How many, by what most of their time went on beside work; of those that had none, by what the reason is a sign of.
    pub by: [u64; Cause::COUNT],
}

/// The cause that a loss is a sign of, where the time of the request does not tell.
fn sign_of(why: Loss) -> Cause {
    match why {
        Loss::Full | Loss::Crowded | Loss::Shed | Loss::TimedOut | Loss::Left | Loss::Late => Cause::BehindWork,
        Loss::Limited | Loss::Throttled => Cause::Throttled,
        Loss::NoWorker | Loss::Down | Loss::Crashed | Loss::Stopped | Loss::Network => Cause::Outage,
        Loss::BadGateway | Loss::GatewayTimeout | Loss::Broken => Cause::Outage,
        Loss::DeadLettered | Loss::Expired => Cause::Redelivery,
        Loss::Error | Loss::FunctionTimeout | Loss::Unfinished => Cause::Service,
    }
}

/// What one replication's requests spent their time on.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// Of all that came to the end.
    pub all: Sums,
    /// Of the slowest of them.
    pub slowest: Sums,
    /// Of those that were lost, by reason.
    pub lost: Vec<Lost>,
    /// By the cell of their birth, counted or not: how many, and nanoseconds by cause.
    pub cells: Vec<(u64, [u128; Cause::COUNT])>,
}

/// A pool that takes messages from queues: who of it is free.
#[derive(Debug)]
struct Taker {
    slots: u64,
    staff: Staff,
    busy: u64,
    /// Since when there is always one free; `None`: there is none.
    free_since: Option<SimTime>,
}

impl Taker {
    fn note(&mut self, now: SimTime) {
        let is_free = self.busy < u64::from(self.staff.serving) * self.slots;
        self.free_since = if is_free { self.free_since.or(Some(now)) } else { None };
    }
}

/// Watches the requests of a replication.
#[derive(Debug)]
pub struct Splitter<'a> {
    courses: &'a Courses,
    question: Question,
    /// How many kinds of requests there are: what nobody sends is of none.
    kinds: usize,
    /// By kind and ordinal.
    inside: BTreeMap<(u16, u32), Life>,
    /// Lists that are free to be used again.
    spare: Vec<Life>,
    takers: Vec<Option<Taker>>,
    /// Who takes from each queue.
    from: Vec<Vec<NodeId>>,
    functions: Vec<bool>,
    split: Split,
}

impl<'a> Splitter<'a> {
    /// Before a replication of this topology, whose first pass found these courses.
    pub fn new(topology: &Topology, kinds: usize, courses: &'a Courses, question: Question) -> Splitter<'a> {
        let nodes = topology.nodes.len();
        let from: Vec<Vec<NodeId>> = topology
            .nodes
            .iter()
            .map(|node| match &node.kind {
                NodeKind::Queue(queue) => queue.to.clone(),
                _ => Vec::new(),
            })
            .collect();
        let taker = |(place, node): (usize, &crate::cloud::topology::Node)| match &node.kind {
            NodeKind::Pool(pool) if from.iter().flatten().any(|taker| taker.index() == place) => {
                let together = pool.batch.map_or(1, |batch| u64::from(batch.at_most));
                Some(Taker {
                    slots: u64::from(pool.slots) * together,
                    staff: Staff::default(),
                    busy: 0,
                    free_since: None,
                })
            }
            _ => None,
        };
        Splitter {
            courses,
            question,
            kinds,
            inside: BTreeMap::new(),
            spare: Vec::new(),
            takers: topology.nodes.iter().enumerate().map(taker).collect(),
            functions: topology.nodes.iter().map(|node| matches!(node.kind, NodeKind::Function(_))).collect(),
            from,
            split: Split { all: Sums::of_nodes(nodes), slowest: Sums::of_nodes(nodes), ..Split::default() },
        }
    }

    /// What was found, when the replication is over.
    pub fn split(self) -> Split {
        self.split
    }

    fn life(&mut self, who: Who) -> Option<&mut Life> {
        self.inside.get_mut(&(who.workload.0, who.ordinal))
    }

    fn piece(&mut self, who: Who, node: NodeId, from: SimTime, to: SimTime, doing: Doing) {
        if let Some(life) = self.life(who) {
            life.note(Piece { from, to, node, doing });
        }
    }

    fn mark(&mut self, who: Who, at: SimTime, cause: Cause, node: Option<NodeId>) {
        if let Some(life) = self.life(who) {
            life.marks.push(Mark { at, cause, node });
        }
    }

    fn asks_about(&self, who: Who) -> bool {
        who.workload.index() < self.kinds && self.question.kind.is_none_or(|kind| kind == who.workload)
    }

    fn born(&mut self, who: Who, at: SimTime) {
        if self.asks_about(who) {
            let mut life = self.spare.pop().unwrap_or_default();
            (life.born, life.counted) = (at, who.counted);
            self.inside.insert((who.workload.0, who.ordinal), life);
        }
    }

    /// A request came to the end to which its time is counted.
    fn came(&mut self, who: Who, end: SimTime) {
        let Some(life) = self.inside.get(&(who.workload.0, who.ordinal)) else { return };
        let cell = (life.born.nanos() / self.question.cell.nanos().max(1)) as usize;
        let Split { all, slowest, cells, .. } = &mut self.split;
        if cells.len() <= cell {
            cells.resize(cell + 1, (0, [0; Cause::COUNT]));
        }
        let counted = life.counted;
        let is_slow = counted && self.question.slow.is_some_and(|slow| end - life.born > slow);
        all.requests += u64::from(counted);
        slowest.requests += u64::from(is_slow);
        cells[cell].0 += 1;
        life.parts(end, self.courses, &mut |part| {
            if counted {
                all.add(part);
            }
            if is_slow {
                slowest.add(part);
            }
            cells[cell].1[part.cause as usize] += u128::from(part.nanos);
        });
    }

    fn lost(&mut self, who: Who, at: SimTime, why: Loss) {
        let Some(life) = self.inside.get(&(who.workload.0, who.ordinal)) else { return };
        if !life.counted {
            return;
        }
        let mut spent = [0; Cause::COUNT];
        life.parts(at, self.courses, &mut |part| spent[part.cause as usize] += part.nanos);
        let beside = Cause::ALL.into_iter().filter(|cause| !matches!(cause, Cause::Service | Cause::Other));
        let most = beside.max_by_key(|cause| spent[*cause as usize]).filter(|cause| spent[*cause as usize] > 0);
        let lost = &mut self.split.lost;
        let place = lost.iter().position(|lost| lost.why == why).unwrap_or_else(|| {
            lost.push(Lost { why, by: [0; Cause::COUNT] });
            lost.len() - 1
        });
        lost[place].by[most.unwrap_or(sign_of(why)) as usize] += 1;
    }

    fn forget(&mut self, who: Who) {
        if let Some(mut life) = self.inside.remove(&(who.workload.0, who.ordinal)) {
            life.clear();
            self.spare.push(life);
        }
    }

    fn received(&mut self, who: Who, queue: NodeId, at: SimTime, waited: Span) {
        let from = at.before(waited);
        let takers = self.from[queue.index()].iter().filter_map(|taker| self.takers[taker.index()].as_ref());
        // A slot that was free all the time has just not looked.
        let polls = takers.filter_map(|taker| taker.free_since).min().map_or(at, |since| since.clamp(from, at));
        self.piece(who, queue, from, polls, Doing::Waiting);
        self.piece(who, queue, polls, at, Doing::Spending(Cause::Polling));
    }

    fn spent(&mut self, who: Who, node: NodeId, on: Spent, from: SimTime, span: Span) {
        let doing = match on {
            // The other branches tell it.
            Spent::Join => return,
            Spent::Answers => {
                if let Some(life) = self.life(who) {
                    life.pauses(from, from + span, node, true);
                }
                return;
            }
            Spent::Way | Spent::Object => Doing::Spending(Cause::Hop),
            // Both are told by the stay of the slot, too.
            Spent::Fetch | Spent::Start => {
                if let Some(life) = self.life(who) {
                    life.pauses(from, from + span, node, false);
                }
                Doing::Spending(if on == Spent::Start { Cause::ColdStart } else { Cause::Hop })
            }
            Spent::Queue if self.functions[node.index()] => {
                let refused = |life: &Life| {
                    let first = life.marks.partition_point(|mark| mark.at < from);
                    life.marks[first..].iter().any(|mark| mark.cause == Cause::Throttled)
                };
                let is_refused = self.inside.get(&(who.workload.0, who.ordinal)).is_some_and(refused);
                Doing::Spending(if is_refused { Cause::Throttled } else { Cause::BackOff })
            }
            Spent::Queue => Doing::Spending(Cause::Delay),
        };
        self.piece(who, node, from, from + span, doing);
    }

    fn taker(&mut self, pool: NodeId, now: SimTime, change: impl FnOnce(&mut Taker)) {
        if let Some(taker) = &mut self.takers[pool.index()] {
            change(taker);
            taker.note(now);
        }
    }
}

impl Footprint for Splitter<'_> {
    fn footprint(&self) -> u64 {
        let lives: u64 = self.inside.values().chain(&self.spare).map(Footprint::footprint).sum();
        self.inside.footprint() + self.spare.footprint() + lives
    }
}

impl Observer<Fact> for Splitter<'_> {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        if let Some(pool) = Staff::moved(fact) {
            self.taker(pool, at, |taker| taker.staff.note(fact));
            return;
        }
        match *fact {
            Fact::Born { who } => self.born(who, at),
            Fact::Sent { who, attempt } if attempt > 1 => self.mark(who, at, Cause::BackOff, None),
            Fact::Started { who, pool, waited } => {
                self.piece(who, pool, at.before(waited), at, Doing::Waiting);
                self.taker(pool, at, |taker| taker.busy += 1);
            }
            Fact::Left { who, pool, waited, .. } => self.piece(who, pool, at.before(waited), at, Doing::Waiting),
            Fact::Served { who, pool, began, result, .. } => {
                if let Some(life) = self.life(who) {
                    life.served(began, at, pool);
                }
                self.taker(pool, at, |taker| taker.busy = taker.busy.saturating_sub(1));
                if result == Outcome::Refused {
                    self.mark(who, at, Cause::BackOff, Some(pool));
                }
            }
            Fact::Spent { who, node, on, from, span } => self.spent(who, node, on, from, span),
            Fact::Delivered { who, bus, after, .. } => {
                self.piece(who, bus, at.before(after), at, Doing::Spending(Cause::Hop));
            }
            Fact::Received { who, queue, waited, .. } => self.received(who, queue, at, waited),
            Fact::Returned { who, queue } => self.mark(who, at, Cause::Redelivery, Some(queue)),
            Fact::Denied { who, function } => self.mark(who, at, Cause::Throttled, Some(function)),
            Fact::Answered { who, .. } if self.question.until == Until::Answer => self.came(who, at),
            Fact::Completed { who, answered, .. } => {
                if self.question.until == Until::Completion || answered {
                    self.came(who, at);
                }
                self.forget(who);
            }
            Fact::Lost { who, why, .. } => {
                self.lost(who, at, why);
                self.forget(who);
            }
            _ => {}
        }
    }
}
