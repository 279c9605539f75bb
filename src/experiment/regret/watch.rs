//! Looks at a replication: which stays were needed, and where the time of machines went.

use std::collections::BTreeMap;

use crate::billing::PriceBook;
use crate::cloud::fact::{Fact, Outcome, Spent, Who};
use crate::cloud::topology::{Application, BrownOut, Harm, NodeId, NodeKind, Room, Topology, WorkloadId};
use crate::engine::Observer;
use crate::experiment::regret::lives::Lives;
use crate::ground::footprint::Footprint;
use crate::ground::time::{SimTime, Span};

/// A stay that somebody needed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// At which pool.
    pub pool: NodeId,
    /// Whose, among all that were born.
    pub request: u32,
    /// Of which kind.
    pub kind: WorkloadId,
    /// Whether figures count it.
    pub counted: bool,
    /// When its request was born.
    pub born: SimTime,
    /// When it came to the pool.
    pub arrived: SimTime,
    /// When its slot was free again.
    pub finished: SimTime,
    /// How long it kept the slot (seconds).
    pub stay: f64,
    /// How long it needs one at the least (seconds).
    pub work: f64,
}

/// What the slots of a pool were kept for until the end (slot-seconds), by size of its machines.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Kept {
    /// For stays, all of them.
    pub busy: f64,
    /// For work that was needed.
    pub needed: f64,
    /// While others answered.
    pub waiting: f64,
    /// For stays, on machines that took no new work.
    pub draining: f64,
}

/// Where the slots of a pool are.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// The node whose machines are paid for.
    pub node: NodeId,
    /// What a slot is of a machine, by what is scarce: of its own machines, slots; of a cluster's CPU, memory and places.
    pub shares: [f64; 3],
    /// Whether the pool itself has the machines.
    pub is_own: bool,
}

/// A stay of a request that has not ended.
#[derive(Clone, Copy, Debug)]
struct Stay {
    need: Need,
    size: usize,
    /// How much of it lies before the end (seconds), but for times in which its worker stood still.
    before: f64,
    /// How long it was, but for these times (seconds).
    moved: f64,
}

/// A request that has not ended.
#[derive(Clone, Debug)]
struct Open {
    request: u32,
    born: SimTime,
    /// Something was done twice, perhaps, or in vain.
    troubled: bool,
    stays: Vec<Stay>,
    /// While others answered, by pool (seconds).
    answers: Vec<(NodeId, f64)>,
}

/// Work that takes longer than usual for a while.
struct Slow {
    fault: u32,
    what: BrownOut,
    /// How many of them last.
    lasts: u32,
    /// When the last one was over.
    until: Option<SimTime>,
}

/// What is counted for goals, by kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Counted requests that were born.
    pub born: u64,
    /// Of these, who had their answer.
    pub answered: u64,
}

/// Watches one replication.
pub struct Watch<'a> {
    application: &'a Application,
    /// Nothing is paid for after this; `None`: until all is over.
    length: Option<SimTime>,
    /// Machines that are paid for, by node.
    pub lives: Vec<Option<Lives>>,
    /// Where the slots of each node are.
    pub hosts: Vec<Option<Host>>,
    /// What was needed.
    pub needs: Vec<Need>,
    /// What slots were kept for, by node and size.
    pub kept: Vec<Vec<Kept>>,
    /// By kind.
    pub counts: Vec<Count>,
    /// Counted waits, by node.
    pub waits: Vec<u64>,
    slow: Vec<Slow>,
    /// When nobody worked, by node and worker; by node alone, with worker 0, where it was away as a whole.
    still: BTreeMap<(u16, u32), Vec<(SimTime, SimTime)>>,
    open: BTreeMap<(u16, u32), Open>,
    /// Stays that have begun: when, and how long they stood in line.
    begun: BTreeMap<(u16, u32, u16), Vec<(SimTime, Span)>>,
    born: u32,
}

impl Footprint for Watch<'_> {
    fn footprint(&self) -> u64 {
        let begun: u64 = self.begun.values().map(Footprint::footprint).sum();
        self.needs.footprint() + self.slow.footprint() + self.open.footprint() + self.begun.footprint() + begun
    }
}

impl<'a> Watch<'a> {
    /// Watches a replication of a topology.
    pub fn new(
        application: &'a Application,
        topology: &'a Topology,
        book: &PriceBook,
        length: Option<Span>,
    ) -> Watch<'a> {
        let lives = |kind: &NodeKind| match kind {
            NodeKind::Pool(pool) if pool.lodging.is_none() => Lives::of(pool, book),
            NodeKind::Cluster(cluster) => Lives::of(&cluster.machines, book),
            _ => None,
        };
        let lives: Vec<Option<Lives>> = topology.nodes.iter().map(|node| lives(&node.kind)).collect();
        let hosts: Vec<Option<Host>> =
            (0..topology.nodes.len()).map(|place| host(topology, NodeId::at(place), &lives)).collect();
        let sizes = |host: &Option<Host>| match host {
            Some(host) if host.is_own => lives[host.node.index()].as_ref().map_or(1, |lives| lives.sizes.len()),
            _ => 1,
        };
        let kept = hosts.iter().map(|host| vec![Kept::default(); sizes(host)]).collect();
        let faults = application.faults.iter().chain(&topology.faults);
        let slow = faults.enumerate().filter_map(|(fault, of)| match of.what {
            Harm::BrownOut(what) => Some(Slow { fault: fault as u32, what, lasts: 0, until: None }),
            _ => None,
        });
        Watch {
            application,
            length: length.map(|length| SimTime::START + length),
            hosts,
            needs: Vec::new(),
            kept,
            counts: vec![Count::default(); application.workloads.len()],
            waits: vec![0; topology.nodes.len()],
            slow: slow.collect(),
            still: BTreeMap::new(),
            open: BTreeMap::new(),
            begun: BTreeMap::new(),
            born: 0,
            lives,
        }
    }

    /// The end of what is paid for: what was still at work keeps its slot until then.
    pub fn close(&mut self, end: SimTime) {
        for lives in self.lives.iter_mut().flatten() {
            lives.close(end);
        }
        for ((_, _, pool), stays) in std::mem::take(&mut self.begun) {
            for (began, _) in stays.into_iter().filter(|(began, _)| *began < end) {
                self.kept[usize::from(pool)][0].busy += (end - began).seconds();
            }
        }
    }

    fn before_end(&self, at: SimTime) -> SimTime {
        self.length.map_or(at, |end| at.min(end))
    }

    fn trouble(&mut self, who: Who) {
        if let Some(open) = self.open.get_mut(&key(who)) {
            open.troubled = true;
        }
    }

    /// How slow a stay may have been at the worst, against the fastest machine of its pool.
    fn pace(&self, pool: NodeId, worker: u32, size: usize, began: SimTime) -> f64 {
        let lives =
            self.hosts[pool.index()].filter(|host| host.is_own).and_then(|host| self.lives[host.node.index()].as_ref());
        let mut pace = lives.map_or(1.0, |lives| lives.pace(size));
        for Slow { what, lasts, until, .. } in &self.slow {
            let here = what.pool.is_none_or(|of| of == pool) && what.worker.is_none_or(|of| of == worker);
            if here && (*lasts > 0 || until.is_some_and(|until| until > began)) {
                pace *= (what.pace.work as f64 / what.pace.time as f64).min(1.0);
            }
        }
        pace
    }

    /// Something happens to a machine that is paid for.
    fn lives(&mut self, at: SimTime, node: NodeId, fact: &Fact) {
        if self.length.is_none_or(|end| at <= end)
            && let Some(lives) = &mut self.lives[node.index()]
        {
            lives.saw(at, fact);
        }
    }

    /// A worker stands still from now on, or works again; what is in its hands may wait there meanwhile.
    fn stands(&mut self, at: SimTime, node: NodeId, worker: u32, still: bool) {
        if self.hosts[node.index()].is_none() {
            return;
        }
        if still {
            let times = self.still.entry((node.0, worker)).or_default();
            if times.last().is_none_or(|last| last.1 < SimTime::NEVER) {
                times.push((at, SimTime::NEVER));
            }
        } else if let Some(last) = self.still.get_mut(&(node.0, worker)).and_then(|times| times.last_mut()) {
            last.1 = last.1.min(at);
        }
    }

    /// How long a worker stood still between two instants (seconds).
    fn still(&self, pool: NodeId, worker: u32, from: SimTime, to: SimTime) -> f64 {
        let times = [worker, 0].into_iter().filter_map(|worker| self.still.get(&(pool.0, worker)));
        let overlap = |&(since, until): &(SimTime, SimTime)| {
            let (since, until) = (since.max(from), until.min(to));
            if until > since { (until - since).seconds() } else { 0.0 }
        };
        times.flatten().map(overlap).sum()
    }

    fn served(&mut self, at: SimTime, who: Who, pool: NodeId, worker: u32, began: SimTime, result: Outcome) {
        let Some(host) = self.hosts[pool.index()] else { return };
        let begun = self.begun.entry((who.workload.0, who.ordinal, pool.0)).or_default();
        let waited = match begun.iter().position(|&(since, _)| since == began) {
            Some(place) => begun.swap_remove(place).1,
            None => Span::ZERO,
        };
        if begun.is_empty() {
            self.begun.remove(&(who.workload.0, who.ordinal, pool.0));
        }
        let lives = self.lives[host.node.index()].as_ref().filter(|_| host.is_own);
        let (size, draining) = lives.map_or((0, None), |lives| lives.worker(worker));
        let end = self.before_end(at);
        let before = if end > began { (end - began).seconds() } else { 0.0 };
        let before = (before - self.still(pool, worker, began, end)).max(0.0);
        let kept = &mut self.kept[pool.index()][size];
        kept.busy += before;
        if let Some(since) = draining.filter(|&since| since < end) {
            kept.draining += (end - since.max(began).min(end)).seconds();
        }
        let stay = (at - began).seconds();
        let moved = (stay - self.still(pool, worker, began, at)).max(0.0);
        let pace = self.pace(pool, worker, size, began);
        let need = Need {
            pool,
            request: u32::MAX,
            kind: who.workload,
            counted: who.counted,
            born: SimTime::START,
            arrived: SimTime::from_nanos(began.nanos().saturating_sub(waited.nanos())),
            finished: at,
            stay,
            work: moved * pace,
        };
        let is_sent = who.workload.index() < self.application.workloads.len();
        match self.open.get_mut(&key(who)) {
            Some(open) if result == Outcome::Ok => {
                let need = Need { request: open.request, born: open.born, ..need };
                open.stays.push(Stay { need, size, before, moved });
            }
            Some(open) => open.troubled = true,
            // What nobody has sent has no birth and no end: all of it is needed, at some time.
            None if !is_sent && result == Outcome::Ok => {
                self.born += 1;
                self.kept[pool.index()][size].needed += before;
                self.needs.push(Need { request: self.born - 1, counted: false, ..need });
            }
            None => {}
        }
    }

    /// A request has all its work done: of what it did once, all was needed; of what it may have done twice, one stay at
    /// each pool at the least.
    fn completed(&mut self, who: Who) {
        let Some(mut open) = self.open.remove(&key(who)) else { return };
        if open.troubled {
            let mut least: Vec<Stay> = Vec::new();
            for stay in open.stays {
                match least.iter_mut().find(|other| other.need.pool == stay.need.pool) {
                    Some(other) if other.need.work <= stay.need.work => {}
                    Some(other) => *other = stay,
                    None => least.push(stay),
                }
            }
            open.stays = least;
        }
        for Stay { mut need, size, before, moved } in open.stays {
            let answers: f64 = open.answers.iter().filter(|(pool, _)| *pool == need.pool).map(|(_, span)| span).sum();
            let own = if moved > 0.0 { ((moved - answers) / moved).clamp(0.0, 1.0) } else { 0.0 };
            need.work *= own;
            self.kept[need.pool.index()][size].needed += before * own;
            self.needs.push(need);
        }
    }
}

fn key(who: Who) -> (u16, u32) {
    (who.workload.0, who.ordinal)
}

/// Where the slots of a node are, if they are on machines that are paid for by time. Not of pools that take jobs
/// together: how much work these are depends on who comes together.
fn host(topology: &Topology, node: NodeId, lives: &[Option<Lives>]) -> Option<Host> {
    let NodeKind::Pool(pool) = &topology.nodes[node.index()].kind else { return None };
    if pool.batch.is_some() {
        return None;
    }
    let slots = f64::from(pool.slots);
    match pool.lodging {
        None => {
            let lives = lives[node.index()].as_ref()?;
            let share = 1.0 / f64::from(lives.sizes[lives.cheapest()].slots);
            Some(Host { node, shares: [share, 0.0, 0.0], is_own: true })
        }
        Some(lodging) => {
            let NodeKind::Cluster(cluster) = &topology.nodes[lodging.cluster.index()].kind else { return None };
            lives[lodging.cluster.index()].as_ref()?;
            let Room { cpu, memory } = cluster.room;
            let share = |needs: u64, room: u64| if room == 0 { 0.0 } else { needs as f64 / room as f64 / slots };
            let places = if cluster.pods == 0 { 0.0 } else { 1.0 / f64::from(cluster.pods) / slots };
            let shares = [share(lodging.needs.cpu, cpu), share(lodging.needs.memory, memory), places];
            Some(Host { node: lodging.cluster, shares, is_own: false })
        }
    }
}

impl Observer<Fact> for Watch<'_> {
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Born { who } => {
                if let Some(count) = self.counts.get_mut(who.workload.index()) {
                    count.born += u64::from(who.counted);
                }
                let (request, born) = (self.born, at);
                self.born += 1;
                let open = Open { request, born, troubled: false, stays: Vec::new(), answers: Vec::new() };
                self.open.insert(key(who), open);
            }
            Fact::Sent { who, attempt } if attempt > 1 => self.trouble(who),
            Fact::Hedged { who } | Fact::Wasted { who } | Fact::Returned { who, .. } => self.trouble(who),
            Fact::Left { who, pool, .. } => {
                self.waits[pool.index()] += u64::from(who.counted);
                self.trouble(who);
            }
            Fact::Started { who, pool, waited } => {
                self.waits[pool.index()] += u64::from(who.counted);
                if self.hosts[pool.index()].is_some() {
                    self.begun.entry((who.workload.0, who.ordinal, pool.0)).or_default().push((at, waited));
                }
            }
            Fact::Spent { who, node, on: Spent::Answers, span, .. } if self.hosts[node.index()].is_some() => {
                let from = SimTime::from_nanos(at.nanos().saturating_sub(span.nanos()));
                let end = self.before_end(at);
                if end > from {
                    self.kept[node.index()][0].waiting += (end - from).seconds();
                }
                if let Some(open) = self.open.get_mut(&key(who)) {
                    open.answers.push((node, span.seconds()));
                }
            }
            Fact::Served { who, pool, worker, began, result, .. } => self.served(at, who, pool, worker, began, result),
            Fact::Answered { who, .. } => {
                if let Some(count) = self.counts.get_mut(who.workload.index()) {
                    count.answered += u64::from(who.counted);
                }
            }
            Fact::Completed { who, answered, .. } => {
                if let Some(count) = self.counts.get_mut(who.workload.index()) {
                    count.answered += u64::from(who.counted && answered);
                }
                self.completed(who);
            }
            Fact::Lost { who, .. } => drop(self.open.remove(&key(who))),
            Fact::Broke { fault } => {
                for slow in self.slow.iter_mut().filter(|slow| slow.fault == fault) {
                    slow.lasts += 1;
                }
            }
            Fact::Mended { fault } => {
                for slow in self.slow.iter_mut().filter(|slow| slow.fault == fault) {
                    slow.lasts = slow.lasts.saturating_sub(1);
                    slow.until = Some(at);
                }
            }
            Fact::Away { node } => self.stands(at, node, 0, true),
            Fact::Back { node } => self.stands(at, node, 0, false),
            Fact::Failed { pool, worker } | Fact::Stopped { pool, worker } => {
                self.stands(at, pool, worker, true);
                self.lives(at, pool, fact);
            }
            Fact::Ready { pool, worker } | Fact::Repaired { pool, worker } | Fact::Gone { pool, worker } => {
                self.stands(at, pool, worker, false);
                self.lives(at, pool, fact);
            }
            Fact::Warming { pool, .. }
            | Fact::Woken { pool, .. }
            | Fact::Running { pool, .. }
            | Fact::Draining { pool, .. } => self.lives(at, pool, fact),
            _ => {}
        }
    }
}
