//! `[fault.KIND.NAME]`: trouble.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::draft::law::Law;
use crate::scenario::draft::quantities::{Number, Share, Time, Whole};
use crate::scenario::draft::words::Instants;

/// Trouble, by its kind.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Faults {
    /// Something is away for a while: calls are refused, queues hold, machines are paid for.
    #[serde(default)]
    pub outage: IndexMap<String, Outage>,
    /// Workers fail and are mended, each by itself; their machines stay, and are paid for.
    #[serde(default)]
    pub crash: IndexMap<String, Crash>,
    /// Somebody stops machines of a pool, and starts them again or not: a stopped machine serves nobody, and only its volume is
    /// paid for. A group takes it for lost, and asks for another.
    #[serde(default)]
    pub stop: IndexMap<String, Stop>,
    /// The provider takes Spot machines back; a group then asks for others.
    #[serde(default)]
    pub reclaim: IndexMap<String, Reclaim>,
    /// A zone is away, and with it all workers that are in it; their machines are paid for.
    #[serde(default)]
    pub zone: IndexMap<String, Zone>,
    /// Work takes longer than usual for a while: a brown-out. Nothing is away, and health checks see nothing.
    #[serde(default)]
    pub slow: IndexMap<String, Slow>,
    /// A share of the requests can't be done: a work always fails on them, however often it is tried.
    #[serde(default)]
    pub poison: IndexMap<String, Poison>,
    /// The provider refuses a share of what comes to a node.
    #[serde(default)]
    pub throttle: IndexMap<String, Throttle>,
    /// What travels from one node to another is late, or is lost.
    #[serde(default)]
    pub link: IndexMap<String, Link>,
}

/// When trouble comes, for how long, and what becomes of work in hand: what every kind has.
#[derive(Clone, Copy)]
pub(crate) struct Course<'a> {
    pub at: Option<&'a Instants>,
    pub every: Option<&'a Law<Time>>,
    pub lasts: Option<&'a Law<Time>>,
    pub held: Option<Held>,
    pub moves: Option<bool>,
}

impl Faults {
    /// Every fault with the word of its kind, its name and its course.
    pub fn courses(&self) -> impl Iterator<Item = (&'static str, &str, Course<'_>)> {
        let outages = self.outage.iter().map(|(name, outage)| ("outage", name.as_str(), outage.course()));
        let crashes = self.crash.iter().map(|(name, crash)| ("crash", name.as_str(), crash.course()));
        let reclaims = self.reclaim.iter().map(|(name, reclaim)| ("reclaim", name.as_str(), reclaim.course()));
        let zones = self.zone.iter().map(|(name, zone)| ("zone", name.as_str(), zone.course()));
        let slows = self.slow.iter().map(|(name, slow)| ("slow", name.as_str(), slow.course()));
        let poisons = self.poison.iter().map(|(name, poison)| ("poison", name.as_str(), poison.course()));
        let throttles = self.throttle.iter().map(|(name, throttle)| ("throttle", name.as_str(), throttle.course()));
        let links = self.link.iter().map(|(name, link)| ("link", name.as_str(), link.course()));
        let stops = self.stop.iter().map(|(name, stop)| ("stop", name.as_str(), stop.course()));
        let outages = outages.chain(crashes).chain(stops);
        outages.chain(reclaims).chain(zones).chain(slows).chain(poisons).chain(throttles).chain(links)
    }

    /// Those that name a node, or a zone, for which this holds.
    pub fn of_parts(mut self, has: impl Fn(&str) -> bool, has_zone: impl Fn(&String) -> bool) -> Faults {
        self.outage.retain(|_, outage| outage.node.as_deref().is_some_and(&has));
        self.crash.retain(|_, crash| has(&crash.pool));
        self.stop.retain(|_, stop| has(&stop.pool));
        self.reclaim.retain(|_, reclaim| has(&reclaim.pool));
        self.zone.retain(|_, zone| has_zone(&zone.zone));
        self.slow.retain(|_, slow| slow.pool.as_deref().is_some_and(&has));
        self.poison.clear();
        self.throttle.retain(|_, throttle| has(&throttle.node));
        self.link.retain(|_, link| has(&link.from) && has(&link.to));
        self
    }
}

/// An outage: every node that does a work, or one node, is away. One of `component` and `node`; one of `at` and
/// `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Outage {
    /// A work's name: every node that does it is away.
    pub component: Option<String>,
    /// A node: it is away in every topology that has it.
    pub node: Option<String>,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
    /// Whether work that goes on later leaves its worker: then any may go on with it, from the head of the line.
    #[schemars(extend("default" = false))]
    pub moves: Option<bool>,
}

impl Outage {
    pub fn course(&self) -> Course<'_> {
        let Outage { at, every, lasts, held, moves, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: *moves }
    }
}

/// Workers of a pool that fail: while that lasts a worker takes no work. One of `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Crash {
    /// Whose workers.
    pub pool: String,
    /// The number of the one that fails, from 1 in the order of launch. Without it: at an instant all of them, by
    /// `every` each for itself.
    pub worker: Option<Whole>,
    /// What the time to a worker's next failure counts.
    #[schemars(extend("default" = "up"))]
    pub clock: Option<Clock>,
    /// How many can be mended at once; the others wait their turn. Without it, all.
    pub repairers: Option<Whole>,
    /// When it happens.
    pub at: Option<Instants>,
    /// How long after its start, or after it was mended, a worker fails.
    pub every: Option<Law<Time>>,
    /// How long it takes to mend a worker. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
    /// Whether work that goes on later leaves its worker: then any may go on with it, from the head of the line.
    #[schemars(extend("default" = false))]
    pub moves: Option<bool>,
}

impl Crash {
    pub fn course(&self) -> Course<'_> {
        let Crash { at, every, lasts, held, moves, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: *moves }
    }
}

/// Machines of a pool that somebody stops. One of `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Stop {
    /// Whose machines. Spot machines can't be stopped, and are left alone.
    pub pool: String,
    /// The number of the one that is stopped, from 1 in the order of launch. Without it: at an instant all that run, by
    /// `every` each for itself.
    pub worker: Option<Whole>,
    /// When it is told to stop; it has stopped after the pool's `stopping`.
    pub at: Option<Instants>,
    /// How long after it came into service a machine is stopped.
    pub every: Option<Law<Time>>,
    /// How long after that somebody starts it. Without it, nobody does, unless a step does.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand. What goes on later stays with its worker until that serves again, unless it `moves`.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
    /// Whether work that goes on later leaves its worker: then any may go on with it, from the head of the line.
    #[schemars(extend("default" = false))]
    pub moves: Option<bool>,
}

impl Stop {
    pub fn course(&self) -> Course<'_> {
        let Stop { at, every, lasts, held, moves, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: *moves }
    }
}

/// Spot machines of a pool that the provider takes back. One of `at` and `every`; not both of `worker` and `share`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Reclaim {
    /// Whose machines.
    pub pool: String,
    /// The number of the one that is taken, from 1 in the order of launch. Without it and `share`: at an instant all
    /// that run, by `every` each when its own time has come.
    pub worker: Option<Whole>,
    /// The share of the Spot machines that run which is taken together, rounded up and drawn by lot.
    pub share: Option<Share>,
    /// How long before its end a machine hears of it; see the pool's `notice`.
    #[schemars(extend("default" = "2min"))]
    pub notice: Option<Time>,
    /// When machines are taken: the end of their notice.
    pub at: Option<Instants>,
    /// How long after it began to run a machine is taken; with `share`, how long after the last were.
    pub every: Option<Law<Time>>,
    /// The fate of work that is still in hand at the end.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
}

impl Reclaim {
    pub fn course(&self) -> Course<'_> {
        let Reclaim { at, every, held, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: None, held: *held, moves: None }
    }
}

/// A zone that is away: while that lasts all its workers are down, and new ones are placed elsewhere. One of `at` and
/// `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Zone {
    /// One of a topology's `zones`.
    pub zone: String,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand.
    #[schemars(extend("default" = "lost"))]
    pub held: Option<Held>,
    /// Whether work that goes on later leaves its worker: then any may go on with it, from the head of the line.
    #[schemars(extend("default" = false))]
    pub moves: Option<bool>,
}

impl Zone {
    pub fn course(&self) -> Course<'_> {
        let Zone { at, every, lasts, held, moves, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: *moves }
    }
}

/// The way from one node to another, on which what travels is late or lost while this lasts: calls, messages and objects,
/// and the answers of `from` to calls of `to`. One of `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Link {
    /// From this node …
    pub from: String,
    /// … to this one, between which an edge leads, this way or the other. Through a balancer there are two ways.
    pub to: String,
    /// How much longer it takes. Without it, no longer.
    #[schemars(extend("default" = "0s"))]
    pub delay: Option<Law<Time>>,
    /// The share of what travels that is lost; `"100%"` parts the two. Who waits for it does not know, and needs a timeout.
    #[schemars(extend("default" = "0%"))]
    pub loss: Option<Share>,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
}

impl Link {
    pub fn course(&self) -> Course<'_> {
        let Link { at, every, lasts, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: None, moves: None }
    }
}

/// Work that takes longer than usual: of one name, of one pool, of one of its workers; what all that is said names
/// together. At least one of `component` and `pool`; one of `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Slow {
    /// A work's name: only that is slow. Without it, all works.
    pub component: Option<String>,
    /// Only the workers of this pool are slow. Without it, whoever does the work.
    pub pool: Option<String>,
    /// The number of the only worker that is slow, from 1 in the order of launch.
    pub worker: Option<Whole>,
    /// How many times as long it takes. Several that meet multiply.
    pub factor: Number,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// The fate of work in hand: `resume` goes on from where it stands, slowly, and at its usual pace when all is over;
    /// with `finish` only work that begins meanwhile is slow, to its end.
    #[schemars(extend("default" = "resume"))]
    pub held: Option<Held>,
}

impl Slow {
    pub fn course(&self) -> Course<'_> {
        let Slow { at, every, lasts, held, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: None }
    }
}

/// Requests that can't be done. Those that are born while it lasts are such ones by a draw of their own, the same in every
/// topology, and stay so for ever. One of `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Poison {
    /// The work that fails on them, at its end, wherever it is done; with all that are worked on together with one.
    pub component: String,
    /// The share of the requests.
    pub share: Share,
    /// When the first of them may be born: `"0s"` for from the start.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// For how long some of those who are born are such ones. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// Work in hand is not touched: nothing but `finish`.
    #[schemars(extend("default" = "finish"))]
    pub held: Option<Held>,
}

impl Poison {
    pub fn course(&self) -> Course<'_> {
        let Poison { at, every, lasts, held, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: None }
    }
}

/// A provider that refuses: whoever comes to a node while it lasts is refused by a draw of their own, and a `retry` that is
/// `on` `"throttled"` tries again. Of a queue that is said of what is sent to it, and not of who receives from it. One of
/// `at` and `every`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Throttle {
    /// What comes where.
    pub node: String,
    /// The share that is refused.
    pub share: Share,
    /// When it begins.
    pub at: Option<Instants>,
    /// How long after the end of the last one it begins again.
    pub every: Option<Law<Time>>,
    /// How long it lasts. Without it, for ever.
    pub lasts: Option<Law<Time>>,
    /// Work in hand is not touched: nothing but `finish`.
    #[schemars(extend("default" = "finish"))]
    pub held: Option<Held>,
}

impl Throttle {
    pub fn course(&self) -> Course<'_> {
        let Throttle { at, every, lasts, held, .. } = self;
        Course { at: at.as_ref(), every: every.as_ref(), lasts: lasts.as_ref(), held: *held, moves: None }
    }
}

/// What the time to a worker's next failure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Clock {
    /// All of its time in service.
    Up,
    /// The time in which it holds work.
    Busy,
}

/// The fate of work in hand when a worker goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    /// It is not interrupted.
    Finish,
    /// A call fails, a message returns by its timeout.
    Lost,
    /// It is handed back at once and begins anew.
    Back,
    /// It goes on where it stopped.
    Resume,
    /// The same work begins anew.
    Restart,
    /// It begins anew with fresh work.
    Redraw,
}
