//! A system at work: all its parts, the requests inside, and the order in which things are settled.
//!
//! What happens is an [`Event`]; its handler changes one part and leaves *moves* for others on a list that is
//! emptied before the next event, so that parts never call each other in circles. After every single event idle
//! workers take work at once: pools in the order in which they were touched, lowest worker first, oldest work
//! first.

mod account;
mod acts;
mod alarms;
mod at_once;
mod batches;
mod brought;
mod brownout;
mod burst;
mod buses;
mod calls;
mod care;
mod carriage;
mod client;
mod cluster;
mod control;
mod crash;
mod doors;
mod errands;
mod farewell;
mod fleet;
mod follow;
mod footprint;
mod functions;
mod growth;
mod guards;
mod happenings;
mod health;
mod hearing;
mod hedging;
mod in_hand;
mod interrupts;
mod joins;
mod kept;
mod lapses;
mod lifecycle;
mod lines;
mod machines;
mod mappings;
mod metrics;
mod network;
mod notices;
mod parcels;
mod placement;
mod pods;
mod poison;
mod pools;
mod provider;
mod queues;
mod reactions;
mod receipts;
mod reclaim;
mod redrive;
mod replays;
mod restraint;
mod rows;
mod schedules;
mod setup;
mod steps;
mod stops;
mod trouble;
mod visits;
mod ward;
mod zones;

use std::collections::{BTreeMap, VecDeque};

use crate::cloud::arrivals::Source;
use crate::cloud::caller::Caller;
use crate::cloud::event::Event;
use crate::cloud::fact::{Fact, Loss};
use crate::cloud::node::{Named, Node, Pool, Queue, Track};
use crate::cloud::request::{Job, Kin, Message, Request};
use crate::cloud::topology::{self, Application, NodeId, Speed, Topology, Workload, WorkloadId};
use crate::cloud::world::alarms::Alarm;
use crate::cloud::world::rows::{Purpose, Row};
use crate::engine::{Context, Model, Observer, Packed};
use crate::ground::chance::Key;
use crate::ground::distribution::Distribution;
use crate::ground::slab::Slab;
use crate::ground::time::{SimTime, Span};

pub use happenings::{shapes as shapes_of_machines, shapes_of_launch, shapes_of_subjects};
pub use setup::simulate;

/// How long those rest who came to nothing in no time and would try again at once: time would stand still for ever.
const REST: Span = Span::from_secs(1);

/// Which requests are born, and which of them count.
#[derive(Clone, Copy, Debug)]
pub struct Horizon {
    /// Requests born before do not count.
    pub warm_up: SimTime,
    /// Nobody is born from here on; `None`: births end by themselves.
    pub length: Option<SimTime>,
    /// Requests born from here on do not count; `None`: they do.
    pub until: Option<SimTime>,
}

impl Horizon {
    /// Whether figures count who is born now.
    #[inline(always)]
    pub fn counts(&self, now: SimTime) -> bool {
        let ends = self.until.or(self.length);
        now >= self.warm_up && ends.is_none_or(|end| now < end)
    }
}

/// A running system.
#[derive(Debug)]
pub struct World<'a> {
    application: &'a Application,
    topology: &'a Topology,
    horizon: Horizon,
    /// The kinds of request: the application's, and that of those whom nobody sends where there are any.
    kinds: Vec<&'a Workload>,
    nodes: Vec<Node<'a>>,
    flows: Vec<Flow<'a>>,
    requests: Slab<Request>,
    /// Which member of its closed group each request is of, by request, where some balancer wants to know.
    members: Vec<u32>,
    /// Some balancer sends clients to the worker that they know.
    sticky: bool,
    /// The member of a closed group that asks just now.
    asking: u32,
    jobs: Slab<Job>,
    /// Of those jobs that have any, by job.
    kin: Vec<Kin>,
    messages: Slab<Message>,
    alarms: Slab<Alarm>,
    /// Those who were sent to functions and are not yet done.
    errands: Slab<errands::Errand>,
    /// Tasks that move messages from one queue to another, one a queue.
    movings: Vec<redrive::Moving>,
    /// The tags of machines that were launched with some of their own, by pool and number.
    tagged: BTreeMap<(NodeId, u32), &'a [topology::Tag]>,
    /// What event buses share; `None` where there is none.
    buses: Option<Box<buses::Buses>>,
    /// What functions share of the account's environments; `None`: any number.
    shared: Option<functions::Shared>,
    rows: Vec<Row>,
    moves: VecDeque<Move>,
    /// Some client does more about an answer than take it: asks again, gives up a copy, counts tokens.
    watched: bool,
    /// Some client sets a deadline, or sends copies.
    exacting: bool,
    /// Some client waits in a line only so long.
    impatient: bool,
    /// Nothing lies between nodes, and no client does more about an answer than take it.
    simple: bool,
    /// The steps whose calls are remembered.
    callers: Vec<guards::Callers<'a>>,
    /// Pools that may have both a free slot and work to take.
    idle: VecDeque<NodeId>,
    /// Jobs on their way into a slot that takes several, and …
    taken: Vec<u32>,
    /// … messages that a short poll has overlooked: both empty between two receives.
    overlooked: Vec<u32>,
    /// Slots that have just become free while others wait for them.
    vacated: VecDeque<(NodeId, u32)>,
    /// Work that was interrupted and goes on later: what is left at the speed of its last worker, by job.
    saved: BTreeMap<u32, (Span, Speed)>,
    controllers: Vec<control::Governor<'a>>,
    /// Pools whose size follows each arrival and departure.
    reactors: Vec<reactions::Reactor<'a>>,
    /// Machines under pods.
    housings: Vec<cluster::Housing<'a>>,
    faults: Vec<trouble::Trouble<'a>>,
    /// How many faults keep each zone away; empty where none ever does.
    zones_out: Vec<u32>,
    /// The nodes at which the provider refuses some of what comes at present, each with the fault.
    throttles: Vec<(NodeId, u32)>,
    /// What lies between nodes; `None`: nothing.
    network: Option<Box<network::Network<'a>>>,
    /// When those asked who wait for answers, by job; [`SimTime::NEVER`] for all others.
    asked: Vec<SimTime>,
    /// What is known of fan-outs; `None`: nothing is gathered.
    joins: Option<Box<joins::Joins>>,
    /// What is known of the account that launches machines.
    bank: account::Bank,
    /// Workers of whose computing something may have changed in this event.
    stirred: Vec<(NodeId, u32)>,
    in_system: Track,
    retrying: Track,
    stamp: u32,
    /// Everything is done step by step, as if nothing were ever usual.
    #[cfg(test)]
    in_steps: bool,
}

/// One workload's way into the system.
#[derive(Debug)]
struct Flow<'a> {
    source: Source<'a>,
    entry: NodeId,
    /// The entry answers by itself; a queue only takes the request in.
    direct: bool,
    /// The client waits until its request is served.
    waits: bool,
    /// Births so far: the next one's ordinal.
    born: u32,
    /// The instant of the next birth, which stands in the calendar.
    next: Option<SimTime>,
    batch: Option<Named<'a>>,
    /// Of the last arrival, those who are still to be born in its instant.
    left: u64,
    /// The row of its client's timeouts.
    row: Option<u16>,
    /// Names its client's pauses.
    backoff: Key,
    /// Sizes, where a queue, balancer or bucket is billed by them.
    size: Named<'a>,
    answer: Named<'a>,
    /// Requests bring work or names of their own.
    scripted: bool,
    /// Which groups its requests are of: the lowest number, and the law of the rest.
    groups: Option<(u32, Named<'a>)>,
    /// How long its client waits in a line.
    patience: Option<Named<'a>>,
    /// What its clients remember of what they sent.
    caller: Option<Box<Caller>>,
    /// For closed groups: from an answer to the next request.
    think: Option<&'a Distribution>,
}

/// What is left to do before the next event.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// A job reaches a node.
    Deliver { job: u32, node: NodeId },
    /// A job that has ended well lets whoever waits for it go on.
    Answer { job: u32 },
    /// A job has come to nothing.
    Fail { job: u32, why: Loss },
    /// A job whose calls were answered goes on with its next step, unless it was interrupted meanwhile.
    Advance { job: u32, slot: u32 },
    /// A worker with a line of its own takes the next of it.
    Next { pool: NodeId, worker: u32 },
    /// Those that a slot has taken together go on.
    Together { pool: NodeId, slot: u32 },
    /// A message that a slot received before has its turn.
    Begin { job: u32 },
    /// A pool that has too many workers lets those go who hold nothing any more.
    Dismiss { pool: NodeId },
    /// Something befalls a machine that a step has chosen.
    Machine { pool: NodeId, worker: u32, deed: acts::Deed },
    /// Pods that wait for a machine look for one.
    Seat { cluster: NodeId },
    /// A member of a closed group begins to think, about a request that was born then.
    Think { workload: WorkloadId, member: u32, born: SimTime },
}

impl<'a> Model for World<'a> {
    type Event = Event;
    type Fact = Fact;

    #[inline(always)]
    fn handle<O: Observer<Fact>>(&mut self, event: Packed<Event>, cx: &mut Context<'_, O>) {
        // The usual two are told by a comparison each: told as all are, they would be told apart twice.
        if let Some((pool, slot)) = Event::finish(event) {
            self.finish(cx, pool, slot);
        } else if let Some(workload) = Event::arrival(event) {
            self.arrive(cx, workload);
        } else {
            self.handle_rarer(event.unpack(), cx);
        }
        if self.has_left_something() {
            self.clears_up(cx);
        }
    }
}

impl<'a> World<'a> {
    #[inline(never)]
    fn handle_rarer<O: Observer<Fact>>(&mut self, event: Event, cx: &mut Context<'_, O>) {
        match event {
            Event::Finish { .. } | Event::Arrive { .. } => unreachable!("handled by the caller"),
            Event::Ring { row } => self.ring(cx, row),
            Event::Alarm { alarm, .. } => self.alarm(cx, alarm),
            Event::Run { pool, worker } => self.machine_runs(cx, pool, worker),
            Event::Boot { pool, worker } => self.worker_booted(cx, pool, worker),
            Event::Vanish { pool, worker } => self.machine_stopped(cx, pool, worker),
            Event::Timetable { pool, line } => self.timetable(cx, pool, line),
            Event::Reconcile { pool } => self.reconcile(cx, pool),
            Event::Break { fault } => self.breaks(cx, fault),
            Event::Mend { fault } => self.mends(cx, fault),
            Event::Strike { fault, worker } => self.strikes(cx, fault, worker),
            Event::Relieve { fault, worker } => self.relieves(cx, fault, worker),
            Event::Ask { workload, member } => self.asks(cx, workload, member),
            Event::Resend { request, .. } => self.resend(cx, request),
            Event::Recall { alarm, .. } => self.alarm(cx, alarm),
            Event::CheckUp { pool } => self.checks_up(cx, pool),
            Event::Sample { pool, policy } => self.sample(cx, pool, policy),
            Event::Look { pool, policy } => self.look(cx, pool, policy),
        }
    }

    /// Whether an event has left something to do before the next one.
    #[inline(always)]
    fn has_left_something(&self) -> bool {
        // One sum instead of five questions: this is asked after every event.
        self.idle.len() | self.moves.len() | self.vacated.len() | self.stirred.len() | self.reactors.len() != 0
    }

    /// Does what an event has left to do.
    #[inline(never)]
    fn clears_up<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) {
        self.settle(cx);
        if !self.reactors.is_empty() {
            while self.reacts(cx) {
                self.settle(cx);
            }
            // One may have come for another that went.
            self.settle(cx);
        }
        if !self.stirred.is_empty() {
            self.looks_at_credits(cx);
        }
    }

    /// Empties the list of moves, and lets idle workers take work, until nothing is left to do.
    #[inline(always)]
    fn settle<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>) {
        loop {
            while let Some(next) = self.moves.pop_front() {
                self.make(cx, next);
            }
            if let Some((pool, slot)) = self.vacated.pop_front() {
                self.hand_over(cx, pool, slot);
                continue;
            }
            let Some(pool) = self.idle.pop_front() else { break };
            self.pull(cx, pool);
        }
    }

    #[inline]
    fn make<O: Observer<Fact>>(&mut self, cx: &mut Context<'_, O>, next: Move) {
        match next {
            Move::Deliver { job, node } => self.deliver(cx, job, node),
            Move::Answer { job } => self.answer(cx, job),
            Move::Fail { job, why } => self.fail(cx, job, why),
            Move::Advance { job, slot } => self.has_answers(cx, job, slot),
            Move::Next { pool, worker } => self.next_of(cx, pool, worker),
            Move::Together { pool, slot } => self.together_goes_on(cx, pool, slot),
            Move::Begin { job } => self.begins_next(cx, job),
            Move::Dismiss { pool } => self.reconcile(cx, pool),
            Move::Machine { pool, worker, deed } => self.befalls(cx, pool, worker, deed),
            Move::Seat { cluster } => self.seats(cx, cluster),
            Move::Think { workload, member, born } => self.think(cx, workload, member, Some(born)),
        }
    }

    /// Whether the usual ways are closed: tests hold that they tell what the steps tell.
    #[inline(always)]
    fn goes_in_steps(&self) -> bool {
        #[cfg(test)]
        return self.in_steps;
        #[cfg(not(test))]
        false
    }

    /// A stamp that nothing alive has. Never 0, which is what the dead have.
    #[inline]
    fn new_stamp(&mut self) -> u32 {
        self.stamp = stamp_after(self.stamp);
        self.stamp
    }

    #[inline]
    fn pool(&self, id: NodeId) -> &Pool<'a> {
        match &self.nodes[id.index()] {
            Node::Pool(pool) => pool,
            _ => not_a("pool"),
        }
    }

    #[inline]
    fn pool_mut(&mut self, id: NodeId) -> &mut Pool<'a> {
        match &mut self.nodes[id.index()] {
            Node::Pool(pool) => pool,
            _ => not_a("pool"),
        }
    }

    #[inline]
    fn queue_mut(&mut self, id: NodeId) -> &mut Queue {
        match &mut self.nodes[id.index()] {
            Node::Queue(queue) => queue,
            _ => not_a("queue"),
        }
    }

    /// A job belongs to another, or to a message.
    fn bind(&mut self, job: u32, kin: Kin) {
        at_once::bind(&mut self.kin, job, kin);
    }

    /// Marks a pool whose workers may have something to take.
    #[inline(always)]
    fn rouse(&mut self, pool: NodeId) {
        if self.idle.back() != Some(&pool) {
            self.idle.push_back(pool);
        }
    }

    /// One thing fewer speaks of a request; the last one frees its place.
    #[inline(always)]
    fn release(&mut self, request: u32) {
        let record = &mut self.requests[request];
        if record.let_go() {
            self.requests.remove(request);
        }
    }

    /// Requests inside: born and not yet ended.
    pub fn inside(&self) -> u64 {
        self.in_system.level()
    }

    /// Whether nobody is inside and nobody will come.
    pub fn is_over(&self) -> bool {
        self.in_system.level() == 0
            && self.flows.iter().all(|flow| flow.next.is_none() && flow.left == 0 && flow.think.is_none())
    }

    /// The most births that a workload had.
    pub fn most_born(&self) -> u32 {
        self.flows.iter().map(|flow| flow.born).max().unwrap_or(0)
    }
}

/// The stamp that follows on another. Never 0, which is what the dead have.
#[inline(always)]
const fn stamp_after(stamp: u32) -> u32 {
    let next = stamp.wrapping_add(1);
    if next == 0 { 1 } else { next }
}

#[cold]
#[inline(never)]
fn not_a(kind: &str) -> ! {
    panic!("a move names a node that is no {kind}: the scenario's checks let an edge through")
}

#[cfg(test)]
mod audit;
#[cfg(test)]
mod tests;
