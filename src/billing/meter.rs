//! Counts what a run uses, in exact integers, from the facts alone. Knows no prices.

mod balancer;
mod bucket;
mod bus;
mod functions;
mod machines;
mod sundries;

use crate::billing::profile::Profile;
use crate::billing::usage::{NodeUsage, Usage, Used};
use crate::cloud::fact::Fact;
use crate::cloud::topology::{Balancer, NodeId, NodeKind, Topology, Verb};
use crate::engine::Observer;
use crate::ground::time::{SimTime, Span};

use balancer::BalancerCounter;
use bucket::BucketCounter;
use bus::BusCounter;
pub(super) use functions::STEP;
use functions::{FunctionCounter, Polling};
use machines::PoolCounter;
pub(super) use machines::{MINUTE, minimum, volume};
use sundries::Sundries;

/// A queue counts every call by so many bytes.
const CHUNK: u64 = 64 * 1024;

/// Counts what a topology uses while it runs.
///
/// - A machine is paid for from *running* until *gone*: each start by the started second, at least the platform's
///   minimum; a Spot machine that the provider takes back within an hour is free. A volume is paid for as long as its
///   machine; a machine that is scaled up and down keeps its volume while it is stopped, so that volume is paid for
///   from its first start on, and one of a warm pool until it is gone for good. What an unlimited machine with
///   burstable speed spends beyond its credits is paid for by the vCPU-hour.
/// - A balancer lives from 0: started hours, and the capacity of each clock hour. Of the model it is assumed that
///   every request is a connection of its own, open while the request waits for a worker and while the worker is at
///   it (counted in the hour in which that ends); 1 GB is 10⁹ bytes. Where a pool behind a balancer is also reached
///   another way, nobody can tell which stays are the balancer's, and their connections count as new ones only.
/// - A queue counts sends and receives by 64 KiB of all that one call brings, deletes and changes of visibility by one a
///   call (Amazon SQS pricing: a request of 1 to 10 messages, each 64 KB chunk of its payload). A dead letter that goes back
///   is assumed to cost what somebody who moves it pays: a receive and a delete there, a send here.
/// - A bucket counts puts and gets, and keeps what was put. In classes for what is seldom read an object counts as one of
///   128 KiB at the least, one that is deleted early as if it had been there for 30 or 90 days, and reading by the byte
///   (Amazon S3 user guide, *Understanding and managing Amazon S3 storage classes*).
/// - A function counts each stay of a request in an environment, initialisation included, by the started millisecond (of
///   requests beside one another the time that any was in it), and each invocation that was not refused (AWS Lambda pricing;
///   since August 2025 initialisation is billed for every function).
///   What is kept ready is paid for in steps of five minutes from the start on, busy or not. Pollers that are kept ready for it
///   are paid for as long as they are there, by the hour and every part of one.
/// - What belongs to no node is counted where the topology says that it is paid for: answers that leave for clients, at their
///   mean size; what goes to another zone, on both sides; gateways by the started hour, and what goes through them; public
///   addresses; two alarms for each target-tracking policy and one for each other alarm, for every figure in it; and the
///   minutes' figures of machines that some policy reads.
/// - A bus counts the events that the application or another bus puts on it by 64 KiB each, calls of pools and services by its
///   rules, and what its archive takes and keeps (Amazon EventBridge pricing).
/// - A service counts the calls that it took, well answered or not.
///
/// Beside what is billed stands what was really used (lives, calls, runs), as far as rounding makes a difference.
#[derive(Clone, Debug)]
pub struct Meter {
    nodes: Vec<(String, Counter)>,
    /// Some pool stands behind a balancer: only there stays are counted.
    doors: bool,
    /// Some node is paid by the call.
    tolls: bool,
    /// Whether either is so.
    asks: bool,
    /// What belongs to no node, where anything of it is paid for.
    sundries: Option<Box<Sundries>>,
}

#[derive(Clone, Debug)]
enum Counter {
    Pool(PoolCounter),
    Balancer(BalancerCounter),
    Queue(QueueCounter),
    Bucket(BucketCounter),
    Function(FunctionCounter),
    Bus(BusCounter),
    Calls { item: Option<String>, calls: u64 },
}

impl Counter {
    /// The balancer through which everything comes to it, if there is one.
    #[inline]
    fn door(&self) -> Option<NodeId> {
        match self {
            Counter::Pool(pool) => pool.door,
            Counter::Function(function) => function.door,
            Counter::Balancer(_) | Counter::Queue(_) | Counter::Bucket(_) | Counter::Calls { .. } | Counter::Bus(_) => {
                None
            }
        }
    }
}

impl Meter {
    /// A meter that stands at 0 and counts as providers do now.
    pub fn new(topology: &Topology) -> Meter {
        Meter::by(topology, Profile::Current)
    }

    /// A meter that stands at 0 and counts as providers did by these rules.
    pub fn by(topology: &Topology, profile: Profile) -> Meter {
        let nodes = topology.nodes.iter().enumerate().map(|(place, node)| match &node.kind {
            NodeKind::Balancer(balancer) => (
                format!("balancer.{}", node.name),
                Counter::Balancer(BalancerCounter::new(balancer.rules, calls_function(topology, balancer))),
            ),
            NodeKind::Pool(pool) => {
                let door = only_door(topology, NodeId::at(place));
                (format!("pool.{}", node.name), Counter::Pool(PoolCounter::new(pool, door)))
            }
            NodeKind::Queue(queue) => {
                let fair = queue.fair.is_some() && !queue.fifo;
                let counter = QueueCounter { fifo: queue.fifo, fair, ..QueueCounter::default() };
                (format!("queue.{}", node.name), Counter::Queue(counter))
            }
            NodeKind::Bucket(bucket) => (format!("bucket.{}", node.name), Counter::Bucket(BucketCounter::new(bucket))),
            NodeKind::Cluster(cluster) => {
                (format!("cluster.{}", node.name), Counter::Pool(PoolCounter::new(&cluster.machines, None)))
            }
            NodeKind::Function(function) => {
                let door = only_door(topology, NodeId::at(place));
                let polling = Polling::of(topology, NodeId::at(place));
                let counter = FunctionCounter::new(function, profile, polling, door);
                (format!("function.{}", node.name), Counter::Function(counter))
            }
            NodeKind::Bus(bus) => (format!("bus.{}", node.name), Counter::Bus(BusCounter::new(topology, bus))),
            NodeKind::Service(service) => {
                (format!("service.{}", node.name), Counter::Calls { item: service.price.clone(), calls: 0 })
            }
        });
        let nodes: Vec<_> = nodes.collect();
        let doors = nodes.iter().any(|(_, counter)| counter.door().is_some());
        let tolls = nodes.iter().any(|(_, counter)| matches!(counter, Counter::Calls { .. }));
        Meter { nodes, doors, tolls, asks: doors || tolls, sundries: Sundries::of(topology) }
    }

    /// What was used up to `at`, those charged that still run then. All facts up to `at` must have been seen, and
    /// none after it; may be asked again later.
    pub fn usage(&self, at: SimTime) -> Usage {
        let nodes = self.nodes.iter().map(|(node, counter)| {
            let used = match counter {
                Counter::Pool(pool) => pool.used(at),
                Counter::Balancer(balancer) => balancer.used(at),
                Counter::Queue(queue) => queue.used(),
                Counter::Bucket(bucket) => bucket.used(at),
                Counter::Function(function) => function.used(at),
                Counter::Bus(bus) => bus.used(at),
                Counter::Calls { item, calls } => Used::Calls { item: item.clone(), calls: *calls },
            };
            NodeUsage { node: node.clone(), used }
        });
        let mut nodes: Vec<_> = nodes.collect();
        if let Some(sundries) = &self.sundries {
            let more = sundries.used(&nodes, at);
            nodes.extend(more);
        }
        Usage { nodes }
    }

    #[inline(always)]
    fn pool(&mut self, node: NodeId) -> Option<&mut PoolCounter> {
        match self.nodes.get_mut(node.index()) {
            Some((_, Counter::Pool(pool))) => Some(pool),
            _ => None,
        }
    }

    #[inline]
    fn balancer(&mut self, node: NodeId) -> Option<&mut BalancerCounter> {
        match self.nodes.get_mut(node.index()) {
            Some((_, Counter::Balancer(balancer))) => Some(balancer),
            _ => None,
        }
    }

    #[inline]
    fn queue(&mut self, node: NodeId) -> Option<&mut QueueCounter> {
        match self.nodes.get_mut(node.index()) {
            Some((_, Counter::Queue(queue))) => Some(queue),
            _ => None,
        }
    }

    #[inline]
    fn bucket(&mut self, node: NodeId) -> Option<&mut BucketCounter> {
        match self.nodes.get_mut(node.index()) {
            Some((_, Counter::Bucket(bucket))) => Some(bucket),
            _ => None,
        }
    }

    /// A request was in line or at work at `pool` for so long until `at`.
    #[inline(always)]
    fn stayed(&mut self, pool: NodeId, at: SimTime, span: Span) {
        if self.doors
            && let Some(door) = self.nodes.get(pool.index()).and_then(|(_, counter)| counter.door())
            && let Some(balancer) = self.balancer(door)
        {
            balancer.stayed(at, span);
        }
    }
}

impl Observer<Fact> for Meter {
    #[inline(always)]
    fn saw(&mut self, at: SimTime, fact: &Fact) {
        match *fact {
            Fact::Routed { balancer, bytes, .. } => {
                if let Some(balancer) = self.balancer(balancer) {
                    balancer.routed(at, bytes);
                }
            }
            Fact::Started { .. } if !self.asks => (),
            Fact::Started { pool, waited, .. } => {
                self.stayed(pool, at, waited);
                if self.tolls
                    && let Some((_, Counter::Calls { calls, .. })) = self.nodes.get_mut(pool.index())
                {
                    *calls += 1;
                }
            }
            Fact::Invoked { function, start, init, ran, before, .. } => {
                if let Some((_, Counter::Function(function))) = self.nodes.get_mut(function.index()) {
                    function.invoked(start, init, ran, before);
                }
            }
            Fact::Answered { who, .. } | Fact::Completed { who, answered: true, .. } => {
                if let Some(sundries) = &mut self.sundries {
                    sundries.answered(who);
                }
            }
            Fact::Carried { by, bytes, .. } => {
                if let Some(sundries) = &mut self.sundries {
                    sundries.carried(by, bytes);
                }
            }
            Fact::Kept { function, environments } => {
                if let Some((_, Counter::Function(function))) = self.nodes.get_mut(function.index()) {
                    function.keeps(environments, at);
                }
            }
            Fact::Polling { function, queue, pollers } => {
                if let Some((_, Counter::Function(function))) = self.nodes.get_mut(function.index()) {
                    function.polls(queue, pollers, at);
                }
            }
            Fact::Heard { bus, bytes, is_own, .. } => {
                if let Some((_, Counter::Bus(bus))) = self.nodes.get_mut(bus.index()) {
                    bus.heard(at, bytes, is_own);
                }
            }
            Fact::Replayed { bus, bytes } => {
                if let Some((_, Counter::Bus(bus))) = self.nodes.get_mut(bus.index()) {
                    bus.replayed(bytes);
                }
            }
            Fact::Delivered { bus, to, .. } => {
                if let Some((_, Counter::Bus(bus))) = self.nodes.get_mut(bus.index()) {
                    bus.delivered(to);
                }
            }
            Fact::Left { pool, waited, .. } => self.stayed(pool, at, waited),
            Fact::Served { pool, began, .. } => self.stayed(pool, at, at - began),
            Fact::Posted { queue, bytes, joins, grouped, .. } => {
                if let Some(queue) = self.queue(queue) {
                    queue.sends.add(bytes, joins);
                    if queue.fair {
                        queue.carries(joins, grouped);
                    }
                }
            }
            Fact::Dropped { queue, bytes, joins, .. } => {
                if let Some(queue) = self.queue(queue) {
                    queue.sends.add(bytes, joins);
                }
            }
            Fact::Received { queue, bytes, joins, .. } => {
                if let Some(queue) = self.queue(queue) {
                    queue.receives.add(bytes, joins);
                }
            }
            Fact::Deleted { queue, joins, .. } => {
                if let Some(queue) = self.queue(queue) {
                    queue.deletes += u64::from(!joins);
                }
            }
            Fact::Redriven { from, to, bytes, .. } => {
                if let Some(queue) = self.queue(from) {
                    queue.receives.add(bytes, false);
                    queue.deletes += 1;
                }
                if let Some(queue) = self.queue(to) {
                    queue.sends.add(bytes, false);
                }
            }
            Fact::Changed { queue, .. } | Fact::Extended { queue, .. } => {
                if let Some(queue) = self.queue(queue) {
                    queue.changes += 1;
                }
            }
            Fact::Stored { bucket, bytes, .. } => {
                if let Some(bucket) = self.bucket(bucket) {
                    bucket.stored(at, bytes);
                }
            }
            Fact::Fetched { bucket, bytes, .. } => {
                if let Some(bucket) = self.bucket(bucket) {
                    bucket.fetched(bytes);
                }
            }
            Fact::Running { pool, worker, size } => {
                if let Some(pool) = self.pool(pool) {
                    pool.running(worker, size, at);
                }
            }
            Fact::Reclaimed { pool, worker } => {
                if let Some(pool) = self.pool(pool) {
                    pool.reclaimed(worker, at);
                }
            }
            Fact::Gone { pool, worker } => {
                if let Some(pool) = self.pool(pool) {
                    pool.gone(worker, at);
                }
            }
            Fact::Computing { pool, worker, vcpus } => {
                if let Some(pool) = self.pool(pool) {
                    pool.computes(worker, vcpus, at);
                }
            }
            Fact::Stopped { pool, worker } => {
                if let Some(pool) = self.pool(pool) {
                    pool.stopped(worker, at);
                }
            }
            _ => {}
        }
    }
}

/// Billed units of a call to a queue.
#[inline]
pub(super) const fn units(bytes: u64) -> u64 {
    let chunks = bytes.div_ceil(CHUNK);
    if chunks == 0 { 1 } else { chunks }
}

/// Whether a function stands behind a balancer.
fn calls_function(topology: &Topology, balancer: &Balancer) -> bool {
    balancer.to.iter().any(|to| matches!(topology.nodes[to.index()].kind, NodeKind::Function(_)))
}

/// The balancer through which everything comes that reaches `pool`, if there is one.
fn only_door(topology: &Topology, pool: NodeId) -> Option<NodeId> {
    let mut doors = Vec::new();
    for (place, node) in topology.nodes.iter().enumerate() {
        let reaches = match &node.kind {
            NodeKind::Balancer(balancer) => balancer.to.contains(&pool),
            NodeKind::Queue(queue) => queue.to.contains(&pool),
            NodeKind::Pool(_) | NodeKind::Function(_) => {
                node.kind.pool().into_iter().flat_map(|from| &from.steps).any(|step| match &step.verb {
                    Verb::Call { to, .. } | Verb::Send { to, .. } => to.contains(&pool),
                    Verb::Work { .. }
                    | Verb::Answer { .. }
                    | Verb::Put { .. }
                    | Verb::Get { .. }
                    | Verb::Act(_)
                    | Verb::Choose { .. }
                    | Verb::Event { .. } => false,
                })
            }
            NodeKind::Bucket(bucket) => bucket.notify.contains(&pool),
            NodeKind::Bus(bus) => bus.rules.iter().any(|rule| rule.to.contains(&pool)),
            NodeKind::Service(_) | NodeKind::Cluster(_) => false,
        };
        if reaches {
            doors.push(NodeId::at(place));
        }
    }
    match doors.as_slice() {
        &[door] if !topology.entry.contains(&pool) => {
            matches!(topology.nodes[door.index()].kind, NodeKind::Balancer(_)).then_some(door)
        }
        _ => None,
    }
}

#[derive(Clone, Debug, Default)]
struct QueueCounter {
    fifo: bool,
    fair: bool,
    sends: Calls,
    receives: Calls,
    deletes: u64,
    changes: u64,
    /// Units of sends that carried a tenant, but for …
    grouped: u64,
    /// … those of the last one, if it does.
    last: Option<u64>,
}

/// Calls that bring one message or several, in billed units.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    units: u64,
    /// How many they are.
    calls: u64,
    /// Bytes of the last call so far.
    bytes: u64,
}

impl Calls {
    /// A message, which the last call brings too, or another one.
    #[inline]
    fn add(&mut self, bytes: u64, joins: bool) {
        if joins {
            self.units -= units(self.bytes);
            self.bytes = self.bytes.saturating_add(bytes);
        } else {
            self.calls += 1;
            self.bytes = bytes;
        }
        self.units += units(self.bytes);
    }
}

impl QueueCounter {
    fn used(&self) -> Used {
        let QueueCounter { fifo, fair, sends, receives, deletes, changes, grouped, last } = *self;
        let grouped = fair.then(|| grouped + last.unwrap_or(0));
        let calls = Some(sends.calls + receives.calls + deletes + changes);
        Used::Queue { fifo, sends: sends.units, receives: receives.units, deletes, changes, grouped, calls }
    }

    /// The send that was just counted carries a tenant, or none: one that brings several does if one of them has.
    fn carries(&mut self, joins: bool, grouped: bool) {
        let before = if joins { self.last } else { None };
        if !joins {
            self.grouped += self.last.unwrap_or(0);
        }
        self.last = (grouped || before.is_some()).then(|| units(self.sends.bytes));
    }
}

#[cfg(test)]
mod tests;
