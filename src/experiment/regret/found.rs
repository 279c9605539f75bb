//! What one replication cost, and what the perfect fleet for it would have, node by node.

use crate::billing::Line;
use crate::cloud::topology::{NodeId, NodeKind, Topology};
use crate::experiment::figures::label;
use crate::experiment::regret::bound::{Bound, bound};
use crate::experiment::regret::task::{asked, frame};
use crate::experiment::regret::watch::{Kept, Watch};
use crate::ground::time::SimTime;
use crate::scenario::Scenario;

/// Where money for machines goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Slots at work that somebody needed.
    Work,
    /// Slots at work that was done again, in vain, or not ended.
    Again,
    /// Slots that were kept while others answered.
    Answers,
    /// Slots in service that nobody had.
    Idle,
    /// Machines that boot.
    Booting,
    /// Slots that nobody had on machines that take no new work.
    Draining,
    /// Machines that had failed.
    Failed,
    /// Machines that run in a warm pool.
    Warm,
    /// Started seconds and minimums.
    Rounding,
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Part; 9] = [
        Part::Work,
        Part::Again,
        Part::Answers,
        Part::Idle,
        Part::Booting,
        Part::Draining,
        Part::Failed,
        Part::Warm,
        Part::Rounding,
    ];

    /// As tables and results write it.
    pub const fn word(self) -> &'static str {
        match self {
            Part::Work => "work",
            Part::Again => "again",
            Part::Answers => "answers",
            Part::Idle => "idle",
            Part::Booting => "boots",
            Part::Draining => "draining",
            Part::Failed => "failed",
            Part::Warm => "warm-pool",
            Part::Rounding => "rounding",
        }
    }
}

/// Dollars, part by part.
pub type Parts = [f64; Part::ALL.len()];

/// What the machines of one node cost in one replication.
#[derive(Clone, Debug, PartialEq)]
pub struct OfNode {
    /// As results call it: `pool.media`.
    pub node: String,
    /// Dollars of machine time.
    pub cost: Parts,
    /// Dollars of the perfect fleet.
    pub perfect: Parts,
    /// What the bill has for it beside machine time: volumes of stopped machines and CPU credits, less what was free.
    pub beside: f64,
    /// The goals that the perfect fleet is held to.
    pub goals: Vec<String>,
    /// Whether it is as soon as this run was.
    pub as_this_run: bool,
}

/// What a replication cost, and what cannot be said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Nodes with machines that cost something by time.
    pub nodes: Vec<OfNode>,
    /// Nodes with such machines of which nothing is said.
    pub left_out: Vec<String>,
}

/// What a replication cost that was watched, up to `end`.
pub fn found(scenario: &Scenario, topology: &Topology, mut watch: Watch<'_>, bill: &[Line], end: SimTime) -> Found {
    watch.close(end);
    let mut found = Found::default();
    for (place, node) in topology.nodes.iter().enumerate() {
        let id = NodeId::at(place);
        if watch.lives[place].is_none() {
            continue;
        }
        // Jobs that are taken together are no work of their own: see `Watch`.
        if matches!(&node.kind, NodeKind::Pool(pool) if pool.batch.is_some()) {
            found.left_out.push(label(node));
            continue;
        }
        found.nodes.extend(of_node(scenario, topology, &watch, id, bill, end));
    }
    found
}

fn of_node(
    scenario: &Scenario,
    topology: &Topology,
    watch: &Watch<'_>,
    node: NodeId,
    bill: &[Line],
    end: SimTime,
) -> Option<OfNode> {
    let lives = watch.lives[node.index()].as_ref()?;
    let frame = frame(topology, watch, node, end)?;
    let asked = asked(scenario, topology, watch, node, end);
    let bounds = (0..3).filter_map(|scarce| Some((scarce, bound(&asked.problem(&frame, scarce)?))));
    let dearer = |one: &(usize, Bound), other: &(usize, Bound)| one.1.total.total_cmp(&other.1.total);
    let (scarce, bound) = bounds.max_by(dearer).unwrap_or_default();
    let second = lives.rates[lives.cheapest()].second;
    let mut perfect = Parts::default();
    for (part, seconds) in [(Part::Work, bound.work), (Part::Booting, bound.boots), (Part::Idle, bound.idle)] {
        perfect[part as usize] = seconds * second;
    }
    let cost = cost(watch, node, scarce);
    let label = label(&topology.nodes[node.index()]);
    let billed: f64 = bill.iter().filter(|line| line.node == label).map(|line| line.cost.dollars()).sum();
    let beside = billed - cost.iter().sum::<f64>();
    let (goals, as_this_run) = (asked.goals, asked.as_this_run);
    Some(OfNode { node: label, cost, perfect, beside, goals, as_this_run })
}

/// Dollars that the machines of a node cost, part by part. Together they are all machine time that is paid for.
fn cost(watch: &Watch<'_>, node: NodeId, scarce: usize) -> Parts {
    let Some(lives) = &watch.lives[node.index()] else { return Parts::default() };
    let mut kept = Kept::default();
    for (place, host) in watch.hosts.iter().enumerate() {
        let Some(host) = host.filter(|host| host.node == node) else { continue };
        for (size, of) in watch.kept[place].iter().enumerate() {
            let share = if host.is_own { 1.0 / f64::from(lives.sizes[size].slots) } else { host.shares[scarce] };
            let slot = share * lives.rates[size].second;
            kept.busy += of.busy * slot;
            kept.needed += of.needed * slot;
            kept.waiting += of.waiting * slot;
            kept.draining += of.draining * slot;
        }
    }
    let mut cost = Parts::default();
    let mut add = |part: Part, dollars: f64| cost[part as usize] += dollars;
    for (times, rate) in lives.times.iter().zip(&lives.rates) {
        add(Part::Idle, times.serving * rate.second);
        add(Part::Booting, times.booting * rate.second);
        add(Part::Draining, times.draining * rate.second);
        add(Part::Failed, times.failed * rate.second);
        add(Part::Warm, times.warm * rate.second);
        add(Part::Rounding, times.rounding * rate.second);
    }
    // Whoever is at work is so on a machine in service, or on one that is on its way out.
    let going = kept.draining.min(cost[Part::Draining as usize]);
    let serving = (kept.busy - going).min(cost[Part::Idle as usize]);
    cost[Part::Draining as usize] -= going;
    cost[Part::Idle as usize] -= serving;
    let busy = going + serving;
    let needed = kept.needed.min(busy);
    let answers = kept.waiting.min(busy - needed);
    cost[Part::Work as usize] = needed;
    cost[Part::Answers as usize] = answers;
    cost[Part::Again as usize] = busy - needed - answers;
    cost
}
