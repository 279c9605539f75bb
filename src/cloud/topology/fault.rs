//! Trouble: what goes wrong, when, for how long, and what becomes of work in hand.

use crate::cloud::topology::{Held, NodeId, NodeKind, Speed, Verb, WorkId};
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
    /// Somebody stops machines, and starts them again or not.
    Stop(Stop),
    /// The provider takes Spot machines back.
    Reclaim(Reclaim),
    /// A zone is away, with all workers that it holds; by its place in the topology's list.
    Zone(u16),
    /// Workers, or a work, take longer than usual.
    BrownOut(BrownOut),
    /// A share of the requests that are born meanwhile can't be done: a work always fails on them.
    Poison(Poison),
    /// The provider refuses a share of what comes to a node.
    Throttle(Throttle),
    /// What travels from one node to another is late, or is lost.
    Link(Link),
}

impl Harm {
    /// The word that names its draws, beside its name; an outage has none.
    pub fn kind(&self) -> Option<&'static str> {
        match self {
            Harm::Outage(_) => None,
            Harm::Crash(_) => Some("crash"),
            Harm::Stop(_) => Some("stop"),
            Harm::Reclaim(_) => Some("reclaim"),
            Harm::Zone(_) => Some("zone"),
            Harm::BrownOut(_) => Some("slow"),
            Harm::Poison(_) => Some("poison"),
            Harm::Throttle(_) => Some("throttle"),
            Harm::Link(_) => Some("link"),
        }
    }

    /// Whether a whole node is away while this lasts.
    pub fn takes_away(&self, node: NodeId, kind: &NodeKind) -> bool {
        match self {
            Harm::Outage(outage) => outage.takes_away(node, kind),
            _ => false,
        }
    }

    /// Whether some of what comes to a node is refused while this lasts.
    pub fn refuses_at(&self, node: NodeId) -> bool {
        matches!(self, Harm::Throttle(throttle) if throttle.node == node)
    }

    /// How long before it comes it is announced.
    pub fn notice(&self) -> Span {
        match self {
            Harm::Reclaim(reclaim) => reclaim.notice,
            _ => Span::ZERO,
        }
    }

    /// Whether each worker has a time of its own to it, where it comes again and again.
    pub fn comes_one_by_one(&self) -> bool {
        matches!(self, Harm::Crash(_) | Harm::Stop(_) | Harm::Reclaim(Reclaim { share: None, .. }))
    }

    /// Whether it concerns some worker of a node.
    pub fn hits_workers_of(&self, node: NodeId) -> bool {
        match self {
            Harm::Outage(_) | Harm::BrownOut(_) | Harm::Poison(_) | Harm::Throttle(_) | Harm::Link(_) => false,
            Harm::Crash(crash) => crash.pool == node,
            Harm::Stop(stop) => stop.pool == node,
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
            (Outage::Component(work), kind) => does(kind, work),
        }
    }
}

/// Whether the workers of a node do a work.
fn does(kind: &NodeKind, work: WorkId) -> bool {
    let Some(pool) = kind.pool() else { return false };
    pool.steps.iter().any(|step| matches!(step.verb, Verb::Work { work: done, .. } if done == work))
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

/// Machines of a pool that somebody stops: they serve nobody, and only their volumes are paid for, until somebody starts them
/// again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Whose.
    pub pool: NodeId,
    /// Its number, from 1; `None` is each for itself.
    pub worker: Option<u32>,
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

/// Works that take longer than usual: those of one name, of one pool, of one of its workers, or what all that is said
/// names together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrownOut {
    /// Which work; `None` is all.
    pub work: Option<WorkId>,
    /// Whose; `None` is everybody's.
    pub pool: Option<NodeId>,
    /// Its number, from 1; `None` is all of them.
    pub worker: Option<u32>,
    /// How fast it is against the usual.
    pub pace: Speed,
}

impl BrownOut {
    /// Whether any work of a node may take longer by it.
    pub fn slows(self, node: NodeId, kind: &NodeKind) -> bool {
        if !matches!(kind, NodeKind::Pool(_) | NodeKind::Function(_)) {
            return false;
        }
        self.pool.is_none_or(|pool| pool == node) && self.work.is_none_or(|work| does(kind, work))
    }
}

/// Requests that can't be done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poison {
    /// The work that fails on them, wherever it is done.
    pub work: WorkId,
    /// The share of the requests.
    pub share: f64,
}

/// A provider that refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttle {
    /// What comes where.
    pub node: NodeId,
    /// The share that is refused.
    pub share: f64,
}

/// The way from one node to another: calls and messages take it, and answers on their way back from the one that was
/// called.
#[derive(Clone, Debug)]
pub struct Link {
    /// From there …
    pub from: NodeId,
    /// … to there.
    pub to: NodeId,
    /// How much longer it takes (nanoseconds); `None`: no longer.
    pub delay: Option<Distribution>,
    /// The share of what travels that is lost.
    pub loss: f64,
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
