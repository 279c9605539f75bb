//! Trouble: what goes wrong, when, for how long, and what becomes of work in hand.

use crate::cloud::topology::{Held, NodeId, NodeKind, Verb, WorkId};
use crate::ground::distribution::Distribution;
use crate::ground::time::{SimTime, Span};

/// Trouble of one kind under one name.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its name in the file; names its draws.
    pub name: String,
    /// What it does.
    pub what: Harm,
    /// When it begins.
    pub when: When,
    /// How long it lasts (nanoseconds); `None`: for ever.
    pub lasts: Option<Distribution>,
    /// The fate of work in hand.
    pub held: Held,
    /// Work that goes on later may go on with anybody, from the head of the line; else it stays with its worker.
    pub moves: bool,
}

/// The closed list of what can go wrong.
#[derive(Clone, Debug)]
pub enum Harm {
    /// Nodes are away.
    Outage(Outage),
    /// Workers fail; their machines stay, and are paid for.
    Crash(Crash),
    /// The provider takes Spot machines back.
    Reclaim(Reclaim),
    /// A zone is away, with all workers that it holds; by its place in the topology's list.
    Zone(u16),
}

impl Harm {
    /// The word that names its draws, beside its name; an outage has none.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Harm::Outage(_) => None,
            Harm::Crash(_) => Some("crash"),
            Harm::Reclaim(_) => Some("reclaim"),
            Harm::Zone(_) => Some("zone"),
        }
    }

    /// Whether a whole node is away while this lasts.
    pub fn takes_away(&self, node: NodeId, kind: &NodeKind) -> bool {
        match self {
            Harm::Outage(outage) => outage.takes_away(node, kind),
            Harm::Crash(_) | Harm::Reclaim(_) | Harm::Zone(_) => false,
        }
    }

    /// How long before it comes it is announced.
    pub fn notice(&self) -> Span {
        match self {
            Harm::Reclaim(reclaim) => reclaim.notice,
            Harm::Outage(_) | Harm::Crash(_) | Harm::Zone(_) => Span::ZERO,
        }
    }

    /// Whether each worker has a time of its own to it, where it comes again and again.
    pub fn comes_one_by_one(&self) -> bool {
        matches!(self, Harm::Crash(_) | Harm::Reclaim(Reclaim { share: None, .. }))
    }

    /// Whether it concerns some worker of a node.
    pub fn hits_workers_of(&self, node: NodeId) -> bool {
        match self {
            Harm::Outage(_) => false,
            Harm::Crash(crash) => crash.pool == node,
            Harm::Reclaim(reclaim) => reclaim.pool == node,
            Harm::Zone(_) => true,
        }
    }
}

/// What an outage takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// Every node that does this work.
    Component(WorkId),
    /// One node (a topology's own fault).
    Node(NodeId),
}

impl Outage {
    /// Whether a node is away while this lasts.
    pub fn takes_away(self, node: NodeId, kind: &NodeKind) -> bool {
        match (self, kind) {
            (Outage::Node(away), _) => away == node,
            (Outage::Component(work), NodeKind::Pool(pool)) => {
                pool.steps.iter().any(|step| matches!(step.verb, Verb::Work { work: done, .. } if done == work))
            }
            (
                Outage::Component(_),
                NodeKind::Balancer(_) | NodeKind::Queue(_) | NodeKind::Bucket(_) | NodeKind::Service(_),
            ) => false,
        }
    }
}

/// Workers of a pool that fail, the software and not the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crash {
    /// Whose.
    pub pool: NodeId,
    /// Its number, from 1; `None` is each for itself.
    pub worker: Option<u32>,
    /// What the time to the next failure counts.
    pub clock: Clock,
    /// How many can be mended at once; `None` is all.
    pub repairers: Option<u32>,
}

/// Spot machines of a pool that are taken back: at an instant those that are there, or each when its own time comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reclaim {
    /// Whose.
    pub pool: NodeId,
    /// Its number, from 1; `None` is any.
    pub worker: Option<u32>,
    /// The share of those that run, taken together; `None` is all at an instant, and otherwise each by itself.
    pub share: Option<f64>,
    /// How long before its end a machine hears of it.
    pub notice: Span,
}

/// What the time to a worker's next failure counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// All of its time in service.
    #[default]
    Up,
    /// The time in which it holds work.
    Busy,
}

/// When trouble begins.
#[derive(Clone, Debug)]
pub enum When {
    /// At these instants.
    At(Vec<SimTime>),
    /// So long after the end of the last one (nanoseconds).
    Every(Distribution),
}
