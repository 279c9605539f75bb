//! The state of the parts of a running world, and what each can do by itself.
//!
//! Nodes never hold each other: what crosses from one to another is the world's business.

mod burst;
mod bus;
mod calm;
mod computing;
mod cookies;
mod crew;
mod environments;
mod fans;
mod gate;
mod groups;
mod hands;
mod health;
mod kept;
mod levels;
mod line;
mod mapping;
mod pollers;
mod pool;
mod programme;
mod queue;
mod registry;
mod sameness;
mod slowness;
mod tenants;
mod throttle;
mod track;

pub use burst::Burst;
pub use bus::{Bus, Heard, Kept as KeptEvent, Route};
pub use computing::Computing;
pub use cookies::Cookies;
pub use crew::{Phase, Worker};
pub use environments::{Environments, Limit, Rest, Told};
pub use fans::{Fans, Holder, NO_FAN};
pub use gate::Gate;
pub use hands::Hands;
pub use health::{Finding, Health};
pub use kept::Kept;
pub use levels::Levels;
pub use line::Lines;
pub use mapping::Mapping;
pub use pollers::Pollers;
pub use pool::{Pool, Slot, Talk};
pub use programme::{Action, After, Calls, Ending, Kind, Named, Piece, Whose};
pub use queue::Queue;
pub use registry::Registry;
pub use sameness::{Fate, Sameness};
pub use slowness::Slowness;
pub use tenants::Tenants;
pub use throttle::Throttle;
pub use track::Track;

use crate::cloud::balancing::Turn;
use crate::cloud::topology;
use crate::ground::chance::{Key, Stream};

/// A part of a running world.
#[derive(Debug)]
pub enum Node<'a> {
    /// Workers with slots.
    Pool(Box<Pool<'a>>),
    /// Messages.
    Queue(Box<Queue>),
    /// Routes.
    Balancer(Balancer<'a>),
    /// Objects.
    Bucket(Bucket),
    /// Events.
    Bus(Box<Bus<'a>>),
}

impl Node<'_> {
    /// Whom it lets in, where it does not let everybody in.
    pub fn gate(&self) -> Option<&Gate> {
        match self {
            Node::Pool(pool) => pool.gate.as_deref(),
            Node::Balancer(balancer) => balancer.gate.as_ref(),
            Node::Queue(_) | Node::Bucket(_) | Node::Bus(_) => None,
        }
    }

    /// How many outages keep it away at present, and the level that is 1 while any does.
    pub fn absence(&mut self) -> (&mut u32, &mut Track) {
        match self {
            Node::Pool(pool) => (&mut pool.away, &mut pool.levels.absent),
            Node::Queue(queue) => (&mut queue.away, &mut queue.absent),
            Node::Balancer(balancer) => (&mut balancer.away, &mut balancer.absent),
            Node::Bucket(bucket) => (&mut bucket.away, &mut bucket.absent),
            Node::Bus(bus) => (&mut bus.away, &mut bus.absent),
        }
    }
}

/// Where a balancer stands in its turn, and its share of chance.
#[derive(Debug)]
pub struct Balancer<'a> {
    /// How it is described.
    pub plan: &'a topology::Balancer,
    /// Where turns go on.
    pub turn: Turn,
    /// For random routing and ties.
    pub chance: Stream,
    /// Whom it lets in.
    pub gate: Option<Gate>,
    /// The row of its timers for answers that stay away.
    pub idle: Option<u16>,
    /// Which worker each client came to last, where it comes to the same again.
    pub cookies: Cookies,
    /// Outages that keep it away at present.
    pub away: u32,
    /// 1 while it is away.
    pub absent: Track,
}

impl<'a> Balancer<'a> {
    /// A balancer at the start of its turn.
    pub fn new(plan: &'a topology::Balancer, idle: Option<u16>, key: Key) -> Balancer<'a> {
        let turn = Turn::new(plan.to.len());
        Balancer {
            plan,
            turn,
            chance: key.named("routing").stream(),
            gate: plan.admission.map(Gate::new),
            idle,
            cookies: Cookies::default(),
            away: 0,
            absent: Track::default(),
        }
    }
}

/// Object storage: its latencies stand in the steps that use it.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Outages that keep it away at present.
    pub away: u32,
    /// 1 while it is away.
    pub absent: Track,
}
