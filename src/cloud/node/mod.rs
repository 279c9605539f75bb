//! The state of the parts of a running world, and what each can do by itself.
//!
//! Nodes never hold each other: what crosses from one to another is the world's business.

mod line;
mod pool;
mod programme;
mod queue;
mod track;

pub use line::Lines;
pub use pool::{Phase, Pool, Slot, Talk, Worker};
pub use programme::{Action, Sizes};
pub use queue::Queue;
pub use track::Track;

use crate::cloud::balancing::Target;
use crate::cloud::topology::{self, Ties};
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
    Bucket(Bucket<'a>),
}

/// Where a balancer stands in its turn, and its share of chance.
#[derive(Debug)]
pub struct Balancer<'a> {
    /// How it is described.
    pub plan: &'a topology::Balancer,
    /// Where round robin goes on.
    pub turn: Target,
    /// For random routing and ties.
    pub chance: Stream,
    /// Outages that keep it away at present.
    pub away: u32,
    /// 1 while it is away.
    pub absent: Track,
}

impl<'a> Balancer<'a> {
    /// A balancer at the start of its turn.
    pub fn new(plan: &'a topology::Balancer, key: Key) -> Balancer<'a> {
        let turn = Target { pool: 0, place: 0 };
        Balancer { plan, turn, chance: key.named("routing").stream(), away: 0, absent: Track::default() }
    }

    /// Whom an equal count favours.
    pub fn ties(&self) -> Ties {
        self.plan.ties
    }
}

/// Object storage: holds nothing but its laws.
#[derive(Debug)]
pub struct Bucket<'a> {
    /// How it is described.
    pub plan: &'a topology::Bucket,
    /// Names the draws of its latencies.
    pub key: Key,
    /// Outages that keep it away at present.
    pub away: u32,
    /// 1 while it is away.
    pub absent: Track,
}
