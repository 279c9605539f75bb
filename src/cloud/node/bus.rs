//! An event bus at work: who takes which events, and how fast they are handed on.

use serde_json::Value;

use crate::cloud::bus::input;
use crate::cloud::bus::shape::Shape;
use crate::cloud::node::gate::Gate;
use crate::cloud::node::track::Track;
use crate::cloud::topology::{self, Admission, NodeId, Takes, WorkloadId};
use crate::ground::chance::{Key, Stream};
use crate::ground::time::{SimTime, Span};

/// An event bus of a running world.
#[derive(Debug)]
pub struct Bus<'a> {
    /// How it is described.
    pub plan: &'a topology::Bus,
    /// Who takes the events of each shape.
    pub heard: Vec<Heard>,
    /// What its archive keeps for replays, in the order in which it came.
    pub kept: Vec<Kept>,
    /// How many events it takes.
    pub puts: Option<Gate>,
    /// When the bucket of deliveries is full again.
    full: SimTime,
    /// Names the draws of its latency, …
    pub latency: Key,
    /// … of its pauses, …
    pub backoff: Key,
    /// … and of how late its schedules are.
    pub late: Key,
    /// Which happenings it never hears of.
    pub chance: Stream,
    /// Outages that keep it away at present.
    pub away: u32,
    /// 1 while it is away.
    pub absent: Track,
}

/// An event as an archive keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// When the bus heard it.
    pub at: SimTime,
    /// What it is.
    pub shape: u32,
    /// Of whose request it tells: its kind, and its number.
    pub whose: (WorkloadId, u32),
    /// Its bytes.
    pub bytes: u64,
    /// The size of the object, or the number of the machine, that it tells of.
    pub about: u64,
    /// Of which machine a request tells that it brings about: its pool and its number.
    pub subject: Option<(NodeId, u32)>,
}

/// Who takes the events of one shape.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Whose rule takes all of them.
    pub sure: Vec<Route>,
    /// Rules that look at what differs from one to the next: each is asked about each.
    pub asks: Vec<(u16, Vec<Route>)>,
}

impl Heard {
    /// Whether any of them may be taken.
    pub fn is_any(&self) -> bool {
        !self.sure.is_empty() || !self.asks.is_empty()
    }
}

/// The way of an event through a rule to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// The rule.
    pub rule: u16,
    /// The target.
    pub to: NodeId,
    /// How many rules before it have the same target, …
    pub copy: u16,
    /// … of so many in all: each brings a branch of the request of its own.
    pub copies: u16,
    /// Bytes of what the target gets; `None`: as many as the event has.
    pub bytes: Option<u64>,
}

impl<'a> Bus<'a> {
    /// A bus before the first event, where these shapes of events come about.
    pub fn new(plan: &'a topology::Bus, shapes: &[Shape], key: Key) -> Bus<'a> {
        let bucket = |growth: topology::Growth| Admission::TokenBucket { every: growth.every, burst: growth.burst };
        let mut bus = Bus {
            plan,
            heard: Vec::new(),
            kept: Vec::new(),
            puts: plan.puts.map(|growth| Gate::new(bucket(growth))),
            full: SimTime::START,
            latency: key.named("latency"),
            backoff: key.named("backoff"),
            late: key.named("late"),
            chance: key.named("loss").stream(),
            away: 0,
            absent: Track::default(),
        };
        bus.heard = shapes.iter().map(|shape| bus.hears(shape)).collect();
        bus
    }

    fn hears(&self, shape: &Shape) -> Heard {
        let mut heard = Heard::default();
        for (at, rule) in (0..).zip(&self.plan.rules) {
            let Takes::Pattern(pattern) = &rule.takes else { continue };
            match shape.is_taken_by(pattern) {
                Some(true) => heard.sure.extend(self.routes(at, shape)),
                Some(false) => {}
                None => heard.asks.push((at, self.routes(at, shape).collect())),
            }
        }
        heard
    }

    /// The ways of an event through a rule.
    pub fn routes(&self, rule: u16, shape: &Shape) -> impl Iterator<Item = Route> {
        let plan = &self.plan.rules[usize::from(rule)];
        let bytes = plan.input.as_ref().map(|input| {
            let event: Value = shape.event(&Default::default());
            input::bytes(input, &event)
        });
        plan.to.iter().map(move |&to| {
            let same = |rules: &[topology::Rule]| rules.iter().filter(|rule| rule.to.contains(&to)).count() as u16;
            let copy = same(&self.plan.rules[..usize::from(rule)]);
            Route { rule, to, copy, copies: same(&self.plan.rules), bytes }
        })
    }

    /// How long the next delivery waits for its turn, which it has then.
    pub fn takes_turn(&mut self, now: SimTime) -> Span {
        let Some(topology::Growth { every, burst }) = self.plan.invocations else { return Span::ZERO };
        let ahead = u64::from(burst.saturating_sub(1)).saturating_mul(every.nanos());
        let lacking = self.full.nanos().saturating_sub(now.nanos());
        self.full = self.full.max(now) + every;
        Span::from_nanos(lacking.saturating_sub(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::topology::Growth;
    use crate::ground::distribution::Distribution;

    /// Two at once, and one each half second: 0, 0, 0.5, 1 s; after a second of rest two at once again.
    #[test]
    fn deliveries_beyond_what_is_allowed_wait_for_their_turn() {
        let plan = topology::Bus {
            latency: Distribution::constant(0),
            loss: 0.0,
            puts: None,
            invocations: Some(Growth { every: Span::from_millis(500), burst: 2 }),
            archive: None,
            rules: Vec::new(),
            background: topology::background(),
        };
        let mut bus = Bus::new(&plan, &[], Key::root(1, 0));
        let mut waits = |at: u64| bus.takes_turn(SimTime::from_nanos(at * 1_000_000)).nanos() / 1_000_000;
        assert_eq!([waits(0), waits(0), waits(0), waits(0)], [0, 0, 500, 1_000]);
        assert_eq!([waits(3_000), waits(3_000), waits(3_000)], [0, 0, 500]);
    }
}
